"""Hauls: the carriage one carrier prices whole, from gateway to gateway.

A railway's own network is its sections plus its half of every section it shares with a neighbour;
the border itself is a point in the middle, named `a|b` after its two stations in sorted order.
Tariff distance is the shortest way over that network, rounded up to whole kilometres, whatever way
the wagon takes [rule: tariff-distance]. Roads are priced by country, from post to post.

    KTZ                      TDY                                RAI
    kz-uzen -- kz-bolashak --|-- tm-serhetyaka -- ... tm-akyayla --|-- ir-incheh-borun -- ...
                    half km ^ border point kz-bolashak|tm-serhetyaka
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from optimizer.network.model import RAILWAY_OF, Network, RoadSection

Arc = tuple[str, float, float]  # neighbour, length_km, hours (roads) or 0


def border_point(a_id: str, b_id: str) -> str:
    """The name of the border between two stations, the same from both sides.

    >>> border_point("tm-serhetyaka", "kz-bolashak")
    'kz-bolashak|tm-serhetyaka'
    """
    return "|".join(sorted((a_id, b_id)))


def is_border(point: str) -> bool:
    return "|" in point


@dataclass(frozen=True, slots=True)
class Haul:
    """One carrier, one form of carriage, gateway to gateway.

    `start` and `end` may be border points; `from_id` and `to_id` are then the carrier's own border
    stations, which is what tariffs name. `path` holds stations only.
    """

    mode: str  # rail or road
    carrier: str
    country: str
    gauge: int  # 0 on the road
    start: str
    end: str
    from_id: str
    to_id: str
    path: tuple[str, ...]
    tariff_km: int
    length_km: float
    driving_h: float  # roads: at the speeds of the sections; rails: 0


def shortest(
    adjacency: Mapping[str, Iterable[Arc]], source: str, by_hours: bool = False
) -> dict[str, tuple[float, float, str]]:
    """(length_km, hours, previous place) of the best way from `source` to every place it reaches.

    Ties are broken by name, so that the way never depends on the order of rows.
    """
    best: dict[str, tuple[float, float, str]] = {source: (0.0, 0.0, "")}
    heap: list[tuple[float, float, str, str]] = [(0.0, 0.0, "", source)]
    done: set[str] = set()
    while heap:
        first, second, previous, place = heapq.heappop(heap)
        if place in done:
            continue
        done.add(place)
        length, hours = (second, first) if by_hours else (first, second)
        best[place] = (length, hours, previous)
        for neighbour, km, h in adjacency.get(place, ()):
            if neighbour in done:
                continue
            to_length, to_hours = length + km, hours + h
            key = (to_hours, to_length) if by_hours else (to_length, to_hours)
            heapq.heappush(heap, (*key, place, neighbour))
    return best


def path_to(best: Mapping[str, tuple[float, float, str]], target: str) -> tuple[str, ...]:
    """Places from the source of a `shortest` result to `target`."""
    path = [target]
    while previous := best[path[-1]][2]:
        path.append(previous)
    return tuple(reversed(path))


class HaulNetwork:
    """Every carrier's own network, and the hauls over it.

    Args:
        network: the facts.
        road_kmh: speed in a country where a road section says none.
        closed_roads: road sections (as unordered pairs) that are shut for the trucks in question.
        avoid: places no path may touch; tariff distance is unaffected.
        open_planned: also run over lines that are not open yet (to explain what is missing).
    """

    def __init__(
        self,
        network: Network,
        road_kmh: Mapping[str, float],
        *,
        closed_roads: frozenset[frozenset[str]] = frozenset(),
        avoid: frozenset[str] = frozenset(),
        open_planned: bool = False,
    ) -> None:
        self.network = network
        self.avoid = avoid
        self.open_planned = open_planned
        self.rail: dict[tuple[str, int], dict[str, list[Arc]]] = {}
        self.side_of: dict[tuple[str, str], str] = {}  # (carrier, border point) -> the carrier's own station
        self.rail_borders: dict[str, tuple[str, str]] = {}  # border point -> its two stations
        self.roads: dict[str, dict[str, list[Arc]]] = {}
        self._build_rail()
        self._build_roads(road_kmh, closed_roads)
        self._from = lru_cache(maxsize=4096)(self._best_from)
        self.rail_haul = lru_cache(maxsize=65536)(self._rail_haul)
        self.road_hauls = lru_cache(maxsize=65536)(self._road_hauls)

    # ---- building -----------------------------------------------------------------------------------

    def _build_rail(self) -> None:
        country = {pid: p.country for pid, p in self.network.places.items()}
        for section in self.network.rail_sections:
            if not section.is_open and not self.open_planned:
                continue
            a, b = section.from_id, section.to_id
            if country[a] == country[b]:
                for gauge in section.gauges:
                    self._arc((RAILWAY_OF[country[a]], gauge), a, b, section.length_km)
                continue
            point = border_point(a, b)
            self.rail_borders[point] = (point.split("|")[0], point.split("|")[1])
            crossing = self.network.rail_crossing(a, b, 0)
            # Where the gauge breaks, the section counts in both railways' distances: the train of one
            # runs into the other's station and is reloaded there [rule: half-link].
            gauges = set(section.gauges)
            if crossing is not None and crossing.kind != "same-gauge":
                gauges |= set(self.network.places[a].gauges) | set(self.network.places[b].gauges)
            for end in (a, b):
                carrier = RAILWAY_OF[country[end]]
                self.side_of[carrier, point] = end
                for gauge in gauges:
                    self._arc((carrier, gauge), end, point, section.length_km / 2)

    def _arc(self, key: tuple[str, int], a: str, b: str, km: float) -> None:
        adjacency = self.rail.setdefault(key, {})
        adjacency.setdefault(a, []).append((b, km, 0.0))
        adjacency.setdefault(b, []).append((a, km, 0.0))

    def _build_roads(self, road_kmh: Mapping[str, float], closed: frozenset[frozenset[str]]) -> None:
        for section in self.network.road_sections:
            if not section.is_open and not self.open_planned:
                continue
            a, b = section.from_id, section.to_id
            if frozenset((a, b)) in closed or a in self.avoid or b in self.avoid:
                continue
            country = self.network.places[a].country
            hours = section.length_km / self._kmh(section, road_kmh.get(country, 50.0))
            adjacency = self.roads.setdefault(country, {})
            adjacency.setdefault(a, []).append((b, section.length_km, hours))
            adjacency.setdefault(b, []).append((a, section.length_km, hours))
        for join in self.network.joins:
            # A station and a town some kilometres apart: a short truck run [rule: joined-by-road].
            if join.by == "road" and join.state == "open" and not {join.a_id, join.b_id} & self.avoid:
                country = self.network.places[join.a_id].country
                hours = join.distance_km / road_kmh.get(country, 50.0)
                adjacency = self.roads.setdefault(country, {})
                adjacency.setdefault(join.a_id, []).append((join.b_id, join.distance_km, hours))
                adjacency.setdefault(join.b_id, []).append((join.a_id, join.distance_km, hours))

    @staticmethod
    def _kmh(section: RoadSection, default: float) -> float:
        return section.speed_kmh or default

    # ---- hauls --------------------------------------------------------------------------------------

    def _best_from(
        self, mode: str, name: str, gauge: int, start: str, by_hours: bool, around: bool
    ) -> dict[str, tuple[float, float, str]]:
        """Best ways from `start`; `around` leaves the avoided places out."""
        adjacency = self.rail.get((name, gauge), {}) if mode == "rail" else self.roads.get(name, {})
        # A border point is an end, never a way through: the neighbour carries beyond it.
        inner = {
            place: arcs
            for place, arcs in adjacency.items()
            if (not is_border(place) or place == start) and not (around and place in self.avoid)
        }
        return shortest(inner, start, by_hours)

    def _rail_haul(self, carrier: str, gauge: int, start: str, end: str) -> Haul | None:
        """The haul between two points of a railway's network, or None where no track of that gauge leads."""
        best = self._from("rail", carrier, gauge, start, False, False)
        if end not in best or start == end:
            return None
        tariff_km = math.ceil(round(best[end][0], 6))
        actual = self._from("rail", carrier, gauge, start, False, True) if self.avoid else best
        if end not in actual or (self.avoid and (end in self.avoid or start in self.avoid)):
            return None
        full = path_to(actual, end)
        stations = tuple(p for p in full if not is_border(p))
        return Haul(
            mode="rail",
            carrier=carrier,
            country=self._country(carrier),
            gauge=gauge,
            start=start,
            end=end,
            from_id=self.side_of.get((carrier, start), start),
            to_id=self.side_of.get((carrier, end), end),
            path=stations,
            tariff_km=tariff_km,
            length_km=round(actual[end][0], 3),
            driving_h=0.0,
        )

    @cached_property
    def stations(self) -> frozenset[str]:
        """Places on the track this network runs over."""
        return frozenset(place for adjacency in self.rail.values() for place in adjacency if not is_border(place))

    @cached_property
    def road_places(self) -> frozenset[str]:
        """Places on the roads this network runs over, and the posts of their borders."""
        posts = {p for c in self.network.road_crossings for p in (c.from_id, c.to_id)}
        return frozenset({place for adjacency in self.roads.values() for place in adjacency} | posts)

    def _road_hauls(self, country: str, start: str, end: str) -> tuple[Haul, ...]:
        """The shortest road haul inside a country and, where it is another way, the fastest."""
        found: list[Haul] = []
        for by_hours in (False, True):
            best = self._from("road", country, 0, start, by_hours, False)
            if end not in best or start == end:
                return ()
            length, hours, _ = best[end]
            path = path_to(best, end)
            if found and path == found[0].path:
                continue
            found.append(
                Haul(
                    mode="road",
                    carrier=f"ROAD-{country}",
                    country=country,
                    gauge=0,
                    start=start,
                    end=end,
                    from_id=start,
                    to_id=end,
                    path=path,
                    tariff_km=math.ceil(round(length, 6)),
                    length_km=round(length, 3),
                    driving_h=hours,
                )
            )
        return tuple(found)

    @staticmethod
    @cache
    def _country(carrier: str) -> str:
        return next(c for c, name in RAILWAY_OF.items() if name == carrier)
