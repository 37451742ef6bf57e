"""How much passes where: the table of capacities, ours and the user's laid over it.

A row limits one thing: a border crossing, a stretch of line, a port, a terminal, a sea service, a fleet of wagons or
boxes, a store. What no row limits is not limited, and the docs say so. A user's row replaces every row of ours that
speaks of the same thing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import Problem, ProblemList
from optimizer.network.model import Network
from optimizer.provenance import STATUSES
from optimizer.shipment import CONTAINERS, TRUCKS, WAGONS
from optimizer.validity import Validity

COLUMNS = (
    "kind",
    "mode",
    "from_id",
    "to_id",
    "cargo",
    "unit",
    "amount",
    "per",
    "ways",
    "months",
    "valid_from",
    "valid_to",
    "background",
    "least_t",
    "most_t",
    "return_days",
    "source_id",
    "status",
    "note",
)
NEEDED = ("kind", "from_id", "unit", "amount", "per")
MODES = {
    "border": ("rail", "road"),
    "line": ("rail",),
    "port": ("",),
    "terminal": ("",),
    "sea": ("rail_ferry", "roro", "container_feeder", "dry_bulk"),
    "fleet": ("",),
    "storage": ("",),
}
UNITS = {
    "border": ("wagon", "train", "truck"),
    "line": ("wagon", "train", "t"),
    "port": ("t", "teu", "wagon", "truck"),
    "terminal": ("t", "teu", "wagon", "truck", "container"),
    "sea": ("wagon", "truck", "teu", "vessel"),
    "fleet": ("wagon", "container", "truck"),
    "storage": ("t",),
}
PER_DAY = {"day": Decimal(1), "week": Decimal(7), "month": Decimal("30.4375"), "year": Decimal("365.25")}
WAGONS_A_TRAIN = 60  # as the rows of rail_crossings.csv count
EQUIPMENT = frozenset((*WAGONS, *CONTAINERS, *TRUCKS, "flat-wagon"))
OWN_NOTE = "user"


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """One limit.

    Attributes:
        per_day: units a day, or the stock of a fleet or store (`stock`).
        background: of the same, what others take.
        ways: each direction has that much, one only (as written), or both share it.
        least_t, most_t: load of one vessel of loose goods.
        return_days: until the empty unit can be loaded again; None: as many as the loaded carriage took.
    """

    kind: str
    mode: str
    from_id: str
    to_id: str
    cargo: tuple[str, ...]
    unit: str
    per_day: Decimal
    stock: bool
    ways: str
    months: frozenset[int]
    valid: Validity
    background: Decimal
    least_t: Decimal | None
    most_t: Decimal | None
    return_days: Decimal | None
    source_id: str
    status: str
    note: str
    file: str = ""
    line: int = 0

    @property
    def thing(self) -> tuple[str, str, str, str, tuple[str, ...]]:
        """What it limits; several rows may speak of it in turn, by month or validity."""
        return (self.kind, self.mode, self.from_id, self.to_id, self.cargo)

    def holds_on(self, day: dt.date) -> bool:
        return self.valid.contains(day) and (not self.months or day.month in self.months)

    def on(self, day: dt.date) -> tuple[Decimal, Decimal] | None:
        """(amount, background) on a day, of a fleet or store the stock; None where the row does not hold."""
        return (self.per_day, self.background) if self.holds_on(day) else None


def read_capacities(
    where: Traversable | Path | None = None, *, places: Iterable[str] = (), own: bool = False
) -> tuple[list[CapacityRow], str]:
    """(rows, version) of a table of capacities.

    Args:
        where: None is our own table.
        places: ids that may be named; none given: they are not checked.
        own: a user's file, whose rows need no source.

    Raises:
        DataError: every fault of the table at once.
    """
    name = "network_data/capacities.csv" if where is None else str(getattr(where, "name", where))
    raw = tables.read_bytes(tables.data_file("network_data", "capacities.csv") if where is None else where)
    listed = list(tables.rows_of(tables.decode(raw, name), name))
    tables.require_columns(listed, NEEDED, name)
    problems = ProblemList()
    known = frozenset(places)
    rows: list[CapacityRow] = []
    for line, cells in listed:
        row = _row(cells, name, line, problems, known, own)
        if row is not None:
            rows.append(row)
    _no_two(rows, problems)
    problems.raise_if_any()
    return rows, tables.digest([raw])


def laid_over(ours: Iterable[CapacityRow], own: Iterable[CapacityRow]) -> list[CapacityRow]:
    """Our rows without those of the things the user's rows speak of, and the user's."""
    own = list(own)
    spoken = {row.thing[:4] for row in own} | {
        (row.kind, row.mode, row.to_id, row.from_id) for row in own if row.to_id and row.ways != "one"
    }
    return [row for row in ours if row.thing[:4] not in spoken] + own


def _row(
    cells: Mapping[str, str], name: str, line: int, problems: ProblemList, known: frozenset[str], own: bool
) -> CapacityRow | None:
    get = cells.get
    before = len(problems.problems)

    def fault(code: str, text: str, column: str = "") -> None:
        problems.add(code, text, file=name, line=line, column=column, value=get(column, "") or "")

    def number(column: str, *, zero: bool = True) -> Decimal | None:
        text = get(column, "") or ""
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0 or (value == 0 and not zero) or value > 10**9:
            fault("bad_capacity", f"{column} {text!r} is not a number of a capacity; write 0 or more, as 70", column)
            return None
        return value

    kind, mode, unit = get("kind", ""), get("mode", "") or "", get("unit", "")
    if kind not in MODES:
        fault("unknown_kind", f"{kind!r} is no kind of capacity; use one of {', '.join(MODES)}", "kind")
        return None
    if mode not in MODES[kind]:
        fault("unknown_mode", f"a {kind} has no mode {mode!r}; use one of {', '.join(MODES[kind]) or 'none'}", "mode")
    if unit not in UNITS[kind]:
        fault("unknown_unit", f"a {kind} is not counted in {unit!r}; use one of {', '.join(UNITS[kind])}", "unit")
    start, end = get("from_id", ""), get("to_id", "") or ""
    two = kind in ("border", "line", "sea")
    if not start or (two and not end):
        fault(
            "missing_end", f"a {kind} needs from_id{' and to_id' if two else ''}", "from_id" if not start else "to_id"
        )
    if kind == "fleet":
        if start and start not in EQUIPMENT:
            fault(
                "unknown_equipment", f"{start!r} is no equipment; use one of {', '.join(sorted(EQUIPMENT))}", "from_id"
            )
    else:
        for column, place in (("from_id", start), ("to_id", end)):
            if place and known and place not in known:
                fault("unknown_end", f"{place!r} is no place of the network; mend the id", column)
    amount, background = number("amount"), number("background")
    if not get("amount", "") and before == len(problems.problems):
        fault(
            "empty_amount", "amount is empty; an empty amount is no limit: write a number or delete the row", "amount"
        )
    per = get("per", "")
    stock = kind in ("fleet", "storage")
    if (per != "stock") if stock else (per not in PER_DAY):
        allowed = "stock" if stock else ", ".join(PER_DAY)
        fault("unknown_per", f"{per!r} is not what the amount of a {kind} is per; use {allowed}", "per")
    ways = get("ways", "") or "each"
    if ways not in ("each", "one", "both"):
        fault("unknown_ways", f"{ways!r} is not each, one or both", "ways")
    months = _months(get("months", "") or "")
    if months is None:
        fault("bad_months", f"months {get('months')!r} are not written as 11-3 or 5;6", "months")
    valid = _validity(get("valid_from", "") or "", get("valid_to", "") or "")
    if valid is None:
        fault(
            "bad_date",
            "valid_from and valid_to are dates written YYYY-MM-DD, the first not after the last",
            "valid_from",
        )
    least, most = number("least_t", zero=False), number("most_t", zero=False)
    if mode == "dry_bulk" and most is None:
        fault("missing_load", "loose goods go in whole ships: give most_t, the load of one", "most_t")
    if least is not None and most is not None and least > most:
        fault("bad_load", "least_t is above most_t: no ship could sail", "least_t")
    back = number("return_days")
    source, status = get("source_id", "") or "", get("status", "") or ""
    if own:
        source, status = source or OWN_NOTE, status or "published"
    if not source or status not in STATUSES:
        fault("missing_source", f"source_id is empty or status {status!r} unknown", "source_id")
    if len(problems.problems) > before or amount is None or months is None or valid is None:
        return None
    factor = Decimal(1) if stock else PER_DAY[per]
    if unit == "train":
        amount, background, unit = amount * WAGONS_A_TRAIN, (background or Decimal(0)) * WAGONS_A_TRAIN, "wagon"
    return CapacityRow(
        kind=kind,
        mode=mode,
        from_id=start,
        to_id=end,
        cargo=tuple(sorted(w.strip() for w in (get("cargo", "") or "").split(";") if w.strip())),
        unit=unit,
        per_day=amount / factor,
        stock=stock,
        ways=ways,
        months=months,
        valid=valid,
        background=(background or Decimal(0)) / factor,
        least_t=least,
        most_t=most,
        return_days=back,
        source_id=source,
        status=status,
        note=get("note", "") or "",
        file=name,
        line=line,
    )


def _months(text: str) -> frozenset[int] | None:
    """Months of a cell: 10-12, 11-3 over the new year, 5;6.

    >>> sorted(_months("11-2")), _months("13") is None
    ([1, 2, 11, 12], True)
    """
    found: set[int] = set()
    for part in (p.strip() for p in text.split(";") if p.strip()):
        match = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", part, re.ASCII)
        first = int(match[1]) if match else 0
        last = int(match[2]) if match and match[2] else first
        if not (1 <= first <= 12 and 1 <= last <= 12):
            return None
        found |= {(first + i - 1) % 12 + 1 for i in range((last - first) % 12 + 1)}
    return frozenset(found)


def _validity(first: str, last: str) -> Validity | None:
    try:
        start = dt.date.fromisoformat(first) if first else None
        end = dt.date.fromisoformat(last) if last else None
    except ValueError:
        return None
    return None if start and end and start > end else Validity(start, end)


def _no_two(rows: list[CapacityRow], problems: ProblemList) -> None:
    """Two rows of one thing must not both hold on one day: neither is the greater truth."""
    seen: dict[tuple[object, ...], list[CapacityRow]] = {}
    for row in rows:
        for other in seen.setdefault(row.thing, []):
            months = (row.months or frozenset(range(1, 13))) & (other.months or frozenset(range(1, 13)))
            if months and _meet(row.valid, other.valid):
                problems.add(
                    "two_capacities",
                    f"the row speaks of {' '.join(filter(None, row.thing[:4]))} in the same days as line {other.line}; "
                    "keep one, or part them by months or validity",
                    file=row.file,
                    line=row.line,
                )
        seen[row.thing].append(row)


def _meet(a: Validity, b: Validity) -> bool:
    return not (
        (a.end is not None and b.start is not None and a.end < b.start)
        or (b.end is not None and a.start is not None and b.end < a.start)
    )


def check_capacities(rows: Iterable[CapacityRow], network: Network) -> list[Problem]:
    """What the reader cannot see: unknown places and sources, limits on what the network does not have."""
    rail = {frozenset((c.from_id, c.to_id)) for c in network.rail_crossings}
    road = {frozenset((c.from_id, c.to_id)) for c in network.road_crossings}
    lines = {frozenset((s.from_id, s.to_id)) for s in network.rail_sections}
    sailed = {(s.kind, frozenset((s.from_id, s.to_id))) for s in network.sea_services}
    found: list[Problem] = []

    def add(row: CapacityRow, code: str, text: str, severity: str = "error") -> None:
        found.append(Problem(code, text, file=row.file, line=row.line, severity=severity))

    for row in rows:
        if row.source_id not in network.sources and row.source_id != OWN_NOTE:
            add(row, "unknown_source", f"source {row.source_id!r} is not in sources.csv; add it there")
        ends = [p for p in (row.from_id, row.to_id) if p]
        if row.kind == "fleet":
            continue
        unknown = [p for p in ends if p not in network.places]
        for place in unknown:
            add(row, "unknown_end", f"'{place}' is no place of the network; add it to places.csv or mend the id")
        if unknown:
            continue
        pair = frozenset(ends)
        has = {
            "border": pair in (rail if row.mode == "rail" else road),
            "line": pair in lines,
            "sea": (row.mode, pair) in sailed,
        }.get(row.kind, True)
        if not has:
            add(row, "nothing_limited", f"there is no {row.kind} {' ~ '.join(ends)} to limit; mend the ends")
        if row.background > row.per_day:
            add(row, "background_above", "others take more than there is; nothing is left for a plan", "warning")
    return found
