"""What shut a better way: the ban or closure, until when, and what would be saved by waiting; or why there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from optimizer.errors import NoExchangeRate, NoItinerary
from optimizer.explain import why_no_route
from optimizer.request import fx_day
from optimizer.restriction.match import sentence
from optimizer.restriction.model import Restriction
from optimizer.routing.search import INFINITY
from optimizer.search import Search, Weight
from optimizer.ways import best_way, surest_way

MOST_CLOSURES_TOLD = 6
MOST_DAYS_WAITED = 60  # nobody keeps goods longer for a cheaper way


@dataclass(frozen=True, slots=True)
class Rejected:
    """A ban, closure or limit that shut a better way."""

    what: str
    reason_code: str
    text: str
    until: str
    saving: str
    source_id: str
    wait_until: str = ""  # the first day on which it no longer shuts, where that is known
    saving_by_waiting: str = ""  # what the best way of that day costs less than today's

    def as_dict(self) -> dict[str, str]:
        return {
            "what": self.what,
            "reason_code": self.reason_code,
            "text": self.text,
            "until": self.until,
            "saving": self.saving,
            "source_id": self.source_id,
            "wait_until": self.wait_until,
            "saving_by_waiting": self.saving_by_waiting,
        }


def best_and_closures(search: Search, weight: Weight) -> tuple[tuple[int, ...] | None, list[Rejected]]:
    """The best allowed path, and the closures that shut better ones.

    First with every closure open: where that best way meets none, it is the answer. Else what it meets
    is told and shut, and the search repeated, until the best way is free.
    """
    told: list[tuple[str, int, tuple[str, ...]]] = []
    shut: frozenset[str] = frozenset()
    ignoring = search.job.limits.ignore_restrictions
    best: tuple[int, ...] | None = None
    for _ in range(MOST_CLOSURES_TOLD + 1):
        path = best_way(search, weight, search.blocked(open_all=True, also=shut))
        if path is None:
            break
        met = {i for a in path for i in search.lane.shut.get(a, ()) if i not in ignoring}
        if not met:
            best = path
            break
        told += [(i, search.sums(path)[0], tuple(sorted(met - {i}))) for i in sorted(met)]
        shut |= met
    if best is None:
        best = best_way(search, weight, search.blocked())
    cents = search.sums(best)[0] if best is not None else None
    return best, [_rejection(search, i, c, cents, others) for i, c, others in told]


def _rejection(search: Search, restriction_id: str, cents: int, best: int | None, others: tuple[str, ...]) -> Rejected:
    r = next(r for r in search.lane.context.restrictions if r.restriction_id == restriction_id)
    until = r.valid.end.isoformat() if r.valid.end else ""
    saving = ""
    if best is not None and search.job.objective == "cost":
        saving = f"{Decimal(best - cents) / 100:.2f} {search.job.currency}"
    text = sentence(r, search.book.place_names)
    if saving:
        beside = f", together with {' and '.join(others)}," if others else ""
        text += f" The way it shuts{beside} would cost {saving} less."
    wait_until, gain = _by_waiting(search, r, best) if best is not None else ("", "")
    if gain:
        text += (
            f" Loaded on {wait_until} instead, the goods would cost {gain} less to carry, before any cost of waiting."
        )
    return Rejected(restriction_id, r.kind, text, until, saving, r.source_id, wait_until, gain)


def _by_waiting(search: Search, r: Restriction, best: int) -> tuple[str, str]:
    """(the first day after a closure with a known end, what the best way of that day costs less) or empty words."""
    job = search.job
    end = r.valid.end
    if end is None or job.objective != "cost" or (end - job.shipment.ready).days >= MOST_DAYS_WAITED:
        return "", ""
    day = end + dt.timedelta(days=1)
    if job.shipment.due is not None and day > job.shipment.due:
        return "", ""
    later = Search(replace(job, shipment=replace(job.shipment, ready=day)), search.book)
    path = best_way(later, later.combined("cost"), later.blocked())
    if path is None:
        return "", ""
    gain = best - later.sums(path)[0]
    return (day.isoformat(), f"{Decimal(gain) / 100:.2f} {job.currency}") if gain > 0 else ("", "")


def no_way(search: Search) -> NoItinerary:
    """Why nothing was found, as an error with the reasons.

    Raises:
        NoExchangeRate: a way exists, but a currency it is paid in has no rate that day.
    """
    if search.no_rate is not None:
        bound = search.bound(search.weights[1], search.blocked() & ~search.no_rate)
        if bound[search.lane.source] < INFINITY:
            raise NoExchangeRate(
                f"No exchange rates are at hand on or before {fx_day(search.job)} for every way of this lane.",
                field="ready",
                hint="Bring your own rates (columns currency, per_usd, date, kind).",
            )
    _, closures = best_and_closures(search, search.combined(search.job.objective))
    if search.job.chance is not None:
        unsure = _not_sure(search)
        if unsure is not None:
            rows = [unsure.as_dict(), *(c.as_dict() for c in closures)]
            return NoItinerary(_chance_asked(search), rejected=rows, hint=unsure.text)
    return why_no_route(search, [c.as_dict() for c in closures], Search)


def _chance_asked(search: Search) -> str:
    s, chance = search.job.shipment, search.job.chance
    return f"No way from {s.origin} to {s.destination} is there by {s.due} with a chance of {_percent(chance)} or more."


def _not_sure(search: Search) -> Rejected | None:
    """The best chance that can be had, and the way and price that gives it; None where there is no way at all."""
    found = surest_way(search)
    if found is None:
        return None
    path, chance = found
    it = search.itinerary(path)
    names = search.book.place_names
    through = ", ".join(dict.fromkeys(f"{leg.mode} {names[leg.to_id]}" for leg in it.legs if leg.kind == "haul"))
    text = (
        f"The best chance to be had is {_percent(Decimal(str(chance)))}: {it.total:,.2f} {search.job.currency}, "
        f"{search.transit(it).expected_h / 24:.1f} days expected, by {through}."
    )
    return Rejected("chance", "excluded_by_request", text, "", "", "")


def _percent(chance: Decimal | None) -> str:
    """A chance in percent, cut and not rounded: 0.99996 is not certain.

    >>> _percent(Decimal("0.9")), _percent(Decimal("0.99996")), _percent(Decimal("0.0004"))
    ('90 %', '99.9 %', '0 %')
    """
    value = ((chance or Decimal(0)) * 100).quantize(Decimal("0.1"), rounding=ROUND_DOWN)
    return f"{value.normalize():f} %"
