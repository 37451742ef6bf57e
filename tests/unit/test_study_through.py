"""A through rate that is set free: one price for the whole way, on the small network, against quotes made from nothing."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError
from optimizer.search import Search
from optimizer.study.build import Builder, job_of
from optimizer.study.joint import optimise
from optimizer.study.letterpage import letter_page
from optimizer.study.lines import SHUT, split_cents
from optimizer.study.market import Market, Replies
from optimizer.study.model import Answer, Capacity, Study
from optimizer.study.outcome import Response
from optimizer.study.read import read_study
from optimizer.study.run import run
from optimizer.ways import best_way

STUDY = Path(__file__).parents[1] / "data" / "studies" / "haven-through.toml"
TODAY = dt.date(2026, 11, 22)
HEAD = "rule_id,mode,chain,replaces,form,basis,rate,currency,valid_from,valid_to,status,source_id\n"
ROW = "BY-HAND,rail,kz-north;kz-post|ir-gate;ir-haven,carriage,wagon,per_t,{},USD,2026-11-01,2026-11-30,estimated,invented\n"


@pytest.fixture(scope="module")
def study(four_stations: DataBook) -> Study:
    return read_study(STUDY, four_stations, TODAY)


@pytest.fixture(scope="module")
def market(study: Study, four_stations: DataBook) -> Market:
    return Builder(study, four_stations).build()


@pytest.fixture(scope="module")
def alone(study: Study, four_stations: DataBook) -> Market:
    """The through rate by itself."""
    return Builder(replace(study, rates=study.rates[:1]), four_stations).build()


def response(market: Market) -> Response:
    return Response(Replies(market))


def test_every_price_is_what_a_book_written_by_hand_quotes(
    alone: Market, read_four_stations: Callable[..., DataBook], tmp_path: Path
) -> None:
    """Each value as a row of through.csv in a client's own book; and today without the row."""
    answer, values = response(alone), alone.study.rates[0].values
    weights = answer.r.weights(np.arange(len(values) + 1)[None, :])
    ways = answer.best(weights)
    taken = set()
    for n, value in enumerate([*values[::6], None]):
        number = n * 6 if value is not None else len(values)
        book = tmp_path / f"own-{n}"
        book.mkdir()
        (book / "book.toml").write_text(
            'id = "own"\ntitle = "own"\npublisher = "us"\ncurrency = "USD"\nstacking = "highest-discount"\n'
            'rounding = "cent"\ndate = "2026-11-22"\n'
        )
        (book / "rates.csv").write_text("rule_id,charge,carrier,basis,rate,status,source_id\n")
        (book / "through.csv").write_text(HEAD + (ROW.format(value) if value is not None else ""))
        data = read_four_stations(over=[book])
        for lane_number, demand in enumerate(alone.study.lanes):
            search = Search(job_of(demand, alone.study, data), data)
            cents, minutes, _ = search.weights
            weight = cents * 1000 + minutes * alone.lanes[lane_number].minute_weight
            path = best_way(search, weight, search.blocked())
            assert path is not None
            assert int(weight[list(path)].sum()) == weights[ways[lane_number, number], number]
            taken.add("through" in {search.lane.edges[arc].kind for arc in path})
    assert taken == {True, False}


def test_today_is_the_market_without_the_rate(study: Study, market: Market, four_stations: DataBook) -> None:
    plain = replace(study, rates=study.rates[1:])
    without = response(Builder(plain, four_stations).build())
    today, then = response(market).at(column(market.now)), without.at(column(without.r.market.now))
    for name in ("revenue", "tonnes", "paid", "carried", "value"):
        assert getattr(today, name) == pytest.approx(getattr(then, name))
    assert today.given == 0


def test_its_revenue_is_shared_by_kilometres_and_adds_up(alone: Market) -> None:
    (parts,) = alone.splits.values()
    # 400 km and half the border of 25 km in Kazakhstan, 300 km and the other half in Iran
    assert sum(part for _, part in parts) == 1
    assert {alone.railways[railway]: round(float(part), 2) for railway, part in parts} == {"KTZ": 0.57, "RAI": 0.43}
    answer = response(alone)
    lowest = answer.at(column((0,)))
    assert lowest.revenue.sum() == pytest.approx(4 * 13000)
    assert lowest.revenue[:, 0].max() == pytest.approx(4 * 13000 * max(float(part) for _, part in parts), abs=0.05)


def test_a_given_split_is_kept_to(study: Study, four_stations: DataBook) -> None:
    rate = study.rates[0]
    assert rate.through is not None
    halves = replace(rate, through=replace(rate.through, split=(("KTZ", Decimal("0.5")), ("RAI", Decimal("0.5")))))
    found = response(Builder(replace(study, rates=(halves,)), four_stations).build())
    revenue = found.at(column((0,))).revenue[:, 0]
    assert sorted(revenue[revenue > 0]) == pytest.approx([26000, 26000])


def test_cents_are_shared_to_the_last_one() -> None:
    cents = np.array([0, 1, 2, 100, 99999, SHUT], dtype=np.int64)
    parts = ((0, Fraction(1, 3)), (1, Fraction(1, 3)), (2, Fraction(1, 3)))
    shared = np.array([part for _, part in split_cents(cents, parts)])
    assert shared.sum(axis=0).tolist() == [0, 1, 2, 100, 99999, 0]
    assert (shared.max(axis=0) - shared.min(axis=0) <= 1).all()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"answer": Answer("logit", spread=Decimal(3), note="invented")},
        {"answer": Answer("logit", spread=Decimal(3), elasticity=Decimal("0.8"), note="invented")},
        {"capacities": (Capacity("gate", frozenset({"kz-post", "ir-gate"}), frozenset(), Decimal(6000)),)},
    ],
    ids=["cheapest", "logit", "elastic", "full border"],
)
def test_with_a_coefficient_beside_it_the_best_is_that_of_every_point(
    more: dict[str, object], study: Study, four_stations: DataBook
) -> None:
    answer = response(Builder(replace(study, **more), four_stations).build())  # type: ignore[arg-type]
    every = np.array(list(product(*(range(size) for size in answer.r.market.sizes)))).T
    most = answer.at(every).value.max()
    best = optimise(answer, seconds=60)
    assert best.value == pytest.approx(most, rel=1e-9)
    assert best.bound >= most - 1e-6
    if "capacities" not in more:
        assert best.finished


@pytest.mark.parametrize("rule", ["cheapest", "logit"])
def test_the_letter_holds_the_rate_and_quotes_as_found(
    rule: str, study: Study, four_stations: DataBook, tmp_path: Path
) -> None:
    """`run` quotes today, the best point and all kinks again, the best with the letter as it was written."""
    answer = Answer(rule, spread=Decimal(3), note="invented") if rule == "logit" else study.answer
    found = run(replace(study, answer=answer), four_stations, tmp_path, all_kinks=True)
    assert found.best.value > float(found.today.value[0])
    assert found.unproved == 0
    assert found.proved > 0
    moved = {
        rate.name: n for rate, n, now in zip(study.rates, found.best.point, found.market.now, strict=True) if n != now
    }
    assert "whole-way" in moved
    assert found.letter is not None
    with (found.letter / "through.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert Decimal(row["rate"]) == study.rates[0].values[moved["whole-way"]]
    assert (row["rule_id"], row["chain"]) == ("DRAFT-WHOLE-WAY", "kz-north;kz-post|ir-gate;ir-haven")
    assert not [p for p in found.letter_problems if p.severity == "error"]
    page = letter_page(found, four_stations)
    assert f"Through rate {row['rate']} USD a tonne (KTZ, RAI)" in page
    assert "Сквозная ставка" in page


def test_only_the_railways_together_may_set_it(study: Study, four_stations: DataBook, tmp_path: Path) -> None:
    found = run(replace(study, rates=study.rates[:1]), four_stations, tmp_path)
    assert found.game is not None
    assert [joint.point for joint in found.game.alone] == [found.market.now] * 2
    assert found.game.gain > 0
    assert sum(found.game.part) == pytest.approx(found.game.gain)


def test_a_lane_that_has_no_other_way_is_left_out(
    study: Study, four_stations_folder: Path, read_four_stations: Callable[..., DataBook], tmp_path: Path
) -> None:
    """No carriage of RAI, rails only: today nobody can go, so nothing can be said of what the rate would change."""
    shutil.copytree(four_stations_folder / "book", tmp_path / "book")
    for name in ("rates.csv", "coefficients.csv"):
        lines = (tmp_path / "book" / name).read_text(encoding="utf-8").splitlines()
        (tmp_path / "book" / name).write_text("\n".join(x for x in lines if not x.startswith("RAI-")) + "\n")
    data = read_four_stations(book=tmp_path / "book")
    market = Builder(replace(study, rates=study.rates[:1], mode=("rail",)), data).build()
    assert {row["lane"]: row["why"] for row in market.left_out} == dict.fromkeys(
        ("wheat", "barley"), "no way exists today, without the through rates of the letter"
    )


def test_a_rate_that_passes_none_of_its_railways_is_told(study: Study, four_stations: DataBook) -> None:
    other = replace(study.rates[0], scope=replace(study.rates[0].scope, carriers=("TDY",)))
    with pytest.raises(DataError) as refused:
        Builder(replace(study, rates=(other,)), four_stations).build()
    assert [p.code for p in refused.value.problems] == ["through_without_km"]


def column(point: tuple[int, ...]) -> np.ndarray:
    return np.array(point, dtype=np.int64)[:, None]
