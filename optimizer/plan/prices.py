"""The price of one way as a function of how much goes: for one unit at least, for every size at once, and exactly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from optimizer.databook import DataBook
from optimizer.emission import Meter
from optimizer.itinerary import Itinerary, build
from optimizer.lane import PricedGraph, PricedLane, Sheet
from optimizer.money import ExchangeRates
from optimizer.plan.demand import PlanShipment
from optimizer.request import Job
from optimizer.routing.forms import Edge
from optimizer.search import load_of
from optimizer.tariff.charge import Load, Term

SIZES = 600  # part sizes at which a price is looked at; up to so many units every one
SIZES_SINGLY = 9  # where a line must be computed one by one
MICRO = Decimal("0.000001")
OWN_FAMILIES = ("wagon", "container", "truck", "ship")


class LeastUnit:
    """One unit of a shipment as a load: every billing quantity at its least share for any size of part.

    What is charged once a consignment is shared by all units; what waits its turn waits for none.
    """

    def __init__(self, whole: Load, units: int, family: str) -> None:
        each = Decimal(units)
        self.whole, self.each = whole, each
        self.mass_t, self.value_usd = _down(whole.mass_t / each), _down(whole.value_usd / each)
        self.usual_wagon_t = whole.usual_wagon_t
        self._own = family if family in OWN_FAMILIES else "ship"
        one = replace(whole, mass_t=self.mass_t, value_usd=self.value_usd)
        self._alone = replace(
            one,
            wagons=self.units("wagon"),
            containers=self.units("container"),
            trucks=self.units("truck"),
            ships=self.units("ship"),
        )
        self.wagons = self._alone.wagons

    def units(self, family: str) -> int:
        return 1 if family == self._own and self.whole.units(family) else 0

    def quantity(self, name: str) -> Decimal:
        if name == "one":
            return _down(1 / self.each)
        if name.startswith(("charge_t:", "least_t:")):
            return self._alone.quantity(name) if self.units(name.split(":")[1]) else self.mass_t
        if name.startswith("upto_t:") or name in ("t", "value"):
            return self._alone.quantity(name)
        own = name.removesuffix("2")
        if self.units(own):
            return Decimal(1)
        # Reloaded into other units: the last of them need not be full.
        return _down(Decimal(max(0, self.whole.units(own) - 1)) / self.each)


def _down(value: Decimal) -> Decimal:
    """Six decimals, rounded down: few enough digits for exact integers of 64 bits."""
    return value.quantize(MICRO, rounding=ROUND_DOWN)


def least_cents(lane: PricedLane, unit: LeastUnit, fx: ExchangeRates, into: str, on: dt.date) -> NDArray[np.int64]:
    """Least cents of one unit on every arc of a lane."""
    load = cast(Load, unit)
    shared, own = lane.context.sheet, lane.sheet
    return np.concatenate((shared.cents(load, fx, into, on), own.cents(load, fx, into, on)))


def part_of(shipment: PlanShipment, units: int, day: dt.date) -> Job:
    """The job of so many units of a shipment, loaded on a day."""
    s = shipment.job.shipment
    mass = shipment.mass_of(units)
    value = None if s.value_usd is None else s.value_usd * mass / s.mass_t
    return replace(
        shipment.job, shipment=replace(s, mass_t=mass, units=units, ready=day, due=None, value_usd=value), chance=None
    )


class Sizes:
    """The part sizes of a shipment, their loads, and their billing quantities as arrays."""

    def __init__(self, shipment: PlanShipment, book: DataBook) -> None:
        n = shipment.units
        if shipment.whole or n == 1:
            self.sizes = [n]
        elif n <= SIZES:
            self.sizes = list(range(1, n + 1))
        else:
            self.sizes = sorted({1, 2, 3, *(round(1 + (n - 1) * i / (SIZES - 1)) for i in range(SIZES))})
        self.sampled = n > SIZES and len(self.sizes) > 1
        self.family = book.equipment[shipment.job.shipment.equipment].family
        day = shipment.job.shipment.ready
        self.loads = [load_of(part_of(shipment, size, day), book) for size in self.sizes]
        self._known: dict[str, NDArray[np.float64]] = {}

    def quantity(self, name: str) -> NDArray[np.float64]:
        found = self._known.get(name)
        if found is None:
            found = np.array([float(load.quantity(name)) for load in self.loads])
            if self.sampled and name.removesuffix("2") in OWN_FAMILIES and name.removesuffix("2") != self.family:
                found = np.maximum(0.0, found - 1)  # between two sizes looked at, the last truck may be empty
            self._known[name] = found
        return found


class LaneLike(Protocol):
    """What a way is cut from."""

    @property
    def context(self) -> PricedGraph: ...

    def edge(self, arc: int) -> Edge: ...

    def terms(self, arc: int) -> tuple[Term, ...]: ...

    def hours(self, arc: int) -> tuple[float, float]: ...


class WaySheet:
    """The edges of one way with their terms: all that is needed to price any part that takes it.

    It stands in for the lane it was cut from (`itinerary.build` asks for edges and terms by arc).
    """

    __slots__ = ("edges", "hours", "hours_per_unit", "meter", "terms")

    def __init__(self, lane: LaneLike, path: Sequence[int]) -> None:
        self.edges: list[Edge] = [lane.edge(arc) for arc in path]
        self.terms: list[tuple[Term, ...]] = [lane.terms(arc) for arc in path]
        hours = [lane.hours(arc) for arc in path]
        self.hours = [h for h, _ in hours]
        self.hours_per_unit = [per for _, per in hours]
        self.meter: Meter = lane.context.meter

    def minutes(self, wagons: int) -> int:
        """Expected minutes, each edge rounded as the search rounds it."""
        return sum(
            int(np.rint((h + per * wagons) * 60)) for h, per in zip(self.hours, self.hours_per_unit, strict=True)
        )

    def cents_by_size(self, sizes: Sizes, fx: ExchangeRates, into: str, on: dt.date) -> NDArray[np.float64]:
        """Cents of every part size, a little below the exact sum of the rounded lines."""
        terms = [term for group in self.terms for term in group]
        if any(not term.linear or term.subsidy for term in terms):
            return self._singly(sizes, fx, into, on)
        total = np.zeros(len(sizes.sizes))
        factors: dict[str, float] = {}
        slack = 0.0
        for term in terms:
            rate = float(fx.quote(term.currency, into, on, term.fx_kind).rate)
            factors[term.quantity] = factors.get(term.quantity, 0.0) + float(term.factor) * 100 / rate
            slack += 0.5 / rate + 0.5  # to the cent in its own currency, and again in the plan's
        for name, factor in factors.items():
            total += factor * sizes.quantity(name)
        return total - slack

    def _singly(self, sizes: Sizes, fx: ExchangeRates, into: str, on: dt.date) -> NDArray[np.float64]:
        sheet = self.sheet()
        n = len(sizes.sizes)
        at = sorted({round(i * (n - 1) / max(1, SIZES_SINGLY - 1)) for i in range(SIZES_SINGLY)})
        exact = [float(sheet.cents(sizes.loads[i], fx, into, on).sum()) for i in at]
        return np.interp(sizes.sizes, [sizes.sizes[i] for i in at], exact)

    def sheet(self) -> Sheet:
        return Sheet(self.edges, self.terms, self.meter)

    def itinerary(self, load: Load, fx: ExchangeRates, into: str, on: dt.date) -> Itinerary:
        """The charge sheet of a part: integers and Decimals computed apart must agree to the cent.

        Raises:
            FreightError: they do not (code: sum_mismatch).
        """
        sheet = self.sheet()
        cents = int(sheet.cents(load, fx, into, on).sum())
        grams = int(sheet.grams(load).sum())
        sums = (cents, self.minutes(load.wagons), grams)
        return build(cast(PricedLane, self), range(len(self.edges)), load, fx, into, on, sums)

    def freight_a_tonne(self, edge: int, fx: ExchangeRates, into: str, on: dt.date) -> Decimal:
        """Sea freight of an edge for one tonne, in the plan's currency; 0 where it is not charged by the tonne."""
        found = Decimal(0)
        for term in self.terms[edge]:
            if term.subject.charge == "sea_freight" and term.quantity == "t" and term.linear:
                found += term.factor / fx.quote(term.currency, into, on, term.fx_kind).rate
        return found
