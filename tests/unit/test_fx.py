"""Exchange rates: our table of record, and the file a desk brings along."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.fx import read_rates, read_rates_file
from optimizer.money import DEFAULT_KIND

FAULTS = Path(__file__).parent.parent / "faults" / "fx"
LINE = {
    "zero_rate": 3,
    "negative_rate": 2,
    "rate_not_finite": 2,
    "bad_rate": 2,
    "empty_rate": 2,
    "rate_out_of_range": 2,
    "bad_currency": 2,
    "rate_of_usd": 2,
    "bad_date": 2,
    "bad_kind": 2,
    "rate_twice": 3,
    "missing_column": 1,
    "no_rates": 0,
    "too_many_cells": 2,
    "encoding": 0,
}


@pytest.fixture(scope="module")
def rates():
    return read_rates()


def test_every_row_of_the_table_is_read(rates):
    assert len(rates.rows) == 1689
    assert len(rates.version) == 12


def test_every_currency_we_speak_has_its_usual_kind_today(rates):
    for currency in DEFAULT_KIND:
        assert rates.quote(currency, "USD", dt.date(2026, 11, 22)).rate > 0, currency


def test_the_official_and_the_free_rate_of_the_rial_are_far_apart(rates):
    day = dt.date(2025, 11, 25)
    free, official = (rates.quote("IRR", "USD", day, kind).rate for kind in ("parallel", "official"))
    assert free / official > 20


def test_a_rate_is_never_taken_from_after_the_day(rates):
    assert rates.quote("CHF", "USD", dt.date(2025, 11, 25)).day <= dt.date(2025, 11, 25)


def test_a_rate_dated_by_its_month_counts_from_the_first_day(tmp_path):
    file = tmp_path / "bank.csv"
    file.write_text("currency,per_usd,date\nKZT,512.40,2026-11\n", encoding="utf-8")
    assert read_rates_file(file)[0][0].day == dt.date(2026, 11, 1)


def test_a_desk_brings_its_own_rates_with_semicolons_and_without_kinds(tmp_path):
    file = tmp_path / "bank.csv"
    file.write_text("Currency;Per_USD;Date\nkzt;512.40;2026-11-20\nIRR;1150000;2026-11-20\n", encoding="utf-8-sig")
    rows, version = read_rates_file(file)
    assert [(r.currency, r.per_usd, r.day, r.kind, r.source_id) for r in rows] == [
        ("KZT", Decimal("512.40"), dt.date(2026, 11, 20), "market", "user:bank.csv"),
        ("IRR", Decimal(1150000), dt.date(2026, 11, 20), "parallel", "user:bank.csv"),
    ]
    assert version != read_rates().version


def test_the_desks_rates_win_over_ours(tmp_path, rates):
    file = tmp_path / "bank.csv"
    file.write_text("currency,per_usd,date,kind,source\nKZT,600,2020-01-01,market,our bank\n", encoding="utf-8")
    quote = rates.over(*read_rates_file(file)).quote("KZT", "USD", dt.date(2026, 11, 20))
    assert (quote.rate, quote.source_id) == (Decimal(600), "our bank")


def test_our_own_table_reads_as_a_desks_file_too():
    source = Path(__file__).parents[2] / "seeds" / "fx" / "rates.csv"
    rows, _ = read_rates_file(source)
    assert len(rows) == 1689


@pytest.mark.parametrize("code", sorted(LINE))
def test_a_fault_is_named_with_its_line(code):
    with pytest.raises(DataError) as refused:
        read_rates_file(FAULTS / f"{code}.csv")
    assert [p.code for p in refused.value.problems] == [code]
    assert refused.value.problems[0].line == LINE[code]
    assert f"{code}.csv" in str(refused.value)


def test_there_is_a_broken_file_for_every_fault():
    assert {f.stem for f in FAULTS.glob("*.csv")} == set(LINE)


def test_all_faults_are_told_at_once(tmp_path):
    file = tmp_path / "bank.csv"
    file.write_text(
        "currency,per_usd,date\nKZ,0,yesterday\nKZT,512.40,2026-11-20\nUZS,-1,2026-02-30\n", encoding="utf-8"
    )
    with pytest.raises(DataError) as refused:
        read_rates_file(file)
    assert [(p.line, p.code) for p in refused.value.problems] == [
        (2, "bad_currency"),
        (2, "zero_rate"),
        (2, "bad_date"),
        (4, "negative_rate"),
        (4, "bad_date"),
    ]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(DataError) as refused:
        read_rates_file(tmp_path / "none.csv")
    assert refused.value.problems[0].code == "file_unreadable"
