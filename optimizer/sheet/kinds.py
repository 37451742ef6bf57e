"""What a file is, told by its first bytes; its name may lie."""

from __future__ import annotations

import re

from optimizer.errors import DataError, Problem

HEAD_BYTES = 8192
_NOT_TABLES = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BM", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"Rar!", "a packed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a packed archive"),
    (b"\x1f\x8b", "a packed archive"),
    (b"BZh", "a packed archive"),
    (b"\xfd7zXZ", "a packed archive"),
    (b"{\\rtf", "a text document"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_WEB = re.compile(rb"\s*(?:<!doctype html|<html|<table|<meta|<head|<body|<!--)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml", re.IGNORECASE)


def kind_of(head: bytes, name: str) -> str:
    """ "text", "zip" (XLSX, ODS) or "ole" (XLS).

    Raises:
        DataError: it is none of them: empty (`empty_file`), or something else (`not_a_spreadsheet`).

    >>> kind_of("a;b".encode(), "a.xls"), kind_of(b"PK\\x03\\x04...", "a.csv")
    ('text', 'zip')
    """
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\0\r\n\t \x1a"):
        raise DataError([Problem("empty_file", "the file is empty; check that the right one was saved", file=name)])
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if head[:2] in (b"\x09\x08", b"\x09\x04", b"\x09\x02") and head[2:4] in (b"\x06\0", b"\x08\0", b"\x10\0"):
        raise refuse(name, "a workbook of Excel 4 or older")
    for start, what in _NOT_TABLES:
        if head.startswith(start) and not (start == b"BM" and head[2:14].isascii() and b"\0" not in head[2:14]):
            raise refuse(name, what)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        raise refuse(name, "a picture")
    bare = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    bare = bare.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe")
    if _WEB.match(bare):
        raise refuse(name, "a web page, though a spreadsheet may open it")
    if _XML.match(bare):
        raise refuse(name, "an XML document, though a spreadsheet may open it")
    if _binary(head):
        raise refuse(name, "no text and no workbook")
    return "text"


def refuse(name: str, what: str) -> DataError:
    """The file is something else."""
    text = f"the file is {what}; open it in a spreadsheet and save it as XLSX or CSV"
    return DataError([Problem("not_a_spreadsheet", text, file=name)])


def _binary(head: bytes) -> bool:
    """Control bytes no text has; UTF-16 is full of NULs but of nothing else."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    odd = sum(head.count(bytes((b,))) for b in (*range(1, 9), *range(14, 26), 27, 28, 29, 30, 31))
    wide = head.count(b"\0") > len(head) // 10
    # In UTF-16 Cyrillic half of the bytes are \4, Persian \6.
    if wide:
        odd = sum(head.count(bytes((b,))) for b in (1, 2, 3, 5, 7, 8, *range(14, 26), 27, 28, 29, 30, 31))
        halves = head[0::2].count(b"\0"), head[1::2].count(b"\0")
        return odd > len(head) // 8 or (min(halves) > 0.5 * max(halves) and head.count(b"\0") > len(head) // 4)
    return odd > max(2, len(head) // 50) and odd > len(head) // 50
