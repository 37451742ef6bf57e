"""Shipments in a plain table of ours: one header row, our column names or their usual Russian ones, UTF-8.

For plans and comparisons, whose columns go beyond a quote's. Spreadsheets as people send them: `optimizer.intake`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.errors import DataError, Problem
from optimizer.request import QuoteRequest

SHIPMENT_COLUMNS = (
    "shipment_id",
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "units",
    "equipment",
    "ownership",
    "ready_date",
    "due_date",
    "currency",
    "objective",
    "price_per_tonne",
    "deal",
)
# The header words forwarders write, in Russian and English, beside our own names.
HEADER_ALIASES = {
    "shipment_id": ("id", "№", "no", "номер", "shipment", "отправка", "заявка"),
    "origin": ("from", "отправление", "станция отправления", "откуда", "пункт отправления", "origin station"),
    "destination": ("to", "назначение", "станция назначения", "куда", "пункт назначения", "destination station"),
    "cargo": ("груз", "commodity", "goods", "наименование груза"),
    "tonnes": ("t", "тонн", "тонны", "вес", "масса", "вес, т", "mass_t", "tons", "объем", "объём"),
    "units": ("единиц", "количество", "вагонов", "контейнеров", "qty"),
    "equipment": ("оборудование", "подвижной состав", "тип вагона", "вагон"),
    "ownership": ("принадлежность", "собственность", "owner"),
    "ready_date": ("ready", "дата готовности", "готовность", "дата погрузки", "loading date"),
    "due_date": ("due", "срок", "срок доставки", "дата прибытия"),
    "currency": ("валюта",),
    "objective": ("цель", "критерий"),
    "price_per_tonne": ("цена за тонну", "ставка за тонну"),
}
REQUIRED = ("origin", "destination", "cargo")
NEEDS_ANSWER = {
    "ambiguous_place",
    "ambiguous_cargo",
    "missing_tonnes",
    "missing_cargo",
    "missing_origin",
    "missing_destination",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file, keyed by our column names."""

    line: int
    cells: Mapping[str, str]


def read_rows(path: Path, more: Iterable[str] = ()) -> tuple[list[str], Iterator[Row | Problem]]:
    """(column names understood, rows) of a UTF-8 CSV with commas or semicolons; streamed.

    Args:
        more: names of columns understood beside those of a shipment.

    Raises:
        DataError: the file cannot be opened, decoded or lacks a required column.
    """
    text = tables.decode(tables.read_bytes(path), path.name)
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader, [])
    except csv.Error as fault:
        raise DataError(
            [Problem("broken_csv", f"the header cannot be read as CSV: {fault}", file=path.name, line=1)]
        ) from fault
    columns = [_column(h, more) for h in header]
    doubled = sorted({c for c in columns if c and columns.count(c) > 1})
    problems = [
        Problem(
            "missing_column",
            f"there is no column {name}; name it {name} or {HEADER_ALIASES[name][0]}",
            file=path.name,
            line=1,
            column=name,
        )
        for name in REQUIRED
        if name not in columns
    ]
    if "tonnes" not in columns and "units" not in columns:
        problems.append(
            Problem(
                "missing_column",
                "there is no column tonnes and none units; give one of them",
                file=path.name,
                line=1,
                column="tonnes",
            )
        )
    problems += [
        Problem("double_column", f"two columns are read as {name}; rename one", file=path.name, line=1, column=name)
        for name in doubled
    ]
    if problems:
        raise DataError(problems)
    return columns, _rows(reader, columns, path.name)


def _rows(reader: Any, columns: list[str], name: str) -> Iterator[Row | Problem]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield Problem(
                "broken_csv",
                f"the row cannot be read as CSV: {fault}; check its quotes",
                file=name,
                line=reader.line_num,
            )
            continue
        line = reader.line_num
        if any("\0" in cell for cell in cells):
            yield Problem("nul_byte", "the row holds a NUL byte; delete it", file=name, line=line)
            continue
        if len(cells) > len(columns) and any(c.strip() for c in cells[len(columns) :]):
            yield Problem(
                "too_many_cells",
                f"the row has {len(cells)} cells, the header {len(columns)}; quote text that holds the separator",
                file=name,
                line=line,
                value=cells[len(columns)],
            )
            continue
        yield Row(line, {c: v.strip() for c, v in zip(columns, cells, strict=False) if c})


def _column(header: str, more: Iterable[str] = ()) -> str:
    """Our name of a header, or "" for a column we pass over.

    >>> _column("Станция назначения"), _column("remarks")
    ('destination', '')
    """
    word = re.sub(r"\s+", " ", header.strip().lower().replace("ё", "е"))
    snake = word.replace(" ", "_").replace("-", "_")
    if snake in SHIPMENT_COLUMNS or snake in more:
        return snake
    for name, aliases in HEADER_ALIASES.items():
        if word in aliases or word.replace("е", "ё") in aliases:
            return name
    return ""


def request_of(cells: Mapping[str, str]) -> QuoteRequest:
    """The request a row makes; several places in `via` are parted by semicolons."""
    get = cells.get
    return QuoteRequest(
        origin=get("origin", ""),
        destination=get("destination", ""),
        cargo=get("cargo", ""),
        tonnes=get("tonnes", ""),
        units=get("units", ""),
        equipment=get("equipment", ""),
        ownership=get("ownership", ""),
        ready=get("ready_date", ""),
        due=get("due_date", ""),
        objective=get("objective", "") or "cost",
        currency=get("currency", "") or "USD",
        price_per_tonne=get("price_per_tonne", ""),
        via=tuple(filter(None, get("via", "").split(";"))),
        deal=tuple(filter(None, (get("deal", ""),))),
        alternatives=0,
    )
