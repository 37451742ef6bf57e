"""What came of every row, and the summary: by kind, median and worst ratio, look-ups apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

COMPARED, LOOKUP, NOT_EXPRESSIBLE = "compared", "lookup", "not_expressible"
KINDS = ("length", "days", "price")
FAR = {"length": 0.10, "days": 0.25, "price": 0.30}  # off by more than this calls for a word


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, compared or not. Ratios are computed over observed."""

    row_id: str
    table: str
    line: int
    kind: str  # length, days, price, other
    outcome: str  # compared, lookup, not_expressible
    what: str
    unit: str = ""
    observed: str = ""
    observed_middle: float | None = None
    computed: float | None = None
    inside: bool | None = None  # within the observed range, where it is one
    basis: str = ""
    reason: str = ""
    extra: str = ""

    @property
    def ratio(self) -> float | None:
        if self.computed is None or not self.observed_middle:
            return None
        return self.computed / self.observed_middle

    @property
    def far(self) -> bool:
        """Compared, and further off than its kind forgives."""
        ratio = self.ratio
        return self.outcome == COMPARED and ratio is not None and not self.inside and abs(ratio - 1) > FAR[self.kind]

    def as_dict(self) -> dict[str, Any]:
        ratio = self.ratio
        return {
            "row_id": self.row_id,
            "table": self.table,
            "line": self.line,
            "kind": self.kind,
            "outcome": self.outcome,
            "what": self.what,
            "unit": self.unit,
            "observed": self.observed,
            "computed": None if self.computed is None else round(self.computed, 3),
            "ratio": None if ratio is None else round(ratio, 4),
            "inside": self.inside,
            "far": self.far,
            "basis": self.basis,
            "reason": self.reason,
            "extra": self.extra,
        }


@dataclass(frozen=True)
class Report:
    """All rows, and the versions of the data they were compared with."""

    rows: Sequence[Row]
    versions: dict[str, str] = field(default_factory=dict)

    def of(self, outcome: str) -> list[Row]:
        return [r for r in self.rows if r.outcome == outcome]

    def summary(self) -> dict[str, dict[str, Any]]:
        """By kind: how many rows, median ratio, worst ratio and its row; for compared rows and for look-ups."""
        import pandas as pd  # type: ignore[import-untyped]  # late: only this command waits for it

        table = pd.DataFrame(
            [
                {
                    "outcome": r.outcome,
                    "kind": r.kind,
                    "row_id": r.row_id,
                    "ratio": r.ratio,
                    "off": _off(r.ratio),
                    "inside": r.inside,
                    "far": r.far,
                }
                for r in self.rows
            ],
            columns=["outcome", "kind", "row_id", "ratio", "off", "inside", "far"],
        )
        result: dict[str, dict[str, Any]] = {}
        for outcome in (COMPARED, LOOKUP):
            part = table[(table["outcome"] == outcome) & table["ratio"].notna()]
            groups = part.groupby("kind", sort=False)
            result[outcome] = {}
            for kind in KINDS:
                if kind not in groups.groups:
                    continue
                group = groups.get_group(kind)
                worst = group.loc[group["off"].astype(float).idxmax()]
                result[outcome][kind] = {
                    "n": len(group),
                    "median_ratio": round(float(group["ratio"].astype(float).median()), 4),
                    "worst_ratio": round(float(worst["ratio"]), 4),
                    "worst_row": str(worst["row_id"]),
                    "far": int(group["far"].sum()),
                }
        result[NOT_EXPRESSIBLE] = {"n": int((table["outcome"] == NOT_EXPRESSIBLE).sum())}
        lost = [r.row_id for r in self.of(LOOKUP) if r.computed is None]
        result[LOOKUP]["not_found"] = lost
        return result

    def as_dict(self) -> dict[str, Any]:
        return {"versions": dict(self.versions), "summary": self.summary(), "rows": [r.as_dict() for r in self.rows]}

    def render(self, console: Any) -> None:
        """The report on a terminal (a rich console)."""
        from rich.table import Table

        summary = self.summary()
        for outcome, title in (
            (COMPARED, "Compared with the engine"),
            (LOOKUP, "Look-ups: the number stands in our own data"),
        ):
            rows = self.of(outcome)
            if not rows:
                continue
            table = Table(title=title, title_justify="left", show_lines=False)
            for column in ("row", "kind", "what", "unit"):
                table.add_column(column, overflow="fold")
            for column in ("observed", "computed", "ratio"):
                table.add_column(column, justify="right")
            table.add_column("basis", overflow="fold")
            for r in rows:
                mark = " !" if r.far else ""
                table.add_row(
                    r.row_id,
                    r.kind,
                    r.what,
                    r.unit,
                    r.observed,
                    figure(r.computed),
                    ratio_text(r.ratio) + mark,
                    _joined(r.basis, r.extra),
                )
            console.print(table)
        left = self.of(NOT_EXPRESSIBLE)
        if left:
            table = Table(title="Not expressible", title_justify="left")
            for column in ("row", "what", "reason"):
                table.add_column(column, overflow="fold")
            for r in left:
                table.add_row(r.row_id, r.what, r.reason)
            console.print(table)
        table = Table(title="Summary: ratio = computed / observed", title_justify="left")
        for column in ("", "kind", "rows", "median", "worst", "worst row", "far off"):
            table.add_column(column, justify="left" if column in ("", "kind", "worst row") else "right")
        for outcome in (COMPARED, LOOKUP):
            for kind in KINDS:
                if cell := summary[outcome].get(kind):
                    table.add_row(
                        outcome,
                        kind,
                        str(cell["n"]),
                        ratio_text(cell["median_ratio"]),
                        ratio_text(cell["worst_ratio"]),
                        cell["worst_row"],
                        str(cell["far"]),
                    )
        console.print(table)
        console.print(
            f"{summary[NOT_EXPRESSIBLE]['n']} rows are not expressible; ! marks rows off by more than {_limits()}."
        )


def _limits() -> str:
    return ", ".join(f"{share:.0%} ({kind})" for kind, share in FAR.items())


def _off(ratio: float | None) -> float:
    """How far a ratio is from one, the same for twice and for half."""
    return 0.0 if not ratio or ratio <= 0 else abs(math.log(ratio))


def figure(value: float | None) -> str:
    """A number as a reader wants it: no cents on thousands.

    >>> figure(1234.56), figure(12.345), figure(0.741), figure(None)
    ('1235', '12.3', '0.74', '')
    """
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else (f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}")


def ratio_text(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _joined(*parts: str) -> str:
    return "; ".join(p for p in parts if p)
