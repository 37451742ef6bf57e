"""Clocks and calendars: opening hours of borders, weekends and holidays, the next departure of a service.

Pure functions over datetimes that know their zone; whole hours of waiting come out, never a price. Hours a post is
shut are already in a crossing time that was measured (CAREC counts from entry to exit, nights and queues included):
use `wait_until_open` for a dated timetable, and do not add it to such a mean.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from optimizer.errors import DataError, FreightError, Problem

DAY = dt.timedelta(days=1)
WEEK_H = 168.0
# Offsets of the countries' own clocks in hours; none of them changes to summer time any more.
UTC_OFFSET_H: Mapping[str, float] = MappingProxyType(
    {
        "KZ": 5.0,
        "UZ": 5.0,
        "TM": 5.0,
        "IR": 3.5,
        "AF": 4.5,
        "PK": 5.0,
        "AZ": 4.0,
        "RU": 3.0,
        "CN": 8.0,
        "AE": 4.0,
        "OM": 4.0,
        "IN": 5.5,
    }
)
# Days of rest, Monday 0: as the library `holidays` has them (tests compare).
WEEKEND: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        **dict.fromkeys(("KZ", "UZ", "TM", "PK", "AZ", "RU", "CN"), frozenset({5, 6})),
        "IR": frozenset({4}),
        "AF": frozenset({4, 5}),
    }
)
_COUNTRY_WORDS = {"iran": "IR", "turkmen": "TM", "afghan": "AF", "pakistan": "PK", "kazakh": "KZ", "uzbek": "UZ"}
# Readings of words that give no hour; every one of them is an assumption and marked so.
DAYTIME = (dt.time(8), dt.time(20))
NIGHT_STOP_FROM = dt.time(20)
DAY_SHIFT = (dt.time(8), dt.time(17))
WITHOUT_FRIDAY = frozenset({0, 1, 2, 3, 5, 6})
EVERY_DAY = frozenset(range(7))


def clock(country: str) -> dt.timezone:
    """A country's own time zone.

    >>> clock("IR").utcoffset(None)
    datetime.timedelta(seconds=12600)
    """
    return dt.timezone(dt.timedelta(hours=UTC_OFFSET_H.get(country, 0.0)))


@dataclass(frozen=True, slots=True)
class Hours:
    """When a border post works.

    Attributes:
        opens, closes: by the post's clock; equal: round the clock. A post that closes before it opens works
            over midnight.
        days: weekdays it opens on, Monday 0.
        country: whose clock; empty: that of the country one comes from.
        assumed: the text tells no hour, or does not vouch for it, and part of this is our reading.
    """

    opens: dt.time = dt.time(0)
    closes: dt.time = dt.time(0)
    days: frozenset[int] = EVERY_DAY
    country: str = ""
    assumed: bool = False

    @property
    def always(self) -> bool:
        """Round the clock on every day."""
        return self.opens == self.closes and self.days == EVERY_DAY

    @property
    def open_h(self) -> float:
        """Hours a working day is long."""
        minutes = (_minutes(self.closes) - _minutes(self.opens)) % 1440
        return (minutes or 1440) / 60


def parse_hours(text: str) -> Hours:
    """Opening hours from the words of `road_crossings.opening_hours`.

    Raises:
        DataError: the words tell neither hours nor a known manner of working (code: opening_hours).

    >>> parse_hours("24/7 announced May 2024").always
    True
    >>> shift = parse_hours("07:30-15:30 Iran time / 09:00-17:00 Turkmen time (guidebook, about 2012)")
    >>> shift.opens, shift.closes, shift.country
    (datetime.time(7, 30), datetime.time(15, 30), 'IR')
    >>> parse_hours("daytime (not verified)").open_h
    12.0
    """
    words = text.lower()
    doubtful = any(w in words for w in ("assumed", "not verified", "in theory", "guidebook", "announced"))
    country = next((code for word, code in _COUNTRY_WORDS.items() if word in words), "")
    if span := re.search(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)", words):
        opens, closes = (dt.time.fromisoformat(part.zfill(5)) for part in span.groups())
        return Hours(opens, closes, country=country, assumed=doubtful)
    days = WITHOUT_FRIDAY if "six days" in words else EVERY_DAY
    if stop := re.search(r"(\d{1,2}) h night stop", words):
        end = (_minutes(NIGHT_STOP_FROM) + 60 * int(stop[1])) % 1440
        side = re.search(r"night stop on the (\w+)", words)
        country = _COUNTRY_WORDS.get(side[1], country) if side else country
        return Hours(dt.time(end // 60, end % 60), NIGHT_STOP_FROM, days, country, True)
    if words.startswith(("24h", "24/7")):
        return Hours(days=days, country=country, assumed=doubtful)
    if "day shift" in words:
        closed = re.search(r"closed at (\d{1,2}:\d\d)", words)
        closes = dt.time.fromisoformat(closed[1].zfill(5)) if closed else DAY_SHIFT[1]
        return Hours(DAY_SHIFT[0], closes, days, country, True)
    if words.startswith("daytime"):
        return Hours(*DAYTIME, days, country, True)
    raise DataError(
        [
            Problem(
                "opening_hours",
                f"'{text}' tells no opening hours; write 24h, daytime or HH:MM-HH:MM",
                column="opening_hours",
                value=text,
            )
        ]
    )


def wait_until_open(
    arrival: dt.datetime, hours: Hours, *, country: str = "", closed: Collection[dt.date] = ()
) -> dt.timedelta:
    """How long one who arrives now waits at the post; 0 where it works.

    Args:
        arrival: with its zone.
        country: whose clock the post keeps where `hours` names none.
        closed: days by that clock on which the post does not open (holidays).
    Raises:
        ValueError: `arrival` has no zone.
        FreightError: the post does not open within 31 days (code: never_open).

    >>> post = parse_hours("08:00-20:00")
    >>> late = dt.datetime(2026, 3, 2, 21, 0, tzinfo=clock("UZ"))  # a Monday; 20:30 in Afghanistan
    >>> wait_until_open(late, post, country="AF")
    datetime.timedelta(seconds=41400)
    """
    here = _zoned(arrival).astimezone(clock(hours.country or country))
    if hours.always and not closed:
        return dt.timedelta()
    length = dt.timedelta(hours=hours.open_h)
    first = here.date() - DAY  # yesterday's work may go on past midnight
    for day in (first + i * DAY for i in range(33)):
        if day.weekday() not in hours.days or day in closed:
            continue
        opens = dt.datetime.combine(day, hours.opens, here.tzinfo)
        if here < opens + length:
            return max(dt.timedelta(), opens - here)
    raise FreightError(
        f"The post does not open within 31 days of {here:%Y-%m-%d}; check its hours and days.", code="never_open"
    )


def mean_wait_h(hours: Hours) -> float:
    """Mean hours before a shut post for who comes at any minute of the week.

    >>> mean_wait_h(parse_hours("08:00-20:00"))
    3.0
    >>> mean_wait_h(Hours())
    0.0
    """
    if hours.always or not hours.days:
        return 0.0
    starts = sorted(24 * day + _minutes(hours.opens) / 60 for day in hours.days)
    gaps = [(after - before) % WEEK_H or WEEK_H for before, after in zip(starts, [*starts[1:], starts[0]], strict=True)]
    return sum(max(0.0, gap - hours.open_h) ** 2 for gap in gaps) / 2 / WEEK_H


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> Mapping[dt.date, str]:
    """Days off by law and their names, as the library `holidays` knows them.

    Args:
        country: code; KZ, UZ, TM, IR, AF, PK, AZ, RU, CN, AE, OM and IN are known.
    Returns:
        Name by date. Moslem feasts are a day off either way until the moon is seen; the library says (estimated).
    Raises:
        FreightError: the library does not know the country (code: no_holidays).
    """
    # The language is named, or the library would take that of the machine.
    import holidays  # type: ignore[import-not-found, unused-ignore]

    try:
        return MappingProxyType(dict(holidays.country_holidays(country, years=year, language="en_US")))
    except NotImplementedError as fault:
        raise FreightError(f"No holidays are known for '{country}'.", code="no_holidays") from fault


def is_working_day(day: dt.date, country: str, off: Collection[dt.date] = ()) -> bool:
    """Whether offices of a country work: no weekend, no holiday. Trains and posts may work all the same.

    Args:
        off: holidays, for instance of `public_holidays`.

    >>> friday = dt.date(2026, 3, 6)
    >>> is_working_day(friday, "KZ"), is_working_day(friday, "IR"), is_working_day(friday, "KZ", {friday})
    (True, False, False)
    """
    return day.weekday() not in WEEKEND.get(country, frozenset({5, 6})) and day not in off


def next_working_day(day: dt.date, country: str, off: Collection[dt.date] = ()) -> dt.date:
    """This day, or the first after it on which offices work.

    Raises:
        FreightError: none within 31 days (code: never_open).

    >>> next_working_day(dt.date(2026, 3, 7), "KZ", {dt.date(2026, 3, 9)})  # a Saturday, and Monday off
    datetime.date(2026, 3, 10)
    """
    for later in (day + i * DAY for i in range(32)):
        if is_working_day(later, country, off):
            return later
    raise FreightError(f"No working day in {country} within 31 days of {day}; check the holidays.", code="never_open")


def next_departure(
    after: dt.datetime, weekdays: Collection[int], *, at: dt.time = dt.time(0), country: str = "", cutoff_h: float = 0.0
) -> dt.datetime:
    """The first departure of a weekly timetable that cargo ready at `after` can take.

    Args:
        after: when the cargo is at hand, with its zone.
        weekdays: of departure, Monday 0, by the clock of `country`.
        at: hour of departure.
        country: whose clock; empty: that of `after`.
        cutoff_h: hours before departure after which nothing is taken any more.
    Raises:
        ValueError: no weekday, or `after` has no zone.

    >>> ready = dt.datetime(2026, 3, 4, 12, 0, tzinfo=clock("KZ"))  # a Wednesday
    >>> next_departure(ready, {2, 5}, at=dt.time(18)).isoformat()
    '2026-03-04T18:00:00+05:00'
    >>> next_departure(ready, {2, 5}, at=dt.time(18), cutoff_h=12).isoformat()
    '2026-03-07T18:00:00+05:00'
    """
    if not weekdays or not set(weekdays) <= EVERY_DAY:
        raise ValueError("A timetable has weekdays from 0 (Monday) to 6.")
    ready = _zoned(after) + dt.timedelta(hours=cutoff_h)
    here = ready.astimezone(clock(country)) if country else ready
    # Eight days: today's departure may have left already.
    days = (here.date() + i * DAY for i in range(8))
    leaving = (dt.datetime.combine(day, at, here.tzinfo) for day in days if day.weekday() in weekdays)
    return next(moment for moment in leaving if moment >= here)


def expected_departure(after: dt.datetime, per_week: float, *, cutoff_h: float = 0.0) -> dt.datetime:
    """When a service leaves of which only the number of departures a week is known: half an interval on.

    Nobody publishes the days of the Caspian ships, so no day is made up: this is the mean, and the spread around
    it is the law of `wait_sailing`.

    Raises:
        ValueError: `per_week` is not above 0.

    >>> ready = dt.datetime(2026, 3, 4, 12, 0, tzinfo=clock("KZ"))
    >>> expected_departure(ready, 3).isoformat()
    '2026-03-05T16:00:00+05:00'
    """
    if per_week <= 0:
        raise ValueError("A service leaves more than no times a week.")
    return _zoned(after) + dt.timedelta(hours=cutoff_h + WEEK_H / per_week / 2)


def _minutes(time: dt.time) -> int:
    return 60 * time.hour + time.minute


def _zoned(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment
