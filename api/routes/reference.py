"""Reference data with sources: cargoes, equipment, carriers, restrictions, tariffs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request

from api.errors import declared
from api.schemas import (
    MOST_LETTERS,
    Band,
    BookRow,
    CargoList,
    CargoRow,
    CarrierList,
    CarrierRow,
    CoefficientRow,
    ComplianceRow,
    EquipmentList,
    EquipmentRow,
    ExtraRow,
    RestrictionList,
    RestrictionRow,
    RuleRow,
    TariffList,
    Valid,
    WireError,
)
from optimizer.network.model import RAILWAY_OF
from optimizer.request import parse_day
from optimizer.restriction.match import in_force, sentence, shuts
from optimizer.restriction.model import ComplianceRule, Restriction
from optimizer.tables import open_table
from optimizer.tariff.rule import Coefficient, Extra, Rule, rounding_text
from optimizer.validity import Validity

if TYPE_CHECKING:
    from api.app import Desk
    from optimizer.databook import DataBook

router = APIRouter(tags=["reference"])
DayQuery = Annotated[str, Query(max_length=10, description="A day, YYYY-MM-DD; today when left out.")]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


@router.get(
    "/v1/cargoes", operation_id="listCargoes", responses=declared(), summary="Goods, their codes and what they ride in"
)
def cargoes(request: Request) -> CargoList:
    desk: Desk = request.app.state.desk
    return CargoList(
        cargoes=[
            CargoRow(
                id=c.id,
                name_en=c.name_en,
                name_ru=c.name_ru,
                hs_code=c.hs_code,
                gng_code=c.gng_code,
                etsng_code=c.etsng_code,
                groups=sorted(c.groups),
                equipment=list(c.equipment),
                payload_t={equipment: _plain(c.payload_t[equipment]) for equipment in c.equipment},
                price_usd_per_t=None if c.price_usd_per_t is None else _plain(c.price_usd_per_t),
                price_year=c.price_year,
                source_id=c.source_id,
                status=c.status,
            )
            for c in desk.book.cargoes.values()
        ]
    )


@router.get(
    "/v1/equipment", operation_id="listEquipment", responses=declared(), summary="Wagons, boxes, trucks and ships"
)
def equipment(request: Request) -> EquipmentList:
    desk: Desk = request.app.state.desk
    told = {row["id"]: row for _, row in open_table("seeds", "equipment.csv")}
    return EquipmentList(
        equipment=[
            EquipmentRow(
                id=e.id,
                name_en=e.name_en,
                name_ru=e.name_ru,
                family=e.family,
                feet=e.feet,
                tare_t=_plain(e.tare_t),
                temperature_controlled=e.temperature_controlled,
                tank=e.tank,
                source_id=told.get(e.id, {}).get("source_id", ""),
                status=told.get(e.id, {}).get("status", ""),
            )
            for e in desk.book.equipment.values()
        ]
    )


@router.get(
    "/v1/carriers", operation_id="listCarriers", responses=declared(), summary="Railways, trucking and ship operators"
)
def carriers(request: Request) -> CarrierList:
    """Ids are those of a quote's legs; railways and trucking can be named in `avoid`."""
    desk: Desk = request.app.state.desk
    return CarrierList(carriers=_carriers(desk.book))


def _carriers(book: DataBook) -> list[CarrierRow]:
    network = book.network
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}  # (mode, id) -> countries, sources

    def add(mode: str, carrier: str, countries: set[str], source_id: str) -> None:
        held = found.setdefault((mode, carrier), (set(), set()))
        held[0].update(countries)
        held[1].add(source_id)

    for section in network.rail_sections:
        for end in (section.from_id, section.to_id):
            country = network.places[end].country
            if country in RAILWAY_OF:
                add("rail", RAILWAY_OF[country], {country}, section.source_id)
    for road in network.road_sections:
        for end in (road.from_id, road.to_id):
            country = network.places[end].country
            add("road", f"ROAD-{country}", {country}, road.source_id)
    for sea in network.sea_services:
        if not sea.is_open:
            continue  # the row says that nobody sails there
        add(
            "sea", sea.operator, {network.places[sea.from_id].country, network.places[sea.to_id].country}, sea.source_id
        )
    books: dict[str, set[str]] = {}
    for rule in book.books.rules:
        books.setdefault(rule.carrier, set()).add(rule.book)
    return [
        CarrierRow(
            id=carrier,
            mode=mode,  # type: ignore[arg-type]
            countries=sorted(countries),
            books=sorted(books.get(carrier, ())),
            source_ids=sorted(sources),
        )
        for (mode, carrier), (countries, sources) in sorted(found.items())
        if carrier
    ]


@router.get(
    "/v1/restrictions",
    operation_id="listRestrictions",
    responses=declared(),
    summary="Bans, closures, quotas and rules of law",
)
def restrictions(
    request: Request,
    on: DayQuery = "",
    known_on: DayQuery = "",
) -> RestrictionList:
    """All of them; `in_force` says whether each applies on that day, by what was known on `known_on`."""
    desk: Desk = request.app.state.desk
    book = desk.book
    today = desk.today()
    day = parse_day(on, "on") if on else today
    known = parse_day(known_on, "known_on") if known_on else today
    names = {place_id: place.name_en for place_id, place in book.network.places.items()}
    return RestrictionList(
        on=day.isoformat(),
        known_on=known.isoformat(),
        restrictions=[_restriction(r, in_force(r, day, known), names) for r in book.restrictions.rows],
        compliance=[_compliance(rule, day, known) for rule in book.restrictions.compliance],
    )


def _restriction(r: Restriction, applies: bool, names: dict[str, str]) -> RestrictionRow:
    return RestrictionRow(
        restriction_id=r.restriction_id,
        kind=r.kind,
        shuts=shuts(r),
        in_force=applies,
        text=sentence(r, names),
        places=list(r.places),
        direction=r.direction,
        cargo=r.cargo,
        wagon_type=r.wagon_type,
        wagon_owner=r.wagon_owner,
        origins=sorted(r.origins),
        destinations=sorted(r.destinations),
        exceptions=r.exceptions,
        quota=r.quota,
        quota_unit=r.quota_unit,
        valid_from=_day(r.valid.start),
        valid_to=_day(r.valid.end),
        known_from=_day(r.known_from),
        last_confirmed=_day(r.last_confirmed),
        months=sorted(r.months),
        document=r.document,
        source_id=r.source_id,
        status=r.status,
        note=r.note,
    )


def _compliance(rule: ComplianceRule, day: dt.date, known: dt.date) -> ComplianceRow:
    start = rule.valid.start
    return ComplianceRow(
        comp_id=rule.comp_id,
        kind=rule.kind,
        country=rule.country,
        in_force=rule.valid.contains(day) and (start is None or start <= known),
        valid_from=_day(start),
        valid_to=_day(rule.valid.end),
        fact=rule.fact,
        warning_code=rule.warning_code,
        text=rule.text,
        source_id=rule.source_id,
        status=rule.status,
        note=rule.note,
    )


@router.get(
    "/v1/tariffs",
    operation_id="listTariffs",
    responses=declared(404),
    summary="Tariff books, their rules and coefficients",
)
def tariffs(
    request: Request,
    book: Annotated[str, Query(max_length=MOST_LETTERS, description="Id of one book; all when left out.")] = "",
) -> TariffList:
    desk: Desk = request.app.state.desk
    books = desk.book.books
    if book and book not in books.infos:
        raise WireError(
            404,
            "unknown_book",
            "There is no such tariff book.",
            field="book",
            hint=f"Books are {', '.join(sorted(books.infos))}.",
        )
    rules = [_rule(r, None) for r in books.rules] + [_rule(t.rule, list(t.chain)) for t in books.through]
    rows = [row for row in rules if not book or row.book == book]
    counts: dict[str, int] = {}
    for row in rules:
        counts[row.book] = counts.get(row.book, 0) + 1
    return TariffList(
        version=books.version,
        books=[
            BookRow(
                book_id=info.book_id,
                title=info.title,
                publisher=info.publisher,
                currency=info.currency,
                stacking=info.stacking,
                rounding=rounding_text(info.rounding),
                fx_kind=info.fx_kind,
                date=_day(info.date),
                note=info.note,
                rules=counts.get(info.book_id, 0),
            )
            for info in books.infos.values()
            if not book or info.book_id == book
        ],
        rules=rows,
        surcharges=[_extra(e) for e in books.extras if not e.subsidy and (not book or e.rule.book == book)],
        subsidies=[_extra(e) for e in books.extras if e.subsidy and (not book or e.rule.book == book)],
        coefficients=[_coefficient(c) for c in books.coefficients if not book or c.book == book],
    )


def _valid(valid: Validity) -> Valid:
    return Valid(**{"from": _day(valid.start), "to": _day(valid.end)})


def _rule(rule: Rule, through: list[str] | None) -> RuleRow:
    return RuleRow(
        rule_id=rule.rule_id,
        book=rule.book,
        charge=rule.charge,
        carrier=rule.carrier,
        basis=rule.basis,
        fixed=_plain(rule.fixed),
        rate=_plain(rule.rate),
        per_km=_plain(rule.per_km),
        currency=rule.currency,
        fx_kind=rule.fx_kind,
        valid=_valid(rule.valid),
        known_from=_day(rule.known_from),
        carried=rule.carry_months != 0,
        carry_months=rule.carry_months,
        replaces=sorted(rule.replaces),
        conditions=dict(rule.cells),
        rounding=rounding_text(rule.rounding),
        band=Band(low=_plain(rule.low), high=_plain(rule.high)),
        status=rule.status,
        source_id=rule.source_id,
        document=rule.document,
        based_on=rule.based_on,
        description=rule.description,
        warning=rule.warning,
        through=through,
    )


def _extra(extra: Extra) -> ExtraRow:
    return ExtraRow(
        rule=_rule(extra.rule, None),
        on=sorted(extra.on),
        group=extra.group,
        cap_t=_plain(extra.cap_t),
        cap_amount=_plain(extra.cap_amount),
        probability=_plain(extra.probability),
        claim_until=_day(extra.claim_until),
    )


def _coefficient(c: Coefficient) -> CoefficientRow:
    return CoefficientRow(
        coef_id=c.coef_id,
        book=c.book,
        charge=c.charge,
        carrier=c.carrier,
        group=c.group,
        value=_plain(c.value),
        valid=_valid(c.valid),
        known_from=_day(c.known_from),
        carry_months=c.carry_months,
        priority=c.priority,
        replaces=sorted(c.replaces),
        conditions=dict(c.cells),
        status=c.status,
        source_id=c.source_id,
        description=c.description,
    )
