"""Runs the child that opens a workbook, and kills it when its time is over."""

from __future__ import annotations

import marshal
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from optimizer.errors import DataError, Problem

SECONDS = 120.0  # of the clock, for one that hangs; work is limited by the child itself, in seconds of the processor
MODULE = "optimizer.sheet.worker"


def open_elsewhere(path: Path, sheet: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """What the child says of a workbook (see `worker`).

    Raises:
        DataError: the workbook is refused, harmed the child, or took too long.
    """
    # A process group of its own: what is sent to ours does not reach it, and one kill ends it whole.
    child = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", MODULE, str(path.absolute()), _argument(sheet)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        said, _ = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as fault:
        raise _refused(path, "workbook_too_slow", f"reading the workbook took longer than {seconds:g} s") from fault
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if child.stdout is not None:
            child.stdout.close()
    if child.returncode == -signal.SIGXCPU:
        raise _refused(path, "workbook_too_slow", "reading the workbook took too long")
    try:
        answer: dict[str, Any] = marshal.loads(said)
    except (EOFError, ValueError, TypeError) as fault:
        text = "reading the workbook broke the reader, so it is damaged or made to do harm"
        raise _refused(
            path, "workbook_too_big" if child.returncode == -signal.SIGABRT else "workbook_damaged", text
        ) from fault
    if "refused" in answer:
        code, text = answer["refused"]
        raise DataError([Problem(code, text, file=path.name)])
    return answer


def _argument(text: str) -> str:
    """A sheet's name as an argument can carry it; no sheet is named otherwise."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _refused(path: Path, code: str, text: str) -> DataError:
    advice = "open it in a spreadsheet and save the table as CSV"
    return DataError([Problem(code, f"{text}; {advice}", file=path.name)])
