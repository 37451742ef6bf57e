"""Places as other people's tables name them.

Beyond what a request may say, a table of observations writes "Sarakhs border", "Sergeli (Tashkent)" or
"Amirabad / Anzali". What was taken for such a name is told in the basis of the row; whole countries,
regions and places we do not know are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from optimizer.databook import DataBook
from optimizer.errors import AmbiguousPlace, RequestError

# Names that mean a region; a station stands for it, and the row says so. Tobol lies 2,137 km from
# Saryagash, nearest to the 2,100 km that the charge of the northern grain stations is told for.
REGIONS = {
    "northern kazakhstan grain stations": "kz-tobol",
    "northern kazakhstan": "kz-tobol",
    "northern iran ports": "ir-amirabad-port",
    "northern iran": "ir-amirabad-port",
}
COUNTRIES = frozenset(
    (
        "kazakhstan",
        "turkmenistan",
        "uzbekistan",
        "iran",
        "afghanistan",
        "pakistan",
        "russia",
        "china",
        "india",
        "azerbaijan",
        "georgia",
        "turkey",
        "tajikistan",
        "kyrgyzstan",
        "central asia",
        "europe",
        "carec",
        "tm",
        "uz",
        "kz",
        "ir",
        "af",
        "pk",
    )
)

_TAIL = re.compile(r"\s+(border|zero point|and other|port city)$", re.IGNORECASE)
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_BETWEEN_VIA = re.compile(r"\s*[;,]\s*")
_DASH = re.compile(r"\s*[-\u2013]\s*")


class NotPlaced(Exception):
    """A name that no place of the network answers to; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A place id and, where the name was not its own, what was taken for it."""

    place_id: str
    remark: str = ""


def place(name: str, book: DataBook, modes: Collection[str] = ()) -> Placed:
    """The place a table means; of several that fit, the only one on the network of the row's modes.

    Raises:
        NotPlaced: a country, a region without a station that stands for it, or an unknown name.
    """
    text = " ".join(name.split())
    if not text:
        raise NotPlaced("no place is named: an average or a total, not a lane")
    if text.casefold() in COUNTRIES:
        raise NotPlaced(f"{text} is a whole country or region, not a place")
    if region := REGIONS.get(text.casefold()):
        return Placed(region, f"{book.network.places[region].name_en} stands for {text}")
    if found := _find(text, book):
        return Placed(found)
    if found := _find(text, book, modes):
        return Placed(found, f"{book.network.places[found].name_en} taken for {text}")
    head = _BRACKET.sub("", text).strip()
    tries = [_TAIL.sub("", head), *(part.strip() for part in head.split("/"))]
    tries += [part.strip() for part in _BRACKET.findall(text)]
    for attempt in tries:
        if modes == ("rail",) and (found := _station(attempt, book)):
            return Placed(found, f"{book.network.places[found].name_en} taken for {text}")
        if (
            attempt
            and attempt != text
            and attempt.casefold() not in COUNTRIES
            and (found := _find(attempt, book, modes))
        ):
            return Placed(found, f"{book.network.places[found].name_en} taken for {text}")
    raise NotPlaced(f"{text} is not in the network")


def _find(text: str, book: DataBook, modes: Collection[str] = ()) -> str:
    """One id, or "" where none or several fit; the two posts of one crossing count as one place."""
    network = book.network
    reach = {"rail": network.rail_places, "road": network.road_places, "sea": network.sea_places}
    try:
        return book.places.resolve(text, "place")
    except AmbiguousPlace as question:
        exact = [c["id"] for c in question.details["candidates"] if c["score"] >= 97]
        pairs = {frozenset((c.from_id, c.to_id)) for c in network.road_crossings}
        if frozenset(exact) in pairs:
            return exact[0]
        on_way = [i for i in exact if any(i in reach[mode] for mode in modes)]
        return on_way[0] if len(on_way) == 1 else ""
    except RequestError:
        return ""


def _station(text: str, book: DataBook) -> str:
    """The one station whose name holds this one, where the town itself lies off the rails; else ""."""
    if not text or not (town := _find(text, book)) or set(book.network.members[town]) & book.network.rail_places:
        return ""
    named = text.casefold()
    near = [i for i in sorted(book.network.rail_places) if named in book.network.places[i].name_en.casefold()]
    return near[0] if len(near) == 1 else ""


def via_places(via: str, book: DataBook) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(ids in order, names that are not places of the network) of a cell of way points.

    Countries say nothing about the way and are passed over.
    """
    ids: list[str] = []
    unknown: list[str] = []
    for piece in _BETWEEN_VIA.split(via):
        for name in _pieces(piece.strip(), book):
            if not name or name.casefold() in COUNTRIES:
                continue
            try:
                ids.append(place(name, book).place_id)
            except NotPlaced:
                unknown.append(name)
    return tuple(dict.fromkeys(ids)), tuple(unknown)


def _pieces(text: str, book: DataBook) -> list[str]:
    """A name whole where it is one, else what stands between dashes; of "A/B", either way, the first."""
    if not text or _find(text, book):
        return [text]
    return [part.partition("/")[0].strip() for part in _DASH.split(text)]
