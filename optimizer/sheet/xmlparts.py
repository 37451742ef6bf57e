"""XML parts of a workbook read as a stream of bytes, nothing built: what would make a reader grow is refused.

Every part is looked at, not only those with the usual names: a workbook may point at any.
"""

import re

from optimizer.sheet.limits import (
    MAX_CELLS,
    MAX_ROWS,
    MAX_RUN,
    MAX_SHEETS,
    MAX_STRINGS,
    Extent,
    Refusal,
    too_big,
)

# The reference of a cell that holds something: "<c r='XFD1' s='3'/>" is only formatted, and common.
_CELL = re.compile(rb'[ \t\r\n]r="([A-Za-z]+\d+)"[^>]*(?<!/)>')
_ODD = re.compile(rb"<(?:\w+:)?(?:c|row)\s(?:[^<>]*\s)?r(?:\s+=|=[\s'])")
_LETTERS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0123456789"
_ERROR = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Za-z]+)(\d+)"[^>]*>(?:<(?:\w+:)?f[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))?'
    rb"<(?:\w+:)?v>([^<]*)<"
)
# A formula whose text is empty has the type "str" and a value, the empty text; one never computed has neither.
_NO_VALUE = re.compile(
    rb'<(?:\w+:)?c\s(?![^>]*\bt="str")[^>]*?\br="([A-Za-z]+)(\d+)"[^>]*><(?:\w+:)?f[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)'
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_CHARACTER = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def unescape(raw: bytes) -> str:
    """Text of XML with its character references put in.

    >>> unescape(b"A&amp;B &#x42;")
    'A&B B'
    """

    def one(match: re.Match[str]) -> str:
        if match[3]:
            return _NAMED[match[3]]
        code = int(match[1]) if match[1] else int(match[2], 16)
        return chr(code) if code < 0x110000 else "\ufffd"

    return _CHARACTER.sub(one, raw.decode("utf-8", errors="replace"))


def column_number(letters: bytes) -> int:
    """Column of its letters, from 1.

    >>> column_number(b"A"), column_number(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class Prose:
    """What holds for every XML part: no document type, no UTF-16, no endless text."""

    __slots__ = ("run", "seen", "tail")

    def __init__(self) -> None:
        self.run, self.seen, self.tail = 0, False, b""

    def feed(self, piece: bytes, *, cells: bool = True) -> None:
        if not self.seen:
            self.seen = True
            if piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:64]:
                raise Refusal(
                    "xml_encoding", "a part of the workbook is not UTF-8; open it in a spreadsheet and save it again"
                )
        joined = self.tail + piece[:16]
        if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or b"<!DOCTYPE" in joined or b"<!ENTITY" in joined:
            raise Refusal(
                "xml_entities", "the workbook defines entities of its own, which no spreadsheet does; save it again"
            )
        self.tail = piece[-16:]
        first = piece.find(b"<")
        if first < 0:
            self.run += len(piece)
        else:
            longest = self.run + first
            self.run = len(piece) - piece.rfind(b"<")
            if cells and longest > MAX_RUN:
                raise cell_too_long()
        if cells and self.run > MAX_RUN:
            raise cell_too_long()


def cell_too_long() -> Refusal:
    return too_big("cell_too_long", "a cell holds more text than the 32,767 characters a spreadsheet allows")


class SheetXml:
    """A part of an XLSX that may be a worksheet."""

    __slots__ = ("extent", "in_row", "rest", "row_count", "shared", "sheets")

    def __init__(self) -> None:
        self.extent = Extent()
        self.rest = b""
        self.row_count = self.in_row = self.shared = self.sheets = 0

    def feed(self, piece: bytes) -> None:
        buffer = self.rest + piece if self.rest else piece
        cut = buffer.rfind(b"c>") + 2  # the end of a cell, so that none is cut in two
        if cut < 2 or len(buffer) - cut > MAX_RUN:
            cut = buffer.rfind(b">") + 1
        self.rest = buffer[cut:]
        self._scan(buffer[:cut])

    def end(self) -> None:
        self._scan(self.rest)
        self.rest = b""

    def _scan(self, text: bytes) -> None:
        extent = self.extent
        prefixed = b":c" in text or b":row" in text or b":sheet" in text
        self.sheets += text.count(b"<sheet ") + (text.count(b":sheet ") if prefixed else 0)
        if self.sheets > MAX_SHEETS:
            raise too_big("too_many_sheets", f"the workbook has more than {MAX_SHEETS} sheets")
        self.row_count += text.count(b"<row")
        tags = text.count(b"<c ") + text.count(b"<c>")
        if prefixed:
            self.row_count += text.count(b":row ") + text.count(b":row>")
            tags += text.count(b":c ") + text.count(b":c>")
        if self.row_count > MAX_ROWS:
            raise too_big("too_many_rows", f"a sheet has more than {MAX_ROWS} rows")
        found = _CELL.findall(text)
        extent.cells += max(len(found), tags)
        if extent.cells > MAX_CELLS:
            raise too_big("too_many_cells", f"a sheet has more than {MAX_CELLS} cells")
        if found:
            # "A1 B1 C2" with the digits taken out, and with the letters: quicker than a million small matches.
            places = b" ".join(found)
            columns = max(map(column_number, set(places.translate(None, _DIGITS).split())))
            extent.reach(max(int(digits[:9]) for digits in set(places.translate(None, _LETTERS).split())), columns)
        if tags > text.count(b' r="') - text.count(b'row r="'):  # cells that do not say where they are, or say it oddly
            if _ODD.search(text):
                raise Refusal(
                    "odd_xml", "the workbook is written as no spreadsheet writes it; open it in one and save it again"
                )
            self._count_in_rows(text)
        self.shared += text.count(b't="s"') + text.count(b"t='s'")
        extent.merges += text.count(b"mergeCell ")
        if b't="e"' in text:
            for letters, digits, value in _ERROR.findall(text):
                extent.fault(int(digits) - 1, column_number(letters) - 1, unescape(value), False)
        if b"<f" in text or b":f" in text:
            for letters, digits, formula in _NO_VALUE.findall(text):
                extent.fault(int(digits) - 1, column_number(letters) - 1, "=" + unescape(formula), True)

    def _count_in_rows(self, text: bytes) -> None:
        counts = [
            row.count(b"<c ") + row.count(b"<c>") + row.count(b":c ") + row.count(b":c>") for row in text.split(b"row")
        ]
        counts[0] += self.in_row
        self.in_row = counts[-1]
        widest = max(counts)
        if widest:
            self.extent.reach(max(self.row_count, self.extent.rows, 1), max(widest, self.extent.columns))


class StringsXml:
    """The shared strings of an XLSX: how long each is."""

    __slots__ = ("lengths", "longest", "rest")

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.longest, self.rest = 0, 0

    def feed(self, piece: bytes) -> None:
        # "<si" may be cut between two pieces; the string then counts with its neighbour, which only makes it longer.
        sizes = [len(part) for part in piece.replace(b":si>", b"<si>").split(b"<si")]
        sizes[0] += self.rest
        self.rest = sizes.pop()
        self.lengths += sizes
        self.longest = max(self.longest, self.rest, *sizes) if sizes else max(self.longest, self.rest)
        if len(self.lengths) > MAX_STRINGS:
            raise too_big("too_many_strings", f"the workbook has more than {MAX_STRINGS} different texts")
        if self.longest > 4 * MAX_RUN:
            raise cell_too_long()
