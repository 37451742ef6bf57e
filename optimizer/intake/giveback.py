"""The user's own sheet given back: his rows, order and columns, cells at fault marked, and columns of ours at the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from optimizer.intake.model import Note, Reading
from optimizer.sheet.model import Grid
from optimizer.sheet.write import Mark, Table, Value, write_csv, write_xlsx

COLOURS = {"fault": "error", "question": "error", "warning": "warning"}


def give_back(
    grid: Grid,
    reading: Reading,
    columns: Sequence[str],
    results_by_line: Mapping[int, Sequence[Value]],
    path: Path,
    profile: str = "excel-ru",
    *,
    lang: str = "en",
) -> None:
    """Write the sheet as it came with columns added.

    Args:
        columns: names of the added columns; they stand in the lowest row of every header.
        results_by_line: by the number of a row what stands in them.
        path: .xlsx writes a workbook, anything else CSV.
        profile: of CSV; see `optimizer.sheet.write.PROFILES`.
        lang: of the notes on marked cells, en or ru.

    Raises:
        FreightError: the file cannot be written.
    """
    rows = list(rows_of(grid, reading, columns, results_by_line, lang))
    if path.suffix.lower() == ".xlsx":
        width = max((len(row) for row in rows), default=0)
        widths = [_width(rows, column) for column in range(width)]
        write_xlsx(path, [Table(grid.sheet or "Sheet1", (), rows, widths)])
    else:
        write_csv(path, rows, profile)


def rows_of(
    grid: Grid,
    reading: Reading,
    columns: Sequence[str],
    results_by_line: Mapping[int, Sequence[Value]],
    lang: str = "en",
) -> Iterator[list[Value]]:
    """Every row of the sheet with the added columns; one more above them where the sheet has no header."""
    width = max((len(row.cells) for row in grid.rows), default=0)
    lowest = {number for number in reading.header_rows if number + 1 not in reading.header_rows}  # of every table
    said = {row.line: [note for note in row.notes if note.weight in COLOURS] for row in reading.rows}
    if not lowest:
        yield [*([""] * width), *columns]
    for row in grid.rows:
        cells: list[Value] = [*row.cells, *([""] * (width - len(row.cells)))]
        for index, note in _marked(said.get(row.number, ()), reading, width):
            cells[index] = _mark(cells[index], note, lang)
        if row.number in lowest:
            yield [*cells, *columns]
        else:
            yield [*cells, *results_by_line.get(row.number, ())]


def _marked(notes: Sequence[Note], reading: Reading, width: int) -> Iterator[tuple[int, Note]]:
    """(column, note) for every note that names a cell."""
    for note in notes:
        index = _index(note.letter) if note.letter else reading.columns.get(note.column, -1)
        if 0 <= index < width:
            yield index, note


def _mark(cell: Value, note: Note, lang: str) -> Mark:
    """A cell with its note; the heavier colour and all that was said of it stay."""
    text = note.text_ru if lang == "ru" else note.text
    colour = COLOURS[note.weight]
    if isinstance(cell, Mark):
        heavier = "error" if "error" in (cell.colour, colour) else colour
        return Mark(cell.value, f"{cell.note}\n{text}", heavier)
    return Mark(cell, text, colour)


def _index(letter: str) -> int:
    """A column's place by its letters, from 0.

    >>> _index("A"), _index("AA"), _index("?")
    (0, 26, -1)
    """
    number = 0
    for sign in letter.upper():
        if not "A" <= sign <= "Z":
            return -1
        number = number * 26 + ord(sign) - 64
    return number - 1


def _width(rows: Sequence[Sequence[Value]], column: int) -> float:
    """Of the longest text of a column, within reason."""
    longest = max((len(_shown(row[column])) for row in rows[:200] if column < len(row)), default=0)
    return min(max(longest, 8) + 1, 42)


def _shown(value: Value) -> str:
    """The first line of a cell."""
    if isinstance(value, Mark):
        value = value.value
    return "" if value is None else str(value).split("\n", 1)[0]
