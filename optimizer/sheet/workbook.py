"""A workbook to a Grid, out of what the child says of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from optimizer.errors import Problem
from optimizer.sheet.child import open_elsewhere
from optimizer.sheet.model import Cell, Fault, Grid, Merge, Row
from optimizer.sheet.records import MAX_CELL, cell_of


def read_workbook(path: Path, *, sheet: str = "") -> Grid:
    """One sheet of an XLSX, XLS or ODS.

    Raises:
        DataError: the workbook is refused.
    """
    answer = open_elsewhere(path, sheet)
    rows = tuple(_row(number, cells, path.name) for number, cells in enumerate(answer["rows"], 1))
    return Grid(
        file=path.name,
        sheet=answer["sheet"],
        format=answer["format"],
        encoding="",
        delimiter="",
        rows=rows,
        merges=tuple(Merge(*ends) for ends in answer["merges"]),
        sheets=tuple(answer["sheets"]),
        visible=tuple(answer["visible"]),
    )


def _row(number: int, cells: list[Any], name: str) -> Row:
    fault = None
    if any(type(value) is str and len(value) > MAX_CELL for value in cells):
        fault = Problem("field_too_long", f"a cell holds more than {MAX_CELL} characters", file=name, line=number)
        cells = [value[:MAX_CELL] if type(value) is str else value for value in cells]
    # A formula's text in a text cell is text; an error word is what a formula's value left behind.
    out = [value if type(value) is str and value[:1] != "#" else _cell(value) for value in cells]
    return Row(number, tuple(out), fault)


def _cell(value: Any) -> Cell:
    kind = type(value)
    if kind is float:
        return number_of(value)
    if kind is tuple:
        return _tuple(value)
    if kind is str:
        return cell_of(value)
    return value if kind is bool else Decimal(value)


@lru_cache(maxsize=65_536)
def number_of(value: float) -> Decimal:
    """A spreadsheet's number as the shortest decimal that is it.

    >>> number_of(1340.5), number_of(3.0), number_of(0.1)
    (Decimal('1340.5'), Decimal('3'), Decimal('0.1'))
    """
    return Decimal(int(value)) if value.is_integer() else Decimal(repr(value))


def _tuple(value: tuple[Any, ...]) -> Cell:
    if isinstance(value[0], str):
        return Fault(value[0], formula=value[1])
    if len(value) == 3:
        return dt.date(*value)
    return dt.time(*value) if len(value) == 4 else dt.datetime(*value)  # noqa: DTZ001 - a spreadsheet knows no zones
