"""`keruen bench pricing`: what it prints, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.cli import main

TESTS = Path(__file__).parents[1]
BRIDGE = TESTS / "data" / "pricing" / "bridge.json"


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "pricing", str(BRIDGE), "--time-limit", "30", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["objective"] == pytest.approx(120, rel=1e-5)
    assert told["objective"] <= told["bound"]
    assert told["tolls"][0]["src"] == 1 and told["tolls"][0]["dst"] == 2
    assert {"gap", "seconds", "status", "recomputed"} <= set(told)


def test_the_page_shows_tolls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "pricing", str(BRIDGE), "--time-limit", "30"]) == 0
    shown = capsys.readouterr().out
    assert "3 nodes, 4 arcs, 1 of them with toll, 2 commodities" in shown
    assert "optimal" in shown


@pytest.mark.parametrize(
    ("argv", "phrase"),
    [
        ([str(TESTS / "faults" / "pricing" / "node.json")], "nodes are numbered 1 to 3"),
        ([str(TESTS / "faults" / "pricing" / "cut_off.json")], "not_json"),
        (["nowhere.json"], "file_unreadable"),
        ([str(BRIDGE), "--time-limit", "0"], "bad_usage"),
        ([str(BRIDGE), "--time-limit", "nan"], "bad_usage"),
    ],
)
def test_refusals_are_one_sentence(argv: list[str], phrase: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "pricing", *argv]) == 2
    out, err = capsys.readouterr()
    assert phrase in err
    assert not out
    assert len(err.strip().splitlines()) == 1
