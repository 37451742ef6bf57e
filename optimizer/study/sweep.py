"""One coefficient through all its values: what happens at each, and exactly where some lane changes its way.

A letter prints a coefficient with finitely many decimals, so the sweep looks at every value that can be printed (steps
of 0.0001 unless the study says otherwise), each priced exactly as a charge sheet would be. Between two neighbouring
values nothing can stand in a letter, so a change of way between them is located as finely as it has a meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.study.market import Ints
from optimizer.study.outcome import CHUNK, Outcome, Response


@dataclass(frozen=True, slots=True)
class Kink:
    """Between two neighbouring values a lane (or its part of a corridor) changes from one way to another.

    Attributes:
        low, high: the two point numbers; before, after: ways at them, as numbers of the lane's ways.
        weight_low, weight_high: of the way taken at each, thousandths of a cent of the lot.
    """

    rate: int
    lane: int
    low: int
    high: int
    low_value: Decimal
    high_value: Decimal
    before: int
    after: int
    weight_low: int
    weight_high: int
    tonnes: Decimal
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """One rate through its values, the others standing.

    Attributes:
        points: [rate, point]; the last one is the rate as it is today.
    """

    rate: int
    outcome: Outcome
    kinks: tuple[Kink, ...]

    @property
    def best(self) -> int:
        """The point of the highest value; of equal ones today, then the highest coefficient."""
        return best_of(self.outcome.value)


def best_of(value: np.ndarray) -> int:
    """The place of the highest value: of equal ones the last, which is today, or the highest coefficient.

    >>> best_of(np.array([3.0, 5.0, 5.0, 1.0]))
    2
    """
    top = value.max()
    near = np.nonzero(value >= top - 1e-9 * max(1.0, abs(top)))[0] if np.isfinite(top) else np.arange(len(value))
    return int(near[-1])


def along(at: Sequence[int], rate: int, size: int) -> Ints:
    """Points of all numbers of a rate, the others standing at `at`."""
    points = np.repeat(np.array(at, dtype=np.int64)[:, None], size, axis=1)
    points[rate] = np.arange(size)
    return points


def sweep(response: Response, rate: int, at: Sequence[int], with_kinks: bool = True) -> Sweep:
    """All values of one rate."""
    size = response.r.market.sizes[rate]
    points = along(at, rate, size)
    return Sweep(rate, response.at(points), tuple(_kinks(response, rate, points)) if with_kinks else ())


def _kinks(response: Response, rate: int, points: Ints) -> list[Kink]:
    r = response.r
    values = r.market.study.rates[rate].values
    found: list[Kink] = []
    width = max(2, CHUNK // max(1, len(r.base)))
    last = len(values) - 1
    for start in range(0, last, width - 1):
        part = points[:, start : min(start + width, last + 1)]
        weights = r.weights(part)
        for ways in _choices(response, weights):
            lanes, numbers = np.nonzero(ways[:, 1:] != ways[:, :-1])
            for lane, n in zip(lanes.tolist(), numbers.tolist(), strict=True):
                before, after = int(ways[lane, n]), int(ways[lane, n + 1])
                found.append(
                    Kink(
                        rate=rate,
                        lane=lane,
                        low=start + n,
                        high=start + n + 1,
                        low_value=values[start + n],
                        high_value=values[start + n + 1],
                        before=before - int(r.starts[lane]),
                        after=after - int(r.starts[lane]),
                        weight_low=int(weights[before, n]),
                        weight_high=int(weights[after, n + 1]),
                        tonnes=r.lanes[lane].tonnes,
                    )
                )
    return sorted(found, key=lambda k: (k.low, k.lane, k.before))


def _choices(response: Response, weights: Ints) -> list[Ints]:
    """The way of each lane, or under a logit of each corridor of each lane."""
    if not response.logit:
        return [response.best(weights)]
    return [ways for ways, _ in response.shares(weights)[0]]
