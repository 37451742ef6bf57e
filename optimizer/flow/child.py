"""Run a solver module in a process of its own: memory and time are limited by the system, not by the solver."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

from optimizer.errors import SolverError

MEMORY_BYTES = 4 << 30


def run_child(module: str, problem: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """The module's JSON answer to a JSON problem.

    Args:
        module: runs as `python -m MODULE`, reads standard input, writes standard output.
        seconds: after this the child is killed.

    Raises:
        SolverError: it ran out of time (`solver_timeout`), died or printed something else (`solver_failed`).
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))

    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(problem, allow_nan=False),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            preexec_fn=limit,
        )
    except subprocess.TimeoutExpired as fault:
        raise SolverError(
            f"{module} did not answer within {seconds:g} s.",
            code="solver_timeout",
            hint="Try again, or without --verify.",
        ) from fault
    try:
        if done.returncode != 0:
            raise ValueError
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as fault:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SolverError(
            f"{module} failed with status {done.returncode}: {last}.",
            code="solver_failed",
            hint="Check that ortools is installed.",
        ) from fault
    return answer
