"""What `optimizer.timing.walk` does to one law, done to many at once: sums and quantiles.

Rows of one way differ by day and number of units, so the same steps are asked of hundreds of laws. Here they lie
under each other in one array, a row each, and every step is taken for all of them. The formulas and the order in
which the ends of a grid are reckoned are those of `walk`; the answers agree to about 1e-10 of an hour
(tests/unit/test_timing_many.py). What has no grid, such as a moment that is sure, is left to `walk` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from optimizer.timing import walk
from optimizer.timing.combine import Combined, combine
from optimizer.timing.laws import Element
from optimizer.timing.walk import CELLS, RARE

T = TypeVar("T")
Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
FEWEST = 3  # laws for which laying them under each other pays
MOST = 32  # laws at a time: as many as stay near the processor
_MIDDLES = np.arange(CELLS) + 0.5
_WIDTH = CELLS + 2  # of a row of chances: a 0 before them, and the last one twice


def then(laws: Sequence[Combined], elements: Sequence[Sequence[Element]]) -> list[Combined]:
    """Every law after its own further elements; see `walk.then`.

    >>> from optimizer.timing.laws import gamma
    >>> begun = walk.then(walk.at(0), [gamma(10, 0.5)])
    >>> [round(law.quantile(0.9), 1) for law in then([begun] * 3, [[gamma(h, 0.5)] for h in (1, 10, 50)])]
    [17.7, 29.4, 94.1]
    """
    found: list[Combined | None] = [None] * len(laws)
    ready: list[tuple[int, Combined, Combined]] = []
    for index, (law, further) in enumerate(zip(laws, elements, strict=True)):
        lasting = tuple(e for e in further if e.mean_h > 0)
        more = summed(lasting) if lasting else None
        if more is not None and on_grid(law) and on_grid(more):
            ready.append((index, law, more))
        else:
            found[index] = walk.then(law, lasting)
    for part in parts(ready):
        if len(part) < FEWEST:
            for index, law, _ in part:
                found[index] = walk.then(law, elements[index])
            continue
        sums = Laws.of([law for _, law, _ in part]).plus(Laws.of([more for *_, more in part]))
        for (index, law, more), done in zip(part, sums.each(), strict=True):
            found[index] = Combined(law.mean_h + more.mean_h, done.start_h, done.step_h, done.chances)
    return [law for law in found if law is not None]


def quantiles(laws: Sequence[Combined], chances: Sequence[float]) -> list[tuple[float, ...]]:
    """Hours within which each is done with each of these chances; see `Combined.quantile`.

    >>> from optimizer.timing.laws import gamma
    >>> law = walk.then(walk.at(0), [gamma(10, 0.5)])
    >>> quantiles([law] * 3, (0.5, 0.9))[1] == (law.quantile(0.5), law.quantile(0.9))
    True
    """
    found = [() if on_grid(law) else tuple(law.quantile(p) for p in chances) for law in laws]
    ready = [(index, law) for index, law in enumerate(laws) if on_grid(law)]
    for part in parts(ready):
        laid = Laws.of([law for _, law in part])
        table, row = laid.table[:, 1:-1], np.arange(len(part))
        columns = []
        for p in chances:
            cell = np.clip((table <= p).sum(axis=1) - 1, 0, CELLS - 2)
            lower, upper = table[row, cell], table[row, cell + 1]
            share = np.clip((p - lower) / np.maximum(upper - lower, 1e-300), 0.0, 1.0)
            columns.append((laid.start + np.maximum(0.0, (cell + share + 0.5) * laid.step)).tolist())
        for (index, _), hours in zip(part, zip(*columns, strict=True), strict=True):
            found[index] = hours
    return found


@lru_cache(maxsize=1024)
def summed(elements: tuple[Element, ...]) -> Combined:
    """The law of their sum."""
    return combine(elements, CELLS)


def on_grid(law: Combined) -> bool:
    """Whether a law can lie under others."""
    return law.step_h > 0 and len(law.chances) == CELLS


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Rows, as many as are taken at a time."""
    for first in range(0, len(rows), MOST):
        yield rows[first : first + MOST]


@dataclass(frozen=True, slots=True)
class Laws:
    """Laws under each other, a row of the table for each."""

    start: Array
    step: Array
    table: Array

    @classmethod
    def of(cls, laws: Sequence[Combined]) -> Laws:
        """Laws that are `on_grid`."""
        table = np.zeros((len(laws), _WIDTH))
        for row, law in zip(table, laws, strict=True):
            row[1:-1] = law.chances
        table[:, -1] = table[:, -2]
        return cls(np.array([law.start_h for law in laws], float), np.array([law.step_h for law in laws]), table)

    @classmethod
    def between(cls, first: Array, last: Array, chances: Callable[[Array], Array]) -> Laws:
        """Laws on a grid over each span of hours; `chances` tells those of a row of hours for each."""
        step = np.maximum(last - first, 1e-9) / (CELLS - 1)
        return cls(first, step, _table(chances(first[:, None] + _MIDDLES * step[:, None])))

    def each(self) -> Iterator[Combined]:
        """One by one, without their means."""
        for start, step, row in zip(self.start.tolist(), self.step.tolist(), self.table, strict=True):
            yield Combined(0.0, start, step, row[1:-1])

    def rows(self, wanted: Ints) -> Laws:
        """Some of them, each as often as wanted."""
        return Laws(self.start[wanted], self.step[wanted], self.table[wanted])

    def end(self) -> Array:
        """Hours after which next to nothing is left."""
        cell = np.minimum((self.table[:, 1:-1] < 1 - RARE).sum(axis=1), CELLS - 1)
        return self.start + self.step * (cell + 0.5)

    def by(self, hours: Array) -> Array:
        """Chance of being done within each of these hours, a row of them for each law."""
        cells = hours - self.start[:, None]
        cells /= self.step[:, None]
        cells += 0.5
        return self._at(cells)

    def _at(self, cells: Array) -> Array:
        np.clip(cells, 0.0, CELLS, out=cells)
        left = cells.astype(np.intp)
        cells -= left
        # Behind each other the rows make one long table.
        left += (_WIDTH * np.arange(len(cells)))[:, None]
        chances = self.table.ravel()
        lower = chances.take(left, mode="clip")
        found: Array = chances[1:].take(left, mode="clip")
        found -= lower
        found *= cells
        found += lower
        return found

    def plus(self, more: Laws) -> Laws:
        """The laws of the sums, row by row."""
        step = (self.end() - self.start + more.end() - more.start) / CELLS
        # Mass of one times chances of the other gives chances at once.
        mass, by = np.zeros((2, len(step), 2 * CELLS))
        mass[:, :CELLS] = self._at(_MIDDLES * (step / self.step)[:, None] + 0.5)
        mass[:, 1:CELLS] -= mass[:, : CELLS - 1].copy()
        by[:, :CELLS] = more._at(_MIDDLES * (step / more.step)[:, None] + 0.5)
        product = np.fft.rfft(mass)
        product *= np.fft.rfft(by)
        return Laws(self.start + more.start, step, _table(np.fft.irfft(product, 2 * CELLS)[:, :CELLS]))


def _table(chances: Array) -> Array:
    table = np.zeros((len(chances), _WIDTH))
    np.clip(chances, 0.0, 1.0, out=table[:, 1:-1])
    table[:, -1] = table[:, -2]
    return table
