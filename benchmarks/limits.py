"""How closely time limits are kept, and how long tables and workbooks take to read: what no test holds a clock to.

    python benchmarks/limits.py [--rows 50000] [--limits 0.5 2 5] [--json]

`over` is the time beyond a limit: start of the solver's process, its last word, our recount. The problems are drawn,
too hard to be proven in time.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import openpyxl
from plan_core import make_problem

from optimizer.databook import DataBook
from optimizer.flow.bench import bench_flow
from optimizer.fx import read_rates
from optimizer.network.read import read_network
from optimizer.plan.solve import solve_plan
from optimizer.pricing.run import bench_pricing
from optimizer.sheet.read import read

REPEATS = 5


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def flow_file(path: Path) -> Path:
    """A network design: 25 nodes, 400 arcs, 150 commodities."""
    draw = random.Random(5)
    pairs = {(i, i % 25 + 1) for i in range(1, 26)}
    while len(pairs) < 400:
        pairs.add(tuple(draw.sample(range(1, 26), 2)))
    rows = ["25 400 150"]
    rows += [
        f"{a} {b} {draw.randint(1, 30)} {draw.randint(150, 400)} {draw.randint(200, 2000)}" for a, b in sorted(pairs)
    ]
    rows += ["{} {} {}".format(*draw.sample(range(1, 26), 2), draw.randint(5, 30)) for _ in range(150)]
    path.write_text("\n".join(rows))
    return path


def pricing_file(path: Path) -> Path:
    """A toll network: a grid of 12 x 12, a fifth of its arcs with tolls, 40 commodities."""
    draw = random.Random(5)
    side = 12
    arcs = []
    for node in range(side * side):
        for step, inside in ((1, node % side < side - 1), (side, node < side * (side - 1))):
            for a, b in ((node, node + step), (node + step, node)) if inside else ():
                toll = draw.random() < 0.2
                arcs.append(
                    {"src": a + 1, "dst": b + 1, "cost": draw.uniform(5, 35) * (0.5 if toll else 1), "toll": toll}
                )
    arcs += [{"src": a["src"], "dst": a["dst"], "cost": 45.0, "toll": False} for a in arcs if a["toll"]]
    ends = [draw.sample(range(1, side * side + 1), 2) for _ in range(40)]
    asked = [
        {"orig": a, "dest": b, "demand": draw.uniform(1, 100), "index": n} for n, (a, b) in enumerate(ends, start=1)
    ]
    path.write_text(json.dumps({"problem": {"V": side * side, "A": arcs, "K": asked}}))
    return path


def workbook(path: Path, rows: int) -> Path:
    """A sheet of twelve columns, a third of them words."""
    draw = random.Random(13)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("A")
    for _ in range(rows):
        sheet.append([f"Station {draw.randrange(3000)}" if n % 3 == 0 else draw.random() * 5000 for n in range(12)])
    book.save(path)
    return path


def limits(folder: Path, seconds: Sequence[float]) -> Iterator[dict[str, object]]:
    problem = make_problem(150, 26, 4)
    flow, pricing = flow_file(folder / "drawn.dow"), pricing_file(folder / "drawn.json")
    solvers: dict[str, Callable[[float], object]] = {
        "plan, 150 shipments": lambda limit: solve_plan(problem, time_limit_s=limit, gap=0.0).status,
        "design, 400 arcs": lambda limit: bench_flow(flow, mode="design", seconds=limit).status,
        "pricing, 40 commodities": lambda limit: bench_pricing(pricing, seconds=limit).status,
    }
    for name, solve in solvers.items():
        for limit in seconds:
            begun = time.perf_counter()
            status = solve(limit)
            over = time.perf_counter() - begun - limit
            yield {"what": name, "limit_s": limit, "over_s": round(over, 2), "status": status}


def readings(folder: Path, rows: int) -> Iterator[dict[str, object]]:
    book = workbook(folder / "long.xlsx", rows)
    for name, work in (
        ("network tables", read_network),
        ("exchange rates", read_rates),
        ("all data", DataBook.load),
        (f"workbook of {rows:,} rows by 12", lambda: read(book)),
    ):
        times = [seconds_of(work) for _ in range(REPEATS)]
        yield {"what": name, "median_s": round(statistics.median(times), 4), "least_s": round(min(times), 4)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=50_000)
    options.add_argument("--limits", type=float, nargs="+", default=[0.5, 2.0, 5.0])
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in (*readings(Path(folder), asked.rows), *limits(Path(folder), asked.limits)):
            rows.append(row)
            if not asked.json:
                print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    if asked.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
