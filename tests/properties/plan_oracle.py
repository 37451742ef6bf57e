"""Small season plans at random, and their optimum by trying everything."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

from optimizer.plan.model import Capacity, Column, Demand, Lot, PlanProblem, Use


def small_problem(seed: int) -> PlanProblem:
    """A problem of two to four shipments with whole ones, trains, vessels, bookings and fractions of costs."""
    rng = random.Random(seed)
    resources, periods = ("border", "port"), 3
    capacities = tuple(
        Capacity(r, p, rng.randint(1, 6) * 1000, rng.choice((0, 0, 1000)))
        for r in resources
        for p in range(periods)
        if rng.random() < 0.8
    )
    lots = []
    if rng.random() < 0.6:
        least = rng.randint(2, 4)
        lots.append(Lot("train", "train", 0, least * 1000, (least + rng.randint(0, 2)) * 1000, rng.choice((0, 0, 7))))
    if rng.random() < 0.5:
        dead = Fraction(rng.randint(1, 9), rng.choice((1000, 3000)))
        lots.append(Lot("vessel", "vessel", 1, 3000, 5000, rng.randint(0, 20), dead, rng.choice((1, 2, None))))
    demands, columns = [], []
    for k in range(rng.randint(2, 4)):
        units = rng.randint(1, 4)
        demands.append(Demand(f"S{k}", units, rng.randint(30, 60), rng.random() < 0.25, rng.randint(1, 3)))
        for way in range(rng.randint(1, 3)):
            start = rng.randrange(periods)
            uses = tuple(
                Use(r, min(periods - 1, start + late), rng.choice((1000, 1000, 500)))
                for late, r in enumerate(resources)
                if rng.random() < 0.7
            )
            cost = Fraction(rng.randint(5, 40), rng.choice((1, 1, 2, 3)))
            lot = rng.choice(lots).lot_id if lots and rng.random() < 0.5 else ""
            most = rng.choice((0, 0, 0, 2))
            columns.append(Column(k, f"w{way}", start, cost, uses, most, lot, 1000 if lot else 0))
    booked: dict[int, int] = {}
    if rng.random() < 0.4:
        j = rng.randrange(len(columns))
        demand = demands[columns[j].demand]
        units = demand.units if demand.whole else 1
        room = all(
            c.free
            >= sum(u.amount for u in columns[j].uses if (u.resource_id, u.period) == (c.resource_id, c.period)) * units
            for c in capacities
        )
        if room and (not columns[j].most or units <= columns[j].most):
            booked[j] = units
    return PlanProblem(tuple(demands), tuple(columns), capacities, tuple(lots), booked)


def brute_force(problem: PlanProblem) -> Fraction | None:
    """The least cost of all plans; None where no plan keeps the bookings."""
    best: Fraction | None = None
    choices = []
    for k, demand in enumerate(problem.demands):
        of = [j for j, c in enumerate(problem.columns) if c.demand == k]
        ranges = [
            [
                n
                for n in range(problem.booked.get(j, 0), min(problem.columns[j].most or demand.units, demand.units) + 1)
                if not demand.whole or n in (0, demand.units)
            ]
            for j in of
        ]
        choices.append(
            [dict(zip(of, take, strict=True)) for take in itertools.product(*ranges) if sum(take) <= demand.units]
        )
    for plan in itertools.product(*choices):
        units = {j: n for part in plan for j, n in part.items() if n}
        cost = _cost(problem, units)
        if cost is not None and (best is None or cost < best):
            best = cost
    return best


def _cost(problem: PlanProblem, units: dict[int, int]) -> Fraction | None:
    for c in problem.capacities:
        used = sum(
            u.amount * n
            for j, n in units.items()
            for u in problem.columns[j].uses
            if (u.resource_id, u.period) == (c.resource_id, c.period)
        )
        if used > c.free:
            return None
    cost = sum((problem.columns[j].cost * n for j, n in units.items()), Fraction(0))
    for k, demand in enumerate(problem.demands):
        cost += demand.unserved_cost * (
            demand.units - sum(n for j, n in units.items() if problem.columns[j].demand == k)
        )
    for lot in problem.lots:
        load = sum(problem.columns[j].lot_load * n for j, n in units.items() if problem.columns[j].lot_id == lot.lot_id)
        tries = [
            lot.cost * z + (lot.dead_cost or 0) * max(0, lot.least * z - load)
            for z in range(math.ceil(load / lot.most), 8)
            if (lot.available is None or z <= lot.available) and (lot.dead_cost is not None or lot.least * z <= load)
        ]
        if not tries:
            return None
        cost += min(tries)
    return cost
