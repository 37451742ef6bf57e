"""The nouns of the season plan: demands, columns, capacities, lots, bookings, and what comes out.

Plain frozen data between the engine that prices ways and the solver that chooses among them; neither knows the
other. Everything is an integer: money in minor units of one currency, capacity in thousandths of its unit, units
of equipment whole.

The model (after Dantzig and Wolfe 1960; Ford and Fulkerson 1958):

    sets        k demands, j columns (one demand, one way, one start period), (r, p) resources by period, l lots
    variables   x_j >= 0 units sent in column j, integer; all or nothing where the demand is whole
                u_k >= 0 units left unserved, integer; z_l >= 0 trains or vessels of lot l, integer
                d_l >= 0 dead freight: what is short of the least load of the vessels, in thousandths
    minimise    sum_j cost_j x_j + sum_k unserved_k u_k + sum_l (lot_cost_l z_l + dead_l d_l)
    subject to  sum_{j of k} x_j + u_k = units_k                                for every demand
                sum_j use_{j,r,p} x_j <= capacity_{r,p} - background_{r,p}      for every limited resource and period
                least_l z_l - d_l <= sum_j load_{j,l} x_j <= most_l z_l         for every lot; d_l = 0 where a lot has
                                                                                no dead freight (a block train)
                z_l <= lots_l;  x_j >= booked_j                                 bookings are never moved
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

THOUSAND = 1000  # capacities and uses are counted in thousandths of their unit

KINDS = ("border", "line", "port", "terminal", "sea", "fleet", "storage")
UNITS = ("wagon", "train", "truck", "container", "teu", "t", "vessel")


@dataclass(frozen=True, slots=True)
class Demand:
    """A shipment as the plan sees it.

    Attributes:
        units: of the equipment it leaves in.
        whole: goes in one column or not at all.
        unserved_cost: minor units of money for each unit left behind.
        priority: 1 goes first where two plans cost the same; larger numbers later.
    """

    shipment_id: str
    units: int
    unserved_cost: int
    whole: bool = False
    priority: int = 3


@dataclass(frozen=True, slots=True)
class Use:
    """What one unit of a column takes of a resource in a period, in thousandths of the resource's unit."""

    resource_id: str
    period: int
    amount: int


@dataclass(frozen=True, slots=True)
class Column:
    """One demand carried one way, starting in one period.

    Attributes:
        demand: index into the problem's demands.
        way_id: names the way among those of its lane; the engine knows what it means.
        cost: minor units for one unit: carriage at the least price of any part size, storage, lateness.
        most: units it may carry; 0 means the whole demand.
        lot_id: the block train or vessel it needs; empty for none. `lot_load`: of one unit, in thousandths.
    """

    demand: int
    way_id: str
    start: int
    cost: Fraction
    uses: tuple[Use, ...] = ()
    most: int = 0
    lot_id: str = ""
    lot_load: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """What may pass a resource in a period, and what others already take of it, in thousandths of the unit."""

    resource_id: str
    period: int
    amount: int
    background: int = 0

    @property
    def free(self) -> int:
        return max(0, self.amount - self.background)


@dataclass(frozen=True, slots=True)
class Lot:
    """Trains or vessels that go whole: so many at most, each with a least and a most load.

    Attributes:
        least, most: load of one, in thousandths of wagons (train) or tonnes (vessel).
        cost: minor units for each one used, beside the columns' own cost.
        dead_cost: minor units for a thousandth short of the least load; None where the least load must be met.
        available: most of them; None for no limit.
    """

    lot_id: str
    kind: str  # train or vessel
    period: int
    least: int
    most: int
    cost: int = 0
    dead_cost: Fraction | None = None
    available: int | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing many shipments pass: a border crossing, a line, a port, a sea service, a fleet, a store."""

    resource_id: str
    kind: str
    unit: str
    name: str = ""
    source_id: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """All a solver needs to know.

    Attributes:
        complete: for each demand, the cost below which every way is among the columns; a dual of the demand above it
            means ways not yet listed might pay. Empty: all ways are listed.
        booked: units by index of column that stay as they are.
    """

    demands: tuple[Demand, ...]
    columns: tuple[Column, ...]
    capacities: tuple[Capacity, ...] = ()
    lots: tuple[Lot, ...] = ()
    booked: dict[int, int] = field(default_factory=dict)
    complete: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was decided, and how good it is known to be.

    Attributes:
        status: optimal (gap within the one asked for), feasible, infeasible or none.
        units: by index of column; only those above 0.
        unserved: units left behind, by index of demand; only those above 0.
        lots: number used, by lot id.
        objective: of the chosen integers, minor units, recomputed from the problem; a fraction is rounded up.
        bound: no plan costs less; None where none is known.
        worth: minor units that one more unit of a resource in a period would save, at the linear relaxation.
        demand_price: marginal minor units of one more unit of each demand, at the linear relaxation.
        saves: minor units that exactly one more whole unit saves, by solving the relaxation again; never more than
            `worth`, and only of the resources and periods that time allowed, dearest first.
        bound_by: duals (recomputed by us in integers) or solver (the integer solver's word, less a margin).
    """

    status: str
    units: dict[int, int]
    unserved: dict[int, int]
    lots: dict[str, int]
    objective: int
    bound: Fraction | None
    worth: dict[tuple[str, int], Fraction]
    demand_price: tuple[Fraction, ...]
    seconds: float
    rounds: int = 0
    note: str = ""
    binding: tuple[tuple[str, int], ...] = ()
    saves: dict[tuple[str, int], Fraction] = field(default_factory=dict)
    bound_by: str = "duals"

    @property
    def gap(self) -> float | None:
        """Share of the objective by which the plan may be too dear."""
        if self.bound is None or self.status in ("infeasible", "none"):
            return None
        return float((self.objective - self.bound) / self.objective) if self.objective else 0.0
