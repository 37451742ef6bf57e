"""Downloads of a quote as XLSX and PDF over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from optimizer.databook import DataBook
from optimizer.document import pdf
from optimizer.store import Store

ASKED = {
    "origin": "Tashkent", "destination": "Almaty", "cargo": "tomatoes", "units": "4", "equipment": "reefer-truck",
    "ready": "2026-12-05", "margin": "5%",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, book: DataBook) -> Iterator[TestClient]:
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'quotes.sqlite'}")
    with TestClient(create_app(book, opened)) as client:
        yield client
    opened.close()


@pytest.fixture(scope="module")
def quote_id(desk: TestClient) -> str:
    made = desk.post("/v1/quotes", json=ASKED)
    assert made.status_code == 201, made.text
    return str(made.json()["quote_id"])


@pytest.fixture(autouse=True)
def no_letterhead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERUEN_LETTERHEAD", raising=False)


@pytest.mark.parametrize(("form", "starts"), [("xlsx", b"PK"), ("pdf", b"%PDF")])
def test_a_document_is_downloaded_and_is_the_same_again(desk, quote_id, form, starts):
    if form == "pdf":
        pytest.importorskip("typst")
    first, second = (desk.get(f"/v1/quotes/{quote_id}.{form}?lang=ru") for _ in range(2))
    assert first.status_code == 200
    assert first.content.startswith(starts)
    assert first.content == second.content
    assert first.headers["content-disposition"] == f'attachment; filename="{quote_id}.{form}"'
    assert first.content != desk.get(f"/v1/quotes/{quote_id}.{form}?lang=en").content
    assert first.content != desk.get(f"/v1/quotes/{quote_id}.{form}?lang=ru&internal=true").content


def test_what_is_not_there_is_told(desk, quote_id, monkeypatch):
    assert desk.get("/v1/quotes/q-0.xlsx").status_code == 404
    assert desk.get(f"/v1/quotes/{quote_id}.xlsx?lang=kk").status_code == 422
    monkeypatch.setattr(pdf, "_typst", lambda: None)
    refused = desk.get(f"/v1/quotes/{quote_id}.pdf")
    assert (refused.status_code, refused.json()["code"]) == (501, "pdf_extra_missing")


def test_a_letterhead_that_cannot_be_used_does_not_tell_where_it_stands(desk, quote_id, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("KERUEN_LETTERHEAD", str(tmp_path / "none.toml"))
    refused = desk.get(f"/v1/quotes/{quote_id}.xlsx")
    assert (refused.status_code, refused.json()["code"]) == (500, "bad_letterhead")
    assert str(tmp_path) not in refused.text
