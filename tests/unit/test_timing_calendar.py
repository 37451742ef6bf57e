"""Clocks, opening hours and holidays."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest

from optimizer.errors import DataError, FreightError
from optimizer.network.read import read_network
from optimizer.timing.calendar import (
    WEEKEND,
    Hours,
    clock,
    holiday_name,
    hours_after,
    is_weekend,
    local_days,
    parse_hours,
    public_holidays,
    shut_spans,
)


def at(country: str, day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of March 2026; the 2nd is a Monday."""
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=clock(country))


def test_the_words_of_every_crossing_are_understood() -> None:
    for row in read_network().road_crossings:
        hours = parse_hours(row.opening_hours)
        assert 0 < hours.open_h <= 24
        assert hours.assumed or row.opening_hours == "24h"


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("24h", Hours()),
        ("24h for transit (not verified)", Hours(assumed=True)),
        ("24h on the Iranian side (not verified)", Hours(country="IR", assumed=True)),
        ("08:00-20:00", Hours(dt.time(8), dt.time(20))),
        ("22:00 - 6:30", Hours(dt.time(22), dt.time(6, 30))),
        ("daytime on the Afghan side (not verified)", Hours(dt.time(8), dt.time(20), country="AF", assumed=True)),
        (
            "daytime, six days a week in 2021",
            Hours(dt.time(8), dt.time(20), days=frozenset({0, 1, 2, 3, 5, 6}), assumed=True),
        ),
        (
            "day shift; Iranian side closed at 13:30 in 2016",
            Hours(dt.time(8), dt.time(13, 30), country="IR", assumed=True),
        ),
        ("day shift", Hours(dt.time(8), dt.time(17), assumed=True)),
        (
            "24h in theory since July 2019, 10 h night stop on the Afghan side in 2024",
            Hours(dt.time(6), dt.time(20), country="AF", assumed=True),
        ),
    ],
)
def test_opening_hours(words: str, hours: Hours) -> None:
    assert parse_hours(words) == hours


def test_words_that_tell_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="tells no opening hours") as caught:
        parse_hours("by appointment")
    assert caught.value.code == "opening_hours"


DAY_POST = Hours(dt.time(8), dt.time(20))
SIX_DAYS = Hours(dt.time(8), dt.time(20), days=frozenset({0, 1, 2, 3, 5, 6}))


def shut(hours: Hours, country: str, *days: int) -> list[tuple[float, float]]:
    """Spans in hours after midnight of Monday the 2nd by the clock of the country."""
    return list(shut_spans(hours, country, [dt.date(2026, 3, d) for d in days], at(country, 2, 0)))


@pytest.mark.parametrize(
    ("hours", "country", "days", "spans"),
    [
        (Hours(), "UZ", (2,), []),
        (DAY_POST, "UZ", (2,), [(-4, 8), (20, 32)]),
        (DAY_POST, "UZ", (2, 3), [(-4, 8), (20, 32), (44, 56)]),
        (SIX_DAYS, "PK", (6,), [(92, 128)]),  # from Thursday evening to Saturday morning
        (Hours(dt.time(22), dt.time(6)), "UZ", (2,), [(6, 22)]),  # over midnight
        (Hours(dt.time(7, 30), dt.time(15, 30), country="IR"), "TM", (2,), [(-7, 9), (17, 33)]),  # Iran's clock
        (Hours(dt.time(8), dt.time(8), days=frozenset({0})), "UZ", (4,), [(32, 176)]),  # Mondays only
    ],
)
def test_when_a_post_is_shut(
    hours: Hours, country: str, days: tuple[int, ...], spans: list[tuple[float, float]]
) -> None:
    assert shut(hours, country, *days) == spans


def test_the_days_of_a_country_are_those_of_its_own_clock() -> None:
    late = at("KZ", 2, 23)  # 21:30 in Iran, two in the morning of the next day in China
    assert local_days(late, 0, 1, "IR") == [dt.date(2026, 3, 2)]
    assert local_days(late, 0, 1, "CN") == [dt.date(2026, 3, 3)]
    assert hours_after(late, dt.date(2026, 3, 3), dt.time(0), "IR") == 2.5


def test_hours_are_hours_in_the_night_when_clocks_are_put_forward() -> None:
    """From midnight to midnight in Berlin the night of 29 March 2026 makes a day of 23 hours; in Aktau it does not."""
    berlin = dt.datetime(2026, 3, 28, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    told_in_utc = berlin.astimezone(dt.UTC)
    for day in (dt.date(2026, 3, 29), dt.date(2026, 3, 30)):
        assert hours_after(berlin, day, dt.time(18), "KZ") == hours_after(told_in_utc, day, dt.time(18), "KZ")
    assert hours_after(berlin, dt.date(2026, 3, 29), dt.time(18), "KZ") == 26


def test_a_moment_needs_its_zone() -> None:
    naive = dt.datetime(2026, 3, 2, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        local_days(naive, 0, 1, "KZ")


def test_offices_rest_on_their_own_days() -> None:
    friday, sunday = dt.date(2026, 3, 6), dt.date(2026, 3, 8)
    assert [c for c in ("KZ", "UZ", "TM", "IR", "AF", "PK") if is_weekend(friday, c)] == ["IR", "AF"]
    assert is_weekend(sunday, "KZ") and not is_weekend(sunday, "IR")


def test_feasts_of_several_days() -> None:
    """Nowruz and Eid of 2026 as the library has them; Afghanistan keeps no Nowruz any more."""

    def off(country: str, first: int, last: int) -> list[int]:
        return [d for d in range(first, last + 1) if holiday_name(dt.date(2026, 3, d), country)]

    assert off("KZ", 20, 26) == [21, 22, 23, 24, 25]
    assert off("TM", 21, 26) == [21, 22, 23]
    assert off("IR", 21, 26) == [21, 22, 23, 24]
    assert off("AF", 19, 26) == [20, 21, 22]
    assert holiday_name(dt.date(2026, 3, 21), "QQ") == ""


def test_holidays_of_the_six_countries() -> None:
    library = pytest.importorskip("holidays")
    for country in ("KZ", "UZ", "TM", "IR", "AF", "PK"):
        assert 10 <= len(public_holidays(country, 2026)) <= 40, country
        assert library.country_holidays(country).weekend == WEEKEND[country], country
    assert "Nowruz" in str([public_holidays(c, 2025)[dt.date(2025, 3, 21)] for c in ("UZ",)])
    with pytest.raises(FreightError, match="No holidays are known"):
        public_holidays("QQ", 2026)
