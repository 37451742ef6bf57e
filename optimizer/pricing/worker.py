"""A process of its own that searches or proves: a problem on the first line of standard input, better rates on later
lines; what is found goes to standard output, a JSON object a line.

Problem: `Instance.plain` as `instance`, and task (search or prove), seed, workers, deadline on the clock of
`time.monotonic`, which all processes of a machine share. Later lines: {rates, value} or {bound}.
Answers: {kind: solution, rates} · {kind: bound, bound} · {kind: end}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from optimizer.pricing.instance import Instance

SHORT_LIST = 100  # ways of a shipper the search begins with
SHORT_LABELS = 200_000
TELL_EVERY = 1.0  # seconds between answers
LAST = 1.5  # seconds before the deadline, from when every answer is told
LISTING_SHARE = 0.15  # of the time, to list ways
CLIMB_FIRST = 0.08  # of the time; then climbing and regrouping take turns ...
CLIMBING = 0.35  # ... this share of it for climbing
TOGETHER, LONGEST = 0.4, 45.0  # of the time, and seconds: at most so long both search; from then on one proves ...
FIRST, FIRST_PATIENCE = 0.03, 0.6  # ... or from this share on, when so much of what it took has passed without news
OTHER_SEED = 1_000_003
CLOSE = 0.05  # of the value: a gap that may yet be closed
LONG, PATIENCE = 40.0, 0.7  # seconds, and share of what it took: then such a search without news leaves its core

Emit = Callable[[dict[str, Any]], None]


class Inbox:
    """The best rates told by the others, read in the background."""

    def __init__(self) -> None:
        self.value = float("-inf")
        self.rates: list[float] | None = None
        self.met = 0.0  # when that was told
        self.bound = float("inf")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            told = json.loads(line)
            self.bound = min(self.bound, told.get("bound", self.bound))
            if told.get("value", self.value) > self.value:
                self.rates, self.value, self.met = told["rates"], told["value"], time.monotonic()


class Hunt:
    """A search for better rates, which tells what it finds and may take over what others found.

    Attributes:
        rates, value: the last rates told, and what exactly they bring.
        met: when (time.monotonic) something new was last met.
    """

    def __init__(self, instance: Instance, problem: dict[str, Any], emit: Emit, *, seed: int = 0) -> None:
        from optimizer.pricing.enumerate import problem_of
        from optimizer.pricing.network import Network
        from optimizer.pricing.search import Search

        self.instance, self.emit = instance, emit
        self.deadline, self.began = float(problem["deadline"]), time.monotonic()
        short = problem_of(
            instance,
            most_ways=SHORT_LIST,
            most_labels=SHORT_LABELS,
            seconds=LISTING_SHARE * (self.deadline - self.began),
        )
        self.search = Search(short, rivals=Network(instance), seed=int(problem["seed"]) + seed)
        self.rates: list[float] | None = None
        self.value = self.told = self.heard = 0.0
        self.last = self.met = self.began

    def look(self, inbox: Inbox | None = None) -> None:
        """Tell what is new, and hear what the others have."""
        from optimizer.pricing.settle import settle
        from optimizer.pricing.verify import react

        best = self.search
        if inbox is not None and inbox.rates is not None and inbox.value > self.heard:
            self.heard = inbox.value
            if best.offer(np.array(inbox.rates)):
                self.told, self.met = max(self.told, best.value), time.monotonic()
        now = time.monotonic()
        if best.value > self.told and (now - self.last >= TELL_EVERY or now > self.deadline - LAST):
            self.told, self.last, self.met = best.value, now, now
            rates, value = settle(best, lambda rates: react(self.instance, rates).revenue)
            self.rates, self.value = rates.tolist(), float(value)
            self.emit({"kind": "solution", "rates": self.rates})

    def run(self, until: float, inbox: Inbox | None, enough: Callable[[], bool]) -> None:
        """Climb, then climb and regroup by turns, until a time or until it is enough."""
        from optimizer.pricing.regroup import Regroup

        def look() -> None:
            self.look(inbox)

        regroup: Regroup | None = None
        climbed = regrouped = 0.0
        first = self.began + CLIMB_FIRST * (self.deadline - self.began)
        while (now := time.monotonic()) < until and not enough():
            if now < first or climbed < CLIMBING * (climbed + regrouped):
                self.search.run(until, most_rounds=10, heard=look)
                climbed += time.monotonic() - now
            else:
                regroup = regroup or Regroup(self.search)
                regroup.run(until, most_trees=1, heard=look)
                regrouped += time.monotonic() - now
        look()


def search(instance: Instance, problem: dict[str, Any], inbox: Inbox, emit: Emit) -> None:
    """Look for better rates until the deadline; end when the proof may come to an end and nothing new is met."""
    hunt = Hunt(instance, problem, emit)

    def enough() -> bool:
        spent = time.monotonic() - hunt.began
        near = inbox.bound - hunt.search.value < CLOSE * abs(hunt.search.value)
        return near and spent > LONG and time.monotonic() - hunt.met > PATIENCE * spent

    hunt.run(hunt.deadline, inbox, enough)


def prove(instance: Instance, problem: dict[str, Any], inbox: Inbox, emit: Emit) -> None:
    """Lower the bound until it meets the best value known; search too as long as good rates are yet to be found.

    The rounds at the root stop, and ways are struck out, by the value to beat: a poor one spoils all that follows.
    """
    from optimizer.pricing.enumerate import problem_of
    from optimizer.pricing.exact import improve

    hunt = Hunt(instance, problem, emit, seed=OTHER_SEED)  # not told of the others' finds: it begins elsewhere
    time_given = hunt.deadline - hunt.began

    def enough() -> bool:
        known = hunt.rates is not None or inbox.rates is not None  # not so while all is being compiled
        spent = time.monotonic() - hunt.began
        stale = time.monotonic() - max(hunt.met, inbox.met) > FIRST_PATIENCE * spent
        return known and stale and spent > FIRST * time_given

    hunt.run(hunt.began + min(LONGEST, TOGETHER * time_given), None, enough)
    listed = problem_of(instance, seconds=LISTING_SHARE * time_given)
    proof = improve(
        listed,
        inbox.rates if inbox.value > hunt.value else hunt.rates,
        hunt.deadline,
        lambda bound: emit({"kind": "bound", "bound": bound}),
        best=lambda: max(inbox.value, hunt.value),
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
