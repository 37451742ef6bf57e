"""Buying and selling: the forwarder's margin on a quote, and the quote as the client may see it.

A margin is one or more parts and, if wished, a least amount:

    5%             of what the way costs the forwarder        3 USD/t        for each tonne
    150 USD        for the shipment                           40 USD/unit    for each wagon, container or truck
    5% + 3 USD/t min 200 USD

The client's view is built from lists of what a client may see, so a field added to a quote stays hidden until it is
listed here. The margin is spread over the charge lines in proportion to them; no buy figure is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.errors import RequestError
from optimizer.money import CURRENCIES, round_money
from optimizer.restriction.model import KINDS

ZERO = Decimal(0)
PER_CENT = Decimal("0.01")
MOST_PER_CENT = 1000
MOST_LETTERS = 200
EXAMPLE = "Write for example 5%, 3 USD/t, 40 USD/unit, 150 USD, or 5% + 3 USD/t min 200 USD."
_PART = re.compile(r"(\d{1,10}(?:\.\d{1,2})?) *(?:(%)|([a-z]{3})(?: */ *(t|unit))?)", re.ASCII | re.IGNORECASE)
_LEAST = re.compile(r" min ", re.IGNORECASE)
Convert = Callable[[Decimal, str], Decimal]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a margin: `amount` of `currency`, or per cent where `per` is "%".

    Attributes:
        per: "%", "t", "unit", or "" for the whole shipment.
    """

    amount: Decimal
    currency: str = ""
    per: str = ""

    def __str__(self) -> str:
        amount = f"{self.amount.normalize():f}"
        if self.per == "%":
            return f"{amount}%"
        return f"{amount} {self.currency}{f'/{self.per}' if self.per else ''}"


@dataclass(frozen=True, slots=True)
class Margin:
    """The sum of its parts, but `least` at the least. Its text parses to the same margin.

    >>> str(Margin((Part(Decimal("5.00"), per="%"), Part(Decimal(3), "USD", "t")), Part(Decimal(200), "USD")))
    '5% + 3 USD/t min 200 USD'
    """

    parts: tuple[Part, ...]
    least: Part | None = None

    def __str__(self) -> str:
        least = f" min {self.least}" if self.least is not None else ""
        return " + ".join(map(str, self.parts)) + least


def parse_margin(text: str) -> Margin | None:
    """The margin a person typed; None for an empty text.

    Raises:
        RequestError: it is not of the form above, is negative, more than 1000 %, or in a currency we do not know.

    >>> parse_margin("5% min 200 usd")
    Margin(parts=(Part(amount=Decimal('5'), currency='', per='%'),), least=Part(amount=Decimal('200'), currency='USD', per=''))
    >>> parse_margin("  ") is None
    True
    """
    plain = " ".join(text.split())
    if not plain:
        return None
    if len(plain) > MOST_LETTERS:
        raise _bad(f"A margin is written in at most {MOST_LETTERS} letters.")
    body, *floors = _LEAST.split(plain, maxsplit=1)
    parts = tuple(_part(piece) for piece in body.split("+"))
    if sum(part.amount for part in parts if part.per == "%") > MOST_PER_CENT:
        raise _bad(f"A margin of more than {MOST_PER_CENT} % is refused.")
    least = _part(floors[0]) if floors else None
    if least is not None and least.per:
        raise _bad(f"{floors[0]!r} cannot be the least margin, which is one amount for the shipment.")
    return Margin(parts, least)


def _part(text: str) -> Part:
    piece = text.strip()
    if piece.startswith(("-", "−")):
        raise _bad(f"The margin {piece!r} is negative.")
    match = _PART.fullmatch(piece)
    if match is None:
        raise _bad(f"{piece!r} is not a margin.")
    amount, per_cent, currency, per = match.groups()
    currency = (currency or "").upper()
    if currency and currency not in CURRENCIES:
        raise _bad(f"{currency} is not a currency we have rates of.", f"Use one of {', '.join(CURRENCIES)}.")
    return Part(Decimal(amount), currency, per_cent or (per or "").lower())


def _bad(message: str, hint: str = EXAMPLE) -> RequestError:
    return RequestError(message, code="bad_margin", field="margin", hint=hint)


def sell(total: Decimal, currency: str, mass_t: Decimal, units: int, margin: Margin, convert: Convert) -> Decimal:
    """What the client pays for what costs `total`, half up to the cent.

    Args:
        total: what the way costs the forwarder, in `currency`.
        mass_t: tonnes of the shipment.
        units: wagons, containers or trucks of the shipment.
        convert: an amount and its currency to the amount in `currency`; asked only for another currency.

    Raises:
        NoExchangeRate: from `convert`.

    >>> margin = parse_margin("5% + 3 USD/t")
    >>> sell(Decimal("332102.63"), "USD", Decimal(3000), 45, margin, lambda amount, _: amount)
    Decimal('357707.76')
    """

    def worth(part: Part) -> Decimal:
        if part.per == "%":
            return total * part.amount * PER_CENT
        amount = part.amount * {"t": mass_t, "unit": Decimal(units), "": Decimal(1)}[part.per]
        return amount if part.currency == currency else convert(amount, part.currency)

    gain = sum((worth(part) for part in margin.parts), ZERO)
    if margin.least is not None:
        gain = max(gain, worth(margin.least))
    return round_money(total + gain)


def spread(amounts: Sequence[Decimal], total: Decimal) -> list[Decimal]:
    """Amounts in proportion to these (whole cents) that add up to `total` exactly, to the cent; zero stays zero.

    Cents left over go to the largest remainders, the first of equal ones. Where the amounts add up to nothing there is
    no proportion, and all are zero.

    >>> [str(a) for a in spread([Decimal("1.00"), Decimal("0.00"), Decimal("2.00")], Decimal("3.50"))]
    ['1.17', '0.00', '2.33']
    """
    weights = [int(amount.scaleb(2)) for amount in amounts]
    whole, cents = sum(weights), int(total.scaleb(2))
    if whole <= 0:
        return [Decimal("0.00")] * len(weights)
    shares = [divmod(cents * weight, whole) for weight in weights]
    left = cents - sum(share for share, _ in shares)
    first = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))[:left]
    return [Decimal(share + (i in first)).scaleb(-2) for i, (share, _) in enumerate(shares)]


# ---- the client's view -------------------------------------------------------------------------------

QUOTE_KEYS = ("quote_id", "created_at", "valid_until")
REQUEST_KEYS = (
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "units",
    "equipment",
    "ownership",
    "ready",
    "due",
    "as_of",
    "currency",
    "incoterm",
)
ITINERARY_KEYS = ("rank", "labels", "distance_km", "co2e_kg", "route")
TRANSIT_KEYS = ("expected_hours", "p50_hours", "p90_hours", "departure", "arrival_p50", "arrival_p90", "status")
LEG_KEYS = (
    "kind",
    "mode",
    "carrier",
    "service",
    "equipment",
    "units",
    "distance_km",
    "expected_hours",
    "sd_hours",
    "ends_expected",
    "co2e_kg",
    "geometry",
    "path",
)
SHIFT_KEYS = ("kind", "hours", "added_hours", "place", "country", "days", "name")
EMISSION_KEYS = ("wtt_kg", "ttw_kg", "wtw_kg", "activity_t_km", "factor_id", "electric_share", "status")
PLACE_KEYS = ("id", "name", "country", "lat", "lon")
CHARGE_KEYS = ("code", "leg", "carrier", "party")
REJECTED_KEYS = ("what", "reason_code", "until")
# Warnings that speak of the way and the goods. Those of tariffs and exchange rates speak of what we buy at.
CLIENT_WARNINGS = frozenset(
    (
        *KINDS,
        "caspian_grain_pause",
        "consignment_note_change",
        "container_deposit",
        "border_hours",
        "drivers_visa",
        "holiday",
        "import_ban",
        "licence_needed",
        "many_trucks",
        "no_cargo_value",
        "origin_certificate",
        "quarantine_inspection",
        "restriction_ignored",
        "sanctions_chabahar",
        "sanctions_iran",
        "sanctions_un_unverified",
        "small_parcel",
        "transit_not_verified",
        "transit_seal",
        "weekend",
    )
)


def client_view(quote: Mapping[str, Any], sells: Sequence[Decimal], names: Mapping[str, str]) -> dict[str, Any]:
    """A copy of a quote with sell prices and nothing from which the buy prices follow.

    Args:
        quote: plain data; with `party` and `incoterm` where an Incoterm was asked for.
        sells: the sell total of each itinerary in their order, in the currency of the quote (see `sell`).
        names: what a charge code is called on a client's sheet; another code is told in its own words.

    Raises:
        ValueError: as many sell totals as itineraries are not given.
    """
    request = quote["request"]
    mass_t, units = Decimal(request["tonnes"]), request["units"]
    return {
        **_pick(quote, QUOTE_KEYS),
        "request": _pick(request, REQUEST_KEYS),
        "itineraries": [
            _itinerary(it, total, mass_t, units, names) for it, total in zip(quote["itineraries"], sells, strict=True)
        ],
        "rejected": [_pick(r, REJECTED_KEYS) for r in quote["rejected"]],
    }


def _pick(data: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data}


def _itinerary(
    it: Mapping[str, Any], total: Decimal, mass_t: Decimal, units: int, names: Mapping[str, str]
) -> dict[str, Any]:
    currency = it["total"]["currency"]
    charges = _charges(it, total, names)
    view = {
        **_pick(it, ITINERARY_KEYS),
        "total": _money(total, currency),
        "per_tonne": _money(total / mass_t, currency),
        "per_unit": _money(total / units, currency),
        "transit": _pick(it["transit"], TRANSIT_KEYS),
        "legs": [
            {
                **_pick(leg, LEG_KEYS),
                "shifts": [_pick(shift, SHIFT_KEYS) for shift in leg.get("shifts", ())],
                "from": _pick(leg["from"], PLACE_KEYS),
                "to": _pick(leg["to"], PLACE_KEYS),
                "emissions": _pick(leg["emissions"], EMISSION_KEYS) if leg["emissions"] else None,
            }
            for leg in it["legs"]
        ],
        "charges": charges,
        "warnings": [_pick(w, ("code", "text")) for w in it["warnings"] if w["code"] in CLIENT_WARNINGS],
    }
    if "incoterm" in it:
        view["incoterm"] = _incoterm(it["incoterm"], charges, currency)
    return view


def _charges(it: Mapping[str, Any], total: Decimal, names: Mapping[str, str]) -> list[dict[str, Any]]:
    currency = it["total"]["currency"]
    amounts = spread([Decimal(line["amount_quote"]) for line in it["charges"]], total)
    lines = [
        {
            **_pick(line, CHARGE_KEYS),
            "description": names.get(line["code"], line["code"].replace("_", " ")),
            "amount": f"{amount:.2f}",
            "currency": currency,
        }
        for line, amount in zip(it["charges"], amounts, strict=True)
    ]
    rest = total - sum(amounts, ZERO)
    if rest:
        # Nothing was bought, so there is no line to put the margin on.
        freight = {"code": "freight", "leg": None, "carrier": "", "description": names.get("freight", "freight")}
        party = {"party": "seller" if it["incoterm"]["applies"] else None} if "incoterm" in it else {}
        lines.append({**freight, **party, "amount": f"{rest:.2f}", "currency": currency})
    return lines


def _incoterm(block: Mapping[str, Any], charges: Iterable[Mapping[str, Any]], currency: str) -> dict[str, Any]:
    """The block of an Incoterm with the sums of the sell lines."""
    sums = {"seller": ZERO, "buyer": ZERO}
    for line in charges:
        if line["party"] is not None:
            sums[line["party"]] += Decimal(line["amount"])
    shown = {party: _money(amount, currency) if block["applies"] else None for party, amount in sums.items()}
    return {
        "rule": block["rule"],
        "place": block["place"],
        **shown,
        "applies": block["applies"],
        "reason": block["reason"],
    }


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": f"{round_money(amount):f}", "currency": currency}
