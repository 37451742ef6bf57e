"""Bans at random on `four_stations`: 5,000 sets of rows, each row with a random place, selectors and dates.

What must hold: closing never helps, in any objective; more rows never help; the order of rows is irrelevant; a longer
ban and a tighter quota never bring arrival forward, also for who waits at the origin.

A lane is drawn and priced once for each shipment and set of closed roads. A case then marks its arcs as the data book
would (`Marker`); `test_marking_equals_building` checks on 60 cases that a book built anew agrees.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.lane import SHUTTABLE, Marker
from optimizer.request import QuoteRequest, normalise
from optimizer.restriction.match import concerns, in_force, narrowed, places_of, shuts
from optimizer.restriction.model import Restriction, Restrictions
from optimizer.restriction.waits import with_quotas
from optimizer.routing.search import INFINITY
from optimizer.search import Search
from optimizer.timing.elements import Times, read_times
from optimizer.timing.queues import queue_delays
from optimizer.validity import Validity

TODAY = dt.date(2026, 11, 1)
HORIZON = 29  # days after the first on which one may load; all in one month
DAYS = [TODAY + dt.timedelta(days=n) for n in range(HORIZON + 1)]
OBJECTIVES = ("cost", "time", "emissions")
SHIPMENTS = (
    {"cargo": "wheat", "tonnes": "3000"},
    {"cargo": "wheat", "tonnes": "3000", "ownership": "foreign"},
    {"cargo": "flour", "tonnes": "600", "ownership": "carrier"},
    {"cargo": "wheat", "tonnes": "440", "equipment": "truck"},
)
ROADS = ("road:kz-north|kz-post", "road:ir-gate|ir-haven")
SEEDS = range(5)
OF_EACH = 1000


def random_row(rng: random.Random, number: int) -> Restriction:
    """Any row a clerk could write about the four stations."""
    kind = rng.choice(("loading_ban", "loading_ban", "border_closed", "border_closed", "seasonal_limit", "quota"))
    if kind == "seasonal_limit":
        places = (rng.choice(ROADS),)
    else:
        places = tuple(rng.sample(("kz-post", "ir-gate", "ir-haven"), rng.choice((1, 1, 2))))
    start = rng.choice((None, TODAY + dt.timedelta(days=rng.randrange(HORIZON))))
    length = rng.choice((None, rng.randrange(20)))
    return Restriction(
        restriction_id=f"R{number}",
        kind=kind,
        places=places,
        direction=rng.choice(("export", "both")),
        cargo=rng.choice(("all", "all", "grain", "milled products", "flour", "grain;oilseeds")),
        wagon_type=rng.choice(("all", "all", "hopper-wagon", "covered-wagon", "trailer-truck")),
        wagon_owner=rng.choice(("all", "all", "all", "foreign")),
        origins=rng.choice((frozenset(), frozenset(), frozenset({"KZ"}), frozenset({"RU"}))),
        destinations=rng.choice((frozenset(), frozenset(), frozenset({"IR", "AF"}), frozenset({"UZ"}))),
        exceptions=rng.choice(
            (
                *("", "", "grain", "milled products; perishables", "a word nobody knows"),
                *(
                    "origin=kz-north",
                    "cargo=wheat & owner=private",
                    "equipment=hopper-wagon & max_t=60",
                    "note=as a rule",
                ),
                f"grain & destination=IR & from={TODAY + dt.timedelta(days=rng.randrange(HORIZON))}",
            )
        ),
        quota="3" if kind == "quota" else "",
        quota_unit="trains/day" if kind == "quota" else "",
        valid=Validity(start, None if length is None else (start or TODAY) + dt.timedelta(days=length)),
        known_from=rng.choice((None, None, TODAY + dt.timedelta(days=rng.randrange(HORIZON)))),
        last_confirmed=None,
        months=rng.choice((frozenset(), frozenset(), frozenset(), frozenset({11, 12}), frozenset({6}))),
        document="",
        source_id="invented",
        status="estimated",
        note="",
    )


def random_rows(rng: random.Random) -> list[Restriction]:
    return [random_row(rng, n) for n in range(rng.randrange(1, 7))]


def random_quota(rng: random.Random, number: int) -> Restriction:
    """A quota that says what is tendered, at the crossing of the four stations."""
    tendered = rng.randrange(2, 60)
    return replace(
        random_row(rng, number),
        kind="quota",
        places=rng.choice((("kz-post",), ("ir-gate",), ("kz-post", "ir-gate"), ("road:kz-post|ir-gate",))),
        cargo=rng.choice(("all", "all", "grain", "milled products", "grain;oilseeds", "grain in container trains")),
        wagon_type="all",
        wagon_owner="all",
        origins=frozenset(),
        exceptions="",
        quota=str(rng.randrange(1, tendered + 2)),
        quota_unit=rng.choice(("trains/day", "wagons/day", "train pairs/day", "trucks/day")),
        tendered=str(tendered),
    )


def with_rows(book: DataBook, rows: Sequence[Restriction]) -> DataBook:
    """The small book with these rows and nothing remembered."""
    caches = {name: type(getattr(book, name))(getattr(book, name).most) for name in ("_graphs", "_contexts", "_lanes")}
    return replace(book, restrictions=Restrictions(tuple(rows), (), "random"), **caches)


def search_on(book: DataBook, shipment: dict[str, str], day: dt.date) -> Search:
    request = QuoteRequest("kz-north", "ir-haven", ready=day.isoformat(), known_on=day.isoformat(), **shipment)  # type: ignore[arg-type]
    return Search(normalise(request, book, day), book)


def least(search: Search, shut: np.ndarray, objective: str) -> float:
    # The combined weight also holds the tie-break, whose scale differs from lane to lane: the plain one is compared.
    found = search.bound(search.weights[OBJECTIVES.index(objective)], shut)[search.lane.source]
    return float("inf") if found >= INFINITY else found


def asked(row: Restriction, day: dt.date) -> Restriction:
    """What a row still asks of the one lane there is."""
    return narrowed(
        row,
        day=day,
        origins=frozenset({"kz-north"}),
        origin_country="KZ",
        destinations=frozenset({"ir-haven"}),
        destination_country="IR",
    )


class Ground:
    """One shipment's lanes, one for each set of closed roads, and the optima found so far."""

    def __init__(self, book: DataBook, shipment: dict[str, str]) -> None:
        self.book, self.shipment = book, shipment
        self.lanes: dict[frozenset[str], Search] = {}
        self.known: dict[tuple[frozenset[str], bytes, str], float] = {}
        self.waiting: dict[tuple[frozenset[str], bytes, tuple[tuple[int, float], ...]], float] = {}

    def search(self, roads: frozenset[str]) -> Search:
        if roads not in self.lanes:
            closing = [
                replace(random_row(random.Random(0), n), kind="seasonal_limit", places=(road,), cargo="all",
                        wagon_type="all", wagon_owner="all", origins=frozenset(), destinations=frozenset(),
                        direction="both", exceptions="", months=frozenset(), known_from=None, valid=Validity())
                for n, road in enumerate(sorted(roads))
            ]  # fmt: skip
            self.lanes[roads] = search_on(with_rows(self.book, closing), self.shipment, TODAY)
        return self.lanes[roads]

    def closed(self, rows: Sequence[Restriction], day: dt.date, known_on: dt.date) -> tuple[frozenset[str], np.ndarray]:
        """(closed roads, shut arcs) of a lane on a day."""
        standing = [asked(r, day) for r in rows if shuts(r) and in_force(r, day, known_on)]
        riding = self.search(frozenset()).lane.context.riding
        roads = frozenset(
            place
            for r in standing
            for place, selector in zip(r.places, places_of(r), strict=True)
            if selector[0] == "road"
            and concerns(
                r,
                cargo=riding.cargo,
                wagon_type=(riding.truck or riding.equipment.id) if riding.truck else "truck",
                owner="carrier",
                origin_country="KZ",
                destination_country="IR",
            )
        )
        lane = self.search(roads).lane
        marks = Marker(lane.context.graph, riding, lane.context.ends, standing)
        shut = lane.blocked()
        for index, edge in enumerate(lane.edges):
            if not shut[index] and edge.kind in SHUTTABLE and marks.of(edge):
                shut[index] = True
        return roads, shut

    def best(self, roads: frozenset[str], shut: np.ndarray, objective: str) -> float:
        """The optimum in cents, minutes or grams; infinite where no way is open."""
        key = (roads, shut.tobytes(), objective)
        if key not in self.known:
            self.known[key] = least(self.search(roads), shut, objective)
        return self.known[key]

    def minutes(self, rows: Sequence[Restriction], day: dt.date, times: Times | None = None) -> float:
        """Minutes of the fastest way on a day of loading, everything known; infinite where none is open.

        Args:
            times: whose queues stand on the way, as the data book would add them.
        """
        roads, shut = self.closed(rows, day, dt.date.max)
        lane = self.search(roads).lane
        delays = {}
        if times is not None:
            groups = lane.context.riding.cargo.groups
            delays = queue_delays(lane.context.graph.edges, times, day, dt.date.max, groups)
        if not delays:
            return self.best(roads, shut, "time")
        key = (roads, shut.tobytes(), tuple(sorted(delays.items())))
        if key not in self.waiting:
            minutes = self.search(roads).weights[1].copy()
            for arc, hours in delays.items():
                minutes[arc] += round(hours * 60)
            found = self.search(roads).bound(minutes, shut)[lane.source]
            self.waiting[key] = float("inf") if found >= INFINITY else found
        return self.waiting[key]

    def earliest_arrival(self, rows: Sequence[Restriction], ready: dt.date, times: Times | None = None) -> float:
        """Minutes after the start of the month, with waiting at the origin until a day on which it is open."""
        seen: dict[tuple[object, ...], float] = {}
        found = float("inf")
        for number, day in enumerate(DAYS):
            if day >= ready:
                regime = tuple((r.restriction_id, asked(r, day).left) for r in rows if in_force(r, day, dt.date.max))
                if regime not in seen:
                    seen[regime] = self.minutes(rows, day, times)
                found = min(found, number * 1440 + seen[regime])
        return found


@pytest.fixture(scope="module")
def grounds(four_stations: DataBook) -> list[Ground]:
    return [Ground(four_stations, shipment) for shipment in SHIPMENTS]


@pytest.mark.parametrize("seed", SEEDS)
def test_closing_and_adding_rows_never_help(grounds: list[Ground], seed: int) -> None:
    """A set of rows, one more row, and one arc shut beside: each step is no better in any objective."""
    rng = random.Random(seed)
    worse = 0
    for _ in range(OF_EACH):
        ground = rng.choice(grounds)
        rows, day = random_rows(rng), rng.choice(DAYS)
        known_on = rng.choice((day, TODAY))
        fewer, more = ground.closed(rows[:-1], day, known_on), ground.closed(rows, day, known_on)
        also = more[1].copy()
        also[rng.randrange(len(also))] = True
        for objective in OBJECTIVES:
            before, after = ground.best(*fewer, objective), ground.best(*more, objective)
            assert before <= after, rows
            assert after <= ground.best(more[0], also, objective), rows
            worse += before < after
    assert worse > OF_EACH // 50  # the rows do shut best ways


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_is_irrelevant(grounds: list[Ground], seed: int) -> None:
    rng = random.Random(100 + seed)
    for _ in range(OF_EACH):
        ground = rng.choice(grounds)
        rows, day = random_rows(rng), rng.choice(DAYS)
        roads, shut = ground.closed(rows, day, day)
        for other in (rows[::-1], rng.sample(rows, len(rows))):
            roads_too, shut_too = ground.closed(other, day, day)
            assert roads == roads_too
            assert np.array_equal(shut, shut_too), rows


@pytest.mark.parametrize("seed", SEEDS)
def test_a_longer_ban_never_brings_arrival_forward(grounds: list[Ground], seed: int) -> None:
    rng = random.Random(200 + seed)
    later = waits = 0
    for _ in range(OF_EACH):
        ground = rng.choice(grounds)
        rows, ready = random_rows(rng), rng.choice(DAYS[:20])
        index = rng.randrange(len(rows))
        valid = rows[index].valid
        longer = rng.choice(
            (
                Validity(valid.start, valid.end and valid.end + dt.timedelta(days=rng.randrange(1, 10))),
                Validity(valid.start and valid.start - dt.timedelta(days=rng.randrange(1, 10)), valid.end),
                Validity(valid.start, None),
            )
        )
        longer_rows = [*rows[:index], replace(rows[index], valid=longer), *rows[index + 1 :]]
        plain, prolonged = ground.earliest_arrival(rows, ready), ground.earliest_arrival(longer_rows, ready)
        assert plain <= prolonged, (rows, longer)
        later += plain < prolonged
        waits += plain < (ready - TODAY).days * 1440 + ground.minutes(rows, ready)
    assert later > 0
    assert waits > 0  # some cases arrive earlier by waiting than by going round


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tighter_quota_never_brings_arrival_forward(grounds: list[Ground], seed: int) -> None:
    """Bans and quotas at random; one quota lets fewer through, or more is tendered, or it holds longer."""
    rng = random.Random(400 + seed)
    laws = replace(read_times(), queues=())
    later = 0
    for _ in range(OF_EACH):
        ground = rng.choice(grounds)
        quotas = [random_quota(rng, 10 + n) for n in range(rng.randrange(1, 4))]
        rows, ready = [*random_rows(rng), *quotas], rng.choice(DAYS[:20])
        old = quotas[0]
        tighter = rng.choice(
            (
                replace(old, quota=str(rng.randrange(1, int(old.quota) + 1))),
                replace(old, tendered=str(int(old.tendered) + rng.randrange(1, 40))),
                replace(old, valid=Validity(old.valid.start, None)),
            )
        )
        tighter_rows = [tighter if r is old else r for r in rows]
        arrivals = [
            ground.earliest_arrival(some, ready, with_quotas(laws, some)) for some in (rows, rows[::-1], tighter_rows)
        ]
        assert arrivals[0] == arrivals[1], rows  # the order of rows is irrelevant
        assert arrivals[0] <= arrivals[2], (rows, tighter)
        later += arrivals[0] < arrivals[2]
    assert later > OF_EACH // 50


@pytest.mark.parametrize("seed", range(20))
def test_a_book_with_quotas_finds_the_arrival_of_the_marked_lane(
    grounds: list[Ground], four_stations: DataBook, seed: int
) -> None:
    rng = random.Random(500 + seed)
    ground = rng.choice(grounds)
    rows, day = [random_quota(rng, n) for n in range(3)], rng.choice(DAYS)
    rows = [replace(r, known_from=None) for r in rows]
    times = with_quotas(replace(read_times(), queues=()), rows)
    search = search_on(replace(with_rows(four_stations, rows), times=times), ground.shipment, day)
    assert abs(least(search, search.blocked(), "time") - ground.minutes(rows, day, times)) <= 2  # rounded apart


@pytest.mark.parametrize("seed", range(60))
def test_marking_equals_building(grounds: list[Ground], four_stations: DataBook, seed: int) -> None:
    """A book with the rows in it, built anew, finds the same optimum as the marked lane."""
    rng = random.Random(300 + seed)
    ground = rng.choice(grounds)
    rows, day = random_rows(rng), rng.choice(DAYS)
    search = search_on(with_rows(four_stations, rng.sample(rows, len(rows))), ground.shipment, day)
    for objective in OBJECTIVES:
        marked = ground.best(*ground.closed(rows, day, day), objective)
        assert least(search, search.blocked(), objective) == marked, rows
