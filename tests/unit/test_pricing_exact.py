"""The proof of the best rates: against every rate of a fine grid and every choice of ways on small problems."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
from scipy.optimize import linprog

from optimizer.pricing.exact import NEAR, improve
from optimizer.pricing.problem import Problem, Rate, Shipper, Way


def prove(problem: Problem, rates: list[float] | None = None, *, seconds: float = 60, workers: int = 1):
    told: list[float] = []
    outcome = improve(problem, rates, time.monotonic() + seconds, told.append, workers=workers)
    assert told == sorted(told, reverse=True), "a bound never rises"
    assert told[-1] == outcome.bound
    return outcome


def every_choice(problem: Problem) -> float:
    """The best value by the linear program of every choice of ways."""
    best = -np.inf
    n = len(problem.rates)
    for choice in itertools.product(*(range(len(s.ways)) for s in problem.shippers)):
        gain, fixed, rows, limits = np.zeros(n), 0.0, [], []
        for p, shipper in zip(choice, problem.shippers, strict=True):
            way = shipper.ways[p]
            fixed += shipper.weight * way.gain
            for j, a in way.earned.items():
                gain[j] += shipper.weight * a
            for other in shipper.ways:
                if other is not way:
                    row = np.zeros(n)
                    for j, a in way.use.items():
                        row[j] += a
                    for j, a in other.use.items():
                        row[j] -= a
                    rows.append(row)
                    limits.append(other.cost - way.cost)
        solved = linprog(-gain, A_ub=rows or None, b_ub=limits or None, bounds=[(r.low, r.high) for r in problem.rates])
        if solved.status == 0:
            best = max(best, fixed - solved.fun)
    return best


def drawn(seed: int, *, shippers: int, ways: int, rates: int, plain: bool = False) -> Problem:
    """Shippers of 1 to 9 tonnes, each with a way off the leader's rates and some that use one to three of them."""
    draw = random.Random(seed)
    out = []
    for _ in range(shippers):
        rival = draw.uniform(20, 40)
        own = []
        for _ in range(ways - 1):
            use = {
                j: 1.0 if plain else draw.choice([0.5, 1.0, 1.5, 3.2])
                for j in draw.sample(range(rates), draw.randint(1, min(3, rates)))
            }
            earns = None if plain or draw.random() < 0.7 else {j: 0.9 * a for j, a in use.items()}
            own.append(Way(draw.uniform(0, rival), use, 0.0 if plain else draw.uniform(-2, 2), earns))
        out.append(Shipper(draw.uniform(1, 9), (*own, Way(rival))))
    low, high = (0.0, 30.0) if plain else (2.0, 18.0)
    return Problem(tuple(Rate(f"r{j}", low, high) for j in range(rates)), tuple(out))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("plain", [True, False])
def test_the_proven_value_is_the_best_of_every_choice_of_ways(seed: int, plain: bool) -> None:
    problem = drawn(seed, shippers=5, ways=4, rates=3, plain=plain)
    best = every_choice(problem)
    outcome = prove(problem)
    assert outcome.proven
    assert best <= outcome.bound <= best + 3 * NEAR * max(1.0, abs(best))


@pytest.mark.parametrize("seed", range(3))
def test_no_rates_of_a_grid_bring_more_than_the_bound(seed: int) -> None:
    problem = drawn(seed, shippers=16, ways=5, rates=2)
    outcome = prove(problem)
    grid = np.linspace(2.0, 18.0, 33)
    best = max(float(problem.react([float(a), float(b)])[0]) for a in grid for b in grid)
    assert outcome.proven
    assert best <= outcome.bound
    assert outcome.rates is not None
    assert float(problem.react(outcome.rates)[0]) == pytest.approx(outcome.bound, rel=3 * NEAR)


def test_the_bound_is_never_below_a_revenue_that_was_met() -> None:
    problem = drawn(11, shippers=30, ways=6, rates=4)
    draw = random.Random(5)
    best = max(float(problem.react([draw.uniform(2, 18) for _ in range(4)])[0]) for _ in range(200))
    outcome = prove(problem, seconds=1)
    assert outcome.bound >= best


def test_a_stopped_search_still_has_a_bound() -> None:
    problem = drawn(3, shippers=30, ways=6, rates=5)
    outcome = prove(problem, seconds=0)
    assert not outcome.proven or outcome.bound <= problem.simple_bound()
    assert float(problem.react([5.0] * 5)[0]) <= outcome.bound <= problem.simple_bound()


def test_stepped_rates_take_only_their_steps() -> None:
    steps = (0.0, 2.5, 5.0, 7.5, 10.0)
    base = drawn(7, shippers=12, ways=4, rates=2, plain=True)
    problem = Problem(tuple(Rate(r.name, steps=steps) for r in base.rates), base.shippers)
    best = max(float(problem.react(pair)[0]) for pair in itertools.product(steps, steps))
    outcome = prove(problem)
    assert outcome.proven
    assert outcome.bound == pytest.approx(best, rel=3 * NEAR)


def test_unlisted_ways_are_allowed_for() -> None:
    problem = drawn(2, shippers=6, ways=5, rates=3, plain=True)
    whole = prove(problem)
    cut = []
    for shipper in problem.shippers:
        *own, free = sorted(shipper.ways, key=lambda way: way.cost)
        cut.append(Shipper(shipper.weight, (*own[:2], free), listed_below=own[2].cost))
    partial = prove(Problem(problem.rates, tuple(cut)))
    assert partial.bound >= whole.bound * (1 - NEAR)


def test_two_workers_prove_the_same() -> None:
    problem = drawn(4, shippers=14, ways=5, rates=13, plain=True)
    one, two = prove(problem), prove(problem, workers=2)
    assert one.proven and two.proven
    assert one.bound == pytest.approx(two.bound, rel=3 * NEAR)


def test_rates_known_to_be_best_are_only_confirmed() -> None:
    problem = drawn(9, shippers=10, ways=5, rates=3, plain=True)
    first = prove(problem)
    assert first.rates is not None
    again = prove(problem, list(first.rates))
    assert again.proven and again.rates is None
