"""Rate bases: how a rule's rate meets a shipment. One function and one registry line for each.

A basis turns (rule, subject) into a term: `rate` currency units x `multiplier` x billing quantity.
The billing quantity is named, not computed: the same term serves every shipment of a lane
(engine.md, section 5). Names of billing quantities:

    one          the consignment
    t            tonnes carried
    value        value of the goods in USD
    wagon, container, truck, ship      units of that family
    wagon2, container2                 units squared: unit-days while n units are unloaded at n/day
    charge_t:wagon:55:1                tonnes a wagon is charged for, at least 55, part tonne up
    least_t:wagon:50                   tonnes carried, but at least 50 a wagon (or its usual load, if less)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from optimizer.subject import Subject
from optimizer.tariff.book import Belt, Rule

ONE = Decimal(1)
RATE_STEP = Decimal("0.0001")
FAMILY = {"wagon": "wagon", "container": "container", "truck": "truck", "hold": "ship", "ship": "ship"}


@dataclass(frozen=True, slots=True)
class BasisTerm:
    rate: Decimal
    multiplier: Decimal
    quantity: str
    label: str  # "per t-km", as the charge line shows it
    detail: str = ""  # how the rate came about, when it is not a single printed number


Basis = Callable[[Rule, Subject, Mapping[str, tuple[Belt, ...]]], BasisTerm | None]


def _family(subject: Subject) -> str:
    return FAMILY.get(subject.form, "wagon")


def _stepped(rule: Rule, subject: Subject) -> tuple[Decimal, str]:
    """`fixed + per_km x km`, to the fourth decimal, or the plain rate."""
    if not rule.per_km:
        return rule.rate + rule.fixed, ""
    rate = (rule.rate + rule.fixed + rule.per_km * subject.km).quantize(RATE_STEP, rounding=ROUND_HALF_UP)
    shown = f"{rule.per_km.normalize():f}"
    start = f"{(rule.rate + rule.fixed).normalize():f} + " if rule.rate + rule.fixed else ""
    return rate, f"{start}{shown} x {subject.km} km"


def _mass(rule: Rule, subject: Subject) -> str:
    """Tonnes carried, or at least the rule's minimum for every unit [rule: min-weight]."""
    return f"least_t:{_family(subject)}:{rule.min_t.normalize():f}" if rule.min_t else "t"


def per_t(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    rate, detail = _stepped(rule, subject)
    return BasisTerm(rate, ONE, _mass(rule, subject), "per t", detail)


def per_t_km(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    return BasisTerm(rule.rate, Decimal(subject.km), _mass(rule, subject), "per t-km", f"{subject.km} km")


def per_chargeable_t(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    """Charged mass per wagon: at least the minimum, a part of a step counts as a whole one [rule: min-weight]."""
    rate, detail = _stepped(rule, subject)
    key = f"charge_t:{_family(subject)}:{rule.min_t.normalize():f}:{rule.step_t.normalize():f}"
    minimum = f"at least {rule.min_t.normalize():f} t a {_family(subject)}, part tonne up"
    return BasisTerm(rate, ONE, key, "per chargeable t", f"{detail}; {minimum}" if detail else minimum)


def per_unit(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    rate, detail = _stepped(rule, subject)
    family = _family(subject)
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def per_unit_km(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    family = _family(subject)
    return BasisTerm(rule.rate, Decimal(subject.km), family, f"per {family}-km", f"{subject.km} km")


def per_unit_nm(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    """Sea fare on a line: fixed part and so much a nautical mile (`per_km` of the row is per nm)."""
    family = _family(subject)
    rate = (rule.rate + rule.fixed + rule.per_km * subject.nm).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    detail = f"{(rule.rate + rule.fixed).normalize():f} + {rule.per_km.normalize():f} x {subject.nm.normalize():f} nm"
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def per_t_nm(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    rate = (rule.rate + rule.fixed + rule.per_km * subject.nm).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    detail = f"{(rule.rate + rule.fixed).normalize():f} + {rule.per_km.normalize():f} x {subject.nm.normalize():f} nm"
    return BasisTerm(rate, ONE, "t", "per t", detail)


def per_unit_day(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    """Days of hire; while units are unloaded a few a day, the last one waits for all before it."""
    family = _family(subject)
    if subject.unload_per_day:
        multiplier = (ONE / subject.unload_per_day).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
        detail = f"units / {subject.unload_per_day.normalize():f} a day at the place of unloading"
        return BasisTerm(rule.rate, multiplier, f"{family}2", f"per {family}-day", detail)
    detail = f"{subject.days.normalize():f} days"
    return BasisTerm(rule.rate, subject.days, family, f"per {family}-day", detail)


def per_consignment(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    return BasisTerm(rule.rate, ONE, "one", "per consignment")


def percent_of_value(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm:
    return BasisTerm(rule.rate / 100, ONE, "value", "of value", f"{rule.rate.normalize():f} % of value")


def belt(rule: Rule, subject: Subject, belts: Mapping[str, tuple[Belt, ...]]) -> BasisTerm | None:
    """Rate of the belt into which the tariff distance falls, belt ends inclusive, as printed; None beyond the table."""
    table, _, column = rule.belt_table.partition("/")
    for row in belts[table]:
        if row.from_km <= subject.km <= row.to_km:
            family = _family(subject)
            detail = f"belt {row.from_km}-{row.to_km} km, {subject.km} km"
            return BasisTerm(row.rates[column], ONE, family, f"per {family}", detail)
    return None


BASES: dict[str, Basis] = {
    "per_t": per_t,
    "per_t_km": per_t_km,
    "per_chargeable_t": per_chargeable_t,
    "per_unit": per_unit,
    "per_unit_km": per_unit_km,
    "per_unit_nm": per_unit_nm,
    "per_t_nm": per_t_nm,
    "per_unit_day": per_unit_day,
    "per_consignment": per_consignment,
    "percent_of_value": percent_of_value,
    "belt": belt,
}
