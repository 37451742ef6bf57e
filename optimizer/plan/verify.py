"""Recount a plan from the problem alone: whole numbers and fractions, no solver, no float.

A plan is refused (`plan_differs`) if anything is not as the model asks: units of every shipment add up, whole shipments
stay whole, columns stay under their most, bookings stay where they are, no capacity is exceeded, every lot's load is
within its trains' least and most, and the objective is the sum of all costs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from optimizer.errors import SolverError
from optimizer.plan.model import PlanProblem, PlanResult


def differs(text: str) -> SolverError:
    """The refusal of an answer."""
    return SolverError(
        f"The solver's plan is refused: {text}.", code="plan_differs", hint="Please report this with the data used."
    )


def _counts(found: Mapping[Any, Any], what: str) -> None:
    for key, units in found.items():
        if type(units) is not int or units < 0:
            raise differs(f"{what} {key} has {units!r}, which is no number of whole units")


def recount(
    problem: PlanProblem, units: Mapping[int, int], unserved: Mapping[int, int], lots: Mapping[str, int]
) -> Fraction:
    """The exact cost of a plan, after checking everything the model asks.

    Args:
        units: by index of column. unserved: by index of demand. lots: trains or vessels by lot id.
    Raises:
        SolverError: the plan breaks a rule (`plan_differs`); the sentence names the first one broken.
    """
    for found, what in ((units, "column"), (unserved, "shipment"), (lots, "lot")):
        _counts(found, what)
    sent: dict[int, int] = defaultdict(int)
    taken: dict[tuple[str, int], int] = defaultdict(int)
    loads: dict[str, int] = defaultdict(int)
    cost = Fraction(0)
    for j, n in units.items():
        if type(j) is not int or not 0 <= j < len(problem.columns):
            raise differs(f"it uses a column {j} that does not exist")
        column = problem.columns[j]
        demand = problem.demands[column.demand]
        if column.most and n > column.most:
            raise differs(f"{demand.shipment_id} sends {n} units by {column.way_id}, which carries {column.most}")
        if demand.whole and n not in (0, demand.units):
            raise differs(f"{demand.shipment_id} goes whole or not at all, but {n} of {demand.units} units are sent")
        sent[column.demand] += n
        cost += column.cost * n
        for use in column.uses:
            taken[use.resource_id, use.period] += use.amount * n
        if column.lot_id:
            loads[column.lot_id] += column.lot_load * n
    for j, n in problem.booked.items():
        if units.get(j, 0) < n:
            column = problem.columns[j]
            raise differs(
                f"{problem.demands[column.demand].shipment_id} has {n} units booked by {column.way_id}, "
                f"the plan sends {units.get(j, 0)}"
            )
    for k in unserved:
        if type(k) is not int or not 0 <= k < len(problem.demands):
            raise differs(f"it leaves units of a shipment {k} that does not exist")
    for k, demand in enumerate(problem.demands):
        if sent[k] + unserved.get(k, 0) != demand.units:
            raise differs(
                f"{demand.shipment_id} has {demand.units} units, the plan sends {sent[k]} and leaves {unserved.get(k, 0)}"
            )
        cost += demand.unserved_cost * unserved.get(k, 0)
    for capacity in problem.capacities:
        used = taken[capacity.resource_id, capacity.period]
        if used > capacity.free:
            raise differs(
                f"{capacity.resource_id} in period {capacity.period} takes {used} thousandths, {capacity.free} are free"
            )
    known = {lot.lot_id: lot for lot in problem.lots}
    for name in {*lots, *loads}:
        if name not in known:
            raise differs(f"it uses a lot {name} that does not exist")
        lot, number, load = known[name], lots.get(name, 0), loads[name]
        if lot.available is not None and number > lot.available:
            raise differs(f"{name} has {lot.available} {lot.kind}s, the plan takes {number}")
        if load > number * lot.most:
            raise differs(f"{name} loads {load} thousandths in {number} of at most {lot.most}")
        dead = number * lot.least - load
        if dead > 0 and lot.dead_cost is None:
            raise differs(f"{name} loads {load} thousandths in {number} of at least {lot.least}")
        cost += lot.cost * number
        if dead > 0 and lot.dead_cost is not None:
            cost += lot.dead_cost * dead
    return cost


def check_plan(problem: PlanProblem, result: PlanResult) -> Fraction:
    """The exact cost of a result, which must be its objective and not under its bound.

    Raises:
        SolverError: anything differs (`plan_differs`).
    """
    cost = recount(problem, result.units, result.unserved, result.lots)
    if result.objective != math.ceil(cost):
        raise differs(f"it claims a cost of {result.objective} where its units cost {float(cost):.3f}")
    if result.bound is not None and result.bound > cost:
        raise differs(f"its bound {float(result.bound):.3f} is above its own cost {float(cost):.3f}")
    return cost
