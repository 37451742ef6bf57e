"""Public flow instances: path columns against the arc-flow program in HiGHS, and design against the best known cost.

    python benchmarks/flow.py FOLDER [--limits 100] [--best best.csv] [--skip-design] [--repeat 5] [--out table.md]

FOLDER holds `.dow` files; `best.csv` has the columns `instance,value` (best known cost with design). Prints two
Markdown tables, or writes them where HiGHS puts no greeting between the rows. Flow times are the least of `--repeat` runs in one process, imports not counted, the arc-flow program
in its small form (commodities of one origin share their variables). Design times are those of the command, as a user
has them: two processes when the instance is large. Ratios travel; absolute seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

from optimizer.flow.arcflow import solve_arcflow
from optimizer.flow.arrays import Arrays
from optimizer.flow.bench import bench_flow
from optimizer.flow.instance import read_dow
from optimizer.flow.relax import PathFlow

BEST_KNOWN = {"c33": 423848.0, "c35": 371475.0, "c36": 643036.0, "c41": 429398.0, "c45": 74811.0, "c49": 53958.0}


def best_known(file: Path | None) -> dict[str, float]:
    if file is None:
        return BEST_KNOWN
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return {row["instance"]: float(row["value"]) for row in csv.DictReader(rows)}


def relax_row(file: Path, repeat: int) -> str:
    net = Arrays.of(read_dow(file).plain())
    ours, theirs = [], []
    for _ in range(repeat):
        began = time.perf_counter()
        columns = PathFlow(net).solve(net.costs)
        ours.append(time.perf_counter() - began)
        arcs = solve_arcflow(net)
        theirs.append(arcs.build_seconds + arcs.solve_seconds)
    differ = abs(columns.objective - arcs.objective) / max(1.0, arcs.objective)
    return (
        f"| {file.stem} | {net.nodes} / {net.arcs} / {net.commodities} | {columns.objective:.10g} | {columns.bound:.10g} "
        f"| {min(ours):.4f} | {min(theirs):.4f} | {min(theirs) / min(ours):.1f} | {differ:.1e} |"
    )


def design_row(file: Path, limit: float, known: dict[str, float]) -> str:
    outcome = bench_flow(file, mode="design", seconds=limit)
    cost = None if outcome.objective is None else float(outcome.objective)
    best = known.get(file.stem)
    over = "-" if cost is None or best is None else f"{100 * (cost - best) / best:+.3f} %"
    gap = "-" if outcome.gap is None else f"{100 * outcome.gap:.3f} %"
    return (
        f"| {file.stem} | {limit:g} | {outcome.status} | {'-' if cost is None else f'{cost:.10g}'} "
        f"| {outcome.bound:.8g} | {gap} | {best or '-'} | {over} | {outcome.wall_seconds:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limits", type=float, nargs="+", default=[100.0])
    parser.add_argument("--best", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--skip-design", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    files = sorted(given.folder.glob("*.dow"))
    known = best_known(given.best)
    rows = [
        "| instance | nodes / arcs / commodities | cost | bound | columns s | arc flow s | ratio | difference |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(relax_row(file, given.repeat) for file in files),
    ]
    if not given.skip_design:
        rows += [
            "",
            "| instance | limit s | status | cost | bound | gap | best known | over it | seconds |",
            "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(design_row(file, limit, known) for file in files for limit in given.limits),
        ]
    print(*rows, sep="\n")
    if given.out is not None:
        given.out.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
