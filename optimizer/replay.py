"""A ban list replayed day by day: which gate was open for whom, and the cheapest allowed way of a lane.

Each day is asked as of itself: only what was known on that day counts, as in a quote of that day. A ban that
an order of a later day laid back over it is told beside it (`later`), never mixed in.

    replay(book, days) -> Replay(gates, lanes) -> markdown()

`python -m optimizer.replay` writes the tables out; `python -m optimizer.replay docs/autumn-2025.md` writes them anew
into that page.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from optimizer.databook import DataBook
from optimizer.errors import NoItinerary
from optimizer.itinerary import Itinerary
from optimizer.money import round_money
from optimizer.request import QuoteRequest, normalise
from optimizer.restriction.match import concerns, in_force, narrowed, places_of, shuts
from optimizer.restriction.model import Restriction
from optimizer.search import Search
from optimizer.ways import best_way

Told = TypeVar("Told", "GateDay", "LaneDay")


@dataclass(frozen=True, slots=True)
class Gate:
    """A border or port bans speak of, and the country goods through it are bound for."""

    name: str
    place_id: str
    destination: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What knocks at a gate: a cargo in a wagon of an owner."""

    name: str
    cargo: str
    wagon: str
    owner: str = "private"


@dataclass(frozen=True, slots=True)
class Lane:
    """A shipment asked for on every day."""

    origin: str
    destination: str
    cargo: str
    tonnes: Decimal

    @property
    def name(self) -> str:
        return f"{self.origin} - {self.destination}, {self.cargo}, {self.tonnes:,} t"


GATES = (
    Gate("Aktau port", "kz-aktau-port", "IR"),
    Gate("Bolashak", "kz-bolashak", "IR"),
    Gate("Saryagash", "kz-saryagash", "UZ"),
)
PROBES = (
    Probe("wheat", "wheat", "hopper-wagon"),
    Probe("flour", "flour", "covered-wagon"),
    Probe("machinery", "machinery", "covered-wagon"),
    Probe("wheat in foreign wagons", "wheat", "hopper-wagon", "foreign"),
)
LANES = (
    Lane("Kokshetau", "Bandar Abbas", "wheat", Decimal(3000)),
    Lane("Kostanay", "Hairatan", "wheat", Decimal(3000)),
)
AUTUMN_2025 = tuple(dt.date(2025, 10, 1) + dt.timedelta(days=n) for n in range(92))


@dataclass(frozen=True, slots=True)
class GateDay:
    """One gate on one day for one probe.

    `shut_by`: ids of what shuts it, as known that day; empty when open. `later`: ids that hold for the day by an
    order issued after it.
    """

    day: dt.date
    gate: str
    probe: str
    shut_by: tuple[str, ...]
    later: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.shut_by

    @property
    def told(self) -> tuple[object, ...]:
        """What a run of days has in common."""
        return (self.gate, self.probe, self.shut_by, self.later)


@dataclass(frozen=True, slots=True)
class LaneDay:
    """The cheapest allowed way of a lane on one day, as known that day.

    Prices are USD per tonne; `per_tonne` is None when no way was open. `way`: borders and ports passed, in order.
    `if_open`: the price had nothing been shut; `shut`: ids on that cheaper way.
    """

    day: dt.date
    lane: str
    per_tonne: Decimal | None
    hours: float
    way: tuple[str, ...]
    if_open: Decimal | None
    shut: tuple[str, ...]

    @property
    def told(self) -> tuple[object, ...]:
        return (self.lane, self.per_tonne, self.way, self.if_open, self.shut)


@dataclass(frozen=True, slots=True)
class Replay:
    """The days asked for, gate by gate and lane by lane, each in the order of days."""

    gates: tuple[GateDay, ...]
    lanes: tuple[LaneDay, ...]


def replay(
    book: DataBook,
    days: Iterable[dt.date] = AUTUMN_2025,
    gates: Sequence[Gate] = GATES,
    probes: Sequence[Probe] = PROBES,
    lanes: Sequence[Lane] = LANES,
) -> Replay:
    """Every gate and lane on every day, each day as known on that day.

    Args:
        days: days of loading; they need not be consecutive.
    Raises:
        RequestError: a lane or a day the book cannot quote.
        UnknownPlace: a lane's end is not in the network.
    Notes: gates are read from the ban list alone, for goods of Kazakhstan; lanes are searched as a quote is.

    >>> from optimizer.databook import DataBook
    >>> book = DataBook.load()
    >>> day = replay(book, [dt.date(2025, 10, 6)], GATES[:1], PROBES[:1], ()).gates[0]
    >>> day.is_open, day.shut_by
    (False, ('KTZ-2025-AKTAU-1',))
    """
    days = sorted(set(days))
    return Replay(
        tuple(gate_day(book, day, gate, probe) for gate in gates for probe in probes for day in days),
        tuple(lane_day(book, day, lane) for lane in lanes for day in days),
    )


def gate_day(book: DataBook, day: dt.date, gate: Gate, probe: Probe) -> GateDay:
    """One gate on one day for one probe."""
    members = set(book.network.members.get(gate.place_id, (gate.place_id,)))

    def holds(r: Restriction) -> bool:
        return bool(
            shuts(r)
            and members.intersection(p for p in places_of(r) if isinstance(p, str))
            and concerns(
                narrowed(r, day=day, origin_country="KZ", destination_country=gate.destination),
                cargo=book.cargoes[probe.cargo],
                wagon_type=probe.wagon,
                owner=probe.owner,
                origin_country="KZ",
                destination_country=gate.destination,
            )
        )

    mine = [r for r in book.restrictions.rows if holds(r)]
    known = sorted(r.restriction_id for r in mine if in_force(r, day, day))
    ever = sorted(r.restriction_id for r in mine if in_force(r, day, dt.date.max))
    return GateDay(day, gate.name, probe.name, tuple(known), tuple(i for i in ever if i not in known))


def lane_day(book: DataBook, day: dt.date, lane: Lane) -> LaneDay:
    """The cheapest allowed way of one lane on one day, and the cheapest had nothing been shut."""
    text = day.isoformat()
    request = QuoteRequest(
        lane.origin, lane.destination, lane.cargo, tonnes=str(lane.tonnes), ready=text, known_on=text
    )
    search = Search(normalise(request, book, day), book)
    weight = search.combined("cost")
    any_path = best_way(search, weight, search.blocked(open_all=True))
    if any_path is None:
        raise NoItinerary(f"No way leads from {lane.origin} to {lane.destination} even with every closure open.")
    shut = tuple(sorted({i for arc in any_path for i in search.lane.shut.get(arc, ())}))
    path = best_way(search, weight, search.blocked()) if shut else any_path
    if_open = _per_tonne(search, any_path, lane)
    if path is None:
        return LaneDay(day, lane.name, None, 0.0, (), if_open, shut)
    return LaneDay(
        day,
        lane.name,
        _per_tonne(search, path, lane),
        search.sums(path)[1] / 60,
        gates_passed(search.itinerary(path), book),
        if_open,
        shut,
    )


def gates_passed(it: Itinerary, book: DataBook) -> tuple[str, ...]:
    """Names of the borders crossed and the ports sailed from and to, in order, each once.

    The side that is left names a border. Where a way leaves a country and comes back, both crossings stand.
    """
    network = book.network
    found: list[str] = []
    for leg in it.legs:
        here, there = network.places[leg.from_id], network.places[leg.to_id]
        if leg.mode == "sea" and leg.kind == "haul":
            names = [here.name_en, there.name_en]
        elif leg.kind == "border" or here.country != there.country:
            names = [here.name_en]
        else:
            names = []
        found += [name for name in names if not found or found[-1] != name]
    return tuple(found)


def _per_tonne(search: Search, path: Sequence[int], lane: Lane) -> Decimal:
    return round_money(Decimal(search.sums(path)[0]) / 100 / lane.tonnes)


# ---- tables ------------------------------------------------------------------------------------------


def runs(days: Sequence[Told], alike: Callable[[Told], object] = lambda d: d.told) -> list[tuple[Told, Told]]:
    """First and last of every run of consecutive days that are told alike."""
    found: list[tuple[Told, Told]] = []
    for d in days:
        if found:
            first, last = found[-1]
            if alike(first) == alike(d) and d.day == last.day + dt.timedelta(days=1):
                found[-1] = (first, d)
                continue
        found.append((d, d))
    return found


def span(first: dt.date, last: dt.date) -> str:
    """Days as a table prints them.

    >>> span(dt.date(2025, 10, 6), dt.date(2025, 10, 20)), span(dt.date(2025, 10, 26), dt.date(2025, 11, 6))
    ('6-20 Oct', '26 Oct - 6 Nov')
    >>> span(dt.date(2025, 10, 6), dt.date(2025, 10, 6))
    '6 Oct'
    """
    if first == last:
        return f"{first.day} {first:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}-{last.day} {last:%b}"
    return f"{first.day} {first:%b} - {last.day} {last:%b}"


def markdown(told: Replay) -> str:
    """Both parts as tables of a document, runs of equal days in one cell or row."""
    lines = ["## Gates", "", "| gate | for | days |", "| --- | --- | --- |"]
    by_gate: dict[tuple[str, str], list[GateDay]] = {}
    for g in told.gates:
        by_gate.setdefault((g.gate, g.probe), []).append(g)
    for (gate, probe), gate_days in by_gate.items():
        lines.append(f"| {gate} | {probe} | {'; '.join(_gate_run(a, b) for a, b in runs(gate_days))} |")
    by_lane: dict[str, list[LaneDay]] = {}
    for lane_told in told.lanes:
        by_lane.setdefault(lane_told.lane, []).append(lane_told)
    for lane, lane_days in by_lane.items():
        lines += ["", f"## {lane}", "", "| days | USD a tonne | days on the way | by | had all been open | shut |"]
        lines += ["| --- | ---: | ---: | --- | ---: | --- |"]
        lines += [_lane_run(a, b) for a, b in runs(lane_days)]
    return "\n".join(lines) + "\n"


def _gate_run(first: GateDay, last: GateDay) -> str:
    state = "open" if first.is_open else f"shut ({', '.join(first.shut_by)})"
    if first.later:
        state += f", shut by what was ordered later ({', '.join(first.later)})"
    return f"{span(first.day, last.day)} {state}"


def _lane_run(first: LaneDay, last: LaneDay) -> str:
    days = span(first.day, last.day)
    if first.per_tonne is None:
        return f"| {days} | none open | | | {first.if_open} | {', '.join(first.shut)} |"
    cheaper = first.if_open if first.shut else ""
    return (
        f"| {days} | {first.per_tonne} | {first.hours / 24:.1f} | {', '.join(first.way)} "
        f"| {cheaper} | {', '.join(first.shut)} |"
    )


def main(page: str = "") -> None:
    """Write the tables out, or anew into a page, whose words before them stay."""
    tables = markdown(replay(DataBook.load()))
    if page:
        words = Path(page).read_text(encoding="utf-8").partition("## Gates\n")[0]
        Path(page).write_text(words + tables, encoding="utf-8")
    else:
        sys.stdout.write(tables)


if __name__ == "__main__":
    main(*sys.argv[1:2])
