"""From a rule to a charge line, in two steps.

`price` finds the rule and its coefficients for a subject and returns a `Term`: everything about the
line except how much is shipped. `charge` meets the term with a shipment's billing quantities and the
day's exchange rate and returns the finished `Charge`. A term is computed once a lane, a charge once
a shipment; both are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from optimizer.money import CENT, FxQuote, round_money
from optimizer.subject import Consignment, Subject
from optimizer.tariff.bases import BASES
from optimizer.tariff.book import Coefficient, FrozenBooks, Rule

ONE = Decimal(1)
STRENGTH = ("published", "provisional", "derived", "estimated")  # strongest first


@dataclass(frozen=True, slots=True)
class Warn:
    """A sentence for the client, with a code."""

    code: str
    text: str
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One priced thing, but for the quantity."""

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

    @property
    def factor(self) -> Decimal:
        """Currency units per billing quantity, exact."""
        if self.rule.whole_currency:
            # Container charges are rounded to whole units of currency, per container [rule: whole-currency].
            return round_money(self.rate * self.coefficient * self.multiplier, ONE)
        return self.rate * self.coefficient * self.multiplier


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
    if rule is None:
        return None
    day = books.day
    coefs = books.reductions(rule, subject, consignment)
    basis = BASES[rule.basis](rule, subject, books.books.belts)
    if basis is None:
        return None
    coefficient = ONE
    for coef in coefs:
        coefficient *= coef.value
    warnings: list[Warn] = []
    # A printed rate times a guess is a guess.
    status = max((rule.status, *(c.status for c in coefs)), key=STRENGTH.index)
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
    return Term(
        subject=subject,
        rule=rule,
        coefficients=coefs,
        rate=basis.rate,
        coefficient=coefficient,
        multiplier=basis.multiplier,
        quantity=basis.quantity,
        label=basis.label,
        detail=basis.detail,
        status=status,
        from_published=all(s in ("published", "provisional") for s in (rule.status, *(c.status for c in coefs))),
        warnings=tuple(warnings),
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
    if name.startswith("charge_t:"):
        _, family, minimum, step = name.split(":")
        units = load.units(family)
        each = load.mass_t / units
        stepped = Decimal(math.ceil(each / Decimal(step))) * Decimal(step)
        return units * max(Decimal(minimum), stepped)
    if name.endswith("2"):
        return Decimal(load.units(name[:-1]) ** 2)
    return Decimal(load.units(name))


def amount_of(term: Term, load: Load) -> Decimal:
    """The line's amount in the tariff's currency, to the cent, half up."""
    return round_money(term.factor * load.quantity(term.quantity), CENT)


def charge(term: Term, load: Load, fx: FxQuote) -> Charge:
    """The finished line."""
    amount = amount_of(term, load)
    quantity = load.quantity(term.quantity) * term.multiplier
    return Charge(term, quantity, amount, term.rule.currency, fx.convert(amount), fx)
