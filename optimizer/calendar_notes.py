"""What the calendar does to a way, in sentences: days of rest, shut posts, departures, holidays to ask about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from optimizer.restriction.match import COUNTRY_NAMES
from optimizer.routing.forms import Leg
from optimizer.stops import Calendar
from optimizer.transit import Shift, Transit

LEAST_TOLD_H = 0.5  # shorter shifts are in the hours of their leg and not worth a sentence
MOST_DAYS_LOOKED_AT = 10
Note = tuple[str, str, str]  # code, sentence, source id
CODES = {"departure": "departure", "hours": "border_hours", "weekend": "weekend", "holiday": "holiday"}


def timeline(departure: dt.datetime, transit: Transit) -> list[dt.datetime]:
    """When each leg is expected to end, on the clock of the departure."""
    found: list[dt.datetime] = []
    at = departure.astimezone(dt.UTC)
    for leg in transit.legs:
        at += dt.timedelta(minutes=round(leg.spread.mean_h * 60))
        found.append(at.astimezone(departure.tzinfo))
    return found


def notes(legs: Sequence[Leg], transit: Transit, departure: dt.datetime, calendar: Calendar) -> list[Note]:
    """Every shift of a way, and the holidays on which work is taken to go on without a source; each once."""
    found: dict[str, Note] = {}

    def tell(code: str, text: str, source_id: str) -> None:
        found.setdefault(text, (code, text, source_id))

    begins_h = 0.0
    for leg, time in zip(legs, transit.legs, strict=True):
        for shift in time.shifts:
            if abs(shift.added_h) >= LEAST_TOLD_H:
                tell(CODES[shift.kind], sentence(shift, calendar), shift.source_id)
        ends_h = begins_h + time.spread.mean_h
        last_h = min(ends_h, begins_h + 24.0 * MOST_DAYS_LOOKED_AT)
        for stops in calendar.open_holidays(leg, departure, begins_h, last_h):
            place = calendar.network.places[stops[0].place_id].name_en
            names = "; ".join(dict.fromkeys(name for stop in stops for name in stop.name.split("; ")))
            text = (
                f"{_days_off([stop.day for stop in stops], stops[0].country, names)}, when the goods are expected at "
                f"{place}: taken to work, which no source confirms; ask."
            )
            tell("holiday", text, stops[0].source_id)
        begins_h = ends_h
    return list(found.values())


def sentence(shift: Shift, calendar: Calendar) -> str:
    """A shift as the client reads it."""
    place = calendar.network.places[shift.place_id].name_en
    country = _country(shift.country)
    if shift.kind == "departure":
        return (
            f"{shift.added_h:+.1f} h at {place}: departures are known ({shift.name}), so the wait is {shift.hours:.1f} h"
            + (f" in place of the usual {shift.usual_h:.1f} h." if shift.usual_h else ".")
        )
    if shift.kind == "hours":
        return f"+{shift.hours:.1f} h at {place}: the post works {shift.name}."
    if shift.kind == "weekend":
        return f"+{shift.hours:.1f} h at {place}: no work on {shift.name} in {country} ({_days(shift.days)})."
    return f"+{shift.hours:.1f} h at {place}: {_days_off(shift.days, shift.country, shift.name)}."


def _days_off(days: Sequence[dt.date], country: str, names: str) -> str:
    are = "is a holiday" if len(days) == 1 else "are holidays"
    return f"{_days(days)} {are} in {_country(country)} ({names})"


def _country(code: str) -> str:
    return COUNTRY_NAMES.get(code, code)


def _days(days: Sequence[dt.date]) -> str:
    """Days in few words: runs by their ends.

    >>> _days([dt.date(2026, 3, 21), dt.date(2026, 3, 22), dt.date(2026, 3, 23), dt.date(2026, 5, 1)])
    '2026-03-21 to 2026-03-23, 2026-05-01'
    """
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
