"""A forwarder's own rate sheet taken into a book: every cell is taken, asked about or told with its reason.

tests/data/offer: invented figures in the layouts desks send: sections with merged headings, a container offer, belts.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError, RequestError
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read as understood
from optimizer.offer.read import read_sheet
from optimizer.offer.take import Taken, is_book_table, read_answers, sheet_lines, take_sheet
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.sheet.read import read
from optimizer.tariff.blank import new_book

OFFER = Path(__file__).parents[1] / "data" / "offer"
SHEET = OFFER / "rate_sheet.csv"
TODAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
CLEAR = {"net": "yes", "surcharge": "on_top"}

Take = Callable[..., Taken]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    new_book(folder, "own", "Our rates", "Us", "USD")
    return folder


@pytest.fixture
def take(book: DataBook, own: Path) -> Take:
    def take(file: Path = SHEET, answers: dict[str, str] | None = None, **more: Any) -> Taken:
        return take_sheet(file, own, book, today=TODAY, answers=CLEAR if answers is None else answers, **more)

    return take


def rows_of(own: Path, table: str) -> dict[str, dict[str, str]]:
    with (own / table).open(encoding="utf-8", newline="") as file:
        return {row.get("rule_id") or row["coef_id"]: row for row in csv.DictReader(file)}


def test_every_cell_of_the_sheet_is_accounted_for(book: DataBook) -> None:
    sheet = read_sheet(read(SHEET), book.equipment)
    assert [(u.row, u.letter, u.value) for u in sheet.untaken] == [
        (4, "G", "дог."), (7, "E", "н/д"), (7, "G", "—"), (8, "G", "=G7*0,6"), (10, "G", "#ССЫЛКА!"),
    ]  # fmt: skip
    assert {u.code for u in sheet.untaken} == {"no_price", "formula", "spreadsheet_error"}
    assert (sheet.rows, sheet.skipped) == (9, 2)
    by_cell = {cell.cell: cell for cell in sheet.cells}
    assert by_cell["6C"].price == Decimal("1318.20") and by_cell["6C"].coefficient == Decimal("0.60")
    assert by_cell["4E"].price == 3180 and by_cell["4E"].ownership == "carrier"


@pytest.mark.parametrize("file", ["rate_sheet.csv", "container_offer.csv"])
def test_it_reads_the_prices_that_keruen_read_reads(book: DataBook, file: str) -> None:
    grid = read(OFFER / file)
    lookup, _ = lookup_of(None, None, TODAY)
    rows = understood(grid, "rates", lookup, today=TODAY)[0].rows
    told = {
        (row.line, price["column"]): (Decimal(price["amount"]), price.get("currency", row.fields.get("currency")))
        for row in rows
        for price in json.loads(row.fields.get("prices", "[]"))
    }
    ours = {(c.row, c.letter): (c.price, c.currency) for c in read_sheet(grid, book.equipment).cells}
    assert ours == told


def test_what_is_open_is_asked_and_nothing_is_written(take: Take, own: Path) -> None:
    before = (own / "rates.csv").read_bytes()
    taken = take(answers={})
    assert not taken.imported and (own / "rates.csv").read_bytes() == before
    assert {q.name for q in taken.rows.questions} == {"net", "surcharge"}
    guard = next(q for q in taken.rows.questions if q.name == "surcharge")
    assert guard.options == ("included", "on_top") and guard.cells == ("10C", "10E") and "охрана" in guard.text_ru
    told = "\n".join(sheet_lines(taken))
    assert "--set 'surcharge=" in told and "Nothing was written" in told and "row 4 column G 'дог.'" in told


def test_rows_stand_on_the_railways_own_side_with_the_sheet_as_source(take: Take, own: Path) -> None:
    taken = take()
    assert taken.asked == 0 and taken.added == taken.rows.number
    rates = rows_of(own, "rates.csv")
    section = rates["RATE_SHEET-5C"]
    assert (section["carrier"], section["from"], section["to"]) == ("TDY", "tm-serhetyaka", "tm-akyayla")
    assert (section["status"], section["source_id"]) == ("provisional", "rate_sheet")
    assert "row 5, column C" in section["document"]
    assert rates["RATE_SHEET-4C"]["carrier"] == "KTZ"
    assert rows_of(own, "surcharges.csv")["RATE_SHEET-10C"]["carrier"] == "TDY"


def test_a_retroactive_row_stands_beside_the_old_one(take: Take, own: Path) -> None:
    take()
    rates = rows_of(own, "rates.csv")
    late = rates["RATE_SHEET-11C"]
    assert (late["valid_from"], late["known_from"], late["replaces"]) == ("2026-10-15", "2026-11-09", "RATE_SHEET-5C")
    assert rates["RATE_SHEET-5C"]["valid_to"] == "2026-12-31"


def test_a_surcharge_that_is_in_the_rate_makes_no_row(take: Take, own: Path) -> None:
    taken = take(answers={"net": "yes", "surcharge": "included"})
    assert not rows_of(own, "surcharges.csv") and any("part of the rates" in note for note in taken.rows.notes)


def test_a_cell_may_be_answered_alone_or_passed_over(take: Take) -> None:
    taken = take(answers={"G.net": "yes", "8E.skip": "yes", "10.surcharge": "included"})
    assert taken.asked == 0 and taken.added
    assert any("8E" in note for note in taken.rows.notes)


def test_partial_takes_what_is_clear(take: Take) -> None:
    taken = take(answers={}, partial=True)
    assert taken.added and taken.asked == 5


def test_the_second_import_adds_nothing(take: Take) -> None:
    take()
    again = take()
    assert again.added == 0 and sum(one.skipped for one in again.imported) == again.rows.number


def quoted(own: Path, ready: str, **more: Any) -> dict[str, Any]:
    request = QuoteRequest(
        "Костанай", "Акяйла", "wheat", units="20", ready=ready, mode=("rail",), avoid=("UZ",), **more
    )
    return make_quote(request, DataBook.load([own]), today=TODAY, created_at=NOON)


def test_a_quote_uses_the_sheet_and_names_its_row(take: Take, own: Path) -> None:
    """Kostanay - Akyayla: 20 x 2,910 CHF on KTZ; 20 x 1,240.50 x 0.45 on TDY from 15 October, by the later letter."""
    take()
    lines = {c["rule_id"]: c for c in quoted(own, "2026-12-01")["itineraries"][0]["charges"]}
    assert Decimal(lines["RATE_SHEET-4C"]["amount"]) == 20 * 2910
    late = lines["RATE_SHEET-11C"]
    assert Decimal(late["amount"]) == Decimal("1240.50") * 20 * Decimal("0.45")
    assert late["currency"] == "CHF" and "row 11, column C" in late["document"]
    assert lines["RATE_SHEET-10C"]["code"] == "guard" and Decimal(lines["RATE_SHEET-10C"]["amount"]) == 270
    before = {c["rule_id"]: c for c in quoted(own, "2026-10-20", known_on="2026-11-08")["itineraries"][0]["charges"]}
    assert Decimal(before["RATE_SHEET-5C"]["amount"]) == Decimal("1240.50") * 20 * Decimal("0.50")


def test_our_factors_for_owners_and_wagons_leave_the_sheets_price_alone(take: Take, own: Path) -> None:
    take()
    for more in ({"ownership": "carrier"}, {"equipment": "covered-wagon"}):
        lines = quoted(own, "2026-12-01", **more)["itineraries"][0]["charges"]
        (line,) = [c for c in lines if c["code"] == "carriage" and c["carrier"] == "KTZ"]
        assert line["rule_id"].startswith("RATE_SHEET-4") and line["coefficient"] == "1", more


def test_a_container_offer_becomes_a_through_rate_once_the_border_is_named(take: Take, own: Path) -> None:
    file = OFFER / "container_offer.csv"
    first = take(file, answers={"valid_from": "2026-11-01"})
    assert {q.name for q in first.rows.questions} == {"via"}
    second = take(file, answers={"valid_from": "2026-11-01", "via": "Болашак"})
    assert {q.name for q in second.rows.questions} == {"includes"} and second.asked == 1
    answers = {"valid_from": "2026-11-01", "via": "Болашак", "5D.includes": "carriage;reload;empty_return"}
    assert take(file, answers=answers).added == 2
    row = rows_of(own, "through.csv")["CONTAINER_OFFER-4D"]
    assert row["chain"] == "kz-almaty;kz-bolashak|tm-serhetyaka;tm-akyayla|ir-incheh-borun;ir-tehran"
    assert row["replaces"] == "carriage;reload" and row["owner"] == "private" and row["feet"] == "40"


def test_belts_become_a_rate_table(take: Take, own: Path) -> None:
    file = OFFER / "belts.csv"
    assert {q.name for q in take(file, answers={}).rows.questions} >= {"carrier"}
    taken = take(file, answers={"carrier": "KTZ", "net": "yes"})
    assert taken.asked == 0
    table = list(csv.DictReader((own / "belts" / "belts-b.csv").read_text(encoding="utf-8").splitlines()))
    assert table[0]["from_km"] == "0" and {row["to_t"] for row in table} == {"60", ""}
    request = QuoteRequest("Костанай", "Kokshetau", "wheat", units="20", ready="2026-12-01", mode=("rail",))
    answer = make_quote(request, DataBook.load([own]), today=TODAY, created_at=NOON)
    line = next(c for c in answer["itineraries"][0]["charges"] if c["code"] == "carriage")
    assert line["rule_id"] == "BELTS-B" and line["document"] == "belts.csv, column B"


def test_what_cannot_be_used_is_said(take: Take, own: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="status"):
        take(status="sure")
    with pytest.raises(RequestError, match="answers nothing"):
        read_answers(["net"])
    mapping = tmp_path / "answers.toml"
    mapping.write_text('net = "yes"\n[10]\nsurcharge = "included"\n', encoding="utf-8")
    assert read_answers(["net=no"], mapping) == {"net": "no", "10.surcharge": "included"}
    with pytest.raises(DataError, match=r"book\.toml"):
        take_sheet(SHEET, tmp_path, DataBook.load(), today=TODAY, answers={})
    assert not is_book_table(SHEET)
