"""A cell's number or day for the readers of rows: the sheet's own readers, and what is to be said about the reading."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation

from optimizer.sheet.dates import DateFault, read_days
from optimizer.sheet.numbers import NumberFault, decimal_style, read_number

_SUM = re.compile(r"=?\s*[\d\s.,()]*\d[\d\s.,()]*(?:[-+*/][\d\s.,()]*\d[\d\s.,()]*)+")
_PARTS = re.compile(r"\d[\d\s]*(?:[.,]\d+)?|[-+*/()]")
# Numbers that can be read in one way only: one decimal mark, not three digits behind it.
_CLEAR = re.compile(r"\d{1,9}(?:[.,](?:\d{1,2}|\d{4,6}))?", re.ASCII)
_WRITTEN_OUT = re.compile(r"\d{4,}\.\d{3}|0\.\d{3}")
LONGEST_WINDOW = dt.timedelta(days=40)
ERROR = re.compile(r"#[A-ZА-ЯЁÄÖÜ_/0-9]+[!?]|#N/?A|#Н/?Д|#(DIV/0|ДЕЛ/0)!?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number read, and how.

    Attributes:
        code: what to say of it (thousands_dot, number_form, negative, arithmetic, ambiguous_number), or "".
        other: the other reading of an ambiguous number.
        fault: why it is none (formula, spreadsheet_error, not_a_number, not_finite, range); `value` is then 0.
    """

    value: Decimal = Decimal(0)
    code: str = ""
    other: Decimal | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day read, and how.

    Attributes:
        first, last: the day, or both ends of a window or month.
        code: two_digit_year, date_form, window, until, month_only, asap, ambiguous_date, impossible_date, not_a_date, or "".
        other: the other reading of an ambiguous day.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    code: str = ""
    other: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How a column writes its numbers.

    Attributes:
        decimal: its decimal mark, or "" where it is not known or the column mixes both.
        thousandths: numbers are written with three decimals throughout, so "68.000" is sixty-eight.
    """

    decimal: str = ""
    thousandths: bool = False


PLAIN = Style()


def style_of(texts: Iterable[str], otherwise: Style | None = None) -> Style:
    """The style of a column, by the numbers in it that leave no doubt; another's where it has none.

    >>> style_of(["1 214,50", "1.980"]), style_of(["10.000", "25,000.00", "13,5"]), style_of(["1340.500", "68.000"])
    (Style(decimal=',', thousandths=False), Style(decimal='', thousandths=False), Style(decimal='.', thousandths=True))
    """
    votes = set()
    thousandths = False
    for text in texts:
        if "." in text or "," in text:
            votes.add(("." if "." in text else ",") if _CLEAR.fullmatch(text) else decimal_style((text,)))
            thousandths = thousandths or _WRITTEN_OUT.fullmatch(text.strip()) is not None
    votes.discard("")
    if not votes:
        return otherwise or PLAIN
    decimal = votes.pop() if len(votes) == 1 else ""
    return Style(decimal, thousandths and decimal == ".")


def amount(text: str, style: Style = PLAIN) -> Amount:
    """The number a cell holds and nothing else; unit and currency must have been taken off.

    >>> amount("1.309,20").code, amount("2 845").value, amount("(35,5)"), amount("=G7*0,6").fault
    ('thousands_dot', Decimal('2845'), Amount(value=Decimal('-35.5'), code='negative', other=None, fault=''), 'formula')
    >>> amount("10.000").code, amount("10.000", Style(",")).code, amount("=36+13,5").value, amount("1e999").fault
    ('ambiguous_number', 'thousands_dot', Decimal('49.5'), 'not_finite')
    """
    shown = text.strip()
    if _CLEAR.fullmatch(shown):
        return Amount(Decimal(shown.replace(",", ".")))
    if shown.startswith(("=", "@")) or _SUM.fullmatch(shown):
        worked = _worked_out(shown)
        if worked is not None:
            return Amount(worked, "arithmetic")
        if shown.startswith(("=", "@")):
            return Amount(fault="formula")
    if shown.startswith("#"):
        return Amount(fault="spreadsheet_error" if ERROR.fullmatch(shown) else "not_a_number")
    try:
        number = read_number(shown, decimal=style.decimal)
    except NumberFault as fault:
        absurd = fault.code in ("number_not_finite", "number_out_of_range", "number_too_long")
        return Amount(fault="not_finite" if absurd and len(shown) < 100 else "not_a_number")
    if number.is_range:
        return Amount(fault="range")
    if number.before or number.rest:
        return Amount(fault="not_a_number")
    if number.ambiguous:
        return Amount(number.low, "ambiguous_number", number.other)
    if number.scientific:
        return Amount(number.low, "number_form")
    if number.low < 0 and shown.startswith("("):
        return Amount(number.low, "negative")
    if number.dot_thousands:
        return Amount(number.low, "thousands_dot")
    if number.comma_thousands and style.decimal == ",":
        return Amount(number.low, "number_form")
    # "10.000" in a column with decimal points: ten in an export of thousandths, ten thousand to most people.
    if style.decimal and not style.thousandths and re.fullmatch(rf"[1-9]\d{{0,2}}\{style.decimal}\d{{3}}", shown):
        return Amount(number.low, "ambiguous_number", number.low * 1000)
    return Amount(number.low)


def _worked_out(text: str) -> Decimal | None:
    """A sum of plain numbers, worked out; None for anything else, and for dates, codes and ranges.

    >>> _worked_out("=254+3"), _worked_out("212 - 13,5*2"), _worked_out("254-258"), _worked_out("=A1+2")
    (Decimal('257'), Decimal('185.0'), None, None)
    """
    formula = text.startswith("=")
    body = text.lstrip("=").strip()
    if len(body) > 60 or not _SUM.fullmatch(body):
        return None
    # Without an equals sign "254-258" is a range and "11/1001" two codes: only what can be nothing else is a sum.
    if not formula and not re.search(r"[+*]|\s-\s.*[+*]", body):
        return None
    if "".join(_PARTS.findall(body)).replace(" ", "") != body.replace(" ", ""):
        return None
    tokens = [part.replace(" ", "").replace(",", ".") for part in _PARTS.findall(body)]
    try:
        value, rest = _terms(tokens)
    except (ValueError, IndexError, InvalidOperation, DivisionByZero):
        return None
    return value if not rest and abs(value) < 10**12 else None


def _terms(tokens: list[str]) -> tuple[Decimal, list[str]]:
    value, tokens = _factors(tokens)
    while tokens and tokens[0] in "+-":
        sign, tokens = tokens[0], tokens[1:]
        more, tokens = _factors(tokens)
        value = value + more if sign == "+" else value - more
    return value, tokens


def _factors(tokens: list[str]) -> tuple[Decimal, list[str]]:
    value, tokens = _operand(tokens)
    while tokens and tokens[0] in "*/":
        sign, tokens = tokens[0], tokens[1:]
        more, tokens = _operand(tokens)
        value = value * more if sign == "*" else (value / more).quantize(Decimal("0.000001"))
    return value, tokens


def _operand(tokens: list[str]) -> tuple[Decimal, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        value, rest = _terms(rest)
        if rest[0] != ")":
            raise ValueError
        return value, rest[1:]
    if first == "-":
        value, rest = _operand(rest)
        return -value, rest
    return Decimal(first), rest


def day(cell: str | Decimal | dt.date | dt.datetime, *, near: dt.date | None = None, order: str = "") -> Day:
    """The day or period a cell names.

    Args:
        near, order: see `read_days`.

    >>> day("25.11.26").code, day("01-10.12.2026").code, day("ASAP").code, day("30.02.2026").code, day("05/12/2026").other
    ('two_digit_year', 'window', 'asap', 'impossible_date', datetime.date(2026, 5, 12))
    """
    try:
        days = read_days(cell, near=near, order=order)
    except DateFault as fault:
        return Day(code="impossible_date" if fault.code == "impossible_day" else "not_a_date")
    if days.precision == "asap" or days.first is None:
        return Day(code="asap" if days.precision == "asap" else "not_a_date")
    if days.first.year < 1990 or days.first.year > 2100:
        return Day(code="not_a_date")
    if days.precision in ("month", "quarter", "year"):
        return Day(days.first, days.last, "month_only")
    if days.ambiguous_order:
        return Day(days.first, days.last, "ambiguous_date", days.other)
    if days.until:
        return Day(days.first, days.last, "until")
    if days.precision == "window" and days.last is not None and days.last - days.first > LONGEST_WINDOW:
        return Day(days.first, days.last, "month_only")  # "ноябрь-декабрь" names a day no more than "декабрь" does
    if days.precision == "window":
        return Day(days.first, days.last, "window")
    if days.serial or days.no_year or (days.american and isinstance(cell, str)):
        return Day(days.first, days.last, "date_form")
    return Day(days.first, days.last, "two_digit_year" if days.two_digit_year else "")
