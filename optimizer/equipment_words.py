"""Equipment, whose it is and how many, in the words of a desk: "зерновозы собств., 20 ваг", "обор-е 40HC SOC".

Words are compared by their stems, so endings do not matter; ISO 6346 type codes (22G1, 45R1) are read by their
meaning. What desks name and we do not carry (a gondola, a 45-foot box) is recognised, so that it can be said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from optimizer.letters import fold, in_other_alphabet, stem
from optimizer.near_names import NearNames
from optimizer.shipment import Equipment

# What desks name and we have no payload or rate for: words, what it is, and what comes nearest.
_NOT_OURS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("полувагон;пв;gondola;gondola wagon;open wagon", "an open-top (gondola) wagon", ("covered-wagon",)),
    ("думпкар", "a side-tipping wagon", ()),
    ("цементовоз;вагон цементовоз", "a cement hopper wagon", ("hopper-wagon",)),
    ("минераловоз", "a fertiliser hopper wagon", ("hopper-wagon",)),
    ("окатышевоз;автомобилевоз;лесовоз", "a wagon for one kind of goods", ()),
    ("45 hc;45 hq;45 pw;45 фут;45 футовый;45 ft;45 футов;45 контейнер;45 рк", "a 45-foot container", ("container-40",)),
    ("20 ot;40 ot;open top;опен топ", "an open-top container", ("container-40",)),
    ("20 fr;40 fr;flat rack;флэт рэк;флет рек", "a flat-rack container", ("flat-wagon",)),
    ("автоцистерна;tank truck", "a road tanker", ("tank-container-20",)),
    ("самосвал;зерновоз авто;автозерновоз", "a tipper truck", ("truck",)),
)
_OWNERSHIP = (
    ("private", "собств;собственный;приват;приватный;аренд;арендованный;спс;soc;private;leased;hired;shipper owned"),
    (
        "carrier",
        "инв;инвентарный;инвентарный парк;инв парк;парк ржд;парк ктж;coc;carrier owned;inventory;inventory park",
    ),
    ("foreign", "иностр;иностранный;инопарк;foreign"),
)
_UNITS = (
    ("wagon", "ваг;вагон;вгн;wagon;wgn;railcar"),
    ("container", "конт;контейнер;ктк;кнт;container;cntr;ctr;box;teu"),
    ("truck", "авто;машина;автомобиль;а м;truck;lorry"),
    ("", "шт;штука;ед;единица;unit;pcs"),
)
_TONNES = frozenset(("т", "тн", "тонн", "t", "mt"))
_TIMES = frozenset(("x", "х", "×", "*"))
_BY = frozenset((*_TIMES, "по"))
BOXES = frozenset(("hc", "hq", "dc", "dv", "gp", "st", "rf", "rh", "ot", "fr", "tk"))
_FEET = {"20": "container-20", "40": "container-40"}
# Equipment words that are also a size: "40 контейнер" is a kind, "40 контейнеров" a number, "40 конт" either.
_PLURAL = re.compile(r"контейнеров|containers|вагонов", re.IGNORECASE)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|[×*]")
_ENDING_IN_BRACKETS = re.compile(r"(?<=\w)\([^\W\d_]{1,3}\)")
# Length, height (8 feet, 8.5, 9.5 and more), kind: 22G1, 45R1, 22T1; L is 45 feet.
ISO_TYPE = re.compile(r"(?<![0-9A-Za-z])([24L])([0259])([GVRTUPH])([0-9PENHT])(?![0-9A-Za-z])", re.IGNORECASE)
_LONGEST = 4  # words in the longest name
_MOST_DIGITS = 6
UNITS = {stem(word): family for family, words in _UNITS for word in words.split(";") if " " not in word}


@dataclass(frozen=True, slots=True)
class Mention:
    """Equipment or ownership that a text names.

    Attributes:
        ids: what it may be: one equipment id or ownership, several (ask which), or none (we do not have it).
        span: where it stands in the text, from and to.
        text: as it stands there.
        meaning: of what we do not have, what it is in English.
        near: ... and our equipment that comes nearest.
    """

    ids: tuple[str, ...]
    span: tuple[int, int]
    text: str
    meaning: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many units a text names: "20 ваг", "5-6 конт", "2x20DC".

    Attributes:
        low, high: equal unless the text gives a range.
        family: wagon, container, truck, or "" where the text does not say.
        doubtful: the number may be feet instead ("40 конт").
    """

    low: int
    high: int
    family: str
    span: tuple[int, int]
    text: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """Tonnes in one unit, as in "15 вагонов х 66т"."""

    tonnes: Decimal
    span: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True)
class EquipmentWords:
    """What a text says of equipment, in the order it says it; `rest` is the text without it."""

    equipment: tuple[Mention, ...]
    ownership: tuple[Mention, ...]
    counts: tuple[Count, ...]
    loads: tuple[Load, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class _Token:
    word: str  # folded
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.word[0].isdigit()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every name of a table of equipment, in the shapes it is looked up by."""

    phrases: Mapping[tuple[str, ...], tuple[str, ...]]  # stems of a name to equipment ids
    not_ours: Mapping[tuple[str, ...], tuple[str, tuple[str, ...]]]
    ownership: Mapping[tuple[str, ...], str]
    names: Mapping[str, tuple[tuple[str, bool, str], ...]]  # folded whole name to (id, it is its own name, shown)
    near: NearNames


_Listed = tuple[tuple[str, str, str, tuple[str, ...]], ...]


@lru_cache(maxsize=8)
def _vocabulary(listed: _Listed) -> Vocabulary:
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    names: dict[str, tuple[tuple[str, bool, str], ...]] = {}
    for kind, name_en, name_ru, aliases in listed:
        for name in dict.fromkeys((kind, name_en, name_ru, *aliases)):
            stems = tuple(stem(token.word) for token in tokens(name))
            phrases[stems] = tuple(dict.fromkeys((*phrases.get(stems, ()), kind)))
            whole = " ".join(token.word for token in tokens(name))
            owned = names.get(whole, ())
            if all(kind != other for other, _, _ in owned):
                names[whole] = (*owned, (kind, name in (name_en, name_ru), name))
    not_ours = {
        tuple(stem(token.word) for token in tokens(word)): (meaning, near)
        for words, meaning, near in _NOT_OURS
        for word in words.split(";")
    }
    ownership = {
        tuple(stem(token.word) for token in tokens(word)): value
        for value, words in _OWNERSHIP
        for word in words.split(";")
    }
    near = NearNames((kind, name) for kind, en, ru, aliases in listed for name in (en, ru, *aliases))
    return Vocabulary(phrases, not_ours, ownership, names, near)


def vocabulary_of(kinds: Mapping[str, Equipment]) -> Vocabulary:
    """The names of these kinds, made once for the same table."""
    return _vocabulary(tuple((kind.id, kind.name_en, kind.name_ru, kind.aliases) for kind in kinds.values()))


def tokens(text: str) -> list[_Token]:
    """Numbers and words with their places; "40НС" in Cyrillic letters is 40 and hc, "зерновоз(ы)" one word."""
    plain = _ENDING_IN_BRACKETS.sub(lambda found: " " * len(found[0]), text)
    found: list[_Token] = []
    for match in _TOKEN.finditer(plain):
        word = match[0] if match[0] in _TIMES else fold(match[0])
        if match[0][0].isdigit():
            word = "".join(fold(digit) or digit for digit in match[0])
        if found and found[-1].word in ("20", "40", "45") and (box := in_other_alphabet(word)) in BOXES:
            word = box
        if word:
            found.append(_Token(word, match.start(), match.end()))
    return found


def equipment_words(text: str, kinds: Mapping[str, Equipment]) -> EquipmentWords:
    """Equipment, ownership, counts and tonnes per unit named in a text, each with its span.

    >>> from optimizer.cargo import read_equipment
    >>> said = equipment_words("зерновозы собств., 20 ваг", read_equipment())
    >>> [m.ids for m in said.equipment], [m.ids for m in said.ownership], [(c.low, c.family) for c in said.counts]
    ([('hopper-wagon',)], [('private',)], [(20, 'wagon')])
    >>> said = equipment_words("обор-е 40НС SOC", read_equipment())  # НС in Cyrillic letters
    >>> said.equipment[0].ids, said.ownership[0].ids, said.rest
    (('container-40',), ('private',), 'обор-е')
    """
    reader = _Reader(text, vocabulary_of(kinds), {kind.id: kind.family for kind in kinds.values()})
    return reader.read()


class _Reader:
    """One pass over the words of one text, longest names first."""

    def __init__(self, text: str, vocabulary: Vocabulary, families: Mapping[str, str]) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.families = families
        self.iso = {match.start(): match for match in ISO_TYPE.finditer(text)}
        self.tokens = [t for t in tokens(text) if not any(s < t.start < m.end() for s, m in self.iso.items())]
        self.stems = [stem(token.word) for token in self.tokens]
        self.equipment: list[Mention] = []
        self.ownership: list[Mention] = []
        self.counts: list[Count] = []
        self.loads: list[Load] = []

    def read(self) -> EquipmentWords:
        at = 0
        while at < len(self.tokens):
            at += self._number(at) or self._equipment(at) or self._owner(at) or 1
        return EquipmentWords(
            tuple(self.equipment), tuple(self.ownership), tuple(self.counts), tuple(self.loads), self._rest()
        )

    def _span(self, first: int, last: int) -> tuple[int, int]:
        return self.tokens[first].start, self.tokens[last].end

    def _cut(self, span: tuple[int, int]) -> str:
        return self.text[slice(*span)]

    def _word(self, at: int) -> str:
        return self.tokens[at].word if at < len(self.tokens) else ""

    def _phrase(self, at: int, known: Iterable[tuple[str, ...]]) -> int:
        """How many words from here make the longest phrase known; 0 for none."""
        return next(
            (n for n in range(min(_LONGEST, len(self.stems) - at), 0, -1) if tuple(self.stems[at : at + n]) in known), 0
        )

    def _equipment(self, at: int, *, sized: bool = False) -> int:
        """Words that equipment here takes; `sized`: a number of units stood before, so a bare 40 is feet."""
        if match := self.iso.get(self.tokens[at].start):
            self._add_equipment(_iso_ids(match), match.span(), "a container of another kind")
            return 1
        ours = self._phrase(at, self.vocabulary.phrases)
        other = self._phrase(at, self.vocabulary.not_ours)
        taken = max(ours, other)
        if not taken:
            if sized and self._word(at) in _FEET:
                self._add_equipment((_FEET[self._word(at)],), self._span(at, at))
                return 1
            return 0
        phrase, span = tuple(self.stems[at : at + taken]), self._span(at, at + taken - 1)
        if other >= ours:
            meaning, near = self.vocabulary.not_ours[phrase]
            self._add_equipment((), span, meaning, near)
        else:
            self._add_equipment(self.vocabulary.phrases[phrase], span)
        return taken

    def _add_equipment(
        self, ids: tuple[str, ...], span: tuple[int, int], meaning: str = "", near: tuple[str, ...] = ()
    ) -> None:
        self.equipment.append(Mention(ids, span, self._cut(span), "" if ids else meaning, near))

    def _owner(self, at: int) -> int:
        taken = self._phrase(at, self.vocabulary.ownership)
        if taken:
            value = self.vocabulary.ownership[tuple(self.stems[at : at + taken])]
            span = self._span(at, at + taken - 1)
            self.ownership.append(Mention((value,), span, self._cut(span)))
        return taken

    def _number(self, at: int) -> int:
        """Words that a count, a load or a size here takes."""
        if not self.tokens[at].is_number or self.tokens[at].start in self.iso:
            return 0
        if taken := self._load(at):
            return taken
        if not self._word(at).isdigit() or len(self._word(at)) > _MOST_DIGITS:
            return 0
        if self._counts_what_stood_before(at):
            self._add_count(at, at, self._family_of_last(), self._span(at - 1, at))
            return 1
        if self._counts_boxes(at):
            return self._units(at, 1)
        if self._word(at + 1) in _TIMES and at + 2 < len(self.tokens):
            taken = self._equipment(at + 2, sized=True) if not self._is_price(at + 2) else 0
            if taken:
                self._add_count(at, at, self._family_of_last(), self._span(at, at + 1))
                return 2 + taken
            return 0
        if self._phrase(at, self.vocabulary.phrases) or self._phrase(at, self.vocabulary.not_ours):
            return 0  # "40 фут", "20 DC": a size, not a number of things
        taken = self._units(at, 1)
        if not taken and at + 1 < len(self.tokens) and (named := self._equipment(at + 1)):
            # "15 кр. вагонов": the equipment itself is counted.
            self._add_count(at, at, self._family_of_last(), self._span(at, at))
            return 1 + named
        return taken

    def _counts_what_stood_before(self, at: int) -> bool:
        """The 5 of "22G1 x 5"."""
        if at < 2 or self._word(at - 1) not in _TIMES or not self.equipment:
            return False
        return self.tokens[at - 2].start < self.equipment[-1].span[1] <= self.tokens[at - 1].start

    def _is_price(self, at: int) -> bool:
        """ "2x40 500": the number goes on, so it is no size."""
        return at + 1 < len(self.tokens) and len(self._word(at + 1)) == 3 and self._word(at + 1).isdigit()

    def _counts_boxes(self, at: int) -> bool:
        """ "40 контейнеров", "40 конт": how many, or how long; a singular is a kind of box."""
        unit = self._word(at + 1)
        return self._word(at) in ("20", "40", "45") and (bool(_PLURAL.fullmatch(unit)) or unit == "конт")

    def _units(self, at: int, after: int) -> int:
        if at + after >= len(self.tokens):
            return 0
        unit = self.stems[at + after]
        family = UNITS.get(unit)
        taken = 1
        if (unit, self._word(at + after + 1)) == ("а", "м"):
            family, taken = "truck", 2
        if family is None:
            return 0
        doubtful = self._word(at) in ("20", "40", "45") and family == "container" and unit == "конт"
        self._add_count(at, at, family, self._span(at, at + after + taken - 1), doubtful=doubtful)
        return after + taken

    def _add_count(self, at: int, last: int, family: str, span: tuple[int, int], *, doubtful: bool = False) -> None:
        high, low, start = int(self._word(last)), int(self._word(at)), span[0]
        before = self.tokens[at - 1] if at else None
        if before and before.word.isdigit() and re.fullmatch(r"\s*[-–—]\s*", self.text[before.end : span[0]]):
            low, start = min(int(before.word), high), before.start
        span = (start, span[1])
        self.counts.append(Count(low, high, family, span, self._cut(span), doubtful))

    def _family_of_last(self) -> str:
        families = {self.families[i] for i in self.equipment[-1].ids or self.equipment[-1].near}
        return families.pop() if len(families) == 1 else ""

    def _load(self, at: int) -> int:
        """ "х 66т", "по 66 т", "66 т/ваг": tonnes in each unit."""
        if self._word(at + 1) not in _TONNES:
            return 0
        by = at > 0 and self._word(at - 1) in _BY
        each = self.text[self.tokens[at + 1].end :].lstrip(". ").startswith("/") and at + 2 < len(self.tokens)
        if not by and not (each and self.stems[at + 2] in UNITS):
            return 0
        span = self._span(at - 1 if by else at, at + 1 if by else at + 2)
        self.loads.append(Load(Decimal(self._word(at).replace(",", ".")), span, self._cut(span)))
        return 2 if by else 3

    def _rest(self) -> str:
        kept, last = [], 0
        mentioned: list[tuple[int, int]] = [
            item.span for items in (self.equipment, self.ownership, self.counts, self.loads) for item in items
        ]
        for start, end in sorted(mentioned):
            kept.append(self.text[last : max(start, last)])
            last = max(end, last)
        kept.append(self.text[last:])
        left = re.sub(r"\s+", " ", re.sub(r"\(\s*\)", " ", " ".join(kept)))
        return re.sub(r"\s+([,.;])", r"\1", left).strip(" ,.;:-–—×*'’\"")


def _iso_ids(match: re.Match[str]) -> tuple[str, ...]:
    """Our kind of a container by its ISO 6346 size and type code; () for a kind we do not carry."""
    length, kind = match[1].upper(), match[3].upper()
    feet = {"2": 20, "4": 40}.get(length, 45)
    ours = {
        (20, "G"): "container-20",
        (40, "G"): "container-40",
        (20, "V"): "container-20",
        (40, "V"): "container-40",
        (20, "R"): "reefer-container-20",
        (40, "R"): "reefer-container-40",
        (20, "T"): "tank-container-20",
    }
    return (ours[feet, kind],) if (feet, kind) in ours else ()
