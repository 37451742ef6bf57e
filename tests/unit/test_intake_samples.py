"""Three sheets as desks send them, to the letter: encodings, headers, counts, every warning and question."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.intake.model import Reading, ReadRow
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read
from optimizer.sheet.read import read as read_grid

SHEETS = Path(__file__).parents[1] / "data" / "intake" / "desks"
TODAY = dt.date(2026, 11, 23)
Read = Callable[[str, str], Reading]


@pytest.fixture(scope="module")
def desk() -> Read:
    lookup, shut = lookup_of(None, None, TODAY)

    def one(name: str, kind: str) -> Reading:
        return read(read_grid(SHEETS / name), kind, lookup, today=TODAY, shut=shut)[0]

    return one


def row_of(reading: Reading, line: int) -> ReadRow:
    return next(row for row in reading.rows if row.line == line)


def codes(row: ReadRow, *weights: str) -> set[str]:
    return {note.code for note in row.notes if not weights or note.weight in weights}


def statuses(reading: Reading) -> tuple[int, ...]:
    return tuple(reading.counts.values())


# ---- requests of a forwarder: cp1251, titles, a header of two rows ---------------------------------------------


def test_requests_are_counted(desk: Read) -> None:
    reading = desk("requests_cp1251.csv", "shipments")
    assert statuses(reading) == (1, 1, 4, 0, 5)
    assert (reading.encoding, reading.delimiter, reading.header_rows) == ("cp1251", ";", (4, 5))
    assert [next(iter(codes(row))) for row in reading.rows if row.status == "skipped"] == [
        "title",
        "title",
        "blank",
        "blank",
        "total",
    ]
    assert reading.remarks["asked_on"] == "2026-11-17"


def test_a_clean_request_says_what_it_means(desk: Read) -> None:
    row = row_of(desk("requests_cp1251.csv", "shipments"), 6)
    assert row.status == "accepted"
    wanted = {
        "origin": "kz-kostanay", "destination": "tm-sarahs", "via": "kz-bolashak", "cargo": "wheat", "tonnes": "1340.5", "units": "20",
        "equipment": "hopper-wagon", "ownership": "private", "ready_date": "2026-11-25",
    }  # fmt: skip
    assert wanted.items() <= row.fields.items()


def test_the_second_request_is_probably_the_first(desk: Read) -> None:
    row = row_of(desk("requests_cp1251.csv", "shipments"), 7)
    assert row.status == "accepted_with_warning"
    assert {"latin_letters", "lost_zero", "unit_converted", "probable_duplicate"} <= codes(row, "warning")
    assert {n.letter for n in row.notes if n.code == "latin_letters"} == {"C", "E"}
    assert row.fields["tonnes"] == "1340.5" and row.fields["cargo_codes"] == "011005/1001"


def test_questions_come_by_their_effect(desk: Read) -> None:
    reading = desk("requests_cp1251.csv", "shipments")
    asked = {line: [n.code for n in row_of(reading, line).notes if n.weight == "question"] for line in (8, 9, 10, 11)}
    assert asked == {
        8: ["ambiguous_place", "month_only"],
        9: ["range", "basis_unclear"],
        10: ["asap"],
        11: ["closed_crossing", "via_alternatives"],
    }
    assert row_of(reading, 8).fields["tonnes"] == "990"
    assert {"multiplied", "extra_empty_cells", "payer_codes"} <= codes(row_of(reading, 8))
    assert {"window", "no_codes"} <= codes(row_of(reading, 9))
    assert "empty_return" in codes(row_of(reading, 10))
    shut = next(n for n in row_of(reading, 11).notes if n.code == "closed_crossing")
    assert "PK-AF-2025" in shut.text and "2026-11-20" in shut.text_ru


def test_every_question_is_asked_in_two_languages(desk: Read) -> None:
    for row in desk("requests_cp1251.csv", "shipments").rows:
        for note in row.notes:
            assert note.text and note.text_ru and note.text != note.text_ru
            if note.weight == "question":
                assert note.text.rstrip().endswith(("?", ".", "'")) and note.effect > 0


# ---- rates of a railway: prices side by side, cells without a price --------------------------------------------


def test_rates_are_counted(desk: Read) -> None:
    reading = desk("rates_utf8bom.csv", "rates")
    assert statuses(reading) == (1, 6, 0, 0, 3)
    assert (reading.encoding, reading.delimiter, reading.header_rows) == ("utf-8-sig", ";", (2, 3))
    assert [next(iter(codes(row))) for row in reading.rows if row.status == "skipped"] == ["title", "blank", "average"]
    assert reading.remarks["fx"] == "1 USD = 0.80 CHF"


def test_three_prices_of_one_row(desk: Read) -> None:
    row = row_of(desk("rates_utf8bom.csv", "rates"), 5)
    assert row.status == "accepted"
    assert row.fields["price"] == "1214.50 CHF x 0.50"
    assert (row.fields["valid_from"], row.fields["valid_to"]) == ("2026-10-01", "2026-12-31")
    prices = json.loads(row.fields["prices"])
    assert [(p["amount"], p["currency"], p["basis"], p.get("ownership", "")) for p in prices] == [
        ("1214.50", "CHF", "wagon", "private"),
        ("1498.00", "CHF", "wagon", "carrier"),
        ("410.00", "USD", "container", ""),
    ]


def test_a_point_among_commas_marks_thousands(desk: Read) -> None:
    row = row_of(desk("rates_utf8bom.csv", "rates"), 6)
    assert row.fields["price"] == "1309.20 CHF x 0.60" and "thousands_dot" in codes(row, "warning")


def test_cells_without_a_price_are_named(desk: Read) -> None:
    reading = desk("rates_utf8bom.csv", "rates")
    refused = [note.value for row in reading.rows for note in row.notes if note.weight == "fault"]
    assert refused == ["дог.", "н/д", "—", "=G7*0,6", "#ССЫЛКА!"]


def test_a_surcharge_is_no_haul_and_a_backdated_row_overwrites_nothing(desk: Read) -> None:
    reading = desk("rates_utf8bom.csv", "rates")
    assert row_of(reading, 10).fields["surcharge"] == "yes" and "from" not in row_of(reading, 10).fields
    late = row_of(reading, 11)
    assert (late.fields["valid_from"], late.fields["known_from"], late.fields["price"]) == (
        "2026-10-15",
        "2026-11-09",
        "1214.50 CHF x 0.45",
    )
    assert {"retroactive", "supersedes"} <= codes(late, "warning") and late.fields["beside_line"] == "5"
    assert row_of(reading, 5).fields["price"] == "1214.50 CHF x 0.50"


# ---- an offer of containers: UTF-16, cells of several lines ----------------------------------------------------


def test_an_offer_is_counted(desk: Read) -> None:
    reading = desk("offer_utf16_tab.csv", "rates")
    assert statuses(reading) == (2, 2, 1, 0, 4)
    assert (reading.encoding, reading.delimiter, reading.header_rows) == ("utf-16-le BOM", "\t", (3,))
    assert [next(iter(codes(row))) for row in reading.rows if row.status == "skipped"] == [
        "title",
        "title",
        "blank",
        "note",
    ]


def test_prices_of_the_offer(desk: Read) -> None:
    reading = desk("offer_utf16_tab.csv", "rates")
    priced = [row.fields.get("price", "") for row in reading.rows if row.status != "skipped"]
    assert priced == ["3150.00 USD", "3890.00 USD", "2 x 1640.00 USD", "1980.00 EUR", ""]
    two = row_of(reading, 6).fields
    assert (two["amount"], two["times"], two["equipment"], two["ownership"]) == (
        "1640.00",
        "2",
        "container-20",
        "private",
    )
    assert "missing_price" in codes(row_of(reading, 8), "question")


def test_what_the_offer_includes(desk: Read) -> None:
    first, second = (row_of(desk("offer_utf16_tab.csv", "rates"), line).fields for line in (4, 5))
    assert first["included"].startswith("тариф КТЖ") and first["excluded"].startswith("ТО, инспекция")
    assert (first["from"], first["via"], first["to"], first["valid_to"]) == (
        "kz-almaty",
        "tm-akyayla",
        "ir-bandar-abbas",
        "2026-11-30",
    )
    assert (second["free_days"], second["detention_rate"], second["detention_currency"]) == ("10", "15.00", "USD")
