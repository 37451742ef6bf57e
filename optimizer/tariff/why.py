"""Why a row applies and its neighbours do not: what a tariff clerk asks of a haul on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optimizer.deal import KEYS
from optimizer.subject import Consignment, Subject
from optimizer.tariff.book import FrozenBooks
from optimizer.tariff.conditions import CONDITIONS, OF_LOT
from optimizer.tariff.rule import Coefficient, Row, Rule
from optimizer.validity import add_months

Value = Callable[[Subject, Consignment], object]
# What a row may ask of the deal alone; the wagons in a train are asked of the lot.
DEAL_VALUES = tuple(name for name in KEYS if name in CONDITIONS and name not in OF_LOT)
_HERE: dict[str, Value] = {
    "from": lambda s, c: s.from_id,
    "to": lambda s, c: s.to_id,
    "via": lambda s, c: " - ".join(s.path),
    "between": lambda s, c: f"{s.from_id} - {s.to_id}",
    "except_between": lambda s, c: f"{s.from_id} - {s.to_id}",
    "crossing": lambda s, c: "|".join(sorted(s.crossing)),
    "traffic": lambda s, c: c.traffic(s.country),
    "cargo": lambda s, c: c.cargo,
    "months": lambda s, c: s.month,
    "lot_t": lambda s, c: "another lot",
    "units": lambda s, c: "another number",
    "unit_t": lambda s, c: "another mass",
    "train_wagons": lambda s, c: "another train",
    "gross_t": lambda s, c: "another mass",
    **{name: (lambda s, c, n=name: getattr(c.deal, n) or "nothing agreed") for name in DEAL_VALUES},  # type: ignore[misc]
    **{
        name: (lambda s, c, n=name: getattr(c, n) or "none")  # type: ignore[misc]
        for name in ("origin", "destination", "origin_country", "destination_country", "gng", "etsng")
    },
}


@dataclass(frozen=True, slots=True)
class Near:
    """A row that did not apply, and every reason."""

    row: Row
    row_id: str
    what: str  # rate or coefficient
    value: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applies to a subject, and what nearly did, the nearest first."""

    rule: Rule | None
    coefficients: tuple[Coefficient, ...]
    nearly: tuple[Near, ...]


def applied(books: FrozenBooks, subject: Subject, consignment: Consignment, most_reasons: int = 2) -> Applied:
    """The rows that price a subject, and those of the same charge and carrier that nearly would.

    Args:
        most_reasons: a row with more reasons against it is not near.

    Raises:
        AmbiguousRate: two rules stand alike.
    """
    rule = books.find(subject, consignment)
    coefs = books.reductions(rule, subject, consignment) if rule is not None else ()
    found: list[Near] = []
    for row in books.books.rules:
        if row is not rule and _same_thing(row, subject):
            reasons = against(row, books, subject, consignment)
            if not reasons and rule is not None:
                reasons = (_beaten(row, rule, books),)
            found.append(Near(row, row.rule_id, "rate", rate_text(row), reasons))
    for coef in books.books.coefficients:
        if coef not in coefs and _same_thing(coef, subject):
            reasons = against(coef, books, subject, consignment)
            if not reasons and rule is not None and coef.rules and rule.rule_id not in coef.rules:
                reasons = (f"it changes {', '.join(sorted(coef.rules))} only",)
            if not reasons:
                reasons = (_passed_over(coef, coefs),)
            found.append(Near(coef, coef.coef_id, "coefficient", f"{coef.value.normalize():f}", reasons))
    near = [n for n in found if len(n.reasons) <= most_reasons]
    near.sort(key=lambda n: (len(n.reasons), n.what == "coefficient", str(n.row.row.table), n.row.row.line))
    return Applied(rule, coefs, tuple(near))


def against(row: Row, books: FrozenBooks, subject: Subject, consignment: Consignment) -> tuple[str, ...]:
    """Every reason why a row cannot apply on the day; empty where it could."""
    day, known_on = books.day, books.known_on
    reasons: list[str] = []
    if not row.known(known_on):
        reasons.append(f"it was issued on {row.known_from}, after {known_on}")
    if not row.valid.begun(day):
        reasons.append(f"it begins on {row.valid.start}")
    elif row.valid.ended(day) and not row.in_reach(day, known_on) and row.valid.end is not None:
        carried = ""
        if row.carry_months:
            carried = f" and was carried until {add_months(row.valid.end, row.carry_months)}"
        reasons.append(f"it ended on {row.valid.end}{carried}")
    cells = dict(row.cells)
    for name, holds in row.conditions:
        if not holds(subject, consignment):
            found = _HERE[name](subject, consignment) if name in _HERE else getattr(subject, name, "")
            reasons.append(f"{name} must be {_short(cells[name])}, here {_short(str(found or 'none'))}")
    return tuple(reasons)


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:87] + "..."


def _same_thing(row: Row, subject: Subject) -> bool:
    return row.charge == subject.charge and row.carrier in ("", subject.carrier)


def rate_text(rule: Rule) -> str:
    """A rule's rate in short words."""
    if rule.belt_table:
        return f"table {rule.belt_table}"
    parts = [f"{n.normalize():f}" for n in (rule.rate + rule.fixed,) if n]
    if rule.per_km:
        parts.append(f"{rule.per_km.normalize():f} x km")
    return f"{' + '.join(parts) or '0'} {rule.currency} {rule.basis}"


def _beaten(row: Rule, winner: Rule, books: FrozenBooks) -> str:
    mine, its = books.standing(row), books.standing(winner)
    if row.rule_id in winner.replaces:
        return f"{winner.rule_id} replaces it"
    if mine[0] < its[0]:
        return f"{winner.rule_id} has a higher rank" + (" (a book of your own)" if winner.layer > row.layer else "")
    if mine[1] < its[1]:
        return f"it has lapsed, and {winner.rule_id} is in force"
    if mine < its:
        return f"{winner.rule_id} was issued later"
    return "another row replaces it"


def _passed_over(coef: Coefficient, chosen: tuple[Coefficient, ...]) -> str:
    for other in chosen:
        if coef.coef_id in other.replaces:
            return f"{other.coef_id} replaces it"
    for other in chosen:
        if other.group == coef.group:
            if other.layer > coef.layer:
                return f"{other.coef_id} of your own book stands in its group"
            return f"of group {coef.group} {other.coef_id} ({other.value.normalize():f}) applies"
    return "nothing it could change is priced"
