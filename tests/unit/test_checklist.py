"""What a desk must have at hand after the client says yes, by border; a missing paper blocks loading, not the quote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from optimizer.checklist.build import Facts, checklist
from optimizer.checklist.model import Checklist
from optimizer.checklist.read import parse, read_requirements
from optimizer.databook import DataBook
from optimizer.errors import DataError, RequestError
from optimizer.tables import open_table

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def facts(book: DataBook) -> Facts:
    return Facts(book.network.places, book.cargoes, book.equipment)


def of_lane(ask: Ask, facts: Facts, *lane: str, rank: int = 1, done: tuple[str, ...] = (), **more: Any) -> Checklist:
    return checklist(ask(*lane, tonnes=1340.5, ready="2026-12-01", **more), facts, rank=rank, done=done)


@pytest.fixture(scope="module")
def to_tehran(ask: Ask, facts: Facts) -> Checklist:
    return of_lane(ask, facts, "Kostanay", "Tehran", "wheat", mode=("rail",))


def keys(found: Checklist) -> set[str]:
    return {item.key for item in found.items}


def test_every_railway_of_the_way_wants_a_payer(to_tehran: Checklist) -> None:
    payers = [item.place_ru for item in to_tehran.items if item.kind == "payer_code"]
    assert payers == ["КЗХ", "ТРК", "РАИ"]


def test_the_plan_is_filled_from_the_quote_and_the_rest_is_wanted(to_tehran: Checklist) -> None:
    plan = {item.key: item for item in to_tehran.items if item.kind == "plan_data"}
    assert plan["PLAN.month"].value == "2026-12" and plan["PLAN.units"].value == "20"
    assert "684001" in plan["PLAN.station-code"].value and plan["PLAN.etsng"].value == "011005"
    assert not plan["PLAN.consignor"].done and not plan["PLAN.owner"].value


def test_papers_follow_border_country_and_goods(ask: Ask, facts: Facts, to_tehran: Checklist) -> None:
    assert any(key.startswith("CIM:") for key in keys(to_tehran))
    assert {"PHYTO", "TM-TRANSIT-ORIGIN", "IR-PLANT-PERMIT", "SANCTIONS"} <= keys(to_tehran)
    assert not {"VET", "TM-CONSENT", "CMR"} & keys(to_tehran)
    home = of_lane(ask, facts, "Kostanay", "Mary", "flour")
    assert {"TM-CONSENT", "TM-ORIGIN", "TM-PAPERS"} <= keys(home) and "TM-TRANSIT-ORIGIN" not in keys(home)
    by_road = of_lane(ask, facts, "Shymkent", "Herat", "flour", mode=("road",), equipment="truck")
    assert "CMR" in keys(by_road) and any(key.startswith("TIR:") for key in keys(by_road))
    assert not any(item.kind == "payer_code" for item in by_road.items)
    by_sea = of_lane(ask, facts, "kz-aktau-port", "ir-amirabad-port", "wheat", equipment="bulk-vessel", mode=("sea",))
    assert any(key.startswith("BILL:kz-aktau") for key in keys(by_sea))


def test_what_no_source_says_is_to_be_asked(to_tehran: Checklist) -> None:
    told = {item.key.partition(":")[0]: item.confirmed for item in to_tehran.items}
    assert told["TM-TRANSIT-QUALITY"] and not told["CIM"] and not told["IR-PLANT-PERMIT"]


def test_days_are_counted_from_loading(to_tehran: Checklist) -> None:
    (permit,) = (item for item in to_tehran.items if item.key == "IR-PLANT-PERMIT")
    assert permit.by == dt.date(2026, 11, 11)


def test_a_missing_item_blocks_loading_and_the_last_one_frees_it(ask: Ask, facts: Facts, to_tehran: Checklist) -> None:
    assert not to_tehran.ready
    everything = tuple(f"{item.key}=at hand" for item in to_tehran.missing)
    quote = ask("Kostanay", "Tehran", "wheat", tonnes=1340.5, ready="2026-12-01", mode=("rail",))
    assert not checklist(quote, facts, done=everything[1:]).ready
    complete = checklist(quote, facts, done=everything)
    assert complete.ready and complete.as_dict()["ready_to_load"] is True
    with pytest.raises(RequestError, match="NO-SUCH"):
        checklist(quote, facts, done=["NO-SUCH"])


def test_a_rate_that_has_ended_awaits_its_letter(to_tehran: Checklist) -> None:
    assert any(item.kind == "telegram" and item.key.startswith("RATE-") for item in to_tehran.items)


def test_every_row_has_a_listed_source_and_both_languages(book: DataBook) -> None:
    for row in read_requirements():
        assert row.source_id in book.network.sources, row.item_id
        assert row.note or row.source_id != "keruen-estimate", row.item_id
        for word in row.cargo - {"container", "private", "carrier", "foreign"}:
            known = any(word == c.id or word in c.groups for c in book.cargoes.values())
            assert known, (row.item_id, word)


def test_faults_of_the_table_are_told_all_at_once() -> None:
    rows = open_table("network_data", "documents.csv")[:1]
    line, row = rows[0]
    with pytest.raises(DataError) as refusal:
        parse([(line, {**row, "kind": "paper", "source_id": "", "days_before": "soon"}), (line + 1, row)])
    assert {p.code for p in refusal.value.problems} == {"unknown_word", "empty_cell", "bad_number", "duplicate_id"}
