"""Units, currencies, owners and sizes named in a header, a title or a cell."""

from __future__ import annotations

import re

from optimizer.intake.words import key

_CURRENCY_WORDS = (
    (r"шв(ейц\w*)?\.?\s*фр\w*|шфр|\bchf\b|swiss", "CHF"),
    (r"\busd\b|\$|долл\w*|\bдол\b|us dollars?", "USD"),
    (r"\beur\b|€|евро", "EUR"),
    (r"\bkzt\b|₸|тенге|\bтг\b|\bтнг\b", "KZT"),
    (r"\brub\b|\brur\b|₽|руб\w*", "RUB"),
    (r"\bcny\b|\brmb\b|юан\w*|¥|yuan", "CNY"),
    (r"\birr\b|риал\w*|\brials?\b", "IRR"),
    (r"\bpkr\b|пак\w* рупи\w*", "PKR"),
    (r"\binr\b|рупи\w*|rupees?", "INR"),
    (r"\bafn\b|афгани\b", "AFN"),
    (r"\buzs\b|\bсум\b|\bсумов\b", "UZS"),
    (r"\btmt\b|манат\w* тм|туркм\w* манат\w*|манат\w*", "TMT"),
    (r"\bazn\b", "AZN"),
    (r"\baed\b|дирхам\w*", "AED"),
    (r"\bgel\b|лари\b", "GEL"),
)  # fmt: skip
_CURRENCIES = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in _CURRENCY_WORDS)
_MASS_UNITS = (
    (re.compile(r"млн\.?\s*(т|тн|тонн\w*)\b|\bmln\.? t\w*|million t\w*|\bMt\b"), "Mt"),
    (re.compile(r"тыс\w*\.?\s*(т|тн|тонн\w*)\b|\bkt\b|\bкт\b|thousand t\w*|000 ?t\b|'?000 ?т\b|тт\b", re.IGNORECASE), "kt"),
    (re.compile(r"\bкг\b|\bkgs?\b|килограмм\w*|kilogram\w*", re.IGNORECASE), "kg"),
    (re.compile(r"\bцентнер\w*|\bц\b", re.IGNORECASE), "q"),
    (re.compile(r"\b(lbs?|pounds?|фунт\w*)\b", re.IGNORECASE), "lb"),
    (re.compile(r"\b(т|тн|тонн\w*|t|tn|mt|tons?|tonnes?|mtons?)\b", re.IGNORECASE), "t"),
)  # fmt: skip
_PER = (
    (re.compile(r"ваг|wagon|railcar|\bcar\b|цистерн|хоппер|\bwgn\b", re.IGNORECASE), "wagon"),
    (re.compile(r"конт|cntr|cont\b|container|\bbox\b|\bteu\b|\bfeu\b|\b(20|40|45)\s*('|hc|hq|dc|dv|gp|rf|ф|ft)|\b(20|40|45)\s?фут|ктк", re.IGNORECASE), "container"),
    (re.compile(r"(/|за|per|а)\s*1?\s*(т|тн|тонн\w*|t|mt|ton\w*)\b", re.IGNORECASE), "tonne"),
    (re.compile(r"\b(авто\w*|truck|фура|машин\w*)\b", re.IGNORECASE), "truck"),
)  # fmt: skip


TEU = re.compile(r"\b(teu|тэу|дфэ)\b", re.IGNORECASE)  # twenty-foot equivalents: of a forty-foot box two


def currency_in(text: str) -> str:
    """The one currency a text names, or "".

    >>> currency_in("ставка шв.фр./ваг"), currency_in("USD/конт"), currency_in("1 214 $"), currency_in("коэф.")
    ('CHF', 'USD', 'USD', '')
    """
    if not text:
        return ""
    found = [name for pattern, name in _CURRENCIES if pattern.search(text)]
    return found[0] if len(found) == 1 or found[:2] in (["PKR", "INR"], ["TMT", "AZN"]) else ""


def mass_unit_in(text: str) -> str:
    """The unit of mass a text names: kg, t, kt, Mt, q, lb or "".

    >>> mass_unit_in("Объем, тн"), mass_unit_in("вес, кг"), mass_unit_in("тыс. тонн"), mass_unit_in("Объем")
    ('t', 'kg', 'kt', '')
    """
    return next((name for pattern, name in _MASS_UNITS if pattern.search(text)), "")


def per_in(text: str) -> str:
    """What a price is for: wagon, container, tonne, truck or "".

    >>> per_in("ставка шв.фр./ваг"), per_in("40 фут"), per_in("$/т"), per_in("Ставка")
    ('wagon', 'container', 'tonne', '')
    """
    return next((name for pattern, name in _PER if pattern.search(text)), "")


def ownership_in(text: str) -> str:
    """private or carrier, where a text says whose the wagon or box is; "?" where it says both.

    >>> ownership_in("Вагон собственный"), ownership_in("инв. парк"), ownership_in("40HC COC"), ownership_in("вагон")
    ('private', 'carrier', 'carrier', '')
    """
    words = key(text)
    private = re.search(
        r"\b(собст\w*|соб|приват\w*|арендован\w*|soc|private|own|shippers? own\w*|своих|свои|частн\w*)\b", words
    )
    carrier = re.search(r"\b(инв|инвент\w*|coc|carriers?|railway owned|общ\w* парк\w*|жд парк|линейн\w*)\b", words)
    if private and carrier:
        return "?"
    return "private" if private else "carrier" if carrier else ""


def feet_in(text: str) -> str:
    """20, 40 or 45, where a text names one size of box.

    >>> feet_in("40 фут"), feet_in("2x20DC"), feet_in("1 340"), feet_in("40’HC")
    ('40', '20', '', '40')
    """
    found = re.findall(
        r"(?<![\d.,])(20|40|45)(?=\s*['’′`]|\s*(?:hc|hq|dc|dv|gp|st|rf|rh|нс|нq|ft|фут|ф\b|feet|foot)|-?\s*(?:фут|foot|ft))",
        text.casefold(),
    )
    return found[0] if len(set(found)) == 1 else ""
