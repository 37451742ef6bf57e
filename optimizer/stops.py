"""What the calendar says to a leg: gates that are shut, days of rest, ships and trains that leave on known days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from optimizer.errors import DataError, Problem
from optimizer.network.model import Network
from optimizer.routing.forms import Leg
from optimizer.timing.calendar import (
    Hours,
    holiday_name,
    hours_after,
    local_days,
    parse_hours,
    shut_spans,
)
from optimizer.timing.elements import element_of_leg
from optimizer.timing.timetable import TRAINS, Departures, Timetables, check_timetables, read_timetables
from optimizer.timing.walk import Span
from optimizer.timing.working import Working, WorkingDays, check_working_days, read_working_days, work_of

MIDNIGHT = dt.time(0)
MOST_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Stop:
    """A span in which a leg cannot go on, in hours from the departure.

    Attributes:
        kind: hours (the post is shut), weekend or holiday.
        name: of the holiday or weekday, or the post's hours.
    """

    span: Span
    kind: str
    day: dt.date
    name: str
    place_id: str
    country: str
    source_id: str
    status: str


@dataclass(frozen=True)
class Calendar:
    """Working days, timetables and the hours of posts of one network."""

    network: Network
    working: WorkingDays
    timetables: Timetables

    @cached_property
    def _posts(self) -> dict[frozenset[str], tuple[Hours, str, str]]:
        """Hours of posts that are known and not in the mean of their crossing.

        A mean that was measured (published, or derived from measured ones) runs from entry to exit and holds the
        nights; hours that are our reading of vague words delay nobody.
        """
        found = {}
        for row in self.network.road_crossings:
            hours = parse_hours(row.opening_hours) if row.opening_hours else Hours()
            if row.status == "estimated" and not (hours.always or hours.assumed):
                found[frozenset((row.from_id, row.to_id))] = (hours, row.opening_hours, row.source_id)
        return found

    @cached_property
    def _resting(self) -> dict[tuple[str, str, dt.date], tuple[str, str]]:
        return {}

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str, str, dt.date], list[tuple[str, str, Working]]]:
        return {}

    def rows(self, leg: Leg, day: dt.date) -> list[tuple[str, str, Working]]:
        """(place, country, row) of every side that has a part in a leg's work; a border has two."""
        if leg.kind not in ("border", "handling"):
            return []
        key = (leg.kind, leg.mode, leg.service, leg.from_id, leg.to_id, day)
        found = self._rows.get(key)
        if found is None:
            if len(self._rows) > MOST_ROWS:
                self._rows.clear()
            found = self._rows[key] = self._look_up(leg, day)
        return found

    def _look_up(self, leg: Leg, day: dt.date) -> list[tuple[str, str, Working]]:
        kind = work_of(*element_of_leg(leg.kind, leg.mode, leg.service))
        if not kind:
            return []
        found: dict[str, tuple[str, str, Working]] = {}
        for place_id in (leg.from_id, leg.to_id):
            country = self.network.places[place_id].country
            row = self.working.row(kind, country, place_id, day)
            if row is not None:
                found.setdefault(country, (place_id, country, row))
        return list(found.values())

    def gates(self, leg: Leg, begins: dt.datetime, first_h: float, last_h: float) -> list[Stop]:
        """When a post is shut to who arrives between two hours."""
        if leg.kind != "border" or leg.mode != "road":
            return []
        shut: list[tuple[Hours, str, str, str, str]] = []
        own = [side for side in self.rows(leg, _day(begins, first_h)) if side[2].hours is not None]
        for place_id, _, row in own:
            assert row.hours is not None
            shut.append(
                (row.hours, place_id, f"{row.hours.opens:%H:%M}-{row.hours.closes:%H:%M}", row.source_id, row.status)
            )
        post = self._posts.get(frozenset((leg.from_id, leg.to_id)))
        if post is not None and not own:
            shut.append((post[0], leg.from_id, post[1], post[2], "estimated"))
        stops = []
        for hours, place_id, words, source_id, status in shut:
            country = self.network.places[place_id].country
            days = local_days(begins, first_h, last_h, hours.country or country)
            for span in shut_spans(hours, country, days, begins):
                day = _day(begins, span[0])
                stops.append(Stop(span, "hours", day, words, place_id, country, source_id, status))
        return _apart(stops)

    def rests(self, leg: Leg, begins: dt.datetime, first_h: float, last_h: float) -> list[Stop]:
        """Days between two hours on which the work of a leg rests; where both sides rest, the day counts once.

        Each day of rest makes work last a day longer, and so may reach the next one: the days of a feast follow.
        """
        sides = [
            (side, hours_after(begins, day, MIDNIGHT, side[1]), day)
            for side in self.rows(leg, _day(begins, first_h))
            if side[2].ever_rests
            for day in (local_days(begins, first_h, first_h, side[1])[0],)
        ]
        looked_at = [0] * len(sides)
        stops: list[Stop] = []
        before = -1
        while before < len(stops):
            before = len(stops)
            for number, ((place_id, country, row), midnight_h, first) in enumerate(sides):
                while (start := midnight_h + 24.0 * looked_at[number]) <= last_h + 24.0 * len(stops):
                    day = first + dt.timedelta(days=looked_at[number])
                    looked_at[number] += 1
                    known = self._resting.get((row.row_id, country, day))
                    if known is None:
                        known = self._resting[row.row_id, country, day] = row.rests(day, country)
                    kind, name = known
                    if kind:
                        source = "package-holidays" if kind == "holiday" else row.source_id
                        stops.append(
                            Stop((start, start + 24.0), kind, day, name, place_id, country, source, row.status)
                        )
        # A holiday on a day of rest adds nothing to it.
        return _apart(sorted(stops, key=lambda stop: (stop.kind != "weekend", stop.span)))

    def open_holidays(self, leg: Leg, begins: dt.datetime, first_h: float, last_h: float) -> list[list[Stop]]:
        """Holidays of each side on which work is taken to go on by an estimate of ours, no source having said so."""
        found = []
        for place_id, country, row in self.rows(leg, _day(begins, first_h)):
            if not row.works_holidays or row.status == "published":
                continue
            off = [(day, holiday_name(day, country)) for day in local_days(begins, first_h, last_h, country)]
            here = (place_id, country, "package-holidays", row.status)
            found.append([Stop((0.0, 0.0), "holiday", day, name, *here) for day, name in off if name])
        return [stops for stops in found if stops]

    def departures(self, legs: Sequence[Leg], index: int, day: dt.date) -> tuple[Departures, ...]:
        """Rows of the timetable a leg waits for: the ship of a wait, the train of a haul by rail."""
        leg = legs[index]
        if not self.timetables.rows:
            return ()
        if leg.kind == "wait" and index + 1 < len(legs):
            ship = legs[index + 1]
            return self.timetables.of(ship.from_id, frozenset((ship.to_id,)), (ship.service,), day)
        if leg.kind == "haul" and leg.mode == "rail":
            kinds = TRAINS if leg.family == "container" else TRAINS[:1]
            return self.timetables.of(leg.from_id, frozenset((leg.to_id, *leg.path)), kinds, day)
        return ()


def _day(begins: dt.datetime, hours: float) -> dt.date:
    return (begins + dt.timedelta(hours=hours)).date()


def _apart(stops: Iterable[Stop]) -> list[Stop]:
    """Stops in order of time, none over another: of two that overlap the later in the list loses the common part."""
    stops = list(stops)
    if all(a.span[1] <= b.span[0] for a, b in pairwise(stops)):
        return stops
    kept: list[Stop] = []
    for stop in stops:
        pieces = [stop.span]
        for other in kept:
            start, end = other.span
            pieces = [
                piece for a, b in pieces for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]
            ]
        kept += [Stop(piece, *_rest_of(stop)) for piece in pieces]
    return sorted(kept, key=lambda stop: stop.span)


def _rest_of(stop: Stop) -> tuple[str, dt.date, str, str, str, str, str]:
    return stop.kind, stop.day, stop.name, stop.place_id, stop.country, stop.source_id, stop.status


def check_calendars(
    network: Network, working: WorkingDays | None = None, timetables: Timetables | None = None
) -> list[Problem]:
    """Everything in both tables that does not fit the network; None: our own tables."""
    places, sources = set(network.places), set(network.sources)
    try:
        found = check_working_days(working or read_working_days(), places, sources)
        return found + check_timetables(timetables or read_timetables(), places, sources)
    except DataError as fault:
        return list(fault.problems)
