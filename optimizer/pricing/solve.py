"""Solve a pricing problem in this process: search, then proof with the time that is left.

`solve` is for problems of a study (a few rates, some hundred shippers); `optimizer.pricing.run` takes public
instances and works on two cores.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.pricing.exact import improve
from optimizer.pricing.problem import Problem
from optimizer.pricing.search import Search
from optimizer.pricing.settle import settle

PROVEN = 1e-5  # relative gap
SEARCH_SHARE = 0.4  # of the time; the rest is for the proof
MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """The best rates known. `objective` is what they bring, recomputed exactly; not more than `bound` can be had.

    `ways` is the way each shipper takes; `gap` is (bound - objective) / |objective|; `proven` when it is at most 1e-5.
    """

    rates: tuple[float, ...]
    objective: float
    bound: float
    gap: float
    ways: tuple[int, ...]
    seconds: float
    proven: bool


def answer_of(problem: Problem, rates: Sequence[float], bound: float, seconds: float) -> Answer:
    """The answer for these rates, everything but the bound recomputed."""
    exact, ways = problem.react(rates)
    objective = float(exact)
    bound = max(bound, objective)
    gap = (bound - objective) / abs(objective) if objective else (0.0 if bound == objective else float("inf"))
    return Answer(tuple(rates), objective, bound, gap, ways, seconds, gap <= PROVEN)


def solve(problem: Problem, time_limit: float = 10.0, seed: int = 1, start: Sequence[float] | None = None) -> Answer:
    """The rates that bring the leader most, as far as `time_limit` seconds tell.

    Args:
        seed: of every random draw.
        start: rates to begin with, for instance those of today; the answer is never worse than they are.

    Example:
        >>> from optimizer.pricing.problem import Problem, Rate, Shipper, Way
        >>> far, near = Shipper(10, (Way(3, {0: 1}), Way(7))), Shipper(50, (Way(2, {0: 1}), Way(8)))
        >>> answer = solve(Problem((Rate("bridge", high=10),), (far, near)), time_limit=2)
        >>> round(answer.rates[0], 4), round(answer.objective, 2), answer.ways
        (6.0, 300.0, (1, 0))
    """
    began = time.monotonic()
    search = Search(problem, seed=seed)
    if start is not None:
        search.offer(search.allowed(np.array(start, dtype=np.float64)))
    search.run(began + SEARCH_SHARE * time_limit, most_rounds=MOST_ROUNDS)
    rates: Sequence[float] = settle(search)[0].tolist()
    if start is not None and problem.react(start)[0] > problem.react(rates)[0]:
        rates = start
    proof = improve(problem, rates, began + time_limit, lambda bound: None)
    if proof.rates is not None and problem.react(proof.rates)[0] > problem.react(rates)[0]:
        rates = proof.rates
    return answer_of(problem, [float(v) for v in rates], proof.bound, time.monotonic() - began)
