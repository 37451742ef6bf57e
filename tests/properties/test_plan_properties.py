"""Season plans against trying everything, and what must hold for any plan."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from optimizer.errors import SolverError
from optimizer.plan.model import THOUSAND, Capacity, Column, Demand, Lot, PlanProblem, PlanResult
from optimizer.plan.relax import Relaxation, arrays_of, solve_relaxed, worth_of_one_more
from optimizer.plan.solve import solve_here
from optimizer.plan.verify import check_plan
from tests.properties.plan_oracle import brute_force, small_problem

PROBLEMS = 240
BLOCKS = 12


def solved(problem: PlanProblem) -> PlanResult | None:
    try:
        return solve_here(problem, gap=0.0, time_limit_s=30)
    except SolverError as fault:
        assert fault.code == "plan_infeasible", fault
        return None


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_plan_is_the_cheapest_of_all(block: int) -> None:
    for seed in range(block, PROBLEMS, BLOCKS):
        problem = small_problem(seed)
        best, result = brute_force(problem), solved(problem)
        assert (best is None) == (result is None), seed
        if best is None or result is None:
            continue
        assert result.objective == math.ceil(best), seed
        assert result.bound is not None and result.bound <= best, seed
        assert result.status == "optimal", seed
        relaxed, _ = solve_relaxed(problem)
        assert relaxed.finished and relaxed.bound <= best, seed
        assert check_plan(problem, result) == best
        for j, units in problem.booked.items():
            assert result.units.get(j, 0) >= units


@pytest.mark.parametrize("block", range(4))
def test_order_does_not_matter_and_capacity_never_harms(block: int) -> None:
    for seed in range(500 + block, 540, 4):
        problem, rng = small_problem(seed), random.Random(seed)
        result = solved(problem)
        if result is None:
            continue
        assert (other := solved(shuffled(problem, rng))) is not None
        assert other.objective == result.objective, seed
        more = tuple(replace(c, amount=c.amount + rng.choice((0, 500, 1000, 3000))) for c in problem.capacities)
        assert (wider := solved(replace(problem, capacities=more))) is not None
        assert wider.objective <= result.objective, seed


def shuffled(problem: PlanProblem, rng: random.Random) -> PlanProblem:
    """The same problem, its shipments, columns, capacities and lots in another order."""
    people, ways = list(range(len(problem.demands))), list(range(len(problem.columns)))
    rng.shuffle(people)
    rng.shuffle(ways)
    new = {k: n for n, k in enumerate(people)}
    return PlanProblem(
        tuple(problem.demands[k] for k in people),
        tuple(replace(problem.columns[j], demand=new[problem.columns[j].demand]) for j in ways),
        problem.capacities[::-1],
        problem.lots[::-1],
        {ways.index(j): n for j, n in problem.booked.items()},
    )


def test_worth_lies_between_what_one_unit_more_and_one_less_changes() -> None:
    cases = equal = 0
    seed = 1000
    while cases < 50:
        seed += 1
        problem = small_problem(seed)
        try:
            relaxed, relaxation = solve_relaxed(problem)
        except SolverError:
            continue
        for (resource, period), worth in relaxed.worth.items():
            row = [(c.resource_id, c.period) for c in problem.capacities].index((resource, period))
            anew = relaxed.objective - solve_relaxed(with_amount(problem, row, THOUSAND))[0].objective
            slack = Fraction(1, 1000)
            assert 0 <= anew <= worth + slack, seed
            assert abs(worth_of_one_more(problem, resource, period) - anew) <= slack, seed
            warm = relaxation.saving(row)
            assert warm is not None and abs(Fraction(warm, relaxation.made.scale) - anew) <= slack, seed
            relaxation.solve()
            if problem.capacities[row].free >= THOUSAND and not problem.booked:
                less = solve_relaxed(with_amount(problem, row, -THOUSAND))[0].objective - relaxed.objective
                assert less >= worth - slack, seed
            cases, equal = cases + 1, equal + (abs(anew - worth) <= slack)
    assert equal >= 10  # where the basis stays, both are the same


def with_amount(problem: PlanProblem, row: int, more: int) -> PlanProblem:
    changed = list(problem.capacities)
    changed[row] = replace(changed[row], amount=changed[row].amount + more)
    return replace(problem, capacities=tuple(changed))


def test_the_bound_holds_whatever_the_duals() -> None:
    for seed in range(60):
        problem, rng = small_problem(seed), random.Random(seed)
        best = brute_force(problem)
        if best is None:
            continue
        relaxation = Relaxation(arrays_of(problem))
        relaxation.solve()
        for size in (1.0, 1e3, 1e30, math.inf, math.nan):
            relaxation._duals = np.array([rng.uniform(-1, 1) * size for _ in relaxation._duals])
            relaxation.price()
            assert Fraction(relaxation.least_cost(), relaxation.made.scale) <= best, (seed, size)


def faults(problem: PlanProblem, good: PlanResult, rng: random.Random) -> list[PlanResult]:
    """Answers a broken solver might give: each differs from a good one in a way that must show."""
    made = []
    units = dict(good.units)
    if units:
        j = rng.choice(sorted(units))
        made.append(replace(good, units={**units, j: units[j] + 1}))
        made.append(replace(good, units={**units, j: units[j] - 1}))
        made.append(replace(good, units={**units, j: float(units[j])}))  # type: ignore[dict-item]
        made.append(replace(good, units={i: n for i, n in units.items() if i != j}))
        made.append(replace(good, units={**units, j: -units[j]}))
    made.append(replace(good, units={**units, len(problem.columns): 1}))
    made.append(replace(good, objective=good.objective + rng.choice((-1, 1, 1000))))
    made.append(replace(good, bound=Fraction(good.objective + 1)))
    k = rng.randrange(len(problem.demands))
    made.append(replace(good, unserved={**good.unserved, k: good.unserved.get(k, 0) + 1}))
    for name in good.lots:
        made.append(replace(good, lots={**good.lots, name: good.lots[name] + 50}))
        made.append(replace(good, lots={n: z for n, z in good.lots.items() if n != name}))
    made.append(replace(good, lots={**good.lots, "no such train": 1}))
    return made


def test_seeded_faults_of_an_answer_are_all_refused() -> None:
    refused = 0
    for seed in range(2000, 2020):
        problem, rng = small_problem(seed), random.Random(seed)
        good = solved(problem)
        if good is None:
            continue
        check_plan(problem, good)
        for bad in faults(problem, good, rng):
            with pytest.raises(SolverError) as caught:
                check_plan(problem, bad)
            assert caught.value.code == "plan_differs"
            refused += 1
    assert refused >= 150


def test_a_plan_of_another_problem_is_refused() -> None:
    """The same answer, the problem stricter by one unit where it is full."""
    seen = 0
    for seed in range(3000, 3040):
        problem = small_problem(seed)
        good = solved(problem)
        if good is None:
            continue
        for n, c in enumerate(problem.capacities):
            used = sum(
                u.amount * units
                for j, units in good.units.items()
                for u in problem.columns[j].uses
                if (u.resource_id, u.period) == (c.resource_id, c.period)
            )
            if used and used > c.free - THOUSAND:
                less = list(problem.capacities)
                less[n] = Capacity(c.resource_id, c.period, used - 1 + c.background, c.background)
                with pytest.raises(SolverError, match="are free"):
                    check_plan(replace(problem, capacities=tuple(less)), good)
                seen += 1
    assert seen >= 20


def test_the_bound_knows_that_dead_freight_is_only_so_dear() -> None:
    """A booked vessel sails far from full whatever the duals say of its least load."""
    columns = (Column(0, "sea", 0, Fraction(10), (), 0, "ship", 1000),)
    ship = Lot("ship", "vessel", 0, 6000, 8000, 20, Fraction(3, 1000))
    problem = PlanProblem((Demand("A", 2, 90),), columns, (), (ship,), {0: 1})
    relaxation = Relaxation(arrays_of(problem))
    relaxation.solve()
    for seed in range(200):
        rng = random.Random(seed)
        relaxation._duals = np.array([rng.uniform(-3, 3) for _ in relaxation._duals])
        relaxation.price()
    assert Fraction(relaxation.least_cost(), relaxation.made.scale) <= 2 * 10 + 20 + 4 * 3
