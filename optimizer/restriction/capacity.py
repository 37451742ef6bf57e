"""Quotas and bans of a place as a calendar of capacity, for who plans a season."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from decimal import Decimal

from optimizer.restriction.match import in_force, modes_of, places_of, shuts
from optimizer.restriction.model import Restriction
from optimizer.restriction.quota import DailyLimit

WAGONS_A_TRAIN = Decimal(60)  # as rail_crossings.csv counts the trains of Saryagash
SHUT = Decimal(0)


def of_all_goods(restriction: Restriction) -> bool:
    """Whether a row holds for whatever passes: all goods, in any wagon, from and to everywhere, nobody let through."""
    r = restriction
    goods = r.cargo_words in (("",), ("all",))
    wagons = r.wagon_type in ("", "all", "trailer-truck") and r.wagon_owner in ("", "all")
    return goods and wagons and not (r.origins or r.destinations or [e for e in r.exemptions if not e.note])


def capacity_calendar(
    restrictions: Iterable[Restriction],
    places: AbstractSet[str],
    mode: str,
    start: dt.date,
    days: int,
    known_on: dt.date,
    speaks: Callable[[Restriction], bool] = of_all_goods,
    wagons_a_train: Decimal = WAGONS_A_TRAIN,
) -> tuple[Decimal | None, ...]:
    """What may pass a location on each of some days, by what was known on one.

    Args:
        places: ids of the location, all that are joined to it.
        mode: rail, road or sea: rows of other modes are left out.
        start: first day; days: how many.
        speaks: which rows hold for the flow that is planned; of all goods where nothing is said. For one cargo pass
            `lambda r: concerns(r, cargo=..., ...)`.
        wagons_a_train: wagons that a quota of trains stands for.
    Returns:
        For each day wagons (rail) or trucks (road) let through; None: no limit known; 0: shut. Of several quotas
        the smallest.

    >>> from optimizer.restriction.read import read_restrictions
    >>> rows, day = read_restrictions().rows, dt.date(2023, 11, 7)
    >>> [str(n) for n in capacity_calendar(rows, {"kz-saryagash"}, "rail", day, 2, dt.date(2023, 11, 10))]
    ['None', '675']
    """
    mine = [
        r
        for r in restrictions
        if mode in modes_of(r) and (shuts(r) or r.daily_limit is not None) and _at(r, places) and speaks(r)
    ]
    calendar: list[Decimal | None] = []
    for day in (start + dt.timedelta(days=n) for n in range(days)):
        standing = [r for r in mine if in_force(r, day, known_on)]
        if any(shuts(r) for r in standing):
            calendar.append(SHUT)
            continue
        limits = [_wagons(r.daily_limit, wagons_a_train) for r in standing if r.daily_limit is not None]
        calendar.append(min(limits, default=None))
    return tuple(calendar)


def _at(r: Restriction, places: AbstractSet[str]) -> bool:
    """Whether one of its places is this location; a road is there with either of its ends."""
    named = {p for s in places_of(r) for p in ((s,) if isinstance(s, str) else s[1:] if s[0] == "road" else ())}
    return not named.isdisjoint(places)


def _wagons(limit: DailyLimit, wagons_a_train: Decimal) -> Decimal:
    return limit.number * (wagons_a_train if limit.unit == "train" else 1)
