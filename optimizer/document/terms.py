"""The three lists under a price: included, not included, on condition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from optimizer.document import figures
from optimizer.document.content import Block
from optimizer.document.names import Names
from optimizer.document.sections import Part, railways
from optimizer.document.words import RAILWAYS, of, say

INSPECTIONS = frozenset({"phytosanitary", "fumigation"})


def included(parts: Collection[Part], lang: str) -> Block:
    """What the price holds: every section that is charged, with where it is paid; the railways in one line."""
    lines: dict[str, None] = {}
    by_rail = ", ".join(of(RAILWAYS, part.carrier, lang) for part in parts if part.section == "rail")
    for part in parts:
        if part.section == "rail":
            lines[say("all_railways", lang, railways=by_rail)] = None
        else:
            lines[f"{part.title}: {part.where}" if part.where else part.title] = None
    return Block(say("included", lang), tuple(lines))


def excluded(request: Mapping[str, Any], way: Mapping[str, Any], names: Names, lang: str) -> Block:
    """What is not charged and so is not in the price.

    Args:
        request, way: of a client's view.
    """
    legs = way["legs"]
    codes = {line["code"] for line in way["charges"]}
    through = "through" in codes
    by_rail = bool(railways(legs))
    boxed = names.families.get(request["equipment"]) == "container"
    own = request["ownership"] != "carrier"
    lacks = {
        "not_customs": True,
        "not_inspection": not codes & INSPECTIONS,
        "not_standing": True,
        "not_loading": not codes & {"loading", "lift"} and not through,
        "not_unloading": True,
        "not_insurance": "insurance" not in codes,
        "not_guard": not codes & {"guard", "security"},
        "not_empty": by_rail and "empty_return" not in codes and not through,
        "not_wagons": by_rail and not boxed and own and "hire" not in codes and not through,
        "not_boxes": boxed and own and "box_hire" not in codes and not through,
    }
    ends = {"not_loading": legs[0]["from"], "not_unloading": legs[-1]["to"]}
    lines = [
        say(key, lang, place=names.place(ends[key], lang)) if key in ends else say(key, lang)
        for key, lacking in lacks.items()
        if lacking
    ]
    return Block(say("excluded", lang), tuple(lines))


def conditions(view: Mapping[str, Any], company: str, boxed: bool, lang: str) -> Block:
    """On what condition the price stands.

    Args:
        view: a client's view; its first way is offered.
        company: of the letterhead, who gives the payer codes; empty: the forwarder.
        boxed: whether the goods leave the origin in containers.
    """
    way, request = view["itineraries"][0], view["request"]
    legs = way["legs"]
    until = dt.date.fromisoformat(view["valid_until"])
    by_rail = railways(legs)
    hauls = {leg["mode"] for leg in legs if leg["kind"] == "haul"}
    to_load = dt.date.fromisoformat(request["ready"]) <= until
    lines = [say("if_valid_loading" if to_load else "if_valid", lang, until=figures.day(until, lang))]
    if by_rail:
        lines.append(say("if_plan", lang))
    lines.append(say("if_tariff" if by_rail else "if_tariff_road", lang))
    if by_rail:
        names = ", ".join(of(RAILWAYS, carrier, lang) for carrier in by_rail)
        lines.append(say("if_payer", lang, railways=names, who=company or say("forwarder", lang)))
    if "sea" in hauls:
        lines.append(say("if_sea", lang))
    if "road" in hauls:
        lines.append(say("if_trucks", lang))
    lines.append(say("if_mass", lang))
    if boxed and request["ownership"] == "carrier":
        lines.append(say("if_detention", lang))
    if any(line["code"] == "empty_return" for line in way["charges"]):
        lines.append(say("if_return", lang))
    return Block(say("conditions", lang), tuple(lines))
