"""A desk's day on the command line: quote, re-quote after a new book, checklist, template, tender."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from openpyxl import load_workbook

ROOT = Path(__file__).parents[1]
LANE = ["Kostanay", "Akyayla", "--cargo", "wheat", "--tonnes", "1340.5", "--mode", "rail", "--ready", "2026-12-01"]


@pytest.fixture
def own(keruen, tmp_path: Path) -> Path:
    assert keruen("tariff", "new", tmp_path / "own")[0] == 0
    return tmp_path / "own"


def quote_id(keruen, *lane: str) -> str:
    status, out, err = keruen("quote", *lane, "--json")
    assert status == 0, err
    return json.loads(out)["quote_id"]


def bodies(store: Path) -> dict[str, str]:
    with sqlite3.connect(store) as file:
        return dict(file.execute("SELECT quote_id, body FROM quotes"))


def letter(own: Path, rate: str) -> None:
    (own / "rates.csv").write_text(
        "rule_id,charge,carrier,form,basis,rate,currency,valid_from,known_from,status,source_id,document,description\n"
        f"OWN-1,carriage,KTZ,wagon,per_t,{rate},USD,2026-11-01,2026-11-01,published,our-files,contract 17,KTZ by contract 17\n",
        encoding="utf-8",
    )


def test_requote_lists_what_changed_and_leaves_the_old_quote_alone(
    keruen, store: Path, own: Path, tmp_path: Path
) -> None:
    first = quote_id(keruen, *LANE)
    ship = ["kz-aktau-port", "ir-amirabad-port", "--cargo", "barley", "--tonnes", "3000", "--equipment", "bulk-vessel"]
    other = quote_id(keruen, *ship, "--mode", "sea", "--ready", "2026-12-01")
    before = bodies(store)
    letter(own, "9.50")
    status, out, _ = keruen("quotes", "requote", "--book", own, "--json", "--store", "--out", tmp_path / "list.xlsx")
    assert status == 0
    told = json.loads(out)
    (row,) = [row for row in told["quotes"] if row["quote_id"] == first]
    assert row["outcome"] == "changed" and "contract 17" in row["why"] and "-> OWN-1" in row["why"]
    assert float(row["difference"]) == pytest.approx(sum(float(line["difference"]) for line in row["lines"]))
    assert told["counts"]["unchanged"] == 1 and other not in {row["quote_id"] for row in told["quotes"]}
    after = bodies(store)
    assert {quote: after[quote] for quote in before} == before and row["new_quote_id"] in after
    sheet = load_workbook(tmp_path / "list.xlsx").active
    assert sheet.cell(1, 1).value == "quote_id" and sheet.cell(2, 1).value == first
    assert isinstance(sheet.cell(2, 10).value, (int, float))


def test_requote_says_it_in_words(keruen, own: Path) -> None:
    first = quote_id(keruen, *LANE)
    assert "1 quotes asked again: 1 unchanged." in keruen("quotes", "requote")[1]
    letter(own, "9.50")
    out = keruen("quotes", "requote", "--book", own, "--id", first)[1]
    assert first in out and "rule" in out and "1 changed" in out
    status, _, err = keruen("quotes", "requote", "--id", "q-none")
    assert status == 2 and "unknown_quote" in err
    assert keruen("quotes", "requote", "--known-on", "2999-01-01")[0] == 2


def test_a_checklist_is_shown_written_and_ticked_off(keruen, tmp_path: Path) -> None:
    first = quote_id(keruen, *LANE)
    status, out, _ = keruen(
        "quotes", "checklist", first, "--lang", "ru", "--done", "PAYER:TDY=код 123", "--out", tmp_path / "list.xlsx"
    )
    assert status == 0 and "К погрузке не готово" in out and "- [x] `PAYER:TDY`" in out and "код 123" in out
    sheet = load_workbook(tmp_path / "list.xlsx").active
    keys = [sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)]
    assert "PAYER:KTZ" in keys and sheet.cell(1, 4).value == "Что"
    assert keruen("quotes", "checklist", first, "--out", tmp_path / "list.md")[0] == 0
    assert "not confirmed by a source: ask" in (tmp_path / "list.md").read_text(encoding="utf-8")
    every = [word for key in keys for word in ("--done", f"{key}=yes")]
    done = json.loads(keruen("quotes", "checklist", first, "--json", *every)[1])
    assert done["ready_to_load"] is True and done["counts"]["missing"] == 0
    status, _, err = keruen("quotes", "checklist", first, "--done", "NONE")
    assert status == 2 and "unknown_item" in err
    assert keruen("quotes", "checklist", first, "--rank", "99")[0] == 2


def test_a_template_goes_out_and_comes_back(keruen, tmp_path: Path) -> None:
    file = tmp_path / "requests.xlsx"
    assert keruen("template", "shipments", "--out", file)[0] == 0
    told = json.loads(keruen("read", file, "--kind", "shipments", "--json")[1])
    assert told["counts"]["accepted"] == 2 and told["counts"]["accepted_with_warning"] == 0
    assert keruen("template", "rates", "--out", tmp_path / "rates.xlsx", "--lang", "en")[0] == 0
    assert keruen("template", "songs", "--out", file)[0] == 2


def test_a_tender_is_answered_on_its_own_sheet(keruen, tmp_path: Path) -> None:
    bids, out = ROOT / "data" / "tender" / "bids.csv", tmp_path / "answer.csv"
    status, said, _ = keruen(
        "tender",
        bids,
        "--out",
        out,
        "--margin",
        "5%",
        "--ready",
        "2026-12-10",
        "--lang",
        "ru",
        "--valid-until",
        "2026-12-31",
    )
    assert status == 0 and "3 lanes priced, 2 asked back" in said
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[2][:3] == ["1", "Костанай", "Тегеран"] and rows[2][8] == "ставка" and rows[2][19] == "31.12.2026"
    assert "cost" not in " ".join(rows[1]) and keruen("tender", bids, "--out", out, "--per", "mile")[0] == 2


def test_a_rate_sheet_is_asked_taken_and_used(keruen, own: Path) -> None:
    file = ROOT / "data" / "offer" / "rate_sheet.csv"
    status, out, _ = keruen("tariff", "import", file, "--into", own)
    assert status == 2 and "--set 'surcharge=" in out and "5 cells not taken" in out
    status, out, _ = keruen(
        "tariff", "import", file, "--into", own, "--set", "net=yes", "--set", "surcharge=included", "--json"
    )
    assert status == 0 and json.loads(out)["counts"]["asked"] == 0
    assert keruen("tariff", "check", "--book", own)[0] == 0
    told = keruen("tariff", "explain", *LANE, "--avoid", "UZ", "--book", own, "--charge", "carriage")[1]
    assert "RATE_SHEET-11C" in told and "rate_sheet.csv, row 11, column C" in told and "0.45" in told
