"""What a choice of way says of the rates, and the rates' ranges of the ways: compiled bound tightening.

If shipper k takes way p then, for every rival r, `sum_j (use_pj - use_rj) rate_j <= cost_r - cost_p`. Within a box
of rates this bounds each rate that p uses (`up`, `down`, one number an entry) or shows that p is never taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from optimizer.pricing.bound_ground import Flags, Floats, Ground, Ints

HAIR = 1e-7  # every bound is given so much away, for rounding
jit: Callable[[Any], Any] = numba.njit(cache=True)


class NoRates(Exception):
    """No rates in the box are left under which every shipper has a way."""


@jit
def sift_ways(g: Any, k: int, rivals: Any, alive: Any, up: Any, down: Any, low: Any, high: Any) -> int:
    """Tighten `up` and `down` of the living ways of shipper k, strike out those never taken; return how many."""
    first = g.way0[k]
    columns = g.link0[k + 1] - g.link0[k]
    dearest = np.zeros(len(rivals))
    for i in range(len(rivals)):
        row = g.dense0[k] + (rivals[i] - first) * columns
        for c in range(columns):
            a = g.dense[row + c]
            if a != 0:
                dearest[i] += a * high[g.link_rate[g.link0[k] + c]]
    struck = 0
    for p in range(first, g.way0[k + 1]):
        if not alive[p]:
            continue
        begin, end = g.entry0[p], g.entry0[p + 1]
        gone = False
        for e in range(begin, end):
            up[e] = min(up[e], high[g.rate[e]])
            down[e] = max(down[e], low[g.rate[e]])
            if up[e] < down[e]:
                gone = gone or up[e] < down[e] - HAIR * (1 + abs(down[e]))
                up[e] = down[e]
        if not gone:
            for i in range(len(rivals)):
                r = rivals[i]
                if r == p:
                    continue
                row = g.dense0[k] + (r - first) * columns - g.link0[k]
                over = g.cost[r] - g.cost[p]
                least = -dearest[i]
                for e in range(begin, end):
                    a = g.dense[row + g.link[e]]
                    more = g.amount[e] - a
                    least += a * high[g.rate[e]]
                    least += more * down[e] if more > 0 else more * up[e]
                room = over - least
                if room < -HAIR * (1 + abs(over)):
                    gone = True
                    break
                room = max(room, 0.0)
                for e in range(begin, end):
                    more = g.amount[e] - g.dense[row + g.link[e]]
                    if more > 0:
                        up[e] = min(up[e], down[e] + room / more + HAIR)
                    elif more < 0:
                        down[e] = max(down[e], up[e] + room / more - HAIR)
        if gone:
            alive[p] = False
            struck += 1
    return struck


@jit
def narrow(g: Any, k: int, alive: Any, up: Any, down: Any, low: Any, high: Any) -> bool:
    """Narrow the box to what some living way of shipper k allows; False if there is none."""
    links = g.link0[k + 1] - g.link0[k]
    most, least = np.full(links, -np.inf), np.full(links, np.inf)
    count = np.zeros(links, np.int64)
    ways = 0
    for p in range(g.way0[k], g.way0[k + 1]):
        if alive[p]:
            ways += 1
            for e in range(g.entry0[p], g.entry0[p + 1]):
                c = g.link[e] - g.link0[k]
                count[c] += 1
                most[c] = max(most[c], up[e])
                least[c] = min(least[c], down[e])
    if ways == 0:
        return False
    for c in range(links):
        if count[c] == ways:
            j = g.link_rate[g.link0[k] + c]
            high[j] = min(high[j], most[c])
            low[j] = max(low[j], least[c])
            if high[j] < low[j]:
                if high[j] < low[j] - 1e-5 * (1 + abs(low[j])):
                    return False
                high[j] = low[j]
    return True


@jit
def count_tight(g: Any, k: int, rivals: Any, alive: Any, low: Any, high: Any) -> Any:
    """For how many entries each way of shipper k is the rival that bounds it most."""
    first = g.way0[k]
    columns = g.link0[k + 1] - g.link0[k]
    count = np.zeros(g.way0[k + 1] - first, np.int64)
    dearest = np.zeros(len(rivals))
    for i in range(len(rivals)):
        for c in range(columns):
            dearest[i] += g.dense[g.dense0[k] + (rivals[i] - first) * columns + c] * high[g.link_rate[g.link0[k] + c]]
    for p in range(first, g.way0[k + 1]):
        begin, end = g.entry0[p], g.entry0[p + 1]
        if not alive[p] or begin == end:
            continue
        best, by = np.empty(end - begin), np.full(end - begin, -1, np.int64)
        for e in range(begin, end):
            best[e - begin] = high[g.rate[e]]
        for i in range(len(rivals)):
            r = rivals[i]
            if r == p:
                continue
            row = g.dense0[k] + (r - first) * columns - g.link0[k]
            room = g.cost[r] - g.cost[p] + dearest[i]
            for e in range(begin, end):
                a = g.dense[row + g.link[e]]
                more = g.amount[e] - a
                room -= a * high[g.rate[e]] + more * (low[g.rate[e]] if more > 0 else high[g.rate[e]])
            for e in range(begin, end):
                more = g.amount[e] - g.dense[row + g.link[e]]
                if more > 0 and low[g.rate[e]] + room / more < best[e - begin]:
                    best[e - begin] = low[g.rate[e]] + room / more
                    by[e - begin] = r - first
        for i in by:
            if i >= 0:
                count[i] += 1
    return count


class Sieve:
    """Sifting with a choice of rivals a shipper: any choice is right, more rivals make tighter bounds."""

    def __init__(self, ground: Ground, most: int) -> None:
        self.ground = ground
        self.rates = [
            set(ground.link_rate[ground.link0[k] : ground.link0[k + 1]].tolist()) for k in range(ground.shippers)
        ]
        self.most = most
        self.rivals: list[Ints] = []
        self.choose(ground.high)

    def choose(self, high: Floats) -> None:
        """Of many rivals take the cheapest at high, middling and low rates."""
        g, self.rivals = self.ground, []
        for k in range(g.shippers):
            ways = g.way0[k] + np.flatnonzero(g.rival[g.way0[k] : g.way0[k + 1]])
            if len(ways) > self.most:
                paid = g.use(k)[ways - g.way0[k]] @ high[g.link_rate[g.link0[k] : g.link0[k + 1]]]
                best = [np.argsort(g.cost[ways] + f * paid, kind="stable")[: self.most // 3] for f in (1.0, 0.5, 0.2)]
                ways = ways[np.unique(np.concatenate(best))]
            self.rivals.append(np.ascontiguousarray(ways))

    def keep_tight(self, alive: Flags, low: Floats, high: Floats, most: int) -> None:
        """Keep only the rivals that bound the most entries, `most` a shipper, and the dearest-proof way."""
        g = self.ground
        for k, ways in enumerate(self.rivals):
            if len(ways) > most:
                count = count_tight(g, k, ways, alive, low, high)
                best = np.argsort(-count, kind="stable")[:most]
                dearest = g.cost[ways] + g.use(k)[ways - g.way0[k]] @ high[g.link_rate[g.link0[k] : g.link0[k + 1]]]
                self.rivals[k] = np.union1d(best[count[best] > 0] + g.way0[k], [ways[np.argmin(dearest)]])

    def sift(
        self, alive: Flags, up: Floats, down: Floats, low: Floats, high: Floats, shippers: list[int], rounds: int = 4
    ) -> None:
        """Sift the shippers named, then those whose rates were narrowed by it. Changes all arrays.

        Raises:
            NoRates: some shipper is left without a way.
        """
        for _ in range(rounds):
            before = low.copy(), high.copy()
            for k in shippers:
                sift_ways(self.ground, k, self.rivals[k], alive, up, down, low, high)
                if not narrow(self.ground, k, alive, up, down, low, high):
                    raise NoRates
            moved = set(np.flatnonzero((low > before[0] + 1e-4) | (high < before[1] - 1e-4)).tolist())
            if not moved:
                return
            shippers = [k for k in range(self.ground.shippers) if self.rates[k] & moved]

    def first_box(self, may_lower: Flags, unlisted: float) -> tuple[Flags, Floats, Floats, Floats, Floats]:
        """Ways that are ever taken, and the box: (alive, up, down, low, high).

        A rate that `may_lower` goes no higher than somebody would pay: in a best answer a higher rate, used by
        nobody, can be lowered to that with no shipper strictly preferring to use it. `unlisted` is the most that a
        shipper might pay on a way that is not listed.
        """
        g = self.ground
        low, high = g.low.copy(), g.high.copy()
        for _ in range(3):
            self.choose(high)
            alive, up, down = np.ones(len(g.cost), np.bool_), high[g.rate].copy(), low[g.rate].copy()
            for k in range(g.shippers):
                sift_ways(g, k, self.rivals[k], alive, up, down, low, high)
            paid = np.maximum(g.low, unlisted)
            living = alive[g.way]
            np.maximum.at(paid, g.rate[living], up[living])
            lower = np.where(may_lower, np.minimum(high, paid), high)
            if not (lower < high - 1e-3).any():
                break
            high = lower
        return alive, up, down, low, high
