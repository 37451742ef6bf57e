"""Recompute a solver's answer in exact fractions; imports no solver.

What must hold, with flow in the commodity's own units (a path flow is one commodity on one path):
    every path leads from its commodity's origin to its destination along arcs that exist
    sum of a commodity's path flows = its quantity
    sum of path flows over an arc <= its capacity
    design only: an arc that carries flow is opened, and every opened arc pays its fixed cost
    objective = sum of unit cost x flow (+ fixed costs of opened arcs)
Solvers compute in floats: an amount within `TOLERANCE` of a whole number is read as that number, and a sum may miss
its bound by `TOLERANCE` of the bound. The objective is then the exact cost of the flows as read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from optimizer.errors import SolverError
from optimizer.flow.instance import Instance

TOLERANCE = Fraction(1, 10**6)


@dataclass(frozen=True, slots=True)
class PathFlow:
    """`amount` units of one commodity along arcs, given by their index from 0."""

    commodity: int
    arcs: tuple[int, ...]
    amount: float


def _slack(bound: Fraction) -> Fraction:
    return TOLERANCE * max(Fraction(1), abs(bound))


def _exact(amount: float) -> Fraction:
    """The amount as a fraction; a whole number when it is one but for rounding."""
    whole = round(amount)
    return Fraction(whole) if abs(amount - whole) <= float(_slack(Fraction(whole))) else Fraction(amount)


def _differs(text: str) -> SolverError:
    return SolverError(f"The solver's answer is refused: {text}.", code="solver_differs", hint="Please report this.")


def recompute(
    instance: Instance,
    flows: Iterable[PathFlow],
    opened: Sequence[int] | None = None,
    claimed: float | None = None,
    bound: float | None = None,
) -> Fraction:
    """The exact cost of the flows, after checking everything the problem asks.

    Args:
        opened: arcs opened at their fixed cost; None when fixed costs do not count.
        claimed: the solver's own objective, compared with ours.
        bound: the solver's lower bound, which no objective may be under.

    Raises:
        SolverError: the answer breaks a rule (`solver_differs`); the sentence names the first one broken.
    """
    sent = [Fraction(0)] * len(instance.commodities)
    load = [Fraction(0)] * len(instance.arcs)
    for flow in flows:
        if not 0 <= flow.commodity < len(sent):
            raise _differs(f"it knows a commodity {flow.commodity + 1} that does not exist")
        wanted = instance.commodities[flow.commodity]
        if not math.isfinite(flow.amount) or flow.amount < 0:
            raise _differs(f"commodity {flow.commodity + 1} has a flow of {flow.amount}")
        amount, at = _exact(flow.amount), wanted.origin
        for a in flow.arcs:
            if not 0 <= a < len(load) or instance.arcs[a].tail != at:
                raise _differs(f"a path of commodity {flow.commodity + 1} breaks at node {at}")
            at = instance.arcs[a].head
            load[a] += amount
        if at != wanted.destination:
            raise _differs(f"a path of commodity {flow.commodity + 1} ends at node {at}, not {wanted.destination}")
        sent[flow.commodity] += amount
    for k, (wanted, have) in enumerate(zip(instance.commodities, sent, strict=True)):
        if abs(have - wanted.quantity) > _slack(wanted.quantity):
            raise _differs(f"commodity {k + 1} gets {float(have):g} of {float(wanted.quantity):g} units")
    for a, (arc, used) in enumerate(zip(instance.arcs, load, strict=True)):
        if used > arc.capacity + _slack(arc.capacity):
            raise _differs(
                f"arc {a + 1} ({arc.tail} to {arc.head}) carries {float(used):g}, its capacity is {float(arc.capacity):g}"
            )
    total = sum((arc.unit_cost * used for arc, used in zip(instance.arcs, load, strict=True)), Fraction(0))
    if opened is not None:
        total += _fixed_cost(instance, load, opened)
    if claimed is not None and not abs(Fraction(claimed) - total) <= _slack(total):
        raise _differs(f"it claims a cost of {claimed:.6f} where its flows cost {float(total):.6f}")
    if bound is not None and bound > total + _slack(total):
        raise _differs(f"its lower bound {bound:.6f} is above a cost of {float(total):.6f} that was reached")
    return total


def _fixed_cost(instance: Instance, load: Sequence[Fraction], opened: Sequence[int]) -> Fraction:
    if len(set(opened)) != len(opened) or not all(0 <= a < len(load) for a in opened):
        raise _differs("its list of opened arcs repeats an arc or names one that does not exist")
    is_open = set(opened)
    for a, used in enumerate(load):
        if used > TOLERANCE and a not in is_open:
            arc = instance.arcs[a]
            raise _differs(f"arc {a + 1} ({arc.tail} to {arc.head}) carries {float(used):g} but was not opened")
    return sum((instance.arcs[a].fixed_cost for a in is_open), Fraction(0))
