"""Search by proof: a few shippers may take any way, the others keep theirs, and a small branch and bound finds the best.

Climbing changes one rate at a time, and so it cannot cross from one good grouping of shippers to another when several
rates must move together. A tree over a handful of shippers that share rates can: it is small because all others are
held to the ways they take, and it ends as soon as its bound shows that nothing better is there. The ways are the short
list of the search, so the bounds here are no bounds of the whole problem and are not told.

Source: large neighbourhood search by fixing and optimising (Shaw 1998; Danna, Rothberg and Le Pape 2005).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimizer.pricing.arrays import Floats, Ints
from optimizer.pricing.bound_ground import lay_out
from optimizer.pricing.bound_sift import NoRates, Sieve
from optimizer.pricing.exact_tree import Tree
from optimizer.pricing.problem import INF, Problem
from optimizer.pricing.search import Search

FIRST, LEAST = 5.0, 3.0  # shippers set free at once
ASIDE = 0.5  # more after a tree that found nothing, fewer after one not finished
SECONDS = 1.5  # a tree
QUICK = 0.5  # of that: a tree so short may be larger
RIVALS = 4000  # a shipper
CUTS = 6  # rounds of them, at the root of a tree
TRIED = 2  # questions a node
STALE = 25  # trees without news around one place
NEAR = 0.95  # of the best: ends of lines worth trees
GAIN = 1e-6  # relative, for a tree to be worth anything
GROWN = 1.1  # ways listed since, beyond which the trees are built anew
SPREAD = 2.0  # of the lot that is drawn among shippers, in rates shared
MIGHT = 0.3  # worth of a rate that a shipper might pay, to one that it pays


class Regroup:
    """Small trees around the best rates of a search; what they find is offered to it."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.size = FIRST
        self.middle, self.worth, self.since, self.aside = search.best, search.value, 0, False
        self._lay()

    def _lay(self) -> None:
        """Take over the ways the search has listed by now."""
        shippers = tuple(replace(s, listed_below=INF) for s in self.search.problem.shippers)
        self.problem = problem = Problem(self.search.problem.rates, shippers)
        self.counts = np.array([len(s.ways) for s in shippers])
        self.ground = lay_out(problem)
        self.sieve = Sieve(self.ground, RIVALS)
        may_lower = np.array([problem.linked and rate.steps is None for rate in problem.rates], np.bool_)
        self.start = self.sieve.first_box(may_lower, -INF)
        g = self.ground
        self.might = np.zeros((g.shippers, len(g.low)))
        self.might[g.link_shipper, g.link_rate] = 1.0

    @property
    def cutoff(self) -> float:
        return self.worth + GAIN * max(1.0, abs(self.worth))

    def _found(self, rates: Floats, ways: Ints) -> None:
        search = self.search
        a = search.ground.arrays
        taken = self.taken.copy()
        taken[self.few] = ways
        best = None if search.stepped.any() else search.fixed.best(a.first[:-1] + taken)
        tried = search.improve(search.allowed(np.clip(rates if best is None else best[1], a.low, a.high)))
        value = search.ground.value(tried)[0]
        if value > self.worth:
            if value > search.value and not search.offer(tried):
                return  # a way that was not listed spoils it
            self.middle, self.worth, self.since = tried, value, 0
            self.tree.relaxation.cutoff = self.cutoff - self.gain

    def run(self, deadline: float, *, most_trees: int | None = None, heard: Callable[[], None] | None = None) -> None:
        """Grow small trees until `deadline` (time.monotonic), or so many; `heard` is called after each."""
        search, trees = self.search, 0
        while time.monotonic() < deadline and (most_trees is None or trees < most_trees):
            trees += 1
            self._go_on()
            taken = search.ground.value(self.middle)[1] - search.ground.arrays.first[:-1]
            counts = [len(s.ways) for s in search.problem.shippers]
            if sum(counts) > GROWN * sum(self.counts) or (taken >= self.counts).any():
                self._lay()
            before, began = self.worth, time.monotonic()
            done = self.solve(taken, self._few(taken), min(deadline, began + SECONDS))
            if not done:
                self.size = max(LEAST, self.size - ASIDE)
            elif self.worth <= before and time.monotonic() - began < QUICK * SECONDS:
                self.size = min(float(len(taken)), self.size + ASIDE)
            if heard is not None:
                heard()

    def _go_on(self) -> None:
        """Leave what has brought nothing new for long: for the best, or from that for the end of another line."""
        search = self.search
        self.since += 1
        at_best = self.worth >= search.value
        if self.since <= STALE and (at_best or self.aside):
            return
        others = [rates for value, rates in search.ends if NEAR * search.value <= value < search.value]
        self.aside = bool(at_best and others)
        if not at_best:
            search.keep(self.worth, self.middle)
        self.middle = others[int(search.random.integers(len(others)))] if self.aside else search.best
        self.worth = search.ground.value(self.middle)[0]  # a way listed since may have changed it
        self.since, self.size = 0, FIRST

    def _few(self, taken: Ints) -> Ints:
        """Shippers that meet one of them, drawn by lot, on the rates it pays."""
        a, random = self.search.ground.arrays, self.search.random
        paid = np.zeros_like(self.might)
        for k, row in enumerate(a.first[:-1] + taken):
            paid[k, a.rate[a.begin[row] : a.begin[row + 1]]] = 1.0
        middle = int(random.integers(len(taken)))
        met = (paid + MIGHT * self.might) @ paid[middle] + SPREAD * random.random(len(taken))
        met[middle] = np.inf
        few: Ints = np.argsort(-met)[: int(self.size)]
        return few

    def solve(self, taken: Ints, few: Ints, until: float) -> bool:
        """Look for better ways of a few shippers; whether nothing was left to look at."""
        g = self.ground
        alive, up, down, low, high = self.start
        alive, up, down, low, high = alive.copy(), up.copy(), down.copy(), low.copy(), high.copy()
        held = np.delete(np.arange(g.shippers), few)
        for k in held.tolist():
            alive[g.way0[k] : g.way0[k + 1]] = False
            alive[g.way0[k] + taken[k]] = True
        try:
            self.sieve.sift(alive, up, down, low, high, list(range(g.shippers)), 3)
        except NoRates:
            return True
        problem = Problem(self.problem.rates, tuple(self.problem.shippers[k] for k in few))
        earns, gain, rows, limit = self._held(held, taken, low, high)
        self.few, self.taken, self.gain = few, taken, gain
        self.tree = tree = Tree(problem, self.cutoff - gain, self._found, tried=TRIED)
        tree.relaxation.hold(earns, rows, limit)
        tree.start_in(low, high, np.concatenate([alive[g.way0[k] : g.way0[k + 1]] for k in few]), CUTS)
        tree.run(until)
        return not tree.open

    def _held(self, held: Ints, taken: Ints, low: Floats, high: Floats) -> tuple[Floats, float, Floats, Floats]:
        """What the held shippers bring: of each rate, and besides; and the rows (rates, limit) that keep them.

        Rows that hold everywhere in the box are left out.
        """
        g = self.ground
        earns, gain = np.zeros(len(low)), 0.0
        rows, limits = [np.zeros((0, len(low)))], [np.zeros(0)]
        for k in held.tolist():
            shipper = self.problem.shippers[k]
            way = shipper.ways[taken[k]]
            gain += shipper.weight * way.gain
            for j, amount in way.earned.items():
                earns[j] += shipper.weight * amount
            use = g.use(k)
            more = use[taken[k]] - use
            rates = g.link_rate[g.link0[k] : g.link0[k + 1]]
            room = g.cost[g.way0[k] : g.way0[k + 1]] - g.cost[g.way0[k] + taken[k]]
            most = np.maximum(more * low[rates], more * high[rates]).sum(axis=1)
            some = np.flatnonzero(most > room)
            row = np.zeros((len(some), len(low)))
            row[:, rates] = more[some]
            rows.append(row)
            limits.append(room[some])
        return earns, gain, np.concatenate(rows), np.concatenate(limits)
