"""A lane priced: the haul graph with a term for every charge, ready for any shipment on it.

The way from facts to weights:

    Graph (routing)  --subjects-->  price (tariff)  -->  terms per edge        once a context
    terms x billing quantities x exchange rate  -->  integer cents per edge    once a shipment
    hours, grams  -->  integer minutes, grams per edge                         once a shipment

A context is everything conditions can see except how much is shipped and between which two places:
cargo, equipment, ownership, the two countries, the regime of rules in force. Integer cents are exact:
each charge line rounds half up where the charge sheet does, so a path's weight is its sheet's total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache

import numpy as np

from optimizer.emission import Meter
from optimizer.errors import NoExchangeRate
from optimizer.money import CENT, ExchangeRates, FxQuote, round_money
from optimizer.restriction.match import concerns, places_of
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import GULF_PORTS, Edge, Riding
from optimizer.routing.graph import Graph
from optimizer.routing.lanes import Lane
from optimizer.routing.search import Arcs, ReverseArcs
from optimizer.subject import Consignment, Either, Subject
from optimizer.tariff.book import FrozenBooks
from optimizer.tariff.charge import Load, Term, amount_of, extras, price

# Of one regime and deal: the terms of subjects, by what the rows that price them see of a consignment.
SharedTerms = dict[Hashable, dict[Subject, Term | None]]
Limits = tuple[
    frozenset[str], frozenset[str], frozenset[str], frozenset[str]
]  # modes; countries, carriers, places to avoid
MOST_LIMITS = 16  # of clients, kept for a context


class Pricer:
    """Finds the terms of edges under one set of conditions.

    Args:
        shared: terms of one regime and deal by what their rows see of a consignment; filled as we go.
    """

    def __init__(self, books: FrozenBooks, consignment: Consignment, shared: SharedTerms) -> None:
        self.books = books
        self.consignment = consignment
        self.shared = shared
        self._kept: dict[tuple[str, str], dict[Subject, Term | None]] = {}

    def terms(self, edge: Edge) -> tuple[tuple[Term, ...], Subject | None]:
        """All terms of an edge, or the first subject that no book prices."""
        found: list[Term] = []
        for want in edge.wanted:
            if isinstance(want, Either):
                whole = all(self.price(s) is not None for s in want.first)
                subjects: tuple[Subject, ...] = want.first if whole else want.otherwise
            else:
                subjects = (want,)
            for subject in subjects:
                term = self.price(subject)
                if term is not None:
                    found.append(term)
                elif subject.required:
                    return (), subject
                if self.books.extras_for(subject.charge, subject.carrier):
                    found += extras(self.books, term, subject, self.consignment)
        return tuple(found), None

    def price(self, subject: Subject) -> Term | None:
        """The term of a subject; None where no book prices it."""
        key = (subject.charge, subject.carrier)
        kept = self._kept.get(key)
        if kept is None:
            seen = (*key, self.books.seen(*key, self.consignment))
            kept = self._kept[key] = self.shared.setdefault(seen, {})
        if subject in kept:
            return kept[subject]
        term = price(self.books, subject, self.consignment)
        kept[subject] = term
        return term


class Sheet:
    """Terms of a list of edges as arrays, to weigh all edges at once in exact integers."""

    def __init__(self, edges: Sequence[Edge], terms: Sequence[tuple[Term, ...]], meter: Meter) -> None:
        self.count = len(edges)
        flat = [(index, term) for index, group in enumerate(terms) for term in group]
        self.terms = [term for _, term in flat]
        self.edge_of = np.array([index for index, _ in flat], dtype=np.int64)
        # Lines rounded unit by unit, or of another line, are computed one by one; there are few.
        self.singly = [i for i, term in enumerate(self.terms) if not term.linear]
        self.factor = Decimals([term.factor if term.linear else ZERO for term in self.terms])
        subsidies = [(i, index, term) for i, (index, term) in enumerate(flat) if term.subsidy]
        position_of = {(index, id(term)): i for i, (index, term) in enumerate(flat)} if subsidies else {}
        self.paid_back = [(i, position_of[index, id(term.base)]) for i, index, term in subsidies]
        self.quantity_names = sorted({term.quantity for term in self.terms if term.quantity != "line"} | {"one"})
        position = {name: i for i, name in enumerate(self.quantity_names)}
        self.quantity_of = np.array([position.get(term.quantity, 0) for term in self.terms], dtype=np.int64)
        self.currencies = sorted({(term.currency, term.fx_kind) for term in self.terms})
        money = {name: i for i, name in enumerate(self.currencies)}
        self.currency_of = np.array([money[term.currency, term.fx_kind] for term in self.terms], dtype=np.int64)
        self.hours = np.array([sum(leg.hours for leg in edge.legs) for edge in edges], dtype=float)
        self.hours_per_unit = np.array([sum(leg.hours_per_unit for leg in edge.legs) for edge in edges], dtype=float)
        self.grams_per_t = np.array(
            [sum(meter.grams_per_t(leg) for leg in edge.legs) for edge in edges],
            dtype=float,
        )

    @cached_property
    def floats(self) -> np.ndarray:
        """Factors as floats, none above the exact one by more than its last digit; nothing where a line is computed
        by itself or may be paid back."""
        values = self.factor.mantissa / _TENS_FLOAT[np.minimum(self.factor.places, 63)]
        for i in np.nonzero(self.factor.wide)[0]:
            values[i] = float(self.terms[i].factor)
        values[[i for pair in self.paid_back for i in pair]] = 0.0
        return values

    def cents(self, load: Load, fx: ExchangeRates, into: str, on: dt.date) -> np.ndarray:
        """Weight of every edge in cents of a currency: the sum of its lines as the sheet prints them."""
        if not self.terms:
            return np.zeros(self.count, dtype=np.int64)
        quotes = [
            fx.quote(currency, into, on, kind) if self.convertible(currency, kind, fx, into, on) else SAME
            for currency, kind in self.currencies
        ]
        own, unsure = self.factor.times([load.quantity(name) for name in self.quantity_names], self.quantity_of)
        for i in (*unsure, *self.singly):
            own[i] = int(amount_of(self.terms[i], load) / CENT)
        whole, unsure_too = divided(own, [q.rate for q in quotes], self.currency_of)
        for i in unsure_too:
            fx_quote: FxQuote = quotes[self.currency_of[i]]
            whole[i] = int(fx_quote.convert(Decimal(int(own[i])) * CENT) / CENT)
        left: dict[int, int] = {}
        for i, base in self.paid_back:
            # Money back never exceeds the line it stands on, so that no edge costs less than nothing.
            rest = left.get(base, int(whole[base]))
            whole[i] = -min(int(whole[i]), rest)
            left[base] = rest + int(whole[i])
        total = np.zeros(self.count, dtype=np.int64)
        np.add.at(total, self.edge_of, whole)
        return total

    @staticmethod
    def convertible(currency: str, kind: str, fx: ExchangeRates, into: str, on: dt.date) -> bool:
        """Whether the day has a rate of this currency; the quote's own currency must have one."""
        try:
            fx.quote(currency, into, on, kind)
        except NoExchangeRate:
            fx.quote("USD", into, on)
            return False
        return True

    def no_exchange(self, fx: ExchangeRates, into: str, on: dt.date) -> np.ndarray | None:
        """Edges that cannot be converted that day, which nobody may use; None where all can."""
        lacking = [not self.convertible(currency, kind, fx, into, on) for currency, kind in self.currencies]
        if not any(lacking):
            return None
        mask = np.zeros(self.count, dtype=bool)
        mask[self.edge_of[np.array(lacking)[self.currency_of]]] = True
        return mask

    def minutes(self, load: Load) -> np.ndarray:
        return np.rint((self.hours + self.hours_per_unit * load.wagons) * 60).astype(np.int64)

    def grams(self, load: Load) -> np.ndarray:
        return np.rint(self.grams_per_t * float(load.mass_t)).astype(np.int64)


class Decimals:
    """Decimals as integer mantissas and powers of ten: products and half-up rounding without floats."""

    def __init__(self, values: Sequence[Decimal]) -> None:
        parts = [_cached_mantissa(value) for value in values]
        fits = [m < SAFE for m, _ in parts]
        self.mantissa = np.array([m if ok else 0 for (m, _), ok in zip(parts, fits, strict=True)], dtype=np.int64)
        self.places = np.array([p for _, p in parts], dtype=np.int64)
        self.wide = np.array([not ok for ok in fits], dtype=bool)

    def times(self, quantities: Sequence[Decimal], which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(cents of every product, half up; places where 64 bits do not hold it and Decimal must decide).

        Args:
            which: the quantity of every value; of several shipments at once, a row for each value.
        """
        own, own_places, wide = (a if which.ndim == 1 else a[:, None] for a in (self.mantissa, self.places, self.wide))
        parts = [_cached_mantissa(q) for q in quantities]
        mantissa = np.array([min(m, SAFE) for m, _ in parts], dtype=np.int64)[which]
        places = np.array([p for _, p in parts], dtype=np.int64)[which] + own_places - 2
        down = np.maximum(places, 0)
        up = np.maximum(-places, 0)
        doubt = wide | np.array([m >= SAFE for m, _ in parts], dtype=bool)[which]
        doubt |= (own.astype(float) * mantissa * _TENS_FLOAT[up] > SAFE) | (down > 17)
        product = own * np.where(doubt, 0, mantissa) * _TENS[np.minimum(up, 17)]
        divisor = _TENS[np.minimum(down, 17)]
        return (product + divisor // 2) // divisor, np.argwhere(doubt) if which.ndim > 1 else np.nonzero(doubt)[0]


def divided(cents: np.ndarray, rates: Sequence[Decimal], which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(cents divided by their exchange rate, half up; places where 64 bits do not hold it); see `Decimals.times`."""
    parts = [_mantissa(rate) for rate in rates]
    wide = np.array([places > 17 or m >= SAFE for m, places in parts], dtype=bool)[which]
    mantissa = np.array([m if m < SAFE else 1 for m, _ in parts], dtype=np.int64)[which]
    scale = _TENS[np.array([min(places, 17) for _, places in parts], dtype=np.int64)][which]
    if cents.ndim > 1:
        wide, mantissa, scale = wide[:, None], mantissa[:, None], scale[:, None]
    doubt = wide | (cents.astype(float) * scale * 2 + mantissa > SAFE)
    product = np.where(doubt, 0, cents) * scale
    whole = (2 * product + mantissa) // (2 * np.minimum(mantissa, SAFE // 2))
    return whole, np.argwhere(doubt) if cents.ndim > 1 else np.nonzero(doubt)[0]


SHUTTABLE = frozenset(
    {"rail_border", "road_border", "sea", "port_load", "board", "port_box", "through", "transship", "lift"}
)
ZERO = Decimal(0)
SAME = FxQuote("", "", Decimal(1), None, "same", "")
SAFE = 4 * 10**18  # well inside 64 bits
_TENS = np.array([10**i for i in range(18)], dtype=np.int64)
_TENS_FLOAT = np.array([10.0**i for i in range(64)])


@lru_cache(maxsize=65536)
def _cached_mantissa(value: Decimal) -> tuple[int, int]:
    return _mantissa(value)


def _mantissa(value: Decimal) -> tuple[int, int]:
    """A non-negative Decimal as (integer, decimal places), without trailing zeros.

    >>> _mantissa(Decimal("8.4365")), _mantissa(Decimal("3E+3"))
    ((84365, 4), (3000, 0))
    """
    sign, digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int) and not sign, "rates and quantities are finite and not negative"
    number = int("".join(map(str, digits)))
    return (number * 10**exponent, 0) if exponent >= 0 else (number, -exponent)


def _ruled_out(edges: Sequence[Edge], limits: Limits) -> np.ndarray:
    """Edges that leave the modes, or touch a country, carrier or place, of these limits."""
    modes, countries, carriers, places = limits
    return np.array(
        [
            bool(
                not edge.modes <= modes
                or (countries and edge.countries & countries)
                or (carriers and edge.carriers & carriers)
                or (places and edge.places & places)
            )
            for edge in edges
        ],
        dtype=np.bool_,
    )


class PricedGraph:
    """One context: the shared graph, its terms and what shuts its edges.

    Args:
        delays: hours of queues that stand on edges in this regime, by edge.
    """

    def __init__(
        self,
        graph: Graph,
        riding: Riding,
        pricer: Pricer,
        restrictions: Sequence[Restriction],
        meter: Meter,
        delays: Mapping[int, float] | None = None,
        *,
        tolerate_missing: bool = False,
    ) -> None:
        self.graph = graph
        self.riding = riding
        self.pricer = pricer
        self.ends = (pricer.consignment.origin_country, pricer.consignment.destination_country)
        self.restrictions = tuple(restrictions)
        self.meter = meter
        self.tolerate_missing = tolerate_missing
        self._uses: dict[str, np.ndarray] = {}
        self._ruled_out: dict[Limits, np.ndarray] = {}
        self.terms: list[tuple[Term, ...]] = []
        self.missing: dict[int, Subject] = {}
        self.shut: dict[int, tuple[str, ...]] = {}
        self._price_edges(graph.edges, 0, self.terms, self.missing, self.shut)
        self.sheet = Sheet(graph.edges, self.terms, meter)
        for index, hours in (delays or {}).items():
            self.sheet.hours[index] += hours
        self.outgoing: list[list[tuple[int, int]]] = [[] for _ in graph.names]
        self.incoming: list[list[tuple[int, int]]] = [[] for _ in graph.names]
        for index, edge in enumerate(graph.edges):
            self.outgoing[edge.tail].append((index, edge.head))
            self.incoming[edge.head].append((index, edge.tail))

    def uses(self, mode: str) -> np.ndarray:
        found = self._uses.get(mode)
        if found is None:
            found = self._uses[mode] = np.array([mode in edge.modes for edge in self.graph.edges], dtype=bool)
        return found

    def ruled_out(self, limits: Limits) -> np.ndarray:
        """Edges of the graph that a client's limits rule out."""
        found = self._ruled_out.get(limits)
        if found is None:
            if len(self._ruled_out) >= MOST_LIMITS:
                self._ruled_out.clear()
            found = self._ruled_out[limits] = _ruled_out(self.graph.edges, limits)
        return found

    def _price_edges(
        self,
        edges: Sequence[Edge],
        offset: int,
        terms: list[tuple[Term, ...]],
        missing: dict[int, Subject],
        shut: dict[int, tuple[str, ...]],
    ) -> None:
        marks = Marker(self.graph, self.riding, self.ends, self.restrictions)
        for index, edge in enumerate(edges, start=offset):
            found, lacking = self.pricer.terms(edge)
            terms.append(found)
            if lacking is not None:
                missing[index] = lacking
            if edge.shut_by or edge.kind in SHUTTABLE:
                ids = edge.shut_by + marks.of(edge)
                if ids:
                    shut[index] = ids


class PricedLane:
    """A context with one lane's ends: arcs numbered through, the shared graph's first."""

    def __init__(self, context: PricedGraph, origin_ids: tuple[str, ...], destination_ids: tuple[str, ...]) -> None:
        self.context = context
        self.lane = Lane(context.graph, origin_ids, destination_ids, context.pricer.consignment.deal.wait_days)
        base = len(context.graph.edges)
        self.edges: list[Edge] = [*context.graph.edges, *self.lane.edges]
        own_terms: list[tuple[Term, ...]] = []
        self.missing = dict(context.missing)
        self.shut = dict(context.shut)
        context._price_edges(self.lane.edges, base, own_terms, self.missing, self.shut)
        self.terms = [*context.terms, *own_terms]
        self.sheet = Sheet(self.lane.edges, own_terms, context.meter)
        extra = self.lane.size - len(context.outgoing)
        self.outgoing = [*context.outgoing, *([] for _ in range(extra))]
        self.incoming = [*context.incoming, *([] for _ in range(extra))]
        touched_out: set[int] = set()
        touched_in: set[int] = set()
        for index, edge in enumerate(self.lane.edges, start=base):
            if edge.tail not in touched_out:
                touched_out.add(edge.tail)
                self.outgoing[edge.tail] = list(self.outgoing[edge.tail])
            if edge.head not in touched_in:
                touched_in.add(edge.head)
                self.incoming[edge.head] = list(self.incoming[edge.head])
            self.outgoing[edge.tail].append((index, edge.head))
            self.incoming[edge.head].append((index, edge.tail))
        self.signs = [edge.sign for edge in self.edges]
        self.source, self.sink = self.lane.source, self.lane.sink
        self._masks: dict[tuple[frozenset[str], bool], np.ndarray] = {}

    def blocked(self, *, ignoring: frozenset[str] = frozenset(), open_all: bool = False) -> np.ndarray:
        """Arcs nobody may use: no rate, or shut by a restriction that is not ignored. A fresh array."""
        key = (ignoring, open_all)
        mask = self._masks.get(key)
        if mask is None:
            mask = np.zeros(len(self.edges), dtype=bool)
            if not self.context.tolerate_missing:
                mask[list(self.missing)] = True
            if not open_all:
                mask[[i for i, ids in self.shut.items() if any(r not in ignoring for r in ids)]] = True
            self._masks[key] = mask
        return mask.copy()

    def ruled_out(self, limits: Limits) -> np.ndarray:
        """Arcs that a client's limits rule out. A fresh array."""
        return np.concatenate([self.context.ruled_out(limits), _ruled_out(self.lane.edges, limits)])

    def arcs(self, blocked: np.ndarray) -> Arcs:
        return Arcs(self.outgoing, self.incoming, blocked.tolist())

    def weights(
        self, load: Load, fx: ExchangeRates, into: str, on: dt.date
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(cents, minutes, grams) of every arc."""
        shared, own = self.context.sheet, self.sheet
        cents = np.concatenate((shared.cents(load, fx, into, on), own.cents(load, fx, into, on)))
        minutes = np.concatenate((shared.minutes(load), own.minutes(load)))
        grams = np.concatenate((shared.grams(load), own.grams(load)))
        return cents, minutes, grams

    def uses(self, mode: str) -> np.ndarray:
        """Arcs that carry by this mode."""
        return np.concatenate(
            (self.context.uses(mode), np.array([mode in edge.modes for edge in self.lane.edges], dtype=bool))
        )

    def no_exchange(self, fx: ExchangeRates, into: str, on: dt.date) -> np.ndarray | None:
        """Arcs whose rates cannot be converted that day; None where all can."""
        masks = [(sheet, sheet.no_exchange(fx, into, on)) for sheet in (self.context.sheet, self.sheet)]
        if all(mask is None for _, mask in masks):
            return None
        return np.concatenate([np.zeros(sheet.count, dtype=bool) if mask is None else mask for sheet, mask in masks])

    @cached_property
    def tails(self) -> np.ndarray:
        return np.array([e.tail for e in self.edges], dtype=np.int64)

    @cached_property
    def heads(self) -> np.ndarray:
        return np.array([e.head for e in self.edges], dtype=np.int64)

    @cached_property
    def reverse(self) -> ReverseArcs:
        """The arcs turned round, for bounds from the destination."""
        return ReverseArcs(self.tails, self.heads, self.lane.size)

    @cached_property
    def forward(self) -> ReverseArcs:
        """The arcs as they are, for bounds from the origin."""
        return ReverseArcs(self.heads, self.tails, self.lane.size)


class Marker:
    """Which restrictions in force shut an edge."""

    def __init__(
        self, graph: Graph, riding: Riding, ends: tuple[str, str], restrictions: Sequence[Restriction]
    ) -> None:
        self.graph = graph
        self.riding = riding
        self.ends = ends
        self.by_place: list[tuple[Restriction, frozenset[str], bool]] = []
        for r in restrictions:
            places: set[str] = set()
            hormuz = False
            for selector in places_of(r):
                if isinstance(selector, str):
                    places.update(graph.network.members.get(selector, (selector,)))
                elif selector[0] == "sea":
                    hormuz = True
            self.by_place.append((r, frozenset(places), hormuz))
        self._memo: dict[tuple[str, str, str], bool] = {}

    def of(self, edge: Edge) -> tuple[str, ...]:
        return tuple(r.restriction_id for r, places, hormuz in self.by_place if self._shuts(r, places, hormuz, edge))

    def _shuts(self, r: Restriction, places: frozenset[str], hormuz: bool, edge: Edge) -> bool:
        if r.kind == "sea_closed":
            if edge.kind != "sea":
                return False
            sail = edge.legs[-1]
            gulf = hormuz and (sail.from_id in GULF_PORTS) != (sail.to_id in GULF_PORTS)
            return (gulf or bool(places & {sail.from_id, sail.to_id})) and self._concerns(r, edge)
        if not places or places.isdisjoint(edge.places):
            return False
        borders = [leg for leg in edge.legs if leg.kind == "border"]
        if r.kind == "loading_ban":
            at_border = any(leg.mode == "rail" and leg.from_id in places for leg in borders)
            # No wagon may be sent to a banned port for export, so none is unloaded there, onto a truck either.
            at_port = edge.kind in ("port_load", "board", "port_box", "transship", "lift") and self._leaves_rails(edge)
            return (at_border or at_port) and self._concerns(r, edge)
        if r.kind == "border_closed":
            if r.direction == "export":
                hit = any(leg.mode == "rail" and leg.to_id in places for leg in borders)
            else:
                hit = any(leg.from_id in places or leg.to_id in places for leg in borders)
            return hit and self._concerns(r, edge)
        return False

    def _leaves_rails(self, edge: Edge) -> bool:
        """A wagon or platform unloaded into a ship or rolled on a ferry: what a loading ban stops."""
        form = self.graph.names[edge.tail].split("/")[1] if edge.tail < len(self.graph.names) else ""
        return form[:1] in ("W", "B")

    def _concerns(self, r: Restriction, edge: Edge) -> bool:
        riding = self.riding
        form = self.graph.names[edge.tail].split("/")[1] if edge.tail < len(self.graph.names) else ""
        owner = self.graph.owner_of(form) if form else riding.ownership
        wagon = self.graph.equipment_of(form) if form else riding.equipment.id
        key = (r.restriction_id, owner, wagon)
        if key not in self._memo:
            self._memo[key] = concerns(
                r,
                cargo=riding.cargo,
                wagon_type=wagon,
                owner=owner,
                origin_country=self.ends[0],
                destination_country=self.ends[1],
            )
        return self._memo[key]


def exact_cents(amount: Decimal) -> int:
    """A Decimal amount as integer cents."""
    return int(round_money(amount) / CENT)
