"""What a document says, as plain rows; how it looks is decided where it is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from optimizer.document.letterhead import Letterhead

Cell = str | Decimal | int | dt.date | None
Kind = Literal["text", "money", "whole", "tenths", "exact", "day"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        kind: how its numbers are written: money to the cent, whole, tenths, exact (as they are).
        width: its share of the page.
    """

    title: str
    kind: Kind = "text"
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title.

    Attributes:
        sum_row: the last row adds up the others.
        note: a line below.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sum_row: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Sentences under a title."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """One document.

    Attributes:
        mark: a line that must be seen first; empty for none.
        facts: what is asked, label and value.
        price: the rates, then the tables and blocks in their order on the page.
        terms: included, not included, on condition: stand side by side where there is room.
        chart: the map as SVG; empty for none.
        lines: the table with one row a charge line, for the desk; None for the client.
        issued: the moment of the quote, which dates the file as well.
    """

    lang: str
    sheet: str
    title: str
    subtitle: str
    mark: str
    number: str
    issued: dt.datetime
    letterhead: Letterhead
    facts: tuple[tuple[str, str], ...]
    price: Table
    parts: Table | None
    terms: tuple[Block, ...]
    standing: Table | None
    legs: Table
    others: Table | None
    notices: Block | None
    chart: str
    lines: Table | None = None
