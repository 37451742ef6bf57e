"""The back-check as a use case: files in, rows, errors and flags out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.backcheck.assign import assign, read_demand
from optimizer.backcheck.compare import Compared, compare, errors_by
from optimizer.backcheck.rows import Flow, read_flows
from optimizer.databook import DataBook

SEASONS = ("season_2024_25.csv", "season_2025_26.csv")


@dataclass(frozen=True, slots=True)
class BackCheck:
    """Rows of observation with their forecast, and shipments that found no way."""

    rows: tuple[Compared, ...]
    stays: tuple[tuple[str, Decimal, str], ...]
    rule: str

    def as_dict(self) -> dict[str, Any]:
        states = Counter(row.state for row in self.rows)
        return {
            "rule": self.rule,
            "counts": {
                "read": len(self.rows),
                **{s: states[s] for s in ("compared", "part", "flagged", "not_comparable")},
            },
            "flags": dict(sorted(Counter(f.code for row in self.rows for f in row.flow.flags).items())),
            "errors_by_border": errors_by(self.rows, "border"),
            "errors_by_cargo": errors_by(self.rows, "cargo"),
            "without_way": [{"shipment": i, "tonnes": f"{t:f}", "why": why} for i, t, why in self.stays],
            "rows": [row.as_dict() for row in self.rows],
        }


def default_flows(book: DataBook) -> list[Flow]:
    """Observed totals by partner from `seeds/demand/facts.csv`, as rows of flows; figures known to be wrong left out."""
    found = []
    for line, cells in tables.open_table("seeds", "demand/facts.csv"):
        if cells["use"] == "no" or cells["partner"] == "all":
            continue
        goods = "milled" if cells["goods"] == "flour" else cells["goods"]
        found.append(
            Flow(
                flow_id=cells["flow_id"] or cells["fact_id"],
                line=line,
                words=f"{cells['goods']} to {cells['partner']}",
                origins=frozenset({"KZ"}),
                destinations=frozenset({cells["partner"]}),
                node=frozenset(),
                node_name="",
                cargo=goods,
                cargo_groups=frozenset(),
                start=dt.date.fromisoformat(cells["from"]),
                end=dt.date.fromisoformat(cells["until"]),
                tonnes=Decimal(cells["value_kt"]) * 1000,
                unit="kt",
            )
        )
    return found


def facts_used() -> frozenset[str]:
    """Flows the ready-made demand was made from."""
    return frozenset(
        cells[key]
        for _, cells in tables.open_table("seeds", "demand/facts.csv")
        for key in ("flow_id", "fact_id")
        if cells["use"] == "yes" and cells[key]
    )


def back_check(
    book: DataBook,
    flows: Path | None = None,
    demand: Sequence[Path] = (),
    *,
    spread: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> BackCheck:
    """Hold the forecast against observed flows.

    Args:
        flows: a file of flows; what `seeds/demand` was told, else.
        demand: tables of shipments; the two ready-made seasons, else.
        spread: of a logit over routes; 0: the cheapest way.

    Raises:
        DataError: a file cannot be read.
    """
    observed = default_flows(book) if flows is None else read_flows(flows, book)
    files: list[Path | Traversable] = list(demand) or [
        tables.data_file("seeds", "demand").joinpath(name) for name in SEASONS
    ]
    wanted, spans = read_demand(files)
    forecast = assign(wanted, spans, book, spread=spread, progress=progress)
    made_of = facts_used() if not demand else frozenset()
    rule = f"logit over routes, spread {spread:g} USD/t" if spread > 0 else "cheapest way"
    return BackCheck(tuple(compare(observed, forecast, made_of)), forecast.stays, rule)
