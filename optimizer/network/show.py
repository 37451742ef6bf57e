"""One place in words: codes, joined ids, links, crossings, services, each with how well it is known."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.network.model import Network


def describe(network: Network, place_id: str) -> Iterator[str]:
    """Lines for a terminal."""
    place = network.places[place_id]
    yield f"{place.id}: {place.name_en} / {place.name_ru}, {place.country}, {place.kind.replace('_', ' ')}"
    codes = [f"ESR {place.esr_code}"] * bool(place.esr_code) + [f"UN/LOCODE {place.unlocode}"] * bool(place.unlocode)
    gauges = [f"{g} mm" for g in place.gauges]
    yield f"  position {place.lat:.4f}, {place.lon:.4f}; " + ("; ".join(codes + gauges) or "no codes, no track")
    others = network.members[place_id][1:]
    if others:
        yield f"  one location with {', '.join(others)}"
    yield f"  {place.status}, source {place.source_id}" + (f"; {place.note}" if place.note else "")
    for member in network.members[place_id]:
        yield from _links(network, member)


def _links(network: Network, place_id: str) -> Iterator[str]:
    def other(row: object) -> str:
        a, b = row.from_id, row.to_id  # type: ignore[attr-defined]
        return str(b if a == place_id else a)

    def here(row: object) -> bool:
        return place_id in (row.from_id, row.to_id)  # type: ignore[attr-defined]

    for rail in filter(here, network.rail_sections):
        gauges = "/".join(map(str, rail.gauges))
        yield f"  rail to {other(rail)}: {rail.length_km:g} km, {gauges} mm, {rail.operator}, {rail.state} ({rail.status}, {rail.source_id})"
    for road in filter(here, network.road_sections):
        yield f"  road to {other(road)}: {road.length_km:g} km, {road.road_class}, {road.state} ({road.status}, {road.source_id})"
    for sea in filter(here, network.sea_services):
        often = f"{sea.sailings_per_week:g} a week" if sea.sailings_per_week else "no timetable"
        yield f"  {sea.kind.replace('_', ' ')} with {other(sea)}: {sea.distance_nm:g} nm, {sea.sailing_h:g} h, {often}, {sea.state} ({sea.status}, {sea.source_id})"
    for crossing in filter(here, network.rail_crossings):
        dwell = f"{crossing.dwell_h:g} h" if crossing.dwell_h is not None else "no dwell published"
        through = f", {crossing.throughput_wagons_per_day:g} wagons a day" if crossing.throughput_wagons_per_day else ""
        yield f"  rail crossing with {other(crossing)}: {crossing.kind}, {dwell}{through} ({crossing.status}, {crossing.source_id})"
    for post in filter(here, network.road_crossings):
        yield f"  road crossing with {other(post)}: {post.dwell_h:g} h, {post.state}, {post.opening_hours} ({post.status}, {post.source_id})"
