"""The user's own stations and warehouses, tied to a line or a road of ours at a distance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from optimizer.network.model import Network, Place, RailSection, RoadSection
from optimizer.network.names import PlaceIndex, UserPlace
from optimizer.tables import digest

WHOSE = "user:places"


def own_id(country: str, given: str) -> str:
    """The id a user's place gets: country first, as all our ids.

    >>> own_id("KZ", "Elevator 7")
    'kz-own-elevator-7'
    """
    word = re.sub(r"[^a-z0-9]+", "-", given.lower()).strip("-") or "place"
    return given if given.startswith(f"{country.lower()}-") else f"{country.lower()}-own-{word}"


def with_places(network: Network, index: PlaceIndex, places: Iterable[UserPlace]) -> Network:
    """The network with the user's places and a section to each; ours is untouched.

    Raises:
        RequestError: a place is tied to a name we do not know, or to two.
    """
    places = tuple(places)
    found: dict[str, Place] = {}
    rails: list[RailSection] = []
    roads: list[RoadSection] = []
    for own in places:
        tied = network.places[index.resolve(own.tied_to, "tied_to")]
        place = Place(
            id=own_id(tied.country, own.id),
            name_en=own.name,
            name_ru=own.name,
            country=tied.country,
            kind="own",
            lat=own.lat if own.lat is not None else tied.lat,
            lon=own.lon if own.lon is not None else tied.lon,
            esr_code="",
            unlocode="",
            gauges=tied.gauges[:1] if own.by == "rail" else (),
            in_rail=own.by == "rail",
            in_road_sea=own.by == "road",
            other_names=(),
            source_id=WHOSE,
            status="estimated",
            note=f"tied to {tied.id}",
        )
        found[place.id] = place
        if own.by == "rail":
            rails.append(
                RailSection(
                    gauges=tied.gauges,
                    operator="own siding",
                    state="operating",
                    capacity="",
                    capacity_unit="",
                    speed_kmh=None,
                    from_id=place.id,
                    to_id=tied.id,
                    length_km=float(own.distance_km),
                    state_date="",
                    source_id=WHOSE,
                    status="estimated",
                    note="",
                )
            )
        else:
            roads.append(
                RoadSection(
                    road_class="own road",
                    surface="",
                    state="open",
                    speed_kmh=None,
                    seasonal_closure="",
                    from_id=place.id,
                    to_id=tied.id,
                    length_km=float(own.distance_km),
                    state_date="",
                    source_id=WHOSE,
                    status="estimated",
                    note="",
                )
            )
    return replace(
        network,
        places={**network.places, **found},
        rail_sections=(*network.rail_sections, *rails),
        road_sections=(*network.road_sections, *roads),
        version=digest([network.version.encode(), repr(places).encode()]),
    )
