"""What must change for another route to win: the smallest change of one thing, proved by quoting again.

For the best way W and an alternative A, with totals T and a lever whose lines come to S on each way, the
change by a factor f moves both totals: T + (f - 1) S. They meet at

    f = 1 + (T_A - T_W) / (S_W - S_A)

Levers: the value of a coefficient in force, or a new coefficient on all carriage of one railway, country's
trucks or kind of ship; one rule's rate; more days at a
place of the best way, which cost hire of the wagons that wait; the value of the goods, which costs insurance.
The change found is rounded to the winning side and tried: the lane is priced again with it, and once more
with one step less, where the order must still be as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.itinerary import Itinerary
from optimizer.provenance import RowRef
from optimizer.quote import find_itineraries
from optimizer.request import Job
from optimizer.search import Search
from optimizer.tariff.conditions import Predicate
from optimizer.tariff.rule import Coefficient
from optimizer.validity import Validity
from optimizer.ways import best_way

ZERO, ONE = Decimal(0), Decimal(1)
FACTOR_STEP = Decimal("0.0001")
DAY_STEP = Decimal("0.1")
MOST_FACTOR = Decimal(10)  # a tenfold rate is no answer
MOST_DAYS = Decimal(120)
CARRIED = frozenset({"carriage", "truck", "sea_freight"})


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that may change, and the ways to say and to do it."""

    kind: str  # coefficient, rate, days, value
    what: str  # KTZ carriage, rule KTZ-WAGON, days at Serhetyaka, value of the goods
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Breakeven:
    """The change at which an alternative meets the best way.

    Args:
        before, after: what the lever stands at, and where the alternative wins.
        change: relative for factors and value, in days for days; what `smallest` compares within a kind.
        proved: quoting again at `after` the alternative costs no more than the best way of today, and one
            step nearer to `before` it still costs more.
        winner: rank of the way that is then cheapest of all; 0 where it is none of those shown.
    """

    lever: Lever
    before: Decimal
    after: Decimal
    unit: str
    change: Decimal
    proved: bool
    winner: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.lever.kind,
            "what": self.lever.what,
            "before": _plain(self.before),
            "after": _plain(self.after),
            "unit": self.unit,
            "change": _plain(self.change),
            "proved": self.proved,
            "then_wins": self.winner,
        }


@dataclass(frozen=True, slots=True)
class Rival:
    """An alternative, how much dearer it is, and its break-evens, the smallest change of each kind."""

    rank: int
    way: tuple[str, ...]
    total: Decimal
    gap: Decimal
    found: tuple[Breakeven, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "route": list(self.way),
            "total": _plain(self.total),
            "gap": _plain(self.gap),
            "breakeven": [b.as_dict() for b in self.found],
        }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def breakevens(
    job: Job, book: DataBook, progress: Callable[[int, int], None] | None = None
) -> tuple[Search, list[Itinerary], list[Rival]]:
    """Break-evens of every alternative of a job.

    Returns:
        (the search, its itineraries cheapest first, a rival for each but the first).

    Raises:
        RequestError: the objective is not cost, or no alternative is asked for.
        NoItinerary: no way exists.
    """
    if job.objective != "cost" or not job.alternatives:
        raise RequestError(
            "A break-even compares prices of several ways.",
            code="breakeven_needs_cost",
            field="objective",
            hint="Ask for the objective cost and at least one alternative.",
        )
    search = Search(job, book)
    ways = find_itineraries(search).itineraries
    paths = [it.arcs for it in ways]
    rivals = []
    for rank, other in enumerate(ways[1:], start=2):
        if progress is not None:
            progress(rank - 2, len(ways) - 1)
        found = []
        for kind in ("coefficient", "rate", "days", "value"):
            changes = sorted(_changes(kind, ways[0], other, search), key=lambda c: (abs(c[3]), c[0].what))
            for lever, before, meet, _ in changes[:2]:
                proved = _prove(lever, before, meet, search, paths, rank - 1)
                if proved is not None:
                    found.append(proved)
                    break
        rivals.append(Rival(rank, other.way, other.total, other.total - ways[0].total, tuple(found)))
    return search, ways, rivals


def sentences(search: Search, ways: list[Itinerary], rivals: list[Rival]) -> list[str]:
    """The break-evens in words."""
    currency, names = search.job.currency, search.book.place_names

    def way(it: Itinerary) -> str:
        return " > ".join(f"{leg.mode} {names[leg.to_id]}" for leg in it.legs if leg.kind == "haul")

    lines = [f"1. {way(ways[0])}: {ways[0].total:,.2f} {currency}"]
    for rival in rivals:
        lines.append(
            f"{rival.rank}. {way(ways[rival.rank - 1])}: {rival.gap:,.2f} {currency} dearer; it wins over 1 with"
        )
        for b in rival.found:
            if b.lever.kind == "days":
                change = f"{_plain(b.after)} {b.lever.what} more"
            elif b.lever.kind == "value":
                change = f"{b.lever.what} at {b.after:,.0f} USD instead of {b.before:,.0f}"
            else:
                change = f"{b.lever.what}: {_plain(b.before)} -> {_plain(b.after)} ({b.change:+.1%})"
            then = (
                ""
                if b.winner == rival.rank
                else f"; way {b.winner} is then the cheapest"
                if b.winner
                else "; a way not listed is then the cheapest"
            )
            lines.append(f"   - {change}{then}")
        if not rival.found:
            lines.append("   - nothing we tried: no single coefficient, rate, delay or value turns the order")
    lines.append("Each change was tried by quoting again, there and one step short of it.")
    return lines


# ---- where two ways meet ------------------------------------------------------------------------------

Change = tuple[Lever, Decimal, Decimal, Decimal]  # lever, value now, value where they meet, relative change


def _changes(kind: str, best: Itinerary, other: Itinerary, search: Search) -> Iterable[Change]:
    gap = other.total - best.total
    if kind == "days":
        yield from _by_days(best, other, search, gap)
        return
    if kind == "value":
        value = search.load.value_usd
        mine, its = _sum(best, "value"), _sum(other, "value")
        if value and mine != its:
            meet = value + gap * value / (mine - its)
            if meet > 0:
                yield Lever("value", "value of the goods", ()), value, meet, meet / value - 1
        return
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    names: dict[tuple[str, ...], str] = {}
    values: dict[tuple[str, ...], Decimal] = defaultdict(lambda: ONE)
    for side, it in enumerate((best, other)):
        for placed in it.charges:
            term = placed.charge.term
            if term.extra is not None:
                continue
            if kind == "coefficient":
                for coef in term.coefficients:
                    names[(coef.coef_id,)] = f"coefficient {coef.coef_id} ({coef.description})"
                    values[(coef.coef_id,)] = coef.value
                    sums[(coef.coef_id,)][side] += placed.charge.amount_quote
            if kind == "coefficient" and term.subject.charge in CARRIED:
                carrier = term.subject.carrier or term.subject.service
                key: tuple[str, ...] = (term.subject.charge, term.subject.carrier, term.subject.service)
                names[key] = f"a coefficient on {carrier} {term.subject.charge.replace('_', ' ')}"
            elif kind == "rate":
                key = (term.rule.rule_id,)
                names[key] = f"rate {term.rule.rule_id} ({term.rule.description})"
            else:
                continue
            sums[key][side] += placed.charge.amount_quote
    for key, (mine, its) in sums.items():
        if mine == its:
            continue
        meet = ONE + gap / (mine - its)
        if ZERO < meet <= MOST_FACTOR:
            yield Lever(kind, names[key], key), values[key], meet * values[key], meet - ONE


def _sum(it: Itinerary, quantity: str) -> Decimal:
    return sum((p.charge.amount_quote for p in it.charges if p.charge.term.quantity == quantity), ZERO)


def _by_days(best: Itinerary, other: Itinerary, search: Search, gap: Decimal) -> Iterable[Change]:
    """Days more at a border of the best way that the other does not pass: hire of what waits there."""
    elsewhere = {(leg.from_id, leg.to_id) for leg in other.legs if leg.kind == "border"}
    names = search.book.place_names
    for index, leg in enumerate(best.legs):
        if leg.kind != "border" or leg.mode != "rail" or (leg.from_id, leg.to_id) in elsewhere:
            continue
        a_day = ZERO
        for placed in best.charges:
            term = placed.charge.term
            if placed.leg == index and term.subject.charge in ("hire", "platform_hire", "box_hire") and term.multiplier:
                a_day += placed.charge.amount_quote / term.multiplier
        if a_day and gap / a_day <= MOST_DAYS:
            days = gap / a_day
            yield Lever("days", f"days at the border {names[leg.from_id]}", (leg.from_id, leg.to_id)), ZERO, days, days


# ---- proof --------------------------------------------------------------------------------------------


def _prove(
    lever: Lever, before: Decimal, meet: Decimal, search: Search, paths: list[tuple[int, ...]], rival: int
) -> Breakeven | None:
    """The change rounded to the winning side, and quoted again there and one step short of it."""
    step = {"days": DAY_STEP, "value": ONE}.get(lever.kind, FACTOR_STEP)
    up = meet > before
    after = (meet / step).quantize(ONE, rounding=ROUND_CEILING if up else ROUND_FLOOR) * step
    outward = step if up else -step
    if after <= 0 and lever.kind != "days":
        return None
    for _ in range(4):  # lines round to the cent, so the meeting may lie a step off
        there = _again(lever, after, search)
        nearer = _again(lever, after - outward, search)
        wins = _dearer(there, paths, rival) <= 0
        lost = _dearer(nearer, paths, rival) > 0
        if wins and lost:
            return Breakeven(
                lever,
                before,
                after,
                {"days": "days", "value": "USD"}.get(lever.kind, "times"),
                after if lever.kind == "days" else after / before - ONE,
                True,
                _winner(there, paths),
            )
        after += -outward if wins else outward
        if after <= 0:
            return None
    return None


def _dearer(search: Search, paths: list[tuple[int, ...]], rival: int) -> int:
    """Cents by which the rival costs more than the best way of today."""
    return search.sums(paths[rival])[0] - search.sums(paths[0])[0]


def _winner(search: Search, paths: list[tuple[int, ...]]) -> int:
    best = best_way(search, search.combined("cost"), search.blocked())
    if best is None:
        return 0
    cheapest = search.sums(best)[0]
    return next((i + 1 for i, path in enumerate(paths) if search.sums(path)[0] == cheapest), 0)


def _again(lever: Lever, value: Decimal, search: Search) -> Search:
    """The same search with the lever at a value."""
    job, book = search.job, search.book
    if lever.kind == "value":
        return Search(replace(job, shipment=replace(job.shipment, value_usd=value)), book)
    if lever.kind == "days":
        return Search(job, book.with_dwell(lever.key[0], lever.key[1], float(value * 24)))
    books = book.books
    if lever.kind == "coefficient" and len(lever.key) == 1:
        changed = (replace(c, value=value) if c.coef_id == lever.key[0] else c for c in books.coefficients)
        return Search(job, book.with_books(replace(books, coefficients=tuple(changed))))
    return Search(job, book.with_books(books.with_coefficient(_factor(lever, value, book))))


def _factor(lever: Lever, value: Decimal, book: DataBook) -> Coefficient:
    """A coefficient of a group of its own, so that it multiplies whatever else applies."""
    rate = lever.kind == "rate"
    if rate:
        rule = next(r for r in book.books.rules if r.rule_id == lever.key[0])
        charge, carrier, service = rule.charge, rule.carrier, ""
    else:
        charge, carrier, service = lever.key
    conditions: tuple[tuple[str, Predicate], ...] = ()
    if service and not carrier:
        conditions = (("service", lambda s, c: s.service == service),)
    return Coefficient(
        book=next(iter(book.books.infos)),
        layer=0,
        charge=charge,
        carrier=carrier,
        conditions=conditions,
        cells=(),
        valid=Validity(),
        known_from=None,
        carry_months=None,
        replaces=frozenset(),
        status="estimated",
        source_id="keruen-estimate",
        document="",
        description="what if",
        row=RowRef("what if", 0),
        coef_id="WHAT-IF",
        rules=frozenset(lever.key) if rate else frozenset(),
        group="what-if",
        priority=0,
        value=value,
    )
