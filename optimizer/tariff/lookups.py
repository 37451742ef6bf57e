"""The tables a row of a book looks something up in: groups, classes of goods, market prices, belts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from optimizer.money import CURRENCIES
from optimizer.tariff.cells import RowCells
from optimizer.tariff.columns import BELT_NEEDED
from optimizer.tariff.rule import Belt, SpotPrice
from optimizer.validity import parse_from

BeltKey = tuple[str, str, str, Decimal | None]


def groups_of(rows: Iterable[RowCells]) -> dict[str, frozenset[str]]:
    """The members of each group of `groups.csv`."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        members = row.listed("members")
        if row["group"] in found:
            row.fault("duplicate_group", f"group {row['group']} stands twice; join the rows")
        if any(m.startswith("@") for m in members):
            row.fault("nested_group", "a group lists words, not other groups; write them out")
        if not row["group"] or not members:
            row.fault("empty_group", "a group needs a name and at least one member")
        found[row["group"]] = members
    return found


def classes_of(rows: Iterable[RowCells]) -> dict[str, str]:
    """The class of each goods code of `classes.csv`."""
    found: dict[str, str] = {}
    for row in rows:
        for code in (c.strip() for c in row["gng"].split(";")):
            if not code.isdigit() or not row["class"]:
                row.fault("bad_class", "a class row needs goods codes of digits and a class", value=code)
            elif found.get(code, row["class"]) != row["class"]:
                row.fault("two_classes", f"code {code} stands in two classes; keep one")
            found[code] = row["class"]
    return found


def prices_of(rows: Iterable[RowCells], book_id: str, prices: dict[str, list[SpotPrice]]) -> None:
    """Adds the market prices of `spot.csv`, each to its series `book:series`."""
    seen: dict[tuple[str, dt.date], int] = {}
    for row in rows:
        try:
            day = parse_from(row["day"])
        except (ValueError, IndexError):
            day = None
        if day is None:
            row.fault("bad_date", "day is not YYYY-MM-DD or YYYY-MM", column="day")
            continue
        if not row["source_id"]:
            row.fault("missing_source", "source_id is empty; say where the number was read")
        if row["currency"] not in CURRENCIES:
            row.unknown("currency", row["currency"], CURRENCIES)
        before = row.faults
        price = row.number("price")
        if row.faults > before:
            continue
        if price == 0 or not row["series"]:
            text = "a market price needs a series and is above 0; delete the row or mend it"
            row.fault("bad_price", text, column="price", value=row["price"])
            continue
        if (row["series"], day) in seen:
            line = seen[row["series"], day]
            row.fault("duplicate_price", f"{row['series']} has another price of {day} in line {line}; keep one")
        seen[row["series"], day] = row.line
        series = prices.setdefault(f"{book_id}:{row['series']}", [])
        if series and series[0].currency != row["currency"]:
            row.fault("mixed_currency", f"series {row['series']} is in two currencies; split it")
        series.append(SpotPrice(row["series"], day, price, row["currency"], row["source_id"]))


def belts_of(rows: Iterable[RowCells]) -> tuple[Belt, ...]:
    """The belts of a table `belts/name.csv`; those of one key leave no gap."""
    by_key: dict[BeltKey, list[tuple[Belt, RowCells]]] = defaultdict(list)
    for row in rows:
        rates = {
            column: row.number(column) for column, cell in row.cells.items() if column.startswith("rate_") and cell
        }
        before = row.faults
        from_km, to_km = (row.whole(column) for column in BELT_NEEDED)
        to_t = row.number("to_t") if row.get("to_t") else None
        if to_km < from_km and row.faults == before:
            row.fault("belt_turned", f"the belt ends at {to_km} km before it begins")
        belt = Belt(from_km, to_km, rates, row.get("class"), row.get("equipment"), row.get("owner"), to_t)
        by_key[belt.cargo_class, belt.equipment, belt.owner, to_t].append((belt, row))
    belts: list[Belt] = []
    for of_key in by_key.values():
        of_key.sort(key=lambda pair: (pair[0].from_km, pair[1].line))
        for (left, _), (right, row) in zip(of_key, of_key[1:], strict=False):
            if right.from_km != left.to_km + 1:
                row.fault(
                    "belt_gap",
                    f"belts {left.from_km}-{left.to_km} and {right.from_km}-{right.to_km} km leave a gap or overlap; "
                    f"let the second begin at {left.to_km + 1}",
                )
        belts += [belt for belt, _ in of_key]
    return tuple(belts)
