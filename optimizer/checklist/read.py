"""Reads what is wanted where: network_data/documents.csv."""

from __future__ import annotations

from functools import cache

from optimizer import tables
from optimizer.checklist.model import KINDS, PER, WHO, Requirement
from optimizer.errors import DataError, Problem
from optimizer.provenance import STATUSES

TABLE = "documents.csv"
COLUMNS = (
    "item_id", "kind", "per", "where", "mode", "cargo", "item_en", "item_ru", "who", "days_before", "note",
    "source_id", "status",
)  # fmt: skip
ALLOWED = {"kind": KINDS, "per": PER, "who": WHO, "mode": ("", "rail", "road", "sea"), "status": tuple(STATUSES)}


@cache
def read_requirements() -> tuple[Requirement, ...]:
    """Every row of the table.

    Raises:
        DataError: every fault at once.

    >>> {row.kind for row in read_requirements()} <= set(KINDS)
    True
    """
    rows = tables.open_table("network_data", TABLE)
    return parse(rows)


def parse(rows: list[tuple[int, dict[str, str]]], name: str = TABLE) -> tuple[Requirement, ...]:
    """Rows of the table as requirements.

    Raises:
        DataError: a row has a word we do not know, no source, or an id that stands twice.
    """
    tables.require_columns(rows, COLUMNS, name)
    problems: list[Problem] = []
    found: dict[str, Requirement] = {}
    for line, row in rows:

        def fault(code: str, text: str, column: str, line: int = line, row: dict[str, str] = row) -> None:
            problems.append(Problem(code, text, file=name, line=line, column=column, value=row[column]))

        for column, words in ALLOWED.items():
            if row[column] not in words:
                fault("unknown_word", f"{column} {row[column]!r} is none of {', '.join(filter(None, words))}", column)
        for column in ("item_id", "where", "item_en", "item_ru", "source_id"):
            if not row[column]:
                fault("empty_cell", f"{column} is empty; fill it in", column)
        if row["days_before"] and not row["days_before"].isdecimal():
            fault("bad_number", "days_before is not a whole number of days", "days_before")
        if row["item_id"] in found:
            fault("duplicate_id", f"{row['item_id']} stands in line {found[row['item_id']].line} already", "item_id")
        found[row["item_id"]] = Requirement(
            item_id=row["item_id"],
            kind=row["kind"],
            per=row["per"],
            where=row["where"],
            mode=row["mode"],
            cargo=frozenset(filter(None, row["cargo"].split(";"))),
            item_en=row["item_en"],
            item_ru=row["item_ru"],
            who=row["who"],
            days_before=int(row["days_before"]) if row["days_before"].isdecimal() else None,
            note=row["note"],
            source_id=row["source_id"],
            status=row["status"],
            line=line,
        )
    if problems:
        raise DataError(problems)
    return tuple(found.values())
