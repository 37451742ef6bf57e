"""From a rule to a charge line, in two steps.

`price` finds the rule and its coefficients for a subject and returns a `Term`: everything about the
line except how much is shipped. `charge` meets the term with a shipment's billing quantities and the
day's exchange rate and returns the finished `Charge`. A term is computed once a lane, a charge once
a shipment; both are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from optimizer.money import CENT, EXACT, ONE, FxQuote, round_to
from optimizer.subject import Consignment, Subject
from optimizer.tariff.bases import BASES, FAMILY
from optimizer.tariff.book import FrozenBooks
from optimizer.tariff.rule import Coefficient, Extra, Rule

UNITS = frozenset({"wagon", "container", "truck", "ship"})
STRENGTH = ("published", "provisional", "derived", "estimated")  # strongest first


@dataclass(frozen=True, slots=True)
class Warn:
    """A sentence for the client, with a code."""

    code: str
    text: str
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One priced thing, but for the quantity.

    `base` is the line a surcharge or subsidy stands beside; a subsidy's amounts are negative and never
    exceed it.
    """

    subject: Subject
    rule: Rule
    coefficients: tuple[Coefficient, ...]
    rate: Decimal  # currency units per basis unit, before the coefficient
    coefficient: Decimal
    multiplier: Decimal  # km, days ...: basis units per billing quantity
    quantity: str  # name of the billing quantity
    label: str
    detail: str
    status: str
    from_published: bool
    warnings: tuple[Warn, ...]
    low: Decimal
    high: Decimal
    currency: str
    fx_kind: str
    base: Term | None = None
    extra: Extra | None = None

    @property
    def subsidy(self) -> bool:
        return self.extra is not None and self.extra.subsidy

    @property
    def linear(self) -> bool:
        """Whether the amount is `factor` times the quantity, rounded once to the cent."""
        rounding = self.rule.rounding
        if self.quantity == "line" or (self.extra is not None and self.extra.cap_amount):
            return False
        return rounding.plain or (rounding.per == "unit" and self.quantity in UNITS)

    @property
    def factor(self) -> Decimal:
        """Currency units per billing quantity, exact, where the term is linear."""
        each = EXACT.multiply(self.rate, self.multiplier)
        if self.rule.rounding.plain:
            return EXACT.multiply(each, self.coefficient)
        return _rounded(self, each)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a charge sheet, as the contract prints it."""

    term: Term
    quantity: Decimal
    amount: Decimal
    currency: str
    amount_quote: Decimal
    fx: FxQuote


def price(books: FrozenBooks, subject: Subject, consignment: Consignment) -> Term | None:
    """The term for a subject, or None where no book prices it (which is never zero).

    Raises:
        AmbiguousRate: the books hold two rules of equal standing.
    """
    rule = books.find(subject, consignment)
    return None if rule is None else _term(books, rule, subject, consignment)


def extras(books: FrozenBooks, base: Term | None, subject: Subject, consignment: Consignment) -> tuple[Term, ...]:
    """Surcharges, and subsidies where the deal counts them, that stand beside a subject.

    Args:
        base: the subject's own line; None where no book prices it, as a mere place in the way.
    """
    counted = consignment.deal.subsidy
    wanted = [e for e in books.extras(subject, consignment) if counted or not e.subsidy]
    return _beside(books, wanted, base, subject, consignment)


def grants(books: FrozenBooks, base: Term, subject: Subject, consignment: Consignment) -> tuple[Term, ...]:
    """Subsidies that could be claimed on a line, counted or not."""
    wanted = [e for e in books.extras(subject, consignment) if e.subsidy]
    return _beside(books, wanted, base, subject, consignment)


def _beside(
    books: FrozenBooks, wanted: Iterable[Extra], base: Term | None, subject: Subject, consignment: Consignment
) -> tuple[Term, ...]:
    found: list[Term] = []
    for extra in wanted:
        rule = extra.rule
        if base is None and (extra.subsidy or rule.basis == "percent_of_charge"):
            continue  # nothing to take a share of
        term = _term(books, rule, replace(subject, charge=rule.charge), consignment, base, extra)
        if term is not None:
            found.append(term)
    return tuple(found)


def _term(
    books: FrozenBooks,
    rule: Rule,
    subject: Subject,
    consignment: Consignment,
    base: Term | None = None,
    extra: Extra | None = None,
) -> Term | None:
    day = books.day
    coefs = books.reductions(rule, subject, consignment)
    basis = BASES[rule.basis](rule, subject, consignment, books.tables)
    if basis is None:
        return None
    coefficient = ONE
    for coef in coefs:
        coefficient = EXACT.multiply(coefficient, coef.value)
    warnings: list[Warn] = []
    # A printed rate times a guess is a guess.
    own = basis.status or rule.status
    status = max((own, *(c.status for c in coefs)), key=STRENGTH.index) if coefs else own
    if rule.valid.ended(day):
        status = "provisional"
        warnings.append(
            Warn(
                "rate_carried_forward",
                f"{rule.description}: the rate ended on {rule.valid.end} and is carried forward until a new one is known.",
                rule.source_id,
            )
        )
    for coef in coefs:
        if coef.valid.ended(day):
            status = "provisional"
            warnings.append(
                Warn(
                    "coefficient_lapsed",
                    f"{coef.description}: coefficient {coef.value.normalize():f} lapsed on {coef.valid.end}; "
                    "it is carried forward and holds only once renewed.",
                    coef.source_id,
                )
            )
    if rule.warning_code:
        warnings.append(Warn(rule.warning_code, rule.warning, rule.source_id))
    percent = rule.basis == "percent_of_charge" and base is not None
    quantity = basis.quantity
    if extra is not None and extra.cap_t and quantity == "t":
        quantity = f"upto_t:{extra.cap_t.normalize():f}"
    return Term(
        subject=subject,
        rule=rule,
        coefficients=coefs,
        rate=basis.rate,
        coefficient=coefficient,
        multiplier=basis.multiplier,
        quantity=quantity,
        label=basis.label,
        detail=basis.detail,
        status=status,
        from_published=all(s in ("published", "provisional") for s in (own, *(c.status for c in coefs))),
        warnings=tuple(warnings),
        low=rule.low if basis.low is None else basis.low,
        high=rule.high if basis.high is None else basis.high,
        currency=base.currency if percent and base is not None else rule.currency,
        fx_kind=base.fx_kind if percent and base is not None else rule.fx_kind,
        base=base,
        extra=extra,
    )


@dataclass(frozen=True, slots=True)
class Load:
    """How much is shipped: the source of every billing quantity.

    `units` counts wagons, containers, trucks and ships; wagons are loaded equally.
    """

    mass_t: Decimal
    value_usd: Decimal
    wagons: int
    containers: int
    trucks: int
    ships: int
    usual_wagon_t: Decimal = Decimal(0)  # usual load of a wagon with this cargo

    def units(self, family: str) -> int:
        return {"wagon": self.wagons, "container": self.containers, "truck": self.trucks, "ship": self.ships}[family]

    def quantity(self, name: str) -> Decimal:
        """The billing quantity of that name (see `bases`).

        >>> load = Load(Decimal(3000), Decimal(0), 45, 0, 137, 1)
        >>> load.quantity("charge_t:wagon:55:1"), load.quantity("wagon2")
        (Decimal('3015'), Decimal('2025'))
        """
        return _quantity(self, name)


@lru_cache(maxsize=8192)
def _quantity(load: Load, name: str) -> Decimal:
    if name == "one":
        return ONE
    if name == "t":
        return load.mass_t
    if name == "value":
        return load.value_usd
    if name.startswith("least_t:"):
        _, family, minimum = name.split(":")
        return max(load.mass_t, load.units(family) * min(Decimal(minimum), load.usual_wagon_t))
    if name.startswith("upto_t:"):
        return min(load.mass_t, Decimal(name.partition(":")[2]))
    if name.startswith("charge_t:"):
        _, family, minimum, step = name.split(":")
        units = load.units(family)
        stepped = Decimal(math.ceil(EXACT.divide(load.mass_t, units * Decimal(step)))) * Decimal(step)
        return units * max(Decimal(minimum), stepped)
    if name.endswith("2"):
        return Decimal(load.units(name[:-1]) ** 2)
    return Decimal(load.units(name))


def _rounded(term: Term, base: Decimal, units: int = 1) -> Decimal:
    """The amount of one of `units` units with its coefficient, rounded to the rule's step where the rule says.

    Everything is multiplied before it is divided, so that half a cent is half a cent.
    """
    rounding, among = term.rule.rounding, Decimal(units)
    if rounding.coefficient == "after":
        return round_to(EXACT.divide(EXACT.multiply(base, term.coefficient), among), rounding.step)
    each = EXACT.multiply(round_to(EXACT.divide(base, among), rounding.step), term.coefficient)
    return round_to(each, CENT if rounding.coefficient == "before" else rounding.step)


def quantity_of(term: Term, load: Load) -> Decimal:
    """The billing quantity of a term; for a surcharge in percent, the amount of the line it stands beside."""
    if term.quantity == "line":
        assert term.base is not None
        return amount_of(term.base, load)
    return load.quantity(term.quantity)


def amount_of(term: Term, load: Load) -> Decimal:
    """The line's amount in the tariff's currency, to the cent, half up at the points the book names.

    A subsidy's amount is what would be paid back, positive here and negative on its line.
    """
    quantity = quantity_of(term, load)
    base = EXACT.multiply(EXACT.multiply(term.rate, term.multiplier), quantity)
    if term.rule.rounding.per == "unit":
        units = max(1, load.units(FAMILY.get(term.subject.form, "wagon")))
        amount = units * _rounded(term, base, units)
    else:
        amount = _rounded(term, base)
    if term.extra is not None and term.extra.cap_amount:
        amount = min(amount, term.extra.cap_amount)
    return round_to(amount, CENT)


def charge(term: Term, load: Load, fx: FxQuote) -> Charge:
    """The finished line; of a subsidy as if nothing limited it but its own caps (see `pay_back`)."""
    amount = amount_of(term, load)
    quantity = quantity_of(term, load) * term.multiplier
    return Charge(term, quantity, amount, term.currency, fx.convert(amount), fx)


def pay_back(line: Charge, left: Decimal) -> Charge:
    """A subsidy's line as money back.

    Args:
        left: what is left to pay back of the line it stands on, in the currency of the quote. Where that is less
            than the subsidy, what is paid back is stated in that currency.
    """
    if line.amount_quote <= left:
        return replace(line, amount=-line.amount, amount_quote=-line.amount_quote)
    same = FxQuote(line.fx.into, line.fx.into, ONE, None, "same", "")
    back = -left
    return replace(line, amount=back, amount_quote=back, currency=line.fx.into, fx=same)
