"""Writing tariff books: a new one reads and changes nothing; rows are taken into it all or none, and none is ever lost."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.tariff import edit
from optimizer.tariff.blank import new_book
from optimizer.tariff.columns import COLUMNS
from optimizer.tariff.conditions import CONDITIONS
from optimizer.tariff.edit import import_rates
from optimizer.tariff.meanings import MEANINGS, TABLES, columns_of
from optimizer.tariff.read import read_books

TODAY = dt.date(2026, 11, 22)
HEADER = "rule_id,charge,carrier,form,basis,rate,currency,status,source_id,description\n"
ROW = "OWN-1,carriage,RAI,wagon,per_t,4.50,USD,published,contract-17,RAI by contract 17\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    new_book(folder, "own", "A contract of our own", "Us", "USD")
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, name: str = "letter.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write


def rows_in(path: Path) -> list[dict[str, str]]:
    return [row for _, row in tables.rows_of(tables.decode(path.read_bytes(), path.name), path.name)]


def refused(path: Path, folder: Path) -> DataError:
    """The error of an import, which has written nothing."""
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    with pytest.raises(DataError) as raised:
        import_rates(path, folder, today=TODAY)
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before
    return raised.value


def codes(fault: DataError) -> set[tuple[str, int]]:
    return {(p.code, p.line) for p in fault.problems}


# ---- a new book --------------------------------------------------------------------------------------


def test_a_new_book_reads_and_changes_nothing(tmp_path: Path) -> None:
    written = new_book(tmp_path / "deep" / "own", "own", 'Our "book"\\2026, Қазақша', "Us", "KZT")
    assert [p.name for p in written] == ["book.toml", *TABLES, "README.txt"]
    ours, theirs = read_books(), read_books(over=[tmp_path / "deep" / "own"])
    assert [row.row for row in theirs.rows] == [row.row for row in ours.rows]
    assert (len(theirs.extras), len(theirs.through)) == (len(ours.extras), len(ours.through))
    assert (theirs.belts, theirs.spots) == (ours.belts, ours.spots)
    info = theirs.infos["own"]
    assert (info.title, info.publisher, info.currency) == ('Our "book"\\2026, Қазақша', "Us", "KZT")
    assert (info.stacking, info.rounding.plain) == ("highest-discount", True)


def test_a_new_book_shows_and_explains_every_column(own: Path) -> None:
    told = (own / "README.txt").read_text(encoding="utf-8")
    for table in TABLES:
        header = next(csv.reader(io.StringIO((own / table).read_text(encoding="utf-8"))))
        assert tuple(header) == columns_of(table)
        assert len(header) == len(set(header))
        assert set(header) == COLUMNS[table]
        assert rows_in(own / table) == []
        assert table in told
    for column, meaning in MEANINGS.items():
        assert f"\n  {column} " in told
        assert meaning in told
    assert not [name for name in CONDITIONS if "see docs" in MEANINGS[name]]


def test_every_setting_the_header_mentions_can_be_taken(own: Path) -> None:
    lines = (own / "book.toml").read_text(encoding="utf-8").splitlines()
    set_now = [line.removeprefix("# ") if " = " in line else line for line in lines]
    (own / "book.toml").write_text("\n".join(set_now), encoding="utf-8")
    info = read_books(over=[own]).infos["own"]
    assert (info.fx_kind, str(info.date), info.rounding.per) == ("market", "2026-10-01", "unit")


def test_an_empty_folder_is_used_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert new_book(tmp_path / "empty", "own", "Ours", "Us", "USD")
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "letter.txt").write_text("do not lose me", encoding="utf-8")
    for taken in ("held", "empty", "held/letter.txt"):
        before = sorted(p.name for p in (tmp_path / taken).glob("*"))
        with pytest.raises(FreightError) as raised:
            new_book(tmp_path / taken, "own-2", "Ours", "Us", "USD")
        assert raised.value.code == "folder_not_empty"
        assert sorted(p.name for p in (tmp_path / taken).glob("*")) == before


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (("../x", "Ours", "Us", "USD"), "bad_book_id"),
        (("own:1", "Ours", "Us", "USD"), "bad_book_id"),
        (("", "Ours", "Us", "USD"), "bad_book_id"),
        (("own", " ", "Us", "USD"), "bad_title"),
        (("own", 'x"\nstacking = "product', "Us", "USD"), "bad_title"),
        (("own", "Ours", "U\x1b[31ms", "USD"), "bad_publisher"),
        (("own", "Ours", "Us", "usd"), "unknown_currency"),
        (("ktz", "Ours", "Us", "USD"), "duplicate_book"),
    ],
)
def test_a_header_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path, header: tuple, code: str) -> None:
    with pytest.raises(DataError) as raised:
        new_book(tmp_path / "own", *header)
    assert raised.value.code == code
    assert not (tmp_path / "own").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("", encoding="utf-8")
    with pytest.raises(FreightError) as raised:
        new_book(tmp_path / "letter.txt" / "own", "own", "Ours", "Us", "USD")
    assert raised.value.code == "folder_unwritable"


# ---- the round trip ----------------------------------------------------------------------------------


def test_from_a_new_book_by_import_to_a_quote(own: Path, file, read_four_stations: Callable[..., DataBook]) -> None:
    done = import_rates(file(HEADER + ROW.replace("RAI,", "KTZ,")), own, today=TODAY)
    assert (done.table, done.read, done.added, done.skipped, done.columns_added) == ("rates.csv", 1, 1, 0, ())
    assert done.path == (own / "rates.csv").resolve()
    quote = make_quote(
        QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000", mode=("rail",), alternatives=0),
        read_four_stations(over=[own]),
        today=TODAY,
        created_at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
    )
    line = next(c for c in quote["itineraries"][0]["charges"] if c["rule_id"] == "OWN-1")
    assert (line["amount"], line["book"], line["source_id"]) == ("13500.00", "own", "contract-17")


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (HEADER + ROW, "rates.csv"),
        ("coef_id,charge,carrier,value,status,source_id\nC-1,carriage,RAI,0.5,published,letter\n", "coefficients.csv"),
        (
            "rule_id,charge,on,basis,rate,status,source_id\nS-1,seal,carriage,per_unit,5,published,letter\n",
            "surcharges.csv",
        ),
        (
            "rule_id,on,basis,rate,probability,status,source_id\nP-1,carriage,per_t,2,0.8,published,letter\n",
            "subsidies.csv",
        ),
        (
            "rule_id,charge,on,basis,rate,status,source_id\nP-1,subsidy,carriage,per_t,2,published,letter\n",
            "subsidies.csv",
        ),
        (
            "rule_id,chain,mode,replaces,basis,rate,status,source_id\n"
            "T-1,pk-karachi;pk-torkham|af-torkham;af-kabul,road,truck,per_unit,1900,published,letter\n",
            "through.csv",
        ),
    ],
)
def test_the_columns_say_which_table(own: Path, file, text: str, table: str) -> None:
    done = import_rates(file(text), own, today=TODAY)
    assert (done.table, done.added) == (table, 1)
    row = rows_in(own / table)[0]
    given = next(csv.DictReader(io.StringIO(text)))
    assert {c: row[c] for c in given} == given


def test_a_surcharge_that_does_not_say_what_it_is_never_becomes_money_back(own: Path, file) -> None:
    fault = refused(file("rule_id,on,basis,rate,status,source_id\nS-1,carriage,per_t,2,published,letter\n"), own)
    assert [(p.code, p.column) for p in fault.problems] == [("missing_column", "charge")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_separators_and_byte_order_marks(own: Path, file, mark: str, bom: bytes) -> None:
    text = (HEADER + ROW).replace(",", mark).replace("RAI by contract 17", '"по договору; 17, ""экспорт"""')
    import_rates(file(bom + text.encode("utf-8").replace(b"\n", b"\r\n")), own, today=TODAY)
    assert rows_in(own / "rates.csv")[0]["description"] == 'по договору; 17, "экспорт"'


# ---- rows that stand already -------------------------------------------------------------------------


def test_the_same_rows_again_are_passed_over(own: Path, file) -> None:
    import_rates(file(HEADER + ROW), own, today=TODAY)
    before = (own / "rates.csv").read_bytes()
    more = HEADER + ROW.replace("4.50", "4.5") + ROW.replace("OWN-1", "OWN-2").replace("RAI,", "UTY,")
    done = import_rates(file(more), own, today=TODAY)
    assert (done.read, done.added, done.skipped) == (2, 1, 1)
    assert (own / "rates.csv").read_bytes().startswith(before)
    again = import_rates(file(more), own, today=TODAY)
    assert (again.read, again.added, again.skipped) == (2, 0, 2)
    assert len(rows_in(own / "rates.csv")) == 2


def test_a_past_rate_is_never_edited(own: Path, file) -> None:
    import_rates(file(HEADER + ROW), own, today=TODAY)
    fault = refused(file(HEADER + ROW.replace("4.50", "5.50") + ROW.replace("OWN-1", "OWN-2")), own)
    assert codes(fault) == {("id_taken", 2)}
    assert "line 2 of the book's rates.csv" in fault.problems[0].text
    assert "another rate" in fault.problems[0].text
    assert "name the old one in replaces" in fault.problems[0].text
    assert fault.details == {"read": 2, "added": 0, "skipped": 0, "refused": 2}


def test_a_new_edition_that_replaces_the_old_one_is_taken(own: Path, file) -> None:
    import_rates(file(HEADER + ROW), own, today=TODAY)
    edition = (HEADER + ROW).replace("description\n", "valid_from,known_from,replaces\n")
    edition = edition.replace("OWN-1", "OWN-1B").replace("RAI by contract 17", "2026-10-01,2026-11-09,OWN-1")
    done = import_rates(file(edition), own, today=TODAY)
    assert (done.added, done.warnings) == (1, ())
    assert [row["rule_id"] for row in rows_in(own / "rates.csv")] == ["OWN-1", "OWN-1B"]
    wrong = file(edition.replace("OWN-1B", "OWN-1C").replace(",OWN-1\n", ",OWN-9\n"))
    assert codes(refused(wrong, own)) == {("unknown_replaced", 2)}


def test_an_id_stands_once_in_the_file_the_book_and_the_default_books(own: Path, file) -> None:
    import_rates(file("coef_id,charge,value,status,source_id\nC-1,hire,0.5,published,letter\n"), own, today=TODAY)
    theirs = read_books().rules[0]
    text = HEADER + ROW + ROW + ROW.replace("OWN-1", "C-1") + ROW.replace("OWN-1", theirs.rule_id)
    fault = refused(file(text), own)
    assert codes(fault) == {("duplicate_id", 3), ("id_taken", 4), ("duplicate_id", 5)}
    assert "stands in line 2 already" in fault.problems[0].text
    assert "coefficients.csv line 2" in fault.problems[1].text
    assert str(theirs.row) in fault.problems[2].text


# ---- faults ------------------------------------------------------------------------------------------


def test_every_fault_of_every_row_at_once_by_the_lines_of_the_file(own: Path, file) -> None:
    import_rates(file(HEADER + ROW), own, today=TODAY)
    text = (
        HEADER
        + "A,carriage,RAI,wagon,per_t,,USD,published,letter,\n"
        + "\n"
        + "B,carriage,RAI,waggon,per_parcel,13,usd,guessed,,\n"
        + ROW
        + "C,carriage,RAI,wagon,per_t,=G7*0.6,USD,published,letter,\n"
        + "D,carriage,RAI,wagon,per_t,7,USD,published,letter,one,too many\n"
        + "E,carriage,RAI,wagon,per_t,7,USD,published,letter,fine\n"
    )
    fault = refused(file(text), own)
    assert codes(fault) == {
        ("empty_rate", 2),
        ("unknown_basis", 4),
        ("unknown_currency", 4),
        ("unknown_form", 4),
        ("bad_status", 4),
        ("missing_source", 4),
        ("formula_cell", 6),
        ("too_many_cells", 7),
    }
    assert {p.file for p in fault.problems} == {"letter.csv"}
    assert fault.details == {"read": 6, "added": 0, "skipped": 1, "refused": 5}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "no_header"),
        (b"\n\n", "no_header"),
        (HEADER.encode(), "no_rows"),
        ((HEADER + ",,,\n \n").encode(), "no_rows"),
        ((HEADER + ROW).replace("contract-17", "договор").encode("cp1251"), "encoding"),
        ((HEADER + ROW).encode("utf-16"), "encoding"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff", "encoding"),
        ((HEADER.replace(",currency", "") + ROW).encode(), "too_many_cells"),
        ((HEADER.replace("carrier", "carier") + ROW).encode(), "unknown_column"),
        ((HEADER.replace("carrier", "charge") + ROW).encode(), "double_column"),
        ((HEADER.replace("form", "") + ROW).encode(), "missing_column"),
        ((HEADER.replace("source_id,", "") + ROW.replace("contract-17,", "")).encode(), "missing_column"),
        (b"origin,destination\nkz-kostanay,ir-tehran\n", "missing_column"),
        ((HEADER + ROW.replace("RAI by", "RAI\0by")).encode(), "control_character"),
        ((HEADER + ROW.replace("RAI by", "\x1b[31mRAI")).encode(), "control_character"),
        ((HEADER + ROW.replace("RAI by", '"RAI\nby').replace(" 17", ' 17"')).encode(), "control_character"),
        ((HEADER + ROW.replace("RAI by", '=HYPERLINK("http://x")')).encode(), "formula_cell"),
        ((HEADER + ROW.replace("RAI by", "@SUM(1)")).encode(), "formula_cell"),
        ((HEADER + ROW.replace("OWN-1", "+cmd|' /C calc'!A0")).encode(), "formula_cell"),
        ((HEADER + ROW.replace("4.50", "-4.50")).encode(), "negative_number"),
        ((HEADER + ROW.replace("4.50", '"4,50"')).encode(), "bad_number"),
        ((HEADER + ROW.replace("4.50", "#REF!")).encode(), "bad_number"),
        ((HEADER + ROW.replace("4.50", "NaN")).encode(), "bad_number"),
        ((HEADER + ROW.replace("4.50", "1e40")).encode(), "number_too_large"),
        ((HEADER + ROW.replace("OWN-1", "")).encode(), "missing_id"),
        ((HEADER + '"' + "x" * 200_000).encode(), "broken_csv"),
    ],
)
def test_hostile_files_are_told_and_nothing_is_written(own: Path, file, raw: bytes, code: str) -> None:
    fault = refused(file(raw), own)
    assert fault.code == code
    assert all(p.file == "letter.csv" for p in fault.problems)


def test_what_is_no_file_and_what_is_no_book(own: Path, file, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("folder.csv", "pipe.csv", "nothing.csv"):
        assert refused(tmp_path / name, own).code == "file_unreadable"
    assert refused(file(HEADER + ROW), tmp_path / "folder.csv").code == "not_a_book"


def test_groups_and_exceptions_among_codes_are_no_formulas(own: Path, file) -> None:
    with (own / "groups.csv").open("a", encoding="utf-8") as groups:
        groups.write("ports,kz-aktau-port;kz-kuryk-port,published,letter,\n")
    text = "rule_id,charge,carrier,to,gng,basis,rate,status,source_id\nG-1,carriage,KTZ,@ports,-1006;10,per_t,9,published,x\n"
    assert import_rates(file(text), own, today=TODAY).added == 1
    assert rows_in(own / "rates.csv")[0]["to"] == "@ports"
    unknown = text.replace("G-1", "G-2").replace("@ports", "@moon")
    assert codes(refused(file(unknown), own)) == {("bad_condition", 2)}


def test_a_book_that_does_not_read_takes_nothing(own: Path, file) -> None:
    (own / "coefficients.csv").write_text(
        "coef_id,charge,value,status,source_id\nC,hire,,published,x\n", encoding="utf-8"
    )
    fault = refused(file(HEADER + ROW), own)
    assert [(p.code, p.file, p.line) for p in fault.problems] == [("empty_value", "own/coefficients.csv", 2)]


def test_slips_are_told_beside_the_rows(own: Path, file) -> None:
    text = "rule_id,charge,carrier,basis,rate,valid_from,valid_to,known_from,status,source_id\n"
    text += "A,hire,,per_unit_day,30,2026-10-01,,,published,letter\n"
    text += "B,hire,KTZ,per_unit_day,30,2026-10-01,,2026-12-01,published,letter\n"
    text += "C,hire,TDY,per_unit_day,30,2026-01-01,2026-03-31,2026-01-09,published,letter\n"
    done = import_rates(file(text), own, today=TODAY)
    assert [(p.code, p.line, p.severity) for p in done.warnings] == [
        ("no_known_from", 2, "warning"),
        ("not_known_yet", 3, "warning"),
        ("ended_already", 4, "warning"),
    ]
    assert done.as_dict()["added"] == 3


# ---- what stood before -------------------------------------------------------------------------------


def smallest_book(tmp_path: Path, rates: bytes) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "book.toml").write_text('id = "small"\ntitle = "Small"\ncurrency = "USD"\n', encoding="utf-8")
    (folder / "rates.csv").write_bytes(rates)
    return folder


OLD = 'rule_id,charge,basis,rate,status,source_id,note\r\nOLD,hire,per_unit_day,30.0,published,us,"by ""phone"", twice"'


def test_bytes_of_old_rows_stay_where_no_column_is_new(tmp_path: Path, file) -> None:
    folder = smallest_book(tmp_path, b"\xef\xbb\xbf" + OLD.encode())
    text = "rule_id,charge,carrier,basis,rate,status,source_id\nNEW,box_hire,,per_unit_day,8,published,us\n"
    done = import_rates(file(text), folder, today=TODAY)
    assert done.columns_added == ()
    assert (folder / "rates.csv").read_bytes() == (
        b"\xef\xbb\xbf" + OLD.encode() + b"\r\nNEW,box_hire,per_unit_day,8,published,us,\r\n"
    )


def test_new_columns_stand_at_the_end_and_old_rows_are_padded(tmp_path: Path, file) -> None:
    folder = smallest_book(
        tmp_path, b"\xef\xbb\xbf" + OLD.encode() + b"\r\nSHORT,platform_hire,per_unit_day,9,published,us"
    )
    os.chmod(folder / "rates.csv", 0o640)
    text = "source_id,carrier,rule_id,charge,months,basis,rate,status\nus,KTZ,NEW,box_hire,,per_unit_day,8,published\n"
    assert import_rates(file(text), folder, today=TODAY).columns_added == ("carrier",)
    assert (folder / "rates.csv").read_bytes().decode("utf-8") == (
        "\ufeffrule_id,charge,basis,rate,status,source_id,note,carrier\r\n"
        'OLD,hire,per_unit_day,30.0,published,us,"by ""phone"", twice",\r\n'
        "SHORT,platform_hire,per_unit_day,9,published,us,,\r\n"
        "NEW,box_hire,per_unit_day,8,published,us,,KTZ\r\n"
    )
    assert (folder / "rates.csv").stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in folder.iterdir()) == ["book.toml", "rates.csv"]


def test_a_table_the_book_lacks_is_made(tmp_path: Path, file) -> None:
    folder = smallest_book(tmp_path, OLD.encode())
    text = "value,coef_id,charge,status,source_id,months,to\n0.5,C-1,hire,published,us,12;1,\n"
    done = import_rates(file(text), folder, today=TODAY)
    assert done.columns_added == ()
    assert (folder / "coefficients.csv").read_text(encoding="utf-8") == (
        "coef_id,charge,months,value,status,source_id\nC-1,hire,12;1,0.5,published,us\n"
    )


def test_a_table_whose_end_would_swallow_new_rows_is_left_alone(tmp_path: Path, file) -> None:
    folder = smallest_book(tmp_path, OLD.encode() + b'\r\nX,hire,per_unit_day,30,published,us,"no end')
    text = "rule_id,charge,basis,rate,status,source_id\nNEW,box_hire,per_unit_day,8,published,us\n"
    before = (folder / "rates.csv").read_bytes()
    with pytest.raises(FreightError) as raised:
        import_rates(file(text), folder, today=TODAY)
    assert raised.value.code == "rows_lost"
    assert (folder / "rates.csv").read_bytes() == before


@pytest.mark.parametrize("failing", ["replace", "fsync"])
def test_a_disk_that_fails_leaves_the_old_table(own: Path, file, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    before = {p.name: p.read_bytes() for p in own.iterdir()}
    monkeypatch.setattr(edit.os, failing, fail)
    with pytest.raises(FreightError) as raised:
        import_rates(file(HEADER + ROW), own, today=TODAY)
    assert raised.value.code == "file_unwritable"
    assert {p.name: p.read_bytes() for p in own.iterdir()} == before


def test_rows_written_meanwhile_are_not_overwritten(own: Path, file, monkeypatch: pytest.MonkeyPatch) -> None:
    other = HEADER + ROW.replace("OWN-1", "THEIRS")

    def meanwhile(*args: object, **more: object) -> None:
        (own / "rates.csv").write_text(other, encoding="utf-8")

    monkeypatch.setattr(edit, "read_books", meanwhile)
    with pytest.raises(FreightError) as raised:
        import_rates(file(HEADER + ROW), own, today=TODAY)
    assert raised.value.code == "book_changed"
    assert (own / "rates.csv").read_text(encoding="utf-8") == other
    assert len(list(own.iterdir())) == len(TABLES) + 2


def test_a_linked_table_is_written_where_the_link_leads(own: Path, file, tmp_path: Path) -> None:
    shutil.move(own / "rates.csv", tmp_path / "shared.csv")
    (own / "rates.csv").symlink_to(tmp_path / "shared.csv")
    import_rates(file(HEADER + ROW), own, today=TODAY)
    assert (own / "rates.csv").is_symlink()
    assert rows_in(tmp_path / "shared.csv")[0]["rule_id"] == "OWN-1"
    assert refused(file(HEADER + ROW.replace("OWN-1", "OWN-2").replace("4.50", "")), own).code == "empty_rate"


def test_a_default_book_takes_rows_too(tmp_path: Path, file, monkeypatch: pytest.MonkeyPatch) -> None:
    """The maintainer's own case: the book is one of those that ship, so it is tried in its place, not over itself."""
    mine = tmp_path / "rai"
    shutil.copytree(Path(read_books().infos["rai"].folder), mine)
    defaults = edit.default_folders()
    monkeypatch.setattr(edit, "default_folders", lambda: [mine if d.name == "rai" else d for d in defaults])
    assert import_rates(file(HEADER + ROW), mine, today=TODAY).added == 1
    assert refused(file(HEADER + ROW.replace("4.50", "6")), mine).code == "id_taken"
