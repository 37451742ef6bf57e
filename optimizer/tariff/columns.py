"""The words of a tariff book: its tables, their columns, and the values some columns may hold."""

from __future__ import annotations

from optimizer.network.model import RAILWAY_OF
from optimizer.tariff.conditions import CONDITIONS

# What is priced on its own.
CHARGES = frozenset(
    [
        "carriage",
        "truck",
        "sea_freight",
        "empty_return",
        "hire",
        "platform_hire",
        "box_hire",
        "rail_border",
        "rail_border_default",
        "road_border",
        "road_border_default",
        "bridge",
        "documents",
        "reload",
        "bogie_change",
        "lift",
        "transship",
        "port_load",
        "port_discharge",
        "port_box",
        "road_toll",
        "truck_fee",
        "transfer_fee",
        "loading",
        "insurance",
        "insurance_supplement",
        "demurrage",
        "detention",
        "storage",
    ]
)
# What stands beside a priced thing, or beside the dispatch or arrival of the whole shipment.
SURCHARGES = frozenset(
    [
        "seal",
        "guard",
        "station",
        "customs",
        "tir",
        "phytosanitary",
        "fumigation",
        "permit",
        "fuel",
        "security",
        "congestion",
        "war_risk",
        "season",
        "weighing",
        "cleaning",
        "agency",
        "swap",
        "other",
    ]
)
MARKERS = frozenset({"dispatch", "arrival"})
CARRIERS = frozenset({"", *RAILWAY_OF.values(), *(f"ROAD-{country}" for country in (*RAILWAY_OF, "AZ"))})
FORMS = frozenset({"wagon", "container", "truck", "hold"})

_DATES = {"valid_from", "valid_to", "known_from", "replaces"}
_WORDS = {"status", "source_id", "document", "description", "note"}
_PRICE = {
    "rule_id",
    "charge",
    "carrier",
    "rank",
    "basis",
    "fixed",
    "rate",
    "per_km",
    "currency",
    "fx_kind",
    "min_t",
    "step_t",
    "base_m",
    "free_days",
    "day_steps",
    "round",
    "belt_table",
    "series",
    "carry",
    "carry_months",
    "low",
    "high",
    "based_on",
    "warning_code",
    "warning",
}
_COMMON = set(CONDITIONS) | _DATES | _WORDS
COLUMNS: dict[str, frozenset[str]] = {
    "rates.csv": frozenset(_COMMON | _PRICE),
    "surcharges.csv": frozenset(_COMMON | _PRICE | {"on", "group"}),
    "subsidies.csv": frozenset(_COMMON | _PRICE | {"on", "group", "cap_t", "cap_amount", "probability", "claim_until"}),
    "coefficients.csv": frozenset(
        _COMMON | {"coef_id", "rules", "charge", "carrier", "group", "priority", "value", "carry_months"}
    ),
    "through.csv": frozenset((_COMMON | _PRICE | {"chain", "mode"}) - {"charge", "carrier"}),
    "groups.csv": frozenset({"group", "members", "source_id", "status", "note"}),
    "classes.csv": frozenset({"gng", "class", "source_id", "status", "note"}),
    "spot.csv": frozenset({"series", "day", "price", "currency", "parcel_t", "source_id", "status", "note"}),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "rates.csv": ("rule_id", "charge", "basis", "status", "source_id"),
    "surcharges.csv": ("rule_id", "charge", "on", "basis", "status", "source_id"),
    "subsidies.csv": ("rule_id", "on", "basis", "status", "source_id"),
    "coefficients.csv": ("coef_id", "charge", "value", "status", "source_id"),
    "through.csv": ("rule_id", "chain", "mode", "replaces", "basis", "status", "source_id"),
    "groups.csv": ("group", "members"),
    "classes.csv": ("gng", "class"),
    "spot.csv": ("series", "day", "price", "currency", "source_id"),
}
BELT_COLUMNS = frozenset({"from_km", "to_km", "class", "equipment", "owner", "to_t", "source_id", "status", "note"})
BELT_NEEDED = ("from_km", "to_km")
HEADER_KEYS = frozenset(
    {"id", "title", "publisher", "currency", "stacking", "rounding", "fx_kind", "date", "note", "version"}
)

_PRICE_AND_KM = frozenset({"rate", "fixed", "per_km"})
_STEPS = frozenset({"rate", "free_days", "day_steps"})
# Which of a rule's numbers its basis looks at (see `bases`).
USED: dict[str, frozenset[str]] = {
    "per_t": _PRICE_AND_KM | {"min_t"},
    "per_t_km": frozenset({"rate", "min_t"}),
    "per_chargeable_t": _PRICE_AND_KM | {"min_t", "step_t"},
    "per_unit": _PRICE_AND_KM,
    "per_unit_km": frozenset({"rate"}),
    "per_unit_nm": _PRICE_AND_KM,
    "per_t_nm": _PRICE_AND_KM,
    "per_unit_day": frozenset({"rate"}),
    "per_consignment": frozenset({"rate"}),
    "percent_of_value": frozenset({"rate"}),
    "percent_of_charge": frozenset({"rate"}),
    "belt": frozenset({"belt_table"}),
    "belt_per_t": frozenset({"belt_table", "min_t", "step_t"}),
    "per_unit_length": frozenset({"rate", "base_m"}),
    "per_unit_day_steps": _STEPS,
    "per_t_day_steps": _STEPS,
    "spot_per_t": frozenset({"rate", "fixed"}),
}
PRICES = ("rate", "fixed", "per_km", "day_steps", "belt_table")
