"""Sheets of invented desks: other words, other order, other habits; each with what must come of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from optimizer.errors import DataError
from optimizer.intake.mapping import Mapping, dumps, load
from optimizer.intake.model import Reading, ReadRow
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read
from optimizer.sheet.read import read as read_grid
from optimizer.sheet.read import read_text

SHEETS = Path(__file__).parents[1] / "data" / "intake"
TODAY = dt.date(2026, 11, 23)
Read = Callable[..., Reading]

# file: (accepted, with a warning, to be answered, rejected, passed over), rows of the header
EXPECTED = {
    "shipments_titles_two_rows.csv": ((1, 2, 2, 0, 4), (4, 5)),
    "shipments_english.csv": ((3, 0, 3, 0, 0), (1,)),
    "shipments_other_order.csv": ((1, 0, 3, 0, 0), (1,)),
    "shipments_misspelt.csv": ((1, 3, 0, 0, 2), (1,)),
    "shipments_unit_column.csv": ((3, 0, 1, 0, 0), (1,)),
    "shipments_hostile.csv": ((1, 1, 3, 9, 0), (1,)),
    "rates_short_header.csv": ((4, 2, 1, 0, 2), (2,)),
    "rates_english_offer.csv": ((1, 1, 1, 0, 4), (3,)),
    "netback_mixed.csv": ((1, 2, 2, 1, 3), (1,)),
    "netback_english.csv": ((0, 1, 2, 0, 1), (1,)),
    "flows_dos.csv": ((2, 2, 0, 0, 6), (3,)),
    "flows_boxed.csv": ((1, 2, 0, 0, 7), (3,)),
    "flows_long.csv": ((3, 0, 0, 0, 2), (1,)),
}


@pytest.fixture(scope="module")
def desk() -> Read:
    lookup, shut = lookup_of(None, None, TODAY)

    def one(what: str | Path, kind: str = "", mapping: Mapping | None = None) -> Reading:
        path = SHEETS / what
        if isinstance(what, str) and "\n" in what:
            return read(read_text(what.encode(), "typed.csv"), kind, lookup, today=TODAY, mapping=mapping, shut=shut)[0]
        return read(read_grid(path), kind or path.name.split("_")[0], lookup, today=TODAY, mapping=mapping, shut=shut)[
            0
        ]

    return one


def row_of(reading: Reading, line: int) -> ReadRow:
    return next(row for row in reading.rows if row.line == line)


def codes(row: ReadRow, *weights: str) -> set[str]:
    return {note.code for note in row.notes if not weights or note.weight in weights}


def shipment(desk: Read, **cells: str) -> ReadRow:
    """One row of a plain sheet, some of its cells typed otherwise."""
    usual = {
        "Станция отправления": "Костанай", "Станция назначения": "Тегеран", "Груз": "пшеница 3 кл", "Объем": "1340,5", "Готовность": "01.12.2026",
        "Вагон": "", "Принадлежность": "", "Через": "", "Примечание": "",
    }  # fmt: skip
    usual.update(cells)
    return desk(";".join(usual) + "\n" + ";".join(usual.values()) + "\n", "shipments").rows[0]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_row_of_a_sheet_ends_somewhere(desk: Read, name: str) -> None:
    reading = desk(name)
    counts, header = EXPECTED[name]
    assert (tuple(reading.counts.values()), reading.header_rows) == (counts, header)


def test_totals_parts_and_boxes_of_an_authority(desk: Read) -> None:
    for name in ("flows_dos.csv", "flows_boxed.csv"):
        reading = desk(name)
        assert reading.encoding == "cp866" and reading.remarks["unit"] == "kt"
        part = next(row for row in reading.rows if "part" in codes(row))
        assert part.status == "skipped" and part.fields["part_of"] and part.fields["tonnes"] == "120000"
        total = next(row for row in reading.rows if "total" in codes(row))
        assert "total_counts_parts" in codes(total, "warning")
        boxes = next(row for row in reading.rows if "other_unit" in codes(row))
        assert (
            boxes.fields["teu"] == "1200" and "tonnes" not in boxes.fields and boxes.fields["border"] == "kz-saryagash"
        )
        assert next(r for r in reading.rows if "negative" in codes(r)).fields["tonnes"] == "-35500"
        assert next(r for r in reading.rows if r.fields.get("border") == "kz-bolashak").fields["tonnes"] == "820500"


def test_a_letter_spaced_station(desk: Read) -> None:
    assert row_of(desk("flows_dos.csv"), 7).fields["border"] == "kz-kostanay"


def test_months_and_sums_of_a_trader(desk: Read) -> None:
    reading = desk("netback_mixed.csv")
    assert [row.fields.get("month") for row in reading.rows[:5]] == [
        "2026-11",
        "2026-12",
        "2026-12",
        "2026-12",
        "2027-01",
    ]
    middle = row_of(reading, 3)
    assert (middle.fields["price"], middle.fields["band"], middle.fields["price_low"]) == ("256.00", "2.00", "254.00")
    assert "ambiguous_number" in codes(middle, "question") and "tonnes" not in middle.fields
    assert row_of(reading, 4).fields["tonnes"] == "25000"
    assert row_of(reading, 5).fields["price"] == "238.00" and "arithmetic" in codes(row_of(reading, 5))
    assert reading.remarks["fx"] == "1 USD = 525.40 KZT"


def test_a_hostile_export_prices_nothing_it_should_not(desk: Read) -> None:
    reading = desk("shipments_hostile.csv")
    refused = {row.line: next(iter(row.notes)).code for row in reading.rows if row.status == "rejected"}
    assert refused == {
        3: "shifted_row", 4: "formula", 5: "not_finite", 6: "not_finite", 7: "impossible_date", 8: "nul_byte", 12: "shifted_row",
        13: "broken_row", 15: "cut_row",
    }  # fmt: skip
    assert {"code_lost", "lost_zero"} <= codes(row_of(reading, 2))
    assert codes(row_of(reading, 9), "question") == {"repeated_id"}
    assert codes(row_of(reading, 10), "question") == {"ambiguous_date"}  # the file also writes 25.12.2026


@pytest.mark.parametrize(
    ("typed", "tonnes", "status"),
    [
        ("1340,5", "1340.5", "accepted"),
        ("1 340,5 т", "1340.5", "accepted"),
        ("1340500 кг", "1340.5", "accepted_with_warning"),
        ("20 ваг х 67 т", "1340", "accepted_with_warning"),
        ("10 тыс. тн", "10000", "accepted_with_warning"),
        ("~3000", "3000", "accepted_with_warning"),
        ("5-6 тыс. т", "", "needs_answer"),
        ("10.000", "", "needs_answer"),
        ("", "", "needs_answer"),
        ("уточняется", "", "needs_answer"),
        ("-5", "", "needs_answer"),
        ("1e999", "", "rejected"),
        ("=B2*2", "", "rejected"),
        ("#ССЫЛКА!", "", "rejected"),
    ],
)
def test_how_much(desk: Read, typed: str, tonnes: str, status: str) -> None:
    row = shipment(desk, Объем=typed)
    assert (row.fields.get("tonnes", ""), row.status) == (tonnes, status)


@pytest.mark.parametrize(
    ("typed", "day", "status"),
    [
        ("01.12.2026", "2026-12-01", "accepted"),
        ("1.12.26", "2026-12-01", "accepted"),
        ("2026-12-01", "2026-12-01", "accepted"),
        ("01-10.12.2026", "2026-12-01", "accepted_with_warning"),
        ("", "", "accepted_with_warning"),
        ("декабрь", "", "needs_answer"),
        ("ASAP", "", "needs_answer"),
        ("05/12/2026", "", "needs_answer"),
        ("до 15.12.2026", "", "needs_answer"),
        ("30.02.2026", "", "rejected"),
    ],
)
def test_when(desk: Read, typed: str, day: str, status: str) -> None:
    row = shipment(desk, Готовность=typed)
    assert (row.fields.get("ready_date", ""), row.status) == (day, status)


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        ({"Вагон": "зерновозы соб."}, {"equipment": "hopper-wagon", "ownership": "private"}),
        (
            {"Примечание": "зерновозы собств., 20 ваг"},
            {"equipment": "hopper-wagon", "ownership": "private", "units": "20"},
        ),
        (
            {"Груз": "хлопок 40'HC COC", "Объем": "4х40"},
            {"cargo": "cotton", "equipment": "container-40", "ownership": "carrier", "units": "4"},
        ),
        ({"Объем": "15 кр. вагонов", "Груз": "мука"}, {"equipment": "covered-wagon", "units": "15"}),
        ({"Примечание": "FOB Актау"}, {"basis": "FOB", "deal": "delivery=FOB"}),
        ({"Станция назначения": "DAP Тегеран"}, {"destination": "ir-tehran", "basis": "DAP"}),
        ({"Через": "Болашак, Акяйла"}, {"via": "kz-bolashak;tm-akyayla"}),
        ({"Станция отправления": "684001"}, {"origin": "kz-kostanay"}),
        ({"Груз": "011005"}, {"cargo": "wheat", "cargo_codes": "011005"}),
    ],
)
def test_what_is_read_from_words(desk: Read, cells: dict[str, str], fields: dict[str, str]) -> None:
    row = shipment(desk, **cells)
    assert row.status == "accepted" and fields.items() <= row.fields.items()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Станция отправления": "Тобыл"}, "ambiguous_place"),
        ({"Станция назначения": "Нигдея"}, "unknown_place"),
        ({"Станция назначения": "Костанай"}, "same_place"),
        ({"Груз": "011005 мука"}, "ambiguous_cargo"),
        ({"Груз": "велосипеды"}, "unknown_cargo"),
        ({"Вагон": "полувагоны"}, "equipment_unclear"),
        ({"Вагон": "зерновоз", "Примечание": "крытые"}, "equipment_disagrees"),
        ({"Принадлежность": "соб. или инв."}, "ownership_unclear"),
        ({"Примечание": "FOB или CFR?"}, "basis_unclear"),
        ({"Через": "Хайратон/Торхам"}, "via_alternatives"),
        ({"Объем": "2000 т / 10 ваг"}, "overloaded"),
        ({"Примечание": "граница закрыта??"}, "border_doubt"),
    ],
)
def test_what_is_asked(desk: Read, cells: dict[str, str], code: str) -> None:
    row = shipment(desk, **cells)
    assert row.status == "needs_answer" and code in codes(row, "question")


def test_a_crossing_open_again_is_not_asked_about(desk: Read) -> None:
    assert "closed_crossing" in codes(shipment(desk, Через="Болашак", Готовность="30.10.2025"), "question")
    assert "closed_crossing" not in codes(shipment(desk, Через="Болашак", Готовность="30.12.2025"))


def test_a_workbook_says_the_same_as_a_text(desk: Read, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Заявки")
    sheet.write(0, 0, "Запросы от 20.11.2026")
    sheet.merge_range(2, 1, 2, 2, "Отправление")
    sheet.merge_range(2, 3, 2, 4, "Назначение")
    for column, name in enumerate(
        ("№", "станция", "код", "станция", "через", "Груз", "Масса, кг", "Дата", "Примечание")
    ):
        sheet.write(3, column, name)
    sheet.write_row(4, 0, (1, "Костанай", 684001, "Тегеран", "Акяйла", "пшеница 3 кл", 1340500))
    sheet.write_datetime(4, 7, dt.date(2026, 12, 5), book.add_format({"num_format": "dd.mm.yyyy"}))
    sheet.write(4, 8, "зерновозы соб.")
    sheet.write_row(5, 0, (2, "Атбасар", "", "Сарахс", "", 11005, 12000.5, "декабрь"))
    sheet.write(6, 0, "Итого")
    book.close()
    reading = desk(path, "shipments")
    assert tuple(reading.counts.values()) == (1, 0, 1, 0, 3) and reading.header_rows == (3, 4)
    first = row_of(reading, 5).fields
    assert (first["tonnes"], first["ready_date"], first["via"], first["origin"]) == (
        "1340.5",
        "2026-12-05",
        "tm-akyayla",
        "kz-kostanay",
    )
    assert row_of(reading, 6).fields["cargo_codes"] == "011005"


# ---- the user's own mapping --------------------------------------------------------------------------------------


def test_a_mapping_names_columns_words_and_units(desk: Read, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'header_rows = [1]\n[columns]\norigin = "A"\ndestination = "B"\ncargo = "что"\ntonnes = "D"\n[units]\ntonnes = "kg"\n'
        '[places]\n"База-2" = "kz-kostanay"\n[cargo]\n"зерно" = "wheat"\n',
        encoding="utf-8",
    )
    own = load(path, "shipments")
    lookup, shut = lookup_of(own, None, TODAY)
    grid = read_text("один;два;что;сколько\nБаза-2;Тегеран;зерно;68000\n".encode(), "odd.csv")
    reading, layout = read(grid, "shipments", lookup, today=TODAY, mapping=own, shut=shut)
    assert {"origin": "kz-kostanay", "cargo": "wheat", "tonnes": "68"}.items() <= reading.rows[0].fields.items()
    saved = tmp_path / "saved.toml"
    saved.write_text(dumps(reading, layout), encoding="utf-8")
    again, _ = read(grid, "shipments", lookup, today=TODAY, mapping=load(saved, "shipments"), shut=shut)
    assert again.rows == reading.rows


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("[columns]\nnowhere = 'A'\n", "there is no field 'nowhere'"),
        ("[columns]\norigin = 'Нет такого'\n", "the sheet has no column"),
        ("dates = 'ymd'\n", "dmy or mdy"),
        ("kind = 'rates'\n", "the sheet is read as 'shipments'"),
        ("[units]\ntonnes = 'pud'\n", "use one of"),
        ("not toml at all", "neither TOML nor JSON"),
        ("[places]\nx = 'kz-nowhere'\n", "no place of that id"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, text: str, phrase: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    grid = read_text("Откуда;Куда;Груз;т\nКостанай;Тегеран;пшеница;100\n".encode(), "a.csv")
    with pytest.raises(DataError) as refused:
        own = load(path, "shipments")
        lookup, _ = lookup_of(own, None, TODAY)
        read(grid, "shipments", lookup, today=TODAY, mapping=own)
    assert phrase in str(refused.value)


def test_a_sheet_without_names_is_refused(desk: Read) -> None:
    with pytest.raises(DataError) as refused:
        desk("просто;текст\n1;2\n", "shipments")
    assert refused.value.code == "no_header"
