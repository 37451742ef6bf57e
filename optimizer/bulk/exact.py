"""The cents of some ways of a lane for many shipments at once, in integers, as the charge sheet of each would say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from optimizer.lane import PricedLane, Sheet, divided
from optimizer.money import CENT, ExchangeRates
from optimizer.tariff.charge import Load, Term, amount_of


@dataclass(frozen=True, slots=True)
class Amounts:
    """Every line of every way, for every shipment.

    Attributes:
        arcs: of all the ways together, in rising order.
        terms: of these arcs, one after the other.
        first: of each arc, the index of its first term; one more at the end.
        own: cents in the tariff's currency: a row for each term, a column for each shipment.
        cents: the same in the currency of the quote.
    """

    arcs: tuple[int, ...]
    terms: tuple[Term, ...]
    first: tuple[int, ...]
    own: np.ndarray
    cents: np.ndarray


class Ways:
    """Some ways of a lane, ready for any number of shipments.

    Args:
        paths: in the order the search prefers among equals.
    """

    def __init__(self, lane: PricedLane, paths: Sequence[tuple[int, ...]]) -> None:
        self.lane = lane
        self.paths = tuple(paths)
        self.arcs = tuple(sorted({arc for path in paths for arc in path}))
        position = {arc: i for i, arc in enumerate(self.arcs)}
        self.uses = np.zeros((len(self.paths), len(self.arcs)), dtype=np.int64)
        for row, path in enumerate(self.paths):
            self.uses[row, [position[arc] for arc in path]] = 1
        groups = [lane.terms[arc] for arc in self.arcs]
        self.sheet = Sheet([lane.edges[arc] for arc in self.arcs], groups, lane.context.meter)
        self.first = (0, *np.cumsum([len(group) for group in groups]).tolist())
        # Queues of the season stand in the lane's own hours.
        hours = np.concatenate((lane.context.sheet.hours, lane.sheet.hours))
        self.hours = hours[list(self.arcs)]

    def amounts(
        self, loads: Sequence[Load], billed: Sequence[Mapping[str, Decimal]], fx: ExchangeRates, into: str, on: dt.date
    ) -> Amounts:
        """Every line of every way for every shipment.

        Args:
            billed: the billing quantities of each shipment by name.
        """
        sheet = self.sheet
        names = sheet.quantity_names
        flat = [row[name] for row in billed for name in names]
        which = sheet.quantity_of[:, None] + np.arange(len(loads)) * len(names)
        quotes = [fx.quote(currency, into, on, kind) for currency, kind in sheet.currencies]
        own, unsure = sheet.factor.times(flat, which)
        for term, row in unsure:
            own[term, row] = int(amount_of(sheet.terms[term], loads[row]) / CENT)
        for term in sheet.singly:
            own[term] = [int(amount_of(sheet.terms[term], load) / CENT) for load in loads]
        cents, unsure = divided(own, [q.rate for q in quotes], sheet.currency_of)
        for term, row in unsure:
            fx_quote = quotes[sheet.currency_of[term]]
            cents[term, row] = int(fx_quote.convert(Decimal(int(own[term, row])) * CENT) / CENT)
        return Amounts(self.arcs, tuple(sheet.terms), self.first, own, cents)

    def totals(self, amounts: Amounts) -> np.ndarray:
        """Cents of every way (rows) for every shipment (columns)."""
        each = np.zeros((len(self.arcs), amounts.cents.shape[1]), dtype=np.int64)
        np.add.at(each, self.sheet.edge_of, amounts.cents)
        return self.uses @ each

    def minutes(self, loads: Sequence[Load]) -> np.ndarray:
        """Expected minutes of every way for every shipment, by which equal prices are decided."""
        wagons = np.array([load.wagons for load in loads])
        each = np.rint((self.hours[:, None] + self.sheet.hours_per_unit[:, None] * wagons) * 60).astype(np.int64)
        return self.uses @ each

    def grams(self, loads: Sequence[Load]) -> np.ndarray:
        """Emissions of every way for every shipment."""
        mass = np.array([float(load.mass_t) for load in loads])
        each = np.rint(self.sheet.grams_per_t[:, None] * mass).astype(np.int64)
        return self.uses @ each


def best(cents: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Which way each shipment takes: the cheapest, of these the fastest, of these the first.

    >>> best(np.array([[5, 7], [5, 6]]), np.array([[3, 1], [2, 9]])).tolist()
    [1, 1]
    """
    cheapest = cents == cents.min(axis=0)
    spent = np.where(cheapest, minutes, np.iinfo(np.int64).max)
    return np.argmin(spent, axis=0)
