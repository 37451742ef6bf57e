"""A small integer program by OR-Tools MathOpt: arrays in, whole numbers and a bound out.

minimise sum_j cost_j x_j subject to lower_r <= sum_j value_rj x_j <= upper_r, 0 <= x_j <= most_j, x_j whole where
`whole`. SCIP is the default: started from a plan it gained two to three times faster than HiGHS on parts of plans of 200
shipments. CP-SAT was not tried on plans. A refused call shows as an AttributeError of the library, so every call is wrapped.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

SOLVERS = {"highs": "HIGHS", "scip": "GSCIP", "cp_sat": "CP_SAT"}


@dataclass(frozen=True, slots=True)
class MipAnswer:
    """`values` is empty when nothing was found; `bound` is the solver's word, -inf when it gave none."""

    status: str  # optimal, feasible, infeasible, none or failed
    values: tuple[float, ...]
    bound: float


@dataclass(slots=True)
class Mip:
    """Columns `cost`, `most`, `whole`; rows as (lower, upper, {column: value})."""

    cost: list[float]
    most: list[float]
    whole: list[bool]
    rows: list[tuple[float, float, dict[int, float]]]


def solve_mip(
    program: Mip,
    *,
    seconds: float,
    gap: float = 0.0,
    nodes: int | None = None,
    seed: int = 0,
    hint: list[float] | None = None,
    solver: str = "scip",
) -> MipAnswer:
    """The best solution found within the limits; `hint` is a whole solution to start from."""
    from ortools.math_opt.python import mathopt

    if not all(map(math.isfinite, program.cost)) or any(math.isnan(m) for m in program.most):
        raise ValueError("a cost or bound of the integer program is not finite")
    model = mathopt.Model()
    columns: list[Any] = [
        model.add_variable(lb=0.0, ub=most, is_integer=whole)
        for most, whole in zip(program.most, program.whole, strict=True)
    ]
    for column, cost in zip(columns, program.cost, strict=True):
        model.objective.set_linear_coefficient(column, cost)
    for lower, upper, values in program.rows:
        row = model.add_linear_constraint(lb=lower, ub=upper)
        for column, value in values.items():
            row.set_coefficient(columns[column], value)
    kind = getattr(mathopt.SolverType, SOLVERS[solver])
    limits = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=max(0.01, seconds)),
        relative_gap_tolerance=max(gap, 0.0),
        absolute_gap_tolerance=1e-9,
        node_limit=nodes if solver != "cp_sat" else None,
        threads=None if solver == "highs" else 1,
        random_seed=seed,
    )
    start = mathopt.ModelSolveParameters()
    if hint is not None:
        start.solution_hints.append(
            mathopt.SolutionHint(variable_values=dict(zip(columns, map(float, hint), strict=True)))
        )
    try:
        answer = mathopt.solve(model, kind, params=limits, model_params=start)
    except (AttributeError, ValueError, RuntimeError):
        return MipAnswer("failed", (), -math.inf)
    reason = answer.termination.reason
    bound = float(answer.termination.objective_bounds.dual_bound)
    reasons = mathopt.TerminationReason
    if reason in (reasons.INFEASIBLE, reasons.INFEASIBLE_OR_UNBOUNDED):
        return MipAnswer("infeasible", (), math.inf)
    if not answer.has_primal_feasible_solution():
        return MipAnswer("none", (), bound if math.isfinite(bound) else -math.inf)
    found = answer.variable_values()
    return MipAnswer(
        "optimal" if reason == reasons.OPTIMAL else "feasible",
        tuple(float(found[c]) for c in columns),
        bound if math.isfinite(bound) else -math.inf,
    )
