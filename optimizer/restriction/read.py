"""Reading `restrictions.csv` and `compliance.csv`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import ProblemList
from optimizer.restriction.exemption import read_exemptions
from optimizer.restriction.model import KINDS, ComplianceRule, Restriction, Restrictions
from optimizer.restriction.quota import read_limit
from optimizer.validity import Validity, parse_from, parse_to

RESTRICTIONS, COMPLIANCE = "restrictions.csv", "compliance.csv"
_RESTRICTION_COLUMNS = (
    "restriction_id",
    "kind",
    "place",
    "direction",
    "cargo",
    "wagon_type",
    "wagon_owner",
    "origin",
    "destination",
    "exceptions",
    "quota",
    "quota_unit",
    "tendered",
    "valid_from",
    "valid_to",
    "known_from",
    "last_confirmed",
    "months",
    "document",
    "source_id",
    "status",
    "note",
)
_COMPLIANCE_COLUMNS = (
    "comp_id",
    "kind",
    "country",
    "valid_from",
    "valid_to",
    "fact",
    "warning_code",
    "countries",
    "places",
    "cargo",
    "mode",
    "origin",
    "destination",
    "text",
    "source_id",
    "status",
    "note",
)


def read_restrictions(root: Traversable | Path | None = None) -> Restrictions:
    """All restrictions and compliance rules.

    Args:
        root: a folder with both tables; None is the package `network_data`.
    Raises:
        DataError: every fault of both tables at once.

    >>> read_restrictions().get("KTZ-2025-AKTAU-1").valid.start
    datetime.date(2025, 10, 6)
    """
    problems = ProblemList()
    raw = {
        file: tables.read_bytes(tables.data_file("network_data", file) if root is None else root.joinpath(file))
        for file in (RESTRICTIONS, COMPLIANCE)
    }
    rows: list[Restriction] = []
    rules: list[ComplianceRule] = []
    seen: set[str] = set()
    for line, cells in _listed(raw[RESTRICTIONS], RESTRICTIONS, _RESTRICTION_COLUMNS):
        dates = _dates(cells, RESTRICTIONS, line, problems)
        if cells["kind"] not in KINDS:
            problems.add(
                "unknown_kind",
                f"kind {cells['kind']!r} is unknown; write one of {', '.join(KINDS)}",
                file=RESTRICTIONS,
                line=line,
                column="kind",
                value=cells["kind"],
            )
        _check_id(cells["restriction_id"], seen, RESTRICTIONS, line, problems)
        _check_words(cells, line, problems)
        rows.append(
            Restriction(
                restriction_id=cells["restriction_id"],
                kind=cells["kind"],
                places=_parts(cells["place"]),
                direction=cells["direction"],
                cargo=cells["cargo"],
                wagon_type=cells["wagon_type"],
                wagon_owner=cells["wagon_owner"],
                origins=_countries(cells["origin"]),
                destinations=_countries(cells["destination"]),
                exceptions=cells["exceptions"],
                quota=cells["quota"],
                quota_unit=cells["quota_unit"],
                tendered=cells["tendered"],
                valid=Validity(dates["valid_from"], dates["valid_to"]),
                known_from=dates["known_from"],
                last_confirmed=dates["last_confirmed"],
                months=_months(cells["months"], line, problems),
                document=cells["document"],
                source_id=cells["source_id"],
                status=cells["status"],
                note=cells["note"],
                line=line,
            )
        )
    for line, cells in _listed(raw[COMPLIANCE], COMPLIANCE, _COMPLIANCE_COLUMNS):
        dates = _dates(cells, COMPLIANCE, line, problems)
        _check_id(cells["comp_id"], seen, COMPLIANCE, line, problems)
        rules.append(
            ComplianceRule(
                comp_id=cells["comp_id"],
                kind=cells["kind"],
                country=cells["country"],
                valid=Validity(dates["valid_from"], dates["valid_to"]),
                fact=cells["fact"],
                warning_code=cells["warning_code"],
                countries=tuple(frozenset(p.split("|")) for p in _parts(cells["countries"])),
                places=frozenset(_parts(cells["places"])),
                cargo=_parts(cells["cargo"]),
                mode=cells["mode"],
                origins=_countries(cells["origin"]),
                destinations=_countries(cells["destination"]),
                text=cells["text"],
                source_id=cells["source_id"],
                status=cells["status"],
                note=cells["note"],
                line=line,
            )
        )
    problems.raise_if_any()
    return Restrictions(tuple(rows), tuple(rules), tables.digest(raw.values()))


def _listed(raw: bytes, file: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    listed = list(tables.rows_of(tables.decode(raw, file), file))
    tables.require_columns(listed, columns, file)
    return listed


def _check_id(row_id: str, seen: set[str], file: str, line: int, problems: ProblemList) -> None:
    if not row_id or row_id in seen:
        problems.add(
            "id_twice",
            f"id {row_id!r} is empty or stands on an earlier line; give the row an id of its own",
            file=file,
            line=line,
            value=row_id,
        )
    seen.add(row_id)


def _check_words(cells: Mapping[str, str], line: int, problems: ProblemList) -> None:
    """The two cells with a grammar of their own: exceptions and quota."""
    try:
        read_exemptions(cells["exceptions"])
    except ValueError as fault:
        problems.add(
            "bad_exception",
            f"exceptions: {fault}",
            file=RESTRICTIONS,
            line=line,
            column="exceptions",
            value=cells["exceptions"],
        )
    try:
        if cells["quota"]:
            read_limit(cells["quota"], cells["quota_unit"], cells["tendered"])
    except ValueError as fault:
        problems.add("bad_quota", f"{fault}; write it like 30", file=RESTRICTIONS, line=line, column="quota")


def _dates(cells: Mapping[str, str], file: str, line: int, problems: ProblemList) -> dict[str, dt.date | None]:
    """The dates of a row; a from-date is its first day, a to-date its last."""
    readers: dict[str, Callable[[str], dt.date | None]] = {
        "valid_from": parse_from,
        "valid_to": parse_to,
        "known_from": parse_from,
        "last_confirmed": parse_to,
    }
    dates: dict[str, dt.date | None] = {}
    for column, reader in readers.items():
        text = cells.get(column, "")
        try:
            dates[column] = reader(text)
        except ValueError:
            dates[column] = None
            problems.add(
                "bad_date",
                f"{column} {text!r} is no date; write YYYY-MM-DD, YYYY-MM or YYYY",
                file=file,
                line=line,
                column=column,
                value=text,
            )
    return dates


def _months(text: str, line: int, problems: ProblemList) -> frozenset[int]:
    """Months written 11-12, or over the turn of the year 11-2."""
    if not text:
        return frozenset()
    try:
        first, last = (int(p) for p in text.split("-"))
        if not (1 <= first <= 12 and 1 <= last <= 12):
            raise ValueError(text)
    except ValueError:
        problems.add(
            "bad_months", f"months {text!r} is no span; write it like 11-12", file=RESTRICTIONS, line=line, value=text
        )
        return frozenset()
    return frozenset((first + i - 1) % 12 + 1 for i in range((last - first) % 12 + 1))


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in cell.split(";") if p.strip())


def _countries(cell: str) -> frozenset[str]:
    return frozenset() if cell in ("", "all") else frozenset(_parts(cell))
