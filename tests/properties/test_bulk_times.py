"""The time of many rows of one way is what each row is told alone: hours, codes of warnings, queues.

KERUEN_ROWS asks for more rows of each way than the few that are quick.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from dataclasses import replace

import pytest

from optimizer.bulk.rests import Rests
from optimizer.bulk.times import times_of
from optimizer.databook import DataBook
from optimizer.itinerary import Itinerary
from optimizer.remarks import of_time
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.tables import data_file, read_bytes
from optimizer.tariff.charge import Load
from optimizer.timing.timetable import read_timetables
from optimizer.timing.working import read_working_days
from optimizer.ways import best_way

TODAY = dt.date(2026, 11, 22)
ROWS = int(os.environ.get("KERUEN_ROWS", "12"))
CLOSE = 1e-6  # hours
LANES = [
    ("Kokshetau", "Bandar Abbas", "wheat", ""),
    ("Kostanay", "Amirabad", "barley", ""),
    ("Petropavl", "Herat", "flour", ""),
    ("Aktobe", "Mary", "sugar", ""),
    ("Almaty", "Tehran", "general", "container-40"),
    ("Kostanay", "Lahore", "lentils", ""),
    ("Aktau port", "Amirabad", "wheat", "bulk-vessel"),
    ("Shymkent", "Kabul", "pasta", "truck"),
    ("Kostanay", "Tashkent", "wheat", ""),
    ("Almaty", "Karachi", "general", "container-20"),
]
# Nauryz, New Year and Ramadan of 2026 to 2027, a whole year, and the queues at Saryagash of 2025.
SPANS = [("2026-03-05", 30), ("2026-12-15", 30), ("2027-02-01", 60), ("2026-01-01", 365), ("2025-11-20", 60)]


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


def way_of(book: DataBook, lane: tuple[str, str, str, str]) -> tuple[Search, Itinerary]:
    origin, destination, cargo, equipment = lane
    request = QuoteRequest(origin, destination, cargo, tonnes="600", equipment=equipment, ready="2026-12-01")
    search = Search(normalise(request, book, TODAY), book)
    path = best_way(search, search.combined("cost"), search.blocked())
    assert path is not None
    return search, search.itinerary(path)


def rows_of(search: Search, first: str, days: int, seed: int) -> list[tuple[dt.date, Load]]:
    dice = random.Random(seed)
    begin = dt.date.fromisoformat(first)
    return [
        (begin + dt.timedelta(days=dice.randrange(days)), replace(search.load, wagons=dice.randint(1, 80)))
        for _ in range(ROWS)
    ]


def check(search: Search, it: Itinerary, rows: list[tuple[dt.date, Load]], rests: Rests | None = None) -> set[str]:
    """Compares every row with the row by itself; the codes that were told."""
    told = set()
    for (day, load), got in zip(rows, times_of(search, it, rows, rests), strict=True):
        job = replace(search.job, shipment=replace(search.job.shipment, ready=day))
        alone = Search(job, search.book, replace(search.conditions, ready=day), search.lane)
        alone.load = load
        transit = alone.transit(it)
        said = of_time(it.legs, transit, alone.departure, search.book)
        assert got.p50_h == pytest.approx(transit.quantile(0.5), abs=CLOSE)
        assert got.p90_h == pytest.approx(transit.quantile(0.9), abs=CLOSE)
        assert got.codes == tuple(dict.fromkeys(w.code for w in said))
        assert got.queues == transit.queues
        told |= set(got.codes)
    return told


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: f"{lane[0]}-{lane[1]}")
def test_together_as_alone(book: DataBook, lane: tuple[str, str, str, str]) -> None:
    search, it = way_of(book, lane)
    rests = Rests(book.calendar)
    for number, (first, days) in enumerate(SPANS):
        rows = rows_of(search, first, days, seed=10 * LANES.index(lane) + number)
        check(search, it, rows, rests)


def test_nowruz_is_told(book: DataBook) -> None:
    search, it = way_of(book, LANES[0])
    rows = [(dt.date(2027, 3, day), replace(search.load, wagons=60)) for day in range(5, 16)]
    assert {"holiday", "weekend"} <= check(search, it, rows)


def test_known_departures_are_waited_for(book: DataBook) -> None:
    for lane, kind in ((LANES[8], "train"), (LANES[6], "dry_bulk")):
        search, it = way_of(book, lane)
        leg = next(leg for leg in it.legs if leg.kind == "haul")
        table = (
            "from_id,to_id,kind,weekdays,departs_at,cutoff_h,valid_from,valid_to,source_id,status,note\n"
            f"{leg.from_id},{leg.to_id},{kind},Mon;Thu,18:00,12,2026-03-10,,keruen-estimate,estimated,for tests\n"
        )
        own = replace(book, timetables=read_timetables(table.encode()))
        known = Search(search.job, own, search.conditions, search.lane)
        rows = [(dt.date(2026, 3, day), search.load) for day in range(1, 20)]
        assert "departure" in check(known, it, rows)
        assert "departure" not in check(search, it, rows)


def test_a_post_that_shuts_at_night(book: DataBook) -> None:
    search, it = way_of(book, LANES[4])
    posts = [leg for leg in it.legs if leg.kind == "border" and leg.mode == "road"]
    assert posts
    raw = read_bytes(data_file("seeds", "working_days.csv")).decode()
    raw += "".join(
        f"night-{leg.from_id},road_border,{leg.from_id[:2].upper()},{leg.from_id},"
        "Fri,no,eid,08:00-20:00,,,keruen-estimate,estimated,for tests\n"
        for leg in posts
    )
    own = replace(book, working=read_working_days(raw.encode()))
    known = Search(search.job, own, search.conditions, search.lane)
    assert {"border_hours", "weekend"} <= check(known, it, rows_of(search, "2026-03-05", 60, seed=3))


def test_no_rows_no_times(book: DataBook) -> None:
    assert times_of(*way_of(book, LANES[3]), []) == []


def test_rows_that_stand_twice(book: DataBook) -> None:
    search, it = way_of(book, LANES[3])
    day = dt.date(2026, 12, 15)
    one, other, again = times_of(
        search, it, [(day, search.load), (dt.date(2026, 12, 1), search.load), (day, search.load)]
    )
    assert one == again
    assert other.codes != one.codes or other.p90_h != one.p90_h
