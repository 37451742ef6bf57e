"""Near names: how close a typed text comes to each name we know, letter by letter and by sound."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from optimizer.found import Candidate
from optimizer.letters import fold, key, sound, transliterate

TAKE_FROM = 90.0  # a near name is taken at this score ...
CLEAR_BY = 5.0  # ... when the next one stands this far below
ASK_FROM = 75.0  # below this a near name is not worth a question
WORTH_NAMING = 45.0  # below this not even "the closest are"
NEVER_TAKEN = 89.0  # prefixes and names with other numbers: shown, asked about, never taken
MOST = 97.0  # a near name never scores what a fitting one does
_SHORTEST = 4
_LONG = 7  # letters from which one slip is forgiven as one slip


class NearNames:
    """Names in three shapes (as folded, in Latin letters, by sound), each written once.

    Args:
        names: (id, name as it stands in our tables); several ids may bear one name.

    >>> near = NearNames([("kz-kokshetau", "Кокшетау"), ("kz-kostanay", "Костанай")])
    >>> near.candidates("Кокшетуа", ASK_FROM)
    [Candidate(id='kz-kokshetau', score=92.5, matched='Кокшетау')]
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_key: dict[str, list[tuple[str, str]]] = {}
        holding: dict[str, set[str]] = {}
        for owner, name in names:
            words = fold(name)
            if not words:
                continue
            self._by_key.setdefault(key(words), []).append((owner, name))
            for word in words.split():
                holding.setdefault(word, set()).add(key(words))
        self._keys = list(self._by_key)
        self._latin = [transliterate(name) for name in self._keys]
        self._sounds = [sound(name) for name in self._latin]
        self._digits = [sorted(filter(str.isdigit, name)) for name in self._keys]
        self._sorted_keys = sorted((name, index) for index, name in enumerate(self._keys))
        self._sorted_latin = sorted((name, index) for index, name in enumerate(self._latin))
        place = {name: index for index, name in enumerate(self._keys)}
        self._holding = {word: {place[name] for name in names} for word, names in holding.items()}

    def candidates(self, text: str, at_least: float) -> list[Candidate]:
        """Owners of names that come near, best first; each once, with its best score.

        A score above `NEVER_TAKEN` needs the same digits, the whole name and some length: Almaty-2 is not a misspelt
        Almaty-1, and three letters are soon another word.
        """
        words = fold(text)
        typed = key(words)
        if not typed:
            return []
        digits = sorted(filter(str.isdigit, typed))
        best: dict[str, Candidate] = {}
        for index, raw in self._scores(typed, words, at_least).items():
            sure = self._digits[index] == digits and min(len(self._keys[index]), len(typed)) >= _SHORTEST
            score = raw if sure else min(raw, NEVER_TAKEN)
            score = round(min(score, MOST), 1)
            if score < at_least:
                continue
            for owner, name in self._by_key[self._keys[index]]:
                if owner not in best or score > best[owner].score:
                    best[owner] = Candidate(owner, score, name)
        return sorted(best.values(), key=lambda found: (-found.score, found.id))

    def _scores(self, typed: str, words: str, at_least: float) -> dict[int, float]:
        # Most texts fit exactly, and then the library need not be loaded at all.
        from rapidfuzz import process
        from rapidfuzz.distance import OSA, JaroWinkler
        from rapidfuzz.fuzz import ratio

        latin = transliterate(typed)
        scores: dict[int, float] = {}
        shapes: Sequence[tuple[str, list[str], float]] = (
            (typed, self._keys, 1.0),
            (latin, self._latin, 0.99),
            (sound(latin), self._sounds, 0.98),
        )
        for asked, choices, weight in shapes:
            for _, score, index in process.extract(asked, choices, scorer=ratio, score_cutoff=at_least, limit=None):
                scores[index] = max(scores.get(index, 0.0), score * weight)
            # One wrong letter in a long name: `ratio` counts it twice, a typist makes it once.
            if len(asked) >= _LONG:
                for _, score, index in process.extract(
                    asked, choices, scorer=OSA.normalized_similarity, score_cutoff=0.8, limit=None
                ):
                    blend = 50 * (score + JaroWinkler.similarity(asked, choices[index]))
                    scores[index] = max(scores.get(index, 0.0), blend * weight)
        for index, score in self._beginnings(typed, latin, words):
            scores[index] = max(scores.get(index, 0.0), score)
        return scores

    def _beginnings(self, typed: str, latin: str, words: str) -> Iterator[tuple[int, float]]:
        """Names that begin with the text, or hold all its words."""
        if len(typed) >= 2:
            for start, names in ((typed, self._sorted_keys), (latin, self._sorted_latin)):
                for name, index in islice(names, bisect_left(names, (start, 0)), None):
                    if not name.startswith(start):
                        break
                    reach = ASK_FROM + (NEVER_TAKEN - ASK_FROM) * len(typed) / len(self._keys[index])
                    yield index, min(reach, NEVER_TAKEN)
        if len(typed) >= 4:
            for index in set.intersection(*(self._holding.get(word, set()) for word in words.split())):
                yield index, 80.0


def is_clear(text: str, ranked: Sequence[Candidate]) -> bool:
    """Whether the first of the candidates may be taken for the text: very near, well ahead, and no other as few slips off.

    >>> tabriz, taraz = Candidate("ir-tabriz", 83.3, "Tabriz"), Candidate("kz-taraz", 90.9, "Taraz")
    >>> is_clear("Tabraz", [taraz, tabriz]), is_clear("Tarraz", [taraz])  # one slip from either
    (False, True)
    """
    from rapidfuzz.distance import OSA

    if not ranked or ranked[0].score < TAKE_FROM:
        return False
    if any(other.score > ranked[0].score - CLEAR_BY for other in ranked[1:]):
        return False
    typed = transliterate(key(fold(text)))
    slips, *others = (OSA.distance(typed, transliterate(key(fold(found.matched)))) for found in ranked)
    return all(slips < other for other in others)
