"""All ways that may win: of every class of ways the lightest, in order of weight, up to a weight.

Two ways are of one class where the same lines of free coefficients stand on them and they pass the same marked places
(corridors, full borders): whatever the coefficients are, the lighter one of today stays the lighter. A way of other
lines beside the same ones, and no lighter without them, never wins either: lines are never negative and never fall
when a coefficient rises. So a label goes no further where an earlier, lighter one at the same place and marks has
part of its lines only. A class whose best weighs more at the lowest coefficients than some way does at the highest
can never win.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from optimizer.routing.search import INFINITY, Arcs
from optimizer.search import EXACT_FLOAT

MOST_CLASSES = 600
MOST_POPS = 400_000
Passed = tuple[int, ...]  # numbers of the free lines on the way so far, sorted


def lightest_of_classes(
    arcs: Arcs,
    weight: Sequence[int],
    bound: Sequence[int],
    source: int,
    sink: int,
    lines: Sequence[Passed],
    marks: Sequence[int],
    most: int | None,
    *,
    needed: int = 0,
    needed_bound: Sequence[int] | None = None,
    most_classes: int = MOST_CLASSES,
    most_pops: int = MOST_POPS,
) -> tuple[list[tuple[int, ...]], bool]:
    """The lightest path of every class up to a weight, lightest first, and whether none was left unsought.

    Args:
        weight: of each arc at the lowest coefficients; `bound`: least weight from every node to the sink.
        lines: numbers of the free lines on an arc; marks: bits of the marked places it passes.
        most: weight up to which classes are wanted; None: all of them.
        needed: a bit every path must pass; needed_bound: least weight to the sink by it (see `bound_by`).
    """
    first = needed_bound if needed and needed_bound is not None else bound
    if first[source] >= INFINITY:
        return [], True
    found: list[tuple[int, ...]] = []
    settled: defaultdict[tuple[int, int], list[Passed]] = defaultdict(list)
    counter = 0
    heap: list[tuple[float, int, int, int, int, Passed, tuple]] = [(first[source], 0, 0, source, 0, (), ())]
    while heap:
        total, _, gone, node, marked, passed, chain = heapq.heappop(heap)
        if most is not None and total > most:
            return found, True
        here = settled[node, marked]
        if any(_within(kept, passed) for kept in here):
            continue
        if len(found) >= most_classes or most_pops <= 0:
            return found, False
        most_pops -= 1
        here.append(passed)
        if node == sink:
            if marked & needed == needed:
                found.append(_unchain(chain))
            continue
        for arc, head in arcs.outgoing[node]:
            if arcs.blocked[arc]:
                continue
            mask = marked | marks[arc]
            rest = bound[head] if mask & needed == needed else first[head]
            if rest >= INFINITY:
                continue
            further = tuple(sorted((*passed, *lines[arc]))) if lines[arc] else passed
            if any(_within(kept, further) for kept in settled.get((head, mask), ())):
                continue
            counter += 1
            there = gone + weight[arc]
            heapq.heappush(heap, (there + rest, counter, there, head, mask, further, (chain, arc)))
    return found, True


def bound_by(
    arcs: Arcs,
    weight: Sequence[int],
    bound: Sequence[int],
    marks: Sequence[int],
    needed: int,
    compiled: Callable[[np.ndarray], np.ndarray] | None = None,
) -> list[int]:
    """Least weight from every node to the sink over an arc that has a bit; exact.

    Args:
        bound: least weight to the sink without that.
        compiled: finds, from what is left at the tails of these arcs, what is left at every node; its sums stay
            below 2**53, else it is not believed.
    """
    found = [INFINITY] * len(arcs.outgoing)
    heap: list[tuple[int, int]] = []
    for node, leaving in enumerate(arcs.outgoing):
        for arc, head in leaving:
            if marks[arc] & needed and not arcs.blocked[arc] and bound[head] < INFINITY:
                there = weight[arc] + bound[head]
                if there < found[node]:
                    found[node] = int(there)
        if found[node] < INFINITY:
            heap.append((found[node], node))
    if compiled is not None:
        first = np.array(found, dtype=float)
        first[first >= INFINITY] = np.inf
        all_of_it = compiled(first)
        if not heap or all_of_it[np.isfinite(all_of_it)].max() < EXACT_FLOAT:
            return [INFINITY if there == np.inf else int(there) for there in all_of_it.tolist()]
    heapq.heapify(heap)
    while heap:
        here, node = heapq.heappop(heap)
        if here > found[node]:
            continue
        for arc, tail in arcs.incoming[node]:
            if not arcs.blocked[arc] and here + weight[arc] < found[tail]:
                found[tail] = here + weight[arc]
                heapq.heappush(heap, (found[tail], tail))
    return found


def _within(part: Passed, whole: Passed) -> bool:
    """Whether every line of `part`, as often as it stands there, is among `whole`.

    >>> _within((1, 2), (1, 2, 2)), _within((2, 2), (1, 2))
    (True, False)
    """
    if len(part) > len(whole):
        return False
    if not part or part == whole:
        return True
    return not Counter(part) - Counter(whole)


def _unchain(chain: tuple) -> tuple[int, ...]:
    path: list[int] = []
    while chain:
        chain, arc = chain
        path.append(arc)
    return tuple(reversed(path))
