"""What a part of a shipment costs at least, as straight pieces a linear program can add up.

The exact price f(s) of s units is neither straight nor convex: what is charged once a consignment makes small parts
dear, what waits its turn at a reloading place makes large ones dear. The greatest convex function below f through
nothing for nothing is a valid lower price of any part; it is covered from below by a few straight pieces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STRAIGHT = 1.0005  # of the whole to its units at the cheapest, up to which a price is one piece
EQUAL = 1.0001  # slopes nearer than that are one piece
NEAR = 0.0007  # of the price: how far below it the pieces may lie
MOST_PIECES = 16


def envelope(sizes: Sequence[int], cents: NDArray[np.float64]) -> tuple[list[int], list[float]]:
    """Corners of the greatest convex function below the points and the origin.

    >>> envelope([1, 2, 3], np.array([5.0, 6.0, 10.0]))
    ([0, 2, 3], [0.0, 6.0, 10.0])
    """
    xs, ys = [0], [0.0]
    for x, y in zip(sizes, cents.tolist(), strict=True):
        while len(xs) > 1 and (ys[-1] - ys[-2]) * (x - xs[-1]) >= (y - ys[-1]) * (xs[-1] - xs[-2]):
            xs.pop()
            ys.pop()
        xs.append(x)
        ys.append(y)
    return xs, ys


def pieces(sizes: Sequence[int], cents: NDArray[np.float64], whole: bool) -> list[tuple[int, Fraction]]:
    """(units, cents for each) from the cheapest piece on; the units add up to the largest size.

    Cents are whole and rounded down, so that the sum never exceeds the exact price.

    >>> pieces([1, 2, 3], np.array([100.0, 200.0, 300.0]), False)
    [(3, Fraction(100, 1))]
    """
    most = sizes[-1]
    if whole:
        return [(most, _floor(float(cents[-1]) / most))]
    xs, ys = envelope(sizes, cents)
    first = (ys[1] - ys[0]) / (xs[1] - xs[0])
    if first <= 0 or ys[-1] <= first * most * STRAIGHT or most < 4:
        return [(most, _floor(first))]
    grid = np.arange(0, most + 1)
    lower = np.interp(grid, xs, ys)
    found: list[tuple[int, Fraction]] = []
    at, gone = 0, 0.0
    for part in _ends(ys[-1] / (first * most) - 1):
        end = max(at + 1, round(part * most)) if part < 1 else most
        if end <= at:
            continue
        slope = float(((lower[at + 1 : end + 1] - gone) / (grid[at + 1 : end + 1] - at)).min())
        if found:
            slope = max(slope, float(found[-1][1]))
        if found and slope <= float(found[-1][1]) * EQUAL:
            slope = float(found[-1][1])
            found[-1] = (found[-1][0] + end - at, found[-1][1])
        else:
            found.append((end - at, _floor(slope)))
        gone += slope * (end - at)
        at = end
    return found


def _ends(curve: float) -> list[float]:
    """Shares of the whole where pieces meet: tangents of a parabola at 0, 2, 4 ... of n parts meet at 1, 3, 5 ...

    Args:
        curve: by how much the whole costs more than all its units at the cheapest, as a share.

    >>> [round(7 * end) for end in _ends(0.033)]
    [1, 3, 5, 7]
    """
    count = min(MOST_PIECES, max(2, math.ceil(((curve / NEAR) ** 0.5 + 1) / 2)))
    return [(2 * i + 1) / (2 * count - 1) for i in range(count)]


def _floor(cents: float) -> Fraction:
    return Fraction(max(0, int(cents + 1e-6)))
