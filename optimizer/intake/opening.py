"""A file to the sheet its table stands in: a workbook may begin with a cover, a contents page or a legend."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import DataError
from optimizer.intake.layout import NEEDED, find
from optimizer.intake.mapping import Mapping
from optimizer.sheet.model import Grid
from optimizer.sheet.read import read

MOST_SHEETS = 20


def open_table(
    path: Path, kind: str, *, sheet: str = "", encoding: str = "", delimiter: str = "", mapping: Mapping | None = None
) -> Grid:
    """The sheet asked for, else the first visible one with a table of this kind, else the first that holds anything.

    Args:
        kind: shipments, rates, netback or flows.
        mapping: of the user; one that names columns or header rows is for the first sheet, unless he names another.

    Raises:
        DataError: the file cannot be read, see `sheet.read`.
    """
    first = read(path, sheet=sheet, encoding=encoding, delimiter=delimiter)
    told = mapping is not None and (mapping.header_rows is not None or mapping.columns)
    if sheet or told or len(first.visible) < 2 or _has_table(first, kind):
        return first
    for name in first.visible[:MOST_SHEETS]:
        if name == first.sheet:
            continue
        try:
            other = read(path, sheet=name)
        except DataError:
            continue
        if _has_table(other, kind):
            return other
    return first


def _has_table(grid: Grid, kind: str) -> bool:
    have = {column.field for column in find(grid, kind).columns}
    return all(any(name in have for name in group) for group in NEEDED[kind])
