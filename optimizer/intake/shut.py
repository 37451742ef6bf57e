"""Which border or port named in a row is shut for its goods on its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from optimizer.intake.context import Closure
from optimizer.network.model import Network
from optimizer.restriction.match import concerns, in_force, narrowed, places_of, sentence, shuts
from optimizer.restriction.model import Restriction, Restrictions
from optimizer.shipment import Cargo


@dataclass(slots=True)
class Closures:
    """The bans as known on one day, asked place by place.

    Goods or wagons that are not known yet are taken for any: the question is asked rather than left out.
    """

    network: Network
    restrictions: Restrictions
    cargoes: dict[str, Cargo]
    known_on: dt.date
    _at: dict[str, list[Restriction]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.restrictions.rows:
            if not shuts(row):
                continue
            for place in places_of(row):
                if isinstance(place, str):
                    for member in self.network.members.get(place, (place,)):
                        self._at.setdefault(member, []).append(row)

    def __call__(
        self,
        places: Sequence[str],
        day: dt.date,
        cargo: str,
        equipment: str,
        ownership: str,
        origin: str,
        destination: str,
    ) -> Closure | None:
        """The first of the places that is shut, with the document that shuts it."""
        for place in places:
            for row in self._at.get(place, ()):
                if in_force(row, day, self.known_on) and self._speaks(
                    row, day, cargo, equipment, ownership, origin, destination
                ):
                    shown = self.network.places[place]
                    document = row.document or f"{row.restriction_id}, {row.source_id}"
                    text = sentence(
                        row, {p: self.network.places[p].name_en for p in row.places if p in self.network.places}
                    )
                    return Closure(shown.name_en, shown.name_ru or shown.name_en, row.restriction_id, document, text)
        return None

    def _speaks(
        self, row: Restriction, day: dt.date, cargo: str, equipment: str, ownership: str, origin: str, destination: str
    ) -> bool:
        goods = self.cargoes.get(cargo)
        if goods is None:
            return row.cargo in ("", "all")
        countries = [self.network.places[p].country if p else "" for p in (origin, destination)]
        asked = narrowed(
            row,
            day=day,
            origins=frozenset(self.network.members[origin]) if origin else frozenset(),
            origin_country=countries[0],
            destinations=frozenset(self.network.members[destination]) if destination else frozenset(),
            destination_country=countries[1],
        )
        return concerns(
            asked,
            cargo=goods,
            wagon_type=equipment or goods.equipment[0],
            owner=ownership or "private",
            origin_country=countries[0],
            destination_country=countries[1],
        )
