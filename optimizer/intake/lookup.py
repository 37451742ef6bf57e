"""Names to ids for a whole file: each distinct text is looked up once.

What the user's own mapping file says comes first; then the index of places, the cargoes and the equipment.
Nothing is guessed: what fits several is a question with the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.cargo import find_cargo, find_equipment
from optimizer.errors import AmbiguousPlace, RequestError, UnknownPlace
from optimizer.found import Found as Known
from optimizer.intake.model import Note
from optimizer.intake.notes import make, weighed
from optimizer.intake.wagons import NONE, Wagons, wagons_in
from optimizer.intake.words import foreign_letters, joined, key, one_script, tidy
from optimizer.network.names import PlaceIndex
from optimizer.shipment import Cargo, Equipment

MOST_NAME = 160
MOST_KEPT = 200_000
_INCOTERM = re.compile(r"^(EXW|FCA|FOB|CFR|CPT|DAP|CIF|DAF|CIP)\b[\s,:-]*", re.IGNORECASE)
LOST_CODE = re.compile(r"\d(?:[.,]\d+)?[eе][+]?\d{1,3}", re.IGNORECASE)
_EXPORT = re.compile(r"\bэкс\b\.?(?!\w)", re.IGNORECASE)  # "Сарахс экс.": of export traffic, as "эксп."
# How goods lie says nothing of what they are.
_LYING = re.compile(
    r"[\s,]*\b(?:in bulk|bulk|loose|in bags|bagged|in big bags|насыпью|насыпь|навалом|навал|россыпью|наливом)\b\.?",
    re.IGNORECASE,
)
_ETSNG_LENGTHS = (4, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Found:
    """What a text was looked up as: an id, or "" with notes that say why not; `ids`: all that fit."""

    id: str = ""
    notes: tuple[Note, ...] = ()
    ids: tuple[str, ...] = ()
    basis: str = ""  # an Incoterm that stood before the place
    text: str = ""  # codes as they should be written
    wagons: Wagons = NONE


@dataclass(slots=True)
class Lookup:
    """Places, cargoes and equipment by what people type.

    Args:
        own_places, own_cargoes: the user's own words to our ids, as `key` folds them.
    """

    places: PlaceIndex
    cargoes: Mapping[str, Cargo]
    equipment: Mapping[str, Equipment]
    own_places: Mapping[str, str] = field(default_factory=dict)
    own_cargoes: Mapping[str, str] = field(default_factory=dict)
    _kept: dict[object, Any] = field(default_factory=dict)

    def place(self, text: str, column: str, letter: str = "", code: str = "") -> Found:
        """A place named in a column, with the code of the column beside it; questions say which it may be."""
        found: Found = self._once(
            ("place", text, column, letter, code), lambda: self._place(tidy(text), column, letter, tidy(code))
        )
        return found

    def border(self, text: str, column: str, letter: str = "") -> Found:
        """A place, or a border named by both its stations ("Достык - Алашанькоу"): the one named first."""
        found = self.place(text, column, letter)
        ends = [] if found.id else [part for part in re.split(r"\s+[-–—]\s+|\s*/\s*", tidy(text)) if part]
        if len(ends) != 2:
            return found
        one, other = (self.place(end, column, letter) for end in ends)
        network = self.places.network
        pairs = {frozenset((c.from_id, c.to_id)) for c in network.rail_crossings}
        pairs |= {frozenset((c.from_id, c.to_id)) for c in network.road_crossings}
        return one if one.id and other.id and frozenset((one.id, other.id)) in pairs else found

    def cargo(self, text: str, codes: str, letters: tuple[str, str] = ("", "")) -> Found:
        """Goods by name and codes; what the name says of wagons comes back in `wagons`."""
        found: Found = self._once(
            ("cargo", text, codes, letters), lambda: self._cargo(tidy(text), tidy(codes), letters)
        )
        return found

    def wagon(self, text: str, column: str = "equipment", letter: str = "") -> Found:
        """A wagon, box or truck, and whose it is."""
        found: Found = self._once(("wagon", text, column, letter), lambda: self._wagon(tidy(text), column, letter))
        return found

    def said(self, text: str) -> Wagons:
        """What any text says of wagons."""
        found: Wagons = self._once(("said", text), lambda: wagons_in(text, self.equipment))
        return found

    def _once(self, asked: object, find: Callable[[], Any]) -> Any:
        found = self._kept.get(asked)
        if found is None:
            found = find()
            if len(self._kept) < MOST_KEPT:
                self._kept[asked] = found
        return found

    # ---- places ------------------------------------------------------------------------------------

    def _place(self, text: str, column: str, letter: str, code: str) -> Found:
        basis = _INCOTERM.match(text)
        term = basis[1].upper() if basis else ""
        name = _EXPORT.sub("эксп.", (text[basis.end() :] if basis else text).strip(" ?!"))
        if own := self.own_places.get(key(name)):
            return Found(own, (), (own,), term)
        notes: list[Note] = []
        lost = LOST_CODE.fullmatch(code) is not None
        if lost:
            notes.append(make("code_lost", f"{column}_code", code, letter))
            code = ""
        code = re.sub(r"\.0+$", "", code).strip(" -—–")
        if len(name) > MOST_NAME or not (name or code):
            notes.append(make("unknown_place", column, text, letter, candidates="", candidates_ru=""))
            return Found("", tuple(notes), basis=term)
        try:
            known = self.places.find(name or code, column, code if name else "")
        except (AmbiguousPlace, UnknownPlace) as fault:
            return Found("", (*notes, *self._which(fault, text or code, code, column, letter)), _ids(fault), term)
        notes += self._about(known, name, code, column, letter, text or code)
        return Found(known.id, tuple(notes), (known.id,), term)

    def _which(self, fault: RequestError, text: str, code: str, column: str, letter: str) -> Iterable[Note]:
        """The question a place that was not found makes."""
        rows = fault.details.get("candidates", [])
        if LOST_CODE.fullmatch(text):
            yield weighed(make("code_lost", column, text, letter), "question")
            return
        shown = f"{text} / {code}" if code and code not in text else text
        if fault.code == "ambiguous_place" and len(rows) > 1:
            listed, listed_ru = self._listed(rows, " or "), self._listed(rows, " или ", ru=True)
            yield make("ambiguous_place", column, shown, letter, candidates=listed, candidates_ru=listed_ru)
            return
        near, near_ru = self._listed(rows[:3], " or "), self._listed(rows[:3], " или ", ru=True)
        words = {
            "candidates": f" Closest: {near}." if near else "",
            "candidates_ru": f" Похожи: {near_ru}." if near_ru else "",
        }
        yield make("unknown_place", column, shown, letter, **words)

    def _about(self, known: Known, name: str, code: str, column: str, letter: str, text: str) -> Iterable[Note]:
        """What a person should be told of how a place was understood."""
        place = self.places.network.places[known.id]
        if known.how == "letters" or "letters" in known.remarks:
            yield make(
                "latin_letters", column, text, letter, letters=", ".join(foreign_letters(name)), read=one_script(name)
            )
        if known.how == "spelling":
            words = {
                "read": f"{place.name_en} ({known.id})",
                "read_ru": f"{place.name_ru or place.name_en} ({known.id})",
            }
            yield make("near_name", column, text, letter, **words)
        if known.how == "code_repaired" or "code_repaired" in known.remarks:
            typed = code or name
            read = known.matched if known.how == "code_repaired" else place.esr_code or known.id
            said = "lost_zero" if read == f"0{typed}" else "code_repaired"
            yield make(said, f"{column}_code" if code else column, typed, letter, read=read)
        if known.how == "code" and name and not name.isdecimal() and code:
            yield make("code_settled", column, text, letter, read=known.id)
        if "code_unknown" in known.remarks or "code_wrong" in known.remarks:
            yield make("unknown_code", f"{column}_code", code or name, letter)

    def _listed(self, rows: Sequence[Mapping[str, Any]], word: str, ru: bool = False) -> str:
        def name(row: Mapping[str, Any]) -> str:
            place = self.places.network.places.get(row["id"])
            shown = (place.name_ru if ru and place else "") or row.get("name") or row["id"]
            return f"{shown} ({row['id']})"

        return word.join(name(row) for row in rows[:5])

    # ---- goods -------------------------------------------------------------------------------------

    def _cargo(self, text: str, codes: str, letters: tuple[str, str]) -> Found:
        name = joined(text.strip(" ?!"))
        wagons = self.said(name) if name else NONE
        own = self.own_cargoes.get(key(name)) or self.own_cargoes.get(key(wagons.rest))
        notes, written = _codes(codes, letters[1])
        if own:
            return Found(own, tuple(notes), (own,), text="/".join(written), wagons=wagons)
        if not name and not written:
            notes.append(make("missing_cargo", "cargo", text or codes, letters[0] or letters[1]))
            return Found("", tuple(notes), wagons=wagons)
        coded = " / ".join(written)
        asked = name or coded
        fault: RequestError | None = None
        for tried in dict.fromkeys((asked, *([wagons.rest] if wagons.rest else []), *_parts(name))):
            try:
                known = find_cargo(tried[:MOST_NAME], self.cargoes, coded if name else "")
            except RequestError as refused:
                if fault is None or (refused.code == "ambiguous_cargo" and fault.code != "ambiguous_cargo"):
                    fault = refused
                continue
            notes += self._about_cargo(known, text, codes, name, letters)
            return Found(known.id, tuple(dict.fromkeys(notes)), (known.id,), text="/".join(written), wagons=wagons)
        assert fault is not None
        ids = tuple(i for i in _ids(fault) if i in self.cargoes)
        shown = f"{text} / {codes}" if text and codes else text or codes
        if fault.code == "ambiguous_cargo" and len(ids) > 1:
            words = {
                "candidates": " or ".join(f"{self.cargoes[i].name_en} ({i})" for i in ids),
                "candidates_ru": " или ".join(f"{self.cargoes[i].name_ru} ({i})" for i in ids),
            }
            notes.append(make("ambiguous_cargo", "cargo", shown, letters[0] or letters[1], **words))
            return Found("", tuple(notes), ids, text="/".join(written), wagons=wagons)
        words = {"candidates": " Other goods are general.", "candidates_ru": " Прочие грузы: general."}
        notes.append(make("unknown_cargo", "cargo", shown, letters[0] or letters[1], **words))
        return Found("", tuple(notes), text="/".join(written), wagons=wagons)

    def _about_cargo(self, known: Known, text: str, codes: str, name: str, letters: tuple[str, str]) -> Iterable[Note]:
        if foreign := foreign_letters(name):
            cyrillic_box = re.sub(r"[\W\d]", "", name) == foreign
            if not cyrillic_box:
                yield make(
                    "latin_letters", "cargo", text, letters[0], letters=", ".join(foreign), read=one_script(name)
                )
        if known.how == "spelling":
            words = {
                "read": f"{self.cargoes[known.id].name_en} ({known.id})",
                "read_ru": f"{self.cargoes[known.id].name_ru} ({known.id})",
            }
            yield make("near_name", "cargo", text, letters[0], **words)
        if known.how == "code" and name and codes:
            yield make("code_settled", "cargo", text, letters[0], read=known.id)
        if not codes and (known.how == "code_repaired" or "code_repaired" in known.remarks):
            yield make("lost_zero", "cargo", text, letters[0], read=known.matched)
        if "code_unknown" in known.remarks or "code_wrong" in known.remarks:
            yield make("unknown_code", "cargo_codes", codes or text, letters[1])

    # ---- wagons ------------------------------------------------------------------------------------

    def _wagon(self, text: str, column: str, letter: str) -> Found:
        wagons = self.said(text)
        notes: list[Note] = []
        if wagons.strange and not wagons.equipment:
            notes.append(make("equipment_unclear", column, text, letter))
            return Found("", tuple(notes), (wagons.nearest,) if wagons.nearest else (), wagons=wagons)
        found = wagons.equipment if wagons.equipment != "?" else ""
        if not found and text and (wagons.equipment == "?" or key(wagons.rest) not in _ANY):
            try:
                known = find_equipment(text, self.equipment)
            except RequestError:
                notes.append(make("equipment_unclear", column, text, letter))
            else:
                found = known.id
                if known.how == "spelling":
                    notes.append(make("near_name", column, text, letter, read=found))
        if wagons.cyrillic and found:
            notes.append(make("cyrillic_code", column, text, letter, read=found))
        elif found and foreign_letters(text):
            notes.append(
                make("latin_letters", column, text, letter, letters=", ".join(foreign_letters(text)), read=found)
            )
        if wagons.ownership == "?":
            notes.append(make("ownership_unclear", column, text, letter))
        return Found(found, tuple(notes), (found,) if found else (), wagons=wagons)


_ANY = frozenset(
    (
        "",
        *[
            "вагон",
            "вагоны",
            "wagon",
            "wagons",
            "контейнер",
            "контейнеры",
            "container",
            "containers",
            "жд",
            "rail",
            "railway",
            "авто",
            "любой",
            "any",
            "нет",
        ],
        "ж д",
    )
)


def _ids(fault: RequestError) -> tuple[str, ...]:
    return tuple(row["id"] for row in fault.details.get("candidates", []))


def _codes(text: str, letter: str) -> tuple[list[Note], list[str]]:
    """Codes of goods in a cell, as they should be written; what was lost of them is said.

    >>> [n.code for n in _codes("11005/1001", "G")[0]], _codes("11005/1001", "G")[1]
    (['lost_zero'], ['011005', '1001'])
    """
    notes: list[Note] = []
    written: list[str] = []
    for part in re.split(r"[/;,|]|\s+(?=\d{4})", text):
        code = re.sub(r"\.0$", "", re.sub(r"^[^\d]*(?=\d)", "", part.strip())).replace(" ", "")
        digits = code.replace(".", "")
        if not digits.strip("-—–?"):
            continue
        if LOST_CODE.fullmatch(code):
            notes.append(make("code_lost", "cargo_codes", text, letter))
        elif not (digits.isdecimal() and digits.isascii()):
            notes.append(make("unknown_code", "cargo_codes", text, letter))
        else:
            # Codes of goods have an even number of digits; an odd number has lost its leading zero.
            if len(digits) + 1 in _ETSNG_LENGTHS and not digits.startswith("0"):
                digits = f"0{digits}"
                notes.append(make("lost_zero", "cargo_codes", text, letter, read=digits))
            written.append(digits)
    return list(dict.fromkeys(notes)), written


def _parts(name: str) -> Iterable[str]:
    """Shorter names in a long one: without brackets, before a comma."""
    if (plain := _LYING.sub("", name).strip(" ,")) and plain != name:
        yield plain
    bare = " ".join(re.sub(r"\([^()]*\)", " ", name).split())
    if bare and bare != name:
        yield bare
    for sign in (",", ";", " - "):
        head = bare.split(sign)[0].strip()
        if head and head != bare:
            yield head
