"""Bytes of a text file to text: byte order mark, strict UTF-8, UTF-16, then the likeliest of the old code pages.

An old code page never announces itself, and a few short cells are not much to go by. Each candidate is scored by what
it makes of the bytes: letters as frequent as in Russian, case as people write it, no Latin letter inside a Cyrillic
word. Only when none of them looks like language is charset-normalizer asked.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter

from optimizer.errors import DataError, Problem

SAMPLE_BYTES = 65_536
GUESS_BYTES = 16_384
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le BOM", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be BOM", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le BOM", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be BOM", "utf-16"),
)
# The likeliest first: on equal score the earlier wins. kz1048 is cp1251 with Kazakh letters.
_CANDIDATES = (
    "cp1251",
    "cp866",
    "kz1048",
    "cp1252",
    "cp1256",
    "cp1254",
    "cp1250",
    "koi8-r",
    "iso8859-5",
    "mac-cyrillic",
)
_PLAUSIBLE = 0.5  # below this a decoding does not look like any language we know
# Share of letters in Russian text, per thousand (a common count; the third figure does not matter here).
_RUSSIAN = dict(
    zip("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", (109, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14, 12, 10, 9, 7, 6, 5, 4, 3, 3, 1, 1), strict=True)
)  # fmt: skip
_KAZAKH = "әғқңөұүһі"
_ARABIC = "ابپتثجچحخدذرزژسشصضطظعغفقکكگلمنوهیيةءآأؤئ"
_LATIN = "äöüßçğışéèêáàâíîóôúûñåøæÄÖÜÇĞİŞÉ"
_SIGNS = "№«»–—’‘“”„…°±×§€•\u00a0₸·"
_HIGH_BYTES = (b"\0", b"\4", b"\6", b"\x20", b"\x21", b"\x25")  # Latin, Cyrillic, Arabic, signs, frames
_RULE = re.compile("[─═]{2}")
_WORD = re.compile(r"[^\W\d_]+")


def decode(raw: bytes, name: str, encoding: str = "") -> tuple[str, str, bool]:
    """(text, name of the encoding, some bytes are no letters) of a text file; such bytes come out as U+FFFD.

    Args:
        raw: the whole file.
        name: its name, for messages.
        encoding: what the user says it is, or "".

    Raises:
        DataError: the named encoding is unknown (`unknown_encoding`) or does not fit (`encoding`), or nothing fits.

    >>> decode("Груз;т".encode("cp866"), "a.csv")
    ('Груз;т', 'cp866', False)
    """
    if encoding:
        return _as_told(raw, name, encoding)
    for mark, shown, codec in _MARKS:
        if raw.startswith(mark):
            return _decoded(raw, codec, shown)
    if wide := _wide(raw):
        return _decoded(raw, wide, wide)
    text, _, broken = _decoded(raw, "utf-8", "utf-8")
    if not broken or _nearly_utf8(text):
        return text, "utf-8", broken
    found = guess(raw)
    if not found:
        raise DataError(
            [
                Problem(
                    "encoding", "the encoding is not recognised; save it as CSV UTF-8 or name the encoding", file=name
                )
            ]
        )
    return _decoded(raw, found, found)


def _decoded(raw: bytes, codec: str, shown: str) -> tuple[str, str, bool]:
    try:
        return raw.decode(codec), shown, False
    except UnicodeDecodeError:
        return raw.decode(codec, errors="replace"), shown, True


def _as_told(raw: bytes, name: str, encoding: str) -> tuple[str, str, bool]:
    shown = encoding.strip().lower()
    codec = shown.removesuffix(" bom")
    try:
        info = codecs.lookup(codec)
        if not info._is_text_encoding:
            raise LookupError(codec)
    except (LookupError, ValueError):
        text = f"the encoding {encoding!r} is unknown; name one such as utf-8, cp1251, cp866, utf-16-le"
        raise DataError([Problem("unknown_encoding", text, file=name)]) from None
    if info.name in ("utf-16-le", "utf-16-be", "utf-8"):  # these keep a mark as a character
        for mark, said, _ in _MARKS:
            if raw.startswith(mark) and said.startswith(info.name):
                raw, shown = raw[len(mark) :], said
    try:
        return raw.decode(info.name), shown, False
    except (UnicodeError, ValueError) as fault:
        where = f" (byte {fault.start})" if isinstance(fault, UnicodeDecodeError) else ""
        text = f"the file is not {encoding}{where}; leave the encoding out or name another"
        raise DataError([Problem("encoding", text, file=name)]) from fault


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte is one of the few high bytes of Latin, Cyrillic, Arabic, signs."""
    sample = raw[: SAMPLE_BYTES // 2 * 2]
    if len(sample) < 4:
        return ""
    little, big = (sum(half.count(byte) for byte in _HIGH_BYTES) / len(half) for half in (sample[1::2], sample[0::2]))
    if max(little, big) >= 0.97 and min(little, big) < 0.9 and b"\0" in sample:
        return "utf-16-le" if little > big else "utf-16-be"
    return ""


def _nearly_utf8(text: str) -> bool:
    """UTF-8 with a cut end or a broken byte here and there: at most one in twenty of its long characters."""
    sample = text[:SAMPLE_BYTES] if "\ufffd" in text[:SAMPLE_BYTES] else text
    broken = sample.count("\ufffd")
    return sum(c > "\x7f" for c in sample) - broken >= 20 * broken


def guess(raw: bytes) -> str:
    """The likeliest old code page, or ""."""
    sample = _letters_first(raw)
    scores = {}
    for codec in _CANDIDATES:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        scores[codec] = plausibility(text) + (0.5 / len(text) if codec == "cp1251" else 0)  # by far the commonest
    best = max(scores, key=scores.__getitem__, default="")
    if best and scores[best] >= _PLAUSIBLE:
        return best
    from charset_normalizer import from_bytes  # a rare case, and half of the start time

    match = from_bytes(sample).best()
    if match is None:
        return best
    found = match.encoding.replace("_", "-")
    return "cp866" if found == "cp1125" else found


def _letters_first(raw: bytes) -> bytes:
    """Lines that hold bytes above ASCII, up to the size of a sample: the others tell nothing."""
    lines, size = [], 0
    for line in raw[: 64 * SAMPLE_BYTES].splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > GUESS_BYTES:
                break
    return b"".join(lines)[:GUESS_BYTES]


def plausibility(text: str) -> float:
    """How much a decoding looks like text people write, from below 0 (rubbish) to about 1.

    >>> right, wrong = "Станция Костанай", "Станция Костанай".encode("cp1251").decode("koi8-r")
    >>> plausibility(right) > 0.8 > 0.5 > plausibility(wrong)
    True
    """
    high = Counter(c for c in text if c > "\x7f")
    # Frames say nothing of the letters; but a corner alone, without a rule, is a misread sign.
    framed = _RULE.search(text) is not None
    frame = {c for c in high if c in "│║" or (framed and "\u2500" <= c <= "\u257f")}
    total = high.total() - sum(high[c] for c in frame)
    if not total:
        return 1.0 if high else 0.0  # a drawn table alone
    score = 0.0
    for char, count in high.items():
        score += 0 if char in frame else count * _worth(char)
    for word in _WORD.findall(text):
        if not word.isascii():
            score -= _odd(word)
    # A frame's line never stands inside a word; a code page read wrongly puts it there.
    score -= 2 * len(re.findall(r"[^\W\d_][\u2500-\u259f]{1,2}[^\W\d_]", text))
    return score / total


def _worth(char: str) -> float:
    lower = char.lower()
    if share := _RUSSIAN.get(lower):
        return 1.0 if share >= 25 else 0.85 if share >= 5 else 0.3
    if lower in _KAZAKH:
        return 0.8
    if lower in _ARABIC:
        return 0.9
    if char in "№«»–":
        return 0.9
    if char in _LATIN or char in _SIGNS:
        return 0.7
    if "\x80" <= char <= "\x9f" or char == "\ufffd":
        return -3.0
    return -0.5


def _odd(word: str) -> float:
    """What is wrong with a word: capitals inside it, letters of two scripts, an impossible beginning."""
    inner = word[1:]
    odd = 0.0
    if not (word.islower() or word.isupper() or inner.islower()):
        odd += 0.8 * sum(a.islower() != b.islower() for a, b in zip(inner, inner[1:], strict=False)) + (
            0.5 * len(inner) if word[0].islower() else 0.3
        )
    scripts = {"c" if "\u0400" <= c <= "\u04ff" else "a" if "\u0600" <= c <= "\u06ff" else "l" for c in word}
    if len(scripts) > 1:
        odd += 1.0
    if word[0] in "ьъыЬЪ" and len(word) > 1:
        odd += 1.0
    return odd
