"""Tables given back: what stands in the file, cell by cell."""

from __future__ import annotations

import datetime as dt
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from optimizer.errors import FreightError
from optimizer.sheet.model import Fault
from optimizer.sheet.write import Mark, Table, guard, sheet_name, unguard, write_csv, write_xlsx
from optimizer.tables import safe_text

ROWS = [
    ["Участок", "ставка", "с"],
    ["Костанай; Болашак", Decimal("-1340.50"), dt.date(2026, 12, 5)],
    ["=1+1", Mark(Decimal("1E+3"), "проверить"), dt.datetime(2026, 12, 5, 8, 30, tzinfo=dt.UTC)],
    [Fault("=G7*0,6", formula=True), True, None],
]


def test_csv_for_excel_in_russian(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ROWS, "excel-ru")
    assert (tmp_path / "a.csv").read_bytes().decode("utf-8-sig") == (
        'Участок;ставка;с\r\n"Костанай; Болашак";-1340,50;05.12.2026\r\n'
        "'=1+1;1000;05.12.2026 08:30:00\r\n'=G7*0,6;ИСТИНА;\r\n"
    )


def test_csv_by_the_standard(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ROWS)
    assert (tmp_path / "a.csv").read_bytes().decode() == (
        "Участок,ставка,с\r\nКостанай; Болашак,-1340.50,2026-12-05\r\n"
        "'=1+1,1000,2026-12-05T08:30:00\r\n\"'=G7*0,6\",TRUE,\r\n"
    )


def test_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [Table("Ставки: окт/ноя", ROWS[0], ROWS[1:], widths=[30]), Table("Пусто", [], [])])  # type: ignore[arg-type]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Ставки_ окт ноя", "Пусто"]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2" and sheet.column_dimensions["A"].width >= 30
    assert sheet["B2"].value == -1340.5 and sheet["B2"].number_format == "#,##0.00"
    assert str(sheet["C2"].value) == "2026-12-05 00:00:00" and sheet["C2"].number_format == "dd.mm.yyyy"
    assert sheet["A3"].data_type != "f" and sheet["A3"].value == "=1+1" and sheet["A3"].quotePrefix
    assert (
        sheet["B3"].value == 1000
        and sheet["B3"].comment.text == "проверить"
        and sheet["B3"].fill.fgColor.rgb == "FFFFF2CC"
    )
    assert sheet["B4"].value is True


def test_a_workbook_tells_nothing_of_its_maker_and_is_the_same_on_any_day(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_xlsx(tmp_path / name, [Table("A", ["x"], [[Mark("y", "note")], [1]])])
    first = (tmp_path / "a.xlsx").read_bytes()
    assert first == (tmp_path / "b.xlsx").read_bytes()
    core = zipfile.ZipFile(tmp_path / "a.xlsx").read("docProps/core.xml").decode()
    assert "<dc:creator></dc:creator>" in core and "2000-01-01" in core and str(tmp_path) not in core


def test_numbers_a_spreadsheet_cannot_hold_are_text(tmp_path: Path) -> None:
    write_xlsx(
        tmp_path / "a.xlsx", [Table("A", [], [[Decimal("12345678901234567.89"), Decimal("1E+20"), Decimal("NaN"), 1]])]
    )
    cells = next(openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(values_only=True))
    assert cells == ("12345678901234567.89", 10**20, None, 1)


def test_names_of_sheets() -> None:
    taken: set[str] = set()
    assert [sheet_name(name, taken) for name in ("History", "a" * 40, "a" * 40, "[x]?*", "'", "🚂" * 40)] == [
        "History 2", "a" * 31, "a" * 27 + " 2", "x", "Sheet", "🚂" * 15,
    ]  # fmt: skip


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    for write in (lambda p: write_csv(p, ROWS), lambda p: write_xlsx(p, [Table("A", [], [])])):
        with pytest.raises(FreightError) as fault:
            write(tmp_path / "none" / "a.xlsx")
        assert fault.value.code == "file_unwritable"


def test_what_looks_like_markup_is_text(tmp_path: Path) -> None:
    typed = ["<r><t>x</r>", "<r></r>", "a & b < c", " x ", '"q"', "x" * 32_767]
    write_xlsx(tmp_path / "a.xlsx", [Table("A", [], [typed, typed])])
    for row in openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows(values_only=True):
        assert [str(cell) for cell in row] == typed


@pytest.mark.parametrize("unseen", ["\u00a0", "\ufeff", "\u200b", "\u2060 ", " \u3000", "\u202e"])
def test_a_formula_behind_what_nobody_sees_is_no_formula(unseen: str) -> None:
    for text in ("=1+1", "@SUM(A1)", "+A1", "-A1"):
        guarded = safe_text(unseen + text)
        assert guarded == guard(unseen + text) == f"'{unseen}{text}" and unguard(guarded) == unseen + text
    assert safe_text(f"{unseen}Костанай") == guard(f"{unseen}Костанай") == f"{unseen}Костанай"
