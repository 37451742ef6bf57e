"""A lane on a day under both sets of books: its best way, and the charge lines that moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from optimizer.databook import DataBook
from optimizer.errors import NoItinerary, RequestError, TariffError
from optimizer.itinerary import Itinerary
from optimizer.lane import PricedLane
from optimizer.quote import best_only
from optimizer.request import QuoteRequest, normalise
from optimizer.routing.forms import Edge
from optimizer.search import Search
from optimizer.tariffdiff.answer import ZERO, LaneChange, LineChange, Outcome, Unpriced

Key = tuple[str, str, str]  # charge, carrier, where


@dataclass(frozen=True, slots=True)
class _Side:
    """A lane under one set of books."""

    outcome: Outcome
    search: Search | None = None
    best: Itinerary | None = None


def compared(
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
