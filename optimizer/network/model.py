"""Frozen nouns of the network: places, links, services, crossings. No behaviour beyond lookups.

Rail, road and sea share one set of places. Gauge is a property of track, so it stands on rail
sections and crossings; what changes gauge is a handling (routing), never a link.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from optimizer.provenance import Source
from optimizer.validity import Validity

# The railway that carries and prices in a country; a section between two countries is shared.
RAILWAY_OF = {"KZ": "KTZ", "TM": "TDY", "UZ": "UTY", "IR": "RAI", "AF": "ARA", "PK": "PR", "RU": "RZD", "CN": "CR"}
OPEN_RAIL = frozenset({"operating"})
OPEN_ROAD = frozenset({"open", "restricted", "under_reconstruction"})


@dataclass(frozen=True, slots=True)
class Place:
    """A station, port, terminal, border post or city; the id is ours and never changes."""

    id: str
    name_en: str
    name_ru: str
    country: str
    kind: str
    lat: float
    lon: float
    esr_code: str
    unlocode: str
    gauges: tuple[int, ...]  # gauges of track laid here, in mm; () off the rails
    in_rail: bool
    in_road_sea: bool
    other_names: tuple[str, ...]  # the rail table's own names where they differ
    source_id: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class RailSection:
    from_id: str
    to_id: str
    length_km: float
    gauges: tuple[int, ...]
    operator: str
    state: str  # operating, suspended, under_construction, planned
    state_date: str
    capacity: str
    capacity_unit: str
    speed_kmh: float | None
    source_id: str
    status: str
    note: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_RAIL


@dataclass(frozen=True, slots=True)
class RoadSection:
    from_id: str
    to_id: str
    length_km: float
    road_class: str
    surface: str
    state: str  # open, restricted, under_reconstruction, under_construction, planned
    state_date: str
    speed_kmh: float | None
    seasonal_closure: str
    source_id: str
    status: str
    note: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ROAD


@dataclass(frozen=True, slots=True)
class SeaService:
    from_id: str
    to_id: str
    distance_nm: float
    kind: str  # rail_ferry, roro, container_feeder, dry_bulk
    state: str  # running; unconfirmed: no sailing seen lately, quoted with a warning; none: no service, no traffic
    sailings_per_week: float | None
    sailing_h: float
    vessel: str
    operator: str
    source_id: str
    status: str
    note: str

    @property
    def distance_km(self) -> float:
        return self.distance_nm * 1.852

    @property
    def is_open(self) -> bool:
        return self.state != "none"


@dataclass(frozen=True, slots=True)
class RailCrossing:
    """One row of a rail border (or of a break of gauge inside a country), for some months of the year."""

    from_id: str
    to_id: str
    kind: str  # same-gauge, gauge-change (reload and bogie change), transshipment (reload only)
    throughput_wagons_per_day: float | None
    dwell_h: float | None
    months: frozenset[int]  # empty: the whole year
    source_id: str
    status: str
    note: str
    valid: Validity = Validity()  # days of a record: what was seen once, and is no season
    known_from: dt.date | None = None

    @property
    def is_record(self) -> bool:
        return self.valid != Validity()


@dataclass(frozen=True, slots=True)
class RoadCrossing:
    from_id: str
    to_id: str
    state: str  # open, restricted, closed: as last seen; dated closures stand in the restrictions
    opening_hours: str
    dwell_h: float
    source_id: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class Join:
    """Two ids of one location: a port and its station, a terminal and its yard."""

    a_id: str
    b_id: str
    distance_km: float
    by: str  # siding or road
    state: str  # open or planned
    source_id: str
    status: str
    note: str


@dataclass(frozen=True)
class Network:
    """All of it, frozen; `version` changes when any byte of the tables does."""

    places: dict[str, Place]
    rail_sections: tuple[RailSection, ...]
    road_sections: tuple[RoadSection, ...]
    sea_services: tuple[SeaService, ...]
    rail_crossings: tuple[RailCrossing, ...]
    road_crossings: tuple[RoadCrossing, ...]
    joins: tuple[Join, ...]
    sources: dict[str, Source]
    version: str = ""

    def get_place(self, place_id: str) -> Place:
        return self.places[place_id]

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """For every place id, all ids of its location (itself first), through open joins."""
        group: dict[str, set[str]] = {pid: {pid} for pid in self.places}
        for join in self.joins:
            if join.state != "open":
                continue
            merged = group[join.a_id] | group[join.b_id]
            for pid in merged:
                group[pid] = merged
        return {pid: (pid, *sorted(ids - {pid})) for pid, ids in group.items()}

    def records(self, day: dt.date, known_on: dt.date) -> tuple[RailCrossing, ...]:
        """Records of rail crossings that hold on a day, as far as they were known on another."""
        return tuple(
            row
            for row in self.rail_crossings
            if row.is_record and row.valid.contains(day) and (row.known_from is None or row.known_from <= known_on)
        )

    def rail_crossing(
        self, a_id: str, b_id: str, month: int, records: tuple[RailCrossing, ...] = ()
    ) -> RailCrossing | None:
        """The row of a crossing, whichever way round it is written: its record, else its season's, else the year's."""
        ends = frozenset((a_id, b_id))
        for row in records:
            if {row.from_id, row.to_id} == ends:
                return row
        rows = tuple(row for row in self._rail_crossing_rows.get(ends, ()) if not row.is_record)
        for row in rows:
            if month in row.months:
                return row
        return next((r for r in rows if not r.months), rows[0] if rows else None)

    @cached_property
    def _rail_crossing_rows(self) -> dict[frozenset[str], tuple[RailCrossing, ...]]:
        found: dict[frozenset[str], tuple[RailCrossing, ...]] = {}
        for row in self.rail_crossings:
            key = frozenset((row.from_id, row.to_id))
            found[key] = (*found.get(key, ()), row)
        return found

    @cached_property
    def rail_places(self) -> frozenset[str]:
        """Places an open rail section touches."""
        return frozenset(p for s in self.rail_sections if s.is_open for p in (s.from_id, s.to_id))

    @cached_property
    def road_places(self) -> frozenset[str]:
        """Places an open road section or road crossing touches."""
        links = [(s.from_id, s.to_id) for s in self.road_sections if s.is_open]
        links += [(c.from_id, c.to_id) for c in self.road_crossings]
        return frozenset(p for link in links for p in link)

    @cached_property
    def sea_places(self) -> frozenset[str]:
        """Ports a service calls at."""
        return frozenset(p for s in self.sea_services if s.is_open for p in (s.from_id, s.to_id))
