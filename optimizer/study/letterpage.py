"""The draft of the letter as a person reads it: scope, dates, conditions, exclusions, in Russian and in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from optimizer.databook import DataBook
from optimizer.study.letter import printed_id
from optimizer.study.model import FreeRate, ThroughScope
from optimizer.study.run import Findings

# A column of the books in both languages; {} is the list of its words.
WORDS: dict[str, tuple[str, str]] = {
    "from": ("from {}", "от {}"),
    "to": ("to {}", "до {}"),
    "via": ("by way of {}", "через {}"),
    "between": ("between {}", "между {}"),
    "except_between": ("except between {}", "кроме участка {}"),
    "crossing": ("over the border {}", "через переход {}"),
    "country": ("in {}", "в {}"),
    "direction": ("direction {}", "направление {}"),
    "traffic": ("{} traffic", "сообщение: {}"),
    "origin": ("from the station {}", "станция отправления {}"),
    "destination": ("to the station {}", "станция назначения {}"),
    "origin_country": ("goods out of {}", "грузы из {}"),
    "destination_country": ("goods to {}", "грузы назначением в {}"),
    "cargo": ("goods: {}", "грузы: {}"),
    "gng": ("GNG {}", "ГНГ {}"),
    "etsng": ("ETSNG {}", "ЕТСНГ {}"),
    "form": ("in {}", "перевозка: {}"),
    "equipment": ("in {}", "подвижной состав: {}"),
    "feet": ("boxes of {} ft", "контейнеры {} фут"),
    "owner": ("{} wagons or boxes", "принадлежность: {}"),
    "delivery": ("terms of delivery {}", "условия поставки {}"),
    "payer": ("paid through {}", "плательщик {}"),
    "train": ("in {} trains", "поездом: {}"),
    "train_wagons": ("trains of {} wagons", "в поезде {} вагонов"),
    "lot_t": ("lots of {} t", "партии {} т"),
    "km": ("over {} km", "на расстояние {} км"),
    "months": ("in the months {}", "в месяцы {}"),
}
RUSSIAN = {
    "transit": "транзит",
    "export": "экспорт",
    "import": "импорт",
    "domestic": "внутреннее",
    "third": "между третьими странами",
    "wagon": "вагоны",
    "container": "контейнеры",
    "private": "собственные",
    "carrier": "инвентарные",
    "foreign": "собственные иностранные",
    "grain": "зерно",
    "milled": "продукты перемола",
    "KZ": "Казахстан",
    "UZ": "Узбекистан",
    "TM": "Туркменистан",
    "IR": "Иран",
    "AF": "Афганистан",
    "CN": "Китай",
    "RU": "Россия",
    "PK": "Пакистан",
    "carriage": "провозная плата",
    "empty_return": "порожний возврат",
    "port_load": "погрузка в порту",
    "port_discharge": "выгрузка в порту",
    "sea_freight": "морской фрахт",
    "bridge": "сбор за мост",
    "ports": "порты",
    "block": "маршрутный",
    "KTZ": "КЗХ",
    "TDY": "ТРК",
    "UTY": "УТИ",
    "RAI": "РАИ",
    "ARA": "АФГ",
}
ENGLISH = {"wagon": "wagons", "container": "containers", "milled": "milled products"}
PER_RUSSIAN = {"tonne": "тонну", "container": "контейнер", "wagon": "вагон", "truck": "автомобиль", "unit": "единицу"}
DAYS = "%d.%m.%Y"


def letter_page(found: Findings, book: DataBook) -> str:
    """letter.md: the draft in Russian, then in English; or that no letter is needed."""
    study = found.study
    moved = [
        (rate, rate.values[number])
        for rate, number, now in zip(study.rates, found.best.point, found.market.now, strict=True)
        if number != now
    ]
    if not moved:
        return (
            "# Письмо не требуется\n\nЛучшего значения, чем действующее, не найдено.\n\n"
            "# No letter\n\nNothing better than today's tariff was found, so there is nothing to issue.\n"
        )
    return f"{_russian(found, book, moved)}\n---\n\n{_english(found, book, moved)}"


def _russian(found: Findings, book: DataBook, moved: list[tuple[FreeRate, Decimal]]) -> str:
    names = {pid: place.name_ru or place.name_en for pid, place in book.network.places.items()}
    word = _namer(names, RUSSIAN)
    study = found.study
    lines = [
        "# ПРОЕКТ ПИСЬМА",
        "",
        "Всем экспедиторским организациям",
        "",
        f"Подготовлено исследованием «{study.title}» по данным на {study.known_on:{DAYS}}. Не издано.",
        "",
    ]
    for number, (rate, value) in enumerate(moved, start=1):
        carriers = ", ".join(RUSSIAN.get(c, c) for c in rate.scope.carriers)
        if rate.through is None:
            heading = f"Коэффициент {_comma(value)} ({carriers}: {word(rate.scope.charge)})"
        else:
            heading = f"Сквозная ставка {_comma(value)} {study.currency} за {PER_RUSSIAN[rate.per]} ({carriers})"
        lines += [
            f"## {number}. {heading}",
            "",
            f"Действует при погрузке с {rate.valid_from:{DAYS}} по {rate.valid_to:{DAYS}} включительно.",
            "",
            "Условия:",
            *[f"- {text}" for text in _conditions(rate, word, 1)],
            "",
            *(
                _replaced(
                    found,
                    rate,
                    "Заменяет на эти сроки и для этих отправок: {}.",
                    "Других действующих понижений не затрагивает.",
                )
                if rate.through is None
                else _through(found, rate, rate.through, word, 1)
            ),
            "",
        ]
    if any(rate.through is None for rate, _ in moved):
        lines += [
            "Понижения не суммируются: при совпадении нескольких применяется одно. На другие сборы (вагон, порожний "
            "возврат, перегруз, пограничные операции) коэффициент не распространяется, если они не названы выше.",
            "",
        ]
    lines += [
        "Перевозка при условии согласования плана и отсутствия конвенционных запрещений.",
        "",
    ]
    return "\n".join(lines)


def _english(found: Findings, book: DataBook, moved: list[tuple[FreeRate, Decimal]]) -> str:
    names = {pid: place.name_en for pid, place in book.network.places.items()}
    word = _namer(names, ENGLISH)
    study = found.study
    lines = [
        "# DRAFT LETTER",
        "",
        "To all forwarding organisations",
        "",
        f"Drawn up by the study “{study.title}”, as known on {study.known_on}. Not issued.",
        "",
    ]
    for number, (rate, value) in enumerate(moved, start=1):
        carriers = ", ".join(rate.scope.carriers)
        if rate.through is None:
            heading = f"Coefficient {value.normalize():f} ({carriers}: {word(rate.scope.charge)})"
        else:
            heading = f"Through rate {value.normalize():f} {rate.unit(study.currency)} ({carriers})"
        lines += [
            f"## {number}. {heading}",
            "",
            f"For loading from {rate.valid_from} to {rate.valid_to}, both days included.",
            "",
            "Conditions:",
            *[f"- {text}" for text in _conditions(rate, word, 0)],
            "",
            *(
                _replaced(
                    found,
                    rate,
                    "Takes the place, on these days and for these shipments, of: {}.",
                    "No other reduction in force is touched.",
                )
                if rate.through is None
                else _through(found, rate, rate.through, word, 0)
            ),
            "",
        ]
    if any(rate.through is None for rate, _ in moved):
        lines += [
            "Reductions are not added up: where several fit, one applies. The coefficient does not hold for other "
            "charges (wagon, empty return, reloading, border operations) unless they are named above.",
            "",
        ]
    lines += [
        "Subject to an agreed plan of loading and to no ban being in force.",
        "",
    ]
    if found.letter_problems:
        lines += ["Found by the check of the books with this draft:", ""]
        lines += [f"- {p.severity}: {p.text}" for p in found.letter_problems]
        lines.append("")
    return "\n".join(lines)


def _namer(places: Mapping[str, str], words: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: places.get(value) or words.get(value) or value.replace("_", " ")


def _conditions(rate: FreeRate, word: Callable[[str], str], language: int) -> list[str]:
    """Each cell in words; what is excluded is said as excluded."""
    found = []
    for column, cell in rate.scope.cells:
        pattern = WORDS.get(column, (f"{column.replace('_', ' ')}: {{}}", f"{column}: {{}}"))[language]
        excluded = cell.startswith("!")
        bare = cell.lstrip("!")
        listed = ", ".join(
            " – ".join(word(part.strip()) for part in item.replace("|", "+").split("+"))
            for item in bare.split(";")
            if item
        )
        text = pattern.format(listed)
        if excluded:
            text = ("excluded: ", "исключая: ")[language] + text
        found.append(text)
    return found or [("all shipments", "все отправки")[language]]


def _replaced(found: Findings, rate: FreeRate, text: str, none: str) -> list[str]:
    ids = {printed_id(f"STUDY:{rate.name}:{carrier}") for carrier in rate.scope.carriers}
    rows = sorted({m.row.coef_id for m in found.meetings if printed_id(m.letter_row) in ids})
    return [text.format(", ".join(rows)) if rows else none]


def _through(
    found: Findings, rate: FreeRate, through: ThroughScope, word: Callable[[str], str], language: int
) -> list[str]:
    """The chain of a through rate, what it holds, and how its revenue is shared."""
    chain = " – ".join("/".join(word(post) for post in step.split("|")) for step in through.chain)
    held = ", ".join(word(charge) for charge in sorted(through.replaces))
    shares = found.market.splits.get(rate.name, ())
    parts = ", ".join(f"{word(found.market.railways[railway])} {100 * float(part):.1f} %" for railway, part in shares)
    if language:
        parts = parts.replace(".", ",")
    lines = [
        ("The whole way: {}.", "На всём пути следования: {}.")[language].format(chain),
        ("It holds: {}; all other charges come beside it.", "Включает: {}; прочие сборы взимаются отдельно.")[
            language
        ].format(held),
    ]
    if parts:
        lines.append(("Shared: {}.", "Распределение: {}.")[language].format(parts))
    return lines


def _comma(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
