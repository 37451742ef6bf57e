"""Everything a reading may say about a row: code, weight, effect, and one sentence in English and Russian.

Questions are asked in falling effect: how much, from where to where, which goods, in what, when, in which money.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimizer.intake.model import Note, Weight

TONNES, PLACE, BORDER, CARGO, EQUIPMENT, DATE, PRICE, CURRENCY, BASIS = 100, 90, 85, 80, 70, 60, 55, 50, 45


@dataclass(frozen=True, slots=True)
class _Kind:
    weight: Weight
    effect: int
    en: str
    ru: str


def _info(en: str, ru: str) -> _Kind:
    return _Kind("info", 0, en, ru)


def _warn(en: str, ru: str) -> _Kind:
    return _Kind("warning", 0, en, ru)


def _ask(effect: int, en: str, ru: str) -> _Kind:
    return _Kind("question", effect, en, ru)


def _fault(en: str, ru: str) -> _Kind:
    return _Kind("fault", 0, en, ru)


KINDS: dict[str, _Kind] = {
    # rows passed over
    "title": _info("A title above the table.", "Заголовок над таблицей."),
    "blank": _info("A blank row.", "Пустая строка."),
    "ruler": _info("A drawn line.", "Линия рамки."),
    "header": _info("The header again.", "Повтор шапки."),
    "section": _info("A heading inside the table: {value}.", "Подзаголовок внутри таблицы: {value}."),
    "total": _info("A total, not a row of its own.", "Итог, не самостоятельная строка."),
    "average": _info("An average, not a row of its own.", "Среднее, не самостоятельная строка."),
    "note": _info("A note beside the table.", "Примечание к таблице."),
    "part": _info(
        "A part of the row above it ({parent}), counted there already.",
        "Часть строки выше ({parent}), там она уже учтена.",
    ),
    "numbering": _info("The numbers of the columns.", "Номера столбцов."),
    # totals
    "total_counts_parts": _warn(
        "The total {stated} counts parts twice: the rows give {sum}, with their parts {with_parts}.",
        "Итог {stated} дважды учитывает «в т.ч.»: по строкам {sum}, вместе с частями {with_parts}.",
    ),
    "total_mixes_units": _warn(
        "The total {stated} adds rows of another unit ({units}); without them it is {sum}.",
        "В итог {stated} сложены строки в других единицах ({units}); без них {sum}.",
    ),
    "total_differs": _warn(
        "The total says {stated}, the rows read give {sum}.",
        "В итоге {stated}, по прочитанным строкам {sum}.",
    ),
    # what was read, and how
    "latin_letters": _warn(
        "Letters of another alphabet ({letters}) stand in the word; it was read as {read}.",
        "В слове буквы другого алфавита ({letters}); прочитано как {read}.",
    ),
    "cyrillic_code": _warn(
        "The size is written in Cyrillic letters; it was read as {read}.",
        "Типоразмер набран русскими буквами; прочитано как {read}.",
    ),
    "lost_zero": _warn(
        "The code has lost its leading zero; it was read as {read}.",
        "В коде потерян начальный ноль; прочитано как {read}.",
    ),
    "code_repaired": _warn(
        "The code has lost a digit; it was read as {read}.", "В коде потеряна цифра; прочитано как {read}."
    ),
    "code_lost": _warn(
        "A spreadsheet turned the code into {value} and its last digits are gone; it is not used.",
        "Таблица превратила код в {value}, последние цифры потеряны; код не используется.",
    ),
    "unknown_code": _info(
        "The code is not one we know; the name was read.", "Код нам неизвестен; прочитано по названию."
    ),
    "no_codes": _info("No codes are given; the names were read.", "Коды не указаны; прочитано по названиям."),
    "unit_converted": _warn("{value} was read as {read}.", "{value} прочитано как {read}."),
    "multiplied": _warn("{value} was read as {read}.", "{value} прочитано как {read}."),
    "arithmetic": _warn("The cell holds a sum to work out; it gives {read}.", "В ячейке арифметика; результат {read}."),
    "thousands_dot": _warn(
        "The point was read as a sign of thousands: {read}.", "Точка прочитана как разделитель тысяч: {read}."
    ),
    "number_form": _warn("{value} was read as {read}.", "{value} прочитано как {read}."),
    "negative": _warn("{value} was read as minus: {read}.", "{value} прочитано как минус: {read}."),
    "about": _warn(
        "The figure is an estimate of the sender; {read} was taken.",
        "Количество указано примерно; взято {read}.",
    ),
    "date_form": _warn("{value} was read as {read}.", "{value} прочитано как {read}."),
    "window": _warn(
        "A window of loading is given; its first day {read} was taken.",
        "Указан период погрузки; взят первый день {read}.",
    ),
    "two_digit_year": _info("{value} was read as {read}.", "{value} прочитано как {read}."),
    "no_date": _warn(
        "The ready date is empty; the day of the quote will be taken.",
        "Дата готовности не указана; будет взят день расчета.",
    ),
    "past_date": _warn("The date {read} lies before the request of {asked}.", "Дата {read} раньше запроса от {asked}."),
    "from_remark": _info("{field} {read} was read from the remark.", "{field} {read} прочитано из примечания."),
    "remark": _info("Said beside the row: {value}.", "Сказано в строке: {value}."),
    "remark_asks": _warn(
        "The remark leaves something open: {value}. Read it before you quote.",
        "В примечании что-то не решено: {value}. Прочтите перед расчетом.",
    ),
    "remark_binds": _warn(
        "The remark sets a condition: {value}. It is not in the price of itself.",
        "В примечании условие: {value}. Само по себе в ставке оно не учтено.",
    ),
    "empty_return": _warn(
        "The return of empties is asked for: {value}. It must be in the price.",
        "Просят включить возврат порожних: {value}. Он должен быть в ставке.",
    ),
    "payer_codes": _info("Payer codes are asked for: {value}.", "Нужны коды оплаты: {value}."),
    "near_name": _warn("{value} was read as {read}.", "{value} прочитано как {read}."),
    "code_settled": _info(
        "The name fits several places; the code says {read}.",
        "Название подходит нескольким местам; по коду это {read}.",
    ),
    "extra_cells": _warn(
        "The row has more cells ({cells}) than the header ({columns}); what stands there was not read.",
        "В строке больше ячеек ({cells}), чем столбцов ({columns}); лишнее не прочитано.",
    ),
    "extra_empty_cells": _info(
        "The row has more cells ({cells}) than the header ({columns}); they are empty.",
        "В строке больше ячеек ({cells}), чем столбцов ({columns}); лишние пусты.",
    ),
    "multiline": _info("The cell has several lines.", "В ячейке несколько строк."),
    "probable_duplicate": _warn("Probably the same as line {line}.", "Вероятно, повтор строки {line}."),
    "size_45": _warn(
        "We keep no 45-foot boxes; it is read as a 40-foot one.",
        "45-футовых контейнеров у нас нет; прочитано как 40 футов.",
    ),
    "other_unit": _warn(
        "This row counts in {unit}, not in the unit of the column; it is not summed with the rest.",
        "Строка в {unit}, а не в единице столбца; с остальными не складывается.",
    ),
    "surcharge": _info("A charge beside the rate ({value}).", "Дополнительный сбор к ставке ({value})."),
    "retroactive": _warn(
        "In force from {valid_from}, but issued on {known_from}: older quotes stay as they are.",
        "Действует с {valid_from}, выпущено {known_from}: прежние расчеты не меняются.",
    ),
    "supersedes": _warn(
        "From {valid_from} this row stands beside line {line} of the same haul; that line is kept as it was.",
        "С {valid_from} строка действует рядом со строкой {line} того же участка; та сохранена без изменений.",
    ),
    "price_of_several": _warn(
        "The price is {times} times {read}: of {times} boxes together.",
        "Цена {times} раза по {read}: за {times} контейнера вместе.",
    ),
    "currency_in_cell": _warn("The currency stands in the cell: {read}.", "Валюта указана в ячейке: {read}."),
    "price_range": _warn(
        "A range of prices; the middle {read} was taken, with its band.",
        "Указан диапазон цен; взята середина {read} с разбросом.",
    ),
    "conditions": _info("A condition of the rate: {value}.", "Условие ставки: {value}."),
    "text_kept": _warn(
        "{value} is not understood here and was kept as text.", "{value} здесь не понято и сохранено как текст."
    ),
    # rejected cells
    "formula": _fault(
        "The cell holds a formula, not a value; write the value.", "В ячейке формула, а не значение; впишите значение."
    ),
    "spreadsheet_error": _fault(
        "The cell holds a spreadsheet's error; write the value.", "В ячейке ошибка таблицы; впишите значение."
    ),
    "no_price": _fault("No price: {value}.", "Цены нет: {value}."),
    "not_a_number": _fault("{value} is not a number.", "{value} не число."),
    "not_finite": _fault("{value} is not a number we can count with.", "{value} не конечное число."),
    "impossible_date": _fault("There is no day {value}.", "Дня {value} не существует."),
    "not_a_date": _fault("{value} is not a date.", "{value} не дата."),
    "shifted_row": _fault(
        "The cells stand under the wrong columns: {value}. Put the row right or quote text that holds the separator.",
        "Ячейки стоят не под своими столбцами: {value}. Исправьте строку или возьмите текст с разделителем в кавычки.",
    ),
    "cut_row": _fault(
        "The row ends before its last needed column; complete it.",
        "Строка обрывается раньше нужных столбцов; дополните ее.",
    ),
    "broken_row": _fault("The row cannot be read: {why}.", "Строка не читается: {why}."),
    "nul_byte": _fault("The cell holds a NUL byte; delete it.", "В ячейке байт NUL; удалите его."),
    "unknown_currency": _fault("{value} is not a currency we have rates of.", "{value} не валюта, курс которой есть."),
    "same_place": _ask(PLACE, "From where to where? Both ends are {read}.", "Откуда и куда? Оба пункта: {read}."),
    # questions
    "missing_tonnes": _ask(TONNES, "How many tonnes, wagons or containers?", "Сколько тонн, вагонов или контейнеров?"),
    "range": _ask(TONNES, "How much exactly: {low} to {high}?", "Какое количество точно: от {low} до {high}?"),
    "ambiguous_number": _ask(TONNES, "Is {value} {low} or {high}?", "{value}: это {low} или {high}?"),
    "quantity_unclear": _ask(TONNES, "How much is meant by {value}?", "Какое количество значит {value}?"),
    "not_positive": _ask(TONNES, "How much? {value} is not above zero.", "Сколько? {value} не больше нуля."),
    "too_large": _ask(
        TONNES, "Is {read} right? It is more than one shipment can be.", "Верно ли {read}? Для одной отправки много."
    ),
    "overloaded": _ask(
        TONNES,
        "{tonnes} t in {units} units is {each} t in each, more than the {payload} t it takes: which is right?",
        "{tonnes} т на {units} ед. это по {each} т, больше {payload} т: что верно?",
    ),
    "quantities_disagree": _ask(TONNES, "Which holds: {first} or {second}?", "Что верно: {first} или {second}?"),
    "missing_origin": _ask(PLACE, "From which station?", "С какой станции отправление?"),
    "missing_destination": _ask(PLACE + 1, "To which station or port?", "До какой станции или порта?"),
    "missing_place": _ask(PLACE, "Which place?", "Какой пункт?"),
    "ambiguous_place": _ask(PLACE, "Which place is {value}: {candidates}?", "Какой пункт {value}: {candidates}?"),
    "unknown_place": _ask(PLACE, "Which place is {value}?{candidates}", "Что за пункт {value}?{candidates}"),
    "place_disagrees": _ask(
        PLACE,
        "The name says {first}, the code {second}: which is meant?",
        "По названию это {first}, по коду {second}: что верно?",
    ),
    "via_alternatives": _ask(BORDER, "Which way: {value}?", "Через какой переход: {value}?"),
    "ambiguous_via": _ask(BORDER, "Which crossing is {value}: {candidates}?", "Какой переход {value}: {candidates}?"),
    "unknown_via": _warn(
        "The crossing {value} is not known to us; the way is left open.",
        "Переход {value} нам неизвестен; путь не задан.",
    ),
    "closed_crossing": _ask(
        BORDER + 1,
        "{read} is shut on {day} ({document}). Quote another way, another date, or not at all?",
        "{read} на {day} закрыт ({document}). Считать другой путь, другую дату или не считать?",
    ),
    "border_doubt": _ask(
        BORDER - 1,
        "The sender doubts that the border is open: {value}. Which way is wanted?",
        "Отправитель сомневается, открыта ли граница: {value}. Какой путь нужен?",
    ),
    "missing_cargo": _ask(CARGO, "Which goods?", "Какой груз?"),
    "ambiguous_cargo": _ask(CARGO, "Which goods are {value}: {candidates}?", "Какой груз {value}: {candidates}?"),
    "unknown_cargo": _ask(CARGO, "Which goods are {value}?{candidates}", "Что за груз {value}?{candidates}"),
    "cargo_disagrees": _ask(
        CARGO,
        "The name says {first}, the code {second}: which goods?",
        "По названию это {first}, по коду {second}: какой груз?",
    ),
    "equipment_unclear": _ask(
        EQUIPMENT, "In what is it carried? {value} is not clear.", "В чем везти? Непонятно: {value}."
    ),
    "equipment_disagrees": _ask(
        EQUIPMENT, "In what is it carried: {first} or {second}?", "В чем везти: {first} или {second}?"
    ),
    "ownership_unclear": _ask(
        EQUIPMENT - 1,
        "Whose wagons or boxes: private (SOC) or the carrier's (COC)? {value} is not clear.",
        "Чей парк: собственный (SOC) или перевозчика (COC)? Непонятно: {value}.",
    ),
    "month_only": _ask(DATE, "On which day of {value} is it ready?", "Какого числа готов груз ({value})?"),
    "asap": _ask(DATE, "On which day is it ready? {value} gives no date.", "Какого числа готов груз? {value} не дата."),
    "missing_month": _ask(DATE, "Which month?", "Какой месяц?"),
    "ambiguous_date": _ask(DATE, "Is {value} the day {low} or {high}?", "{value}: это {low} или {high}?"),
    "date_unclear": _ask(DATE, "Which day is {value}?", "Какой день значит {value}?"),
    "due_before_ready": _ask(
        DATE,
        "The due date {due} lies before the ready date {ready}: which is right?",
        "Срок {due} раньше готовности {ready}: что верно?",
    ),
    "missing_price": _ask(PRICE, "What is the price? {value}", "Какая цена? {value}"),
    "price_unclear": _ask(PRICE, "Is the price {value} {low} or {high}?", "Цена {value}: это {low} или {high}?"),
    "missing_currency": _ask(CURRENCY, "In which currency is {value}?", "В какой валюте {value}?"),
    "basis_unclear": _ask(BASIS, "On which terms: {value}?", "На каком базисе: {value}?"),
    "missing_basis": _ask(
        BASIS, "On which terms (EXW, FCA, FOB, CFR, CPT, DAP)?", "Какой базис (EXW, FCA, FOB, CFR, CPT, DAP)?"
    ),
    "repeated_id": _ask(
        PLACE + 5,
        "The number {value} stands on line {line} already, with other contents: which of the two holds?",
        "Номер {value} уже стоит в строке {line} с другими данными: какая из них верна?",
    ),
}


def make(code: str, column: str, value: str, letter: str = "", **words: object) -> Note:
    """A note of the catalogue; words fill its sentences, those named `..._ru` the Russian one.

    >>> make("lost_zero", "cargo_codes", "11005", "H", read="011005").text
    'The code has lost its leading zero; it was read as 011005.'
    """
    kind = KINDS[code]
    shown = value if len(value) <= 120 else value[:119] + "…"
    filled = {"value": f"'{shown}'" if shown else "", **words}
    russian = {name: words.get(f"{name}_ru", word) for name, word in filled.items()}
    return Note(
        code=code,
        column=column,
        value=value[:500],
        text=kind.en.format(**filled).strip(),
        text_ru=kind.ru.format(**russian).strip(),
        letter=letter,
        weight=kind.weight,
        effect=kind.effect,
    )


def weighed(note: Note, weight: Weight) -> Note:
    """The same note with another weight, where the same thing matters more or less than usual."""
    effect = (note.effect or KINDS[note.code].effect or PLACE) if weight == "question" else 0
    return replace(note, weight=weight, effect=effect)
