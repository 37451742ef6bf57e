"""What time costs a quote, and a profile of sixty days in quotes, in one run.

    python benchmarks/time.py [--lanes 100]

The share of time is measured inside the quote: the laws of the ways, their quantiles, late cost, shelf life,
calendar notes. Ratios travel; absolute figures belong to the machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from quote import NOW, TODAY, lanes_of

import optimizer.remarks as remarks
import optimizer.render as rendering
from optimizer.databook import DataBook
from optimizer.departure import profile
from optimizer.errors import FreightError
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search

# Where a quote works out time.
TIMED: tuple[tuple[Any, str], ...] = (
    (Search, "transit"),
    (Search, "shelf_life"),
    (remarks, "notes"),
    (rendering, "late_dict"),
    (rendering, "timeline"),
)
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=100)
    wanted = parser.parse_args().lanes
    book = DataBook.load()
    requests = [QuoteRequest(o, d, c, tonnes="3000") for o, d, c in lanes_of(book, wanted)]
    with ExitStack() as watched:
        for place, name in TIMED:
            watched.enter_context(patch.object(place, name, timed(getattr(place, name))))
        quotes, ratios = share_of_time(requests, book)
    print(
        f"quote with alternatives: {statistics.median(quotes) * 1000:.1f} ms, with time {statistics.median(ratios):.2f} times without"
    )
    windows = profiles(requests[:12], book)
    print(f"profile of 60 days: {statistics.median(windows):.1f} quotes (most {max(windows):.1f})")


def share_of_time(requests: list[QuoteRequest], book: DataBook) -> tuple[list[float], list[float]]:
    """(seconds of each quote, how many times those of the same quote without time)."""
    global spent
    quotes, ratios = [], []
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
    return quotes, ratios


def profiles(requests: list[QuoteRequest], book: DataBook) -> list[float]:
    """How many quotes a profile takes."""
    windows = []
    for request in requests:
        try:
            job = normalise(request, book, TODAY)
            profile(job, book, 60)
            start = time.perf_counter()
            profile(job, book, 60)
            days = time.perf_counter() - start
            start = time.perf_counter()
            make_quote(request, book, today=TODAY, created_at=NOW)
            windows.append(days / (time.perf_counter() - start))
        except FreightError:
            continue
    return windows


if __name__ == "__main__":
    main()
