"""Reference data, probes and documentation over HTTP."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app, main
from optimizer.databook import DataBook
from optimizer.restriction.match import in_force
from optimizer.store import Store

MORNING = dt.datetime(2025, 11, 25, 4, 30, tzinfo=dt.UTC)
STATUSES = {"published", "derived", "estimated", "provisional"}


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


@pytest.fixture(scope="module")
def desk(book: DataBook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = Store.open(str(tmp_path_factory.mktemp("store") / "quotes.sqlite"))
    with TestClient(create_app(book, store, now=lambda: MORNING)) as client:
        yield client
    store.close()


def read(desk: TestClient, path: str, **params: Any) -> Any:
    answer = desk.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# ---- places ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "place_id"),
    [
        ("kz-kokshetau", "kz-kokshetau"),
        ("684001", "kz-kostanay"),
        ("KZAAU", "kz-aktau-port"),
        ("Bandar Abbas", "ir-bandar-abbas"),
        ("Бендер-Аббас", "ir-bandar-abbas"),
        ("Кокшет", "kz-kokshetau"),
        ("Kokshetaw", "kz-kokshetau"),
        ("Cарахс", "tm-sarahs"),  # the first letter is Latin
        ("بندر عباس", "ir-bandar-abbas"),
    ],
)
def test_a_place_is_found_by_code_in_any_alphabet_and_misspelt(desk: TestClient, typed: str, place_id: str) -> None:
    found = read(desk, "/v1/places", q=typed, limit=5)["places"]
    assert place_id in found[0]["location"]
    assert 0 < found[0]["score"] <= 100
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert len(found) <= 5


def test_a_found_place_says_what_reaches_it(desk: TestClient) -> None:
    (port,) = read(desk, "/v1/places", q="Aktau port", limit=1)["places"]
    assert port["id"] == "kz-aktau-port"
    assert {"rail", "sea"} <= set(port["modes"])
    assert port["source_id"]
    assert port["status"] in STATUSES


def test_nothing_close_is_an_empty_or_low_list_never_an_error(desk: TestClient) -> None:
    assert all(hit["score"] < 75 for hit in read(desk, "/v1/places", q="!!!???")["places"])


@pytest.mark.parametrize(
    "params",
    [{}, {"q": ""}, {"q": "a" * 201}, {"q": "Aktau", "limit": 0}, {"q": "Aktau", "limit": "9" * 400}, {"q": "Ak\0tau"}],
)
def test_a_search_that_cannot_be_made(desk: TestClient, params: dict[str, Any]) -> None:
    answer = desk.get("/v1/places", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


# ---- tables ------------------------------------------------------------------------------------------


def test_the_network_is_geojson_with_sources(desk: TestClient, book: DataBook) -> None:
    answer = desk.get("/v1/network.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    features = answer.json()["features"]
    assert len([f for f in features if f["properties"]["feature"] == "place"]) == len(book.network.places)
    assert all(f["properties"]["source_id"] and f["properties"]["status"] in STATUSES for f in features)
    again = desk.get("/v1/network.geojson", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("path", "key"), [("/v1/cargoes", "cargoes"), ("/v1/equipment", "equipment")])
def test_every_row_has_a_source_and_a_status(desk: TestClient, path: str, key: str) -> None:
    rows = read(desk, path)[key]
    assert rows
    for row in rows:
        assert row["source_id"], row
        assert row["status"] in STATUSES, row
        assert row["name_en"]
        assert row["name_ru"]


def test_wheat_says_what_it_rides_in(desk: TestClient) -> None:
    wheat = next(c for c in read(desk, "/v1/cargoes")["cargoes"] if c["id"] == "wheat")
    assert wheat["equipment"][0] == "hopper-wagon"
    assert wheat["payload_t"]["hopper-wagon"] == "68"
    assert wheat["gng_code"] == "10019900"


def test_carriers_are_those_a_quote_names(desk: TestClient) -> None:
    carriers = {(c["mode"], c["id"]): c for c in read(desk, "/v1/carriers")["carriers"]}
    assert carriers["rail", "KTZ"]["countries"] == ["KZ"]
    assert "ktz" in carriers["rail", "KTZ"]["books"]
    assert carriers["road", "ROAD-AF"]["countries"] == ["AF"]
    assert all(c["source_ids"] for c in carriers.values())
    quote = desk.post(
        "/v1/quotes", json={"origin": "Kostanay", "destination": "Herat", "cargo": "flour", "tonnes": "68"}
    ).json()
    hauls = {
        (leg["mode"], leg["carrier"]) for way in quote["itineraries"] for leg in way["legs"] if leg["kind"] == "haul"
    }
    assert hauls <= carriers.keys()


def test_the_autumn_ban_on_grain_through_aktau_is_in_force_on_its_days_only(desk: TestClient) -> None:
    def ban(**params: str) -> Any:
        rows = read(desk, "/v1/restrictions", **params)["restrictions"]
        return next(r for r in rows if r["restriction_id"] == "KTZ-2025-AKTAU-1")

    assert ban(on="2025-10-10")["in_force"] is True
    assert ban(on="2025-10-10", known_on="2025-10-05")["in_force"] is False, "not yet known"
    assert ban(on="2025-10-21")["in_force"] is False
    assert ban()["in_force"] is False
    assert "banned for grain from 2025-10-06 until 2025-10-20" in ban()["text"]
    assert ban()["shuts"] is True


def test_in_force_is_the_engines_own_word(desk: TestClient, book: DataBook) -> None:
    day = dt.date(2025, 12, 1)
    rows = read(desk, "/v1/restrictions", on=day.isoformat())
    assert rows["on"] == "2025-12-01"
    assert {r["restriction_id"]: r["in_force"] for r in rows["restrictions"]} == {
        r.restriction_id: in_force(r, day, MORNING.date()) for r in book.restrictions.rows
    }
    assert all(r["source_id"] and r["status"] in STATUSES for r in (*rows["restrictions"], *rows["compliance"]))


@pytest.mark.parametrize("day", ["25.11.2025", "2025-13-01", "tomorrow", "2025-11-2"])
def test_a_day_that_is_none(desk: TestClient, day: str) -> None:
    answer = desk.get("/v1/restrictions", params={"on": day})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "bad_date", "on")


def test_tariffs_show_every_rule_with_its_source(desk: TestClient, book: DataBook) -> None:
    told = read(desk, "/v1/tariffs")
    assert len(told["rules"]) == len(book.books.rules) + len(book.books.through)
    assert {b["book_id"] for b in told["books"]} == set(book.books.infos)
    assert sum(b["rules"] for b in told["books"]) == len(told["rules"])
    for rule in told["rules"]:
        assert rule["source_id"], rule
        assert rule["status"] in STATUSES
        assert rule["currency"]
        assert rule["description"]


def test_one_book_alone(desk: TestClient) -> None:
    told = read(desk, "/v1/tariffs", book="ktz")
    assert [b["book_id"] for b in told["books"]] == ["ktz"]
    wagon = next(r for r in told["rules"] if r["rule_id"] == "KTZ-WAGON")
    assert (wagon["charge"], wagon["carrier"], wagon["basis"], wagon["per_km"], wagon["currency"]) == (
        "carriage",
        "KTZ",
        "per_t",
        "0.00497",
        "USD",
    )
    assert wagon["valid"] == {"from": None, "to": "2026-05-31"}
    answer = desk.get("/v1/tariffs", params={"book": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_book")


def test_a_charge_line_leads_to_its_rule(desk: TestClient) -> None:
    quote = desk.post(
        "/v1/quotes", json={"origin": "Kokshetau", "destination": "Bandar Abbas", "cargo": "wheat", "tonnes": "680"}
    ).json()
    rules = {rule["rule_id"] for rule in read(desk, "/v1/tariffs")["rules"]}
    assert {line["rule_id"] for way in quote["itineraries"] for line in way["charges"]} <= rules


# ---- service -----------------------------------------------------------------------------------------


def test_limits_are_published_and_kept(desk: TestClient) -> None:
    limits = read(desk, "/v1/limits")
    assert (limits["json_body_bytes"], limits["text_letters"], limits["alternatives"]) == (1_000_000, 200, 20)
    asked = {"origin": "Kokshetau", "destination": "Bandar Abbas", "cargo": "wheat", "tonnes": "680"}
    assert desk.post("/v1/quotes", json={**asked, "alternatives": limits["alternatives"]}).status_code == 201
    assert desk.post("/v1/quotes", json={**asked, "alternatives": limits["alternatives"] + 1}).status_code == 422
    assert (
        desk.post("/v1/quotes", json={**asked, "cargo": "x" * (limits["text_letters"] + 1)}).json()["code"]
        == "too_long"
    )
    assert (
        desk.post("/v1/quotes", json={**asked, "via": ["Tashkent"] * (limits["via"] + 1)}).json()["code"] == "too_many"
    )


def test_probes(desk: TestClient, book: DataBook) -> None:
    assert read(desk, "/healthz") == {"status": "ok"}
    assert read(desk, "/readyz") == {"status": "ready", "versions": book.versions}


def test_not_ready_without_its_store(book: DataBook, tmp_path: Path) -> None:
    path = tmp_path / "quotes.sqlite"
    store = Store.open(str(path))
    app = create_app(book, store)
    store.close()
    for file in tmp_path.iterdir():
        file.unlink()
    path.mkdir()
    answer = TestClient(app).get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "retry-after" in answer.headers
    assert TestClient(app).get("/healthz").status_code == 200


# ---- documentation -----------------------------------------------------------------------------------


def test_the_documentation_page_asks_no_other_host(desk: TestClient) -> None:
    page = desk.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for text in (page.text, desk.get("/docs/start.js").text):
        assert "//" not in text.replace("</", "")
    for link in links:
        answer = desk.get(f"/{link}")
        assert answer.status_code == 200, link
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "url(http" not in desk.get("/docs/swagger-ui.css").text
    assert "validatorUrl: null" in desk.get("/docs/start.js").text
    assert desk.get("/docs/index.html").status_code == 404


def test_every_operation_is_named_and_declares_its_refusals(desk: TestClient) -> None:
    document = read(desk, "/openapi.json")
    operations = {(method, path): op for path, ops in document["paths"].items() for method, op in ops.items()}
    names = [op["operationId"] for op in operations.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name) for name in names)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for where, op in operations.items():
        refusals = {status: r for status, r in op["responses"].items() if int(status) >= 400}
        assert {"422", "500"} <= refusals.keys(), where
        assert all(r["content"] == problem for r in refusals.values()), where
    assert {"400", "413", "415", "503"} <= operations["post", "/v1/quotes"]["responses"].keys()
    assert {"404", "409"} <= operations["post", "/v1/quotes/{quote_id}/recompute"]["responses"].keys()


def test_schemas_have_clean_names_and_exact_amounts(desk: TestClient) -> None:
    schemas = read(desk, "/openapi.json")["components"]["schemas"]
    assert {"QuoteRequest", "Quote", "Money", "Problem"} <= schemas.keys()
    assert not [name for name in schemas if name.endswith(("-Input", "-Output", "_", "ValidationError"))]
    assert schemas["QuoteRequest"]["additionalProperties"] is False
    amount = schemas["Money"]["properties"]["amount"]
    assert re.fullmatch(amount["pattern"], "138590.20")
    assert not re.search(amount["pattern"], "")


def test_the_page_draws_an_older_form_of_the_same_description(desk: TestClient) -> None:
    older = read(desk, "/docs/openapi.json")
    assert older["openapi"] == "3.0.3"
    assert older["paths"].keys() == read(desk, "/openapi.json")["paths"].keys()
    assert '"type": "null"' not in json.dumps(older)
    assert '"const"' not in json.dumps(older)


# ---- serving -----------------------------------------------------------------------------------------


def test_the_server_listens_on_this_machine_only_unless_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, int, int]] = []
    monkeypatch.setenv("KERUEN_STORE", str(tmp_path / "quotes.sqlite"))
    monkeypatch.setattr("api.app.serve", lambda *given: asked.append(given))
    assert main([]) == 0
    assert main(["--host", "0.0.0.0", "--port", "9000", "--workers", "2"]) == 0
    assert asked == [("127.0.0.1", 8000, 1), ("0.0.0.0", 9000, 2)]


def test_a_store_that_cannot_be_opened_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KERUEN_STORE", "postgresql://host/quotes")
    assert main([]) == 70
    assert "(code: store_unwritable)" in capsys.readouterr().err


def test_the_environment_names_the_store(book: DataBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERUEN_STORE", f"sqlite:///{tmp_path / 'named.sqlite'}")
    with TestClient(create_app(book)) as client:
        assert client.get("/readyz").status_code == 200
    assert (tmp_path / "named.sqlite").exists()
