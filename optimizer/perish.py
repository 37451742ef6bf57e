"""Shelf life on the way: what is left of it on arrival, and whether a tilt will do or a reefer is needed.

The life of goods at a temperature T follows one law (van 't Hoff):

    L(T) = L0 x Q10^((T0 - T) / 10)        days, L0 of them at T0

Hours at different temperatures add up as shares of the life at each: used = sum of hours / (24 x L(T)). At used = 1
the goods have reached their stated life. What a load has lost by then is a curve of its own:

    lost(used) = 1 - exp(-c x used^5)

c is set by the one loss on record (reporterly.net-13da): 150 of 200 truckloads of grapes that stood five days at a
shut border in October without cooling. The fifth power is our estimate: little is lost early, much near the end.

Data: `seeds/shelf_life.csv` (each row with source and status). The air of the six countries is our own estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.errors import ProblemList, RequestError
from optimizer.provenance import STATUSES

TABLE = "shelf_life.csv"
COLUMNS = (
    "row_id", "cargo_id", "state", "usual", "l0_days", "l0_low", "l0_high", "t0_c", "q10", "floor_c", "chilling_c",
    "source_id", "status", "note",
)  # fmt: skip

# Mean temperature of a day by month, January first, in C: source keruen-estimate, status estimated. Rounded from
# what is widely known of the climate (about 1991-2020) where the corridor's trucks run, no station table read:
CLIMATE_C = {
    "TM": (3, 5, 11, 18, 24, 29, 31, 29, 24, 17, 10, 5),  # Mary, Ashgabat
    "UZ": (2, 4, 10, 17, 23, 27, 29, 27, 21, 14, 8, 3),  # Tashkent, Bukhara
    "KZ": (-7, -6, 1, 12, 19, 25, 27, 25, 18, 10, 2, -4),  # Atyrau, Beyneu, Kyzylorda; the north is colder
    "IR": (3, 5, 10, 16, 21, 26, 28, 26, 22, 16, 10, 5),  # Mashhad
    "AF": (5, 7, 12, 18, 24, 28, 31, 29, 23, 17, 11, 7),  # between Herat and Kandahar
    "PK": (11, 13, 18, 23, 27, 30, 30, 29, 26, 22, 17, 13),  # between Quetta, Peshawar and Karachi
    "AZ": (4, 5, 8, 13, 19, 24, 27, 27, 22, 16, 11, 7),  # Baku
}
TILT_WARMER_C = 3.0  # estimate: sun on the tilt and the warmth goods give off, over a whole day
FROST_C = -0.5  # estimate: fruit and vegetables begin to freeze here; grapes and onions stand a degree more

LOSS_POWER = 5  # estimate, see above
GRAPES_LOST, GRAPES_DAYS = 150 / 200, 5.0
GRAPES_AIR_C = CLIMATE_C["PK"][9]  # Torkham in October

P90_STRETCH = 1.5  # of the expected hours; `seeds/operations.csv`, p90_factor


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """How long one kind of goods keeps, by temperature.

    Args:
        l0_days: life at `t0_c`; `l0_low` to `l0_high` is the range of the source.
        q10: how many times faster goods age when 10 C warmer.
        floor_c: the law stops here: colder does not keep longer.
        chilling_c: below this the cold itself does harm; None where it does none above freezing.
    """

    row_id: str
    cargo_id: str
    state: str
    l0_days: float
    l0_low: float
    l0_high: float
    t0_c: float
    q10: float
    floor_c: float
    chilling_c: float | None
    source_id: str
    status: str
    note: str

    def life_days(self, temperature_c: float) -> float:
        """Days the goods keep at a constant temperature.

        >>> lives = read_shelf_lives()
        >>> colour = lives.find("tomatoes", "green until red")
        >>> round(colour.life_days(12), 1), round(colour.life_days(20), 1)
        (38.0, 24.0)
        >>> round(lives.find("onions").life_days(16)), round(lives.find("tomatoes", "ripe").life_days(30), 1)
        (50, 2.2)
        """
        return self.l0_days * self.q10 ** ((self.t0_c - max(temperature_c, self.floor_c)) / 10)


@dataclass(frozen=True)
class ShelfLives:
    """The table of one edition: by cargo the usual state, and all states."""

    usual: dict[str, ShelfLife]
    states: dict[tuple[str, str], ShelfLife]
    version: str

    def find(self, cargo: str, state: str = "") -> ShelfLife:
        """The shelf life of a cargo, in its usual state or a named one.

        Raises:
            RequestError: none is known (code `no_shelf_life`); frozen goods and dry goods have none here.
        """
        found = self.states.get((cargo, state)) if state else self.usual.get(cargo)
        if found is None:
            raise RequestError(
                f"No shelf life is known of {' '.join((state, cargo)).strip()}.",
                code="no_shelf_life",
                field="cargo",
                hint=f"Known are {', '.join(sorted(self.usual))}.",
            )
        return found

    def life_days(self, cargo: str, temperature_c: float, state: str = "") -> float:
        """Days a cargo keeps at a constant temperature; see `ShelfLife.life_days`."""
        return self.find(cargo, state).life_days(temperature_c)

    @property
    def loss_scale(self) -> float:
        """c of the loss curve, from the grapes of Torkham: three quarters lost after five days under open tilts.

        >>> round(read_shelf_lives().loss_scale, 2)
        0.96
        """
        used = GRAPES_DAYS / self.find("grapes").life_days(GRAPES_AIR_C + TILT_WARMER_C)
        return -math.log(1 - GRAPES_LOST) / used**LOSS_POWER

    def lost(self, used: float) -> float:
        """Share of a load lost when so much of its life is used, 0 to 1.

        >>> lives = read_shelf_lives()
        >>> [round(lives.lost(used), 2) for used in (0.25, 0.5, 0.75, 1, 1.25)]
        [0.0, 0.03, 0.2, 0.62, 0.95]
        """
        return 1 - math.exp(-self.loss_scale * used**LOSS_POWER)


@dataclass(frozen=True, slots=True)
class Stage:
    """Some hours of the way at one temperature; None is in a reefer, set to the goods' own temperature."""

    hours: float
    temperature_c: float | None = None


def ambient_c(country: str, month: int) -> float:
    """Mean temperature of the air in a country of the corridor, C (estimated).

    Args:
        country: ISO code.
        month: 1 to 12.
    Raises:
        RequestError: no such country or month in the table (code `no_climate`).

    >>> ambient_c("TM", 7), ambient_c("KZ", 11)
    (31.0, 2.0)
    """
    if country not in CLIMATE_C or not 1 <= month <= 12:
        raise RequestError(
            f"No temperature is known for {country} in month {month}.",
            code="no_climate",
            field="country",
            hint=f"Known are {', '.join(CLIMATE_C)}, months 1 to 12.",
        )
    return float(CLIMATE_C[country][month - 1])


def stages_of(parts: Iterable[tuple[float, Sequence[str]]], month: int, *, reefer: bool = False) -> tuple[Stage, ...]:
    """Stages of a way from its legs.

    Args:
        parts: expected hours of each leg, and the countries it touches; of several the warmest counts.
        month: of departure; a way that lasts into the next month keeps it.
        reefer: cooled all the way, also while it waits.

    >>> stages_of([(10.0, ("TM",)), (6.0, ("TM", "KZ"))], 7)
    (Stage(hours=10.0, temperature_c=34.0), Stage(hours=6.0, temperature_c=34.0))
    """
    return tuple(
        Stage(hours, None if reefer else max(ambient_c(c, month) for c in countries) + TILT_WARMER_C)
        for hours, countries in parts
    )


def used_share(life: ShelfLife, stages: Iterable[Stage], stretch: float = 1.0) -> float:
    """Share of the shelf life used on the way, 0 and more; 1 is all of it.

    Args:
        stages: with the expected hours.
        stretch: how many times longer than expected each stage lasts.

    >>> ripe = read_shelf_lives().find("tomatoes", "ripe")
    >>> round(used_share(ripe, [Stage(24, 10.0), Stage(24, 30.0)]), 3)  # 1/7 + 1/2.209
    0.595
    """
    return sum(
        stretch * s.hours / 24 / life.life_days(life.t0_c if s.temperature_c is None else s.temperature_c)
        for s in stages
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """How perishable goods arrive."""

    life: ShelfLife
    hours: float  # expected
    used_expected: float  # shares of the shelf life
    used_p50: float
    used_p90: float
    lost_expected: float  # shares of the load
    lost_p50: float
    lost_p90: float
    lost_a_day_late: float  # share of the load that one more day than expected costs
    chilled_h: float  # expected hours colder than the goods bear without harm
    frozen_h: float  # expected hours in frost

    @property
    def arrives_fit(self) -> bool:
        """Within its shelf life even on the slow trip (P90), and never in frost."""
        return self.used_p90 <= 1 and self.frozen_h == 0

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """(code, sentence) for what goes wrong, worst first; empty when nothing does."""
        name, found = self.life.cargo_id, []
        if self.used_p50 > 1:
            found.append(
                (
                    "spoils",
                    f"{name}: the usual trip takes {self.used_p50:.0%} of the shelf life; they do not keep so long.",
                )
            )
        elif self.used_p90 > 1:
            found.append(("spoils_if_slow", f"{name}: a slow trip (P90) takes {self.used_p90:.0%} of the shelf life."))
        if self.frozen_h:
            found.append(("frost", f"{name}: {self.frozen_h:.0f} hours in frost on the way; they need heating."))
        if self.chilled_h:
            limit = self.life.chilling_c
            found.append(
                ("chilling", f"{name}: {self.chilled_h:.0f} hours below {limit:g} C, where the cold harms them.")
            )
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: shares to a thousandth, hours to a tenth."""
        return {
            "state": self.life.state,
            "life_row_id": self.life.row_id,
            "used_expected": round(self.used_expected, 3),
            "used_p50": round(self.used_p50, 3),
            "used_p90": round(self.used_p90, 3),
            "loss_percent_expected": round(100 * self.lost_expected, 1),
            "loss_percent_p50": round(100 * self.lost_p50, 1),
            "loss_percent_p90": round(100 * self.lost_p90, 1),
            "loss_percent_a_day_late": round(100 * self.lost_a_day_late, 1),
            "chilled_hours": round(self.chilled_h, 1),
            "frozen_hours": round(self.frozen_h, 1),
            "arrives_fit": self.arrives_fit,
            "source_id": self.life.source_id,
            "status": "estimated",
        }


def verdict(
    lives: ShelfLives,
    cargo: str,
    stages: Sequence[Stage],
    *,
    state: str = "",
    p50_stretch: float = 1.0,
    p90_stretch: float = P90_STRETCH,
) -> Verdict:
    """How a cargo arrives after its stages.

    Args:
        stages: with the expected hours.
        state: of ripeness; "" is the usual one of the cargo.
        p50_stretch: P50 hours of the way over its expected hours.
        p90_stretch: P90 hours of the way over its expected hours.
    Raises:
        RequestError: no shelf life is known of the cargo (code `no_shelf_life`).
    Notes: a loss is that of the goods alone; what a buyer pays for tired goods is not known.

    >>> summer = stages_of([(30.0, ("TM",)), (66.0, ("KZ",))], 7)
    >>> v = verdict(read_shelf_lives(), "tomatoes", summer)
    >>> v.arrives_fit, v.warnings()[0][0]
    (False, 'spoils')
    """
    life = lives.find(cargo, state)
    used = used_share(life, stages)
    used_p50, used_p90 = used * p50_stretch, used * p90_stretch
    hours = sum(s.hours for s in stages)
    later = used * (hours + 24) / hours if hours else used
    outside = [(s.hours, s.temperature_c) for s in stages if s.temperature_c is not None]
    limit = life.chilling_c
    return Verdict(
        life=life,
        hours=hours,
        used_expected=used,
        used_p50=used_p50,
        used_p90=used_p90,
        lost_expected=lives.lost(used),
        lost_p50=lives.lost(used_p50),
        lost_p90=lives.lost(used_p90),
        lost_a_day_late=lives.lost(later) - lives.lost(used),
        chilled_h=sum(h for h, t in outside if limit is not None and t < limit),
        frozen_h=sum(h for h, t in outside if t < FROST_C),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same way under a tilt and in a reefer; costs in USD per tonne loaded: freight and the goods lost."""

    tilt: Verdict
    reefer: Verdict
    tilt_cost: Decimal
    reefer_cost: Decimal

    @property
    def choice(self) -> str:
        """tilt, reefer, or neither: the cheaper of those that arrive fit."""
        fit = [(cost, name) for cost, name, v in self._ways if v.arrives_fit]
        return min(fit)[1] if fit else "neither"

    @property
    def _ways(self) -> tuple[tuple[Decimal, str, Verdict], ...]:
        return ((self.reefer_cost, "reefer", self.reefer), (self.tilt_cost, "tilt", self.tilt))


def reefer_or_tilt(
    lives: ShelfLives,
    cargo: str,
    parts: Sequence[tuple[float, Sequence[str]]],
    month: int,
    value_usd_per_t: Decimal,
    tilt_freight_usd_per_t: Decimal,
    reefer_freight_usd_per_t: Decimal,
    *,
    state: str = "",
    p90_stretch: float = P90_STRETCH,
) -> Comparison:
    """Whether goods go under a tilt or need a reefer in a month.

    Args:
        parts: expected hours and countries of the legs, as in `stages_of`.
        value_usd_per_t: of the goods.
        tilt_freight_usd_per_t: of the whole way.
        reefer_freight_usd_per_t: the same; without a quote, 1.4 of the tilt's (1.2 to 1.6, an estimate).
    Notes: the goods lost are those of the expected trip; fitness is judged on the slow one.

    >>> way = [(30.0, ("TM",)), (66.0, ("KZ",))]
    >>> lives, usd = read_shelf_lives(), [Decimal(n) for n in (1460, 200, 280)]
    >>> [reefer_or_tilt(lives, "tomatoes", way, month, *usd).choice for month in (1, 4, 7, 11)]
    ['reefer', 'tilt', 'reefer', 'tilt']
    """
    tilt, reefer = (
        verdict(lives, cargo, stages_of(parts, month, reefer=cooled), state=state, p90_stretch=p90_stretch)
        for cooled in (False, True)
    )
    return Comparison(
        tilt,
        reefer,
        tilt_cost=tilt_freight_usd_per_t + _lost_usd(tilt, value_usd_per_t),
        reefer_cost=reefer_freight_usd_per_t + _lost_usd(reefer, value_usd_per_t),
    )


def _lost_usd(v: Verdict, value_usd_per_t: Decimal) -> Decimal:
    """Value of the goods lost on the expected trip, to the cent."""
    return (value_usd_per_t * Decimal(str(v.lost_expected))).quantize(Decimal("0.01"))


def read_shelf_lives(root: Traversable | Path | None = None) -> ShelfLives:
    """The table, checked: positive lives, Q10 of 1 and more, one usual state for each cargo.

    Args:
        root: a folder that holds `shelf_life.csv`; None is the package `seeds`.
    Raises:
        DataError: every row that cannot be used (code `bad_shelf_life`).
    """
    name = f"seeds/{TABLE}"
    raw = tables.read_bytes(tables.data_file("seeds", TABLE) if root is None else root.joinpath(TABLE))
    listed = list(tables.rows_of(tables.decode(raw, name), name))
    tables.require_columns(listed, COLUMNS, name)
    problems = ProblemList()
    usual: dict[str, ShelfLife] = {}
    states: dict[tuple[str, str], ShelfLife] = {}
    for line, cells in listed:
        life = _life(cells)
        if isinstance(life, str):
            problems.add("bad_shelf_life", f"row {cells['row_id']}: {life}", file=name, line=line)
            continue
        if (life.cargo_id, life.state) in states or (cells["usual"] == "yes" and life.cargo_id in usual):
            text = f"row {life.row_id}: {life.cargo_id} has that state, or a usual one, already"
            problems.add("bad_shelf_life", text, file=name, line=line)
            continue
        states[life.cargo_id, life.state] = life
        if cells["usual"] == "yes":
            usual[life.cargo_id] = life
    if not problems.problems and "grapes" not in usual:
        problems.add("bad_shelf_life", "grapes are missing, on which the loss curve rests", file=name)
    problems.raise_if_any()
    return ShelfLives(usual, states, tables.digest([raw]))


def _life(cells: dict[str, str]) -> ShelfLife | str:
    """A row, or what is wrong with it."""
    numbers: dict[str, float] = {}
    for column in ("l0_days", "l0_low", "l0_high", "t0_c", "q10", "floor_c", "chilling_c"):
        if column == "chilling_c" and not cells[column]:
            continue
        try:
            value = Decimal(cells[column])
        except InvalidOperation:
            return f"{column} is {cells[column]!r}, not a number"
        if not value.is_finite():
            return f"{column} is {cells[column]!r}, not a number"
        numbers[column] = float(value)
    if not 0 < numbers["l0_low"] <= numbers["l0_days"] <= numbers["l0_high"]:
        return "l0_days must lie between l0_low and l0_high, above 0"
    if numbers["q10"] < 1:
        return f"q10 is {cells['q10']}; goods do not keep longer when warmer"
    if numbers["floor_c"] > numbers["t0_c"]:
        return "floor_c must not lie above t0_c"
    if cells["status"] not in STATUSES or not cells["source_id"] or not cells["cargo_id"]:
        return "a cargo, a source and a known status are needed"
    return ShelfLife(
        row_id=cells["row_id"],
        cargo_id=cells["cargo_id"],
        state=cells["state"],
        l0_days=numbers["l0_days"],
        l0_low=numbers["l0_low"],
        l0_high=numbers["l0_high"],
        t0_c=numbers["t0_c"],
        q10=numbers["q10"],
        floor_c=numbers["floor_c"],
        chilling_c=numbers.get("chilling_c"),
        source_id=cells["source_id"],
        status=cells["status"],
        note=cells["note"],
    )
