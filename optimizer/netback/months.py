"""The month or day a trader writes beside an offer.

    2026-12-05                       a day
    2026-12, 12.2026, 12/2026        a month
    Dec 2026, Dec-26, December 2026  a month in English
    дек.26, дек 2026, декабрь 2026   a month in Russian: ноя-26, нояб. 2026, мая 2027

A year of two digits is 20xx. 05.12.2026 is the fifth of December (day first, as in Kazakhstan and Russia); 05/12/2026
is refused, because it is also the twelfth of May.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from optimizer.errors import RequestError

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RUSSIAN = ("янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_NUMBER_OF = {
    **{word: n for n, word in enumerate(_ENGLISH, 1)},
    **{word: n for n, word in enumerate(_RUSSIAN, 1)},
    "май": 5,
}
_WHOLE = {
    *(name.lower() for name in calendar.month_name if name),
    *(
        "январь",
        "февраль",
        "март",
        "апрель",
        "май",
        "июнь",
        "июль",
        "август",
        "сентябрь",
        "октябрь",
        "ноябрь",
        "декабрь",
    ),
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября"),
    *("декабря", "sept", "нояб", "сент", "февр"),
}
_WORDS = re.compile(r"([^\W\d_]+)\.?[\s\-.,/']*(\d{2}|\d{4})(?:\s*(?:г|год|г\.))?", re.UNICODE)
HINT = "Write a day 2026-12-05 or a month 2026-12, Dec 2026, дек.26, ноя-26."


@dataclass(frozen=True, slots=True)
class Loading:
    """When the goods are loaded: from `first` to `last`, one day or a calendar month."""

    first: dt.date
    last: dt.date

    @property
    def month(self) -> bool:
        return self.first != self.last

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}" if self.month else self.first.isoformat()


def parse_loading(text: str, field: str = "month") -> Loading:
    """The day or month a cell names.

    Raises:
        RequestError: it is neither, or could be read in two ways.

    >>> str(parse_loading("ноя-26")), str(parse_loading("Dec 2026")), str(parse_loading("2026-12-05"))
    ('2026-11', '2026-12', '2026-12-05')
    """
    plain = " ".join(text.split()).lower()
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]0?0:00(?::00)?)?", plain, re.ASCII):
            day = dt.date(int(match[1]), int(match[2]), int(match[3]))
            return Loading(day, day)
        if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", plain, re.ASCII):
            day = dt.date(int(match[3]), int(match[2]), int(match[1]))
            return Loading(day, day)
        if match := re.fullmatch(r"(\d{4})[-./](\d{1,2})", plain, re.ASCII):
            return _month(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{1,2})[-./](\d{4})", plain, re.ASCII):
            return _month(int(match[2]), int(match[1]))
    except ValueError:
        raise _bad(text, field, "There is no such day.") from None
    match = _WORDS.fullmatch(plain)
    number = _number(match[1]) if match else 0
    if match and number:
        year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
        return _month(year, number)
    if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{2,4}", plain, re.ASCII):
        raise _bad(text, field, "Day and month could be either way round.")
    raise _bad(text, field)


def _number(word: str) -> int:
    """Number of the month a word names: its usual three letters or its whole name; 0 for another word."""
    if word in _NUMBER_OF or word in _WHOLE:
        return _NUMBER_OF[word[:3]]
    return 0


def _month(year: int, number: int) -> Loading:
    first = dt.date(year, number, 1)
    return Loading(first, first.replace(day=calendar.monthrange(year, number)[1]))


def _bad(text: str, field: str, why: str = "") -> RequestError:
    what = f"{text[:40]!r} is not a day or a month."
    return RequestError(f"{what} {why}".strip(), code="bad_month", field=field, hint=HINT)
