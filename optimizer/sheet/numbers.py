"""Numbers as people type them: "1 214,50", "1.309,20", "25,000.00", "5-6 тыс. тн", "(35,5)", "۱٬۳۴۰٫۵".

A number keeps the text around it, so that a unit ("т", "USD") or a second number ("x1 640") is not lost. Where a
number can be read in two ways ("10.000", "1,214"), one reading is taken and the other is given beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from optimizer.sheet.words import plain

MAX_TEXT = 500  # longer text is prose; a number in it says little
MAX_DIGITS = 18
MAX_EXPONENT = 15


class NumberFault(ValueError):
    """A text that is no number.

    Attributes:
        code: not_a_number (no number in it, or a date or code), number_not_finite (NaN, Infinity),
            number_out_of_range (1e999), number_too_long (too many digits, or a whole paragraph).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{text[:40]!r} cannot be read as a number")
        self.code = code


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a range of numbers, and what stood around it.

    Attributes:
        low, high: ends of the range; equal for one number. Scale words ("тыс.") are multiplied in.
        before: text before it ("$", "фрахт"), without words that only say "about", "from", "not more than".
        rest: text after it: the unit and all else.
        scale: what a scale word multiplied by: 1, 1000 ("тыс.", "k"), 10**6 ("млн") or 10**9.
        approximate: "~", "около", "approx." stood before it.
        at_least, at_most: "от 5", ">5", "не менее 5"; "до 6", "max 6" with no other end.
        ambiguous: it can be read in two ways, and nothing said which; `other` is the reading of `low` not taken.
        dot_thousands, comma_thousands: the dot (the comma) was read as a mark of thousands.
        scientific: it was written with an exponent ("7.56E+05"): a spreadsheet may have cut digits off.
    """

    low: Decimal
    high: Decimal
    before: str = ""
    rest: str = ""
    scale: int = 1
    approximate: bool = False
    at_least: bool = False
    at_most: bool = False
    ambiguous: bool = False
    other: Decimal | None = None
    dot_thousands: bool = False
    comma_thousands: bool = False
    scientific: bool = False

    @property
    def is_range(self) -> bool:
        return self.low != self.high


# One number. It never begins or ends in the middle of a longer run of digits and marks, so "01.12.2026" holds none.
_TOKEN = r"""
    (?<![\d]) (?<![\d][.,'٫])
    (?: (?P<space>\d{1,3}(?:[ ]\d{3})+(?!\d))
      | (?P<apostrophe>\d{1,3}(?:'\d{3})+(?!\d))
      | (?P<dot>\d{1,3}(?:\.\d{3})+(?!\d))
      | (?P<comma>\d{1,3}(?:,\d{3})+(?!\d))
      | (?P<lakh>\d{1,2}(?:,\d{2})+,\d{3}(?!\d))
      | (?P<plain>\d+)
      | (?=[.,]\d)
    )
    (?P<fraction>[.,٫]\d+)?
    (?: [eEеЕ](?P<exponent>[+-]?\d+) )?
    (?! [.,'٫]?\d )
"""
_NUMBER = re.compile(_TOKEN, re.VERBOSE)
_NO_CENTS = re.compile(r"[.,]\s?-{1,3}(?!\d)")  # "3 120,-"
_DASH = re.compile(r"\s*(?:-{1,2}|\.{2,3}|…|÷|\bдо\b|\bпо\b|\bto\b|\band\b)\s*")
_SCALES = (
    (re.compile(r"\s*(?:тыс(?:яч[аиу]?)?\b\.?|thousand\b|thou\b\.?|мың\b|هزار)", re.IGNORECASE), 1000),
    (re.compile(r"[kк](?![^\W\d_])", re.IGNORECASE), 1000),
    (re.compile(r"\s*(?:млн\b\.?|миллион(?:а|ов)?\b|mln\b\.?|mio\b\.?|millions?\b|میلیون)", re.IGNORECASE), 10**6),
    (re.compile(r"\s*(?:млрд\b\.?|миллиард(?:а|ов)?\b|bln\b\.?|billions?\b)", re.IGNORECASE), 10**9),
)
_ABOUT = re.compile(
    r"(?:[~≈≃∼≅]|\b(?:около|ок|прим(?:ерно)?|приблизительно|порядка|approx(?:imately)?|about|circa|ca|abt|шамамен)\b\.?|حدود)\s*$",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"(?:[>≥]=?|\b(?:от|from|between|min|мин|не менее|не меньше|свыше|более|at least|over)\b\.?)\s*$", re.IGNORECASE
)
_MOST = re.compile(r"(?:[<≤]=?|\b(?:до|макс|max|не более|не больше|up to|at most|under)\b\.?)\s*$", re.IGNORECASE)
_SIGN = re.compile(r"(?:^|(?<=[\s($€₸₽£¥:=~≈]))([+-])\s?$")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|∞|бесконечность)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Token:
    """One number as matched: both readings where there are two, and which mark meant what."""

    value: Decimal
    other: Decimal | None
    thousands: str
    decimal: str
    scientific: bool
    start: int
    end: int


def read_number(text: str, *, decimal: str = "") -> Number:
    """The first number in a cell.

    Args:
        text: the cell, as typed.
        decimal: the decimal mark of the rest of the file, "," or "." (see `decimal_style`), or "" when unknown. It
            decides "10.000" and "1,214"; without it they are flagged, a dot taken for thousands, a comma for decimals.

    Raises:
        NumberFault: there is none, or it is absurd.

    >>> read_number("1.309,20").low, read_number("25,000.00").low, read_number("2 845").low, read_number("3 120,-").low
    (Decimal('1309.20'), Decimal('25000.00'), Decimal('2845'), Decimal('3120'))
    >>> lot = read_number("5-6 тыс. тн")
    >>> lot.low, lot.high, lot.rest
    (Decimal('5000'), Decimal('6000'), 'тн')
    >>> odd = read_number("10.000 т")
    >>> odd.low, odd.other, odd.ambiguous, read_number("10.000 т", decimal=",").ambiguous
    (Decimal('10000'), Decimal('10.000'), True, False)
    >>> read_number("(35,5)").low, read_number("~ 9 тыс.тн").approximate, read_number("2x1 640").rest
    (Decimal('-35.5'), True, 'x1 640')
    """
    if len(text) > MAX_TEXT:
        raise NumberFault("number_too_long", text)
    return _read(text, decimal)


@lru_cache(maxsize=4096)
def _read(text: str, decimal: str) -> Number:
    shown = plain(text)
    if _NOT_FINITE.fullmatch(shown.strip()):
        raise NumberFault("number_not_finite", text)
    first = _scan(shown, 0, decimal)
    before, sign, flags = _before(shown, first.start)
    end, scale = _after(shown, first.end)
    low = high = first.value * sign
    second = None if sign < 0 else _second(shown, end, decimal)
    other = None if first.other is None else first.other * sign
    if second is not None:
        second_end, second_scale = _after(shown, second.end)
        # "5-6 тыс": the word belongs to both; in "500 - 1 тыс" it cannot.
        shared = second_scale if scale == 1 and low <= second.value else scale
        far = second.value * second_scale / shared
        # "10-5", "25-11-2026" and "1-2-3" are dates and codes, not ranges.
        if low > far or re.match(r"\s*[-./]\s*\d", shown[second_end:]):
            second = None
        else:
            end, scale, high = second_end, shared, far
            if other is None and second.other is not None:
                other = low
            if low * 100 < high:  # "5-6 000": five, or five thousand?
                other = low * 1000
            flags["at_least"] = flags["at_most"] = False
    if before == "(" and (closed := re.match(r"\s*\)", shown[end:])):
        low, high, other = -high, -low, None if other is None else -other
        before = ""
        end, later = _after(shown, end + closed.end())
        scale = later if scale == 1 else scale
    low, high = low * scale, high * scale
    marks = {first.thousands} | ({second.thousands} if second else set())
    return Number(
        low,
        high,
        before=text[: len(before)].strip(),
        rest=text[end:].strip(),
        scale=scale,
        ambiguous=other is not None,
        other=None if other is None else other * scale,
        dot_thousands="." in marks,
        comma_thousands="," in marks,
        scientific=first.scientific,
        **flags,
    )


def _scan(shown: str, start: int, decimal: str, *, at_start: bool = False) -> _Token:
    match = _NUMBER.match(shown, start) if at_start else _NUMBER.search(shown, start)
    if match is None or match.end() == match.start():
        raise NumberFault("not_a_number", shown)
    kind = match.lastgroup if match.lastgroup not in ("fraction", "exponent") else None
    kind = kind or next((k for k in ("space", "apostrophe", "dot", "comma", "lakh", "plain") if match[k]), "plain")
    whole, fraction = match[kind] or "0", match["fraction"] or ""
    exponent = int(match["exponent"] or 0) if len(match["exponent"] or "") < 6 else MAX_EXPONENT + 1
    if sum(c.isdigit() for c in match[0]) > MAX_DIGITS:
        raise NumberFault("number_too_long", shown)
    if abs(exponent) > MAX_EXPONENT:
        raise NumberFault("number_out_of_range", shown)
    mark = {"space": " ", "apostrophe": "'", "dot": ".", "comma": ",", "lakh": ",", "plain": ""}[kind]
    if mark and fraction[:1] == mark:
        raise NumberFault("not_a_number", shown)
    grouped = Decimal(re.sub(r"\D", "", whole) + ("." + fraction[1:] if fraction else "")).scaleb(exponent)
    if kind not in ("dot", "comma") or fraction or whole.count(mark) > 1:
        # Scaled ones are written out: 7.56E+05 is 756000.
        value = Decimal(f"{grouped:f}") if match["exponent"] else grouped
        return _Token(value, None, mark, fraction[:1], bool(match["exponent"]), match.start(), match.end())
    split = Decimal(whole.replace(",", ".")).scaleb(exponent)
    if whole.startswith("0") or match["exponent"] or decimal == mark:
        return _Token(Decimal(f"{split:f}"), None, "", mark, bool(match["exponent"]), match.start(), match.end())
    if decimal:
        return _Token(grouped, None, mark, "", False, match.start(), match.end())
    taken, other = (grouped, split) if mark == "." else (split, grouped)
    return _Token(taken, other, mark if mark == "." else "", "", False, match.start(), match.end())


def _before(shown: str, start: int) -> tuple[str, int, dict[str, bool]]:
    """What stands before the number: text, sign, and what its words say."""
    before, sign = shown[:start], 1
    if match := _SIGN.search(before):
        before, sign = before[: match.start()], -1 if match[1] == "-" else 1
    flags = {"approximate": False, "at_least": False, "at_most": False}
    found = True
    while found:
        found = False
        for name, pattern in (("approximate", _ABOUT), ("at_most", _MOST), ("at_least", _LEAST)):
            if match := pattern.search(before):
                before, flags[name], found = before[: match.start()], True, True
    return before.strip() and before.rstrip(), sign, flags


def _after(shown: str, end: int) -> tuple[int, int]:
    """Where the number ends once ",-" and a scale word are taken in, and that scale."""
    if match := _NO_CENTS.match(shown, end):
        end = match.end()
    for pattern, scale in _SCALES:
        if match := pattern.match(shown, end):
            return match.end(), scale
    return end, 1


def _second(shown: str, end: int, decimal: str) -> _Token | None:
    """The other end of a range, if the text goes on with a dash and a number."""
    dash = _DASH.match(shown, end)
    if dash is None:
        return None
    try:
        return _scan(shown, dash.end(), decimal, at_start=True)
    except NumberFault:
        return None


def decimal_style(texts: Iterable[str]) -> str:
    """The decimal mark a file uses: a vote of the numbers that leave no doubt.

    >>> decimal_style(["1 214,50", "0,50", "1.309,20", "10.000"]), decimal_style(["25,000.00", "3.5"]), decimal_style(["7"])
    (',', '.', '')
    """
    votes: Counter[str] = Counter()
    for text in texts:
        if ("," in text or "." in text) and len(text) < 40:
            votes[_vote(text)] += 1
    comma, dot = votes[","], votes["."]
    return "" if comma == dot else "," if comma > dot else "."


@lru_cache(maxsize=4096)
def _vote(text: str) -> str:
    shown = plain(text)
    try:
        token = _scan(shown, 0, "")
    except NumberFault:
        return ""
    around = shown[: token.start] + shown[token.end :]
    if token.other is not None or any(c.isdigit() for c in around):  # a date, a dimension, a remark
        return ""
    if token.decimal in (",", "."):
        return token.decimal
    return {",": ".", ".": ","}.get(token.thousands, "")
