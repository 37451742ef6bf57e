"""Clocks and calendars: zones of the countries, opening hours of posts, days of rest, public holidays.

What is shut comes out as spans of time; how long cargo waits for it is `optimizer.timing.walk`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from optimizer.errors import DataError, FreightError, Problem

DAY = dt.timedelta(days=1)
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


def local_days(begins: dt.datetime, first_h: float, last_h: float, country: str) -> list[dt.date]:
    """The days of a country's calendar from so many hours after a moment to so many.

    >>> loading = dt.datetime(2026, 3, 20, 20, 0, tzinfo=clock("KZ"))
    >>> [str(day) for day in local_days(loading, 0, 12, "IR")]
    ['2026-03-20', '2026-03-21']
    """
    here = _in_utc(begins).astimezone(clock(country))
    first = (here + dt.timedelta(hours=first_h)).date()
    last = (here + dt.timedelta(hours=last_h)).date()
    return [first + i * DAY for i in range((last - first).days + 1)]


def hours_after(begins: dt.datetime, day: dt.date, time: dt.time, country: str) -> float:
    """Hours from a moment to an hour of a day by a country's clock.

    >>> hours_after(dt.datetime(2026, 3, 20, tzinfo=clock("KZ")), dt.date(2026, 3, 20), dt.time(12), "IR")
    13.5
    """
    return (dt.datetime.combine(day, time, clock(country)) - _in_utc(begins)).total_seconds() / 3600


def shut_spans(
    hours: Hours, country: str, days: Sequence[dt.date], begins: dt.datetime
) -> Iterator[tuple[float, float]]:
    """Spans, in hours after `begins`, in which a post is shut during some days, in order.

    Args:
        country: whose clock the post keeps where `hours` names none.
        days: that follow each other.

    >>> monday = dt.datetime(2026, 3, 2, tzinfo=clock("UZ"))
    >>> list(shut_spans(parse_hours("08:00-20:00"), "UZ", [monday.date()], monday))
    [(-4.0, 8.0), (20.0, 32.0)]
    """
    if hours.always or not days:
        return
    where = hours.country or country
    first, last = (hours_after(begins, day, dt.time(0), where) for day in (days[0], days[-1] + DAY))
    closed: float | None = None
    # A week before and after: a post may open on one day of the week only.
    for day in (days[0] + i * DAY for i in range(-8, len(days) + 9)):
        if day.weekday() not in hours.days:
            continue
        opens = hours_after(begins, day, hours.opens, where)
        if closed is not None and first < opens > closed < last:
            yield closed, opens
        closed = opens + hours.open_h


def is_weekend(day: dt.date, country: str) -> bool:
    """Whether offices of a country rest on this day of the week.

    >>> friday = dt.date(2026, 3, 6)
    >>> is_weekend(friday, "KZ"), is_weekend(friday, "IR")
    (False, True)
    """
    return day.weekday() in WEEKEND.get(country, frozenset({5, 6}))


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


def holiday_name(day: dt.date, country: str) -> str:
    """Name of a public holiday; "" on other days and where no holidays are known.

    >>> holiday_name(dt.date(2026, 3, 23), "IR"), holiday_name(dt.date(2026, 3, 25), "IR")
    ('Nowruz Holiday', '')
    """
    try:
        return public_holidays(country, day.year).get(day, "")
    except FreightError:
        return ""


def _minutes(time: dt.time) -> int:
    return 60 * time.hour + time.minute


def _in_utc(moment: dt.datetime) -> dt.datetime:
    """The same moment where no clock is ever put forward, so that hours added to it are hours."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(dt.UTC)
