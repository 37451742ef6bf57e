"""What rows of one way share on their walk: the law so far, the stops ahead, the codes of what they met.

A `State` goes from leg to leg as `optimizer.transit` walks one row, and comes to the same hours and codes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from optimizer.calendar_notes import CODES, LEAST_TOLD_H
from optimizer.stops import Stop
from optimizer.timing import walk
from optimizer.timing.combine import Combined
from optimizer.timing.elements import Queue
from optimizer.timing.laws import Element
from optimizer.transit import LEAST_H, LegTime

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class State:
    """What rows share that came so far.

    Attributes:
        law, pending: of the hours, and what is passed but not yet in it.
        mean_h, var_h2: of all of it, roughly: where stops are looked for.
        times: the laws of the legs gone.
        legs_h: expected hours of each, with what the calendar adds.
        said: codes of each one's shifts.
        shifted: whether any leg has a shift.
        added_h, adding: hours and codes of shifts of the leg that is being gone.
    """

    law: Combined
    pending: tuple[Element, ...] = ()
    mean_h: float = 0.0
    var_h2: float = 0.0
    times: tuple[LegTime, ...] = ()
    legs_h: tuple[float, ...] = ()
    said: tuple[tuple[str, ...], ...] = ()
    shifted: bool = False
    added_h: float = 0.0
    adding: tuple[str, ...] = ()

    @property
    def queues(self) -> tuple[Queue, ...]:
        return tuple(dict.fromkeys(q for time in self.times for q in time.queues))

    def passed(self, time: LegTime) -> State:
        """After a leg, or the work of one, that nothing stops."""
        return self._after(time, (*self.pending, *time.elements))

    def worked(self, time: LegTime) -> State:
        """After work that is in the law already."""
        return self._after(time, ())

    def stopped(self, law: Combined, stops: Stops, met: Sequence[walk.Met]) -> State | None:
        """With the hours that stops of one kind add, and the law that holds them; None where they come to nothing."""
        if sum(m.hours for m in met) < LEAST_H:
            return None
        hours, var, codes = stops.added(met)
        return replace(
            self,
            law=law,
            mean_h=self.mean_h + hours,
            var_h2=self.var_h2 + var,
            shifted=True,
            added_h=self.added_h + hours,
            adding=(*self.adding, *codes),
        )

    def _after(self, time: LegTime, pending: tuple[Element, ...]) -> State:
        spread = time.spread
        return State(
            self.law,
            pending,
            self.mean_h + spread.mean_h,
            self.var_h2 + spread.var_h2,
            (*self.times, time),
            (*self.legs_h, spread.mean_h + self.added_h),
            (*self.said, self.adding),
            self.shifted,
        )


@dataclass(frozen=True, slots=True)
class Stops:
    """Stops of a leg as hours after the departure, whatever their dates; `kinds` with the place of each."""

    spans: tuple[walk.Span, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, stops: Sequence[Stop], later_h: float = 0.0) -> Stops:
        """
        Args:
            later_h: so much later are the hours counted.
        """
        spans = tuple((stop.span[0] - later_h, stop.span[1] - later_h) for stop in stops)
        return cls(spans, tuple((stop.kind, stop.place_id) for stop in stops))

    def later(self, hours: float) -> Stops:
        """The same stops so many hours later."""
        return replace(self, spans=tuple((first + hours, last + hours) for first, last in self.spans))

    def added(self, met: Sequence[walk.Met]) -> tuple[float, float, list[str]]:
        """(expected hours, their variance, codes worth telling) of the shifts, as `optimizer.transit` groups them."""
        groups: dict[tuple[str, str], list[float]] = {}
        for kind, m in zip(self.kinds, met, strict=True):
            if m.hours > 0:
                group = groups.setdefault(kind, [0.0, 0.0])
                group[0] += m.hours
                if m.chance > 0:
                    group[1] += 4 / 3 * m.hours**2 / min(1.0, m.chance)
        hours = sum(hours for hours, _ in groups.values())
        var = sum(max(0.0, square - hours**2) for hours, square in groups.values())
        return hours, var, [CODES[kind] for (kind, _), (told, _) in groups.items() if told >= LEAST_TOLD_H]


class Numbers(Generic[T]):
    """Numbers for things, the same for equals; `known` has them in order."""

    def __init__(self) -> None:
        self.known: dict[T, int] = {}

    def __call__(self, thing: T) -> int:
        return self.known.setdefault(thing, len(self.known))
