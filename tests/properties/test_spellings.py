"""One request in many spellings gives the same ids or a question, never other ids; and no typo leads elsewhere.

`read` is the door: it turns a row of cells into what it means, and may be exchanged for one that reads whole files.
KERUEN_SPELLINGS=all tries every typo of every name (some minutes); otherwise one of each name is drawn by a seed.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer import batch
from optimizer.cargo import find_cargo, find_equipment, read_cargoes, read_equipment
from optimizer.databook import DataBook
from optimizer.errors import AmbiguousPlace, RequestError, UnknownPlace
from optimizer.found import Found
from optimizer.intake import read as intake
from optimizer.intake.model import Reading, ReadRow
from optimizer.intake.names import lookup_of
from optimizer.letters import fold, key
from optimizer.network.names import PlaceIndex, load_aliases
from optimizer.network.read import read_network
from optimizer.sheet.read import read_text
from tests.patience import ends

SEED = 20261117
REQUESTS = 50
EVERY_TYPO = os.environ.get("KERUEN_SPELLINGS") == "all"

NETWORK = read_network()
ALIASES = load_aliases()
INDEX = PlaceIndex(NETWORK, ALIASES)
CARGOES = read_cargoes()
KINDS = read_equipment()

CYRILLIC = dict(zip("ABEKMHOPCTXaeopcyx", "АВЕКМНОРСТХаеорсух", strict=True))
LATIN = {cyrillic: latin for latin, cyrillic in CYRILLIC.items()}

Row = dict[str, str]
Respell = Callable[[Row, random.Random], Row]
NAMES = ("origin", "destination", "cargo", "equipment")


def read(row: Row) -> dict[str, str]:
    """Field to what it means; a question or refusal is "?"."""
    doors: dict[str, Callable[[str], str]] = {
        "origin": lambda text: location(INDEX.find(text).id),
        "destination": lambda text: location(INDEX.find(text).id),
        "cargo": lambda text: find_cargo(text, CARGOES).id,
        "equipment": lambda text: find_equipment(text, KINDS).id,
    }
    meant = {}
    for field, door in doors.items():
        try:
            meant[field] = door(row[field])
        except RequestError:
            meant[field] = "?"
    return meant


def location(place_id: str) -> str:
    """Joined members of one location count as the same."""
    return min(NETWORK.members[place_id])


# -- one request in twelve spellings ----------------------------------------------------------------------


def requests() -> Iterator[tuple[Row, dict[str, str]]]:
    """Seeded requests in our own names, with the ids they mean."""
    draw = random.Random(SEED)
    ends = [p for p in NETWORK.places.values() if p.in_rail or p.in_road_sea]
    for _ in range(REQUESTS):
        origin, destination = draw.sample(ends, 2)
        cargo, kind = draw.choice(list(CARGOES.values())), draw.choice(list(KINDS.values()))
        row = {
            "origin": draw.choice((origin.name_en, origin.name_ru)),
            "destination": draw.choice((destination.name_en, destination.name_ru)),
            "cargo": draw.choice((cargo.name_en, cargo.name_ru, *cargo.aliases)),
            "equipment": draw.choice((kind.name_en, kind.name_ru, *kind.aliases)),
            "tonnes": f"{draw.randint(60, 4000)}.{draw.randint(1, 9)}",
            "ready": f"2026-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        }
        ids = (location(origin.id), location(destination.id), cargo.id, kind.id)
        yield row, dict(zip(NAMES, ids, strict=True))


def each_name(row: Row, change: Callable[[str], str]) -> Row:
    return {field: change(text) if field in NAMES else text for field, text in row.items()}


def twins(table: dict[str, str], share: float) -> Respell:
    def respell(row: Row, draw: random.Random) -> Row:
        return each_name(row, lambda text: "".join(table.get(ch, ch) if draw.random() < share else ch for ch in text))

    return respell


def reversed_day(row: Row, between: str) -> str:
    return between.join(reversed(row["ready"].split("-")))


SPELLINGS: dict[str, Respell] = {
    "as it stands": lambda row, draw: row,
    "decimal comma": lambda row, draw: {**row, "tonnes": row["tonnes"].replace(".", ",")},
    "hard spaces": lambda row, draw: {
        **each_name(row, lambda text: f"\u00a0{text.replace(' ', chr(0xA0))}\u202f"),
        "tonnes": f"{float(row['tonnes']):,}".replace(",", "\u00a0"),
    },
    "kilograms": lambda row, draw: {**row, "tonnes": f"{float(row['tonnes']) * 1000:.0f} кг"},
    "wagons beside": lambda row, draw: {**row, "equipment": f"{row['equipment']}, {draw.randint(2, 19)} шт"},
    "a Latin letter here and there": twins(LATIN, 0.5),
    "a Cyrillic letter here and there": twins(CYRILLIC, 0.5),
    "all look-alikes": twins(CYRILLIC | LATIN, 1.0),
    "days turned round": lambda row, draw: {**row, "ready": reversed_day(row, ".")},
    "quotes": lambda row, draw: each_name(row, lambda text: draw.choice(('"{}"', "«{}»", "'{}", "“{}”")).format(text)),
    "capitals": lambda row, draw: each_name(row, str.upper),
    "words around": lambda row, draw: {
        **row,
        "origin": f"ст. {row['origin']}",
        "destination": f"станция {row['destination']} ",
        "equipment": f"{row['equipment']} собств.",
    },
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_request_in_twelve_spellings_is_one_request(spelling: str) -> None:
    draw = random.Random(f"{SEED} {spelling}")
    same = 0
    for row, meant in requests():
        got = read(SPELLINGS[spelling](row, draw))
        plain = read(row)
        for field in NAMES:
            assert got[field] in (meant[field], plain[field], "?"), (field, row[field], got[field])
            assert plain[field] in (meant[field], "?"), (field, row[field])
            same += got[field] == plain[field]
    # A spelling that turns nearly all into questions would be safe and of no use.
    assert same >= 0.85 * REQUESTS * len(NAMES)


def test_there_are_six_hundred_cases() -> None:
    assert REQUESTS * len(SPELLINGS) == 600


# -- the same request through a whole file, to the cent -------------------------------------------------------

TODAY = dt.date(2026, 11, 23)
LANES = (
    ("Костанай", "Тегеран", "зерновоз"), ("Костанай", "Сарахс эксп.", "зерновоз"), ("Атбасар", "Бендер-Аббас", "зерновоз"),
    ("Тобол", "Хайратон", "крытый вагон"), ("Алматы-1", "Тургунди", "крытый вагон"), ("Павлодар", "Актау-порт", "зерновоз"),
    ("Kostanay", "Amirabad", "hopper"), ("Astana", "Tashkent", "covered wagon"), ("Atbasar", "Tehran", "hopper"),
    ("Shymkent", "Mazar-i-Sharif", "covered wagon"), ("Kokshetau", "Aktau port", "hopper"), ("Petropavl", "Bandar Abbas", "hopper"),
)  # fmt: skip
HEADER = ("№", "Откуда", "Куда", "Груз", "Вес", "Вагонов", "Тип вагона", "Парк", "Дата готовности")
TYPED = ("origin", "destination", "cargo", "tonnes", "units", "wagon", "whose", "ready")
WORDS = ("origin", "destination", "cargo", "wagon", "whose")
MONTHS = {"11": "ноября", "12": "декабря"}


def orders() -> list[Row]:
    """Seeded requests a desk might price; the goods and owner in the language of the lane."""
    draw = random.Random(SEED)
    made = []
    for number in range(REQUESTS):
        origin, destination, wagon = LANES[number % len(LANES)]
        russian = not origin.isascii()
        goods = (
            ("мука", "flour")
            if "кры" in wagon or "cov" in wagon
            else draw.choice((("пшеница", "wheat"), ("ячмень", "barley")))
        )
        units, each = draw.randint(16, 40), Decimal(draw.randint(110, 124)) / 2
        made.append(
            {
                "origin": origin,
                "destination": destination,
                "cargo": goods[not russian],
                "wagon": wagon,
                "whose": draw.choice(("собственный", "инвентарный") if russian else ("SOC", "COC")),
                "units": str(units),
                "each": str(each),
                "tonnes": str((units * each).normalize().quantize(Decimal("0.1"))),
                "ready": f"2026-{draw.choice((11, 12))}-{draw.randint(24, 28)}",
            }
        )
    return made


def words(row: Row, change: Callable[[str], str]) -> Row:
    return row | {name: change(row[name]) for name in WORDS}


def spaced(text: str, point: str) -> str:
    return f"{Decimal(text):,}".replace(",", "\u00a0").replace(".", point)


def twinned(row: Row, draw: random.Random, table: dict[str, str]) -> Row:
    return words(row, lambda text: "".join(table.get(ch, ch) if draw.random() < 0.4 else ch for ch in text))


def dated(row: Row, draw: random.Random) -> Row:
    year, month, day = row["ready"].split("-")
    serial = str(dt.date(int(year), int(month), int(day)).toordinal() - dt.date(1899, 12, 30).toordinal())
    forms = (
        f"{day}.{month}.{year}",
        f"{day}.{month}.26",
        f"{day} {MONTHS[month]} {year} г.",
        f"{row['ready']} 00:00:00",
        serial,
    )
    return row | {"ready": draw.choice(forms)}


TYPINGS: dict[str, Respell] = {
    "as it stands": lambda row, draw: row,
    "decimal comma": lambda row, draw: row | {"tonnes": row["tonnes"].replace(".", ",")},
    "hard spaces": lambda row, draw: words(row, lambda t: f"\u00a0{t}\u202f".replace(" ", "\u00a0")) | {"tonnes": spaced(row["tonnes"], ",")},
    "kilograms": lambda row, draw: row | {"tonnes": f"{Decimal(row['tonnes']) * 1000:.0f} {draw.choice(('кг', 'kg'))}"},
    "its unit beside": lambda row, draw: row | {"tonnes": f"{row['tonnes']} {draw.choice(('т', 'тн.', 'тонн', 't', 'MT'))}"},
    "thousands of tonnes": lambda row, draw: row | {"tonnes": f"{Decimal(row['tonnes']) / 1000} тыс. тн".replace(".", ",", 1)},
    "wagons by their load": lambda row, draw: row
    | {"tonnes": f"{row['units']} {draw.choice(('ваг', 'вагонов', 'wagons'))} х {row['each']} т", "units": ""},
    "Latin letters": lambda row, draw: twinned(row, draw, LATIN),
    "Cyrillic letters": lambda row, draw: twinned(row, draw, CYRILLIC),
    "days in other forms": dated,
    "quotes and capitals": lambda row, draw: words(row, lambda t: draw.choice(("«{}»", '"{}"', "{}", "“{}”")).format(t.upper())),
    "words around": lambda row, draw: row
    | {"origin": f"ст. {row['origin']}", "destination": f"станция {row['destination']}", "wagon": f"{row['wagon']} ", "cargo": f"{row['cargo']} насыпью"},
}  # fmt: skip


def sheet_of(rows: list[Row], first: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADER)
    writer.writerows([str(first + at), *(row[name] for name in TYPED)] for at, row in enumerate(rows))
    return out.getvalue().encode()


def quoted(rows: list[ReadRow], reading: Reading, book: DataBook, out: Path) -> list[str]:
    """Price of every row, or what became of it."""
    asked = tuple(replace(row, line=line) for line, row in enumerate(rows, 2))
    result = batch.run(
        replace(reading, rows=asked),
        out,
        book,
        today=TODAY,
        created_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
        processes=1,
    )
    answers = [result.by_line[row.line] for row in asked]
    return [f"{a['total']} {a['currency']}" if a["status"] == "quoted" else str(a["status"]) for a in answers]


@pytest.mark.parametrize("mixed", [False, True], ids=["a file of each", "all in one file"])
def test_every_spelling_costs_the_same_cent_or_asks(mixed: bool, book: DataBook, tmp_path: Path) -> None:
    draw = random.Random(f"{SEED} {mixed}")
    plain = orders()
    typed = [spell(row, draw) for spell in TYPINGS.values() for row in plain]
    lookup, shut = lookup_of(None, None, TODAY)
    files = [typed] if mixed else [typed[at : at + REQUESTS] for at in range(0, len(typed), REQUESTS)]
    readings = [
        intake.read(read_text(sheet_of(part, at * REQUESTS), "typed.csv"), "shipments", lookup, today=TODAY, shut=shut)[
            0
        ]
        for at, part in enumerate(files)
    ]
    rows = [row for reading in readings for row in reading.rows]
    assert len(rows) == len(TYPINGS) * REQUESTS == 600
    prices = quoted(rows, readings[0], book, tmp_path)
    right = prices[:REQUESTS]
    if not mixed:
        assert all(price[0].isdigit() for price in right), right
    same: Counter[str] = Counter()
    for at, price in enumerate(prices):
        name, wanted = list(TYPINGS)[at // REQUESTS], right[at % REQUESTS]
        asks = price in ("needs_answer", "rejected")
        assert asks or price == wanted or (mixed and not wanted[0].isdigit()), (name, typed[at], price, wanted)
        same[name] += not asks
    # A spelling that turns nearly all into questions would be safe and of no use.
    assert mixed or all(same[name] >= 0.9 * REQUESTS for name in TYPINGS), same
    assert sum(same.values()) >= 0.8 * len(prices), same


# -- one typo in every name ---------------------------------------------------------------------------------


def typos(name: str) -> list[str]:
    """Two letters swapped, one dropped, one doubled, one of the other alphabet."""
    found = []
    for at, letter in enumerate(name):
        found += [name[:at] + name[at + 1 :], name[:at] + letter + name[at:]]
        if name[at + 1 : at + 2] not in ("", letter):
            found.append(name[:at] + name[at + 1] + letter + name[at + 2 :])
        if twin := CYRILLIC.get(letter) or LATIN.get(letter):
            found.append(name[:at] + twin + name[at + 1 :])
    return [text for text in dict.fromkeys(found) if text.strip()]


def drawn(names: dict[str, set[str]]) -> Iterator[tuple[str, str, set[str]]]:
    draw = random.Random(SEED)
    for name, owners in sorted(names.items()):
        every = typos(name)
        for typed in every if EVERY_TYPO else [draw.choice(every)] if every else []:
            yield name, typed, owners


def place_names() -> dict[str, set[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for place in NETWORK.places.values():
        for name in (place.name_en, place.name_ru, *place.other_names):
            names[name].update(NETWORK.members[place.id])
    for alias in ALIASES:
        names[alias.alias].update(NETWORK.members[alias.place_id])
    return names


def test_a_typo_in_a_place_never_leads_to_another() -> None:
    asked = taken = 0
    for name, typed, owners in drawn(place_names()):
        try:
            found = INDEX.find(typed)
        except (AmbiguousPlace, UnknownPlace):
            asked += 1
            continue
        taken += 1
        if found.id not in owners:
            # "Sarakhs checkpoint" less a letter is "Sarahs checkpoint", the other side's own name: no typo any more.
            assert found.how in ("exact", "alias"), (name, typed, found)
            assert key(fold(typed)) == key(fold(found.matched)), (name, typed, found)
    assert taken > 3 * asked


def test_a_typo_in_goods_never_leads_to_others() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for cargo in CARGOES.values():
        for name in (cargo.name_en, cargo.name_ru, *cargo.aliases):
            names[name].add(cargo.id)
    no_typo_elsewhere(names, lambda text: find_cargo(text, CARGOES))


def test_a_typo_in_equipment_never_leads_to_other_equipment() -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS.values():
        for name in (kind.name_en, kind.name_ru, *kind.aliases):
            names[name].add(kind.id)
    no_typo_elsewhere(names, lambda text: find_equipment(text, KINDS))


def no_typo_elsewhere(names: dict[str, set[str]], find: Callable[[str], Found]) -> None:
    written = {key(fold(name)) for name in names}
    for name, typed, owners in drawn(names):
        try:
            found = find(typed)
        except RequestError:
            continue
        assert found.id in owners or key(fold(typed)) in written, (name, typed, found)


# -- work done once -----------------------------------------------------------------------------------------


def test_five_thousand_misspelt_places_are_understood_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(SEED)
    names = [name for name in place_names() if len(name) > 4]
    texts: dict[str, None] = {}
    while len(texts) < 5000:
        texts[draw.choice(typos(draw.choice(names)))] = None
    index = PlaceIndex(NETWORK, ALIASES)

    understood: list[str] = []
    understand = index._understand
    monkeypatch.setattr(index, "_understand", lambda text, code: understood.append(text) or understand(text, code))
    with ends():  # about 2 s
        for text in [*texts, *texts]:
            with contextlib.suppress(RequestError):
                index.find(text)
    assert understood == list(texts)
