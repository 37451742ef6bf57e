"""Exact searches over integer arrays: cheapest, alternatives, Pareto set. Knows no tariffs, no currencies.

All weights are non-negative integers (minor units of money, minutes, grams), so equality is equality.
Sources: Dijkstra 1959; A* with perfect lower bounds from a reverse search; NAMOA* (Mandow and Perez de
la Cruz 2010) with dimensionality reduction (Pulido, Mandow and Perez de la Cruz 2015) for three criteria.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

INFINITY = 1 << 100


@dataclass(frozen=True, slots=True)
class Arcs:
    """A directed multigraph by arc number.

    `outgoing[node]` and `incoming[node]` list (arc, other node). `blocked[arc]` leaves an arc out.
    """

    outgoing: Sequence[Sequence[tuple[int, int]]]
    incoming: Sequence[Sequence[tuple[int, int]]]
    blocked: Sequence[bool] | bytearray


class ReverseArcs:
    """All arcs turned round, laid out once for the compiled Dijkstra of SciPy.

    Parallel arcs are one entry with the least weight; sums of integers below 2**53 are exact in a float.
    """

    def __init__(self, tails: Sequence[int] | np.ndarray, heads: Sequence[int] | np.ndarray, nodes: int) -> None:
        tail, head = np.asarray(tails, dtype=np.int64), np.asarray(heads, dtype=np.int64)
        self.nodes = nodes
        self.order = np.lexsort((tail, head))
        pair = head[self.order] * nodes + tail[self.order]
        self.first = np.concatenate(([0], np.nonzero(np.diff(pair))[0] + 1))
        self.columns = tail[self.order][self.first].astype(np.int32)
        counts = np.bincount(head[self.order][self.first], minlength=nodes)
        self.starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)

    def distances(self, weight: np.ndarray, blocked: np.ndarray, sink: int) -> np.ndarray:
        """Least weight from every node to the sink, as floats; infinite where no way leads.

        Args:
            weight: non-negative integers; a path's sum stays below 2**53.
        """
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import dijkstra

        matrix = csr_matrix((self._least(weight, blocked), self.columns, self.starts), shape=(self.nodes, self.nodes))
        return dijkstra(matrix, directed=True, indices=sink)

    def distances_by(self, weight: np.ndarray, blocked: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Least weight from every node to one of those that have a finite `first`, and on by that.

        Args:
            weight: as for `distances`.
            first: of every node, what is left once it is reached; infinite where the way may not end.
        """
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import dijkstra

        # one node more, from which all of these are reached
        ends = np.nonzero(np.isfinite(first))[0]
        data = np.concatenate((self._least(weight, blocked), first[ends]))
        columns = np.concatenate((self.columns, ends.astype(np.int32)))
        starts = np.append(self.starts, len(columns)).astype(np.int32)
        matrix = csr_matrix((data, columns, starts), shape=(self.nodes + 1, self.nodes + 1))
        found: np.ndarray = dijkstra(matrix, directed=True, indices=self.nodes)[: self.nodes]
        return found

    def _least(self, weight: np.ndarray, blocked: np.ndarray) -> np.ndarray:
        """Of parallel arcs the least weight."""
        open_weight = np.where(blocked, np.inf, weight.astype(float))[self.order]
        least: np.ndarray = np.minimum.reduceat(open_weight, self.first)
        return least


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


def best_path(
    arcs: Arcs, weight: Sequence[int], bound: Sequence[int], source: int, sink: int
) -> tuple[int, ...] | None:
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


@dataclass(frozen=True, slots=True)
class Must:
    """What a path must keep beside being light.

    Args:
        marks: for each arc a bit set of the required places it touches; `all_marks` is the full set.
        minutes, minutes_bound, most_minutes: a second weight, its exact bound to the sink, and its limit.
    """

    marks: Sequence[int]
    all_marks: int
    minutes: Sequence[int]
    minutes_bound: Sequence[float]
    most_minutes: int | None


def paths_by_sign(
    arcs: Arcs,
    weight: Sequence[int],
    bound: Sequence[int],
    source: int,
    sink: int,
    sign: Sequence[str] | None,
    wanted: int,
    *,
    must: Must | None = None,
    most_pops: int = 200_000,
) -> tuple[list[tuple[int, ...]], bool]:
    """The best path of each of the `wanted` best signs, in order of weight, and whether none was left unsought.

    A path's sign is the row of its arcs' non-empty signs (borders and sailings): paths that differ only
    in between are one route; without signs all paths are one. At a node only the first arrival of a sign
    prefix and mark set goes on, being the lightest, because the bound is exact; under a time limit a
    later arrival goes on if it is earlier in time. A way that passes the same sign twice is not a route.
    """
    if bound[source] >= INFINITY:
        return [], True
    if must is not None and must.most_minutes is not None and must.minutes_bound[source] > must.most_minutes:
        return [], True
    found: list[tuple[int, ...]] = []
    finished: set[tuple[str, ...]] = set()
    soonest: dict[tuple[int, int, tuple[str, ...]], int] = {}
    all_marks = must.all_marks if must is not None else 0
    timed = must is not None and must.most_minutes is not None
    counter = 0
    heap: list[tuple[float, int, int, int, int, int, tuple[str, ...], tuple]] = [
        (bound[source], 0, 0, 0, 0, source, (), ())
    ]
    while heap and len(found) < wanted and most_pops > 0:
        most_pops -= 1
        _, _, gone, spent, marks, node, signs, chain = heapq.heappop(heap)
        key = (node, marks, signs)
        best = soonest.get(key)
        if best is not None and (not timed or best <= spent):
            continue
        soonest[key] = spent
        if node == sink:
            if marks == all_marks and signs not in finished:
                finished.add(signs)
                found.append(_unchain(chain))
            continue
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc] or bound[head] >= INFINITY:
                continue
            further = signs
            if sign is not None and sign[arc]:
                if sign[arc] in signs:
                    continue
                further = (*signs, sign[arc])
            later, marked = spent, marks
            if must is not None:
                marked |= must.marks[arc]
                if timed:
                    later += must.minutes[arc]
                    if later + must.minutes_bound[head] > must.most_minutes:  # type: ignore[operator]
                        continue
            best = soonest.get((head, marked, further))
            if best is not None and (not timed or best <= later):
                continue
            counter += 1
            there = gone + weight[arc]
            heapq.heappush(heap, (there + bound[head], counter, there, later, marked, head, further, (chain, arc)))
    return found, len(found) == wanted or not heap


Label = tuple[float, float, float]  # of a part of a way: mean, variance and third central moment of its time


@dataclass(frozen=True, slots=True)
class Sureness:
    """How the time of a path is judged where it must be in time with a chance.

    Args:
        moments: mean, variance and third moment of an arc; they add along a path.
        mean_bound: of every node a mean no way from there to the sink falls below.
        hopeless: whether no way of at least this mean and this variance can be in time.
        beats: whether every way that goes on from the first label is at least as sure as from the second.
        accepts: whether a whole path is sure enough, by its own law.
        counts: whether a path that was not accepted speaks against others.
    """

    moments: Callable[[int], Label]
    mean_bound: Callable[[int], float]
    hopeless: Callable[[float, float], bool]
    beats: Callable[[Label, Label], bool]
    accepts: Callable[[tuple[int, ...]], bool]
    counts: Callable[[tuple[int, ...], Label], bool] = lambda path, label: True


def first_sure_path(
    arcs: Arcs,
    weight: Sequence[int],
    bound: Sequence[float],
    source: int,
    sink: int,
    sure: Sureness,
    *,
    marks: Sequence[int] | None = None,
    all_marks: int = 0,
    most_pops: int = 5_000_000,
) -> tuple[tuple[int, ...] | None, bool]:
    """The lightest path that is sure enough, and whether the search came to its end.

    Paths reach the sink in order of weight, so the first that is accepted is the lightest. A label goes no further
    where a lighter one at the same place is as sure whatever follows, or a lighter whole path that was not accepted is.
    Exact as far as `hopeless` and `beats` are true.
    """
    if bound[source] >= INFINITY:
        return None, True
    settled: dict[tuple[int, int], list[Label]] = {}
    refused: list[Label] = []
    moments, mean_bound, hopeless, beats = sure.moments, sure.mean_bound, sure.hopeless, sure.beats
    counter = 0
    heap: list[tuple[float, int, int, int, int, Label, tuple]] = [(bound[source], 0, 0, source, 0, (0.0, 0.0, 0.0), ())]
    while heap:
        if most_pops <= 0:
            return None, False
        most_pops -= 1
        _, _, gone, node, seen, label, chain = heapq.heappop(heap)
        here = settled.setdefault((node, seen), [])
        if node != sink and any(beats(kept, label) for kept in here):
            continue
        if node == sink:
            if seen == all_marks:
                path = _unchain(chain)
                if sure.accepts(path):
                    return path, True
                if sure.counts(path, label):
                    refused.append(label)
            continue
        least = (label[0] + mean_bound(node), label[1], label[2])
        if any(beats(kept, least) for kept in refused):
            continue
        here.append(label)
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc] or bound[head] >= INFINITY:
                continue
            mean, variance, third = moments(arc)
            mean, variance, third = label[0] + mean, label[1] + variance, label[2] + third
            if hopeless(mean + mean_bound(head), variance):
                continue
            marked = seen | marks[arc] if marks is not None else seen
            further = (mean, variance, third)
            if any(beats(kept, further) for kept in settled.get((head, marked), ())):
                continue
            counter += 1
            there = gone + weight[arc]
            heapq.heappush(heap, (there + bound[head], counter, there, head, marked, further, (chain, arc)))
    return None, True


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
    must: Must | None = None,
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
    settled: dict[tuple[int, int], list[tuple[int, int]]] = {}
    all_marks = must.all_marks if must is not None else 0
    goals: list[tuple[int, int]] = []
    found: list[tuple[tuple[int, int, int], tuple[int, ...]]] = []
    counter = 0
    heap: list[tuple[int, int, int, int, int, int, int, int, int, tuple]] = [
        (b1[source], b2[source], b3[source], 0, source, 0, 0, 0, 0, ())
    ]
    while heap:
        _, f2, f3, _, node, marks, g1, g2, g3, chain = heapq.heappop(heap)
        here = settled.setdefault((node, marks), [])
        if _beaten(goals, f2, f3) or _beaten(here, g2, g3):
            continue
        if counter > most_labels:
            return found, False
        if node == sink:
            if marks == all_marks:
                goals.append((f2, f3))
                found.append(((g1, g2, g3), _unchain(chain)))
            continue
        here.append((g2, g3))
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc] or b1[head] >= INFINITY:
                continue
            n2, n3 = g2 + second[arc], g3 + third[arc]
            h2, h3 = n2 + b2[head], n3 + b3[head]
            n1 = g1 + first[arc]
            h1 = n1 + b1[head]
            if h1 > ceiling[0] or h2 > ceiling[1] or h3 > ceiling[2]:
                continue
            marked = marks | must.marks[arc] if must is not None else marks
            if _beaten(goals, h2, h3) or _beaten(settled.get((head, marked), ()), n2, n3):
                continue
            counter += 1
            heapq.heappush(heap, (h1, h2, h3, counter, head, marked, n1, n2, n3, (chain, arc)))
    return found, True


def _beaten(kept: Sequence[tuple[int, int]], second: int, third: int) -> bool:
    for a, b in kept:
        if a <= second and b <= third:
            return True
    return False
