"""The law of a way's total hours from the laws of its elements, without drawing: by characteristic functions.

The transform of a sum of independent times is the product of their transforms; those of the gamma and uniform laws
and of mixtures are known in closed form. Slower than the curves of `Spread` and right where those are not: one
element that dominates with a deviation above its mean, or a mixture with two humps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.timing.gammas import NORMAL
from optimizer.timing.laws import Element, Shape
from optimizer.timing.spread import Spread, total

if TYPE_CHECKING:
    import numpy as np

CELLS = 1024
REACH = 14.0  # deviations above the mean that the grid covers


@dataclass(frozen=True, slots=True)
class Combined:
    """Chances of a total on an even grid of hours.

    Attributes:
        mean_h: expected hours.
        start_h: hours that pass at least.
        step_h: width of a cell; 0 where nothing varies.
        chances: chance of being done by the upper edge of each cell; never falls.
    """

    mean_h: float
    start_h: float
    step_h: float
    chances: np.ndarray[Any, np.dtype[np.float64]]

    def quantile(self, p: float) -> float:
        """Hours within which it is done with chance `p`; see `Spread.quantile`.

        Raises:
            ValueError: `p` is not between 0 and 1.
        """
        import numpy as np

        if not 0 < p < 1:
            raise ValueError(f"A chance lies between 0 and 1, not {p}.")
        if not self.step_h:
            return self.start_h
        cells = float(np.interp(p, self.chances, np.arange(len(self.chances)))) + 0.5
        return self.start_h + max(0.0, cells * self.step_h)

    def chance(self, hours: float) -> float:
        """Chance of being done within `hours`."""
        import numpy as np

        if hours < self.start_h or not self.step_h:
            return 1.0 if hours >= self.start_h else 0.0
        cell = (hours - self.start_h) / self.step_h - 0.5
        return float(np.interp(cell, np.arange(-1, len(self.chances)), [0.0, *self.chances]))


def is_plain(element: Element) -> bool:
    """Whether the curves of `Spread` are good to 1 % however much this element weighs [rule: curves-or-grid]."""
    form = element.shape.form
    return form in ("fixed", "uniform") or (form == "gamma" and element.shape.cv <= 1)


def arrival(elements: Sequence[Element]) -> Spread | Combined:
    """Chances of a total: by the curves where they are good, on the grid elsewhere.

    >>> from optimizer.timing.laws import fixed, gamma, mixture
    >>> type(arrival([fixed(5), gamma(10, 0.5)])).__name__
    'Spread'
    >>> storm = mixture([(0.5, fixed(0)), (0.5, gamma(48, 1))])
    >>> type(arrival([gamma(10, 0.5), storm])).__name__
    'Combined'
    """
    return total(e.spread for e in elements) if all(map(is_plain, elements)) else combine(elements)


def combine(elements: Sequence[Element], cells: int = CELLS) -> Combined:
    """The law of the total of independent elements.

    Args:
        elements: in any order.
        cells: of the grid, a power of two; the grid spans from the least possible total to 14 deviations above the
            mean, so with 1,024 cells a cell is about a seventieth of a deviation.
    Notes: what lies beyond the grid (less than one journey in a thousand, whatever the laws) is put at its start.
    Source: product of characteristic functions, inverted as a Fourier series: Fang, F., Oosterlee, C. W. (2008). A
        novel pricing method based on Fourier-cosine series expansions. SIAM J. Sci. Comput. 31, 826-848.

    >>> from optimizer.timing.laws import fixed, gamma
    >>> one = combine([fixed(5), gamma(10, 0.5), gamma(10, 0.5)])
    >>> round(one.quantile(0.9), 1)  # 5 h and a gamma law of shape 8: 5 + 2.5 x 11.77
    34.4
    """
    import numpy as np

    whole = total(e.spread for e in elements)
    start = sum(e.mean_h for e in elements if e.shape.form == "fixed")
    moving = [e for e in elements if e.shape.form != "fixed" and e.mean_h > 0]
    if not moving or whole.sd_h <= 1e-9 * whole.mean_h:
        return Combined(whole.mean_h, whole.mean_h, 0.0, np.ones(1))
    step = (whole.mean_h - start + REACH * whole.sd_h) / cells
    turn = np.arange(cells // 2 + 1) * (2 * np.pi / cells)  # radians a cell
    # Averaged over a cell, so that the running sum is the chance at the cell's upper edge.
    product = np.sinc(turn / (2 * np.pi)).astype(complex)
    gammas = [e for e in moving if e.shape.form == "gamma"]
    if gammas:
        cv2 = np.array([e.shape.cv**2 for e in gammas])
        at = np.outer(cv2 * [e.mean_h / step for e in gammas], turn)
        product *= np.exp(-0.5 * (np.log1p(at * at).T @ (1 / cv2)) + 1j * (np.arctan(at).T @ (1 / cv2)))
    for element in moving:
        if element.shape.form != "gamma":
            product *= _transform(element.shape, element.mean_h / step, turn)
    mass = np.fft.irfft(product.conj(), cells)
    chances = np.maximum.accumulate(np.cumsum(mass))
    return Combined(whole.mean_h, start, step, np.clip(chances, 0.0, 1.0))


def _transform(shape: Shape, mean: float, turn: Any) -> Any:
    """E exp(i X turn) of a law with this mean, counted in cells."""
    import numpy as np

    if mean == 0:
        return np.ones(len(turn), complex)
    if shape.form == "gamma":
        cv2 = shape.cv**2
        return (1 - 1j * turn * (mean * cv2)) ** (-1 / cv2)
    if shape.form == "uniform":
        return np.exp(1j * turn * mean) * np.sinc(turn * mean / np.pi)
    if shape.form == "mixture":
        return sum(p * _transform(part, mean * share, turn) for p, share, part in shape.parts)
    if shape.form == "lognormal":
        # No closed form: its own chances on the grid. The upper edge of cell j stands half a cell above j.
        cells = 2 * (len(turn) - 1)
        sigma = math.sqrt(math.log1p(shape.cv**2))
        edges = (np.log((np.arange(cells) + 0.5) / mean) + sigma * sigma / 2) / sigma
        marks, chances = _normal_table()
        mass = np.diff(np.interp(edges, marks, chances), prepend=0.0)
        return np.fft.rfft(mass).conj()
    return np.exp(1j * turn * mean)


_TABLE: list[Any] = []


def _normal_table() -> tuple[Any, Any]:
    """Chances of the normal law, close enough to read between."""
    import numpy as np

    if not _TABLE:
        marks = np.linspace(-8, 8, 3201)
        _TABLE.append((marks, np.array([NORMAL.cdf(z) for z in marks])))
    found: tuple[Any, Any] = _TABLE[0]
    return found
