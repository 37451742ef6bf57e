"""The quote store: what was offered stays as it was offered."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer import wire
from optimizer.databook import DataBook
from optimizer.errors import RequestError, StoreError, VersionsGone
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.store import RecomputeDiffers, Store, UnknownQuote, default_url, recompute
from tests.patience import ends

MORNING = dt.datetime(2025, 11, 25, 4, 30, tzinfo=dt.UTC)
TO_BANDAR_ABBAS = QuoteRequest(origin="Kokshetau", destination="Bandar Abbas", cargo="wheat", tonnes="1340.50")
ASKED = {
    "wheat to Bandar Abbas": TO_BANDAR_ABBAS,
    "barley by sea to Amirabad": QuoteRequest(
        origin="Kostanay", destination="Amirabad", cargo="barley", tonnes="3000", mode=("rail", "sea")
    ),
    "flour to Herat, in tenge": QuoteRequest(
        origin="Костанай", destination="Герат", cargo="мука", tonnes="680", currency="KZT"
    ),
    "boxes to Karachi, fastest": QuoteRequest(
        origin="Almaty", destination="Karachi", cargo="general", units="2", equipment="container-40", objective="time"
    ),
    "wheat to Mary before the bans were known": QuoteRequest(
        origin="Kostanay",
        destination="Mary",
        cargo="wheat",
        tonnes="680",
        ready="2025-10-10",
        known_on="2025-10-01",
        value="120000",
    ),
    "flour past Turkmenistan": QuoteRequest(
        origin="Petropavl",
        destination="Mazar",
        cargo="flour",
        tonnes="340",
        avoid=("TM", "kz-aktau", "ROAD-KZ"),
        alternatives=0,
    ),
    "onions, every trade-off": QuoteRequest(
        origin="Shymkent", destination="Tehran", cargo="onions", tonnes="60", pareto=True, alternatives=2
    ),
}


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store.open(f"sqlite:///{tmp_path / 'quotes.sqlite'}")
    yield opened
    opened.close()


def offer(book: DataBook, asked: QuoteRequest = TO_BANDAR_ABBAS, at: dt.datetime = MORNING) -> dict[str, Any]:
    return make_quote(asked, book, today=at.date(), created_at=at)


@pytest.fixture(scope="module")
def quote(book: DataBook) -> dict[str, Any]:
    return offer(book)


def file_of(store: Store) -> str:
    return store._name


# ---- save, get, list ---------------------------------------------------------------------------------


def test_a_stored_quote_reads_back_byte_for_byte(store: Store, quote: dict[str, Any]) -> None:
    body = store.save(quote)
    assert body == wire.dumps(quote)
    assert store.get(quote["quote_id"]) == body
    assert store.get("q-00000000000000000000") is None


def test_the_same_request_on_the_same_data_is_stored_once_as_first_given(
    store: Store, book: DataBook, quote: dict[str, Any]
) -> None:
    first = store.save(quote)
    an_hour_later = offer(book, at=MORNING + dt.timedelta(hours=1))
    assert an_hour_later["quote_id"] == quote["quote_id"]
    assert store.save(an_hour_later) == first
    assert len(store.list()[0]) == 1


def test_the_list_is_newest_first_and_pages_meet(store: Store, book: DataBook) -> None:
    given = []
    for hour, asked in enumerate(ASKED.values()):
        quote = offer(book, asked, MORNING + dt.timedelta(hours=hour))
        store.save(quote)
        given.append(quote["quote_id"])
    seen, cursor = [], ""
    while True:
        rows, following = store.list(3, cursor)
        seen += [row["quote_id"] for row in rows]
        if following is None:
            break
        cursor = following
    assert seen == given[::-1]
    (row,) = store.list(1)[0]
    assert (row["origin"], row["destination"], row["cargo"], row["tonnes"]) == (
        "kz-shymkent",
        "ir-tehran",
        "onions",
        "60",
    )
    assert Decimal(row["total"]) > 0
    assert row["currency"] == "USD"


@pytest.mark.parametrize(
    ("limit", "cursor", "code"), [(0, "", "bad_limit"), (201, "", "bad_limit"), (10, "q-nobody", "bad_cursor")]
)
def test_a_list_out_of_reach_is_refused(store: Store, limit: int, cursor: str, code: str) -> None:
    with pytest.raises(RequestError) as refused:
        store.list(limit, cursor)
    assert refused.value.code == code


def test_another_program_sees_the_quote_after_the_store_is_closed(store: Store, quote: dict[str, Any]) -> None:
    body = store.save(quote)
    store.close()
    again = Store.open(file_of(store))
    assert again.get(quote["quote_id"]) == body
    again.close()


def test_what_cannot_be_written_down_is_not_stored(store: Store, quote: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.save({**quote, "published_share": float("nan")})
    assert store.list() == ([], None)


# ---- append only -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE quotes SET total = '1.00'",
        "DELETE FROM quotes",
        "INSERT OR REPLACE INTO quotes SELECT quote_id, created_at, valid_until, origin, destination, cargo, tonnes,"
        " '1.00', currency,"
        " request_json, versions_json, body, body_hash FROM quotes",
        "UPDATE idempotency SET body_hash = 'x'",
        "DELETE FROM idempotency",
        "INSERT OR REPLACE INTO idempotency SELECT key, 'x', quote_id, created_at FROM idempotency",
    ],
)
def test_no_program_changes_a_stored_quote(store: Store, quote: dict[str, Any], change: str) -> None:
    body = store.remember("order-77", "hash", quote).body
    with sqlite3.connect(file_of(store)) as other, pytest.raises(sqlite3.DatabaseError, match="never changed"):
        other.execute(change)
    assert store.get(quote["quote_id"]) == body


def test_a_body_changed_behind_our_back_is_never_shown(store: Store, quote: dict[str, Any]) -> None:
    store.save(quote)
    with sqlite3.connect(file_of(store)) as other:
        other.execute("DROP TRIGGER quotes_no_update")
        other.execute("UPDATE quotes SET body = replace(body, '138', '137')")
    with pytest.raises(StoreError) as refused:
        store.get(quote["quote_id"])
    assert refused.value.code == "store_broken"


def test_the_file_is_written_through_to_the_disk(store: Store) -> None:
    with store._writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


# ---- keys --------------------------------------------------------------------------------------------


def test_one_key_stands_for_one_request(store: Store, book: DataBook, quote: dict[str, Any]) -> None:
    assert store.recall("order-77") is None
    body = store.remember("order-77", "hash", quote).body
    known = store.recall("order-77")
    assert known is not None
    assert (known.body_hash, known.quote_id, known.body) == ("hash", quote["quote_id"], body)
    other = offer(book, ASKED["flour to Herat, in tenge"])
    with pytest.raises(RequestError) as refused:
        store.remember("order-77", "another hash", other)
    assert refused.value.code == "idempotency_key_reused"
    assert store.get(other["quote_id"]) is None, "a refused key stores nothing"


def test_a_retry_the_next_day_gets_the_quote_of_the_first_day(
    store: Store, book: DataBook, quote: dict[str, Any]
) -> None:
    body = store.remember("order-77", "hash", quote).body
    next_day = offer(book, at=MORNING + dt.timedelta(days=1))
    assert next_day["quote_id"] != quote["quote_id"]
    assert store.remember("order-77", "hash", next_day).body == body
    assert store.get(next_day["quote_id"]) is None


def test_twenty_parallel_posts_with_one_key_give_one_quote(store: Store, book: DataBook) -> None:
    # Twenty days, so that twenty different quotes compete for the key.
    quotes = [offer(book, at=MORNING + dt.timedelta(days=day)) for day in range(20)]
    gate = threading.Barrier(20)

    def post(quote: dict[str, Any]) -> str:
        gate.wait()
        return store.remember("order-77", "hash", quote).body

    with ThreadPoolExecutor(20) as desks:
        bodies = set(desks.map(post, quotes))
    assert len(bodies) == 1
    rows, _ = store.list()
    assert [row["quote_id"] for row in rows] == [json.loads(bodies.pop())["quote_id"]]


# ---- recompute ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ASKED)
def test_a_quote_computed_again_is_the_same_bytes(store: Store, book: DataBook, name: str) -> None:
    quote = offer(book, ASKED[name])
    body = store.save(quote)
    assert recompute(store, quote["quote_id"], book) == body
    assert recompute(store, quote["quote_id"], DataBook.load()) == body, "a fresh data book, nothing cached"


def test_a_quote_computed_again_in_another_process_is_the_same_bytes(store: Store, book: DataBook) -> None:
    """Another seed of Python's hashes orders sets otherwise; no order of a set may reach a quote."""
    kept = {}
    for asked in ASKED.values():
        quote = offer(book, asked)
        kept[quote["quote_id"]] = store.save(quote)
    program = (
        "import sys; from optimizer.databook import DataBook; from optimizer.store import Store, recompute\n"
        "book, store = DataBook.load(), Store.open(sys.argv[1])\n"
        "for quote_id in sys.argv[2:]: recompute(store, quote_id, book)"
    )
    root = str(Path(optimizer.__file__).parent.parent)
    for seed in ("1", "2025"):
        done = subprocess.run(
            [sys.executable, "-c", program, file_of(store), *kept],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-600:]


def test_on_other_data_a_quote_is_not_recomputed_but_told(store: Store, book: DataBook, quote: dict[str, Any]) -> None:
    store.save(quote)
    moved = dataclasses.replace(book, network=dataclasses.replace(book.network, version="ffffffffffff"))
    with pytest.raises(VersionsGone) as refused:
        recompute(store, quote["quote_id"], moved)
    assert refused.value.code == "versions_gone"
    assert refused.value.details["differ"] == ["network"]
    assert book.network.version in refused.value.message
    assert "ffffffffffff" in refused.value.message


def test_an_unknown_quote_is_said_to_be_unknown(store: Store, book: DataBook) -> None:
    with pytest.raises(UnknownQuote) as refused:
        recompute(store, "q-00000000000000000000", book)
    assert refused.value.code == "unknown_quote"


def test_another_answer_from_the_same_versions_is_never_shown(
    store: Store, book: DataBook, quote: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(quote)
    monkeypatch.setattr("optimizer.quote.quote_job", lambda *_: {**quote, "valid_until": "2099-01-01"})
    with pytest.raises(RecomputeDiffers):
        recompute(store, quote["quote_id"], book)


# ---- a store in trouble ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///:memory:", "postgresql://host/quotes", "sqlite:////nowhere/at/all/quotes.sqlite"],
)
def test_a_place_that_holds_no_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    assert refused.value.code == "store_unwritable"


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rates.sqlite"
    path.write_text("rule_id,charge,carrier\n" * 200, encoding="utf-8")
    with pytest.raises(StoreError) as refused:
        Store.open(str(path))
    assert refused.value.code == "store_broken"


def test_a_file_of_a_later_keruen_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "quotes.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError) as refused:
        Store.open(str(path))
    assert refused.value.code == "store_broken"
    assert "layout 99" in refused.value.message


def test_a_short_lock_is_waited_for_and_a_long_one_is_told(
    store: Store, quote: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(file_of(store), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.5, other.rollback)
    release.start()
    store.save(quote)
    release.join()
    assert store.get(quote["quote_id"])

    monkeypatch.setattr("optimizer.store.BUSY_SECONDS", 0.4)
    other.execute("BEGIN IMMEDIATE")
    with ends(0.4), pytest.raises(StoreError) as refused:
        store.save(quote)
    assert refused.value.code == "store_busy"
    assert store.get(quote["quote_id"]), "readers wait for nobody"
    other.rollback()
    other.close()
    store.save(quote)


def test_a_full_disk_keeps_what_was_stored_and_the_store_goes_on(
    store: Store, book: DataBook, quote: dict[str, Any]
) -> None:
    body = store.save(quote)
    other = offer(book, ASKED["flour to Herat, in tenge"])
    # The page limit of one connection stands in for the disk: SQLite answers with the same SQLITE_FULL.
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as refused:
        store.save(other)
    assert refused.value.code == "store_unwritable"
    assert store.get(quote["quote_id"]) == body
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    store.save(other)
    assert len(store.list()[0]) == 2


def test_the_users_store_stands_in_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_url(str(tmp_path / "share")) == f"sqlite:///{tmp_path}/share/keruen/quotes.sqlite"
    assert (tmp_path / "share" / "keruen").is_dir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/.local/share/keruen/quotes.sqlite"


def test_the_module_loads_without_sqlalchemy() -> None:
    root = str(Path(optimizer.__file__).parent.parent)
    program = "import sys, optimizer.store; sys.exit('sqlalchemy' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": root}, check=False).returncode
        == 0
    )


def test_a_quote_of_an_earlier_version_can_still_be_read(quote: dict[str, Any]) -> None:
    """Fields that came later are missing from quotes stored before; showing and explaining them goes on."""
    from io import StringIO

    from rich.console import Console

    from optimizer.present import explain_lines, show

    quote = json.loads(json.dumps(quote))
    for it in quote["itineraries"]:
        for name in ("subsidies", "shelf_life"):
            it.pop(name)
        for name in ("late_cost", "chance_by_due"):
            it["transit"].pop(name)
        for line in it["charges"]:
            for name in ("document", "document_date", "rounding", "coefficients"):
                line.pop(name)
    console = Console(file=StringIO(), width=120)
    show(quote, console)
    lines = explain_lines(quote, quote["itineraries"][0])
    assert any(line.lstrip().startswith("rule ") for line in lines)
    assert lines[-1].startswith("Sum of")
