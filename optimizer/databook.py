"""The data book: all facts and rules, loaded once, with the contexts and lanes priced so far.

Facts are frozen; what grows is only a cache of derived objects. `versions` names what an answer rests
on; two books with the same versions give the same answer to the same request.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from optimizer import __version__
from optimizer.cargo import read_cargoes, read_equipment
from optimizer.deal import Deal
from optimizer.emission import EmissionFactors, Meter, read_factors
from optimizer.fx import read_rates, read_rates_file
from optimizer.lane import PricedGraph, PricedLane, Pricer, SharedTerms
from optimizer.money import ExchangeRates
from optimizer.network.model import Network
from optimizer.network.names import PlaceIndex, load_aliases, read_places_file
from optimizer.network.own import with_places
from optimizer.network.read import read_network
from optimizer.operations import Operations, read_operations
from optimizer.perish import ShelfLives, read_shelf_lives
from optimizer.restriction.match import concerns, in_force, narrowed, places_of, shuts
from optimizer.restriction.model import Restriction, Restrictions
from optimizer.restriction.read import read_restrictions
from optimizer.restriction.waits import with_quotas
from optimizer.routing.canvas import Chain
from optimizer.routing.forms import PASSAGE, TRUCKING, Riding
from optimizer.routing.graph import Graph
from optimizer.routing.hauls import HaulNetwork
from optimizer.shipment import Cargo, Equipment
from optimizer.stops import Calendar
from optimizer.subject import Consignment, Lot
from optimizer.tables import data_file, digest, read_bytes
from optimizer.tariff.book import TariffBooks, boundaries
from optimizer.tariff.read import read_books
from optimizer.tariff.rule import Rule
from optimizer.tariff.spot import FRESH_DAYS
from optimizer.timing.elements import Times, read_times
from optimizer.timing.queues import queue_delays
from optimizer.timing.timetable import Timetables, read_timetables
from optimizer.timing.working import WorkingDays, read_working_days

MOST_GRAPHS = 12
MOST_CONTEXTS = 32
MOST_LANES = 64


class _Cache(OrderedDict[Hashable, object]):
    """Keeps the most recently used entries; memory stays bounded however long a server runs."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def find(self, key: Hashable) -> object | None:
        found = self.get(key)
        if found is not None:
            self.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: object) -> None:
        self[key] = value
        while len(self) > self.most:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything a context depends on, except the two places and how much is shipped."""

    cargo: str
    equipment: str
    ownership: str
    origin_country: str
    destination_country: str
    ready: dt.date
    known_on: dt.date
    gross_t: Decimal  # of one container, as far as rules tell it from others
    lot: Lot = Lot()
    deal: Deal = Deal()
    origin: str = ""  # the end itself, where some rule names it
    destination: str = ""
    from_store: bool = False
    via: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    planned: bool = False  # also lines that are not open: only to explain what is missing
    unpriced: bool = False  # also hauls without a rate: only to explain what is missing


@dataclass(frozen=True)
class DataBook:
    """Network, books, restrictions, rates, cargoes; `load()` reads those that ship with Keruen."""

    network: Network
    books: TariffBooks
    restrictions: Restrictions
    fx: ExchangeRates
    operations: Operations
    factors: EmissionFactors
    cargoes: dict[str, Cargo]
    equipment: dict[str, Equipment]
    places: PlaceIndex
    cargo_version: str
    times: Times = field(default_factory=read_times)
    shelf_lives: ShelfLives = field(default_factory=read_shelf_lives)
    working: WorkingDays = field(default_factory=read_working_days)
    timetables: Timetables = field(default_factory=read_timetables)
    _graphs: _Cache = field(default_factory=lambda: _Cache(MOST_GRAPHS), repr=False, compare=False)
    _contexts: _Cache = field(default_factory=lambda: _Cache(MOST_CONTEXTS), repr=False, compare=False)
    _lanes: _Cache = field(default_factory=lambda: _Cache(MOST_LANES), repr=False, compare=False)
    _hauls: _Cache = field(default_factory=lambda: _Cache(16), repr=False, compare=False)

    @classmethod
    def load(
        cls,
        books: Iterable[Path] = (),
        fx_file: Path | None = None,
        places_file: Path | None = None,
        timetable_file: Path | None = None,
    ) -> DataBook:
        """The default book, with the user's tariff books, exchange rates, places and departures laid over it."""
        network = read_network()
        aliases = load_aliases()
        if places_file is not None:
            network = with_places(network, PlaceIndex(network, aliases), read_places_file(places_file))
        fx = read_rates()
        if fx_file is not None:
            rows, version = read_rates_file(fx_file)
            fx = fx.over(rows, digest([fx.version.encode(), version.encode()]))
        timetables = read_timetables()
        if timetable_file is not None:
            timetables = timetables.over(read_timetables(read_bytes(timetable_file), str(timetable_file)))
        restrictions = read_restrictions()
        return cls(
            network=network,
            times=with_quotas(read_times(), restrictions.rows),
            timetables=timetables,
            books=read_books(over=books),
            restrictions=restrictions,
            fx=fx,
            operations=read_operations(),
            factors=read_factors(),
            cargoes=read_cargoes(),
            equipment=read_equipment(),
            places=PlaceIndex(network, aliases),
            cargo_version=digest(read_bytes(data_file("seeds", name)) for name in ("cargoes.csv", "equipment.csv")),
        )

    @cached_property
    def versions(self) -> dict[str, str]:
        """What an answer rests on; cargoes, operations and emission factors count with the tariffs."""
        tariffs = digest(
            v.encode()
            for v in (
                self.books.version,
                self.operations.version,
                self.factors.version,
                self.cargo_version,
                self.times.version,
                self.shelf_lives.version,
                self.working.version,
                self.timetables.version,
            )
        )
        return {
            "software": __version__,
            "network": self.network.version,
            "tariffs": tariffs,
            "restrictions": self.restrictions.version,
            "fx": self.fx.version,
        }

    def named_end(self, place_id: str) -> str:
        """The id by which rules name a shipment's end, or "" where none does."""
        return next((m for m in self.network.members[place_id] if m in self.books.named_ends), "")

    @cached_property
    def place_names(self) -> dict[str, str]:
        """English names by place id."""
        return {pid: place.name_en for pid, place in self.network.places.items()}

    @cached_property
    def calendar(self) -> Calendar:
        """Days of rest, hours of posts and departures on this network."""
        return Calendar(self.network, self.working, self.timetables)

    # ---- what if ------------------------------------------------------------------------------------

    def with_books(self, books: TariffBooks) -> DataBook:
        """The same facts with other tariff books; graphs drawn so far serve both where they would be the same."""
        graphs = _Cache(MOST_GRAPHS)
        if books.through == self.books.through and ("onward" in books.asked) == ("onward" in self.books.asked):
            for key, drawn in self._graphs.items():
                if isinstance(drawn, Graph):
                    graphs.keep(key, drawn)
        return replace(
            self,
            books=replace(books, _frozen={}),
            _graphs=graphs,
            _contexts=_Cache(MOST_CONTEXTS),
            _lanes=_Cache(MOST_LANES),
        )

    def with_dwell(self, a_id: str, b_id: str, more_h: float) -> DataBook:
        """The same facts with longer standing at one railway border, all the year."""
        default_h = self.operations.number("rail_border_dwell_h")
        rows = tuple(
            replace(row, dwell_h=(default_h if row.dwell_h is None else row.dwell_h) + more_h)
            if {row.from_id, row.to_id} == {a_id, b_id}
            else row
            for row in self.network.rail_crossings
        )
        return replace(
            self,
            network=replace(self.network, rail_crossings=rows),
            _graphs=_Cache(MOST_GRAPHS),
            _contexts=_Cache(MOST_CONTEXTS),
            _lanes=_Cache(MOST_LANES),
            _hauls=_Cache(16),
        )

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Every currency some row is in."""
        rules = [row for row in self.books.rows if isinstance(row, Rule)]
        return tuple(sorted({rule.currency for rule in rules}))

    # ---- regimes ------------------------------------------------------------------------------------

    @cached_property
    def _boundaries(self) -> list[dt.date]:
        days = boundaries(self.books.rows)
        for day in self._price_days:
            # A market price is fresh from its day on and for so long.
            days |= {day, day + dt.timedelta(days=FRESH_DAYS + 1)}
        for valid in (
            *(valid for r in self.restrictions.rows for valid in r.days),
            *(q.validity for q in self.times.queues),
            *(row.valid for row in self.network.rail_crossings),
        ):
            if valid.start:
                days.add(valid.start)
            if valid.end:
                days.add(valid.end + dt.timedelta(days=1))
        return sorted(days)

    @cached_property
    def _price_days(self) -> list[dt.date]:
        return sorted({price.day for prices in self.books.spots.values() for price in prices})

    @cached_property
    def _known_boundaries(self) -> list[dt.date]:
        days: list[dt.date | None] = [row.known_from for row in self.books.rows]
        days += self._price_days
        days += [r.known_from or r.valid.start for r in self.restrictions.rows]
        days += [q.known_from for q in self.times.queues]
        days += [row.known_from for row in self.network.rail_crossings]
        return sorted({d for d in days if d is not None})

    def regime(self, ready: dt.date, known_on: dt.date) -> tuple[int, int, int]:
        """Two days of one regime see the same rules, restrictions and month."""
        return (bisect_right(self._boundaries, ready), ready.month, bisect_right(self._known_boundaries, known_on))

    def restrictions_at(self, ready: dt.date, known_on: dt.date) -> list[Restriction]:
        return [r for r in self.restrictions.rows if in_force(r, ready, known_on)]

    # ---- contexts and lanes -------------------------------------------------------------------------

    def context(self, c: Conditions) -> PricedGraph:
        """The priced graph of a context, from the cache or built now."""
        key = (replace(c, ready=dt.date.min, known_on=dt.date.min), self.regime(c.ready, c.known_on))
        found = self._contexts.find(key)
        if found is None:
            found = self._build(c)
            self._contexts.keep(key, found)
        assert isinstance(found, PricedGraph)
        return found

    def lane(self, c: Conditions, origin: str, destination: str) -> PricedLane:
        """A context with the lane's ends; every id of a location is an end."""
        key = (
            replace(c, ready=dt.date.min, known_on=dt.date.min),
            self.regime(c.ready, c.known_on),
            origin,
            destination,
        )
        found = self._lanes.find(key)
        if found is None:
            members = self.network.members
            found = PricedLane(self.context(c), members[origin], members[destination])
            self._lanes.keep(key, found)
        assert isinstance(found, PricedLane)
        return found

    def riding(self, c: Conditions) -> Riding:
        """How the cargo may ride, also after it has changed wagon or truck."""
        cargo, equipment = self.cargoes[c.cargo], self.equipment[c.equipment]
        wagons = [e for e in cargo.equipment if self.equipment[e].family == "wagon"]
        trucks = [e for e in cargo.equipment if self.equipment[e].family == "truck"]
        wagon = equipment.id if equipment.family == "wagon" else (wagons[0] if wagons else "")
        truck = equipment.id if equipment.family == "truck" else (trucks[0] if trucks else "")
        return Riding(
            cargo=cargo,
            equipment=equipment,
            ownership=c.ownership,
            wagon="" if equipment.family == "container" else wagon,
            truck="" if equipment.family == "container" else truck,
            bulk="bulk" in cargo.groups and equipment.family != "container",
            beyond=frozenset((c.origin_country, c.destination_country)) - PASSAGE,
            month=c.ready.month,
            records=self.network.records(c.ready, c.known_on),
            truck_home=c.origin_country if c.origin_country not in TRUCKING else "KZ",
            gross_t=c.gross_t,
            from_store=c.from_store,
        )

    def graph_of(self, c: Conditions) -> Graph:
        """The unpriced graph of a context."""
        riding = self.riding(c)
        return self._graph(c, riding, self._closed_roads(c, riding, self.closing(c)))

    def closing(self, c: Conditions) -> list[Restriction]:
        """What shuts ways on the day of a context, with the exceptions its ends and day meet taken out."""
        members = self.network.members
        return [
            narrowed(
                r,
                day=c.ready,
                origins=frozenset(members.get(c.origin, ())),
                origin_country=c.origin_country,
                destinations=frozenset(members.get(c.destination, ())),
                destination_country=c.destination_country,
            )
            for r in self.restrictions_at(c.ready, c.known_on)
            if shuts(r)
        ]

    def _closed_roads(self, c: Conditions, riding: Riding, closing: Sequence[Restriction]) -> dict[frozenset[str], str]:
        """Roads shut for this shipment's trucks, with the restriction that shuts each."""
        truck = riding.truck or riding.equipment.id
        closed: dict[frozenset[str], str] = {}
        for r in closing:
            for selector in places_of(r):
                if isinstance(selector, tuple) and selector[0] == "road" and self._concerns_truck(r, riding, truck, c):
                    closed[frozenset(selector[1:])] = r.restriction_id
        return closed

    def _build(self, c: Conditions) -> PricedGraph:
        riding = self.riding(c)
        closing = self.closing(c)
        graph = self._graph(c, riding, self._closed_roads(c, riding, closing))
        consignment = Consignment(
            cargo=c.cargo,
            cargo_groups=riding.cargo.groups,
            origin=c.origin,
            destination=c.destination,
            origin_country=c.origin_country,
            destination_country=c.destination_country,
            gng=riding.cargo.gng_code,
            etsng=riding.cargo.etsng_code,
            deal=c.deal,
            lot=c.lot,
        )
        pricer = Pricer(self.books.at(c.ready, c.known_on), consignment, self._shared_terms(c))
        delays = queue_delays(graph.edges, self.times, c.ready, c.known_on, riding.cargo.groups)
        return PricedGraph(graph, riding, pricer, closing, self.meter, delays, tolerate_missing=c.unpriced)

    def _shared_terms(self, c: Conditions) -> SharedTerms:
        """Terms of one regime and deal, shared by consignments its rows do not tell apart."""
        key = ("terms", self.regime(c.ready, c.known_on), c.deal)
        found = self._graphs.find(key)
        if found is None:
            found = {}
            self._graphs.keep(key, found)
        assert isinstance(found, dict)
        return found

    def _graph(self, c: Conditions, riding: Riding, closed: dict[frozenset[str], str]) -> Graph:
        """The unpriced graph, shared by all cargoes that ride alike."""
        key = (replace(riding, cargo=None), c.via, c.avoid, c.planned, frozenset(closed.items()))  # type: ignore[arg-type]
        found = self._graphs.find(key)
        if found is None:
            hauls = self._haul_network(frozenset(closed), c.avoid, c.planned)
            variants: tuple[tuple[HaulNetwork, tuple[str, ...]], ...] = ()
            if closed:
                variants = ((self._haul_network(frozenset(), c.avoid, c.planned), tuple(sorted(set(closed.values())))),)
            chains = {Chain(t.rule.carrier, t.mode, t.chain, t.replaces) for t in self.books.through}
            found = Graph(
                self.network,
                hauls,
                self.operations,
                riding,
                road_variants=variants,
                through=sorted(chains, key=lambda chain: (chain.text, sorted(chain.replaces))),
                via=c.via,
                by_onward="onward" in self.books.asked,
            )
            self._graphs.keep(key, found)
        assert isinstance(found, Graph)
        return found

    def _concerns_truck(self, r: Restriction, riding: Riding, truck: str, c: Conditions) -> bool:
        return concerns(
            r,
            cargo=riding.cargo,
            wagon_type=truck if riding.truck else "truck",
            owner="carrier",
            origin_country=c.origin_country,
            destination_country=c.destination_country,
        )

    def _haul_network(self, closed: frozenset[frozenset[str]], avoid: frozenset[str], planned: bool) -> HaulNetwork:
        key = (closed, avoid, planned)
        found = self._hauls.find(key)
        if found is None:
            speeds = {country: self.operations.road_kmh(country) for country in (*TRUCKING, "AZ")}
            found = HaulNetwork(self.network, speeds, closed_roads=closed, avoid=avoid, open_planned=planned)
            self._hauls.keep(key, found)
        assert isinstance(found, HaulNetwork)
        return found

    @cached_property
    def meter(self) -> Meter:
        """Emissions of legs on this network."""
        return Meter(self.factors, {frozenset((s.from_id, s.to_id)): s.length_km for s in self.network.rail_sections})
