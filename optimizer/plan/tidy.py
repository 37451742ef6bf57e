"""Tails of a plan: a wagon or two that a solver sends alone because a gap of the proof allows it.

A small part goes with a larger one of its shipment where there is room for it, at a cost within a small share of the
plan and within the gap asked for. Bookings, trains and ships are left alone; the plan is recounted afterwards.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

from optimizer.plan.build import Built
from optimizer.plan.model import PlanResult
from optimizer.plan.verify import recount

SMALL_SHARE = 0.1  # of a shipment's units up to which a part is a tail
MOST_COST = Fraction(5, 10_000)  # of the plan that tidying may cost


def tidy(built: Built, result: PlanResult, gap: float) -> PlanResult:
    """The result with tails sent along; the same result where there is nothing to do or no room for it."""
    if result.bound is None or result.status not in ("optimal", "feasible"):
        return result
    problem = built.problem
    objective = Fraction(result.objective)
    budget = min(MOST_COST * objective, Fraction(gap) * objective - (objective - result.bound))
    free = {(c.resource_id, c.period): c.free for c in problem.capacities}
    units = dict(result.units)
    for j, n in units.items():
        for use in problem.columns[j].uses:
            if (use.resource_id, use.period) in free:
                free[use.resource_id, use.period] -= use.amount * n
    columns_of: dict[int, list[int]] = defaultdict(list)
    for j, draft in enumerate(built.drafts):
        columns_of[id(draft)].append(j)
    by_demand: dict[int, set[int]] = defaultdict(set)
    for j in units:
        by_demand[problem.columns[j].demand].add(id(built.drafts[j]))

    def size(part: int) -> int:
        return sum(units.get(j, 0) for j in columns_of[part])

    for k in sorted(by_demand):
        tails = [p for p in by_demand[k] if size(p) <= max(1, int(SMALL_SHARE * problem.demands[k].units))]
        for tail in sorted(tails, key=lambda p: (size(p), columns_of[p][0])):
            n = size(tail)
            source = columns_of[tail]
            if any(j in problem.booked for j in source) or problem.columns[source[0]].lot_id:
                continue
            saved = sum((problem.columns[j].cost * units.get(j, 0) for j in source), Fraction(0))
            best: tuple[Fraction, int, dict[int, int]] | None = None
            for part in sorted(by_demand[k] - {tail}, key=lambda p: columns_of[p][0]):
                if size(part) <= n or problem.columns[columns_of[part][0]].lot_id:
                    continue
                taken, left, cost = dict[int, int](), n, Fraction(0)
                for j in columns_of[part]:
                    room = (problem.columns[j].most or problem.demands[k].units) - units.get(j, 0)
                    if left and room > 0:
                        taken[j] = min(left, room)
                        left -= taken[j]
                        cost += problem.columns[j].cost * taken[j]
                more: dict[tuple[str, int], int] = defaultdict(int)
                for use in problem.columns[columns_of[part][0]].uses:
                    more[use.resource_id, use.period] += use.amount * n
                for use in problem.columns[source[0]].uses:
                    more[use.resource_id, use.period] -= use.amount * n
                if left or any(m > free[key] for key, m in more.items() if key in free and m > 0):
                    continue
                if cost - saved <= budget and (best is None or cost - saved < best[0]):
                    best = (cost - saved, part, taken)
            if best is None:
                continue
            extra, part, taken = best
            budget -= max(Fraction(0), extra)
            for use in problem.columns[source[0]].uses:
                if (use.resource_id, use.period) in free:
                    free[use.resource_id, use.period] += use.amount * n
            for use in problem.columns[columns_of[part][0]].uses:
                if (use.resource_id, use.period) in free:
                    free[use.resource_id, use.period] -= use.amount * n
            for j in source:
                units.pop(j, None)
            for j, more_units in taken.items():
                units[j] = units.get(j, 0) + more_units
            by_demand[k].discard(tail)
    if units == result.units:
        return result
    return replace(result, units=units, objective=math.ceil(recount(problem, units, result.unserved, result.lots)))
