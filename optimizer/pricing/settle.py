"""Rates whose revenue does not rest on ties: each shipper's way is made cheaper than the others by a hair.

Floating-point search finds rates at which ways tie, up to rounding. Here the ways taken there are fixed, the best rates
with a small margin are found, and everything is computed again exactly; the best exact value wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from optimizer.pricing.arrays import Floats

if TYPE_CHECKING:
    from optimizer.pricing.search import Search

Judge = Callable[[Sequence[float]], Fraction]
MARGINS = (1e-8, 4e-8)  # of the cost of the dearest way; some 1e-5 in the public instances
GRID_BITS = 20  # costs of the public instances are whole numbers of 2**-20 or so: ties on this grid are exact
UNSEEN = Fraction(1, 10**6)  # what the margin may cost, relative
MOST_REPAIRS = 40


def settle(search: Search, judge: Judge | None = None) -> tuple[Floats, Fraction]:
    """Rates that bring what the best of a search promises, and what exactly they bring.

    Args:
        judge: tells what rates bring, exactly; by default what they bring on the ways listed.
    """
    worth = judge or (lambda rates: search.problem.react(rates)[0])
    best, value = search.best, worth(search.best.tolist())
    for candidate in () if search.stepped.any() else _candidates(search):
        exact = worth(candidate.tolist())
        if exact > value or (exact > 0 and exact >= value * (1 - UNSEEN)):
            best, value = candidate, exact  # the later ones are the sturdier
    return best, value


def _candidates(search: Search) -> Iterator[Floats]:
    a = search.ground.arrays
    yield np.clip(np.round(search.best * 2.0**GRID_BITS) / 2.0**GRID_BITS, a.low, a.high)
    ways = search.ground.value(search.best)[1] - a.first[:-1]
    scale = 1.0 + float(np.max(np.abs(a.cost), initial=0.0))
    for margin in MARGINS:
        sturdy = search.fixed.sturdy(margin * scale)
        for _ in range(MOST_REPAIRS):
            sturdy.grow(search.ground.arrays)
            found = sturdy.best(search.ground.arrays.first[:-1] + ways)
            if found is None:
                break
            if not search.missed(found[1], strict=True):
                yield found[1]
                break
