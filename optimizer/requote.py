"""The use case "re-quote": saved quotes asked again with today's data, and why those that changed did.

A saved quote is never touched. It is asked again for its own loading day with what is known now, so a telegram with
effect from an earlier day moves the quotes it covers and no others. What changed is found by laying the charge lines
of the two best ways side by side, by charge, carrier and place.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from optimizer.databook import DataBook
from optimizer.errors import FreightError, NoItinerary
from optimizer.itinerary import Itinerary
from optimizer.line_causes import ZERO, LineCause, line_causes, route_text
from optimizer.quote import best_only, find_itineraries, quote_job
from optimizer.remarks import finish
from optimizer.render import itinerary_dict, sold
from optimizer.request import Job, job_from_dict
from optimizer.search import Search

OUTCOMES = ("changed", "route_switched", "now_possible", "now_forbidden", "no_route", "not_asked", "unchanged")
MOST_LINES = 4  # told in a sentence; all of them stand in the answer
MOST_WAYS = 20
CENT = Decimal("0.01")

COLUMNS = (
    "quote_id", "outcome", "origin", "destination", "cargo", "tonnes", "ready", "created_at", "valid_until",
    "old_total", "new_total", "difference", "per_cent", "currency", "old_client_price", "new_client_price", "why",
    "superseded_on", "documents", "old_route", "new_route", "old_route_now", "new_quote_id",
)  # fmt: skip

WIDTHS = (24, 15, 18, 18, 12, 10, 12, 21, 12, 14, 14, 12, 9, 9, 14, 14, 80, 13, 40, 40, 40, 14, 24)


@dataclass(frozen=True, slots=True)
class Requoted:
    """A saved quote asked again.

    Attributes:
        outcome: one of OUTCOMES.
        why: one sentence; "" where nothing changed.
        old_total, new_total: in the quote's currency, before the margin; new is None where there is no way now.
        old_client_price, new_client_price: what the client pays, where the quote has a margin.
        superseded_on: the day of the first later document that changed a row of the quote; None where no row tells.
        old_route_now: what the old way costs now, where the way changed and the old one can still be used.
        new_quote: the full new quote, where it was asked to be kept.
    """

    stored: Mapping[str, Any]
    outcome: str
    why: str = ""
    new_total: Decimal | None = None
    new_client_price: Decimal | None = None
    lines: tuple[LineCause, ...] = ()
    superseded_on: dt.date | None = None
    documents: tuple[str, ...] = ()
    new_route: str = ""
    old_route_now: Decimal | None = None
    new_quote: dict[str, Any] | None = None

    @property
    def best(self) -> Mapping[str, Any]:
        """The saved quote's first way."""
        first: Mapping[str, Any] = self.stored["itineraries"][0]
        return first

    @property
    def old_total(self) -> Decimal:
        return Decimal(self.best["total"]["amount"])

    @property
    def old_client_price(self) -> Decimal | None:
        return Decimal(self.best["margin"]["sell"]["amount"]) if "margin" in self.best else None

    @property
    def difference(self) -> Decimal | None:
        return None if self.new_total is None else self.new_total - self.old_total

    @property
    def per_cent(self) -> Decimal | None:
        """The difference in per cent of the old total, to the hundredth."""
        if self.difference is None or not self.old_total:
            return None
        return (self.difference / self.old_total * 100).quantize(CENT)

    def row(self) -> dict[str, Any]:
        """The cells of COLUMNS; money as Decimal, empty cells as ""."""
        asked = self.stored["request"]
        cells: dict[str, Any] = {
            "quote_id": self.stored["quote_id"],
            "outcome": self.outcome,
            **{name: asked[name] for name in ("origin", "destination", "cargo", "tonnes", "ready")},
            "created_at": self.stored["created_at"],
            "valid_until": self.stored["valid_until"],
            "old_total": self.old_total,
            "new_total": self.new_total,
            "difference": self.difference,
            "per_cent": self.per_cent,
            "currency": self.best["total"]["currency"],
            "old_client_price": self.old_client_price,
            "new_client_price": self.new_client_price,
            "why": self.why,
            "superseded_on": self.superseded_on,
            "documents": "; ".join(self.documents),
            "old_route": route_text(self.best),
            "new_route": self.new_route,
            "old_route_now": self.old_route_now,
            "new_quote_id": self.new_quote["quote_id"] if self.new_quote else "",
        }
        return {name: "" if cells[name] is None else cells[name] for name in COLUMNS}

    def as_dict(self) -> dict[str, Any]:
        """Plain data: money as text, dates as YYYY-MM-DD."""
        cells = {name: f"{v:f}" if isinstance(v, Decimal) else str(v) for name, v in self.row().items()}
        return {**cells, "documents": list(self.documents), "lines": [line.as_dict() for line in self.lines]}


def wanted(quote: Mapping[str, Any], today: dt.date, since: dt.date | None = None, every: bool = False) -> bool:
    """Whether a saved quote is asked again: it is still valid (or `every`), and was made since a day.

    >>> quote = {"valid_until": "2026-12-01", "created_at": "2026-11-20T09:00:00Z"}
    >>> wanted(quote, dt.date(2026, 12, 2)), wanted(quote, dt.date(2026, 12, 1), dt.date(2026, 11, 20))
    (False, True)
    """
    valid = every or dt.date.fromisoformat(quote["valid_until"]) >= today
    return valid and (since is None or dt.date.fromisoformat(quote["created_at"][:10]) >= since)


def requote_all(
    quotes: Sequence[Mapping[str, Any]],
    book: DataBook,
    *,
    today: dt.date,
    created_at: dt.datetime,
    known_on: dt.date | None = None,
    keep: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Requoted]:
    """Every quote asked again, in the order given.

    Args:
        quotes: as they stand in the store.
        known_on: use only what had been issued by this day; today where left out.
        keep: also make the full new quote of those that changed.
        progress: called with the number of quotes done.
    """

    def lane(index: int) -> tuple[str, ...]:
        asked = quotes[index]["request"]
        return tuple(str(asked.get(name)) for name in ("ready", "equipment", "ownership", "cargo", "destination"))

    found: dict[int, Requoted] = {}
    # Quotes of one lane and day stand together, because they share its priced graph.
    for done, index in enumerate(sorted(range(len(quotes)), key=lane), start=1):
        found[index] = requote(quotes[index], book, today=today, created_at=created_at, known_on=known_on, keep=keep)
        if progress is not None:
            progress(done)
    return [found[index] for index in range(len(quotes))]


def counts(found: Iterable[Requoted]) -> dict[str, int]:
    """How many of each outcome."""
    number = Counter(one.outcome for one in found)
    return {outcome: number[outcome] for outcome in OUTCOMES}


def requote(
    stored: Mapping[str, Any],
    book: DataBook,
    *,
    today: dt.date,
    created_at: dt.datetime,
    known_on: dt.date | None = None,
    keep: bool = False,
) -> Requoted:
    """One saved quote asked again for its own loading day, with what is known today (or was on `known_on`)."""
    told = _gone(stored["request"], book)
    if told:
        return Requoted(stored, "not_asked", f"It cannot be asked any more: {told}.")
    try:
        job = _asked_again(stored["request"], book, today, known_on or today)
        search, best = best_only(job, book)
    except NoItinerary as reason:
        texts = [row["text"] for row in reason.rejected]
        day, papers = _issued([row["what"] for row in reason.rejected], book, _made_on(stored))
        banned = {shut.restriction_id for shut in book.restrictions.rows} & {row["what"] for row in reason.rejected}
        outcome, words = ("now_forbidden", "Now forbidden: ") if banned else ("no_route", "")
        words += " ".join(dict.fromkeys([reason.message, *texts]))
        return Requoted(stored, outcome, words, superseded_on=day, documents=papers)
    except (FreightError, KeyError, ValueError) as fault:
        said = fault.message if isinstance(fault, FreightError) else f"the saved request is not understood ({fault})"
        return Requoted(stored, "not_asked", f"It cannot be asked any more: {said}")
    if _same(stored["itineraries"][0], best):
        return Requoted(stored, "unchanged", new_total=best.total, new_route=route_text(stored["itineraries"][0]))
    finish(search, [best])
    return _compared(stored, search, best, created_at, keep)


def _asked_again(asked: Mapping[str, Any], book: DataBook, today: dt.date, known_on: dt.date) -> Job:
    job = job_from_dict(asked, book)
    return replace(job, shipment=replace(job.shipment, as_of=today, known_on=known_on))


def _gone(asked: Mapping[str, Any], book: DataBook) -> str:
    """What the saved request names that the data book no longer has; "" where all is there."""
    places = [asked.get("origin", ""), asked.get("destination", ""), *asked.get("via", ())]
    found = [f"the place {place} is not in the network" for place in places if place not in book.network.places]
    term = (asked.get("incoterm") or "").partition(" ")[2].strip()
    if term and term not in book.network.places:
        found.append(f"the place {term} of its terms of delivery is not in the network")
    for name, known in (("cargo", book.cargoes), ("equipment", book.equipment)):
        if asked.get(name) not in known:
            found.append(f"the {name} {asked.get(name)} is not in our tables")
    return ", ".join(found)


def _same(old: Mapping[str, Any], new: Itinerary) -> bool:
    """Whether way, total and every line's rows and amount are what they were."""
    if Decimal(old["total"]["amount"]) != new.total or _hauls(old) != _hauls_of(new):
        return False
    before = [
        (c["code"], c["rule_id"], tuple(c["coefficient_ids"]), Decimal(c["amount_quote"])) for c in old["charges"]
    ]
    after = [
        (
            placed.charge.term.subject.charge,
            placed.charge.term.rule.rule_id,
            tuple(c.coef_id for c in placed.charge.term.coefficients),
            placed.charge.amount_quote,
        )
        for placed in new.charges
    ]
    return sorted(before) == sorted(after)


def _hauls(way: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What tells one way from another: its hauls in order."""
    legs = ((leg["kind"], leg["mode"], leg["from"]["id"], leg["to"]["id"]) for leg in way["legs"])
    return [(mode, start, end) for kind, mode, start, end in legs if kind == "haul" and start != end]


def _hauls_of(it: Itinerary) -> list[tuple[str, str, str]]:
    return [(leg.mode, leg.from_id, leg.to_id) for leg in it.legs if leg.kind == "haul" and leg.from_id != leg.to_id]


def _compared(
    stored: Mapping[str, Any], search: Search, best: Itinerary, created_at: dt.datetime, keep: bool
) -> Requoted:
    book, old = search.book, stored["itineraries"][0]
    new = sold(itinerary_dict(1, best, search), search)
    lines = causes = tuple(line_causes(old, new))
    switch = _Switch("changed", "")
    if _hauls(old) != _hauls_of(best):
        switch = _switch(stored, search)
        # What drove the goods off the old way is not on the new one: the old way is laid against itself.
        causes = ()
        if switch.old_way is not None:
            causes = tuple(line_causes(old, itinerary_dict(1, switch.old_way, search)))
    words = switch.words
    if words:
        words += f" ({route_text(new)} instead of {route_text(old)})" if route_text(new) != route_text(old) else ""
    day, papers = _issued([*switch.bans, *(row for line in causes for row in line.rows)], book, _made_on(stored))
    why = ": ".join(part for part in (words, _told(causes)) if part)
    return Requoted(
        stored=stored,
        outcome=switch.outcome,
        why=f"{why[0].upper()}{why[1:]}." if why else "",
        new_total=best.total,
        new_client_price=Decimal(new["margin"]["sell"]["amount"]) if "margin" in new else None,
        lines=lines,
        superseded_on=day,
        documents=tuple(dict.fromkeys([*papers, *(paper for line in causes for paper in line.documents)])),
        new_route=route_text(new),
        old_route_now=switch.old_way.total if switch.old_way is not None else None,
        new_quote=quote_job(search.job, book, created_at) if keep else None,
    )


def _told(causes: Sequence[LineCause]) -> str:
    """The lines that moved most, and the sum of the others."""
    by_size = sorted(causes, key=lambda line: -abs(line.change))
    told = [str(line) for line in by_size[:MOST_LINES]]
    if len(by_size) > MOST_LINES:
        rest = sum((line.change for line in by_size[MOST_LINES:]), ZERO)
        told.append(f"{len(by_size) - MOST_LINES} more lines, {rest:+,.2f}")
    return "; ".join(told)


@dataclass(frozen=True, slots=True)
class _Switch:
    """Why another way is best now.

    Attributes:
        old_way: the old way as it is priced now; None where it cannot be used.
        bans: ids of restrictions that shut it.
    """

    outcome: str
    words: str
    old_way: Itinerary | None = None
    bans: tuple[str, ...] = ()


def _switch(stored: Mapping[str, Any], search: Search) -> _Switch:
    old_hauls = _hauls(stored["itineraries"][0])
    wide = Search(replace(search.job, alternatives=MOST_WAYS), search.book)
    found = find_itineraries(wide)
    old_way = next((it for it in found.itineraries if _hauls_of(it) == old_hauls), None)
    before, now = {row["what"] for row in stored["rejected"]}, {row.what: row for row in found.rejected}
    newly = [row for what, row in now.items() if what not in before]
    opened = sorted(before - now.keys())
    if newly and old_way is None:
        words = f"the old way is now forbidden, {' '.join(row.text for row in newly)} Another way is taken"
        return _Switch("route_switched", words, bans=tuple(row.what for row in newly))
    if opened:
        stands = "no longer stands" if len(opened) == 1 else "no longer stand"
        return _Switch("now_possible", f"a better way is now possible, {', '.join(opened)} {stands}", old_way)
    if old_way is not None:
        cost = f"{old_way.total:,.2f} {search.job.currency}"
        return _Switch("route_switched", f"another way is better now, the old one would cost {cost}", old_way)
    return _Switch("route_switched", "the old way is not among those looked at any more, another is taken")


def _made_on(stored: Mapping[str, Any]) -> dt.date:
    return dt.date.fromisoformat(stored["request"]["known_on"])


def _issued(ids: Iterable[str], book: DataBook, after: dt.date) -> tuple[dt.date | None, tuple[str, ...]]:
    """(the first day after `after` on which one of these rows or restrictions was issued, their documents)."""
    wanted = set(ids)
    days: list[dt.date] = []
    papers: list[str] = []
    for row in book.books.rows:
        if row.id in wanted and row.known_from is not None and row.known_from > after:
            days.append(row.known_from)
    for shut in book.restrictions.rows:
        if shut.restriction_id in wanted:
            papers.append(
                f"{shut.document or shut.restriction_id}{f' of {shut.known_from}' if shut.known_from else ''}"
            )
            if shut.known_from is not None and shut.known_from > after:
                days.append(shut.known_from)
    return min(days, default=None), tuple(papers)
