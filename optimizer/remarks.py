"""What is said beside a way: warnings that look at all of it, and ties between ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from optimizer.calendar_notes import notes
from optimizer.databook import DataBook
from optimizer.itinerary import Itinerary, differ_within_bands, own_warnings
from optimizer.request import fx_day
from optimizer.restriction.match import (
    PlaceSelector,
    compliance_warnings,
    concerns,
    modes_of,
    narrowed,
    places_of,
    sentence,
    shuts,
)
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import GULF_PORTS, Edge, Leg
from optimizer.search import Search
from optimizer.tariff.charge import Warn
from optimizer.timing.elements import Queue
from optimizer.transit import Transit


def finish(search: Search, itineraries: list[Itinerary]) -> None:
    """Warnings and ties, which look at a whole way or at several."""
    standing = standing_restrictions(search)
    for it in itineraries:
        it.warnings = [
            *own_warnings(it, search.load, fx_day(search.job)),
            *of_goods(search),
            *of_restrictions(standing, it, search, search.transit(it).queues),
            *_of_shelf_life(it, search),
            *of_time(it.legs, search.transit(it), search.departure, search.book),
            *_of_ignored(it, search),
            *of_compliance(it, search),
        ]
    for i, a in enumerate(itineraries):
        a.ties_with = [j + 1 for j, b in enumerate(itineraries) if j != i and differ_within_bands(a, b)]


def standing_restrictions(search: Search) -> list[Restriction]:
    """What is in force that day and shuts nothing, with the exemptions of this lane taken out."""
    book, s = search.book, search.job.shipment
    members = book.network.members
    return [
        narrowed(
            r,
            day=s.ready,
            origins=frozenset(members[s.origin]),
            origin_country=search.conditions.origin_country,
            destinations=frozenset(members[s.destination]),
            destination_country=search.conditions.destination_country,
        )
        for r in book.restrictions_at(s.ready, s.known_on)
        if not shuts(r)
    ]


def of_goods(search: Search) -> list[Warn]:
    """What is to be said of the goods themselves."""
    s = search.job.shipment
    if s.value_usd is not None or search.book.cargoes[s.cargo].price_usd_per_t is not None:
        return []
    text = "No price of this cargo is at hand, so nothing is insured; state its value."
    return [Warn("no_cargo_value", text, "keruen-estimate")]


def of_restrictions(
    standing: Iterable[Restriction], it: Itinerary, search: Search, queues: Iterable[Queue]
) -> list[Warn]:
    """Restrictions that touch the way without shutting it.

    Args:
        queues: counted in the way's hours.
    """
    reported = {q.selector.start for q in queues if q.how == "held"}
    found = []
    for r in standing:
        touched = _touched(r, it, search)
        if touched:
            text = sentence(r, search.book.place_names, touched)
            if r.kind == "quota" and reported.intersection(touched):
                text += " The queue reported there is counted, not this wait beside it."
            found.append(Warn(r.kind, text, r.source_id))
    return found


def _of_shelf_life(it: Itinerary, search: Search) -> list[Warn]:
    shelf = search.shelf_life(it)
    if shelf is None:
        return []
    cooled = search.book.equipment[search.job.shipment.equipment].temperature_controlled
    own = shelf.reefer if cooled else shelf.tilt
    return [Warn(code, text, own.life.source_id) for code, text in own.warnings()]


def of_time(legs: Sequence[Leg], transit: Transit, departure: dt.datetime, book: DataBook) -> list[Warn]:
    """What the calendar and the queues do to the way's hours."""
    found = [Warn(*note) for note in notes(legs, transit, departure, book.calendar)]
    for queue in transit.queues:
        if queue.quota:
            continue  # its restriction says so
        where = book.place_names.get(queue.selector.start, queue.selector.start)
        days = f"{queue.mean_h / 24:.1f} days"
        chance = f" in {queue.share:.0%} of cases" if queue.share < 1 else ""
        text = f"At {where} goods stood about {days}{chance} at the last report; the days are counted, their hire is not in the price."
        found.append(Warn("queue", text, queue.source_id))
    return found


def _of_ignored(it: Itinerary, search: Search) -> list[Warn]:
    return [
        Warn("restriction_ignored", f"Restriction {ignored} shuts this way; it was ignored as asked.", "")
        for ignored in sorted({i for a in it.arcs for i in search.lane.shut.get(a, ())})
    ]


def of_compliance(it: Itinerary, search: Search) -> list[Warn]:
    """Sanctions and permits to be looked at on the way."""
    book, s = search.book, search.job.shipment
    rules = compliance_warnings(
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
    )
    return [Warn(rule.warning_code, rule.text, rule.source_id) for rule in rules]


def _touched(r: Restriction, it: Itinerary, search: Search) -> list[PlaceSelector]:
    """The places of a warning restriction at which it speaks of this way; none: it does not."""
    if not modes_of(r) & it.modes:
        return []
    found: list[PlaceSelector] = []
    for selector in places_of(r):
        for edge in it.edges:
            there = [
                leg
                for leg in edge.legs
                if (leg.mode in modes_of(r) or leg.mode == "none") and _meets(selector, leg, search)
            ]
            if there and any(_speaks(r, leg, edge, search) for leg in there):
                found.append(selector)
                break
    return found


def _meets(selector: PlaceSelector, leg: Leg, search: Search) -> bool:
    """Whether a leg touches a place, country, road or strait."""
    network = search.book.network
    ends = {leg.from_id, leg.to_id}
    if isinstance(selector, str):
        return leg.kind in ("haul", "border") and not ends.isdisjoint(network.members.get(selector, (selector,)))
    word, *rest = selector
    if word == "country":
        return rest[0] in {network.places[end].country for end in ends}
    if word == "sea":
        return leg.mode == "sea" and (leg.from_id in GULF_PORTS) != (leg.to_id in GULF_PORTS)
    return leg.mode == "road" and set(rest) <= set(leg.path)


def _speaks(r: Restriction, leg: Leg, edge: Edge, search: Search) -> bool:
    """Whether it speaks of what rides on this leg: in a hired truck nobody's own wagon matters."""
    book, c, graph = search.book, search.conditions, search.lane.context.graph
    form = graph.names[edge.tail].split("/")[1] if edge.tail < len(graph.names) else ""
    return concerns(
        r,
        cargo=book.cargoes[search.job.shipment.cargo],
        wagon_type=leg.equipment,
        owner=graph.owner_of(form) if form else search.job.shipment.ownership,
        origin_country=c.origin_country,
        destination_country=c.destination_country,
        unit_t=_unit_t(leg, search),
    )


def _unit_t(leg: Leg, search: Search) -> Decimal | None:
    """Tonnes in one of the units a leg carries."""
    if leg.family not in ("wagon", "container", "truck"):
        return None
    units = search.load.units(leg.family)
    return search.load.mass_t / units if units else None
