"""Why a flow cannot exist: a cut that is too narrow, or the commodities and arcs in conflict.

Weights w_a >= 0 prove infeasibility when sum_k quantity_k x (cheapest path of k under w) > sum_a capacity_a w_a
(Iri 1971; Onaga and Kakusho 1971). The duals of least unserved quantity are such weights. Nodes closer than a
distance to an origin form a set whose outgoing arcs are a cut; the cut that misses most is the one told, since a
person can check it by adding up. Not every conflict of several commodities is a cut, so the weights are the fallback.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Floats
from optimizer.flow.paths import Trees, reachable
from optimizer.flow.relax import FlowAnswer

MOST_NAMED = 8


def explain(net: Arrays, least: FlowAnswer) -> dict[str, Any]:
    """Plain facts on the conflict: unserved quantity, `text`, and the cut or the arcs and commodities.

    Args:
        least: the infeasible answer of `PathFlow.solve`: least unserved quantities with their prices.
    """
    short = float(least.unserved.sum())
    told: dict[str, Any] = {"unserved": short, "commodities": [], "nodes": [], "arcs": []}
    best, excess = None, 1e-6 * float(net.quantities.sum())
    for inside in _sets(net, least.prices):
        wanted, room = _across(net, inside)
        if wanted - room > excess:
            best, excess = inside, wanted - room
    if best is not None:
        wanted, room = _across(net, best)
        leaving = np.flatnonzero(best[net.tails] & ~best[net.heads])
        nodes = np.flatnonzero(best)
        told.update(nodes=(nodes + 1).tolist(), arcs=(leaving + 1).tolist())
        told["text"] = (
            f"{_listed('node', nodes)} must send {wanted:g} units to the other nodes, and the {len(leaving)} arcs that "
            f"leave hold {room:g}. At least {short:g} units stay unserved; raise those capacities or send less"
        )
        return told
    tight = np.flatnonzero(least.prices > 1e-7)
    missing = np.flatnonzero(least.unserved > 1e-7 * max(1.0, short))
    told.update(arcs=(tight + 1).tolist(), commodities=(net.named[missing] + 1).tolist())
    told["text"] = (
        f"{_listed('commodity', net.named[missing])} cannot be served together with the others over "
        f"{_listed('arc', tight)}. At least {short:g} units stay unserved; raise those capacities or send less"
    )
    return told


def _across(net: Arrays, inside: Bools) -> tuple[float, float]:
    """Quantity that must leave a set of nodes, and capacity that does."""
    wanted = net.quantities[inside[net.origins] & ~inside[net.destinations]].sum()
    return float(wanted), float(net.capacities[inside[net.tails] & ~inside[net.heads]].sum())


def _sets(net: Arrays, prices: Floats) -> list[Bools]:
    """Sets of nodes worth looking at: what an origin reaches at all, and balls around it under the prices."""
    found, trees = [], Trees(net)
    ends = (np.unique(net.origins), np.unique(net.destinations))
    for away, nodes in ((True, ends[0]), (False, ends[1])):
        distance = trees.distances(prices, nodes, towards=not away)
        for row in distance:
            for radius in np.unique(np.round(row[np.isfinite(row)], 7)):
                ball = row <= radius + 1e-7
                found.append(ball if away else ~ball)
    found += [reachable(net, int(node)) for node in ends[0]]
    return found


def _listed(what: str, indices: np.ndarray[Any, Any]) -> str:
    """`nodes 3, 7 and 2 more`, numbered from 1."""
    plural = {"commodity": "commodities"}.get(what, what + "s")
    names = ", ".join(str(int(i) + 1) for i in indices[:MOST_NAMED])
    more = f" and {len(indices) - MOST_NAMED} more" if len(indices) > MOST_NAMED else ""
    return f"{what if len(indices) == 1 else plural} {names}{more}"
