"""Prices of lanes: like against like. A railway's charge meets the carriage lines, an all-in offer the total."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import NoExchangeRate
from optimizer.money import CURRENCIES
from optimizer.validate.lanes import Answer, NotComputed, answer, ask_for, modes_in
from optimizer.validate.places import NotPlaced, Placed, place, via_places
from optimizer.validate.read import Price, Span
from optimizer.validate.report import COMPARED, LOOKUP, NOT_EXPRESSIBLE, Row, figure

_UNIT = re.compile(r"([A-Z]{3})/(t|tonne|container|teu|feu|truck|trip|wagon)", re.IGNORECASE)
_PER_FAMILY = {
    "container": "container",
    "teu": "container",
    "feu": "container",
    "truck": "truck",
    "trip": "truck",
    "wagon": "wagon",
}

# Words by which a row says that it is no price or time of one lane.
_OUTSIDE = (
    (
        r"spread|price difference",
        "a difference of two prices of goods, which holds margin, risk and queues too; not a price of carriage",
    ),
    (r"country average", "a country average, not a lane"),
    (r"\(plan\)|\bplan\b", "a plan, not an observation"),
    (r"military|nato", "military cargo in war time; no tariff is known for it"),
    (r"round trip", "a round trip; a quote is one way"),
)
_ALL_IN = r"all-in|through rate|door|forwarder"
_CARRIAGE = ("carriage", "through")


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of what was published, and the rules it went into."""

    row_id: str
    lane: str  # from and to as published, small letters
    value: Decimal | None
    source_id: str
    used_by: tuple[str, ...]
    not_used_because: str

    def names(self, places: Iterable[str]) -> int:
        """How many of the places the published lane names, by their first word."""
        return sum(1 for p in places if (word := p.casefold().split(" ")[0].strip("(),")) and word in self.lane)


@dataclass(frozen=True)
class Published:
    """`seeds/tariffs/published.csv`: every published figure, used or not."""

    rows: tuple[PublishedRow, ...]

    @classmethod
    def read(cls) -> Published:
        found = []
        for _, row in tables.open_table("seeds", "tariffs/published.csv"):
            try:
                value = Decimal(row["value"]) if row["value"] else None
            except ArithmeticError:
                value = None
            used = tuple(u for u in row["used_by"].split(";") if u)
            found.append(
                PublishedRow(
                    row["rate_id"],
                    f"{row['from_place']} - {row['to_place']}".casefold(),
                    value,
                    row["source_id"],
                    used,
                    row["not_used_because"],
                )
            )
        return cls(tuple(found))

    def find(self, value: Decimal, source_id: str, *places: str) -> PublishedRow | None:
        """The row of that number and source; of several the one that names most of the places, then one in use."""
        fits = [r for r in self.rows if r.value == value and r.source_id == source_id]
        return max(fits, key=lambda r: (r.names(places), bool(r.used_by)), default=None)

    def from_elsewhere(self, value: Decimal, *places: str) -> PublishedRow | None:
        """A used row of that number for a lane between these places, whatever its source."""
        return next((r for r in self.rows if r.value == value and r.used_by and r.names(places) == len(places)), None)


def compare_price(price: Price, book: DataBook, published: Published) -> list[Row]:
    """A row of a table of prices: its price, its days, or why neither can be compared."""
    rows = []
    if price.cost is not None:
        rows.append(_price(price, price.cost, book, published))
    if price.days is not None:
        rows.append(_days(price, price.days, book))
    return rows or [_left(price, "the row holds neither a price nor a time", "other", None)]


def _what(price: Price) -> str:
    return f"{price.origin} - {price.destination}" + (f", {price.cargo}" if price.cargo else "") + f", {price.year}"


def _left(price: Price, reason: str, kind: str, observed: Span | None) -> Row:
    return Row(
        row_id=price.row_id,
        table=price.table,
        line=price.line,
        kind=kind,
        outcome=NOT_EXPRESSIBLE,
        what=_what(price),
        unit=price.unit if kind == "price" else "days",
        observed=str(observed) if observed else "",
        reason=reason,
    )


def _words(price: Price) -> str:
    return " ".join((price.route, price.mode_chain, price.cargo, price.note)).casefold()


def _outside(price: Price) -> str:
    words = _words(price)
    return next((reason for pattern, reason in _OUTSIDE if re.search(pattern, words)), "")


@dataclass(frozen=True, slots=True)
class _Lane:
    """The engine's answer for a price row and what it says of itself."""

    found: Answer
    remarks: tuple[str, ...]


def _ends(price: Price, book: DataBook) -> tuple[Placed, Placed]:
    modes = modes_in(price.mode_chain)
    return place(price.origin, book, modes), place(price.destination, book, modes)


def _modes(price: Price, places: Iterable[str], book: DataBook) -> tuple[str, ...]:
    """Modes of the chain; where one end is a town behind a port, a truck run to it is let in."""
    modes = modes_in(price.mode_chain) or modes_in(price.cargo)
    if (
        "sea" in modes
        and "rail" not in modes
        and any(not set(book.network.members[p]) & book.network.sea_places for p in places)
    ):
        modes = (*modes, "road")
    return tuple(dict.fromkeys(modes))


def _ask(price: Price, book: DataBook, unpriced: bool) -> _Lane:
    """The engine's way for a row.

    Raises:
        NotPlaced, NotComputed.
    """
    ends = _ends(price, book)
    via, unknown = via_places(price.via, book)
    via = tuple(v for v in via if v not in (ends[0].place_id, ends[1].place_id))
    modes = _modes(price, [e.place_id for e in ends], book)
    if "port" in price.mode_chain.casefold() and ends[0].place_id == ends[1].place_id:
        raise NotComputed("a port service by itself, not a lane")
    ask = ask_for(
        ends[0].place_id,
        ends[1].place_id,
        via,
        modes,
        f"{price.cargo} {price.mode_chain}",
        price.unit.casefold(),
        price.year,
        book,
    )
    found = answer(ask, book, unpriced=unpriced)
    remarks = [e.remark for e in ends if e.remark]
    if unknown:
        remarks.append(f"{', '.join(unknown)} is not a place of the network and was passed over")
    return _Lane(found, (*remarks, *found.remarks))


# ---- prices ------------------------------------------------------------------------------------------


def _price(price: Price, cost: Span, book: DataBook, published: Published) -> Row:
    if price.also_in_rates:
        return _lookup(price, cost, book, published)
    unit = _UNIT.fullmatch(price.unit.strip())
    if reason := _outside(price):
        return _left(price, reason, "price", cost)
    if unit is None or unit[1].upper() not in CURRENCIES:
        return _left(
            price,
            f"the unit '{price.unit}' is not money per tonne, container, truck or wagon of one lane",
            "price",
            cost,
        )
    try:
        lane = _ask(price, book, unpriced=False)
        computed, scope = _per_unit(price, unit[2], lane.found)
        observed = _in_usd(cost, unit[1].upper(), lane, book)
    except (NotPlaced, NotComputed) as fault:
        return _left(price, str(fault), "price", cost)
    same = _same_number(price, cost, lane.found, book, published)
    return Row(
        row_id=price.row_id,
        table=price.table,
        line=price.line,
        kind="price",
        outcome=LOOKUP if same else COMPARED,
        what=_what(price),
        unit=_unit_name(unit[2]),
        observed=_money(observed),
        observed_middle=float(observed.middle),
        computed=float(computed),
        inside=float(observed.low) <= computed <= float(observed.high) if observed.is_range else None,
        basis="; ".join((f"{scope}, {_way(lane.found, book)}", *lane.remarks)),
        extra=f"the same number stands in our data ({same})" if same else _whole(price, unit[2], lane.found, scope),
    )


def _same_number(price: Price, cost: Span, found: Answer, book: DataBook, published: Published) -> str:
    """The rule or published row that holds the very number, which is then no witness; "" where none does."""
    for placed in found.itinerary.charges:
        rule = placed.charge.term.rule
        if cost.middle in (rule.rate, rule.fixed):
            return rule.rule_id
    names, shipment = book.network.places, found.search.job.shipment
    row = published.from_elsewhere(cost.middle, names[shipment.origin].name_en, names[shipment.destination].name_en)
    return row.row_id if row else ""


def _unit_name(unit: str) -> str:
    return f"USD/{_PER_FAMILY.get(unit.casefold(), 't')}"


def _money(span: Span) -> str:
    return f"{figure(float(span.low))}-{figure(float(span.high))}" if span.is_range else figure(float(span.low))


def _in_usd(cost: Span, currency: str, lane: _Lane, book: DataBook) -> Span:
    try:
        quote = book.fx.quote(currency, "USD", lane.found.day)
    except NoExchangeRate as missing:
        raise NotComputed(missing.message.rstrip(".")) from missing
    return Span(quote.convert(cost.low), quote.convert(cost.high))


def _way(found: Answer, book: DataBook) -> str:
    shipment = found.search.job.shipment
    return f"{shipment.units} x {book.equipment[shipment.equipment].name_en} {found.way}"


def _per_unit(price: Price, unit: str, found: Answer) -> tuple[Decimal, str]:
    """(USD per unit, what was compared) of the lines that mean the same as the row."""
    words, modes = _words(price), modes_in(price.mode_chain)
    if re.search(_ALL_IN, words):
        amount, scope = found.itinerary.total, "all lines"
    elif modes == ("rail",):
        amount, scope = found.amount(_CARRIAGE), f"carriage of {found.carriers(_CARRIAGE)} only"
    elif modes == ("sea",):
        amount, scope = found.amount(("sea_freight",)), "sea freight only"
    elif modes == ("road",):
        amount, scope = found.amount((), but=("insurance",)), "fare with fees of the road, without insurance"
    else:
        amount, scope = found.itinerary.total, "all lines"
    return amount / _divisor(unit, found), scope


def _divisor(unit: str, found: Answer) -> Decimal:
    shipment = found.search.job.shipment
    if unit.casefold() in ("t", "tonne"):
        return shipment.mass_t
    return Decimal(max(1, found.search.load.units(_PER_FAMILY[unit.casefold()])))


def _whole(price: Price, unit: str, found: Answer, scope: str) -> str:
    """The total beside a part."""
    if scope == "all lines":
        return ""
    return f"all lines together {figure(float(found.itinerary.total / _divisor(unit, found)))}"


def _lookup(price: Price, cost: Span, book: DataBook, published: Published) -> Row:
    """A number that stands in our data as well: is it found, and does a rule charge it?"""
    row = published.find(cost.middle, source_id_of(price.source, book), price.origin, price.destination)
    extra = _engine(price, cost, book)
    if row is None:
        basis = "the number is not found with its source among the published rates"
    elif row.used_by:
        more = " and more" if len(row.used_by) > 3 else ""
        basis = f"published rate {row.row_id}, used by {', '.join(row.used_by[:3])}{more}"
    else:
        basis = f"published rate {row.row_id}, not used: {row.not_used_because}"
    return Row(
        row_id=price.row_id,
        table=price.table,
        line=price.line,
        kind="price",
        outcome=LOOKUP,
        what=_what(price),
        unit=price.unit,
        observed=str(cost),
        observed_middle=float(cost.middle),
        computed=float(row.value) if row is not None and row.value is not None else None,
        basis=basis,
        extra=extra,
    )


def source_id_of(source: str, book: DataBook) -> str:
    """A source as an id: an address is looked up among our sources."""
    if "/" not in source:
        return source
    return next((i for i, s in book.network.sources.items() if getattr(s, "reference", "") == source), source)


def _engine(price: Price, cost: Span, book: DataBook) -> str:
    """What the engine asks for the same lane today's way, as an extra to a look-up; "" where it cannot."""
    unit = _UNIT.fullmatch(price.unit.strip())
    if unit is None or unit[1].upper() not in CURRENCIES or _outside(price):
        return ""
    try:
        lane = _ask(price, book, unpriced=False)
        computed, scope = _per_unit(price, unit[2], lane.found)
        observed = _in_usd(cost, unit[1].upper(), lane, book)
    except (NotPlaced, NotComputed):
        return ""
    ratio = float(computed) / float(observed.middle)
    against = f"{figure(float(computed))} against {_money(observed)} {_unit_name(unit[2])}"
    text = f"the engine: {against}, ratio {ratio:.2f} ({scope})"
    return "; ".join((text, *lane.remarks))


# ---- days --------------------------------------------------------------------------------------------


def _days(price: Price, days: Span, book: DataBook) -> Row:
    from optimizer.validate.lengths import time_row  # the two modules share the one row for times

    if reason := _outside(price):
        return _left(price, reason, "days", days)
    if "while" in price.note or "held at the border" in price.note or "trucks held" in price.note:
        return _left(price, "time in a stopped queue, not of the lane", "days", days)
    try:
        ends = _ends(price, book)
    except NotPlaced as fault:
        return _left(price, str(fault), "days", days)
    via, unknown = via_places(price.via, book)
    via = tuple(v for v in via if v not in (ends[0].place_id, ends[1].place_id))
    modes = _modes(price, [e.place_id for e in ends], book)
    return time_row(
        price,
        days,
        ends,
        via,
        unknown,
        modes,
        f"{price.cargo} {price.mode_chain}",
        price.unit.casefold(),
        book,
        what=_what(price),
    )


def sailing(origin: str, destination: str, words: str, book: DataBook) -> tuple[float, str, str] | None:
    """(hours, service, source) of one sailing between two ports; the kind the words name, else the quickest."""
    network = book.network
    pair = (frozenset(network.members[origin]), frozenset(network.members[destination]))
    low = words.casefold()
    fits = [
        s
        for s in network.sea_services
        if (s.from_id in pair[0] and s.to_id in pair[1]) or (s.to_id in pair[0] and s.from_id in pair[1])
    ]
    wanted = (
        "rail_ferry"
        if "rail ferry" in low
        else ("roro" if "truck" in low or "ro-ro" in low else ("dry_bulk" if "coaster" in low else ""))
    )
    chosen = [s for s in fits if s.kind == wanted] or fits
    if not chosen:
        return None
    best = min(chosen, key=lambda s: s.sailing_h)
    return best.sailing_h, best.kind, best.source_id
