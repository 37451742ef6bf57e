"""The books in use, and the choice of the row that prices a thing.

A rule says what it prices (charge, carrier, conditions), how (basis, rate) and how far to trust it
(status, band, source). A book is a folder of tables from one publisher. Several books stack; the
choice among rules that fit is made by `FrozenBooks.find`:

0. a row named in `replaces` of a row in force that fits too is out of force;
1. rules of a higher rank beat lower ones (a named lane beats a default, the user's own book beats ours);
2. among those, a rule in force beats one that has lapsed and is carried forward;
3. among those, the later issue beats the earlier, then the later beginning.

Two rules that remain are an error of the book, never a silent choice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from optimizer.errors import AmbiguousRate
from optimizer.subject import Consignment, Subject
from optimizer.tariff.bases import Tables
from optimizer.tariff.conditions import OF_CONSIGNMENT, OF_CONSIGNMENT_ALONE, OF_LOT, Predicate, bounds
from optimizer.tariff.rule import OWN_BOOK_RANK, Belt, BookInfo, Coefficient, Extra, Row, Rule, SpotPrice, ThroughRate
from optimizer.tariff.spot import Spot, spot_at
from optimizer.tariff.stacking import POLICIES
from optimizer.validity import add_months

Place = tuple[int, int, dt.date, dt.date]  # standing: rank, in force, issued, begun
FORMS = ("wagon", "container", "truck", "hold")
# Bases that look at the consignment although no condition of the row does.
LOOKING_BASES = frozenset({"belt", "belt_per_t"})
_NOWHERE = Subject("")  # for conditions that look at the consignment alone


@dataclass(frozen=True)
class TariffBooks:
    """All books in use, indexed for look-up."""

    infos: dict[str, BookInfo]
    rules: tuple[Rule, ...]
    coefficients: tuple[Coefficient, ...]
    belts: dict[str, tuple[Belt, ...]]
    through: tuple[ThroughRate, ...] = ()
    extras: tuple[Extra, ...] = ()
    classes: dict[str, dict[str, str]] = field(default_factory=dict)
    spots: dict[str, tuple[SpotPrice, ...]] = field(default_factory=dict)
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

    def with_coefficient(self, coefficient: Coefficient) -> TariffBooks:
        """The same books and one coefficient more."""
        return replace(self, coefficients=(*self.coefficients, coefficient), _frozen={})

    @cached_property
    def held(self) -> dict[str, frozenset[str]]:
        """The charges a through rate stands for, by rule."""
        return {t.rule.rule_id: t.replaces for t in self.through}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every dated row of every table."""
        return (*self.rules, *self.coefficients, *(e.rule for e in self.extras))

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every condition some row sets."""
        return frozenset(name for row in self.rows for name, _ in row.cells)

    @cached_property
    def marks(self) -> dict[str, tuple[Decimal, ...]]:
        """Thresholds at which some condition on the lot changes its answer, sorted, by kind and form of riding.

        Keys are those of `OF_LOT` with the form: `unit_t:wagon`.
        """
        found: dict[str, set[Decimal]] = defaultdict(set)
        for row in self.rows:
            cells = dict(row.cells)
            form = cells.get("form", "")
            forms = FORMS if not form or form.startswith("!") else tuple(f.strip() for f in form.split(";"))
            for column, kind in OF_LOT.items():
                if column in cells:
                    low, _, high, _ = bounds(cells[column])
                    for name in forms:
                        found[f"{kind}:{name}"] |= {mark for mark in (low, high) if mark is not None}
        steps = {row.to_t for table in self.belts.values() for row in table if row.to_t is not None}
        for name in FORMS:
            found[f"unit_t:{name}"] |= steps
        # The lot in a hold is one unit, so its steps are marks of the lot.
        found["mass_t:hold"] |= found.pop("unit_t:hold", set())
        return {key: tuple(sorted(marks)) for key, marks in found.items() if marks}


class FrozenBooks:
    """The books at one day: only rows in reach, by charge and carrier."""

    def __init__(self, books: TariffBooks, day: dt.date, known_on: dt.date) -> None:
        self.books = books
        self.day = day
        self.known_on = known_on
        self.tables = Tables(books.belts, books.classes, self._spot)
        self._rules: dict[tuple[str, str], tuple[tuple[Place, Rule], ...]] = {}
        self._coefficients: dict[tuple[str, str], tuple[Coefficient, ...]] = {}
        self._extras: dict[tuple[str, str], tuple[Extra, ...]] = {}
        self._looks: dict[tuple[str, str], tuple[tuple[Predicate, ...], bool, bool, bool]] = {}
        self._spots: dict[str, Spot | None] = {}

    def _spot(self, series: str) -> Spot | None:
        if series not in self._spots:
            self._spots[series] = spot_at(self.books.spots[series], self.day, self.known_on)
        return self._spots[series]

    def standing(self, rule: Rule) -> Place:
        """What decides between rules that fit; the higher one prices."""
        begun = rule.valid.start or dt.date.min
        lapsed = rule.valid.ended(self.day)
        # A contract that has ended is no longer above the tariff; it is one lapsed row among others.
        rank = rule.rank - rule.layer * OWN_BOOK_RANK if lapsed else rule.rank
        return (rank, 0 if lapsed else 1, rule.issued, begun)

    def rules_for(self, charge: str, carrier: str) -> tuple[tuple[Place, Rule], ...]:
        """(standing, rule) of every rule in reach, best standing first."""
        key = (charge, carrier)
        found = self._rules.get(key)
        if found is None:
            standing = [
                (self.standing(rule), rule)
                for rule in self.books.rules
                if rule.charge == charge and rule.carrier in ("", carrier) and rule.in_reach(self.day, self.known_on)
            ]
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

    def extras_for(self, charge: str, carrier: str) -> tuple[Extra, ...]:
        """Surcharges and subsidies that may stand beside a charge, in reach."""
        key = (charge, carrier)
        found = self._extras.get(key)
        if found is None:
            found = tuple(
                e
                for e in self.books.extras
                if charge in e.on and e.rule.carrier in ("", carrier) and e.rule.in_reach(self.day, self.known_on)
            )
            self._extras[key] = found
        return found

    def seen(self, charge: str, carrier: str, consignment: Consignment) -> Hashable:
        """What the rows of a charge and carrier see of a consignment, but for its deal.

        Consignments of one deal in which the rows see the same are priced alike, subject by subject.
        """
        looks = self._looks.get((charge, carrier))
        if looks is None:
            rules = [r for _, r in self.rules_for(charge, carrier)]
            rows: list[Row] = [*rules, *self.coefficients_for(charge, carrier)]
            asked = [(name, holds) for row in rows for name, holds in row.conditions if name in OF_CONSIGNMENT]
            looks = self._looks[charge, carrier] = (
                tuple(holds for name, holds in asked if name in OF_CONSIGNMENT_ALONE),
                any(name == "traffic" for name, _ in asked),
                any(name in OF_LOT for name, _ in asked),
                any(rule.basis in LOOKING_BASES for rule in rules),
            )
        predicates, traffic, lot, classes = looks
        return (
            tuple(holds(_NOWHERE, consignment) for holds in predicates),
            (consignment.origin_country, consignment.destination_country) if traffic else None,
            consignment.lot if lot or classes else None,
            consignment.gng if classes else None,
        )

    def _replaced(self, fitting: Sequence[Row]) -> frozenset[str]:
        """Ids put out of force by rows that fit: while they are in force, and after that against rows that lapsed too."""
        if not any(row.replaces for row in fitting):
            return frozenset()
        lapsed = {row.id for row in fitting if row.valid.ended(self.day)}
        return frozenset(i for row in fitting for i in row.replaces if row.id not in lapsed or i in lapsed)

    def find(self, subject: Subject, consignment: Consignment) -> Rule | None:
        """The one rule that prices a subject; None where nothing fits.

        Raises:
            AmbiguousRate: two rules of equal rank, force, issue and beginning fit.
        """
        listed = self.rules_for(subject.charge, subject.carrier)
        gone: frozenset[str] = frozenset()
        if subject.holds:
            # Of the rates of one chain one applies; its edge is the one that leaves out what it holds.
            found = self.find(replace(subject, holds=frozenset()), consignment)
            return found if found is not None and self.books.held.get(found.rule_id) == subject.holds else None
        if any(rule.replaces for _, rule in listed):
            gone = self._replaced([rule for _, rule in listed if rule.fits(subject, consignment)])
        best: Rule | None = None
        best_place: Place | None = None
        for place, rule in listed:
            if best_place is not None and place < best_place:
                break
            if rule.rule_id in gone or not rule.fits(subject, consignment):
                continue
            if best is not None:
                raise self._ambiguous(best, rule, subject)
            best, best_place = rule, place
        return best

    def _ambiguous(self, one: Rule, other: Rule, subject: Subject) -> AmbiguousRate:
        return AmbiguousRate(
            f"{one.row} ({one.rule_id}) and {other.row} ({other.rule_id}) both price {subject.charge} "
            f"{subject.carrier} {subject.from_id} - {subject.to_id} on {self.day}; give one of them a higher rank "
            "or narrow its conditions."
        )

    def reductions(self, rule: Rule, subject: Subject, consignment: Consignment) -> tuple[Coefficient, ...]:
        """The coefficients that apply: of each group those its book's stacking policy leaves.

        Where a book of the user's has a row that fits in a group, rows of the books below it do not count there.
        """
        fitting = [
            coef
            for coef in self.coefficients_for(subject.charge, subject.carrier)
            if (not coef.rules or rule.rule_id in coef.rules) and coef.fits(subject, consignment)
        ]
        if not fitting:
            return ()
        gone = self._replaced(fitting)
        by_group: dict[str, list[Coefficient]] = defaultdict(list)
        for coef in fitting:
            if coef.coef_id not in gone:
                by_group[coef.group].append(coef)
        found: list[Coefficient] = []
        for group in sorted(by_group):
            top = max(coef.layer for coef in by_group[group])
            rows = [coef for coef in by_group[group] if coef.layer == top]
            found += rows if len(rows) == 1 else POLICIES[self.books.infos[rows[0].book].stacking](rows, self.day)
        return tuple(found)

    def extras(self, subject: Subject, consignment: Consignment) -> tuple[Extra, ...]:
        """Surcharges and subsidies beside a subject: of each group the row of highest standing.

        Raises:
            AmbiguousRate: two rows of one group stand alike.
        """
        listed = self.extras_for(subject.charge, subject.carrier)
        if not listed:
            return ()
        fitting = [e for e in listed if e.rule.fits(subject, consignment)]
        gone = self._replaced([e.rule for e in fitting])
        best: dict[str, Extra] = {}
        for extra in sorted(fitting, key=lambda e: self.standing(e.rule), reverse=True):
            if extra.rule.rule_id in gone:
                continue
            held = best.setdefault(extra.group, extra)
            if held is not extra and self.standing(held.rule) == self.standing(extra.rule):
                raise self._ambiguous(held.rule, extra.rule, subject)
        return tuple(best[group] for group in sorted(best))


def boundaries(rows: Iterable[Row]) -> set[dt.date]:
    """Every day on which some row begins to apply, ends, or can no longer be carried."""
    days: set[dt.date] = set()
    one_day = dt.timedelta(days=1)
    for row in rows:
        if row.valid.start:
            days.add(row.valid.start)
        if row.valid.end:
            days.add(row.valid.end + one_day)
            if row.carry_months:
                days.add(add_months(row.valid.end, row.carry_months) + one_day)
    return days
