"""How long a way takes and how sure that is: the law of every leg, of the whole way, and what late days cost.

Legs carry expected hours; `seeds/times.csv` gives each the law its published figures speak for, and dated queues
add to it. The way's law is that of the sum, its parts taken as independent (`optimizer.timing`).

A delay is shared among the legs in proportion to their variance: the expected part each has in it. So days beyond
the expected ones cost the hire of what the cargo rides in where they are likely to pass.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from optimizer.itinerary import Itinerary, leg_hours
from optimizer.money import CENT, round_money
from optimizer.routing.forms import Leg
from optimizer.tariff.bases import FAMILY
from optimizer.tariff.charge import Load
from optimizer.timing.combine import Combined, arrival
from optimizer.timing.elements import Queue, Times
from optimizer.timing.laws import Element
from optimizer.timing.queues import queues_of
from optimizer.timing.spread import Spread, total

ZERO = Decimal(0)
HOURS_A_YEAR = Decimal(8760)
HIRES = frozenset({"hire", "platform_hire", "box_hire"})


@dataclass(frozen=True, slots=True)
class LegTime:
    """The law of one leg: its elements, their sum, and the queues in it."""

    elements: tuple[Element, ...]
    spread: Spread
    queues: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class Transit:
    """The law of a way's hours."""

    legs: tuple[LegTime, ...]
    law: Spread | Combined

    @property
    def expected_h(self) -> float:
        return self.law.mean_h

    @property
    def queues(self) -> tuple[Queue, ...]:
        return tuple(dict.fromkeys(q for leg in self.legs for q in leg.queues))

    def quantile(self, p: float) -> float:
        """Hours within which the cargo is there with chance `p`."""
        return self.law.quantile(p)

    def chance(self, hours: float) -> float:
        """Chance that the cargo is there within `hours`."""
        return self.law.chance(hours)


def leg_times(
    legs: Sequence[Leg], load: Load, times: Times, day: dt.date, known_on: dt.date, groups: frozenset[str]
) -> tuple[LegTime, ...]:
    """The law of every leg of a way.

    Args:
        day: of loading; the queues of that day are taken for the whole way, the later ones not being known.
        groups: of the cargo, for queues that hold some goods only.
    """
    found: list[LegTime] = []
    for index, leg in enumerate(legs):
        kind, service, from_id, to_id, queues = queues_of(legs, index, times, day, known_on, groups)
        law = times.law_of(kind, service=service, from_id=from_id, to_id=to_id, family=leg.family, month=day.month)
        elements: tuple[Element, ...] = (law.element(leg_hours(leg, load)),)
        for queue in queues:
            elements = (*queue.applied(elements[0]), *elements[1:])
        found.append(LegTime(elements, total(e.spread for e in elements), queues))
    return tuple(found)


def transit_of(times_of_legs: Sequence[LegTime]) -> Transit:
    """The law of the sum."""
    return Transit(tuple(times_of_legs), arrival([e for leg in times_of_legs for e in leg.elements]))


@dataclass(frozen=True, slots=True)
class LateCost:
    """What so many hours cost beside the price of a way, in the currency of the quote.

    Attributes:
        extra_days: beyond the days the price counts hire for; below 0 where the way is faster.
        hire: of what the cargo rides in, for those days where they are likely to pass.
        capital: interest on the goods for all the hours.
    """

    hours: float
    extra_days: Decimal
    hire: Decimal
    capital: Decimal


def hire_a_day(it: Itinerary, load: Load) -> dict[int, Decimal]:
    """Hire of all units for one day, by leg."""
    found: dict[int, Decimal] = {}
    for placed in it.charges:
        term = placed.charge.term
        if placed.leg is None or term.subject.charge not in HIRES or not placed.charge.quantity:
            continue
        unit_days = placed.charge.quantity
        units = load.units(FAMILY.get(term.subject.form, "wagon"))
        found[placed.leg] = found.get(placed.leg, ZERO) + placed.charge.amount_quote * units / unit_days
    return found


def late_cost(
    it: Itinerary,
    load: Load,
    transit: Transit,
    hours: float,
    value: Decimal,
    interest: Decimal,
    a_day: Mapping[int, Decimal],
) -> LateCost:
    """Hire and capital when the way takes `hours`.

    Args:
        a_day: hire of all units for one day, by leg (see `hire_a_day`).
        value: of the goods, in the currency of the quote.
        interest: a year, 0.15 for fifteen per cent.
    """
    spreads = [leg.spread for leg in transit.legs]
    variance = sum(s.var_h2 for s in spreads)
    off = hours - transit.expected_h
    hire, charged_h = ZERO, 0.0
    for index, (leg, spread) in enumerate(zip(it.legs, spreads, strict=True)):
        base_h = leg_hours(leg, load)
        charged_h += base_h
        late_h = spread.mean_h - base_h + off * (spread.var_h2 / variance if variance else 0.0)
        hire += a_day.get(index, ZERO) * Decimal(late_h) / 24
    extra_days = Decimal(hours - charged_h) / 24
    capital = value * interest * Decimal(hours) / HOURS_A_YEAR
    return LateCost(hours, extra_days.quantize(CENT, rounding=ROUND_HALF_UP), round_money(hire), round_money(capital))
