"""A market as a pricing problem of the network-pricing solver: staircases taken for the straight lines they follow.

The solver looks for rates of any size; what it finds is put back on the values a letter can print and judged by the
staircases. Its bound is one of the straight lines and not used: a shipper may change over at a cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from optimizer.pricing.problem import Problem, Rate, Shipper, Way
from optimizer.pricing.solve import solve
from optimizer.study.outcome import Response

MOST_ROUNDINGS = 64


def fits(response: Response) -> bool:
    """Whether the solver's model is that of the study: cheapest ways, given tonnes, money, nothing full."""
    objective = response.study.objective
    plain = not response.logit and response.usual is None and not response.capacities
    return plain and objective.goal in ("revenue", "contribution") and objective.subsidy_cap is None


def problem_of(
    response: Response, moving: Sequence[int], stand: Sequence[int], of: Sequence[int], costed: bool
) -> Problem:
    """The pricing problem of some rates, the others standing.

    Args:
        of: railways whose revenue counts; costed: less the cost of their tonne-kilometres.
    """
    r = response.r
    market = r.market
    railways = list(of)
    costs = np.array(response.costs)[railways] if costed else np.zeros(len(railways))
    number = {k: j for j, k in enumerate(moving)}
    shippers = []
    for n, lane in enumerate(r.lanes):
        per_t = 1 / (100 * float(lane.lot_t))
        ways = []
        for w in range(int(r.starts[n]), int(r.starts[n]) + len(lane.ways)):
            cost = float(r.base[w]) * float(r.weight_t[n])
            gain = (
                float(r.revenue[w, railways].sum()) * per_t - float((r.t_km[w, railways] * costs).sum()) * per_t * 100
            )
            use: dict[int, float] = {}
            earns: dict[int, float] = {}
            for k, rate in enumerate(market.study.rates):
                pattern = int(r.pattern[k][w])
                if not pattern:
                    continue
                steps, earned = r.steps[k][pattern] * per_t, r.earned[k][pattern][railways].sum(axis=0) * per_t
                if k not in number or len(rate.values) < 2:
                    cost, gain = cost + float(steps[stand[k]]), gain + float(earned[stand[k]])
                    continue
                low, span = float(rate.values[0]), float(rate.values[-1] - rate.values[0])
                slope, own = (steps[-2] - steps[0]) / span, (earned[-2] - earned[0]) / span
                cost, gain = cost + float(steps[0] - slope * low), gain + float(earned[0] - own * low)
                use[number[k]], earns[number[k]] = float(slope), float(own)
            ways.append(Way(cost, use, gain, earns))
        shippers.append(Shipper(float(r.tonnes[n]), tuple(ways), lane.lane_id))
    rates = tuple(
        Rate(
            market.study.rates[k].name, float(market.study.rates[k].values[0]), float(market.study.rates[k].values[-1])
        )
        for k in moving
    )
    return Problem(rates, tuple(shippers))


def points_near(
    response: Response,
    moving: Sequence[int],
    stand: Sequence[int],
    of: Sequence[int],
    costed: bool,
    start: Sequence[int],
    seconds: float,
    seed: int,
) -> list[tuple[int, ...]]:
    """Points on either side of the rates the solver finds, as combinations of the neighbouring values."""
    market = response.r.market
    if any(len(market.study.rates[k].values) < 2 for k in moving):
        return []
    values = [market.value(k, start[k]) for k in moving]
    begin = [float(v) for v in values if v is not None]
    problem = problem_of(response, moving, stand, of, costed)
    answer = solve(problem, seconds, seed, begin if len(begin) == len(values) else None)
    choices = []
    for k, rate in zip(moving, answer.rates, strict=True):
        listed = np.array([float(v) for v in market.study.rates[k].values])
        at = int(np.searchsorted(listed, rate))
        choices.append(sorted({max(0, at - 1), min(at, len(listed) - 1)}))
    found = []
    for corner in product(*choices):
        point = list(stand)
        for k, n in zip(moving, corner, strict=True):
            point[k] = n
        found.append(tuple(point))
    return found[:MOST_ROUNDINGS]
