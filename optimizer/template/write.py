"""Writes a template: the sheet to fill in, its lists on a sheet that is seen, and a sheet that explains every column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.databook import DataBook
from optimizer.sheet.write import unwritable
from optimizer.template.columns import EXAMPLES, KINDS, LISTS, SHEETS, Column
from optimizer.template.lists import Words, lists_of

ROWS = 1000  # with lists and formats
FORMATS = {"text": "@", "code": "@", "number": "#,##0.###", "day": "dd.mm.yyyy"}
ABOUT = (
    (
        "Fill in the first sheet, a shipment or rate a row, and overwrite the examples. Choose from the lists or type names of your own.",
        "Заполните первый лист, по строке на заявку или ставку, примеры замените. Выбирайте из списков или пишите свои названия.",
    ),
    (
        "Columns marked * are needed. Codes are text, so that zeros at the left stay. Dates are dates, numbers are numbers without a unit.",
        "Столбцы со знаком * обязательны. Коды вводятся текстом, чтобы не терялся ноль слева. Даты - датами, числа - без единиц.",
    ),
    (
        "Shipments are read with keruen read --kind shipments and priced with keruen tender; rates are taken with keruen tariff import.",
        "Заявки читает keruen read --kind shipments, считает keruen tender; ставки принимает keruen tariff import.",
    ),
)  # fmt: skip


def write_template(kind: str, path: Path, book: DataBook, lang: str, today: dt.date) -> None:
    """An empty sheet of a kind with two example rows.

    Args:
        kind: shipments or rates.
        lang: of the column names and the lists, en or ru; the explanations are in both.
        today: the days of the examples are counted from it.

    Raises:
        FreightError: the file cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxFileError

    at = int(lang == "ru")
    columns = KINDS[kind]
    words = lists_of(book, lang)
    options = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        file = Workbook(str(path), options)
        file.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - the same file on any day
        sheet = file.add_worksheet(SHEETS[kind][at])
        listed = _lists(file, SHEETS["lists"][at], {c.choose: words[c.choose] for c in columns if c.choose}, at)
        _table(file, sheet, columns, words, listed, at)
        _examples(file, sheet, kind, columns, words, today)
        _readme(file, SHEETS["readme"][at], columns)
        file.close()
    except (OSError, XlsxFileError) as fault:
        raise unwritable(path, fault) from fault


def _lists(file: Any, name: str, words: Mapping[str, Words], at: int) -> dict[str, str]:
    """A sheet with a list a column; where each stands, as a reference."""
    sheet = file.add_worksheet(name)
    head = file.add_format({"bold": True, "bottom": 1})
    listed: dict[str, str] = {}
    for column, (key, values) in enumerate(words.items()):
        sheet.set_column(column, column, 30)
        sheet.write_string(0, column, LISTS[key][at], head)
        for row, value in enumerate(values.values(), start=1):
            sheet.write_string(row, column, value)
        letter = chr(ord("A") + column)
        listed[key] = f"='{name}'!${letter}$2:${letter}${len(values) + 1}"
    sheet.freeze_panes(1, 0)
    return listed


def _table(
    file: Any, sheet: Any, columns: tuple[Column, ...], words: Mapping[str, Words], listed: Mapping[str, str], at: int
) -> None:
    """Header, formats of the columns, lists to choose from."""
    head = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#DDEBF7"}
    plain, needed = file.add_format(head), file.add_format({**head, "bg_color": "#FFE699"})
    formats = {form: file.add_format({"num_format": shown}) for form, shown in FORMATS.items()}
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width, formats[column.form])
        sheet.write_string(0, number, column.name[at], needed if column.needed else plain)
        if column.choose:
            # Something else may be typed: a station we do not know is a question, no reason to refuse the cell.
            check = {"validate": "list", "source": listed[column.choose], "error_type": "information"}
            sheet.data_validation(1, number, ROWS, number, check)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)


def _examples(
    file: Any, sheet: Any, kind: str, columns: tuple[Column, ...], words: Mapping[str, Words], today: dt.date
) -> None:
    look = {"italic": True, "font_color": "#808080"}
    formats = {form: file.add_format({**look, "num_format": shown}) for form, shown in FORMATS.items()}
    for row, example in enumerate(EXAMPLES[kind], start=1):
        for number, column in enumerate(columns):
            value = example.get(column.field)
            if value is None:
                continue
            form = formats[column.form]
            if column.form == "day":
                day = today + dt.timedelta(days=int(value))
                sheet.write_datetime(row, number, dt.datetime.combine(day, dt.time()), form)
            elif column.form == "number":
                sheet.write_number(row, number, value, form)
            else:
                sheet.write_string(row, number, words[column.choose][str(value)] if column.choose else str(value), form)


def _readme(file: Any, name: str, columns: tuple[Column, ...]) -> None:
    """Both languages side by side: what to do, then a line for every column."""
    sheet = file.add_worksheet(name)
    wrap = file.add_format({"text_wrap": True, "valign": "top"})
    head = file.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for number, width in enumerate((26, 60, 26, 60)):
        sheet.set_column(number, number, width)
    row = 0
    for english, russian in ABOUT:
        sheet.merge_range(row, 0, row, 1, russian, wrap)
        sheet.merge_range(row, 2, row, 3, english, wrap)
        sheet.set_row(row, 48)
        row += 1
    for number, title in enumerate(("Столбец", "Что писать", "Column", "What to write")):
        sheet.write_string(row, number, title, head)
    for column in columns:
        row += 1
        star = " *" if column.needed else ""
        texts = (column.name[1] + star, column.means[1], column.name[0] + star, column.means[0])
        for number, text in enumerate(texts):
            sheet.write_string(row, number, text, wrap)
