"""Which restriction and which compliance rule speaks of a shipment.

A route search asks in this order: is the place mine (`places_of`), is it in force on the day the cargo is there and
known on the day of the quote (`in_force`), which of its exemptions may a shipment between these ends use on that day
(`narrowed`), does it speak of this cargo and wagon (`concerns`), on this mode (`modes_of`), does it shut or only warn
(`shuts`), and how is it said (`sentence`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal

from optimizer.restriction.exemption import GROUP_OF_WORD, UNKNOWN, Exemption, read_exemptions
from optimizer.restriction.model import IN_CONTAINER_TRAINS, SHUTTING, ComplianceRule, Restriction, Restrictions
from optimizer.restriction.quota import COUNTED, MODE_COUNTED, DailyLimit
from optimizer.shipment import CONTAINERS, TRUCKS, WAGONS, Cargo
from optimizer.validity import Validity

PlaceSelector = str | tuple[str, ...]

BOXES = frozenset((*CONTAINERS, "flat-wagon"))  # a flat wagon is quoted with its box
# Bans on export hold goods back on their way out of Kazakhstan; what is bound for these countries goes the other way.
NOT_EXPORT_TO = frozenset(("KZ", "RU"))
_MODES_OF_KIND = {"loading_ban": ("rail",), "sea_closed": ("sea",), "weather": ("sea",), "draught": ("sea",)}
_ALL_MODES = frozenset(("rail", "road", "sea"))
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
        counted = COUNTED.get(restriction.quota_unit)
        return frozenset((MODE_COUNTED[counted],)) if counted else _ALL_MODES
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


def asked_ends(
    restrictions: Restrictions,
    origins: Collection[str],
    destinations: Collection[str],
    day: dt.date,
    known_on: dt.date,
) -> tuple[str, str]:
    """The ids by which some row in force asks for a shipment's ends, each empty where none does.

    Args:
        origins, destinations: ids of the two locations.
    """
    origin = destination = ""
    for r, starts, ends in restrictions.asking_ends:
        if in_force(r, day, known_on):
            origin = origin or next((p for p in origins if p in starts), "")
            destination = destination or next((p for p in destinations if p in ends), "")
    return origin, destination


def narrowed(
    restriction: Restriction,
    *,
    day: dt.date,
    origins: AbstractSet[str] = frozenset(),
    origin_country: str = "",
    destinations: AbstractSet[str] = frozenset(),
    destination_country: str = "",
) -> Restriction:
    """The same row with the exemptions left that a shipment between these ends may use on this day.

    Exemptions that ask for an end or a day fit nothing until they were asked here. The row still reads as it did.

    Args:
        origins, destinations: ids of the locations; empty where the shipment's place is not looked at.
    """
    if not any(e.asks_lane for e in restriction.exemptions):
        return restriction
    asked = (e.of_lane(origins, origin_country, destinations, destination_country, day) for e in restriction.exemptions)
    return replace(restriction, left=tuple(e for e in asked if e is not None))


def concerns(
    restriction: Restriction,
    *,
    cargo: Cargo,
    wagon_type: str,
    owner: str,
    origin_country: str,
    destination_country: str,
    unit_t: Decimal | None = None,
) -> bool:
    """Whether every selector but place and date speaks of this shipment.

    Args:
        restriction: see `narrowed` for exemptions of origins, destinations and days.
        wagon_type: equipment id the cargo rides in at that place.
        owner: private, carrier or foreign.
        unit_t: tonnes in a unit; None: not known, and no exemption of small units fits.
    """
    r = restriction
    return (
        _speaks_of_cargo(r, cargo, wagon_type)
        and _speaks_of_wagon(r, wagon_type)
        and (r.wagon_owner in ("", "all") or r.wagon_owner == owner)
        and (not r.origins or origin_country in r.origins)
        and (not r.destinations or destination_country in r.destinations)
        and _speaks_of_direction(r, origin_country, destination_country)
        and not any(e.fits(cargo, wagon_type, owner, unit_t) for e in r.exemptions)
    )


def sentence(
    restriction: Restriction, names: Mapping[str, str] | None = None, touched: Collection[PlaceSelector] = ()
) -> str:
    """One sentence for the client: what is shut, for what, from when, until when, by what document.

    Args:
        names: names of places by id; without it they are made from the ids.
        touched: the selectors a way meets: of a list of roads only these are named; empty: all.

    >>> from optimizer.restriction.read import read_restrictions
    >>> print(sentence(read_restrictions().get("KTZ-2025-AKTAU-1")))   # doctest: +ELLIPSIS
    Loading for export through Aktau Port is banned for grain from 2025-10-06 until 2025-10-20 (source en.orda.kz-...).
    """
    r = restriction
    met = [p for p in places_of(r) if not touched or p[0] != "road" or p in touched]
    named = list(dict.fromkeys(_place_words(p, names or {}) for p in met))
    if len(named) > MOST_PLACES_NAMED:
        named = [*named[: MOST_PLACES_NAMED - 1], f"{len(named) - MOST_PLACES_NAMED + 1} more"]
    where = _and(named)
    quota = f"{r.quota} {r.quota_unit}".replace("/", " a ")
    head = {
        "loading_ban": f"Loading{' for export' if r.direction == 'export' else ''} through {where} is banned for",
        "border_closed": f"The border at {where} is closed for",
        "sea_closed": f"The way by sea through {where} is closed for",
        "seasonal_limit": f"The way by {where} is shut for",
        "quota": f"Only {quota} pass through {where} ({_wait_words(r.daily_limit)}), of",
        "weather": f"Weather stops work at {where}{f' ({quota})' if r.quota else ''} for",
        "draught": f"Low water at {where} lets ships load only {quota}, for",
        "export_stop": f"Export from {where} is reported suspended for",
        "warning": f"Take care at {where} ({r.note}), for",
    }[r.kind]
    papers = "; ".join(part for part in (r.document, f"source {r.source_id}") if part)
    return f"{head} {_scope(r, names or {})} {_when(r)} ({papers})."


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
    if modes_of(r) == {"road"} and wagon_type in WAGONS and wagon_type not in BOXES:
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


def _wait_words(limit: DailyLimit | None) -> str:
    """What a quota makes one wait, as far as it is known."""
    if limit is None or limit.tendered is None or limit.wait_days is None:
        return "how long the rest waits is not known"
    return f"{limit.number:,f} of {limit.tendered:,f} a day are accepted: about {limit.wait_days:.1f} days' wait"


def _exemption_words(e: Exemption, names: Mapping[str, str]) -> str:
    """An exemption as a client reads it: `paraxylene from Tendyk, up to 36 wagons a day, from 2025-06-04`."""

    def any_of(words: Iterable[str]) -> str:
        said = [w.removeprefix(UNKNOWN) if "-" not in w else _place_words(w, names) for w in words]
        return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]

    def ends(words: Iterable[str]) -> str:
        return any_of(COUNTRY_NAMES.get(w, w) for w in words)

    words = [_and([c.removeprefix(UNKNOWN) for c in e.cargo]) if e.cargo else "goods"]
    if e.origin:
        words.append(f"from {ends(e.origin)}")
    if e.destination:
        words.append(f"to {ends(e.destination)}")
    if e.equipment:
        words.append(f"in {_and([w.replace('-', ' ') + 's' for w in e.equipment])}")
    if e.owner:
        words.append(f"in {_and(list(e.owner))} wagons")
    if e.max_t is not None:
        words.append(f"of up to {e.max_t.normalize():f} t a unit")
    said = " ".join(words)
    if e.limit is not None:
        said += f", up to {e.limit.number:f} {e.limit.unit}s a day"
    if e.valid.start:
        said += f", from {e.valid.start}"
    if e.valid.end:
        said += f", until {e.valid.end}"
    return said


def _scope(r: Restriction, names: Mapping[str, str]) -> str:
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
    written = read_exemptions(r.exceptions)
    if let_through := [w.removeprefix(UNKNOWN) for e in written if e.only_goods for w in e.cargo]:
        words.append(f"except {_and(let_through)}")
    for e in written:
        if not e.only_goods and not e.note:
            words.append(f"(except {_exemption_words(e, names)})")
    if notes := [re.sub(r"[()]", "", e.note) for e in written if e.note]:
        words.append(f"(apart from {'; '.join(notes)})")
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
