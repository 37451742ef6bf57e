"""Many laws at once against the same laws one by one: sums, days of rest, quantiles."""

from __future__ import annotations

import random

import numpy as np
import pytest

from optimizer.timing import many, walk
from optimizer.timing.combine import Combined
from optimizer.timing.laws import Element, fixed, gamma, lognormal, mixture
from optimizer.timing.many_rests import with_rest
from optimizer.timing.walk import Span

CHANCES = (0.02, 0.5, 0.9, 0.995)
CLOSE = 1e-8  # hours


def begun(dice: random.Random) -> Combined:
    """Hours until the work is reached."""
    return walk.then(walk.at(0.0), [gamma(dice.uniform(10, 200), dice.uniform(0.1, 0.8)) for _ in range(3)])


def work(dice: random.Random) -> list[Element]:
    """A lift, a slow border, a queue that stands on some days."""
    storm = mixture([(0.7, fixed(0.0)), (0.3, gamma(dice.uniform(10, 60), 1.0))])
    return dice.choice(
        (
            [gamma(dice.uniform(0.5, 60), dice.uniform(0.2, 1))],
            [lognormal(dice.uniform(4, 40), 0.7)],
            [gamma(12, 0.4), storm],
        )
    )


def rests(dice: random.Random) -> list[Span]:
    """Fridays, or a feast of days that follow on each other."""
    midnight = 24.0 * dice.randrange(12) - dice.choice((0.0, 1.5))
    days = sorted(dice.sample(range(14), dice.choice((1, 2, 3, 8, 14))))
    return [(midnight + 24 * day, midnight + 24 * day + 24) for day in days]


def same(got: Combined, wanted: Combined) -> None:
    assert [got.quantile(p) for p in CHANCES] == pytest.approx([wanted.quantile(p) for p in CHANCES], abs=CLOSE)
    assert (got.mean_h, got.start_h, got.step_h) == pytest.approx((wanted.mean_h, wanted.start_h, wanted.step_h))


def rested_alike(laws: list[Combined], works: list[list[Element]], spans: list[list[Span]]) -> None:
    for (law, met), *one in zip(with_rest(laws, works, spans), laws, works, spans, strict=True):
        alone, met_alone = walk.with_rest(*one)
        same(law, alone)
        assert [(m.hours, m.chance) for m in met] == [
            (pytest.approx(m.hours, abs=CLOSE), pytest.approx(m.chance, abs=CLOSE)) for m in met_alone
        ]


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_the_single_walk(seed: int) -> None:
    dice = random.Random(seed)
    laws = [begun(dice) for _ in range(40)]
    more = [work(dice) for _ in laws]
    for got, law, elements in zip(many.then(laws, more), laws, more, strict=True):
        same(got, walk.then(law, elements))


@pytest.mark.parametrize("seed", range(4))
def test_days_of_rest_are_those_of_the_single_walk(seed: int) -> None:
    dice = random.Random(100 + seed)
    laws = [begun(dice) for _ in range(45)]
    rested_alike(laws, [work(dice) for _ in laws], [rests(dice) for _ in laws])


def test_rows_of_one_law_and_one_feast_part_by_their_work_alone() -> None:
    law = walk.then(walk.at(0), [gamma(60, 0.3)])
    feast = [(48.0, 72.0), (72.0, 96.0), (144.0, 168.0)]
    rested_alike([law] * 5, [[gamma(h, 0.5)] for h in (1, 4, 9, 20, 38)], [feast] * 5)


def test_who_comes_during_rest_for_sure_is_among_the_others() -> None:
    laws = [walk.then(walk.at(h), [gamma(2, 0.3)]) for h in (10, 50, 90, 130)]
    rested_alike(laws, [[gamma(5, 0.5)]] * 4, [[(0.0, 96.0)], [(48.0, 120.0)], [(120.0, 144.0)], [(96.0, 120.0)]])


def test_a_sure_moment_and_work_that_never_varies() -> None:
    laws = [walk.at(10), walk.at(10), begun(random.Random(1)), begun(random.Random(2))]
    works = [[fixed(8.0)], [gamma(8, 0.5)], [fixed(8.0)], []]
    rested_alike(laws, works, [[(12.0, 36.0)]] * 4)
    for got, law, elements in zip(many.then(laws, works), laws, works, strict=True):
        same(got, walk.then(law, elements))


def test_quantiles_are_those_of_the_law() -> None:
    dice = random.Random(7)
    laws = [*(begun(dice) for _ in range(35)), walk.at(5.0), walk.through_gate(begun(dice), [(60.0, 90.0)])[0]]
    for found, law in zip(many.quantiles(laws, CHANCES), laws, strict=True):
        assert found == pytest.approx([law.quantile(p) for p in CHANCES], abs=CLOSE)


def test_nothing_asked_nothing_told() -> None:
    assert many.then([], []) == with_rest([], [], []) == many.quantiles([], CHANCES) == []


def test_chances_stay_between_nothing_and_all() -> None:
    dice = random.Random(11)
    laws = [begun(dice) for _ in range(5)]
    for law, _ in with_rest(laws, [work(dice) for _ in laws], [rests(dice) for _ in laws]):
        assert law.chances.min() >= 0.0 and law.chances.max() <= 1.0
        assert (np.diff(law.chances) > -1e-12).all()
