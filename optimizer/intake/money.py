"""Prices as desks write them: "3 890,00 $", "2x1 640", "1.980 EUR", "254-258", "по запросу"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from optimizer.intake.cells import PLAIN, Amount, Style, amount
from optimizer.intake.units import currency_in, per_in
from optimizer.intake.words import tidy
from optimizer.sheet.model import Cell, Fault

_TIMES = re.compile(r"(\d{1,2})\s*[xх×*]\s*(\d[\d\s.,']*)", re.IGNORECASE)
_RANGE = re.compile(r"(\d[\d\s.,']*?)\s*(?:-|–|—|\.\.+|…|\bдо\b|\bto\b)\s*(\d[\d\s.,']*)")
_BAND = re.compile(r"(\d[\d\s.,']*?)\s*(?:±|\+\s*/?\s*-)\s*(\d[\d\s.,']*)(\s*%)?")
_WORDS = re.compile(
    r"\b(usd|eur|chf|kzt|rub|rur|cny|rmb|irr|pkr|inr|afn|uzs|tmt|azn|aed|gel|долл\w*|сша|евро|тенге|тг|руб\w*|юан\w*|шв\w*|фр\w*|шфр|манат\w*|сум\w*|"
    r"риал\w*|франк\w*|dollars?|us|yuan)\b\.?|[$€₸₽¥£]",
    re.IGNORECASE,
)
_PER = re.compile(
    r"(?:/|\bза\b|\bper\b)\s*(?:1\s*)?(?:вагон\w*|ваг|контейнер\w*|конт|cntr|container|wagon|тонн\w*|тн|т|mt|ton\w*|t|ед|unit|box|40\w*|20\w*)\b\.?",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"[-—–_.\s]*|н[./]?\s?д\.?|n/?a|нет|none|дог\w*\.?|договорн\w*|по запросу|по договор\w*|on request|upon request|por|tba|tbc|tbd|запрос\w*|уточн\w*|negotiable|nil|x|х|poa|\?+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price read.

    Attributes:
        times: how many of what it is for are paid together (2 of "2x1 640"), else 1.
        low, high: of a range or a band; else None.
        currency, per: named in the cell itself.
        fault: no_price ("по запросу"), formula, spreadsheet_error, not_a_number or not_finite.
    """

    value: Decimal = Decimal(0)
    amount: Amount = Amount()
    times: int = 1
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = ""
    per: str = ""
    fault: str = ""


def price_in(cell: Cell, style: Style = PLAIN) -> Price:
    """
    >>> p = price_in("1.980 EUR", Style(",")); str(p.value), p.currency, p.amount.code
    ('1980', 'EUR', 'thousands_dot')
    >>> p = price_in("2x1 640"); p.times, str(p.value)
    (2, '1640')
    >>> price_in("по запросу").fault, price_in("254-258").high, price_in("3 120,-").value, price_in("=G7*0,6").fault
    ('no_price', Decimal('258'), Decimal('3120'), 'formula')
    """
    if isinstance(cell, Fault):
        cell = cell.text
    if isinstance(cell, Decimal):
        return Price(cell, Amount(cell))
    if not isinstance(cell, str):
        return Price(fault="not_a_number")
    text = tidy(cell)
    if _NONE.fullmatch(text):
        return Price(fault="no_price")
    if text.startswith("#"):
        return Price(fault=amount(text).fault or "not_a_number")
    currency = currency_in(text)
    per = per_in(text) if _PER.search(text) else ""
    body = text
    if not text.startswith("="):
        body = " ".join(_PER.sub(" ", text).split())
        body = " ".join(_WORDS.sub(" ", body).split()).strip(" /")
    if match := _TIMES.fullmatch(body):
        read = amount(match[2], style)
        if not read.fault:
            return Price(read.value, read, int(match[1]), currency=currency, per=per)
    if match := _BAND.fullmatch(body):
        middle, half = amount(match[1], style), amount(match[2], style)
        if not middle.fault and not half.fault:
            wide = middle.value * half.value / 100 if match[3] else half.value
            return Price(middle.value, middle, 1, middle.value - wide, middle.value + wide, currency, per)
    if match := _RANGE.fullmatch(body):
        low, high = amount(match[1], style), amount(match[2], style)
        if not low.fault and not high.fault and low.value < high.value:
            return Price((low.value + high.value) / 2, low, 1, low.value, high.value, currency, per)
        if not low.fault and not high.fault:
            return Price(fault="not_a_number")
    read = amount(body, style)
    if read.fault:
        return Price(fault="not_a_number" if read.fault == "range" else read.fault, currency=currency)
    return Price(read.value, read, 1, currency=currency, per=per)
