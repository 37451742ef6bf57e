"""Templates: lists to choose from, examples, explanations; and what is filled in is read back without a word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from optimizer.databook import DataBook
from optimizer.intake.model import Reading
from optimizer.intake.names import lookup_of
from optimizer.intake.read import read
from optimizer.offer.read import read_sheet
from optimizer.sheet.read import read as read_grid
from optimizer.template.columns import SHIPMENTS
from optimizer.template.lists import lists_of
from optimizer.template.write import write_template

TODAY = dt.date(2026, 11, 22)
Made = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, book: DataBook) -> Made:
    folder = tmp_path_factory.mktemp("templates")

    def made(kind: str, lang: str) -> Path:
        path = folder / f"{kind}-{lang}.xlsx"
        if not path.exists():
            write_template(kind, path, book, lang, TODAY)
        return path

    return made


def reading_of(path: Path) -> Reading:
    lookup, shut = lookup_of(None, None, TODAY)
    return read(read_grid(path), "shipments", lookup, today=TODAY, shut=shut)[0]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_examples_are_read_back_without_a_warning(made: Made, lang: str) -> None:
    reading = reading_of(made("shipments", lang))
    assert reading.counts["accepted"] == 2, [(r.status, [n.text for n in r.notes]) for r in reading.rows]
    assert reading.unread == ()
    first, second = (row.fields for row in reading.rows if row.status == "accepted")
    assert (first["origin"], first["tonnes"], first["equipment"]) == ("kz-kostanay", "1340.5", "hopper-wagon")
    assert (second["units"], second["objective"], second["ready_date"]) == ("12", "time", "2026-12-13")


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_word_of_the_lists_is_read_as_what_it_stands_for(
    made: Made, book: DataBook, tmp_path: Path, lang: str
) -> None:
    words = lists_of(book, lang)
    file = load_workbook(made("shipments", lang))
    sheet = file.worksheets[0]
    at = {column.field: number for number, column in enumerate(SHIPMENTS, start=1)}
    lists = {
        "origin": "places",
        "cargo": "cargo",
        "equipment": "equipment",
        "ownership": "ownership",
        "objective": "objective",
    }
    plain: dict[str, Any] = {
        "destination": words["places"]["tm-mary"], "cargo": words["cargo"]["wheat"], "tonnes": 60, "origin": words["places"]["kz-kostanay"],
        "ready_date": dt.date(2026, 12, 1),
    }  # fmt: skip
    wanted: list[tuple[str, str]] = []
    row = 2
    for field, name in lists.items():
        for own_id, word in list(words[name].items())[:: 7 if name == "places" else 1]:
            if own_id == "tm-mary":
                continue
            for other, value in {"shipment_id": f"{field}-{row}", **plain, field: word}.items():
                sheet.cell(row, at[other]).value = value
            if field == "equipment":
                sheet.cell(row, at["cargo"]).value = words["cargo"][carried(book, own_id)]
            wanted.append((field, own_id))
            row += 1
    path = tmp_path / "filled.xlsx"
    file.save(path)
    rows = [r for r in reading_of(path).rows if r.status != "skipped"]
    assert len(rows) == len(wanted)
    for (field, own_id), read_row in zip(wanted, rows, strict=True):
        assert read_row.fields.get(field) == own_id, (field, own_id, read_row)
        about = [n.text for n in read_row.notes if n.weight in ("warning", "question") and n.column == field]
        assert not about, (own_id, about)


def carried(book: DataBook, equipment: str) -> str:
    return next(c.id for c in book.cargoes.values() if equipment in c.equipment) if any(equipment in c.equipment for c in book.cargoes.values()) else "general"  # fmt: skip


def test_a_filled_rate_template_is_taken_by_the_importer(made: Made, book: DataBook) -> None:
    for lang in ("en", "ru"):
        sheet = read_sheet(read_grid(made("rates", lang)), book.equipment)
        assert not sheet.untaken and len(sheet.cells) == 2
        first = sheet.cells[0]
        assert (first.currency, first.per, first.ownership, str(first.coefficient)) == ("CHF", "wagon", "private", "1")
        assert (first.valid_from, first.valid_to) == (TODAY, TODAY + dt.timedelta(days=90))


@pytest.mark.parametrize("kind", ["shipments", "rates"])
def test_header_frozen_lists_seen_codes_as_text(made: Made, kind: str) -> None:
    file = load_workbook(made(kind, "ru"))
    assert [sheet.sheet_state for sheet in file.worksheets] == ["visible"] * 3
    assert file.sheetnames[1:] == ["Списки", "Прочтите"]
    sheet = file.worksheets[0]
    assert sheet.freeze_panes == "A2"
    chosen = {
        str(check.sqref).rstrip("0123456789").rsplit(":", 1)[-1] for check in sheet.data_validations.dataValidation
    }
    assert len(chosen) >= 6
    formats = {sheet.cell(1, n).value: sheet.column_dimensions[sheet.cell(1, n).column_letter] for n in range(1, 20)}
    if kind == "shipments":
        assert formats["Код отправления"].number_format == "@" == formats["ЕТСНГ / ГНГ"].number_format
        assert sheet["N2"].is_date and isinstance(sheet["J2"].value, float)
    readme = file.worksheets[2]
    texts = [str(cell.value) for row in readme.iter_rows() for cell in row if cell.value]
    assert any("Станция отправления" in t or "Откуда" in t for t in texts) and any(
        t.startswith(("Origin", "From")) for t in texts
    )
