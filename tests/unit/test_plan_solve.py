"""The plan's solver by examples small enough to check by hand, its refusals, limits and the process it runs in."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from benchmarks.plan_core import book, make_problem
from optimizer.errors import DataError, SolverError
from optimizer.plan import solve as solving
from optimizer.plan.model import Capacity, Column, Demand, Lot, PlanProblem, Use
from optimizer.plan.relax import needs_more_ways, solve_relaxed, worth_of_one_more
from optimizer.plan.solve import solve_here, solve_plan
from optimizer.plan.verify import recount
from tests.patience import ends

BORDER = "border"


def through(demand: int, way: str, start: int, cost: int, **more: Any) -> Column:
    return Column(demand, way, start, Fraction(cost), (Use(BORDER, start, 1000),), **more)


def two_weeks(capacity: int = 5) -> PlanProblem:
    """Two shipments of four wagons, a border with a limit each week, a dear way round it."""
    demands = (Demand("A", 4, 1000, priority=2), Demand("B", 4, 1000, priority=1))
    columns = tuple(
        c
        for k in range(2)
        for c in (
            through(k, "rail", 0, 100),
            through(k, "rail", 1, 110),
            Column(k, "road", 0, Fraction(300)),
        )
    )
    limits = tuple(Capacity(BORDER, p, capacity * 1000) for p in range(2))
    return PlanProblem(demands, columns, limits)


def test_a_plan_worked_by_hand() -> None:
    result = solve_plan(two_weeks(), time_limit_s=60, gap=0.0)
    assert result.objective == 5 * 100 + 3 * 110
    assert (result.status, result.bound, result.gap) == ("optimal", 830, 0.0)
    assert result.note == ""
    assert result.worth == {(BORDER, 0): 10}
    assert result.saves == {(BORDER, 0): 10}
    assert result.demand_price == (110, 110)
    assert result.units[3] == 4  # B has priority: all its wagons go in the first week
    assert (result.units[0], result.units[1]) == (1, 3)


def test_one_more_unit_may_save_less_than_its_price() -> None:
    """The limit is half a wagon short of what is wanted: the price is of a whole one."""
    problem = PlanProblem(
        (Demand("A", 1, 100),),
        (Column(0, "rail", 0, Fraction(0), (Use(BORDER, 0, 1000),)),),
        (Capacity(BORDER, 0, 500),),
    )
    relaxed, _ = solve_relaxed(problem)
    assert relaxed.worth[BORDER, 0] == 100
    assert worth_of_one_more(problem, BORDER, 0) == 50


def test_bookings_stay_though_they_cost() -> None:
    problem = replace(two_weeks(), booked={2: 2, 4: 1})
    result = solve_here(problem, gap=0.0)
    assert result.units[2] == 2 and result.units[4] >= 1
    assert result.objective == 2 * 300 + 5 * 100 + 110


def test_whole_shipments_go_in_one_column_or_stay() -> None:
    problem = two_weeks(capacity=3)
    whole = replace(problem, demands=tuple(replace(d, whole=True) for d in problem.demands))
    result = solve_here(whole, gap=0.0)
    assert result.units == {2: 4, 5: 4}
    cheap = replace(whole, demands=tuple(replace(d, unserved_cost=200) for d in whole.demands))
    assert solve_here(cheap, gap=0.0).unserved == {0: 4, 1: 4}


def train(least: int, most: int, **more: Any) -> Lot:
    return Lot("train", "train", 0, least * 1000, most * 1000, **more)


def on_train(k: int, cost: int) -> Column:
    return Column(k, "block", 0, Fraction(cost), (), 0, "train", 1000)


def test_no_half_train() -> None:
    demands = (Demand("A", 4, 1000), Demand("B", 3, 1000))
    columns = (
        on_train(0, 90),
        Column(0, "single", 0, Fraction(100)),
        on_train(1, 90),
        Column(1, "single", 0, Fraction(100)),
    )
    together = solve_here(PlanProblem(demands, columns, (), (train(6, 7),)), gap=0.0)
    assert (together.objective, together.lots) == (7 * 90, {"train": 1})
    apart = solve_here(PlanProblem(demands, columns, (), (train(8, 9),)), gap=0.0)
    assert (apart.objective, apart.lots) == (700, {})
    dear = solve_here(PlanProblem(demands, columns, (), (train(6, 7, cost=71),)), gap=0.0)
    assert (dear.objective, dear.lots) == (700, {})
    one = solve_here(PlanProblem(demands, columns, (), (train(2, 3, available=1),)), gap=0.0)
    assert (one.objective, one.lots) == (3 * 90 + 4 * 100, {"train": 1})


def test_a_vessel_pays_for_what_it_does_not_load() -> None:
    columns = (on_train(0, 10), Column(0, "road", 0, Fraction(50)))
    ship = Lot("train", "vessel", 0, 6000, 8000, 20, Fraction(30, 1000))
    result = solve_here(PlanProblem((Demand("A", 5, 1000),), columns, (), (ship,)), gap=0.0)
    assert (result.objective, result.lots) == (5 * 10 + 20 + 30, {"train": 1})
    result = solve_here(PlanProblem((Demand("A", 2, 1000),), columns, (), (ship,)), gap=0.0)
    assert (result.objective, result.lots) == (100, {})


def test_a_lot_that_earns_runs_as_often_as_it_may() -> None:
    lot = Lot("train", "train", 0, 0, 5000, -7, None, 3)
    result = solve_here(PlanProblem((Demand("A", 1, 50),), (on_train(0, 10),), (), (lot,)), gap=0.0)
    assert (result.objective, result.lots) == (10 - 21, {"train": 3})
    nothing = solve_plan(PlanProblem((), (), (), (lot,)), time_limit_s=60)
    assert nothing.objective == -21


def test_a_tie_goes_by_priority_then_by_start() -> None:
    """Equal cost in both weeks and room for one wagon a week: the first week is for priority 1."""
    demands = (Demand("A", 1, 90, priority=3), Demand("B", 1, 90, priority=1), Demand("C", 1, 90, priority=2))
    columns = tuple(through(k, "rail", p, 40) for k in range(3) for p in (1, 0))
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        problem = PlanProblem(
            tuple(demands[k] for k in order),
            tuple(replace(c, demand=order.index(c.demand)) for c in columns),
            tuple(Capacity(BORDER, p, 1000) for p in range(2)),
        )
        result = solve_here(problem, gap=0.0)
        gone = {problem.demands[problem.columns[j].demand].shipment_id: problem.columns[j].start for j in result.units}
        assert gone == {"B": 0, "C": 1}
        assert {problem.demands[k].shipment_id: n for k, n in result.unserved.items()} == {"A": 1}


# ---- refusals --------------------------------------------------------------------------------------------


def test_bookings_over_a_capacity_are_named_and_no_others() -> None:
    problem = two_weeks(capacity=5)
    demands = (*problem.demands, Demand("C", 2, 1000), Demand("D", 1, 1000))
    columns = (*problem.columns, through(2, "rail", 0, 100), through(3, "rail", 1, 100))
    problem = replace(problem, demands=demands, columns=columns, booked={0: 4, 3: 3, 6: 1, 7: 1})
    with pytest.raises(SolverError) as caught:
        solve_plan(problem, time_limit_s=60)
    fault = caught.value
    assert fault.code == "plan_infeasible"
    assert fault.details["shipments"] == ["A", "B"]  # without C they are still too many, without A or B all fits
    assert fault.details["capacities"] == [[BORDER, 0]]
    assert "border in period 0 has 5 free, and A (4 by rail), B (3 by rail) take 7" in str(fault)


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"booked": {0: 3, 1: 3}}, "A has 4 units, booked are"),
        ({"booked": {0: 2}, "whole": True}, "goes whole"),
        ({"booked": {0: 3}, "most": 2}, "over the 2 units that way carries"),
    ],
)
def test_bookings_over_a_shipment(change: dict[str, Any], phrase: str) -> None:
    problem = two_weeks()
    problem = replace(
        problem,
        booked=change["booked"],
        demands=tuple(replace(d, whole=change.get("whole", False)) for d in problem.demands),
        columns=tuple(replace(c, most=change.get("most", 0)) for c in problem.columns),
    )
    with pytest.raises(SolverError, match="No plan keeps all bookings") as caught:
        solve_plan(problem, time_limit_s=60)
    assert caught.value.code == "plan_infeasible" and phrase in str(caught.value)


def test_a_booked_train_that_nothing_can_fill() -> None:
    demands = (Demand("A", 4, 1000), Demand("B", 3, 1000))
    full = (Use(BORDER, 0, 1000),)
    columns = (on_train(0, 90), replace(on_train(1, 90), uses=full))
    problem = PlanProblem(demands, columns, (), (train(9, 12),), {0: 2})
    with pytest.raises(SolverError, match="all that can go there is 7"):
        solve_plan(problem, time_limit_s=60)
    by_border = replace(problem, lots=(train(6, 12),), capacities=(Capacity(BORDER, 0, 1000),))
    with pytest.raises(SolverError, match="no units that would fill them fit") as caught:
        solve_plan(by_border, time_limit_s=60)
    assert caught.value.details["lots"] == ["train"]
    filled = replace(by_border, capacities=(Capacity(BORDER, 0, 2000),))
    assert solve_plan(filled, time_limit_s=60).units == {0: 4, 1: 2}


def test_what_makes_no_sense_is_refused_all_at_once() -> None:
    problem = two_weeks()
    bad = PlanProblem(
        (replace(problem.demands[0], units=-1), problem.demands[1]),
        (
            replace(problem.columns[0], demand=7),
            replace(problem.columns[1], uses=(Use(BORDER, 0, 0),)),
            replace(problem.columns[2], lot_id="none"),
            replace(problem.columns[3], most=-1),
            replace(problem.columns[4], lot_id="train"),
            replace(problem.columns[5], cost=float("nan")),  # type: ignore[arg-type]
        ),
        (Capacity(BORDER, 0, -5), Capacity(BORDER, 0, 5)),
        (
            train(5, 4),
            Lot("free", "train", 0, 0, 5, -1),
            Lot("odd", "vessel", 0, 1, 5, 0, Fraction(-1)),
            Lot("odd", "vessel", 0, 1, 5, 0, None, -1),
        ),
        {99: 1, 1: -1},
    )
    with pytest.raises(DataError) as caught:
        solve_plan(bad, time_limit_s=60)
    assert {p.code for p in caught.value.problems} == {
        "plan_bad_units",
        "plan_negative_capacity",
        "plan_capacity_twice",
        "plan_bad_lot",
        "plan_lot_twice",
        "plan_unbounded",
        "plan_unknown_demand",
        "plan_bad_use",
        "plan_unknown_lot",
        "plan_bad_column",
        "plan_bad_cost",
        "plan_unknown_column",
    }


def test_empty_problems() -> None:
    assert solve_plan(PlanProblem((), ()), time_limit_s=60).status == "optimal"
    alone = solve_plan(PlanProblem((Demand("A", 3, 7),), ()), time_limit_s=60)
    assert (alone.status, alone.objective, alone.unserved, alone.bound) == ("optimal", 21, {0: 3}, 21)
    nobody = solve_plan(PlanProblem((Demand("A", 0, 7),), (through(0, "rail", 0, 5),)), time_limit_s=60)
    assert (nobody.status, nobody.objective, nobody.unserved) == ("optimal", 0, {})


def test_costs_beyond_the_solver_are_refused() -> None:
    with pytest.raises(SolverError) as caught:
        solve_plan(PlanProblem((Demand("A", 10**6, 10**18),), (through(0, "rail", 0, 5),)), time_limit_s=60)
    assert caught.value.code == "plan_too_large"


# ---- the relaxation ----------------------------------------------------------------------------------------


def test_columns_added_later_give_the_same_optimum() -> None:
    problem = make_problem(30, 12, 3)
    few = replace(problem, columns=problem.columns[: len(problem.columns) // 2])
    _, relaxation = solve_relaxed(few)
    rounds = relaxation.rounds
    grown, again = solve_relaxed(problem, relaxation=relaxation)
    anew, _ = solve_relaxed(problem)
    assert again is relaxation and relaxation.rounds > rounds
    assert float(grown.objective) == pytest.approx(float(anew.objective), rel=1e-7)


def test_a_price_above_what_is_known_asks_for_more_ways() -> None:
    problem = two_weeks()
    relaxed, _ = solve_relaxed(replace(problem, complete=(Fraction(105), Fraction(200))))
    assert needs_more_ways(replace(problem, complete=(Fraction(105), Fraction(200))), relaxed) == [0]
    assert needs_more_ways(problem, relaxed) == []


def test_the_bound_is_within_rounding_of_the_relaxation() -> None:
    relaxed, _ = solve_relaxed(make_problem(40, 12, 1))
    assert relaxed.bound <= relaxed.objective * (1 + Fraction(1, 10**9))
    assert float(relaxed.bound) == pytest.approx(float(relaxed.objective), rel=1e-6)


# ---- limits, seeds, processes ------------------------------------------------------------------------------


def test_a_season_of_forty_shipments_and_twice_the_same() -> None:
    problem = book(make_problem(40, 12, 2), 2)
    heard: list[dict[str, Any]] = []
    first = solve_plan(problem, time_limit_s=60, gap=0.02, seed=5, listen=heard.append)
    second = solve_plan(problem, time_limit_s=60, gap=0.02, seed=5)
    assert (first.status, first.note) == ("optimal", "")
    assert (first.units, first.lots, first.bound, first.worth) == (
        second.units,
        second.lots,
        second.bound,
        second.worth,
    )
    assert heard and heard[0]["cost"] >= heard[-1]["cost"]
    assert first.objective - recount(problem, first.units, first.unserved, first.lots) < 1


@pytest.mark.parametrize("seconds", [0.0, 1.0, 2.5])
def test_the_time_limit_is_kept_with_a_plan_and_a_bound(seconds: float) -> None:
    problem = make_problem(150, 26, 4)
    with ends(seconds):  # the optimum takes it minutes
        result = solve_plan(problem, time_limit_s=seconds, gap=0.0)
    assert result.status in ("feasible", "none")
    assert sum(result.units.values()) + sum(result.unserved.values()) == sum(d.units for d in problem.demands)


STUBS = {
    "abort": "import os; os.abort()",
    "fault": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "hang": "import time; time.sleep(600)",
    "garbage": "print('nothing of use')",
    "memory": "x = bytearray(1 << 40)",
}


@pytest.mark.parametrize("kind", STUBS)
@pytest.mark.parametrize("spoken", [False, True])
def test_a_solver_that_dies(kind: str, spoken: bool, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said before is the answer; if it said nothing there is no plan, or an error."""
    problem = two_weeks()
    plan = {"what": "plan", "units": [[0, 4]], "lots": [], "cost": 1, "bound": None, "text": ""}
    said = f"print({json.dumps(json.dumps(plan))}, flush=True)\n" if spoken else ""
    (tmp_path / "stub_of_solver.py").write_text(said + STUBS[kind] + "\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setattr(solving, "MODULE", "stub_of_solver")
    seconds = 3.0 if kind == "hang" else 30.0  # all others end by dying
    with ends(seconds):
        try:
            result = solve_plan(problem, time_limit_s=seconds)
        except SolverError as fault:
            assert fault.code == "solver_failed" and not spoken
        else:
            assert result.status == ("feasible" if spoken else "none")
            assert result.note
            assert result.objective == (4 * 100 + 4 * 1000 if spoken else 0)


@pytest.mark.parametrize(
    "plan",
    [{"units": [[0, 5]]}, {"units": [[0, 4], [3, 4]]}, {"units": [[0, -1]]}, {"units": [[9, 1]]}, {"lots": [[0, 1]]}],
)
def test_a_solver_that_lies(plan: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"what": "plan", "units": [], "lots": [], "cost": 1, "bound": None, "text": "", **plan}
    (tmp_path / "liar.py").write_text(f"print({json.dumps(json.dumps(said))})\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setattr(solving, "MODULE", "liar")
    with pytest.raises(SolverError) as caught:
        solve_plan(two_weeks(), time_limit_s=60)
    assert caught.value.code == "plan_differs"
