"""The use case "tariff diff": which rows differ between two sets of tariff books, and which lanes feel it.

    rows    every row of either side by its id: added, removed, or changed and in which fields
    lanes   the best price of each lane on each day under both; those that change are listed with the lines behind it

Both sides are asked on one day about what is known on that day, so a row with effect from an earlier date shows
on the days it covers. Mirrored, the diff of B and A is the diff of A and B with old and new exchanged.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.batch import read_rows, request_of
from optimizer.databook import DataBook
from optimizer.errors import DataError, NoItinerary, Problem, RequestError, TariffError
from optimizer.itinerary import Itinerary
from optimizer.lane import PricedLane
from optimizer.quote import best_only
from optimizer.request import EARLIEST, LATEST_AHEAD_DAYS, QuoteRequest, normalise
from optimizer.routing.forms import Edge
from optimizer.search import Search
from optimizer.tariff.book import TariffBooks, boundaries
from optimizer.tariff.read import OWN_BOOK_RANK
from optimizer.tariff.rule import Belt, Coefficient, Rounding, Row, Rule, rounding_text
from optimizer.validity import Validity

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")
MOST_DAYS = 12  # of those chosen from the rows, beside today
AHEAD = dt.timedelta(days=365)
ONE_DAY = dt.timedelta(days=1)
NOT_CONTENT = {"book", "layer", "conditions", "cells", "row", "valid", "rule_id", "coef_id"}
# What an empty cell means; of a row that came or went these are not told.
USUAL = {
    "fixed": "0",
    "per_km": "0",
    "rank": "0",
    "min_t": "0",
    "step_t": "1",
    "base_m": "16.5",
    "free_days": "0",
    "rounding": "line:0.01:after:0.0001",
    "low": "1",
    "high": "1",
    "priority": "0",
    "cap_t": "0",
    "cap_amount": "0",
    "probability": "1",
}
PRICE, BELT, CLASS = "price ", "belt ", "class of "  # fields of what a row looks up elsewhere in its book
Content = dict[str, str]
Key = tuple[str, str, str]  # charge, carrier, where


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


def diff(
    a: DataBook,
    b: DataBook,
    lanes: Sequence[QuoteRequest],
    days: Sequence[dt.date] | None,
    today: dt.date,
    progress: Callable[[int, int], None] | None = None,
) -> TariffDiff:
    """What differs between the tariffs of two data books.

    Args:
        a, b: the old and the new side.
        lanes: asked on every day; their own ready, due and known-on days are passed over.
        days: ready days; None chooses those on which rows of the diff begin or end, the days before them, and today.
        today: the day of the question; nothing issued later is seen.
        progress: called with the pairs of lane and day done and their number.

    Raises:
        RequestError: a day is one no quote is made for.

    >>> book = DataBook.load()
    >>> diff(book, book, (), None, dt.date(2026, 11, 22)).empty
    True
    """
    pairs = _row_pairs(a.books, b.books)
    left_out = 0
    if days is None:
        days, left_out = _days_of(pairs, today)
    days = sorted(set(days))
    _check_days(days, today)
    bearing = _bearing(pairs)
    books_alone = _only_rows_differ(a, b)
    changed: list[LaneChange] = []
    unpriced: list[Unpriced] = []
    unchanged = done = 0
    # Day by day: lanes of one day share contexts and graphs, days of one lane do not.
    for day in days:
        # Where no row of the diff can reach a day both sides are one, and one is asked.
        reached = not books_alone or any(s.row.in_reach(day, today) for pair in pairs for s in pair.sides)
        for number, request in enumerate(lanes, start=1):
            found = _compare(number, request, day, (a, b) if reached else (a, a), bearing, today)
            if isinstance(found, LaneChange):
                changed.append(found)
            elif found is not None:
                unpriced.append(found)
            else:
                unchanged += 1
            done += 1
            if progress is not None:
                progress(done, len(days) * len(lanes))
    touched: dict[str, int] = defaultdict(int)
    for lane in changed:
        for row_id in lane.rows:
            touched[row_id] += 1
    return TariffDiff(
        today=today,
        days=tuple(days),
        days_left_out=left_out,
        versions=(a.versions["tariffs"], b.versions["tariffs"]),
        rows=tuple(replace(pair.change, touched=touched[pair.change.id]) for pair in pairs),
        lanes=tuple(sorted(changed, key=lambda lane: (lane.number, lane.day))),
        unchanged=unchanged,
        unpriced=tuple(sorted(unpriced, key=lambda lane: (lane.number, lane.day))),
    )


def lanes_of(path: Path | None = None) -> tuple[QuoteRequest, ...]:
    """The lanes of a CSV in the layout of shipments; None reads the two dozen typical ones that ship with Keruen.

    Raises:
        DataError: the file cannot be read, holds a broken row or none; carries every problem.

    >>> lanes_of()[0].origin
    'kz-kokshetau'
    """
    if path is None:
        with as_file(tables.data_file("seeds", "samples").joinpath("lanes.csv")) as file:
            return lanes_of(file)
    _, rows = read_rows(path)
    problems: list[Problem] = []
    found: list[QuoteRequest] = []
    for row in rows:
        if isinstance(row, Problem):
            problems.append(row)
        elif any(row.cells.values()):
            found.append(request_of(row))
    if not found and not problems:
        problems.append(Problem("no_lanes", "the file holds no lane below its header; write one a row", file=path.name))
    if problems:
        raise DataError(problems)
    return tuple(found)


def currency_of(request: QuoteRequest) -> str:
    """The currency a lane is quoted in, as a quote reads it."""
    return request.currency.strip().upper() or "USD"


# ---- rows --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of one side with all that makes its price."""

    kind: str
    row: Row
    content: Content


@dataclass(frozen=True, slots=True)
class _Pair:
    """A row that differs, with its two sides."""

    change: RowChange
    old: _Entry | None
    new: _Entry | None

    @property
    def sides(self) -> tuple[_Entry, ...]:
        return tuple(side for side in (self.old, self.new) if side is not None)


def _entries(books: TariffBooks) -> dict[str, _Entry]:
    """Every row by its id, written out with what it looks up elsewhere in its book."""
    through = {t.rule.rule_id: t for t in books.through}
    found: dict[str, _Entry] = {}
    for rule in books.rules:
        chain = through.get(rule.rule_id)
        kind = "rate" if chain is None else "through"
        content = _content(rule) | _looked_up(rule, books)
        if chain is not None:
            content |= {"carrier": "", "mode": chain.mode}
            content |= {"chain": _text(chain.chain), "replaces": _text(chain.replaces)}
        found[rule.rule_id] = _Entry(kind, rule, content)
    for coef in books.coefficients:
        stacking = {"stacking": books.infos[coef.book].stacking}
        found[coef.coef_id] = _Entry("coefficient", coef, _content(coef) | stacking)
    for extra in books.extras:
        own = {f.name: _text(getattr(extra, f.name)) for f in fields(extra) if f.name not in ("rule", "subsidy")}
        content = _content(extra.rule) | _looked_up(extra.rule, books) | own
        found[extra.rule.rule_id] = _Entry("subsidy" if extra.subsidy else "surcharge", extra.rule, content)
    return found


def _content(row: Rule | Coefficient) -> Content:
    """Every field of a row as text; conditions by their columns, their groups spelt out."""
    found = {f.name: _text(getattr(row, f.name)) for f in fields(row) if f.name not in NOT_CONTENT}
    found |= {"valid_from": _text(row.valid.start), "valid_to": _text(row.valid.end)}
    found |= dict(row.cells)
    # A row of the user's own outranks ours by its place, told apart from the rank its book gives it.
    found["laid_over"] = "yes" if row.layer else "no"
    if isinstance(row, Rule):
        found["rank"] = str(row.rank - row.layer * OWN_BOOK_RANK)
        # The book's own name is no content: an edition of another name may hold the same row.
        found["belt_table"] = row.belt_table.partition(":")[2]
        found["series"] = row.series.partition(":")[2]
    return found


def _looked_up(rule: Rule, books: TariffBooks) -> Content:
    """Prices of the series a rule names, the column of its rate table, and the classes that table is keyed by."""
    found = {f"{PRICE}{p.day}": f"{_text(p.price)} {p.currency}" for p in books.spots.get(rule.series, ())}
    table, _, column = rule.belt_table.partition("/")
    belts = books.belts.get(table, ())
    found |= {f"{BELT}{_belt_name(belt)}": _text(belt.rates.get(column)) for belt in belts}
    if any(belt.cargo_class for belt in belts):
        found |= {f"{CLASS}{gng}": name for gng, name in books.classes.get(rule.book, {}).items()}
    return found


def _text(value: Any) -> str:
    """A field of a row as text.

    >>> _text(Decimal("13.50")), _text(None), _text(frozenset({"b", "a"})), _text(dt.date(2026, 10, 1))
    ('13.5', '', 'a;b', '2026-10-01')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Rounding):
        return f"{rounding_text(value)}:{_text(value.rate_step)}"
    if isinstance(value, frozenset):
        return ";".join(sorted(value))
    if isinstance(value, tuple):
        return ";".join(_step_text(part) for part in value)
    return str(value)


def _step_text(part: Any) -> str:
    """A day step `7x55`, or a plain word of a tuple."""
    if not isinstance(part, tuple):
        return str(part)
    days, rate = part
    return _text(rate) if days is None else f"{_text(days)}x{_text(rate)}"


def _belt_name(belt: Belt) -> str:
    keys = [belt.cargo_class, belt.equipment, belt.owner, f"to {_text(belt.to_t)} t" if belt.to_t is not None else ""]
    return ", ".join([f"{belt.from_km}-{belt.to_km} km", *filter(None, keys)])


def _row_pairs(a: TariffBooks, b: TariffBooks) -> list[_Pair]:
    """Every row that differs, by id."""
    old_side, new_side = _entries(a), _entries(b)
    found: list[_Pair] = []
    for row_id in sorted(old_side.keys() | new_side.keys()):
        old, new = old_side.get(row_id), new_side.get(row_id)
        changes = _field_changes(old, new)
        if old is not None and new is not None and not changes:
            continue
        side = new or old
        assert side is not None
        change = RowChange(
            kind=side.kind,
            id=row_id,
            what="added" if old is None else "removed" if new is None else "changed",
            old_place=str(old.row.row) if old else "",
            new_place=str(new.row.row) if new else "",
            fields=changes,
        )
        found.append(_Pair(change, old, new))
    return found


def _field_changes(old: _Entry | None, new: _Entry | None) -> tuple[FieldChange, ...]:
    """Fields that differ; of a row that stands on one side alone those that say something."""
    before, after = old.content if old else {}, new.content if new else {}
    found = [FieldChange(name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys([*before, *after])]
    if old is None or new is None:
        found = [
            f
            for f in found
            if f.old + f.new not in ("", USUAL.get(f.name)) and not f.name.startswith((PRICE, BELT, CLASS))
        ]
    elif old.kind != new.kind:
        found.append(FieldChange("kind", old.kind, new.kind))
    return tuple(f for f in found if f.old != f.new)


def _bearing(pairs: Iterable[_Pair]) -> dict[str, frozenset[str]]:
    """For the id of a row on a charge line the rows of the diff that bear on it: itself, and those that replace it."""
    found: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        found[pair.change.id].add(pair.change.id)
        for side in pair.sides:
            for row_id in side.row.replaces:
                found[row_id].add(pair.change.id)
    return {row_id: frozenset(ids) for row_id, ids in found.items()}


def _only_rows_differ(a: DataBook, b: DataBook) -> bool:
    """Whether nothing but the rows of the diff can make a difference: same facts, own books in the same order."""
    facts = [
        (d.network, d.restrictions, d.fx.rows, d.operations, d.factors, d.cargoes, d.equipment, d.cargo_version)
        for d in (a, b)
    ]
    layers = {row.row: row.layer for row in a.books.rows}
    moved = any(layers.get(row.row, row.layer) != row.layer for row in b.books.rows)
    return facts[0] == facts[1] and not moved


# ---- days --------------------------------------------------------------------------------------------


def _days_of(pairs: Sequence[_Pair], today: dt.date) -> tuple[list[dt.date], int]:
    """(days worth asking, how many more there are): those next to today go first, each with the day before it."""
    starts = boundaries(side.row for pair in pairs for side in pair.sides)
    for pair in pairs:
        for side in pair.sides:
            starts |= _seasons(side.row.valid, dict(side.row.cells).get("months", ""), today)
        if pair.old is not None and pair.new is not None:
            starts |= {
                dt.date.fromisoformat(f.name.removeprefix(PRICE))
                for f in pair.change.fields
                if f.name.startswith(PRICE)
            }
    found: list[dt.date] = []
    left = 0
    for start in sorted(starts, key=lambda day: (abs(day - today), day)):
        fresh = [
            day for day in (start, start - ONE_DAY) if EARLIEST <= day <= today + AHEAD and day not in (*found, today)
        ]
        if len(found) + len(fresh) <= MOST_DAYS:
            found += fresh
        else:
            left += len(fresh)
    return [*found, today], left


def _seasons(valid: Validity, months: str, today: dt.date) -> set[dt.date]:
    """The next first day of each month a row of a season applies in."""
    days = [dt.date(today.year + (int(m) <= today.month), int(m), 1) for m in filter(None, months.split(";"))]
    return {day for day in days if valid.contains(day)}


def _check_days(days: Sequence[dt.date], today: dt.date) -> None:
    for day in days:
        if not EARLIEST <= day <= today + dt.timedelta(days=LATEST_AHEAD_DAYS):
            raise RequestError(
                f"The day {day} is outside {EARLIEST} to three years ahead.",
                code="date_out_of_range",
                field="days",
                hint="Give days within that span.",
            )


# ---- lanes -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """A lane under one set of books."""

    outcome: Outcome
    search: Search | None = None
    best: Itinerary | None = None


def _compare(
    number: int,
    request: QuoteRequest,
    day: dt.date,
    books: tuple[DataBook, DataBook],
    bearing: Mapping[str, frozenset[str]],
    today: dt.date,
) -> LaneChange | Unpriced | None:
    """A lane on a day under both sides; None where nothing changes."""
    asked = replace(request, ready=day.isoformat(), due="", known_on="")
    old = _ask(asked, books[0], today)
    new = _ask(asked, books[1], today) if books[1] is not books[0] else old
    if old.outcome.total is None and new.outcome.total is None and old.outcome.code == new.outcome.code:
        return Unpriced(number, request, day, new.outcome.code, new.outcome.text)
    if (old.outcome.total, old.outcome.way) == (new.outcome.total, new.outcome.way) and old.best is not None:
        return None
    other_way = _marks(old) != _marks(new)
    old_now, new_before = (_same_way(old, new), _same_way(new, old)) if other_way else (None, None)
    lines = tuple(_line_changes(old.best, new.best, bearing))
    # Where the way changes, each of the two is laid against itself under the other books: a row may have driven
    # the goods off a way none of whose lines is left.
    causes = [*_line_changes(old.best, old_now, bearing), *_line_changes(new_before, new.best, bearing)]
    rows = {row_id for line in (causes if other_way else lines) for row_id in line.rows}
    for side in (old, new):
        rows |= {row_id for ids in bearing.values() for row_id in ids if f"({row_id})" in side.outcome.text}
    return LaneChange(
        number=number,
        request=request,
        day=day,
        old=old.outcome,
        new=new.outcome,
        way_changed=other_way,
        old_way_now=old_now.total if old_now else None,
        new_way_before=new_before.total if new_before else None,
        lines=lines,
        rows=tuple(sorted(rows)),
    )


def _ask(request: QuoteRequest, book: DataBook, today: dt.date) -> _Side:
    try:
        search, best = best_only(normalise(request, book, today), book)
    except NoItinerary as reason:
        told = " ".join([reason.message, *(row["text"] for row in reason.rejected)])
        return _Side(Outcome(None, code=reason.code, text=told))
    except (RequestError, TariffError) as fault:
        return _Side(Outcome(None, code=fault.code, text=fault.message))
    return _Side(Outcome(best.total, tuple(_hauls(best))), search, best)


def _hauls(it: Itinerary) -> Iterator[str]:
    for leg in it.legs:
        if leg.kind == "haul" and leg.from_id != leg.to_id:
            yield f"{leg.mode} {leg.from_id} - {leg.to_id}"


def _same_way(of: _Side, under: _Side) -> Itinerary | None:
    """The best way of one side priced by the other; None where the other cannot use it."""
    if of.search is None or of.best is None or under.search is None:
        return None
    wanted = _marks(of)
    ends = {mark[:2] for mark in wanted}
    blocked = under.search.blocked()
    names = under.search.lane.lane.names
    found: dict[tuple[Any, ...], int] = {}
    for arc, edge in enumerate(under.search.lane.edges):
        if (names[edge.tail], names[edge.head]) in ends and not blocked[arc]:
            found.setdefault(_mark(under.search.lane, edge), arc)
    if any(mark not in found for mark in wanted):
        return None
    return under.search.itinerary([found[mark] for mark in wanted])


def _marks(side: _Side) -> list[tuple[Any, ...]]:
    if side.search is None or side.best is None:
        return []
    return [_mark(side.search.lane, edge) for edge in side.best.edges]


def _mark(lane: PricedLane, edge: Edge) -> tuple[Any, ...]:
    """What makes an edge the same in another graph: arcs are numbered anew where chains of through rates differ."""
    names = lane.lane.names
    return (names[edge.tail], names[edge.head], edge.kind, edge.legs, edge.wanted, edge.sign)


def _line_changes(
    old: Itinerary | None, new: Itinerary | None, bearing: Mapping[str, frozenset[str]]
) -> Iterator[LineChange]:
    before, after = _lines(old), _lines(new)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) == after.get(key):
            continue
        (old_amount, old_ids), (new_amount, new_ids) = before.get(key, (None, ())), after.get(key, (None, ()))
        none: frozenset[str] = frozenset()
        rows = {row_id for seen in (*old_ids, *new_ids) for row_id in bearing.get(seen, none)}
        yield LineChange(*key, old_amount, new_amount, old_ids, new_ids, tuple(sorted(rows)))


def _lines(it: Itinerary | None) -> dict[Key, tuple[Decimal, tuple[str, ...]]]:
    """Amount and ids of the charge lines of a way, those of one charge, carrier and place together."""
    found: dict[Key, tuple[Decimal, tuple[str, ...]]] = {}
    for placed in it.charges if it is not None else ():
        line, subject = placed.charge, placed.charge.term.subject
        ends = [p for p in (subject.from_id, subject.to_id) if p] or sorted(subject.crossing)
        key = (subject.charge, subject.carrier or subject.country, " - ".join(dict.fromkeys(ends)))
        amount, ids = found.get(key, (ZERO, ()))
        more = (line.term.rule.rule_id, *(c.coef_id for c in line.term.coefficients))
        found[key] = (amount + line.amount_quote, tuple(dict.fromkeys([*ids, *more])))
    return found


# ---- plain data --------------------------------------------------------------------------------------


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
