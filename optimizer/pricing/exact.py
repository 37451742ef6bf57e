"""Proof: how much no rates can exceed, and whether the rates known are the best.

The bound always holds, whenever the search is stopped: it is the largest bound of the parts not yet searched (each a
Lagrangean bound, see `bound_lp`), and at least the value to beat. "Proven" means within `NEAR` of the best known.

Sources: Bui, Gendron and Carvalho 2022 (formulations, ways that matter); Gomory 1960 (cuts).
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from optimizer.pricing.arrays import Arrays
from optimizer.pricing.bound_ground import Floats, Ints
from optimizer.pricing.exact_tree import Tree
from optimizer.pricing.fixed import FixedWays
from optimizer.pricing.problem import Problem

NEAR = 1e-6  # of the best value: what is as good as equal
MARGINS = (1e-9, 1e-7, 1e-6)  # by which a way is made the cheapest, of the dearest cost
SHAVE = 1e-7  # of the rates: makes shippers choose the dearer of ways that tie but for rounding
ALONE = 12  # nodes before the search is shared
SLICES = (1.0, 2.0, 4.0, 8.0)  # seconds between exchanges; the last goes on


@dataclass(frozen=True, slots=True)
class Outcome:
    """`bound`: no rates bring more. `rates`: better ones than those given, if any were met. `nodes`: parts looked at."""

    bound: float
    proven: bool
    rates: tuple[float, ...] | None = None
    nodes: int = 0


class Best:
    """The best known answer; keeps the tree's cutoff just above it."""

    def __init__(self, problem: Problem, rates: Sequence[float] | None, outside: Callable[[], float] | None) -> None:
        self.problem, self.outside = problem, outside
        self.low = np.array([rate.low for rate in problem.rates])
        self.high = np.array([rate.high for rate in problem.rates])
        self.found: tuple[float, ...] | None = None
        self.arrays = Arrays.of(problem)
        scale = 1.0 + float(np.abs(self.arrays.cost).max(initial=0.0))
        self.fixed = [FixedWays(self.arrays, margin=margin * scale) for margin in MARGINS]
        start = self.low if rates is None else rates
        self.value = float(problem.react([float(v) for v in start])[0])

    @property
    def cutoff(self) -> float:
        return self.value + NEAR * max(1.0, abs(self.value))

    def offer(self, rates: Floats, ways: Ints) -> bool:
        """Take the rates if they, or rates near them under which these ways are taken, are better."""
        better = False
        for tried in self._near(rates, ways):
            allowed = np.clip(tried, self.low, self.high)
            for j, rate in enumerate(self.problem.rates):
                if rate.steps is not None:
                    allowed[j] = min(rate.steps, key=lambda step: abs(step - allowed[j]))
            value = float(self.problem.react(allowed.tolist())[0])
            if value > self.value:
                self.value, self.found, better = value, tuple(allowed.tolist()), True
        return better

    def _near(self, rates: Floats, ways: Ints) -> Iterator[Floats]:
        yield rates
        yield rates * (1 - SHAVE)
        first = self.arrays.first
        if (ways < np.diff(first)).all() and all(rate.steps is None for rate in self.problem.rates):
            for fixed in self.fixed:
                found = fixed.best(first[:-1] + ways)
                if found is not None:
                    yield found[1]

    def listen(self) -> None:
        if self.outside is not None:
            self.value = max(self.value, self.outside())


def improve(
    problem: Problem,
    incumbent: Sequence[float] | None,
    deadline: float,
    report: Callable[[float], None],
    *,
    best: Callable[[], float] | None = None,
    workers: int = 1,
) -> Outcome:
    """Bound the problem until `deadline` (time.monotonic), better: until the bound meets the best known value.

    `incumbent` are rates to beat (None: the lowest). `report` is told each new bound; `best`, asked now and then,
    tells of better values found elsewhere. With `workers` 2 or more the search is shared with forked processes,
    which end when this one does.

    Example: one bridge, two shippers; the best rate is 6 and brings 300.
        >>> from optimizer.pricing.problem import Rate, Shipper, Way
        >>> two = (Shipper(10, (Way(3, {0: 1}), Way(7))), Shipper(50, (Way(2, {0: 1}), Way(8))))
        >>> done = improve(Problem((Rate(high=10),), two), [6.0], time.monotonic() + 60, lambda bound: None)
        >>> done.proven, round(done.bound, 2)
        (True, 300.0)
    """
    known = Best(problem, incumbent, best)
    bound = max(problem.simple_bound(), known.value)
    told = [bound]
    report(bound)

    def tell(now: float) -> None:
        if now < told[0]:
            told[0] = now
            report(now)

    def found(rates: Floats, ways: Ints) -> None:
        if known.offer(rates, ways):
            tree.relaxation.cutoff = known.cutoff

    if bound <= known.cutoff:
        return Outcome(bound, True, known.found)
    tree = Tree(problem, known.cutoff, found)
    tree.root(tell, deadline)
    tree.run(deadline, ALONE)
    with contextlib.ExitStack() as stack:
        hands: list[Connection] = []
        turn = 0
        while tree.open and time.monotonic() < deadline:
            known.listen()
            tree.relaxation.cutoff = max(tree.cutoff, known.cutoff)
            if not hands and workers > 1 and len(tree.open) > 1:
                hands = [stack.enter_context(_helper(tree, known)) for _ in range(workers - 1)]
            until = min(deadline, time.monotonic() + SLICES[min(turn, len(SLICES) - 1)])
            _share(tree, known, hands, until)
            tell(max(tree.bound(), known.cutoff))
            turn += 1
    reached = min(told[0], max(tree.bound(), known.cutoff))
    tell(reached)
    proven = reached <= known.cutoff * (1 + 1e-12) if known.cutoff > 0 else reached <= known.cutoff
    return Outcome(reached, proven, known.found, tree.nodes)


def _share(tree: Tree, known: Best, hands: list[Connection], until: float) -> None:
    """One slice: every hand gets its part of the open nodes, all work, the rest comes back."""
    nodes = [node for _, _, node in sorted(tree.open, key=lambda item: item[:2])]
    if len(nodes) > len(hands):
        parts = [nodes[i :: len(hands) + 1] for i in range(len(hands) + 1)]
        for hand, part in zip(hands, parts[1:], strict=True):
            hand.send((part, known.value, until - time.monotonic()))
        tree.open = []
        tree.add(parts[0])
        asked = hands
    else:
        asked = []
    tree.run(until)
    for hand in asked:
        left, closed, count, value, rates = hand.recv()
        tree.add(left)
        tree.closed = max(tree.closed, closed)
        tree.nodes += count
        if value > known.value:
            known.value, known.found = value, rates
            tree.relaxation.cutoff = known.cutoff


@contextlib.contextmanager
def _helper(tree: Tree, known: Best) -> Any:
    """A forked process that shares the root, its cuts and the ground."""
    here, there = mp.Pipe()
    child = os.fork()  # not multiprocessing's own: that one closes the standard input, on which a thread may wait
    if child == 0:
        try:
            _work(there, here, tree, known)
        finally:
            os._exit(0)
    there.close()
    try:
        yield here
    finally:
        here.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _work(line: Connection, other: Connection, tree: Tree, known: Best) -> None:
    other.close()
    tree.relaxation.renew()
    tree.nodes = 0
    while True:
        try:
            nodes, value, seconds = line.recv()
        except EOFError:
            return
        if value > known.value:
            known.value, known.found = value, None
        tree.relaxation.cutoff = max(tree.cutoff, known.cutoff)
        tree.open, tree.closed, tree.nodes = [], float("-inf"), 0
        tree.add(nodes)
        tree.run(time.monotonic() + seconds)
        left = [node for _, _, node in tree.open]
        try:
            line.send((left, tree.closed, tree.nodes, known.value, known.found))
        except (BrokenPipeError, OSError):
            return
