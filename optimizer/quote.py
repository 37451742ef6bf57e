"""The use case "quote": one request, one quote.

    request -> normalise -> context and lane (databook) -> weights -> search -> itineraries -> quote

The clock stays outside: `today` and `created_at` come in with the call. The answer is plain data, the
same from the command line and over HTTP; its money is exact and its lines add up to its total.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.closures import Rejected, best_and_closures, no_way
from optimizer.databook import DataBook
from optimizer.itinerary import Itinerary
from optimizer.remarks import finish
from optimizer.render import render
from optimizer.request import Job, QuoteRequest, normalise
from optimizer.search import Search
from optimizer.ways import alternatives, best_way, pareto_front


def make_quote(request: QuoteRequest, book: DataBook, *, today: dt.date, created_at: dt.datetime) -> dict[str, Any]:
    """A quote as plain data (contract, section 3).

    Raises:
        RequestError: a field cannot be used.
        NoItinerary: no way exists; says what blocks it.
    """
    return quote_job(normalise(request, book, today), book, created_at)


def quote_job(job: Job, book: DataBook, created_at: dt.datetime) -> dict[str, Any]:
    """The same for a normalised job."""
    search = Search(job, book)
    found = find_itineraries(search)
    finish(search, found.itineraries)
    return render(search, found, created_at)


def best_only(job: Job, book: DataBook) -> tuple[Search, Itinerary]:
    """The best way alone, priced exactly: what a batch row needs.

    Raises:
        NoItinerary: no way exists.
    """
    search = Search(job, book)
    path = best_way(search, search.combined(job.objective), search.blocked())
    if path is None:
        raise no_way(search)
    return search, search.itinerary(path)


@dataclass(frozen=True, slots=True)
class Found:
    """The itineraries of a quote in order, what shut better ones, and whether each search came to its end."""

    itineraries: list[Itinerary]
    rejected: list[Rejected]
    pareto_complete: bool
    alternatives_complete: bool


def find_itineraries(search: Search) -> Found:
    """The best way, the labelled extremes, alternatives or the Pareto set, and what shut better ways."""
    job = search.job
    weight = search.combined(job.objective)
    best, rejected = best_and_closures(search, weight)
    if best is None:
        raise no_way(search)
    blocked = search.blocked()
    found: dict[tuple[int, ...], Itinerary] = {}

    def keep(path: Sequence[int], label: str) -> None:
        key = tuple(path)
        if key not in found:
            found[key] = search.itinerary(key)
        if label not in found[key].labels:
            found[key].labels.append(label)

    for objective, label in (("cost", "cheapest"), ("time", "fastest"), ("emissions", "greenest")):
        path = best if objective == job.objective else best_way(search, search.combined(objective), blocked)
        if path is not None:
            keep(path, label)
    complete = True
    if job.pareto:
        front, complete = pareto_front(search, blocked)
        for path in front:
            if search.in_time(path):
                keep(path, "pareto")
    others, all_sought = alternatives(search, weight, job.alternatives)
    for path in others:
        keep(path, "alternative")
    order = {"cost": (0, 1, 2), "time": (1, 0, 2), "emissions": (2, 0, 1)}[job.objective]

    def rank(it: Itinerary) -> tuple[int, ...]:
        sums = search.sums(it.arcs)
        return (*(sums[i] for i in order), *it.arcs)

    ranked = sorted(found.values(), key=rank)
    top = ranked[0]
    if "alternative" in top.labels and len(top.labels) > 1:
        top.labels.remove("alternative")
    return Found(ranked, rejected, complete, all_sought)
