"""Seeded random markets and graphs: what the study's methods find is what trying everything finds."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest

from optimizer.routing.search import Arcs, ReverseArcs, distances_to
from optimizer.study.joint import Worth, optimise, optimise_over
from optimizer.study.lines import SHUT
from optimizer.study.listing import bound_by, lightest_of_classes
from optimizer.study.market import FreeLine, Market, MarketLane, Replies, WayRow
from optimizer.study.model import Answer, Capacity, Corridor, Cost, FreeRate, Objective, Scope, Study
from optimizer.study.outcome import Response
from optimizer.study.sweep import sweep
from optimizer.tariff.charge import Load

RAILWAYS = ("ONE", "TWO")
VALUES = tuple(Decimal(n) / 10 for n in range(2, 13))
DAY = dt.date(2026, 12, 15)


def random_market(seed: int, answer: Answer, capacities: int = 0, goal: str = "contribution") -> Market:
    """Lanes with up to six ways over three corridors; a way has lines of two free rates, of one or of none.

    A fifth of the lines do not exist today, and the railways share them: through rates. The first way of a lane needs none.
    """
    rng = random.Random(seed)
    rates = tuple(FreeRate(f"rate{k}", Scope((RAILWAYS[k],), "carriage", ()), VALUES, DAY, DAY) for k in range(2))
    lines, lanes = [], []
    for _ in range(6):
        rate = rng.randrange(2)
        full = rng.randrange(2000, 9000)
        cents = [round(full * float(v)) for v in (*VALUES, Decimal(1))]
        parts: tuple[tuple[int, Fraction], ...] = ((rate, Fraction(1)),) if rng.random() < 0.9 else ()
        if rng.random() < 0.2:
            cents[-1], parts = SHUT, ((0, Fraction(1, 3)), (1, Fraction(2, 3)))
        lines.append(FreeLine(rate, parts, {Decimal(0): np.array(cents, dtype=np.int64)}))
    for n in range(rng.randrange(2, 6)):
        ways = []
        for number in range(rng.randrange(1, 7)):
            mine = tuple(sorted(rng.sample(range(6), rng.randrange(0, 3)))) if number else ()
            ways.append(
                WayRow(
                    cents=rng.randrange(20000, 36000) - 3000 * len(mine),
                    minutes=rng.randrange(1000, 9000),
                    corridor=rng.randrange(3),
                    full=rng.randrange(1 << capacities) if capacities else 0,
                    lines=mine,
                    revenue=(rng.randrange(0, 3000), rng.randrange(0, 3000)),
                    t_km=(rng.randrange(0, 900) * 1.0, rng.randrange(0, 900) * 1.0),
                    shown="",
                    arcs=(),
                )
            )
        ways.sort(key=lambda w: w.minutes)
        lot = Decimal(rng.randrange(5, 20))
        load = Load(lot, Decimal(0), 1, 0, 1, 1)
        tonnes = Decimal(rng.randrange(50, 900))
        lanes.append(MarketLane(f"L{n}", "a", "b", "wheat", tonnes, lot, load, rng.randrange(0, 3), tuple(ways), True))
    study = Study(
        study_id="random",
        title="random",
        ready=DAY,
        known_on=DAY,
        currency="USD",
        rates=rates,
        objective=Objective(goal, RAILWAYS, corridor="first"),
        lanes=(),
        answer=answer,
        corridors=(Corridor("first", frozenset()), Corridor("second", frozenset())),
        capacities=tuple(
            Capacity(f"c{b}", frozenset(), frozenset(), Decimal(rng.randrange(20, 500))) for b in range(capacities)
        ),
        costs=tuple(Cost(r, Decimal("0.01"), "estimated", "", "") for r in RAILWAYS),
    )
    return Market(study, lanes, lines, RAILWAYS, ("first", "second", "other ways"), ((Decimal(1),), (Decimal(1),)))


ANSWERS = {
    "cheapest": Answer(time_value=Decimal("0.5")),
    "elastic": Answer(elasticity=Decimal("0.8")),
    "logit": Answer("logit", spread=Decimal(3)),
    "logit, elastic": Answer("logit", spread=Decimal(3), elasticity=Decimal("0.8")),
}


def every_point(market: Market) -> np.ndarray:
    return np.array(list(product(*(range(size) for size in market.sizes)))).T


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("goal", ["contribution", "revenue", "tonnes"])
@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_the_best_of_all_points(seed: int, answer: str, goal: str) -> None:
    market = random_market(seed, ANSWERS[answer], goal=goal)
    response = Response(Replies(market))
    best = optimise(response, seconds=20, seed=seed)
    most = response.at(every_point(market)).value.max()
    assert best.value == pytest.approx(most, rel=1e-9, abs=1e-9)
    assert best.finished
    assert best.bound >= most - 1e-9


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("least", [True, False], ids=["worst", "mean"])
@pytest.mark.parametrize("seed", range(4))
def test_one_letter_for_several_states_is_the_best_of_all_points(seed: int, answer: str, least: bool) -> None:
    """Much and little demand, and a corridor that grows dearer: the best in the worst of them, and in the mean."""
    market = random_market(seed + 300, ANSWERS[answer])
    corridor = market.corridors[0]
    states = [
        Response(Replies(market)),
        Response(Replies(market, tonnes=Decimal("0.4"))),
        Response(Replies(market, cost_t={corridor: Decimal(3)})),
    ]
    best = optimise_over(states, least=least, seconds=20, seed=seed)
    values = np.array([state.at(every_point(market)).value for state in states])
    most = (values.min(axis=0) if least else values.mean(axis=0)).max()
    assert best.finished
    assert best.value == pytest.approx(most, rel=1e-9, abs=1e-9)
    assert best.bound >= most - 1e-9


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("capacities", [0, 2])
@pytest.mark.parametrize("seed", range(5))
def test_bounds_of_boxes_hold(seed: int, answer: str, capacities: int) -> None:
    market = random_market(seed + 100, ANSWERS[answer], capacities)
    worth = Worth(Response(Replies(market)), None)
    rng = np.random.default_rng(seed)
    for _ in range(12):
        ends = np.sort(np.array([rng.integers(0, size - 1, 2) for size in market.sizes]), axis=1)
        inside = np.array(list(product(*(range(a, b + 1) for a, b in ends)))).T
        assert worth.at(inside).max() <= worth.above(ends[:, :1], ends[:, 1:])[0] + 1e-6


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("seed", range(8))
def test_all_tonnes_go_or_are_left_and_no_border_overflows(seed: int, answer: str) -> None:
    market = random_market(seed + 200, replace(ANSWERS[answer], elasticity=Decimal(0)), 2)
    response = Response(Replies(market))
    points = every_point(market)[:, ::7]
    slices, left = response.slices(points)
    wanted = float(sum(lane.tonnes for lane in market.lanes))
    assert np.allclose(sum(tonnes.sum(axis=0) for _, tonnes in slices) + left, wanted)
    for b, capacity in enumerate(market.study.capacities):
        used = sum(np.where(response.r.full[ways] >> b & 1 > 0, tonnes, 0).sum(axis=0) for ways, tonnes in slices)
        assert (used <= float(capacity.tonnes) + 1e-6).all()


@pytest.mark.parametrize("seed", range(8))
def test_kinks_are_where_the_way_changes(seed: int) -> None:
    market = random_market(seed + 300, ANSWERS["cheapest"])
    response = Response(Replies(market))
    found = sweep(response, 0, market.now)
    ways = response.best(response.r.weights(found.outcome.points))[:, : len(VALUES)]
    changes = {(lane, n) for lane, n in zip(*np.nonzero(ways[:, 1:] != ways[:, :-1]), strict=True)}
    assert {(k.lane, k.low) for k in found.kinks} == changes


@pytest.mark.parametrize("seed", range(5))
def test_twice_the_demand_brings_twice_as_much(seed: int) -> None:
    market = random_market(seed + 400, ANSWERS["logit"])
    points = every_point(market)[:, ::5]
    once, twice = (Response(Replies(market, tonnes=Decimal(n))).at(points) for n in (1, 2))
    assert np.allclose(2 * once.value, twice.value)


@pytest.mark.parametrize("seed", range(25))
def test_no_way_that_may_win_is_left_out(seed: int) -> None:
    """Random graphs: at any lengths of the free lines the lightest path of all is among those listed."""
    rng = random.Random(seed)
    nodes = 7
    ends = [(a, b) for a in range(nodes) for b in range(nodes) if a < b and rng.random() < 0.6]
    ends += [(a, b) for a, b in ends if rng.random() < 0.3]  # parallel arcs
    weight = [rng.randrange(1, 40) for _ in ends]
    lines = [tuple(rng.sample(range(4), 1)) if rng.random() < 0.4 else () for _ in ends]
    marks = [1 if rng.random() < 0.25 else 0 for _ in ends]
    outgoing: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    incoming: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for arc, (a, b) in enumerate(ends):
        outgoing[a].append((arc, b))
        incoming[b].append((arc, a))
    arcs = Arcs(outgoing, incoming, [False] * len(ends))

    def paths(node: int) -> list[tuple[int, ...]]:
        if node == nodes - 1:
            return [()]
        return [(arc, *rest) for arc, head in outgoing[node] for rest in paths(head)]

    every = paths(0)
    bound = distances_to(arcs, weight, nodes - 1)
    for needed in (0, 1):
        by = bound_by(arcs, weight, bound, marks, needed) if needed else None
        turned = ReverseArcs([a for a, _ in ends], [b for _, b in ends], nodes)
        compiled = partial(turned.distances_by, np.array(weight), np.zeros(len(ends), dtype=bool))
        assert by is None or by == bound_by(arcs, weight, bound, marks, needed, compiled)
        listed, complete = lightest_of_classes(
            arcs, weight, bound, 0, nodes - 1, lines, marks, None, needed=needed, needed_bound=by
        )
        assert complete
        wanted = [p for p in every if not needed or any(marks[arc] for arc in p)]
        assert bool(listed) == bool(wanted)
        for _ in range(30):
            more = [rng.randrange(0, 60) for _ in range(4)]

            def length(path: tuple[int, ...], more: list[int] = more) -> int:
                return sum(weight[arc] + sum(more[i] for i in lines[arc]) for arc in path)

            if wanted:
                assert min(map(length, listed)) == min(map(length, wanted))
