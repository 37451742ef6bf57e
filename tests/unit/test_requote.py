"""Saved quotes asked again after a telegram: what changed, by how much, why, and since when the old one is superseded.

The small network `four_stations` and the telegram of 14 May 2026 of test_telegram: in force from 28 March to 30 June.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer import wire
from optimizer.databook import DataBook
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.requote import COLUMNS, counts, requote, requote_all, wanted
from optimizer.restriction.model import Restriction, Restrictions
from optimizer.store import Store
from optimizer.validity import Validity

OFFERED = dt.date(2026, 5, 10)
ISSUED = dt.date(2026, 5, 14)
TODAY = dt.date(2026, 5, 20)
NOW = dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC)
SAVED_AT = dt.datetime(2026, 5, 10, 9, 0, tzinfo=dt.UTC)

TELEGRAM = {
    "rule_id": "T118", "carrier": "RAI", "charge": "carriage", "to": "ir-haven", "form": "wagon",
    "owner": "private;foreign", "basis": "per_chargeable_t", "min_t": "55", "per_km": "0.02", "currency": "CHF",
    "replaces": "RAI-PRIVATE", "valid_from": "2026-03-28", "valid_to": "2026-06-30", "known_from": "2026-05-14",
    "document": "telegram 118", "status": "published", "source_id": "telegram-118",
}  # fmt: skip


def saved(book: DataBook, ready: dt.date, **more: Any) -> dict[str, Any]:
    """A quote as the store keeps it, offered on 10 May."""
    asked = QuoteRequest(
        "kz-north", "ir-haven", "wheat", tonnes="3000", ready=ready.isoformat(), mode=("rail",), **more
    )
    quote = make_quote(asked, book, today=OFFERED, created_at=SAVED_AT)
    return json.loads(wire.dumps(quote))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def after(
    tmp_path_factory: pytest.TempPathFactory, four_stations_folder: Path, read_four_stations: Callable[..., DataBook]
) -> DataBook:
    """The book with the telegram."""
    folder = tmp_path_factory.mktemp("requote") / "book"
    shutil.copytree(four_stations_folder / "book", folder)
    table = folder / "rates.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file), TELEGRAM]
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(c for row in rows for c in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return read_four_stations(book=folder)


def again(quote: dict[str, Any], book: DataBook, **more: Any) -> Any:
    return requote(quote, book, today=TODAY, created_at=NOW, **more)


def test_a_telegram_of_an_earlier_date_moves_only_quotes_of_the_days_it_covers(
    four_stations: DataBook, after: DataBook
) -> None:
    """[rule: M4] The letter of 14 May covers 28 March to 30 June; the quote loading on 27 March keeps its price."""
    days = [dt.date(2026, 3, 27), dt.date(2026, 3, 28), dt.date(2026, 6, 30), dt.date(2026, 7, 1)]
    quotes = [saved(four_stations, day) for day in days]
    found = requote_all(quotes, after, today=TODAY, created_at=NOW)
    by_letter = [[line for line in one.lines if "T118" in line.rows] for one in found]
    assert [bool(lines) for lines in by_letter] == [False, True, True, False]
    assert [one.superseded_on for one in found] == [None, ISSUED, ISSUED, None]
    assert found[0].outcome == "unchanged"


def test_the_reason_names_line_rule_and_document_and_the_lines_add_up(four_stations: DataBook, after: DataBook) -> None:
    one = again(saved(four_stations, dt.date(2026, 4, 10)), after)
    assert one.outcome == "changed"
    assert (
        "arriage RAI Gate - Haven" in one.why
        and "RAI-PRIVATE -> T118" in one.why
        and "telegram 118 of 2026-05-14" in one.why
    )
    assert sum((line.change for line in one.lines), Decimal(0)) == one.new_total - one.old_total == one.difference > 0
    assert set(one.row()) == set(COLUMNS)


def test_what_was_known_before_the_telegram_gives_the_old_price(four_stations: DataBook, after: DataBook) -> None:
    one = again(saved(four_stations, dt.date(2026, 4, 10)), after, known_on=dt.date(2026, 5, 13))
    assert one.outcome == "unchanged" and one.difference == 0


def test_the_same_books_change_nothing(four_stations: DataBook) -> None:
    quote = saved(four_stations, dt.date(2026, 4, 10))
    found = requote_all([quote], four_stations, today=OFFERED, created_at=NOW)
    assert counts(found)["unchanged"] == 1 and found[0].why == ""


def test_the_saved_quote_stays_byte_for_byte(four_stations: DataBook, after: DataBook, tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "quotes.sqlite"))
    quote = saved(four_stations, dt.date(2026, 4, 10))
    body = store.save(quote)
    one = requote(json.loads(body), after, today=TODAY, created_at=NOW, keep=True)
    assert one.new_quote is not None and one.new_quote["quote_id"] != quote["quote_id"]
    store.save(one.new_quote)
    assert store.get(quote["quote_id"]) == body
    assert Decimal(one.new_quote["itineraries"][0]["total"]["amount"]) == one.new_total
    store.close()


def test_the_price_of_the_client_is_compared_too(four_stations: DataBook, after: DataBook) -> None:
    one = again(saved(four_stations, dt.date(2026, 4, 10), margin="5%"), after)
    assert one.old_client_price == Decimal(one.best["margin"]["sell"]["amount"])
    assert one.new_client_price > one.old_client_price


def test_a_place_that_is_gone_is_told_and_not_lost(four_stations: DataBook) -> None:
    quote = saved(four_stations, dt.date(2026, 4, 10))
    quote["request"]["origin"] = "kz-nowhere"
    one = again(quote, four_stations)
    assert one.outcome == "not_asked" and "kz-nowhere" in one.why
    assert one.row()["new_total"] == ""


def ban(place: str, kind: str = "loading_ban", known_from: dt.date | None = dt.date(2026, 5, 15)) -> Restriction:
    return Restriction(
        restriction_id="BAN-1", kind=kind, places=(place,), direction="both", cargo="all", wagon_type="all",
        wagon_owner="all", origins=frozenset(), destinations=frozenset(), exceptions="", quota="", quota_unit="",
        valid=Validity(dt.date(2026, 4, 1), dt.date(2026, 6, 30)), known_from=known_from,
        last_confirmed=None, months=frozenset(), document="telegram 77", source_id="telegram-77", status="published",
        note="",
    )  # fmt: skip


@pytest.fixture
def banning(read_four_stations: Callable[..., DataBook]) -> Callable[[Restriction], DataBook]:
    """The small network under a ban; with caches of its own."""
    return lambda row: replace(read_four_stations(), restrictions=Restrictions((row,), (), "banned"))


def test_a_ban_makes_a_quote_forbidden(four_stations: DataBook, banning: Callable[[Restriction], DataBook]) -> None:
    one = again(saved(four_stations, dt.date(2026, 4, 10)), banning(ban("kz-post")))
    assert one.outcome == "now_forbidden" and one.new_total is None
    assert one.superseded_on == dt.date(2026, 5, 15) and "telegram 77" in one.documents[0]
    assert one.why.startswith("Now forbidden: ")


def test_another_way_is_taken_and_taken_back(
    four_stations: DataBook, banning: Callable[[Restriction], DataBook]
) -> None:
    """The railway post is shut: the ship is taken; when the closure is gone the railway is possible again."""
    asked = QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000", ready="2026-04-10")

    def made(book: DataBook) -> dict[str, Any]:
        return json.loads(wire.dumps(make_quote(asked, book, today=OFFERED, created_at=SAVED_AT)))  # type: ignore[no-any-return]

    one = again(made(four_stations), banning(ban("ir-gate", "border_closed")))
    assert one.outcome == "route_switched" and one.new_route == "North > Post > Haven"
    assert "now forbidden" in one.why and one.old_route_now is None and "telegram 77" in one.why and one.difference > 0
    assert one.superseded_on == dt.date(2026, 5, 15)
    back = again(made(banning(ban("ir-gate", "border_closed", None))), four_stations)
    assert back.outcome == "now_possible" and "BAN-1" in back.why and back.difference < 0


def test_quotes_still_valid_are_asked_unless_all_are_wanted() -> None:
    quote = {"valid_until": "2026-05-19", "created_at": "2026-05-10T09:00:00Z"}
    assert not wanted(quote, TODAY) and wanted(quote, TODAY, every=True)
    assert not wanted(quote, dt.date(2026, 5, 19), since=dt.date(2026, 5, 11))
