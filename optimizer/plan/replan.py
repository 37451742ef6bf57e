"""Plans compared, and plans kept: bookings from an earlier plan.csv, and who moves between two plans."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import ProblemList, RequestError
from optimizer.plan.build import Booking
from optimizer.plan.model import KINDS
from optimizer.plan.resources import Closure, places_in
from optimizer.request import parse_day

CHANGE_COLUMNS = (
    "shipment_id",
    "change",
    "units",
    "from_route",
    "to_route",
    "from_start",
    "to_start",
    "from_arrival_p50",
    "to_arrival_p50",
    "extra_cost",
    "currency",
    "extra_days",
    "due_date",
    "misses_due",
)
ZERO = Decimal(0)


def read_bookings(path: Path) -> tuple[Booking, ...]:
    """Bookings of a file with the columns shipment_id, way_id, start_date and units, as plan.csv has them.

    Raises:
        DataError: every fault of the file at once.
    """
    listed = list(tables.rows_of(tables.decode(tables.read_bytes(path), path.name), path.name))
    tables.require_columns(listed, ("shipment_id", "way_id", "start_date", "units"), path.name)
    problems, found = ProblemList(), []
    for line, cells in listed:
        try:
            day = dt.date.fromisoformat(cells["start_date"])
        except ValueError:
            problems.add(
                "bad_date",
                f"start_date {cells['start_date']!r} is not a date written YYYY-MM-DD",
                file=path.name,
                line=line,
            )
            continue
        if not re.fullmatch(r"[1-9]\d{0,5}", cells["units"], re.ASCII):
            problems.add(
                "bad_units", f"units {cells['units']!r} are not a whole number above 0", file=path.name, line=line
            )
            continue
        if not cells["way_id"]:
            problems.add("missing_way", "way_id is empty; take the row from a plan.csv", file=path.name, line=line)
            continue
        found.append(Booking(cells["shipment_id"].removeprefix("'"), cells["way_id"], day, int(cells["units"]), line))
    problems.raise_if_any()
    return tuple(found)


def read_closures(texts: Sequence[str], book: DataBook) -> tuple[Closure, ...]:
    """Closures written RESOURCE:FROM:TO, a resource being a place or a resource id, days inclusive.

    Raises:
        RequestError: one cannot be understood.
    """
    found: list[Closure] = []
    for text in texts:
        what, _, days = text.rpartition(":") if text.count(":") < 2 else _split(text)
        first_text, _, last_text = days.partition(":")
        if not what or not last_text:
            raise RequestError(
                f"{text!r} is not a closure.",
                code="bad_closure",
                field="close",
                hint="Write it as kz-bolashak:2026-12-01:2026-12-20.",
            )
        first, last = parse_day(first_text, "close"), parse_day(last_text, "close")
        if last < first:
            raise RequestError(
                f"The closure of {what} ends before it begins.",
                code="bad_closure",
                field="close",
                hint="Turn the days.",
            )
        if ":" in what:
            kind = what.partition(":")[0]
            unknown = [] if kind in ("fleet", "quota") else [p for p in places_in(what) if p not in book.network.places]
            if kind not in (*KINDS, "quota") or unknown:
                raise RequestError(
                    f"{unknown[0] if unknown else kind!r} of the closure {what} is not known.",
                    code="bad_closure",
                    field="close",
                    hint="Take the resource from bottlenecks.csv, or name a place.",
                )
            found.append(Closure(what, first, last))
        else:
            place = book.places.resolve(what, "close")
            found.append(Closure(place, first, last, frozenset(book.network.members[place])))
    return tuple(found)


def _split(text: str) -> tuple[str, str, str]:
    what, first, last = text.rsplit(":", 2)
    return what, ":", f"{first}:{last}"


def read_plan(folder: Path) -> list[dict[str, str]]:
    """The rows of an earlier plan.csv.

    Raises:
        DataError: there is none, or it lacks a column.
    """
    path = folder / "plan.csv"
    rows = list(tables.rows_of(tables.decode(tables.read_bytes(path), "plan.csv"), "plan.csv"))
    tables.require_columns(rows, ("shipment_id", "way_id", "start_date", "units", "total"), "plan.csv")
    return [{key: value.removeprefix("'") for key, value in row.items()} for _, row in rows]


def read_unserved(folder: Path) -> dict[str, Decimal]:
    """What an earlier plan left behind cost, by shipment."""
    path = folder / "unserved.csv"
    if not path.exists():
        return {}
    rows = tables.rows_of(tables.decode(tables.read_bytes(path), "unserved.csv"), "unserved.csv")
    found: dict[str, Decimal] = defaultdict(Decimal)
    for _, row in rows:
        found[row["shipment_id"].removeprefix("'")] += _amount(row["cost"])
    return dict(found)


def changes(
    before: Sequence[Mapping[str, str]],
    after: Sequence[Mapping[str, object]],
    cost_behind_before: Mapping[str, Decimal],
    cost_behind_after: Mapping[str, Decimal],
    currency: str,
) -> list[dict[str, object]]:
    """Who moves between two plans: a row for each shipment whose ways, weeks or units differ.

    Extra cost is that of all its rows and of what stays behind; extra days are of its last likely arrival.
    """
    old, new = _by_shipment(before), _by_shipment(after)
    rows: list[dict[str, object]] = []
    for shipment_id in sorted({*old, *new, *cost_behind_before, *cost_behind_after}):
        a, b = old.get(shipment_id, []), new.get(shipment_id, [])
        shape_a = sorted((r["way_id"], r["start_date"], int(str(r["units"]))) for r in a)
        shape_b = sorted((r["way_id"], r["start_date"], int(str(r["units"]))) for r in b)
        if shape_a == shape_b:
            continue
        moved = _moved(shape_a, shape_b)
        cost_a = sum((_amount(r["total"]) for r in a), ZERO) + cost_behind_before.get(shipment_id, ZERO)
        cost_b = sum((_amount(r["total"]) for r in b), ZERO) + cost_behind_after.get(shipment_id, ZERO)
        last_a, last_b = _last(a), _last(b)
        due = str((b or a)[0].get("due_date") or "") if (a or b) else ""
        missed_before = bool(due and last_a and last_a.isoformat() > due)
        missed = bool(due and ((last_b and last_b.isoformat() > due) or cost_behind_after.get(shipment_id)))
        rows.append(
            {
                "shipment_id": shipment_id,
                "change": _word(a, b, shape_a, shape_b),
                "units": moved,
                "from_route": _joined(a, "route"),
                "to_route": _joined(b, "route"),
                "from_start": _joined(a, "start_date"),
                "to_start": _joined(b, "start_date"),
                "from_arrival_p50": last_a.isoformat() if last_a else "",
                "to_arrival_p50": last_b.isoformat() if last_b else "",
                "extra_cost": f"{cost_b - cost_a:.2f}",
                "currency": currency,
                "extra_days": (last_b - last_a).days if last_a and last_b else "",
                "due_date": due,
                "misses_due": "now" if missed and not missed_before else ("still" if missed else ""),
            }
        )
    return rows


def _word(
    a: Sequence[object],
    b: Sequence[object],
    shape_a: Sequence[tuple[object, ...]],
    shape_b: Sequence[tuple[object, ...]],
) -> str:
    if not a:
        return "added"
    if not b:
        return "left behind"
    if {s[0] for s in shape_a} != {s[0] for s in shape_b}:
        return "other way"
    return "other date" if {s[1] for s in shape_a} != {s[1] for s in shape_b} else "other units"


def _moved(shape_a: Sequence[tuple[object, ...]], shape_b: Sequence[tuple[object, ...]]) -> int:
    """Units that go another way or on another day than before."""
    old = {(s[0], s[1]): int(str(s[2])) for s in shape_a}
    new = {(s[0], s[1]): int(str(s[2])) for s in shape_b}
    return max(
        sum(max(0, n - new.get(key, 0)) for key, n in old.items()),
        sum(max(0, n - old.get(key, 0)) for key, n in new.items()),
    )


def _by_shipment(rows: Sequence[Mapping[str, object]]) -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for row in rows:
        found[str(row["shipment_id"])].append(row)
    return found


def _joined(rows: Sequence[Mapping[str, object]], column: str) -> str:
    return "; ".join(dict.fromkeys(str(row.get(column, "")) for row in rows))


def _last(rows: Sequence[Mapping[str, object]]) -> dt.date | None:
    days = [str(row.get("arrival_p50") or "") for row in rows]
    return max((dt.date.fromisoformat(d) for d in days if d), default=None)


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return ZERO
