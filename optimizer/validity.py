"""Dates of facts: when a row applies and when it became known."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

LAST_YEAR = 2199  # beyond it a date is a slip of the pen


def _parts(text: str) -> list[int]:
    parts = [int(p) for p in text.split("-")]
    if not 1 <= len(parts) <= 3 or parts[0] > LAST_YEAR:
        raise ValueError(f"{text!r} is not a date")
    return parts


def parse_from(text: str) -> dt.date | None:
    """First day of a from-date written YYYY-MM-DD, YYYY-MM or YYYY.

    >>> parse_from("2025-10")
    datetime.date(2025, 10, 1)
    >>> parse_from("") is None
    True
    """
    text = text.strip()
    if not text:
        return None
    parts = _parts(text)
    return dt.date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def parse_to(text: str) -> dt.date | None:
    """Last day of a to-date written YYYY-MM-DD, YYYY-MM or YYYY.

    >>> parse_to("2024-02")
    datetime.date(2024, 2, 29)
    """
    text = text.strip()
    if not text:
        return None
    parts = _parts(text)
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return dt.date(year, month, day)


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day `months` later, or the month's last day where it has none.

    >>> add_months(dt.date(2025, 8, 31), 18)
    datetime.date(2027, 2, 28)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Validity:
    """Days on which a row applies, both ends included; an open end is None."""

    start: dt.date | None = None
    end: dt.date | None = None

    def contains(self, day: dt.date) -> bool:
        """
        >>> Validity(dt.date(2025, 7, 1), dt.date(2025, 9, 30)).contains(dt.date(2025, 9, 30))
        True
        """
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def begun(self, day: dt.date) -> bool:
        return self.start is None or self.start <= day

    def ended(self, day: dt.date) -> bool:
        return self.end is not None and self.end < day
