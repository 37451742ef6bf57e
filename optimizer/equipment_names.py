"""Equipment by the word in one cell: exact, coded, misspelt, or a thing we do not carry.

Here one kind is meant, and it is settled, asked about or refused; `equipment_words` reads longer remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from optimizer.equipment_words import (
    BOXES,
    ISO_TYPE,
    UNITS,
    EquipmentWords,
    Mention,
    equipment_words,
    tokens,
    vocabulary_of,
)
from optimizer.errors import RequestError
from optimizer.found import Candidate, Found, How, Remark
from optimizer.letters import fold, in_other_alphabet, mixes_alphabets, shown, stem
from optimizer.near_names import ASK_FROM, WORTH_NAMING, is_clear
from optimizer.shipment import Equipment

_PREPOSITIONS = frozenset(("в", "на", "по", "из", "от", "до", "не", "in", "of", "by"))


def find_equipment(text: str, kinds: Mapping[str, Equipment]) -> Found:
    """The wagon, box, truck or ship a text means: id, name, ISO 6346 type code, or words in any form.

    Words of ownership and number beside it are passed over, and `remarks` says so; a number of wagons, boxes or
    trucks narrows what several kinds are called ("реф, 2 ваг").

    Raises:
        RequestError: `ambiguous_equipment` (several kinds, or the nearest name is not near enough) or
            `unknown_equipment` (also for what we recognise and do not carry).

    >>> from optimizer.cargo import read_equipment
    >>> kinds = read_equipment()
    >>> find_equipment("40’НС SOC", kinds).id, find_equipment("кр. вагон(ов)", kinds).id, find_equipment("45R1", kinds).id
    ('container-40', 'covered-wagon', 'reefer-container-40')
    """
    wanted = text.strip().casefold().replace("_", "-")
    if wanted in kinds:
        return Found(wanted, "id", 100.0, wanted)
    vocabulary = vocabulary_of(kinds)
    whole = vocabulary.names.get(" ".join(token.word for token in tokens(text)), ())
    letters = mixes_alphabets(text) or _has_cyrillic_box(text)
    if len(whole) == 1:
        kind, own, name = whole[0]
        how: How = "letters" if letters else "exact" if own else "alias"
        return Found(kind, how, 100.0 if own else 99.0, name, remarks=("letters",) if letters else ())
    said = equipment_words(text, kinds)
    kept = _narrowed(said, kinds)
    if strange := next((m for m in said.equipment if not m.ids), None):
        raise _not_carried(text, strange)
    families = _families(said)
    if len(kept) == 1 and not _leftover(said.rest) and (not families or kinds[kept[0]].family in families):
        return _found(text, said, kept[0], letters)
    if kept:
        raise _ambiguous(text, kept, kinds)
    if some := tuple(kind.id for kind in kinds.values() if kind.family in families):
        raise _ambiguous(text, some, kinds)
    near = vocabulary.near.candidates(text, ASK_FROM) if _leftover(said.rest) else []
    if is_clear(text, near):
        remarks: tuple[Remark, ...] = ("letters",) if letters else ()
        return Found(near[0].id, "spelling", near[0].score, near[0].matched, tuple(near[1:4]), remarks)
    if near:
        raise _ambiguous(text, tuple(n.id for n in near), kinds)
    raise _unknown(text, vocabulary.near.candidates(text, WORTH_NAMING), kinds)


def resolve_equipment(text: str, equipment: Mapping[str, Equipment]) -> Equipment:
    """The equipment a forwarder means, for callers that cannot show how it was understood: no spelling is corrected.

    Raises:
        RequestError: `ambiguous_equipment` or `unknown_equipment`.

    >>> from optimizer.cargo import read_equipment
    >>> resolve_equipment("40НС", read_equipment()).id   # НС in Cyrillic letters
    'container-40'
    """
    found = find_equipment(text, equipment)
    if found.how == "spelling":
        raise _unknown(text, (Candidate(found.id, found.score, found.matched), *found.also), equipment)
    return equipment[found.id]


def _narrowed(said: EquipmentWords, kinds: Mapping[str, Equipment]) -> tuple[str, ...]:
    """The kinds that all mentions allow, and of those the ones of the family that is counted."""
    choices = [mention.ids for mention in said.equipment if mention.ids]
    if not choices:
        return ()
    kept = tuple(i for i in choices[0] if all(i in other for other in choices[1:]))
    counted = tuple(i for i in kept if kinds[i].family in _families(said))
    return counted or kept or tuple(dict.fromkeys(i for ids in choices for i in ids))


def _families(said: EquipmentWords) -> set[str]:
    """Wagons, boxes or trucks, as far as units are named beside the equipment."""
    beside = {UNITS.get(stem(token.word), "") for token in tokens(said.rest)}
    return (beside | {count.family for count in said.counts}) - {""}


def _leftover(rest: str) -> bool:
    """Whether words of weight are left; a preposition or a unit is none."""
    words = (token.word for token in tokens(rest) if not token.is_number)
    return any(len(word) > 1 and word not in _PREPOSITIONS and stem(word) not in UNITS for word in words)


def _found(text: str, said: EquipmentWords, kind: str, letters: bool) -> Found:
    mention = next(m for m in said.equipment if kind in m.ids)
    remarks: list[Remark] = []
    if letters:
        remarks.append("letters")
    if said.counts:
        remarks.append("count")
    if said.ownership:
        remarks.append("ownership")
    code = ISO_TYPE.fullmatch(mention.text) is not None
    how: How = "letters" if letters else "code" if code else "alias"
    return Found(kind, how, 100.0 if code else 99.0, mention.text, remarks=tuple(remarks))


def _has_cyrillic_box(text: str) -> bool:
    """Whether a box's letters are Cyrillic: 40НС."""
    return any(in_other_alphabet(fold(word)) in BOXES for word in re.findall(r"(?:20|40|45)\W*([а-яА-Я]{2})\b", text))


def _candidates(ids: Iterable[str], kinds: Mapping[str, Equipment]) -> Iterator[dict[str, str]]:
    return ({"id": i, "name_en": kinds[i].name_en} for i in ids)


def _ambiguous(text: str, ids: tuple[str, ...], kinds: Mapping[str, Equipment]) -> RequestError:
    return RequestError(
        f"Equipment {shown(text)!r} may be {', '.join(ids)}.",
        code="ambiguous_equipment",
        field="equipment",
        hint="Write one of these ids." if len(ids) > 1 else "Write the id if it is meant.",
        details={"candidates": list(_candidates(ids, kinds))},
    )


def _not_carried(text: str, mention: Mention) -> RequestError:
    nearest = f" The nearest we have is {', '.join(mention.near)}." if mention.near else ""
    return RequestError(
        f"Equipment {shown(text)!r} is {mention.meaning}, which we have no payloads and rates for.",
        code="unknown_equipment",
        field="equipment",
        hint=f"Name equipment of ours.{nearest}",
        details={"candidates": [{"id": i} for i in mention.near], "meaning": mention.meaning},
    )


def _unknown(text: str, near: Iterable[Candidate], kinds: Mapping[str, Equipment]) -> RequestError:
    close = [found.id for found in near][:3]
    hint = f"Closest are {', '.join(close)}." if close else f"Known are {', '.join(kinds)}."
    return RequestError(
        f"No equipment is called {shown(text)!r}.",
        code="unknown_equipment",
        field="equipment",
        hint=hint,
        details={"candidates": list(_candidates(close, kinds))},
    )
