"""The exact searches against an oracle that tries every way; money in 64 bits against money in Decimal.

Small graphs hide nothing: every walk is listed, and what the search calls best, Pareto or alternative
must be exactly what the list says. The same is asked of the haul graph of `four_stations`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.money import CENT, round_money
from optimizer.request import QuoteRequest, fx_day, normalise
from optimizer.routing.search import (
    INFINITY,
    Arcs,
    Must,
    ReverseArcs,
    best_path,
    distances_to,
    pareto_paths,
    paths_by_sign,
)
from optimizer.search import Search
from optimizer.tariff.charge import Load, amount_of
from optimizer.timing.working import WorkingDays
from optimizer.ways import best_way, pareto_front

TODAY = dt.date(2026, 11, 22)


class Maze:
    """A random multigraph with parallel arcs; node 0 is the source, the last node the sink, which nothing leaves."""

    def __init__(self, rng: random.Random, nodes: int, arcs: int, least: int) -> None:
        self.nodes, self.source, self.sink = nodes, 0, nodes - 1
        ends = [(t, h) for t in range(nodes - 1) for h in range(nodes) if t != h]
        self.ends = [rng.choice(ends) for _ in range(arcs)]
        self.weights = tuple([rng.randint(least, 6) for _ in range(arcs)] for _ in range(3))
        self.blocked = [rng.random() < 0.1 for _ in range(arcs)]
        self.signs = [rng.choice(["", "", "A", "B", "C"]) for _ in range(arcs)]
        self.marks = [rng.choice([0, 0, 0, 1, 2]) for _ in range(arcs)]
        outgoing: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
        incoming: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
        for arc, (tail, head) in enumerate(self.ends):
            outgoing[tail].append((arc, head))
            incoming[head].append((arc, tail))
        self.arcs = Arcs(outgoing, incoming, self.blocked)

    def bound(self, weight: list[int]) -> list[int]:
        return distances_to(self.arcs, weight, self.sink)

    def walks(self, signs: bool = False, marks: bool = False) -> Iterator[tuple[int, ...]]:
        """Every walk to the sink that never comes twice to the same place with the same signs and marks behind it."""

        def go(
            node: int, path: tuple[int, ...], behind: tuple[str, ...], seen: int, been: frozenset
        ) -> Iterator[tuple[int, ...]]:
            if node == self.sink:
                yield path
                return
            for arc, head in self.arcs.outgoing[node]:
                if self.blocked[arc]:
                    continue
                sign = self.signs[arc] if signs else ""
                if sign and sign in behind:
                    continue
                further = (*behind, sign) if sign else behind
                marked = seen | (self.marks[arc] if marks else 0)
                state = (head, further, marked)
                if state not in been:
                    yield from go(head, (*path, arc), further, marked, been | {state})

        return go(self.source, (), (), 0, frozenset([(self.source, (), 0)]))

    def sums(self, path: tuple[int, ...]) -> tuple[int, int, int]:
        return tuple(sum(w[a] for a in path) for w in self.weights)  # type: ignore[return-value]

    def sign_of(self, path: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.signs[a] for a in path if self.signs[a])

    def marked(self, path: tuple[int, ...]) -> int:
        found = 0
        for arc in path:
            found |= self.marks[arc]
        return found

    def leads(self, path: tuple[int, ...]) -> bool:
        """Whether the arcs follow each other from source to sink and none is blocked."""
        at = self.source
        for arc in path:
            tail, head = self.ends[arc]
            if tail != at or self.blocked[arc]:
                return False
            at = head
        return at == self.sink


def undominated(vectors: set[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    return {v for v in vectors if not any(w != v and all(a <= b for a, b in zip(w, v, strict=True)) for w in vectors)}


@pytest.mark.parametrize("seed", range(150))
def test_cheapest_way_and_distances(seed: int) -> None:
    rng = random.Random(seed)
    maze = Maze(rng, rng.randint(3, 7), rng.randint(3, 15), least=0)
    weight = [w + 1 for w in maze.weights[0]]
    walks = list(maze.walks())
    bound = maze.bound(weight)
    best = min((sum(weight[a] for a in p) for p in walks), default=None)
    found = best_path(maze.arcs, weight, bound, maze.source, maze.sink)
    if best is None:
        assert found is None
        assert bound[maze.source] >= INFINITY
        return
    assert found is not None
    assert maze.leads(found)
    assert sum(weight[a] for a in found) == best == bound[maze.source]


@pytest.mark.parametrize("least", [0, 1])
@pytest.mark.parametrize("seed", range(60))
def test_compiled_distances_are_the_plain_ones(seed: int, least: int) -> None:
    """Parallel arcs, closed arcs and steps that cost nothing are where a compiled search may differ."""
    rng = random.Random(seed)
    maze = Maze(rng, rng.randint(3, 12), rng.randint(3, 40), least)
    weight = maze.weights[0]
    plain = maze.bound(weight)
    reverse = ReverseArcs([t for t, _ in maze.ends], [h for _, h in maze.ends], maze.nodes)
    compiled = reverse.distances(np.array(weight), np.array(maze.blocked), maze.sink)
    assert [INFINITY if np.isinf(d) else int(d) for d in compiled] == plain


def test_compiled_distances_stay_exact_in_large_integers() -> None:
    """Sums up to 2**53 lose nothing: an odd unit at the far end of a chain is still there."""
    step = 2**50 + 1
    reverse = ReverseArcs([0, 1, 2], [1, 2, 3], 4)
    found = reverse.distances(np.array([step, step, step]), np.zeros(3, dtype=bool), 3)
    assert [int(d) for d in found] == [3 * step, 2 * step, step, 0]


@pytest.mark.parametrize("seed", range(150))
def test_pareto_set_is_the_whole_one(seed: int) -> None:
    rng = random.Random(1000 + seed)
    maze = Maze(rng, rng.randint(3, 7), rng.randint(4, 16), least=rng.choice([0, 1]))
    bounds = tuple(maze.bound(w) for w in maze.weights)
    front, complete = pareto_paths(maze.arcs, maze.weights, bounds, maze.source, maze.sink)  # type: ignore[arg-type]
    assert complete
    wanted = undominated({maze.sums(p) for p in maze.walks()})
    assert {v for v, _ in front} == wanted
    assert len(front) == len(wanted)
    assert all(maze.leads(p) and maze.sums(p) == v for v, p in front)
    assert [v for v, _ in front] == sorted(v for v, _ in front)


@pytest.mark.parametrize("seed", range(80))
def test_pareto_set_with_required_places_and_a_deadline(seed: int) -> None:
    rng = random.Random(2000 + seed)
    maze = Maze(rng, rng.randint(3, 6), rng.randint(4, 12), least=1)
    bounds = tuple(maze.bound(w) for w in maze.weights)
    limit = rng.randint(4, 20)
    must = Must(maze.marks, 3, maze.weights[1], bounds[1], limit)
    front, complete = pareto_paths(
        maze.arcs, maze.weights, bounds, maze.source, maze.sink, limits=(None, limit, None), must=must
    )  # type: ignore[arg-type]
    assert complete
    keep = {maze.sums(p) for p in maze.walks(marks=True) if maze.marked(p) == 3 and maze.sums(p)[1] <= limit}
    assert {v for v, _ in front} == undominated(keep)


@pytest.mark.parametrize("seed", range(150))
def test_the_best_way_of_each_route(seed: int) -> None:
    """A route is a row of borders and sailings: of each the lightest, in order, none forgotten."""
    rng = random.Random(3000 + seed)
    maze = Maze(rng, rng.randint(3, 6), rng.randint(4, 12), least=1)
    weight = maze.weights[0]
    best: dict[tuple[str, ...], int] = {}
    for path in maze.walks(signs=True):
        sign = maze.sign_of(path)
        best[sign] = min(best.get(sign, 10**9), maze.sums(path)[0])
    wanted = rng.choice([1, 3, 100])
    found, complete = paths_by_sign(maze.arcs, weight, maze.bound(weight), maze.source, maze.sink, maze.signs, wanted)
    assert complete
    assert all(maze.leads(p) for p in found)
    assert len({maze.sign_of(p) for p in found}) == len(found) == min(wanted, len(best))
    assert [maze.sums(p)[0] for p in found] == sorted(best.values())[:wanted]
    assert all(maze.sums(p)[0] == best[maze.sign_of(p)] for p in found)


@pytest.mark.parametrize("seed", range(150))
def test_required_places_and_a_deadline(seed: int) -> None:
    """With places to pass and a day to arrive the best way may be neither the cheapest nor the fastest, and may turn back."""
    rng = random.Random(4000 + seed)
    maze = Maze(rng, rng.randint(3, 6), rng.randint(4, 12), least=1)
    weight, minutes = maze.weights[0], maze.weights[1]
    limit = rng.choice([None, rng.randint(4, 22)])
    all_marks = rng.choice([0, 1, 3])
    must = Must(maze.marks, all_marks, minutes, maze.bound(minutes), limit)
    keep = [
        maze.sums(p)[0]
        for p in maze.walks(marks=True)
        if maze.marked(p) & all_marks == all_marks and (limit is None or maze.sums(p)[1] <= limit)
    ]
    marks = [m & all_marks for m in maze.marks]
    must = Must(marks, all_marks, minutes, maze.bound(minutes), limit)
    found, _ = paths_by_sign(maze.arcs, weight, maze.bound(weight), maze.source, maze.sink, None, 1, must=must)
    assert [maze.sums(p)[0] for p in found] == ([min(keep)] if keep else [])
    for path in found:
        assert maze.leads(path)
        assert limit is None or maze.sums(path)[1] <= limit


# ---- the haul graph of four stations -----------------------------------------------------------------


def search_of(book: DataBook, **more: object) -> Search:
    request = QuoteRequest("kz-north", "ir-haven", "wheat", **{"tonnes": "3000", "ready": "2026-11-25", **more})  # type: ignore[arg-type]
    return Search(normalise(request, book, TODAY), book)


def ways_of(search: Search, blocked: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Every way from source to sink that comes to no node twice."""
    outgoing, sink = search.lane.outgoing, search.lane.sink
    path: list[int] = []
    been = {search.lane.source}

    def go(node: int) -> Iterator[tuple[int, ...]]:
        if node == sink:
            yield tuple(path)
            return
        for arc, head in outgoing[node]:
            if blocked[arc] or head in been:
                continue
            been.add(head)
            path.append(arc)
            yield from go(head)
            path.pop()
            been.discard(head)

    return go(search.lane.source)


CASES = [
    {},
    {"ownership": "carrier"},
    {"equipment": "truck"},
    {"mode": ("rail", "sea")},
    {"mode": ("road", "rail"), "equipment": "truck"},
    {"tonnes": "61.5"},
]


@pytest.mark.parametrize("more", CASES, ids=lambda m: "-".join(f"{k}={v}" for k, v in m.items()) or "plain")
def test_four_stations_best_ways_and_pareto_set(four_stations: DataBook, more: dict[str, object]) -> None:
    search = search_of(four_stations, **more)
    blocked = search.blocked()
    every = {path: search.sums(path) for path in ways_of(search, blocked)}
    assert len(every) > 1
    for objective, key in (("cost", (0, 1)), ("time", (1, 0)), ("emissions", (2, 0))):
        found = best_way(search, search.combined(objective), blocked)
        assert found is not None
        first, second = key
        assert (every[found][first], every[found][second]) == min((s[first], s[second]) for s in every.values())
    front, complete = pareto_front(search, blocked)
    assert complete
    assert {search.sums(p) for p in front} == undominated(set(every.values()))


def test_four_stations_quote_says_what_the_list_says(four_stations: DataBook, ask) -> None:
    """The whole use case, not only the search: the quote's Pareto rows are the list's, days of rest left out."""
    restless = replace(four_stations, working=WorkingDays(()))
    quote = ask(
        "kz-north", "ir-haven", "wheat", of=restless, tonnes=3000, ready="2026-11-25", pareto=True, alternatives=0
    )
    search = search_of(four_stations)
    every = {search.sums(path) for path in ways_of(search, search.blocked())}
    shown = {
        (int(Decimal(it["total"]["amount"]) * 100), round(it["transit"]["expected_hours"] * 60))
        for it in quote["itineraries"]
        if "pareto" in it["labels"]
    }
    assert shown == {(c, m) for c, m, _ in undominated(every)}
    assert quote["itineraries"][0]["total"]["amount"] == f"{Decimal(min(c for c, _, _ in every)) / 100:.2f}"


def test_four_stations_deadline(four_stations: DataBook) -> None:
    """Due in five days and a bit: the cheapest way that is in time, though the cheapest of all is too slow."""
    search = search_of(four_stations, due="2026-11-30")
    limit = search.most_minutes()
    every = [search.sums(p) for p in ways_of(search, search.blocked())]
    found = best_way(search, search.combined("cost"), search.blocked())
    assert found is not None
    assert limit == 6 * 24 * 60
    assert search.sums(found)[0] == min(c for c, m, _ in every if m <= limit)


# ---- money: 64 bits against Decimal ------------------------------------------------------------------

MONEY = [
    ("Kokshetau", "Bandar Abbas", "wheat", "", "USD"),
    ("Kokshetau", "Bandar Abbas", "wheat", "truck", "KZT"),
    ("kz-altynkol", "Tehran", "general", "container-40", "IRR"),
    ("Kostanay", "Herat", "flour", "", "UZS"),
    ("Ashgabat", "kz-atyrau", "tomatoes", "reefer-truck", "CHF"),
]


@pytest.mark.parametrize(("origin", "destination", "cargo", "equipment", "currency"), MONEY)
def test_weights_of_all_arcs_are_their_lines_in_decimal(
    book: DataBook, origin: str, destination: str, cargo: str, equipment: str, currency: str
) -> None:
    """Every charge of every arc, each line rounded as the sheet rounds it, for loads from a kilogram to a million tonnes."""
    request = QuoteRequest(
        origin, destination, cargo, tonnes="1000", equipment=equipment, currency=currency, ready="2026-11-25"
    )
    search = Search(normalise(request, book, TODAY), book)
    lane, day = search.lane, fx_day(search.job)
    rng = random.Random(f"{origin}{currency}")
    loads = [search.load]
    for top in (1, 70, 3000, 99_999, 1_000_000):
        mass = Decimal(rng.randint(1, top * 10**6)) / 10**6
        units = rng.randint(1, 20_000)
        value = Decimal(rng.randint(0, 10**12)) / 100
        loads.append(
            Load(
                mass,
                value,
                units,
                units if equipment.startswith("container") else 0,
                rng.randint(1, 50_000),
                rng.randint(1, 300),
            )
        )
    assert sum(map(len, lane.terms)) > 1000
    open_arcs = np.nonzero(~search.blocked(open_all=True))[0]
    for load in loads[: 6 if origin == "Kokshetau" else 3]:
        cents, _, _ = lane.weights(load, book.fx, currency, day)
        for arc in open_arcs:
            wanted = sum(
                (
                    book.fx.quote(t.rule.currency, currency, day, t.rule.fx_kind).convert(amount_of(t, load))
                    for t in lane.terms[arc]
                ),
                Decimal(0),
            )
            assert Decimal(int(cents[arc])) * CENT == wanted, lane.edges[arc]


def test_rounding_is_half_up_to_the_cent() -> None:
    assert [str(round_money(Decimal(t))) for t in ("0.005", "0.015", "2.345", "2.3449999999")] == [
        "0.01",
        "0.02",
        "2.35",
        "2.34",
    ]
