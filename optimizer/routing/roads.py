"""Road hauls from post to post, and road borders."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from optimizer.operations import days
from optimizer.routing.canvas import Canvas
from optimizer.routing.forms import Leg, form_family
from optimizer.routing.hauls import Haul
from optimizer.subject import Either, Wanted


class Roads(Canvas):
    """Road hauls from post to post, and road borders."""

    def _road_hauls(self, form: str, country: str, start: str, ends: Iterable[str], arrive: str = "a") -> None:
        """Hauls of one form to the given ends; `arrive` is their phase there."""
        for end in ends:
            key = (form + arrive, country, start, end)
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
                self._road_edge(form, haul, ids, arrive)

    def _road_detour(self, haul: Haul, place: str) -> Haul | None:
        """A road haul by way of a place the client wants to pass; a truck is paid for every kilometre."""
        first = self.hauls.road_hauls(haul.country, haul.start, place)
        second = self.hauls.road_hauls(haul.country, place, haul.end)
        if not first or not second or set(first[0].path) & set(second[0].path) != {place}:
            return None
        a, b = first[0], second[0]
        length = a.length_km + b.length_km
        return replace(
            haul,
            path=a.path + b.path[1:],
            length_km=length,
            tariff_km=math.ceil(round(length, 6)),
            driving_h=a.driving_h + b.driving_h,
        )

    def _road_edge(self, form: str, haul: Haul, shut_by: tuple[str, ...], arrive: str) -> None:
        # A driver is on the move so many hours a day; the rest is rest [rule: driving-hours].
        hours = haul.driving_h * 24 / self.operations.number("driving_h_per_day")
        family = form_family(form)
        leg = Leg(
            "haul",
            "road",
            haul.from_id,
            haul.to_id,
            carrier=haul.carrier,
            service="truck",
            equipment=self.equipment_of(form),
            family=family,
            distance_km=haul.length_km,
            hours=hours,
            path=haul.path,
        )
        subject = self._subject(
            "truck",
            form,
            carrier=haul.carrier,
            country=haul.country,
            from_id=haul.from_id,
            to_id=haul.to_id,
            path=haul.path,
            truck_country=form[2:],
            km=haul.tariff_km,
            capacity_t=self.operations.by_id["truck_capacity_t"].value,
        )
        wanted: list[Wanted] = [subject, replace(subject, charge="road_toll", required=False)]
        wanted += self._hire(form, days(hours))
        self._add(
            self.node(haul.start, form, "d"), self.node(haul.end, form, arrive), "road", (leg,), wanted, shut_by=shut_by
        )

    def _road_crossings(self) -> None:
        for row in self.network.road_crossings:
            if not {self.country(row.from_id), self.country(row.to_id)} <= self.countries:
                continue
            for here, there in ((row.from_id, row.to_id), (row.to_id, row.from_id)):
                for form in self._truck_forms():
                    self._road_crossing(form, here, there, row.dwell_h)

    def _road_border(self, form: str, here: str, there: str) -> list[Wanted]:
        """Fees of a truck at a border, by land or off a ferry: both sides, entry, transfer, bridge."""
        out_of, into = self.country(here), self.country(there)
        out_subject = self._subject(
            "road_border",
            form,
            country=out_of,
            direction="out",
            from_id=here,
            to_id=there,
            crossing=frozenset((here, there)),
            truck_country=form[2:],
            capacity_t=self.operations.by_id["truck_capacity_t"].value,
        )
        in_subject = replace(out_subject, country=into, direction="in")
        optional = replace(in_subject, required=False)
        wanted: list[Wanted] = [
            Either(
                (out_subject, in_subject),
                (replace(out_subject, charge="road_border_default", country="", direction=""),),
            ),
            replace(optional, charge="truck_fee"),
            replace(optional, charge="transfer_fee"),
            replace(optional, charge="bridge"),
        ]
        return wanted

    def _road_crossing(self, form: str, here: str, there: str, dwell_h: float) -> None:
        out_of, into = self.country(here), self.country(there)
        family = form_family(form)
        leg = Leg(
            "border",
            "road",
            here,
            there,
            carrier=f"{out_of}/{into}",
            equipment=self.equipment_of(form),
            family=family,
            hours=dwell_h,
        )
        wanted = self._road_border(form, here, there)
        wanted += self._insurance(form, into)
        wanted += self._hire(form, days(dwell_h))
        self._add(
            self.node(here, form, "a"),
            self.node(there, form, "d"),
            "road_border",
            (leg,),
            wanted,
            sign=self._border_sign(here, there),
        )
