"""The child that opens a workbook: `python -m optimizer.sheet.worker FILE SHEET`, plain data out by marshal.

It limits itself before it looks at the file: little memory while the file is only checked, then as much as the cells
counted by the check need. Standard output carries {"refused": (code, text)} or the sheet:
{"format", "sheet", "sheets", "visible", "rows", "merges", "faults"}; a date is a tuple of its numbers.
"""

import datetime as dt
import marshal
import resource
import sys
from typing import Any

from optimizer.sheet.guard import Checked, check
from optimizer.sheet.limits import MAX_MERGES, Extent, Refusal, damaged
from optimizer.sheet.zips import encrypted

CPU_SECONDS = 30
CHECK_BYTES = 90 << 20  # above the idle child, while the file is checked
READ_BYTES = 128 << 20  # above the idle child, before any cell
CELL_BYTES, GAP_BYTES = 320, 64  # a filled cell with its Python value; a gap, in the library and in the list
TEXT_TIMES = 4  # the file's text: unpacked, in the library, as Python text, written out


def main() -> None:
    path, wanted = sys.argv[1], sys.argv[2]
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import python_calamine  # noqa: F401 - its memory belongs to the idle child

        _limit(CHECK_BYTES)
        with open(path, "rb") as file:
            answer = read_workbook(path, check(file), wanted)
    except Refusal as refusal:
        answer = {"refused": (refusal.code, refusal.text)}
    except MemoryError:
        answer = {"refused": ("workbook_too_big", TOO_BIG)}
    sys.stdout.buffer.write(marshal.dumps(answer))


TOO_BIG = "the workbook needs more memory than it may have; delete what is not needed, or save the table as CSV"


def _limit(more: int) -> None:
    """Address space from here on: what is in use, and `more`."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + more, resource.RLIM_INFINITY))


def read_workbook(path: str, checked: Checked, wanted: str) -> dict[str, Any]:
    """The sheet asked for, or the first visible one that holds anything."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    extents = checked.extents()
    largest = max((e.rows * e.columns for e in extents), default=0)
    cells = max((e.cells for e in extents), default=0)
    _limit(READ_BYTES + cells * CELL_BYTES + largest * GAP_BYTES + TEXT_TIMES * checked.text + 48 * checked.claimed)
    try:
        with open(path, "rb") as file:
            book = CalamineWorkbook.from_filelike(file)
        metas = book.sheets_metadata
        names = [meta.name for meta in metas]
        if wanted and wanted not in names:
            shown = ", ".join(repr(name) for name in names[:5])
            raise Refusal("unknown_sheet", f"there is no sheet {wanted!r}; the workbook has {shown}")
        tables = [m.name for m in metas if m.typ == SheetTypeEnum.WorkSheet]
        visible = {m.name for m in metas if m.visible == SheetVisibleEnum.Visible}
        choices = [wanted] if wanted else [name for name in tables if name in visible] or tables[:1]
        chosen, rows, merges = "", [], []
        for name in choices:
            index = names.index(name)
            extent = checked.by_name.get(name) or (
                checked.in_order[index] if not checked.by_name and index < len(checked.in_order) else Extent()
            )
            sheet = book.get_sheet_by_index(index)
            rows = _rows(sheet.to_python(skip_empty_area=False), extent)
            if rows or name == choices[-1]:
                chosen = name
                if extent.merges <= MAX_MERGES:
                    merges = [(*a, *b) for a, b in sheet.merged_cell_ranges or ()]
            if rows:
                break
    except PasswordError as fault:
        raise encrypted() from fault
    except (CalamineError, OSError, ValueError, KeyError) as fault:
        raise damaged(str(fault)[:80] or type(fault).__name__) from fault
    return {
        "format": checked.format,
        "sheet": chosen,
        "sheets": names,
        "visible": [n for n in tables if n in visible],
        "rows": rows,
        "merges": merges,
    }


def _rows(cells: list[list[Any]], extent: Extent) -> list[list[Any]]:
    """Rows as plain data, faults put in as (text, is a formula), without the empty end."""
    for (row, column), fault in extent.faults.items():
        if fault[1] and row < len(cells) and column < len(cells[row]) and cells[row][column] not in ("", 0.0):
            continue  # the library has a value after all
        while len(cells) <= row:
            cells.append([])
        cells[row].extend([""] * (column + 1 - len(cells[row])))
        cells[row][column] = fault
    plain = (str, float, int, bool, tuple)
    for line in cells:
        while line and line[-1] == "":
            line.pop()
        for column, value in enumerate(line):
            if type(value) not in plain:
                line[column] = _plain(value)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return (value.year, value.month, value.day, value.hour, value.minute, value.second)
    if isinstance(value, dt.date):
        return (value.year, value.month, value.day)
    if isinstance(value, dt.time):
        return (value.hour, value.minute, value.second, value.microsecond)
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    main()
