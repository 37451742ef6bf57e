"""The forecast: every shipment of the demand sent the cheapest way of its day, or split over routes by a logit."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import FreightError
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.ways import best_way, ways

LOT_T = Decimal(3000)
ROUTES = 8  # looked at for a logit
NEEDED = ("origin", "destination", "cargo", "tonnes", "ready_date")


@dataclass(frozen=True, slots=True)
class Sent:
    """Tonnes of one shipment on one way."""

    day: dt.date
    origin: str  # country
    destination: str  # country, or the partner beyond it
    cargo: str
    groups: frozenset[str]
    tonnes: Decimal
    places: frozenset[str]
    way: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is sent, what found no way, and the spans of days the demand covers."""

    sent: tuple[Sent, ...]
    stays: tuple[tuple[str, Decimal, str], ...]
    spans: tuple[tuple[str, dt.date, dt.date], ...]  # partner, first and last day of a table


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of demand."""

    shipment_id: str
    origin: str
    destination: str
    cargo: str
    tonnes: Decimal
    equipment: str
    ownership: str
    day: dt.date
    partner: str


def read_demand(files: Sequence[Path | Traversable]) -> tuple[list[Wanted], list[tuple[str, dt.date, dt.date]]]:
    """Rows of tables of demand, and for each table and partner the months it covers.

    Raises:
        DataError: a table cannot be read or lacks a column.
        FreightError: a row cannot be used.
    """
    found: list[Wanted] = []
    spans: list[tuple[str, dt.date, dt.date]] = []
    for file in files:
        name = str(getattr(file, "name", file))
        rows = list(tables.rows_of(tables.decode(tables.read_bytes(file), name), name))
        tables.require_columns(rows, NEEDED, name)
        days: dict[str, list[dt.date]] = defaultdict(list)
        for line, cells in rows:
            try:
                day, tonnes = dt.date.fromisoformat(cells["ready_date"]), Decimal(cells["tonnes"])
            except (ValueError, ArithmeticError) as fault:
                raise FreightError(
                    f"{name} line {line}: ready_date or tonnes cannot be read; mend the row.", code="bad_row"
                ) from fault
            partner = cells.get("partner") or cells["destination"][:2].upper()
            days[partner].append(day)
            found.append(
                Wanted(
                    shipment_id=cells.get("shipment_id") or f"line-{line}",
                    origin=cells["origin"],
                    destination=cells["destination"],
                    cargo=cells["cargo"],
                    tonnes=tonnes,
                    equipment=cells.get("equipment", ""),
                    ownership=cells.get("ownership", ""),
                    day=day,
                    partner=partner,
                )
            )
        for partner, listed in sorted(days.items()):
            last = max(listed)
            month_end = (last.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
            spans.append((partner, min(listed).replace(day=1), month_end))
    return found, spans


def assign(
    wanted: Iterable[Wanted],
    spans: Sequence[tuple[str, dt.date, dt.date]],
    book: DataBook,
    *,
    spread: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Forecast:
    """Send every row on its day, as known on it.

    Args:
        spread: of a logit over the best routes, US dollars a tonne; 0: the cheapest way takes all.
    """
    listed = sorted(wanted, key=lambda w: (w.day.year, w.day.month, w.cargo, w.destination[:2], w.day, w.shipment_id))
    kept: dict[tuple[object, ...], list[tuple[float, frozenset[str], str]] | str] = {}
    sent: list[Sent] = []
    stays: list[tuple[str, Decimal, str]] = []
    for done, w in enumerate(listed):
        if progress is not None:
            progress(done, len(listed))
        key = (w.origin, w.destination, w.cargo, w.equipment, w.ownership, book.regime(w.day, w.day))
        shares = kept.get(key)
        if shares is None:
            shares = kept[key] = _shares(w, book, spread)
        if isinstance(shares, str):
            stays.append((w.shipment_id, w.tonnes, shares))
            continue
        for share, places, way in shares:
            sent.append(
                Sent(
                    w.day,
                    w.origin[:2].upper(),
                    w.partner,
                    w.cargo,
                    book.cargoes[w.cargo].groups,
                    w.tonnes * Decimal(repr(share)),
                    places,
                    way,
                )
            )
    return Forecast(tuple(sent), tuple(stays), tuple(spans))


def _shares(w: Wanted, book: DataBook, spread: float) -> list[tuple[float, frozenset[str], str]] | str:
    """(share, places, borders) of the ways a row takes, or why it takes none."""
    day = w.day.isoformat()
    lot = min(LOT_T, w.tonnes)
    try:
        job = normalise(
            QuoteRequest(
                origin=w.origin,
                destination=w.destination,
                cargo=w.cargo,
                tonnes=f"{lot.normalize():f}",
                equipment=w.equipment,
                ownership=w.ownership,
                ready=day,
                known_on=day,
            ),
            book,
            w.day,
        )
    except FreightError as fault:
        return str(fault)
    search = Search(job, book)
    weight, blocked = search.combined("cost"), search.blocked()
    if spread > 0:
        paths, _ = ways(search, weight, blocked, ROUTES)
    else:
        best = best_way(search, weight, blocked)
        paths = [] if best is None else [best]
    if not paths:
        return "no way exists on that day"
    costs = [search.sums(path)[0] / 100 / float(lot) for path in paths]
    pulls = [math.exp(-(c - costs[0]) / spread) if spread > 0 else 1.0 for c in costs]
    edges = search.lane.edges
    found = []
    for path, pull in zip(paths, pulls, strict=True):
        places = frozenset(place for arc in path for place in edges[arc].places)
        way = " - ".join(edges[arc].sign for arc in path if edges[arc].sign)
        found.append((pull / sum(pulls), places, way))
    return found
