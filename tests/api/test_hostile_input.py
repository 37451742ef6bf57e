"""Bodies nobody should send: each is refused with a sentence, none is stored, none stops the service."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from optimizer.databook import DataBook
from optimizer.store import Store

MORNING = dt.datetime(2025, 11, 25, 4, 30, tzinfo=dt.UTC)
WHEAT: dict[str, Any] = {"origin": "Kokshetau", "destination": "Bandar Abbas", "cargo": "wheat", "tonnes": "1340.5"}
TEXT = json.dumps(WHEAT)
UTF8 = json.dumps({**WHEAT, "origin": "Кокшетау"}, ensure_ascii=False)


def asked(**change: Any) -> bytes:
    return json.dumps({**WHEAT, **change}).encode()


def tonnes(written: str) -> bytes:
    """The request with its tonnes written just so."""
    return TEXT.replace('"1340.5"', written).encode()


HOSTILE: dict[str, bytes] = {
    # numbers that are none
    "NaN": tonnes("NaN"),
    "Infinity": tonnes("Infinity"),
    "minus Infinity": tonnes("-Infinity"),
    "1e400": tonnes("1e400"),
    "1e999999999": tonnes("1e999999999"),
    "1e-400": tonnes("1e-400"),
    "1e15": tonnes("1e15"),
    "NaN as text": tonnes('"NaN"'),
    "Infinity as text": tonnes('"Infinity"'),
    "1e400 as text": tonnes('"1e400"'),
    "1e5 as text": tonnes('"1e5"'),
    "true tonnes": tonnes("true"),
    "false tonnes": tonnes("false"),
    "null tonnes": tonnes("null"),
    "zero": tonnes("0"),
    "minus zero": tonnes("-0"),
    "minus zero point zero": tonnes("-0.0"),
    "minus one": tonnes("-1"),
    "minus one as text": tonnes('"-1"'),
    "empty tonnes": tonnes('""'),
    "blank tonnes": tonnes('"   "'),
    "list of tonnes": tonnes("[1340.5]"),
    "object of tonnes": tonnes('{"t": 1340.5}'),
    "decimal comma": tonnes('"1340,5"'),
    "thousands": tonnes('"1 340"'),
    "underscore": tonnes('"1_340"'),
    "hexadecimal": tonnes('"0x10"'),
    "plus": tonnes('"+5"'),
    "leading zeros": tonnes('"007"'),
    "Persian digits": tonnes('"۱۲"'),
    "fullwidth digits": tonnes('"１２"'),
    "unit beside the number": tonnes('"1340 t"'),
    "line break after the number": tonnes('"1340\\n"'),
    "seven decimals": tonnes('"1.0000001"'),
    "2^63": tonnes("9223372036854775808"),
    "forty-one digits": tonnes("9" * 41),
    "5,000 digits": tonnes("9" * 5000),
    "5,000 digits as text": tonnes('"' + "9" * 5000 + '"'),
    "5,000 decimals": tonnes("0." + "3" * 5000),
    "two million tonnes": tonnes('"2000000"'),
    "half a wagon": asked(tonnes=None, units="2.5"),
    "true wagons": asked(tonnes=None, units=True),
    "a million wagons": asked(tonnes=None, units=1000000),
    "value NaN": asked(value="NaN"),
    "alternatives true": asked(alternatives=True),
    "alternatives as text": asked(alternatives="6"),
    "alternatives 6.0": TEXT.replace("}", ', "alternatives": 6.0}').encode(),
    "alternatives minus one": asked(alternatives=-1),
    "alternatives 2^70": asked(alternatives=2**70),
    "pareto as text": asked(pareto="yes"),
    "pareto as one": asked(pareto=1),
    # text that is none
    "lone surrogate": TEXT.replace("Kokshetau", "\\ud800").encode(),
    "lone low surrogate in a list": TEXT.replace("}", ', "via": ["\\udfff"]}').encode(),
    "lone surrogate as a key": TEXT.replace("}", ', "\\ud800": 1}').encode(),
    "NUL": TEXT.replace("Kokshetau", "Kok\\u0000shetau").encode(),
    "NUL byte": TEXT.replace("Kokshetau", "Kok\0shetau").encode(),
    "NUL alone": asked(origin="\0"),
    "control letter": TEXT.replace("Kokshetau", "Kok\x01shetau").encode(),
    "number as origin": asked(origin=5),
    "true as origin": asked(origin=True),
    "null as origin": asked(origin=None),
    "list as origin": asked(origin=["Kokshetau"]),
    "empty origin": asked(origin=""),
    "blank origin": asked(origin="   "),
    "zero-width origin": asked(origin="\u200b\u200d\u2060"),
    "bidi marks alone": asked(origin="\u202e\u2066"),
    "combining marks alone": asked(origin="\u0301" * 50),
    "emoji": asked(origin="🚂🚂🚂"),
    "201 letters": asked(origin="K" * 201),
    "200 brackets": asked(origin="(" * 200),
    "200 commas": asked(origin="," * 200),
    "ligatures that unfold": asked(origin="ﷺ" * 200),
    "markup": asked(origin="<script>alert(1)</script>"),
    "SQL": asked(origin="'; DROP TABLE quotes; --"),
    "path": asked(origin="../../etc/passwd"),
    "format string": asked(origin="{0.__class__}%s%n"),
    "formula as cargo": asked(cargo="=1+1"),
    "regular expression as cargo": asked(cargo="(a+)+$" * 30),
    "201 letters of cargo": asked(cargo="w" * 201),
    # fields, keys, shapes
    "unknown field": asked(price="0"),
    "field of the answer": asked(as_of="2020-01-01"),
    "dunder field": asked(__class__="x"),
    "repeated key": TEXT.replace("{", '{"tonnes": "1", ', 1).encode(),
    "repeated key, escaped": TEXT.replace("{", '{"tonne\\u0073": "1", ', 1).encode(),
    "repeated unknown key, nested": TEXT.replace("}", ', "x": {"a": 1, "a": 2}}').encode(),
    "1,000 fields": asked(**{f"field{i}": i for i in range(1000)}),
    "same place": asked(destination="kz-kokshetau"),
    "one mode unknown": asked(mode=["rail", "air"]),
    "mode as text": asked(mode="rail"),
    "four modes": asked(mode=["rail", "sea", "road", "rail"]),
    "51 places to avoid": asked(avoid=["Aktau"] * 51),
    "nested avoid": asked(avoid=[["Aktau"]]),
    "null in via": asked(via=[None]),
    "unknown restriction": asked(ignore_restriction=["KTZ-1900-NOWHERE"]),
    "unknown objective": asked(objective="cheap"),
    "unknown currency": asked(currency="XXX"),
    "long currency": asked(currency="USDUSDUSD"),
    "unknown ownership": asked(ownership="stolen"),
    "wheat in a tank": asked(equipment="tank-wagon"),
    # dates
    "date with dots": asked(ready="25.11.2025"),
    "date with time": asked(ready="2025-11-25T00:00"),
    "week date": asked(ready="2025-W48-1"),
    "30 February": asked(ready="2026-02-30"),
    "year 0": asked(ready="0000-01-01"),
    "year 1": asked(ready="0001-01-01"),
    "year 9999": asked(ready="9999-12-31"),
    "date as number": asked(ready=20251125),
    "date in Persian digits": asked(ready="۲۰۲۵-۱۱-۲۵"),
    "due before ready": asked(due="2020-01-01"),
    # not JSON, or not one object
    "nothing": b"",
    "blank": b"  \n ",
    "null": b"null",
    "list": b"[]",
    "list of one request": f"[{TEXT}]".encode(),
    "text": b'"wheat"',
    "number": b"1",
    "cut short": TEXT[:-1].encode(),
    "two bodies": (TEXT + TEXT).encode(),
    "trailing comma": TEXT.replace("}", ",}").encode(),
    "single quotes": TEXT.replace('"', "'").encode(),
    "comment": b"/* quote */ " + TEXT.encode(),
    "byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-32": TEXT.encode("utf-32"),
    "cp1251": UTF8.encode("cp1251"),
    "cut inside a letter": UTF8.encode()[:16],
    "overlong UTF-8": TEXT.encode().replace(b"Kokshetau", b"\xc0\xae\xc0\xae"),
    "surrogates in UTF-8": TEXT.encode().replace(b"Kokshetau", b"\xed\xa0\x80"),
    "lists 200,000 deep": b"[" * 200_000,
    "objects 100,000 deep": b'{"a":' * 100_000,
    "closed lists 900 deep": b"[" * 900 + b"]" * 900,
    "field 400 deep": TEXT.replace("}", ', "via": ' + "[" * 400 + "]" * 400 + "}").encode(),
    "spreadsheet": b"PK\x03\x04" + bytes(200),
    "over 1 MB": b'{"origin": "' + b"K" * 1_000_000 + b'"}',
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store.open(str(tmp_path_factory.mktemp("store") / "quotes.sqlite"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def desk(store: Store) -> Iterator[TestClient]:
    with TestClient(create_app(DataBook.load(), store, now=lambda: MORNING), raise_server_exceptions=False) as client:
        yield client


def test_the_list_is_long_enough_and_the_plain_request_is_sound(desk: TestClient, tmp_path: Any) -> None:
    assert len(HOSTILE) >= 60
    sound = Store.open(str(tmp_path / "quotes.sqlite"))
    client = TestClient(create_app(desk.app.state.desk.book, sound, now=lambda: MORNING))  # type: ignore[attr-defined]
    for body in (TEXT.encode(), UTF8.encode(), tonnes("1340.5"), tonnes("1.3405e3")):
        answer = client.post("/v1/quotes", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201, answer.text
    assert len(sound.list()[0]) == 1, "four spellings of one request"
    sound.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_with_a_sentence_and_leaves_nothing(
    desk: TestClient, store: Store, name: str
) -> None:
    answer = desk.post(
        "/v1/quotes", content=HOSTILE[name], headers={"Content-Type": "application/json", "Idempotency-Key": "k"}
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["code"]
    assert told["detail"].rstrip().endswith((".", "?", ")"))
    assert len(answer.content) < 40_000
    assert "Traceback" not in answer.text
    assert store.list() == ([], None)
    assert store.recall("k") is None
    assert desk.get("/v1/quotes").json() == {"quotes": [], "next_cursor": None}


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/json",
        "json",
    ],
)
def test_what_is_not_sent_as_json_is_not_read_as_json(desk: TestClient, kind: str) -> None:
    answer = desk.post("/v1/quotes", content=TEXT.encode(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_look_alike_letters_and_marks_give_the_same_price_or_a_question(desk: TestClient, tmp_path: Any) -> None:
    other = Store.open(str(tmp_path / "quotes.sqlite"))
    client = TestClient(create_app(desk.app.state.desk.book, other, now=lambda: MORNING))  # type: ignore[attr-defined]
    plain = client.post("/v1/quotes", json=WHEAT).json()
    for spelt in (
        "Kоkshetau",
        "KOKSHETAU",
        " Kokshetau ",
        "Kokshe\u0301tau",
        "Кокшeтау",
        "\u202eKokshetau",
        "Kokshetau\u200b",
        "Kok shetau",
    ):
        answer = client.post("/v1/quotes", json={**WHEAT, "origin": spelt})
        if answer.status_code == 201:
            assert answer.json()["quote_id"] == plain["quote_id"], spelt
        else:
            assert answer.json()["code"] in ("unknown_place", "ambiguous_place"), spelt
    other.close()


@pytest.mark.parametrize("length", [b"", b"999999999999999999999999", b"5", b"-1", b"\xb2", b"1, 2"])
def test_a_body_without_end_is_read_no_further_than_the_limit(desk: TestClient, length: bytes) -> None:
    """Straight to the application: 64 kB chunks, with no length told or a wrong one."""
    taken = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        assert taken < 20, "the body is read past the limit"
        return {"type": "http.request", "body": b"K" * 65_536, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), *([(b"content-length", length)] if length else [])]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/quotes",
        "raw_path": b"/v1/quotes", "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("desk", 80),
    }  # fmt: skip
    asyncio.run(desk.app(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert b"body_too_large" in sent[1]["body"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/quotes/%ff%fe",
        "/v1/quotes/..%2f..%2fetc",
        "/v1/quotes/" + "q" * 5000,
        "/v1/quotes/q-%ed%a0%80.csv",
        "//",
        "/%00",
    ],
)
def test_hostile_paths(desk: TestClient, path: str) -> None:
    answer = desk.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "limit=NaN",
        "limit=1e3",
        "limit=true",
        "limit=" + "9" * 5000,
        "cursor=%00",
        "cursor=%ed%a0%80",
        "cursor=" + "c" * 81,
    ],
)
def test_hostile_queries(desk: TestClient, query: str) -> None:
    answer = desk.get(f"/v1/quotes?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"]


def test_the_service_still_quotes_after_all_of_this(desk: TestClient) -> None:
    assert desk.post("/v1/quotes", json=WHEAT).status_code == 201
    assert len(desk.get("/v1/quotes").json()["quotes"]) == 1
