"""Netback: months and numbers as traders write them, whose lines are whose, exact sums, ties, bans.

Prices are invented; ways, rates and bans are those of the data book.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError, RequestError
from optimizer.netback.months import parse_loading
from optimizer.netback.pair import NO_ROUTE, PRICED, SHUT, UNDIVIDED, Asked
from optimizer.netback.read import read_elevators, read_offers
from optimizer.netback.run import Table, netback, row_of
from optimizer.netback.ties import Share, Worth, place, tied, turns_at, worst_gap

D = Decimal
TODAY = dt.date(2026, 11, 22)
FAULTS = Path(__file__).parents[1] / "faults" / "netback"
HEAD = (
    "offer_id,outlet,basis,destination,via,cargo,month,price,currency,band,tonnes,equipment,ownership,subsidy,origin\n"
)
Make = Callable[..., Table]


@pytest.fixture
def table(book: DataBook, tmp_path: Path) -> Make:
    """table("A,Aktau,FOB,Amirabad,,barley,2026-12,210,USD,,3000,,,,Kostanay", ...): the table of these offers."""

    def make(*rows: str, elevators: str = "", currency: str = "USD", rank_by: str = "value", known: str = "") -> Table:
        offers = tmp_path / "offers.csv"
        offers.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
        stocks = tmp_path / "elevators.csv"
        stocks.write_text("origin,stock_t,cost_per_t,currency\n" + elevators, encoding="utf-8")
        asked = Asked(TODAY, dt.date.fromisoformat(known) if known else TODAY, currency)
        return netback(offers, stocks if elevators else None, book, asked, rank_by=rank_by)

    return make


# ---- words and numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-12", "2026-12"),
        ("12.2026", "2026-12"),
        ("Dec 2026", "2026-12"),
        ("dec-26", "2026-12"),
        ("December 2026", "2026-12"),
        ("ноя-26", "2026-11"),
        ("нояб. 2026", "2026-11"),
        ("дек.26", "2026-12"),
        ("Декабрь 2026 г", "2026-12"),
        ("мая 2027", "2027-05"),
        ("2026-12-05", "2026-12-05"),
        ("05.12.2026", "2026-12-05"),
    ],
)
def test_months_as_traders_write_them(text: str, means: str) -> None:
    assert str(parse_loading(text)) == means


def test_a_month_ends_on_its_last_day() -> None:
    found = parse_loading("фев-28")
    assert (found.first, found.last, found.month) == (dt.date(2028, 2, 1), dt.date(2028, 2, 29), True)


@pytest.mark.parametrize("text", ["", "soon", "13.2026", "2026-13", "05/12/2026", "марс 2026", "Q4 2026"])
def test_other_months_are_refused(text: str) -> None:
    with pytest.raises(RequestError) as fault:
        parse_loading(text)
    assert fault.value.code == "bad_month"


def test_a_sheet_with_semicolons_russian_words_and_a_foot(tmp_path: Path) -> None:
    file = tmp_path / "bids.csv"
    file.write_text(
        "sep=;\n№;Элеватор;Рынок;Базис;Культура;Месяц;Цена, USD;Тонн;Разброс\n"
        "1;Костанай;Актау;FOB Актау;ячмень;ноя-26;254-258;10 тыс.т;\n"
        "2;Кокшетау;Сарыагаш;DAP;пшеница;Dec 2026;256,5;25,000.00;2%\n"
        "3;Кокшетау;Сарыагаш;DAP;пшеница;дек.26;256;10.000;\n"
        ";;;;;;;;\nИтого;;;;;;;35000;\nкурс USD 525;;;;;;;;\n",
        encoding="utf-8-sig",
    )
    sheet = read_offers(file)
    first, second = sheet.rows
    assert sheet.counts == {"read": 6, "accepted": 2, "rejected": 1, "skipped": 3}
    assert (first.rule, first.named, first.tonnes) == ("FOB", "Актау", D(10000))
    assert (first.price, first.low, first.high) == (D(256), D(254), D(258))
    assert (second.price, second.low, second.tonnes) == (D("256.5"), D("251.37"), D("25000.00"))
    assert (sheet.refused[0].code, sheet.refused[0].line) == ("ambiguous_number", 5)


def test_elevators(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("Элеватор,Остаток,Затраты,Валюта\nКостанай,12 000,2200,KZT\nКокшетау,,,\n", encoding="utf-8")
    one, two = read_elevators(file).rows
    assert (one.origin, one.stock_t, one.cost_per_t, one.currency) == ("Костанай", D(12000), D(2200), "KZT")
    assert (two.stock_t, two.cost_per_t, two.currency) == (None, D(0), "USD")


WHOLE_FILE = {"missing_column", "double_column", "no_offers", "encoding"}
CODE_OF = {"ambiguous_month": "bad_month", "impossible_day": "bad_month", "negative_price": "bad_number"}


@pytest.mark.parametrize("name", sorted(f.stem for f in FAULTS.glob("*.csv")))
def test_every_fault_is_told_with_code_line_and_what_to_do(name: str, book: DataBook) -> None:
    with pytest.raises(DataError) as fault:
        netback(FAULTS / f"{name}.csv", None, book, Asked(TODAY, TODAY))
    problem = fault.value.problems[0]
    assert problem.code == CODE_OF.get(name, name)
    assert problem.file.endswith(f"{name}.csv")
    if name not in WHOLE_FILE:
        assert problem.line == 2
        assert len(problem.text) > 25


# ---- values ------------------------------------------------------------------------------------------


def test_price_less_every_line_is_the_value_exactly(table: Make) -> None:
    """GT1: per tonne and for the lot, in another currency and with an elevator's own charge."""
    found = table(
        "A,Aktau,FOB,Amirabad,,barley,2026-12,210-215,USD,,3001.7,,,,",
        "B,Hairatan,CPT,,,barley,2026-12,98765.43,KZT,2%,3001.7,,,,",
        elevators="Kostanay,,2200,KZT\nKokshetau,2999.3,1.37,USD\n",
        currency="KZT",
    )
    assert [p.status for p in found.pairs] == [PRICED] * 4
    for pair in found.pairs:
        seller = [line for line in pair.lines if line["party"] == "seller"]
        assert pair.price - sum(D(line["per_tonne"]) for line in seller) == pair.value
        sold = (pair.price * pair.tonnes).quantize(D("0.01"), rounding="ROUND_HALF_UP")
        assert sold - sum(D(line["amount_quote"]) for line in seller) == pair.total
        assert pair.low <= pair.value <= pair.high
    assert {p.tonnes for p in found.pairs} == {D("3001.7"), D("2999.3")}
    assert any("holds 2999.3 t" in note for note in found.pairs[2].notes + found.pairs[1].notes)


def test_the_basis_moves_lines_and_changes_none(table: Make) -> None:
    """GT3: one lot, four bases, the same lines and the same sum of seller and buyer."""
    rest = "barley,2026-12-05,220,USD,,3000,,,,Kostanay"
    found = table(
        f"FOB,Aktau,FOB,ir-amirabad-port,,{rest}",
        f"CFR,ir-amirabad-port,CFR,,kz-aktau-port,{rest}",
        f"CPT,ir-amirabad-port,CPT,,kz-aktau-port,{rest}",
        f"DAP,ir-amirabad-port,DAP,,kz-aktau-port,{rest}",
        f"FCA,kz-aktau-port,FCA,ir-amirabad-port,,{rest}",
    )
    assert [p.status for p in found.pairs] == [PRICED] * 5
    signs = []
    for pair in found.pairs:
        signs.append([(c["code"], c["leg"], c["carrier"], c["amount_quote"]) for c in pair.lines])
        assert sum(D(c["amount_quote"]) for c in pair.lines) == pair.way_total
    assert all(s == signs[0] for s in signs)
    assert len({p.way_total for p in found.pairs}) == 1
    fob, cfr, cpt, dap, fca = (p.cost for p in found.pairs)
    assert fca < fob < cfr <= cpt <= dap
    sea = next(c for c in found.pairs[0].lines if c["code"] == "sea_freight")
    assert (sea["party"], next(c for c in found.pairs[1].lines if c["code"] == "sea_freight")["party"]) == (
        "buyer",
        "seller",
    )
    assert found.pairs[0].days < found.pairs[1].days


def test_fob_takes_a_ship_though_the_rails_are_cheaper(table: Make) -> None:
    """By rail to Amirabad costs less; a price FOB Aktau or CFR Amirabad is for goods that sail."""
    found = table(
        "FOB,Aktau,FOB,Amirabad,,wheat,2025-12-05,220,USD,,3000,,,,Kostanay",
        "CFR,Amirabad,CFR,,,wheat,2025-12-05,220,USD,,3000,,,,Kostanay",
        "CPT,Amirabad,CPT,,,wheat,2025-12-05,220,USD,,3000,,,,Kostanay",
    )
    fob, cfr, cpt = found.pairs
    assert fob.route == cfr.route == ("dry_bulk:kz-aktau-port>ir-amirabad-port",)
    assert "KZ|TM:kz-bolashak" in cpt.route
    assert cpt.way_total < cfr.way_total


def test_a_border_place_is_sold_for_export(table: Make) -> None:
    """DAP Saryagash goes on over the border; with the buyer's town named the seller's share is the same."""
    found = table(
        "A,Saryagash,DAP,,,wheat,2026-12-05,190,USD,,3000,,,,Kostanay",
        "B,Saryagash,DAP,Tashkent,,wheat,2026-12-05,190,USD,,3000,,,,Kostanay",
    )
    a, b = found.pairs
    assert (a.destination, b.destination) == ("uz-keles", "uz-tashkent")
    assert a.cost == b.cost
    assert a.way_total < b.way_total


def test_ex_works_is_the_price_and_elsewhere_is_no_price(table: Make) -> None:
    found = table("A,Kostanay,EXW,,,barley,2026-12,148,USD,2,3000,,,,", elevators="Kostanay,,5,USD\nKokshetau,,5,USD\n")
    here, there = found.pairs
    assert (here.value, here.low, here.high, here.days) == (D(148), D(146), D(150), (0.0, 0.0))
    assert (there.status, there.code) == (UNDIVIDED, "exw_elsewhere")
    assert found.placed.keys() == {0}


def test_a_ban_leaves_no_number_but_its_reason_and_end(table: Make) -> None:
    found = table(
        "DAY,Aktau,FOB,Amirabad,,barley,2025-10-10,212,USD,,3000,,,,Kostanay",
        "MONTH,Aktau,FOB,Amirabad,,barley,2025-10,212,USD,,3000,,,,Kostanay",
        "OTHER,Tashkent,DAP,,,barley,2025-10-10,190,USD,,3000,,,,Kostanay",
    )
    day, month, other = found.pairs
    row = row_of(found, 0)
    assert (day.status, day.code, day.until) == (SHUT, "loading_ban", "2025-10-20")
    assert (row.get("exw_value"), row.get("rank")) == (None, None)
    assert "Aktau" in day.reason
    # The first five days of the month are open.
    assert (month.status, month.ready, month.open_days) == (PRICED, dt.date(2025, 10, 1), 5)
    assert other.status == PRICED


def test_what_was_not_known_yet_does_not_shut(table: Make) -> None:
    row = "DAY,Aktau,FOB,Amirabad,,barley,2025-10-10,212,USD,,3000,,,,Kostanay"
    assert table(row, known="2025-10-05").pairs[0].status == PRICED
    assert table(row, known="2025-10-06").pairs[0].status == SHUT


def test_an_export_ban_meets_goods_priced_up_to_the_border(table: Make) -> None:
    """No way into China is priced; grain in covered wagons was banned at Dostyk all the same."""
    found = table(
        "A,kz-dostyk,DAP,kz-dostyk,,wheat,2025-10-26,190,USD,,3000,covered-wagon,,,Kostanay",
        "B,kz-dostyk,DAP,kz-dostyk,,wheat,2025-11-05,190,USD,,3000,covered-wagon,,,Kostanay",
    )
    assert (found.pairs[0].status, found.pairs[0].until) == (SHUT, "2025-10-31")
    assert found.pairs[1].status == PRICED
    assert any("inland rates" in note for note in found.pairs[1].notes)


def test_no_way_has_no_number(table: Make) -> None:
    pair = table("A,cn-khorgos,DAP,,,wheat,2026-12-05,190,USD,,3000,,,,Kostanay").pairs[0]
    assert (pair.status, pair.code, pair.value) == (NO_ROUTE, "no_route", D(0))


def test_a_basis_that_does_not_fit_the_way(table: Make) -> None:
    """A haul has one price: it cannot be divided at a station in its middle."""
    pair = table("A,kz-arys,DAP,Tashkent,,wheat,2026-12-05,190,USD,,3000,,,,Kokshetau").pairs[0]
    assert (pair.status, pair.code) == (UNDIVIDED, "basis_does_not_fit")
    assert "in the middle of a haul" in pair.reason


def test_where_no_destination_is_named_the_row_says_what_was_taken(table: Make) -> None:
    found = table(
        "A,Aktau,FOB,,,barley,2026-12-05,212,USD,,3000,,,,Kostanay",
        "B,Dostyk,DAP,,,wheat,2026-12-05,190,USD,,3000,,,,Kostanay",
        "C,Kostanay,FCA,,,barley,2026-12-05,150,USD,,3000,,,,Kostanay",
        "D,Kostanay,FCA,Tashkent,,barley,2026-12-05,150,USD,,3000,,,,Kostanay",
    )
    sea, china, asks, loads = found.pairs
    assert (sea.destination, china.destination) == ("ir-amirabad-port", "kz-dostyk")
    assert any("go on to ir-amirabad-port" in note for note in sea.notes)
    assert any("inland rates" in note for note in china.notes)
    assert (asks.status, asks.code) == ("needs_answer", "missing_destination")
    assert 0 < loads.cost < 10


def test_the_subsidy_stands_apart(table: Make) -> None:
    row = "{id},kz-kuryk-port,FOB,az-alat-port,,wheat,2026-12,225,USD,,3000,,,{asked},Kostanay"
    rows = (row.format(id="NO", asked="no"), row.format(id="YES", asked="yes"))
    no, yes = table(*rows).pairs
    assert no.value == yes.value == no.price - no.cost
    assert no.subsidy == yes.subsidy > 0
    found = table(*rows, rank_by="with-subsidy")
    assert [found.placed[i].rank for i in (0, 1)] == [2, 1]
    assert (row_of(found, 0)["exw_with_subsidy"], row_of(found, 1)["exw_with_subsidy"]) == (
        "",
        f"{yes.value + yes.subsidy:.2f}",
    )
    assert row_of(found, 1)["exw_value"] == f"{yes.value:.2f}"


def test_interest_is_the_price_for_the_days(table: Make, book: DataBook) -> None:
    pair = table("A,Hairatan,CPT,,,barley,2026-12-05,235,USD,,3000,,,,Kostanay").pairs[0]
    rate = book.operations.by_id["interest_per_year"].value
    assert pair.capital[0] == (D(235) * rate * D(pair.days[0]) / 365).quantize(D("0.01"))
    assert pair.days[0] < pair.days[1]
    assert pair.capital[0] < pair.capital[1]


def test_wheat_is_not_ranked_against_barley_nor_december_against_may(table: Make) -> None:
    found = table(
        "C,Tashkent,DAP,,,barley,2027-05,190,USD,,3000,,,,Kostanay",
        "A,Tashkent,DAP,,,barley,2026-12-05,190,USD,,3000,,,,Kostanay",
        "B,Tashkent,DAP,,,wheat,2026-12-05,230,USD,,3000,,,,Kostanay",
    )
    assert [found.placed[i].rank for i in (0, 1, 2)] == [1, 1, 1]
    assert found.placed[1].ties == ()


# ---- ties --------------------------------------------------------------------------------------------


def worth(price: int, band: int = 0, **shares: int) -> Worth:
    """Lines of 70 to 150 per cent."""
    lines = {name: Share(D(amount), D("0.7"), D("1.5")) for name, amount in shares.items()}
    return Worth(D(price), D(price - band), D(price + band), lines)


def test_what_two_outlets_share_cancels() -> None:
    a, b = worth(200, ktz=40), worth(199, ktz=40)
    assert worst_gap(a, b) == 1
    assert not tied(a, b)
    assert a.low < b.high, "taken alone their ranges overlap"


def test_a_longer_haul_of_one_rule_counts_with_the_difference() -> None:
    a, b = worth(230, ktz=60), worth(200, ktz=40)  # 170 against 160; the 20 more may cost 10 more
    assert worst_gap(a, b) == 0
    assert tied(a, b)
    assert turns_at(a, b) == 1
    assert not tied(worth(231, ktz=60), b)


def test_lines_of_their_own_count_in_full() -> None:
    a, b = worth(200, uty=30), worth(195, tdy=30)
    assert worst_gap(a, b) == 5 - 15 - 9
    assert tied(b, a)


def test_groups_have_a_leader_and_ties_are_not_passed_on() -> None:
    worths = [worth(200, 3), worth(195, 3), worth(190, 3)]
    placed = place(worths)
    assert [p.rank for p in placed] == [1, 2, 3]
    assert [p.group for p in placed] == ["A", "A", "B"]
    assert [p.ties for p in placed] == [(1,), (0, 2), (1,)]
    assert placed[0].turns_at is None
    assert placed[1].turns_at == D("0.83")


def test_no_band_no_tie_but_between_equals() -> None:
    placed = place([worth(200), worth(200), worth(199)])
    assert [p.group for p in placed] == ["A", "A", "B"]
    assert turns_at(worth(200), worth(199)) is None
