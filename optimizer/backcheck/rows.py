"""Observed flows as they are handed over, and what must not be added up: parts beside totals, boxes among tonnes.

A flow file has the columns `flow_id, flow, origin, destination, route_or_node, cargo, period_from, period_to, value,
unit`. A period is a day, a month or a year at either end; an empty end is that of its beginning. A row is flagged where
it is no tonnes, no number, or says itself that it is a part or a total; and where it lies inside another row that is
compared too.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, Problem
from optimizer.request import COUNTRY_OF_NAME

NEEDED = ("flow_id", "origin", "destination", "cargo", "period_from", "value", "unit")
TONNES = {
    "t": Decimal(1),
    "т": Decimal(1),
    "kt": Decimal(1000),
    "тыс. т": Decimal(1000),
    "тыс.т": Decimal(1000),
    "mt": Decimal(1_000_000),
    "млн т": Decimal(1_000_000),
}
ALL = frozenset({"", "all", "все", "любой", "both"})
REGIONS = {"central asia": frozenset({"UZ", "TJ", "KG", "TM"}), "tajikistan": frozenset({"TJ"})}
REGIONS |= {"kyrgyzstan": frozenset({"KG"}), "tm port": frozenset({"TM"}), "georgia": frozenset({"GE"})}
PART = re.compile(r"в\s*т\.?\s*ч\.?|в том числе|из них|of which|including|incl\.", re.IGNORECASE)
TOTAL = re.compile(r"\bитого\b|\bвсего\b|\btotal\b|\bsum\b", re.IGNORECASE)
BOXES = re.compile(r"\bteu\b|дфэ|контейнер|\bcontainers?\b|\bboxes\b", re.IGNORECASE)
PLACE_WORDS = re.compile(r"\b(port|station|terminal|порт|станция|railway)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a row is not added up."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One row of a flow file.

    Attributes:
        origins, destinations: two-letter countries; empty: all.
        node: places the flow passes; empty: anywhere. cargo: an id or group of cargoes; empty: all.
        cargo_groups: groups of a cargo named by its id.
        tonnes: None where it is none.
    """

    flow_id: str
    line: int
    words: str
    origins: frozenset[str]
    destinations: frozenset[str]
    node: frozenset[str]
    node_name: str
    cargo: str
    cargo_groups: frozenset[str]
    start: dt.date | None
    end: dt.date | None
    tonnes: Decimal | None
    unit: str
    flags: tuple[Flag, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether its tonnes are counted in another row, and nothing else is the matter."""
        return bool(self.flags) and all(f.code == "inside_another" for f in self.flags)

    @property
    def usable(self) -> bool:
        return not self.flags and self.tonnes is not None and self.start is not None and self.end is not None

    def holds(self, other: Flow) -> bool:
        """Whether all that the other row counts is counted here too."""

        def wider(mine: frozenset[str], its: frozenset[str]) -> bool:
            return not mine or (bool(its) and its <= mine)

        return (
            self.start is not None
            and self.end is not None
            and other.start is not None
            and other.end is not None
            and self.start <= other.start
            and other.end <= self.end
            and wider(self.origins, other.origins)
            and wider(self.destinations, other.destinations)
            and wider(self.node, other.node)
            and (self.cargo in ("", other.cargo) or self.cargo in other.cargo_groups)
        )


def read_flows(where: Path | Traversable, book: DataBook) -> list[Flow]:
    """All rows of a flow file, flagged.

    Raises:
        DataError: the file cannot be read or lacks a column.
    """
    name = str(getattr(where, "name", where))
    text = tables.decode(tables.read_bytes(where), name)
    rows = list(tables.rows_of(text, name))
    tables.require_columns(rows, NEEDED, name)
    if not rows:
        raise DataError([Problem("no_flows", "the file holds no flow; write one a row below the header", file=name)])
    return [_flow(cells, line, book) for line, cells in rows]


def inside_flagged(flows: Iterable[Flow]) -> list[Flow]:
    """Flows that lie inside another one of the same kind are parts of it and flagged so."""
    listed = list(flows)
    found = []
    for n, flow in enumerate(listed):
        flags = list(flow.flags)
        if flow.usable:
            for m, other in enumerate(listed):
                # of two that hold each other the first stands
                if m != n and other.usable and other.holds(flow) and not (flow.holds(other) and n < m):
                    flags.append(
                        Flag(
                            "inside_another",
                            f"is counted in {other.flow_id} (line {other.line}) already; not added to it",
                        )
                    )
                    break
        found.append(replace(flow, flags=tuple(flags)))
    return found


def _flow(cells: dict[str, str], line: int, book: DataBook) -> Flow:
    def get(column: str) -> str:
        return (cells.get(column) or "").strip()

    flags: list[Flag] = []
    words = " ".join(filter(None, (get("flow"), get("route_or_node"), get("cargo"), get("note"))))
    named = " ".join(filter(None, (get("flow"), get("route_or_node"))))
    unit = get("unit")
    tonnes: Decimal | None = None
    plain = get("value").replace("\u00a0", "").replace(" ", "").replace("−", "-")
    try:
        bracketed = re.fullmatch(r"\((.+)\)", plain)
        number = Decimal((bracketed[1] if bracketed else plain).replace(",", "."))
        if not number.is_finite():
            raise InvalidOperation
        if bracketed or number < 0:
            flags.append(Flag("below_zero", f"{get('value')} is below zero; tonnes that went are not"))
        elif unit.lower() not in TONNES:
            flags.append(Flag("not_tonnes", f"is in {unit or 'no unit'}, not tonnes; never added to tonnes"))
        else:
            tonnes = number * TONNES[unit.lower()]
    except InvalidOperation:
        flags.append(Flag("no_number", f"value {get('value')!r} is no number"))
    if unit.lower() in TONNES and BOXES.search(f"{get('flow')} {get('cargo')} {get('unit')}"):
        flags.append(Flag("boxes_as_tonnes", f"speaks of containers but is in {unit}; ask whether it counts TEU"))
    if PART.search(named) or PART.search(get("cargo")):
        flags.append(Flag("part_of_total", "says it is a part of another row (в т.ч.); not added to it"))
    elif TOTAL.search(get("origin")) or TOTAL.search(get("cargo")) or re.search(r"\bитого\b|\bвсего\b", named.lower()):
        flags.append(Flag("total_beside_parts", "says it is a total; the rows it sums stand beside it"))
    start, end = _period(get("period_from")), _period(get("period_to"))
    if start is None:
        flags.append(Flag("no_period", f"period {get('period_from')!r} is no day, month or year"))
    cargo = get("cargo").lower()
    known = cargo in book.cargoes or any(cargo in c.groups for c in book.cargoes.values())
    told = {"boxes_as_tonnes", "part_of_total", "total_beside_parts", "not_tonnes"} & {f.code for f in flags}
    if cargo not in ALL and not known and not told:
        flags.append(Flag("unknown_cargo", f"cargo {get('cargo')!r} is none of ours"))
    node, node_fault = _node(get("route_or_node"), book)
    if node_fault and not flags:
        flags.append(node_fault)
    countries = [_countries(get(column)) for column in ("origin", "destination")]
    for column, found in zip(("origin", "destination"), countries, strict=True):
        if found is None and not flags:
            flags.append(Flag("unknown_country", f"{column} {get(column)!r} is no country we know"))
    return Flow(
        flow_id=get("flow_id") or f"line-{line}",
        line=line,
        words=words,
        origins=countries[0] or frozenset(),
        destinations=countries[1] or frozenset(),
        node=node,
        node_name=get("route_or_node") if node else "",
        cargo="" if cargo in ALL else cargo,
        cargo_groups=book.cargoes[cargo].groups if cargo in book.cargoes else frozenset(),
        start=start[0] if start else None,
        end=end[1] if end else start[1] if start else None,
        tonnes=tonnes,
        unit=unit,
        flags=tuple(flags),
    )


def _period(text: str) -> tuple[dt.date, dt.date] | None:
    """First and last day of a day, month or year.

    >>> _period("2025-02")
    (datetime.date(2025, 2, 1), datetime.date(2025, 2, 28))
    """
    try:
        if re.fullmatch(r"\d{4}", text):
            return dt.date(int(text), 1, 1), dt.date(int(text), 12, 31)
        if re.fullmatch(r"\d{4}-\d{2}", text):
            year, month = int(text[:4]), int(text[5:])
            return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
        day = dt.date.fromisoformat(text)
        return day, day
    except ValueError:
        return None


def _countries(text: str) -> frozenset[str] | None:
    """Countries of a cell; empty for all, None for a word nobody knows."""
    if text.lower() in ALL:
        return frozenset()
    found: set[str] = set()
    for word in re.split(r"[/;,]| and ", text):
        word = word.strip().lower()
        if word in REGIONS:
            found |= REGIONS[word]
        elif word in COUNTRY_OF_NAME:
            found.add(COUNTRY_OF_NAME[word])
        elif re.fullmatch(r"[a-z]{2}", word):
            found.add(word.upper())
        else:
            return None
    return frozenset(found)


def _node(text: str, book: DataBook) -> tuple[frozenset[str], Flag | None]:
    """Places of a node; a way by rail or all ways are no node."""
    if text.lower() in ALL or text.lower() in ("rail", "ж/д", "road"):
        return frozenset(), None
    for name in (text, PLACE_WORDS.sub("", text).strip()):
        try:
            return frozenset(book.network.members[book.places.resolve(name, "route_or_node")]), None
        except FreightError:
            continue
    return frozenset(), Flag("unknown_node", f"{text!r} is no place of the network")
