"""How long a way takes and how sure that is: the law of every leg and of the whole way, on the clock.

Legs carry expected hours; `seeds/times.csv` gives each the law its published figures speak for, and dated queues
add to it. Then the way is walked from its departure on: ships and trains leave on their days, posts are shut,
offices rest (`optimizer.stops`). Without any of these the way's law is that of the sum, its parts taken as
independent (`optimizer.timing`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from optimizer.itinerary import leg_hours
from optimizer.routing.forms import Leg
from optimizer.stops import Calendar, Stop
from optimizer.tariff.charge import Load
from optimizer.timing import walk
from optimizer.timing.combine import Combined, arrival
from optimizer.timing.elements import Queue, Times
from optimizer.timing.laws import Element
from optimizer.timing.queues import queues_of
from optimizer.timing.spread import Spread, total
from optimizer.timing.timetable import Departures, departures

LEAST_H = 0.05  # three minutes: a shift below it is none
LEAST_CHANCE = 0.02  # a day met less often is not named
DEVIATIONS = 3.5  # around the expected hours within which stops are looked for


@dataclass(frozen=True, slots=True)
class Shift:
    """What the calendar does to a leg.

    Attributes:
        kind: departure (the wait for a ship or train of a known day), hours, weekend or holiday.
        hours: expected hours in the leg because of it.
        sd_h: standard deviation of these hours.
        place_id: where.
        days: likely to be met.
        name: the holiday, weekday, hours of the post or days of departure.
        usual_h: hours the leg had instead without it: the mean wait of a service whose days are known.
    """

    kind: str
    hours: float
    sd_h: float
    place_id: str
    country: str
    days: tuple[dt.date, ...]
    name: str
    source_id: str
    status: str
    usual_h: float = 0.0

    @property
    def spread(self) -> Spread:
        """The same as a law, for what is added up along the way."""
        return Spread.gamma(self.hours, self.sd_h / self.hours) if self.hours > 0 else Spread()

    @property
    def added_h(self) -> float:
        """Hours more than without the calendar; below 0 where the ship is nearer than usual."""
        return self.hours - self.usual_h


@dataclass(frozen=True, slots=True)
class LegTime:
    """The law of one leg: its elements, what the calendar adds, their sum, and the queues in it."""

    elements: tuple[Element, ...]
    spread: Spread
    queues: tuple[Queue, ...]
    shifts: tuple[Shift, ...] = ()


_State = tuple[Combined, tuple[Element, ...], Spread]  # of a walk: the law so far, what is not yet in it, roughly


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


@dataclass(slots=True)
class Walked:
    """What ways of one shipment and moment share: legs they have in common, and how they begin.

    Legs are known by identity: those of one lane are made once and live as long as it.
    """

    times: dict[tuple[int, int], LegTime] = field(default_factory=dict)
    steps: dict[tuple[int, ...], tuple[LegTime, _State]] = field(default_factory=dict)


def leg_times(
    legs: Sequence[Leg],
    load: Load,
    times: Times,
    day: dt.date,
    known_on: dt.date,
    groups: frozenset[str],
    walked: Walked | None = None,
) -> tuple[LegTime, ...]:
    """The law of every leg of a way, whatever the day of the week.

    Args:
        day: of loading; the queues of that day are taken for the whole way, the later ones not being known.
        groups: of the cargo, for queues that hold some goods only.
        walked: of other ways of the same shipment.
    """
    known = walked.times if walked is not None else {}
    found: list[LegTime] = []
    for index, leg in enumerate(legs):
        # A wait is known by the ship that comes next; nothing farther off matters.
        key = (id(leg), id(legs[index + 1]) if index + 1 < len(legs) else 0)
        if key in known:
            found.append(known[key])
            continue
        kind, service, from_id, to_id, queues = queues_of(legs, index, times, day, known_on, groups)
        law = times.law_of(kind, service=service, from_id=from_id, to_id=to_id, family=leg.family, month=day.month)
        elements = _queued(law.element(leg_hours(leg, load)), queues)
        known[key] = LegTime(elements, total(e.spread for e in elements), queues)
        found.append(known[key])
    return tuple(found)


def transit_of(times_of_legs: Sequence[LegTime]) -> Transit:
    """The law of the sum."""
    return Transit(tuple(times_of_legs), arrival([e for leg in times_of_legs for e in leg.elements]))


def on_clock(
    times: Sequence[LegTime],
    legs: Sequence[Leg],
    begins: dt.datetime,
    calendar: Calendar,
    known: Walked | None = None,
) -> Transit:
    """The law of a way that begins at a moment.

    Args:
        times: of `leg_times`.
        begins: when loading begins, with its zone.
        calendar: what stops and what leaves when.
        known: of other ways of the same shipment that begin then.
    Returns:
        The same legs with their shifts; their expected hours add up to the way's.
    """
    walker = _Walker(begins, calendar)
    walked = walker.walked(times, legs, known)
    if not any(time.shifts for time in walked):
        return transit_of(times)
    return Transit(walked, replace(walker.settled(), mean_h=sum(time.spread.mean_h for time in walked)))


def expected_on_clock(times: Sequence[LegTime], legs: Sequence[Leg], begins: dt.datetime, calendar: Calendar) -> float:
    """Expected hours of `on_clock` alone, which cost less than the law."""
    return sum(time.spread.mean_h for time in _Walker(begins, calendar).walked(times, legs))


class _Walker:
    """Goes from leg to leg; the exact law of the arrival is worked out only where the calendar asks for it."""

    def __init__(self, begins: dt.datetime, calendar: Calendar) -> None:
        self.begins = begins
        self.calendar = calendar
        self.law = walk.at(0.0)
        self.pending: list[Element] = []
        self.rough = Spread()

    def walked(self, times: Sequence[LegTime], legs: Sequence[Leg], known: Walked | None = None) -> tuple[LegTime, ...]:
        """Every leg with its shifts; as far as another way went the same legs, what was found then."""
        steps = known.steps if known is not None else {}
        found: list[LegTime] = []
        for index, time in enumerate(times):
            key = (index, *(id(leg) for leg in legs[: index + 2]))
            if key in steps:
                step, (self.law, pending, self.rough) = steps[key]
                self.pending = list(pending)
            else:
                step = self.step(legs, index, time)
                steps[key] = step, (self.law, tuple(self.pending), self.rough)
            found.append(step)
        return tuple(found)

    def settled(self) -> Combined:
        """The law of the arrival so far."""
        self.law, self.pending = walk.then(self.law, self.pending), []
        return self.law

    def step(self, legs: Sequence[Leg], index: int, time: LegTime) -> LegTime:
        """A leg with its shifts."""
        leg = legs[index]
        rows = self.calendar.departures(legs, index, self._day())
        if rows and leg.kind == "wait":
            # Queues before the ship stay; the law of the wait for the ship itself gives way to its days.
            line = tuple(e for e in _queued(Element(0.0), time.queues) if e.mean_h > 0)
            own = total(e.spread for e in line)
            self._pass(line)
            shift = self._departure(leg, rows, time.spread.mean_h - own.mean_h)
            return replace(time, elements=line, spread=own + shift.spread, shifts=(shift,))
        shifts = [self._departure(leg, rows, 0.0)] if rows else []
        if leg.kind in ("haul", "wait") and not shifts:  # rolls day and night
            self._pass(time.elements)
            return time
        shifts += self._gates(leg)
        shifts += self._work(leg, time)
        if not shifts:
            return time
        return replace(time, spread=time.spread + total(s.spread for s in shifts), shifts=tuple(shifts))

    def _pass(self, elements: Sequence[Element]) -> None:
        self.pending += elements
        self.rough += total(e.spread for e in elements)

    def _day(self) -> dt.date:
        return (self.begins + dt.timedelta(hours=self.rough.mean_h)).date()

    def _reach(self, more: Spread) -> tuple[float, float]:
        """Hours between which a leg is likely to be begun and done."""
        whole = self.rough + more
        return max(0.0, self.rough.mean_h - DEVIATIONS * self.rough.sd_h), whole.mean_h + DEVIATIONS * whole.sd_h

    def _departure(self, leg: Leg, rows: tuple[Departures, ...], usual_h: float) -> Shift:
        country = self.calendar.network.places[leg.from_id].country
        leaving = departures(rows, country, self.begins, *self._reach(Spread()))
        self.law, wait_h, sd_h = walk.with_departure(self.settled(), leaving)
        first = rows[0]
        name = "; ".join(row.in_words for row in rows)
        shift = Shift("departure", wait_h, sd_h, leg.from_id, country, (), name, first.source_id, first.status, usual_h)
        self.rough += shift.spread
        return shift

    def _gates(self, leg: Leg) -> list[Shift]:
        stops = self.calendar.gates(leg, self.begins, *self._reach(Spread()))
        if not stops:
            return []
        law, met = walk.through_gate(self.settled(), [stop.span for stop in stops])
        return self._taken(law, stops, met)

    def _work(self, leg: Leg, time: LegTime) -> list[Shift]:
        stops = self.calendar.rests(leg, self.begins, *self._reach(time.spread)) if time.elements else []
        if not stops:
            self._pass(time.elements)
            return []
        law, met = walk.with_rest(self.settled(), time.elements, [stop.span for stop in stops])
        shifts = self._taken(law, stops, met)
        if shifts:
            self.rough += time.spread
        else:
            self._pass(time.elements)
        return shifts

    def _taken(self, law: Combined, stops: Sequence[Stop], met: Sequence[walk.Met]) -> list[Shift]:
        """The shifts of one kind of stop, and the law with them; none where they come to nothing."""
        if sum(m.hours for m in met) < LEAST_H:
            return []
        self.law = law
        shifts = _shifts(stops, met)
        self.rough += total(shift.spread for shift in shifts)
        return shifts


def _queued(base: Element, queues: Sequence[Queue]) -> tuple[Element, ...]:
    elements: tuple[Element, ...] = (base,)
    for queue in queues:
        elements = (*queue.applied(elements[0]), *elements[1:])
    return elements


def _shifts(stops: Sequence[Stop], met: Sequence[walk.Met]) -> list[Shift]:
    """One shift for each kind of stop and place, with the days likely to be met."""
    groups: dict[tuple[str, str], list[tuple[Stop, walk.Met]]] = {}
    for stop, m in zip(stops, met, strict=True):
        if m.hours > 0:
            groups.setdefault((stop.kind, stop.place_id), []).append((stop, m))
    found = []
    for (kind, place_id), group in groups.items():
        first = group[0][0]
        likely = [stop for stop, m in group if m.chance >= LEAST_CHANCE] or [max(group, key=lambda g: g[1].chance)[0]]
        hours = sum(m.hours for _, m in group)
        # Of one span met with a chance, the hours are even between none and twice their mean.
        square = sum(4 / 3 * m.hours**2 / min(1.0, m.chance) for _, m in group if m.chance > 0)
        found.append(
            Shift(
                kind,
                hours,
                max(0.0, square - hours**2) ** 0.5,
                place_id,
                first.country,
                tuple(dict.fromkeys(stop.day for stop in likely)),
                # Two feasts on one day stand in one name.
                "; ".join(dict.fromkeys(name for stop in likely for name in stop.name.split("; "))),
                likely[0].source_id,
                likely[0].status,
            )
        )
    return found
