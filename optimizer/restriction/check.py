"""Checks of both tables against the rest of our data."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from optimizer.cargo import GROUPS
from optimizer.errors import Problem
from optimizer.provenance import STATUSES
from optimizer.restriction.exemption import GROUP_OF_WORD, UNKNOWN
from optimizer.restriction.match import COUNTRY_NAMES, PlaceSelector, places_of
from optimizer.restriction.model import IN_CONTAINER_TRAINS, ComplianceRule, Restriction, Restrictions
from optimizer.restriction.read import COMPLIANCE, RESTRICTIONS
from optimizer.shipment import CONTAINERS, TRUCKS, WAGONS
from optimizer.validity import Validity

SEAS = frozenset(("hormuz",))
WAGON_WORDS = frozenset(("", "all", "trailer-truck", *WAGONS, *CONTAINERS, *TRUCKS))
COUNTRIES = frozenset((*COUNTRY_NAMES, "AM", "BY"))


def check_restrictions(
    restrictions: Restrictions,
    known_places: AbstractSet[str],
    known_sources: AbstractSet[str],
    known_cargoes: AbstractSet[str] = frozenset(),
) -> list[Problem]:
    """Everything wrong with the tables; an empty list when they fit.

    Args:
        known_places: ids of places; known_sources: ids of sources.
        known_cargoes: ids of cargoes; when empty, a word that is no group of goods is let pass.
    """
    found: list[Problem] = []
    for row in restrictions.rows:
        found += _check_row(row, known_places, known_sources, known_cargoes)
    for rule in restrictions.compliance:
        found += _check_rule(rule, known_places, known_sources, known_cargoes)
    return found


def _check_row(
    row: Restriction, places: AbstractSet[str], sources: AbstractSet[str], cargoes: AbstractSet[str]
) -> list[Problem]:
    faults = [
        ("unknown_place", f"place {_show(s)} is unknown; add it to places.csv or mend the id")
        for s in places_of(row)
        if not _is_place(s, places)
    ]
    if not row.places:
        faults.append(("empty_place", "no place is named; a restriction needs one"))
    if row.direction not in ("export", "both"):
        faults.append(("unknown_direction", f"direction {row.direction!r} is unknown; write export or both"))
    for word in row.cargo_words:
        goods = word.removesuffix(IN_CONTAINER_TRAINS)
        if goods not in ("", "all") and goods not in GROUP_OF_WORD and not _is_cargo(goods, cargoes):
            faults.append(("unknown_cargo_word", f"cargo {word!r} is neither a group of goods nor a cargo; mend it"))
    if row.wagon_type not in WAGON_WORDS:
        faults.append(("unknown_wagon", f"wagon type {row.wagon_type!r} is unknown; write an equipment id or all"))
    if row.wagon_owner not in ("", "all", "foreign", "private", "carrier"):
        faults.append(("unknown_owner", f"owner {row.wagon_owner!r} is unknown; write foreign, private or carrier"))
    if row.kind == "quota" and not (row.quota and row.quota_unit):
        faults.append(("empty_quota", "a quota needs a number and a unit; fill both"))
    faults += _exemption_faults(row, places, cargoes) + _tendered_faults(row)
    faults += _common(row.source_id, row.status, row.valid, row.origins | row.destinations, sources)
    return [Problem(code, f"{row.restriction_id}: {text}", RESTRICTIONS, row.line) for code, text in faults]


def _exemption_faults(row: Restriction, places: AbstractSet[str], cargoes: AbstractSet[str]) -> list[tuple[str, str]]:
    """Exceptions that name what is in no table: a slip would let nobody through and nobody would notice."""
    faults = []
    tell = f"mend it, or write {UNKNOWN}Name for what our tables do not hold"
    for e in row.exemptions:
        for word in e.cargo:
            if not word.startswith(UNKNOWN) and word not in GROUP_OF_WORD and not _is_cargo(word, cargoes):
                faults.append(
                    ("unknown_exception", f"exception of cargo {word!r}: no group of goods, no cargo; {tell}")
                )
        for end in (*e.origin, *e.destination):
            if not end.startswith(UNKNOWN) and end not in places and end not in COUNTRIES:
                faults.append(("unknown_exception", f"exception at {end!r}: no place, no country; {tell}"))
        for wagon in e.equipment:
            if wagon not in WAGON_WORDS:
                faults.append(("unknown_exception", f"exception of {wagon!r}: no equipment; {tell}"))
        inside = (e.valid.start is None or row.valid.contains(e.valid.start)) and (
            e.valid.end is None or row.valid.contains(e.valid.end)
        )
        if not inside:
            faults.append(
                ("exception_outside", "an exception begins or ends outside the row's own days; mend the dates")
            )
    return faults


def _tendered_faults(row: Restriction) -> list[tuple[str, str]]:
    """What is tendered makes one wait at a border, so its row may say no more than a border crossing knows."""
    if not row.tendered:
        return []
    limit = row.daily_limit
    if limit is None:
        return [
            ("tendered_without_quota", "tendered stands beside no quota of trains, wagons or trucks a day; clear it")
        ]
    faults = []
    named = [
        w for w in row.cargo_words if w not in ("", "all") and w.removesuffix(IN_CONTAINER_TRAINS) not in GROUP_OF_WORD
    ]
    narrow = row.wagon_type not in ("", "all", "trailer-truck") or row.wagon_owner not in ("", "all") or row.origins
    if named or narrow or row.exemptions:
        text = (
            "a quota with what is tendered holds for groups of goods and destinations only; clear its other selectors"
        )
        faults.append(("quota_too_narrow", text))
    return faults


def _check_rule(
    rule: ComplianceRule, places: AbstractSet[str], sources: AbstractSet[str], cargoes: AbstractSet[str]
) -> list[Problem]:
    faults = [
        ("unknown_place", f"place {p} is unknown; add it to places.csv or mend the id") for p in rule.places - places
    ]
    if bool(rule.warning_code) != bool(rule.text):
        faults.append(("half_a_warning", "a warning needs both its code and its sentence; fill both or neither"))
    if rule.mode not in ("", "rail", "road", "sea", "container"):
        faults.append(("unknown_mode", f"mode {rule.mode!r} is unknown; write rail, road, sea, container or nothing"))
    for word in rule.cargo:
        if word not in GROUPS and not _is_cargo(word, cargoes):
            faults.append(("unknown_cargo_word", f"cargo {word!r} is neither a group of goods nor a cargo; mend it"))
    if rule.warning_code and not (rule.countries or rule.places):
        faults.append(("warns_everywhere", "a warning without countries and places stands on every route; name some"))
    named = rule.origins | rule.destinations | frozenset(c for any_of in rule.countries for c in any_of)
    faults += _common(rule.source_id, rule.status, rule.valid, named, sources)
    return [Problem(code, f"{rule.comp_id}: {text}", COMPLIANCE, rule.line) for code, text in faults]


def _common(
    source_id: str, status: str, valid: Validity, countries: AbstractSet[str], sources: AbstractSet[str]
) -> list[tuple[str, str]]:
    faults = []
    if source_id not in sources:
        faults.append(("unknown_source", f"source {source_id!r} is not in sources.csv; add it there"))
    if status not in STATUSES:
        faults.append(("unknown_status", f"status {status!r} is unknown; write one of {', '.join(STATUSES)}"))
    if valid.start and valid.end and valid.end < valid.start:
        faults.append(("ends_before_it_begins", f"it ends {valid.end}, before it begins {valid.start}; mend the dates"))
    if unknown := sorted(countries - COUNTRIES):
        faults.append(("unknown_country", f"country {', '.join(unknown)} is unknown; write two letters as in KZ"))
    return faults


def _is_place(selector: PlaceSelector, places: AbstractSet[str]) -> bool:
    if isinstance(selector, str):
        return selector in places
    word, *rest = selector
    if word == "road":
        return len(rest) == 2 and set(rest) <= places
    return len(rest) == 1 and rest[0] in {"country": COUNTRIES, "sea": SEAS}.get(word, frozenset())


def _is_cargo(word: str, cargoes: AbstractSet[str]) -> bool:
    return not cargoes or word in cargoes


def _show(selector: PlaceSelector) -> str:
    return selector if isinstance(selector, str) else f"{selector[0]}:{'|'.join(selector[1:])}"
