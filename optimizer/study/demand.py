"""The tonnes of a study: lanes written in it, or a table of shipments as `batch plan` reads, joined by lane."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError
from optimizer.money import round_to
from optimizer.provenance import STATUSES
from optimizer.study.model import LaneDemand
from optimizer.study.section import Section

LOT_T = Decimal(3000)  # a train of about 45 hoppers
NEEDED = ("origin", "destination", "cargo", "tonnes")
MOST_LANES = 2000
KILOGRAM = Decimal("0.001")


def read_lanes(s: Section, beside: Path, book: DataBook) -> tuple[tuple[LaneDemand, ...], str]:
    """(lanes, in words where they come from) of the table [demand].

    Args:
        beside: folder a file's name counts from; a table of `seeds/demand` is known by its name alone.
    """
    lot = s.number("lot_t", LOT_T, above=True) or LOT_T
    scale = s.number("scale", Decimal(1), above=True) or Decimal(1)
    table = s.text("table")
    note = s.text("note")
    lanes = [_inline(row, i, lot, scale, book) for i, row in enumerate(s.sections("lanes"), start=1)]
    if table:
        lanes += _of_table(s, table, beside, lot, scale, book)
        note = note or f"tonnes of {table}"
    elif not lanes:
        s.fault("no_demand", "holds neither a table nor [[demand.lanes]]; give one", "")
    if len(lanes) > MOST_LANES:
        s.fault("too_many_lanes", f"has {len(lanes)} lanes; at most {MOST_LANES}: choose by cargo or partner", "")
    s.done("table, lot_t, scale, note, cargo, partner, origin, destination_country, from, to, lanes")
    return tuple(lanes), note


def _inline(s: Section, number: int, lot: Decimal, scale: Decimal, book: DataBook) -> LaneDemand:
    tonnes = (s.number("tonnes", Decimal(1), needed=True, above=True) or Decimal(1)) * scale
    status = s.text("status", "estimated", STATUSES)
    source = s.text("source_id", "" if status == "estimated" else None)
    if source and source not in book.network.sources:
        s.fault("unknown_source", f"is {source!r}, which sources.csv does not hold", "source_id", source)
    own_lot = s.number("lot_t", lot, above=True) or lot
    found = LaneDemand(
        lane_id=s.text("name", f"L{number:03d}"),
        origin=_place(s, "origin", book),
        destination=_place(s, "destination", book),
        cargo=s.text("cargo", None),
        tonnes=tonnes,
        lot_t=min(own_lot, tonnes),
        equipment=s.text("equipment"),
        ownership=s.text("ownership"),
        status=status,
        source_id=source or "keruen-estimate",
    )
    s.done("name, origin, destination, cargo, tonnes, lot_t, equipment, ownership, status, source_id")
    return found


def _place(s: Section, key: str, book: DataBook) -> str:
    name = s.text(key, None)
    if not name:
        return ""
    try:
        return book.places.resolve(name, key)
    except FreightError as fault:
        s.fault(fault.code, fault.message, key, name)
        return ""


def _of_table(s: Section, table: str, beside: Path, lot: Decimal, scale: Decimal, book: DataBook) -> list[LaneDemand]:
    """Rows of a table that fit the choice, joined by lane."""
    wanted = {key: frozenset(s.texts(key)) for key in ("cargo", "partner", "origin", "destination_country")}
    first, last = s.day("from", dt.date.min) or dt.date.min, s.day("to", dt.date.max) or dt.date.max
    own, ready_made = beside / table, tables.data_file("seeds", "demand").joinpath(table)
    where = own if own.is_file() else ready_made
    if not where.is_file():
        s.fault("no_table", f"is {table!r}, which stands neither beside the study nor in seeds/demand", "table", table)
        return []
    try:
        rows = list(tables.rows_of(tables.decode(tables.read_bytes(where), table), table))
        tables.require_columns(rows, NEEDED, table)
    except DataError as broken:
        s.problems.problems.extend(broken.problems)
        return []
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    sources: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
    for line, cells in rows:
        try:
            day = dt.date.fromisoformat(cells.get("ready_date", "") or dt.date.min.isoformat())
            tonnes = Decimal(cells["tonnes"])
            if not tonnes.is_finite() or tonnes <= 0:
                raise ValueError
        except (ValueError, ArithmeticError):
            s.problems.add(
                "bad_row", "tonnes is no number above 0, or ready_date no date; mend the row", file=table, line=line
            )
            continue
        country = cells["destination"][:2].upper()
        if not first <= day <= last or any(
            wanted[column] and value not in wanted[column]
            for column, value in (
                ("cargo", cells["cargo"]),
                ("partner", cells.get("partner", "")),
                ("origin", cells["origin"]),
                ("destination_country", country),
            )
        ):
            continue
        key: tuple[str, ...] = (
            cells["origin"],
            cells["destination"],
            cells["cargo"],
            cells.get("equipment", ""),
            cells.get("ownership", ""),
        )
        sums[key] += tonnes * scale
        sources[key].add((cells.get("status", "") or "estimated", cells.get("source_id", "") or "keruen-estimate"))
    if rows and not sums:
        s.fault("no_row_fits", f"chooses no row of {table}; widen cargo, partner, from and to", "table", table)
    found = []
    for number, (key, total) in enumerate(sorted(sums.items()), start=1):
        statuses = {status for status, _ in sources[key]}
        mass = round_to(total, KILOGRAM)
        found.append(
            LaneDemand(
                lane_id=f"T{number:03d}",
                origin=key[0],
                destination=key[1],
                cargo=key[2],
                tonnes=mass,
                lot_t=min(lot, mass),
                equipment=key[3],
                ownership=key[4],
                status=max(statuses, key=("published", "provisional", "derived", "estimated").index),
                source_id=";".join(sorted({source for _, source in sources[key]})),
            )
        )
    return found
