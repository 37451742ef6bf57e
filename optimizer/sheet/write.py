"""A table given back: CSV in two dialects and XLSX, safe for the spreadsheet that opens it.

In CSV a text that a spreadsheet would run as a formula gets a leading apostrophe (`guard`); `unguard` takes it off
again. In XLSX every text is a string cell, so nothing is changed; such cells also carry the quote prefix, so that
they stay text when somebody edits them. Numbers are numbers in both.

What no spreadsheet can hold is replaced, never a reason to lose a row: control characters and lone surrogates become
U+FFFD, line breaks "\\n", and a text beyond 32,767 characters ends in "…".
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.errors import FreightError
from optimizer.sheet.model import Cell, Fault
from optimizer.tables import SUSPECT, UNSEEN, safe_text

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

    from optimizer.sheet.inline import InlineSheet

MAX_CELL = 32_767
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile(r"\r\n?|\u2028|\u2029")
_APART = frozenset((*SUSPECT, "'", "s", "S"))  # only a text that begins so may run ("sep=" names a delimiter)
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()
COLOURS = {"ok": "#E2F0D9", "note": "#DDEBF7", "warning": "#FFF2CC", "error": "#F8CBAD"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell with something to say: coloured, with a note that shows when the mouse is over it.

    Attributes:
        colour: one of COLOURS ("ok", "note", "warning", "error").
    """

    value: Cell | int | None
    note: str = ""
    colour: str = "warning"


Value = Cell | int | Mark | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A dialect of CSV.

    Attributes:
        decimal: the decimal mark of numbers.
        date, moment: formats of `strftime` for days and times of day.
        bom: the file begins with a byte order mark, by which Excel knows UTF-8.
    """

    delimiter: str
    decimal: str
    date: str
    moment: str
    bom: bool
    true: str
    false: str


PROFILES = {
    "excel-ru": Profile(";", ",", "%d.%m.%Y", "%d.%m.%Y %H:%M:%S", True, "ИСТИНА", "ЛОЖЬ"),
    "rfc4180": Profile(",", ".", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", False, "TRUE", "FALSE"),
}


def clean(text: str) -> str:
    """Text a cell can hold.

    >>> clean("a\\0b\\r\\nc\\ud800")
    'a\\ufffdb\\nc\\ufffd'
    """
    if not text.isascii() or not text.isprintable():
        text = _UNFIT.sub("\ufffd", _BREAK.sub("\n", text))
    if 2 * len(text) > MAX_CELL and len(text.encode("utf-16-le")) > 2 * MAX_CELL:
        text = text.encode("utf-16-le")[: 2 * MAX_CELL - 2].decode("utf-16-le", errors="ignore") + "…"
    return text


def _runs(text: str) -> bool:
    """A spreadsheet would not keep this text of a CSV as it is: a formula, or a guarded text's own apostrophe."""
    while text[:1] == "'":
        text = text[1:]
    return safe_text(text) != text or text.lstrip(UNSEEN)[:4].lower() == "sep="


def guard(text: str) -> str:
    """Text as it stands in a CSV: with an apostrophe before what would run.

    >>> guard("=1+1"), guard("-12,5"), guard("- грузы"), guard("Костанай"), guard("'=1")
    ("'=1+1", '-12,5', "'- грузы", 'Костанай', "''=1")
    """
    return "'" + text if text[:1] in _APART and _runs(text) else text


def unguard(text: str) -> str:
    """The text as it was before `guard`.

    >>> [unguard(guard(text)) for text in ("=1+1", "'=1", "'tis", "-5")]
    ['=1+1', "'=1", "'tis", '-5']
    """
    return text[1:] if text[:1] == "'" and _runs(text[1:]) else text


def write_csv(path: Path, header_and_rows: Iterable[Sequence[Value]], profile: str = "rfc4180") -> None:
    """A CSV file.

    Args:
        header_and_rows: all rows; the first is usually the header.
        profile: "excel-ru" (semicolon, decimal comma, days as 05.12.2026, byte order mark: what Excel in Russian
            opens by a double click) or "rfc4180" (comma, point, ISO days, UTF-8).

    Raises:
        FreightError: the file cannot be written (code `file_unwritable`).
    """
    style = PROFILES[profile]
    try:
        with path.open("w", encoding="utf-8-sig" if style.bom else "utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=style.delimiter, lineterminator="\r\n")
            writer.writerows([csv_cell(value, style) for value in row] for row in header_and_rows)
    except OSError as fault:
        raise unwritable(path, fault) from fault


def csv_cell(value: Value, style: Profile) -> str:
    """One cell as it stands in the file.

    >>> [csv_cell(v, PROFILES["excel-ru"]) for v in (Decimal("-1340.50"), dt.date(2026, 12, 5), "=A1", True, None)]
    ['-1340,50', '05.12.2026', "'=A1", 'ИСТИНА', '']
    """
    if isinstance(value, Mark):
        value = value.value
    if isinstance(value, str):
        return guard(clean(value))
    if isinstance(value, bool):
        return style.true if value else style.false
    if isinstance(value, (Decimal, int)):
        return plain_number(value).replace(".", style.decimal)
    if isinstance(value, dt.datetime):
        return value.strftime(style.moment)
    if isinstance(value, dt.date):
        return value.strftime(style.date)
    if isinstance(value, dt.time):
        return value.isoformat("seconds")
    return guard(clean(value.text)) if isinstance(value, Fault) else ""


def plain_number(value: Decimal | int) -> str:
    """A number without exponent; what is not finite is no number and leaves nothing.

    >>> plain_number(Decimal("1E+3")), plain_number(Decimal("-0")), plain_number(Decimal("NaN"))
    ('1000', '0', '')
    """
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() > 300:
        return ""
    return f"{number if number else abs(number):f}"


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a workbook to write.

    Attributes:
        name: of the sheet; what a sheet's name may not hold is replaced.
        header: names of the columns, frozen and bold; none leaves the sheet without.
        widths: of columns, in characters; columns without one fit their header.
        date_format: as the spreadsheet writes it.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]
    widths: Sequence[float] = ()
    date_format: str = "dd.mm.yyyy"


class _Formats:
    """Formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.made: dict[tuple[str, str, bool], Format | None] = {("", "", False): None}

    def get(self, number: str, colour: str, quoted: bool = False) -> Format | None:
        key = (number, colour, quoted)
        if key not in self.made:
            wanted: dict[str, Any] = {"num_format": number} if number else {}
            if colour:
                wanted["bg_color"] = COLOURS[colour]
            if quoted:
                wanted["quote_prefix"] = True
            self.made[key] = self.book.add_format(wanted)
        return self.made[key]


def write_xlsx(path: Path, tables: Sequence[Table]) -> None:
    """A workbook; the same tables give the same bytes on any day.

    Rows are written as they come and kept nowhere, so a large table needs no memory.

    Raises:
        FreightError: the file cannot be written (code `file_unwritable`).
    """
    from xlsxwriter import Workbook  # a heavy import, for those who write workbooks
    from xlsxwriter.exceptions import XlsxFileError

    from optimizer.sheet.inline import InlineSheet

    options = {
        "constant_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    try:
        book = Workbook(str(path), options)
        # No author, no company, and no day: a workbook tells nothing of who made it.
        book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - a constant
        formats = _Formats(book)
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        taken: set[str] = set()
        for table in tables:
            _write_table(book.add_worksheet(sheet_name(table.name, taken), InlineSheet), table, formats, head)
        book.close()
    except (OSError, XlsxFileError) as fault:
        raise unwritable(path, fault) from fault


def _write_table(sheet: InlineSheet, table: Table, formats: _Formats, head: Format) -> None:
    texts = [clean(name) for name in table.header]
    for column, text in enumerate(texts):
        width = table.widths[column] if column < len(table.widths) else min(max(len(text) + 2, 10), 40)
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, text, head)
    for column in range(len(texts), len(table.widths)):
        sheet.set_column(column, column, table.widths[column])
    if texts:
        sheet.freeze_panes(1, 0)
    # What a value becomes, kept: the same texts, days and prices stand in thousands of rows.
    known: dict[object, tuple[bool, str | float, Format | None]] = {}
    write_string, write_number = sheet.put_text, sheet.put_number
    for number, row in enumerate(table.rows, 1 if texts else 0):
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            kind = type(value)
            key = value if kind is str else (kind, str(value))  # 1.0 and 1.00 are equal, and shown differently
            plain = known.get(key) if kind is not Mark else None
            if plain is None:
                plain = _plain(sheet, number, column, value, formats, table.date_format)
                if plain is None:
                    continue
                if kind is not Mark:
                    if len(known) > 100_000:
                        known.clear()
                    known[key] = plain
            if plain[0]:
                write_string(number, column, plain[1], plain[2])
            else:
                write_number(number, column, plain[1], plain[2])


def _plain(
    sheet: InlineSheet, row: int, column: int, value: Value, formats: _Formats, date_format: str
) -> tuple[bool, str | float, Format | None] | None:
    """(is a text, text or number, format) of a value; None when its cell stays empty or is written here."""
    colour = ""
    if isinstance(value, Mark):
        colour = value.colour
        if value.note:
            sheet.write_comment(row, column, clean(value.note)[:8000], {"x_scale": 2, "y_scale": 1.5})
        value = value.value
    if isinstance(value, Fault):
        value = value.text
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, formats.get("", colour))
        return None
    if isinstance(value, (Decimal, int)):
        shown = plain_number(value)
        places = len(shown.partition(".")[2])
        if shown and len(shown.strip("-").replace(".", "").strip("0")) <= 15:
            form = "0" if not places else f"#,##0.{'0' * places}" if places <= 6 else "General"
            return False, float(shown), formats.get(form, colour)
        value = shown  # a spreadsheet's number would drop digits
    elif isinstance(value, (dt.date, dt.datetime)):
        if value.year >= 1901:  # a spreadsheet's days begin in 1900, with a wrong February
            days = float(value.toordinal() - _DAY_ZERO)
            if isinstance(value, dt.datetime):
                return False, days + _share_of_day(value), formats.get(f"{date_format} hh:mm", colour)
            return False, days, formats.get(date_format, colour)
        value = value.isoformat()
    elif isinstance(value, dt.time):
        return False, _share_of_day(value), formats.get("hh:mm:ss", colour)
    if not value:
        if colour:
            sheet.write_blank(row, column, None, formats.get("", colour))
        return None
    text = clean(value)
    return True, text, formats.get("", colour, _runs(text))


def _share_of_day(value: dt.datetime | dt.time) -> float:
    return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86_400


def sheet_name(wanted: str, taken: set[str]) -> str:
    """A name a sheet may have, not among `taken`, which it joins.

    >>> taken = set()
    >>> sheet_name("Ставки 1/2: 'окт'", taken), sheet_name("Ставки 1/2: 'окт'", taken), sheet_name("", taken)
    ("Ставки 1 2_ 'окт", "Ставки 1 2_ 'окт 2", 'Sheet')
    """
    name = (
        re.sub(r"[\[\]*?]", "", clean(wanted)).replace("/", " ").replace("\\", " ").replace(":", "_").replace("\n", " ")
    )
    name = name.encode("utf-16-le")[:62].decode("utf-16-le", errors="ignore").strip("' ") or "Sheet"
    found, number = name, 1
    while found.lower() in taken or found.lower() == "history":
        number += 1
        found = f"{name[:27]} {number}"
    taken.add(found.lower())
    return found


def unwritable(path: Path, fault: Exception) -> FreightError:
    reason = getattr(fault, "strerror", None) or str(fault)
    return FreightError(
        f"The file {path} cannot be written: {reason}.",
        code="file_unwritable",
        hint="Close it elsewhere or name another.",
    )
