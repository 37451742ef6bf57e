"""Departures whose days are known: the table `network_data/timetables.csv`, and a user's own rows over it.

    from_id, to_id   places between which the ship or train goes, this way only
    kind             of a ship its service (roro, rail_ferry, container_feeder, dry_bulk); train or container_train
    weekdays         Mon;Thu, by the clock of the place of departure
    departs_at       hour; empty: not known, then noon is taken
    cutoff_h         hours before departure after which nothing is taken any more; empty: 0

Few of our services publish a day; where none is known the frequency of the service and the law of `times.csv` stay.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from optimizer.errors import Problem, ProblemList
from optimizer.tables import data_file, digest, read_bytes
from optimizer.timing.calendar import hours_after, local_days
from optimizer.timing.rows import Cells, read_rows, weekday_words
from optimizer.validity import Validity

NAME = "network_data/timetables.csv"
SHIPS = ("roro", "rail_ferry", "container_feeder", "dry_bulk")
TRAINS = ("train", "container_train")
COLUMNS = (
    *("from_id", "to_id", "kind", "weekdays", "departs_at", "cutoff_h"),
    *("valid_from", "valid_to", "source_id", "status", "note"),
)
HOUR_NOT_KNOWN = dt.time(12)
WEEK_H = 168.0


@dataclass(frozen=True, slots=True)
class Departures:
    """One row: the weekdays a service leaves on.

    Attributes:
        weekdays: Monday 0, by the clock of the place of departure.
        cutoff_h: hours before departure after which nothing is taken any more.
    """

    from_id: str
    to_id: str
    kind: str
    weekdays: frozenset[int]
    departs_at: dt.time
    cutoff_h: float
    validity: Validity
    source_id: str
    status: str
    note: str
    line: int

    @property
    def in_words(self) -> str:
        """Days and hour, as the quote says them."""
        cutoff = f", taken until {self.cutoff_h:g} h before" if self.cutoff_h else ""
        return f"{weekday_words(self.weekdays)} {self.departs_at:%H:%M}{cutoff}"


@dataclass(frozen=True)
class Timetables:
    """All rows and their version."""

    rows: tuple[Departures, ...] = ()
    version: str = ""

    @cached_property
    def _from(self) -> dict[str, list[Departures]]:
        found: dict[str, list[Departures]] = {}
        for row in self.rows:
            found.setdefault(row.from_id, []).append(row)
        return found

    def of(self, from_id: str, to_ids: AbstractSet[str], kinds: Sequence[str], day: dt.date) -> tuple[Departures, ...]:
        """Rows of a service that are in force on a day.

        Args:
            to_ids: places the cargo goes to or through.
        """
        return tuple(
            row
            for row in self._from.get(from_id, ())
            if row.to_id in to_ids and row.kind in kinds and row.validity.contains(day)
        )

    def over(self, own: Timetables) -> Timetables:
        """A user's rows laid over these: of a service he knows, ours count no more."""
        known = {(row.from_id, row.to_id, row.kind) for row in own.rows}
        ours = tuple(row for row in self.rows if (row.from_id, row.to_id, row.kind) not in known)
        return Timetables((*own.rows, *ours), digest([self.version.encode(), own.version.encode()]))


def departures(
    rows: Iterable[Departures], country: str, begins: dt.datetime, first_h: float, last_h: float
) -> list[tuple[float, float]]:
    """(last hour at which cargo is taken, hour of departure) from `first_h` to a week and more after `last_h`.

    Args:
        country: of the place of departure.
        begins: from which hours are counted, with its zone.
    Returns:
        By hour of departure, the latest of them after `last_h`; last hours never fall, since who is in time for a
        ship is in time for every later one.

    >>> monday = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    >>> thursdays = Departures("a", "b", "roro", frozenset({3}), dt.time(18), 12, Validity(), "s", "published", "", 2)
    >>> departures([thursdays], "", monday, 0, 100)
    [(78.0, 90.0), (246.0, 258.0)]
    """
    found = []
    for row in rows:
        for day in local_days(begins, first_h - 24, last_h + row.cutoff_h + WEEK_H + 24, country):
            if day.weekday() in row.weekdays:
                leaves = hours_after(begins, day, row.departs_at, country)
                if leaves - row.cutoff_h >= first_h:
                    found.append((leaves, leaves - row.cutoff_h))
    kept: list[tuple[float, float]] = []
    for leaves, latest in sorted(found):
        if kept and latest <= kept[-1][0]:
            continue  # who is too late for the ship before is too late for this one as well
        kept.append((latest, leaves))
    enough = next((i for i, (latest, _) in enumerate(kept) if latest >= last_h), len(kept) - 1)
    return kept[: enough + 1]


def read_timetables(raw: bytes | None = None, name: str = NAME) -> Timetables:
    """The table, checked.

    Args:
        raw: bytes of another table of the same columns; None: our own.
    Raises:
        DataError: every fault of every row.
    """
    if raw is None:
        raw = read_bytes(data_file("network_data", "timetables.csv"))
    problems = ProblemList()
    rows = tuple(_row(cells) for cells in read_rows(raw, name, COLUMNS, problems))
    problems.raise_if_any()
    return Timetables(rows, digest([raw]))


def check_timetables(
    tables: Timetables, known_places: AbstractSet[str], known_sources: AbstractSet[str]
) -> list[Problem]:
    """Places and sources that are not listed."""
    found = []
    for row in tables.rows:
        for column, place in (("from_id", row.from_id), ("to_id", row.to_id)):
            if place not in known_places:
                text = f"{column} '{place}' is no place of the network; add it to places.csv or mend the id"
                found.append(Problem("unknown_place", text, file=NAME, line=row.line, column=column, value=place))
        if row.source_id not in known_sources:
            text = f"the source '{row.source_id}' is not listed in sources.csv; add it there"
            found.append(Problem("unknown_source", text, file=NAME, line=row.line, value=row.source_id))
    return found


def _row(cells: Cells) -> Departures:
    for column in ("from_id", "to_id", "weekdays"):
        if not cells[column]:
            cells.fault(column, "empty_cell", "is empty; a departure has two places and its weekdays")
    if cells["from_id"] and cells["from_id"] == cells["to_id"]:
        cells.fault("to_id", "bad_value", "is the place of departure itself")
    cutoff_h = cells.parsed("cutoff_h", float, 0.0, "bad_value", "is no number of hours")
    if not 0 <= cutoff_h <= 2 * WEEK_H:
        cells.fault("cutoff_h", "bad_value", "is not between 0 and two weeks")
    validity = cells.validity()
    if validity.start and validity.end and validity.end < validity.start:
        cells.fault("valid_to", "bad_value", "lies before valid_from")
    return Departures(
        cells["from_id"],
        cells["to_id"],
        cells.among("kind", (*SHIPS, *TRAINS)),
        cells.weekdays("weekdays"),
        cells.time("departs_at") or HOUR_NOT_KNOWN,
        cutoff_h,
        validity,
        *cells.sourced(),
        cells.line,
    )
