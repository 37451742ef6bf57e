"""Emission factors: grams of CO2e for one tonne moved one kilometre.

Factors are well to wheel where the source gives that; a factor that covers only tank to wheel says so in its
note. One factor a mode stands in for the diesel average; traction is not told apart yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources.abc import Traversable
from pathlib import Path

from optimizer import tables
from optimizer.errors import ProblemList, RequestError
from optimizer.provenance import STATUSES

TABLE = "emissions.csv"
UNIT = "gCO2e/t-km"

# Which row of the table a leg uses. Rail: a diesel freight train, electric traction is cleaner by an unknown amount.
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


@dataclass(frozen=True)
class EmissionFactors:
    """The factors of one edition of the table, by id."""

    rows: dict[str, Factor]
    version: str

    def grams_per_t_km(self, mode: str, service: str = "") -> Factor:
        """The factor of a leg.

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
            raise RequestError(
                f"No emission factor is known for {mode} {service}".rstrip() + ".",
                code="no_emission_factor",
                field="mode",
                hint=f"Known are hub, {', '.join(' '.join(k).strip() for k in FACTOR_OF)}.",
            ) from None


# The source of hub defaults cannot be read freely; 0 keeps the sum honest about what is in it.
HUB_GAP = Factor(
    Decimal(0), "E31", "keruen-estimate", "estimated", "terminals and handlings are not counted: no value at hand"
)


def read_factors(root: Traversable | Path | None = None) -> EmissionFactors:
    """The factors that have a value per tonne-kilometre; well to wheel first, else tank to wheel with a note.

    Args:
        root: a folder that holds `emissions.csv`; None is the package `seeds`.
    Raises:
        DataError: a value or status cannot be read, or a factor that a leg needs is missing.
    """
    name = f"seeds/{TABLE}"
    raw = tables.read_bytes(tables.data_file("seeds", TABLE) if root is None else root.joinpath(TABLE))
    listed = list(tables.rows_of(tables.decode(raw, name), name))
    tables.require_columns(listed, ("factor_id", "ttw_value", "wtw_value", "unit", "source_id", "status", "note"), name)
    problems = ProblemList()
    rows: dict[str, Factor] = {}
    for line, cells in listed:
        text = cells["wtw_value"] or cells["ttw_value"]
        if cells["unit"] != UNIT or not text:
            continue
        try:
            grams = Decimal(text)
            good = grams.is_finite() and grams > 0
        except InvalidOperation:
            good = False
        if not good or cells["status"] not in STATUSES or not cells["source_id"]:
            problems.add(
                "bad_factor",
                f"factor {cells['factor_id']} needs a value above 0, a source and a known status; it has {text!r}",
                file=name,
                line=line,
            )
            continue
        note = "" if cells["wtw_value"] else "tank to wheel only: making the fuel is left out"
        rows[cells["factor_id"]] = Factor(grams, cells["factor_id"], cells["source_id"], cells["status"], note)
    for needed in sorted(set(FACTOR_OF.values()) - set(rows)):
        if not problems.problems:
            problems.add("missing_factor", f"factor {needed} has no value; a leg needs it: add its row", file=name)
    problems.raise_if_any()
    return EmissionFactors(rows, tables.digest([raw]))
