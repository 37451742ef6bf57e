"""Two sets of tariff books side by side: which rows differ, which lanes on which days feel it, and why."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from optimizer.databook import DataBook
from optimizer.errors import DataError, RequestError
from optimizer.money import ExchangeRates
from optimizer.present_tariff import import_lines, new_book_lines, render
from optimizer.quote import best_only
from optimizer.request import EARLIEST, QuoteRequest, normalise
from optimizer.tariff.blank import new_book
from optimizer.tariff.edit import import_rates
from optimizer.tariffdiff import diff as tariffdiff
from optimizer.tariffdiff.answer import LaneChange, Outcome, TariffDiff
from optimizer.tariffdiff.diff import diff, lanes_of

TODAY = dt.date(2026, 11, 22)
EXPORT = QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000")
GATE = QuoteRequest("kz-north", "ir-gate", "wheat", tonnes="1000", ready="2020-01-01", due="2020-02-01")
HOME = QuoteRequest("kz-north", "kz-post", "wheat", tonnes="3000")
TRUCKS = QuoteRequest("kz-north", "ir-haven", "flour", tonnes="200", equipment="truck")
BACK = QuoteRequest("ir-haven", "kz-north", "wheat", tonnes="3000")
LANES = (EXPORT, HOME, BACK, GATE)
Read = Callable[..., DataBook]

# A letter of 9 November with effect from 1 October: RAI carries goods from Kazakhstan at 0.80 instead of 0.90.
LETTER = """coef_id,charge,carrier,group,origin_country,value,valid_from,valid_to,known_from,replaces,status,source_id
LETTER-3,carriage,RAI,transit,KZ,0.80,2026-10-01,2026-12-31,2026-11-09,RAI-LETTER-1,published,letter-3
"""
RATES = "rule_id,charge,carrier,form,owner,service,basis,rate,currency,valid_from,status,source_id\n"


@pytest.fixture
def over(tmp_path: Path, read_four_stations: Read) -> Callable[..., DataBook]:
    """over(rates=..., coefficients=...): `four_stations` with a book of one's own over it."""

    def read(**given: str) -> DataBook:
        folder = tmp_path / f"own-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "book.toml").write_text('id = "own"\ntitle = "Own"\ncurrency = "USD"\n', encoding="utf-8")
        for name, text in {"rates": RATES, **given}.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return read_four_stations(over=[folder])

    return read


@pytest.fixture
def edited(tmp_path: Path, four_stations_folder: Path, read_four_stations: Read) -> Callable[..., DataBook]:
    """edited(("rates.csv", old, new), ...): `four_stations` with words of its own book, or (None) a whole table changed."""

    def read(*changes: tuple[str, str | None, str]) -> DataBook:
        folder = tmp_path / f"edition-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(four_stations_folder / "book", folder)
        for name, old, new in changes:
            text = new
            if old is not None:
                text = (folder / name).read_text(encoding="utf-8")
                assert old in text
                text = text.replace(old, new)
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return read_four_stations(book=folder)

    return read


def felt(found: TariffDiff) -> set[tuple[str, str, str]]:
    return {(lane.request.origin, lane.request.destination, lane.day.isoformat()) for lane in found.lanes}


def consistent(found: TariffDiff) -> None:
    """What holds of every diff."""
    for lane in found.lanes:
        if lane.old.total is not None and lane.new.total is not None:
            assert sum(line.change for line in lane.lines) == lane.change
        assert set(lane.rows) <= {row.id for row in found.rows}
    for row in found.rows:
        assert row.touched == sum(row.id in lane.rows for lane in found.lanes)
    assert json.loads(json.dumps(found.as_dict()))["counts"]["asked"] == found.asked


def mirrored(found: TariffDiff) -> dict[str, Any]:
    """A diff as the opposite question would be answered."""
    plain = found.as_dict()
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}

    def swap(row: dict[str, Any], *pairs: tuple[str, str]) -> None:
        for old, new in pairs:
            row[old], row[new] = row[new], row[old]

    def less(amount: str | None) -> str | None:
        return amount if amount is None else f"{-Decimal(amount):.2f}"

    swap(plain["versions"], ("old", "new"))
    swap(plain["counts"], ("rows_added", "rows_removed"))
    for row in plain["rows"]:
        row["what"] = opposite[row["what"]]
        swap(row, ("old_place", "new_place"))
        for field in row["fields"]:
            swap(field, ("old", "new"))
    for lane in plain["lanes"]:
        swap(lane, ("old", "new"), ("old_way_now", "new_way_before"))
        lane["change"] = less(lane["change"])
        for line in lane["lines"]:
            swap(line, ("old", "new"), ("old_ids", "new_ids"))
            line["change"] = less(line["change"])
    return in_order(plain)


def in_order(plain: dict[str, Any]) -> dict[str, Any]:
    """Without what has no sign: the order of fields and lines, and per cents, whose base is another."""
    for row in plain["rows"]:
        row["fields"].sort(key=lambda f: f["name"])
    for lane in plain["lanes"]:
        lane["lines"].sort(key=lambda line: (line["charge"], line["carrier"], line["where"]))
        lane.pop("per_cent")
    return plain


# ---- nothing differs ---------------------------------------------------------------------------------


def test_the_same_books_do_not_differ(four_stations: DataBook, read_four_stations: Read) -> None:
    for other in (four_stations, read_four_stations()):
        found = diff(four_stations, other, LANES, None, TODAY)
        assert found.empty
        assert (found.days, found.asked, found.unchanged) == ((TODAY,), 4, 4)
        consistent(found)


def test_a_new_empty_book_changes_nothing(four_stations: DataBook, read_four_stations: Read, tmp_path: Path) -> None:
    new_book(tmp_path / "empty", "empty", "Nothing yet", "Us", "USD")
    found = diff(four_stations, read_four_stations(over=[tmp_path / "empty"]), LANES, None, TODAY)
    assert found.empty
    assert found.unchanged == 4


# ---- a letter with effect from an earlier date -------------------------------------------------------

COVERED = {"2026-10-01", "2026-11-22", "2026-12-31"}
TRANSIT = {
    (lane.origin, lane.destination, day) for lane in (EXPORT, GATE) for day in COVERED
}  # from Kazakhstan over RAI; neither the lane at home nor the one back


def test_a_backdated_letter_is_felt_on_its_lanes_and_days_alone(four_stations: DataBook, over: Any) -> None:
    found = diff(four_stations, over(coefficients=LETTER), LANES, None, TODAY)
    assert [d.isoformat() for d in found.days] == [
        "2026-09-30",
        "2026-10-01",
        "2026-11-22",
        "2026-12-31",
        "2027-01-01",
    ]
    assert felt(found) == TRANSIT
    assert (found.asked, len(found.lanes), found.unchanged, found.unpriced) == (20, 6, 14, ())
    assert [(r.kind, r.id, r.what, r.touched) for r in found.rows] == [("coefficient", "LETTER-3", "added", 6)]
    first = next(lane for lane in found.lanes if lane.day == TODAY)
    assert (first.rows, first.way_changed, first.old_way_now) == (("LETTER-3",), False, None)
    [line] = first.lines
    assert (line.charge, line.carrier, line.old, line.new) == (
        "carriage",
        "RAI",
        Decimal("16512.80"),
        Decimal("14678.05"),
    )
    assert line.old_ids == ("RAI-PRIVATE", "RAI-LETTER-1")
    assert line.new_ids == ("RAI-PRIVATE", "LETTER-3")
    assert line.rows == ("LETTER-3",)
    assert first.change == line.change == Decimal("-1834.75")
    consistent(found)


def test_what_was_not_issued_yet_is_not_felt(four_stations: DataBook, over: Any) -> None:
    days = [dt.date(2026, 10, 1), dt.date(2026, 11, 8)]
    found = diff(four_stations, over(coefficients=LETTER), LANES, days, dt.date(2026, 11, 8))
    assert [r.touched for r in found.rows] == [0]
    assert (found.lanes, found.unchanged) == ((), 8)


def test_a_lane_says_no_ready_or_due_day_of_its_own(four_stations: DataBook, over: Any) -> None:
    """GATE was to be loaded and delivered in 2020; the diff asks about its own days."""
    found = diff(four_stations, over(coefficients=LETTER), [GATE], [TODAY], TODAY)
    assert [lane.day for lane in found.lanes] == [TODAY]


# ---- the mirror --------------------------------------------------------------------------------------


def test_mirrored_the_diff_changes_its_sign(four_stations: DataBook, over: Any, edited: Any) -> None:
    dear = "DEAR,carriage,RAI,wagon,,,per_t,60,USD,2026-11-01,published,us\n"
    twice = RATES + "A,carriage,RAI,wagon,,,per_t,9,USD,,estimated,us\nB,carriage,RAI,,,,per_t,10,USD,,estimated,us\n"
    nowhere = QuoteRequest("kz-north", "Atlantis", "wheat", tonnes="10")
    for other in (
        over(coefficients=LETTER),
        over(rates=RATES + dear),
        over(through=CHAIN),
        over(rates=twice),
        edited(
            (
                "rates.csv",
                "HIRE,hire,,,,,wagon,private;foreign,,,per_unit_day,,30",
                "HIRE,hire,,,,,wagon,,,,per_unit_day,,40",
            )
        ),
    ):
        found = diff(four_stations, other, [*LANES, TRUCKS, nowhere], None, TODAY)
        back = diff(other, four_stations, [*LANES, TRUCKS, nowhere], None, TODAY)
        assert found.rows and found.lanes and found.unpriced
        assert mirrored(found) == in_order(back.as_dict())
        consistent(found)
        consistent(back)


# ---- why ---------------------------------------------------------------------------------------------


def test_a_rate_that_drives_goods_off_a_way_is_named_though_no_line_of_it_is_left(
    four_stations: DataBook, over: Any
) -> None:
    found = diff(
        four_stations,
        over(rates=RATES + "DEAR,carriage,RAI,wagon,,,per_t,60,USD,2026-11-01,published,us\n"),
        [EXPORT],
        [dt.date(2026, 10, 31), TODAY],
        TODAY,
    )
    [lane] = found.lanes
    assert (lane.day, lane.way_changed, lane.rows) == (TODAY, True, ("DEAR",))
    assert not [line for line in lane.lines if "DEAR" in line.new_ids]
    assert lane.old.total is not None
    assert lane.new.total is not None
    assert lane.old_way_now is not None
    assert lane.old.total < lane.new.total < lane.old_way_now
    assert lane.new_way_before == lane.new.total  # nothing changed on the way the goods now take
    assert lane.old.way != lane.new.way
    consistent(found)


CHAIN = (
    "rule_id,chain,mode,replaces,form,basis,rate,status,source_id\n"
    "ALL-IN,kz-north;kz-post|ir-gate;ir-haven,road,truck;road_border;road_border_default,truck,per_unit,200,published,us\n"
)


def test_a_through_rate_numbers_ways_anew_and_the_old_way_is_found_again(four_stations: DataBook, over: Any) -> None:
    found = diff(four_stations, over(through=CHAIN), [TRUCKS], [TODAY], TODAY)
    [lane] = found.lanes
    assert (lane.rows, lane.way_changed) == (("ALL-IN",), True)
    assert lane.old_way_now == lane.old.total  # no rate of the old way has changed
    assert lane.new_way_before is None  # nobody sold the chain whole
    assert [(line.charge, line.new_ids) for line in lane.lines if line.rows] == [("through", ("ALL-IN",))]
    consistent(found)
    assert "the old way would cost" in shown(found)
    consistent(diff(over(through=CHAIN), four_stations, [TRUCKS], [TODAY], TODAY))


def test_a_surcharge_is_a_line_of_its_own(four_stations: DataBook, over: Any) -> None:
    seal = "rule_id,charge,on,carrier,basis,rate,status,source_id\nSEAL,seal,carriage,RAI,per_unit,5,published,us\n"
    found = diff(four_stations, over(surcharges=seal), [EXPORT, HOME], [TODAY], TODAY)
    [lane] = found.lanes
    assert [(r.kind, r.touched) for r in found.rows] == [("surcharge", 1)]
    [line] = lane.lines
    assert (line.charge, line.old, line.new, line.old_ids, line.new_ids) == ("seal", None, lane.change, (), ("SEAL",))
    consistent(found)


def test_a_row_no_lane_feels_says_so(four_stations: DataBook, over: Any) -> None:
    found = diff(
        four_stations,
        over(rates=RATES + "BOX,carriage,RAI,container,,,per_unit,900,USD,,published,us\n"),
        LANES,
        None,
        TODAY,
    )
    assert [(r.id, r.touched) for r in found.rows] == [("BOX", 0)]
    assert found.as_dict()["counts"]["rows_without_lane"] == 1
    assert "no lane touched" in shown(found)


def test_two_rows_that_fit_alike_are_the_answer_of_that_side(four_stations: DataBook, over: Any) -> None:
    twice = RATES + "A,carriage,RAI,wagon,,,per_t,9,USD,,estimated,us\nB,carriage,RAI,,,,per_t,10,USD,,estimated,us\n"
    found = diff(four_stations, over(rates=twice), [EXPORT], [TODAY], TODAY)
    [lane] = found.lanes
    assert (lane.new.total, lane.new.code, lane.change, lane.per_cent) == (None, "ambiguous_rate", None, None)
    assert lane.rows == ("A", "B")
    assert "ambiguous_rate" in shown(found)


def test_lanes_without_a_price_are_counted_and_say_why(four_stations: DataBook, over: Any) -> None:
    lanes = [
        QuoteRequest("kz-north", "Atlantis", "wheat", tonnes="10"),
        QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000", mode=("rail",), avoid=("IR",)),
        QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000", currency="AFN"),
    ]
    late = ExchangeRates([row for row in four_stations.fx.rows if row.day.year >= 2025])
    old, new = (replace(books, fx=late) for books in (four_stations, over(coefficients=LETTER)))
    found = diff(old, new, lanes, [dt.date(2024, 1, 2), TODAY], TODAY)
    told = {(lane.number, lane.day.year, lane.code) for lane in found.unpriced}
    assert told == {
        (1, 2024, "unknown_place"),
        (1, 2026, "unknown_place"),
        (2, 2024, "no_route"),
        (2, 2026, "no_route"),
        (3, 2024, "no_exchange_rate"),
    }
    assert felt(found) == {("kz-north", "ir-haven", "2026-11-22")}
    assert found.lanes[0].currency == "AFN"
    assert found.asked == 6
    assert "Atlantis" in shown(found)


def test_a_way_a_book_opens_is_a_change_from_no_price(edited: Any, four_stations: DataBook) -> None:
    truck = "TRUCK-IR,truck,ROAD-IR,,,,truck,,,,per_unit_km,,0.7,,,,USD,2020-01-01,,0.8,1.2,estimated,invented,truck in Iran,invented\n"
    lane = QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="20", equipment="truck", mode=("road",))
    found = diff(edited(("rates.csv", truck, "")), four_stations, [lane], [TODAY], TODAY)
    [change] = found.lanes
    assert (change.old.total, change.old.code, change.rows) == (None, "no_route", ("TRUCK-IR",))
    assert change.new.total is not None
    consistent(found)


# ---- rows --------------------------------------------------------------------------------------------


def fields_of(found: TariffDiff) -> dict[str, list[tuple[str, str, str]]]:
    return {row.id: [(f.name, f.old, f.new) for f in row.fields] for row in found.rows}


def test_a_changed_row_names_its_fields(four_stations: DataBook, edited: Any) -> None:
    other = edited(
        ("rates.csv", ",4.25,,,,USD,2020-01-01", ",4.5,,,,USD,2020-01-01"),
        ("rates.csv", "ROAD-BORDER,road_border_default,,,", "ROAD-BORDER,road_border_default,,5,"),
        ("coefficients.csv", "0.95,2025-01-01,,2025-01-10", "0.95,2025-02-01,2025-12-31,2025-01-10"),
        ("rates.csv", "per_t_nm,10,", "per_t_nm,10.00,"),  # another way to write the same number
    )
    assert fields_of(diff(four_stations, other, (), None, TODAY)) == {
        "PORT-OUT": [("rate", "4.25", "4.5")],
        "RAI-LETTER-2": [("valid_from", "2025-01-01", "2025-02-01"), ("valid_to", "", "2025-12-31")],
        "ROAD-BORDER": [("rank", "0", "5")],
    }


def test_rows_change_with_the_groups_belts_and_prices_they_look_up(edited: Any) -> None:
    texts = {
        "groups.csv": "group,members\nends,kz-post;ir-gate\n",
        "spot.csv": "series,day,price,currency,source_id\nsea,2026-01-05,21,USD,x\nsea,2026-11-02,24,USD,x\n",
        "belts/own.csv": "from_km,to_km,rate_a\n1,500,7\n501,900,9\n",
        "rates.csv": "rule_id,charge,carrier,to,basis,rate,belt_table,series,currency,status,source_id\n"
        "G,hire,KTZ,!@ends,per_unit_day,5,,,USD,estimated,x\n"
        "S,sea_freight,,,spot_per_t,,,sea,USD,estimated,x\n"
        "B,carriage,PR,,belt,,own/rate_a,,USD,estimated,x\n",
    }

    def edition(*changes: tuple[str, str, str]) -> DataBook:
        new = dict(texts)
        for name, before, after in changes:
            assert before in new[name]
            new[name] = new[name].replace(before, after)
        return edited(*((name, None, text) for name, text in new.items()))

    found = diff(
        edition(),
        edition(("groups.csv", ";ir-gate", ""), ("spot.csv", ",24,", ",26,"), ("belts/own.csv", "900,9", "900,9.5")),
        (),
        None,
        TODAY,
    )
    assert fields_of(found) == {
        "B": [("belt 501-900 km", "9", "9.5")],
        "G": [("to", "!ir-gate;kz-post", "!kz-post")],
        "S": [("price 2026-11-02", "24 USD", "26 USD")],
    }
    assert dt.date(2026, 11, 2) in found.days


def test_a_book_of_another_name_is_no_change(four_stations: DataBook, edited: Any) -> None:
    other = edited(("book.toml", 'id = "four-stations"', 'id = "edition-2027"'))
    assert diff(four_stations, other, LANES, None, TODAY).empty


def test_an_added_row_says_what_it_holds(four_stations: DataBook, over: Any) -> None:
    [(row_id, told)] = fields_of(diff(four_stations, over(coefficients=LETTER), (), None, TODAY)).items()
    assert row_id == "LETTER-3"
    assert {name: new for name, old, new in told if not old} == {
        "charge": "carriage",
        "carrier": "RAI",
        "known_from": "2026-11-09",
        "carry_months": "0",
        "replaces": "RAI-LETTER-1",
        "status": "published",
        "source_id": "letter-3",
        "group": "transit",
        "value": "0.8",
        "valid_from": "2026-10-01",
        "valid_to": "2026-12-31",
        "origin_country": "KZ",
        "laid_over": "yes",
        "stacking": "highest-discount",
    }


# ---- days --------------------------------------------------------------------------------------------


def test_days_are_few_near_today_and_inside_what_can_be_quoted(four_stations: DataBook, over: Any) -> None:
    text = LETTER.splitlines()[0] + "\n"
    for year in range(2001, 2041):
        text += f"Y{year},hire,KTZ,g,KZ,0.9,{year}-03-01,{year}-03-31,,,published,x\n"
    found = diff(four_stations, over(coefficients=text), (), None, TODAY)
    assert len(found.days) == 13
    assert TODAY in found.days
    assert min(found.days) >= dt.date(2024, 1, 1)
    assert {dt.date(2027, 2, 28), dt.date(2027, 3, 1), dt.date(2027, 3, 31), dt.date(2027, 4, 1)} <= set(found.days)
    assert max(found.days) <= TODAY + dt.timedelta(days=365)
    years = 2027 - EARLIEST.year + 1
    assert len(found.days) - 1 + found.days_left_out == 4 * years


def test_the_next_season_is_asked(four_stations: DataBook, over: Any) -> None:
    rates = RATES.replace("service", "months") + "WINTER,hire,KTZ,wagon,private,12;1,per_unit_day,70,USD,,published,x\n"
    found = diff(four_stations, over(rates=rates), [HOME], None, TODAY)
    assert found.days == (
        TODAY,
        dt.date(2026, 11, 30),
        dt.date(2026, 12, 1),
        dt.date(2026, 12, 31),
        dt.date(2027, 1, 1),
    )
    assert felt(found) == set()  # hire in Kazakhstan is no railway's own, so nothing asks for this row
    assert [row.touched for row in found.rows] == [0]


def test_a_day_no_quote_is_made_for_is_refused(four_stations: DataBook) -> None:
    for day in (EARLIEST - dt.timedelta(days=1), TODAY + dt.timedelta(days=4 * 366)):
        with pytest.raises(RequestError) as raised:
            diff(four_stations, four_stations, LANES, [day], TODAY)
        assert (raised.value.code, raised.value.field) == ("date_out_of_range", "days")


def test_days_out_of_reach_of_every_row_are_answered_alike_when_both_sides_are_asked(
    four_stations: DataBook, over: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = over(coefficients=LETTER)
    short = diff(four_stations, other, LANES, None, TODAY)
    monkeypatch.setattr(tariffdiff, "_only_rows_differ", lambda a, b: False)
    assert diff(four_stations, other, LANES, None, TODAY) == short


def test_other_facts_than_rows_are_told_as_such(four_stations: DataBook) -> None:
    other = four_stations.with_dwell("kz-post", "ir-gate", 48.0)
    found = diff(four_stations, other, [EXPORT, HOME], [TODAY], TODAY)
    assert felt(found) == {("kz-north", "ir-haven", "2026-11-22")}
    assert (found.rows, found.lanes[0].rows) == ((), ())
    assert "no row of the books" in shown(found)
    consistent(found)


def test_progress_counts_every_price(four_stations: DataBook) -> None:
    seen: list[tuple[int, int]] = []
    diff(four_stations, four_stations, LANES, [TODAY], TODAY, lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


# ---- lanes -------------------------------------------------------------------------------------------


def test_default_lanes_are_known_and_have_a_price_today(book: DataBook) -> None:
    """Every lane is understood; one in four is priced here, all of them when the file was made."""
    jobs = [normalise(lane, book, TODAY) for lane in lanes_of()]
    assert 20 <= len(jobs) <= 30
    ends = {(job.shipment.origin[:2], job.shipment.destination[:2]) for job in jobs}
    assert ends >= {("kz", "ir"), ("kz", "af"), ("kz", "pk"), ("tm", "tm"), ("tm", "ir"), ("kz", "uz"), ("tm", "kz")}
    for job in jobs[::4]:
        assert best_only(job, book)[1].total > 0


def test_own_lanes_are_read_as_shipments_are(tmp_path: Path) -> None:
    path = tmp_path / "lanes.csv"
    path.write_text(
        "Станция отправления;Станция назначения;Груз;тонн;remarks\nКостанай;Сарахс;пшеница;1340.5;\n;;;;\n",
        encoding="utf-8-sig",
    )
    assert lanes_of(path) == (QuoteRequest("Костанай", "Сарахс", "пшеница", tonnes="1340.5", alternatives=0),)


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (b"origin,destination,cargo,tonnes\n", {"no_lanes"}),
        (b"origin,destination,cargo,tonnes\n,,,\n", {"no_lanes"}),
        (b"origin,cargo\nx,wheat\n", {"missing_column"}),
        ("origin,destination,cargo,tonnes\nКостанай,Сарахс,x,1\n".encode("cp1251"), {"encoding"}),
        (b"origin,destination,cargo,tonnes\na,b,c,1,2\na,b\0,c,1\n", {"too_many_cells", "nul_byte"}),
        (None, {"file_unreadable"}),
    ],
)
def test_broken_lanes_are_told_at_once(tmp_path: Path, raw: bytes | None, codes: set[str]) -> None:
    path = tmp_path / "lanes.csv"
    if raw is None:
        path.mkdir()
    else:
        path.write_bytes(raw)
    with pytest.raises(DataError) as raised:
        lanes_of(path)
    assert {p.code for p in raised.value.problems} == codes


# ---- the real network, and what a person reads -------------------------------------------------------


def test_a_rate_of_ones_own_over_the_books_that_ship(book: DataBook, tmp_path: Path) -> None:
    """A contract for one pair from 1 December: felt from that day, on that lane, by the difference of its line."""
    lane = next(lane for lane in lanes_of() if lane.destination == "kz-aktau-port" and lane.origin[:2] == "kz")
    new_book(tmp_path / "own", "own", "Contract", "Us", "USD")
    letter = tmp_path / "letter.csv"
    letter.write_text(
        "rule_id,charge,carrier,between,basis,rate,valid_from,known_from,status,source_id\n"
        f"OWN-AKTAU,carriage,KTZ,{lane.origin}+{lane.destination},per_t,1.25,2026-12-01,2026-11-20,published,us\n",
        encoding="utf-8",
    )
    done = import_rates(letter, tmp_path / "own", today=TODAY)
    assert import_lines(done) == [f"1 row read: 1 added to {done.path}, 0 there already."]
    other = DataBook.load([tmp_path / "own"])
    beside = replace(lane, origin="kz-kokshetau")
    found = diff(book, other, [lane, beside], [dt.date(2026, 11, 30), dt.date(2026, 12, 1)], TODAY)
    assert felt(found) == {(lane.origin, lane.destination, "2026-12-01")}
    [change] = found.lanes
    assert change.rows == ("OWN-AKTAU",)
    assert [line.new for line in change.lines if line.rows] == [Decimal("3750.00")]
    consistent(found)


def shown(found: TariffDiff) -> str:
    out = io.StringIO()
    render(found, Console(file=out, width=2000))
    return out.getvalue()


def test_what_a_person_reads(four_stations: DataBook, over: Any) -> None:
    text = shown(diff(four_stations, over(coefficients=LETTER), LANES, None, TODAY))
    assert "LETTER-3 (coefficient)" in text
    assert "80,076.21 USD  78,241.46 USD  -1,834.75  -2.29" in text
    assert "RAI-PRIVATE x RAI-LETTER-1 -> RAI-PRIVATE x LETTER-3" in text
    assert "20 prices asked: 6 changed, 14 unchanged, 0 without a price on either side." in text
    assert "1 row: 1 added; none of them with no lane touched." in text
    assert "2026-10-01, 2026-11-22, 2026-12-31" in text


def test_nothing_to_tell_is_told(four_stations: DataBook) -> None:
    assert shown(diff(four_stations, four_stations, LANES, None, TODAY)).startswith("No row differs.")


def test_text_of_a_book_commands_no_terminal(four_stations: DataBook) -> None:
    lane = LaneChange(
        1,
        QuoteRequest("kz-north", "ir-haven", "[red]wheat\x1b[31m", tonnes="1"),
        TODAY,
        Outcome(Decimal(1)),
        Outcome(None, code="no_route", text="\x1b]0;title\x07 [bold]"),
        True,
        None,
        None,
        (),
        (),
    )
    text = shown(TariffDiff(TODAY, (TODAY,), 0, ("a", "b"), (), (lane,), 0, ()))
    assert "[red]wheat" in text
    assert "[bold]" in text
    assert "\x1b]" not in text
    assert "\x07" not in text


def test_a_new_book_is_announced(tmp_path: Path) -> None:
    [line] = new_book_lines(new_book(tmp_path / "own", "own", "Ours", "Us", "USD"))
    assert str(tmp_path / "own") in line
    assert "README.txt" in line
