"""The quote of the contract as plain data: the same from the command line and over HTTP (contract, section 3)."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from optimizer.calendar_notes import timeline
from optimizer.databook import DataBook
from optimizer.emission import EmissionShare
from optimizer.incoterm import with_incoterm
from optimizer.itinerary import Itinerary
from optimizer.late import INTEREST_ID, PARTS, LateLine, late_costs
from optimizer.margin import sell
from optimizer.money import round_money
from optimizer.request import Job, fx_day
from optimizer.routing.forms import Leg
from optimizer.tables import digest
from optimizer.tariff.charge import Charge, amount_of, grants
from optimizer.tariff.rule import Row, rounding_text
from optimizer.timing.calendar import clock
from optimizer.transit import LegTime, Shift, Transit

if TYPE_CHECKING:
    from optimizer.quote import Found
    from optimizer.search import Search

HUB = {"activity_t_km": None, "factor_id": "", "electric_share": 0.0, "status": "estimated"}
VALID_DAYS = 14  # an offer of freight stands two weeks unless a rate it rests on ends sooner


def quote_id_of(job: Job, versions: dict[str, str]) -> str:
    """Content decides the id: the same request on the same versions is the same quote."""
    payload = json.dumps([job.as_dict(), versions], sort_keys=True, ensure_ascii=True)
    return f"q-{digest([payload.encode()])}{digest([b'id', payload.encode()])[:8]}"


def render(search: Search, found: Found, created_at: dt.datetime) -> dict[str, Any]:
    """The quote of the contract as plain data."""
    job, book = search.job, search.book
    return {
        "quote_id": quote_id_of(job, book.versions),
        "created_at": created_at.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "valid_until": valid_until(job, found.itineraries).isoformat(),
        "request": job.as_dict(),
        "versions": dict(book.versions),
        "pareto_complete": found.pareto_complete if job.pareto else None,
        "alternatives_complete": found.alternatives_complete if job.alternatives else None,
        "itineraries": [sold(itinerary_dict(i + 1, it, search), search) for i, it in enumerate(found.itineraries)],
        "rejected": [r.as_dict() for r in found.rejected],
    }


def sold(way: dict[str, Any], search: Search) -> dict[str, Any]:
    """A way with what the sale adds: whose each line is, and what the client pays."""
    job, book = search.job, search.book
    if job.incoterm is not None:
        way = with_incoterm(way, job.incoterm, book.network.members)
    if job.margin is not None:
        s, total = job.shipment, Decimal(way["total"]["amount"])

        def convert(amount: Decimal, currency: str) -> Decimal:
            return book.fx.quote(currency, job.currency, fx_day(job)).convert(amount)

        price = sell(total, job.currency, s.mass_t, s.units, job.margin, convert)
        way["margin"] = {
            "rule": str(job.margin),
            "buy": money(total, job.currency),
            "sell": money(price, job.currency),
            "gain": money(price - total, job.currency),
        }
    return way


def subsidies_of(it: Itinerary, search: Search) -> list[dict[str, Any]]:
    """Public money that could be claimed on a way: stated apart, and in the total only where the deal says so."""
    pricer, load, job = search.lane.context.pricer, search.load, search.job
    found = []
    for placed in it.charges:
        line = placed.charge
        if line.term.extra is not None:
            continue
        for term in grants(pricer.books, line.term, line.term.subject, pricer.consignment):
            extra = term.extra
            assert extra is not None
            fx = search.book.fx.quote(term.currency, job.currency, fx_day(job), term.fx_kind)
            amount = amount_of(term, load)
            # No more is paid back than the line it stands on costs.
            paid = min(fx.convert(amount), line.amount_quote)
            found.append(
                {
                    "rule_id": term.rule.rule_id,
                    "description": term.rule.description,
                    "amount": f"{amount:f}",
                    "currency": term.currency,
                    "amount_quote": f"{paid:f}",
                    "limited": paid < fx.convert(amount),
                    "counted": job.shipment.deal.subsidy,
                    "probability": plain(extra.probability),
                    "cap_t": plain(extra.cap_t) if extra.cap_t else None,
                    "cap_amount": plain(extra.cap_amount) if extra.cap_amount else None,
                    "claim_until": extra.claim_until.isoformat() if extra.claim_until else None,
                    "source_id": term.rule.source_id,
                    "status": term.status,
                }
            )
    return found


def valid_until(job: Job, itineraries: list[Itinerary]) -> dt.date:
    """The earliest end among the rates in force that the ways rest on, two weeks at most."""
    day = job.shipment.as_of + dt.timedelta(days=VALID_DAYS)
    for it in itineraries:
        for placed in it.charges:
            term = placed.charge.term
            for end in (term.rule.valid.end, *(c.valid.end for c in term.coefficients)):
                if end is not None and job.shipment.as_of <= end < day:
                    day = end
    return day


def money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": f"{round_money(amount):f}", "currency": currency}


def plain(value: Decimal) -> str:
    """A decimal without trailing zeros or exponent."""
    return f"{value.normalize():f}"


def place_dict(place_id: str, book: DataBook) -> dict[str, Any]:
    place = book.network.places[place_id]
    return {"id": place.id, "name": place.name_en, "country": place.country, "lat": place.lat, "lon": place.lon}


def itinerary_dict(rank: int, it: Itinerary, search: Search) -> dict[str, Any]:
    job, book = search.job, search.book
    s, currency = job.shipment, job.currency
    transit = search.transit(it)
    p50, p90 = transit.quantile(0.5), transit.quantile(0.9)
    departure = search.departure
    there = clock(search.conditions.destination_country)

    def arrival(h: float) -> str:
        return (departure + dt.timedelta(minutes=round(h * 60))).astimezone(there).isoformat(timespec="minutes")

    return {
        "rank": rank,
        "labels": list(it.labels),
        "total": money(it.total, currency),
        "band": {"low": f"{it.low:f}", "high": f"{it.high:f}"},
        "ties_with": list(it.ties_with),
        "per_tonne": money(it.total / s.mass_t, currency),
        "per_unit": money(it.total / s.units, currency),
        "transit": {
            "expected_hours": round(transit.expected_h, 2),
            "p50_hours": round(p50, 2),
            "p90_hours": round(p90, 2),
            "departure": departure.isoformat(timespec="minutes"),
            "arrival_p50": arrival(p50),
            "arrival_p90": arrival(p90),
            "status": "estimated",
            "chance_by_due": round(transit.chance(limit / 60), 4) if (limit := search.most_minutes()) else None,
            "late_cost": late_dict(it, search, transit),
        },
        "distance_km": it.distance_km,
        "co2e_kg": round(it.grams / 1000, 1),
        "shelf_life": shelf_dict(it, search),
        "published_share": round(float(it.published / it.total), 4) if it.total else 0.0,
        "route": list(it.way),
        "legs": [
            {**leg_dict(leg, t, search), "ends_expected": ends.astimezone(there).isoformat(timespec="minutes")}
            for leg, t, ends in zip(it.legs, transit.legs, timeline(departure, transit), strict=True)
        ],
        "charges": [charge_dict(placed.charge, placed.leg, book) for placed in it.charges],
        "subsidies": subsidies_of(it, search),
        "warnings": [{"code": w.code, "text": w.text, "source_id": w.source_id} for w in it.warnings],
    }


def shelf_dict(it: Itinerary, search: Search) -> dict[str, Any] | None:
    """How perishable goods arrive, as they ride, and whether a tilt or a reefer costs less with what spoils."""
    found = search.shelf_life(it)
    if found is None:
        return None
    book, job = search.book, search.job
    cooled = book.equipment[job.shipment.equipment].temperature_controlled
    rides = found.reefer if cooled else found.tilt
    value = book.fx.quote("USD", job.currency, fx_day(job)).convert(search.load.value_usd)
    return {
        **rides.as_dict(),
        # With the interest of `late_cost`, the value of time of goods that spoil.
        "spoilage_per_day": money(value * Decimal(str(rides.lost_a_day_late)), job.currency),
        "rides": "reefer" if cooled else "tilt",
        "choice": found.choice,
        "tilt": {"used_p90": round(found.tilt.used_p90, 3), "cost_usd_per_t": f"{round_money(found.tilt_cost):f}"},
        "reefer": {
            "used_p90": round(found.reefer.used_p90, 3),
            "cost_usd_per_t": f"{round_money(found.reefer_cost):f}",
        },
    }


def late_dict(it: Itinerary, search: Search, transit: Transit) -> dict[str, Any]:
    """What the days cost beside the price: in the mean, and when the way takes as long as P50 and P90."""
    book, job = search.book, search.job
    value = book.fx.quote("USD", job.currency, fx_day(job)).convert(search.load.value_usd)
    # What a day on the way costs the owner of the goods: interest on their value.
    capital_per_day = money(value * book.operations.by_id[INTEREST_ID].value / 365, job.currency)
    return {
        name: {
            "capital_per_day": capital_per_day,
            "extra_days": float(late.extra_days),
            **{part: money(late.part(part), job.currency) for part in PARTS},
            "capital": money(late.capital, job.currency),
            "total": money(late.total, job.currency),
            "lines": [late_line_dict(line) for line in late.lines],
        }
        for name, late in late_costs(search, it, transit).items()
    }


def late_line_dict(line: LateLine) -> dict[str, Any]:
    """One line as a clerk checks it: days x quantity x rate x coefficient."""
    priced = line.charge
    term = priced.term
    return {
        "part": line.part,
        "leg": line.leg,
        "rule_id": term.rule.rule_id,
        "description": term.rule.description,
        "source_id": term.rule.source_id,
        "status": term.status,
        "free_days": plain(line.free_days),
        "in_price_days": plain(line.in_price_days),
        "stands_days": plain(line.stands_days),
        "days": plain(line.days),
        "quantity": plain(line.units),
        "unit": term.quantity,
        "rate": plain(line.rate),
        "coefficient": plain(term.coefficient),
        "amount": f"{priced.amount:f}",
        "currency": priced.currency,
        "amount_quote": f"{priced.amount_quote:f}",
        "fx_rate": plain(priced.fx.rate),
    }


def emissions_dict(leg: Leg, share: EmissionShare | None, mass_t: Decimal) -> dict[str, Any] | None:
    """A leg as ISO 14083 records it; a hub is a slot without a value, because nobody has published one for it."""
    if share is None:
        return None if leg.kind != "handling" else {**dict.fromkeys(("wtt_kg", "ttw_kg", "wtw_kg")), **HUB}
    return {
        "wtt_kg": kg(share.wtt_g),
        "ttw_kg": kg(share.ttw_g),
        "wtw_kg": kg(share.wtw_g),
        "activity_t_km": round(float(mass_t) * leg.distance_km, 1),
        "factor_id": share.factor_id,
        "electric_share": round(float(share.electric_share), 4),
        "status": share.status,
    }


def kg(grams: Decimal | float) -> float:
    """Grams as kilograms to a tenth."""
    return round(float(grams) / 1000, 1)


def leg_dict(leg: Leg, time: LegTime, search: Search) -> dict[str, Any]:
    book, load = search.book, search.load
    share = book.meter.share(leg, load.mass_t) if leg.kind == "haul" else None
    return {
        "kind": leg.kind,
        "mode": leg.mode,
        "from": place_dict(leg.from_id, book),
        "to": place_dict(leg.to_id, book),
        "carrier": leg.carrier,
        "service": leg.service,
        "equipment": leg.equipment,
        "units": load.units(leg.family) if leg.family else 0,
        "distance_km": round(leg.distance_km, 1),
        "expected_hours": round(time.spread.mean_h, 2),
        "sd_hours": round(time.spread.sd_h, 2),
        "shifts": [shift_dict(shift) for shift in time.shifts],
        "co2e_kg": kg(share.wtw_g) if share else 0.0,
        "emissions": emissions_dict(leg, share, load.mass_t),
        "geometry": [[book.network.places[p].lon, book.network.places[p].lat] for p in leg.path] or None,
        "path": list(leg.path),
    }


def shift_dict(shift: Shift) -> dict[str, Any]:
    """What the calendar does to a leg: the wait for a known departure, a shut post, days of rest."""
    return {
        "kind": shift.kind,
        "hours": round(shift.hours, 2),
        "added_hours": round(shift.added_h, 2),
        "place": shift.place_id,
        "country": shift.country,
        "days": [day.isoformat() for day in shift.days],
        "name": shift.name,
        "source_id": shift.source_id,
        "status": shift.status,
    }


def charge_dict(line: Charge, leg: int | None, book: DataBook) -> dict[str, Any]:
    term, rule, fx = line.term, line.term.rule, line.fx
    factors = "; ".join(f"{c.description}" for c in term.coefficients)
    description = ": ".join(part for part in (rule.description, term.detail) if part)
    return {
        "code": term.subject.charge,
        "description": f"{description} [{factors}]" if factors else description,
        "leg": leg,
        "carrier": term.subject.carrier or term.subject.country,
        "basis": term.label,
        "quantity": plain(line.quantity),
        "rate": plain(term.rate),
        "coefficient": plain(term.coefficient),
        "amount": f"{line.amount:f}",
        "currency": line.currency,
        "amount_quote": f"{line.amount_quote:f}",
        "fx_rate": plain(fx.rate),
        "fx_date": fx.day.isoformat() if fx.day else None,
        "fx_kind": fx.kind,
        "fx_source_id": fx.source_id,
        "rule_id": rule.rule_id,
        "coefficient_ids": [c.coef_id for c in term.coefficients],
        "coefficients": [
            {
                "coef_id": c.coef_id,
                "value": plain(c.value),
                "description": c.description,
                "document": document_of(c, book),
                "document_date": dated(c, book),
                "source_id": c.source_id,
                "status": c.status,
            }
            for c in term.coefficients
        ],
        "book": rule.book,
        "document": document_of(rule, book),
        "document_date": dated(rule, book),
        "rounding": rounding_text(rule.rounding),
        "based_on": rule.based_on,
        "source_id": rule.source_id,
        "status": term.status,
        "band": {
            "low": plain(round_money(line.amount_quote * term.low)),
            "high": plain(round_money(line.amount_quote * term.high)),
        },
    }


def dated(row: Row, book: DataBook) -> str | None:
    """The day of a row's document, else that of its book."""
    day = row.dated or book.books.infos[row.book].date
    return day.isoformat() if day else None


def document_of(row: Row, book: DataBook) -> str:
    """The document a row was read from: its own name for it, else the reference of its source."""
    source = book.network.sources.get(row.source_id)
    return row.document or (source.reference if source is not None else row.source_id)
