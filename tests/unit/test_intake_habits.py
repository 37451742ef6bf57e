"""Habits of desks that a reader must know: each a small sheet, and what must come of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from optimizer.intake.giveback import rows_of
from optimizer.intake.model import Reading, ReadRow
from optimizer.intake.names import lookup_of
from optimizer.intake.opening import open_table
from optimizer.intake.read import read
from optimizer.sheet.read import read_text

TODAY = dt.date(2026, 11, 23)
Read = Callable[..., Reading]


@pytest.fixture(scope="module")
def desk() -> Read:
    lookup, shut = lookup_of(None, None, TODAY)

    def one(sheet: str | Path, kind: str = "shipments", encoding: str = "utf-8") -> Reading:
        typed = isinstance(sheet, str)
        grid = read_text(sheet.strip("\n").encode(encoding), "typed.csv") if typed else open_table(sheet, kind)
        return read(grid, kind, lookup, today=TODAY, shut=shut)[0]

    return one


def rows(reading: Reading) -> list[ReadRow]:
    return [row for row in reading.rows if row.status != "skipped"]


def column(reading: Reading, name: str) -> list[str]:
    return [row.fields.get(name, "") for row in rows(reading)]


def codes(row: ReadRow, *weights: str) -> set[str]:
    return {note.code for note in row.notes if not weights or note.weight in weights}


# ---- requests ---------------------------------------------------------------------------------------------------


def test_two_tables_one_below_the_other_have_columns_of_their_own(desk: Read) -> None:
    reading = desk(
        """
Экспорт;;;;
Станция отправления;Станция назначения;Груз;Объем, т;Дата
Костанай;Тегеран;пшеница;1340;25.11.2026
ИТОГО;;;1340;
;;;;
Импорт;;;;
Груз;Станция отправления;Станция назначения;Дата;Масса, кг
сахар;Тегеран;Алматы;05.12.2026;600000
""",
        encoding="cp1251",
    )
    assert reading.header_rows == (2, 7) and tuple(reading.counts.values()) == (2, 0, 0, 0, 4)
    assert [row.fields["tonnes"] for row in rows(reading)] == ["1340", "600"]
    assert column(reading, "cargo") == ["wheat", "sugar"] and column(reading, "origin") == ["kz-kostanay", "ir-tehran"]


def test_both_tables_get_the_names_of_the_answers(desk: Read) -> None:
    text = "Откуда;Куда;Груз;Вес\nКостанай;Тегеран;пшеница;9\nГруз;Вес;Откуда;Куда\nмука;8;Костанай;Тегеран\n"
    back = list(rows_of(read_text(text.encode(), "a.csv"), desk(text), ["Total"], {2: ["1.00"], 4: ["2.00"]}))
    assert [row[-1] for row in back] == ["Total", "1.00", "Total", "2.00"]


def test_a_row_of_units_and_one_of_numbers_under_the_names(desk: Read) -> None:
    reading = desk(
        """
Груз;Откуда;Куда;Объём;Готовность
;станция;станция;кг;дата
1;2;3;4;5
Пшеница;Костанай;Актау;3000000;10.12.2026
"""
    )
    assert reading.header_rows == (1, 2) and column(reading, "tonnes") == ["3000"]
    assert [next(iter(codes(row))) for row in reading.rows if row.status == "skipped"] == ["numbering"]


def test_names_of_a_program_written_as_one_word(desk: Read) -> None:
    reading = desk(
        "ShipmentID\tOriginStationCode\tOriginStation\tDestStation\tCommodityCode\tWeightKG\tPickupDate\tDeliverBy\n"
        "A1\t684001\tKostanay\tTehran\t11005\t1.3405E+06\t2026-11-25T00:00:00Z\t2026-12-25\n"
        "A2\t6.84E+05\t\tTehran\t011005\t1340500\t2026-11-25\t\n"
        "A3\t684001\t\tTehran\t011005\t1,340,500.00\t11/25/26\t\n"
    )
    assert reading.unread == () and column(reading, "tonnes") == ["1340.5"] * 3
    assert column(reading, "origin") == ["kz-kostanay", "", "kz-kostanay"]
    assert column(reading, "ready_date") == ["2026-11-25"] * 3


def test_boxes_counted_in_teu(desk: Read) -> None:
    reading = desk(
        """
Откуда;Куда;Груз;Количество;Ед. изм.;Тип контейнера
Алматы;Бендер-Аббас;хлопок;24;TEU;40HC
Алматы;Бендер-Аббас;хлопок;7;ДФЭ;40HC
Алматы;Бендер-Аббас;хлопок;7;ТЭУ;20DC
Алматы;Бендер-Аббас;хлопок;24;TEU;
Костанай;Тегеран;мука;66;паллет;
Костанай;Тегеран;мука;1,5;тыс. тн;
"""
    )
    assert [row.status for row in rows(reading)] == [
        "accepted_with_warning", "needs_answer", "accepted", "needs_answer", "needs_answer", "accepted",
    ]  # fmt: skip
    assert column(reading, "units") == ["12", "", "7", "", "", ""]
    assert column(reading, "tonnes") == ["", "", "", "", "", "1500"]


def test_codes_of_goods_in_two_columns(desk: Read) -> None:
    reading = desk(
        """
Ст. отправления;Ст. назначения;Груз;Код ЕТСНГ;Код ГНГ;Тоннаж
Костанай;Тегеран;пшеница;11005;10019900;1300
Костанай;Тегеран;пшеница;;1005;1300
Kostanay;Tehran;Wheat in bulk;;1001.99;1400
"""
    )
    assert column(reading, "cargo_codes") == ["011005/10019900", "1005", "100199"]
    assert [row.status for row in rows(reading)] == ["accepted_with_warning", "needs_answer", "accepted"]


@pytest.mark.parametrize(
    ("typed", "status", "ready"),
    [
        ("46357.0", "accepted_with_warning", "2026-12-01"),
        ("46357,5", "accepted_with_warning", "2026-12-01"),
        ("ноябрь-декабрь", "needs_answer", ""),
        ("15.12.2026 - 25.12.2026", "accepted_with_warning", "2026-12-15"),
        ("I декада декабря", "accepted_with_warning", "2026-12-01"),
        ("до конца года", "needs_answer", ""),
    ],
)
def test_days(desk: Read, typed: str, status: str, ready: str) -> None:
    row = rows(desk(f"Откуда;Куда;Груз;Тонн;Дата\nКостанай;Тегеран;пшеница;100;{typed}\n"))[0]
    assert (row.status, row.fields.get("ready_date", "")) == (status, ready)


def test_days_under_a_name_that_may_be_a_place(desk: Read) -> None:
    reading = desk("Origin;Destination;Commodity;Weight, t;Loading\nKostanay;Tehran;wheat;100;11/25/2026\n")
    assert column(reading, "ready_date") == ["2026-11-25"] and column(reading, "origin") == ["kz-kostanay"]


def test_a_condition_beside_the_row_is_not_passed_over(desk: Read) -> None:
    reading = desk(
        """
Откуда;Куда;Груз;Тонн;Доп. условия
Костанай;Тегеран;пшеница;100;через порт не везти
Костанай;Тегеран;ячмень;100;если через Серахс - отдельно
Костанай;Тегеран;мука;100;срочно нужна ставка
"""
    )
    assert ["remark_binds" in codes(row, "warning") for row in rows(reading)] == [True, True, False]


def test_a_decimal_comma_that_was_not_quoted_shifts_the_row(desk: Read) -> None:
    reading = desk(
        "from,to,cargo,tonnes,ready,remarks\nKostanay,Tehran,wheat,1340,5,25.11.2026,\nKostanay,Tehran,wheat,9,25.11.2026,\n"
    )
    assert [row.status for row in rows(reading)] == ["rejected", "accepted"]


@pytest.mark.parametrize("typed", ["1e999", "Infinity", "NaN", "#ЗНАЧ!"])
def test_nothing_of_how_much_is_believed_beside_nonsense(desk: Read, typed: str) -> None:
    reading = desk(f"from;to;cargo;tonnes;units\nKostanay;Tehran;wheat;{typed};20\n")
    assert [row.status for row in rows(reading)] == ["rejected"]


def test_totals_by_client_and_words_below(desk: Read) -> None:
    reading = desk(
        """
№;Клиент;Станция отпр.;Станция назн.;Груз;Тоннаж, тн;Дата
1;Агро;Костанай;Сарахс экс.;пшеница;1 000,5;25.11.2026
;Всего по клиенту Агро;;;;1000,5;
;;;;ВСЕГО:;1000,5;
* отгрузка по согласованию;;;;;;
Исполнитель: Иванов И.И.;;;;;;
""",
        encoding="utf-16-le",
    )
    assert tuple(reading.counts.values()) == (1, 0, 0, 0, 4) and reading.encoding == "utf-16-le"
    assert column(reading, "destination") == ["tm-sarahs"]


def test_a_cover_before_the_table(desk: Read, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("Обложка").write_column(0, 0, ["ТОО Пример", "Заявки на декабрь"])
        hidden = book.add_worksheet("черновик")
        sheet = book.add_worksheet("Заявки")
        for one, place in ((hidden, "Павлодар"), (sheet, "Костанай")):
            one.write_row(0, 0, ["Откуда", "Куда", "Груз", "Масса, т", "Дата"])
            one.write_row(1, 0, [place, "Тегеран", "пшеница"])
            one.write_formula(1, 3, "=20*67", None, 1340)
            one.write_datetime(1, 4, dt.datetime(2026, 12, 1), book.add_format({"num_format": "dd.mm.yyyy"}))  # noqa: DTZ001
        hidden.hide()
    reading = desk(tmp_path / "a.xlsx")
    assert reading.sheet == "Заявки" and column(reading, "origin") == ["kz-kostanay"]
    assert column(reading, "tonnes") == ["1340"] and column(reading, "ready_date") == ["2026-12-01"]


# ---- rates ------------------------------------------------------------------------------------------------------


def test_sizes_alone_over_the_prices(desk: Read) -> None:
    reading = desk(
        """
Rail freight rates valid from 01 Dec 2026 until 31 Dec 2026;;;;
Lane;20DC;40HC;Currency;Transit time
Almaty - Bandar Abbas;1,850.00;3,150.00;USD;18 days
Altynkol - Aktau;TBA;1,450.00;EUR;9
""",
        "rates",
    )
    first, second = ([(p["amount"], p["equipment"]) for p in json.loads(t)] for t in column(reading, "prices"))
    assert first == [("1850.00", "container-20"), ("3150.00", "container-40")]
    assert second == [("1450.00", "container-40")]
    assert column(reading, "valid_to") == ["2026-12-31"] * 2


def test_currency_and_unit_of_the_title(desk: Read) -> None:
    told = "Ст. отправления;Ст. назначения;Тариф;Срок\nБолашак;Акяйла;12,35;с 01.12.2026\n"
    of_tonne = desk(f"Тарифы на перевозку в вагонах, шв.фр. за тонну;;;\n{told}", "rates")
    of_wagon = desk(f"Ставки экспедитора, USD за вагон;;;\n{told}", "rates")
    assert [
        (r.fields["currency"], r.fields["basis"], r.fields["valid_from"]) for r in rows(of_tonne) + rows(of_wagon)
    ] == [
        ("CHF", "tonne", "2026-12-01"),
        ("USD", "wagon", "2026-12-01"),
    ]
    assert "missing_currency" in codes(rows(desk(told, "rates"))[0], "question")


# ---- a trader's prices and an authority's volumes ---------------------------------------------------------------


def test_a_month_kept_by_its_first_day(desk: Read, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Market", "Basis", "Commodity", "Month", "Bid, USD/t", "Lot, t"])
        sheet.write_row(1, 0, ["Aktau", "FOB", "barley"])
        sheet.write_datetime(1, 3, dt.datetime(2026, 12, 1), book.add_format({"num_format": "mmm-yy"}))  # noqa: DTZ001
        sheet.write_row(1, 4, [212.5, 5000])
    assert column(desk(tmp_path / "a.xlsx", "netback"), "month") == ["2026-12"]


def test_volumes_between_drawn_lines(desk: Read) -> None:
    reading = desk(
        """
          Объемы перевозок, тыс. тонн
┌──────────────────────┬──────────┬──────────┬─────────┐
│ Погранпереход        │  2024    │  2025    │ Прирост │
├──────────────────────┼──────────┼──────────┼─────────┤
│ Достык - Алашанькоу  │   820,5  │   900,1  │   9,7%  │
│  в т.ч. зерно        │   120,0  │   100,0  │ -16,7%  │
│ С а р ы а г а ш      │ 5 410,2  │ 5 500,0  │   1,7%  │
│ Болашак              │  (35,5)  │     х    │         │
│ Достык, конт. (TEU)  │   1200   │   1500   │  25,0%  │
│ Алтынколь, тыс. ДФЭ  │    41,5  │    60    │         │
├──────────────────────┼──────────┼──────────┼─────────┤
│ ВСЕГО                │ 6 315,2  │ 6 500,1  │         │
└──────────────────────┴──────────┴──────────┴─────────┘
""",
        "flows",
        "cp866",
    )
    assert reading.encoding == "cp866"
    assert column(reading, "border") == ["kz-dostyk", "kz-saryagash", "kz-bolashak", "kz-dostyk", "kz-altynkol"]
    assert column(reading, "tonnes") == ["820500", "5410200", "-35500", "", ""]
    assert column(reading, "teu") == ["", "", "", "1200", "41500"]
    part = next(row for row in reading.rows if "part" in codes(row))
    assert part.fields["border"] == "kz-dostyk" and part.fields["cargo_text"] == "зерно"


def test_every_row_in_a_unit_of_its_own(desk: Read) -> None:
    reading = desk(
        """
Порт;Показатель;Ед. изм.;2024;2025
Актау;зерно;тыс. т;800,5;900
Актау;контейнеры;тыс. ДФЭ;41,5;60
Курык;вагоны;ед.;12 000;15 000
""",
        "flows",
    )
    assert column(reading, "tonnes") == ["800500", "", ""] and column(reading, "teu") == ["", "41500", ""]
    assert column(reading, "units") == ["", "", "12000"]
