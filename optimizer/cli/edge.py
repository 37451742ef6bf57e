"""What only a command line knows: the day it is, and the data book its options name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.databook import DataBook

ASTANA = dt.timezone(dt.timedelta(hours=5))


def today() -> dt.date:
    """The day in Kazakhstan."""
    return dt.datetime.now(dt.UTC).astimezone(ASTANA).date()


def load(books: list[Path] | None = None, fx: Path | None = None, places: Path | None = None) -> DataBook:
    """The default data book with the user's files over it."""
    from optimizer.databook import DataBook

    return DataBook.load(books or (), fx, places)
