"""Margins as typed and as counted, and the client's view: it adds up to the sell price and tells no buy price."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.incoterm import Incoterm, with_incoterm
from optimizer.margin import CLIENT_WARNINGS, Margin, Part, client_view, parse_margin, sell, spread
from optimizer.present import CHARGE_NAMES

Ask = Callable[..., dict[str, Any]]
SOUTH = ("Kokshetau", "Bandar Abbas", "wheat")


def margin_of(text: str) -> Margin:
    found = parse_margin(text)
    assert found is not None
    return found


def kept(amount: Decimal, _: str) -> Decimal:
    return amount


# ---- the text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5%", "5%"),
        ("7.25 %", "7.25%"),
        ("0%", "0%"),
        ("1000%", "1000%"),
        ("3 USD/t", "3 USD/t"),
        ("3usd / T", "3 USD/t"),
        ("40 USD/unit", "40 USD/unit"),
        ("150 USD", "150 USD"),
        ("150.50 kzt", "150.5 KZT"),
        ("5% + 3 USD/t+40 EUR/unit + 150 CNY", "5% + 3 USD/t + 40 EUR/unit + 150 CNY"),
        ("5% min 200 USD", "5% min 200 USD"),
        ("  5% + 1 USD/t  MIN  90000 KZT ", "5% + 1 USD/t min 90000 KZT"),
    ],
)
def test_text_of_a_margin(text: str, shown: str) -> None:
    margin = margin_of(text)
    assert str(margin) == shown
    assert str(margin_of(shown)) == shown


@pytest.mark.parametrize("text", ["", "  ", "\t"])
def test_no_margin(text: str) -> None:
    assert parse_margin(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "five",
        "5",
        "%",
        "-5%",
        "−5%",
        "5% + -3 USD/t",
        "1000.01%",
        "600% + 500%",
        "5,5%",
        "5.123%",
        "1e3%",
        "NaN%",
        "Infinity USD",
        "3 USD/kg",
        "3 USD/",
        "3 XYZ",
        "3 US",
        "$3",
        "5% 3 USD",
        "5% +",
        "+ 5%",
        "min 200 USD",
        "5% min",
        "5% min 3 USD/t",
        "5% min 2%",
        "5% min -200 USD",
        "5% min 200 USD min 100 USD",
        "5% min 200 USD + 3 USD",
        "12345678901 USD",
        "٥%",
        "5%; DROP TABLE",
        " + ".join(["1%"] * 100),
        "9" * 100_000,
    ],
)
def test_bad_margin(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_margin(text)
    error = caught.value
    assert (error.code, error.field) == ("bad_margin", "margin")
    assert error.hint
    assert error.message.endswith(".")
    assert len(error.message) < 300


# ---- the sum -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "total", "expected"),
    [
        ("5%", "332102.63", "348707.76"),  # 16,605.1315
        ("5%", "0.10", "0.11"),  # 0.105, half up
        ("0%", "332102.63", "332102.63"),
        ("3 USD/t", "332102.63", "341102.63"),
        ("40 USD/unit", "332102.63", "333902.63"),
        ("150 USD", "332102.63", "332252.63"),
        ("5% + 3 USD/t", "332102.63", "357707.76"),
        ("5% min 200 USD", "1000.00", "1200.00"),
        ("5% min 200 USD", "10000.00", "10500.00"),
        ("1000%", "1.00", "11.00"),
        ("100 EUR", "1000.00", "1110.00"),
        ("1% min 100 EUR", "1000.00", "1110.00"),
    ],
)
def test_sell_price(text: str, total: str, expected: str) -> None:
    """3,000 t in 45 wagons; a euro is 1.10 dollars."""
    rates = {"EUR": Decimal("1.10")}
    found = sell(Decimal(total), "USD", Decimal(3000), 45, margin_of(text), lambda a, currency: a * rates[currency])
    assert str(found) == expected


def test_sell_price_at_the_rates_of_the_book(book: DataBook, ask: Ask) -> None:
    """A margin in dollars on a quote in tenge is converted as the quote's own lines are."""
    quote = ask(*SOUTH, tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=0, currency="KZT")
    line = next(c for c in quote["itineraries"][0]["charges"] if c["currency"] == "USD")
    per_tenge = Decimal(line["fx_rate"])
    total = Decimal(quote["itineraries"][0]["total"]["amount"])
    day = quote["request"]["ready"]
    found = sell(
        total,
        "KZT",
        Decimal(3000),
        45,
        margin_of("3 USD/t"),
        lambda a, currency: book.fx.quote(currency, "KZT", dt.date.fromisoformat(day)).convert(a),
    )
    assert abs(found - total - 9000 / per_tenge) <= Decimal("0.01")


def test_no_rate_is_asked_for_the_currency_of_the_quote() -> None:
    def never(amount: Decimal, currency: str) -> Decimal:
        raise AssertionError(currency)

    assert sell(Decimal(10), "USD", Decimal(1), 1, margin_of("1% + 2 USD/t min 1 USD"), never) == Decimal("12.10")


# ---- spreading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(200))
def test_lines_add_up_to_the_sell_price(seed: int) -> None:
    rng = random.Random(seed)
    most = rng.choice((3, 100, 10**6, 10**11))
    cents = [rng.choice((0, rng.randrange(most))) for _ in range(rng.randint(1, 40))]
    total = Decimal(sum(cents)).scaleb(-2)
    target = sell(
        total, "USD", Decimal(7), 3, margin_of(f"{rng.randrange(1000)}.{rng.randrange(100):02}% + 1.01 USD/t"), kept
    )
    amounts = [Decimal(c).scaleb(-2) for c in cents]
    found = spread(amounts, target)
    if not any(cents):
        assert not any(found)
        return
    assert sum(found) == target
    for buy, sold in zip(amounts, found, strict=True):
        assert sold >= buy
        assert sold == sold.quantize(Decimal("0.01"))
        assert (sold == 0) or buy > 0
        assert abs(sold - buy * target / total) < Decimal("0.01")


def test_left_over_cents_go_to_the_largest_remainders() -> None:
    """Of 100 cents three equal lines get 33 and one more for the first; 1 : 2 parts by remainders .33 and .67."""
    assert spread([Decimal("0.10")] * 3, Decimal("1.00")) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert spread([Decimal("1.00"), Decimal("2.00")], Decimal("1.00")) == [Decimal("0.33"), Decimal("0.67")]


def test_a_line_below_zero_is_spread_too() -> None:
    """Public money taken off the price, say: left as it is, it would tell the buy price of that line."""
    found = spread([Decimal("100.00"), Decimal("-10.00")], Decimal("99.00"))
    assert found == [Decimal("110.00"), Decimal("-11.00")]


# ---- the client's view -------------------------------------------------------------------------------


def quotes(ask: Ask) -> Iterator[dict[str, Any]]:
    """By rail and by sea; boxes in tenge; a Pareto set; francs told as stale; a truck past a closed border."""
    yield ask(*SOUTH, tonnes=3000, ready="2025-11-25", mode=("rail", "sea"), alternatives=8)
    yield ask("Aktau", "Amirabad", "wheat", tonnes=100, equipment="container-40", ready="2025-11-25", currency="KZT")
    yield ask("Kostanay", "Herat", "flour", tonnes=1000, ready="2025-11-25", pareto=True)
    yield ask("Kokshetau", "Karachi", "wheat", tonnes=3000, alternatives=2)
    yield ask("Almaty", "Amirabad", "cotton", tonnes=40, equipment="truck", mode=("road", "sea"), ready="2025-11-25")


def sold(quote: Mapping[str, Any], text: str) -> list[Decimal]:
    request = quote["request"]
    return [
        sell(
            Decimal(it["total"]["amount"]),
            request["currency"],
            Decimal(request["tonnes"]),
            request["units"],
            margin_of(text),
            kept,
        )
        for it in quote["itineraries"]
    ]


def with_party(quote: dict[str, Any], rule: str) -> dict[str, Any]:
    return {**quote, "itineraries": [with_incoterm(it, Incoterm(rule)) for it in quote["itineraries"]]}


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def bought(quote: Mapping[str, Any]) -> set[str]:
    """Every figure of the buy side that a client must not find."""
    found: set[str] = set()
    for it in quote["itineraries"]:
        found |= {it["total"]["amount"], it["per_tonne"]["amount"], it["per_unit"]["amount"], *it["band"].values()}
        if "incoterm" in it and it["incoterm"]["applies"]:
            found |= {it["incoterm"]["seller"]["amount"], it["incoterm"]["buyer"]["amount"]}
        for line in it["charges"]:
            found |= {line["amount"], line["amount_quote"], *(b for b in line["band"].values() if "." in b)}
            found |= {line[key] for key in ("rate", "coefficient", "fx_rate") if len(line[key]) >= 4}
    for rejected in quote["rejected"]:
        found |= set(rejected["saving"].split()[:1])
    return found - {"0.00", "0"}


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)
    elif isinstance(data, str):
        yield data


def keys(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {key for value in data.values() for key in keys(value)}
    if isinstance(data, list):
        return {key for value in data for key in keys(value)}
    return set()


HIDDEN = {
    "rate", "quantity", "basis", "coefficient", "coefficient_ids", "amount_quote", "fx_rate", "fx_date", "fx_kind", "fx_source_id",
    "rule_id", "book", "based_on", "source_id", "band", "published_share", "ties_with", "saving", "versions", "margin", "buy",
}  # fmt: skip


@pytest.mark.parametrize("text", ["7.3%", "3.17 USD/t + 2% min 1234.56 USD", "41.39 KZT/unit + 11.9%"])
def test_no_buy_figure_is_left(ask: Ask, text: str) -> None:
    for plain in quotes(ask):
        for quote in (plain, with_party(plain, "DAP"), with_party(plain, "FOB")):
            view = client_view(quote, sold(quote, text), CHARGE_NAMES)
            assert not numbers(json.dumps(view)) & bought(quote)
            assert not keys(view) & HIDDEN
            told = set(strings(view))
            for it in quote["itineraries"]:
                for line in it["charges"]:
                    assert not {line["rule_id"], line["source_id"], line["description"]} & told
            assert all(r["text"] not in told for r in quote["rejected"])


def test_nothing_unlisted_passes(ask: Ask) -> None:
    """A field that a quote gets tomorrow, at any depth, stays hidden until someone lists it."""
    secret = {"secret": "SECRET-4711"}

    def salted(data: Any) -> Any:
        if isinstance(data, dict):
            return {**{key: salted(value) for key, value in data.items()}, **secret}
        return [salted(value) for value in data] if isinstance(data, list) else data

    for plain in quotes(ask):
        quote = with_party(plain, "CPT")
        view = client_view(salted(quote), sold(quote, "5%"), CHARGE_NAMES)
        assert "secret" not in json.dumps(view).lower()
        assert view == client_view(quote, sold(quote, "5%"), CHARGE_NAMES)


def test_the_view_adds_up(ask: Ask) -> None:
    for plain in quotes(ask):
        for rule in ("FCA", "FOB", "DAP"):
            quote = with_party(plain, rule)
            before = json.dumps(quote)
            sells = sold(quote, "6.6% + 1.11 USD/t")
            view = client_view(quote, sells, CHARGE_NAMES)
            assert json.dumps(quote) == before
            mass, units = Decimal(quote["request"]["tonnes"]), quote["request"]["units"]
            for it, shown, total in zip(quote["itineraries"], view["itineraries"], sells, strict=True):
                assert Decimal(shown["total"]["amount"]) == total
                assert shown["total"]["currency"] == it["total"]["currency"]
                assert abs(Decimal(shown["per_tonne"]["amount"]) - total / mass) <= Decimal("0.005")
                assert abs(Decimal(shown["per_unit"]["amount"]) - total / units) <= Decimal("0.005")
                assert sum(Decimal(line["amount"]) for line in shown["charges"]) == total
                assert [line["party"] for line in shown["charges"]] == [line["party"] for line in it["charges"]]
                block = shown["incoterm"]
                if block["applies"]:
                    assert Decimal(block["seller"]["amount"]) + Decimal(block["buyer"]["amount"]) == total
                    assert block["place"] == it["incoterm"]["place"]
                else:
                    assert block == it["incoterm"]


def test_what_the_client_sees(ask: Ask) -> None:
    quote = ask(*SOUTH, tonnes=3000, ready="2025-11-25", mode=("rail", "sea"), alternatives=8)
    view = client_view(quote, sold(quote, "5%"), CHARGE_NAMES)
    assert list(view) == ["quote_id", "created_at", "valid_until", "request", "itineraries", "rejected"]
    assert view["quote_id"] == quote["quote_id"]
    assert "incoterm" not in view["itineraries"][0]
    first, shown = quote["itineraries"][0], view["itineraries"][0]
    assert shown["transit"].items() <= first["transit"].items()
    assert "late_cost" not in shown["transit"]
    told = {"kind", "hours", "added_hours", "place", "country", "days", "name"}
    assert shown["legs"] == [
        {**leg, "shifts": [{key: s[key] for key in told} for s in leg["shifts"]]} for leg in first["legs"]
    ]
    carriage = next(line for line in shown["charges"] if line["code"] == "carriage")
    assert carriage == {
        "code": "carriage",
        "leg": 1,
        "carrier": "KTZ",
        "description": "carriage",
        "amount": "45258.88",  # 43,103.70 and five per cent; the half cent is another line's
        "currency": "USD",
    }
    assert {line["description"] for line in shown["charges"]} <= set(CHARGE_NAMES.values())
    assert not any(re.search(r"\d", line["description"]) for it in view["itineraries"] for line in it["charges"])


def test_closures_without_what_they_cost(ask: Ask) -> None:
    found = [
        (quote["rejected"], client_view(quote, sold(quote, "5%"), CHARGE_NAMES)["rejected"]) for quote in quotes(ask)
    ]
    assert any(rejected for rejected, _ in found)
    for rejected, shown in found:
        assert shown == [{key: r[key] for key in ("what", "reason_code", "until")} for r in rejected]


def test_every_warning_of_law_reaches_the_client_and_none_of_tariffs(book: DataBook, ask: Ask) -> None:
    law = {rule.warning_code for rule in book.restrictions.compliance if rule.warning_code}
    assert law <= CLIENT_WARNINGS
    assert not {"fx_stale", "rate_carried_forward", "coefficient_lapsed", "rate_undated"} & CLIENT_WARNINGS
    for quote in quotes(ask):
        view = client_view(quote, sold(quote, "5%"), CHARGE_NAMES)
        for it, shown in zip(quote["itineraries"], view["itineraries"], strict=True):
            wanted = [{"code": w["code"], "text": w["text"]} for w in it["warnings"] if w["code"] in CLIENT_WARNINGS]
            assert shown["warnings"] == wanted


@pytest.mark.parametrize("rule", ["", "FCA", "FOB"])
def test_a_margin_on_nothing_is_one_line(ask: Ask, rule: str) -> None:
    quote = ask(*SOUTH, tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=0)
    it = quote["itineraries"][0]
    free = {
        **it,
        "total": {**it["total"], "amount": "0.00"},
        "charges": [{**c, "amount_quote": "0.00"} for c in it["charges"]],
    }
    if rule:
        free = with_incoterm(free, Incoterm(rule))
    shown = client_view({**quote, "itineraries": [free]}, [Decimal("150.00")], CHARGE_NAMES)["itineraries"][0]
    *rest, last = shown["charges"]
    assert {line["amount"] for line in rest} == {"0.00"}
    assert (last["code"], last["description"], last["leg"], last["amount"]) == ("freight", "freight", None, "150.00")
    assert set(last) == set(rest[0])
    if rule == "FCA":
        assert (shown["incoterm"]["seller"]["amount"], last["party"]) == ("150.00", "seller")


def test_each_itinerary_has_its_sell_price(ask: Ask) -> None:
    quote = ask(*SOUTH, tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=2)
    with pytest.raises(ValueError, match="shorter"):
        client_view(quote, sold(quote, "5%")[1:], CHARGE_NAMES)


def test_parts_are_plain_values() -> None:
    assert margin_of("5%") == Margin((Part(Decimal(5), per="%"),))
    assert margin_of("3 USD/t min 9 EUR") == Margin((Part(Decimal(3), "USD", "t"),), Part(Decimal(9), "EUR"))
