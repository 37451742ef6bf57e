"""A pricing problem as compiled code sees it: numpy arrays, ways in one row after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimizer.pricing.problem import Problem, Shipper

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrays:
    """Way p of shipper k is row `first[k] + p`; its rates are entries `begin[row]` to `begin[row + 1]`.

    `rate`, `paid`, `earned` by entry; `cost`, `gain` by row; `weight` by shipper; `low`, `high` by rate; `steps` of
    rate j are `step[step_begin[j]:step_begin[j + 1]]` (none: the whole range is allowed).
    `users[user_begin[j]:user_begin[j + 1]]` are the shippers that have a way with rate j.
    """

    weight: Floats
    first: Ints
    cost: Floats
    gain: Floats
    begin: Ints
    rate: Ints
    paid: Floats
    earned: Floats
    low: Floats
    high: Floats
    step_begin: Ints
    step: Floats
    user_begin: Ints
    users: Ints

    @classmethod
    def of(cls, problem: Problem) -> Arrays:
        return cls.of_parts(problem.shippers, problem)

    @classmethod
    def of_parts(cls, shippers: Sequence[Shipper], problem: Problem) -> Arrays:
        """The arrays of these shippers under the rates of `problem`."""
        first, cost, gain, begin = [0], [], [], [0]
        rate: list[int] = []
        paid: list[float] = []
        earned: list[float] = []
        users: list[list[int]] = [[] for _ in problem.rates]
        for k, shipper in enumerate(shippers):
            used: set[int] = set()
            for way in shipper.ways:
                cost.append(way.cost)
                gain.append(way.gain)
                for j in sorted(set(way.use) | set(way.earned)):
                    rate.append(j)
                    paid.append(way.use.get(j, 0.0))
                    earned.append(way.earned.get(j, 0.0))
                    used.add(j)
                begin.append(len(rate))
            first.append(len(cost))
            for j in used:
                users[j].append(k)
        steps = [rate.steps or () for rate in problem.rates]
        return cls(
            weight=np.array([s.weight for s in shippers], dtype=np.float64),
            first=np.array(first, dtype=np.int64),
            cost=np.array(cost, dtype=np.float64),
            gain=np.array(gain, dtype=np.float64),
            begin=np.array(begin, dtype=np.int64),
            rate=np.array(rate, dtype=np.int64),
            paid=np.array(paid, dtype=np.float64),
            earned=np.array(earned, dtype=np.float64),
            low=np.array([r.low for r in problem.rates], dtype=np.float64),
            high=np.array([r.high for r in problem.rates], dtype=np.float64),
            step_begin=np.cumsum([0] + [len(s) for s in steps], dtype=np.int64),
            step=np.array([v for s in steps for v in s], dtype=np.float64),
            user_begin=np.cumsum([0] + [len(u) for u in users], dtype=np.int64),
            users=np.array([k for u in users for k in u], dtype=np.int64),
        )

    def pays(self, rates: Floats) -> Floats:
        """What a shipper pays on each row."""
        return self.cost + self._sums(self.paid * rates[self.rate])

    def gets(self, rates: Floats) -> Floats:
        """What the leader gets on each row."""
        return self.gain + self._sums(self.earned * rates[self.rate])

    def _sums(self, entries: Floats) -> Floats:
        """Entries added up by row; each row on its own, so that no row bears the rounding of the others."""
        if not len(entries):
            return np.zeros(len(self.cost))
        sums = np.add.reduceat(np.append(entries, 0.0), self.begin[:-1])
        return np.where(self.begin[1:] > self.begin[:-1], sums, 0.0)

    def subset(self, rows: Ints) -> Arrays:
        """The same problem with these rows alone (ascending, at least one a shipper)."""
        lengths = np.diff(self.begin)[rows]
        begin = np.concatenate(([0], np.cumsum(lengths)))
        entries = np.repeat(self.begin[rows] - begin[:-1], lengths) + np.arange(begin[-1])
        return replace(
            self,
            first=np.searchsorted(rows, self.first).astype(np.int64),
            cost=self.cost[rows],
            gain=self.gain[rows],
            begin=begin.astype(np.int64),
            rate=self.rate[entries],
            paid=self.paid[entries],
            earned=self.earned[entries],
        )
