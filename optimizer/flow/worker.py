"""The solvers' own process: one problem as JSON on standard input, what is found as JSON lines on standard output.

Problem: `Instance.plain`, and task (relax, prove, improve), seed, deadline on the clock of `time.monotonic`,
which all processes of a machine share.
Lines: {kind: bound, bound} · {kind: solution, objective, opened, flows: [[commodity, arcs, amount]]} ·
{kind: infeasible, text, ...} · {kind: end}; each with seconds, and with the columns and iterations it took so far.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from optimizer.flow.arrays import Arrays, Emit
from optimizer.flow.conflict import explain
from optimizer.flow.design import Design, solution
from optimizer.flow.relax import SERVED, FlowAnswer, PathFlow

TELL_EVERY = 0.5  # seconds between unfinished answers


def relax(net: Arrays, deadline: float, emit: Emit) -> None:
    """Least-cost flow, fixed costs ignored."""
    flows, told, least = PathFlow(net), time.monotonic(), 0.0

    def tell(line: dict[str, Any], answer: FlowAnswer) -> None:
        emit({**line, "columns": len(flows.columns), "iterations": answer.rounds})

    def heard(answer: FlowAnswer) -> None:
        nonlocal told, least
        if time.monotonic() - told < TELL_EVERY:
            return
        told = time.monotonic()
        if answer.bound > least:
            least = answer.bound
            tell({"kind": "bound", "bound": answer.bound}, answer)
        if answer.unserved.sum() <= SERVED * net.quantities.sum():
            tell(solution(net, answer, _cost(net, answer), None), answer)

    answer = flows.solve(net.costs, deadline=deadline, heard=heard)
    if answer.status == "infeasible":
        emit({"kind": "infeasible", **explain(net, answer)})
        return
    tell({"kind": "bound", "bound": answer.bound}, answer)
    if answer.status != "none":
        tell(solution(net, answer, _cost(net, answer), None), answer)
    tell({"kind": "end"}, answer)


def _cost(net: Arrays, answer: FlowAnswer) -> float:
    return float(answer.load(net.arcs) @ net.costs)


def work(problem: dict[str, Any], emit: Emit) -> None:
    net = Arrays.of(problem)
    deadline = float(problem["deadline"])
    if not net.commodities:
        emit(solution(net, FlowAnswer("optimal"), 0.0, None if problem["task"] == "relax" else []))
        emit({"kind": "end"})
    elif problem["task"] == "relax":
        relax(net, deadline, emit)
    else:
        Design(net, seed=int(problem["seed"]), deadline=deadline, emit=emit).run(problem["task"])


def main() -> None:
    import scipy.sparse.csgraph  # noqa: F401 - loading libraries is not solving: it is done before the clock starts
    from ortools.linear_solver import pywraplp  # type: ignore[attr-defined]  # noqa: F401

    problem = json.load(sys.stdin)
    began = time.monotonic()

    def emit(line: dict[str, Any]) -> None:
        line["seconds"] = time.monotonic() - began
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
        sys.stdout.flush()

    work(problem, emit)


if __name__ == "__main__":
    main()
