"""Column generation against the arc-flow program in HiGHS, and design against all sets of arcs, on random instances."""

from __future__ import annotations

import itertools
import math
import random
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from optimizer.flow.arcflow import solve_arcflow
from optimizer.flow.arrays import Arrays
from optimizer.flow.check import PathFlow as Flow
from optimizer.flow.check import recompute
from optimizer.flow.conflict import explain
from optimizer.flow.design import Design
from optimizer.flow.instance import Arc, Commodity, Instance
from optimizer.flow.lagrangian import ascend
from optimizer.flow.relax import PathFlow
from tests.patience import ends


def drawn(seed: int, *, nodes: int, arcs: int, commodities: int, room: int = 12) -> Instance:
    """Any graph: parallel arcs, arcs without cost or room, nodes nobody reaches."""
    draw = random.Random(seed)

    def ends() -> tuple[int, int]:
        tail, head = draw.sample(range(1, nodes + 1), 2)
        return tail, head

    return Instance(
        f"drawn-{seed}",
        nodes,
        tuple(
            Arc(*ends(), Fraction(draw.randint(0, 9)), Fraction(draw.randint(0, room)), Fraction(draw.randint(0, 30)))
            for _ in range(arcs)
        ),
        tuple(Commodity(*ends(), Fraction(draw.randint(1, 6))) for _ in range(commodities)),
    )


def searched(instance: Instance, task: str = "prove", seconds: float = 30.0) -> tuple[Design, list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []
    design = Design(Arrays.of(instance.plain()), seed=1, deadline=time.monotonic() + seconds, emit=said.append)
    design.run(task)
    return design, said


def by_enumeration(net: Arrays) -> float:
    """Cheapest over every set of arcs opened."""
    best = math.inf
    for closed in itertools.product((False, True), repeat=net.arcs):
        shut = np.array(closed)
        fixed = float(net.fixed[~shut].sum())
        if fixed >= best:
            continue
        answer = solve_arcflow(replace(net, capacities=np.where(shut, 0.0, net.capacities)))
        best = min(best, fixed + answer.objective)
    return best


def test_columns_equal_arc_flow_on_200_instances() -> None:
    seen = {"optimal": 0, "infeasible": 0}
    for seed in range(200):
        size = random.Random(seed)
        instance = drawn(seed, nodes=size.randint(3, 9), arcs=size.randint(8, 40), commodities=size.randint(1, 9))
        net = Arrays.of(instance.plain())
        ours, theirs = PathFlow(net).solve(net.costs), solve_arcflow(net)
        assert ours.status == theirs.status, instance.name
        seen[ours.status] += 1
        if ours.status == "infeasible":
            continue
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6), instance.name
        assert ours.bound == pytest.approx(theirs.objective, rel=1e-6, abs=1e-6), instance.name
        flows = [Flow(int(net.named[k]), path, amount) for (k, path), amount in ours.flows]
        recompute(instance, flows, claimed=ours.objective, bound=ours.bound)
    assert min(seen.values()) > 20, seen


def test_an_interrupted_flow_has_a_true_bound() -> None:
    net = Arrays.of(drawn(2, nodes=9, arcs=60, commodities=14, room=14).plain())
    whole = PathFlow(net).solve(net.costs)
    assert whole.status == "optimal"
    assert whole.rounds > 4
    deadline = time.monotonic() + 0.3
    part = PathFlow(net).solve(net.costs, deadline=deadline, heard=lambda _: time.sleep(0.3))
    assert part.status in ("feasible", "none")
    assert part.rounds < whole.rounds
    assert 0 < part.bound <= whole.objective * (1 + 1e-9)
    late = PathFlow(net).solve(net.costs, deadline=time.monotonic() - 1)
    assert late.status == "none"
    assert 0 < late.bound <= whole.objective * (1 + 1e-9)


def test_a_named_cut_adds_up() -> None:
    cuts = 0
    for seed in range(60):
        net = Arrays.of(drawn(seed, nodes=6, arcs=14, commodities=5, room=8).plain())
        least = PathFlow(net).solve(net.costs)
        if least.status != "infeasible":
            continue
        told = explain(net, least)
        assert told["unserved"] > 0
        if told["nodes"]:
            cuts += 1
            inside = np.isin(np.arange(net.nodes) + 1, told["nodes"])
            wanted = net.quantities[inside[net.origins] & ~inside[net.destinations]].sum()
            room = net.capacities[inside[net.tails] & ~inside[net.heads]].sum()
            assert 0 < wanted - room <= told["unserved"] + 1e-6
    assert cuts > 5


def test_columns_are_kept_between_costs_and_closures() -> None:
    draw = np.random.default_rng(3)
    net = Arrays.of(drawn(11, nodes=8, arcs=50, commodities=6, room=40).plain())
    flows = PathFlow(net)
    for _ in range(15):
        costs = draw.integers(0, 20, net.arcs).astype(float)
        closed = draw.random(net.arcs) < 0.2
        ours = flows.solve(costs, closed=closed)
        theirs = solve_arcflow(replace(net, costs=costs, capacities=np.where(closed, 0.0, net.capacities)))
        assert ours.status == theirs.status
        if ours.status == "optimal":
            assert ours.objective == pytest.approx(theirs.objective, rel=1e-6)


@pytest.mark.parametrize("seed", range(64))
def test_design_equals_enumeration(seed: int) -> None:
    size = random.Random(seed)
    instance = drawn(seed, nodes=size.randint(3, 4), arcs=size.randint(6, 7), commodities=size.randint(1, 3), room=40)
    net = Arrays.of(instance.plain())
    right = by_enumeration(net)
    design, said = searched(instance)
    if math.isinf(right):
        assert said[-1]["kind"] == "infeasible"
        return
    assert design.best.cost == pytest.approx(right, rel=1e-6, abs=1e-6)
    assert design.bound == pytest.approx(right, rel=1e-5, abs=1e-5)
    for line in said:
        if line["kind"] == "solution":
            flows = [Flow(k, tuple(path), amount) for k, path, amount in line["flows"]]
            recompute(instance, flows, line["opened"], claimed=line["objective"], bound=design.bound)


def test_the_lagrangian_bound_and_its_fixing_are_true() -> None:
    """Below the optimum, and no arc is ruled out or in against it."""
    for seed in range(6):
        instance = drawn(seed, nodes=6, arcs=24, commodities=5, room=25)
        design, said = searched(instance)
        if said[-1]["kind"] == "infeasible":
            continue
        bound = ascend(design.net, design.best.cost * 1.1)
        assert bound.bound <= design.best.cost * (1 + 1e-9)
        opened = design.best.opened
        dearer = design.best.cost * (1 + 1e-6)
        assert not (bound.never(dearer) & opened).any()
        assert not (bound.always(dearer) & ~opened).any()


def test_more_capacity_never_costs_more() -> None:
    for seed in range(5):
        instance = drawn(seed + 100, nodes=6, arcs=22, commodities=4, room=20)
        wider = replace(instance, arcs=tuple(replace(a, capacity=a.capacity + 5) for a in instance.arcs))
        before, after = (searched(i)[0].best.cost for i in (instance, wider))
        assert after <= before * (1 + 1e-6)
        nets = [Arrays.of(i.plain()) for i in (instance, wider)]
        less, more = (PathFlow(net).solve(net.costs).objective for net in nets)
        assert more <= less * (1 + 1e-6)


def test_neighbourhoods_end_in_time_with_a_true_solution() -> None:
    instance = drawn(1, nodes=8, arcs=45, commodities=8, room=60)
    proven, _ = searched(instance)
    with ends(2.0):
        found, said = searched(instance, "improve", seconds=2.0)
    assert said[-1]["kind"] == "end"
    assert found.bound <= proven.best.cost * (1 + 1e-9)
    assert found.best.cost >= proven.best.cost * (1 - 1e-9)
