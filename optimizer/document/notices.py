"""What must be known before loading: bans and warnings of a quote, in the reader's language.

A quote holds them as English sentences of a few patterns. In Russian each pattern has its own sentence; what fits none
is given under a Russian heading in the words of the quote, so that nothing is left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from optimizer.document import figures
from optimizer.document.names import Names
from optimizer.document.words import COUNTRIES

_ENDS = re.compile(r" (The way it shuts|Loaded on \d|The queue reported)\b.*$", re.S)
_NAME = re.compile(r"\b[A-Z][a-z]+\b")
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")

# A Russian sentence for each code whose text never changes.
FIXED = {
    "caspian_grain_pause": "В начале марта 2026 г. суда с зерном в Иран через Каспий около двух дней не шли: уточните у перевозчика, идёт ли он и берёт ли надбавку за военные риски.",
    "consignment_note_change": "При перевозке по железной дороге в Иран или Пакистан может потребоваться переоформление накладной СМГС на ЦИМ: учтите его стоимость и время на границе.",
    "container_deposit": "Контейнер линии обычно не идёт дальше афганской границы или требует депозита: уточните у линии или используйте контейнер отправителя.",
    "drivers_visa": "Водителям для проезда между Пакистаном и Афганистаном нужны паспорт и виза.",
    "import_ban": "Казахстан запретил ввоз пшеницы; проверьте, распространяется ли запрет на этот вид транспорта и получателя.",
    "licence_needed": "Сообщалось о запрете ввоза пшеницы и продуктов из неё в Пакистан (2024 г.), окончание неизвестно: до погрузки покупателю нужна лицензия на ввоз.",
    "no_cargo_value": "Цена этого груза неизвестна, страхование не рассчитано; укажите стоимость груза.",
    "origin_certificate": "Товары ЕАЭС ввозятся в Иран по пониженной пошлине, но только с сертификатом происхождения: закажите его до погрузки.",
    "quarantine_inspection": "Китай проверяет зерно в лаборатории около 10 дней вместо 5: заложите ещё пять дней ожидания.",
    "sanctions_chabahar": "По имеющимся сведениям, исключение США для Чабахара прекращено 29.09.2025; нами не проверено, уточните до бронирования.",
    "sanctions_iran": "Вторичные санкции США касаются иранских портов, судоходства и банков: проверьте операторов, суда и платежи до бронирования; продовольствие и лекарства в принципе исключены, но банки часто отказывают.",
    "sanctions_un_unverified": "По имеющимся сведениям, санкции ООН против Ирана действуют вновь с 28.09.2025; нами не проверено, обратитесь к юристу.",
    "transit_not_verified": "Грузовой транзит через переходы Дашогуза не подтверждён; уточните до погрузки.",
    "transit_seal": "Транзитные автомобили между Пакистаном и Афганистаном должны иметь электронные пломбы и трекеры: учтите их стоимость и время установки.",
}
_SCOPE = r"(?P<scope>(?:[^()]|\([^()]*\))+?)"
_FROM = r"(?: (?P<when>(?:from|until|in months|at any time|, no end).*?))? ?\((?P<papers>[^()]*source [^()]*)\)\."
# Patterns of the sentences, with their Russian twin; tried in their order.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"Loading(?: for export)? through (?P<places>.+?) is banned for " + _SCOPE + _FROM, "Погрузка через {places} запрещена: {scope}{when}."),
    (r"The border at (?P<places>.+?) is closed for " + _SCOPE + _FROM, "Граница закрыта ({places}): {scope}{when}."),
    (r"The way by sea through (?P<places>.+?) is closed for " + _SCOPE + _FROM, "Морской путь закрыт ({places}): {scope}{when}."),
    (r"The way by (?P<places>.+?) is shut for " + _SCOPE + _FROM, "Путь закрыт ({places}): {scope}{when}."),
    (r"Only (?P<quota>.+?) pass through (?P<places>.+) \([^()]*\), of " + _SCOPE + _FROM, "{places}: пропуск ограничен, {quota}: {scope}{when}."),
    (r"Weather stops work at (?P<places>.+?)(?: \(.*?\))? for " + _SCOPE + _FROM, "{places}: погода останавливает работу: {scope}{when}."),
    (r"Low water at (?P<places>.+?) lets ships load only (?P<quota>.+?), for " + _SCOPE + _FROM, "{places}: из-за низкой воды суда грузятся не полностью: {scope}{when}."),
    (r"Export from (?P<places>.+?) is reported suspended for " + _SCOPE + _FROM, "{places}: сообщается о приостановке вывоза: {scope}{when}."),
    (r"Take care at (?P<places>.+) \((?P<note>[^()]*)\), for " + _SCOPE + _FROM, "Внимание, {places} ({note}): {scope}{when}."),
    (r"\+(?P<hours>[\d.]+) h at (?P<places>.+?): no work on (?P<weekday>.+?) in (?P<country>.+?) \((?P<days>.+)\)\.", "{places}: +{hours} ч, выходной день, {country} ({days})."),
    (r"\+(?P<hours>[\d.]+) h at (?P<places>.+?): (?P<days>[\d, to-]+) (?:is a holiday|are holidays) in (?P<country>.+?) \(.*\)\.", "{places}: +{hours} ч, праздник, {country} ({days})."),
    (r"(?P<days>[\d, to-]+) (?:is a holiday|are holidays) in (?P<country>.+?) \(.*\), when the goods are expected at (?P<places>.+?): taken to work.*", "{places}: {days} – праздник, {country}; считаем, что пункт работает; уточните."),
    (r"\+(?P<hours>[\d.]+) h at (?P<places>.+?): the post works .*", "{places}: +{hours} ч, пункт работает не круглосуточно."),
    (r"(?P<hours>[+-][\d.]+) h at (?P<places>.+?): departures are known .*", "{places}: {hours} ч, отправление по известному расписанию."),
    (r"The road part needs (?P<count>\d+) trucks; .*", "На автодорожный участок нужно автомобилей: {count}; наличие стольких сразу не проверено."),
    (r"Coasters load parcels .*; (?P<count>[\d.]+) t share a ship or wait for one\.", "Суда берут партии примерно от 2 600 до 5 500 т; {count} т пойдут с другим грузом или будут ждать."),
    (r"Restriction (?P<note>\S+) shuts this way; it was ignored as asked\.", "Запрет {note} закрывает этот путь; по просьбе он не учтён."),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.S), russian) for pattern, russian in PATTERNS)
# The notes of our table of restrictions, word for word.
NOTES = {
    "10:00 to 22:00 above 25 degrees: no truck over 8 t on an axle": "с 10:00 до 22:00 при жаре выше 25 градусов: не более 8 т на ось",
    "1 June to 15 August, 11:00 to 21:00 above 25 degrees: no truck over 8 t on an axle": "с 1 июня по 15 августа, с 11:00 до 21:00 при жаре выше 25 градусов: не более 8 т на ось",
    "US waiver lapsed": "исключение из санкций США истекло",
    "about half of normal traffic, with Iranian permission; war-risk surcharges": "около половины обычного движения, с разрешения Ирана; надбавки за военные риски",
    "blizzards shut the road for hours or days": "метели закрывают дорогу на часы или дни",
    "ice on the pass; December to February assumed": "гололёд на перевале; принято: с декабря по февраль",
    "port, customs and ships hit by air strikes in March 2026; state of repair unknown": "порт, таможня и суда пострадали от авиаударов в марте 2026 г.; состояние неизвестно",
    "rockfall and snow shut the road": "камнепады и снег закрывают дорогу",
    "sand drifts on the Repetek section": "песчаные заносы на участке Репетек",
    "sandstorms": "песчаные бури",
    "shut to trailer trucks for repair on 10 June 2025; no day of reopening found before the next order": "закрыта для автопоездов на ремонт с 10.06.2025; день открытия неизвестен",
    "snow": "снег",
    "snow and avalanches stop the pass, often for trucks only": "снег и лавины закрывают перевал, часто только для грузовиков",
    "snow and avalanches stop traffic": "снег и лавины останавливают движение",
    "snow at Ghazni": "снег у Газни",
    "snow on the pass": "снег на перевале",
    "the wind of 120 days and sandstorms": "ветер 120 дней и песчаные бури",
    "trucks are limited on the Chalus road": "движение грузовиков по Чалусской дороге ограничено",
    "unpaved gap Qaisar - Laman shut in the wet season": "участок Кайсар – Ламан без покрытия закрыт в сезон дождей",
    "war of twelve days: cargo held back, insurance dear, ports not certain": "двенадцатидневная война: грузы задержаны, страхование дорогое, работа портов не гарантирована",
}
# Words of goods, wagons and days inside those sentences; a longer one comes before those it holds.
_WORDS = (
    (
        "apart from as a rule carriage under international agreements",
        "кроме: как правило, перевозки по международным договорам",
    ),
    ("in foreign-owned wagons", "в вагонах иностранной приписки"),
    ("shut at last report of", "закрыто по сообщению от"),
    ("in container trains", "в контейнерных поездах"),
    ("the Strait of Hormuz", "Ормузский пролив"),
    ("train pairs a day", "пар поездов в сутки"),
    ("on trailer trucks", "на автопоездах"),
    ("in covered wagons", "в крытых вагонах"),
    ("in hopper wagons", "в зерновозах"),
    ("milled products", "продукты помола"),
    ("no end known", "окончание неизвестно"),
    ("last report of", "последнее сообщение"),
    ("trains a day", "поездов в сутки"),
    ("trucks a day", "автомобилей в сутки"),
    ("wagons a day", "вагонов в сутки"),
    ("of each year", "каждого года"),
    ("at any time", "в любое время"),
    ("of up to", "до"),
    ("t a unit", "т на единицу"),
    ("perishables", "скоропортящиеся"),
    ("containers", "контейнеры"),
    ("paraxylene", "параксилол"),
    ("in months", "месяцы"),
    ("all goods", "все грузы"),
    ("oilseeds", "масличные"),
    ("the road", "дорога"),
    ("benzene", "бензол"),
    ("except", "кроме:"),
    ("barley", "ячмень"),
    ("up to", "до"),
    ("goods", "грузы"),
    ("grain", "зерно"),
    ("flour", "мука"),
    ("wheat", "пшеница"),
    ("until", "по"),
    ("more", "других"),
    ("from", "с"),
    ("and", "и"),
    ("or", "или"),
    ("to", "в"),
)
_HEADS = {
    "loading_ban": "Запрет погрузки",
    "border_closed": "Граница закрыта",
    "sea_closed": "Морской путь закрыт",
    "seasonal_limit": "Сезонное закрытие",
    "quota": "Пропуск ограничен",
    "weather": "Погода",
    "draught": "Низкая вода",
    "export_stop": "Приостановка вывоза",
    "warning": "Внимание",
    "excluded_by_request": "Исключено по запросу",
}


def warnings_of(warnings: Iterable[Mapping[str, Any]], names: Names, lang: str) -> list[str]:
    """Warnings of a way as sentences.

    Args:
        warnings: of a client's view, which holds those that a client may read.
    """
    return list(dict.fromkeys(_sentence(w["code"], w["text"], names, lang) for w in warnings))


def bans_of(rejected: Iterable[Mapping[str, Any]], names: Names, lang: str) -> list[str]:
    """Bans and closures that shut a better way, without what that way would have cost."""
    return [_sentence(row["reason_code"], _ENDS.sub("", row["text"]), names, lang) for row in rejected]


def _sentence(code: str, text: str, names: Names, lang: str) -> str:
    plain = _ENDS.sub("", text)
    if lang != "ru":
        return _DATE.sub(lambda found: _day(found.group(1), lang), plain)
    if code in FIXED:
        return FIXED[code]
    for pattern, russian in _COMPILED:
        match = pattern.fullmatch(plain)
        if match is not None:
            return russian.format(**_russian(match, names))
    head = _HEADS.get(code)
    return f"{head}: {plain}" if head else plain


def _russian(match: re.Match[str], names: Names) -> dict[str, str]:
    found = {name: value or "" for name, value in match.groupdict().items()}
    if "places" in found:
        found["places"] = _places(found["places"], names)
    if "country" in found:
        found["country"] = _words(found["country"])
    if "hours" in found:
        found["hours"] = found["hours"].replace(".", ",").replace("-", figures.MINUS)
    if found.get("when"):
        found["when"] = f", {_words(found['when'].strip(', '))}"
    if "note" in found:
        found["note"] = NOTES.get(found["note"], found["note"])
    if "scope" in found:
        found["scope"] = _NAME.sub(lambda name: names.by_english(name.group(), "ru"), _words(found["scope"]))
    for name in ("quota", "days"):
        if name in found:
            found[name] = _words(found[name])
    return found


def _places(text: str, names: Names) -> str:
    """Names of places parted by commas, `and` or dashes, each in Russian."""
    between = {" and ": " и ", " - ": " – "}
    said = []
    for number, part in enumerate(re.split(r"(, | and | - )", text)):
        bare = part.removeprefix("the road ")
        name = between.get(part, part) if number % 2 else _words(names.by_english(bare, "ru"))
        said.append(name if bare == part else f"дорога {name}")
    return "".join(said)


def _words(text: str) -> str:
    """Words of goods, countries and days in Russian; what we have no word for stays as it is."""
    for english, russian in sorted(COUNTRIES.values(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"\b{re.escape(english)}\b", russian, text)
    for english, russian in _WORDS:
        text = re.sub(rf"\b{re.escape(english)}\b", russian, text)
    return _DATE.sub(lambda found: _day(found.group(1), "ru"), text)


def _day(text: str, lang: str) -> str:
    try:
        return figures.day(dt.date.fromisoformat(text), lang)
    except ValueError:
        return text
