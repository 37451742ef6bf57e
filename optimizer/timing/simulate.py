"""The check: every element drawn from its own law, added up, and nothing known of moments or curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optimizer.timing.laws import Element, Shape

if TYPE_CHECKING:
    import numpy as np

DRAWS = 200_000


def simulate(elements: Sequence[Element], draws: int = DRAWS, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Total hours of so many journeys, elements independent of each other.

    Args:
        elements: as they follow on the way; the order changes the draws, not the law of the total.
        draws: journeys.
        seed: of the generator (PCG64); the same seed gives the same hours.
    Returns:
        `draws` totals in hours, unsorted.

    >>> from optimizer.timing.laws import fixed, gamma
    >>> hours = simulate([fixed(5), gamma(10, 0.5)], 20_000, seed=7)
    >>> bool(14.9 < hours.mean() < 15.1), bool(hours.min() >= 5)
    (True, True)
    """
    import numpy as np

    random = np.random.default_rng(seed)
    hours = np.zeros(draws)
    for element in elements:
        hours += element.mean_h * _drawn(random, element.shape, draws)
    return hours


def _drawn(random: np.random.Generator, shape: Shape, draws: int) -> Any:
    """Draws of a law whose mean is 1; single precision is far finer than the noise of the draws."""
    import numpy as np

    if shape.form == "gamma":
        k = shape.cv**-2
        return random.standard_gamma(k, draws, dtype=np.float32) / np.float32(k)
    if shape.form == "lognormal":
        variance = np.log1p(shape.cv**2)
        normal = random.standard_normal(draws, dtype=np.float32)
        return np.exp(normal * np.float32(np.sqrt(variance)) - np.float32(variance / 2))
    if shape.form == "uniform":
        return 2 * random.random(draws, dtype=np.float32)
    if shape.form == "mixture":
        which = random.random(draws)
        drawn = np.zeros(draws)
        start = 0.0
        for probability, mean, part in shape.parts:
            chosen = (start <= which) & (which < start + probability)
            drawn[chosen] = mean * _drawn(random, part, int(chosen.sum())) if part.form != "fixed" else mean
            start += probability
        return drawn
    return 1.0
