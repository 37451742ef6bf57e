"""The ways a commodity of a network may take under some tolls: the cheapest of each set of toll arcs.

A path matters only if no other path with a subset of its toll arcs costs as little: such a path would be cheaper,
or as cheap, whatever the tolls ("bilevel feasible" paths of Bui, Gendron and Carvalho 2022; the reduction is due to
Bouhtou, van Hoesel, van der Kraaij and Lutton 2007). Label setting towards the destination, cheapest completion
first (A* with the cost at zero tolls as bound), keeps at each node the labels (cost, toll set) that no earlier one
dominates. Labels come to the destination in order of cost, so when the search is stopped early the cheapest ways are
all there, and `listed_below` says up to which cost.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.pricing.instance import Instance, costs_from, forward
from optimizer.pricing.network import Network, jit, pop, push
from optimizer.pricing.problem import INF, Problem, Rate, Shipper, Way

MOST_WAYS = 4000  # a shipper; the rest is found when a toll makes it cheapest
MOST_LABELS = 2_000_000  # a shipper, about 100 MB


@jit
def _longer(old: Any, room: int) -> Any:
    new = np.empty(room, old.dtype)
    for n in range(len(old)):
        new[n] = old[n]
    return new


@jit
def _label(
    begin: Any, head: Any, cost: Any, bit: Any, bound: Any, free: Any, orig: int, dest: int,
    words: int, most_ways: int, most_labels: int,
) -> Any:  # fmt: skip
    """Labels that reach `dest`, cheapest first: (costs, toll sets as bits, cost of the first way not listed).

    `begin`, `head`, `cost`, `bit` (toll's number or -1) of the arcs by tail; `bound` the cost from each node to
    `dest` at zero tolls; `free` the cost from `orig` to each node without tolls.
    """
    nodes = len(begin) - 1
    room = 4096
    at = np.empty(room, np.int64)
    spent = np.empty(room, np.float64)
    key = np.empty(room, np.float64)
    has = np.zeros((room, words), np.uint64)
    before = np.empty(room, np.int64)  # the label settled at the same node before this one
    heap = np.empty(room, np.int64)
    settled = np.full(nodes, -1, np.int64)
    found = np.empty(most_ways, np.int64)
    limit = free[dest]
    at[0], spent[0], key[0] = orig, 0.0, bound[orig]
    labels, size, ways, rest = 1, 0, 0, np.inf
    size = push(heap, key, size, 0)
    while size > 0:
        label = pop(heap, key, size)
        size -= 1
        node = at[label]
        beaten = False
        other = settled[node]
        while other >= 0 and not beaten:
            beaten = True
            for w in range(words):
                if has[other, w] & ~has[label, w]:
                    beaten = False
                    break
            other = before[other]
        if beaten:
            continue
        if ways == most_ways or labels > most_labels:
            rest = key[label]
            break
        before[label] = settled[node]
        settled[node] = label
        if node == dest:
            found[ways] = label
            ways += 1
            continue
        for a in range(begin[node], begin[node + 1]):
            then = head[a]
            sum_ = spent[label] + cost[a]
            toll = bit[a] >= 0
            if sum_ + bound[then] > limit or (sum_ + bound[then] >= limit and toll):
                continue
            if sum_ >= free[then] and (toll or sum_ > free[then]):
                continue  # the way without tolls is as cheap
            if labels == room:
                room *= 2
                at, before, heap = _longer(at, room), _longer(before, room), _longer(heap, room)
                spent, key = _longer(spent, room), _longer(key, room)
                wider = np.zeros((room, words), np.uint64)
                for n in range(labels):
                    for w in range(words):
                        wider[n, w] = has[n, w]
                has = wider
            at[labels], spent[labels], key[labels] = then, sum_, sum_ + bound[then]
            for w in range(words):
                has[labels, w] = has[label, w]
            if toll:
                has[labels, bit[a] >> 6] |= np.uint64(1) << np.uint64(bit[a] & 63)
            size = push(heap, key, size, labels)
            labels += 1
    costs = np.empty(ways, np.float64)
    sets = np.zeros((ways, words), np.uint64)
    for i in range(ways):
        costs[i] = spent[found[i]]
        for w in range(words):
            sets[i, w] = has[found[i], w]
    return costs, sets, rest


def problem_of(
    instance: Instance, *, most_ways: int = MOST_WAYS, most_labels: int = MOST_LABELS, seconds: float = INF
) -> Problem:
    """The pricing problem of a network: rate j is the toll on arc `instance.tolls[j]`, shipper k commodity k.

    Args:
        most_ways: of a commodity; `Shipper.listed_below` tells from which cost on ways are missing.
        seconds: when they are spent, the commodities not yet searched get few ways.
    """
    ends = time.perf_counter() + seconds
    net = Network(instance)
    words = max(1, (len(instance.tolls) + 63) // 64)
    tollfree = forward(instance, free=True)
    backward: list[list[tuple[int, float]]] = [[] for _ in range(instance.nodes + 1)]
    for arc in instance.arcs:
        backward[arc.dst].append((arc.src, arc.cost))
    highs = np.zeros(len(instance.tolls))
    arcs = np.flatnonzero(net.toll >= 0)
    everything = forward(instance, free=False)
    shippers = []
    for commodity in instance.commodities:
        free = np.array(costs_from(tollfree, commodity.orig, instance.nodes))
        bound = np.array(costs_from(backward, commodity.dest, instance.nodes))
        ahead = np.array(costs_from(everything, commodity.orig, instance.nodes))
        spare = free[commodity.dest] - (ahead[net.tail[arcs]] + net.cost[arcs] + bound[net.head[arcs]])
        np.maximum.at(highs, net.toll[arcs], spare)
        late = time.perf_counter() > ends
        costs, sets, rest = _label(
            net.begin, net.head, net.cost, net.toll, bound, free, commodity.orig, commodity.dest, words,
            min(most_ways, 50) if late else most_ways, min(most_labels, 20_000) if late else most_labels,
        )  # fmt: skip
        shippers.append(
            _shipper(f"{commodity.orig}-{commodity.dest}", commodity.demand, costs, sets, rest, free[commodity.dest])
        )
    rates = tuple(
        # above its high even the cheapest way over this arc is dearer than the way without tolls
        Rate(f"{instance.arcs[i].src}-{instance.arcs[i].dst}", high=float(high))
        for i, high in zip(instance.tolls, highs, strict=True)
    )
    return Problem(rates, tuple(shippers))


def _shipper(name: str, weight: float, costs: NDArray[Any], sets: NDArray[Any], rest: float, free: float) -> Shipper:
    bits = np.unpackbits(sets.view(np.uint8), axis=1, bitorder="little")
    ways = [Way(float(c), {int(j): 1.0 for j in np.flatnonzero(row)}) for c, row in zip(costs, bits, strict=True)]
    if not ways or ways[-1].use:
        ways.append(Way(float(free)))
    same: dict[float, list[Way]] = {}  # among equal costs the search meets a larger set before a smaller one
    for way in ways:
        same.setdefault(way.cost, []).append(way)
    kept = tuple(w for w in ways if not any(o.use.keys() < w.use.keys() for o in same[w.cost]))
    return Shipper(weight, kept, name, float(rest))
