"""XLSX, XLS and ODS through the child: values, faults, sheets, and files that are not what they say."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pytest
import xlsxwriter
import xlwt

from optimizer.errors import DataError
from optimizer.sheet.model import Fault, Merge
from optimizer.sheet.read import read
from optimizer.sheet.xmlparts import SheetXml


@pytest.fixture
def rates(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Ставки & Co"
    sheet.append(["Участок", "км", "ставка", "дата", "час", "готово"])
    sheet.append(["Костанай - Болашак", 2411, 1340.5, dt.date(2026, 11, 25), dt.time(8, 30), True])
    sheet["A4"], sheet["B4"], sheet["C4"] = "  края  ", "=G7*0.6", "#REF!"
    sheet["C4"].data_type = "e"
    sheet["A6"] = "объединено"
    sheet.merge_cells("A6:C7")
    sheet["XFD9"].font = openpyxl.styles.Font(bold=True)
    hidden = book.create_sheet("Черновик")
    hidden.sheet_state = "hidden"
    hidden["A1"] = 5
    path = tmp_path / "rates.xlsx"
    book.save(path)
    return path


def test_an_xlsx_cell_by_cell(rates: Path) -> None:
    grid = read(rates)
    assert (grid.format, grid.sheet, grid.sheets, grid.encoding) == (
        "xlsx",
        "Ставки & Co",
        ("Ставки & Co", "Черновик"),
        "",
    )
    assert grid.rows[1].cells == (
        "Костанай - Болашак",
        Decimal("2411"),
        Decimal("1340.5"),
        dt.date(2026, 11, 25),
        dt.time(8, 30),
        True,
    )
    assert str(grid.rows[1].cells[1]) == "2411" and grid.rows[2].cells == ()
    assert grid.rows[3].cells == ("  края  ", Fault("=G7*0.6", formula=True), Fault("#REF!"))
    assert grid.merges == (Merge(5, 0, 6, 2),)
    assert [row.number for row in grid.rows] == [1, 2, 3, 4, 5, 6]


def test_a_hidden_sheet_is_read_when_named_only(rates: Path) -> None:
    assert read(rates, sheet="Черновик").rows[0].cells == (Decimal(5),)
    with pytest.raises(DataError) as unknown:
        read(rates, sheet="Нет\0такого\ud800")
    assert unknown.value.code == "unknown_sheet" and "Черновик" in str(unknown.value)


def test_the_name_of_a_file_may_lie(rates: Path) -> None:
    moved = rates.with_name("-rates;.csv")
    moved.write_bytes(rates.read_bytes())
    assert read(moved).format == "xlsx"


def test_the_first_visible_sheet_with_anything_in_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Пусто")
    book.add_worksheet("Данные").write_row(1, 0, ["a", 2])
    book.close()
    grid = read(path)
    assert (grid.sheet, [row.cells for row in grid.rows]) == ("Данные", [(), ("a", Decimal(2))])


def test_an_empty_workbook_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Пусто")
    book.close()
    assert (read(path).sheet, read(path).rows) == ("Пусто", ())


def test_a_formula_keeps_the_value_a_spreadsheet_gave_it(tmp_path: Path) -> None:
    path = tmp_path / "values.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_formula("A1", "=6*7", None, 42)
    sheet.write_formula("B1", "=1/0", None, "#DIV/0!")
    sheet.write_formula("C1", "=A1*2", None, "")
    sheet.write_string("D1", "=1+1")
    sheet.write_string("E1", "#ССЫЛКА!")
    book.close()
    assert read(path).rows[0].cells == (
        Decimal(42), Fault("#DIV/0!"), Fault("=A1*2", formula=True), "=1+1", Fault("#ССЫЛКА!"),
    )  # fmt: skip


def test_a_formula_whose_text_is_empty_was_computed() -> None:
    part = SheetXml()
    part.feed(b'<row r="1"><c r="A1" t="str"><f>IF(1,"","x")</f><v></v></c><c r="B1"><f>A1&amp;1</f><v/></c></row>')
    part.end()
    assert part.extent.faults == {(0, 1): ("=A1&1", True)}


def test_an_xls(tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    book = xlwt.Workbook()
    sheet = book.add_sheet("Лист1")
    sheet.write(0, 0, "текст")
    sheet.write(0, 1, 1340.5)
    sheet.write(1, 0, dt.date(2026, 11, 25), xlwt.easyxf(num_format_str="dd.mm.yyyy"))
    sheet.row(1).set_cell_error(1, 0x17)
    sheet.write_merge(3, 3, 0, 2, "объединено")
    book.save(str(path))
    grid = read(path)
    assert (grid.format, grid.sheet, grid.merges) == ("xls", "Лист1", (Merge(3, 0, 3, 2),))
    assert [row.cells for row in grid.rows] == [
        ("текст", Decimal("1340.5")), (dt.date(2026, 11, 25), Fault("#REF!")), (), ("объединено",),
    ]  # fmt: skip


def test_an_xls_that_reaches_too_far_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "far.xls"
    book = xlwt.Workbook()
    book.add_sheet("A").write(0, 255, 1)
    book.save(str(path))
    with pytest.raises(DataError) as refused:
        read(path)
    assert refused.value.code == "cell_too_far"


def test_an_ods(tmp_path: Path) -> None:
    document = odf.opendocument.OpenDocumentSpreadsheet()
    table = odf.table.Table(name="Лист1")
    for values in (["Костанай", 2411], ["Сарахс", 1340.5]):
        row = odf.table.TableRow()
        for value in values:
            kind = {"valuetype": "string"} if isinstance(value, str) else {"valuetype": "float", "value": value}
            cell = odf.table.TableCell(**kind)
            cell.addElement(odf.text.P(text=str(value)))
            row.addElement(cell)
        table.addElement(row)
    tail = odf.table.TableRow(numberrowsrepeated=1_048_574)
    tail.addElement(odf.table.TableCell(numbercolumnsrepeated=16_384))
    table.addElement(tail)
    document.spreadsheet.addElement(table)
    path = tmp_path / "table.ods"
    document.save(path)
    grid = read(path)
    assert (grid.format, grid.sheet) == ("ods", "Лист1")
    assert [row.cells for row in grid.rows] == [("Костанай", Decimal(2411)), ("Сарахс", Decimal("1340.5"))]


def test_documents_and_archives_are_named_for_what_they_are(tmp_path: Path) -> None:
    for name, part, said in (
        ("a.docx", "word/document.xml", "text document"),
        ("b.zip", "rates.csv", "packed archive"),
        ("c.xlsb", "xl/workbook.bin", "XLSB"),
    ):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(part, "x")
        with pytest.raises(DataError) as refused:
            read(path)
        assert refused.value.code == "not_a_spreadsheet" and said in str(refused.value)


def ole_with(stream: str) -> bytes:
    """The smallest file of the old kind that holds one stream of that name."""
    name = stream.encode("utf-16-le")
    header = bytearray(512)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    header[24:34] = bytes.fromhex("3e000300feff09000600")
    for at, value in ((44, 1), (48, 1), (56, 4096), (60, 0xFFFFFFFE), (68, 0xFFFFFFFE), (76, 0)):
        header[at : at + 4] = value.to_bytes(4, "little")
    header[80:512] = b"\xff" * 432
    table = (0xFFFFFFFD).to_bytes(4, "little") + (0xFFFFFFFE).to_bytes(4, "little") + b"\xff" * 504
    entry = bytearray(128)
    entry[: len(name)] = name
    entry[64:66] = (len(name) + 2).to_bytes(2, "little")
    entry[66] = 2
    return bytes(header) + table + bytes(entry).ljust(512, b"\0")


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("EncryptedPackage", "workbook_encrypted"),
        ("WordDocument", "not_a_spreadsheet"),
        ("Workbook", "workbook_damaged"),
    ],
)
def test_the_old_container(stream: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    path.write_bytes(ole_with(stream))
    with pytest.raises(DataError) as refused:
        read(path)
    assert refused.value.code == code


def test_cut_and_changed_workbooks_are_refused_or_read(rates: Path, tmp_path: Path) -> None:
    rng = random.Random(12)
    old = tmp_path / "old.xls"
    book = xlwt.Workbook()
    for row in range(50):
        book.add_sheet("A") if row == 0 else book.get_sheet(0).write(row, row % 7, f"текст {row}")
    book.save(str(old))
    sources = [rates.read_bytes(), old.read_bytes()]
    path = tmp_path / "mutant.xlsx"
    for number in range(24):
        raw = bytearray(sources[number % 2])
        for _ in range(rng.randrange(1, 8)):
            raw[rng.randrange(8, len(raw))] = rng.randrange(256)
        path.write_bytes(raw[: rng.randrange(600, len(raw))] if number % 3 == 0 else raw)
        try:
            read(path)
        except DataError as refused:
            assert refused.code and len(refused.problems) == 1


def test_the_child_starts_at_once_and_needs_little(tmp_path: Path) -> None:
    shown = "import sys; import optimizer.sheet.worker; print(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(len(sys.modules))"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) - int(bare.stdout) < 60


def test_fifty_thousand_rows_of_twelve(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    rng = random.Random(13)
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.save(path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    rows = "".join(
        f'<row r="{r}">'
        + "".join(
            f'<c r="{c}{r}" t="inlineStr"><is><t>Станция {rng.randrange(3000)}</t></is></c>'
            if c in "ADGJ"
            else f'<c r="{c}{r}"><v>{rng.random() * 5000:.2f}</v></c>'
            for c in "ABCDEFGHIJKL"
        )
        + "</row>"
        for r in range(1, 50_001)
    )
    sheet = "xl/worksheets/sheet1.xml"
    head, _, tail = parts[sheet].decode().partition("<sheetData>")
    parts[sheet] = f"{head}<sheetData>{rows}</sheetData>{tail.partition('</sheetData>')[2]}".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, body in parts.items():
            file.writestr(name, body)
    assert len(read(path).rows) == 50_000
