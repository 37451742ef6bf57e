"""A way walked on the clock: what gates, days of rest and departures do to the law of an arrival.

Time T of arrival is a law, not a moment, so every shift is a mean over it. All three shifts keep the order of
arrivals, so each turns one curve of chances into another without drawing:

    gate        who comes while it is shut goes on when it opens
    rest        work of D hours that began at T stands still during rest; it ends at F = G(W(T) + D), where W(t) are
                the hours worked by t and G is its inverse
    departure   who has come by the last hour of a ship leaves with it

Expected hours added, in closed form for each span from s to e of length h, with w = W(s) [rule: rest]:

    gate        integral over s..e of P(s < T <= t) dt
    rest        h P(W(T) + D > w) - integral over s..e of P(T > t) dt, which is never below 0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from optimizer.timing.combine import Combined, combine
from optimizer.timing.laws import Element

CELLS = 768
RARE = 1e-6  # of what lies beyond, nothing is said
POINTS = 17  # of an integral over a span

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Met:
    """What one span does: hours it adds in the mean, and the chance of meeting it at all."""

    hours: float
    chance: float


def at(hours: float) -> Combined:
    """The law of a moment that is sure.

    >>> at(5).quantile(0.9)
    5
    """
    import numpy as np

    return Combined(hours, hours, 0.0, np.ones(1))


def then(law: Combined, elements: Sequence[Element]) -> Combined:
    """The law after further independent elements.

    >>> from optimizer.timing.laws import fixed, gamma
    >>> then(at(5), [fixed(7)]).quantile(0.5)
    12.0
    >>> round(then(then(at(0), [gamma(10, 0.5)]), [gamma(10, 0.5)]).quantile(0.9), 1)  # gamma of shape 8
    29.4
    """
    lasting = tuple(e for e in elements if e.mean_h > 0)
    if not lasting:
        return law
    return _convolved(law, _summed(lasting))


def _convolved(law: Combined, more: Combined) -> Combined:
    import numpy as np

    mean, start = law.mean_h + more.mean_h, law.start_h + more.start_h
    if not law.step_h:
        return Combined(mean, start, more.step_h, more.chances)
    if not more.step_h:
        return Combined(mean, start, law.step_h, law.chances)
    step = (_end(law) - law.start_h + _end(more) - more.start_h) / CELLS
    cells = np.arange(CELLS)
    mass = np.ones(CELLS + 1, complex)
    for part in (law, more):
        by = cdf(part, part.start_h + (cells + 0.5) * step)
        by[1:] -= by[:-1].copy()
        mass *= np.fft.rfft(by, 2 * CELLS)
    chances = np.cumsum(np.fft.irfft(mass, 2 * CELLS)[:CELLS])
    return Combined(mean, start, step, np.clip(np.maximum.accumulate(chances), 0.0, 1.0))


@lru_cache(maxsize=512)
def _summed(elements: tuple[Element, ...]) -> Combined:
    """Ways of one quote, and days of one window, share most of their legs."""
    return combine(elements, CELLS)


def through_gate(law: Combined, spans: Sequence[Span]) -> tuple[Combined, list[Met]]:
    """Arrival at a gate that is shut in some spans, and when one passes it.

    Args:
        spans: in order, one ending before the next begins.

    >>> passed, met = through_gate(at(22), [(20, 32)])
    >>> passed.quantile(0.5), met[0].hours
    (32.0, 10.0)
    """
    import numpy as np

    starts, ends = (np.array([span[i] for span in spans], float) for i in (0, 1))
    before, after = (_chances(law, hours, below=True) for hours in (starts, ends))
    waits = np.maximum(0.0, (ends - starts) * (1 - before) - _not_yet(law, starts, ends))
    met = [Met(float(h), float(c)) for h, c in zip(waits, after - before, strict=True)]
    mean = law.mean_h + sum(m.hours for m in met)

    def passed(t: Any) -> Any:
        span = np.searchsorted(starts, t, "right") - 1
        shut = (span >= 0) & (t < ends[np.maximum(span, 0)])
        return np.where(shut, starts[np.maximum(span, 0)], t)

    if not law.step_h:
        return at(mean), met
    last = max(_end(law), *ends[starts < _end(law)], law.start_h)
    return _on_grid(mean, law.start_h, last, lambda t: cdf(law, passed(t))), met


def with_rest(law: Combined, elements: Sequence[Element], spans: Sequence[Span]) -> tuple[Combined, list[Met]]:
    """Work that begins on arrival and stands still in some spans: when it is done.

    Args:
        elements: of the work itself, in hours worked.
        spans: in order, one ending before or when the next begins.

    >>> from optimizer.timing.laws import fixed
    >>> done, met = with_rest(at(10), [fixed(8)], [(12, 36), (36, 60)])
    >>> done.quantile(0.5), [m.hours for m in met]
    (66.0, [24.0, 24.0])
    """
    import numpy as np

    starts, ends = (np.array([span[i] for span in spans], float) for i in (0, 1))
    lengths = ends - starts
    rested = np.concatenate(([0.0], np.cumsum(lengths)))
    marks = starts - rested[:-1]  # hours worked when each span begins

    def worked(t: Any) -> Any:
        span = np.searchsorted(starts, t, "right")
        left = np.where(span > 0, np.maximum(0.0, ends[np.maximum(span, 1) - 1] - t), 0.0)
        return t - rested[span] + left

    def done_at(w: Any) -> Any:
        return w + rested[np.searchsorted(marks, w, "right")]

    work = _summed(tuple(e for e in elements if e.mean_h > 0)) if any(e.mean_h > 0 for e in elements) else at(0.0)
    # Who comes during rest begins when it ends: all of them at one mark, which a grid would blur.
    by_end = _chances(law, ends, below=True)
    held = by_end - _chances(law, starts, below=True)
    known = np.concatenate(([0.0], np.cumsum(held)))
    waiting = [(mark, share) for mark, share in zip(marks, held, strict=True) if share > RARE]
    begins, reach = float(worked(law.start_h)), float(worked(_end(law)))
    free: Combined | None = None
    if reach > begins:

        def at_once(w: Any) -> Any:
            return cdf(law, done_at(w)) - known[np.searchsorted(marks, w, "right")]

        free = _convolved(_on_grid(0.0, begins, reach, at_once), work)
    elif not waiting:
        free = _convolved(at(begins), work)

    def finished(w: Any) -> Any:
        late = [share * cdf(work, w - mark) for mark, share in waiting]
        return sum(late, 0.0 * w if free is None else cdf(free, w))

    if not law.step_h and not work.step_h:
        on_shift = begins + work.start_h
        still = np.where(on_shift > marks, 1.0, 0.0)  # done by midnight is done
    else:
        still = 1 - finished(marks)
    added = np.maximum(0.0, lengths * still - _not_yet(law, starts, ends))
    seen = np.maximum(0.0, still - (1 - by_end))
    met = [Met(float(h), float(c)) for h, c in zip(added, seen, strict=True)]
    mean = law.mean_h + sum(e.mean_h for e in elements) + sum(m.hours for m in met)
    if not law.step_h and not work.step_h:
        return at(on_shift + float(rested[np.searchsorted(marks, on_shift, "left")])), met
    first = min([begins] + [mark for mark, _ in waiting]) if free is None else free.start_h
    ends_at = [_end(free)] if free is not None else []
    last = max(ends_at + [mark + _end(work) for mark, _ in waiting])
    return _on_grid(mean, float(done_at(first)), float(done_at(last)), lambda t: finished(worked(t))), met


def with_departure(law: Combined, leaving: Sequence[Span]) -> tuple[Combined, float, float]:
    """Waiting for the next of some departures.

    Args:
        leaving: (last hour at which cargo is taken, hour of departure), in order; the last departure takes the rest.
    Returns:
        The law of the departure, the expected wait, and its standard deviation, in hours.

    >>> law, wait, deviation = with_departure(at(10), [(6, 18), (174, 186)])  # the cut-off was missed by four hours
    >>> law.quantile(0.5), wait, deviation
    (186.0, 176.0, 0.0)
    """
    import numpy as np

    latest, leaves = (np.array([pair[i] for pair in leaving], float) for i in (0, 1))

    def ship(t: Any) -> Any:
        return np.minimum(np.searchsorted(latest, t, "left"), len(latest) - 1)

    if not law.step_h:
        moment = float(leaves[ship(law.start_h)])
        return at(moment), moment - law.start_h, 0.0
    mass, centres = _mass(law), law.start_h + law.step_h * np.arange(len(law.chances))
    taken = np.diff(np.concatenate((cdf(law, latest[:-1]), [1.0])), prepend=0.0)
    wait = max(0.0, float(taken @ leaves) - float(mass @ centres) / float(mass.sum() or 1.0))
    waits = leaves[ship(centres)] - centres
    deviation = float(np.sqrt(max(0.0, float(mass @ (waits - wait) ** 2))))
    some = np.flatnonzero(taken > RARE)
    first, last = leaves[some[0]], leaves[some[-1]]
    if last <= first:
        return at(float(first)), wait, deviation
    gone = np.cumsum(taken)

    def by(t: Any) -> Any:
        ships = np.searchsorted(leaves, t, "right")
        return np.where(ships > 0, gone[np.maximum(ships, 1) - 1], 0.0)

    return _on_grid(law.mean_h + wait, float(first), float(last), by), wait, deviation


def cdf(law: Combined, hours: Any) -> Any:
    """Chance of being done within each of these hours, even within a cell of the grid."""
    import numpy as np

    if not law.step_h:
        return np.where(np.asarray(hours) >= law.start_h, 1.0, 0.0)
    cells = (np.asarray(hours) - law.start_h) / law.step_h + 0.5
    return np.interp(cells, _edges(len(law.chances)), np.concatenate((_NONE, law.chances)))


_NONE = (0.0,)


@lru_cache(maxsize=64)
def _edges(cells: int) -> Any:
    import numpy as np

    return np.arange(cells + 1, dtype=float)


def _on_grid(mean: float, first: float, last: float, chance: Any) -> Combined:
    import numpy as np

    # Half a cell more than the span, so that the last edge lies beyond it.
    step = max(last - first, 1e-9) / (CELLS - 1)
    return Combined(mean, first, step, np.clip(chance(first + (np.arange(CELLS) + 0.5) * step), 0.0, 1.0))


def _mass(law: Combined) -> Any:
    import numpy as np

    return np.diff(law.chances, prepend=0.0)


def _end(law: Combined) -> float:
    """Hours after which next to nothing is left."""
    import numpy as np

    cell = min(int(np.searchsorted(law.chances, 1 - RARE)), len(law.chances) - 1)
    return float(law.start_h + law.step_h * (cell + 0.5))


def _chances(law: Combined, hours: Any, *, below: bool = False) -> Any:
    """Chance of being done by some hours, or, where a moment is sure, before them."""
    import numpy as np

    if not law.step_h:
        return np.where(law.start_h < hours if below else law.start_h <= hours, 1.0, 0.0)
    return cdf(law, hours)


def _not_yet(law: Combined, starts: Any, ends: Any) -> Any:
    """Integral of P(T > t) over each span."""
    import numpy as np

    if not law.step_h:
        return np.clip(law.start_h - starts, 0.0, ends - starts)
    done = cdf(law, np.linspace(starts, ends, POINTS))
    return (ends - starts) * (1 - (done.sum(axis=0) - (done[0] + done[-1]) / 2) / (POINTS - 1))
