"""Tariff books: one broken book for each fault, told with code, file, line and a sentence; a user's own book wins.

The broken books stand in tests/faults/tariff, a folder each, every figure invented.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import AmbiguousRate, DataError
from optimizer.tariff.read import read_books

FAULTS = Path(__file__).parents[1] / "faults" / "tariff"

# fault, code, file, line, a phrase of the sentence
TOLD = [
    ("missing_rate", "empty_rate", "rates.csv", 3, "an empty rate is not a free haul"),
    ("negative_rate", "negative_number", "rates.csv", 3, "below zero"),
    ("column_missing", "missing_column", "rates.csv", 1, "no column charge"),
    ("bad_number", "bad_number", "rates.csv", 3, "write it with a point"),
    ("not_finite", "bad_number", "rates.csv", 3, "not a number"),
    ("unknown_basis", "unknown_basis", "rates.csv", 3, "basis must be one of belt"),
    ("duplicate_id", "duplicate_id", "rates.csv", 3, "GOOD is also the name of duplicate_id/rates.csv line 2"),
    ("missing_id", "missing_id", "rates.csv", 3, "give the row a name of its own"),
    ("missing_source", "missing_source", "rates.csv", 3, "say where the number was read"),
    ("bad_status", "bad_status", "rates.csv", 3, "published, derived, estimated, provisional"),
    ("bad_currency", "unknown_currency", "rates.csv", 3, "currency must be one of AED"),
    ("bad_date", "bad_date", "rates.csv", 3, "YYYY-MM-DD"),
    ("ends_before_it_begins", "ends_before_it_begins", "rates.csv", 3, "valid_to is before valid_from"),
    ("unknown_column", "unknown_column", "rates.csv", 1, "column curency is not one a rule may have"),
    ("belt_gap", "belt_gap", "belts/short.csv", None, "belts 1-100 and 111-200 km leave a gap"),
    ("belt_in_words", "bad_number", "belts/short.csv", 3, "to_km is not a number"),
    ("too_many_cells", "too_many_cells", "rates.csv", 3, "quote text that holds a comma"),
    ("unknown_group", "bad_condition", "rates.csv", 2, "ports-of-the-moon"),
    ("bad_condition", "bad_condition", "rates.csv", 2, "condition cell cannot be read"),
    ("range_turned", "bad_condition", "rates.csv", 2, "km = '1000..500'"),
    ("price_in_another_column", "empty_rate", "rates.csv", 2, "an empty rate is not a free haul"),
    ("negative_coefficient", "negative_number", "coefficients.csv", 2, "below zero"),
    ("bad_step", "bad_number", "rates.csv", 2, "step_t is 0"),
    ("unknown_belt_table", "unknown_belt_table", "rates.csv", 3, "there is no table belts/"),
    ("unknown_belt_column", "unknown_belt_column", "rates.csv", 3, "has a number in column rate_box"),
    ("unknown_currency", "unknown_currency", "rates.csv", 3, "currency must be one of AED"),
    ("belt_column_missing", "missing_column", ".csv", 1, "no column from_km"),
    ("bad_carry_months", "bad_number", "coefficients.csv", 2, "carry_months is not a number"),
    ("broken_toml", "broken_toml", "book.toml", None, "the header cannot be read"),
    ("no_book_toml", "not_a_book", "", None, "holds no book.toml"),
    ("no_rates", "file_unreadable", "rates.csv", None, "cannot be read"),
    ("not_utf8", "encoding", "rates.csv", None, "not UTF-8"),
    ("unknown_header_key", "unknown_header_key", "book.toml", None, "curency is no key of a header"),
    ("bad_rounding", "bad_rounding", "book.toml", None, "rounding is per line or unit"),
    ("rounding_key", "bad_rounding", "book.toml", None, "a table of per, step, coefficient and rate_step"),
    ("rounding_to_nothing", "bad_rounding", "rates.csv", 2, "write a number above 0"),
    ("unknown_stacking", "unknown_stacking", "book.toml", None, "stacking must be one of highest-discount"),
    ("unknown_fx_kind", "unknown_fx_kind", "book.toml", None, "fx_kind must be one of market"),
    ("row_fx_kind", "unknown_fx_kind", "rates.csv", 2, "fx_kind must be one of"),
    ("bad_header_date", "bad_date", "book.toml", None, "date is not YYYY-MM-DD"),
    ("header_currency", "unknown_currency", "book.toml", None, "currency must be one of AED"),
    ("duplicate_book", "duplicate_book", "book.toml", None, "ktz is also the id of another book"),
    ("day_steps_without_rest", "bad_day_steps", "rates.csv", 2, "write what every further day costs"),
    ("day_steps_after_rest", "bad_day_steps", "rates.csv", 2, "a step follows the one without days"),
    ("unknown_replaced", "unknown_replaced", "rates.csv", 2, "replaces names KTZ-WAGGON"),
    ("unknown_replaces", "unknown_replaces", "through.csv", 2, "replaces must be one of"),
    ("unknown_rule", "unknown_rule", "coefficients.csv", 2, "rules names GOOOD"),
    ("bad_class", "bad_class", "classes.csv", 2, "goods codes of digits"),
    ("two_classes", "two_classes", "classes.csv", 3, "code 1003 stands in two classes"),
    ("duplicate_group", "duplicate_group", "groups.csv", 3, "group ports stands twice"),
    ("empty_group", "empty_group", "groups.csv", 2, "at least one member"),
    ("duplicate_price", "duplicate_price", "spot.csv", 3, "another price of 2026-01-10 in line 2"),
    ("mixed_currency", "mixed_currency", "spot.csv", 3, "series s is in two currencies"),
    ("spot_without_day", "bad_date", "spot.csv", 2, "day is not YYYY-MM-DD"),
    ("spot_without_source", "missing_source", "spot.csv", 2, "say where the number was read"),
    ("unknown_series", "unknown_series", "rates.csv", 2, "spot.csv has no prices of aktau-baku"),
    ("series_in_other_money", "mixed_currency", "rates.csv", 2, "the prices of aktau-anzali are in USD"),
    ("bad_chain", "bad_chain", "through.csv", 2, "chain is a place, then crossings a|b"),
    ("unknown_mode", "unknown_mode", "through.csv", 2, "mode must be one of rail, road"),
    ("bad_probability", "bad_probability", "subsidies.csv", 2, "write 0.8 for eight in ten"),
    ("bad_claim_day", "bad_date", "subsidies.csv", 2, "claim_until is not YYYY-MM-DD"),
    ("unknown_on", "unknown_on", "surcharges.csv", 2, "on must be one of arrival"),
    ("on_nothing", "unknown_on", "surcharges.csv", 2, "on must be one of arrival"),
    ("surcharge_of_a_charge", "unknown_charge", "surcharges.csv", 2, "charge must be one of agency"),
    ("percent_of_what", "percent_of_what", "rates.csv", 2, "move the row to surcharges.csv"),
    ("band_without_rate", "band_without_rate", "rates.csv", 2, "low is at most 1 and high at least 1"),
    ("belt_turned", "belt_turned", "belts/steps.csv", 2, "ends at 101 km before it begins"),
    ("belt_part_of_a_km", "bad_number", "belts/steps.csv", 2, "to_km is not a whole number"),
    ("number_too_large", "number_too_large", "rates.csv", 2, "check its zeros"),
    ("unknown_charge", "unknown_charge", "rates.csv", 2, "charge must be one of arrival"),
    ("unknown_carrier", "unknown_carrier", "rates.csv", 2, "carrier must be one of ARA"),
    ("unknown_form", "unknown_form", "rates.csv", 2, "form must be one of container"),
    ("unknown_carry", "unknown_carry", "rates.csv", 2, "carry must be one of no, yes"),
    ("deal_in_words", "bad_condition", "rates.csv", 2, "paired = 'maybe'"),
    ("stay_in_words", "bad_condition", "rates.csv", 2, "condition cell cannot be read"),
    ("goods_code_in_words", "bad_condition", "rates.csv", 2, "gng = '1001;flour'"),
    ("month_in_words", "bad_condition", "rates.csv", 2, "condition cell cannot be read"),
    ("pair_of_one", "bad_condition", "rates.csv", 2, "condition cell cannot be read"),
]


@pytest.mark.parametrize(("fault", "code", "file", "line", "phrase"), TOLD, ids=[t[0] for t in TOLD])
def test_fault_is_told(fault: str, code: str, file: str, line: int | None, phrase: str) -> None:
    with pytest.raises(DataError) as raised:
        read_books(over=[FAULTS / fault])
    problems = raised.value.problems
    assert len(problems) == 1, [str(p) for p in problems]
    problem = problems[0]
    assert problem.code == code
    assert problem.file.endswith(file)
    if line is not None:
        assert problem.line == line
        assert f"line {line}" in str(problem)
    assert phrase in problem.text
    assert str(problem).endswith(f"(code: {code})")


def test_every_broken_book_is_tried() -> None:
    assert {f.name for f in FAULTS.iterdir()} == {t[0] for t in TOLD}


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    folder = own_book(
        tmp_path, "A,carriage,KTZ,wagon,per_t,,USD,estimated,me,\nB,carriage,KTZ,wagon,per_parcel,1,usd,guessed,,\n"
    )
    with pytest.raises(DataError) as raised:
        read_books(over=[folder])
    assert {p.code for p in raised.value.problems} == {
        "empty_rate",
        "unknown_basis",
        "unknown_currency",
        "bad_status",
        "missing_source",
    }
    assert {p.line for p in raised.value.problems} == {2, 3}


def test_an_empty_rate_is_not_a_free_haul_but_a_printed_zero_is(ask, tmp_path: Path) -> None:
    free = DataBook.load([own_book(tmp_path, "ZERO,carriage,KTZ,wagon,per_t,0,USD,published,me,free by contract\n")])
    quote = ask(
        "Kokshetau", "Bandar Abbas", "wheat", of=free, tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=0
    )
    line = next(c for c in quote["itineraries"][0]["charges"] if c["rule_id"] == "ZERO")
    assert line["amount_quote"] == "0.00"


# ---- a book of one's own -----------------------------------------------------------------------------

HEADER = "rule_id,charge,carrier,form,basis,rate,currency,status,source_id,description\n"


def own_book(tmp_path: Path, rows: str, name: str = "mine") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "book.toml").write_text(
        f'id = "{name}"\ntitle = "A contract of our own"\ncurrency = "USD"\n', encoding="utf-8"
    )
    (folder / "rates.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def rail(ask, book: DataBook) -> dict[str, Any]:
    return ask(
        "Kokshetau", "Bandar Abbas", "wheat", of=book, tonnes=3000, ready="2025-11-25", mode=("rail",), alternatives=0
    )["itineraries"][0]


def test_own_book_wins_and_is_named_in_the_line(ask, book: DataBook, tmp_path: Path) -> None:
    mine = DataBook.load(
        [own_book(tmp_path, "MY-KTZ,carriage,KTZ,wagon,per_t,9.50,USD,published,contract-17,KTZ by contract 17\n")]
    )
    line = next(c for c in rail(ask, mine)["charges"] if c["carrier"] == "KTZ" and c["code"] == "carriage")
    assert (line["rule_id"], line["book"], line["source_id"], line["status"]) == (
        "MY-KTZ",
        "mine",
        "contract-17",
        "published",
    )
    assert line["amount"] == "28500.00"
    default = next(c for c in rail(ask, book)["charges"] if c["carrier"] == "KTZ" and c["code"] == "carriage")
    assert default["book"] == "ktz"
    saved = Decimal(default["amount"]) - Decimal(line["amount"])
    assert Decimal(rail(ask, book)["total"]["amount"]) - Decimal(rail(ask, mine)["total"]["amount"]) == saved


def test_own_book_beats_even_a_named_pair(ask, tmp_path: Path) -> None:
    """The published pair Sarakhs - Bandar Abbas has a high rank of its own; the user's row still wins."""
    mine = DataBook.load([own_book(tmp_path, "MY-RAI,carriage,RAI,wagon,per_t,40,USD,estimated,me,RAI by phone\n")])
    quote = ask("Kokshetau", "Bandar Abbas", "wheat", of=mine, tonnes=3000, ready="2025-11-25", mode=("rail",))
    lines = [
        c for it in quote["itineraries"] for c in it["charges"] if c["carrier"] == "RAI" and c["code"] == "carriage"
    ]
    assert {c["rule_id"] for c in lines} == {"MY-RAI"}


def test_the_last_of_several_own_books_wins(ask, tmp_path: Path) -> None:
    row = "{0},carriage,KTZ,wagon,per_t,{1},USD,estimated,me,{0}\n"
    first = own_book(tmp_path, row.format("FIRST", 9), "first")
    second = own_book(tmp_path, row.format("SECOND", 12), "second")
    for books, winner in (([first, second], "SECOND"), ([second, first], "FIRST")):
        line = next(
            c for c in rail(ask, DataBook.load(books))["charges"] if c["carrier"] == "KTZ" and c["code"] == "carriage"
        )
        assert line["rule_id"] == winner


def test_own_book_changes_the_version_of_the_tariffs_alone(book: DataBook, tmp_path: Path) -> None:
    mine = DataBook.load([own_book(tmp_path, "MY-KTZ,carriage,KTZ,wagon,per_t,9.50,USD,published,contract-17,\n")])
    changed = {name for name in book.versions if book.versions[name] != mine.versions[name]}
    assert changed == {"tariffs"}


def test_two_rows_that_fit_are_a_question_not_a_choice(ask, tmp_path: Path) -> None:
    twice = own_book(
        tmp_path, "A,carriage,KTZ,wagon,per_t,9,USD,estimated,me,\nB,carriage,KTZ,,per_t,10,USD,estimated,me,\n"
    )
    with pytest.raises(AmbiguousRate) as raised:
        rail(ask, DataBook.load([twice]))
    assert "mine/rates.csv line 2 (A)" in str(raised.value)
    assert "mine/rates.csv line 3 (B)" in str(raised.value)
    assert "higher rank" in str(raised.value)


def with_belts(tmp_path: Path, most_km: int) -> DataBook:
    folder = own_book(tmp_path, "")
    (folder / "rates.csv").write_text(
        "rule_id,charge,carrier,form,basis,belt_table,currency,status,source_id\nBELT,carriage,KTZ,wagon,belt,mine/rate_wagon,USD,estimated,me\n",
        encoding="utf-8",
    )
    (folder / "belts").mkdir()
    (folder / "belts" / "mine.csv").write_text(
        f"from_km,to_km,rate_wagon\n1,2000,700\n2001,{most_km},900\n", encoding="utf-8"
    )
    return DataBook.load([folder])


def test_own_belts_price_by_the_belt_the_distance_falls_into(ask, tmp_path: Path) -> None:
    line = next(c for c in rail(ask, with_belts(tmp_path, 9000))["charges"] if c["rule_id"] == "BELT")
    assert (line["amount"], line["basis"]) == ("40500.00", "per wagon")
    assert "belt 2001-9000 km, 2569 km" in line["description"]


def test_own_belts_that_end_early_leave_other_hauls_alone(ask, tmp_path: Path) -> None:
    """The haul to Bolashak (2,569 km) is inside the table; that some other haul is 3,066 km long is no fault of this quote."""
    assert rail(ask, with_belts(tmp_path, 2700))["total"]["amount"]


@pytest.mark.parametrize(
    "rate",
    ["1e40", "1e15", "10000000001"],
)
def test_a_rate_beyond_all_reason_is_told_when_read(ask, tmp_path: Path, rate: str) -> None:
    folder = own_book(tmp_path, f"HUGE,carriage,KTZ,wagon,per_t,{rate},USD,estimated,me,\n")
    with pytest.raises(DataError):
        rail(ask, DataBook.load([folder]))


def test_a_misspelt_charge_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_books(over=[own_book(tmp_path, "TYPO,cariage,KTZ,wagon,per_t,9,USD,estimated,me,\n")])


# ---- dates of rows -----------------------------------------------------------------------------------


def test_a_lapsed_rate_is_carried_and_says_so(four_stations: DataBook, ask) -> None:
    """RAI-OLD ended in 2021 and nothing of its rank replaced it: it still prices, as provisional, with a warning."""
    quote = ask(
        "kz-north",
        "ir-haven",
        "wheat",
        of=four_stations,
        tonnes=3000,
        ready="2026-11-25",
        ownership="carrier",
        mode=("rail",),
        alternatives=0,
    )
    line = next(c for c in quote["itineraries"][0]["charges"] if c["carrier"] == "RAI" and c["code"] == "carriage")
    assert (line["rule_id"], line["status"]) == ("RAI-OLD", "provisional")
    assert any(
        w["code"] == "rate_carried_forward" and "2021-12-31" in w["text"] for w in quote["itineraries"][0]["warnings"]
    )


def test_a_coefficient_is_carried_for_eighteen_months_and_not_a_day_longer(book: DataBook) -> None:
    letters = [c for c in book.books.coefficients if c.coef_id == "D05"]
    assert [c.valid.end for c in letters] == [dt.date(2025, 9, 30)]
    assert letters[0].in_reach(dt.date(2027, 3, 30), dt.date(2027, 3, 30))
    assert not letters[0].in_reach(dt.date(2027, 3, 31), dt.date(2027, 3, 31))
