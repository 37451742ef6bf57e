"""When a way is likely to meet a closed gate: holidays, weekends and opening hours on the expected clock.

Expected crossing times already hold nights and ordinary weekends (CAREC counts from entry to exit), so nothing is
added to the hours: a note tells the client what to ask before loading.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from optimizer.errors import FreightError
from optimizer.network.model import Network
from optimizer.routing.forms import Leg
from optimizer.timing.calendar import clock, parse_hours, public_holidays, wait_until_open
from optimizer.transit import Transit

MOST_DAYS_LOOKED_AT = 10
WORK = frozenset({"border", "handling"})  # legs at which offices or gangs have a part


def timeline(departure: dt.datetime, transit: Transit) -> list[dt.datetime]:
    """When each leg is expected to end, on the clock of the departure."""
    found: list[dt.datetime] = []
    at = departure
    for leg in transit.legs:
        at += dt.timedelta(minutes=round(leg.spread.mean_h * 60))
        found.append(at)
    return found


def notes(
    legs: Sequence[Leg], transit: Transit, departure: dt.datetime, network: Network
) -> list[tuple[str, str, str]]:
    """(code, sentence, source id) of holidays and closed hours a way is likely to meet, each once."""
    hours = {
        frozenset((c.from_id, c.to_id)): (c.opening_hours, c.source_id)
        for c in network.road_crossings
        if c.opening_hours
    }
    found: dict[str, tuple[str, str, str]] = {}
    begins = departure
    for leg, ends in zip(legs, timeline(departure, transit), strict=True):
        if leg.kind in WORK:
            for place_id in (leg.from_id, leg.to_id):
                for note in _holidays(network, place_id, begins, ends):
                    found.setdefault(note[1], note)
        if leg.kind == "border" and leg.mode == "road":
            text, source_id = hours.get(frozenset((leg.from_id, leg.to_id)), ("", ""))
            shut = _shut(network, leg.from_id, text, source_id, begins)
            if shut:
                found.setdefault(shut[1], shut)
        begins = ends
    return list(found.values())


def _holidays(network: Network, place_id: str, begins: dt.datetime, ends: dt.datetime) -> list[tuple[str, str, str]]:
    """Holidays of a place's country while the goods are expected there; of a long stay the first days."""
    place = network.places[place_id]
    here = clock(place.country)
    first, last = begins.astimezone(here).date(), ends.astimezone(here).date()
    found = []
    for offset in range(min((last - first).days, MOST_DAYS_LOOKED_AT) + 1):
        day = first + dt.timedelta(days=offset)
        try:
            name = public_holidays(place.country, day.year).get(day)
        except FreightError:
            return []
        if name is not None:
            text = f"{day} is a holiday in {place.country} ({name}), when the goods are expected at {place.name_en}: ask whether it works."
            found.append(("holiday", text, "package-holidays"))
    return found


def _shut(network: Network, place_id: str, text: str, source_id: str, at: dt.datetime) -> tuple[str, str, str] | None:
    hours = parse_hours(text) if text else None
    if hours is None or hours.always or hours.assumed:
        return None
    place = network.places[place_id]
    wait = wait_until_open(at, hours, country=place.country)
    if not wait:
        return None
    return (
        "border_hours",
        f"The post {place.name_en} works {text}; the truck is expected outside these hours and may wait {wait.total_seconds() / 3600:.0f} h.",
        source_id,
    )
