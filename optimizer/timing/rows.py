"""Cells of the calendar tables: weekday words, hours, and the faults they tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from optimizer.errors import Problem, ProblemList
from optimizer.provenance import STATUSES
from optimizer.tables import decode, rows_of
from optimizer.validity import Validity, parse_from, parse_to

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_T = TypeVar("_T")


def weekday_words(days: Iterable[int]) -> str:
    """
    >>> weekday_words({5, 0})
    'Mon, Sat'
    """
    return ", ".join(WEEKDAYS[day].capitalize() for day in sorted(days))


@dataclass(frozen=True, slots=True)
class Cells:
    """One row as text, with the place to tell its faults."""

    file: str
    line: int
    cells: Mapping[str, str]
    problems: ProblemList

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def fault(self, column: str, code: str, why: str) -> None:
        value = self.cells[column]
        self.problems.problems.append(
            Problem(code, f"{column} '{value}' {why}", file=self.file, line=self.line, column=column, value=value)
        )

    def among(self, column: str, words: Sequence[str]) -> str:
        word = self.cells[column]
        if word not in words:
            self.fault(column, "unknown_word", f"is none of {', '.join(w or 'empty' for w in words)}")
        return word

    def parsed(self, column: str, parse: Callable[[str], _T], default: _T, code: str, why: str) -> _T:
        text = self.cells[column]
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.fault(column, code, why)
            return default

    def weekdays(self, column: str) -> frozenset[int]:
        def parse(text: str) -> frozenset[int]:
            return frozenset(WEEKDAYS.index(word.strip().lower()) for word in text.split(";"))

        return self.parsed(
            column,
            parse,
            frozenset(),
            "unknown_weekday",
            f"is no list of weekdays such as Mon;Thu ({', '.join(WEEKDAYS)})",
        )

    def time(self, column: str) -> dt.time | None:
        def parse(text: str) -> dt.time | None:
            return dt.time.fromisoformat(text.zfill(5))

        return self.parsed(column, parse, None, "bad_value", "is no hour such as 18:00")

    def validity(self) -> Validity:
        day = "is no day such as 2025-10-31, no month and no year"
        return Validity(
            self.parsed("valid_from", parse_from, None, "bad_value", day),
            self.parsed("valid_to", parse_to, None, "bad_value", day),
        )

    def sourced(self) -> tuple[str, str, str]:
        """(source, status, note), all of them filled in."""
        status = self.among("status", STATUSES)
        for column in ("source_id", "note"):
            if not self.cells[column]:
                self.fault(column, "missing_source", "is empty; say where the row is from")
        return self.cells["source_id"], status, self.cells["note"]


def read_rows(raw: bytes, file: str, columns: Sequence[str], problems: ProblemList) -> list[Cells]:
    """Rows of a table; a missing column is a problem and leaves none."""
    rows = list(rows_of(decode(raw, file), file))
    if rows and (missing := [c for c in columns if c not in rows[0][1]]):
        problems.add("missing_column", f"column {', '.join(missing)} is missing", file=file, line=1)
        return []
    return [Cells(file, line, cells, problems) for line, cells in rows]
