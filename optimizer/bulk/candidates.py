"""Which ways of a lane may be the best of some shipment in a list.

Every charge is a rate times a billing quantity, so no edge costs a tonne of any of the shipments less than its rates
times the least quantities a tonne. With these least costs one search from either end bounds every way through an
edge from below; what lies above the dearest of the shipments on a known way is nobody's best. Few edges are left,
and their ways are listed by a walk that never leaves the bound. [source: reduced-cost fixing; the bound of A*]
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from optimizer.errors import NoExchangeRate
from optimizer.lane import PricedLane, Sheet
from optimizer.money import ExchangeRates
from optimizer.tariff.charge import Load

MOST_WAYS = 400
Billed = Mapping[str, Decimal]  # billing quantities of a shipment by name
MOST_STEPS = 20_000
LINES_OF_A_WAY = 640  # each is rounded to the cent, so a way may cost so many cents less than its rates say


class LeastCosts:
    """The costs of a lane's edges a tonne, for the least billing quantities of some shipments."""

    def __init__(self, lane: PricedLane, fx: ExchangeRates, into: str, on: dt.date) -> None:
        self.lane = lane
        self.parts = [(sheet, _money(sheet, fx, into, on)) for sheet in (lane.context.sheet, lane.sheet)]
        self.names = sorted({name for sheet, _ in self.parts for name in sheet.quantity_names})
        # A cent of another currency may be worth more than one of ours.
        self.cent = 0.01 * max((1.0, *(float(m.max()) for _, m in self.parts if len(m))))

    def billed(self, loads: Sequence[Load]) -> list[Billed]:
        """The billing quantities of each shipment, looked up once."""
        return [{name: load.quantity(name) for name in self.names} for load in loads]

    def quantities(self, loads: Sequence[Load], billed: Sequence[Billed]) -> np.ndarray:
        """Billing quantities a tonne: a row for each shipment, a column for each of `names`."""
        mass = np.array([float(load.mass_t) for load in loads])
        table = np.array([[float(row[name]) for name in self.names] for row in billed])
        return table / mass[:, None]

    def of(self, least: np.ndarray) -> np.ndarray:
        """Least cost a tonne of every edge.

        Args:
            least: of each of `names`, the least quantity a tonne.
        """
        at = {name: float(q) for name, q in zip(self.names, least, strict=True)}
        found: list[np.ndarray] = []
        for sheet, money in self.parts:
            if not sheet.terms:
                found.append(np.zeros(sheet.count))
                continue
            each = np.array([at[name] for name in sheet.quantity_names])[sheet.quantity_of]
            found.append(np.bincount(sheet.edge_of, sheet.floats * each * money, minlength=sheet.count))
        return np.concatenate(found)


def _money(sheet: Sheet, fx: ExchangeRates, into: str, on: dt.date) -> np.ndarray:
    """Worth of each term's currency; nothing where the day has no rate (its edges are shut)."""
    worth = []
    for currency, kind in sheet.currencies:
        try:
            worth.append(1.0 / float(fx.quote(currency, into, on, kind).rate))
        except NoExchangeRate:
            worth.append(0.0)
    return np.array(worth)[sheet.currency_of] if worth else np.zeros(0)


def candidates(
    least: LeastCosts, loads: Sequence[Load], quantities: np.ndarray, blocked: np.ndarray, known_cents: np.ndarray
) -> list[tuple[int, ...]] | None:
    """Every way that may be the cheapest of one of the shipments, in the order the search prefers among equals.

    Args:
        quantities: of these shipments, as `LeastCosts.quantities` gives them.
        known_cents: what each shipment costs on a way that is known, in cents.
    Returns:
        None where there are too many to list.
    """
    lane = least.lane
    weight = least.of(quantities.min(axis=0) * (1 - 1e-12))
    mass = np.array([float(load.mass_t) for load in loads])
    most = float((known_cents / 100 / mass).max()) * (1 + 1e-9) + LINES_OF_A_WAY * least.cent / float(mass.min())
    to_sink = lane.reverse.distances(weight, blocked, lane.sink)
    from_source = lane.forward.distances(weight, blocked, lane.source)
    through = from_source[lane.tails] + weight + to_sink[lane.heads]
    open_arcs = np.nonzero(~blocked & (through <= most))[0]
    return _walk(lane, set(open_arcs.tolist()), weight, to_sink, most)


def _walk(
    lane: PricedLane, kept: set[int], weight: np.ndarray, to_sink: np.ndarray, most: float
) -> list[tuple[int, ...]] | None:
    """Ways over the kept arcs within the bound, by the order arcs are listed in."""
    cost = {arc: float(weight[arc]) for arc in kept}
    outgoing: dict[int, list[tuple[int, int]]] = {}

    def leaving(node: int) -> list[tuple[int, int]]:
        found = outgoing.get(node)
        if found is None:
            found = outgoing[node] = [(arc, head) for arc, head in lane.outgoing[node] if arc in kept]
        return found

    found: list[tuple[int, ...]] = []
    path: list[int] = []
    steps = 0
    # One frame a node on the way: the arcs not tried yet, and what the way to it costs.
    frames = [(iter(leaving(lane.source)), 0.0, lane.source)]
    on_way = {lane.source}
    while frames:
        arcs, gone, node = frames[-1]
        for arc, head in arcs:
            steps += 1
            there = gone + cost[arc]
            if head in on_way or there + to_sink[head] > most:
                continue
            if head == lane.sink:
                found.append((*path, arc))
                if len(found) > MOST_WAYS:
                    return None
                continue
            path.append(arc)
            on_way.add(head)
            frames.append((iter(leaving(head)), there, head))
            break
        else:
            frames.pop()
            on_way.discard(node)
            if path:
                path.pop()
        if steps > MOST_STEPS:
            return None
    return found
