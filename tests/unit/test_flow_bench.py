"""`keruen bench flow`: hand-checked optima, conflicts by name, limits kept, the same answer twice.

two_ways.dow by hand. Without fixed costs: 10 units want the 6 of arc 2-4, and the other way costs either commodity 2
more a unit: 8 x 2 + 2 x 1 + 4 x 2 = 26. With fixed costs: that flow over arcs 1-2, 2-4, 3-4 and 2-3 pays 17 more, 43;
everything over 3-4 costs 38 + 9 = 47, and arcs 1-2, 1-3, 2-4, 3-4 cost 26 + 19 = 45.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.flow import bench
from optimizer.flow.bench import Outcome, bench_flow, tasks
from optimizer.flow.instance import read_dow
from tests.patience import ends

TESTS = Path(__file__).parents[1]
TWO_WAYS = TESTS / "data" / "flow" / "two_ways.dow"


def large(path: Path, nodes: int = 25, arcs: int = 400, commodities: int = 150) -> Path:
    """A design problem no solver proves in seconds."""
    draw = random.Random(5)
    pairs = {(i, i % nodes + 1) for i in range(1, nodes + 1)}
    while len(pairs) < arcs:
        tail, head = draw.sample(range(1, nodes + 1), 2)
        pairs.add((tail, head))
    rows = [f"{nodes} {arcs} {commodities}"]
    rows += [
        f"{t} {h} {draw.randint(1, 30)} {draw.randint(150, 400)} {draw.randint(200, 2000)}" for t, h in sorted(pairs)
    ]
    for _ in range(commodities):
        origin, destination = draw.sample(range(1, nodes + 1), 2)
        rows.append(f"{origin} {destination} {draw.randint(5, 30)}")
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize(("mode", "cost"), [("relax", 26), ("design", 43)])
def test_the_small_instance_by_hand(mode: str, cost: int) -> None:
    outcome = bench_flow(TWO_WAYS, mode=mode, seconds=30)
    assert (outcome.status, outcome.objective) == ("optimal", cost)
    assert outcome.bound == pytest.approx(cost)
    assert outcome.opened == (None if mode == "relax" else (0, 2, 3, 4))


def test_json_has_the_promised_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "flow", str(TWO_WAYS), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mode"] == "relax"  # when neither is asked
    assert set(told) >= {"objective", "bound", "gap", "seconds", "status", "columns", "iterations", "method"}
    assert (told["objective"], told["gap"], told["recomputed"], told["status"]) == (26.0, 0.0, True, "optimal")


def test_plain_output_names_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "flow", str(TWO_WAYS), "--design"]) == 0
    out = capsys.readouterr().out
    for word in ("status", "objective", "bound", "gap", "seconds", "4 nodes, 5 arcs, 2 commodities"):
        assert word in out


@pytest.mark.parametrize("mode", ["--relax", "--design"])
def test_a_narrow_cut_is_named(tmp_path: Path, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = tmp_path / "narrow.dow"
    narrow.write_text(TWO_WAYS.read_text().replace("3 4 2 10 3", "3 4 2 1 3"))
    assert main(["bench", "flow", str(narrow), mode, "--json"]) == 5
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (told["status"], told["objective"]) == ("infeasible", None)
    assert told["conflict"]["unserved"] == pytest.approx(3)
    assert told["conflict"]["arcs"] == [3, 4]
    assert "nodes 1, 2, 3 must send 10 units" in err
    assert "hold 7" in err
    assert "code: infeasible" in err


def test_a_commodity_without_a_way_is_named(tmp_path: Path) -> None:
    island = tmp_path / "island.dow"
    island.write_text("4 2 1\n1 2 1 9 1\n3 4 1 9 1\n1 4 5\n")
    outcome = bench_flow(island, seconds=30)
    assert outcome.status == "infeasible"
    assert (
        "nodes 1, 2 must send 5 units to the other nodes, and the 0 arcs that leave hold 0" in outcome.conflict["text"]
    )


def test_a_conflict_that_is_no_cut_names_commodities_and_arcs(tmp_path: Path) -> None:
    # All 8 units need arc 1-4 and its 6 units of room, yet no set of nodes has less room than it must send.
    ring = tmp_path / "no_cut.dow"
    arcs = "4 5 1 2 0|2 5 1 4 0|4 1 1 7 0|4 2 1 6 0|2 5 1 2 0|5 3 1 8 0|1 4 1 6 0|3 1 1 3 0|5 1 1 8 0"
    ring.write_text("\n".join(["5 9 3", *arcs.split("|"), "2 4 1", "3 2 2", "2 4 5"]))
    outcome = bench_flow(ring, seconds=30)
    assert outcome.status == "infeasible"
    assert outcome.conflict["nodes"] == []
    assert outcome.conflict["arcs"] == [7]
    assert "cannot be served together with the others over arc 7. At least 2 units" in outcome.conflict["text"]


def test_the_limit_is_kept_and_the_best_so_far_is_answered(tmp_path: Path) -> None:
    with ends(5.0):
        outcome = bench_flow(large(tmp_path / "large.dow"), mode="design", seconds=5.0)
    assert outcome.status == "feasible"
    assert outcome.objective is not None
    assert 0 < outcome.bound < float(outcome.objective)


def test_no_time_no_solution(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = large(tmp_path / "large.dow")
    assert main(["bench", "flow", str(file), "--design", "--time-limit", "0.05", "--json"]) == 5
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == "none_in_time"
    assert "code: none_in_time" in err


def test_an_interruption_answers_what_is_known(tmp_path: Path) -> None:
    def stop(known: Outcome) -> None:
        if known.objective is not None and known.bound > 0:
            raise KeyboardInterrupt

    outcome = bench_flow(large(tmp_path / "large.dow"), mode="design", seconds=60, heard=stop)
    assert outcome.status == "feasible"
    assert outcome.wall_seconds < 30
    assert 0 < outcome.bound < float(outcome.objective or 0)


@pytest.mark.parametrize("mode", ["relax", "design"])
def test_nothing_to_carry_costs_nothing(tmp_path: Path, mode: str) -> None:
    idle = tmp_path / "idle.dow"
    idle.write_text("2 1 1\n1 2 3 4 5\n1 2 0\n")
    outcome = bench_flow(idle, mode=mode, seconds=30)
    assert (outcome.status, outcome.objective, outcome.gap) == ("optimal", 0, 0.0)


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (bench_flow(TWO_WAYS, mode="design", seconds=30, seed=7) for _ in range(2))
    assert (first.objective, first.opened) == (second.objective, second.opened)


def test_a_lying_solver_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "flow_liar.py").write_text(
        "import json, sys\njson.load(sys.stdin)\n"
        'print(json.dumps({"kind": "solution", "objective": 1.0, "opened": None, "flows": [[0, [0, 2], 8.0]]}))\n'
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(bench, "WORKER", "flow_liar")
    assert main(["bench", "flow", str(TWO_WAYS)]) == 70


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["absent.dow"], "code: file_unreadable"),
        ([str(TESTS / "faults" / "dow" / "comma.dow")], "line 3"),
        ([str(TWO_WAYS), "--relax", "--design"], "give one"),
        ([str(TWO_WAYS), "--time-limit", "0"], "above 0"),
        ([str(TWO_WAYS), "--time-limit", "nan"], "above 0"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    arguments: list[str], phrase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "flow", *arguments]) == 2
    assert phrase in capsys.readouterr().err


def test_children_by_size() -> None:
    small = read_dow(TWO_WAYS)
    assert tasks(small, "relax", 100) == ("relax",)
    assert tasks(small, "design", 100) == ("prove",)
