"""Network design on few paths and arcs: a mixed-integer program whose answer is a solution of the full problem.

Model (columns (k, p) known so far, arcs allowed A; x_kp is the share of k on p):
    minimise    sum_kp quantity_k (sum_{a in p} cost_a) x_kp + sum_a fixed_a y_a
    subject to  sum_p x_kp = 1                                                     for every k
                sum_{kp: a in p} quantity_k x_kp <= capacity_a y_a                 for every a in A
                sum_{p: a in p} x_kp <= min(1, capacity_a / quantity_k) y_a        for every k, a that meet (forcing)
                y_a binary, x_kp >= 0
Its bound says nothing on the full problem. The start is a complete solution: SCIP drops an incomplete one.
Sources: Danna, Rothberg and Le Pape 2005 (neighbourhoods from a relaxation and a solution); Hewitt, Nemhauser and
Savelsbergh 2010 (such programs for network design).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Column
from optimizer.flow.relax import FlowAnswer


def solve_restricted(
    net: Arrays,
    columns: Iterable[Column],
    allowed: Bools,
    forced: Bools,
    start: FlowAnswer,
    opened: Bools,
    *,
    seconds: float,
    seed: int,
    gap: float = 1e-4,
) -> tuple[str, Bools | None]:
    """(optimal or feasible or none, arcs opened).

    Args:
        forced: arcs that stay open; must be open in `opened`.
        start, opened: the best solution known; its arcs are allowed whatever `allowed` says.
    """
    from ortools.math_opt.python import mathopt

    known = dict.fromkeys(column for column, _ in start.flows)
    known.update((c, None) for c in columns if allowed[list(c[1])].all())
    arcs = np.flatnonzero(allowed | opened)
    model = mathopt.Model(name="restricted")
    y = {int(a): model.add_binary_variable() for a in arcs}
    serve: list[list[mathopt.Variable]] = [[] for _ in range(net.commodities)]
    load: dict[int, list[mathopt.LinearTerm]] = {a: [] for a in y}
    forcing: dict[tuple[int, int], list[mathopt.Variable]] = {}
    cost = [float(net.fixed[a]) * y[a] for a in y]
    shares = {}
    for k, path in known:
        x = shares[k, path] = model.add_variable(lb=0.0)
        quantity = float(net.quantities[k])
        serve[k].append(x)
        cost.append(quantity * float(net.costs[list(path)].sum()) * x)
        for a in path:
            load[a].append(quantity * x)
            forcing.setdefault((k, a), []).append(x)
    for terms in serve:
        model.add_linear_constraint(mathopt.fast_sum(terms) == 1.0)
    for a, weighted in load.items():
        if weighted:
            model.add_linear_constraint(mathopt.fast_sum(weighted) <= float(net.capacities[a]) * y[a])
        if forced[a]:
            y[a].lower_bound = 1.0
    for (k, a), terms in forcing.items():
        most = min(1.0, float(net.capacities[a] / net.quantities[k]))
        model.add_linear_constraint(mathopt.fast_sum(terms) <= most * y[a])
    model.minimize(mathopt.fast_sum(cost))
    hint = {y[a]: float(opened[a]) for a in y}
    hint.update(dict.fromkeys(shares.values(), 0.0))
    hint.update({shares[c]: amount / float(net.quantities[c[0]]) for c, amount in start.flows})
    result = mathopt.solve(
        model,
        mathopt.SolverType.GSCIP,
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=max(0.1, seconds)), threads=1, random_seed=seed, relative_gap_tolerance=gap
        ),
        model_params=mathopt.ModelSolveParameters(solution_hints=[mathopt.SolutionHint(variable_values=hint)]),
    )
    if not result.has_primal_feasible_solution():
        return "none", None
    values = result.variable_values()
    chosen = np.zeros(net.arcs, dtype=bool)
    chosen[[a for a in y if values[y[a]] > 0.5]] = True
    proven = result.termination.reason == mathopt.TerminationReason.OPTIMAL
    return ("optimal" if proven else "feasible"), chosen
