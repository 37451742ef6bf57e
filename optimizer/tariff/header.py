"""The header of a tariff book, `book.toml`: name, currency, stacking, rounding, date."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Container
from typing import Any

from optimizer.money import CURRENCIES
from optimizer.tariff.cells import rounding_of
from optimizer.tariff.columns import HEADER_KEYS
from optimizer.tariff.rule import BookInfo, Rounding
from optimizer.tariff.stacking import POLICIES
from optimizer.validity import parse_from

FX_KINDS = ("", "market", "official", "parallel", "interbank")
USUAL_STACKING = "highest-discount"
Fault = Callable[..., None]  # code, text, value


def header_of(text: str, name: str, folder: str, taken: Container[str], fault: Fault) -> BookInfo | None:
    """What a header says, or None where it is no TOML.

    Args:
        name: of the folder, which stands in for an id and a title.
        taken: ids of the books read before.
        fault: told each fault, by code, text and value.

    >>> info = header_of('id = "own"', "own", "books/own", (), print)
    >>> info.title, info.stacking, info.rounding.step
    ('own', 'highest-discount', Decimal('0.01'))
    """
    try:
        head = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        fault("broken_toml", f"the header cannot be read: {broken}")
        return None
    for key in head:
        if key not in HEADER_KEYS:
            fault("unknown_header_key", f"{key} is no key of a header; use {', '.join(sorted(HEADER_KEYS))}", key)
    book_id = str(head.get("id", name))
    if book_id in taken:
        fault("duplicate_book", f"{book_id} is also the id of another book in use; give this one an id of its own")
    currency = str(head.get("currency", ""))
    if currency and currency not in CURRENCIES:
        fault("unknown_currency", f"currency must be one of {', '.join(sorted(CURRENCIES))}", currency)
    stacking = str(head.get("stacking", USUAL_STACKING))
    if stacking not in POLICIES:
        fault("unknown_stacking", f"stacking must be one of {', '.join(sorted(POLICIES))}", stacking)
    fx_kind = str(head.get("fx_kind", ""))
    if fx_kind not in FX_KINDS:
        fault("unknown_fx_kind", f"fx_kind must be one of {', '.join(FX_KINDS[1:])}", fx_kind)
    date: dt.date | None = None
    try:
        date = parse_from(str(head.get("date", "")))
    except (ValueError, IndexError):
        fault("bad_date", "date is not YYYY-MM-DD, YYYY-MM or YYYY", head.get("date"))
    return BookInfo(
        book_id=book_id,
        title=str(head.get("title", name)),
        publisher=str(head.get("publisher", "")),
        currency=currency,
        stacking=stacking if stacking in POLICIES else USUAL_STACKING,
        rounding=_rounding(head.get("rounding", "cent"), fault),
        fx_kind=fx_kind,
        date=date,
        note=str(head.get("note", "")),
        folder=folder,
    )


def _rounding(given: Any, fault: Fault) -> Rounding:
    """`rounding = "cent"`, or a table with per, step, coefficient, rate_step."""
    if given == "cent":
        return Rounding()
    if not isinstance(given, dict) or not set(given) <= {"per", "step", "coefficient", "rate_step"}:
        fault("bad_rounding", "rounding is a table of per, step, coefficient and rate_step, or the word cent", given)
        return Rounding()
    try:
        return rounding_of(
            str(given.get("per", "line")),
            str(given.get("step", "0.01")),
            str(given.get("coefficient", "after")),
            str(given.get("rate_step", "0.0001")),
        )
    except ValueError as why:
        fault("bad_rounding", str(why), given)
        return Rounding()
