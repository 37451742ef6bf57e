"""Asking the engine about one observed lane: the cheapest way in the stated modes, its time and its lines.

An observation is asked as it would have been quoted: ready on 1 July of its year, nothing known later.
Where exchange rates do not reach back so far, the first 1 July they do is taken, and the answer says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from optimizer.databook import Conditions, DataBook
from optimizer.errors import FreightError, NoExchangeRate
from optimizer.itinerary import Itinerary
from optimizer.money import DEFAULT_KIND
from optimizer.request import EARLIEST, QuoteRequest, normalise
from optimizer.search import Search, conditions_of
from optimizer.ways import best_way

WAGONS_OF_A_TRAIN = 45  # the worked example's block: 3,000 t of grain
COASTER_T = Decimal(3000)
LATEST_SHIFT = 2035

# Words of an observation -> equipment, first that fits; the hull "truck" last because boxes ride on trucks too.
_EQUIPMENT = (
    (r"reefer truck|reefer lorry", "reefer-truck"),
    (r"(?<!\d)20 ?-?(?:ft|hq|dc|foot)\b|\bteu\b", "container-20"),
    (r"(?<!\d)40 ?-?(?:ft|hq|hc|dc|foot)\b|\bfeu\b", "container-40"),
    (r"hopper|\bbulk\b", "hopper-wagon"),
    (r"\btank", "tank-wagon"),
    (r"covered|box wagon", "covered-wagon"),
    (r"truck|lorry|\btir\b", "truck"),
    (r"container", "container-40"),
    (r"coaster", "bulk-vessel"),
)
_GRAINS = {"grain": "wheat", "corn": "maize"}


class NotComputed(Exception):
    """The engine cannot answer for this lane; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One lane as the engine is asked about it."""

    origin: str
    destination: str
    modes: tuple[str, ...]
    cargo: str
    equipment: str
    year: int
    via: tuple[str, ...] = ()
    ownership: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The way taken, and what had to be changed to find one."""

    search: Search
    itinerary: Itinerary
    day: dt.date  # the day it was priced for
    remarks: tuple[str, ...]
    priced: bool

    @property
    def days(self) -> float:
        """From departure to arrival: without the loading at the origin."""
        first = self.itinerary.edges[0]
        load = self.search.load
        loading_h = (
            sum(leg.hours + leg.hours_per_unit * load.wagons for leg in first.legs) if first.kind == "load" else 0.0
        )
        return (self.itinerary.minutes / 60 - loading_h) / 24

    @property
    def way(self) -> str:
        """The hauls in words: rail kz-uzen - tm-akyayla, ..."""
        names = self.search.book.network.places
        parts = [f"{leg.mode} to {names[leg.to_id].name_en}" for leg in self.itinerary.legs if leg.kind == "haul"]
        return f"from {names[self.itinerary.legs[0].from_id].name_en} {', '.join(parts)}" if parts else "no haul"

    def amount(self, charges: Iterable[str], but: Iterable[str] = ()) -> Decimal:
        """Sum of the lines with these charge codes, or of all but some where no codes are given."""
        wanted, out = frozenset(charges), frozenset(but)
        return sum(
            (
                p.charge.amount_quote
                for p in self.itinerary.charges
                if (p.charge.term.subject.charge in wanted if wanted else p.charge.term.subject.charge not in out)
            ),
            Decimal(0),
        )

    def carriers(self, charges: Iterable[str]) -> str:
        """Who carries: KTZ + UTY."""
        wanted = frozenset(charges)
        found = [
            p.charge.term.subject.carrier for p in self.itinerary.charges if p.charge.term.subject.charge in wanted
        ]
        return " + ".join(dict.fromkeys(c for c in found if c))

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(p.charge.term.rule.rule_id for p in self.itinerary.charges)


def modes_in(text: str) -> tuple[str, ...]:
    """Modes that a text names.

    >>> modes_in("rail+ferry+rail"), modes_in("port+road"), modes_in("sea coaster 3,000 t")
    (('rail', 'sea'), ('road',), ('sea',))
    """
    low = text.casefold()
    found = []
    for mode, words in (
        ("rail", r"rail(?! ferry)|\btrain|wagon"),
        ("road", r"road|truck|\btir\b"),
        ("sea", r"\bsea\b|ferry|ro-?ro\b|coaster|feeder"),
    ):
        if re.search(words, low):
            found.append(mode)
    return tuple(found)


def equipment_in(text: str) -> str:
    """The equipment a text names, or "".

    >>> equipment_in("48 x 40ft"), equipment_in("wheat, hopper 70 t"), equipment_in("any")
    ('container-40', 'hopper-wagon', '')
    """
    low = text.casefold()
    return next((equipment for words, equipment in _EQUIPMENT if re.search(words, low)), "")


def cargo_in(text: str, book: DataBook) -> str:
    """The cargo a text names word by word; `general` where it names none we know."""
    known = {name.casefold(): c.id for c in book.cargoes.values() for name in (c.id, c.name_en, *c.aliases)}
    for word in re.findall(r"[a-z-]+", text.casefold()):
        if word in _GRAINS:
            return _GRAINS[word]
        if word in known and word not in ("any", "cargo", "other"):
            return known[word]
    return "general"


def ask_for(
    origin: str,
    destination: str,
    via: tuple[str, ...],
    modes: tuple[str, ...],
    words: str,
    unit: str,
    year: int,
    book: DataBook,
) -> Ask:
    """An observation's words as a question to the engine; what they leave open takes the default of its mode."""
    equipment = equipment_in(unit) if "truck" in unit else equipment_in(f"{unit} {words}")
    cargo = cargo_in(words, book)
    named = cargo
    if "trip" in unit:
        equipment = "truck"
    if not equipment:
        equipment = (
            {
                "rail": "",
                "road": "truck",
                "sea": "bulk-vessel" if book.cargoes[cargo].groups & {"grain"} else "truck",
            }.get(modes[0], "")
            if modes
            else ""
        )
    if equipment in ("hopper-wagon", "bulk-vessel") and cargo == "general":
        cargo = "wheat"
    if equipment == "tank-wagon" and cargo == "general":
        cargo = "sunflower-oil"
    if not equipment and "container" not in words.casefold():
        wagons = [e for e in book.cargoes[cargo].equipment if book.equipment[e].family == "wagon"]
        equipment = wagons[0] if wagons else ""
    remarks = (f"{cargo} rides for a cargo that is not in our list",) if cargo != named else ()
    ownership = "carrier" if re.search(r"state wagon|railway's wagon", words.casefold()) else ""
    return Ask(origin, destination, modes, cargo, equipment, year, via, ownership, remarks)


def answer(ask: Ask, book: DataBook, *, unpriced: bool = False) -> Answer:
    """The cheapest way of an ask; with `unpriced`, where none has a price, the fastest whatever it costs.

    Raises:
        NotComputed: no way, no rate, or a place or equipment the engine does not take there.
    """
    remarks = list(ask.remarks)
    try:
        return _answer(ask, book, dt.date(ask.year, 7, 1), unpriced, remarks)
    except NoExchangeRate as missing:
        year = _first_year(book)
        if year <= ask.year:
            raise NotComputed(missing.message.rstrip(".")) from missing
    return _answer(
        ask,
        book,
        dt.date(year, 7, 1),
        unpriced,
        [*remarks, f"priced on 1 July {year}, exchange rates of {ask.year} are not at hand"],
    )


def _first_year(book: DataBook) -> int:
    """The first year on whose 1 July every currency of the books has a rate of the kind it is charged in."""
    kinds = {
        (r.currency, r.fx_kind or DEFAULT_KIND.get(r.currency, "market"))
        for r in book.books.rules
        if r.currency != "USD"
    }
    for year in range(EARLIEST.year, LATEST_SHIFT):
        if all(book.fx.find(currency, kind, dt.date(year, 7, 1)) for currency, kind in kinds):
            return year
    return LATEST_SHIFT


def _answer(ask: Ask, book: DataBook, day: dt.date, unpriced: bool, remarks: list[str]) -> Answer:
    if day < EARLIEST:
        raise NotComputed(f"{day.year} is before {EARLIEST.year}, the first year a quote can be made for")
    last: Search | None = None
    for via, ownership in _relaxed(ask, book):
        notes = list(remarks)
        last = search = _search(replace(ask, via=via, ownership=ownership), book, day)
        path = best_way(search, search.combined("cost"), search.blocked())
        priced = path is not None
        if path is None and search.no_rate is not None:
            raise NoExchangeRate(f"no exchange rates are at hand for {day.year}")
        if path is None and unpriced:
            conditions = replace(search.conditions, unpriced=True)
            search = Search(replace(search.job, objective="time"), book, conditions)
            path = best_way(search, search.combined("time"), search.blocked())
        if path is not None:
            if not priced:
                notes.append("no rate for a part of the way: the fastest way, not the cheapest")
            if missed := [book.network.places[v].name_en for v in ask.via if v not in via]:
                notes.append(f"the engine finds no way of these modes by {', '.join(missed)}; the best way without")
            if ownership != ask.ownership:
                notes.append("in the railway's own wagons, there is no way for private ones")
            return Answer(search, search.itinerary(path), day, tuple(notes), priced)
    assert last is not None
    modes = "/".join(ask.modes) or "any mode"
    equipment = book.equipment[last.job.shipment.equipment].name_en
    raise NotComputed(f"no way{'' if unpriced else ' with a rate'} by {modes} in {day.year}, {equipment}")


def _relaxed(ask: Ask, book: DataBook) -> Iterator[tuple[tuple[str, ...], str]]:
    """The ask as it stands, then with fewer way points, then in the railway's own wagons."""
    family = book.equipment[ask.equipment].family if ask.equipment else "wagon"
    owners = [ask.ownership] + (["carrier"] if family == "wagon" and ask.ownership != "carrier" else [])
    for ownership in owners:
        for kept in range(len(ask.via), -1, -1):
            for via in combinations(ask.via, kept):
                yield via, ownership


def _search(ask: Ask, book: DataBook, day: dt.date) -> Search:
    family = book.equipment[ask.equipment].family if ask.equipment else "wagon"
    request = QuoteRequest(
        origin=ask.origin,
        destination=ask.destination,
        cargo=ask.cargo,
        tonnes=str(COASTER_T) if family == "vessel" else "",
        units={"wagon": str(WAGONS_OF_A_TRAIN), "vessel": ""}.get(family, "1"),
        equipment=ask.equipment,
        ownership=ask.ownership,
        ready=day.isoformat(),
        known_on=day.isoformat(),
        mode=ask.modes,
        via=ask.via,
        alternatives=0,
    )
    try:
        job = normalise(request, book, day)
    except FreightError as refusal:
        raise NotComputed(refusal.message.rstrip(".")) from refusal
    conditions: Conditions = conditions_of(job, book)
    return Search(job, book, conditions)
