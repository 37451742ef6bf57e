"""`keruen batch plan` as a trader runs it: the sample, a closure, a re-plan, and what goes wrong."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.cli import main

pytest.importorskip("optimizer.plan.solve")
HEAD = "shipment_id,origin,destination,cargo,tonnes,equipment,ready_date,due_date,splittable"
LOTS = (
    "A,Kostanay,Tehran,wheat,54400,hopper-wagon,2026-12-01,2027-01-05,",
    "B,Kokshetau,Ashgabat,wheat,54400,hopper-wagon,2026-12-01,2027-01-05,",
    "C,Kostanay,Tehran,wheat,680,hopper-wagon,2026-12-08,,no",
)


def write(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(folder: Path) -> dict[str, object]:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A hundred thousand tonnes over a border of 490 wagons a week: the file and the folder of its plan."""
    folder = tmp_path_factory.mktemp("season")
    file = write(folder / "lots.csv", *LOTS)
    assert main(["batch", "plan", str(file), "--out", str(folder / "plan"), "--weeks", "7", "--time-limit", "120"]) == 0
    return file, folder / "plan"


def test_a_season_is_planned_with_proof(season: tuple[Path, Path]) -> None:
    _, out = season
    told = summary(out)
    assert told["status"] == "optimal" and told["recomputed"] is True
    assert Decimal(str(told["bound"])) <= Decimal(str(told["objective"]))
    assert told["gap"] is not None and float(str(told["gap"])) <= 0.005
    plan = rows_of(out / "plan.csv")
    assert list(plan[0])[:9] == ["shipment_id", "route", "start_date", "arrival_p50", "tonnes", "units", "total", "currency", "service"]  # fmt: skip
    tonnes = {name: sum(Decimal(r["tonnes"]) for r in plan if r["shipment_id"] == name) for name in "ABC"}
    assert tonnes == {"A": 54400, "B": 54400, "C": 680}
    assert len([r for r in plan if r["shipment_id"] == "C"]) == 1
    assert list(rows_of(out / "bottlenecks.csv")[0])[:6] == ["resource", "period", "capacity", "used", "shadow_price", "unit"]  # fmt: skip
    weekly: dict[str, int] = {}
    for row in plan:
        if "kz-bolashak" in row["borders"]:
            weekly[row["start_date"]] = weekly.get(row["start_date"], 0) + int(row["units"])
    assert weekly


def test_the_border_that_binds_has_a_price(season: tuple[Path, Path]) -> None:
    _, out = season
    tight = [r for r in rows_of(out / "bottlenecks.csv") if r["resource"] == "border:rail:kz-bolashak>tm-serhetyaka"]
    assert tight and all(Decimal(r["used"]) <= Decimal(r["capacity"]) == 490 for r in tight)
    assert any(Decimal(r["shadow_price"]) > 0 and "One more wagon" in r["worth"] for r in tight)


def test_a_closure_moves_lots_and_costs_more(season: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    file, before = season
    arguments = ["batch", "plan", str(file), "--out", str(tmp_path / "after"), "--weeks", "7", "--time-limit", "120"]
    assert main([*arguments, "--close", "Bolashak:2026-12-01:2026-12-21", "--before", str(before)]) == 0
    changed = rows_of(tmp_path / "after" / "changes.csv")
    assert changed and sum(Decimal(r["extra_cost"]) for r in changed) > 0
    assert "shipments move" in capsys.readouterr().out
    crossing = [r for r in rows_of(tmp_path / "after" / "plan.csv") if "kz-bolashak" in r["borders"]]
    assert all(r["start_date"] >= "2026-12-15" for r in crossing)


def test_bookings_stay_and_the_seed_gives_the_same_plan(season: tuple[Path, Path], tmp_path: Path) -> None:
    file, before = season
    arguments = ["batch", "plan", str(file), "--weeks", "7", "--time-limit", "120", "--out"]
    assert main([*arguments, str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "plan.csv").read_bytes() == (before / "plan.csv").read_bytes()
    assert main([*arguments, str(tmp_path / "kept"), "--fixed", str(before / "plan.csv"), "--before", str(before)]) == 0
    assert rows_of(tmp_path / "kept" / "changes.csv") == []


def test_nothing_to_plan_ends_with_five(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "lots.csv", "A,Atlantis,Tehran,wheat,680,hopper-wagon,2026-12-01,,")
    assert main(["batch", "plan", str(file), "--out", str(tmp_path / "out")]) == 5
    assert summary(tmp_path / "out")["status"] == "none"
    assert "code: no_plan" in capsys.readouterr().err


def test_strict_ends_with_four_where_a_row_was_rejected(tmp_path: Path) -> None:
    file = write(
        tmp_path / "lots.csv",
        "A,Aktau port,Amirabad,barley,3000,bulk-vessel,2026-12-01,,",
        "B,Atlantis,Tehran,wheat,680,hopper-wagon,2026-12-01,,",
    )
    arguments = ["batch", "plan", str(file), "--out", str(tmp_path / "out"), "--weeks", "3", "--time-limit", "120"]
    assert main([*arguments, "--strict"]) == 4
    assert [r["code"] for r in rows_of(tmp_path / "out" / "rejected.csv")] == ["unknown_place"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--period", "month"], "bad_period"),
        (["--close", "Bolashak"], "bad_closure"),
        (["--close", "Bolashak:2026-12-20:2026-12-01"], "bad_closure"),
        (["--close", "border:rail:kz-bolashakk>tm-serhetyaka:2026-12-01:2026-12-20"], "bad_closure"),
        (["--close", "harbour:kz-aktau-port:2026-12-01:2026-12-20"], "bad_closure"),
        (["--close", "Atlantis:2026-12-01:2026-12-02"], "unknown_place"),
        (["--unserved-price", "-1"], "unserved_price_not_positive"),
        (["--start", "soon"], "bad_date"),
        (["--capacity", "nowhere.csv"], "file_unreadable"),
        (["--before", "nowhere"], "file_unreadable"),
        (["--currency", "XXX"], "unknown_currency"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(more: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    file = write(tmp_path / "lots.csv", LOTS[2])
    assert main(["batch", "plan", str(file), "--out", str(tmp_path / "out"), *more]) == 2
    assert f"code: {code}" in capsys.readouterr().err
