"""`keruen netback` as a trader meets it: the table, the files, exit statuses, one sentence for each refused row."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest

from optimizer.cli import main

SAMPLES = Path(str(files("seeds"))) / "samples"
OFFERS, ELEVATORS = SAMPLES / "netback.csv", SAMPLES / "netback_elevators.csv"


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    status = main(["netback", *(str(a) for a in argv)])
    out, err = capsys.readouterr()
    return status, out, err


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_the_sample(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    status, out, err = run(capsys, OFFERS, "--elevators", ELEVATORS, "--out", tmp_path)
    assert (status, err) == (0, "")
    assert "EXW USD/t" in out
    assert "24 pairs: 22 priced, 2 without a number; 0 rows rejected" in out
    table, lines = rows(tmp_path / "netback.csv"), rows(tmp_path / "lines.csv")
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["pairs"] == {"all": 24, "priced": 22, "undivided": 2}
    assert manifest["counts"]["offers"] == {"read": 8, "accepted": 8, "rejected": 0, "skipped": 0}
    for row in table:
        if row["status"] != "priced":
            assert not row["exw_value"]
            assert row["reason"]
            continue
        own = [
            line
            for line in lines
            if (line["elevator"], line["offer_id"], line["party"]) == (row["elevator"], row["offer_id"], "seller")
        ]
        paid = sum((Decimal(line["per_tonne"]) for line in own), Decimal(0))
        assert Decimal(row["price"]) - paid == Decimal(row["exw_value"])
    best = [r for r in table if r["rank"] == "1" and r["cargo"] == "barley"]
    assert len(best) == 3
    assert all(Decimal(r["gap_to_best"]) == 0 for r in best)
    values = [Decimal(r["exw_value"]) for r in table if r["elevator"] == "kz-kostanay" and r["cargo"] == "barley"]
    assert values == sorted(values, reverse=True)


def test_the_page_stands_alone(capsys, tmp_path: Path) -> None:
    run(capsys, OFFERS, "--elevators", ELEVATORS, "--out", tmp_path)
    text = (tmp_path / "netback.html").read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text.replace("<!doctype html>", "").replace('<meta charset="utf-8">', ""))
    assert not re.search(r'(src|href)="', text)
    assert "<script" not in text
    assert len(tree.findall(".//table")) >= 1
    assert "kz-kostanay, barley, 2026-12" in text


def test_text_of_a_user_cannot_break_the_page(capsys, tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text(
        "offer_id,outlet,basis,cargo,month,price,tonnes,origin\n<b>x,Tashkent,DAP,barley,2026-12-05,190,3000,Kostanay\n",
        encoding="utf-8",
    )
    assert run(capsys, file, "--out", tmp_path / "out")[0] == 0
    assert "<b>x" not in (tmp_path / "out" / "netback.html").read_text(encoding="utf-8")


def test_refused_rows_are_told_and_strict_ends_with_4(capsys, tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text(
        "outlet,basis,cargo,month,price,tonnes,origin\n"
        "Tashkent,DAP,barley,2026-12-05,190,3000,Kostanay\nTashkent,DAP,barley,soon,190,3000,Kostanay\n",
        encoding="utf-8",
    )
    status, _, err = run(capsys, file, "--out", tmp_path / "out", "--strict")
    assert status == 4
    assert "o.csv line 3" in err
    assert "(code: bad_month)" in err
    refused = rows(tmp_path / "out" / "rejected.csv")
    assert [(r["line"], r["column"], r["code"], r["value"]) for r in refused] == [("3", "month", "bad_month", "soon")]
    assert run(capsys, file, "--out", tmp_path / "out")[0] == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--rank-by", "luck"], "bad_ranking"),
        (["--currency", "XYZ"], "bad_currency"),
        (["--known-on", "yesterday"], "bad_date"),
    ],
)
def test_options_that_cannot_be_used(capsys, tmp_path: Path, more: list[str], code: str) -> None:
    status, _, err = run(capsys, OFFERS, "--elevators", ELEVATORS, "--out", tmp_path, *more)
    assert status == 2
    assert f"(code: {code})" in err


def test_a_file_that_is_not_there(capsys, tmp_path: Path) -> None:
    status, _, err = run(capsys, tmp_path / "none.csv", "--out", tmp_path)
    assert status == 2
    assert "(code: file_unreadable)" in err


def test_no_elevator_named(capsys, tmp_path: Path) -> None:
    status, _, err = run(capsys, OFFERS, "--out", tmp_path)
    assert status == 2
    assert "(code: missing_origin)" in err
    assert err.count("Error:") == 8
