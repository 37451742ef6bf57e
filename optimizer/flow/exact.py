"""Network design as one mixed-integer program over arcs: its bound holds for the full problem, and at best proves it.

Model (A = arcs not ruled out; x_ak = share of commodity k on arc a):
    minimise    sum_ak cost_a quantity_k x_ak + sum_a fixed_a y_a
    subject to  outflow - inflow of k = 1 at its origin, -1 at its destination, 0 elsewhere
                sum_k quantity_k x_ak <= capacity_a y_a                     for every a
                x_ak <= min(1, capacity_a / quantity_k) y_a                 for every a, k (forcing)
                y_a binary, x_ak >= 0
Arcs whose opening (or closing) lifts the Lagrangian bound above a known cost are fixed first.
Sources: Gendron, Crainic and Frangioni 1999 (formulations); Balas and Martin 1980 (fixing by reduced cost).
Solver: SCIP through MathOpt, started from a complete solution; whatever it finds or proves is told at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from optimizer.flow.arrays import Arrays, Bools
from optimizer.flow.slope_scaling import Incumbent

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt

RELATIVE_GAP = 1e-6
TELL_EVERY = 0.5  # seconds between bounds told


def size(net: Arrays) -> int:
    """Flow variables of the program before any arc is fixed."""
    return net.arcs * net.commodities


def solve_exact(
    net: Arrays,
    never: Bools,
    always: Bools,
    best: Incumbent,
    *,
    deadline: float,
    seed: int,
    heard: Callable[[float], None],
) -> None:
    """Improve `best` and tell lower bounds until proven or out of time.

    Args:
        never, always: arcs that every solution cheaper than `best` leaves closed, or opens.
        heard: is told valid lower bounds.
    """
    from ortools.math_opt.python import mathopt

    cutoff = best.cost  # what was fixed is true only of cheaper solutions
    model = mathopt.Model(name="exact")
    arcs = [int(a) for a in np.flatnonzero(~never | best.opened)]
    y = {a: model.add_binary_variable() for a in arcs}
    x: dict[tuple[int, int], mathopt.Variable] = {}
    cost = [float(net.fixed[a]) * y[a] for a in arcs]
    for k in range(net.commodities):
        quantity = float(net.quantities[k])
        balance: dict[int, list[mathopt.LinearTerm]] = {}
        for a in arcs:
            if net.heads[a] == net.origins[k] or net.tails[a] == net.destinations[k]:
                continue
            share = x[a, k] = model.add_variable(lb=0.0)
            balance.setdefault(int(net.tails[a]), []).append(1.0 * share)
            balance.setdefault(int(net.heads[a]), []).append(-1.0 * share)
            cost.append(float(net.costs[a]) * quantity * share)
            model.add_linear_constraint(share <= min(1.0, float(net.capacities[a]) / quantity) * y[a])
        for node, terms in balance.items():
            out = 1.0 if node == net.origins[k] else -1.0 if node == net.destinations[k] else 0.0
            model.add_linear_constraint(mathopt.fast_sum(terms) == out)
    for a in arcs:
        load = [float(net.quantities[k]) * x[a, k] for k in range(net.commodities) if (a, k) in x]
        model.add_linear_constraint(mathopt.fast_sum(load) <= float(net.capacities[a]) * y[a])
        if always[a] and best.opened[a]:
            y[a].lower_bound = 1.0
    model.minimize(mathopt.fast_sum(cost))
    hint = {y[a]: float(best.opened[a]) for a in arcs} | dict.fromkeys(x.values(), 0.0)
    for (k, path), amount in best.answer.flows:
        for a in path:
            hint[x[a, k]] += amount / float(net.quantities[k])
    told = time.monotonic()

    def listen(event: mathopt.CallbackData) -> mathopt.CallbackResult:
        nonlocal told
        if event.event == mathopt.Event.MIP_SOLUTION and event.solution is not None:
            best.offer(_opened(net, {a: event.solution[y[a]] for a in arcs}))
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            heard(min(cutoff, event.mip_stats.dual_bound))
        return mathopt.CallbackResult()

    seconds = deadline - time.monotonic()
    if seconds <= 0:
        return
    result = mathopt.solve(
        model,
        mathopt.SolverType.GSCIP,
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=seconds), threads=1, random_seed=seed, relative_gap_tolerance=RELATIVE_GAP
        ),
        model_params=mathopt.ModelSolveParameters(solution_hints=[mathopt.SolutionHint(variable_values=hint)]),
        callback_reg=mathopt.CallbackRegistration(
            events={mathopt.Event.MIP_SOLUTION, mathopt.Event.MIP_NODE},
            mip_solution_filter=mathopt.VariableFilter(filtered_items=set(y.values())),
            mip_node_filter=mathopt.VariableFilter(filtered_items=set()),  # at a node only the bound is wanted
        ),
        cb=listen,
    )
    if result.has_primal_feasible_solution():
        values = result.variable_values()
        best.offer(_opened(net, {a: values[y[a]] for a in arcs}))
    heard(min(cutoff, result.termination.objective_bounds.dual_bound))


def _opened(net: Arrays, values: dict[int, float]) -> Bools:
    opened = np.zeros(net.arcs, dtype=bool)
    opened[[a for a, value in values.items() if value > 0.5]] = True
    return opened
