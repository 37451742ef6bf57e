"""Where the table stands in a sheet: titles above, one to three header rows, which column is which of our fields."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from optimizer.intake.headers import PASSED_OVER, Heading, heading
from optimizer.intake.rowkinds import kind_of
from optimizer.intake.words import key, tidy
from optimizer.sheet.model import Cell, Fault, Grid, Row, letters

MOST_TITLE_ROWS = 60
MOST_HEADER_ROWS = 3
MOST_COLUMNS = 500

# Fields one column alone may hold; of prices and values there may be several.
SEVERAL = frozenset(
    {"price", "coefficient", "costs", "remarks", "tonnes", "units", "teu", "document", "included", "cargo_codes"}
)
# Of a table of each kind some of these must be found, else no row can be read.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "shipments": (
        ("origin", "origin_code", "destination", "destination_code"),
        ("cargo", "cargo_codes", "tonnes", "units"),
    ),
    "rates": (("route", "from", "to"), ("price",)),
    "netback": (("outlet", "basis"), ("price",)),
    "flows": (("border", "origin", "destination", "cargo"), ("tonnes", "teu", "units")),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the user's.

    Attributes:
        index: counted from 0; letter: as a spreadsheet names it.
        name: its header, headings above it first.
        period: of a flow sheet, the year or month the column is of.
    """

    index: int
    letter: str
    name: str
    heading: Heading
    period: str = ""

    @property
    def field(self) -> str:
        return self.heading.field


@dataclass(frozen=True, slots=True)
class Layout:
    """How one sheet is laid out.

    Attributes:
        header: row numbers of the header, as the sheet numbers rows; empty when none was found.
        first: index in `grid.rows` of the first row below the header.
        width: columns of the header.
    """

    header: tuple[int, ...]
    first: int
    columns: tuple[Column, ...]
    unread: tuple[str, ...]
    width: int
    doubled: tuple[str, ...] = field(default=())

    def of(self, name: str) -> Column | None:
        """The first column of a field."""
        return next((c for c in self.columns if c.field == name), None)

    def all_of(self, name: str) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.field == name)


def text_of(cell: Cell) -> str:
    """A cell as tidy text: numbers plain, days ISO, faults as shown.

    >>> text_of(Decimal("12.50")), text_of(dt.date(2026, 11, 25)), text_of(" a\\u00a0b ")
    ('12.50', '2026-11-25', 'a b')
    """
    if type(cell) is str:
        return tidy(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return format(cell, "f") if abs(cell.adjusted()) < 30 else str(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return tidy(cell.text if isinstance(cell, Fault) else str(cell))


def texts_of(row: Row) -> list[str]:
    return [text_of(cell) for cell in row.cells[:MOST_COLUMNS]]


def find(grid: Grid, kind: str) -> Layout:
    """The layout of a sheet: the block of one to three rows that names most columns of this kind.

    A later block must name more columns than an earlier one, and more rows must name more than fewer do.
    """
    best: tuple[float, int, int] | None = None
    rows = grid.rows[:MOST_TITLE_ROWS]
    texts = [texts_of(row) if row.fault is None else [] for row in rows]
    for top in range(len(rows)):
        if not any(texts[top]):
            continue
        for height in range(1, MOST_HEADER_ROWS + 1):
            if top + height > len(rows) or not any(texts[top + height - 1]):
                break
            block = texts[top : top + height]
            worth = _worth(block, kind, _merged(grid, top, height))
            # Rows of data repeat words too ("груз", "станция"): later and taller blocks must earn their place.
            if height > 1 and len(_kinds(block, kind, grid, top)) <= len(_kinds(block[1:], kind, grid, top + 1)):
                continue
            if worth and (best is None or worth > best[0] + 0.5):
                best = (worth, top, height)
    if best is None:
        return Layout((), 0, (), (), max((len(t) for t in texts), default=0))
    _, top, height = best
    while height < MOST_HEADER_ROWS and top + height < len(rows) and _says_units(texts[top + height]):
        height += 1
    paths = _paths(texts[top : top + height], _merged(grid, top, height))
    layout = _layout(tuple(row.number for row in rows[top : top + height]), top + height, paths, kind)
    return _by_content(layout, grid) if kind == "shipments" else layout


_UNIT_WORD = re.compile(
    r"(?:ст|станц\w*|station|код\w*|code|дата|date|день|т|тн|тонн\w*|t|tons?|tonnes?|mt|кг|kg|тыс т\w*|kt|шт|ед|pcs|ваг\w*|конт\w*|"
    r"usd|eur|chf|kzt|дд мм гггг|dd mm yyyy|текст|text|наименование|name)"
)


def _says_units(texts: Sequence[str]) -> bool:
    """A row under the names that says only in what each column is: "станция;;тонн;дата"."""
    filled = [key(text) for text in texts if text]
    return len(filled) >= 2 and all(_UNIT_WORD.fullmatch(text) for text in filled)


_A_DAY = re.compile(r"\s*(?:\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./](?:\d{2}|\d{4}))\s*")


def _by_content(layout: Layout, grid: Grid) -> Layout:
    """A column not understood by its name alone ("Погрузка" beside "Откуда"): days in it are the ready date."""
    if layout.of("ready_date"):
        return layout
    for column in layout.columns:
        if column.field or not column.name:
            continue
        cells = [
            row.cells[column.index]
            for row in grid.rows[layout.first : layout.first + 50]
            if row.fault is None and column.index < len(row.cells) and row.cells[column.index] != ""
        ]
        days = sum(isinstance(c, dt.date) or (isinstance(c, str) and _A_DAY.fullmatch(c) is not None) for c in cells)
        if cells and days * 2 > len(cells):
            found = replace(column, heading=Heading("ready_date", sure=1))
            columns = tuple(found if c is column else c for c in layout.columns)
            unread = tuple(name for name in layout.unread if name != column.name)
            return replace(layout, columns=columns, unread=unread)
    return layout


def with_header(grid: Grid, kind: str, numbers: Sequence[int]) -> Layout:
    """The layout of a sheet whose header rows the user has named."""
    wanted = set(numbers)
    at = [index for index, row in enumerate(grid.rows) if row.number in wanted]
    if not at:
        return Layout((), 0, (), (), 0)
    texts = [texts_of(grid.rows[index]) for index in at]
    paths = _paths(texts, _merged(grid, at[0], len(at)))
    return _layout(tuple(grid.rows[index].number for index in at), at[-1] + 1, paths, kind)


def tables_below(grid: Grid, kind: str, first: Layout) -> list[tuple[int, Layout]]:
    """(index of its uppermost header row, layout) of every further table under the first, with columns of its own.

    A header that only repeats the one above it begins no new table.
    """
    found: list[tuple[int, Layout]] = []
    now, index = first, first.first
    while index < len(grid.rows):
        layout = _header_at(grid, kind, index)
        if layout is not None and _told_apart(layout) != _told_apart(now):
            found.append((index, layout))
            now = layout
        index = layout.first if layout is not None else index + 1
    return found


def _told_apart(layout: Layout) -> list[tuple[int, Heading]]:
    return [(c.index, replace(c.heading, near="", sure=0)) for c in layout.columns if c.field]


def _header_at(grid: Grid, kind: str, top: int) -> Layout | None:
    """A header that begins at this row of the table: names of columns and nothing but names."""
    row = grid.rows[top]
    if row.fault is not None or not _wordy(row):
        return None
    best: tuple[float, int] | None = None
    for height in range(1, MOST_HEADER_ROWS + 1):
        rows = grid.rows[top : top + height]
        if len(rows) < height or rows[-1].fault is not None or not _wordy(rows[-1]):
            break
        block = [texts_of(row) for row in rows]
        named = [path for path in _paths(block, _merged(grid, top, height)) if path]
        sure = sum(1 for path in named if heading(path, kind).sure >= 2)
        worth = _worth(block, kind, _merged(grid, top, height)) if sure >= 3 and sure * 2 >= len(named) else 0.0
        if worth and (best is None or worth > best[0] + 0.5):
            best = (worth, height)
    if best is None:
        return None
    rows = grid.rows[top : top + best[1]]
    paths = _paths([texts_of(row) for row in rows], _merged(grid, top, best[1]))
    return _layout(tuple(row.number for row in rows), top + best[1], paths, kind)


_DIGIT = re.compile(r"\d")


def _wordy(row: Row) -> bool:
    """Whether a row is words alone: a row of goods has a number, a day or a code somewhere."""
    words = [cell for cell in row.cells if isinstance(cell, str)]
    if len(words) < len(row.cells):  # a number or day of a workbook
        return False
    return _DIGIT.search("".join(words)) is None and sum(1 for cell in words if cell) >= 3


def without_header(width: int) -> Layout:
    """A sheet without names; its columns come from a mapping."""
    columns = tuple(Column(i, letters(i), "", Heading()) for i in range(width))
    return Layout((), 0, columns, (), width)


def _layout(header: tuple[int, ...], first: int, paths: Sequence[tuple[str, ...]], kind: str) -> Layout:
    columns = [
        Column(
            i,
            letters(i),
            " / ".join(path),
            heading(path, kind),
            period_of(path[-1]) if kind == "flows" and path else "",
        )
        for i, path in enumerate(paths)
    ]
    if kind == "flows":
        columns = [
            Column(c.index, c.letter, c.name, Heading("tonnes", sure=1), c.period) if c.period and not c.field else c
            for c in columns
        ]
    columns = _beside(columns, kind)
    columns, doubled = _one_each(columns)
    unread = tuple(c.name for c in columns if c.name and not c.field)
    return Layout(header, first, tuple(columns), unread, _width(paths), doubled)


def _width(paths: Sequence[tuple[str, ...]]) -> int:
    named = [i for i, path in enumerate(paths) if path]
    return len(paths) if named else 0


def _beside(columns: list[Column], kind: str) -> list[Column]:
    """A code column without a word of its own belongs to the column on its left."""
    if kind != "shipments":
        return columns
    found = list(columns)
    for i, column in enumerate(columns[1:], 1):
        words = key(column.name)
        if column.field or not re.fullmatch(r"(код\w*|code|еср|esr|код еср|esr code|код станции|station code)", words):
            continue
        left = columns[i - 1].field
        if left in ("origin", "destination"):
            found[i] = Column(column.index, column.letter, column.name, Heading(f"{left}_code", sure=2), column.period)
        elif left == "cargo":
            found[i] = Column(column.index, column.letter, column.name, Heading("cargo_codes", sure=2), column.period)
    return found


def _one_each(columns: Sequence[Column]) -> tuple[list[Column], tuple[str, ...]]:
    """Of two columns read as one field the surer and earlier one keeps it."""
    kept: dict[str, Column] = {}
    for column in columns:
        name = column.field
        if name and name not in SEVERAL and (name not in kept or column.heading.sure > kept[name].heading.sure):
            kept[name] = column
    doubled = [c.name for c in columns if c.field and c.field not in SEVERAL and kept[c.field] is not c]
    result = [
        c
        if not c.field or c.field in SEVERAL or kept[c.field] is c
        else Column(c.index, c.letter, c.name, Heading(), c.period)
        for c in columns
    ]
    return result, tuple(doubled)


def _kinds(block: Sequence[Sequence[str]], kind: str, grid: Grid, top: int) -> set[Heading]:
    """The different columns a block tells apart: a row above the names must tell more, or it is a title."""
    paths = _paths(block, _merged(grid, top, len(block)))
    found = {replace(heading(path, kind), near="", sure=0) for path in paths if path and not period_of(path[-1])}
    if kind == "flows" and any(path and period_of(path[-1]) for path in paths):
        found.add(Heading("tonnes"))
    return {column for column in found if column.field}


def _worth(block: Sequence[Sequence[str]], kind: str, merged: frozenset[tuple[int, int]]) -> float:
    """How well some rows name the columns: fields found, less names not understood; 0 for rows of data."""
    if any(kind_of(texts) in ("blank", "ruler", "total", "average", "note", "numbering") for texts in block):
        return 0.0
    # A lone text is a title over the table, not a heading over some of its columns.
    if any(sum(1 for text in texts if text) < 2 for texts in block):
        return 0.0
    paths = _paths(block, merged)
    found: dict[str, int] = {}
    unknown = 0
    for path in paths:
        if not path:
            continue
        column = heading(path, kind)
        if column.field:
            found[column.field] = max(found.get(column.field, 0), column.sure)
        elif kind == "flows" and period_of(path[-1]):
            found["tonnes"] = max(found.get("tonnes", 0), 2)
        else:
            unknown += 1
    # A header row names columns; a row of goods has numbers in it.
    numbers = sum(1 for texts in block for t in texts if t and _numeric(t) and not (kind == "flows" and period_of(t)))
    filled = sum(1 for texts in block for t in texts if t)
    if not all(any(name in found for name in group) for group in NEEDED[kind]) or numbers * 3 > filled:
        return 0.0
    if len(block) > 1 and (numbers or not _adds(block, kind)):
        return 0.0
    several = sum(1 for path in paths if path and heading(path, kind).field in SEVERAL) - sum(
        1 for n in found if n in SEVERAL
    )
    worth = sum(0.8 + 0.1 * sure for name, sure in found.items() if name not in PASSED_OVER)
    return worth + 0.3 * several - 0.1 * unknown


def _adds(block: Sequence[Sequence[str]], kind: str) -> bool:
    """Whether every row of a block is of the header: the lowest names at least two columns, none says goods."""
    lowest = [t for t in block[-1] if t]
    known = sum(1 for t in lowest if heading((t,), kind).field or key(t) in _SUB_WORDS or _sub_word(t))
    return len(lowest) >= 2 and known * 2 >= len(lowest)


_SUB_WORDS = frozenset((
    "станция", "код", "наименование", "порт", "пункт", "название", "дата", "station", "code", "name", "place",
    "port", "ставка", "коэф", "rate", "т", "t", "кг", "kg", "тонн", "usd", "chf",
))  # fmt: skip


def _sub_word(text: str) -> bool:
    return (
        re.search(
            r"^(станц|код|наимен|ставк|коэф|порт|пункт|дата|station|code|name|place|rate|coef|usd|chf|eur|шв)",
            key(text),
        )
        is not None
    )


def _merged(grid: Grid, top: int, height: int) -> frozenset[tuple[int, int]]:
    """Cells of the block that lie inside a merged range but not at its left, as (row of the block, column)."""
    found = set()
    for merge in grid.merges:
        for row in range(max(top, merge.top), min(top + height - 1, merge.bottom) + 1):
            for column in range(merge.left, min(merge.right, MOST_COLUMNS) + 1):
                found.add((row - top, column))
    return frozenset(found)


def _paths(block: Sequence[Sequence[str]], merged: frozenset[tuple[int, int]]) -> list[tuple[str, ...]]:
    """Every column's texts from the uppermost heading down; a heading reaches right over the columns named below it."""
    width = max((len(texts) for texts in block), default=0)
    filled: list[list[str]] = []
    for depth, texts in enumerate(block):
        row = list(texts) + [""] * (width - len(texts))
        if depth < len(block) - 1:
            last = ""
            for i in range(width):
                if row[i]:
                    last = row[i]
                elif last and any(i < len(below) and below[i] for below in block[depth + 1 :]):
                    # Where a workbook says what is merged, a heading reaches no further than that.
                    row[i] = last if not merged or (depth, i) in merged else ""
        filled.append(row)
    return [tuple(dict.fromkeys(row[i] for row in filled if row[i])) for i in range(width)]


_NUMERIC = re.compile(r"[\s\d.,'()+\-–—%$€x]*\d[\s\d.,'()+\-–—%$€x]*")


def _numeric(text: str) -> bool:
    return _NUMERIC.fullmatch(text) is not None


_MONTHS = [
    "янв", "фев", "мар", "апр", "ма[йя]", "июн", "июл", "авг", "сен", "окт", "ноя", "дек", "jan", "feb", "mar",
    "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
]  # fmt: skip


@lru_cache(maxsize=1024)
def period_of(text: str) -> str:
    """The year, month or quarter a column of a flow sheet is of, as ISO; "" for another text.

    >>> period_of("2025"), period_of("янв.26"), period_of("Dec 2026"), period_of("IV кв. 2025"), period_of("9 мес. 2026 г.")
    ('2025', '2026-01', '2026-12', '2025-Q4', '2026-M01-M09')
    """
    words = key(text)
    years = re.findall(r"\b(?:19|20)\d{2}\b", words)
    if len(years) > 1 or len(words) > 30:
        return ""
    if re.fullmatch(r"(факт |отчет |за )?(19|20)\d{2}( г| год| года| факт| fact| actual)*", words):
        return years[0]
    if match := re.fullmatch(
        r"(?:([1-4])|(i{1,3}|iv)) ?(?:кв\w*|q)(?: (?:г )?(\d{2}|\d{4}))( г\w*)?|q([1-4]) (\d{2}|\d{4})", words
    ):
        quarter = match[1] or match[5] or {"i": "1", "ii": "2", "iii": "3", "iv": "4"}[match[2]]
        return f"{_year(match[3] or match[6])}-Q{quarter}"
    if match := re.fullmatch(r"(\d{1,2}) мес\w* (\d{4})( г\w*)?", words):
        return f"{match[2]}-M01-M{int(match[1]):02d}"
    if match := re.fullmatch(r"([^\W\d_]+) (\d{2}|\d{4})( г\w*)?", words):
        for number, stem in enumerate(_MONTHS):
            if re.match(stem, match[1]):
                return f"{_year(match[2])}-{number % 12 + 1:02d}"
    if match := re.fullmatch(r"(\d{1,2}) ((?:19|20)\d{2})|((?:19|20)\d{2}) (\d{1,2})", words):
        month = int(match[1] or match[4])
        return f"{match[2] or match[3]}-{month:02d}" if 1 <= month <= 12 else ""
    return ""


def _year(text: str) -> str:
    return text if len(text) == 4 else f"20{text}"
