"""An instance as the solvers see it: numpy arrays, nodes and arcs from 0, commodities without quantity left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Path = tuple[int, ...]
Column = tuple[int, Path]  # commodity and the arcs of one of its paths
Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Arrays:
    """`named` maps our commodities to those of the file, where quantities of 0 keep their place."""

    nodes: int
    tails: Ints
    heads: Ints
    costs: Floats
    capacities: Floats
    fixed: Floats
    origins: Ints
    destinations: Ints
    quantities: Floats
    named: Ints

    @classmethod
    def of(cls, problem: dict[str, Any]) -> Arrays:
        """From the plain data of `Instance.plain`.

        Raises:
            ValueError: a number is not finite or below 0.
        """
        floats = {n: np.array(problem[n], dtype=np.float64) for n in ("costs", "capacities", "fixed", "quantities")}
        if not all(np.isfinite(v).all() and (v >= 0).all() for v in floats.values()):
            raise ValueError("costs, capacities and quantities must be finite and not negative")
        ints = {n: np.array(problem[n], dtype=np.int64) for n in ("tails", "heads", "origins", "destinations")}
        some = np.flatnonzero(floats["quantities"] > 0)
        return cls(
            nodes=int(problem["nodes"]),
            tails=ints["tails"],
            heads=ints["heads"],
            costs=floats["costs"],
            capacities=floats["capacities"],
            fixed=floats["fixed"],
            origins=ints["origins"][some],
            destinations=ints["destinations"][some],
            quantities=floats["quantities"][some],
            named=some,
        )

    @property
    def arcs(self) -> int:
        return len(self.tails)

    @property
    def commodities(self) -> int:
        return len(self.origins)


def linear_costs(net: Arrays) -> Floats:
    """Unit costs when every arc is used to its capacity: the weak linear relaxation."""
    return net.costs + np.where(net.capacities > 0, net.fixed / np.maximum(net.capacities, 1e-9), 0.0)
