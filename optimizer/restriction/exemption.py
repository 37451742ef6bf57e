"""Exceptions inside a ban: who is let through although the rest of the row speaks of him.

The column `exceptions` holds one or more exemptions parted by `;`. An exemption is one or more conditions joined by
`&`, all of which must hold; the values of a condition are alternatives parted by `|`. A bare word is goods.

    grain; milled products                              goods
    origin=kz-petropavl|~Mamlyutka                      goods loaded at one of these places
    cargo=flour & equipment=covered-wagon & destination=AF & from=2025-06-04
    destination=kz-aktau-port & max_t=20 & limit=10 trucks/day
    note=as a rule carriage under international agreements

    cargo         words of goods or ids of cargoes
    origin        ids of places or codes of countries; destination likewise
    equipment     ids of equipment; owner: private, carrier or foreign
    max_t         tonnes in a unit at most
    from, to      first and last day of the exemption, within the row's own days
    limit         so many are let through a day: read out, not counted
    note          read out; exempts nothing by itself

What our tables do not know (a station off our network, a chemical no cargo stands for) is written `~Name`: it is read
out and fits nothing.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from optimizer.restriction.quota import COUNTED, DailyLimit, read_limit
from optimizer.shipment import Cargo
from optimizer.validity import Validity, parse_from, parse_to

KEYS = ("cargo", "origin", "destination", "equipment", "owner", "max_t", "from", "to", "limit", "note")
OWNERS = ("private", "carrier", "foreign")
UNKNOWN = "~"
# The words of telegrams for groups of goods, and the groups of our cargoes they mean.
GROUP_OF_WORD = {
    "grain": "grain",
    "oilseeds": "oilseeds",
    "milled products": "milled",
    "perishables": "perishable",
    "pulses": "pulses",
    "oils": "oils",
}


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exemption; a condition that is empty holds for anything."""

    cargo: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    max_t: Decimal | None = None
    valid: Validity = Validity()
    limit: DailyLimit | None = None
    note: str = ""

    @property
    def only_goods(self) -> bool:
        """Whether it asks for the cargo and for nothing else."""
        return bool(self.cargo) and self == Exemption(cargo=self.cargo)

    @property
    def asks_lane(self) -> bool:
        """Whether it looks at the ends of the shipment or at the day."""
        return bool(self.origin or self.destination) or self.valid != Validity()

    def of_lane(
        self, origins: AbstractSet[str], origin_country: str, destinations: AbstractSet[str], country: str, day: date
    ) -> Exemption | None:
        """What it still asks of a shipment between these ends on this day; None where it does not fit.

        Args:
            origins, destinations: ids of the two locations; a shipment may have left them out.
            country: of the destination.
        """
        if not (_among(self.origin, origins, origin_country) and _among(self.destination, destinations, country)):
            return None
        if not self.valid.contains(day):
            return None
        return replace(self, origin=(), destination=(), valid=Validity())

    def fits(self, cargo: Cargo, wagon_type: str, owner: str, unit_t: Decimal | None = None) -> bool:
        """Whether it lets these goods through in this wagon; what asks for the lane was asked before."""
        return (
            not self.note
            and not self.asks_lane
            and (not self.cargo or any(w == cargo.id or GROUP_OF_WORD.get(w, w) in cargo.groups for w in self.cargo))
            and (not self.equipment or wagon_type in self.equipment)
            and (not self.owner or owner in self.owner)
            and (self.max_t is None or (unit_t is not None and unit_t <= self.max_t))
        )


def _among(wanted: tuple[str, ...], ids: AbstractSet[str], country: str) -> bool:
    return not wanted or any(w in ids or w == country for w in wanted)


@lru_cache(maxsize=1024)
def read_exemptions(text: str) -> tuple[Exemption, ...]:
    """The exemptions of a cell.

    Raises:
        ValueError: a part is none; the message says which and why.

    >>> [e.origin for e in read_exemptions("grain; origin=kz-petropavl|~Bulaevo & from=2018-12-08")]
    [(), ('kz-petropavl', '~Bulaevo')]
    >>> read_exemptions("cargo=")
    Traceback (most recent call last):
        ...
    ValueError: 'cargo=' names nothing after the sign; write cargo=grain, or leave it out
    """
    return tuple(_exemption(part.strip()) for part in text.split(";") if part.strip())


def _exemption(text: str) -> Exemption:
    cells: dict[str, str] = {}
    for part in (p.strip() for p in text.split("&")):
        key, sign, value = (p.strip() for p in part.partition("="))
        if not sign:
            key, value = "cargo", key
        if key not in KEYS:
            raise ValueError(f"{part!r} asks for {key!r}, which is none of {', '.join(KEYS)}")
        if not value:
            raise ValueError(f"{part!r} names nothing after the sign; write cargo=grain, or leave it out")
        if key in cells:
            raise ValueError(f"{part!r} asks for {key} a second time; part alternatives by |")
        cells[key] = value
    if "note" in cells and len(cells) > 1:
        raise ValueError(f"{text!r} joins a note to conditions; part it off by ;")

    def words(key: str) -> tuple[str, ...]:
        return tuple(w.strip() for w in cells.get(key, "").split("|") if w.strip())

    if wrong := set(words("owner")) - set(OWNERS):
        raise ValueError(f"owner {', '.join(sorted(wrong))} is none of {', '.join(OWNERS)}")
    return Exemption(
        cargo=words("cargo"),
        origin=words("origin"),
        destination=words("destination"),
        equipment=words("equipment"),
        owner=words("owner"),
        max_t=_tonnes(cells.get("max_t", "")),
        valid=Validity(_day(cells.get("from", ""), False), _day(cells.get("to", ""), True)),
        limit=_limit(cells.get("limit", "")),
        note=cells.get("note", ""),
    )


def _tonnes(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        tonnes = Decimal(text)
    except InvalidOperation:
        tonnes = Decimal(0)
    if not (tonnes.is_finite() and tonnes > 0):
        raise ValueError(f"max_t {text!r} is no number of tonnes above 0")
    return tonnes


def _limit(text: str) -> DailyLimit | None:
    if not text:
        return None
    number, _, unit = text.partition(" ")
    found = read_limit(number, unit)
    if found is None:
        raise ValueError(f"limit {text!r} counts nothing we know; write it like 36 wagons/day ({', '.join(COUNTED)})")
    return found


def _day(text: str, last: bool) -> date | None:
    try:
        return parse_to(text) if last else parse_from(text)
    except ValueError:
        raise ValueError(f"{'to' if last else 'from'} {text!r} is no date; write YYYY-MM-DD") from None
