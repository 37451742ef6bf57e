"""Laws of the hours: known values, what is refused, and the range a spread is fitted to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.timing.combine import Combined, arrival, combine
from optimizer.timing.fitting import between, fitted
from optimizer.timing.gammas import cv_of_ratio, gamma_chance, gamma_quantile
from optimizer.timing.laws import FIXED, fixed, gamma, lognormal, mixture, wait
from optimizer.timing.simulate import simulate
from optimizer.timing.spread import Spread, total


@pytest.mark.parametrize("shape", [0.05, 0.4, 1.0, 1.7, 4.0, 25.0, 400.0, 1999.0, 2001.0, 40000.0])
def test_the_gamma_law_is_that_of_scipy(shape: float) -> None:
    from scipy.special import gammainc, gammaincinv

    for p in (0.001, 0.05, 0.5, 0.9, 0.95, 0.999):
        x = float(gammaincinv(shape, p))
        assert gamma_quantile(shape, p) == pytest.approx(x, rel=1e-5, abs=1e-250)
        assert gamma_chance(shape, x) == pytest.approx(float(gammainc(shape, x)), abs=1e-5)


def test_the_ends_of_the_gamma_law() -> None:
    assert gamma_quantile(2.0, 0.0) == 0.0 and gamma_quantile(2.0, 1.0) == math.inf
    assert gamma_chance(2.0, 0.0) == 0.0 and gamma_chance(2.0, 1e4) == 1.0
    assert gamma_quantile(0.001, 0.01) == 0.0  # below any number that can be written


@pytest.mark.parametrize("form", ["gamma", "lognormal"])
@pytest.mark.parametrize("ratio", [1.05, 2.0, 12.0, 100.0])
def test_a_fitted_law_has_the_published_ratio(form: str, ratio: float) -> None:
    """[rule: range]"""
    spread = fitted(form, low=1, high=ratio).of_mean(10)
    assert spread.quantile(0.95) / spread.quantile(0.05) == pytest.approx(ratio, rel=1e-4)


def test_a_range_may_be_p50_and_p90() -> None:
    spread = fitted("gamma", low=24, high=60, read_as=(0.5, 0.9)).of_mean(31)
    assert spread.quantile(0.9) / spread.quantile(0.5) == pytest.approx(2.5, rel=1e-6)


def test_years_add_to_the_spread_within_a_year() -> None:
    one, several = fitted("gamma", cv=0.6), fitted("gamma", cv=0.6, figures=[50.0, 31.6, 24.2])
    assert several.cv == pytest.approx(math.hypot(one.cv, between([50.0, 31.6, 24.2])))
    assert between([10.0]) == 0.0
    assert fitted("gamma") == FIXED and fitted("uniform").form == "uniform"
    assert cv_of_ratio("gamma", 0.5) == 0.0


def test_a_wait_is_even_over_the_interval() -> None:
    weekly = combine([wait(168)])
    assert weekly.quantile(0.5) == pytest.approx(84, rel=0.002)
    assert weekly.quantile(0.9) == pytest.approx(151.2, rel=0.002)
    assert weekly.chance(42) == pytest.approx(0.25, abs=0.002)


def test_nothing_that_varies() -> None:
    for times in (total([Spread.fixed(5), Spread.fixed(7)]), combine([fixed(5), fixed(7)]), combine([])):
        assert times.quantile(0.1) == times.quantile(0.9) == times.mean_h
        assert times.chance(times.mean_h) == 1.0 and times.chance(times.mean_h - 0.01) == 0.0


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 2.0])
def test_a_chance_lies_between_none_and_certainty(p: float) -> None:
    for times in (Spread.gamma(10, 0.5), combine([gamma(10, 0.5)])):
        with pytest.raises(ValueError, match="between 0 and 1"):
            times.quantile(p)


def test_no_journey_is_done_before_it_begins() -> None:
    heavy = Spread.gamma(10, 2)
    assert heavy.quantile(0.001) >= 0 and heavy.chance(-1) == 0.0
    assert combine([fixed(20), gamma(10, 1)]).chance(19.9) == 0.0
    assert combine([fixed(20), gamma(10, 1)]).quantile(0.001) >= 20


def test_a_skew_to_the_left_is_turned_over() -> None:
    early = Spread(100, 25, -60, 216)
    late = Spread(100, 25, 60, 216)
    assert early.quantile(0.1) == pytest.approx(200 - late.quantile(0.9))
    assert early.chance(early.quantile(0.3)) == pytest.approx(0.3, abs=1e-6)


def test_a_mixture_has_the_moments_of_its_draws() -> None:
    queue = mixture([(0.8, gamma(10, 0.5)), (0.2, lognormal(100, 0.4))])
    hours = simulate([queue], 400_000, seed=5)
    assert queue.mean_h == pytest.approx(28)
    assert hours.mean() == pytest.approx(queue.spread.mean_h, rel=0.01)
    assert hours.var() == pytest.approx(queue.spread.var_h2, rel=0.01)
    assert ((hours - hours.mean()) ** 3).mean() == pytest.approx(queue.spread.third_h3, rel=0.03)
    assert isinstance(arrival([queue]), Combined) and isinstance(arrival([gamma(10, 1)]), Spread)


@pytest.mark.parametrize("chances", [(0.5, 0.4), (1.2, -0.2)])
def test_chances_of_a_mixture_add_up(chances: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        mixture([(chances[0], fixed(1)), (chances[1], fixed(2))])


def test_a_mixture_of_nothing_is_nothing() -> None:
    assert mixture([(0.5, fixed(0)), (0.5, fixed(0))]) == fixed(0)


def test_a_seed_gives_the_same_hours() -> None:
    way = [gamma(10, 0.5), wait(24), mixture([(0.5, fixed(1)), (0.5, lognormal(9, 1))])]
    assert (simulate(way, 1000, seed=4) == simulate(way, 1000, seed=4)).all()
    assert (simulate(way, 1000, seed=4) != simulate(way, 1000, seed=5)).any()


def test_the_grid_ends_far_above_the_mean() -> None:
    times = combine([lognormal(100, 1.5)])
    assert np.all(np.diff(times.chances) >= 0) and times.chances[-1] == pytest.approx(1, abs=2e-3)
