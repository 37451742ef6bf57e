"""The season plan's solver on seeded problems of realistic shape: objective, bound, gap, seconds, memory.

    python benchmarks/plan_core.py [--shipments 200] [--periods 26] [--seed 1] [--seconds 40] [--gap 0.005]

A lane has four to thirty ways over a few borders, lines, ports and fleets; a shipment has 5 to 120 wagons and may
start in any of four to eight weeks. Capacities are a share of what the cheapest plan would load in the peak. Some
ways go in block trains of 45 to 57 wagons at 5 to 12 % less, some in vessels of 3,000 to 5,000 t with dead freight.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from optimizer.plan.model import Capacity, Column, Demand, Lot, PlanProblem, Use

WAGON_T = 64
CENTS = 100


@dataclass(frozen=True)
class Way:
    """A way of a lane: what it costs a wagon, what it passes and how many weeks after the start."""

    name: str
    cost: int
    passes: tuple[tuple[str, int, int], ...]  # resource, weeks after the start, thousandths a wagon
    weeks: int
    lot: str  # "", "train" or a vessel's service
    saves: int  # thousandths saved in a block train


def _ways(rng: random.Random, lane: int, borders: list[str], lines: list[str], seas: list[str]) -> list[Way]:
    ways = []
    base = rng.randint(1500, 6000) * CENTS
    for number in range(rng.randint(4, 30)):
        cost = int(base * rng.uniform(1.0, 1.7))
        passes, week = [], 0
        for place in (rng.choice(lines), rng.choice(borders), rng.choice(lines), rng.choice(borders)):
            if rng.random() < 0.7 and place not in [p[0] for p in passes]:
                passes.append((place, week, 1000))
            week += rng.random() < 0.5
        at_sea = rng.random() < 0.35
        vessel = at_sea and rng.random() < 0.3
        if at_sea:
            sea = rng.choice(seas)
            passes.append((sea, week, WAGON_T * 1000))
            passes.append((f"port-{sea}", week, WAGON_T * 1000))
            week += 1
        fleet = f"fleet-{rng.randrange(4)}"
        passes += [(fleet, w, 1000) for w in range(week + 1 + rng.randrange(2))]  # until the wagon is home
        lot = passes[[p[0].startswith("sea") for p in passes].index(True)][0] if vessel else ""
        if not lot and rng.random() < 0.25:
            lot = "train"
        ways.append(Way(f"{lane}.{number}", cost, tuple(passes), week + 1, lot, rng.randint(50, 120)))
    return ways


def make_problem(shipments: int, periods: int, seed: int, tightness: float = 0.8) -> PlanProblem:
    """A problem of `shipments` demands over `periods` weeks; the same seed gives the same problem."""
    rng = random.Random(f"{shipments} {periods} {seed}")
    borders = [f"border-{n}" for n in range(10)]
    lines = [f"line-{n}" for n in range(8)]
    seas = [f"sea-{n}" for n in range(3)]
    lanes = [_ways(rng, n, borders, lines, seas) for n in range(max(3, shipments // 8))]
    demands: list[Demand] = []
    columns: list[Column] = []
    lots: dict[str, Lot] = {}
    load: dict[tuple[str, int], int] = defaultdict(int)
    for k in range(shipments):
        ways = rng.choice(lanes)
        units = rng.choice((5, 10, 15, 20, 30, 40, 57, 60, 80, 100, 120))
        first = min(periods - 1, int(rng.triangular(0, periods - 4, periods * 0.4)))
        window = range(first, min(periods, first + rng.randint(4, 8)))
        dearest = max(w.cost for w in ways)
        whole, since = rng.random() < 0.05, len(columns)
        demands.append(Demand(f"S{k:04}", units, 3 * dearest, whole, rng.randint(1, 5)))
        held = rng.randint(20, 120) * CENTS  # for a week a wagon waits
        for way in ways:
            for start in window:
                uses = tuple(Use(r, start + w, a) for r, w, a in way.passes if start + w < periods)
                cost = Fraction(way.cost + held * (start - first + way.weeks))
                if way.lot.startswith("sea"):
                    lot = f"{way.lot} week {start + 1}"
                    least = rng.randint(3000, 4000) * 1000
                    lots.setdefault(
                        lot,
                        Lot(lot, "vessel", start, least, 5_000_000, 20_000 * CENTS, Fraction(12 * CENTS, 1000), 2),
                    )
                    cost -= Fraction(way.cost, 5)
                    columns.append(Column(k, way.name, start, cost, uses, 0, lot, WAGON_T * 1000))
                    continue
                columns.append(Column(k, way.name, start, cost, uses))
                if way.lot:
                    lot = f"train {way.name} week {start}"
                    lots.setdefault(lot, Lot(lot, "train", start, 45_000, 57_000))
                    cut = cost - Fraction(way.cost * way.saves, 1000)
                    columns.append(Column(k, f"{way.name} block", start, cut, uses, 0, lot, 1000))
        cheapest = min((c for c in columns[since:] if not c.lot_id), key=lambda c: c.cost)
        for use in cheapest.uses:
            load[use.resource_id, use.period] += use.amount * units
    peak: dict[str, int] = defaultdict(int)
    for (name, _), amount in load.items():
        peak[name] = max(peak[name], amount)
    capacities = [
        Capacity(name, p, int(amount * tightness) // 1000 * 1000, int(amount * 0.05) // 1000 * 1000)
        for name, amount in sorted(peak.items())
        for p in range(periods)
    ]
    return PlanProblem(tuple(demands), tuple(columns), tuple(capacities), tuple(lots.values()))


def book(problem: PlanProblem, seed: int, share: float = 0.05) -> PlanProblem:
    """The same problem with some shipments booked, in part, on one of their ways."""
    rng = random.Random(seed)
    free = {(c.resource_id, c.period): c.free for c in problem.capacities}
    booked: dict[int, int] = {}
    taken: set[int] = set()
    for j, column in _shuffled(problem.columns, rng):
        if len(taken) >= share * len(problem.demands):
            break
        demand = problem.demands[column.demand]
        units = demand.units if demand.whole else max(1, demand.units // 2)
        if column.demand in taken or column.lot_id:
            continue
        if all(free.get((u.resource_id, u.period), 1 << 60) >= u.amount * units for u in column.uses):
            taken.add(column.demand)
            booked[j] = units
            for u in column.uses:
                if (u.resource_id, u.period) in free:
                    free[u.resource_id, u.period] -= u.amount * units
    return PlanProblem(problem.demands, problem.columns, problem.capacities, problem.lots, booked)


def _shuffled(columns: tuple[Column, ...], rng: random.Random) -> Iterator[tuple[int, Column]]:
    order = list(range(len(columns)))
    rng.shuffle(order)
    return ((j, columns[j]) for j in order)


def main() -> None:
    from optimizer.plan.solve import solve_plan

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shipments", type=int, default=200)
    parser.add_argument("--periods", type=int, default=26)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--gap", type=float, default=0.005)
    wanted = parser.parse_args()
    problem = book(make_problem(wanted.shipments, wanted.periods, wanted.seed), wanted.seed)
    print(
        f"{len(problem.demands):,} shipments, {sum(d.units for d in problem.demands):,} wagons, "
        f"{len(problem.columns):,} columns, {sum(len(c.uses) for c in problem.columns):,} uses, "
        f"{len(problem.capacities):,} capacities, {len(problem.lots):,} lots, {len(problem.booked):,} bookings"
    )
    started = time.perf_counter()
    result = solve_plan(
        problem,
        time_limit_s=wanted.seconds,
        gap=wanted.gap,
        seed=wanted.seed,
        listen=lambda said: print(
            f"  {time.perf_counter() - started:7.1f} s  {said['cost']:,.0f}  bound {said['bound'] or 0:,.0f}  {said['text']}"
        ),
    )
    print(
        f"{result.status}: objective {result.objective:,}, bound {float(result.bound or 0):,.0f}, gap {result.gap or 0:.4%}, "
        f"{time.perf_counter() - started:.1f} s, unserved {sum(result.unserved.values()):,}, lots {sum(result.lots.values()):,}"
    )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory: {own:,.0f} MB here, {child:,.0f} MB in the solver's process")


if __name__ == "__main__":
    main()
