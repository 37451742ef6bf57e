"""Observed lengths, days and prices against the engine: what is compared, looked up, or left with a reason."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError
from optimizer.tables import data_file
from optimizer.validate import DEFAULT_LENGTHS, DEFAULT_PRICES, run
from optimizer.validate.__main__ import markdown
from optimizer.validate.lanes import cargo_in, equipment_in, modes_in
from optimizer.validate.lengths import chain_km
from optimizer.validate.places import NotPlaced, place, via_places
from optimizer.validate.read import parse_span, read_table
from optimizer.validate.report import Report, Row

LENGTHS = "fact_id,description,origin,destination,via,quantity,value,year,source_id\n"
PRICES = "bench_id,route,origin,destination,via,mode_chain,cargo,unit,cost,days,year,source_id,note,also_in_rates\n"


@pytest.fixture(scope="module")
def book() -> DataBook:
    return DataBook.load()


@pytest.fixture
def lengths(book, tmp_path):
    def made(*rows: str) -> list[Row]:
        path = tmp_path / "my_lengths.csv"
        path.write_text(LENGTHS + "\n".join(rows) + "\n", encoding="utf-8")
        return list(run(book, lengths=[path]).rows)

    return made


@pytest.fixture
def prices(book, tmp_path):
    def made(*rows: str) -> list[Row]:
        path = tmp_path / "my_prices.csv"
        path.write_text(PRICES + "\n".join(rows) + "\n", encoding="utf-8")
        return list(run(book, prices=[path]).rows)

    return made


def read_fault(tmp_path: Path, text: str) -> DataError:
    path = tmp_path / "broken.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_table(path)
    return caught.value


# ---- reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "low", "high"), [("12-15", 12, 15), ("4.5", "4.5", "4.5"), ("3 - 4", 3, 4)])
def test_a_number_or_a_range(text, low, high):
    span = parse_span(text)
    assert (span.low, span.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize("text", ["", "many", "-3", "0", "15-12", "nan", "inf", "1e999999"])
def test_what_is_no_number(text):
    with pytest.raises(ValueError):
        parse_span(text)


def test_shipped_tables_can_be_read_and_hold_no_address():
    for name in (*DEFAULT_LENGTHS, *DEFAULT_PRICES):
        table = data_file("seeds", name)
        assert len(read_table(table)) >= 24
        assert b"://" not in table.read_bytes()


def test_every_fault_is_named_with_its_line(tmp_path):
    fault = read_fault(
        tmp_path, LENGTHS + "a,,Uzen,Bolashak,,length_km,far,2020,\na,,Uzen,Bolashak,,length_km,146,20,\n"
    )
    assert [(p.code, p.line) for p in fault.problems] == [("bad_number", 2), ("duplicate_id", 3), ("bad_year", 3)]
    assert str(fault.problems[0]).startswith("broken.csv line 2: value is 'far'")


def test_a_table_of_another_shape(tmp_path):
    assert read_fault(tmp_path, "x,y\n1,2\n").problems[0].code == "unknown_table"
    assert "unit" in read_fault(tmp_path, "bench_id,origin,destination,cost,days,year\n").problems[0].text


def test_semicolons_are_understood(tmp_path):
    path = tmp_path / "semicolon.csv"
    path.write_text(LENGTHS.replace(",", ";") + "a;;Uzen;Bolashak;;length_km;146;2013;x\n", encoding="utf-8")
    assert read_table(path)[0].origin == "Uzen"


# ---- words of other people's tables ------------------------------------------------------------------


def test_words_for_modes_equipment_and_cargo(book):
    assert modes_in("rail+ferry+rail") == ("rail", "sea")
    assert modes_in("Baku-Turkmenbashi rail ferry, time") == ("sea",)
    assert equipment_in("2x40ft wood") == "container-40"
    assert equipment_in("20ft x12") == "container-20"
    assert equipment_in("truck 16.5 m") == "truck"
    assert [cargo_in(words, book) for words in ("grain, hopper", "corn/grain", "any cargo", "tomatoes, 40 trucks")] == [
        "wheat", "maize", "general", "tomatoes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "place_id"),
    [
        ("Kostanay", "kz-kostanay"),
        ("tm-garabogaz", "tm-garabogaz"),
        ("Sarakhs border", "ir-sarakhs"),
        ("Sergeli (Tashkent)", "uz-tashkent"),
        ("Etrek (Akyayla)", "tm-etrek"),
    ],
)
def test_places_by_id_name_and_loose_name(book, name, place_id):
    assert place(name, book).place_id == place_id


def test_the_mode_chooses_between_two_places_of_a_name(book):
    assert place("Alat", book, ("sea",)).place_id == "az-alat-port"
    with pytest.raises(NotPlaced):
        place("Alat", book)


@pytest.mark.parametrize(
    ("name", "told"), [("Chekhov", "Chekhov is not in the network"), ("Kazakhstan", "whole country"), ("", "no place")]
)
def test_names_that_cannot_be_placed(book, name, told):
    with pytest.raises(NotPlaced, match=told):
        place(name, book)


def test_way_points_without_countries(book):
    assert via_places("Kazakhstan; Fariman;Bafq", book) == (("ir-fariman", "ir-bafq"), ())
    assert via_places("Bolashak-Incheh Borun", book)[0] == ("kz-bolashak", "ir-incheh-borun")
    assert via_places("Kashgar-Osh", book)[1] == ("Kashgar", "Osh")


# ---- lengths -----------------------------------------------------------------------------------------


def test_a_length_by_way_points_is_the_sum_of_its_parts(book):
    whole = chain_km(["kz-kandyagash", "kz-atyrau", "kz-kigash"], "rail", False, book)
    parts = [
        chain_km(pair, "rail", False, book) for pair in (["kz-kandyagash", "kz-atyrau"], ["kz-atyrau", "kz-kigash"])
    ]
    assert whole[0] == pytest.approx(sum(part[0] for part in parts))


def test_a_length_over_a_border_counts_the_section_whole(book, lengths):
    (row,) = lengths("a,line,Saryagash,Keles,,length_km,10,2020,x")
    section = next(s for s in book.network.rail_sections if {s.from_id, s.to_id} == {"kz-saryagash", "uz-keles"})
    assert (row.outcome, row.computed) == ("compared", section.length_km)


def test_a_way_point_makes_it_longer(lengths):
    straight, round_about = lengths(
        "a,railway,Uzen,Gorgan,,length_km,908,2014,x", "b,railway,Uzen,Gorgan,Ashgabat,length_km,908,2014,x"
    )
    assert round_about.computed > straight.computed + 500
    assert "Ashgabat" in round_about.basis


def test_roads_cross_borders_and_the_caspian(lengths):
    land, sea = lengths(
        "a,road,pk-karachi,uz-tashkent,pk-torkham;af-hairatan,length_km,3000,2023,x",
        "b,road,pk-karachi,az-alat-port,kz-aktau-port,length_km,4820,2024,x",
    )
    assert 0.9 < land.ratio < 1.1
    assert sea.basis.startswith("road and sea distance")


def test_a_planned_line_is_said_to_be_planned(lengths):
    (row,) = lengths("a,railway,Naibabad,Kharlachi,,length_km,647,2025,x")
    assert "not open yet" in row.basis


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,volume,Sarahs,Sarakhs,,Mt_per_year,7.5,2022,x", "volume"),
        ("a,target,Sarahs,Sarakhs,,wagons_per_day,400,2025,x", "capacity"),
        ("a,speed,CAREC,CAREC,,km_per_hour,12.4,2022,x", "average speed"),
        ("a,border time,,,,hours,9.9,2022,x", "name the crossing"),
        ("a,train,Chekhov,Sarakhs,,days,6,2022,x", "Chekhov is not in the network"),
        ("a,colour,Uzen,Bolashak,,shade,6,2022,x", "shade is not a length"),
    ],
)
def test_what_cannot_be_expressed_says_why(lengths, row, reason):
    (found,) = lengths(row)
    assert found.outcome == "not_expressible"
    assert reason in found.reason


# ---- days --------------------------------------------------------------------------------------------


def test_days_run_from_departure_to_arrival(lengths):
    """1,974 km at 500 km a day: the two days of loading are not counted."""
    (row,) = lengths("a,train of wagons,Kokshetau,Saryagash,,days,4,2025,x")
    assert row.computed == pytest.approx(1974 / 500, abs=0.05)


def test_a_range_compares_with_its_middle_and_holds_what_lies_within(prices):
    (row,) = prices("a,lane,Kokshetau,Saryagash,,rail,wagons,,,3-5,2025,x,,no")
    assert (row.observed, row.observed_middle, row.inside, row.far) == ("3-5", 4.0, True, False)


def test_hours_are_days(lengths):
    (row,) = lengths("a,rail ferry,az-alat-port,tm-turkmenbashi-port,,hours,12,2013,x")
    assert (row.kind, row.computed, row.observed) == ("days", 0.5, "0.5")


def test_hours_of_a_named_crossing_are_a_lookup(lengths):
    (row,) = lengths("a,border time,pk-torkham,af-torkham,,hours,24.2,2022,cpmm.carecprogram.org-d8b4")
    assert (row.outcome, row.ratio) == ("lookup", pytest.approx(1))


def test_a_lane_without_a_rate_still_has_a_time(lengths):
    (row,) = lengths("a,freight train,Quetta,Zahedan,Taftan,days,4.5,2022,x")
    assert row.outcome == "compared"


# ---- prices ------------------------------------------------------------------------------------------


def test_a_railway_charge_meets_the_carriage_lines_alone(prices):
    (row,) = prices('a,lane,Tobol,Galaba,Saryagash,rail,"grain, two railway charges",USD/t,38,,2025,x,,no')
    assert row.outcome == "compared"
    assert row.basis.startswith("carriage of KTZ + UTY only")
    assert float(row.extra.rsplit(" ", 1)[1]) > row.computed


def test_an_all_in_offer_meets_the_total(prices):
    part, whole = prices(
        "a,lane,Kokshetau,Hairatan,,rail,wheat in hoppers,USD/t,60,,2025,x,,no",
        "b,lane,Kokshetau,Hairatan,,rail,wheat in hoppers,USD/t,60,,2025,x,all-in offer,no",
    )
    assert whole.basis.startswith("all lines")
    assert whole.computed > part.computed


def test_units_and_currencies_are_brought_to_dollars(book, prices):
    dollars, tenge = prices(
        "a,lane,Kokshetau,Hairatan,,rail,wheat,USD/t,60,,2025,x,all-in,no",
        "b,lane,Kokshetau,Hairatan,,rail,wheat,KZT/t,31000,,2025,x,all-in,no",
    )
    assert tenge.unit == "USD/t"
    assert tenge.computed == dollars.computed
    assert 40 < tenge.observed_middle < 80


def test_prices_per_truck_and_per_container(prices):
    truck, box = prices(
        "a,lane,Almaty,Tashkent,,road,any,USD/truck,1500,,2025,x,,no",
        "b,lane,Altynkol,Tehran,,rail,any,USD/FEU,1500,,2025,x,,no",
    )
    assert (truck.unit, box.unit) == ("USD/truck", "USD/container")
    assert truck.computed > 500 < box.computed


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,spread,Saryagash,Aktau,,rail,barley,USD/t,30,,2025,x,,no", "difference of two prices"),
        ("a,average,Kazakhstan,Kazakhstan,,road,any,USD/truck,30,,2025,x,,no", "whole country"),
        ("a,average,Almaty,Aktau,,road,20 t,USD per 500 km,30,,2025,x,,no", "the unit"),
        ("a,plan,Almaty,Aktau,,rail (plan),any,USD/t,30,,2025,x,,no", "a plan"),
        ("a,lane,Poti,Almaty,,rail+sea,40HQ,USD/container,30,,2025,x,,no", "Poti is not in the network"),
        ("a,lane,Turkmenbashi,Olya,,ro-ro,tomatoes,,,,2024,x,,no", "neither a price nor a time"),
    ],
)
def test_prices_that_cannot_be_expressed(prices, row, reason):
    (found,) = prices(row)
    assert found.outcome == "not_expressible"
    assert reason in found.reason


def test_a_number_of_our_own_books_is_only_looked_up(prices):
    lost, found = prices(
        "a,lane,Tashkent,Derince (Istanbul),,rail+ferry+rail,20ft,USD/container,2305.42,,2020,interrail.ru-0000,,yes",
        "b,lane,Karachi,Lahore,,road,container,PKR/truck,350000,,2025,en.dailypakistan.com.pk-011b,,yes",
    )
    assert (lost.outcome, lost.computed) == ("lookup", None)
    assert "not found" in lost.basis
    assert (found.outcome, found.ratio) == ("lookup", pytest.approx(1))
    assert "RY001" in found.basis
    assert "the engine:" in found.extra


def test_a_source_may_stand_as_an_address(book, prices):
    address = book.network.sources["en.dailypakistan.com.pk-011b"].reference
    (row,) = prices(f"a,lane,Karachi,Lahore,,road,container,PKR/truck,350000,,2025,{address},,yes")
    assert row.computed == 350000


def test_the_very_number_of_a_rule_is_no_witness(prices):
    (row,) = prices("a,lane,Hairatan,Naibabad,,rail,all cargo,USD/t,7.5,,2022,elsewhere,,no")
    assert (row.outcome, row.extra) == ("lookup", "the same number stands in our data (ARA-ANY)")


def test_years_without_exchange_rates_are_priced_later_and_say_so(prices):
    (row,) = prices("a,lane,Kostanay,Bandar Abbas,Bolashak,rail,any cargo,USD/t,120,,2015,x,,no")
    assert row.outcome == "compared"
    assert "exchange rates of 2015 are not at hand" in row.basis


# ---- report ------------------------------------------------------------------------------------------


def made(row_id: str, outcome: str, kind: str, observed: float, computed: float | None) -> Row:
    return Row(row_id, "t.csv", 2, kind, outcome, "a lane", "km", str(observed), observed, computed)


def test_summary_by_kind_with_the_worst_row_and_lookups_apart():
    rows = [
        made("a", "compared", "length", 100, 100),
        made("b", "compared", "length", 100, 50),
        made("c", "compared", "length", 100, 150),
        made("d", "lookup", "price", 100, 100),
        made("e", "lookup", "price", 100, None),
        made("f", "not_expressible", "other", 1, None),
    ]
    report = Report(rows)
    summary = report.summary()
    assert summary["compared"]["length"] == {
        "n": 3,
        "median_ratio": 1.0,
        "worst_ratio": 0.5,
        "worst_row": "b",
        "far": 2,
    }
    assert summary["lookup"]["price"]["n"] == 1
    assert summary["lookup"]["not_found"] == ["e"]
    assert summary["not_expressible"]["n"] == 1


def test_an_empty_report_has_a_summary():
    assert Report([]).summary()["compared"] == {}


def test_the_report_on_a_terminal_and_as_data(lengths, book, tmp_path):
    from rich.console import Console

    path = tmp_path / "few.csv"
    path.write_text(
        LENGTHS + "a,rail,Uzen,Bolashak,,length_km,146,2013,x\nb,x,CAREC,CAREC,,km_per_hour,12,2022,x\n",
        encoding="utf-8",
    )
    report = run(book, lengths=[path])
    out = io.StringIO()
    report.render(Console(file=out, width=200))
    assert "Not expressible" in out.getvalue()
    assert "1.00" in out.getvalue()
    data = report.as_dict()
    assert data["rows"][0]["ratio"] == 1.0
    assert data["summary"]["compared"]["length"]["n"] == 1


def test_the_shipped_tables_end_to_end(book):
    report = run(book)
    summary = report.summary()
    assert {r.outcome for r in report.rows} == {"compared", "lookup", "not_expressible"}
    assert summary["compared"]["length"]["n"] >= 24
    assert 0.95 < summary["compared"]["length"]["median_ratio"] < 1.05
    assert summary["lookup"]["not_found"] == []
    assert all(r.reason for r in report.of("not_expressible"))
    assert all(r.basis for r in report.of("compared"))


def test_the_page_tells_what_the_engine_computes_today(book) -> None:
    """After a change of rates, times or search: python -m optimizer.validate --markdown, and read the rows that moved."""
    page = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    assert page[page.index("## Summary") :].splitlines() == markdown(run(book)).splitlines()
