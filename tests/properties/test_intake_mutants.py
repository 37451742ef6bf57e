"""Damaged files: whatever is done to a sheet, it is read or refused in a sentence, quickly, and its rows add up.

KERUEN_MUTANTS=2000 takes the long run; a failure prints its seed.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from pathlib import Path

import pytest

from optimizer.errors import FreightError
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read
from optimizer.intake.show import as_dict, page
from optimizer.sheet.read import read_text

SHEETS = Path(__file__).parents[1] / "data" / "intake"
MUTANTS = int(os.environ.get("KERUEN_MUTANTS", "300"))
TODAY = dt.date(2026, 11, 23)
VALUES = (
    "1e999", "-5", "=A1", "#REF!", "\0", "Infinity", "30.02.2026", "05/06/2026", "7.56E+05", '"', "'", "10.000", "1,234.5", "5-6 тыс. тн", "4х40",
    "К о с т а н а й", "Kостанай", "в т.ч.", "ИТОГО", "Всего", "—", "н/д", "(35,5)", "по запросу", "\u202e1", "a" * 3000, "9" * 400, "1" * 30 + ",5",
    "x", "Маршрут - - -> ", "()", "[[", "☃", "±", "254-258", "254±", "1:2", "12:30", "+7 701", "@SUM(A1)", "5,5,5", "1 2 3", "ASAP", "0", "-0", "½",
    "²", "٣٤", "\ud7ff", "2x", "x2", "20x40x20", "100%", "31.12.9999", "01.01.0001", "99999999999999999999", "1E-999", "1E15 т", "№", "на", "с", "до",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "cp1251", "cp866", "utf-16", "koi8-r", "utf-16-be")


def mutated(text: str, dice: random.Random) -> bytes:
    """One to four faults put into a sheet."""
    rows = text.split("\n")
    mark = max(";\t,", key=text.count)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(rows))
        cells = rows[at].split(mark)
        what = dice.randrange(9)
        if what == 0:
            rows.insert(dice.randrange(len(rows) + 1), rows[at])
        elif what == 1 and len(rows) > 2:
            del rows[at]
        elif what == 2:
            cells[dice.randrange(len(cells))] = dice.choice(VALUES)
            rows[at] = mark.join(cells)
        elif what == 3:
            one, two = dice.randrange(len(cells)), dice.randrange(len(cells))
            rows = [mark.join(_swapped(row.split(mark), one, two)) for row in rows]
        elif what == 4:
            rows = [row.replace(mark, dice.choice(";\t,|:")) if dice.random() < 0.5 else row for row in rows]
        elif what == 5:
            cells.insert(dice.randrange(len(cells) + 1), dice.choice(VALUES))
            rows[at] = mark.join(cells)
        elif what == 6 and len(cells) > 1:
            del cells[dice.randrange(len(cells))]
            rows[at] = mark.join(cells)
        elif what == 7:
            rows = [
                mark.join(c if dice.random() < 0.9 else dice.choice(VALUES) for c in row.split(mark)) for row in rows
            ]
        else:
            rows[at] = rows[at][: dice.randrange(len(rows[at]) + 1)]
    raw = dice.choice(("\n", "\r\n", "\r")).join(rows).encode(dice.choice(ENCODINGS), "replace")
    for _ in range(dice.choice((0, 0, 0, 1, 5, 40))):
        at = dice.randrange(len(raw) or 1)
        raw = raw[:at] + bytes((dice.randrange(256),)) + raw[at + 1 :]
    return raw[: dice.randrange(len(raw))] if raw and dice.random() < 0.15 else raw


def _swapped(cells: list[str], one: int, two: int) -> list[str]:
    if one < len(cells) and two < len(cells):
        cells[one], cells[two] = cells[two], cells[one]
    return cells


def test_no_damage_breaks_the_reader() -> None:
    sheets = [(f, f.name.split("_")[0]) for f in sorted(SHEETS.glob("*.csv"))]
    texts = [(read_all(f), kind) for f, kind in sheets]
    lookup, shut = lookup_of(None, None, TODAY)
    slowest = 0.0
    for seed in range(MUTANTS):
        dice = random.Random(seed)
        text, kind = dice.choice(texts)
        if dice.random() < 0.1:
            kind = dice.choice(("shipments", "rates", "netback", "flows"))
        raw = mutated(text, dice)
        started = time.process_time()
        try:
            grid = read_text(raw, "mutant.csv")
            reading, layout = read(grid, kind, lookup, today=TODAY, shut=shut)
        except FreightError:
            continue
        except Exception as fault:
            pytest.fail(f"seed {seed}, {kind}: {type(fault).__name__}: {fault}")
        slowest = max(slowest, time.process_time() - started)
        assert len(reading.rows) + len(reading.header_rows) == len(grid.rows), seed
        assert sum(reading.counts.values()) == len(reading.rows), seed
        assert all(row.notes for row in reading.rows if row.status != "accepted"), seed
        str(as_dict(reading)) and list(page(reading, layout, "ru"))
    assert slowest < 2


def read_all(file: Path) -> str:
    """Text of a sheet, whatever it is written in."""
    from optimizer.sheet.encoding import decode

    return decode(file.read_bytes(), file.name, "")[0]
