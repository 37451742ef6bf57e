"""A checklist: items by place, who brings each, by when, and whether a source says so."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

KINDS = ("plan_data", "payer_code", "document", "permit", "telegram")
PER = ("shipment", "railway", "border", "port", "country")
WHO = ("consignor", "consignee", "forwarder", "carrier", "customs_broker", "wagon_owner", "port_agent")
CONFIRMED = frozenset({"published", "derived"})
LANGUAGES = ("en", "ru")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A row of network_data/documents.csv: what is wanted wherever it fits.

    Attributes:
        per: once for the shipment, or for each railway, border, port or country it meets.
        where: of a railway its letters; of a border "KZ>TM"; of a country "TM", "TM:transit" or "TM:destination"; of a
            port "load:KZ" or "discharge:IR"; `*` fits any.
        mode: rail, road or sea; "" fits any.
        cargo: ids and groups of goods, `container`, and whose wagons or containers they are; empty fits any.
        days_before: days before loading by which it must be at hand; None where nobody knows.
    """

    item_id: str
    kind: str
    per: str
    where: str
    mode: str
    cargo: frozenset[str]
    item_en: str
    item_ru: str
    who: str
    days_before: int | None
    note: str
    source_id: str
    status: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing wanted of one shipment.

    Attributes:
        key: stable within the quote: names it in `--done`.
        place: the border, railway, port or country it belongs to, in words; "" for the shipment as a whole.
        value: what is known or was told; "" where it is wanted.
        by: the day it must be at hand, where known.
        done: it is at hand.
    """

    key: str
    kind: str
    place_en: str
    place_ru: str
    item_en: str
    item_ru: str
    who: str
    by: dt.date | None
    value: str
    done: bool
    note: str
    source_id: str
    status: str

    @property
    def confirmed(self) -> bool:
        """Whether a source says that it is wanted; what no source says is to be asked."""
        return self.status in CONFIRMED

    def text(self, lang: str) -> str:
        return self.item_ru if lang == "ru" else self.item_en

    def place(self, lang: str) -> str:
        return self.place_ru if lang == "ru" else self.place_en

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "kind": self.kind,
            "place": {"en": self.place_en, "ru": self.place_ru},
            "item": {"en": self.item_en, "ru": self.item_ru},
            "who": self.who,
            "by": self.by.isoformat() if self.by else None,
            "value": self.value,
            "done": self.done,
            "confirmed": self.confirmed,
            "note": self.note,
            "source_id": self.source_id,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Checklist:
    """All that is wanted for one way of a quote.

    Attributes:
        route: the way in words.
        loading: the day of loading the dates are counted from.
    """

    quote_id: str
    rank: int
    route: str
    loading: dt.date
    items: tuple[Item, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """What is not at hand yet."""
        return tuple(item for item in self.items if not item.done)

    @property
    def ready(self) -> bool:
        """Whether loading may begin; the quote itself stands either way."""
        return not self.missing

    def as_dict(self) -> dict[str, Any]:
        return {
            "quote_id": self.quote_id,
            "rank": self.rank,
            "route": self.route,
            "loading": self.loading.isoformat(),
            "ready_to_load": self.ready,
            "counts": {
                "items": len(self.items),
                "missing": len(self.missing),
                "to_ask": sum(not item.confirmed and item.kind != "plan_data" for item in self.items),
            },
            "items": [item.as_dict() for item in self.items],
        }
