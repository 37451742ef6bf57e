"""A restricted master: a linear program that grows by columns and rows, solved again from its last basis.

Model, in the caller's units:
    sets        J columns known so far (a path, an itinerary in a period), R rows (a demand, a capacity, a forcing row)
    variables   x_j, 0 <= x_j <= upper_j: how much of column j is used
    minimise    sum_j cost_j x_j
    subject to  lower_r <= sum_j coefficient_rj x_j <= upper_r      for every row r
The dual of a row says what one more unit of its bound is worth; a column not yet known enters when its reduced cost
`cost_j - sum_r dual_r coefficient_rj` is negative, and when no such column exists the restricted optimum is the
optimum of the full program.

A packing or partitioning problem with shared capacities fits directly: one row a demand (`lower = upper`), one row a
resource and period (`upper` = capacity), one column a way to serve a demand.

Sources: Ford and Fulkerson 1958 (paths as columns); Dantzig and Wolfe 1960 (decomposition); Crainic, Frangioni and
Gendron 2001 (bounds for capacitated network design); Desaulniers, Desrosiers and Solomon 2005 (column generation).
Solver: GLOP through OR-Tools' linear_solver, which keeps its basis between calls; on these programs it took a third
to nine tenths of the time of MathOpt's incremental solver.

Example:
    >>> master = Master()
    >>> demand, capacity = master.add_row(10, 10), master.add_row(upper=6)
    >>> short = master.add_column(3, {demand: 1, capacity: 1})
    >>> long = master.add_column(5, {demand: 1})
    >>> answer = master.solve()
    >>> answer.status, answer.objective, answer.values[short], answer.duals[capacity]
    ('optimal', 38.0, 6.0, -2.0)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INF = math.inf


@dataclass(frozen=True, slots=True)
class MasterAnswer:
    """`values` by column, `duals` by row; both empty unless `status` is optimal."""

    status: str  # optimal, infeasible, unbounded, out_of_time or failed
    objective: float
    values: tuple[float, ...]
    duals: tuple[float, ...]


class Master:
    """The linear program; rows and columns are known by the index their `add_` returned."""

    def __init__(self) -> None:
        from ortools.linear_solver import pywraplp  # type: ignore[attr-defined]  # its stubs leave it out

        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._names = {
            pywraplp.Solver.OPTIMAL: "optimal",
            pywraplp.Solver.INFEASIBLE: "infeasible",
            pywraplp.Solver.UNBOUNDED: "unbounded",
            pywraplp.Solver.NOT_SOLVED: "out_of_time",
            pywraplp.Solver.FEASIBLE: "out_of_time",
        }
        parameters = pywraplp.MPSolverParameters
        self._again, self._anew = parameters(), parameters()
        self._anew.SetIntegerParam(parameters.INCREMENTALITY, parameters.INCREMENTALITY_OFF)
        self._rows: list[Any] = []
        self._columns: list[Any] = []

    @property
    def columns(self) -> int:
        return len(self._columns)

    @property
    def rows(self) -> int:
        return len(self._rows)

    def add_row(
        self,
        lower: float = -INF,
        upper: float = INF,
        coefficients: Mapping[int, float] | None = None,
        name: str = "",
    ) -> int:
        """A row over columns that exist already (`coefficients` by column) and over later ones."""
        _refuse_nan(lower, upper)
        row = self._solver.Constraint(lower, upper, name)
        for column, value in (coefficients or {}).items():
            _refuse_infinite(value)
            row.SetCoefficient(self._columns[column], float(value))
        self._rows.append(row)
        return len(self._rows) - 1

    def add_column(self, cost: float, coefficients: Mapping[int, float], upper: float = INF, name: str = "") -> int:
        """A column with its cost and its use of rows (`coefficients` by row)."""
        _refuse_infinite(cost)
        _refuse_nan(upper)
        column = self._solver.NumVar(0.0, upper, name)
        self._objective.SetCoefficient(column, float(cost))
        for row, value in coefficients.items():
            _refuse_infinite(value)
            self._rows[row].SetCoefficient(column, float(value))
        self._columns.append(column)
        return len(self._columns) - 1

    def set_cost(self, column: int, cost: float) -> None:
        _refuse_infinite(cost)
        self._objective.SetCoefficient(self._columns[column], float(cost))

    def set_bounds(self, row: int, lower: float, upper: float) -> None:
        _refuse_nan(lower, upper)
        self._rows[row].SetBounds(lower, upper)

    def solve(self, seconds: float = INF) -> MasterAnswer:
        """Solve from the last basis; once more from nothing when that fails."""
        status = "failed"
        for parameters in (self._again, self._anew):
            self._solver.SetTimeLimit(max(1, int(1000 * seconds)) if math.isfinite(seconds) else 0)
            status = self._names.get(self._solver.Solve(parameters), "failed")
            if status != "failed":
                break
        if status != "optimal":
            return MasterAnswer(status, math.nan, (), ())
        return MasterAnswer(
            status,
            self._objective.Value(),
            tuple(column.solution_value() for column in self._columns),
            tuple(row.dual_value() for row in self._rows),
        )


def _refuse_nan(*values: float) -> None:
    if any(math.isnan(v) for v in values):
        raise ValueError("a bound of the master is not a number")


def _refuse_infinite(value: float) -> None:
    if not math.isfinite(value):
        raise ValueError("a cost or coefficient of the master is not finite")
