"""A pricing problem laid out flat for the bound: ways, what they pay, and the groups of ways that pay alike.

Words used by all `bound_*` and `exact_*` modules:
    entry   a way and a rate it uses (or earns)
    link    a shipper and a rate some way of it uses
    group   the entries of a link with the same amount; one variable "rate paid by the group" stands for each
    rival   a way in its role of being the cheaper alternative
Shipper k has ways `way0[k]` to `way0[k + 1]`, links `link0[k]` to `link0[k + 1]`; way p has entries `entry0[p]` on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.pricing.problem import INF, Problem, Shipper, pays_at_most

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Ground(NamedTuple):
    """Flat arrays; a named tuple, so that compiled code takes it whole."""

    way0: Ints
    link0: Ints
    entry0: Ints
    group0: Ints  # of each link
    dense0: Ints  # of each shipper, in `dense`
    shipper: Ints  # of each way
    cost: Floats  # of each way
    fixed: Floats  # weight x gain of each way
    rate: Ints  # of each entry
    amount: Floats  # paid, of each entry
    group: Ints  # of each entry
    link: Ints  # of each entry
    way: Ints  # of each entry
    link_rate: Ints
    link_shipper: Ints
    group_link: Ints
    group_amount: Floats
    group_earns: Floats  # weight x amount earned
    dense: Floats  # amounts by shipper, way, link
    rival: Flags  # whether the way may stand as an alternative
    low: Floats
    high: Floats

    @property
    def shippers(self) -> int:
        return len(self.way0) - 1

    def use(self, k: int) -> Floats:
        """Amounts of shipper k, ways by links."""
        rows, columns = self.way0[k + 1] - self.way0[k], self.link0[k + 1] - self.link0[k]
        part: Floats = self.dense[self.dense0[k] : self.dense0[k] + rows * columns].reshape(rows, columns)
        return part


def lay_out(problem: Problem) -> Ground:
    """The problem as arrays.

    A shipper with ways not listed gets one more, which stands for them: it costs `listed_below`, uses no rate and
    brings all that the shipper could pay above that. It is no rival.
    """
    ints: dict[str, list[int]] = {name: [] for name in Ground._fields}
    floats: dict[str, list[float]] = {name: [] for name in Ground._fields}
    for name in ("way0", "link0", "entry0", "group0"):
        ints[name].append(0)
    dense: list[Any] = []
    rival: list[bool] = []
    size = 0
    for k, shipper in enumerate(problem.shippers):
        rates = sorted({j for way in shipper.ways for j in (*way.use, *way.earned)})
        at = {j: i for i, j in enumerate(rates)}
        first_link = ints["link0"][-1]
        kinds: dict[tuple[int, float, float], int] = {}
        for j in rates:
            pairs = {(w.use.get(j, 0.0), w.earned.get(j, 0.0)) for w in shipper.ways if j in w.use or j in w.earned}
            for paid, earned in sorted(pairs):
                kinds[j, paid, earned] = len(floats["group_amount"])
                ints["group_link"].append(first_link + at[j])
                floats["group_amount"].append(paid)
                floats["group_earns"].append(shipper.weight * earned)
            ints["group0"].append(len(floats["group_amount"]))
            ints["link_rate"].append(j)
            ints["link_shipper"].append(k)
        ints["link0"].append(first_link + len(rates))
        listed = len(shipper.ways)
        rows = listed + (shipper.listed_below < INF)
        part = np.zeros((rows, len(rates)))
        for i, way in enumerate(shipper.ways):
            floats["cost"].append(way.cost)
            floats["fixed"].append(shipper.weight * way.gain)
            for j in sorted({*way.use, *way.earned}):
                paid = way.use.get(j, 0.0)
                ints["rate"].append(j)
                ints["group"].append(kinds[j, paid, way.earned.get(j, 0.0)])
                ints["link"].append(first_link + at[j])
                ints["way"].append(ints["way0"][-1] + i)
                floats["amount"].append(paid)
                part[i, at[j]] = paid
            ints["entry0"].append(len(ints["rate"]))
        if rows > listed:
            floats["cost"].append(shipper.listed_below)
            floats["fixed"].append(shipper.weight * _unlisted(shipper, problem))
            ints["entry0"].append(len(ints["rate"]))
        rival += [True] * listed + [False] * (rows - listed)
        ints["shipper"] += [k] * rows
        ints["way0"].append(ints["way0"][-1] + rows)
        ints["dense0"].append(size)
        size += part.size
        dense.append(part.ravel())
    flat: dict[str, Any] = {name: np.array(values, np.int64) for name, values in ints.items()}
    for name in ("cost", "fixed", "amount", "group_amount", "group_earns"):
        flat[name] = np.array(floats[name], np.float64)
    flat["dense"] = np.concatenate([*dense, np.zeros(1)])
    flat["rival"] = np.array(rival, np.bool_)
    flat["low"] = np.array([rate.low for rate in problem.rates], np.float64)
    flat["high"] = np.array([rate.high for rate in problem.rates], np.float64)
    return Ground(**flat)


def _unlisted(shipper: Shipper, problem: Problem) -> float:
    return max(0.0, pays_at_most(shipper, problem.rates) - shipper.listed_below)


def keep_entries(ground: Ground, alive: Flags) -> tuple[Ground, Flags]:
    """The same ground without the entries of the ways that no shipper will take, and which entries stayed.

    Such ways remain as rivals.
    """
    stay = alive[ground.way]
    counts = np.where(alive, np.diff(ground.entry0), 0)
    return (
        ground._replace(
            entry0=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            **{name: np.ascontiguousarray(getattr(ground, name)[stay]) for name in ENTRY_FIELDS},
        ),
        stay,
    )


ENTRY_FIELDS = ("rate", "amount", "group", "link", "way")
