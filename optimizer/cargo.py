"""Cargoes and equipment: reading the tables, and understanding what a forwarder types.

A cargo is known by its id, its English or Russian name, an alias, or an HS, GNG or ETSNG code. What fits one cargo
is taken; what fits several is a question, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import ProblemList, RequestError
from optimizer.provenance import STATUSES
from optimizer.shipment import Cargo, Equipment

GROUPS = frozenset(
    (
        "grain",
        "milled",
        "oilseeds",
        "pulses",
        "oils",
        "sugar",
        "dairy",
        "meat",
        "perishable",
        "vegetables",
        "fruit",
        "food",
        "general",
        "bulk",
        "bagged",
    )
)

# Which column of cargoes.csv says how much one unit takes. A ship's load is a fact of the port, not of the cargo.
PAYLOAD_COLUMN = {
    "hopper-wagon": "payload_t_wagon",
    "covered-wagon": "payload_t_wagon",
    "tank-wagon": "payload_t_wagon",
    "reefer-wagon": "payload_t_wagon",
    "flat-wagon": "payload_t_40ft",
    "container-20": "payload_t_20ft",
    "container-40": "payload_t_40ft",
    "reefer-container-20": "payload_t_20ft",
    "reefer-container-40": "payload_t_40ft",
    "tank-container-20": "payload_t_20ft",
    "truck": "payload_t_truck",
    "reefer-truck": "payload_t_truck",
}
# One dry-cargo ship of 6,500 t at the present depth (restriction KZ-AKTAU-DRAUGHT).
SHIP_LOAD_T = Decimal(5500)

# Words beside the goods' name that say how they are packed or carried; a desk writes them into the same cell.
_PACKING = re.compile(
    r"\b(в мешках|в таре|насыпью|навалом|in bags|in bulk|bagged|bulk|"
    r"(20|40|45)\s*(hc|hq|dc|dv|gp|st|rf|нс|ft|фут\w*)?|soc|coc|\d+\s*(кг|kg))\b"
)
_LATIN_TWINS = str.maketrans("abcekmhoptxy", "авсекмнортху")
_CYRILLIC_TWINS = str.maketrans("авсекмнортху", "abcekmhoptxy")
_CODE = re.compile(r"[\d\s.]+", re.ASCII)


def read_cargoes(root: Traversable | Path | None = None) -> dict[str, Cargo]:
    """All cargoes by id, in the order of the table.

    `payload_t` of each holds every kind of equipment; whether it suits the goods is `carries`.

    Args:
        root: a folder that holds `cargoes.csv`; None is the package `seeds`.
    Raises:
        DataError: every fault of the table at once.

    >>> read_cargoes()["wheat"].payload_t["hopper-wagon"]
    Decimal('68')
    """
    name = "seeds/cargoes.csv"
    listed = _rows("cargoes.csv", root, name)
    columns = ("id", "name_en", "name_ru", "groups", "equipment", "price_usd_per_t", "source_id", "status")
    tables.require_columns(listed, (*columns, *sorted(set(PAYLOAD_COLUMN.values()))), name)
    problems = ProblemList()
    cargoes: dict[str, Cargo] = {}
    for line, cells in listed:
        groups, equipment = frozenset(_list(cells["groups"])), _list(cells["equipment"])
        loads = {column: _number(cells[column]) for column in set(PAYLOAD_COLUMN.values())}
        price = _number(cells["price_usd_per_t"]) if cells["price_usd_per_t"] else None
        faults = []
        if not cells["id"] or cells["id"] in cargoes:
            faults.append("the id is empty or stands twice")
        if not groups <= GROUPS:
            faults.append(f"unknown group {', '.join(sorted(groups - GROUPS))}")
        if not equipment or not set(equipment) <= {*PAYLOAD_COLUMN, "bulk-vessel"}:
            faults.append(f"equipment {cells['equipment']!r} is empty or unknown")
        if any(load is None for load in loads.values()) or (cells["price_usd_per_t"] and price is None):
            faults.append("a payload or price is not a number above 0")
        if cells["status"] not in STATUSES or not cells["source_id"]:
            faults.append("status or source is missing")
        if faults:
            problems.add("bad_cargo", f"cargo {cells['id']}: {'; '.join(faults)}; mend the row", file=name, line=line)
            continue
        payload = {kind: loads[column] or SHIP_LOAD_T for kind, column in PAYLOAD_COLUMN.items()}
        payload["bulk-vessel"] = SHIP_LOAD_T
        cargoes[cells["id"]] = Cargo(
            id=cells["id"],
            name_en=cells["name_en"],
            name_ru=cells["name_ru"],
            hs_code=cells["hs_code"],
            gng_code=cells["gng_code"],
            etsng_code=cells["etsng_code"],
            groups=groups,
            equipment=equipment,
            payload_t=payload,
            price_usd_per_t=price,
            price_year=cells["price_year"],
            source_id=cells["source_id"],
            status=cells["status"],
            aliases=_list(cells["aliases"]),
        )
    problems.raise_if_any()
    return cargoes


def read_equipment(root: Traversable | Path | None = None) -> dict[str, Equipment]:
    """All equipment by id, in the order of the table.

    Raises:
        DataError: every fault of the table at once.

    >>> read_equipment()["container-40"].feet
    40
    """
    name = "seeds/equipment.csv"
    listed = _rows("equipment.csv", root, name)
    tables.require_columns(
        listed, ("id", "name_en", "name_ru", "family", "feet", "tare_t", "temperature_controlled", "tank"), name
    )
    problems = ProblemList()
    kinds: dict[str, Equipment] = {}
    for line, cells in listed:
        tare = Decimal(0) if cells["tare_t"] == "0" else _number(cells["tare_t"])
        if (
            not cells["id"]
            or cells["id"] in kinds
            or tare is None
            or cells["family"] not in ("wagon", "container", "truck", "vessel")
            or cells["feet"] not in ("0", "20", "40")
        ):
            problems.add(
                "bad_equipment",
                f"equipment {cells['id']!r} needs an id of its own, a family (wagon, container, truck, vessel), feet "
                "0, 20 or 40, and a tare in tonnes; mend the row",
                file=name,
                line=line,
            )
            continue
        kinds[cells["id"]] = Equipment(
            id=cells["id"],
            name_en=cells["name_en"],
            name_ru=cells["name_ru"],
            family=cells["family"],
            feet=int(cells["feet"]),
            tare_t=tare,
            temperature_controlled=cells["temperature_controlled"] == "yes",
            tank=cells["tank"] == "yes",
            aliases=_list(cells["aliases"]),
        )
    problems.raise_if_any()
    return kinds


def carries(cargo: Cargo, equipment: Equipment) -> bool:
    """Whether the goods can ride in it at all: liquids in tanks, loose goods in hoppers and holds, the rest in boxes.

    >>> cargoes, kinds = read_cargoes(), read_equipment()
    >>> carries(cargoes["flour"], kinds["hopper-wagon"]), carries(cargoes["flour"], kinds["container-40"])
    (False, True)
    """
    if equipment.id in cargo.equipment:
        return True
    if equipment.tank:
        return False
    if equipment.id in ("hopper-wagon", "bulk-vessel"):
        return "bulk" in cargo.groups
    if all(kind.startswith("tank") for kind in cargo.equipment):
        return False
    return "perishable" not in cargo.groups or equipment.temperature_controlled


def resolve_cargo(text: str, cargoes: Mapping[str, Cargo]) -> Cargo:
    """The cargo a forwarder means.

    An id wins over names, names and aliases over codes. Codes: HS with or without its dot (4 digits or more), GNG
    (8 digits), ETSNG (6 digits); a leading zero that a spreadsheet dropped is put back. Several codes parted by `/`
    narrow each other. Words of packing ("в мешках", "40HC", "SOC") are passed over when nothing else fits.

    Raises:
        RequestError: `ambiguous_cargo` with the candidates, or `unknown_cargo` with the three closest.

    >>> cargoes = read_cargoes()
    >>> resolve_cargo("Мука в мешках 50кг", cargoes).id, resolve_cargo("11005", cargoes).id
    ('flour', 'wheat')
    """
    found = _cargo_ids(text, cargoes)
    if len(found) == 1:
        return cargoes[found[0]]
    if found:
        names = ", ".join(f"{i} ({cargoes[i].name_en})" for i in found)
        raise RequestError(
            f"Cargo {text.strip()!r} may be {names}.",
            code="ambiguous_cargo",
            field="cargo",
            hint="Write one of these ids.",
            details={"candidates": [{"id": i, "name_en": cargoes[i].name_en} for i in found]},
        )
    words = {_plain(w): c.id for c in cargoes.values() for w in (*c.aliases, c.name_ru, c.name_en, c.id)}
    raise _unknown("cargo", text, words, "general")


def resolve_equipment(text: str, equipment: Mapping[str, Equipment]) -> Equipment:
    """The wagon, box, truck or ship a forwarder means: id, name or alias.

    Raises:
        RequestError: `ambiguous_equipment` or `unknown_equipment`.

    >>> resolve_equipment("40НС", read_equipment()).id   # НС in Cyrillic letters
    'container-40'
    """
    wanted = text.strip().casefold().replace("_", "-")
    if wanted in equipment:
        return equipment[wanted]
    words: dict[str, list[str]] = {}
    for kind in equipment.values():
        for word in {_plain(w) for w in (kind.id, kind.name_en, kind.name_ru, *kind.aliases)}:
            words.setdefault(word, []).append(kind.id)
    plain = _plain(text)
    found = words.get(plain) or words.get(plain.removesuffix(" soc").removesuffix(" coc")) or []
    if len(found) == 1:
        return equipment[found[0]]
    if found:
        raise RequestError(
            f"Equipment {text.strip()!r} may be {', '.join(found)}.",
            code="ambiguous_equipment",
            field="equipment",
            hint="Write one of these ids.",
            details={"candidates": [{"id": i, "name_en": equipment[i].name_en} for i in found]},
        )
    raise _unknown("equipment", text, {w: ids[0] for w, ids in words.items()}, "")


def _cargo_ids(text: str, cargoes: Mapping[str, Cargo]) -> list[str]:
    wanted = text.strip().casefold().replace("_", "-")
    if wanted in cargoes:
        return [wanted]
    plain = _plain(text)
    if not plain:
        return []
    if plain.replace(" ", "-") in cargoes:
        return [plain.replace(" ", "-")]
    parts = [p.strip() for p in text.split("/") if p.strip()]
    if parts and all(_CODE.fullmatch(p) for p in parts):
        # We know few ETSNG codes, so a code that says nothing to us leaves the word to the other one.
        known = [ids for p in parts if (ids := _by_code(p, cargoes))]
        return [i for i in known[0] if all(i in ids for ids in known)] if known else []
    by_name = _by_name(plain, cargoes)
    if by_name:
        return by_name
    bare = " ".join(_PACKING.sub(" ", plain).split())
    return _by_name(bare, cargoes) if bare and bare != plain else []


def _by_name(plain: str, cargoes: Mapping[str, Cargo]) -> list[str]:
    return [c.id for c in cargoes.values() if any(plain == _plain(w) for w in (c.name_en, c.name_ru, *c.aliases))]


def _by_code(text: str, cargoes: Mapping[str, Cargo]) -> list[str]:
    """Cargoes whose ETSNG, HS or GNG code is meant by these digits."""
    digits = re.sub(r"\D", "", text)
    # Codes have an even number of digits; an odd number has lost its leading zero.
    forms = {digits, "0" + digits} if len(digits) % 2 else {digits}
    found = []
    for cargo in cargoes.values():
        heading = _heading(cargo.hs_code)
        for code in forms:
            if cargo.etsng_code and code == cargo.etsng_code:
                found.append(cargo.id)
                break
            fits = heading and (heading.startswith(code) or code.startswith(heading))
            # A GNG code of ours settles eight digits; HS only says that the heading is the same.
            if fits and len(code) == 8 and cargo.gng_code:
                fits = _heading(cargo.gng_code).startswith(_heading(code)) or code.startswith(_heading(cargo.gng_code))
            if fits and (len(code) >= 4 or code == heading):
                found.append(cargo.id)
                break
    return found


def _heading(code: str) -> str:
    """The digits of a code that say something: 1101.00 is heading 1101.

    >>> _heading("1101.00"), _heading("10019900"), _heading("84")
    ('1101', '100199', '84')
    """
    digits = code.replace(".", "")
    while len(digits) > 4 and digits.endswith("00"):
        digits = digits[:-2]
    return digits


def _plain(text: str) -> str:
    """Lower case, ё as е, no punctuation, twin letters of the other script put right word by word.

    >>> _plain("Сахар-песок, белый"), _plain("40НС")
    ('сахар песок белый', '40hc')
    """
    words = re.sub(r"[\W_]+", " ", text.casefold().replace("ё", "е")).split()
    return " ".join(_one_script(word) for word in words)


def _one_script(word: str) -> str:
    cyrillic = sum("а" <= letter <= "я" for letter in word)
    latin = sum("a" <= letter <= "z" for letter in word)
    if not cyrillic or (not latin and not word[0].isdigit()):
        return word
    # A box code (40НС) is Latin by nature, a word belongs to the script of most of its letters.
    if not latin:
        return word.translate(_CYRILLIC_TWINS) if re.fullmatch(r"(20|40|45)[а-я]{2}", word) else word
    return word.translate(_LATIN_TWINS if cyrillic >= latin else _CYRILLIC_TWINS)


def _unknown(field: str, text: str, words: Mapping[str, str], fallback: str) -> RequestError:
    import difflib

    close: list[str] = []
    for word in difflib.get_close_matches(_plain(text), words, n=12, cutoff=0.0) if text.strip() else ():
        if words[word] not in close:
            close.append(words[word])
    hint = f"Closest are {', '.join(close[:3])}." if close else ""
    if fallback:
        hint = f"{hint} Other goods are {fallback!r}.".strip()
    if not hint:
        hint = f"Known are {', '.join(dict.fromkeys(words.values()))}."
    return RequestError(
        f"No {field} is called {text.strip()!r}.",
        code=f"unknown_{field}",
        field=field,
        hint=hint,
        details={"candidates": [{"id": i} for i in close[:3]]},
    )


def _rows(file: str, root: Traversable | Path | None, name: str) -> list[tuple[int, dict[str, str]]]:
    where = tables.data_file("seeds", file) if root is None else root.joinpath(file)
    return list(tables.rows_of(tables.decode(tables.read_bytes(where), name), name))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(_clean(cell.split(";")))


def _clean(parts: Iterable[str]) -> list[str]:
    return [p.strip() for p in parts if p.strip()]


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 else None
