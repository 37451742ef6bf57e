"""Public network pricing instances (`.json`): a network where some arcs bear a toll the leader sets.

Format (Bui, Gendron and Carvalho 2022): `problem.V` nodes, numbered from 1; `problem.A` arcs `{src, dst, cost, toll}`
(a toll arc costs `cost` and a toll not below 0 on top); `problem.K` commodities `{orig, dest, demand}`.
"""

from __future__ import annotations

import heapq
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import DataError, Problem, ProblemList

LARGEST = 1e12  # beyond this a float loses the unit, and a solver its tolerance
MOST_NODES = 1_000_000
MOST_BYTES = 200_000_000
SHOWN = 60
PLURAL = {"arc": "arcs", "commodity": "commodities"}


@dataclass(frozen=True, slots=True)
class Arc:
    """One directed arc; nodes from 1."""

    src: int
    dst: int
    cost: float
    toll: bool


@dataclass(frozen=True, slots=True)
class Commodity:
    orig: int
    dest: int
    demand: float


@dataclass(frozen=True, slots=True)
class Instance:
    """A network, its commodities, and which arcs are the leader's (`tolls`: their indices in `arcs`)."""

    name: str
    nodes: int
    arcs: tuple[Arc, ...]
    commodities: tuple[Commodity, ...]

    @property
    def tolls(self) -> tuple[int, ...]:
        return tuple(i for i, a in enumerate(self.arcs) if a.toll)

    def plain(self) -> dict[str, Any]:
        """What a solver's process is given."""
        return {
            "name": self.name,
            "nodes": self.nodes,
            "arcs": [[a.src, a.dst, a.cost, a.toll] for a in self.arcs],
            "commodities": [[c.orig, c.dest, c.demand] for c in self.commodities],
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Instance:
        return cls(
            plain["name"],
            plain["nodes"],
            tuple(Arc(*row) for row in plain["arcs"]),
            tuple(Commodity(*row) for row in plain["commodities"]),
        )


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems = ProblemList()

    def fault(self, code: str, text: str, column: str = "", value: Any = "") -> None:
        self.problems.add(code, text, file=self.file, column=column, value=str(value)[:SHOWN])

    def number(self, row: dict[str, Any], key: str, where: str) -> float | None:
        value = row[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault("bad_number", f"{where}: {key} is {_shown(value)}, which is not a number. Mend it.", key, value)
            return None
        if not abs(value) <= LARGEST:
            self.fault(
                "bad_number",
                f"{where}: {key} is {_shown(value)}; it must be finite and at most 1e12, or sums lose their last unit. Mend it.",
                key,
                value,
            )
            return None
        if value < 0:
            self.fault(
                "negative_value",
                f"{where}: {key} is {value}, below 0. A cost or a demand cannot be negative; mend the sign.",
                key,
                value,
            )
            return None
        return float(value)

    def node(self, row: dict[str, Any], key: str, where: str, nodes: int) -> int | None:
        value = row[key]
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= nodes:
            self.fault(
                "unknown_node",
                f"{where}: {key} is {_shown(value)}, but nodes are numbered 1 to {nodes}. Mend it, or `V`.",
                key,
                value,
            )
            return None
        return value

    def rows(
        self, body: dict[str, Any], name: str, what: str, keys: tuple[str, ...]
    ) -> list[tuple[str, dict[str, Any]]]:
        rows = body.get(name)
        if not isinstance(rows, list) or not rows:
            self.fault(
                "missing_key", f"`problem.{name}` must be a list of {PLURAL[what]} with at least one row. Add it.", name
            )
            return []
        good = []
        for i, row in enumerate(rows, 1):
            where = f"{what} {i}"
            if not isinstance(row, dict):
                self.fault("bad_row", f"{where} is {_shown(row)}, not an object with {', '.join(keys)}. Mend it.", name)
                continue
            missing = [key for key in keys if key not in row]
            if missing:
                self.fault("missing_key", f"{where} has no {' and no '.join(missing)}. Add it.", missing[0])
                continue
            good.append((where, row))
        return good


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def read_json(path: Path) -> Instance:
    """Read an instance; every fault is collected before refusing.

    Raises:
        DataError: the file cannot be opened (`file_unreadable`), is no JSON (`not_json`), lacks a part
            (`missing_key`), names a node that is not there (`unknown_node`), has a wrong number (`bad_number`,
            `negative_value`), the same commodity twice (`duplicate_commodity`), one without any way (`no_way`), or
            one that cannot avoid the tolls, so that revenue has no end (`no_free_way`).
    """
    reader = _Reader(str(path))
    instance = _parse(reader, _load(path), path.stem)
    reader.problems.raise_if_any()
    assert instance is not None  # without a problem there is an instance
    _refuse_unserved(reader, instance)
    reader.problems.raise_if_any()
    return instance


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(
                [Problem("too_large", "is larger than 200 MB, so it is no instance of this format.", file=str(path))]
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise DataError(
            [Problem("file_unreadable", f"cannot be opened: {fault.strerror}. Check the name.", file=str(path))]
        ) from fault
    except UnicodeDecodeError as fault:
        raise DataError(
            [Problem("not_text", "is not a text file, so nothing can be read. Give a .json file.", file=str(path))]
        ) from fault
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        said = "nested too deeply" if isinstance(fault, RecursionError) else str(fault).splitlines()[0]
        if isinstance(fault, json.JSONDecodeError):
            said = f"{fault.msg} in line {fault.lineno}"
        raise DataError(
            [Problem("not_json", f"is no JSON: {said}. Give a whole instance file.", file=str(path))]
        ) from fault


def _parse(reader: _Reader, document: Any, name: str) -> Instance | None:
    body = document.get("problem") if isinstance(document, dict) else None
    if not isinstance(body, dict):
        reader.fault(
            "missing_key", "has no object `problem` with V, A and K. Give a network pricing instance.", "problem"
        )
        return None
    nodes = body.get("V")
    if isinstance(nodes, bool) or not isinstance(nodes, int) or not 1 <= nodes <= MOST_NODES:
        reader.fault(
            "missing_key", f"`problem.V` is {_shown(nodes)}; write the number of nodes, 1 to {MOST_NODES}.", "V", nodes
        )
        return None
    arcs = [
        _arc(reader, where, row, nodes) for where, row in reader.rows(body, "A", "arc", ("src", "dst", "cost", "toll"))
    ]
    commodities: list[Commodity] = []
    first: dict[tuple[int, int], str] = {}
    for where, row in reader.rows(body, "K", "commodity", ("orig", "dest", "demand")):
        commodity = _commodity(reader, where, row, nodes)
        if commodity is None:
            continue
        ends = (commodity.orig, commodity.dest)
        if ends in first:
            reader.fault(
                "duplicate_commodity",
                f"{where} goes from {ends[0]} to {ends[1]} like {first[ends]}. Add their demands into one row.",
                "K",
            )
            continue
        first[ends] = where
        commodities.append(commodity)
    return Instance(name, nodes, tuple(a for a in arcs if a is not None), tuple(commodities))


def _arc(reader: _Reader, where: str, row: dict[str, Any], nodes: int) -> Arc | None:
    src, dst = reader.node(row, "src", where, nodes), reader.node(row, "dst", where, nodes)
    cost, toll = reader.number(row, "cost", where), row["toll"]
    if not isinstance(toll, bool):
        reader.fault("bad_flag", f"{where}: toll is {_shown(toll)}; write true or false.", "toll", toll)
        return None
    if src is None or dst is None or cost is None:
        return None
    if src == dst:
        reader.fault("loop_arc", f"{where} runs from node {src} to itself, so nobody takes it. Delete the row.", "dst")
        return None
    return Arc(src, dst, cost, toll)


def _commodity(reader: _Reader, where: str, row: dict[str, Any], nodes: int) -> Commodity | None:
    orig, dest = reader.node(row, "orig", where, nodes), reader.node(row, "dest", where, nodes)
    demand = reader.number(row, "demand", where)
    if orig is None or dest is None or demand is None:
        return None
    if orig == dest:
        reader.fault("same_ends", f"{where} starts and ends at node {orig}. Mend one end, or delete the row.", "dest")
        return None
    return Commodity(orig, dest, demand)


def _refuse_unserved(reader: _Reader, instance: Instance) -> None:
    """Every commodity needs a way without tolls, else the leader could ask any price."""
    for free, code, text in (
        (False, "no_way", "no way at all. Add the missing arcs, or delete the commodity."),
        (True, "no_free_way", "no way without a toll arc, so the revenue has no end. Add a toll-free way."),
    ):
        out = forward(instance, free=free)
        lost = []
        reached = {o: costs_from(out, o, instance.nodes) for o in {c.orig for c in instance.commodities}}
        for i, commodity in enumerate(instance.commodities, 1):
            if math.isinf(reached[commodity.orig][commodity.dest]):
                lost.append(i)
                reader.fault(code, f"commodity {i}, from {commodity.orig} to {commodity.dest}, has {text}", "K")
        if lost:
            return


Steps = list[list[tuple[int, float]]]


def forward(instance: Instance, *, free: bool) -> Steps:
    """For every node (from 1) the arcs that leave it as (node, cost); `free`: without the toll arcs."""
    out: Steps = [[] for _ in range(instance.nodes + 1)]
    for arc in instance.arcs:
        if not (free and arc.toll):
            out[arc.src].append((arc.dst, arc.cost))
    return out


def costs_from(out: Steps, start: int, nodes: int) -> list[float]:
    """The cheapest cost from a node to every node (Dijkstra 1959)."""
    costs = [math.inf] * (nodes + 1)
    costs[start] = 0.0
    heap = [(0.0, start)]
    while heap:
        cost, node = heapq.heappop(heap)
        if cost > costs[node]:
            continue
        for then, more in out[node]:
            if cost + more < costs[then]:
                costs[then] = cost + more
                heapq.heappush(heap, (cost + more, then))
    return costs
