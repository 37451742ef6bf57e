"""The worked example of price-defaults.md, line by line, and the tariff self-checks of tariffs.md, section 7.

Wheat, 3,000 t in 45 hoppers, Kokshetau to Bandar Abbas, ready on 25 November 2025, by rail and sea. The table
is tests/cases/worked_example.csv: a forwarder can add a row. Each line must come out within one per cent.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.deal import read_deal
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.subject import Consignment, Subject
from optimizer.tariff.charge import Load, amount_of, price
from optimizer.tariff.read import default_folders, read_books

CASES = Path(__file__).parents[1] / "cases"
TODAY = dt.date(2026, 11, 22)

WAYS = {
    "akyayla": ["KZ|TM:kz-bolashak", "IR|TM:ir-incheh-borun"],
    "sarahs": ["KZ|TM:kz-bolashak", "IR|TM:ir-sarakhs"],
    "amirabad": ["dry_bulk:kz-aktau-port>ir-amirabad-port"],
    "saryagash": ["KZ|UZ:kz-saryagash", "TM|UZ:tm-farap", "IR|TM:ir-sarakhs"],
}
LINE_OF = {
    "empty_return": "empty", "hire": "hire", "reload": "reload", "rail_border": "borders", "rail_border_default": "borders",
    "documents": "borders", "loading": "origin", "insurance": "origin", "port_load": "sea", "sea_freight": "sea", "port_discharge": "sea",
}  # fmt: skip
RAILWAY_LINE = {"KTZ": "ktz", "TDY": "tdy", "UTY": "uty", "RAI": "rai"}
KM = {
    "akyayla": {"KTZ": 2569, "TDY": 718, "RAI": 1898},
    "sarahs": {"KTZ": 2569, "TDY": 1130},
    "amirabad": {"KTZ": 2291, "RAI": 1744},
    "saryagash": {"KTZ": 1978, "UTY": 714, "TDY": 522},
}
HIRE_DAYS = {"akyayla": "18.5", "sarahs": "19.9", "amirabad": "16.2", "saryagash": "25.2"}


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def quote(ask) -> dict[str, Any]:
    return ask(
        "Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2025-11-25", mode=("rail", "sea"), alternatives=8
    )


def way(quote: dict[str, Any], name: str) -> dict[str, Any]:
    return next(it for it in quote["itineraries"] if it["route"] == WAYS[name])


def line_of(charge: dict[str, Any]) -> str:
    return RAILWAY_LINE[charge["carrier"]] if charge["code"] == "carriage" else LINE_OF[charge["code"]]


def per_tonne(it: dict[str, Any]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for charge in it["charges"]:
        found[line_of(charge)] += Decimal(charge["amount_quote"]) / 3000
    found["total"] = Decimal(it["total"]["amount"]) / 3000
    return found


@pytest.mark.parametrize("case", rows("worked_example.csv"), ids=lambda c: f"{c['way']}-{c['line']}")
def test_each_line_within_one_per_cent(quote: dict[str, Any], case: dict[str, str]) -> None:
    computed = per_tonne(way(quote, case["way"]))[case["line"]]
    wanted = Decimal(case["usd_per_t"])
    assert abs(computed - wanted) <= wanted / 100, case["why"]


@pytest.mark.parametrize("name", WAYS)
def test_no_line_beside_those_of_the_table(quote: dict[str, Any], name: str) -> None:
    table = {c["line"] for c in rows("worked_example.csv") if c["way"] == name}
    assert set(per_tonne(way(quote, name))) == table


@pytest.mark.parametrize(
    ("name", "total"), [("akyayla", "110.7"), ("sarahs", "116.4"), ("amirabad", "129.0"), ("saryagash", "132.7")]
)
def test_totals_to_the_printed_digit(quote: dict[str, Any], name: str, total: str) -> None:
    assert round(Decimal(way(quote, name)["total"]["amount"]) / 3000, 1) == Decimal(total)


def test_akyayla_is_the_cheapest(quote: dict[str, Any]) -> None:
    assert quote["itineraries"][0]["route"] == WAYS["akyayla"]
    assert "cheapest" in quote["itineraries"][0]["labels"]


@pytest.mark.parametrize("name", WAYS)
def test_tariff_kilometres(quote: dict[str, Any], name: str) -> None:
    """Own links and half of each border link, rounded up: the KTZ and railway hauls name their kilometres."""
    shown = {c["carrier"]: c["description"] for c in way(quote, name)["charges"] if c["code"] == "carriage"}
    for carrier, km in KM[name].items():
        assert f"{km} km" in shown[carrier]


@pytest.mark.parametrize("name", WAYS)
def test_days_of_hire(quote: dict[str, Any], name: str) -> None:
    """Two days of loading, out and back at the speeds of each country, dwell on the way out, the wait while wagons are unloaded."""
    wagon_days = sum(Decimal(c["quantity"]) for c in way(quote, name)["charges"] if c["code"] == "hire")
    assert abs(wagon_days / 45 - Decimal(HIRE_DAYS[name])) < Decimal("0.06")


def test_forty_five_equal_wagons(quote: dict[str, Any]) -> None:
    request = quote["request"]
    assert (request["units"], request["equipment"], request["ownership"]) == (45, "hopper-wagon", "private")
    for name in ("akyayla", "sarahs", "saryagash"):
        rai = next(c for c in way(quote, name)["charges"] if c["carrier"] == "RAI" and c["code"] == "carriage")
        assert Decimal(rai["quantity"]) == 45 * 67


def test_franc_of_the_last_rate_before_the_day(quote: dict[str, Any]) -> None:
    rai = next(c for c in way(quote, "akyayla")["charges"] if c["carrier"] == "RAI" and c["code"] == "carriage")
    assert (rai["currency"], rai["fx_rate"], rai["fx_date"]) == ("CHF", "0.80379", "2025-10-31")


def test_the_first_two_tie_and_so_do_the_last_two(quote: dict[str, Any]) -> None:
    """Within the stated bands no one can say which is cheaper, and the quote says so from both sides."""
    ranks = {name: way(quote, name)["rank"] for name in WAYS}
    for a, b in (("akyayla", "sarahs"), ("amirabad", "saryagash")):
        assert ranks[b] in way(quote, a)["ties_with"]
        assert ranks[a] in way(quote, b)["ties_with"]


def test_published_share_is_honest(quote: dict[str, Any]) -> None:
    for name in WAYS:
        assert 0.05 <= way(quote, name)["published_share"] <= 0.20


def test_share_of_iran(quote: dict[str, Any]) -> None:
    """A third to nearly half of every total is the Iranian railway, and rests on one sulphur price of 2021."""
    for name in WAYS:
        lines = per_tonne(way(quote, name))
        assert Decimal("0.32") < lines["rai"] / lines["total"] < Decimal("0.48")


def test_bogie_change_is_in_the_graph_and_four_dollars_dearer(book: DataBook, quote: dict[str, Any]) -> None:
    """The wagon that changes its bogies goes on, with its hire and empty return: about 4 USD/t more than reloading."""
    request = QuoteRequest("Kokshetau", "Bandar Abbas", "wheat", tonnes="3000", ready="2025-11-25", mode=("rail",))
    search = Search(normalise(request, book, TODAY), book)
    lane = search.lane
    signs = WAYS["akyayla"]
    blocked = search.blocked()
    best: dict[str, int] = {}

    def go(node: int, cents: int, gone: int, change: str, been: frozenset[int]) -> None:
        if node == lane.sink:
            if gone == len(signs):
                best[change] = min(best.get(change, cents), cents)
            return
        for arc, head in lane.outgoing[node]:
            sign, kind = lane.signs[arc], lane.edges[arc].kind
            if blocked[arc] or head in been or (sign and (gone == len(signs) or sign != signs[gone])):
                continue
            if kind not in ("load", "rail", "rail_border", "reload", "bogie_change", "unload"):
                continue
            go(
                head,
                cents + int(search.weights[0][arc]),
                gone + bool(sign),
                kind if kind in ("reload", "bogie_change") else change,
                been | {head},
            )

    go(lane.source, 0, 0, "", frozenset([lane.source]))
    assert Decimal(best["reload"]) / 100 == Decimal(way(quote, "akyayla")["total"]["amount"])
    dearer = Decimal(best["bogie_change"] - best["reload"]) / 100 / 3000
    assert Decimal("3") < dearer < Decimal("5")


# ---- self-checks of the tariffs ----------------------------------------------------------------------


def load_of(case: dict[str, str]) -> Load:
    units, mass = int(case["units"]), Decimal(case["mass_t"])
    return Load(mass, Decimal(0), wagons=units, containers=units, trucks=units, ships=1)


def subject_of(case: dict[str, str]) -> Subject:
    boxed = case["feet"] != "0"
    country = {"TDY": "TM", "RAI": "IR"}[case["carrier"]]
    return Subject(
        "carriage", carrier=case["carrier"], country=country, from_id=case["from"], to_id=case["to"], path=(case["from"], case["to"]),
        form="container" if boxed else "wagon", equipment=f"container-{case['feet']}" if boxed else "hopper-wagon", owner=case["owner"],
        feet=int(case["feet"]), gross_t=Decimal(24) if boxed else Decimal(0), km=int(case["km"]), month=int(case["day"][5:7]),
    )  # fmt: skip


def consignment_of(case: dict[str, str], book: DataBook) -> Consignment:
    origin = "CN" if case["feet"] != "0" else "KZ"
    return Consignment(case["cargo"], book.cargoes[case["cargo"]].groups, "", "", origin, "IR")


def checks(how: str) -> list[Any]:
    return [pytest.param(c, id=c["case"]) for c in rows("tariff_self_checks.csv") if c["how"] == how]


@pytest.mark.parametrize("case", checks("line"))
def test_self_check_line(book: DataBook, case: dict[str, str]) -> None:
    day = dt.date.fromisoformat(case["day"])
    term = price(book.books.at(day, TODAY), subject_of(case), consignment_of(case, book))
    assert term is not None
    assert (amount_of(term, load_of(case)), term.rule.currency) == (Decimal(case["expect"]), case["currency"])


@pytest.mark.parametrize("case", checks("table"))
def test_self_check_cell(book: DataBook, case: dict[str, str]) -> None:
    belt = next(b for b in book.books.belts["mtt:mtt-containers"] if b.from_km <= int(case["km"]) <= b.to_km)
    assert belt.rates[f"rate_{case['feet']}ft_empty"] == Decimal(case["expect"])


BOOK_OF_2008 = """coef_id,charge,carrier,group,form,km,value,valid_from,status,source_id,description
C08-1500,carriage,TDY,distance,container,..1500,1.00,2008-01-01,published,cis-2008,to 1500 km
C08-2000,carriage,TDY,distance,container,1501..2000,0.80,2008-01-01,published,cis-2008,1501 to 2000 km
C08-3000,carriage,TDY,distance,container,2001..3000,0.65,2008-01-01,published,cis-2008,2001 to 3000 km
"""


def with_coefficients(folder: Path, text: str):
    folder.mkdir()
    (folder / "book.toml").write_text('id = "own"\ncurrency = "CHF"\n', encoding="utf-8")
    (folder / "rates.csv").write_text("rule_id,charge,basis,rate,status,source_id\n", encoding="utf-8")
    (folder / "coefficients.csv").write_text(text, encoding="utf-8")
    return read_books(over=[folder])


@pytest.mark.parametrize("case", checks("own book"))
def test_self_check_with_a_book_of_ones_own(book: DataBook, tmp_path: Path, case: dict[str, str]) -> None:
    books = with_coefficients(tmp_path / "cis-2008", BOOK_OF_2008)
    term = price(books.at(dt.date.fromisoformat(case["day"]), TODAY), subject_of(case), consignment_of(case, book))
    assert term is not None
    assert amount_of(term, load_of(case)) == Decimal(case["expect"])


def test_longer_may_be_cheaper(book: DataBook, tmp_path: Path) -> None:
    """Over the edge from 2,000 to 2,001 km the charge falls, from 0.80 to 0.65: distance tables are not monotone."""
    frozen = with_coefficients(tmp_path / "cis-2008", BOOK_OF_2008).at(TODAY, TODAY)
    case = next(c for c in rows("tariff_self_checks.csv") if c["how"] == "own book")
    amounts = []
    for km in ("2000", "2001"):
        term = price(frozen, subject_of({**case, "km": km}), consignment_of(case, book))
        assert term is not None
        amounts.append(amount_of(term, load_of(case)))
    assert amounts[1] < amounts[0]


def test_largest_reduction_wins_once(tmp_path: Path) -> None:
    """0.50 by Akyayla and a second match of 0.60 give 0.50: not 0.30, not 0.60."""
    tdy = next(Path(str(f)) for f in default_folders() if f.name == "tdy")
    shutil.copytree(tdy, tmp_path / "tdy")
    with (tmp_path / "tdy" / "coefficients.csv").open("a", encoding="utf-8") as table:
        table.write("SECOND,carriage,TDY,,,,,,,wagon,,,discount,0.60,,,,,published,x,a second match\n")
    books = read_books([*(f for f in default_folders() if f.name != "tdy"), tmp_path / "tdy"])
    subject = Subject("carriage", carrier="TDY", country="TM", from_id="tm-serhetyaka", to_id="tm-akyayla", path=("tm-serhetyaka", "tm-akyayla"),
                      form="wagon", equipment="hopper-wagon", owner="private", gauge=1520, km=718)  # fmt: skip
    wheat = Consignment("wheat", frozenset({"grain"}), "", "", "KZ", "IR")
    day = dt.date(2025, 11, 25)
    term = price(books.at(day, TODAY), subject, wheat)
    assert term is not None
    assert term.coefficient == Decimal("0.50")
    assert any(
        c.value == Decimal("0.60")
        for c in books.at(day, TODAY).coefficients_for("carriage", "TDY")
        if c.fits(subject, wheat)
    )


@pytest.mark.parametrize("case", checks("ferry"))
def test_self_check_of_the_ferry_by_length(book: DataBook, case: dict[str, str]) -> None:
    day = dt.date.fromisoformat(case["day"])
    subject = Subject("sea_freight", country="AZ", from_id=case["from"], to_id=case["to"], path=(case["from"], case["to"]),
                      form="truck", equipment="truck", service="roro")  # fmt: skip
    goods = Consignment(
        case["cargo"], book.cargoes[case["cargo"]].groups, "", "", "AZ", "TM", deal=read_deal([case["deal"]])
    )
    term = price(read_books([CASES / "tariff" / "books" / "asco-2023"]).at(day, TODAY), subject, goods)
    assert term is not None
    assert (amount_of(term, load_of(case)), term.rule.currency) == (Decimal(case["expect"]), case["currency"])


def test_every_self_check_is_run() -> None:
    assert {c["how"] for c in rows("tariff_self_checks.csv")} == {"line", "table", "own book", "ferry"}
    assert len(checks("ferry")) == 2
