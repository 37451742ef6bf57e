"""A request as a person or program makes it, and the checked, normalised form a quote is computed from.

Nothing is guessed: a name that fits two places, a cargo that fits two ids or an equipment that does not
carry the cargo is a question back. What was filled in by a stated default is listed in `defaults`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from optimizer.cargo import carries, resolve_cargo, resolve_equipment
from optimizer.databook import DataBook
from optimizer.deal import Deal, read_deal
from optimizer.errors import RequestError
from optimizer.incoterm import Incoterm, parse_incoterm
from optimizer.margin import Margin, parse_margin
from optimizer.money import CURRENCIES
from optimizer.network.model import RAILWAY_OF
from optimizer.shipment import MODES, OBJECTIVES, OWNERSHIPS, Cargo, Equipment, Shipment, units_for

COUNTRY_OF_NAME = {
    "kazakhstan": "KZ",
    "turkmenistan": "TM",
    "uzbekistan": "UZ",
    "iran": "IR",
    "afghanistan": "AF",
    "pakistan": "PK",
    "azerbaijan": "AZ",
    "russia": "RU",
    "china": "CN",
    "казахстан": "KZ",
    "туркменистан": "TM",
    "узбекистан": "UZ",
    "иран": "IR",
    "афганистан": "AF",
    "пакистан": "PK",
    "азербайджан": "AZ",
    "россия": "RU",
    "китай": "CN",
}
MOST_NUMBER = Decimal(10_000_000_000)
LEAST_TONNES = Decimal("0.001")
MOST_TONNES = Decimal(1_000_000)
MOST_UNITS = 20_000
MOST_ALTERNATIVES = 20
DEFAULT_ALTERNATIVES = 6
EARLIEST = dt.date(2010, 1, 1)
LATEST_AHEAD_DAYS = 3 * 366


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What is asked, in the words of the contract; text fields are as typed."""

    origin: str
    destination: str
    cargo: str
    tonnes: str = ""
    units: str = ""
    equipment: str = ""
    ownership: str = ""
    ready: str = ""
    due: str = ""
    known_on: str = ""
    objective: str = "cost"
    currency: str = "USD"
    pareto: bool = False
    alternatives: int = DEFAULT_ALTERNATIVES
    mode: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    ignore_restriction: tuple[str, ...] = ()
    value: str = ""
    deal: tuple[str, ...] = ()  # key=value, what was agreed beside the shipment
    chance: str = ""  # of arriving by the due date: 0.9 or 90%
    incoterm: str = ""  # FCA, CPT, DAP, FOB or CFR, a place named after it or not
    margin: str = ""  # what is added to the price: 5%, 3 USD/t ...
    price_per_tonne: str = ""  # of the goods, in the currency of the quote; gives the value where none is stated


@dataclass(frozen=True, slots=True)
class Limits:
    """What the client rules out."""

    modes: frozenset[str] = frozenset(MODES)
    via: tuple[str, ...] = ()  # place ids
    avoid_places: frozenset[str] = frozenset()
    avoid_countries: frozenset[str] = frozenset()
    avoid_carriers: frozenset[str] = frozenset()
    ignore_restrictions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Job:
    """A request ready to be computed."""

    shipment: Shipment
    limits: Limits
    objective: str
    currency: str
    pareto: bool
    alternatives: int
    defaults: tuple[str, ...] = field(default=())
    incoterm: Incoterm | None = None  # its place as an id
    margin: Margin | None = None
    chance: Decimal | None = None  # of arriving by the due date; None: the expected hours decide

    def as_dict(self) -> dict[str, Any]:
        """The normalised request, as a quote shows it and its id is made from."""
        s = self.shipment
        return {
            "origin": s.origin,
            "destination": s.destination,
            "cargo": s.cargo,
            "tonnes": f"{s.mass_t.normalize():f}",
            "units": s.units,
            "equipment": s.equipment,
            "ownership": s.ownership,
            "ready": s.ready.isoformat(),
            "due": s.due.isoformat() if s.due else None,
            "known_on": s.known_on.isoformat(),
            "as_of": s.as_of.isoformat(),
            "objective": self.objective,
            "currency": self.currency,
            "pareto": self.pareto,
            "alternatives": self.alternatives,
            "modes": sorted(self.limits.modes),
            "via": list(self.limits.via),
            "avoid": sorted(self.limits.avoid_places | self.limits.avoid_countries | self.limits.avoid_carriers),
            "ignore_restrictions": sorted(self.limits.ignore_restrictions),
            "value_usd": f"{s.value_usd.normalize():f}" if s.value_usd is not None else None,
            "deal": s.deal.as_dict(),
            "incoterm": str(self.incoterm) if self.incoterm else None,
            "margin": str(self.margin) if self.margin else None,
            "chance": f"{self.chance.normalize():f}" if self.chance is not None else None,
            "defaults": list(self.defaults),
        }


def fx_day(job: Job) -> dt.date:
    """Rates are taken on the ready date; never from after the day of the quote or what was known."""
    return min(job.shipment.ready, job.shipment.as_of, job.shipment.known_on)


def job_from_dict(stored: Mapping[str, Any], book: DataBook) -> Job:
    """The job a stored quote was computed from; `Job.as_dict` and this are each other's inverse."""
    known_countries = {p.country for p in book.network.places.values()}
    avoid = set(stored["avoid"])
    places = frozenset(a for a in avoid if a in book.network.places)
    countries = frozenset(a for a in avoid if a in known_countries)

    def day(name: str) -> dt.date | None:
        return dt.date.fromisoformat(stored[name]) if stored[name] else None

    shipment = Shipment(
        origin=stored["origin"],
        destination=stored["destination"],
        cargo=stored["cargo"],
        mass_t=Decimal(stored["tonnes"]),
        units=stored["units"],
        equipment=stored["equipment"],
        ownership=stored["ownership"],
        ready=dt.date.fromisoformat(stored["ready"]),
        as_of=dt.date.fromisoformat(stored["as_of"]),
        known_on=dt.date.fromisoformat(stored["known_on"]),
        due=day("due"),
        value_usd=Decimal(stored["value_usd"]) if stored["value_usd"] is not None else None,
        deal=read_deal(stored.get("deal", {})),
    )
    limits = Limits(
        modes=frozenset(stored["modes"]),
        via=tuple(stored["via"]),
        avoid_places=places,
        avoid_countries=countries,
        avoid_carriers=frozenset(avoid) - places - countries,
        ignore_restrictions=frozenset(stored["ignore_restrictions"]),
    )
    return Job(
        shipment=shipment,
        limits=limits,
        objective=stored["objective"],
        currency=stored["currency"],
        pareto=stored["pareto"],
        alternatives=stored["alternatives"],
        defaults=tuple(stored["defaults"]),
        incoterm=parse_incoterm(stored.get("incoterm") or ""),
        margin=parse_margin(stored.get("margin") or ""),
        chance=parse_chance(stored.get("chance") or ""),
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What a request says beside amounts and days: requests of one frame differ in these alone."""

    origin: str
    destination: str
    cargo: Cargo
    equipment: Equipment
    ownership: str
    objective: str
    currency: str
    incoterm: Incoterm | None
    margin: Margin | None
    deal: Deal
    limits: Limits
    defaults: tuple[str, ...]


def normalise(request: QuoteRequest, book: DataBook, today: dt.date) -> Job:
    """Check every field against the data book.

    Args:
        today: the day the quote is made; the only clock a quote knows.

    Raises:
        RequestError: the first field that cannot be used; `code` and `field` name it.
    """
    return filled(frame_of(request, book), request, book, today)


def frame_of(request: QuoteRequest, book: DataBook) -> Frame:
    """Check what is not an amount or a day; Raises as `normalise`."""
    defaults: list[str] = []
    origin = book.places.resolve(_text(request.origin, "origin"), "origin")
    destination = book.places.resolve(_text(request.destination, "destination"), "destination")
    if destination in book.network.members[origin]:
        raise RequestError(
            f"Origin and destination are one location ({origin}).",
            code="same_place",
            field="destination",
            hint="Name two different places.",
        )
    cargo = resolve_cargo(_text(request.cargo, "cargo"), book.cargoes)
    equipment = _equipment(request.equipment, cargo, origin, book, defaults)
    ownership = _ownership(request.ownership, equipment, defaults)
    if request.objective not in OBJECTIVES:
        raise _not_one_of("objective", request.objective, OBJECTIVES)
    currency = request.currency.strip().upper() or "USD"
    if currency not in CURRENCIES:
        raise _not_one_of("currency", request.currency, CURRENCIES)
    if not 0 <= request.alternatives <= MOST_ALTERNATIVES:
        raise RequestError(
            f"{request.alternatives} alternatives were asked for; 0 to {MOST_ALTERNATIVES} can be given.",
            code="too_many_alternatives",
            field="alternatives",
            hint="Ask for fewer.",
        )
    incoterm = _incoterm(request.incoterm, book)
    return Frame(
        origin=origin,
        destination=destination,
        cargo=cargo,
        equipment=equipment,
        ownership=ownership,
        objective=request.objective,
        currency=currency,
        incoterm=incoterm,
        margin=parse_margin(request.margin),
        deal=_deal(request.deal, incoterm),
        limits=_limits(request, book),
        defaults=tuple(defaults),
    )


def filled(frame: Frame, request: QuoteRequest, book: DataBook, today: dt.date) -> Job:
    """The job of a frame with the amounts and days of a request; Raises as `normalise`."""
    mass_t, units = _mass(request, frame.cargo, frame.equipment)
    ready = parse_day(request.ready, "ready") if request.ready else today
    known_on = parse_day(request.known_on, "known_on") if request.known_on else today
    due = parse_day(request.due, "due") if request.due else None
    if not EARLIEST <= known_on <= today:
        raise RequestError(
            f"known-on {known_on} is outside {EARLIEST} to today.",
            code="date_out_of_range",
            field="known_on",
            hint="Give a day that has been.",
        )
    if ready < EARLIEST or ready > today + dt.timedelta(days=LATEST_AHEAD_DAYS):
        raise RequestError(
            f"The ready date {ready} is outside {EARLIEST} to three years ahead.",
            code="date_out_of_range",
            field="ready",
            hint="Give a date within that span.",
        )
    if due is not None and due < ready:
        raise RequestError(
            f"The due date {due} is before the ready date {ready}.",
            code="due_before_ready",
            field="due",
            hint="Give a due date on or after the ready date.",
        )
    value = None
    if request.value:
        value = positive(request.value, "value", zero_allowed=True)
    if value is None and request.price_per_tonne.strip():
        price = positive(request.price_per_tonne, "price_per_tonne", zero_allowed=True)
        value = book.fx.quote(frame.currency, "USD", min(ready, today, known_on)).convert(price * mass_t)
    return Job(
        shipment=Shipment(
            origin=frame.origin,
            destination=frame.destination,
            cargo=frame.cargo.id,
            mass_t=mass_t,
            units=units,
            equipment=frame.equipment.id,
            ownership=frame.ownership,
            ready=ready,
            as_of=today,
            known_on=known_on,
            due=due,
            value_usd=value,
            deal=frame.deal,
        ),
        limits=frame.limits,
        objective=frame.objective,
        currency=frame.currency,
        pareto=request.pareto,
        alternatives=request.alternatives,
        defaults=frame.defaults if request.ready else (*frame.defaults, "ready = today"),
        incoterm=frame.incoterm,
        margin=frame.margin,
        chance=_chance(request.chance, due),
    )


def parse_chance(text: str) -> Decimal | None:
    """A chance written 0.9 or 90%; None for an empty text.

    >>> parse_chance("90 %")
    Decimal('0.9')
    """
    plain = text.replace(" ", "")
    if not plain:
        return None
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)(%?)", plain, re.ASCII)
    value = Decimal(match[1]) / (100 if match[2] else 1) if match else Decimal(0)
    if not Decimal("0.01") <= value <= Decimal("0.999"):
        raise RequestError(
            f"{text!r} is not a chance of arriving in time.",
            code="bad_chance",
            field="chance",
            hint="Write 0.9 or 90%, at most 99.9%.",
        )
    return value


def _chance(text: str, due: dt.date | None) -> Decimal | None:
    chance = parse_chance(text)
    if chance is not None and due is None:
        raise RequestError(
            "A chance of arriving in time needs a due date.", code="chance_without_due", field="due", hint="Give --due."
        )
    return chance


def _incoterm(text: str, book: DataBook) -> Incoterm | None:
    """The Incoterm with the id of the place it names; FOB and CFR name a town and mean its port."""
    term = parse_incoterm(text)
    if term is None or not term.place:
        return term
    place = book.places.resolve(term.place, "incoterm")
    if term.rule in ("FOB", "CFR") and not set(book.network.members[place]) & book.network.sea_places:
        ports = sorted(p for p in book.network.sea_places if p.startswith(f"{place}-"))
        place = ports[0] if len(ports) == 1 else place
    return replace(term, place=place)


def _deal(given: tuple[str, ...], incoterm: Incoterm | None) -> Deal:
    """The deal, with the terms of delivery of the Incoterm."""
    deal = read_deal(given)
    if incoterm is None:
        return deal
    if deal.delivery not in ("", incoterm.rule):
        raise RequestError(
            f"The deal says delivery {deal.delivery}, the Incoterm {incoterm.rule}.",
            code="two_incoterms",
            field="deal",
            hint="Give one of the two.",
        )
    return replace(deal, delivery=incoterm.rule)


def _text(value: str, field_name: str) -> str:
    if not value or not value.strip():
        raise RequestError(
            f"The {field_name} is missing.", code=f"missing_{field_name}", field=field_name, hint="Name it."
        )
    if len(value) > 200 or "\0" in value:
        raise RequestError(
            f"The {field_name} is not a name.",
            code=f"bad_{field_name}",
            field=field_name,
            hint="Give a name or code of at most 200 letters.",
        )
    return value.strip()


def parse_day(text: str, field_name: str) -> dt.date:
    """A day written YYYY-MM-DD; other forms are refused, not guessed.

    >>> parse_day("2025-11-25", "ready").isoformat()
    '2025-11-25'
    """
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII):
            raise ValueError
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise RequestError(
            f"{text!r} is not a date.",
            code="bad_date",
            field=field_name,
            hint="Write it YYYY-MM-DD, for example 2026-12-01.",
        ) from None


def positive(text: str, field_name: str, zero_allowed: bool = False) -> Decimal:
    """A finite number above zero with a decimal point.

    >>> positive("1340.5", "tonnes")
    Decimal('1340.5')
    """
    plain = str(text).strip()
    value = (
        Decimal(plain) if re.fullmatch(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})", plain, re.ASCII) else Decimal("NaN")
    )
    if not value.is_finite():
        raise RequestError(
            f"{text!r} is not a number.",
            code="bad_number",
            field=field_name,
            hint="Write it with a decimal point, for example 1340.5.",
        )
    if value < 0 or (value == 0 and not zero_allowed):
        raise RequestError(
            f"{field_name} is {text}; it must {'not be below' if zero_allowed else 'be above'} zero.",
            code=f"{field_name}_not_positive",
            field=field_name,
            hint="Correct the figure.",
        )
    if value > MOST_NUMBER:
        raise RequestError(
            f"{field_name} is more than {MOST_NUMBER:,}.",
            code="too_large",
            field=field_name,
            hint="Correct the figure.",
        )
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        raise RequestError(
            f"{text!r} has more than six decimals.",
            code="too_precise",
            field=field_name,
            hint="Round it to a gram or a micro-unit.",
        )
    return value


def _not_one_of(field_name: str, value: str, allowed: Iterable[str]) -> RequestError:
    return RequestError(
        f"{value!r} is not a known {field_name}.",
        code=f"unknown_{field_name}",
        field=field_name,
        hint=f"Use one of {', '.join(allowed)}.",
    )


def _equipment(text: str, cargo: Cargo, origin: str, book: DataBook, defaults: list[str]) -> Equipment:
    if text.strip():
        equipment = resolve_equipment(text, book.equipment)
        if not carries(cargo, equipment):
            usual = ", ".join(cargo.equipment)
            raise RequestError(
                f"{equipment.id} does not carry {cargo.id}.",
                code="equipment_not_for_cargo",
                field="equipment",
                hint=f"Usual for it: {usual}.",
            )
        if not _exists_at(equipment, origin, book):
            raise RequestError(
                f"{equipment.id} cannot be loaded at {origin}: {_lack(equipment)}.",
                code="equipment_not_at_origin",
                field="equipment",
                hint=f"Usual there: {', '.join(e for e in cargo.equipment if _exists_at(book.equipment[e], origin, book)) or 'nothing we know'}.",
            )
        return equipment
    for equipment_id in cargo.equipment:
        if _exists_at(book.equipment[equipment_id], origin, book):
            defaults.append(f"equipment = {equipment_id}, the first usual one for {cargo.id} at the origin")
            return book.equipment[equipment_id]
    raise RequestError(
        f"None of the equipment usual for {cargo.id} can be loaded at {origin}.",
        code="no_equipment_at_origin",
        field="equipment",
        hint="Name a place with a railway, road or port.",
    )


def _exists_at(equipment: Equipment, origin: str, book: DataBook) -> bool:
    network, members = book.network, book.network.members[origin]
    on_rails = any(m in network.rail_places for m in members)
    on_road = any(m in network.road_places for m in members)
    at_sea = any(m in network.sea_places for m in members)
    return {"wagon": on_rails, "truck": on_road, "vessel": at_sea, "container": on_rails or on_road or at_sea}[
        equipment.family
    ]


def _lack(equipment: Equipment) -> str:
    return {
        "wagon": "no open railway",
        "truck": "no open road",
        "vessel": "no port",
        "container": "no railway, road or port",
    }[equipment.family]


def _ownership(text: str, equipment: Equipment, defaults: list[str]) -> str:
    value = text.strip().lower()
    value = {"soc": "private", "coc": "carrier", "own": "private"}.get(value, value)
    if not value:
        value = "private" if equipment.family == "wagon" else "carrier"
        defaults.append(f"ownership = {value}")
    if value not in OWNERSHIPS:
        raise _not_one_of("ownership", text, OWNERSHIPS)
    return value


def _mass(request: QuoteRequest, cargo: Cargo, equipment: Equipment) -> tuple[Decimal, int]:
    payload = cargo.payload_t[equipment.id]
    tonnes = positive(request.tonnes, "tonnes") if str(request.tonnes).strip() else None
    units: int | None = None
    if str(request.units).strip():
        number = positive(request.units, "units")
        if number != int(number):
            raise RequestError(
                f"{request.units} units are not whole.",
                code="units_not_whole",
                field="units",
                hint="Give a whole number.",
            )
        units = int(number)
    if tonnes is None and units is None:
        raise RequestError(
            "Neither tonnes nor units are given.", code="missing_tonnes", field="tonnes", hint="Give one of them."
        )
    if tonnes is None:
        assert units is not None
        tonnes = units * payload
    if units is None:
        units = units_for(tonnes, payload)
    elif tonnes > units * payload:
        raise RequestError(
            f"{tonnes} t do not fit into {units} x {equipment.id} of {payload} t.",
            code="overloaded",
            field="units",
            hint=f"At least {units_for(tonnes, payload)} are needed.",
        )
    if tonnes < LEAST_TONNES:
        raise RequestError(
            f"{tonnes} t is less than a kilogram.",
            code="tonnes_not_positive",
            field="tonnes",
            hint="Correct the figure.",
        )
    if tonnes > MOST_TONNES or units > MOST_UNITS:
        raise RequestError(
            f"{tonnes} t in {units} units is more than one quote takes ({MOST_TONNES} t, {MOST_UNITS} units).",
            code="too_large",
            field="tonnes",
            hint="Split the shipment.",
        )
    return tonnes, units


def _limits(request: QuoteRequest, book: DataBook) -> Limits:
    modes = frozenset(m.strip().lower() for m in request.mode) or frozenset(MODES)
    for mode in sorted(modes):
        if mode not in MODES:
            raise _not_one_of("mode", mode, MODES)
    places: set[str] = set()
    countries: set[str] = set()
    carriers: set[str] = set()
    known_countries = {p.country for p in book.network.places.values()}
    known_carriers = set(RAILWAY_OF.values()) | {f"ROAD-{c}" for c in known_countries}
    for name in request.avoid:
        word = name.strip()
        word = COUNTRY_OF_NAME.get(word.lower(), word)
        if word.upper() in known_countries:
            countries.add(word.upper())
        elif word.upper() in known_carriers:
            carriers.add(word.upper())
        else:
            places.update(book.network.members[book.places.resolve(_text(word, "avoid"), "avoid")])
    known = {r.restriction_id for r in book.restrictions.rows}
    for restriction in request.ignore_restriction:
        if restriction not in known:
            raise RequestError(
                f"There is no restriction {restriction!r}.",
                code="unknown_restriction",
                field="ignore_restriction",
                hint="Ids stand in the rejected ways of a quote and in GET /v1/restrictions.",
            )
    return Limits(
        modes=modes,
        via=tuple(book.places.resolve(_text(v, "via"), "via") for v in request.via),
        avoid_places=frozenset(places),
        avoid_countries=frozenset(countries),
        avoid_carriers=frozenset(carriers),
        ignore_restrictions=frozenset(request.ignore_restriction),
    )
