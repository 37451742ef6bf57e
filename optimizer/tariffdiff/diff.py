"""The use case "tariff diff": which rows differ between two sets of tariff books, and which lanes feel it.

    rows    every row of either side by its id: added, removed, or changed and in which fields
    lanes   the best price of each lane on each day under both; those that change are listed with the lines behind it

Both sides are asked on one day about what is known on that day, so a row with effect from an earlier date shows
on the days it covers. Mirrored, the diff of B and A is the diff of A and B with old and new exchanged.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, Problem
from optimizer.request import QuoteRequest
from optimizer.shipment_rows import read_rows, request_of
from optimizer.tariffdiff.answer import LaneChange, TariffDiff, Unpriced
from optimizer.tariffdiff.days import check_days, days_of
from optimizer.tariffdiff.lanes import compared
from optimizer.tariffdiff.rows import bearing_of, row_pairs


def diff(
    a: DataBook,
    b: DataBook,
    lanes: Sequence[QuoteRequest],
    days: Sequence[dt.date] | None,
    today: dt.date,
    progress: Callable[[int, int], None] | None = None,
) -> TariffDiff:
    """What differs between the tariffs of two data books.

    Args:
        a, b: the old and the new side.
        lanes: asked on every day; their own ready, due and known-on days are passed over.
        days: ready days; None chooses those on which rows of the diff begin or end, the days before them, and today.
        today: the day of the question; nothing issued later is seen.
        progress: called with the pairs of lane and day done and their number.

    Raises:
        RequestError: a day is one no quote is made for.

    >>> book = DataBook.load()
    >>> diff(book, book, (), None, dt.date(2026, 11, 22)).empty
    True
    """
    pairs = row_pairs(a.books, b.books)
    left_out = 0
    if days is None:
        days, left_out = days_of(pairs, today)
    days = sorted(set(days))
    check_days(days, today)
    bearing = bearing_of(pairs)
    books_alone = _only_rows_differ(a, b)
    changed: list[LaneChange] = []
    unpriced: list[Unpriced] = []
    unchanged = done = 0
    # Day by day: lanes of one day share contexts and graphs, days of one lane do not.
    for day in days:
        # Where no row of the diff can reach a day both sides are one, and one is asked.
        reached = not books_alone or any(s.row.in_reach(day, today) for pair in pairs for s in pair.sides)
        for number, request in enumerate(lanes, start=1):
            found = compared(number, request, day, (a, b) if reached else (a, a), bearing, today)
            if isinstance(found, LaneChange):
                changed.append(found)
            elif found is not None:
                unpriced.append(found)
            else:
                unchanged += 1
            done += 1
            if progress is not None:
                progress(done, len(days) * len(lanes))
    touched: dict[str, int] = defaultdict(int)
    for lane in changed:
        for row_id in lane.rows:
            touched[row_id] += 1
    return TariffDiff(
        today=today,
        days=tuple(days),
        days_left_out=left_out,
        versions=(a.versions["tariffs"], b.versions["tariffs"]),
        rows=tuple(replace(pair.change, touched=touched[pair.change.id]) for pair in pairs),
        lanes=tuple(sorted(changed, key=lambda lane: (lane.number, lane.day))),
        unchanged=unchanged,
        unpriced=tuple(sorted(unpriced, key=lambda lane: (lane.number, lane.day))),
    )


def lanes_of(path: Path | None = None) -> tuple[QuoteRequest, ...]:
    """The lanes of a CSV in the layout of shipments; None reads the two dozen typical ones that ship with Keruen.

    Raises:
        DataError: the file cannot be read, holds a broken row or none; carries every problem.

    >>> lanes_of()[0].origin
    'kz-kokshetau'
    """
    if path is None:
        with as_file(tables.data_file("seeds", "samples").joinpath("lanes.csv")) as file:
            return lanes_of(file)
    _, rows = read_rows(path)
    problems: list[Problem] = []
    found: list[QuoteRequest] = []
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        elif any(row.cells.values()):
            found.append(request_of(row.cells))
    if not found and not problems:
        problems.append(Problem("no_lanes", "the file holds no lane below its header; write one a row", file=path.name))
    if problems:
        raise DataError(problems)
    return tuple(found)


def _only_rows_differ(a: DataBook, b: DataBook) -> bool:
    """Whether nothing but the rows of the diff can make a difference: same facts, own books in the same order."""
    facts = [
        (d.network, d.restrictions, d.fx.rows, d.operations, d.factors, d.cargoes, d.equipment, d.cargo_version)
        for d in (a, b)
    ]
    layers = {row.row: row.layer for row in a.books.rows}
    moved = any(layers.get(row.row, row.layer) != row.layer for row in b.books.rows)
    return facts[0] == facts[1] and not moved
