"""Where facts come from: sources, and the four words for how well a number is known."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = ("published", "derived", "estimated", "provisional")


@dataclass(frozen=True, slots=True)
class Source:
    """One document, page or package that facts were read from."""

    source_id: str
    reference: str  # address, or package:NAME, or the words "Keruen's own estimate"
    publisher: str
    terms: str


@dataclass(frozen=True, slots=True)
class RowRef:
    """Where a row stands in our own files."""

    table: str
    line: int

    def __str__(self) -> str:
        return f"{self.table} line {self.line}"
