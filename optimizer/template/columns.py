"""The columns of a template: their names, what they mean, how they are written, and rows to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pair = tuple[str, str]  # English, Russian


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        field: our name of it.
        name: as the header says it.
        means: for the sheet to be read first.
        form: text, number, day or code (text whose zeros at the left count).
        choose: the list offered (places, cargo, equipment, ownership, currency, objective, per), or "".
        needed: without it no row can be priced.
    """

    field: str
    name: Pair
    means: Pair
    form: str = "text"
    choose: str = ""
    needed: bool = False
    width: float = 16


SHIPMENTS = (
    Column("shipment_id", ("Shipment id", "№ заявки"), ("Your own number, each once.", "Ваш номер, не повторяется.")),
    Column("client", ("Client", "Клиент"), ("Whose request it is.", "Чья заявка.")),
    Column("origin", ("Origin", "Станция отправления"), ("Station, port or town of loading.", "Станция, порт или город погрузки."), choose="places", needed=True, width=26),
    Column("origin_code", ("Origin code", "Код отправления"), ("ESR code, as text: zeros at the left count.", "Код ЕСР, текстом: ноль слева важен."), form="code"),
    Column("destination", ("Destination", "Станция назначения"), ("Station, port or town of arrival.", "Станция, порт или город назначения."), choose="places", needed=True, width=26),
    Column("destination_code", ("Destination code", "Код назначения"), ("ESR code, as text.", "Код ЕСР, текстом."), form="code"),
    Column("via", ("Via", "Через"), ("A border crossing to pass, if it must be that one.", "Погранпереход, если важен."), choose="places", width=22),
    Column("cargo", ("Cargo", "Груз"), ("Name of the goods.", "Наименование груза."), choose="cargo", needed=True, width=26),
    Column("cargo_codes", ("Cargo codes", "ЕТСНГ / ГНГ"), ("ETSNG and GNG codes, as text: 011005 / 10019900.", "Коды ЕТСНГ и ГНГ, текстом: 011005 / 10019900."), form="code", width=20),
    Column("tonnes", ("Tonnes", "Масса, т"), ("Net mass of the shipment in tonnes; this or the units.", "Масса нетто в тоннах; она или количество единиц."), form="number", needed=True),
    Column("units", ("Units", "Количество вагонов"), ("Wagons, containers or trucks.", "Вагонов, контейнеров или машин."), form="number"),
    Column("equipment", ("Equipment", "Тип вагона"), ("Wagon, container or truck; empty: the usual one of the goods.", "Вагон, контейнер или машина; пусто: обычный для груза."), choose="equipment", width=28),
    Column("ownership", ("Ownership", "Принадлежность"), ("Whose the wagons or containers are.", "Чьи вагоны или контейнеры."), choose="ownership", width=18),
    Column("ready_date", ("Ready date", "Дата готовности"), ("Day of loading.", "День погрузки."), form="day", needed=True),
    Column("due_date", ("Due date", "Срок доставки"), ("Latest day of arrival, if there is one.", "Крайний день прибытия, если есть."), form="day"),
    Column("currency", ("Currency", "Валюта"), ("Of the quote; empty: US dollars.", "Валюта ставки; пусто: доллары США."), choose="currency", width=10),
    Column("objective", ("Objective", "Критерий"), ("What the best way is: cost, time or emissions.", "Что важнее: цена, срок или выбросы."), choose="objective", width=14),
    Column("price_per_tonne", ("Price per tonne", "Цена груза"), ("Of the goods, in the currency of the quote: for insurance.", "Цена тонны груза в валюте ставки: для страхования."), form="number"),
    Column("remarks", ("Remarks", "Примечание"), ("Anything else.", "Прочее."), width=30),
)  # fmt: skip
RATES = (
    Column("from", ("From", "Откуда"), ("Where the rate begins: a station, or a border station.", "Откуда действует ставка: станция или погранстанция."), choose="places", needed=True, width=26),
    Column("to", ("To", "Куда"), ("Where it ends.", "Докуда."), choose="places", needed=True, width=26),
    Column("carrier", ("Carrier", "Перевозчик"), ("Railway: KTZ, TDY, UTY, RAI, ARA, PR; empty where the two ends tell.", "Дорога: КТЖ, ТРК, УТИ, РАИ, АФГ; пусто, если ясно по станциям."), choose="carrier", width=12),
    Column("cargo", ("Cargo", "Груз"), ("Goods; empty: any.", "Груз; пусто: любой."), choose="cargo", width=26),
    Column("equipment", ("Equipment", "Тип вагона"), ("Wagon or container; empty: any.", "Вагон или контейнер; пусто: любой."), choose="equipment", width=28),
    Column("ownership", ("Ownership", "Принадлежность"), ("Whose it is; empty: any.", "Чей; пусто: любой."), choose="ownership", width=18),
    Column("price", ("Rate", "Ставка"), ("The number alone.", "Только число."), form="number", needed=True),
    Column("currency", ("Currency", "Валюта"), ("Of the rate.", "Валюта ставки."), choose="currency", needed=True, width=10),
    Column("basis", ("Rate basis", "За единицу"), ("What the rate is for: wagon, container or tonne.", "За что ставка: вагон, контейнер или тонна."), choose="per", needed=True, width=14),
    Column("coefficient", ("Coefficient", "Коэффициент"), ("The railway's factor; 1 where the rate is net.", "Коэффициент дороги; 1, если ставка окончательная."), form="number"),
    Column("valid_from", ("Valid from", "Действует с"), ("First day of loading.", "Первый день погрузки."), form="day", needed=True),
    Column("valid_to", ("Valid to", "Действует до"), ("Last day of loading.", "Последний день погрузки."), form="day"),
    Column("known_from", ("Issued", "Дата документа"), ("Day of the letter, where it looks back.", "День телеграммы, если она задним числом."), form="day"),
    Column("document", ("Document", "Документ"), ("Letter or telegram, its number.", "Письмо или телеграмма, номер."), width=24),
    Column("remarks", ("Remarks", "Примечание"), ("Conditions.", "Условия."), width=30),
)  # fmt: skip
KINDS: Mapping[str, tuple[Column, ...]] = {"shipments": SHIPMENTS, "rates": RATES}

# Rows that show how it is filled in: by field; days are counted from the day the template is made.
Example = Mapping[str, str | int | float]
EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "shipments": (
        {"shipment_id": "1", "client": "A", "origin": "kz-kostanay", "destination": "tm-akyayla", "cargo": "wheat", "tonnes": 1340.5, "units": 20, "equipment": "hopper-wagon", "ownership": "private", "ready_date": 14, "currency": "USD", "objective": "cost"},
        {"shipment_id": "2", "client": "B", "origin": "kz-almaty", "destination": "ir-tehran", "cargo": "machinery", "units": 12, "equipment": "container-40", "ownership": "private", "ready_date": 21, "due_date": 60, "currency": "USD", "objective": "time"},
    ),
    "rates": (
        {"from": "kz-kostanay", "to": "kz-bolashak", "carrier": "KTZ", "cargo": "wheat", "equipment": "hopper-wagon", "ownership": "private", "price": 2845, "currency": "CHF", "basis": "wagon", "coefficient": 1, "valid_from": 0, "valid_to": 90, "document": "N 17"},
        {"from": "tm-serhetyaka", "to": "tm-akyayla", "carrier": "TDY", "cargo": "wheat", "equipment": "hopper-wagon", "ownership": "private", "price": 1214.5, "currency": "CHF", "basis": "wagon", "coefficient": 0.5, "valid_from": 0, "valid_to": 90, "document": "N 18"},
    ),
}  # fmt: skip
OWNERSHIPS: tuple[tuple[str, Pair], ...] = (
    ("private", ("private", "собственный")),
    ("carrier", ("carrier", "инвентарный")),
)
OBJECTIVES: tuple[tuple[str, Pair], ...] = (
    ("cost", ("cost", "цена")),
    ("time", ("time", "срок")),
    ("emissions", ("emissions", "выбросы")),
)
PER: tuple[tuple[str, Pair], ...] = (
    ("wagon", ("wagon", "вагон")),
    ("container", ("container", "контейнер")),
    ("tonne", ("tonne", "тонна")),
)
CARRIERS: tuple[tuple[str, Pair], ...] = (
    ("KTZ", ("KTZ", "КТЖ")), ("TDY", ("TDY", "ТРК")), ("UTY", ("UTY", "УТИ")), ("RAI", ("RAI", "РАИ")), ("ARA", ("ARA", "АФГ")),
)  # fmt: skip
SHEETS: Mapping[str, Pair] = {
    "shipments": ("Shipments", "Заявки"),
    "rates": ("Rates", "Ставки"),
    "lists": ("Lists", "Списки"),
    "readme": ("Read me", "Прочтите"),
}
LISTS: Mapping[str, Pair] = {
    "places": ("Places", "Пункты"), "cargo": ("Goods", "Грузы"), "equipment": ("Wagons and containers", "Вагоны и контейнеры"),
    "ownership": ("Ownership", "Принадлежность"), "currency": ("Currencies", "Валюты"), "objective": ("Objective", "Критерий"),
    "per": ("Per", "За единицу"), "carrier": ("Railways", "Дороги"),
}  # fmt: skip
