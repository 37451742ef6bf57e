"""What places, cargoes and equipment are called in both languages, and the lines of the network behind a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from optimizer.cargo import read_cargoes, read_equipment
from optimizer.document.words import Pair, index
from optimizer.network.read import read_network

Point = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, and the network as strokes.

    Attributes:
        places, cargoes, equipment: (English, Russian) by id.
        codes: (GNG, ETSNG) of a cargo.
        families: wagon, container, truck or vessel, by equipment.
        strokes: (mode, from, to) of every open section and sailing.
        publishers: who published a source, by its id.
    """

    places: Mapping[str, Pair]
    cargoes: Mapping[str, Pair]
    equipment: Mapping[str, Pair]
    codes: Mapping[str, Pair]
    families: Mapping[str, str]
    strokes: tuple[tuple[str, Point, Point], ...]
    publishers: Mapping[str, str]

    def place(self, place: Mapping[str, Any], lang: str) -> str:
        """The name of a place of a quote; a place of the user's own bears the name he gave it."""
        return self.places[place["id"]][index(lang)] if place["id"] in self.places else str(place["name"])

    def by_english(self, name: str, lang: str) -> str:
        """The name of the place that has this English name, or this name and a side; the English name where none has."""
        found = [pair for pair in self.places.values() if pair[0] == name or pair[0].startswith(f"{name} (")]
        return min(found, key=lambda pair: len(pair[0]))[index(lang)] if found else name

    def cargo(self, cargo_id: str, lang: str) -> str:
        return self.cargoes.get(cargo_id, (cargo_id,) * 2)[index(lang)]

    def kind(self, equipment_id: str, lang: str) -> str:
        return self.equipment.get(equipment_id, (equipment_id,) * 2)[index(lang)]


@cache
def read_names() -> Names:
    """Names of the data that ships with Keruen.

    >>> read_names().places["kz-kokshetau"]
    ('Kokshetau', 'Кокшетау')
    """
    network, cargoes, equipment = read_network(), read_cargoes(), read_equipment()
    at = {place.id: (place.lon, place.lat) for place in network.places.values()}
    strokes = (
        *(("rail", at[link.from_id], at[link.to_id]) for link in network.rail_sections if link.is_open),
        *(("road", at[link.from_id], at[link.to_id]) for link in network.road_sections if link.is_open),
        *(("sea", at[link.from_id], at[link.to_id]) for link in network.sea_services if link.is_open),
    )
    return Names(
        {place.id: (place.name_en, place.name_ru or place.name_en) for place in network.places.values()},
        {cargo.id: (cargo.name_en, cargo.name_ru) for cargo in cargoes.values()},
        {kind.id: (kind.name_en, kind.name_ru) for kind in equipment.values()},
        {cargo.id: (cargo.gng_code, cargo.etsng_code) for cargo in cargoes.values()},
        {kind.id: kind.family for kind in equipment.values()},
        strokes,
        {source.source_id: source.publisher for source in network.sources.values()},
    )
