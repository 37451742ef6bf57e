"""Rows of one lane quoted together get the answer each would get alone, to the last cell."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from pathlib import Path

import numpy as np
import pytest

from optimizer.batch import BATCH_CHARGE_COLUMNS, _Desk
from optimizer.bulk.candidates import LeastCosts, candidates
from optimizer.bulk.jobs import Jobs
from optimizer.bulk.rows import Asked, LaneRows, fits
from optimizer.bulk.share import answered
from optimizer.databook import DataBook
from optimizer.intake.model import Reading
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search, load_of
from optimizer.ways import best_way

TODAY = dt.date(2026, 11, 22)
NOTHING_READ = Reading("sheet.csv", "", "shipments", "utf-8", ",", (1,), {}, (), ())
LANES = [
    ("Kokshetau", "Bandar Abbas", "wheat", ""),
    ("Kostanay", "Amirabad", "barley", ""),
    ("Petropavl", "Herat", "flour", ""),
    ("Aktobe", "Mary", "sugar", ""),
    ("Almaty", "Tehran", "general", "container-40"),
    ("Kostanay", "Lahore", "lentils", ""),
    ("Aktau port", "Amirabad", "wheat", "bulk-vessel"),
    ("Shymkent", "Kabul", "pasta", "truck"),
]


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


def rows_of(book: DataBook, lane: tuple[str, str, str, str], seed: int, count: int = 14) -> list[Asked]:
    """Shipments of all sizes on days around the new year, some with a value and one in another currency."""
    dice = random.Random(seed)
    origin, destination, cargo, equipment = lane
    jobs = Jobs(book, TODAY)
    found = []
    for index in range(count):
        size = dice.choice((20, 60, 68, 400, 1340.5, 3000, 4999.999, 12000))
        request = QuoteRequest(
            origin,
            destination,
            cargo,
            tonnes=str(size),
            equipment=equipment,
            ready=(dt.date(2026, 12, 18) + dt.timedelta(days=dice.randrange(30))).isoformat(),
            price_per_tonne=dice.choice(("", "215.5")),
            alternatives=0,
        )
        found.append(Asked(index, f"{'=' if index == 3 else ''}row-{index}", index + 2, jobs.of(request)))
    return found


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: f"{lane[0]}-{lane[1]}")
def test_together_as_alone(book: DataBook, lane: tuple[str, str, str, str]) -> None:
    rows = rows_of(book, lane, seed=LANES.index(lane))
    desk = _Desk(NOTHING_READ, book)
    got = {i: a for part in answered(rows, book, desk.alone, desk.together, processes=1) for i, a in part}
    together = 0
    for row in rows:
        alone = desk.alone(row)
        assert got[row.index].quote == alone.quote
        assert got[row.index].charges == alone.charges
        together += got[row.index].quote is not alone.quote
    assert len(got) == len(rows)


def test_most_rows_of_a_lane_are_priced_together(book: DataBook) -> None:
    rows = [r for r in rows_of(book, LANES[0], seed=5, count=30) if r.job.shipment.ready.month == 12]
    quoted, alone = LaneRows(Search(rows[0].job, book)).answer(rows)
    assert len(quoted) > len(alone)
    assert sorted([q.index for q in quoted] + [a.index for a in alone]) == sorted(r.index for r in rows)


def test_two_processes_answer_as_one(book: DataBook) -> None:
    rows = [r for n, lane in enumerate(LANES[:3]) for r in rows_of(book, lane, seed=40 + n, count=5)]
    rows = [Asked(i, r.shipment_id, r.line, r.job) for i, r in enumerate(rows)]
    desk = _Desk(NOTHING_READ, book)
    both = [
        dict(pair for part in answered(rows, book, desk.alone, desk.together, processes=n) for pair in part)
        for n in (1, 2)
    ]
    assert both[0] == both[1]
    assert len(both[0]) == len(rows)


def test_the_best_way_is_always_among_the_candidates(book: DataBook) -> None:
    rows = rows_of(book, LANES[0], seed=9)
    first = Search(rows[0].job, book)
    rows = [r for r in rows if Search(r.job, book).lane is first.lane]
    loads = [load_of(r.job, book) for r in rows]
    least = LeastCosts(first.lane, book.fx, "USD", TODAY)
    blocked = first.blocked()
    best = [best_way(s, s.combined("cost"), blocked) for s in (Search(r.job, book) for r in rows)]
    cents = np.array([Search(r.job, book).sums(p)[0] for r, p in zip(rows, best, strict=True) if p])
    ways = candidates(least, loads, least.quantities(loads, least.billed(loads)), blocked, cents)
    assert ways is not None
    assert set(best) <= set(ways)


def test_what_needs_its_own_search_is_not_put_together(book: DataBook) -> None:
    def job(**more):
        request = QuoteRequest("Kokshetau", "Tehran", "wheat", tonnes="680", ready="2026-12-01", alternatives=0, **more)
        return normalise(request, book, TODAY)

    assert fits(job(), book)
    for more in (
        {"due": "2027-01-30"},
        {"via": ("Aktau port",)},
        {"objective": "time"},
        {"avoid": ("UZ",)},
        {"deal": ("stay_days=20",)},
    ):
        assert not fits(job(**more), book), more


def test_lines_are_csv_that_no_spreadsheet_runs(book: DataBook) -> None:
    rows = rows_of(book, LANES[0], seed=3)
    desk = _Desk(NOTHING_READ, book)
    for part in answered(rows, book, desk.alone, desk.together, processes=1):
        for index, answer in part:
            cells = list(csv.reader(io.StringIO(answer.charges)))
            assert {len(line) for line in cells} == {len(BATCH_CHARGE_COLUMNS)}
            assert all(line[0] == ("'=row-3" if index == 3 else f"row-{index}") for line in cells)


def test_a_surcharge_in_per_cent_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(
        'id = "own"\ntitle = "Invented"\npublisher = "tests"\ndate = 2026-10-01\ncurrency = "USD"\nrounding = "cent"\n',
        encoding="utf-8",
    )
    (tmp_path / "surcharges.csv").write_text(
        "rule_id,charge,on,basis,rate,currency,carrier,status,source_id,description\n"
        "FUEL,fuel,carriage,percent_of_charge,10,,KTZ,published,invented,ten per cent of carriage\n",
        encoding="utf-8",
    )
    (tmp_path / "rates.csv").write_text(
        "rule_id,charge,basis,rate,currency,status,source_id,description\n", encoding="utf-8"
    )
    book = DataBook.load([tmp_path])
    rows = rows_of(book, LANES[0], seed=21, count=6)
    desk = _Desk(NOTHING_READ, book)
    for part in answered(rows, book, desk.alone, desk.together, processes=1):
        for index, answer in part:
            assert ",fuel," in answer.charges
            assert answer.charges == desk.alone(rows[index]).charges
