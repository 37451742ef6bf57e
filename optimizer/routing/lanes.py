"""A shipment's own two ends laid over the shared graph: loading, first hauls, last hauls, unloading."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from optimizer.network.model import RAILWAY_OF
from optimizer.operations import days
from optimizer.routing.canvas import ZERO
from optimizer.routing.chains import by_tail
from optimizer.routing.forms import Leg, form_family, unit_family
from optimizer.routing.graph import Graph
from optimizer.subject import Wanted

SHARED_FACTS = (
    "rail_gateways",
    "road_gateways",
    "posts",
    "edge_places",
    "_road_rim",
    "_foreign_rim",
    "_wagon_forms",
    "_borders_by_carrier",
    "_gateways_by_carrier",
)
STANDING = {"wagon": "demurrage", "truck": "demurrage", "container": "detention", "hold": "storage"}
End = tuple[int, tuple[Leg, ...], tuple[Wanted, ...]]  # node, legs of loading or unloading, charges


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

    def __init__(
        self, base: Graph, origin_ids: tuple[str, ...], destination_ids: tuple[str, ...], wait_days: Decimal = ZERO
    ) -> None:
        self.base = base
        self.wait_days = wait_days
        self.network = base.network
        self.hauls = base.hauls
        self.operations = base.operations
        self.riding = base.riding
        self.road_variants = base.road_variants
        self.via = base.via
        self.by_onward = base.by_onward
        self.through = base.through
        self.nodes = dict(base.nodes)
        self.names = list(base.names)
        self.edges = []
        self._chain_ends = base._chain_ends
        # Facts already worked out for the shared graph are taken over, not worked out again.
        for name in SHARED_FACTS:
            self.__dict__[name] = getattr(base, name)
        self._rail_done = _Seen(base._rail_done)
        self._road_done = _Seen(base._road_done)
        self.source = self.node("origin", "", "")
        self.sink = self.node("destination", "", "")
        for node, legs, wanted in self._sources(origin_ids):
            self._add(self.source, node, "load", legs, wanted)
        for node, legs, wanted in self._targets(destination_ids, origin_ids):
            self._add(node, self.sink, "unload", legs, (*wanted, *self._arrived(node)))
        touching = [c for c in self.through if c.places[0] in origin_ids or c.places[-1] in destination_ids]
        if touching:
            drawn = by_tail([*base.edges, *self.edges])
            self._chains(touching, drawn, frozenset(id(edge) for edge in self.edges))

    def _arrived(self, node: int) -> list[Wanted]:
        """What may be charged on arrival: the marker for surcharges, and standing for the days of the deal."""
        place, form, _ = self.names[node].split("/")
        common = {"from_id": place, "to_id": place, "country": self.country(place), "required": False}
        found: list[Wanted] = [self._subject("arrival", form, **common)]
        if self.wait_days:
            found.append(self._subject(STANDING[form_family(form)], form, days=self.wait_days, **common))
            found += self._hire(form, self.wait_days)
        return found

    def _sources(self, place_ids: Iterable[str]) -> list[End]:
        """Where a shipment may start: (node, loading legs, charges). Adds the hauls that leave from there."""
        found: list[End] = []
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
                    found.append(
                        self._source(
                            place,
                            form,
                            "d",
                            "container to the rail terminal",
                            number("loading_containers_h"),
                            "lift",
                            country,
                        )
                    )
                if place in self.hauls.road_places:
                    for phase in ("d", "a") if place in self.posts else ("d",):
                        found.append(
                            self._source(
                                place,
                                f"X:{country}",
                                phase,
                                "loading the container",
                                number("loading_truck_h"),
                                "",
                                country,
                            )
                        )
                if place in self.network.sea_places:
                    found.append(
                        self._source(
                            place, "S", "d", "port, container to ship", number("port_container_h"), "port_box", country
                        )
                    )
            if family == "truck" and place in self.hauls.road_places and f"T:{country}" in self._truck_forms():
                found.append(
                    self._source(
                        place, f"T:{country}", "d", "loading the truck", number("loading_truck_h"), "", country
                    )
                )
                if place in self.posts:
                    found.append(
                        self._source(
                            place, f"T:{country}", "a", "loading the truck", number("loading_truck_h"), "", country
                        )
                    )
                if any(s.kind == "roro" for s in self._services_at(place)):
                    found.append(
                        self._source(
                            place, f"T:{country}", "q", "loading the truck", number("loading_truck_h"), "", country
                        )
                    )
            if (
                (family == "vessel" or (family == "wagon" and self.riding.from_store))
                and self.riding.bulk
                and place in self.network.sea_places
                and self._bulk_port(place)
            ):
                found.append(
                    self._source(place, "H", "d", "port, store to ship", number("port_load_h"), "port_load", country)
                )
        for node, _, _ in found:
            place, form, phase = self.names[node].split("/")
            if phase == "d" and form[0] in "WB":
                self._rail_hauls(form, RAILWAY_OF[self.country(place)], place)
            elif phase == "d" and form[0] in "TX":
                self._first_truck(form, place)
        return found

    def _first_truck(self, form: str, place: str) -> None:
        """Road hauls from the origin: where they arrive, cargo may be put on rails or go on by truck."""
        country = self.country(place)
        ends = sorted(self.road_gateways.get(country, ()))
        self._road_hauls(form, country, place, ends, arrive="o")
        for end in ends:
            fresh = self.nodes.get(f"{end}/{form}/o")
            if fresh is not None:
                self._add(fresh, self.node(end, form, "a"), "arrive", (), ())

    def _source(self, place: str, form: str, phase: str, service: str, hours: float, charge: str, country: str):
        leg = Leg(
            "handling",
            "none",
            place,
            place,
            service=service,
            equipment=self.equipment_of(form),
            family=unit_family(form),
            hours=hours,
        )
        common = {"from_id": place, "to_id": place, "country": country}
        wanted: list[Wanted] = [
            self._subject("insurance", form, required=False),
            self._subject("dispatch", form, required=False, direction="out", **common),
        ]
        if charge:
            priced_form = "S" if charge == "port_box" else form
            wanted.insert(
                0, self._subject(charge, priced_form, direction="out", required=charge not in ("loading",), **common)
            )
        wanted += self._hire(form, days(hours))
        return self.node(place, form, phase), (leg,), tuple(wanted)

    def _targets(self, place_ids: Iterable[str], origin_ids: Iterable[str]) -> list[End]:
        """Where a shipment may end: (node, unloading legs, charges). Adds the hauls that lead there."""
        found: list[End] = []
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
                    starts += [
                        o for o in origin_ids if o in self.hauls.stations and RAILWAY_OF[self.country(o)] == carrier
                    ]
                    for start in starts:
                        self._rail_hauls(form, carrier, start, (place,))
                    if form.startswith("B"):
                        leg = self._handling(place, place, "container from the rail terminal", form, number("lift_h"))
                        found.append(
                            (
                                self.node(place, form, "a"),
                                (leg,),
                                (
                                    self._subject("lift", form, direction="in", **common),
                                    *self._hire(form, days(number("lift_h"))),
                                ),
                            )
                        )
                    else:
                        found.append((self.node(place, form, "a"), (), ()))
            if place in self.hauls.road_places:
                for form in self._truck_forms():
                    gateways = self.road_gateways.get(country, frozenset())
                    at_home = form[2:] == country
                    starts = sorted(gateways if at_home else gateways & self._foreign_rim)
                    starts += [
                        o for o in origin_ids if at_home and o in self.hauls.road_places and self.country(o) == country
                    ]
                    for start in starts:
                        self._road_hauls(form, country, start, (place,))
                    found.append((self.node(place, form, "a"), (), ()))
                    if place in self.posts:
                        found.append((self.node(place, form, "d"), (), ()))
            if place in self.network.sea_places:
                wagons = [f for f in self._wagon_forms if f.startswith("W1520")]
                for form in (*self._truck_forms(), *wagons):
                    found.append((self.node(place, form, "l"), (), ()))
                leg = self._handling(place, place, "port, ship to store", "H", number("port_discharge_h"))
                found.append((self.node(place, "H", "a"), (leg,), (self._subject("port_discharge", "H", **common),)))
                if self.riding.boxed:
                    leg = self._handling(place, place, "port, container from ship", "S", number("port_container_h"))
                    found.append(
                        (
                            self.node(place, "S", "a"),
                            (leg,),
                            (self._subject("port_box", "S", direction="in", **common),),
                        )
                    )
        return found
