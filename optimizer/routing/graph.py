"""The search graph: nodes are (place, form of the cargo, phase), edges are what can happen next.

A form says how the cargo rides:

    W1520p  loose in the shipper's wagon on 1520 mm track      B1435  in a container on a 1435 mm platform
    W1435c  loose in a wagon of the railway, 1435 mm           X:KZ   in a container on a Kazakh truck
    T:TM    in a Turkmen truck                                 H      in a ship's hold
                                                               S      in a container on a ship

and a phase what may follow: `a` arrived by a haul, `d` ready to be hauled on, `x` at a border and not
across, `q` on the quay before a ferry, `l` landed from one. Two hauls never follow each other without
something between them, so a tariff cannot be split by stopping half way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from optimizer.network.model import RAILWAY_OF, Network, SeaService
from optimizer.operations import Operations, days
from optimizer.routing.hauls import Haul, HaulNetwork, is_border
from optimizer.shipment import Cargo, Equipment
from optimizer.subject import Either, Subject, Wanted

ZERO = Decimal(0)
# Ports inside the strait; every sea link between one of these and a port outside passes Hormuz.
GULF_PORTS = frozenset({"ir-bandar-abbas-port", "ae-jebel-ali-port"})
# Countries a way may pass. Others are ends only: no book prices carriage through them.
TRUCKING = frozenset({"KZ", "UZ", "TM", "IR", "AF", "PK"})  # countries whose trucks the books price
PASSAGE = frozenset({"KZ", "UZ", "TM", "IR", "AF", "PK", "AZ"})


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of the way as the client reads it."""

    kind: str  # haul, handling, border, wait
    mode: str  # rail, road, sea, none
    from_id: str
    to_id: str
    carrier: str = ""
    service: str = ""
    equipment: str = ""
    family: str = ""  # wagon, container, truck, ship: what `units` counts
    distance_km: float = 0.0
    hours: float = 0.0
    hours_per_unit: float = 0.0  # when units pass a narrow place one after another
    path: tuple[str, ...] = ()
    note: str = ""


@dataclass(slots=True)
class Edge:
    """A step from node to node with its legs and what there is to charge."""

    tail: int
    head: int
    kind: str
    legs: tuple[Leg, ...]
    wanted: tuple[Wanted, ...]
    sign: str = ""  # what makes a route another route: crossings and sailings
    shut_by: tuple[str, ...] = ()  # ids of restrictions in force

    @property
    def places(self) -> frozenset[str]:
        return frozenset(p for leg in self.legs for p in (leg.path or (leg.from_id, leg.to_id)))

    @property
    def countries(self) -> frozenset[str]:
        """Country codes, as the ids of our places begin with them."""
        return frozenset(p[:2].upper() for p in self.places)

    @property
    def modes(self) -> frozenset[str]:
        return frozenset(leg.mode for leg in self.legs if leg.kind == "haul")

    @property
    def carriers(self) -> frozenset[str]:
        return frozenset(leg.carrier for leg in self.legs if leg.kind == "haul")


@dataclass(frozen=True, slots=True)
class Riding:
    """How this cargo may ride on this network: fixed for a whole context."""

    cargo: Cargo
    equipment: Equipment
    ownership: str
    wagon: str  # equipment id of wagons, also after a transshipment; "" where the cargo takes none
    truck: str  # equipment id of trucks; ""
    bulk: bool  # may ride loose in a hold
    beyond: frozenset[str]  # the shipment's own countries, where no way passes through
    month: int
    gross_t: Decimal  # gross mass of one container
    truck_home: str = "KZ"  # country of the first truck, where its trucks are not among those the books price
    from_store: bool = False  # no equipment was named: at a port, loose goods may also go from store to ship

    @property
    def boxed(self) -> bool:
        return self.equipment.family == "container"


def form_family(form: str) -> str:
    """wagon, container, truck, hold.

    >>> form_family("W1520p"), form_family("B1435"), form_family("T:KZ"), form_family("H")
    ('wagon', 'container', 'truck', 'hold')
    """
    return {"W": "wagon", "B": "container", "T": "truck", "X": "container", "H": "hold", "S": "container"}[form[0]]


def unit_family(form: str) -> str:
    """What is counted when the cargo rides so: wagon, container, truck, ship."""
    return "ship" if form == "H" else form_family(form)


class Graph:
    """Nodes and edges of one context; lanes add their own ends with `extend`.

    Args:
        network, hauls, operations: the facts.
        riding: how the cargo may ride.
        open_hauls: the same roads without dated closures, to show what a closure costs.
        through: (chain text, parts, charges replaced) of through rates.
        via: places some haul must be able to touch even when it is not the shortest way.
    """

    def __init__(
        self,
        network: Network,
        hauls: HaulNetwork,
        operations: Operations,
        riding: Riding,
        *,
        road_variants: tuple[tuple[HaulNetwork, tuple[str, ...]], ...] = (),
        through: Iterable[tuple[str, tuple[str, ...], frozenset[str]]] = (),
        via: frozenset[str] = frozenset(),
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
        self._build(tuple(through))

    # ---- facts about places -------------------------------------------------------------------------

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
        kinds = {"roro", "container_feeder"} if self.riding.boxed else {"roro"} | ({"dry_bulk"} if self.riding.bulk else set())
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

    # ---- construction -------------------------------------------------------------------------------

    def node(self, place: str, form: str, phase: str) -> int:
        key = f"{place}/{form}/{phase}"
        index = self.nodes.get(key)
        if index is None:
            index = len(self.names)
            self.nodes[key] = index
            self.names.append(key)
        return index

    def _add(
        self, tail: int, head: int, kind: str, legs: tuple[Leg, ...], wanted: Iterable[Wanted], sign: str = "", shut_by: tuple[str, ...] = ()
    ) -> None:
        self.edges.append(Edge(tail, head, kind, legs, tuple(wanted), sign, shut_by))

    def _build(self, through: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]) -> None:
        self._chain_ends = {p for _, chain, _ in through for p in (chain[0], chain[-1])}
        self._gateways_by_carrier: dict[str, list[str]] = {}
        for place in sorted(self.rail_gateways):
            self._gateways_by_carrier.setdefault(RAILWAY_OF[self.country(place)], []).append(place)
        self._borders_by_carrier: dict[str, list[str]] = {}
        for carrier, point in sorted(self.hauls.side_of):
            if all(self.country(station) in self.countries for station in self.hauls.rail_borders[point]):
                self._borders_by_carrier.setdefault(carrier, []).append(point)
        self._wagon_forms = self._forms_on_rails()
        for form in self._wagon_forms:
            for carrier in self._carriers_of(form):
                borders = self._borders_by_carrier.get(carrier, [])
                for start in borders:
                    self._rail_hauls(form, carrier, start)
                if form.endswith("p"):
                    continue  # the shipper's wagon starts only where the shipment does
                for start in self._gateways_by_carrier.get(carrier, []):
                    # Put on rails at a port or a border the cargo may go anywhere; put on rails inland
                    # it goes out of the country or to its destination.
                    self._rail_hauls(form, carrier, start, None if start in self.edge_places else [*borders, *self._rim_stations(carrier)])
            self._rail_crossings(form)
        self._breaks_of_gauge()
        self._transfers()
        self._sea()
        for country, gateways in sorted(self.road_gateways.items()):
            for form in self._truck_forms():
                # A truck leads to the rim of the country or from it; between two railway yards the
                # railway carries. A foreign truck passes from post to post or to a ferry, and unloads
                # there or at the destination.
                at_home = form[2:] == country
                rim = gateways & (self._road_rim if at_home else self._foreign_rim)
                for start in sorted(gateways if at_home else rim):
                    self._road_hauls(form, country, start, sorted(rim))
        self._road_crossings()
        for chain_text, chain, replaced in through:
            self._through(chain_text, chain, replaced)

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
        return tuple(f"{letter}:{country}" for country in sorted(TRUCKING | {self.riding.truck_home}) if country in self.road_gateways)

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

    # ---- rails --------------------------------------------------------------------------------------

    def _rail_hauls(self, form: str, carrier: str, start: str, ends: Iterable[str] | None = None) -> None:
        """Hauls of one form from a point to every gateway of the carrier (or to the given ends)."""
        gauge = int(form[1:5])
        if ends is None:
            ends = [*self._borders_by_carrier.get(carrier, ()), *self._gateways_by_carrier.get(carrier, ())]
        for end in ends:
            key = (form, carrier, start, end)
            if end == start or key in self._rail_done:
                continue
            self._rail_done.add(key)
            haul = self.hauls.rail_haul(carrier, gauge, start, end)
            if haul is None:
                continue
            self._rail_edge(form, haul)
            for place in sorted(self.via):
                if place not in haul.path:
                    detour = self._detour(haul, place)
                    if detour is not None:
                        self._rail_edge(form, detour)

    def _detour(self, haul: Haul, place: str) -> Haul | None:
        """The same haul by way of a place the client wants to pass; its tariff distance is the same."""
        first = self.hauls.rail_haul(haul.carrier, haul.gauge, haul.start, place)
        second = self.hauls.rail_haul(haul.carrier, haul.gauge, place, haul.end)
        if first is None or second is None or set(first.path) & set(second.path) != {place}:
            return None
        return replace(haul, path=first.path + second.path[1:], length_km=first.length_km + second.length_km)

    def _rail_edge(self, form: str, haul: Haul) -> None:
        country = haul.country
        speed = self.operations.rail_km_per_day(country, form.startswith("B"))
        hours = haul.length_km / float(speed) * 24
        leg = Leg(
            kind="haul",
            mode="rail",
            from_id=haul.from_id,
            to_id=haul.to_id,
            carrier=haul.carrier,
            service="rail",
            equipment=self.equipment_of(form),
            family=unit_family(form),
            distance_km=haul.length_km,
            hours=hours,
            path=haul.path,
        )
        subject = self._subject(
            "carriage",
            form,
            carrier=haul.carrier,
            country=country,
            from_id=haul.from_id,
            to_id=haul.to_id,
            path=haul.path,
            gauge=haul.gauge,
            km=haul.tariff_km,
        )
        wanted: list[Wanted] = [subject]
        if form.endswith("p") or form.startswith("B"):
            wanted.append(replace(subject, charge="empty_return", required=False))
        # Out loaded and back empty: the wagon is paid for both ways [rule: hire-both-ways].
        wanted += self._hire(form, (2 * Decimal(haul.tariff_km) / speed).quantize(Decimal("0.001")))
        tail = self.node(haul.start, form, f"d:{haul.carrier}" if is_border(haul.start) else "d")
        head = self.node(haul.end, form, f"x:{haul.carrier}" if is_border(haul.end) else "a")
        self._add(tail, head, "rail", (leg,), wanted)

    def _rail_crossings(self, form: str) -> None:
        gauge = int(form[1:5])
        for point, (a, b) in sorted(self.hauls.rail_borders.items()):
            if not {self.country(a), self.country(b)} <= self.countries:
                continue
            section_gauges = self._section_gauges(a, b)
            if gauge not in section_gauges:
                continue
            for here, there in ((a, b), (b, a)):
                out_of, into = self.country(here), self.country(there)
                row = self.network.rail_crossing(here, there, self.riding.month)
                dwell_h = row.dwell_h if row is not None and row.dwell_h is not None else self.operations.number("rail_border_dwell_h")
                leg = Leg("border", "rail", here, there, carrier=f"{RAILWAY_OF[out_of]}/{RAILWAY_OF[into]}",
                          equipment=self.equipment_of(form), family=unit_family(form), hours=dwell_h)  # fmt: skip
                crossing = frozenset((here, there))
                out_subject = self._subject("rail_border", form, country=out_of, direction="out", from_id=here, to_id=there, crossing=crossing)
                in_subject = replace(out_subject, country=into, direction="in")
                extra = replace(out_subject, charge="bridge", country=into, direction="in", required=False)
                wanted: list[Wanted] = [
                    Either((out_subject, in_subject), (replace(out_subject, charge="rail_border_default", country="", direction=""),)),
                    extra,
                    replace(extra, charge="documents"),
                ]
                if self._law_changes(out_of, into):
                    wanted.append(replace(extra, charge="documents", carrier=RAILWAY_OF["IR"], service="reissue"))
                wanted += self._insurance(form, into)
                wanted += self._hire(form, days(dwell_h))
                self._add(
                    self.node(point, form, f"x:{RAILWAY_OF[out_of]}"),
                    self.node(point, form, f"d:{RAILWAY_OF[into]}"),
                    "rail_border",
                    (leg,),
                    wanted,
                    sign=self._border_sign(here, there),
                )

    def _border_sign(self, here: str, there: str) -> str:
        """A border by the location on one fixed side of it: by rail or truck, out or in, Sarakhs is Sarakhs."""
        first, second = sorted((here, there))
        return f"{self.country(first)}|{self.country(second)}:{min(self.network.members[first])}"

    def _section_gauges(self, a: str, b: str) -> tuple[int, ...]:
        for section in self.network.rail_sections:
            if {section.from_id, section.to_id} == {a, b}:
                return section.gauges
        return ()

    @staticmethod
    def _law_changes(out_of: str, into: str) -> bool:
        """SMGS on one side, CIM on the other: the consignment note is written anew."""
        return (out_of == "IR") != (into == "IR") and {out_of, into} & {"TM", "AF"} != set()

    def _insurance(self, form: str, into: str) -> list[Wanted]:
        """Crossing into Afghanistan may cost a supplement; the rule knows whom."""
        if into == "AF":
            return [self._subject("insurance_supplement", form, country=into, required=False)]
        return []

    def _breaks_of_gauge(self) -> None:
        """Reloading and bogie change beside each other, at the station beyond (or before) the border."""
        for row in self.network.rail_crossings:
            if row.kind == "same-gauge":
                continue
            a, b = row.from_id, row.to_id
            if self.country(a) == self.country(b):
                self._break_inside(a, row.dwell_h)
                continue
            if "IR" not in (self.country(a), self.country(b)):
                continue
            iran = a if self.country(a) == "IR" else b
            point = "|".join(sorted((a, b)))
            if point not in self.hauls.rail_borders:
                continue
            after, before = f"d:{RAILWAY_OF['IR']}", f"x:{RAILWAY_OF['IR']}"
            for phase, gauge_from, gauge_to in ((after, 1520, 1435), (before, 1435, 1520)):
                self._gauge_change(point, iran, phase, phase, gauge_from, gauge_to, row.throughput_wagons_per_day, None, row.kind == "gauge-change")

    def _break_inside(self, station: str, dwell_h: float | None) -> None:
        for gauge_from, gauge_to in ((1435, 1676), (1676, 1435)):
            self._gauge_change(station, station, "a", "d", gauge_from, gauge_to, None, dwell_h, False)

    def _gauge_change(
        self, point: str, station: str, phase_from: str, phase_to: str, gauge_from: int, gauge_to: int,
        throughput: float | None, dwell_h: float | None, bogies: bool,
    ) -> None:  # fmt: skip
        def leg(note: str, form: str, hours: float, per_unit: float) -> Leg:
            return Leg("handling", "none", station, station, service=note, equipment=self.equipment_of(form),
                       family=unit_family(form), hours=hours, hours_per_unit=per_unit)  # fmt: skip

        hours = dwell_h if dwell_h is not None else (0.0 if throughput else self.operations.number("reload_h"))
        per_unit = 24 / throughput if throughput else 0.0
        common = {"from_id": station, "to_id": station, "country": self.country(station)}
        for form in self._wagon_forms:
            if int(form[1:5]) != gauge_from:
                continue
            tail = self.node(point, form, phase_from)
            if form.startswith("B"):
                to_form = f"B{gauge_to}"
                lift_h = max(hours, self.operations.number("lift_h")) if throughput is None else self.operations.number("lift_h")
                self._add(tail, self.node(point, to_form, phase_to), "lift", (leg("container lift", form, lift_h, 0.0),),
                          [self._subject("lift", form, **common), *self._hire(form, days(lift_h))], sign="")  # fmt: skip
                continue
            to_form = f"W{gauge_to}c"
            if to_form in self._wagon_forms:
                self._add(
                    tail,
                    self.node(point, to_form, phase_to),
                    "reload",
                    (leg("reloading", form, hours, per_unit),),
                    [self._subject("reload", form, **common), *self._hire(form, days(hours), throughput)],
                )
            if bogies and form.endswith("p") and f"W{gauge_to}p" in self._wagon_forms:
                bogie_h = self.operations.number("bogie_h")
                self._add(
                    tail,
                    self.node(point, f"W{gauge_to}p", phase_to),
                    "bogie_change",
                    (leg("bogie change", form, bogie_h, 0.0),),
                    [self._subject("bogie_change", form, **common), *self._hire(form, days(bogie_h))],
                )

    # ---- between rails, road and sea ----------------------------------------------------------------

    def _transfers(self) -> None:
        """Wagon and truck, wagon and hold, truck and hold, container lifts, at places of one location."""
        for station in sorted(self.rail_gateways):
            country = self.country(station)
            for place in self.network.members[station]:
                if place in self.network.road_places:
                    self._rail_road(station, place, country)
                if place in self.network.sea_places:
                    self._rail_sea(station, place, country)
        for port in sorted(self.network.sea_places):
            country = self.country(port)
            if country not in self.countries:
                continue
            for place in self.network.members[port]:
                if place in self.network.road_places:
                    self._road_sea(place, port, country)

    def _distance(self, a: str, b: str) -> float:
        return 0.0 if a == b else self.operations.number("siding_km")

    def _handling(self, a: str, b: str, service: str, form: str, hours: float) -> Leg:
        return Leg("handling", "none", a, b, service=service, equipment=self.equipment_of(form), family=unit_family(form),
                   distance_km=self._distance(a, b), hours=hours)  # fmt: skip

    def _rail_forms_at(self, station: str) -> list[str]:
        carrier = RAILWAY_OF[self.country(station)]
        return [f for f in self._wagon_forms if station in self.hauls.rail.get((carrier, int(f[1:5])), {})]

    def _rail_road(self, station: str, place: str, country: str) -> None:
        common = {"from_id": station, "to_id": place, "country": country}
        for rail_form in self._rail_forms_at(station):
            boxed = rail_form.startswith("B")
            truck_form = f"{'X' if boxed else 'T'}:{country}"
            if truck_form not in self._truck_forms():
                continue
            service = "container lift" if boxed else "transshipment"
            hours = self.operations.number("lift_h" if boxed else "transship_h")
            charge = "lift" if boxed else "transship"
            leg = self._handling(station, place, service, rail_form, hours)
            hire = self._hire(rail_form, days(hours))
            throughput = None if boxed else self._unloading_per_day(station)
            if throughput:
                leg = replace(leg, hours=0.0, hours_per_unit=24 / throughput)
                hire = self._hire(rail_form, ZERO, throughput)
            self._add(
                self.node(station, rail_form, "a"),
                self.node(place, truck_form, "d"),
                charge,
                (leg,),
                [self._subject(charge, rail_form, **common), *hire],
            )
            if rail_form.endswith("p"):
                continue
            for other in self._truck_forms():
                self._add(
                    self.node(place, other, "a"),
                    self.node(station, rail_form, "d"),
                    charge,
                    (self._handling(place, station, service, rail_form, hours),),
                    [self._subject(charge, rail_form, **common), *self._hire(rail_form, days(hours))],
                )

    def _rail_sea(self, station: str, port: str, country: str) -> None:
        ferry = any(s.kind == "rail_ferry" for s in self._services_at(port))
        for form in self._rail_forms_at(station):
            if form.startswith("B"):
                self._box_port(station, port, form, country)
                continue
            if ferry and form.startswith("W1520"):
                leg = self._handling(station, port, "boarding the ferry", form, 0.0)
                self._add(self.node(station, form, "a"), self.node(port, form, "q"), "board", (leg,), [], sign="")
                land = self._handling(port, station, "leaving the ferry", form, 0.0)
                self._add(self.node(port, form, "l"), self.node(station, form, "d"), "land", (land,), [])
            if self.riding.bulk and self._bulk_port(port):
                kazakh = country == "KZ"
                hours = self.operations.number("port_wagon_days") * 24 if kazakh else self.operations.number("port_load_h")
                leg = self._handling(station, port, "port, wagon to ship", form, hours)
                common = {"from_id": port, "to_id": port, "country": country}
                hold = self._subject("port_load", "H", **common)
                self._add(self.node(station, form, "a"), self.node(port, "H", "d"), "port_load", (leg,), [hold, *self._hire(form, days(hours))])
                if form.endswith("c"):
                    hours = self.operations.number("port_discharge_h")
                    leg = self._handling(port, station, "port, ship to wagon", form, hours)
                    self._add(self.node(port, "H", "a"), self.node(station, form, "d"), "port_discharge", (leg,),
                              [self._subject("port_discharge", "H", **common)])  # fmt: skip

    def _unloading_per_day(self, station: str) -> float | None:
        """Wagons a day at a border station beyond a break of gauge, where one is known [rule: unloading]."""
        for row in self.network.rail_crossings:
            if station == row.to_id and row.kind == "gauge-change":
                return row.throughput_wagons_per_day
        return None

    def _box_port(self, place: str, port: str, form: str, country: str) -> None:
        hours = self.operations.number("port_container_h")
        common = {"from_id": port, "to_id": port, "country": country}
        out = self._subject("port_box", "S", direction="out", **common)
        self._add(self.node(place, form, "a"), self.node(port, "S", "d"), "port_box", (self._handling(place, port, "port, container to ship", form, hours),),
                  [out, *self._hire(form, days(hours))])  # fmt: skip
        into = self._subject("port_box", "S", direction="in", **common)
        self._add(self.node(port, "S", "a"), self.node(place, form, "d"), "port_box", (self._handling(port, place, "port, container from ship", form, hours),),
                  [into, *self._hire(form, days(hours))])  # fmt: skip

    def _road_sea(self, place: str, port: str, country: str) -> None:
        services = self._services_at(port)
        roro = any(s.kind == "roro" for s in services)
        common = {"from_id": port, "to_id": port, "country": country}
        for form in self._truck_forms():
            if roro:
                self._add(self.node(place, form, "a"), self.node(port, form, "q"), "board", (self._handling(place, port, "boarding the ferry", form, 0.0),), [])
                self._add(self.node(port, form, "l"), self.node(place, form, "d"), "land", (self._handling(port, place, "leaving the ferry", form, 0.0),), [])
            if form.startswith("X"):
                if form[2:] == country:
                    self._box_port(place, port, form, country)
                else:
                    hours = self.operations.number("port_container_h")
                    self._add(self.node(place, form, "a"), self.node(port, "S", "d"), "port_box",
                              (self._handling(place, port, "port, container to ship", form, hours),),
                              [self._subject("port_box", "S", direction="out", **common), *self._hire(form, days(hours))])  # fmt: skip
            elif self.riding.bulk and self._bulk_port(port):
                hours = self.operations.number("port_load_h")
                self._add(self.node(place, form, "a"), self.node(port, "H", "d"), "port_load", (self._handling(place, port, "port, truck to ship", form, hours),),
                          [self._subject("port_load", "H", **common)])  # fmt: skip
                if form[2:] == country:
                    hours = self.operations.number("port_discharge_h")
                    self._add(self.node(port, "H", "a"), self.node(place, form, "d"), "port_discharge", (self._handling(port, place, "port, ship to truck", form, hours),),
                              [self._subject("port_discharge", "H", **common)])  # fmt: skip

    def _services_at(self, port: str) -> list[SeaService]:
        return [s for s in self.network.sea_services if s.is_open and port in (s.from_id, s.to_id)]

    def _bulk_port(self, port: str) -> bool:
        return any(s.kind == "dry_bulk" for s in self._services_at(port))

    # ---- sea ----------------------------------------------------------------------------------------

    def _sea(self) -> None:
        for service in self.network.sea_services:
            if not service.is_open or not {self.country(service.from_id), self.country(service.to_id)} <= self.countries:
                continue
            for start, end in ((service.from_id, service.to_id), (service.to_id, service.from_id)):
                for form, tail, head in self._sailings(service, start, end):
                    self._sea_edge(service, start, end, form, tail, head)

    def _sailings(self, service: SeaService, start: str, end: str) -> list[tuple[str, int, int]]:
        kind = service.kind
        found: list[tuple[str, int, int]] = []
        if kind == "dry_bulk" and self.riding.bulk and not self.riding.boxed:
            found.append(("H", self.node(start, "H", "d"), self.node(end, "H", "a")))
        if kind in ("container_feeder", "roro") and self.riding.boxed:
            found.append(("S", self.node(start, "S", "d"), self.node(end, "S", "a")))
        if kind == "roro":
            found += [(f, self.node(start, f, p), self.node(end, f, "l")) for f in self._truck_forms() for p in ("q", "l")]
        if kind == "rail_ferry":
            forms = [f for f in self._wagon_forms if f.startswith("W1520")]
            found += [(f, self.node(start, f, p), self.node(end, f, "l")) for f in forms for p in ("q", "l")]
        return found

    def _sea_edge(self, service: SeaService, start: str, end: str, form: str, tail: int, head: int) -> None:
        if service.sailings_per_week:
            wait_h, why = 168 / service.sailings_per_week / 2, "waiting for a sailing"
        else:
            wait_h, why = self.operations.number("tramp_wait_h"), "waiting for a ship"
        family = unit_family(form)
        wait = Leg("wait", "none", start, start, service=why, equipment=self.equipment_of(form), family=family, hours=wait_h)
        note = "" if service.state == "running" else "unconfirmed"
        sail = Leg("haul", "sea", start, end, note=note, carrier=service.operator, service=service.kind, equipment=self.equipment_of(form),
                   family=family, distance_km=round(service.distance_km, 1), hours=service.sailing_h, path=(start, end))  # fmt: skip
        # A truck, loaded with a box or not, pays the truck fare; a box on its own the box fare.
        charged_form = "truck" if form[0] in "TX" else ("hold" if form == "H" else form_family(form))
        subject = self._subject(
            "sea_freight", form, country=self.country(start), from_id=start, to_id=end, path=(start, end), service=service.kind,
            nm=Decimal(str(service.distance_nm)),
        )  # fmt: skip
        subject = replace(subject, form=charged_form)
        wanted: list[Wanted] = [subject]
        if form.endswith("p"):
            wanted.append(replace(subject, charge="empty_return", required=False))
        round_trip = Decimal(str(2 * service.sailing_h + wait_h)) / 24
        wanted += self._hire(form, round_trip.quantize(Decimal("0.001")) if form[0] == "W" else days(service.sailing_h + wait_h))
        self._add(tail, head, "sea", (wait, sail), wanted, sign=f"{service.kind}:{start}>{end}")

    # ---- road ---------------------------------------------------------------------------------------

    def _road_hauls(self, form: str, country: str, start: str, ends: Iterable[str]) -> None:
        for end in ends:
            key = (form, country, start, end)
            if end == start or key in self._road_done:
                continue
            self._road_done.add(key)
            ways: dict[tuple[str, ...], tuple[Haul, tuple[str, ...]]] = {}
            for haul in self.hauls.road_hauls(country, start, end):
                ways[haul.path] = (haul, ())
            for variant, ids in self.road_variants:
                for haul in variant.road_hauls(country, start, end):
                    ways.setdefault(haul.path, (haul, ids))
            for haul, ids in list(ways.values()):
                for place in sorted(self.via):
                    if place not in haul.path and self.country(place) == country:
                        detour = self._road_detour(haul, place)
                        if detour is not None:
                            ways.setdefault(detour.path, (detour, ids))
            for haul, ids in ways.values():
                self._road_edge(form, haul, ids)

    def _road_detour(self, haul: Haul, place: str) -> Haul | None:
        """A road haul by way of a place the client wants to pass; a truck is paid for every kilometre."""
        first = self.hauls.road_hauls(haul.country, haul.start, place)
        second = self.hauls.road_hauls(haul.country, place, haul.end)
        if not first or not second or set(first[0].path) & set(second[0].path) != {place}:
            return None
        a, b = first[0], second[0]
        length = a.length_km + b.length_km
        return replace(
            haul, path=a.path + b.path[1:], length_km=length, tariff_km=math.ceil(round(length, 6)), driving_h=a.driving_h + b.driving_h
        )

    def _road_edge(self, form: str, haul: Haul, shut_by: tuple[str, ...]) -> None:
        # A driver is on the move so many hours a day; the rest is rest [rule: driving-hours].
        hours = haul.driving_h * 24 / self.operations.number("driving_h_per_day")
        family = form_family(form)
        leg = Leg("haul", "road", haul.from_id, haul.to_id, carrier=haul.carrier, service="truck",
                  equipment=self.equipment_of(form), family=family, distance_km=haul.length_km, hours=hours, path=haul.path)  # fmt: skip
        subject = self._subject(
            "truck", form, carrier=haul.carrier, country=haul.country, from_id=haul.from_id, to_id=haul.to_id, path=haul.path,
            truck_country=form[2:], km=haul.tariff_km,
            gross_t=self.operations.by_id["truck_capacity_t"].value,
        )  # fmt: skip
        wanted: list[Wanted] = [subject, replace(subject, charge="road_toll", required=False)]
        wanted += self._hire(form, days(hours))
        self._add(self.node(haul.start, form, "d"), self.node(haul.end, form, "a"), "road", (leg,), wanted, shut_by=shut_by)

    def _road_crossings(self) -> None:
        for row in self.network.road_crossings:
            if not {self.country(row.from_id), self.country(row.to_id)} <= self.countries:
                continue
            for here, there in ((row.from_id, row.to_id), (row.to_id, row.from_id)):
                for form in self._truck_forms():
                    self._road_crossing(form, here, there, row.dwell_h)

    def _road_crossing(self, form: str, here: str, there: str, dwell_h: float) -> None:
        out_of, into = self.country(here), self.country(there)
        family = form_family(form)
        leg = Leg("border", "road", here, there, carrier=f"{out_of}/{into}", equipment=self.equipment_of(form), family=family, hours=dwell_h)
        out_subject = self._subject(
            "road_border", form, country=out_of, direction="out", from_id=here, to_id=there, crossing=frozenset((here, there)),
            truck_country=form[2:], gross_t=self.operations.by_id["truck_capacity_t"].value,
        )  # fmt: skip
        in_subject = replace(out_subject, country=into, direction="in")
        optional = replace(in_subject, required=False)
        wanted: list[Wanted] = [
            Either((out_subject, in_subject), (replace(out_subject, charge="road_border_default", country="", direction=""),)),
            replace(optional, charge="truck_fee"),
            replace(optional, charge="transfer_fee"),
            replace(optional, charge="bridge"),
        ]
        wanted += self._insurance(form, into)
        wanted += self._hire(form, days(dwell_h))
        self._add(self.node(here, form, "a"), self.node(there, form, "d"), "road_border", (leg,), wanted, sign=self._border_sign(here, there))

    # ---- through rates ------------------------------------------------------------------------------

    def _through(self, chain_text: str, chain: tuple[str, ...], replaced: frozenset[str]) -> None:
        """One edge for a chain of hauls and crossings that a single rate covers."""
        for form in self._truck_forms():
            if form[2:] != self.country(chain[0]):
                continue
            parts = self._chain_edges(form, chain)
            if parts is None:
                continue
            legs = tuple(leg for edge in parts for leg in edge.legs)
            kept: list[Wanted] = []
            for edge in parts:
                for want in edge.wanted:
                    charges = {want.charge} if isinstance(want, Subject) else {s.charge for s in want.first}
                    if not charges & replaced:
                        kept.append(want)
            subject = self._subject("through", form, carrier=chain_text, from_id=chain[0], to_id=chain[-1], truck_country=form[2:])
            self._add(
                self.node(chain[0], form, "d"),
                self.node(chain[-1], form, "a"),
                "through",
                legs,
                [subject, *kept],
                sign=",".join(e.sign for e in parts if e.sign),
            )

    def _chain_edges(self, form: str, chain: tuple[str, ...]) -> list[Edge] | None:
        found: list[Edge] = []
        at = self.node(chain[0], form, "d")
        for step in chain[1:]:
            if "|" in step:
                here, there = step.split("|")
                for tail, head in ((at, self.node(here, form, "a")), (self.node(here, form, "a"), self.node(there, form, "d"))):
                    edge = next((e for e in self.edges if e.tail == tail and e.head == head and not e.shut_by), None)
                    if edge is None:
                        return None
                    found.append(edge)
                at = self.node(there, form, "d")
            else:
                head = self.node(step, form, "a")
                edge = next((e for e in self.edges if e.tail == at and e.head == head and not e.shut_by), None)
                if edge is None:
                    return None
                found.append(edge)
                at = head
        return found

    @property
    def size(self) -> int:
        return len(self.names)


class _Seen(set[tuple[str, str, str, str]]):
    """Keys made here, on top of those the shared graph has made."""

    def __init__(self, shared: set[tuple[str, str, str, str]]) -> None:
        super().__init__()
        self._shared = shared

    def __contains__(self, key: object) -> bool:
        return set.__contains__(self, key) or key in self._shared


class Lane(Graph):
    """A graph with one shipment's ends laid over it: its own edges, the shared ones untouched.

    Node numbers below `base.size` are the shared graph's; edges of `base.edges` come first.
    """

    def __init__(self, base: Graph, origin_ids: tuple[str, ...], destination_ids: tuple[str, ...]) -> None:
        self.base = base
        self.network = base.network
        self.hauls = base.hauls
        self.operations = base.operations
        self.riding = base.riding
        self.road_variants = base.road_variants
        self.via = base.via
        self.nodes = dict(base.nodes)
        self.names = list(base.names)
        self.edges = []
        self._chain_ends = base._chain_ends
        self._wagon_forms = base._wagon_forms
        self._borders_by_carrier = base._borders_by_carrier
        self._gateways_by_carrier = base._gateways_by_carrier
        self.__dict__["rail_gateways"] = base.rail_gateways
        self.__dict__["road_gateways"] = base.road_gateways
        self.__dict__["posts"] = base.posts
        self.__dict__["edge_places"] = base.edge_places
        self.__dict__["_road_rim"] = base._road_rim
        self.__dict__["_foreign_rim"] = base._foreign_rim
        self._rail_done = _Seen(base._rail_done)
        self._road_done = _Seen(base._road_done)
        self.source = self.node("origin", "", "")
        self.sink = self.node("destination", "", "")
        for node, legs, wanted in self._sources(origin_ids):
            self._add(self.source, node, "load", legs, wanted)
        for node, legs, wanted in self._targets(destination_ids, origin_ids):
            self._add(node, self.sink, "unload", legs, wanted)

    def _sources(self, place_ids: Iterable[str]) -> list[tuple[int, tuple[Leg, ...], tuple[Wanted, ...]]]:
        """Where a shipment may start: (node, loading legs, charges). Adds the hauls that leave from there."""
        found: list[tuple[int, tuple[Leg, ...], tuple[Wanted, ...]]] = []
        family = self.riding.equipment.family
        number = self.operations.number
        for place in place_ids:
            country = self.country(place)
            on_rails = [
                f
                for f in (self._rail_forms_at(place) if place in self.hauls.stations else [])
                if (family == "container" or f.endswith("p" if self.riding.ownership != "carrier" else "c"))
            ]
            if family == "wagon":
                for form in on_rails:
                    hours = number("loading_wagons_days") * 24
                    found.append(self._source(place, form, "d", "loading the wagons", hours, "loading", country))
            if family == "container":
                for form in on_rails:
                    found.append(self._source(place, form, "d", "container to the rail terminal", number("loading_containers_h"), "lift", country))
                if place in self.hauls.road_places:
                    for phase in ("d", "a") if place in self.posts else ("d",):
                        found.append(self._source(place, f"X:{country}", phase, "loading the container", number("loading_truck_h"), "", country))
                if place in self.network.sea_places:
                    found.append(self._source(place, "S", "d", "port, container to ship", number("port_container_h"), "port_box", country))
            if family == "truck" and place in self.hauls.road_places and f"T:{country}" in self._truck_forms():
                found.append(self._source(place, f"T:{country}", "d", "loading the truck", number("loading_truck_h"), "", country))
                if place in self.posts:
                    found.append(self._source(place, f"T:{country}", "a", "loading the truck", number("loading_truck_h"), "", country))
                if any(s.kind == "roro" for s in self._services_at(place)):
                    found.append(self._source(place, f"T:{country}", "q", "loading the truck", number("loading_truck_h"), "", country))
            if (family == "vessel" or (family == "wagon" and self.riding.from_store)) and self.riding.bulk and place in self.network.sea_places and self._bulk_port(place):
                found.append(self._source(place, "H", "d", "port, store to ship", number("port_load_h"), "port_load", country))
        for node, _, _ in found:
            place, form, phase = self.names[node].split("/")
            if phase == "d" and form[0] in "WB":
                self._rail_hauls(form, RAILWAY_OF[self.country(place)], place)
            elif phase == "d" and form[0] in "TX":
                self._road_hauls(form, self.country(place), place, sorted(self.road_gateways.get(self.country(place), ())))
        return found

    def _source(self, place: str, form: str, phase: str, service: str, hours: float, charge: str, country: str):
        leg = Leg("handling", "none", place, place, service=service, equipment=self.equipment_of(form),
                  family=unit_family(form), hours=hours)  # fmt: skip
        common = {"from_id": place, "to_id": place, "country": country}
        wanted: list[Wanted] = [self._subject("insurance", form, required=False)]
        if charge:
            priced_form = "S" if charge == "port_box" else form
            wanted.insert(0, self._subject(charge, priced_form, direction="out", required=charge not in ("loading",), **common))
        wanted += self._hire(form, days(hours))
        return self.node(place, form, phase), (leg,), tuple(wanted)

    def _targets(self, place_ids: Iterable[str], origin_ids: Iterable[str]) -> list[tuple[int, tuple[Leg, ...], tuple[Wanted, ...]]]:
        """Where a shipment may end: (node, unloading legs, charges). Adds the hauls that lead there."""
        found: list[tuple[int, tuple[Leg, ...], tuple[Wanted, ...]]] = []
        origin_ids = tuple(origin_ids)
        number = self.operations.number
        for place in place_ids:
            country = self.country(place)
            common = {"from_id": place, "to_id": place, "country": country}
            if place in self.hauls.stations:
                carrier = RAILWAY_OF[country]
                for form in self._rail_forms_at(place):
                    starts = [*self._borders_by_carrier.get(carrier, ())]
                    if not form.endswith("p"):
                        starts += self._gateways_by_carrier.get(carrier, ())
                    starts += [o for o in origin_ids if o in self.hauls.stations and RAILWAY_OF[self.country(o)] == carrier]
                    for start in starts:
                        self._rail_hauls(form, carrier, start, (place,))
                    if form.startswith("B"):
                        leg = self._handling(place, place, "container from the rail terminal", form, number("lift_h"))
                        found.append((self.node(place, form, "a"), (leg,), (self._subject("lift", form, direction="in", **common), *self._hire(form, days(number("lift_h"))))))  # fmt: skip
                    else:
                        found.append((self.node(place, form, "a"), (), ()))
            if place in self.hauls.road_places:
                for form in self._truck_forms():
                    gateways = self.road_gateways.get(country, frozenset())
                    at_home = form[2:] == country
                    starts = sorted(gateways if at_home else gateways & self._foreign_rim)
                    starts += [o for o in origin_ids if at_home and o in self.hauls.road_places and self.country(o) == country]
                    for start in starts:
                        self._road_hauls(form, country, start, (place,))
                    found.append((self.node(place, form, "a"), (), ()))
                    if place in self.posts:
                        found.append((self.node(place, form, "d"), (), ()))
            if place in self.network.sea_places:
                for form in self._truck_forms():
                    found.append((self.node(place, form, "l"), (), ()))
                leg = self._handling(place, place, "port, ship to store", "H", number("port_discharge_h"))
                found.append((self.node(place, "H", "a"), (leg,), (self._subject("port_discharge", "H", **common),)))
                if self.riding.boxed:
                    leg = self._handling(place, place, "port, container from ship", "S", number("port_container_h"))
                    found.append((self.node(place, "S", "a"), (leg,), (self._subject("port_box", "S", direction="in", **common),)))
        return found
