"""The pricing solver against all combinations of ways, a linear program each, and against what must hold for any market."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from optimizer.pricing.arrays import Arrays
from optimizer.pricing.climb import Ground
from optimizer.pricing.enumerate import problem_of
from optimizer.pricing.fixed import FixedWays
from optimizer.pricing.instance import Arc, Commodity, Instance
from optimizer.pricing.network import Network
from optimizer.pricing.problem import Problem, Rate, Shipper, Way
from optimizer.pricing.regroup import Regroup
from optimizer.pricing.search import NO_PAIRS, Search
from optimizer.pricing.settle import settle
from optimizer.pricing.solve import solve
from optimizer.pricing.verify import react

NEAR = 2e-5


def market(seed: int, *, rates: int = 3, shippers: int = 4, ways: int = 3, plain: bool = False) -> Problem:
    """Any market: amounts of rates unlike what the leader earns, own costs, ways without rates, equal ways."""
    draw = random.Random(seed)

    def way() -> Way:
        use = {j: float(draw.choice((1, 1, 1, 2, 0.5))) for j in range(rates) if draw.random() < 0.5}
        if plain:
            return Way(float(draw.randint(0, 20)), dict.fromkeys(use, 1.0))
        earns = None if draw.random() < 0.6 else {j: a * draw.choice((1.0, 0.8)) for j, a in use.items()}
        return Way(draw.randint(0, 40) / 2, use, draw.choice((0.0, 0.0, -1.0, 0.5)), earns)

    return Problem(
        tuple(Rate(f"r{j}", draw.choice((0.0, 1.0)), float(draw.randint(8, 20))) for j in range(rates)),
        tuple(
            Shipper(
                float(draw.randint(1, 30)), (*(way() for _ in range(draw.randint(1, ways))), Way(draw.randint(10, 30)))
            )
            for _ in range(shippers)
        ),
    )


def every_combination(problem: Problem) -> float:
    """The best revenue over all choices of a way each, the rates from a linear program each."""
    best = -np.inf
    for taken in itertools.product(*(range(len(s.ways)) for s in problem.shippers)):
        worth, fixed = np.zeros(len(problem.rates)), 0.0
        rows, rooms = [], []
        for shipper, p in zip(problem.shippers, taken, strict=True):
            own = shipper.ways[p]
            fixed += shipper.weight * own.gain
            for j, a in own.earned.items():
                worth[j] += shipper.weight * a
            for other in shipper.ways:
                row = np.zeros(len(problem.rates))
                for j, a in own.use.items():
                    row[j] += a
                for j, a in other.use.items():
                    row[j] -= a
                rows.append(row)
                rooms.append(other.cost - own.cost)
        found = linprog(-worth, np.array(rows), rooms, bounds=[(r.low, r.high) for r in problem.rates])
        if found.status == 0:
            best = max(best, fixed - found.fun)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_answer_is_the_best_of_all_combinations(seed: int) -> None:
    problem = market(seed)
    best = every_combination(problem)
    answer = solve(problem, time_limit=20, seed=seed)
    assert answer.proven
    assert answer.objective == pytest.approx(best, rel=NEAR, abs=NEAR)
    assert answer.bound >= best * (1 - 1e-9) - 1e-9
    assert problem.react(answer.rates) == (Fraction(answer.objective).limit_denominator(10**30), answer.ways) or (
        float(problem.react(answer.rates)[0]) == answer.objective
    )
    assert all(r.low <= v <= r.high for r, v in zip(problem.rates, answer.rates, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_a_few_shippers_set_free_find_their_best_ways(seed: int) -> None:
    """From the lowest rates: two may choose anew, and the outcome is not below the best with the others' ways held."""
    problem = market(seed)
    taken = np.array(problem.react([rate.low for rate in problem.rates])[1])
    best = -np.inf
    for p, q in itertools.product(*(range(len(problem.shippers[k].ways)) for k in (1, 3))):
        ways = taken.copy()
        ways[[1, 3]] = p, q
        arrays = Arrays.of(problem)
        found = FixedWays(arrays).best(arrays.first[:-1] + ways)
        best = max(best, -np.inf if found is None else found[0])
    search = Search(problem, seed=seed)
    regroup = Regroup(search)
    regroup.middle, regroup.worth = search.ground.arrays.low.copy(), search.ground.value(search.ground.arrays.low)[0]
    search.value = -np.inf
    assert regroup.solve(taken, np.array([1, 3]), float("inf"))
    assert max(search.value, regroup.worth) >= best * (1 - NEAR) - NEAR


@pytest.mark.parametrize("seed", range(6))
def test_all_set_free_are_solved(seed: int) -> None:
    problem = market(seed)
    search = Search(problem, seed=seed)
    regroup = Regroup(search)
    regroup.size = len(problem.shippers)
    regroup.run(float("inf"), most_trees=2)
    assert search.value == pytest.approx(every_combination(problem), rel=NEAR, abs=NEAR)


@pytest.mark.parametrize("seed", range(6))
def test_stepped_rates_are_the_best_of_the_grid(seed: int) -> None:
    steps = tuple(round(0.05 * i, 2) for i in range(60, 101, 4))
    drawn = market(seed, rates=2, shippers=6)
    problem = Problem(tuple(Rate(r.name, steps=steps) for r in drawn.rates), drawn.shippers)
    best = max(float(problem.react(point)[0]) for point in itertools.product(steps, repeat=2))
    answer = solve(problem, time_limit=20, seed=seed)
    assert all(v in steps for v in answer.rates)
    assert answer.objective == pytest.approx(best, rel=1e-12)
    assert answer.bound >= best * (1 - 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_climb_never_descends_and_tells_the_truth(seed: int) -> None:
    problem = market(seed, rates=5, shippers=12, ways=6)
    ground = Ground(Arrays.of(problem))
    draw = np.random.default_rng(seed)
    pairs = np.array([(0, 1, -1), (2, 3, 1), (1, 4, -1)], dtype=np.int64)
    for _ in range(10):
        rates = ground.arrays.low + (ground.arrays.high - ground.arrays.low) * draw.random(5)
        before = ground.value(rates)[0]
        claimed = ground.climb(rates, np.arange(5), pairs if draw.random() < 0.5 else NO_PAIRS)
        assert claimed >= before - 1e-6
        assert claimed == pytest.approx(ground.value(rates)[0])
        assert (rates >= ground.arrays.low - 1e-9).all() and (rates <= ground.arrays.high + 1e-9).all()


@pytest.mark.parametrize("seed", range(8))
def test_one_rate_is_solved_by_its_line(seed: int) -> None:
    """Along one rate the climb alone finds the best of a fine grid, and no less."""
    problem = market(seed, rates=1, shippers=15, ways=4)
    ground = Ground(Arrays.of(problem))
    low, high = problem.rates[0].low, problem.rates[0].high
    best = max(float(problem.react([Fraction(i, 8)])[0]) for i in range(int(8 * low), int(8 * high) + 1))
    assert ground.climb(np.array([low]), np.arange(1), NO_PAIRS) >= best - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_given_ways_get_their_best_rates(seed: int) -> None:
    problem = market(seed, rates=4, shippers=8, ways=5)
    ground = Ground(Arrays.of(problem))
    rates = ground.arrays.low + (ground.arrays.high - ground.arrays.low) * np.random.default_rng(seed).random(4)
    value, taken = ground.value(rates)
    found = FixedWays(ground.arrays).best(taken)
    assert found is not None
    assert found[0] >= value - 1e-6
    assert float(ground.arrays.weight @ ground.arrays.gets(found[1])[taken]) == pytest.approx(found[0])
    assert ground.value(found[1])[0] >= found[0] - 1e-6


def test_ways_no_rates_can_bring_about_are_refused() -> None:
    dear = Shipper(1.0, (Way(9.0, {0: 1.0}), Way(5.0)))
    assert FixedWays(Arrays.of(Problem((Rate(high=10.0),), (dear,)))).best(np.array([0])) is None


def network(seed: int, nodes: int = 12, commodities: int = 6) -> Instance:
    """A ring of free arcs both ways, and cheaper chords, most of them with toll."""
    draw = random.Random(seed)
    ring = [(i, i % nodes + 1) for i in range(1, nodes + 1)]
    arcs = [Arc(a, b, draw.randint(4, 12) / 4, False) for pair in ring for a, b in (pair, pair[::-1])]
    for _ in range(2 * nodes):
        a, b = draw.sample(range(1, nodes + 1), 2)
        arcs.append(Arc(a, b, draw.randint(0, 8) / 4, draw.random() < 0.8))
    ends = list(itertools.permutations(range(1, nodes + 1), 2))
    return Instance(
        f"ring-{seed}",
        nodes,
        tuple(arcs),
        tuple(Commodity(a, b, float(draw.randint(1, 50))) for a, b in draw.sample(ends, commodities)),
    )


@pytest.mark.parametrize("seed", range(8))
def test_listed_ways_tell_what_the_network_tells(seed: int) -> None:
    """Whatever the tolls, the cheapest listed way is the shippers' cheapest path, revenue and all."""
    instance = network(seed)
    problem = problem_of(instance)
    assert problem.complete
    draw = random.Random(seed)
    for _ in range(30):
        tolls = [draw.choice((0.0, 0.25, 1.0, draw.randint(0, 40) / 8, 50.0)) for _ in instance.tolls]
        assert problem.react(tolls)[0] == react(instance, tolls).revenue


@pytest.mark.parametrize("seed", range(8))
def test_no_way_is_listed_in_vain(seed: int) -> None:
    """With no toll on its own arcs and any price on the others, a listed way is the only cheapest of its toll sets."""
    problem = problem_of(network(seed))
    for shipper in problem.shippers:
        for p, way in enumerate(shipper.ways):
            for q, other in enumerate(shipper.ways):
                assert p == q or not (set(other.use) <= set(way.use) and other.cost <= way.cost)


@pytest.mark.parametrize("seed", range(4))
def test_a_short_list_and_the_network_find_what_the_full_list_finds(seed: int) -> None:
    instance = network(seed)
    full = solve(problem_of(instance), time_limit=20, seed=seed)
    short = problem_of(instance, most_ways=5)
    search = Search(short, rivals=Network(instance), seed=seed)
    search.run(float("inf"), most_rounds=200)
    rates, value = settle(search)
    revenue = react(instance, rates.tolist()).revenue
    assert revenue == value
    assert float(revenue) == pytest.approx(full.objective, rel=0.02)
    assert float(revenue) <= full.bound


@pytest.mark.parametrize("seed", range(4))
def test_a_rival_less_never_costs_the_leader(seed: int) -> None:
    problem = market(seed, plain=True)
    before = solve(problem, time_limit=20).objective
    for k, shipper in enumerate(problem.shippers):
        rivals = [p for p, way in enumerate(shipper.ways) if not way.use]
        if len(rivals) > 1:
            fewer = tuple(w for p, w in enumerate(shipper.ways) if p != rivals[0])
            less = replace(
                problem, shippers=(*problem.shippers[:k], replace(shipper, ways=fewer), *problem.shippers[k + 1 :])
            )
            assert solve(less, time_limit=20).objective >= before * (1 - NEAR)


@pytest.mark.parametrize("seed", range(3))
def test_weights_and_money_scale(seed: int) -> None:
    problem = market(seed)
    before = solve(problem, time_limit=20).objective
    heavier = replace(problem, shippers=tuple(replace(s, weight=4 * s.weight) for s in problem.shippers))
    assert solve(heavier, time_limit=20).objective == pytest.approx(4 * before, rel=2 * NEAR)
    wider = replace(problem, rates=tuple(replace(r, high=r.high + 5) for r in problem.rates))
    assert solve(wider, time_limit=20).objective >= before * (1 - NEAR)


def test_the_same_seed_gives_the_same_answer() -> None:
    problem = market(5, rates=4, shippers=10, ways=6)
    runs = [Search(problem, seed=3) for _ in range(2)]
    for run in runs:
        run.run(float("inf"), most_rounds=40)
    assert runs[0].value == runs[1].value and (runs[0].best == runs[1].best).all()
