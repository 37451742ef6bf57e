"""A process of its own that searches or proves: a problem on the first line of standard input, better rates on later
lines; what is found goes to standard output, a JSON object a line.

Problem: `Instance.plain` as `instance`, and task (search or prove), seed, workers, deadline on the clock of
`time.monotonic`, which all processes of a machine share. Later lines: {rates, value}.
Answers: {kind: solution, rates} · {kind: bound, bound} · {kind: end}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from optimizer.pricing.instance import Instance

SHORT_LIST = 100  # ways of a shipper the search begins with
SHORT_LABELS = 200_000
TELL_EVERY = 1.0  # seconds between answers
LAST = 1.5  # seconds before the deadline, from when every answer is told
LISTING_SHARE = 0.15  # of the time, to list ways
SETTLED = 0.4  # of the time, after which a search without news may end and leave its core to the proof ...
PATIENCE = 0.5  # ... when as large a share of what it took so far has passed without any
LONG = 120.0  # seconds; a shorter search goes on to the end

Emit = Callable[[dict[str, Any]], None]


class Inbox:
    """The best rates told by the others, read in the background."""

    def __init__(self) -> None:
        self.value = float("-inf")
        self.rates: list[float] | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            told = json.loads(line)
            if told["value"] > self.value:
                self.rates, self.value = told["rates"], told["value"]


def search(instance: Instance, problem: dict[str, Any], inbox: Inbox, emit: Emit) -> None:
    """Look for better rates until the deadline, or until nothing new was met for long."""
    from optimizer.pricing.enumerate import problem_of
    from optimizer.pricing.network import Network
    from optimizer.pricing.search import Search
    from optimizer.pricing.settle import settle
    from optimizer.pricing.verify import react

    deadline, began = float(problem["deadline"]), time.monotonic()
    short = problem_of(
        instance, most_ways=SHORT_LIST, most_labels=SHORT_LABELS, seconds=LISTING_SHARE * (deadline - began)
    )
    best = Search(short, rivals=Network(instance), seed=int(problem["seed"]))
    told = heard = 0.0
    last = met = began

    def judge(rates: Sequence[float]) -> Fraction:
        return react(instance, rates).revenue

    def look() -> None:
        nonlocal told, heard, last, met
        if inbox.rates is not None and inbox.value > heard:
            heard = inbox.value
            if best.offer(np.array(inbox.rates)):
                told = max(told, best.value)
        now = time.monotonic()
        if best.value > told and (now - last >= TELL_EVERY or now > deadline - LAST):
            told, last, met = best.value, now, now
            emit({"kind": "solution", "rates": settle(best, judge)[0].tolist()})

    while time.monotonic() < deadline:
        best.run(deadline, most_rounds=10, heard=look)
        now = time.monotonic()
        if now - began > max(LONG, SETTLED * (deadline - began)) and now - met > PATIENCE * (now - began):
            break
    look()


def prove(instance: Instance, problem: dict[str, Any], inbox: Inbox, emit: Emit) -> None:
    """Lower the bound until it meets the best value known."""
    from optimizer.pricing.enumerate import problem_of
    from optimizer.pricing.exact import improve

    deadline = float(problem["deadline"])
    listed = problem_of(instance, seconds=LISTING_SHARE * (deadline - time.monotonic()))
    proof = improve(
        listed,
        inbox.rates,
        deadline,
        lambda bound: emit({"kind": "bound", "bound": bound}),
        best=lambda: inbox.value,
        workers=int(problem["workers"]),
    )
    emit({"kind": "bound", "bound": proof.bound})
    if proof.rates is not None:
        emit({"kind": "solution", "rates": list(proof.rates)})


def main() -> None:
    problem = json.loads(sys.stdin.readline())
    said = threading.Lock()

    def emit(line: dict[str, Any]) -> None:
        with said:
            sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")
            sys.stdout.flush()

    tasks = {"search": search, "prove": prove}
    tasks[problem["task"]](Instance.of(problem["instance"]), problem, Inbox(), emit)
    emit({"kind": "end"})


if __name__ == "__main__":
    main()
