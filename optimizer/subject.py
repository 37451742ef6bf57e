"""What is being priced: one service for one shipment, in the words a tariff's conditions use; and a leg as engines see it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from optimizer.deal import Deal

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
    gross_t: Decimal = Decimal(0)  # of one container
    capacity_t: Decimal = Decimal(0)  # of a truck
    month: int = 0
    onward: str = ""  # sea, or land, after a railway's haul to a port that has both
    holds: frozenset[str] = frozenset()  # charges of its parts that a through rate stands for
    required: bool = True


@dataclass(frozen=True, slots=True)
class Lot:
    """How much is shipped, as far as conditions look at it.

    Each number stands for all numbers that no condition of any book tells from it, so that shipments of
    many sizes share what was priced once (engine.md, section 5).
    """

    mass_t: Decimal = Decimal(0)
    units_wagon: Decimal = Decimal(0)
    units_container: Decimal = Decimal(0)
    units_truck: Decimal = Decimal(0)
    unit_t_wagon: Decimal = Decimal(0)  # net tonnes in one wagon; wagons are loaded equally
    unit_t_container: Decimal = Decimal(0)
    unit_t_truck: Decimal = Decimal(0)
    train_wagons: Decimal = Decimal(0)

    def units(self, form: str) -> Decimal:
        """Units of the family a form rides in; one ship."""
        return Decimal(1) if form == "hold" else getattr(self, f"units_{form}")

    def unit_t(self, form: str) -> Decimal:
        """Net tonnes in one unit of a form; the whole lot in a hold."""
        return self.mass_t if form == "hold" else getattr(self, f"unit_t_{form}")


def representative(value: Decimal, marks: tuple[Decimal, ...]) -> Decimal:
    """The same number for all values that no comparison with `marks` (sorted) tells apart.

    >>> marks = (Decimal(24), Decimal(60))
    >>> [str(representative(Decimal(v), marks)) for v in ("3", "24", "30", "59.9", "70")]
    ['12', '24', '42', '42', '61']
    """
    if not marks:
        return Decimal(0)
    if value in marks:
        return value
    above = sum(1 for mark in marks if mark < value)
    if above == 0:
        return marks[0] / 2
    if above == len(marks):
        return marks[-1] + 1
    return (marks[above - 1] + marks[above]) / 2


@dataclass(frozen=True, slots=True)
class Consignment:
    """What conditions may ask of the shipment."""

    cargo: str
    cargo_groups: frozenset[str]
    origin: str
    destination: str
    origin_country: str
    destination_country: str
    gng: str = ""
    etsng: str = ""
    deal: Deal = Deal()
    lot: Lot = Lot()

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


class LegLike(Protocol):
    """What the engines beside routing ask of a leg; `routing.forms.Leg` answers it."""

    @property
    def kind(self) -> str: ...

    @property
    def mode(self) -> str: ...

    @property
    def service(self) -> str: ...

    @property
    def family(self) -> str: ...

    @property
    def from_id(self) -> str: ...

    @property
    def to_id(self) -> str: ...

    @property
    def hours(self) -> float: ...

    @property
    def distance_km(self) -> float: ...

    @property
    def path(self) -> tuple[str, ...]: ...
