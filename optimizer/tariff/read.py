"""Tariff books from folders of CSV tables; every fault at once, with file and line.

A book folder holds `book.toml` (header), `rates.csv`, and where needed `coefficients.csv`, `through.csv`,
`surcharges.csv`, `subsidies.csv`, `spot.csv`, `classes.csv`, `groups.csv` and `belts/<table>.csv`. Column
names are the words of `columns`; an empty cell sets no condition.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.errors import DataError, ProblemList
from optimizer.money import CURRENCIES, DEFAULT_KIND
from optimizer.provenance import STATUSES, RowRef
from optimizer.tariff.bases import BASES
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.columns import (
    BELT_COLUMNS,
    BELT_NEEDED,
    CARRIERS,
    CHARGES,
    COLUMNS,
    FORMS,
    HEADER_KEYS,
    MARKERS,
    NEEDED,
    PRICES,
    SURCHARGES,
    USED,
)
from optimizer.tariff.conditions import CONDITIONS, Predicate, compile_conditions, words
from optimizer.tariff.rule import (
    OWN_BOOK_RANK,
    Belt,
    BookInfo,
    Coefficient,
    Extra,
    Rounding,
    Rule,
    SpotPrice,
    ThroughRate,
)
from optimizer.tariff.stacking import POLICIES
from optimizer.validity import Validity, parse_from, parse_to

ZERO = Decimal(0)
ONE = Decimal(1)
Folder = Traversable | Path
MOST_MONTHS = 600
MOST = Decimal(10) ** 10  # beyond it a rate is a slip of the pen, and sums of cents would leave 64 bits
ROUND_WORDS = {"": None, "whole": "unit:1"}
FX_KINDS = ("", "market", "official", "parallel", "interbank")
STANDARD_M = Decimal("16.5")


def read_books(folders: Iterable[Folder] | None = None, over: Iterable[Folder] = ()) -> TariffBooks:
    """All books of `seeds/tariffs`, or of the given folders, with the user's own books over them.

    Args:
        over: the user's books, the first one weakest; where a row of theirs fits, it wins.

    Raises:
        DataError: any table has a fault; carries all of them.
    """
    reader = BookReader()
    for folder in default_folders() if folders is None else folders:
        reader.read(folder)
    for step, folder in enumerate(over, start=1):
        reader.layer = step
        reader.read(folder)
    return reader.books()


def default_folders() -> list[Traversable]:
    """The books that ship with Keruen, by name."""
    root = tables.data_file("seeds", "tariffs")
    return sorted((f for f in root.iterdir() if f.joinpath("book.toml").is_file()), key=lambda f: f.name)


class BookReader:
    """Collects rows and problems over all books; `books()` joins them or raises every problem."""

    def __init__(self) -> None:
        self.problems = ProblemList()
        self.rules: list[Rule] = []
        self.coefficients: list[Coefficient] = []
        self.extras: list[Extra] = []
        self.belts: dict[str, tuple[Belt, ...]] = {}
        self.through: list[ThroughRate] = []
        self.classes: dict[str, dict[str, str]] = {}
        self.spots: dict[str, list[SpotPrice]] = defaultdict(list)
        self.infos: dict[str, BookInfo] = {}
        self.groups: dict[str, frozenset[str]] = {}
        self.bytes: list[bytes] = []
        self.layer = 0
        self.named_ends: set[str] = set()
        self._ids: dict[str, RowRef] = {}
        self._replacing: list[tuple[RowRef, frozenset[str]]] = []
        self._on_rules: list[tuple[RowRef, frozenset[str]]] = []

    def books(self) -> TariffBooks:
        """All books read so far.

        Raises:
            DataError: carries every problem found.
        """
        for ref, names in self._replacing:
            for name in sorted(names - self._ids.keys()):
                self.problems.add(
                    "unknown_replaced",
                    f"replaces names {name}, which is no row of any book in use; write the id of the older row",
                    file=ref.table,
                    line=ref.line,
                    column="replaces",
                    value=name,
                )
        for ref, names in self._on_rules:
            for name in sorted(names - self._ids.keys()):
                self.problems.add(
                    "unknown_rule",
                    f"rules names {name}, which is no row of any book in use; write the rule_id of a rate",
                    file=ref.table,
                    line=ref.line,
                    column="rules",
                    value=name,
                )
        self.problems.raise_if_any()
        return TariffBooks(
            infos=self.infos,
            rules=tuple(self.rules),
            coefficients=tuple(self.coefficients),
            belts=self.belts,
            through=tuple(self.through),
            extras=tuple(self.extras),
            classes=self.classes,
            spots={name: tuple(prices) for name, prices in self.spots.items()},
            version=tables.digest(self.bytes),
            named_ends=frozenset(self.named_ends),
        )

    # ---- a folder -----------------------------------------------------------------------------------

    def read(self, folder: Folder) -> None:
        if not folder.joinpath("book.toml").is_file():
            self.problems.add(
                "not_a_book", "the folder holds no book.toml; name the folder of a tariff book", file=str(folder)
            )
            return
        header = self._header(folder)
        if header is None:
            return
        self.groups = self._groups(folder)
        belt_folder = folder.joinpath("belts")
        if belt_folder.is_dir():
            for file in sorted(belt_folder.iterdir(), key=lambda f: f.name):
                if file.name.endswith(".csv"):
                    self._belts(header, folder, file.name)
        self._classes(header, folder)
        self._spots(header, folder)
        for line, row in self._rows(folder, "rates.csv", required=True):
            rule = self._rule(header, f"{folder.name}/rates.csv", line, row)
            if rule is not None:
                self.rules.append(rule)
        for line, row in self._rows(folder, "coefficients.csv"):
            coef = self._coefficient(header, f"{folder.name}/coefficients.csv", line, row)
            if coef is not None:
                self.coefficients.append(coef)
        for name in ("surcharges.csv", "subsidies.csv"):
            for line, row in self._rows(folder, name):
                self._extra(header, folder, name, line, row)
        for line, row in self._rows(folder, "through.csv"):
            self._through(header, f"{folder.name}/through.csv", line, row)

    def _rows(self, folder: Folder, name: str, required: bool = False) -> list[tuple[int, dict[str, str]]]:
        """The rows of a table, or none where its columns are at fault."""
        file = folder.joinpath(*name.split("/"))
        if not required and not file.is_file():
            return []
        title = f"{folder.name}/{name}"
        try:
            raw = tables.read_bytes(file)
            self.bytes.append(title.encode())
            self.bytes.append(raw)
            text = tables.decode(raw, title)
            rows = list(tables.rows_of(text, title))
        except DataError as fault:
            self.problems.problems.extend(fault.problems)
            return []
        belts = name.startswith("belts/")
        columns = [c.strip() for c in text.split("\n", 1)[0].strip("\r").split(",")] if not rows else list(rows[0][1])
        missing = [c for c in (BELT_NEEDED if belts else NEEDED[name]) if c not in columns]
        for column in missing:
            self.problems.add(
                "missing_column",
                f"the table has no column {column}; add it to the first line",
                file=title,
                line=1,
                column=column,
            )
        for column in columns if not missing else []:  # a misnamed column is one fault, not two
            known = column in BELT_COLUMNS or column.startswith("rate_") if belts else column in COLUMNS[name]
            if not known:
                self.problems.add(
                    "unknown_column",
                    f"column {column} is not one a rule may have; rename or delete it",
                    file=title,
                    line=1,
                    column=column,
                )
        return [] if missing else rows

    def _header(self, folder: Folder) -> BookInfo | None:
        title = f"{folder.name}/book.toml"

        def fault(code: str, text: str, value: object = "") -> None:
            self.problems.add(code, text, file=title, value=str(value))

        try:
            raw = tables.read_bytes(folder.joinpath("book.toml"))
            self.bytes.append(raw)
            head = tomllib.loads(tables.decode(raw, title))
        except tomllib.TOMLDecodeError as broken:
            fault("broken_toml", f"the header cannot be read: {broken}")
            return None
        except DataError as broken:
            self.problems.problems.extend(broken.problems)
            return None
        for key in head:
            if key not in HEADER_KEYS:
                fault("unknown_header_key", f"{key} is no key of a header; use {', '.join(sorted(HEADER_KEYS))}", key)
        book_id = str(head.get("id", folder.name))
        if book_id in self.infos:
            fault("duplicate_book", f"{book_id} is also the id of another book in use; give this one an id of its own")
        currency = str(head.get("currency", ""))
        if currency and currency not in CURRENCIES:
            fault("unknown_currency", f"currency must be one of {', '.join(sorted(CURRENCIES))}", currency)
        stacking = str(head.get("stacking", "highest-discount"))
        if stacking not in POLICIES:
            fault("unknown_stacking", f"stacking must be one of {', '.join(sorted(POLICIES))}", stacking)
        fx_kind = str(head.get("fx_kind", ""))
        if fx_kind not in FX_KINDS:
            fault("unknown_fx_kind", f"fx_kind must be one of {', '.join(FX_KINDS[1:])}", fx_kind)
        date: dt.date | None = None
        try:
            date = parse_from(str(head.get("date", "")))
        except (ValueError, IndexError):
            fault("bad_date", "date is not YYYY-MM-DD, YYYY-MM or YYYY", head.get("date"))
        rounding = self._header_rounding(head.get("rounding", "cent"), fault)
        info = BookInfo(
            book_id=book_id,
            title=str(head.get("title", folder.name)),
            publisher=str(head.get("publisher", "")),
            currency=currency,
            stacking=stacking if stacking in POLICIES else "highest-discount",
            rounding=rounding,
            fx_kind=fx_kind,
            date=date,
            note=str(head.get("note", "")),
            folder=str(folder),
        )
        self.infos[info.book_id] = info
        return info

    @staticmethod
    def _header_rounding(given: object, fault: Any) -> Rounding:
        """`rounding = "cent"`, or a table with per, step, coefficient, rate_step."""
        if given == "cent":
            return Rounding()
        if not isinstance(given, dict) or not set(given) <= {"per", "step", "coefficient", "rate_step"}:
            fault(
                "bad_rounding", "rounding is a table of per, step, coefficient and rate_step, or the word cent", given
            )
            return Rounding()
        try:
            return rounding_of(
                str(given.get("per", "line")),
                str(given.get("step", "0.01")),
                str(given.get("coefficient", "after")),
                str(given.get("rate_step", "0.0001")),
            )
        except ValueError as why:
            fault("bad_rounding", str(why), given)
            return Rounding()

    def _groups(self, folder: Folder) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for line, row in self._rows(folder, "groups.csv"):
            members = frozenset(m.strip() for m in row["members"].split(";") if m.strip())
            where: dict[str, Any] = {"file": f"{folder.name}/groups.csv", "line": line}
            if row["group"] in found:
                self.problems.add("duplicate_group", f"group {row['group']} stands twice; join the rows", **where)
            if any(m.startswith("@") for m in members):
                self.problems.add("nested_group", "a group lists words, not other groups; write them out", **where)
            if not row["group"] or not members:
                self.problems.add("empty_group", "a group needs a name and at least one member", **where)
            found[row["group"]] = members
        return found

    def _classes(self, info: BookInfo, folder: Folder) -> None:
        found: dict[str, str] = {}
        for line, row in self._rows(folder, "classes.csv"):
            where: dict[str, Any] = {"file": f"{folder.name}/classes.csv", "line": line}
            for code in (c.strip() for c in row["gng"].split(";")):
                if not code.isdigit() or not row["class"]:
                    self.problems.add(
                        "bad_class", "a class row needs goods codes of digits and a class", value=code, **where
                    )
                elif found.get(code, row["class"]) != row["class"]:
                    self.problems.add("two_classes", f"code {code} stands in two classes; keep one", **where)
                found[code] = row["class"]
        self.classes[info.book_id] = found

    def _spots(self, info: BookInfo, folder: Folder) -> None:
        seen: dict[tuple[str, dt.date], int] = {}
        for line, row in self._rows(folder, "spot.csv"):
            where: dict[str, Any] = {"file": f"{folder.name}/spot.csv", "line": line}
            try:
                day = parse_from(row["day"])
            except (ValueError, IndexError):
                day = None
            if day is None:
                self.problems.add("bad_date", "day is not YYYY-MM-DD or YYYY-MM", column="day", **where)
                continue
            if not row["source_id"]:
                self.problems.add("missing_source", "source_id is empty; say where the number was read", **where)
            if row["currency"] not in CURRENCIES:
                self._unknown("currency", row["currency"], CURRENCIES, **where)
            before = len(self.problems.problems)
            price = self._number(row["price"], "price", **where)
            if len(self.problems.problems) > before:
                continue
            if price == 0 or not row["series"]:
                text = "a market price needs a series and is above 0; delete the row or mend it"
                self.problems.add("bad_price", text, column="price", value=row["price"], **where)
                continue
            if (row["series"], day) in seen:
                self.problems.add(
                    "duplicate_price",
                    f"{row['series']} has another price of {day} in line {seen[row['series'], day]}; keep one",
                    **where,
                )
            seen[row["series"], day] = line
            key = f"{info.book_id}:{row['series']}"
            if self.spots[key] and self.spots[key][0].currency != row["currency"]:
                self.problems.add("mixed_currency", f"series {row['series']} is in two currencies; split it", **where)
            self.spots[key].append(SpotPrice(row["series"], day, price, row["currency"], row["source_id"]))

    def _belts(self, info: BookInfo, folder: Folder, name: str) -> None:
        table = f"belts/{name}"
        by_key: dict[tuple[str, str, str, Decimal | None], list[tuple[Belt, int]]] = defaultdict(list)
        for line, row in self._rows(folder, table):
            where: dict[str, Any] = {"file": f"{folder.name}/{table}", "line": line}
            rates = {c: self._number(v, c, **where) for c, v in row.items() if c.startswith("rate_") and v}
            before = len(self.problems.problems)
            ends = [self._whole(row[c], c, **where) for c in BELT_NEEDED]
            to_t = self._number(row["to_t"], "to_t", **where) if row.get("to_t") else None
            if ends[1] < ends[0] and len(self.problems.problems) == before:
                self.problems.add("belt_turned", f"the belt ends at {ends[1]} km before it begins", **where)
            belt = Belt(
                ends[0], ends[1], rates, row.get("class", ""), row.get("equipment", ""), row.get("owner", ""), to_t
            )
            by_key[belt.cargo_class, belt.equipment, belt.owner, to_t].append((belt, line))
        belts: list[Belt] = []
        for rows in by_key.values():
            rows.sort(key=lambda pair: (pair[0].from_km, pair[1]))
            for (left, _), (right, line) in zip(rows, rows[1:], strict=False):
                if right.from_km != left.to_km + 1:
                    self.problems.add(
                        "belt_gap",
                        f"belts {left.from_km}-{left.to_km} and {right.from_km}-{right.to_km} km leave a gap or overlap; "
                        f"let the second begin at {left.to_km + 1}",
                        file=f"{folder.name}/{table}",
                        line=line,
                    )
            belts += [belt for belt, _ in rows]
        self.belts[f"{info.book_id}:{name.removesuffix('.csv')}"] = tuple(belts)

    # ---- cells --------------------------------------------------------------------------------------

    def _whole(self, cell: str, column: str, default: Decimal | None = None, most: int = 0, **where: Any) -> int:
        value = self._number(cell, column, default, **where)
        if value != int(value) or (most and value > most):
            up_to = f" up to {most}" if most else ""
            text = f"{column} is not a whole number{up_to}; write one"
            self.problems.add("bad_number", text, column=column, value=cell, **where)
        return int(value)

    def _number(self, cell: str, column: str, default: Decimal | None = None, **where: Any) -> Decimal:
        if not cell:
            if default is not None:
                return default
            self.problems.add(
                f"empty_{column}",
                f"{column} is empty; an empty rate is not a free haul: write 0 if the document prints 0, or delete the row",
                column=column,
                **where,
            )
            return ZERO
        try:
            value = Decimal(cell)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.problems.add(
                "bad_number", f"{column} is not a number; write it with a point", column=column, value=cell, **where
            )
            return ZERO
        if value < 0:
            self.problems.add(
                "negative_number", f"{column} is below zero; a rate is not a gift", column=column, value=cell, **where
            )
            return ZERO
        if value > MOST:
            self.problems.add(
                "number_too_large",
                f"{column} is above ten billion; check its zeros",
                column=column,
                value=cell,
                **where,
            )
            return ZERO
        return value

    def _belt_column(self, info: BookInfo, table: str, **where: Any) -> None:
        """A fault where a rule names a belt table, or a column of it, that is not whole."""
        name, _, column = table.partition("/")
        belts = self.belts.get(f"{info.book_id}:{name}")
        if belts is None:
            self.problems.add(
                "unknown_belt_table",
                f"there is no table belts/{name}.csv; name one as table/column",
                column="belt_table",
                value=table,
                **where,
            )
        elif any(column not in belt.rates for belt in belts):
            self.problems.add(
                "unknown_belt_column",
                f"not every belt of table {name} has a number in column {column or '(none named)'}",
                column="belt_table",
                value=table,
                **where,
            )

    def _unknown(self, column: str, value: str, known: Iterable[str], **where: Any) -> None:
        names = ", ".join(sorted(filter(None, known)))
        self.problems.add(f"unknown_{column}", f"{column} must be one of {names}", column=column, value=value, **where)

    def _dates(self, row: Mapping[str, str], **where: object) -> tuple[Validity, dt.date | None]:
        days: dict[str, dt.date | None] = {}
        for column, parse in (("valid_from", parse_from), ("valid_to", parse_to), ("known_from", parse_from)):
            try:
                days[column] = parse(row.get(column, ""))
            except (ValueError, IndexError):
                self.problems.add(
                    "bad_date",
                    f"{column} is not a date YYYY-MM-DD, YYYY-MM or YYYY",
                    column=column,
                    value=row.get(column, ""),
                    **where,
                )
                return Validity(), None
        valid, known = Validity(days["valid_from"], days["valid_to"]), days["known_from"]
        if valid.start and valid.end and valid.end < valid.start:
            self.problems.add("ends_before_it_begins", "valid_to is before valid_from", column="valid_to", **where)
        return valid, known

    def _day_steps(self, cell: str, **where: Any) -> tuple[tuple[Decimal | None, Decimal], ...]:
        """`7x55;110`: seven days at 55, all further days at 110."""
        steps: list[tuple[Decimal | None, Decimal]] = []
        for word in (w.strip() for w in cell.split(";") if w.strip()):
            length, times, rate = word.rpartition("x")
            if steps and steps[-1][0] is None:
                self.problems.add(
                    "bad_day_steps",
                    "a step follows the one without days, which is the last",
                    column="day_steps",
                    **where,
                )
                break
            days = self._number(length, "day_steps", **where) if times else None
            if days == 0:
                self.problems.add("bad_day_steps", "a step of no days; delete it", column="day_steps", **where)
            steps.append((days, self._number(rate, "day_steps", **where)))
        if steps and steps[-1][0] is not None:
            self.problems.add(
                "bad_day_steps",
                "the last step has days; write what every further day costs",
                column="day_steps",
                **where,
            )
        return tuple(steps)

    def _round(self, info: BookInfo, cell: str, **where: Any) -> Rounding:
        """The row's own rounding `unit:1:after`, or the book's."""
        if not cell:
            return info.rounding
        per, _, rest = (ROUND_WORDS.get(cell) or cell).partition(":")
        step, _, coefficient = rest.partition(":")
        try:
            return rounding_of(per, step or "0.01", coefficient or "after", str(info.rounding.rate_step))
        except ValueError as why:
            self.problems.add("bad_rounding", str(why), column="round", value=cell, **where)
            return info.rounding

    def _conditions(self, row: Mapping[str, str], where: dict) -> tuple[tuple[str, Predicate], ...] | None:
        try:
            for end in ("origin", "destination"):
                self.named_ends |= words(row.get(end, ""), self.groups)[0]
        except KeyError as fault:
            self._bad_group(fault, "origin", **where)
            return None
        found: list[tuple[str, Predicate]] = []
        for column in CONDITIONS:
            if not row.get(column):
                continue
            try:
                found += compile_conditions({column: row[column]}, self.groups)
            except KeyError as fault:
                self._bad_group(fault, column, **where)
                return None
            except (ValueError, InvalidOperation, TypeError):
                self.problems.add(
                    "bad_condition",
                    f"condition cell cannot be read: {column} = {row[column]!r}; see the book format in docs/tariff-books.md",
                    column=column,
                    value=row[column],
                    **where,
                )
                return None
        return tuple(found)

    def _bad_group(self, fault: KeyError, column: str, **where: Any) -> None:
        self.problems.add(
            "bad_condition",
            f"group {fault} is not in groups.csv of the book; add it or mend the name",
            column=column,
            **where,
        )

    # ---- rows ---------------------------------------------------------------------------------------

    def _common(self, info: BookInfo, row: Mapping[str, str], id_column: str, file: str, line: int) -> dict | None:
        """What every row has, or None where the row is at fault."""
        where: dict[str, Any] = {"file": file, "line": line}
        before = len(self.problems.problems)
        ref = RowRef(file, line)
        own_id = row.get(id_column, "")
        if not own_id:
            self.problems.add(
                "missing_id", f"{id_column} is empty; give the row a name of its own", column=id_column, **where
            )
        elif own_id in self._ids:
            self.problems.add(
                "duplicate_id",
                f"{own_id} is also the name of {self._ids[own_id]}; rename one",
                column=id_column,
                **where,
            )
        else:
            self._ids[own_id] = ref
        carrier = row.get("carrier", "")
        if row.get("charge") != "through" and carrier not in CARRIERS:
            self._unknown("carrier", carrier, CARRIERS, **where)
        for form in filter(None, (w.strip() for w in row.get("form", "").lstrip("!").split(";"))):
            if form not in FORMS:
                self._unknown("form", form, FORMS, **where)
        if row.get("carry", "") not in ("", "yes", "no"):
            self._unknown("carry", row["carry"], ("yes", "no"), **where)
        if not row.get("source_id"):
            self.problems.add(
                "missing_source", "source_id is empty; say where the number was read", column="source_id", **where
            )
        if row.get("status") not in STATUSES:
            self.problems.add(
                "bad_status",
                f"status must be one of {', '.join(STATUSES)}",
                column="status",
                value=row.get("status", ""),
                **where,
            )
        conditions = self._conditions(row, where)
        valid, known = self._dates(row, **where)
        if len(self.problems.problems) > before or conditions is None:
            return None
        return {
            "book": info.book_id,
            "layer": self.layer,
            "carrier": carrier,
            "conditions": conditions,
            "cells": tuple((name, self._spelt(name, row[name])) for name in CONDITIONS if row.get(name)),
            "valid": valid,
            "known_from": known,
            "status": row["status"],
            "source_id": row["source_id"],
            "document": row.get("document", ""),
            "description": row.get("description", ""),
            "row": ref,
        }

    def _spelt(self, column: str, cell: str) -> str:
        """A condition cell with the members of its groups in the place of their names."""
        if "@" not in cell:
            return cell
        if column in ("crossing", "form"):
            return cell
        if column not in ("between", "except_between"):
            return re.sub(r"@([^;]+)", lambda m: ";".join(sorted(self.groups[m.group(1).strip()])), cell)
        pairs = []
        for pair in cell.lstrip("!").split(";"):
            left, right = (sorted(words(end.strip(), self.groups)[0]) for end in pair.split("+"))
            pairs += [f"{a}+{b}" for a in left for b in right]
        return ("!" if cell.startswith("!") else "") + ";".join(pairs)

    def _replaces(self, row: Mapping[str, str], ref: RowRef) -> frozenset[str]:
        names = frozenset(w.strip() for w in row.get("replaces", "").split(";") if w.strip())
        if names & {row.get("rule_id"), row.get("coef_id")}:
            self.problems.add(
                "replaces_itself",
                "the row names itself; name the older one",
                column="replaces",
                file=ref.table,
                line=ref.line,
            )
        if names:
            self._replacing.append((ref, names))
        return names

    def _carry(self, row: Mapping[str, str], default: int | None, **where: Any) -> int | None:
        """Months a lapsed row stands; None without end."""
        if row.get("carry_months"):
            return self._whole(row["carry_months"], "carry_months", ZERO, MOST_MONTHS, **where)
        return {"": default, "yes": None, "no": 0}.get(row.get("carry", ""), default)

    def _rule(
        self,
        info: BookInfo,
        file: str,
        line: int,
        row: Mapping[str, str],
        *,
        charges: frozenset[str] = CHARGES | MARKERS,
        carry: int | None = None,
        replaces: frozenset[str] | None = None,
    ) -> Rule | None:
        where: dict[str, Any] = {"file": file, "line": line}
        common = self._common(info, row, "rule_id", file, line)
        before = len(self.problems.problems)
        charge = row.get("charge", "")
        if charge not in charges:
            self._unknown("charge", charge, charges, **where)
        basis = row.get("basis", "")
        if basis not in BASES:
            self._unknown("basis", basis, BASES, **where)
        currency = row.get("currency") or info.currency
        if currency not in CURRENCIES:
            self._unknown("currency", currency, CURRENCIES, **where)
        fx_kind = row.get("fx_kind") or (info.fx_kind if currency in DEFAULT_KIND else "")
        if fx_kind not in FX_KINDS:
            self._unknown("fx_kind", fx_kind, FX_KINDS, **where)
        if basis in ("belt", "belt_per_t"):
            self._belt_column(info, row.get("belt_table", ""), **where)
        series = f"{info.book_id}:{row.get('series', '')}"
        if basis == "spot_per_t":
            if series not in self.spots:
                self.problems.add(
                    "unknown_series", f"spot.csv has no prices of {row.get('series') or '(none named)'}", **where
                )
            elif self.spots[series][0].currency != currency:
                self.problems.add(
                    "mixed_currency", f"the prices of {row['series']} are in {self.spots[series][0].currency}", **where
                )
        if basis == "percent_of_charge" and "on" not in row:
            self.problems.add(
                "percent_of_what", "percent_of_charge is a surcharge; move the row to surcharges.csv", **where
            )
        numbers = self._numbers(row, basis, where)
        rank = self._whole(row.get("rank", ""), "rank", ZERO, OWN_BOOK_RANK - 1, **where)
        steps = self._day_steps(row.get("day_steps", ""), **where)
        rounding = self._round(info, row.get("round", ""), **where)
        carry_months = self._carry(row, carry, **where)
        if common is None or len(self.problems.problems) > before:
            return None
        return Rule(
            **common,
            charge=charge,
            carry_months=carry_months,
            replaces=self._replaces(row, common["row"]) if replaces is None else replaces,
            rule_id=row["rule_id"],
            rank=rank + self.layer * OWN_BOOK_RANK,
            basis=basis,
            fixed=numbers["fixed"],
            rate=numbers["rate"],
            per_km=numbers["per_km"],
            currency=currency,
            fx_kind=fx_kind,
            min_t=numbers["min_t"],
            step_t=numbers["step_t"],
            base_m=numbers["base_m"],
            free_days=numbers["free_days"],
            day_steps=steps,
            rounding=rounding,
            belt_table=f"{info.book_id}:{row['belt_table']}" if row.get("belt_table") else "",
            series=series if basis == "spot_per_t" else "",
            low=numbers["low"],
            high=numbers["high"],
            based_on=row.get("based_on", ""),
            warning_code=row.get("warning_code", ""),
            warning=row.get("warning", ""),
        )

    def _numbers(self, row: Mapping[str, str], basis: str, where: dict[str, Any]) -> dict[str, Decimal]:
        used = USED.get(basis, frozenset(PRICES))
        # An unnamed table is told as such; a market price needs no number of the row's own.
        has_rate = basis in ("spot_per_t", "belt", "belt_per_t") or any(
            row.get(name) for name in used & set(PRICES) - {"rate"}
        )
        defaults = {
            "rate": ZERO if has_rate else None,
            "fixed": ZERO,
            "per_km": ZERO,
            "min_t": ZERO,
            "step_t": ONE,
            "base_m": STANDARD_M,
            "free_days": ZERO,
            "low": ONE,
            "high": ONE,
        }
        numbers = {name: self._number(row.get(name, ""), name, default, **where) for name, default in defaults.items()}
        for name, what in (("step_t", "the tonnes a step holds"), ("base_m", "the standard length in metres")):
            if numbers[name] == 0:
                self.problems.add("bad_number", f"{name} is 0; write {what}, or leave it empty", column=name, **where)
        if not numbers["low"] <= ONE <= numbers["high"] and row.get("low", "") + row.get("high", ""):
            self.problems.add(
                "band_without_rate",
                "the band does not hold the rate itself; low is at most 1 and high at least 1",
                column="low",
                **where,
            )
        return numbers

    def _coefficient(self, info: BookInfo, file: str, line: int, row: Mapping[str, str]) -> Coefficient | None:
        where: dict[str, Any] = {"file": file, "line": line}
        common = self._common(info, row, "coef_id", file, line)
        before = len(self.problems.problems)
        if row.get("charge") not in CHARGES | SURCHARGES | {"through"}:
            self._unknown("charge", row.get("charge", ""), CHARGES | SURCHARGES | {"through"}, **where)
        value = self._number(row.get("value", ""), "value", None, **where)
        carry_months = self._carry({"carry_months": row.get("carry_months", "")}, 0, **where)
        priority = self._whole(row.get("priority", ""), "priority", ZERO, **where)
        if common is None or len(self.problems.problems) > before:
            return None
        rules = frozenset(w.strip() for w in row.get("rules", "").split(";") if w.strip())
        self._on_rules.append((common["row"], rules))
        return Coefficient(
            **common,
            charge=row["charge"],
            carry_months=carry_months,
            replaces=self._replaces(row, common["row"]),
            coef_id=row["coef_id"],
            rules=rules,
            group=row.get("group", "") or "discount",
            priority=priority,
            value=value,
        )

    def _extra(self, info: BookInfo, folder: Folder, name: str, line: int, row: Mapping[str, str]) -> None:
        file = f"{folder.name}/{name}"
        where: dict[str, Any] = {"file": file, "line": line}
        subsidy = name == "subsidies.csv"
        charges = frozenset({"subsidy"}) if subsidy else SURCHARGES
        before = len(self.problems.problems)
        on = frozenset(w.strip() for w in row.get("on", "").split(";") if w.strip())
        known = CHARGES | MARKERS | {"through"}
        for word in sorted(on - known) or ([] if on else [""]):
            self._unknown("on", word, known, **where)
        caps = {c: self._number(row.get(c, ""), c, ZERO, **where) for c in ("cap_t", "cap_amount")}
        probability = self._number(row.get("probability", ""), "probability", ONE, **where)
        if probability > 1:
            self.problems.add(
                "bad_probability", "probability is above 1; write 0.8 for eight in ten", column="probability", **where
            )
        claim: dt.date | None = None
        try:
            claim = parse_to(row.get("claim_until", ""))
        except (ValueError, IndexError):
            self.problems.add("bad_date", "claim_until is not YYYY-MM-DD, YYYY-MM or YYYY", **where)
        given = {**row, "charge": "subsidy"} if subsidy else row
        # A subsidy that has ended is over; money nobody promised is not carried forward.
        rule = self._rule(info, file, line, given, charges=charges, carry=0 if subsidy else None)
        if rule is None or len(self.problems.problems) > before:
            return
        self.extras.append(
            Extra(
                rule,
                on,
                row.get("group", "") or rule.charge,
                subsidy,
                caps["cap_t"],
                caps["cap_amount"],
                probability,
                claim,
            )
        )

    def _through(self, info: BookInfo, file: str, line: int, row: Mapping[str, str]) -> None:
        chain = tuple(p.strip() for p in row["chain"].split(";") if p.strip())
        where: dict[str, Any] = {"file": file, "line": line}
        before = len(self.problems.problems)
        if len(chain) < 2 or "|" in chain[0] or "|" in chain[-1]:
            self.problems.add(
                "bad_chain",
                "chain is a place, then crossings a|b and places in order, then a place, separated by ;",
                column="chain",
                value=row["chain"],
                **where,
            )
        if row["mode"] not in ("rail", "road"):
            self._unknown("mode", row["mode"], ("rail", "road"), **where)
        replaces = frozenset(w.strip() for w in row["replaces"].split(";") if w.strip())
        for word in sorted(replaces - CHARGES) if replaces else [""]:
            self._unknown("replaces", word, CHARGES, **where)
        # The chain itself is the carrier of a through rate: rates of one chain compete with each other only.
        given = {**row, "charge": "through", "carrier": ";".join(chain)}
        rule = self._rule(info, file, line, given, charges=frozenset({"through"}), replaces=frozenset())
        if rule is not None and len(self.problems.problems) == before:
            self.rules.append(rule)
            self.through.append(ThroughRate(rule, row["mode"], chain, replaces))


def rounding_of(per: str, step: str, coefficient: str, rate_step: str) -> Rounding:
    """Rounding from words.

    Raises:
        ValueError: a word is not known or a step is not above zero.

    >>> rounding_of("unit", "1", "after", "0.0001").step
    Decimal('1')
    """
    if per not in ("line", "unit") or coefficient not in ("before", "after", "both"):
        raise ValueError("rounding is per line or unit, its coefficient before, after or both")
    steps = []
    for text in (step, rate_step):
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = ZERO
        if not value.is_finite() or not ZERO < value <= 1000:
            raise ValueError(f"a rounding step is {text}; write a number above 0, as 0.01 or 1")
        steps.append(value)
    if steps[0] % Decimal("0.01"):
        raise ValueError(f"a rounding step is {step}; money has cents, so write a multiple of 0.01")
    return Rounding(per, steps[0], coefficient, steps[1])
