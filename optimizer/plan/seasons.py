"""Which days of loading see the same prices, and the prices of a season told as what differs from a base.

A whole graph takes long to draw and price. Between two seasons few rows of the books differ, and few crossings have
another dwell; so one base is priced whole, and of every other season only the edges that some differing row or
crossing can touch. The requote of every part of a plan, and a test against fresh quotes, hold this to account.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from optimizer.databook import Conditions, DataBook
from optimizer.lane import SHUTTABLE, Marker, PricedGraph, PricedLane, Pricer, SharedTerms, Sheet
from optimizer.money import ExchangeRates
from optimizer.plan.prices import LeastUnit
from optimizer.restriction.match import asked_ends, in_force, places_of, shuts
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import Edge
from optimizer.routing.graph import Graph
from optimizer.routing.lanes import Lane
from optimizer.routing.search import Arcs
from optimizer.subject import Subject
from optimizer.tariff.book import boundaries
from optimizer.tariff.charge import Load, Term
from optimizer.timing.queues import queue_delays

Touched = dict[str, frozenset[str]]  # charge -> carriers of the rows that differ; "" is any


class Seasons:
    """The season of a day, and one day that stands for it."""

    def __init__(self, book: DataBook, known_on: dt.date, *, subsidy: bool) -> None:
        self.book = book
        self.known_on = known_on
        books = book.books
        extras = [e for e in books.extras if subsidy or not e.subsidy]
        rules = [*books.rules, *books.coefficients, *(e.rule for e in extras)]
        charges = [frozenset({r.charge}) for r in (*books.rules, *books.coefficients)] + [e.on for e in extras]
        self._edges = sorted(boundaries(rules))
        self._rows = []
        for row, named in zip(rules, charges, strict=True):
            cell = dict(row.cells).get("months")
            months = frozenset(int(m) for m in cell.split(";")) if cell else None
            self._rows.append((row, named, months))
        crossings = [c.months for c in book.network.rail_crossings if c.months]
        self._crossing_months = tuple(dict.fromkeys(crossings))
        self._months = tuple(dict.fromkeys([*(m for _, _, m in self._rows if m), *crossings]))
        self._stands: dict[Hashable, dt.date] = {}
        self._states: dict[dt.date, list[tuple[bool, bool, bool]]] = {}
        self._touched: dict[tuple[dt.date, dt.date], Touched] = {}

    def shutting(self, day: dt.date) -> list[Restriction]:
        return [r for r in self.book.restrictions.rows if shuts(r) and in_force(r, day, self.known_on)]

    def key(self, day: dt.date, fine: bool) -> Hashable:
        """`fine`: the context rests on market prices, whose seasons are months."""
        book = self.book
        # A dated exemption changes what a ban says in the midst of its days.
        shut = tuple((r.restriction_id, *(days.contains(day) for days in r.days)) for r in self.shutting(day))
        records = book.network.records(day, self.known_on)
        queued = tuple(q.row_id for q in book.times.standing(day, self.known_on) if self._queues(q.row_id, day))
        months = tuple(day.month in told for told in self._months)
        exact = book.regime(day, self.known_on) if fine else ()
        return (bisect_right(self._edges, day), months, shut, queued, records, exact)

    def _queues(self, row_id: str, day: dt.date) -> bool:
        months = next((q.selector.months for q in self.book.times.queues if q.row_id == row_id), frozenset())
        return not months or day.month in months

    def stands_for(self, day: dt.date, fine: bool = False) -> dt.date:
        """The first day asked about that is of the same season."""
        return self._stands.setdefault((fine, self.key(day, fine)), day)

    def base_of(self, day: dt.date, fine: bool) -> dt.date:
        """The day whose graph a season is told from: same roads shut; with market prices, the season itself."""
        if fine:
            return day
        roads = tuple(
            (r.restriction_id, *(days.contains(day) for days in r.days))
            for r in self.shutting(day)
            if any(isinstance(s, tuple) and s[0] == "road" for s in places_of(r))
        )
        return self._stands.setdefault(("base", roads), day)

    def same_dwell(self, a: dt.date, b: dt.date) -> bool:
        """Whether every crossing has the same row on both days."""
        records = self.book.network.records
        return records(a, self.known_on) == records(b, self.known_on) and all(
            (a.month in told) == (b.month in told) for told in self._crossing_months
        )

    def touched(self, a: dt.date, b: dt.date) -> Touched:
        """Charges some row of which holds on one day and not, or not so, on the other."""
        found = self._touched.get((a, b))
        if found is None:
            carriers: dict[str, set[str]] = defaultdict(set)
            for (row, named, _), x, y in zip(self._rows, self._state(a), self._state(b), strict=True):
                if x != y:
                    for charge in named:
                        carriers[charge].add(row.carrier)
            found = self._touched[a, b] = {charge: frozenset(names) for charge, names in carriers.items()}
        return found

    def _state(self, day: dt.date) -> list[tuple[bool, bool, bool]]:
        found = self._states.get(day)
        if found is None:
            found = self._states[day] = [
                (row.in_reach(day, self.known_on), row.valid.ended(day), months is not None and day.month in months)
                for row, _, months in self._rows
            ]
        return found


def subjects_of(edge: Edge) -> Iterable[Subject]:
    for want in edge.wanted:
        if isinstance(want, Subject):
            yield want
        else:
            yield from want.first
            yield from want.otherwise


def may_differ(edges: Sequence[Edge], touched: Touched) -> list[int]:
    """Edges with a subject some differing row could price."""
    found = []
    for index, edge in enumerate(edges):
        for subject in subjects_of(edge):
            carriers = touched.get(subject.charge)
            if carriers is not None and ("" in carriers or subject.carrier in carriers):
                found.append(index)
                break
    return found


def of_month(edge: Edge, month: int) -> Edge:
    """The same edge, its subjects of another month."""
    wanted = tuple(
        replace(w, month=month)
        if isinstance(w, Subject)
        else replace(
            w,
            first=tuple(replace(s, month=month) for s in w.first),
            otherwise=tuple(replace(s, month=month) for s in w.otherwise),
        )
        for w in edge.wanted
    )
    return Edge(edge.tail, edge.head, edge.kind, edge.legs, wanted, edge.sign, edge.shut_by)


def redrawn(old: Sequence[Edge], new: Sequence[Edge], month: int) -> list[int]:
    """Edges that differ in more than the month."""
    return [
        i
        for i, (a, b) in enumerate(zip(old, new, strict=True))
        if a.legs != b.legs or (a.wanted != b.wanted and of_month(a, month).wanted != b.wanted)
    ]


@dataclass(slots=True)
class Change:
    """What differs from the base on some of its edges."""

    edges: dict[int, Edge]
    terms: dict[int, tuple[Term, ...]]
    missing: dict[int, bool]
    sheet: Sheet
    index: NDArray[np.int64]


class SeasonLane:
    """A lane on a day of a season: the base lane and what differs."""

    def __init__(
        self,
        base: PricedLane,
        shared: Change | None,
        own: Change | None,
        shut: frozenset[int],
        delays: dict[int, float],
    ) -> None:
        self.base = base
        self.context = base.context
        self.lane = base.lane
        self.source, self.sink = base.source, base.sink
        self.count = base.context.sheet.count
        self._changes = [c for c in (shared, own) if c is not None]
        self._shut = shut
        self._delays = delays

    def edge(self, arc: int) -> Edge:
        for change in self._changes:
            if arc in change.edges:
                return change.edges[arc]
        return self.base.edges[arc]

    def terms(self, arc: int) -> tuple[Term, ...]:
        for change in self._changes:
            if arc in change.terms:
                return change.terms[arc]
        return self.base.terms[arc]

    def is_missing(self, arc: int) -> bool:
        for change in self._changes:
            if arc in change.missing:
                return change.missing[arc]
        return arc in self.base.missing

    def hours(self, arc: int) -> tuple[float, float]:
        """(hours with queues, more for each unit) of an arc."""
        edge = self.edge(arc)
        return (
            sum(leg.hours for leg in edge.legs) + self._delays.get(arc, 0.0),
            sum(leg.hours_per_unit for leg in edge.legs),
        )

    def cents(
        self, load: LeastUnit, base: NDArray[np.int64], fx: ExchangeRates, into: str, on: dt.date
    ) -> NDArray[np.int64]:
        """Least cents of every arc, from those of the base."""
        if not self._changes:
            return base
        found = base.copy()
        for change in self._changes:
            found[change.index] = change.sheet.cents(cast(Load, load), fx, into, on)
        return found

    def blocked(self, ignoring: frozenset[str]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.base.edges), dtype=bool)
        mask[list(self.base.missing)] = True
        for change in self._changes:
            mask[list(change.missing)] = list(change.missing.values())
        mask[list(self._shut)] = True
        return mask

    def arcs(self, blocked: NDArray[np.bool_]) -> Arcs:
        return Arcs(self.base.outgoing, self.base.incoming, blocked.tolist())


class SeasonBook:
    """Lanes of any season, told from a base that is priced once."""

    def __init__(self, book: DataBook, known_on: dt.date, subsidies: Iterable[bool]) -> None:
        self.book = book
        self.known_on = known_on
        self.seasons = {subsidy: Seasons(book, known_on, subsidy=subsidy) for subsidy in subsidies}
        self._fine: dict[Hashable, bool] = {}
        self._graphs: dict[Hashable, tuple[Graph, list[int]]] = {}
        self._changes: dict[Hashable, tuple[PricedGraph, Change | None, Pricer, frozenset[int], dict[int, float]]] = {}
        self._shared: dict[Hashable, SharedTerms] = {}
        self._differ: dict[Hashable, tuple[Graph, list[int]]] = {}
        self._hours: dict[int, tuple[Graph, NDArray[np.float64]]] = {}

    def season_day(self, c: Conditions, day: dt.date) -> dt.date:
        return self.seasons[c.deal.subsidy].stands_for(day, self._fine.get(_kind(c), False))

    def lane(self, c: Conditions, origin: str, destination: str, day: dt.date) -> SeasonLane:
        """The lane on a season's day; `c.ready` does not count."""
        seasons = self.seasons[c.deal.subsidy]
        members = self.book.network.members
        asked = asked_ends(self.book.restrictions, members[origin], members[destination], day, c.known_on)
        c = replace(c, origin=c.origin or asked[0], destination=c.destination or asked[1])
        fine = self._fine.get(_kind(c), False)
        base_day = seasons.base_of(day, fine)
        base = self.book.lane(replace(c, ready=base_day), origin, destination)
        if _kind(c) not in self._fine:
            fine = self._fine[_kind(c)] = any(
                term.rule.basis == "spot_per_t" for group in base.context.terms for term in group
            )
            if fine and base_day != day:
                base_day = day
                base = self.book.lane(replace(c, ready=day), origin, destination)
        if base_day == day:
            delays = self._delays_of(base, day)
            return SeasonLane(base, None, None, frozenset(base.shut), delays)
        shared, pricer, shut, delays = self._shared_change(c, base.context, base_day, day, seasons)
        own_count = base.context.sheet.count
        graph, _ = self._graph(c, base.context.graph, base_day, day, seasons)
        own_edges: Sequence[Edge] = base.lane.edges
        new_edges: Sequence[Edge] = own_edges
        if graph is not base.context.graph:
            new_edges = Lane(graph, members[origin], members[destination], c.deal.wait_days).edges
        index = set(may_differ(own_edges, seasons.touched(base_day, day)))
        if new_edges is not own_edges:
            index |= set(redrawn(own_edges, new_edges, day.month))
        own = self._change(own_edges, new_edges, sorted(index), own_count, day, pricer, base.context)
        closed = set(shut)
        marks = self._marks(c, base.context, day, seasons)
        if marks is not None:
            closed |= {
                own_count + i
                for i, edge in enumerate(new_edges)
                if edge.shut_by or (edge.kind in SHUTTABLE and marks.of(edge))
            }
        else:
            closed |= {i for i in base.shut if i >= own_count}
        return SeasonLane(base, shared, own, frozenset(closed), delays)

    def _delays_of(self, base: PricedLane, day: dt.date) -> dict[int, float]:
        sheet, edges = base.context.sheet, base.context.graph.edges
        plain = self._plain_hours(base.context.graph)
        more = np.nonzero(np.abs(sheet.hours - plain) > 1e-9)[0]
        return {int(i): float(sheet.hours[i] - plain[i]) for i in more if i < len(edges)}

    def _plain_hours(self, graph: Graph) -> NDArray[np.float64]:
        """Hours of the legs of every edge, without queues."""
        found = self._hours.get(id(graph))
        if found is None or found[0] is not graph:
            if len(self._hours) > 8:
                self._hours.clear()
            hours = np.array([sum(leg.hours for leg in edge.legs) for edge in graph.edges], dtype=float)
            found = self._hours[id(graph)] = (graph, hours)
        return found[1]

    def _graph(
        self, c: Conditions, old: Graph, base_day: dt.date, day: dt.date, seasons: Seasons
    ) -> tuple[Graph, list[int]]:
        """The graph of a season, and the edges that differ from the base's; the base's own where none can."""
        if seasons.same_dwell(base_day, day):
            return old, []
        key = (id(old), day)
        found = self._graphs.get(key)
        if found is None:
            # The graph of the new month, drawn by the data book.
            graph = self.book.graph_of(replace(c, ready=day))
            found = (graph, redrawn(old.edges, graph.edges, day.month))
            if len(self._graphs) > 8:
                self._graphs.clear()
            self._graphs[key] = found
        return found

    def _shared_change(
        self, c: Conditions, context: PricedGraph, base_day: dt.date, day: dt.date, seasons: Seasons
    ) -> tuple[Change | None, Pricer, frozenset[int], dict[int, float]]:
        key = (id(context), day)
        found = self._changes.get(key)
        if found is None or found[0] is not context:
            graph, differs = self._graph(c, context.graph, base_day, day, seasons)
            old = context.graph.edges
            index = sorted({*differs, *self._may_differ(context.graph, base_day, day, seasons)})
            shared = self._shared.setdefault((day, c.deal), {})
            pricer = Pricer(self.book.books.at(day, c.known_on), context.pricer.consignment, shared)
            change = self._change(old, graph.edges, index, 0, day, pricer, context)
            marks = self._marks(c, context, day, seasons)
            if marks is None:
                shut = frozenset(i for i in context.shut)
            else:
                shut = frozenset(i for i, e in enumerate(old) if e.shut_by or (e.kind in SHUTTABLE and marks.of(e)))
            groups = self.book.cargoes[c.cargo].groups
            delays = queue_delays(graph.edges, self.book.times, day, c.known_on, groups)
            found = (context, change, pricer, shut, delays)
            if len(self._changes) > 24:
                self._changes.clear()
            self._changes[key] = found
        return found[1:]

    def _may_differ(self, graph: Graph, base_day: dt.date, day: dt.date, seasons: Seasons) -> list[int]:
        key = (id(graph), base_day, day)
        found = self._differ.get(key)
        if found is None or found[0] is not graph:
            if len(self._differ) > 64:
                self._differ.clear()
            found = self._differ[key] = (graph, may_differ(graph.edges, seasons.touched(base_day, day)))
        return found[1]

    def _marks(self, c: Conditions, context: PricedGraph, day: dt.date, seasons: Seasons) -> Marker | None:
        """What shuts edges on a day; None where the same restrictions do as on the base's."""
        now = self.book.closing(replace(c, ready=day))
        if now == list(context.restrictions):
            return None
        return Marker(context.graph, context.riding, context.ends, now)

    def _change(
        self,
        old: Sequence[Edge],
        new: Sequence[Edge],
        index: list[int],
        offset: int,
        day: dt.date,
        pricer: Pricer,
        context: PricedGraph,
    ) -> Change | None:
        if not index:
            return None
        edges: dict[int, Edge] = {}
        terms: dict[int, tuple[Term, ...]] = {}
        missing: dict[int, bool] = {}
        for i in index:
            edge = new[i] if new is not old else of_month(old[i], day.month)
            found, lacking = pricer.terms(edge)
            edges[offset + i], terms[offset + i], missing[offset + i] = edge, found, lacking is not None
        sheet = Sheet(list(edges.values()), list(terms.values()), context.meter)
        return Change(edges, terms, missing, sheet, np.array([offset + i for i in index], dtype=np.int64))


def _kind(c: Conditions) -> Hashable:
    return replace(c, ready=dt.date.min, known_on=dt.date.min)
