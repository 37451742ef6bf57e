"""The command `keruen` as a forwarder and a script meet it: exit status, standard output, one sentence on standard error."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

CODE = re.compile(r"\(code: ([a-z_]+)\)")
LANE = ["quote", "Kokshetau", "Bandar Abbas"]
WHEAT = [*LANE, "--cargo", "wheat", "--tonnes", "3000", "--ready", "2025-11-25"]


# ---- one quote ---------------------------------------------------------------------------------------


def test_json_alone_on_standard_output(keruen) -> None:
    status, out, err = keruen(*WHEAT, "--mode", "rail", "--mode", "sea", "--json")
    assert (status, err) == (0, "")
    quote = json.loads(out)
    assert out.count("\n") == 1
    best = quote["itineraries"][0]
    assert best["route"] == ["KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun"]
    assert sum(Decimal(c["amount_quote"]) for c in best["charges"]) == Decimal(best["total"]["amount"])
    assert quote["request"]["modes"] == ["rail", "sea"]


def test_a_table_for_people(keruen) -> None:
    status, out, _ = keruen(*WHEAT, "--mode", "rail")
    assert status == 0
    for word in ("Kokshetau", "USD/t", "carriage", "TDY", "Incheh", "valid until"):
        assert word in out


def test_csv_of_every_line(keruen, tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    status, out, _ = keruen(*WHEAT, "--json", "--csv", file)
    assert status == 0
    quote = json.loads(out)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            sums[row["rank"]] += Decimal(row["amount_quote"])
    assert sums == {str(it["rank"]): Decimal(it["total"]["amount"]) for it in quote["itineraries"]}


def test_no_route_is_status_3_with_the_reason(keruen) -> None:
    status, out, err = keruen(*WHEAT, "--mode", "sea", "--json")
    assert (status, out) == (3, "")
    assert CODE.findall(err.splitlines()[0]) == ["no_route"]
    status, out, err = keruen(
        "quote", "Chelyabinsk", "Bandar Abbas", "--cargo", "wheat", "--tonnes", "3000", "--mode", "rail"
    )
    assert (status, out) == (3, "")
    assert "No book prices carriage of RZD" in err


def test_verify_agrees_with_the_flow_solver(keruen) -> None:
    status, out, err = keruen(*WHEAT, "--verify", "--json", "--alternatives", "0")
    assert status == 0
    assert json.loads(out)
    assert err.strip()


BAD = [
    (["quote", "Atlantis", "Tehran", "--cargo", "wheat", "--tonnes", "100"], "unknown_place"),
    (
        ["quote", "Kokshetau", "Aktau", "--cargo", "wheat", "--tonnes", "100", "--via", "Nowhere at all"],
        "unknown_place",
    ),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--ready", "25.11.2025"], "bad_date"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--ready", "2025-02-30"], "bad_date"),
    (
        [*LANE, "--cargo", "wheat", "--tonnes", "100", "--ready", "2025-11-25", "--due", "2025-11-24"],
        "due_before_ready",
    ),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--ready", "1999-01-01"], "date_out_of_range"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "-5"], "tonnes_not_positive"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "0"], "tonnes_not_positive"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "many"], "bad_number"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "nan"], "bad_number"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "1000000000"], "too_large"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "1e9"], "bad_number"),
    ([*LANE, "--cargo", "wheat"], "missing_tonnes"),
    ([*LANE, "--cargo", "unobtainium", "--tonnes", "100"], "unknown_cargo"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--equipment", "tank-wagon"], "equipment_not_for_cargo"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--equipment", "zeppelin"], "unknown_equipment"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--units", "1"], "overloaded"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--mode", "air"], "unknown_mode"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--objective", "joy"], "unknown_objective"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--currency", "XAU"], "unknown_currency"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--ownership", "stolen"], "unknown_ownership"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--ignore-restriction", "NO-SUCH"], "unknown_restriction"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--alternatives", "99"], "too_many_alternatives"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--value", "-1"], "value_not_positive"),
    (["quote", "Kokshetau", "Kokshetau", "--cargo", "wheat", "--tonnes", "100"], "same_place"),
    ([*LANE, "--tonnes", "100"], "bad_usage"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--no-such-option"], "bad_usage"),
    (["no-such-command"], "bad_usage"),
    (["quotes", "show", "q-nothing"], "unknown_quote"),
    (["network", "export", "--geojson", "/no/such/folder/n.json"], "file_unwritable"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--book", "/no/such/book"], "not_a_book"),
    ([*LANE, "--cargo", "wheat", "--tonnes", "100", "--fx", "/no/such/rates.csv"], "file_unreadable"),
]


@pytest.mark.parametrize(("argv", "code"), BAD, ids=[f"{i}-{code}" for i, (_, code) in enumerate(BAD)])
def test_bad_input_is_one_sentence_with_a_code(keruen, argv: list[str], code: str) -> None:
    status, out, err = keruen(*argv)
    assert (status, out) == (2, "")
    first, *rest = err.strip().splitlines()
    assert CODE.findall(first) == [code]
    assert first.startswith("Error: ")
    assert all(line.startswith("  - ") for line in rest)
    assert "Traceback" not in err


def test_an_ambiguous_place_lists_its_candidates(keruen) -> None:
    status, out, err = keruen("quote", "Kokshetau", "Turkmen", "--cargo", "wheat", "--tonnes", "100")
    assert (status, out) == (2, "")
    first, *candidates = err.strip().splitlines()
    assert CODE.findall(first) == ["ambiguous_place"]
    assert len(candidates) >= 2
    assert all(re.fullmatch(r"  - [a-z]{2}-[a-z0-9-]+: .+ \([A-Z]{2}\)", line) for line in candidates)


def test_broken_book_is_told_line_by_line(keruen) -> None:
    folder = Path(__file__).parents[1] / "faults" / "tariff" / "missing_rate"
    status, out, err = keruen(*WHEAT, "--book", folder)
    assert (status, out) == (2, "")
    assert "missing_rate/rates.csv line 3: rate is empty" in err


def test_own_exchange_rates(keruen, tmp_path: Path) -> None:
    file = tmp_path / "fx.csv"
    file.write_text("currency;per_usd;date\nCHF;0.9;2025-11-20\n", encoding="utf-8")
    status, out, _ = keruen(*WHEAT, "--mode", "rail", "--fx", file, "--json")
    assert status == 0
    rates = {
        (c["currency"], c["fx_rate"], c["fx_source_id"])
        for c in json.loads(out)["itineraries"][0]["charges"]
        if c["currency"] == "CHF"
    }
    assert rates == {("CHF", "0.9", "user:fx.csv")}


@pytest.mark.parametrize("rate", ["0.803791234567890123", "0.80379123456789012345"])
def test_own_exchange_rate_with_many_decimals(keruen, tmp_path: Path, rate: str) -> None:
    file = tmp_path / "fx.csv"
    file.write_text(f"currency,per_usd,date\nCHF,{rate},2025-11-20\n", encoding="utf-8")
    status, _, err = keruen(*WHEAT, "--mode", "rail", "--fx", file, "--json")
    assert status in (0, 2), err


# ---- the store ---------------------------------------------------------------------------------------


def test_a_quote_is_kept_listed_shown_explained_and_recomputed(keruen) -> None:
    _, out, _ = keruen(*WHEAT, "--mode", "rail", "--json")
    quote_id = json.loads(out)["quote_id"]
    status, listed, _ = keruen("quotes", "list")
    assert status == 0
    assert quote_id in listed
    status, shown, _ = keruen("quotes", "show", quote_id, "--json")
    assert (status, shown) == (0, out)
    status, people, _ = keruen("quotes", "show", quote_id)
    assert status == 0
    assert "USD/t" in people
    status, explained, _ = keruen("quotes", "explain", quote_id)
    assert status == 0
    assert "KTZ-WAGON" in explained
    assert json.loads(out)["itineraries"][0]["total"]["amount"] in explained.replace(",", "")
    status, again, err = keruen("quotes", "recompute", quote_id)
    assert (status, err) == (0, "")
    assert "same" in again.lower() or json.loads(again) == json.loads(out)
    status, _, err = keruen("quotes", "explain", quote_id, "--rank", "99")
    assert status == 2
    assert CODE.findall(err) == ["unknown_rank"]


def test_no_store_keeps_nothing(keruen) -> None:
    keruen(*WHEAT, "--mode", "rail", "--json", "--no-store")
    assert keruen("quotes", "list")[1] == ""


def test_a_store_that_cannot_be_written_costs_a_warning_not_the_quote(keruen, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERUEN_STORE", f"sqlite:///{tmp_path}/no/such/folder/quotes.sqlite")
    status, out, err = keruen(*WHEAT, "--mode", "rail", "--json")
    assert status == 0
    assert json.loads(out)["itineraries"]
    assert "Warning" in err


# ---- a file of shipments -----------------------------------------------------------------------------

GOOD = """shipment_id;origin;destination;cargo;tonnes;ready_date
A-1;Kokshetau;Bandar Abbas;wheat;3000;2026-11-25
A-2;Костанай;Герат;мука;1320;2026-11-25
=cmd|'/c calc'!A1;Kokshetau;Tehran;barley;680;2026-11-25
A-4;Kokshetau;Turkmen;wheat;100;2026-11-25
A-5;Kokshetau;Atlantis;wheat;100;2026-11-25
A-1;Kokshetau;Mary;wheat;100;2026-11-25
;;;;;
A-8;Kokshetau;Bandar Abbas;wheat;-5;2026-11-25
A-9;Kokshetau;Bandar Abbas;wheat;;2026-11-25
A-10;Chelyabinsk;Bandar Abbas;oil of nothing;60;2026-11-25
A-11;Kokshetau;Bandar Abbas;wheat;100;25.11.2026
A-12;Kokshetau;Bandar Abbas;wheat;100;2026-11-25;and;one;too;many
"""


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture
def batch(keruen, tmp_path: Path) -> tuple[Path, str]:
    file = tmp_path / "shipments.csv"
    file.write_text(GOOD, encoding="utf-8")
    status, out, err = keruen("batch", "quote", file, "--out", tmp_path / "out")
    assert status == 0, err
    return tmp_path / "out", out


def test_batch_counts_add_up(batch: tuple[Path, str]) -> None:
    out, said = batch
    counts = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["counts"]
    assert counts["read"] == 12 == sum(v for k, v in counts.items() if k != "read")
    assert counts == {"read": 12, "quoted": 5, "no_route": 0, "needs_answer": 6, "rejected": 0, "skipped": 1}
    assert "12 rows read: 5 quoted" in said


def test_batch_writes_one_row_a_shipment(batch: tuple[Path, str]) -> None:
    rows = table(batch[0] / "quotes.csv")
    by_line = {int(r["source_line"]): r["status"] for r in rows}
    assert [by_line.get(n) for n in range(2, 14)] == [
        "quoted", "quoted", "quoted", "needs_answer", "needs_answer", "needs_answer", None, "needs_answer", "needs_answer",
        "needs_answer", "quoted", "quoted",
    ]  # fmt: skip
    assert len(by_line) == len(rows)
    assert all(r["total"] and r["quote_id"] and r["route"] for r in rows if r["status"] == "quoted")


def test_batch_says_what_was_doubtful_in_a_quoted_row(batch: tuple[Path, str]) -> None:
    warnings = {int(r["source_line"]): r["warnings"] for r in table(batch[0] / "quotes.csv") if r["status"] == "quoted"}
    assert warnings[4].split(";")[0] == "formula"
    assert {"extra_cells", "probable_duplicate"} <= set(warnings[13].split(";"))


def test_batch_gives_the_sheet_back_with_answers(batch: tuple[Path, str]) -> None:
    sent = list(csv.reader(io.StringIO(GOOD), delimiter=";"))
    with (batch[0] / "shipments_quoted.csv").open(encoding="utf-8-sig", newline="") as file:
        back = list(csv.reader(file, delimiter=";"))
    assert len(back) == len(sent)
    assert [row[:3] for row in back] == [[c.replace("=cmd", "'=cmd") for c in row[:3]] for row in sent]
    status = back[0].index("Status")
    assert [row[status] for row in back[1:5]] == ["quoted", "quoted", "quoted", "to be answered"]
    assert back[1][status + 1].replace(",", ".") == table(batch[0] / "quotes.csv")[0]["total"]


def test_batch_charges_add_up_to_the_totals(batch: tuple[Path, str]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in table(batch[0] / "charges.csv"):
        sums[row["shipment_id"]] += Decimal(row["amount_quote"])
    assert sums == {
        r["shipment_id"]: Decimal(r["total"]) for r in table(batch[0] / "quotes.csv") if r["status"] == "quoted"
    }


def test_batch_rejected_rows_say_where_and_why(batch: tuple[Path, str]) -> None:
    rows = table(batch[0] / "rejected.csv")
    assert list(rows[0]) == ["file", "line", "column", "code", "text", "value"]
    assert {(int(r["line"]), r["code"]) for r in rows} == {
        (5, "ambiguous_place"), (6, "unknown_place"), (7, "repeated_id"), (9, "not_positive"), (10, "missing_tonnes"),
        (11, "ambiguous_cargo"),
    }  # fmt: skip
    assert all(r["file"] == "shipments.csv" and r["text"] for r in rows)
    assert next(r["value"] for r in rows if r["line"] == "6") == "Atlantis"
    assert next(r["column"] for r in rows if r["line"] == "9") == "tonnes"


def test_batch_text_is_safe_in_a_spreadsheet(batch: tuple[Path, str]) -> None:
    for file in ("quotes.csv", "charges.csv", "rejected.csv", "shipments_quoted.csv"):
        text = (batch[0] / file).read_text(encoding="utf-8-sig")
        for row in csv.reader(io.StringIO(text), delimiter=";" if "quoted" in file else ","):
            for cell in row:
                assert not cell.startswith(("=", "@")), cell
                assert not cell.startswith(("+", "-")) or re.fullmatch(r"[+-][\d.]+", cell), cell


def test_batch_agrees_with_the_single_quote(keruen, batch: tuple[Path, str]) -> None:
    row = next(r for r in table(batch[0] / "quotes.csv") if r["shipment_id"] == "A-1" and r["status"] == "quoted")
    _, out, _ = keruen(*LANE, "--cargo", "wheat", "--tonnes", "3000", "--ready", "2026-11-25", "--json")
    best = json.loads(out)["itineraries"][0]
    assert (row["total"], row["per_tonne"]) == (best["total"]["amount"], best["per_tonne"]["amount"])
    assert Decimal(row["published_share"]) == Decimal(str(best["published_share"]))


def test_batch_strict_is_status_4_and_store_keeps(keruen, tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text(
        "origin,destination,cargo,tonnes\nKokshetau,Mary,wheat,680\nKokshetau,Atlantis,wheat,1\n", encoding="utf-8"
    )
    status, _, err = keruen("batch", "quote", file, "--out", tmp_path / "o", "--strict", "--store")
    assert status == 4
    assert not err
    kept = keruen("quotes", "list")[1]
    assert table(tmp_path / "o" / "quotes.csv")[0]["quote_id"] in kept
    assert kept.count("\n") == 1


BROKEN = [
    (b"name,phone\nKokshetau,1\n", "no_header"),
    (b"\x89PNG\r\n\x1a\n0000", "not_a_spreadsheet"),
    (b"", "empty_file"),
]


@pytest.mark.parametrize(("raw", "code"), BROKEN, ids=["another table", "a picture", "empty"])
def test_batch_file_that_cannot_be_used(keruen, tmp_path: Path, raw: bytes, code: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(raw)
    status, out, err = keruen("batch", "quote", file, "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert set(CODE.findall(err)) == {code}
    assert not (tmp_path / "out").exists()


def test_batch_file_that_is_not_there(keruen, tmp_path: Path) -> None:
    status, out, err = keruen("batch", "quote", tmp_path / "none.csv", "--out", tmp_path / "out")
    assert (status, out) == (2, "")
    assert CODE.findall(err) == ["file_unreadable"]


def test_batch_broken_quotes_cost_their_row_not_the_file(keruen, tmp_path: Path) -> None:
    file = tmp_path / "quotes.csv"
    file.write_text(
        'origin,destination,cargo,tonnes\nKokshetau,"Mary,wheat,680\nKokshetau,Mary,wheat,680\n', encoding="utf-8"
    )
    status, _, _ = keruen("batch", "quote", file, "--out", tmp_path / "out")
    assert status == 0
    counts = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["counts"]
    assert counts["read"] == sum(v for k, v in counts.items() if k != "read")
    assert counts["rejected"] + counts["needs_answer"] >= 1


def test_batch_out_that_cannot_be_made(keruen, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text("origin,destination,cargo,tonnes\nKokshetau,Mary,wheat,680\n", encoding="utf-8")
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    status, _, err = keruen("batch", "quote", file, "--out", tmp_path / "taken")
    assert status == 2, err


# ---- network, help -----------------------------------------------------------------------------------


def test_network_check_and_export(keruen, tmp_path: Path) -> None:
    status, out, err = keruen("network", "check")
    assert (status, err) == (0, "")
    assert "0 errors" in out
    status, out, _ = keruen("network", "check", "--json")
    assert status == 0
    assert not [p for p in json.loads(out)["problems"] if p["severity"] == "error"]
    file = tmp_path / "network.geojson"
    status, out, _ = keruen("network", "export", "--geojson", file)
    collection: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert status == 0
    assert collection["type"] == "FeatureCollection"
    assert f"{len(collection['features'])} features" in out


def test_version_and_help(keruen) -> None:
    from optimizer import __version__

    assert keruen("--version") == (0, f"{__version__}\n", "")
    for command in (
        ["--help"],
        ["quote", "--help"],
        ["batch", "quote", "--help"],
        ["network", "--help"],
        ["quotes", "--help"],
    ):
        status, out, err = keruen(*command)
        assert (status, err) == (0, "")
        assert "Usage" in out


@pytest.mark.parametrize(("argv", "heavy"), [
    (["--help"], ("pandas", "ortools", "scipy", "networkx", "numpy", "fastapi", "sqlalchemy")),
    (["quote", "--help"], ("pandas", "ortools", "scipy", "networkx", "numpy", "fastapi", "sqlalchemy")),
    (["quote", "Kokshetau", "Mary", "--cargo", "wheat", "--tonnes", "680", "--no-store"], ("pandas", "ortools", "networkx", "fastapi", "sqlalchemy")),
])  # fmt: skip
def test_heavy_libraries_wait(argv: list[str], heavy: tuple[str, ...]) -> None:
    script = (
        "import sys; from optimizer.cli import main; status = main(sys.argv[2:]); "
        "print(); print('HEAVY', *[m for m in sys.argv[1].split(',') if m in sys.modules]); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, ",".join(heavy), *argv],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split()[1:] == []


def test_a_timetable_of_your_own_moves_the_arrival(keruen, tmp_path):
    """A container feeder that leaves Aktau on Thursdays: the wait for it is named on its leg, the price stays."""
    own = tmp_path / "departures.csv"
    own.write_text(
        "from_id,to_id,kind,weekdays,departs_at,cutoff_h,valid_from,valid_to,source_id,status,note\n"
        "kz-aktau-port,az-alat-port,container_feeder,Thu,18:00,24,,,keruen-estimate,estimated,our agent's letter\n",
        encoding="utf-8",
    )
    lane = (
        "quote",
        "kz-aktau-port",
        "az-alat-port",
        "--cargo",
        "general",
        "--tonnes",
        "80",
        "--equipment",
        "container-40",
    )
    lane = (*lane, "--ready", "2026-11-25", "--alternatives", "0", "--json")
    usual, known = (json.loads(keruen(*lane, *more)[1]) for more in ((), ("--timetable", str(own))))
    shifts = [s for leg in known["itineraries"][0]["legs"] for s in leg["shifts"] if s["kind"] == "departure"]
    assert [s["name"] for s in shifts] and "Thu" in shifts[0]["name"]
    assert known["itineraries"][0]["total"] == usual["itineraries"][0]["total"]
    assert known["itineraries"][0]["transit"]["arrival_p50"] != usual["itineraries"][0]["transit"]["arrival_p50"]
