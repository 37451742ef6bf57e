"""The recomputation refuses what a wrong solver could say; it imports no solver."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import pytest

from optimizer.errors import SolverError
from optimizer.flow import check, instance
from optimizer.flow.check import PathFlow, recompute
from optimizer.flow.instance import read_dow

INSTANCE = read_dow(Path(__file__).parents[1] / "data" / "flow" / "two_ways.dow")
# 1-2-4 with 6 of commodity 1; 1-2-3-4 with 2 of it; 2-3-4 with commodity 2.
RIGHT = [PathFlow(0, (0, 2), 6.0), PathFlow(0, (0, 4, 3), 2.0), PathFlow(1, (4, 3), 2.0)]
OPENED = [0, 2, 3, 4]


def changed(index: int, **new: object) -> list[PathFlow]:
    flows = list(RIGHT)
    old = flows[index]
    flows[index] = PathFlow(
        **{"commodity": old.commodity, "arcs": old.arcs, "amount": old.amount, **new}  # type: ignore[arg-type]
    )
    return flows


def test_a_right_answer_is_recomputed_exactly() -> None:
    assert recompute(INSTANCE, RIGHT) == 26
    assert recompute(INSTANCE, RIGHT, OPENED, claimed=43.0, bound=43.0) == 43
    noisy = changed(0, amount=6.0000000004)
    assert recompute(INSTANCE, noisy, OPENED) == Fraction(43)


@pytest.mark.parametrize(
    ("flows", "phrase"),
    [
        (changed(0, amount=7.0), "gets 9 of 8"),
        (changed(0, amount=5.0), "gets 7 of 8"),
        ([PathFlow(0, (0, 2), 8.0), PathFlow(1, (4, 3), 2.0)], "carries 8, its capacity is 6"),
        (changed(0, arcs=(2,)), "breaks at node 1"),
        (changed(0, arcs=(0,)), "ends at node 2"),
        (changed(0, arcs=(0, 99)), "breaks at node 2"),
        (changed(0, commodity=7), "commodity 8 that does not exist"),
        (changed(0, amount=float("nan")), "flow of nan"),
        (changed(0, amount=-6.0), "flow of -6"),
        (RIGHT[1:], "gets 2 of 8"),
    ],
)
def test_a_wrong_flow_is_refused(flows: list[PathFlow], phrase: str) -> None:
    with pytest.raises(SolverError, match=phrase) as refused:
        recompute(INSTANCE, flows, OPENED)
    assert refused.value.code == "solver_differs"


@pytest.mark.parametrize(
    ("opened", "claimed", "bound", "phrase"),
    [
        ([0, 2, 3], None, None, r"arc 5 \(2 to 3\) carries 4 but was not opened"),
        ([0, 2, 3, 4, 4], None, None, "repeats an arc"),
        ([0, 2, 3, 4, 9], None, None, "does not exist"),
        (OPENED, 42.0, None, "claims a cost of 42.0"),
        (OPENED, 43.001, None, "claims a cost of 43.001"),
        (OPENED, None, 43.01, "lower bound 43.01"),
    ],
)
def test_a_wrong_cost_or_bound_is_refused(
    opened: list[int], claimed: float | None, bound: float | None, phrase: str
) -> None:
    with pytest.raises(SolverError, match=phrase):
        recompute(INSTANCE, RIGHT, opened, claimed, bound)


def test_an_arc_opened_for_nothing_is_paid() -> None:
    assert recompute(INSTANCE, RIGHT, [0, 1, 2, 3, 4]) == 47


def test_the_check_knows_no_solver() -> None:
    for module in (check, instance):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not {name.split(".")[0] for name in imported} & {"ortools", "numpy", "scipy"}
