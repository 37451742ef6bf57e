"""What a study is made of: free rates, demand, how shippers answer, limits, rivals, scenarios.

Money is US dollars unless the study says otherwise; masses are tonnes. A free rate is one coefficient of the letter to
be written: rows of `coefficients.csv`, one a railway, that all hold the same value. Or it is a through rate, money a
unit or a tonne for a chain of hauls and borders: one row of `through.csv`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

TODAY = -1  # in place of a value's number: the books as they stand
GOALS = ("revenue", "contribution", "tonnes", "share", "weighted")
ANSWERS = ("cheapest", "logit")
BASES = ("per_unit", "per_t")  # of a through rate
REPLIES = {"fixed": Decimal(0), "half": Decimal("0.5"), "match": Decimal(1)}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a row of the letter speaks of, in the columns of a tariff book."""

    carriers: tuple[str, ...]
    charge: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ThroughScope:
    """The chain a through rate is for.

    Attributes:
        chain: place, crossings `a|b` and places in order, place.
        basis: `per_unit` (wagon or box) or `per_t`.
        replaces: charges of its hauls and borders that it holds already.
        split: of its revenue, by railway; empty: by the kilometres of each.
    """

    mode: str
    chain: tuple[str, ...]
    basis: str = "per_unit"
    replaces: frozenset[str] = frozenset({"carriage"})
    split: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class FreeRate:
    """A coefficient, or a through rate, to be set.

    Attributes:
        values: every value it may take, ascending; beside them it may stay as it is today.
        valid_from, valid_to: the days the letter is for.
        through: of a through rate, which today does not exist as a rule; its values are money of the study.
    """

    name: str
    scope: Scope
    values: tuple[Decimal, ...]
    valid_from: dt.date
    valid_to: dt.date
    document: str = ""
    through: ThroughScope | None = None

    @property
    def per(self) -> str:
        """What a through rate is paid for: tonne, container, wagon, truck, or unit where its form is open."""
        if self.through is not None and self.through.basis == "per_t":
            return "tonne"
        form = dict(self.scope.cells).get("form", "")
        return form if form in ("container", "wagon", "truck") else "unit"

    def unit(self, currency: str) -> str:
        """What a value of this rate counts: `coefficient`, or money of the study's currency."""
        return "coefficient" if self.through is None else f"{currency} a {self.per}"


@dataclass(frozen=True, slots=True)
class Rival:
    """A rate of somebody else, which may answer a free rate.

    Attributes:
        answers: the free rate it looks at; where that falls by a part, this falls by `reply` times the same part.
        reply: 0 stays, 0.5 goes half the way, 1 matches; a rise is not followed.
    """

    name: str
    scope: Scope
    answers: str
    reply: Decimal


@dataclass(frozen=True, slots=True)
class Corridor:
    """Ways that pass one of these places; the first corridor that fits takes the way."""

    name: str
    via: frozenset[str]


@dataclass(frozen=True, slots=True)
class Capacity:
    """Tonnes of these goods a border or a port can take in the period of the study, either way round.

    Attributes:
        ends: places of the two posts of a border; at: of a port or station.
    """

    name: str
    ends: frozenset[str]
    at: frozenset[str]
    tonnes: Decimal
    source_id: str = ""
    status: str = "estimated"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a tonne-kilometre more costs a railway, in the currency of the study."""

    carrier: str
    per_t_km: Decimal
    status: str
    source_id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """How shippers choose.

    Attributes:
        rule: `cheapest` way, or `logit` between corridors, the cheapest way within each.
        time_value: of a tonne and day on the way.
        spread: of the logit, a tonne: at a difference of so much the dearer corridor has 1/e of the other's share.
        elasticity: of the tonnes of a lane to what its shipper pays, time included; 0: they are given.
    """

    rule: str = "cheapest"
    time_value: Decimal = Decimal(0)
    spread: Decimal = Decimal(0)
    elasticity: Decimal = Decimal(0)
    status: str = "estimated"
    source_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Objective:
    """What the letter is written for.

    Attributes:
        goal: revenue, contribution, tonnes, share (of `corridor` in all tonnes) or weighted.
        of: railways whose money and tonnes count.
        charges: lines that are a railway's revenue.
        subsidy_cap: what may be given away at most against today's tariff on the tonnes carried; None: no matter.
        weights: of revenue, contribution (currency), tonnes and share (per cent) in a weighted goal.
    """

    goal: str
    of: tuple[str, ...]
    charges: frozenset[str] = frozenset({"carriage"})
    corridor: str = ""
    subsidy_cap: Decimal | None = None
    weights: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Another state of the world: demand times a factor, rivals' answer, a corridor dearer or cheaper a tonne."""

    name: str
    tonnes: Decimal = Decimal(1)
    reply: Decimal | None = None  # of all rivals; None: as each is described
    cost_t: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class LaneDemand:
    """Tonnes of a lane in the period, and the size of lot they are sent in."""

    lane_id: str
    origin: str
    destination: str
    cargo: str
    tonnes: Decimal
    lot_t: Decimal
    equipment: str = ""
    ownership: str = ""
    status: str = "estimated"
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """A study, read and checked."""

    study_id: str
    title: str
    ready: dt.date
    known_on: dt.date
    currency: str
    rates: tuple[FreeRate, ...]
    objective: Objective
    lanes: tuple[LaneDemand, ...]
    answer: Answer
    corridors: tuple[Corridor, ...]
    capacities: tuple[Capacity, ...] = ()
    rivals: tuple[Rival, ...] = ()
    costs: tuple[Cost, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    split: tuple[tuple[str, Decimal], ...] = ()  # of a common gain, by railway; empty: by Shapley
    note: str = ""
    deal: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()
    publisher: str = ""
    demand_note: str = ""
    digest: str = ""
    sources: frozenset[str] = field(default_factory=frozenset)

    @property
    def players(self) -> tuple[str, ...]:
        """Railways that set a rate, in the order of the study."""
        return tuple(dict.fromkeys(c for rate in self.rates for c in rate.scope.carriers))

    def cost_of(self, carrier: str) -> Decimal:
        return next((c.per_t_km for c in self.costs if c.carrier == carrier), Decimal(0))

    def rate_number(self, name: str) -> int:
        return next(i for i, rate in enumerate(self.rates) if rate.name == name)
