"""A haul written in one cell: "Алматы-1 - Акяйла - Бандар-Аббас", "Алтынколь -> Андхой"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from optimizer.intake.lookup import Found, Lookup
from optimizer.intake.model import Note
from optimizer.intake.words import tidy

_ARROW = re.compile(r"\s*(?:-+>|=+>|→|⇒|»|>>|/\s*-\s*/)\s*")
_SPACED = re.compile(r"\s+[-–—]+\s+|\s*[–—]\s*|\s+to\s+|\s+-|-\s+")
_BARE = re.compile(r"\s*-\s*")


@dataclass(frozen=True, slots=True)
class Route:
    """Places of a haul, first to last; `sure`: every one was found."""

    places: tuple[Found, ...]
    notes: tuple[Note, ...]

    @property
    def sure(self) -> bool:
        return len(self.places) > 1 and all(place.id for place in self.places)


def route_in(text: str, lookup: Lookup, letter: str) -> Route | None:
    """The haul a text names, or None where it names none.

    Signs with spaces around them part places; a hyphen inside a name does not, unless both halves are places.
    """
    plain = tidy(text)
    for pattern in (_ARROW, _SPACED, _BARE):
        parts = [part.strip(" .,;") for part in pattern.split(plain)]
        parts = [part for part in parts if part]
        if not 2 <= len(parts) <= 8:
            continue
        names = ["from", *["via"] * (len(parts) - 2), "to"]
        found = tuple(lookup.place(part, name, letter) for part, name in zip(parts, names, strict=True))
        if pattern is _BARE and not all(place.id for place in found):
            continue
        if pattern is _SPACED and len(parts) < 2:
            continue
        return Route(found, tuple(note for place in found for note in place.notes))
    return None
