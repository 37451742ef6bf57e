"""A quote as the client reads it: prices, what they hold, the route, and what must be known.

Prices come from the client's view alone. From the quote itself come only exchange rates, charged masses, the texts of
bans, and the daily rates of standing with the same margin on them as on the price.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from optimizer.document import figures
from optimizer.document.chart import route_map
from optimizer.document.content import Block, Cell, Column, Content, Table
from optimizer.document.letterhead import Letterhead
from optimizer.document.names import Names
from optimizer.document.notices import bans_of, warnings_of
from optimizer.document.sections import Part, how, parts_of
from optimizer.document.standing import standing_table
from optimizer.document.terms import conditions, excluded, included
from optimizer.document.words import BOX_OWNERSHIP, COUNTRIES, MODES, OWNERSHIP, RAILWAYS, UNITS, index, of, say
from optimizer.money import round_money, round_to

MOST_OTHERS = 6
_LEAST = re.compile(r"at least ([\d.]+) t a \w+, part tonne up")


def offer(
    quote: Mapping[str, Any], view: Mapping[str, Any], letterhead: Letterhead, names: Names, lang: str, client: str = ""
) -> Content:
    """The client's document.

    Args:
        quote: as stored.
        view: `optimizer.wire.client_of` of it.
        client: whom it is for; empty for nobody in particular.
    """
    request, way = view["request"], view["itineraries"][0]
    total, currency = Decimal(way["total"]["amount"]), way["total"]["currency"]
    boxed = names.families.get(request["equipment"]) == "container"
    parts = parts_of(way["charges"], way["legs"], names, lang)
    said = [
        *bans_of(quote["rejected"], names, lang),
        *warnings_of(way["warnings"], names, lang),
    ]
    return Content(
        lang=lang,
        sheet=say("sheet_offer", lang),
        title=say("offer", lang),
        subtitle=f"{names.place(way['legs'][0]['from'], lang)} – {names.place(way['legs'][-1]['to'], lang)}",
        mark="",
        number=view["quote_id"],
        issued=dt.datetime.fromisoformat(view["created_at"]),
        letterhead=letterhead,
        facts=tuple(facts(quote, view, names, lang, client)),
        price=price_table(request, total, currency, names, lang),
        parts=parts_table(parts, total, currency, lang),
        terms=(
            included(parts, lang),
            excluded(request, way, names, lang),
            conditions(view, letterhead.company, boxed, lang),
        ),
        standing=standing_table(quote["itineraries"][0], total, currency, names, lang),
        legs=legs_table(way, names, lang),
        others=others_table(view["itineraries"], names, lang),
        notices=Block(say("notices", lang), tuple(said)) if said else None,
        chart=route_map(way, names, lang),
    )


def facts(
    quote: Mapping[str, Any], view: Mapping[str, Any], names: Names, lang: str, client: str
) -> Iterable[tuple[str, str]]:
    """What is asked and for how long it stands, label and value."""
    request, way = view["request"], view["itineraries"][0]
    issued = dt.date.fromisoformat(request["as_of"])
    if client:
        yield say("client", lang), client
    yield say("issued", lang), figures.day(issued, lang)
    yield say("valid", lang), figures.day(dt.date.fromisoformat(view["valid_until"]), lang)
    yield say("loading", lang), _loading(request["ready"], view["valid_until"], lang)
    yield say("route", lang), " – ".join(_ends(way, names, lang))
    yield say("cargo", lang), _cargo(request["cargo"], names, lang)
    yield say("mass", lang), _mass(request, names, lang)
    charged = _charged(quote["itineraries"][0], lang)
    yield say("charged_mass", lang), charged or say("charged_as_carried", lang)
    kind = names.kind(request["equipment"], lang)
    boxed = names.families.get(request["equipment"]) == "container"
    yield say("equipment", lang), f"{kind}; {of(BOX_OWNERSHIP if boxed else OWNERSHIP, request['ownership'], lang)}"
    yield say("basis", lang), _basis(way, names, lang)
    transit = way["transit"]
    days = {at: figures.number(Decimal(str(transit[f"{at}_hours"])) / 24, lang, 1) for at in ("p50", "p90")}
    yield say("transit", lang), say("transit_value", lang, **days)
    co2 = figures.number(Decimal(str(way["co2e_kg"])) / 1000, lang, 1)
    km = figures.number(Decimal(str(way["distance_km"])), lang, 0)
    yield say("distance", lang), say("distance_value", lang, km=km, co2=co2)
    rates = _rates(quote["itineraries"][0], names, lang)
    yield say("fx", lang), "; ".join(rates) or say("fx_none", lang, currency=way["total"]["currency"])


def _loading(ready: str, until: str, lang: str) -> str:
    first, last = dt.date.fromisoformat(ready), dt.date.fromisoformat(until)
    key = "loading_window" if first < last else "loading_later"
    return say(key, lang, ready=figures.day(first, lang), until=figures.day(last, lang))


def _ends(way: Mapping[str, Any], names: Names, lang: str) -> Iterable[str]:
    for place in (way["legs"][0]["from"], way["legs"][-1]["to"]):
        yield f"{names.place(place, lang)} ({of(COUNTRIES, place['country'], lang)})"


def _cargo(cargo: str, names: Names, lang: str) -> str:
    labels = (("GNG", "ГНГ")[index(lang)], ("ETSNG", "ЕТСНГ")[index(lang)])
    codes = [f"{label} {code}" for label, code in zip(labels, names.codes.get(cargo, ("", "")), strict=True) if code]
    return ", ".join([names.cargo(cargo, lang), *codes])


def _mass(request: Mapping[str, Any], names: Names, lang: str) -> str:
    tonnes, units = Decimal(request["tonnes"]), request["units"]
    family = names.families.get(request["equipment"], "wagon")
    return say(
        "mass_value",
        lang,
        tonnes=figures.number(tonnes, lang),
        units=figures.counted(units, UNITS[family][index(lang)], lang),
        each=figures.number(round_to(tonnes / units, Decimal("0.001")), lang),
    )


def _charged(way: Mapping[str, Any], lang: str) -> str:
    """Masses a railway charges that are not those carried, with the least of a wagon."""
    found: dict[str, None] = {}
    for line in way["charges"]:
        if line["basis"] != "per chargeable t":
            continue
        least = _LEAST.search(line["description"])
        mass = figures.number(Decimal(line["quantity"]), lang)
        values = {"carrier": of(RAILWAYS, line["carrier"], lang), "mass": mass}
        if least and Decimal(least.group(1)):
            found[say("charged_at_least", lang, least=figures.number(Decimal(least.group(1)), lang), **values)] = None
        else:
            found[say("charged_stepped", lang, **values)] = None
    return "; ".join(found)


def _basis(way: Mapping[str, Any], names: Names, lang: str) -> str:
    block = way.get("incoterm")
    if not block:
        return say("basis_none", lang)
    if not block["applies"]:
        return say("basis_not", lang, rule=block["rule"])
    place = names.places.get(block["place"], (block["place"],) * 2)[index(lang)]
    sums = {
        party: figures.money(Decimal(block[party]["amount"]), block[party]["currency"], lang)
        for party in ("seller", "buyer")
    }
    return say("basis_split", lang, rule=block["rule"], place=place, **sums)


def _rates(way: Mapping[str, Any], names: Names, lang: str) -> list[str]:
    found: dict[str, None] = {}
    for line in way["charges"]:
        if line["fx_date"] is not None:
            day = figures.day(dt.date.fromisoformat(line["fx_date"]), lang)
            rate = figures.number(Decimal(line["fx_rate"]), lang)
            values = {"to": way["total"]["currency"], "rate": rate, "currency": line["currency"], "day": day}
            source = names.publishers.get(line["fx_source_id"]) or line["fx_source_id"]
            found[say("fx_value", lang, source=source, **values)] = None
    return list(found)


def price_table(request: Mapping[str, Any], total: Decimal, currency: str, names: Names, lang: str) -> Table:
    """The three rates, each with what rounding it leaves over, so that all come to the same total."""
    family = names.families.get(request["equipment"], "wagon")
    counts = (("per_tonne", Decimal(request["tonnes"])), (f"per_{family}", Decimal(request["units"])))
    rows = []
    for key, count in counts:
        rate = round_money(total / count)
        rows.append((say(key, lang), rate, count, rate * count, total - rate * count, total))
    rows.append((say("per_all", lang), total, Decimal(1), total, Decimal("0.00"), total))
    columns = (
        Column(say("rate", lang), width=1.6),
        Column(currency, "money", 1.2),
        Column(say("count", lang), "exact", 1.0),
        Column(say("product", lang), "money", 1.4),
        Column(say("remainder", lang), "money", 1.0),
        Column(say("total", lang), "money", 1.4),
    )
    return Table(say("prices", lang), columns, tuple(rows), note=say("remainder_note", lang))


def parts_table(parts: Iterable[Part], total: Decimal, currency: str, lang: str) -> Table:
    """The price by part; the last row is the total."""
    rows = [(part.title, part.where, part.amount) for part in parts]
    columns = (
        Column(say("part", lang), width=2.2),
        Column(say("section", lang), width=3.4),
        Column(currency, "money", 1.2),
    )
    return Table(say("parts", lang), columns, (*rows, (say("total", lang), "", total)), sum_row=True)


def legs_table(way: Mapping[str, Any], names: Names, lang: str) -> Table:
    """The legs with their kilometres and expected days."""
    rows: list[tuple[Cell, ...]] = []
    for number, leg in enumerate(way["legs"], start=1):
        start, end = names.place(leg["from"], lang), names.place(leg["to"], lang)
        rows.append(
            (
                number,
                start,
                end if end != start else "",
                how(leg, lang),
                Decimal(str(leg["distance_km"])) if leg["distance_km"] else None,
                Decimal(str(leg["expected_hours"])) / 24,
            )
        )
    km, days = Decimal(str(way["distance_km"])), Decimal(str(way["transit"]["expected_hours"])) / 24
    rows.append((None, say("hours_sum", lang), "", "", km, days))
    columns = (
        Column(say("number", lang), "whole", 0.4),
        Column(say("from", lang), width=2.0),
        Column(say("to", lang), width=2.0),
        Column(say("how", lang), width=2.0),
        Column(say("km", lang), "whole", 0.8),
        Column(say("days", lang), "tenths", 0.8),
    )
    return Table(say("legs", lang), columns, tuple(rows), sum_row=True)


def others_table(ways: list[Mapping[str, Any]], names: Names, lang: str) -> Table | None:
    """The other ways with price and days; None where there is one way only."""
    if len(ways) < 2:
        return None
    rows = []
    for way in ways[1 : 1 + MOST_OTHERS]:
        transit = way["transit"]
        rows.append(
            (
                way["rank"],
                through(way, names, lang),
                Decimal(way["total"]["amount"]),
                Decimal(way["per_tonne"]["amount"]),
                Decimal(str(transit["p50_hours"])) / 24,
                Decimal(str(transit["p90_hours"])) / 24,
            )
        )
    currency = ways[0]["total"]["currency"]
    columns = (
        Column(say("number", lang), "whole", 0.4),
        Column(say("by_way_of", lang), width=4.0),
        Column(f"{say('total', lang)}, {currency}", "money", 1.3),
        Column(f"{currency} {say('per_tonne', lang)}", "money", 1.0),
        Column(say("days_usual", lang), "tenths", 0.7),
        Column(say("days_slow", lang), "tenths", 0.8),
    )
    hidden = len(ways) - 1 - MOST_OTHERS
    note = say("others_note", lang) + (f" {say('others_more', lang, count=hidden)}" if hidden > 0 else "")
    return Table(say("others", lang), columns, tuple(rows), note=note)


def through(way: Mapping[str, Any], names: Names, lang: str) -> str:
    """A way in few words: where each haul ends, and by what it goes."""
    found: list[str] = []
    for leg in way["legs"]:
        if leg["kind"] == "haul" and leg["from"]["id"] != leg["to"]["id"]:
            found.append(f"{of(MODES, leg['mode'], lang)} {names.place(leg['to'], lang)}")
    return " > ".join(found)
