"""Days as they pass: P50 and P90 against a simulation on real lanes, chances, queues, late days, holidays, shelf lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.errors import NoItinerary, RequestError
from optimizer.itinerary import Itinerary
from optimizer.quote import best_only, find_itineraries
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.tariffdiff.diff import lanes_of
from optimizer.timing.simulate import simulate

TODAY = dt.date(2026, 11, 22)
Ask = Callable[..., dict[str, Any]]


def journeys(search: Search, it: Itinerary, seed: int) -> Any:
    """200,000 journeys, each element drawn from its own law, each day of rest met where a journey meets it."""
    hours = np.zeros(200_000)
    for number, (leg, time) in enumerate(zip(it.legs, search.transit(it).legs, strict=True)):
        work = simulate(time.elements, draws=len(hours), seed=1000 * seed + number)
        for stop in search.book.calendar.rests(leg, search.departure, 0, 24 * 200) if time.elements else []:
            start, end = stop.span
            meets = (hours < end) & (hours + work > start)
            work = np.where(meets, work - np.maximum(0, start - hours), work)
            hours = np.where(meets, end, hours)
        hours = hours + work
    return hours


def test_p50_and_p90_of_fifty_lanes_are_those_of_a_simulation(book: DataBook) -> None:
    """On the clock, the analytic figures within 3 % on every lane.

    On a day of rest nobody arrives and the curve of chances is flat: there hours lie apart, and chances are compared.
    """
    tried = 0
    worst = {0.5: 0.0, 0.9: 0.0}
    for ready in ("2025-10-15", "2026-11-25"):
        for seed, asked in enumerate(lanes_of()):
            job = normalise(replace(asked, ready=ready, known_on="", due="", alternatives=0), book, TODAY)
            try:
                search, best = best_only(job, book)
            except NoItinerary:
                continue
            transit = search.transit(best)
            drawn = journeys(search, best, seed)
            for p in worst:
                by_draws = float(np.quantile(drawn, p))
                flat = abs(transit.chance(by_draws) - p) < 0.003
                worst[p] = max(worst[p], 0.0 if flat else abs(transit.quantile(p) / by_draws - 1))
            assert abs(transit.expected_h / float(drawn.mean()) - 1) < 0.01
            tried += 1
    assert tried >= 45
    assert max(worst.values()) < 0.03, worst


def test_transit_of_a_quote(ask: Ask) -> None:
    quote = ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=0)
    way = quote["itineraries"][0]
    t = way["transit"]
    assert t["p50_hours"] < t["expected_hours"] < t["p90_hours"]
    assert t["arrival_p50"] < t["arrival_p90"]
    assert t["chance_by_due"] is None
    assert sum(leg["expected_hours"] for leg in way["legs"]) == pytest.approx(t["expected_hours"], abs=0.1)
    late = t["late_cost"]["p90"]
    assert late["extra_days"] == pytest.approx((t["p90_hours"] - t["expected_hours"]) / 24, abs=0.02)
    hire_a_day = Decimal(45 * 30)
    assert 0 < Decimal(late["hire"]["amount"]) < hire_a_day * Decimal(str(late["extra_days"]))
    value = Decimal(3000) * 191
    capital = value * Decimal("0.15") * Decimal(str(t["p90_hours"])) / 8760
    assert Decimal(late["capital"]["amount"]) == pytest.approx(capital, abs=Decimal("0.05"))


def test_the_chance_asked_for_decides_which_way_is_offered(ask: Ask) -> None:
    """Rail is the cheapest way; a due date it keeps only half of the time moves the offer to a surer, dearer one."""
    more = {"tonnes": 3000, "ready": "2025-11-25", "alternatives": 0}
    free = ask("Kokshetau", "Bandar Abbas", "wheat", **more)["itineraries"][0]
    days = free["transit"]["p50_hours"] / 24
    due = (dt.date(2025, 11, 25) + dt.timedelta(days=round(days))).isoformat()
    seen = []
    for chance in ("0.2", "0.5", "0.9", "99%"):
        try:
            best = ask("Kokshetau", "Bandar Abbas", "wheat", due=due, chance=chance, **more)["itineraries"][0]
        except NoItinerary:
            seen.append((Decimal("1E9"), 1.0))
            continue
        asked = float(chance.rstrip("%")) / (100 if "%" in chance else 1)
        assert best["transit"]["chance_by_due"] >= asked
        seen.append((Decimal(best["total"]["amount"]), best["transit"]["chance_by_due"]))
    assert [price for price, _ in seen] == sorted(price for price, _ in seen), "a surer way is never cheaper"
    assert len({price for price, _ in seen}) > 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"chance": "0.9"}, "chance_without_due"),
        ({"chance": "often", "due": "2026-12-30"}, "bad_chance"),
        ({"chance": "1.0", "due": "2026-12-30"}, "bad_chance"),
    ],
)
def test_a_chance_that_cannot_be_asked_is_told(ask: Ask, more: dict[str, str], code: str) -> None:
    with pytest.raises(RequestError) as raised:
        ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2026-11-25", **more)
    assert raised.value.code == code


def test_a_queue_adds_days_where_it_stood_and_nothing_before_it_was_known(book: DataBook) -> None:
    """Wagons at Aktau in October 2025: 28.6 days for the last of them, reported on 10 October."""

    def days(known_on: str) -> tuple[float, list[str]]:
        request = QuoteRequest(
            "Kokshetau", "Amirabad", "wheat", tonnes="3000", ready="2025-10-12", known_on=known_on, mode=("rail", "sea"),
            via=("Aktau port",), alternatives=0, ignore_restriction=("KTZ-2025-AKTAU-1",),
        )  # fmt: skip
        search = Search(normalise(request, book, TODAY), book)
        transit = search.transit(find_itineraries(search).itineraries[0])
        return transit.expected_h / 24, [q.row_id for q in transit.queues]

    before, after = days("2025-10-09"), days("2025-10-12")
    assert "KZ-AKTAU-2025-10" not in before[1]
    assert "KZ-AKTAU-2025-10" in after[1]
    assert after[0] - before[0] == pytest.approx(28.6 - 5, abs=0.2), "five days at the port are in the price already"


def test_holidays_on_the_way_are_named(ask: Ask) -> None:
    """Ready shortly before Nauruz: loading or a border falls on a holiday."""
    quote = ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2026-03-20", mode=("rail",), alternatives=0)
    texts = [w["text"] for w in quote["itineraries"][0]["warnings"] if w["code"] == "holiday"]
    assert texts
    assert all("2026-0" in text for text in texts)


def test_tomatoes_need_cooling_in_july_and_may_ride_under_a_tilt_in_spring(ask: Ask) -> None:
    """By truck from Mary to Atyrau: the share of the shelf life used up, and what a tilt would do, stand in the quote."""

    def shelf(ready: str) -> dict[str, Any]:
        quote = ask("Mary", "Atyrau", "tomatoes", tonnes=40, ready=ready, equipment="reefer-truck", alternatives=0)
        found = quote["itineraries"][0]["shelf_life"]
        assert found["rides"] == "reefer"
        assert 0 < found["used_expected"] <= found["used_p90"] == found["reefer"]["used_p90"]
        return found

    july, november = shelf("2026-07-10"), shelf("2025-11-10")
    assert july["tilt"]["used_p90"] > 1
    assert july["choice"] != "tilt"
    assert november["tilt"]["used_p90"] < july["tilt"]["used_p90"]
    wheat = ask("Kokshetau", "Tehran", "wheat", tonnes=3000, ready="2026-07-10", alternatives=0)
    assert wheat["itineraries"][0]["shelf_life"] is None


def test_emissions_by_leg_are_split_and_add_up(ask: Ask) -> None:
    way = ask(
        "Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2025-11-25", mode=("rail", "sea"), alternatives=0
    )["itineraries"][0]
    hauls = [leg["emissions"] for leg in way["legs"] if leg["kind"] == "haul"]
    assert all(e["wtt_kg"] + e["ttw_kg"] == pytest.approx(e["wtw_kg"], abs=0.2) for e in hauls)
    assert sum(e["wtw_kg"] for e in hauls) == pytest.approx(way["co2e_kg"], abs=1)
    hubs = [leg["emissions"] for leg in way["legs"] if leg["kind"] == "handling"]
    assert hubs and all(e["wtw_kg"] is None for e in hubs)
