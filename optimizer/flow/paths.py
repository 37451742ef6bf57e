"""Cheapest paths: one tree per origin when all commodities pay the same, side by side when each pays its own costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.flow.arrays import Arrays, Bools, Column, Floats, Ints


class Trees:
    """One cheapest-path tree for each origin that occurs; commodities of equal origin share it.

    Source: Dijkstra 1959, as in scipy.
    """

    def __init__(self, net: Arrays) -> None:
        self._net = net
        self._origins, self._tree = np.unique(net.origins, return_inverse=True)
        pair = net.tails * net.nodes + net.heads
        self._order = np.argsort(pair, kind="stable")
        self._pairs, self._starts = np.unique(pair[self._order], return_index=True)
        self._ends = np.append(self._starts[1:], net.arcs)
        self._parallel = len(self._pairs) < net.arcs
        self._pointers = np.searchsorted(self._pairs // net.nodes, np.arange(net.nodes + 1))

    def _graph(self, weights: Floats) -> tuple[Any, Ints]:
        """The network as scipy reads it, and the arc behind each of its entries."""
        from scipy.sparse import csr_array

        ordered = weights[self._order]
        arcs = self._order[self._starts]
        if self._parallel:  # of parallel arcs the cheapest one counts
            by_weight = np.lexsort((ordered, np.repeat(np.arange(len(self._pairs)), self._ends - self._starts)))
            arcs = self._order[by_weight[self._starts]]
        shape = (self._net.nodes, self._net.nodes)
        return csr_array((weights[arcs], self._pairs % self._net.nodes, self._pointers), shape=shape), arcs

    def distances(self, weights: Floats, nodes: Ints, *, towards: bool = False) -> Floats:
        """Cost from each of `nodes` to every node, or from every node `towards` them; inf without a way."""
        from scipy.sparse.csgraph import dijkstra

        graph, _ = self._graph(weights)
        found: Floats = dijkstra(graph.T.tocsr() if towards else graph, indices=nodes)
        return found

    def price(self, weights: Floats) -> tuple[Floats, Ints]:
        """Cost of every commodity's cheapest path (inf without one) and, by (tree, node), the arc that enters it, or -1.

        Args:
            weights: by arc, >= 0; inf for an arc that must not be used.
        """
        from scipy.sparse.csgraph import dijkstra

        net = self._net
        graph, arcs = self._graph(weights)
        distance, before = dijkstra(graph, indices=self._origins, return_predecessors=True)
        entering = np.full(before.shape, -1, dtype=np.int64)
        tree, node = np.nonzero(before >= 0)
        entering[tree, node] = arcs[
            np.searchsorted(self._pairs, before[tree, node].astype(np.int64) * net.nodes + node)
        ]
        return distance[self._tree, net.destinations], entering

    def path(self, commodity: int, entering: Ints) -> Column:
        """The commodity's path in its tree; it must have one."""
        tree, node = entering[self._tree[commodity]], int(self._net.destinations[commodity])
        arcs: list[int] = []
        while node != self._net.origins[commodity]:
            arcs.append(int(tree[node]))
            node = int(self._net.tails[arcs[-1]])
        return commodity, tuple(arcs[::-1])


class SideBySide:
    """Every commodity's cheapest path under costs of its own, all in step: Bellman 1958 on columns of an array."""

    def __init__(self, net: Arrays) -> None:
        self._net = net
        self._order = np.argsort(net.heads, kind="stable")
        heads = net.heads[self._order]
        self._starts = np.flatnonzero(np.append(True, heads[1:] != heads[:-1]))
        self._ends = np.append(self._starts[1:], net.arcs)
        self._heads = heads[self._starts]
        self._tails = net.tails[self._order]

    def columns(self, weights: Floats) -> list[Column]:
        """The cheapest path of each commodity that has one.

        Args:
            weights: by (arc, commodity), > 0: at 0 equal paths could close a circle.
        """
        net = self._net
        each = np.arange(net.commodities)
        ordered = weights[self._order]
        cost = np.full((net.nodes, net.commodities), np.inf)
        cost[net.origins, each] = 0.0
        for _ in range(net.nodes):
            best = np.minimum(cost[self._heads], np.minimum.reduceat(cost[self._tails] + ordered, self._starts, axis=0))
            if np.array_equal(best, cost[self._heads]):
                break
            cost[self._heads] = best
        through = cost[self._tails] + ordered
        entering = np.full(cost.shape, -1, dtype=np.int64)
        for head, start, end in zip(self._heads, self._starts, self._ends, strict=True):
            entering[head] = self._order[start + np.argmin(through[start:end], axis=0)]
        found: list[Column] = []
        for k in np.flatnonzero(np.isfinite(cost[net.destinations, each])):
            node = int(net.destinations[k])
            arcs: list[int] = []
            while node != net.origins[k] and len(arcs) <= net.nodes:
                arcs.append(int(entering[node, k]))
                node = int(net.tails[arcs[-1]])
            if len(arcs) <= net.nodes:
                found.append((int(k), tuple(arcs[::-1])))
        return found


def reachable(net: Arrays, node: int) -> Bools:
    """Nodes that some path leads to from `node`."""
    seen = np.zeros(net.nodes, dtype=bool)
    seen[node] = True
    while True:
        new = net.heads[seen[net.tails]]
        if seen[new].all():
            return seen
        seen[new] = True
