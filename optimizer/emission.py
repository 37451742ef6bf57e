"""Emission factors and the emissions of each leg, in the form of ISO 14083 and the GLEC framework.

A leg of transport is a transport chain element: tonnes times kilometres times a factor. Every factor has two parts,
whose sum is the well-to-wheel figure:

    upstream (well to tank, WTT)     making the fuel, or the electricity of the country's grid
    operation (tank to wheel, TTW)   what leaves the engine; 0 g for an electric train

A hub (reloading, a port) is an element too, but has no value: the source of its defaults cannot be read freely. It
stays an empty slot; 0 would claim that it emits nothing. Method, factors and gaps: docs/emissions.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.errors import ProblemList, RequestError
from optimizer.provenance import STATUSES
from optimizer.subject import LegLike

TABLE = "emissions.csv"
UNIT = "gCO2e/t-km"
GRID_UNIT = "gCO2/kWh"
ENERGY_UNIT = "kWh/t-km"
LINE_UNIT = "electric share"
COLUMNS = (
    "factor_id",
    "vehicle_or_country",
    "ttw_value",
    "wtt_value",
    "wtw_value",
    "unit",
    "source_id",
    "status",
    "note",
)
ROUNDING = Decimal("0.011")  # two parts printed to a hundredth may miss their sum by that much

# Which row of the table a leg uses. Rail: a diesel freight train.
# Road: the average load, since trucks here often come back empty. Ferries with wagons count like ferries with trucks.
FACTOR_OF = {
    ("rail", ""): "E01",
    ("road", ""): "E04",
    ("sea", "dry_bulk"): "E05",
    ("sea", "dry_bulk_ocean"): "E06",
    ("sea", "roro"): "E13",
    ("sea", "rail_ferry"): "E13",
    ("sea", "container_feeder"): "E16",
}
SPLIT_OF = {**FACTOR_OF, ("sea", "container_feeder"): "E32"}  # the same with both parts known
ELECTRIC_ENERGY = "E30"
GRID_OF = {
    "KZ": "E20",
    "UZ": "E21",
    "TM": "E22",
    "IR": "E23",
    "AF": "E24",
    "PK": "E25",
    "AZ": "E26",
    "RU": "E27",
    "CN": "E28",
    "TJ": "E29",
}
HUB_SLOT = "E31"

# How full a truck is over its whole turn, empty way back included: load -> (row, what it stands for).
TRUCK_LOADS = {
    "average": ("E04", "average load, empty running in it"),
    "full": ("E03", "full both ways: only where a return cargo is known"),
    "half": ("E02", "full there and empty back is half on the whole"),
}

# ISO 14083 wants the shortest feasible or the great circle distance for transport activity. Ours is the length of
# the way we chose over the network: the railway's shortest, the road's shortest or fastest, the sailing over water.
DISTANCE_BASIS = "planned, over the network"


@dataclass(frozen=True, slots=True)
class Factor:
    """Grams of CO2e per tonne-kilometre and where the number is from."""

    g_per_t_km: Decimal
    factor_id: str
    source_id: str
    status: str
    note: str = ""  # what the number leaves out, for the reader of a quote

    def kilograms(self, mass_t: Decimal, distance_km: Decimal) -> Decimal:
        """
        >>> Factor(Decimal("34.7"), "E01", "s", "published").kilograms(Decimal(68), Decimal(1000))
        Decimal('2359.6')
        """
        return self.g_per_t_km * mass_t * distance_km / 1000


@dataclass(frozen=True, slots=True)
class SplitFactor:
    """A factor in its two parts, in g CO2e per t-km of goods; their sum is well to wheel."""

    wtt_g_per_t_km: Decimal
    ttw_g_per_t_km: Decimal
    factor_id: str  # rows of emissions.csv; "E30*E20" is a product
    source_ids: tuple[str, ...]
    status: str  # the weakest of its rows
    note: str = ""

    @property
    def wtw_g_per_t_km(self) -> Decimal:
        """Well to wheel.

        >>> SplitFactor(Decimal("6.91"), Decimal("27.79"), "E01", ("s",), "published").wtw_g_per_t_km
        Decimal('34.70')
        """
        return self.wtt_g_per_t_km + self.ttw_g_per_t_km


@dataclass(frozen=True, slots=True)
class Line:
    """One railway section under wire."""

    line_id: str
    share: Decimal  # of its length, above 0 to 1
    source_id: str
    status: str


@dataclass(frozen=True)
class EmissionFactors:
    """The factors of one edition of the table, by id."""

    rows: dict[str, Factor]
    version: str
    splits: dict[str, SplitFactor] = field(default_factory=dict)
    energy: dict[str, Factor] = field(default_factory=dict)  # kWh per t-km, and g per kWh of the grids
    lines: dict[frozenset[str], Line] = field(default_factory=dict)  # electrified sections by their two ends

    def grams_per_t_km(self, mode: str, service: str = "") -> Factor:
        """The factor of a leg as one number, traction not told apart.

        Args:
            mode: rail, road, sea, or hub for a handling.
            service: at sea dry_bulk, dry_bulk_ocean, roro, rail_ferry or container_feeder; else not looked at.
        Raises:
            RequestError: no factor is known for that mode and service (code `no_emission_factor`).

        >>> read_factors().grams_per_t_km("sea", "roro").g_per_t_km
        Decimal('74.89')
        """
        if mode == "hub":
            return HUB_GAP
        key = (mode, service if mode == "sea" else "")
        try:
            return self.rows[FACTOR_OF[key]]
        except KeyError:
            raise _unknown(f"{mode} {service}".rstrip()) from None

    def split(
        self, mode: str, service: str = "", *, traction: str = "diesel", country: str = "", load: str = "average"
    ) -> SplitFactor:
        """The factor of a mode in its two parts, upstream and operation.

        Args:
            mode: rail, road or sea; a hub has none.
            service: the kind of sailing, as in `grams_per_t_km`.
            traction: diesel or electric; looked at on rails.
            country: whose grid feeds an electric train (ISO code).
            load: of a truck over its whole turn: average, full or half.
        Raises:
            RequestError: no such factor is known (code `no_emission_factor`).
        Notes: an electric train's grams are all upstream. Losses between power station and wire are left out.
        Source: UK government factors 2025 (engines), LIPASTO 2016 (energy of trains), Ember (grids).

        >>> factors = read_factors()
        >>> factors.split("rail").ttw_g_per_t_km, factors.split("rail").wtw_g_per_t_km
        (Decimal('27.79'), Decimal('34.70'))
        >>> electric = factors.split("rail", traction="electric", country="KZ")
        >>> electric.factor_id, electric.ttw_g_per_t_km, electric.wtw_g_per_t_km
        ('E30*E20', Decimal('0'), Decimal('21.64833'))
        """
        if mode == "rail" and traction == "electric":
            return self._electric(country)
        if mode == "road":
            row, note = TRUCK_LOADS.get(load, ("", ""))
        else:
            row, note = SPLIT_OF.get((mode, service if mode == "sea" else ""), ""), ""
        found = self.splits.get(row)
        if found is None or (mode == "rail" and traction != "diesel"):
            what = {"rail": traction, "road": f"load {load}"}.get(mode, service)
            raise _unknown(f"{mode} {what}".rstrip())
        return SplitFactor(
            found.wtt_g_per_t_km, found.ttw_g_per_t_km, row, found.source_ids, found.status, note or found.note
        )

    def _electric(self, country: str) -> SplitFactor:
        train, grid = self.energy.get(ELECTRIC_ENERGY), self.energy.get(GRID_OF.get(country, ""))
        if train is None or grid is None:
            raise _unknown(f"an electric train in {country or 'no country'}")
        return SplitFactor(
            wtt_g_per_t_km=train.g_per_t_km * grid.g_per_t_km,
            ttw_g_per_t_km=Decimal(0),
            factor_id=f"{train.factor_id}*{grid.factor_id}",
            source_ids=(train.source_id, grid.source_id),
            status=weakest("derived", train.status, grid.status),
            note="electricity counts upstream; losses between power station and wire are left out",
        )

    def electric_km(self, path: Sequence[str], section_km: Mapping[frozenset[str], float]) -> dict[str, float]:
        """Kilometres under wire along a railway path, by country.

        Args:
            path: stations in order.
            section_km: length of every railway section by its two ends.
        Returns:
            Only countries with some. Half a border section, which a haul also runs, counts as diesel.
        Notes: every kilometre under wire counts as electric. A train that keeps its diesel locomotive over a short
            wired stretch emits more than this says.

        >>> read_factors().electric_km(("kz-shu", "kz-almaty", "kz-zhetygen"), {frozenset(("kz-shu", "kz-almaty")): 306.0})
        {'KZ': 306.0}
        """
        found: dict[str, float] = {}
        for ends in pairwise(path):
            line, km = self.lines.get(frozenset(ends)), section_km.get(frozenset(ends))
            if line is not None and km is not None:
                country = ends[0][:2].upper()  # as the ids of our places begin with it
                found[country] = found.get(country, 0.0) + km * float(line.share)
        return found


@dataclass(frozen=True, slots=True)
class EmissionShare:
    """Grams of CO2e of one leg, upstream and operation; exact, not rounded."""

    wtt_g: Decimal
    ttw_g: Decimal
    factor_id: str  # rows used, joined by "+" where a train runs under wire for part of the way
    source_ids: tuple[str, ...]
    status: str
    electric_share: Decimal = Decimal(0)  # of the distance
    note: str = ""

    @property
    def wtw_g(self) -> Decimal:
        """Well to wheel: the sum of both."""
        return self.wtt_g + self.ttw_g


def legs_emissions(
    factors: EmissionFactors,
    mode: str,
    service: str,
    distance_km: float,
    mass_t: Decimal,
    *,
    electric_km: Mapping[str, float] | None = None,
    load: str = "average",
) -> EmissionShare:
    """The emissions of one leg from what it is.

    Args:
        mode: rail, road or sea.
        service: the kind of sailing; else not looked at.
        distance_km: length of the leg, km.
        mass_t: goods on it, tonnes, without wagon or box.
        electric_km: on rails, kilometres under wire by country (`EmissionFactors.electric_km`); the rest is diesel.
        load: how full a truck is over its whole turn.
    Raises:
        RequestError: no such factor is known (code `no_emission_factor`).

    >>> half = legs_emissions(read_factors(), "rail", "", 1000.0, Decimal(68), electric_km={"UZ": 500.0})
    >>> half.factor_id, round(half.wtt_g), round(half.ttw_g)
    ('E01+E30*E21', 1264183, 944860)
    >>> half.wtw_g == half.wtt_g + half.ttw_g
    True
    """
    whole = _km(distance_km)
    wired = {c: _km(km) for c, km in sorted((electric_km or {}).items()) if km > 0} if mode == "rail" else {}
    under_wire = sum(wired.values(), Decimal(0))
    if under_wire > whole:  # lengths are rounded on their way here; never more electric than long
        wired = {c: km * whole / under_wire for c, km in wired.items()}
        under_wire = whole
    parts: list[tuple[SplitFactor, Decimal]] = []
    if under_wire < whole or not wired:
        parts.append((factors.split(mode, service, load=load), whole - under_wire))
    parts += [(factors.split(mode, traction="electric", country=c), km) for c, km in wired.items()]
    return EmissionShare(
        wtt_g=sum((f.wtt_g_per_t_km * km for f, km in parts), Decimal(0)) * mass_t,
        ttw_g=sum((f.ttw_g_per_t_km * km for f, km in parts), Decimal(0)) * mass_t,
        factor_id="+".join(f.factor_id for f, _ in parts),
        source_ids=tuple(dict.fromkeys(s for f, _ in parts for s in f.source_ids)),
        status=weakest(*(f.status for f, _ in parts)),
        electric_share=under_wire / whole if whole else Decimal(0),
        note="; ".join(dict.fromkeys(f.note for f, _ in parts if f.note)),
    )


@dataclass(frozen=True, slots=True)
class ChainElement:
    """One transport chain element (TCE) as ISO 14083 has it; a hub is a slot whose values are None."""

    tce_id: str
    kind: str  # transport or hub
    mode: str
    service: str
    from_id: str
    to_id: str
    mass_t: Decimal
    distance_km: Decimal | None
    emissions: EmissionShare | None

    @property
    def activity_t_km(self) -> Decimal | None:
        """Transport activity: tonnes of goods times kilometres."""
        return None if self.distance_km is None else self.mass_t * self.distance_km

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: kilograms to a tenth, factors in g per t-km to a hundredth, None where no value is."""
        e, activity = self.emissions, self.activity_t_km

        def per_t_km(grams: Decimal) -> float | None:
            return round(float(grams / activity), 2) if activity else None

        def kilograms(grams: Decimal) -> float:
            return round(float(grams / 1000), 1)

        return {
            "tce_id": self.tce_id,
            "kind": self.kind,
            "mode": self.mode,
            "service": self.service,
            "from": self.from_id,
            "to": self.to_id,
            "distance_km": None if self.distance_km is None else round(float(self.distance_km), 1),
            "distance_basis": DISTANCE_BASIS if self.kind == "transport" else "",
            "activity_t_km": None if activity is None else round(float(activity), 1),
            "electric_share": None if e is None else round(float(e.electric_share), 4),
            "factor_id": HUB_SLOT if e is None else e.factor_id,
            "wtt_g_per_t_km": None if e is None else per_t_km(e.wtt_g),
            "ttw_g_per_t_km": None if e is None else per_t_km(e.ttw_g),
            "wtw_g_per_t_km": None if e is None else per_t_km(e.wtw_g),
            "ghg_wtt_kg": None if e is None else kilograms(e.wtt_g),
            "ghg_ttw_kg": None if e is None else kilograms(e.ttw_g),
            "ghg_wtw_kg": None if e is None else kilograms(e.wtw_g),
            "source_ids": [HUB_GAP.source_id] if e is None else list(e.source_ids),
            "status": HUB_GAP.status if e is None else e.status,
            "note": HUB_GAP.note if e is None else e.note,
        }


class Meter:
    """Weighs legs with one edition of factors on one network.

    Args:
        factors: the table.
        section_km: length of every railway section by its two ends, km.

    >>> meter = Meter(read_factors(), {frozenset(("kz-shu", "kz-almaty")): 306.0})
    >>> meter.factors.lines[frozenset(("kz-almaty", "kz-shu"))].line_id
    'L01'
    """

    def __init__(self, factors: EmissionFactors, section_km: Mapping[frozenset[str], float]) -> None:
        self.factors = factors
        self.section_km = section_km
        self._one_tonne = lru_cache(maxsize=65536)(self._weigh)

    def share(self, leg: LegLike, mass_t: Decimal) -> EmissionShare:
        """The emissions of a haul that carries `mass_t` tonnes of goods, as sure as the wires it runs under."""
        one = self._one_tonne(leg.mode, leg.service, leg.distance_km, leg.path)
        return replace(one, wtt_g=one.wtt_g * mass_t, ttw_g=one.ttw_g * mass_t)

    def grams_per_t(self, leg: LegLike) -> float:
        """Well-to-wheel grams of one tonne on a leg; 0 for what is no haul, which has no value to add."""
        if leg.kind != "haul":
            return 0.0
        return float(self._one_tonne(leg.mode, leg.service, leg.distance_km, leg.path).wtw_g)

    def _weigh(self, mode: str, service: str, distance_km: float, path: tuple[str, ...]) -> EmissionShare:
        wired = self.factors.electric_km(path, self.section_km) if mode == "rail" else None
        share = legs_emissions(self.factors, mode, service, distance_km, Decimal(1), electric_km=wired)
        if not wired:
            return share
        sections = [ends for ends in map(frozenset, pairwise(path)) if ends in self.section_km]
        lines = [self.factors.lines[ends] for ends in sections if ends in self.factors.lines]
        return replace(
            share,
            source_ids=tuple(dict.fromkeys((*share.source_ids, *(line.source_id for line in lines)))),
            status=weakest(share.status, *(line.status for line in lines)),
        )

    def chain(self, legs: Iterable[LegLike], mass_t: Decimal) -> tuple[ChainElement, ...]:
        """The transport chain of a way: hauls as transport, handlings as hubs without a value.

        Borders and waits are no elements: the standard counts them with the transport or hub they belong to.
        """
        found: list[ChainElement] = []
        for leg in legs:
            if leg.kind not in ("haul", "handling"):
                continue
            haul = leg.kind == "haul"
            found.append(
                ChainElement(
                    tce_id=f"TCE-{len(found) + 1:02d}",
                    kind="transport" if haul else "hub",
                    mode=leg.mode if haul else "none",
                    service=leg.service,
                    from_id=leg.from_id,
                    to_id=leg.to_id,
                    mass_t=mass_t,
                    distance_km=_km(leg.distance_km) if haul else None,
                    emissions=self.share(leg, mass_t) if haul else None,
                )
            )
        return tuple(found)


def weakest(*statuses: str) -> str:
    """The least certain of some statuses.

    >>> weakest("published", "estimated", "derived")
    'estimated'
    """
    return max(statuses, key=STATUSES.index)


# The source of hub defaults cannot be read freely; 0 keeps the sum honest about what is in it.
HUB_GAP = Factor(
    Decimal(0), "E31", "keruen-estimate", "estimated", "terminals and handlings are not counted: no value at hand"
)


def read_factors(root: Traversable | Path | None = None) -> EmissionFactors:
    """The factors of the table: per tonne-kilometre whole and in two parts, energy, grids and electrified lines.

    As one number, a factor is well to wheel where the table has that, else tank to wheel with a note.

    Args:
        root: a folder that holds `emissions.csv`; None is the package `seeds`.
    Raises:
        DataError: a value or status cannot be read, the parts of a factor do not add up, or a factor that a leg
            needs is missing.
    """
    name = f"seeds/{TABLE}"
    raw = tables.read_bytes(tables.data_file("seeds", TABLE) if root is None else root.joinpath(TABLE))
    listed = list(tables.rows_of(tables.decode(raw, name), name))
    tables.require_columns(listed, COLUMNS, name)
    problems = ProblemList()
    rows: dict[str, Factor] = {}
    splits: dict[str, SplitFactor] = {}
    energy: dict[str, Factor] = {}
    lines: dict[frozenset[str], Line] = {}
    for line, cells in listed:
        text = cells["wtw_value"] or cells["ttw_value"]
        if cells["unit"] not in (UNIT, GRID_UNIT, ENERGY_UNIT, LINE_UNIT) or not text:
            continue
        key, source, status = cells["factor_id"], cells["source_id"], cells["status"]
        value = _number(text)
        if value is None or status not in STATUSES or not source:
            problems.add(
                "bad_factor",
                f"factor {key} needs a value above 0, a source and a known status; it has {text!r}",
                file=name,
                line=line,
            )
            continue
        if cells["unit"] == LINE_UNIT:
            ends = frozenset(cells["vehicle_or_country"].split(" - "))
            if len(ends) == 2 and value <= 1:
                lines[ends] = Line(key, value, source, status)
            else:
                problems.add(
                    "bad_factor", f"line {key} needs two places 'a - b' and a share up to 1", file=name, line=line
                )
            continue
        if cells["unit"] != UNIT:
            energy[key] = Factor(value, key, source, status)
            continue
        note = "" if cells["wtw_value"] else "tank to wheel only: making the fuel is left out"
        rows[key] = Factor(value, key, source, status, note)
        upstream, operation = _number(cells["wtt_value"]), _number(cells["ttw_value"])
        if not cells["wtw_value"] or upstream is None or operation is None:
            continue
        if abs(upstream + operation - value) > ROUNDING:
            problems.add(
                "bad_factor",
                f"factor {key}: {upstream} upstream and {operation} in operation do not add up to {value}",
                file=name,
                line=line,
            )
        splits[key] = SplitFactor(upstream, operation, key, (source,), status)
    for needed in sorted(set(FACTOR_OF.values()) - set(rows)):
        if not problems.problems:
            problems.add("missing_factor", f"factor {needed} has no value; a leg needs it: add its row", file=name)
    problems.raise_if_any()
    return EmissionFactors(rows, tables.digest([raw]), splits, energy, lines)


def _number(text: str) -> Decimal | None:
    """A finite decimal above 0, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value > 0 else None


def _km(distance: float) -> Decimal:
    return Decimal(str(distance))


def _unknown(what: str) -> RequestError:
    return RequestError(
        f"No emission factor is known for {what}.",
        code="no_emission_factor",
        field="mode",
        hint=f"Known are hub, {', '.join(' '.join(k).strip() for k in FACTOR_OF)}.",
    )
