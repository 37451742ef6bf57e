"""Run a solver module in a process of its own: memory and time are limited by the system, not by the solver."""

from __future__ import annotations

import contextlib
import ctypes
import json
import queue
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

from optimizer.errors import SolverError

MEMORY_BYTES = 4 << 30
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def run_child(module: str, problem: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """The module's JSON answer to a JSON problem.

    Args:
        module: runs as `python -m MODULE`, reads standard input, writes standard output.
        seconds: after this the child is killed.

    Raises:
        SolverError: it ran out of time (`solver_timeout`), died or printed something else (`solver_failed`).
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(problem, allow_nan=False),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            preexec_fn=_limit,
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
        raise _failed(module, done.returncode, done.stderr) from fault
    return answer


def _failed(module: str, status: int, said: str) -> SolverError:
    last = (said.strip().splitlines() or ["no message"])[-1]
    return SolverError(
        f"{module} failed with status {status}: {last}.",
        code="solver_failed",
        hint="Check that ortools is installed.",
    )


class StreamingChildren:
    """Children that answer a line at a time, so that a kill loses nothing already said.

    Each runs `python -m MODULE`, reads one JSON problem, and writes one JSON object a line. Iterating yields
    `(child, object)` as they come, and ends when all children have ended or `seconds` have passed; leaving the
    `with` block kills what still runs. `died` holds the last words of children that ended with a fault.

    Raises:
        SolverError: a child died and no child has said a word (`solver_failed`).
    """

    def __init__(self, module: str, problems: Sequence[dict[str, Any]], *, seconds: float) -> None:
        self.module = module
        self.ends = time.monotonic() + seconds
        self.killed = False
        self.died: list[str] = []
        self._lines: queue.Queue[tuple[int, str | None]] = queue.Queue()
        self._errors: list[IO[str]] = []
        self._children: list[subprocess.Popen[str]] = []
        libc = ctypes.CDLL(None)  # found before the fork: a child between fork and exec may not look things up

        def prepare() -> None:
            _limit()
            libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)

        for number, problem in enumerate(problems):
            text = json.dumps(problem, allow_nan=False)
            errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed below
            child = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # Ctrl-C is for us: we stop them after hearing their last word
                preexec_fn=prepare,
            )
            self._errors.append(errors)
            self._children.append(child)
            threading.Thread(target=self._talk, args=(number, child, text), daemon=True).start()

    def _talk(self, number: int, child: subprocess.Popen[str], text: str) -> None:
        assert child.stdin is not None and child.stdout is not None
        gone = contextlib.suppress(OSError, ValueError)  # it died, or was killed, while we spoke or listened
        with gone, child.stdin:
            child.stdin.write(text)
        with gone, child.stdout:  # whoever did not hear us out may have spoken all the same
            for line in child.stdout:
                self._lines.put((number, line))
        self._lines.put((number, None))

    def __enter__(self) -> StreamingChildren:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.wait()
        for errors in self._errors:
            errors.close()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        running, spoken = len(self._children), False
        while running:
            try:
                number, line = self._lines.get(timeout=max(0.0, self.ends - time.monotonic()))
            except queue.Empty:
                self.killed = True
                return
            if line is None:
                running -= 1
                status = self._children[number].wait()
                if status:
                    self._errors[number].seek(0)
                    fault = _failed(self.module, status, self._errors[number].read())
                    self.died.append(fault.message)
                    if not spoken and not running:
                        raise fault
                continue
            try:
                said = json.loads(line)
            except ValueError:  # half a line of a child that was stopped
                continue
            spoken = True
            yield number, said
