"""What a column's name says: our field, the unit and currency in it, whose wagon, which box.

One alias table for every sheet we read. A name is looked up whole; then by the words in it, so that "Станция
назначения (код ЕСР)" and "Dest. station code" are understood though nobody listed them; last, a misspelt name is
taken when one alias alone is near.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from optimizer.intake.units import currency_in, feet_in, mass_unit_in, ownership_in, per_in
from optimizer.intake.words import key

# The words forwarders, traders and railways write, beside our own names; the first is shown where one is missing.
SHIPMENTS: Mapping[str, tuple[str, ...]] = {
    "shipment_id": (
        "id", "№", "no", "n", "nn", "номер", "№ п/п", "п/п", "shipment", "shipment id", "отправка", "заявка", "№ заявки", "ref",
        "reference", "request", "запрос", "№ запроса", "order", "order id", "load id", "rfq", "номер заявки",
    ),
    "client": ("клиент", "заказчик", "client", "customer", "компания", "company", "грузовладелец", "контрагент", "отправитель", "грузоотправитель", "shipper"),
    "origin": (
        "from", "отправление", "станция отправления", "откуда", "пункт отправления", "origin station", "pol",
        "place of loading", "погрузка", "ст. отпр.", "ст отправления", "loading", "load port", "departure",
        "from station", "пункт погрузки", "отправка из", "port of loading", "элеватор", "жөнелту станциясы", "жөнелту",
    ),
    "origin_code": ("код отправления", "origin code", "код еср отправления", "from code", "код ст. отпр."),
    "destination": (
        "to", "назначение", "станция назначения", "куда", "пункт назначения", "destination station", "pod", "ст. назн.",
        "place of delivery", "выгрузка", "ст назначения", "dest", "discharge", "discharge port", "to station",
        "пункт выгрузки", "port of discharge", "доставка в", "тағайындалған станция", "межелі станция",
    ),
    "destination_code": ("код назначения", "destination code", "код еср назначения", "to code", "dest code"),
    "via": ("через", "via", "погранпереход", "пограничный переход", "переход", "border", "crossing", "border crossing", "стык"),
    "cargo": (
        "груз", "commodity", "goods", "наименование груза", "товар", "cargo", "культура", "product", "номенклатура",
        "наименование", "описание груза", "cargo description", "жүк",
    ),
    "cargo_codes": (
        "етснг", "гнг", "код груза", "тн вэд", "тнвэд", "hs", "hs code", "gng", "etsng", "етснг гнг", "cargo code",
        "commodity code", "nhm", "код тн вэд",
    ),
    "tonnes": (
        "t", "т", "тн", "тонн", "тонны", "тоннаж", "вес", "масса", "вес, т", "mass_t", "tons", "объем", "объем партии", "mt",
        "weight", "mass", "volume", "tonnage", "quantity", "qty t", "вес груза", "партия", "объем перевозки", "кол-во тонн", "салмағы",
    ),
    "mass_unit": ("ед. изм.", "единица измерения", "единица", "ед", "unit", "uom", "unit of measure", "ед изм", "weight unit"),
    "units": (
        "единиц", "количество", "вагонов", "контейнеров", "qty", "кол-во вагонов", "количество вагонов", "кол-во", "wagons",
        "containers", "no of units", "кол-во контейнеров", "units", "pcs", "ваг", "конт", "боксов", "boxes", "trucks", "машин",
    ),
    "equipment": (
        "оборудование", "подвижной состав", "тип вагона", "вагон", "род вагона", "тип контейнера", "wagon type", "equipment type",
        "container type", "тип пс", "тип", "type", "unit type", "транспорт", "вид транспорта", "рпс", "equip",
    ),
    "ownership": (
        "принадлежность", "собственность", "owner", "soc/coc", "парк", "принадлежность вагона", "soc coc", "wagon owner", "собственник",
    ),
    "ready_date": (
        "ready", "дата готовности", "готовность", "дата погрузки", "loading date", "дата отправки", "дата отгрузки", "etd",
        "readiness", "cargo ready", "дата", "date", "ready on", "отгрузка", "срок отгрузки", "период отгрузки", "laycan",
        "месяц отгрузки", "pick up date", "pickup", "период", "погрузка с", "күні",
    ),
    "due_date": ("due", "срок", "срок доставки", "дата прибытия", "delivery date", "deadline", "eta", "прибытие", "доставить до", "deliver by", "required by"),
    "currency": ("валюта", "вал", "ccy", "currency", "cur"),
    "objective": ("цель", "критерий", "objective", "приоритет"),
    "price_per_tonne": (
        "цена за тонну", "ставка за тонну", "цена груза", "стоимость груза за тонну", "price per tonne", "цена", "price", "cargo price",
    ),
    "basis": ("базис", "incoterms", "incoterm", "условия поставки", "базис поставки", "terms", "delivery terms"),
    "deal": ("сделка", "deal"),
    "remarks": (
        "примечание", "прим", "примечания", "комментарий", "remarks", "remark", "note", "notes", "comment", "comments",
        "доп. информация", "дополнительно", "особые условия", "info", "прочее",
    ),
    "country": ("страна", "country"),
}  # fmt: skip

RATES: Mapping[str, tuple[str, ...]] = {
    "route": ("маршрут", "участок", "направление", "route", "section", "lane", "плечо", "routing", "сообщение", "corridor"),
    "from": SHIPMENTS["origin"],
    "to": SHIPMENTS["destination"],
    "via": SHIPMENTS["via"],
    "km": ("км", "km", "расстояние", "distance", "тарифное расстояние", "tariff km", "distance km", "расст", "dist"),
    "carrier": ("перевозчик", "carrier", "дорога", "железная дорога", "railway", "администрация", "линия", "line", "жд", "operator"),
    "equipment": SHIPMENTS["equipment"],
    "ownership": SHIPMENTS["ownership"],
    "currency": SHIPMENTS["currency"],
    "price": ("ставка", "rate", "price", "цена", "тариф", "стоимость", "amount", "фрахт", "freight", "сумма", "ставка за ед", "offer"),
    "coefficient": ("коэф", "коэффициент", "coefficient", "coeff", "factor", "к", "скидка коэф", "coef", "понижающий коэффициент"),
    "basis": ("базис ставки", "за единицу", "per", "basis", "единица ставки", "rate basis", "за что", "ед", "ед изм", "unit"),
    "cargo": SHIPMENTS["cargo"],
    "cargo_codes": SHIPMENTS["cargo_codes"],
    "valid_from": ("действует с", "valid from", "начало действия", "с", "effective", "effective from", "дата начала"),
    "valid_to": ("действует до", "valid to", "действует по", "окончание", "по", "expiry", "valid until", "valid", "годен до", "валидность", "validity", "срок действия"),
    "known_from": ("дата документа", "дата телеграммы", "issued", "known from", "дата выпуска"),
    "document": ("документ", "телеграмма", "основание", "document", "тлг", "letter", "письмо", "№ документа"),
    "free_time": ("free time", "free days", "льготный период", "бесплатное хранение", "фри тайм", "free", "льготное время", "свободные дни"),
    "transit_days": ("транзитное время", "transit time", "transit days", "срок доставки", "дней в пути", "tt", "t/t", "срок", "transit"),
    "included": ("включено", "включено / не включено", "included", "вкл", "includes", "что включено", "scope"),
    "remarks": SHIPMENTS["remarks"],
    "rate_id": ("№", "no", "n", "id", "номер", "№ п/п", "п/п"),
}  # fmt: skip

NETBACK: Mapping[str, tuple[str, ...]] = {
    "offer_id": ("id", "№", "no", "номер", "offer", "n", "№ п/п", "п/п", "bid id"),
    "outlet": (
        "рынок", "рынок сбыта", "пункт продажи", "место", "place", "market", "точка", "пункт", "outlet", "point", "сбыт",
    ),
    "basis": ("базис", "базис поставки", "условия", "incoterm", "incoterms", "terms", "условия поставки", "basis"),
    "destination": ("назначение", "куда", "onward", "страна назначения", "destination", "to"),
    "via": ("через", "via"),
    "cargo": ("груз", "культура", "товар", "commodity", "crop", "cargo", "grain", "продукт", "product"),
    "month": (
        "ready_date", "ready", "месяц", "отгрузка", "период", "дата готовности", "shipment", "period", "дата", "month",
        "месяц отгрузки", "поставка", "delivery", "срок поставки", "срок отгрузки", "shipment month", "date",
    ),
    "price": (
        "цена", "bid", "цена за тонну", "price_per_tonne", "price_per_t", "price", "бид", "offer price", "цена покупателя", "спрос",
        "котировка",
    ),
    "currency": ("валюта", "вал", "ccy", "currency"),
    "band": ("разброс", "uncertainty", "plus_minus", "+/-", "±", "точность", "band"),
    "tonnes": (
        "t", "тонн", "тонны", "объем", "лот", "lot", "volume", "количество", "т", "tons", "tonnes", "тн", "кол-во", "qty", "quantity",
        "партия", "тоннаж", "mt",
    ),
    "equipment": ("подвижной состав", "вагон", "тип вагона", "equipment"),
    "ownership": ("принадлежность", "собственность", "ownership"),
    "subsidy": ("субсидия", "subsidy"),
    "origin": ("элеватор", "станция отправления", "откуда", "elevator", "хпп", "from", "station", "origin", "станция", "отправление"),
    "costs": ("расходы", "затраты", "логистика", "costs", "logistics", "фрахт", "freight", "перевалка", "transshipment", "жд тариф", "ж/д", "rail"),
    "netback": ("нетбэк", "нетбек", "netback", "exw цена", "exw", "маржа", "margin", "сумма", "выручка", "amount", "total"),
    "buyer": ("покупатель", "buyer", "клиент", "client", "контрагент"),
    "remarks": SHIPMENTS["remarks"],
}  # fmt: skip

FLOWS: Mapping[str, tuple[str, ...]] = {
    "flow_id": ("id", "№", "no", "n", "номер", "№ п/п", "п/п"),
    "origin": ("from", "отправление", "станция отправления", "откуда", "origin", "станция", "station", "страна отправления", "ст. отпр."),
    "destination": ("to", "назначение", "станция назначения", "куда", "destination", "страна назначения", "ст. назн."),
    "border": (
        "погранпереход", "пограничный переход", "переход", "стык", "border", "crossing", "border crossing", "через", "via",
        "стыковой пункт", "пункт перехода", "направление", "участок", "порт", "port", "пункт", "gateway",
    ),
    "cargo": ("груз", "род груза", "вид груза", "показатель", "номенклатура", "commodity", "cargo", "goods", "наименование груза", "товар", "наименование"),
    "cargo_codes": SHIPMENTS["cargo_codes"],
    "period": ("период", "месяц", "год", "квартал", "period", "month", "year", "quarter", "дата", "date"),
    "tonnes": (
        "т", "тонн", "тонны", "объем", "объем перевозок", "тыс т", "tonnes", "tons", "volume", "t", "масса", "вес", "перевезено", "факт",
        "отгружено", "погружено", "mt", "kt", "сдано", "принято", "всего", "итого", "total",
    ),
    "teu": ("teu", "тэу", "дфэ", "контейнеров", "containers", "feu"),
    "units": ("вагонов", "вагоны", "wagons", "ваг", "поездов", "trains", "кол-во вагонов", "количество вагонов"),
    "unit": ("ед", "ед. изм.", "единица", "единица измерения", "unit", "uom"),
    "direction": ("вид сообщения", "сообщение", "экспорт/импорт", "direction", "вид перевозки", "traffic"),
    "change": ("изменение", "прирост", "темп", "% к", "change", "growth", "%", "отклонение", "+/-", "доля", "share", "к прошлому году"),
    "plan": ("план", "plan", "прогноз", "forecast"),
    "remarks": SHIPMENTS["remarks"],
}  # fmt: skip

ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "shipments": SHIPMENTS,
    "rates": RATES,
    "netback": NETBACK,
    "flows": FLOWS,
}
# Columns understood so that nobody reads them as something else, but not handed on.
PASSED_OVER = frozenset({"country", "netback", "change", "plan"})

# Words of a heading over several columns, and of the columns under it.
_FROM = re.compile(r"отпр|погруз(?!\w*план)|откуда|\b(origin|from|departure|loading|load|shipper|pol|dep|orig)\b")
_TO = re.compile(
    r"назн|выгруз|\bкуда\b|прибыт|\b(destination|dest|to|arrival|discharge|delivery|consignee|pod|unloading)\b"
)
_GOODS = re.compile(r"груз\b|груза|товар|культур|\b(cargo|commodity|goods|product|freight description)\b")
_PLACE = re.compile(
    r"станци|\bст\b|порт|пункт|место|город|терминал|\b(station|stn|place|port|point|city|terminal|location|name|название|наименование|наим)\b"
)
_CODE = re.compile(r"\b(код\w*|еср|code|esr|коды|unlocode|locode|cod)\b")
_GOODS_CODE = re.compile(r"етснг|\bгнг\b|тн ?вэд|\b(etsng|gng|nhm|hs|hscode|tn ved)\b")
_DAY = re.compile(r"\bдат\w*|\bокно|\b(window|laycan|date|day|etd|eta|готов\w*|ready|readiness)\b|\bсрок")
_DUE = re.compile(r"достав|прибыт|срок|\b(due|delivery|arrival|eta|deadline|latest)\b")
_READY = re.compile(
    r"готов|погруз|отгруз|отправ|\b(ready|readiness|loading|etd|pickup|shipment|departure|laycan|earliest)\b"
)
_COUNT = re.compile(r"\bкол|количеств|\b(number|no|nr|qty|quantity|count|num)\b|^(вагон|контейнер)\w*$")
_UNITS = re.compile(
    r"\bваг|конт\b|контейнер|\b(wagons?|railcars?|containers?|trucks?|units?|boxes|cars|ед|единиц|штук|шт|мест)\b|машин|фур"
)
_MASS = re.compile(
    r"\b(вес|масса|массa|тонн\w*|тоннаж|объем\w*|weight|mass|tonnes|tons|tonnage|volume|wt|нетто|брутто|net|gross)\b"
)
_VIA = re.compile(r"через|погран|переход|стык|\b(via|border|crossing|gateway|transit point)\b")
_REMARK = re.compile(
    r"примеч|^прим\b|коммент|замечан|(?:доп\w*|особ\w*|проч\w*|спец\w*) (?:услов|информ|требов|сведен|указан)|"
    r"\b(remarks?|notes?|comments?|instructions?|(?:special|other|additional) (?:conditions|terms|requirements))\b"
)
# A size or wagon alone over a column of a rate sheet: what stands below are its prices.
_SIZE_ALONE = re.compile(
    r"(?:контейнер\w*|конт|container|cntr|rate)? ?(?:20|40|45) ?(?:hc|hq|dc|dv|gp|st|rf|rh|ot|fr|нс|нq|ft|feet|foot|фут\w*|ф|high cube|dry|реф\w*)*|"
    r"зерновоз\w*|крыт\w*(?: ваг\w*)?|полувагон\w*|платформ\w*|цистерн\w*|хоппер\w*|grain hopper|hopper(?: wagon)?|(?:covered|tank|open|flat) wagon"
)
_OWNER = re.compile(r"принадлеж|собствен|\b(soc|coc|owner|ownership|owned|парк)\b")
_WAGON = re.compile(r"подвижн|\bтип\b|\bрод\b|вагон\b|оборудован|\b(equipment|equip|type|wagon|container|size)\b")
_MONEY = re.compile(r"ставк|тариф|цена|стоимост|фрахт|сумм|\b(rate|price|tariff|cost|freight|amount|charge)\b")
_FACTOR = re.compile(r"\bкоэф|коэффиц|\b(coef\w*|factor)\b")


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column's name was read as.

    Attributes:
        field: our field, or "" where none was found.
        unit: kg, t, kt, Mt, q or lb, where the name says so.
        currency, per: of a price: CHF ..., wagon, container, tonne or truck.
        ownership: private or carrier; feet: 20, 40 or 45: of a price column that is for one kind only.
        near: the alias a misspelt name was taken for.
        sure: how it was found: 3 our own name or an alias, 2 by its words, 1 a misspelt alias, 0 not.
    """

    field: str = ""
    unit: str = ""
    currency: str = ""
    per: str = ""
    ownership: str = ""
    feet: str = ""
    near: str = ""
    sure: int = 0


def heading(path: Sequence[str], kind: str) -> Heading:
    """What a column is, by its name and the names of the headings above it.

    Args:
        path: texts from the uppermost heading down to the column's own; empty ones left out.

    >>> heading(["Отправление", "код ЕСР"], "shipments").field, heading(["вес, кг"], "shipments").unit
    ('origin_code', 'kg')
    >>> h = heading(["Вагон собственный", "ставка шв.фр./ваг"], "rates")
    >>> h.field, h.currency, h.per, h.ownership
    ('price', 'CHF', 'wagon', 'private')
    """
    return _heading(tuple(path), kind)


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # "OriginStationCode", "WeightKG"


@lru_cache(maxsize=8192)
def _heading(path: tuple[str, ...], kind: str) -> Heading:
    texts = [_CAMEL.sub(" ", text.replace("_", " ")) for text in path if text.strip()]
    if not texts or len(texts[-1]) > 80:
        return Heading()
    whole = " ".join(texts)
    field, sure, near = _field(texts, kind)
    if not field:
        return Heading()
    unit = mass_unit_in(texts[-1]) or mass_unit_in(whole)
    if field not in ("price", "coefficient", "price_per_tonne", "costs", "netback"):
        return Heading(
            field, unit if field in ("tonnes", "units", "mass_unit", "plan", "change") else "", near=near, sure=sure
        )
    return Heading(
        field,
        currency=currency_in(texts[-1]) or currency_in(whole),
        per=per_in(texts[-1]) or per_in(whole),
        ownership=ownership_in(whole).strip("?"),
        feet=feet_in(whole),
        near=near,
        sure=sure,
    )


def _field(texts: Sequence[str], kind: str) -> tuple[str, int, str]:
    names = ALIASES[kind]
    low, whole = key(texts[-1]), key(" ".join(texts))
    exact = _exact(kind)
    for words in dict.fromkeys((whole, low)):
        if words == low and len(texts) > 1 and low in _GENERIC:
            continue
        if words in exact:
            return exact[words], 3, ""
        bare = _bare(words)
        if bare and bare != words and bare in exact and not (len(texts) > 1 and bare in _GENERIC):
            return exact[bare], 3, ""
    if field := _by_words(whole, low, kind):
        return (field, 2, "") if field in names else ("", 0, "")
    for words in dict.fromkeys((whole, low)):
        if near := _near(_bare(words) or words, kind):
            return exact[near], 1, near
    if len(texts) > 1:
        # A heading over a column whose own name says nothing to us ("Груз" over "описание").
        field, _, near = _field(texts[:-1], kind)
        return field, 1 if field else 0, near
    return "", 0, ""


# Words that mean nothing until the heading above them is read.
_GENERIC = frozenset(
    [
        "станция",
        "пункт",
        "код",
        "наименование",
        "название",
        "дата",
        "station",
        "place",
        "code",
        "name",
        "date",
        "порт",
        "port",
        "т",
        "t",
        "коды",
        "город",
        "вес",
        "тип",
        "type",
        "ед",
        "unit",
        "ставка",
        "rate",
        "price",
        "цена",
        "страна",
        "country",
        "еср",
        "esr",
        "терминал",
        "по",
        "с",
    ]
)


@lru_cache(maxsize=16)
def _exact(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, aliases in ALIASES[kind].items():
        found[key(name.replace("_", " "))] = name
        found[key(name)] = name
        for alias in aliases:
            found.setdefault(key(alias), name)
    return found


_TAIL = re.compile(
    r"\b(usd|eur|chf|kzt|rub|cny|т|тн|тонн\w*|t|mt|tons?|tonnes|кг|kg|тыс|млн|kt|ваг\w*|конт\w*|шт|ед|шв|фр|км|долл\w*|сша|за|в|in|per|the|of|п)\b|[$€₽₸¥%]"
)


def _bare(words: str) -> str:
    """A name without its unit and currency."""
    return " ".join(_TAIL.sub(" ", words).split())


def _by_words(whole: str, low: str, kind: str) -> str:
    """A field by the words of a name; the order of the questions matters."""
    if _REMARK.search(low):
        return "remarks"
    money = _MONEY.search(whole) or (currency_in(whole) and per_in(whole.replace(" ", "/")))
    if kind == "rates":
        if _FACTOR.search(low):
            return "coefficient"
        if re.search(r"включ|\bвкл\b|\binclu\w*", low):
            return "included"
        if re.search(r"free|льгот|свободн|бесплатн", low):
            return "free_time"
        if money or currency_in(low) or (re.search(r"\D", low) and _SIZE_ALONE.fullmatch(low)):
            return "price"
    if kind == "netback":
        if re.search(r"рынок|сбыт|\b(market|outlet)\b", low):
            return "outlet"
        if re.search(r"нетб[эе]к|netback|маржа|\bexw\b", low):
            return "netback"
        if re.search(r"фрахт|перевал|ж д\b|жд\b|расход|затрат|freight|transsh|rail\b|cost|логист", low):
            return "costs"
        if money or currency_in(low):
            return "price"
    if kind == "flows":
        if re.search(r"прирост|темп|измен|отклон|\bдоля|change|growth|share|%", low):
            return "change"
        if re.search(r"\bплан\w*|\bplan|прогноз|forecast", low):
            return "plan"
        if re.search(r"\b(teu|тэу|дфэ)\b", low):
            return "teu"
    if _GOODS_CODE.search(low) or (_CODE.search(low) and _GOODS.search(whole)):
        return "cargo_codes"
    start, end = _FROM.search(whole), _TO.search(whole)
    if _CODE.search(low) and kind == "shipments" and bool(start) != bool(end):
        return "origin_code" if start else "destination_code"
    if kind == "rates" and _DAY.search(low) and re.search(r"действ|valid|effect|expir", whole):
        return "valid_to" if re.search(r"\b(по|до|to|until|till|expir\w*)\b", whole) else "valid_from"
    if _VIA.search(low) and not re.search(r"страна|country", low):
        return "border" if kind == "flows" else "via"
    if kind == "netback" and re.search(r"месяц|month|период|period|\bдат|date|срок", low):
        return "month"
    if _DAY.search(low) and kind == "shipments":
        if _DUE.search(low) and not re.search(r"готов|ready|погруз|отгруз|отправ|load|etd|ship", low):
            return "due_date"
        return "ready_date"
    if kind == "shipments":
        if re.search(r"\b(price|цена|стоимость)\b", low):
            return "price_per_tonne"
        if re.search(r"клиент|заказчик|client|customer|грузовладел", low):
            return "client"
    if mass := _MASS.search(whole):
        if _UNITS.search(low) and _COUNT.search(low) and not mass_unit_in(low):
            return "units"
        return "tonnes" if mass else ""
    if _UNITS.search(low) and (_COUNT.search(low) or kind == "flows"):
        return "units"
    if bool(start) != bool(end) and not _DAY.search(low) and not re.search(r"стран|country|област|region", low):
        if kind == "rates":
            return "from" if start else "to"
        if kind == "netback":
            return "origin" if start else "destination"
        return "origin" if start else "destination"
    if _OWNER.search(low):
        return "ownership"
    if _GOODS.search(low) or (_GOODS.search(whole) and _PLACE.search(low)):
        return "cargo"
    if _WAGON.search(low):
        return "equipment"
    if kind == "flows" and mass_unit_in(low):
        return "tonnes"
    if re.search(r"валют|currency", low):
        return "currency"
    return ""


def _near(words: str, kind: str) -> str:
    """The alias a misspelt name stands for, when only one field's aliases come near."""
    if len(words) < 5:
        return ""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    exact = _exact(kind)
    choices = [alias for alias in exact if abs(len(alias) - len(words)) <= 2 and len(alias) >= 5]
    hits = process.extract(words, choices, scorer=OSA.distance, score_cutoff=1 if len(words) < 8 else 2, limit=None)
    fields = {exact[alias] for alias, _, _ in hits}
    return min(hits, key=lambda hit: hit[1])[0] if len(fields) == 1 else ""
