"""The market of a study: lanes with every way that may win, each a fixed part and staircases of the free rates.

Weights are whole numbers: a thousandth of a cent of the lane's lot, price and time together. Point numbers say at which
of its values each free rate stands; the last number of a rate is today, the books as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from optimizer.study.lines import split_cents
from optimizer.study.model import Study
from optimizer.tariff.charge import Load

MILLI = 1000  # of a cent
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Parts = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True, slots=True)
class WayRow:
    """A way of a lane.

    Attributes:
        cents: of all lines that no free rate touches; minutes: expected, loading included.
        corridor: number of its corridor; full: bits of the capacities it takes.
        lines: numbers of its free lines.
        revenue: cents of untouched lines of each railway; t_km: of each railway for the lot.
        shown: borders and ports in words; arcs: of its lane when it was listed.
    """

    cents: int
    minutes: int
    corridor: int
    full: int
    lines: tuple[int, ...]
    revenue: tuple[int, ...]
    t_km: tuple[float, ...]
    shown: str
    arcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MarketLane:
    """A lane and its ways, the quicker first.

    Attributes:
        minute_weight: thousandths of a cent a minute of the lot is worth.
        complete: every way that may win is listed.
    """

    lane_id: str
    origin: str
    destination: str
    cargo: str
    tonnes: Decimal
    lot_t: Decimal
    load: Load
    minute_weight: int
    ways: tuple[WayRow, ...]
    complete: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class FreeLine:
    """A free line: which rate moves it, whose revenue it is, and its staircases.

    Attributes:
        rate: number of the free rate; of a rival's line the one it answers.
        parts: railways and their part of it, where it is revenue.
        cents: by reply of rivals (0 for our own lines), cents at each value of the rate and, last, today.
    """

    rate: int
    parts: Parts
    cents: Mapping[Decimal, Ints]
    rival: int = -1


@dataclass(slots=True)
class Market:
    """Lanes with the same railways, corridors and free rates.

    Attributes:
        today: coefficients found today on the lines of each free rate; more than one where letters differ, none of a
            through rate.
        splits: parts of the revenue of each through rate, by its name.
    """

    study: Study
    lanes: list[MarketLane]
    lines: list[FreeLine]
    railways: tuple[str, ...]
    corridors: tuple[str, ...]
    today: tuple[tuple[Decimal, ...], ...]
    left_out: list[dict[str, str]] = field(default_factory=list)
    splits: dict[str, Parts] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Point numbers of each rate: its values, and today."""
        return tuple(len(rate.values) + 1 for rate in self.study.rates)

    @property
    def now(self) -> tuple[int, ...]:
        """The point of today."""
        return tuple(size - 1 for size in self.sizes)

    def value(self, rate: int, number: int) -> Decimal | None:
        """A rate's coefficient at a point number; None for today where it differs by line."""
        values = self.study.rates[rate].values
        if number < len(values):
            return values[number]
        return self.today[rate][0] if len(self.today[rate]) == 1 else None

    def point_of(self, values: Sequence[Decimal | None]) -> tuple[int, ...]:
        """Point numbers of values; None is today."""
        found = []
        for rate, value in zip(self.study.rates, values, strict=True):
            found.append(len(rate.values) if value is None else rate.values.index(value))
        return tuple(found)


class Replies:
    """A market under one behaviour of rivals, as arrays: what every way weighs and earns at every point.

    Args:
        reply: of every rival; None: as each is described.
        cost_t: more (or less) a tonne on a corridor, in the currency of the study.
        tonnes: factor of all demand.
    """

    def __init__(
        self,
        market: Market,
        reply: Decimal | None = None,
        cost_t: Mapping[str, Decimal] | None = None,
        tonnes: Decimal = Decimal(1),
    ) -> None:
        self.market = market
        study = market.study
        lanes = [lane for lane in market.lanes if lane.ways]
        self.lanes = lanes
        counts = [len(lane.ways) for lane in lanes]
        self.starts = (
            np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64) if counts else np.zeros(0, np.int64)
        )
        self.lane_of = np.repeat(np.arange(len(lanes)), counts)
        rows = [way for lane in lanes for way in lane.ways]
        self.rank = np.concatenate([np.arange(n) for n in counts]) if counts else np.zeros(0, np.int64)
        self.most_ways = max(counts, default=1)
        shift = cost_t or {}
        moved = [round(shift.get(name, Decimal(0)) * 100 * MILLI) for name in market.corridors]
        self.base = np.array(
            [
                way.cents * MILLI + way.minutes * lane.minute_weight + round(moved[way.corridor] * lane.lot_t)
                for lane in lanes
                for way in lane.ways
            ],
            dtype=np.int64,
        )
        self.way_cents = np.array([way.cents for way in rows], dtype=np.int64)
        self.corridor = np.array([way.corridor for way in rows], dtype=np.int64)
        self.full = np.array([way.full for way in rows], dtype=np.int64)
        self.minutes = np.array([way.minutes for way in rows], dtype=np.int64)
        self.revenue = np.array([way.revenue for way in rows], dtype=np.int64).reshape(len(rows), len(market.railways))
        self.t_km = np.array([way.t_km for way in rows], dtype=float).reshape(len(rows), len(market.railways))
        self.tonnes = np.array([float(lane.tonnes * tonnes) for lane in lanes])
        self.lot_t = np.array([float(lane.lot_t) for lane in lanes])
        self.weight_t = 1 / (self.lot_t * 100 * MILLI)  # a lane's weight as currency a tonne
        replies = [
            study.rivals[line.rival].reply if line.rival >= 0 and reply is None else reply or Decimal(0)
            for line in market.lines
        ]
        self.line_cents = [
            line.cents[replies[i] if line.rival >= 0 else Decimal(0)] for i, line in enumerate(market.lines)
        ]
        self._patterns(rows)

    def _patterns(self, rows: Sequence[WayRow]) -> None:
        """Ways with the same lines of one rate share a staircase; pattern 0 has none."""
        market = self.market
        self.pattern: list[Ints] = []
        self.steps: list[Ints] = []  # of each rate: [pattern, point number] cents
        self.earned: list[Ints] = []  # [pattern, railway, point number] cents of revenue
        for k, size in enumerate(market.sizes):
            known: dict[tuple[int, ...], int] = {(): 0}
            of_way = np.zeros(len(rows), dtype=np.int64)
            for w, way in enumerate(rows):
                mine = tuple(i for i in way.lines if market.lines[i].rate == k)
                of_way[w] = known.setdefault(mine, len(known))
            steps = np.zeros((len(known), size), dtype=np.int64)
            earned = np.zeros((len(known), len(market.railways), size), dtype=np.int64)
            for mine, number in known.items():
                for i in mine:
                    steps[number] += self.line_cents[i]
                    for railway, part in split_cents(self.line_cents[i], market.lines[i].parts):
                        earned[number, railway] += part
            self.pattern.append(of_way)
            self.steps.append(steps)
            self.earned.append(earned)

    def weights(self, points: Ints) -> Ints:
        """What every way weighs, [way, point], at points given as [rate, point] numbers."""
        found = np.repeat(self.base[:, None], points.shape[1], axis=1)
        for k, numbers in enumerate(points):
            touched = np.nonzero(self.pattern[k])[0]
            if len(touched):
                found[touched] += (self.steps[k][:, numbers] * MILLI)[self.pattern[k][touched]]
        return found
