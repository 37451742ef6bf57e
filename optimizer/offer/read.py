"""Reads a rate sheet cell by cell: sections from-to with prices in several columns, or distances with prices."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from optimizer.intake.cells import Style, style_of
from optimizer.intake.headers import currency_in, feet_in, ownership_in, per_in
from optimizer.intake.layout import Column, Layout, find, text_of, texts_of
from optimizer.intake.money import price_in
from optimizer.intake.rowkinds import kind_of
from optimizer.intake.wagons import Wagons, wagons_in
from optimizer.intake.words import key
from optimizer.offer.belts import belts_layout, km_belt
from optimizer.offer.model import PricedCell, SheetRead, Untaken
from optimizer.sheet.dates import DateFault, read_days
from optimizer.sheet.model import Cell, Grid, Row
from optimizer.shipment import Equipment

REASONS = {
    "no_price": "no price stands here",
    "formula": "a formula, not a value; write the value",
    "spreadsheet_error": "a spreadsheet's error; write the value",
    "not_a_number": "not a number",
    "not_finite": "not a number we can count with",
    "ambiguous_number": "may be read as two numbers; write it without a sign of thousands",
    "not_positive": "not above zero",
}
SURCHARGES = (
    ("guard", r"охран|guard|escort"), ("seal", r"зпу|пломб|\bseals?\b"), ("station", r"станционн|station charge"),
    ("customs", r"тамож|customs"), ("phytosanitary", r"фито|phyto"), ("fumigation", r"фумиг|fumig"), ("fuel", r"топлив|fuel|baf"),
    ("security", r"безопасн|security"), ("war_risk", r"военн|war risk"), ("weighing", r"взвеш|weigh"), ("cleaning", r"промыв|очист|clean"),
    ("agency", r"агент|agency"), ("permit", r"разреш|permit"), ("congestion", r"скоплен|congest"), ("season", r"сезон|зимн|winter"),
)  # fmt: skip
INCLUDED = re.compile(r"^(в т ?ч|в том числе|вкл|включая|of which|incl\w*|including|thereof)\b")
_SPLIT = re.compile(r"\s+[-–—]\s+|\s*(?:->|→|=>|➝)\s*")
_DAY = r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}"
_FROM = re.compile(rf"(?:\bс|\bот|\bfrom|effective|since)\s+({_DAY})", re.IGNORECASE)
_TO = re.compile(rf"(?:\bпо|\bдо|\bto|until|till)[\s:;]*({_DAY})", re.IGNORECASE)
_ISSUED = re.compile(rf"(?:тлг|телегр\w*|telegram|письм\w*|letter)\D{{0,20}}?(?:от|of|dated)\s+({_DAY})", re.IGNORECASE)
_BACK = re.compile(r"задним числом|retroactive|с обратн", re.IGNORECASE)


def read_sheet(grid: Grid, equipment: Mapping[str, Equipment]) -> SheetRead:
    """Every priced cell of a rate sheet, and every cell that is none.

    Args:
        equipment: ours, for the words of wagons and boxes in a column of kinds.
    """
    layout = find(grid, "rates")
    belts = belts_layout(grid) if not layout.columns else None
    if belts is not None:
        layout = belts
    if not layout.columns:
        words = "no column of routes or distances and no column of prices was found; name them in the header"
        return SheetRead(grid.file, 0, 0, (), (Untaken(0, "", "", "", "no_header", words),))
    reader = _Reader(grid, layout, belts is not None, equipment)
    return reader.read()


class _Reader:
    """Reads the rows below the header, top to bottom."""

    def __init__(self, grid: Grid, layout: Layout, of_belts: bool, equipment: Mapping[str, Equipment]) -> None:
        self.grid, self.layout, self.of_belts, self.equipment = grid, layout, of_belts, equipment
        self.prices = layout.all_of("price")
        rows = grid.rows[layout.first :]
        texts = {c.index: {t for row in rows if (t := _text(row, c))} for c in self.prices}
        whole = style_of({t for column in texts.values() for t in column})
        self.styles = {index: style_of(found, whole) for index, found in texts.items()}
        above = "\n".join(_titles(grid, layout))
        self.title = above
        self.valid_from, self.valid_to = _day(_FROM, above), _day(_TO, above)
        self.currency = currency_in(above)
        self.untaken: list[Untaken] = []
        self.notes: list[str] = [f"Above the table: {line.strip()}" for line in above.split("\n") if line.strip()]

    def read(self) -> SheetRead:
        cells: list[PricedCell] = []
        rows = skipped = 0
        for row in self.grid.rows[self.layout.first :]:
            rows += 1
            found = self._row(row)
            if found is None:
                skipped += 1
            else:
                cells += found
        return SheetRead(self.grid.file, rows, skipped, tuple(cells), tuple(self.untaken), tuple(self.notes))

    def _row(self, row: Row) -> list[PricedCell] | None:
        """The priced cells of a row; None for one that is no row of prices."""
        if row.fault is not None:
            self.untaken.append(Untaken(row.number, "", "", "", row.fault.code, row.fault.text))
            return []
        texts = texts_of(row)
        kind = kind_of(texts)
        if kind in ("blank", "ruler", "numbering"):
            return None
        name = self._name(row)
        surcharge, included = surcharge_in(name)
        if kind in ("total", "average", "note") and not surcharge:
            if kind == "note":
                self.notes.append(f"Row {row.number}: {' '.join(filter(None, texts))}")
            return None
        places = () if self.of_belts or surcharge else tuple(p for p in _SPLIT.split(name) if p)
        base = PricedCell(
            row=row.number, letter="", column="", text="", price=Decimal(0), places=(name,) if surcharge else places,
            surcharge=surcharge, included=included, scope=self._all(row, "included"), remark="; ".join(filter(None, (self._all(row, "document"), self._all(row, "remarks")))),
            cargo=self._cell(row, "cargo"),
            carrier=self._cell(row, "carrier"), valid_from=self.valid_from, valid_to=self.valid_to,
        )  # fmt: skip
        if self.of_belts:
            belt = km_belt(self._cell(row, "km"))
            if belt is None:
                self._not(row, self.layout.columns[0], self._cell(row, "km"), "bad_belt", "not a range of kilometres")
                return []
            base = replace(base, from_km=belt[0], to_km=belt[1])
        elif not surcharge and len(places) < 2:
            if any(_text(row, c) for c in self.prices):
                self._not(row, self.layout.columns[0], name, "no_route", "a price without a from and a to")
                return []
            self.notes.append(f"Row {row.number}: {' '.join(filter(None, texts))}")
            return None
        return list(self._prices(row, self._dated(row, base)))

    def _dated(self, row: Row, base: PricedCell) -> PricedCell:
        """The row with its own days: columns of its own, or "с 15.10.2026, тлг от 09.11.2026" said beside it."""
        said = base.remark
        issued = _day(_ISSUED, said) or self._day(row, "known_from")
        begins = self._day(row, "valid_from") or (_day(_FROM, said) if issued or _BACK.search(said) else None)
        ends = self._day(row, "valid_to")
        return replace(
            base,
            valid_from=begins or base.valid_from,
            valid_to=ends or base.valid_to,
            known_from=issued or base.known_from,
        )

    def _prices(self, row: Row, base: PricedCell) -> Iterator[PricedCell]:
        kinds = self._cell(row, "equipment")
        wagons = wagons_in(kinds, self.equipment) if kinds else None
        owner = ownership_in(self._cell(row, "ownership")) or (wagons.ownership if wagons else "")
        for column in self.prices:
            shown = _text(row, column)
            if not shown:
                continue
            price = price_in(_at(row, column), self.styles.get(column.index, Style()))
            code = price.fault or (price.amount.code if price.amount.code == "ambiguous_number" else "")
            code = code or ("not_positive" if price.value <= 0 else "")
            if code:
                self._not(row, column, shown, code, REASONS.get(code, code))
                continue
            head = column.heading
            feet = head.feet or feet_in(kinds) or self._feet(wagons)
            kind = wagons.equipment if wagons and wagons.equipment != "?" else ""
            yield replace(
                base, letter=column.letter, column=self._column(column), text=shown, price=price.value, times=price.times, low=price.low,
                high=price.high, currency=price.currency or head.currency or _currency_of(self._cell(row, "currency")) or self.currency,
                per=price.per or head.per or per_in(f"/{self._cell(row, 'basis')}")
                or per_in(kinds) or ("container" if feet else ""), feet=feet,
                ownership=(head.ownership or owner).strip("?"), equipment=kind, coefficient=self._coefficient(row, column),
                to_t=_to_t(column.name) if self.of_belts else "",
            )  # fmt: skip

    def _feet(self, wagons: Wagons | None) -> str:
        """20 or 40 of a box named in words; "" for a wagon."""
        kind = self.equipment.get(wagons.equipment) if wagons else None
        return str(kind.feet) if kind is not None and kind.feet else ""

    def _coefficient(self, row: Row, price: Column) -> Decimal | None:
        """The factor of the column that follows a price, before the next one."""
        for column in self.layout.columns:
            if column.index <= price.index:
                continue
            if column.field == "price":
                return None
            if column.field == "coefficient":
                shown = _text(row, column)
                if not shown:
                    return None
                read = price_in(_at(row, column), Style(","))
                if read.fault or read.value <= 0 or read.value > 20:
                    self._not(row, column, shown, read.fault or "not_a_number", "not a factor")
                    return None
                return read.value
        return None

    def _name(self, row: Row) -> str:
        """The route in words, from one column or from two."""
        route = self._cell(row, "route")
        if route:
            return route
        ends = [self._cell(row, name) for name in ("from", "via", "to")]
        return " - ".join(filter(None, ends))

    def _cell(self, row: Row, name: str) -> str:
        column = self.layout.of(name)
        return _text(row, column) if column is not None else ""

    def _all(self, row: Row, name: str) -> str:
        return "; ".join(filter(None, (_text(row, c) for c in self.layout.all_of(name))))

    def _day(self, row: Row, name: str) -> dt.date | None:
        text = self._cell(row, name)
        return _days(text) if text else None

    def _not(self, row: Row, column: Column, value: str, code: str, reason: str) -> None:
        self.untaken.append(Untaken(row.number, column.letter, self._column(column), value, code, reason))

    def _column(self, column: Column) -> str:
        """The column's name without the title that may stand over the whole table."""
        parts = column.name.split(" / ")
        return " / ".join(part for part in parts if part not in self.title)


def _titles(grid: Grid, layout: Layout) -> Iterator[str]:
    """Rows above the names of the columns: those of the header that hold one long text are titles too."""
    for row in grid.rows[: layout.first]:
        filled = [text for text in texts_of(row) if text]
        if filled and (row.number not in layout.header or (len(filled) == 1 and len(filled[0]) > 30)):
            yield " ".join(filled)


def surcharge_in(text: str) -> tuple[str, bool]:
    """(our charge, whether the text says it is part of the rate), or ("", False).

    >>> surcharge_in("в т.ч. охрана"), surcharge_in("ЗПУ, пломбы"), surcharge_in("Костанай - Болашак")
    (('guard', True), ('seal', False), ('', False))
    """
    words = key(text)
    if not words or _SPLIT.search(text):
        return "", False
    name = next((name for name, pattern in SURCHARGES if re.search(pattern, words)), "")
    included = INCLUDED.match(words) is not None
    return (name or ("other" if included else "")), included and bool(name or included)


def _at(row: Row, column: Column) -> Cell:
    return row.cells[column.index] if column.index < len(row.cells) else ""


def _text(row: Row, column: Column) -> str:
    return text_of(_at(row, column))


def _currency_of(text: str) -> str:
    return currency_in(text) if text else ""


def _day(pattern: re.Pattern[str], text: str) -> dt.date | None:
    found = pattern.search(text)
    return _days(found[1]) if found else None


def _days(text: str) -> dt.date | None:
    try:
        return read_days(text).first
    except DateFault:
        return None


def _to_t(name: str) -> str:
    """The upper mass of a column of belts ("до 60 т", "up to 60 t"); "" where it names none.

    >>> _to_t("Вагон собственный / до 60 т"), _to_t("свыше 60 т"), _to_t("ставка USD/ваг")
    ('60', '', '')
    """
    found = re.search(r"(?:до|up to|<=?)\s*(\d{1,3})\s*(?:т|t)\b", name, re.IGNORECASE)
    return found[1] if found else ""


def sections(cells: Sequence[PricedCell]) -> list[tuple[str, ...]]:
    """The routes of a sheet, each once, in order."""
    return list(dict.fromkeys(cell.places for cell in cells if not cell.surcharge and cell.places))
