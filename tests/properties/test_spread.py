"""Times with their spread: the chances computed against simulation, and what must hold for any elements.

The simulation draws every element from its own law and knows neither moments nor curves nor transforms; 200,000
draws leave it a noise of some 0.1 to 0.3 % at P50 and P90.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.timing.combine import arrival, combine, is_plain
from optimizer.timing.laws import Element, fixed, gamma, lognormal, mixture, wait
from optimizer.timing.simulate import DRAWS, simulate
from optimizer.timing.spread import Spread, total

PROMISED = 0.03
MEASURED = 0.015  # what is held at present, noise included; the promise has room
PER_CENT = (0.5, 0.9)


def ways(count: int, hardest: float, hard: bool) -> list[list[Element]]:
    """Lists shaped like real ways: 8 to 20 elements, one or two that dominate, waits and fixed hours between.

    `hard`: among the dominating ones also lognormal laws and queues met with some chance.
    """
    random = np.random.default_rng(20251125)
    found = []
    for _ in range(count):
        elements = []
        dominating = int(random.integers(1, 3))
        for i in range(int(random.integers(8, 21))):
            big = i < dominating
            mean = float(random.uniform(60, 300) if big else random.uniform(2, 40))
            cv = float(random.uniform(0.4 if big else 0.1, hardest))
            luck = random.random()
            if not big and luck < 0.15:
                elements.append(wait(2 * mean))
            elif not big and luck < 0.25:
                elements.append(fixed(mean))
            elif hard and big and luck < 0.3:
                share = float(random.uniform(0.05, 0.5))
                queue = gamma(mean * float(random.uniform(2, 6)), 0.6)
                elements.append(mixture([(1 - share, gamma(0.4 * mean, 0.4)), (share, queue)]))
            elif hard and random.random() < 0.4:
                elements.append(lognormal(mean, cv))
            else:
                elements.append(gamma(mean, cv))
        found.append(elements)
    return found


def errors(lists: list[list[Element]]) -> np.ndarray:
    """Computed over simulated less 1, at P50 and P90, for every list."""
    found = []
    for seed, elements in enumerate(lists):
        hours = np.partition(simulate(elements, seed=seed), [DRAWS // 2, DRAWS * 9 // 10])
        simulated = hours[[DRAWS // 2, DRAWS * 9 // 10]]
        times = arrival(elements)
        found.append([times.quantile(p) / at - 1 for p, at in zip(PER_CENT, simulated, strict=True)])
    return np.array(found)


def test_curves_agree_with_simulation_on_ordinary_ways() -> None:
    """[rule: fit]"""
    lists = ways(100, 1.0, hard=False)
    assert all(is_plain(e) for elements in lists for e in elements)
    off = np.abs(errors(lists))
    assert off.max() < MEASURED < PROMISED, off.max(axis=0)
    assert np.median(off) < 0.003


def test_the_grid_agrees_with_simulation_on_the_hardest_ways() -> None:
    """[rule: curves-or-grid]"""
    off = np.abs(errors(ways(100, 1.5, hard=True)))
    # Where P90 falls between two humps hardly a draw lies near it: there the simulation itself is 1 to 3 % off.
    assert off.max() < PROMISED, off.max(axis=0)
    assert np.quantile(off, 0.98) < MEASURED
    assert np.median(off) < 0.003


def test_curves_and_grid_are_two_methods_for_one_thing() -> None:
    for elements in ways(40, 1.0, hard=False):
        curves, grid = total(e.spread for e in elements), combine(elements)
        assert grid.mean_h == pytest.approx(curves.mean_h)
        for p in (0.1, 0.5, 0.8, 0.9, 0.95):
            assert curves.quantile(p) == pytest.approx(grid.quantile(p), rel=0.015), p


def test_simulated_moments_are_the_added_ones() -> None:
    for seed, elements in enumerate(ways(5, 1.0, hard=False)):
        hours, added = simulate(elements, seed=seed), total(e.spread for e in elements)
        assert hours.mean() == pytest.approx(added.mean_h, rel=0.005)
        assert hours.std() == pytest.approx(added.sd_h, rel=0.02)
        assert ((hours - hours.mean()) ** 3).mean() == pytest.approx(added.third_h3, rel=0.15)


means = st.floats(0.5, 500)
cvs = st.floats(0.05, 1.5)
chances = st.floats(0.01, 0.99)
elements = st.one_of(
    st.builds(fixed, means),
    st.builds(wait, means),
    st.builds(gamma, means, cvs),
    st.builds(lognormal, means, cvs),
    st.builds(lambda share, h, cv: mixture([(1 - share, fixed(0)), (share, gamma(h, cv))]), chances, means, cvs),
)
lists = st.lists(elements, min_size=1, max_size=12)


@settings(max_examples=80, deadline=None)
@given(lists, chances, chances)
def test_a_greater_chance_never_takes_fewer_hours(way: list[Element], p: float, q: float) -> None:
    low, high = sorted((p, q))
    for times in (total(e.spread for e in way), combine(way)):
        assert 0 <= times.quantile(low) <= times.quantile(high) + 1e-9


@settings(max_examples=80, deadline=None)
@given(lists, st.floats(0, 2000), st.floats(0, 2000))
def test_more_hours_never_lower_the_chance(way: list[Element], a: float, b: float) -> None:
    early, late = sorted((a, b))
    for times in (total(e.spread for e in way), combine(way)):
        assert 0 <= times.chance(early) <= times.chance(late) + 1e-7 <= 1 + 1e-6


@settings(max_examples=80, deadline=None)
@given(lists, st.floats(0.05, 0.95))
def test_chance_is_the_inverse_of_quantile(way: list[Element], p: float) -> None:
    curves = total(e.spread for e in way)
    hours = curves.quantile(p)
    # A curve with a greater skew lies flat on its lower end, where one hour has many chances.
    if curves.sd_h > 1e-6 * curves.mean_h and hours > 0 and curves.skew < 4:
        assert curves.chance(hours) == pytest.approx(p, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(lists, st.randoms(use_true_random=False), chances)
def test_the_order_of_the_elements_does_not_matter(way: list[Element], random: object, p: float) -> None:
    turned = list(way)
    random.shuffle(turned)  # type: ignore[attr-defined]
    ahead, back = total(e.spread for e in way), total(e.spread for e in turned)
    assert back.quantile(p) == pytest.approx(ahead.quantile(p), rel=1e-6, abs=1e-6)
    assert combine(turned).quantile(p) == pytest.approx(combine(way).quantile(p), rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(lists, lists)
def test_spreads_add(first: list[Element], second: list[Element]) -> None:
    whole = total(e.spread for e in [*first, *second])
    parts = total(e.spread for e in first) + total(e.spread for e in second)
    for name in ("mean_h", "var_h2", "third_h3", "fourth_h4"):
        scale = max(abs(getattr(e.spread, name)) for e in [*first, *second])
        assert getattr(whole, name) == pytest.approx(getattr(parts, name), rel=1e-9, abs=1e-9 * scale)


@settings(max_examples=60, deadline=None)
@given(lists, means, chances)
def test_hours_that_never_vary_only_shift(way: list[Element], hours: float, p: float) -> None:
    moving = total(e.spread for e in way)
    if moving.sd_h > 1e-6 * (moving.mean_h + hours) and moving.quantile(p) > 0:
        assert (moving + Spread.fixed(hours)).quantile(p) == pytest.approx(moving.quantile(p) + hours, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(means, cvs, chances)
def test_a_single_law_is_exact(mean: float, cv: float, p: float) -> None:
    from scipy.special import gammaincinv, ndtri

    shape = cv**-2
    assert gamma(mean, cv).spread.quantile(p) == pytest.approx(
        mean * gammaincinv(shape, p) / shape, rel=1e-5, abs=1e-9 * mean
    )
    sigma = math.sqrt(math.log1p(cv * cv))
    assert lognormal(mean, cv).spread.quantile(p) == pytest.approx(
        mean * math.exp(sigma * ndtri(p) - sigma * sigma / 2), rel=1e-5, abs=1e-7 * mean
    )
