"""The plan's solver in a process of its own: arrays on standard input, one JSON object a line on standard output.

Each line is whole: {"what": "plan", "units", "lots", "cost", "bound", "text"}, {"what": "relaxation", ...},
{"what": "bound", ...}, {"what": "infeasible", "lots"} or {"what": "done"}. Whoever kills this process keeps the last.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def write(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said, allow_nan=False) + "\n")
    sys.stdout.flush()


def solve(plain: dict[str, Any], hear: Callable[[dict[str, Any]], None] = write) -> None:
    """Relax, round, improve, settle ties; `hear` gets each step."""
    started = time.perf_counter()
    import numpy as np

    from optimizer.plan.integer import Search, State
    from optimizer.plan.relax import Arrays, Relaxation

    def say(**what: Any) -> None:
        hear(what)

    made = Arrays.from_dict(plain["arrays"])
    ends = started + float(plain["seconds"])

    def tell(search: Search, text: str) -> None:
        assert search.best is not None
        say_plan(search.best, search.cost, search.bound, search.proved, text)

    def say_plan(state: State, cost: int, bound: int | None, proved: str, text: str) -> None:
        used = np.flatnonzero(state.units)
        say(
            what="plan",
            units=[[int(j), int(state.units[j])] for j in used],
            lots=[[n, found[1]] for n in range(len(state.lots)) if (found := state.lot(n)) and found[1]],
            cost=cost,
            bound=bound,
            proved=proved,
            text=text,
        )

    bare = State(made)
    cost = bare.cost()
    if cost is not None:
        say_plan(bare, cost, None, "", "bookings")
    relaxation = Relaxation(made)
    finished = relaxation.solve(ends - time.perf_counter())
    if not finished:
        say(what="bound", bound=None if relaxation.best == -np.inf else relaxation.least_cost())
    else:
        worth, prices = relaxation.worths()
        say(
            what="relaxation",
            bound=relaxation.least_cost(),
            objective=relaxation.objective(),
            worth=worth,
            prices=prices,
            rounds=relaxation.rounds,
        )
    if relaxation.started:
        search = Search(relaxation, int(plain["seed"]), tell, ends)
        search.start()
        search.improve(float(plain["gap"]))
        if search.best is None and search.impossible:
            say(what="infeasible", lots=search.short_lots())
        search.settle(float(plain["tie_seconds"]))
    if finished:
        say(what="saves", saves=relaxation.saves(min(ends, time.perf_counter() + float(plain["worth_seconds"]))))
    say(what="done")


if __name__ == "__main__":
    solve(json.load(sys.stdin))
