"""A line for every value of its coefficient: whole-number staircases against the charge sheet's own arithmetic."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.databook import DataBook
from optimizer.money import FxQuote
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.study.lines import Grid, answered, cents_of, staircase, with_factor
from optimizer.tariff.charge import Term
from optimizer.tariff.rule import Coefficient, Rounding

TODAY = dt.date(2026, 11, 22)
ROUNDINGS = [
    Rounding(),
    Rounding("line", Decimal(1)),
    Rounding("unit", Decimal(1)),
    Rounding("unit", Decimal("0.05")),
    Rounding("line", Decimal(1), "before"),
    Rounding("unit", Decimal(1), "both"),
]


@pytest.fixture(scope="module")
def carriage(four_stations: DataBook) -> tuple[Search, Term]:
    """The carriage of RAI on the small network, with its letter's coefficient for a free one."""
    asked = QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="2999.7", ready="2026-11-25", ownership="carrier")
    search = Search(normalise(asked, four_stations, TODAY), four_stations)
    terms = [t for group in search.lane.terms for t in group if t.subject.carrier == "RAI" and t.coefficients]
    return search, max(terms, key=lambda t: t.subject.km)


def free(coef: Coefficient) -> Coefficient:
    return replace(coef, coef_id="STUDY:x:RAI")


@pytest.mark.parametrize("rounding", ROUNDINGS, ids=str)
@pytest.mark.parametrize("rate", ["1", "0.80379", "1.2441", "28.7"])
def test_each_step_is_what_the_sheet_would_print(carriage: tuple[Search, Term], rounding: Rounding, rate: str) -> None:
    search, term = carriage
    term = replace(term, coefficients=(free(term.coefficients[0]),), rule=replace(term.rule, rounding=rounding))
    fx = FxQuote("CHF", "USD", Decimal(rate), None, "official", "")
    rng = random.Random(7)
    odd = {Decimal("0.12345678901234567891"), Decimal("4000"), Decimal("0.0000000001")}  # beyond what 64 bits hold
    values = sorted({Decimal(rng.randrange(1, 30000)) / 10000 for _ in range(150)} | (odd if len(rate) > 2 else set()))
    found = staircase(term, "STUDY:x:", Grid(values), search.load, fx)
    assert found.tolist() == [cents_of(with_factor(term, "STUDY:x:", v), search.load, fx) for v in values]
    assert (found[1:] >= found[:-1]).all()


def test_a_rival_follows_cuts_and_no_rises() -> None:
    values = tuple(Decimal(v) for v in ("0.25", "0.50", "1.00"))
    stands = Decimal("0.50")
    assert answered(values, stands, Decimal(0)) == (1, 1, 1)
    assert answered(values, stands, Decimal("0.5")) == (Decimal("0.75"), 1, 1)
    assert answered(values, stands, Decimal(1)) == (Decimal("0.5"), 1, 1)
