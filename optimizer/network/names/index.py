"""The index of all names of a network, and the order in which a text is tried against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from optimizer.errors import AmbiguousPlace, UnknownPlace
from optimizer.found import Candidate, Found, How, Remark
from optimizer.letters import fold, in_other_alphabet, key, mixes_alphabets, shown
from optimizer.near_names import ASK_FROM, WORTH_NAMING, NearNames, is_clear
from optimizer.network.model import Network
from optimizer.network.names import around
from optimizer.network.names.codes import CodeReading, is_well_formed, read_code, split_code
from optimizer.network.names.model import ALIAS, OWN, SCORE, Alias, Entry, Hit

_BORDER_KINDS = frozenset(("border_station", "road_border", "seaport"))
_REMEMBERED = 50_000  # texts whose answers are kept; a file names few places many times
_ALSO = 3


@dataclass(frozen=True, slots=True)
class _Question:
    """A text that is not settled: what it may mean (or, when it is unknown, what comes nearest)."""

    hits: tuple[Hit, ...]
    unknown: bool = False
    why: str = ""  # a clause beside the plain sentence
    hint: str = ""


class PlaceIndex:
    """All names of a network, ready to be searched.

    Args:
        network: the places, and which of them are one location.
        aliases: further spellings; those of places the network does not have are passed over.
    """

    def __init__(self, network: Network, aliases: Iterable[Alias] = ()) -> None:
        self.network = network
        self._codes: dict[str, list[str]] = {}
        self._exact: dict[str, list[Entry]] = {}
        self._answers: dict[tuple[str, str], Found | _Question] = {}
        for place in network.places.values():
            self._codes.setdefault(place.id.casefold(), []).append(place.id)
            for code in {place.esr_code, place.unlocode} - {""}:
                self._codes.setdefault(code.casefold(), []).append(place.id)
            for name in dict.fromkeys((place.name_en, place.name_ru, *place.other_names)):
                for part, rank in around.parts(name):
                    self._add(place.id, part, rank)
        for alias in aliases:
            if alias.place_id in network.places:
                if alias.alias.isdigit():
                    self._codes.setdefault(alias.alias, []).append(alias.place_id)
                else:
                    self._add(alias.place_id, alias.alias, ALIAS)
        self._esr_codes = tuple(code for code in self._codes if code.isdigit())

    def _add(self, place_id: str, name: str, rank: int) -> None:
        words = fold(name)
        if not words:
            return
        entries = self._exact.setdefault(key(words), [])
        for index, entry in enumerate(entries):
            if entry.place_id == place_id:
                if rank < entry.rank:
                    entries[index] = Entry(place_id, words, name, rank)
                return
        entries.append(Entry(place_id, words, name, rank))

    # -- asking -------------------------------------------------------------------------------------

    def find(self, text: str, field: str = "place", code: str = "") -> Found:
        """The one place a text means, and how it was understood.

        Args:
            text: id, station code (also as a spreadsheet left it), UN/LOCODE, or a name in any alphabet; a country,
                (эксп.), "ст." or a code may stand beside the name.
            field: the request field it came from, for the message.
            code: a station code from a cell beside the name: it settles a question, and contradicting it is one.
        Raises:
            AmbiguousPlace: several locations fit, the nearest name is not near enough, digits were rounded away, or
                name and code tell of two places.
            UnknownPlace: nothing comes near; the three closest are named.

        >>> from optimizer.network.read import read_network
        >>> from optimizer.network.names.read import load_aliases
        >>> index = PlaceIndex(read_network(), load_aliases())
        >>> found = index.find("Kокшетуа")  # a Latin K, and two letters swapped
        >>> found.id, found.how, found.matched, found.remarks
        ('kz-kokshetau', 'spelling', 'Кокшетау', ('letters',))
        >>> index.find("Тобыл", code="682608").id, index.find("68400").how
        ('kz-tobol', 'code_repaired')
        """
        answer = self._answers.get((text, code))
        if answer is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            answer = self._answers[text, code] = self._understand(text, code)
        if isinstance(answer, Found):
            return answer
        typed = f"{text.strip()} / {code.strip()}" if code.strip() else text
        raise self._unknown(answer, typed, field) if answer.unknown else self._ambiguous(answer, typed, field)

    def resolve(self, text: str, field: str) -> str:
        """The one place id a text means, for callers that cannot show how it was understood.

        As `find`, but a code that lost digits is a question.

        >>> from optimizer.network.read import read_network
        >>> from optimizer.network.names.read import load_aliases
        >>> index = PlaceIndex(read_network(), load_aliases())
        >>> index.resolve("Сарахс эксп", "destination"), index.resolve("Sarakhs", "destination")
        ('tm-sarahs', 'ir-sarakhs')
        """
        found = self.find(text, field)
        if found.how == "code_repaired":
            hit = Hit(found.id, found.score, found.matched)
            raise self._ambiguous(_Question((hit,), why=f", code {found.matched} with its lost digits"), text, field)
        return found.id

    def search(self, text: str, limit: int = 8) -> list[Hit]:
        """Places that fit a text, best first; for lists and type-ahead, so beginnings count too.

        >>> from optimizer.network.read import read_network
        >>> from optimizer.network.names.read import load_aliases
        >>> index = PlaceIndex(read_network(), load_aliases())
        >>> [hit.place_id for hit in index.search("Кокшет", limit=1)]
        ['kz-kokshetau']
        """
        text = around.close_up(text)
        if reading := read_code(text, self._esr_codes):
            return [Hit(i, 100.0 if reading.sure else 89.0, c) for c in reading.codes for i in self._codes[c]][:limit]
        text, country = ("", "") if not text.strip() else self._split_country(text)
        pieces, remarks = around.named_together(text)
        best: dict[str, Hit] = {}
        for name in dict.fromkeys((text, *pieces, *remarks)):
            for variant in around.variants(name):
                _keep_best(best, self._exact_hits(variant, country))
            _keep_best(best, self._near_hits(name, country, WORTH_NAMING))
        ranked = sorted(best.values(), key=lambda h: (-h.score, self._preference(h.place_id, text), h.place_id))
        return ranked[:limit]

    # -- understanding ------------------------------------------------------------------------------

    def _understand(self, text: str, code: str) -> Found | _Question:
        text = around.close_up(text)
        if reading := read_code(text, self._esr_codes):
            return self._by_code(reading)
        if not code.strip():
            text, code = split_code(text)
        if not code.strip():
            return self._by_name(text)
        if not key(around.without_noise(fold(text))):
            return self._understand(code, "")
        return self._by_both(self._by_name(text), read_code(code, self._esr_codes))

    def _by_code(self, reading: CodeReading) -> Found | _Question:
        hits = [Hit(place_id, 100.0, code) for code in reading.codes for place_id in self._codes[code]]
        if reading.rounded:
            hint = "A spreadsheet rounded the code: write its six digits as text."
            return _Question(tuple(hits), unknown=not hits, hint=hint)
        if not hits:
            well = is_well_formed(reading.digits)
            why = ": it is a station code, but of no station we hold" if well else ""
            return _Question((), unknown=True, why=why)
        if len(reading.digits) >= 6 and not reading.sure:
            return _Question(tuple(hits), why=": its check digit is wrong, and near it")
        if not self._one_location(hits):
            return _Question(tuple(hits))
        best = min(hits, key=lambda hit: self._preference(hit.place_id, ""))
        return Found(best.place_id, "code" if reading.sure else "code_repaired", 100.0, best.matched)

    def _by_both(self, named: Found | _Question, reading: CodeReading | None) -> Found | _Question:
        """A name and the code beside it: the code settles a question about the name, and may contradict it."""
        if reading is None or not reading.codes or (len(reading.digits) >= 6 and not reading.sure):
            if isinstance(named, _Question):
                return named
            wrong = reading is not None and len(reading.digits) == 6 and not is_well_formed(reading.digits)
            return _with(named, "code_wrong" if wrong else "code_unknown")
        coded = [Hit(place_id, 100.0, code) for code in reading.codes for place_id in self._codes[code]]
        told = [Hit(named.id, named.score, named.matched)] if isinstance(named, Found) else list(named.hits)
        both = [hit for hit in coded if any(hit.place_id in self.network.members[t.place_id] for t in told)]
        asked_too_little = isinstance(named, _Question) and named.unknown
        if not both or asked_too_little or not self._one_location(both):
            return _Question((*(() if asked_too_little else told), *coded))
        repaired = () if reading.sure else ("code_repaired",)
        if isinstance(named, Found):
            return _with(named, *repaired)
        return _with(Found(both[0].place_id, "code", 100.0, both[0].matched), *repaired)

    def _by_name(self, text: str) -> Found | _Question:
        answer = self._by_letters(text)
        if isinstance(answer, Found) and mixes_alphabets(text):
            answer = _with(replace(answer, how="letters") if answer.how in ("exact", "alias") else answer, "letters")
        if isinstance(answer, Found) and around.says_export(text):
            at_border = answer.id in self._border_points or answer.id in self._border_towns
            answer = _with(answer, "export" if at_border else "export_is_town")
        return answer

    def _by_letters(self, text: str) -> Found | _Question:
        if whole := self._exact_hits(text, ""):
            return self._settle(whole, text)
        bare, country = self._split_country(text)
        if both := around.port_or_village(bare):
            hits = [hit for name in both for hit in self._exact_any(name, country)]
            if hits and not self._one_location(hits):
                return _Question(tuple(hits))
        if exact := self._exact_any(bare, country):
            return self._settle(exact, text)
        pieces, remarks = around.named_together(bare)
        told = [hits for remark in remarks if (hits := self._exact_any(remark, country))]
        if len(pieces) + len(told) != 1:
            return self._take_together(pieces, told, country, text)
        # What stands in brackets names no place: "Aktau (warehouse 3)" is Aktau.
        if exact := self._exact_any(pieces[0], country):
            return self._settle(exact, text)
        lane = around.along_a_lane(pieces[0])
        if len(lane) > 1 and all(self._exact_any(piece, country) for piece in lane):
            return self._take_together(lane, [], country, text)
        if (other := in_other_alphabet(around.without_noise(fold(pieces[0])))) and (
            exact := self._exact_any(other, country)
        ):
            found = self._settle(exact, text)
            return replace(found, how="letters", remarks=("letters",)) if isinstance(found, Found) else found
        near = self._take_near(pieces[0], country)
        if isinstance(near, _Question) and near.unknown and len(lane) > 1:
            return self._take_together(lane, [], country, text)
        return near

    def _take_together(
        self, pieces: Sequence[str], told: Sequence[list[Hit]], country: str, text: str
    ) -> Found | _Question:
        """One id where several names stand and all mean one location; otherwise a question."""
        fits = [self._exact_any(piece, country) for piece in pieces]
        every = [hit for hits in (*fits, *told) for hit in hits]
        if all(fits):
            meant = [hit for hits in (*fits, *told) for hit in hits if hit.score == max(h.score for h in hits)]
            if self._one_location(meant):
                return self._settle(fits[0], text)
        for piece, hits in zip(pieces, fits, strict=True):
            if not hits:
                every += self._near_hits(piece, country, ASK_FROM)
        if every:
            return _Question(tuple({hit.place_id: hit for hit in reversed(every)}.values())[::-1])
        return _Question(tuple(self.search(text, 3)), unknown=True)

    def _settle(self, hits: Sequence[Hit], text: str) -> Found | _Question:
        """One id out of exact fits: a place's own name beats a by-name; two locations are a question.

        Where (эксп.) was said, a border point beats the town whose name it bears.
        """
        fits = list(hits)
        if around.says_export(text):
            fits = [hit for hit in fits if hit.place_id in self._border_points] or fits
        top = max(hit.score for hit in fits)
        best = [hit for hit in fits if hit.score == top]
        if not self._one_location(best):
            return _Question(tuple(hits))
        chosen = min(best, key=lambda hit: self._preference(hit.place_id, text))
        how: How = "exact" if top == SCORE[OWN] else "alias"
        if (code := key(chosen.matched).casefold()) in self._codes:
            how = "id" if code == chosen.place_id else "code"
        return Found(chosen.place_id, how, top, chosen.matched, self._others(chosen, hits))

    def _take_near(self, bare: str, country: str) -> Found | _Question:
        ranked = self._near_hits(bare, country, ASK_FROM)
        if ranked:
            first, rivals = ranked[0], self._others(ranked[0], ranked)
            if is_clear(bare, (Candidate(first.place_id, first.score, first.matched), *rivals)):
                return Found(first.place_id, "spelling", first.score, first.matched, rivals)
        if ranked:
            return _Question(tuple(ranked))
        return _Question(tuple(self._near_hits(bare, country, WORTH_NAMING)[:3]), unknown=True)

    # -- names against names ------------------------------------------------------------------------

    def _exact_any(self, text: str, country: str) -> list[Hit]:
        return next((hits for variant in around.variants(text) if (hits := self._exact_hits(variant, country))), [])

    def _exact_hits(self, text: str, country: str) -> list[Hit]:
        """Codes first, then names of the best rank there is; only places of `country` when given."""
        code = "".join(text.split()).casefold()
        found = [Hit(place_id, 100.0, text.strip()) for place_id in self._codes.get(code, ())]
        found = [hit for hit in found if self._in_country(hit.place_id, country)]
        if found:
            return found
        entries = [e for e in self._exact.get(key(fold(text)), ()) if self._in_country(e.place_id, country)]
        return [Hit(e.place_id, SCORE[e.rank], e.shown) for e in sorted(entries, key=lambda e: e.rank)]

    @cached_property
    def _near(self) -> NearNames:
        return NearNames((entry.place_id, entry.shown) for entries in self._exact.values() for entry in entries)

    def _near_hits(self, text: str, country: str, at_least: float) -> list[Hit]:
        best: dict[str, Hit] = {}
        for variant in dict.fromkeys(map(fold, around.variants(text))):
            near = self._near.candidates(variant, at_least)
            _keep_best(best, (Hit(c.id, c.score, c.matched) for c in near if self._in_country(c.id, country)))
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.place_id))

    def _preference(self, place_id: str, text: str) -> tuple[int, int]:
        """Among ids of one location: the one that bears the very name, then the one on the rails."""
        place, typed = self.network.places[place_id], key(fold(text))
        own = typed in (key(fold(place.name_en)), key(fold(place.name_ru)))
        return (0 if own else 1, 0 if place.in_rail else 1)

    def _in_country(self, place_id: str, country: str) -> bool:
        return not country or self.network.places[place_id].country == country

    def _split_country(self, text: str) -> tuple[str, str]:
        """A whole name of ours is left whole, whatever its last word."""
        return (text, "") if self._exact_hits(text, "") else around.split_country(text)

    def _one_location(self, hits: Sequence[Hit]) -> bool:
        location = set(self.network.members[hits[0].place_id])
        return all(hit.place_id in location for hit in hits)

    def _others(self, chosen: Hit, hits: Iterable[Hit]) -> tuple[Candidate, ...]:
        location = set(self.network.members[chosen.place_id])
        rivals = [Candidate(h.place_id, h.score, h.matched) for h in hits if h.place_id not in location]
        return tuple(rivals[:_ALSO])

    @cached_property
    def _border_points(self) -> frozenset[str]:
        """Border stations and ports on the rails; (эксп.) is a word of railway tariffs, so a road post is none."""
        return frozenset(p.id for p in self.network.places.values() if p.in_rail and p.kind in _BORDER_KINDS)

    @cached_property
    def _border_towns(self) -> frozenset[str]:
        """Places of any kind at which a railway or a road hands over to another country's."""
        rails = {end for c in self.network.rail_crossings for end in (c.from_id, c.to_id)}
        return frozenset(rails.union(end for c in self.network.road_crossings for end in (c.from_id, c.to_id)))

    # -- refusals -----------------------------------------------------------------------------------

    def _candidates(self, hits: Iterable[Hit]) -> list[dict[str, Any]]:
        rows = []
        for hit in hits:
            place = self.network.places[hit.place_id]
            rows.append({"id": place.id, "name": place.name_en, "country": place.country, "score": hit.score})
        return rows

    def _ambiguous(self, asked: _Question, text: str, field: str) -> AmbiguousPlace:
        rows = self._candidates(asked.hits[:8])
        listed = "; ".join(f"{row['id']} ({row['name']}, {row['country']})" for row in rows)
        return AmbiguousPlace(
            f"{field}: '{shown(text)}' may mean {listed}{asked.why}.",
            field=field,
            hint=asked.hint or "Write the id, or add the country, as in 'Sarahs, TM'.",
            details={"candidates": rows},
        )

    def _unknown(self, asked: _Question, text: str, field: str) -> UnknownPlace:
        rows = self._candidates(asked.hits)
        closest = ", ".join(f"{row['name']} ({row['id']})" for row in rows)
        nearest = f"; the closest are {closest}" if closest else ""
        return UnknownPlace(
            f"{field}: no place is called '{shown(text)}'{asked.why}{nearest}.",
            field=field,
            hint=asked.hint
            or "Write a place id, an ESR code, a UN/LOCODE or a name, or bring your own place with --places FILE.",
            details={"candidates": rows},
        )


def _with(found: Found, *remarks: Remark) -> Found:
    return replace(found, remarks=tuple(dict.fromkeys((*found.remarks, *remarks))))


def _keep_best(best: dict[str, Hit], hits: Iterable[Hit]) -> None:
    for hit in hits:
        if hit.place_id not in best or hit.score > best[hit.place_id].score:
            best[hit.place_id] = hit
