"""What is said beside a way: warnings that look at all of it, and ties between ways."""

from __future__ import annotations

from optimizer.calendar_notes import notes
from optimizer.itinerary import Itinerary, differ_within_bands, own_warnings
from optimizer.request import fx_day
from optimizer.restriction.match import compliance_warnings, concerns, modes_of, places_of, sentence, shuts
from optimizer.restriction.model import Restriction
from optimizer.routing.forms import GULF_PORTS
from optimizer.search import Search
from optimizer.tariff.charge import Warn


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
