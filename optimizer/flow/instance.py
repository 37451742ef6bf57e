"""Public multicommodity network design files (`.dow`): arcs with cost, capacity and fixed cost; commodities to carry.

Format (Crainic, Frangioni and Gendron 2001, family C and R): a title line, which may be missing; `nodes arcs
commodities`; one arc a line, `from to unit_cost capacity fixed_cost` and up to two numbers nobody needs; one
commodity a line, `origin destination quantity`. Nodes are numbered from 1. Numbers are kept exactly, as fractions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from optimizer.errors import DataError, Problem, ProblemList

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
LARGEST = Fraction(10) ** 12  # beyond this a float loses the unit, and a solver its tolerance
MOST_NODES = 1_000_000
DOS_END_OF_FILE = "\x1a"


@dataclass(frozen=True, slots=True)
class Arc:
    """One directed arc; nodes from 1."""

    tail: int
    head: int
    unit_cost: Fraction
    capacity: Fraction
    fixed_cost: Fraction
    line: int = 0


@dataclass(frozen=True, slots=True)
class Commodity:
    """A quantity that must leave its origin and reach its destination; it may be split over paths."""

    origin: int
    destination: int
    quantity: Fraction
    line: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    nodes: int
    arcs: tuple[Arc, ...]
    commodities: tuple[Commodity, ...]

    def plain(self) -> dict[str, Any]:
        """What a solver's process is given: floats and node indices from 0, nothing else."""
        return {
            "nodes": self.nodes,
            "tails": [a.tail - 1 for a in self.arcs],
            "heads": [a.head - 1 for a in self.arcs],
            "costs": [float(a.unit_cost) for a in self.arcs],
            "capacities": [float(a.capacity) for a in self.arcs],
            "fixed": [float(a.fixed_cost) for a in self.arcs],
            "origins": [c.origin - 1 for c in self.commodities],
            "destinations": [c.destination - 1 for c in self.commodities],
            "quantities": [float(c.quantity) for c in self.commodities],
        }


class _Rows:
    """The lines of one file, with a collector for what is wrong in them."""

    def __init__(self, path: Path, text: str) -> None:
        self.file = str(path)
        self.lines = [(i, row.split()) for i, row in enumerate(text.replace(DOS_END_OF_FILE, "").splitlines(), 1)]
        self.lines = [(i, cells) for i, cells in self.lines if cells]
        self.problems = ProblemList()

    def fault(self, line: int, code: str, text: str, column: str = "", value: str = "") -> None:
        self.problems.add(code, text, file=self.file, line=line, column=column, value=value)

    def number(self, line: int, column: str, cell: str) -> Fraction | None:
        if not NUMBER.fullmatch(cell):
            self.fault(
                line,
                "bad_number",
                f"{column} is {cell!r}, which is not a number. Write digits with a decimal point, no units or commas.",
                column,
                cell,
            )
            return None
        value = Fraction(cell)
        if abs(value) > LARGEST:
            self.fault(
                line,
                "number_too_large",
                f"{column} is {cell}; above 1e12 sums lose their last unit. Use a larger unit.",
                column,
                cell,
            )
            return None
        if value < 0:
            self.fault(
                line,
                "negative_value",
                f"{column} is {cell}, below 0. A cost, capacity or quantity cannot be negative; mend the sign.",
                column,
                cell,
            )
            return None
        return value

    def node(self, line: int, column: str, cell: str, nodes: int) -> int | None:
        if not cell.isascii() or not cell.isdigit() or not 1 <= int(cell[:9]) <= nodes or len(cell) > 9:
            self.fault(
                line,
                "unknown_node",
                f"{column} is {cell!r}, but nodes are numbered 1 to {nodes}. Mend the number, or the count of nodes at the top.",
                column,
                cell,
            )
            return None
        return int(cell)


def read_dow(path: Path) -> Instance:
    """Read a `.dow` file; every fault is collected before refusing.

    Raises:
        DataError: the file cannot be opened (`file_unreadable`), is no text (`not_text`), or its rows are wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise DataError(
            [Problem("file_unreadable", f"cannot be opened: {fault.strerror}. Check the name.", file=str(path))]
        ) from fault
    except UnicodeDecodeError as fault:
        raise DataError(
            [Problem("not_text", "is not a text file, so no rows can be read. Give a .dow file.", file=str(path))]
        ) from fault
    rows = _Rows(path, text)
    instance = _parse(rows, path.stem)
    rows.problems.raise_if_any()
    assert instance is not None  # without a problem there is an instance
    return instance


def _parse(rows: _Rows, name: str) -> Instance | None:
    lines = rows.lines
    if lines and not NUMBER.fullmatch(lines[0][1][0]):
        lines = lines[1:]
    if not lines:
        rows.fault(
            0, "empty_file", "holds no rows. After a title it must say `nodes arcs commodities`; give a .dow file."
        )
        return None
    line, cells = lines[0]
    if len(cells) != 3 or not all(c.isascii() and c.isdigit() and len(c) < 10 and int(c) > 0 for c in cells):
        rows.fault(
            line,
            "bad_header",
            f"the counts are {' '.join(cells)[:60]!r}. Write three whole numbers above 0: nodes, arcs, commodities.",
        )
        return None
    nodes, arcs, commodities = (int(c) for c in cells)
    if nodes > MOST_NODES:
        rows.fault(
            line, "too_many_nodes", f"{nodes} nodes are announced; at most {MOST_NODES} are read. Mend the count."
        )
        return None
    body = lines[1:]
    if len(body) != arcs + commodities:
        rows.fault(
            body[-1][0] if body else line,
            "row_count",
            f"{arcs} arcs and {commodities} commodities are announced in line {line}, but {len(body)} rows follow. "
            "Mend the counts, or add or delete rows.",
        )
    return Instance(
        name,
        nodes,
        tuple(a for a in (_arc(rows, i, c, nodes) for i, c in body[:arcs]) if a is not None),
        tuple(c for c in (_commodity(rows, i, c, nodes) for i, c in body[arcs : arcs + commodities]) if c is not None),
    )


def _arc(rows: _Rows, line: int, cells: list[str], nodes: int) -> Arc | None:
    if not 5 <= len(cells) <= 7:
        rows.fault(
            line,
            "bad_row",
            f"an arc has {len(cells)} numbers. Write from, to, unit cost, capacity, fixed cost, and at most two more.",
        )
        return None
    tail, head = rows.node(line, "from", cells[0], nodes), rows.node(line, "to", cells[1], nodes)
    cost, capacity, fixed = (
        rows.number(line, column, cell)
        for column, cell in zip(("unit_cost", "capacity", "fixed_cost"), cells[2:5], strict=True)
    )
    if tail is None or head is None or cost is None or capacity is None or fixed is None:
        return None
    if tail == head:
        rows.fault(line, "loop_arc", f"the arc runs from node {tail} to itself, so it carries nothing. Delete the row.")
        return None
    return Arc(tail, head, cost, capacity, fixed, line)


def _commodity(rows: _Rows, line: int, cells: list[str], nodes: int) -> Commodity | None:
    if len(cells) != 3:
        rows.fault(line, "bad_row", f"a commodity has {len(cells)} numbers. Write origin, destination, quantity.")
        return None
    origin, destination = rows.node(line, "origin", cells[0], nodes), rows.node(line, "destination", cells[1], nodes)
    quantity = rows.number(line, "quantity", cells[2])
    if origin is None or destination is None or quantity is None:
        return None
    if origin == destination:
        rows.fault(
            line, "same_ends", f"the commodity starts and ends at node {origin}. Mend one end, or delete the row."
        )
        return None
    return Commodity(origin, destination, quantity, line)
