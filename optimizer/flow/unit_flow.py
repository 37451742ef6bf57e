"""One unit from source to sink at least cost, by OR-Tools min-cost flow: the independent check of a quote.

Model: arcs a with integer cost c_a >= 0 and capacity 1, flow x_a in {0, 1};
minimise sum c_a x_a subject to outflow - inflow = 1 at the source, -1 at the sink, 0 elsewhere.
Source: Goldberg's cost-scaling push-relabel, as in OR-Tools' SimpleMinCostFlow.

Run as `python -m optimizer.flow.unit_flow`: JSON {tails, heads, costs, source, sink} on standard input,
JSON {status, cost} on standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

STATUSES = ("optimal", "infeasible", "failed")


def solve(
    tails: Sequence[int], heads: Sequence[int], costs: Sequence[int], source: int, sink: int
) -> tuple[str, int | None]:
    """(status, cost of one unit). Integers only: the array call would silently cut a float."""
    import numpy as np
    from ortools.graph.python import min_cost_flow

    if not all(type(c) is int and c >= 0 for c in costs):
        raise ValueError("costs must be integers, not negative")
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.array(tails, dtype=np.int32),
        np.array(heads, dtype=np.int32),
        np.ones(len(tails), dtype=np.int64),
        np.array(costs, dtype=np.int64),
    )
    flow.set_node_supply(source, 1)
    flow.set_node_supply(sink, -1)
    status = flow.solve()
    if status == flow.OPTIMAL:
        return "optimal", int(flow.optimal_cost())
    return ("infeasible", None) if status == flow.INFEASIBLE else ("failed", None)


def main() -> None:
    problem = json.load(sys.stdin)
    status, cost = solve(problem["tails"], problem["heads"], problem["costs"], problem["source"], problem["sink"])
    json.dump({"status": status, "cost": cost}, sys.stdout)


if __name__ == "__main__":
    main()
