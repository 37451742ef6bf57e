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
    upto_t:5000                        tonnes carried, but 5,000 at most
    line                               the amount of the line a surcharge stands beside
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from optimizer.money import round_to
from optimizer.subject import Consignment, Subject
from optimizer.tariff.rule import Belt, Rule
from optimizer.tariff.spot import Spot

ONE = Decimal(1)
FAMILY = {"wagon": "wagon", "container": "container", "truck": "truck", "hold": "ship", "ship": "ship"}


@dataclass(frozen=True, slots=True)
class BasisTerm:
    rate: Decimal
    multiplier: Decimal
    quantity: str
    label: str  # "per t-km", as the charge line shows it
    detail: str = ""  # how the rate came about, when it is not a single printed number
    low: Decimal | None = None  # band of a market price, as factors; None: as the rule says
    high: Decimal | None = None
    status: str = ""  # where it differs from the rule's


@dataclass(frozen=True, slots=True)
class Tables:
    """What rules look up: rate tables, cargo classes by book, market prices of the day."""

    belts: Mapping[str, tuple[Belt, ...]]
    classes: Mapping[str, Mapping[str, str]]  # book -> goods code (first digits) -> class
    spot: Callable[[str], Spot | None]

    def cargo_class(self, book: str, gng: str) -> str:
        """The class of the longest code of the book's classes that the goods' code begins with; "" where none does."""
        known = self.classes.get(book, {})
        return next((known[gng[:n]] for n in range(len(gng), 0, -1) if gng[:n] in known), "")


Basis = Callable[[Rule, Subject, Consignment, Tables], BasisTerm | None]


def _family(subject: Subject) -> str:
    return FAMILY.get(subject.form, "wagon")


def _stepped(rule: Rule, subject: Subject) -> tuple[Decimal, str]:
    """`fixed + per_km x km`, to the fourth decimal, or the plain rate."""
    if not rule.per_km:
        return rule.rate + rule.fixed, ""  # as printed
    rate = round_to(rule.rate + rule.fixed + rule.per_km * subject.km, rule.rounding.rate_step)
    shown = f"{rule.per_km.normalize():f}"
    start = f"{(rule.rate + rule.fixed).normalize():f} + " if rule.rate + rule.fixed else ""
    return rate, f"{start}{shown} x {subject.km} km"


def _mass(rule: Rule, subject: Subject) -> str:
    """Tonnes carried, or at least the rule's minimum for every unit [rule: min-weight]."""
    return f"least_t:{_family(subject)}:{rule.min_t.normalize():f}" if rule.min_t else "t"


def per_t(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    rate, detail = _stepped(rule, subject)
    return BasisTerm(rate, ONE, _mass(rule, subject), "per t", detail)


def per_t_km(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    return BasisTerm(rule.rate, Decimal(subject.km), _mass(rule, subject), "per t-km", f"{subject.km} km")


def per_chargeable_t(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    """Charged mass per wagon: at least the minimum, a part of a step counts as a whole one [rule: min-weight]."""
    rate, detail = _stepped(rule, subject)
    key = f"charge_t:{_family(subject)}:{rule.min_t.normalize():f}:{rule.step_t.normalize():f}"
    minimum = f"at least {rule.min_t.normalize():f} t a {_family(subject)}, part tonne up"
    return BasisTerm(rate, ONE, key, "per chargeable t", f"{detail}; {minimum}" if detail else minimum)


def per_unit(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    rate, detail = _stepped(rule, subject)
    family = _family(subject)
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def per_unit_km(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    family = _family(subject)
    return BasisTerm(rule.rate, Decimal(subject.km), family, f"per {family}-km", f"{subject.km} km")


def per_unit_nm(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    """Sea fare on a line: fixed part and so much a nautical mile (`per_km` of the row is per nm)."""
    family = _family(subject)
    rate = (rule.rate + rule.fixed + rule.per_km * subject.nm).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    detail = f"{(rule.rate + rule.fixed).normalize():f} + {rule.per_km.normalize():f} x {subject.nm.normalize():f} nm"
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def per_t_nm(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    rate = (rule.rate + rule.fixed + rule.per_km * subject.nm).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    detail = f"{(rule.rate + rule.fixed).normalize():f} + {rule.per_km.normalize():f} x {subject.nm.normalize():f} nm"
    return BasisTerm(rate, ONE, "t", "per t", detail)


def per_unit_day(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    """Days of hire; while units are unloaded a few a day, the last one waits for all before it."""
    family = _family(subject)
    if subject.unload_per_day:
        multiplier = (ONE / subject.unload_per_day).quantize(Decimal("0.000000000001"), rounding=ROUND_HALF_UP)
        detail = f"units / {subject.unload_per_day.normalize():f} a day at the place of unloading"
        return BasisTerm(rule.rate, multiplier, f"{family}2", f"per {family}-day", detail)
    detail = f"{subject.days.normalize():f} days"
    return BasisTerm(rule.rate, subject.days, family, f"per {family}-day", detail)


def per_consignment(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    return BasisTerm(rule.rate, ONE, "one", "per consignment")


def percent_of_value(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    return BasisTerm(rule.rate / 100, ONE, "value", "of value", f"{rule.rate.normalize():f} % of value")


def percent_of_charge(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    """A surcharge in percent of the line it stands beside, as that line is printed."""
    return BasisTerm(rule.rate / 100, ONE, "line", "of the line", f"{rule.rate.normalize():f} %")


def cell_of(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> tuple[Belt, str] | None:
    """The cell of a rate table a subject falls into, and its column; None beyond the table.

    Belt ends are inclusive, as printed. Of the rows that fit, the one that names most of class, equipment and
    owner counts, and among those the one with the lowest mass step.
    """
    table, _, column = rule.belt_table.partition("/")
    cargo_class = tables.cargo_class(rule.book, consignment.gng)
    best: Belt | None = None
    for row in tables.belts[table]:
        if not row.from_km <= subject.km <= row.to_km:
            continue
        if row.cargo_class not in ("", cargo_class) or row.equipment not in ("", subject.equipment):
            continue
        if row.owner not in ("", subject.owner):
            continue
        if row.to_t is not None and consignment.lot.unit_t(subject.form) > row.to_t:
            continue
        if best is None or _nearer(row, best):
            best = row
    return (best, column) if best is not None else None


def _nearer(row: Belt, held: Belt) -> bool:
    named, before = (sum(map(bool, (b.cargo_class, b.equipment, b.owner))) for b in (row, held))
    if named != before:
        return named > before
    return row.to_t is not None and (held.to_t is None or row.to_t < held.to_t)


def _cell_text(row: Belt, subject: Subject) -> str:
    keys = [f"class {row.cargo_class}" if row.cargo_class else "", row.equipment, row.owner]
    keys.append(f"up to {row.to_t.normalize():f} t" if row.to_t is not None else "")
    return ", ".join(filter(None, (f"belt {row.from_km}-{row.to_km} km", *keys, f"{subject.km} km")))


def belt(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm | None:
    """A table's rate for each wagon, container or truck."""
    found = cell_of(rule, subject, consignment, tables)
    if found is None:
        return None
    row, column = found
    family = _family(subject)
    return BasisTerm(row.rates[column], ONE, family, f"per {family}", _cell_text(row, subject))


def belt_per_t(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm | None:
    """A table's rate for each chargeable tonne: the rule's minimum and step a unit."""
    found = cell_of(rule, subject, consignment, tables)
    if found is None:
        return None
    row, column = found
    key = f"charge_t:{_family(subject)}:{rule.min_t.normalize():f}:{rule.step_t.normalize():f}"
    return BasisTerm(row.rates[column], ONE, key, "per chargeable t", _cell_text(row, subject))


def per_unit_length(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm:
    """A ferry's fare for a vehicle of the standard length `base_m`; longer ones pay in proportion."""
    length = consignment.deal.truck_length_m
    family = _family(subject)
    if length <= rule.base_m:
        return BasisTerm(rule.rate, ONE, family, f"per {family}", f"up to {rule.base_m.normalize():f} m")
    rate = (rule.rate * length / rule.base_m).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
    detail = f"{rule.rate.normalize():f} x {length.normalize():f} m / {rule.base_m.normalize():f} m"
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def stepped_days(rule: Rule, days: Decimal) -> tuple[Decimal, str]:
    """What so many days cost after the free ones, at steps of days; a part of a day counts as a day.

    Returns:
        (amount a unit, the arithmetic in words).
    """
    begun = days.to_integral_value(rounding=ROUND_CEILING)
    left = charged = max(Decimal(0), begun - rule.free_days)
    total, parts = Decimal(0), []
    for length, rate in rule.day_steps or ((None, rule.rate),):
        taken = left if length is None else min(left, length)
        if taken:
            total += taken * rate
            parts.append(f"{taken.normalize():f} x {rate.normalize():f}")
        left -= taken
    shown = f"{begun.normalize():f} days, {rule.free_days.normalize():f} free"
    return total, f"{shown}: {' + '.join(parts)}" if charged else shown


def per_unit_day_steps(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm | None:
    """Demurrage, detention: so much a day and unit beyond the free days, dearer by steps."""
    if not subject.days:
        return None
    rate, detail = stepped_days(rule, subject.days)
    family = _family(subject)
    return BasisTerm(rate, ONE, family, f"per {family}", detail)


def per_t_day_steps(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm | None:
    """Storage: so much a day and tonne beyond the free days, dearer by steps."""
    if not subject.days:
        return None
    rate, detail = stepped_days(rule, subject.days)
    return BasisTerm(rate, ONE, "t", "per t", detail)


def spot_per_t(rule: Rule, subject: Subject, consignment: Consignment, tables: Tables) -> BasisTerm | None:
    """A market price a tonne: that of the last weeks, else what the season has been; `rate` scales it, `fixed` is added."""
    market = tables.spot(rule.series)
    if market is None:
        return None
    rate = round_to(market.price * (rule.rate or ONE) + rule.fixed, rule.rounding.rate_step)
    low, high = market.low * rule.low, market.high * rule.high
    return BasisTerm(rate, ONE, "t", "per t", market.detail, low=low, high=high, status=market.status)


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
    "percent_of_charge": percent_of_charge,
    "belt": belt,
    "belt_per_t": belt_per_t,
    "per_unit_length": per_unit_length,
    "per_unit_day_steps": per_unit_day_steps,
    "per_t_day_steps": per_t_day_steps,
    "spot_per_t": spot_per_t,
}
