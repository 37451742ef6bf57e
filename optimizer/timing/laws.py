"""Laws of the hours of one element of a way, free of scale: the mean comes from the leg, the shape from here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from optimizer.timing.spread import Spread

FORMS = ("fixed", "gamma", "lognormal", "uniform")  # those a table may name; a mixture is made from them


@dataclass(frozen=True, slots=True)
class Shape:
    """A law whose mean is 1.

    Attributes:
        form: fixed, gamma, lognormal, uniform (from 0 to twice the mean) or mixture.
        cv: standard deviation over mean, of gamma and lognormal.
        parts: of a mixture: (probability, mean of the part against the mean of the whole, its shape).
    """

    form: str = "fixed"
    cv: float = 0.0
    parts: tuple[tuple[float, float, Shape], ...] = ()

    @property
    def spread(self) -> Spread:
        """Cumulants at a mean of one hour."""
        return _unit_spread(self)

    def of_mean(self, mean_h: float) -> Spread:
        """Cumulants at this mean.

        >>> Shape("uniform").of_mean(84) == Spread.wait(168)
        True
        """
        return self.spread.scaled(mean_h)


FIXED = Shape()


@lru_cache(maxsize=4096)
def _unit_spread(shape: Shape) -> Spread:
    if shape.form == "gamma":
        return Spread.gamma(1.0, shape.cv)
    if shape.form == "lognormal":
        return Spread.lognormal(1.0, shape.cv)
    if shape.form == "uniform":
        return Spread.wait(2.0)
    if shape.form == "mixture":
        return Spread.mixture([(p, part.of_mean(mean)) for p, mean, part in shape.parts])
    return Spread.fixed(1.0)


@dataclass(frozen=True, slots=True)
class Element:
    """One time-bearing part of a way: a mean in hours and the shape around it."""

    mean_h: float
    shape: Shape = FIXED

    @property
    def spread(self) -> Spread:
        """
        >>> gamma(10, 0.5).spread == Spread.gamma(10, 0.5)
        True
        """
        return self.shape.of_mean(self.mean_h)


def fixed(hours: float) -> Element:
    """Hours that never vary."""
    return Element(hours)


def gamma(mean_h: float, cv: float) -> Element:
    """The gamma law by mean (hours) and standard deviation over mean."""
    return Element(mean_h, Shape("gamma", cv) if cv > 0 else FIXED)


def lognormal(mean_h: float, cv: float) -> Element:
    """The lognormal law by mean (hours) and standard deviation over mean."""
    return Element(mean_h, Shape("lognormal", cv) if cv > 0 else FIXED)


def wait(headway_h: float) -> Element:
    """Waiting for the next of departures so many hours apart, come when one may."""
    return Element(headway_h / 2, Shape("uniform"))


def mixture(parts: Sequence[tuple[float, Element]]) -> Element:
    """One of several elements, by probabilities that add up to 1.

    Raises:
        ValueError: the probabilities do not add up to 1, or one is negative.

    >>> storms = mixture([(0.5, fixed(0)), (0.5, gamma(48, 1))])
    >>> storms.mean_h, round(storms.spread.sd_h, 1)
    (24.0, 41.6)
    """
    if any(p < 0 for p, _ in parts) or not math.isclose(sum(p for p, _ in parts), 1.0, abs_tol=1e-9):
        raise ValueError("The probabilities of a mixture are not negative and add up to 1.")
    mean = sum(p * e.mean_h for p, e in parts)
    if mean == 0:
        return Element(0.0)
    return Element(mean, Shape("mixture", parts=tuple((p, e.mean_h / mean, e.shape) for p, e in parts)))
