"""Lengths and times of lanes: distances over the network as it lies, days by the engine's own ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from optimizer.databook import DataBook
from optimizer.routing.hauls import Arc, path_to, shortest
from optimizer.validate.lanes import Answer, NotComputed, answer, ask_for, modes_in
from optimizer.validate.places import NotPlaced, Placed, place, via_places
from optimizer.validate.prices import Published, compare_price, sailing, source_id_of
from optimizer.validate.read import Fact, Price, Span
from optimizer.validate.report import COMPARED, LOOKUP, NOT_EXPRESSIBLE, Row

# Quantities a quote has no place for, by the words in their name.
_OUTSIDE = (
    (r"^mt|_t$|^t$|tonne", "a volume over a period, not a lane"),
    (r"wagons_per_day|trains_per_day", "capacity or traffic of a crossing, not a length, time or price"),
    (r"wagons|vessel|trains", "a count of wagons or ships, not a length, time or price"),
    (r"km_per_hour|km/h", "an average speed over many lanes, not one lane"),
    (r"usd_million|million", "value of a trade, not a price of carriage"),
    (r"^usd$", "a mean cost over corridors or a country, not one lane"),
)
NO_LANE = "an average over many borders or countries; name the crossing to compare it"
_PRICE_QUANTITY = re.compile(r"([A-Za-z]{3})_per_(t|truck|container|wagon)", re.ASCII)


def compare_fact(fact: Fact, book: DataBook, published: Published) -> list[Row]:
    """One row of a table of lengths and times; a price that stands among them is compared as a price."""
    quantity = fact.quantity.strip()
    if quantity == "length_km":
        return [_length(fact, book)]
    if quantity in ("days", "hours"):
        return [_time(fact, book, published)]
    if priced := _PRICE_QUANTITY.fullmatch(quantity):
        return compare_price(_as_price(fact, priced[1].upper(), priced[2]), book, published)
    reason = next((text for words, text in _OUTSIDE if re.search(words, quantity.casefold())), "")
    return [_left(fact, reason or f"{quantity} is not a length, a time or a price", "other")]


def _as_price(fact: Fact, currency: str, unit: str) -> Price:
    chain = "ro-ro" if "ro-ro" in fact.description.casefold() else fact.description
    return Price(
        row_id=fact.row_id,
        table=fact.table,
        line=fact.line,
        route=fact.description,
        origin=fact.origin,
        destination=fact.destination,
        via=fact.via,
        mode_chain=chain,
        cargo="",
        unit=f"{currency}/{unit}",
        cost=fact.value,
        days=None,
        year=fact.year,
        note="",
        also_in_rates=False,
        source=fact.source,
    )


def _left(fact: Fact, reason: str, kind: str) -> Row:
    return Row(
        row_id=fact.row_id,
        table=fact.table,
        line=fact.line,
        kind=kind,
        outcome=NOT_EXPRESSIBLE,
        what=fact.description or _ends(fact),
        unit=fact.quantity,
        observed=str(fact.value),
        reason=reason,
    )


def _ends(fact: Fact) -> str:
    return f"{fact.origin} - {fact.destination}"


# ---- lengths -----------------------------------------------------------------------------------------


def _length(fact: Fact, book: DataBook) -> Row:
    modes = [mode for mode, planned in _orders(fact) if not planned and mode != "road and sea"]
    try:
        ends = (place(fact.origin, book, modes), place(fact.destination, book, modes))
    except NotPlaced as fault:
        return _left(fact, str(fault), "length")
    via, unknown = via_places(fact.via, book)
    stops = [ends[0].place_id, *via, ends[1].place_id]
    found = None
    for mode, planned in _orders(fact):
        found = chain_km(stops, mode, planned, book)
        if found:
            break
    if found is None:
        return _left(fact, "no open or planned rail or road joins these places on the network", "length")
    km, not_open, taken = found
    names = book.network.places
    basis = f"{mode} distance {' - '.join(names[s].name_en for s in taken)}"
    if not_open:
        shut = ", ".join(f"{names[a].name_en} - {names[b].name_en}" for a, b, _ in not_open)
        basis += f"; {sum(km for _, _, km in not_open):g} km of it not open yet ({shut})"
    if unknown:
        basis += f"; {', '.join(unknown)} is not in the network and was passed over"
    return Row(
        row_id=fact.row_id,
        table=fact.table,
        line=fact.line,
        kind="length",
        outcome=COMPARED,
        what=fact.description or _ends(fact),
        unit="km",
        observed=str(fact.value),
        observed_middle=float(fact.value.middle),
        computed=round(km, 1),
        inside=_inside(fact.value, km),
        basis=_with_remarks(basis, [e.remark for e in ends]),
    )


def _inside(span: Span, value: float) -> bool | None:
    return float(span.low) <= value <= float(span.high) if span.is_range else None


def _with_remarks(basis: str, remarks: Sequence[str]) -> str:
    return "; ".join([basis, *dict.fromkeys(r for r in remarks if r)])


def _orders(fact: Fact) -> list[tuple[str, bool]]:
    """Networks to try, best first: the one the table or the words speak of; lines not open only last."""
    words = modes_in(fact.description)
    said = words[0] if words else ("rail" if "rail" in fact.table and "road" not in fact.table else "")
    road_first = said == "road" or (not said and ("road" in fact.table or "sea" in fact.table))
    modes: tuple[str, ...] = ("road", "rail") if road_first else ("rail", "road")
    if said:
        modes = ("rail",) if said == "rail" else ("road",)
    return [
        (mode, planned)
        for planned in (False, True)
        for mode in (*modes, *(("road and sea",) if "road" in modes else ()))
    ]


def chain_km(
    stops: Sequence[str], mode: str, planned: bool, book: DataBook
) -> tuple[float, list[tuple[str, str, float]], list[str]] | None:
    """(km, sections not open, places met) of the shortest ways from stop to stop, or None where one is missing."""
    adjacency, shut = _network(mode, planned, book)
    taken: list[str] = []
    for stop in stops:
        here = next((m for m in book.network.members[stop] if m in adjacency), None)
        if here is None:
            return None
        taken.append(here)
    total, not_open = 0.0, list[tuple[str, str, float]]()
    for start, end in pairwise(taken):
        best = shortest(adjacency, start)
        if end not in best:
            return None
        total += best[end][0]
        path = path_to(best, end)
        not_open += [(a, b, shut[frozenset((a, b))]) for a, b in pairwise(path) if frozenset((a, b)) in shut]
    return total, not_open, taken


def _network(mode: str, planned: bool, book: DataBook) -> tuple[dict[str, list[Arc]], dict[frozenset[str], float]]:
    """Open links of a mode, over borders too; with `planned` also those not open, which are listed apart."""
    network = book.network
    adjacency: dict[str, list[Arc]] = {}
    shut: dict[frozenset[str], float] = {}

    def link(a: str, b: str, km: float) -> None:
        adjacency.setdefault(a, []).append((b, km, 0.0))
        adjacency.setdefault(b, []).append((a, km, 0.0))

    open_pairs = set()
    for section in network.rail_sections if mode == "rail" else network.road_sections:
        pair = frozenset((section.from_id, section.to_id))
        if section.is_open:
            open_pairs.add(pair)
            link(section.from_id, section.to_id, section.length_km)
        elif planned:
            shut[pair] = section.length_km
            link(section.from_id, section.to_id, section.length_km)
    if mode != "rail":
        for crossing in network.road_crossings:
            link(crossing.from_id, crossing.to_id, 0.0)
        for join in network.joins:
            if join.state == "open" and {join.a_id, join.b_id} <= network.road_places | network.sea_places:
                link(join.a_id, join.b_id, join.distance_km)
    if mode == "road and sea":
        for service in network.sea_services:
            link(service.from_id, service.to_id, service.distance_km)
    return adjacency, {pair: km for pair, km in shut.items() if pair not in open_pairs}


# ---- times -------------------------------------------------------------------------------------------


def _time(fact: Fact, book: DataBook, published: Published) -> Row:
    per_day = Decimal(24) if fact.quantity == "hours" else Decimal(1)
    days = Span(fact.value.low / per_day, fact.value.high / per_day)
    if border := _border_default(fact, book):
        return border
    modes = modes_in(fact.description) or (("rail",) if "rail" in fact.table else ("road",))
    try:
        ends = (place(fact.origin, book, modes), place(fact.destination, book, modes))
    except NotPlaced as fault:
        text = NO_LANE if "whole country" in str(fault) or "no place is named" in str(fault) else str(fault)
        return _left(fact, text, "days")
    if crossing := _crossing(fact, ends, book, published):
        return crossing
    via, unknown = via_places(fact.via, book)
    via = tuple(v for v in via if v not in (ends[0].place_id, ends[1].place_id))
    return time_row(
        fact, days, ends, via, unknown, modes, fact.description, "", book, what=fact.description or _ends(fact)
    )


def time_row(
    row: Fact | Price,
    days: Span,
    ends: tuple[Placed, Placed],
    via: tuple[str, ...],
    unknown: tuple[str, ...],
    modes: tuple[str, ...],
    words: str,
    unit: str,
    book: DataBook,
    what: str,
) -> Row:
    """The time of a lane against the engine's: departure to arrival, in days."""

    def made(outcome: str, computed: float | None, basis: str = "", reason: str = "") -> Row:
        return Row(
            row_id=row.row_id,
            table=row.table,
            line=row.line,
            kind="days",
            outcome=outcome,
            what=what,
            unit="days",
            observed=f"{_short(days.low)}-{_short(days.high)}" if days.is_range else _short(days.low),
            observed_middle=float(days.middle),
            computed=computed,
            inside=_inside(days, computed) if computed is not None else None,
            basis=basis,
            reason=reason,
        )

    remarks = [e.remark for e in ends]
    origin, destination = ends[0].place_id, ends[1].place_id
    if modes == ("sea",) and (sail := sailing(origin, destination, words, book)):
        hours, service, same_source = sail
        outcome = LOOKUP if same_source == row.source else COMPARED
        return made(
            outcome,
            hours / 24,
            _with_remarks(f"sailing of the {service.replace('_', ' ')}, without waiting for it or port time", remarks),
        )
    if via and "sea" not in modes and any(v in book.network.sea_places for v in (*via, destination)):
        modes = (*modes, "sea")
    ask = ask_for(origin, destination, via, modes, words, unit, row.year, book)
    try:
        found = answer(ask, book, unpriced=True)
    except NotComputed as fault:
        return made(NOT_EXPRESSIBLE, None, reason=str(fault))
    if unknown:
        remarks.append(f"{', '.join(unknown)} is not a place of the network and was passed over")
    return made(COMPARED, found.days, _with_remarks(way_basis(found, book), [*remarks, *found.remarks]))


def way_basis(found: Answer, book: DataBook) -> str:
    shipment = found.search.job.shipment
    return f"{shipment.units} x {book.equipment[shipment.equipment].name_en} {found.way}"


def _short(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _border_default(fact: Fact, book: DataBook) -> Row | None:
    """The mean of all rail borders is an input of ours: the same number of the same source is a look-up."""
    default = book.operations.by_id["rail_border_dwell_h"]
    if fact.quantity != "hours" or "border" not in fact.description.casefold() or fact.value.middle != default.value:
        return None
    if source_id_of(fact.source, book) != default.source_id and fact.origin.casefold() not in ("", "carec"):
        return None
    return Row(
        row_id=fact.row_id,
        table=fact.table,
        line=fact.line,
        kind="days",
        outcome=LOOKUP,
        what=fact.description,
        unit="h",
        observed=str(fact.value),
        observed_middle=float(fact.value.middle),
        computed=float(default.value),
        basis="our dwell at rail borders without a figure of their own is this very mean",
    )


def _crossing(fact: Fact, ends: tuple[Placed, Placed], book: DataBook, published: Published) -> Row | None:
    """Hours at one crossing against our row of that crossing; its hours were made from such figures."""
    pair = {m for e in ends for m in book.network.members[e.place_id]}
    row = next((c for c in book.network.road_crossings if {c.from_id, c.to_id} <= pair), None)
    if row is None or fact.quantity != "hours":
        return None
    side = published.find(fact.value.middle, source_id_of(fact.source, book), fact.origin)
    basis = f"our row of the crossing holds {row.dwell_h:g} h, both sides together"
    if side is not None:
        basis = f"published figure {side.row_id} of one side; {basis}"
    return Row(
        row_id=fact.row_id,
        table=fact.table,
        line=fact.line,
        kind="days",
        outcome=LOOKUP,
        what=fact.description,
        unit="h",
        observed=str(fact.value),
        observed_middle=float(fact.value.middle),
        computed=float(side.value) if side is not None and side.value is not None else None,
        basis=basis,
    )
