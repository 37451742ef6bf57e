"""The rival and the check of column generation: the same flow as one linear program over arcs, in HiGHS.

Model (x_oa >= 0: units that left origin o and are on arc a; commodities of equal origin share it, which is exact):
    minimise    sum_oa cost_a x_oa
    subject to  outflow - inflow of o at node i = what o sends, less what i takes of it
                sum_o x_oa <= capacity_a
This is the small arc form: one variable a commodity and arc would be many times as large.
Source: Ahuja, Magnanti and Orlin 1993, chapter 17.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.flow.arrays import Arrays


@dataclass(frozen=True, slots=True)
class ArcFlowAnswer:
    status: str  # optimal, infeasible or failed
    objective: float
    build_seconds: float
    solve_seconds: float


def solve_arcflow(net: Arrays, seconds: float = 600.0) -> ArcFlowAnswer:
    """Least cost of carrying every commodity."""
    from ortools.linear_solver.python import model_builder_helper
    from scipy.sparse import block_array, csr_array, eye_array, kron

    began = time.perf_counter()
    origins, group = np.unique(net.origins, return_inverse=True)
    every = np.arange(net.arcs)
    incidence = csr_array(
        (np.repeat([1.0, -1.0], net.arcs), (np.append(net.tails, net.heads), np.append(every, every))),
        shape=(net.nodes, net.arcs),
    )
    balance = np.zeros((len(origins), net.nodes))
    np.add.at(balance, (group, net.origins), net.quantities)
    np.add.at(balance, (group, net.destinations), -net.quantities)
    conserve = kron(eye_array(len(origins)), incidence)
    share = kron(np.ones((1, len(origins))), eye_array(net.arcs))
    rows = block_array([[conserve], [share]], format="csr")
    columns = len(origins) * net.arcs
    builder: Any = model_builder_helper.ModelBuilderHelper()  # its stubs want an array type numpy no longer spells
    builder.fill_model_from_sparse_data(
        np.zeros(columns),
        np.full(columns, math.inf),
        np.tile(net.costs, len(origins)),
        np.append(balance.ravel(), np.full(net.arcs, -math.inf)),
        np.append(balance.ravel(), net.capacities),
        rows,
    )
    built = time.perf_counter()
    solver = model_builder_helper.ModelSolverHelper("highs_lp")
    solver.set_time_limit_in_seconds(seconds)
    solver.solve(builder)
    solved = time.perf_counter()
    status = {
        model_builder_helper.SolveStatus.OPTIMAL: "optimal",
        model_builder_helper.SolveStatus.INFEASIBLE: "infeasible",
    }.get(solver.status(), "failed")
    objective = float(solver.objective_value()) if status == "optimal" else math.inf
    return ArcFlowAnswer(status, objective, built - began, solved - built)
