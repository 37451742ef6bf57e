"""The linear relaxation of a season plan by column generation over the given columns, with a bound of our own.

    master      the demands, the columns that have ever paid, the capacities that were ever exceeded, the lots
    pricing     reduced costs of all columns at once; those below zero enter, until there is none
    links       sum of x_j of one shipment on lot l <= units_k z_l, added where the relaxation breaks them: half a train
                carries half a shipment at most
    bound       for any prices y >= 0 of the capacities, and a, b, g >= 0 of the lots' rows, no plan costs less than
                    sum_k min over the columns of k of units_k (cost + y use + (b - a) load + g) - sum y capacity
                    + sum_l min over z of (cost_l + a least - b most - sum g units) z
                in integers, costs rounded down, so it holds whatever the solver answered (Geoffrion 1974)

Sources: Ford and Fulkerson 1958; Dantzig and Wolfe 1960; Desaulniers, Desrosiers and Solomon 2005.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.flow.cold import ColdMaster
from optimizer.flow.master import Master
from optimizer.plan.model import THOUSAND, PlanProblem, PlanResult

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Link = tuple[int, int, int]  # demand, lot, and the column where it stands alone
NONE = -1
FINEST = 1 << 20  # parts of a minor unit
ROOM = 1 << 60  # what integers may reach
ENTERS = -1e-7  # reduced cost, as a share of the typical cost, below which a column enters
AT_ONCE = 4  # columns a demand may add in one round
LARGE = 300  # shipments from which the master is solved from nothing
TAIL = 1e-5  # share of the objective a round of links must raise in a large plan
START = 3  # columns of a demand at the beginning


@dataclass(slots=True)
class Arrays:
    """A problem as integers in arrays; money in parts of a minor unit, `scale` of them.

    Attributes:
        most: units the column may carry; 0 where it can never be used.
        ptr, row, amount: uses of limited resources only, in order of the columns.
        lot: index of the column's lot or -1. dead: -1 where the least load must be met. trains: most of them.
        parts: common denominator of all costs, 0 where it is too large; every plan costs a multiple of 1 / parts.
    """

    scale: int
    parts: int
    units: Ints
    unserved: Ints
    whole: NDArray[np.bool_]
    priority: Ints
    demand: Ints
    start: Ints
    cost: Ints
    most: Ints
    booked: Ints
    lot: Ints
    load: Ints
    ptr: Ints
    row: Ints
    amount: Ints
    free: Ints
    least: Ints
    lot_most: Ints
    lot_cost: Ints
    dead: Ints
    available: Ints
    trains: Ints

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `Arrays.from_dict` is its inverse."""
        return {
            name: value.tolist() if isinstance(value := getattr(self, name), np.ndarray) else value
            for name in self.__slots__
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Arrays:
        read: dict[str, Any] = {
            name: np.array(plain[name], dtype=bool if name == "whole" else np.int64)
            if isinstance(plain[name], list)
            else plain[name]
            for name in cls.__slots__
        }
        return cls(**read)

    def of_rows(self, values: Floats | Ints, columns: Ints | None = None) -> Any:
        """Sum over each column's uses of `values[row] * amount`, exact for integers."""
        total = np.zeros(len(self.row) + 1, dtype=values.dtype)
        np.cumsum(values[self.row] * self.amount, out=total[1:])
        every = total[self.ptr[1:]] - total[self.ptr[:-1]]
        return every if columns is None else every[columns]

    def carried(self, units: Floats | Ints) -> Any:
        """What `units` of the columns take of each resource."""
        each = np.repeat(units, np.diff(self.ptr))
        if units.dtype == np.int64:
            total = np.zeros(len(self.free), dtype=np.int64)
            hit = np.flatnonzero(each)
            np.add.at(total, self.row[hit], each[hit] * self.amount[hit])
            return total
        return np.bincount(self.row, weights=each * self.amount, minlength=len(self.free))


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def arrays_of(problem: PlanProblem) -> Arrays:
    """The problem in arrays; what makes no sense was refused before (`conflict.refuse_nonsense`)."""
    rows = {(c.resource_id, c.period): n for n, c in enumerate(problem.capacities)}
    lots = {lot.lot_id: n for n, lot in enumerate(problem.lots)}
    costs = [Fraction(c.cost) for c in problem.columns]
    deads = [None if lot.dead_cost is None else Fraction(lot.dead_cost) for lot in problem.lots]
    parts = 1
    for denominator in {c.denominator for c in costs} | {d.denominator for d in deads if d is not None}:
        parts = math.lcm(parts, denominator)
        if parts > FINEST:
            parts = 0
            break
    largest = max(
        [abs(c) for c in costs]
        + [abs(d.unserved_cost) for d in problem.demands]
        + [abs(lot.cost) for lot in problem.lots]
        + [d * lot.least for d, lot in zip(deads, problem.lots, strict=True) if d is not None],
        default=1,
    )
    people = max([d.units for d in problem.demands], default=1)
    scale = parts or 1
    while scale < FINEST:
        scale *= 2
    while largest * people * scale > ROOM and scale % 2 == 0 and (not parts or scale // 2 % parts == 0):
        scale //= 2
    if largest * people * scale > ROOM:
        raise SolverError(
            f"A cost of {float(largest):.3g} minor units for each of {people:,} units is too large for the plan's solver.",
            code="plan_too_large",
            hint="Plan in a coarser currency unit.",
        )
    row: list[int] = []
    amount: list[int] = []
    ptr = [0]
    for column in problem.columns:
        for use in column.uses:
            at = rows.get((use.resource_id, use.period))
            if at is not None:
                row.append(at)
                amount.append(use.amount)
        ptr.append(len(row))
    made = Arrays(
        scale=scale,
        parts=parts,
        units=_ints([d.units for d in problem.demands]),
        unserved=_ints([d.unserved_cost * scale for d in problem.demands]),
        whole=np.array([d.whole for d in problem.demands], dtype=bool),
        priority=_ints([d.priority for d in problem.demands]),
        demand=_ints([c.demand for c in problem.columns]),
        start=_ints([c.start for c in problem.columns]),
        cost=_ints([math.floor(c * scale) for c in costs]),
        most=_ints([c.most for c in problem.columns]),
        booked=_ints([problem.booked.get(j, 0) for j in range(len(problem.columns))]),
        lot=_ints([lots[c.lot_id] if c.lot_id else NONE for c in problem.columns]),
        load=_ints([c.lot_load if c.lot_id else 0 for c in problem.columns]),
        ptr=_ints(ptr),
        row=_ints(row),
        amount=_ints(amount),
        free=_ints([c.free for c in problem.capacities]),
        least=_ints([lot.least for lot in problem.lots]),
        lot_most=_ints([lot.most for lot in problem.lots]),
        lot_cost=_ints([lot.cost * scale for lot in problem.lots]),
        dead=_ints([NONE if d is None else math.floor(d * scale) for d in deads]),
        available=_ints([NONE if lot.available is None else lot.available for lot in problem.lots]),
        trains=_ints([0] * len(problem.lots)),
    )
    limit_units(made)
    return made


def limit_units(made: Arrays) -> None:
    """Set `most` to what a column can carry at best, and `trains` to how many of a lot can pay."""
    if not len(made.demand):
        return
    units = made.units[made.demand]
    made.most = np.where(made.most > 0, np.minimum(made.most, units), units)
    made.most[made.whole[made.demand] & (made.most < units)] = 0
    loads: list[dict[int, int]] = [{} for _ in made.trains]
    for j in np.flatnonzero((made.lot >= 0) & (made.most > 0)):
        of, k = loads[made.lot[j]], int(made.demand[j])
        of[k] = max(of.get(k, 0), int(made.load[j]) * int(units[j]))
    for number, of in enumerate(loads):
        total, least, most = sum(of.values()), int(made.least[number]), int(made.lot_most[number])
        if made.dead[number] < 0 and least:
            trains = total // least
        elif made.lot_cost[number] < 0 and least:
            trains = -(-total // least)
        else:
            trains = -(-total // most)
        if made.available[number] >= 0:
            trains = min(trains, int(made.available[number])) if made.lot_cost[number] >= 0 else made.available[number]
        made.trains[number] = trains
    idle = (made.lot >= 0) & (made.trains[made.lot] == 0) if len(made.trains) else np.zeros(len(made.lot), dtype=bool)
    made.most[idle & (made.booked == 0)] = 0


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The linear optimum.

    Attributes:
        finished: no column pays any more; otherwise the time was up and only `bound` is to be used.
        objective: of the relaxation, minor units.
        bound: no plan, and no relaxed plan, costs less; by our own integers.
        units: by index of column, above 0, bookings included.
        worth: dual of each resource and period that binds: minor units for one more unit.
        demand_price: dual of each demand: minor units for one more unit of it.
    """

    finished: bool
    objective: Fraction
    bound: Fraction
    units: dict[int, float]
    worth: dict[tuple[str, int], Fraction]
    demand_price: tuple[Fraction, ...]
    rounds: int = 0


def _limit(made: Arrays) -> float:
    """The largest price of a thousandth with which reduced costs stay within 64 bits."""
    widest = max(int(made.amount.max(initial=1)), int(made.load.max(initial=1)))
    return float(ROOM // (8 * widest * int(np.diff(made.ptr).max(initial=1) + 1)))


class Relaxation:
    """The restricted master and what is known of the columns outside it; solve, add columns, solve again."""

    def __init__(self, made: Arrays) -> None:
        self.made = made
        self.best: int | float = -math.inf  # bound, in parts of a minor unit
        self.rounds = 0
        self._free = made.free.copy()
        self._large = len(made.units) > LARGE
        self._raised = math.inf
        self._master: Master | ColdMaster = ColdMaster() if self._large else Master()
        costs = np.concatenate([np.abs(made.unserved), np.abs(made.cost), np.ones(1, dtype=np.int64)])
        self._money = float(np.median(costs)) or 1.0
        booked = made.booked
        self._left = made.units - np.bincount(made.demand, weights=booked, minlength=len(made.units)).astype(np.int64)
        self._taken: Ints = made.carried(booked)
        self._row_at: dict[int, int] = {}
        self._link_at: dict[Link, int] = {}
        self._linked: dict[Link, list[int]] = {}  # columns by link
        self._name_links(0)
        self._column_at = np.full(len(made.demand), NONE, dtype=np.int64)
        self._inside: list[int] = []
        self._place: list[int] = []  # of the columns inside, in the master
        self._demand_at = [self._master.add_row(float(n), float(n)) for n in self._left]
        self._unserved_at = [
            self._master.add_column(float(cost) / self._money, {row: 1.0})
            for cost, row in zip(made.unserved, self._demand_at, strict=True)
        ]
        self._lot_at: dict[int, tuple[int, int, int]] = {}  # lot -> its column z, rows least and most
        self._offset = np.zeros(len(made.trains), dtype=np.int64)
        for j in np.flatnonzero(booked):
            if made.lot[j] >= 0:
                self._offset[made.lot[j]] += made.load[j] * booked[j]
        self._limit = _limit(made)
        self._begin = True
        self._values: Floats = np.zeros(0)
        self._duals: Floats = np.zeros(0)
        self._objective = math.nan

    def _name_links(self, first: int) -> None:
        """Columns from `first` on by the shipment and lot they link; one of fewer units than its shipment is alone."""
        made = self.made
        for j in (np.flatnonzero((made.lot[first:] >= 0) & (made.most[first:] > 0)) + first).tolist():
            self._linked.setdefault(self._link(j), []).append(j)

    def _link(self, j: int) -> Link:
        made = self.made
        k = int(made.demand[j])
        return k, int(made.lot[j]), NONE if made.most[j] == made.units[k] else j

    def _most(self, link: Link) -> int:
        return int(self.made.units[link[0]] if link[2] == NONE else self.made.most[link[2]])

    # -- the master ----------------------------------------------------------------------------------------------

    def _lot(self, number: int) -> tuple[int, int, int]:
        if number not in self._lot_at:
            made, master = self.made, self._master
            base = float(self._offset[number]) / THOUSAND
            least = master.add_row(lower=-base)
            most = master.add_row(upper=-base)
            z = master.add_column(
                float(made.lot_cost[number]) / self._money,
                {least: -float(made.least[number]) / THOUSAND, most: -float(made.lot_most[number]) / THOUSAND},
                upper=math.inf if made.available[number] < 0 else float(made.available[number]),
            )
            if made.dead[number] >= 0:
                master.add_column(float(made.dead[number]) * THOUSAND / self._money, {least: 1.0})
            self._lot_at[number] = (z, least, most)
        return self._lot_at[number]

    def _enter(self, columns: Sequence[int]) -> None:
        made = self.made
        for j in columns:
            if self._column_at[j] >= 0:
                continue
            uses: dict[int, float] = {self._demand_at[made.demand[j]]: 1.0}
            for n in range(made.ptr[j], made.ptr[j + 1]):
                at = self._row_at.get(int(made.row[n]))
                if at is not None:
                    uses[at] = uses.get(at, 0.0) + float(made.amount[n]) / THOUSAND
            if made.lot[j] >= 0:
                _, least, most = self._lot(int(made.lot[j]))
                uses[least] = uses[most] = float(made.load[j]) / THOUSAND
                link = self._link_at.get(self._link(j))
                if link is not None:
                    uses[link] = 1.0
            room = int(made.most[j] - made.booked[j])
            upper = float(room) if room < self._left[made.demand[j]] else math.inf
            self._column_at[j] = self._master.add_column(float(made.cost[j]) / self._money, uses, upper=upper)
            self._inside.append(j)
            self._place.append(int(self._column_at[j]))

    def _limit_rows(self, rows: Sequence[int]) -> None:
        wanted = {int(r): {} for r in rows if int(r) not in self._row_at}  # type: dict[int, dict[int, float]]
        made = self.made
        for j, at in zip(self._inside, self._place, strict=True):
            for n in range(made.ptr[j], made.ptr[j + 1]):
                into = wanted.get(int(made.row[n]))
                if into is not None:
                    into[at] = into.get(at, 0.0) + float(made.amount[n]) / THOUSAND
        for r, uses in wanted.items():
            self._row_at[r] = self._master.add_row(upper=self._room(r), coefficients=uses)

    def _room(self, row: int) -> float:
        return float(self._free[row] - self._taken[row]) / THOUSAND

    def set_free(self, row: int, free: int) -> None:
        """Another capacity of a resource in a period, in thousandths; the next solve starts from the last basis."""
        self._free[row] = free
        self.best = -math.inf
        if row in self._row_at:
            self._master.set_bounds(self._row_at[row], -math.inf, self._room(row))
        else:
            self._limit_rows([row])

    # -- solving -------------------------------------------------------------------------------------------------

    def solve(self, seconds: float = math.inf) -> bool:
        """Column generation from where the last solve ended; True when no column pays any more."""
        made = self.made
        ends = time.perf_counter() + seconds
        if self._begin:
            self._begin = False
            usable = made.most > 0
            order = np.lexsort((made.cost, made.demand))
            order = order[usable[order]]
            rank = np.arange(len(order)) - np.searchsorted(made.demand[order], made.demand[order])
            self._enter(order[rank < START].tolist())
            for number in np.flatnonzero((self._offset > 0) | (made.lot_cost < 0)):
                self._lot(int(number))
                self._enter(np.flatnonzero((made.lot == number) & usable).tolist())
        while True:
            self.rounds += 1
            answer = self._master.solve(ends - time.perf_counter())
            if answer.status == "infeasible":
                missing = np.flatnonzero((made.most > 0) & (self._column_at < 0))
                if not len(missing):
                    raise SolverError("The relaxation of the plan has no solution.", code="plan_infeasible")
                self._enter(missing.tolist())  # rare: bookings of a train that only others can fill
                continue
            if answer.status != "optimal":
                if answer.status == "out_of_time" or time.perf_counter() > ends:
                    return False
                raise SolverError(
                    f"The linear solver ended a plan with status {answer.status}.",
                    code="solver_failed",
                    hint="Check the sizes of costs and capacities.",
                )
            self._values, self._duals = np.array(answer.values), np.array(answer.duals)
            self._objective = answer.objective
            rows, links = self._repair(self._cuts(answer.objective))
            if rows:
                continue
            entered = self._pay(self.price())
            if not entered and not links:
                return True
            if time.perf_counter() > ends:
                return False

    def _units(self) -> Floats:
        """Of the columns inside, in their order."""
        return np.maximum(self._values[self._place], 0.0) if self._place else np.zeros(0)

    def _cuts(self, objective: float) -> bool:
        """Whether broken links still matter: in a large plan only while they raise the objective."""
        raised = objective - self._raised
        self._raised = objective
        return not self._large or abs(raised) > TAIL * abs(objective)

    def _repair(self, cut: bool) -> tuple[bool, bool]:
        """Add capacities exceeded and, if `cut`, links broken; whether any of either was added."""
        made = self.made
        units = np.zeros(len(made.demand))
        inside = self._units()
        units[self._inside] = inside
        over = np.flatnonzero(made.carried(units) + self._taken > self._free + 1e-6 * THOUSAND)
        fresh = [int(r) for r in over if int(r) not in self._row_at]
        if fresh:
            self._limit_rows(fresh)
        links: dict[Link, dict[int, float]] = {}
        loads: dict[Link, float] = {}
        for j, at, x in zip(self._inside, self._place, inside.tolist(), strict=True):
            if cut and made.lot[j] >= 0 and (link := self._link(j)) not in self._link_at:
                links.setdefault(link, {})[at] = 1.0
                loads[link] = loads.get(link, 0.0) + x
        broken = False
        for link, x in loads.items():
            booked = sum(int(made.booked[j]) for j in self._linked[link])
            most, z = self._most(link), self._lot_at[link[1]][0]
            if x > 1e-7 and x + booked > most * self._values[z] + 1e-6:
                row = self._master.add_row(upper=-float(booked), coefficients={**links[link], z: -float(most)})
                self._link_at[link] = row
                broken = True
        return bool(fresh), broken

    def _pay(self, reduced: Floats) -> bool:
        """Let the columns in that pay best; False when none does."""
        made = self.made
        pays = np.flatnonzero((reduced < ENTERS * self._money) & (self._column_at < 0) & (made.most > 0))
        if not len(pays):
            return False
        order = pays[np.lexsort((reduced[pays], made.demand[pays]))]
        rank = np.arange(len(order)) - np.searchsorted(made.demand[order], made.demand[order])
        self._enter(order[rank < AT_ONCE].tolist())
        return True

    def price(self) -> Floats:
        """Reduced costs of all columns at the last duals, in parts of a minor unit; improves the bound as well."""
        made, money = self.made, self._money
        finite = np.zeros(self._master.rows)  # rows added since the last solve have no price yet
        finite[: len(self._duals)] = np.nan_to_num(self._duals)

        def dual(row: int, of: float) -> int:
            """Of a row, if it has the right sign and is not beyond reason; any other is a weaker bound, not a wrong one."""
            return round(min(max(0.0, float(finite[row]) * of), self._limit))

        y = np.zeros(len(made.free), dtype=np.int64)
        for r, at in self._row_at.items():
            y[r] = dual(at, -money / THOUSAND)
        least, most = np.zeros(len(made.trains), dtype=np.int64), np.zeros(len(made.trains), dtype=np.int64)
        for number, (_, a, b) in self._lot_at.items():
            least[number] = dual(a, money / THOUSAND)
            most[number] = dual(b, -money / THOUSAND)
            if made.dead[number] >= 0:
                least[number] = min(least[number], made.dead[number])
        link = np.zeros(len(made.demand), dtype=np.int64)
        for name, at in self._link_at.items():
            link[self._linked[name]] = dual(at, -money)
        reduced = self._reduced(y, least, most, link)
        self.best = max(self.best, self._bound(reduced, y, least, most, link))
        with np.errstate(over="ignore"):
            prices = finite[self._demand_at] * money
        return np.asarray(reduced - prices[made.demand], dtype=np.float64) if len(made.demand) else np.zeros(0)

    def _reduced(self, y: Ints, least: Ints, most: Ints, link: Ints) -> Any:
        """Cost of a unit of each column with the prices of all it uses, but without its demand's."""
        made = self.made
        reduced = made.cost + made.of_rows(y) + link
        if len(made.trains):
            reduced = reduced + np.where(made.lot >= 0, (most - least)[made.lot] * made.load, 0)
        return reduced

    def _bound(self, reduced: Any, y: Ints, least: Ints, most: Ints, link: Ints) -> int:
        """What no plan costs less than, in parts of a minor unit; whole numbers only."""
        made = self.made
        total = int((made.cost[made.booked > 0].astype(object) * made.booked[made.booked > 0]).sum())
        total -= sum(int(a) * int(b) for a, b in zip(y, self._free - self._taken, strict=True) if a)
        total += sum(self._cheapest(reduced))
        linked = np.zeros(len(made.trains), dtype=object)
        for name in self._link_at:
            of = self._linked[name]
            linked[name[1]] += int(link[of[0]]) * self._most(name)
            total += int(link[of[0]]) * sum(int(made.booked[j]) for j in of)
        for number in self._lot_at:
            offset = int(self._offset[number])
            total += (int(most[number]) - int(least[number])) * offset
            each = (
                int(made.lot_cost[number])
                + int(least[number]) * int(made.least[number])
                - int(most[number]) * int(made.lot_most[number])
                - linked[number]
            )
            few, many = -(-offset // int(made.lot_most[number])), int(made.trains[number])
            total += min(each * few, each * max(few, many))
        for number in np.flatnonzero(made.lot_cost < 0).tolist():  # these may pay by themselves
            if number not in self._lot_at:
                total += int(made.lot_cost[number]) * int(made.trains[number])
        return total

    def _cheapest(self, reduced: Any) -> list[int]:
        """For each demand the least its units can cost at these prices, all or nothing where it is whole."""
        made = self.made
        left, room = self._left, made.most - made.booked
        found = [int(u) * int(n) for u, n in zip(made.unserved, left, strict=True)]
        usable = np.flatnonzero((room > 0) & (left[made.demand] > 0))
        if not len(usable):
            return found
        order = usable[np.lexsort((reduced[usable], made.demand[usable]))]
        firsts = np.flatnonzero(np.diff(made.demand[order], prepend=-1))
        for first, last in itertools.pairwise([*firsts.tolist(), len(order)]):
            k = int(made.demand[order[first]])
            units, cost, unserved = int(left[k]), 0, int(made.unserved[k])
            for j in order[first:last].tolist():
                if not units or reduced[j] >= unserved:
                    break
                part = min(units, int(room[j]))
                if made.whole[k] and part < left[k]:
                    continue
                cost += part * int(reduced[j])
                units -= part
            found[k] = cost + units * unserved
        return found

    @property
    def money(self) -> float:
        """A typical cost, in parts of a minor unit."""
        return self._money

    def least_cost(self) -> int:
        """The bound in parts of a minor unit, raised to what a plan can cost where all costs are multiples."""
        step = self.made.scale // self.made.parts if self.made.parts else 1
        return -(-int(self.best) // step) * step

    def units_of_all(self) -> Floats:
        """Units by column at the last optimum, bookings included."""
        units = self.made.booked.astype(np.float64)
        units[self._inside] += self._units()
        return units

    @property
    def started(self) -> bool:
        """Whether any optimum of the master is known."""
        return len(self._values) > 0

    def objective(self) -> int:
        """Of the last optimum, in parts of a minor unit."""
        made = self.made
        held = sum(int(made.cost[j]) * int(made.booked[j]) for j in np.flatnonzero(made.booked))
        return held + round(self._objective * self._money)

    def worths(self) -> tuple[list[list[int]], list[int]]:
        """Rows with a dual and the duals, of one unit; duals of the demands; in parts of a minor unit."""
        worth = []
        for r, at in sorted(self._row_at.items()):
            dual = round(-float(self._duals[at]) * self._money)
            if -float(self._duals[at]) > 1e-9 and dual > 0:
                worth.append([r, dual])
        return worth, [round(float(p)) for p in self.prices()]

    def saving(self, row: int, more: int = THOUSAND, seconds: float = math.inf) -> int | None:
        """What `more` thousandths of a capacity save at the relaxation, by solving again; None if time ran out."""
        before, free, bound = self.objective(), int(self._free[row]), self.best
        self.set_free(row, free + more)
        try:
            if not self.solve(seconds):
                return None
            return max(0, before - self.objective())
        finally:
            self.set_free(row, free)
            self.best = bound

    def saves(self, ends: float) -> list[list[int]]:
        """Rows and what one more unit of each saves, dearest first, until the time is up."""
        worth, _ = self.worths()
        before = self._objective
        found = []
        for r, dual in sorted(worth, key=lambda w: (-w[1], w[0])):
            left = ends - time.perf_counter()
            if left <= 0:
                break
            self._objective = before
            saving = self.saving(r, seconds=left)
            if saving is None:
                break
            found.append([r, min(saving, dual)])
        return found

    def result(self, problem: PlanProblem, finished: bool) -> Relaxed:
        scale = self.made.scale
        bound = Fraction(self.least_cost() if self.best != -math.inf else 0, scale)
        if not self.started:
            return Relaxed(False, bound, bound, {}, {}, (), self.rounds)
        worth, prices = self.worths()
        units = self.units_of_all()
        keys = [(c.resource_id, c.period) for c in problem.capacities]
        return Relaxed(
            finished,
            Fraction(self.objective(), scale),
            bound,
            {int(j): float(units[j]) for j in np.flatnonzero(units > 1e-9)},
            {keys[r]: Fraction(w, scale) for r, w in worth},
            tuple(Fraction(p, scale) for p in prices),
            self.rounds,
        )

    def prices(self) -> Floats:
        """Duals of the demands, in parts of a minor unit."""
        return self._duals[self._demand_at] * self._money

    def pressed(self) -> NDArray[np.bool_]:
        """Rows with a price."""
        found = np.zeros(len(self.made.free), dtype=bool)
        for r, at in self._row_at.items():
            found[r] = -self._duals[at] > 1e-9
        return found

    def grow(self, made: Arrays) -> bool:
        """Go on with the same problem and more columns at its end; False where that cannot be."""
        mine, old = self.made, len(self.made.demand)
        same = (
            mine.scale == made.scale
            and old <= len(made.demand)
            and np.array_equal(mine.cost, made.cost[:old])
            and np.array_equal(mine.booked, made.booked[:old])
            and not made.booked[old:].any()
            and np.array_equal(mine.units, made.units)
            and np.array_equal(mine.free, made.free)
            and np.array_equal(mine.least, made.least[: len(mine.least)])
            and np.array_equal(mine.available, made.available[: len(mine.available)])
        )
        if not same:
            return False
        self._column_at = np.concatenate([self._column_at, np.full(len(made.demand) - old, NONE, dtype=np.int64)])
        lots = len(made.trains) - len(self._offset)
        self._offset = np.concatenate([self._offset, np.zeros(lots, dtype=np.int64)])
        self._limit = min(self._limit, _limit(made))
        self.made = made
        self._name_links(old)
        self.best = -math.inf
        return True


def solve_relaxed(
    problem: PlanProblem, seed: int = 0, relaxation: Relaxation | None = None, seconds: float = math.inf
) -> tuple[Relaxed, Relaxation]:
    """The linear optimum, and the relaxation to go on from when columns have been added.

    Args:
        problem: its columns begin with those of the problem `relaxation` was made of; all else is the same.
        seed: without effect: nothing here is random.
        relaxation: of an earlier round, or None to begin.
    """
    made = arrays_of(problem)
    if relaxation is None or not relaxation.grow(made):
        relaxation = Relaxation(made)
    return relaxation.result(problem, relaxation.solve(seconds)), relaxation


def worth_of_one_more(problem: PlanProblem, resource_id: str, period: int) -> Fraction:
    """Minor units that one more unit of a resource in a period saves at the relaxation, by solving again."""
    rows = [(c.resource_id, c.period) for c in problem.capacities]
    relaxation = Relaxation(arrays_of(problem))
    relaxation.solve()
    saving = relaxation.saving(rows.index((resource_id, period)))
    return Fraction(saving or 0, relaxation.made.scale)


def needs_more_ways(problem: PlanProblem, found: Relaxed | PlanResult) -> list[int]:
    """Demands whose marginal price is above the cost below which all their ways are listed."""
    return [
        k for k, (price, known) in enumerate(zip(found.demand_price, problem.complete, strict=False)) if price > known
    ]
