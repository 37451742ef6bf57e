"""The use case "validate": observed lengths, days and prices against what the engine computes.

    tables -> read -> facts, prices -> lengths, prices (engine) -> report

A row ends in one of three ways. `compared`: the engine computed the same thing and the ratio says how
far off it is. `lookup`: the number itself stands in our data, so it shows only that it is found again.
`not_expressible`: the row speaks of something a network of tariffs has no place for, and says what.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer.databook import DataBook
from optimizer.tables import data_file
from optimizer.validate.lengths import compare_fact
from optimizer.validate.prices import Published, compare_price
from optimizer.validate.read import Fact, Price, read_table
from optimizer.validate.report import Report, Row

__all__ = ["DEFAULT_LENGTHS", "DEFAULT_PRICES", "Fact", "Price", "Report", "Row", "run"]

DEFAULT_LENGTHS = ("checks/rail_facts.csv", "checks/road_sea_facts.csv")
DEFAULT_PRICES = ("checks/route_prices.csv", "checks/route_prices_more.csv")


def run(book: DataBook, lengths: Sequence[Path] = (), prices: Sequence[Path] = ()) -> Report:
    """Compare every row of the given tables; of the tables that ship with Keruen when none is given.

    A table is known by its columns, so it does no harm to name one under the other option.

    Raises:
        DataError: a table cannot be read; every fault is named with its line.
    """
    tables: list[Path | Traversable] = [*lengths, *prices]
    if not tables:
        tables = [data_file("seeds", name) for name in (*DEFAULT_LENGTHS, *DEFAULT_PRICES)]
    published = Published.read()
    rows: list[Row] = []
    for table in tables:
        for entry in read_table(table):
            if isinstance(entry, Fact):
                rows += compare_fact(entry, book, published)
            else:
                rows += compare_price(entry, book, published)
    return Report(rows, versions=dict(book.versions))
