"""Quote, Pareto quote and batch against plain networkx on the same arcs and cents, in one run.

    python benchmarks/quote.py [--rows 10000] [--lanes 500] [--json]

Prints medians and ratios; absolute figures belong to the machine, ratios travel. The rival of the search
is networkx's Dijkstra on the very graph and integer weights of the lane; both must find the same optimum.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import networkx as nx

from optimizer import batch
from optimizer.databook import DataBook
from optimizer.intake.names import lookup_of
from optimizer.intake.opening import open_table
from optimizer.intake.read import read
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.ways import best_way, pareto_front

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
DESTINATIONS = (
    "ir-bandar-abbas",
    "ir-tehran",
    "ir-amirabad",
    "af-hairatan",
    "af-herat",
    "tm-mary",
    "tm-ashgabat",
    "ir-mashhad",
    "uz-tashkent",
    "uz-bukhara",
    "pk-karachi",
    "pk-lahore",
    "af-mazar",
    "ir-yazd",
    "uz-termez",
    "af-kabul",
    "tm-turkmenbashi",
    "ir-qom",
    "pk-quetta",
    "af-kandahar",
)
CARGOES = ("wheat", "barley", "flour", "lentils", "general")


def lanes_of(book: DataBook, count: int, seed: int = 7) -> list[tuple[str, str, str]]:
    """Distinct (origin, destination, cargo), the same for every run."""
    origins = sorted(p for p in book.network.rail_places if p.startswith("kz-"))
    dice = random.Random(seed)
    lanes: set[tuple[str, str, str]] = set()
    while len(lanes) < count:
        lanes.add((dice.choice(origins), dice.choice(DESTINATIONS), dice.choice(CARGOES)))
    return sorted(lanes)


def milliseconds(work, repeat: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(repeat):
        work()
    return (time.perf_counter() - start) * 1000 / repeat


def single_quotes(book: DataBook, lanes: list[tuple[str, str, str]]) -> dict[str, float]:
    """Whole quotes as a client gets them: first on a cold lane, then again; then with the Pareto set."""
    warm, first, plain, pareto = [], [], [], []
    for origin, destination, cargo in lanes:
        request = QuoteRequest(origin, destination, cargo, tonnes="1500", ready="2026-12-01")
        first.append(milliseconds(lambda r=request: make_quote(r, book, today=TODAY, created_at=NOW)))
        warm.append(milliseconds(lambda r=request: make_quote(r, book, today=TODAY, created_at=NOW)))
        bare = QuoteRequest(origin, destination, cargo, tonnes="1500", ready="2026-12-01", alternatives=0)
        plain.append(milliseconds(lambda r=bare: make_quote(r, book, today=TODAY, created_at=NOW)))
        full = QuoteRequest(origin, destination, cargo, tonnes="1500", ready="2026-12-01", alternatives=0, pareto=True)
        pareto.append(milliseconds(lambda r=full: make_quote(r, book, today=TODAY, created_at=NOW)))
    return {
        "quote_first_on_lane_ms_p50": statistics.median(first),
        "quote_with_alternatives_ms_p50": statistics.median(warm),
        "quote_best_fastest_greenest_ms_p50": statistics.median(plain),
        "pareto_quote_ms_p50": statistics.median(pareto),
        "pareto_quote_ms_p95": sorted(pareto)[int(len(pareto) * 0.95)],
    }


def search_against_networkx(book: DataBook, lanes: list[tuple[str, str, str]]) -> dict[str, float]:
    """One optimum on a priced lane: ours, networkx Dijkstra and bidirectional Dijkstra, equal integer cents."""
    ours, theirs, both = [], [], []
    for origin, destination, cargo in lanes:
        job = normalise(QuoteRequest(origin, destination, cargo, tonnes="1500", ready="2026-12-01"), book, TODAY)
        search = Search(job, book)
        blocked = search.blocked()
        weight = search.combined("cost")
        graph = nx.DiGraph()
        cents = search.weights[0].tolist()
        for edge, price, out in zip(search.lane.edges, cents, blocked.tolist(), strict=True):
            if not out and price < graph.get_edge_data(edge.tail, edge.head, {"weight": price + 1})["weight"]:
                graph.add_edge(edge.tail, edge.head, weight=price)
        source, sink = search.lane.source, search.lane.sink
        path = best_way(search, weight, blocked)
        if path is None:
            continue
        found = nx.dijkstra_path_length(graph, source, sink)
        if found != search.sums(path)[0]:
            raise SystemExit(f"networkx finds {found}, we find {search.sums(path)[0]} on {origin} - {destination}")
        ours.append(milliseconds(lambda s=search, w=weight, b=blocked: best_way(s, w, b), 5))
        theirs.append(milliseconds(lambda g=graph, a=source, z=sink: nx.dijkstra_path(g, a, z)))
        both.append(milliseconds(lambda g=graph, a=source, z=sink: nx.bidirectional_dijkstra(g, a, z)))
    a, b, c = statistics.median(ours), statistics.median(theirs), statistics.median(both)
    return {
        "search_ms_p50": a,
        "networkx_dijkstra_ms_p50": b,
        "networkx_bidirectional_ms_p50": c,
        "networkx_over_ours": b / a,
        "bidirectional_over_ours": c / a,
    }


def pareto_size(book: DataBook, lanes: list[tuple[str, str, str]]) -> dict[str, float]:
    """How many ways the full three-criteria sets hold, and the search alone."""
    sizes, times = [], []
    for origin, destination, cargo in lanes:
        job = normalise(QuoteRequest(origin, destination, cargo, tonnes="1500", ready="2026-12-01"), book, TODAY)
        search = Search(job, book)
        blocked = search.blocked()
        start = time.perf_counter()
        front, complete = pareto_front(search, blocked)
        times.append((time.perf_counter() - start) * 1000)
        assert complete
        sizes.append(len(front))
    return {
        "pareto_search_ms_p50": statistics.median(times),
        "pareto_set_p50": statistics.median(sizes),
        "pareto_set_max": max(sizes),
    }


def batch_rows(lanes: list[tuple[str, str, str]], rows: int) -> dict[str, float]:
    """A file of rows over the lanes, charges written; a fresh data book, so pricing the lanes counts."""
    dice = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shipments.csv"
        with file.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["shipment_id", "origin", "destination", "cargo", "tonnes", "ready_date"])
            for number in range(rows):
                origin, destination, cargo = dice.choice(lanes)
                writer.writerow([f"s{number}", origin, destination, cargo, dice.randint(60, 5000), "2026-12-01"])
        lookup, shut = lookup_of(None, None, TODAY)
        reading, _ = read(open_table(file, "shipments"), "shipments", lookup, today=TODAY, shut=shut)
        result = batch.run(reading, Path(folder) / "out", DataBook.load(), today=TODAY, created_at=NOW)
        lines = sum(1 for _ in (Path(folder) / "out" / "charges.csv").open()) - 1
    return {
        "batch_rows_per_s": rows / result.seconds,
        "batch_seconds": result.seconds,
        "batch_quoted": result.counts["quoted"],
        "batch_charge_lines": lines,
    }


def cold_command() -> dict[str, float]:
    """`keruen quote` from the shell: interpreter, imports, data, one quote."""
    command = [
        sys.executable,
        "-m",
        "optimizer",
        "quote",
        "Kokshetau",
        "Bandar Abbas",
        "--cargo",
        "wheat",
        "--tonnes",
        "3000",
        "--no-store",
    ]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return {"cold_quote_s_p50": statistics.median(times)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--lanes", type=int, default=500)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    book = DataBook.load()
    lanes = lanes_of(book, asked.lanes)
    sample = random.Random(3).sample(lanes, min(40, len(lanes)))
    figures: dict[str, float] = {}
    figures |= batch_rows(lanes, asked.rows)
    for who, name in (
        (resource.RUSAGE_SELF, "memory_mb_after_batch"),
        (resource.RUSAGE_CHILDREN, "memory_mb_of_a_child"),
    ):
        figures[name] = resource.getrusage(who).ru_maxrss / 1024
    figures |= single_quotes(book, sample)
    figures |= search_against_networkx(book, sample)
    figures |= pareto_size(book, sample)
    figures |= cold_command()
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:40s} {value:12.2f}")


if __name__ == "__main__":
    main()
