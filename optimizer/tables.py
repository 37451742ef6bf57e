"""CSV in and out: the only module that opens our tables.

Cells arrive as stripped text; typed readers live beside the types they make. A table may be named
relative to one of our data packages or be any path of the user's.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer.errors import DataError, FreightError, Problem

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# Spaces of all kinds and marks nobody sees: some spreadsheets pass over them to find the "=".
UNSEEN = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u3000\ufeff"
)
SUSPECT = frozenset((*UNSEEN, *FORMULA_STARTS))
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def data_file(package: str, name: str) -> Traversable:
    """A file of `network_data` or `seeds`, from a checkout or an installed wheel alike."""
    return files(package).joinpath(name)


def read_bytes(where: Traversable | Path) -> bytes:
    """The bytes of a table, or one sentence why not."""
    try:
        return where.read_bytes()
    except (FileNotFoundError, IsADirectoryError, PermissionError, OSError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise DataError(
            [Problem("file_unreadable", f"the file cannot be read: {reason}; check the path", file=str(where))]
        ) from fault


def decode(raw: bytes, name: str) -> str:
    """UTF-8 with or without a byte order mark; anything else is said, not guessed."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(
            [
                Problem(
                    "encoding",
                    f"the file is not UTF-8 (byte {fault.start}); save it as CSV UTF-8 and try again",
                    file=name,
                )
            ]
        ) from fault
    return text


def rows_of(text: str, name: str, delimiter: str = ",") -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) for every row below the header; blank rows are passed over.

    >>> list(rows_of("a,b\\n1, x \\n", "t.csv"))
    [(2, {'a': '1', 'b': 'x'})]
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [h.strip() for h in next(reader, [])]
        twice = sorted({h for h in header if h and header.count(h) > 1})
        if twice:
            text = f"column {', '.join(twice)} stands twice; delete one of the two"
            raise DataError([Problem("repeated_column", text, file=name, line=1)])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num
            if len(cells) > len(header):
                raise DataError(
                    [
                        Problem(
                            "too_many_cells",
                            f"the row has {len(cells)} cells, the header {len(header)}; quote text that holds a comma",
                            file=name,
                            line=line,
                        )
                    ]
                )
            padded = [c.strip() for c in cells] + [""] * (len(header) - len(cells))
            yield line, dict(zip(header, padded, strict=True))
    except csv.Error as fault:
        raise DataError(
            [Problem("broken_csv", f"the row cannot be read as CSV: {fault}", file=name, line=reader.line_num)]
        ) from fault


def open_table(package: str, name: str) -> list[tuple[int, dict[str, str]]]:
    """All rows of one of our own tables."""
    return list(rows_of(decode(read_bytes(data_file(package, name)), name), f"{package}/{name}"))


def require_columns(rows: Sequence[tuple[int, Mapping[str, str]]], wanted: Iterable[str], name: str) -> None:
    """Raise one DataError naming every column that is missing."""
    if not rows:
        return
    missing = [c for c in wanted if c not in rows[0][1]]
    if missing:
        raise DataError([Problem("missing_column", f"column {', '.join(missing)} is missing", file=name, line=1)])


def digest(parts: Iterable[bytes]) -> str:
    """Twelve hex digits that change when any byte of any part does."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part).to_bytes(8, "big"))
        sha.update(part)
    return sha.hexdigest()[:12]


def safe_text(value: str) -> str:
    """Text that no spreadsheet runs as a formula; numbers are left alone.

    >>> safe_text("=1+1"), safe_text("-12.5"), safe_text("Kostanay")
    ("'=1+1", '-12.5', 'Kostanay')
    >>> safe_text("\\u00a0=1+1") == "'\\u00a0=1+1", safe_text("\\ufeff\\u200b@SUM(A1)")[0], safe_text("\\u00a0t")[0] == "\\u00a0"
    (True, "'", True)
    """
    if value[:1] not in SUSPECT:
        return value
    bare = value.lstrip(UNSEEN)
    if not bare.startswith(FORMULA_STARTS) or _NUMBER.fullmatch(value):
        return value
    return "'" + value


def csv_cells(columns: Sequence[str], row: Mapping[str, object]) -> list[object]:
    """The cells of a row in order of the columns, text guarded, None empty."""
    get = row.get
    return [safe_text(v) if isinstance(v := get(c, ""), str) else ("" if v is None else v) for c in columns]


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows of cells as CSV text, RFC 4180; the caller guards text that is a user's.

    >>> csv_text([("a", 2, None)])
    'a,2,\\r\\n'
    """
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def make_folder(out: Path) -> None:
    """The folder a run writes to, made where it is missing.

    Raises:
        FreightError: it cannot be written (code `folder_unwritable`).
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "manifest.json").touch()
    except OSError as fault:
        raise FreightError(
            f"The folder {out} cannot be written: {fault.strerror}.",
            code="folder_unwritable",
            hint="Name another with --out.",
        ) from fault


class CsvOut:
    """A CSV file written row by row, RFC 4180, safe for spreadsheets."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(self.columns)

    def write(self, row: Mapping[str, object]) -> None:
        self._writer.writerow(csv_cells(self.columns, row))

    def write_lines(self, lines: str) -> None:
        """Finished lines of the same columns, as `csv_text` makes them."""
        self._file.write(lines)

    def __enter__(self) -> CsvOut:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()
