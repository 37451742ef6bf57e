"""The use case "quote": one request, one quote.

    request -> normalise -> context and lane (databook) -> weights -> search -> itineraries -> quote

The clock stays outside: `today` and `created_at` come in with the call. The answer is plain data, the
same from the command line and over HTTP; its money is exact and its lines add up to its total.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from optimizer.calendar_notes import notes
from optimizer.databook import Conditions, DataBook
from optimizer.errors import FreightError, NoExchangeRate, NoItinerary
from optimizer.explain import why_no_route
from optimizer.itinerary import Itinerary, build, differ_within_bands, own_warnings
from optimizer.lane import PricedLane
from optimizer.perish import Comparison, reefer_or_tilt
from optimizer.render import render
from optimizer.request import Job, QuoteRequest, fx_day, normalise
from optimizer.restriction.match import compliance_warnings, concerns, modes_of, places_of, sentence, shuts
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import GULF_PORTS
from optimizer.routing.search import INFINITY, Arcs, Must, best_path, distances_to, pareto_paths, paths_by_sign
from optimizer.shipment import MODES, units_for
from optimizer.subject import Lot, representative
from optimizer.tariff.charge import Load, Warn
from optimizer.timing.calendar import clock
from optimizer.transit import Transit, leg_times, transit_of

MOST_CLOSURES_TOLD = 6
REEFER_FREIGHT_ID = "reefer_freight_factor"
BEYOND_LIMIT = 1.5  # expected hours of the first way tried against the limit, where a chance is asked for
MOST_SURE_TRIED = 60
MOST_DAYS_WAITED = 60  # nobody keeps goods longer for a cheaper way
MOST_POPS = 5_000_000  # of the search for the best way: to stop early would be to say there is none
LOOKED_AT_VIA = 40  # routes searched for one by a required place that does not turn back
LOOKED_AT = 3  # routes searched for every one shown
OF_ONE_CORRIDOR = 2  # routes of one corridor shown before those of another
MOST_ARCS_OF_A_WAY = 128
EXACT_FLOAT = 2**53
LARGEST_WEIGHT = 2**52
Weights = tuple[np.ndarray, np.ndarray, np.ndarray]
Weight = np.ndarray | list[int]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A ban, closure or limit that shut a better way."""

    what: str
    reason_code: str
    text: str
    until: str
    saving: str
    source_id: str
    wait_until: str = ""  # the first day on which it no longer shuts, where that is known
    saving_by_waiting: str = ""  # what the best way of that day costs less than today's

    def as_dict(self) -> dict[str, str]:
        return {
            "what": self.what,
            "reason_code": self.reason_code,
            "text": self.text,
            "until": self.until,
            "saving": self.saving,
            "source_id": self.source_id,
            "wait_until": self.wait_until,
            "saving_by_waiting": self.saving_by_waiting,
        }


def conditions_of(job: Job, book: DataBook) -> Conditions:
    """The context a job belongs to."""
    s = job.shipment
    equipment = book.equipment[s.equipment]
    gross_t = s.mass_t / s.units + equipment.tare_t if equipment.family == "container" else Decimal(0)
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
        origin=book.named_end(s.origin),
        destination=book.named_end(s.destination),
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
    """One job on its lane: weights, limits and the searches a quote asks for."""

    def __init__(self, job: Job, book: DataBook, conditions: Conditions | None = None) -> None:
        self.job = job
        self.book = book
        self.conditions = conditions or conditions_of(job, book)
        self.load = load_of(job, book)
        self.lane: PricedLane = book.lane(self.conditions, job.shipment.origin, job.shipment.destination)
        self.weights: Weights = self.lane.weights(self.load, book.fx, job.currency, fx_day(job))
        self._transits: dict[tuple[int, ...], Transit] = {}
        self.limited = self._limit_mask()
        self.no_rate = self.lane.no_exchange(book.fx, job.currency, fx_day(job))

    def _limit_mask(self) -> np.ndarray | None:
        """Arcs the client's own limits rule out; None where there are no limits."""
        limits = self.job.limits
        if limits.modes == frozenset(MODES) and not (
            limits.avoid_countries or limits.avoid_carriers or limits.avoid_places
        ):
            return None
        return np.array(
            [
                bool(
                    not edge.modes <= limits.modes
                    or edge.countries & limits.avoid_countries
                    or edge.carriers & limits.avoid_carriers
                    or edge.places & limits.avoid_places
                )
                for edge in self.lane.edges
            ]
        )

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
            legs = leg_times(it.legs, self.load, book.times, s.ready, s.known_on, groups)
            found = self._transits[it.arcs] = transit_of(legs)
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


def make_quote(request: QuoteRequest, book: DataBook, *, today: dt.date, created_at: dt.datetime) -> dict[str, Any]:
    """A quote as plain data (contract, section 3).

    Raises:
        RequestError: a field cannot be used.
        NoItinerary: no way exists; says what blocks it.
    """
    return quote_job(normalise(request, book, today), book, created_at)


def quote_job(job: Job, book: DataBook, created_at: dt.datetime) -> dict[str, Any]:
    """The same for a normalised job."""
    search = Search(job, book)
    found = find_itineraries(search)
    finish(search, found.itineraries)
    return render(search, found, created_at)


def best_only(job: Job, book: DataBook) -> tuple[Search, Itinerary]:
    """The best way alone, priced exactly: what a batch row needs.

    Raises:
        NoItinerary: no way exists.
    """
    search = Search(job, book)
    path = best_way(search, search.combined(job.objective), search.blocked())
    if path is None:
        raise no_way(search)
    return search, search.itinerary(path)


# ---- searching ---------------------------------------------------------------------------------------


def best_way(search: Search, weight: Weight, blocked: np.ndarray) -> tuple[int, ...] | None:
    """The best path over the open arcs that keeps required places and the deadline; None where there is none."""
    bound = search.bound(weight, blocked)
    lane, must = search.lane, search.must(blocked)
    arcs = lane.arcs(blocked)
    if must is None:
        return best_path(arcs, as_list(weight), bound, lane.source, lane.sink)
    plain = as_list(weight)
    if must.most_minutes is not None and search.job.chance is not None:
        return _sure_way(search, plain, bound, arcs, must)
    found, _ = paths_by_sign(arcs, plain, bound, lane.source, lane.sink, None, 1, must=must, most_pops=MOST_POPS)
    if found and search.job.limits.via and turns_back(search, found[0]):
        # To reach a place that is shut, a search would sail there from the other shore and come back again.
        found, _ = paths_by_sign(arcs, plain, bound, lane.source, lane.sink, lane.signs, LOOKED_AT_VIA, must=must)
        found = [path for path in found if not turns_back(search, path)]
    return found[0] if found else None


def _sure_way(search: Search, weight: list[int], bound: list[int], arcs: Arcs, must: Must) -> tuple[int, ...] | None:
    """The cheapest way that is in time with the chance asked for, among those no other beats in money and expected time.

    The search walks from cheap to fast: where the cheapest way of at most so many expected hours is not sure enough,
    a faster one is sought. The median of a skewed law lies below its mean, so it begins beyond the limit.
    """
    lane = search.lane
    cap = int((must.most_minutes or 0) * BEYOND_LIMIT)
    for _ in range(MOST_SURE_TRIED):
        tighter = replace(must, most_minutes=cap)
        found, _ = paths_by_sign(
            arcs, weight, bound, lane.source, lane.sink, None, 1, must=tighter, most_pops=MOST_POPS
        )
        if not found or search.in_time(found[0]):
            return found[0] if found else None
        cap = search.sums(found[0])[1] - 1
    return None


def ways(search: Search, weight: Weight, blocked: np.ndarray, wanted: int) -> tuple[list[tuple[int, ...]], bool]:
    """The best path of each of the best routes, in order, and whether none was left unsought."""
    bound = search.bound(weight, blocked)
    lane = search.lane
    return paths_by_sign(
        lane.arcs(blocked),
        as_list(weight),
        bound,
        lane.source,
        lane.sink,
        lane.signs,
        wanted,
        must=search.must(blocked),
    )


def as_list(weight: Weight) -> list[int]:
    return weight.tolist() if isinstance(weight, np.ndarray) else weight


@dataclass(frozen=True, slots=True)
class Found:
    """The itineraries of a quote in order, what shut better ones, and whether each search came to its end."""

    itineraries: list[Itinerary]
    rejected: list[Rejected]
    pareto_complete: bool
    alternatives_complete: bool


def find_itineraries(search: Search) -> Found:
    """The best way, the labelled extremes, alternatives or the Pareto set, and what shut better ways."""
    job = search.job
    weight = search.combined(job.objective)
    best, rejected = _best_and_closures(search, weight)
    if best is None:
        raise no_way(search)
    blocked = search.blocked()
    found: dict[tuple[int, ...], Itinerary] = {}

    def keep(path: Sequence[int], label: str) -> None:
        key = tuple(path)
        if key not in found:
            found[key] = search.itinerary(key)
        if label not in found[key].labels:
            found[key].labels.append(label)

    for objective, label in (("cost", "cheapest"), ("time", "fastest"), ("emissions", "greenest")):
        path = best if objective == job.objective else best_way(search, search.combined(objective), blocked)
        if path is not None:
            keep(path, label)
    complete = True
    if job.pareto:
        front, complete = pareto_front(search, blocked)
        for path in front:
            if search.in_time(path):
                keep(path, "pareto")
    others, all_sought = alternatives(search, weight, job.alternatives)
    for path in others:
        keep(path, "alternative")
    order = {"cost": (0, 1, 2), "time": (1, 0, 2), "emissions": (2, 0, 1)}[job.objective]

    def rank(it: Itinerary) -> tuple[int, ...]:
        sums = search.sums(it.arcs)
        return (*(sums[i] for i in order), *it.arcs)

    ranked = sorted(found.values(), key=rank)
    top = ranked[0]
    if "alternative" in top.labels and len(top.labels) > 1:
        top.labels.remove("alternative")
    return Found(ranked, rejected, complete, all_sought)


def pareto_front(search: Search, blocked: np.ndarray) -> tuple[list[tuple[int, ...]], bool]:
    """Every path no other beats in money, time and emissions at once, and whether the set is complete."""
    lane = search.lane
    arcs = lane.arcs(blocked)
    first, second, third = (w.tolist() for w in search.weights)
    bounds = [search.bound(w, blocked) for w in search.weights]
    front, complete = pareto_paths(
        arcs,
        (first, second, third),
        (bounds[0], bounds[1], bounds[2]),
        lane.source,
        lane.sink,
        limits=(None, search.most_minutes(), None),
        must=search.must(blocked),
    )
    return [path for _, path in front], complete


def alternatives(search: Search, weight: Weight, wanted: int) -> tuple[list[tuple[int, ...]], bool]:
    """The best way of each of the next best routes; beside it the best of that route without trucks, and without trains.

    A route is the borders entered and the sailings made. Six neighbouring ports of one coast would fill the list,
    so each corridor shows its two best before any shows a third. Where the best of a route leaves the rails, a client
    still asks what it costs to stay on them.
    """
    if not wanted:
        return [], True
    blocked = search.blocked()
    sought, complete = ways(search, weight, blocked, LOOKED_AT * (wanted + 1))
    direct = [path for path in sought if not wanders(search, path) and search.in_time(path)]
    seen: Counter[tuple[str, ...]] = Counter()
    turns: list[int] = []
    for path in direct:
        through = corridor(search, path)
        turns.append(seen[through])
        seen[through] += 1
    first = sorted(range(len(direct)), key=lambda i: (turns[i] >= OF_ONE_CORRIDOR, i))[: wanted + 1]
    chosen = {_signs(search, direct[i]): [direct[i]] for i in sorted(first)}
    for leave_out in ("road", "rail"):
        if not any(_uses(search, group[0], leave_out) for group in chosen.values()):
            continue
        mask = blocked | search.lane.uses(leave_out)
        for path in ways(search, weight, mask, 3 * wanted + 3)[0]:
            group = chosen.get(_signs(search, path))
            if group is None or path in group or wanders(search, path) or not _uses(search, group[0], leave_out):
                continue
            if not search.in_time(path):
                continue
            group.append(path)
    return [path for group in chosen.values() for path in group], complete


def corridor(search: Search, path: Sequence[int]) -> tuple[str, ...]:
    """Where a way leaves the country of the origin and where it enters the last one; all ports of a coast are one."""
    network = search.book.network
    crossed = [
        "sea" if leg.mode == "sea" else f"{leg.from_id}>{leg.to_id}"
        for arc in path
        for leg in search.lane.edges[arc].legs
        if network.places[leg.from_id].country != network.places[leg.to_id].country
    ]
    return (crossed[0], crossed[-1]) if crossed else ()


def wanders(search: Search, path: Sequence[int]) -> bool:
    """Whether a way comes back to a country it has left, or carries the cargo through one location twice."""
    network = search.book.network
    countries = countries_of(search, path)
    stops: list[str] = []
    for arc in path:
        for leg in search.lane.edges[arc].legs:
            for place in (leg.from_id, leg.to_id):
                location = min(network.members[place])
                if not stops or stops[-1] != location:
                    stops.append(location)
    return len(set(countries)) < len(countries) or len(set(stops)) < len(stops)


def turns_back(search: Search, path: Sequence[int]) -> bool:
    """Whether a way leaves the last country again after it has entered it, or comes back to the first one."""
    countries = countries_of(search, path)
    first, last = countries[0], countries[-1]
    return last in countries[1:-1] or (first != last and first in countries[1:])


def countries_of(search: Search, path: Sequence[int]) -> list[str]:
    """The countries a way passes, in order; Uzbekistan and Turkmenistan, whose lines cross each other's border, as one."""
    places = search.book.network.places
    found: list[str] = []
    for arc in path:
        for leg in search.lane.edges[arc].legs:
            for place in (leg.from_id, leg.to_id):
                country = places[place].country
                country = "UZ/TM" if country in ("UZ", "TM") else country
                if not found or found[-1] != country:
                    found.append(country)
    return found


def _signs(search: Search, path: Sequence[int]) -> tuple[str, ...]:
    return tuple(search.lane.signs[a] for a in path if search.lane.signs[a])


def _uses(search: Search, path: Sequence[int], mode: str) -> bool:
    return any(mode in search.lane.edges[a].modes for a in path)


def _best_and_closures(search: Search, weight: Weight) -> tuple[tuple[int, ...] | None, list[Rejected]]:
    """The best allowed path, and the closures that shut better ones.

    First with every closure open: where that best way meets none, it is the answer. Else what it meets
    is told and shut, and the search repeated, until the best way is free.
    """
    told: list[tuple[str, int, tuple[str, ...]]] = []
    shut: frozenset[str] = frozenset()
    ignoring = search.job.limits.ignore_restrictions
    best: tuple[int, ...] | None = None
    for _ in range(MOST_CLOSURES_TOLD + 1):
        path = best_way(search, weight, search.blocked(open_all=True, also=shut))
        if path is None:
            break
        met = {i for a in path for i in search.lane.shut.get(a, ()) if i not in ignoring}
        if not met:
            best = path
            break
        told += [(i, search.sums(path)[0], tuple(sorted(met - {i}))) for i in sorted(met)]
        shut |= met
    if best is None:
        best = best_way(search, weight, search.blocked())
    cents = search.sums(best)[0] if best is not None else None
    return best, [_rejection(search, i, c, cents, others) for i, c, others in told]


def _rejection(search: Search, restriction_id: str, cents: int, best: int | None, others: tuple[str, ...]) -> Rejected:
    r = next(r for r in search.lane.context.restrictions if r.restriction_id == restriction_id)
    until = r.valid.end.isoformat() if r.valid.end else ""
    saving = ""
    if best is not None and search.job.objective == "cost":
        saving = f"{Decimal(best - cents) / 100:.2f} {search.job.currency}"
    text = sentence(r, search.book.place_names)
    if saving:
        beside = f", together with {' and '.join(others)}," if others else ""
        text += f" The way it shuts{beside} would cost {saving} less."
    wait_until, gain = _by_waiting(search, r, best) if best is not None else ("", "")
    if gain:
        text += (
            f" Loaded on {wait_until} instead, the goods would cost {gain} less to carry, before any cost of waiting."
        )
    return Rejected(restriction_id, r.kind, text, until, saving, r.source_id, wait_until, gain)


def _by_waiting(search: Search, r: Restriction, best: int) -> tuple[str, str]:
    """(the first day after a closure with a known end, what the best way of that day costs less) or empty words."""
    job = search.job
    end = r.valid.end
    if end is None or job.objective != "cost" or (end - job.shipment.ready).days >= MOST_DAYS_WAITED:
        return "", ""
    day = end + dt.timedelta(days=1)
    if job.shipment.due is not None and day > job.shipment.due:
        return "", ""
    later = Search(replace(job, shipment=replace(job.shipment, ready=day)), search.book)
    path = best_way(later, later.combined("cost"), later.blocked())
    if path is None:
        return "", ""
    gain = best - later.sums(path)[0]
    return (day.isoformat(), f"{Decimal(gain) / 100:.2f} {job.currency}") if gain > 0 else ("", "")


def no_way(search: Search) -> NoItinerary:
    """Why nothing was found, as an error with the reasons.

    Raises:
        NoExchangeRate: a way exists, but a currency it is paid in has no rate that day.
    """
    if search.no_rate is not None:
        bound = search.bound(search.weights[1], search.blocked() & ~search.no_rate)
        if bound[search.lane.source] < INFINITY:
            raise NoExchangeRate(
                f"No exchange rates are at hand on or before {fx_day(search.job)} for every way of this lane.",
                field="ready",
                hint="Bring your own rates (columns currency, per_usd, date, kind).",
            )
    _, closures = _best_and_closures(search, search.combined(search.job.objective))
    return why_no_route(search, [c.as_dict() for c in closures], Search)


# ---- finishing ---------------------------------------------------------------------------------------


def finish(search: Search, itineraries: list[Itinerary]) -> None:
    """Warnings and ties, which look at a whole way or at several."""
    job, book = search.job, search.book
    s = job.shipment
    standing = [r for r in book.restrictions_at(s.ready, s.known_on) if not shuts(r)]
    for it in itineraries:
        it.warnings = own_warnings(it, search.load, fx_day(job))
        if s.value_usd is None and book.cargoes[s.cargo].price_usd_per_t is None:
            it.warnings.append(
                Warn(
                    "no_cargo_value",
                    "No price of this cargo is at hand, so nothing is insured; state its value.",
                    "keruen-estimate",
                )
            )
        for r in standing:
            if _touches(r, it, search):
                it.warnings.append(Warn(r.kind, sentence(r, book.place_names), r.source_id))
        shelf = search.shelf_life(it)
        if shelf is not None:
            own = shelf.reefer if book.equipment[s.equipment].temperature_controlled else shelf.tilt
            it.warnings += [Warn(code, text, own.life.source_id) for code, text in own.warnings()]
        for code, text, source_id in notes(it.legs, search.transit(it), search.departure, book.network):
            it.warnings.append(Warn(code, text, source_id))
        for queue in search.transit(it).queues:
            where = book.place_names.get(queue.selector.start, queue.selector.start)
            days = f"{queue.mean_h / 24:.1f} days"
            chance = f" in {queue.share:.0%} of cases" if queue.share < 1 else ""
            text = f"At {where} goods stood about {days}{chance} at the last report; the days are counted, their hire is not in the price."
            it.warnings.append(Warn("queue", text, queue.source_id))
        for ignored in sorted({i for a in it.arcs for i in search.lane.shut.get(a, ())}):
            it.warnings.append(
                Warn("restriction_ignored", f"Restriction {ignored} shuts this way; it was ignored as asked.", "")
            )
        for rule in compliance_warnings(
            book.restrictions.compliance,
            countries=it.countries,
            places=it.places,
            modes=it.modes,
            cargo=book.cargoes[s.cargo],
            equipment=s.equipment,
            origin_country=search.conditions.origin_country,
            destination_country=search.conditions.destination_country,
            day=s.ready,
            known_on=s.known_on,
        ):
            it.warnings.append(Warn(rule.warning_code, rule.text, rule.source_id))
    for i, a in enumerate(itineraries):
        a.ties_with = [j + 1 for j, b in enumerate(itineraries) if j != i and differ_within_bands(a, b)]


def _touches(r: Restriction, it: Itinerary, search: Search) -> bool:
    """Whether a warning restriction speaks of this way."""
    book, c = search.book, search.conditions
    if not modes_of(r) & it.modes:
        return False
    legs = []
    for selector in places_of(r):
        if isinstance(selector, str):
            members = set(book.network.members.get(selector, (selector,)))
            legs += [
                leg
                for leg in it.legs
                if {leg.from_id, leg.to_id} & members and (leg.kind == "haul" or leg.kind == "border")
            ]
        elif selector[0] == "country":
            legs += [
                leg
                for leg in it.legs
                if selector[1] in (book.network.places[leg.from_id].country, book.network.places[leg.to_id].country)
            ]
        elif selector[0] == "sea":
            legs += [
                leg for leg in it.legs if leg.mode == "sea" and (leg.from_id in GULF_PORTS) != (leg.to_id in GULF_PORTS)
            ]
        elif selector[0] == "road":
            pair = set(selector[1:])
            legs += [leg for leg in it.legs if leg.mode == "road" and pair <= set(leg.path)]
    cargo = book.cargoes[search.job.shipment.cargo]
    return any(
        concerns(
            r,
            cargo=cargo,
            wagon_type=leg.equipment,
            owner=search.job.shipment.ownership,
            origin_country=c.origin_country,
            destination_country=c.destination_country,
        )
        for leg in legs
        if leg.mode in modes_of(r) or leg.mode == "none"
    )
