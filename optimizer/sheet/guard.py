"""Is a workbook fit to be opened? Runs in the child, before any library sees the file."""

import re
from collections import Counter
from typing import BinaryIO

from optimizer.sheet.biff import scan_xls
from optimizer.sheet.limits import MAX_FILE_BYTES, MAX_TEXT, Extent, Refusal, damaged, too_big
from optimizer.sheet.odsparts import ContentXml
from optimizer.sheet.xmlparts import Prose, SheetXml, StringsXml, unescape
from optimizer.sheet.zips import Part, directory, encrypted, inflate

_SHARED = re.compile(rb"""t=["']s["'][^>]*><(?:\w+:)?v>(\d+)<""")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SMALL = 1 << 20


class Checked:
    """A workbook found fit.

    Attributes:
        format: xlsx, xls or ods.
        sheets: how far each sheet reaches, by name (XLSX) or in order.
        text: bytes of text in all cells, at most; claimed: cells an XLS sheet says it has.
    """

    def __init__(self, format: str) -> None:
        self.format = format
        self.by_name: dict[str, Extent] = {}
        self.in_order: list[Extent] = []
        self.text = self.claimed = 0

    def extents(self) -> list[Extent]:
        return list(self.by_name.values()) or self.in_order


def check(file: BinaryIO) -> Checked:
    """The workbook's shape.

    Raises:
        Refusal: it is not read.
    """
    size = file.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise too_big("workbook_too_big", f"the workbook is larger than {MAX_FILE_BYTES >> 20} MB")
    file.seek(0)
    if file.read(2) != b"PK":
        file.seek(0)
        found = scan_xls(file.read())
        checked = Checked("xls")
        checked.in_order, checked.claimed, checked.text = found.sheets, found.claimed, size
        return checked
    parts = directory(file)
    names = {name.lower() for name in parts}
    excel, calc = "xl/workbook.xml" in names, "content.xml" in names
    if excel and not calc and "xl/workbook.bin" not in names:
        return _check_xlsx(file, parts)
    if calc and not excel and b"opendocument.spreadsheet" in _whole(file, parts.get("mimetype")):
        return _check_ods(file, parts)
    what = (
        "an archive with two documents in it"
        if excel and calc
        else "an XLSB workbook"
        if "xl/workbook.bin" in names
        else ("a text document" if "word/document.xml" in names or calc else "a packed archive")
    )
    raise Refusal("not_a_spreadsheet", f"the file is {what}; open it in a spreadsheet and save it as XLSX or CSV")


def _whole(file: BinaryIO, part: Part | None) -> bytes:
    """A small part; nothing when it is missing or large."""
    return b"".join(inflate(file, part)) if part is not None and part.length <= _SMALL else b""


def _check_xlsx(file: BinaryIO, parts: dict[str, Part]) -> Checked:
    checked = Checked("xlsx")
    sheets: dict[str, SheetXml] = {}
    strings: StringsXml | None = None
    for name, part in parts.items():
        prose: Prose | None = None
        found: SheetXml | StringsXml | None = None
        for piece in inflate(file, part):
            if prose is None:
                if not _is_xml(name, piece):
                    break
                prose = Prose()
                found = StringsXml() if b"<sst" in piece[:2048] or b":sst" in piece[:2048] else SheetXml()
            prose.feed(piece, cells="customxml" not in name.lower())
            assert found is not None
            found.feed(piece)
        if prose is None:
            for _ in inflate(file, part):  # a picture: only its length is checked
                pass
        elif isinstance(found, StringsXml):
            if strings is not None:
                raise damaged("it has two lists of texts")
            strings = found
        elif found is not None:
            found.end()
            if found.extent.cells:
                sheets[name.lower()] = found
    checked.by_name = {
        name: sheets[path].extent if path in sheets else Extent() for name, path in _sheet_paths(file, parts).items()
    }
    checked.in_order = [sheet.extent for sheet in sheets.values()]
    checked.text = sum(part.length for part in parts.values()) // 2
    if strings is not None:
        checked.text += _shared_text(file, parts, sheets, strings)
    return checked


def _is_xml(name: str, piece: bytes) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml")) or piece.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _shared_text(file: BinaryIO, parts: dict[str, Part], sheets: dict[str, SheetXml], strings: StringsXml) -> int:
    """Bytes of text once every shared string is written out where it is used: one long string, used a million times."""
    total = strings.longest * sum(sheet.shared for sheet in sheets.values())
    if total <= MAX_TEXT:
        return total
    total = 0
    lengths = [*strings.lengths, strings.rest]
    for name, part in parts.items():
        if name.lower() not in sheets:
            continue
        used: Counter[bytes] = Counter()
        rest = b""
        for piece in inflate(file, part):
            buffer = rest + piece
            cut = max(buffer.rfind(b"c>") + 2, 2)
            rest = buffer[cut:]
            used.update(_SHARED.findall(buffer[:cut]))
        used.update(_SHARED.findall(rest))
        if used.total() < sheets[name.lower()].shared:
            raise damaged("a cell points at no text")
        for index, count in used.items():
            place = int(index[:9]) + 1  # the first length is what stands before the first string
            total += count * (lengths[place] if place < len(lengths) else 0)
    if total > MAX_TEXT:
        raise too_big(
            "text_too_big", f"the cells hold more than {MAX_TEXT >> 20} MB of text, a long one many times over"
        )
    return total


def _sheet_paths(file: BinaryIO, parts: dict[str, Part]) -> dict[str, str]:
    """The part of each sheet, by the sheet's name; none where the workbook writes it in an unusual way."""
    by_name = {name.lower(): part for name, part in parts.items()}
    targets = {}
    for tag in _RELATION.findall(_whole(file, by_name.get("xl/_rels/workbook.xml.rels"))):
        said = _attributes(tag)
        target = said.get("Target", "").replace("\\", "/")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target.removeprefix('./')}"
        targets[said.get("Id", "")] = path.lower()
    found = {}
    for tag in _SHEET.findall(_whole(file, by_name.get("xl/workbook.xml"))):
        said = _attributes(tag)
        relation = next((value for name, value in said.items() if name.endswith(":id")), "")
        found[said.get("name", "")] = targets.get(relation, "")
    return found


def _attributes(tag: bytes) -> dict[str, str]:
    return {name.decode(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}


def _check_ods(file: BinaryIO, parts: dict[str, Part]) -> Checked:
    checked = Checked("ods")
    for name, part in parts.items():
        lower = name.lower()
        content = ContentXml() if lower == "content.xml" else None
        prose: Prose | None = None
        for piece in inflate(file, part):
            if prose is None and _is_xml(name, piece):
                prose = Prose()
            if prose is not None:
                prose.feed(piece, cells=content is not None)
                if lower == "meta-inf/manifest.xml" and b"encryption-data" in piece:
                    raise encrypted()
            if content is not None:
                content.feed(piece)
        if content is not None:
            content.feed(b"", last=True)
            checked.in_order = content.sheets
            # A repeated cell holds its text once in the file and many times in a reader.
            checked.text = part.length
    return checked
