"""A spreadsheet as it came: rows of cells, nothing interpreted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer.errors import Problem


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell whose value a spreadsheet could not compute, or a formula without a value: its text as shown.

    Attributes:
        formula: the text is a formula ("=G7*0,6"), not an error value ("#ССЫЛКА!").
    """

    text: str
    formula: bool = False


# Text as typed (a CSV has nothing else), or what a workbook says its cell is; an empty cell is "".
Cell = str | Decimal | dt.date | dt.datetime | dt.time | bool | Fault


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: as a spreadsheet shows it, from 1; a row whose text holds line breaks counts once.
        cells: from column A on; trailing empty cells may be missing.
        fault: why the row cannot be read (a NUL byte, a quote never closed), or None.
    """

    number: int
    cells: tuple[Cell, ...]
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, rows and columns from 0, both ends inside."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet of a file.

    Attributes:
        file: its name, without folder.
        sheet: name of the sheet, "" for text.
        format: csv, xlsx, xls or ods.
        encoding: of text ("cp1251", "utf-8-sig", "utf-16-le BOM"), "" for workbooks.
        delimiter: of text, "" for workbooks.
        merges: merged ranges, where the format tells.
        sheets: names of all sheets of the file, hidden ones too.
        visible: names of the sheets a person sees.
    """

    file: str
    sheet: str
    format: str
    encoding: str
    delimiter: str
    rows: Sequence[Row]
    merges: tuple[Merge, ...] = ()
    sheets: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()


def letters(column: int) -> str:
    """Name of a column, counted from 0.

    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
