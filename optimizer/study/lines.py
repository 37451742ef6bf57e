"""A charge line as a function of a free coefficient: cents for every value it may take, exactly as a sheet rounds them.

A free coefficient is a factor of the lines it fits. Their amounts are rounded where the book says and again when they
are converted, so a line is a staircase along a straight line. All of its steps are worked out, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.money import CENT, EXACT, ONE, FxQuote
from optimizer.tariff.bases import FAMILY
from optimizer.tariff.charge import Load, Term, amount_of, quantity_of

SHUT = 10**10  # cents of a rate that does not exist: more than anything costs, little enough to be added up in 64 bits


def with_factor(term: Term, free: str, value: Decimal) -> Term:
    """A term with its free coefficient at a value; a share of another line follows that line."""
    base = None if term.base is None else with_factor(term.base, free, value)
    product = ONE
    coefficients = []
    for coef in term.coefficients:
        coef = replace(coef, value=value) if coef.coef_id.startswith(free) else coef
        coefficients.append(coef)
        product = EXACT.multiply(product, coef.value)
    return replace(term, coefficients=tuple(coefficients), coefficient=product, base=base)


def cents_of(term: Term, load: Load, fx: FxQuote) -> int:
    """Cents of a line in the currency of the study."""
    return int(fx.convert(amount_of(term, load)) / CENT)


class Grid:
    """Values of a coefficient, and as whole numbers of one small part."""

    def __init__(self, values: Sequence[Decimal]) -> None:
        ratios = [value.as_integer_ratio() for value in values]
        self.values = values
        self.parts = lcm(*(d for _, d in ratios))  # of 1
        counts = [n * (self.parts // d) for n, d in ratios]
        self.counts: NDArray[Any] = np.array(counts, dtype=np.int64 if max(counts, default=0) < 1 << 62 else object)


def staircase(term: Term, free: str, grid: Grid, load: Load, fx: FxQuote) -> NDArray[np.int64]:
    """Cents of a line at every value of its free coefficient.

    Rounded once and to a plain step it is integer arithmetic; any other rounding goes through the sheet's own code.
    """
    rounding = term.rule.rounding
    straight = term.base is None and term.extra is None and rounding.coefficient == "after"
    if not straight:
        return np.array([cents_of(with_factor(term, free, v), load, fx) for v in grid.values], dtype=np.int64)
    rest = ONE
    for coef in term.coefficients:
        if not coef.coef_id.startswith(free):
            rest = EXACT.multiply(rest, coef.value)
    base = EXACT.multiply(EXACT.multiply(EXACT.multiply(term.rate, term.multiplier), quantity_of(term, load)), rest)
    units = max(1, load.units(FAMILY.get(term.subject.form, "wagon"))) if rounding.per == "unit" else 1
    step = rounding.step
    # units x half-up(base x value / units / step) x step, in cents, then divided by the exchange rate, half up.
    base_n, base_d = base.as_integer_ratio()
    step_n, step_d = step.as_integer_ratio()
    over, under = base_n * step_d, base_d * step_n * units
    cents_n, cents_d = (step * 100 * units).as_integer_ratio()
    rate_n, rate_d = fx.rate.as_integer_ratio()
    steps = _half_up(grid.counts, over, under * grid.parts)
    cents = _half_up(steps, cents_n, cents_d)
    return cents if rate_n == rate_d else _half_up(cents, rate_d, rate_n)


def _half_up(counts: NDArray[Any], over: int, under: int) -> NDArray[np.int64]:
    """Whole numbers, not negative, times a fraction, each rounded half up; exact whatever their size.

    >>> _half_up(np.array([5, 4]), 1, 2), _half_up(np.array([4]), 1, 3), _half_up(np.array([3]), 10**30 + 1, 2 * 10**30)
    (array([3, 2]), array([1]), array([2]))
    """
    shared = gcd(over, under)
    over, under = over // shared, under // shared
    if 2 * over * int(counts.max(initial=0)) + 2 * under < 1 << 63:
        return (2 * over * counts + under) // (2 * under)
    return np.array([(2 * over * count + under) // (2 * under) for count in counts.tolist()], dtype=np.int64)


def split_cents(cents: NDArray[np.int64], parts: Sequence[tuple[int, Fraction]]) -> list[tuple[int, NDArray[np.int64]]]:
    """Whole cents for each of several, together what there is where the parts make 1; what nobody pays brings nothing.

    >>> [(who, part.tolist()) for who, part in split_cents(np.array([101, SHUT]), [(4, Fraction(1, 2)), (7, Fraction(1, 2))])]
    [(4, [51, 0]), (7, [50, 0])]
    """
    there = np.where(cents >= SHUT, 0, cents)
    found = []
    given, so_far = np.zeros_like(there), Fraction(0)
    for who, part in parts:
        so_far += part
        upto = (2 * there * so_far.numerator + so_far.denominator) // (2 * so_far.denominator)
        found.append((who, upto - given))
        given = upto
    return found


@lru_cache(maxsize=64)
def answered(values: tuple[Decimal, ...], today: Decimal, reply: Decimal) -> tuple[Decimal, ...]:
    """The factor a rival puts on its own rate for every value of ours: reductions are followed in part, rises never.

    >>> [str(v) for v in answered((Decimal("0.4"), Decimal("0.6")), Decimal("0.5"), Decimal("0.5"))]
    ['0.9000', '1']
    """
    found = []
    for value in values:
        cut = ONE - value / today if today else Decimal(0)
        factor = ONE if cut <= 0 or not reply else ONE - reply * cut
        found.append(factor if factor == ONE else max(factor, Decimal("0.0001")).quantize(Decimal("0.0001")))
    return tuple(found)
