"""A long sheet read, quoted and given back, as a desk does it: one command on a messy CSV, in one run with the same rows one by one.

    python benchmarks/desk.py [--rows 50000] [--lanes 120] [--days 30] [--alone 200] [--json]

The sheet is Russian, cp1251, with titles, a decimal comma and masses of every size; lanes are drawn from the rail places of
Kazakhstan and twenty destinations. `together_over_alone` compares seconds a row of the command with seconds a row quoted singly.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from quote import DESTINATIONS, TODAY

from optimizer.databook import DataBook
from optimizer.quote import best_only
from optimizer.remarks import finish
from optimizer.request import QuoteRequest, normalise

CARGOES = {"wheat": "пшеница", "barley": "ячмень"}
FIRST_DAY = dt.date(2026, 12, 1)


def rows_of(book: DataBook, rows: int, lanes: int, days: int) -> list[tuple[str, str, str, str, dt.date]]:
    """(origin, destination, cargo, tonnes, day), the same for every run."""
    dice = random.Random(50)
    origins = sorted(p for p in book.network.rail_places if p.startswith("kz-"))
    drawn = [(dice.choice(origins), dice.choice(DESTINATIONS), dice.choice(sorted(CARGOES))) for _ in range(lanes)]
    return [
        (
            *dice.choice(drawn),
            f"{dice.randint(600, 60000) / 10:.1f}",
            FIRST_DAY + dt.timedelta(days=dice.randrange(days)),
        )
        for _ in range(rows)
    ]


def write(path: Path, rows: list[tuple[str, str, str, str, dt.date]]) -> None:
    """The sheet as it would come."""
    with path.open("w", encoding="cp1251", newline="") as file:
        file.write("Запросы на просчет\r\n\r\n")
        out = csv.writer(file, delimiter=";")
        out.writerow(["№", "Станция отправления", "Станция назначения", "Груз", "Вес, т", "Дата готовности"])
        for number, (origin, destination, cargo, tonnes, day) in enumerate(rows, start=1):
            out.writerow([number, origin, destination, CARGOES[cargo], tonnes.replace(".", ","), f"{day:%d.%m.%Y}"])


def alone(book: DataBook, rows: list[tuple[str, str, str, str, dt.date]]) -> float:
    """Seconds a row, each quoted by itself on lanes that are warm."""
    jobs = [
        normalise(QuoteRequest(a, b, c, tonnes=t, ready=d.isoformat(), alternatives=0), book, TODAY)
        for a, b, c, t, d in sorted(rows)
    ]
    for job in jobs:
        best_only(job, book)
    start = time.perf_counter()
    for job in jobs:
        search, best = best_only(job, book)
        finish(search, [best])
    return (time.perf_counter() - start) / len(jobs)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=50_000)
    options.add_argument("--lanes", type=int, default=120)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--alone", type=int, default=200)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    book = DataBook.load()
    rows = rows_of(book, asked.rows, asked.lanes, asked.days)
    with tempfile.TemporaryDirectory() as folder:
        sheet, out = Path(folder) / "requests.csv", Path(folder) / "out"
        write(sheet, rows)
        command = [sys.executable, "-m", "optimizer", "batch", "quote", str(sheet), "--out", str(out), "--lang", "ru"]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        lines = sum(1 for _ in (out / "charges.csv").open(encoding="utf-8")) - 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    single = alone(book, random.Random(1).sample(rows, min(asked.alone, len(rows))))
    figures = {
        "rows": asked.rows,
        "quoted": told["counts"]["quoted"],
        "charge_lines": lines,
        "seconds": seconds,
        "processor_seconds": used.ru_utime + used.ru_stime,
        "most_memory_mb": used.ru_maxrss / 1024,
        "alone_ms_a_row": single * 1000,
        "together_over_alone": seconds / asked.rows / single,
    }
    if asked.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:22} {value:12.3f}" if isinstance(value, float) else f"{name:22} {value:12}")


if __name__ == "__main__":
    main()
