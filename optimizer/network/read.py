"""Tables to the typed network: every fault of every table is collected, then told at once.

Columns bear the names of the fields they fill (see `optimizer.network.model`). What only a person can
judge (odd lengths, islands, a crossing without a link) is left to `optimizer.network.check`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer.errors import DataError, Problem, ProblemList
from optimizer.network.model import (
    Join,
    Network,
    Place,
    RailCrossing,
    RailSection,
    RoadCrossing,
    RoadSection,
    SeaService,
)
from optimizer.provenance import STATUSES, Source
from optimizer.tables import decode, digest, read_bytes, rows_of
from optimizer.validity import Validity, parse_from, parse_to

RAIL_STATES = ("operating", "suspended", "under_construction", "planned")
ROAD_STATES = ("open", "restricted", "under_reconstruction", "under_construction", "planned")
ROAD_CROSSING_STATES = ("open", "restricted", "closed")
RAIL_CROSSING_KINDS = ("same-gauge", "gauge-change", "transshipment")
SEA_KINDS = ("rail_ferry", "roro", "container_feeder", "dry_bulk")
SEA_STATES = ("running", "unconfirmed", "none")
JOIN_WAYS = ("siding", "road")
JOIN_STATES = ("open", "planned")

_FACT = ("source_id", "status", "note")
_ENDS = ("from_id", "to_id")
COLUMNS: dict[str, tuple[str, ...]] = {
    "places.csv": (
        *("id", "name_en", "name_ru", "country", "kind", "lat", "lon", "esr_code", "unlocode", "gauges"),
        *("in_rail", "in_road_sea", "rail_name_en", "rail_name_ru", "capacity", "capacity_unit"),
        *("source_id", "status", "rail_source_id", "rail_status", "note", "rail_note"),
    ),
    "rail_sections.csv": (
        *(*_ENDS, "length_km", "gauges", "operator", "state", "state_date", "capacity", "capacity_unit"),
        *("speed_kmh", *_FACT),
    ),
    "road_sections.csv": (
        *(*_ENDS, "length_km", "road_class", "surface", "state", "state_date", "speed_kmh"),
        *("seasonal_closure", *_FACT),
    ),
    "sea_services.csv": (
        *(*_ENDS, "distance_nm", "kind", "state", "sailings_per_week", "sailing_h", "vessel", "operator"),
        *_FACT,
    ),
    "rail_crossings.csv": (
        *(*_ENDS, "kind", "throughput_wagons_per_day", "dwell_h", "months"),
        *("valid_from", "valid_to", "known_from", *_FACT),
    ),
    "road_crossings.csv": (*_ENDS, "state", "opening_hours", "dwell_h", *_FACT),
    "joins.csv": ("a_id", "b_id", "distance_km", "by", "state", *_FACT),
    "sources.csv": ("source_id", "reference", "publisher", "terms"),
}
# sources.csv is not among them: rewording a publisher must not make every quote look out of date.
VERSIONED = tuple(name for name in COLUMNS if name != "sources.csv")


def parse_months(text: str) -> frozenset[int]:
    """Months of the year written `10-12`, `11-2` (over the new year), `5` or `1-3;12`.

    Raises:
        ValueError: a month is no number from 1 to 12.

    >>> sorted(parse_months("11-2"))
    [1, 2, 11, 12]
    """
    months: set[int] = set()
    for part in filter(None, (p.strip() for p in text.split(";"))):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if not (1 <= start <= 12 and 1 <= end <= 12):
            raise ValueError(part)
        months.update(range(start, end + 1) if start <= end else (*range(start, 13), *range(1, end + 1)))
    return frozenset(months)


@dataclass(slots=True)
class _Cells:
    """One row with its whereabouts: typed cells out, problems in."""

    table: str
    line: int
    row: dict[str, str]
    found: ProblemList

    def text(self, column: str) -> str:
        return self.row[column]

    def say(self, code: str, text: str, column: str) -> None:
        self.found.add(code, text, file=self.table, line=self.line, column=column, value=self.row.get(column, ""))

    def required(self, column: str) -> str:
        value = self.row[column]
        if not value:
            self.say("empty_cell", f"{column} is empty; every row needs one", column)
        return value

    def number(self, column: str, low: float = 0.0, high: float = math.inf) -> float:
        """A finite number within bounds; 0.0 stands in for a bad one, which is already noted."""
        value = self.row[column]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or not low <= number <= high:
            bounds = f"from {low:g} up" if high == math.inf else f"from {low:g} to {high:g}"
            self.say("bad_number", f"{column} is '{value}', not a number {bounds}; write it with a point", column)
            return 0.0
        return number

    def number_or_none(self, column: str) -> float | None:
        return self.number(column) if self.row[column] else None

    def word(self, column: str, known: tuple[str, ...], code: str = "unknown_word") -> str:
        value = self.row[column]
        if value not in known:
            self.say(code, f"{column} is '{value}'; write one of {', '.join(known)}", column)
        return value

    def yes(self, column: str) -> bool:
        return self.word(column, ("yes", "no")) == "yes"

    def gauges(self) -> tuple[int, ...]:
        try:
            return tuple(int(g) for g in self.row["gauges"].split(";") if g.strip())
        except ValueError:
            self.say("bad_number", f"gauges are '{self.row['gauges']}'; write mm as 1520 or 1520;1435", "gauges")
            return ()

    def months(self) -> frozenset[int]:
        try:
            return parse_months(self.row["months"])
        except ValueError:
            self.say("bad_months", f"months are '{self.row['months']}'; write them as 10-12 or 3", "months")
            return frozenset()

    def day(self, column: str, parse: Callable[[str], dt.date | None]) -> dt.date | None:
        try:
            return parse(self.row[column])
        except ValueError:
            self.say("bad_date", f"{column} is '{self.row[column]}'; write YYYY-MM-DD", column)
            return None

    def source(self) -> str:
        value = self.row["source_id"]
        if not value:
            self.say(
                "missing_source",
                "source_id is empty; name a row of sources.csv, or keruen-estimate with the derivation in the note",
                "source_id",
            )
        return value

    def status(self) -> str:
        return self.word("status", STATUSES, "unknown_status")

    def ends(self, places: dict[str, Place], first: str = "from_id", second: str = "to_id") -> tuple[str, str]:
        for column in (first, second):
            if self.row[column] not in places:
                self.say("unknown_end", f"{column} '{self.row[column]}' is no id of places.csv; add or mend it", column)
        if self.row[first] == self.row[second]:
            self.say("loop", f"both ends are '{self.row[first]}'; a link joins two places", second)
        return self.row[first], self.row[second]


def _rows(name: str, raw: bytes, found: ProblemList) -> Iterator[_Cells]:
    """Rows of one table; a fault of its form is noted and ends this table only."""
    try:
        first = True
        for line, row in rows_of(decode(raw, name), name):
            if first and (missing := [c for c in COLUMNS[name] if c not in row]):
                found.add("missing_column", f"column {', '.join(missing)} is missing; add it", file=name, line=1)
                return
            first = False
            yield _Cells(name, line, row, found)
    except DataError as fault:
        found.problems.extend(fault.problems)


def _read_places(rows: Iterator[_Cells]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for c in rows:
        place_id = c.required("id")
        if place_id in places:
            c.say("duplicate_id", f"id '{place_id}' stands twice; a place has one row", "id")
            continue
        notes = [note for note in (c.text("note"), c.text("rail_note")) if note]
        names = (c.required("name_en"), c.text("name_ru"))
        others = (c.text("rail_name_en"), c.text("rail_name_ru"))
        places[place_id] = Place(
            id=place_id,
            name_en=names[0],
            name_ru=names[1],
            country=c.required("country"),
            kind=c.required("kind"),
            lat=c.number("lat", -90, 90),
            lon=c.number("lon", -180, 180),
            esr_code=c.text("esr_code"),
            unlocode=c.text("unlocode"),
            gauges=c.gauges(),
            in_rail=c.yes("in_rail"),
            in_road_sea=c.yes("in_road_sea"),
            other_names=tuple(name for name in others if name and name not in names),
            source_id=c.source(),
            status=c.status(),
            note="; ".join(notes),
        )
    return places


def _read_rail_section(c: _Cells, places: dict[str, Place]) -> RailSection:
    a, b = c.ends(places)
    return RailSection(
        from_id=a,
        to_id=b,
        length_km=c.number("length_km", 0.1),
        gauges=c.gauges(),
        operator=c.text("operator"),
        state=c.word("state", RAIL_STATES),
        state_date=c.text("state_date"),
        capacity=c.text("capacity"),
        capacity_unit=c.text("capacity_unit"),
        speed_kmh=c.number_or_none("speed_kmh"),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
    )


def _read_road_section(c: _Cells, places: dict[str, Place]) -> RoadSection:
    a, b = c.ends(places)
    return RoadSection(
        from_id=a,
        to_id=b,
        length_km=c.number("length_km", 0.1),
        road_class=c.text("road_class"),
        surface=c.text("surface"),
        state=c.word("state", ROAD_STATES),
        state_date=c.text("state_date"),
        speed_kmh=c.number_or_none("speed_kmh"),
        seasonal_closure=c.text("seasonal_closure"),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
    )


def _read_sea_service(c: _Cells, places: dict[str, Place]) -> SeaService:
    a, b = c.ends(places)
    return SeaService(
        from_id=a,
        to_id=b,
        distance_nm=c.number("distance_nm", 0.1),
        kind=c.word("kind", SEA_KINDS),
        state=c.word("state", SEA_STATES),
        sailings_per_week=c.number_or_none("sailings_per_week"),
        sailing_h=c.number("sailing_h", 0.1),
        vessel=c.text("vessel"),
        operator=c.text("operator"),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
    )


def _read_rail_crossing(c: _Cells, places: dict[str, Place]) -> RailCrossing:
    a, b = c.ends(places)
    return RailCrossing(
        from_id=a,
        to_id=b,
        kind=c.word("kind", RAIL_CROSSING_KINDS),
        throughput_wagons_per_day=c.number_or_none("throughput_wagons_per_day"),
        dwell_h=c.number_or_none("dwell_h"),
        months=c.months(),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
        valid=Validity(c.day("valid_from", parse_from), c.day("valid_to", parse_to)),
        known_from=c.day("known_from", parse_from),
    )


def _read_road_crossing(c: _Cells, places: dict[str, Place]) -> RoadCrossing:
    a, b = c.ends(places)
    return RoadCrossing(
        from_id=a,
        to_id=b,
        state=c.word("state", ROAD_CROSSING_STATES),
        opening_hours=c.text("opening_hours"),
        dwell_h=c.number("dwell_h"),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
    )


def _read_join(c: _Cells, places: dict[str, Place]) -> Join:
    a, b = c.ends(places, "a_id", "b_id")
    return Join(
        a_id=a,
        b_id=b,
        distance_km=c.number("distance_km"),
        by=c.word("by", JOIN_WAYS),
        state=c.word("state", JOIN_STATES),
        source_id=c.source(),
        status=c.status(),
        note=c.text("note"),
    )


def _read_sources(rows: Iterator[_Cells]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for c in rows:
        source_id = c.required("source_id")
        if source_id in sources:
            c.say("duplicate_id", f"source_id '{source_id}' stands twice; a source has one row", "source_id")
            continue
        sources[source_id] = Source(source_id, c.required("reference"), c.text("publisher"), c.text("terms"))
    return sources


def read_network(root: Traversable | Path | None = None) -> Network:
    """The whole network from its eight tables.

    Args:
        root: a folder with the tables of `COLUMNS`; None is our own package `network_data`.
    Returns:
        The frozen network; `version` is twelve hex digits over the bytes of the `VERSIONED` tables.
    Raises:
        DataError: one or more faults, every one with table, line and column: bad_number, unknown_status,
            unknown_word, unknown_end, loop, duplicate_id, missing_source, empty_cell, bad_months, bad_date, missing_column.

    >>> read_network().get_place("kz-kokshetau").country
    'KZ'
    """
    folder = files("network_data") if root is None else root
    found = ProblemList()
    raw: dict[str, bytes] = {}
    for name in COLUMNS:
        try:
            raw[name] = read_bytes(folder.joinpath(name))
        except DataError as fault:
            found.problems.extend(Problem(p.code, p.text, file=name) for p in fault.problems)
    found.raise_if_any()

    def rows(name: str) -> Iterator[_Cells]:
        return _rows(name, raw[name], found)

    places = _read_places(rows("places.csv"))
    network = Network(
        places=places,
        rail_sections=tuple(_read_rail_section(c, places) for c in rows("rail_sections.csv")),
        road_sections=tuple(_read_road_section(c, places) for c in rows("road_sections.csv")),
        sea_services=tuple(_read_sea_service(c, places) for c in rows("sea_services.csv")),
        rail_crossings=tuple(_read_rail_crossing(c, places) for c in rows("rail_crossings.csv")),
        road_crossings=tuple(_read_road_crossing(c, places) for c in rows("road_crossings.csv")),
        joins=tuple(_read_join(c, places) for c in rows("joins.csv")),
        sources=_read_sources(rows("sources.csv")),
        version=digest(raw[name] for name in VERSIONED),
    )
    found.raise_if_any()
    return network
