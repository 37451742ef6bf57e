"""What tolls really bring: the shippers' cheapest paths over the whole network, in whole numbers.

Every float is a whole number of some 2**-n, so all costs and tolls are scaled to whole numbers and compared exactly:
nothing here knows of ways, tolerances or solvers. Ties fall in the leader's favour: paths are ordered by (cost, minus toll),
which adds up along a path, so Dijkstra's method finds the best of the cheapest paths.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from optimizer.errors import SolverError
from optimizer.pricing.instance import Instance


@dataclass(frozen=True, slots=True)
class Reaction:
    """`revenue` is exact; `paths` are the arcs (indices in `instance.arcs`) each commodity takes, in order."""

    revenue: Fraction
    paths: tuple[tuple[int, ...], ...]


def react(instance: Instance, tolls: Sequence[float]) -> Reaction:
    """The commodities' answer to tolls on `instance.tolls`, and what the leader gets.

    Raises:
        SolverError: a toll is below 0, not finite, or one is missing (`solver_differs`): no solver may say that.

    Example:
        >>> from optimizer.pricing.instance import Arc, Commodity, Instance
        >>> net = Instance("two ways", 2, (Arc(1, 2, 3.0, True), Arc(1, 2, 7.0, False)), (Commodity(1, 2, 10.0),))
        >>> react(net, [4.0])
        Reaction(revenue=Fraction(40, 1), paths=((0,),))
    """
    if len(tolls) != len(instance.tolls) or not all(0 <= t < float("inf") for t in tolls):
        raise SolverError("The tolls found are not one finite number, 0 or more, a toll arc.", code="solver_differs")
    toll_of = dict(zip(instance.tolls, map(Fraction, tolls), strict=True))
    costs = [Fraction(arc.cost) for arc in instance.arcs]
    unit = max((f.denominator for f in (*costs, *toll_of.values())), default=1)  # powers of two: the largest holds all
    out: list[list[tuple[int, int, int, int]]] = [[] for _ in range(instance.nodes + 1)]
    for i, arc in enumerate(instance.arcs):
        toll = int(toll_of.get(i, Fraction(0)) * unit)
        out[arc.src].append((arc.dst, int(costs[i] * unit) + toll, -toll, i))
    trees: dict[int, tuple[list[tuple[int, int] | None], list[int]]] = {}
    total, paths = Fraction(0), []
    for commodity in instance.commodities:
        if commodity.orig not in trees:
            trees[commodity.orig] = _tree(out, commodity.orig)
        found, last = trees[commodity.orig]
        best = found[commodity.dest]
        if best is None:
            raise SolverError(
                f"No path from {commodity.orig} to {commodity.dest} in {instance.name}.", code="solver_differs"
            )
        total += Fraction(commodity.demand) * Fraction(-best[1], unit)
        path, node = [], commodity.dest
        while node != commodity.orig:
            path.append(last[node])
            node = instance.arcs[last[node]].src
        paths.append(tuple(reversed(path)))
    return Reaction(total, tuple(paths))


def _tree(out: list[list[tuple[int, int, int, int]]], start: int) -> tuple[list[tuple[int, int] | None], list[int]]:
    """(cost, minus toll) of the best path to every node, and the arc it comes by."""
    found: list[tuple[int, int] | None] = [None] * len(out)
    last = [-1] * len(out)
    done = [False] * len(out)
    found[start] = (0, 0)
    heap = [(0, 0, start)]
    while heap:
        cost, minus, node = heapq.heappop(heap)
        if done[node]:
            continue
        done[node] = True
        for then, more, less, arc in out[node]:
            new = (cost + more, minus + less)
            old = found[then]
            if not done[then] and (old is None or new < old):
                found[then], last[then] = new, arc
                heapq.heappush(heap, (*new, then))
    return found, last
