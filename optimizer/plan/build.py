"""Offers into a problem: columns, capacities of the periods they touch, lots, bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from optimizer.errors import FreightError
from optimizer.plan.demand import PlanShipment
from optimizer.plan.model import Capacity, Column, Demand, Lot, PlanProblem, Resource
from optimizer.plan.resources import Limits
from optimizer.plan.ways import Draft, Offer


@dataclass(frozen=True, slots=True)
class Booking:
    """Units of a shipment that go a way from a day on, whatever a re-run finds."""

    shipment_id: str
    way_id: str
    day: dt.date
    units: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class Built:
    """A problem and what its columns stand for.

    Attributes:
        drafts: by index of column; columns of one draft are pieces of one price.
        shipments: by index of demand, as the desk knows them.
    """

    problem: PlanProblem
    drafts: tuple[Draft, ...]
    shipments: tuple[int, ...]
    resources: Mapping[str, Resource]


def build_problem(
    shipments: tuple[PlanShipment, ...],
    offers: Mapping[int, Offer],
    limits: Limits,
    bookings: tuple[Booking, ...] = (),
) -> Built:
    """The problem of a season.

    Raises:
        FreightError: a booking cannot be kept, or bookings take more than there is (codes: booking_lost,
            bookings_in_conflict); the sentence names rows and capacities.
    """
    demands: list[Demand] = []
    columns: list[Column] = []
    drafts: list[Draft] = []
    complete: list[Fraction] = []
    lots: dict[str, Lot] = {}
    touched: dict[tuple[str, int], None] = {}
    for k, shipment in enumerate(shipments):
        cents = int(shipment.unserved * shipment.mass_t * 100 / shipment.units)
        demands.append(Demand(shipment.shipment_id, shipment.units, cents, shipment.whole, shipment.priority))
        complete.append(offers[k].complete)
        for draft in offers[k].drafts:
            for units, cost in draft.pieces:
                lot_id = draft.lot.lot_id if draft.lot is not None else ""
                most = units if len(draft.pieces) > 1 else 0
                columns.append(Column(k, draft.way_id, draft.start, cost, draft.uses, most, lot_id, draft.lot_load))
                drafts.append(draft)
            touched.update(dict.fromkeys((use.resource_id, use.period) for use in draft.uses))
            if draft.lot is not None:
                _keep_lot(lots, draft)
    capacities = [
        capacity for name, period in sorted(touched) if (capacity := limits.capacity(name, period)) is not None
    ]
    booked = _booked(shipments, columns, drafts, bookings)
    _bookings_fit(shipments, columns, capacities, booked, limits)
    names = sorted(
        {name for name, _ in touched} | {_service(lot_id) for lot_id in lots if lot_id.startswith("vessel:")}
    )
    problem = PlanProblem(
        tuple(demands),
        tuple(columns),
        tuple(capacities),
        tuple(lots[lot_id] for lot_id in sorted(lots)),
        booked,
        tuple(complete),
    )
    return Built(problem, tuple(drafts), tuple(range(len(shipments))), {name: limits.resource(name) for name in names})


def _service(lot_id: str) -> str:
    """The sea service of a vessel's lot.

    >>> _service("vessel:kz-aktau-port>ir-amirabad-port:2026-12-01")
    'sea:dry_bulk:kz-aktau-port>ir-amirabad-port'
    """
    return f"sea:dry_bulk:{lot_id.split(':')[1]}"


def _keep_lot(lots: dict[str, Lot], draft: Draft) -> None:
    new = draft.lot
    assert new is not None
    old = lots.get(new.lot_id)
    dead = new.dead_cost
    if old is not None and old.dead_cost is not None and dead is not None:
        dead = min(dead, old.dead_cost)  # what others of the ship pay a tonne; the lower one is a lower price
    lots[new.lot_id] = Lot(new.lot_id, new.kind, new.period, new.least, new.most, 0, _round(dead), new.available)


def _round(cents: Fraction | None) -> Fraction | None:
    """Dead freight in thousandths of a cent for a kilogram, so that all costs share a small denominator."""
    return None if cents is None else Fraction(int(cents * 1000), 1000)


def _booked(
    shipments: tuple[PlanShipment, ...], columns: list[Column], drafts: list[Draft], bookings: tuple[Booking, ...]
) -> dict[int, int]:
    """Units by index of column; a booking fills the pieces of its way from the cheapest on."""
    number = {s.shipment_id: k for k, s in enumerate(shipments)}
    found: dict[int, int] = {}
    for booking in bookings:
        k = number.get(booking.shipment_id)
        if k is None:
            raise FreightError(
                f"Line {booking.line} of the bookings names the shipment {booking.shipment_id}, which is not planned.",
                code="booking_lost",
                hint="Put its row back into the file of shipments, or delete the booking.",
            )
        left = booking.units
        for j, (column, draft) in enumerate(zip(columns, drafts, strict=True)):
            if column.demand == k and column.way_id == booking.way_id and draft.day == booking.day and left:
                most = column.most or shipments[k].units
                taken = min(left, most - found.get(j, 0))
                found[j] = found.get(j, 0) + taken
                left -= taken
        if left:
            raise FreightError(
                f"Line {booking.line} of the bookings cannot be kept: {booking.units} units of {booking.shipment_id} by "
                f"way {booking.way_id} from {booking.day} on; the way is shut that day, or is no longer one.",
                code="booking_lost",
                hint="Delete the booking, or open what shut it.",
            )
    return {j: units for j, units in found.items() if units}


def _bookings_fit(
    shipments: tuple[PlanShipment, ...],
    columns: list[Column],
    capacities: list[Capacity],
    booked: Mapping[int, int],
    limits: Limits,
) -> None:
    """Bookings that take more than there is are a contradiction: it is told with rows and capacities."""
    if not booked:
        return
    free = {(c.resource_id, c.period): c.free for c in capacities}
    used: dict[tuple[str, int], int] = {}
    by: dict[tuple[str, int], list[str]] = {}
    sent: dict[int, int] = {}
    for j, units in booked.items():
        sent[columns[j].demand] = sent.get(columns[j].demand, 0) + units
        for use in columns[j].uses:
            key = (use.resource_id, use.period)
            used[key] = used.get(key, 0) + use.amount * units
            by.setdefault(key, []).append(shipments[columns[j].demand].shipment_id)
    for k, units in sent.items():
        if units > shipments[k].units:
            raise FreightError(
                f"The bookings send {units} units of {shipments[k].shipment_id}, which has {shipments[k].units}.",
                code="bookings_in_conflict",
                hint="Correct the units of its bookings.",
            )
    for key, taken in used.items():
        if key in free and taken > free[key]:
            name, period = key
            rows = ", ".join(dict.fromkeys(by[key]))
            raise FreightError(
                f"The bookings of {rows} take {taken / 1000:g} {limits.unit.get(name, '')} of {limits.words(name)} in the "
                f"period from {limits.periods.name(period)}, where {free[key] / 1000:g} are free.",
                code="bookings_in_conflict",
                hint="Release a booking or raise the capacity.",
            )
