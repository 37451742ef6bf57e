"""The parts of the bound, each against random rates: nothing that some rates do may be cut away."""

from __future__ import annotations

import random

import numpy as np
import pytest

from optimizer.pricing.bound_cuts import add_cuts
from optimizer.pricing.bound_ground import Ground, lay_out
from optimizer.pricing.bound_lp import Node, Relaxation, Rows
from optimizer.pricing.bound_rows import DOWN, PART, REST, RIVAL, UP
from optimizer.pricing.bound_sift import NoRates, Sieve
from optimizer.pricing.problem import Problem, Rate, Shipper, Way


def drawn(seed: int, *, shippers: int = 6, ways: int = 5, rates: int = 4) -> Problem:
    draw = random.Random(seed)
    out = []
    for _ in range(shippers):
        rival = draw.uniform(20, 40)
        own = [
            Way(
                draw.uniform(0, rival),
                {j: draw.choice([1.0, 1.0, 2.5]) for j in draw.sample(range(rates), draw.randint(1, 3))},
            )
            for _ in range(ways - 1)
        ]
        out.append(Shipper(draw.uniform(1, 9), (*own, Way(rival))))
    return Problem(tuple(Rate(f"r{j}", 1.0, 30.0) for j in range(rates)), tuple(out))


def ready(problem: Problem, cutoff: float) -> tuple[Relaxation, Node]:
    ground = lay_out(problem)
    relaxation = Relaxation(ground, cutoff)
    no_lower = np.zeros(len(problem.rates), np.bool_)
    return relaxation, relaxation.first_node(*Sieve(ground, 1000).first_box(no_lower, -np.inf))


def answer(problem: Problem, ground: Ground, rates: list[float]) -> tuple[float, np.ndarray, np.ndarray]:
    """(value, what each group pays, which ways are taken) at these rates."""
    value, taken = problem.react(rates)
    z = np.zeros(len(ground.cost))
    z[ground.way0[:-1] + np.array(taken)] = 1
    paid = np.zeros(len(ground.group_link))
    on = z[ground.way] > 0
    paid[ground.group[on]] = np.array(rates)[ground.rate[on]]
    return float(value), paid, z


def tries(problem: Problem, count: int) -> list[list[float]]:
    draw = random.Random(99)
    return [[draw.uniform(r.low, r.high) * draw.random() ** 0.5 + 1e-3 for r in problem.rates] for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_ranges_of_a_way_hold_wherever_it_is_taken(seed: int) -> None:
    problem = drawn(seed)
    _, node = ready(problem, 0.0)
    ground = lay_out(problem)
    for rates in tries(problem, 200):
        rates = [max(r, 1.0) for r in rates]
        _, _, z = answer(problem, ground, rates)
        assert node.alive[z > 0].all()
        own = z[ground.way] > 0
        paid = np.array(rates)[ground.rate[own]]
        assert (paid <= node.up[own] + 1e-6).all() and (paid >= node.down[own] - 1e-6).all()


@pytest.mark.parametrize("seed", range(4))
def test_any_prices_of_the_rows_give_a_bound(seed: int) -> None:
    problem = drawn(seed)
    relaxation, node = ready(problem, 0.0)
    ground = relaxation.ground
    draw = np.random.default_rng(seed)
    kinds = [
        (kind, i, 0) for kind, n in ((UP, len(ground.group_link)), (DOWN, len(ground.group_link))) for i in range(n)
    ]
    kinds += [(kind, i, 0) for kind in (PART, REST) for i in range(len(ground.link_rate))]
    kinds += [(RIVAL, k, r) for k in range(ground.shippers) for r in range(ground.way0[k], ground.way0[k + 1])]
    rows = Rows(*(np.array(column) for column in zip(*kinds, strict=True)))
    best = max(float(problem.react([max(r, 1.0) for r in rates])[0]) for rates in tries(problem, 100))
    for _ in range(20):
        dual = draw.exponential(3.0, len(kinds)) * (draw.random(len(kinds)) < 0.3)
        assert relaxation.price(node, rows, dual, relaxation.group_ranges(node))[0] >= best


@pytest.mark.parametrize("seed", range(4))
def test_cuts_keep_every_answer_worth_the_cutoff(seed: int) -> None:
    problem = drawn(seed, shippers=8)
    values = sorted((float(problem.react([max(r, 1.0) for r in rates])[0]), rates) for rates in tries(problem, 300))
    cutoff = values[150][0]
    relaxation, node = ready(problem, cutoff)
    ground = relaxation.ground
    for _ in range(6):
        relaxation.solve(node, 100)
        if node.point is None or not add_cuts(relaxation, node):
            break
    assert len(relaxation.cuts.limit) > 0
    cuts = relaxation.cuts
    for value, rates in values[150:]:
        rates = [max(r, 1.0) for r in rates]
        _, paid, z = answer(problem, ground, rates)
        assert node.bound >= value
        assert node.alive[z > 0].all(), "no way of a good answer is struck out"
        over = cuts.t @ np.array(rates) + cuts.s @ paid + cuts.z @ z - cuts.limit
        assert over.max() <= 1e-6


def test_a_box_in_which_a_shipper_has_no_way_is_empty() -> None:
    problem = Problem((Rate("bridge", 0.0, 10.0),), (Shipper(1.0, (Way(3.0, {0: 1.0}), Way(7.0))),))
    ground = lay_out(problem)
    sieve = Sieve(ground, 10)
    alive, up, down, low, high = sieve.first_box(np.array([True]), -np.inf)
    assert high[0] == pytest.approx(4.0, abs=1e-5)
    alive[1] = False  # the bridge must be taken
    with pytest.raises(NoRates):
        sieve.sift(alive, up, down, np.array([5.0]), np.array([10.0]), [0])
