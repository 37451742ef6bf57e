"""Checks of the network: our own tables pass, and each fault is found by its own check."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimizer.network.check import check_network, esr_check_digit, summary
from optimizer.network.geojson import to_geojson
from optimizer.network.names import Alias, load_aliases
from optimizer.network.read import read_network

FAULTS = Path(__file__).parents[1] / "faults" / "network"


def findings(fault: str, into: Path) -> list[tuple[str, str, str]]:
    shutil.copytree(FAULTS / "sound", into, dirs_exist_ok=True)
    shutil.copytree(FAULTS / fault, into, dirs_exist_ok=True)
    return [(p.code, p.severity, p.text) for p in check_network(read_network(into))]


def test_our_own_network_has_no_errors() -> None:
    assert [str(p) for p in check_network(read_network(), load_aliases()) if p.severity == "error"] == []


def test_islands_of_planned_lines_are_listed_not_refused() -> None:
    islands = [p for p in check_network(read_network()) if p.code == "planned_island"]
    assert {p.severity for p in islands} == {"warning"}
    assert any("af-logar, af-maidan-shahr, pk-kharlachi" in p.text for p in islands)


def test_a_sound_network_has_nothing_to_tell(tmp_path: Path) -> None:
    assert findings("sound", tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "code", "severity", "phrase"),
    [
        ("section_twice", "duplicate_link", "error", "kz-border ~ kz-north stands 2 times"),
        ("shorter_than_the_globe", "too_short", "error", "is 80 km, but its ends lie 111 km apart"),
        ("longer_than_any_line", "too_long", "error", "ir-border ~ ir-port is 900 km"),
        ("source_not_listed", "unknown_source", "error", "the source 'hearsay'"),
        ("gauge_jump", "gauge_jump", "error", "at ir-border lines of 1435 and 1676 mm meet"),
        ("island", "island", "error", "no link leads to kz-alone"),
        ("crossing_without_section", "crossing_without_link", "error", "kz-north ~ ir-port is a crossing without"),
        ("post_without_road", "post_without_road", "error", "no road leads to the post ir-quay"),
        ("lat_and_lon_exchanged", "position_outside", "error", "kz-north lies at 54, 150"),
        ("code_with_wrong_digit", "esr_check_digit", "warning", "whose last digit should be 1"),
    ],
)
def test_a_fault_is_found_by_its_check(tmp_path: Path, fault: str, code: str, severity: str, phrase: str) -> None:
    found = findings(fault, tmp_path)
    assert any(c == code and s == severity and phrase in text for c, s, text in found), found


def test_a_border_nobody_describes_is_a_warning(tmp_path: Path) -> None:
    found = findings("crossing_without_section", tmp_path)
    assert any(code == "border_without_crossing" and severity == "warning" for code, severity, _ in found)


def test_an_alias_of_no_place_is_an_error() -> None:
    lost = Alias("kz-nowhere", "Nowhere", "en", "keruen-aliases", "estimated")
    codes = {p.code for p in check_network(read_network(), [lost])}
    assert "unknown_place_id" in codes


def test_all_our_railway_codes_carry_their_check_digit() -> None:
    codes = [p.esr_code for p in read_network().places.values() if p.esr_code and not p.esr_code.startswith("000")]
    assert len(codes) == 51
    assert all(esr_check_digit(code[:5]) == int(code[5]) for code in codes)


def test_the_summary_counts_what_is_there() -> None:
    counts = summary(read_network())
    assert (counts["places"], counts["rail_places"], counts["road_and_sea_places"]) == (233, 158, 140)
    assert counts["open_rail_km"] == pytest.approx(30_300, abs=100)
    shares = counts["status_shares"]
    assert isinstance(shares, dict)
    assert sum(shares.values()) == pytest.approx(1, abs=0.01)


def test_the_map_holds_every_place_and_link() -> None:
    network = read_network()
    features = to_geojson(network)["features"]
    points = [f for f in features if f["geometry"]["type"] == "Point"]
    assert len(points) == len(network.places)
    assert len(features) - len(points) == 179 + 146 + 56 + 28 + 18 + 24
    assert len({f["id"] for f in features}) == len(features)
    assert all(f["properties"]["source_id"] and f["properties"]["status"] for f in features)


def test_the_map_puts_longitude_first() -> None:
    features = to_geojson(read_network())["features"]
    tehran = next(f for f in features if f["id"] == "ir-tehran")
    assert tehran["geometry"]["coordinates"] == [51.4215, 35.6944]
