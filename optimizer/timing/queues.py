"""Hours that dated queues add to the steps of a graph, for the search."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from optimizer.subject import LegLike
from optimizer.timing.elements import Queue, Times, element_of_leg


class EdgeLike(Protocol):
    """A step with its legs."""

    @property
    def legs(self) -> Sequence[LegLike]: ...


def queues_of(
    legs: Sequence[LegLike], index: int, times: Times, day: dt.date, known_on: dt.date, groups: frozenset[str]
) -> tuple[str, str, str, str, tuple[Queue, ...]]:
    """(kind, service, from, to, queues) of a leg: a wait is known by the sailing it waits for."""
    leg = legs[index]
    kind, service = element_of_leg(leg.kind, leg.mode, leg.service)
    from_id, to_id = leg.from_id, leg.to_id
    if kind.startswith("wait_") and index + 1 < len(legs):
        sail = legs[index + 1]
        service, from_id, to_id = sail.service, sail.from_id, sail.to_id
    places = times.queue_places(day, known_on)
    if from_id not in places and to_id not in places:
        return kind, service, from_id, to_id, ()
    found = [
        queue
        for cargo in ("", *sorted(groups))
        for queue in times.queue_at(
            kind, day, known_on, service=service, from_id=from_id, to_id=to_id, family=leg.family, cargo=cargo
        )
    ]
    return kind, service, from_id, to_id, _settled(tuple(dict.fromkeys(found)))


def _settled(found: tuple[Queue, ...]) -> tuple[Queue, ...]:
    """Of several quotas the one that makes wait longest; none beside a reported queue, which tells the hours held
    in all, the quota's among them [rule: quota-in-queue].
    """
    quotas = [q for q in found if q.quota]
    if not quotas:
        return found
    others = tuple(q for q in found if not q.quota)
    if any(q.how == "held" for q in others):
        return others
    return (*others, max(quotas, key=lambda q: (q.expected_h, q.row_id)))


def queue_delays(
    edges: Sequence[EdgeLike], times: Times, day: dt.date, known_on: dt.date, groups: frozenset[str]
) -> dict[int, float]:
    """Expected hours that queues in force add to each edge that meets one."""
    places = times.queue_places(day, known_on)
    if not places:
        return {}
    found: dict[int, float] = {}
    for number, edge in enumerate(edges):
        legs = edge.legs
        if not any(leg.from_id in places or leg.to_id in places for leg in legs):
            continue
        more = 0.0
        for index, leg in enumerate(legs):
            *_, queues = queues_of(legs, index, times, day, known_on, groups)
            held = leg.hours
            for queue in queues:
                if queue.how == "held":
                    more += max(0.0, queue.mean_h - held)
                    held = max(held, queue.mean_h)
                else:
                    more += queue.share * queue.mean_h
        if more:
            found[number] = more
    return found
