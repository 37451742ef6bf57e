"""Every phrase of a document, English and Russian side by side. Only words: nothing here computes."""

from __future__ import annotations

LANGS = ("en", "ru")
Pair = tuple[str, str]

PHRASES: dict[str, Pair] = {
    # ---- head
    "offer": ("Freight quotation", "Коммерческое предложение на перевозку"),
    "desk": ("Calculation sheet", "Расчёт ставки"),
    "internal": ("For internal use. Not for the client.", "Для служебного пользования. Клиенту не передавать."),
    "number": ("No.", "№"),
    "neutral": ("Freight quotation", "Ставка на перевозку груза"),
    "client": ("For", "Кому"),
    "issued": ("Issued", "Дата"),
    "valid": ("Valid until", "Действительна до"),
    "loading": ("Loading", "Погрузка"),
    "loading_window": ("from {ready} to {until}", "с {ready} по {until}"),
    "loading_later": (
        "from {ready}, at the rates in force on the day of loading",
        "с {ready}, по ставкам, действующим на день погрузки",
    ),
    "loading_past": ("{ready}", "{ready}"),
    "route": ("Route", "Маршрут"),
    "cargo": ("Cargo", "Груз"),
    "mass": ("Mass", "Масса"),
    "mass_value": ("{tonnes} t in {units}, {each} t each", "{tonnes} т, {units} по {each} т"),
    "charged_mass": ("Charged mass", "Расчётная масса"),
    "charged_at_least": (
        "{carrier}: {mass} t (at least {least} t a wagon, part tonne up)",
        "{carrier}: {mass} т (не менее {least} т на вагон, неполная тонна за полную)",
    ),
    "charged_stepped": ("{carrier}: {mass} t (part tonne up)", "{carrier}: {mass} т (неполная тонна за полную)"),
    "charged_as_carried": (
        "as carried; no minimum mass applies",
        "по фактической массе; минимальная масса не применена",
    ),
    "equipment": ("Equipment", "Подвижной состав"),
    "basis": ("Basis", "Базис"),
    "basis_none": (
        "price of carriage from origin to destination",
        "цена перевозки от пункта отправления до пункта назначения",
    ),
    "basis_split": (
        "{rule} {place}: seller {seller}, buyer {buyer}",
        "{rule} {place}: продавец {seller}, покупатель {buyer}",
    ),
    "basis_not": ("{rule} does not fit this route", "{rule}: к этому маршруту не применяется"),
    "transit": ("Transit time", "Срок доставки"),
    "transit_value": (
        "{p50} days as a rule, {p90} days at most in 9 of 10 cases (estimate)",
        "{p50} сут. обычно, не более {p90} сут. в 9 случаях из 10 (оценка)",
    ),
    "distance": ("Distance", "Расстояние"),
    "distance_value": ("{km} km; {co2} t CO2e", "{km} км; выбросы {co2} т CO2-экв."),
    "fx": ("Exchange rates", "Курсы валют"),
    "fx_value": ("1 {to} = {rate} {currency} of {day} ({source})", "1 {to} = {rate} {currency} на {day} ({source})"),
    "fx_none": ("all rates are in {currency}", "все ставки в {currency}"),
    # ---- prices
    "prices": ("Rates", "Ставки"),
    "rate": ("Rate", "Ставка"),
    "count": ("Number", "Количество"),
    "product": ("Rate x number", "Ставка × кол-во"),
    "remainder": ("Remainder", "Остаток"),
    "total": ("Total", "Итого"),
    "per_tonne": ("per tonne", "за 1 тонну"),
    "per_wagon": ("per wagon", "за 1 вагон"),
    "per_container": ("per container", "за 1 контейнер"),
    "per_truck": ("per truck", "за 1 автомобиль"),
    "per_vessel": ("per ship", "за 1 судно"),
    "per_all": ("whole shipment", "за всю партию"),
    "remainder_note": (
        "The total rules. Remainder: what rounding the rate to the cent leaves over.",
        "Решающей является сумма «Итого». Остаток – разница от округления ставки до цента.",
    ),
    "parts": ("The price by part", "Из чего состоит цена"),
    "part": ("Part", "Составляющая"),
    "section": ("Section", "Участок"),
    # ---- blocks
    "included": ("Included", "Включено"),
    "excluded": ("Not included", "Не включено"),
    "conditions": ("On condition", "При условии"),
    "not_customs": ("customs clearance, duties and taxes", "таможенное оформление, пошлины и налоги"),
    "not_inspection": (
        "inspection, samples and plant health papers",
        "инспекция, отбор проб и фитосанитарные документы",
    ),
    "not_standing": (
        "storage and standing over the time in the price and the free days (see the table)",
        "хранение и простой сверх заложенного в цену времени и бесплатных суток (см. таблицу)",
    ),
    "not_unloading": ("unloading at {place}", "выгрузка: {place}"),
    "not_loading": ("loading at {place}", "погрузка: {place}"),
    "not_insurance": ("cargo insurance", "страхование груза"),
    "not_guard": ("guard", "охрана груза"),
    "not_empty": ("return of the empties", "возврат порожних"),
    "not_wagons": ("provision of wagons (the shipper's own)", "предоставление вагонов (вагоны отправителя)"),
    "not_boxes": ("containers (the shipper's own)", "контейнеры (контейнеры отправителя)"),
    "if_valid": (
        "The rate stands for goods accepted by {until}",
        "Ставка действительна при принятии до {until}",
    ),
    "if_valid_loading": ("The rate stands for loading by {until}", "Действительна при погрузке до {until}"),
    "if_plan": (
        "The loading plan is agreed by all railways of the route and no loading ban is in force",
        "При согласовании плана перевозок всеми дорогами маршрута и отсутствии конвенционных запрещений",
    ),
    "if_tariff": (
        "If a railway tariff or an exchange rate changes, the rate is computed anew",
        "При изменении железнодорожного тарифа или курса валют ставка пересчитывается",
    ),
    "if_tariff_road": (
        "If a tariff, fee or exchange rate changes, the rate is computed anew",
        "При изменении тарифов, сборов или курса валют ставка пересчитывается",
    ),
    "if_payer": ("Payer codes for {railways} are given by {who}", "Коды оплаты по {railways} предоставляет {who}"),
    "forwarder": ("the forwarder", "экспедитор"),
    "if_trucks": ("Trucks are found in time for the road part", "При наличии автомобилей на автодорожный участок"),
    "if_sea": ("A ship is free and the weather lets it sail", "При наличии тоннажа и погоды на морском участке"),
    "if_mass": ("The mass in each unit is as stated above", "При загрузке каждой единицы указанной выше массой"),
    "if_return": (
        "The empties go back the same way; their return is in the rate",
        "Порожние возвращаются тем же путём; возврат включён в ставку",
    ),
    "if_detention": (
        "The line's containers go back within its free days; detention is billed by its tariff",
        "Контейнеры линии возвращаются в её бесплатные сутки; сверх них – по тарифу линии",
    ),
    # ---- standing
    "standing": ("Standing and free days", "Простой и бесплатные сутки"),
    "stands": ("What stands", "Что стоит"),
    "free_days": ("Free days", "Беспл. сутки"),
    "per_unit_day": ("{currency} a unit and day", "{currency} за ед. в сутки"),
    "per_day": ("{currency} a day, all", "{currency} в сутки, всего"),
    "total_days": ("Total, {days} days", "Итого, {days} сут."),
    "standing_note": (
        "Days are counted beyond the time in the price and the free days; each row stands by itself.",
        "Сутки считаются сверх времени, заложенного в цену, и бесплатных суток; каждая строка – отдельно.",
    ),
    "standing_steps": (
        "Detention rises by steps of days; the first step is shown.",
        "Плата за контейнер растёт ступенями по суткам; показана первая ступень.",
    ),
    "standing_none": (
        "No charge for standing is known for this route; what the carriers bill is passed on.",
        "Ставки простоя по этому маршруту неизвестны; счета перевозчиков перевыставляются.",
    ),
    "stand_wagon": ("wagons ({count})", "вагоны ({count})"),
    "stand_container": ("containers on rail ({count})", "контейнеры на ж/д ({count})"),
    "stand_truck": ("trucks ({count})", "автомобили ({count})"),
    "stand_storage": ("goods in port ({count} t)", "груз в порту ({count} т)"),
    "stand_detention": ("line's containers ({count})", "контейнеры линии ({count})"),
    # ---- route and alternatives
    "legs": ("The route", "Маршрут следования"),
    "from": ("From", "От"),
    "to": ("To", "До"),
    "how": ("How", "Как"),
    "km": ("km", "км"),
    "days": ("Days", "Сутки"),
    "hours_sum": ("expected in all", "ожидаемо всего"),
    "others": ("Other routes", "Другие маршруты"),
    "others_note": (
        "Same cargo and dates; the shown route above is No. 1.",
        "Тот же груз и сроки; предложенный выше маршрут – № 1.",
    ),
    "others_more": ("{count} more stand in the full quote.", "Ещё {count} – в полном расчёте."),
    "by_way_of": ("By way of", "Через"),
    "days_usual": ("Days", "Сутки"),
    "days_slow": ("Days, 9 of 10", "Сутки, 9 из 10"),
    "map": ("Map of the route", "Схема маршрута"),
    "map_scale": ("{km} km", "{km} км"),
    "map_note": ("Lines join the places; they are not the track.", "Линии соединяют пункты и не повторяют трассу."),
    "notices": ("To be known before loading", "Важно знать до погрузки"),
    "ban": ("Ban", "Запрет"),
    # ---- foot
    "signed": ("Signed", "Подпись"),
    "bank": ("Bank details", "Банковские реквизиты"),
    "phone": ("Phone", "Тел."),
    "email": ("E-mail", "Эл. почта"),
    "page": ("page {page} of {pages}", "стр. {page} из {pages}"),
    "sheet_offer": ("Quote", "Ставка"),
    "sheet_desk": ("Calculation", "Расчёт"),
    "sheet_lines": ("Lines", "Строки"),
    # ---- desk
    "lines": ("Charge lines", "Строки расчёта"),
    "line_way": ("Route", "Маршрут"),
    "line_charge": ("Charge", "Начисление"),
    "line_carrier": ("Railway, carrier", "Дорога, перевозчик"),
    "line_text": ("Derivation", "Вывод"),
    "line_basis": ("Basis", "Единица"),
    "line_quantity": ("Quantity", "Количество"),
    "line_rate": ("Rate", "Ставка"),
    "line_coefficient": ("Coef.", "Коэф."),
    "line_amount": ("Amount", "Сумма"),
    "line_currency": ("Cur.", "Вал."),
    "line_fx": ("Exch. rate", "Курс"),
    "line_fx_day": ("Rate of", "Курс на"),
    "line_rounding": ("Rounding", "Округление"),
    "rounded_line": ("line to {step}", "строка до {step}"),
    "rounded_unit": ("each unit to {step}", "каждая единица до {step}"),
    "rounded_before": (", before the coefficient", ", до коэффициента"),
    "line_rule": ("Rule", "Правило"),
    "line_document": ("Document", "Документ"),
    "line_document_day": ("Dated", "Дата док."),
    "line_source": ("Source", "Источник"),
    "line_status": ("Status", "Статус"),
    "line_party": ("Party", "Сторона"),
    "margin": ("Margin", "Наценка"),
    "buy": ("Cost", "Себестоимость"),
    "sell": ("Price to the client", "Цена клиенту"),
    "gain": ("Gain", "Доход"),
    "margin_rule": ("Rule", "Правило"),
    "band": ("Stated band", "Диапазон"),
    "published": ("Published rates", "Опубл. ставки"),
    "late_p90": ("Slow trip (P90)", "Медленный рейс"),
    "late_value": (
        "{amount} beside the price, on 9 of 10 trips at most",
        "сверх цены {amount}, не более в 9 рейсах из 10",
    ),
    "published_value": ("{share} % of the total", "{share} % суммы"),
    "versions": ("Versions", "Версии данных"),
    "defaults": ("Assumed", "По умолчанию"),
    "all_railways": ("Railway tariffs {railways}", "Железнодорожный тариф {railways}"),
}

# Sections of a price: what stands on a client's sheet for charges of one kind.
SECTIONS: dict[str, Pair] = {
    "loading": ("Loading", "Погрузка"),
    "rail": ("Railway tariff {carrier}", "Железнодорожный тариф {carrier}"),
    "through": ("Through rate", "Сквозная ставка"),
    "wagons": ("Provision of wagons", "Предоставление вагонов"),
    "boxes": ("Provision of platforms and containers", "Предоставление платформ и контейнеров"),
    "empty": ("Return of the empties", "Возврат порожних"),
    "border": ("Border fees and documents", "Пограничные сборы и документы"),
    "transfer": ("Transshipment", "Перегруз"),
    "lift": ("Lifts of containers at terminals", "Терминальная обработка контейнеров"),
    "port": ("Port handling", "Портовая обработка"),
    "sea": ("Sea freight", "Морской фрахт"),
    "road": ("Road haulage, {carrier}", "Автоперевозка, {carrier}"),
    "insurance": ("Cargo insurance", "Страхование груза"),
    "standing": ("Standing agreed in the deal", "Согласованный простой"),
    "guard": ("Guard", "Охрана"),
    "subsidy": ("Subsidy counted", "Учтённая субсидия"),
    "other": ("Other services", "Прочие услуги"),
    "freight": ("Freight", "Фрахт"),
}

# Charges as the desk reads them; English names stand in `optimizer.charge_names`.
CHARGES_RU: dict[str, str] = {
    "carriage": "провозная плата",
    "empty_return": "возврат порожних",
    "hire": "предоставление вагонов",
    "platform_hire": "предоставление платформ",
    "box_hire": "аренда контейнеров",
    "rail_border": "пограничный сбор, ж/д",
    "rail_border_default": "пограничный сбор, ж/д",
    "road_border": "пограничный сбор, авто",
    "road_border_default": "пограничный сбор, авто",
    "bridge": "мост",
    "documents": "документы",
    "reload": "перегруз",
    "bogie_change": "смена тележек",
    "lift": "подъём контейнера",
    "transship": "перегруз",
    "port_load": "порт, погрузка",
    "port_discharge": "порт, выгрузка",
    "port_box": "порт, контейнер",
    "sea_freight": "морской фрахт",
    "truck": "автоперевозка",
    "road_toll": "дорожный сбор",
    "truck_fee": "въездной сбор",
    "transfer_fee": "сбор за перецепку",
    "loading": "погрузка",
    "insurance": "страхование",
    "insurance_supplement": "надбавка к страхованию",
    "through": "сквозная ставка",
    "demurrage": "простой",
    "detention": "сверхнормативное пользование контейнером",
    "storage": "хранение",
    "subsidy": "субсидия",
    "seal": "пломба",
    "guard": "охрана",
    "station": "станционные услуги",
    "customs": "таможенный транзит",
    "tir": "книжка МДП",
    "phytosanitary": "фитосанитарный сертификат",
    "fumigation": "фумигация",
    "permit": "разрешение",
    "fuel": "топливная надбавка",
    "security": "надбавка за безопасность",
    "congestion": "надбавка за затор",
    "war_risk": "военные риски",
    "season": "сезонная надбавка",
    "weighing": "взвешивание",
    "cleaning": "очистка",
    "agency": "агентирование",
    "swap": "перецепка",
    "freight": "фрахт",
}

# Railway administrations as tariffs and quotes name them.
RAILWAYS: dict[str, Pair] = {
    "KTZ": ("KTZ (Kazakhstan)", "КТЖ/КЗХ"),
    "TDY": ("TDY (Turkmenistan)", "ТРК"),
    "UTY": ("UTY (Uzbekistan)", "УТИ"),
    "RAI": ("RAI (Iran)", "РАИ"),
    "ARA": ("ARA (Afghanistan)", "АФГ"),
    "PR": ("PR (Pakistan)", "ПАК"),
    "RZD": ("RZD (Russia)", "РЖД"),
    "CR": ("CR (China)", "КЖД"),
    "ADY": ("ADY (Azerbaijan)", "АЗ"),
    "KRG": ("KRG (Kyrgyzstan)", "КРГ"),
    "TDZ": ("TDZ (Tajikistan)", "ТДЖ"),
}

COUNTRIES: dict[str, Pair] = {
    "AE": ("the Emirates", "ОАЭ"),
    "AF": ("Afghanistan", "Афганистан"),
    "AM": ("Armenia", "Армения"),
    "AZ": ("Azerbaijan", "Азербайджан"),
    "BY": ("Belarus", "Беларусь"),
    "CN": ("China", "Китай"),
    "IN": ("India", "Индия"),
    "IR": ("Iran", "Иран"),
    "KG": ("Kyrgyzstan", "Кыргызстан"),
    "KZ": ("Kazakhstan", "Казахстан"),
    "OM": ("Oman", "Оман"),
    "PK": ("Pakistan", "Пакистан"),
    "RU": ("Russia", "Россия"),
    "TJ": ("Tajikistan", "Таджикистан"),
    "TM": ("Turkmenistan", "Туркменистан"),
    "TR": ("Turkey", "Турция"),
    "UZ": ("Uzbekistan", "Узбекистан"),
}

MODES: dict[str, Pair] = {"rail": ("rail", "ж/д"), "road": ("road", "авто"), "sea": ("sea", "море"), "none": ("", "")}

# What a leg does that is no haul, by the `service` of the leg.
SERVICES: dict[str, Pair] = {
    "": ("border", "граница"),
    "loading the wagons": ("loading the wagons", "погрузка вагонов"),
    "loading the container": ("loading the container", "погрузка контейнера"),
    "loading the truck": ("loading the truck", "погрузка автомобиля"),
    "loading": ("loading", "погрузка"),
    "container to the rail terminal": ("container to the rail terminal", "контейнер на ж/д терминал"),
    "container from the rail terminal": ("container from the rail terminal", "контейнер с ж/д терминала"),
    "container lift": ("container lift", "перестановка контейнера"),
    "transshipment": ("transshipment", "перегруз"),
    "reloading": ("reloading 1520/1435", "перегруз 1520/1435"),
    "bogie change": ("bogie change 1520/1435", "смена тележек 1520/1435"),
    "reissue": ("new consignment note", "переоформление накладной"),
    "port, wagon to ship": ("port, wagon to ship", "порт, вагон – судно"),
    "port, ship to wagon": ("port, ship to wagon", "порт, судно – вагон"),
    "port, truck to ship": ("port, truck to ship", "порт, автомобиль – судно"),
    "port, ship to truck": ("port, ship to truck", "порт, судно – автомобиль"),
    "port, store to ship": ("port, store to ship", "порт, склад – судно"),
    "port, ship to store": ("port, ship to store", "порт, судно – склад"),
    "port, container to ship": ("port, container to ship", "порт, контейнер на судно"),
    "port, container from ship": ("port, container from ship", "порт, контейнер с судна"),
    "waiting for a ship": ("waiting for a ship", "ожидание судна"),
    "waiting for a sailing": ("waiting for a sailing", "ожидание отхода"),
    "rail": ("rail", "ж/д"),
    "truck": ("truck", "авто"),
    "rail_ferry": ("rail ferry", "ж/д паром"),
    "roro": ("truck ferry", "автопаром"),
    "container_feeder": ("container ship", "контейнеровоз"),
    "dry_bulk": ("dry-cargo ship", "сухогруз"),
}

OWNERSHIP: dict[str, Pair] = {
    "private": ("private (shipper's or hired)", "собственный или арендованный"),
    "carrier": ("the carrier's", "перевозчика"),
    "foreign": ("private, registered abroad", "собственный, иностранной приписки"),
}
BOX_OWNERSHIP: dict[str, Pair] = {
    "private": ("shipper's container (SOC)", "контейнер отправителя (SOC)"),
    "carrier": ("line's container (COC)", "контейнер линии (COC)"),
    "foreign": ("shipper's container (SOC)", "контейнер отправителя (SOC)"),
}

UNITS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wagon": (("wagon", "wagons"), ("вагон", "вагона", "вагонов")),
    "container": (("container", "containers"), ("контейнер", "контейнера", "контейнеров")),
    "truck": (("truck", "trucks"), ("автомобиль", "автомобиля", "автомобилей")),
    "vessel": (("ship", "ships"), ("судно", "судна", "судов")),
}

BASES_RU: dict[str, str] = {
    "per t": "т",
    "per chargeable t": "расч. т",
    "per t-km": "т-км",
    "per wagon": "вагон",
    "per wagon-km": "вагон-км",
    "per wagon-day": "вагон-сутки",
    "per container": "контейнер",
    "per container-km": "конт.-км",
    "per container-day": "конт.-сутки",
    "per truck": "автомобиль",
    "per truck-km": "авто-км",
    "per truck-day": "авто-сутки",
    "per consignment": "отправка",
    "of value": "стоимость",
    "of the line": "сумма строки",
}

STATUSES: dict[str, Pair] = {
    "published": ("published", "опубликовано"),
    "derived": ("derived", "выведено"),
    "estimated": ("estimated", "оценка"),
    "provisional": ("provisional", "предварительно"),
}


def index(lang: str) -> int:
    """Where a language stands in a pair."""
    return LANGS.index(lang)


def say(key: str, lang: str, **values: object) -> str:
    """A phrase in a language, with its values put in.

    >>> say("valid", "ru"), say("map_scale", "en", km=500)
    ('Действительна до', '500 km')
    """
    return PHRASES[key][index(lang)].format(**values)


def of(table: dict[str, Pair], key: str, lang: str) -> str:
    """The word for a key; the key itself where we have none.

    >>> of(COUNTRIES, "IR", "ru"), of(COUNTRIES, "XX", "ru")
    ('Иран', 'XX')
    """
    return table[key][index(lang)] if key in table else key
