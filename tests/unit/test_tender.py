"""A shipper's bid sheet answered on his own sheet: same rows, same columns, ours at the right."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from optimizer.databook import DataBook
from optimizer.document.names import read_names
from optimizer.intake.giveback import give_back
from optimizer.intake.model import Reading
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.sheet.model import Grid
from optimizer.sheet.read import read as read_grid
from optimizer.sheet.write import Mark
from optimizer.tender import COLUMNS, TenderResult, Terms, answer, header, summary

BIDS = Path(__file__).parents[1] / "data" / "tender" / "bids.csv"
TODAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return read_grid(BIDS)


@pytest.fixture(scope="module")
def reading(grid: Grid) -> Reading:
    lookup, shut = lookup_of(None, None, TODAY)
    return read(grid, "shipments", lookup, today=TODAY, shut=shut)[0]


@pytest.fixture(scope="module")
def priced(book: DataBook, reading: Reading) -> TenderResult:
    terms = Terms(margin="5%", ready=dt.date(2026, 12, 10), lang="ru")
    return answer(reading, book, read_names(), terms, today=TODAY)


def cells(result: TenderResult, line: int) -> dict[str, object]:
    return {n: v.value if isinstance(v, Mark) else v for n, v in zip(COLUMNS, result.by_line[line], strict=True)}


def test_every_row_is_priced_asked_or_refused(reading: Reading, priced: TenderResult) -> None:
    assert sum(priced.counts.values()) == len(reading.rows)
    assert (priced.counts["priced"], priced.counts["asked"]) == (3, 2)
    assert "3 lanes priced, 2 asked back" in summary(priced)


def test_the_rate_is_that_of_the_quote_with_the_margin_for_the_unit_asked(book: DataBook, priced: TenderResult) -> None:
    told = cells(priced, 3)
    asked = QuoteRequest(
        "kz-kostanay", "ir-tehran", "wheat", tonnes="12000", equipment="hopper-wagon", ready="2026-12-01", margin="5%"
    )
    way = make_quote(asked, book, today=TODAY, created_at=NOON)["itineraries"][0]
    assert told["total"] == Decimal(way["margin"]["sell"]["amount"])
    assert (told["per"], told["currency"]) == ("тонну", "USD")
    assert told["rate"] == (told["total"] / 12000).quantize(Decimal("0.01"))
    assert told["days_p50"] < told["days_p90"]
    assert cells(priced, 5)["per"] == "контейнер"


def test_a_shipper_is_told_nothing_of_our_sources(priced: TenderResult) -> None:
    told = str(cells(priced, 3)["conditions"])
    assert "пересматривается" in told and "carried forward" not in told and "2.11" not in told


def test_the_fallback_takes_another_border(priced: TenderResult) -> None:
    told = cells(priced, 3)
    assert told["fallback_route"] and told["fallback_rate"] >= told["rate"]
    main, second = (set(str(told[name]).split(" > ")[1:-1]) for name in ("route", "fallback_route"))
    assert main != second and str(told["route"]).split(" > ")[1] not in second


def test_a_year_alone_is_asked_unless_a_loading_day_is_said(
    book: DataBook, reading: Reading, priced: TenderResult
) -> None:
    assert cells(priced, 4)["status"] == "ставка"
    plain = answer(reading, book, read_names(), Terms(), today=TODAY)
    assert cells(plain, 4)["status"] == "asked" and cells(plain, 4)["rate"] is None


def test_no_way_is_no_bid_with_the_reason(book: DataBook, grid: Grid) -> None:
    lookup, _ = lookup_of(None, None, TODAY)
    text = "origin,destination,cargo,tonnes,equipment,ready_date,due_date\nKostanay,Karachi,wheat,100,truck,2026-12-01,2026-12-02\n"
    from optimizer.sheet.read import read_text

    bid = read(read_text(text.encode(), "bid.csv"), "shipments", lookup, today=TODAY)[0]
    told = cells(answer(bid, book, read_names(), Terms(), today=TODAY), 2)
    assert told["status"] == "no bid" and "No way" in str(told["conditions"])


def test_the_sheet_comes_back_as_it_was_with_columns_added(
    tmp_path: Path, grid: Grid, reading: Reading, priced: TenderResult
) -> None:
    out = tmp_path / "answer.csv"
    give_back(grid, reading, header("ru"), priced.by_line, out, "excel-ru", lang="ru")
    with out.open(encoding="utf-8-sig", newline="") as file:
        after = list(csv.reader(file, delimiter=";"))
    with BIDS.open(encoding="utf-8", newline="") as file:
        before = list(csv.reader(file, delimiter=";"))
    assert [row[:8] for row in after] == before
    assert after[1][8:] == header("ru") and after[0][8:] == []
    assert after[2][9].replace(",", ".") == str(cells(priced, 3)["rate"])


def test_cells_at_fault_are_marked_in_the_workbook(
    tmp_path: Path, grid: Grid, reading: Reading, priced: TenderResult
) -> None:
    out = tmp_path / "answer.xlsx"
    give_back(grid, reading, header("ru"), priced.by_line, out, lang="ru")
    sheet = load_workbook(out).active
    assert sheet.cell(6, 2).value == "Тобыл" and sheet.cell(6, 2).comment is not None
    assert sheet.cell(6, 2).fill.fgColor.rgb.endswith("F8CBAD")
    assert isinstance(sheet.cell(3, 10).value, float) and sheet.cell(3, 20).is_date
    assert sheet.cell(3, 2).comment is None
