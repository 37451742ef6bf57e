"""The sweep of one coefficient, on the small network: every value quoted by the engine must say the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError
from optimizer.study.build import Builder
from optimizer.study.figures import shares
from optimizer.study.joint import optimise
from optimizer.study.market import Market, Replies
from optimizer.study.model import Answer, Capacity, Study
from optimizer.study.outcome import Response
from optimizer.study.proof import Desk
from optimizer.study.read import read_study
from optimizer.study.sweep import best_of, sweep

STUDY = Path(__file__).parents[1] / "data" / "studies" / "haven.toml"
TODAY = dt.date(2026, 11, 22)
Made = Callable[..., tuple[Study, Market]]


@pytest.fixture(scope="module")
def made(four_stations: DataBook) -> Made:
    """made(answer=...): the study with some parts replaced, and its market."""
    study = read_study(STUDY, four_stations, TODAY)

    def make(**changes: object) -> tuple[Study, Market]:
        changed = replace(study, **changes)  # type: ignore[arg-type]
        return changed, Builder(changed, four_stations).build()

    return make


@pytest.fixture(scope="module")
def haven(made: Made) -> Market:
    return made()[1]


def response(market: Market, **more: object) -> Response:
    return Response(Replies(market, **more))  # type: ignore[arg-type]


def logit(spread: str = "2", **more: str) -> Answer:
    numbers = {name: Decimal(value) for name, value in more.items()}
    return Answer(rule="logit", spread=Decimal(spread), note="invented", **numbers)


def test_every_value_of_the_sweep_is_what_the_engine_quotes(haven: Market, four_stations: DataBook) -> None:
    """Brute force: each of the 80 values, and today, quoted from nothing; weights equal to the thousandth of a cent."""
    answer, desk = response(haven), Desk(haven, four_stations)
    points = np.arange(haven.sizes[0])[None, :]
    weights = answer.r.weights(points)
    ways = answer.best(weights)
    changes: dict[str, list[int]] = {}
    for lane_number, lane in enumerate(answer.r.lanes):
        before = None
        for n in range(haven.sizes[0]):
            quoted = desk.quote(lane.lane_id, (n,))
            assert quoted is not None
            assert quoted.weight == weights[ways[lane_number, n], n]
            way = tuple(quoted.itinerary.arcs)
            if n < haven.sizes[0] - 1:
                if before is not None and way != before:
                    changes.setdefault(lane.lane_id, []).append(n)
                before = way
    kinks: dict[str, list[int]] = {}
    for kink in sweep(answer, 0, haven.now).kinks:
        kinks.setdefault(answer.r.lanes[kink.lane].lane_id, []).append(kink.high)
    assert kinks == changes
    assert sum(map(len, kinks.values())) >= 2


def test_the_best_value_is_the_best_of_all_quoted(haven: Market) -> None:
    answer = response(haven)
    found, best = sweep(answer, 0, haven.now), optimise(answer, seconds=5)
    assert best.point == (found.best,)
    assert best.value == best.bound == pytest.approx(found.outcome.value.max(), rel=1e-12)
    assert best.finished


def test_of_equal_values_today_stands() -> None:
    assert best_of(np.array([1.0, 2.0, 2.0])) == 2
    assert best_of(np.array([1.0, 2.0, 1.0])) == 1


def test_revenue_is_the_sum_of_the_sheets(haven: Market, four_stations: DataBook) -> None:
    """What RAI earns at a value, added up by hand from two quotes."""
    answer, desk = response(haven), Desk(haven, four_stations)
    n = haven.study.rates[0].values.index(Decimal("1.50"))
    outcome = answer.at(np.array([[n]]))
    total = Decimal(0)
    for lane in haven.lanes:
        quoted = desk.quote(lane.lane_id, (n,))
        assert quoted is not None
        lines = [p.charge for p in quoted.itinerary.charges]
        carriage = sum(
            (x.amount_quote for x in lines if x.term.subject.charge == "carriage" and x.term.subject.carrier == "RAI"),
            Decimal(0),
        )
        total += carriage * lane.tonnes / lane.lot_t
    assert outcome.revenue[haven.railways.index("RAI"), 0] == pytest.approx(float(total), abs=0.01)


@pytest.mark.parametrize("answer", [Answer(), logit()], ids=["cheapest", "logit"])
def test_shares_add_up_to_a_hundred(made: Made, answer: Answer) -> None:
    study, market = made(answer=answer)
    outcome = sweep(response(market), 0, market.now).outcome
    wanted = float(sum(lane.tonnes for lane in study.lanes))
    assert np.allclose(outcome.tonnes.sum(axis=0) + outcome.left, wanted)
    for n in range(0, outcome.points.shape[1], 20):
        assert sum(Decimal(s) for s in shares(outcome.tonnes[:, n])) == 100


def test_without_a_rival_the_rest_gains(made: Made) -> None:
    """The sea shut: whoever went by it goes by the gate; nobody leaves the gate."""
    _, all_open = made(answer=logit())
    _, shut = made(answer=logit(), mode=("rail", "road"))
    gate, sea = (all_open.corridors.index(name) for name in ("gate", "sea"))
    with_sea, without = (sweep(response(m), 0, m.now).outcome.tonnes for m in (all_open, shut))
    assert (without[gate] >= with_sea[gate] - 1e-6).all()
    assert without[gate].sum() > with_sea[gate].sum()
    assert without[sea].max() == 0
    assert with_sea[sea].max() > 0


def test_a_dearer_rival_loses_share(made: Made) -> None:
    _, market = made(answer=logit())
    sea = market.corridors.index("sea")
    usual, dearer = response(market), response(market, cost_t={"sea": Decimal(1)})
    points = np.arange(market.sizes[0])[None, :]
    assert (dearer.at(points).tonnes[sea] < usual.at(points).tonnes[sea]).all()


def test_a_cap_of_nothing_leaves_the_tariff_of_today(made: Made) -> None:
    """Most tonnes, but not a cent let off: no lower coefficient is allowed, and a higher one brings no tonne."""
    study, _ = made()
    goal = replace(study.objective, goal="tonnes", subsidy_cap=Decimal(0))
    _, market = made(objective=goal, answer=logit())
    best = optimise(response(market), seconds=5)
    assert best.point == market.now


def test_a_cap_lets_off_no_more_than_it_says(made: Made) -> None:
    study, _ = made()
    goal = replace(study.objective, goal="tonnes", subsidy_cap=Decimal(60000))
    _, market = made(objective=goal, answer=logit())
    answer = response(market)
    best = optimise(answer, seconds=5)
    outcome = answer.at(np.array(best.point)[:, None])
    assert best.point != market.now
    assert 0 < outcome.given[0] <= 60000


def test_a_range_pinned_at_today_gives_today(made: Made) -> None:
    study, _ = made()
    pinned = replace(study.rates[0], values=(Decimal(1),))
    _, market = made(rates=(pinned,))
    outcome = sweep(response(market), 0, market.now).outcome
    assert outcome.value[0] == outcome.value[1]
    assert outcome.revenue[:, 0].tolist() == outcome.revenue[:, 1].tolist()
    assert optimise(response(market), seconds=5).point == market.now


def test_a_full_border_sends_the_rest_another_way(made: Made) -> None:
    room = Capacity("gate", frozenset({"kz-post", "ir-gate"}), frozenset(), Decimal(5000))
    study, market = made(capacities=(room,))
    gate = market.corridors.index("gate")
    outcome = response(market).at(np.array(market.now)[:, None])
    assert outcome.tonnes[gate, 0] == pytest.approx(5000)
    assert outcome.tonnes[:, 0].sum() + outcome.left[0] == pytest.approx(13000)
    assert study.capacities == (room,)


def test_dearer_transport_moves_less_where_demand_answers(made: Made) -> None:
    _, market = made(answer=logit(elasticity="1.5"))
    outcome = sweep(response(market), 0, market.now).outcome
    total = outcome.tonnes.sum(axis=0)[:-1]
    assert (np.diff(total) <= 1e-6).all()
    assert total[0] > 13000 > total[-1]


def test_a_rival_that_matches_takes_more(four_stations: DataBook, tmp_path: Path) -> None:
    """With the coaster following every cut of RAI, a cut wins RAI less."""
    text = STUDY.read_text(encoding="utf-8").replace("least = 0.50", "least = 0.10")
    text += '\n[[rivals]]\nname = "coaster"\ncharge = "sea_freight"\nservice = "dry_bulk"\nreply = "match"\n'
    file = tmp_path / "rival.toml"
    file.write_text(text, encoding="utf-8")
    study = read_study(file, four_stations, TODAY)
    study = replace(study, answer=logit())
    market = Builder(study, four_stations).build()
    gate = market.corridors.index("gate")
    stays, half, matches = (
        response(market, reply=Decimal(r)).at(np.array([[0]])).tonnes[gate, 0] for r in ("0", "0.5", "1")
    )
    now = response(market).at(np.array(market.now)[:, None]).tonnes[gate, 0]
    assert stays > half > matches > now * 0.5
    desk = Desk(market, four_stations)
    for reply in ("0", "0.5", "1"):
        answer = response(market, reply=Decimal(reply))
        least = answer.r.weights(np.array([[0]]))[answer.best(answer.r.weights(np.array([[0]])))[:, 0], 0]
        for lane, weight in zip(answer.r.lanes, least, strict=True):
            quoted = desk.quote(lane.lane_id, (0,), Decimal(reply))
            assert quoted is not None
            assert quoted.weight == weight


def test_two_free_rates_on_one_line_are_refused(made: Made) -> None:
    study, _ = made()
    twin = replace(study.rates[0], name="twin")
    with pytest.raises(DataError, match="both fit"):
        made(rates=(study.rates[0], twin))


def test_a_rate_that_fits_nothing_is_refused(made: Made) -> None:
    study, _ = made()
    scope = replace(study.rates[0].scope, cells=(("to", "kz-north"),))
    with pytest.raises(DataError, match="fits no line"):
        made(rates=(replace(study.rates[0], scope=scope),))
