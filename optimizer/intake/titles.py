"""Facts in the titles above a table and the notes below it: validity, day of the request, exchange rates, unit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from optimizer.intake.cells import day
from optimizer.intake.remark import carriers_in
from optimizer.intake.units import currency_in, mass_unit_in, per_in
from optimizer.money import CURRENCIES

_DAY = r"(\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|\d{1,2}[\s-][^\W\d_]{3,9}\.?[\s-]\d{4})"
_SPAN = re.compile(rf"(?:с|from|c)?\s*{_DAY}\s*(?:г\.?)?\s*(?:по|до|-|–|—|to|till|until)\s*{_DAY}", re.IGNORECASE)
_UNTIL = re.compile(
    rf"(?:действ\w*|валидн\w*|valid\w*|validity|срок действия|expir\w*|offer)[^0-9]{{0,40}}?(?:\bдо\b|\bпо\b|until|till|to|through|:|on|by)\W*{_DAY}",
    re.IGNORECASE,
)
_SINCE = re.compile(
    rf"(?:действ\w*|ввод\w*|valid|effective|в силе)[^0-9]{{0,30}}?(?:\bс\b|from|since|as of|as from)\W*{_DAY}",
    re.IGNORECASE,
)
_ASKED = re.compile(
    rf"(?:\bисх\b|запрос\w*|заявк\w*|просчет\w*|просч[её]т|request\w*|rfq|inquir\w*|enquir\w*|выгруз\w*|export\w*|отчет|данные|на дату|as of|date|дата|по состоянию)[^0-9]{{0,40}}?{_DAY}",
    re.IGNORECASE,
)
_FX = re.compile(
    r"1\s*([A-Za-zА-Яа-я$€₸]{1,6}\.?)\s*=\s*(\d[\d\s]*(?:[.,]\d+)?)\s*([A-Za-zА-Яа-я$€₸]{1,6}(?:\.\s?[а-я]{1,3}\.?)?)|"
    r"\b([A-Z]{3})\s*/\s*([A-Z]{3})\s*[=:]?\s*(\d+(?:[.,]\d+)?)|(?:курс|fx|rate)\w*\s*([A-Za-z$€]{1,4})\s*[=:-]?\s*(\d[\d\s]*(?:[.,]\d+)?)\s*(тг|тенге|kzt|₸|руб|rub)?",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"(?:предложени\w*|offer|quotation|тариф\w* руководств\w*|телеграмм\w*|приказ\w*)\s*(?:№|no\.?|n)\s*([\w/.-]+)",
    re.IGNORECASE,
)
_IN_UNITS = re.compile(
    r"[(,]\s*(?:в\s+)?((?:тыс|млн|thousand|million)?\.?\s*(?:т|тн|тонн\w*|kt|mt|t|tons|tonnes))\.?\s*\)?\s*$|\bв\s+((?:тыс|млн)\w*\.?\s*тонн\w*)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\bв\s+(сша|долл|usd|тенге|евро|шв)|\bin (usd|eur|chf|kzt)\b|цены в|prices in|ставки в|rates in|"
    r"\b(?:валют\w*|currency|ставк\w*|тариф\w*|цен[аы]|rates?|tariffs?|prices?|freight)\b",
    re.IGNORECASE,
)


_FOR_ONE = re.compile(r"(?:/|\bза\b|\bper\b)\s*(?:1\s*|одн\w+\s*)?[^\W\d_]+", re.IGNORECASE)


def facts_of(texts: Iterable[str]) -> dict[str, str]:
    """What titles and notes say; the first to say a thing is believed.

    Returns:
        asked_on, valid_from, valid_to (ISO days), fx ("1 USD = 0.80 CHF"), unit (kt ...), currency, per (wagon ...), document, carriers.

    >>> facts_of(["Ставки КТЖ+ТРК, действ. с 01.10.2026 по 31.12.2026 (курс: 1 USD = 0,80 ШФР)"])
    {'valid_from': '2026-10-01', 'valid_to': '2026-12-31', 'fx': '1 USD = 0.80 CHF', 'carriers': 'KTZ;TDY'}
    >>> facts_of(["Запросы на просчет от 17.11.2026", "Действительно до: 30.11.26"])
    {'asked_on': '2026-11-17', 'valid_to': '2026-11-30'}
    """
    found: dict[str, str] = {}
    for text in texts:
        if len(text) > 1000:
            continue
        if span := _SPAN.search(text):
            _day(found, "valid_from", span[1])
            _day(found, "valid_to", span[2])
        else:
            if match := _UNTIL.search(text):
                _day(found, "valid_to", match[1])
            if match := _SINCE.search(text):
                _day(found, "valid_from", match[1])
            if "valid_to" not in found and "valid_from" not in found and (match := _ASKED.search(text)):
                _day(found, "asked_on", match[1])
        if match := _FX.search(text):
            _rate(found, match)
        if match := _OFFER.search(text):
            found.setdefault("document", match[0].strip())
        if match := _IN_UNITS.search(text):
            unit = mass_unit_in(match[1] or match[2])
            if unit:
                found.setdefault("unit", unit)
        if _MONEY.search(text) and "=" not in text and (currency := currency_in(text)):
            found.setdefault("currency", currency)
            if (one := _FOR_ONE.search(text)) and (per := per_in(one[0])):
                found.setdefault("per", per)
        if carriers := carriers_in(text):
            found.setdefault("carriers", ";".join(carriers))
    return found


def _day(found: dict[str, str], name: str, text: str) -> None:
    read = day(text)
    if read.first is not None and read.code in ("", "two_digit_year", "ambiguous_date"):
        found.setdefault(name, read.first.isoformat())


def _rate(found: dict[str, str], match: re.Match[str]) -> None:
    if match[1]:
        one, number, other = match[1], match[2], match[3]
    elif match[4]:
        one, number, other = match[4], match[6], match[5]
    else:
        one, number, other = match[7], match[8], match[9] or ""
    names = tuple(currency_in(word) or (word.upper() if word.upper() in CURRENCIES else "") for word in (one, other))
    if all(names):
        found.setdefault("fx", f"1 {names[0]} = {number.replace(' ', '').replace(',', '.')} {names[1]}")
