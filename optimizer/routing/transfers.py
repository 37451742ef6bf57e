"""Handlings between rails, road and sea at the places of one location."""

from __future__ import annotations

from dataclasses import replace

from optimizer.operations import days
from optimizer.routing.canvas import ZERO, Canvas
from optimizer.routing.forms import MAIN_GAUGE


class Transfers(Canvas):
    """Handlings between rails, road and sea at the places of one location."""

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
                # A truck of the country brings cargo to its main gauge only from the origin: a train unloaded
                # into trucks and loaded again further on would shed its hire and split its tariff.
                at_home = other[2:] == country and int(rail_form[1:5]) == MAIN_GAUGE.get(country, 1520)
                self._add(
                    self.node(place, other, "o" if at_home else "a"),
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
                tail = self.node(station, form, self._to_ship(station))
                self._add(tail, self.node(port, form, "q"), "board", (leg,), [], sign="")
                land = self._handling(port, station, "leaving the ferry", form, 0.0)
                self._add(self.node(port, form, "l"), self.node(station, form, "d"), "land", (land,), [])
            if self.riding.bulk and self._bulk_port(port):
                kazakh = country == "KZ"
                hours = (
                    self.operations.number("port_wagon_days") * 24 if kazakh else self.operations.number("port_load_h")
                )
                leg = self._handling(station, port, "port, wagon to ship", form, hours)
                common = {"from_id": port, "to_id": port, "country": country}
                hold = self._subject("port_load", "H", **common)
                self._add(
                    self.node(station, form, self._to_ship(station)),
                    self.node(port, "H", "d"),
                    "port_load",
                    (leg,),
                    [hold, *self._hire(form, days(hours))],
                )
                if form.endswith("c"):
                    hours = self.operations.number("port_discharge_h")
                    leg = self._handling(port, station, "port, ship to wagon", form, hours)
                    self._add(
                        self.node(port, "H", "a"),
                        self.node(station, form, "d"),
                        "port_discharge",
                        (leg,),
                        [self._subject("port_discharge", "H", **common)],
                    )

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
        self._add(
            self.node(place, form, self._to_ship(place) if form.startswith("B") else "a"),
            self.node(port, "S", "d"),
            "port_box",
            (self._handling(place, port, "port, container to ship", form, hours),),
            [out, *self._hire(form, days(hours))],
        )
        into = self._subject("port_box", "S", direction="in", **common)
        self._add(
            self.node(port, "S", "a"),
            self.node(place, form, "d"),
            "port_box",
            (self._handling(port, place, "port, container from ship", form, hours),),
            [into, *self._hire(form, days(hours))],
        )

    def _road_sea(self, place: str, port: str, country: str) -> None:
        services = self._services_at(port)
        roro = any(s.kind == "roro" for s in services)
        common = {"from_id": port, "to_id": port, "country": country}
        for form in self._truck_forms():
            if roro:
                self._add(
                    self.node(place, form, "a"),
                    self.node(port, form, "q"),
                    "board",
                    (self._handling(place, port, "boarding the ferry", form, 0.0),),
                    [],
                )
                self._add(
                    self.node(port, form, "l"),
                    self.node(place, form, "d"),
                    "land",
                    (self._handling(port, place, "leaving the ferry", form, 0.0),),
                    [],
                )
            if form.startswith("X"):
                if form[2:] == country:
                    self._box_port(place, port, form, country)
                else:
                    hours = self.operations.number("port_container_h")
                    self._add(
                        self.node(place, form, "a"),
                        self.node(port, "S", "d"),
                        "port_box",
                        (self._handling(place, port, "port, container to ship", form, hours),),
                        [self._subject("port_box", "S", direction="out", **common), *self._hire(form, days(hours))],
                    )
            elif self.riding.bulk and self._bulk_port(port):
                hours = self.operations.number("port_load_h")
                self._add(
                    self.node(place, form, "a"),
                    self.node(port, "H", "d"),
                    "port_load",
                    (self._handling(place, port, "port, truck to ship", form, hours),),
                    [self._subject("port_load", "H", **common)],
                )
                if form[2:] == country:
                    hours = self.operations.number("port_discharge_h")
                    self._add(
                        self.node(port, "H", "a"),
                        self.node(place, form, "d"),
                        "port_discharge",
                        (self._handling(port, place, "port, ship to truck", form, hours),),
                        [self._subject("port_discharge", "H", **common)],
                    )
