"""What the days cost beside the price: each part by its rule, nothing twice, sums to the cent."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.databook import DataBook
from optimizer.timing.excess import excess_of
from optimizer.timing.laws import Element, fixed, gamma, lognormal, mixture, wait
from optimizer.timing.simulate import simulate

Ask = Callable[..., dict[str, Any]]
PARTS = ("hire", "demurrage", "storage", "detention")
BOX = {"units": 40, "tonnes": 960, "equipment": "container-40", "ownership": "carrier", "alternatives": 0}


def late_of(quote: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return quote["itineraries"][0]["transit"]["late_cost"]


def lines(late: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return [line for line in late["lines"] if line["part"] == part]


QUOTES: list[tuple[tuple[str, str, str], dict[str, Any]]] = [
    (("Kokshetau", "Bandar Abbas", "wheat"), {"tonnes": 3000, "ready": "2025-11-25", "mode": ("rail",)}),
    (("Kokshetau", "Bandar Abbas", "wheat"), {"tonnes": 3000, "ready": "2025-11-25", "ownership": "carrier"}),
    (
        ("kz-aktau-port", "ir-amirabad-port", "wheat"),
        {"tonnes": 4500, "ready": "2026-11-25", "equipment": "bulk-vessel", "currency": "KZT"},
    ),
    (("Karachi", "Kabul", "general"), {**BOX, "ready": "2025-09-25", "deal": {"wait_days": "6"}}),
    (("Ashgabat", "kz-atyrau", "tomatoes"), {"tonnes": 200, "ready": "2026-07-10"}),
]


@pytest.mark.parametrize(("lane", "more"), QUOTES)
def test_every_line_is_its_arithmetic_and_the_parts_are_the_total(ask: Ask, lane: Any, more: dict[str, Any]) -> None:
    for way in ask(*lane, **{"alternatives": 3, **more})["itineraries"]:
        late = way["transit"]["late_cost"]
        assert list(late) == ["expected", "p50", "p90"]
        for cost in late.values():
            for part in PARTS:
                of_part = sum((Decimal(x["amount_quote"]) for x in lines(cost, part)), Decimal(0))
                assert Decimal(cost[part]["amount"]) == of_part
            parts = sum(Decimal(cost[part]["amount"]) for part in (*PARTS, "capital"))
            assert Decimal(cost["total"]["amount"]) == parts
            for x in cost["lines"]:
                amount = Decimal(x["days"]) * Decimal(x["quantity"]) * Decimal(x["rate"]) * Decimal(x["coefficient"])
                assert Decimal(x["amount"]) == amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
                assert x["rule_id"] and x["source_id"] and x["status"]
                if x["part"] != "hire":
                    assert Decimal(x["days"]) > 0


def test_a_wagon_pays_hire_or_demurrage_never_both(ask: Ask) -> None:
    """The price of a day is the same for both in the defaults, so late borders cost the same whoever owns the wagon."""
    lane, more = QUOTES[0]
    for ownership, paid, other in (("private", "hire", "demurrage"), ("carrier", "demurrage", "hire")):
        late = late_of(ask(*lane, **{**more, "ownership": ownership, "alternatives": 0}))["p90"]
        assert Decimal(late[paid]["amount"]) > 0
        assert Decimal(late[other]["amount"]) == 0
        for x in lines(late, "demurrage"):
            assert Decimal(x["stands_days"]) > Decimal(x["in_price_days"]) >= 0


def test_hire_is_counted_once_where_the_deal_waits(ask: Ask) -> None:
    """A line of hire more for the days of the deal is no second wagon."""
    lane, more = QUOTES[0]
    plain, waiting = (late_of(ask(*lane, **{**more, "alternatives": 0, "deal": d})) for d in ({}, {"wait_days": "10"}))
    assert plain["p90"]["hire"] == waiting["p90"]["hire"]


def test_goods_in_a_port_pay_storage_by_tonne_days(ask: Ask) -> None:
    quote = ask(
        "kz-aktau-port",
        "ir-amirabad-port",
        "wheat",
        tonnes=4500,
        ready="2026-11-25",
        equipment="bulk-vessel",
        alternatives=0,
    )
    late = late_of(quote)
    first = lines(late["expected"], "storage")[0]
    assert (first["rule_id"], first["unit"], first["quantity"], first["currency"]) == ("STORAGE-KZ", "t", "4500", "KZT")
    days = sum(leg["expected_hours"] for leg in quote["itineraries"][0]["legs"][:2]) / 24
    assert float(first["days"]) == pytest.approx(days, abs=0.002)  # store and wait for the ship are one stay
    assert Decimal(late["p90"]["storage"]["amount"]) > Decimal(late["p50"]["storage"]["amount"]) > 0


def test_detention_runs_from_the_last_border_and_gives_its_free_days_once(ask: Ask) -> None:
    """Karachi - Kabul, 10 days free at 150 USD: with the days of the way the wait of the deal is no longer free."""
    more = {**BOX, "ready": "2025-09-25"}
    found = {}
    for days in (0, 5, 10, 20):
        quote = ask("Karachi", "Kabul", "general", **more, deal={"wait_days": str(days)} if days else {})
        way = quote["itineraries"][0]
        border = max(i for i, leg in enumerate(way["legs"]) if leg["from"]["country"] != leg["to"]["country"])
        stands = sum(leg["expected_hours"] for leg in way["legs"][border + 1 :]) / 24
        in_price = sum(Decimal(c["amount"]) for c in way["charges"] if c["code"] == "detention")
        late = lines(late_of(quote)["expected"], "detention")
        found[days] = sum((Decimal(x["amount"]) for x in late), Decimal(0)), in_price
        for x in late:
            assert (x["rule_id"], x["free_days"], x["in_price_days"]) == ("R0114", "10", str(days))
    assert found[0][0] == found[5][0] == 0
    assert found[10][1] == 0
    assert 0 < found[10][0] < Decimal(stands) * 40 * 150 * 2
    # Twenty days of waiting: ten are charged in the price, the days of the way beside it, in full.
    assert found[20][1] == 10 * 40 * 150
    assert float(found[20][0]) == pytest.approx(stands * 40 * 150, rel=0.01)


def test_own_free_time_and_steps(
    ask: Ask, four_stations_folder: Path, read_four_stations: Callable[..., DataBook], tmp_path: Path
) -> None:
    """A book of the user's own with steps: the lines are those steps, beyond its free day or the usual hours."""
    own = tmp_path / "own"
    own.mkdir()
    own.joinpath("book.toml").write_text(
        'id = "own"\ntitle = "own"\npublisher = "me"\ncurrency = "USD"\nstacking = "highest-discount"\nrounding = "cent"\ndate = "2026-01-01"\nnote = ""\n',
        encoding="utf-8",
    )
    own.joinpath("rates.csv").write_text(
        "rule_id,charge,form,owner,basis,free_days,day_steps,currency,status,source_id,description\n"
        "OWN-DEM,demurrage,wagon,carrier,per_unit_day_steps,1,1x10;20,USD,estimated,keruen-estimate,own demurrage\n",
        encoding="utf-8",
    )
    data = read_four_stations(over=[own])
    late = late_of(
        ask("kz-north", "ir-haven", "wheat", of=data, tonnes=3000, ready="2026-11-25", ownership="carrier", mode=("rail",), alternatives=0)
    )  # fmt: skip
    found = lines(late["p90"], "demurrage")
    assert found and {x["rule_id"] for x in found} == {"OWN-DEM"}
    for x in found:
        stands, begins = Decimal(x["stands_days"]), max(Decimal(1), Decimal(x["in_price_days"]))
        low, high = (Decimal(1), Decimal(2)) if x["rate"] == "10" else (Decimal(2), Decimal(1000))
        assert Decimal(x["days"]) == pytest.approx(min(stands, high) - max(begins, low), abs=Decimal("0.002"))


# ---- the expected excess ------------------------------------------------------------------------------

LAWS: list[list[Element]] = [
    [gamma(40, 0.9)],
    [lognormal(40, 0.7)],
    [wait(168)],
    [mixture([(0.68, fixed(0)), (0.32, gamma(48, 1))])],
    [fixed(10), gamma(30, 0.4)],
    [gamma(20, 0.5), gamma(60, 0.8), wait(48)],
    [gamma(20, 1.3), mixture([(0.5, fixed(0)), (0.5, gamma(48, 1))]), fixed(12)],
]


@pytest.mark.parametrize("elements", LAWS)
def test_expected_excess_is_that_of_a_simulation(elements: list[Element]) -> None:
    beyond = excess_of(elements)
    drawn = simulate(elements, draws=200_000, seed=1)
    mean = sum(e.mean_h for e in elements)
    assert beyond(0) == pytest.approx(mean, rel=1e-6)
    for limit in (0.3 * mean, mean, 1.7 * mean, 3 * mean):
        assert beyond(limit) == pytest.approx(float(np.maximum(drawn - limit, 0).mean()), abs=0.006 * mean)


@pytest.mark.parametrize("elements", LAWS)
def test_the_mean_cost_is_not_below_the_cost_of_the_mean(elements: list[Element]) -> None:
    """Free time and rising steps are convex; with neither the two are equal."""
    rng = random.Random(len(elements))
    beyond, mean = excess_of(elements), sum(e.mean_h for e in elements)
    for _ in range(20):
        marks = sorted(rng.uniform(0, 3 * mean) for _ in range(3))
        rates = sorted(rng.uniform(1, 50) for _ in range(3))

        def cost(over: Callable[[float], float], marks: list[float] = marks, rates: list[float] = rates) -> float:
            steps = [(a, b) for a, b in pairwise([*marks, None])]
            return sum(
                r * (over(a) - (over(b) if b is not None else 0)) for (a, b), r in zip(steps, rates, strict=True)
            )

        assert cost(beyond) >= cost(lambda limit: max(0.0, mean - limit)) - 1e-6
    assert beyond(0) * 7 == pytest.approx(mean * 7)


def test_expected_demurrage_is_above_that_of_the_expected_hours(ask: Ask) -> None:
    """At the expected hours nothing is late; in the mean something is."""
    lane, more = QUOTES[1]
    late = late_of(ask(*lane, **{**more, "alternatives": 0, "mode": ("rail",)}))
    for x in lines(late["expected"], "demurrage"):
        of_mean = max(Decimal(0), Decimal(x["stands_days"]) - max(Decimal(x["free_days"]), Decimal(x["in_price_days"])))
        assert Decimal(x["days"]) >= of_mean - Decimal("0.001")
    assert Decimal(late["expected"]["demurrage"]["amount"]) > 0
