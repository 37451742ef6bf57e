"""In what one row rides: wagon or box, whose, how many, and whether the goods go in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from optimizer.intake.context import Parts
from optimizer.intake.lookup import Found
from optimizer.intake.model import Note
from optimizer.intake.notes import make, weighed
from optimizer.intake.units import ownership_in
from optimizer.intake.wagons import Wagons
from optimizer.intake.words import tidy
from optimizer.shipment import VESSELS


@dataclass(frozen=True, slots=True)
class Riding:
    """In what, of one row."""

    equipment: str
    ownership: str
    units: int
    notes: tuple[Note, ...]


class RidingReader(Parts):
    """Reads equipment and ownership of rows of one sheet."""

    def read(self, text: str, owner: str, goods: Wagons, much: Wagons, remark: Wagons, units: int) -> Riding:
        """Equipment, ownership and units: its own column first, then cargo, quantity and remark."""
        lookup = self.context.lookup
        notes: list[Note] = []
        found = lookup.wagon(text, "equipment", self.letter("equipment")) if text.strip(" -—–?") else Found()
        notes += found.notes
        said = [found.id, *(w.equipment for w in (much, goods, remark))]
        kinds = list(dict.fromkeys(k for k in said if k and k != "?"))
        if len(kinds) > 1:
            notes.append(
                make(
                    "equipment_disagrees", "equipment", text, self.letter("equipment"), first=kinds[0], second=kinds[1]
                )
            )
        equipment = kinds[0] if len(kinds) == 1 else ""
        for name, w in (("cargo", goods), ("tonnes", much), ("remarks", remark)):
            if not kinds and w.strange:
                notes.append(make("equipment_unclear", name, w.strange, self.letter(name)))
                break
            if not kinds and w.equipment == "?":
                notes.append(make("equipment_unclear", name, "", self.letter(name)))
                break
        for name, w in (("cargo", goods), ("tonnes", much)):
            if w.cyrillic and equipment:
                notes.append(make("cyrillic_code", name, "", self.letter(name), read=equipment))
        if equipment and not found.id and not much.equipment and not goods.equipment:
            notes.append(
                make(
                    "from_remark",
                    "equipment",
                    "",
                    self.remark_letter,
                    field="equipment",
                    field_ru="подвижной состав:",
                    read=equipment,
                )
            )
        owners = [_owner(owner), *(w.ownership for w in (found.wagons, goods, much, remark))]
        whose = list(dict.fromkeys(o for o in owners if o and o != "?"))
        if owner.strip(" -—–?") and not owners[0] or "?" in owners or len(whose) > 1:
            notes.append(make("ownership_unclear", "ownership", owner, self.letter("ownership")))
        ownership = whose[0] if len(whose) == 1 and "?" not in owners else ""
        if not units and (more := found.wagons.units or goods.units or remark.units):
            units = more
            if not found.wagons.units and not goods.units:
                notes.append(
                    make(
                        "from_remark",
                        "units",
                        "",
                        self.remark_letter,
                        field="units",
                        field_ru="количество единиц:",
                        read=units,
                    )
                )
        elif units and remark.units and remark.units != units:
            notes.append(make("quantities_disagree", "units", "", self.remark_letter, first=units, second=remark.units))
        return Riding(equipment, ownership, units, tuple(notes))

    def boxes_of(self, riding: Riding) -> Riding:
        """The boxes that so many twenty-foot equivalents are: as many of twenty feet, half as many of forty."""
        box = self.context.lookup.equipment.get(riding.equipment)
        letter = self.letter("units") or self.letter("tonnes")
        each = 2 if box and box.family == "container" and box.feet >= 40 else 1
        if box is None or box.family != "container" or riding.units % each:
            asked = make("quantity_unclear", "units", f"{riding.units} TEU", letter)
            return replace(riding, units=0, notes=(*riding.notes, asked))
        if each == 1:
            return riding
        boxes = riding.units // each
        words = {"read": f"{boxes} x {box.id}", "read_ru": f"{boxes} x {box.id}"}
        told = make("unit_converted", "units", f"{riding.units} TEU", letter, **words)
        return replace(riding, units=boxes, notes=(*riding.notes, told))

    def load(self, cargo: str, equipment: str, units: int, tonnes: Decimal | None) -> list[Note]:
        """Whether the tonnes go into the units."""
        goods = self.context.lookup.cargoes.get(cargo)
        if goods is None or not units or tonnes is None or tonnes <= 0:
            return []
        most = (
            goods.payload_t[equipment]
            if equipment
            else max((goods.payload_t[e] for e in goods.equipment if e not in VESSELS), default=Decimal(70))
        )
        each = (tonnes / units).quantize(Decimal("0.1"))
        if tonnes <= units * most:
            return []
        words: dict[str, object] = {"tonnes": f"{tonnes:f}", "units": units, "each": each, "payload": most}
        note = make("overloaded", "tonnes", "", self.letter("tonnes"), **words)
        # Wagons differ by a tonne or two: a little more than our payload is said, much more is asked.
        return [weighed(note, "warning") if tonnes <= units * most * Decimal("1.1") else note]


def _owner(text: str) -> str:
    plain = tidy(text).casefold()
    if plain in ("private", "carrier", "foreign"):
        return plain
    if re.search(r"иностран|foreign", plain):
        return "foreign"
    return ownership_in(text)
