"""Conditions of a tariff row: one function and one registry line for each kind.

A column of `rates.csv` or `coefficients.csv` named in CONDITIONS holds a cell; the compiler turns a
non-empty cell into a predicate over (subject, consignment). Lists are separated by `;`. A leading
`!` turns a list into an exclusion. `@name` stands for a list in `groups.csv` of the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

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


def _range(name: str) -> Compiler:
    """`a..b`, either end open: lower bound inclusive, upper bound inclusive."""

    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        low_text, high_text = cell.split("..")
        low = Decimal(low_text) if low_text else None
        high = Decimal(high_text) if high_text else None

        def holds(s: Subject, c: Consignment) -> bool:
            value = getattr(s, name)
            return (low is None or value >= low) and (high is None or value <= high)

        return holds

    return compile_cell


def _over(name: str) -> Compiler:
    """`>24`, `<=24` or `10..20`."""

    def compile_cell(cell: str, groups: Mapping[str, frozenset[str]]) -> Predicate:
        if ".." in cell:
            return _range(name)(cell, groups)
        if cell.startswith("<="):
            limit = Decimal(cell[2:])
            return lambda s, c: getattr(s, name) <= limit
        limit = Decimal(cell.removeprefix(">"))
        return lambda s, c: getattr(s, name) > limit

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
    "gross_t": _over("gross_t"),
    "owner": _attribute("owner"),
    "service": _attribute("service"),
    "truck_country": _attribute("truck_country"),
    "km": _range("km"),
    "months": _months,
}

# Conditions that look at the consignment; rules without any price a service alike for every shipment.
OF_CONSIGNMENT = frozenset({"traffic", "origin", "destination", "origin_country", "destination_country", "cargo"})


def compile_conditions(
    row: Mapping[str, str], groups: Mapping[str, frozenset[str]]
) -> tuple[tuple[str, Predicate], ...]:
    """(column, predicate) for every non-empty condition cell of a row."""
    return tuple((name, make(row[name], groups)) for name, make in CONDITIONS.items() if row.get(name))
