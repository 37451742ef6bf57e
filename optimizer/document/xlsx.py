"""A document as an XLSX workbook.

Numbers and days are numbers, text is written as text and never as a formula, no sheet is hidden, and the properties
hold only the title, the sender's name and the moment of the quote. The same content gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import xlsxwriter

from optimizer.document.content import Block, Cell, Column, Content, Table
from optimizer.document.pdf import png_size
from optimizer.document.words import say

GRID = 30  # columns of the page; tables share them out by their widths
GRID_WIDTH = 2.7  # letters in one of them
LETTERS = 3.9  # letters of the text that fit into one of them when several are merged
LINE_HEIGHT, NEXT_LINE = 14.0, 12.8  # points of the first line of a row and of each further one
BOLD = 0.93  # of its letters fit when they are bold
FONT = "Calibri"
INK, FAINT, HEAD, RULE = "#1b1f23", "#5f6368", "#e8edf3", "#b8c0c8"
LOCALE = {"ru": "[$-419]", "en": "[$-409]"}
DAYS = {"ru": "dd.mm.yyyy", "en": "d mmm yyyy"}
MAP_WIDTH = 710  # px on the sheet
ROW_PX = 20  # of a row of 15 points


Span: TypeAlias = tuple[int, int, float]  # first and last column of the sheet, and the letters that fit


class Sheet:
    """Writes content downwards on the columns of one worksheet."""

    def __init__(self, book: Any, name: str, lang: str) -> None:
        self.book, self.lang, self.row = book, lang, 0
        self.sheet = book.add_worksheet(name)
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **look: Any) -> Any:
        """A format of the workbook; each look is made once."""
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            base = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "top", "text_wrap": True}
            self._formats[key] = self.book.add_format({**base, **look})
        return self._formats[key]

    def cell(self, row: int, first: int, last: int, value: Cell, look: Any) -> None:
        """One value over one or more columns of the grid."""
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", look)
        if value is None:
            self.sheet.write_blank(row, first, None, look)
        elif isinstance(value, str):
            self.sheet.write_string(row, first, value, look)
        elif isinstance(value, dt.date):
            self.sheet.write_datetime(row, first, dt.datetime(value.year, value.month, value.day), look)  # noqa: DTZ001
        else:
            self.sheet.write_number(row, first, value, look)

    def text(self, value: str, first: int = 0, last: int = GRID - 1, **look: Any) -> None:
        """A paragraph, and on to the next row."""
        size = look.get("font_size", 10)
        self.cell(self.row, first, last, value, self.style(**look))
        letters = (last - first + 1) * LETTERS * 10 / size
        self.sheet.set_row(self.row, points(height(value, letters)) * size / 10)
        self.row += 1

    def gap(self, high: float = 6) -> None:
        self.sheet.set_row(self.row, high)
        self.row += 1

    def heading(self, title: str) -> None:
        self.gap()
        self.text(title, bold=True, font_size=12, font_color="#1f3a5f", bottom=1, bottom_color=RULE)

    def table(self, table: Table) -> None:
        """A table over the grid, its columns as wide as their shares."""
        self.heading(table.title)
        self.lines(table, [(a, b, (b - a + 1) * LETTERS) for a, b in spread(table.columns)])
        if table.note:
            self.text(table.note, italic=True, font_size=9, font_color=FAINT)

    def lines(self, table: Table, spans: Sequence[Span]) -> None:
        """Head and rows of a table."""
        heads = [column.title for column in table.columns]
        self._line(heads, table.columns, spans, bold=True, bg_color=HEAD, bottom=1, bottom_color=RULE)
        for number, cells in enumerate(table.rows, start=1):
            last = table.sum_row and number == len(table.rows)
            look = {"bold": True, "top": 1, "top_color": RULE} if last else {"bottom": 4, "bottom_color": RULE}
            self._line(cells, table.columns, spans, **look)

    def _line(self, cells: Sequence[Cell], columns: Sequence[Column], spans: Sequence[Span], **look: Any) -> None:
        """One row, as high as its longest text asks."""
        most = 1
        for value, column, (first, last, letters) in zip(cells, columns, spans, strict=True):
            self.cell(self.row, first, last, value, self.style(**look, **self.kind(value, column)))
            if isinstance(value, str):
                most = max(most, height(value, letters * (BOLD if look.get("bold") else 1)))
        self.sheet.set_row(self.row, points(most))
        self.row += 1

    def kind(self, value: Cell, column: Column) -> dict[str, Any]:
        """How a cell of a column is written: numbers to the right, in the manner of the language."""
        if column.kind == "text":
            return {"align": "left", "indent": 1}
        if isinstance(value, str):
            return {"align": "right"}
        if column.kind == "day":
            return {"align": "right", "num_format": LOCALE[self.lang] + DAYS[self.lang]}
        form = {"money": "#,##0.00", "whole": "#,##0", "tenths": "#,##0.0"}.get(column.kind)
        return {"align": "right", "num_format": LOCALE[self.lang] + (form or _exact(value))}


def _exact(value: Cell) -> str:
    """A number with as many digits after the point as it has."""
    exponent = Decimal(value).normalize().as_tuple().exponent if isinstance(value, (Decimal, int)) else 0
    places = max(0, -exponent) if isinstance(exponent, int) else 0
    return "#,##0" + (f".{'0' * places}" if places else "")


def points(lines: int) -> float:
    """The height of a row of so many lines."""
    return LINE_HEIGHT + (lines - 1) * NEXT_LINE


def height(text: str, letters: float) -> int:
    """Lines a text takes in a cell so many letters wide; nobody measures merged cells for us.

    >>> height("one line", 20), height("a word too many for one line", 14)
    (1, 3)
    """
    lines = 0
    for paragraph in text.split("\n"):
        room = letters
        lines += 1
        for word in paragraph.split(" "):
            if len(word) > room and room < letters:
                lines, room = lines + 1, letters
            extra = math.ceil(len(word) / letters) - 1 if word else 0
            lines += extra
            room -= len(word) - extra * letters + 1
    return lines


def spread(columns: Sequence[Column], grid: int = GRID) -> list[tuple[int, int]]:
    """Grid columns of each column of a table, shared out by their widths; each has one at least.

    >>> spread([Column("a", width=3), Column("b", width=1), Column("c", width=2)], 12)
    [(0, 5), (6, 7), (8, 11)]
    """
    whole, found, first, passed = sum(c.width for c in columns), [], 0, 0.0
    for number, column in enumerate(columns):
        passed += column.width
        left = len(columns) - number - 1
        last = min(max(first, round(grid * passed / whole) - 1), grid - 1 - left)
        found.append((first, last))
        first = last + 1
    return found


def xlsx_bytes(content: Content, chart_png: bytes = b"", logo_png: bytes = b"") -> bytes:
    """The workbook.

    Args:
        chart_png: the map as a picture; empty leaves it out. logo_png: the same of the sender's logo.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    moment = content.issued.astimezone(dt.UTC).replace(tzinfo=None)
    book.set_properties(
        {
            "title": f"{content.title} {content.number}",
            "author": content.letterhead.company,
            "created": moment,
        }
    )
    page = Sheet(book, content.sheet, content.lang)
    page.sheet.set_column(0, GRID - 1, GRID_WIDTH)
    page.sheet.hide_gridlines(2)
    page.sheet.set_paper(9)
    page.sheet.set_portrait()
    page.sheet.set_margins(left=0.5, right=0.5, top=0.5, bottom=0.6)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.set_footer("&C&8&P / &N")
    _head(page, content, logo_png)
    _body(page, content, chart_png)
    _foot(page, content)
    if content.lines is not None:
        _lines(book, content, content.lines)
    book.close()
    return out.getvalue()


def _head(page: Sheet, content: Content, logo_png: bytes) -> None:
    own = content.letterhead
    if logo_png:
        _, high = png_size(logo_png)
        page.sheet.insert_image(
            0, 23, "logo.png", {"image_data": io.BytesIO(logo_png), "y_scale": 54 / high, "x_scale": 54 / high}
        )
    page.text(own.company or say("neutral", content.lang), 0, 21, bold=True, font_size=15, font_color="#1f3a5f")
    for line in (*own.address, _contact(content)):
        if line:
            page.text(line, 0, 21, font_size=9, font_color=FAINT)
    page.gap(10)
    page.text(f"{content.title} {say('number', content.lang)} {content.number}", bold=True, font_size=14)
    page.text(content.subtitle, bold=True, font_size=12, font_color="#1f3a5f")
    if content.mark:
        page.text(content.mark, bold=True, font_color="#b3261e")
    page.gap(4)


def _contact(content: Content) -> str:
    own, lang = content.letterhead, content.lang
    pairs = (("phone", own.phone), ("email", own.email))
    return "   ".join(f"{say(key, lang)}: {value}" for key, value in pairs if value)


def _body(page: Sheet, content: Content, chart_png: bytes) -> None:
    for label, value in content.facts:
        page.cell(page.row, 0, 6, label, page.style(font_color=FAINT))
        page.text(value, 7)
    page.table(content.price)
    if content.parts is not None:
        page.table(content.parts)
    for block in content.terms:
        _block(page, block)
    if content.standing is not None:
        page.table(content.standing)
    page.table(content.legs)
    if chart_png:
        page.heading(say("map", content.lang))
        wide, high = png_size(chart_png)
        scale = MAP_WIDTH / wide
        page.sheet.insert_image(
            page.row, 0, "map.png", {"image_data": io.BytesIO(chart_png), "x_scale": scale, "y_scale": scale}
        )
        for _ in range(math.ceil(high * scale / ROW_PX)):
            page.gap(15)
        page.text(say("map_note", content.lang), italic=True, font_size=9, font_color=FAINT)
    if content.others is not None:
        page.table(content.others)
    if content.notices is not None:
        _block(page, content.notices)


def _block(page: Sheet, block: Block) -> None:
    page.heading(block.title)
    for line in block.lines:
        page.cell(page.row, 0, 0, "•", page.style(align="right"))
        page.text(line, 1)


def _foot(page: Sheet, content: Content) -> None:
    own, lang = content.letterhead, content.lang
    if own.bank:
        page.heading(say("bank", lang))
        for line in own.bank:
            page.text(line)
    if own.signatory:
        page.gap(16)
        page.cell(page.row, 0, 3, say("signed", lang), page.style(font_color=FAINT))
        page.cell(page.row, 4, 13, None, page.style(bottom=1))
        page.text(own.signatory, 15)
    if own.footer:
        page.gap()
        page.text(own.footer, italic=True, font_size=9, font_color=FAINT)


def _lines(book: Any, content: Content, table: Table) -> None:
    """The desk's second sheet: a row a charge line, a column a column, frozen head, filter."""
    page = Sheet(book, say("sheet_lines", content.lang), content.lang)
    spans = []
    for number, column in enumerate(table.columns):
        page.sheet.set_column(number, number, 9.5 * column.width)
        spans.append((number, number, 9.5 * column.width))
    page.lines(table, spans)
    page.sheet.freeze_panes(1, 2)
    page.sheet.autofilter(0, 0, len(table.rows) - 1, len(table.columns) - 1)
    page.sheet.set_landscape()
    page.sheet.set_paper(8)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.repeat_rows(0)
