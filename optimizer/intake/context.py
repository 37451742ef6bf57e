"""What the readers of rows share: the layout, the lookups, what the titles say, the day, the bans."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, cast

from optimizer.intake.cells import ERROR, Day, Style, style_of
from optimizer.intake.cells import day as read_day
from optimizer.intake.layout import Column, Layout, text_of
from optimizer.intake.lookup import Lookup
from optimizer.intake.model import Note
from optimizer.sheet.dates import date_order
from optimizer.sheet.model import Cell, Fault, Grid, Row

_DOTTED = re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d{2}")
_FORMULA = re.compile(r"\s*(?:[=@]|[+-][A-Za-z_]+[(|!]|[\t\r][=+@-])")


@dataclass(frozen=True, slots=True)
class Closure:
    """A border or port that is shut: which, on what paper, and until when if that is known."""

    place: str
    place_ru: str
    restriction_id: str
    document: str
    text: str


class Shut(Protocol):
    """Says which of some places is shut for goods on a day; None where none is."""

    def __call__(
        self,
        places: Sequence[str],
        day: dt.date,
        cargo: str,
        equipment: str,
        ownership: str,
        origin: str,
        destination: str,
    ) -> Closure | None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row as read; `rejected`: nothing of it can be used; `skipped`: it is no row of its own."""

    fields: Mapping[str, str]
    notes: tuple[Note, ...]
    rejected: bool = False
    skipped: bool = False


@dataclass(slots=True)
class Context:
    """Of one sheet.

    Attributes:
        facts: what titles and notes say (valid_from, valid_to, asked_on, currency, unit ...).
        today: the day of the reading; known_on: bans issued later are not looked at.
        order: of days with slashes, "dmy" or "mdy"; "" until it is known.
    """

    grid: Grid
    layout: Layout
    lookup: Lookup
    facts: Mapping[str, str]
    today: dt.date
    shut: Shut | None = None
    order: str = ""
    styles: dict[int, Style] = field(default_factory=dict)

    @property
    def near(self) -> dt.date:
        """The day the sheet was written: of the request, else today."""
        asked = self.facts.get("asked_on", "")
        return dt.date.fromisoformat(asked) if asked else self.today

    def style(self, column: Column | None) -> Style:
        return self.styles.get(column.index, Style()) if column else Style()

    def learn_styles(self, rows: Sequence[Row], names: Iterable[str]) -> None:
        """Finds how every column of these fields writes its numbers; one without evidence follows the sheet."""
        wanted = set(names)
        columns = [c for c in self.layout.columns if c.field in wanted]
        texts = {
            c.index: [cell for row in rows if c.index < len(row.cells) and type(cell := row.cells[c.index]) is str]
            for c in columns
        }
        whole = style_of({text for column in texts.values() for text in column})
        self.styles = {index: style_of(set(column), whole) for index, column in texts.items()}

    def learn_order(self, rows: Sequence[Row], names: Iterable[str]) -> None:
        """Finds whether days with slashes are written month first: a day above twelve tells."""
        wanted = set(names)
        indexes = [c.index for c in self.layout.columns if c.field in wanted]
        texts = {cell for row in rows for i in indexes if i < len(row.cells) and type(cell := row.cells[i]) is str}
        # A column that also holds 25.12.2026 mixes two habits: then a slash tells nothing.
        if not self.order and not any(_DOTTED.match(text) for text in texts):
            self.order = date_order(texts)

    def day(self, cell: Cell) -> Day:
        """The day a cell names."""
        if isinstance(cell, (bool, Fault, dt.time)):
            return Day(code="not_a_date")
        return read_day(cell, near=self.near, order=self.order)


class Parts:
    """The columns of a sheet by our fields; what every reader of rows begins with."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.columns: dict[str, Column] = {c.field: c for c in reversed(context.layout.columns) if c.field}
        self.remarks = context.layout.all_of("remarks")

    def letter(self, name: str) -> str:
        """The user's column of a field, as a spreadsheet names it; "" where he has none."""
        column = self.columns.get(name)
        return column.letter if column else ""

    @property
    def remark_letter(self) -> str:
        return self.remarks[0].letter if self.remarks else ""

    def cell(self, row: Row, name: str) -> Cell:
        """The cell of a field; "" where the row or the sheet has none."""
        column = self.columns.get(name)
        return row.cells[column.index] if column and column.index < len(row.cells) else ""


def raw(cell: Cell) -> str:
    """A cell as it stands in the file."""
    return cell if type(cell) is str else text_of(cell)


def corrupt(cell: Cell) -> str:
    """Why a cell is no value: formula, spreadsheet_error, nul_byte, or "".

    >>> corrupt("=A1*2"), corrupt("#ССЫЛКА!"), corrupt("@SUM(A1)"), corrupt("- без НДС"), corrupt("+7 701"), corrupt("#3")
    ('formula', 'spreadsheet_error', 'formula', '', '', '')
    """
    if type(cell) is not str:
        if isinstance(cell, Fault):
            return "formula" if cell.formula else "spreadsheet_error"
        return ""
    if not cell:
        return ""
    first = cell[0]
    if first in "=@+-\t\r " and _FORMULA.match(cell):
        return "formula"
    if first == "#" and ERROR.fullmatch(cell.strip()):
        return "spreadsheet_error"
    return "nul_byte" if "\0" in cell else ""


def ordered(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes as they should be read: faults, questions by falling effect, warnings, what else was seen; each once.

    >>> from optimizer.intake.notes import make
    >>> [n.code for n in ordered([make("multiline", "", ""), make("asap", "", ""), make("missing_tonnes", "", "")])]
    ['missing_tonnes', 'asap', 'multiline']
    """
    rank = {"fault": 0, "question": 1, "warning": 2, "info": 3}
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: (rank[note.weight], -note.effect)))


def cached(find: Callable[..., object]) -> Callable[..., object]:
    """A function of hashable arguments that works each distinct case out once, and forgets none of a sheet's."""
    kept: dict[object, object] = {}

    def once(*args: object) -> object:
        try:
            return kept[args]
        except KeyError:
            found = kept[args] = find(*args)
            return found

    return once


def keyed(cell: Cell) -> object:
    """A cell as a key: numbers and days of a workbook apart from texts that look like them."""
    if type(cell) is str:
        return cell
    if isinstance(cell, Decimal):
        return ("number", format(cell, "f") if abs(cell.adjusted()) < 20 else str(cell))
    if isinstance(cell, dt.datetime):
        return cell.date()
    return cell if isinstance(cell, dt.date) else raw(cell)


def unkeyed(keyed: object) -> Cell:
    return Decimal(keyed[1]) if isinstance(keyed, tuple) else cast(Cell, keyed)


def shown(keyed: object) -> str:
    return keyed[1] if isinstance(keyed, tuple) else keyed.isoformat() if isinstance(keyed, dt.date) else str(keyed)
