"""A child that answers line by line: what it said survives a kill, its death without a word is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import SolverError
from optimizer.flow.child import StreamingChildren, run_child
from tests.patience import ends

TALKER = """
import json, sys, time
problem = json.load(sys.stdin)
for i in range(problem["lines"]):
    print(json.dumps({"line": i}), flush=True)
if problem["half"]:
    print('{"line": 9', flush=True)
time.sleep(problem["sleep"])
sys.exit(problem["status"])
"""


@pytest.fixture
def talker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "flow_talker.py").write_text(TALKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "flow_talker"


def problem(**given: object) -> dict[str, object]:
    return {"lines": 2, "half": False, "sleep": 0, "status": 0, **given}


def test_lines_of_all_children_arrive(talker: str) -> None:
    with StreamingChildren(talker, [problem(lines=1), problem(lines=3)], seconds=30) as children:
        said = list(children)
    assert sorted((child, line["line"]) for child, line in said) == [(0, 0), (1, 0), (1, 1), (1, 2)]
    assert not children.killed


def test_a_kill_loses_nothing_already_said(talker: str) -> None:
    with ends(5), StreamingChildren(talker, [problem(half=True, sleep=600)], seconds=5) as children:
        said = [line for _, line in children]
    assert said == [{"line": 0}, {"line": 1}]
    assert children.killed


def test_a_child_that_dies_without_listening_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It speaks, shuts its ears and dies while we still write: the pipe breaks, its word stands."""
    (tmp_path / "flow_deaf.py").write_text("import os\nprint('{\"line\": 0}', flush=True)\nos.close(0)\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with StreamingChildren("flow_deaf", [{"long": "x" * 4_000_000}], seconds=30) as children:
        assert list(children) == [(0, {"line": 0})]
        assert len(children.died) == 1


def test_a_child_that_dies_in_silence_is_a_fault(talker: str) -> None:
    with (
        pytest.raises(SolverError, match="status 3") as refused,
        StreamingChildren(talker, [problem(lines=0, status=3)], seconds=30) as children,
    ):
        list(children)
    assert refused.value.code == "solver_failed"


def test_a_child_that_dies_after_speaking_is_remembered(talker: str) -> None:
    with StreamingChildren(talker, [problem(status=3)], seconds=30) as children:
        assert len(list(children)) == 2
    assert "status 3" in children.died[0]


def test_leaving_the_loop_ends_the_children(talker: str) -> None:
    with StreamingChildren(talker, [problem(sleep=60)], seconds=60) as children:
        for _ in children:
            break
    assert all(child.poll() is not None for child in children._children)


def test_one_answer_is_as_before(talker: str) -> None:
    with pytest.raises(SolverError) as refused:
        run_child(talker, problem(sleep=60), seconds=1)
    assert refused.value.code == "solver_timeout"
    assert run_child(talker, problem(lines=1), seconds=30) == {"line": 0}
