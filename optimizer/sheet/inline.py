"""A worksheet of xlsxwriter with its inmost loop made short: a text is escaped once, however many cells hold it.

The library escapes every text and every attribute of every cell anew, and takes a text that begins with "<r>" and ends
with "</r>" for markup of its own; a user's cell is never that.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.worksheet import Worksheet

from optimizer.sheet.model import letters

MOST_KEPT = 100_000


class InlineSheet(Worksheet):
    """For workbooks of constant memory, without formats of whole rows or columns."""

    # Without the question of the public ones whether the row is a name such as "A1".
    put_text = Worksheet._write_string
    put_number = Worksheet._write_number

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._kept: dict[str, str] = {}

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell).__name__
        if kind not in ("String", "Number"):
            super()._write_cell(row, col, cell)
            return
        while len(self._names) <= col:
            self._names.append(letters(len(self._names)))
        style = f' s="{cell.format._get_xf_index()}"' if cell.format else ""
        start = f'<c r="{self._names[col]}{row + 1}"{style}'
        if kind == "Number":
            self.fh.write(f"{start}><v>{cell.number:.16G}</v></c>")
            return
        text = cell.string
        written = self._kept.get(text)
        if written is None:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            written = self._kept[text] = self._inline(text)
        self.fh.write(f"{start}{written}")

    def _inline(self, text: str) -> str:
        plain = self._escape_control_characters(text)
        space = ' xml:space="preserve"' if plain != plain.strip() else ""
        escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f' t="inlineStr"><is><t{space}>{escaped}</t></is></c>'
