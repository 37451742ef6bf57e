"""Which limited things a way passes, when, and how much of them a unit takes.

A resource's id says what it is and which way round: `border:rail:kz-bolashak>tm-serhetyaka`,
`line:kz-arys~kz-darbaza` (both ways share it), `sea:dry_bulk:kz-aktau-port>ir-amirabad-port`, `fleet:hopper-wagon`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from optimizer.databook import DataBook
from optimizer.plan.capacity import WAGONS_A_TRAIN, CapacityRow
from optimizer.plan.model import THOUSAND, Capacity, Resource
from optimizer.plan.periods import Periods
from optimizer.restriction.match import concerns, in_force, places_of
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import Edge, Leg
from optimizer.shipment import Cargo
from optimizer.tariff.charge import Load

PORT_WORDS = ("port,", "boarding", "leaving")
PASSED_AT_START = frozenset(("haul",))  # a train or ship takes its path as it leaves; a border is passed as it lets go
TINY = Decimal("1e-9")
AFTER_DAYS = 90  # what leaves in the last period passes its borders later


@dataclass(frozen=True, slots=True)
class EdgeUse:
    """A leg of an edge that takes of a resource, before it is known how much is shipped."""

    resource_id: str
    leg: int
    unit: str
    family: str


@dataclass(frozen=True, slots=True)
class Closure:
    """What a re-plan shuts: every resource that names a place, or one by its id, from a day to a day."""

    selector: str  # resource id, or a place id
    first: dt.date
    last: dt.date
    ids: frozenset[str] = frozenset()  # of the place's location

    def shuts(self, resource_id: str, day: dt.date) -> bool:
        if not self.first <= day <= self.last:
            return False
        return resource_id == self.selector or bool(self.ids & set(places_in(resource_id)))


def places_in(resource_id: str) -> list[str]:
    """Place ids a resource's id names.

    >>> places_in("border:rail:kz-bolashak>tm-serhetyaka")
    ['kz-bolashak', 'tm-serhetyaka']
    >>> places_in("port:kz-aktau-port@general/teu"), places_in("terminal:ir-sarakhs/teu")
    (['kz-aktau-port'], ['ir-sarakhs'])
    """
    return re.split(r"[>~]", re.split("[@/]", resource_id.rsplit(":", 1)[-1])[0])


class Limits:
    """All limits of a plan: what an edge takes of them, and how much there is in each period."""

    def __init__(
        self,
        rows: Iterable[CapacityRow],
        book: DataBook,
        periods: Periods,
        known_on: dt.date,
        closures: Sequence[Closure] = (),
    ) -> None:
        self.book = book
        self.periods = periods
        self.closures = tuple(closures)
        self.rows: dict[str, list[CapacityRow]] = defaultdict(list)
        self.unit: dict[str, str] = {}
        self._borders: dict[tuple[str, str, str], list[tuple[str, CapacityRow]]] = defaultdict(list)
        self._sections: dict[tuple[str, str], list[tuple[str, CapacityRow]]] = defaultdict(list)
        self._sailings: dict[tuple[str, str, str], list[tuple[str, CapacityRow]]] = defaultdict(list)
        self._ports: dict[str, list[tuple[str, CapacityRow]]] = defaultdict(list)
        self._terminals: dict[str, list[tuple[str, CapacityRow]]] = defaultdict(list)
        self.fleets: dict[str, CapacityRow] = {}
        self.stores: dict[str, CapacityRow] = {}
        self._calls: dict[str, tuple[Decimal, list[int]]] = {}
        for row in rows:
            self._take(row)
        self._close()
        self.quotas = self._quotas(known_on)

    # ---- what there is --------------------------------------------------------------------------------

    def _take(self, row: CapacityRow) -> None:
        tail = f"@{'+'.join(row.cargo)}" if row.cargo else ""
        if row.kind in ("border", "line", "sea"):
            head = {"border": f"border:{row.mode}:", "line": "line:", "sea": f"sea:{row.mode}:"}[row.kind]
            ends = [(row.from_id, row.to_id)] + ([] if row.ways == "one" else [(row.to_id, row.from_id)])
            for a, b in ends:
                name = f"{head}{row.from_id}~{row.to_id}{tail}" if row.ways == "both" else f"{head}{a}>{b}{tail}"
                self._known(name, row)
                if row.kind == "border":
                    self._borders[row.mode, a, b].append((name, row))
                elif row.kind == "line":
                    self._sections[a, b].append((name, row))
                else:
                    self._sailings[row.mode, a, b].append((name, row))
            return
        name = f"{row.kind}:{row.from_id}{tail}"
        if row.kind in ("port", "terminal") and row.unit in ("teu", "container", "truck"):
            name += f"/{row.unit}"
        self._known(name, row)
        if row.kind == "fleet":
            self.fleets[row.from_id] = row
        elif row.kind == "storage":
            for member in self.book.network.members[row.from_id]:
                self.stores[member] = row
        else:
            index = self._ports if row.kind == "port" else self._terminals
            for member in self.book.network.members[row.from_id]:
                index[member].append((name, row))

    def _known(self, name: str, row: CapacityRow) -> None:
        if row not in self.rows[name]:
            self.rows[name].append(row)
        self.unit[name] = row.unit

    def _close(self) -> None:
        """What a closure names and no row limits becomes a resource without a limit, but for the days shut."""
        for closure in self.closures:
            if ":" in closure.selector:
                if closure.selector not in self.unit:
                    self._open_ended(closure.selector)
                continue
            network = self.book.network
            crossings = [("rail", c.from_id, c.to_id) for c in network.rail_crossings]
            crossings += [("road", c.from_id, c.to_id) for c in network.road_crossings]
            for mode, start, end in crossings:
                for a, b in ((start, end), (end, start)):
                    if closure.ids & {a, b} and not self._borders.get((mode, a, b)):
                        self._open_ended(f"border:{mode}:{a}>{b}")
            for s in network.sea_services:
                for a, b in ((s.from_id, s.to_id), (s.to_id, s.from_id)):
                    if closure.ids & {a, b} and not self._sailings.get((s.kind, a, b)):
                        self._open_ended(f"sea:{s.kind}:{a}>{b}")

    def _open_ended(self, name: str) -> None:
        kind, _, rest = name.partition(":")
        mode, _, pair = rest.partition(":") if kind in ("border", "sea") else ("", "", rest)
        a, _, b = pair.partition(">")
        if name in self.unit or kind not in ("border", "sea", "line") or not b:
            return
        self.unit[name] = {"rail": "wagon", "road": "truck", "rail_ferry": "wagon", "roro": "truck"}.get(mode, "t")
        self.rows[name] = []
        row = _unlimited(kind, mode, a, b, self.unit[name])
        {"border": self._borders, "sea": self._sailings}.get(kind, self._borders)[mode, a, b].append((name, row))

    def capacity(self, name: str, period: int) -> Capacity | None:
        """What may pass in a period; None where nothing limits it."""
        if name in self.quotas:
            return self._quota_capacity(name, period)
        rows = self.rows.get(name, [])
        stock = any(row.stock for row in rows)
        amount = background = Decimal(0)
        limited = False
        days = self.periods.days_in(period)
        for day in days:
            shut = any(c.shuts(name, day) for c in self.closures)
            found = [r for row in rows if (r := row.on(day)) is not None]
            if shut:
                limited = True
            elif found:
                limited = True
                amount += sum((a for a, _ in found), Decimal(0))
                background += sum((b for _, b in found), Decimal(0))
            else:
                return (
                    None
                    if not any(c.shuts(name, d) for c in self.closures for d in days)
                    else self._partly(name, period)
                )
        if not limited:
            return None
        share = Decimal(len(days)) if stock else Decimal(1)
        return Capacity(name, period, int(amount / share * THOUSAND), int(background / share * THOUSAND))

    def _partly(self, name: str, period: int) -> Capacity | None:
        """An unlimited thing in a period some days of which are shut: nothing passes only where all days are."""
        days = self.periods.days_in(period)
        if all(any(c.shuts(name, day) for c in self.closures) for day in days):
            return Capacity(name, period, 0)
        return None

    # ---- ships ----------------------------------------------------------------------------------------

    def ship(self, name: str, day: dt.date) -> tuple[Decimal, Decimal] | None:
        """(least, most) tonnes of a ship with loose goods on a day; None where none is known."""
        for row in self.rows.get(name, ()):
            if row.most_t is not None and row.holds_on(day):
                return (row.least_t or Decimal(0), row.most_t)
        return None

    def sailings(self, name: str, period: int) -> int:
        """Ships that call in a period: what the weekly number has added up to by its end, less that before.

        0.7 ships a week are none in some weeks and one in others.
        """
        gone, counts = self._calls.setdefault(name, (Decimal(0), []))
        while len(counts) <= period:
            before = int(gone + TINY)
            for day in self.periods.days_in(len(counts)):
                if not any(c.shuts(name, day) for c in self.closures):
                    gone += sum((r.per_day - r.background for r in self.rows[name] if r.holds_on(day)), Decimal(0))
            counts.append(int(gone + TINY) - before)
            self._calls[name] = (gone, counts)
        return counts[period]

    # ---- quotas of restrictions -----------------------------------------------------------------------

    def _quotas(self, known_on: dt.date) -> dict[str, Restriction]:
        """Quotas of trains, wagons or trucks a day that hold on some day of the plan, by resource id."""
        found: dict[str, Restriction] = {}
        days = [
            self.periods.start + dt.timedelta(days=i)
            for i in range(self.periods.count * self.periods.days + AFTER_DAYS)
        ]
        for r in self.book.restrictions.rows:
            if r.daily_limit is not None and any(in_force(r, day, known_on) for day in days):
                name = f"quota:{r.restriction_id}"
                found[name] = r
                self.unit[name] = "truck" if r.daily_limit.unit == "truck" else "wagon"
        self._known_on = known_on
        return found

    def _quota_capacity(self, name: str, period: int) -> Capacity | None:
        r = self.quotas[name]
        limit = r.daily_limit
        assert limit is not None
        a_day = int(limit.number * (WAGONS_A_TRAIN if limit.unit == "train" else 1))
        open_days = [d for d in self.periods.days_in(period) if in_force(r, d, self._known_on)]
        if not open_days:
            return None
        # Days the quota does not speak of let as many through.
        return Capacity(name, period, a_day * self.periods.days * THOUSAND)

    # ---- what a way takes -----------------------------------------------------------------------------

    def of_edge(self, edge: Edge, cargo: Cargo) -> tuple[EdgeUse, ...]:
        """What an edge's legs take."""
        found: list[EdgeUse] = []
        for index, leg in enumerate(edge.legs):
            for name, row in self._rows_of(leg):
                if row.kind in ("port", "terminal") and not _counts(row.unit, leg.family):
                    continue
                if not row.cargo or cargo.id in row.cargo or cargo.groups & set(row.cargo):
                    found.append(EdgeUse(name, index, row.unit, leg.family))
            for name, r in self.quotas.items():
                if leg.kind == "border" and self._at(r, leg):
                    found.append(EdgeUse(name, index, self.unit[name], leg.family))
        return tuple(found)

    def _rows_of(self, leg: Leg) -> list[tuple[str, CapacityRow]]:
        if leg.kind == "border":
            return self._borders.get((leg.mode, leg.from_id, leg.to_id), [])
        if leg.kind == "haul" and leg.mode == "sea":
            return self._sailings.get((leg.service, leg.from_id, leg.to_id), [])
        if leg.kind == "haul" and leg.mode == "rail":
            if not self._sections:
                return []
            pairs = zip(leg.path, leg.path[1:], strict=False)
            found = [pair for step in pairs for pair in self._sections.get(step, [])]
            return list({name: (name, row) for name, row in found}.values())
        if leg.kind == "handling":
            ends = dict.fromkeys((leg.from_id, leg.to_id))
            found = [pair for end in ends for pair in self._terminals.get(end, [])]
            if leg.service.startswith(PORT_WORDS):
                found += [pair for end in ends for pair in self._ports.get(end, [])]
            return list({name: (name, row) for name, row in found}.values())
        return []

    def _at(self, r: Restriction, leg: Leg) -> bool:
        ends = {leg.from_id, leg.to_id}
        for selector in places_of(r):
            if isinstance(selector, str):
                if ends & set(self.book.network.members.get(selector, (selector,))):
                    return True
            elif selector[0] == "road" and set(selector[1:]) == ends:
                return True
        return False

    def quota_speaks(self, name: str, cargo: Cargo, equipment: str, owner: str, origin: str, destination: str) -> bool:
        """Whether a quota counts this cargo in this wagon or truck, between these countries."""
        return concerns(
            self.quotas[name],
            cargo=cargo,
            wagon_type=equipment,
            owner=owner,
            origin_country=origin,
            destination_country=destination,
        )

    def terminal_at_end(self, place: str) -> list[tuple[str, CapacityRow]]:
        """Limits of the place where the goods are taken, which for wagons is no leg."""
        return self._terminals.get(place, [])

    # ---- how it is called -----------------------------------------------------------------------------

    def resource(self, name: str) -> Resource:
        rows = self.rows.get(name, [])
        kind = name.partition(":")[0]
        source, status = (rows[0].source_id, rows[0].status) if rows else ("", "")
        if name in self.quotas:
            kind, source, status = "border", self.quotas[name].source_id, self.quotas[name].status
        return Resource(name, kind, self.unit.get(name, ""), self.words(name), source, status)

    def words(self, name: str) -> str:
        """The resource in words a manager reads."""
        names = self.book.place_names
        if name in self.quotas:
            r = self.quotas[name]
            where = next((names.get(p, p) for p in r.places), "")
            return f"quota at {where} ({r.quota} {r.quota_unit})"
        kind, _, rest = name.partition(":")
        rest, _, cargo = rest.partition("@")
        rest, _, counted = rest.partition("/")
        if kind in ("border", "sea"):
            mode, _, rest = rest.partition(":")
        else:
            mode = ""
        sign = "~" if "~" in rest else ">"
        ends = [names.get(p, p.replace("-", " ")) for p in rest.split(sign)]
        between = (" - " if sign == "~" else " to ").join(ends)
        head = {
            "border": f"{mode} border",
            "line": "line",
            "port": "port of",
            "terminal": "terminal",
            "sea": {
                "rail_ferry": "rail ferry",
                "roro": "truck ferry",
                "container_feeder": "feeder",
                "dry_bulk": "ships",
            }.get(mode, "sea"),
            "fleet": "fleet of",
            "storage": "store at",
        }.get(kind, kind)
        goods = " ".join(filter(None, (counted, cargo.partition("/")[0].replace("+", ", "))))
        return f"{head} {between}" + (f" ({goods})" if goods else "")


def _counts(unit: str, family: str) -> bool:
    """Whether a port or terminal counted so speaks of what rides so: boxes by the box, loose goods by the tonne."""
    boxed = family == "container"
    return boxed if unit in ("teu", "container") else (not boxed if unit == "t" else unit == family)


def _unlimited(kind: str, mode: str, a: str, b: str, unit: str) -> CapacityRow:
    from optimizer.validity import Validity

    return CapacityRow(
        kind, mode, a, b, (), unit, Decimal(0), False, "one", frozenset(), Validity(None, None), Decimal(0),
        None, None, None, "closure", "published", "",
    )  # fmt: skip


def per_unit(use: EdgeUse, load: Load, units: int, feet: int) -> Decimal:
    """What one unit of the shipment takes of a resource, in the resource's own unit.

    A 20-foot box takes half a platform; a box on a truck is a truck.
    """
    each = Decimal(units)
    if use.unit == "t":
        return load.mass_t / each
    if use.unit == "teu":
        return Decimal(feet) / 20
    if use.unit == "container":
        return Decimal(1)
    if use.unit == "vessel":
        return Decimal(0)  # whole ships: see lots
    if use.family == "container":
        return Decimal(feet or 40) / 40 if use.unit == "wagon" else Decimal(1)
    if use.unit == "truck":
        return Decimal(load.trucks) / each
    return Decimal(load.wagons) / each
