"""A checklist as a page of Markdown and as rows of a table, in English or Russian, by border."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from optimizer.checklist.model import Checklist, Item
from optimizer.sheet.write import Mark, Value

WORDS = {
    "title": ("Checklist of quote {quote}, way {rank}", "Список к расчету {quote}, маршрут {rank}"),
    "route": ("Route", "Маршрут"), "loading": ("Loading", "Погрузка"),
    "ready": ("Ready to load", "К погрузке готово"), "not_ready": ("Not ready to load: {count} missing", "К погрузке не готово, не хватает: {count}"),
    "plan_data": ("Data of the loading plan", "Данные для плана перевозок (ГУ-12)"), "payer_code": ("Payer codes", "Коды оплаты"),
    "document": ("Documents", "Документы"), "permit": ("Permits and consents", "Разрешения и согласия"),
    "telegram": ("Telegrams awaited", "Ожидаемые телеграммы"),
    "wanted": ("wanted", "нужно"), "at_hand": ("at hand", "есть"),
    "ask": ("not confirmed by a source: ask", "источником не подтверждено: уточните"), "by": ("by", "до"),
    "shipment": ("The whole shipment", "Вся отправка"),
    "consignor": ("consignor", "грузоотправитель"), "consignee": ("consignee", "грузополучатель"), "forwarder": ("forwarder", "экспедитор"),
    "carrier": ("carrier", "перевозчик"), "customs_broker": ("customs broker", "таможенный брокер"),
    "wagon_owner": ("owner of the wagons", "собственник вагонов"), "port_agent": ("port agent", "портовый агент"),
}  # fmt: skip
HEADER = {
    "en": ("Key", "Kind", "Where", "What", "Who", "By", "Known", "At hand", "Source", "Status", "Remark"),
    "ru": ("Ключ", "Вид", "Где", "Что", "Кто", "К дате", "Известно", "Есть", "Источник", "Статус", "Примечание"),
}
WIDTHS = (28, 22, 30, 60, 20, 12, 36, 10, 22, 12, 50)


def say(key: str, lang: str, **values: object) -> str:
    return WORDS[key][lang == "ru"].format(**values)


def in_order(found: Checklist, lang: str) -> list[Item]:
    """What concerns the whole shipment first, then place by place in the order of the way."""
    places: dict[str, int] = {"": 0}
    for item in found.items:
        places.setdefault(item.place(lang), len(places))
    return sorted(found.items, key=lambda item: places[item.place(lang)])


def rows(found: Checklist, lang: str) -> Iterator[list[Value]]:
    """Cells of HEADER for every item."""
    for item in in_order(found, lang):
        yield [
            item.key, say(item.kind, lang), item.place(lang), item.text(lang), say(item.who, lang), item.by, item.value,
            Mark(say("at_hand" if item.done else "wanted", lang), "", "ok" if item.done else "warning"), item.source_id,
            item.status, _remark(item, lang),
        ]  # fmt: skip


def page(found: Checklist, lang: str) -> Iterator[str]:
    """Lines of Markdown."""
    yield f"# {say('title', lang, quote=found.quote_id, rank=found.rank)}"
    yield ""
    yield f"{say('route', lang)}: {found.route}  "
    yield f"{say('loading', lang)}: {found.loading.isoformat()}  "
    yield f"**{say('ready', lang) if found.ready else say('not_ready', lang, count=len(found.missing))}**"
    for place, of_place in groupby(in_order(found, lang), key=lambda item: item.place(lang)):
        yield ""
        yield f"## {place or say('shipment', lang)}"
        for kind, items in groupby(
            sorted(of_place, key=lambda item: list(WORDS).index(item.kind)), key=lambda item: item.kind
        ):
            yield ""
            yield f"### {say(kind, lang)}"
            yield ""
            yield from (_line(item, lang) for item in items)


def _line(item: Item, lang: str) -> str:
    known = f": {item.value}" if item.value else ""
    by = f", {say('by', lang)} {item.by.isoformat()}" if item.by else ""
    remark = _remark(item, lang)
    return f"- [{'x' if item.done else ' '}] `{item.key}` {item.text(lang)}{known} ({say(item.who, lang)}{by}){f' - {remark}' if remark else ''}"


def _remark(item: Item, lang: str) -> str:
    """What the reader must know of the item itself: that nobody confirms it, and what its source tells."""
    if item.kind == "plan_data":
        return ""
    asked = "" if item.confirmed else say("ask", lang)
    return "; ".join(filter(None, (asked, item.note if lang == "en" else "")))
