"""The season plan on the real network: seeded files of 200 shipments x 26 weeks and 2,000 x 52.

    python benchmarks/plan.py [--size 200x26] [--size 2000x52] [--seed 7] [--time-limit S] [--keep DIR]

Prints a Markdown table. Each plan runs in a process of its own, so peak memory is that of one plan.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
LIMITS = {"200x26": 60.0, "2000x52": 600.0}
GAPS = {"200x26": 0.005, "2000x52": 0.01}
# (cargo, equipment, origins, destinations, least and most tonnes or units, weight in the mix)
TRADES = (
    ("wheat", "hopper-wagon", "grain", ("ir-tehran", "ir-bandar-abbas", "ir-mashhad", "ir-amirabad", "af-hairatan", "af-mazar", "uz-tashkent", "uz-bukhara", "tm-ashgabat"), (680, 6800), 40),
    ("barley", "hopper-wagon", "grain", ("ir-tehran", "ir-amirabad", "ir-mashhad", "ir-yazd", "uz-samarkand"), (680, 5440), 20),
    ("flour", "covered-wagon", "grain", ("af-hairatan", "af-herat", "af-mazar", "tm-mary", "uz-termez"), (330, 1980), 18),
    ("lentils", "covered-wagon", "grain", ("ir-tehran", "pk-karachi", "pk-lahore"), (130, 980), 6),
    ("sunflower-oil-crude", "tank-wagon", "grain", ("uz-tashkent", "af-hairatan", "ir-mashhad"), (120, 900), 6),
    ("general", "container-40", "gates", ("ir-tehran", "ir-bandar-abbas", "uz-tashkent", "tm-ashgabat"), (10, 60), 10),
)  # fmt: skip
ORIGINS = {
    "grain": ("kz-kostanay", "kz-kokshetau", "kz-petropavl", "kz-astana", "kz-pavlodar", "kz-aktobe", "kz-arkalyk"),
    "gates": ("kz-altynkol", "kz-dostyk", "kz-almaty"),
}
COLUMNS = (
    "shipment_id", "origin", "destination", "cargo", "tonnes", "units", "equipment", "ownership", "ready_date", "due_date",
    "priority", "splittable",
)  # fmt: skip


def write_file(path: Path, count: int, weeks: int, seed: int = 7) -> None:
    """A file of shipments over real origins, destinations and cargoes; the same for every run of a seed."""
    dice = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.DictWriter(out, COLUMNS, restval="")
        rows.writeheader()
        for number in range(1, count + 1):
            cargo, equipment, kind, ends, (least, most), _ = dice.choices(TRADES, [t[-1] for t in TRADES])[0]
            ready = TODAY + dt.timedelta(days=9 + dice.randrange(max(1, (weeks - 5) * 7)))
            size = dice.randrange(least, most + 1)
            row = {
                "shipment_id": f"S{number:04d}",
                "origin": dice.choice(ORIGINS[kind]),
                "destination": dice.choice(ends),
                "cargo": cargo,
                "equipment": equipment,
                "ready_date": ready.isoformat(),
                "due_date": (ready + dt.timedelta(days=dice.choice((28, 35, 42, 56)))).isoformat()
                if dice.random() < 0.6
                else "",
                "priority": dice.choice((1, 2, 3, 3, 3)),
                "splittable": "no" if dice.random() < 0.25 else "yes",
            }
            row["units" if kind == "gates" else "tonnes"] = size
            rows.writerow(row)


def one(size: str, file: Path, out: Path, limit: float, seed: int) -> dict[str, object]:
    """Plan one file and measure."""
    from optimizer.databook import DataBook
    from optimizer.plan.run import Options, run

    weeks = int(size.split("x")[1])
    begin = time.perf_counter()
    book = DataBook.load()
    done = run(
        file,
        out,
        book,
        Options(
            start=TODAY + dt.timedelta(days=9), weeks=weeks, time_limit=limit, gap=GAPS.get(size, 0.005), seed=seed
        ),
        today=TODAY,
        created_at=NOW,
    )
    summary = done.summary
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "size": size,
        "all_s": round(time.perf_counter() - begin, 1),
        "cpu_s": round(time.process_time(), 1),
        "peak_mb": max(own, children) // 1024,
        "both_mb": (own + children) // 1024,
        **{k: summary[k] for k in ("status", "objective", "bound", "gap", "seconds_by_step", "counts")},
    }


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--size", action="append", help="shipments x weeks, as 200x26")
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--time-limit", type=float, default=0.0)
    ask.add_argument("--keep", type=Path, help="folder for files and plans")
    ask.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.one:
        size, file, out, limit = given.one
        print(json.dumps(one(size, Path(file), Path(out), float(limit), given.seed)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        base = given.keep or Path(folder)
        base.mkdir(parents=True, exist_ok=True)
        for size in given.size or ["200x26", "2000x52"]:
            count, weeks = (int(n) for n in size.split("x"))
            file = base / f"shipments-{size}.csv"
            write_file(file, count, weeks, given.seed)
            limit = given.time_limit or LIMITS.get(size, 60.0)
            command = [sys.executable, __file__, "--seed", str(given.seed), "--one", size, str(file), str(base / f"plan-{size}"), str(limit)]  # fmt: skip
            answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
            rows.append(json.loads(answer.stdout))
    print("| plan | ways s | solve s | requote s | all s | CPU s | status | gap | columns | unserved | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |")
    for r in rows:
        steps, counts = r["seconds_by_step"], r["counts"]
        gap = f"{r['gap']:.3%}" if r["gap"] is not None else ""
        print(
            f"| {r['size']} | {steps.get('ways', 0):.1f} | {steps.get('solving', 0):.1f} | {steps.get('requoting', 0):.1f} | "
            f"{r['all_s']} | {r['cpu_s']} | {r['status']} | {gap} | {counts.get('columns', 0):,} | {counts.get('unserved', 0)} | {r['peak_mb']} |"
        )


if __name__ == "__main__":
    main()
