"""The ways a shipment may go, priced exactly on the haul graph, and what each takes of the limited things.

A way's sign is the row of limited things it passes, so the search lists the best way of each row of limited things in
order of money: a way not listed costs more than the last one listed. What is sought is least money for one unit,
every charge at its least share for any part of the shipment; no part of any size costs less than its way's sum.

Of each way only its own edges and terms are kept and the graph is let go: a season of plans fits into memory, and the
charge sheet of every part that is chosen is written by the code that writes a quote's.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from optimizer.closures import no_way
from optimizer.databook import Conditions, DataBook
from optimizer.errors import FreightError, NoItinerary
from optimizer.plan.demand import PlanShipment
from optimizer.plan.model import THOUSAND, Use
from optimizer.plan.periods import Periods
from optimizer.plan.pieces import pieces
from optimizer.plan.prices import LeastUnit, Sizes, WaySheet, least_cents, part_of
from optimizer.plan.resources import PASSED_AT_START, EdgeUse, Limits, per_unit
from optimizer.plan.seasons import SeasonBook, SeasonLane
from optimizer.request import Job, fx_day
from optimizer.restriction.match import shuts
from optimizer.routing.graph import Graph
from optimizer.routing.search import distances_to, paths_by_sign
from optimizer.search import EXACT_FLOAT, Search, conditions_of, load_of, lot_of
from optimizer.subject import Lot as LotOfBook
from optimizer.tables import digest
from optimizer.tariff.charge import Load
from optimizer.ways import wanders

WAYS = 8
MOST_WAYS = 64
MOST_POPS = 100_000
MOST_WAIT_DAYS = 56
SAFE_SHARE = 0.9995  # lines of one unit round by half a cent each
MOST_TRAIN = 71  # conditional wagons in the longest block train
LEAVES_ITS_UNIT = frozenset(("reload", "reloading", "transshipment", "port, wagon to ship", "port, truck to ship"))


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A train or ship a column needs; those of one id are one lot."""

    lot_id: str
    kind: str
    period: int
    least: int
    most: int
    dead_cost: Fraction | None
    available: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A column to be: one way of one shipment from one day on.

    Attributes:
        pieces: (units, cents for each), cheapest first; waiting and lateness in it.
        uses: of one unit.
    """

    way_id: str
    start: int
    day: dt.date
    pieces: tuple[tuple[int, Fraction], ...]
    uses: tuple[Use, ...]
    lot: LotDraft | None = None
    lot_load: int = 0


@dataclass(slots=True)
class Offer:
    """What a shipment may do.

    Attributes:
        complete: cents of one unit below which every way is listed.
        why_not: in words, where nothing can be done.
        capped: the search for ways stopped at its limit.
    """

    drafts: list[Draft] = field(default_factory=list)
    complete: Fraction = Fraction(0)
    why_not: str = ""
    code: str = ""
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one season: its sheets (one for each lot the books tell apart), its hours, what it takes and when.

    Attributes:
        uses: (resource, hours after loading when it is taken, hours until it is free again or None, amount).
        sea: (edge, sailing hours, resource, from>to) of the first sailing with loose goods in whole ships.
    """

    way_id: str
    sheets: Mapping[LotOfBook, WaySheet]
    sheet: WaySheet
    cents: NDArray[np.float64]
    takes: tuple[tuple[str, float, float | None, int], ...]
    sea: tuple[int, float, str] | None
    minutes_least: int
    train_wagons: int = 0


@dataclass(slots=True)
class _Listing:
    ways: list[Way]
    bound: Fraction | None  # cents of one unit that every way not listed costs at least; None where all are listed
    capped: bool
    why_not: str = ""
    code: str = ""


class Desk:
    """Lists ways for shipments and writes the sheets of the parts that are chosen."""

    def __init__(
        self,
        book: DataBook,
        periods: Periods,
        limits: Limits,
        shipments: tuple[PlanShipment, ...],
        *,
        most_wait_days: int = MOST_WAIT_DAYS,
        ways: int = WAYS,
    ) -> None:
        self.book = book
        self.periods = periods
        self.limits = limits
        self.shipments = shipments
        self.most_wait_days = most_wait_days
        self.wanted = dict.fromkeys(range(len(shipments)), ways)
        self.days_asked: dict[int, set[dt.date]] = {}  # days of bookings that are no first day of a period
        self.kept: dict[tuple[int, str, dt.date], Way] = {}
        self.sizes: dict[int, Sizes] = {}
        self._edge_uses: dict[Hashable, tuple[Graph, list[tuple[EdgeUse, ...]], list[str]]] = {}
        known_on = shipments[0].job.shipment.known_on if shipments else periods.start
        self.seasons = SeasonBook(book, known_on, {s.job.shipment.deal.subsidy for s in shipments})
        self._base_cents: dict[Hashable, NDArray[np.int64]] = {}
        self._turns = self._days_rules_turn(known_on)

    # ---- when ---------------------------------------------------------------------------------------

    def _days_rules_turn(self, known_on: dt.date) -> frozenset[dt.date]:
        """Days on which a ban begins or ends."""
        found: set[dt.date] = set()
        for r in self.book.restrictions.rows:
            if shuts(r):
                found |= {day for day in (r.valid.start, r.valid.end and r.valid.end + dt.timedelta(days=1)) if day}
        return frozenset(found)

    def starts(self, k: int) -> list[tuple[int, dt.date]]:
        """(period, day) a shipment may leave: the first day of each period, and days on which a ban ends within it."""
        ready = self.shipments[k].job.shipment.ready
        first = max(ready, self.periods.start)
        last = min(self.periods.end - dt.timedelta(days=1), first + dt.timedelta(days=self.most_wait_days))
        found: list[tuple[int, dt.date]] = []
        for period in range(max(0, self.periods.of(first)), self.periods.of(last) + 1):
            days = [d for d in self.periods.days_in(period) if first <= d <= last]
            asked = self.days_asked.get(k, ())
            found += [(period, d) for i, d in enumerate(days) if i == 0 or d in self._turns or d in asked]
        return found

    # ---- listing ------------------------------------------------------------------------------------

    def offers(
        self,
        which: Iterable[int],
        progress: Callable[[int], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> dict[int, Offer]:
        """What each shipment may do; season by season, so that each graph is priced once.

        Args:
            progress: called with the number of shipments done since.
            check: called now and then; may raise where the time is up.
        """
        which = list(which)
        plans: dict[Hashable, list[tuple[int, dt.date, list[tuple[int, dt.date]]]]] = defaultdict(list)
        offers = {k: Offer(complete=self._unserved_cents(k) + 1) for k in which}
        left = dict.fromkeys(which, 0)
        for k in which:
            by_season: dict[dt.date, list[tuple[int, dt.date]]] = defaultdict(list)
            c = conditions_of(self.shipments[k].job, self.book)
            for period, day in self.starts(k):
                by_season[self.seasons.season_day(c, day)].append((period, day))
            if not by_season:
                offers[k].why_not = "It is ready after the last period of the plan."
                offers[k].code = "outside_window"
                if progress is not None:
                    progress(1)
            riding = (c.equipment, c.ownership, c.from_store, str(c.gross_t))
            left[k] = len(by_season)
            for season, days in by_season.items():
                plans[riding, self._order(k)[:3]].append((k, season, days))
        memory: dict[Hashable, _Listing] = {}
        for key in sorted(plans, key=repr):
            memory.clear()
            self._base_cents.clear()
            for k, season, days in sorted(plans[key], key=lambda job: (self._order(job[0]), job[0], job[1])):
                if check is not None:
                    check()
                self._add(offers[k], k, season, days, memory)
                left[k] -= 1
                if not left[k] and progress is not None:
                    progress(1)
        for k, offer in offers.items():
            offer.drafts.sort(key=lambda d: (d.start, d.day, d.way_id))
            offer.drafts = _earliest_day(offer.drafts, self.days_asked.get(k, frozenset()))
            if offer.drafts:
                offer.why_not = offer.code = ""
        return offers

    def _order(self, k: int) -> tuple[str, ...]:
        s = self.shipments[k].job.shipment
        return (s.cargo, s.destination[:2], s.origin[:2], s.destination, s.origin)

    def _unserved_cents(self, k: int) -> Fraction:
        s = self.shipments[k]
        return Fraction(s.unserved * s.mass_t * 100) / s.units

    def _add(
        self,
        offer: Offer,
        k: int,
        season: dt.date,
        days: list[tuple[int, dt.date]],
        memory: dict[Hashable, _Listing],
    ) -> None:
        for period, day in days:
            shipment = self.shipments[k]
            job = part_of(shipment, shipment.units, day)
            key = (self._lane_key(k), season, fx_day(job), self.wanted[k])
            listing = memory.get(key)
            if listing is None:
                try:
                    listing = self._list(k, job, season)
                except FreightError as fault:
                    listing = _Listing([], None, False, str(fault), fault.code)
                memory[key] = listing
            if not listing.ways and not offer.why_not:
                offer.why_not, offer.code = listing.why_not, listing.code
            offer.capped |= listing.capped
            if listing.bound is not None:
                offer.complete = min(offer.complete, listing.bound)
            for way in listing.ways:
                draft = self._draft(k, period, day, way, job)
                if draft is not None:
                    offer.drafts.append(draft)
                    self.kept[k, way.way_id, day] = way

    def _lane_key(self, k: int) -> Hashable:
        """Shipments of one lane, size and price of leaving behind share their ways."""
        p = self.shipments[k]
        s = replace(p.job.shipment, ready=dt.date.min, due=None)
        return (s, p.whole, p.unserved, tuple(d for d in p.job.defaults if d.startswith("equipment =")))

    def _sizes(self, k: int) -> Sizes:
        found = self.sizes.get(k)
        if found is None:
            found = self.sizes[k] = Sizes(self.shipments[k], self.book)
        return found

    def _list(self, k: int, job: Job, season: dt.date) -> _Listing:
        """The ways of a shipment loaded on a day of a season."""
        shipment, book = self.shipments[k], self.book
        s, on = job.shipment, fx_day(job)
        c = conditions_of(job, book)
        lane = self.seasons.lane(c, s.origin, s.destination, season)
        uses, signs = self._signs(lane, c)
        blocked = self._blocked(lane, job, on)
        family = book.equipment[c.equipment].family
        load = load_of(job, book)
        unit = LeastUnit(load, shipment.units, family)
        key = (self._lane_key(k), id(lane.base), on)
        base = self._base_cents.get(key)
        if base is None:
            base = self._base_cents[key] = least_cents(lane.base, unit, book.fx, job.currency, on)
        weight = lane.cents(unit, base, book.fx, job.currency, on)
        bound = _bound(lane, weight, blocked)
        wanted = self.wanted[k]
        found, complete = paths_by_sign(
            lane.arcs(blocked), weight.tolist(), bound, lane.source, lane.sink, signs, wanted, most_pops=MOST_POPS
        )
        if not found:
            return _Listing([], None, False, self._why_not(job, c), "no_route")
        limit = float(self._unserved_cents(k))
        sums = [int(weight[list(path)].sum()) for path in found]
        exhausted = complete and len(found) < wanted
        last = None if exhausted or sums[-1] >= limit else Fraction(int(sums[-1] * SAFE_SHARE))
        kept = [path for i, path in enumerate(found) if sums[i] < limit and (i == 0 or not self._wanders(lane, path))]
        lots = self._other_lots(k, job, c)
        ways = [self._way(k, job, c, lane, path, uses, lots, season, on) for path in kept]
        ways += self._in_trains(k, job, c, lane, kept, uses, season, on)
        return _Listing(ways, last, not complete)

    def _why_not(self, job: Job, c: Conditions) -> str:
        try:
            raise no_way(Search(job, self.book, c))
        except NoItinerary as reason:
            return " ".join([str(reason), *(row["text"] for row in reason.rejected[:2])])

    def _blocked(self, lane: SeasonLane, job: Job, on: dt.date) -> NDArray[np.bool_]:
        """Arcs nobody may use, or whose rates cannot be converted that day."""
        mask = lane.blocked(job.limits.ignore_restrictions)
        unpaid = lane.base.no_exchange(self.book.fx, job.currency, on)
        if unpaid is not None:
            mask |= unpaid
        return mask

    def _wanders(self, lane: SeasonLane, path: tuple[int, ...]) -> bool:
        return wanders(cast(Search, SimpleNamespace(book=self.book, lane=lane.base)), path)

    def _signs(self, lane: SeasonLane, c: Conditions) -> tuple[Callable[[int], tuple[EdgeUse, ...]], list[str]]:
        """What each arc takes, and the arc's sign; of the shared graph worked out once."""
        graph, cargo = lane.context.graph, self.book.cargoes[c.cargo]
        base = len(graph.edges)
        key = (id(graph), cargo.id)
        kept = self._edge_uses.get(key)
        if kept is None or kept[0] is not graph:
            if len(self._edge_uses) > 4:
                self._edge_uses.clear()
            shared = [self.limits.of_edge(edge, cargo) for edge in graph.edges]
            kept = self._edge_uses[key] = (graph, shared, [_sign(u) for u in shared])
        _, shared, shared_signs = kept
        own = [self.limits.of_edge(edge, cargo) for edge in lane.lane.edges]

        def uses(arc: int) -> tuple[EdgeUse, ...]:
            return shared[arc] if arc < base else own[arc - base]

        return uses, [*shared_signs, *(_sign(u) for u in own)]

    def _other_lots(self, k: int, job: Job, c: Conditions) -> dict[LotOfBook, Conditions]:
        """Conditions of the part sizes that some row of the books tells from the whole."""
        found: dict[LotOfBook, Conditions] = {}
        s = job.shipment
        for size in self._sizes(k).sizes:
            part = part_of(self.shipments[k], size, s.ready)
            lot = lot_of(part, self.book)
            if lot != c.lot and lot not in found:
                found[lot] = replace(c, lot=lot)
        return found

    def _way(
        self,
        k: int,
        job: Job,
        c: Conditions,
        lane: SeasonLane,
        path: tuple[int, ...],
        uses: Callable[[int], tuple[EdgeUse, ...]],
        lots: Mapping[LotOfBook, Conditions],
        season: dt.date,
        on: dt.date,
        train_wagons: int = 0,
    ) -> Way:
        shipment, book = self.shipments[k], self.book
        sheet = WaySheet(lane, path)
        sheets = {c.lot: sheet}
        for lot, other in lots.items():
            other_lane = self.seasons.lane(other, job.shipment.origin, job.shipment.destination, season)
            if not any(other_lane.is_missing(arc) for arc in path):
                sheets[lot] = WaySheet(other_lane, path)
        sizes = self._sizes(k)
        cents = sheet.cents_by_size(sizes, book.fx, job.currency, on)
        for lot, other_sheet in sheets.items():
            if other_sheet is not sheet:
                mask = np.array([lot_of(part_of(shipment, n, season), book) == lot for n in sizes.sizes])
                cents = np.where(mask, other_sheet.cents_by_size(sizes, book.fx, job.currency, on), cents)
        load = load_of(job, book)
        takes, sea = self._takes(k, c, load, sheet, [uses(arc) for arc in path])
        names = lane.lane.names
        way_id = _way_id(sheet, [names[e.tail].split("/")[1] for e in sheet.edges])
        if train_wagons:
            way_id += f"-train{train_wagons}"
        least = load.wagons if shipment.whole else min(1, load.wagons)
        return Way(way_id, sheets, sheet, cents, takes, sea, sheet.minutes(least), train_wagons)

    def _takes(
        self, k: int, ends: Conditions, load: Load, sheet: WaySheet, uses: list[tuple[EdgeUse, ...]]
    ) -> tuple[tuple[tuple[str, float, float | None, int], ...], tuple[int, float, str] | None]:
        """What one unit takes, and when, in hours after loading."""
        shipment, limits = self.shipments[k], self.limits
        equipment = self.book.equipment[ends.equipment]
        cargo = self.book.cargoes[ends.cargo]
        found: list[tuple[str, float, float | None, int]] = []
        sea: tuple[int, float, str] | None = None
        clock, own_until, own_hauled, leaves = 0.0, 0.0, 0.0, False
        for number, (edge, hours, per) in enumerate(zip(sheet.edges, sheet.hours, sheet.hours_per_unit, strict=True)):
            total = hours + per * load.wagons
            legs = sum(leg.hours + leg.hours_per_unit * load.wagons for leg in edge.legs)
            begin, at = clock, clock + total - legs  # what a queue adds stands before the first leg
            times: list[tuple[float, float]] = []
            for leg in edge.legs:
                end = at + leg.hours + leg.hours_per_unit * load.wagons
                times.append((at, end))
                if leg.kind == "handling" and equipment.family != "container":
                    leaves |= any(leg.service.startswith(word) for word in LEAVES_ITS_UNIT)
                if not leaves:
                    own_until = end
                    own_hauled += end - at if leg.kind == "haul" else 0.0
                at = end
            for use in uses[number]:
                leg = edge.legs[use.leg]
                if use.resource_id in limits.quotas and not limits.quota_speaks(
                    use.resource_id, cargo, leg.equipment, ends.ownership, ends.origin_country, ends.destination_country
                ):
                    continue
                start, end = times[use.leg]
                when = start if leg.kind in PASSED_AT_START else end
                if use.unit == "vessel":
                    if sea is None:
                        sea = (number, when, use.resource_id)
                    continue
                amount = round(per_unit(use, load, shipment.units, equipment.feet) * THOUSAND)
                found.append((use.resource_id, when, None, amount))
            clock = begin + total
        last = (
            sheet.edges[-1].legs[-1]
            if sheet.edges[-1].legs
            else next(leg for edge in reversed(sheet.edges) for leg in reversed(edge.legs))
        )
        if not sheet.edges[-1].legs:
            for name, row in limits.terminal_at_end(last.to_id):
                if not row.cargo or cargo.id in row.cargo or cargo.groups & set(row.cargo):
                    use = EdgeUse(name, 0, row.unit, last.family)
                    amount = round(per_unit(use, load, shipment.units, equipment.feet) * THOUSAND)
                    found.append((name, clock, None, amount))
        fleet = limits.fleets.get(equipment.id)
        if fleet is not None:
            back = own_hauled if fleet.return_days is None else float(fleet.return_days) * 24
            found.append((f"fleet:{equipment.id}", 0.0, own_until + back, THOUSAND))
        return tuple(found), sea

    # ---- trains -------------------------------------------------------------------------------------

    def _in_trains(
        self,
        k: int,
        job: Job,
        c: Conditions,
        plain: SeasonLane,
        paths: list[tuple[int, ...]],
        uses: Callable[[int], tuple[EdgeUse, ...]],
        season: dt.date,
        on: dt.date,
    ) -> list[Way]:
        """The same ways as part of a whole train, where the books of the day give a train another price."""
        book = self.book
        family = book.equipment[c.equipment].family
        if family not in ("wagon", "container") or c.deal.train:
            return []
        found: list[Way] = []
        for least in self._train_marks(season, c.known_on):
            deal = replace(c.deal, train="block" if family == "wagon" else "container", train_wagons=Decimal(least))
            train_job = replace(job, shipment=replace(job.shipment, deal=deal))
            conditions = conditions_of(train_job, book)
            lane = self.seasons.lane(conditions, job.shipment.origin, job.shipment.destination, season)
            for path in paths:
                if any(lane.is_missing(arc) for arc in path):
                    continue
                if [_rows(lane, a) for a in path] != [_rows(plain, a) for a in path]:
                    found.append(self._way(k, train_job, conditions, lane, path, uses, {}, season, on, least))
        return found

    def _train_marks(self, day: dt.date, known_on: dt.date) -> list[int]:
        """Wagons from which some row in reach gives a train its own price."""
        found: set[int] = set()
        books = self.book.books
        for row in (*books.rules, *books.coefficients):
            cells = dict(row.cells)
            if "train_wagons" in cells and row.in_reach(day, known_on):
                digits = "".join(x if x.isdigit() else " " for x in cells["train_wagons"]).split()
                found |= {int(digits[0])} if digits else set()
        return sorted(n for n in found if 1 < n <= MOST_TRAIN)

    # ---- columns ------------------------------------------------------------------------------------

    def _draft(self, k: int, period: int, day: dt.date, way: Way, job: Job) -> Draft | None:
        shipment, periods = self.shipments[k], self.periods
        s = shipment.job.shipment
        unit_t = Fraction(shipment.mass_t) / shipment.units
        waiting = max(0, (day - s.ready).days) * Fraction(shipment.storage) * unit_t * 100
        late_days = late_by(day, way.minutes_least, s.due)
        late = late_days * Fraction(shipment.late) * unit_t * 100
        more = Fraction(int(waiting + late))
        limit = self._unserved_cents(k)
        parts = tuple((n, cents + more) for n, cents in pieces(self._sizes(k).sizes, way.cents, shipment.whole))
        if parts[0][1] >= limit:
            return None
        uses: dict[tuple[str, int], int] = {}
        offset = (day - periods.first(period)).days * 24
        length = periods.days * 24
        for name, hours, until, amount in way.takes:
            at = period + int((offset + hours) // length)
            last = at if until is None else period + int(max(0.0, offset + until - 1e-6) // length)
            for p in range(at, last + 1):
                if until is None:
                    uses[name, p] = uses.get((name, p), 0) + amount
                else:
                    uses[name, p] = amount
        store = self.limits.stores.get(s.origin)
        if store is not None:
            from_period = max(0, periods.of(max(s.ready, periods.start)))
            for p in range(from_period, period):
                uses[f"storage:{store.from_id}", p] = round(unit_t * THOUSAND)
        lot, load = self._lot(k, period, offset, way, job, unit_t)
        if lot is not None and lot.available == 0:
            return None
        return Draft(
            way.way_id,
            period,
            day,
            parts,
            tuple(Use(name, p, amount) for (name, p), amount in uses.items() if amount),
            lot,
            load,
        )

    def _lot(
        self, k: int, period: int, offset: float, way: Way, job: Job, unit_t: Fraction
    ) -> tuple[LotDraft | None, int]:
        if way.train_wagons:
            s = job.shipment
            # Shippers of one train load at one place for one place, in one week, for one way.
            lot_id = f"train:{s.origin}>{s.destination}:{way.way_id}:{self.periods.name(period)}"
            draft = LotDraft(
                lot_id,
                "train",
                period,
                way.train_wagons * THOUSAND,
                max(way.train_wagons, MOST_TRAIN) * THOUSAND,
                None,
                None,
            )
            return draft, THOUSAND
        if way.sea is None:
            return None, 0
        edge, hours, name = way.sea
        sails = period + int((offset + hours) // (self.periods.days * 24))
        ship = self.limits.ship(name, self.periods.first(sails))
        if ship is None:
            return None, 0
        least, most = ship
        freight = way.sheet.freight_a_tonne(edge, self.book.fx, job.currency, fx_day(job))
        dead = Fraction(freight) * 100 / THOUSAND
        available = self.limits.sailings(name, sails)
        lot_id = f"vessel:{name.split(':', 2)[2]}:{self.periods.name(sails)}"
        return LotDraft(lot_id, "vessel", sails, int(least * THOUSAND), int(most * THOUSAND), dead, available), round(
            unit_t * THOUSAND
        )


def late_by(day: dt.date, minutes: int, due: dt.date | None) -> int:
    """Days after its due date that goods loaded at midnight of a day arrive, by expected minutes.

    >>> late_by(dt.date(2026, 12, 1), 3 * 1440 + 1, dt.date(2026, 12, 2))
    2
    """
    if due is None:
        return 0
    arrives = day + dt.timedelta(days=minutes // 1440)
    return max(0, (arrives - due).days)


def _earliest_day(drafts: list[Draft], asked: Collection[dt.date]) -> list[Draft]:
    """Of one way and period only the earliest day it is open, and the days asked for."""
    found: dict[tuple[str, int, dt.date | None], Draft] = {}
    for draft in drafts:
        found.setdefault((draft.way_id, draft.start, draft.day if draft.day in asked else None), draft)
    return list(found.values())


def _rows(lane: SeasonLane, arc: int) -> list[tuple[str, ...]]:
    """The rows of the books an arc is priced by."""
    return [(t.rule.rule_id, *(x.coef_id for x in t.coefficients)) for t in lane.terms(arc)]


def _bound(lane: SeasonLane, weight: NDArray[np.int64], blocked: NDArray[np.bool_]) -> list[int]:
    """Least weight from every node to the destination, exact."""
    found = lane.base.reverse.distances(weight, blocked, lane.sink)
    if EXACT_FLOAT <= found[lane.source] < np.inf:
        return distances_to(lane.arcs(blocked), weight.tolist(), lane.sink)
    return found.tolist()


def _sign(uses: tuple[EdgeUse, ...]) -> str:
    return ",".join(use.resource_id for use in uses)


def _way_id(sheet: WaySheet, forms: list[str]) -> str:
    """A name that stays the same while the way does: its steps and how the cargo rides on each."""
    steps = [
        "|".join((edge.kind, form, *(f"{leg.kind},{leg.mode},{'>'.join(leg.path or (leg.from_id, leg.to_id))},{leg.service}" for leg in edge.legs)))
        for edge, form in zip(sheet.edges, forms, strict=True)
    ]  # fmt: skip
    return f"w-{digest([';'.join(steps).encode()])}"
