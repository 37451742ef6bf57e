"""The table of laws and queues: every element finds its row, every row its source, faults are told."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace

import pytest

from optimizer.errors import DataError, FreightError
from optimizer.network.model import Network
from optimizer.network.read import read_network
from optimizer.tables import data_file, read_bytes
from optimizer.timing.elements import COLUMNS, KINDS, Selector, Times, element_of_leg, read_times
from optimizer.timing.fitting import between, fitted
from optimizer.timing.laws import Element

LEG_WORDS = [
    ("handling", "none", "reloading"),
    ("handling", "none", "bogie change"),
    ("handling", "none", "container lift"),
    ("handling", "none", "transshipment"),
    ("handling", "none", "port, wagon to ship"),
    ("handling", "none", "port, ship to wagon"),
    ("handling", "none", "port, truck to ship"),
    ("handling", "none", "port, ship to truck"),
    ("handling", "none", "port, store to ship"),
    ("handling", "none", "port, ship to store"),
    ("handling", "none", "port, container to ship"),
    ("handling", "none", "port, container from ship"),
    ("handling", "none", "loading the wagons"),
    ("handling", "none", "loading the container"),
    ("handling", "none", "loading the truck"),
    ("handling", "none", "container to the rail terminal"),
    ("handling", "none", "container from the rail terminal"),
    ("wait", "none", "waiting for a sailing"),
    ("wait", "none", "waiting for a ship"),
    ("haul", "rail", "rail"),
    ("haul", "road", "truck"),
    ("haul", "sea", "dry_bulk"),
    ("border", "rail", ""),
    ("border", "road", ""),
]


@pytest.fixture(scope="module")
def times() -> Times:
    return read_times()


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network()


def test_every_kind_has_a_default(times: Times) -> None:
    for kind in KINDS:
        law = times.law_of(kind, from_id="xx-nowhere", to_id="yy-nowhere")
        assert law.selector == Selector(kind)
        assert 0 < law.element(10).spread.sd_h < 12.6


@pytest.mark.parametrize("words", LEG_WORDS)
def test_every_word_of_a_leg_is_an_element(times: Times, words: tuple[str, str, str]) -> None:
    kind, service = element_of_leg(*words)
    assert kind in KINDS and kind != "handling"
    assert times.law_of(kind, service=service, country="KZ").shape.spread.var_h2 > 0


def test_every_row_names_a_source_and_places_we_know(times: Times, network: Network) -> None:
    for row in (*times.laws, *times.queues):
        assert row.source_id in network.sources, row.row_id
        for end in (row.selector.start, row.selector.end):
            assert not end or len(end) == 2 or end in network.places, (row.row_id, end)
        if row.source_id == "keruen-estimate":
            assert row.status == "estimated", row.row_id


def test_no_two_rows_fit_an_element_equally(times: Times, network: Network) -> None:
    months = range(1, 13)
    for kind, rows in (("rail_border", network.rail_crossings), ("road_border", network.road_crossings)):
        for row in rows:
            for a, b in ((row.from_id, row.to_id), (row.to_id, row.from_id)):
                for month in months:
                    times.law_of(kind, from_id=a, to_id=b, month=month)
    for service in network.sea_services:
        for a, b in ((service.from_id, service.to_id), (service.to_id, service.from_id)):
            for kind in ("sea_haul", "wait_sailing", "wait_tramp"):
                times.law_of(kind, service=service.kind, from_id=a, to_id=b)
    for place in network.places.values():
        for kind in ("rail_haul", "road_haul", "port", "reload", "loading"):
            for family in ("wagon", "container", "truck"):
                times.law_of(kind, country=place.country, from_id=place.id, to_id=place.id, family=family)


@pytest.mark.parametrize(
    ("kind", "ends", "more", "row_id"),
    [
        ("rail_border", ("kz-saryagash", "uz-keles"), {"month": 11}, "rail-border-saryagash-peak"),
        ("rail_border", ("kz-saryagash", "uz-keles"), {"month": 5}, "rail-border-from-kz"),
        ("rail_border", ("uz-keles", "kz-saryagash"), {"month": 11}, "rail-border-to-kz"),
        ("rail_border", ("tm-serhetyaka", "kz-bolashak"), {}, "rail-border-bolashak"),
        ("rail_border", ("uz-galaba", "af-hairatan"), {}, "rail-border"),
        ("road_border", ("pk-chaman", "af-spin-boldak"), {}, "road-border-chaman"),
        ("road_border", ("af-spin-boldak", "pk-chaman"), {}, "road-border"),
        ("rail_haul", ("kz-kostanay", "kz-bolashak"), {"family": "container"}, "rail-kz-box"),
        ("rail_haul", ("tm-serhetyaka", "tm-akyayla"), {}, "rail-tm-kti"),
        ("wait_sailing", ("kz-kuryk-port", "az-alat-port"), {"service": "roro"}, "wait-roro"),
        ("wait_sailing", ("kz-aktau-port", "az-alat-port"), {"service": "container_feeder"}, "wait-ship"),
    ],
)
def test_the_narrowest_row_wins(
    times: Times, kind: str, ends: tuple[str, str], more: dict[str, object], row_id: str
) -> None:
    assert times.law_of(kind, from_id=ends[0], to_id=ends[1], **more).row_id == row_id  # type: ignore[arg-type]


def test_the_mean_is_the_legs_own(times: Times) -> None:
    """[rule: one-mean]"""
    for law in times.laws:
        assert law.element(48).mean_h == 48
    with pytest.raises(DataError, match="write the hours where the leg has them"):
        read_times(table({"row_id": "sea-tm-az", "mean_h": "17"}))


def test_the_error_of_a_mean_of_few_years_widens_the_law(times: Times) -> None:
    """[rule: predictive] Chaman, three years: 0.145 between them, 0.145 / sqrt(3) for their mean."""
    chaman = times.law_of("road_border", from_id="pk-chaman", to_id="af-spin-boldak")
    within = fitted("gamma", low=6, high=72).cv
    change = between([70.7, 57.5, 54.0])
    assert chaman.shape.cv == pytest.approx((within**2 + change**2 * (1 + 1 / 3)) ** 0.5)


def queues(times: Times, place: str, day: dt.date, known: dt.date, kind: str = "rail_border", **more: str) -> list[str]:
    return [q.row_id for q in times.queue_at(kind, day, known, from_id=place, **more)]


def test_a_queue_is_there_on_its_days_once_it_is_known(times: Times) -> None:
    peak, before = dt.date(2025, 12, 10), dt.date(2025, 11, 24)
    there = {"place": "kz-saryagash", "to_id": "uz-keles"}
    assert queues(times, day=peak, known=before, **there) == []
    assert queues(times, day=peak, known=dt.date(2025, 11, 25), **there) == ["KZ-SARYAGASH-2025-11"]
    # Learnt later, told better: the newest row of a queue stands for it, the two are not added.
    assert queues(times, day=peak, known=peak, **there) == ["KZ-SARYAGASH-2025-12"]
    assert queues(times, day=dt.date(2026, 2, 1), known=dt.date(2026, 2, 1), **there) == []
    assert queues(times, "uz-keles", peak, peak, to_id="kz-saryagash") == []


def test_a_closure_comes_back_every_year(times: Times) -> None:
    for year in (2024, 2026):
        day = dt.date(year, 11, 15)
        assert "KZ-KURYK-WEATHER-WAIT" in queues(times, "kz-kuryk-port", day, day, "wait_sailing", service="roro")
    summer = dt.date(2026, 7, 1)
    assert queues(times, "kz-kuryk-port", summer, summer, "wait_sailing", service="roro") == []


def test_a_queue_may_hold_for_one_cargo(times: Times) -> None:
    day = dt.date(2025, 10, 20)
    there = {"to_id": "cn-alashankou"}
    assert queues(times, "kz-dostyk", day, day, cargo="grain", **there) == ["CN-GRAIN-2025-10-DOSTYK"]
    assert queues(times, "kz-dostyk", day, day, cargo="ores", **there) == []


def test_what_a_leg_already_holds_is_not_counted_twice(times: Times) -> None:
    """[rule: held]"""
    day = dt.date(2025, 12, 10)
    (queue,) = times.queue_at("rail_border", day, day, from_id="kz-saryagash", to_id="uz-keles")
    law = times.law_of("rail_border", from_id="kz-saryagash", to_id="uz-keles", month=12)
    assert queue.applied(law.element(24)) == (Element(132, queue.shape),)
    assert queue.applied(law.element(132)) == (law.element(132),)


def test_a_closure_comes_on_top_with_its_chance(times: Times) -> None:
    day = dt.date(2026, 12, 1)
    (closure,) = times.queue_at("wait_sailing", day, day, from_id="kz-kuryk-port", service="rail_ferry")
    ship = times.law_of("wait_sailing", service="rail_ferry").element(9)
    waited = closure.applied(ship)
    assert waited[0] == ship and sum(e.mean_h for e in waited) == pytest.approx(9 + 0.5 * 48)


def table(*changes: dict[str, str], drop: str = "") -> bytes:
    """The shipped table with the cells of some rows changed, new rows added, one kind dropped."""
    rows = list(csv.DictReader(io.StringIO(read_bytes(data_file("seeds", "times.csv")).decode())))
    by_id = {row["row_id"]: row for row in rows}
    for change in changes:
        row = by_id.setdefault(change["row_id"], dict.fromkeys(COLUMNS, ""))
        row.update(change)
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(row for row in by_id.values() if row["kind"] != drop)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("change", "code", "phrase"),
    [
        ({"row_id": "rail", "kind": "tunnel"}, "unknown_word", "is none of rail_haul"),
        ({"row_id": "rail", "use": "guess"}, "unknown_word", "neither spread nor queue"),
        ({"row_id": "rail", "law": "weibull"}, "unknown_word", "is none of fixed"),
        ({"row_id": "rail", "low": "", "high": ""}, "no_spread", "needs to be filled"),
        ({"row_id": "rail", "cv": "0.3"}, "no_spread", "not both"),
        ({"row_id": "rail", "low": "500", "high": "200"}, "no_spread", "low not above high"),
        ({"row_id": "rail", "low": "-3"}, "bad_value", "no number above 0"),
        ({"row_id": "rail", "low": "nan"}, "bad_value", "no number above 0"),
        ({"row_id": "rail", "read_as": "90-50"}, "bad_value", "no pair of chances"),
        ({"row_id": "rail", "figures": "5;x"}, "bad_value", "no list of numbers"),
        ({"row_id": "rail", "status": "sure"}, "unknown_word", "is none of published"),
        ({"row_id": "rail", "source_id": ""}, "missing_source", "name a source"),
        ({"row_id": "rail", "note": ""}, "missing_source", "where the numbers come from"),
        ({"row_id": "rail-border-bolashak", "from": "Bolashak"}, "bad_value", "neither the id of a place"),
        ({"row_id": "rail-border-bolashak", "ways": "two"}, "unknown_word", "is none of empty, one, both"),
        ({"row_id": "rail-border-saryagash-peak", "months": "10-13"}, "bad_value", "no list of months"),
        ({"row_id": "KZ-KURYK-2025-06", "mean_h": ""}, "bad_value", "without published hours"),
        ({"row_id": "KZ-KURYK-2025-06", "how": ""}, "unknown_word", "is none of held, added"),
        ({"row_id": "KZ-KURYK-2025-06", "share": "1.5"}, "bad_value", "is above 1"),
        ({"row_id": "KZ-KURYK-2025-06", "known_from": "June"}, "bad_value", "no day such as"),
    ],
)
def test_a_fault_of_a_row_is_told(change: dict[str, str], code: str, phrase: str) -> None:
    with pytest.raises(DataError) as caught:
        read_times(table(change))
    (problem,) = [p for p in caught.value.problems if p.code == code and phrase in p.text]
    assert problem.line > 1 and problem.file == "seeds/times.csv"


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        read_times(table({"row_id": "rail", "status": ""}, {"row_id": "sea", "law": ""}, drop="bogie"))
    assert {p.code for p in caught.value.problems} == {"unknown_word", "missing_default"}
    assert len(caught.value.problems) == 3


def test_a_column_may_not_be_missing_nor_an_id_stand_twice() -> None:
    raw = read_bytes(data_file("seeds", "times.csv"))
    with pytest.raises(DataError, match="column figures is missing"):
        read_times(raw.replace(b",figures,", b",numbers,", 1))
    with pytest.raises(DataError, match="stands twice"):
        read_times(raw.replace(b"spread,rail-kz,", b"spread,rail,", 1))


def test_rows_that_fit_equally_are_an_error_not_a_choice(times: Times) -> None:
    twin = replace(next(law for law in times.laws if law.row_id == "rail-kz"), row_id="rail-kz-2")
    both = replace(times, laws=(*times.laws, twin), _found={})
    with pytest.raises(FreightError, match="rail-kz, rail-kz-2 fit the same element") as caught:
        both.law_of("rail_haul", country="KZ")
    assert caught.value.code == "ambiguous_law"
    with pytest.raises(FreightError, match="no law for 'tunnel'"):
        times.law_of("tunnel")


def test_the_version_changes_with_the_table(times: Times) -> None:
    assert read_times(table({"row_id": "rail", "high": "600"})).version != times.version
    assert read_times().version == times.version
