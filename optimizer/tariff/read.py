"""Tariff books from folders of CSV tables; every fault at once, with file and line.

A book folder holds `book.toml` (header), `rates.csv`, and where needed `coefficients.csv`,
`belts/<table>.csv`, `through.csv`, `groups.csv`. Column names are the words of `conditions` and of
`Rule`; an empty cell sets no condition.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.errors import DataError, Problem, ProblemList
from optimizer.money import CURRENCIES
from optimizer.network.model import RAILWAY_OF
from optimizer.provenance import STATUSES, RowRef
from optimizer.tariff.bases import BASES
from optimizer.tariff.book import Belt, BookInfo, Coefficient, Rule, TariffBooks, ThroughRate
from optimizer.tariff.conditions import CONDITIONS, compile_conditions, words
from optimizer.validity import Validity, parse_from, parse_to

ZERO = Decimal(0)
ONE = Decimal(1)
OTHER_RATE_COLUMNS = {
    "rule_id",
    "charge",
    "carrier",
    "rank",
    "basis",
    "fixed",
    "rate",
    "per_km",
    "currency",
    "fx_kind",
    "min_t",
    "step_t",
    "round",
    "belt_table",
    "valid_from",
    "valid_to",
    "known_from",
    "carry",
    "low",
    "high",
    "status",
    "source_id",
    "based_on",
    "description",
    "warning_code",
    "warning",
    "note",
}
OTHER_COEF_COLUMNS = {
    "coef_id",
    "rules",
    "charge",
    "carrier",
    "group",
    "value",
    "valid_from",
    "valid_to",
    "known_from",
    "carry_months",
    "status",
    "source_id",
    "description",
    "note",
}

Folder = Traversable | Path


CHARGES = frozenset(
    [
        "carriage",
        "truck",
        "sea_freight",
        "empty_return",
        "hire",
        "platform_hire",
        "box_hire",
        "rail_border",
        "rail_border_default",
        "road_border",
        "road_border_default",
        "bridge",
        "documents",
        "reload",
        "bogie_change",
        "lift",
        "transship",
        "port_load",
        "port_discharge",
        "port_box",
        "road_toll",
        "truck_fee",
        "transfer_fee",
        "loading",
        "insurance",
        "insurance_supplement",
        "through",
    ]
)
CARRIERS = frozenset({"", *RAILWAY_OF.values(), *(f"ROAD-{country}" for country in (*RAILWAY_OF, "AZ"))})
FORMS = frozenset({"wagon", "container", "truck", "hold"})
NEEDED = {
    "rates.csv": ("rule_id", "charge", "basis", "status", "source_id"),
    "coefficients.csv": ("coef_id", "charge", "value", "status", "source_id"),
    "through.csv": ("rule_id", "chain", "mode", "replaces", "basis", "status", "source_id"),
    "groups.csv": ("group", "members"),
}
MOST = Decimal(10) ** 10  # beyond it a rate is a slip of the pen, and sums of cents would leave 64 bits
OWN_BOOK_RANK = 1000  # a user's own row beats every default row it fits beside


def read_books(folders: Iterable[Folder] | None = None, over: Iterable[Folder] = ()) -> TariffBooks:
    """All books of `seeds/tariffs`, or of the given folders, with the user's own books over them.

    Args:
        over: the user's books, the first one weakest; where a row of theirs fits, it wins.

    Raises:
        DataError: any table has a fault; carries all of them.
    """
    if folders is None:
        root = tables.data_file("seeds", "tariffs")
        folders = sorted((f for f in root.iterdir() if f.joinpath("book.toml").is_file()), key=lambda f: f.name)
    reader = _Reader()
    for folder in folders:
        reader.read(folder)
    for step, folder in enumerate(over, start=1):
        reader.extra_rank = step * OWN_BOOK_RANK
        if not folder.joinpath("book.toml").is_file():
            raise DataError(
                [
                    Problem(
                        "not_a_book",
                        "the folder holds no book.toml; name the folder of a tariff book",
                        file=str(folder),
                    )
                ]
            )
        reader.read(folder)
    reader.problems.raise_if_any()
    return TariffBooks(
        infos=reader.infos,
        rules=tuple(reader.rules),
        coefficients=tuple(reader.coefficients),
        belts=reader.belts,
        through=tuple(reader.through),
        version=tables.digest(reader.bytes),
        named_ends=frozenset(reader.named_ends),
    )


class _Reader:
    def __init__(self) -> None:
        self.problems = ProblemList()
        self.infos: dict[str, BookInfo] = {}
        self.rules: list[Rule] = []
        self.coefficients: list[Coefficient] = []
        self.belts: dict[str, tuple[Belt, ...]] = {}
        self.through: list[ThroughRate] = []
        self.bytes: list[bytes] = []
        self._ids: dict[str, RowRef] = {}
        self.extra_rank = 0
        self.named_ends: set[str] = set()

    def read(self, folder: Folder) -> None:
        header = self._header(folder)
        groups = self._groups(folder)
        for name in (
            sorted(f.name for f in folder.joinpath("belts").iterdir()) if folder.joinpath("belts").is_dir() else []
        ):
            self._belts(header, folder, name)
        for line, row in self._rows(folder, "rates.csv", required=True):
            rule = self._rule(header, f"{folder.name}/rates.csv", line, row, groups)
            if rule is not None:
                self.rules.append(rule)
        for line, row in self._rows(folder, "coefficients.csv"):
            coef = self._coefficient(header, f"{folder.name}/coefficients.csv", line, row, groups)
            if coef is not None:
                self.coefficients.append(coef)
        for line, row in self._rows(folder, "through.csv"):
            # The chain itself is the carrier of a through rate: rates of one chain compete with each other only.
            rule = self._rule(
                header,
                f"{folder.name}/through.csv",
                line,
                {**row, "charge": "through", "carrier": row["chain"]},
                groups,
            )
            if rule is not None:
                self.rules.append(rule)
                chain = tuple(p.strip() for p in row["chain"].split(";"))
                self.through.append(
                    ThroughRate(rule, row["mode"], chain, frozenset(w.strip() for w in row["replaces"].split(";")))
                )

    def _rows(self, folder: Folder, name: str, required: bool = False) -> list[tuple[int, dict[str, str]]]:
        file = folder.joinpath(name)
        if not required and not file.is_file():
            return []
        try:
            raw = tables.read_bytes(file)
            self.bytes.append(f"{folder.name}/{name}".encode())
            self.bytes.append(raw)
            rows = list(tables.rows_of(tables.decode(raw, name), f"{folder.name}/{name}"))
        except DataError as fault:
            self.problems.problems.extend(fault.problems)
            return []
        known = set(CONDITIONS) | OTHER_RATE_COLUMNS | OTHER_COEF_COLUMNS | {"chain", "replaces", "mode"}
        columns = rows[0][1] if rows else {}
        needed = NEEDED.get(name, ("from_km", "to_km"))
        missing = [c for c in needed if rows and c not in columns]
        for column in missing:
            self.problems.add(
                "missing_column",
                f"the table has no column {column}; add it to the first line",
                file=f"{folder.name}/{name}",
                line=1,
                column=column,
            )
        if missing:
            return []
        if name in ("rates.csv", "coefficients.csv", "through.csv"):
            for column in columns:
                if column not in known:
                    self.problems.add(
                        "unknown_column",
                        f"column {column} is not one a rule may have; rename or delete it",
                        file=f"{folder.name}/{name}",
                        line=1,
                        column=column,
                    )
        return rows

    def _header(self, folder: Folder) -> BookInfo:
        raw = tables.read_bytes(folder.joinpath("book.toml"))
        self.bytes.append(raw)
        try:
            head = tomllib.loads(tables.decode(raw, "book.toml"))
        except tomllib.TOMLDecodeError as fault:
            raise DataError(
                [Problem("broken_toml", f"the header cannot be read: {fault}", file=f"{folder.name}/book.toml")]
            ) from fault
        info = BookInfo(
            book_id=str(head.get("id", folder.name)),
            title=str(head.get("title", folder.name)),
            publisher=str(head.get("publisher", "")),
            currency=str(head.get("currency", "")),
            stacking=str(head.get("stacking", "largest-reduction")),
            rounding=str(head.get("rounding", "cent")),
            note=str(head.get("note", "")),
        )
        self.infos[info.book_id] = info
        return info

    def _groups(self, folder: Folder) -> dict[str, frozenset[str]]:
        return {
            row["group"]: frozenset(m.strip() for m in row["members"].split(";") if m.strip())
            for _, row in self._rows(folder, "groups.csv")
        }

    def _belts(self, info: BookInfo, folder: Folder, name: str) -> None:
        rows = self._rows(folder.joinpath("belts"), name)
        belts = []
        for line, row in rows:
            where: dict[str, Any] = {"file": f"{folder.name}/belts/{name}", "line": line}
            rates = {
                column: self._number(cell, column, **where)
                for column, cell in row.items()
                if column.startswith("rate_") and cell
            }
            belts.append(
                Belt(
                    int(self._number(row["from_km"], "from_km", **where)),
                    int(self._number(row["to_km"], "to_km", **where)),
                    rates,
                )
            )
        belts.sort(key=lambda b: b.from_km)
        for left, right in zip(belts, belts[1:], strict=False):
            if right.from_km != left.to_km + 1:
                self.problems.add(
                    "belt_gap",
                    f"belts {left.from_km}-{left.to_km} and {right.from_km}-{right.to_km} km leave a gap or overlap",
                    file=f"{folder.name}/belts/{name}",
                )
        self.belts[f"{info.book_id}:{name.removesuffix('.csv')}"] = tuple(belts)

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

    def _dates(self, row: Mapping[str, str], **where: object) -> tuple[Validity, object]:
        try:
            valid = Validity(parse_from(row.get("valid_from", "")), parse_to(row.get("valid_to", "")))
            known = parse_from(row.get("known_from", ""))
        except (ValueError, IndexError):
            self.problems.add("bad_date", "a date is not YYYY-MM-DD, YYYY-MM or YYYY", column="valid_from", **where)
            return Validity(), None
        if valid.start and valid.end and valid.end < valid.start:
            self.problems.add("ends_before_it_begins", "valid_to is before valid_from", column="valid_to", **where)
        return valid, known

    def _common(self, row: Mapping[str, str], id_column: str, file: str, line: int) -> bool:
        where: dict[str, Any] = {"file": file, "line": line}
        before = len(self.problems.problems)
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
            self._ids[own_id] = RowRef(file, line)
        if row.get("charge") not in CHARGES:
            self._unknown("charge", row.get("charge", ""), CHARGES, **where)
        if row.get("charge") != "through" and row.get("carrier", "") not in CARRIERS:
            self._unknown("carrier", row["carrier"], CARRIERS, **where)
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
        return len(self.problems.problems) == before

    def _rule(
        self, info: BookInfo, file: str, line: int, row: Mapping[str, str], groups: Mapping[str, frozenset[str]]
    ) -> Rule | None:
        where: dict[str, Any] = {"file": file, "line": line}
        ok = self._common(row, "rule_id", file, line)
        if row.get("basis") not in BASES:
            self.problems.add(
                "unknown_basis",
                f"basis must be one of {', '.join(BASES)}",
                column="basis",
                value=row.get("basis", ""),
                **where,
            )
            ok = False
        currency = row.get("currency") or info.currency
        if currency not in CURRENCIES:
            self._unknown("currency", currency, CURRENCIES, **where)
            ok = False
        if row.get("basis") == "belt":
            self._belt_column(info, row.get("belt_table", ""), **where)
        conditions = self._conditions(row, groups, where)
        valid, known = self._dates(row, **where)
        has_rate = bool(row.get("per_km") or row.get("belt_table") or row.get("fixed"))
        rate = self._number(row.get("rate", ""), "rate", ZERO if has_rate else None, **where)
        numbers = {
            name: self._number(row.get(name, ""), name, default, **where)
            for name, default in (
                ("fixed", ZERO),
                ("per_km", ZERO),
                ("min_t", ZERO),
                ("step_t", ONE),
                ("low", ONE),
                ("high", ONE),
                ("rank", ZERO),
            )
        }
        if numbers["step_t"] == 0:
            self.problems.add(
                "bad_number", "step_t is 0; write the tonnes a step holds, or leave it empty", column="step_t", **where
            )
        if not ok or conditions is None:
            return None
        return Rule(
            rule_id=row["rule_id"],
            book=info.book_id,
            charge=row["charge"],
            carrier=row.get("carrier", ""),
            conditions=conditions,
            rank=int(numbers["rank"]) + self.extra_rank,
            basis=row["basis"],
            fixed=numbers["fixed"],
            rate=rate,
            per_km=numbers["per_km"],
            currency=currency,
            fx_kind=row.get("fx_kind", ""),
            min_t=numbers["min_t"],
            step_t=numbers["step_t"],
            whole_currency=row.get("round", "") == "whole",
            belt_table=f"{info.book_id}:{row['belt_table']}" if row.get("belt_table") else "",
            valid=valid,
            known_from=known,  # type: ignore[arg-type]
            carried=row.get("carry", "yes") != "no",
            low=numbers["low"],
            high=numbers["high"],
            status=row["status"],
            source_id=row["source_id"],
            based_on=row.get("based_on", ""),
            description=row.get("description", ""),
            warning_code=row.get("warning_code", ""),
            warning=row.get("warning", ""),
            row=RowRef(file, line),
        )

    def _conditions(self, row: Mapping[str, str], groups: Mapping[str, frozenset[str]], where: dict) -> tuple | None:
        try:
            for end in ("origin", "destination"):
                self.named_ends |= words(row.get(end, ""), groups)[0]
            return compile_conditions(row, groups)
        except (ValueError, KeyError, InvalidOperation) as fault:
            self.problems.add(
                "bad_condition",
                f"a condition cell cannot be read ({fault}); see the book format in docs/tariff-books.md",
                **where,
            )
            return None

    def _coefficient(
        self, info: BookInfo, file: str, line: int, row: Mapping[str, str], groups: Mapping[str, frozenset[str]]
    ) -> Coefficient | None:
        where: dict[str, Any] = {"file": file, "line": line}
        ok = self._common(row, "coef_id", file, line)
        conditions = self._conditions(row, groups, where)
        valid, known = self._dates(row, **where)
        value = self._number(row.get("value", ""), "value", None, **where)
        carry_months = int(self._number(row.get("carry_months", ""), "carry_months", ZERO, **where))
        if not ok or conditions is None:
            return None
        return Coefficient(
            coef_id=row["coef_id"],
            book=info.book_id,
            charge=row["charge"],
            carrier=row.get("carrier", ""),
            conditions=conditions,
            rules=frozenset(w.strip() for w in row.get("rules", "").split(";") if w.strip()),
            group=row.get("group", "") or "discount",
            value=value,
            valid=valid,
            known_from=known,  # type: ignore[arg-type]
            carry_months=carry_months,
            status=row["status"],
            source_id=row["source_id"],
            description=row.get("description", ""),
            row=RowRef(file, line),
        )
