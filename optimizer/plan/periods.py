"""The weeks or days a plan is made of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

DAYS_OF = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of equal length from a first day on, counted from 0.

    >>> weeks = Periods(dt.date(2026, 12, 1), 4, "week")
    >>> weeks.first(2).isoformat(), weeks.of(dt.date(2026, 12, 7)), weeks.name(0)
    ('2026-12-15', 0, '2026-12-01')
    """

    start: dt.date
    count: int
    kind: str = "week"

    @property
    def days(self) -> int:
        return DAYS_OF[self.kind]

    @property
    def end(self) -> dt.date:
        """The first day after the last period."""
        return self.first(self.count)

    def first(self, period: int) -> dt.date:
        return self.start + dt.timedelta(days=period * self.days)

    def of(self, day: dt.date) -> int:
        """The period a day lies in; below 0 or beyond the last where it lies outside."""
        return (day - self.start).days // self.days

    def days_in(self, period: int) -> list[dt.date]:
        first = self.first(period)
        return [first + dt.timedelta(days=i) for i in range(self.days)]

    def name(self, period: int) -> str:
        """A period is known by its first day."""
        return self.first(period).isoformat()
