"""Ten thousand hostile strings written and read back: nothing becomes a formula, nothing is lost, numbers stay numbers."""

from __future__ import annotations

import csv
import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from optimizer.sheet.model import Fault
from optimizer.sheet.read import read
from optimizer.sheet.write import PROFILES, Table, clean, guard, unguard, write_csv, write_xlsx

STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\0",
    "＝",
    "＋",
    "－",
    "＠",
    "'",
    "''=",
    " =",
    "sep=;",
    '"',
    ";",
    "",
    "\ufeff=",
    "_x003D_",
)
BODIES = (
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(A1:A9)", "грузы", "тн;кг,т", 'a"b""c', "строка\nвторая", "x\r\ny",
    "\ud800", "\x07\x1b", "مبدا", "🚂" * 3, "<c r='XFD1'/>&amp;", "1 340,50", "#ССЫЛКА!", "\u202egnp.exe", "\ufffe", "A" * 300, "",
    "_x0041_", "]]>", "0012", "1e999", "True", "\u00a0", "  края  ",
)  # fmt: skip
COUNT = 10_000


def hostile(seed: int = 20261123) -> list[str]:
    rng = random.Random(seed)
    texts = [start + body for start in STARTS for body in BODIES]
    while len(texts) < COUNT - 1:
        pieces = [rng.choice(STARTS), rng.choice(BODIES), rng.choice(STARTS), rng.choice(BODIES)]
        texts.append(
            "".join(pieces[rng.randrange(2) :]) + chr(rng.choice((65, 0x416, 0x6F5, 0xD8FF, 0x1F682, 9, 44, 59)))
        )
    return [*texts[: COUNT - 1], "я" * 40_000]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_csv_out_and_back(profile: str, tmp_path: Path) -> None:
    style, texts, path = PROFILES[profile], hostile(), tmp_path / "out.csv"
    amounts = [Decimal(f"-{n}.5") for n in range(len(texts))]
    write_csv(path, [["text", "amount"], *zip(texts, amounts, strict=True)], profile)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") == style.bom and b"\r\n" in raw
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=style.delimiter))[1:]
    assert len(rows) == COUNT
    for (shown, amount), text, number in zip(rows, texts, amounts, strict=True):
        assert unguard(shown) == clean(text)
        assert shown.lstrip("\ufeff \u00a0\u202e")[:1] not in tuple("=@＝＋－＠") and shown[:1] not in tuple("\t\r\n\0")
        assert not shown.lower().startswith("sep=")
        if shown[:1] in ("+", "-"):
            assert shown.lstrip("+-").replace(",", ".").replace(".", "", 1).isdigit()
        assert Decimal(amount.replace(style.decimal, ".")) == number and amount[0] == "-"

    grid = read(path)
    assert (grid.delimiter, grid.encoding) == (style.delimiter, "utf-8-sig" if style.bom else "utf-8")
    assert len(grid.rows) == COUNT + 1 and not any(row.fault for row in grid.rows)
    for row, text in zip(grid.rows[1:], texts, strict=True):
        shown = row.cells[0].text if isinstance(row.cells[0], Fault) else row.cells[0]
        assert not (isinstance(row.cells[0], Fault) and row.cells[0].formula)
        assert unguard(str(shown)) == clean(text) or (row.cells[0] == Fault(clean(text).strip()))


def test_xlsx_out_and_back(tmp_path: Path) -> None:
    texts, path = hostile(), tmp_path / "out.xlsx"
    write_xlsx(path, [Table("Строки", ["text", "amount"], ((t, Decimal(f"-{n}.5")) for n, t in enumerate(texts)))])
    grid = read(path)
    assert len(grid.rows) == COUNT + 1
    for number, (row, text) in enumerate(zip(grid.rows[1:], texts, strict=True)):
        cell = row.cells[0] if row.cells else ""
        assert not (isinstance(cell, Fault) and cell.formula)
        assert cell == clean(text) or (isinstance(cell, Fault) and cell.text == clean(text).strip())
        assert row.cells[1] == Decimal(f"-{number}.5")

    sheet = openpyxl.load_workbook(path).worksheets[0]
    for (first, second), text in zip(sheet.iter_rows(min_row=2, max_col=2), texts, strict=True):
        assert first.data_type != "f" and second.data_type == "n" and second.value < 0
        assert first.hyperlink is None
        if "_x" not in text and clean(text):  # openpyxl does not undo the escape of "_x0041_"
            assert first.value == clean(text)


def test_the_guard_is_undone_exactly() -> None:
    for text in hostile(7):
        kept = clean(text)
        assert unguard(guard(kept)) == kept


def test_days_and_numbers_come_back_as_they_were(tmp_path: Path) -> None:
    rng, path = random.Random(3), tmp_path / "days.xlsx"
    rows = [
        (
            dt.date(2020, 1, 1) + dt.timedelta(days=rng.randrange(4000)),
            Decimal(rng.randrange(-(10**9), 10**9)).scaleb(-2),
        )
        for _ in range(2000)
    ]
    write_xlsx(path, [Table("Дни", [], rows)])
    assert [row.cells for row in read(path).rows] == rows
