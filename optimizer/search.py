"""One job on its lane: the context it belongs to, its integer weights, its limits, and the time its ways take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

import numpy as np

from optimizer.databook import Conditions, DataBook
from optimizer.errors import FreightError
from optimizer.itinerary import Itinerary, build
from optimizer.lane import PricedLane
from optimizer.perish import Comparison, reefer_or_tilt
from optimizer.request import Job, fx_day
from optimizer.restriction.match import asked_ends
from optimizer.routing.search import Must, distances_to
from optimizer.shipment import MODES, units_for
from optimizer.subject import Lot, representative
from optimizer.tariff.charge import Load
from optimizer.timing.calendar import clock
from optimizer.transit import Transit, Walked, leg_times, on_clock

REEFER_FREIGHT_ID = "reefer_freight_factor"
MOST_ARCS_OF_A_WAY = 128
EXACT_FLOAT = 2**53
LARGEST_WEIGHT = 2**52
Weights = tuple[np.ndarray, np.ndarray, np.ndarray]
Weight = np.ndarray | list[int]


def conditions_of(job: Job, book: DataBook) -> Conditions:
    """The context a job belongs to."""
    s = job.shipment
    equipment = book.equipment[s.equipment]
    gross_t = s.mass_t / s.units + equipment.tare_t if equipment.family == "container" else Decimal(0)
    members = book.network.members
    # Ends are named only where a rule or a restriction in force looks at them: all other shipments share a context.
    origin, destination = asked_ends(book.restrictions, members[s.origin], members[s.destination], s.ready, s.known_on)
    return Conditions(
        cargo=s.cargo,
        equipment=s.equipment,
        ownership=s.ownership,
        origin_country=book.network.places[s.origin].country,
        destination_country=book.network.places[s.destination].country,
        ready=s.ready,
        known_on=s.known_on,
        gross_t=representative(gross_t, book.books.marks.get("gross_t:container", ())) if gross_t else gross_t,
        lot=lot_of(job, book),
        deal=s.deal,
        origin=book.named_end(s.origin) or origin,
        destination=book.named_end(s.destination) or destination,
        from_store=any(text.startswith("equipment = ") for text in job.defaults),
        via=frozenset(job.limits.via),
        avoid=job.limits.avoid_places,
    )


def lot_of(job: Job, book: DataBook) -> Lot:
    """How much is shipped, as far as any condition of the books looks at it."""
    marks = book.books.marks
    if marks.keys() <= {"gross_t:container"}:
        return Lot()
    load = load_of(job, book)

    def seen(kind: str, form: str, value: Decimal) -> Decimal:
        return representative(value, marks.get(f"{kind}:{form}", ()))

    values: dict[str, Decimal] = {}
    for form in ("wagon", "container", "truck"):
        units = Decimal(load.units(form))
        values[f"units_{form}"] = seen("units", form, units)
        values[f"unit_t_{form}"] = seen("unit_t", form, load.mass_t / units if units else units)
    # One lot may ride in several forms on its way, so its marks are those of all of them; a box stays a box.
    boxed = book.equipment[job.shipment.equipment].family == "container"
    forms = ("container",) if boxed else ("wagon", "truck", "hold")
    for kind, value in (
        ("mass_t", load.mass_t),
        ("train_wagons", job.shipment.deal.train_wagons or Decimal(max(load.wagons, load.containers))),
    ):
        all_marks = {mark for form in forms for mark in marks.get(f"{kind}:{form}", ())}
        values[kind] = representative(value, tuple(sorted(all_marks)))
    return Lot(**values)


def load_of(job: Job, book: DataBook) -> Load:
    """Units of every family this shipment may ride in."""
    s = job.shipment
    cargo = book.cargoes[s.cargo]
    family = book.equipment[s.equipment].family
    payload = cargo.payload_t
    wagons = s.units if family == "wagon" else units_for(s.mass_t, payload["covered-wagon"])
    trucks = s.units if family == "truck" else units_for(s.mass_t, payload["truck"])
    ships = s.units if family == "vessel" else units_for(s.mass_t, payload["bulk-vessel"])
    value = s.value_usd
    if value is None:
        value = s.mass_t * cargo.price_usd_per_t if cargo.price_usd_per_t is not None else Decimal(0)
    boxes = s.units if family == "container" else 0
    return Load(s.mass_t, value, wagons, boxes, trucks, ships, usual_wagon_t=payload["covered-wagon"])


class Search:
    """One job on its lane: weights, limits and the searches a quote asks for.

    Args:
        conditions, lane: where they are at hand; else found in the book.
    """

    def __init__(
        self, job: Job, book: DataBook, conditions: Conditions | None = None, lane: PricedLane | None = None
    ) -> None:
        self.job = job
        self.book = book
        self.conditions = conditions or conditions_of(job, book)
        self.load = load_of(job, book)
        self.lane = lane or book.lane(self.conditions, job.shipment.origin, job.shipment.destination)
        self._transits: dict[tuple[int, ...], Transit] = {}
        self._walked = Walked()
        self.limited = self._limit_mask()
        self.no_rate = self.lane.no_exchange(book.fx, job.currency, fx_day(job))

    @cached_property
    def weights(self) -> Weights:
        """(cents, minutes, grams) of every arc for this load."""
        return self.lane.weights(self.load, self.book.fx, self.job.currency, fx_day(self.job))

    def _limit_mask(self) -> np.ndarray | None:
        """Arcs the client's own limits rule out; None where there are no limits."""
        limits = self.job.limits
        if limits.modes == frozenset(MODES) and not (
            limits.avoid_countries or limits.avoid_carriers or limits.avoid_places
        ):
            return None
        return self.lane.ruled_out((limits.modes, limits.avoid_countries, limits.avoid_carriers, limits.avoid_places))

    def blocked(self, open_all: bool = False, also: frozenset[str] = frozenset()) -> np.ndarray:
        """Arcs closed to this job; `also` shuts the arcs of these restrictions although all are open."""
        mask = self.lane.blocked(ignoring=self.job.limits.ignore_restrictions, open_all=open_all)
        if also:
            mask[[i for i, ids in self.lane.shut.items() if any(r in also for r in ids)]] = True
        if self.limited is not None:
            mask |= self.limited
        if self.no_rate is not None:
            mask |= self.no_rate
        return mask

    def combined(self, objective: str) -> Weight:
        """One integer weight an arc: the objective first, ties by money or time.

        An array where each weight is exact in a float, else plain integers of any size.
        """
        cents, minutes, grams = self.weights
        first, second = {"cost": (cents, minutes), "time": (minutes, cents), "emissions": (grams, cents)}[objective]
        scale = (
            MOST_ARCS_OF_A_WAY * int(second.max()) + 1
        )  # a whole way's second weight stays below one unit of the first
        if int(first.max()) < LARGEST_WEIGHT // scale:
            return first * scale + second
        return [a * scale + b for a, b in zip(first.tolist(), second.tolist(), strict=True)]

    def bound(self, weight: Weight, blocked: np.ndarray) -> list[int]:
        """Least weight from every node to the destination, exact."""
        if isinstance(weight, np.ndarray):
            found = self.lane.reverse.distances(weight, blocked, self.lane.sink)
            # Sums below 2**53 are exact in a float, and larger ones cannot round to below it.
            if not EXACT_FLOAT <= found[self.lane.source] < np.inf:
                return found.tolist()
        return distances_to(self.lane.arcs(blocked), as_list(weight), self.lane.sink)

    def sums(self, path: Sequence[int]) -> tuple[int, int, int]:
        arcs = list(path)
        cents, minutes, grams = self.weights
        return int(cents[arcs].sum()), int(minutes[arcs].sum()), int(grams[arcs].sum())

    def itinerary(self, path: Sequence[int]) -> Itinerary:
        return build(self.lane, path, self.load, self.book.fx, self.job.currency, fx_day(self.job), self.sums(path))

    def transit(self, it: Itinerary) -> Transit:
        """The law of a way's hours, computed once."""
        found = self._transits.get(it.arcs)
        if found is None:
            s, book = self.job.shipment, self.book
            groups = book.cargoes[s.cargo].groups
            legs = leg_times(it.legs, self.load, book.times, s.ready, s.known_on, groups, self._walked)
            found = self._transits[it.arcs] = on_clock(legs, it.legs, self.departure, book.calendar, self._walked)
        return found

    @property
    def departure(self) -> dt.datetime:
        """Midnight of the ready date by the clock of the origin."""
        return dt.datetime.combine(self.job.shipment.ready, dt.time(), clock(self.conditions.origin_country))

    def in_time(self, path: Sequence[int]) -> bool:
        """Whether a way arrives by the due date with the chance asked for; without one the expected hours decide."""
        limit, chance = self.most_minutes(), self.job.chance
        if limit is None or chance is None:
            return True
        return self.transit(self.itinerary(path)).chance(limit / 60) >= float(chance)

    def shelf_life(self, it: Itinerary) -> Comparison | None:
        """How perishable goods arrive under a tilt and cooled; None for goods that keep, and where no climate is known.

        The freight of the other kind of truck is not quoted: a reefer's is taken as so many times a tilt's.
        """
        job, book = self.job, self.book
        s, cargo, lives = job.shipment, job.shipment.cargo, book.shelf_lives
        if cargo not in lives.usual:
            return None
        transit, places = self.transit(it), book.network.places
        parts = [
            (time.spread.mean_h, (places[leg.from_id].country, places[leg.to_id].country))
            for leg, time in zip(it.legs, transit.legs, strict=True)
        ]
        freight = book.fx.quote(job.currency, "USD", fx_day(job)).convert(it.total) / s.mass_t
        times = book.operations.by_id[REEFER_FREIGHT_ID].value
        cooled = book.equipment[s.equipment].temperature_controlled
        try:
            return reefer_or_tilt(
                lives,
                cargo,
                parts,
                s.ready.month,
                self.load.value_usd / s.mass_t,
                freight / times if cooled else freight,
                freight if cooled else freight * times,
                p90_stretch=transit.quantile(0.9) / (transit.expected_h or 1.0),
            )
        except FreightError:
            return None

    def most_minutes(self) -> int | None:
        s = self.job.shipment
        if s.due is None:
            return None
        return ((s.due - s.ready).days + 1) * 24 * 60

    def must(self, blocked: np.ndarray) -> Must | None:
        """Required places and deadline as the search understands them; None where there are none."""
        via, limit = self.job.limits.via, self.most_minutes()
        if not via and limit is None:
            return None
        wanted = [frozenset(self.book.network.members[v]) for v in via]
        marks = [0] * len(self.lane.edges)
        if wanted:
            for index, edge in enumerate(self.lane.edges):
                places = edge.places
                marks[index] = sum(1 << bit for bit, members in enumerate(wanted) if places & members)
        minutes = self.weights[1]
        return Must(marks, (1 << len(wanted)) - 1, minutes.tolist(), self.bound(minutes, blocked), limit)


def as_list(weight: Weight) -> list[int]:
    return weight.tolist() if isinstance(weight, np.ndarray) else weight
