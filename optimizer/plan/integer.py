"""From the relaxation to whole wagons and trains: rounding, exchange, and small integer programs around the best plan.

    1. start      units go, dearest to leave behind first, where they are cheapest at the relaxation's prices and room
                  is left; trains that stay under their least load are emptied. Leaving behind is always allowed.
    2. exchange   each shipment is taken out and put back at true cost; trains are opened, filled or emptied as a whole
    3. programs   the columns near the relaxation as an integer program: all of them first, then, where a gap stays, the
                  shipments that meet at a resource or train, the rest held (Fischetti and Lodi 2003; Shaw 1998)
    4. ties       units move to equal cost where that serves a higher priority or starts earlier

All costs here are whole parts of a minor unit; every plan is kept and compared in integers. What a solver returns is
rounded, recounted here, and dropped if a single capacity is exceeded.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

import numpy as np

from optimizer.flow.mip import Mip, MipAnswer, solve_mip
from optimizer.plan.relax import THOUSAND, Arrays, Floats, Ints, Relaxation

NEAR = 0.25  # reduced cost, as a share of the typical cost, up to which a column is looked at
CLOSE = 0.03  # the same in an integer program around a plan
PASSES = 6
FEW = 3_000  # columns that go into one program, all of them
NODES_OF_ALL = 20_000
SIZE = 25  # shipments in one integer program at first
NODES = 100
ENOUGH = 1e-5  # share of the cost a program should gain
WIDER = 6  # programs without enough gain, one after another, before they take half as many shipments more
IDLE = 25  # programs without a gain, one after another, before giving up


class State:
    """A plan in the making: units by column, what is left of capacities, shipments and lots."""

    def __init__(self, made: Arrays) -> None:
        self.made = made
        self.units: Ints = made.booked.copy()
        self.free: Ints = made.free - made.carried(self.units)
        self.left: Ints = made.units.copy()
        np.subtract.at(self.left, made.demand, self.units)
        self.lots = [0] * len(made.trains)  # their loads
        for j in np.flatnonzero((self.units > 0) & (made.lot >= 0)):
            self.lots[made.lot[j]] += int(made.load[j] * self.units[j])

    def copy(self) -> State:
        other = State.__new__(State)
        other.made, other.units, other.free = self.made, self.units.copy(), self.free.copy()
        other.left, other.lots = self.left.copy(), list(self.lots)
        return other

    def move(self, j: int, units: int) -> None:
        """`units` more (or fewer) in column j."""
        made = self.made
        self.units[j] += units
        self.left[made.demand[j]] -= units
        a, b = made.ptr[j], made.ptr[j + 1]
        np.subtract.at(self.free, made.row[a:b], made.amount[a:b] * units)
        if made.lot[j] >= 0:
            self.lots[made.lot[j]] += int(made.load[j]) * units

    def room(self, j: int) -> int:
        """Units that column j can still take, its lot's least load aside."""
        made = self.made
        a, b = made.ptr[j], made.ptr[j + 1]
        units = int(made.most[j] - self.units[j])
        if b > a:
            units = min(units, int((self.free[made.row[a:b]] // made.amount[a:b]).min()))
        lot = int(made.lot[j])
        if lot >= 0 and made.load[j]:
            full = int(made.lot_most[lot]) * int(made.trains[lot])
            units = min(units, (full - self.lots[lot]) // int(made.load[j]))
        return max(0, units)

    def lot(self, number: int, load: int | None = None) -> tuple[int, int] | None:
        """(cost, trains) of a lot at its load or another; None where no number of trains fits."""
        return lot_cost(self.made, number, self.lots[number] if load is None else load)

    def cost(self) -> int | None:
        """In parts of a minor unit; None where a capacity or lot is broken."""
        made = self.made
        if (self.free < 0).any() or (self.left < 0).any():
            return None
        used = np.flatnonzero(self.units)
        total = sum(int(made.cost[j]) * int(self.units[j]) for j in used)
        total += sum(int(made.unserved[k]) * int(self.left[k]) for k in np.flatnonzero(self.left))
        for number, load in enumerate(self.lots):
            if load or made.lot_cost[number] < 0:
                found = self.lot(number)
                if found is None:
                    return None
                total += found[0]
        return total

    def order(self) -> tuple[int, ...]:
        """What breaks a tie: units left behind by priority, then starts by priority; less is better."""
        made = self.made
        levels = np.unique(made.priority)
        late = np.zeros(len(made.units), dtype=np.int64)
        np.add.at(late, made.demand, self.units * made.start)
        return tuple(
            [int(self.left[made.priority == p].sum()) for p in levels]
            + [int(late[made.priority == p].sum()) for p in levels]
        )


def lot_cost(made: Arrays, number: int, load: int) -> tuple[int, int] | None:
    """(cost, trains) of the cheapest number of trains that carries `load`; None where none does."""
    least, most = int(made.least[number]), int(made.lot_most[number])
    cost, dead = int(made.lot_cost[number]), int(made.dead[number])
    few, many = -(-load // most), int(made.trains[number])
    if dead < 0 and least:
        many = min(many, load // least)
    if few > many:
        return None
    tries = {few, many}
    if least:
        tries |= {n for n in (load // least, -(-load // least)) if few <= n <= many}
    return min((cost * z + max(0, dead) * max(0, least * z - load), z) for z in tries)


def program_of(
    state: State, columns: Ints, demands: Ints, money: float
) -> tuple[Mip, list[tuple[int, int]], list[int], list[float]]:
    """The integer program of some columns of some demands, all else held as in `state`.

    Returns:
        the program; (column, units of one step) by variable; the lots, whose variables follow; the state as a hint.
    """
    made = state.made
    program = Mip([], [], [], [])
    base = State(made)  # what is held: bookings, and the plan of the other demands
    free_demands = set(demands.tolist())
    for j in np.flatnonzero(state.units - made.booked):
        if int(made.demand[j]) not in free_demands:
            base.move(int(j), int(state.units[j] - made.booked[j]))
    hint: list[float] = []
    rows: dict[int, dict[int, float]] = {}
    loads: dict[int, dict[int, float]] = {}
    serve: dict[int, dict[int, float]] = {k: {} for k in demands.tolist()}
    steps: list[tuple[int, int]] = []

    def add(cost: float, most: float, whole: bool, now: float) -> int:
        program.cost.append(cost)
        program.most.append(most)
        program.whole.append(whole)
        hint.append(now)
        return len(hint) - 1

    for j in columns.tolist():
        k = int(made.demand[j])
        if base.left[k] <= 0:
            continue
        step = int(base.left[k]) if made.whole[k] else 1
        room = base.room(j) // step
        if not room:
            continue
        now = (int(state.units[j]) - int(made.booked[j])) // step
        at = add(float(made.cost[j]) * step / money, float(min(room, int(base.left[k]) // step)), True, now)
        steps.append((j, step))
        serve[k][at] = float(step)
        for n in range(made.ptr[j], made.ptr[j + 1]):
            of = rows.setdefault(int(made.row[n]), {})
            of[at] = of.get(at, 0.0) + float(made.amount[n]) * step / THOUSAND
        if made.lot[j] >= 0:
            loads.setdefault(int(made.lot[j]), {})[at] = float(made.load[j]) * step / THOUSAND
    for k, of in serve.items():
        behind = add(float(made.unserved[k]) / money, float(base.left[k]), False, float(state.left[k]))
        program.rows.append((float(base.left[k]), float(base.left[k]), {**of, behind: 1.0}))
    for r, of in rows.items():
        if sum(v * program.most[at] for at, v in of.items()) > float(base.free[r]) / THOUSAND:
            program.rows.append((-math.inf, float(base.free[r]) / THOUSAND, of))
    for number in np.flatnonzero((np.array(base.lots) > 0) | (made.lot_cost < 0)).tolist() if base.lots else []:
        loads.setdefault(number, {})
    lots = sorted(loads)
    for number in lots:
        held = float(base.lots[number]) / THOUSAND
        found = state.lot(number)
        trains = float(found[1]) if found else 0.0
        z = add(float(made.lot_cost[number]) / money, float(made.trains[number]), True, trains)
        least, most = float(made.least[number]) / THOUSAND, float(made.lot_most[number]) / THOUSAND
        of = loads[number]
        program.rows.append((-math.inf, -held, {**of, z: -most}))
        if made.dead[number] >= 0:
            short = max(0.0, least * trains - float(state.lots[number]) / THOUSAND)
            d = add(float(made.dead[number]) * THOUSAND / money, math.inf, False, short)
            program.rows.append((-held, math.inf, {**of, z: -least, d: 1.0}))
        elif least:
            program.rows.append((-held, math.inf, {**of, z: -least}))
        if made.lot_cost[number] > 0 or made.dead[number] < 0:
            same: dict[int, dict[int, float]] = {}
            for at in of:
                column, step = steps[at]
                same.setdefault(int(made.demand[column]), {})[at] = float(step)
            for who, ats in same.items():
                most = min(float(base.left[who]), sum(v * program.most[at] for at, v in ats.items()))
                program.rows.append((-math.inf, 0.0, {**ats, z: -most}))
    return program, steps, lots, hint


class Search:
    """Looks for better plans around a relaxation; `tell` hears of each.

    Attributes:
        best: the best plan so far, `cost` its cost in parts of a minor unit, `bound` what none is under.
    """

    def __init__(self, relaxation: Relaxation, seed: int, tell: Callable[[Search, str], None], ends: float) -> None:
        self.made = relaxation.made
        self.relaxation = relaxation
        self.reduced: Floats = relaxation.price()
        self.money = relaxation.money
        self.bound = relaxation.least_cost()
        self.tell, self.ends = tell, ends
        self.random = random.Random(seed)
        self.best: State | None = None
        self.cost = 0
        self.proved = ""  # how the bound came about; "solver" where it is not by our own numbers
        self.impossible = False
        self._users: dict[int, list[int]] = {}  # columns in the plan by the rows they use
        made = self.made
        usable = np.flatnonzero((made.most > made.booked) | (made.units[made.demand] == 0))
        near = usable[self.reduced[usable] < NEAR * self.money]
        self.of: list[Ints] = _split(near, made.demand, len(made.units))
        self.sharing: list[list[int]] = [[] for _ in made.trains]
        for j in near[made.lot[near] >= 0].tolist():
            self.sharing[made.lot[j]].append(j)
        self.usable = usable

    # -- one plan ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A first plan: the relaxation's whole units, then the rest one shipment after another."""
        made, relaxed = self.made, self.relaxation.units_of_all()
        bare = State(made)
        if bare.cost() is not None:
            self.keep(bare, "bookings")
        state = State(made)
        price = np.where(self.reduced < 0.0, 0.0, self.reduced)
        for k in sorted(np.flatnonzero(made.whole).tolist(), key=lambda k: -int(made.unserved[k] * made.units[k])):
            self.insert(state, k, price)  # the hardest to place go first
        for j in np.argsort(-relaxed * made.units[made.demand], kind="stable").tolist():
            k = int(made.demand[j])
            more = math.floor(float(relaxed[j]) + 1e-6) - int(made.booked[j])
            if relaxed[j] < 0.5 or more <= 0 or (made.whole[k] and more < state.left[k]):
                continue
            more = min(more, state.room(int(j)), int(state.left[k]))
            if made.whole[k] and more < state.left[k]:
                continue
            state.move(int(j), more)
        for number in range(len(made.trains)):  # a train short of its least load is filled, or emptied
            if state.lots[number] and state.lot(number) is None and not self.fill(state, number, must=True):
                self.empty(state, number)
        for k in sorted(range(len(made.units)), key=lambda k: (-int(made.unserved[k]), int(made.priority[k]), k)):
            if state.left[k]:
                self.insert(state, k, price)
        for k in range(len(made.units)):
            if state.left[k]:
                self.insert(state, k)
        self.keep(state, "rounded")
        if self.best is not None:
            self.exchange(self.best.copy(), "exchanged")

    def empty(self, state: State, number: int) -> None:
        """Take all units but bookings off a lot."""
        for j in self.sharing[number]:
            if state.units[j] > self.made.booked[j]:
                state.move(j, int(self.made.booked[j] - state.units[j]))

    def insert(self, state: State, k: int, price: Floats | None = None) -> None:
        """Put what is left of a shipment where it is cheapest, lots' costs included, one column after another.

        `price`: take the least of these instead; leaving behind is then the last resort.
        """
        made, columns = self.made, self.of[k]
        if price is not None:
            for j in columns[np.argsort(price[columns], kind="stable")].tolist():
                left = int(state.left[k])
                units = min(left, state.room(j))
                if units and made.lot[j] >= 0:
                    units, _ = self._onto(state, j, units)
                if units == left or (units and not made.whole[k]):
                    state.move(j, units)
                if not state.left[k]:
                    return
            return
        while state.left[k] > 0 and len(columns):
            left, best, found = int(state.left[k]), int(made.unserved[k]), None
            for j in columns[np.argsort(made.cost[columns], kind="stable")].tolist():
                lot = int(made.lot[j])
                if lot < 0 and made.cost[j] >= best:
                    break
                units = min(left, state.room(j))
                if units <= 0 or (made.whole[k] and units < left):
                    continue
                each = int(made.cost[j])
                if lot >= 0:
                    units, extra = self._onto(state, j, units)
                    if units <= 0 or (made.whole[k] and units < left):
                        continue
                    each += -(-extra // units)
                if each < best:
                    best, found = each, (j, units)
                if lot < 0:
                    break  # the others cost more
            if found is None:
                return
            state.move(*found)

    def _onto(self, state: State, j: int, units: int) -> tuple[int, int]:
        """(units, cost of the lot for them) that column j's lot takes of `units`: all, or up to a full train."""
        made, number = self.made, int(self.made.lot[j])
        before, load = state.lot(number), state.lots[number]
        each = int(made.load[j])
        full = (load // int(made.lot_most[number]) + (load % int(made.lot_most[number]) > 0)) * int(
            made.lot_most[number]
        )
        for n in (units, (full - load) // each if each else 0):
            if 0 < n <= units:
                after = state.lot(number, load + n * each)
                if after is not None:
                    return n, after[0] - (before[0] if before else 0)
        return 0, 0

    def fill(self, state: State, number: int, must: bool = False) -> bool:
        """Draw units onto a lot until one more train is full, dearest elsewhere first; undone unless it pays.

        `must`: the lot is short of its least load now, and any way to meet it will do.
        """
        made = self.made
        before = state.lot(number)
        if made.trains[number] == 0 or (before is None and not must):
            return False
        spent = before[0] if before else 0
        offers: list[tuple[int, int, int, int]] = []  # gain a unit, column on the lot, column left, units
        for j in self.sharing[number]:
            k = int(made.demand[j])
            if made.whole[k]:
                continue
            if state.left[k]:
                offers.append((int(made.unserved[k] - made.cost[j]), j, -1, int(state.left[k])))
            for i in self.of[k].tolist():
                units = int(state.units[i] - made.booked[i])
                if units > 0 and i != j and made.lot[i] < 0:
                    offers.append((int(made.cost[i] - made.cost[j]), j, i, units))
        offers.sort(key=lambda o: (-o[0], o[1], o[2]))
        now = before[1] if before else 0
        full = int(made.lot_most[number]) * min(int(made.trains[number]), now + (0 if must and now else 1))
        least = int(made.least[number]) * (now + 1)
        gain, done = 0, []
        for each, j, i, units in offers:
            load = state.lots[number]
            if load >= full or (load >= least and each <= 0):
                break
            if i >= 0:
                units = min(units, int(state.units[i] - made.booked[i]))
                if units <= 0:
                    continue
                state.move(i, -units)
            else:
                units = min(units, int(state.left[made.demand[j]]))
            part = min(units, state.room(j), max(0, (full - load) // max(1, int(made.load[j]))))
            if each <= 0 and made.load[j]:
                part = min(part, -(-(least - load) // int(made.load[j])))
            if i >= 0 and part < units:
                state.move(i, units - part)
            if part > 0:
                state.move(j, part)
                gain += each * part
                done.append((j, i, part))
        after = state.lot(number)
        if after is not None and (must or gain - (after[0] - spent) > 0):
            return True
        for j, i, part in reversed(done):
            state.move(j, -part)
            if i >= 0:
                state.move(i, part)
        return False

    def exchange(self, state: State, text: str) -> None:
        """Take each shipment out and put it back, fill and empty lots, while that pays."""
        made = self.made
        cost = state.cost()
        for _ in range(PASSES):
            if cost is None or time.perf_counter() > self.ends:
                break
            start = cost
            for k in range(len(made.units)):
                if time.perf_counter() > self.ends:
                    break
                self._again(state, k)
            for number in range(len(made.trains)):
                if self.sharing[number] and made.dead[number] < 0:
                    self.fill(state, number)
            cost = state.cost()
            if cost is None or cost >= start:
                break
        self.keep(state, text)

    def _again(self, state: State, k: int) -> None:
        """One shipment out and in again; back as it was unless that is cheaper."""
        made, columns = self.made, self.of[k]
        if not len(columns):
            return
        was = [
            (int(j), int(state.units[j] - made.booked[j])) for j in columns[state.units[columns] > made.booked[columns]]
        ]
        before = self._of(state, k, columns)
        for j, units in was:
            state.move(j, -units)
        self.insert(state, k)
        after = self._of(state, k, columns)
        if before is not None and (after is None or after >= before):
            for j in columns[state.units[columns] > made.booked[columns]].tolist():
                state.move(j, int(made.booked[j] - state.units[j]))
            for j, units in was:
                state.move(j, units)

    def _of(self, state: State, k: int, columns: Ints) -> int | None:
        made = self.made
        total = int(made.unserved[k]) * int(state.left[k])
        total += sum(int(made.cost[j]) * int(state.units[j]) for j in columns[state.units[columns] > 0])
        for number in {int(n) for n in made.lot[columns] if n >= 0}:
            found = state.lot(number)
            if found is None:
                return None
            total += found[0]
        return total

    def keep(self, state: State, text: str) -> bool:
        """Remember a plan if it holds and is the best yet."""
        cost = state.cost()
        if cost is None or (self.best is not None and cost >= self.cost):
            return False
        self.best, self.cost = state.copy(), cost
        self.tell(self, text)
        return True

    @property
    def gap(self) -> float:
        if self.best is None:
            return math.inf
        return (self.cost - self.bound) / abs(self.cost) if self.cost else float(self.cost > self.bound)

    # -- integer programs ----------------------------------------------------------------------------------------

    def program(
        self, columns: Ints, demands: Ints, *, gap: float, nodes: int | None, text: str, seconds: float = math.inf
    ) -> MipAnswer:
        """Solve the integer program of some columns and keep what it finds."""
        state = self.best or State(self.made)
        program, steps, lots, hint = program_of(state, columns, demands, self.money)
        answer = solve_mip(
            program,
            seconds=min(seconds, self.ends - time.perf_counter()),
            gap=gap,
            nodes=nodes,
            hint=hint if self.best is not None else None,
            seed=self.random.randrange(1 << 30),
        )
        if answer.values:
            found = state.copy()
            chosen = set(demands.tolist())
            for j in np.flatnonzero(found.units > self.made.booked).tolist():
                if int(self.made.demand[j]) in chosen:
                    found.move(j, int(self.made.booked[j] - found.units[j]))
            for (j, step), value in zip(steps, answer.values, strict=False):
                if round(value):
                    found.move(j, step * round(value))
            self.keep(found, text)
        return answer

    def _whole(self, gap: float) -> None:
        """All shipments and columns in one program, where they are few; then its bound counts too."""
        everyone = np.arange(len(self.made.units))
        if len(self.usable) <= FEW:
            answer = self.program(self.usable, everyone, gap=gap / 2, nodes=NODES_OF_ALL, text="all columns at once")
            self._believe(answer)

    def _believe(self, answer: MipAnswer) -> None:
        """Take the solver's bound, less what its arithmetic may err, where it had every column."""
        if answer.status == "infeasible" or not math.isfinite(answer.bound):
            return
        made = self.made
        held = sum(int(made.cost[j]) * int(made.booked[j]) for j in np.flatnonzero(made.booked))
        margin = 1e-6 * max(1.0, abs(answer.bound))
        step = made.scale // made.parts if made.parts else 1
        bound = -(-(held + math.floor((answer.bound - margin) * self.money)) // step) * step
        if bound > self.bound:
            self.bound, self.proved = bound, "solver"
            if self.best is not None:
                self.tell(self, "bound")

    def neighbours(self, k: int, size: int) -> Ints:
        """A shipment and those it meets: on its trains first, then at the resources it presses on."""
        made = self.made
        chosen, waiting = {k}, [k]
        while waiting and len(chosen) < size:
            at = waiting.pop(0)
            lots = sorted({int(n) for n in made.lot[self.of[at]] if n >= 0})
            self.random.shuffle(lots)
            for number in lots:
                for other in sorted({int(made.demand[j]) for j in self.sharing[number]} - chosen):
                    if len(chosen) < size:
                        chosen.add(other)
                        waiting.append(other)
        if len(chosen) < size:
            tight = self._rows_of(k) & set(np.flatnonzero(self.relaxation.pressed()).tolist())
            users = [n for n in range(len(made.units)) if n not in chosen and tight & self._rows_of(n)]
            self.random.shuffle(users)
            chosen |= set(users[: size - len(chosen)])
        return np.array(sorted(chosen), dtype=np.int64)

    def _rows_of(self, k: int) -> set[int]:
        made = self.made
        return {int(r) for j in self.of[k] for r in made.row[made.ptr[j] : made.ptr[j + 1]]}

    def loss(self) -> Floats:
        """What each shipment pays above the relaxation's prices in the best plan."""
        assert self.best is not None
        made = self.made
        each = (self.best.units - made.booked) * np.maximum(self.reduced, 0.0)
        lost = np.bincount(made.demand, weights=each, minlength=len(made.units))
        prices = self.relaxation.prices()
        return np.asarray(lost + self.best.left * np.maximum(0.0, made.unserved - prices))

    def improve(self, gap: float) -> None:
        """Integer programs around shipments that lose most, until the gap is reached or nothing helps any more."""
        made = self.made
        size, idle = min(len(made.units), SIZE), 0
        if self.best is None:
            answer = self.program(self.usable, np.arange(len(made.units)), gap=gap / 2, nodes=None, text="all columns")
            self.impossible = answer.status == "infeasible"
            self._believe(answer)
        elif self.gap > gap and len(self.usable):
            self._whole(gap)
        tried: dict[int, int] = {}
        while self.best is not None and self.gap > gap and time.perf_counter() < self.ends and idle < IDLE:
            loss = self.loss() + 1.0
            weights = loss / np.array([1 + 2 * tried.get(k, 0) for k in range(len(loss))])
            weights[[not len(of) for of in self.of]] = 0.0
            if not weights.any():
                break
            k = self.random.choices(range(len(loss)), weights=weights.tolist())[0]
            chosen = self.neighbours(k, size)
            for n in chosen.tolist():
                tried[n] = tried.get(n, 0) + 1
            columns, close = np.concatenate([self.of[n] for n in chosen.tolist()]), min(NEAR, CLOSE * size / SIZE)
            columns = columns[(self.reduced[columns] < close * self.money) | (self.best.units[columns] > 0)]
            before = self.cost
            self.program(columns, chosen, gap=0.2 * gap, nodes=NODES, text=f"{len(chosen)} shipments anew")
            idle = 0 if self.cost < before - abs(before) * ENOUGH else idle + 1
            if idle % WIDER == WIDER - 1 and size < len(made.units):
                size = min(len(made.units), 3 * size // 2)

    # -- ties ----------------------------------------------------------------------------------------------------

    def short_lots(self) -> list[int]:
        """Booked lots that have not their least load by bookings alone."""
        bare = State(self.made)
        return [n for n in range(len(self.made.trains)) if bare.lot(n) is None]

    def settle(self, seconds: float = math.inf) -> None:
        """At equal cost: less left behind of high priority, then earlier starts, shipments of high priority first."""
        if self.best is None:
            return
        made, state = self.made, self.best.copy()
        ends = min(self.ends, time.perf_counter() + seconds)
        ranked = sorted(range(len(made.units)), key=lambda k: (int(made.priority[k]), k))
        for _ in range(PASSES):
            before = state.order()
            self._users = {}
            for b in np.flatnonzero((state.units > made.booked) & (made.lot < 0)).tolist():
                for r in made.row[made.ptr[b] : made.ptr[b + 1]].tolist():
                    self._users.setdefault(r, []).append(b)
            for k in ranked:
                if time.perf_counter() > ends:
                    break
                self._settle_one(state, k)
            if state.order() >= before:
                break
        if state.cost() == self.cost and state.order() < self.best.order():
            self.best = state
            self.tell(self, "ties settled")

    def _settle_one(self, state: State, k: int) -> None:
        """Better places of equal cost for one shipment, alone or by changing with one of lower rank."""
        made = self.made
        columns = self.of[k][np.argsort(made.start[self.of[k]], kind="stable")].tolist()
        for i in columns:
            sources = [j for j in columns if state.units[j] > made.booked[j] and made.start[j] > made.start[i]]
            for j in [-1, *sources] if state.left[k] else sources:
                if made.lot[i] != (made.lot[j] if j >= 0 else -1) or (j >= 0 and made.load[i] != made.load[j]):
                    continue
                units = int(state.left[k]) if j < 0 else int(state.units[j] - made.booked[j])
                extra = int(made.cost[i]) - int(made.cost[j] if j >= 0 else made.unserved[k])
                if extra == 0:
                    self._shift(state, k, j, i, units)
                if j >= 0 and state.units[j] <= made.booked[j]:
                    continue
                self._change(state, k, j, i, extra)

    def _shift(self, state: State, k: int, j: int, i: int, most: int) -> int:
        """Move up to `most` units of k from column j, or from those left behind, to column i; how many went."""
        if j >= 0:
            state.move(j, -most)
        units = min(most, state.room(i), int(state.left[k]))
        if self.made.whole[k] and units < most:
            units = 0
        if j >= 0 and units < most:
            state.move(j, most - units)
        if units:
            state.move(i, units)
        return units

    def _change(self, state: State, k: int, j: int, i: int, extra: int) -> None:
        """Let k into column i by sending a shipment of lower priority elsewhere, where both together cost the same."""
        made = self.made
        if made.whole[k]:
            return
        blocked = [
            n for n in range(made.ptr[i], made.ptr[i + 1]) if state.free[made.row[n]] < made.amount[n]
        ]  # fmt: skip
        if not blocked:
            return
        for b in self._users.get(int(made.row[blocked[0]]), ()):
            other = int(made.demand[b])
            if made.priority[other] <= made.priority[k] or made.whole[other] or state.units[b] <= made.booked[b]:
                continue
            of = self.of[other]
            places = of[(made.cost[of] == int(made.cost[b]) - extra) & (made.lot[of] < 0) & (of != b)].tolist()
            if int(made.unserved[other]) == int(made.cost[b]) - extra:
                places.append(-1)
            for c in places:
                while (state.left[k] if j < 0 else state.units[j] - made.booked[j]) and state.units[b] > made.booked[b]:
                    state.move(b, -1)
                    if c >= 0 and not state.room(c):
                        state.move(b, 1)
                        break
                    if c >= 0:
                        state.move(c, 1)
                    if not self._shift(state, k, j, i, 1):
                        if c >= 0:
                            state.move(c, -1)
                        state.move(b, 1)
                        break


def _split(columns: Ints, demand: Ints, count: int) -> list[Ints]:
    order = columns[np.argsort(demand[columns], kind="stable")]
    edges = np.searchsorted(demand[order], np.arange(count + 1))
    return [order[edges[k] : edges[k + 1]] for k in range(count)]
