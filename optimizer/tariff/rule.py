"""The rows of tariff books: rules, coefficients, extra lines, through rates, belts, and how a book rounds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from optimizer.provenance import RowRef
from optimizer.subject import Consignment, Subject
from optimizer.tariff.conditions import Predicate
from optimizer.validity import Validity, add_months

CENT = Decimal("0.01")
OWN_BOOK_RANK = 1000  # a user's own row in force beats every default row it fits beside


@dataclass(frozen=True, slots=True)
class Rounding:
    """Where and how a book rounds; always half up.

    Args:
        per: `line` rounds the line's amount, `unit` the amount of one wagon, container or truck.
        step: the multiple rounded to, in units of currency.
        coefficient: `after` rounds to the step once the coefficient is applied; `before` rounds the base to
            the step and the product to the cent; `both` rounds both to the step.
        rate_step: the multiple a rate made of a fixed part and kilometres is rounded to.
    """

    per: str = "line"
    step: Decimal = CENT
    coefficient: str = "after"
    rate_step: Decimal = Decimal("0.0001")

    @property
    def plain(self) -> bool:
        """Whether a line is rounded once, to the cent, at its end."""
        return self.per == "line" and self.step == CENT and self.coefficient == "after"


def rounding_text(rounding: Rounding) -> str:
    """A rounding in the words of the column `round`.

    >>> rounding_text(Rounding("unit", Decimal(1)))
    'unit:1:after'
    """
    return f"{rounding.per}:{rounding.step.normalize():f}:{rounding.coefficient}"


@dataclass(frozen=True, slots=True)
class Row:
    """What every row of a book has: name, conditions, two time axes, and where it was read."""

    book: str
    layer: int  # 0: a default book; the user's own books above it, the last one highest
    charge: str
    carrier: str  # "" fits any
    conditions: tuple[tuple[str, Predicate], ...]
    cells: tuple[tuple[str, str], ...]  # the conditions as written, by column
    valid: Validity
    known_from: dt.date | None
    carry_months: int | None  # how long a lapsed row stands; None: until a later one replaces it
    replaces: frozenset[str]  # rows this one puts out of force wherever it fits
    status: str
    source_id: str
    document: str
    description: str
    row: RowRef

    @property
    def id(self) -> str:
        """The name of the row in quotes and in `replaces`."""
        raise NotImplementedError

    def fits(self, subject: Subject, consignment: Consignment) -> bool:
        for _, holds in self.conditions:  # a plain loop: this is the hottest line of pricing
            if not holds(subject, consignment):
                return False
        return True

    def known(self, known_on: dt.date) -> bool:
        return self.known_from is None or self.known_from <= known_on

    def in_force(self, day: dt.date, known_on: dt.date) -> bool:
        """Issued, begun and not ended."""
        return self.valid.contains(day) and self.known(known_on)

    def in_reach(self, day: dt.date, known_on: dt.date) -> bool:
        """In force, or lapsed but still carried forward."""
        if not self.valid.begun(day) or not self.known(known_on):
            return False
        if not self.valid.ended(day) or self.carry_months is None:
            return True
        assert self.valid.end is not None
        return day <= add_months(self.valid.end, self.carry_months) if self.carry_months else False

    @property
    def dated(self) -> dt.date | None:
        """The day of the document, as far as the row tells it."""
        return self.known_from or self.valid.start

    @property
    def issued(self) -> dt.date:
        """The day it was issued, as far as known: the later document wins."""
        return self.dated or dt.date.min


@dataclass(frozen=True, slots=True)
class Rule(Row):
    """One price: what for, on what basis, how much, since and until when, how well known."""

    rule_id: str
    rank: int
    basis: str
    fixed: Decimal
    rate: Decimal
    per_km: Decimal
    currency: str
    fx_kind: str
    min_t: Decimal
    step_t: Decimal
    base_m: Decimal
    free_days: Decimal
    day_steps: tuple[tuple[Decimal | None, Decimal], ...]  # (days of this step or None for the rest, rate a day)
    rounding: Rounding
    belt_table: str
    series: str
    low: Decimal  # band, as factors of the amount
    high: Decimal
    based_on: str
    warning_code: str
    warning: str

    @property
    def id(self) -> str:
        return self.rule_id


@dataclass(frozen=True, slots=True)
class Coefficient(Row):
    """A factor on a rule's amount. What becomes of several in one group is the book's stacking policy."""

    coef_id: str
    rules: frozenset[str]  # ids of the rules it changes; empty: whichever prices the charge
    group: str
    priority: int
    value: Decimal

    @property
    def id(self) -> str:
        return self.coef_id


@dataclass(frozen=True, slots=True)
class Extra:
    """A line beside another: a surcharge (seal, guard, fuel ...), or a subsidy, which is money back.

    Of each group one row applies, chosen as rules are. A subsidy never exceeds the line it stands on.
    """

    rule: Rule
    on: frozenset[str]  # charges it stands beside
    group: str
    subsidy: bool = False
    cap_t: Decimal = Decimal(0)  # tonnes it is paid for at most; 0: no cap
    cap_amount: Decimal = Decimal(0)  # and money, in the rule's currency
    probability: Decimal = Decimal(1)
    claim_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Belt:
    """One row of a rate table.

    `from_km` and `to_km` are whole kilometres, both inclusive. A table may further be keyed by cargo class,
    equipment and owner ("" fits any) and by the net mass of a unit (`to_t`, inclusive; None: no upper end).
    """

    from_km: int
    to_km: int
    rates: dict[str, Decimal]
    cargo_class: str = ""
    equipment: str = ""
    owner: str = ""
    to_t: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """One price paid or asked on a day: a market fact, not a tariff."""

    series: str
    day: dt.date
    price: Decimal
    currency: str
    source_id: str


@dataclass(frozen=True, slots=True)
class ThroughRate:
    """A rate that replaces what several hauls would cost: a named chain of gateways, priced once."""

    rule: Rule
    mode: str
    chain: tuple[str, ...]  # place, crossing "a|b", ..., place
    replaces: frozenset[str]  # charges of the parts that the rate already holds


@dataclass(frozen=True, slots=True)
class BookInfo:
    """The header of a book."""

    book_id: str
    title: str
    publisher: str
    currency: str
    stacking: str
    rounding: Rounding
    fx_kind: str
    date: dt.date | None  # of the document, where a row does not say
    note: str
    folder: str = ""
