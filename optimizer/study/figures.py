"""Figures of findings as they are printed: money, shares that add up, break-even tonnes, ranges."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from optimizer.money import round_money
from optimizer.study.run import NEAR, Findings
from optimizer.study.sweep import Sweep


def money(value: float) -> str:
    """To the cent, half up."""
    return f"{round_money(Decimal(repr(float(value)))):zf}"


def shares(tonnes: np.ndarray) -> list[str]:
    """Parts of a whole in per cent with one decimal that add up to 100 exactly: the largest remainders are rounded up.

    >>> shares(np.array([1.0, 1.0, 1.0]))
    ['33.4', '33.3', '33.3']
    """
    total = float(tonnes.sum())
    if total <= 0:
        return ["0.0"] * len(tonnes)
    exact = tonnes / total * 1000
    whole = np.floor(exact).astype(int)
    left = 1000 - int(whole.sum())
    for n in np.argsort(-(exact - whole), kind="stable")[:left]:
        whole[n] += 1
    return [f"{w / 10:.1f}" for w in whole]


def break_even(found: Findings, margin: float) -> float:
    """Tonnes at this margin that bring what today's tariff brings."""
    now = float(found.today.contribution(found.response.costs)[found.response.mine, 0].sum())
    return max(0.0, now) / margin


def railways_of(found: Findings) -> list[int]:
    """Railways that earn something today or at the best point, or that set a rate."""
    return [
        i
        for i, name in enumerate(found.market.railways)
        if found.today.revenue[i, 0] or found.chosen.revenue[i, 0] or name in found.study.players
    ]


def verdict(gain: float) -> str:
    """In a word.

    >>> verdict(2.0), verdict(-0.5), verdict(0.0)
    ('gains', 'loses', 'same')
    """
    return "gains" if gain > 5e-5 else "loses" if gain < -5e-5 else "same"


def near_best(s: Sweep, values: Sequence[Decimal]) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest value in one run around the best whose objective is within a hundredth of it."""
    top = s.outcome.value[s.best]
    if s.best >= len(values) or not np.isfinite(top):
        return None
    floor = top - NEAR * abs(top)
    low = high = s.best
    while low > 0 and s.outcome.value[low - 1] >= floor:
        low -= 1
    while high + 1 < len(values) and s.outcome.value[high + 1] >= floor:
        high += 1
    return values[low], values[high]
