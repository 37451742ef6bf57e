"""Tariff rules and the books that hold them, dated twice.

A rule says what it prices (charge, carrier, conditions), how (basis, rate) and how far to trust it
(status, band, source). A book is a folder of tables from one publisher. Several books stack; the
choice among rules that fit is made by `TariffBooks.find`:

1. rules of a higher rank beat lower ones (a named lane beats a default);
2. among those, a rule in force beats one that has lapsed and is carried forward;
3. among those, the later issue beats the earlier.

Two rules that remain are an error of the book, never a silent choice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from optimizer.errors import AmbiguousRate
from optimizer.provenance import RowRef
from optimizer.subject import Consignment, Subject
from optimizer.tariff.conditions import OF_CONSIGNMENT, Predicate
from optimizer.validity import Validity, add_months

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """One price: what for, on what basis, how much, since and until when, how well known."""

    rule_id: str
    book: str
    charge: str
    carrier: str  # "" fits any
    conditions: tuple[tuple[str, Predicate], ...]
    rank: int
    basis: str
    fixed: Decimal
    rate: Decimal
    per_km: Decimal
    currency: str
    fx_kind: str
    min_t: Decimal
    step_t: Decimal
    whole_currency: bool
    belt_table: str
    valid: Validity
    known_from: dt.date | None
    carried: bool  # a lapsed rate stands until a later issue replaces it
    low: Decimal  # band, as factors of the amount
    high: Decimal
    status: str
    source_id: str
    based_on: str
    description: str
    warning_code: str
    warning: str
    row: RowRef

    def fits(self, subject: Subject, consignment: Consignment) -> bool:
        for _, holds in self.conditions:  # a plain loop: this is the hottest line of pricing
            if not holds(subject, consignment):
                return False
        return True

    def in_reach(self, day: dt.date, known_on: dt.date) -> bool:
        """In force and issued, or lapsed and carried forward."""
        if not self.valid.begun(day) or (self.known_from is not None and self.known_from > known_on):
            return False
        return self.carried or not self.valid.ended(day)


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A factor on a rule's amount. Within a group only the largest reduction applies, once."""

    coef_id: str
    book: str
    charge: str
    carrier: str
    conditions: tuple[tuple[str, Predicate], ...]
    rules: frozenset[str]  # ids of the rules it changes; empty: whichever prices the charge
    group: str
    value: Decimal
    valid: Validity
    known_from: dt.date | None
    carry_months: int
    status: str
    source_id: str
    description: str
    row: RowRef

    def fits(self, subject: Subject, consignment: Consignment) -> bool:
        for _, holds in self.conditions:  # a plain loop: this is the hottest line of pricing
            if not holds(subject, consignment):
                return False
        return True

    def in_reach(self, day: dt.date, known_on: dt.date) -> bool:
        """In force, or lapsed but not longer ago than it may be carried."""
        if not self.valid.begun(day) or (self.known_from is not None and self.known_from > known_on):
            return False
        if not self.valid.ended(day):
            return True
        assert self.valid.end is not None
        return self.carry_months > 0 and day <= add_months(self.valid.end, self.carry_months)


@dataclass(frozen=True, slots=True)
class Belt:
    """One row of a belt table: from and to in whole km, both inclusive; rates by column name."""

    from_km: int
    to_km: int
    rates: dict[str, Decimal]


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
    rounding: str
    note: str


@dataclass(frozen=True)
class TariffBooks:
    """All books in use, indexed for look-up."""

    infos: dict[str, BookInfo]
    rules: tuple[Rule, ...]
    coefficients: tuple[Coefficient, ...]
    belts: dict[str, tuple[Belt, ...]]
    through: tuple[ThroughRate, ...] = ()
    version: str = ""
    named_ends: frozenset[str] = frozenset()  # places some row names as origin or destination of a shipment
    _frozen: dict[tuple[dt.date, dt.date], FrozenBooks] = field(default_factory=dict)

    def at(self, day: dt.date, known_on: dt.date) -> FrozenBooks:
        """What is in force, or lapsed and still carried, on a day as known on another."""
        key = (day, known_on)
        found = self._frozen.get(key)
        if found is None:
            if len(self._frozen) > 64:
                self._frozen.clear()
            found = FrozenBooks(self, day, known_on)
            self._frozen[key] = found
        return found


class FrozenBooks:
    """The books at one day: only rows in reach, by charge and carrier."""

    def __init__(self, books: TariffBooks, day: dt.date, known_on: dt.date) -> None:
        self.books = books
        self.day = day
        self.known_on = known_on
        self._rules: dict[tuple[str, str], tuple[tuple[tuple[int, int, dt.date], Rule], ...]] = {}
        self._coefficients: dict[tuple[str, str], tuple[Coefficient, ...]] = {}

    def rules_for(self, charge: str, carrier: str) -> tuple[tuple[tuple[int, int, dt.date], Rule], ...]:
        """(standing, rule) of every rule in reach, best standing first: rank, in force, age."""
        key = (charge, carrier)
        found = self._rules.get(key)
        if found is None:
            standing = []
            for rule in self.books.rules:
                if (
                    rule.charge != charge
                    or rule.carrier not in ("", carrier)
                    or not rule.in_reach(self.day, self.known_on)
                ):
                    continue
                place = (rule.rank, 0 if rule.valid.ended(self.day) else 1, rule.valid.start or dt.date.min)
                standing.append((place, rule))
            found = tuple(sorted(standing, key=lambda pair: pair[0], reverse=True))
            self._rules[key] = found
        return found

    def coefficients_for(self, charge: str, carrier: str) -> tuple[Coefficient, ...]:
        key = (charge, carrier)
        found = self._coefficients.get(key)
        if found is None:
            found = tuple(
                c
                for c in self.books.coefficients
                if c.charge == charge and c.carrier in ("", carrier) and c.in_reach(self.day, self.known_on)
            )
            self._coefficients[key] = found
        return found

    def alike_for_all(self, charge: str, carrier: str) -> bool:
        """Whether no row of a charge and carrier looks at the consignment."""
        rows: list[Rule | Coefficient] = [r for _, r in self.rules_for(charge, carrier)]
        rows += self.coefficients_for(charge, carrier)
        return not any(name in OF_CONSIGNMENT for row in rows for name, _ in row.conditions)

    def find(self, subject: Subject, consignment: Consignment) -> Rule | None:
        """The one rule that prices a subject; None where nothing fits.

        Raises:
            AmbiguousRate: two rules of equal rank, force and age fit.
        """
        best: Rule | None = None
        best_place: tuple[int, int, dt.date] | None = None
        for place, rule in self.rules_for(subject.charge, subject.carrier):
            if best_place is not None and place < best_place:
                break
            if not rule.fits(subject, consignment):
                continue
            if best is not None:
                raise AmbiguousRate(
                    f"{best.row} ({best.rule_id}) and {rule.row} ({rule.rule_id}) both price {subject.charge} "
                    f"{subject.carrier} {subject.from_id} - {subject.to_id} on {self.day}; give one of them a higher rank "
                    "or narrow its conditions."
                )
            best, best_place = rule, place
        return best

    def reductions(self, rule: Rule, subject: Subject, consignment: Consignment) -> tuple[Coefficient, ...]:
        """The coefficients that apply: of each group the smallest factor, once [rule: largest-reduction]."""
        by_group: dict[str, Coefficient] = {}
        for coef in self.coefficients_for(subject.charge, subject.carrier):
            if (coef.rules and rule.rule_id not in coef.rules) or not coef.fits(subject, consignment):
                continue
            held = by_group.get(coef.group)
            if held is None or _better(coef, held, self.day):
                by_group[coef.group] = coef
        if not by_group:
            return ()
        return tuple(by_group[g] for g in sorted(by_group))


def _better(a: Coefficient, b: Coefficient, day: dt.date) -> bool:
    """The larger reduction; of equal ones the one in force, then the later issue."""
    if a.value != b.value:
        return a.value < b.value
    key_a = (not a.valid.ended(day), a.valid.start or dt.date.min)
    key_b = (not b.valid.ended(day), b.valid.start or dt.date.min)
    return key_a > key_b


def boundaries(rules: Iterable[Rule], coefficients: Iterable[Coefficient]) -> set[dt.date]:
    """Every day on which some rule or coefficient begins to apply, ends, or can no longer be carried."""
    days: set[dt.date] = set()
    one_day = dt.timedelta(days=1)
    for rule in rules:
        if rule.valid.start:
            days.add(rule.valid.start)
        if rule.valid.end:
            days.add(rule.valid.end + one_day)
    for coef in coefficients:
        if coef.valid.start:
            days.add(coef.valid.start)
        if coef.valid.end:
            days.add(coef.valid.end + one_day)
            days.add(add_months(coef.valid.end, coef.carry_months) + one_day)
    return days
