"""The checklist of one way of a quote, from the quote itself and the table of what is wanted where."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optimizer.checklist.model import Checklist, Item, Requirement
from optimizer.checklist.read import read_requirements
from optimizer.errors import RequestError
from optimizer.network.model import Place
from optimizer.shipment import Cargo, Equipment

RAILWAYS_RU = {
    "KTZ": "КЗХ",
    "TDY": "ТРК",
    "UTY": "УТИ",
    "RAI": "РАИ",
    "ARA": "АФГ",
    "PR": "ПЖД",
    "RZD": "РЖД",
    "CR": "КЖД",
}
COUNTRIES = {
    "KZ": ("Kazakhstan", "Казахстан"), "TM": ("Turkmenistan", "Туркменистан"), "UZ": ("Uzbekistan", "Узбекистан"),
    "IR": ("Iran", "Иран"), "AF": ("Afghanistan", "Афганистан"), "PK": ("Pakistan", "Пакистан"),
    "AZ": ("Azerbaijan", "Азербайджан"), "RU": ("Russia", "Россия"), "CN": ("China", "Китай"),
}  # fmt: skip
OWNERSHIP_RU = {"private": "собственный", "carrier": "инвентарный", "foreign": "иностранный"}
PLAN_SOURCE = ("wikirail.ru-5d1e", "derived")
OWN_SOURCE = ("keruen-estimate", "estimated")
# Fields of the loading request nobody but the parties can fill in: (key, English, Russian, who).
WANTED = (
    ("consignor", "Consignor, its code and address", "Грузоотправитель, код и адрес", "consignor"),
    ("consignee", "Consignee, its code and address", "Грузополучатель, код и адрес", "consignee"),
    ("contract", "Contract with the railway or its forwarder", "Договор с дорогой или экспедитором", "forwarder"),
)
_LAPSED = re.compile(r"^(?P<what>.*?): the rate ended on (?P<day>\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, slots=True)
class _Spot:
    """A border, railway, port, country, or the shipment, met by a way."""

    key: str
    en: str
    ru: str
    names: frozenset[str]  # what `where` may call it
    modes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a quote does not carry itself: names and codes of places, goods and wagons."""

    places: Mapping[str, Place]
    cargoes: Mapping[str, Cargo]
    equipment: Mapping[str, Equipment]


def checklist(
    quote: Mapping[str, Any],
    facts: Facts,
    *,
    rank: int = 1,
    done: Iterable[str] = (),
    table: Sequence[Requirement] | None = None,
) -> Checklist:
    """What must be at hand before a way of a quote is loaded.

    Args:
        quote: as the store keeps it.
        rank: which of its ways was accepted.
        done: keys of items at hand, `KEY` or `KEY=what is known`.

    Raises:
        RequestError: the quote has no such way (`unknown_rank`), or a key is none of the list (`unknown_item`).
    """
    ways = quote["itineraries"]
    if not 1 <= rank <= len(ways):
        raise RequestError(
            f"Quote {quote['quote_id']} has {len(ways)} itineraries, not {rank}.",
            code="unknown_rank",
            field="rank",
            hint="Give a lower --rank.",
        )
    asked, way = quote["request"], ways[rank - 1]
    loading = dt.date.fromisoformat(asked["ready"])
    spots = _spots(asked, way, facts)
    words = _goods_words(asked, facts)
    items = [*_plan_data(asked, way, facts)]
    for row in read_requirements() if table is None else table:
        if row.cargo and not row.cargo & words:
            continue
        for spot in spots[row.per]:
            if (not row.mode or row.mode in spot.modes) and (row.where == "*" or _fits(row.where, spot.names)):
                items.append(_item(row, spot, loading))
    items += _awaited(quote, way, loading)
    return Checklist(quote["quote_id"], rank, _route(way), loading, tuple(_with_done(items, done)))


def _item(row: Requirement, spot: _Spot, loading: dt.date) -> Item:
    key = row.item_id if row.per in ("shipment", "country") else f"{row.item_id}:{spot.key}"
    by = None if row.days_before is None else loading - dt.timedelta(days=row.days_before)
    return Item(
        key, row.kind, spot.en, spot.ru, row.item_en, row.item_ru, row.who, by, "", False, row.note, row.source_id,
        row.status,
    )  # fmt: skip


def _fits(where: str, names: frozenset[str]) -> bool:
    """Whether a place is meant: `*>TM` is any border into Turkmenistan, `load:*` any port of loading.

    >>> _fits("*>TM", frozenset({"KZ>TM"})), _fits("KZ>TM", frozenset({"TM>IR"})), _fits("load:*", frozenset({"load:KZ"}))
    (True, False, True)
    """
    pattern = re.compile(re.escape(where).replace(r"\*", ".*"))
    return any(pattern.fullmatch(name) for name in names)


def _spots(asked: Mapping[str, Any], way: Mapping[str, Any], facts: Facts) -> dict[str, list[_Spot]]:
    """What the way meets, by kind, in order."""
    legs = way["legs"]
    modes = frozenset(leg["mode"] for leg in legs if leg["kind"] == "haul")
    found: dict[str, dict[str, _Spot]] = {name: {} for name in ("shipment", "railway", "border", "port", "country")}
    found["shipment"][""] = _Spot("", "", "", frozenset({"*"}), modes)
    origin, destination = (facts.places[asked[end]].country for end in ("origin", "destination"))

    def keep(per: str, key: str, en: str, ru: str, names: Iterable[str], of: Iterable[str]) -> None:
        before = found[per].get(key)
        all_modes = frozenset(of) | (before.modes if before else frozenset())
        found[per][key] = _Spot(key, en, ru, frozenset(names), all_modes)

    for leg in legs:
        start, end = leg["from"], leg["to"]
        for country in dict.fromkeys((start["country"], end["country"])):
            role = "origin" if country == origin else "destination" if country == destination else "transit"
            en, ru = COUNTRIES.get(country, (country, country))
            keep("country", country, en, ru, (country, f"{country}:{role}"), {leg["mode"]} - {"none"})
        if leg["kind"] == "haul" and leg["mode"] == "rail":
            carrier = leg["carrier"]
            keep("railway", carrier, carrier, RAILWAYS_RU.get(carrier, carrier), (carrier,), ("rail",))
        if leg["kind"] == "border" and start["country"] != end["country"]:
            key = f"{start['id']}|{end['id']}"
            en, ru = (" - ".join(_name(facts, place["id"], lang) for place in (start, end)) for lang in ("en", "ru"))
            keep("border", key, en, ru, (f"{start['country']}>{end['country']}", key), (leg["mode"],))
        if leg["kind"] == "haul" and leg["mode"] == "sea":
            for place, does in ((start, "load"), (end, "discharge")):
                names = (f"{does}:{place['country']}", f"{does}:{place['id']}")
                en, ru = (_name(facts, place["id"], lang) for lang in ("en", "ru"))
                keep("port", place["id"], en, ru, names, ("sea",))
    return {per: list(spots.values()) for per, spots in found.items()}


def _name(facts: Facts, place_id: str, lang: str) -> str:
    place = facts.places.get(place_id)
    if place is None:
        return place_id
    return (place.name_ru or place.name_en) if lang == "ru" else place.name_en


def _goods_words(asked: Mapping[str, Any], facts: Facts) -> frozenset[str]:
    cargo = facts.cargoes[asked["cargo"]]
    boxed = facts.equipment[asked["equipment"]].family == "container"
    return frozenset({cargo.id, *cargo.groups, asked["ownership"], *(("container",) if boxed else ())})


def _route(way: Mapping[str, Any]) -> str:
    stops: list[str] = []
    for leg in way["legs"]:
        if leg["kind"] == "haul":
            stops += [end for end in (leg["from"]["name"], leg["to"]["name"]) if not stops or stops[-1] != end]
    return " > ".join(stops)


def _plan_data(asked: Mapping[str, Any], way: Mapping[str, Any], facts: Facts) -> Iterator[Item]:
    """The fields of the loading request, filled from the quote where it knows them."""
    origin, destination = (facts.places[asked[end]] for end in ("origin", "destination"))
    cargo, equipment = facts.cargoes[asked["cargo"]], facts.equipment[asked["equipment"]]
    on_rails = any(leg["kind"] == "haul" and leg["mode"] == "rail" for leg in way["legs"])
    borders = [f"{leg['from']['name']} - {leg['to']['name']}" for leg in way["legs"] if leg["kind"] == "border"]
    known: list[tuple[str, str, str, str, str]] = [
        ("month", "Month of loading", "Месяц погрузки", asked["ready"][:7], "forwarder"),
        ("station", "Place of loading", "Место погрузки", f"{origin.name_en} / {origin.name_ru}", "forwarder"),
        ("destination", "Destination", "Назначение", f"{destination.name_en} / {destination.name_ru}", "forwarder"),
        ("cargo", "Goods", "Груз", f"{cargo.name_en} / {cargo.name_ru}", "consignor"),
        ("tonnes", "Tonnes", "Масса, т", asked["tonnes"], "consignor"),
        ("units", "Wagons, containers or trucks", "Вагонов, контейнеров, машин", str(asked["units"]), "forwarder"),
        ("equipment", "Kind", "Род", f"{equipment.name_en} / {equipment.name_ru}", "forwarder"),
        ("ownership", "Whose", "Принадлежность", f"{asked['ownership']} / {OWNERSHIP_RU[asked['ownership']]}", "forwarder"),
    ]  # fmt: skip
    if borders:
        known.append(("borders", "Border crossings", "Погранпереходы", "; ".join(borders), "forwarder"))
    if on_rails:
        known += [
            ("station-code", "Code of the station of loading (ESR)", "Код станции погрузки (ЕСР)", origin.esr_code, "forwarder"),
            ("destination-code", "Code of the destination station", "Код станции назначения", destination.esr_code, "forwarder"),
            ("etsng", "ETSNG code of the goods", "Код груза ЕТСНГ", cargo.etsng_code, "consignor"),
        ]  # fmt: skip
    known.append(("gng", "GNG code of the goods", "Код груза ГНГ", cargo.gng_code, "consignor"))
    if asked["ownership"] != "carrier":
        known.append(
            ("owner", "Owner of the wagons or containers", "Собственник вагонов или контейнеров", "", "wagon_owner")
        )
    known += [(key, en, ru, "", who) for key, en, ru, who in WANTED]
    source, status = PLAN_SOURCE if on_rails else OWN_SOURCE
    for key, en, ru, value, who in known:
        yield Item(f"PLAN.{key}", "plan_data", "", "", en, ru, who, None, value, bool(value), "", source, status)


def _awaited(quote: Mapping[str, Any], way: Mapping[str, Any], loading: dt.date) -> Iterator[Item]:
    """Letters the price waits for: rates that have ended and are carried forward, and the end of the quote itself."""

    def item(key: str, en: str, ru: str, source: str, status: str) -> Item:
        return Item(key, "telegram", "", "", en, ru, "forwarder", loading, "", False, "", source, status)

    number = 0
    for warning in way["warnings"]:
        found = _LAPSED.match(warning["text"])
        if warning["code"] == "rate_carried_forward" and found:
            number += 1
            yield item(
                f"RATE-{number}",
                f"A rate in force for {found['what']}: the last one ended on {found['day']}",
                f"Действующая ставка: {found['what']} (прежняя действовала до {found['day']})",
                warning["source_id"] or OWN_SOURCE[0],
                "derived",
            )
    if dt.date.fromisoformat(quote["valid_until"]) < loading:
        yield item(
            "REQUOTE",
            f"The quote asked again: it is valid until {quote['valid_until']}, loading is on {loading}",
            f"Пересчет: ставка действительна до {quote['valid_until']}, погрузка {loading}",
            *OWN_SOURCE,
        )


def _with_done(items: Sequence[Item], done: Iterable[str]) -> list[Item]:
    """Items with what was told of them.

    Raises:
        RequestError: a key is none of the list.
    """
    told: dict[str, str] = {}
    for word in done:
        key, _, value = word.partition("=")
        told[key.strip()] = value.strip()
    unknown = told.keys() - {item.key for item in items}
    if unknown:
        raise RequestError(
            f"{', '.join(sorted(unknown))} is no item of this checklist.",
            code="unknown_item",
            field="done",
            hint=f"Its items are {', '.join(item.key for item in items)}.",
        )
    return [
        replace(item, done=True, value=told[item.key] or item.value) if item.key in told else item for item in items
    ]
