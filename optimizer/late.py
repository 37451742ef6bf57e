"""What the days of a way cost beside its price: hire of what the cargo rides in, and interest on the goods.

A delay is shared among the legs in proportion to their variance: the expected part each has in it. So days beyond
the expected ones cost the hire of what the cargo rides in where they are likely to pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from optimizer.itinerary import Itinerary, leg_hours
from optimizer.money import CENT, round_money
from optimizer.tariff.bases import FAMILY
from optimizer.tariff.charge import Load
from optimizer.transit import Transit

ZERO = Decimal(0)
HOURS_A_YEAR = Decimal(8760)
HIRES = frozenset({"hire", "platform_hire", "box_hire"})


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
