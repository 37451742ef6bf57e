"""Reading spellings and the user's own places from their tables."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer.errors import ProblemList
from optimizer.network.names.model import Alias, UserPlace
from optimizer.tables import decode, read_bytes, rows_of


def load_aliases(root: Traversable | Path | None = None) -> tuple[Alias, ...]:
    """The spellings of place_aliases.csv.

    Args:
        root: a folder that holds the table; None is our own package `network_data`.
    Raises:
        DataError: a row without place or spelling, or a column is missing.
    """
    name = "place_aliases.csv"
    columns = ("place_id", "alias", "language", "source_id", "status")
    folder = files("network_data") if root is None else root
    found, aliases = ProblemList(), []
    for line, row in rows_of(decode(read_bytes(folder.joinpath(name)), name), name):
        if missing := [c for c in columns if c not in row]:
            found.add("missing_column", f"column {', '.join(missing)} is missing; add it", file=name, line=1)
            break
        for column in columns:
            if not row[column]:
                text = f"{column} is empty; every spelling needs one"
                found.add("empty_cell", text, file=name, line=line, column=column)
        aliases.append(Alias(*(row[c] for c in columns)))
    found.raise_if_any()
    return tuple(aliases)


def read_places_file(path: Path | str) -> list[UserPlace]:
    """The user's own stations and warehouses: columns id, name, tied_to, distance_km, by; lat and lon if known.

    Semicolons instead of commas are understood. `tied_to` is left as typed: `PlaceIndex.resolve` finds it.

    Raises:
        DataError: every fault of the file, each with its line: missing_column, empty_cell, bad_number,
            bad_id, duplicate_id, unknown_word.
    """
    path = Path(path)
    name = path.name
    text = decode(read_bytes(path), name)
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    found, places = ProblemList(), list[UserPlace]()
    wanted = ("id", "name", "tied_to", "distance_km", "by")
    if missing := [c for c in wanted if c not in [h.strip() for h in header.split(delimiter)]]:
        listed = ", ".join(missing)
        found.add(
            "missing_column", f"column {listed} is missing; the columns are {', '.join(wanted)}", file=name, line=1
        )
        found.raise_if_any()
    seen: dict[str, int] = {}
    for line, row in rows_of(text, name, delimiter):

        def say(code: str, problem: str, column: str, line: int = line, row: dict[str, str] = row) -> None:
            found.add(code, problem, file=name, line=line, column=column, value=row[column])

        def number(column: str, low: float, high: float, row: dict[str, str] = row) -> float:
            try:
                value = float(row[column])
            except ValueError:
                value = float("nan")
            if not low <= value <= high:
                say("bad_number", f"{column} is '{row[column]}', not a number from {low:g} to {high:g}", column)
                return 0.0
            return value

        for column in ("id", "name", "tied_to", "by"):
            if not row[column]:
                say("empty_cell", f"{column} is empty; every place needs one", column)
        if row["id"] and not re.fullmatch(r"[\w.-]+", row["id"]):
            say("bad_id", f"id '{row['id']}' holds a space or sign; use letters, digits, - and _", "id")
        if row["id"] and row["id"] in seen:
            say("duplicate_id", f"id '{row['id']}' stands in line {seen[row['id']]} already; give each its own", "id")
        seen.setdefault(row["id"], line)
        if row["by"] and row["by"] not in ("rail", "road"):
            say("unknown_word", f"by is '{row['by']}'; write rail (a siding) or road (a truck)", "by")
        places.append(
            UserPlace(
                id=row["id"],
                name=row["name"],
                lat=number("lat", -90, 90) if row.get("lat") else None,
                lon=number("lon", -180, 180) if row.get("lon") else None,
                tied_to=row["tied_to"],
                distance_km=number("distance_km", 0, 2000),
                by=row["by"],
            )
        )
    found.raise_if_any()
    return places
