"""Waits that quotas make at borders, as dated queues of `optimizer.timing`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from optimizer.restriction.exemption import GROUP_OF_WORD
from optimizer.restriction.match import places_of, sentence
from optimizer.restriction.model import IN_CONTAINER_TRAINS, Restriction
from optimizer.timing.elements import Queue, Selector, Times
from optimizer.timing.laws import Shape


def with_quotas(times: Times, restrictions: Iterable[Restriction]) -> Times:
    """The table of queues with those that quotas make beside it; quotas of other restrictions are left out."""
    own = tuple(q for q in times.queues if not q.quota)
    return replace(times, queues=(*own, *quota_queues(restrictions)), _found={}, _standing={})


def quota_queues(restrictions: Iterable[Restriction]) -> tuple[Queue, ...]:
    """The waits that quotas make at borders, where it is known how much is tendered [rule: quota-wait].

    Of b tendered a day a are let through: with p = a/b one waits no day with chance p, else days with mean 1/p and
    variance (1-p)/p^2, as the geometric law has them; a gamma law stands for these. What was left over the day before
    is among the b, as loading is held back at the origin while a quota stands; where a line grows all the same, the
    report of it (a `held` queue) counts instead.

    >>> from optimizer.restriction.read import read_restrictions
    >>> [(q.row_id, round(q.expected_h, 1)) for q in quota_queues([read_restrictions().get("UTY-2025-SARYAGASH-Q1")])]
    [('UTY-2025-SARYAGASH-Q1', 4.8)]
    """
    found: list[Queue] = []
    for r in restrictions:
        limit = r.daily_limit
        p = limit.accepted if limit is not None else None
        if limit is None or p is None or p >= 1:
            continue
        shape = Shape("gamma", math.sqrt(1 - p))
        waits = (1 - p, 24 / p)
        for selector in _borders(r, limit.mode):
            known = r.known_from or r.valid.start
            facts = (r.valid, known, r.source_id, "derived", sentence(r), r.line, r.restriction_id)
            found.append(Queue(r.restriction_id, selector, "added", waits[1], waits[0], shape, *facts))
    return tuple(dict.fromkeys(found))


def _borders(r: Restriction, mode: str) -> Iterator[Selector]:
    """The crossings at the places of a quota: out of the place for export, else either way."""
    for place in places_of(r):
        if isinstance(place, str):
            start, ends = place, sorted(r.destinations) or [""]
        elif place[0] == "road" and place[1][:2] != place[2][:2]:
            start, ends = place[1], [place[2]]
        else:
            continue  # a road inside a country has no crossing to wait at
        for word in r.cargo_words:
            goods = word.removesuffix(IN_CONTAINER_TRAINS)
            family = "container" if goods != word else ""
            if goods not in ("", "all", *GROUP_OF_WORD):
                continue  # a crossing knows groups of goods only, and `check_restrictions` says so
            cargo = GROUP_OF_WORD.get(goods, "")
            for end in ends:
                yield Selector(
                    f"{mode}_border",
                    start=start,
                    end=end,
                    both_ways=r.direction != "export",
                    family=family,
                    cargo=cargo,
                    months=r.months,
                )
