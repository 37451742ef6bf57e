"""Figures of a study quoted again: the letter in the books, the lane searched as a quote searches it.

Nothing of the market is used here but the number to be checked: books with the rows of the point are made, a context
priced from them, and the cheapest way sought among all ways there are.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from optimizer.databook import DataBook
from optimizer.itinerary import Itinerary
from optimizer.money import ONE
from optimizer.routing.search import Must, paths_by_sign
from optimizer.search import Search
from optimizer.study.build import MINUTES_A_DAY, job_of, letter_books
from optimizer.study.letter import FREE
from optimizer.study.lines import answered
from optimizer.study.market import MILLI, Market
from optimizer.subject import Subject
from optimizer.tariff.rule import Coefficient
from optimizer.ways import best_way

MOST_BOOKS = 4


@dataclass(frozen=True, slots=True)
class Quoted:
    """A lane quoted at a point: the weight of its best way, and the way."""

    weight: int
    itinerary: Itinerary


class Desk:
    """Quotes lanes at points of a study, each point with a data book of its own."""

    def __init__(self, market: Market, base: DataBook) -> None:
        self.market, self.base, self.study = market, base, market.study
        self.books = letter_books(self.study, base)
        self._kept: OrderedDict[tuple[object, ...], DataBook] = OrderedDict()
        self.demands = {lane.lane_id: lane for lane in self.study.lanes}
        self._drawn: dict[frozenset[str], DataBook] = {}  # by the through rates that are not set
        self._full: DataBook | None = None

    def book(self, point: Sequence[int], reply: Decimal | None = None) -> DataBook:
        """The data book at a point: rows of the letter at their values, none for a rate that stays as it is."""
        key = (*point, reply)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._with_rows(point, self._rows(point, reply))
            while len(self._kept) > MOST_BOOKS:
                self._kept.popitem(last=False)
        return found

    def _with_rows(self, point: Sequence[int], rows: tuple[Coefficient, ...]) -> DataBook:
        """The books with these coefficients, and with the through rates that have a value."""
        unset = frozenset(
            f"{FREE}{rate.name}"
            for rate, number in zip(self.study.rates, point, strict=True)
            if rate.through is not None and number == len(rate.values)
        )
        books = self.books
        if unset:
            books = replace(
                books,
                rules=tuple(rule for rule in books.rules if rule.rule_id not in unset),
                through=tuple(t for t in books.through if t.rule.rule_id not in unset),
            )
        drawn = self._drawn.get(unset, self.base)  # its graphs serve as long as the chains are the same
        found = self._drawn[unset] = drawn.with_books(replace(books, coefficients=rows))
        return found

    def lay(self, point: Sequence[int], book: DataBook) -> None:
        """Take this data book for a point: the letter as it was written."""
        self._kept[(*point, None)] = book

    def _rows(self, point: Sequence[int], reply: Decimal | None) -> tuple[Coefficient, ...]:
        study = self.study
        values: dict[str, Decimal | None] = {}
        for k, (rate, number) in enumerate(zip(study.rates, point, strict=True)):
            values[rate.name] = rate.values[number] if number < len(rate.values) else None
            for rival in study.rivals:
                if rival.answers == rate.name:
                    stands = min(self.market.today[k], default=ONE)
                    value = values[rate.name]
                    how = rival.reply if reply is None else reply
                    values[rival.name] = None if value is None else answered((value,), stands, how)[0]
        found = []
        for coef in self.books.coefficients:
            if coef.coef_id.startswith(FREE):
                value = values[coef.coef_id.removeprefix(FREE).rsplit(":", 1)[0]]
                if value is not None:
                    found.append(replace(coef, value=value))
            else:
                found.append(coef)
        return tuple(found)

    def search(
        self, lane_id: str, point: Sequence[int], reply: Decimal | None = None
    ) -> tuple[Search, NDArray[np.int64]]:
        """The search of a lane at a point, and what its arcs weigh."""
        book = self.book(point, reply)
        search = Search(job_of(self.demands[lane_id], self.study, book), book)
        cents, minutes, _ = search.weights
        return search, cents * MILLI + minutes * self.minute_weight(search)

    def minute_weight(self, search: Search) -> int:
        """Thousandths of a cent a minute of a lot is worth to its shipper."""
        return round(self.study.answer.time_value * search.job.shipment.mass_t * 100 * MILLI / MINUTES_A_DAY)

    def quote(
        self, lane_id: str, point: Sequence[int], reply: Decimal | None = None, corridor: int | None = None
    ) -> Quoted | None:
        """The best way of a lane at a point, or of one corridor of it, found from nothing; None where there is none."""
        search, weight = self.search(lane_id, point, reply)
        blocked = search.blocked()
        if corridor is None:
            path = best_way(search, weight, blocked)
        else:
            path = self._within(search, weight, blocked, corridor)
        return None if path is None else Quoted(int(weight[list(path)].sum()), search.itinerary(path))

    def _within(
        self, search: Search, weight: NDArray[np.int64], blocked: NDArray[np.bool_], corridor: int
    ) -> tuple[int, ...] | None:
        """The best way that passes a corridor and none named before it."""
        listed = self.study.corridors
        earlier = frozenset().union(*(c.via for c in listed[:corridor]))
        edges = search.lane.edges
        shut = blocked | np.array([bool(edge.places & earlier) for edge in edges])
        via = listed[corridor].via if corridor < len(listed) else frozenset()
        marks = [int(bool(edge.places & via)) for edge in edges]
        must = Must(marks, 1 if via else 0, [0] * len(edges), [0] * len(weight), None)
        bound = search.bound(weight, shut)
        found, _ = paths_by_sign(
            search.lane.arcs(shut), weight.tolist(), bound, search.lane.source, search.lane.sink, None, 1, must=must
        )
        return found[0] if found else None

    def sheet(self, lane_id: str, point: Sequence[int], arcs: Sequence[int], reply: Decimal | None = None) -> Quoted:
        """A given way of a lane, charged at a point."""
        search, weight = self.search(lane_id, point, reply)
        arcs = self._as_numbered(lane_id, search, arcs)
        return Quoted(int(weight[list(arcs)].sum()), search.itinerary(arcs))

    def _as_numbered(self, lane_id: str, search: Search, arcs: Sequence[int]) -> tuple[int, ...]:
        """Arcs of the market, where every through rate has its edges, as these books number them."""
        if all(rate.through is None for rate in self.study.rates):
            return tuple(arcs)
        if self._full is None:
            self._full = self.base.with_books(self.books)
        listed = _known_by(Search(job_of(self.demands[lane_id], self.study, self._full), self._full))
        here = {key: arc for arc, key in enumerate(_known_by(search))}
        return tuple(here[listed[arc]] for arc in arcs)


def _known_by(search: Search) -> list[tuple[object, ...]]:
    """What tells each edge of a lane from all others, whatever its number."""
    names = search.lane.lane.names
    seen: Counter[tuple[object, ...]] = Counter()
    found: list[tuple[object, ...]] = []
    for edge in search.lane.edges:
        chain = edge.wanted[0].carrier if edge.kind == "through" and isinstance(edge.wanted[0], Subject) else ""
        key = (names[edge.tail], names[edge.head], edge.kind, edge.sign, chain)
        found.append((*key, seen[key]))
        seen[key] += 1
    return found
