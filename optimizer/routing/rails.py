"""Rail hauls, border crossings and breaks of gauge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from optimizer.network.model import RAILWAY_OF
from optimizer.operations import days
from optimizer.routing.canvas import Canvas
from optimizer.routing.forms import Leg, unit_family
from optimizer.routing.hauls import Haul, is_border
from optimizer.subject import Either, Subject, Wanted


class Rails(Canvas):
    """Rail hauls, border crossings and breaks of gauge."""

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
        """The same haul by way of a place the client wants to pass, charged for the distance of both parts.

        A railway charges the shortest way whatever way its train takes, but a sender who prescribes another way pays
        for it; charging the shortest one would make a run to a far station and back cost nothing.
        """
        first = self.hauls.rail_haul(haul.carrier, haul.gauge, haul.start, place)
        second = self.hauls.rail_haul(haul.carrier, haul.gauge, place, haul.end)
        if first is None or second is None:
            return None
        # Who asks for a port means the ship, not a train that runs to the quay and back.
        port = any(m in self.network.sea_places for m in self.network.members[place])
        if port and set(first.path) & set(second.path) != {place}:
            return None
        return replace(
            haul,
            path=first.path + second.path[1:],
            length_km=first.length_km + second.length_km,
            tariff_km=first.tariff_km + second.tariff_km,
        )

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
        if self._to_ship(haul.end) == "s":
            ship = [replace(s, onward="sea") if isinstance(s, Subject) else s for s in wanted]
            self._add(tail, self.node(haul.end, form, "s"), "rail", (leg,), ship)
            wanted = [replace(s, onward="land") if isinstance(s, Subject) else s for s in wanted]
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
                row = self.network.rail_crossing(here, there, self.riding.month, self.riding.records)
                dwell_h = (
                    row.dwell_h
                    if row is not None and row.dwell_h is not None
                    else self.operations.number("rail_border_dwell_h")
                )
                leg = Leg(
                    "border",
                    "rail",
                    here,
                    there,
                    carrier=f"{RAILWAY_OF[out_of]}/{RAILWAY_OF[into]}",
                    equipment=self.equipment_of(form),
                    family=unit_family(form),
                    hours=dwell_h,
                )
                crossing = frozenset((here, there))
                out_subject = self._subject(
                    "rail_border", form, country=out_of, direction="out", from_id=here, to_id=there, crossing=crossing
                )
                in_subject = replace(out_subject, country=into, direction="in")
                extra = replace(out_subject, charge="bridge", country=into, direction="in", required=False)
                wanted: list[Wanted] = [
                    Either(
                        (out_subject, in_subject),
                        (replace(out_subject, charge="rail_border_default", country="", direction=""),),
                    ),
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

    def _section_gauges(self, a: str, b: str) -> tuple[int, ...]:
        for section in self.network.rail_sections:
            if {section.from_id, section.to_id} == {a, b}:
                return section.gauges
        return ()

    @staticmethod
    def _law_changes(out_of: str, into: str) -> bool:
        """SMGS on one side, CIM on the other: the consignment note is written anew."""
        return (out_of == "IR") != (into == "IR") and {out_of, into} & {"TM", "AF"} != set()

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
                self._gauge_change(
                    point,
                    iran,
                    phase,
                    phase,
                    gauge_from,
                    gauge_to,
                    row.throughput_wagons_per_day,
                    None,
                    row.kind == "gauge-change",
                )

    def _break_inside(self, station: str, dwell_h: float | None) -> None:
        for gauge_from, gauge_to in ((1435, 1676), (1676, 1435)):
            self._gauge_change(station, station, "a", "d", gauge_from, gauge_to, None, dwell_h, False)

    def _gauge_change(
        self,
        point: str,
        station: str,
        phase_from: str,
        phase_to: str,
        gauge_from: int,
        gauge_to: int,
        throughput: float | None,
        dwell_h: float | None,
        bogies: bool,
    ) -> None:
        def leg(note: str, form: str, hours: float, per_unit: float) -> Leg:
            return Leg(
                "handling",
                "none",
                station,
                station,
                service=note,
                equipment=self.equipment_of(form),
                family=unit_family(form),
                hours=hours,
                hours_per_unit=per_unit,
            )

        hours = dwell_h if dwell_h is not None else (0.0 if throughput else self.operations.number("reload_h"))
        per_unit = 24 / throughput if throughput else 0.0
        common = {"from_id": station, "to_id": station, "country": self.country(station)}
        for form in self._wagon_forms:
            if int(form[1:5]) != gauge_from:
                continue
            tail = self.node(point, form, phase_from)
            if form.startswith("B"):
                to_form = f"B{gauge_to}"
                lift_h = (
                    max(hours, self.operations.number("lift_h"))
                    if throughput is None
                    else self.operations.number("lift_h")
                )
                self._add(
                    tail,
                    self.node(point, to_form, phase_to),
                    "lift",
                    (leg("container lift", form, lift_h, 0.0),),
                    [self._subject("lift", form, **common), *self._hire(form, days(lift_h))],
                    sign="",
                )
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
