"""The file of a study: every fault at once, each a sentence that says where and what to do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError, Problem
from optimizer.study.model import Study
from optimizer.study.read import read_study
from optimizer.tables import data_file

GOOD = (Path(__file__).parents[1] / "data" / "studies" / "haven.toml").read_text(encoding="utf-8")
THROUGH = (Path(__file__).parents[1] / "data" / "studies" / "haven-through.toml").read_text(encoding="utf-8")
TODAY = dt.date(2026, 11, 22)


def read(text: str, book: DataBook, tmp_path: Path) -> Study:
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    return read_study(file, book, TODAY)


def faults(text: str, book: DataBook, tmp_path: Path) -> list[Problem]:
    with pytest.raises(DataError) as found:
        read(text, book, tmp_path)
    return found.value.problems


def test_a_study_is_read(four_stations: DataBook, tmp_path: Path) -> None:
    study = read(GOOD, four_stations, tmp_path)
    rate = study.rates[0]
    assert rate.scope.carriers == ("RAI",)
    assert dict(rate.scope.cells) == {"form": "wagon", "origin_country": "KZ"}
    assert rate.values[:3] == (Decimal("0.50"), Decimal("1.00"), Decimal("1.50"))
    assert rate.values[-1] == 40
    assert [lane.lot_t for lane in study.lanes] == [3000, 800]
    assert study.cost_of("RAI") == Decimal("0.002")
    assert study.objective.of == ("RAI",)


@pytest.mark.parametrize(
    ("old", "new", "code", "phrase"),
    [
        ('title = "RAI to Haven"', "", "missing_key", "title is missing"),
        ("least = 0.50", "least = 50", "range_turned", "turn them round"),
        ("least = 0.50", 'least = "half"', "bad_number", "without quotes"),
        ("least = 0.50", "least = nan", "bad_number", "finite"),
        ("least = 0.50", "least = 0", "number_too_small", "above 0"),
        ("step = 0.5", "step = 0.00001", "too_many_values", "widen it"),
        ('carrier = "RAI"\nform', 'carrier = "RIA"\nform', "unknown_carrier", "RIA"),
        ('carrier = "RAI"\nform', "form", "missing_key", "name the railway"),
        ("valid_to = 2026-11-30", "valid_to = 2026-10-01", "dates_turned", "turn them round"),
        ("ready = 2026-11-25", "ready = 2027-11-25", "not_in_force", "does not hold the day"),
        ("valid_to = 2026-11-30", 'valid_to = "soon"', "bad_date", "2027-01-01"),
        ('maximise = "contribution"', 'maximise = "profit"', "unknown_value", "use one of"),
        ('maximise = "contribution"', 'maximise = "share"', "missing_key", "corridor"),
        ('maximise = "contribution"', 'corridor = "air"', "unknown_corridor", "no [[corridors]] names"),
        ("[[marginal_costs]]", "[[margins]]", "unknown_key", "margins"),
        ("per_t_km = 0.002", "per_t_km = -1", "number_too_small", "at least 0"),
        ('note = "invented"', "", "estimate_unexplained", "how it was come by"),
        ('note = "invented"', 'status = "published"\nnote = "x"', "missing_key", "source_id"),
        ('via = ["ir-gate"]', 'via = ["Atlantis"]', "unknown_place", "Atlantis"),
        ('name = "sea"', 'name = "gate"', "repeated_name", "give each its own"),
        ('destination = "ir-haven"', 'destination = "nowhere"', "unknown_place", "nowhere"),
        ("tonnes = 9000", "", "missing_key", "tonnes is missing"),
        ("[[demand.lanes]]", "[[demand.lines]]", "no_demand", "give one"),
        ('form = "wagon"', 'gross_t = "heavy"', "bad_condition", "no tariff book could hold"),
        (
            'form = "wagon"',
            'via = "ir-nowhere"',
            "unknown_place",
            "rates[1].via names 'ir-nowhere', which is no place we know",
        ),
        ('form = "wagon"', 'destination_country = "XX"', "unknown_country", "write its two letters"),
        ('form = "wagon"', 'colour = "red"', "unknown_key", "colour is no key we know"),
        ('title = "RAI to Haven"', 'title = "x"\ndeal = ["subsidy=yes"]', "subsidy_in_study", "leave subsidy out"),
        ('title = "RAI to Haven"', 'title = "x', "broken_toml", "mend that line"),
        ('title = "RAI to Haven"', 'title = "x"\n[answer]\nrule = "logit"', "missing_key", "spread above 0"),
        ('title = "RAI to Haven"', 'title = "x"\n[split]\nRAI = 0.5', "bad_split", "1 in all"),
        ("[[demand.lanes]]", '[demand]\ntable = "none.csv"\n[[demand.lanes]]', "no_table", "none.csv"),
    ],
)
def test_a_fault_is_one_sentence(
    four_stations: DataBook, tmp_path: Path, old: str, new: str, code: str, phrase: str
) -> None:
    assert old in GOOD
    found = faults(
        GOOD.replace(old, new, 1) if code != "no_demand" else GOOD.replace(old, new), four_stations, tmp_path
    )
    mine = [p for p in found if p.code == code]
    assert mine, [p.code for p in found]
    assert any(phrase in p.text for p in mine), [p.text for p in mine]
    assert all(p.file == "study.toml" for p in found)


def test_a_through_rate_is_read_by_any_name_of_its_places(four_stations: DataBook, tmp_path: Path) -> None:
    rate = read(THROUGH.replace('"kz-north", ', '"North", '), four_stations, tmp_path).rates[0]
    assert rate.through is not None
    assert rate.through.chain == ("kz-north", "kz-post|ir-gate", "ir-haven")
    assert (rate.through.mode, rate.through.basis, rate.through.replaces) == ("rail", "per_t", frozenset({"carriage"}))
    assert rate.scope.carriers == ("KTZ", "RAI")
    assert rate.unit("USD") == "USD a tonne"
    whole = read(THROUGH.replace("step = 0.5\n", ""), four_stations, tmp_path).rates[0]
    assert whole.values[:2] == (4, 5), "money goes in whole steps where the study names none"


@pytest.mark.parametrize(
    ("old", "new", "code", "phrase"),
    [
        ('"kz-post|ir-gate", "ir-haven"]', '"kz-post|ir-gate"]', "bad_chain", "then a place"),
        ('["kz-north", "kz-post|ir-gate", "ir-haven"]', '"kz-north"', "bad_chain", "then a place"),
        ('"kz-post|ir-gate"', '"kz-post|ir-gate|ir-haven"', "bad_chain", "two posts"),
        ('"kz-post|ir-gate"', '"kz-post|Atlantis"', "unknown_place", "Atlantis"),
        ('basis = "per_t"', 'basis = "per_train"', "unknown_value", "per_unit"),
        ('basis = "per_t"', 'mode = "air"', "unknown_value", "rail"),
        ('basis = "per_t"', 'replaces = ["toll"]', "unknown_charge", "toll"),
        ('basis = "per_t"', "split = { KTZ = 0.7 }", "bad_split", "1 in all"),
        ('basis = "per_t"', 'charge = "carriage"', "unknown_key", "charge is no key"),
        ('carrier = ["KTZ", "RAI"]', "", "missing_key", "name the railway"),
        ('maximise = "contribution"', "subsidy_cap = 1000", "no_rate_today", "leave it out"),
        ("[[corridors]]", '[[rivals]]\nname = "x"\ncarrier = "KTZ"\n[[corridors]]', "no_rate_today", "a coefficient"),
    ],
)
def test_a_fault_of_a_through_rate_is_one_sentence(
    old: str, new: str, code: str, phrase: str, four_stations: DataBook, tmp_path: Path
) -> None:
    found = faults(THROUGH.replace(old, new, 1), four_stations, tmp_path)
    assert code in [p.code for p in found]
    assert any(phrase in p.text for p in found if p.code == code)


def test_two_rates_of_one_chain_are_for_different_shipments(four_stations: DataBook, tmp_path: Path) -> None:
    first = THROUGH[THROUGH.index("[[rates]]") : THROUGH.index('[[rates]]\nname = "haven"')]
    again = first.replace('"whole-way"', '"again"')
    (fault,) = faults(THROUGH.replace(first, first + again), four_stations, tmp_path)
    assert (fault.code, fault.value) == ("repeated_chain", "again")
    parted = again.replace('form = "wagon"', 'form = "wagon"\nowner = "private"')
    assert len(read(THROUGH.replace(first, first + parted), four_stations, tmp_path).rates) == 3


def test_all_faults_come_at_once(four_stations: DataBook, tmp_path: Path) -> None:
    broken = GOOD.replace("least = 0.50", "least = 50").replace('["ir-gate"]', '["Atlantis"]').replace("9000", "-1")
    codes = {p.code for p in faults(broken, four_stations, tmp_path)}
    assert {"range_turned", "unknown_place", "number_too_small"} <= codes


def test_the_ready_made_studies_can_be_read(book: DataBook) -> None:
    files = [f for f in data_file("seeds", "studies").iterdir() if f.name.endswith(".toml")]
    assert len(files) >= 4
    for file in files:
        study = read_study(Path(str(file)), book, TODAY)
        assert study.lanes
        assert study.note
        assert all(cost.note or cost.source_id != "keruen-estimate" for cost in study.costs)
