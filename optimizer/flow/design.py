"""Network design: open arcs at their fixed cost and carry every commodity over them, as cheaply as can be found.

1. Slope scaling gives first solutions, and tells at once when no flow exists (`slope_scaling`).
2. The Lagrangian bound, within some hundredths of a percent of the strong linear relaxation (`lagrangian`); on the
   way it gathers good paths and says which arcs matter.
3. A mixed-integer program on those paths and arcs (`restricted`); its arcs are opened, all paths over them priced.
4. Then either the proof: arcs fixed by the bound, the rest solved exactly (`exact`); or, when that is too large to
   end, neighbourhoods of the best solution, with paths that perturbed slopes bring.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Column, Emit, linear_costs
from optimizer.flow.conflict import explain
from optimizer.flow.exact import solve_exact
from optimizer.flow.lagrangian import Lagrangian, ascend
from optimizer.flow.relax import FlowAnswer, PathFlow
from optimizer.flow.restricted import solve_restricted
from optimizer.flow.slope_scaling import Incumbent, scale_slopes

PROMISING = 0.02  # share of opening above which an arc may be opened in a restricted program
SURE = 0.95  # share above which the relaxation is sure of an arc
FIRST_FREE, LEAST_FREE = 40, 10  # arcs decided anew in a neighbourhood
LONGEST_SLICE = 20.0
SLOPE_SHARE = 0.1  # part of the time each slope scaling may take
BOUND_SHARE = 0.3  # part of the time the bound may take
PERTURBED = 4  # linear flows under perturbed slopes before each neighbourhood


def solution(net: Arrays, answer: FlowAnswer, cost: float, opened: list[int] | None) -> dict[str, object]:
    """A solution as a line of plain data; commodities are named as in the file."""
    flows = [[int(net.named[k]), list(path), amount] for (k, path), amount in answer.flows]
    return {"kind": "solution", "objective": cost, "opened": opened, "flows": flows}


class Design:
    """One search on one instance; everything found is told through `emit` as it comes.

    Args:
        seed: draws of neighbourhoods and the solver's own.
        deadline: on `time.monotonic`.
    """

    def __init__(self, net: Arrays, *, seed: int, deadline: float, emit: Emit) -> None:
        self.net, self.seed, self.deadline, self.emit = net, seed, deadline, emit
        self.began = time.monotonic()
        self.bound = 0.0
        self.rounds = 0
        self.flows = PathFlow(net)
        self.best = Incumbent(net, self.flows, self._found)
        self.random = np.random.default_rng(seed)

    def _tell(self, line: dict[str, object]) -> None:
        self.emit({**line, "columns": len(self.flows.columns), "iterations": self.rounds})

    def _found(self, best: Incumbent) -> None:
        self._tell(solution(self.net, best.answer, best.cost, [int(a) for a in np.flatnonzero(best.opened)]))

    def _bounded(self, bound: float) -> None:
        if math.isfinite(bound) and bound > self.bound * (1 + 1e-7):
            self.bound = bound
            self._tell({"kind": "bound", "bound": bound})

    def _left(self) -> float:
        return self.deadline - time.monotonic()

    def _slice(self) -> float:
        return min(self._left(), LONGEST_SLICE, max(1.0, 0.1 * (self.deadline - self.began)))

    def run(self, task: str) -> None:
        """Search until proven or out of time.

        Args:
            task: `prove` ends with the exact program, `improve` with neighbourhoods.
        """
        net, best = self.net, self.best
        first = scale_slopes(
            best, linear_costs(net), self.deadline, self.began + SLOPE_SHARE * (self.deadline - self.began)
        )
        self._bounded(first.bound if first.status != "infeasible" else 0.0)
        if first.status == "infeasible":
            self.emit({"kind": "infeasible", **explain(net, first)})
            return
        if math.isinf(best.cost):
            return
        lagrangian = self._ascend()
        self._guided(lagrangian)
        pool = dict(lagrangian.columns)
        if self._left() > 0.2:
            promising = lagrangian.share > PROMISING
            seconds = self._slice() * (1 if task == "prove" else 2)
            self._restricted(pool, promising, np.zeros(net.arcs, dtype=bool), seconds)
        if task == "prove":
            never, always = lagrangian.never(best.cost), lagrangian.always(best.cost)
            solve_exact(net, never, always, best, deadline=self.deadline, seed=self.seed, heard=self._bounded)
        else:
            self._neighbourhoods(lagrangian, pool)
        self._tell({"kind": "end"})

    def _ascend(self) -> Lagrangian:
        pause = time.monotonic() + BOUND_SHARE * self._left()
        lagrangian = ascend(self.net, self.best.cost, deadline=pause, heard=self._bounded)
        self.rounds += lagrangian.rounds
        return lagrangian

    def _guided(self, lagrangian: Lagrangian) -> None:
        """Slope scaling that starts where the relaxation opens arcs."""
        net = self.net
        load = np.maximum(lagrangian.flow.sum(axis=1), 0.02 * net.capacities + 1e-9)
        scale_slopes(
            self.best,
            net.costs + net.fixed * np.maximum(lagrangian.share, 0.05) / load,
            self.deadline,
            time.monotonic() + SLOPE_SHARE * self._left(),
        )

    def _restricted(self, pool: Iterable[Column], allowed: Bools, kept: Bools, seconds: float) -> bool:
        """Solve one restricted program; whether it was solved to its end."""
        self.rounds += 1
        best = self.best
        status, opened = solve_restricted(
            self.net,
            pool,
            allowed,
            kept,
            best.answer,
            best.opened,
            seconds=min(seconds, self._left()),
            seed=self.seed + self.rounds,
        )
        if opened is not None:
            best.offer(opened, self.deadline)
        return status == "optimal"

    def _neighbourhoods(self, lagrangian: Lagrangian, pool: dict[Column, None]) -> None:
        """Free some arcs, leave the others as they are in the best solution, and solve; again elsewhere."""
        net, best, free = self.net, self.best, float(FIRST_FREE)
        usual = np.maximum(lagrangian.flow.sum(axis=1), 0.1 * net.capacities + 1e-9)
        while self._left() > 0.5:
            chosen = self._chosen(lagrangian, int(free))
            allowed, before, began = best.opened | chosen, best.cost, time.monotonic()
            carried = np.where(best.opened, np.maximum(best.answer.load(net.arcs), 0.01 * net.capacities), usual)
            for _ in range(PERTURBED):
                slopes = net.fixed / carried * self.random.uniform(0.5, 1.5, net.arcs)
                linear = self.flows.solve(net.costs + slopes, closed=~allowed, deadline=self.deadline)
                if linear.status in ("optimal", "feasible"):
                    pool.update(dict.fromkeys(column for column, _ in linear.flows))
                    best.offer(linear.load(net.arcs) > 0, self.deadline)
            pool.update(dict.fromkeys(column for column, _ in best.answer.flows))
            allowed |= best.opened
            ended = self._restricted(pool, allowed, best.opened & ~chosen, self._slice())
            if not ended:
                free = max(LEAST_FREE, 0.8 * free)
            elif best.cost >= before and time.monotonic() - began < 0.5 * self._slice():
                free = min(net.arcs, 1.1 * free + 1)  # nothing better so near: look farther

    def _chosen(self, lagrangian: Lagrangian, free: int) -> Bools:
        """Arcs to decide anew: those the relaxation is unsure of, and those at two nodes drawn, before others."""
        net = self.net
        places = self.random.choice(net.nodes, min(2, net.nodes), replace=False)
        score = self.random.random(net.arcs)
        score += 0.5 * ((lagrangian.share > PROMISING) & (lagrangian.share < SURE))
        score += 0.5 * (np.isin(net.tails, places) | np.isin(net.heads, places))
        score[(lagrangian.share <= PROMISING) & ~self.best.opened] -= 0.75
        chosen = np.zeros(net.arcs, dtype=bool)
        chosen[np.argsort(-score, kind="stable")[:free]] = True
        return chosen
