"""Solve a public flow instance within a time limit: children search, we listen, recompute and answer.

The best solution and bound said so far survive a kill, so a limit or Ctrl-C costs nothing that was known.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from optimizer.flow.check import PathFlow, recompute
from optimizer.flow.child import StreamingChildren
from optimizer.flow.instance import Instance, read_dow

WORKER = "optimizer.flow.worker"
PROVE_ALONE = 20_000  # flow variables up to which the proof needs no help
PROVE_AT_ALL = 80_000  # above, the exact program does not get through its first linear program
TWO_FROM = 30.0  # seconds; with less, a second child only takes time from the first where cores are few
OPTIMAL_GAP = {"relax": 1e-6, "design": 1e-4}
STOP_GAP = 1e-6  # a child that can prove more goes on until here
LAST_WORD = 0.35  # seconds a child keeps for its last line before the kill
AT_LEAST = 0.05


@dataclass(slots=True)
class Outcome:
    """What is known of an instance after the search.

    `status`: optimal (gap at most 1e-4 with design, 1e-6 without), feasible, infeasible, or none_in_time.
    `objective` is the recomputed cost; `gap` is (objective - bound) / objective. `seconds` is the search alone,
    `wall_seconds` also starts processes and loads libraries; a search cut off by the limit counts in full.
    """

    instance: Instance
    mode: str
    status: str = "none_in_time"
    objective: Fraction | None = None
    bound: float = 0.0
    seconds: float = 0.0
    wall_seconds: float = 0.0
    columns: int = 0
    iterations: int = 0
    opened: tuple[int, ...] | None = None
    flows: tuple[PathFlow, ...] = ()
    conflict: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        if self.objective is None:
            return None
        cost = float(self.objective)
        return round(max(0.0, cost - self.bound) / cost, 9) if cost else 0.0  # below this it is rounding

    @property
    def method(self) -> str:
        if self.mode == "relax":
            return "path column generation, GLOP master"
        return "slope scaling, Lagrangian bound, path and arc programs in SCIP"

    def as_dict(self) -> dict[str, Any]:
        return {
            "instance": self.instance.name,
            "mode": self.mode,
            "status": self.status,
            "objective": None if self.objective is None else float(self.objective),
            "bound": self.bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 4),
            "wall_seconds": round(self.wall_seconds, 3),
            "columns": self.columns,
            "iterations": self.iterations,
            "opened_arcs": None if self.opened is None else [a + 1 for a in self.opened],
            "method": self.method,
            "recomputed": self.objective is not None,
            **({"conflict": self.conflict} if self.conflict else {}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


def tasks(instance: Instance, mode: str, seconds: float) -> tuple[str, ...]:
    """What each child does: two at most, as a promise is for two cores."""
    if mode == "relax":
        return ("relax",)
    size = len(instance.arcs) * len(instance.commodities)
    if size <= PROVE_ALONE:
        return ("prove",)
    if seconds < TWO_FROM:
        return ("improve",)
    return ("improve", "prove") if size <= PROVE_AT_ALL else ("improve", "improve")


def bench_flow(
    file: Path,
    *,
    mode: str = "relax",
    seconds: float = 100.0,
    seed: int = 1,
    heard: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Read a `.dow` file and solve it.

    Args:
        mode: relax (fixed costs ignored) or design (an arc used is opened at its fixed cost).
        seconds: after this the answer is given, with what is known then.
        seed: of every random draw; the answer is the same when the limit does not bind.
        heard: is told every better solution or bound.

    Raises:
        DataError: the file cannot be read.
        SolverError: a solver died (`solver_failed`), or what it said does not hold (`solver_differs`).
    """
    began = time.monotonic()
    outcome = Outcome(read_dow(file), mode)
    problem = outcome.instance.plain()
    deadline = began + max(AT_LEAST, seconds - LAST_WORD)
    problems = [
        {**problem, "task": task, "seed": seed + 1000 * number, "deadline": deadline}
        for number, task in enumerate(tasks(outcome.instance, mode, seconds))
    ]
    counts: dict[int, tuple[int, int]] = {}
    with StreamingChildren(WORKER, problems, seconds=seconds - (time.monotonic() - began)) as children:
        try:
            for child, said in children:
                better = _take(outcome, said)
                counts[child] = (said.get("columns", 0), said.get("iterations", 0))
                outcome.columns, outcome.iterations = (sum(c[i] for c in counts.values()) for i in (0, 1))
                outcome.seconds = max(outcome.seconds, said.get("seconds", 0.0))
                gap = outcome.gap
                if outcome.conflict or (mode == "design" and gap is not None and gap <= STOP_GAP):
                    break  # children may prove together what neither proves alone
                if better and heard is not None:
                    heard(outcome)
        except KeyboardInterrupt:
            children.killed = True  # what is known so far is the answer
    outcome.warnings = tuple(children.died)
    outcome.wall_seconds = time.monotonic() - began
    if children.killed:
        outcome.seconds = outcome.wall_seconds
    if outcome.conflict:
        outcome.status = "infeasible"
    elif outcome.objective is not None:
        gap = outcome.gap
        outcome.status = "optimal" if gap is not None and gap <= OPTIMAL_GAP[mode] else "feasible"
    return outcome


def _take(outcome: Outcome, said: dict[str, Any]) -> bool:
    """Put one line of a child into the outcome; whether it says something better."""
    if said["kind"] == "infeasible":
        outcome.conflict = {name: value for name, value in said.items() if name != "kind"}
        return True
    if said["kind"] == "end":
        return False
    if said["kind"] == "bound":
        if said["bound"] <= outcome.bound:
            return False
        outcome.bound = said["bound"]
        if outcome.objective is not None:
            recompute(outcome.instance, outcome.flows, outcome.opened, bound=outcome.bound)
        return True
    flows = tuple(PathFlow(k, tuple(arcs), amount) for k, arcs, amount in said["flows"])
    opened = None if said["opened"] is None else tuple(said["opened"])
    cost = recompute(outcome.instance, flows, opened, claimed=said["objective"], bound=outcome.bound)
    if outcome.objective is not None and cost >= outcome.objective:
        return False
    outcome.objective, outcome.flows, outcome.opened = cost, flows, opened
    return True
