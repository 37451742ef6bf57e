"""Letters of several alphabets folded, so that one word typed in several ways compares equal.

Desks write a name in Russian, Kazakh, English, Turkmen or Persian letters, and often in two alphabets at once
(a Latin C at the head of a Cyrillic word). Nothing here knows what the words mean.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that look alike, small because words are folded to small letters first (B and в, H and н).
_LATIN_TO_CYRILLIC = str.maketrans("aceopxykmthbi", "асеорхукмтнви")
_CYRILLIC_TO_LATIN = str.maketrans("асеорхукмтнвіһ", "aceopxykmthbih")
_LATIN_TWINS, _CYRILLIC_TWINS = frozenset("aceopxykmthb"), frozenset("асеорхукмтнв")
# Kazakh letters and ё go to the Russian letters people type for them.
_RUSSIAN_TYPING = str.maketrans("ёқғөұүһіәңў", "екгоуухиану")
_PERSIAN_TYPING = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ـ": None})
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
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "і": "1", "іі": "2", "ііі": "3"}  # the last three are Cyrillic

_APOSTROPHES = re.compile(r"[ʻʼ'’‘`´′″\"“”„«»]")
_BETWEEN = re.compile(r"(\W+)")
_NOT_WORD = re.compile(r"[^\w]+|_")
_REPEATED = re.compile(r"(.)\1")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Words as we compare them: case, marks, punctuation, quotes and look-alike letters folded.

    >>> fold("Cарахс (эксп.)")  # the first letter is Latin
    'сарахс эксп'
    >>> fold("Türkmenbaşy"), fold("Қостанай"), fold("Almaty I"), fold("«Алматы № 1»")
    ('turkmenbasy', 'костанай', 'almaty 1', 'алматы 1')
    """
    folded = unicodedata.normalize("NFKC", text.replace("№", " ")).casefold()
    folded = _APOSTROPHES.sub("", folded)
    if not folded.isascii():
        folded = "".join(_plain_letter(letter) for letter in folded).translate(_PERSIAN_TYPING)
        words = (_ROMAN.get(word, word) for word in _BETWEEN.split(folded))
        folded = "".join(_one_alphabet(word) for word in words).translate(_RUSSIAN_TYPING).translate(_LATIN_SPECIALS)
        folded = _strip_marks(folded)
    return " ".join(_ROMAN.get(word, word) for word in _NOT_WORD.sub(" ", folded).split())


def _plain_letter(letter: str) -> str:
    """A digit of any script as 0 to 9; marks of direction and joining vanish."""
    if letter.isascii():
        return letter
    if letter.isdigit():
        return str(unicodedata.digit(letter, letter))
    return "" if unicodedata.category(letter) == "Cf" else letter


def _strip_marks(text: str) -> str:
    """Letters without their marks, except й, which is a letter of its own."""
    kept = []
    for letter in text:
        if letter == "й" or letter < "\x80":
            kept.append(letter)
        else:
            kept.append("".join(ch for ch in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(ch)))
    return "".join(kept)


def _counted(word: str) -> tuple[int, int]:
    """Latin and Cyrillic letters in a word of small letters."""
    latin = sum("a" <= ch <= "z" for ch in word)
    return latin, sum("а" <= ch <= "я" or ch in "ёқғөұүһіәңў" for ch in word)


def _one_alphabet(word: str) -> str:
    """A word that mixes Latin and Cyrillic look-alikes, in the alphabet of its other letters."""
    latin, cyrillic = _counted(word)
    if not latin or not cyrillic:
        return word
    as_cyrillic, as_latin = word.translate(_LATIN_TO_CYRILLIC), word.translate(_CYRILLIC_TO_LATIN)
    if not any("a" <= ch <= "z" for ch in as_cyrillic):
        return as_cyrillic
    if as_latin.isascii():
        return as_latin
    return as_cyrillic if cyrillic >= latin else as_latin


def mixes_alphabets(text: str) -> bool:
    """Whether a word of the text holds both Latin and Cyrillic letters.

    >>> mixes_alphabets("Kостанай"), mixes_alphabets("Костанай (Kostanay)")
    (True, False)
    """
    return not text.isascii() and any(all(_counted(word)) for word in _BETWEEN.split(text.casefold()))


def in_other_alphabet(words: str) -> str:
    """Folded words that consist of look-alikes alone, in the other alphabet; "" when some letter has no twin.

    >>> in_other_alphabet("capaxc"), in_other_alphabet("сарахс"), in_other_alphabet("kostanay")
    ('сарахс', 'capaxc', '')
    """
    letters = {ch for ch in words if ch.isalpha()}
    if letters and letters <= _LATIN_TWINS:
        return words.translate(_LATIN_TO_CYRILLIC)
    if letters and letters <= _CYRILLIC_TWINS:
        return words.translate(_CYRILLIC_TO_LATIN)
    return ""


def key(words: str) -> str:
    """Folded words without spaces, which never tell two names apart: Сары-Агаш is Сарыагаш."""
    return words.replace(" ", "")


def transliterate(words: str) -> str:
    """Folded Russian words in Latin letters.

    >>> transliterate("кокшетау")
    'kokshetau'
    """
    return words if words.isascii() else words.translate(_TRANSLITERATION)


def sound(latin: str) -> str:
    """Latin letters by how they sound, so that spellings of one sound meet.

    >>> sound("qostanai") == sound("kostanay"), sound("saraxs") == sound("sarakhs")
    (True, True)
    """
    for spelling, heard in _SOUNDS:
        latin = latin.replace(spelling, heard)
    return _REPEATED.sub(r"\1", latin)


def shown(text: str) -> str:
    """What was typed, short and printable enough for a message."""
    printable = "".join(ch for ch in text.strip() if ch.isprintable())
    return printable if len(printable) <= 80 else printable[:79] + "…"


# Endings of Russian nouns and adjectives; three letters at least must be left to tell the word.
_ENDING = re.compile(
    r"(?<=\w{3})(?:ыми|ими|ого|его|ому|ему|ами|ями|ией|иям|иях|ый|ий|ой|ая|яя|ое|ее|ые|ие|ых|их|ым|им|ую|юю|"
    r"ов|ев|ей|ах|ях|ам|ям|ом|ем|ия|ии|ию|ы|и|а|я|у|ю|е|о|ь)$"
)


def stem(word: str) -> str:
    """A folded Russian word without its ending, so that вагон, вагона and вагонов meet; others lose a plural s.

    >>> stem("зерновозы") == stem("зерновозов"), stem("пшеничная"), stem("containers")
    (True, 'пшеничн', 'container')
    """
    if word.isascii():
        return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
    return _ENDING.sub("", word)
