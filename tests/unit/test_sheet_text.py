"""Text files as they arrive: code pages, delimiters, quotes, frames, broken rows. Everything in tests/data/sheet is invented."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.sheet.model import Fault, Grid
from optimizer.sheet.read import read, read_text

DATA = Path(__file__).parents[1] / "data" / "sheet"


def grid_of(text: str | bytes, **more: str) -> Grid:
    return read_text(text.encode() if isinstance(text, str) else text, "file.csv", **more)


def cells(grid: Grid) -> list[tuple[object, ...]]:
    return [row.cells for row in grid.rows]


def faults(grid: Grid) -> dict[int, str]:
    return {row.number: row.fault.code for row in grid.rows if row.fault}


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "rows"),
    [
        ("requests_cp1251.csv", "cp1251", ";", 8),
        ("rates_utf8bom.csv", "utf-8-sig", ";", 7),
        ("offer_utf16.csv", "utf-16-le BOM", "\t", 5),
        ("volumes_cp866.txt", "cp866", "│", 6),
    ],
)
def test_the_four_kinds_of_file_a_desk_gets(name: str, encoding: str, delimiter: str, rows: int) -> None:
    grid = read(DATA / name)
    assert (grid.encoding, grid.delimiter, len(grid.rows)) == (encoding, delimiter, rows)
    assert [row.number for row in grid.rows] == list(range(1, rows + 1)) and not faults(grid)


def test_a_cell_of_two_lines_is_one_row() -> None:
    grid = read(DATA / "offer_utf16.csv")
    assert grid.rows[2].cells[3] == "вкл.: тариф;\nне вкл.: простой"
    assert grid.rows[3].cells[1:3] == ("40’HC", "2x1\u202f640")


def test_a_row_with_one_cell_too_many_keeps_it() -> None:
    grid = read(DATA / "requests_cp1251.csv")
    assert [len(row.cells) for row in grid.rows][4:7] == [6, 7, 6]
    assert grid.rows[6].cells[5] == 'возврат в "Алматы-1"'


def test_formulas_and_error_words_are_faults_not_values() -> None:
    grid = read(DATA / "rates_utf8bom.csv")
    assert grid.rows[5].cells[2:] == (Fault("#ССЫЛКА!"), Fault("=G7*0,6", formula=True))
    assert grid.rows[6].cells[2] == Fault("=СРЗНАЧ(C3:C5)", formula=True)


def test_rules_of_a_drawn_table_are_rows_of_nothing() -> None:
    grid = read(DATA / "volumes_cp866.txt")
    assert cells(grid)[1:4] == [("Переход", "2025", "изм."), ("", "", ""), ("Б о л а ш а к", "1640,5", "(35,5)")]
    ascii_rules = grid_of("+-----+-----+\n| a   | 1,5 |\n+-----+-----+\n")
    assert cells(ascii_rules) == [("", ""), ("a", "1,5"), ("", "")]


ONE_ROW = "Костанай;Сарахс эксп.;пшеница;1340,5"


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r", "iso8859-5", "utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rows", [1, 200])
def test_russian_text_in_any_encoding(encoding: str, rows: int) -> None:
    grid = grid_of("\r\n".join([ONE_ROW] * rows).encode(encoding))
    assert (grid.encoding, cells(grid)[0]) == (encoding, tuple(ONE_ROW.split(";")))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_believed(encoding: str) -> None:
    assert cells(grid_of(ONE_ROW.encode(encoding)))[0] == tuple(ONE_ROW.split(";"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Груз;т", "cp1251"), ("Груз;т", "cp866"), ("да;нет", "cp1251"), ("ИТОГО;9 тыс.тн", "cp866"), ("20 ваг", "cp1251"),
        ("СТАНЦИЯ;ГРУЗ", "cp1251"), ("СТАНЦИЯ;ГРУЗ", "cp866"), ("№;Cargo;40HC", "cp1251"), ("Қостанай;бидай;мың тонна", "kz1048"),
        ("مبدا;مقصد;آستانه;گندم", "cp1256"), ("Müşteri;Gümrük;café", "cp1254"), ("│ Болашак │ 35,5 │\n├─────┼────┤", "cp866"),
    ],
)  # fmt: skip
def test_a_few_words_are_enough_to_tell_the_code_page(text: str, encoding: str) -> None:
    grid = grid_of(text.encode(encoding), delimiter=";")
    again = grid_of(text, delimiter=";")
    assert cells(grid) == cells(again)


def test_utf8_cut_in_a_letter_or_broken_in_one_row_stays_utf8() -> None:
    raw = "\n".join([ONE_ROW] * 9).encode()
    cut = grid_of(raw + "\nя".encode()[:2])
    assert cut.encoding == "utf-8" and faults(cut) == {10: "bad_bytes"}


def test_an_encoding_named_by_the_user_wins_or_is_said_to_be_wrong() -> None:
    assert grid_of(ONE_ROW.encode("mac-cyrillic"), encoding="mac-cyrillic").rows[0].cells[0] == "Костанай"
    assert grid_of(b"\xef\xbb\xbfa;b", encoding="utf-8").rows[0].cells[0] == "a"
    for name, code in (
        ("klingon", "unknown_encoding"),
        ("rot13", "unknown_encoding"),
        ("utf-8", "encoding"),
        ("utf-16", "encoding"),
    ):
        with pytest.raises(DataError) as wrong:
            grid_of("Груз".encode("cp1251")[:3], encoding=name)
        assert wrong.value.code == code


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b;c\n1,5;2,5;3,5\n", ";"), ("a,b,c\n1,2,3\n", ","), ("a\tb\n1,5\t2;3\n", "\t"), ("a|b|c\n1,5|2|3\n", "|"),
        ("Костанай;1,5", ";"), ("1,2,3\n4,5,6\n", ","), ("one\ntwo\n", ";"), ('"a;b",c\n"d;e",f\n', ","),
        ("груз;цена\nпшеница, 3 кл.;1 340,50\nмука, в/с;210,00\n", ";"),
    ],
)  # fmt: skip
def test_delimiters(text: str, delimiter: str) -> None:
    assert grid_of(text).delimiter == delimiter


def test_the_sep_line_names_the_delimiter_and_is_no_row() -> None:
    grid = grid_of("sep=,\r\nноя-26,10.000\r\n")
    assert (grid.delimiter, grid.rows[0].number, grid.rows[0].cells) == (",", 1, ("ноя-26", "10.000"))


def test_an_unquoted_decimal_comma_gives_a_longer_row_not_an_error() -> None:
    assert [len(c) for c in cells(grid_of("id,mass,price\n1,12,5,100\n2,13,200\n3,14,200\n"))] == [3, 4, 3, 3]


def test_one_bad_row_does_not_spoil_the_others() -> None:
    text = (
        'id;a;b;c\n1;"open text;6;7\n2;x;"y";z\n3;\0;1;2\n4;"a\nb";1;2\n5;40";8;9\n6;' + "x" * 40_000 + ";1;2\n7;last"
    )
    grid = grid_of(text)
    assert faults(grid) == {2: "unclosed_quote", 4: "nul_byte", 7: "field_too_long"}
    assert grid.rows[1].cells == ("1", '"open text', "6", "7")
    assert grid.rows[2].cells == ("2", "x", "y", "z")
    assert grid.rows[4].cells[1] == "a\nb" and grid.rows[5].cells[1] == '40"' and grid.rows[7].cells == ("7", "last")
    assert [row.number for row in grid.rows] == list(range(1, 9))


def test_an_open_quote_does_not_eat_rows_up_to_an_inch_mark() -> None:
    grid = grid_of('id;a;b;c\n1;"open;6;7\n2;x;y;z\n3;40";8;9\n')
    assert faults(grid) == {2: "unclosed_quote"} and len(grid.rows) == 4


def test_a_quote_inside_a_quoted_cell_need_not_be_doubled() -> None:
    assert cells(grid_of('"ТОО "Пример"";5;6\n1;2;3\n')) == [('ТОО "Пример"', "5", "6"), ("1", "2", "3")]


def test_mixed_line_ends_blank_lines_and_a_cut_last_line() -> None:
    grid = grid_of("a;b\r\nc;d\re;f\n\n\r\r\ng;h")
    assert cells(grid) == [("a", "b"), ("c", "d"), ("e", "f"), ("",), ("",), ("g", "h")]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_file"), (b"\xef\xbb\xbf\r\n", "empty_file"), (b"%PDF-1.7 ...", "not_a_spreadsheet"),
        (b"\x89PNG\r\n\x1a\n....", "not_a_spreadsheet"), (b"<html><table><tr><td>1", "not_a_spreadsheet"),
        (b'<?xml version="1.0"?><Workbook/>', "not_a_spreadsheet"), (random.Random(4).randbytes(5000), "not_a_spreadsheet"),
        (b"{\\rtf1", "not_a_spreadsheet"), (b"\0" * 400, "empty_file"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_said_in_one_sentence(raw: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "rates.xls"
    path.write_bytes(raw)
    with pytest.raises(DataError) as refused:
        read(path)
    assert refused.value.code == code and str(refused.value).startswith("rates.xls: ")


def test_missing_files_and_wrong_options(tmp_path: Path) -> None:
    with pytest.raises(DataError) as gone:
        read(tmp_path / "none.csv")
    assert gone.value.code == "file_unreadable"
    with pytest.raises(DataError) as sheet:
        read(DATA / "requests_cp1251.csv", sheet="Лист1")
    assert sheet.value.code == "unknown_sheet"
    with pytest.raises(DataError) as mark:
        read(DATA / "requests_cp1251.csv", delimiter="::")
    assert mark.value.code == "bad_delimiter"
    assert read(DATA / "offer_utf16.csv", delimiter="tab").delimiter == "\t"


def test_a_csv_named_xls_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rates.xls"
    path.write_bytes("Груз;т\n1;2".encode("cp1251"))
    assert read(path).format == "csv"


def test_fifty_thousand_rows_are_read_at_once() -> None:
    row = 'Костанай;Сарахс эксп;"пшеница, 3 кл.";1 340,5;25.11.2026;1.309,20;12,5;40HC;;"вкл.: ТО";USD;12'
    raw = "\n".join([row] * 50_000).encode("cp1251")
    before = time.process_time()
    grid = grid_of(raw)
    assert len(grid.rows) == 50_000 and len(grid.rows[-1].cells) == 12
    assert time.process_time() - before < 3.0  # 1.5 s on an idle machine


def test_mutants_of_a_file_never_stop_the_reader() -> None:
    rng = random.Random(11)
    whole = [path.read_bytes() for path in sorted(DATA.iterdir())]
    for _ in range(400):
        raw = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(raw))
            raw[at : at + rng.randrange(3)] = rng.choice(
                (b'"', b"\0", b"\n", b";", b"\r", b"\xff", rng.randbytes(2), b'""', b"\x1a")
            )
        grid = read_text(bytes(raw[: rng.randrange(1, len(raw))]), "mutant.csv")
        assert [row.number for row in grid.rows] == list(range(1, len(grid.rows) + 1))
