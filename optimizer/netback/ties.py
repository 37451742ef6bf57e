"""Which of two outlets is better, and whether the stated bands could turn that round.

Every rule of a tariff carries a band: its rate may be so much lower or higher. Two outlets that use the same rule
share its error, so only the difference of their amounts under it is uncertain [rule: tie]. With D the gap between two
values per tonne, p the prices, and for each rule r the difference d(r) of the two amounts and its band:

    worst D = (p low of the better - p high of the other) - sum over r of max(d(r) low(r), d(r) high(r))

The two are tied where the worst D is not above zero: some choice of every rate within its band, the same in both, and
of each price within its own, reverses the order. Prices of two offers are taken as independent; a haul of one railway
that both pay under one rule counts only as far as its length differs. It is the rule of a quote's `ties_with`.

A tie is not transitive: A may tie with B and B with C, but not A with C. A group is a leader, the best outlet not yet
in a group, and all that tie with it and are not yet in one. So groups may interleave; `ties_with` lists every pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_uppercase

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What a tonne pays under one rule, and the band of the rule as factors."""

    amount: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Worth:
    """A value per tonne and what it is uncertain by: the price's own band and the seller's lines, rule by rule."""

    price: Decimal
    price_low: Decimal
    price_high: Decimal
    shares: Mapping[str, Share]
    extra: Decimal = ZERO  # added without a band: what the ranking counts beside the lines

    @property
    def value(self) -> Decimal:
        return self.price - sum((s.amount for s in self.shares.values()), ZERO) + self.extra

    @property
    def low(self) -> Decimal:
        return self.price_low - sum((s.amount * s.high for s in self.shares.values()), ZERO) + self.extra

    @property
    def high(self) -> Decimal:
        return self.price_high - sum((s.amount * s.low for s in self.shares.values()), ZERO) + self.extra


def worst_gap(better: Worth, other: Worth) -> Decimal:
    """The least the first can be worth above the second within all stated bands.

    >>> one = {"ktz": Share(Decimal(30), Decimal("0.7"), Decimal("1.5"))}
    >>> a = Worth(Decimal(200), Decimal(200), Decimal(200), one)
    >>> b = Worth(Decimal(199), Decimal(199), Decimal(199), one)
    >>> worst_gap(a, b)  # the same haul: its error cancels
    Decimal('1.0')
    """
    gap = better.price_low - other.price_high + better.extra - other.extra
    for rule in {**better.shares, **other.shares}:
        a, b = better.shares.get(rule), other.shares.get(rule)
        band = a or b
        assert band is not None
        d = (a.amount if a else ZERO) - (b.amount if b else ZERO)
        gap -= max(d * band.low, d * band.high)
    return gap


def tied(a: Worth, b: Worth) -> bool:
    """Whether the stated bands could reverse the order of the two."""
    if a.value < b.value:
        a, b = b, a
    return worst_gap(a, b) <= 0


def turns_at(better: Worth, other: Worth) -> Decimal | None:
    """How much of every stated band it takes to make the two equal: 0 none of it, 1 all of it; None where no band can.

    The worst gap falls evenly with the bands, so the share is gap / (gap - worst gap); up to 1 it is a tie. A tie that
    turns at a tenth of the bands is one; at nine tenths it is one on paper.

    >>> a, b = (Worth(Decimal(p), Decimal(p - 4), Decimal(p + 4), {}) for p in (202, 200))
    >>> turns_at(a, b), tied(a, b)
    (Decimal('0.25'), True)
    """
    gap = better.value - other.value
    fall = gap - worst_gap(better, other)
    return (gap / fall).quantize(Decimal("0.01")) if fall > 0 else None


@dataclass(frozen=True, slots=True)
class Placed:
    """Rank (1 is best), tie group (A holds the best) and the indices of all that tie with it.

    Attributes:
        turns_at: the share of the stated bands that makes it equal to the best; None for the best, and where none does.
    """

    rank: int
    group: str
    ties: tuple[int, ...]
    turns_at: Decimal | None = None


def place(worths: Sequence[Worth]) -> list[Placed]:
    """Rank, group and ties of each, in the order given; equal values keep that order."""
    order = sorted(range(len(worths)), key=lambda i: -worths[i].value)
    ties = {i: tuple(j for j in order if j != i and tied(worths[i], worths[j])) for i in order}
    groups: dict[int, str] = {}
    for i in order:
        if i not in groups:
            name = _letters(len(set(groups.values())))
            groups |= {j: name for j in (i, *ties[i]) if j not in groups}
    return [
        Placed(order.index(i) + 1, groups[i], ties[i], turns_at(worths[order[0]], worths[i]) if i != order[0] else None)
        for i in range(len(worths))
    ]


def _letters(n: int) -> str:
    """A to Z, then AA, AB ...

    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    word = ""
    while n >= 0:
        word, n = ascii_uppercase[n % 26] + word, n // 26 - 1
    return word
