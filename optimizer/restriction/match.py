"""Which restriction and which compliance rule speaks of a shipment.

A route search asks in this order: is the place mine (`places_of`), is it in force on the day the cargo is there and
known on the day of the quote (`in_force`), does it speak of this cargo and wagon (`concerns`), on this mode
(`modes_of`), does it shut or only warn (`shuts`), and how is it said (`sentence`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from optimizer.restriction.model import GROUP_OF_WORD, IN_CONTAINER_TRAINS, SHUTTING, ComplianceRule, Restriction
from optimizer.shipment import CONTAINERS, TRUCKS, Cargo
from optimizer.validity import Validity

PlaceSelector = str | tuple[str, ...]

BOXES = frozenset((*CONTAINERS, "flat-wagon"))  # a flat wagon is quoted with its box
# Bans on export hold goods back on their way out of Kazakhstan; what is bound for these countries goes the other way.
NOT_EXPORT_TO = frozenset(("KZ", "RU"))
_MODES_OF_KIND = {"loading_ban": ("rail",), "sea_closed": ("sea",), "weather": ("sea",), "draught": ("sea",)}
_ALL_MODES = frozenset(("rail", "road", "sea"))
_MODE_COUNTED = {"train": "rail", "wagon": "rail", "truck": "road"}  # by the unit of a quota
MOST_PLACES_NAMED = 4

COUNTRY_NAMES = {
    "AE": "the Emirates",
    "AF": "Afghanistan",
    "AZ": "Azerbaijan",
    "CN": "China",
    "IN": "India",
    "IR": "Iran",
    "KG": "Kyrgyzstan",
    "KZ": "Kazakhstan",
    "OM": "Oman",
    "PK": "Pakistan",
    "RU": "Russia",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "UZ": "Uzbekistan",
}


def shuts(restriction: Restriction) -> bool:
    """Whether the route is shut; every other kind only warns."""
    return restriction.kind in SHUTTING


def places_of(restriction: Restriction) -> tuple[PlaceSelector, ...]:
    """Its places: an id, or ("road", a, b), ("country", "XX"), ("sea", "hormuz").

    Places joined to one location share their fate; the caller knows which those are.

    >>> from optimizer.restriction.read import read_restrictions
    >>> places_of(read_restrictions().get("AF-2026-SALANG"))
    (('road', 'af-pul-i-khumri', 'af-kabul'),)
    """
    selectors: list[PlaceSelector] = []
    for place in restriction.places:
        word, colon, rest = place.partition(":")
        selectors.append((word, *rest.split("|")) if colon else place)
    return tuple(selectors)


def modes_of(restriction: Restriction) -> frozenset[str]:
    """Modes of carriage at its place that it can touch.

    A loading ban and a quota of trains or wagons are the railway's: a truck into the port is not held by them.
    """
    if restriction.wagon_type == "trailer-truck":
        return frozenset(("road",))
    if restriction.kind == "quota":
        counted = next((mode for word, mode in _MODE_COUNTED.items() if word in restriction.quota_unit), "")
        return frozenset((counted,)) if counted else _ALL_MODES
    return frozenset(_MODES_OF_KIND.get(restriction.kind, _ALL_MODES))


def in_force(restriction: Restriction, day: dt.date, known_on: dt.date) -> bool:
    """Whether it applies on `day` by what was known on `known_on`.

    An open end means still in force, since the last report. A row without `known_from` was known from its first day.
    """
    return (
        restriction.valid.contains(day)
        and (not restriction.months or day.month in restriction.months)
        and _known(restriction.known_from or restriction.valid.start, known_on)
    )


def concerns(
    restriction: Restriction,
    *,
    cargo: Cargo,
    wagon_type: str,
    owner: str,
    origin_country: str,
    destination_country: str,
) -> bool:
    """Whether every selector but place and date speaks of this shipment.

    Args:
        wagon_type: equipment id the cargo rides in at that place.
        owner: private, carrier or foreign.
    """
    r = restriction
    return (
        _speaks_of_cargo(r, cargo, wagon_type)
        and _speaks_of_wagon(r, wagon_type)
        and (r.wagon_owner in ("", "all") or r.wagon_owner == owner)
        and (not r.origins or origin_country in r.origins)
        and (not r.destinations or destination_country in r.destinations)
        and _speaks_of_direction(r, origin_country, destination_country)
        and not any(GROUP_OF_WORD[word] in cargo.groups for word in r.exempt_words)
    )


def sentence(restriction: Restriction, names: Mapping[str, str] | None = None) -> str:
    """One sentence for the client: what is shut, for what, from when, until when, by what document.

    Args:
        names: names of places by id; without it they are made from the ids.

    >>> from optimizer.restriction.read import read_restrictions
    >>> print(sentence(read_restrictions().get("KTZ-2025-AKTAU-1")))   # doctest: +ELLIPSIS
    Loading for export through Aktau Port is banned for grain from 2025-10-06 until 2025-10-20 (source en.orda.kz-...).
    """
    r = restriction
    named = list(dict.fromkeys(_place_words(p, names or {}) for p in places_of(r)))
    if len(named) > MOST_PLACES_NAMED:
        named = [*named[: MOST_PLACES_NAMED - 1], f"{len(named) - MOST_PLACES_NAMED + 1} more"]
    where = _and(named)
    quota = f"{r.quota} {r.quota_unit}".replace("/", " a ")
    head = {
        "loading_ban": f"Loading{' for export' if r.direction == 'export' else ''} through {where} is banned for",
        "border_closed": f"The border at {where} is closed for",
        "sea_closed": f"The way by sea through {where} is closed for",
        "seasonal_limit": f"The way by {where} is shut for",
        "quota": f"Only {quota} pass through {where}, of",
        "weather": f"Weather stops work at {where}{f' ({quota})' if r.quota else ''} for",
        "draught": f"Low water at {where} lets ships load only {quota}, for",
        "export_stop": f"Export from {where} is reported suspended for",
        "warning": f"Take care at {where} ({r.note}), for",
    }[r.kind]
    papers = "; ".join(part for part in (r.document, f"source {r.source_id}") if part)
    return f"{head} {_scope(r)} {_when(r)} ({papers})."


def compliance_warnings(
    rules: Iterable[ComplianceRule],
    *,
    countries: AbstractSet[str],
    places: AbstractSet[str],
    modes: AbstractSet[str],
    cargo: Cargo,
    equipment: str,
    origin_country: str,
    destination_country: str,
    day: dt.date,
    known_on: dt.date,
) -> list[ComplianceRule]:
    """Rules that warn on a route, one for each code: of two in force the later begun speaks.

    Args:
        countries, places, modes: everything the route touches.
        equipment: id of what the cargo leaves the origin in.
        day: when the goods are ready; `known_on`: the day of the quote.
    """
    found: dict[str, ComplianceRule] = {}
    for rule in rules:
        if (
            rule.warning_code
            and rule.valid.contains(day)
            and _known(rule.valid.start, known_on)
            and all(any_of & countries for any_of in rule.countries)
            and (not rule.places or rule.places & places)
            and (not rule.mode or (equipment in BOXES if rule.mode == "container" else rule.mode in modes))
            and (not rule.cargo or any(word == cargo.id or word in cargo.groups for word in rule.cargo))
            and (not rule.origins or origin_country in rule.origins)
            and (not rule.destinations or destination_country in rule.destinations)
        ):
            rival = found.get(rule.warning_code)
            if rival is None or _begins(rule.valid) >= _begins(rival.valid):
                found[rule.warning_code] = rule
    return list(found.values())


def _known(since: dt.date | None, known_on: dt.date) -> bool:
    return since is None or since <= known_on


def _begins(valid: Validity) -> dt.date:
    return valid.start or dt.date.min


def _speaks_of_cargo(r: Restriction, cargo: Cargo, wagon_type: str) -> bool:
    if r.kind == "draught" and "bulk" not in cargo.groups:
        return False  # only ships with loose goods are filled to their draught
    for word in r.cargo_words:
        if word in ("", "all") or word == cargo.id:
            return True
        goods = word.removesuffix(IN_CONTAINER_TRAINS)
        if goods != word and wagon_type not in BOXES:
            continue
        if GROUP_OF_WORD.get(goods, goods) in cargo.groups:
            return True
    return False


def _speaks_of_wagon(r: Restriction, wagon_type: str) -> bool:
    if modes_of(r) == {"rail"} and wagon_type in (*TRUCKS, "bulk-vessel"):
        return False
    if r.wagon_type in ("", "all"):
        return True
    if r.wagon_type == "trailer-truck":
        # On a road a box rides on a trailer too.
        return wagon_type in TRUCKS or wagon_type in BOXES
    return r.wagon_type == wagon_type


def _speaks_of_direction(r: Restriction, origin_country: str, destination_country: str) -> bool:
    if r.direction != "export":
        return True
    selectors = [s for s in places_of(r) if s[0] == "country" and isinstance(s, tuple)]
    if selectors:
        return any(origin_country == s[1] != destination_country for s in selectors)
    return origin_country != destination_country and destination_country not in NOT_EXPORT_TO


def _place_words(selector: PlaceSelector, names: Mapping[str, str]) -> str:
    if isinstance(selector, str):
        return names.get(selector) or re.sub(r"^[a-z]{2}-", "", selector).replace("-", " ").title()
    word, *rest = selector
    if word == "road":
        return "the road " + " - ".join(_place_words(p, names) for p in rest)
    if word == "country":
        return _country(rest[0])
    return "the Strait of Hormuz" if rest[0] == "hormuz" else rest[0]


def _scope(r: Restriction) -> str:
    goods = "all goods" if r.cargo in ("", "all") else _and(list(r.cargo_words))
    words = [goods]
    if r.wagon_type == "trailer-truck":
        words.append("on trailer trucks")
    elif r.wagon_type not in ("", "all"):
        words.append(f"in {r.wagon_type.replace('-', ' ')}s")
    if r.wagon_owner not in ("", "all"):
        words.append(f"in {r.wagon_owner}-owned wagons")
    if r.origins:
        words.append(f"from {_and([_country(c) for c in sorted(r.origins)])}")
    if r.destinations:
        words.append(f"to {_and([_country(c) for c in sorted(r.destinations)])}")
    if r.exempt_words:
        words.append(f"except {_and(list(r.exempt_words))}")
    free = [part.strip() for part in r.exceptions.split(";") if part.strip() and part.strip() not in GROUP_OF_WORD]
    if free:
        words.append(f"(apart from {re.sub(r'[()]', '', '; '.join(free))})")
    return " ".join(words)


def _when(r: Restriction) -> str:
    if r.months:
        return f"in months {', '.join(str(m) for m in sorted(r.months))} of each year"
    since = f"from {r.valid.start}" if r.valid.start else ""
    if r.valid.end:
        return f"{since} until {r.valid.end}".strip()
    state = "shut at last report of" if shuts(r) else "last report of"
    report = f", {state} {r.last_confirmed}" if r.last_confirmed else ""
    return f"{since or 'at any time'}, no end known{report}" if since or report else "at any time"


def _country(code: str) -> str:
    return COUNTRY_NAMES.get(code, code)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
