"""Tables of observed lengths, times and prices: the four that ship with Keruen, or the user's own.

Two shapes, known by their columns:

    lengths   fact_id, origin, destination, quantity, value, year    and description, via, source_id
    prices    bench_id, origin, destination, unit, cost, days, year  and route, via, mode_chain, cargo,
              note, also_in_rates, source_id

A source may stand as `source_id` or as `source_url`. Comma or semicolon, UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer.errors import DataError, Problem, ProblemList
from optimizer.tables import decode, read_bytes, rows_of

LENGTH_COLUMNS = ("fact_id", "origin", "destination", "quantity", "value", "year")
PRICE_COLUMNS = ("bench_id", "origin", "destination", "unit", "cost", "days", "year")
EARLIEST_YEAR, LATEST_YEAR = 1990, 2100
LARGEST = Decimal(10) ** 12  # beyond any length, time or price of a lane: a slip of the pen

_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-|\u2013|\.\.| to )\s*(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """An observed number, or a range of which the middle is compared."""

    low: Decimal
    high: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2

    @property
    def is_range(self) -> bool:
        return self.low != self.high

    def __str__(self) -> str:
        return f"{self.low:f}-{self.high:f}" if self.is_range else f"{self.low:f}"


def parse_span(text: str) -> Span:
    """A number or a range of two.

    Raises:
        ValueError: neither, or the range runs backwards.

    >>> str(parse_span("12-15")), parse_span("12-15").middle, str(parse_span("4.5"))
    ('12-15', Decimal('13.5'), '4.5')
    """
    found = _RANGE.fullmatch(text.strip())
    try:
        low, high = (Decimal(found[1]), Decimal(found[2])) if found else (Decimal(text.strip()),) * 2
    except InvalidOperation:
        raise ValueError(text) from None
    if not (low.is_finite() and high.is_finite()) or low <= 0 or high < low or high > LARGEST:
        raise ValueError(text)
    return Span(low, high)


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of a table of lengths and times. `quantity` may be one we cannot compute."""

    row_id: str
    table: str
    line: int
    description: str
    origin: str
    destination: str
    via: str
    quantity: str
    value: Span
    year: int
    source: str


@dataclass(frozen=True, slots=True)
class Price:
    """One row of a table of prices; either of `cost` and `days` may be missing, both too."""

    row_id: str
    table: str
    line: int
    route: str
    origin: str
    destination: str
    via: str
    mode_chain: str
    cargo: str
    unit: str
    cost: Span | None
    days: Span | None
    year: int
    note: str
    also_in_rates: bool
    source: str


def read_table(where: Path | Traversable) -> list[Fact] | list[Price]:
    """All rows of a table.

    Raises:
        DataError: the file cannot be read, is neither of the two shapes, or holds faulty rows;
            every fault with its line.
    """
    name = where.name
    text = decode(read_bytes(where), name)
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    columns = [h.strip() for h in header.split(delimiter)]
    rows = rows_of(text, name, delimiter)
    if "fact_id" in columns:
        _require(LENGTH_COLUMNS, columns, name)
        return _facts(rows, name)
    if "bench_id" in columns:
        _require(PRICE_COLUMNS, columns, name)
        return _prices(rows, name)
    raise DataError(
        [
            Problem(
                "unknown_table",
                f"the table has neither fact_id (lengths: {', '.join(LENGTH_COLUMNS)}) "
                f"nor bench_id (prices: {', '.join(PRICE_COLUMNS)}); name its columns so",
                file=name,
                line=1,
            )
        ]
    )


def _require(wanted: Iterable[str], columns: list[str], name: str) -> None:
    missing = [c for c in wanted if c not in columns]
    if missing:
        raise DataError(
            [Problem("missing_column", f"column {', '.join(missing)} is missing; add it", file=name, line=1)]
        )


class _Cells:
    """The typed cells of one row; faults are collected, with the line."""

    def __init__(self, row: Mapping[str, str], line: int, name: str, found: ProblemList) -> None:
        self.row, self.line, self.name, self.found = row, line, name, found

    def say(self, code: str, text: str, column: str) -> None:
        value = self.row.get(column, "")
        self.found.add(code, text, file=self.name, line=self.line, column=column, value=value)

    def text(self, *columns: str) -> str:
        """The first of these cells that holds something."""
        return next((self.row[c] for c in columns if self.row.get(c)), "")

    def row_id(self, column: str, seen: dict[str, int]) -> str:
        value = self.row[column]
        if not value:
            self.say("empty_cell", f"{column} is empty; give every row its own", column)
        elif value in seen:
            self.say(
                "duplicate_id",
                f"{column} '{value}' stands in line {seen[value]} already; give each row its own",
                column,
            )
        seen.setdefault(value, self.line)
        return value

    def span(self, column: str, required: bool) -> Span | None:
        value = self.row[column]
        if not value and not required:
            return None
        try:
            return parse_span(value)
        except ValueError:
            what = "is empty" if not value else f"is '{value}'"
            self.say("bad_number", f"{column} {what}; write a number above zero or a range such as 12-15", column)
            return Span(Decimal(1), Decimal(1))

    def year(self) -> int:
        value = self.row["year"]
        if value.isascii() and value.isdigit() and EARLIEST_YEAR <= int(value) <= LATEST_YEAR:
            return int(value)
        what = "is empty" if not value else f"is '{value}'"
        self.say("bad_year", f"year {what}; write a year from {EARLIEST_YEAR} to {LATEST_YEAR}", "year")
        return EARLIEST_YEAR

    def yes(self, column: str) -> bool:
        value = self.row.get(column, "").lower()
        if value not in ("", "yes", "no"):
            self.say("unknown_word", f"{column} is '{value}'; write yes or no", column)
        return value == "yes"


def _facts(rows: Iterable[tuple[int, dict[str, str]]], name: str) -> list[Fact]:
    found, facts, seen = ProblemList(), list[Fact](), dict[str, int]()
    for line, row in rows:
        cells = _Cells(row, line, name, found)
        if not row["quantity"]:
            cells.say("empty_cell", "quantity is empty; write length_km, days or hours", "quantity")
        value = cells.span("value", required=True)
        assert value is not None
        facts.append(
            Fact(
                row_id=cells.row_id("fact_id", seen),
                table=name,
                line=line,
                description=cells.text("description"),
                origin=row["origin"],
                destination=row["destination"],
                via=cells.text("via"),
                quantity=row["quantity"],
                value=value,
                year=cells.year(),
                source=cells.text("source_id", "source_url"),
            )
        )
    found.raise_if_any()
    return facts


def _prices(rows: Iterable[tuple[int, dict[str, str]]], name: str) -> list[Price]:
    found, prices, seen = ProblemList(), list[Price](), dict[str, int]()
    for line, row in rows:
        cells = _Cells(row, line, name, found)
        prices.append(
            Price(
                row_id=cells.row_id("bench_id", seen),
                table=name,
                line=line,
                route=cells.text("route"),
                origin=row["origin"],
                destination=row["destination"],
                via=cells.text("via"),
                mode_chain=cells.text("mode_chain"),
                cargo=cells.text("cargo"),
                unit=row["unit"],
                cost=cells.span("cost", required=False),
                days=cells.span("days", required=False),
                year=cells.year(),
                note=cells.text("note"),
                also_in_rates=cells.yes("also_in_rates"),
                source=cells.text("source_id", "source_url"),
            )
        )
    found.raise_if_any()
    return prices
