"""From published figures to a shape: a range, two quantiles, or the means of several years."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from optimizer.timing.gammas import HIGH_P, LOW_P, cv_of_ratio
from optimizer.timing.laws import FIXED, Shape


def between(figures: Sequence[float]) -> float:
    """Standard deviation over mean of several years' (or posts') means.

    Args:
        figures: two or more, above 0; fewer vary by nothing.

    >>> round(between([70.7, 57.5, 54.0]), 3)  # Chaman outbound, 2020 to 2022
    0.145
    """
    return stdev(figures) / fmean(figures) if len(figures) > 1 else 0.0


def fitted(
    form: str,
    *,
    cv: float = 0.0,
    low: float = 0.0,
    high: float = 0.0,
    read_as: tuple[float, float] = (LOW_P, HIGH_P),
    figures: Sequence[float] = (),
) -> Shape:
    """The shape of one passage.

    The spread within a year comes from `cv` or from the range; that from year to year, where means of several
    years are published, is joined to it as an independent part: the squares add.

    Args:
        form: fixed, gamma, lognormal or uniform; the last has no parameter.
        cv: standard deviation over mean; 0 where the range tells it.
        low, high: published range in any unit, of hours or of speeds; only its ratio counts.
        read_as: chances the two figures are read as.
        figures: means of several years.

    >>> round(fitted("gamma", low=6, high=72).cv, 2)
    0.68
    >>> round(fitted("gamma", low=6, high=72, figures=[70.7, 57.5, 54.0]).cv, 2)
    0.7
    """
    if form in ("fixed", "uniform"):
        return Shape(form)
    within = cv or (cv_of_ratio(form, high / low, *read_as) if low > 0 else 0.0)
    whole = math.hypot(within, between(figures))
    return Shape(form, whole) if whole > 0 else FIXED
