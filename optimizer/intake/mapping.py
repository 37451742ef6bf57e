"""The user's own mapping of a sheet: which column is which, units, order of days, his words for places and goods.

kind = "shipments"
header_rows = [4, 5]         # [] where the sheet has no header
dates = "dmy"                # or "mdy": how 05/12/2026 is meant
[columns]                    # our field = his column: its letter or its header
origin = "C"
tonnes = "Вес брутто"
[units]                      # of bare numbers
tonnes = "kg"
[currency]
price = "CHF"
[places]                     # his words = our ids
"База-2" = "kz-kostanay"
[cargo]
"зерно" = "wheat"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from optimizer.errors import DataError, Problem
from optimizer.intake.headers import ALIASES, Heading
from optimizer.intake.layout import Column, Layout
from optimizer.intake.model import Reading
from optimizer.intake.quantity import IN_TONNES
from optimizer.intake.words import key
from optimizer.money import CURRENCIES
from optimizer.sheet.model import letters

_KEYS = {"kind", "header_rows", "dates", "columns", "units", "currency", "places", "cargo"}
_TABLES = ("columns", "units", "currency", "places", "cargo")
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says; an empty part says nothing."""

    kind: str = ""
    header_rows: tuple[int, ...] | None = None
    dates: str = ""
    columns: AnyMapping[str, str] = field(default_factory=dict)
    units: AnyMapping[str, str] = field(default_factory=dict)
    currency: AnyMapping[str, str] = field(default_factory=dict)
    places: AnyMapping[str, str] = field(default_factory=dict)
    cargo: AnyMapping[str, str] = field(default_factory=dict)


def load(path: Path, kind: str) -> Mapping:
    """A mapping file, TOML or JSON.

    Raises:
        DataError: it cannot be read, or says what cannot be used; every fault at once.
    """
    name = path.name
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise ValueError("it is larger than a megabyte")
        text = raw.decode("utf-8-sig")
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as fault:
        raise DataError(
            [
                Problem(
                    "file_unreadable",
                    f"the mapping cannot be read: {fault.strerror or fault}; check the path",
                    file=name,
                )
            ]
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise DataError(
            [Problem("bad_mapping", f"the mapping is neither TOML nor JSON: {fault}", file=name)]
        ) from fault
    return _checked(told, kind, name)


def _checked(told: Any, kind: str, name: str) -> Mapping:
    problems: list[Problem] = []

    def say(text: str, column: str = "") -> None:
        problems.append(Problem("bad_mapping", text, file=name, column=column))

    if not isinstance(told, dict):
        raise DataError([Problem("bad_mapping", "the mapping is not a table of keys", file=name)])
    for word in told.keys() - _KEYS:
        say(f"there is no key {word!r}; known are {', '.join(sorted(_KEYS))}", word)
    if told.get("kind", kind) != kind:
        say(f"the mapping is for {told.get('kind')!r}, the sheet is read as {kind!r}; name the same kind", "kind")
    for table in _TABLES:
        part = told.get(table, {})
        if not isinstance(part, dict) or not all(isinstance(v, str) for v in part.values()):
            say(f"[{table}] is not a table of texts", table)
    if problems:
        raise DataError(problems)
    for word in told.get("columns", {}).keys() - ALIASES[kind].keys():
        say(f"there is no field {word!r}; known are {', '.join(ALIASES[kind])}", "columns")
    for word, unit in told.get("units", {}).items():
        if unit not in IN_TONNES:
            say(f"the unit of {word} is {unit!r}; use one of {', '.join(IN_TONNES)}", "units")
    for word, code in told.get("currency", {}).items():
        if code not in CURRENCIES:
            say(f"the currency of {word} is {code!r}; use one of {', '.join(CURRENCIES)}", "currency")
    rows = told.get("header_rows")
    if rows is not None and not (
        isinstance(rows, list) and len(rows) <= 5 and all(type(n) is int and n > 0 for n in rows)
    ):
        say("header_rows is not a list of row numbers such as [4, 5]", "header_rows")
    dates = told.get("dates", "")
    if dates not in ("", "dmy", "mdy"):
        say(f"dates is {dates!r}; write dmy or mdy", "dates")
    if problems:
        raise DataError(problems)
    return Mapping(
        kind,
        tuple(rows) if rows is not None else None,
        dates,
        *(dict(told.get(table, {})) for table in ("columns", "units", "currency")),
        *({key(word): value for word, value in told.get(table, {}).items()} for table in ("places", "cargo")),
    )


def applied(mapping: Mapping, layout: Layout, file: str) -> Layout:
    """A layout with what the mapping says put over it.

    Raises:
        DataError: the mapping names a column the sheet does not have.
    """
    columns = list(layout.columns)
    problems = []
    for name, where in mapping.columns.items():
        index = _index(where, columns)
        if index is None:
            problems.append(
                Problem(
                    "bad_mapping",
                    f"the sheet has no column {where!r} for {name}; write its letter or header",
                    file=file,
                    column=name,
                )
            )
            continue
        while len(columns) <= index:
            columns.append(Column(len(columns), letters(len(columns)), "", Heading()))
        named = columns[index].heading
        columns = [replace(c, heading=Heading()) if c.field == name and c.index != index else c for c in columns]
        columns[index] = replace(columns[index], heading=replace(named, field=name, near="", sure=3))
    if problems:
        raise DataError(problems)
    columns = [
        replace(
            c,
            heading=replace(
                c.heading,
                unit=mapping.units.get(c.field, c.heading.unit),
                currency=mapping.currency.get(c.field, c.heading.currency),
            ),
        )
        if c.field
        else c
        for c in columns
    ]
    unread = tuple(c.name for c in columns if c.name and not c.field)
    return replace(layout, columns=tuple(columns), unread=unread, width=max(layout.width, len(columns)))


def _index(where: str, columns: list[Column]) -> int | None:
    plain = where.strip()
    wanted = key(plain)
    for column in columns:
        if column.name and wanted in (key(column.name), key(column.name.split(" / ")[-1])):
            return column.index
    if plain.isascii() and plain.isalpha() and len(plain) <= 2:
        index = 0
        for letter in plain.upper():
            index = index * 26 + ord(letter) - 64
        return index - 1 if index <= 702 else None
    return None


def dumps(reading: Reading, layout: Layout) -> str:
    """What was understood, as a mapping file to be edited."""
    lines = [
        f"# How {reading.file} was read. Edit it and give it back with --mapping.",
        f'kind = "{reading.kind}"',
        f"header_rows = {list(reading.header_rows)}",
        '# dates = "dmy"   # or "mdy": how 05/12/2026 is meant',
        "",
        "[columns]   # our field = your column: its letter or its header",
    ]
    lines += [
        f"{c.field} = {_quoted(c.letter)}   # {_plain(c.name)}"
        for c in layout.columns
        if c.field and layout.of(c.field) is c
    ]
    lines += [f"# ? = {_quoted(c.letter)}   # {_plain(c.name)}" for c in layout.columns if c.name and not c.field]
    units = [
        f"{c.field} = {_quoted(c.heading.unit)}" for c in layout.columns if c.heading.unit and layout.of(c.field) is c
    ]
    money = [
        f"{c.field} = {_quoted(c.heading.currency)}"
        for c in layout.columns
        if c.heading.currency and layout.of(c.field) is c
    ]
    lines += ["", "[units]   # of bare numbers: kg, t, kt, Mt, q, lb", *units]
    lines += ["", "[currency]", *money]
    asked = {"places": ("ambiguous_place", "unknown_place"), "cargo": ("ambiguous_cargo", "unknown_cargo")}
    for table, codes in asked.items():
        words = dict.fromkeys(n.value for row in reading.rows for n in row.notes if n.code in codes)
        lines += ["", f"[{table}]   # your words = our ids", *(f'# {_quoted(word)} = ""' for word in list(words)[:200])]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(_plain(text), ensure_ascii=False)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
