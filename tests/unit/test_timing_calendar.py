"""Clocks, opening hours, holidays and departures."""

from __future__ import annotations

import datetime as dt

import pytest

from optimizer.errors import DataError, FreightError
from optimizer.network.read import read_network
from optimizer.timing.calendar import (
    WEEKEND,
    Hours,
    clock,
    expected_departure,
    is_working_day,
    mean_wait_h,
    next_departure,
    next_working_day,
    parse_hours,
    public_holidays,
    wait_until_open,
)

HOUR = dt.timedelta(hours=1)


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


@pytest.mark.parametrize(
    ("arrival", "hours", "country", "waits_h"),
    [
        (at("UZ", 2, 12), Hours(), "UZ", 0),
        (at("UZ", 2, 12), DAY_POST, "UZ", 0),
        (at("UZ", 2, 5), DAY_POST, "UZ", 3),
        (at("UZ", 2, 20), DAY_POST, "UZ", 12),
        (at("UZ", 2, 7, 45), DAY_POST, "AF", 0.75),  # 07:15 beyond the river
        (at("TM", 2, 9), Hours(dt.time(7, 30), dt.time(15, 30), country="IR"), "TM", 0),  # 07:30 in Iran
        (at("PK", 5, 21), Hours(dt.time(8), dt.time(20), days=frozenset({0, 1, 2, 3, 5, 6})), "PK", 35),
        (at("UZ", 2, 2), Hours(dt.time(22), dt.time(6)), "UZ", 0),  # yesterday's night shift
        (at("UZ", 2, 7), Hours(dt.time(22), dt.time(6)), "UZ", 15),
    ],
)
def test_waiting_for_a_post_to_open(arrival: dt.datetime, hours: Hours, country: str, waits_h: float) -> None:
    assert wait_until_open(arrival, hours, country=country) == waits_h * HOUR


def test_a_holiday_shuts_a_post() -> None:
    nowruz = {dt.date(2026, 3, 21), dt.date(2026, 3, 22)}
    assert wait_until_open(at("IR", 21, 10), DAY_POST, country="IR", closed=nowruz) == 46 * HOUR
    assert wait_until_open(at("IR", 21, 10), Hours(), country="IR", closed=nowruz) == 38 * HOUR


def test_a_post_that_never_opens_and_a_moment_without_a_zone() -> None:
    with pytest.raises(FreightError, match="does not open within 31 days") as caught:
        wait_until_open(at("UZ", 2, 12), Hours(dt.time(8), dt.time(20), days=frozenset()), country="UZ")
    assert caught.value.code == "never_open"
    naive = dt.datetime(2026, 3, 2, 12)  # noqa: DTZ001
    for call in (
        lambda: wait_until_open(naive, Hours()),
        lambda: next_departure(naive, {0}),
        lambda: expected_departure(naive, 1),
    ):
        with pytest.raises(ValueError, match="time zone"):
            call()


@pytest.mark.parametrize(
    "hours", [DAY_POST, parse_hours("daytime, six days a week in 2021"), Hours(dt.time(22), dt.time(6))]
)
def test_the_mean_wait_is_that_of_every_minute(hours: Hours) -> None:
    week = [at("UZ", 2, 0) + i * HOUR / 4 + HOUR / 8 for i in range(7 * 96)]
    waits = [wait_until_open(moment, hours, country="UZ") / HOUR for moment in week]
    assert sum(waits) / len(waits) == pytest.approx(mean_wait_h(hours), abs=0.01)


@pytest.mark.parametrize(
    ("ready", "weekdays", "cutoff_h", "leaves"),
    [
        (at("KZ", 2, 10), {0}, 0, at("KZ", 2, 18)),
        (at("KZ", 2, 18), {0}, 0, at("KZ", 2, 18)),
        (at("KZ", 2, 18, 1), {0}, 0, at("KZ", 9, 18)),
        (at("KZ", 2, 10), {0}, 12, at("KZ", 9, 18)),
        (at("KZ", 2, 10), {0, 3}, 12, at("KZ", 5, 18)),
        (at("AZ", 2, 18), {0}, 0, at("KZ", 9, 18)),  # it is an hour later in Kazakhstan
    ],
)
def test_the_next_departure(ready: dt.datetime, weekdays: set[int], cutoff_h: float, leaves: dt.datetime) -> None:
    found = next_departure(ready, weekdays, at=dt.time(18), country="KZ", cutoff_h=cutoff_h)
    assert found == leaves and found.utcoffset() == 5 * HOUR


def test_a_timetable_has_days_and_a_service_leaves() -> None:
    for days in (set(), {7}):
        with pytest.raises(ValueError, match="weekdays"):
            next_departure(at("KZ", 2, 10), days)
    with pytest.raises(ValueError, match="no times a week"):
        expected_departure(at("KZ", 2, 10), 0)
    assert expected_departure(at("KZ", 2, 0), 1, cutoff_h=6) == at("KZ", 5, 18)


def test_offices_rest_on_their_own_days() -> None:
    friday, saturday, sunday = (dt.date(2026, 3, d) for d in (6, 7, 8))
    assert [is_working_day(friday, c) for c in ("KZ", "UZ", "TM", "IR", "AF", "PK")] == [
        True,
        True,
        True,
        False,
        False,
        True,
    ]
    assert not is_working_day(sunday, "KZ") and is_working_day(sunday, "IR")
    assert next_working_day(saturday, "TM") == dt.date(2026, 3, 9)
    with pytest.raises(FreightError, match="No working day"):
        next_working_day(friday, "KZ", {friday + dt.timedelta(days=i) for i in range(40)})


def test_holidays_of_the_six_countries() -> None:
    library = pytest.importorskip("holidays")
    for country in ("KZ", "UZ", "TM", "IR", "AF", "PK"):
        assert 10 <= len(public_holidays(country, 2026)) <= 40, country
        assert library.country_holidays(country).weekend == WEEKEND[country], country
    assert "Nowruz" in str([public_holidays(c, 2025)[dt.date(2025, 3, 21)] for c in ("UZ",)])
    with pytest.raises(FreightError, match="No holidays are known"):
        public_holidays("QQ", 2026)
