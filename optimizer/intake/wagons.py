"""Wagons, boxes and trucks named in a cell: which, how many, whose; from the project's own reader of such words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.equipment_words import equipment_words
from optimizer.intake.units import TEU, ownership_in
from optimizer.intake.words import tidy
from optimizer.shipment import Equipment

_CYRILLIC_BOX = re.compile(r"(20|40|45)[\s'’]*[нсдрфк]{2}", re.IGNORECASE)
MOST_TEXT = 300


@dataclass(frozen=True, slots=True, eq=False)  # each text is read once, so the object itself tells two apart
class Wagons:
    """What a text says of wagons and boxes.

    Attributes:
        equipment: our id; "?" where several are named or one name fits several; "" for none.
        ownership: private, carrier, foreign, "?" where more than one is said, or "".
        units, high: how many, 0 for none; both ends of a range.
        family: wagon, container or truck of what is counted.
        strange: what we keep no rates of ("полувагоны"), and in `nearest` what comes nearest.
        cyrillic: the size of a box was typed in Cyrillic letters.
        loads: tonnes in one unit are named too ("15 ваг х 66 т").
        rest: the text without these words.
    """

    equipment: str = ""
    ownership: str = ""
    units: int = 0
    high: int = 0
    family: str = ""
    strange: str = ""
    nearest: str = ""
    cyrillic: bool = False
    loads: bool = False
    rest: str = ""


NONE = Wagons()


def wagons_in(text: str, kinds: Mapping[str, Equipment]) -> Wagons:
    """
    >>> from optimizer.cargo import read_equipment
    >>> kinds = read_equipment()
    >>> w = wagons_in("зерновозы собств., 20 ваг", kinds); w.equipment, w.ownership, w.units
    ('hopper-wagon', 'private', 20)
    >>> w = wagons_in("обор-е 40HC SOC", kinds); w.equipment, w.ownership, w.rest
    ('container-40', 'private', 'обор-е')
    >>> wagons_in("4х40", kinds).units, wagons_in("40НС", kinds).cyrillic, wagons_in("45HC", kinds).nearest
    (4, True, 'container-40')
    """
    plain = tidy(text)
    if not plain or len(plain) > MOST_TEXT:
        return Wagons(rest=plain) if plain else NONE
    said = equipment_words(TEU.sub("TEU", plain), kinds)
    sure = dict.fromkeys(m.ids[0] for m in said.equipment if len(m.ids) == 1)
    unsure = [m for m in said.equipment if len(m.ids) > 1 and not any(i in sure for i in m.ids)]
    strange = next((m for m in said.equipment if not m.ids), None)
    owners = dict.fromkeys(i for m in said.ownership for i in m.ids)
    count = said.counts[0] if said.counts else None
    family = count.family if count else ""
    if not sure and unsure and family:
        of_family = [i for i in unsure[0].ids if kinds[i].family == family]
        sure, unsure = ({of_family[0]: None}, []) if len(of_family) == 1 else (sure, unsure)
    return Wagons(
        equipment=next(iter(sure)) if len(sure) == 1 and not unsure else "?" if sure or unsure else "",
        ownership=next(iter(owners)) if len(owners) == 1 else "?" if owners else ownership_in(plain),
        units=count.low if count and not count.doubtful else 0,
        high=count.high if count and not count.doubtful else 0,
        family=family,
        strange=strange.text if strange else "",
        nearest=strange.near[0] if strange and strange.near else "",
        cyrillic=any(_CYRILLIC_BOX.fullmatch(m.text.strip()) is not None for m in said.equipment),
        loads=bool(said.loads),
        rest=said.rest,
    )
