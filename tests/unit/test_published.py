"""Every published figure is listed, and says which rules rest on it or why none does."""

from __future__ import annotations

import re

import pytest

from optimizer.provenance import STATUSES
from optimizer.tables import data_file, decode, read_bytes, rows_of

ID = re.compile(r"\b(?:R[XYZ]?\d{3,4}|D\d{2})\b")
BOOK_TABLES = ("rates.csv", "through.csv", "coefficients.csv")


def rows(name: str) -> list[dict[str, str]]:
    where = data_file("seeds", "tariffs").joinpath(*name.split("/"))
    return [row for _, row in rows_of(decode(read_bytes(where), name), name)]


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, str]]:
    table = {row["rate_id"]: row for row in rows("published.csv")}
    discounts = {row["disc_id"]: row for row in rows("published_discounts.csv")}
    assert not table.keys() & discounts.keys()
    return table | discounts


@pytest.fixture(scope="module")
def rests_on() -> dict[str, set[str]]:
    """Published id -> rules and coefficients that name it: in `based_on`, in their own id, and for
    coefficients (which have no such column) in the description."""
    found: dict[str, set[str]] = {}
    for book in sorted(f.name for f in data_file("seeds", "tariffs").iterdir() if f.joinpath("book.toml").is_file()):
        for name in BOOK_TABLES:
            if not data_file("seeds", "tariffs").joinpath(book, name).is_file():
                continue
            for row in rows(f"{book}/{name}"):
                own = row.get("rule_id") or row["coef_id"]
                text = " ".join((own, row.get("based_on", ""), row.get("description", "") if "coef_id" in row else ""))
                for published_id in ID.findall(text):
                    found.setdefault(published_id, set()).add(own)
    return found


def test_every_id_a_book_rests_on_is_listed(published, rests_on):
    assert not sorted(rests_on.keys() - published.keys())


def test_used_by_agrees_with_the_books(published, rests_on):
    said = {i: set(filter(None, row["used_by"].split(";"))) for i, row in published.items()}
    wrong = {i: (said[i], rests_on.get(i, set())) for i in published if said[i] != rests_on.get(i, set())}
    assert not wrong


def test_what_no_rule_uses_says_why(published):
    assert not [i for i, row in published.items() if bool(row["used_by"]) == bool(row["not_used_because"])]


def test_every_row_has_a_known_source_and_status_and_no_address(published):
    sources = {
        row["source_id"]
        for _, row in rows_of(
            decode(read_bytes(data_file("network_data", "sources.csv")), "sources.csv"), "sources.csv"
        )
    }
    for i, row in published.items():
        assert row["source_id"] in sources, i
        assert row["status"] in STATUSES, i
        assert not any(re.search(r"https?://", value) for value in row.values()), i
