"""Cargoes and equipment: reading the tables, and what can ride in what.

What a forwarder types is understood by `cargo_names` and `equipment_names`, whose functions are at hand here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.cargo_names import find_cargo, resolve_cargo
from optimizer.equipment_names import find_equipment, resolve_equipment
from optimizer.equipment_words import equipment_words
from optimizer.errors import ProblemList
from optimizer.provenance import STATUSES
from optimizer.shipment import Cargo, Equipment

__all__ = [
    "GROUPS",
    "PAYLOAD_COLUMN",
    "SHIP_LOAD_T",
    "carries",
    "equipment_words",
    "find_cargo",
    "find_equipment",
    "read_cargoes",
    "read_equipment",
    "resolve_cargo",
    "resolve_equipment",
]

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
