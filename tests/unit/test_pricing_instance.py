"""Reading pricing instances: every fault in one sentence (tests/faults/pricing, one file a fault)."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.pricing.instance import Instance, read_json

TESTS = Path(__file__).parents[1]
FAULTS = TESTS / "faults" / "pricing"
BRIDGE = TESTS / "data" / "pricing" / "bridge.json"


@pytest.mark.parametrize(
    ("name", "code", "phrase"),
    [
        ("absent", "file_unreadable", "cannot be opened"),
        ("binary", "not_text", "not a text file"),
        ("empty", "not_json", "is no JSON"),
        ("cut_off", "not_json", "in line"),
        ("deep", "not_json", "nested too deeply"),
        ("list", "missing_key", "no object `problem`"),
        ("nodes", "missing_key", "`problem.V` is 0"),
        ("arcs", "missing_key", "`problem.A` must be a list of arcs"),
        ("no_commodities", "missing_key", "`problem.K` must be a list of commodities"),
        ("key", "missing_key", "arc 3 has no cost"),
        ("row", "bad_row", "arc 5 is [1, 2, 3]"),
        ("node", "unknown_node", "arc 2: dst is 7, but nodes are numbered 1 to 3"),
        ("node_text", "unknown_node", 'commodity 1: orig is "Kokshetau"'),
        ("negative", "negative_value", "arc 1: cost is -1.0, below 0"),
        ("number", "bad_number", 'commodity 2: demand is "ten"'),
        ("infinite", "bad_number", "arc 3: cost is Infinity"),
        ("huge", "bad_number", "at most 1e12"),
        ("flag", "bad_flag", "arc 1: toll is 1; write true or false"),
        ("loop", "loop_arc", "arc 1 runs from node 1 to itself"),
        ("ends", "same_ends", "commodity 1 starts and ends at node 1"),
        ("duplicate", "duplicate_commodity", "commodity 3 goes from 1 to 3 like commodity 1"),
        ("no_way", "no_way", "commodity 3, from 3 to 1, has no way at all"),
        ("no_free_way", "no_free_way", "commodity 3, from 2 to 3, has no way without a toll arc"),
    ],
)
def test_each_fault_is_told(name: str, code: str, phrase: str) -> None:
    with pytest.raises(DataError) as refused:
        read_json(FAULTS / f"{name}.json")
    assert phrase in {p.code: p.text for p in refused.value.problems}[code]
    assert str(FAULTS / f"{name}.json") in str(refused.value)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(DataError) as refused:
        read_json(FAULTS / "several.json")
    assert {(p.code, p.column) for p in refused.value.problems} == {
        ("negative_value", "cost"),
        ("unknown_node", "dst"),
        ("bad_number", "demand"),
    }


def test_every_fault_file_is_used() -> None:
    assert len(list(FAULTS.glob("*.json"))) == 23


def test_an_instance_survives_the_way_to_a_solvers_process() -> None:
    instance = read_json(BRIDGE)
    assert instance.tolls == (0,)
    assert Instance.of(instance.plain()) == instance
