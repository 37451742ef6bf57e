"""Why no way was found: relax one thing at a time until one appears, and name that thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from optimizer.errors import NoItinerary
from optimizer.network.model import RailSection, RoadSection
from optimizer.request import Limits
from optimizer.routing.search import INFINITY, best_path, distances_to

if TYPE_CHECKING:
    from optimizer.search import Search


def why_no_route(search: Search, closures: list[dict[str, str]], again: Callable[..., Search]) -> NoItinerary:
    """The error for a job without a way.

    In this order: closures and bans that shut every way; the client's own limits; a haul no book prices;
    a line that is not open yet. What is left is missing track, road or service.

    Args:
        closures: closures already found to shut better ways.
        again: makes a new search for a changed job or context.
    """
    job = search.job
    ends = f"{job.shipment.origin} to {job.shipment.destination} for {job.shipment.cargo} in {job.shipment.equipment}"
    rejected = list(closures)
    if _reachable(search, open_all=True) and closures:
        return NoItinerary(
            f"No way is open from {ends} on {job.shipment.ready}: {closures[0]['text']}",
            rejected=rejected,
            hint="Choose another date, or see --ignore-restriction.",
        )
    limits = job.limits
    if limits != Limits(ignore_restrictions=limits.ignore_restrictions) or job.shipment.due is not None:
        free_job = replace(
            job, limits=Limits(ignore_restrictions=limits.ignore_restrictions), shipment=replace(job.shipment, due=None)
        )
        free = again(free_job, search.book)
        path = _best(free)
        if path is not None:
            hours = free.sums(path)[1] / 60
            what = "the deadline" if job.shipment.due is not None and not _limited(limits) else "the limits you set"
            text = f"A way exists without {what}; the best one takes {hours / 24:.1f} days."
            rejected.append(_row("limits", "excluded_by_request", text))
            return NoItinerary(f"No way from {ends} keeps the limits asked for.", rejected=rejected, hint=text)
    unpriced = again(job, search.book, replace(search.conditions, unpriced=True))
    path = _best(unpriced)
    if path is not None:
        for arc in path:
            subject = unpriced.lane.missing.get(arc)
            if subject is not None:
                who = subject.carrier or subject.country or subject.service
                where = f"{subject.from_id} - {subject.to_id}"
                text = f"No book prices {subject.charge.replace('_', ' ')} of {who} {where} for {subject.equipment or subject.form}."
                rejected.append(_row(f"{who}:{where}", "no_rate", text))
        return NoItinerary(
            f"No way from {ends} has a rate on every part.",
            rejected=rejected,
            hint="Add the missing rate in a book of your own with --book.",
        )
    planned = again(job, search.book, replace(search.conditions, unpriced=True, planned=True))
    path = _best(planned)
    if path is not None:
        text = "The only way uses a line or road that is not open: " + _planned_parts(planned, path)
        rejected.append(_row("planned line", "no_track", text))
        return NoItinerary(f"No open way leads from {ends}.", rejected=rejected, hint=text)
    text = f"No railway, road or ship service joins the two places for {job.shipment.equipment}."
    rejected.append(_row("network", "no_service", text))
    return NoItinerary(f"No way leads from {ends}.", rejected=rejected, hint="Try another equipment or a place nearby.")


def _row(what: str, code: str, text: str) -> dict[str, str]:
    empty = dict.fromkeys(("until", "saving", "source_id", "wait_until", "saving_by_waiting"), "")
    return {"what": what, "reason_code": code, "text": text, **empty}


def _limited(limits: Limits) -> bool:
    return limits != Limits(ignore_restrictions=limits.ignore_restrictions)


def _reachable(search: Search, open_all: bool) -> bool:
    bound = search.bound(search.combined("cost"), search.blocked(open_all=open_all))
    return bound[search.lane.source] < INFINITY


def _best(search: Search) -> tuple[int, ...] | None:
    # Unpriced arcs weigh nothing in money, so the way of least time is the one to show.
    weight = [int(w) + 1 for w in search.weights[1]]
    arcs = search.lane.arcs(search.blocked())
    bound = distances_to(arcs, weight, search.lane.sink)
    return best_path(arcs, weight, bound, search.lane.source, search.lane.sink)


def _planned_parts(search: Search, path: tuple[int, ...]) -> str:
    network = search.book.network
    sections: list[RailSection | RoadSection] = [*network.rail_sections, *network.road_sections]
    closed = {frozenset((s.from_id, s.to_id)): s for s in sections if not s.is_open}
    found = []
    for arc in path:
        for leg in search.lane.edges[arc].legs:
            for pair in zip(leg.path, leg.path[1:], strict=False):
                section = closed.get(frozenset(pair))
                if section is not None:
                    found.append(f"{section.from_id} - {section.to_id} ({section.state.replace('_', ' ')})")
    return ", ".join(dict.fromkeys(found)) or "an unfinished section"
