"""`keruen quote --verify`: the optimum against OR-Tools min-cost flow on the same arcs and cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from optimizer.databook import DataBook
from optimizer.errors import SolverError
from optimizer.flow.child import run_child
from optimizer.request import Job, job_from_dict
from optimizer.search import Search

SOLVER_SECONDS = 60.0
WEIGHT_OF = {"cost": 0, "time": 1, "emissions": 2}


def flow_problem(job: Job, book: DataBook) -> dict[str, Any]:
    """The lane of a job as one unit of flow: open arcs, their integer weight for the job's objective."""
    search = Search(job, book)
    weight = search.weights[WEIGHT_OF[job.objective]].tolist()
    blocked = search.blocked().tolist()
    arcs = [(e.tail, e.head, w) for e, w, out in zip(search.lane.edges, weight, blocked, strict=True) if not out]
    return {
        "tails": [a[0] for a in arcs],
        "heads": [a[1] for a in arcs],
        "costs": [a[2] for a in arcs],
        "source": search.lane.source,
        "sink": search.lane.sink,
    }


def verify_quote(quote: dict[str, Any], book: DataBook) -> str:
    """One sentence when the solver agrees with the quote's best way.

    Raises:
        SolverError: the solver finds another optimum (`verify_differs`), or fails.
    """
    job = job_from_dict(quote["request"], book)
    if job.limits.via or job.shipment.due is not None:
        return "Not verified: a flow does not know required places or deadlines; the search itself proves those."
    answer = run_child("optimizer.flow.unit_flow", flow_problem(job, book), seconds=SOLVER_SECONDS)
    best = quote["itineraries"][0]
    ours = {
        "cost": int(Decimal(best["total"]["amount"]) * 100),
        "time": round(best["transit"]["expected_hours"] * 60),
        "emissions": round(best["co2e_kg"] * 1000),
    }[job.objective]
    slack = {"cost": 0, "time": 1, "emissions": 100}[job.objective]  # hours and kilograms are shown rounded
    if answer["status"] != "optimal" or abs(answer["cost"] - ours) > slack:
        raise SolverError(
            f"OR-Tools finds {answer['cost']} ({answer['status']}) where the quote's best way has {ours}; please report this.",
            code="verify_differs",
        )
    shown = f"{Decimal(answer['cost']) / 100:.2f} {job.currency}" if job.objective == "cost" else str(answer["cost"])
    return f"Verified: OR-Tools min-cost flow finds the same optimum, {shown}."
