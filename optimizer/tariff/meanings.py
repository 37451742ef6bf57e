"""What the tables of a book hold and what each column says, for whoever fills one in."""

from __future__ import annotations

from optimizer.tariff.columns import COLUMNS
from optimizer.tariff.conditions import CONDITIONS

TABLES = tuple(COLUMNS)

# Every column but the conditions with what it says, in the order a new table shows them.
_BEFORE = {
    "rule_id": "name of the row in quotes; no other row of any book may have it",
    "coef_id": "name of the coefficient in quotes",
    "group": "of a coefficient: those of one group compete; of a surcharge: one a group applies; in groups.csv: the name",
    "members": "the values a group stands for: a;b",
    "series": "name of a series of market prices in spot.csv",
    "day": "day a market price was paid or asked",
    "price": "that price",
    "parcel_t": "tonnes it was for",
    "class": "class the goods belong to in the belt tables",
    "charge": "what is priced: carriage, truck, sea_freight, hire, rail_border ... (docs/tariff-books.md lists all)",
    "on": "charges a surcharge or subsidy stands beside: a;b, or dispatch, arrival, through",
    "mode": "rail or road",
    "chain": "way of a through rate: place;border post|border post;place",
    "carrier": "KTZ, TDY, UTY, RAI, ARA, PR, ROAD-KZ ...; empty fits any",
    "rules": "the coefficient changes only these rules: a;b",
    "rank": "higher beats lower; empty is 0",
}
_AFTER = {
    "basis": "per_t, per_t_km, per_unit, per_unit_km, per_unit_day, per_consignment, percent_of_value, belt ...",
    "rate": "the number; 0 only where the document prints 0",
    "fixed": "fixed part of fixed + per_km x km",
    "per_km": "part for each km, or nautical mile on a sea basis",
    "belt_table": "for the basis belt: table/column of belts/table.csv",
    "currency": "of the number; empty: that of the book",
    "fx_kind": "exchange rate it is converted by: market, official, parallel, interbank",
    "value": "factor of a coefficient: 0.50 is half",
    "priority": "higher beats lower where the book stacks by priority",
    "min_t": "a unit is charged for at least so many tonnes",
    "step_t": "charged tonnes are rounded up to this",
    "base_m": "length of a vehicle the rate is for, in metres",
    "free_days": "days that cost nothing",
    "day_steps": "7x55;110 is seven days at 55, every further day at 110",
    "round": "rounding of its own: unit:1:after; empty: that of the book",
    "cap_t": "a subsidy is paid for so many tonnes at most",
    "cap_amount": "and so much money at most",
    "probability": "how likely it is paid: 0.8",
    "low": "lower end of the band, as a factor: 0.8",
    "high": "upper end of the band: 1.2",
    "valid_from": "first day it applies: YYYY-MM-DD, YYYY-MM or YYYY",
    "valid_to": "last day it applies",
    "known_from": "day it was issued; a quote as of an earlier day does not see it",
    "replaces": "older rows it puts out of force where it fits: a;b; in through.csv: charges the rate already holds",
    "carry": "no: not carried on once it has ended",
    "carry_months": "months it is carried on, as provisional, once it has ended",
    "claim_until": "last day to claim a subsidy",
    "status": "published, derived, estimated or provisional",
    "source_id": "where it was read: contract, letter, page",
    "document": "number or address of the document",
    "description": "what the line of a quote says",
    "based_on": "the published rate an estimate was made from",
    "warning_code": "code of the warning",
    "warning": "sentence every quote with this line carries",
    "note": "for whoever reads the table",
}
_CONDITIONS = {
    "from": "place the haul begins at",
    "to": "place it ends at",
    "via": "place it touches",
    "between": "both its ends, either way round: a+b",
    "except_between": "not between these",
    "country": "country of a border or port",
    "crossing": "border by its two posts: a|b",
    "direction": "in or out of that country",
    "traffic": "domestic, export, import, transit, third",
    "origin": "place the shipment comes from",
    "destination": "place it goes to",
    "origin_country": "country it comes from: KZ",
    "destination_country": "country it goes to",
    "cargo": "cargo or group of cargoes: wheat;grain",
    "form": "wagon, container, truck, hold",
    "equipment": "hopper-wagon, container-40 ...",
    "feet": "20 or 40",
    "gross_t": "gross mass of one container: >24",
    "capacity_t": "load a truck can take",
    "owner": "private, carrier, foreign",
    "service": "rail_ferry, roro, container_feeder, dry_bulk",
    "truck_country": "country the truck is of",
    "km": "tariff distance: 500..1000",
    "months": "12;1",
    "onward": "sea or land, after the haul to a port",
    "gng": "goods codes: 1001;1101..1109",
    "etsng": "goods codes of ETSNG",
    "delivery": "Incoterm: FCA, CPT, DAP, FOB, CFR",
    "payer": "who pays the railway",
    "train": "block or container",
    "return_trip": "empty, loaded, prepaid",
    "paired": "yes: two boxes on one platform",
    "stay_days": "days a foreign truck stays",
    "annual_t": "tonnes promised for the year",
    "annual_teu": "TEU promised for the year",
    "lot_t": "tonnes of the shipment",
    "units": "wagons, containers or trucks of it",
    "unit_t": "net tonnes in one of them",
    "train_wagons": "wagons in the train",
}
MEANINGS = {
    **_BEFORE,
    **{name: _CONDITIONS.get(name, "see docs/tariff-books.md") for name in CONDITIONS},
    **_AFTER,
}
_SMALL = {
    "groups.csv": ("group", "members", "status", "source_id", "note"),
    "classes.csv": ("gng", "class", "status", "source_id", "note"),
    "spot.csv": ("series", "day", "price", "currency", "parcel_t", "status", "source_id", "note"),
}
HOLDS = {
    "book.toml": "name, publisher, currency and rounding of the book",
    "rates.csv": "what is charged: one price a row",
    "coefficients.csv": "factors on those prices: discounts, indices, seasons",
    "surcharges.csv": "lines beside a price: seal, guard, fuel ...",
    "subsidies.csv": "money paid back",
    "through.csv": "one rate for a chain of hauls and borders",
    "groups.csv": "names for lists, used in conditions as @name",
    "spot.csv": "market prices by day",
    "classes.csv": "classes of goods for belt tables",
}


def columns_of(table: str) -> tuple[str, ...]:
    """Every column a table may have, in the order a new book shows them.

    >>> columns_of("groups.csv")
    ('group', 'members', 'status', 'source_id', 'note')
    """
    if table in _SMALL:
        return _SMALL[table]
    order = {name: place for place, name in enumerate(["rule_id", "coef_id", *MEANINGS])}
    # The order of MEANINGS, but an id stands first, and what only small tables show first stands with the prices.
    late = {"group": order["value"] - 0.5, "series": order["belt_table"] + 0.5, "rule_id": -2.0, "coef_id": -1.0}
    return tuple(sorted(COLUMNS[table], key=lambda name: (late.get(name, float(order.get(name, len(order)))), name)))
