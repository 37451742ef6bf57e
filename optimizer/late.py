"""What the days of a way cost beside its price: hire, demurrage, storage, detention, and interest on the goods.

    part        what stands                      hours                              free of charge
    hire        shipper's wagon, platform, box   beyond those the price counts      none: below 0 where a way is faster
    demurrage   railway's wagon, haulier's truck one stay at a border, port, yard   the rule's free days, and the usual
                                                                                    hours: carriage pays for them
    storage     loose goods in a port            one stay                           the rule's free days
    detention   the line's box                   from discharge at the last port    the rule's free days, once
                                                 (no sea: from entering the last
                                                 country) until it is taken over

A private wagon pays hire for the hours a railway's wagon would pay demurrage for, never both [rule: hire-or-demurrage].
Days the deal waits at the destination stand in the price: a stay that goes on there begins its count before them and
pays only what they leave unpaid [rule: wait-once]. Steps are priced by days and parts of days, to the thousandth: hours
are means here, and to round each stay up would charge one delay several times.

A delay is shared among the legs in proportion to their variance: the expected part each has in it. `expected` is the
mean of the cost over the law of each stay, not the cost of its mean hours: where days become dearer or free days end,
it is the higher of the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from optimizer.itinerary import Itinerary, leg_hours
from optimizer.lane import PricedLane
from optimizer.money import CENT, ONE, round_money
from optimizer.request import fx_day
from optimizer.routing.forms import Leg, form_family, unit_family
from optimizer.search import Search
from optimizer.subject import Subject
from optimizer.sure import shown
from optimizer.tariff.bases import FAMILY
from optimizer.tariff.charge import Charge, Term, charge, extras
from optimizer.timing.excess import excess_of
from optimizer.timing.laws import Element, gamma
from optimizer.timing.spread import total
from optimizer.transit import LegTime, Transit

ZERO = Decimal(0)
DAY = Decimal(24)
THOUSANDTH = Decimal("0.001")
HOURS_A_YEAR = Decimal(8760)
INTEREST_ID = "interest_per_year"
HIRES = frozenset({"hire", "platform_hire", "box_hire"})
PARTS = ("hire", "demurrage", "storage", "detention")
BY_DAYS = frozenset({"per_unit_day", "per_unit_day_steps", "per_t_day_steps"})  # bases that follow the days
CHANGES = frozenset({"reloading", "bogie change", "container lift"})
EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class LateLine:
    """One item a clerk can check: days x units x rate x coefficient = amount.

    Attributes:
        leg: where the stay begins; None: all legs the rule holds for.
        free_days: of the rule.
        in_price_days: days the price holds already; nothing is counted before they are over.
        stands_days: how long it stands in all.
        days: charged at this rate.
    """

    part: str
    leg: int | None
    free_days: Decimal
    in_price_days: Decimal
    stands_days: Decimal
    days: Decimal
    units: Decimal
    rate: Decimal
    charge: Charge


@dataclass(frozen=True, slots=True)
class LateCost:
    """What so many hours cost beside the price of a way, in the currency of the quote.

    Attributes:
        extra_days: beyond the days the price counts hire for; below 0 where the way is faster.
        capital: interest on the goods for all the hours.
    """

    hours: float
    extra_days: Decimal
    capital: Decimal
    lines: tuple[LateLine, ...]

    def part(self, name: str) -> Decimal:
        """Sum of the lines of a part."""
        return sum((line.charge.amount_quote for line in self.lines if line.part == name), ZERO)

    @property
    def total(self) -> Decimal:
        return sum((self.part(name) for name in PARTS), self.capital)


@dataclass(slots=True)
class Stay:
    """Something that stands at one place, for one leg or several.

    Attributes:
        legs: numbers of the legs.
        in_price_h: usual hours, which the price holds.
        after_h: hours that follow the legs without chance: the wait of the deal.
    """

    part: str
    subject: Subject
    legs: list[int]
    in_price_h: Decimal
    after_h: Decimal = ZERO
    quantity: str = ""  # billing quantity, where it is not that of the rule


def late_costs(search: Search, it: Itinerary, transit: Transit) -> dict[str, LateCost]:
    """The cost of the days: expected, and of a way that takes as long as P50 and P90."""
    scene = _Scene(search, it, transit)
    return {
        EXPECTED: scene.cost(None),
        "p50": scene.cost(transit.quantile(0.5)),
        "p90": scene.cost(transit.quantile(0.9)),
    }


class _Scene:
    """One way with what stands on it."""

    def __init__(self, search: Search, it: Itinerary, transit: Transit) -> None:
        self.search, self.it, self.transit = search, it, transit
        spreads = [time.spread for time in transit.legs]
        variance = sum(s.var_h2 for s in spreads)
        self.means = [s.mean_h for s in spreads]
        self.shares = [s.var_h2 / variance if variance else 0.0 for s in spreads]
        self.usual = [leg_hours(leg, search.load) for leg in it.legs]
        self.forms = forms_of(search.lane, it)
        self.hires = self._hires()
        self.stays = [(stay, self._terms(stay)) for stay in stays_of(search, it, self.forms, self.usual)]
        self.stays = [(stay, terms) for stay, terms in self.stays if terms]

    def cost(self, hours: float | None) -> LateCost:
        """Args:
        hours: the way takes; None: the mean of the cost over all.
        """
        search = self.search
        whole = self.transit.expected_h if hours is None else hours
        off = whole - self.transit.expected_h
        taken = [mean + off * share for mean, share in zip(self.means, self.shares, strict=True)]
        lines = list(self._hired(taken))
        for stay, terms in self.stays:
            for term in terms:
                lines += self._stood(stay, term, None if hours is None else sum(taken[i] for i in stay.legs))
        value = search.book.fx.quote("USD", search.job.currency, fx_day(search.job)).convert(search.load.value_usd)
        interest = search.book.operations.by_id[INTEREST_ID].value
        extra_days = Decimal(whole - sum(self.usual)) / DAY
        return LateCost(
            whole,
            extra_days.quantize(CENT, rounding=ROUND_HALF_UP),
            round_money(value * interest * Decimal(whole) / HOURS_A_YEAR),
            tuple(lines),
        )

    # ---- hire ---------------------------------------------------------------------------------------

    def _hires(self) -> list[tuple[Term, list[int]]]:
        """Every rule of hire with the legs it holds for; a rule that stands on a step twice counts once."""
        found: dict[tuple[str, Decimal], tuple[Term, list[int]]] = {}
        lane, first = self.search.lane, 0
        for arc, edge in zip(self.it.arcs, self.it.edges, strict=True):
            legs = range(first, first + len(shown(edge)))
            first = legs.stop
            here: set[tuple[str, Decimal, int]] = set()
            for term in lane.terms[arc]:
                subject = term.subject
                if subject.charge not in HIRES or term.rule.basis != "per_unit_day" or term.extra is not None:
                    continue
                for index in legs:
                    form = self.forms[index]
                    if FAMILY.get(subject.form) != self.it.legs[index].family or (
                        form[:1] == "W" and lane.context.graph.owner_of(form) != subject.owner
                    ):
                        continue
                    key = (term.rule.rule_id, term.coefficient)
                    if (*key, index) not in here:
                        here.add((*key, index))
                        found.setdefault(key, (term, []))[1].append(index)
        return list(found.values())

    def _hired(self, taken: Sequence[float]) -> Iterator[LateLine]:
        for term, legs in self.hires:
            days = _days(sum(taken[i] - self.usual[i] for i in legs))
            if days:
                stands, usual = (_days(sum(hours[i] for i in legs)) for hours in (taken, self.usual))
                yield self._line("hire", None, term, "", ZERO, usual, stands, days, term.rule.rate)

    # ---- what stands --------------------------------------------------------------------------------

    def _terms(self, stay: Stay) -> tuple[Term, ...]:
        """The rule of a stay and what stands beside it, as far as they follow the days."""
        context = self.search.lane.context
        base = context.pricer.price(stay.subject)
        if base is None:
            return ()
        beside = extras(context.pricer.books, base, stay.subject, context.pricer.consignment)
        return tuple(t for t in (base, *beside) if t.rule.basis in BY_DAYS and not t.subsidy)

    def _stood(self, stay: Stay, term: Term, hours: float | None) -> Iterator[LateLine]:
        rule, after = term.rule, stay.after_h
        held = stay.in_price_h
        beyond: Callable[[float], float]
        if hours is None:
            beyond = excess_of([e for i in stay.legs for e in elements_of(self.transit.legs[i])])
            stands = sum(self.means[i] for i in stay.legs)
        else:
            stands = max(0.0, hours)
            beyond = lambda limit: max(0.0, stands - limit)  # noqa: E731
        at = rule.free_days * DAY
        for length, rate in rule.day_steps or ((None, rule.rate),):
            low, at = max(at, held), at + (length * DAY if length is not None else ZERO)
            if length is not None and at <= low:
                continue
            charged = beyond(float(low - after)) - (beyond(float(at - after)) if length is not None else 0.0)
            days = _days(charged)
            if days:
                yield self._line(
                    stay.part, stay.legs[0], term, stay.quantity, rule.free_days, held / DAY,
                    _days(stands) + after / DAY, days, rate,
                )  # fmt: skip

    def _line(
        self,
        part: str,
        leg: int | None,
        term: Term,
        quantity: str,
        free_days: Decimal,
        in_price_days: Decimal,
        stands_days: Decimal,
        days: Decimal,
        rate: Decimal,
    ) -> LateLine:
        search = self.search
        name = quantity or ("t" if term.quantity == "t" else FAMILY.get(term.subject.form, "wagon"))
        priced = replace(term, rate=rate * days, multiplier=ONE, quantity=name)
        fx = search.book.fx.quote(term.currency, search.job.currency, fx_day(search.job), term.fx_kind)
        units = search.load.quantity(name)
        line = charge(priced, search.load, fx)
        usual = in_price_days.quantize(THOUSANDTH, rounding=ROUND_HALF_UP)
        return LateLine(part, leg, free_days, usual, stands_days, days, units, rate, line)


def _days(hours: float) -> Decimal:
    """Hours as days to the thousandth."""
    return Decimal(math.floor(hours * 1000 / 24 + 0.5)).scaleb(-3)


def elements_of(time: LegTime) -> list[Element]:
    """The elements of a leg, and as one more what else its hours hold."""
    own = total(e.spread for e in time.elements)
    more, variance = time.spread.mean_h - own.mean_h, max(0.0, time.spread.var_h2 - own.var_h2)
    return [*time.elements, gamma(more, variance**0.5 / more)] if more > 1e-6 else list(time.elements)


def forms_of(lane: PricedLane, it: Itinerary) -> list[str]:
    """The form in which the cargo rides or stands, by leg (see `optimizer.routing.forms`)."""
    names = lane.lane.names
    found: list[str] = []
    for edge in it.edges:
        before, after = (names[node].split("/")[1] for node in (edge.tail, edge.head))
        for leg in shown(edge):
            ends = [f for f in (before, after) if f]
            # What is discharged from a ship waits in the port, not in the wagons that come for it.
            own = before if before[:1] == "H" else next((f for f in ends if unit_family(f) == leg.family), ends[0])
            found.append(own)
            if leg.service in CHANGES and after:
                before = after
    return found


def stays_of(search: Search, it: Itinerary, forms: Sequence[str], usual: Sequence[float]) -> list[Stay]:
    """What stands where on a way, but for the shipper's own wagons; consecutive legs at one place are one stay."""
    graph, network = search.lane.context.graph, search.book.network
    found: list[Stay] = []
    before: tuple[str, str, str] | None = None
    for index, (leg, form) in enumerate(zip(it.legs, forms, strict=True)):
        part, priced_as, quantity = _standing(graph.owner_of(form), form, leg)
        here = (part, priced_as, min(network.members[leg.from_id])) if part else None
        if part and here == before:
            found[-1].legs.append(index)
        elif part:
            subject = _subject(search, part, form, priced_as, leg.from_id)
            found.append(Stay(part, subject, [index], ZERO, quantity=quantity))
        if part == "demurrage":
            found[-1].in_price_h += Decimal(usual[index])
        before = here
    wait_h = search.job.shipment.deal.wait_days * DAY
    last = found[-1] if found else None
    if last is not None and last.part == "storage" and last.legs[-1] == len(it.legs) - 1:
        _waits(last, wait_h)
    if search.load.containers and search.job.shipment.ownership == "carrier":
        start = _box_from(it, search)
        if start < len(it.legs):
            subject = _subject(search, "detention", forms[-1], "container", it.legs[-1].to_id)
            box = Stay("detention", subject, list(range(start, len(it.legs))), ZERO)
            _waits(box, wait_h)
            found.append(box)
    return found


def _waits(stay: Stay, wait_h: Decimal) -> None:
    """The wait of the deal ends a stay; the price holds its begun days [rule: wait-once]."""
    stay.after_h = wait_h
    stay.in_price_h = (wait_h / DAY).to_integral_value(rounding=ROUND_CEILING) * DAY


def _standing(owner: str, form: str, leg: Leg) -> tuple[str, str, str]:
    """(part, form its rule is asked for, billing quantity) of a leg; empty where nothing stands or hire pays."""
    kind = form[:1]
    if leg.kind not in ("handling", "border", "wait"):
        return "", "", ""
    if kind in "HS":
        return "storage", form_family(form), ""
    if kind == "W":
        return ("demurrage", "wagon", "") if owner == "carrier" else ("", "", "")
    if kind == "T":
        return "demurrage", "truck", ""
    if kind == "X" and (leg.kind != "handling" or leg.service == "loading the container"):
        return "demurrage", "truck", "container"  # a truck carries one box, and waits only while it has it on
    return "", "", ""


def _box_from(it: Itinerary, search: Search) -> int:
    """The first leg after the last sea; without a sea after the border of the last country, or the first leg.

    The lines count from discharge until the box is given back, for the import of a country [rule: box-clock].
    """
    places = search.book.network.places
    sailed = [i for i, leg in enumerate(it.legs) if leg.mode == "sea"]
    crossed = [i for i, leg in enumerate(it.legs) if places[leg.from_id].country != places[leg.to_id].country]
    return (sailed or crossed or [-1])[-1] + 1


def _subject(search: Search, charged: str, form: str, priced_as: str, place_id: str) -> Subject:
    graph = search.lane.context.graph
    boxed = priced_as == "container"
    return Subject(
        charge=charged,
        country=search.book.network.places[place_id].country,
        from_id=place_id,
        to_id=place_id,
        form=priced_as,
        equipment=(graph.riding.truck or "truck") if priced_as == "truck" else graph.equipment_of(form),
        owner="carrier" if priced_as == "truck" else graph.owner_of(form),
        feet=graph.riding.equipment.feet if boxed else 0,
        gross_t=graph.riding.gross_t if boxed else ZERO,
        month=graph.riding.month,
        days=ONE,
        required=False,
    )
