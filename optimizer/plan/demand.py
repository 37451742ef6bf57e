"""From a file of shipments to what a plan must carry.

The reader, the checks and the words are those of `batch quote`; a plan understands a few columns more:

    priority          1 goes first where two plans cost the same; 3 where empty
    splittable        yes: may go in parts, by several ways and in several weeks; no: whole or not at all
    unserved_price    what a tonne left behind costs, in the currency of the plan
    late_price        what a tonne costs for each day it arrives after its due date
    storage_price     what a tonne costs for each day it waits at the origin after it is ready
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from optimizer import shipment_rows
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, Problem, RequestError
from optimizer.money import round_to
from optimizer.request import Job, normalise, positive
from optimizer.tables import digest, read_bytes

PLAN_COLUMNS = ("priority", "splittable", "unserved_price", "late_price", "storage_price")
UNSERVED_PRICE = Decimal(1000)  # USD a tonne: dearer than any way of the default books
LATE_PRICE = Decimal(1)  # USD a tonne and day
STORAGE_PRICE = Decimal("0.033")  # USD a tonne and day: storage at a port by the book `standing`
MILLI = Decimal("0.001")
KILOGRAM = Decimal("0.001")
_YES, _NO = ("yes", "true", "1", "да", "y"), ("no", "false", "0", "нет", "n")


@dataclass(frozen=True, slots=True)
class Prices:
    """What the options set for shipments that say nothing themselves; in the currency of the plan, a tonne."""

    unserved: Decimal
    late: Decimal
    storage: Decimal
    interest: Decimal  # a year, on the goods while they wait


@dataclass(frozen=True, slots=True)
class PlanShipment:
    """One row a plan must carry or leave behind.

    Attributes:
        job: normalised, in the currency of the plan; its ready date is the row's.
        storage: a tonne and day of waiting at the origin: the store and the interest on the goods.
    """

    shipment_id: str
    line: int
    job: Job
    priority: int
    whole: bool
    unserved: Decimal
    late: Decimal
    storage: Decimal

    @property
    def units(self) -> int:
        return self.job.shipment.units

    @property
    def mass_t(self) -> Decimal:
        return self.job.shipment.mass_t

    def mass_of(self, units: int) -> Decimal:
        """Tonnes of so many units, equally loaded, to the kilogram."""
        return self.mass_t if units == self.units else round_to(self.mass_t * units / self.units, KILOGRAM)


@dataclass(frozen=True, slots=True)
class Demands:
    """What was read: shipments to plan, rows refused, counts and the digest of the file."""

    shipments: tuple[PlanShipment, ...]
    rejected: tuple[dict[str, object], ...]
    columns: tuple[str, ...]
    skipped: int
    needs_answer: int
    digest: str

    @property
    def read(self) -> int:
        return len(self.shipments) + len(self.rejected) + self.skipped


def read_demands(
    path: Path,
    book: DataBook,
    prices: Prices,
    *,
    today: dt.date,
    currency: str = "USD",
    known_on: dt.date | None = None,
) -> Demands:
    """Shipments of a file, each checked as a quote would be.

    Raises:
        DataError: the file as a whole cannot be read, or holds no shipment.
    """
    columns, rows = shipment_rows.read_rows(path, PLAN_COLUMNS)
    raw = digest([read_bytes(path)])
    shipments: list[PlanShipment] = []
    rejected: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    skipped = asked = 0

    def refuse(line: int, column: str, code: str, text: str, value: str) -> None:
        rejected.append({"file": path.name, "line": line, "column": column, "code": code, "text": text, "value": value})

    for row in rows:
        if isinstance(row, Problem):
            refuse(row.line, row.column, row.code, row.text, row.value)
            continue
        if not any(row.cells.values()):
            skipped += 1
            continue
        shipment_id = row.cells.get("shipment_id", "") or f"line-{row.line}"
        if shipment_id in seen:
            text = f"The shipment id {shipment_id} stands on line {seen[shipment_id]} already; give each row its own."
            refuse(row.line, "shipment_id", "repeated_id", text, shipment_id)
            continue
        seen[shipment_id] = row.line
        try:
            shipments.append(_shipment(row, shipment_id, book, prices, today, currency, known_on))
        except FreightError as fault:
            column = {"ready": "ready_date", "due": "due_date"}.get(fault.field, fault.field)
            asked += fault.code in shipment_rows.NEEDS_ANSWER
            refuse(row.line, column, fault.code, str(fault), row.cells.get(column, ""))
    if not shipments and not rejected:
        raise DataError(
            [Problem("no_shipments", "the file holds no shipment; write one a row below the header", file=path.name)]
        )
    return Demands(tuple(shipments), tuple(rejected), tuple(c for c in columns if c), skipped, asked, raw)


def _shipment(
    row: shipment_rows.Row,
    shipment_id: str,
    book: DataBook,
    prices: Prices,
    today: dt.date,
    currency: str,
    known_on: dt.date | None,
) -> PlanShipment:
    cells = row.cells
    request = shipment_rows.request_of(row.cells)
    known = (known_on or today).isoformat()
    request = replace(request, known_on=known)
    job = normalise(request, book, today)
    if job.objective != "cost":
        raise RequestError(
            f"A plan is made at least cost; the row asks for {job.objective}.",
            code="objective_not_planned",
            field="objective",
            hint="Leave the cell empty and give a due date and a late_price.",
        )
    job = replace(job, currency=currency)
    unserved = _money(cells, "unserved_price", prices.unserved)
    cargo = book.cargoes[job.shipment.cargo]
    value = (
        job.shipment.value_usd / job.shipment.mass_t if job.shipment.value_usd is not None else cargo.price_usd_per_t
    )
    worth = book.fx.quote("USD", currency, min(today, known_on or today)).convert(value or Decimal(0))
    storage = _money(cells, "storage_price", prices.storage) + worth * prices.interest / 365
    return PlanShipment(
        shipment_id=shipment_id,
        line=row.line,
        job=job,
        priority=_priority(cells),
        whole=not _splittable(cells),
        unserved=unserved,
        late=_money(cells, "late_price", prices.late),
        storage=round_to(storage, MILLI),
    )


def _money(cells: Mapping[str, str], column: str, default: Decimal) -> Decimal:
    text = cells.get(column, "")
    return positive(text, column, zero_allowed=True) if text else default


def _priority(cells: Mapping[str, str]) -> int:
    text = cells.get("priority", "")
    if not text:
        return 3
    if text not in ("1", "2", "3", "4", "5"):
        raise RequestError(
            f"{text!r} is no priority.", code="bad_priority", field="priority", hint="Write 1 (first) to 5 (last)."
        )
    return int(text)


def _splittable(cells: Mapping[str, str]) -> bool:
    text = cells.get("splittable", "").lower()
    if text and text not in (*_YES, *_NO):
        raise RequestError(
            f"{text!r} is neither yes nor no.", code="bad_splittable", field="splittable", hint="Write yes or no."
        )
    return text not in _NO or not text
