"""From a path of arcs to an itinerary a client can check: legs, charge lines, times, warnings, bands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from optimizer.errors import FreightError
from optimizer.lane import PricedLane, exact_cents
from optimizer.money import STALE_AFTER_DAYS, ExchangeRates, round_money
from optimizer.routing.forms import Edge, Leg
from optimizer.tariff.charge import Charge, Load, Term, Warn, charge, pay_back

ZERO = Decimal(0)
LEAST_PARCEL_T = Decimal(2600)  # the smallest coaster parcel among the published quotes (R0069)
MANY_TRUCKS = 40


@dataclass(frozen=True, slots=True)
class PlacedCharge:
    """A charge line and the leg it belongs to (None: the whole shipment)."""

    charge: Charge
    leg: int | None


@dataclass(slots=True)
class Itinerary:
    """One way priced in full. `total` is the exact sum of the lines' rounded amounts."""

    arcs: tuple[int, ...]
    edges: tuple[Edge, ...]
    legs: tuple[Leg, ...]
    charges: tuple[PlacedCharge, ...]
    total: Decimal
    minutes: int
    grams: int
    low: Decimal
    high: Decimal
    published: Decimal
    warnings: list[Warn] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    ties_with: list[int] = field(default_factory=list)

    @property
    def distance_km(self) -> float:
        return round(sum(leg.distance_km for leg in self.legs), 1)

    @property
    def countries(self) -> frozenset[str]:
        return frozenset(c for e in self.edges for c in e.countries)

    @property
    def places(self) -> frozenset[str]:
        return frozenset(p for e in self.edges for p in e.places)

    @property
    def modes(self) -> frozenset[str]:
        return frozenset(m for e in self.edges for m in e.modes)

    @property
    def way(self) -> tuple[str, ...]:
        """Borders entered and sailings made: what makes it another route."""
        return tuple(e.sign for e in self.edges if e.sign)


def build(
    lane: PricedLane,
    path: Sequence[int],
    load: Load,
    fx: ExchangeRates,
    into: str,
    fx_day: dt.date,
    sums: tuple[int, int, int],
) -> Itinerary:
    """Charge every term of a path exactly.

    Args:
        sums: the search's own (cents, minutes, grams) of the path.

    Raises:
        FreightError: the charge sheet's total differs from the search's: a fault of ours, never shown as a price.
    """
    edges, legs, lines = laid_out(lane, path)
    placed: list[PlacedCharge] = []
    total = low = high = published = ZERO
    left: dict[int, Decimal] = {}  # of each line, what no subsidy has paid back yet
    for term, leg in lines:
        line = charge(term, load, fx.quote(term.currency, into, fx_day, term.fx_kind))
        if term.subsidy:
            line = pay_back(line, left[id(term.base)])
            left[id(term.base)] += line.amount_quote
        left[id(term)] = line.amount_quote
        if insures(term) and not load.value_usd:
            continue  # nothing is insured where no value is known; a warning says so
        placed.append(PlacedCharge(line, leg))
        amount = line.amount_quote
        total += amount
        low += amount * term.low
        high += amount * term.high
        if term.from_published:
            published += amount
    if exact_cents(total) != sums[0]:
        raise FreightError(
            f"The charge sheet adds up to {total}, the search found {Decimal(sums[0]) / 100}; please report this.",
            code="sum_mismatch",
        )
    return Itinerary(
        arcs=tuple(path),
        edges=edges,
        legs=legs,
        charges=tuple(placed),
        total=total,
        minutes=sums[1],
        grams=sums[2],
        low=round_money(low),
        high=round_money(high),
        published=published,
    )


def laid_out(
    lane: PricedLane, path: Sequence[int]
) -> tuple[tuple[Edge, ...], tuple[Leg, ...], list[tuple[Term, int | None]]]:
    """(edges, legs, every term with the leg its line stands on) of a path; None: the whole shipment's."""
    edges = tuple(lane.edges[arc] for arc in path)
    legs: list[Leg] = []
    lines: list[tuple[Term, int | None]] = []
    for arc, edge in zip(path, edges, strict=True):
        first = len(legs)
        kept = [leg for leg in edge.legs if leg.hours or leg.hours_per_unit or leg.distance_km]
        legs.extend(kept)
        # A line belongs to the edge's haul, else to its first leg, else (nothing to show) to the way as a whole.
        main = next((i for i, leg in enumerate(kept) if leg.kind == "haul"), 0)
        # What is charged on arrival without a leg of its own stands on the last one.
        leg = first + main if kept else (first - 1 if edge.kind == "unload" else None)
        lines += [(term, None if insures(term) else leg) for term in lane.terms[arc]]
    return edges, tuple(legs), lines


def insures(term: Term) -> bool:
    """Whether a line insures the goods, which have to have a value."""
    return term.subject.charge.startswith("insurance")


def leg_hours(leg: Leg, load: Load) -> float:
    """Expected hours of a leg for this many units."""
    return leg.hours + leg.hours_per_unit * load.wagons


def own_warnings(it: Itinerary, load: Load, fx_day: dt.date) -> list[Warn]:
    """What the way itself calls for: lapsed rates, stale exchange rates, small parcels, unverified crossings."""
    found: dict[tuple[str, str], Warn] = {}

    def add(warn: Warn) -> None:
        found.setdefault((warn.code, warn.text), warn)

    for placed in it.charges:
        for warn in placed.charge.term.warnings:
            add(warn)
        fx = placed.charge.fx
        if fx.day is not None and fx.age_days(fx_day) > STALE_AFTER_DAYS:
            add(
                Warn(
                    "fx_stale",
                    f"The {fx.currency} rate is of {fx.day}, {fx.age_days(fx_day)} days old; bring a newer one of your own.",
                    fx.source_id,
                )
            )
    crossings = {(leg.from_id, leg.to_id) for leg in it.legs if leg.kind == "border"}
    if any("tm-dashoguz" in pair for pair in crossings):
        add(
            Warn(
                "transit_not_verified",
                "Freight transit over the Dashoguz crossings is not verified; ask before loading.",
                "keruen-network-note",
            )
        )
    for leg in it.legs:
        if leg.note == "unconfirmed":
            add(
                Warn(
                    "service_not_confirmed",
                    f"No recent sailing is known from {leg.from_id} to {leg.to_id} ({leg.carrier}); ask before you offer it.",
                    "",
                )
            )
    if any(leg.service == "dry_bulk" for leg in it.legs) and load.mass_t < LEAST_PARCEL_T:
        add(
            Warn(
                "small_parcel",
                f"Coasters load parcels of about 2,600 to 5,500 t; {load.mass_t.normalize():f} t share a ship or wait for one.",
                "keruen-estimate",
            )
        )
    if (
        any(leg.mode == "road" and leg.kind == "haul" and leg.family == "truck" for leg in it.legs)
        and load.trucks > MANY_TRUCKS
    ):
        add(
            Warn(
                "many_trucks",
                f"The road part needs {load.trucks} trucks; whether so many can be had at once is not checked.",
                "keruen-estimate",
            )
        )
    return list(found.values())


def differ_within_bands(a: Itinerary, b: Itinerary) -> bool:
    """Whether some choice of every rate within its stated band reverses the order of two ways.

    The same rule moves both ways together, so what they share cancels: the difference is summed rule by
    rule and each rule's share is moved to the end of its band that narrows the gap [rule: tie].
    """
    if a.total > b.total:
        a, b = b, a
    gap = b.total - a.total
    shares: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for sign, it in ((Decimal(1), b), (Decimal(-1), a)):
        for placed in it.charges:
            term = placed.charge.term
            amount, low, high = shares.get(term.rule.rule_id, (ZERO, term.low, term.high))
            shares[term.rule.rule_id] = (amount + sign * placed.charge.amount_quote, low, high)
    narrowed = ZERO
    for amount, low, high in shares.values():
        narrowed += min(amount * (low - 1), amount * (high - 1), ZERO)
    return gap + narrowed <= 0
