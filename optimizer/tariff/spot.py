"""Market prices: the last one while it is fresh, else what the season has been.

A spot price is never carried forward. Within `FRESH_DAYS` it is the price; later the prices of the same
season of all years - the month asked for and one month either side - make an estimate, or all prices
where the season has none. The band is the spread of the prices used (engine.md, section 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from optimizer.tariff.rule import SpotPrice

FRESH_DAYS = 30
FACTOR = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Spot:
    """A market price on a day, with its band as factors."""

    price: Decimal
    low: Decimal
    high: Decimal
    status: str
    detail: str


def spot_at(prices: Sequence[SpotPrice], day: dt.date, known_on: dt.date) -> Spot | None:
    """What a series says of a day; None where no price is known.

    Args:
        prices: of one series, any order.
        known_on: prices of later days are not seen.

    >>> paid = [SpotPrice("s", dt.date(2020, 1, 20), Decimal(36), "USD", "x"),
    ...         SpotPrice("s", dt.date(2021, 12, 10), Decimal(45), "USD", "x"),
    ...         SpotPrice("s", dt.date(2020, 5, 10), Decimal(21), "USD", "x")]
    >>> spot_at(paid, dt.date(2025, 12, 1), dt.date(2025, 12, 1)).price
    Decimal('40.50')
    """
    known = sorted((p for p in prices if p.day <= min(day, known_on)), key=lambda p: (p.day, p.price))
    if not known:
        return None
    last = known[-1]
    every = [p.price for p in known]
    if (day - last.day).days <= FRESH_DAYS:
        return Spot(last.price, _f(min(every), last.price), _f(max(every), last.price), "published", f"paid {last.day}")
    season = {(day.month + shift - 1) % 12 + 1 for shift in (-1, 0, 1)}
    alike = [p for p in known if p.day.month in season] or known
    prices_used = [p.price for p in alike]
    mean = (sum(prices_used, Decimal(0)) / len(prices_used)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    years = f"{alike[0].day.year}-{alike[-1].day.year}"
    what = (
        f"mean of {len(alike)} prices of the season, {years}" if alike is not known else f"mean of {len(alike)} prices"
    )
    return Spot(mean, _f(min(prices_used), mean), _f(max(prices_used), mean), "estimated", what)


def _f(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(FACTOR, rounding=ROUND_HALF_UP)
