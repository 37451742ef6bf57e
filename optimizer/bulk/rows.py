"""Rows of one lane answered together; every answer is the one the row would get by itself.

Who takes which way is decided in integers (`exact`); the first shipment of every way is charged line by line as a
single quote is, and must come to the same cent. What does not change from row to row is worked out once: legs,
borders and names of a way, its laws for a day and a number of wagons, what is said of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from optimizer.bulk.candidates import Billed, LeastCosts, candidates
from optimizer.bulk.exact import Amounts, Ways, best
from optimizer.bulk.rests import Rests
from optimizer.bulk.times import RowTime, times_of
from optimizer.databook import DataBook
from optimizer.deal import Deal
from optimizer.errors import FreightError
from optimizer.itinerary import LEAST_PARCEL_T, MANY_TRUCKS, Itinerary, insures, laid_out, own_warnings
from optimizer.remarks import of_compliance, of_goods, of_restrictions, standing_restrictions
from optimizer.render import dated, document_of, plain, valid_until
from optimizer.request import Job, Limits, fx_day
from optimizer.restriction.model import Restriction
from optimizer.search import Search, load_of
from optimizer.tables import csv_text, digest, safe_text
from optimizer.tariff.charge import Load, Term, quantity_of
from optimizer.timing.elements import Queue
from optimizer.ways import best_way

FEWEST = 3  # shipments for which it pays to list the ways
_PLAIN = Limits()
_NO_DEAL = Deal()


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that can be quoted together with others of its lane."""

    index: int
    shipment_id: str
    line: int
    job: Job


@dataclass(frozen=True, slots=True)
class Quoted:
    """Its answer: the cells of quotes.csv, and finished lines of charges.csv."""

    index: int
    cells: dict[str, object]
    charges: str


def fits(job: Job, book: DataBook) -> bool:
    """Whether the row asks for nothing but the cheapest way of goods that keep."""
    s = job.shipment
    return (
        job.objective == "cost"
        and s.due is None
        and job.limits == _PLAIN
        and s.deal == _NO_DEAL
        and s.cargo not in book.shelf_lives.usual
    )


class LaneRows:
    """The rows of one lane and day of exchange rates.

    Args:
        first: the search of any of them.
        rests: days of rest found for other lanes of the book.
    """

    def __init__(self, first: Search, rests: Rests | None = None) -> None:
        self.book = first.book
        self.lane = first.lane
        self.currency = first.job.currency
        self.day = fx_day(first.job)
        self.blocked = first.blocked()
        self.least = LeastCosts(self.lane, self.book.fx, self.currency, self.day)
        self.told: dict[tuple[int, ...], Told] = {}
        self.ids = _Ids(self.book)
        self.rests = rests or Rests(self.book.calendar)
        self.days = Days(first)

    def answer(self, rows: Sequence[Asked]) -> tuple[list[Quoted], list[Asked]]:
        """(answers, rows that have to be quoted by themselves: few, or with too many ways to choose from)."""
        loads = [load_of(row.job, self.book) for row in rows]
        order = sorted(range(len(rows)), key=lambda i: loads[i].mass_t)
        rows, loads = [rows[i] for i in order], [loads[i] for i in order]
        billed = self.least.billed(loads)
        quantities = self.least.quantities(loads, billed)
        answered: list[Quoted] = []
        alone: list[Asked] = []
        parts = [(0, len(rows))]
        while parts:
            begin, end = parts.pop()
            if end - begin < FEWEST:
                alone += rows[begin:end]
                continue
            some = slice(begin, end)
            ways = self._ways(rows[some], loads[some], billed[some], quantities[some])
            if ways is None:
                middle = (begin + end) // 2
                parts += [(begin, middle), (middle, end)]
                continue
            answered += self._quoted(ways, rows[some], loads[some], billed[some])
        return answered, alone

    def _ways(
        self, rows: Sequence[Asked], loads: Sequence[Load], billed: Sequence[Billed], quantities: np.ndarray
    ) -> Ways | None:
        """Every way one of them may take; None: too many, or none at all."""
        known: list[tuple[int, ...]] = []
        for row in {0: rows[0], len(rows) - 1: rows[-1]}.values():
            search = Search(row.job, self.book)
            path = best_way(search, search.combined(row.job.objective), self.blocked)
            if path is None:
                return None
            known.append(path)
        ways = Ways(self.lane, list(dict.fromkeys(known)))
        cents = ways.totals(ways.amounts(loads, billed, self.book.fx, self.currency, self.day)).min(axis=0)
        found = candidates(self.least, loads, quantities, self.blocked, cents)
        return None if found is None else Ways(self.lane, found)

    def _quoted(
        self, ways: Ways, rows: Sequence[Asked], loads: Sequence[Load], billed: Sequence[Billed]
    ) -> Iterable[Quoted]:
        amounts = ways.amounts(loads, billed, self.book.fx, self.currency, self.day)
        totals = ways.totals(amounts)
        chosen = best(totals, ways.minutes(loads))
        grams = ways.grams(loads)
        positions: dict[int, list[int]] = defaultdict(list)
        for column, way in enumerate(chosen.tolist()):
            positions[way].append(column)
        for way, columns in positions.items():
            path = ways.paths[way]
            told = self.told.get(path)
            if told is None:
                search = Search(rows[columns[0]].job, self.book)
                told = self.told[path] = Told(search, search.itinerary(path), self.days)
            lines = told.lines(ways, amounts)
            days = [(rows[column].job.shipment.ready, loads[column]) for column in columns]
            times = times_of(told.search, told.first, days, self.rests)
            for column, time in zip(columns, times, strict=True):
                row, load = rows[column], loads[column]
                quote_id = self.ids.of(row.job)
                text, cents, published = told.charges(lines, amounts, column, row, quote_id, load, billed[column])
                if cents != totals[way, column]:
                    raise FreightError(
                        f"The lines of line {row.line} add up to {cents}, not {totals[way, column]}; please report this.",
                        code="sum_mismatch",
                    )
                cells = told.cells(row, load, cents, published, int(grams[way, column]), time)
                yield Quoted(row.index, {**cells, "quote_id": quote_id}, text)


class Days:
    """What the days of a lane differ in, beside the calendar: restrictions and compliance rules in force."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self._restrictions: dict[dt.date, tuple[Hashable, list[Restriction], bool]] = {}
        self._compliance: dict[dt.date, Hashable] = {}

    def restrictions(self, job: Job) -> tuple[Hashable, list[Restriction], bool]:
        """(what days of the same restrictions share, the restrictions that shut nothing, whether one asks for loads)."""
        s = job.shipment
        found = self._restrictions.get(s.ready)
        if found is None:
            standing = standing_restrictions(at_day(self.search, job))
            exempt = [e for r in standing for e in r.exemptions]
            regime: Hashable = self.search.book.regime(s.ready, s.known_on)
            if any(e.asks_lane for e in exempt):
                regime = s.ready
            found = self._restrictions[s.ready] = (regime, standing, any(e.max_t is not None for e in exempt))
        return found

    def compliance(self, job: Job) -> Hashable:
        """What days of the same compliance rules share."""
        day = job.shipment.ready
        found = self._compliance.get(day)
        if found is None:
            rules = self.search.book.restrictions.compliance
            found = self._compliance[day] = tuple(rule.valid.contains(day) for rule in rules)
        return found


def at_day(search: Search, job: Job) -> Search:
    """A row's own search, on the lane that is at hand."""
    s = job.shipment
    conditions = replace(search.conditions, ready=s.ready, known_on=s.known_on)
    return Search(job, search.book, conditions, search.lane)


class Told:
    """What is told of one way, whatever is shipped; worked out when first asked for.

    Args:
        search, first: of the first shipment that takes it; charged exactly.
        days: what its lane's days differ in.
    """

    def __init__(self, search: Search, first: Itinerary, days: Days) -> None:
        self.search, self.first = search, first
        job, it = search.job, first
        stops = [job.shipment.origin]
        for leg in it.legs:
            if leg.kind == "haul" and leg.to_id != stops[-1]:
                stops.append(leg.to_id)
        self.fixed: dict[str, object] = {
            "status": "quoted",
            "currency": job.currency,
            "distance_km": it.distance_km,
            "route": " > ".join(stops),
            "borders": ";".join(f"{leg.from_id}|{leg.to_id}" for leg in it.legs if leg.kind == "border"),
            "modes": ";".join(dict.fromkeys(leg.mode for leg in it.legs if leg.kind == "haul")),
            "valid_until": valid_until(job, [it]).isoformat(),
        }
        self.days = days
        self._codes: dict[Hashable, tuple[str, ...]] = {}

    # ---- lines ---------------------------------------------------------------------------------------

    def lines(self, ways: Ways, amounts: Amounts) -> list[_Line]:
        """Every line of the way with the index of its amounts."""
        position = {arc: i for i, arc in enumerate(amounts.arcs)}
        wanted = [
            index
            for arc in self.first.arcs
            for index in range(amounts.first[position[arc]], amounts.first[position[arc] + 1])
        ]
        _, _, placed = laid_out(self.search.lane, self.first.arcs)
        return [_Line(index, term, leg, self.search) for index, (term, leg) in zip(wanted, placed, strict=True)]

    def charges(
        self,
        lines: Sequence[_Line],
        amounts: Amounts,
        column: int,
        row: Asked,
        quote_id: str,
        load: Load,
        billed: Billed,
    ) -> tuple[str, int, int]:
        """(lines of charges.csv, their sum in cents, cents of it that rest on published rates)."""
        head = f"{_cell(row.shipment_id)},{quote_id},"
        own, cents = amounts.own[:, column].tolist(), amounts.cents[:, column].tolist()
        total = published = 0
        quantities: dict[tuple[str, Decimal], str] = {}
        found: list[str] = []
        for line in lines:
            amount = cents[line.index]
            if line.insures and not load.value_usd:
                continue
            total += amount
            if line.published:
                published += amount
            key = (line.quantity, line.multiplier)
            quantity = quantities.get(key)
            if line.quantity == "line":  # of the line it stands beside
                quantity = plain(quantity_of(line.term, load) * line.multiplier)
            elif quantity is None:
                quantity = quantities[key] = plain(billed[line.quantity] * line.multiplier)
            in_own = own[line.index]
            found.append(
                f"{head}{line.before}{quantity}{line.rate}{in_own // 100}.{in_own % 100:02d}{line.currency}"
                f"{amount // 100}.{amount % 100:02d}{line.after}"
            )
        return "".join(found), total, published

    # ---- the row -------------------------------------------------------------------------------------

    def cells(self, row: Asked, load: Load, cents: int, published: int, grams: int, time: RowTime) -> dict[str, object]:
        """The cells of quotes.csv but for the quote's id."""
        total = Decimal(cents) / 100
        return {
            "shipment_id": row.shipment_id,
            "source_line": row.line,
            **self.fixed,
            "total": f"{total:.2f}",
            "per_tonne": f"{total / load.mass_t:.2f}",
            "transit_days_p50": f"{time.p50_h / 24:.1f}",
            "transit_days_p90": f"{time.p90_h / 24:.1f}",
            "co2e_t": f"{grams / 1_000_000:.2f}",
            "published_share": f"{float(Decimal(published) / Decimal(cents)):.4f}" if cents else "0",
            "warnings": ";".join(
                dict.fromkeys(
                    (
                        *self._own(row.job, load),
                        *self._said(row.job, load, time.queues),
                        *time.codes,
                        *self._complied(row.job),
                    )
                )
            ),
        }

    def _own(self, job: Job, load: Load) -> tuple[str, ...]:
        key = ("own", job.shipment.value_usd is None, load.mass_t < LEAST_PARCEL_T, load.trucks > MANY_TRUCKS)
        found = self._codes.get(key)
        if found is None:
            said = [*own_warnings(self.first, load, fx_day(job)), *of_goods(at_day(self.search, job))]
            found = self._codes[key] = tuple(w.code for w in said)
        return found

    def _said(self, job: Job, load: Load, queues: tuple[Queue, ...]) -> tuple[str, ...]:
        """Codes of restrictions; days of one regime see the same, unless one of them looks at the day itself."""
        seen, standing, by_weight = self.days.restrictions(job)
        key = ("said", seen, load if by_weight else None)
        found = self._codes.get(key)
        if found is None:
            said = of_restrictions(standing, self.first, at_day(self.search, job), queues)
            found = self._codes[key] = tuple(w.code for w in said)
        return found

    def _complied(self, job: Job) -> tuple[str, ...]:
        key = ("complied", self.days.compliance(job))
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = tuple(w.code for w in of_compliance(self.first, at_day(self.search, job)))
        return found


class _Line:
    """One line of a way: the cells around its figures, as CSV text."""

    __slots__ = (
        "after",
        "before",
        "currency",
        "index",
        "insures",
        "multiplier",
        "published",
        "quantity",
        "rate",
        "term",
    )

    def __init__(self, index: int, term: Term, leg: int | None, search: Search) -> None:
        fx = search.book.fx.quote(term.currency, search.job.currency, fx_day(search.job), term.fx_kind)
        rule = term.rule
        description = f"{rule.description}: {term.detail}" if term.detail else rule.description
        carrier = term.subject.carrier or term.subject.country
        self.index, self.term = index, term
        self.insures, self.published = insures(term), term.from_published
        self.quantity, self.multiplier = term.quantity, term.multiplier
        self.before = csv_text([(1, leg, term.subject.charge, description, carrier, term.label, "")])[:-2]
        self.rate = f",{plain(term.rate)},{plain(term.coefficient)},"
        self.currency = f",{term.currency},"
        after = (search.job.currency, plain(fx.rate), fx.day, fx.kind, rule.rule_id, rule.source_id, term.status)
        document = (safe_text(document_of(rule, search.book)), dated(rule, search.book), "")
        self.after = "," + csv_text([(*after, *document)])


class _Ids:
    """Ids of quotes that differ in tonnes, units, day and value alone, without writing the rest anew."""

    def __init__(self, book: DataBook) -> None:
        self.versions = book.versions
        self._known: dict[Hashable, tuple[str, ...]] = {}

    def of(self, job: Job) -> str:
        s = job.shipment
        key = (
            s.origin,
            s.destination,
            s.cargo,
            s.equipment,
            s.ownership,
            s.known_on,
            s.as_of,
            job.currency,
            job.defaults,
        )
        pieces = self._known.get(key)
        if pieces is None:
            pieces = self._known[key] = self._pieces(job)
        value = "null" if s.value_usd is None else f'"{s.value_usd.normalize():f}"'
        ready, tonnes, units, own = s.ready.isoformat(), f"{s.mass_t.normalize():f}", str(s.units), value
        # The fields stand in the order of their names: ready, tonnes, units, value_usd.
        payload = f"{pieces[0]}{ready}{pieces[1]}{tonnes}{pieces[2]}{units}{pieces[3]}{own}{pieces[4]}".encode()
        return f"q-{digest([payload])}{digest([b'id', payload])[:8]}"

    def _pieces(self, job: Job) -> tuple[str, ...]:
        fields = job.as_dict() | {"ready": "\0ready", "tonnes": "\0tonnes", "units": "\0units", "value_usd": "\0value"}
        text = json.dumps([fields, self.versions], sort_keys=True, ensure_ascii=True)
        pieces = []
        for mark in ("\\u0000ready", "\\u0000tonnes", '"\\u0000units"', '"\\u0000value"'):
            before, _, text = text.partition(mark)
            pieces.append(before)
        return (*pieces, text)


def _cell(text: str) -> str:
    return csv_text([(safe_text(text), "")])[:-3]
