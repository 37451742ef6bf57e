"""Quotes over HTTP, as a forwarder's script uses them."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.schemas import CORRIDORS, Quote
from optimizer.databook import DataBook
from optimizer.store import Store

MORNING = dt.datetime(2025, 11, 25, 4, 30, tzinfo=dt.UTC)
WHEAT = {"origin": "Kokshetau", "destination": "Bandar Abbas", "cargo": "wheat", "tonnes": "1340.5"}
FLOUR = {"origin": "Костанай", "destination": "Герат", "cargo": "мука", "tonnes": "680"}


class Clock:
    def __init__(self) -> None:
        self.time = MORNING

    def __call__(self) -> dt.datetime:
        return self.time


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'quotes.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def desk(book: DataBook, store: Store, clock: Clock) -> Iterator[TestClient]:
    with TestClient(create_app(book, store, now=clock)) as client:
        yield client


def refusal(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "field", "hint"} <= told.keys()
    assert told["status"] == status
    assert told["detail"].endswith(".")
    return told


# ---- one quote ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", CORRIDORS, ids=lambda c: f"{c['origin']}-{c['destination']}")
def test_every_example_of_the_documentation_is_quoted_in_the_documented_shape(
    desk: TestClient, asked: dict[str, Any]
) -> None:
    answer = desk.post("/v1/quotes", json=asked)
    assert answer.status_code == 201, answer.text
    quote = answer.json()
    Quote.model_validate(json.loads(answer.text))
    assert answer.headers["location"] == f"/v1/quotes/{quote['quote_id']}"
    for way in quote["itineraries"]:
        assert sum(Decimal(line["amount_quote"]) for line in way["charges"]) == Decimal(way["total"]["amount"])


def test_a_quote_reads_back_exactly_as_it_was_given(desk: TestClient, store: Store) -> None:
    given = desk.post("/v1/quotes", json=WHEAT)
    quote_id = given.json()["quote_id"]
    read = desk.get(given.headers["location"])
    assert read.content == given.content
    assert read.headers["content-type"] == "application/json"
    assert store.get(quote_id) == read.text
    assert "Бендер" not in read.text
    assert given.json()["created_at"] == "2025-11-25T04:30:00Z"


def test_the_day_of_a_quote_is_kazakhstans_own(desk: TestClient, clock: Clock) -> None:
    clock.time = dt.datetime(2025, 11, 25, 19, 30, tzinfo=dt.UTC)  # half past midnight in Astana
    assert desk.post("/v1/quotes", json=WHEAT).json()["request"]["ready"] == "2025-11-26"


def test_tonnes_are_exact_as_text_and_as_a_number(desk: TestClient) -> None:
    as_text = desk.post("/v1/quotes", json={**WHEAT, "tonnes": "1340.100001"})
    as_number = desk.post(
        "/v1/quotes",
        content=json.dumps(WHEAT).replace('"1340.5"', "1340.100001").encode(),
        headers={"Content-Type": "application/json"},
    )
    assert as_number.json()["request"]["tonnes"] == "1340.100001"
    assert as_number.content == as_text.content


def test_wagons_instead_of_tonnes(desk: TestClient) -> None:
    asked = {
        "origin": "Kokshetau",
        "destination": "Bandar Abbas",
        "cargo": "wheat",
        "units": 12,
        "equipment": "hopper-wagon",
    }
    assert desk.post("/v1/quotes", json=asked).json()["request"]["tonnes"] == "816"


def test_the_same_request_is_the_same_quote(desk: TestClient, clock: Clock) -> None:
    first = desk.post("/v1/quotes", json=WHEAT)
    clock.time += dt.timedelta(hours=2)
    assert desk.post("/v1/quotes", json=WHEAT).content == first.content
    clock.time += dt.timedelta(days=1)
    assert desk.post("/v1/quotes", json=WHEAT).json()["quote_id"] != first.json()["quote_id"]
    assert len(desk.get("/v1/quotes").json()["quotes"]) == 2


def test_charge_lines_as_a_table(desk: TestClient) -> None:
    quote = desk.post("/v1/quotes", json=WHEAT).json()
    answer = desk.get(f"/v1/quotes/{quote['quote_id']}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"{quote['quote_id']}.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    best = [row for row in rows if row["rank"] == "1"]
    assert sum(Decimal(row["amount_quote"]) for row in best) == Decimal(quote["itineraries"][0]["total"]["amount"])


def test_the_list_pages_without_gaps(desk: TestClient, clock: Clock) -> None:
    given = []
    for tonnes in ("68", "136", "204", "272", "340"):
        clock.time += dt.timedelta(minutes=1)
        given.append(desk.post("/v1/quotes", json={**WHEAT, "tonnes": tonnes, "alternatives": 0}).json()["quote_id"])
    first = desk.get("/v1/quotes", params={"limit": 2}).json()
    second = desk.get("/v1/quotes", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    third = desk.get("/v1/quotes", params={"limit": 2, "cursor": second["next_cursor"]}).json()
    assert [row["quote_id"] for page in (first, second, third) for row in page["quotes"]] == given[::-1]
    assert third["next_cursor"] is None
    refusal(desk.get("/v1/quotes", params={"cursor": "q-nobody"}), 422, "bad_cursor")
    refusal(desk.get("/v1/quotes", params={"limit": 0}), 422, "limit_out_of_range")


# ---- refusals ----------------------------------------------------------------------------------------


def test_a_name_of_two_places_is_asked_back_with_candidates(desk: TestClient) -> None:
    told = refusal(desk.post("/v1/quotes", json={**WHEAT, "destination": "Sarab"}), 422, "ambiguous_place")
    assert told["field"] == "destination"
    assert all({"id", "name", "country", "score"} <= candidate.keys() for candidate in told["candidates"])


def test_an_unknown_place_and_an_unknown_cargo_are_named(desk: TestClient) -> None:
    assert (
        refusal(desk.post("/v1/quotes", json={**WHEAT, "origin": "Xqzwvk"}), 422, "unknown_place")["field"] == "origin"
    )
    assert (
        refusal(desk.post("/v1/quotes", json={**WHEAT, "cargo": "unobtainium"}), 422, "unknown_cargo")["field"]
        == "cargo"
    )


def test_no_way_is_a_refusal_that_says_what_blocks_it(desk: TestClient) -> None:
    told = refusal(desk.post("/v1/quotes", json={**WHEAT, "mode": ["sea"]}), 422, "no_route")
    assert told["rejected"]
    assert {"what", "reason_code", "text"} <= told["rejected"][0].keys()
    assert desk.get("/v1/quotes").json()["quotes"] == []


def test_a_misspelt_wish_is_refused_not_dropped(desk: TestClient) -> None:
    told = refusal(desk.post("/v1/quotes", json={**WHEAT, "ignore_restrictions": []}), 422, "unknown_field")
    assert told["hint"] == "Is ignore_restriction meant?"


def test_all_complaints_come_at_once_each_with_its_field(desk: TestClient) -> None:
    told = refusal(
        desk.post("/v1/quotes", json={"origin": "Kokshetau", "tonnes": True, "via": [""]}), 422, "missing_destination"
    )
    assert {error["pointer"]: error["code"] for error in told["errors"]} == {
        "/destination": "missing_destination", "/cargo": "missing_cargo", "/tonnes": "bad_number",
        "/via/0": "missing_via",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/v1/quotes/q-00000000000000000000",
        "/v1/quotes/q-00000000000000000000.csv",
        "/v1/quotes/Kokshetau",
        "/v1/quotes/%00",
    ],
)
def test_an_unknown_quote(desk: TestClient, path: str) -> None:
    refusal(desk.get(path), 404, "unknown_quote")


def test_unknown_paths_and_methods(desk: TestClient) -> None:
    refusal(desk.get("/v1/qoutes"), 404, "unknown_path")
    refusal(desk.delete("/v1/quotes"), 405, "method_not_allowed")


# ---- keys --------------------------------------------------------------------------------------------


def test_a_retry_with_its_key_gets_the_first_answer_even_the_next_day(desk: TestClient, clock: Clock) -> None:
    key = {"Idempotency-Key": "order-77"}
    first = desk.post("/v1/quotes", json=WHEAT, headers=key)
    clock.time += dt.timedelta(days=1)
    again = desk.post(
        "/v1/quotes",
        content=json.dumps(dict(reversed(WHEAT.items())), indent=2),
        headers={**key, "Content-Type": "application/json"},
    )
    assert (again.status_code, again.content) == (201, first.content)
    told = refusal(desk.post("/v1/quotes", json=FLOUR, headers=key), 422, "idempotency_key_reused")
    assert told["field"] == "Idempotency-Key"
    assert len(desk.get("/v1/quotes").json()["quotes"]) == 1


def test_a_refused_request_uses_up_no_key(desk: TestClient) -> None:
    key = {"Idempotency-Key": "order-78"}
    refusal(desk.post("/v1/quotes", json={**WHEAT, "destination": "Xqzwvk"}, headers=key), 422, "unknown_place")
    assert desk.post("/v1/quotes", json=WHEAT, headers=key).status_code == 201


@pytest.mark.parametrize("key", ["", "a" * 201, "two words", "ключ".encode()])
def test_a_key_that_is_none(desk: TestClient, key: str | bytes) -> None:
    refusal(desk.post("/v1/quotes", json=WHEAT, headers={"Idempotency-Key": key}), 422, "bad_idempotency_key")


def test_twenty_parallel_posts_with_one_key_give_one_quote(desk: TestClient) -> None:
    with ThreadPoolExecutor(20) as clients:
        answers = list(
            clients.map(
                lambda _: desk.post("/v1/quotes", json=WHEAT, headers={"Idempotency-Key": "order-79"}), range(20)
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(desk.get("/v1/quotes").json()["quotes"]) == 1


# ---- recompute ---------------------------------------------------------------------------------------


def test_a_quote_computed_again_a_year_later_is_the_same_bytes(desk: TestClient, clock: Clock) -> None:
    given = desk.post(
        "/v1/quotes", json={**FLOUR, "avoid": ["TM", "kz-aktau"], "via": ["Tashkent"], "due": "2026-03-01"}
    )
    assert given.status_code == 201, given.text
    clock.time += dt.timedelta(days=400)
    again = desk.post(f"{given.headers['location']}/recompute")
    assert (again.status_code, again.content) == (200, given.content)
    refusal(desk.post("/v1/quotes/q-00000000000000000000/recompute"), 404, "unknown_quote")


def test_a_quote_of_another_tariff_edition_is_not_recomputed(desk: TestClient, book: DataBook, store: Store) -> None:
    given = desk.post("/v1/quotes", json=WHEAT).json()
    newer = DataBook.load()
    newer.__dict__["versions"] = {**book.versions, "tariffs": "ffffffffffff"}
    told = refusal(
        TestClient(create_app(newer, store)).post(f"/v1/quotes/{given['quote_id']}/recompute"), 409, "versions_gone"
    )
    assert told["differ"] == ["tariffs"]
    assert told["stored"]["tariffs"] == book.versions["tariffs"]


# ---- a service in trouble ----------------------------------------------------------------------------


def test_a_store_held_by_another_is_503_with_retry_after(
    desk: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizer.store.BUSY_SECONDS", 0.2)
    other = sqlite3.connect(store._name, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = desk.post("/v1/quotes", json=WHEAT)
    told = refusal(answer, 503, "store_busy")
    assert int(answer.headers["retry-after"]) > 0
    assert store._name not in json.dumps(told), "where the file stands is nobody's business"
    assert desk.get("/v1/quotes").json()["quotes"] == []
    other.rollback()
    other.close()
    assert desk.post("/v1/quotes", json=WHEAT).status_code == 201


def test_a_fault_of_ours_is_500_without_a_trace(book: DataBook, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("secret of the engine")

    monkeypatch.setattr("api.app.make_quote", broken)
    answer = TestClient(create_app(book, store), raise_server_exceptions=False).post("/v1/quotes", json=WHEAT)
    refusal(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_too_many_waiting_quotes_are_turned_away(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.app.MOST_WAITING", 0)
    answer = desk.post("/v1/quotes", json=WHEAT)
    refusal(answer, 503, "too_busy")
    assert "retry-after" in answer.headers


def test_probes_are_answered_while_quotes_are_computed(book: DataBook, store: Store, clock: Clock) -> None:
    app = create_app(DataBook.load(), store, now=clock)  # nothing cached: every lane is built anew

    async def run() -> int:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://desk") as client:
            asked = [
                {**WHEAT, "cargo": cargo, "pareto": True} for cargo in ("wheat", "barley", "flour", "soya", "maize")
            ]
            posts = [asyncio.ensure_future(client.post("/v1/quotes", json=body)) for body in asked]
            answered = 0
            while not all(post.done() for post in posts):
                assert (await client.get("/healthz")).status_code == 200
                answered += 1
                await asyncio.sleep(0.02)
            assert {post.result().status_code for post in posts} == {201}
            return answered

    assert asyncio.run(run()) > 2 * 5, "a probe that waits for a quote to end is answered five times at most"
