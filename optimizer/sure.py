"""What a chance of arriving in time asks of a way: when no way can keep it, and when one way is as sure as another.

The law of a way is that of the sum of its legs, so its mean, variance and third moment are the sums of theirs, and
its quantile is, after Cornish and Fisher,

    q(p) = mean + z deviation + (z² - 1) / 6 x third / variance        z: of the normal law at p

Of two parts of a way between the same places the one is as sure as the other, whatever is added to both, where

    difference of the means >= z x difference of the deviations, each as it stands and with endlessly much added

(z above the median; below it the wider law is the surer one). The third moment is left out of that comparison: between
ways as skewed as each other it drops out, and every way offered has been judged by its own law.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

from optimizer.lane import PricedLane
from optimizer.routing.forms import Edge, Leg
from optimizer.routing.search import INFINITY, Label, Sureness
from optimizer.search import Search
from optimizer.timing.gammas import NORMAL
from optimizer.timing.spread import Spread, total
from optimizer.transit import leg_times

MOST_CV = 1.5  # deviation over mean of a whole way: no way of ours comes near
ROUNDED_H = 0.5  # more than the minutes of all arcs of a way were rounded by
MOST_KEPT = 8  # days and sizes of one lane whose arcs are kept
_KNOWN: WeakKeyDictionary[PricedLane, dict[Hashable, dict[int, Label]]] = WeakKeyDictionary()


@lru_cache(maxsize=256)
def least_quantiles(p: float) -> tuple[float, float]:
    """(least quantile of laws of mean 1, least of (quantile - mean) / deviation), over deviations up to `MOST_CV`.

    >>> least_quantiles(0.9)[0]
    1.0
    >>> 0.2 < least_quantiles(0.5)[0] < 0.5
    True
    """
    cvs = [MOST_CV * i / 60 for i in range(1, 61)]
    found = [(law(1.0, cv).quantile(p), cv) for law in (Spread.gamma, Spread.lognormal) for cv in cvs]
    # Waiting for a departure is even over its interval: no law of ours has shorter tails.
    even = math.sqrt(3) * (2 * p - 1)
    return min(1.0, 2 * p, *(q for q, _ in found)), min(even, *((q - 1) / cv for q, cv in found))


def moments_of(search: Search) -> Callable[[int], Label]:
    """Mean, variance and third moment of the hours of an arc, worked out once for a lane, a day and a size."""
    s, book, lane = search.job.shipment, search.book, search.lane
    groups = book.cargoes[s.cargo].groups
    kept = _KNOWN.setdefault(lane, {})
    key = (s.ready, s.known_on, search.load.wagons, book.times.version)
    if key not in kept and len(kept) >= MOST_KEPT:
        kept.clear()
    known = kept.setdefault(key, {})

    def moments(arc: int) -> Label:
        found = known.get(arc)
        if found is None:
            legs = shown(lane.edges[arc])
            whole = total(t.spread for t in leg_times(legs, search.load, book.times, s.ready, s.known_on, groups))
            found = known[arc] = (whole.mean_h, whole.var_h2, whole.third_h3)
        return found

    return moments


def shown(edge: Edge) -> tuple[Leg, ...]:
    """The legs of an edge that an itinerary keeps."""
    return tuple(leg for leg in edge.legs if leg.hours or leg.hours_per_unit or leg.distance_km)


class Judge:
    """How ways of a search are judged that must be there within `hours` with a chance.

    The calendar is not in the moments of an arc, since what it adds hangs on the hour of coming there: a way is accepted
    or refused by its law on the clock, and what the calendar made late counts for nothing against others.

    Args:
        minutes_bound: of every node the least minutes to the destination, as the search counts them.
        slack_h: hours the calendar may move a way: nothing within them is given up.

    Attributes:
        moved_h: most hours by which the calendar moved a way that would have been sure enough without it.
    """

    def __init__(
        self, search: Search, minutes_bound: Sequence[float], hours: float, chance: float, *, slack_h: float = 0.0
    ) -> None:
        self.search, self.hours, self.chance, self.slack_h = search, hours, chance, slack_h
        self.z = NORMAL.inv_cdf(chance)
        self.moments = moments_of(search)
        # A law of the table may have a mean of its own; then the minutes of the arcs say nothing about it.
        known = all(law.mean_h is None for law in search.book.times.laws)
        self.bound = minutes_bound if known else [0.0] * len(minutes_bound)
        self.moved_h = 0.0

    def judged(self, accepts: Callable[[tuple[int, ...]], bool] | None = None) -> Sureness:
        """The same for the search."""
        return judged(
            self.moments, self.bound, self.hours, self.chance, accepts or self.in_time, self.slack_h, self.counts
        )

    def in_time(self, path: tuple[int, ...]) -> bool:
        """Whether a way is sure enough by its law on the clock."""
        return self.search.in_time(path)

    def counts(self, path: tuple[int, ...], label: Label) -> bool:
        """Whether a refused way speaks against others: not where the calendar alone made it late."""
        if self.hours == math.inf:
            return True
        transit = self.search.transit(self.search.itinerary(path))
        if abs(transit.expected_h - label[0]) < ROUNDED_H or _quantile(self.z, *label) > self.hours:
            return True
        self.moved_h = max(self.moved_h, self.moved(path, self.chance))
        return False

    def moved(self, path: Sequence[int], chance: float) -> float:
        """Hours by which the calendar moves a way, in the mean or at a chance, whichever is more."""
        transit = self.search.transit(self.search.itinerary(path))
        mean, variance, third = (sum(values) for values in zip(*map(self.moments, path), strict=True))
        late = transit.quantile(chance) - _quantile(NORMAL.inv_cdf(chance), mean, variance, third)
        return max(abs(transit.expected_h - mean), abs(late))


def _quantile(z: float, mean: float, variance: float, third: float) -> float:
    return mean + z * math.sqrt(variance) + (z * z - 1) / 6 * third / variance if variance > 0 else mean


def judged(
    moments: Callable[[int], Label],
    minutes_bound: Sequence[float],
    hours: float,
    chance: float,
    accepts: Callable[[tuple[int, ...]], bool],
    slack_h: float = 0.0,
    counts: Callable[[tuple[int, ...], Label], bool] = lambda path, label: True,
) -> Sureness:
    """The same for any arcs whose times are independent."""
    z = NORMAL.inv_cdf(chance)
    of_mean, of_deviation = least_quantiles(chance)
    most_mean = (hours + slack_h) / of_mean

    def mean_bound(node: int) -> float:
        bound = minutes_bound[node]
        return math.inf if bound >= INFINITY else max(0.0, bound / 60 - ROUNDED_H)

    def hopeless(mean: float, variance: float) -> bool:
        deviation = math.sqrt(variance)
        if deviation > MOST_CV * mean:
            return mean == math.inf
        return mean > most_mean or (of_deviation > 0 and mean + of_deviation * deviation > hours + slack_h)

    def beats(one: Label, other: Label) -> bool:
        mean, variance, third = one
        later = other[0] - mean
        if later < 0:
            return False
        if other[1] == variance and other[2] == third and not slack_h:
            return True
        if later < slack_h or _quantile(z, *one) + slack_h > _quantile(z, *other):
            return False
        for more in (0.3, 1.0, 4.0):
            rest = more * max(variance, other[1])
            for skew in (0.0, 2 * rest**1.5):  # of nothing, and of the exponential law
                a = _quantile(z, mean, variance + rest, third + skew)
                if a + slack_h > _quantile(z, other[0], other[1] + rest, other[2] + skew):
                    return False
        return True

    return Sureness(moments, mean_bound, hopeless, beats, accepts, counts)
