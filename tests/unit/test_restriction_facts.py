"""Every fact that shuts or limits a way, as our references tell it, is a row of a table or left out with a reason.

tests/cases/restriction_facts.csv: told_in, fact, stands_as (ids of restrictions or compliance rules), left_out_because.
"""

import csv
import datetime as dt
from pathlib import Path

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError
from optimizer.network.read import read_network
from optimizer.restriction.check import check_restrictions
from optimizer.restriction.match import modes_of, places_of, sentence, shuts
from optimizer.restriction.read import COMPLIANCE, RESTRICTIONS, read_restrictions
from optimizer.tables import data_file

ROOT = Path(__file__).parents[1]
BOOK = read_restrictions()
IDS = {r.restriction_id for r in BOOK.rows} | {c.comp_id for c in BOOK.compliance}
with (ROOT / "cases" / "restriction_facts.csv").open(encoding="utf-8", newline="") as handle:
    FACTS = list(csv.DictReader(handle))


def stands_as(fact):
    return {i.strip() for i in fact["stands_as"].split(";") if i.strip()}


@pytest.mark.parametrize("fact", FACTS, ids=[f"{f['told_in']}: {f['fact']}" for f in FACTS])
def test_a_fact_stands_in_a_table_or_is_left_out_with_a_reason(fact):
    assert stands_as(fact) <= IDS
    assert stands_as(fact) or fact["left_out_because"]


def test_every_row_is_accounted_for():
    assert set().union(*map(stands_as, FACTS)) == IDS


def test_every_season_of_a_road_has_its_row():
    rows = {s[1:] for r in BOOK.rows for s in places_of(r) if s[0] == "road"}
    roads = [s for s in read_network().road_sections if s.seasonal_closure]
    assert len(roads) == 37
    assert {(s.from_id, s.to_id) for s in roads} <= rows


def test_every_row_has_a_source_and_a_status():
    assert all(r.source_id and r.status for r in (*BOOK.rows, *BOOK.compliance))


def test_no_restriction_was_known_after_its_last_report():
    for r in BOOK.rows:
        known = r.known_from or r.valid.start
        assert not (known and r.last_confirmed) or known <= r.last_confirmed, r.restriction_id
        assert not (known and r.valid.end) or known <= r.valid.end, r.restriction_id


@pytest.mark.parametrize("row", [r for r in BOOK.rows if shuts(r) and not r.valid.end], ids=lambda r: r.restriction_id)
def test_an_open_end_says_when_it_was_last_reported(row):
    assert f"no end known, shut at last report of {row.last_confirmed}" in sentence(row)


def test_an_open_end_of_a_warning_says_what_is_known():
    assert "at any time" in sentence(BOOK.get("TM-TURKMENBASHI-WIND"))
    assert "last report of 2024-06-30" in sentence(BOOK.get("AF-TORGHUNDI-TRUCKS"))


def test_a_long_list_of_roads_is_cut_and_all_exceptions_are_read_out():
    text = sentence(BOOK.get("KZ-SUMMER-SOUTH"))
    assert "and 12 more" in text
    assert "except perishables (apart from as a rule carriage under international agreements)" in text


def test_a_quota_holds_the_mode_it_counts():
    assert modes_of(BOOK.get("KTZ-2023-SARYAGASH-Q")) == {"rail"}
    assert modes_of(BOOK.get("UTY-2025-SARYAGASH-Q1")) == {"rail"}
    assert modes_of(BOOK.get("PK-2024-TORKHAM-Q")) == {"road"}
    assert modes_of(BOOK.get("AF-TORGHUNDI-TRUCKS")) == {"road"}


# --- one broken table per fault: tests/faults/restrictions/ ---

FAULTS = sorted((ROOT / "faults" / "restrictions").glob("*.csv"))


@pytest.fixture(scope="module")
def book():
    return DataBook.load()


@pytest.mark.parametrize("file", FAULTS, ids=[f.stem for f in FAULTS])
def test_a_broken_table_is_refused_with_its_line(file, tmp_path, book):
    """The name of a file is the code of its fault; the broken row is the last one."""
    table = COMPLIANCE if "comp_id" in file.read_text(encoding="utf-8") else RESTRICTIONS
    for name in (RESTRICTIONS, COMPLIANCE):
        (tmp_path / name).write_bytes(data_file("network_data", name).read_bytes())
    (tmp_path / table).write_bytes(file.read_bytes())
    last = file.read_text(encoding="utf-8").count("\n")
    try:
        found = check_restrictions(read_restrictions(tmp_path), set(book.network.places), {"source"}, set(book.cargoes))
        found = [p for p in found if p.file == table]
    except DataError as refused:
        found = refused.problems
    assert {(p.code, p.line) for p in found} == {(file.stem, last)}
    assert all(p.text.strip() for p in found)


def test_there_is_a_broken_table_for_every_fault_of_a_row():
    assert len(FAULTS) >= 24


def test_the_autumn_has_a_day_for_every_ban():
    """The bans of autumn 2025 all lie inside the days that docs/autumn-2025.md replays."""
    from optimizer.replay import AUTUMN_2025

    autumn = [r for r in BOOK.rows if r.restriction_id.startswith("KTZ-2025-") and r.kind == "loading_ban"]
    inside = [r for r in autumn if r.valid.end and r.valid.end > dt.date(2025, 9, 1)]
    assert len(inside) == 7
    assert all(AUTUMN_2025[0] <= r.valid.start and r.valid.end <= AUTUMN_2025[-1] for r in inside)
