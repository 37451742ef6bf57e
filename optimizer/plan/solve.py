"""The one entry to the plan's solver: a problem in, a plan out that was recounted and a bound that holds.

The solver works in a process of its own, with limits of memory and time set by the system, and tells every better
plan at once; when the time is up it is killed and the last plan told is the answer. What it says is whole numbers by
column; costs, capacities and lots are recounted here from the problem (`verify`), and a plan that differs is refused.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from optimizer.flow.child import StreamingChildren
from optimizer.plan.conflict import refuse_conflict, refuse_nonsense, unfilled
from optimizer.plan.model import PlanProblem, PlanResult
from optimizer.plan.verify import check_plan, differs, recount

MODULE = "optimizer.plan.child"
LAST = 0.05  # share of the time the child ends early by itself
SURE = 2e-6  # share of the cost that the solver's arithmetic leaves open even where nothing is
WORTH_S = 10.0  # for what one more unit of each bottleneck saves
Listen = Callable[[dict[str, Any]], None]


def solve_plan(
    problem: PlanProblem,
    *,
    time_limit_s: float = 60.0,
    gap: float = 0.005,
    seed: int = 1,
    listen: Listen | None = None,
) -> PlanResult:
    """The cheapest plan found within the time, recounted, with a bound no plan is under.

    Args:
        time_limit_s: for all of it.
        gap: share of the cost that may stay open; the search ends there.
        seed: the same seed gives the same plan as long as the time limit does not bind.
        listen: hears {"cost", "bound" (minor units or None), "text", "seconds"} for each better plan.

    Raises:
        DataError: the problem contradicts itself (`plan_...`).
        SolverError: bookings cannot all be kept (`plan_infeasible`); the solver's answer was refused (`plan_differs`)
            or it died before it said anything (`solver_failed`).
    """
    started = time.perf_counter()
    heard, plain = _begin(problem, time_limit_s, gap, seed, listen, started)
    if problem.columns:
        left = max(0.05, time_limit_s - (time.perf_counter() - started))
        with StreamingChildren(MODULE, [plain], seconds=left) as children:
            for _, said in children:
                heard.take(said)
        heard.died = children.died
    return heard.result(gap, time.perf_counter() - started)


def solve_here(problem: PlanProblem, *, time_limit_s: float = 60.0, gap: float = 0.005, seed: int = 1) -> PlanResult:
    """The same in this process, where nothing but the solver itself keeps the time: for tests and other children."""
    from optimizer.plan.child import solve

    started = time.perf_counter()
    heard, plain = _begin(problem, time_limit_s, gap, seed, None, started)
    if problem.columns:
        solve(plain, heard.take)
    return heard.result(gap, time.perf_counter() - started)


def _begin(
    problem: PlanProblem, limit: float, gap: float, seed: int, listen: Listen | None, started: float
) -> tuple[_Heard, dict[str, Any]]:
    """Refuse what cannot be solved; who hears the solver, and what the solver hears."""
    refuse_nonsense(problem)
    refuse_conflict(problem)
    from optimizer.plan.relax import arrays_of

    made = arrays_of(problem)
    heard = _Heard(problem, made.scale, started, listen)
    if not problem.columns:
        heard.stay()
        return heard, {}
    left = limit - (time.perf_counter() - started)
    return heard, {
        "arrays": made.to_dict(),
        "seconds": max(0.0, left - max(0.3, LAST * left)),
        "gap": gap,
        "seed": seed,
        "worth_seconds": min(WORTH_S, 0.1 * limit),
        "tie_seconds": 0.05 * limit,
    }


class _Heard:
    """What the solver's process has said so far."""

    def __init__(self, problem: PlanProblem, scale: int, started: float, listen: Listen | None) -> None:
        self.problem, self.scale, self.started, self.listen = problem, scale, started, listen
        self.plan: dict[str, Any] | None = None
        self.bound: Fraction | None = None
        self.proved = ""
        self.relaxation: dict[str, Any] = {}
        self.saves: list[list[Any]] = []
        self.short: list[int] | None = None
        self.done = False
        self.died: list[str] = []

    def stay(self) -> None:
        """Without a single column everything is left behind, and lots run only where that earns money."""
        lots, cost = [], sum(d.unserved_cost * d.units for d in self.problem.demands) * Fraction(1)
        for n, lot in enumerate(self.problem.lots):
            each = lot.cost + (lot.dead_cost or 0) * lot.least
            if each < 0 and lot.available and (lot.dead_cost is not None or not lot.least):
                lots.append([n, lot.available])
                cost += each * lot.available
        self.plan, self.bound, self.done = {"units": [], "lots": lots}, cost, True

    def take(self, said: dict[str, Any]) -> None:
        what = said.get("what")
        bound = said.get("bound")
        if type(bound) is int and (self.bound is None or Fraction(bound, self.scale) > self.bound):
            self.bound, self.proved = Fraction(bound, self.scale), said.get("proved", "")
        if what == "plan":
            self.plan = said
            if self.listen is not None:
                self.listen(
                    {
                        "cost": said.get("cost", 0) / self.scale,
                        "bound": None if self.bound is None else float(self.bound),
                        "text": said.get("text", ""),
                        "seconds": time.perf_counter() - self.started,
                    }
                )
        elif what == "relaxation":
            self.relaxation = said
        elif what == "saves":
            self.saves = said["saves"]
        elif what == "infeasible":
            self.short = said["lots"]
        elif what == "done":
            self.done = True

    def result(self, gap: float, seconds: float) -> PlanResult:
        problem, relaxed = self.problem, self.relaxation
        note = "" if self.done else " ".join(["The solver was stopped before it was done.", *self.died])
        if self.plan is None:
            if self.short is not None:
                raise unfilled(problem, [problem.lots[n].lot_id for n in self.short])
            unserved = {k: d.units for k, d in enumerate(problem.demands) if d.units}
            return PlanResult(
                "none", {}, unserved, {}, 0, self.bound, {}, (), seconds, note="No plan was found in the time given."
            )
        sent = [0] * len(problem.demands)
        try:
            units: dict[int, int] = dict(self.plan["units"])
            lots = {problem.lots[n].lot_id: z for n, z in self.plan["lots"]}
            for j, n in units.items():
                sent[problem.columns[j].demand] += n
        except (KeyError, IndexError, TypeError, ValueError) as fault:
            raise differs("it is not about this problem") from fault
        unserved = {k: d.units - n for k, (d, n) in enumerate(zip(problem.demands, sent, strict=True)) if d.units > n}
        cost = recount(problem, units, unserved, lots)
        worth = {self._row(r): Fraction(w, self.scale) for r, w in relaxed.get("worth", ())}
        result = PlanResult(
            status="feasible",
            units=units,
            unserved=unserved,
            lots=lots,
            objective=math.ceil(cost),
            bound=self.bound,
            worth=worth,
            demand_price=tuple(Fraction(p, self.scale) for p in relaxed.get("prices", ())),
            seconds=seconds,
            rounds=relaxed.get("rounds", 0),
            note=note,
            binding=tuple(sorted(worth)),
            saves={self._row(r): Fraction(w, self.scale) for r, w in self.saves},
            bound_by=self.proved or "duals",
        )
        check_plan(problem, result)
        allowed = Fraction(max(gap, SURE)) * abs(cost)
        if self.bound is not None and cost - self.bound <= allowed:
            result = replace(result, status="optimal")
        return result

    def _row(self, number: int) -> tuple[str, int]:
        capacity = self.problem.capacities[number]
        return capacity.resource_id, capacity.period
