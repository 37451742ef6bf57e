"""How cargo rides, and the steps of a way: legs as the client reads them, edges as the search sees them.

A form is a short word: its first letter says what the cargo is in, the rest where or whose.

    W1520p  loose in the shipper's wagon on 1520 mm track      B1435  in a container on a 1435 mm platform
    W1435c  loose in a wagon of the railway, 1435 mm           X:KZ   in a container on a Kazakh truck
    T:TM    in a Turkmen truck                                 H      in a ship's hold
                                                               S      in a container on a ship
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from optimizer.network.model import RailCrossing
from optimizer.shipment import Cargo, Equipment
from optimizer.subject import Wanted

# Ports inside the strait; every sea link between one of these and a port outside passes Hormuz.
GULF_PORTS = frozenset({"ir-bandar-abbas-port", "ae-jebel-ali-port"})
# Countries a way may pass. Others are ends only: no book prices carriage through them.
TRUCKING = frozenset({"KZ", "UZ", "TM", "IR", "AF", "PK"})  # countries whose trucks the books price
MAIN_GAUGE = {"IR": 1435, "PK": 1676, "CN": 1435}  # elsewhere 1520 mm
PASSAGE = frozenset({"KZ", "UZ", "TM", "IR", "AF", "PK", "AZ"})


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of the way as the client reads it."""

    kind: str  # haul, handling, border, wait
    mode: str  # rail, road, sea, none
    from_id: str
    to_id: str
    carrier: str = ""
    service: str = ""
    equipment: str = ""
    family: str = ""  # wagon, container, truck, ship: what `units` counts
    distance_km: float = 0.0
    hours: float = 0.0
    hours_per_unit: float = 0.0  # when units pass a narrow place one after another
    path: tuple[str, ...] = ()
    note: str = ""


@dataclass(slots=True)
class Edge:
    """A step from node to node with its legs and what there is to charge."""

    tail: int
    head: int
    kind: str
    legs: tuple[Leg, ...]
    wanted: tuple[Wanted, ...]
    sign: str = ""  # what makes a route another route: crossings and sailings
    shut_by: tuple[str, ...] = ()  # ids of restrictions in force

    @property
    def places(self) -> frozenset[str]:
        return frozenset(p for leg in self.legs for p in (leg.path or (leg.from_id, leg.to_id)))

    @property
    def countries(self) -> frozenset[str]:
        """Country codes, as the ids of our places begin with them."""
        return frozenset(p[:2].upper() for p in self.places)

    @property
    def modes(self) -> frozenset[str]:
        return frozenset(leg.mode for leg in self.legs if leg.kind == "haul")

    @property
    def carriers(self) -> frozenset[str]:
        return frozenset(leg.carrier for leg in self.legs if leg.kind == "haul")


@dataclass(frozen=True, slots=True)
class Riding:
    """How this cargo may ride on this network: fixed for a whole context."""

    cargo: Cargo
    equipment: Equipment
    ownership: str
    wagon: str  # equipment id of wagons, also after a transshipment; "" where the cargo takes none
    truck: str  # equipment id of trucks; ""
    bulk: bool  # may ride loose in a hold
    beyond: frozenset[str]  # the shipment's own countries, where no way passes through
    month: int
    gross_t: Decimal  # gross mass of one container
    truck_home: str = "KZ"  # country of the first truck, where its trucks are not among those the books price
    records: tuple[RailCrossing, ...] = ()  # what was seen at rail crossings on these days
    from_store: bool = False  # no equipment was named: at a port, loose goods may also go from store to ship

    @property
    def boxed(self) -> bool:
        return self.equipment.family == "container"


def form_family(form: str) -> str:
    """wagon, container, truck, hold.

    >>> form_family("W1520p"), form_family("B1435"), form_family("T:KZ"), form_family("H")
    ('wagon', 'container', 'truck', 'hold')
    """
    return {"W": "wagon", "B": "container", "T": "truck", "X": "container", "H": "hold", "S": "container"}[form[0]]


def unit_family(form: str) -> str:
    """What is counted when the cargo rides so: wagon, container, truck, ship."""
    return "ship" if form == "H" else form_family(form)
