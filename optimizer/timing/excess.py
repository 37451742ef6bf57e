"""Expected hours beyond a limit, E max(0, T - a), of one element or of a sum: what free time leaves to be charged.

    gamma        m (1 - G(k + 1, a / s)) - a (1 - G(k, a / s))     shape k = 1 / cv², scale s = m cv²
    lognormal    m N(d) - a N(d - sigma)                           d = (log(m / a) + sigma² / 2) / sigma
    uniform      (2 m - a)² / 4 m                                  between 0 and 2 m
    mixture      the mean over its parts

Sums are read off the grid of `optimizer.timing.combine`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from optimizer.timing.combine import Combined, combine
from optimizer.timing.gammas import NORMAL, gamma_chance
from optimizer.timing.laws import Element, Shape

Excess = Callable[[float], float]


def excess_of(elements: Sequence[Element]) -> Excess:
    """Expected hours of a sum of independent elements beyond a limit in hours.

    >>> from optimizer.timing.laws import fixed, gamma
    >>> beyond = excess_of([gamma(10, 1)])  # the exponential law forgets
    >>> beyond(0), round(beyond(10) / 10, 6) == round(math.exp(-1), 6)
    (10.0, True)
    >>> excess_of([fixed(5)])(3), excess_of([])(1)
    (2.0, 0.0)
    """
    lasting = [e for e in elements if e.mean_h > 0]
    fixed_h = float(sum(e.mean_h for e in lasting if e.shape.form == "fixed"))
    moving = [e for e in lasting if e.shape.form != "fixed"]
    if not moving:
        return lambda limit: max(0.0, fixed_h - limit)
    if len(moving) == 1:
        one = moving[0]
        return lambda limit: _excess(one.shape, one.mean_h, limit - fixed_h)
    return _on_grid(combine(lasting))


def _excess(shape: Shape, mean: float, limit: float) -> float:
    if limit <= 0:
        return mean - limit
    if shape.form == "gamma":
        k = shape.cv**-2
        at = limit / (mean * shape.cv**2)
        return max(0.0, mean * (1 - gamma_chance(k + 1, at)) - limit * (1 - gamma_chance(k, at)))
    if shape.form == "lognormal":
        sigma = math.sqrt(math.log1p(shape.cv**2))
        d = math.log(mean / limit) / sigma + sigma / 2
        return max(0.0, mean * NORMAL.cdf(d) - limit * NORMAL.cdf(d - sigma))
    if shape.form == "uniform":
        return max(0.0, 2 * mean - limit) ** 2 / (4 * mean)
    if shape.form == "mixture":
        return sum(p * _excess(part, mean * share, limit) for p, share, part in shape.parts)
    return max(0.0, mean - limit)


def _on_grid(law: Combined) -> Excess:
    import numpy as np

    if not law.step_h:
        return lambda limit: max(0.0, law.mean_h - limit)
    # The chance of more than so many hours, at the upper edges of the cells; summed from the far end.
    hours = law.start_h + (np.arange(len(law.chances) + 1) - 0.5) * law.step_h
    hours[0] = law.start_h
    over = np.concatenate(([1.0], 1 - law.chances))
    beyond = np.concatenate((np.cumsum((np.diff(hours) * (over[1:] + over[:-1]) / 2)[::-1])[::-1], [0.0]))
    # The sum of the grid and the mean agree but for what lies beyond it.
    scale = (law.mean_h - law.start_h) / beyond[0] if beyond[0] > 0 else 1.0

    def excess(limit: float) -> float:
        if limit <= law.start_h:
            return law.mean_h - limit
        return float(np.interp(limit, hours, beyond)) * scale

    return excess
