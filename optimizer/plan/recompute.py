"""A plan written out from quotes: every part priced anew in Decimals, every total a sum of its lines.

No solver is imported here, and nothing of a solver's answer is believed but which column carries how many units.
The model's own objective is added up again from its costs; the exact cost of a part must not be below the model's
(the model prices parts from below), so the bound of the model is a bound of the plan.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from optimizer.errors import FreightError
from optimizer.itinerary import Itinerary
from optimizer.money import round_money
from optimizer.plan.build import Built
from optimizer.plan.model import Lot, PlanProblem, PlanResult
from optimizer.plan.prices import part_of
from optimizer.plan.verify import check_plan
from optimizer.plan.ways import Desk, Draft, Way, late_by
from optimizer.request import Job, fx_day
from optimizer.search import load_of, lot_of
from optimizer.transit import Transit, leg_times, transit_of

SLACK = Decimal("0.02")  # of the plan's currency and unit: costs of columns are whole cents, rounded down


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one shipment that go one way from one day on."""

    demand: int
    way: Way
    period: int
    day: dt.date
    units: int
    mass_t: Decimal
    job: Job
    itinerary: Itinerary
    transit: Transit
    carriage: Decimal
    storage: Decimal
    lateness: Decimal
    wait_days: int
    late_days: int
    lot_id: str

    @property
    def total(self) -> Decimal:
        return self.carriage + self.storage + self.lateness

    def arrival(self, p: float) -> dt.date:
        return self.day + dt.timedelta(hours=self.transit.quantile(p))


@dataclass(frozen=True, slots=True)
class Vessel:
    """Ships or trains of one lot that are used."""

    lot: Lot
    used: int
    load: int  # thousandths
    dead: int  # thousandths short of the least load
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Unserved:
    demand: int
    units: int
    mass_t: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A plan as its quotes say."""

    parts: tuple[Part, ...]
    vessels: tuple[Vessel, ...]
    unserved: tuple[Unserved, ...]
    objective: Decimal
    model: Decimal  # the same plan at the model's prices
    used: Mapping[tuple[str, int], int]

    @property
    def carriage(self) -> Decimal:
        return sum((p.carriage for p in self.parts), Decimal(0))


def recompute(built: Built, result: PlanResult, desk: Desk) -> Recomputed:
    """The plan of a result.

    Raises:
        SolverError: the result breaks the problem or its objective is not the sum of its columns (code: plan_differs).
        FreightError: an exact price is below the model's (code: recompute_differs), or a charge sheet's total differs
            from the search's (code: sum_mismatch). Each is a fault of ours, and no plan is shown.
    """
    problem = built.problem
    check_plan(problem, result)
    taken: dict[tuple[int, str, dt.date], tuple[int, list[int]]] = {}
    for j, units in result.units.items():
        column, draft = problem.columns[j], built.drafts[j]
        key = (column.demand, draft.way_id, draft.day)
        before, columns = taken.get(key, (0, []))
        taken[key] = (before + units, [*columns, j])
    parts: list[Part] = []
    sent: dict[int, tuple[int, Decimal]] = {}
    last_of: dict[int, int] = defaultdict(int)
    for k, _, _ in taken:
        last_of[k] += 1
    for (k, way_id, day), (units, columns) in sorted(taken.items(), key=lambda i: (i[0][0], i[0][2], i[0][1])):
        shipment = desk.shipments[k]
        gone, gone_t = sent.get(k, (0, Decimal(0)))
        mass = shipment.mass_of(gone + units) - gone_t
        sent[k] = (gone + units, gone_t + mass)
        part = _part(desk, k, desk.kept[k, way_id, day], day, units, mass, built.drafts[columns[0]])
        model = _least_for(units, problem, built, columns[0])
        if Fraction(part.total * 100) < model - Fraction(SLACK * 100) * units:
            raise _differs(
                f"{shipment.shipment_id} by {way_id} on {day} costs {part.total}, less than the model's "
                f"{Decimal(int(model)) / 100}"
            )
        parts.append(part)
    vessels = [_vessel(problem, result, lot) for lot in problem.lots if result.lots.get(lot.lot_id)]
    unserved = []
    for k, units in sorted(result.unserved.items()):
        shipment = desk.shipments[k]
        mass = shipment.mass_t - sent.get(k, (0, Decimal(0)))[1]
        unserved.append(Unserved(k, units, mass, round_money(shipment.unserved * mass)))
    objective = sum((*(p.total for p in parts), *(v.cost for v in vessels), *(u.cost for u in unserved)), Decimal(0))
    used: dict[tuple[str, int], int] = defaultdict(int)
    for j, units in result.units.items():
        for use in problem.columns[j].uses:
            used[use.resource_id, use.period] += use.amount * units
    return Recomputed(
        tuple(parts), tuple(vessels), tuple(unserved), objective, Decimal(result.objective) / 100, dict(used)
    )


def _part(desk: Desk, k: int, way: Way, day: dt.date, units: int, mass: Decimal, draft: Draft) -> Part:
    shipment, book = desk.shipments[k], desk.book
    job = part_of(shipment, units, day)
    if job.shipment.mass_t != mass:
        # Grams of a split go to the last part, so that the tonnes add up exactly.
        job = replace(job, shipment=replace(job.shipment, mass_t=mass))
    if way.train_wagons:
        family = book.equipment[job.shipment.equipment].family
        deal = replace(
            job.shipment.deal,
            train="block" if family == "wagon" else "container",
            train_wagons=Decimal(way.train_wagons),
        )
        job = replace(job, shipment=replace(job.shipment, deal=deal))
    load = load_of(job, book)
    sheet = way.sheet if way.train_wagons else way.sheets.get(lot_of(job, book), way.sheet)
    it = sheet.itinerary(load, book.fx, job.currency, fx_day(job))
    s = job.shipment
    transit = transit_of(leg_times(it.legs, load, book.times, day, s.known_on, book.cargoes[s.cargo].groups))
    ready, due = shipment.job.shipment.ready, shipment.job.shipment.due
    wait = max(0, (day - ready).days)
    late = late_by(day, it.minutes, due)
    return Part(
        demand=k,
        way=way,
        period=draft.start,
        day=day,
        units=units,
        mass_t=mass,
        job=job,
        itinerary=it,
        transit=transit,
        carriage=it.total,
        storage=round_money(wait * shipment.storage * mass),
        lateness=round_money(late * shipment.late * mass),
        wait_days=wait,
        late_days=late,
        lot_id=draft.lot.lot_id if draft.lot is not None else "",
    )


def _least_for(units: int, problem: PlanProblem, built: Built, j: int) -> Fraction:
    """The model's price of so many units of a way, its pieces filled from the cheapest on."""
    total, left = Fraction(0), units
    for most, cost in built.drafts[j].pieces:
        taken = min(left, most)
        total += cost * taken
        left -= taken
    return total


def _vessel(problem: PlanProblem, result: PlanResult, lot: Lot) -> Vessel:
    used = result.lots[lot.lot_id]
    load = sum(
        problem.columns[j].lot_load * units
        for j, units in result.units.items()
        if problem.columns[j].lot_id == lot.lot_id
    )
    dead = max(0, lot.least * used - load)
    cents = Fraction(lot.cost * used) + (lot.dead_cost or Fraction(0)) * dead
    return Vessel(lot, used, load, dead, round_money(Decimal(cents.numerator) / Decimal(cents.denominator) / 100))


def _differs(what: str) -> FreightError:
    return FreightError(
        f"The plan does not hold when recomputed: {what}; please report this.", code="recompute_differs"
    )
