"""Which law the hours of an element have: the table `seeds/times.csv`, read, checked and looked up.

A row of `use` spread gives the shape around the hours a leg already has; one of `use` queue tells of a dated wait
at a place: the hours cargo was held in all (`held`), or a closure that comes on top with some chance (`added`).

Quotas of the restrictions become queues too (`optimizer.restriction.waits`): no second list of them stands here.

    kind        rail_haul, road_haul, sea_haul, rail_border, road_border, wait_sailing, wait_tramp, port, reload,
                bogie, lift, transship, loading, handling
    from, to    id of a place, code of a country, or empty for any; `ways` both: also the other way round
    low, high   a published range, of hours or of speeds: its ratio gives the spread [rule: range]
    figures     means of several years, whose change is joined to the spread within a year, with the error of their
                mean: s^2 (1 + 1/n) of n years with deviation s, as one more year is foreseen [rule: predictive]
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from optimizer.errors import FreightError, Problem, ProblemList
from optimizer.provenance import STATUSES
from optimizer.tables import data_file, decode, digest, read_bytes, rows_of
from optimizer.timing.fitting import between, fitted
from optimizer.timing.gammas import HIGH_P, LOW_P
from optimizer.timing.laws import FORMS, Element, Shape, fixed, mixture
from optimizer.validity import Validity, parse_from, parse_to

KINDS = (
    *("rail_haul", "road_haul", "sea_haul", "rail_border", "road_border", "wait_sailing", "wait_tramp"),
    *("port", "reload", "bogie", "lift", "transship", "loading", "handling"),
)
COLUMNS = (
    *("use", "row_id", "kind", "service", "country", "from", "to", "ways", "family", "cargo", "months"),
    *("law", "cv", "low", "high", "read_as", "figures", "mean_h", "how", "share"),
    *("valid_from", "valid_to", "known_from", "source_id", "status", "note"),
)
NAME = "seeds/times.csv"
_T = TypeVar("_T")

# What the legs call their handling, and the element it is. A leg's text after the comma is the port's service.
_HANDLINGS = {
    "reloading": ("reload", ""),
    "bogie change": ("bogie", ""),
    "container lift": ("lift", ""),
    "container from the rail terminal": ("lift", ""),
    "transshipment": ("transship", ""),
    "loading the wagons": ("loading", "wagons"),
    "container to the rail terminal": ("loading", "container to the rail terminal"),
    "loading the container": ("loading", "truck"),
    "loading the truck": ("loading", "truck"),
    "waiting for a sailing": ("wait_sailing", ""),
    "waiting for a ship": ("wait_tramp", ""),
}


def element_of_leg(kind: str, mode: str, service: str) -> tuple[str, str]:
    """(kind of element, service) of a leg.

    Args:
        kind: haul, border, handling or wait, as a leg has it.
        mode: rail, road, sea or none.
        service: the leg's own word. For a wait the service of the sailing it waits for is not in it: pass that
            to `Times.law_of` yourself.

    >>> element_of_leg("haul", "sea", "roro"), element_of_leg("handling", "none", "port, wagon to ship")
    (('sea_haul', 'roro'), ('port', 'wagon to ship'))
    >>> element_of_leg("border", "rail", ""), element_of_leg("handling", "none", "weighing")
    (('rail_border', ''), ('handling', 'weighing'))
    """
    if kind in ("haul", "border"):
        return f"{mode}_{kind}", service if mode == "sea" else ""
    if service.startswith("port, "):
        return "port", service.removeprefix("port, ")
    return _HANDLINGS.get(service, ("handling", service))


@dataclass(frozen=True, slots=True)
class Where:
    """What an element is: the conditions a row of the table may name."""

    kind: str
    service: str = ""
    country: str = ""
    from_id: str = ""
    to_id: str = ""
    family: str = ""
    cargo: str = ""
    month: int = 0


@dataclass(frozen=True, slots=True)
class Selector:
    """The conditions of a row; what is empty fits anything."""

    kind: str
    service: str = ""
    country: str = ""
    start: str = ""  # id of a place or code of a country
    end: str = ""
    both_ways: bool = False
    family: str = ""
    cargo: str = ""
    months: frozenset[int] = frozenset()

    @property
    def rank(self) -> tuple[int, int, int, int, int, int, int]:
        """How narrow: places before countries before service before family, cargo and months; where one comes from
        before where one goes."""
        ends = (self.start, self.end)
        return (
            sum(len(e) > 2 for e in ends),
            sum(len(e) == 2 for e in ends) + bool(self.country),
            bool(self.service),
            bool(self.family),
            bool(self.cargo),
            bool(self.months),
            bool(self.start),
        )

    def fits(self, where: Where) -> bool:
        """Whether an element meets every condition."""
        return (
            self.kind == where.kind
            and self.service in ("", where.service)
            and self.country in ("", where.country)
            and self.family in ("", where.family)
            and self.cargo in ("", where.cargo)
            and (not self.months or where.month in self.months)
            and (self._runs(where.from_id, where.to_id) or (self.both_ways and self._runs(where.to_id, where.from_id)))
        )

    def _runs(self, from_id: str, to_id: str) -> bool:
        return _there(self.start, from_id) and _there(self.end, to_id)


def _there(end: str, place_id: str) -> bool:
    return not end or end == place_id or (len(end) == 2 and place_id[:2].upper() == end)


@dataclass(frozen=True, slots=True)
class Law:
    """One row of the spread of an element.

    Attributes:
        shape: law of the hours at a mean of one.
        mean_h: hours of a law made by hand; None: the leg's own. A row of the table may not name any, for the search
            adds up the hours of the legs and would not see them [rule: one-mean].
    """

    row_id: str
    selector: Selector
    shape: Shape
    mean_h: float | None
    source_id: str
    status: str
    note: str
    line: int

    def element(self, hours: float) -> Element:
        """The element of a leg of so many expected hours."""
        return Element(hours if self.mean_h is None else self.mean_h, self.shape)


@dataclass(frozen=True, slots=True)
class Queue:
    """One dated wait at a place.

    Attributes:
        mean_h: hours: in all (`held`), or of the closure on top of everything (`added`).
        share: chance of meeting it; 1 for a queue.
        quota: id of the restriction it is derived from; empty: a row of the table.
    """

    row_id: str
    selector: Selector
    how: str  # held or added
    mean_h: float
    share: float
    shape: Shape
    validity: Validity
    known_from: dt.date | None
    source_id: str
    status: str
    note: str
    line: int
    quota: str = ""

    @property
    def expected_h(self) -> float:
        """Hours it adds in the mean, or holds in all."""
        return self.share * self.mean_h

    def applied(self, element: Element) -> tuple[Element, ...]:
        """An element with the queue in it.

        A queue tells the hours held in all, so it replaces an element that is shorter and leaves a longer one as it
        is: what the leg of that season already holds is not counted twice [rule: held].
        """
        if self.how == "held":
            return (Element(self.mean_h, self.shape),) if self.mean_h > element.mean_h else (element,)
        return (element, mixture([(1 - self.share, fixed(0.0)), (self.share, Element(self.mean_h, self.shape))]))


@dataclass(frozen=True)
class Times:
    """The table: laws, queues and its version."""

    laws: tuple[Law, ...]
    queues: tuple[Queue, ...]
    version: str = ""
    _found: dict[Where, Law] = field(default_factory=dict, compare=False, repr=False)
    _standing: dict[tuple[dt.date, dt.date], tuple[Queue, ...]] = field(default_factory=dict, compare=False, repr=False)
    _queue_places: dict[tuple[dt.date, dt.date], frozenset[str]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def law_of(
        self,
        kind: str,
        *,
        service: str = "",
        country: str = "",
        from_id: str = "",
        to_id: str = "",
        family: str = "",
        month: int = 0,
    ) -> Law:
        """The most specific row that fits an element.

        Args:
            kind, service: see `element_of_leg`; of a wait, the service waited for.
            country: code; empty: that of `from_id`.
            from_id, to_id: ids of the leg's ends.
            family: wagon, container, truck, ship.
            month: 1 to 12 of the day the element is reached.
        Raises:
            FreightError: no row of the kind (code: no_law), or two equally specific ones (code: ambiguous_law).

        >>> times = read_times()
        >>> times.law_of("road_border", from_id="pk-chaman", to_id="af-spin-boldak").row_id
        'road-border-chaman'
        >>> times.law_of("rail_haul", country="KZ").element(48).spread.mean_h
        48.0
        """
        where = Where(kind, service, country or from_id[:2].upper(), from_id, to_id, family, month=month)
        law = self._found.get(where)
        if law is None:
            law = self._found[where] = self._look_up(where)
        return law

    def _look_up(self, where: Where) -> Law:
        fitting = [law for law in self.laws if law.selector.fits(where)]
        if not fitting:
            raise FreightError(
                f"{NAME} has no law for '{where.kind}'; it needs a row of this kind without conditions.", code="no_law"
            )
        best = max(law.selector.rank for law in fitting)
        first, *others = (law for law in fitting if law.selector.rank == best)
        if others:
            ids = ", ".join(law.row_id for law in (first, *others))
            raise FreightError(
                f"{NAME}: {ids} fit the same element equally ({where.kind} {where.from_id} {where.to_id}); "
                "give one of them a condition more.",
                code="ambiguous_law",
            )
        return first

    def queue_places(self, day: dt.date, known_on: dt.date) -> frozenset[str]:
        """Where queues of a day stand; every row of a queue names a place."""
        key = (day, known_on)
        found = self._queue_places.get(key)
        if found is None:
            ends = (end for q in self.standing(day, known_on) for end in (q.selector.start, q.selector.end))
            found = frozenset(end for end in ends if len(end) > 2)
            if len(self._queue_places) > 512:
                self._queue_places.clear()
            self._queue_places[key] = found
        return found

    def standing(self, day: dt.date, known_on: dt.date) -> tuple[Queue, ...]:
        """Every queue and closure of a day, as far as known on another."""
        key = (day, known_on)
        found = self._standing.get(key)
        if found is None:
            found = tuple(
                q
                for q in self.queues
                if q.validity.contains(day) and (q.known_from is None or q.known_from <= known_on)
            )
            if len(self._standing) > 512:
                self._standing.clear()
            self._standing[key] = found
        return found

    def queue_at(
        self,
        kind: str,
        day: dt.date,
        known_on: dt.date,
        *,
        service: str = "",
        from_id: str = "",
        to_id: str = "",
        family: str = "",
        cargo: str = "",
    ) -> tuple[Queue, ...]:
        """Waits at an element on a day, as far as they were known.

        Args:
            day: when the cargo gets there.
            known_on: the day whose knowledge counts; rows learnt later are left out.
            cargo: group of the cargo, for the few rows that hold for one only.
        Returns:
            The queue learnt last, if any, every closure and every quota; the order is that of the tables.

        >>> day = dt.date(2025, 12, 15)
        >>> [q.row_id for q in read_times().queue_at(
        ...     "rail_border", day, day, from_id="kz-saryagash", to_id="uz-keles")]
        ['KZ-SARYAGASH-2025-12']
        """
        where = Where(kind, service, from_id[:2].upper(), from_id, to_id, family, cargo, day.month)
        there = [q for q in self.standing(day, known_on) if q.selector.fits(where)]
        held = [q for q in there if q.how == "held"]
        last = max(held, key=lambda q: (q.known_from or dt.date.min, q.line), default=None)
        return tuple(q for q in there if q.how == "added" or q is last)


def read_times(raw: bytes | None = None) -> Times:
    """The table, checked.

    Args:
        raw: bytes of another table of the same columns; None: `seeds/times.csv`.
    Raises:
        DataError: every fault of every row.
    """
    if raw is None:
        raw = read_bytes(data_file("seeds", "times.csv"))
    rows = list(rows_of(decode(raw, NAME), NAME))
    problems = ProblemList()
    laws: list[Law] = []
    queues: list[Queue] = []
    seen: set[str] = set()
    if rows and (missing := [c for c in COLUMNS if c not in rows[0][1]]):
        problems.add("missing_column", f"column {', '.join(missing)} is missing", file=NAME, line=1)
        problems.raise_if_any()
    for line, row in rows:
        read = _Row(line, row, problems)
        if row["row_id"] in seen or not row["row_id"]:
            read.fault("row_id", "duplicate_id", "stands twice or is empty; give every row its own id")
        seen.add(row["row_id"])
        if row["use"] == "spread":
            laws.append(read.law())
        elif row["use"] == "queue":
            queues.append(read.queue())
        else:
            read.fault("use", "unknown_word", "is neither spread nor queue")
    for kind in KINDS:
        if not any(law.selector == Selector(kind) for law in laws):
            problems.add("missing_default", f"no row of kind {kind} without conditions; add one", file=NAME)
    problems.raise_if_any()
    return Times(tuple(laws), tuple(queues), digest([raw]))


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as text, with the place to tell its faults."""

    line: int
    cells: Mapping[str, str]
    problems: ProblemList

    def fault(self, column: str, code: str, why: str) -> None:
        value = self.cells[column]
        self.problems.problems.append(
            Problem(code, f"{column} '{value}' {why}", file=NAME, line=self.line, column=column, value=value)
        )

    def among(self, column: str, words: Iterable[str]) -> str:
        word = self.cells[column]
        if word not in words:
            self.fault(column, "unknown_word", f"is none of {', '.join(w or 'empty' for w in words)}")
        return word

    def parsed(self, column: str, parse: Callable[[str], _T], default: _T, why: str) -> _T:
        text = self.cells[column]
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.fault(column, "bad_value", why)
            return default

    def number(self, column: str, default: float = 0.0) -> float:
        return self.parsed(column, _positive, default, "is no number above 0")

    def selector(self) -> Selector:
        cells = self.cells
        for column in ("from", "to"):
            if cells[column] and "-" not in cells[column] and len(cells[column]) != 2:
                self.fault(column, "bad_value", "is neither the id of a place nor the code of a country")
        return Selector(
            self.among("kind", KINDS),
            cells["service"],
            cells["country"],
            cells["from"],
            cells["to"],
            self.among("ways", ("", "one", "both")) == "both",
            cells["family"],
            cells["cargo"],
            self.parsed("months", _months, frozenset(), "is no list of months such as 10-12 or 1;2"),
        )

    def shape(self) -> Shape:
        form = self.among("law", FORMS)
        cv, low, high = (self.number(c) for c in ("cv", "low", "high"))
        if form in ("gamma", "lognormal") and (cv > 0) == (0 < low <= high):
            self.fault("cv", "no_spread", "needs to be filled, or low and high with low not above high, not both")
            return Shape()
        read_as = self.parsed("read_as", _chances, (LOW_P, HIGH_P), "is no pair of chances such as 5-95 or 50-90")
        none: tuple[float, ...] = ()
        figures = self.parsed("figures", _numbers, none, "is no list of numbers above 0 between semicolons")
        shape = fitted(form, cv=cv, low=low, high=high, read_as=read_as, figures=figures)
        if not figures or not shape.cv:
            return shape
        # The mean of n years is itself known to a deviation of s / sqrt(n) only [rule: predictive].
        return Shape(shape.form, math.hypot(shape.cv, between(figures) / math.sqrt(len(figures))))

    def sourced(self) -> tuple[str, str, str]:
        status = self.among("status", STATUSES)
        if not self.cells["source_id"]:
            self.fault("source_id", "missing_source", "is empty; name a source, or keruen-estimate with a derivation")
        if not self.cells["note"]:
            self.fault("note", "missing_source", "is empty; say where the numbers come from")
        return self.cells["source_id"], status, self.cells["note"]

    def law(self) -> Law:
        if self.cells["mean_h"]:
            self.fault("mean_h", "mean_of_spread", "stands beside a spread; write the hours where the leg has them")
        return Law(self.cells["row_id"], self.selector(), self.shape(), None, *self.sourced(), self.line)

    def queue(self) -> Queue:
        mean, share = self.number("mean_h"), self.number("share", 1.0)
        if not mean:
            self.fault("mean_h", "bad_value", "is empty; a queue without published hours is no row")
        if share > 1:
            self.fault("share", "bad_value", "is above 1")
            share = 1.0
        day = "is no day such as 2025-10-31, no month and no year"
        return Queue(
            self.cells["row_id"],
            self.selector(),
            self.among("how", ("held", "added")),
            mean,
            share,
            self.shape(),
            Validity(self.parsed("valid_from", parse_from, None, day), self.parsed("valid_to", parse_to, None, day)),
            self.parsed("known_from", parse_from, None, day),
            *self.sourced(),
            self.line,
        )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(_positive(part) for part in text.split(";"))


def _chances(text: str) -> tuple[float, float]:
    low, high = (_positive(part) / 100 for part in text.split("-"))
    if not low < high < 1:
        raise ValueError(text)
    return low, high


def _months(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(";"):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    if not found or not found <= set(range(1, 13)):
        raise ValueError(text)
    return frozenset(found)
