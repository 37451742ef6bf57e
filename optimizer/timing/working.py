"""When work rests: the table `seeds/working_days.csv`, by country or place and kind of work.

kind             road_border, rail_border, port, terminal (inland: lifts, containers taken in, transshipment),
                 reloading (at a break of gauge), loading (at the shipper's)
country, place   whose; empty: any. A row of a place beats one of a country, that one beats any
rests_on         none; weekend (as the country has it); weekdays such as Fri or Sat;Sun; in_mean: the hours of
                 the leg were measured from entry to exit, so nights and ordinary weekends are in them
works_holidays   yes or no; `holidays` names those that count, by a part of their name; empty: all
hours            of a post, where the crossing's own row does not tell them: 24h or 08:00-20:00
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from optimizer.errors import DataError, Problem, ProblemList
from optimizer.tables import data_file, digest, read_bytes
from optimizer.timing.calendar import Hours, holiday_name, is_weekend, parse_hours
from optimizer.timing.rows import Cells, read_rows
from optimizer.validity import Validity

NAME = "seeds/working_days.csv"
KINDS = ("road_border", "rail_border", "port", "terminal", "reloading", "loading")
COLUMNS = (
    *("row_id", "kind", "country", "place", "rests_on", "works_holidays", "holidays", "hours"),
    *("valid_from", "valid_to", "source_id", "status", "note"),
)
# Elements of `times.csv` whose work may rest; of the others none is known to.
_WORK_OF = {
    "road_border": "road_border",
    "rail_border": "rail_border",
    "port": "port",
    "lift": "terminal",
    "transship": "terminal",
    "handling": "terminal",
    "reload": "reloading",
    "bogie": "reloading",
    "loading": "loading",
}
TERMINAL_SERVICES = frozenset({"container to the rail terminal"})


def work_of(element: str, service: str) -> str:
    """Kind of work of an element of a way (see `elements.element_of_leg`); "" where none rests.

    >>> work_of("loading", "truck"), work_of("loading", "container to the rail terminal"), work_of("sea_haul", "roro")
    ('loading', 'terminal', '')
    """
    return "terminal" if service in TERMINAL_SERVICES else _WORK_OF.get(element, "")


@dataclass(frozen=True, slots=True)
class Working:
    """One row: when one kind of work rests in a country or at a place."""

    row_id: str
    kind: str
    country: str
    place: str
    weekend: bool  # rests on the country's own weekend
    weekdays: frozenset[int]  # or on these days
    in_mean: bool
    works_holidays: bool
    holidays: tuple[str, ...]
    hours: Hours | None
    validity: Validity
    source_id: str
    status: str
    note: str
    line: int

    @property
    def ever_rests(self) -> bool:
        """Whether any day could be one of rest."""
        return self.weekend or bool(self.weekdays) or not self.works_holidays

    def rests(self, day: dt.date, country: str) -> tuple[str, str]:
        """(weekend or holiday, its name) where work rests on a day, else two empty words."""
        if (self.weekend and is_weekend(day, country)) or day.weekday() in self.weekdays:
            return "weekend", f"{day:%A}"
        name = "" if self.works_holidays else self.off(day, country)
        return ("holiday", name) if name else ("", "")

    def off(self, day: dt.date, country: str) -> str:
        """Name of a holiday that counts here, whether work rests on it or not."""
        name = holiday_name(day, country)
        wanted = not self.holidays or any(word in name.lower() for word in self.holidays)
        return name if wanted else ""


@dataclass(frozen=True)
class WorkingDays:
    """All rows and their version."""

    rows: tuple[Working, ...]
    version: str = ""
    _found: dict[tuple[str, str, str, dt.date], Working | None] = field(default_factory=dict, compare=False, repr=False)

    def row(self, kind: str, country: str, place: str, day: dt.date) -> Working | None:
        """The most specific row in force, or None where nothing is said.

        >>> read_working_days().row("road_border", "IR", "ir-sarakhs", dt.date(2026, 3, 20)).row_id
        'road-border-ir'
        """
        key = (kind, country, place, day)
        if key not in self._found:
            fitting = [
                row
                for row in self.rows
                if row.kind == kind
                and row.country in ("", country)
                and row.place in ("", place)
                and row.validity.contains(day)
            ]
            if len(self._found) > 4096:
                self._found.clear()
            # Ids decide between equals, so that the order of the rows never does.
            self._found[key] = max(fitting, key=lambda r: (bool(r.place), bool(r.country), r.row_id), default=None)
        return self._found[key]


def read_working_days(raw: bytes | None = None) -> WorkingDays:
    """The table, checked.

    Args:
        raw: bytes of another table of the same columns; None: `seeds/working_days.csv`.
    Raises:
        DataError: every fault of every row.
    """
    if raw is None:
        raw = read_bytes(data_file("seeds", "working_days.csv"))
    problems = ProblemList()
    seen: set[str] = set()
    rows = []
    for cells in read_rows(raw, NAME, COLUMNS, problems):
        if not cells["row_id"] or cells["row_id"] in seen:
            cells.fault("row_id", "duplicate_id", "stands twice or is empty; give every row its own id")
        seen.add(cells["row_id"])
        rows.append(_row(cells))
    problems.raise_if_any()
    return WorkingDays(tuple(rows), digest([raw]))


def check_working_days(
    working: WorkingDays, known_places: AbstractSet[str], known_sources: AbstractSet[str]
) -> list[Problem]:
    """Places and sources that are not listed, and two rows that say different things of the same days."""
    found = []
    said: dict[tuple[str, str, str], list[Working]] = {}
    for row in working.rows:
        if row.place and row.place not in known_places:
            text = f"place '{row.place}' is no place of the network; add it to places.csv or mend the id"
            found.append(Problem("unknown_place", text, file=NAME, line=row.line, column="place", value=row.place))
        if row.source_id not in known_sources:
            text = f"the source '{row.source_id}' is not listed in sources.csv; add it there"
            found.append(Problem("unknown_source", text, file=NAME, line=row.line, value=row.source_id))
        for other in said.setdefault((row.kind, row.country, row.place), []):
            if not (_before(row.validity, other.validity) or _before(other.validity, row.validity)):
                text = f"{row.row_id} and {other.row_id} speak of the same work on the same days; keep one of them"
                found.append(Problem("two_rows", text, file=NAME, line=row.line, value=row.row_id))
        said[row.kind, row.country, row.place].append(row)
    return found


def _before(a: Validity, b: Validity) -> bool:
    return a.end is not None and b.start is not None and a.end < b.start


def _row(cells: Cells) -> Working:
    rests, hours = cells["rests_on"], None
    if not rests:
        cells.fault("rests_on", "empty_cell", "is empty; write none, weekend, in_mean or weekdays")
    if cells["country"] and (len(cells["country"]) != 2 or not cells["country"].isupper()):
        cells.fault("country", "bad_value", "is no code of a country such as IR")
    if cells["hours"]:
        try:
            hours = parse_hours(cells["hours"])
        except DataError:
            cells.fault("hours", "opening_hours", "tells no opening hours; write 24h or HH:MM-HH:MM")
    named = rests in ("", "none", "weekend", "in_mean")
    return Working(
        cells["row_id"],
        cells.among("kind", KINDS),
        cells["country"],
        cells["place"],
        rests == "weekend",
        frozenset() if named else cells.weekdays("rests_on"),
        rests == "in_mean",
        cells.among("works_holidays", ("yes", "no")) == "yes",
        tuple(word.strip().lower() for word in cells["holidays"].split(";") if word.strip()),
        hours,
        cells.validity(),
        *cells.sourced(),
        cells.line,
    )
