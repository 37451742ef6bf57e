"""Numbers and days as a Russian or an English reader writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from optimizer.money import CENT, round_to

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: Decimal | int, lang: str, places: int | None = None) -> str:
    """A number with its thousands parted.

    Args:
        places: digits after the point, half up; None: as many as the number has.

    >>> number(Decimal("110700.5"), "ru", 2).replace(NBSP, " "), number(Decimal("110700.5"), "en", 2)
    ('110 700,50', '110,700.50')
    >>> number(Decimal("-0.15"), "ru"), number(Decimal("3000.00"), "en")
    ('−0,15', '3,000')
    """
    exact = Decimal(value)
    shown = round_to(exact, Decimal(1).scaleb(-places)) if places is not None else exact.normalize()
    text = f"{abs(shown):,f}"
    if lang == "ru":
        text = text.replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if shown < 0 else text


def money(amount: Decimal, currency: str, lang: str) -> str:
    """An amount to the cent with its currency.

    >>> money(Decimal("311174.4"), "USD", "en").replace(NBSP, " ")
    '311,174.40 USD'
    """
    return f"{number(round_to(amount, CENT), lang, 2)}{NBSP}{currency}"


def day(value: dt.date, lang: str) -> str:
    """A day that no reader takes for another.

    >>> day(dt.date(2026, 12, 1), "ru"), day(dt.date(2026, 12, 1), "en").replace(NBSP, " ")
    ('01.12.2026', '1 Dec 2026')
    """
    if lang == "ru":
        return f"{value:%d.%m.%Y}"
    return f"{value.day}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def plural(count: int, forms: Sequence[str], lang: str) -> str:
    """The form of a word that follows a count.

    Args:
        forms: English: one, many; Russian: 1, 2 to 4, 5 and more.

    >>> [plural(n, ("вагон", "вагона", "вагонов"), "ru") for n in (1, 3, 11, 45, 101, 112)]
    ['вагон', 'вагона', 'вагонов', 'вагонов', 'вагон', 'вагонов']
    >>> plural(1, ("wagon", "wagons"), "en"), plural(45, ("wagon", "wagons"), "en")
    ('wagon', 'wagons')
    """
    if lang != "ru":
        return forms[0] if count == 1 else forms[1]
    tens, ones = count % 100, count % 10
    if ones == 1 and tens != 11:
        return forms[0]
    return forms[1] if 2 <= ones <= 4 and not 12 <= tens <= 14 else forms[2]


def counted(count: int, forms: Sequence[str], lang: str) -> str:
    """A count and its word.

    >>> counted(3000, ("truck", "trucks"), "en").replace(NBSP, " ")
    '3,000 trucks'
    """
    return f"{number(count, lang)}{NBSP}{plural(count, forms, lang)}"
