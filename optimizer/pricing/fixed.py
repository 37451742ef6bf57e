"""The best rates when every shipper's way is given: an inverse shortest-path linear program, its rows found as needed.

    maximise    sum_k weight_k (gain_p + sum_j earns_pj r_j)          p = p(k), the way given to shipper k
    subject to  pays_p(k)(r) + margin <= pays_q(r)                    for the other ways q of k, if they differ in rates
                low_j <= r_j <= high_j

Rows enter when they are violated. A local search asks again and again for nearly the same ways, so the program is kept:
a row of a way not taken now is let loose, and the simplex method goes on from its last basis. Solver: GLOP
(`optimizer.flow.master`).

Sources: Labbé, Marcotte and Savard 1998; Brotcorne, Labbé, Marcotte and Savard 2001 (the inverse step).
"""

from __future__ import annotations

import numpy as np

from optimizer.flow.master import INF, Master
from optimizer.pricing.arrays import Arrays, Floats, Ints

MOST_ROUNDS = 60
MOST_ROWS = 1500  # of one program; more are mostly loose and slow it down

Known = dict[tuple[int, int], dict[int, None]]


class FixedWays:
    """Solves for one problem; remembers which rows mattered.

    Args:
        margin: by how much a way must be cheaper than ways with other rates; 0 lets ties fall in the leader's favour.
    """

    def __init__(self, arrays: Arrays, *, margin: float = 0.0) -> None:
        self.arrays, self.margin = arrays, margin
        self.tie = 1e-9 * (1.0 + float(np.max(np.abs(arrays.cost), initial=0.0)))
        self._known: Known = {}  # (shipper, way) -> ways that came close
        self._fresh()

    def _fresh(self) -> None:
        self._master = Master()
        self._rows: dict[tuple[int, int, int], tuple[int, float]] = {}  # shipper, way, rival -> row and its room
        self._tight: set[tuple[int, int, int]] = set()
        self._worth = np.zeros(len(self.arrays.low))
        for span in self.arrays.high - self.arrays.low:
            # a rate at the very top of its range may tie with a way that nobody listed
            self._master.add_column(0.0, {}, upper=max(0.0, float(span) - self.margin))

    def grow(self, arrays: Arrays) -> None:
        """Go on with further ways at the end of each shipper's list."""
        self.arrays = arrays

    def sturdy(self, margin: float) -> FixedWays:
        """Another one with a margin, which knows the same rows."""
        fixed = FixedWays(self.arrays, margin=margin)
        fixed._known = self._known
        return fixed

    def best(self, taken: Ints) -> tuple[float, Floats] | None:
        """Revenue and rates that make `taken` (a row of the arrays for each shipper) cheapest, or None: no rates do."""
        a, margin = self.arrays, self.margin
        if len(self._rows) > MOST_ROWS:
            self._fresh()
        self._set_worth(taken)
        self._set_rows(taken)
        for _ in range(MOST_ROUNDS):
            answer = self._master.solve()
            if answer.status != "optimal":
                self._fresh()
                return None
            rates = np.clip(a.low + np.array(answer.values), a.low, a.high)
            pays = a.pays(rates)
            own = pays[taken]
            if margin:
                pays[taken] = np.inf
            least = np.minimum.reduceat(pays, a.first[:-1])
            wrong = np.flatnonzero(own > least - 0.5 * margin + (0 if margin else 10 * self.tie))
            added = False
            for k in wrong.tolist():
                start = int(a.first[k])
                p, q = int(taken[k]) - start, int(np.argmin(pays[start : a.first[k + 1]]))
                if (k, p, q) in self._tight:
                    continue  # two ways with the same rates and cost: no margin can be had
                self._tighten(k, p, q)
                self._known.setdefault((k, p), {})[q] = None
                added = True
            if not added:
                return float(a.weight @ a.gets(rates)[taken]), rates
        return None

    def _set_worth(self, taken: Ints) -> None:
        a = self.arrays
        worth = np.zeros(len(a.low))
        for k, p in enumerate(taken.tolist()):
            entries = slice(a.begin[p], a.begin[p + 1])
            np.add.at(worth, a.rate[entries], a.weight[k] * a.earned[entries])
        for j in np.flatnonzero(worth != self._worth).tolist():
            self._master.set_cost(j, -float(worth[j]))
        self._worth = worth

    def _set_rows(self, taken: Ints) -> None:
        ways = (taken - self.arrays.first[:-1]).tolist()
        for k, p, q in [row for row in self._tight if ways[row[0]] != row[1]]:
            self._master.set_bounds(self._rows[k, p, q][0], -INF, INF)
            self._tight.remove((k, p, q))
        for k, p in enumerate(ways):
            for q in self._known.get((k, p), ()):
                if (k, p, q) not in self._tight:
                    self._tighten(k, p, q)

    def _tighten(self, k: int, p: int, q: int) -> None:
        """Put the row in force that makes way p of shipper k cheaper than its way q."""
        self._tight.add((k, p, q))
        if (k, p, q) in self._rows:
            number, room = self._rows[k, p, q]
            self._master.set_bounds(number, -INF, room)
            return
        a = self.arrays
        row: dict[int, float] = {}
        for way, sign in ((p, 1.0), (q, -1.0)):
            at = a.first[k] + way
            entries = slice(a.begin[at], a.begin[at + 1])
            for j, amount in zip(a.rate[entries].tolist(), a.paid[entries].tolist(), strict=True):
                row[j] = row.get(j, 0.0) + sign * amount
        row = {j: v for j, v in row.items() if v}
        room = float(a.cost[a.first[k] + q] - a.cost[a.first[k] + p]) - sum(v * float(a.low[j]) for j, v in row.items())
        room -= self.margin if row else 0.0
        self._rows[k, p, q] = self._master.add_row(-INF, room, row), room
