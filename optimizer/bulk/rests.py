"""Days of rest on which many rows of one way may come to a leg, and holidays on which it is taken to go on.

Stops depend on the days a leg may be begun and done on, not on the hours; so rows that reach it on the same days are
told the same, and most ask for what is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optimizer.bulk.states import Stops
from optimizer.routing.forms import Leg
from optimizer.stops import Calendar
from optimizer.timing.calendar import clock, holiday_name
from optimizer.timing.working import Working

DAY_H = 24.0
MOST = 16384  # of what is kept
_MOMENTS = 3.6e9  # microseconds of an hour, to which a clock rounds
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Sides = tuple[tuple[str, str, Working], ...]


def days_of(hours: Floats) -> Ints:
    """Whole days in so many hours after midnight.

    >>> days_of(np.array([-1.5, 0.0, 23.9, 24.0])).tolist()
    [-1, 0, 0, 1]
    """
    found: Ints = np.floor(np.rint(hours * _MOMENTS) / (DAY_H * _MOMENTS)).astype(np.int64)
    return found


class Rests:
    """Days of rest for ways that begin at midnight, of one calendar; what was found serves every way.

    Every question names the clock of the origin, by which the days and hours are counted.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._known: dict[Hashable, Stops] = {}
        self._later: dict[tuple[Stops, int], Stops] = {}

    def of(self, leg: Leg, here: dt.timezone, days: Ints, first: Floats, last: Floats) -> list[Stops]:
        """What `Calendar.rests` says to each row between two hours.

        Args:
            days: ordinals of the days the rows begin on.
        """
        found = [Stops()] * len(days)
        begun = days_of(first)
        for sides, rows in self._sides(leg, days + begun):
            resting = [side for side in sides if side[2].ever_rests]
            if not resting:
                continue
            # Of each side the day it is reached on, and how many midnights lie within reach: no more is looked at.
            keys = [days[rows] + begun[rows]]
            for _, country, _ in resting:
                ahead = _ahead_h(here, country)
                reached = days_of(first[rows] + ahead)
                keys += [days[rows] + reached, np.floor((last[rows] - (DAY_H * reached - ahead)) / DAY_H).astype(int)]
            for row, key in zip(rows.tolist(), zip(*(part.tolist() for part in keys), strict=True), strict=True):
                begins = (here, int(days[row]), int(begun[row]))
                found[row] = self._stops(leg, key, begins, float(first[row]), float(last[row]))
        return found

    def open(self, leg: Leg, here: dt.timezone, days: Ints, first: Floats, last: Floats) -> npt.NDArray[np.bool_]:
        """Whether `Calendar.open_holidays` has any for each row between two hours."""
        found = np.zeros(len(days), bool)
        for sides, rows in self._sides(leg, days + days_of(first)):
            for _, country, row in sides:
                if not row.works_holidays or row.status == "published":
                    continue
                ahead = _ahead_h(here, country)
                begin = days[rows] + days_of(first[rows] + ahead)
                end = days[rows] + days_of(last[rows] + ahead)
                low, high = int(begin.min()), int(end.max())
                off = np.cumsum([0, *(_is_holiday(day, country) for day in range(low, high + 1))])
                found[rows] |= off[end - low + 1] > off[begin - low]
        return found

    def _sides(self, leg: Leg, days: Ints) -> list[tuple[Sides, Ints]]:
        """Rows by the sides that have a part in the leg's work on their day; without those that have none."""
        if leg.kind not in ("border", "handling"):
            return []
        known, place = np.unique(days, return_inverse=True)
        numbers: dict[tuple[tuple[str, str], ...], int] = {}
        sides: list[Sides] = []
        of_day = []
        for day in known.tolist():
            there = tuple(self.calendar.rows(leg, dt.date.fromordinal(day)))
            key = tuple((place_id, row.row_id) for place_id, _, row in there)
            if key not in numbers:
                numbers[key] = len(sides)
                sides.append(there)
            of_day.append(numbers[key])
        of_row = np.array(of_day)[place]
        return [(one, np.flatnonzero(of_row == number)) for number, one in enumerate(sides) if one]

    def _stops(
        self, leg: Leg, key: tuple[int, ...], begins: tuple[dt.timezone, int, int], first_h: float, last_h: float
    ) -> Stops:
        here, day, begun = begins
        seen = (here, leg.kind, leg.mode, leg.service, leg.from_id, leg.to_id, key)
        stops = self._known.get(seen)
        if stops is None:
            if len(self._known) > MOST:
                self._known.clear()
                self._later.clear()
            departure = dt.datetime.combine(dt.date.fromordinal(day), dt.time(), here)
            stops = Stops.of(self.calendar.rests(leg, departure, first_h, last_h), DAY_H * begun)
            self._known[seen] = stops
        if not begun or not stops.spans:
            return stops
        later = self._later.get((stops, begun))
        if later is None:
            later = self._later[stops, begun] = stops.later(DAY_H * begun)
        return later


def _ahead_h(here: dt.timezone, country: str) -> float:
    """Hours a country's clock is ahead of another."""
    return (clock(country).utcoffset(None) - here.utcoffset(None)).total_seconds() / 3600


@lru_cache(maxsize=65536)
def _is_holiday(day: int, country: str) -> bool:
    return bool(holiday_name(dt.date.fromordinal(day), country))
