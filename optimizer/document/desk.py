"""A quote as the desk reads it: what it costs us, with the derivation of every line. Not for the client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from optimizer.charge_names import CHARGE_NAMES
from optimizer.document import figures
from optimizer.document.content import Cell, Column, Content, Table
from optimizer.document.letterhead import Letterhead
from optimizer.document.names import Names
from optimizer.document.offer import offer
from optimizer.document.sections import carrier_name, stretch
from optimizer.document.words import BASES_RU, CHARGES_RU, STATUSES, of, say
from optimizer.margin import client_view


def desk(quote: Mapping[str, Any], letterhead: Letterhead, names: Names, lang: str, client: str = "") -> Content:
    """The desk's sheet: prices are what the ways cost us, the margin is stated beside them, every line is derived."""
    costs = [Decimal(way["total"]["amount"]) for way in quote["itineraries"]]
    view = client_view(quote, costs, CHARGE_NAMES)
    for shown, way in zip(view["itineraries"], quote["itineraries"], strict=True):
        shown["warnings"] = way["warnings"]
    plain = offer(quote, view, letterhead, names, lang, client)
    return replace(
        plain,
        sheet=say("sheet_desk", lang),
        title=say("desk", lang),
        mark=say("internal", lang),
        facts=(*plain.facts, *_own_facts(quote, lang)),
        lines=lines_table(quote["itineraries"][0], names, lang),
    )


def _own_facts(quote: Mapping[str, Any], lang: str) -> Iterable[tuple[str, str]]:
    way = quote["itineraries"][0]
    currency = way["total"]["currency"]
    margin = way.get("margin")
    if margin:
        sums = (f"{say(key, lang)} {_money(margin[key], lang)}" for key in ("buy", "sell", "gain"))
        yield say("margin", lang), "; ".join((margin["rule"], *sums))
    low, high = (figures.money(Decimal(way["band"][end]), currency, lang) for end in ("low", "high"))
    yield say("band", lang), f"{low} – {high}"
    share = figures.number(Decimal(str(way["published_share"])) * 100, lang, 0)
    yield say("published", lang), say("published_value", lang, share=share)
    late = (way["transit"].get("late_cost") or {}).get("p90") or {}
    if "total" in late:
        yield say("late_p90", lang), say("late_value", lang, amount=_money(late["total"], lang))
    if quote["request"].get("defaults"):
        yield say("defaults", lang), "; ".join(quote["request"]["defaults"])
    yield say("versions", lang), ", ".join(f"{name} {value}" for name, value in quote["versions"].items())


def _money(value: Mapping[str, str], lang: str) -> str:
    return figures.money(Decimal(value["amount"]), value["currency"], lang)


def lines_table(way: Mapping[str, Any], names: Names, lang: str) -> Table:
    """One row a charge line: railway, section, derivation, rate, coefficient, rounding, rule, document, source."""
    currency = way["total"]["currency"]
    rows: list[tuple[Cell, ...]] = []
    for number, line in enumerate(way["charges"], start=1):
        leg = way["legs"][line["leg"]] if line["leg"] is not None else None
        rows.append(
            (
                number,
                CHARGES_RU.get(line["code"], line["code"])
                if lang == "ru"
                else CHARGE_NAMES.get(line["code"], line["code"]),
                _carrier(line["carrier"], names, lang),
                stretch(leg, names, lang) if leg else "",
                Decimal(str(leg["distance_km"])) if leg and leg["distance_km"] else None,
                line["description"],
                BASES_RU.get(line["basis"], line["basis"]) if lang == "ru" else line["basis"],
                Decimal(line["quantity"]),
                Decimal(line["rate"]),
                Decimal(line["coefficient"]),
                Decimal(line["amount"]),
                line["currency"],
                Decimal(line["fx_rate"]),
                dt.date.fromisoformat(line["fx_date"]) if line["fx_date"] else None,
                Decimal(line["amount_quote"]),
                _rounding(line.get("rounding", ""), lang),
                "; ".join((line["rule_id"], *line["coefficient_ids"])),
                _document(line),
                dt.date.fromisoformat(line["document_date"]) if line.get("document_date") else None,
                line["source_id"],
                of(STATUSES, line["status"], lang),
            )
        )
    blank: list[Cell] = [None] * len(rows[0]) if rows else [None] * 21
    blank[1], blank[14] = say("total", lang), Decimal(way["total"]["amount"])
    columns = (
        Column(say("number", lang), "whole", 0.5),
        Column(say("line_charge", lang), width=1.9),
        Column(say("line_carrier", lang), width=1.5),
        Column(say("section", lang), width=2.3),
        Column(say("km", lang), "whole", 0.7),
        Column(say("line_text", lang), width=3.2),
        Column(say("line_basis", lang), width=1.3),
        Column(say("line_quantity", lang), "exact", 1.2),
        Column(say("line_rate", lang), "exact", 1.0),
        Column(say("line_coefficient", lang), "exact", 0.8),
        Column(say("line_amount", lang), "money", 1.3),
        Column(say("line_currency", lang), width=0.7),
        Column(say("line_fx", lang), "exact", 1.0),
        Column(say("line_fx_day", lang), "day", 1.1),
        Column(currency, "money", 1.4),
        Column(say("line_rounding", lang), width=1.3),
        Column(say("line_rule", lang), width=2.0),
        Column(say("line_document", lang), width=2.9),
        Column(say("line_document_day", lang), "day", 1.1),
        Column(say("line_source", lang), width=2.8),
        Column(say("line_status", lang), width=1.6),
    )
    return Table(say("lines", lang), columns, (*rows, tuple(blank)), sum_row=True)


def _carrier(carrier: str, names: Names, lang: str) -> str:
    """Who charges; of a through rate the chain of its places."""
    chain = carrier.split(";")
    if len(chain) == 1:
        return carrier_name(carrier, lang)
    return " – ".join(names.place({"id": place_id, "name": place_id}, lang) for place_id in chain)


def _rounding(text: str, lang: str) -> str:
    """The rounding of a rule in words; it is half up always.

    >>> _rounding("unit:1:before", "en"), _rounding("line:0.01:after", "ru")
    ('each unit to 1, before the coefficient', 'строка до 0,01')
    """
    if text.count(":") != 2:
        return text
    per, step, when = text.split(":")
    point = say("rounded_before", lang) if when != "after" else ""
    return (
        say("rounded_unit" if per == "unit" else "rounded_line", lang, step=figures.number(Decimal(step), lang)) + point
    )


def _document(line: Mapping[str, Any]) -> str:
    """The document of the rule, then those of its coefficients."""
    own = line.get("document") or line["source_id"]
    factors = (f"{c['coef_id']} = {c['value']}: {c['document']}" for c in line.get("coefficients", ()))
    return "; ".join((own, *factors))
