"""The search graph: nodes are (place, form of the cargo, phase), edges are what can happen next.

A form says how the cargo rides (`forms`), a phase what may follow: `a` arrived by a haul, `d` ready to be hauled on, `x` at a border and not
across, `q` on the quay before a ferry, `l` landed from one, `o` brought by truck from the origin, `s` arrived by rail to go on by ship (told from `a` only where some rule asks). Two hauls never follow each other without
something between them, so a tariff cannot be split by stopping half way.
"""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.network.model import Network
from optimizer.operations import Operations
from optimizer.routing.canvas import Chain
from optimizer.routing.chains import Chains, by_tail
from optimizer.routing.forms import Riding
from optimizer.routing.hauls import HaulNetwork
from optimizer.routing.rails import Rails
from optimizer.routing.transfers import Transfers
from optimizer.routing.waters import Waters


class Graph(Rails, Transfers, Waters, Chains):
    """Everything that can happen to a cargo between any two gateways; lanes lay their own ends over it."""

    def __init__(
        self,
        network: Network,
        hauls: HaulNetwork,
        operations: Operations,
        riding: Riding,
        *,
        road_variants: tuple[tuple[HaulNetwork, tuple[str, ...]], ...] = (),
        through: Iterable[Chain] = (),
        via: frozenset[str] = frozenset(),
        by_onward: bool = False,
    ) -> None:
        super().__init__(
            network,
            hauls,
            operations,
            riding,
            road_variants=road_variants,
            through=through,
            via=via,
            by_onward=by_onward,
        )
        self._build()

    def _build(self) -> None:
        for form in self._wagon_forms:
            for carrier in self._carriers_of(form):
                borders = self._borders_by_carrier.get(carrier, [])
                for start in borders:
                    self._rail_hauls(form, carrier, start)
                if form.endswith("p"):
                    continue  # the shipper's wagon starts only where the shipment does
                for start in self._gateways_by_carrier.get(carrier, []):
                    # Put on rails at a port or a border the cargo may go anywhere; put on rails inland
                    # it goes out of the country or to its destination.
                    self._rail_hauls(
                        form,
                        carrier,
                        start,
                        None if start in self.edge_places else [*borders, *self._rim_stations(carrier)],
                    )
            self._rail_crossings(form)
        self._breaks_of_gauge()
        self._transfers()
        self._sea()
        for country, gateways in sorted(self.road_gateways.items()):
            for form in self._truck_forms():
                # A truck leads to the rim of the country or from it; between two railway yards the
                # railway carries. A foreign truck passes from post to post or to a ferry, and unloads
                # there or at the destination.
                at_home = form[2:] == country
                rim = gateways & (self._road_rim if at_home else self._foreign_rim)
                for start in sorted(gateways if at_home else rim):
                    self._road_hauls(form, country, start, sorted(rim))
        self._road_crossings()
        if self.through:
            self._chains(self.through, by_tail(self.edges), frozenset())
