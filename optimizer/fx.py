"""Exchange rates: our own table, and the user's file of rates (`--fx FILE`).

One row is units of a currency for one USD on a day. How a rate is chosen for a conversion is in
`optimizer.money`; here rows are only read and checked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import DataError, ProblemList
from optimizer.money import DEFAULT_KIND, ExchangeRates, RateRow
from optimizer.validity import parse_from

KINDS = ("market", "official", "parallel", "interbank")
TABLE = "fx/rates.csv"

# Outside these bounds a rate is a slip of the pen or would vanish when two rates are divided to 8 digits.
LOWEST, HIGHEST = Decimal("0.0001"), Decimal(1_000_000_000)

_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?", re.ASCII)
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


def read_rates(root: Traversable | Path | None = None) -> ExchangeRates:
    """Our own exchange rates.

    Args:
        root: a folder that holds `fx/rates.csv`; None is the package `seeds`.
    Raises:
        DataError: a cell cannot be read; every faulty row is told.

    >>> from datetime import date
    >>> read_rates().quote("CHF", "USD", date(2025, 11, 25)).kind
    'official'
    """
    where = tables.data_file("seeds", TABLE) if root is None else root.joinpath(*TABLE.split("/"))
    name = f"seeds/{TABLE}"
    raw = tables.read_bytes(where)
    problems = ProblemList()
    rows: list[RateRow] = []
    listed = list(tables.rows_of(tables.decode(raw, name), name))
    tables.require_columns(listed, ("currency", "per_usd", "date", "kind", "source_id", "status"), name)
    for line, cells in listed:
        try:
            day = _day(cells["date"])
            rate = Decimal(cells["per_usd"])
        except (ValueError, InvalidOperation):
            problems.add(
                "bad_rate",
                f"rate {cells['per_usd']!r} of {cells['currency']} on {cells['date']!r} cannot be read; "
                "write a number and a date YYYY-MM-DD or YYYY-MM",
                file=name,
                line=line,
            )
            continue
        if not (rate.is_finite() and rate > 0) or not cells["source_id"] or cells["kind"] not in KINDS:
            problems.add(
                "bad_rate",
                f"rate {cells['per_usd']!r} of {cells['currency']} needs to be above 0, with a source and a kind "
                f"out of {', '.join(KINDS)}",
                file=name,
                line=line,
            )
            continue
        rows.append(RateRow(cells["currency"], rate, day, cells["kind"], cells["source_id"]))
    problems.raise_if_any()
    return ExchangeRates(rows, tables.digest([raw]))


def read_rates_file(path: Path) -> tuple[list[RateRow], str]:
    """The user's own rates and a version that changes with the file.

    Columns currency, per_usd, date; kind and source may be left out. The parting sign is a comma or a semicolon.
    Without a kind the usual one of the currency is meant, without a source the file itself is the source.

    Raises:
        DataError: every fault of the file at once, each with its line and what to do.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "mine.csv")
    ...     _ = file.write_text("currency;per_usd;date\\nKZT;512.4;2026-11-20\\n")
    ...     rows, version = read_rates_file(file)
    >>> rows[0].per_usd, rows[0].kind, rows[0].source_id
    (Decimal('512.4'), 'market', 'user:mine.csv')
    """
    path = Path(path)
    name = path.name
    raw = tables.read_bytes(path)
    text = tables.decode(raw, name)
    header = text.split("\n", 1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    problems = ProblemList()
    listed = [
        (line, {column.lower(): cell for column, cell in cells.items()})
        for line, cells in tables.rows_of(text, name, delimiter)
    ]
    if not listed:
        problems.add(
            "no_rates",
            "the file holds no exchange rate; write a header currency,per_usd,date and one row for each rate",
            file=name,
        )
        raise DataError(problems.problems)
    tables.require_columns(listed, ("currency", "per_usd", "date"), name)
    rows: list[RateRow] = []
    seen: dict[tuple[str, str, dt.date], int] = {}
    for line, cells in listed:
        before = len(problems.problems)
        currency = _check_currency(cells, name, line, problems)
        rate = _check_rate(cells, name, line, problems)
        day = _check_day(cells, name, line, problems)
        kind = _check_kind(cells, currency, name, line, problems)
        if len(problems.problems) > before or rate is None or day is None:
            continue
        key = (currency, kind, day)
        if key in seen:
            problems.add(
                "rate_twice",
                f"{currency} {kind} of {day} stands on line {seen[key]} already; keep one of the two rows",
                file=name,
                line=line,
                column="currency",
                value=currency,
            )
            continue
        seen[key] = line
        rows.append(RateRow(currency, rate, day, kind, cells.get("source", "") or f"user:{name}"))
    problems.raise_if_any()
    return rows, tables.digest([raw])


def _day(text: str) -> dt.date:
    """First day of YYYY-MM, or the day itself.

    Raises:
        ValueError: neither of the two, or no day of the calendar.
    """
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    day = parse_from(text) if _DAY.fullmatch(text) else None
    if day is None:
        raise ValueError(text)
    return day


def _check_currency(cells: Mapping[str, str], name: str, line: int, problems: ProblemList) -> str:
    code = cells["currency"].upper()
    if not _CODE.fullmatch(code):
        problems.add(
            "bad_currency",
            f"currency {cells['currency']!r} is not a code of three Latin letters; write it like KZT",
            file=name,
            line=line,
            column="currency",
            value=cells["currency"],
        )
    elif code == "USD":
        problems.add(
            "rate_of_usd",
            "USD is what rates are counted against and has no rate of its own; delete the row",
            file=name,
            line=line,
            column="currency",
            value=code,
        )
    return code


def _check_rate(cells: Mapping[str, str], name: str, line: int, problems: ProblemList) -> Decimal | None:
    text = cells["per_usd"]
    if not text:
        code, why = "empty_rate", "the rate is empty; an empty rate is not a free one: write a number or delete the row"
    elif text.lower() in ("nan", "inf", "infinity", "-inf", "+inf", "-infinity"):
        code, why = "rate_not_finite", f"rate {text!r} is no number of units; write units of the currency for one USD"
    elif _NUMBER.fullmatch(text.removeprefix("-")) is None:
        code, why = "bad_rate", f"rate {text!r} is not a plain number; write it like 512.40, with a point and no spaces"
    elif text.startswith("-"):
        code, why = "negative_rate", f"rate {text} is below 0; write units of the currency for one USD"
    elif (rate := Decimal(text)) == 0:
        code, why = "zero_rate", "rate 0 would make money vanish; write units of the currency for one USD"
    elif not LOWEST <= rate <= HIGHEST:
        code, why = "rate_out_of_range", f"rate {text[:40]} is outside {LOWEST} to {HIGHEST}; check the decimal point"
    else:
        return rate
    problems.add(code, why, file=name, line=line, column="per_usd", value=text[:40])
    return None


def _check_day(cells: Mapping[str, str], name: str, line: int, problems: ProblemList) -> dt.date | None:
    text = cells["date"]
    try:
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return _day(text)
    except ValueError:
        problems.add(
            "bad_date",
            f"date {text!r} is no day of the calendar written YYYY-MM-DD; write it like 2026-11-20",
            file=name,
            line=line,
            column="date",
            value=text,
        )
        return None


def _check_kind(cells: Mapping[str, str], currency: str, name: str, line: int, problems: ProblemList) -> str:
    kind = cells.get("kind", "").lower() or DEFAULT_KIND.get(currency, "market")
    if kind not in KINDS:
        problems.add(
            "bad_kind",
            f"kind {cells['kind']!r} is unknown; write one of {', '.join(KINDS)} or leave it empty",
            file=name,
            line=line,
            column="kind",
            value=cells["kind"],
        )
    return kind
