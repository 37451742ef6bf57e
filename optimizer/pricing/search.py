"""Search for good rates: climb, let a linear program set the rates for the ways found, shake, climb again.

A line of rounds begins at random rates, at a mixture of two good lines' ends, or at the best known. A round shakes the
line's rates: some are drawn anew, or a shipper is won for another of its ways by lowering the rates on it until that way
is as cheap as the one it takes. Then the rates climb (`climb`), and when they come near the line's, the best rates for
the ways taken are found (`fixed`), and climb again. A line that brings nothing new for long ends.

Few of a network's ways ever matter. The search works on a short list, and asks for a cheaper way on the whole network
whenever it would take rates for the best: what is found joins the list. So the best known is always true.

Anytime: `best` and `value` hold the best so far. The same seed and number of rounds give the same answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from optimizer.pricing.arrays import Arrays, Floats
from optimizer.pricing.climb import Ground
from optimizer.pricing.fixed import FixedWays
from optimizer.pricing.problem import Problem, Way

WINNING = 0.7  # of the rounds win shippers, the others draw rates anew
STALE = (10, 3, 150)  # rounds without a better value after which a line ends: some, and some a rate, but not more
ENDS = 8  # ends of lines kept to mix
NEAR = 0.97  # of the line's value: good enough to be worth the linear program
WORSE = 0.002  # of the value a line may lose in a round ...
SOMETIMES = 0.05  # ... now and then
BETTER = 1e-7
MOST_REPAIRS = 20
NO_PAIRS = np.empty((0, 3), np.int64)


class Rivals(Protocol):
    """Finds what a list of ways has missed: `network.Network` does."""

    def better(
        self, rates: Floats, pays: Floats, gets: Floats, tie: float, *, strict: bool = False
    ) -> list[tuple[int, Way]]: ...


class Search:
    """One worker's search over one problem; `problem` grows by the ways that `rivals` finds."""

    def __init__(self, problem: Problem, *, rivals: Rivals | None = None, seed: int = 1) -> None:
        self.problem, self.rivals = problem, rivals
        self.random = np.random.default_rng(seed)
        self.ground = Ground(Arrays.of(problem))
        self.fixed = FixedWays(self.ground.arrays)
        a = self.ground.arrays
        self.stepped = np.diff(a.step_begin) > 0
        self.won = (
            a.weight / a.weight.sum() if a.weight.sum() > 0 else np.full(len(a.weight), 1 / max(1, len(a.weight)))
        )
        self.rounds = 0
        self.stale = min(STALE[0] + STALE[1] * len(a.low), STALE[2])
        self.here: Floats = self.allowed(a.high.copy())
        self.worth, self.top, self.since = -np.inf, -np.inf, 0  # of the line: value, best value, rounds since
        self.ends: list[tuple[float, Floats]] = []
        self.best: Floats = self.here
        self.value = -np.inf
        self.offer(self.best)

    def offer(self, rates: Floats) -> bool:
        """Take rates if they are better than the best known, on the whole network."""
        for _ in range(MOST_REPAIRS):
            value = self.ground.value(rates)[0]
            if value <= self.value:
                return False
            if not self.missed(rates):
                self.best, self.value = rates.copy(), value
                return True
            rates = self.improve(rates.copy())
        return False

    def missed(self, rates: Floats, *, strict: bool = False) -> bool:
        """Whether some shipper has a better way than listed (strict: or a tie that harms); it is listed now."""
        if self.rivals is None:
            return False
        a = self.ground.arrays
        taken = self.ground.value(rates)[1]
        found = self.rivals.better(rates, a.pays(rates)[taken], a.gets(rates)[taken], self.ground.tie, strict=strict)
        shippers = list(self.problem.shippers)
        new = False
        for k, way in found:
            if not any(w.use == way.use and w.cost <= way.cost + self.ground.tie for w in shippers[k].ways):
                shippers[k] = replace(shippers[k], ways=(*shippers[k].ways, way))
                new = True
        if new:
            self.problem = Problem(self.problem.rates, tuple(shippers))
            self.ground = Ground(Arrays.of(self.problem))
            self.fixed.grow(self.ground.arrays)
        return new

    def run(self, deadline: float, *, most_rounds: int | None = None, heard: Callable[[], None] | None = None) -> None:
        """Search until `deadline` (on the clock of `time.monotonic`) or for so many rounds.

        `heard` is called after every round; one round is always made.
        """
        rounds = 0
        while self.rounds == 0 or (time.monotonic() < deadline and (most_rounds is None or rounds < most_rounds)):
            self._round()
            rounds += 1
            if heard is not None:
                heard()

    def _round(self) -> None:
        if self.rounds == 0 or self.since > self.stale:
            self._begin_line()
        else:
            rates = self.improve(self._shaken())
            value = self.ground.value(rates)[0]
            slack = WORSE * abs(self.worth) if self.random.random() < SOMETIMES else 0.0
            if value >= self.worth - slack:
                self.here, self.worth = rates, value
        self.rounds += 1
        self.since += 1
        if self.worth - self.top > BETTER * abs(self.worth):
            self.since = 0
            if self.worth > self.value and not self.offer(self.here):
                self.worth = self.ground.value(self.here)[0]  # with the ways that were missing
            self.top = self.worth

    def _begin_line(self) -> None:
        if self.rounds:
            self.keep(self.ground.value(self.here)[0], self.here)
        self.worth = self.top = -np.inf
        draw = self.random.random()
        if len(self.ends) > 1 and draw < 0.4:
            one, two = (self.ends[i][1] for i in self.random.choice(len(self.ends), 2, replace=False))
            rates = np.where(self.random.random(len(one)) < 0.5, one, two)
        elif self.rounds and draw < 0.6:
            rates = self.best.copy()
        else:
            a = self.ground.arrays
            share = self.random.random()
            rates = a.low + (a.high - a.low) * share * self.random.random(len(a.low))
        self.here = self.improve(self.allowed(rates))
        self.worth, self.since = self.ground.value(self.here)[0], 0

    def keep(self, value: float, rates: Floats) -> None:
        """Remember the end of a line, to mix it with others."""
        self.ends = sorted([*self.ends, (value, rates)], key=lambda end: -end[0])[:ENDS]

    def improve(self, rates: Floats) -> Floats:
        """Climb, and while near the line's value let the linear program set the rates for the ways found."""
        value = self._climb(rates)
        while self.worth == -np.inf or value > self.worth - (1 - NEAR) * abs(self.worth):
            found = None if self.stepped.all() else self.fixed.best(self.ground.value(rates)[1])
            if found is None:
                break
            polished = self.allowed(found[1])
            after = self._climb(polished)
            if after <= value + BETTER * abs(value):
                break
            rates, value = polished, after
        return rates

    def _climb(self, rates: Floats) -> float:
        return self.ground.climb(rates, self.random.permutation(len(rates)), NO_PAIRS)

    def _shaken(self) -> Floats:
        rates = self.here.copy()
        if self.random.random() > WINNING:
            a = self.ground.arrays
            some = self.random.random(len(rates)) < self.random.choice([0.05, 0.15, 0.4])
            share = self.random.choice([0.3, 1.0])
            rates[some] = (a.low + (a.high - a.low) * share * self.random.random(len(rates)))[some]
        else:
            for _ in range(self.random.integers(1, 5)):
                self._win(rates)
        return self.allowed(rates)

    def _win(self, rates: Floats) -> None:
        """Lower the rates on another way of some shipper until it is as cheap as the one it takes."""
        a = self.ground.arrays
        k = self.random.choice(len(a.weight), p=self.won)
        start, end = int(a.first[k]), int(a.first[k + 1])
        row = start + min(end - start - 1, int(self.random.exponential((end - start) / 5)))
        entries = slice(a.begin[row], a.begin[row + 1])
        used, amounts = a.rate[entries], a.paid[entries]
        pays = a.pays(rates)
        above = float(amounts @ (rates[used] - a.low[used]))
        over = float(pays[row] - pays[start:end].min())
        if above > 0 and over > 0:
            rates[used] -= (rates[used] - a.low[used]) * min(1.0, over / above)

    def allowed(self, rates: Floats) -> Floats:
        """Every stepped rate moved to its nearest step."""
        a = self.ground.arrays
        for j in np.flatnonzero(self.stepped):
            steps = a.step[a.step_begin[j] : a.step_begin[j + 1]]
            rates[j] = steps[np.argmin(np.abs(steps - rates[j]))]
        return rates
