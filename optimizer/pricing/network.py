"""A network in arrays, and the shippers' cheapest paths over it, compiled: the ways a list of ways may have missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from optimizer.pricing.arrays import Floats
from optimizer.pricing.instance import Instance
from optimizer.pricing.problem import Way

jit: Callable[[Any], Any] = numba.njit(cache=True)
LEAN = 1e-8  # of a toll: left out (or added), so that of equally cheap paths the dearer (cheaper) in tolls is met
SEEN = 1e-3  # of a tie: what rounding cannot bring about


@jit
def push(heap: Any, key: Any, size: int, label: int) -> int:
    """Put a label on a heap ordered by `key[label]`; its new size."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if key[heap[up]] <= key[label]:
            break
        heap[i] = heap[up]
        i = up
    heap[i] = label
    return size + 1


@jit
def pop(heap: Any, key: Any, size: int) -> int:
    """Take the first label off; the heap is one shorter."""
    top = heap[0]
    last = heap[size - 1]
    size -= 1
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and key[heap[child + 1]] < key[heap[child]]:
            child += 1
        if key[heap[child]] >= key[last]:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = last
    return top


@jit
def _trees(begin: Any, head: Any, cost: Any, starts: Any) -> Any:
    """Cheapest costs from each start to every node, and the arc each node is reached by."""
    nodes = len(begin) - 1
    costs = np.full((len(starts), nodes), np.inf)
    by = np.full((len(starts), nodes), -1, np.int64)
    room = len(head) + 1
    key, at, heap = np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64)
    for s in range(len(starts)):
        labels, size = 1, 0
        costs[s, starts[s]] = 0.0
        key[0], at[0] = 0.0, starts[s]
        size = push(heap, key, size, 0)
        while size > 0:
            label = pop(heap, key, size)
            size -= 1
            node = at[label]
            if key[label] > costs[s, node]:
                continue
            for a in range(begin[node], begin[node + 1]):
                new = key[label] + cost[a]
                if new < costs[s, head[a]]:
                    costs[s, head[a]] = new
                    by[s, head[a]] = a
                    key[labels], at[labels] = new, head[a]
                    size = push(heap, key, size, labels)
                    labels += 1
    return costs, by


class Network:
    """Arcs by tail (`begin`), with `head`, `cost` and `toll` (number of its rate, or -1)."""

    def __init__(self, instance: Instance) -> None:
        number = {arc: j for j, arc in enumerate(instance.tolls)}
        order = sorted(range(len(instance.arcs)), key=lambda i: instance.arcs[i].src)
        tails = np.array([instance.arcs[i].src for i in order], np.int64)
        self.nodes = instance.nodes
        self.tail = tails
        self.begin = np.searchsorted(tails, np.arange(instance.nodes + 2)).astype(np.int64)
        self.head = np.array([instance.arcs[i].dst for i in order], np.int64)
        self.cost = np.array([instance.arcs[i].cost for i in order], np.float64)
        self.toll = np.array([number.get(i, -1) for i in order], np.int64)
        self.ends = [(c.orig, c.dest) for c in instance.commodities]
        self.starts, self.tree = np.unique([o for o, _ in self.ends], return_inverse=True)

    def better(
        self, rates: Floats, pays: Floats, gets: Floats, tie: float, *, strict: bool = False
    ) -> list[tuple[int, Way]]:
        """Ways that shippers would rather take, as (shipper, way).

        Args:
            pays, gets: what each shipper pays on the way it takes, and what the leader gets of it. A way is better that
                is cheaper by more than `tie`, or as cheap and brings the leader more.
            strict: also ways as cheap that bring the leader less: the answer must not rest on ties.
        """
        lean = -LEAN if strict else LEAN
        toll = np.where(self.toll >= 0, rates[np.maximum(self.toll, 0)], 0.0) if len(rates) else 0.0 * self.cost
        costs, by = _trees(self.begin, self.head, self.cost + toll * (1 - lean), self.starts)
        found = []
        for k, (orig, dest) in enumerate(self.ends):
            if costs[self.tree[k], dest] >= pays[k] - lean * gets[k] - SEEN * tie:
                continue
            total, paid, use, node = 0.0, 0.0, {}, dest
            while node != orig:
                arc = by[self.tree[k], node]
                total += float(self.cost[arc])
                if self.toll[arc] >= 0:
                    use[int(self.toll[arc])] = 1.0
                    paid += float(toll[arc])
                node = int(self.tail[arc])
            differs = paid < gets[k] - tie if strict else paid > gets[k] + tie
            if total + paid < pays[k] - tie or (total + paid <= pays[k] + tie and differs):
                found.append((k, Way(total, use)))
        return found
