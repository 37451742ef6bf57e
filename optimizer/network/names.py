"""Finding a place by what a person types: id, code, name in any script, old name, misspelling.

Whatever fits exactly wins. Otherwise a near name is taken only when it is very near and no other
location is close; everything else is a question with candidates, because a wrong border post costs
a train. Joined ids (a port and its station) are one location and never rivals of each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from optimizer.errors import AmbiguousPlace, ProblemList, UnknownPlace
from optimizer.network.model import Network
from optimizer.tables import decode, read_bytes, rows_of

TAKE_FROM = 90.0  # a near name is taken at this score ...
CLEAR_BY = 5.0  # ... when the next location stands this far below
ASK_FROM = 75.0  # below this a near name is not worth a question

# Score of a fit, by how the name belongs to the place: its own name, another spelling, a part of a long name.
OWN, ALIAS, PART = 0, 1, 2
_SCORE = {OWN: 100.0, ALIAS: 99.0, PART: 97.0}
_NEVER_TAKEN = 89.0  # prefixes and names with other numbers: shown, asked about, never taken

# Letters that look alike, small because words are folded to small letters first (B and в, H and н).
_LATIN_TO_CYRILLIC = str.maketrans("aceopxykmthbi", "асеорхукмтнви")
_CYRILLIC_TO_LATIN = str.maketrans("асеорхукмтнвіһ", "aceopxykmthbih")
# Kazakh letters and ё go to the Russian letters people type for them.
_RUSSIAN_TYPING = str.maketrans("ёқғөұүһіәңў", "екгоуухиану")
_PERSIAN_TYPING = str.maketrans({"ي": "ی", "ك": "ک", "ة": "ه", "\u200c": None})
_LATIN_SPECIALS = str.maketrans({"ı": "i", "ə": "a", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae"})
_TRANSLITERATION = str.maketrans(
    dict(
        zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True),
        ж="zh",
        х="kh",
        ц="ts",
        ч="ch",
        ш="sh",
        щ="sh",
        ю="yu",
        я="ya",
        ь="",
        ъ="",
    )
)
# One sound, several spellings: Kostanay and Qostanai, Sarakhs and Saraxs meet here.
_SOUNDS = (
    ("dzh", "j"),
    ("dj", "j"),
    ("zh", "j"),
    ("kh", "h"),
    ("ck", "k"),
    ("q", "k"),
    ("x", "h"),
    ("w", "v"),
    ("c", "k"),
    ("y", "i"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3"}
# Words around a name that say nothing about which place it is.
_NOISE = frozenset(
    [
        "эксп",
        "экспорт",
        "exp",
        "export",
        "перев",
        "перевалка",
        "ст",
        "станция",
        "station",
        "st",
        "г",
        "город",
        "city",
        "кпп",
        "checkpoint",
    ]
)
_DROPPED_ENDINGS = ("checkpoint and dry port", "checkpoint", "junction", "border post")
_SIDES = frozenset({"afghan side", "pakistan side", "port", "план"})

_COUNTRY_WORDS = {
    "KZ": "kazakhstan казахстан рк kaz қазақстан",
    "TM": "turkmenistan туркменистан туркмения tkm",
    "UZ": "uzbekistan узбекистан uzb",
    "IR": "iran иран iri ири irn ایران",
    "AF": "afghanistan афганистан afg",
    "PK": "pakistan пакистан pak",
    "RU": "russia россия рф rus",
    "CN": "china китай кнр chn",
    "AZ": "azerbaijan азербайджан aze",
    "AE": "uae оаэ emirates",
    "OM": "oman оман",
    "IN": "india индия",
}

_APOSTROPHES = re.compile(r"[ʻʼ'’‘`´]")
_NOT_WORD = re.compile(r"[^\w]+|_")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")


def _strip_marks(text: str) -> str:
    """Letters without their marks, except й, which is a letter of its own."""
    kept = []
    for letter in text:
        if letter == "й" or letter < "\x80":
            kept.append(letter)
        else:
            kept.append("".join(ch for ch in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(ch)))
    return "".join(kept)


def _one_script(word: str) -> str:
    """A word that mixes Latin and Cyrillic look-alikes, in the script of its other letters."""
    latin = sum("a" <= ch <= "z" for ch in word)
    cyrillic = sum("а" <= ch <= "я" or ch in "ёқғөұүһіәңў" for ch in word)
    if not latin or not cyrillic:
        return word
    as_cyrillic, as_latin = word.translate(_LATIN_TO_CYRILLIC), word.translate(_CYRILLIC_TO_LATIN)
    if not any("a" <= ch <= "z" for ch in as_cyrillic):
        return as_cyrillic
    if as_latin.isascii():
        return as_latin
    return as_cyrillic if cyrillic >= latin else as_latin


def normalise(text: str) -> str:
    """Words of a name as we compare them: case, marks, punctuation and look-alike letters folded.

    >>> normalise("Cарахс (эксп.)")  # the first letter is Latin
    'сарахс эксп'
    >>> normalise("Türkmenbaşy"), normalise("Қостанай"), normalise("Almaty I")
    ('turkmenbasy', 'костанай', 'almaty 1')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _APOSTROPHES.sub("", folded).translate(_PERSIAN_TYPING)
    words = _NOT_WORD.sub(" ", folded if folded.isascii() else _strip_marks(_fold_words(folded))).split()
    return " ".join(_ROMAN.get(word, word) for word in words)


def _fold_words(text: str) -> str:
    words = (_one_script(word) for word in re.split(r"(\W+)", text))
    return "".join(words).translate(_RUSSIAN_TYPING).translate(_LATIN_SPECIALS)


def _key(words: str) -> str:
    """Spaces never tell two places apart: Сары-Агаш is Сарыагаш."""
    return words.replace(" ", "")


def transliterate(words: str) -> str:
    """
    >>> transliterate("кокшетау")
    'kokshetau'
    """
    return words if words.isascii() else words.translate(_TRANSLITERATION)


def _sound(latin: str) -> str:
    for spelling, sound in _SOUNDS:
        latin = latin.replace(spelling, sound)
    return re.sub(r"(.)\1", r"\1", latin)


def _shown(text: str) -> str:
    """What was typed, short and printable enough for a message."""
    printable = "".join(ch for ch in text.strip() if ch.isprintable())
    return printable if len(printable) <= 80 else printable[:79] + "…"


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


@dataclass(frozen=True, slots=True)
class _Entry:
    place_id: str
    words: str
    shown: str
    rank: int


def _parts(name: str) -> Iterable[tuple[str, int]]:
    """A name and the shorter names it holds, with their ranks.

    >>> list(_parts("Garabogaz (Bekdash)"))
    [('Garabogaz (Bekdash)', 0), ('Garabogaz', 0), ('Bekdash', 2)]
    """
    yield name, OWN
    bare = " ".join(_PARENTHESIS.sub(" ", name).split())
    if bare != name:
        yield bare, OWN
        for inner in _PARENTHESIS.findall(name):
            if _worth_finding(inner):
                yield inner, PART
    for ending in _DROPPED_ENDINGS:
        if bare.endswith(" " + ending):
            yield bare.removesuffix(ending).strip(), ALIAS
            break
    if "/" in bare:
        yield from ((piece.strip(), PART) for piece in bare.split("/") if _worth_finding(piece))


def _worth_finding(inner: str) -> bool:
    words = normalise(inner)
    return (
        words not in _SIDES
        and words not in _COUNTRY_OF
        and not words.isdigit()
        and not set(words.split()) & {"border", "and", "planned", "to", "transhipment"}
    )


_COUNTRY_OF = {normalise(word): iso for iso, words in _COUNTRY_WORDS.items() for word in (*words.split(), iso)}


class PlaceIndex:
    """All names of a network, ready to be searched.

    Args:
        network: the places, and which of them are one location.
        aliases: further spellings; those of places the network does not have are passed over.
    """

    def __init__(self, network: Network, aliases: Iterable[Alias] = ()) -> None:
        self.network = network
        self._codes: dict[str, list[str]] = {}
        self._exact: dict[str, list[_Entry]] = {}
        for place in network.places.values():
            self._codes.setdefault(place.id.casefold(), []).append(place.id)
            for code in {place.esr_code, place.unlocode} - {""}:
                self._codes.setdefault(code.casefold(), []).append(place.id)
            for name in dict.fromkeys((place.name_en, place.name_ru, *place.other_names)):
                for part, rank in _parts(name):
                    self._add(place.id, part, rank)
        for alias in aliases:
            if alias.place_id in network.places:
                self._add(alias.place_id, alias.alias, ALIAS)

    def _add(self, place_id: str, shown: str, rank: int) -> None:
        words = normalise(shown)
        entries = self._exact.setdefault(_key(words), [])
        for index, entry in enumerate(entries):
            if entry.place_id == place_id:
                if rank < entry.rank:
                    entries[index] = _Entry(place_id, words, shown, rank)
                return
        if words:
            entries.append(_Entry(place_id, words, shown, rank))

    # -- looking up ---------------------------------------------------------------------------------

    def search(self, text: str, limit: int = 8) -> list[Hit]:
        """Places that fit a text, best first; for lists and type-ahead, so beginnings count too.

        >>> from optimizer.network.read import read_network
        >>> index = PlaceIndex(read_network(), load_aliases())
        >>> [hit.place_id for hit in index.search("Кокшет", limit=1)]
        ['kz-kokshetau']
        """
        text, country = self._split_country(text)
        pieces, remarks = self._named_together(text)
        asked = dict.fromkeys(variant for name in (text, *pieces, *remarks) for variant in self._variants(name))
        best: dict[str, Hit] = {}
        for variant in asked:
            for hit in (*self._exact_hits(variant, country), *self._near_hits(variant, country)):
                if hit.place_id not in best or hit.score > best[hit.place_id].score:
                    best[hit.place_id] = hit
        ranked = sorted(best.values(), key=lambda h: (-h.score, self._preference(h.place_id, text), h.place_id))
        return ranked[:limit]

    def resolve(self, text: str, field: str) -> str:
        """The one place id a text means.

        Args:
            text: id, ESR code, UN/LOCODE, or a name; a country may follow ("Sarakhs, Iran", "Mary (TM)").
            field: the request field it came from, for the message.
        Raises:
            AmbiguousPlace: several locations fit, or the nearest name is not near enough to be sure.
            UnknownPlace: nothing comes near; the three closest are named.

        >>> from optimizer.network.read import read_network
        >>> index = PlaceIndex(read_network(), load_aliases())
        >>> index.resolve("Сарахс эксп", "destination"), index.resolve("Sarakhs", "destination")
        ('tm-sarahs', 'ir-sarakhs')
        """
        whole = self._exact_hits(text, "")
        if whole:
            return self._settle(whole, text, field)
        bare, country = self._split_country(text)
        if exact := self._exact_any(bare, country):
            return self._settle(exact, text, field)
        pieces, remarks = self._named_together(bare)
        told = [hits for remark in remarks if (hits := self._exact_any(remark, country))]
        if len(pieces) + len(told) == 1:
            # What stands in brackets names no place: "Aktau (warehouse 3)" is Aktau.
            if exact := self._exact_any(pieces[0], country):
                return self._settle(exact, text, field)
            return self._take_near(pieces[0], country, text, field)
        return self._take_together(pieces, told, country, text, field)

    def _take_together(
        self, pieces: Sequence[str], told: Sequence[list[Hit]], country: str, text: str, field: str
    ) -> str:
        """One id where several names stand and all mean one location; otherwise a question."""
        fits = [self._exact_any(piece, country) for piece in pieces]
        every = [hit for hits in (*fits, *told) for hit in hits]
        if all(fits):
            meant = [hit for hits in (*fits, *told) for hit in hits if hit.score == max(h.score for h in hits)]
            location = set(self.network.members[meant[0].place_id])
            if all(hit.place_id in location for hit in meant):
                return self._settle(fits[0], text, field)
        for piece, hits in zip(pieces, fits, strict=True):
            if not hits:
                every += [hit for hit in self._near_hits(piece, country) if hit.score >= ASK_FROM]
        if every:
            raise self._ambiguous(list({hit.place_id: hit for hit in reversed(every)}.values())[::-1], text, field)
        raise self._unknown(self.search(text, 3), text, field)

    def _exact_any(self, text: str, country: str) -> list[Hit]:
        return next((hits for variant in self._variants(text) if (hits := self._exact_hits(variant, country))), [])

    def _exact_hits(self, text: str, country: str) -> list[Hit]:
        """Codes first, then names of the best rank there is; only places of `country` when given."""
        code = "".join(text.split()).casefold()
        found = [Hit(place_id, 100.0, text.strip()) for place_id in self._codes.get(code, ())]
        found = [hit for hit in found if self._in_country(hit.place_id, country)]
        if found:
            return found
        entries = [e for e in self._exact.get(_key(normalise(text)), ()) if self._in_country(e.place_id, country)]
        return [Hit(e.place_id, _SCORE[e.rank], e.shown) for e in sorted(entries, key=lambda e: e.rank)]

    def _settle(self, hits: Sequence[Hit], text: str, field: str) -> str:
        """One id out of exact fits: a place's own name beats a by-name; two locations are a question."""
        top = max(hit.score for hit in hits)
        best = [hit for hit in hits if hit.score == top]
        location = set(self.network.members[best[0].place_id])
        if not all(hit.place_id in location for hit in best):
            raise self._ambiguous(list(hits), text, field)
        return min((hit.place_id for hit in best), key=lambda place_id: self._preference(place_id, text))

    def _preference(self, place_id: str, text: str) -> tuple[int, int]:
        """Among ids of one location: the one that bears the very name, then the one on the rails."""
        place, key = self.network.places[place_id], _key(normalise(text))
        own = key in (_key(normalise(place.name_en)), _key(normalise(place.name_ru)))
        return (0 if own else 1, 0 if place.in_rail else 1)

    def _in_country(self, place_id: str, country: str) -> bool:
        return not country or self.network.places[place_id].country == country

    # -- what stands around a name ------------------------------------------------------------------

    def _split_country(self, text: str) -> tuple[str, str]:
        """("Sarakhs", "IR") from "Sarakhs, Iran", "Sarakhs (IR)" or "Sarakhs IR"; a whole name is left whole."""
        if self._exact_hits(text, ""):
            return text, ""
        for inner in _PARENTHESIS.findall(text):
            if country := _COUNTRY_OF.get(normalise(inner)):
                return _PARENTHESIS.sub(" ", text).strip(), country
        head, comma, tail = text.rpartition(",")
        if comma and (country := _COUNTRY_OF.get(normalise(tail))):
            return head.strip(), country
        words = text.split()
        if len(words) > 1 and (country := _COUNTRY_OF.get(normalise(words[-1]))):
            return " ".join(words[:-1]).rstrip(" ,"), country
        return text, ""

    def _variants(self, text: str) -> list[str]:
        """The text, and the text without words such as (эксп.) or station, when that leaves something."""
        quiet = " ".join(word for word in normalise(text).split() if word not in _NOISE)
        return [text] if not quiet or quiet == normalise(text) else [text, quiet]

    def _named_together(self, text: str) -> tuple[list[str], list[str]]:
        """Names beside each other and names in brackets: "Тобол/Тобыл", "Тегеран (Априн)"."""
        beside = [piece.strip() for piece in re.split(r"[/|]", _PARENTHESIS.sub(" ", text))]
        inside = [remark.strip() for remark in _PARENTHESIS.findall(text)]
        return [p for p in beside if _key(normalise(p))] or [text], [r for r in inside if _key(normalise(r))]

    # -- near names ---------------------------------------------------------------------------------

    @cached_property
    def _choices(self) -> tuple[list[_Entry], list[str], list[str], list[str]]:
        entries = [entry for entries in self._exact.values() for entry in entries]
        keys = [_key(entry.words) for entry in entries]
        latin = [transliterate(key) for key in keys]
        return entries, keys, latin, [_sound(key) for key in latin]

    def _near_hits(self, text: str, country: str, at_least: float = 45.0) -> list[Hit]:
        # Most texts fit exactly, and then the library need not be loaded at all.
        from rapidfuzz import process
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.fuzz import ratio

        words = normalise(text)
        key = _key(words)
        if not key:
            return []
        latin = transliterate(key)
        entries, keys, latins, sounds = self._choices
        scores: dict[int, float] = {}
        for asked, choices, weight in ((key, keys, 1.0), (latin, latins, 0.99), (_sound(latin), sounds, 0.98)):
            for _, score, index in process.extract(asked, choices, scorer=ratio, score_cutoff=at_least, limit=None):
                scores[index] = max(scores.get(index, 0.0), score * weight)
            # One wrong letter in a long name: `ratio` counts it twice, a typist makes it once.
            if len(asked) >= 7:
                for _, score, index in process.extract(
                    asked, choices, scorer=OSA.normalized_similarity, score_cutoff=0.8, limit=None
                ):
                    blend = 50 * (score + JaroWinkler.similarity(asked, choices[index]))
                    scores[index] = max(scores.get(index, 0.0), blend * weight)
        if len(key) >= 2:
            asked_words = set(words.split())
            for index, entry in enumerate(entries):
                if keys[index].startswith(key) or latins[index].startswith(latin):
                    reach = ASK_FROM + (_NEVER_TAKEN - ASK_FROM) * len(key) / len(keys[index])
                    scores[index] = max(scores.get(index, 0.0), min(reach, _NEVER_TAKEN))
                elif len(key) >= 4 and asked_words <= set(entry.words.split()):
                    scores[index] = max(scores.get(index, 0.0), 80.0)
        digits = sorted(filter(str.isdigit, key))
        best: dict[str, Hit] = {}
        for index, score in scores.items():
            entry = entries[index]
            if not self._in_country(entry.place_id, country):
                continue
            if sorted(filter(str.isdigit, keys[index])) != digits:
                score = min(score, _NEVER_TAKEN)  # Almaty-2 is not a misspelt Almaty-1
            score = round(min(score, _SCORE[PART]), 1)
            if entry.place_id not in best or score > best[entry.place_id].score:
                best[entry.place_id] = Hit(entry.place_id, score, entry.shown)
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.place_id))

    def _take_near(self, bare: str, country: str, text: str, field: str) -> str:
        hits: dict[str, Hit] = {}
        for variant in self._variants(bare):
            for hit in self._near_hits(variant, country):
                if hit.place_id not in hits or hit.score > hits[hit.place_id].score:
                    hits[hit.place_id] = hit
        ranked = sorted(hits.values(), key=lambda hit: (-hit.score, hit.place_id))
        if ranked and ranked[0].score >= TAKE_FROM:
            location = set(self.network.members[ranked[0].place_id])
            rivals = [hit for hit in ranked if hit.place_id not in location]
            if not rivals or rivals[0].score <= ranked[0].score - CLEAR_BY:
                return ranked[0].place_id
        if candidates := [hit for hit in ranked if hit.score >= ASK_FROM]:
            raise self._ambiguous(candidates, text, field)
        raise self._unknown(ranked[:3], text, field)

    # -- refusals -----------------------------------------------------------------------------------

    def _candidates(self, hits: Iterable[Hit]) -> list[dict[str, Any]]:
        rows = []
        for hit in hits:
            place = self.network.places[hit.place_id]
            rows.append({"id": place.id, "name": place.name_en, "country": place.country, "score": hit.score})
        return rows

    def _ambiguous(self, hits: Sequence[Hit], text: str, field: str) -> AmbiguousPlace:
        rows = self._candidates(hits[:8])
        listed = "; ".join(f"{row['id']} ({row['name']}, {row['country']})" for row in rows)
        return AmbiguousPlace(
            f"{field}: '{_shown(text)}' may mean {listed}.",
            field=field,
            hint="Write the id, or add the country, as in 'Sarahs, TM'.",
            details={"candidates": rows},
        )

    def _unknown(self, hits: Sequence[Hit], text: str, field: str) -> UnknownPlace:
        rows = self._candidates(hits)
        closest = ", ".join(f"{row['name']} ({row['id']})" for row in rows)
        nearest = f"; the closest are {closest}" if closest else ""
        return UnknownPlace(
            f"{field}: no place is called '{_shown(text)}'{nearest}.",
            field=field,
            hint="Write a place id, an ESR code, a UN/LOCODE or a name, or bring your own place with --places FILE.",
            details={"candidates": rows},
        )


def load_aliases(root: Traversable | Path | None = None) -> tuple[Alias, ...]:
    """The spellings of place_aliases.csv.

    Args:
        root: a folder that holds the table; None is our own package `network_data`.
    Raises:
        DataError: a row without place or spelling, or a column is missing.
    """
    name = "place_aliases.csv"
    columns = ("place_id", "alias", "language", "source_id", "status")
    folder = files("network_data") if root is None else root
    found, aliases = ProblemList(), []
    for line, row in rows_of(decode(read_bytes(folder.joinpath(name)), name), name):
        if missing := [c for c in columns if c not in row]:
            found.add("missing_column", f"column {', '.join(missing)} is missing; add it", file=name, line=1)
            break
        for column in columns:
            if not row[column]:
                text = f"{column} is empty; every spelling needs one"
                found.add("empty_cell", text, file=name, line=line, column=column)
        aliases.append(Alias(*(row[c] for c in columns)))
    found.raise_if_any()
    return tuple(aliases)


def read_places_file(path: Path | str) -> list[UserPlace]:
    """The user's own stations and warehouses: columns id, name, tied_to, distance_km, by; lat and lon if known.

    Semicolons instead of commas are understood. `tied_to` is left as typed: `PlaceIndex.resolve` finds it.

    Raises:
        DataError: every fault of the file, each with its line: missing_column, empty_cell, bad_number,
            bad_id, duplicate_id, unknown_word.
    """
    path = Path(path)
    name = path.name
    text = decode(read_bytes(path), name)
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    found, places = ProblemList(), list[UserPlace]()
    wanted = ("id", "name", "tied_to", "distance_km", "by")
    if missing := [c for c in wanted if c not in [h.strip() for h in header.split(delimiter)]]:
        listed = ", ".join(missing)
        found.add(
            "missing_column", f"column {listed} is missing; the columns are {', '.join(wanted)}", file=name, line=1
        )
        found.raise_if_any()
    seen: dict[str, int] = {}
    for line, row in rows_of(text, name, delimiter):

        def say(code: str, problem: str, column: str, line: int = line, row: dict[str, str] = row) -> None:
            found.add(code, problem, file=name, line=line, column=column, value=row[column])

        def number(column: str, low: float, high: float, row: dict[str, str] = row) -> float:
            try:
                value = float(row[column])
            except ValueError:
                value = float("nan")
            if not low <= value <= high:
                say("bad_number", f"{column} is '{row[column]}', not a number from {low:g} to {high:g}", column)
                return 0.0
            return value

        for column in ("id", "name", "tied_to", "by"):
            if not row[column]:
                say("empty_cell", f"{column} is empty; every place needs one", column)
        if row["id"] and not re.fullmatch(r"[\w.-]+", row["id"]):
            say("bad_id", f"id '{row['id']}' holds a space or sign; use letters, digits, - and _", "id")
        if row["id"] and row["id"] in seen:
            say("duplicate_id", f"id '{row['id']}' stands in line {seen[row['id']]} already; give each its own", "id")
        seen.setdefault(row["id"], line)
        if row["by"] and row["by"] not in ("rail", "road"):
            say("unknown_word", f"by is '{row['by']}'; write rail (a siding) or road (a truck)", "by")
        places.append(
            UserPlace(
                id=row["id"],
                name=row["name"],
                lat=number("lat", -90, 90) if row.get("lat") else None,
                lon=number("lon", -180, 180) if row.get("lon") else None,
                tied_to=row["tied_to"],
                distance_km=number("distance_km", 0, 2000),
                by=row["by"],
            )
        )
    found.raise_if_any()
    return places
