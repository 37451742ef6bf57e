"""One elevator and one offer: the way the goods take, whose each line is, and what is left at the elevator.

    EXW value = price - every line of the seller's under the basis of the offer

The basis divides the lines of one way (see incoterm); it changes no line. So FOB Aktau, CFR Amirabad and DAP Amirabad
of one lot are the same lines, and seller's and buyer's add up to the same total.

Where the goods go on to decides the rates a railway takes and the bans that meet them. It is the offer's `destination`,
else the place itself, if that lies abroad; else, for a port or border station at home, what lies across: the port most
of its ships sail to, the station on the other side of the border. Where no way leads across, it is the place itself, at
inland rates, and the row says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from optimizer.cargo import resolve_cargo
from optimizer.databook import DataBook
from optimizer.errors import FreightError, RequestError
from optimizer.explain import why_no_route
from optimizer.incoterm import Incoterm, Split, split
from optimizer.itinerary import Itinerary
from optimizer.money import round_money
from optimizer.netback.read import Elevator, Offer
from optimizer.netback.ties import Share, Worth
from optimizer.render import INTEREST_ID, itinerary_dict, quote_id_of
from optimizer.request import Job, QuoteRequest, normalise
from optimizer.restriction.match import concerns, places_of, sentence, shuts
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import Edge
from optimizer.search import Search
from optimizer.transit import transit_of
from optimizer.ways import best_way

ZERO = Decimal(0)
HOURS_A_YEAR = Decimal(8760)
ELEVATOR_RULE = "elevator"
PRICED, SHUT, NO_ROUTE, UNDIVIDED, NEEDS_ANSWER = "priced", "shut", "no_route", "undivided", "needs_answer"


@dataclass(slots=True)
class Pair:
    """What one elevator gets from one offer, per tonne unless said otherwise, in the currency of the table.

    Attributes:
        status: priced, shut (a ban or closure), no_route, undivided (the basis does not fit the way), needs_answer.
        lines: of the whole way, seller's and buyer's, with `per_tonne`; the seller's per tonne add up to `cost`.
        cost: seller's lines; `value` is `price` less it, exactly. `total` is the same for the lot, to the cent.
        days: P50 and P90 until the goods are handed over; `capital` is interest for them.
        until: last day of a ban, if known.
    """

    elevator: Elevator
    offer: Offer
    origin: str = ""
    place: str = ""
    destination: str = ""
    cargo: str = ""
    status: str = NEEDS_ANSWER
    code: str = ""
    reason: str = ""
    until: str = ""
    ready: dt.date | None = None
    open_days: int | None = None
    tonnes: Decimal = ZERO
    price: Decimal = ZERO
    cost: Decimal = ZERO
    value: Decimal = ZERO
    total: Decimal = ZERO
    worth: Worth | None = None
    days: tuple[float, float] = (0.0, 0.0)
    capital: tuple[Decimal, Decimal] = (ZERO, ZERO)
    subsidy: Decimal = ZERO
    subsidies: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    route: tuple[str, ...] = ()
    way_total: Decimal = ZERO
    published_share: float = 0.0
    quote_id: str = ""
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def low(self) -> Decimal:
        assert self.worth is not None
        return round_money(self.worth.low)

    @property
    def high(self) -> Decimal:
        assert self.worth is not None
        return round_money(self.worth.high)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the whole table is asked in: the day of the question, what was known, the currency."""

    today: dt.date
    known_on: dt.date
    currency: str = "USD"
    ignore: tuple[str, ...] = ()


def value_of(elevator: Elevator, offer: Offer, book: DataBook, asked: Asked) -> Pair:
    """The pair, priced or with the reason why it has no number; never raises for what a row says."""
    pair = Pair(elevator, offer)
    try:
        _value(pair, book, asked)
    except RequestError as fault:
        pair.status, pair.code, pair.reason = NEEDS_ANSWER, fault.code, str(fault)
    except FreightError as fault:
        pair.status, pair.code, pair.reason = NO_ROUTE, fault.code, str(fault)
    return pair


def _value(pair: Pair, book: DataBook, asked: Asked) -> None:
    offer, elevator, net = pair.offer, pair.elevator, book.network
    pair.origin = book.places.resolve(elevator.origin, "origin")
    pair.place = _named_place(offer, book)
    at_home = pair.place in net.members[pair.origin]
    pair.tonnes = offer.tonnes
    if elevator.stock_t is not None and elevator.stock_t < offer.tonnes:
        pair.tonnes = elevator.stock_t
        pair.notes.append(f"the elevator holds {elevator.stock_t} t of the {offer.tonnes} t asked for")
    day = min(offer.loading.first, asked.today, asked.known_on)
    into = book.fx.quote(offer.currency, asked.currency, day)
    pair.price = into.convert(offer.price)
    pair.ready = offer.loading.first
    if offer.rule == "EXW":
        if not at_home:
            pair.status, pair.code = UNDIVIDED, "exw_elsewhere"
            pair.reason = f"EXW {pair.place} is a price at another elevator."
            return
        pair.destination = offer.destination and book.places.resolve(offer.destination, "destination")
        _settle(pair, book, asked, into.convert(offer.low), into.convert(offer.high), [], {})
        return
    tried: list[_Tried] = []
    found: _Tried | None = None
    for end in _onward(pair, book):
        tried.append(_try(pair, end, book, asked))
        if tried[-1].path is not None:
            found = tried[-1]
            break
    if found is None:
        _closed(pair, tried, book)
        return
    _fill(pair, found, book, asked, into.convert(offer.low), into.convert(offer.high))
    if not offer.destination and pair.destination != pair.place:
        pair.notes.append(f"no destination is named: the goods are taken to go on to {pair.destination}")


def check_names(offer: Offer, book: DataBook) -> None:
    """Refuse an offer whose places or cargo no elevator could serve, before any is computed.

    Raises:
        RequestError: a name is unknown or fits two; its field is the column.
    """
    resolve_cargo(offer.cargo, book.cargoes)
    _named_place(offer, book)
    for column, text in (("destination", offer.destination), ("via", offer.via), ("origin", offer.origin)):
        if text:
            book.places.resolve(text, column)


def _named_place(offer: Offer, book: DataBook) -> str:
    """The id of the place where costs change hands; FOB and CFR name a town and mean its port."""
    place = book.places.resolve(offer.named, "outlet")
    sea = book.network.sea_places
    if offer.rule in ("FOB", "CFR") and not set(book.network.members[place]) & sea:
        ports = sorted(p for p in sea if p.startswith(f"{place}-"))
        if len(ports) != 1:
            raise RequestError(
                f"{offer.rule} names {place}, which is no port we know.",
                code="not_a_port",
                field="basis",
                hint=f"Name the port{', one of ' + ', '.join(ports) if ports else ''}, or use FCA, CPT or DAP.",
            )
        return ports[0]
    return place


def _onward(pair: Pair, book: DataBook) -> list[str]:
    """Where the goods may go on to, the likeliest first; the first with an open way is taken."""
    offer, net = pair.offer, book.network
    if offer.destination:
        return [book.places.resolve(offer.destination, "destination")]
    home = net.places[pair.origin].country
    if offer.rule != "FOB" and net.places[pair.place].country != home:
        return [pair.place]
    here = set(net.members[pair.place])
    if offer.rule == "FCA" and pair.origin in here:
        raise RequestError(
            "FCA at the elevator does not say where the goods go on to, and the rates ask for it.",
            code="missing_destination",
            field="destination",
            hint="Fill the column destination.",
        )
    sailings = [s for s in net.sea_services if s.state != "none" and here & {s.from_id, s.to_id}]
    sailings.sort(key=lambda s: (s.state != "running", -(s.sailings_per_week or 0.0)))
    ends = [(s.from_id, s.to_id) for s in sailings]
    if offer.rule != "FOB":
        ends += [(c.from_id, c.to_id) for c in net.rail_crossings] + [(c.from_id, c.to_id) for c in net.road_crossings]
    across = [b if a in here else a for a, b in ends if here & {a, b}]
    abroad = list(dict.fromkeys(p for p in across if net.places[p].country != home))
    if offer.rule == "FOB":
        if not abroad:
            raise RequestError(
                f"No ship is known to sail from {pair.place}.", code="no_sailing", field="outlet", hint="Name a port."
            )
        return abroad
    return [*abroad, pair.place]


# ---- the way -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tried:
    """A search for one end: its best open way, or what shuts the best one there is."""

    end: str
    search: Search
    path: tuple[int, ...] | None
    met: tuple[Restriction, ...] = ()  # what shuts a better way, or the only one
    saving: Decimal = ZERO
    open_days: int | None = None


def _try(pair: Pair, end: str, book: DataBook, asked: Asked) -> _Tried:
    """The best way for the first day of the offer on which one is open."""
    offer = pair.offer
    job = _job(pair, end, book, asked, offer.loading.first)
    if not offer.loading.month:
        return _look(job, end, pair, book)
    first: _Tried | None = None
    shut: _Tried | None = None
    open_days = 0
    for start, days in _spells(job, offer, book):
        tried = _look(replace(job, shipment=replace(job.shipment, ready=start)), end, pair, book)
        if tried.path is not None:
            open_days += days
            first = first or tried
        shut = shut or tried
    found = first or shut
    assert found is not None
    found.open_days = open_days
    return found


def _spells(job: Job, offer: Offer, book: DataBook) -> list[tuple[dt.date, int]]:
    """(first day, days) of the parts of a month in which the same bans and closures are in force."""
    spells: list[tuple[dt.date, int]] = []
    last: frozenset[str] | None = None
    for n in range((offer.loading.last - offer.loading.first).days + 1):
        day = offer.loading.first + dt.timedelta(days=n)
        closed = frozenset(r.restriction_id for r in book.restrictions_at(day, job.shipment.known_on) if shuts(r))
        if closed == last:
            spells[-1] = (spells[-1][0], spells[-1][1] + 1)
        else:
            spells.append((day, 1))
        last = closed
    return spells


def _job(pair: Pair, end: str, book: DataBook, asked: Asked, ready: dt.date) -> Job:
    offer = pair.offer
    away = pair.place not in (*book.network.members[pair.origin], *book.network.members[end])
    request = QuoteRequest(
        origin=pair.origin,
        destination=end,
        cargo=offer.cargo,
        tonnes=f"{pair.tonnes:f}",
        equipment=offer.equipment,
        ownership=offer.ownership,
        ready=ready.isoformat(),
        known_on=asked.known_on.isoformat(),
        currency=asked.currency,
        alternatives=0,
        via=tuple(filter(None, (offer.via, pair.place if away else ""))),
        ignore_restriction=asked.ignore,
        incoterm=f"{offer.rule} {pair.place}",
        price_per_tonne=f"{pair.price:f}",
    )
    job = normalise(request, book, asked.today)
    assert job.incoterm is not None
    pair.place = job.incoterm.place or pair.place
    return job


def _look(job: Job, end: str, pair: Pair, book: DataBook) -> _Tried:
    search = Search(job, book)
    here = frozenset(book.network.members[pair.place])
    other = _other_than_ships(search, here, pair.offer.rule)
    if other is not None:
        search.limited = other if search.limited is None else search.limited | other
    weight = search.combined("cost")
    free = best_way(search, weight, search.blocked(open_all=True))
    ignoring = job.limits.ignore_restrictions
    met = {i for arc in free or () for i in search.lane.shut.get(arc, ())} - ignoring
    if not met:
        if free is not None and end == pair.place and (bans := _bans_at(search, here, book)):
            return _Tried(end, search, None, bans)
        return _Tried(end, search, free)
    path = best_way(search, weight, search.blocked())
    rows = tuple(r for r in search.lane.context.restrictions if r.restriction_id in met)
    saving = ZERO
    if path is not None and free is not None:
        saving = Decimal(search.sums(path)[0] - search.sums(free)[0]) / 100
        if _round_the_ban(search, path, rows):
            return _Tried(end, search, None, rows, saving)
    return _Tried(end, search, path, rows, saving)


def _round_the_ban(search: Search, path: Sequence[int], rows: Sequence[Restriction]) -> bool:
    """Whether a way meets the very place that is shut: wagons unloaded one station before and trucked to the quay.

    A search finds such ways, because a ban on loading speaks of wagons. Nobody sells a ship's lot on the strength of one.
    """
    passed = frozenset(p for arc in path for p in search.lane.edges[arc].places)
    members = search.book.network.members
    return any(set(members[p]) & passed for r in rows for p in places_of(r) if isinstance(p, str) and p in members)


def _other_than_ships(search: Search, port: frozenset[str], rule: str) -> np.ndarray | None:
    """Arcs that leave the loading port (FOB) or reach the port of discharge (CFR) otherwise than by sea."""
    if rule not in ("FOB", "CFR"):
        return None

    def by_land(edge: Edge) -> bool:
        return any(
            leg.kind == "haul" and leg.mode != "sea" and (leg.from_id if rule == "FOB" else leg.to_id) in port
            and leg.from_id != leg.to_id and not {leg.from_id, leg.to_id} <= port
            for leg in edge.legs
        )  # fmt: skip

    return np.array([by_land(edge) for edge in search.lane.edges])


def _bans_at(search: Search, here: frozenset[str], book: DataBook) -> tuple[Restriction, ...]:
    """Export bans at a border place at home that the way ends at: the goods are to go on, and could not.

    A way that ends there is inland traffic to the search, which no export ban meets.
    """
    s, origin = search.job.shipment, search.conditions.origin_country
    if book.network.places[s.destination].country != origin:
        return ()
    beyond = {
        book.network.places[b].country
        for c in book.network.rail_crossings
        for a, b in ((c.from_id, c.to_id), (c.to_id, c.from_id))
        if a in here
    } - {origin}
    return tuple(
        r
        for r in book.restrictions_at(s.ready, s.known_on)
        if shuts(r)
        and r.restriction_id not in search.job.limits.ignore_restrictions
        and here & {p for p in places_of(r) if isinstance(p, str)}
        and any(
            concerns(
                r,
                cargo=book.cargoes[s.cargo],
                wagon_type=s.equipment,
                owner=s.ownership,
                origin_country=origin,
                destination_country=country,
            )
            for country in beyond
        )
    )


def _closed(pair: Pair, tried: Sequence[_Tried], book: DataBook) -> None:
    """No way to any end: the ban that shuts the first of them, and until when, or why there is none at all."""
    shut = [t for t in tried if t.met]
    one = shut[0] if shut else tried[-1]
    pair.destination, pair.cargo = one.end, one.search.job.shipment.cargo
    pair.ready, pair.open_days = one.search.job.shipment.ready, one.open_days
    if not shut:
        raise why_no_route(one.search, [], Search)
    pair.status, pair.code = SHUT, one.met[0].kind
    pair.reason = " ".join(sentence(r, book.place_names) for r in one.met)
    ends = [r.valid.end for r in one.met]
    pair.until = "" if None in ends else max(e for e in ends if e is not None).isoformat()
    pair.notes.append(", ".join(r.restriction_id for r in one.met))
    if one.saving:
        more, currency = one.saving / pair.tonnes, one.search.job.currency
        pair.notes.append(f"a way round it by road to the same place, {more:.2f} {currency}/t dearer, is not counted")


# ---- the value ---------------------------------------------------------------------------------------


def _fill(pair: Pair, tried: _Tried, book: DataBook, asked: Asked, low: Decimal, high: Decimal) -> None:
    search, path = tried.search, tried.path
    assert path is not None
    job = search.job
    it = search.itinerary(path)
    way = itinerary_dict(1, it, search)
    term = job.incoterm or Incoterm(pair.offer.rule)
    found = split(way, term, book.network.members)
    pair.destination, pair.cargo = tried.end, job.shipment.cargo
    pair.ready, pair.open_days = job.shipment.ready, tried.open_days
    pair.route, pair.way_total = it.way, it.total
    pair.quote_id = quote_id_of(job, book.versions)
    pair.published_share = way["published_share"]
    pair.warnings = sorted({w.code for placed in it.charges for w in placed.charge.term.warnings})
    if not found.applies:
        pair.status, pair.code, pair.reason = UNDIVIDED, "basis_does_not_fit", found.reason
        return
    if tried.met:
        names = ", ".join(r.restriction_id for r in tried.met)
        pair.notes.append(f"{names} shuts a way that would cost {tried.saving:.2f} {asked.currency} less")
    if pair.offer.loading.month and pair.ready != pair.offer.loading.first:
        pair.notes.append(f"shut until {pair.ready - dt.timedelta(days=1)}")
    if book.network.places[pair.destination].country == book.network.places[pair.origin].country:
        pair.notes.append("no destination abroad is named or reached: priced at inland rates up to the place")
    rules: dict[str, Share] = {}
    for line, placed, party in zip(way["charges"], it.charges, found.parties, strict=True):
        line["party"] = party
        if party == "seller":
            t = placed.charge.term
            before = rules.get(t.rule.rule_id)
            each = placed.charge.amount_quote / pair.tonnes
            rules[t.rule.rule_id] = Share(each + (before.amount if before else ZERO), t.low, t.high)
    _times(pair, search, it, found, book, asked)
    pair.subsidies = list(way["subsidies"])
    pair.subsidy = round_money(sum((Decimal(s["amount_quote"]) for s in pair.subsidies), ZERO) / pair.tonnes)
    for s in pair.subsidies:
        if s["cap_t"] and pair.tonnes > Decimal(s["cap_t"]):
            pair.notes.append(f"subsidy {s['rule_id']} ends at {s['cap_t']} t")
    _settle(pair, book, asked, low, high, way["charges"], rules)


def _settle(
    pair: Pair,
    book: DataBook,
    asked: Asked,
    low: Decimal,
    high: Decimal,
    charges: list[dict[str, Any]],
    rules: Mapping[str, Share],
) -> None:
    """The elevator's own line, the sums, and the lines per tonne that add up to them."""
    elevator = pair.elevator
    rules = dict(rules)
    if elevator.cost_per_t:
        day = min(pair.offer.loading.first, asked.today, asked.known_on)
        each = book.fx.quote(elevator.currency, asked.currency, day)
        whole = each.convert(elevator.cost_per_t * pair.tonnes)
        # Ex works the buyer loads; under every other basis the seller does.
        party = "buyer" if pair.offer.rule == "EXW" else "seller"
        if party == "seller":
            rules[f"{ELEVATOR_RULE}:{pair.origin}"] = Share(whole / pair.tonnes, Decimal(1), Decimal(1))
        own = {
            "code": ELEVATOR_RULE,
            "description": "the elevator's own charge, as the table of elevators states it",
            "leg": None,
            "carrier": "",
            "amount": f"{round_money(elevator.cost_per_t * pair.tonnes):f}",
            "currency": elevator.currency,
            "amount_quote": f"{whole:f}",
            "rule_id": "",
            "source_id": "",
            "status": "stated",
            "party": party,
        }
        charges = [own, *charges]
    pair.lines = charges
    seller = sum((Decimal(c["amount_quote"]) for c in charges if c["party"] == "seller"), ZERO)
    pair.cost = round_money(seller / pair.tonnes)
    for party in ("seller", "buyer"):
        _per_tonne([c for c in charges if c["party"] == party], pair.tonnes)
    pair.value = pair.price - pair.cost
    pair.total = round_money(pair.price * pair.tonnes) - seller
    pair.worth = Worth(pair.price, low, high, rules)
    pair.status = PRICED


def _per_tonne(lines: Sequence[dict[str, Any]], tonnes: Decimal) -> None:
    """Each line per tonne, to the cent, so that they add up to the cent-rounded sum per tonne exactly.

    Cents left over go to the largest remainders, as on a client's sheet.
    """
    exact = [Decimal(line["amount_quote"]) / tonnes * 100 for line in lines]
    floors = [int(e // 1) for e in exact]
    left = int(round_money(sum((Decimal(x["amount_quote"]) for x in lines), ZERO) / tonnes) * 100) - sum(floors)
    order = sorted(range(len(lines)), key=lambda i: (-(exact[i] - floors[i]), i))
    up = set(order[: max(left, 0)])
    for i, line in enumerate(lines):
        line["per_tonne"] = f"{Decimal(floors[i] + (i in up)) / 100:.2f}"


def _times(pair: Pair, search: Search, it: Itinerary, found: Split, book: DataBook, asked: Asked) -> None:
    """Days until the goods are handed over, and interest on their price for those days."""
    legs = search.transit(it).legs[: _handed_over(it, found)]
    if not legs:
        return
    transit = transit_of(legs)
    hours = [transit.quantile(p) for p in (0.5, 0.9)]
    interest = book.operations.by_id[INTEREST_ID].value
    pair.days = (hours[0] / 24, hours[1] / 24)
    median, slow = (round_money(pair.price * interest * Decimal(h) / HOURS_A_YEAR) for h in hours)
    pair.capital = (median, slow)


def _handed_over(it: Itinerary, found: Split) -> int:
    """How many legs are the seller's: up to the place where costs change hands."""
    legs = it.legs
    for i, leg in enumerate(legs):
        if found.rule == "FOB" and leg.mode == "sea" and leg.kind == "haul" and leg.from_id == found.place:
            return i
        if found.rule == "CFR" and leg.mode == "sea" and leg.to_id == found.place:
            return i + 1
        if found.rule not in ("FOB", "CFR") and leg.kind in ("haul", "border") and leg.to_id == found.place:
            return i + 1
    return 1 if legs and legs[0].kind == "handling" else 0
