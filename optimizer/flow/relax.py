"""Least-cost multicommodity flow under shared capacities, by column generation over paths.

Model, in the instance's units (arcs a, commodities k, paths p of k):
    variables   x_kp >= 0: units of k on path p;  s_k >= 0: units of k not served
    minimise    sum_kp (sum_{a in p} cost_a) x_kp + M sum_k s_k
    subject to  sum_p x_kp + s_k = quantity_k        for every k     dual pi_k
                sum_{kp: a in p} x_kp <= capacity_a  for every a     dual -mu_a <= 0
Pricing: with arc weights cost + mu one cheapest-path tree an origin; a path cheaper than pi_k enters. Without such a
path the restricted optimum is the optimum. The Lagrangian bound
    sum_k quantity_k x (cheapest path of k under cost + mu) - sum_a mu_a capacity_a
holds after every round, so an interrupted run has one too. If units stay unserved, the least amount of them is
computed; when that is above 0 the problem has no solution, and its duals are the proof (`optimizer.flow.conflict`).

Sources: Ford and Fulkerson 1958; Tomlin 1966; Barnhart, Hane and Vance 2000. No dual stabilisation: on the public
instances 3 to 8 rounds are enough.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Column, Floats
from optimizer.flow.master import Master
from optimizer.flow.paths import Trees

SERVED = 1e-7  # share of the whole quantity that rounding may leave unserved
TRACE = 1e-8  # share of a quantity below which a flow is rounding
REDUCED = 1e-9  # a path enters when it is cheaper than this share of what its commodity pays


@dataclass(slots=True)
class FlowAnswer:
    """A flow by path, its cost and a lower bound; `prices` is the weight mu of each arc's capacity.

    `status`: optimal, feasible (stopped early), infeasible, or none (stopped before everything was served).
    """

    status: str
    objective: float = math.inf
    bound: float = 0.0
    flows: list[tuple[Column, float]] = field(default_factory=list)
    prices: Floats = field(default_factory=lambda: np.zeros(0))
    rounds: int = 0
    unserved: Floats = field(default_factory=lambda: np.zeros(0))

    def load(self, arcs: int) -> Floats:
        """Units on each arc."""
        load = np.zeros(arcs)
        for (_, path), amount in self.flows:
            load[list(path)] += amount
        return load


class PathFlow:
    """Column generation that keeps its columns: solve again under other arc costs, or with arcs closed."""

    def __init__(self, net: Arrays) -> None:
        self.net = net
        self.columns: dict[Column, int] = {}
        self._trees = Trees(net)
        self._master = Master()
        self._capacity: dict[int, int] = {}
        self._paths: list[Column] = []
        self._index: list[int] = []
        self._demand = [self._master.add_row(q, q) for q in net.quantities]
        self._unserved = [self._master.add_column(0.0, {row: 1.0}) for row in self._demand]

    def _enter(self, column: Column, costs: Floats) -> None:
        k, path = column
        for a in path:  # a capacity nobody comes near needs no row
            if a not in self._capacity:
                self._capacity[a] = self._master.add_row(upper=float(self.net.capacities[a]))
        use = {self._demand[k]: 1.0, **{self._capacity[a]: 1.0 for a in path}}
        self.columns[column] = len(self._paths)
        self._paths.append(column)
        self._index.append(self._master.add_column(float(costs[list(path)].sum()), use))

    def _flows(self, amounts: Floats, unserved: Floats) -> list[tuple[Column, float]]:
        """Flows without what is only rounding: a trace of a unit would open an arc at its whole fixed cost."""
        quantities = self.net.quantities
        owner = np.array([k for k, _ in self._paths], dtype=np.int64)
        kept = np.flatnonzero(amounts > TRACE * quantities[owner])
        sent = np.bincount(owner[kept], amounts[kept], minlength=len(quantities))
        whole = np.where(unserved > TRACE * quantities, 1.0, quantities / np.maximum(sent, TRACE * quantities))
        return [(self._paths[i], float(amounts[i] * whole[owner[i]])) for i in kept]

    def _set_costs(self, costs: Floats, penalty: float) -> None:
        for (_, path), index in zip(self._paths, self._index, strict=True):
            self._master.set_cost(index, float(costs[list(path)].sum()))
        for index in self._unserved:
            self._master.set_cost(index, penalty)

    def solve(
        self,
        costs: Floats,
        closed: Bools | None = None,
        deadline: float = math.inf,
        heard: Callable[[FlowAnswer], None] | None = None,
    ) -> FlowAnswer:
        """The least-cost flow.

        Args:
            costs: a unit on each arc, >= 0.
            closed: arcs that must not be used.
            deadline: on `time.monotonic`; the best flow and bound so far are returned then.
            heard: called after every round with what is known.
        """
        net = self.net
        shut = np.zeros(net.arcs, dtype=bool) if closed is None else closed
        for a, row in self._capacity.items():
            self._master.set_bounds(row, -math.inf, 0.0 if shut[a] else float(net.capacities[a]))
        penalty = 10.0 * (1.0 + float(np.sort(costs)[-net.nodes :].sum()))
        answer = FlowAnswer("none")
        while True:
            answer = self._generate(costs, shut, penalty, deadline, heard, answer)
            left = float(answer.unserved.sum())
            if answer.status != "optimal" or left <= SERVED * float(net.quantities.sum()):
                return answer
            least = self._generate(np.zeros(net.arcs), shut, 1.0, deadline, None, FlowAnswer("none"))
            if least.status != "optimal":
                return FlowAnswer("none", bound=answer.bound, rounds=answer.rounds + least.rounds)
            if least.objective > SERVED * float(net.quantities.sum()):
                least.status, least.objective = "infeasible", math.inf
                return least
            penalty *= 100.0  # everything can be served, the price of not doing so was too low

    def _generate(
        self,
        costs: Floats,
        shut: Bools,
        penalty: float,
        deadline: float,
        heard: Callable[[FlowAnswer], None] | None,
        answer: FlowAnswer,
    ) -> FlowAnswer:
        net = self.net
        self._set_costs(costs, penalty)
        weights = np.where(shut, np.inf, costs)
        pays = np.full(net.commodities, penalty)
        prices = np.zeros(net.arcs)
        best = FlowAnswer("none", bound=answer.bound, rounds=answer.rounds, unserved=net.quantities)
        while True:
            best.rounds += 1
            distance, entering = self._trees.price(weights)
            cheapest = np.minimum(distance, penalty)
            bound = float(net.quantities @ cheapest - prices @ np.where(shut, 0.0, net.capacities))
            if bound >= best.bound:
                best.bound, best.prices = bound, prices
            new = [
                column
                for k in np.flatnonzero(cheapest < pays - REDUCED * np.maximum(1.0, pays))
                if (column := self._trees.path(int(k), entering)) not in self.columns
            ]
            if not new and best.rounds > answer.rounds + 1:
                best.status = "optimal"
                break
            if time.monotonic() > deadline:
                break
            for column in new:
                self._enter(column, costs)
            solved = self._master.solve(deadline - time.monotonic())
            if solved.status != "optimal":
                break
            duals, values = np.array(solved.duals), np.array(solved.values)
            pays = duals[self._demand]
            prices = np.zeros(net.arcs)
            prices[list(self._capacity)] = np.maximum(0.0, -duals[list(self._capacity.values())])
            weights = np.where(shut, np.inf, costs + prices)
            best.unserved = values[self._unserved]
            best.objective = solved.objective
            amounts = values[self._index] if self._index else np.zeros(0)
            best.flows = self._flows(amounts, best.unserved)
            if heard is not None:
                heard(best)
        if best.status != "optimal":
            served = best.unserved.sum() <= SERVED * float(net.quantities.sum())
            best.status = "feasible" if served and best.flows else "none"
        return best
