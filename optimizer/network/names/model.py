"""Spellings and hits: the nouns of the search for places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alias:
    """A spelling in use for a place that its own names do not show."""

    place_id: str
    alias: str
    language: str
    source_id: str
    status: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that fits a text, from 0 to 100, and the name that fitted."""

    place_id: str
    score: float
    matched: str


@dataclass(frozen=True, slots=True)
class UserPlace:
    """A station or warehouse of the user's own, tied to a place of the network."""

    id: str
    name: str
    lat: float | None
    lon: float | None
    tied_to: str
    distance_km: float
    by: str  # rail or road


# Score of a fit, by how the name belongs to the place: its own name, another spelling, a part of a long name.
OWN, ALIAS, PART = 0, 1, 2
SCORE = {OWN: 100.0, ALIAS: 99.0, PART: 97.0}


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one place, folded and as it stands in the tables."""

    place_id: str
    words: str
    shown: str
    rank: int
