"""Timetables and working days: our own tables fit, each fault is told by its check, one broken file a fault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError, Problem
from optimizer.network.model import Network
from optimizer.network.read import read_network
from optimizer.stops import check_calendars
from optimizer.timing.timetable import Timetables, read_timetables
from optimizer.timing.working import WorkingDays, read_working_days

FAULTS = Path(__file__).parents[1] / "faults" / "calendar"


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network()


def test_our_own_tables_fit_the_network(network: Network) -> None:
    assert check_calendars(network) == []


def findings(fault: str, network: Network) -> list[Problem]:
    raw = (FAULTS / f"{fault}.csv").read_bytes()
    try:
        if fault.startswith("timetable"):
            return check_calendars(network, WorkingDays(()), read_timetables(raw))
        return check_calendars(network, read_working_days(raw), Timetables())
    except DataError as refused:
        return list(refused.problems)


@pytest.mark.parametrize(
    ("fault", "code", "phrase"),
    [
        ("timetable_unknown_weekday", "unknown_weekday", "weekdays 'Mon;Donnerstag' is no list of weekdays"),
        ("timetable_unknown_kind", "unknown_word", "kind 'hovercraft' is none of roro"),
        ("timetable_unknown_place", "unknown_place", "'az-nowhere' is no place of the network"),
        ("timetable_missing_source", "missing_source", "source_id '' is empty"),
        ("timetable_unlisted_source", "unknown_source", "the source 'hearsay' is not listed"),
        ("timetable_no_weekday", "empty_cell", "a departure has two places and its weekdays"),
        ("timetable_bad_hour", "bad_value", "'six' is no hour such as 18:00"),
        ("timetable_bad_cutoff", "bad_value", "'-3' is not between 0 and two weeks"),
        ("timetable_ends_before_it_begins", "bad_value", "lies before valid_from"),
        ("timetable_same_place", "bad_value", "is the place of departure itself"),
        ("timetable_column_missing", "missing_column", "weekdays, departs_at"),
        ("working_unknown_weekday", "unknown_weekday", "'Sunday' is no list of weekdays"),
        ("working_unknown_kind", "unknown_word", "kind 'bakery' is none of"),
        ("working_unknown_place", "unknown_place", "'kz-nowhere' is no place"),
        ("working_unlisted_source", "unknown_source", "'hearsay' is not listed"),
        ("working_missing_source", "missing_source", "source_id '' is empty"),
        ("working_bad_hours", "opening_hours", "'by appointment' tells no opening hours"),
        ("working_country_in_words", "bad_value", "'Kazakhstan' is no code of a country"),
        ("working_says_nothing", "empty_cell", "write none, weekend, in_mean or weekdays"),
        ("working_id_twice", "duplicate_id", "stands twice"),
        ("working_two_rows", "two_rows", "speak of the same work on the same days"),
    ],
)
def test_a_fault_is_told(fault: str, code: str, phrase: str, network: Network) -> None:
    found = findings(fault, network)
    assert [p.code for p in found if phrase in p.text] == [code], found
    assert found[0].file.endswith(".csv") and found[0].line


def test_every_fault_has_its_file() -> None:
    tried = {mark[0] for mark in test_a_fault_is_told.pytestmark[0].args[1]}
    assert {file.stem for file in FAULTS.iterdir()} == tried


def test_the_narrowest_row_speaks() -> None:
    """The place before the country before any; and only on its days."""
    working = read_working_days()

    def said(kind: str, country: str, place: str, day: str) -> str:
        row = working.row(kind, country, place, dt.date.fromisoformat(day))
        return row.row_id if row else ""

    assert said("road_border", "IR", "ir-dogharoun", "2021-08-15") == "road-border-dogharoun-2021"
    assert said("road_border", "IR", "ir-dogharoun", "2026-08-15") == "road-border-ir"
    assert said("road_border", "AZ", "az-astara", "2026-08-15") == "road-border"
    assert said("bakery", "KZ", "", "2026-08-15") == ""


def test_means_measured_from_entry_to_exit_say_so() -> None:
    """A weekend inside the mean of a crossing is not added again, and the row tells it."""
    for row in read_working_days().rows:
        if row.kind == "road_border" and row.in_mean:
            assert "mean" in row.note.lower()
            assert not row.weekdays and not row.weekend


def test_a_users_timetable_changes_the_versions(book: DataBook, tmp_path: Path) -> None:
    own = tmp_path / "departures.csv"
    own.write_text(
        "from_id,to_id,kind,weekdays,departs_at,cutoff_h,valid_from,valid_to,source_id,status,note\n"
        "kz-aktau-port,az-alat-port,container_feeder,Tue;Fri,20:00,24,,,own,estimated,told by the line\n"
    )
    loaded = DataBook.load(timetable_file=own)
    assert loaded.timetables.rows[0].in_words == "Tue, Fri 20:00, taken until 24 h before"
    assert loaded.versions["tariffs"] != book.versions["tariffs"]
    own.write_text(own.read_text().replace("Tue;Fri", "Tuesday"))
    with pytest.raises(DataError, match="departures.csv") as refused:
        DataBook.load(timetable_file=own)
    assert refused.value.code == "unknown_weekday"
