"""Days as people type them. Every text was written on 17 November 2026."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest

from optimizer.sheet.dates import DateFault, date_order, from_serial, month_number, read_days

NEAR = dt.date(2026, 11, 17)
DAYS = [
    "2026-11-25", "2026/11/25", "2026.11.25", "20261125", "25.11.2026", "25.11.26", "25.11.2026 г.", "25.11", "25/11/2026", "25-11-2026",
    "11/25/2026", "25 ноября 2026", "25 ноября 2026 г.", "25 ноября", "25 нояб. 26", "25-Nov-26", "Nov 25, 2026", "25th of November 2026",
    "46351", "2026-11-25T10:00:00Z", "25.11.2026 12:30", "25 қараша 2026", "２５.11.2026",
]  # fmt: skip


@pytest.mark.parametrize("text", DAYS)
def test_a_day(text: str) -> None:
    found = read_days(text, near=NEAR)
    assert (found.first, found.last, found.precision) == (dt.date(2026, 11, 25), dt.date(2026, 11, 25), "day")
    assert not found.ambiguous_order


@pytest.mark.parametrize(
    "text",
    [
        "декабрь",
        "декабря 2026 г.",
        "дек.26",
        "дек-26",
        "Dec 2026",
        "Dec-26",
        "12.2026",
        "2026-12",
        "12/2026",
        "December",
        "в декабре"[2:],
    ],
)
def test_a_month(text: str) -> None:
    found = read_days(text, near=NEAR)
    assert (found.first, found.last, found.precision) == (dt.date(2026, 12, 1), dt.date(2026, 12, 31), "month")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("01-10.12.2026", "2026-12-01", "2026-12-10"), ("01.12-10.12.2026", "2026-12-01", "2026-12-10"), ("1-10 декабря", "2026-12-01", "2026-12-10"),
        ("с 1 по 10 декабря 2026", "2026-12-01", "2026-12-10"), ("Dec 1-10, 2026", "2026-12-01", "2026-12-10"),
        ("1-я декада декабря", "2026-12-01", "2026-12-10"), ("III декада февраля 2027", "2027-02-21", "2027-02-28"),
        ("начало декабря", "2026-12-01", "2026-12-10"), ("середина дек. 2026", "2026-12-11", "2026-12-20"), ("end of December", "2026-12-21", "2026-12-31"),
        ("2-я половина декабря", "2026-12-16", "2026-12-31"), ("28.12-05.01.2027", "2026-12-28", "2027-01-05"),
        ("25.11.26 - 05.12.26", "2026-11-25", "2026-12-05"), ("ноябрь-декабрь 2026", "2026-11-01", "2026-12-31"),
        ("2026-12-01/2026-12-10", "2026-12-01", "2026-12-10"), ("28.12-05.01", "2026-12-28", "2027-01-05"),
    ],
)  # fmt: skip
def test_a_window(text: str, first: str, last: str) -> None:
    found = read_days(text, near=NEAR)
    assert (str(found.first), str(found.last), found.precision) == (first, last, "window")


def test_quarters_years_and_as_soon_as_can_be() -> None:
    for text in ("4 кв. 2026", "IV кв. 2026", "IV квартал 2026", "Q4 2026", "4Q26", "4-й квартал 2026"):
        found = read_days(text)
        assert (str(found.first), str(found.last), found.precision) == ("2026-10-01", "2026-12-31", "quarter")
    assert read_days("2026 г.").precision == "year"
    for text in ("ASAP", "срочно", "по готовности", "prompt"):
        assert (read_days(text).first, read_days(text, near=NEAR).first, read_days(text).precision) == (
            None,
            NEAR,
            "asap",
        )


def test_one_open_end() -> None:
    until, since = read_days("до 10.12.2026"), read_days("с 10.12.2026")
    assert until.until and since.since and until.last == since.first == dt.date(2026, 12, 10)


def test_the_order_of_slashes_is_flagged_never_guessed_in_silence() -> None:
    found = read_days("05/12/2026")
    assert (found.first, found.ambiguous_order, found.other) == (dt.date(2026, 12, 5), True, dt.date(2026, 5, 12))
    assert read_days("05/12/2026", order="mdy").first == dt.date(2026, 5, 12)
    assert not read_days("05/12/2026", order="dmy").ambiguous_order and not read_days("05/05/2026").ambiguous_order
    assert date_order(["05/12/2026", "11/25/2026", "x"]) == "mdy" and date_order(["11/25/2026", "25/11/2026"]) == ""
    both = read_days("Dec 26")
    assert both.ambiguous_order and (both.precision, both.other) == ("month", dt.date(2026, 12, 26))


def test_a_missing_year_stays_missing_until_somebody_knows_when_it_was_written() -> None:
    unknown = read_days("декабрь")
    assert (unknown.first, unknown.last, unknown.no_year) == (None, None, True)
    assert str(read_days("5 мая", near=NEAR).first) == "2027-05-05"
    assert str(read_days("ноябрь", near=NEAR).first) == "2026-11-01"
    assert str(read_days("29 февраля", near=NEAR).first) == "2028-02-29"
    assert str(read_days("февраль", near=NEAR).last) == "2027-02-28"
    assert read_days("25.11.26").two_digit_year


@pytest.mark.parametrize(
    "text", ["30.02.2026", "31.04.26", "2026-13-01", "29.02.2026", "32.01.2026", "12.13.2026", "2026-02-30"]
)
def test_days_that_never_were(text: str) -> None:
    with pytest.raises(DateFault) as fault:
        read_days(text)
    assert fault.value.code == "impossible_day"


@pytest.mark.parametrize(
    "text",
    [
        "груз",
        "1340",
        "1 340,5",
        "5-6 тыс",
        "2845",
        "12 конт.",
        "40HC",
        "254-258",
        "10-12",
        "мартен 26",
        "",
        "4х40",
        "10019",
    ],
)
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(DateFault) as fault:
        read_days(text)
    assert fault.value.code == "not_a_date"


def test_cells_that_are_days_already() -> None:
    assert read_days(dt.date(2026, 11, 25)).first == dt.date(2026, 11, 25)
    assert read_days(dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC)).first == dt.date(2026, 11, 25)
    serial = read_days(Decimal("46351.5"))
    assert serial.serial and serial.first == dt.date(2026, 11, 25)
    assert from_serial(61) == dt.date(1900, 3, 1) and from_serial(59) == dt.date(1900, 2, 28)
    with pytest.raises(DateFault):
        from_serial(60)


def test_months_in_all_cases() -> None:
    words = "январь января январе январём янв фев февр. март марта апрель мая май маю июнь июня июл августа сент. сентябре окт октября нояб ноябрём декабрю"
    assert [month_number(w) for w in words.replace("ё", "е").split()] == [
        1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11, 11, 12,
    ]  # fmt: skip


def test_rubbish_never_breaks_the_reader() -> None:
    rng = random.Random(2)
    pieces = [
        "1",
        "12",
        "31",
        "2026",
        "26",
        ".",
        "/",
        "-",
        " ",
        "дек",
        "Dec",
        "кв",
        "IV",
        "по",
        "с",
        "до",
        "г.",
        "декада",
        "начало",
        "я",
        ",",
    ]
    for _ in range(5000):
        text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 8)))
        try:
            found = read_days(text, near=NEAR)
        except DateFault:
            continue
        assert found.first is not None and found.last is not None and found.first <= found.last, text
