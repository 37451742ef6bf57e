"""Charge lines of a way as the parts of a price: what is in it, what is not, and on what condition it stands.

Everything follows from the charges and legs that really stand in the quote: a line "return of the empties" is in the
list of what is included because it is charged, else in the list of what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.document.names import Names
from optimizer.document.words import COUNTRIES, RAILWAYS, SECTIONS, SERVICES, index, of

ZERO = Decimal(0)
SECTION_OF = {
    "carriage": "rail",
    "through": "through",
    "hire": "wagons",
    "platform_hire": "boxes",
    "box_hire": "boxes",
    "empty_return": "empty",
    "loading": "loading",
    "lift": "lift",
    "rail_border": "border",
    "rail_border_default": "border",
    "road_border": "border",
    "road_border_default": "border",
    "bridge": "border",
    "documents": "border",
    "truck_fee": "border",
    "transfer_fee": "border",
    "seal": "border",
    "permit": "border",
    "customs": "border",
    "tir": "border",
    "phytosanitary": "border",
    "fumigation": "border",
    "reload": "transfer",
    "bogie_change": "transfer",
    "transship": "transfer",
    "swap": "transfer",
    "port_load": "port",
    "port_discharge": "port",
    "port_box": "port",
    "sea_freight": "sea",
    "truck": "road",
    "road_toll": "road",
    "insurance": "insurance",
    "insurance_supplement": "insurance",
    "demurrage": "standing",
    "detention": "standing",
    "storage": "standing",
    "guard": "guard",
    "security": "guard",
    "subsidy": "subsidy",
    "freight": "freight",
}
ORDER = tuple(SECTIONS)
BY_CARRIER = frozenset({"rail", "road"})
SEA_SURCHARGES = frozenset({"war_risk", "congestion", "fuel", "season"})
MOST_PLACES = 4  # pairs of places a section names


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the price.

    Attributes:
        where: the stretches of the way it is paid for.
        amount: in the currency of the quote.
    """

    section: str
    carrier: str
    title: str
    where: str
    amount: Decimal


def section_of(line: Mapping[str, Any], legs: list[Mapping[str, Any]]) -> str:
    """The section a charge line belongs to."""
    code = line["code"]
    if code in SEA_SURCHARGES and line["leg"] is not None:
        return "sea" if legs[line["leg"]]["mode"] == "sea" else "other"
    return SECTION_OF.get(code, "other")


def parts_of(
    charges: Iterable[Mapping[str, Any]], legs: list[Mapping[str, Any]], names: Names, lang: str
) -> list[Part]:
    """The charges summed by section, rail and road by carrier too; in the order of `SECTIONS`.

    Args:
        charges: of a client's view (key `amount`), so that the sum is what the client pays.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    stretches: dict[tuple[str, str], list[str]] = {}
    for line in charges:
        section = section_of(line, legs)
        carrier = line["carrier"] if section in BY_CARRIER else ""
        key = (section, carrier)
        sums[key] = sums.get(key, ZERO) + Decimal(line["amount"])
        where = stretches.setdefault(key, [])
        if line["leg"] is not None and section not in ("wagons", "boxes", "empty"):
            text = stretch(legs[line["leg"]], names, lang)
            if text not in where:
                where.append(text)
        elif section == "empty" and line["carrier"]:
            railway = of(RAILWAYS, line["carrier"], lang)
            if railway not in where:
                where.append(railway)
    found = [
        Part(
            section,
            carrier,
            title(section, carrier, lang),
            _few(stretches[section, carrier], ", " if section == "empty" else "; "),
            amount,
        )
        for (section, carrier), amount in sums.items()
    ]
    return sorted(found, key=lambda part: ORDER.index(part.section))


def title(section: str, carrier: str, lang: str) -> str:
    """What a section is called.

    >>> title("rail", "KTZ", "ru"), title("road", "ROAD-IR", "en")
    ('Железнодорожный тариф КТЖ/КЗХ', 'Road haulage, Iran')
    """
    return SECTIONS[section][index(lang)].format(carrier=carrier_name(carrier, lang)).strip()


def carrier_name(carrier: str, lang: str) -> str:
    """A railway, the country of a haulier or of a fee, or a shipping line by its own name.

    >>> carrier_name("ROAD-IR", "ru"), carrier_name("TDY", "ru"), carrier_name("TM", "en")
    ('Иран', 'ТРК', 'Turkmenistan')
    """
    country = carrier.removeprefix("ROAD-")
    return of(COUNTRIES, country, lang) if country in COUNTRIES else of(RAILWAYS, carrier, lang)


def stretch(leg: Mapping[str, Any], names: Names, lang: str) -> str:
    """From where to where, or where.

    >>> from optimizer.document.names import read_names
    >>> leg = {"from": {"id": "kz-aktau-port"}, "to": {"id": "ir-amirabad-port"}}
    >>> stretch(leg, read_names(), "en")
    'Aktau Sea Commercial Port – Amirabad Port'
    """
    start, end = names.place(leg["from"], lang), names.place(leg["to"], lang)
    return start if leg["from"]["id"] == leg["to"]["id"] else f"{start} – {end}"


def _few(places: list[str], between: str) -> str:
    more = " ..." if len(places) > MOST_PLACES else ""
    return between.join(places[:MOST_PLACES]) + more


def how(leg: Mapping[str, Any], lang: str) -> str:
    """By what a leg goes, or what is done on it."""
    if leg["kind"] != "haul" or leg["mode"] == "sea":
        text = of(SERVICES, leg["service"], lang)
        return f"{text}, {leg['carrier']}" if leg["mode"] == "sea" and leg["carrier"] else text
    mode = of(SERVICES, leg["mode"] if leg["mode"] == "rail" else "truck", lang)
    return f"{mode}, {carrier_name(leg['carrier'], lang)}" if leg["carrier"] else mode


def railways(legs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Railways that carry on a way, in their order."""
    return list(dict.fromkeys(leg["carrier"] for leg in legs if leg["kind"] == "haul" and leg["mode"] == "rail"))
