"""Parts of a zip file, inflated as a stream: no size a file claims is believed before it is measured."""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from optimizer.sheet.limits import (
    FREE_BYTES,
    MAX_INFLATED,
    MAX_PARTS,
    MAX_RATIO,
    Refusal,
    damaged,
    too_big,
)

CHUNK = 256 << 10
_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_PACKED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".ods", ".docx", ".jar", ".gz", ".7z", ".rar")


class Part:
    """One entry of the directory."""

    __slots__ = ("length", "method", "name", "offset", "packed")

    def __init__(self, name: str, method: int, packed: int, length: int, offset: int) -> None:
        self.name, self.method, self.packed, self.length, self.offset = name, method, packed, length, offset


def directory(file: BinaryIO) -> dict[str, Part]:
    """All parts by name, once what the directory claims is possible at all.

    Raises:
        Refusal: too many parts, too much inside, packed a hundred times or more, encrypted, packed twice, damaged.
    """
    size = file.seek(0, 2)
    tail_at = max(0, size - 65_557)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        raise damaged("its end is missing")
    _, disk, start_disk, here, count, length, offset, comment = _END.unpack_from(tail, at)
    if 0xFFFF in (here, count) or count > MAX_PARTS:
        raise too_big("too_many_parts", f"the workbook holds more than {MAX_PARTS} parts")
    if disk or start_disk or here != count or at + _END.size + comment != len(tail) or offset + length != tail_at + at:
        raise damaged("its directory is not where it should be")
    if length > count * 4096:
        raise damaged("its directory is too long")
    file.seek(offset)
    parts = _entries(file.read(length), count)
    _check_places(file, parts, offset)
    _check_claims(parts)
    return {part.name: part for part in parts}


def _entries(raw: bytes, count: int) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for _ in range(count):
        if len(raw) - at < _ENTRY.size:
            raise damaged("its directory is cut off")
        (mark, _, _, flags, method, _, _, _, packed, length, name_size, extra_size, note_size, _, _, _, offset) = (
            _ENTRY.unpack_from(raw, at)
        )
        if mark != b"PK\1\2":
            raise damaged("its directory is broken")
        at += _ENTRY.size
        name = raw[at : at + name_size].decode("utf-8", errors="replace").replace("\\", "/").lstrip("/")
        extra = raw[at + name_size : at + name_size + extra_size]
        at += name_size + extra_size + note_size
        if flags & 1:
            raise encrypted()
        if method not in (0, 8):
            raise damaged("a part is packed in an unknown way")
        packed, length, offset = _long_sizes(extra, packed, length, offset)
        parts.append(Part(name, method, packed, length, offset))
    if at != len(raw) or len({part.name.lower() for part in parts}) != count:
        raise damaged("its directory names a part twice")
    return parts


def _long_sizes(extra: bytes, packed: int, length: int, offset: int) -> tuple[int, int, int]:
    """Sizes of 64 bits, which some writers use for small files too."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        body = extra[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == 1:
            longs = [int.from_bytes(body[i : i + 8], "little") for i in range(0, len(body) - 7, 8)]
            take = iter(longs)
            length = next(take, length) if length == 0xFFFFFFFF else length
            packed = next(take, packed) if packed == 0xFFFFFFFF else packed
            offset = next(take, offset) if offset == 0xFFFFFFFF else offset
    return packed, length, offset


def _check_places(file: BinaryIO, parts: list[Part], end: int) -> None:
    """Parts do not lie over each other; `offset` becomes where their bytes begin."""
    for part in sorted(parts, key=lambda p: p.offset, reverse=True):
        file.seek(part.offset)
        head = file.read(30)
        if len(head) < 30 or head[:4] != b"PK\3\4":
            raise damaged("a part is not where the directory says")
        begin = part.offset + 30 + sum(struct.unpack_from("<2H", head, 26))
        if begin + part.packed > end:
            raise damaged("parts lie over each other")
        end, part.offset = part.offset, begin


def _check_claims(parts: list[Part]) -> None:
    for part in parts:
        if part.name.lower().endswith(_PACKED):
            raise _nested()
        if part.length > max(FREE_BYTES, MAX_RATIO * part.packed):
            raise too_big("zip_ratio", f"a part of the workbook grows more than {MAX_RATIO} times when unpacked")
    if sum(part.length for part in parts) > MAX_INFLATED:
        raise too_big("workbook_too_big", f"the workbook unpacks to more than {MAX_INFLATED >> 20} MB")


def inflate(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """The bytes of a part, in pieces; all of them or a Refusal.

    Raises:
        Refusal: they are not as many as the directory says, or an archive of their own.
    """
    file.seek(part.offset)
    left, sent = part.packed, 0
    engine = zlib.decompressobj(-15)
    while True:
        if part.method == 0:
            piece = file.read(min(CHUNK, left))
            left -= len(piece)
            done = not left
            if not piece and left:
                raise damaged("a part is cut off")
        else:
            source = engine.unconsumed_tail
            if not source:
                source = file.read(min(CHUNK, left))
                left -= len(source)
            try:
                piece = engine.decompress(source, CHUNK)
            except zlib.error as fault:
                raise damaged("a part cannot be unpacked") from fault
            done = engine.eof
            if not done and not piece and not left and not engine.unconsumed_tail:
                raise damaged("a part is cut off")
        if not sent and piece.startswith(b"PK\3\4"):
            raise _nested()
        sent += len(piece)
        if sent > part.length:
            raise _lied()
        if piece:
            yield piece
        if done:
            break
    if sent != part.length or left or engine.unused_data or engine.unconsumed_tail:
        raise _lied()


def encrypted() -> Refusal:
    return Refusal("workbook_encrypted", "the workbook is protected by a password; save it without one")


def _nested() -> Refusal:
    return Refusal("nested_archive", "the workbook holds another archive; take it out and save the workbook again")


def _lied() -> Refusal:
    return Refusal("zip_sizes", "a part of the workbook is not as long as its directory says; save it again")
