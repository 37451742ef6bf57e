"""Frozen nouns of what shuts a route and what only warns.

A restriction names a place and selectors (cargo, wagon, owner, origin, destination) and says on which days it
applies and since when it was known. A compliance rule is a note of law or trade that makes no route impossible.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

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

# The words of telegrams for groups of goods, and the groups of our cargoes they mean.
GROUP_OF_WORD = {
    "grain": "grain",
    "oilseeds": "oilseeds",
    "milled products": "milled",
    "perishables": "perishable",
    "pulses": "pulses",
    "oils": "oils",
}
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
    exceptions: str  # words of goods parted by ; or free text
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

    @property
    def cargo_words(self) -> tuple[str, ...]:
        return tuple(w.strip() for w in self.cargo.split(";"))

    @property
    def exempt_words(self) -> tuple[str, ...]:
        """Exceptions that name a kind of goods we know; free text exempts nothing by itself."""
        return tuple(w for w in (e.strip() for e in self.exceptions.split(";")) if w in GROUP_OF_WORD)


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


@dataclass(frozen=True, slots=True)
class Restrictions:
    """One edition of both tables."""

    rows: tuple[Restriction, ...]
    compliance: tuple[ComplianceRule, ...]
    version: str

    def get(self, restriction_id: str) -> Restriction:
        """
        Raises:
            KeyError: no restriction has that id.
        """
        for row in self.rows:
            if row.restriction_id == restriction_id:
                return row
        raise KeyError(restriction_id)
