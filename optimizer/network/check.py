"""Consistency of the network: one small function a check, every finding one sentence.

An error means quotes may be wrong; a warning means a person should know. The reader has already
refused what cannot be read at all (see `optimizer.network.read`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from optimizer.errors import Problem
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
from optimizer.network.names import Alias
from optimizer.provenance import STATUSES

EARTH_RADIUS_KM = 6371.0088
# Stations and posts are partly placed by hand, up to 15 km off (their notes say so).
POSITION_ERROR_KM = 15.0
# Mountain roads and valley lines wind; beyond this the length or a position is wrong.
MOST_DETOUR, DETOUR_ALLOWANCE_KM = 2.6, 20.0
# From the Urals to the Indian ports, from the Turkish border to Xinjiang: catches exchanged lat and lon.
REGION_LAT, REGION_LON = (15.0, 60.0), (40.0, 90.0)
# Afghan numbers 000xxx are conventional: they were never given a check digit.
CONVENTIONAL_ESR = "000"

Link: TypeAlias = RailSection | RoadSection | SeaService | RailCrossing | RoadCrossing


@dataclass(frozen=True, slots=True)
class _Table:
    file: str
    rows: tuple[Link, ...]


def _tables(network: Network) -> tuple[_Table, ...]:
    return (
        _Table("rail_sections.csv", network.rail_sections),
        _Table("road_sections.csv", network.road_sections),
        _Table("sea_services.csv", network.sea_services),
        _Table("rail_crossings.csv", network.rail_crossings),
        _Table("road_crossings.csv", network.road_crossings),
    )


def _ends(row: Link | Join) -> tuple[str, str]:
    return (row.a_id, row.b_id) if isinstance(row, Join) else (row.from_id, row.to_id)


def _name(row: Link | Join) -> str:
    return " ~ ".join(_ends(row))


def _known(network: Network, row: Link | Join) -> bool:
    return all(end in network.places for end in _ends(row))


def great_circle_km(a: Place, b: Place) -> float:
    """Shortest distance over the globe.

    >>> from optimizer.network.read import read_network
    >>> places = read_network().places
    >>> round(great_circle_km(places["kz-astana"], places["ir-tehran"]))
    2347
    """
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def esr_check_digit(first_five: str) -> int:
    """The sixth digit of an ESR code: weights 1 to 5 modulo 11, weights 3 to 7 where that gives 10.

    >>> esr_check_digit("68400")  # Kostanay, 684001
    1
    """
    for first_weight in (1, 3):
        rest = sum(int(digit) * weight for weight, digit in enumerate(first_five, first_weight)) % 11
        if rest < 10:
            return rest
    return 0


def check_ends(network: Network) -> Iterator[Problem]:
    """Every link and join ends at a place we know."""
    for file, rows in [*((t.file, t.rows) for t in _tables(network)), ("joins.csv", network.joins)]:
        for row in rows:
            for end in _ends(row):
                if end not in network.places:
                    text = f"{_name(row)}: '{end}' is no place of the network; add it to places.csv or mend the id"
                    yield Problem("unknown_end", text, file=file, value=end)


def check_duplicates(network: Network) -> Iterator[Problem]:
    """No link stands twice; an old road beside a new one, or two ships on a crossing, are not the same link."""
    marks: dict[str, Callable[[Link], tuple[object, ...]]] = {
        "rail_sections.csv": lambda row: (),
        "road_sections.csv": lambda row: (row.road_class, row.state) if isinstance(row, RoadSection) else (),
        "sea_services.csv": lambda row: (row.kind, row.operator, row.vessel) if isinstance(row, SeaService) else (),
        "rail_crossings.csv": lambda row: (
            (tuple(sorted(row.months)), row.valid) if isinstance(row, RailCrossing) else ()
        ),
        "road_crossings.csv": lambda row: (),
    }
    for table in _tables(network):
        seen = Counter((frozenset(_ends(row)), marks[table.file](row)) for row in table.rows)
        for (ends, _), times in seen.items():
            if times > 1:
                pair = " ~ ".join(sorted(ends))
                yield Problem("duplicate_link", f"{pair} stands {times} times; keep one row", file=table.file)
    for pair_ids, times in Counter(frozenset(_ends(join)) for join in network.joins).items():
        if times > 1:
            text = f"{' ~ '.join(sorted(pair_ids))} is joined {times} times; keep one row"
            yield Problem("duplicate_link", text, file="joins.csv")


def check_lengths(network: Network) -> Iterator[Problem]:
    """No link is shorter than the globe allows, nor longer than any line would wind."""
    measured: list[tuple[str, Link | Join, float]] = [
        *(("rail_sections.csv", row, row.length_km) for row in network.rail_sections),
        *(("road_sections.csv", row, row.length_km) for row in network.road_sections),
        *(("sea_services.csv", row, row.distance_km) for row in network.sea_services),
        *(("joins.csv", row, row.distance_km) for row in network.joins),
    ]
    for file, row, length_km in measured:
        if not _known(network, row):
            continue
        a, b = (network.places[end] for end in _ends(row))
        straight_km = great_circle_km(a, b)
        if length_km < straight_km - POSITION_ERROR_KM:
            yield Problem(
                "too_short",
                f"{_name(row)} is {length_km:g} km, but its ends lie {straight_km:.0f} km apart;"
                " mend the length or a position",
                file=file,
                value=f"{length_km:g}",
            )
        elif length_km > MOST_DETOUR * straight_km + DETOUR_ALLOWANCE_KM:
            yield Problem(
                "too_long",
                f"{_name(row)} is {length_km:g} km, its ends only {straight_km:.0f} km apart;"
                " mend the length or a position, or split the link where it turns",
                file=file,
                value=f"{length_km:g}",
            )


def check_provenance(network: Network) -> Iterator[Problem]:
    """Every row says where it comes from, by a source we list, and how well it is known."""
    rows: list[tuple[str, str, str, str]] = [
        ("places.csv", place.id, place.source_id, place.status) for place in network.places.values()
    ]
    for table in _tables(network):
        rows += [(table.file, _name(row), row.source_id, row.status) for row in table.rows]
    rows += [("joins.csv", _name(join), join.source_id, join.status) for join in network.joins]
    for file, name, source_id, status in rows:
        if not source_id:
            yield Problem("missing_source", f"{name} names no source; a number without one is not used", file=file)
        elif source_id not in network.sources:
            text = f"{name} names the source '{source_id}', which sources.csv does not list; add it there"
            yield Problem("unknown_source", text, file=file, value=source_id)
        if status not in STATUSES:
            text = f"{name} has the status '{status}'; write one of {', '.join(STATUSES)}"
            yield Problem("unknown_status", text, file=file, value=status)


def check_gauges(network: Network) -> Iterator[Problem]:
    """Where open lines of different gauge meet, a handling must be known there."""
    handled = {
        end for row in network.rail_crossings if row.kind in ("gauge-change", "transshipment") for end in _ends(row)
    }
    meeting: dict[str, list[frozenset[int]]] = defaultdict(list)
    for section in network.rail_sections:
        if not section.gauges:
            yield Problem("no_gauge", f"{_name(section)} has no gauge; write it in mm", file="rail_sections.csv")
        elif section.is_open and _known(network, section):
            for end in _ends(section):
                meeting[end].append(frozenset(section.gauges))
    for place_id, gauges in sorted(meeting.items()):
        here = frozenset(network.places[place_id].gauges)
        broken = any(not (a & b) for index, a in enumerate(gauges) for b in gauges[index + 1 :])
        every = frozenset().union(*gauges)
        if broken and place_id not in handled and not every <= here:
            listed = " and ".join(str(g) for g in sorted(every))
            yield Problem(
                "gauge_jump",
                f"at {place_id} lines of {listed} mm meet, but rail_crossings.csv has no reloading there"
                " and the place does not list both gauges; add the one that is true",
                file="rail_sections.csv",
                value=place_id,
            )
        if not every <= here:
            extra = " and ".join(str(g) for g in sorted(every - here))
            yield Problem(
                "gauge_not_at_place",
                f"at {place_id} ends a line of {extra} mm, which the place does not list among its gauges",
                file="places.csv",
                value=place_id,
                severity="warning",
            )


def check_islands(network: Network) -> Iterator[Problem]:
    """Everything hangs together over open links; what only planned lines reach is told, not refused."""
    import networkx as nx  # type: ignore[import-untyped,unused-ignore]  # heavy, and only this check needs it

    lines: list[RailSection | RoadSection] = [*network.rail_sections, *network.road_sections]
    # A border closed today opens again; dated closures are restrictions, not holes in the map.
    always_open: list[SeaService | RoadCrossing] = [*network.sea_services, *network.road_crossings]
    open_links = [_ends(line) for line in lines if line.is_open]
    open_links += [_ends(row) for row in always_open]
    open_links += [_ends(join) for join in network.joins if join.state == "open"]
    waiting = [_ends(line) for line in lines if not line.is_open]
    waiting += [_ends(join) for join in network.joins if join.state != "open"]
    graph = nx.Graph()
    graph.add_nodes_from(network.places)
    graph.add_edges_from(link for link in open_links if set(link) <= network.places.keys())
    islands = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    if not islands:
        return
    for island in islands[1:]:
        if len(island) > 1:
            text = f"{', '.join(sorted(island))} cannot be reached from the rest of the network; a link is missing"
            yield Problem("island", text, file="places.csv", value=min(island))
    alone = {place_id for island in islands[1:] if len(island) == 1 for place_id in island}
    planned = nx.Graph()
    planned.add_nodes_from(alone)
    planned.add_edges_from(link for link in waiting if set(link) <= alone)
    reached = {end for link in waiting for end in link}
    for group in sorted(nx.connected_components(planned), key=min):
        names = ", ".join(sorted(group))
        if group & reached:
            text = f"{names}: only lines planned, being built or suspended lead there, so nothing is quoted to it yet"
            yield Problem("planned_island", text, file="places.csv", value=min(group), severity="warning")
        else:
            yield Problem("island", f"no link leads to {names}; add one or delete it", file="places.csv", value=names)


def check_crossings(network: Network) -> Iterator[Problem]:
    """A rail crossing lies on a section, a road crossing between two posts with roads to them."""
    sections = {frozenset(_ends(s)) for s in network.rail_sections}
    crossings = {frozenset(_ends(c)) for c in network.rail_crossings}
    for row in network.rail_crossings:
        if frozenset(_ends(row)) not in sections:
            text = f"{_name(row)} is a crossing without a rail section; add the section or delete the crossing"
            yield Problem("crossing_without_link", text, file="rail_crossings.csv", value=_name(row))
    for section in network.rail_sections:
        if not section.is_open or not _known(network, section):
            continue
        a, b = (network.places[end] for end in _ends(section))
        if a.country != b.country and frozenset(_ends(section)) not in crossings:
            yield Problem(
                "border_without_crossing",
                f"{_name(section)} passes a border, but rail_crossings.csv has no row for it: its hours are assumed",
                file="rail_crossings.csv",
                value=_name(section),
                severity="warning",
            )
    roads = {end for s in network.road_sections for end in _ends(s)}
    for crossing in network.road_crossings:
        for end in _ends(crossing):
            if end not in roads:
                text = f"{_name(crossing)}: no road leads to the post {end}; add its road section"
                yield Problem("post_without_road", text, file="road_crossings.csv", value=end)


def check_esr(network: Network) -> Iterator[Problem]:
    """ESR codes carry their check digit; a wrong one is a warning, for only documents need the code."""
    for place in network.places.values():
        code = place.esr_code
        if not code or code.startswith(CONVENTIONAL_ESR):
            continue
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            text = f"{place.id} has the ESR code '{code}', which is not six digits"
        elif esr_check_digit(code[:5]) != int(code[5]):
            text = f"{place.id} has the ESR code {code}, whose last digit should be {esr_check_digit(code[:5])}"
        else:
            continue
        yield Problem(
            "esr_check_digit",
            text + "; verify it before it goes into a document",
            file="places.csv",
            column="esr_code",
            value=code,
            severity="warning",
        )


def check_positions(network: Network) -> Iterator[Problem]:
    """Places lie in our part of the world, and their id begins with their country."""
    for place in network.places.values():
        if not (REGION_LAT[0] <= place.lat <= REGION_LAT[1] and REGION_LON[0] <= place.lon <= REGION_LON[1]):
            text = f"{place.id} lies at {place.lat:g}, {place.lon:g}, outside the region; are lat and lon exchanged?"
            yield Problem("position_outside", text, file="places.csv", value=place.id)
        if place.id.partition("-")[0] != place.country.casefold():
            text = f"{place.id} stands in country {place.country}; an id begins with its country"
            yield Problem("country_of_id", text, file="places.csv", value=place.id)


def check_aliases(network: Network, aliases: Iterable[Alias]) -> Iterator[Problem]:
    """Spellings belong to places we have and to sources we list."""
    for alias in aliases:
        if alias.place_id not in network.places:
            text = f"'{alias.alias}' is a spelling of '{alias.place_id}', which is no place of the network; mend the id"
            yield Problem("unknown_place_id", text, file="place_aliases.csv", value=alias.place_id)
        if alias.source_id not in network.sources:
            text = (
                f"'{alias.alias}' names the source '{alias.source_id}', which sources.csv does not list; add it there"
            )
            yield Problem("unknown_source", text, file="place_aliases.csv", value=alias.source_id)


CHECKS: tuple[Callable[[Network], Iterator[Problem]], ...] = (
    check_ends,
    check_duplicates,
    check_lengths,
    check_provenance,
    check_gauges,
    check_islands,
    check_crossings,
    check_esr,
    check_positions,
)


def check_network(network: Network, aliases: Iterable[Alias] = ()) -> list[Problem]:
    """All findings of all checks, errors first.

    Args:
        network: as read, or as changed by a scenario.
        aliases: spellings to check along with it.
    Returns:
        Problems; their `severity` is error or warning. No error: the network may be quoted on.

    >>> from optimizer.network.read import read_network
    >>> [p for p in check_network(read_network()) if p.severity == "error"]
    []
    """
    found = [problem for check in CHECKS for problem in check(network)]
    found += check_aliases(network, aliases)
    return sorted(found, key=lambda p: p.severity != "error")


def summary(network: Network) -> dict[str, object]:
    """How much there is of each kind, and which share of the rows is known how well.

    >>> from optimizer.network.read import read_network
    >>> counts = summary(read_network())
    >>> counts["places"], counts["rail_sections"]
    (233, 179)
    """
    places = network.places.values()
    statuses = Counter(place.status for place in places)
    for table in _tables(network):
        statuses.update(row.status for row in table.rows)
    statuses.update(join.status for join in network.joins)
    rows = sum(statuses.values())
    return {
        "version": network.version,
        "places": len(network.places),
        "rail_places": sum(place.in_rail for place in places),
        "road_and_sea_places": sum(place.in_road_sea for place in places),
        "rail_sections": len(network.rail_sections),
        "road_sections": len(network.road_sections),
        "sea_services": len(network.sea_services),
        "rail_crossings": len(network.rail_crossings),
        "road_crossings": len(network.road_crossings),
        "joins": len(network.joins),
        "sources": len(network.sources),
        "open_rail_km": round(sum(s.length_km for s in network.rail_sections if s.is_open)),
        "open_road_km": round(sum(s.length_km for s in network.road_sections if s.is_open)),
        "status_shares": {status: round(statuses[status] / rows, 3) if rows else 0.0 for status in STATUSES},
    }
