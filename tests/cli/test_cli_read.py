"""`keruen read`: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.cli.app import main

SHEETS = Path(__file__).parents[1] / "data" / "intake"
REQUESTS = str(SHEETS / "desks" / "requests_cp1251.csv")
HOSTILE = str(SHEETS / "shipments_hostile.csv")


def test_json_holds_the_promised_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", REQUESTS, "--kind", "shipments", "--known-on", "2026-11-22", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"encoding", "delimiter", "header_rows", "counts", "rows"} <= told.keys()
    assert told["counts"] == {"accepted": 1, "accepted_with_warning": 1, "needs_answer": 4, "rejected": 0, "skipped": 5}
    assert (told["encoding"], told["delimiter"], told["header_rows"]) == ("cp1251", ";", [4, 5])
    row = next(row for row in told["rows"] if row["line"] == 6)
    assert row["status"] == "accepted" and row["fields"]["tonnes"] == "1340.5"
    assert all(
        {"code", "column", "value", "text", "text_ru"} <= note.keys() for row in told["rows"] for note in row["notes"]
    )


def test_the_page_speaks_russian(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", REQUESTS, "--kind", "shipments", "--lang", "ru"]) == 0
    shown = capsys.readouterr().out
    assert (
        "шапка в строках 4, 5" in shown
        and "нужен ответ: 4" in shown
        and "Какое количество точно: от 5000 т до 6000 т?" in shown
    )


def test_strict_says_four_when_rows_were_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", HOSTILE, "--kind", "shipments"]) == 0
    assert main(["read", HOSTILE, "--kind", "shipments", "--strict"]) == 4
    assert main(["read", REQUESTS, "--kind", "shipments", "--strict"]) == 0
    assert "shifted" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([REQUESTS, "--kind", "wishes"], "unknown_kind"),
        ([REQUESTS, "--kind", "shipments", "--lang", "de"], "unknown_lang"),
        ([REQUESTS, "--kind", "netback"], "no_header"),
        (["nowhere.csv", "--kind", "shipments"], "file_unreadable"),
        ([REQUESTS, "--kind", "shipments", "--mapping", "nowhere.toml"], "file_unreadable"),
    ],
)
def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], code: str) -> None:
    assert main(["read", *arguments]) == 2
    assert f"(code: {code})" in capsys.readouterr().err


def test_a_saved_mapping_reads_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "own.toml"
    arguments = ["read", REQUESTS, "--kind", "shipments", "--known-on", "2026-11-22", "--json"]
    assert main([*arguments, "--save-mapping", str(saved)]) == 0
    first = capsys.readouterr().out
    assert 'origin = "C"' in saved.read_text(encoding="utf-8")
    assert main([*arguments, "--mapping", str(saved)]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == json.loads(first)["rows"]
