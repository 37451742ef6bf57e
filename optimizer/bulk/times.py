"""How long a way takes on many days and for many sizes at once, with the codes of what the calendar does to it.

The same answers as `search.Search.transit` and `remarks.of_time` give row by row. Rows go the legs of the way
together; they part only where a leg is longer for more wagons, a queue stands, or other hours of their journey are
hours of rest. So most days of a month share one law, and what is left is worked out under each other
(`optimizer.timing.many`). Rows that wait for a known ship or train are few and are answered one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from optimizer.bulk.rests import DAY_H, Floats, Ints, Rests, days_of
from optimizer.bulk.states import Numbers, State, Stops
from optimizer.calendar_notes import CODES, MOST_DAYS_LOOKED_AT
from optimizer.itinerary import Itinerary
from optimizer.remarks import of_time
from optimizer.routing.forms import Leg
from optimizer.search import Search
from optimizer.tariff.charge import Load
from optimizer.timing import many, walk
from optimizer.timing.calendar import clock
from optimizer.timing.combine import arrival
from optimizer.timing.elements import Queue
from optimizer.timing.laws import Element
from optimizer.timing.many_rests import with_rest
from optimizer.transit import DEVIATIONS, LegTime, Walked, leg_times

CHANCES = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class RowTime:
    """What a row is told of its time.

    Attributes:
        p50_h, p90_h: hours within which the cargo is there with these chances.
        codes: of the warnings of `remarks.of_time`, each once, in their order.
        queues: that stand on the way.
    """

    p50_h: float
    p90_h: float
    codes: tuple[str, ...]
    queues: tuple[Queue, ...]


def times_of(
    search: Search, it: Itinerary, rows: Sequence[tuple[dt.date, Load]], rests: Rests | None = None
) -> list[RowTime]:
    """The time of one way for rows that differ in their day and size.

    Args:
        search: of any shipment of the lane; what is known is what was known on its day.
        it: the way.
        rows: (ready day, load); the same may stand twice.
        rests: days of rest found for other ways of the book; None: none yet.
    """
    return _Way(search, it, rests or Rests(search.book.calendar)).times(rows)


class _Way:
    """A way and the rows that go it.

    Attributes:
        days: ordinal of the day each row begins on.
        at: state of each row.
    """

    def __init__(self, search: Search, it: Itinerary, rests: Rests) -> None:
        self.search, self.it, self.rests = search, it, rests
        self.legs: tuple[Leg, ...] = tuple(it.legs)
        self.calendar = search.book.calendar
        self.clock = clock(search.conditions.origin_country)
        # Legs, by identity, that take longer for more wagons.
        self.long = frozenset(id(leg) for leg in self.legs if leg.hours_per_unit)

    def times(self, rows: Sequence[tuple[dt.date, Load]]) -> list[RowTime]:
        """See `times_of`."""
        if not rows:
            return []
        number: Numbers[tuple[dt.date, int]] = Numbers()
        which = [number((day, load.wagons if self.long else 0)) for day, load in rows]
        first = dict(zip(reversed(which), reversed(rows), strict=True))
        told = self._told([first[i] for i in range(len(first))])
        return [told[i] for i in which]

    def _told(self, rows: Sequence[tuple[dt.date, Load]]) -> list[RowTime]:
        self.days: Ints = np.array([day.toordinal() for day, _ in rows])
        self.states = [State(walk.at(0.0))]
        self.at: Ints = np.zeros(len(rows), np.int64)
        alone = np.zeros(len(rows), bool)
        variants, of_row = self._variants(rows)
        for index, leg in enumerate(self.legs):
            times, variant = variants[index], of_row[:, index]
            alone |= self._departs(index)
            if leg.kind in ("haul", "wait"):
                self._roll(times, variant)
                continue
            self._gates(leg)
            self._work(leg, times, variant)
        hours, codes = self._hours(), self._codes()
        queues = [state.queues for state in self.states]
        found = []
        for place, (row, state) in enumerate(zip(rows, self.at.tolist(), strict=True)):
            p50, p90 = hours[state]
            found.append(self._alone(*row) if alone[place] else RowTime(p50, p90, codes[place], queues[state]))
        return found

    def _alone(self, day: dt.date, load: Load) -> RowTime:
        """A row by itself."""
        search = self.search
        job = replace(search.job, shipment=replace(search.job.shipment, ready=day))
        own = Search(job, search.book, replace(search.conditions, ready=day), search.lane)
        own.load = load
        transit = own.transit(self.it)
        said = of_time(self.legs, transit, own.departure, search.book)
        p50, p90 = (transit.quantile(p) for p in CHANCES)
        return RowTime(p50, p90, tuple(dict.fromkeys(w.code for w in said)), transit.queues)

    # ---- laws of the legs -------------------------------------------------------------------------------

    def _variants(self, rows: Sequence[tuple[dt.date, Load]]) -> tuple[list[list[LegTime]], Ints]:
        """(the laws each leg may have, which of them each row has): by month, queues and wagons."""
        s, book = self.search.job.shipment, self.search.book
        groups = book.cargoes[s.cargo].groups
        numbers: list[Numbers[Hashable]] = [Numbers() for _ in self.legs]
        found: list[list[LegTime]] = [[] for _ in self.legs]
        shared: dict[Hashable, Walked] = {}
        known: dict[Hashable, list[int]] = {}
        of_row = []
        for day, load in rows:
            # Queues of the book live as long as it does.
            seen = (day.month, tuple(map(id, book.times.standing(day, s.known_on))))
            key = (seen, load.wagons if self.long else 0)
            variant = known.get(key)
            if variant is None:
                walked = Walked(dict(shared.setdefault(seen, Walked()).times))
                legs = leg_times(self.legs, load, book.times, day, s.known_on, groups, walked)
                if not shared[seen].times:
                    shared[seen].times.update(
                        (ends, time) for ends, time in walked.times.items() if ends[0] not in self.long
                    )
                variant = []
                for index, time in enumerate(legs):
                    n = numbers[index]((time.elements, time.queues))
                    if n == len(found[index]):
                        found[index].append(time)
                    variant.append(n)
                known[key] = variant
            of_row.append(variant)
        return found, np.array(of_row)

    # ---- the walk -----------------------------------------------------------------------------------

    def _part(self, key: Ints, follow: Callable[[list[tuple[int, int]]], list[State]]) -> None:
        """Rows of one state and key go on together; `follow` tells what each (state, key) comes to."""
        most = int(key.max()) + 1
        pairs, self.at = np.unique(self.at * most + key, return_inverse=True)
        self.states = follow([divmod(pair, most) for pair in pairs.tolist()])

    def _roll(self, times: Sequence[LegTime], variant: Ints) -> None:
        """Rows on a leg that rolls day and night."""
        self._part(variant, lambda pairs: [self.states[state].passed(times[v]) for state, v in pairs])

    def _of_state(self, name: str) -> Floats:
        """An attribute of the state of every row."""
        found: Floats = np.array([getattr(state, name) for state in self.states])[self.at]
        return found

    def _reach(self, times: Sequence[LegTime], variant: Ints) -> tuple[Floats, Floats]:
        """Hours between which each row's leg is likely to be begun and done; without times: and begun."""
        mean, var = self._of_state("mean_h"), self._of_state("var_h2")
        first = np.maximum(0.0, mean - DEVIATIONS * np.sqrt(np.maximum(0.0, var)))
        if times:
            mean = mean + np.array([time.spread.mean_h for time in times])[variant]
            var = var + np.array([time.spread.var_h2 for time in times])[variant]
        return first, mean + DEVIATIONS * np.sqrt(np.maximum(0.0, var))

    def _begins(self, day: int) -> dt.datetime:
        return dt.datetime.combine(dt.date.fromordinal(day), dt.time(), self.clock)

    def _departs(self, index: int) -> npt.NDArray[np.bool_]:
        """Rows that wait for a ship or train whose days are known."""
        calendar, legs = self.calendar, self.legs
        if not calendar.timetables.rows or legs[index].kind not in ("wait", "haul"):
            return np.zeros(len(self.at), bool)
        days, place = np.unique(self.days + days_of(self._of_state("mean_h")), return_inverse=True)
        known = [bool(calendar.departures(legs, index, dt.date.fromordinal(day))) for day in days.tolist()]
        return np.array(known)[place]

    def _settled(self, wanted: Iterable[int]) -> dict[int, State]:
        """States with all they have passed in their law."""
        states = {number: self.states[number] for number in sorted(set(wanted))}
        laws = many.then([state.law for state in states.values()], [state.pending for state in states.values()])
        return {
            number: replace(state, law=law, pending=())
            for (number, state), law in zip(states.items(), laws, strict=True)
        }

    def _gates(self, leg: Leg) -> None:
        """Rows before a post that is shut in some hours; few are, so each is asked by itself."""
        if leg.kind != "border" or leg.mode != "road":
            return
        first, last = self._reach((), self.at)
        known: dict[tuple[int, int], Stops] = {}
        number: Numbers[Stops] = Numbers()
        key = []
        rows = zip(self.at.tolist(), self.days.tolist(), first.tolist(), last.tolist(), strict=True)
        for state, day, first_h, last_h in rows:
            stops = known.get((state, day))
            if stops is None:
                stops = known[state, day] = Stops.of(self.calendar.gates(leg, self._begins(day), first_h, last_h))
            key.append(number(stops))
        shut = list(number.known)
        if shut == [Stops()]:
            return

        def follow(pairs: list[tuple[int, int]]) -> list[State]:
            settled = self._settled(state for state, n in pairs if shut[n].spans)
            found = []
            for state, n in pairs:
                stops = shut[n]
                if not stops.spans:
                    found.append(self.states[state])
                    continue
                law, met = walk.through_gate(settled[state].law, stops.spans)
                found.append(settled[state].stopped(law, stops, met) or settled[state])
            return found

        self._part(np.array(key), follow)

    def _work(self, leg: Leg, times: Sequence[LegTime], variant: Ints) -> None:
        """Rows whose work may stand still on days of rest."""
        first, last = self._reach(times, variant)
        number: Numbers[Stops] = Numbers()
        key = np.array([number(stops) for stops in self.rests.of(leg, self.clock, self.days, first, last)])
        rests = list(number.known)

        def follow(pairs: list[tuple[int, int]]) -> list[State]:
            cases = [(state, *divmod(k, len(rests))) for state, k in pairs]
            settled = self._settled(state for state, _, n in cases if rests[n].spans)
            resting = [(settled[state], times[v], rests[n]) for state, v, n in cases if rests[n].spans]
            done = iter(
                with_rest(
                    [state.law for state, _, _ in resting],
                    [time.elements for _, time, _ in resting],
                    [stops.spans for _, _, stops in resting],
                )
            )
            found = []
            for state, v, n in cases:
                if not rests[n].spans:
                    found.append(self.states[state].passed(times[v]))
                    continue
                law, met = next(done)
                stopped = settled[state].stopped(law, rests[n], met)
                found.append(stopped.worked(times[v]) if stopped else settled[state].passed(times[v]))
            return found

        self._part(variant * len(rests) + key, follow)

    # ---- what is told -----------------------------------------------------------------------------------

    def _hours(self) -> list[tuple[float, ...]]:
        """Hours of every state by which the cargo is there with each of `CHANCES`."""
        shifted = [number for number, state in enumerate(self.states) if state.shifted]
        laws = [state.law for state in self._settled(shifted).values()]
        found = dict(zip(shifted, many.quantiles(laws, CHANCES), strict=True))
        plain: dict[tuple[Element, ...], tuple[float, ...]] = {}
        for number, state in enumerate(self.states):
            if number in found:
                continue
            elements = tuple(e for time in state.times for e in time.elements)
            if elements not in plain:
                law = arrival(elements)
                plain[elements] = tuple(law.quantile(p) for p in CHANCES)
            found[number] = plain[elements]
        return [found[number] for number in range(len(self.states))]

    def _codes(self) -> list[tuple[str, ...]]:
        """Codes of every row: what its state met, leg by leg, and holidays its own days hold."""
        begins = np.zeros(len(self.at))
        legs_h = np.array([state.legs_h for state in self.states])[self.at]
        open_days = np.zeros((len(self.at), len(self.legs)), bool)
        for index, leg in enumerate(self.legs):
            ends = begins + legs_h[:, index]
            last = np.minimum(ends, begins + DAY_H * MOST_DAYS_LOOKED_AT)
            open_days[:, index] = self.rests.open(leg, self.clock, self.days, begins, last)
            begins = ends
        known: dict[Hashable, tuple[str, ...]] = {}
        found = []
        for number, days in zip(self.at.tolist(), open_days.tolist(), strict=True):
            key = (number, *days)
            if key not in known:
                known[key] = _codes(self.states[number], days)
            found.append(known[key])
        return found


def _codes(state: State, open_days: Sequence[bool]) -> tuple[str, ...]:
    codes: list[str] = []
    for said, is_open in zip(state.said, open_days, strict=True):
        codes += said
        if is_open:
            codes.append(CODES["holiday"])
    if any(not queue.quota for queue in state.queues):
        codes.append("queue")
    return tuple(dict.fromkeys(codes))
