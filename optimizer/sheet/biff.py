"""An XLS read as a stream of records: how far its sheets reach, which cells hold errors, whether it is locked."""

import struct
from array import array

from optimizer.sheet.limits import MAX_CELLS, MAX_SHEETS, Extent, Refusal, damaged, too_big
from optimizer.sheet.zips import encrypted

_FREE = 0xFFFFFFFA  # sector numbers from here on are marks
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BOF, _EOF, _SHEET, _FILEPASS, _DIMENSIONS, _MERGES = 0x809, 0x0A, 0x85, 0x2F, 0x200, 0xE5
_FORMULA, _ERROR, _MULTI = 0x06, 0x205, 0xBD
_SINGLE = frozenset({0x204, 0xFD, 0x203, 0x27E, _FORMULA, _ERROR, 0xD6})


class Xls:
    """What is known of the workbook: its sheets in order, and the largest area a sheet claims to fill."""

    def __init__(self) -> None:
        self.sheets: list[Extent] = []
        self.claimed = 0


def scan_xls(raw: bytes) -> Xls:
    """The workbook's sheets.

    Raises:
        Refusal: encrypted, another kind of document, damaged, or too big.
    """
    stream = _workbook_stream(raw)
    found = Xls()
    names = at = depth = 0
    sheet = Extent()
    end = len(stream)
    head = struct.Struct("<2H").unpack_from
    place = struct.Struct("<2H").unpack_from
    while at + 4 <= end:
        kind, size = head(stream, at)
        at += 4
        if at + size > end:
            raise damaged("a record is cut off")
        if kind in _SINGLE and size >= 6:
            row, column = place(stream, at)
            sheet.cells += 1
            if row >= sheet.rows or column >= sheet.columns:
                sheet.reach(row + 1, column + 1)
            if kind == _ERROR and size >= 8 and stream[at + 7]:
                sheet.fault(row, column, _ERRORS.get(stream[at + 6], "#N/A"), False)
            elif kind == _FORMULA and size >= 14 and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff":
                sheet.fault(row, column, _ERRORS.get(stream[at + 8], "#N/A"), False)
        elif kind == _MULTI and size >= 6:
            row, last = place(stream, at)[0], place(stream, at + size - 4)[1]
            sheet.cells += size // 6
            sheet.reach(row + 1, last + 1)
        elif kind == _BOF:
            depth += 1
            if depth == 1:
                sheet = Extent()
                if len(found.sheets) > MAX_SHEETS:
                    raise too_big("too_many_sheets", f"the workbook has more than {MAX_SHEETS} sheets")
                found.sheets.append(sheet)
        elif kind == _EOF:
            depth = max(0, depth - 1)
        elif kind == _SHEET:
            names += 1
            if names > MAX_SHEETS:
                raise too_big("too_many_sheets", f"the workbook has more than {MAX_SHEETS} sheets")
        elif kind == _FILEPASS:
            raise encrypted()
        elif kind == _DIMENSIONS and size >= 12:
            first_row, last_row, first, last = struct.unpack_from("<2L2H", stream, at)
            if not first_row <= last_row <= 65_536 or not first <= last <= 256:
                raise damaged("a sheet says it is larger than any can be")
            found.claimed = max(found.claimed, (last_row - first_row + 1) * (last - first + 1))
        elif kind == _MERGES and size >= 2:
            sheet.merges += size // 8
        if sheet.cells > MAX_CELLS:
            raise too_big("too_many_cells", f"a sheet has more than {MAX_CELLS} cells")
        at += size
    found.sheets = found.sheets[1:]  # the first stream within tells of the workbook itself
    return found


def _workbook_stream(raw: bytes) -> bytes:
    """The bytes of the stream that holds the workbook, out of the file system inside the file."""
    if len(raw) < 1536:
        raise damaged("it is cut off")
    shift, mini_shift = struct.unpack_from("<2H", raw, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise damaged("its header is broken")
    size = 1 << shift
    first_directory, cutoff, first_mini, mini_count, first_more, more_count = (
        struct.unpack_from("<L", raw, 48)[0],
        *struct.unpack_from("<5L", raw, 56),
    )
    sectors = list(struct.unpack_from("<109L", raw, 76))
    limit = len(raw) // size + 1
    more = first_more
    for _ in range(min(more_count, limit)):
        if more >= _FREE:
            break
        block = struct.unpack_from(f"<{size // 4}L", _sector(raw, more, size))
        sectors += block[:-1]
        more = block[-1]
    table = array("I")
    for number in sectors:
        if number < _FREE:
            table.frombytes(_sector(raw, number, size))
        if len(table) > limit + size:
            break
    directory = _chain(raw, table, first_directory, size, limit)
    entries: dict[str, tuple[int, int, int]] = {}
    for at in range(0, len(directory) - 127, 128):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace")
        entries.setdefault(name.lower(), (kind, *struct.unpack_from("<2L", directory, at + 116)))
    if "encryptedpackage" in entries:
        raise encrypted()
    found = entries.get("workbook") or entries.get("book")
    if found is None:
        what = "a Word document" if "worddocument" in entries else "no workbook, though it is packed like one"
        raise Refusal("not_a_spreadsheet", f"the file is {what}; open it in a spreadsheet and save it as XLSX or CSV")
    _, start, length = found
    if length > len(raw):
        raise damaged("a stream says it is longer than the file")
    if length >= cutoff:
        return _chain(raw, table, start, size, limit)[:length]
    root = next((entry for entry in entries.values() if entry[0] == 5), (5, _FREE, 0))
    small = _chain(raw, table, root[1], size, limit)
    minis = array("I", _chain(raw, table, first_mini, size, min(limit, mini_count + 1)))
    return _chain(b"\0" * 64 + small, minis, start, 64, len(small) // 64 + 1)[:length]


def _sector(raw: bytes, number: int, size: int) -> bytes:
    part = raw[(number + 1) * size : (number + 2) * size]
    if not part:
        raise damaged("a sector lies beyond its end")
    return part.ljust(size, b"\0")


def _chain(raw: bytes, table: "array[int]", start: int, size: int, limit: int) -> bytes:
    """Sectors linked one to the next; a ring is seen by its length."""
    parts = []
    number = start
    while number < _FREE:
        parts.append(_sector(raw, number, size))
        if len(parts) > limit or number >= len(table):
            raise damaged("its sectors run in a ring")
        number = table[number]
    return b"".join(parts)
