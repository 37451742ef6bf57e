"""Rows of a file shared out: lane by lane, the contexts among processes, every row back in its place."""

from __future__ import annotations

import datetime as dt
import gc
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from optimizer.bulk.rests import Rests
from optimizer.bulk.rows import Asked, LaneRows, Quoted, fits
from optimizer.databook import DataBook
from optimizer.request import Job, fx_day
from optimizer.search import Search, conditions_of

T = TypeVar("T")
WORTH_SHARING = 1_500  # rows; below, starting processes costs more than they save
CONTEXT_ROWS, LANE_ROWS = 200, 8  # what pricing a context or a lane costs, in rows


class Lanes:
    """Rows by context, then by lane."""

    def __init__(self, book: DataBook) -> None:
        self.book = book
        self._keys: dict[Hashable, Hashable] = {}
        self._by_load = any(not name.endswith(":container") for name in book.books.marks)

    def sorted(self, rows: Sequence[Asked]) -> list[list[list[Asked]]]:
        """Contexts, each a list of lanes, each a list of rows."""
        found: dict[Hashable, dict[Hashable, list[Asked]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            job = row.job
            s = job.shipment
            lane = (s.origin, s.destination, fx_day(job), job.currency)
            found[self._context(job)][lane].append(row)
        return [list(lanes.values()) for lanes in found.values()]

    def _context(self, job: Job) -> Hashable:
        s = job.shipment
        regime = self.book.regime(s.ready, s.known_on)
        heavy = s.mass_t if self._by_load or self.book.equipment[s.equipment].family == "container" else None
        seen = (s.origin, s.destination, s.cargo, s.equipment, s.ownership, heavy, s.units if heavy else 0, regime)
        # Limits and deals are rare: their rows are asked one by one.
        if not fits(job, self.book):
            return (replace(conditions_of(job, self.book), ready=dt.date.min, known_on=dt.date.min), regime)
        key = self._keys.get((seen, job.defaults))
        if key is None:
            conditions = replace(conditions_of(job, self.book), ready=dt.date.min, known_on=dt.date.min)
            key = self._keys[seen, job.defaults] = (conditions, regime)
        return key


def answered(
    rows: Sequence[Asked],
    book: DataBook,
    one: Callable[[Asked], T],
    many: Callable[[Quoted], T],
    *,
    processes: int = 0,
) -> Iterator[list[tuple[int, T]]]:
    """(index, answer) of every row, context by context in no order.

    Args:
        one: quotes a row by itself.
        many: makes the answer of a row quoted with others.
        processes: how many to use; 0: as many as there are processors, and one for a short file.
    """
    contexts = Lanes(book).sorted(rows)
    contexts.sort(key=_cost, reverse=True)
    if not processes:
        processes = len(os.sched_getaffinity(0)) if len(rows) >= WORTH_SHARING else 1
    work = _Work(contexts, book, one, many)
    if processes == 1 or len(contexts) == 1 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(work.context, range(len(contexts)))
        return
    # Children are forked: they find the rows and the data book where the parent has them.
    global _shared
    _shared = work
    gc.freeze()  # what stands before the fork need not be looked through again and again, nor copied for it
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap_unordered(_of_context, range(len(contexts)))
    finally:
        _shared = None
        gc.unfreeze()


_shared: _Work | None = None


def _of_context(number: int) -> list[tuple[int, object]]:
    assert _shared is not None
    return _shared.context(number)


def _cost(lanes: Sequence[Sequence[Asked]]) -> int:
    return CONTEXT_ROWS + LANE_ROWS * len(lanes) + sum(map(len, lanes))


class _Work:
    def __init__(
        self,
        contexts: list[list[list[Asked]]],
        book: DataBook,
        one: Callable[[Asked], T],
        many: Callable[[Quoted], T],
    ) -> None:
        self.contexts, self.book, self.one, self.many = contexts, book, one, many
        self.rests = Rests(book.calendar)

    def context(self, number: int) -> list[tuple[int, object]]:
        found: list[tuple[int, object]] = []
        for lane in self.contexts[number]:
            alone: list[Asked] = []
            together: list[Asked] = []
            for row in lane:
                (together if fits(row.job, self.book) else alone).append(row)
            if together:
                quoted, left = LaneRows(Search(together[0].job, self.book), self.rests).answer(together)
                found += [(q.index, self.many(q)) for q in quoted]
                alone += left
            found += [(row.index, self.one(row)) for row in alone]
        return found
