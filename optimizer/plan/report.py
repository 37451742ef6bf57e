"""A plan as files: rows, charge lines, what stays behind, what binds, and the summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from optimizer.batch import BATCH_CHARGE_COLUMNS, charge_cells
from optimizer.plan.blocked import blocking
from optimizer.plan.build import Booking, Built
from optimizer.plan.model import THOUSAND, PlanResult
from optimizer.plan.recompute import Part, Recomputed
from optimizer.plan.resources import WAGONS_A_TRAIN, Limits
from optimizer.plan.ways import Desk, Offer
from optimizer.render import plain
from optimizer.tables import safe_text

PLAN_COLUMNS = (
    "shipment_id",
    "route",
    "start_date",
    "arrival_p50",
    "tonnes",
    "units",
    "total",
    "currency",
    "service",
    "origin",
    "destination",
    "cargo",
    "equipment",
    "carriage",
    "storage",
    "lateness",
    "per_tonne",
    "ready_date",
    "due_date",
    "arrival_p90",
    "wait_days",
    "late_days",
    "borders",
    "modes",
    "lot",
    "way_id",
    "booked",
)
UNSERVED_COLUMNS = (
    "shipment_id",
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "units",
    "cost",
    "currency",
    "code",
    "resource",
    "period",
    "text",
)
BOTTLENECK_COLUMNS = (
    "resource",
    "period",
    "capacity",
    "used",
    "shadow_price",
    "unit",
    "currency",
    "background",
    "name",
    "worth",
    "source_id",
    "status",
)
LOT_COLUMNS = ("lot", "kind", "period", "used", "load", "least", "most", "dead_freight", "cost", "currency", "unit")
CHARGE_COLUMNS = (*BATCH_CHARGE_COLUMNS, "start_date", "way_id")
FULL = 0.999  # used share from which a capacity counts as full
MONEY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is written of a plan."""

    plan: list[dict[str, object]]
    unserved: list[dict[str, object]]
    bottlenecks: list[dict[str, object]]
    lots: list[dict[str, object]]


def tell(
    built: Built,
    result: PlanResult,
    plan: Recomputed,
    desk: Desk,
    offers: Mapping[int, Offer],
    bookings: tuple[Booking, ...],
    currency: str,
) -> Told:
    """The rows of a plan."""
    limits, periods = desk.limits, desk.periods
    booked = {(b.shipment_id, b.way_id, b.day) for b in bookings}
    rows = [_plan_row(part, desk, currency, booked) for part in sorted(plan.parts, key=lambda p: (p.day, p.demand, p.way.way_id))]  # fmt: skip
    behind: list[dict[str, object]] = []
    blockers = blocking(built, result, plan, limits)
    for left in plan.unserved:
        shipment = desk.shipments[left.demand]
        s = shipment.job.shipment
        offer = offers[left.demand]
        code, keys = offer.code, blockers.get(left.demand, [])
        text = offer.why_not
        if not text and keys:
            code = "no_capacity"
            told = [f"{limits.words(name)} in the period from {periods.name(p)}" for name, p in keys[:3]]
            text = f"No room at {'; '.join(told)}."
        elif not text:
            code, text = "too_dear", "Every way costs more than leaving it behind, or no whole train or ship fills."
        behind.append(
            {
                "shipment_id": shipment.shipment_id,
                "origin": s.origin,
                "destination": s.destination,
                "cargo": s.cargo,
                "tonnes": plain(left.mass_t),
                "units": left.units,
                "cost": f"{left.cost:.2f}",
                "currency": currency,
                "code": code,
                "resource": keys[0][0] if keys else "",
                "period": periods.name(keys[0][1]) if keys else "",
                "text": text,
            }
        )
    lots: list[dict[str, object]] = [
        {
            "lot": v.lot.lot_id,
            "kind": v.lot.kind,
            "period": periods.name(v.lot.period),
            "used": v.used,
            "load": plain(Decimal(v.load) / THOUSAND),
            "least": plain(Decimal(v.lot.least) / THOUSAND),
            "most": plain(Decimal(v.lot.most) / THOUSAND),
            "dead_freight": plain(Decimal(v.dead) / THOUSAND),
            "cost": f"{v.cost:.2f}",
            "currency": currency,
            "unit": "t" if v.lot.kind == "vessel" else "wagon",
        }
        for v in plan.vessels
    ]
    return Told(rows, behind, _bottlenecks(built, result, plan, limits, desk, currency), lots)


def _plan_row(part: Part, desk: Desk, currency: str, booked: set[tuple[str, str, dt.date]]) -> dict[str, object]:
    shipment, it = desk.shipments[part.demand], part.itinerary
    s = shipment.job.shipment
    services = dict.fromkeys(
        leg.service if leg.mode != "rail" else leg.carrier for leg in it.legs if leg.kind == "haul"
    )
    return {
        "shipment_id": shipment.shipment_id,
        "route": route_of(part),
        "start_date": part.day.isoformat(),
        "arrival_p50": part.arrival(0.5).isoformat(),
        "tonnes": plain(part.mass_t),
        "units": part.units,
        "total": f"{part.total:.2f}",
        "currency": currency,
        "service": ";".join(x for x in services if x),
        "origin": s.origin,
        "destination": s.destination,
        "cargo": s.cargo,
        "equipment": s.equipment,
        "carriage": f"{part.carriage:.2f}",
        "storage": f"{part.storage:.2f}",
        "lateness": f"{part.lateness:.2f}",
        "per_tonne": f"{part.total / part.mass_t:.2f}",
        "ready_date": s.ready.isoformat(),
        "due_date": s.due.isoformat() if s.due else "",
        "arrival_p90": part.arrival(0.9).isoformat(),
        "wait_days": part.wait_days,
        "late_days": part.late_days,
        "borders": ";".join(f"{leg.from_id}|{leg.to_id}" for leg in it.legs if leg.kind == "border"),
        "modes": ";".join(dict.fromkeys(leg.mode for leg in it.legs if leg.kind == "haul")),
        "lot": part.lot_id,
        "way_id": part.way.way_id,
        "booked": "yes" if (shipment.shipment_id, part.way.way_id, part.day) in booked else "",
    }


def route_of(part: Part) -> str:
    """Stops of a way, as a quote's row names them."""
    stops = [part.job.shipment.origin]
    for leg in part.itinerary.legs:
        if leg.kind == "haul" and leg.to_id != stops[-1]:
            stops.append(leg.to_id)
    return " > ".join(stops)


def _bottlenecks(
    built: Built, result: PlanResult, plan: Recomputed, limits: Limits, desk: Desk, currency: str
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    periods = desk.periods
    for c in built.problem.capacities:
        key = (c.resource_id, c.period)
        used, worth = plan.used.get(key, 0), result.worth.get(key, Fraction(0))
        full = used >= FULL * c.free and (used > 0 or worth > 0)
        if not full and worth <= 0:
            continue
        r = built.resources[c.resource_id]
        price, saves = _money(worth), result.saves.get(key)
        a_day = Decimal(c.amount) / THOUSAND / periods.days
        rows.append(
            {
                "resource": c.resource_id,
                "period": periods.name(c.period),
                "capacity": plain(Decimal(c.amount) / THOUSAND),
                "used": plain(Decimal(used + min(c.background, c.amount)) / THOUSAND),
                "shadow_price": f"{price:.2f}",
                "unit": r.unit,
                "currency": currency,
                "background": plain(Decimal(c.background) / THOUSAND),
                "name": r.name,
                "worth": _worth(r.unit, r.kind, r.name, periods.name(c.period), price, a_day, currency)
                + (f" Exactly one more saves {_money(saves):,.2f} {currency}." if saves is not None and price else ""),
                "source_id": r.source_id,
                "status": r.status,
            }
        )
    for lot in built.problem.lots:
        used_ships = result.lots.get(lot.lot_id, 0)
        if lot.kind != "vessel" or lot.available is None or used_ships < lot.available or not used_ships:
            continue
        name = f"sea:dry_bulk:{lot.lot_id.split(':')[1]}"
        r = limits.resource(name)
        rows.append(
            {
                "resource": name,
                "period": periods.name(lot.period),
                "capacity": lot.available,
                "used": used_ships,
                "shadow_price": "",
                "unit": "vessel",
                "currency": currency,
                "background": 0,
                "name": r.name,
                "worth": "Every ship of the period sails; whole ships have no marginal price.",
                "source_id": r.source_id,
                "status": r.status,
            }
        )
    rows.sort(key=lambda row: (-float(str(row["shadow_price"] or 0)), str(row["resource"]), str(row["period"])))
    return rows


def _money(cents: Fraction) -> Decimal:
    return (Decimal(cents.numerator) / Decimal(cents.denominator) / 100).quantize(MONEY)


def _worth(unit: str, kind: str, name: str, period: str, price: Decimal, a_day: Decimal, currency: str) -> str:
    """What one more unit is worth, in a sentence.

    Args:
        a_day: what passes in a day of the period, in the unit.
    """
    if not price:
        return f"Full in the period from {period}, but one more unit would save nothing."
    each = {
        "wagon": "wagon",
        "truck": "truck",
        "t": "tonne",
        "teu": "TEU",
        "container": "container",
        "vessel": "ship",
    }.get(unit, unit)
    slot = {"terminal": " of handling", "port": " through the port", "storage": " of storage"}.get(kind, "")
    text = f"One more {each}{slot} at {name} in the period from {period} saves up to {price:,.2f} {currency}"
    if unit == "wagon" and kind in ("border", "line"):
        text += f"; a train path of {WAGONS_A_TRAIN} wagons at most {price * WAGONS_A_TRAIN:,.0f} {currency}"
    if kind in ("port", "terminal"):
        text += f"; a day of its work ({a_day:,.0f} {unit}) at most {price * a_day:,.0f} {currency}"
    return text + "."


def charge_lines(parts: tuple[Part, ...], desk: Desk, currency: str) -> Iterator[tuple[object, ...]]:
    """Every charge line of every part in the order of CHARGE_COLUMNS; storage and lateness are lines of their own."""
    for part in parts:
        shipment = desk.shipments[part.demand]
        own_id, day, way_id = safe_text(shipment.shipment_id), part.day.isoformat(), part.way.way_id
        for placed in part.itinerary.charges:
            yield (own_id, "", *charge_cells(placed, currency, desk.book), day, way_id)
        for code, text, amount, days, rate in (
            ("plan_storage", "waiting at the origin", part.storage, part.wait_days, shipment.storage),
            ("plan_lateness", "arrival after the due date", part.lateness, part.late_days, shipment.late),
        ):
            if amount:
                yield (
                    own_id, "", 1, "", code, f"{text}: {days} days", "", "per t-day", plain(part.mass_t * days),
                    plain(rate), "1", amount, currency, amount, currency, "1", "", "same", "", "keruen-plan",
                    "estimated", "", "", "", day, way_id,
                )  # fmt: skip


def summary_of(
    built: Built, result: PlanResult, plan: Recomputed, offers: Mapping[int, Offer], gap_wanted: float, currency: str
) -> dict[str, Any]:
    """The plan in figures; the objective is that of the quotes, the gap is to the bound of the model."""
    bound = min(_money(result.bound), plan.objective) if result.bound is not None else None
    gap = float((plan.objective - bound) / plan.objective) if bound is not None and plan.objective else 0.0
    open_demands = [
        k
        for k, price in enumerate(result.demand_price)
        if k in offers and price > offers[k].complete and k < len(built.problem.complete)
    ]
    ways_behind = sum(
        (result.demand_price[k] - offers[k].complete) * built.problem.demands[k].units for k in open_demands
    )
    sent = sum((p.mass_t for p in plan.parts), Decimal(0))
    behind = sum((u.mass_t for u in plan.unserved), Decimal(0))
    status = result.status
    if status in ("optimal", "feasible"):
        status = "optimal" if bound is not None and gap <= gap_wanted else "feasible"
    found: dict[str, Any] = {
        "status": status,
        "objective": f"{plan.objective:.2f}",
        "bound": f"{bound:.2f}" if bound is not None else None,
        "gap": round(gap, 6) if bound is not None else None,
        "recomputed": True,
        "currency": currency,
        "model_objective": f"{plan.model:.2f}",
        "cost": {
            "carriage": f"{plan.carriage:.2f}",
            "storage": f"{sum((p.storage for p in plan.parts), Decimal(0)):.2f}",
            "lateness": f"{sum((p.lateness for p in plan.parts), Decimal(0)):.2f}",
            "dead_freight_and_lots": f"{sum((v.cost for v in plan.vessels), Decimal(0)):.2f}",
            "unserved": f"{sum((u.cost for u in plan.unserved), Decimal(0)):.2f}",
        },
        "tonnes": {"planned": plain(sent), "unserved": plain(behind)},
        "ways_complete": not open_demands,
        "bound_over_all_ways": None,
        "note": result.note,
    }
    if bound is not None:
        found["bound_over_all_ways"] = f"{bound - _money(Fraction(ways_behind)):.2f}"
    return found
