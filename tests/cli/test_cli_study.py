"""`keruen tariff study` and `keruen tariff backcheck` as a tariff authority meets them."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

STUDY = """
title = "Akyayla for barley"
ready = 2027-01-15
known_on = 2026-11-22
avoid = ["tm-altyn-asyr", "tm-artyk"]

[[rates]]
name = "akyayla"
carrier = "TDY"
via = "tm-akyayla"
traffic = "transit"
form = "wagon"
gng = "1001;1003"
owner = "!foreign"
least = 0.30
most = 1.60
step = 0.05
valid_from = 2027-01-01
valid_to = 2027-03-31

[objective]
maximise = "contribution"

[[marginal_costs]]
carrier = "TDY"
per_t_km = 0.0048
note = "for this test"

[[corridors]]
name = "Aktau"
via = ["kz-aktau-port"]

[[corridors]]
name = "Akyayla"
via = ["tm-akyayla"]

[[scenarios]]
name = "half the grain"
tonnes = 0.5

[[demand.lanes]]
origin = "Kostanay"
destination = "ir-anzali-port"
cargo = "barley"
tonnes = 20000

[[demand.lanes]]
origin = "Kokshetau"
destination = "ir-amirabad-port"
cargo = "wheat"
tonnes = 10000
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    file = tmp_path / "akyayla.toml"
    file.write_text(STUDY, encoding="utf-8")
    return file


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_study_answers_with_a_folder(keruen, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, printed, _ = keruen("tariff", "study", study, "--out", out, "--time-limit", "60", "--all-kinks", "--json")
    assert status == 0
    summary = json.loads(printed)
    assert summary == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "optimal"
    assert summary["recomputed"] is True
    assert summary["kinks_not_quoted_again"] == 0
    assert Decimal(summary["value"]) == Decimal(summary["bound"])
    assert Decimal(summary["value"]) >= Decimal(summary["today"]["contribution"])
    assert {s["name"] for s in summary["scenarios"]} == {"as described", "half the grain"}
    robust = summary["robust"]
    assert robust["states"] == ["as described", "half the grain"]
    assert robust["proved"] is True
    assert Decimal(robust["worst_value"]) <= Decimal(robust["mean_value"]) <= Decimal(summary["value"])
    assert "One letter for all of them" in (out / "study.md").read_text(encoding="utf-8")
    points = rows(out / "points.csv")
    for point in points:
        assert sum(Decimal(v) for k, v in point.items() if k.startswith("share_")) == 100
    assert {p["point"] for p in points} == {"", "today", "best"}
    kinks = rows(out / "kinks.csv")
    assert kinks
    assert all(k["quoted_again"] == "yes" for k in kinks)
    assert {g["who"] for g in rows(out / "gains_losses.csv")} == {"lane", "railway"}
    for picture in ("money", "tonnes", "shares"):
        assert (out / f"akyayla-{picture}.svg").read_text(encoding="utf-8").startswith("<svg")

    # the letter is a book that passes the check, and names what it puts out of force
    status, _, _ = keruen("tariff", "check", "--book", out / "letter")
    assert status == 0
    letter = rows(out / "letter" / "coefficients.csv")
    assert [row["value"] for row in letter] == [summary["best"]["akyayla"]]
    assert "D01" in letter[0]["replaces"].split(";")
    overlaps = rows(out / "overlaps.csv")
    assert any(o["row_in_force"] == "D01" and o["applies_without_replaces"] for o in overlaps)
    text = (out / "letter.md").read_text(encoding="utf-8")
    assert "ПРОЕКТ ПИСЬМА" in text
    assert "DRAFT LETTER" in text
    assert "с 01.01.2027 по 31.03.2027" in text
    assert "excluded:" in text
    assert "How far to trust it" in (out / "study.md").read_text(encoding="utf-8")

    # the letter laid over the books prices a lane as the study says
    lane = ["Kostanay", "ir-anzali-port", "--cargo", "barley", "--tonnes", "3000", "--ready", "2027-01-15"]
    more = ["--known-on", "2026-11-22", "--avoid", "tm-altyn-asyr", "--avoid", "tm-artyk", "--alternatives", "0"]
    status, printed, _ = keruen("quote", *lane, *more, "--book", out / "letter", "--json")
    assert status == 0
    quoted = json.loads(printed)["itineraries"][0]["per_tonne"]["amount"]
    lane_row = next(g for g in rows(out / "gains_losses.csv") if "anzali" in g["name"])
    assert Decimal(lane_row["at_best"]).quantize(Decimal("0.01")) == Decimal(quoted)


def test_a_bad_study_ends_with_two_and_all_its_faults(keruen, study: Path, tmp_path: Path) -> None:
    study.write_text(
        STUDY.replace("least = 0.30", "least = 9").replace('"kz-aktau-port"', '"Atlantis"'), encoding="utf-8"
    )
    status, _, told = keruen("tariff", "study", study, "--out", tmp_path / "out")
    assert status == 2
    assert "rates[1].least" in told
    assert "Atlantis" in told


def test_backcheck_tells_errors_and_flags(keruen, tmp_path: Path) -> None:
    flows, demand = tmp_path / "flows.csv", tmp_path / "demand.csv"
    flows.write_text(
        "flow_id,flow,origin,destination,route_or_node,cargo,period_from,period_to,value,unit\n"
        "A,grain,Kazakhstan,Iran,Bolashak,grain,2025-12,2025-12,30,kt\n"
        "B,в т.ч. ячмень,Kazakhstan,Iran,Bolashak,barley,2025-12,2025-12,10,kt\n"
        "C,boxes,Kazakhstan,Iran,Bolashak,containers,2025-12,2025-12,1,kTEU\n",
        encoding="utf-8",
    )
    demand.write_text(
        "shipment_id,origin,destination,cargo,tonnes,equipment,ownership,ready_date,partner\n"
        "S1,kz-kostanay,ir-tehran,barley,20000,hopper-wagon,private,2025-12-10,IR\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    status, printed, _ = keruen("tariff", "backcheck", "--flows", flows, "--demand", demand, "--out", out, "--json")
    assert status == 0
    found = json.loads(printed)
    assert found["counts"] == {"read": 3, "compared": 1, "part": 0, "flagged": 2, "not_comparable": 0}
    assert found["flags"] == {"not_tonnes": 1, "part_of_total": 1}
    assert found["errors_by_border"][0]["error_t"] == "-10000"
    assert [r["error_t"] for r in rows(out / "borders.csv")] == ["-10000"]
    assert len(rows(out / "backcheck.csv")) == 3
