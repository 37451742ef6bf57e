"""Exact searches over integer arrays: cheapest, alternatives, Pareto set. Knows no tariffs, no currencies.

All weights are non-negative integers (minor units of money, minutes, grams), so equality is equality.
Sources: Dijkstra 1959; A* with perfect lower bounds from a reverse search; NAMOA* (Mandow and Perez de
la Cruz 2010) with dimensionality reduction (Pulido, Mandow and Perez de la Cruz 2015) for three criteria.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

INFINITY = 1 << 100


@dataclass(frozen=True, slots=True)
class Arcs:
    """A directed multigraph by arc number.

    `outgoing[node]` and `incoming[node]` list (arc, other node). `blocked[arc]` leaves an arc out.
    """

    outgoing: Sequence[Sequence[tuple[int, int]]]
    incoming: Sequence[Sequence[tuple[int, int]]]
    blocked: Sequence[bool] | bytearray


def distances_to(arcs: Arcs, weight: Sequence[int], sink: int) -> list[int]:
    """Least weight from every node to the sink; INFINITY where no way leads."""
    best = [INFINITY] * len(arcs.incoming)
    best[sink] = 0
    heap: list[tuple[int, int]] = [(0, sink)]
    blocked, incoming = arcs.blocked, arcs.incoming
    push, pop = heapq.heappush, heapq.heappop
    while heap:
        reached, node = pop(heap)
        if reached > best[node]:
            continue
        for arc, tail in incoming[node]:
            if blocked[arc]:
                continue
            there = reached + weight[arc]
            if there < best[tail]:
                best[tail] = there
                push(heap, (there, tail))
    return best


def best_path(arcs: Arcs, weight: Sequence[int], bound: Sequence[int], source: int, sink: int) -> tuple[int, ...] | None:
    """The arcs of a least way, read off the distances to the sink; ties go to the arc listed first."""
    if bound[source] >= INFINITY:
        return None
    path: list[int] = []
    node = source
    while node != sink:
        for arc, head in arcs.outgoing[node]:
            if not arcs.blocked[arc] and bound[head] < INFINITY and weight[arc] + bound[head] == bound[node]:
                path.append(arc)
                node = head
                break
        else:  # pragma: no cover - impossible while weights and bounds agree
            raise AssertionError("bounds do not fit the weights")
        if len(path) > len(bound):  # a cycle of zero weight
            raise AssertionError("a cycle of zero weight")
    return tuple(path)


def paths_by_sign(
    arcs: Arcs,
    weight: Sequence[int],
    bound: Sequence[int],
    source: int,
    sink: int,
    sign: Sequence[str],
    wanted: int,
    *,
    limit: int | None = None,
    accept: Callable[[tuple[int, ...]], bool] | None = None,
    most_pops: int = 60_000,
) -> list[tuple[int, ...]]:
    """The best path of each of the `wanted` best signs, in order of weight.

    A path's sign is the set of its arcs' non-empty signs in order (crossings and sailings): paths that
    differ only in between are one route. At a node only the first arrival of a sign prefix goes on; it
    is the lightest, because the bound is exact. A way that passes the same sign twice is not a route.

    Args:
        limit: heaviest path of interest.
        accept: an extra test on finished paths (a deadline, a required place).
    """
    if bound[source] >= INFINITY:
        return []
    found: list[tuple[int, ...]] = []
    finished: set[tuple[str, ...]] = set()
    seen: set[tuple[int, tuple[str, ...]]] = set()
    counter = 0
    heap: list[tuple[int, int, int, int, tuple[str, ...], tuple]] = [(bound[source], 0, 0, source, (), ())]
    while heap and len(found) < wanted and most_pops > 0:
        most_pops -= 1
        total, _, gone, node, signs, chain = heapq.heappop(heap)
        if limit is not None and total > limit:
            break
        if accept is None:
            if (node, signs) in seen:
                continue
            seen.add((node, signs))
        if node == sink:
            path = _unchain(chain)
            if signs not in finished and (accept is None or accept(path)):
                finished.add(signs)
                found.append(path)
            continue
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc] or bound[head] >= INFINITY:
                continue
            mark = sign[arc]
            if mark:
                if mark in signs:
                    continue
                further = (*signs, mark)
            else:
                further = signs
            if accept is None and (head, further) in seen:
                continue
            counter += 1
            there = gone + weight[arc]
            heapq.heappush(heap, (there + bound[head], counter, there, head, further, (chain, arc)))
    return found


def _unchain(chain: tuple) -> tuple[int, ...]:
    path: list[int] = []
    while chain:
        chain, arc = chain
        path.append(arc)
    return tuple(reversed(path))


def pareto_paths(
    arcs: Arcs,
    weights: tuple[Sequence[int], Sequence[int], Sequence[int]],
    bounds: tuple[Sequence[int], Sequence[int], Sequence[int]],
    source: int,
    sink: int,
    *,
    limits: tuple[int | None, int | None, int | None] = (None, None, None),
    most_labels: int = 400_000,
) -> tuple[list[tuple[tuple[int, int, int], tuple[int, ...]]], bool]:
    """All paths no other path beats in three sums at once; one path for each vector of sums.

    Labels leave the heap in lexicographic order of their bounded sums, so a new label at a node can only
    be dominated in the second and third sum: dominance is checked in two dimensions.

    Returns:
        [(sums, arcs)] in order of the first sum, and whether the set is complete (False when
        `most_labels` was reached, which no network of ours comes near).
    """
    first, second, third = weights
    b1, b2, b3 = bounds
    if b1[source] >= INFINITY:
        return [], True
    ceiling = tuple(INFINITY if x is None else x for x in limits)
    settled: list[list[tuple[int, int]]] = [[] for _ in arcs.outgoing]
    goals: list[tuple[int, int]] = []
    found: list[tuple[tuple[int, int, int], tuple[int, ...]]] = []
    counter = 0
    heap: list[tuple[int, int, int, int, int, int, int, int, tuple]] = [
        (b1[source], b2[source], b3[source], 0, source, 0, 0, 0, ())
    ]
    while heap:
        f1, f2, f3, _, node, g1, g2, g3, chain = heapq.heappop(heap)
        if _beaten(goals, f2, f3) or _beaten(settled[node], g2, g3):
            continue
        if counter > most_labels:
            return found, False
        if node == sink:
            goals.append((f2, f3))
            found.append(((g1, g2, g3), _unchain(chain)))
            continue
        settled[node].append((g2, g3))
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc] or b1[head] >= INFINITY:
                continue
            n2, n3 = g2 + second[arc], g3 + third[arc]
            h2, h3 = n2 + b2[head], n3 + b3[head]
            n1 = g1 + first[arc]
            h1 = n1 + b1[head]
            if h1 > ceiling[0] or h2 > ceiling[1] or h3 > ceiling[2]:
                continue
            if _beaten(goals, h2, h3) or _beaten(settled[head], n2, n3):
                continue
            counter += 1
            heapq.heappush(heap, (h1, h2, h3, counter, head, n1, n2, n3, (chain, arc)))
    return found, True


def _beaten(kept: list[tuple[int, int]], second: int, third: int) -> bool:
    for a, b in kept:
        if a <= second and b <= third:
            return True
    return False
