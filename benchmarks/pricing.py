"""Public network pricing instances: revenue against the best known, the bound, and the seconds to both.

    python benchmarks/pricing.py FOLDER [--limits 20 60] [--seeds 1 2 3] [--only d30-01 g30-01] [--out table.md]

FOLDER holds `.json` instances and `best_known.csv` with the columns `instance,best_known`. Prints a Markdown table; a row is
written when it is known. Times are those of the command, as a user has them: two processes, start included. With
several seeds the median revenue stands in the row, and the least beside it. `seconds to 97 %` and `to 99 %` are of the
median run; "-" means not reached. Ratios travel; absolute seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from pathlib import Path

from optimizer.pricing.run import Outcome, bench_pricing

SHARES = (0.97, 0.99)


def best_known(folder: Path) -> dict[str, float]:
    with (folder / "best_known.csv").open(encoding="utf-8-sig", newline="") as rows:
        return {row["instance"]: float(row["best_known"]) for row in csv.DictReader(rows)}


def run(file: Path, seconds: float, seed: int, known: float) -> tuple[Outcome, list[float | None], float]:
    began = time.monotonic()
    reached: list[float | None] = [None] * len(SHARES)

    def heard(outcome: Outcome) -> None:
        for i, share in enumerate(SHARES):
            if reached[i] is None and outcome.objective is not None and outcome.objective >= share * known:
                reached[i] = time.monotonic() - began

    outcome = bench_pricing(file, seconds=seconds, seed=seed, heard=heard)
    return outcome, reached, time.monotonic() - began


def row(file: Path, seconds: float, seeds: list[int], known: float) -> str:
    runs = [run(file, seconds, seed, known) for seed in seeds]
    runs.sort(key=lambda r: float(r[0].objective or 0))
    outcome, reached, wall = runs[(len(runs) - 1) // 2]
    value = float(outcome.objective or 0)
    least = float(runs[0][0].objective or 0)
    bound = statistics.median(r[0].bound for r in runs)
    times = " | ".join("-" if t is None else f"{t:.0f}" for t in reached)
    gap = "-" if outcome.gap is None else f"{100 * outcome.gap:.2f}"
    return (
        f"| {file.stem} | {seconds:g} | {len(seeds)} | {value:.8g} | {100 * value / known:.3f} | {100 * least / known:.3f} "
        f"| {bound:.8g} | {gap} | {outcome.status} | {times} | {wall:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limits", type=float, nargs="+", default=[60.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    known = best_known(given.folder)
    rows: list[str] = []

    def write(line: str) -> None:
        rows.append(line)
        print(line, flush=True)
        if given.out:
            given.out.write_text("\n".join(rows) + "\n", encoding="utf-8")

    write(
        "| instance | limit s | seeds | revenue | % of best | least % | bound | gap % | status | s to 97 % | s to 99 % | wall s |"
    )
    write("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |")
    for limit in given.limits:
        for file in sorted(given.folder.glob("*.json")):
            if given.only is None or file.stem in given.only:
                write(row(file, limit, given.seeds, known[file.stem]))


if __name__ == "__main__":
    main()
