"""Reading the network: our own tables whole, and every fault named with its table and line."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.network.model import Network
from optimizer.network.read import COLUMNS, parse_months, read_network

FAULTS = Path(__file__).parents[1] / "faults" / "network"


def tables_with(fault: str, into: Path) -> Path:
    """The sound little network with one table exchanged for the broken one."""
    shutil.copytree(FAULTS / "sound", into, dirs_exist_ok=True)
    shutil.copytree(FAULTS / fault, into, dirs_exist_ok=True)
    return into


def test_our_tables_hold_everything() -> None:
    network = read_network()
    assert len(network.places) == 233
    assert sum(p.in_rail for p in network.places.values()) == 158
    assert sum(p.in_road_sea for p in network.places.values()) == 140
    assert sum(p.in_rail and p.in_road_sea for p in network.places.values()) == 65
    assert len(network.rail_sections) == 179
    assert len(network.road_sections) == 146
    assert len(network.sea_services) == 56
    assert len(network.rail_crossings) == 28
    assert len(network.road_crossings) == 18
    assert len(network.joins) == 24


def test_a_place_of_both_worlds_keeps_city_position_and_rail_code() -> None:
    herat = read_network().get_place("af-herat")
    assert (herat.name_en, herat.kind, herat.lat, herat.lon) == ("Herat", "city", 34.3482, 62.1997)
    assert herat.gauges == (1435,)
    kokshetau = read_network().get_place("kz-kokshetau")
    assert (kokshetau.esr_code, kokshetau.other_names) == ("687008", ("Kokshetau I", "Кокшетау I"))


def test_a_season_of_a_crossing_is_found_by_its_month() -> None:
    network = read_network()
    season = replace(network.rail_crossings[0], dwell_h=99.0, months=frozenset({12}))
    seasonal = replace(network, rail_crossings=(*network.rail_crossings, season))
    found = [seasonal.rail_crossing(season.to_id, season.from_id, month) for month in (7, 12)]
    assert [row and row.dwell_h for row in found] == [2, 99]


def test_a_record_of_a_crossing_holds_on_its_days_once_it_is_known() -> None:
    network = read_network()

    def dwell_h(day: str, known_on: str) -> float | None:
        records = network.records(dt.date.fromisoformat(day), dt.date.fromisoformat(known_on))
        row = network.rail_crossing("uz-keles", "kz-saryagash", int(day[5:7]), records)
        return row and row.dwell_h

    assert dwell_h("2025-12-10", "2025-12-10") == 132
    assert dwell_h("2025-11-25", "2026-11-22") == 132
    assert dwell_h("2025-11-25", "2025-11-25") == 24
    assert dwell_h("2025-11-11", "2026-11-22") == 24
    assert dwell_h("2026-12-10", "2026-12-10") == 24


def test_joined_ids_are_one_location_and_planned_joins_are_not() -> None:
    members = read_network().members
    assert set(members["kz-aktau-port"]) == {"kz-aktau-port", "kz-aktau-grain-terminal", "kz-aktau-container-hub"}
    assert members["af-torghundi"] == ("af-torghundi",)


def test_both_gauges_lead_from_sarahs_to_sarakhs() -> None:
    section = next(s for s in read_network().rail_sections if (s.from_id, s.to_id) == ("tm-sarahs", "ir-sarakhs"))
    assert section.gauges == (1520, 1435)


def test_the_version_follows_any_byte_that_shapes_routing(tmp_path: Path) -> None:
    shutil.copytree(FAULTS / "sound", tmp_path, dirs_exist_ok=True)
    before = read_network(tmp_path).version
    sources = tmp_path / "sources.csv"
    sources.write_text(sources.read_text("utf-8").replace("own work", "our own work"), encoding="utf-8")
    assert read_network(tmp_path).version == before
    sections = tmp_path / "rail_sections.csv"
    sections.write_text(sections.read_text("utf-8").replace("115", "116"), encoding="utf-8")
    assert read_network(tmp_path).version != before
    assert len(before) == 12


@pytest.mark.parametrize(
    ("fault", "code", "file", "line", "phrase"),
    [
        ("link_to_nowhere", "unknown_end", "rail_sections.csv", 3, "'ir-nowhere' is no id of places.csv"),
        ("length_in_words", "bad_number", "road_sections.csv", 2, "length_km is 'about 120'"),
        ("length_not_finite", "bad_number", "rail_sections.csv", 2, "length_km is '1e999'"),
        ("negative_hours", "bad_number", "road_crossings.csv", 2, "dwell_h is '-6'"),
        ("unknown_status", "unknown_status", "joins.csv", 2, "status is 'certain'"),
        ("unknown_state", "unknown_word", "rail_sections.csv", 2, "state is 'running'; write one of operating"),
        ("no_source", "missing_source", "sea_services.csv", 2, "source_id is empty"),
        ("month_thirteen", "bad_months", "rail_crossings.csv", 2, "months are '10-13'"),
        ("link_to_itself", "loop", "road_sections.csv", 3, "both ends are 'ir-port'"),
        ("column_missing", "missing_column", "joins.csv", 1, "column status is missing"),
        ("place_twice", "duplicate_id", "places.csv", 6, "id 'ir-port' stands twice"),
        ("comma_unquoted", "too_many_cells", "places.csv", 2, "quote text that holds a comma"),
    ],
)
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, fault: str, code: str, file: str, line: int, phrase: str
) -> None:
    with pytest.raises(DataError) as refusal:
        read_network(tables_with(fault, tmp_path))
    problem = next(p for p in refusal.value.problems if p.code == code)
    assert (problem.file, problem.line) == (file, line)
    assert phrase in problem.text


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    tables_with("link_to_nowhere", tmp_path)
    for fault in ("negative_hours", "unknown_status"):
        shutil.copytree(FAULTS / fault, tmp_path, dirs_exist_ok=True)
    with pytest.raises(DataError) as refusal:
        read_network(tmp_path)
    assert {p.code for p in refusal.value.problems} == {"unknown_end", "bad_number", "unknown_status"}
    assert "and 2 more" in str(refusal.value)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    shutil.copytree(FAULTS / "sound", tmp_path, dirs_exist_ok=True)
    (tmp_path / "joins.csv").unlink()
    with pytest.raises(DataError, match=r"joins\.csv"):
        read_network(tmp_path)


def test_a_table_in_another_encoding_is_said_not_guessed(tmp_path: Path) -> None:
    shutil.copytree(FAULTS / "sound", tmp_path, dirs_exist_ok=True)
    places = tmp_path / "places.csv"
    places.write_bytes(places.read_text("utf-8").encode("cp1251"))
    with pytest.raises(DataError) as refusal:
        read_network(tmp_path)
    assert refusal.value.problems[0].code == "encoding"


def test_the_sound_network_reads(tmp_path: Path) -> None:
    network = read_network(FAULTS / "sound")
    assert isinstance(network, Network)
    assert len(network.places) == 5


def test_every_table_has_the_columns_we_name() -> None:
    from importlib.resources import files

    for name, columns in COLUMNS.items():
        header = files("network_data").joinpath(name).read_text("utf-8").partition("\n")[0]
        assert tuple(header.strip().split(",")) == columns, name


def test_addresses_stand_in_sources_only() -> None:
    from importlib.resources import files

    from network_data import list_tables

    for name in list_tables():
        if name != "sources.csv":
            assert "://" not in files("network_data").joinpath(name).read_text("utf-8"), name


def test_a_row_of_our_own_estimate_carries_its_derivation() -> None:
    network = read_network()
    for row in (*network.rail_sections, *network.road_sections, *network.rail_crossings, *network.road_crossings):
        if row.source_id == "keruen-estimate":
            assert row.note, row


@pytest.mark.parametrize(
    ("text", "months"),
    [("10-12", {10, 11, 12}), ("11-2", {11, 12, 1, 2}), ("5", {5}), ("1-3;12", {1, 2, 3, 12}), ("", set())],
)
def test_months_are_read_over_the_new_year_too(text: str, months: set[int]) -> None:
    assert parse_months(text) == months
