"""Numbers as forwarders, traders and railways type them."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from optimizer.sheet.numbers import NumberFault, decimal_style, read_number

ONE = [
    ("1.309,20", "1309.20", ""), ("1,309.20", "1309.20", ""), ("1 214,50", "1214.50", ""), ("3 120,-", "3120", ""),
    ("25,000.00", "25000.00", ""), ("2 845", "2845", ""), ("1\u00a0340,5 т", "1340.5", "т"), ("1\u202f640", "1640", ""),
    ("1’640.00", "1640.00", ""), ("1'640", "1640", ""), ("12 345 678,9", "12345678.9", ""), ("1.234.567", "1234567", ""),
    ("1,234,567.5", "1234567.5", ""), ("1,00,000", "100000", ""), ("۱٬۳۴۰٫۵", "1340.5", ""), ("١٢٣", "123", ""), ("１２３", "123", ""),
    ("−5", "-5", ""), ("-12,5", "-12.5", ""), ("(35,5)", "-35.5", ""), ("(35,5) тыс. т", "-35500", "т"), ("0,60", "0.60", ""),
    (",75", "0.75", ""), ("0.500", "0.500", ""), ("10 тыс.т", "10000", "т"), ("1,5 млн т", "1500000", "т"), ("USD 5k", "5000", ""),
    ("5 kg", "5", "kg"), ("1340500 кг", "1340500", "кг"), ("$ 3 890,00", "3890.00", ""), ("12 %", "12", "%"),
    ("15 кр. вагонов х 66т", "15", "кр. вагонов х 66т"), ("4х40", "4", "х40"), ("2x1 640", "2", "x1 640"),
    ("7.56E+05", "756000", ""), ("~ 9 тыс.тн + 16 конт", "9000", "тн + 16 конт"), ("20 ваг", "20", "ваг"), ("40’HC", "40", "’HC"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "rest"), ONE)
def test_one_number(text: str, value: str, rest: str) -> None:
    found = read_number(text)
    assert (found.low, found.high, found.rest) == (Decimal(value), Decimal(value), rest)


@pytest.mark.parametrize(
    ("text", "low", "high", "rest"),
    [
        ("5-6 тыс", 5000, 6000, ""), ("254-258", 254, 258, ""), ("5 000 – 6 000", 5000, 6000, ""), ("от 5 до 6", 5, 6, ""),
        ("от 5 до 6 тыс. т", 5000, 6000, "т"), ("5-6 тыс. тн", 5000, 6000, "тн"), ("500 - 1 тыс. т", 500, 1000, "т"),
        ("5тыс-10тыс", 5000, 10000, ""), ("from 5 to 6 t", 5, 6, "t"), ("5…6", 5, 6, ""), ("1,5-2,5", "1.5", "2.5", ""),
    ],
)  # fmt: skip
def test_ranges(text: str, low: str, high: str, rest: str) -> None:
    found = read_number(text)
    assert (found.low, found.high, found.rest) == (Decimal(low), Decimal(high), rest)
    assert found.is_range and not found.at_least and not found.at_most


@pytest.mark.parametrize(
    ("text", "taken", "other", "with_comma", "with_point"),
    [
        ("10.000", "10000", "10.000", "10000", "10.000"),
        ("1.980 EUR", "1980", "1.980", "1980", "1.980"),
        ("1,214", "1.214", "1214", "1.214", "1214"),
    ],
)
def test_one_mark_and_three_digits_can_be_two_numbers(
    text: str, taken: str, other: str, with_comma: str, with_point: str
) -> None:
    found = read_number(text)
    assert found.ambiguous and (found.low, found.other) == (Decimal(taken), Decimal(other))
    comma, point = read_number(text, decimal=","), read_number(text, decimal=".")
    assert not comma.ambiguous and not point.ambiguous
    assert (comma.low, point.low) == (Decimal(with_comma), Decimal(with_point))


def test_words_before_a_number() -> None:
    assert (
        read_number("около 300 т").approximate
        and read_number("ca. 300").approximate
        and read_number("≈300").approximate
    )
    assert read_number("до 6 т").at_most and read_number("не менее 60 т").at_least and read_number("min 60 t").at_least
    assert read_number("$ 3 150").before == "$" and read_number("фрахт 12").before == "фрахт"
    assert read_number("1.309,20").dot_thousands and read_number("1,309.20").comma_thousands
    assert read_number("7,56E+05").scientific


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1e999", "number_out_of_range"), ("Infinity", "number_not_finite"), ("NaN", "number_not_finite"), ("-inf", "number_not_finite"),
        ("∞", "number_not_finite"), ("9" * 40, "number_too_long"), ("5 " * 400, "number_too_long"), ("25.11.2026", "not_a_number"),
        ("н/д", "not_a_number"), ("дог.", "not_a_number"), ("—", "not_a_number"), ("", "not_a_number"), ("1.2.3", "not_a_number"),
        ("1e99999999999", "number_out_of_range"),
    ],
)  # fmt: skip
def test_what_is_no_number(text: str, code: str) -> None:
    with pytest.raises(NumberFault) as fault:
        read_number(text)
    assert fault.value.code == code


@pytest.mark.parametrize("text", ["25-11-2026", "1-2-3", "01-10.12.2026", "11005/1001", "011005 / 10019900"])
def test_dates_and_codes_leave_a_rest_with_digits(text: str) -> None:
    assert any(c.isdigit() for c in read_number(text).rest)


def test_the_file_votes_for_its_decimal_mark() -> None:
    assert decimal_style(["1 214,50", "0,50", "1.309,20", "10.000", "25.11.2026"]) == ","
    assert decimal_style(["25,000.00", "12.5 т"]) == "."
    assert decimal_style(["10.000", "5", "текст, ещё"]) == ""


def test_every_style_of_writing_gives_the_same_number() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        cents = rng.randrange(100_000, 10**10)
        value = Decimal(cents).scaleb(-2)
        plain = f"{value:,.2f}"
        for thousands, mark in (
            (" ", ","),
            ("\u00a0", ","),
            ("\u202f", ","),
            (".", ","),
            (",", "."),
            ("'", "."),
            ("’", ","),
            ("", ","),
        ):
            text = plain.replace(",", "T").replace(".", mark).replace("T", thousands)
            found = read_number(text)
            assert (found.low, found.rest, found.ambiguous) == (value, "", False), text


def test_rubbish_never_breaks_the_reader() -> None:
    rng = random.Random(2)
    letters = "0123456789.,-+()eE ’'٫٬тысkмлн~<>$€\u202f–от до"
    for _ in range(5000):
        text = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 18)))
        try:
            found = read_number(text)
        except NumberFault:
            continue
        assert found.low.is_finite() and found.low <= found.high
