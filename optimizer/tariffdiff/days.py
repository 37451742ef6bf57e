"""Days on which a diff of tariff books may show: those on which its rows begin or end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from optimizer.errors import RequestError
from optimizer.request import EARLIEST, LATEST_AHEAD_DAYS
from optimizer.tariff.book import boundaries
from optimizer.tariffdiff.rows import PRICE, RowPair
from optimizer.validity import Validity

MOST_DAYS = 12  # of those chosen from the rows, beside today
AHEAD = dt.timedelta(days=365)
ONE_DAY = dt.timedelta(days=1)


def days_of(pairs: Sequence[RowPair], today: dt.date) -> tuple[list[dt.date], int]:
    """(days worth asking, how many more there are): those next to today go first, each with the day before it."""
    starts = boundaries(side.row for pair in pairs for side in pair.sides)
    for pair in pairs:
        for side in pair.sides:
            starts |= _seasons(side.row.valid, dict(side.row.cells).get("months", ""), today)
        if pair.old is not None and pair.new is not None:
            starts |= {
                dt.date.fromisoformat(f.name.removeprefix(PRICE))
                for f in pair.change.fields
                if f.name.startswith(PRICE)
            }
    found: list[dt.date] = []
    left = 0
    for start in sorted(starts, key=lambda day: (abs(day - today), day)):
        fresh = [
            day for day in (start, start - ONE_DAY) if EARLIEST <= day <= today + AHEAD and day not in (*found, today)
        ]
        if len(found) + len(fresh) <= MOST_DAYS:
            found += fresh
        else:
            left += len(fresh)
    return [*found, today], left


def _seasons(valid: Validity, months: str, today: dt.date) -> set[dt.date]:
    """The next first day of each month a row of a season applies in."""
    days = [dt.date(today.year + (int(m) <= today.month), int(m), 1) for m in filter(None, months.split(";"))]
    return {day for day in days if valid.contains(day)}


def check_days(days: Sequence[dt.date], today: dt.date) -> None:
    for day in days:
        if not EARLIEST <= day <= today + dt.timedelta(days=LATEST_AHEAD_DAYS):
            raise RequestError(
                f"The day {day} is outside {EARLIEST} to three years ahead.",
                code="date_out_of_range",
                field="days",
                hint="Give days within that span.",
            )
