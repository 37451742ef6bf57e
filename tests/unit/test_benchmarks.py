"""Every benchmark still runs, on the smallest of its problems; what it measures there says nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]
SMALL = {
    "quote": ["--rows", "6", "--lanes", "3"],
    "time": ["--lanes", "2"],
    "desk": ["--rows", "40", "--lanes", "3", "--days", "2", "--alone", "3"],
    "plan_core": ["--shipments", "6", "--periods", "3", "--seconds", "10"],
    "plan": ["--size", "6x4", "--time-limit", "20"],
    "study": ["--lanes", "2", "--rules", "cheapest"],
    "limits": ["--rows", "50", "--limits", "0.5"],
    "flow": ["tests/data/flow", "--limits", "1", "--repeat", "1"],
    "pricing": ["tests/data/pricing", "--limits", "1"],
}


def test_every_benchmark_is_tried_here() -> None:
    scripts = {
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")
    }
    assert scripts == set(SMALL)


@pytest.mark.parametrize("name", SMALL)
def test_it_runs_and_prints_figures(name: str) -> None:
    command = [sys.executable, f"benchmarks/{name}.py", *SMALL[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5 * PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert any(letter.isdigit() for letter in done.stdout)
