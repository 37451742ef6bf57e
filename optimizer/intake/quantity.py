"""How much: tonnes and units out of one cell, however it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from optimizer.intake.cells import PLAIN, Amount, Style, amount
from optimizer.intake.wagons import NONE, Wagons
from optimizer.intake.words import tidy

Said = Callable[[str], Wagons]
IN_TONNES = {
    "t": Decimal(1),
    "kg": Decimal("0.001"),
    "kt": Decimal(1000),
    "Mt": Decimal(1_000_000),
    "q": Decimal("0.1"),
    "lb": Decimal("0.00045359237"),
}
_NUMBER = r"[(+\-–−]?\s*\d[\d\s.,']*(?:[eе][+-]?\d+)?\)?(?:,-)?"
_UNIT = (
    r"(?P<unit>млн\.?\s*(?:т|тн|тонн\w*)|тыс\w*\.?\s*(?:т|тн|тонн\w*)?|k\s?t|кт|mln\.?\s*t\w*|thousand\s*t\w*|кг|kgs?|килограмм\w*|kilograms?|"
    r"центнер\w*|ц|lbs?|pounds?|тн|тонн\w*|т|t|tn|mts?|tons?|tonnes?|mtons?|к)"
)
_ONE = re.compile(
    rf"(?P<a>{_NUMBER})\s*(?:{_UNIT}\.?)?(?:\s*\.)?(?:\s*(?:\+\s*/\s*-|\+-|±)\s*\d+\s*%?)?", re.IGNORECASE
)
_RANGE = re.compile(
    rf"(?:от\s+|from\s+)?(?P<a>{_NUMBER})\s*(?:(?:{_UNIT.replace('unit', 'unit_a')})\.?)?\s*(?:-|–|—|\.\.+|…|\bдо\b|\bto\b)\s*(?P<b>\d[\d\s.,']*)\s*(?:{_UNIT}\.?)?",
    re.IGNORECASE,
)
_TIMES = re.compile(
    rf"(?P<n>\d{{1,5}})\s*(?P<what>[^\d]*?)\s*(?:x|х|×|\*|по|by|@|of)\s*(?P<a>\d[\d\s.,']*)\s*{_UNIT}\.?(?:\s*(?:/|в|per|each|кажд\w*).*)?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(~|≈|∼|ок\.|около|прим\.|примерно|прибл\w*\.?|порядка|approx\.?|about|ca\.?|circa|c\.)\s*", re.IGNORECASE
)
_TOLERANCE = re.compile(r"\s*(?:\+\s*/\s*-|\+-|±)\s*\d+(?:[.,]\d+)?\s*%.*$")
_UP_TO = re.compile(r"^(до|не более|max\.?|up to|<|≤|мин\.?|min\.?|от|from|не менее|>|≥)\s+(?=\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much a cell says.

    Attributes:
        tonnes, high: mass, and its upper end of a range; None where only units are said.
        units: wagons, boxes or trucks; 0 where none are said.
        each: tonnes of one unit, where the cell multiplies.
        converted: the cell's own unit was not tonnes.
        about: an estimate ("~", "до 5000 т").
        amount: how the number was read.
        wagons: what the text says of wagons.
        fault: a code of the catalogue, where it could not be read.
    """

    tonnes: Decimal | None = None
    high: Decimal | None = None
    units: int = 0
    each: Decimal | None = None
    converted: bool = False
    about: bool = False
    amount: Amount = Amount()
    wagons: Wagons = NONE
    fault: str = ""
    unit: str = ""


def unit_of(word: str) -> str:
    """Our name of a unit of mass as typed.

    >>> unit_of("тыс. тн"), unit_of("кг"), unit_of("MT"), unit_of("")
    ('kt', 'kg', 't', '')
    """
    plain = word.casefold().strip(" .")
    if not plain:
        return ""
    if plain.startswith(("млн", "mln", "million")):
        return "Mt"
    if plain.startswith(("тыс", "thous")) or plain.replace(" ", "") in ("kt", "кт", "k", "к"):
        return "kt"
    if plain.startswith(("кг", "kg", "кило", "kilo")):
        return "kg"
    if plain.startswith(("ц",)):
        return "q"
    return "lb" if plain.startswith(("lb", "pound")) else "t"


def quantity(text: str, said: Said, unit: str = "t", style: Style = PLAIN, units_column: bool = False) -> Quantity:
    """The quantity a cell names.

    Args:
        said: what a text says of wagons (`Lookup.said`).
        unit: of a bare number: what the header says.
        style: how the column writes its numbers.
        units_column: a bare number counts wagons or boxes.

    >>> from optimizer.cargo import read_equipment
    >>> from optimizer.intake.wagons import wagons_in
    >>> def said(text): return wagons_in(text, read_equipment())
    >>> q = quantity("15 кр. вагонов х 66т", said); str(q.tonnes), q.units, q.wagons.equipment
    ('990', 15, 'covered-wagon')
    >>> q = quantity("5-6 тыс. тн", said); str(q.tonnes), str(q.high)
    ('5000', '6000')
    >>> q = quantity("1340500 кг", said); str(q.tonnes), q.converted
    ('1340.5', True)
    >>> quantity("12 конт.", said).units, quantity("4х40", said).units, str(quantity("1 340,5 т", said).tonnes)
    (12, 4, '1340.5')
    """
    if not units_column and text.isascii() and text.replace(".", "", 1).isdecimal():
        read = amount(text, style)
        if not read.code and not read.fault:
            return Quantity(shortest(read.value * IN_TONNES[unit]), amount=read, unit=unit)
    plain = tidy(text)
    about = _ABOUT.match(plain)
    body = plain[about.end() :] if about else plain
    if (limit := _UP_TO.match(body)) and not _RANGE.fullmatch(body):
        body, about = body[limit.end() :], limit
    if tolerance := _TOLERANCE.search(body):
        body = body[: tolerance.start()]
    is_about = about is not None or tolerance is not None
    if match := _TIMES.fullmatch(body):
        each = amount(match["a"], style)
        if not each.fault:
            per = shortest(each.value * IN_TONNES[unit_of(match["unit"])])
            n = int(match["n"])
            return Quantity(
                shortest(n * per), None, n, per, False, is_about, each, said(f"{n} {match['what']}"), unit="t"
            )
    if match := _RANGE.fullmatch(body):
        return _range(match, unit, style, is_about, units_column)
    if (match := _ONE.fullmatch(body)) and not (units_column and not match["unit"]):
        read = amount(match["a"], style)
        if read.fault:
            return Quantity(fault=read.fault)
        named = unit_of(match["unit"] or "")
        factor = IN_TONNES[named or unit]
        converted = named not in ("", "t") if unit == "t" else bool(named and named != unit)
        value, other = read.value * factor, None if read.other is None else shortest(read.other * factor)
        read = Amount(read.value, read.code, other)
        return Quantity(shortest(value), None, 0, None, converted, is_about, read, unit=named or unit)
    return _words(plain, body, said, unit, style, units_column, is_about)


def _range(match: re.Match[str], unit: str, style: Style, about: bool, units_column: bool) -> Quantity:
    low, high = amount(match["a"], style), amount(match["b"], style)
    if low.fault or high.fault:
        return Quantity(fault=low.fault or high.fault)
    named = unit_of(match["unit"] or "")
    own = unit_of(match["unit_a"] or "") or named
    if units_column and not named and not own:
        return Quantity(units=int(low.value), high=high.value, fault="range", unit="units")
    ends = low.value * IN_TONNES[own or unit], high.value * IN_TONNES[named or own or unit]
    if ends[0] >= ends[1]:
        return Quantity(fault="quantity_unclear")
    return Quantity(shortest(ends[0]), shortest(ends[1]), 0, None, False, about, low, unit=named or unit)


def _words(plain: str, body: str, said: Said, unit: str, style: Style, units_column: bool, about: bool) -> Quantity:
    """Wagons, boxes, or a mass and wagons side by side."""
    pieces = [p for p in re.split(r"[/;()+,]\s+|\s+[/;(+]\s*|\)|(?<=[^\d])[/(]", body) if p.strip(" ).,")]
    if len(pieces) == 2:
        first, second = (quantity(p.strip(" ).,"), said, unit, style) for p in pieces)
        if not first.fault and not second.fault and not first.high and not second.high:
            mass = first if first.tonnes is not None else second
            count = second if mass is first else first
            if mass.tonnes is not None and count.tonnes is None and count.units:
                return Quantity(
                    mass.tonnes,
                    None,
                    count.units,
                    None,
                    mass.converted,
                    about or mass.about,
                    mass.amount,
                    count.wagons,
                    unit=mass.unit,
                )
    if units_column:
        read = amount(body)
        if not read.fault and read.value == int(read.value) and 0 < read.value < 100_000:
            return Quantity(units=int(read.value), about=about, unit="units")
        if read.fault in ("formula", "spreadsheet_error", "not_finite"):
            return Quantity(fault=read.fault)
    wagons = said(body)
    if wagons.units:
        if wagons.high > wagons.units or wagons.loads:
            return Quantity(units=wagons.units, fault="quantity_unclear", wagons=wagons)
        if re.sub(r"[^\w]", "", wagons.rest) and re.search(r"\d", wagons.rest):
            return Quantity(fault="quantity_unclear", wagons=wagons)
        return Quantity(units=wagons.units, about=about, wagons=wagons, unit="units")
    read = amount(body, style)
    if read.fault in ("formula", "spreadsheet_error", "not_finite"):
        return Quantity(fault=read.fault)
    if not read.fault and not units_column:
        return Quantity(shortest(read.value * IN_TONNES[unit]), None, 0, None, False, about, read, unit=unit)
    return Quantity(fault="quantity_unclear" if re.search(r"\d", plain) else "missing_tonnes", wagons=wagons)


def shortest(value: Decimal) -> Decimal:
    """Without zeros behind the point.

    >>> shortest(Decimal("1340.500")), shortest(Decimal("5E+3"))
    (Decimal('1340.5'), Decimal('5000'))
    """
    if not value or abs(value.adjusted()) > 30:
        return value
    text = format(value, "f")
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
