"""Speeds, dwell and handling times: the defaults of `seeds/operations.csv`, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from optimizer import tables
from optimizer.errors import DataError, Problem
from optimizer.provenance import STATUSES

DAY_STEP = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Operation:
    """One default: a number, its unit, band, status and derivation."""

    op_id: str
    what: str
    value: Decimal
    unit: str
    low: Decimal
    high: Decimal
    status: str
    source_id: str
    derivation: str


@dataclass(frozen=True)
class Operations:
    """All defaults by name."""

    by_id: Mapping[str, Operation]
    version: str

    def number(self, op_id: str) -> float:
        return float(self.by_id[op_id].value)

    def rail_km_per_day(self, country: str, container: bool) -> Decimal:
        """Speed of a train; container trains run faster where a figure says so."""
        if container and f"rail_km_per_day_{country}_container" in self.by_id:
            return self.by_id[f"rail_km_per_day_{country}_container"].value
        found = self.by_id.get(f"rail_km_per_day_{country}")
        return found.value if found else self.by_id["rail_km_per_day_UZ"].value

    def road_kmh(self, country: str) -> float:
        found = self.by_id.get(f"road_kmh_{country}")
        return float(found.value) if found else self.number("road_kmh_KZ")


def read_operations() -> Operations:
    """The table, checked: every row a positive number with unit, source and status."""
    raw = tables.read_bytes(tables.data_file("seeds", "operations.csv"))
    rows = tables.rows_of(tables.decode(raw, "operations.csv"), "seeds/operations.csv")
    found: dict[str, Operation] = {}
    for line, row in rows:
        if row["status"] not in STATUSES or not row["source_id"] or not row["unit"]:
            raise DataError(
                [
                    Problem(
                        "missing_source",
                        "the row lacks status, source_id or unit",
                        file="seeds/operations.csv",
                        line=line,
                    )
                ]
            )
        found[row["op_id"]] = Operation(
            row["op_id"],
            row["what"],
            Decimal(row["value"]),
            row["unit"],
            Decimal(row["low"]),
            Decimal(row["high"]),
            row["status"],
            row["source_id"],
            row["derivation"],
        )
    return Operations(found, tables.digest([raw]))


def days(hours: float | Decimal) -> Decimal:
    """Hours as days to the thousandth (86 s), the step in which hire is counted.

    >>> days(2), days(Decimal("40.6"))
    (Decimal('0.083'), Decimal('1.692'))
    """
    return (Decimal(str(hours)) / 24).quantize(DAY_STEP)
