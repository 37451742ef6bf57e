"""A rate sheet as understood: priced cells, cells not taken with their reason, and what must be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Answers = Mapping[str, str]  # `carrier`, `C.net`, `9.surcharge`, `9C.currency`: of the sheet, a column, a row, a cell


@dataclass(frozen=True, slots=True)
class PricedCell:
    """One price of the sheet, with all that its row, its column and the title say of it.

    Attributes:
        row, letter: the cell.
        places: texts of the route, in order; one text of a surcharge ("в т.ч. охрана") is its name.
        surcharge: our charge (guard, seal ...), or "" for a rate.
        included: the row says that it is part of the rate above ("в т.ч.").
        per: wagon, container, tonne, truck or "".
        feet, ownership, equipment, cargo: conditions, "" where the sheet sets none.
        coefficient: of the column beside the price; None where the sheet has none for it.
        times: units paid together (2 of "2x1 640").
        low, high: of a price given as a range.
        from_km, to_km, to_t: of a sheet of distance belts.
    """

    row: int
    letter: str
    column: str
    text: str
    places: tuple[str, ...]
    price: Decimal
    currency: str = ""
    per: str = ""
    feet: str = ""
    ownership: str = ""
    equipment: str = ""
    cargo: str = ""
    coefficient: Decimal | None = None
    times: int = 1
    low: Decimal | None = None
    high: Decimal | None = None
    surcharge: str = ""
    included: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    known_from: dt.date | None = None
    carrier: str = ""  # as the sheet names it
    scope: str = ""  # what the sheet says is in the rate
    remark: str = ""
    from_km: int | None = None
    to_km: int | None = None
    to_t: str = ""

    @property
    def cell(self) -> str:
        return f"{self.row}{self.letter}"


@dataclass(frozen=True, slots=True)
class Untaken:
    """A cell or row that was not taken, and why."""

    row: int
    letter: str
    column: str
    value: str
    code: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "letter": self.letter,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """Something the sheet leaves open.

    Attributes:
        name: what is asked (carrier, net, currency, per, place, surcharge ...).
        keys: what may be answered, `--set KEY=...`; the widest answer is `name` itself.
        options: answers that are understood, empty for a name or number.
        cells: where it matters.
    """

    name: str
    keys: tuple[str, ...]
    text: str
    text_ru: str
    options: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "keys": list(self.keys),
            "text": self.text,
            "text_ru": self.text_ru,
            "options": list(self.options),
            "cells": list(self.cells),
        }


@dataclass(frozen=True, slots=True)
class SheetRead:
    """What stands in the sheet.

    Attributes:
        rows: rows below the header; skipped: totals, averages, blanks, notes.
        notes: what was said beside the prices and is not used.
    """

    file: str
    rows: int
    skipped: int
    cells: tuple[PricedCell, ...]
    untaken: tuple[Untaken, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookRows:
    """Rows for a book's tables, by table; belts apart, as CSV text by file name."""

    tables: Mapping[str, tuple[dict[str, str], ...]]
    belts: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return sum(len(rows) for rows in self.tables.values())


def answer(answers: Answers, name: str, row: int, letter: str) -> str:
    """The nearest answer: of the cell, the row, the column, then of the whole sheet.

    >>> answer({"net": "yes", "C.net": "no", "9.net": "maybe"}, "net", 4, "C"), answer({"net": "yes"}, "net", 4, "D")
    ('no', 'yes')
    """
    for key in (f"{row}{letter}.{name}", f"{row}.{name}", f"{letter}.{name}", name):
        if key in answers:
            return answers[key].strip()
    return ""
