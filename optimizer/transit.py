"""How long a way takes and how sure that is: the law of every leg and of the whole way.

Legs carry expected hours; `seeds/times.csv` gives each the law its published figures speak for, and dated queues
add to it. The way's law is that of the sum, its parts taken as independent (`optimizer.timing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.itinerary import leg_hours
from optimizer.routing.forms import Leg
from optimizer.tariff.charge import Load
from optimizer.timing.combine import Combined, arrival
from optimizer.timing.elements import Queue, Times
from optimizer.timing.laws import Element
from optimizer.timing.queues import queues_of
from optimizer.timing.spread import Spread, total


@dataclass(frozen=True, slots=True)
class LegTime:
    """The law of one leg: its elements, their sum, and the queues in it."""

    elements: tuple[Element, ...]
    spread: Spread
    queues: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class Transit:
    """The law of a way's hours."""

    legs: tuple[LegTime, ...]
    law: Spread | Combined

    @property
    def expected_h(self) -> float:
        return self.law.mean_h

    @property
    def queues(self) -> tuple[Queue, ...]:
        return tuple(dict.fromkeys(q for leg in self.legs for q in leg.queues))

    def quantile(self, p: float) -> float:
        """Hours within which the cargo is there with chance `p`."""
        return self.law.quantile(p)

    def chance(self, hours: float) -> float:
        """Chance that the cargo is there within `hours`."""
        return self.law.chance(hours)


def leg_times(
    legs: Sequence[Leg], load: Load, times: Times, day: dt.date, known_on: dt.date, groups: frozenset[str]
) -> tuple[LegTime, ...]:
    """The law of every leg of a way.

    Args:
        day: of loading; the queues of that day are taken for the whole way, the later ones not being known.
        groups: of the cargo, for queues that hold some goods only.
    """
    found: list[LegTime] = []
    for index, leg in enumerate(legs):
        kind, service, from_id, to_id, queues = queues_of(legs, index, times, day, known_on, groups)
        law = times.law_of(kind, service=service, from_id=from_id, to_id=to_id, family=leg.family, month=day.month)
        elements: tuple[Element, ...] = (law.element(leg_hours(leg, load)),)
        for queue in queues:
            elements = (*queue.applied(elements[0]), *elements[1:])
        found.append(LegTime(elements, total(e.spread for e in elements), queues))
    return tuple(found)


def transit_of(times_of_legs: Sequence[LegTime]) -> Transit:
    """The law of the sum."""
    return Transit(tuple(times_of_legs), arrival([e for leg in times_of_legs for e in leg.elements]))
