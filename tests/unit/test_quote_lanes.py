"""The lanes a forwarder asks for, today and a year ago: each has a price, and each quote adds up line by line."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import NoItinerary
from optimizer.provenance import STATUSES
from optimizer.quote import best_only
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search

TODAY = dt.date(2026, 11, 22)
NOW, A_YEAR_AGO = "2026-11-22", "2025-11-25"
Ask = Callable[..., dict[str, Any]]

SEVEN = ("Bandar Abbas", "Tehran", "Amirabad", "Hairatan", "Herat", "Mary", "Karachi")
WHEAT = [(origin, to, "wheat", {"tonnes": 3000}) for origin in ("Kokshetau", "Kostanay") for to in SEVEN]
OTHERS = [
    ("Aktau port", "Amirabad", "wheat", {"tonnes": 3000, "mode": ("sea",)}),
    ("Aktau port", "Anzali", "wheat", {"tonnes": 3000, "mode": ("sea",)}),
    ("kz-altynkol", "Tehran", "general", {"units": 40, "equipment": "container-40"}),
    ("kz-altynkol", "Tehran", "general", {"units": 40, "equipment": "container-20"}),
    ("Ashgabat", "Atyrau", "tomatoes", {"tonnes": 172, "equipment": "reefer-truck", "via": ("tm-garabogaz-border",)}),
    ("Kostanay", "Serhetabat", "flour", {"tonnes": 1320}),
    ("Kostanay", "Herat", "flour", {"tonnes": 1320}),
    ("Kostanay", "Peshawar", "wheat", {"tonnes": 680}),
]
LANES = [
    pytest.param(*lane, id=f"{lane[0]}-{lane[1]}-{lane[2]}-{lane[3].get('equipment', '')}")
    for lane in (*WHEAT, *OTHERS)
]


@pytest.fixture(scope="module")
def sources() -> set[str]:
    with files("network_data").joinpath("sources.csv").open(encoding="utf-8") as file:
        return {row["source_id"] for row in csv.DictReader(file)}


def joined(book: DataBook, a: str, b: str) -> bool:
    return b in book.network.members[a]


def check(quote: dict[str, Any], book: DataBook, sources: set[str]) -> None:
    """What holds of every quote, whatever the lane."""
    request = quote["request"]
    assert quote["itineraries"]
    assert [it["rank"] for it in quote["itineraries"]] == list(range(1, len(quote["itineraries"]) + 1))
    assert dt.date.fromisoformat(quote["valid_until"]) >= TODAY
    for it in quote["itineraries"]:
        total = Decimal(it["total"]["amount"])
        assert total > 0
        assert sum(Decimal(c["amount_quote"]) for c in it["charges"]) == total
        assert all(Decimal(c["amount_quote"]) >= 0 for c in it["charges"])
        assert Decimal(it["band"]["low"]) <= total <= Decimal(it["band"]["high"])
        assert abs(Decimal(it["per_tonne"]["amount"]) * Decimal(request["tonnes"]) - total) <= Decimal(
            "0.005"
        ) * Decimal(request["tonnes"])
        assert abs(Decimal(it["per_unit"]["amount"]) * request["units"] - total) <= Decimal("0.005") * request["units"]
        assert 0 <= it["published_share"] <= 1
        for c in it["charges"]:
            assert c["status"] in STATUSES
            assert c["source_id"] in sources, c["rule_id"]
            assert not c["fx_source_id"] or set(c["fx_source_id"].split(";")) <= sources
            assert c["leg"] is None or 0 <= c["leg"] < len(it["legs"])
            # quantity x rate x coefficient is the amount, up to the rounding of one line (whole francs for boxes)
            product = Decimal(c["quantity"]) * Decimal(c["rate"]) * Decimal(c["coefficient"])
            tolerance = Decimal(c["quantity"]) / 2 if c["rule_id"].startswith("MTT") else Decimal("0.0051")
            assert abs(product - Decimal(c["amount"])) <= tolerance, c
        legs = it["legs"]
        assert joined(book, request["origin"], legs[0]["from"]["id"])
        assert joined(book, request["destination"], legs[-1]["to"]["id"])
        for before, after in zip(legs, legs[1:], strict=False):
            assert joined(book, before["to"]["id"], after["from"]["id"]), (before["to"]["id"], after["from"]["id"])
        assert (
            abs(sum(leg["expected_hours"] for leg in legs) - it["transit"]["expected_hours"]) <= 0.02 * len(legs) + 0.01
        )
        assert it["transit"]["p90_hours"] >= it["transit"]["p50_hours"] > 0
        assert abs(sum(leg["co2e_kg"] for leg in legs) - it["co2e_kg"]) <= 0.06 * len(legs)
        assert abs(sum(leg["distance_km"] for leg in legs) - it["distance_km"]) <= 0.06 * len(legs)
        for leg in legs:
            assert leg["kind"] in ("haul", "handling", "border", "wait")
            assert (leg["mode"] in ("rail", "road", "sea")) == (leg["kind"] in ("haul", "border"))
        for warning in it["warnings"]:
            assert warning["code"]
            assert warning["text"]
    assert {"cheapest"} <= set(quote["itineraries"][0]["labels"])
    assert {label for it in quote["itineraries"] for label in it["labels"]} >= {"cheapest", "fastest", "greenest"}


@pytest.mark.parametrize("ready", [A_YEAR_AGO, NOW])
@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES)
def test_lane_has_a_price_that_adds_up(
    book: DataBook,
    ask: Ask,
    sources: set[str],
    origin: str,
    destination: str,
    cargo: str,
    more: dict[str, Any],
    ready: str,
) -> None:
    quote = ask(origin, destination, cargo, ready=ready, **more)
    check(quote, book, sources)
    if "mode" in more:
        assert all(leg["mode"] in (*more["mode"], "none") for it in quote["itineraries"] for leg in it["legs"])
    for place in more.get("via", ()):
        assert all(
            any(place in (leg["path"] or (leg["from"]["id"], leg["to"]["id"])) for leg in it["legs"])
            for it in quote["itineraries"]
        )


@pytest.mark.parametrize("ready", [A_YEAR_AGO, NOW])
@pytest.mark.parametrize("origin", ["Kokshetau", "Kostanay"])
def test_ways_to_bandar_abbas(ask: Ask, origin: str, ready: str) -> None:
    """Akyayla, Bolashak - Sarahs, Saryagash - Sarahs and the sea from Aktau, each with its own price and time."""
    wanted = 6 if origin == "Kokshetau" else 10  # from Kostanay Saryagash is a long way round
    quote = ask(origin, "Bandar Abbas", "wheat", tonnes=3000, ready=ready, mode=("rail", "sea"), alternatives=wanted)
    routes = {tuple(it["route"]) for it in quote["itineraries"]}
    assert ("KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun") in routes
    assert ("KZ|TM:kz-bolashak", "IR|TM:ir-sarakhs") in routes
    assert ("KZ|UZ:kz-saryagash", "TM|UZ:tm-farap", "IR|TM:ir-sarakhs") in routes
    assert ("dry_bulk:kz-aktau-port>ir-amirabad-port",) in routes
    assert len({it["total"]["amount"] for it in quote["itineraries"]}) > 3
    assert len({it["transit"]["p50_hours"] for it in quote["itineraries"]}) > 3


def test_akyayla_is_shorter_to_tehran_and_saryagash_to_bandar_abbas(ask: Ask) -> None:
    """Kilometres, not money: to Tehran the way by Akyayla, to Bandar Abbas the way by Saryagash and Sarahs."""

    def km(destination: str, route: list[str]) -> float:
        quote = ask("Kokshetau", destination, "wheat", tonnes=3000, ready=A_YEAR_AGO, mode=("rail",), alternatives=8)
        return min(it["distance_km"] for it in quote["itineraries"] if it["route"] == route)

    akyayla = ["KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun"]
    bolashak = ["KZ|TM:kz-bolashak", "IR|TM:ir-sarakhs"]
    saryagash = ["KZ|UZ:kz-saryagash", "TM|UZ:tm-farap", "IR|TM:ir-sarakhs"]
    assert km("Tehran", akyayla) < km("Tehran", saryagash)
    assert km("Bandar Abbas", saryagash) < km("Bandar Abbas", akyayla)
    assert km("Bandar Abbas", bolashak) > km("Bandar Abbas", akyayla)


@pytest.mark.parametrize("ready", [A_YEAR_AGO, NOW])
def test_wheat_to_peshawar_goes_round_by_iran(ask: Ask, sources: set[str], ready: str) -> None:
    """Torkham and Chaman are shut: the way leads through Iran, and the quote says what is closed, since when and who says so."""
    quote = ask("Kostanay", "Peshawar", "wheat", tonnes=680, ready=ready)
    assert quote["rejected"]
    for row in quote["rejected"]:
        assert row["source_id"] in sources
    shut = [r for r in quote["rejected"] if r["reason_code"] == "border_closed"]
    assert any("Torkham" in r["text"] or "Chaman" in r["text"] or "Kharlachi" in r["text"] for r in shut)
    assert any("2025" in r["text"] for r in shut)
    for it in quote["itineraries"]:
        crossings = {(leg["from"]["country"], leg["to"]["country"]) for leg in it["legs"] if leg["kind"] == "border"}
        assert ("AF", "PK") not in crossings
    countries = {leg["to"]["country"] for leg in quote["itineraries"][0]["legs"]}
    assert "IR" in countries


def test_before_the_closure_wheat_goes_to_peshawar_by_afghanistan(ask: Ask) -> None:
    quote = ask("Kostanay", "Peshawar", "wheat", tonnes=680, ready="2025-09-01")
    crossings = {
        (leg["from"]["country"], leg["to"]["country"])
        for it in quote["itineraries"]
        for leg in it["legs"]
        if leg["kind"] == "border"
    }
    assert ("AF", "PK") in crossings


def test_tomatoes_cross_at_garabogaz(ask: Ask) -> None:
    quote = ask("Ashgabat", "Atyrau", "tomatoes", tonnes=172, equipment="reefer-truck", ready=NOW)
    best = next(
        it
        for it in quote["itineraries"]
        if any(leg["kind"] == "border" and leg["from"]["id"] == "tm-garabogaz-border" for leg in it["legs"])
    )
    assert all(leg["equipment"] == "reefer-truck" for leg in best["legs"] if leg["kind"] == "haul")


# ---- coverage ----------------------------------------------------------------------------------------

FAMILIES = {
    "hopper-wagon": "wheat", "covered-wagon": "flour", "tank-wagon": "sunflower-oil-crude", "tank-container-20": "sunflower-oil-crude",
    "container-20": "wheat", "container-40": "wheat", "reefer-container-20": "beef", "reefer-container-40": "beef", "reefer-wagon": "butter",
    "truck": "flour", "reefer-truck": "tomatoes",
}  # fmt: skip
HOME = {
    "KZ": ("kz-kokshetau", "kz-aktau"), "UZ": ("uz-tashkent", "uz-termez"), "TM": ("tm-ashgabat", "tm-turkmenbashi"),
    "IR": ("ir-bandar-abbas", "ir-tehran"), "AF": ("af-hairatan", "af-naibabad"), "PK": ("pk-karachi", "pk-lahore"),
}  # fmt: skip


@pytest.mark.parametrize("equipment", FAMILIES)
@pytest.mark.parametrize("country", HOME)
def test_every_country_has_a_domestic_price_for_every_equipment(book: DataBook, country: str, equipment: str) -> None:
    origin, destination = HOME[country]
    request = QuoteRequest(origin, destination, FAMILIES[equipment], units="20", equipment=equipment)
    search, best = best_only(normalise(request, book, TODAY), book)
    assert best.total > 0
    codes = {placed.charge.term.subject.charge for placed in best.charges}
    assert codes & {"carriage", "truck"}
    first = next(leg for leg in best.legs if leg.kind == "haul")
    assert first.equipment == equipment


CASPIAN = {"kz", "tm", "ir", "az", "ru"}
RIDES = {
    "dry_bulk": [("wheat", {"equipment": "bulk-vessel", "tonnes": "3000"})],
    "container_feeder": [
        ("wheat", {"equipment": "container-20", "units": "20"}),
        ("beef", {"equipment": "reefer-container-40", "units": "20"}),
    ],
    "roro": [
        ("flour", {"equipment": "truck", "units": "10"}),
        ("tomatoes", {"equipment": "reefer-truck", "units": "10"}),
    ],
    "rail_ferry": [
        ("flour", {"equipment": "covered-wagon", "units": "20"}),
        ("sunflower-oil-crude", {"equipment": "tank-wagon", "units": "20"}),
    ],
}


def caspian(book: DataBook) -> list[Any]:
    return [
        s
        for s in book.network.sea_services
        if s.is_open and {s.from_id[:2], s.to_id[:2]} <= CASPIAN and "bandar-abbas" not in s.from_id + s.to_id
    ]


@pytest.mark.parametrize(
    ("service", "cargo", "more"), [(kind, cargo, more) for kind, rides in RIDES.items() for cargo, more in rides]
)
def test_every_caspian_service_has_a_price_for_what_it_carries(
    book: DataBook, service: str, cargo: str, more: dict[str, str]
) -> None:
    """Both ways on every line, the freight of every sailing is priced. Russian ports are ends only, so each has a lane of its own."""
    lines = [s for s in caspian(book) if s.kind == service]
    assert lines
    lacking = []
    for line in lines:
        for start, end in ((line.from_id, line.to_id), (line.to_id, line.from_id)):
            ends = ("kz-aktau-port", next((p for p in (start, end) if p.startswith("ru-")), "ir-amirabad-port"))
            lane = Search(normalise(QuoteRequest(*ends, cargo, **more), book, TODAY), book).lane  # type: ignore[arg-type]
            found = [
                i for i, e in enumerate(lane.edges)
                if e.kind == "sea" and e.legs[-1].service == service and (e.legs[-1].from_id, e.legs[-1].to_id) == (start, end)
            ]  # fmt: skip
            if not found:
                lacking.append(f"{start} > {end}: no sailing")
            lacking += [f"{start} > {end}: no rate of {lane.missing[i]}" for i in found if i in lane.missing]
            lacking += [f"{start} > {end}: free" for i in found if i not in lane.missing and not lane.terms[i]]
    assert not lacking


def test_no_rate_is_an_answer_never_zero(ask: Ask, book: DataBook, sources: set[str]) -> None:
    """No book prices Russian railways: from Chelyabinsk there is no quote, and the reason is named."""
    with pytest.raises(NoItinerary) as reason:
        ask("Chelyabinsk", "Bandar Abbas", "wheat", tonnes=3000, ready=NOW, mode=("rail",))
    assert reason.value.code == "no_route"
    assert "RZD" in str(reason.value) or "rate" in str(reason.value).lower()


# ---- ways no forwarder would offer -------------------------------------------------------------------


def comes_twice(it: dict[str, Any], book: DataBook) -> list[str]:
    """Locations a way comes to, leaves and comes to again."""
    stops: list[str] = []
    for leg in it["legs"]:
        for end in ("from", "to"):
            place = min(book.network.members[leg[end]["id"]])
            if not stops or stops[-1] != place:
                stops.append(place)
    return sorted({s for s in stops if stops.count(s) > 1})


@pytest.mark.parametrize("ready", [A_YEAR_AGO, NOW])
@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES[:4] + LANES[14:])
def test_no_way_comes_twice_to_one_place(
    book: DataBook, ask: Ask, origin: str, destination: str, cargo: str, more: dict[str, Any], ready: str
) -> None:
    quote = ask(origin, destination, cargo, ready=ready, **{k: v for k, v in more.items() if k != "via"})
    assert not [(it["rank"], twice) for it in quote["itineraries"] if (twice := comes_twice(it, book))]


def test_an_alternative_arrives_only_once(book: DataBook, four_stations: DataBook, ask: Ask) -> None:
    quote = ask(
        "Ashgabat", "Atyrau", "tomatoes", tonnes=172, equipment="reefer-truck", via=("tm-garabogaz-border",), ready=NOW
    )
    assert not [(it["rank"], it["route"]) for it in quote["itineraries"] if comes_twice(it, book)]
    quote = ask("kz-north", "ir-haven", "wheat", of=four_stations, tonnes=3000, ready=NOW, alternatives=6)
    assert not [(it["rank"], it["route"]) for it in quote["itineraries"] if comes_twice(it, four_stations)]


def test_a_way_by_a_required_place_passes_no_border_twice(ask: Ask) -> None:
    """Aktau bans grain in October 2025: then no way by Aktau is left, and 385,000 USD for going to Iran twice is no answer."""
    try:
        quote = ask(
            "Kokshetau",
            "ir-amirabad-port",
            "wheat",
            tonnes=3000,
            ready="2025-10-10",
            via=("kz-aktau-port",),
            mode=("rail", "sea"),
        )
    except NoItinerary:
        return
    assert all(len(set(it["route"])) == len(it["route"]) for it in quote["itineraries"])


def test_the_ways_of_the_worked_example_are_shown_without_being_asked_for(ask: Ask) -> None:
    routes = [
        it["route"] for it in ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready=A_YEAR_AGO)["itineraries"]
    ]
    assert ["KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun"] in routes
    assert ["KZ|TM:kz-bolashak", "IR|TM:ir-sarakhs"] in routes
    assert ["dry_bulk:kz-aktau-port>ir-amirabad-port"] in routes
    assert ["KZ|UZ:kz-saryagash", "TM|UZ:tm-farap", "IR|TM:ir-sarakhs"] in routes


def test_an_offer_ends_with_the_coefficient_it_rests_on(ask: Ask) -> None:
    """On 25 March 2026 the Akyayla coefficient is in force until the 31st: no offer resting on it stands until 8 April."""
    quote = ask(
        "Kokshetau", "Bandar Abbas", "wheat", today=dt.date(2026, 3, 25), tonnes=3000, mode=("rail",), alternatives=0
    )
    used = {c for it in quote["itineraries"] for line in it["charges"] for c in line["coefficient_ids"]}
    assert "D01" in used
    assert quote["valid_until"] <= "2026-03-31"


@pytest.mark.parametrize("currency", ["KZT", "UZS", "PKR", "CHF", "EUR", "AFN", "TMT", "IRR"])
def test_the_total_in_another_currency_is_the_same_money(book: DataBook, ask: Ask, currency: str) -> None:
    """Within one part in 20,000: what the rounding of lines and of printed rates may cost."""
    values = {"tonnes": 3000, "ready": A_YEAR_AGO, "mode": ("rail", "sea"), "alternatives": 0}
    dollars = Decimal(ask("Kokshetau", "Bandar Abbas", "wheat", **values)["itineraries"][0]["total"]["amount"])
    other = Decimal(
        ask("Kokshetau", "Bandar Abbas", "wheat", currency=currency, **values)["itineraries"][0]["total"]["amount"]
    )
    rate = book.fx.quote(currency, "USD", dt.date(2025, 11, 25)).rate
    assert abs(other / rate / dollars - 1) < Decimal("0.00005")
