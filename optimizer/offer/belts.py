"""Sheets of distance belts: kilometres down the side, prices beside them; and the rate table a book keeps of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from optimizer.intake.headers import Heading, heading
from optimizer.intake.layout import Column, Layout, texts_of
from optimizer.intake.words import key
from optimizer.offer.model import PricedCell
from optimizer.sheet.model import Grid, letters
from optimizer.tables import csv_text

_KM = re.compile(r"\b(км|km|расстоян\w*|distance|пояс\w*|дальн\w*)\b")
_BELT = re.compile(
    r"(?:от\s*|from\s*)?(\d[\d\s]*)\s*(?:-|–|—|\.\.|до|to)\s*(\d[\d\s]*)(?:\s*(?:км|km))?", re.IGNORECASE
)
_TITLE_ROWS = 30
FEWEST_BELTS = 2
FEWEST_COLUMNS = 2


def km_belt(text: str) -> tuple[int, int] | None:
    """Both ends of a belt, inclusive; None for anything else.

    >>> km_belt("101-200"), km_belt("1 001 – 1 100 км"), km_belt("до 100"), km_belt("итого")
    ((101, 200), (1001, 1100), None, None)
    """
    found = _BELT.fullmatch(text.strip())
    if not found:
        return None
    low, high = (int("".join(part.split())) for part in found.groups())
    return (low, high) if low < high else None


def belts_layout(grid: Grid) -> Layout | None:
    """The layout of a sheet of belts; None where there is no column of kilometres with two belts below its name."""
    for index, row in enumerate(grid.rows[:_TITLE_ROWS]):
        if row.fault is not None:
            continue
        texts = texts_of(row)
        below = [texts_of(other) for other in grid.rows[index + 1 :] if other.fault is None]
        for at, text in enumerate(texts):
            if not _KM.search(key(text)) or sum(1 for other in texts if other) < FEWEST_COLUMNS:
                continue
            belts = [line[at] for line in below if at < len(line) and km_belt(line[at])]
            if len(belts) >= FEWEST_BELTS:
                columns = [
                    _column(i, name, i == at, texts_of(grid.rows[index - 1]) if index else [])
                    for i, name in enumerate(texts)
                ]
                unread = tuple(c.name for c in columns if c.name and not c.field)
                return Layout((row.number,), index + 1, tuple(columns), unread, len(texts))
    return None


def _column(index: int, name: str, is_km: bool, above: Sequence[str]) -> Column:
    over = above[index] if index < len(above) else ""
    path = tuple(filter(None, (over, name)))
    if is_km:
        return Column(index, letters(index), name, Heading("km", sure=3))
    found = heading(path, "rates")
    if name and not found.field:
        # In a sheet of belts a column that is no remark is a price, whatever it is called.
        guess = heading((*path, "ставка"), "rates")
        found = guess if guess.field == "price" else Heading("price", sure=1)
    return Column(index, letters(index), " / ".join(path), found)


def belt_table(cells: Sequence[PricedCell]) -> str:
    """A rate table of a book for one kind of wagon or box: from_km, to_km, to_t where its columns differ in mass, rate."""
    by_mass = any(cell.to_t for cell in cells)
    rows = sorted(cells, key=lambda cell: (cell.from_km or 0, int(cell.to_t or 10**6)))
    head = ("from_km", "to_km", *(("to_t",) if by_mass else ()), "rate_unit")
    body = ((c.from_km, c.to_km, *((c.to_t,) if by_mass else ()), f"{c.price:f}") for c in rows)
    return csv_text([head, *body])
