"""When to load: the profile of a window equals a quote asked on every day of it, and says what waiting saves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.databook import DataBook
from optimizer.departure import Departure, profile
from optimizer.errors import NoItinerary, RequestError
from optimizer.quote import best_only
from optimizer.request import Job, QuoteRequest, normalise

TODAY = dt.date(2026, 11, 22)


def autumn(book: DataBook, **more: object) -> Job:
    """Wheat from Kokshetau to Bandar Abbas by rail and sea, with the hindsight of 25 November 2025."""
    asked = {"tonnes": "3000", "ready": "2025-10-20", "known_on": "2025-11-25", "mode": ("rail", "sea"), **more}
    return normalise(QuoteRequest("Kokshetau", "Bandar Abbas", "wheat", alternatives=0, **asked), book, TODAY)  # type: ignore[arg-type]


def test_every_day_of_the_profile_is_a_quote_of_that_day(book: DataBook) -> None:
    job = autumn(book)
    found = profile(job, book, 25)
    assert found.searches < 15, "days alike are searched once"
    for d in found.departures:
        at = replace(job, shipment=replace(job.shipment, ready=d.day))
        search, best = best_only(at, book)
        assert (d.total, d.way) == (best.total, best.way), d.day
        assert d.hours == pytest.approx(search.transit(best).expected_h)


def test_the_ban_at_bolashak_moves_the_way_and_waiting_for_its_end_pays(book: DataBook) -> None:
    found = profile(autumn(book), book, 25)
    by_day = {d.day: d for d in found.departures}
    rail, ban = by_day[dt.date(2025, 10, 25)], by_day[dt.date(2025, 10, 26)]
    assert rail.way[0] == "KZ|TM:kz-bolashak"
    assert all(by_day[dt.date(2025, 10, 26) + dt.timedelta(n)].way[0].startswith("dry_bulk") for n in range(12))
    assert ban.total is not None and rail.total is not None and ban.total > rail.total
    assert found.cheapest is not None and found.cheapest.day == dt.date(2025, 11, 7)
    assert found.earliest is not None and found.earliest.day == dt.date(2025, 10, 20)


def test_runs_cover_the_window_without_a_gap(book: DataBook) -> None:
    found = profile(autumn(book), book, 40)
    runs = found.runs()
    assert runs[0][0].day == dt.date(2025, 10, 20)
    assert sum((last.day - first.day).days + 1 for first, last in runs) == 40
    assert all(b[0].day - a[1].day == dt.timedelta(1) for a, b in zip(runs, runs[1:], strict=False))


def test_days_without_a_way_say_why(book: DataBook) -> None:
    """Rail only to Peshawar: the crossings to Pakistan are shut with no end known."""
    request = QuoteRequest("Kokshetau", "Peshawar", "wheat", tonnes="1000", ready="2025-11-20", alternatives=0)
    job = normalise(request, book, TODAY)
    found = profile(job, book, 3)
    for d in found.departures:
        at = replace(job, shipment=replace(job.shipment, ready=d.day))
        try:
            _, best = best_only(at, book)
            assert d.total == best.total
        except NoItinerary:
            assert d.total is None
            assert d.text


def test_the_earliest_arrival_counts_waiting_at_the_origin(book: DataBook) -> None:
    found = profile(autumn(book, ready="2025-10-26", mode=("rail",)), book, 20)

    def there(d: Departure) -> dt.datetime:
        return dt.datetime.combine(d.day, dt.time()) + dt.timedelta(hours=d.hours)

    open_again = next(d for d in found.departures if d.day == dt.date(2025, 11, 7))
    assert found.earliest is not None
    assert there(found.earliest) <= there(open_again)
    assert there(found.earliest) == min(there(d) for d in found.departures if d.total is not None)


def test_days_of_one_search_have_their_own_holidays(book: DataBook) -> None:
    """Trucks from Mary to Tehran around Nowruz 2026: one price, and each day the hours of its own calendar."""
    request = QuoteRequest("Mary", "Tehran", "tomatoes", tonnes="40", ready="2026-03-10", alternatives=0)
    job = normalise(request, book, TODAY)
    found = profile(job, book, 18)
    assert found.searches < 6
    hours = {d.day.day: d.hours for d in found.departures}
    assert hours[10] < hours[17] < hours[19], "ever likelier to stand at the post through Nowruz"
    assert hours[20] - hours[10] > 90, "nobody loads in Turkmenistan from Eid to the end of the Spring Festival"
    assert hours[26] == pytest.approx(hours[10], abs=1)
    for day in (17, 19, 20):
        at = replace(job, shipment=replace(job.shipment, ready=dt.date(2026, 3, day)))
        search, best = best_only(at, book)
        assert hours[day] == pytest.approx(search.transit(best).expected_h)
    assert found.earliest is not None and found.earliest.day == dt.date(2026, 3, 10)


@pytest.mark.parametrize("days", [0, -3, 367])
def test_a_window_that_cannot_be_looked_at_is_told(book: DataBook, days: int) -> None:
    with pytest.raises(RequestError) as raised:
        profile(autumn(book), book, days)
    assert raised.value.code == "bad_window"


def test_a_shut_way_says_what_waiting_saves(ask) -> None:
    """Ready on 28 October: from 7 November the way by Bolashak is open again."""
    more = {"tonnes": 3000, "known_on": "2025-10-28", "mode": ("rail", "sea"), "alternatives": 0}
    now = ask("Kokshetau", "Bandar Abbas", "wheat", ready="2025-10-28", **more)
    ban = next(r for r in now["rejected"] if r["what"] == "KTZ-2025-BOLASHAK-1")
    assert (ban["until"], ban["wait_until"]) == ("2025-11-06", "2025-11-07")
    then = ask("Kokshetau", "Bandar Abbas", "wheat", ready="2025-11-07", **more)
    gain = Decimal(now["itineraries"][0]["total"]["amount"]) - Decimal(then["itineraries"][0]["total"]["amount"])
    assert ban["saving_by_waiting"] == f"{gain:.2f} USD"
    assert f"Loaded on 2025-11-07 instead, the goods would cost {gain:.2f} USD less" in ban["text"]
