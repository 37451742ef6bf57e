"""Station codes (ESR, six digits) as spreadsheets leave them: without a zero, without the check digit, rounded.

The sixth digit follows from the five before it, so a lost one can be told; what a spreadsheet rounded away cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

_WHOLE = re.compile(r"'?(\d{1,7})(?:[.,]0+)?", re.ASCII)
_POWER = re.compile(r"(\d)(?:[.,](\d+))?e\+?(\d{1,2})", re.ASCII | re.IGNORECASE)
# A code that stands beside a name, with or without the word for it.
_BESIDE = re.compile(
    r"[\s,;:(\[]*(?:\b(?:код|еср|esr|code)\b[\s.:№]*)*(?<![\d.,])(\d{5,6})(?:[.,]0)?(?![\d.,]*\d)[)\]]?", re.IGNORECASE
)
LENGTH = 6
_FEWEST = 3  # Afghan stations have numbers 000xxx; two digits are no code


def check_digit(five: str) -> str:
    """The sixth digit of an ESR code: weights 1 to 5 modulo 11; where that is 10, weights 3 to 7; 0 where it is again.

    >>> check_digit("68400"), check_digit("66340")
    ('1', '4')
    """
    for first in (1, 3):
        rest = sum(int(digit) * (first + place) for place, digit in enumerate(five)) % 11
        if rest < 10:
            return str(rest)
    return "0"


def is_well_formed(code: str) -> bool:
    return len(code) == LENGTH and code.isdigit() and check_digit(code[:5]) == code[5]


@dataclass(frozen=True, slots=True)
class CodeReading:
    """Codes we know that some digits may be.

    Attributes:
        digits: as read; "" when a spreadsheet rounded them.
        codes: of ours that fit.
        sure: the digits are whole, so a single code may be taken as it stands.
        rounded: digits were lost that nothing brings back.
    """

    digits: str
    codes: tuple[str, ...]
    sure: bool = False
    rounded: bool = False


def read_code(text: str, known: Sequence[str]) -> CodeReading | None:
    """What a text made of digits alone may be; None when it is no such text.

    >>> known = ("684001", "663404", "000243")
    >>> read_code("684001.0", known), read_code("68400", known).codes, read_code("243", known).codes
    (CodeReading(digits='684001', codes=('684001',), sure=True, rounded=False), ('684001',), ('000243',))
    >>> read_code("6.84E+05", known).rounded, read_code("6.84001E+05", known).sure, read_code("Kostanay", known)
    (True, True, None)
    """
    bare = "".join(text.split())
    if whole := _WHOLE.fullmatch(bare):
        digits = whole[1]
        if len(digits) >= LENGTH:
            if digits in known:
                return CodeReading(digits, (digits,), sure=True)
            near = () if is_well_formed(digits) else tuple(c for c in known if _one_slip(digits, c))
            return CodeReading(digits, near)
        lost_check = (c for c in known if len(digits) == 5 and c[:5] == digits)
        lost_zeros = (c for c in known if len(digits) >= _FEWEST and c == digits.zfill(LENGTH))
        return CodeReading(digits, tuple(dict.fromkeys((*lost_check, *lost_zeros))))
    if power := _POWER.fullmatch(bare):
        return _from_power(power[1] + (power[2] or ""), int(power[3]), known)
    return None


def _from_power(mantissa: str, exponent: int, known: Iterable[str]) -> CodeReading | None:
    """A code a spreadsheet showed as 6.84E+05: whole only when no digit is missing."""
    if exponent > LENGTH:
        return CodeReading("", (), rounded=True)
    lost = exponent + 1 - len(mantissa.rstrip("0") if len(mantissa) > exponent + 1 else mantissa)
    if lost <= 0:
        digits = mantissa[: exponent + 1].zfill(LENGTH)
        found = tuple(c for c in known if c == digits)
        return CodeReading(digits, found, sure=exponent + 1 == LENGTH and bool(found))
    middle = Decimal(mantissa).scaleb(lost)
    half = Decimal(5).scaleb(lost - 1)
    return CodeReading("", tuple(c for c in known if middle - half <= int(c) < middle + half), rounded=True)


def _one_slip(typed: str, code: str) -> bool:
    """Two codes that differ in one digit, or by two neighbours swapped."""
    if len(typed) != len(code):
        return False
    apart = [place for place, (a, b) in enumerate(zip(typed, code, strict=True)) if a != b]
    if len(apart) == 2 and apart[1] == apart[0] + 1:
        return typed[apart[0]] == code[apart[1]] and typed[apart[1]] == code[apart[0]]
    return len(apart) == 1


def split_code(text: str) -> tuple[str, str]:
    """A name and the code beside it; ("…", "") where there is none, or no name.

    >>> split_code("ст. Костанай (код 684001)"), split_code("684001 Костанай"), split_code("684001")
    (('ст. Костанай', '684001'), ('Костанай', '684001'), ('684001', ''))
    """
    codes = list(_BESIDE.finditer(text))
    if len(codes) != 1:
        return text, ""
    name = (text[: codes[0].start()] + " " + text[codes[0].end() :]).strip(" ,;:-–—")
    return (name, codes[0][1]) if any(ch.isalpha() for ch in name) else (text, "")
