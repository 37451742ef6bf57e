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
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.money import CENT, ExchangeRates, FxQuote, round_money
from optimizer.restriction.match import concerns, places_of
from optimizer.restriction.model import Restriction
from optimizer.routing.graph import GULF_PORTS, Edge, Graph, Lane
from optimizer.routing.search import Arcs
from optimizer.subject import Consignment, Either, Subject
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.charge import Load, Term, amount_of, price

HALF_TOLERANCE = 1e-4  # nearer than this to half a cent, floats are not trusted and Decimal decides


@dataclass(frozen=True, slots=True)
class Pricer:
    """Finds the terms of edges under one set of conditions."""

    books: TariffBooks
    consignment: Consignment
    day: dt.date
    known_on: dt.date

    def terms(self, edge: Edge, memo: dict[Subject, Term | None]) -> tuple[tuple[Term, ...], Subject | None]:
        """All terms of an edge, or the first subject that no book prices."""
        found: list[Term] = []
        for want in edge.wanted:
            if isinstance(want, Either):
                first = [self._price(s, memo) for s in want.first]
                if all(first):
                    found += [t for t in first if t is not None]
                    continue
                subjects: tuple[Subject, ...] = want.otherwise
            else:
                subjects = (want,)
            for subject in subjects:
                term = self._price(subject, memo)
                if term is not None:
                    found.append(term)
                elif subject.required:
                    return (), subject
        return tuple(found), None

    def _price(self, subject: Subject, memo: dict[Subject, Term | None]) -> Term | None:
        if subject in memo:
            return memo[subject]
        term = price(self.books, subject, self.consignment, self.day, self.known_on)
        memo[subject] = term
        return term


class Sheet:
    """Terms of a list of edges as arrays, to weigh all edges at once."""

    def __init__(self, edges: Sequence[Edge], terms: Sequence[tuple[Term, ...]], gram_factors: dict[tuple[str, str], float]) -> None:
        self.count = len(edges)
        flat = [(index, term) for index, group in enumerate(terms) for term in group]
        self.terms = [term for _, term in flat]
        self.edge_of = np.array([index for index, _ in flat], dtype=np.int64)
        self.factor = np.array([float(term.factor) for term in self.terms])
        self.quantity_names = sorted({term.quantity for term in self.terms})
        position = {name: i for i, name in enumerate(self.quantity_names)}
        self.quantity_of = np.array([position[term.quantity] for term in self.terms], dtype=np.int64)
        self.currencies = sorted({(term.rule.currency, term.rule.fx_kind) for term in self.terms})
        money = {name: i for i, name in enumerate(self.currencies)}
        self.currency_of = np.array([money[term.rule.currency, term.rule.fx_kind] for term in self.terms], dtype=np.int64)
        self.hours = np.array([sum(leg.hours for leg in edge.legs) for edge in edges], dtype=float)
        self.hours_per_unit = np.array([sum(leg.hours_per_unit for leg in edge.legs) for edge in edges], dtype=float)
        self.grams_per_t = np.array(
            [sum(leg.distance_km * gram_factors[leg.mode, leg.service] for leg in edge.legs if leg.kind == "haul") for edge in edges]
        )

    def cents(self, load: Load, fx: ExchangeRates, into: str, on: dt.date) -> np.ndarray:
        """Weight of every edge in cents of a currency: the sum of its lines as the sheet prints them."""
        if not self.terms:
            return np.zeros(self.count, dtype=np.int64)
        amounts = np.array([float(load.quantity(name)) for name in self.quantity_names])
        quotes = [fx.quote(currency, into, on, kind) for currency, kind in self.currencies]
        rates = np.array([float(q.rate) for q in quotes])
        own, unsure = _half_up(self.factor * amounts[self.quantity_of] * 100)
        for i in unsure:
            own[i] = int(amount_of(self.terms[i], load) / CENT)
        whole, unsure_too = _half_up(own / rates[self.currency_of])
        for i in unsure_too:
            fx_quote: FxQuote = quotes[self.currency_of[i]]
            whole[i] = int(fx_quote.convert(Decimal(int(own[i])) * CENT) / CENT)
        return np.bincount(self.edge_of, weights=whole, minlength=self.count).astype(np.int64)

    def minutes(self, load: Load) -> np.ndarray:
        return np.rint((self.hours + self.hours_per_unit * load.wagons) * 60).astype(np.int64)

    def grams(self, load: Load) -> np.ndarray:
        return np.rint(self.grams_per_t * float(load.mass_t)).astype(np.int64)


def _half_up(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values rounded half up, and the places where a float cannot tell which way."""
    floor = np.floor(values)
    part = values - floor
    doubt = np.abs(part - 0.5) < HALF_TOLERANCE + np.abs(values) * 1e-14
    return floor + (part >= 0.5), np.nonzero(doubt)[0]


class PricedGraph:
    """One context: the shared graph, its terms and what shuts its edges."""

    def __init__(
        self,
        graph: Graph,
        pricer: Pricer,
        restrictions: Sequence[Restriction],
        gram_factors: dict[tuple[str, str], float],
        *,
        tolerate_missing: bool = False,
    ) -> None:
        self.graph = graph
        self.pricer = pricer
        self.restrictions = tuple(restrictions)
        self.gram_factors = gram_factors
        self.tolerate_missing = tolerate_missing
        self.memo: dict[Subject, Term | None] = {}
        self.terms: list[tuple[Term, ...]] = []
        self.missing: dict[int, Subject] = {}
        self.shut: dict[int, tuple[str, ...]] = {}
        self._price_edges(graph.edges, 0, self.terms, self.missing, self.shut)
        self.sheet = Sheet(graph.edges, self.terms, gram_factors)
        self.outgoing: list[list[tuple[int, int]]] = [[] for _ in graph.names]
        self.incoming: list[list[tuple[int, int]]] = [[] for _ in graph.names]
        for index, edge in enumerate(graph.edges):
            self.outgoing[edge.tail].append((index, edge.head))
            self.incoming[edge.head].append((index, edge.tail))

    def _price_edges(
        self,
        edges: Sequence[Edge],
        offset: int,
        terms: list[tuple[Term, ...]],
        missing: dict[int, Subject],
        shut: dict[int, tuple[str, ...]],
    ) -> None:
        marks = _Marker(self.graph, self.restrictions)
        for index, edge in enumerate(edges, start=offset):
            found, lacking = self.pricer.terms(edge, self.memo)
            terms.append(found)
            if lacking is not None:
                missing[index] = lacking
            ids = edge.shut_by + marks.of(edge)
            if ids:
                shut[index] = ids


class PricedLane:
    """A context with one lane's ends: arcs numbered through, the shared graph's first."""

    def __init__(self, context: PricedGraph, origin_ids: tuple[str, ...], destination_ids: tuple[str, ...]) -> None:
        self.context = context
        self.lane = Lane(context.graph, origin_ids, destination_ids)
        base = len(context.graph.edges)
        self.edges: list[Edge] = [*context.graph.edges, *self.lane.edges]
        own_terms: list[tuple[Term, ...]] = []
        self.missing = dict(context.missing)
        self.shut = dict(context.shut)
        context._price_edges(self.lane.edges, base, own_terms, self.missing, self.shut)
        self.terms = [*context.terms, *own_terms]
        self.sheet = Sheet(self.lane.edges, own_terms, context.gram_factors)
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

    def blocked(self, *, ignoring: frozenset[str] = frozenset(), open_all: bool = False) -> bytearray:
        """Arcs nobody may use: no rate, or shut by a restriction that is not ignored."""
        mask = bytearray(len(self.edges))
        if not self.context.tolerate_missing:
            for index in self.missing:
                mask[index] = 1
        if not open_all:
            for index, ids in self.shut.items():
                if any(i not in ignoring for i in ids):
                    mask[index] = 1
        return mask

    def arcs(self, blocked: bytearray) -> Arcs:
        return Arcs(self.outgoing, self.incoming, blocked)

    def weights(self, load: Load, fx: ExchangeRates, into: str, on: dt.date) -> tuple[list[int], list[int], list[int]]:
        """(cents, minutes, grams) of every arc."""
        shared, own = self.context.sheet, self.sheet
        cents = np.concatenate((shared.cents(load, fx, into, on), own.cents(load, fx, into, on)))
        minutes = np.concatenate((shared.minutes(load), own.minutes(load)))
        grams = np.concatenate((shared.grams(load), own.grams(load)))
        return cents.tolist(), minutes.tolist(), grams.tolist()


class _Marker:
    """Which restrictions in force shut an edge."""

    def __init__(self, graph: Graph, restrictions: Sequence[Restriction]) -> None:
        self.graph = graph
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
            if not (hormuz and edge.kind == "sea"):
                return False
            sail = edge.legs[-1]
            return ((sail.from_id in GULF_PORTS) != (sail.to_id in GULF_PORTS)) and self._concerns(r, edge)
        if not places or places.isdisjoint(edge.places):
            return False
        borders = [leg for leg in edge.legs if leg.kind == "border"]
        if r.kind == "loading_ban":
            at_border = any(leg.mode == "rail" and leg.from_id in places for leg in borders)
            at_port = edge.kind in ("port_load", "board", "port_box") and self._leaves_rails(edge)
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
        riding = self.graph.riding
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
                origin_country=riding.origin_country,
                destination_country=riding.destination_country,
            )
        return self._memo[key]


def exact_cents(amount: Decimal) -> int:
    """A Decimal amount as integer cents."""
    return int(round_money(amount) / CENT)
