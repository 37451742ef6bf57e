"""Conditions of a tariff row: one function and one registry line for each kind.

A column of `rates.csv` or `coefficients.csv` named in CONDITIONS holds a cell; the compiler turns a
non-empty cell into a predicate over (subject, consignment). Lists are separated by `;`. A leading
`!` turns a list into an exclusion. `@name` stands for a list in `groups.csv` of the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from optimizer.subject import Consignment, Subject

Predicate = Callable[[Subject, Consignment], bool]
Compiler = Callable[[str, Mapping[str, frozenset[str]]], Predicate]


def words(cell: str, groups: Mapping[str, frozenset[str]]) -> tuple[frozenset[str], bool]:
    """The values a cell lists and whether it excludes them.

    >>> words("!a; @ports", {"ports": frozenset({"p"})}) == (frozenset({"a", "p"}), True)
    True
    """
    exclude = cell.startswith("!")
    found: set[str] = set()
    for word in cell.lstrip("!").split(";"):
        word = word.strip()
        if word.startswith("@"):
            found |= groups[word[1:]]
        elif word:
            found.add(word)
    return frozenset(found), exclude


def _attribute(name: str) -> Compiler:
    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        allowed, exclude = words(cell, groups)
        if exclude:
            return lambda s, c: getattr(s, name) not in allowed
        return lambda s, c: getattr(s, name) in allowed

    return compile_cell


def _of_consignment(name: str) -> Compiler:
    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        allowed, exclude = words(cell, groups)
        return lambda s, c: (getattr(c, name) in allowed) != exclude

    return compile_cell


def _cargo(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    """Cargo ids and cargo groups alike."""
    allowed, exclude = words(cell, groups)
    return lambda s, c: (c.cargo in allowed or not allowed.isdisjoint(c.cargo_groups)) != exclude


def _via(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    """The haul touches one of the places."""
    allowed, exclude = words(cell, groups)
    return lambda s, c: (not allowed.isdisjoint(s.path)) != exclude


def _between(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    """The haul's two ends, either way round: `a+b`, several pairs separated by `;`, `!` excludes."""
    exclude = cell.startswith("!")
    pairs = []
    for pair in cell.lstrip("!").split(";"):
        left, right = pair.split("+")
        pairs.append((words(left.strip(), groups)[0], words(right.strip(), groups)[0]))

    def holds(s: Subject, c: Consignment) -> bool:
        hit = any((s.from_id in a and s.to_id in b) or (s.from_id in b and s.to_id in a) for a, b in pairs)
        return hit != exclude

    return holds


def _crossing(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    """A border crossing named by its two posts, `a|b`."""
    wanted = {frozenset(p.strip().split("|")) for p in cell.split(";")}
    return lambda s, c: s.crossing in wanted


def bounds(cell: str) -> tuple[Decimal | None, bool, Decimal | None, bool]:
    """(low, low included, high, high included) of a range cell; an open end is None.

    >>> bounds("500..1000"), bounds(">24")
    ((Decimal('500'), True, Decimal('1000'), True), (Decimal('24'), False, None, True))
    """
    text = cell.strip()
    if ".." in text:
        parts = text.split("..")
        if len(parts) != 2:
            raise ValueError("a range has two ends")
        first, last = _finite(parts[0].strip()), _finite(parts[1].strip())
        if first is not None and last is not None and last < first:
            raise ValueError("the range ends before it begins")
        return first, True, last, True
    for sign, included in ((">=", True), ("<=", True), (">", False), ("<", False)):
        if text.startswith(sign):
            limit = _finite(text.removeprefix(sign).strip())
            if limit is None:
                break
            return (limit, included, None, True) if sign[0] == ">" else (None, True, limit, included)
    value = _finite(text)
    if value is None:
        raise ValueError(f"{cell!r} is not a range")
    return value, True, value, True


def _finite(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number")
    return value


def _range(get: Callable[[Subject, Consignment], Decimal | int]) -> Compiler:
    """`a..b` with both ends included and either end open, `>24`, `<=24`, `>=57`, `<5`, or one number."""

    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        low, with_low, high, with_high = bounds(cell)

        def holds(s: Subject, c: Consignment) -> bool:
            value = get(s, c)
            if low is not None and (value < low or (value == low and not with_low)):
                return False
            return high is None or value < high or (value == high and with_high)

        return holds

    return compile_cell


def _codes(name: str) -> Compiler:
    """Goods codes by their first digits: `1001;1003`, a range `1101..1109`, `-1006` for an exception, `!` for all but."""

    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        exclude = cell.startswith("!")
        wanted: list[str] = []
        unless: list[str] = []
        for word in (w.strip() for w in cell.lstrip("!").split(";")):
            for member in sorted(groups[word[1:]]) if word.startswith("@") else [word]:
                if member:
                    (unless if member.startswith("-") else wanted).append(member.lstrip("-"))
        for member in (*wanted, *unless):
            if not all(end.isdigit() and end.isascii() for end in member.split("..")):
                raise ValueError(f"{member!r} is not a goods code")

        def among(code: str, members: list[str]) -> bool:
            for member in members:
                low, _, high = member.partition("..")
                if low <= code[: len(low)] and code[: len(high or low)] <= (high or low):
                    return True
            return False

        def holds(s: Subject, c: Consignment) -> bool:
            code = getattr(c, name)
            return (bool(code) and among(code, wanted) and not among(code, unless)) != exclude

        return holds

    return compile_cell


def _deal(name: str) -> Compiler:
    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        allowed, exclude = words(cell, groups)
        return lambda s, c: (getattr(c.deal, name) in allowed) != exclude

    return compile_cell


def _yes(name: str) -> Compiler:
    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        if cell not in ("yes", "no"):
            raise ValueError(f"{cell!r} is neither yes nor no")
        return lambda s, c: getattr(c.deal, name) == (cell == "yes")

    return compile_cell


def _traffic(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    """Kind of traffic, seen from the country of the haul."""
    allowed, exclude = words(cell, groups)
    return lambda s, c: (c.traffic(s.country) in allowed) != exclude


def _months(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    allowed = frozenset(int(m) for m in cell.split(";"))
    return lambda s, c: s.month in allowed


def _feet(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
    allowed = frozenset(int(m) for m in cell.split(";"))
    return lambda s, c: s.feet in allowed


CONDITIONS: dict[str, Compiler] = {
    "from": _attribute("from_id"),
    "to": _attribute("to_id"),
    "via": _via,
    "between": _between,
    "except_between": lambda cell, groups: _between("!" + cell, groups),
    "country": _attribute("country"),
    "crossing": _crossing,
    "direction": _attribute("direction"),
    "traffic": _traffic,
    "origin": _of_consignment("origin"),
    "destination": _of_consignment("destination"),
    "origin_country": _of_consignment("origin_country"),
    "destination_country": _of_consignment("destination_country"),
    "cargo": _cargo,
    "form": _attribute("form"),
    "equipment": _attribute("equipment"),
    "feet": _feet,
    "gross_t": _range(lambda s, c: s.gross_t),
    "capacity_t": _range(lambda s, c: s.capacity_t),
    "owner": _attribute("owner"),
    "service": _attribute("service"),
    "truck_country": _attribute("truck_country"),
    "km": _range(lambda s, c: s.km),
    "months": _months,
    "onward": _attribute("onward"),
    "gng": _codes("gng"),
    "etsng": _codes("etsng"),
    "delivery": _deal("delivery"),
    "payer": _deal("payer"),
    "train": _deal("train"),
    "return_trip": _deal("return_trip"),
    "paired": _yes("paired"),
    "stay_days": _range(lambda s, c: c.deal.stay_days),
    "annual_t": _range(lambda s, c: c.deal.annual_t),
    "annual_teu": _range(lambda s, c: c.deal.annual_teu),
    "lot_t": _range(lambda s, c: c.lot.mass_t),
    "units": _range(lambda s, c: c.lot.units(s.form)),
    "unit_t": _range(lambda s, c: c.lot.unit_t(s.form)),
    "train_wagons": _range(lambda s, c: c.lot.train_wagons),
}

# Conditions on how much is shipped, and the kind of mark a threshold of theirs is; see `subject.Lot`.
OF_LOT = {"lot_t": "mass_t", "units": "units", "unit_t": "unit_t", "train_wagons": "train_wagons", "gross_t": "gross_t"}
# Conditions that look at the consignment; rules without any price a service alike for every shipment of a deal.
OF_CONSIGNMENT_ALONE = frozenset(
    {"origin", "destination", "origin_country", "destination_country", "cargo", "gng", "etsng"}
)
OF_CONSIGNMENT = OF_CONSIGNMENT_ALONE | {"traffic", "lot_t", "units", "unit_t", "train_wagons"}


def compile_conditions(
    row: Mapping[str, str], groups: Mapping[str, frozenset[str]]
) -> tuple[tuple[str, Predicate], ...]:
    """(column, predicate) for every non-empty condition cell of a row."""
    return tuple((name, make(row[name], groups)) for name, make in CONDITIONS.items() if row.get(name))
