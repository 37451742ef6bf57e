"""Solve a public pricing instance within a time limit on two cores: one process searches, one proves.

We listen, compute every answer again on the whole network in whole numbers (`verify`), pass on what is better, and
answer. The best tolls and bound said so far survive a kill, so a limit or Ctrl-C costs nothing that was known.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from optimizer.errors import SolverError
from optimizer.flow.child import StreamingChildren
from optimizer.pricing.instance import Instance, costs_from, forward, read_json
from optimizer.pricing.verify import react

WORKER = "optimizer.pricing.worker"
OPTIMAL_GAP = 1e-5
LAST_WORD = 0.4  # seconds a child keeps for its last line before the kill
AT_LEAST = 0.05
FIRST_SHARES = (0.5, 0.25, 1.0)  # of the dearest tolls, tried while the processes start
FIRST_SECONDS = 0.2  # of the limit, for those
BOTH_PROVE_FROM = 90.0  # seconds; with less, the search needs its core to the end
ROUNDING = 1e-9


@dataclass(slots=True)
class Outcome:
    """What is known of an instance. `objective` is the revenue of `tolls` (one a toll arc), recomputed exactly.

    `status`: optimal (gap at most 1e-5), feasible, or none_in_time; `gap` is (bound - objective) / objective.
    """

    instance: Instance
    status: str = "none_in_time"
    objective: Fraction | None = None
    bound: float = math.inf
    seconds: float = 0.0
    tolls: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """None when there is no revenue to compare with, but a bound above 0."""
        if self.objective is None or math.isinf(self.bound):
            return None
        value = float(self.objective)
        above = max(0.0, self.bound - value)
        if value <= 0:
            return 0.0 if above <= ROUNDING else None
        return round(above / value, 9)

    def as_dict(self) -> dict[str, Any]:
        arcs = [self.instance.arcs[i] for i in self.instance.tolls]
        return {
            "instance": self.instance.name,
            "status": self.status,
            "objective": None if self.objective is None else float(self.objective),
            "bound": None if math.isinf(self.bound) else self.bound,
            "gap": self.gap,
            "seconds": round(self.seconds, 3),
            "tolls": [{"src": a.src, "dst": a.dst, "toll": t} for a, t in zip(arcs, self.tolls, strict=False)],
            "recomputed": self.objective is not None,
            "method": "coordinate climb, inverse linear programs and small trees; bound by linear programs and branching",
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


class Team(StreamingChildren):
    """Children that also hear, a line at a time, what the others found."""

    def __enter__(self) -> Team:
        return self

    def _talk(self, number: int, child: subprocess.Popen[str], text: str) -> None:
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(text + "\n")
            child.stdin.flush()
            for line in child.stdout:
                self._lines.put((number, line))
        except (OSError, ValueError):  # it died, or was killed, while we spoke
            pass
        self._lines.put((number, None))

    def tell(self, message: dict[str, Any], *, but: int = -1) -> None:
        """Say something to every child but one."""
        for number, child in enumerate(self._children):
            if number != but and child.stdin is not None:
                with contextlib.suppress(OSError, ValueError):  # it has ended
                    child.stdin.write(json.dumps(message) + "\n")
                    child.stdin.flush()


def bench_pricing(
    file: Path, *, seconds: float = 60.0, seed: int = 1, heard: Callable[[Outcome], None] | None = None
) -> Outcome:
    """Read an instance and find tolls that bring much, and a bound that no tolls pass.

    Args:
        seconds: after this the answer is given, with what is known then.
        seed: of every random draw.
        heard: is told every better answer or bound.

    Raises:
        DataError: the file cannot be read.
    """
    began = time.monotonic()
    outcome = Outcome(read_json(file))
    told = {"instance": outcome.instance.plain(), "deadline": began + max(AT_LEAST, seconds - LAST_WORD), "seed": seed}
    problems = [
        {**told, "task": "search"},
        {**told, "task": "prove", "workers": 2 if seconds >= BOTH_PROVE_FROM else 1},
    ]
    with Team(WORKER, problems, seconds=seconds - (time.monotonic() - began)) as team:
        try:
            _begin(outcome, began + FIRST_SECONDS * seconds)
            for child, said in team:
                if _take(outcome, said):
                    if said["kind"] == "solution":
                        team.tell({"rates": outcome.tolls, "value": float(outcome.objective or 0)}, but=child)
                    else:
                        team.tell({"bound": outcome.bound}, but=child)
                    if heard is not None:
                        heard(outcome)
                if outcome.gap is not None and outcome.gap <= OPTIMAL_GAP:
                    break
        except KeyboardInterrupt:  # what is known so far is the answer
            pass
        except SolverError as fault:
            team.died.append(fault.message)
    outcome.warnings += tuple(dict.fromkeys(team.died))
    outcome.seconds = time.monotonic() - began
    if outcome.objective is not None:
        optimal = outcome.gap is not None and outcome.gap <= OPTIMAL_GAP
        outcome.status = "optimal" if optimal else "feasible"
    return outcome


def _take(outcome: Outcome, said: dict[str, Any]) -> bool:
    """Put one line of a child into the outcome; whether it says something better."""
    if said["kind"] == "bound":
        if said["bound"] >= outcome.bound:
            return False
        outcome.bound = said["bound"]
    elif said["kind"] == "solution":
        if not _offer(outcome, said["rates"]):
            return False
    else:
        return False
    if outcome.objective is not None and outcome.bound < float(outcome.objective) * (1 - ROUNDING):
        # tolls that bring more than the bound refute it: the revenue was recomputed, the bound was not
        outcome.bound = simple_bound(outcome.instance)
        warning = "A bound was below what the tolls bring; the simple bound stands instead."
        outcome.warnings = tuple(dict.fromkeys((*outcome.warnings, warning)))
    return True


def _offer(outcome: Outcome, tolls: Sequence[float]) -> bool:
    revenue = react(outcome.instance, tolls).revenue
    if outcome.objective is not None and revenue <= outcome.objective:
        return False
    outcome.objective, outcome.tolls = revenue, tuple(tolls)
    return True


def _begin(outcome: Outcome, until: float) -> None:
    """A bound and some tolls that need no solver, so that there always is an answer."""
    outcome.bound = simple_bound(outcome.instance)
    dear = dearest(outcome.instance)
    for share in FIRST_SHARES:
        _offer(outcome, [share * toll for toll in dear])
        if time.monotonic() > until:
            break


def simple_bound(instance: Instance) -> float:
    """Each commodity's demand times what it saves where all tolls are 0 (Labbé, Marcotte and Savard 1998)."""
    free, everything = forward(instance, free=True), forward(instance, free=False)
    trees: dict[int, tuple[list[float], list[float]]] = {}
    parts = []
    for c in instance.commodities:
        if c.orig not in trees:
            trees[c.orig] = (costs_from(free, c.orig, instance.nodes), costs_from(everything, c.orig, instance.nodes))
        without, cheapest = trees[c.orig]
        parts.append(c.demand * (without[c.dest] - cheapest[c.dest]))
    return math.fsum(parts) * (1 + ROUNDING)


def dearest(instance: Instance) -> list[float]:
    """For each toll arc the toll above which nobody would take it, whatever the others."""
    free, everything = forward(instance, free=True), forward(instance, free=False)
    backward: list[list[tuple[int, float]]] = [[] for _ in range(instance.nodes + 1)]
    for arc in instance.arcs:
        backward[arc.dst].append((arc.src, arc.cost))
    tolls = [0.0] * len(instance.tolls)
    for c in instance.commodities:
        without = costs_from(free, c.orig, instance.nodes)[c.dest]
        ahead, behind = (costs_from(g, n, instance.nodes) for g, n in ((everything, c.orig), (backward, c.dest)))
        for j, i in enumerate(instance.tolls):
            arc = instance.arcs[i]
            tolls[j] = max(tolls[j], without - (ahead[arc.src] + arc.cost + behind[arc.dst]))
    return tolls
