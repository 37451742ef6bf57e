"""Rate sheets: a user's file of rows as text, which table of a book it belongs to, and that table as it stands."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer import tables
from optimizer.errors import DataError, Problem
from optimizer.tariff.columns import COLUMNS, NEEDED
from optimizer.tariff.conditions import CONDITIONS

MOST_BYTES = 64 * 2**20
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
OF_SUBSIDIES = frozenset({"cap_t", "cap_amount", "probability", "claim_until"})


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a file, by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the book as it stands; `path` is the file a link leads to."""

    name: str
    path: Path
    raw: bytes | None  # None: the book does not have it
    columns: tuple[str, ...]
    rows: tuple[Line, ...]

    @property
    def line_end(self) -> str:
        return "\r\n" if self.raw is not None and b"\r\n" in self.raw else "\n"


def read_file(file: Path) -> tuple[list[str], list[Line], list[Problem]]:
    """(columns, rows, faults of single rows) of a user's CSV.

    Raises:
        DataError: it cannot be read at all.
    """

    def whole(code: str, text: str, line: int = 0) -> DataError:
        return DataError([Problem(code, text, file=file.name, line=line)])

    if os.path.exists(file) and not os.path.isfile(file):  # a folder, or a device that never ends
        raise whole("file_unreadable", "this is not a file; name a CSV file")
    if os.path.isfile(file) and os.path.getsize(file) > MOST_BYTES:
        raise whole("file_too_large", f"the file is larger than {MOST_BYTES // 2**20} MB; split it")
    text = tables.decode(tables.read_bytes(file), file.name)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    problems: list[Problem] = []
    lines: list[Line] = []
    columns: list[str] = []
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if any(cells[len(columns) :]):
                words = (
                    f"the row has {len(cells)} cells, the header {len(columns)}; quote text that holds the separator"
                )
                problems.append(Problem("too_many_cells", words, file=file.name, line=reader.line_num))
            named = dict(zip(columns, cells + [""] * len(columns), strict=False))
            if named.pop("", ""):
                words = "a cell stands under no column name; name the column or delete the cell"
                problems.append(Problem("missing_column", words, file=file.name, line=reader.line_num))
            lines.append(Line(reader.line_num, named))
    except csv.Error as fault:
        raise whole(
            "broken_csv", f"the row cannot be read as CSV: {fault}; check its quotes", reader.line_num
        ) from fault
    columns = [c for c in columns if c]
    if not columns:
        raise whole("no_header", "the file has no header; write the names of the columns in its first line", 1)
    if not lines:
        raise whole("no_rows", "the file holds no row below its header; nothing can be taken from it", 1)
    return columns, lines, problems


def refused(problems: Sequence[Problem], read: int, skipped: int) -> DataError:
    """The error of a file of which no row is taken."""
    fault = DataError(list(problems))
    fault.details = {"read": read, "added": 0, "skipped": skipped, "refused": read - skipped}
    return fault


def table_named(columns: Sequence[str], lines: Sequence[Line], name: str) -> str:
    """The table a file's rows belong to, by its columns."""
    if "coef_id" in columns:
        return "coefficients.csv"
    if "chain" in columns:
        return "through.csv"
    if "rule_id" in columns and "on" in columns:
        paid_back = OF_SUBSIDIES & set(columns) or all(line.cells.get("charge") == "subsidy" for line in lines)
        return "subsidies.csv" if paid_back else "surcharges.csv"
    if "rule_id" in columns:
        return "rates.csv"
    text = "the file has neither a column rule_id nor coef_id; give each row an id, in the columns of a tariff book"
    raise refused([Problem("missing_column", text, file=name, line=1, column="rule_id")], len(lines), 0)


def header_problems(table: str, columns: Sequence[str], name: str) -> list[Problem]:
    def fault(code: str, text: str, column: str) -> Problem:
        return Problem(code, text, file=name, line=1, column=column)

    found = [
        fault("missing_column", f"the file has no column {column}; add it, {table} needs it", column)
        for column in NEEDED[table]
        if column not in columns
    ]
    found += [
        fault("unknown_column", f"column {column} is not one {table} may have; rename or delete it", column)
        for column in dict.fromkeys(columns)
        if column not in COLUMNS[table]
    ]
    return found + [
        fault("double_column", f"two columns are named {column}; rename or delete one", column)
        for column in dict.fromkeys(columns)
        if columns.count(column) > 1
    ]


def cell_problems(line: Line, name: str) -> list[Problem]:
    """Cells a spreadsheet would run, and cells that are not one line of text."""
    found: list[Problem] = []
    for column, cell in line.cells.items():
        code = text = ""
        if CONTROLS.search(cell):
            code, text = "control_character", "the cell holds a line break or control character; write it on one line"
        elif tables.safe_text(cell) != cell and not _is_condition(column, cell):
            code = "formula_cell"
            text = f"the cell begins with {cell[0]!r}, which a spreadsheet runs as a formula; write the value itself"
        if code:
            found.append(
                Problem(code, text, file=name, line=line.number, column=column, value=CONTROLS.sub(" ", cell[:60]))
            )
    return found


def _is_condition(column: str, cell: str) -> bool:
    """A group, or an exception among goods codes, begins with what would begin a formula elsewhere."""
    word = r"@[\w.-]+|-\d+"
    return column in CONDITIONS and re.fullmatch(rf"({word})([;+]({word}|[\w.-]+))*", cell) is not None


def read_table(folder: Path, table: str) -> Table:
    """A table of the book; none of its rows where the book does not have it."""
    path = (folder / table).resolve()
    if not path.exists():
        return Table(table, path, None, (), ())
    raw = tables.read_bytes(path)
    title = f"{folder.resolve().name}/{table}"
    text = tables.decode(raw, title)
    rows = tuple(Line(number, cells) for number, cells in tables.rows_of(text, title))
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    return Table(table, path, raw, tuple(cell.strip() for cell in header), rows)
