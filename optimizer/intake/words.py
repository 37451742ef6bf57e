"""Texts as desks type them, made comparable: spaces, apostrophes, twin letters, letter-spaced names."""

from __future__ import annotations

import re
from functools import lru_cache

# Spaces a spreadsheet or a word processor writes, and signs without width.
_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\x1c-\x1f\x85]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0e-\x1b\x7f]")
_APOSTROPHES = str.maketrans(dict.fromkeys("ʻʼ’‘`´′", "'") | dict.fromkeys("“”„«»″", '"'))
BOX = re.compile(r"[\u2500-\u259f]")
_RULE = re.compile(r"[\s\u2500-\u259f+|=_\-–—.*#~:]*")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[A-Za-z\u0400-\u04ff]+")
_TWIN_LATIN = frozenset("ABCEHKMOPTXYaceopxy")
_TO_CYRILLIC = str.maketrans("ABCEHKMOPTXYaceopxykmth", "АВСЕНКМОРТХУасеорхукмтн")
_TO_LATIN = str.maketrans("АВСЕНКМОРТХУасеорхукмтн", "ABCEHKMOPTXYaceopxykmth")
_PUNCTUATION = re.compile(r"[^\w%$€₽₸¥№]+|_")


@lru_cache(maxsize=65536)
def tidy(text: str) -> str:
    """The text on one line, every kind of space one space, quotes and apostrophes plain, box lines gone.

    >>> tidy("1\\u202f640\\n 40’HC │")
    "1 640 40'HC"
    """
    if text.isascii() and text.isprintable() and "  " not in text and "`" not in text:
        return text.strip()
    plain = BOX.sub(" ", _UNSEEN.sub("", text)).translate(_APOSTROPHES)
    return joined(_SPACES.sub(" ", plain).strip(), plain)


def joined(text: str, original: str = "") -> str:
    """Letter-spaced words put together; two spaces or more part words.

    >>> joined("К о с т а н а й"), joined("A l m a t y 1"), joined("с т. А л м а т ы", "с т.   А л м а т ы")
    ('Костанай', 'A l m a t y 1', 'с т. А л м а т ы')
    """
    if re.fullmatch(r"[^\W\d_](?: [^\W\d_]){3,}", text):
        words = [w.replace(" ", "") for w in re.split(r"\s{2,}", original.strip()) if w.strip()]
        return " ".join(words) if original and len(words) > 1 else text.replace(" ", "")
    return text


def is_rule(text: str) -> bool:
    """Whether a text only draws a line, as old exports do between their rows.

    >>> is_rule("├───┼──┤"), is_rule("-----+----"), is_rule("—"), is_rule("- 5")
    (True, True, False, False)
    """
    return len(text.strip()) > 2 and _RULE.fullmatch(text) is not None


def foreign_letters(text: str) -> str:
    """Letters of one script inside words of the other: the Latin K of "Kостанай"; "" when there are none.

    >>> foreign_letters("Kостанай"), foreign_letters("Сaрахс (эксп.)"), foreign_letters("Bandar Abbas, Иран")
    ('K', 'a', '')
    """
    if text.isascii() or not _LATIN.search(text):
        return ""
    found = []
    for word in _WORD.findall(text):
        latin = [letter for letter in word if letter.isascii()]
        if latin and len(latin) < len(word):
            cyrillic = [letter for letter in word if not letter.isascii()]
            # The script of most letters is the word's own; of equal ones the Cyrillic.
            found += latin if len(latin) <= len(cyrillic) else cyrillic
    return "".join(dict.fromkeys(found))


def one_script(text: str) -> str:
    """Words of two scripts put into one, where look-alike letters allow it.

    >>> one_script("Kостанай") == "Костанай", one_script("Типr")
    (True, 'Типr')
    """
    if not foreign_letters(text):
        return text

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if not _CYRILLIC.search(word) or not _LATIN.search(word):
            return word
        latin = sum(letter.isascii() for letter in word)
        mended = word.translate(_TO_CYRILLIC if 2 * latin <= len(word) else _TO_LATIN)
        return mended if not (_CYRILLIC.search(mended) and _LATIN.search(mended)) else word

    return _WORD.sub(mend, text)


def latin_twins(text: str) -> str:
    """Cyrillic look-alikes as Latin letters: for box codes and units, where the script is known.

    >>> latin_twins("40НС"), latin_twins("4х40")
    ('40HC', '4x40')
    """
    return text.translate(_TO_LATIN)


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """Words for comparing: small letters, ё as е, one script, no punctuation.

    >>> key("Объём, тн."), key("№ п/п"), key("Cтавка")
    ('объем тн', '№ п п', 'ставка')
    """
    return " ".join(_PUNCTUATION.sub(" ", one_script(tidy(text)).casefold().replace("ё", "е")).split())
