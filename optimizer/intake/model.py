"""How one spreadsheet was understood: each row's status, fields and notes; the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["accepted", "accepted_with_warning", "needs_answer", "rejected", "skipped"]
Weight = Literal["info", "warning", "question", "fault"]
STATUSES: tuple[Status, ...] = ("accepted", "accepted_with_warning", "needs_answer", "rejected", "skipped")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing said about a row, in English and Russian.

    Attributes:
        code: stable name ("latin_letters", "ambiguous_date", "formula").
        column: our field it is about ("tonnes"), or "".
        letter: the user's column as a spreadsheet names it ("I"), or "".
        value: the cell as it stands in the file.
        text, text_ru: one sentence each; of a question, the question.
        weight: info does not change the row's status; a warning does; a question asks; a fault rejects the cell.
        effect: of a question, how much the answer moves the price; questions are asked in falling order.
    """

    code: str
    column: str
    value: str
    text: str
    text_ru: str
    letter: str = ""
    weight: Weight = "warning"
    effect: int = 0


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of the file.

    Attributes:
        line: as a spreadsheet numbers it, from 1.
        fields: our column names to plain values (ids, decimal points, ISO dates).
    """

    line: int
    status: Status
    fields: Mapping[str, str]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole file as understood.

    Attributes:
        header_rows: numbers of the rows the column names stand in.
        columns: our field to the user's column, counted from 0.
        unread: header texts of the user's columns no field was found for.
        remarks: what was taken from titles and notes (validity, exchange rate, date of the request).
    """

    file: str
    sheet: str
    kind: str
    encoding: str
    delimiter: str
    header_rows: tuple[int, ...]
    columns: Mapping[str, int]
    unread: tuple[str, ...]
    rows: tuple[ReadRow, ...]
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status; header rows are not counted."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in STATUSES}
