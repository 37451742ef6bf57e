"""Days as people type them: "25.11.26", "ноя-26", "01-10.12.2026", "1-я декада декабря", "4 кв. 2026", "ASAP".

Day comes before month, as in Kazakhstan and Russia; "05/12/2026" may also be American and says so (`ambiguous_order`).
A year of two digits is 20xx. A text without a year is resolved only when the caller says near which day it was written.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from optimizer.sheet.words import plain

ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
SERIALS = range(36526, 73051)  # 2000-01-01 .. 2100-01-01: other whole numbers are not taken for days


class DateFault(ValueError):
    """A text that is no day or period.

    Attributes:
        code: not_a_date, or impossible_day (30 February, month 13).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{text[:40]!r} cannot be read as a date")
        self.code = code


@dataclass(frozen=True, slots=True)
class Days:
    """A day or a period, both ends inside.

    Attributes:
        first, last: None when the year is missing and unknown, and for "ASAP" without a day to count from.
        precision: day, window, month, quarter, year or asap.
        no_year: the text names no year.
        two_digit_year: it names two digits of it.
        ambiguous_order: "05/12/2026"; day first was taken, `other` is the first day of the other reading.
        american: month first, told by a day above 12 or by `order`.
        serial: it was a day number of a spreadsheet.
        since, until: "с 10.12", "до 10.12": the period has this one end, which is `first` and `last`.
    """

    first: dt.date | None
    last: dt.date | None
    precision: str
    no_year: bool = False
    two_digit_year: bool = False
    ambiguous_order: bool = False
    other: dt.date | None = None
    american: bool = False
    serial: bool = False
    since: bool = False
    until: bool = False


# Months: Russian in all cases and cuts, English, Kazakh. A word counts whole, so "март" does not hide in "мартен".
_MONTHS = (
    r"янв(?:ар[ьяеюё]м?)?|jan(?:uary)?|қаңтар(?:да)?",
    r"февр?(?:ал[ьяею]м?)?|feb(?:r|ruary)?|ақпан(?:да)?",
    r"мар(?:т(?:а|е|у|ом)?)?|mar(?:ch)?|наурыз(?:да)?",
    r"апр(?:ел[ьяею]м?)?|apr(?:il)?|сәуір(?:де)?",
    r"ма[йяею]|маем|may|мамыр(?:да)?",
    r"июн[ьяею]?м?|jun(?:e)?|маусым(?:да)?",
    r"июл[ьяею]?м?|jul(?:y)?|шілде(?:де)?",
    r"авг(?:уст(?:а|е|у|ом)?)?|aug(?:ust)?|тамыз(?:да)?",
    r"сент?(?:ябр[ьяею]м?)?|sept?(?:ember)?|қыркүйек(?:те)?",
    r"окт(?:ябр[ьяею]м?)?|oct(?:ober)?|қазан(?:да)?",
    r"ноя(?:б|бр[ьяею]м?)?|nov(?:ember)?|қараша(?:да)?",
    r"дек(?:абр[ьяею]м?)?|dec(?:ember)?|желтоқсан(?:да)?",
)
_MONTH_WORDS = tuple(re.compile(words) for words in _MONTHS)
_WORD = r"(?P<word>[^\W\d_]{3,12})\.?"
_YEAR = r"(?P<year>\d{4}|\d{2})(?!\d)(?:\s*(?:г(?:од[ау]?)?\b\.?|ж\b\.?))?"
_WORD_YEAR = rf"{_WORD}(?:[\s\-.,/']*{_YEAR})?"
_DASH = r"\s*(?:-|\.\.\.?|…|по|до|to|till|until|и|and)\s*"
_DAY = r"(?P<day>\d{1,2})(?P<suffix>-?(?:го|е|st|nd|rd|th))?"

_TIME = re.compile(r"[t ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]m)?(?:z|[+-]\d{2}:?\d{2})?$")
_ISO = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?:г\.?)?")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})(\s?[./\-]\s?)(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?\s*(?:г(?:од[ау]?)?\.?)?")
_SERIAL = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")  # of a day number the hours may stand behind the point
_MONTH_ISO = re.compile(r"(\d{4})\s?[-./]\s?(\d{1,2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s?[-./]\s?(\d{4})(?:\s*г(?:од[ау]?)?\.?)?")
_DAY_WORD = re.compile(rf"{_DAY}[\s\-.]*(?:of\s+)?{_WORD_YEAR}")
_WORD_DAY = re.compile(rf"{_WORD}\s+{_DAY}(?:,?\s*(?P<year>\d{{4}}))?")
_WORD_ALONE = re.compile(_WORD_YEAR)
_TWO_DAYS = re.compile(
    rf"(?P<from>\d{{1,2}}){_DASH}(?P<tail>\d{{1,2}}\s?[./]\s?\d{{1,2}}.*|\d{{1,2}}[\s.\-]*[^\W\d_].*)"
)
_WORD_TWO_DAYS = re.compile(rf"{_WORD}\s*(?P<from>\d{{1,2}})\s*-\s*(?P<to>\d{{1,2}})(?:,?\s*(?P<year>\d{{4}}))?")
_QUARTER = re.compile(
    rf"(?:q\s?(?P<q1>[1-4])|(?P<q2>[1-4]|iv|i{{1,3}})(?:\s?-?[йые]+)?\s*(?:q|кв(?:артал[ае]?)?\b\.?))(?:[\s\-.,/']*{_YEAR})?"
)
_YEAR_ALONE = re.compile(r"(20\d{2})\s*(?:г(?:од[ау]?)?\b\.?)?")
_DECADE = re.compile(
    r"(?P<n>[123]|i{1,3}|перв\w+|втор\w+|трет\w+)[\s\-]*(?:я|ая|ой|ую)?\s*дек(?:ада|аде|аду|ады|\.)\s*(?P<rest>.+)"
)
_HALF = re.compile(
    r"(?P<n>[12]|i{1,2}|перв\w+|втор\w+|1st|2nd|first|second)[\s\-]*(?:я|ая|ой|ую)?\s*(?:пол(?:овин[аеуы]|\.)|half(?:\s+of)?|h)\s*(?P<rest>.+)"
)
_PART = re.compile(
    r"(?:в\s+)?(?P<part>нач(?:ал[оеу])?|сер(?:един[аеу])?|кон(?:ец|ц[еуа])|early|beginning|begin|mid(?:dle)?|late|end)\b\.?[\s\-]*(?:of\s+)?(?P<rest>.+)"
)
_SINCE = re.compile(r"(?:не ранее|после|с|со|from|after|since|not before)\s+(?P<rest>.+)")
_UNTIL = re.compile(r"(?:не позднее|до|по|until|till|by|before|not later than)\s+(?P<rest>.+)")
_ASAP = re.compile(
    r"asap|a\.s\.a\.p\.?|срочно!*|немедленно|сразу|по (?:мере )?готовности|готов[оаы]?|prompt|ready|promptly|spot|urgent|сейчас|"
    r"на складе|как можно (?:скорее|раньше)|в наличии|қазір|тез арада|فوری"
)
_PARTS = {
    **dict.fromkeys(("на", "be", "ea"), (1, 10)),
    **dict.fromkeys(("се", "mi"), (11, 20)),
    **dict.fromkeys(("ко", "en", "la"), (21, 31)),
}


def read_days(
    cell: str | Decimal | dt.date | dt.datetime, *, near: dt.date | None = None, order: str = "", date1904: bool = False
) -> Days:
    """The day or period a cell names.

    Args:
        cell: as typed, or a number (a spreadsheet's day number), or a date as a workbook holds it.
        near: the day the text was written; gives a year to "декабрь" (the first that ends on or after this day) and
            days to "ASAP" (this day).
        order: "dmy" or "mdy" when the rest of the file tells how "05/12/2026" is meant (see `date_order`).
        date1904: day numbers count from 1904, as in old Macintosh workbooks.

    Raises:
        DateFault: it names none, or an impossible one.

    >>> day = read_days("25.11.26")
    >>> day.first, day.precision, day.two_digit_year
    (datetime.date(2026, 11, 25), 'day', True)
    >>> window = read_days("01-10.12.2026")
    >>> str(window.first), str(window.last), window.precision
    ('2026-12-01', '2026-12-10', 'window')
    >>> month = read_days("декабрь", near=dt.date(2026, 11, 17))
    >>> str(month.first), str(month.last), month.no_year
    ('2026-12-01', '2026-12-31', True)
    >>> read_days("05/12/2026").ambiguous_order, read_days("4 кв. 2026").precision, read_days("ASAP").precision
    (True, 'quarter', 'asap')
    """
    if isinstance(cell, dt.datetime):
        return _day(cell.date())
    if isinstance(cell, dt.date):
        return _day(cell)
    if isinstance(cell, Decimal):
        return replace(_day(from_serial(cell, date1904=date1904)), serial=True)
    if len(cell) > 120:
        raise DateFault("not_a_date", cell)
    return _resolved(_read(cell, order, date1904), near)


def from_serial(number: Decimal | int, *, date1904: bool = False) -> dt.date:
    """The day of a spreadsheet's day number; hours are dropped.

    Raises:
        DateFault: before 1900, after 9999, or number 60 of the 1900 count, a 29 February that never was.

    >>> from_serial(46351), from_serial(44889, date1904=True)
    (datetime.date(2026, 11, 25), datetime.date(2026, 11, 25))
    """
    if not 0 <= number < 2_958_466 or (not date1904 and (number < 1 or int(number) == 60)):
        raise DateFault("impossible_day", str(number))
    whole = int(number)
    if date1904:
        return dt.date(1904, 1, 1) + dt.timedelta(days=whole)
    return dt.date(1899, 12, 31 if whole < 60 else 30) + dt.timedelta(days=whole)


def month_number(word: str) -> int:
    """Number of the month a word names in Russian, English or Kazakh; 0 for another word.

    >>> month_number("ноября"), month_number("дек."), month_number("Sept"), month_number("груз")
    (11, 12, 9, 0)
    """
    bare = word.lower().rstrip(".")
    return next((n for n, words in enumerate(_MONTH_WORDS, 1) if words.fullmatch(bare)), 0)


def date_order(texts: Iterable[str]) -> str:
    """How a file writes its slashed days: "dmy", "mdy", or "" when it does not tell or tells both.

    >>> date_order(["05/12/2026", "25/11/2026"]), date_order(["11/25/2026"]), date_order(["05/12/2026"])
    ('dmy', 'mdy', '')
    """
    seen = set()
    for text in texts:
        if match := re.fullmatch(r"\s*(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}\b.*", text):
            first, second = int(match[1]), int(match[2])
            seen |= {"dmy"} if 12 < first <= 31 else {"mdy"} if 12 < second <= 31 else set()
    return seen.pop() if len(seen) == 1 else ""


# --- reading; a Days without a year is carried in the year 4 (a leap year long before all trade) until `near` is known

NO_YEAR = 4


@lru_cache(maxsize=4096)
def _read(text: str, order: str, date1904: bool) -> Days:
    shown = " ".join(plain(text).lower().replace("ё", "е").split()).strip(" ,;")
    shown = _TIME.sub("", shown).strip()
    if _ASAP.fullmatch(shown):
        return Days(None, None, "asap")
    if match := _SERIAL.fullmatch(shown):
        if int(match[1]) not in SERIALS:
            raise DateFault("not_a_date", text)
        return replace(_day(from_serial(int(match[1]), date1904=date1904)), serial=True)
    try:
        found = _part(shown) or _single(shown, order) or _window(shown, order)
    except ValueError as fault:
        raise DateFault("impossible_day", text) from fault
    if found is None:
        raise DateFault("not_a_date", text)
    return found


def _single(shown: str, order: str) -> Days | None:
    """A day, month, quarter or year."""
    if match := _ISO.fullmatch(shown) or _COMPACT.fullmatch(shown):
        groups = [g for g in match.groups() if g.isdigit()]
        return _day(dt.date(*map(int, groups)))
    if match := _MONTH_ISO.fullmatch(shown):
        return _month(match[1], int(match[2]))
    if match := _MONTH_YEAR.fullmatch(shown):
        return _month(match[2], int(match[1]))
    if match := _NUMERIC.fullmatch(shown):
        return _numeric(match, order)
    if match := _QUARTER.fullmatch(shown):
        start = 3 * ROMAN[match["q1"] or match["q2"]] - 2
        first, last = _month(match["year"], start), _month(match["year"], start + 2)
        return replace(first, last=last.last, precision="quarter")
    if match := _YEAR_ALONE.fullmatch(shown):
        return Days(dt.date(int(match[1]), 1, 1), dt.date(int(match[1]), 12, 31), "year")
    if (match := _DAY_WORD.fullmatch(shown)) and (month := month_number(match["word"])):
        return _with_year(match["year"], month, int(match["day"]))
    if (match := _WORD_DAY.fullmatch(shown)) and match["word"].isascii() and (month := month_number(match["word"])):
        if match["year"] or match["suffix"] or not 20 <= int(match["day"]) < 40:
            return _with_year(match["year"], month, int(match["day"]))
        found = _month(match["day"], month)  # "Dec 26": of 2026, or the day after Christmas?
        doubt = int(match["day"]) <= 31
        return replace(
            found,
            ambiguous_order=doubt,
            other=found.first.replace(day=int(match["day"])) if doubt and found.first else None,
        )
    if (match := _WORD_ALONE.fullmatch(shown)) and (month := month_number(match["word"])):
        return _month(match["year"], month)
    return None


def _numeric(match: re.Match[str], order: str) -> Days | None:
    """ "25.11.2026", "5/12/26", "25.11"."""
    one, mark, two, year = int(match[1]), match[2].strip(), int(match[3]), match[4]
    if mark == "-" and year is None:
        return None
    day, month, american = one, two, False
    if mark != "." and (order == "mdy" or two > 12) and one <= 12:
        day, month, american = two, one, True
    found = replace(_with_year(year, month, day), american=american)
    if mark != "." and not order and max(one, two) <= 12 and one != two:
        return replace(found, ambiguous_order=True, other=_with_year(year, day, month).first)
    return found


def _window(shown: str, order: str) -> Days | None:
    """Two ends, or one end of an open period."""
    if match := _WORD_TWO_DAYS.fullmatch(shown):
        month = month_number(match["word"])
        if month and 1 <= int(match["from"]) < int(match["to"]) <= 31:
            return _joined(
                _with_year(match["year"], month, int(match["from"])), _with_year(match["year"], month, int(match["to"]))
            )
    bare = re.sub(r"^(?:с|со|from|between)\s+", "", shown)
    if match := _TWO_DAYS.fullmatch(bare):
        last = _single(match["tail"], order)
        if (
            last is not None
            and last.precision == "day"
            and last.first is not None
            and int(match["from"]) <= last.first.day
        ):
            return _joined(replace(last, first=last.first.replace(day=int(match["from"]))), last)
    for dash in re.finditer(rf"{_DASH}|\s*/\s*", bare):
        left, right = bare[: dash.start()].strip(), bare[dash.end() :].strip()
        if len(left) < 3 or len(right) < 3:
            continue
        try:
            first, last = _single(left, order), _single(right, order)
        except ValueError:
            continue
        if first and last and (first.no_year or not last.no_year):
            return _joined(first, last)
    for name, pattern in (("since", _SINCE), ("until", _UNTIL)):
        if match := pattern.fullmatch(shown):
            end = _part(match["rest"]) or _single(match["rest"], order)
            if end is not None:
                day = end.first if name == "since" else end.last
                return replace(
                    end, first=day, last=day, precision="window", since=name == "since", until=name == "until"
                )
    return None


def _joined(first: Days, last: Days) -> Days:
    """A window from the beginning of one to the end of the other; a missing first year is the other's, or the one before."""
    assert first.first is not None and last.last is not None and last.first is not None
    start = first.first
    if first.no_year and not last.no_year:
        start = start.replace(year=last.last.year)
        if start > last.last:
            start = start.replace(year=last.last.year - 1)
    end = last.last
    if first.no_year and last.no_year and start > end:
        end = end.replace(year=end.year + 1)
    if start > end:
        raise ValueError("the end is before the beginning")
    return replace(
        last,
        first=start,
        last=end,
        precision="window",
        two_digit_year=first.two_digit_year or last.two_digit_year,
        ambiguous_order=first.ambiguous_order or last.ambiguous_order,
        other=first.other or last.other,
    )


def _part(shown: str) -> Days | None:
    """A part of a month: "начало декабря", "1-я декада декабря", "2-я половина декабря"."""
    for pattern in (_DECADE, _HALF, _PART):
        match = pattern.fullmatch(shown)
        whole = _single(match["rest"].removeprefix("месяца").strip(), "") if match else None
        if match is None or whole is None or whole.precision != "month":
            continue
        assert whole.first is not None and whole.last is not None
        if pattern is _PART:
            low, high = _PARTS[match["part"][:2]]
        else:
            number = ROMAN.get(match["n"].rstrip("stnd")) or {"п": 1, "f": 1, "в": 2, "s": 2, "т": 3}[match["n"][0]]
            size = 10 if pattern is _DECADE else 15
            low, high = size * number - size + 1, size * number if number * size < 30 else 31
        return replace(
            whole,
            first=whole.first.replace(day=low),
            last=whole.first.replace(day=min(high, whole.last.day)),
            precision="window",
        )
    return None


def _day(day: dt.date) -> Days:
    return Days(day, day, "day")


def _with_year(year: str | None, month: int, day: int) -> Days:
    number = NO_YEAR if year is None else int(year) + (2000 if len(year) == 2 else 0)
    return replace(
        _day(dt.date(number, month, day)), no_year=year is None, two_digit_year=year is not None and len(year) == 2
    )


def _month(year: str | None, month: int) -> Days:
    found = _with_year(year, month, 1)
    assert found.first is not None
    return replace(
        found, last=found.first.replace(day=calendar.monthrange(found.first.year, month)[1]), precision="month"
    )


def _resolved(days: Days, near: dt.date | None) -> Days:
    if days.precision == "asap":
        return replace(days, first=near, last=near)
    if not days.no_year:
        return days
    if near is None or days.first is None or days.last is None:
        return replace(days, first=None, last=None, other=None)
    for year in range(near.year - 1, near.year + 9):
        try:
            last = days.last.replace(year=year + days.last.year - days.first.year)
            first = days.first.replace(year=year)
        except ValueError:  # 29 February: of the next leap year, unless it is the end of a month
            if days.precision == "day":
                continue
            first = days.first.replace(year=year)
            last = dt.date(year, 2, 28)
        if last >= near:
            return replace(days, first=first, last=last, other=days.other and days.other.replace(year=year))
    raise DateFault("impossible_day", str(days.first))
