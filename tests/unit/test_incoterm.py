"""Costs of a way divided by Incoterm: named lines of the worked example, real ways of every kind, ways made up by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.incoterm import BUYER, RULES, SELLER, Incoterm, Split, parse_incoterm, split, with_incoterm

Ask = Callable[..., dict[str, Any]]
ON_LAND = ("FCA", "CPT", "DAP")
WIDER = ("FCA", "FOB", "CFR", "CPT", "DAP")  # each leaves the seller at least what the one before does
AMIRABAD = ["dry_bulk:kz-aktau-port>ir-amirabad-port"]
AKYAYLA = ["KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun"]
SARYAGASH = ["KZ|UZ:kz-saryagash", "TM|UZ:tm-farap", "IR|TM:ir-sarakhs"]
LANES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bandar-abbas": (
        "Kokshetau",
        "Bandar Abbas",
        "wheat",
        {"tonnes": 3000, "mode": ("rail", "sea"), "alternatives": 8},
    ),
    "amirabad": ("Aktau", "Amirabad", "wheat", {"tonnes": 3000, "alternatives": 4}),
    "from store": ("Aktau port", "Amirabad", "wheat", {"tonnes": 3000, "mode": ("sea",), "alternatives": 2}),
    "boxes": ("Aktau", "Amirabad", "wheat", {"tonnes": 100, "equipment": "container-40", "alternatives": 4}),
    "truck ferry": (
        "Aktau",
        "az-alat-port",
        "wheat",
        {"tonnes": 100, "equipment": "truck", "mode": ("road", "sea"), "alternatives": 2},
    ),
    "rail ferry": ("Kokshetau", "az-alat-port", "wheat", {"tonnes": 1000, "alternatives": 4}),
    "herat": ("Kostanay", "Herat", "flour", {"tonnes": 1000, "alternatives": 4}),
}


@pytest.fixture(scope="module")
def quotes(ask: Ask) -> dict[str, dict[str, Any]]:
    return {
        name: ask(origin, to, cargo, ready="2025-11-25", **more) for name, (origin, to, cargo, more) in LANES.items()
    }


def ways(quotes: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for quote in quotes.values():
        yield from quote["itineraries"]


def way(quotes: dict[str, dict[str, Any]], lane: str, route: list[str]) -> dict[str, Any]:
    return next(it for it in quotes[lane]["itineraries"] if it["route"] == route)


def sails(it: dict[str, Any]) -> bool:
    return any(leg["mode"] == "sea" for leg in it["legs"])


def lines(it: dict[str, Any], found: Split) -> dict[str, set[tuple[int | None, str]]]:
    """(leg, code) of every line, by party."""
    by: dict[str, set[tuple[int | None, str]]] = {SELLER: set(), BUYER: set()}
    for line, party in zip(it["charges"], found.parties, strict=True):
        by[party].add((line["leg"], line["code"]))
    return by


# ---- the text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("", None),
        ("   ", None),
        ("FOB", Incoterm("FOB")),
        (" cfr ", Incoterm("CFR")),
        ("DAP Saryagash", Incoterm("DAP", "Saryagash")),
        ("fca  Aktau port ", Incoterm("FCA", "Aktau port")),
    ],
)
def test_text_of_an_incoterm(text: str, term: Incoterm | None) -> None:
    assert parse_incoterm(text) == term
    assert term is None or parse_incoterm(str(term)) == term


@pytest.mark.parametrize("text", ["EXW", "CIF Amirabad", "FOBAktau", "Aktau FOB", "FOB,", "x" * 5000])
def test_unknown_incoterm(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_incoterm(text)
    assert (caught.value.code, caught.value.field) == ("unknown_incoterm", "incoterm")
    assert all(rule in caught.value.hint for rule in RULES)
    assert len(str(caught.value)) < 300


# ---- what holds of every way -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_two_parts_are_the_total(quotes: dict[str, dict[str, Any]], rule: str) -> None:
    for it in ways(quotes):
        found = split(it, Incoterm(rule))
        assert found.applies == (rule in ON_LAND or sails(it))
        if found.applies:
            assert found.seller + found.buyer == Decimal(it["total"]["amount"])
            assert set(found.parties) <= {SELLER, BUYER}
            assert len(found.parties) == len(it["charges"])
            assert not found.reason
        else:
            assert (found.parties, found.seller, found.buyer) == ((), 0, 0)
            assert (
                found.reason
                == f"{rule} needs a ship and this way takes none; {'FCA' if rule == 'FOB' else 'CPT'} would serve."
            )


def test_the_seller_pays_ever_more(quotes: dict[str, dict[str, Any]]) -> None:
    """Not only the sum grows: a line that is the seller's stays the seller's."""
    seen = 0
    for it in ways(quotes):
        found = [split(it, Incoterm(rule)) for rule in WIDER if rule in ON_LAND or sails(it)]
        for a, b in pairwise(found):
            assert a.seller <= b.seller
            assert all(q == SELLER for p, q in zip(a.parties, b.parties, strict=True) if p == SELLER)
        seen += sails(it)
    assert seen > 10


def test_every_stop_of_a_way_can_be_named(quotes: dict[str, dict[str, Any]], book: DataBook) -> None:
    """The further the named place, the more the seller pays; at the destination it is what no place named gives."""
    for it in ways(quotes):
        stops = [leg["to"]["id"] for leg in it["legs"] if leg["kind"] in ("haul", "border")]
        paid = [split(it, Incoterm("CPT", stop), book.network.members) for stop in dict.fromkeys(stops)]
        assert all(found.applies for found in paid)
        assert all(found.seller + found.buyer == Decimal(it["total"]["amount"]) for found in paid)
        assert all(a.seller <= b.seller for a, b in pairwise(paid))
        if stops.count(stops[-1]) == 1:
            assert paid[-1] == split(it, Incoterm("CPT"))


def test_insurance_is_the_sellers_under_dap_alone(quotes: dict[str, dict[str, Any]]) -> None:
    for it in ways(quotes):
        for rule in RULES:
            for line, party in zip(it["charges"], split(it, Incoterm(rule)).parties, strict=False):
                if line["code"].startswith("insurance"):
                    assert party == (SELLER if rule == "DAP" else BUYER)


# ---- named lines of the worked example ---------------------------------------------------------------


def test_by_sea_line_by_line(quotes: dict[str, dict[str, Any]]) -> None:
    it = way(quotes, "bandar-abbas", AMIRABAD)
    loading = {(0, "loading"), (0, "hire")}
    to_the_ship = {(1, "carriage"), (1, "empty_return"), (1, "hire"), (2, "port_load"), (2, "hire")}
    sea, beyond, insurance = {(4, "sea_freight")}, {(5, "port_discharge"), (6, "carriage")}, {(None, "insurance")}
    expected = {
        "FCA": (loading, "kz-kokshetau"),
        "FOB": (loading | to_the_ship, "kz-aktau-port"),
        "CFR": (loading | to_the_ship | sea, "ir-amirabad-port"),
        "CPT": (loading | to_the_ship | sea | beyond, "ir-bandar-abbas"),
        "DAP": (loading | to_the_ship | sea | beyond | insurance, "ir-bandar-abbas"),
    }
    every = loading | to_the_ship | sea | beyond | insurance
    for rule, (sellers, place) in expected.items():
        found = split(it, Incoterm(rule))
        assert lines(it, found) == {SELLER: sellers, BUYER: every - sellers}
        assert found.place == place


def test_sums_of_the_worked_example(quotes: dict[str, dict[str, Any]]) -> None:
    """By hand from the lines: 9,600 + 2,700, then rail to Aktau and the port, then the ship."""
    it = way(quotes, "bandar-abbas", AMIRABAD)
    amounts = {(c["leg"], c["code"]): Decimal(c["amount_quote"]) for c in it["charges"]}
    fca = amounts[0, "loading"] + amounts[0, "hire"]
    fob = fca + sum(a for (leg, _), a in amounts.items() if leg in (1, 2))
    assert split(it, Incoterm("FCA")).seller == fca
    assert split(it, Incoterm("FOB")).seller == fob
    assert split(it, Incoterm("CFR")).seller == fob + amounts[4, "sea_freight"]
    assert split(it, Incoterm("DAP")).buyer == 0


@pytest.mark.parametrize("rule", ["DAP", "CPT", "FCA"])
@pytest.mark.parametrize("place", ["kz-saryagash", "kz-saryagash-terminal"])
def test_dap_saryagash(quotes: dict[str, dict[str, Any]], book: DataBook, rule: str, place: str) -> None:
    """Up to the border station the seller's, the crossing and beyond the buyer's."""
    it = way(quotes, "bandar-abbas", SARYAGASH)
    found = split(it, Incoterm(rule, place), book.network.members)
    assert found.place == "kz-saryagash"
    by = lines(it, found)
    assert {leg for leg, _ in by[SELLER]} == ({0, 1, None} if rule == "DAP" else {0, 1})
    assert {(2, "rail_border_default"), (2, "hire"), (3, "carriage"), (7, "reload")} <= by[BUYER]


def test_the_station_beyond_the_border(quotes: dict[str, dict[str, Any]], book: DataBook) -> None:
    it = way(quotes, "bandar-abbas", SARYAGASH)
    found = split(it, Incoterm("CPT", "uz-keles"), book.network.members)
    assert found.place == "uz-keles"
    assert (2, "rail_border_default") in lines(it, found)[SELLER]
    assert (3, "carriage") in lines(it, found)[BUYER]


def test_named_ports(quotes: dict[str, dict[str, Any]], book: DataBook) -> None:
    members = book.network.members
    it = way(quotes, "bandar-abbas", AMIRABAD)
    assert split(it, Incoterm("FOB", "kz-aktau-grain-terminal"), members) == split(it, Incoterm("FOB"))
    assert split(it, Incoterm("CFR", "ir-amirabad"), members) == split(it, Incoterm("CFR"))
    for term, words in (
        (Incoterm("FOB", "kz-kuryk-port"), "No ship of this way leaves from kz-kuryk-port, which FOB names."),
        (Incoterm("CFR", "ir-anzali-port"), "No ship of this way sails to ir-anzali-port, which CFR names."),
    ):
        found = split(it, term, members)
        assert (found.applies, found.place, found.reason) == (False, "", words)


def test_fca_a_port_leaves_its_handling_to_the_buyer(quotes: dict[str, dict[str, Any]]) -> None:
    it = way(quotes, "bandar-abbas", AMIRABAD)
    by = lines(it, split(it, Incoterm("FCA", "kz-aktau-port")))
    assert (1, "carriage") in by[SELLER]
    assert {(2, "port_load"), (2, "hire")} <= by[BUYER]


@pytest.mark.parametrize("rule", ["FCA", "CPT"])
def test_the_origin_named(quotes: dict[str, dict[str, Any]], rule: str) -> None:
    it = way(quotes, "bandar-abbas", AKYAYLA)
    assert replace(split(it, Incoterm(rule, "kz-kokshetau")), rule="FCA") == split(it, Incoterm("FCA"))


@pytest.mark.parametrize("rule", ["FCA", "CPT", "DAP"])
def test_a_place_the_way_does_not_stop_at(quotes: dict[str, dict[str, Any]], rule: str) -> None:
    it = way(quotes, "bandar-abbas", AKYAYLA)
    between = it["legs"][1]["path"][1]
    assert (
        split(it, Incoterm(rule, "kz-saryagash")).reason == f"This way does not pass kz-saryagash, which {rule} names."
    )
    assert (
        split(it, Incoterm(rule, between)).reason
        == f"This way passes {between} in the middle of a haul, whose price cannot be divided there."
    )


def test_unloading_is_the_buyers(quotes: dict[str, dict[str, Any]]) -> None:
    """Discharge to store at the end of a way; on the way, discharge and reloading are part of the carriage."""
    ends = 0
    for it in ways(quotes):
        last = max(i for i, leg in enumerate(it["legs"]) if leg["kind"] in ("haul", "border"))
        for rule in ("CPT", "DAP"):
            for line, party in zip(it["charges"], split(it, Incoterm(rule)).parties, strict=True):
                if line["leg"] is not None:
                    paid_on_arrival = line["code"].startswith("road_border") and it["legs"][last]["mode"] == "sea"
                    late = line["leg"] > last or (line["leg"] == last and paid_on_arrival)
                    assert party == (BUYER if late else SELLER)
                    ends += late
    assert ends > 10


# ---- ways made up by hand ----------------------------------------------------------------------------


def leg(kind: str, mode: str, a: str, b: str) -> dict[str, Any]:
    ends = {"from": {"id": a, "country": a[:2].upper()}, "to": {"id": b, "country": b[:2].upper()}}
    return {"kind": kind, "mode": mode, **ends, "path": [a, b]}


def charge(code: str, on: int | None, amount: str = "1.00", carrier: str = "") -> dict[str, Any]:
    return {"code": code, "leg": on, "carrier": carrier, "amount_quote": amount}


def made_up(legs: list[dict[str, Any]], charges: list[dict[str, Any]]) -> dict[str, Any]:
    total = sum(Decimal(c["amount_quote"]) for c in charges)
    return {"legs": legs, "charges": charges, "total": {"amount": f"{total:.2f}", "currency": "USD"}}


TWO_SHIPS = [
    leg("handling", "none", "kz-a", "kz-a"),
    leg("haul", "sea", "kz-a", "ir-b"),
    leg("haul", "road", "ir-b", "ir-c"),
    leg("haul", "sea", "ir-c", "az-d"),
]


def test_first_sailing_for_fob_last_for_cfr() -> None:
    it = made_up(TWO_SHIPS, [charge("port_load", 0), *(charge("x", i) for i in (1, 2, 3))])
    assert split(it, Incoterm("FOB")).parties == (SELLER, BUYER, BUYER, BUYER)
    assert split(it, Incoterm("FOB", "ir-c")).parties == (SELLER, SELLER, SELLER, BUYER)
    assert split(it, Incoterm("CFR")).parties == (SELLER, SELLER, SELLER, SELLER)
    assert split(it, Incoterm("CFR", "ir-b")).parties == (SELLER, SELLER, BUYER, BUYER)


def test_fees_of_a_truck_on_a_ferry_are_paid_at_its_two_ends() -> None:
    it = made_up(
        TWO_SHIPS[:3],
        [
            charge("road_border", 1, carrier="KZ"),
            charge("sea_freight", 1),
            charge("road_border", 1, carrier="IR"),
            charge("truck_fee", 1, carrier="IR"),
            charge("road_border_default", 1),
        ],
    )
    assert split(it, Incoterm("FOB")).parties == (SELLER, BUYER, BUYER, BUYER, BUYER)
    assert split(it, Incoterm("CFR")).parties == (SELLER, SELLER, BUYER, BUYER, BUYER)
    assert split(it, Incoterm("CPT")).parties == (SELLER,) * 5


def test_standing_at_the_end_is_the_buyers() -> None:
    """Demurrage, detention and storage by the leg on the way, the buyer's at the end; without a leg they are of the end."""
    codes = [charge("storage", 0), charge("demurrage", 1), charge("detention_box", 2), charge("storage", None)]
    it = made_up(TWO_SHIPS[:3], [*codes, charge("documents", None), charge("carriage", 2)])
    assert split(it, Incoterm("CPT")).parties == (SELLER, SELLER, BUYER, BUYER, SELLER, SELLER)
    assert split(it, Incoterm("DAP")).parties == (SELLER, SELLER, BUYER, BUYER, SELLER, SELLER)
    assert split(it, Incoterm("FOB")).parties == (SELLER, BUYER, BUYER, BUYER, SELLER, BUYER)


def test_a_through_rate_is_not_divided() -> None:
    chain = "pk-a;pk-b|af-c;af-d"
    legs = [
        leg("haul", "road", "pk-z", "pk-a"),
        leg("haul", "road", "pk-a", "pk-b"),
        leg("border", "road", "pk-b", "af-c"),
        leg("haul", "road", "af-c", "af-d"),
        leg("haul", "road", "af-d", "af-e"),
    ]
    it = made_up(legs, [charge("truck", 0), charge("through", 1, carrier=chain), charge("truck", 4)])
    assert split(it, Incoterm("DAP", "pk-a")).parties == (SELLER, BUYER, BUYER)
    assert split(it, Incoterm("DAP", "af-d")).parties == (SELLER, SELLER, BUYER)
    for place in ("pk-b", "af-c"):
        found = split(it, Incoterm("DAP", place))
        assert not found.applies
        assert found.reason == f"One through rate covers this way on both sides of {place} and cannot be divided there."


# ---- what the quote shows ----------------------------------------------------------------------------


def test_the_block_and_the_party_of_each_line(quotes: dict[str, dict[str, Any]]) -> None:
    it = way(quotes, "bandar-abbas", AMIRABAD)
    before = repr(it)
    shown = with_incoterm(it, Incoterm("FOB"))
    found = split(it, Incoterm("FOB"))
    assert repr(it) == before
    assert [line["party"] for line in shown["charges"]] == list(found.parties)
    assert shown["incoterm"] == {
        "rule": "FOB",
        "place": "kz-aktau-port",
        "seller": {"amount": f"{found.seller:f}", "currency": "USD"},
        "buyer": {"amount": f"{found.buyer:f}", "currency": "USD"},
        "applies": True,
        "reason": "",
    }
    same = {**shown, "charges": [{k: v for k, v in line.items() if k != "party"} for line in shown["charges"]]}
    del same["incoterm"]
    assert same == it


def test_the_block_where_the_rule_does_not_apply(quotes: dict[str, dict[str, Any]]) -> None:
    shown = with_incoterm(way(quotes, "bandar-abbas", AKYAYLA), Incoterm("CFR"))
    block = shown["incoterm"]
    assert (block["applies"], block["seller"], block["buyer"], block["place"]) == (False, None, None, "")
    assert block["reason"]
    assert {line["party"] for line in shown["charges"]} == {None}
