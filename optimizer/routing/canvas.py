"""What every part of the graph is drawn on: nodes, edges, and the facts about places the parts share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from optimizer.network.model import RAILWAY_OF, Network, SeaService
from optimizer.operations import Operations
from optimizer.routing.forms import PASSAGE, TRUCKING, Edge, Leg, Riding, form_family, unit_family
from optimizer.routing.hauls import HaulNetwork
from optimizer.subject import Subject, Wanted

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Chain:
    """What a through rate covers: places and crossings `a|b` in order, and the charges it replaces."""

    text: str
    mode: str
    places: tuple[str, ...]
    replaces: frozenset[str]


class Canvas:
    """Nodes and edges of one context.

    Args:
        network, hauls, operations: the facts.
        riding: how the cargo may ride.
        open_hauls: the same roads without dated closures, to show what a closure costs.
        through: the chains of through rates.
        via: places some haul must be able to touch even when it is not the shortest way.
        by_onward: whether some rule asks if a train to a port is followed by a ship.
    """

    def __init__(
        self,
        network: Network,
        hauls: HaulNetwork,
        operations: Operations,
        riding: Riding,
        *,
        road_variants: tuple[tuple[HaulNetwork, tuple[str, ...]], ...] = (),
        through: Iterable[Chain] = (),
        via: frozenset[str] = frozenset(),
        by_onward: bool = False,
    ) -> None:
        self.network = network
        self.hauls = hauls
        self.operations = operations
        self.riding = riding
        self.road_variants = road_variants
        self.via = via
        self.nodes: dict[str, int] = {}
        self.names: list[str] = []
        self.edges: list[Edge] = []
        self._rail_done: set[tuple[str, str, str, str]] = set()
        self._road_done: set[tuple[str, str, str, str]] = set()
        self.through = tuple(through)
        self.by_onward = by_onward
        self._chain_ends = {p for chain in self.through for p in (chain.places[0], chain.places[-1])}

    def country(self, place_id: str) -> str:
        return self.network.places[place_id].country

    @cached_property
    def countries(self) -> frozenset[str]:
        """Countries of the search: those a way may pass, and the shipment's own two."""
        return PASSAGE | self.riding.beyond

    @cached_property
    def rail_gateways(self) -> frozenset[str]:
        """Stations where carriage may begin or end in the middle of a way: ports, road yards, breaks of gauge."""
        found = set()
        for place in self.network.rail_places:
            members = self.network.members[place]
            if any(m in self.network.road_places or m in self.network.sea_places for m in members):
                found.add(place)
        for row in self.network.rail_crossings:
            if row.kind != "same-gauge" and self.country(row.from_id) == self.country(row.to_id):
                found.add(row.from_id)
        return frozenset(p for p in found & self.network.rail_places if self.country(p) in self.countries)

    @cached_property
    def road_gateways(self) -> dict[str, frozenset[str]]:
        """By country: posts, ports, and towns that share a location with a station."""
        posts = {p for c in self.network.road_crossings for p in (c.from_id, c.to_id)}
        towns = {
            p
            for p in self.network.road_places
            if any(m in self.network.rail_places or m in self.network.sea_places for m in self.network.members[p])
        }
        by_country: dict[str, set[str]] = {}
        for place in (posts | towns | self._chain_ends) & self.network.road_places:
            if self.country(place) not in self.countries:
                continue
            by_country.setdefault(self.country(place), set()).add(place)
        return {c: frozenset(p) for c, p in by_country.items()}

    @cached_property
    def edge_places(self) -> frozenset[str]:
        """Places at the rim of a country: border posts and stations, ports. Cargo comes in and goes out there."""
        rim = set(self.posts) | set(self.network.sea_places)
        rim |= {station for point in self.hauls.rail_borders.values() for station in point}
        return frozenset(m for p in rim for m in self.network.members[p])

    @cached_property
    def _road_rim(self) -> frozenset[str]:
        kinds = (
            {"roro", "container_feeder"}
            if self.riding.boxed
            else {"roro"} | ({"dry_bulk"} if self.riding.bulk else set())
        )
        ports = {p for s in self.network.sea_services if s.kind in kinds for p in (s.from_id, s.to_id)}
        stations = {station for point in self.hauls.rail_borders.values() for station in point}
        members = {m for p in ports | stations for m in self.network.members[p]}
        return frozenset((members | self.posts | self._chain_ends) & self.network.road_places)

    @cached_property
    def _foreign_rim(self) -> frozenset[str]:
        ports = {p for s in self.network.sea_services if s.kind == "roro" for p in (s.from_id, s.to_id)}
        return frozenset((self.posts | ports) & self.network.road_places)

    @cached_property
    def posts(self) -> frozenset[str]:
        return frozenset(p for c in self.network.road_crossings for p in (c.from_id, c.to_id))

    def node(self, place: str, form: str, phase: str) -> int:
        key = f"{place}/{form}/{phase}"
        index = self.nodes.get(key)
        if index is None:
            index = len(self.names)
            self.nodes[key] = index
            self.names.append(key)
        return index

    def _add(
        self,
        tail: int,
        head: int,
        kind: str,
        legs: tuple[Leg, ...],
        wanted: Iterable[Wanted],
        sign: str = "",
        shut_by: tuple[str, ...] = (),
    ) -> None:
        self.edges.append(Edge(tail, head, kind, legs, tuple(wanted), sign, shut_by))

    @cached_property
    def _gateways_by_carrier(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for place in sorted(self.rail_gateways):
            found.setdefault(RAILWAY_OF[self.country(place)], []).append(place)
        return found

    @cached_property
    def _borders_by_carrier(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for carrier, point in sorted(self.hauls.side_of):
            if all(self.country(station) in self.countries for station in self.hauls.rail_borders[point]):
                found.setdefault(carrier, []).append(point)
        return found

    @cached_property
    def _wagon_forms(self) -> tuple[str, ...]:
        """Forms on rails this cargo may take."""
        return self._forms_on_rails()

    def _rim_stations(self, carrier: str) -> list[str]:
        return [g for g in self._gateways_by_carrier.get(carrier, []) if g in self.edge_places]

    def _forms_on_rails(self) -> tuple[str, ...]:
        if self.riding.boxed:
            return ("B1520", "B1435", "B1676")
        if not self.riding.wagon:
            return ()
        own = "p" if self.riding.ownership in ("private", "foreign") and self.riding.equipment.family == "wagon" else ""
        return (("W1520p", "W1435p", "W1676p") if own else ()) + ("W1520c", "W1435c", "W1676c")

    def _truck_forms(self) -> tuple[str, ...]:
        letter = "X" if self.riding.boxed else "T"
        if not self.riding.boxed and not self.riding.truck:
            return ()
        return tuple(
            f"{letter}:{country}"
            for country in sorted(TRUCKING | {self.riding.truck_home})
            if country in self.road_gateways
        )

    def _carriers_of(self, form: str) -> tuple[str, ...]:
        gauge = int(form[1:5])
        return tuple(sorted(c for c, g in self.hauls.rail if g == gauge))

    def owner_of(self, form: str) -> str:
        if form[0] == "W":
            return self.riding.ownership if form.endswith("p") else "carrier"
        return self.riding.ownership if form[0] in "BXS" else "carrier"

    def equipment_of(self, form: str) -> str:
        if form[0] == "W":
            return self.riding.wagon
        if form[0] == "T":
            return self.riding.truck
        if form[0] == "H":
            return "bulk-vessel"
        return self.riding.equipment.id

    def _subject(self, charge: str, form: str, **more: object) -> Subject:
        family = form_family(form)
        riding = self.riding
        values: dict[str, object] = {
            "charge": charge,
            "form": family,
            "equipment": self.equipment_of(form),
            "owner": self.owner_of(form),
            "feet": riding.equipment.feet if family == "container" else 0,
            "gross_t": riding.gross_t if family == "container" else ZERO,
            "month": riding.month,
        }
        values.update(more)
        return Subject(**values)  # type: ignore[arg-type]

    def _hire(self, form: str, hire_days: Decimal, unload_per_day: float | None = None) -> list[Wanted]:
        """Hire of what the cargo rides in, for days of a form: the shipper's wagon, the platform, the line's box."""
        per_day = Decimal(str(unload_per_day)) if unload_per_day else ZERO
        more = {"days": hire_days, "unload_per_day": per_day, "required": False}
        if form.startswith("W") and form.endswith("p"):
            return [self._subject("hire", form, **more)]
        if form.startswith("B"):
            return [self._subject("platform_hire", form, **more), self._subject("box_hire", form, **more)]
        if form[0] in "XS":
            return [self._subject("box_hire", form, **more)]
        return []

    def _border_sign(self, here: str, there: str) -> str:
        """A border by the location on one fixed side of it: by rail or truck, out or in, Sarakhs is Sarakhs."""
        first, second = sorted((here, there))
        sign = f"{self.country(first)}|{self.country(second)}:{min(self.network.members[first])}"
        if first in self._two_borders:
            sign += f"/{min(self.network.members[second])}"
        return sign

    @cached_property
    def _two_borders(self) -> frozenset[str]:
        """Stations with two railway borders to one country, as Dashoguz, where a train enters and leaves again."""
        seen: dict[tuple[str, str], set[str]] = {}
        for row in self.network.rail_crossings:
            first, second = sorted((row.from_id, row.to_id))
            if self.country(first) != self.country(second):
                seen.setdefault((first, self.country(second)), set()).add(second)
        return frozenset(m for (first, _), ends in seen.items() if len(ends) > 1 for m in self.network.members[first])

    def _insurance(self, form: str, into: str) -> list[Wanted]:
        """Crossing into Afghanistan may cost a supplement; the rule knows whom."""
        if into == "AF":
            return [self._subject("insurance_supplement", form, country=into, required=False)]
        return []

    def _distance(self, a: str, b: str) -> float:
        return 0.0 if a == b else self.operations.number("siding_km")

    def _handling(self, a: str, b: str, service: str, form: str, hours: float) -> Leg:
        return Leg(
            "handling",
            "none",
            a,
            b,
            service=service,
            equipment=self.equipment_of(form),
            family=unit_family(form),
            distance_km=self._distance(a, b),
            hours=hours,
        )

    def _rail_forms_at(self, station: str) -> list[str]:
        carrier = RAILWAY_OF[self.country(station)]
        return [f for f in self._wagon_forms if station in self.hauls.rail.get((carrier, int(f[1:5])), {})]

    def _to_ship(self, station: str) -> str:
        """The phase in which a train's cargo waits for a ship: its own where some rule asks, else that of any arrival."""
        if not self.by_onward or station not in self.network.members:
            return "a"
        return "s" if any(m in self.network.sea_places for m in self.network.members[station]) else "a"

    def _services_at(self, port: str) -> list[SeaService]:
        return [s for s in self.network.sea_services if s.is_open and port in (s.from_id, s.to_id)]

    def _bulk_port(self, port: str) -> bool:
        return any(s.kind == "dry_bulk" for s in self._services_at(port))

    @property
    def size(self) -> int:
        return len(self.names)
