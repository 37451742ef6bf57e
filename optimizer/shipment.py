"""What is moved: cargo, equipment, mass, dates. The words are those of the contract, section 8."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal

from optimizer.deal import Deal

WAGONS = ("hopper-wagon", "covered-wagon", "tank-wagon", "reefer-wagon")
CONTAINERS = ("container-20", "container-40", "reefer-container-20", "reefer-container-40", "tank-container-20")
TRUCKS = ("truck", "reefer-truck")
VESSELS = ("bulk-vessel",)
OWNERSHIPS = ("private", "carrier", "foreign")
OBJECTIVES = ("cost", "time", "emissions")
MODES = ("rail", "road", "sea")


@dataclass(frozen=True, slots=True)
class Cargo:
    """A kind of goods and how it usually rides."""

    id: str
    name_en: str
    name_ru: str
    hs_code: str
    gng_code: str
    etsng_code: str
    groups: frozenset[str]  # grain, milled, oilseeds, oils, perishable, food ...: what rules and bans name
    equipment: tuple[str, ...]  # usual equipment, best first
    payload_t: dict[str, Decimal]  # by equipment id
    price_usd_per_t: Decimal | None
    price_year: str
    source_id: str
    status: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Equipment:
    """A wagon, box, truck or ship."""

    id: str
    name_en: str
    name_ru: str
    family: str  # wagon, container, truck, vessel
    feet: int  # 20 or 40 for containers, else 0
    tare_t: Decimal
    temperature_controlled: bool
    tank: bool
    aliases: tuple[str, ...] = ()


def units_for(mass_t: Decimal, payload_t: Decimal) -> int:
    """How many wagons, boxes or trucks a mass fills.

    >>> units_for(Decimal(3000), Decimal(68))
    45
    """
    return max(1, math.ceil(mass_t / payload_t))


@dataclass(frozen=True, slots=True)
class Shipment:
    """What one consignor sends one consignee: the consignment of UN/CEFACT, normalised and checked.

    `origin` and `destination` are place ids; every id of the same location is meant.
    `as_of` is the day the quote is made: exchange rates are never taken from after it.
    """

    origin: str
    destination: str
    cargo: str
    mass_t: Decimal
    units: int
    equipment: str
    ownership: str
    ready: dt.date
    as_of: dt.date
    known_on: dt.date
    due: dt.date | None = None
    value_usd: Decimal | None = None
    deal: Deal = Deal()
