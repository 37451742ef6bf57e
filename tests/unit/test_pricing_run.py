"""A public pricing instance from file to answer: two processes, a limit that holds, revenue computed again."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from optimizer.errors import FreightError, SolverError
from optimizer.pricing.instance import Arc, Commodity, Instance, read_json
from optimizer.pricing.problem import Problem, Rate, Shipper, Way
from optimizer.pricing.run import Outcome, _take, bench_pricing, dearest, simple_bound
from optimizer.pricing.solve import solve
from optimizer.pricing.verify import react
from tests.patience import ends

TESTS = Path(__file__).parents[1]
BRIDGE = TESTS / "data" / "pricing" / "bridge.json"


def test_the_bridge_is_solved_and_proven() -> None:
    """Ten ask for the bridge up to 4, fifty up to 2: at 2 all pay it (120), at 4 only the ten (40)."""
    outcome = bench_pricing(BRIDGE, seconds=40)
    assert outcome.status == "optimal"
    assert float(outcome.objective or 0) == pytest.approx(120, rel=1e-5)
    assert outcome.bound >= 120
    told = outcome.as_dict()
    assert told["tolls"] == [{"src": 1, "dst": 2, "toll": pytest.approx(2, rel=1e-5)}]
    assert react(outcome.instance, [row["toll"] for row in told["tolls"]]).revenue == outcome.objective
    json.dumps(told, allow_nan=False)


def test_a_limit_holds_and_leaves_an_answer_and_a_bound() -> None:
    with ends(0.2):
        outcome = bench_pricing(BRIDGE, seconds=0.2)
    assert outcome.objective is not None
    assert 120 <= outcome.bound <= 10 * 4 + 50 * 2 + 1e-6


def test_bound_and_dearest_tolls_need_no_solver() -> None:
    instance = read_json(BRIDGE)
    assert simple_bound(instance) == pytest.approx(10 * 4 + 50 * 2)
    assert dearest(instance) == [4.0]


def test_ties_fall_in_the_leaders_favour() -> None:
    """At 2 the fifty are indifferent, and pay; a hair more, and they go round."""
    instance = read_json(BRIDGE)
    assert react(instance, [2.0]).revenue == 120
    assert react(instance, [2.0 + 2**-40]).revenue == Fraction(10) * (2 + Fraction(1, 2**40))


def test_a_loop_of_tolls_earns_nothing() -> None:
    """Arcs that cost nothing, both ways, cannot be gone round and round."""
    arcs = (Arc(1, 2, 0.0, True), Arc(2, 1, 0.0, True), Arc(2, 3, 1.0, False), Arc(1, 3, 1.5, False))
    instance = Instance("loop", 3, arcs, (Commodity(1, 3, 2.0),))
    assert react(instance, [0.0, 0.0]).revenue == 0
    assert react(instance, [0.5, 0.0]).revenue == 1


@pytest.mark.parametrize("tolls", [[], [-1.0], [float("nan")], [float("inf")], [1.0, 1.0]])
def test_no_solver_may_say_such_tolls(tolls: list[float]) -> None:
    with pytest.raises(SolverError):
        react(read_json(BRIDGE), tolls)


def test_revenue_above_a_bound_refutes_the_bound() -> None:
    outcome = Outcome(read_json(BRIDGE))
    assert _take(outcome, {"kind": "bound", "bound": 100.0})
    assert _take(outcome, {"kind": "solution", "rates": [2.0]})
    assert outcome.objective == 120
    assert outcome.bound == pytest.approx(140)
    assert outcome.warnings


def test_worse_tolls_change_nothing() -> None:
    outcome = Outcome(read_json(BRIDGE))
    assert _take(outcome, {"kind": "solution", "rates": [2.0]})
    assert not _take(outcome, {"kind": "solution", "rates": [1.0]})
    assert outcome.tolls == (2.0,)


@pytest.mark.parametrize(
    ("rates", "shippers", "phrase"),
    [
        ((Rate("a"),), (Shipper(1.0, (Way(1.0, {0: 1.0}),), "Kostanay mill"),), "has no way without rate 'a'"),
        ((), (Shipper(-1.0, (Way(1.0),)),), "weight -1"),
        ((), (Shipper(1.0, ()),), "has no way"),
        ((), (Shipper(1.0, (Way(float("nan")),)),), "finite numbers"),
        ((Rate("a", high=1.0),), (Shipper(1.0, (Way(1.0, {3: 1.0}),)),), "rate 3"),
        ((Rate("a", high=1.0),), (Shipper(1.0, (Way(1.0, {0: -1.0}),)),), "less than 0 of a rate"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(
    rates: tuple[Rate, ...], shippers: tuple[Shipper, ...], phrase: str
) -> None:
    with pytest.raises(FreightError, match=phrase) as refused:
        Problem(rates, shippers)
    assert refused.value.code == "bad_pricing_problem"


def test_rates_of_today_are_never_made_worse() -> None:
    shippers = tuple(Shipper(1.0 + k, (Way(3.0 + k % 3, {k % 2: 1.0}), Way(7.0 + k % 5))) for k in range(9))
    problem = Problem((Rate(high=9.0), Rate(high=9.0)), shippers)
    today = [3.5, 4.25]
    answer = solve(problem, time_limit=10, start=today)
    assert answer.objective >= float(problem.react(today)[0])


def test_a_problem_without_rates_is_what_it_is() -> None:
    answer = solve(Problem((), (Shipper(2.0, (Way(3.0, gain=1.5), Way(4.0))),)), time_limit=5)
    assert (answer.rates, answer.objective, answer.ways, answer.proven) == ((), 3.0, (0,), True)
