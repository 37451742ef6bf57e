"""The tariff commands as a clerk meets them, and the sale options of a quote."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

LANE = ["Kokshetau", "Bandar Abbas", "--cargo", "wheat", "--tonnes", "3000", "--ready", "2025-11-25", "--mode", "rail"]


# ---- books -------------------------------------------------------------------------------------------


def test_the_default_books_have_no_errors(keruen) -> None:
    status, out, _ = keruen("tariff", "check")
    assert status == 0
    assert "0 errors" in out.splitlines()[-1]


def test_what_ends_soon_is_told_for_a_day(keruen) -> None:
    """The letter of the first quarter of 2026 ends on 31 March."""
    status, out, _ = keruen("tariff", "check", "--on", "2026-03-10", "--json")
    assert status == 0
    soon = [p for p in json.loads(out)["problems"] if p["code"] == "ends_soon"]
    assert any("D01" in p["text"] and "2026-03-31" in p["text"] for p in soon)
    assert keruen("tariff", "check", "--on", "soon")[0] == 2


def test_a_broken_book_is_told_row_by_row(keruen, tmp_path: Path) -> None:
    assert keruen("tariff", "new", tmp_path / "own")[0] == 0
    rates = tmp_path / "own" / "rates.csv"
    header = rates.read_text(encoding="utf-8").splitlines()[0].split(",")
    rows = [
        {"rule_id": "A", "charge": "carriage", "carrier": "KTZ", "basis": "per_t", "rate": "-1", "status": "published"},
        {"rule_id": "B", "charge": "carrot", "basis": "per_t", "rate": "1", "status": "sure", "source_id": "us"},
    ]
    with rates.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, restval="").writerows(rows)
    status, out, err = keruen("tariff", "check", "--book", tmp_path / "own")
    assert (status, out) == (2, "")
    assert {line.rsplit("(code: ")[1].rstrip(")") for line in err.splitlines()} == {
        "negative_number",
        "missing_source",
        "unknown_charge",
        "bad_status",
    }
    assert all("own/rates.csv line" in line for line in err.splitlines())


def test_a_book_from_nothing_to_a_quote(keruen, tmp_path: Path) -> None:
    """new, import, check, diff, quote: the row of the file is the line of the quote."""
    own, file = tmp_path / "own", tmp_path / "letter.csv"
    assert keruen("tariff", "new", own, "--currency", "usd")[0] == 0
    file.write_text(
        "rule_id;charge;carrier;form;basis;rate;valid_from;known_from;status;source_id;document;description\n"
        "LETTER-9;carriage;KTZ;wagon;per_t;9.50;2025-11-01;2025-10-20;published;our-files;letter 9;KTZ by letter 9\n",
        encoding="utf-8",
    )
    status, out, _ = keruen("tariff", "import", file, "--into", own)
    assert (status, "1 row" in out) == (0, True)
    assert keruen("tariff", "check", "--book", own)[0] == 0
    status, out, _ = keruen("quote", *LANE, "--book", own, "--alternatives", "0", "--json")
    line = next(
        c for c in json.loads(out)["itineraries"][0]["charges"] if c["code"] == "carriage" and c["carrier"] == "KTZ"
    )
    assert (line["rule_id"], line["document"], line["document_date"], line["amount"]) == (
        "LETTER-9",
        "letter 9",
        "2025-10-20",
        "28500.00",
    )
    status, out, err = keruen("tariff", "import", file, "--into", tmp_path / "nowhere")
    assert (status, out) == (2, "")


def test_diff_names_the_lane_and_the_row(keruen, tmp_path: Path) -> None:
    own = tmp_path / "own"
    keruen("tariff", "new", own)
    (own / "coefficients.csv").write_text(
        "coef_id,charge,carrier,form,rules,group,value,valid_from,valid_to,known_from,status,source_id,description\n"
        "CUT,carriage,KTZ,wagon,,cut,0.9,2025-11-20,2025-11-30,2025-11-25,published,us,ten per cent off\n",
        encoding="utf-8",
    )
    lanes = tmp_path / "lanes.csv"
    lanes.write_text(
        "origin,destination,cargo,tonnes\nKokshetau,Bandar Abbas,wheat,3000\nAshgabat,Mary,wheat,300\n",
        encoding="utf-8",
    )
    status, out, _ = keruen(
        "tariff",
        "diff",
        "default",
        own,
        "--lanes",
        lanes,
        "--day",
        "2025-11-25",
        "--day",
        "2025-12-05",
        "--json",
    )
    found = json.loads(out)
    assert status == 0
    assert [row["id"] for row in found["rows"]] == ["CUT"]
    assert [(lane["origin"], lane["day"]) for lane in found["lanes"]] == [("Kokshetau", "2025-11-25")]
    assert Decimal(found["lanes"][0]["change"]) < 0
    assert keruen("tariff", "diff", "default", tmp_path / "nowhere")[0] == 2


# ---- one way -----------------------------------------------------------------------------------------


def test_show_says_what_applies_and_what_nearly_did(keruen) -> None:
    status, out, _ = keruen("tariff", "show", *LANE, "--carrier", "tdy", "--charge", "carriage")
    assert status == 0
    assert "applies: TDY-WAGON" in out
    assert "x 0.5 D05" in out
    assert "D01 (0.5): it begins on 2026-01-01" in out
    status, out, err = keruen("tariff", "show", *LANE, "--carrier", "PR")
    assert (status, out, "no_such_line" in err) == (2, "", True)


def test_explain_is_arithmetic_a_hand_can_follow(keruen) -> None:
    """Quantity x rate x coefficient of every line, rounded half up, is the amount it prints."""
    status, out, _ = keruen("tariff", "explain", *LANE)
    assert status == 0
    steps = [line.strip() for line in out.splitlines() if " = " in line and " x " in line and ", half up" in line]
    assert len(steps) >= 10
    for step in steps:
        left, right = step.split(" = ")[0], step.split(" = ")[1]
        factors = [Decimal(part.split()[0]) for part in left.split(" x ")]
        product = Decimal(1)
        for factor in factors:
            product *= factor
        assert abs(product - Decimal(right.split()[0])) <= Decimal("0.005"), step
    assert out.count("rule ") >= len(steps)
    assert out.splitlines()[-1].startswith("Sum of")


def test_breakeven_in_words_and_json(keruen) -> None:
    status, out, _ = keruen("tariff", "breakeven", *LANE, "--alternatives", "1", "--json")
    assert status == 0
    rival = json.loads(out)["rivals"][0]
    assert all(b["proved"] for b in rival["breakeven"])
    assert {b["kind"] for b in rival["breakeven"]} >= {"coefficient", "rate", "days"}
    status, out, _ = keruen("tariff", "breakeven", *LANE, "--alternatives", "1")
    assert "it wins over 1 with" in out


# ---- the sale ----------------------------------------------------------------------------------------


def test_no_client_file_holds_what_it_costs(keruen, tmp_path: Path) -> None:
    sheet = tmp_path / "client.csv"
    status, out, _ = keruen("quote", *LANE, "--alternatives", "0", "--margin", "5% + 3 USD/t", "--csv", sheet, "--json")
    ours = json.loads(out)["itineraries"][0]
    assert status == 0
    buy, sell = Decimal(ours["margin"]["buy"]["amount"]), Decimal(ours["margin"]["sell"]["amount"])
    assert sell == (buy * Decimal("1.05") + 9000).quantize(Decimal("0.01"))
    text = sheet.read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["rank"] == "1"]
    assert sum(Decimal(r["amount"]) for r in rows) == sell
    assert set(rows[0]) == {"quote_id", "rank", "leg", "code", "description", "carrier", "amount", "currency", "party"}
    assert str(buy) not in text
    for line in ours["charges"]:
        if Decimal(line["amount_quote"]) >= 1000:
            assert line["amount_quote"] not in text
            assert line["rule_id"] not in text
    status, out, _ = keruen("quote", *LANE, "--alternatives", "0", "--margin", "5%", "--client")
    assert status == 0
    assert "buy" not in out.lower()
    assert f"{buy:,.2f}" not in out


def test_terms_of_delivery_move_lines_and_leave_the_total(keruen) -> None:
    totals = {}
    for term in ("", "FCA", "CPT", "DAP", "DAP Akyayla", "FOB"):
        status, out, _ = keruen("quote", *LANE, "--alternatives", "0", "--incoterm", term, "--json")
        assert status == 0
        way = json.loads(out)["itineraries"][0]
        totals[term] = way["total"]["amount"]
        if term == "FOB":
            assert not way["incoterm"]["applies"]
            assert "ship" in way["incoterm"]["reason"]
        elif term:
            shares = [Decimal(way["incoterm"][who]["amount"]) for who in ("seller", "buyer")]
            assert sum(shares) == Decimal(way["total"]["amount"])
            assert {c["party"] for c in way["charges"]} <= {"seller", "buyer"}
    assert len(set(totals.values())) == 1


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--incoterm", "EXW", "unknown_incoterm"),
        ("--incoterm", "DAP Nowhere at all", "unknown_place"),
        ("--margin", "five", "bad_margin"),
        ("--margin", "-5%", "bad_margin"),
        ("--deal", "colour=red", "unknown_deal"),
    ],
)
def test_a_slip_in_the_sale_is_one_sentence(keruen, option: str, value: str, code: str) -> None:
    status, out, err = keruen("quote", *LANE, f"{option}={value}")
    assert (status, out) == (2, "")
    assert err.splitlines()[0].endswith(f"(code: {code})")
