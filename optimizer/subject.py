"""What is being priced: one service for one shipment, in the words a tariff's conditions use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CIS_TARIFF_POLICY = frozenset({"AZ", "AM", "BY", "GE", "KZ", "KG", "LV", "MD", "RU", "TJ", "TM", "UZ", "EE"})


@dataclass(frozen=True, slots=True)
class Subject:
    """One chargeable thing: a haul's carriage, a border passed, a lift, days of hire.

    `from_id` and `to_id` are the ends on the carrier's own side (a border station, not the border
    point). `km` is tariff distance in whole kilometres. `days` and `unload_per_day` serve hire.
    """

    charge: str
    carrier: str = ""
    country: str = ""
    from_id: str = ""
    to_id: str = ""
    path: tuple[str, ...] = ()
    crossing: frozenset[str] = frozenset()
    direction: str = ""  # in or out, seen from `country`
    form: str = ""  # wagon, container, truck, hold, ship
    equipment: str = ""
    owner: str = ""
    service: str = ""  # rail_ferry, roro, container_feeder, dry_bulk
    gauge: int = 0
    truck_country: str = ""
    km: int = 0
    nm: Decimal = Decimal(0)
    days: Decimal = Decimal(0)
    unload_per_day: Decimal = Decimal(0)
    feet: int = 0
    gross_t: Decimal = Decimal(0)
    month: int = 0
    required: bool = True


@dataclass(frozen=True, slots=True)
class Consignment:
    """What conditions may ask of the shipment, apart from how much it is."""

    cargo: str
    cargo_groups: frozenset[str]
    origin: str
    destination: str
    origin_country: str
    destination_country: str

    def traffic(self, country: str) -> str:
        """Domestic, export, import or transit, seen from a country; `third`: between two outside the CIS policy.

        >>> wheat = Consignment("wheat", frozenset(), "", "", "KZ", "IR")
        >>> wheat.traffic("KZ"), wheat.traffic("TM"), wheat.traffic("IR")
        ('export', 'transit', 'import')
        """
        origin, destination = self.origin_country, self.destination_country
        if origin == country and destination == country:
            return "domestic"
        if origin == country:
            return "export"
        if destination == country:
            return "import"
        if origin not in CIS_TARIFF_POLICY and destination not in CIS_TARIFF_POLICY:
            return "third"
        return "transit"


@dataclass(frozen=True, slots=True)
class Either:
    """Charges that stand together or not at all: where any of `first` has no price, `otherwise` is charged.

    A border where both countries have a figure costs their sum, else the default once [rule: border-sum].
    """

    first: tuple[Subject, ...]
    otherwise: tuple[Subject, ...]


Wanted = Subject | Either
