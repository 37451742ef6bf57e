"""Tariff books from folders of CSV tables; every fault at once, with file and line.

A book folder holds `book.toml` (header), `rates.csv`, and where needed `coefficients.csv`, `through.csv`,
`surcharges.csv`, `subsidies.csv`, `spot.csv`, `classes.csv`, `groups.csv` and `belts/<table>.csv`. Column
names are the words of `columns`; an empty cell sets no condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import DataError, ProblemList
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.cells import RowCells
from optimizer.tariff.columns import BELT_COLUMNS, BELT_NEEDED, COLUMNS, NEEDED
from optimizer.tariff.header import header_of
from optimizer.tariff.lookups import belts_of, classes_of, groups_of, prices_of
from optimizer.tariff.rows import RowReader
from optimizer.tariff.rule import BookInfo
from optimizer.tariff.shelf import Shelf

Folder = Traversable | Path


def read_books(folders: Iterable[Folder] | None = None, over: Iterable[Folder] = ()) -> TariffBooks:
    """All books of `seeds/tariffs`, or of the given folders, with the user's own books over them.

    Args:
        over: the user's books, the first one weakest; where a row of theirs fits, it wins.

    Raises:
        DataError: any table has a fault; carries all of them.
    """
    reader = BookReader()
    for folder in default_folders() if folders is None else folders:
        reader.read(folder)
    for step, folder in enumerate(over, start=1):
        reader.layer = step
        reader.read(folder)
    return reader.books()


def default_folders() -> list[Traversable]:
    """The books that ship with Keruen, by name."""
    root = tables.data_file("seeds", "tariffs")
    return sorted((f for f in root.iterdir() if f.joinpath("book.toml").is_file()), key=lambda f: f.name)


class BookReader:
    """Collects rows and problems over all books; `books()` joins them or raises every problem."""

    def __init__(self) -> None:
        self.problems = ProblemList()
        self.layer = 0
        self._shelf = Shelf()
        self._bytes: list[bytes] = []

    def books(self) -> TariffBooks:
        """All books read so far.

        Raises:
            DataError: carries every problem found.
        """
        self._shelf.check_names(self.problems)
        self.problems.raise_if_any()
        return self._shelf.books(tables.digest(self._bytes))

    def read(self, folder: Folder) -> None:
        if not folder.joinpath("book.toml").is_file():
            self.problems.add(
                "not_a_book", "the folder holds no book.toml; name the folder of a tariff book", file=str(folder)
            )
            return
        info = self._header(folder)
        if info is None:
            return
        # What rows look up comes before the rows.
        groups = groups_of(self._rows(folder, "groups.csv"))
        belts = folder.joinpath("belts")
        for file in sorted(belts.iterdir(), key=lambda f: f.name) if belts.is_dir() else ():
            if file.name.endswith(".csv"):
                name = f"{info.book_id}:{file.name.removesuffix('.csv')}"
                self._shelf.belts[name] = belts_of(self._rows(folder, f"belts/{file.name}"))
        self._shelf.classes[info.book_id] = classes_of(self._rows(folder, "classes.csv"))
        prices_of(self._rows(folder, "spot.csv"), info.book_id, self._shelf.spots)
        reader = RowReader(self._shelf, info, groups, self.layer)
        for table, take in (
            ("rates.csv", reader.rate),
            ("coefficients.csv", reader.coefficient),
            ("surcharges.csv", reader.surcharge),
            ("subsidies.csv", reader.subsidy),
            ("through.csv", reader.through),
        ):
            for row in self._rows(folder, table, required=table == "rates.csv"):
                take(row)

    def _header(self, folder: Folder) -> BookInfo | None:
        title = f"{folder.name}/book.toml"

        def fault(code: str, text: str, value: object = "") -> None:
            self.problems.add(code, text, file=title, value=str(value))

        try:
            raw = tables.read_bytes(folder.joinpath("book.toml"))
            self._bytes.append(raw)
            text = tables.decode(raw, title)
        except DataError as broken:
            self.problems.problems.extend(broken.problems)
            return None
        info = header_of(text, folder.name, str(folder), self._shelf.infos, fault)
        if info is not None:
            self._shelf.infos[info.book_id] = info
        return info

    def _rows(self, folder: Folder, name: str, required: bool = False) -> list[RowCells]:
        """The rows of a table, or none where its columns are at fault."""
        file = folder.joinpath(*name.split("/"))
        if not required and not file.is_file():
            return []
        title = f"{folder.name}/{name}"
        try:
            raw = tables.read_bytes(file)
            self._bytes.append(title.encode())
            self._bytes.append(raw)
            text = tables.decode(raw, title)
            rows = list(tables.rows_of(text, title))
        except DataError as fault:
            self.problems.problems.extend(fault.problems)
            return []
        columns = [c.strip() for c in text.split("\n", 1)[0].strip("\r").split(",")] if not rows else list(rows[0][1])
        whole = self._has_columns(name, columns, title)
        return [RowCells(cells, title, line, self.problems) for line, cells in rows] if whole else []

    def _has_columns(self, name: str, columns: list[str], title: str) -> bool:
        """Whether a table has the columns it needs; a fault for each it lacks, or else for each it may not have."""
        belts = name.startswith("belts/")
        missing = [c for c in (BELT_NEEDED if belts else NEEDED[name]) if c not in columns]
        for column in missing:
            text = f"the table has no column {column}; add it to the first line"
            self.problems.add("missing_column", text, file=title, line=1, column=column)
        for column in columns if not missing else []:  # a misnamed column is one fault, not two
            known = column in BELT_COLUMNS or column.startswith("rate_") if belts else column in COLUMNS[name]
            if not known:
                text = f"column {column} is not one a rule may have; rename or delete it"
                self.problems.add("unknown_column", text, file=title, line=1, column=column)
        return not missing
