"""General cutting planes: mixed-integer rounding of the rows of the simplex tableau (Gomory 1960).

Take any multipliers u of the rows (all `a x + slack = limit`), with u x rows = `sum_p a_p z_p + continuous = b`. Shift
each continuous variable to a finite end of its range and let f be the fraction of b. Then
    sum_p F(a_p) z_p + sum over continuous shifted variables of (c / f if c >= 0 else -c / (1 - f)) v  >=  1
holds for whole z, where F(a) = frac(a) / f if frac(a) <= f, else (1 - frac(a)) / (1 - f). This is true for every u, so
an inexact basis costs strength and not truth; and since a_p is computed from the rows for every living way, the cut
knows its coefficient also for the ways that are not in the linear program. Slacks are put back by their rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.pricing.bound_ground import Floats
from optimizer.pricing.bound_lp import BASIC, Node, Relaxation
from optimizer.pricing.bound_rows import CUT, PICK

FRACTION = 0.03  # nearer than this to a whole number is left alone
PARALLEL = 0.95  # cosine beyond which two cuts are one
MOST = 40  # a round
CRUMB = 1e-7  # of a variable's range: too little to keep


def add_cuts(relaxation: Relaxation, node: Node) -> int:
    """Add cuts that the point of `node`, just solved, breaks; how many. They hold wherever the node's ways do."""
    solved = relaxation.solved
    if solved is None:
        return 0
    g, cuts, rows = relaxation.ground, relaxation.cuts, solved.rows
    inner = len(g.low) + len(g.group_link)  # rates and groups
    first = inner + g.shippers
    own = np.flatnonzero(rows.kind == CUT)
    limit = np.where(rows.kind == PICK, 1.0, 0.0)
    limit[own] = cuts.limit[rows.ident[own]]
    matrix = _matrix(relaxation, node, solved.ways, inner).toarray()
    inverse = _inverse(matrix, solved.column_status, solved.row_status, inner, first)
    if inverse is None:
        return 0
    x, z = solved.value[:inner], solved.value[first:]
    multipliers = _sources(relaxation, inverse, solved.column_status, solved.ways, z, first)
    if not len(multipliers):
        return 0
    ranges = relaxation.group_ranges(node)
    low, high = np.concatenate([node.low, ranges[0]]), np.concatenate([node.high, ranges[1]])
    top = high - x < x - low  # shifted to the upper end
    inside = multipliers @ matrix[:, :inner]
    right = multipliers @ limit - inside @ np.where(top, high, low)
    f = right - np.floor(right)
    ok = (f > FRACTION) & (f < 1 - FRACTION)
    multipliers, inside, f = multipliers[ok], inside[ok], f[ok][:, None]
    if not len(f):
        return 0
    shifted = _slope(np.where(top, -inside, inside), f)
    slack = _slope(np.where(rows.kind == PICK, 0.0, multipliers), f)
    c = np.where(top, -shifted, shifted) - slack @ matrix[:, :inner]
    least = 1 - (shifted * np.where(top, high, -low)).sum(1) - slack @ limit
    ways = _rounded(multipliers @ matrix[:, inner:], f) - slack @ matrix[:, inner:]
    chosen = _choose(c, ways, least, x, z)
    if not len(chosen):
        return 0
    living = np.flatnonzero(node.alive)
    wide = _matrix(relaxation, node, living.tolist(), inner)[:, inner:].tocsc()
    rounded = _rounded((wide.T @ multipliers[chosen].T).T, f[chosen]) - (wide.T @ slack[chosen].T).T
    z_all = np.zeros((len(chosen), len(relaxation.known)))
    # as <=, and each shipper's coefficients moved so that its largest is 0 (its shares sum to 1)
    rounded = -rounded
    of = g.shipper[living]
    tops = np.maximum.reduceat(rounded, np.searchsorted(of, np.arange(g.shippers)), axis=1)
    z_all[:, relaxation.place[living]] = rounded - tops[:, of]
    c, most = -c[chosen], -least[chosen] - tops.sum(1)
    size = np.maximum(np.abs(c * (high - low)).max(axis=1, initial=0.0), np.abs(z_all).max(axis=1))
    good = np.isfinite(size) & (size > 1e-9)
    c, z_all, most = c[good] / size[good, None], z_all[good] / size[good, None], most[good] / size[good]
    crumb = np.abs(c) * (high - low) < CRUMB
    most = most - np.where(crumb, np.minimum(c * low, c * high), 0.0).sum(1)
    c[crumb] = 0.0
    most = most + 1e-9 * (1 + np.abs(most))
    rates = len(g.low)
    cuts.t, cuts.s = np.vstack([cuts.t, c[:, :rates]]), np.vstack([cuts.s, c[:, rates:]])
    cuts.z, cuts.limit = np.vstack([cuts.z, z_all]), np.concatenate([cuts.limit, most])
    return int(good.sum())


def _slope(a: Floats, f: Floats) -> Floats:
    return np.where(a >= 0, a / f, -a / (1 - f))


def _rounded(a: Floats, f: Floats) -> Floats:
    part = a - np.floor(a)
    return np.where(part <= f, part / f, (1 - part) / (1 - f))


def _matrix(relaxation: Relaxation, node: Node, ways: list[int], inner: int) -> Any:
    """The rows of the last program over rates, groups and these ways."""
    assert relaxation.solved is not None
    rows = relaxation.solved.rows
    order = np.concatenate([np.flatnonzero(rows.kind != CUT), np.flatnonzero(rows.kind == CUT)])
    start, index, value = relaxation.entries(node, rows.take(order), ways, inner)
    return sp.csr_matrix((value, (np.repeat(order, np.diff(start)), index)), shape=(len(order), inner + len(ways)))


def _inverse(matrix: Floats, columns: list[Any], rows: list[Any], inner: int, first: int) -> Floats | None:
    """Of the basis; its columns are in the order of the program's basic columns, then slacks."""
    if any(columns[j] == BASIC for j in range(inner, first)):
        return None  # a shipper without a way: nothing to learn here
    parts = [matrix[:, j] for j in range(inner) if columns[j] == BASIC]
    parts += [matrix[:, j - first + inner] for j in range(first, len(columns)) if columns[j] == BASIC]
    parts += list(np.eye(len(rows))[[i for i in range(len(rows)) if rows[i] == BASIC]])
    if len(parts) != len(rows):
        return None
    try:
        inverse: Floats = np.asarray(np.linalg.inv(np.array(parts).T), np.float64)
    except np.linalg.LinAlgError:
        return None
    return inverse


def _sources(
    relaxation: Relaxation, inverse: Floats, columns: list[Any], ways: list[int], z: Floats, first: int
) -> Floats:
    """Multipliers: the tableau rows of ways, and their sums over the ways on one link, where these are not whole."""
    g = relaxation.ground
    basic = [j for j in range(len(columns)) if columns[j] == BASIC]
    at = {ways[j - first]: (i, z[j - first]) for i, j in enumerate(basic) if j >= first}
    by_link: dict[int, list[int]] = {}
    for p in at:
        for h in g.link[g.entry0[p] : g.entry0[p + 1]]:
            by_link.setdefault(int(h), []).append(p)
    sums = dict.fromkeys([*((p,) for p in at), *(tuple(v) for v in by_link.values())])
    found = [v for v in sums if FRACTION / 3 < sum(at[p][1] for p in v) < 1 - FRACTION / 3]
    return np.array([inverse[[at[p][0] for p in v]].sum(0) for v in found])


def _choose(c: Floats, ways: Floats, least: Floats, x: Floats, z: Floats) -> list[int]:
    """The deepest cuts, no two of them nearly parallel."""
    both = np.hstack([c, ways])
    size = np.sqrt((both**2).sum(1))
    with np.errstate(invalid="ignore", divide="ignore"):
        depth = np.where((size > 0) & np.isfinite(size), (least - c @ x - ways @ z) / size, 0.0)
    chosen: list[int] = []
    for i in np.argsort(-depth, kind="stable"):
        if depth[i] <= 1e-4 or len(chosen) >= MOST:
            break
        if not chosen or np.abs(both[chosen] @ both[i] / (size[chosen] * size[i])).max() < PARALLEL:
            chosen.append(int(i))
    return chosen
