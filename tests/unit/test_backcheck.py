"""The forecast against what went: parts beside totals and boxes among tonnes are told and never added up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.backcheck.assign import Forecast, Sent, assign, read_demand
from optimizer.backcheck.compare import compare, errors_by
from optimizer.backcheck.rows import Flow, inside_flagged, read_flows
from optimizer.backcheck.run import default_flows
from optimizer.databook import DataBook
from optimizer.errors import DataError

HEAD = "flow_id,flow,origin,destination,route_or_node,cargo,period_from,period_to,value,unit,note\n"
DEMAND = "shipment_id,origin,destination,cargo,tonnes,equipment,ownership,ready_date,partner\n"


def flows(book: DataBook, tmp_path: Path, *rows: str) -> dict[str, Flow]:
    file = tmp_path / "flows.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return {flow.flow_id: flow for flow in read_flows(file, book)}


def codes(flow: Flow) -> set[str]:
    return {f.code for f in flow.flags}


def test_units_of_mass_become_tonnes(book: DataBook, tmp_path: Path) -> None:
    found = flows(
        book,
        tmp_path,
        'A,grain,Kazakhstan,Iran,rail,grain,2024-09,2024-09,"1,5",kt,',
        "B,grain,Kazakhstan,Uzbekistan,rail,grain,2024-09,2024-09,0.002,Mt,",
        "C,grain,Kazakhstan,Tajikistan,rail,grain,2024-09,2024-09,700,t,",
    )
    assert [found[i].tonnes for i in "ABC"] == [1500, 2000, 700]
    assert found["A"].end == dt.date(2024, 9, 30)
    assert not any(f.flags for f in found.values())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("X,containers,all,all,Aktau port,containers,2024-01,2024-03,7.4,kTEU,", "not_tonnes"),
        ("X,контейнеры (ДФЭ),Казахстан,Иран,rail,all,2024-01,2024-03,35,kt,", "boxes_as_tonnes"),
        ("X,в т.ч. зерно,Казахстан,Иран,rail,grain,2024-01,2024-03,35,kt,", "part_of_total"),
        ("X,Итого,Казахстан,Иран,rail,grain,2024-01,2024-03,35,kt,", "total_beside_parts"),
        ('X,grain,Kazakhstan,Iran,rail,grain,2024-01,2024-03,"(35,5)",kt,', "below_zero"),
        ("X,grain,Kazakhstan,Iran,rail,grain,2024-01,2024-03,н/д,kt,", "no_number"),
        ("X,grain,Kazakhstan,Iran,rail,grain,last winter,,35,kt,", "no_period"),
        ("X,grain,Kazakhstan,Iran,Atlantis gate,grain,2024-01,,35,kt,", "unknown_node"),
        ("X,grain,Kazakhstan,Ruritania,rail,grain,2024-01,,35,kt,", "unknown_country"),
        ("X,sand,Kazakhstan,Iran,rail,moon dust,2024-01,,35,kt,", "unknown_cargo"),
        ("X,port calls,Kazakhstan,Iran,Aktau port,grain,2025-09,,14,ships,", "not_tonnes"),
    ],
)
def test_what_cannot_be_added_is_flagged(book: DataBook, tmp_path: Path, row: str, code: str) -> None:
    flow = flows(book, tmp_path, row)["X"]
    assert code in codes(flow)
    assert not flow.usable
    assert all(f.text for f in flow.flags)


def test_a_row_inside_another_is_not_added_to_it(book: DataBook, tmp_path: Path) -> None:
    found = flows(
        book,
        tmp_path,
        "SEASON,grain,Kazakhstan,Afghanistan,rail,grain,2025-09-01,2026-01-31,416,kt,",
        "AUTUMN,grain,Kazakhstan,Afghanistan,rail,grain,2025-09-01,2025-12-19,260,kt,",
        "WHEAT,wheat,Kazakhstan,Afghanistan,rail,wheat,2025-10,2025-10,50,kt,",
        "IRAN,grain,Kazakhstan,Iran,rail,grain,2025-09-01,2025-12-19,260,kt,",
        "TWIN,grain,Kazakhstan,Iran,rail,grain,2025-09-01,2025-12-19,260,kt,",
    )
    marked = {flow.flow_id: flow for flow in inside_flagged(found.values())}
    assert {i for i, f in marked.items() if f.inside} == {"AUTUMN", "WHEAT", "TWIN"}
    assert "SEASON" in marked["AUTUMN"].flags[0].text


def sent(day: str, to: str, tonnes: int, *places: str, cargo: str = "wheat") -> Sent:
    groups = frozenset({"grain"})
    return Sent(dt.date.fromisoformat(day), "KZ", to, cargo, groups, Decimal(tonnes), frozenset(places), "")


def test_errors_by_border_count_nothing_twice(book: DataBook, tmp_path: Path) -> None:
    observed = flows(
        book,
        tmp_path,
        "SEA,grain,Kazakhstan,Iran,Aktau port,grain,2025-09,2025-10,100,kt,",
        "SEPT,grain,Kazakhstan,Iran,Aktau port,grain,2025-09,2025-09,50,kt,",
        "LAND,grain,Kazakhstan,Iran,Bolashak,grain,2025-09,2025-10,200,kt,",
        "TEU,boxes,Kazakhstan,Iran,Bolashak,containers,2025-09,2025-10,9,kTEU,",
        "ALL,everything,all,all,Bolashak,all,2025-09,2025-10,500,kt,",
        "LATE,grain,Kazakhstan,Iran,Bolashak,grain,2026-06,2026-06,9,kt,",
    )
    forecast = Forecast(
        sent=(
            sent("2025-09-10", "IR", 30000, "kz-aktau-port"),
            sent("2025-10-10", "IR", 40000, "kz-aktau-port"),
            sent("2025-10-11", "IR", 260000, "kz-bolashak", "tm-akyayla"),
            sent("2025-10-12", "AF", 10000, "kz-bolashak", "tm-serhetabat"),
        ),
        stays=(),
        spans=(("IR", dt.date(2025, 9, 1), dt.date(2025, 10, 31)),),
    )
    rows = {r.flow.flow_id: r for r in compare(list(observed.values()), forecast)}
    assert rows["SEA"].error == -30000
    assert rows["SEPT"].state == "part"
    assert rows["SEPT"].error == -20000
    assert rows["LAND"].error == 60000
    assert rows["TEU"].state == "flagged"
    assert rows["ALL"].state == rows["LATE"].state == "not_comparable"
    by_border = {r["border"]: r for r in errors_by(rows.values(), "border")}
    assert by_border["Aktau port"]["observed_t"] == "100000"
    assert by_border["Aktau port"]["error_t"] == "-30000"
    assert by_border["Bolashak"]["error_percent"] == "30.0"
    by_cargo = errors_by(rows.values(), "cargo")
    assert [(r["cargo"], r["rows"], r["absolute_error_t"]) for r in by_cargo] == [("grain (at borders)", "2", "90000")]


def test_shipments_go_the_cheapest_way_or_by_a_logit(book: DataBook, tmp_path: Path) -> None:
    file = tmp_path / "demand.csv"
    row = "S1,kz-kostanay,ir-tehran,barley,20000,hopper-wagon,private,2025-12-10,IR\n"
    file.write_text(DEMAND + row, encoding="utf-8")
    wanted, spans = read_demand([file])
    assert spans == [("IR", dt.date(2025, 12, 1), dt.date(2025, 12, 31))]
    cheapest = assign(wanted, spans, book)
    assert len(cheapest.sent) == 1
    assert cheapest.sent[0].tonnes == 20000
    split = assign(wanted, spans, book, spread=8)
    assert len(split.sent) > 1
    assert float(sum(s.tonnes for s in split.sent)) == pytest.approx(20000)
    assert max(split.sent, key=lambda s: s.tonnes).places == cheapest.sent[0].places


def test_the_default_observations_are_the_facts_of_the_seeds(book: DataBook) -> None:
    listed = default_flows(book)
    assert len(listed) > 40
    assert any(flow.inside for flow in inside_flagged(listed))
    assert all(flow.destinations for flow in listed)


def test_a_file_without_a_column_is_refused(book: DataBook, tmp_path: Path) -> None:
    file = tmp_path / "flows.csv"
    file.write_text("flow_id,value\nA,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="missing"):
        read_flows(file, book)
