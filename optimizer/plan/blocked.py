"""Why a shipment stays behind: the capacities without room for it."""

from __future__ import annotations

from collections import Counter

from optimizer.plan.build import Built
from optimizer.plan.model import PlanResult
from optimizer.plan.recompute import Recomputed
from optimizer.plan.resources import Limits


def blocking(built: Built, result: PlanResult, plan: Recomputed, limits: Limits) -> dict[int, list[tuple[str, int]]]:
    """For each demand left behind, the (resource, period) that keep it from its best ways, most telling first.

    A capacity blocks a way where less is left of it than one unit of the shipment takes, or all its units where it
    goes whole. Of the ways of a shipment those that cost least are looked at first.
    """
    problem = built.problem
    free = {(c.resource_id, c.period): c.free - plan.used.get((c.resource_id, c.period), 0) for c in problem.capacities}
    full_lots = {
        lot.lot_id
        for lot in problem.lots
        if lot.available is not None and result.lots.get(lot.lot_id, 0) >= lot.available
    }
    found: dict[int, list[tuple[str, int]]] = {}
    by_demand: dict[int, list[int]] = {}
    for j, column in enumerate(problem.columns):
        if column.demand in result.unserved:
            by_demand.setdefault(column.demand, []).append(j)
    for k in result.unserved:
        needed = problem.demands[k].units if problem.demands[k].whole else 1
        told: Counter[tuple[str, int]] = Counter()
        for rank, j in enumerate(sorted(by_demand.get(k, ()), key=lambda j: problem.columns[j].cost)):
            column = problem.columns[j]
            weight = 1000 if rank == 0 else 1
            for use in column.uses:
                left = free.get((use.resource_id, use.period))
                if left is not None and left < use.amount * needed:
                    told[use.resource_id, use.period] += weight
            if column.lot_id in full_lots:
                lot = built.drafts[j].lot
                assert lot is not None
                name = f"sea:dry_bulk:{column.lot_id.split(':')[1]}" if lot.kind == "vessel" else column.lot_id
                told[name, lot.period] += weight
        found[k] = [key for key, _ in told.most_common()]
    return found
