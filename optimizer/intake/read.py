"""A sheet to a reading: every row accepted, asked about, rejected or passed over, and why; the rows add up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from optimizer.errors import DataError, Problem, RequestError
from optimizer.intake import flows, netback, rates, shipments
from optimizer.intake.context import Context, Outcome, Shut, corrupt, raw
from optimizer.intake.headers import ALIASES
from optimizer.intake.layout import NEEDED, Layout, find, tables_below, text_of, texts_of, with_header, without_header
from optimizer.intake.lookup import Lookup
from optimizer.intake.mapping import Mapping, applied
from optimizer.intake.model import Note, Reading, ReadRow, Status
from optimizer.intake.notes import make, weighed
from optimizer.intake.rowkinds import is_prose, kind_of
from optimizer.intake.titles import facts_of
from optimizer.intake.words import key
from optimizer.sheet.model import Cell, Grid, Row

KINDS = tuple(ALIASES)
MOST_NOTE_TEXT = 500


class _Reader(Protocol):
    def read(self, row: Row) -> Outcome: ...


_READERS = {"shipments": shipments, "rates": rates, "netback": netback, "flows": flows}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the readers of one kind need to be told of."""

    reader: type
    numbers: tuple[str, ...]
    days: tuple[str, ...]
    whole: tuple[str, ...]  # a row that fills these columns is no total, whatever its first cell says


_KIND = {
    "shipments": _Kind(shipments.Shipments, shipments.NUMBERS, shipments.DAYS, ("origin", "destination")),
    "rates": _Kind(rates.Rates, rates.NUMBERS, rates.DAYS, ("from", "to")),
    "netback": _Kind(netback.Netback, netback.NUMBERS, netback.DAYS, ("outlet", "price", "month")),
    "flows": _Kind(flows.Flows, flows.NUMBERS, flows.DAYS, ()),
}


def read(
    grid: Grid, kind: str, lookup: Lookup, *, today: dt.date, mapping: Mapping | None = None, shut: Shut | None = None
) -> tuple[Reading, Layout]:
    """The reading of one sheet, and how the sheet is laid out.

    Args:
        kind: shipments, rates, netback or flows.
        today: the day it is read.
        mapping: what the user says of his own sheet; it goes before what we find.
        shut: which borders are closed; None asks nobody.

    Raises:
        RequestError: there is no such kind.
        DataError: the sheet holds no table of this kind (`no_header`), or the mapping names columns it does not have.
    """
    if kind not in KINDS:
        raise RequestError(
            f"{kind!r} is not a kind of sheet.",
            code="unknown_kind",
            field="kind",
            hint=f"Use one of {', '.join(KINDS)}.",
        )
    layout = _layout(grid, kind, mapping)
    above = [row for row in grid.rows[: layout.first] if row.number not in layout.header and row.fault is None]
    below = grid.rows[layout.first :]
    facts = facts_of(", ".join(filter(None, texts_of(row))) for row in (*above, *below[-6:]) if _is_text(row))
    told = _KIND[kind]
    context = Context(grid, layout, lookup, facts, today, shut, mapping.dates if mapping else "")
    context.learn_styles(below, told.numbers)
    context.learn_order(below, told.days)
    rows: list[ReadRow] = []
    header = list(layout.header)
    told_where = mapping is not None and (mapping.header_rows is not None or mapping.columns)
    tables = [] if told_where else tables_below(grid, kind, layout)
    ends = [start for start, _ in tables] + [len(grid.rows)]
    rows += _rows_of(context, kind, ends[0])
    for (start, further), end in zip(tables, ends[1:], strict=True):
        # Another table under the first, with columns of its own: what the titles say holds for both.
        part = replace(grid, rows=grid.rows[start:end])
        context = Context(
            part, replace(further, first=further.first - start), lookup, facts, today, shut, context.order
        )
        context.learn_styles(part.rows[context.layout.first :], told.numbers)
        rows += _rows_of(context, kind, len(part.rows))
        header += further.header
    return (
        Reading(
            file=grid.file,
            sheet=grid.sheet,
            kind=kind,
            encoding=grid.encoding,
            delimiter=grid.delimiter,
            header_rows=tuple(header),
            columns={c.field: c.index for c in reversed(layout.columns) if c.field},
            unread=layout.unread,
            rows=tuple(rows),
            remarks=facts,
        ),
        layout,
    )


def _rows_of(context: Context, kind: str, end: int) -> Iterable[ReadRow]:
    sheet = _Sheet(context, kind, end)
    return (
        sheet.row(index, row) for index, row in enumerate(context.grid.rows[:end]) if row.number not in sheet.header
    )


def _layout(grid: Grid, kind: str, mapping: Mapping | None) -> Layout:
    if mapping is not None and mapping.header_rows is not None:
        width = max((len(row.cells) for row in grid.rows), default=0)
        layout = with_header(grid, kind, mapping.header_rows) if mapping.header_rows else without_header(width)
    else:
        layout = find(grid, kind)
        if not layout.columns and mapping is not None and mapping.columns:
            layout = without_header(max((len(row.cells) for row in grid.rows), default=0))
    if mapping is not None:
        layout = applied(mapping, layout, grid.file)
    have = {c.field for c in layout.columns}
    missing = [group for group in NEEDED[kind] if not any(name in have for name in group)]
    if missing:
        wanted = "; ".join(
            " or ".join(f"{name} ({ALIASES[kind][name][0]})" for name in group if name in ALIASES[kind])
            for group in missing
        )
        text = f"no row names the columns of a table of {kind}: {wanted} is missing; name them, or say which columns they are with --mapping"
        raise DataError([Problem("no_header", text, file=grid.file)])
    return layout


def _is_text(row: Row) -> bool:
    """Whether a row is a title or note rather than goods: few cells hold anything."""
    return row.fault is None and sum(1 for cell in row.cells if cell != "") <= 4


_FIRST = ("1", Decimal(1))


class _Sheet:
    """One pass over the rows."""

    def __init__(self, context: Context, kind: str, end: int) -> None:
        self.context = context
        self.kind = kind
        self.layout = context.layout
        self.header = frozenset(self.layout.header)
        self.told = _KIND[kind]
        self.reader: _Reader = self.told.reader(context)
        at = {c.field: c.index for c in reversed(self.layout.columns) if c.field}
        self.whole = (
            [at[name] for name in self.told.whole if name in at] if all(n in at for n in self.told.whole) else []
        )
        self.names = {c.index: key(c.name.split(" / ")[-1]) for c in self.layout.columns if c.name and c.field}
        self.typed = [(c.index, c.field) for c in self.layout.columns if c.field in _LOOKS]
        self.last = max(
            (i for i, row in enumerate(context.grid.rows[:end]) if any(cell != "" for cell in row.cells)), default=-1
        )
        self.shortest = 0
        self.looks: dict[tuple[str, str], bool] = {}
        self.above: list[tuple[str, dict[int, Decimal]]] = []

    def row(self, index: int, row: Row) -> ReadRow:
        """One row that is not of the header."""
        if row.fault is not None:
            return _broken(row)
        cells = row.cells
        if index < self.layout.first:
            texts = texts_of(row)
            kind = kind_of(texts)
            return _skipped(row, kind if kind in ("blank", "ruler") else "title", texts)
        if (
            not (self.whole and all(i < len(cells) and cells[i] != "" for i in self.whole))
            or (cells[0] in _FIRST and kind_of(texts_of(row)) == "numbering")
            or self._is_header(cells)
        ):
            texts = texts_of(row)
            if told := self._passed_over(texts, row):
                return told
        outcome = self._shifted(index, row) or self.reader.read(row)
        notes = outcome.notes
        if len(cells) > self.layout.width and not outcome.rejected:
            notes = self._extra(row, notes)
        elif index == self.last and self._is_cut(row, outcome):
            outcome, notes = self._cut(row, outcome)
        self.shortest = min(self.shortest or len(cells), len(cells))
        if isinstance(self.reader, flows.Flows):
            what = "part" if outcome.skipped else next((n.text for n in notes if n.code == "other_unit"), "row")
            what = outcome.fields.get("unit", "other") if what not in ("part", "row") else what
            if not outcome.rejected:
                self.above.append((what, self.reader.numbers(row)))
        status: Status = "skipped" if outcome.skipped else "rejected" if outcome.rejected else _status(notes)
        return ReadRow(row.number, status, outcome.fields, notes)

    # ---- rows passed over ------------------------------------------------------------------------------

    def _passed_over(self, texts: list[str], row: Row) -> ReadRow | None:
        kind = kind_of(texts)
        if kind in ("part",) and self.kind in ("rates", "flows"):
            return None
        if kind == "total" and isinstance(self.reader, flows.Flows):
            stated = self.reader.numbers(row)
            notes = self.reader.check_total(stated, self.above)
            if not key(next(t for t in texts if t)).startswith(("итого по", "sub", "под")):
                self.above = []
            return ReadRow(row.number, "skipped", {}, (_note("total", texts), *notes))
        if kind:
            return _skipped(row, kind, texts)
        if self._is_header(row.cells):
            return _skipped(row, "header", texts)
        filled = [text for text in texts if text]
        if (
            len(filled) == 1
            and not any(c.isdigit() for c in filled[0][:1])
            and not corrupt(row.cells[texts.index(filled[0])])
        ):
            if self.kind == "flows" and isinstance(self.reader, flows.Flows):
                self.reader.read(row)  # a border named once stands for the rows below it
            return _skipped(row, "note" if is_prose(filled[0]) else "section", texts)
        if len(filled) == 1 and is_prose(filled[0]):
            return _skipped(row, "note", texts)
        return None

    def _is_header(self, cells: Sequence[Cell]) -> bool:
        same = known = 0
        for index, name in self.names.items():
            if index < len(cells) and (cell := cells[index]) != "":
                known += 1
                if type(cell) is str and key(cell) == name:
                    same += 1
                    if same > 1 and same * 2 > known:
                        continue
                elif known > 3 and same * 2 <= known:
                    return False
        return same > 1 and same * 2 > known

    # ---- shape -----------------------------------------------------------------------------------------

    def _shifted(self, index: int, row: Row) -> Outcome | None:
        """A row whose cells stand under the wrong columns."""
        cells, width = row.cells, self.layout.width
        over = [cell for cell in cells[width:] if raw(cell).strip()]
        longer = len(cells) > width
        if self.kind == "flows" or not longer and len(cells) >= width and self.kind != "shipments":
            return None
        wrong = [
            (name, raw(cells[i]))
            for i, name in self.typed
            if i < len(cells) and cells[i] != "" and self._odd(name, cells[i])
        ]
        split = bool(over) and any(
            name in ("tonnes", "price", "price_per_tonne")
            and i + 1 < len(cells)
            and _digits(cells[i], 9)
            and _digits(cells[i + 1], 3)
            for i, name in self.typed
        )
        if (longer and wrong) or split or len(wrong) > 1:
            shown = "; ".join(f"{name}: {text}" for name, text in wrong[:4]) or "; ".join(
                raw(cell) for cell in over[:3]
            )
            return Outcome({}, (make("shifted_row", wrong[0][0] if wrong else "", shown[:200]),), True)
        return None

    def _odd(self, name: str, cell: Cell) -> bool:
        """Whether a cell looks as if it belonged to another column."""
        if type(cell) is not str or name == "tonnes":
            return not _LOOKS[name](cell)
        known = self.looks.get((name, cell))
        if known is None:
            known = self.looks[name, cell] = not _LOOKS[name](cell)
        return known

    def _extra(self, row: Row, notes: tuple[Note, ...]) -> tuple[Note, ...]:
        over = [raw(cell) for cell in row.cells[self.layout.width :]]
        shown = "; ".join(text for text in over if text.strip())
        code = "extra_cells" if shown else "extra_empty_cells"
        return (*notes, make(code, "", shown, cells=len(row.cells), columns=self.layout.width))

    def _is_cut(self, row: Row, outcome: Outcome) -> bool:
        return (
            self.context.grid.format == "csv"
            and self.shortest > 0
            and len(row.cells) < min(self.shortest, self.layout.width)
        )

    def _cut(self, row: Row, outcome: Outcome) -> tuple[Outcome, tuple[Note, ...]]:
        """The last row, shorter than every other one: a copy that broke off."""
        last = raw(row.cells[-1]) if row.cells else ""
        missing = any(n.weight == "question" and n.code.startswith("missing_") for n in outcome.notes)
        note = weighed(make("cut_row", "", last), "fault" if missing else "warning")
        notes = (note, *outcome.notes)
        return Outcome(outcome.fields, notes, outcome.rejected or missing, outcome.skipped), notes


def _status(notes: Iterable[Note]) -> Status:
    worst: Status = "accepted"
    for note in notes:
        if note.weight == "question":
            return "needs_answer"
        if note.weight != "info":
            worst = "accepted_with_warning"
    return worst


def _note(code: str, texts: Sequence[str], **words: object) -> Note:
    return make(code, "", " ".join(text for text in texts if text)[:MOST_NOTE_TEXT], "", **words)


def _skipped(row: Row, code: str, texts: Sequence[str]) -> ReadRow:
    above = {"parent": f"line {row.number - 1}", "parent_ru": f"строка {row.number - 1}"} if code == "part" else {}
    return ReadRow(row.number, "skipped", {}, (_note(code, texts, **above),))


def _broken(row: Row) -> ReadRow:
    fault = row.fault
    assert fault is not None
    value = fault.value or " ".join(text_of(cell) for cell in row.cells if cell != "")
    note = make(
        "nul_byte" if "nul" in fault.code else "broken_row",
        fault.column,
        value.replace("\0", "\\0"),
        why=fault.text,
        why_ru=fault.text,
    )
    return ReadRow(row.number, "rejected", {}, (note,))


# ---- what a cell of a column may look like ------------------------------------------------------------------


def _digits(cell: Cell, most: int) -> bool:
    return type(cell) is str and cell.strip().isdigit() and len(cell.strip()) <= most


def _place_like(cell: Cell) -> bool:
    if type(cell) is not str:
        return isinstance(cell, Decimal) and cell == cell.to_integral_value() and 10_000 <= cell <= 999_999
    text = cell.strip()
    return any(c.isalpha() for c in text) or (text.isdigit() and 5 <= len(text) <= 6) or text[:1] in "?-—=@#"


def _goods_like(cell: Cell) -> bool:
    if type(cell) is not str:
        return isinstance(cell, Decimal) and cell >= 1000
    text = cell.strip()
    digits = text.replace(" ", "").replace("/", "").replace(".", "")
    return (
        any(c.isalpha() for c in text)
        or (digits.isdigit() and len(digits) >= 3 and text.count(".") < 2)
        or text[:1] in "?-—=@#"
    )


# A word that may be a place, goods or a wagon; "уточняется" or "?" is no sign of a shifted row.
_NAME = re.compile(r"(?!(?:уточ|tb[acd]|по |нет|много|под))[^\W\d_][\w\s().'-]{2,}", re.IGNORECASE)
_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


def _mass_like(cell: Cell) -> bool:
    if type(cell) is not str:
        return not isinstance(cell, dt.date)
    text = cell.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return True
    if text[:1] in "=@#+" or not text.strip("-—–?"):
        return True
    return (any(c.isdigit() for c in text) or not _NAME.fullmatch(text)) and not _A_DAY.fullmatch(text)


def _day_like(cell: Cell) -> bool:
    if type(cell) is not str:
        return not isinstance(cell, Decimal) or 36526 <= cell <= 73051
    text = cell.strip()
    bare = text.replace(",", ".")
    return not (bare.replace(".", "", 1).isdigit() and len(bare) <= 4 and not bare.startswith("20"))


def _money_like(cell: Cell) -> bool:
    text = raw(cell).strip()
    return not any(c.isdigit() for c in text)


_LOOKS = {
    "origin": _place_like,
    "destination": _place_like,
    "cargo": _goods_like,
    "tonnes": _mass_like,
    "ready_date": _day_like,
    "due_date": _day_like,
    "month": _day_like,
    "currency": _money_like,
    "objective": _money_like,
    "ownership": _money_like,
}
