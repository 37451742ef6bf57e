"""Hours with their spread: a mean and three cumulants that add along a way, and the chances read from them.

    mean_h     hours                     of a sum of independent times: the sum
    var_h2     hours squared             the sum
    third_h3   hours cubed               the sum (third central moment)
    fourth_h4  hours to the fourth       the sum (fourth cumulant: fourth central moment less three squared variances)

A quantile is that of two curves with the same mean, variance and third moment, the shifted gamma law (Pearson's
type III) and the shifted lognormal law, weighted so that the fourth cumulant agrees too [rule: fit].
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.timing.gammas import NORMAL, gamma_chance, gamma_quantile

FLAT = 1e-9  # a deviation below this part of the mean is none
STRAIGHT = 1e-4  # a skewness below this is none: both curves are the normal one


@dataclass(frozen=True, slots=True)
class Spread:
    """Hours of something that does not always take as long; adds along a way where the parts are independent.

    Attributes:
        mean_h: expected hours.
        var_h2: variance, h².
        third_h3: third central moment, h³; above 0 where long delays are likelier than equally early arrivals.
        fourth_h4: fourth cumulant, h⁴; says how far the long delays reach.
    """

    mean_h: float = 0.0
    var_h2: float = 0.0
    third_h3: float = 0.0
    fourth_h4: float = 0.0

    @classmethod
    def fixed(cls, hours: float) -> Spread:
        """Hours that never vary."""
        return cls(hours)

    @classmethod
    def gamma(cls, mean_h: float, cv: float) -> Spread:
        """The gamma law; `cv` is standard deviation over mean, 1 is the exponential law.

        >>> Spread.gamma(10, 0.5)
        Spread(mean_h=10, var_h2=25.0, third_h3=125.0, fourth_h4=937.5)
        """
        var = (mean_h * cv) ** 2
        scale = mean_h * cv * cv
        return cls(mean_h, var, 2 * var * scale, 6 * var * scale * scale)

    @classmethod
    def lognormal(cls, mean_h: float, cv: float) -> Spread:
        """The lognormal law; `cv` is standard deviation over mean.

        >>> round(Spread.lognormal(10, 0.5).skew, 3)  # 3 cv + cv³
        1.625
        """
        var = (mean_h * cv) ** 2
        w = 1 + cv * cv
        return cls(mean_h, var, (w + 2) * cv * var**1.5, (w**4 + 2 * w**3 + 3 * w * w - 6) * var * var)

    @classmethod
    def wait(cls, headway_h: float) -> Spread:
        """Waiting for the next of departures `headway_h` hours apart by who comes at any time: even over 0 to headway.

        >>> Spread.wait(168).mean_h
        84.0
        """
        return cls(headway_h / 2, headway_h**2 / 12, 0.0, -(headway_h**4) / 120)

    @classmethod
    def mixture(cls, parts: Sequence[tuple[float, Spread]]) -> Spread:
        """One of several: most days open, some days a long queue.

        Args:
            parts: (probability, spread); the probabilities add up to 1.

        >>> calm, storm = Spread.fixed(0), Spread.gamma(48, 1)
        >>> Spread.mixture([(0.75, calm), (0.25, storm)]).mean_h
        12.0
        """
        mean = sum(p * s.mean_h for p, s in parts)
        var = third = fourth = 0.0
        for p, s in parts:
            off = s.mean_h - mean
            var += p * (s.var_h2 + off**2)
            third += p * (s.third_h3 + 3 * off * s.var_h2 + off**3)
            # Fourth central moment of the part about the mean of the whole.
            fourth += p * (s.fourth_h4 + 3 * s.var_h2**2 + 4 * off * s.third_h3 + 6 * off * off * s.var_h2 + off**4)
        return cls(mean, var, third, fourth - 3 * var * var)

    def __add__(self, other: Spread) -> Spread:
        """The sum of two independent times."""
        return Spread(
            self.mean_h + other.mean_h,
            self.var_h2 + other.var_h2,
            self.third_h3 + other.third_h3,
            self.fourth_h4 + other.fourth_h4,
        )

    def scaled(self, factor: float) -> Spread:
        """The same law with every hour `factor` times as long.

        >>> Spread.gamma(1, 0.5).scaled(10) == Spread.gamma(10, 0.5)
        True
        """
        square = factor * factor
        return Spread(
            self.mean_h * factor,
            self.var_h2 * square,
            self.third_h3 * square * factor,
            self.fourth_h4 * square * square,
        )

    @property
    def sd_h(self) -> float:
        """Standard deviation, hours."""
        return math.sqrt(max(0.0, self.var_h2))

    @property
    def skew(self) -> float:
        """Skewness: the third moment in deviations; 0 where nothing varies."""
        return self.third_h3 / self.var_h2**1.5 if self.var_h2 > 0 else 0.0

    def quantile(self, p: float) -> float:
        """Hours within which it is done with chance `p`.

        Args:
            p: chance, above 0 and below 1: 0.5 for P50, 0.9 for P90.
        Returns:
            Hours, never below 0; never falls as `p` rises. Exact for one gamma or one lognormal law.
        Raises:
            ValueError: `p` is not between 0 and 1.
        Notes: against 200,000 draws (tests/properties/test_spread.py) within 1 % at P50 and P90 where the parts are
            gamma laws with a deviation of at most their mean; with lognormal ones up to 2.5 %; where one part with a
            greater deviation dominates up to 5 %, and with two humps there is no bound: see `optimizer.timing.combine`.

        >>> round(Spread.gamma(10, 1).quantile(0.9), 3)  # exponential: mean times log of 10
        23.026
        >>> Spread.fixed(10).quantile(0.9)
        10
        """
        if not 0 < p < 1:
            raise ValueError(f"A chance lies between 0 and 1, not {p}.")
        sd = self.sd_h
        if sd <= FLAT * abs(self.mean_h):
            return self.mean_h
        skew, weight = self._curves(sd)
        if skew < 0:
            return max(0.0, self.mean_h - sd * _standard(-skew, weight, 1 - p))
        return max(0.0, self.mean_h + sd * _standard(skew, weight, p))

    def chance(self, hours: float) -> float:
        """Chance of being done within `hours`: the inverse of `quantile`.

        >>> round(Spread.gamma(10, 1).chance(23.026), 4)
        0.9
        >>> Spread.fixed(10).chance(9.9), Spread.fixed(10).chance(10)
        (0.0, 1.0)
        """
        sd = self.sd_h
        if sd <= FLAT * abs(self.mean_h):
            return 1.0 if hours >= self.mean_h else 0.0
        if hours < 0:
            return 0.0
        skew, weight = self._curves(sd)
        at = (hours - self.mean_h) / sd
        return 1 - _standard_chance(-skew, weight, -at) if skew < 0 else _standard_chance(skew, weight, at)

    def _curves(self, sd: float) -> tuple[float, float]:
        """Skewness, and the weight of the lognormal curve against the gamma one."""
        skew = self.third_h3 / sd**3
        if abs(skew) < STRAIGHT:
            return 0.0, 0.0
        gamma = 1.5 * skew * skew
        w = _log_variance(abs(skew))
        weight = (self.fourth_h4 / sd**4 - gamma) / (w**4 + 2 * w**3 + 3 * w * w - 6 - gamma)
        return skew, 0.0 if weight < 1e-9 else min(1.0, weight)


def total(spreads: Iterable[Spread]) -> Spread:
    """The sum of independent times.

    >>> total([Spread.fixed(5), Spread.gamma(10, 0.5), Spread.gamma(10, 0.5)]).var_h2
    50.0
    """
    mean = var = third = fourth = 0.0
    for s in spreads:
        mean += s.mean_h
        var += s.var_h2
        third += s.third_h3
        fourth += s.fourth_h4
    return Spread(mean, var, third, fourth)


def _log_variance(skew: float) -> float:
    """exp(sigma²) of the lognormal law with this skewness: the root of (w + 2)² (w - 1) = skew²."""
    half = 1 + skew * skew / 2
    root = (half + math.sqrt(half * half - 1)) ** (1 / 3)
    return root + 1 / root - 1


def _standard(skew: float, weight: float, p: float) -> float:
    """Quantile in deviations from the mean; skew not below 0."""
    if skew == 0:
        return NORMAL.inv_cdf(p)
    found = 0.0
    if weight < 1:
        root = 2 / skew  # of the shape
        found += (1 - weight) * (gamma_quantile(root * root, p) / root - root)
    if weight > 0:
        w = _log_variance(skew)
        sigma = math.sqrt(math.log(w))
        found += weight * math.expm1(sigma * (NORMAL.inv_cdf(p) - sigma / 2)) / math.sqrt(w - 1)
    return found


def _standard_chance(skew: float, weight: float, at: float) -> float:
    """The inverse of `_standard`."""
    if skew == 0:
        return NORMAL.cdf(at)
    root = 2 / skew
    by_gamma = by_log = gamma_chance(root * root, (at + root) * root) if weight < 1 else 0.0
    if weight > 0:
        w = _log_variance(skew)
        sigma = math.sqrt(math.log(w))
        inside = 1 + at * math.sqrt(w - 1)
        by_log = NORMAL.cdf(math.log(inside) / sigma + sigma / 2) if inside > 0 else 0.0
    if weight in (0, 1):
        return by_log
    # Both curves rise, so the chance of their weighted quantile lies between their two chances.
    low, high = sorted((by_gamma, by_log))
    low, high = max(low, 1e-12), min(high, 1 - 1e-12)
    if high - low < 1e-9:
        return low
    below, above = _standard(skew, weight, low) - at, _standard(skew, weight, high) - at
    for _ in range(30):
        if below >= 0 or above <= 0 or high - low < 1e-9:
            break
        p = (low * above - high * below) / (above - below)
        off = _standard(skew, weight, p) - at
        if abs(off) < 1e-9:
            return p
        if off < 0:
            low, below, above = p, off, above / 2  # halved, lest one end stay for ever (Illinois)
        else:
            high, above, below = p, off, below / 2
    return low if below >= 0 else high
