"""Network design solutions by slope scaling: a linear flow problem whose unit costs learn the fixed costs.

Each round charges an arc `cost + fixed / units it carried last`, so that the linear cost of the same flow equals its
true cost; the arcs used are then opened and the flow over them alone is made cheapest. Ends when arcs repeat.
Sources: Kim and Pardalos 1999; Crainic, Gendron and Hernu 2004.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Floats
from optimizer.flow.relax import FlowAnswer, PathFlow

MOST_ROUNDS = 15


@dataclass(slots=True)
class Incumbent:
    """The cheapest design known: which arcs are opened and what flows over them.

    `heard` is told each time a cheaper one is found.
    """

    net: Arrays
    flows: PathFlow
    heard: Callable[[Incumbent], None]
    cost: float = math.inf
    opened: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    answer: FlowAnswer = field(default_factory=lambda: FlowAnswer("none"))

    def offer(self, arcs: Bools, deadline: float = math.inf) -> float:
        """Cost of the cheapest flow over these arcs, opening only those used; inf when it cannot be had."""
        net = self.net
        answer = self.flows.solve(net.costs, closed=~arcs & (net.fixed > 0), deadline=deadline)
        if answer.status not in ("optimal", "feasible"):
            return math.inf
        load = answer.load(net.arcs)
        cost = float(load @ net.costs + net.fixed[load > 0].sum())
        if cost < self.cost * (1 - 1e-9):
            self.cost, self.opened, self.answer = cost, load > 0, answer
            self.heard(self)
        return cost


def scale_slopes(best: Incumbent, weights: Floats, deadline: float, pause: float = math.inf) -> FlowAnswer:
    """Offer the designs that slope scaling finds from the given unit costs; returns the first linear flow.

    Its status tells when no flow exists at all.

    Args:
        pause: on `time.monotonic`; no further round begins after it.
    """
    net, seen, first = best.net, set[bytes](), None
    floor = 1e-3 * best.net.capacities + 1e-9  # a trace of flow must not make a cost no solver can hold
    for _ in range(MOST_ROUNDS):
        linear = best.flows.solve(weights, deadline=deadline)
        first = first or linear
        if linear.status not in ("optimal", "feasible"):
            break
        load = linear.load(net.arcs)
        used = load > 0
        if used.tobytes() in seen:
            break
        seen.add(used.tobytes())
        best.offer(used, deadline)
        if time.monotonic() > min(pause, deadline):
            break
        weights = np.where(used, net.costs + net.fixed / np.maximum(load, floor), weights)
    assert first is not None
    return first
