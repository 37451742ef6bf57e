"""Who goes where and what everybody earns at given points: arrays over many points at once.

Shippers take the cheapest way, time counted in money; or corridors share a lane by a logit, each with its cheapest way.
Where a border is full, the lanes that want it share it evenly and the rest takes its next best way, round by round.
Of ways that weigh the same the quicker one goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.study.market import Floats, Ints, Replies

CHUNK = 400_000  # ways times points looked at together
MOST_WEIGHT = 1 << 60
MOST_ROUNDS = 40


@dataclass(slots=True)
class Outcome:
    """What happens at each of the points; money in the currency of the study.

    Attributes:
        revenue, t_km: [railway, point]; tonnes: [corridor, point]; left: tonnes that found no way.
        carried: tonnes on ways that use a railway whose money counts.
        given: what those railways let off against today's tariff on what they carry.
        paid: what all shippers pay, without their time.
        value: of the objective.
    """

    points: Ints
    revenue: Floats
    t_km: Floats
    tonnes: Floats
    left: Floats
    carried: Floats
    given: Floats
    paid: Floats
    value: Floats

    def contribution(self, costs: Sequence[float]) -> Floats:
        """Revenue less the cost of the tonne-kilometres, [railway, point]."""
        return self.revenue - np.array(costs)[:, None] * self.t_km


Slice = tuple[Ints, Floats]  # ways [lane, point] and tonnes on them


class Response:
    """The answer of shippers in one market and one behaviour of rivals."""

    def __init__(self, r: Replies) -> None:
        self.r = r
        study = r.market.study
        self.study = study
        self.costs = [float(study.cost_of(name)) for name in r.market.railways]
        self.mine = [i for i, name in enumerate(r.market.railways) if name in study.objective.of]
        self.logit = study.answer.rule == "logit"
        self.elasticity = float(study.answer.elasticity)
        corridors = len(r.market.corridors)
        group = r.lane_of * corridors + r.corridor
        self.order = np.lexsort((r.rank, group))
        sorted_group = group[self.order]
        first = np.nonzero(np.diff(sorted_group, prepend=-1))[0]
        self.group_starts = first
        self.groups = sorted_group[first]
        self.capacities = [float(c.tonnes) for c in study.capacities]
        self.usual = (
            self.worth(np.array(r.market.now, dtype=np.int64)[:, None]) if self.elasticity and len(r.lanes) else None
        )

    # ---- choosing -----------------------------------------------------------------------------------

    def best(self, weights: Ints) -> Ints:
        """The way each lane takes, [lane, point]: the lightest, of equals the quickest."""
        keys = weights * self.r.most_ways + self.r.rank[:, None]
        least = np.minimum.reduceat(keys, self.r.starts, axis=0)
        return least % self.r.most_ways + self.r.starts[:, None]

    def shares(self, weights: Ints) -> tuple[list[Slice], Floats]:
        """By corridor (ways, shares of the lane) of the logit, and what a tonne pays all in all, [lane, point]."""
        r, lanes, corridors = self.r, len(self.r.lanes), len(self.r.market.corridors)
        keys = weights[self.order] * r.most_ways + r.rank[self.order][:, None]
        least = np.minimum.reduceat(keys, self.group_starts, axis=0)
        lane, corridor = np.divmod(self.groups, corridors)
        ways = np.zeros((corridors, lanes, weights.shape[1]), dtype=np.int64)
        costs = np.full(ways.shape, np.inf)
        ways[corridor, lane] = least % r.most_ways + r.starts[lane][:, None]
        costs[corridor, lane] = (least // r.most_ways) * r.weight_t[lane][:, None]
        spread = float(self.study.answer.spread)
        lowest = costs.min(axis=0)
        pull = np.exp(-(costs - lowest) / spread)
        total = pull.sum(axis=0)
        return [(ways[q], pull[q] / total) for q in range(corridors)], lowest - spread * np.log(total)

    def worth(self, points: Ints) -> Floats:
        """What a tonne pays all in all, time included, [lane, point]."""
        weights = self.r.weights(points)
        if self.logit:
            return self.shares(weights)[1]
        return np.minimum.reduceat(weights, self.r.starts, axis=0) * self.r.weight_t[:, None]

    def tonnes_at(self, worth: Floats) -> Floats:
        """Tonnes that go at what they pay."""
        if self.usual is None:
            return np.broadcast_to(self.r.tonnes[:, None], worth.shape)
        ratio = np.maximum(worth, 1e-9) / np.maximum(self.usual, 1e-9)
        return self.r.tonnes[:, None] * ratio ** (-self.elasticity)

    def slices(self, points: Ints) -> tuple[list[Slice], Floats]:
        """(ways, tonnes) of all that goes, and tonnes left behind at each point."""
        weights = self.r.weights(points)
        none = np.zeros(points.shape[1])
        if self.logit:
            shares, worth = self.shares(weights)
            tonnes = self.tonnes_at(worth)
            slices = [(ways, share * tonnes) for ways, share in shares]
        else:
            ways = self.best(weights)
            worth = np.take_along_axis(weights, ways, axis=0) * self.r.weight_t[:, None]
            slices = [(ways, self.tonnes_at(worth))]
        if self.capacities:
            return self._rationed(weights, slices)
        return slices, none

    def _rationed(self, weights: Ints, wanted: list[Slice]) -> tuple[list[Slice], Floats]:
        """What is wanted beyond a capacity goes on to the next best way that is not full."""
        found: list[Slice] = []
        left = np.zeros(weights.shape[1])
        r, lanes = self.r, np.arange(len(self.r.lanes))
        for c in range(weights.shape[1]):
            room = np.array(self.capacities)
            shut = 0
            todo = [(ways[:, c], tonnes[:, c].copy()) for ways, tonnes in wanted]
            for _ in range(MOST_ROUNDS):
                use = np.zeros(len(room))
                for ways, tonnes in todo:
                    for b in range(len(room)):
                        use[b] += tonnes[(r.full[ways] >> b & 1) > 0].sum()
                fit = np.where(use > room, room / np.maximum(use, 1e-300), 1.0)
                over = [b for b in range(len(room)) if use[b] > room[b]]
                rest = np.zeros(len(lanes))
                for ways, tonnes in todo:
                    part = np.ones(len(lanes))
                    for b in over:
                        part = np.where((r.full[ways] >> b & 1) > 0, np.minimum(part, fit[b]), part)
                    goes = tonnes * part
                    for b in range(len(room)):
                        room[b] -= goes[(r.full[ways] >> b & 1) > 0].sum()
                    found.append(self._at(ways, goes, c, weights.shape[1]))
                    rest += tonnes - goes
                if not over:
                    break
                room = np.maximum(room, 0.0)
                for b in over:
                    shut |= 1 << b
                again = np.where((r.full & shut) > 0, MOST_WEIGHT // r.most_ways, weights[:, c])
                ways = self.best(again[:, None])[:, 0]
                none = (r.full[ways] & shut) > 0
                left[c] += rest[none].sum()
                todo = [(ways, np.where(none, 0.0, rest))]
        return found, left

    def _at(self, ways: Ints, tonnes: Floats, point: int, points: int) -> Slice:
        """One point's choice as a slice of all points."""
        all_ways = np.repeat(self.r.starts[:, None], points, axis=1)
        all_tonnes = np.zeros((len(tonnes), points))
        all_ways[:, point], all_tonnes[:, point] = ways, tonnes
        return all_ways, all_tonnes

    # ---- what follows -------------------------------------------------------------------------------

    def at(self, points: Ints) -> Outcome:
        """What happens at points given as [rate, point] numbers."""
        parts = [self._at_once(points[:, i:j]) for i, j in _chunks(points.shape[1], self.width)]
        if len(parts) == 1:
            return parts[0]
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
            for name in ("points", "revenue", "t_km", "tonnes", "left", "carried", "given", "paid", "value")
        }
        return Outcome(**joined)

    @property
    def width(self) -> int:
        """Points looked at together."""
        return 1 if self.capacities else max(1, CHUNK // max(1, len(self.r.base)))

    def _at_once(self, points: Ints) -> Outcome:
        r, count = self.r, points.shape[1]
        railways, corridors = len(r.market.railways), len(r.market.corridors)
        found = Outcome(
            points=points,
            revenue=np.zeros((railways, count)),
            t_km=np.zeros((railways, count)),
            tonnes=np.zeros((corridors, count)),
            left=np.zeros(count),
            carried=np.zeros(count),
            given=np.zeros(count),
            paid=np.zeros(count),
            value=np.zeros(count),
        )
        if r.lanes:
            slices, found.left = self.slices(points)
            lots = np.zeros((len(r.base), count))  # that go each way
            column = np.arange(count)
            for ways, tonnes in slices:
                np.add.at(lots, (ways, column), tonnes / r.lot_t[:, None])
            self._add(found, lots)
        found.value = self._value(found)
        return found

    def _add(self, found: Outcome, lots: Floats) -> None:
        """What lots [way, point] bring and use."""
        r = self.r
        found.revenue += r.revenue.T @ lots / 100
        found.t_km += r.t_km.T @ lots
        tonnes = lots * r.lot_t[r.lane_of][:, None]
        for q in range(len(r.market.corridors)):
            found.tonnes[q] += tonnes[r.corridor == q].sum(axis=0)
        found.carried += tonnes[(r.t_km[:, self.mine] > 0).any(axis=1)].sum(axis=0)
        found.paid += r.way_cents @ lots / 100
        for k, numbers in enumerate(found.points):
            touched = np.nonzero(r.pattern[k])[0]
            same = np.zeros((len(r.steps[k]), lots.shape[1]))  # lots by pattern
            np.add.at(same, r.pattern[k][touched], lots[touched])
            found.paid += (r.steps[k][:, numbers] * same).sum(axis=0) / 100
            earned = r.earned[k][:, :, numbers]
            found.revenue += np.einsum("prc,pc->rc", earned, same) / 100
            mine = r.earned[k][:, self.mine].sum(axis=1)
            less = np.maximum(mine[:, -1:] - mine[:, numbers], 0)
            found.given += (less * same).sum(axis=0) / 100

    def _value(self, o: Outcome) -> Floats:
        objective = self.study.objective
        mine = self.mine
        total = o.tonnes.sum(axis=0)
        share = np.zeros(o.value.shape)
        if objective.corridor:
            q = self.r.market.corridors.index(objective.corridor)
            share = 100 * o.tonnes[q] / np.maximum(total, 1e-12)
        parts = {
            "revenue": o.revenue[mine].sum(axis=0),
            "contribution": o.contribution(self.costs)[mine].sum(axis=0),
            "tonnes": o.carried,
            "share": share,
        }
        if objective.goal == "weighted":
            value = sum((float(w) * parts[name] for name, w in objective.weights), np.zeros(o.value.shape))
        else:
            value = parts[objective.goal].copy()
        if objective.subsidy_cap is not None:
            value[o.given > float(objective.subsidy_cap) + 0.005] = -np.inf
        return value


def _chunks(count: int, width: int) -> Iterator[tuple[int, int]]:
    for start in range(0, max(count, 1), width):
        yield start, min(count, start + width)
