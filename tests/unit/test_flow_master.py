"""The restricted master: columns and rows come one by one, duals tell what a unit is worth."""

from __future__ import annotations

import pytest

from optimizer.flow.master import Master


def test_columns_and_rows_may_come_after_a_solve() -> None:
    master = Master()
    demand = master.add_row(10, 10, name="demand")
    dear = master.add_column(9, {demand: 1})
    assert master.solve().objective == pytest.approx(90)
    cheap = master.add_column(2, {demand: 1})
    assert master.solve().objective == pytest.approx(20)
    limit = master.add_row(upper=4, coefficients={cheap: 1})
    answer = master.solve()
    assert answer.objective == pytest.approx(8 + 54)
    assert answer.values[dear] == pytest.approx(6)
    assert answer.duals[demand] == pytest.approx(9)
    assert answer.duals[limit] == pytest.approx(-7)  # a unit more of room saves 9 - 2
    assert (master.rows, master.columns) == (2, 2)


def test_costs_and_bounds_may_change() -> None:
    master = Master()
    demand, room = master.add_row(3, 3), master.add_row(upper=3)
    first, second = master.add_column(1, {demand: 1, room: 1}), master.add_column(5, {demand: 1})
    assert master.solve().objective == pytest.approx(3)
    master.set_bounds(room, 0, 1)
    assert master.solve().objective == pytest.approx(11)
    master.set_cost(second, 0.5)
    assert master.solve().values[first] == pytest.approx(0)


def test_upper_bounds_of_columns_hold() -> None:
    master = Master()
    demand = master.add_row(2, 2)
    master.add_column(1, {demand: 1}, upper=0.5)
    master.add_column(4, {demand: 1})
    assert master.solve().objective == pytest.approx(0.5 + 6)


def test_a_program_without_solution_says_so() -> None:
    master = Master()
    row = master.add_row(2, 2)
    master.add_column(1, {row: 1}, upper=1)
    assert master.solve().status == "infeasible"


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(bad: float) -> None:
    master = Master()
    row = master.add_row(1, 1)
    with pytest.raises(ValueError, match="not finite"):
        master.add_column(bad, {row: 1})
    with pytest.raises(ValueError, match="not finite"):
        master.add_column(1, {row: bad})
    with pytest.raises(ValueError, match="not a number"):
        master.set_bounds(row, float("nan"), 1)
