"""What a row is when it is not a row of goods: blank, total, average, note, heading, part of another row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from optimizer.intake.words import is_rule, key

_TOTAL = re.compile(
    r"^(в )?(итог\w*|всего|total|totals|grand total|sub ?total|subtotal|sum|сумма|подитог\w*|общий итог|общ\w* объем|итоги|жами|барлы[гғ]ы)\b"
)
_AVERAGE = re.compile(r"^(в )?(средн\w*|в среднем|average|avg|mean|ср знач\w*|median|медиана)\b")
_PART = re.compile(r"^(в т ч|в том числе|из них|из неe|из него|of which|incl|including|thereof|в тч|вт ч)\b")
_NOTE = re.compile(
    r"^(\*+|прим\w*|note\w*|nb|n b|remark\w*|внимание|важно|курс\b|fx\b|exchange|источник|source|составил|исп\b|исполнитель|утвержд\w*|"
    r"согласован\w*|директор|подпись|prepared|approved|rates? (are|valid|subject)|ставки (не|действ|указ|без)|цены (указ|действ|без)|условия|"
    r"действ\w*|valid\w*|терминал\w* не|сноск\w*|disclaimer|конец|end of)\b|^\*"
)


def kind_of(texts: Sequence[str]) -> str:
    """blank, ruler, numbering, total, average, part, note, or "" for a row to be read.

    Args:
        texts: the cells as tidy text, left to right.

    >>> kind_of(["", "ИТОГО", "9 тыс. т"]), kind_of(["Средняя", ""]), kind_of(["", ""]), kind_of(["в т.ч. мука", "12"])
    ('total', 'average', 'blank', 'part')
    >>> kind_of(["Прим.: без НДС", ""]), kind_of(["1", "2", "3", "4"]), kind_of(["Костанай", "Сарахс"])
    ('note', 'numbering', '')
    """
    filled = [text for text in texts if text]
    if not filled:
        return "blank"
    if (
        all(is_rule(text) for text in filled)
        and len("".join(filled)) > 2
        and not any(c.isalnum() for c in "".join(filled))
    ):
        return "ruler" if any(len(t) > 2 for t in filled) else ""
    if (
        len(filled) > 2 and filled == [str(n) for n in range(int(filled[0]), int(filled[0]) + len(filled))]
        if filled[0].isdecimal() and len(filled[0]) < 4
        else False
    ):
        return "numbering"
    # A total may stand in the first or second cell, beside its number.
    for text in filled[:2]:
        words = key(text)
        if _TOTAL.match(words):
            return "total"
        if _AVERAGE.match(words):
            return "average"
        if _PART.match(words):
            return "part"
    first = filled[0].strip()
    if first.startswith("*") or (_NOTE.match(key(first)) and len(filled) <= 3):
        return "note"
    return ""


def is_prose(text: str) -> bool:
    """Whether a lone text is a sentence rather than a name: a note or a heading of a section.

    >>> is_prose("Ставки действительны при погрузке до 30.11"), is_prose("Иран")
    (True, False)
    """
    return len(text.split()) > 5 or len(text) > 50 or text.endswith(".") and len(text.split()) > 2
