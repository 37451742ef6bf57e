"""The wire: what a request may hold, what an answer holds, and how JSON is read strictly.

Amounts and masses are decimal strings with one exact pattern; a JSON number is taken too, digit by digit,
never through a float. A field we do not know is refused, because a misspelt wish must not be dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from optimizer import request as engine

MOST_BODY_BYTES = 1_000_000
MOST_LETTERS = 200
MOST_LISTED_PLACES = 50
MOST_VIA = 50
MOST_NESTING = 20
MOST_DIGITS = 40  # of a number in a body; no figure of freight has more

DECIMAL_PATTERN = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"
AMOUNT_PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


# ---- reading JSON ------------------------------------------------------------------------------------


class WireError(HTTPException):
    """A request that cannot be read, before anything is asked of the engine."""

    def __init__(self, status: int, code: str, text: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(status, text)
        self.code, self.field, self.hint = code, field, hint


class JsonRoute(APIRoute):
    """A route whose JSON body is read strictly and never further than the limit."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return read_strictly


class _StrictRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            told = self.headers.get("content-length", "")
            if told.isascii() and told.isdigit() and (len(told) > 18 or int(told) > MOST_BODY_BYTES):
                raise _too_large()
            chunks, size = [], 0
            # A client may tell no length, or a wrong one: what counts is what arrives.
            async for chunk in self.stream():
                size += len(chunk)
                if size > MOST_BODY_BYTES:
                    raise _too_large()
                chunks.append(chunk)
            self._body = b"".join(chunks)
            kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            if self._body and kind != "application/json":
                raise WireError(
                    415,
                    "unsupported_media_type",
                    "The body is not sent as JSON.",
                    hint="Send it with Content-Type: application/json.",
                )
        return self._body

    async def json(self) -> Any:
        return read_json(await self.body())


def _too_large() -> WireError:
    return WireError(
        413,
        "body_too_large",
        f"The body is larger than {MOST_BODY_BYTES} bytes.",
        hint="The limits stand in /v1/limits.",
    )


def read_json(raw: bytes) -> Any:
    """JSON with exact numbers, and nothing that two readers could understand differently.

    Raises:
        WireError: 400; not UTF-8, not JSON, a number that is none (NaN), a key that stands twice, a letter that
            is none (NUL, half of a surrogate pair), or nesting deeper than any request has.

    >>> read_json(b'{"tonnes": 1340.50}')
    {'tonnes': Decimal('1340.50')}
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise WireError(400, "broken_json", f"The body is not UTF-8 (byte {fault.start}).") from None
    try:
        value = json.loads(
            text, parse_int=_exact, parse_float=_exact, parse_constant=_no_number, object_pairs_hook=_one_of_each
        )
        _check_letters(value, MOST_NESTING)
    except RecursionError:
        raise WireError(400, "broken_json", "The body is nested too deeply.") from None
    except json.JSONDecodeError as fault:
        raise WireError(
            400, "broken_json", f"The body is not JSON: {fault.msg} at line {fault.lineno} column {fault.colno}."
        ) from None
    return value


def _exact(digits: str) -> int | Decimal:
    if len(digits) > MOST_DIGITS:
        raise WireError(400, "bad_number", f"The number {digits[:12]}... has more than {MOST_DIGITS} digits.")
    try:
        return int(digits)
    except ValueError:
        pass
    value = Decimal(digits)
    if value and abs(value.adjusted()) > MOST_DIGITS:
        raise WireError(400, "bad_number", f"The number {digits} is beyond any figure of freight.")
    return value


def _no_number(word: str) -> Any:
    raise WireError(400, "bad_number", f"{word} is not a number.")


def _one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise WireError(400, "duplicate_key", f"The field {key[:60]!r} stands twice in the body.")
        found[key] = value
    return found


def _check_letters(value: Any, depth: int) -> None:
    if depth < 0:
        raise WireError(400, "broken_json", "The body is nested too deeply.")
    if isinstance(value, str):
        if "\0" in value:
            raise WireError(400, "bad_text", "A text in the body holds a NUL.")
        if any("\ud800" <= ch <= "\udfff" for ch in value):
            raise WireError(400, "bad_text", "A text in the body holds half of a surrogate pair, which is no letter.")
    elif isinstance(value, list):
        for item in value:
            _check_letters(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_letters(key, depth - 1)
            _check_letters(item, depth - 1)


# ---- a request ---------------------------------------------------------------------------------------


def _decimal_text(value: Any, info: ValidationInfo) -> Any:
    """A mass or amount as text: from a decimal string, or from a JSON number, exactly."""
    field = info.field_name or "value"
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise _complaint(
            "bad_number", f"The {field} is not a number.", 'Write it as a decimal string, for example "1340.5".'
        )
    text = value if isinstance(value, str) else f"{Decimal(value):f}"
    if _DECIMAL.fullmatch(text):
        return text
    if text.startswith("-") and _DECIMAL.fullmatch(text[1:]):
        raise _complaint(f"{field}_not_positive", f"The {field} is below zero.", "Correct the figure.")
    if len(text) <= MOST_LETTERS and re.fullmatch(r"[0-9]+\.[0-9]{7,}", text, re.ASCII):
        raise _complaint(
            "too_precise", f"The {field} has more than six decimals.", "Round it to a gram or a micro-unit."
        )
    raise _complaint(
        "bad_number",
        f"The {field} is not a number of at most 12 digits.",
        "Write it with a decimal point and no spaces, for example 1340.5.",
    )


def _complaint(code: str, text: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("keruen_value", "{text}", {"text": text, "code": code, "hint": hint})


def _day_text(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(_DAY_PATTERN, value, re.ASCII):
        raise _complaint("bad_date", "The date is not written YYYY-MM-DD.", "For example 2026-12-01.")
    return value


DecimalText = Annotated[
    str,
    BeforeValidator(_decimal_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": DECIMAL_PATTERN},
                {"type": "number", "minimum": 0, "maximum": 999999999999},
            ]
        }
    ),
]
Amount = Annotated[str, StringConstraints(pattern=AMOUNT_PATTERN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_LETTERS)]
Word = Annotated[str, StringConstraints(max_length=MOST_LETTERS)]
Day = Annotated[
    str, BeforeValidator(_day_text), WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY_PATTERN})
]
Names = Annotated[list[Name], Field(max_length=MOST_VIA)]

CORRIDORS: tuple[dict[str, Any], ...] = (
    {"origin": "Kokshetau", "destination": "Bandar Abbas", "cargo": "wheat", "tonnes": "1340.5", "ready": "2025-11-25"},
    {"origin": "Kostanay", "destination": "Amirabad", "cargo": "barley", "tonnes": "3000", "mode": ["rail", "sea"]},
    {"origin": "Костанай", "destination": "Герат", "cargo": "мука", "tonnes": "680"},
    {"origin": "Almaty", "destination": "Karachi", "cargo": "general", "units": 2, "equipment": "container-40"},
    {"origin": "Petropavlovsk", "destination": "Turkmenbashi", "cargo": "flour", "tonnes": "544", "objective": "time"},
)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QuoteRequest(Strict):
    """What is asked. Places, cargo and equipment by id, code or name, in English or Russian."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": list(CORRIDORS)})

    origin: Name
    destination: Name
    cargo: Name
    tonnes: DecimalText | None = Field(None, description="Mass in tonnes; this or units is needed.")
    units: DecimalText | None = Field(None, description="Whole wagons, boxes or trucks.")
    equipment: Word | None = Field(
        None, description="How the cargo leaves the origin; the first usual one when left out."
    )
    ownership: Word | None = Field(None, description="private (SOC), carrier (COC) or foreign.")
    ready: Day | None = Field(None, description="Day the goods are ready; today when left out.")
    due: Day | None = None
    chance: Word | None = Field(
        None, description="Of arriving by the due date: 0.9 or 90%; else the expected day counts."
    )
    known_on: Day | None = Field(None, description="Only what was known on this day counts; today when left out.")
    objective: Literal["cost", "time", "emissions"] = "cost"
    currency: Annotated[str, StringConstraints(max_length=8)] = "USD"
    pareto: bool = False
    alternatives: Annotated[int, Field(ge=0, le=engine.MOST_ALTERNATIVES)] = engine.DEFAULT_ALTERNATIVES
    mode: Annotated[list[Literal["rail", "road", "sea"]], Field(max_length=3)] = Field(default_factory=list)
    via: Names = Field(default_factory=list)
    avoid: Names = Field(default_factory=list, description="Places, countries (two letters) or carriers.")
    ignore_restriction: Names = Field(default_factory=list)
    value: DecimalText | None = Field(None, description="Value of the goods in USD, for the insurance.")
    incoterm: Name | None = Field(None, description="FCA, CPT, DAP, FOB or CFR, with or without a named place.")
    margin: Name | None = Field(None, description="What is added for the client: 5%, 3 USD/t, 40 USD/unit, 150 USD.")
    deal: Annotated[dict[Word, Word], Field(max_length=20)] = Field(
        default_factory=dict,
        description="What was agreed beside the shipment: paired, train, return_trip, wait_days ...",
    )

    def asked(self) -> engine.QuoteRequest:
        """The same in the engine's words."""
        return engine.QuoteRequest(
            origin=self.origin, destination=self.destination, cargo=self.cargo, tonnes=self.tonnes or "",
            units=self.units or "", equipment=self.equipment or "",
            ownership=self.ownership or "", ready=self.ready or "", due=self.due or "",
            known_on=self.known_on or "", objective=self.objective, currency=self.currency, pareto=self.pareto,
            alternatives=self.alternatives, mode=tuple(self.mode), via=tuple(self.via), avoid=tuple(self.avoid),
            ignore_restriction=tuple(self.ignore_restriction), value=self.value or "",
            chance=self.chance or "", incoterm=self.incoterm or "", margin=self.margin or "",
            deal=tuple(f"{key}={text}" for key, text in self.deal.items()),
        )  # fmt: skip


# ---- a quote -----------------------------------------------------------------------------------------


class Money(Strict):
    amount: Amount
    currency: str


class SignedMoney(Strict):
    amount: str
    currency: str


class Band(Strict):
    """The total, or a line, with every rate at the low and at the high end of its stated band."""

    low: Amount
    high: Amount


class LateLine(Strict):
    """Days x quantity x rate x coefficient = amount; nothing is counted before the free days and those in the price."""

    part: Literal["hire", "demurrage", "storage", "detention"]
    leg: int | None = Field(description="Where it begins to stand; null: all legs the rule holds for.")
    rule_id: str
    description: str
    source_id: str
    status: str
    free_days: str
    in_price_days: str
    stands_days: str
    days: str
    quantity: str
    unit: str
    rate: str
    coefficient: str
    amount: str
    currency: str
    amount_quote: str
    fx_rate: str


class LateCost(Strict):
    """What the days cost beside the price: hire, standing beyond free time, and interest on the goods under way."""

    capital_per_day: Money
    extra_days: float
    hire: SignedMoney
    demurrage: Money | None = None
    storage: Money | None = None
    detention: Money | None = None
    capital: Money
    total: SignedMoney | None = None
    lines: list[LateLine] = Field(default_factory=list)


class LateCosts(Strict):
    expected: LateCost | None = Field(None, description="The mean of the cost over all that may happen.")
    p50: LateCost
    p90: LateCost


class Transit(Strict):
    expected_hours: float
    p50_hours: float
    p90_hours: float
    departure: str
    arrival_p50: str
    arrival_p90: str
    status: str
    chance_by_due: float | None = Field(None, description="Chance of arriving by the due date.")
    late_cost: LateCosts | None = Field(None, description="What the days cost beside the price, at P50 and P90.")


class LegPlace(Strict):
    id: str
    name: str
    country: str
    lat: float
    lon: float


class LegEmissions(Strict):
    """A transport chain element of ISO 14083: well to tank, tank to wheel, their sum; no values at a hub."""

    wtt_kg: float | None
    ttw_kg: float | None
    wtw_kg: float | None
    activity_t_km: float | None
    factor_id: str
    electric_share: float
    status: str


class Shift(Strict):
    """What the calendar does to a leg; `days` are those likely to be met, `added_hours` may lie below 0."""

    kind: Literal["departure", "hours", "weekend", "holiday"]
    hours: float
    added_hours: float
    place: str
    country: str
    days: list[str]
    name: str
    source_id: str
    status: str


class Leg(Strict):
    kind: Literal["haul", "handling", "border", "wait"]
    mode: Literal["rail", "road", "sea", "none"]
    from_: LegPlace = Field(alias="from")
    to: LegPlace
    carrier: str
    service: str
    equipment: str
    units: int
    distance_km: float
    expected_hours: float
    sd_hours: float = 0.0
    shifts: list[Shift] = []
    co2e_kg: float
    emissions: LegEmissions | None = None
    geometry: list[list[float]] | None
    ends_expected: str = ""
    path: list[str]


class LineCoefficient(Strict):
    coef_id: str
    value: Amount
    description: str
    document: str
    document_date: str | None
    source_id: str
    status: str


class ChargeLine(Strict):
    code: str
    description: str
    leg: int | None
    carrier: str
    basis: str
    quantity: Amount
    rate: Amount
    coefficient: Amount
    amount: Amount
    currency: str
    amount_quote: Amount
    fx_rate: Amount
    fx_date: str | None
    fx_kind: str
    fx_source_id: str
    rule_id: str
    coefficient_ids: list[str]
    coefficients: list[LineCoefficient] = Field(default_factory=list)
    book: str
    based_on: str
    source_id: str
    status: Literal["published", "derived", "estimated", "provisional"]
    band: Band
    document: str = ""
    document_date: str | None = None
    rounding: str = "line:0.01:after"
    party: Literal["seller", "buyer"] | None = Field(None, description="Whose line it is by the Incoterm asked for.")


class Subsidy(Strict):
    """Public money that could be claimed; in the total only where `counted`."""

    rule_id: str
    description: str
    amount: Amount
    currency: str
    amount_quote: Amount
    limited: bool = Field(description="Whether the line it stands on costs less than the subsidy.")
    counted: bool
    probability: Amount
    cap_t: Amount | None
    cap_amount: Amount | None
    claim_until: str | None
    source_id: str
    status: str


class IncotermSplit(Strict):
    """Whose the lines are; the total is unchanged. No sums where the rule does not apply, and why."""

    rule: str
    place: str
    seller: Money | None
    buyer: Money | None
    applies: bool
    reason: str


class MarginBlock(Strict):
    """What the way costs us and what the client pays: never in a client's file."""

    rule: str
    buy: Money
    sell: Money
    gain: Money


class QuoteWarning(Strict):
    code: str
    text: str
    source_id: str


class Itinerary(Strict):
    rank: int
    labels: list[str]
    total: Money
    band: Band
    ties_with: list[int]
    per_tonne: Money
    per_unit: Money
    transit: Transit
    distance_km: float
    co2e_kg: float
    shelf_life: dict[str, Any] | None = Field(
        None, description="How perishable goods arrive: shares of their shelf life."
    )
    published_share: float
    route: list[str]
    legs: list[Leg]
    charges: list[ChargeLine]
    subsidies: list[Subsidy] = Field(default_factory=list)
    incoterm: IncotermSplit | None = None
    margin: MarginBlock | None = None
    warnings: list[QuoteWarning]


class RejectedWay(Strict):
    """A ban or closure that shut a better way."""

    what: str
    reason_code: str
    text: str
    until: str
    saving: str
    source_id: str
    wait_until: str = ""
    saving_by_waiting: str = Field("", description="What the best way costs less when loaded on `wait_until` instead.")


class NormalisedRequest(Strict):
    origin: str
    destination: str
    cargo: str
    tonnes: Amount
    units: int
    equipment: str
    ownership: str
    ready: str
    due: str | None
    known_on: str
    as_of: str
    objective: str
    currency: str
    pareto: bool
    alternatives: int
    modes: list[str]
    via: list[str]
    avoid: list[str]
    ignore_restrictions: list[str]
    value_usd: Amount | None
    deal: dict[str, str] = Field(default_factory=dict)
    incoterm: str | None = None
    margin: str | None = None
    chance: str | None = None
    defaults: list[str]


class Versions(Strict):
    """What the answer rests on; the same versions give the same bytes."""

    software: str
    network: str
    tariffs: str
    restrictions: str
    fx: str


class Quote(Strict):
    quote_id: str
    created_at: str
    valid_until: str
    request: NormalisedRequest
    versions: Versions
    pareto_complete: bool | None
    alternatives_complete: bool | None
    itineraries: list[Itinerary]
    rejected: list[RejectedWay]


class QuoteRow(Strict):
    quote_id: str
    created_at: str
    valid_until: str
    origin: str
    destination: str
    cargo: str
    tonnes: Amount
    total: Amount
    currency: str


class QuoteList(Strict):
    quotes: list[QuoteRow]
    next_cursor: str | None


# ---- reference data ----------------------------------------------------------------------------------


class PlaceHit(Strict):
    """A place that fits, from 0 to 100, and the name that fitted. Several near scores are a question."""

    id: str
    score: float
    matched: str
    name_en: str
    name_ru: str
    country: str
    kind: str
    lat: float
    lon: float
    esr_code: str
    unlocode: str
    gauges: list[int]
    modes: list[str]
    location: list[str]
    source_id: str
    status: str


class PlaceList(Strict):
    query: str
    places: list[PlaceHit]


class CargoRow(Strict):
    id: str
    name_en: str
    name_ru: str
    hs_code: str
    gng_code: str
    etsng_code: str
    groups: list[str]
    equipment: list[str]
    payload_t: dict[str, Amount]
    price_usd_per_t: Amount | None
    price_year: str
    source_id: str
    status: str


class CargoList(Strict):
    cargoes: list[CargoRow]


class EquipmentRow(Strict):
    id: str
    name_en: str
    name_ru: str
    family: str
    feet: int
    tare_t: Amount
    temperature_controlled: bool
    tank: bool
    source_id: str
    status: str


class EquipmentList(Strict):
    equipment: list[EquipmentRow]


class CarrierRow(Strict):
    """A railway, a country's trucking, or the operator of a ship service."""

    id: str
    mode: Literal["rail", "road", "sea"]
    countries: list[str]
    books: list[str]
    source_ids: list[str]


class CarrierList(Strict):
    carriers: list[CarrierRow]


class RestrictionRow(Strict):
    restriction_id: str
    kind: str
    shuts: bool
    in_force: bool
    text: str
    places: list[str]
    direction: str
    cargo: str
    wagon_type: str
    wagon_owner: str
    origins: list[str]
    destinations: list[str]
    exceptions: str
    quota: str
    quota_unit: str
    valid_from: str | None
    valid_to: str | None
    known_from: str | None
    last_confirmed: str | None
    months: list[int]
    document: str
    source_id: str
    status: str
    note: str


class ComplianceRow(Strict):
    comp_id: str
    kind: str
    country: str
    in_force: bool
    valid_from: str | None
    valid_to: str | None
    fact: str
    warning_code: str
    text: str
    source_id: str
    status: str
    note: str


class RestrictionList(Strict):
    on: str
    known_on: str
    restrictions: list[RestrictionRow]
    compliance: list[ComplianceRow]


class Valid(Strict):
    """Both ends included; an open end is null."""

    start: str | None = Field(alias="from")
    end: str | None = Field(alias="to")


class BookRow(Strict):
    book_id: str
    title: str
    publisher: str
    currency: str
    stacking: str
    rounding: str = Field(description="What is rounded (line or unit), to which step, before or after the coefficient.")
    fx_kind: str
    date: str | None
    note: str
    rules: int


class RuleRow(Strict):
    rule_id: str
    book: str
    charge: str
    carrier: str
    basis: str
    fixed: Amount
    rate: Amount
    per_km: Amount
    currency: str
    fx_kind: str
    valid: Valid
    known_from: str | None
    carried: bool
    carry_months: int | None = Field(description="Months it stands once lapsed; null: until a later row replaces it.")
    replaces: list[str]
    conditions: dict[str, str]
    rounding: str
    band: Band
    status: str
    source_id: str
    document: str
    based_on: str
    description: str
    warning: str
    through: list[str] | None = Field(description="The chain of places a through rate is for.")


class ExtraRow(Strict):
    """A line beside another: a surcharge, or a subsidy with its caps and the chance that it is paid."""

    rule: RuleRow
    on: list[str]
    group: str
    cap_t: Amount
    cap_amount: Amount
    probability: Amount
    claim_until: str | None


class CoefficientRow(Strict):
    coef_id: str
    book: str
    charge: str
    carrier: str
    group: str
    value: Amount
    valid: Valid
    known_from: str | None
    carry_months: int | None
    priority: int
    replaces: list[str]
    conditions: dict[str, str]
    status: str
    source_id: str
    description: str


class TariffList(Strict):
    version: str
    books: list[BookRow]
    rules: list[RuleRow]
    surcharges: list[ExtraRow]
    subsidies: list[ExtraRow]
    coefficients: list[CoefficientRow]


class LimitList(Strict):
    json_body_bytes: int
    text_letters: int
    number_digits: int
    alternatives: int
    via: int
    avoid: int
    ignore_restriction: int
    tonnes: Amount
    units: int
    earliest_ready: str
    ready_days_ahead: int
    quotes_listed: int
    places_listed: int
    quotes_waiting: int


class Health(Strict):
    status: Literal["ok"]


class Ready(Strict):
    status: Literal["ready"]
    versions: Versions


class FieldError(BaseModel):
    in_: str = Field(alias="in")
    field: str
    pointer: str
    code: str
    detail: str
    hint: str


class Problem(BaseModel):
    """A refusal (RFC 9457): what, where, why, what to do, and a stable code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str
    hint: str
    candidates: list[dict[str, Any]] | None = None
    rejected: list[RejectedWay] | None = None
    errors: list[FieldError] | None = None
