"""Reading `.dow` files: exact numbers, and every fault told with its line (tests/faults/dow, one file a fault)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.flow.arrays import Arrays
from optimizer.flow.instance import read_dow

TESTS = Path(__file__).parents[1]
FAULTS = TESTS / "faults" / "dow"
TWO_WAYS = TESTS / "data" / "flow" / "two_ways.dow"


@pytest.mark.parametrize(
    ("name", "code", "line", "phrase"),
    [
        ("absent", "file_unreadable", 0, "cannot be opened"),
        ("binary", "not_text", 0, "not a text file"),
        ("empty", "empty_file", 0, "nodes arcs commodities"),
        ("counts", "bad_header", 2, "three whole numbers"),
        ("nodes", "too_many_nodes", 1, "3000000 nodes"),
        ("short", "row_count", 4, "2 rows follow"),
        ("long", "row_count", 5, "3 rows follow"),
        ("comma", "bad_number", 3, "'1,5', which is not a number"),
        ("infinite", "bad_number", 4, "capacity is 'inf'"),
        ("huge", "number_too_large", 5, "quantity is 1e30"),
        ("node", "unknown_node", 4, "numbered 1 to 3"),
        ("negative", "negative_value", 3, "unit_cost is -1"),
        ("cells", "bad_row", 3, "an arc has 4 numbers"),
        ("commodity", "bad_row", 5, "a commodity has 2 numbers"),
        ("loop", "loop_arc", 4, "node 3 to itself"),
        ("ends", "same_ends", 5, "starts and ends at node 3"),
    ],
)
def test_each_fault_is_told_with_its_line(name: str, code: str, line: int, phrase: str) -> None:
    with pytest.raises(DataError) as refused:
        read_dow(FAULTS / f"{name}.dow")
    found = {(p.code, p.line): p.text for p in refused.value.problems}
    assert phrase in found[code, line], refused.value.problems


def test_all_faults_come_at_once() -> None:
    with pytest.raises(DataError) as refused:
        read_dow(FAULTS / "several.dow")
    told = {(p.code, p.line, p.column) for p in refused.value.problems}
    assert told == {
        ("bad_number", 3, "unit_cost"),
        ("unknown_node", 5, "destination"),
        ("negative_value", 5, "quantity"),
    }


def test_every_fault_file_is_used() -> None:
    assert len(list(FAULTS.glob("*.dow"))) == 16


def test_numbers_are_exact_and_the_title_is_optional(tmp_path: Path) -> None:
    file = tmp_path / "plain.dow"
    file.write_text("2 1 2\r\n1 2 0.1 1e1 .5\r\n1 2 3\r\n2 1 0\r\n\x1a")
    instance = read_dow(file)
    assert instance.arcs[0].unit_cost == Fraction(1, 10)
    assert (instance.arcs[0].capacity, instance.arcs[0].fixed_cost) == (10, Fraction(1, 2))
    net = Arrays.of(instance.plain())
    assert net.commodities == 1  # nothing is carried of the second
    assert net.named.tolist() == [0]


def test_a_solver_is_never_given_what_is_not_a_number() -> None:
    plain = read_dow(TWO_WAYS).plain()
    plain["costs"][0] = float("nan")
    with pytest.raises(ValueError, match="finite"):
        Arrays.of(plain)
