"""The relaxation: rows and ways come as they are needed, and every price vector gives a valid upper bound.

The bound is not the solver's word. Any multipliers y >= 0 of the rows give
    sum_k max over living p of (value of p at y) + sum over rates and groups of the best end of their range,
a Lagrangean bound over all ways, listed in the linear program or not; the solver's duals are only a good choice of y.
A way whose value is so far below its shipper's best that the bound would fall under the cutoff is struck out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize._highspy import _core as highs

from optimizer.pricing.bound_ground import Flags, Floats, Ground, Ints
from optimizer.pricing.bound_rows import (
    CUT,
    DOWN,
    PART,
    PICK,
    REST,
    RIVAL,
    UP,
    broken,
    charge_columns,
    combine,
    row_entries,
)

INF = float("inf")
BASIC, AT_LOW = highs.HighsBasisStatus.kBasic, highs.HighsBasisStatus.kLower
MOST_STEPS = 4000  # of the simplex method from a known basis; then it starts anew
RETRY_ROUNDS = 40
NEW_WAYS = 5  # a shipper and round
NEW_CUTS = 40  # a round


@dataclass(slots=True)
class Rows:
    kind: Ints
    ident: Ints
    rival: Ints

    def __add__(self, other: Rows) -> Rows:
        return Rows(*(np.concatenate([getattr(self, f), getattr(other, f)]) for f in ("kind", "ident", "rival")))

    def take(self, which: Any) -> Rows:
        return Rows(self.kind[which], self.ident[which], self.rival[which])

    def names(self) -> list[tuple[int, int, int]]:
        return list(zip(self.kind.tolist(), self.ident.tolist(), self.rival.tolist(), strict=True))


@dataclass(slots=True)
class Point:
    """Where the relaxation is at its best: rates, what groups pay, shares of the ways."""

    rates: Floats
    paid: Floats
    ways: Ints
    share: Floats
    value: float


@dataclass(slots=True)
class Node:
    """A part of the search: living ways, the box, and what it takes to restart the linear program."""

    alive: Flags
    up: Floats
    down: Floats
    low: Floats
    high: Floats
    rows: Rows
    ways: list[int]
    basis: tuple[list[Any], dict[int, Any], list[Any]] | None = None
    bound: float = INF
    point: Point | None = None

    def copy(self) -> Node:
        return replace(self, **{f: getattr(self, f).copy() for f in ("alive", "up", "down", "low", "high")})


@dataclass(slots=True)
class Cuts:
    """General cuts `t.rates + s.groups + z.ways <= limit`; columns of z are the ways of `Relaxation.known`."""

    t: Floats
    s: Floats
    z: Floats
    limit: Floats


@dataclass(slots=True)
class Solved:
    """The last linear program, for the making of cuts."""

    rows: Rows
    ways: list[int]
    column_status: list[Any]
    row_status: list[Any]
    value: Floats


class Relaxation:
    """Solves nodes; `cutoff` is the value that a part of the search must reach to be of interest."""

    def __init__(self, ground: Ground, cutoff: float) -> None:
        self.ground, self.cutoff = ground, cutoff
        self.known: Ints = np.arange(len(ground.cost))
        self.place: Ints = self.known.copy()
        rates, groups = len(ground.low), len(ground.group_link)
        self.cuts = Cuts(np.zeros((0, rates)), np.zeros((0, groups)), np.zeros((0, len(self.known))), np.zeros(0))
        self.rate_earns: Floats = np.zeros(rates)
        self.solved: Solved | None = None
        self.runs = 0
        self.set_rivals(
            [
                ground.way0[k] + np.flatnonzero(ground.rival[ground.way0[k] : ground.way0[k + 1]])
                for k in range(ground.shippers)
            ]
        )
        self.every = self.rivals, self.rivals0
        self.renew()

    def renew(self) -> None:
        """A fresh solver (after a fork)."""
        self.solver = highs._Highs()
        for option, value in (
            ("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex"),
            ("simplex_iteration_limit", MOST_STEPS),
        ):  # fmt: skip
            self.solver.setOptionValue(option, value)

    def set_rivals(self, rivals: list[Ints]) -> None:
        """The rivals whose rows are looked at (fewer only make the bound weaker)."""
        self.rivals: Ints = np.concatenate([*rivals, np.zeros(0, np.int64)]).astype(np.int64)
        self.rivals0: Ints = np.cumsum([0, *map(len, rivals)]).astype(np.int64)

    def hold(self, rate_earns: Floats, t: Floats, limit: Floats) -> None:
        """Shippers that are not in the ground keep their ways: what each rate earns of them, and `t.rates <= limit`."""
        rows, c = len(limit), self.cuts
        self.rate_earns = rate_earns
        self.cuts = Cuts(t, np.zeros((rows, c.s.shape[1])), np.zeros((rows, c.z.shape[1])), limit)

    def forget_dead(self, alive: Flags, ground: Ground) -> None:
        """Keep cuts only over the living ways, and take the smaller ground."""
        self.ground = ground
        living = np.flatnonzero(alive)
        self.cuts.z = np.ascontiguousarray(self.cuts.z[:, self.place[living]])
        self.place = np.full(len(alive), -1, np.int64)
        self.place[living] = np.arange(len(living))
        self.known = living

    def first_node(self, alive: Flags, up: Floats, down: Floats, low: Floats, high: Floats) -> Node:
        k = self.ground.shippers
        rows = Rows(np.zeros(k, np.int64), np.arange(k), np.zeros(k, np.int64))
        return Node(alive, up, down, low, high, rows, [])

    def by_shipper(self, ways: list[int]) -> tuple[Ints, Ints, Ints]:
        """(ways in order of shipper, their places in the list, where each shipper's begin)."""
        listed = np.array(ways, np.int64)
        order = np.argsort(self.ground.shipper[listed], kind="stable")
        listed = listed[order]
        return listed, order, np.searchsorted(self.ground.shipper[listed], np.arange(self.ground.shippers + 1))

    def entries(self, node: Node, rows: Rows, ways: list[int], first: int) -> tuple[Ints, Any, Any]:
        """Rows (cuts last) over rates, groups, and the ways in columns from `first` on."""
        g = self.ground
        general = rows.kind == CUT
        plain = rows.take(~general)
        listed, order, begin = self.by_shipper(ways)
        start, index, value = row_entries(
            g,
            plain.kind,
            plain.ident,
            plain.rival,
            node.up,
            node.down,
            node.low,
            node.high,
            listed,
            first + order,
            begin,
        )
        if general.any():
            c = rows.ident[general]
            t, s = self.cuts.t[c], self.cuts.s[c]
            dense = np.hstack(
                [t, s, np.zeros((len(c), first - t.shape[1] - s.shape[1])), self.cuts.z[c][:, self.place[ways]]]
            )
            row, column = np.nonzero(dense)
            start = np.concatenate([start, start[-1] + np.searchsorted(row, np.arange(1, len(c) + 1))])
            index = np.concatenate([index, column.astype(np.int32)])
            value = np.concatenate([value, dense[row, column]])
        return start, index, value

    def group_ranges(self, node: Node) -> tuple[Floats, Floats]:
        """What each group can pay: nothing when none of its ways is alive."""
        g = self.ground
        on = np.zeros(len(g.group_link), np.bool_)
        on[g.group[node.alive[g.way]]] = True
        j = g.link_rate[g.group_link]
        return np.where(on, np.minimum(0.0, node.low[j]), 0.0), np.where(on, np.maximum(0.0, node.high[j]), 0.0)

    def price(
        self, node: Node, rows: Rows, dual: Floats, ranges: tuple[Floats, Floats]
    ) -> tuple[float, Floats, Floats]:
        """(upper bound, value of each way, best value of each shipper) at these row prices."""
        g = self.ground
        y = np.where(rows.kind == PICK, 0.0, np.maximum(dual, 0.0))
        by_kind = self.spread(rows, y)
        r = rows.kind == RIVAL
        c = rows.kind == CUT
        own, weights = rows.ident[c], y[c]
        t, s = self.rate_earns - weights @ self.cuts.t[own], g.group_earns - weights @ self.cuts.s[own]
        value = np.full(len(g.cost), -INF)
        spent = np.zeros(len(g.cost))
        combine(
            g, node.alive, node.up, node.down, node.low, node.high, *by_kind, rows.ident[r], rows.rival[r], y[r], spent
        )
        spent[self.known] += weights @ self.cuts.z[own]
        value[node.alive] = (g.fixed - spent)[node.alive]
        charge_columns(g, *by_kind[1:], rows.ident[r], rows.rival[r], y[r], t, s)
        best = np.maximum.reduceat(value, g.way0[:-1])
        ends = np.maximum(t * node.low, t * node.high).sum() + np.maximum(s * ranges[0], s * ranges[1]).sum()
        return float(best.sum() + ends + weights @ self.cuts.limit[own]), value, best

    def spread(self, rows: Rows, y: Floats) -> list[Floats]:
        """Row multipliers of PICK, UP, PART, REST, DOWN by what they belong to."""
        g = self.ground
        sizes = {
            PICK: g.shippers,
            UP: len(g.group_link),
            PART: len(g.link_rate),
            REST: len(g.link_rate),
            DOWN: len(g.group_link),
        }
        out = []
        for kind, size in sizes.items():
            own = rows.kind == kind
            part = np.zeros(size)
            part[rows.ident[own]] = y[own]
            out.append(part)
        return out

    def solve(self, node: Node, rounds: int, tolerance: float = 1e-5, *, all_rivals: bool = False) -> None:
        """Solve the relaxation of the node; sets its bound (never up), its point (None: not of interest), its restart."""
        g, h = self.ground, self.solver
        rates, groups, shippers = len(g.low), len(g.group_link), g.shippers
        first = rates + groups + shippers
        ranges = self.group_ranges(node)
        ways = [p for p in node.ways if node.alive[p]]
        served = set(g.shipper[ways].tolist())
        for k in range(shippers):
            if k not in served:
                some = np.flatnonzero(node.alive[g.way0[k] : g.way0[k + 1]])
                if not len(some):
                    node.bound, node.point = -INF, None
                    return
                ways.append(int(g.way0[k] + some[-1]))
        listed = set(ways)
        rows = node.rows
        seen = set(rows.names())
        relief = False
        self._load(node, rows, ways, ranges, relief)
        self._restart(node, ways)
        best, best_value, best_of = INF, None, None
        settled = False
        status: tuple[list[Any], list[Any]] | None = None
        x: Floats = np.zeros(0)
        for turn in range(rounds):
            if not self._run():
                if relief:
                    break
                relief = True  # too few ways in the program, it seems
                self._load(node, rows, ways, ranges, relief)
                if not self._run():
                    break
            solution = h.getSolution()
            x, dual, reached = np.array(solution.col_value), np.array(solution.row_dual), h.getObjectiveValue()
            bound, value, top = self.price(node, rows, dual, ranges)
            if bound < best:
                best, best_value, best_of = bound, value, top
            if bound < self.cutoff:
                break
            t, s, z = x[:rates], x[rates : rates + groups], x[first:]
            some = np.flatnonzero(z > 1e-9)
            taken, order, begin = self.by_shipper([ways[i] for i in some])
            share = z[some][order]
            node.point = Point(t, s, taken, share, reached)
            rivals, rivals0 = self.every if all_rivals else (self.rivals, self.rivals0)
            more = Rows(
                *broken(
                    g, node.up, node.down, node.low, node.high, t, s, taken, share, begin, rivals, rivals0, tolerance
                )
            )
            more = more + self._broken_cuts(t, s, taken, share)
            fresh = np.array([key not in seen for key in more.names()], np.bool_)
            more = more.take(fresh) if len(fresh) else more
            new: list[int] = []
            if reached < bound - 1e-7 * abs(bound):
                new = [p for p in self._worth(value, ways) if p not in listed]
            settled = not len(more.kind) and not new
            if settled or turn == rounds - 1:
                break
            if new:
                self._add_ways(node, rows, new)
                ways += new
                listed.update(new)
            if len(more.kind):
                self._push(node, more, ways, first, relief)
                seen.update(more.names())
                rows = rows + more
        if best_value is None and node.basis is not None:  # the solver gave up: once more with nothing inherited
            node.basis, node.rows = None, node.rows.take(node.rows.kind == PICK)
            self.renew()
            self.solve(node, max(rounds, RETRY_ROUNDS), tolerance, all_rivals=all_rivals)
            return
        node.bound = min(node.bound, best)
        if best_value is None or best_of is None or best < self.cutoff or node.point is None:
            node.point = None
            return
        room = best - self.cutoff
        node.alive &= best_value >= best_of[g.shipper] - room
        basis = h.getBasis()
        status = list(basis.col_status), list(basis.row_status)
        if len(status[1]) != len(rows.kind) or len(status[0]) != first + len(ways) or len(x) != len(status[0]):
            node.basis = None
            return
        self.solved = Solved(rows, list(ways), *status, x)
        keep = [i for i in range(len(rows.kind)) if rows.kind[i] == PICK or status[1][i] != BASIC]
        keep.sort(key=lambda i: rows.kind[i] == CUT)
        node.rows = rows.take(np.array(keep, np.int64))
        node.basis = status[0][:first], dict(zip(ways, status[0][first:], strict=True)), [status[1][i] for i in keep]
        near = best_of[g.shipper] - 0.2 * room
        node.ways = [p for i, p in enumerate(ways) if x[first + i] > 1e-9 or best_value[p] > near[p]]

    def _run(self) -> bool:
        self.runs += 1
        self.solver.run()
        if self.solver.getModelStatus() == highs.HighsModelStatus.kOptimal:
            return True
        self.solver.clearSolver()
        self.solver.setOptionValue("simplex_iteration_limit", 25 * MOST_STEPS)
        self.solver.run()
        self.solver.setOptionValue("simplex_iteration_limit", MOST_STEPS)
        return bool(self.solver.getModelStatus() == highs.HighsModelStatus.kOptimal)

    def _load(self, node: Node, rows: Rows, ways: list[int], ranges: tuple[Floats, Floats], relief: bool) -> None:
        """Pass the whole program: columns of rates, groups, "no way" of each shipper, ways."""
        g, h = self.ground, self.solver
        h.clearModel()
        h.changeObjectiveSense(highs.ObjSense.kMaximize)
        rates, shippers = len(g.low), g.shippers
        first = rates + len(g.group_link) + shippers
        n = first + len(ways)
        worst = np.full(shippers, -max(abs(self.cutoff), 1.0) * (1000.0 if relief else 1.0))
        cost = np.concatenate([self.rate_earns, g.group_earns, worst, g.fixed[ways]])
        least = np.concatenate([node.low, ranges[0], np.zeros(shippers + len(ways))])
        most = np.concatenate([node.high, ranges[1], np.ones(shippers), np.full(len(ways), INF)])
        h.addCols(n, cost, least, most, 0, np.zeros(n, np.int32), np.zeros(0, np.int32), np.zeros(0))
        self._push(node, rows, ways, first, relief)

    def _push(self, node: Node, rows: Rows, ways: list[int], first: int, relief: bool) -> None:
        for part in (rows.take(rows.kind != CUT), rows.take(rows.kind == CUT)):
            n = len(part.kind)
            if n:
                start, index, value = self.entries(node, part, ways, first)
                column, by = self._relief(node, part, relief)
                given = np.flatnonzero(by)
                index, value = (
                    np.insert(index, start[1:][given], column[given]),
                    np.insert(value, start[1:][given], by[given]),
                )
                start = start + np.concatenate([[0], np.cumsum(by != 0)])
                most = np.where(part.kind == PICK, 1.0, 0.0)
                cuts = part.kind == CUT
                most[cuts] = self.cuts.limit[part.ident[cuts]]
                least = np.where(part.kind == PICK, 1.0, -INF)
                self.solver.addRows(n, least, most, len(index), start[:-1].astype(np.int32), index, value)

    def _relief(self, node: Node, rows: Rows, all_rows: bool) -> tuple[Any, Floats]:
        """The column "no way" that makes each row hold, and its coefficient.

        Such a column is there for every shipper, at a high cost, so that a program with too few ways can be solved. It
        takes part in PICK, and when that was not enough in `all_rows`; a cut spans all shippers and is relieved by the
        first one's.
        """
        g = self.ground
        far = np.maximum(np.abs(node.low), np.abs(node.high))
        k = np.zeros(len(rows.kind), np.int64)
        by = np.zeros(len(rows.kind))
        for kind, shipper in (
            (UP, g.link_shipper[g.group_link]),
            (DOWN, g.link_shipper[g.group_link]),
            (PART, g.link_shipper),
            (REST, g.link_shipper),
        ):
            own = rows.kind == kind
            k[own] = shipper[rows.ident[own]]
        pick, parts, rival, cut = (np.isin(rows.kind, kinds) for kinds in ((PICK,), (PART, REST), (RIVAL,), (CUT,)))
        k[pick | rival] = rows.ident[pick | rival]
        by[pick] = 1.0
        if not all_rows:
            return (len(g.low) + len(g.group_link) + k).astype(np.int32), by
        by[parts] = -far[g.link_rate[rows.ident[parts]]]
        for i in np.flatnonzero(rival):
            a = k[i]
            by[i] = -float(g.use(a)[rows.rival[i] - g.way0[a]] @ far[g.link_rate[g.link0[a] : g.link0[a + 1]]])
        if cut.any():
            c = rows.ident[cut]
            sizes = np.abs(self.cuts.t[c]) @ far + np.abs(self.cuts.s[c]) @ far[g.link_rate[g.group_link]]
            by[cut] = -(1.0 + sizes + np.abs(self.cuts.limit[c]))
        return (len(g.low) + len(g.group_link) + k).astype(np.int32), by

    def _restart(self, node: Node, ways: list[int]) -> None:
        if node.basis is None:
            return
        columns, of_way, rows = node.basis
        basis = highs.HighsBasis()
        basis.col_status = list(columns) + [of_way.get(p, AT_LOW) for p in ways]
        basis.row_status = list(rows)
        basis.valid = True
        basic = sum(v == BASIC for v in basis.col_status) + sum(v == BASIC for v in basis.row_status)
        basis.alien = basic != len(rows)
        self.solver.setBasis(basis)

    def _broken_cuts(self, t: Floats, s: Floats, taken: Ints, share: Floats) -> Rows:
        c = self.cuts
        over = c.t @ t + c.s @ s + c.z[:, self.place[taken]] @ share - c.limit
        worst = np.flatnonzero(over > 1e-6)
        worst = worst[np.argsort(-over[worst])][:NEW_CUTS]
        return Rows(np.full(len(worst), CUT), worst, np.zeros(len(worst), np.int64))

    def _worth(self, value: Floats, ways: list[int]) -> list[int]:
        """Ways worth more than those in the program: a few a shipper."""
        g = self.ground
        have = np.full(g.shippers, -INF)
        np.maximum.at(have, g.shipper[ways], value[ways])
        found = np.flatnonzero(value > have[g.shipper] + 1e-7 * max(abs(self.cutoff), 1.0) / g.shippers)
        found = found[np.lexsort((-value[found], g.shipper[found]))]
        of = g.shipper[found]
        return [int(p) for p in found[np.arange(len(found)) - np.searchsorted(of, of) < NEW_WAYS]]

    def _add_ways(self, node: Node, rows: Rows, new: list[int]) -> None:
        """Columns: the rows restricted to the new ways, turned round."""
        g = self.ground
        first = len(g.low) + len(g.group_link)
        order = np.concatenate([np.flatnonzero(rows.kind != CUT), np.flatnonzero(rows.kind == CUT)])
        start, index, value = self.entries(node, rows.take(order), new, first)
        rows_of = np.repeat(order, np.diff(start))
        own = index >= first
        matrix = sp.csc_matrix((value[own], (rows_of[own], index[own] - first)), shape=(len(order), len(new)))
        matrix.eliminate_zeros()
        n = len(new)
        self.solver.addCols(
            n, g.fixed[new], np.zeros(n), np.full(n, INF), matrix.nnz, matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
