"""Several coefficients at once: climb from many starts, and boxes that say how much better anything could be.

A box is a range of point numbers of every rate. In it no way weighs less than at its lowest coefficients nor more than
at its highest, because no line falls when a coefficient rises. So a way can win somewhere in a box only if at the
lowest it weighs no more than the best of the lane at the highest; and what a winning way pays on its free lines is at
most what is left between its fixed part and that. The sum over lanes of the best such way is above every point of
the box [branch and bound on boxes]. Today, which may lie anywhere in a range, is looked at apart.

Under a logit the share of a corridor in a box is at most that of its lowest weight against the others' highest.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

import numpy as np

from optimizer.study.market import MILLI, Floats, Ints
from optimizer.study.outcome import Response
from optimizer.study.sweep import along, best_of

GAP = 1e-6
MOST_BOXES = 400_000
STARTS = 6
COARSE = 300  # values of a rate a climb looks at first, where several rates move
BOXES_SHARE = 0.7  # of the time; the rest is for the pricing solver where the boxes did not finish
SMALL = 4096  # boxes of at most so many points are looked at point by point


@dataclass(slots=True)
class Joint:
    """The best point found and what no point can exceed.

    Attributes:
        bound: of the objective; infinite where none is known.
        boxes: looked at; finished: nothing was left unsought.
    """

    point: tuple[int, ...]
    value: float
    bound: float
    boxes: int = 0
    finished: bool = False
    tried: list[tuple[tuple[int, ...], float]] = field(default_factory=list)
    method: str = "boxes"

    @property
    def gap(self) -> float:
        """Of the bound above the value, as a part of the bound."""
        if not np.isfinite(self.bound):
            return float("inf")
        return max(0.0, self.bound - self.value) / max(1e-9, abs(self.bound))


def climb(
    response: Response,
    start: Sequence[int],
    rates: Sequence[int],
    value: Callable[[Ints], Floats],
    deadline: float,
    every: int = 1,
) -> tuple[tuple[int, ...], float]:
    """The best of one rate after another, each through all its values (or every so-many-th), until none helps."""
    sizes = response.r.market.sizes
    at = tuple(start)
    best = float(value(np.array(at, dtype=np.int64)[:, None])[0])
    stuck = 0
    order = list(rates)
    while stuck < len(order) and time.perf_counter() < deadline:
        rate = order.pop(0)
        order.append(rate)
        tried = np.unique([*range(0, sizes[rate], every), at[rate], max(0, sizes[rate] - 2), sizes[rate] - 1])
        values = value(along(at, rate, sizes[rate])[:, tried])
        chosen = best_of(values)
        number = int(tried[chosen])
        if values[chosen] > best + 1e-9 * max(1.0, abs(best)):
            best, stuck = float(values[chosen]), 0
            at = (*at[:rate], number, *at[rate + 1 :])
        else:
            stuck += 1
    return at, best


def optimise(
    response: Response,
    rates: Sequence[int] | None = None,
    *,
    at: Sequence[int] | None = None,
    of: Sequence[int] | None = None,
    seconds: float = 30.0,
    seed: int = 1,
    gap: float = GAP,
) -> Joint:
    """The best point of some rates, the others standing.

    Args:
        rates: numbers of the rates that move; all of them where left out.
        at: where the others stand; today where left out.
        of: railways whose contribution counts, instead of the objective of the study.
    """
    return _optimise(Worth(response, of), rates, at, seconds, seed, gap)


def optimise_over(responses: Sequence[Response], *, least: bool, seconds: float = 30.0, seed: int = 1) -> Joint:
    """The best point in several states of the world at once: by the least of its values, or by their mean."""
    return _optimise(Over(responses, least), None, None, seconds, seed, GAP)


def _optimise(
    worth: Worth | Over,
    rates: Sequence[int] | None,
    at: Sequence[int] | None,
    seconds: float,
    seed: int,
    gap: float,
) -> Joint:
    market = worth.response.r.market
    moving = list(range(len(market.sizes)) if rates is None else rates)
    stand = tuple(market.now if at is None else at)
    deadline = time.perf_counter() + seconds
    if len(moving) == 1:
        values = worth.at(along(stand, moving[0], market.sizes[moving[0]]))
        number = best_of(values)
        point, value = (*stand[: moving[0]], number, *stand[moving[0] + 1 :]), float(values[number])
        return Joint(point, value, value, finished=True, tried=[(point, value)], method="every value")
    starts = [stand] + [
        tuple(corner[moving.index(k)] if k in moving else stand[k] for k in range(len(stand)))
        for corner in product(*[(0, market.sizes[k] - 2) if market.sizes[k] > 1 else (0,) for k in moving])
    ][: 2 ** min(4, len(moving))]
    random = Random(seed)
    for _ in range(STARTS if moving else 0):
        starts.append(tuple(random.randrange(market.sizes[k]) if k in moving else stand[k] for k in range(len(stand))))
    best, value = stand, float(worth.at(np.array(stand, dtype=np.int64)[:, None])[0])
    tried = [(stand, value)]
    half = time.perf_counter() + seconds / 2
    for start in starts:
        every = max(1, max(market.sizes) // COARSE)
        point, found = climb(worth.response, start, moving, worth.at, half, every)
        if every > 1 and found > value:
            point, found = climb(worth.response, point, moving, worth.at, half)
        tried.append((point, found))
        if found > value + 1e-9 * max(1.0, abs(value)) or (found >= value and point == stand):
            best, value = point, found
    joint = Joint(best, value, float("inf"), tried=tried)
    in_boxes = time.perf_counter() + (deadline - time.perf_counter()) * BOXES_SHARE
    _boxes(joint, worth, moving, stand, in_boxes, gap)
    if not joint.finished and isinstance(worth, Worth) and worth.goal in ("revenue", "contribution"):
        _solver(joint, worth, moving, stand, deadline, seed)
    return joint


def _solver(
    joint: Joint, worth: Worth, moving: Sequence[int], stand: Sequence[int], deadline: float, seed: int
) -> None:
    """What the network-pricing solver finds, put on values that can be printed, and climbed from."""
    from optimizer.study import bridge  # compiles on its first use, so only where boxes did not do

    if not bridge.fits(worth.response):
        return
    seconds = max(1.0, (deadline - time.perf_counter()) / 2)
    costed = worth.goal == "contribution"
    near = bridge.points_near(worth.response, moving, stand, worth.railways, costed, joint.point, seconds, seed)
    for point in near:
        there, value = climb(worth.response, point, moving, worth.at, deadline)
        if value > joint.value + 1e-9 * max(1.0, abs(joint.value)):
            joint.point, joint.value = there, value
    joint.bound = max(joint.bound, joint.value)
    joint.method = "boxes and the pricing solver"


class Worth:
    """What counts at points, and a bound of it on boxes."""

    def __init__(self, response: Response, of: Sequence[int] | None) -> None:
        self.response, self.of = response, None if of is None else list(of)
        r = response.r
        objective = r.market.study.objective
        self.goal = "contribution" if of is not None else objective.goal
        railways = self.of if self.of is not None else response.mine
        self.railways = railways
        weights = {"revenue": 0.0, "contribution": 0.0, "tonnes": 0.0, "share": 0.0}
        if self.goal == "weighted":
            weights |= {name: float(w) for name, w in objective.weights}
        else:
            weights[self.goal] = 1.0
        self.weights = weights
        costs = np.array(response.costs)
        money = weights["revenue"] + weights["contribution"]
        # per lot of a way: what it brings whatever the rates, and per cent of free lines that earn
        self.fixed = money * r.revenue[:, railways].sum(axis=1) / 100
        self.fixed = self.fixed - weights["contribution"] * (r.t_km[:, railways] * costs[railways]).sum(axis=1)
        lot_t = r.lot_t[r.lane_of] if len(r.base) else np.zeros(0)
        self.fixed = self.fixed + weights["tonnes"] * lot_t * (r.t_km[:, railways] > 0).any(axis=1)
        total = r.tonnes.sum()
        if objective.corridor and weights["share"] and total:
            q = r.market.corridors.index(objective.corridor)
            self.fixed = self.fixed + weights["share"] * 100 * lot_t * (r.corridor == q) / total
        self.money = money
        # A bound needs a sum over lanes of what each brings; a share of a total that itself changes is none.
        self.bounded = (
            not (weights["share"] and (response.elasticity or response.capacities)) and min(weights.values()) >= 0
        )
        self.earned = [e[:, railways].sum(axis=1) for e in r.earned]
        # where nothing but sums over ways counts, a value needs no whole outcome
        self.plain = bool(r.lanes) and self.bounded and not weights["share"]
        self.plain &= of is not None or objective.subsidy_cap is None

    def at(self, points: Ints) -> Floats:
        """The value of points."""
        if self.plain:
            width = self.response.width
            parts = [self._at_once(points[:, n : n + width]) for n in range(0, points.shape[1], width)]
            return np.concatenate(parts)
        outcome = self.response.at(points)
        if self.of is None:
            return outcome.value
        return outcome.contribution(self.response.costs)[self.of].sum(axis=0)

    def _at_once(self, points: Ints) -> Floats:
        """The value alone, without all that an outcome tells besides."""
        r = self.response.r
        total = np.zeros(points.shape[1])
        for ways, tonnes in self.response.slices(points)[0]:
            brings = self.fixed[ways]
            for k, numbers in enumerate(points):
                patterns = r.pattern[k][ways]
                brings = brings + self.money / 100 * self.earned[k][patterns, np.broadcast_to(numbers, patterns.shape)]
            total += (brings * tonnes / r.lot_t[:, None]).sum(axis=0)
        return total

    def above(self, low: Ints, high: Ints) -> Floats:
        """A bound of the value over boxes given by their lowest and highest points, [rate, box]."""
        r, response = self.response.r, self.response
        if not self.bounded:
            return np.full(low.shape[1], np.inf)
        lightest, heaviest = r.weights(low), r.weights(high)
        most = np.minimum.reduceat(heaviest, r.starts, axis=0)[r.lane_of]
        free_cents = np.zeros(lightest.shape)
        for k, numbers in enumerate(high):
            patterns = r.pattern[k]
            touched = np.nonzero(patterns)[0]
            if len(touched):
                free_cents[touched] += self.earned[k][:, numbers][patterns[touched]]
        if not response.logit and not response.capacities:
            # a winner pays no more on its free lines than its lane's best at the highest leaves it
            free_cents = np.minimum(free_cents, np.maximum(most - r.base[:, None], 0) / MILLI)
        brings = self.fixed[:, None] + self.money * np.maximum(free_cents, 0.0) / 100
        if response.logit and not response.capacities:
            return self._logit(brings, lightest, heaviest)
        if not response.capacities:
            brings = np.where(lightest <= most, brings, -np.inf)
        best = np.maximum.reduceat(brings, r.starts, axis=0)
        if response.capacities:
            # what finds a border full goes on to any other way, or is left behind
            best = np.maximum(best, 0.0)
        tonnes = self._most_tonnes(lightest)
        brought = np.where(best >= 0, best * tonnes, best * self._most_tonnes(heaviest))
        return (brought / r.lot_t[:, None]).sum(axis=0)

    def _most_tonnes(self, lightest: Ints) -> Floats:
        """Tonnes of each lane at weights; they fall as weights rise, so at the lowest they are the most."""
        response = self.response
        if response.usual is None:
            return np.broadcast_to(response.r.tonnes[:, None], (len(response.r.tonnes), lightest.shape[1]))
        return response.tonnes_at(self._worth(lightest))

    def _worth(self, weights: Ints) -> Floats:
        response, r = self.response, self.response.r
        if response.logit:
            return response.shares(weights)[1]
        return np.minimum.reduceat(weights, r.starts, axis=0) * r.weight_t[:, None]

    def _logit(self, brings: Floats, lightest: Ints, heaviest: Ints) -> Floats:
        """Sum over lanes and corridors of the most a corridor brings times the largest share it may have."""
        response, r = self.response, self.response.r
        corridors, lanes = len(r.market.corridors), len(r.lanes)
        lane, corridor = np.divmod(response.groups, corridors)
        shape = (corridors, lanes, lightest.shape[1])
        low, high, best = np.full(shape, np.inf), np.full(shape, np.inf), np.full(shape, -np.inf)
        order, starts = response.order, response.group_starts
        low[corridor, lane] = np.minimum.reduceat(lightest[order], starts, axis=0) * r.weight_t[lane][:, None]
        high[corridor, lane] = np.minimum.reduceat(heaviest[order], starts, axis=0) * r.weight_t[lane][:, None]
        # of a corridor's ways only those count that may be its cheapest
        may = lightest <= high_of_way(heaviest, order, starts)
        brings = np.where(may, brings, -np.inf)
        best[corridor, lane] = np.maximum.reduceat(brings[order], starts, axis=0)
        spread = float(r.market.study.answer.spread)
        floor = low.min(axis=0)
        pull_low, pull_high = np.exp(-(low - floor) / spread), np.exp(-(high - floor) / spread)
        others = pull_high.sum(axis=0) - pull_high
        most = pull_low / np.maximum(pull_low + others, 1e-300)
        others = pull_low.sum(axis=0) - pull_low
        least = pull_high / np.maximum(pull_high + others, 1e-300)
        best = np.where(np.isfinite(best), best, 0.0)
        share = _fill(best, least, most)
        tonnes = np.where(share >= 0, self._most_tonnes(lightest), self._most_tonnes(heaviest))
        return (share * tonnes / r.lot_t[:, None]).sum(axis=0)


class Over:
    """What counts over several states of the world: the least of their values or the mean, and a bound of it on boxes."""

    def __init__(self, responses: Sequence[Response], least: bool) -> None:
        self.parts = [Worth(response, None) for response in responses]
        self.response = responses[0]
        self.bounded = all(part.bounded for part in self.parts)
        self.of = np.min if least else np.mean

    def at(self, points: Ints) -> Floats:
        """The value of points."""
        found: Floats = self.of(np.array([part.at(points) for part in self.parts]), axis=0)
        return found

    def above(self, low: Ints, high: Ints) -> Floats:
        """A bound of the value over boxes: the least, or the mean, of the bounds of all states."""
        found: Floats = self.of(np.array([part.above(low, high) for part in self.parts]), axis=0)
        return found


def high_of_way(weights: Ints, order: Ints, starts: Ints) -> Ints:
    """For every way the least weight among the ways of its lane and corridor."""
    least = np.minimum.reduceat(weights[order], starts, axis=0)
    counts = np.diff(np.append(starts, len(order)))
    found = np.empty_like(weights)
    found[order] = np.repeat(least, counts, axis=0)
    return found


def _fill(best: Floats, least: Floats, most: Floats) -> Floats:
    """The most of sum(best x share) with least <= share <= most and shares that add up to 1: the best first."""
    order = np.argsort(-best, axis=0)
    sorted_best = np.take_along_axis(best, order, axis=0)
    low, high = np.take_along_axis(least, order, axis=0), np.take_along_axis(most, order, axis=0)
    left = 1.0 - low.sum(axis=0)
    total = (sorted_best * low).sum(axis=0)
    for q in range(best.shape[0]):
        more = np.minimum(high[q] - low[q], np.maximum(left, 0.0))
        total = total + sorted_best[q] * more
        left = left - more
    return total


def _boxes(
    joint: Joint, worth: Worth | Over, moving: Sequence[int], stand: Sequence[int], deadline: float, gap: float
) -> None:
    """Best box first; of each rate its values, today apart as a box of its own."""
    if not worth.bounded:
        return
    market = worth.response.r.market
    rates = len(market.sizes)
    heap: list[tuple[float, int, tuple[int, ...], tuple[int, ...]]] = []
    counter = 0

    def put(boxes: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> None:
        nonlocal counter
        if not boxes:
            return
        low = np.array([b[0] for b in boxes], dtype=np.int64).T.reshape(rates, -1)
        high = np.array([b[1] for b in boxes], dtype=np.int64).T.reshape(rates, -1)
        for box, bound in zip(boxes, worth.above(low, high).tolist(), strict=True):
            if bound > joint.value + gap * max(1.0, abs(joint.value)):
                counter += 1
                heapq.heappush(heap, (-bound, counter, *box))

    choices: list[list[tuple[int, int]]] = []
    for k in range(rates):
        if k not in moving:
            choices.append([(stand[k], stand[k])])
        else:
            now = market.sizes[k] - 1
            choices.append([(now, now), *([(0, now - 1)] if now else [])])
    put([(tuple(a for a, _ in box), tuple(b for _, b in box)) for box in product(*choices)])
    while heap and joint.boxes < MOST_BOXES and time.perf_counter() < deadline:
        taken = [heapq.heappop(heap) for _ in range(min(len(heap), 16))]
        halves: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        for _, _, low, high in taken:
            joint.boxes += 1
            widths = [b - a + 1 for a, b in zip(low, high, strict=True)]
            size = int(np.prod([float(w) for w in widths]))
            if size <= SMALL // max(1, len(worth.response.capacities) * 64):
                _look(joint, worth, low, high)
                continue
            middle = tuple((a + b) // 2 for a, b in zip(low, high, strict=True))
            _try(joint, worth, middle)
            k = max(range(rates), key=lambda k: widths[k])
            halves.append((low, (*high[:k], middle[k], *high[k + 1 :])))
            halves.append(((*low[:k], middle[k] + 1, *low[k + 1 :]), high))
        put(halves)
        while heap and -heap[0][0] <= joint.value + gap * max(1.0, abs(joint.value)):
            heapq.heappop(heap)
    joint.finished = not heap
    # a box was dropped where it could better the value of then, which is not above that of now, by the gap at most
    joint.bound = max([joint.value + gap * max(1.0, abs(joint.value)), *(-box[0] for box in heap[:1])])


def _try(joint: Joint, worth: Worth | Over, point: tuple[int, ...]) -> None:
    value = float(worth.at(np.array(point, dtype=np.int64)[:, None])[0])
    if value > joint.value + 1e-9 * max(1.0, abs(joint.value)):
        joint.point, joint.value = point, value


def _look(joint: Joint, worth: Worth | Over, low: tuple[int, ...], high: tuple[int, ...]) -> None:
    """Every point of a small box."""
    grids = np.meshgrid(*[np.arange(a, b + 1) for a, b in zip(low, high, strict=True)], indexing="ij")
    points = np.stack([g.ravel() for g in grids]).astype(np.int64)
    values = worth.at(points)
    n = int(values.argmax())
    if values[n] > joint.value + 1e-9 * max(1.0, abs(joint.value)):
        joint.point, joint.value = tuple(int(v) for v in points[:, n]), float(values[n])
