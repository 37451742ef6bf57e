"""Frozen nouns of what shuts a route and what only warns.

A restriction names a place and selectors (cargo, wagon, owner, origin, destination) and says on which days it
applies and since when it was known. A compliance rule is a note of law or trade that makes no route impossible.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from optimizer.restriction.exemption import GROUP_OF_WORD, Exemption, read_exemptions
from optimizer.restriction.quota import DailyLimit, read_limit
from optimizer.validity import Validity

KINDS = (
    "loading_ban",
    "border_closed",
    "sea_closed",
    "seasonal_limit",
    "quota",
    "weather",
    "draught",
    "export_stop",
    "warning",
)
SHUTTING = frozenset(("loading_ban", "border_closed", "sea_closed", "seasonal_limit"))

IN_CONTAINER_TRAINS = " in container trains"


@dataclass(frozen=True, slots=True)
class Restriction:
    """One ban, closure, quota or warning, as its document words it."""

    restriction_id: str
    kind: str
    places: tuple[str, ...]  # place ids, road:A|B, country:XX or sea:hormuz
    direction: str  # export or both
    cargo: str  # all, or words of goods parted by ;
    wagon_type: str  # all, an equipment id, or trailer-truck
    wagon_owner: str  # all or foreign
    origins: frozenset[str]  # countries; empty means any
    destinations: frozenset[str]  # countries; empty means any
    exceptions: str  # see `optimizer.restriction.exemption`
    quota: str
    quota_unit: str
    valid: Validity
    known_from: dt.date | None
    last_confirmed: dt.date | None
    months: frozenset[int]  # months of each year; empty means all
    document: str
    source_id: str
    status: str
    note: str
    line: int = 0
    tendered: str = ""  # what asks to pass in a day, in the unit of the quota; empty: not known
    left: tuple[Exemption, ...] | None = None  # exemptions as far as they still ask something; None: all, as written

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """Who is let through although the rest of the row speaks of him."""
        return read_exemptions(self.exceptions) if self.left is None else self.left

    @property
    def daily_limit(self) -> DailyLimit | None:
        """Its quota as units a day; None where it counts something else (tonnes a ship, open days), or nothing.

        >>> from optimizer.restriction.read import read_restrictions
        >>> read_restrictions().get("UTY-2025-SARYAGASH-Q2").daily_limit
        DailyLimit(number=Decimal('35'), unit='train', tendered=None)
        """
        return read_limit(self.quota, self.quota_unit, self.tendered) if self.kind == "quota" else None

    @property
    def days(self) -> tuple[Validity, ...]:
        """Its own days and those of its dated exemptions: on their edges what it says changes."""
        return (self.valid, *(e.valid for e in read_exemptions(self.exceptions) if e.valid != Validity()))

    @property
    def cargo_words(self) -> tuple[str, ...]:
        return tuple(w.strip() for w in self.cargo.split(";"))

    @property
    def exempt_words(self) -> tuple[str, ...]:
        """Kinds of goods that are let through whatever else."""
        return tuple(w for e in self.exemptions if e.only_goods for w in e.cargo if w in GROUP_OF_WORD)


@dataclass(frozen=True, slots=True)
class ComplianceRule:
    """A fact of law or trade. With a `warning_code` it warns on the routes its selectors describe."""

    comp_id: str
    kind: str
    country: str
    valid: Validity
    fact: str
    warning_code: str  # "" for history, and for facts that stand in the restrictions
    countries: tuple[frozenset[str], ...]  # the route must touch one of each set
    places: frozenset[str]  # and one of these, unless empty
    cargo: tuple[str, ...]  # groups or cargo ids; empty means any
    mode: str  # rail, road, sea, container or ""
    origins: frozenset[str]
    destinations: frozenset[str]
    text: str  # the sentence a client reads
    source_id: str
    status: str
    note: str
    line: int = 0


@dataclass(frozen=True)
class Restrictions:
    """One edition of both tables."""

    rows: tuple[Restriction, ...]
    compliance: tuple[ComplianceRule, ...]
    version: str

    @cached_property
    def asking_ends(self) -> tuple[tuple[Restriction, frozenset[str], frozenset[str]], ...]:
        """Rows that treat some places of loading or arrival otherwise, with the ids of those places."""
        found = []
        for r in self.rows:
            origins, ends = (
                frozenset(p for e in r.exemptions for p in words(e) if "-" in p)
                for words in (lambda e: e.origin, lambda e: e.destination)
            )
            if origins or ends:
                found.append((r, origins, ends))
        return tuple(found)

    def get(self, restriction_id: str) -> Restriction:
        """
        Raises:
            KeyError: no restriction has that id.
        """
        for row in self.rows:
            if row.restriction_id == restriction_id:
                return row
        raise KeyError(restriction_id)
