"""Rows of the relaxation, compiled: their coefficients, their prices and which of them a point breaks.

Variables: t_j the rates, s_g the rate paid by group g (t_j if its shipper takes one of its ways, else 0), z_p = 1 if
way p is taken. up_e, down_e bound the rate of entry e given its way. Rows, by kind (all `<= 0` but the first):
    PICK  k      sum_p z_p = 1
    UP    g      s_g - sum_e up_e z_p <= 0
    PART  l      sum_g s_g - t_j + low_j sum_(p not on l) z_p <= 0
    REST  l      t_j - sum_g s_g - high_j sum_(p not on l) z_p <= 0
    DOWN  g      sum_e down_e z_p - s_g <= 0
    RIVAL k, r   sum_g amount_g s_g - sum_j use_rj t_j - sum_p b_rp z_p <= 0
    CUT   c      a general cutting plane, kept by `bound_lp`
b_rp is the least of cost_r - cost_p (p is no dearer than r) and the most that the box allows of
sum_j (use_pj - use_rj) t_j; the second makes the row much tighter for the ways that r hardly restrains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

PICK, UP, PART, REST, DOWN, RIVAL, CUT = range(7)
jit: Callable[[Any], Any] = numba.njit(cache=True)


@jit
def least_paid(g: Any, k: int, r: int, low: Any) -> float:
    """What way r pays at the lowest rates."""
    columns = g.link0[k + 1] - g.link0[k]
    row = g.dense0[k] + (r - g.way0[k]) * columns
    total = 0.0
    for c in range(columns):
        a = g.dense[row + c]
        if a != 0:
            total += a * low[g.link_rate[g.link0[k] + c]]
    return total


@jit
def b_of(g: Any, k: int, r: int, p: int, up: Any, down: Any, low: Any, least: float) -> float:
    row = g.dense0[k] + (r - g.way0[k]) * (g.link0[k + 1] - g.link0[k]) - g.link0[k]
    most = -least
    for e in range(g.entry0[p], g.entry0[p + 1]):
        a = g.dense[row + g.link[e]]
        more = g.amount[e] - a
        most += a * low[g.rate[e]]
        most += more * up[e] if more > 0 else more * down[e]
    return min(g.cost[r] - g.cost[p], most)


@jit
def combine(
    g: Any, alive: Any, up: Any, down: Any, low: Any, high: Any, pick: Any, y_up: Any, y_part: Any, y_rest: Any,
    y_down: Any, rival_k: Any, rival_r: Any, y_rival: Any, out: Any,
) -> None:  # fmt: skip
    """Add to `out` each living way's sum of row multiplier x coefficient."""
    for k in range(len(g.way0) - 1):
        off = pick[k]
        for h in range(g.link0[k], g.link0[k + 1]):
            off += y_part[h] * low[g.link_rate[h]] - y_rest[h] * high[g.link_rate[h]]
        for p in range(g.way0[k], g.way0[k + 1]):
            if alive[p]:
                v = off
                for e in range(g.entry0[p], g.entry0[p + 1]):
                    h, j = g.link[e], g.rate[e]
                    v += y_down[g.group[e]] * down[e] - y_up[g.group[e]] * up[e]
                    v -= y_part[h] * low[j] - y_rest[h] * high[j]
                out[p] += v
    for i in range(len(rival_k)):
        y = y_rival[i]
        if y != 0:
            k, r = rival_k[i], rival_r[i]
            least = least_paid(g, k, r, low)
            for p in range(g.way0[k], g.way0[k + 1]):
                if alive[p]:
                    out[p] -= y * b_of(g, k, r, p, up, down, low, least)


@jit
def charge_columns(
    g: Any, y_up: Any, y_part: Any, y_rest: Any, y_down: Any, rival_k: Any, rival_r: Any, y_rival: Any, t: Any, s: Any
) -> None:
    """Take from `t` and `s`, by rate and group, their sum of row multiplier x coefficient."""
    for h in range(len(g.link_rate)):
        t[g.link_rate[h]] += y_part[h] - y_rest[h]
        for i in range(g.group0[h], g.group0[h + 1]):
            s[i] += y_rest[h] - y_part[h] + y_down[i] - y_up[i]
    for i in range(len(rival_k)):
        y = y_rival[i]
        if y != 0:
            k = rival_k[i]
            row = g.dense0[k] + (rival_r[i] - g.way0[k]) * (g.link0[k + 1] - g.link0[k]) - g.link0[k]
            for h in range(g.link0[k], g.link0[k + 1]):
                t[g.link_rate[h]] += y * g.dense[row + h]
                for q in range(g.group0[h], g.group0[h + 1]):
                    s[q] -= y * g.group_amount[q]


@jit
def broken(
    g: Any, up: Any, down: Any, low: Any, high: Any, t: Any, s: Any, ways: Any, share: Any, begin: Any, rivals: Any,
    rivals0: Any, tolerance: float,
) -> Any:  # fmt: skip
    """(kind, id, rival) of the rows broken; of the rivals of a shipper the worst. `ways` are those with a share."""
    groups, links = len(g.group_link), len(g.link_rate)
    most, least, on, paid = np.zeros(groups), np.zeros(groups), np.zeros(links), np.zeros(links)
    for i in range(len(ways)):
        for e in range(g.entry0[ways[i]], g.entry0[ways[i] + 1]):
            most[g.group[e]] += up[e] * share[i]
            least[g.group[e]] += down[e] * share[i]
            on[g.link[e]] += share[i]
    kind, ident, rival = [0], [0], [0]
    for q in range(groups):
        paid[g.group_link[q]] += s[q]
        if s[q] > most[q] + tolerance:
            kind.append(UP)
            ident.append(q)
            rival.append(0)
        if least[q] > s[q] + tolerance:
            kind.append(DOWN)
            ident.append(q)
            rival.append(0)
    for h in range(links):
        j = g.link_rate[h]
        if paid[h] - t[j] + low[j] * (1 - on[h]) > tolerance:
            kind.append(PART)
            ident.append(h)
            rival.append(0)
        if t[j] - paid[h] - high[j] * (1 - on[h]) > tolerance:
            kind.append(REST)
            ident.append(h)
            rival.append(0)
    for k in range(len(g.way0) - 1):
        pays = 0.0
        for q in range(g.group0[g.link0[k]], g.group0[g.link0[k + 1]]):
            pays += g.group_amount[q] * s[q]
        columns = g.link0[k + 1] - g.link0[k]
        worst, by = tolerance, -1
        for i in range(rivals0[k], rivals0[k + 1]):
            r = rivals[i]
            row = g.dense0[k] + (r - g.way0[k]) * columns
            over, lowest = pays, 0.0
            for c in range(columns):
                a = g.dense[row + c]
                if a != 0:
                    over -= a * t[g.link_rate[g.link0[k] + c]]
                    lowest += a * low[g.link_rate[g.link0[k] + c]]
            for q in range(begin[k], begin[k + 1]):
                over -= share[q] * b_of(g, k, r, ways[q], up, down, low, lowest)
            if over > worst:
                worst, by = over, r
        if by >= 0:
            kind.append(RIVAL)
            ident.append(k)
            rival.append(by)
    return np.array(kind[1:]), np.array(ident[1:]), np.array(rival[1:])


@jit
def row_entries(
    g: Any, kind: Any, ident: Any, rival: Any, up: Any, down: Any, low: Any, high: Any, ways: Any, column: Any,
    begin: Any,
) -> Any:  # fmt: skip
    """The rows (no cuts) as (starts, columns, values): rates, then groups, then way `ways[i]` in `column[i]`."""
    rates = len(low)
    index, value = [0], [0.0]
    start = np.zeros(len(kind) + 1, np.int64)
    for i in range(len(kind)):
        what, a = kind[i], ident[i]
        if what == PICK:
            for q in range(begin[a], begin[a + 1]):
                index.append(column[q])
                value.append(1.0)
        elif what in (UP, DOWN):
            k = g.link_shipper[g.group_link[a]]
            index.append(rates + a)
            value.append(1.0 if what == UP else -1.0)
            for q in range(begin[k], begin[k + 1]):
                for e in range(g.entry0[ways[q]], g.entry0[ways[q] + 1]):
                    if g.group[e] == a:
                        index.append(column[q])
                        value.append(-up[e] if what == UP else down[e])
        elif what in (PART, REST):
            k, j = g.link_shipper[a], g.link_rate[a]
            sign = 1.0 if what == PART else -1.0
            index.append(j)
            value.append(-sign)
            for q in range(g.group0[a], g.group0[a + 1]):
                index.append(rates + q)
                value.append(sign)
            for q in range(begin[k], begin[k + 1]):
                on = False
                for e in range(g.entry0[ways[q]], g.entry0[ways[q] + 1]):
                    on = on or g.link[e] == a
                if not on:
                    index.append(column[q])
                    value.append(low[j] if what == PART else -high[j])
        else:
            r = rival[i]
            row = g.dense0[a] + (r - g.way0[a]) * (g.link0[a + 1] - g.link0[a]) - g.link0[a]
            for h in range(g.link0[a], g.link0[a + 1]):
                if g.dense[row + h] != 0:
                    index.append(g.link_rate[h])
                    value.append(-g.dense[row + h])
                for q in range(g.group0[h], g.group0[h + 1]):
                    if g.group_amount[q] != 0:
                        index.append(rates + q)
                        value.append(g.group_amount[q])
            least = least_paid(g, a, r, low)
            for q in range(begin[a], begin[a + 1]):
                index.append(column[q])
                value.append(-b_of(g, a, r, ways[q], up, down, low, least))
        start[i + 1] = len(index) - 1
    return start, np.array(index[1:], dtype=np.int32), np.array(value[1:])
