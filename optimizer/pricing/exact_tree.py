"""Branch and bound over the relaxation: which way of a shipper uses which rate.

The root is tightened by rounds of cuts; ways too poor for the incumbent are struck out on the way. A branch lets a
shipper use a rate, or not; when no such question is open, a group, then a single way, then the steps of a rate. Where
there are few rates their ranges may be halved instead. The
question is chosen by the bounds of both answers, tried out at first and by experience later.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from optimizer.pricing.bound_cuts import add_cuts
from optimizer.pricing.bound_ground import Flags, Floats, Ground, Ints, keep_entries, lay_out
from optimizer.pricing.bound_lp import INF, Node, Point, Relaxation
from optimizer.pricing.bound_sift import NoRates, Sieve
from optimizer.pricing.problem import Problem, pays_at_most

RIVALS_AT_ROOT = 4000  # a shipper
RIVALS_IN_TREE = 60
WORTH = 0.1  # of the gap: what a round of cuts must close in a small tree
ROOT_ROUNDS = 25  # of cuts
TRIED = 8  # questions a node
KNOWN = 3  # answers after which experience decides
TRIAL_ROUNDS, FULL_ROUNDS = 3, 40
FEW_RATES = 12  # up to so many, their ranges are halved too
NARROW = 1e-3  # of a rate's first range: not halved further
Question = tuple[int, int, int]  # what, shipper or rate, which
LINK, GROUP, WAY, STEP, RANGE = range(5)


@dataclass(slots=True)
class Experience:
    """By question and answer: the bound lost for each unit of share moved, summed, and how often seen."""

    lost: dict[tuple[Question, bool], tuple[float, int]] = field(default_factory=dict)

    def learn(self, question: Question, answer: bool, lost: float, moved: float) -> None:
        total, count = self.lost.get((question, answer), (0.0, 0))
        self.lost[question, answer] = total + lost / max(moved, 1e-3), count + 1

    def guess(self, question: Question, answer: bool, otherwise: float) -> tuple[float, int]:
        total, count = self.lost.get((question, answer), (0.0, 0))
        return (total / count if count else otherwise), count


class Tree:
    """The search; `found(rates, ways)` is told whole answers of the relaxation: they may beat the incumbent.

    `tried`: how many questions a node tries out before experience decides.
    """

    def __init__(
        self, problem: Problem, cutoff: float, found: Callable[[Floats, Ints], None], *, tried: int = TRIED
    ) -> None:
        self.problem, self.found, self.tried = problem, found, tried
        self.ground: Ground = lay_out(problem)
        self.relaxation = Relaxation(self.ground, cutoff)
        self.sieve = Sieve(self.ground, RIVALS_AT_ROOT)
        self.experience = Experience()
        self.nodes = 0
        self.closed = -INF  # the largest bound of the parts done with
        self.open: list[tuple[float, int, Node]] = []
        self.count = itertools.count()
        self.steps = {j: np.array(rate.steps) for j, rate in enumerate(problem.rates) if rate.steps is not None}

    @property
    def cutoff(self) -> float:
        return self.relaxation.cutoff

    def bound(self) -> float:
        """What no answer exceeds, the cutoff left aside."""
        return max([self.closed, *(-key for key, _, _ in self.open[:1])])

    def add(self, nodes: list[Node]) -> None:
        for node in nodes:
            heapq.heappush(self.open, (-node.bound, next(self.count), node))

    def start_in(self, low: Floats, high: Floats, alive: Flags, rounds: int) -> None:
        """Open with these ways in this box, without cuts; opens nothing if no answer of interest is in it."""
        g = self.ground
        node = self.relaxation.first_node(
            alive.copy(), high[g.rate].copy(), low[g.rate].copy(), low.copy(), high.copy()
        )
        try:
            self.sieve.sift(node.alive, node.up, node.down, node.low, node.high, list(range(g.shippers)))
        except NoRates:
            return
        self._finish(node)
        bound = node.bound
        for _ in range(rounds):
            if node.point is None or not self.questions(node.point) or not add_cuts(self.relaxation, node):
                break
            self.relaxation.solve(node, FULL_ROUNDS)
            if bound - node.bound < WORTH * (node.bound - self.cutoff):
                break
            bound = node.bound
        if node.point is not None:
            self.add([node])

    def root(self, report: Callable[[float], None], deadline: float) -> None:
        """Solve and tighten the root; leaves it open, or nothing if it is closed."""
        problem, relaxation, sieve = self.problem, self.relaxation, self.sieve
        may_lower = np.array([problem.linked and rate.steps is None for rate in problem.rates], np.bool_)
        unlisted = [pays_at_most(s, problem.rates) - s.listed_below for s in problem.shippers if s.listed_below < INF]
        node = relaxation.first_node(*sieve.first_box(may_lower, max(unlisted, default=-INF)))
        living, bounds = int(node.alive.sum()), []
        everyone = list(range(self.ground.shippers))
        for _ in range(ROOT_ROUNDS):
            relaxation.solve(node, 200)
            report(max(node.bound, self.cutoff))
            if node.point is None:
                return
            bounds.append(node.bound)
            stuck = len(bounds) > 4 and bounds[-4] - node.bound < 0.02 * (node.bound - self.cutoff)
            if stuck or time.monotonic() > deadline or not self.questions(node.point):
                break
            if node.alive.sum() < 0.7 * living:
                living = int(node.alive.sum())
                try:
                    sieve.sift(node.alive, node.up, node.down, node.low, node.high, everyone)
                except NoRates:
                    return
            if not add_cuts(relaxation, node):
                break
        self._shrink(node)
        self.add([node])

    def _shrink(self, node: Node) -> None:
        sieve, g = self.sieve, self.ground
        sieve.keep_tight(node.alive, node.low, node.high, RIVALS_IN_TREE)
        rivals = []
        for k in range(g.shippers):
            some = np.flatnonzero((node.alive & g.rival)[g.way0[k] : g.way0[k + 1]]) + g.way0[k]
            rivals.append(np.union1d(some, sieve.rivals[k]))
        self.relaxation.set_rivals(rivals)
        self.ground, stay = keep_entries(g, node.alive)
        self.relaxation.forget_dead(node.alive, self.ground)
        sieve.ground = self.ground
        node.up, node.down = node.up[stay], node.down[stay]

    def run(self, deadline: float, most_nodes: int | None = None) -> None:
        """Search until the deadline (time.monotonic) or until nothing is open."""
        done = 0
        while self.open and time.monotonic() < deadline and (most_nodes is None or done < most_nodes):
            node: Node | None = heapq.heappop(self.open)[2]
            while node is not None:
                done += 1
                children = self.branch(node)
                node = None
                children.sort(key=lambda child: child.bound)
                if children:
                    least = children[0]
                    ahead = max([child.bound for child in children[1:]] + [-self.open[0][0] if self.open else -INF])
                    follow = least.bound >= ahead - 0.6 * (ahead - self.cutoff) and time.monotonic() < deadline
                    self.add(children[1:] if follow else children)
                    node = least if follow else None

    def questions(self, point: Point) -> list[tuple[Question, float]]:
        """What the point leaves open, with the share that says yes."""
        g = self.ground
        entries = [np.arange(g.entry0[p], g.entry0[p + 1]) for p in point.ways]
        for what, of, size in ((LINK, g.link, len(g.link_rate)), (GROUP, g.group, len(g.group_link))):
            share = np.zeros(size)
            for own, z in zip(entries, point.share, strict=True):
                share[of[own]] += z
            some = np.flatnonzero((share > 1e-6) & (share < 1 - 1e-6))
            if len(some):
                links = some if what == LINK else g.group_link[some]
                return [
                    ((what, int(g.link_shipper[h]), int(i)), float(share[i])) for h, i in zip(links, some, strict=True)
                ]
        torn = [(p, z) for p, z in zip(point.ways, point.share, strict=True) if 1e-6 < z < 1 - 1e-6]
        if torn:
            return [((WAY, int(g.shipper[p]), int(p)), float(z)) for p, z in torn]
        out: list[tuple[Question, float]] = []
        for j, steps in self.steps.items():
            above = int(np.searchsorted(steps, point.rates[j] - 1e-6))
            if above > 0 and (above == len(steps) or abs(steps[above] - point.rates[j]) > 1e-6):
                out.append(((STEP, j, above), 0.5))
        return out

    def _ranges(self, node: Node) -> list[tuple[Question, float]]:
        g = self.ground
        if len(g.low) > FEW_RATES:
            return []
        wide = np.flatnonzero(node.high - node.low > NARROW * (g.high - g.low + 1e-9))
        return [((RANGE, int(j), 0), 0.5) for j in wide]

    def branch(self, node: Node) -> list[Node]:
        """The children still of interest; learns from both answers."""
        self.nodes += 1
        if node.bound < self.cutoff or node.point is None:
            return []
        asked = self.questions(node.point)
        if not asked:
            return self._whole(node)
        asked += self._ranges(node)
        room = node.bound - self.cutoff
        rated = [(self._guess(node, question, share, room), question, share) for question, share in asked]
        rated.sort(key=lambda item: -item[0][0])
        tries = self.tried + len(self._ranges(node))
        best: tuple[float, Question, float, list[Node] | None] | None = None
        tried = worse = 0
        for (score, seen), question, share in rated[: 20 + tries - self.tried]:
            if seen >= KNOWN:
                children = None
            elif tried >= tries:
                continue
            else:
                children = self._answers(node, question, share)
                tried += 1
                lost = [min(node.bound - child.bound, room) + 1e-3 for child in children]
                score = lost[0] * lost[1]
                if any(child.point is None for child in children):
                    best = INF, question, share, children
                    break
            worse = 0 if best is None or score > best[0] else worse + 1
            if worse == 0:
                best = score, question, share, children
            elif worse >= 4:
                break
        assert best is not None
        children = best[3] or self._answers(node, best[1], best[2])
        for child in children:
            if child.point is not None:
                self._finish(child)
            if child.point is None and child.bound >= self.cutoff:  # not solved: it counts with its bound
                self.closed = max(self.closed, child.bound)
        return [child for child in children if child.point is not None]

    def _guess(self, node: Node, question: Question, share: float, room: float) -> tuple[float, int]:
        g = self.ground
        what, _, which = question
        weight = room
        if what in (LINK, GROUP):
            group = g.group0[which] if what == LINK else which
            weight = abs(g.group_earns[group]) * max(node.high[g.link_rate[g.group_link[group]]], 0.0) * 0.3
        yes, seen_yes = self.experience.guess(question, True, weight)
        no, seen_no = self.experience.guess(question, False, weight)
        score = max(min(yes * (1 - share), room), 1e-3) * max(min(no * share, room), 1e-3)
        return score, min(seen_yes, seen_no)

    def _answers(self, node: Node, question: Question, share: float) -> list[Node]:
        out = []
        room = node.bound - self.cutoff
        for answer in (True, False):
            child = node.copy()
            self._settle(child, question, answer)
            if child.bound > -INF:
                self.relaxation.solve(child, TRIAL_ROUNDS)
            self.experience.learn(question, answer, min(node.bound - child.bound, room), 1 - share if answer else share)
            out.append(child)
        return out

    def _settle(self, child: Node, question: Question, answer: bool) -> None:
        what, k, which = question
        g = self.ground
        if what == RANGE:
            assert child.point is not None
            wide = child.high[k] - child.low[k]
            middle = 0.5 * child.point.rates[k] + 0.25 * (child.low[k] + child.high[k])
            middle = float(np.clip(middle, child.low[k] + 0.1 * wide, child.high[k] - 0.1 * wide))
            if answer:
                child.low[k] = middle
            else:
                child.high[k] = middle
            shippers = [q for q in range(g.shippers) if k in self.sieve.rates[q]]
        elif what == STEP:
            steps = self.steps[k]
            if answer and which < len(steps):
                child.low[k] = max(child.low[k], steps[which])
            elif not answer:
                child.high[k] = min(child.high[k], steps[which - 1])
            if child.low[k] > child.high[k] or (answer and which == len(steps)):
                child.bound, child.point = -INF, None
                return
            shippers = [q for q in range(g.shippers) if k in self.sieve.rates[q]]
        else:
            begin, end = g.way0[k], g.way0[k + 1]
            yes: Flags = np.zeros(end - begin, np.bool_)
            if what == WAY:
                yes[which - begin] = True
            else:
                of = g.link if what == LINK else g.group
                own = slice(g.entry0[begin], g.entry0[end])
                yes[g.way[own][of[own] == which] - begin] = True
            child.alive[begin:end] &= yes if answer else ~yes
            shippers = [k]
        try:
            self.sieve.sift(child.alive, child.up, child.down, child.low, child.high, shippers, 3)
        except NoRates:
            child.bound, child.point = -INF, None

    def _finish(self, child: Node) -> None:
        """Solve a child to the end, feeding struck ways back to the box."""
        g = self.ground
        before = np.add.reduceat(child.alive, g.way0[:-1])
        self.relaxation.solve(child, FULL_ROUNDS)
        for _ in range(2):
            after = np.add.reduceat(child.alive, g.way0[:-1])
            fewer = np.flatnonzero(after < before).tolist()
            if child.point is None or not fewer:
                break
            before, low, high = after, child.low.copy(), child.high.copy()
            try:
                self.sieve.sift(child.alive, child.up, child.down, child.low, child.high, fewer, 2)
            except NoRates:
                child.bound, child.point = -INF, None
                break
            gap = 0.02 * (1 + high - low)
            if not ((child.low - low > gap) | (high - child.high > gap)).any():
                break
            self.relaxation.solve(child, FULL_ROUNDS)

    def _whole(self, node: Node) -> list[Node]:
        """Nothing is open: look at every rival, then it is an answer."""
        point, bound = node.point, node.bound
        assert point is not None
        self._tell(point)
        self.relaxation.solve(node, FULL_ROUNDS, 1e-6, all_rivals=True)
        if node.point is not None and self.questions(node.point):
            return [node]
        if node.point is not None and node.bound < bound - 1e-7 * max(1.0, abs(bound)):
            self._tell(node.point)
        self.closed = max(self.closed, node.bound)
        return []

    def _tell(self, point: Point) -> None:
        g = self.ground
        taken = g.way0[:-1].copy()
        chosen = point.ways[point.share > 0.5]
        taken[g.shipper[chosen]] = chosen
        self.found(point.rates, taken - g.way0[:-1])
