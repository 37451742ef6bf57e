"""When to load: price and arrival for every day of a window, and the best day of it.

Days that see the same rules, restrictions, month and exchange rates share one search, so a profile of two
months costs a few quotes; the way found is walked on the calendar of every day, since a holiday or the day of a ship
moves with the day of loading. What is known stays what is known on the day of the question: a ban announced
later is not foreseen, one with an open end stays shut.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from optimizer.closures import no_way
from optimizer.databook import DataBook
from optimizer.errors import FreightError, NoExchangeRate, NoItinerary, RequestError
from optimizer.itinerary import Itinerary
from optimizer.request import LATEST_AHEAD_DAYS, Job, fx_day
from optimizer.routing.forms import Leg
from optimizer.search import Search
from optimizer.stops import Calendar
from optimizer.transit import LegTime, expected_on_clock, leg_times
from optimizer.ways import best_way

MOST_DAYS = 366
DEFAULT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Departure:
    """One day of loading: what the best way costs and when it arrives, or why there is none."""

    day: dt.date
    total: Decimal | None
    per_tonne: Decimal | None
    hours: float
    way: tuple[str, ...]
    code: str = ""
    text: str = ""

    @property
    def arrival(self) -> dt.date | None:
        """The day of arrival, counting hours from midnight of the day of loading."""
        return (
            None
            if self.total is None
            else (dt.datetime.combine(self.day, dt.time()) + dt.timedelta(hours=self.hours)).date()
        )

    def as_dict(self, currency: str) -> dict[str, Any]:
        amount = {"amount": f"{self.total:.2f}", "currency": currency} if self.total is not None else None
        return {
            "day": self.day.isoformat(),
            "total": amount,
            "per_tonne": f"{self.per_tonne:.2f}" if self.per_tonne is not None else None,
            "expected_hours": round(self.hours, 2) if self.total is not None else None,
            "arrival": self.arrival.isoformat() if self.arrival else None,
            "route": list(self.way),
            "code": self.code,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Profile:
    """The days of a window in order, and the best ones: the first of the cheapest, and of the earliest to arrive."""

    departures: tuple[Departure, ...]
    searches: int

    @property
    def cheapest(self) -> Departure | None:
        priced = sorted((d.total, d.day, i) for i, d in enumerate(self.departures) if d.total is not None)
        return self.departures[priced[0][2]] if priced else None

    @property
    def earliest(self) -> Departure | None:
        """Of the days loaded the one that arrives first; of equal ones the cheapest."""
        midnight = dt.time()
        there = sorted(
            (dt.datetime.combine(d.day, midnight) + dt.timedelta(hours=d.hours), d.total, i)
            for i, d in enumerate(self.departures)
            if d.total is not None
        )
        return self.departures[there[0][2]] if there else None

    def runs(self) -> list[tuple[Departure, Departure]]:
        """First and last day of every run of days with one price and way."""
        found: list[tuple[Departure, Departure]] = []
        for d in self.departures:
            if found and (found[-1][0].total, found[-1][0].way, found[-1][0].text) == (d.total, d.way, d.text):
                found[-1] = (found[-1][0], d)
            else:
                found.append((d, d))
        return found

    def as_dict(self, currency: str) -> dict[str, Any]:
        best, first = self.cheapest, self.earliest
        return {
            "cheapest": best.as_dict(currency) if best else None,
            "earliest": first.as_dict(currency) if first else None,
            "departures": [d.as_dict(currency) for d in self.departures],
            "searches": self.searches,
        }


def profile(
    job: Job, book: DataBook, days: int = DEFAULT_DAYS, progress: Callable[[int], None] | None = None
) -> Profile:
    """Price and arrival for loading on each of `days` days from the ready date on.

    Args:
        progress: called with the number of days done.

    Raises:
        RequestError: the window is empty, longer than a year, or ends too far ahead.
    """
    first = job.shipment.ready
    if not 1 <= days <= MOST_DAYS or first + dt.timedelta(days=days) > job.shipment.as_of + dt.timedelta(
        LATEST_AHEAD_DAYS
    ):
        raise RequestError(
            f"A window of {days} days from {first} cannot be looked at.",
            code="bad_window",
            field="days",
            hint=f"Ask for 1 to {MOST_DAYS} days within three years.",
        )
    known: dict[Hashable, _Way] = {}
    found: list[Departure] = []
    for offset in range(days):
        day = first + dt.timedelta(days=offset)
        at = _loaded(job, day)
        key = _same_for(at, book)
        if key not in known:
            known[key] = _best(at, book)
        found.append(known[key].loaded_on(day, book.calendar))
        if progress is not None:
            progress(offset + 1)
    return Profile(tuple(found), len(known))


def _loaded(job: Job, day: dt.date) -> Job:
    """The same shipment loaded on another day; a due date stays where it is."""
    due = job.shipment.due
    return replace(job, shipment=replace(job.shipment, ready=day, due=due if due is None or due >= day else day))


def _same_for(job: Job, book: DataBook) -> Hashable:
    """What a day shares with the days it has its price in common with."""
    s = job.shipment
    rates = []
    for currency in book.currencies:
        try:
            rates.append(book.fx.quote(currency, job.currency, fx_day(job)).day)
        except NoExchangeRate:
            rates.append(None)
    left = (s.due - s.ready).days if s.due else None
    return (book.regime(s.ready, s.known_on), tuple(rates), left)


@dataclass(frozen=True, slots=True)
class _Way:
    """The best way of days that share a search, before any of them is looked up in the calendar."""

    departure: Departure
    legs: tuple[Leg, ...] = ()
    times: tuple[LegTime, ...] = ()
    zone: dt.tzinfo | None = None

    def loaded_on(self, day: dt.date, calendar: Calendar) -> Departure:
        """The same way begun on a day: its price, and the hours its calendar makes of it."""
        if not self.legs:
            return replace(self.departure, day=day)
        begins = dt.datetime.combine(day, dt.time(), self.zone)
        return replace(self.departure, day=day, hours=expected_on_clock(self.times, self.legs, begins, calendar))


def _best(job: Job, book: DataBook) -> _Way:
    day = job.shipment.ready
    try:
        search = Search(job, book)
        path = best_way(search, search.combined(job.objective), search.blocked())
        if path is None:
            raise no_way(search)
    except NoItinerary as reason:
        text = reason.rejected[0]["text"] if reason.rejected else str(reason)
        return _Way(Departure(day, None, None, 0.0, (), reason.code, text))
    except FreightError as fault:
        return _Way(Departure(day, None, None, 0.0, (), fault.code, str(fault)))
    it: Itinerary = search.itinerary(path)
    s = job.shipment
    times = leg_times(it.legs, search.load, book.times, s.ready, s.known_on, book.cargoes[s.cargo].groups)
    departure = Departure(day, it.total, it.total / s.mass_t, 0.0, it.way)
    return _Way(departure, it.legs, times, search.departure.tzinfo)
