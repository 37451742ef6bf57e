"""Coordinate ascent, compiled: along one rate (or two together) the leader's revenue is known exactly.

When all rates but one stand still, what a shipper pays on each way is a line in that rate, and the least of these lines
is a concave chain of pieces; along a piece the way stays the same, so the leader's revenue is linear, and it
jumps where one way gives over to another. The best value of the rate is therefore a joint of some shipper's chain
(where the tie falls in the leader's favour), an end of the range, or one of the rate's steps. The same holds along any
direction; pairs of rates (one up, the other down or up as well) leave many local optima of single rates.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from optimizer.pricing.arrays import Arrays, Floats, Ints

jit: Any = numba.njit(cache=True)
SAME = 1e-9  # two costs this close, relative to the dearest way, are a tie
GAIN = 1e-10  # a move must bring this much of what was had


class Ground:
    """The arrays of a problem with the entries of each rate side by side, as `climb` wants them."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        rows = np.repeat(np.arange(len(arrays.cost)), np.diff(arrays.begin))
        order = np.argsort(arrays.rate, kind="stable")
        rates = len(arrays.low)
        self.column = np.concatenate(([0], np.cumsum(np.bincount(arrays.rate, minlength=rates)))).astype(np.int64)
        self.row = rows[order].astype(np.int64)
        self.paid = arrays.paid[order]
        self.earned = arrays.earned[order]
        self.owner = np.repeat(np.arange(len(arrays.weight)), np.diff(arrays.first)).astype(np.int64)
        self.tie = SAME * (1.0 + float(np.max(np.abs(arrays.cost), initial=0.0)))
        self._parts = (
            arrays.weight, arrays.first, self.owner, self.column, self.row, self.paid, self.earned,
            arrays.low, arrays.high, arrays.step_begin, arrays.step, self.tie,
        )  # fmt: skip

    def value(self, rates: Floats) -> tuple[float, Ints]:
        """Revenue, and the row each shipper takes (an index of rows, not of ways)."""
        a = self.arrays
        return _value(a.weight, a.first, a.pays(rates), a.gets(rates), self.tie)  # type: ignore[no-any-return]

    def climb(self, rates: Floats, order: Any, pairs: Any, passes: int = 50) -> float:
        """Raise the revenue by moves of single rates in `order`, then of `pairs` (rows: rate, rate, sign of the
        second), until none helps; `rates` is changed. Returns the revenue."""
        a = self.arrays
        return float(_climb(*self._parts, rates, a.pays(rates), a.gets(rates), order, pairs, passes))


@jit
def _value(weight: Any, first: Any, pays: Any, gets: Any, tie: float) -> Any:
    total = 0.0
    taken = np.empty(len(weight), np.int64)
    for k in range(len(weight)):
        least = np.inf
        for p in range(first[k], first[k + 1]):
            least = min(least, pays[p])
        best = -1
        for p in range(first[k], first[k + 1]):
            if pays[p] <= least + tie and (best < 0 or gets[p] > gets[best]):
                best = p
        taken[k] = best
        total += weight[k] * gets[best]
    return total, taken


@jit
def _sorted(keys: Any, count: int) -> Any:
    """The order of the first `count` keys (Shell 1959); NumPy's own sorts take seconds to compile."""
    order = np.arange(count)
    gap = count // 2
    while gap > 0:
        for i in range(gap, count):
            moving = order[i]
            j = i
            while j >= gap and keys[order[j - gap]] > keys[moving]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = moving
        gap //= 2
    return order


@jit
def _line(
    weight: Any, first: Any, owner: Any, column: Any, row: Any, paid: Any, earned: Any, steps: Any,
    tie: float, pays: Any, gets: Any, i: int, j: int, sign: float, from_: float, to: float,
    slope: Any, earn: Any, seen: Any, touched: Any, joint: Any, up_a: Any, up_b: Any, jump: Any,
) -> Any:  # fmt: skip
    """Best step t in [from_, to] along rate i (and sign times rate j when j >= 0): (t, revenue there, revenue at 0).

    Revenue is of the shippers touched alone. Among equals the longest step wins: a dearer rate nobody pays leaves
    room to the others. The last eight arrays are room to work in, zero where it matters.
    """
    count = 0
    for side in range(2):
        rate = i if side == 0 else j
        if rate < 0:
            continue
        factor = 1.0 if side == 0 else sign
        for e in range(column[rate], column[rate + 1]):
            slope[row[e]] += factor * paid[e]
            earn[row[e]] += factor * earned[e]
            k = owner[row[e]]
            if not seen[k]:
                seen[k] = True
                touched[count] = k
                count += 1
    events = 0
    base_a = base_b = now = 0.0
    for n in range(count):
        k = touched[n]
        seen[k] = False
        w = weight[k]
        t = from_
        # the cheapest way at from_, and just after it
        least = np.inf
        for p in range(first[k], first[k + 1]):
            least = min(least, pays[p] + slope[p] * t)
        cur = -1
        top = -np.inf
        for p in range(first[k], first[k + 1]):
            if pays[p] + slope[p] * t <= least + tie:
                top = max(top, gets[p] + earn[p] * t)
                if (
                    cur < 0
                    or slope[p] < slope[cur] - 1e-12
                    or (slope[p] <= slope[cur] + 1e-12 and gets[p] + earn[p] * t > gets[cur] + earn[cur] * t)
                ):
                    cur = p
        base_a += w * gets[cur]
        base_b += w * earn[cur]
        over = w * (top - gets[cur] - earn[cur] * t)
        if over > 0:  # a tie at the very start
            joint[events], up_a[events], up_b[events], jump[events] = t, 0.0, 0.0, over
            events += 1
        while True:
            best = np.inf
            for p in range(first[k], first[k + 1]):
                down = slope[cur] - slope[p]
                if down > 1e-12:
                    at = (pays[p] - pays[cur]) / down
                    if at < best:
                        best = at
            if best > to + tie:
                break
            t = min(max(best, from_), to)
            least = pays[cur] + slope[cur] * t
            left = gets[cur] + earn[cur] * t
            top = left
            then = -1
            for p in range(first[k], first[k + 1]):
                if pays[p] + slope[p] * t <= least + tie:
                    top = max(top, gets[p] + earn[p] * t)
                    if slope[p] < slope[cur] - 1e-12 and (
                        then < 0
                        or slope[p] < slope[then] - 1e-12
                        or (slope[p] <= slope[then] + 1e-12 and gets[p] + earn[p] * t > gets[then] + earn[then] * t)
                    ):
                        then = p
            if then < 0:
                break
            joint[events] = t
            up_a[events] = w * (gets[then] - gets[cur])
            up_b[events] = w * (earn[then] - earn[cur])
            jump[events] = w * (top - left)
            events += 1
            cur = then
            if events == len(joint):
                break
        if events == len(joint):
            break
        # what this shipper brings now (t = 0)
        least = np.inf
        for p in range(first[k], first[k + 1]):
            least = min(least, pays[p])
        top = -np.inf
        for p in range(first[k], first[k + 1]):
            if pays[p] <= least + tie and gets[p] > top:
                top = gets[p]
        now += w * top
    for side in range(2):
        rate = i if side == 0 else j
        if rate >= 0:
            for e in range(column[rate], column[rate + 1]):
                slope[row[e]] = 0.0
                earn[row[e]] = 0.0
    for n in range(count):
        seen[touched[n]] = False
    order = _sorted(joint, events)
    best_t, best_v = 0.0, -np.inf
    same = 1e-9 * (1.0 + abs(now))
    n = 0
    a, b = base_a, base_b
    if len(steps) == 0:
        v = a + b * from_
        if v > best_v:
            best_t, best_v = from_, v
        while n < events:
            t = joint[order[n]]
            v = a + b * t
            while n < events and joint[order[n]] <= t + tie:
                e = order[n]
                v += jump[e]
                a += up_a[e]
                b += up_b[e]
                n += 1
            if v >= best_v - same:
                if v > best_v:
                    best_v = v
                best_t = t
        v = a + b * to
        if v >= best_v - same:
            best_t, best_v = to, max(v, best_v)
    else:
        for s in range(len(steps)):
            t = steps[s]
            while n < events and joint[order[n]] < t - tie:
                a += up_a[order[n]]
                b += up_b[order[n]]
                n += 1
            v = a + b * t
            m = n
            while m < events and joint[order[m]] <= t + tie:
                v += jump[order[m]]
                m += 1
            if v >= best_v - same:
                best_t, best_v = t, max(v, best_v)
    return best_t, best_v, now


@jit
def _climb(
    weight: Any, first: Any, owner: Any, column: Any, row: Any, paid: Any, earned: Any, low: Any, high: Any,
    step_begin: Any, step: Any, tie: float, rates: Any, pays: Any, gets: Any, order: Any, pairs: Any, passes: int,
) -> float:  # fmt: skip
    shippers = len(weight)
    slope = np.zeros(len(pays))
    earn = np.zeros(len(pays))
    seen = np.zeros(shippers, np.bool_)
    touched = np.empty(shippers, np.int64)
    room = 16 * shippers + 64
    joint, up_a, up_b, jump = np.empty(room), np.empty(room), np.empty(room), np.empty(room)
    none = np.empty(0)
    for _ in range(passes):
        moved = False
        for phase in range(2):
            moves = len(order) if phase == 0 else len(pairs)
            for m in range(moves):
                i = order[m] if phase == 0 else pairs[m, 0]
                j = -1 if phase == 0 else pairs[m, 1]
                sign = 1.0 if phase == 0 else float(pairs[m, 2])
                from_, to = low[i] - rates[i], high[i] - rates[i]
                steps = none
                if step_begin[i + 1] > step_begin[i]:
                    steps = step[step_begin[i] : step_begin[i + 1]] - rates[i]
                if j >= 0:
                    if len(steps) > 0 or step_begin[j + 1] > step_begin[j]:
                        continue
                    if sign > 0:
                        from_, to = max(from_, low[j] - rates[j]), min(to, high[j] - rates[j])
                    else:
                        from_, to = max(from_, rates[j] - high[j]), min(to, rates[j] - low[j])
                if to - from_ <= tie and len(steps) == 0:
                    continue
                t, v, now = _line(
                    weight, first, owner, column, row, paid, earned, steps, tie, pays, gets, i, j, sign, from_, to,
                    slope, earn, seen, touched, joint, up_a, up_b, jump,
                )  # fmt: skip
                better = v > now + 1e-9 * (1.0 + abs(now))
                if not better and not (j < 0 and t > tie and v >= now - 1e-9 * (1.0 + abs(now))):
                    continue
                for side in range(2):
                    rate = i if side == 0 else j
                    if rate < 0:
                        continue
                    by = t if side == 0 else sign * t
                    rates[rate] += by
                    for e in range(column[rate], column[rate + 1]):
                        pays[row[e]] += paid[e] * by
                        gets[row[e]] += earned[e] * by
                if better:
                    moved = True
            if phase == 0 and moved:
                break
        if not moved:
            break
    total, _ = _value(weight, first, pays, gets, tie)
    return total
