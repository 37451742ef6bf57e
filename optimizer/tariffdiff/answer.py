"""The answer of "tariff diff": rows, lanes and their lines that are not the same on both sides, as plain data too."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.request import QuoteRequest

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a row, as text on both sides; "" where it is not set."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is not the same on both sides.

    Attributes:
        kind: rate, coefficient, surcharge, subsidy, through.
        what: added, removed or changed.
        old_place, new_place: file and line where it stands on either side; "" where it does not.
        touched: lanes and days (pairs) whose price it changes; 0: no lane touched.
    """

    kind: str
    id: str
    what: str
    old_place: str
    new_place: str
    fields: tuple[FieldChange, ...]
    touched: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.id,
            "what": self.what,
            "old_place": self.old_place,
            "new_place": self.new_place,
            "fields": [{"name": f.name, "old": f.old, "new": f.new} for f in self.fields],
            "touched": self.touched,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side says of a lane on a day: a total and the hauls of the best way, or why there is none."""

    total: Decimal | None
    way: tuple[str, ...] = ()
    code: str = ""
    text: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "total": _amount(self.total),
            "way": list(self.way),
            "code": self.code,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class LineChange:
    """Charge lines of one kind, carrier and place that differ between the two best ways.

    Attributes:
        where: `from - to`, or the two posts of a border; "" where a charge has no place.
        old, new: amounts in the lane's currency; None where that side has no such line.
        old_ids, new_ids: the rules of the lines, each followed by its coefficients.
        rows: ids of rows of the diff that bear on it.
    """

    charge: str
    carrier: str
    where: str
    old: Decimal | None
    new: Decimal | None
    old_ids: tuple[str, ...]
    new_ids: tuple[str, ...]
    rows: tuple[str, ...]

    @property
    def change(self) -> Decimal:
        return (self.new or ZERO) - (self.old or ZERO)

    def as_dict(self) -> dict[str, Any]:
        return {
            "charge": self.charge,
            "carrier": self.carrier,
            "where": self.where,
            "old": _amount(self.old),
            "new": _amount(self.new),
            "change": _amount(self.change),
            "old_ids": list(self.old_ids),
            "new_ids": list(self.new_ids),
            "rows": list(self.rows),
        }


@dataclass(frozen=True, slots=True)
class LaneChange:
    """A lane whose best price or way is not the same on a day; the changes of its lines add up to its own.

    Attributes:
        number: which of the lanes asked, from 1.
        way_changed: other hauls, or the same handled otherwise or charged as another chain.
        old_way_now: what the old best way costs under the new books, new_way_before: the new one under the old;
            None where the way is the same or cannot be used there.
        rows: ids of rows of the diff behind the change; empty: something other than rows differs.
    """

    number: int
    request: QuoteRequest
    day: dt.date
    old: Outcome
    new: Outcome
    way_changed: bool
    old_way_now: Decimal | None
    new_way_before: Decimal | None
    lines: tuple[LineChange, ...]
    rows: tuple[str, ...]

    @property
    def currency(self) -> str:
        return currency_of(self.request)

    @property
    def change(self) -> Decimal | None:
        """New less old total; None where a side has no price."""
        if self.old.total is None or self.new.total is None:
            return None
        return self.new.total - self.old.total

    @property
    def per_cent(self) -> Decimal | None:
        """The change in per cent of the old total, to the hundredth."""
        if self.change is None or not self.old.total:
            return None
        return (self.change / self.old.total * 100).quantize(HUNDREDTH)

    def as_dict(self) -> dict[str, Any]:
        return {
            "lane": self.number,
            **_request_dict(self.request),
            "day": self.day.isoformat(),
            "old": self.old.as_dict(),
            "new": self.new.as_dict(),
            "change": _amount(self.change),
            "per_cent": _amount(self.per_cent),
            "way_changed": self.way_changed,
            "old_way_now": _amount(self.old_way_now),
            "new_way_before": _amount(self.new_way_before),
            "rows": list(self.rows),
            "lines": [line.as_dict() for line in self.lines],
        }


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A lane that has no price on a day on either side, for the same reason."""

    number: int
    request: QuoteRequest
    day: dt.date
    code: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "lane": self.number,
            **_request_dict(self.request),
            "day": self.day.isoformat(),
            "code": self.code,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class TariffDiff:
    """What differs between two sets of books.

    Every pair of lane and day is one of changed (listed in `lanes`), unchanged or unpriced.

    Attributes:
        days: asked, ascending; `days_left_out`: days on which rows begin or end that were not asked.
        versions: of the tariffs of both sides, old and new.
    """

    today: dt.date
    days: tuple[dt.date, ...]
    days_left_out: int
    versions: tuple[str, str]
    rows: tuple[RowChange, ...]
    lanes: tuple[LaneChange, ...]
    unchanged: int
    unpriced: tuple[Unpriced, ...]

    @property
    def empty(self) -> bool:
        return not self.rows and not self.lanes

    @property
    def asked(self) -> int:
        """Pairs of lane and day."""
        return len(self.lanes) + self.unchanged + len(self.unpriced)

    def as_dict(self) -> dict[str, Any]:
        """Plain data: money as text, dates as YYYY-MM-DD."""
        return {
            "today": self.today.isoformat(),
            "versions": {"old": self.versions[0], "new": self.versions[1]},
            "days": [day.isoformat() for day in self.days],
            "days_left_out": self.days_left_out,
            "counts": {
                "rows_added": sum(row.what == "added" for row in self.rows),
                "rows_removed": sum(row.what == "removed" for row in self.rows),
                "rows_changed": sum(row.what == "changed" for row in self.rows),
                "rows_without_lane": sum(not row.touched for row in self.rows),
                "asked": self.asked,
                "changed": len(self.lanes),
                "unchanged": self.unchanged,
                "unpriced": len(self.unpriced),
            },
            "rows": [row.as_dict() for row in self.rows],
            "lanes": [lane.as_dict() for lane in self.lanes],
            "unpriced": [lane.as_dict() for lane in self.unpriced],
        }


def currency_of(request: QuoteRequest) -> str:
    """The currency a lane is quoted in, as a quote reads it."""
    return request.currency.strip().upper() or "USD"


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _request_dict(request: QuoteRequest) -> dict[str, str]:
    return {
        "origin": request.origin,
        "destination": request.destination,
        "cargo": request.cargo,
        "tonnes": request.tonnes,
        "units": request.units,
        "equipment": request.equipment,
        "ownership": request.ownership,
        "currency": currency_of(request),
    }
