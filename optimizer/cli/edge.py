"""What only a command line knows: the day it is, and the data book its options name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from optimizer.databook import DataBook
    from optimizer.errors import Problem

ASTANA = dt.timezone(dt.timedelta(hours=5))


def today() -> dt.date:
    """The day in Kazakhstan."""
    return dt.datetime.now(dt.UTC).astimezone(ASTANA).date()


def load(
    books: list[Path] | None = None,
    fx: Path | None = None,
    places: Path | None = None,
    timetable: Path | None = None,
) -> DataBook:
    """The default data book with the user's files over it."""
    from optimizer.databook import DataBook

    return DataBook.load(books or (), fx, places, timetable)


def counting() -> Progress:
    """A bar that counts what is done on a terminal, and nothing in a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as plain data."""
    return [{"severity": p.severity, "code": p.code, "text": p.text, "file": p.file, "line": p.line} for p in problems]
