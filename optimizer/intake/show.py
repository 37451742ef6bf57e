"""A reading as plain data, and as a page of text for the terminal, in English or Russian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.intake.layout import Layout
from optimizer.intake.model import STATUSES, Note, Reading, ReadRow
from optimizer.sheet.model import letters

_WORDS = {
    "en": {
        "accepted": "accepted", "accepted_with_warning": "with a warning", "needs_answer": "to be answered", "rejected": "rejected",
        "skipped": "passed over", "line": "row", "header": "header in rows", "none": "no header", "columns": "Columns",
        "unread": "Not read", "remarks": "From titles and notes", "rows": "Rows with something to say", "clean": "Nothing to say of any row.",
        "text": "text", "sheet": "sheet",
    },
    "ru": {
        "accepted": "принято", "accepted_with_warning": "принято с замечанием", "needs_answer": "нужен ответ", "rejected": "отклонено",
        "skipped": "пропущено", "line": "строка", "header": "шапка в строках", "none": "шапки нет", "columns": "Столбцы",
        "unread": "Не прочитаны", "remarks": "Из заголовков и примечаний", "rows": "Строки, о которых есть что сказать",
        "clean": "Замечаний нет.", "text": "текст", "sheet": "лист",
    },
}  # fmt: skip
_SIGNS = {"fault": "x", "question": "?", "warning": "!", "info": "·"}
LANGUAGES = tuple(_WORDS)


def as_dict(reading: Reading) -> dict[str, Any]:
    """The reading as plain data: what `keruen read --json` prints."""
    return {
        "file": reading.file,
        "sheet": reading.sheet,
        "kind": reading.kind,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "header_rows": list(reading.header_rows),
        "columns": {name: letters(index) for name, index in reading.columns.items()},
        "unread": list(reading.unread),
        "remarks": dict(reading.remarks),
        "counts": reading.counts,
        "rows": [_row(row) for row in reading.rows],
    }


def _row(row: ReadRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "status": row.status,
        "fields": dict(row.fields),
        "notes": [_note(note) for note in row.notes],
    }


def _note(note: Note) -> dict[str, Any]:
    told: dict[str, Any] = {
        "code": note.code,
        "column": note.column,
        "value": note.value,
        "text": note.text,
        "text_ru": note.text_ru,
        "letter": note.letter,
        "weight": note.weight,
    }
    if note.weight == "question":
        told["effect"] = note.effect
    return told


def page(reading: Reading, layout: Layout, lang: str = "en", most: int = 200) -> Iterator[str]:
    """Lines of text: how the file was read, which column is what, the counts, then every row with something to say.

    Args:
        most: rows shown; the rest is counted.
    """
    say = _WORDS[lang]
    how = ", ".join(
        filter(
            None,
            (reading.encoding, _mark(reading.delimiter), f"{say['sheet']} {reading.sheet}" if reading.sheet else ""),
        )
    )
    header = f"{say['header']} {', '.join(map(str, reading.header_rows))}" if reading.header_rows else say["none"]
    yield f"{reading.file}: {reading.kind}, {how + ', ' if how else ''}{header}"
    shown = [
        f"{c.letter} {_short(c.name, 30)} -> {c.field}{_unit(c.heading.unit, c.heading.currency)}"
        for c in layout.columns
        if c.field
    ]
    yield f"{say['columns']}: {'; '.join(shown)}"
    if reading.unread:
        yield f"{say['unread']}: {'; '.join(_short(name, 30) for name in reading.unread)}"
    if reading.remarks:
        yield f"{say['remarks']}: {'; '.join(f'{name} {value}' for name, value in reading.remarks.items())}"
    counts = reading.counts
    yield "; ".join(f"{say[status]}: {counts[status]}" for status in STATUSES)
    telling = [row for row in reading.rows if any(n.weight != "info" for n in row.notes)]
    if not telling:
        yield say["clean"]
        return
    yield ""
    yield f"{say['rows']}:"
    for row in telling[:most]:
        label = row.fields.get("shipment_id") or row.fields.get("offer_id") or ""
        yield f"{say['line']} {row.line}{f' ({label})' if label else ''}: {say[row.status]}"
        for note in row.notes:
            where = f"{note.letter} " if note.letter else ""
            yield f"   {_SIGNS[note.weight]} {where}{note.text_ru if lang == 'ru' else note.text}"
    if len(telling) > most:
        yield f"... {len(telling) - most}"


def _mark(delimiter: str) -> str:
    return {"\t": "tab", "": ""}.get(delimiter, delimiter)


def _unit(unit: str, currency: str) -> str:
    return f" ({', '.join(filter(None, (unit, currency)))})" if unit or currency else ""


def _short(text: str, most: int) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
