"""What a tariff clerk asks: what applies on this haul on this day, what nearly applied, and why not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from optimizer.clerk import shown
from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.request import QuoteRequest, normalise

TODAY = dt.date(2026, 11, 22)


def rows(book: DataBook, ready: str, known_on: str = "", **more: Any) -> list[dict[str, Any]]:
    request = QuoteRequest(
        "Kokshetau",
        "Bandar Abbas",
        "wheat",
        tonnes="3000",
        ready=ready,
        known_on=known_on,
        mode=("rail",),
        alternatives=0,
    )
    return shown(normalise(request, book, TODAY), book, **more)


def reasons(row: dict[str, Any], row_id: str) -> str:
    return "; ".join(next(n for n in row["nearly"] if n["id"] == row_id)["reasons"])


def test_the_row_that_applies_and_the_rows_that_nearly_do(book: DataBook) -> None:
    (tdy,) = rows(book, "2025-11-25", carrier="TDY", charge="carriage")
    assert (tdy["rule_id"], [c["coef_id"] for c in tdy["coefficients"]]) == ("TDY-WAGON", ["D05"])
    assert tdy["haul"] == "tm-serhetyaka - tm-akyayla 718 km"
    assert tdy["where"].startswith("tdy/rates.csv line")
    assert reasons(tdy, "D01") == "it begins on 2026-01-01"
    assert reasons(tdy, "D02").startswith("except_between must be tm-serhetyaka+tm-akyayla")
    assert reasons(tdy, "D11") == "destination_country must be AF, here IR"
    assert reasons(tdy, "TDY-DOMESTIC") == "traffic must be domestic, here transit"
    assert "was carried until 2025-06-30" in reasons(tdy, "D22")


def test_a_letter_not_yet_issued_is_named(book: DataBook) -> None:
    """Ready in January, known on 5 January: the letter of the 9th is not seen, and the clerk is told."""
    (tdy,) = rows(book, "2026-01-20", "2026-01-05", carrier="TDY", charge="carriage")
    assert [c["coef_id"] for c in tdy["coefficients"]] == ["D05"]
    assert reasons(tdy, "D01") == "it was issued on 2026-01-09, after 2026-01-05"
    (later,) = rows(book, "2026-01-20", "2026-01-09", carrier="TDY", charge="carriage")
    assert [c["coef_id"] for c in later["coefficients"]] == ["D01"]


def test_near_rows_have_at_most_two_reasons_and_the_nearest_come_first(book: DataBook) -> None:
    for row in rows(book, "2025-11-25"):
        counts = [len(n["reasons"]) for n in row["nearly"]]
        assert counts == sorted(counts)
        assert all(1 <= c <= 2 for c in counts)


def test_a_way_that_is_not_there_is_told(book: DataBook) -> None:
    with pytest.raises(RequestError) as raised:
        rows(book, "2025-11-25", rank=9)
    assert raised.value.code == "unknown_rank"
