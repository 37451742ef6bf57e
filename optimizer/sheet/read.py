"""A spreadsheet file to a Grid: CSV, TSV, TXT, XLSX, XLS and ODS, told apart by content, never by the file's name."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import DataError, Problem
from optimizer.sheet.delimiter import find_delimiter
from optimizer.sheet.encoding import decode
from optimizer.sheet.kinds import HEAD_BYTES, kind_of
from optimizer.sheet.model import Grid
from optimizer.sheet.records import read_rows, split_sep, unify_line_ends


def read(path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Grid:
    """One sheet of a file, nothing interpreted.

    Args:
        path: the file; text is read here, a workbook in a child process with limits of its own.
        sheet: name of a sheet of a workbook; "" takes the first visible one that holds anything.
        encoding, delimiter: of a text file, when the user knows better; "" finds them out.

    Raises:
        DataError: the file cannot be read, is empty, encrypted, no spreadsheet, or would harm the reader.
    """
    name = path.name
    kind = kind_of(_head(path), name)
    if kind != "text":
        from optimizer.sheet.workbook import read_workbook  # child processes, for workbooks only

        return read_workbook(path, sheet=sheet)
    if sheet:
        text = f"the file is text and has no sheets, so there is no sheet {sheet!r}; leave the name out"
        raise DataError([Problem("unknown_sheet", text, file=name)])
    if len(delimiter) > 1 or delimiter in ('"', "\n", "\r", "\0"):
        named = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(delimiter)
        if named is None:
            text = f"the delimiter {delimiter!r} is not one character; name one such as ; or tab"
            raise DataError([Problem("bad_delimiter", text, file=name)])
        delimiter = named
    return read_text(_bytes(path), name, encoding=encoding, delimiter=delimiter)


def read_text(raw: bytes, name: str, *, encoding: str = "", delimiter: str = "") -> Grid:
    """A text file already in memory.

    >>> grid = read_text("Груз;т\\nпшеница;1 340,5\\n".encode("cp1251"), "a.csv")
    >>> grid.encoding, grid.delimiter, grid.rows[1].cells
    ('cp1251', ';', ('пшеница', '1 340,5'))
    """
    text, found, broken = decode(raw, name, encoding)
    told, text = split_sep(text)
    text = unify_line_ends(text)
    mark = delimiter or told or find_delimiter(text)
    return Grid(
        file=name,
        sheet="",
        format="csv",
        encoding=found,
        delimiter=mark,
        rows=tuple(read_rows(text, mark, name, broken=broken)),
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: OSError) -> DataError:
    text = f"the file cannot be read: {fault.strerror or fault}; check the path"
    return DataError([Problem("file_unreadable", text, file=path.name)])
