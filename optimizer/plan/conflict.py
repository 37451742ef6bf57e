"""Why a problem has no plan: what makes no sense by itself, and which bookings and limits cannot all hold.

Anything may be left behind, so only bookings can make a plan impossible. What is reported is irreducible: drop any one
of the bookings named and the rest fits (deletion filter; Chinneck and Dravnieks 1991).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

from optimizer.errors import ProblemList, SolverError
from optimizer.plan.model import THOUSAND, Capacity, Lot, PlanProblem

SHOWN = 8  # shipments named in a sentence


def refuse_nonsense(problem: PlanProblem) -> None:
    """Refuse what no plan can be made of, everything at once.

    Raises:
        DataError: negative capacities, columns of unknown shipments, uses of nothing, costs without limit ...
    """
    found = ProblemList()
    for demand in problem.demands:
        if demand.units < 0:
            found.add("plan_bad_units", f"{demand.shipment_id} has {demand.units} units; write 0 or more.")
    seen: set[tuple[str, int]] = set()
    for capacity in problem.capacities:
        where = f"{capacity.resource_id} in period {capacity.period}"
        if capacity.amount < 0 or capacity.background < 0:
            found.add(
                "plan_negative_capacity",
                f"{where} has a capacity or a load of others below 0; write 0 if it is closed.",
            )
        if (capacity.resource_id, capacity.period) in seen:
            found.add("plan_capacity_twice", f"{where} has two capacities; keep one.")
        seen.add((capacity.resource_id, capacity.period))
    lots: dict[str, Lot] = {}
    for lot in problem.lots:
        if lot.lot_id in lots:
            found.add("plan_lot_twice", f"Lot {lot.lot_id} is listed twice; keep one.")
        lots[lot.lot_id] = lot
        _check_lot(lot, found)
    _check_columns(problem, lots, found)
    for j, units in problem.booked.items():
        if not 0 <= j < len(problem.columns):
            found.add("plan_unknown_column", f"A booking names column {j}, there are {len(problem.columns)}.")
        elif units < 0:
            found.add("plan_bad_units", f"A booking of {_of(problem, j)} has {units} units; write 1 or more.")
    if problem.complete and len(problem.complete) != len(problem.demands):
        found.add("plan_bad_complete", "`complete` must have one cost for each shipment, or be empty.")
    found.raise_if_any()


def _check_lot(lot: Lot, found: ProblemList) -> None:
    if lot.most <= 0 or lot.least < 0 or lot.least > lot.most:
        found.add(
            "plan_bad_lot", f"Lot {lot.lot_id} loads {lot.least} to {lot.most}; the most must be above 0 and the least."
        )
    if lot.available is not None and lot.available < 0:
        found.add("plan_bad_lot", f"Lot {lot.lot_id} has {lot.available} {lot.kind}s; write 0 if there is none.")
    if lot.dead_cost is not None and lot.dead_cost < 0:
        found.add("plan_bad_lot", f"Lot {lot.lot_id} earns money by sailing empty; dead freight cannot be negative.")
    elif lot.cost < 0 and lot.available is None:
        alone = lot.cost + (lot.dead_cost or 0) * lot.least
        if not lot.least or (lot.dead_cost is not None and alone < 0):
            found.add(
                "plan_unbounded",
                f"Lot {lot.lot_id} earns {-lot.cost} minor units for each {lot.kind} and there is no limit to their "
                "number; say how many are available.",
            )


def _check_columns(problem: PlanProblem, lots: dict[str, Lot], found: ProblemList) -> None:
    count = len(problem.demands)
    for j, column in enumerate(problem.columns):
        if not 0 <= column.demand < count:
            found.add(
                "plan_unknown_demand", f"Column {j} ({column.way_id}) is of shipment {column.demand}, unknown here."
            )
            continue
        if column.most < 0:
            found.add("plan_bad_column", f"{_of(problem, j)} may carry {column.most} units; write 0 for all.")
        if not isinstance(column.cost, Rational):
            found.add(
                "plan_bad_cost", f"{_of(problem, j)} costs {column.cost!r}; costs are whole numbers or fractions."
            )
        for use in column.uses:
            if use.amount <= 0:
                found.add(
                    "plan_bad_use",
                    f"{_of(problem, j)} uses {use.amount} thousandths of {use.resource_id} in period {use.period}; "
                    "leave the use out, or write what it takes.",
                )
        if column.lot_id:
            if column.lot_id not in lots:
                found.add("plan_unknown_lot", f"{_of(problem, j)} needs lot {column.lot_id}, which does not exist.")
            elif column.lot_load <= 0:
                found.add("plan_bad_column", f"{_of(problem, j)} loads nothing on lot {column.lot_id}; write its load.")


def _of(problem: PlanProblem, j: int) -> str:
    column = problem.columns[j]
    return f"{problem.demands[column.demand].shipment_id} by {column.way_id}"


def _infeasible(
    problem: PlanProblem, text: str, bookings: Sequence[int], capacity: Capacity | None = None, lot: Lot | None = None
) -> SolverError:
    details: dict[str, Any] = {
        "shipments": sorted({problem.demands[problem.columns[j].demand].shipment_id for j in bookings}),
        "bookings": [
            {
                "shipment_id": problem.demands[problem.columns[j].demand].shipment_id,
                "way_id": problem.columns[j].way_id,
                "start": problem.columns[j].start,
                "units": problem.booked[j],
            }
            for j in bookings
        ],
        "capacities": [[capacity.resource_id, capacity.period]] if capacity else [],
        "lots": [lot.lot_id] if lot else [],
    }
    return SolverError(
        f"No plan keeps all bookings: {text}.",
        code="plan_infeasible",
        hint="Drop or move one of these bookings, or raise the limit.",
        details=details,
    )


def _names(problem: PlanProblem, bookings: Sequence[int]) -> str:
    named = [
        f"{problem.demands[problem.columns[j].demand].shipment_id} ({problem.booked[j]} by {problem.columns[j].way_id})"
        for j in bookings[:SHOWN]
    ]
    more = len(bookings) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _minimal(shares: dict[int, int], limit: int) -> list[int]:
    """A set of bookings over the limit from which none can be left out; small ones are left out first."""
    total, kept = sum(shares.values()), dict(shares)
    for j in sorted(shares, key=lambda j: (shares[j], j)):
        if total - shares[j] > limit:
            total -= kept.pop(j)
    return sorted(kept)


def _amount(thousandths: int) -> str:
    return f"{Fraction(thousandths, THOUSAND)}" if thousandths % THOUSAND == 0 else f"{thousandths / THOUSAND:g}"


def refuse_conflict(problem: PlanProblem) -> None:
    """Refuse bookings that cannot all be kept.

    Raises:
        SolverError: a minimal set of bookings, and the capacity, lot or shipment they break (`plan_infeasible`).
    """
    booked = {j: n for j, n in problem.booked.items() if n}
    by_demand: dict[int, list[int]] = defaultdict(list)
    uses: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    loads: dict[str, dict[int, int]] = defaultdict(dict)
    for j, units in booked.items():
        column = problem.columns[j]
        demand = problem.demands[column.demand]
        by_demand[column.demand].append(j)
        if column.most and units > column.most:
            text = f"{_names(problem, [j])} is over the {column.most} units that way carries"
            raise _infeasible(problem, text, [j])
        if demand.whole and units != demand.units and units <= demand.units:
            text = f"{_names(problem, [j])} is part of a shipment of {demand.units} units that goes whole"
            raise _infeasible(problem, text, [j])
        for use in column.uses:
            at = uses[use.resource_id, use.period]
            at[j] = at.get(j, 0) + use.amount * units
        if column.lot_id:
            loads[column.lot_id][j] = column.lot_load * units
    for k, of in by_demand.items():
        demand = problem.demands[k]
        if sum(booked[j] for j in of) > demand.units:
            kept = _minimal({j: booked[j] for j in of}, demand.units)
            text = f"{demand.shipment_id} has {demand.units} units, booked are {_names(problem, kept)}"
            raise _infeasible(problem, text, kept)
    for capacity in problem.capacities:
        shares = uses.get((capacity.resource_id, capacity.period), {})
        if sum(shares.values()) > capacity.free:
            kept = _minimal(shares, capacity.free)
            text = (
                f"{capacity.resource_id} in period {capacity.period} has {_amount(capacity.free)} free, "
                f"and {_names(problem, kept)} take {_amount(sum(shares[j] for j in kept))}"
            )
            raise _infeasible(problem, text, kept, capacity)
    _refuse_lots(problem, loads)


def _refuse_lots(problem: PlanProblem, loads: dict[str, dict[int, int]]) -> None:
    reach: dict[str, dict[int, int]] = defaultdict(dict)
    for column in problem.columns:
        if column.lot_id in loads:
            of, demand = reach[column.lot_id], problem.demands[column.demand]
            units = min(column.most or demand.units, demand.units)
            if not (demand.whole and units < demand.units):
                of[column.demand] = max(of.get(column.demand, 0), column.lot_load * units)
    for lot in problem.lots:
        shares = loads.get(lot.lot_id)
        if not shares:
            continue
        load, plural = sum(shares.values()), f"{lot.kind}s"
        if lot.available is not None and load > lot.most * lot.available:
            kept = _minimal(shares, lot.most * lot.available)
            text = (
                f"{lot.lot_id} has {lot.available} {plural} of at most {_amount(lot.most)}, "
                f"and {_names(problem, kept)} load {_amount(sum(shares[j] for j in kept))}"
            )
            raise _infeasible(problem, text, kept, lot=lot)
        if lot.dead_cost is None:
            fewest, most = math.ceil(Fraction(load, lot.most)), sum(reach[lot.lot_id].values())
            if most < fewest * lot.least:
                text = (
                    f"{_names(problem, sorted(shares))} need {fewest} {plural} of {lot.lot_id} with at least "
                    f"{_amount(lot.least)} each, and all that can go there is {_amount(most)}"
                )
                raise _infeasible(problem, text, sorted(shares), lot=lot)


def unfilled(problem: PlanProblem, lots: Sequence[str]) -> SolverError:
    """The refusal where a solver has shown that booked lots cannot all reach their least load."""
    bookings = sorted(j for j, n in problem.booked.items() if n and problem.columns[j].lot_id in set(lots))
    known = {lot.lot_id: lot for lot in problem.lots}
    text = (
        f"{_names(problem, bookings)} need {', '.join(lots[:SHOWN])} loaded to "
        f"{', '.join(_amount(known[n].least) for n in lots[:SHOWN])} at least, "
        "and no units that would fill them fit the capacities"
    )
    fault = _infeasible(problem, text, bookings)
    fault.details["lots"] = list(lots)
    return fault
