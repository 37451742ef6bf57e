"""What was agreed, through rates, ships after trains, waiting days, surcharges and public money: as a quote shows them.

All on the small network `four_stations`, with a book of one's own over its invented one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.deal import Deal, read_deal
from optimizer.errors import RequestError

Read = Callable[..., DataBook]
READY = "2026-11-25"
RATE_COLUMNS = "rule_id,charge,carrier,basis,rate,currency,status,source_id,description"
WORDS = "USD,published,invented"


def book_with(tmp_path: Path, **tables: str) -> Path:
    """A book of one's own: `rates="...", surcharges="..."`, each a table with its header."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "book.toml").write_text('id = "own"\ncurrency = "USD"\n', encoding="utf-8")
    (folder / "rates.csv").write_text(RATE_COLUMNS + "\n", encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def lines(quote: dict[str, Any], code: str, rank: int = 1) -> list[dict[str, Any]]:
    return [c for c in quote["itineraries"][rank - 1]["charges"] if c["code"] == code]


def total(quote: dict[str, Any]) -> Decimal:
    way = quote["itineraries"][0]
    assert sum(Decimal(c["amount_quote"]) for c in way["charges"]) == Decimal(way["total"]["amount"])
    return Decimal(way["total"]["amount"])


@pytest.fixture
def north_haven(ask: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def quote(data: DataBook, **more: Any) -> dict[str, Any]:
        asked = {"tonnes": 3000, "ready": READY, "alternatives": 0, "mode": ("rail",), **more}
        return ask("kz-north", "ir-haven", "wheat", of=data, **asked)

    return quote


# ---- the deal itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["colour=red"], "unknown_deal"),
        (["paired"], "bad_deal"),
        (["paired=perhaps"], "bad_deal"),
        (["paired=yes", "paired=no"], "bad_deal"),
        (["wait_days=-1"], "bad_deal"),
        (["wait_days=1e3"], "bad_deal"),
        (["delivery=EXW"], "bad_deal"),
        (["truck_length_m=3"], "bad_deal"),
        (["payer=" + "x" * 61], "bad_deal"),
    ],
)
def test_a_deal_that_cannot_be_read_is_told(texts: list[str], code: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_deal(texts)
    assert (raised.value.code, raised.value.field) == (code, "deal")


def test_a_deal_is_kept_in_the_quote_and_read_back() -> None:
    deal = read_deal(["train=container; train_wagons=57", "stay_days=20.5", "subsidy=yes"])
    assert read_deal(deal.as_dict()) == deal
    assert Deal().as_dict() == {}


def test_an_incoterm_and_another_delivery_contradict(four_stations: DataBook, north_haven) -> None:
    with pytest.raises(RequestError) as raised:
        north_haven(four_stations, incoterm="CPT", deal=("delivery=DAP",))
    assert raised.value.code == "two_incoterms"


# ---- conditions on the deal and the lot --------------------------------------------------------------


def test_a_block_train_of_enough_wagons_is_cheaper(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    """From 40 wagons in one train 0.80 on KTZ; the same book, fewer wagons or no block train: nothing."""
    coefficients = (
        "coef_id,charge,carrier,train,train_wagons,value,status,source_id,description\n"
        "BLOCK,carriage,KTZ,block,>=40,0.80,published,invented,block train\n"
    )
    data = read_four_stations(over=[book_with(tmp_path, coefficients=coefficients)])
    plain = lines(north_haven(data), "carriage")[0]
    assert plain["coefficient_ids"] == []
    for deal, mass_t, wanted in (
        (("train=block",), 3000, ["BLOCK"]),
        (("train=block",), 1000, []),
        (("train=block", "train_wagons=40"), 1000, ["BLOCK"]),
        (("train=block", "train_wagons=39"), 3000, []),
        (("train=container",), 3000, []),
    ):
        line = lines(north_haven(data, deal=deal, tonnes=mass_t), "carriage")[0]
        assert line["coefficient_ids"] == wanted, (deal, mass_t)


def test_a_lot_on_the_edge_of_a_step_pays_the_step_it_reaches(
    read_four_stations: Read, north_haven, tmp_path: Path
) -> None:
    rates = f"{RATE_COLUMNS},lot_t\nSMALL,loading,,per_t,4,{WORDS},small lot,..2999.999\nLARGE,loading,,per_t,2,{WORDS},large lot,3000..\n"
    data = read_four_stations(over=[book_with(tmp_path, rates=rates)])
    assert [lines(north_haven(data, tonnes=t), "loading")[0]["rule_id"] for t in (2999, "2999.999", 3000, 3001)] == [
        "SMALL",
        "SMALL",
        "LARGE",
        "LARGE",
    ]


def test_goods_are_known_by_their_code(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    """Chapter 10 but maize: wheat pays, maize does not."""
    rates = f"{RATE_COLUMNS},gng\nCEREALS,loading,,per_t,9,{WORDS},cereals,10;-1005\n"
    data = read_four_stations(over=[book_with(tmp_path, rates=rates)])
    assert lines(north_haven(data), "loading")[0]["rule_id"] == "CEREALS"


# ---- surcharges and subsidies ------------------------------------------------------------------------

SURCHARGES = (
    "rule_id,charge,on,basis,rate,currency,carrier,status,source_id,description\n"
    "SEAL,seal,carriage,per_unit,5,USD,KTZ,published,invented,seal on every wagon\n"
    "FUEL,fuel,carriage,percent_of_charge,10,,KTZ,published,invented,ten per cent of carriage\n"
    "PHYTO,phytosanitary,dispatch,per_consignment,80,USD,,published,invented,certificate\n"
    "GUARD,guard,arrival,per_unit,2,USD,,published,invented,guard at the yard\n"
)


def test_surcharges_stand_beside_their_line(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    plain = north_haven(read_four_stations())
    quote = north_haven(read_four_stations(over=[book_with(tmp_path, surcharges=SURCHARGES)]))
    carriage = Decimal(lines(quote, "carriage")[0]["amount"])
    assert lines(quote, "carriage")[0]["carrier"] == "KTZ"
    fuel = lines(quote, "fuel")[0]
    assert Decimal(fuel["amount"]) == (carriage / 10).quantize(Decimal("0.01"))
    assert fuel["leg"] == lines(quote, "carriage")[0]["leg"]
    assert [lines(quote, code)[0]["amount"] for code in ("seal", "phytosanitary", "guard")] == [
        "225.00",
        "80.00",
        "90.00",
    ]
    assert lines(quote, "guard")[0]["leg"] == len(quote["itineraries"][0]["legs"]) - 1
    assert total(quote) - total(plain) == Decimal("395.00") + Decimal(fuel["amount"])


SUBSIDIES = (
    "rule_id,on,carrier,basis,rate,currency,valid_from,valid_to,cap_t,cap_amount,probability,claim_until,status,source_id,description\n"
    "AID,carriage,KTZ,per_t,{rate},USD,2026-01-01,2026-12-31,{cap_t},{cap},0.5,2027-03-31,published,invented,half the freight\n"
)


@pytest.mark.parametrize(
    ("rate", "cap_t", "cap", "ready", "paid"),
    [
        ("2", "", "", READY, "6000.00"),  # 3,000 t
        ("2", "1000", "", READY, "2000.00"),  # for 1,000 t at most
        ("2", "", "4500.50", READY, "4500.50"),  # and no more money than that
        ("2", "", "", "2027-01-15", None),  # over
    ],
)
def test_public_money_is_stated_apart_and_counted_when_agreed(
    read_four_stations: Read,
    north_haven,
    tmp_path: Path,
    rate: str,
    cap_t: str,
    cap: str,
    ready: str,
    paid: str | None,
) -> None:
    data = read_four_stations(over=[book_with(tmp_path, subsidies=SUBSIDIES.format(rate=rate, cap_t=cap_t, cap=cap))])
    apart = north_haven(data, ready=ready)
    counted = north_haven(data, ready=ready, deal=("subsidy=yes",))
    assert lines(apart, "subsidy") == []
    if paid is None:
        assert apart["itineraries"][0]["subsidies"] == []
        assert total(apart) == total(counted)
        return
    grant = apart["itineraries"][0]["subsidies"][0]
    assert (grant["amount_quote"], grant["counted"], grant["probability"]) == (paid, False, "0.5")
    assert lines(counted, "subsidy")[0]["amount_quote"] == f"-{paid}"
    assert total(apart) - total(counted) == Decimal(paid)


def test_public_money_never_exceeds_the_line_it_stands_on(
    read_four_stations: Read, north_haven, tmp_path: Path
) -> None:
    data = read_four_stations(over=[book_with(tmp_path, subsidies=SUBSIDIES.format(rate="900", cap_t="", cap=""))])
    quote = north_haven(data, deal=("subsidy=yes",))
    carriage = next(c for c in lines(quote, "carriage") if c["carrier"] == "KTZ")
    assert lines(quote, "subsidy")[0]["amount_quote"] == f"-{carriage['amount_quote']}"
    assert quote["itineraries"][0]["subsidies"][0]["limited"]
    assert total(quote) > 0


# ---- through rates -----------------------------------------------------------------------------------


def through(rate: str, more: str = "", header: str = "") -> str:
    return (
        f"rule_id,mode,chain,replaces,basis,rate,currency,status,source_id,description{header}\n"
        f"NS,rail,kz-north;kz-post|ir-gate;ir-haven,carriage;rail_border;rail_border_default,per_t,{rate},USD,published,invented,through{more}\n"
    )


def test_a_through_rate_spans_two_railways_and_the_break_of_gauge(
    read_four_stations: Read, north_haven, tmp_path: Path
) -> None:
    data = read_four_stations(over=[book_with(tmp_path, through=through("1"))])
    quote = north_haven(data)
    assert lines(quote, "carriage") == []
    assert lines(quote, "through")[0]["amount"] == "3000.00"
    kept = {c["code"] for c in quote["itineraries"][0]["charges"]}
    assert {"loading", "through"} <= kept
    assert kept & {"reload", "bogie_change"}, "what the rate does not hold is charged as ever"
    assert [leg["mode"] for leg in quote["itineraries"][0]["legs"] if leg["kind"] == "haul"] == ["rail", "rail"]
    assert total(quote) < total(north_haven(read_four_stations()))


def test_a_through_rate_that_is_dearer_is_left_alone(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    data = read_four_stations(over=[book_with(tmp_path, through=through("999"))])
    assert total(north_haven(data)) == total(north_haven(read_four_stations()))


def test_a_through_rate_asks_all_its_conditions(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    data = read_four_stations(over=[book_with(tmp_path, through=through("1", ",block,57..", ",train,train_wagons"))])
    assert lines(north_haven(data), "through") == []
    assert lines(north_haven(data, deal=("train=block",)), "through") == [], "45 wagons are not 57"
    assert lines(north_haven(data, deal=("train=block", "train_wagons=57")), "through") != []


def test_a_through_rate_names_its_chain_or_is_refused(tmp_path: Path, read_four_stations: Read) -> None:
    from optimizer.errors import DataError

    text = through("1").replace("kz-north;kz-post|ir-gate;ir-haven", "kz-north")
    with pytest.raises(DataError) as raised:
        read_four_stations(over=[book_with(tmp_path, through=text)])
    assert [p.code for p in raised.value.problems] == ["bad_chain"]


# ---- trains that meet ships, waiting days ------------------------------------------------------------


def test_a_rate_may_ask_whether_a_ship_follows(read_four_stations: Read, ask, tmp_path: Path) -> None:
    """0.5 on trains that bring cargo to a ship: the way by sea gets it, the way by rail does not."""
    coefficients = (
        "coef_id,charge,carrier,onward,value,status,source_id,description\n"
        "TO-SHIP,carriage,KTZ,sea,0.5,published,invented,on to a ship\n"
    )
    data = read_four_stations(over=[book_with(tmp_path, coefficients=coefficients)])
    seen = {}
    for mode in (("rail",), ("rail", "sea")):
        quote = ask("kz-north", "ir-haven", "wheat", of=data, tonnes=3000, ready=READY, mode=mode, alternatives=6)
        for it in quote["itineraries"]:
            by_sea = any(leg["mode"] == "sea" for leg in it["legs"])
            seen[by_sea] = {
                i
                for c in it["charges"]
                if c["code"] == "carriage" and c["carrier"] == "KTZ"
                for i in c["coefficient_ids"]
            }
    assert seen[False] == set()
    assert seen.get(True, {"TO-SHIP"}) == {"TO-SHIP"}
    assert True in seen


def test_days_of_waiting_are_lines_of_their_own(read_four_stations: Read, north_haven, tmp_path: Path) -> None:
    """Seven days are free, seven more cost 55, then 110 a wagon; the shipper's wagons are hired all the while."""
    rates = (
        "rule_id,charge,form,basis,free_days,day_steps,currency,status,source_id,description\n"
        "STAND,demurrage,wagon,per_unit_day_steps,7,7x55;110,USD,published,invented,demurrage\n"
    )
    data = read_four_stations(over=[book_with(tmp_path, rates=rates)])
    plain = total(north_haven(data))
    for days, each in ((0, 0), (5, 0), (7, 0), (10, 165), (14, 385), (20, 7 * 55 + 6 * 110)):
        quote = north_haven(data, deal=(f"wait_days={days}",))
        way = quote["itineraries"][0]
        standing = sum(Decimal(c["amount"]) for c in lines(quote, "demurrage"))
        assert standing == 45 * each, days
        last = len(way["legs"]) - 1
        assert all(c["leg"] == last for c in lines(quote, "demurrage"))
        assert total(quote) - plain >= standing
        if way["legs"][-1]["equipment"] == "hopper-wagon" and way["charges"] and days:
            waiting = [c for c in lines(quote, "hire") if c["leg"] == last and c["quantity"] == str(45 * days)]
            bogies = [c for c in way["charges"] if c["code"] == "bogie_change"]
            assert [c["amount"] for c in waiting] == ([f"{45 * days * 30}.00"] if bogies else [])
