"""Sailings: ferries, feeders and coasters, with the wait for a ship."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from optimizer.network.model import SeaService
from optimizer.operations import days
from optimizer.routing.forms import Leg, form_family, unit_family
from optimizer.routing.roads import Roads
from optimizer.subject import Wanted


class Waters(Roads):
    """Sailings: ferries, feeders and coasters, with the wait for a ship."""

    def _sea(self) -> None:
        for service in self.network.sea_services:
            if (
                not service.is_open
                or not {self.country(service.from_id), self.country(service.to_id)} <= self.countries
            ):
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
            found += [
                (f, self.node(start, f, p), self.node(end, f, "l")) for f in self._truck_forms() for p in ("q", "l")
            ]
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
        wait = Leg(
            "wait", "none", start, start, service=why, equipment=self.equipment_of(form), family=family, hours=wait_h
        )
        note = "" if service.state == "running" else "unconfirmed"
        sail = Leg(
            "haul",
            "sea",
            start,
            end,
            note=note,
            carrier=service.operator,
            service=service.kind,
            equipment=self.equipment_of(form),
            family=family,
            distance_km=round(service.distance_km, 1),
            hours=service.sailing_h,
            path=(start, end),
        )
        # A truck, loaded with a box or not, pays the truck fare; a box on its own the box fare.
        charged_form = "truck" if form[0] in "TX" else ("hold" if form == "H" else form_family(form))
        subject = self._subject(
            "sea_freight",
            form,
            country=self.country(start),
            from_id=start,
            to_id=end,
            path=(start, end),
            service=service.kind,
            nm=Decimal(str(service.distance_nm)),
        )
        subject = replace(subject, form=charged_form)
        wanted: list[Wanted] = [subject]
        if form[0] in "TX" and service.kind == "roro" and self.country(start) != self.country(end):
            wanted += self._road_border(form, start, end)
        if form.endswith("p"):
            wanted.append(replace(subject, charge="empty_return", required=False))
        round_trip = Decimal(str(2 * service.sailing_h + wait_h)) / 24
        wanted += self._hire(
            form, round_trip.quantize(Decimal("0.001")) if form[0] == "W" else days(service.sailing_h + wait_h)
        )
        self._add(tail, head, "sea", (wait, sail), wanted, sign=f"{service.kind}:{start}>{end}")
