"""Facts in the free text beside a row: wagons, terms of sale, doubts, dates of a telegram."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from optimizer.intake.words import key, tidy

TERMS = ("EXW", "FCA", "FOB", "CFR", "CPT", "DAP", "CIF", "CIP", "DAF", "FAS", "DDP")
_TERM = re.compile(r"(?<![A-Za-z])(" + "|".join(TERMS) + r")(?![A-Za-z])", re.IGNORECASE)
_RETURN = re.compile(
    r"(возврат\w*|сдача|return)\b[^.;]*?\b(порож\w*|empt\w*)|порож\w*\s+(возврат|пробег)|empty return", re.IGNORECASE
)
_PAYER = re.compile(
    r"(плат[её]ж\w*|оплат\w*|экспедиторск\w*)\s+код|код\w*\s+(оплат|плательщ)|подкод|payer code|payment code|экспед\w* код",
    re.IGNORECASE,
)
_BORDER = re.compile(
    r"(границ\w*|переход\w*|border|crossing)[^.;]*(закрыт|закроют|closed|shut|\?)|(закрыт|closed|shut)[^.;]*(границ|переход|border|crossing)",
    re.IGNORECASE,
)
_TWICE = re.compile(r"\bдубл\w*|\bповтор\w*|duplicate|\bdup\b|same as|см\. (стр|№)", re.IGNORECASE)
_OPEN = re.compile(
    r"\?|уточн|tbc\b|tba\b|to be (confirmed|advised)|под вопросом|не ясно|неясно|неизвест|clarify|check with",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:если|кроме|при условии|только|не (?:везти|грузить|через|ранее|позднее|более)|обязательно|исключ\w*|"
    r"if|unless|except|only|provided|subject to|must|not via|avoid|do not)\b",
    re.IGNORECASE,
)
_DATE = r"(\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})"
_SINCE = re.compile(
    rf"(?:^|\b)(?:с|from|since|effective|effective from|w\.?e\.?f\.?|начиная с|действ\w*\.?(?:\s+с)?|valid from)\s*:?\s*{_DATE}",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    rf"(?:\b|^)(?:по|до|until|till|to|through|thru|valid until|valid to|expir\w*)\s*:?\s*{_DATE}", re.IGNORECASE
)
_ISSUED = re.compile(
    rf"(?:тлг|телеграмм\w*|тел\.|письм\w*|telegram|letter|cable|док\w*|приказ\w*|протокол\w*)\.?[^.;]*?(?:от|of|dated|dd\.?|from)\s*{_DATE}",
    re.IGNORECASE,
)
_BACKDATED = re.compile(r"задним числом|ретроактив|retroactive|backdated|с обратной силой", re.IGNORECASE)
_DOCUMENT = re.compile(r"(?:тлг|телеграмм\w*|telegram|письм\w*|letter|приказ\w*|протокол\w*)\.?\s*[^;]*", re.IGNORECASE)
_RAILWAYS = (
    (re.compile(r"\b(ктж|кзх|ktz|казахстан\w* ж)\b"), "KTZ"),
    (re.compile(r"\b(трк|tdy|туркм\w* ж\w*)\b"), "TDY"),
    (re.compile(r"\b(узб|ути|uty|ужд)\b"), "UTY"),
    (re.compile(r"\b(раи|rai|иржд)\b"), "RAI"),
    (re.compile(r"\b(афг|ara|афжд)\b"), "ARA"),
    (re.compile(r"\b(ржд|rzd)\b"), "RZD"),
    (re.compile(r"\b(кржд|cr|кжд)\b"), "CR"),
    (re.compile(r"\b(азжд|ady|азр)\b"), "ADY"),
    (re.compile(r"\b(пакжд|pr)\b"), "PR"),
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a remark says.

    Attributes:
        basis: the one Incoterm named; bases: all of them.
        basis_open: several terms, or one with a question mark.
        empty_return, payer_codes, border_doubt, duplicate: the remark speaks of it.
        condition: it binds the carriage to something ("если через Серахс", "subject to space").
        open: it asks something nothing else here explains.
        since, until, issued: days of validity and of the document, as typed.
    """

    basis: str = ""
    bases: tuple[str, ...] = ()
    basis_open: bool = False
    empty_return: bool = False
    payer_codes: bool = False
    border_doubt: bool = False
    duplicate: bool = False
    open: bool = False
    condition: bool = False
    since: str = ""
    until: str = ""
    issued: str = ""
    backdated: bool = False
    document: str = ""
    carriers: tuple[str, ...] = ()


@lru_cache(maxsize=16384)
def remark_in(text: str) -> Remark:
    """
    >>> r = remark_in("FOB или CFR? уточн."); r.bases, r.basis_open
    (('FOB', 'CFR'), True)
    >>> r = remark_in("изм. задним числом с 15.10.2026, тлг от 09.11.2026"); r.since, r.issued, r.backdated
    ('15.10.2026', '09.11.2026', True)
    >>> remark_in('возврат порожних в "Алматы-1" включить').empty_return, remark_in("граница закрыта??").border_doubt
    (True, True)
    """
    plain = tidy(text)[:2000]
    if not plain:
        return Remark()
    bases = tuple(dict.fromkeys(term.upper() for term in _TERM.findall(plain)))
    asks = _OPEN.search(plain) is not None
    border, twice = _BORDER.search(plain) is not None, _TWICE.search(plain) is not None
    since, until, issued = _SINCE.search(plain), _UNTIL.search(plain), _ISSUED.search(plain)
    document = _DOCUMENT.search(plain)
    return Remark(
        basis=bases[0] if len(bases) == 1 else "",
        bases=bases,
        basis_open=len(bases) > 1 or (len(bases) == 1 and asks),
        empty_return=_RETURN.search(plain) is not None,
        payer_codes=_PAYER.search(plain) is not None,
        border_doubt=border,
        duplicate=twice,
        open=asks and not border and not twice and not bases,
        condition=_CONDITION.search(plain) is not None,
        since=since[1] if since else "",
        until=until[1] if until else "",
        issued=issued[1] if issued else "",
        backdated=_BACKDATED.search(plain) is not None,
        document=document[0].strip(" ,.;") if document else "",
        carriers=carriers_in(plain),
    )


def carriers_in(text: str) -> tuple[str, ...]:
    """Railways a text names, by our ids.

    >>> carriers_in("Ставки КТЖ+ТРК транзит"), carriers_in("за ваг. по ТРК"), carriers_in("трком")
    (('KTZ', 'TDY'), ('TDY',), ())
    """
    words = key(text)
    return tuple(name for pattern, name in _RAILWAYS if pattern.search(words))


def day_in(text: str) -> dt.date | None:
    """A day as a document prints it, day first.

    >>> day_in("09.11.2026"), day_in("30.11.26"), day_in("31.02.2026")
    (datetime.date(2026, 11, 9), datetime.date(2026, 11, 30), None)
    """
    from optimizer.intake.cells import day

    return day(text).first if text else None
