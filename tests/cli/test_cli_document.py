"""`keruen quote --xlsx --pdf` and the same from a stored quote."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest

from optimizer.document import pdf

pytest.importorskip("typst")
REEFER = ("quote", "Tashkent", "Almaty", "--cargo", "tomatoes", "--units", "4", "--equipment", "reefer-truck", "--json")
SAMPLE = importlib.resources.files("seeds") / "letterhead.toml"


@pytest.fixture(autouse=True)
def no_letterhead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERUEN_LETTERHEAD", raising=False)


def test_a_stored_quote_gives_the_same_bytes(keruen: Any, tmp_path: Path) -> None:
    paper = ("--lang", "ru", "--letterhead", SAMPLE, "--for", "ТОО «Томат»")
    files = {name: tmp_path / name for name in ("a.xlsx", "a.pdf", "b.xlsx", "b.pdf")}
    status, out, err = keruen(*REEFER, "--xlsx", files["a.xlsx"], "--pdf", files["a.pdf"], *paper)
    assert (status, err) == (0, "")
    quote_id = json.loads(out)["quote_id"]
    status, _, err = keruen(
        "quotes", "show", quote_id, "--xlsx", files["b.xlsx"], "--pdf", files["b.pdf"], *paper
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert files["a.xlsx"].read_bytes() == files["b.xlsx"].read_bytes()
    assert files["a.pdf"].read_bytes() == files["b.pdf"].read_bytes()


def test_the_letterhead_may_come_from_the_environment(
    keruen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, plain, own = (tmp_path / name for name in ("named.xlsx", "plain.xlsx", "own.xlsx"))
    status, out, _ = keruen(*REEFER, "--xlsx", plain)
    quote_id = json.loads(out)["quote_id"]
    keruen("quotes", "show", quote_id, "--xlsx", named, "--letterhead", SAMPLE)
    monkeypatch.setenv("KERUEN_LETTERHEAD", str(SAMPLE))
    keruen("quotes", "show", quote_id, "--xlsx", own)
    assert own.read_bytes() == named.read_bytes() != plain.read_bytes()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--lang", "kk"), "unknown_language"),
        (("--letterhead", "none.toml"), "bad_letterhead"),
        (("--for", "A"), "file_unwritable"),
    ],
)
def test_what_cannot_be_is_refused_with_2(keruen: Any, tmp_path: Path, options: tuple[str, ...], code: str) -> None:
    status, _, err = keruen(*REEFER, "--xlsx", tmp_path / "none" / "a.xlsx", *options)
    assert status == 2
    assert f"(code: {code})" in err


def test_without_typst_pdf_is_refused_before_anything_is_computed(
    keruen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_typst", lambda: None)
    status, out, err = keruen(*REEFER, "--pdf", tmp_path / "a.pdf")
    assert (status, out) == (2, "")
    assert "pip install 'keruen[pdf]'" in err
    status, out, err = keruen(*REEFER, "--xlsx", tmp_path / "a.xlsx")
    assert status == 0
    assert err.startswith("Remark: The workbook is without the map")
    assert json.loads(out)["quote_id"]


def test_the_desks_sheet_is_asked_for_by_name(keruen: Any, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    file = tmp_path / "desk.xlsx"
    keruen(*REEFER, "--margin", "5%", "--xlsx", file, "--internal", "--lang", "en")
    assert openpyxl.load_workbook(file).sheetnames == ["Calculation", "Lines"]
