"""Work that stands still on days of rest, for many rows at once; see `optimizer.timing.walk.with_rest`.

Who arrives when is the same for all rows of one law and the same spans, however long their work is; it is reckoned
once, and the work of every row laid over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.timing import walk
from optimizer.timing.combine import Combined
from optimizer.timing.laws import Element
from optimizer.timing.many import FEWEST, Array, Ints, Laws, on_grid, parts, summed
from optimizer.timing.walk import POINTS, RARE, Met, Span

NEVER = 1e9  # hours; where rows with fewer spans have one of no length
_SHARES = np.arange(POINTS) / (POINTS - 1)


def with_rest(
    laws: Sequence[Combined], elements: Sequence[Sequence[Element]], spans: Sequence[Sequence[Span]]
) -> list[tuple[Combined, list[Met]]]:
    """Work that begins on arrival and stands still in some spans, each row with its own; see `walk.with_rest`.

    >>> from optimizer.timing.laws import gamma
    >>> begun = walk.then(walk.at(0), [gamma(10, 0.5)])
    >>> rested = with_rest([begun] * 3, [[gamma(8, 0.5)]] * 3, [[(12, 36)], [(36, 60)], [(12, 24), (24, 36)]])
    >>> [round(sum(m.hours for m in met), 2) for _, met in rested]
    [18.63, 0.25, 18.64]
    """
    found: list[tuple[Combined, list[Met]] | None] = [None] * len(laws)
    ready: list[tuple[int, Combined, Combined]] = []
    for index, (law, work) in enumerate(zip(laws, elements, strict=True)):
        lasting = tuple(e for e in work if e.mean_h > 0)
        done = summed(lasting) if lasting else None
        if done is not None and on_grid(law) and on_grid(done):
            ready.append((index, law, done))
    # Of one law and the same spans what comes before the work is reckoned once.
    numbers: dict[tuple[int, tuple[Span, ...]], int] = {}
    cases = [(id(law), tuple(spans[index])) for index, law, _ in ready]
    order = sorted(range(len(ready)), key=lambda i: (len(cases[i][1]), numbers.setdefault(cases[i], len(numbers))))
    for part in parts(order):
        which = [numbers[cases[i]] for i in part]
        firsts = dict(zip(reversed(which), reversed(part), strict=True))
        coming = _Coming.of([ready[i][1] for i in firsts.values()], [cases[i][1] for i in firsts.values()])
        place = dict(zip(firsts, range(len(firsts)), strict=True))
        # Who comes during one rest for sure has no grid of hours worked.
        free = [i for i, number in zip(part, which, strict=True) if coming.free[place[number]]]
        if len(free) < FEWEST:
            continue
        of_row = np.array([place[numbers[cases[i]]] for i in free])
        after, hours, chances = coming.rows(of_row).rested(Laws.of([ready[i][2] for i in free]))
        rows = zip((ready[i][0] for i in free), after.each(), hours.tolist(), chances.tolist(), strict=True)
        for index, one, hours_of, chances_of in rows:
            met = list(map(Met, hours_of[: len(spans[index])], chances_of))
            mean = laws[index].mean_h + sum(e.mean_h for e in elements[index]) + sum(m.hours for m in met)
            found[index] = Combined(mean, one.start_h, one.step_h, one.chances), met
    for index, law in enumerate(laws):
        if found[index] is None and not law.step_h and law.mean_h == law.start_h:
            found[index] = _rest_from(law.start_h, tuple(elements[index]), tuple(spans[index]))
        elif found[index] is None:
            found[index] = walk.with_rest(law, elements[index], spans[index])
    return [rested for rested in found if rested is not None]


@lru_cache(maxsize=1024)
def _rest_from(hours: float, elements: tuple[Element, ...], spans: tuple[Span, ...]) -> tuple[Combined, list[Met]]:
    """Work that begins at a moment; most ways of a country begin alike."""
    return walk.with_rest(walk.at(hours), elements, spans)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans of rest of every row, in order.

    Attributes:
        rested: hours of rest before each, and after the last.
        marks: hours worked when each begins.
        run: of a span, which run of spans that follow on each other it is in; they begin at one mark.
    """

    starts: Array
    ends: Array
    rested: Array
    marks: Array
    run: Ints

    @classmethod
    def of(cls, spans: Sequence[Sequence[Span]]) -> _Spans:
        most = max(map(len, spans))
        laid = np.array([[*row, *[(NEVER, NEVER)] * (most - len(row))] for row in spans], float)
        starts, ends = laid[:, :, 0], laid[:, :, 1]
        rested = np.concatenate((np.zeros((len(spans), 1)), np.cumsum(ends - starts, axis=1)), axis=1)
        apart = np.zeros(starts.shape, np.intp)
        apart[:, 1:] = starts[:, 1:] > ends[:, :-1]
        return cls(starts, ends, rested, starts - rested[:, :-1], np.cumsum(apart, axis=1))

    @property
    def lengths(self) -> Array:
        return self.ends - self.starts

    def rows(self, wanted: Ints) -> _Spans:
        return _Spans(self.starts[wanted], self.ends[wanted], self.rested[wanted], self.marks[wanted], self.run[wanted])

    def by_run(self, values: npt.NDArray[Any]) -> Array:
        """Sums of what each span has over the spans of a run."""
        found = np.zeros((len(values), int(self.run.max()) + 1))
        np.add.at(found, (np.arange(len(values))[:, None], self.run), values)
        return found

    @property
    def runs(self) -> _Spans:
        """The runs as spans of their own."""
        first = np.diff(self.run, axis=1, prepend=-1) > 0
        some = self.by_run(first) > 0
        starts, marks = (np.where(some, self.by_run(first * each), NEVER) for each in (self.starts, self.marks))
        lengths = self.by_run(self.lengths)
        rested = np.concatenate((np.zeros((len(lengths), 1)), np.cumsum(lengths, axis=1)), axis=1)
        return _Spans(
            starts, starts + lengths, rested, marks, np.broadcast_to(np.arange(lengths.shape[1]), lengths.shape)
        )

    def worked(self, hours: Array) -> Array:
        """Hours worked by one hour of each row, reckoned as `walk` does: a mark met exactly has to be met."""
        count = (self.starts <= hours[:, None]).sum(axis=1)
        row = np.arange(len(hours))
        left = np.where(count > 0, np.maximum(0.0, self.ends[row, np.maximum(count, 1) - 1] - hours), 0.0)
        found: Array = hours - self.rested[row, count] + left
        return found

    def all_worked(self, hours: Array) -> Array:
        """The same of many hours of each row."""
        found = hours.copy()
        for start, length in zip(self.starts.T, self.lengths.T, strict=True):
            found -= np.clip(hours - start[:, None], 0.0, length[:, None])
        return found

    def done_at(self, worked: Array) -> Array:
        """When so many hours are worked, one of each row."""
        count = (self.marks <= worked[:, None]).sum(axis=1)
        found: Array = worked + self.rested[np.arange(len(worked)), count]
        return found


@dataclass(frozen=True, slots=True)
class _Coming:
    """Arrivals at work that rests in some spans.

    Attributes:
        free: whether some come outside one and the same rest.
        begun: of those who do not come during rest, by hours worked.
        waiting: share of those who come during each run of spans and begin at its end.
        not_yet: integral of P(T > t) over each span.
        late: chance of coming after each span.
    """

    free: npt.NDArray[np.bool_]
    begun: Laws
    spans: _Spans
    runs: _Spans
    waiting: Array
    not_yet: Array
    late: Array

    @classmethod
    def of(cls, laws: Sequence[Combined], rests: Sequence[Sequence[Span]]) -> _Coming:
        law, spans = Laws.of(laws), _Spans.of(rests)
        runs = spans.runs
        by_end = law.by(spans.ends)
        held = by_end - law.by(spans.starts)
        by_run = spans.by_run(held)

        def at_once(worked: Array) -> Array:
            when, known = worked.copy(), np.zeros_like(worked)
            for mark, length, share in zip(runs.marks.T, runs.lengths.T, by_run.T, strict=True):
                over = worked >= mark[:, None]
                when += length[:, None] * over
                known += share[:, None] * over
            return law.by(when) - known

        begins, reach = spans.worked(law.start), spans.worked(law.end())
        begun = Laws.between(begins, reach, at_once)
        waiting = spans.by_run(np.where(held > RARE, held, 0.0))
        return cls(reach > begins, begun, spans, runs, waiting, _not_yet(law, spans), 1 - by_end)

    def rows(self, wanted: Ints) -> _Coming:
        return _Coming(
            self.free[wanted],
            self.begun.rows(wanted),
            self.spans.rows(wanted),
            self.runs.rows(wanted),
            self.waiting[wanted],
            self.not_yet[wanted],
            self.late[wanted],
        )

    def rested(self, work: Laws) -> tuple[Laws, Array, Array]:
        """(law of the end, hours of each span, chance of it), row by row."""
        spans, runs = self.spans, self.runs
        free = self.begun.plus(work)
        waits = self.waiting > 0
        late = [(run, rows) for run in range(waits.shape[1]) if (rows := np.flatnonzero(waits[:, run])).size]

        def finished(hours: Array) -> Array:
            found = free.by(hours)
            for run, rows in late:
                before = hours[rows] - runs.marks[rows, run, None]
                found[rows] += self.waiting[rows, run, None] * work.rows(rows).by(before)
            return found

        still = 1 - finished(spans.marks)
        added = np.maximum(0.0, spans.lengths * still - self.not_yet)
        seen = np.maximum(0.0, still - self.late)
        last = np.maximum(free.end(), np.where(waits, runs.marks + work.end()[:, None], -np.inf).max(axis=1))
        done = Laws.between(
            spans.done_at(free.start), spans.done_at(last), lambda hours: finished(runs.all_worked(hours))
        )
        return done, added, seen


def _not_yet(law: Laws, spans: _Spans) -> Array:
    points = spans.starts[:, :, None] + spans.lengths[:, :, None] * _SHARES
    done = law.by(points.reshape(len(points), -1)).reshape(points.shape)
    found: Array = spans.lengths * (1 - (done.sum(axis=2) - (done[:, :, 0] + done[:, :, -1]) / 2) / (POINTS - 1))
    return found
