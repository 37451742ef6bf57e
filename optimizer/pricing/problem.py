"""A pricing problem: the leader sets rates, then each shipper takes its cheapest way, ties in the leader's favour.

Model (amounts a unit of the shipper's weight, money in one currency):
    sets        J rates, K shippers, P_k ways of shipper k
    variables   r_j, low_j <= r_j <= high_j, or one of steps_j
    shipper k   takes a way p of P_k that minimises   pays_p(r) = cost_p + sum_j use_pj r_j
    maximise    sum_k weight_k (gain_p + sum_j earns_pj r_j)   over the ways p that the shippers take
Among equally cheap ways a shipper takes the one that brings the leader most: a leader who lowers a rate by a
hair gets the same, so this is the value that can be approached, and `settle.settle` finds rates that reach it.

Sources: Labbé, Marcotte and Savard 1998 (the bilevel model); Bui, Gendron and Carvalho 2022 (a catalogue of its
forms, and the public instances).

Example: one toll, two shippers; at 4 both pay it, at 6 only the larger one would.
    >>> toll = Rate("bridge", high=10)
    >>> far = Shipper(10, (Way(3, {0: 1}), Way(7)))
    >>> near = Shipper(50, (Way(2, {0: 1}), Way(8)))
    >>> problem = Problem((toll,), (far, near))
    >>> problem.react([4]), problem.react([6])
    ((Fraction(240, 1), (0, 0)), (Fraction(300, 1), (1, 0)))
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from optimizer.errors import FreightError

INF = math.inf
TINY = 1e-9  # of two floating costs that should be equal


@dataclass(frozen=True, slots=True)
class Rate:
    """What the leader sets: any value from `low` to `high`, or one of `steps` when given (then they are the range)."""

    name: str = ""
    low: float = 0.0
    high: float = INF
    steps: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.steps is not None:
            if not self.steps:
                raise _wrong(f"rate {self.name!r} has an empty list of steps; give at least one value")
            object.__setattr__(self, "steps", tuple(sorted(set(self.steps))))
            object.__setattr__(self, "low", self.steps[0])
            object.__setattr__(self, "high", self.steps[-1])
        if not (math.isfinite(self.low) and self.low <= self.high):
            raise _wrong(
                f"rate {self.name!r} may go from {self.low:g} to {self.high:g}; give a range, its low end finite"
            )
        if self.steps is not None and not all(map(math.isfinite, self.steps)):
            raise _wrong(f"rate {self.name!r} has a step that is no number; mend it")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a shipper, per unit of its weight.

    `cost` is what the shipper bears besides the rates; `use` how often it pays rate j; `gain` what the leader has
    of it whatever the rates (less its own cost); `earns` how often the leader gets rate j, as `use` when None.
    """

    cost: float
    use: Mapping[int, float] = field(default_factory=dict)
    gain: float = 0.0
    earns: Mapping[int, float] | None = None

    @property
    def earned(self) -> Mapping[int, float]:
        return self.use if self.earns is None else self.earns


@dataclass(frozen=True, slots=True)
class Shipper:
    """`weight` in tonnes (or demand); every way whose `cost` is below `listed_below` is in `ways`, and so is the
    cheapest way that uses no rate, if there is one."""

    weight: float
    ways: tuple[Way, ...]
    name: str = ""
    listed_below: float = INF


@dataclass(frozen=True, slots=True)
class Problem:
    """Rates and shippers. A rate without a `high` gets the one beyond which nobody would pay it.

    Raises:
        FreightError: a number is not finite or below 0, a rate is unknown, a shipper has no way, or a rate has no
            end because some shipper cannot do without it (`bad_pricing_problem`).
    """

    rates: tuple[Rate, ...]
    shippers: tuple[Shipper, ...]

    def __post_init__(self) -> None:
        for k, shipper in enumerate(self.shippers):
            _check(shipper, f"shipper {shipper.name or k!r}", len(self.rates))
        if any(rate.high == INF for rate in self.rates):
            object.__setattr__(self, "rates", _bounded(self.rates, self.shippers))

    @property
    def complete(self) -> bool:
        """Whether every way is listed."""
        return all(s.listed_below == INF for s in self.shippers)

    @property
    def linked(self) -> bool:
        """Whether the leader earns exactly what is paid on the rates."""
        return all(w.earns is None for s in self.shippers for w in s.ways)

    def react(self, rates: Sequence[float | Fraction]) -> tuple[Fraction, tuple[int, ...]]:
        """What the leader gets, and the way each shipper takes; exact, ties in the leader's favour.

        The rates are taken as they are: whether they are allowed is not asked.
        """
        r = [Fraction(v) for v in rates]
        total, taken = Fraction(0), []
        for shipper in self.shippers:
            best: tuple[Fraction, Fraction, int] | None = None
            for p, way in enumerate(shipper.ways):
                pays = Fraction(way.cost) + sum((Fraction(a) * r[j] for j, a in way.use.items()), Fraction(0))
                if best is not None and pays > best[0]:
                    continue
                gets = Fraction(way.gain) + sum((Fraction(a) * r[j] for j, a in way.earned.items()), Fraction(0))
                if best is None or (pays, -gets) < best[:2]:
                    best = (pays, -gets, p)
            assert best is not None
            total -= Fraction(shipper.weight) * best[1]
            taken.append(best[2])
        return total, tuple(taken)

    def simple_bound(self) -> float:
        """Not more than this can be had: each shipper alone, paying all that its dearest alternative leaves."""
        return math.fsum(
            s.weight * max(0.0 if s.listed_below < INF else -INF, _most(s, self.rates)) for s in self.shippers
        )


def _wrong(text: str) -> FreightError:
    return FreightError(f"The pricing problem cannot be used: {text}.", code="bad_pricing_problem")


def _check(shipper: Shipper, name: str, rates: int) -> None:
    if not (math.isfinite(shipper.weight) and shipper.weight >= 0):
        raise _wrong(f"{name} has weight {shipper.weight}; give a number not below 0")
    if not shipper.ways:
        raise _wrong(f"{name} has no way; give at least one")
    for way in shipper.ways:
        if not (math.isfinite(way.cost) and math.isfinite(way.gain)):
            raise _wrong(f"{name} has a way with cost {way.cost} and gain {way.gain}; give finite numbers")
        for j, amount in (*way.use.items(), *way.earned.items()):
            if not 0 <= j < rates:
                raise _wrong(f"{name} has a way with rate {j}, but rates are numbered 0 to {rates - 1}")
            if not math.isfinite(amount):
                raise _wrong(f"{name} has a way with {amount} of rate {j}; give a finite amount")
        if any(amount < 0 for amount in way.use.values()):
            raise _wrong(f"{name} has a way with less than 0 of a rate; a shipper pays rates, it does not get them")


def pays_at_most(shipper: Shipper, rates: Sequence[Rate]) -> float:
    """The dearest the cheapest way of a shipper can become (inf: it cannot do without an endless rate)."""
    return min(w.cost + sum(a * rates[j].high for j, a in w.use.items() if a) for w in shipper.ways)


def _bounded(rates: tuple[Rate, ...], shippers: tuple[Shipper, ...]) -> tuple[Rate, ...]:
    highs = [rate.low for rate in rates]
    for k, shipper in enumerate(shippers):
        most = pays_at_most(shipper, rates)
        for way in shipper.ways:
            least = way.cost + sum(a * rates[j].low for j, a in way.use.items())
            for j, a in way.use.items():
                if a and rates[j].high == INF:
                    if most == INF:
                        raise _wrong(
                            f"shipper {shipper.name or k!r} has no way without rate {rates[j].name or j!r}, which has "
                            "no high end, so the revenue has none; give the rate a `high` or the shipper a rival way"
                        )
                    highs[j] = max(highs[j], rates[j].low + (most - least) / a)
    return tuple(
        replace(rate, high=high) if rate.high == INF else rate for rate, high in zip(rates, highs, strict=True)
    )


def _most(shipper: Shipper, rates: Sequence[Rate]) -> float:
    most, best = pays_at_most(shipper, rates), -INF
    for way in shipper.ways:
        left = most - way.cost
        if left < sum(a * rates[j].low for j, a in way.use.items()) - TINY * (1 + abs(most)):
            continue  # it is never the cheapest
        box = sum(a * (rates[j].high if a > 0 else rates[j].low) for j, a in way.earned.items() if a)
        if all(rates[j].low >= 0 for j in way.use):
            share = max(
                (a / way.use[j] if way.use.get(j) else INF for j, a in way.earned.items() if a > 0), default=0.0
            )
            if share < INF:
                box = min(box, share * max(0.0, left))
        best = max(best, way.gain + box)
    return best
