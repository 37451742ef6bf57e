"""What time costs a quote, and a profile of sixty days in quotes, in one run.

    python benchmarks/time.py [--lanes 100]

The share of time is measured inside the quote: the laws of the ways, their quantiles, late cost, shelf life,
calendar notes. Ratios travel; absolute figures belong to the machine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable
from typing import Any

from quote import NOW, TODAY, lanes_of

import optimizer.remarks as remarks
import optimizer.render as rendering
from optimizer.databook import DataBook
from optimizer.departure import profile
from optimizer.errors import FreightError
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search

spent = 0.0
depth = 0


def timed(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its time added to `spent` once, however deep the calls."""

    def run(*args: Any, **more: Any) -> Any:
        global spent, depth
        depth += 1
        start = time.perf_counter()
        try:
            return work(*args, **more)
        finally:
            depth -= 1
            if not depth:
                spent += time.perf_counter() - start

    return run


def main() -> None:
    global spent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=100)
    wanted = parser.parse_args().lanes
    book = DataBook.load()
    requests = [QuoteRequest(o, d, c, tonnes="3000") for o, d, c in lanes_of(book, wanted)]
    Search.transit = timed(Search.transit)  # type: ignore[method-assign]
    Search.shelf_life = timed(Search.shelf_life)  # type: ignore[method-assign]
    remarks.notes = timed(remarks.notes)
    rendering.late_dict = timed(rendering.late_dict)
    rendering.timeline = timed(rendering.timeline)
    ratios, quotes = [], []
    for request in requests:
        try:
            make_quote(request, book, today=TODAY, created_at=NOW)
        except FreightError:
            continue
        spent = 0.0
        start = time.perf_counter()
        make_quote(request, book, today=TODAY, created_at=NOW)
        whole = time.perf_counter() - start
        quotes.append(whole)
        ratios.append(whole / (whole - spent))
    print(
        f"quote with alternatives: {statistics.median(quotes) * 1000:.1f} ms, with time {statistics.median(ratios):.2f} times without"
    )
    windows = []
    for request in requests[:12]:
        try:
            job = normalise(request, book, TODAY)
            profile(job, book, 60)
            start = time.perf_counter()
            profile(job, book, 60)
            days = time.perf_counter() - start
            start = time.perf_counter()
            make_quote(request, book, today=TODAY, created_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
            windows.append(days / (time.perf_counter() - start))
        except FreightError:
            continue
    print(f"profile of 60 days: {statistics.median(windows):.1f} quotes (most {max(windows):.1f})")


if __name__ == "__main__":
    main()
