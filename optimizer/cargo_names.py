"""A cargo by what a desk writes: id, name, short forms, HS, GNG or ETSNG code, misspelling.

What fits one cargo is taken; what fits several, or says more than we know ("мука ржаная"), is a question, never a
guess. A code beside the name settles a question and may contradict the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from optimizer.errors import RequestError
from optimizer.found import Candidate, Found, How, Remark
from optimizer.letters import fold, key, mixes_alphabets, shown, stem
from optimizer.near_names import ASK_FROM, NearNames, is_clear
from optimizer.shipment import Cargo

# Words beside the goods' name that say how they are packed or carried; a desk writes them into the same cell.
_PACKING = re.compile(
    r"\b(в мешках( по)?|мешки|мешок|в мкр|мкр|биг бэг\w*|биг бег\w*|в таре|в бутылках|насыпью|навалом|"
    r"in bags|in bulk|bagged|bulk|big bags?|flexitank|флекситанк|"
    r"(20|40|45)\s*(hc|hq|dc|dv|gp|st|rf|нс|ft|фут\w*)?|soc|coc|сос|\d+\s*(кг|kg)|\d+\s*(т|тн|t))\b"
)
# How good the goods are, which tells no kinds of ours apart: "клейковина 23%", "влажность до 14".
_QUALITY = re.compile(
    r"\b(клейк\w*|протеин\w*|влажн\w*|натура)\.?\s*(не менее|не ниже|от|до)?\s*(\d+([.,–-]\d+)?)?\s*%?|\d+([.,–-]\d+)?\s*%",
    re.IGNORECASE,
)
# Words of two letters or initials that stand for a whole one.
_SHORT = {"кл": "класса", "св": "свежие", "пш": "пшен", "зам": "замороженная", "вс": "высший"}
# Words that tell nothing about which goods they are.
_NOTHING = frozenset(
    (
        *("в", "из", "для", "по", "и", "с", "груз", "товар", "гост", "ту", "урож", "перевозк", "доставк"),
        *("cargo", "good", "of", "the", "in", "for"),
    )
)
_CLASSES = frozenset(("класс", "кл", "class"))  # of these, which one must be said
_CODE_WORDS = re.compile(r"\b(етснг|гнг|тн\s?вэд|тнвэд|код|etsng|gng|nhm|hs|code)\b[\s:№.]*", re.IGNORECASE)
_CODE = re.compile(r"[\d\s.]+", re.ASCII)
_CODE_INSIDE = re.compile(r"(?<![\d.,])\d{4}(?:\.\d{2}){0,3}(?![\d.,]*\d)|(?<![\d.,])\d{5,8}(?![\d.,]*\d)", re.ASCII)
_WHOLE_AS_FLOAT = re.compile(r"[.,]0+(?=\s*$)")
_SHORTEST_SHORT = 3


@dataclass(frozen=True, slots=True)
class _Phrase:
    cargo: str
    own: bool
    shown: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Vocabulary:
    """Every name of a table of cargoes, in the shapes it is looked up by."""

    whole: Mapping[str, tuple[_Phrase, ...]]
    phrases: tuple[_Phrase, ...]
    words: Mapping[str, frozenset[str]]  # all words a cargo's names use
    near: NearNames


@dataclass(frozen=True, slots=True)
class _Question:
    """What a text may mean, best first.

    `unknown`: nothing of it is worth asking. `guessed`: no name of ours stands there whole and alone.
    """

    candidates: tuple[Candidate, ...]
    unknown: bool = False
    guessed: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(candidate.id for candidate in self.candidates)


@lru_cache(maxsize=8)
def _vocabulary(listed: tuple[tuple[str, str, str, tuple[str, ...]], ...]) -> _Vocabulary:
    whole: dict[str, tuple[_Phrase, ...]] = {}
    phrases: list[_Phrase] = []
    words: dict[str, frozenset[str]] = {}
    for cargo, name_en, name_ru, aliases in listed:
        for name in dict.fromkeys((name_en, name_ru, *aliases)):
            folded = fold(name)
            phrase = _Phrase(cargo, name in (name_en, name_ru), name, frozenset(map(stem, folded.split())))
            if all(known.cargo != cargo for known in whole.get(key(folded), ())):
                whole[key(folded)] = (*whole.get(key(folded), ()), phrase)
            phrases.append(phrase)
            words[cargo] = words.get(cargo, frozenset()) | phrase.words
    near = NearNames((phrase.cargo, phrase.shown) for phrase in phrases)
    return _Vocabulary(whole, tuple(phrases), words, near)


def _vocabulary_of(cargoes: Mapping[str, Cargo]) -> _Vocabulary:
    return _vocabulary(tuple((c.id, c.name_en, c.name_ru, c.aliases) for c in cargoes.values()))


def find_cargo(text: str, cargoes: Mapping[str, Cargo], code: str = "") -> Found:
    """The cargo a text means, and how it was understood.

    Args:
        text: id, name in any of our languages, short forms ("масло подс. раф."), or codes: HS with or without its
            dot (4 digits or more), GNG (8 digits), ETSNG (6 digits); several parted by `/` narrow each other.
        code: such codes from a cell beside the name.
    Raises:
        RequestError: `ambiguous_cargo` with the candidates, or `unknown_cargo` with the three closest.

    >>> from optimizer.cargo import read_cargoes
    >>> cargoes = read_cargoes()
    >>> find_cargo("масло подс. раф.", cargoes).id, find_cargo("пшеница 3 кл.", cargoes, "011005 / 1001").how
    ('sunflower-oil', 'alias')
    >>> find_cargo("11005", cargoes).how, find_cargo("кукурза", cargoes).how  # a lost zero, a lost letter
    ('code_repaired', 'spelling')
    """
    return _settled(_understand(text, cargoes, code), _typed(text, code), cargoes)


def resolve_cargo(text: str, cargoes: Mapping[str, Cargo]) -> Cargo:
    """The cargo a forwarder means, for callers that cannot show how it was understood: no spelling is corrected.

    Raises:
        RequestError: `ambiguous_cargo` where names or codes of ours fit several cargoes, or `unknown_cargo` with the
            three closest.

    >>> from optimizer.cargo import read_cargoes
    >>> cargoes = read_cargoes()
    >>> resolve_cargo("Мука в мешках 50кг", cargoes).id, resolve_cargo("11005", cargoes).id
    ('flour', 'wheat')
    """
    answer = _understand(text, cargoes, "")
    if (isinstance(answer, Found) and answer.how == "spelling") or (isinstance(answer, _Question) and answer.guessed):
        raise _unknown(text, cargoes)
    return cargoes[_settled(answer, text, cargoes).id]


def _understand(text: str, cargoes: Mapping[str, Cargo], code: str) -> Found | _Question | _Coded:
    name = text.strip().casefold().replace("_", "-")
    if name in cargoes:
        named: Found | _Question = Found(name, "id", 100.0, name)
    elif _is_codes(text):
        return _by_codes(text, cargoes)
    else:
        inside = "" if code.strip() else " / ".join(_CODE_INSIDE.findall(_without_packing(text)))
        bare = _CODE_WORDS.sub(" ", _CODE_INSIDE.sub(" ", text)) if inside else text
        code = code if code.strip() else inside
        if code and not fold(bare):
            return _by_codes(code, cargoes)
        named = _by_words(bare, _vocabulary_of(cargoes))
    return _by_both(named, _by_codes(code, cargoes)) if code.strip() else named


def _typed(text: str, code: str) -> str:
    return f"{text.strip()} / {code.strip()}" if code.strip() else text


# -- by words ---------------------------------------------------------------------------------------------


@lru_cache(maxsize=16_384)
def _by_words(text: str, vocabulary: _Vocabulary) -> Found | _Question:
    """What words mean; remembered, as a file names few goods many times."""
    plain = fold(text)
    bare = " ".join(_without_packing(text).split())
    letters: tuple[Remark, ...] = ("letters",) if mixes_alphabets(text) else ()
    for words in dict.fromkeys((plain, bare)):
        if words and (fits := vocabulary.whole.get(key(words))):
            return _of_phrases(fits, letters)
    if (slug := plain.replace(" ", "-")) in vocabulary.words:
        return Found(slug, "id", 100.0, slug)
    if not bare:
        return _Question((), unknown=True)
    if held := _holding(bare, vocabulary):
        return _of_phrases(held, letters)
    if some := _holding(bare, vocabulary, more_said=True):
        return _Question(tuple(Candidate(phrase.cargo, 80.0, phrase.shown) for phrase in some), guessed=True)
    near = vocabulary.near.candidates(bare, ASK_FROM)
    if is_clear(bare, near):
        return Found(near[0].id, "spelling", near[0].score, near[0].matched, tuple(near[1:4]), letters)
    return _Question(tuple(near), unknown=not near, guessed=True)


def _without_packing(text: str) -> str:
    return _PACKING.sub(" ", fold(_QUALITY.sub(" ", text)))


def _of_phrases(phrases: Sequence[_Phrase], letters: tuple[Remark, ...]) -> Found | _Question:
    candidates = tuple(Candidate(p.cargo, 100.0 if p.own else 99.0, p.shown) for p in phrases)
    if len({phrase.cargo for phrase in phrases}) > 1:
        return _Question(candidates)
    how: How = "letters" if letters else "exact" if phrases[0].own else "alias"
    return Found(candidates[0].id, how, candidates[0].score, candidates[0].matched, remarks=letters)


def _holding(bare: str, vocabulary: _Vocabulary, *, more_said: bool = False) -> list[_Phrase]:
    """The longest names whose words all stand in the text, one a cargo.

    Words besides must be the cargo's own vocabulary or say nothing; `more_said` allows any.
    """
    words = {_SHORT.get(word, word) for word in bare.split()}
    stems = {stem(word) for word in words} - _NOTHING
    numbered = any(word[0].isdigit() for word in stems)
    best: dict[str, _Phrase] = {}
    for phrase in vocabulary.phrases:
        # A word cut short is read in full only beside one written out: "раст. масло", but never "маш" for машины.
        if phrase.words.isdisjoint(stems) or not all(any(_same(said, word) for said in stems) for word in phrase.words):
            continue
        known = vocabulary.words[phrase.cargo] - (frozenset() if numbered else _CLASSES)
        if not more_said and not all(any(_same(said, word) for word in known) for said in stems):
            continue
        if phrase.cargo not in best or len(phrase.words) > len(best[phrase.cargo].words):
            best[phrase.cargo] = phrase
    most = max((len(phrase.words) for phrase in best.values()), default=0)
    return [phrase for phrase in best.values() if more_said or len(phrase.words) == most]


def _same(said: str, word: str) -> bool:
    """Two stems are one word, or the first is the second cut short, as in "подс." for подсолнечное."""
    return said == word or (len(said) >= _SHORTEST_SHORT and not said[0].isdigit() and word.startswith(said))


# -- by codes ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Coded:
    """Cargoes some codes mean; `repaired` where a lost zero was put back, `wrong` where they exclude each other."""

    ids: tuple[str, ...]
    code: str
    repaired: bool


def _is_codes(text: str) -> bool:
    parts = [part for part in text.split("/") if part.strip()]
    return bool(parts) and all(_CODE.fullmatch(part.strip()) and any(map(str.isdigit, part)) for part in parts)


def _by_codes(text: str, cargoes: Mapping[str, Cargo]) -> _Coded:
    # We know few ETSNG codes, so a code that says nothing to us leaves the word to the other one.
    parts = [part.strip() for part in re.split(r"[/;,|]", _CODE_WORDS.sub(" ", text)) if part.strip()]
    known = [coded for part in parts if (coded := _by_code(part, cargoes)).ids]
    if not known:
        return _Coded((), text.strip(), False)
    ids = tuple(i for i in known[0].ids if all(i in other.ids for other in known[1:]))
    return _Coded(ids, " / ".join(c.code for c in known), any(c.repaired for c in known))


def _by_code(text: str, cargoes: Mapping[str, Cargo]) -> _Coded:
    """Cargoes whose ETSNG, HS or GNG code is meant by these digits."""
    digits = re.sub(r"\D", "", _WHOLE_AS_FLOAT.sub("", text) if len(text.split(".")) == 2 else text)
    if len(digits) < 2:
        return _Coded((), digits, False)
    # Codes have an even number of digits; an odd number has lost its leading zero.
    forms = (digits, "0" + digits) if len(digits) % 2 else (digits,)
    found = [(cargo.id, code) for cargo in cargoes.values() for code in forms if _means(code, cargo)]
    ids = tuple(dict.fromkeys(i for i, _ in found))
    return _Coded(ids, found[0][1] if found else digits, bool(found) and len(digits) % 2 == 1)


def _means(code: str, cargo: Cargo) -> bool:
    if cargo.etsng_code and code == cargo.etsng_code:
        return True
    heading = _heading(cargo.hs_code)
    fits = bool(heading) and (heading.startswith(code) or code.startswith(heading))
    # A GNG code of ours settles eight digits; HS only says that the heading is the same.
    if fits and len(code) == 8 and cargo.gng_code:
        fits = _heading(cargo.gng_code).startswith(_heading(code)) or code.startswith(_heading(cargo.gng_code))
    return fits and (len(code) >= 4 or code == heading)


def _heading(code: str) -> str:
    """The digits of a code that say something: 1101.00 is heading 1101.

    >>> _heading("1101.00"), _heading("10019900"), _heading("84")
    ('1101', '100199', '84')
    """
    digits = code.replace(".", "")
    while len(digits) > 4 and digits.endswith("00"):
        digits = digits[:-2]
    return digits


# -- answers ----------------------------------------------------------------------------------------------


def _by_both(named: Found | _Question, coded: _Coded) -> Found | _Question:
    """A name and the code beside it: the code settles a question about the name, and may contradict it."""
    repaired: tuple[Remark, ...] = ("code_repaired",) if coded.repaired else ()
    if not coded.ids:
        return _with(named, ("code_unknown",)) if isinstance(named, Found) else named
    if isinstance(named, Found):
        if named.id in coded.ids:
            return _with(named, repaired)
        return _Question((Candidate(named.id, named.score, named.matched), *_of_codes(coded)))
    both = tuple(i for i in coded.ids if i in named.ids)
    if len(both) == 1 and not named.unknown:
        return Found(both[0], "code", 100.0, coded.code, remarks=repaired)
    if both and not named.unknown:
        return _Question(tuple(c for c in named.candidates if c.id in both))
    return _Question((*(() if named.unknown else named.candidates), *_of_codes(coded)))


def _of_codes(coded: _Coded) -> tuple[Candidate, ...]:
    return tuple(Candidate(i, 100.0, coded.code) for i in coded.ids)


def _with(found: Found, remarks: tuple[Remark, ...]) -> Found:
    return replace(found, remarks=tuple(dict.fromkeys((*found.remarks, *remarks))))


def _settled(answer: Found | _Question | _Coded, text: str, cargoes: Mapping[str, Cargo]) -> Found:
    """The one answer, or the refusal it calls for."""
    if isinstance(answer, Found):
        return answer
    if isinstance(answer, _Coded):
        if len(answer.ids) == 1:
            how: How = "code_repaired" if answer.repaired else "code"
            return Found(answer.ids[0], how, 100.0, answer.code)
        answer = _Question(_of_codes(answer), unknown=not answer.ids)
    if answer.unknown:
        raise _unknown(text, cargoes)
    raise _ambiguous(text, tuple(dict.fromkeys(answer.ids)), cargoes)


def _ambiguous(text: str, ids: Sequence[str], cargoes: Mapping[str, Cargo]) -> RequestError:
    names = ", ".join(f"{i} ({cargoes[i].name_en})" for i in ids)
    return RequestError(
        f"Cargo {shown(text)!r} may be {names}.",
        code="ambiguous_cargo",
        field="cargo",
        hint="Write one of these ids." if len(ids) > 1 else "Write the id if it is meant.",
        details={"candidates": [{"id": i, "name_en": cargoes[i].name_en} for i in ids]},
    )


def _unknown(text: str, cargoes: Mapping[str, Cargo]) -> RequestError:
    close = _three_closest(text, cargoes)
    closest = f"Closest are {', '.join(close)}. " if close else ""
    return RequestError(
        f"No cargo is called {shown(text)!r}.",
        code="unknown_cargo",
        field="cargo",
        hint=f"{closest}Other goods are 'general'.",
        details={"candidates": [{"id": i} for i in close]},
    )


def _three_closest(text: str, cargoes: Mapping[str, Cargo]) -> list[str]:
    """Something to choose from even where nothing comes near, unless nothing was typed."""
    near: Iterable[Candidate] = _vocabulary_of(cargoes).near.candidates(text, 0.0) if fold(text) else ()
    return [candidate.id for candidate in near][:3]
