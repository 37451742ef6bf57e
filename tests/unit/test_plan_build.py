"""From shipments to a problem, and from a result back to quotes: on the four stations, and on the real network.

The stand-in for the solver takes the cheapest column that fits, one shipment after the other; the solver's own tests
stand beside it. What is tested here holds for any solver: prices from below, weeks of passing, sums to the cent.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, SolverError
from optimizer.plan.build import Booking, build_problem
from optimizer.plan.capacity import check_capacities, laid_over, read_capacities
from optimizer.plan.demand import PlanShipment, Prices, read_demands
from optimizer.plan.model import THOUSAND, PlanProblem, PlanResult
from optimizer.plan.periods import Periods
from optimizer.plan.prices import part_of
from optimizer.plan.recompute import recompute
from optimizer.plan.resources import Limits
from optimizer.plan.run import Options, run
from optimizer.plan.tidy import tidy
from optimizer.plan.ways import Desk
from optimizer.quote import best_only
from optimizer.request import fx_day
from optimizer.search import load_of

TODAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
FAULTS = Path(__file__).parents[1] / "faults" / "plan"
PRICES = Prices(Decimal(1000), Decimal(1), Decimal("0.033"), Decimal("0.15"))
HEAD = "shipment_id,origin,destination,cargo,tonnes,equipment,ready_date,due_date,priority,splittable"
CAPACITY = "kind,mode,from_id,to_id,unit,amount,per,least_t,most_t"


def stand_in(problem: PlanProblem, *, time_limit_s: float, gap: float, seed: int) -> PlanResult:
    """Each shipment in turn takes the cheapest columns that fit."""
    free = {(c.resource_id, c.period): c.free for c in problem.capacities}
    lots = {lot.lot_id: lot for lot in problem.lots}
    units: dict[int, int] = {}
    load: dict[str, int] = {}
    left = [d.units for d in problem.demands]

    def take(j: int, n: int) -> None:
        column = problem.columns[j]
        units[j] = units.get(j, 0) + n
        left[column.demand] -= n
        for use in column.uses:
            if (use.resource_id, use.period) in free:
                free[use.resource_id, use.period] -= use.amount * n
        if column.lot_id:
            load[column.lot_id] = load.get(column.lot_id, 0) + column.lot_load * n

    for j, n in problem.booked.items():
        take(j, n)
    for j in sorted(range(len(problem.columns)), key=lambda j: (problem.columns[j].demand, problem.columns[j].cost, j)):
        column = problem.columns[j]
        demand = problem.demands[column.demand]
        n = min(left[column.demand], (column.most or demand.units) - units.get(j, 0))
        for use in column.uses:
            if (use.resource_id, use.period) in free:
                n = min(n, free[use.resource_id, use.period] // use.amount)
        if column.lot_id:
            lot = lots[column.lot_id]
            if lot.dead_cost is None and n * column.lot_load < lot.least:
                continue
            if lot.available is not None:
                n = min(n, (lot.available * lot.most - load.get(lot.lot_id, 0)) // column.lot_load)
        if n > 0 and (not demand.whole or n == demand.units):
            take(j, n)
    used = {name: -(-n // lots[name].most) for name, n in load.items()}
    unserved = {k: n for k, n in enumerate(left) if n}
    cost = sum((problem.columns[j].cost * n for j, n in units.items()), Fraction(0))
    cost += sum(problem.demands[k].unserved_cost * n for k, n in unserved.items())
    for name, n in used.items():
        cost += (lots[name].dead_cost or 0) * max(0, lots[name].least * n - load[name])
    prices = tuple(Fraction(0) for _ in problem.demands)
    whole = -(-cost.numerator // cost.denominator)
    return PlanResult("feasible", units, unserved, used, whole, Fraction(0), {}, prices, 0.0)


def write(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def desk_of(
    book: DataBook,
    folder: Path,
    rows: list[str],
    capacities: Sequence[str] = (),
    weeks: int = 8,
    start: str = "2026-12-01",
) -> Desk:
    """A desk over shipments and the user's capacities alone."""
    demands = read_demands(write(folder / "in.csv", *rows), book, PRICES, today=TODAY)
    assert not demands.rejected, demands.rejected
    limits_of = read_capacities(
        write(folder / "cap.csv", *capacities, head=CAPACITY), places=book.network.places, own=True
    )[0]
    periods = Periods(dt.date.fromisoformat(start), weeks)
    return Desk(book, periods, Limits(limits_of, book, periods, TODAY), demands.shipments)


def exact(shipment: PlanShipment, way: Any, units: int, day: dt.date, book: DataBook) -> Decimal:
    """The total of the charge sheet of so many units."""
    job = part_of(shipment, units, day)
    return way.sheet.itinerary(load_of(job, book), book.fx, job.currency, fx_day(job)).total


@pytest.fixture
def sixty(four_stations: DataBook, tmp_path: Path) -> Desk:
    """Two lots of 60 wagons for one week, a border that takes 70 wagons a week."""
    rows = [f"{name},kz-north,ir-haven,wheat,4080,hopper-wagon,2026-12-01,2027-01-05,,{split}" for name, split in (("A", ""), ("B", "no"))]  # fmt: skip
    return desk_of(four_stations, tmp_path, rows, ["border,rail,kz-post,ir-gate,wagon,10,day,,"])


def test_the_cheapest_column_costs_what_the_quote_says(sixty: Desk, four_stations: DataBook) -> None:
    """A whole shipment's column is its quote for each unit, rounded down to the cent."""
    offer = sixty.offers([1])[1]
    first = min((d for d in offer.drafts if d.start == 0), key=lambda d: d.pieces[0][1])
    _, quoted = best_only(part_of(sixty.shipments[1], 60, dt.date(2026, 12, 1)), four_stations)
    per_unit = quoted.total / 60
    assert 0 <= per_unit - Decimal(int(first.pieces[0][1])) / 100 <= Decimal("0.02")


def test_no_part_of_any_size_costs_less_than_its_columns(sixty: Desk, four_stations: DataBook) -> None:
    """The lower price of a way holds for one wagon, for half and for all."""
    offer = sixty.offers([0])[0]
    for draft in (d for d in offer.drafts if d.start == 0):
        way = sixty.kept[0, draft.way_id, draft.day]
        for units in (1, 2, 7, 23, 30, 59, 60):
            model, left = Fraction(0), units
            for most, cents in draft.pieces:
                model += cents * min(left, most)
                left -= min(left, most)
            total = exact(sixty.shipments[0], way, units, draft.day, four_stations)
            assert Fraction(total * 100) >= model - 2 * units
            assert units < 60 or Fraction(total * 100) <= model * Fraction(1004, 1000)


def test_the_border_is_taken_in_the_week_the_wagons_pass_it(sixty: Desk) -> None:
    """Two days of loading and four hundred kilometres: in the first week; sent on the fifth day, in the second."""
    drafts = sixty.offers([0])[0].drafts
    rail = [d for d in drafts if any(u.resource_id == "border:rail:kz-post>ir-gate" for u in d.uses)]
    uses = {d.start: {u.period for u in d.uses if u.resource_id.startswith("border:rail")} for d in rail}
    assert uses[0] == {0}
    assert uses[3] == {3}


def test_two_lots_do_not_pass_one_border_at_once(sixty: Desk) -> None:
    """What does not fit goes a week later or by another way; the border is never over its seventy wagons."""
    offers = sixty.offers([0, 1])
    built = build_problem(sixty.shipments, offers, sixty.limits)
    plan = recompute(built, stand_in(built.problem, time_limit_s=1, gap=0, seed=1), sixty)
    assert plan.used["border:rail:kz-post>ir-gate", 0] <= 70 * THOUSAND
    for k in (0, 1):
        assert sum(p.units for p in plan.parts if p.demand == k) == 60
        assert sum(p.mass_t for p in plan.parts if p.demand == k) == Decimal(4080)


def test_waiting_and_lateness_are_lines_of_their_own(four_stations: DataBook, tmp_path: Path) -> None:
    """Loaded a week after it was ready, a lot pays its store; there after its due date, its lateness."""
    desk = desk_of(
        four_stations, tmp_path, ["A,kz-north,ir-haven,wheat,680,hopper-wagon,2026-12-01,2026-12-12,,no"],
        ["border,rail,kz-post,ir-gate,wagon,0,day,,", "border,road,kz-post,ir-gate,truck,0,day,,"],
    )  # fmt: skip
    offers = desk.offers([0])
    built = build_problem(desk.shipments, offers, desk.limits)
    later = next(j for j, c in enumerate(built.problem.columns) if c.start == 1 and not any(u.resource_id.startswith("border") for u in c.uses))  # fmt: skip
    cost = built.problem.columns[later].cost * 10
    result = PlanResult("feasible", {later: 10}, {}, {}, int(cost), None, {}, (Fraction(0),), 0.0)
    part = recompute(built, result, desk).parts[0]
    assert part.wait_days == 7 and part.storage == (7 * desk.shipments[0].storage * 680).quantize(Decimal("0.01"))
    assert part.late_days > 0 and part.lateness == part.late_days * Decimal(680)
    assert part.total == part.carriage + part.storage + part.lateness


def test_loose_goods_go_in_whole_ships(four_stations: DataBook, tmp_path: Path) -> None:
    """Two thousand tonnes in a ship of at least three pay dead freight; a smaller draught means more ships."""
    rows = ["A,kz-post,ir-haven,wheat,6000,bulk-vessel,2026-12-01,,,no"]
    used = {}
    for most in (3000, 2000):
        desk = desk_of(four_stations, tmp_path, rows, [f"sea,dry_bulk,kz-post,ir-haven,vessel,7,week,1500,{most}"])
        built = build_problem(desk.shipments, desk.offers([0]), desk.limits)
        plan = recompute(built, stand_in(built.problem, time_limit_s=1, gap=0, seed=1), desk)
        used[most] = [v.used for v in plan.vessels]
    assert used == {3000: [2], 2000: [3]}
    desk = desk_of(
        four_stations, tmp_path, ["A,kz-post,ir-haven,wheat,2000,bulk-vessel,2026-12-01,,,no"],
        ["sea,dry_bulk,kz-post,ir-haven,vessel,7,week,3000,3000"],
    )  # fmt: skip
    built = build_problem(desk.shipments, desk.offers([0]), desk.limits)
    plan = recompute(built, stand_in(built.problem, time_limit_s=1, gap=0, seed=1), desk)
    # coaster: 10 + 0.03 a nautical mile, 170 nm = 15.10 USD/t for the 1,000 t that are not there
    assert [(v.dead, v.cost) for v in plan.vessels] == [(1000 * THOUSAND, Decimal("15100.00"))]


def test_less_than_a_ship_a_week_is_one_in_some_weeks(four_stations: DataBook, tmp_path: Path) -> None:
    desk = desk_of(
        four_stations, tmp_path, ["A,kz-post,ir-haven,wheat,2000,bulk-vessel,2026-12-01,,,"],
        ["sea,dry_bulk,kz-post,ir-haven,vessel,0.5,week,1500,3000"],
    )  # fmt: skip
    calls = [desk.limits.sailings("sea:dry_bulk:kz-post>ir-haven", p) for p in range(6)]
    assert calls == [0, 1, 0, 1, 0, 1]


def test_a_fleet_is_away_until_it_is_back(four_stations: DataBook, tmp_path: Path) -> None:
    """A wagon that leaves today cannot leave again next week while it rolls, unloads and comes home empty."""
    desk = desk_of(
        four_stations, tmp_path, ["A,kz-north,ir-haven,wheat,680,hopper-wagon,2026-12-01,,,"],
        ["fleet,,hopper-wagon,,wagon,30,stock,,"],
    )  # fmt: skip
    draft = next(d for d in desk.offers([0])[0].drafts if d.start == 0)
    weeks = sorted(u.period for u in draft.uses if u.resource_id == "fleet:hopper-wagon")
    assert weeks[0] == 0 and weeks == list(range(len(weeks))) and len(weeks) >= 2
    assert desk.limits.capacity("fleet:hopper-wagon", 3).free == 30 * THOUSAND


def test_two_small_boxes_share_a_platform(book: DataBook, tmp_path: Path) -> None:
    rows = [f"{feet},kz-altynkol,ir-tehran,general,100,container-{feet},2026-12-08,,," for feet in (20, 40)]
    demands = read_demands(write(tmp_path / "in.csv", *rows), book, PRICES, today=TODAY)
    periods = Periods(dt.date(2026, 12, 1), 6)
    limits = Limits(read_capacities()[0], book, periods, TODAY)
    desk = Desk(book, periods, limits, demands.shipments, ways=3, most_wait_days=0)
    offers = desk.offers([0, 1])
    taken = [
        {u.amount for d in offers[k].drafts for u in d.uses if u.resource_id == "line:kz-zhetygen~kz-altynkol"}
        for k in (0, 1)
    ]
    assert taken == [{500}, {1000}]


@pytest.mark.parametrize(
    ("lane", "days"),
    [
        ("kz-kostanay,ir-tehran,wheat,1340,hopper-wagon", ("2026-12-01", "2027-01-05", "2027-04-06", "2027-05-04")),
        ("kz-kokshetau,af-hairatan,flour,660,covered-wagon", ("2026-12-01", "2027-02-02", "2027-04-06")),
        ("kz-aktau-port,ir-amirabad-port,barley,4000,bulk-vessel", ("2026-12-01", "2027-02-02", "2027-05-04")),
    ],
)
def test_every_season_is_priced_as_a_fresh_quote(
    book: DataBook, tmp_path: Path, lane: str, days: tuple[str, ...]
) -> None:
    """Seasons are told from one base by what differs; the best way of each day is that of a quote of the day."""
    origin, destination, cargo, tonnes, equipment = lane.split(",")
    rows = [f"A,{origin},{destination},{cargo},{tonnes},{equipment},2026-12-01,,,no"]
    demands = read_demands(write(tmp_path / "in.csv", *rows), book, PRICES, today=TODAY)
    periods = Periods(dt.date(2026, 12, 1), 26)
    desk = Desk(book, periods, Limits([], book, periods, TODAY), demands.shipments, most_wait_days=180)
    drafts = desk.offers([0])[0].drafts
    for text in days:
        day = dt.date.fromisoformat(text)
        _, quoted = best_only(part_of(desk.shipments[0], desk.shipments[0].units, day), book)
        ways = [desk.kept[0, d.way_id, d.day] for d in drafts if d.day == day]
        assert min(exact(desk.shipments[0], w, w_units, day, book) for w in ways for w_units in [desk.shipments[0].units]) == quoted.total  # fmt: skip


def test_a_ban_shuts_the_weeks_it_holds(book: DataBook, tmp_path: Path) -> None:
    """All exports by Bolashak are banned 26 October to 6 November 2025: no way over it leaves in those days, and the
    week in which the ban ends is used from the day after."""
    rows = ["A,kz-kostanay,ir-tehran,wheat,680,hopper-wagon,2025-10-20,,,"]
    demands = read_demands(write(tmp_path / "in.csv", *rows), book, PRICES, today=TODAY, known_on=dt.date(2025, 11, 25))
    periods = Periods(dt.date(2025, 10, 20), 4)
    desk = Desk(book, periods, Limits(read_capacities()[0], book, periods, dt.date(2025, 11, 25)), demands.shipments)
    over = {d.day for d in desk.offers([0])[0].drafts if any("kz-bolashak>" in u.resource_id for u in d.uses)}
    assert not any(dt.date(2025, 10, 26) <= day <= dt.date(2025, 11, 6) for day in over)
    assert {dt.date(2025, 10, 20), dt.date(2025, 11, 7)} <= over


def test_what_was_booked_stays(sixty: Desk) -> None:
    offers = sixty.offers([0, 1])
    draft = max((d for d in offers[0].drafts if d.start == 2), key=lambda d: d.pieces[0][1])
    booking = Booking("A", draft.way_id, draft.day, 20)
    built = build_problem(sixty.shipments, offers, sixty.limits, (booking,))
    plan = recompute(built, stand_in(built.problem, time_limit_s=1, gap=0, seed=1), sixty)
    kept = [p for p in plan.parts if p.demand == 0 and p.way.way_id == draft.way_id and p.day == draft.day]
    assert kept and kept[0].units >= 20


def test_bookings_in_conflict_name_rows_and_the_capacity(sixty: Desk) -> None:
    offers = sixty.offers([0, 1])
    over = [
        next(d for d in offers[k].drafts if d.start == 0 and any("border:rail" in u.resource_id for u in d.uses))
        for k in (0, 1)
    ]
    bookings = tuple(Booking(name, d.way_id, d.day, 60) for name, d in zip("AB", over, strict=True))
    with pytest.raises(FreightError) as told:
        build_problem(sixty.shipments, offers, sixty.limits, bookings)
    assert told.value.code == "bookings_in_conflict"
    assert "A, B take 120 wagon of rail border Post to Gate" in str(told.value) and "70 are free" in str(told.value)


def test_a_booking_of_no_way_is_told(sixty: Desk) -> None:
    with pytest.raises(FreightError, match=r"Line 7 of the bookings cannot be kept: 5 units of A by way w-gone"):
        build_problem(sixty.shipments, sixty.offers([0, 1]), sixty.limits, (Booking("A", "w-gone", TODAY, 5, 7),))


def test_a_solver_that_lies_is_refused(sixty: Desk) -> None:
    built = build_problem(sixty.shipments, sixty.offers([0, 1]), sixty.limits)
    honest = stand_in(built.problem, time_limit_s=1, gap=0, seed=1)
    with pytest.raises(SolverError):
        recompute(built, replace(honest, objective=honest.objective - 100), sixty)
    with pytest.raises(SolverError):
        recompute(built, replace(honest, units={j: n + 1 for j, n in honest.units.items()}), sixty)


@pytest.mark.parametrize("fault", sorted(p.stem for p in FAULTS.glob("*.csv")))
def test_a_broken_capacity_is_told_with_its_line(fault: str, four_stations: DataBook) -> None:
    with pytest.raises(DataError) as told:
        read_capacities(FAULTS / f"{fault}.csv", places=four_stations.network.places, own=True)
    problem = told.value.problems[0]
    assert problem.code == fault and problem.line in (1, 2, 3) and problem.text


@pytest.mark.parametrize("fault", sorted(p.stem for p in (FAULTS / "rows").glob("*.csv")))
def test_a_broken_row_is_rejected_with_its_reason(fault: str, four_stations: DataBook) -> None:
    demands = read_demands(FAULTS / "rows" / f"{fault}.csv", four_stations, PRICES, today=TODAY)
    assert [r["code"] for r in demands.rejected] == [fault]
    assert demands.rejected[0]["line"] and str(demands.rejected[0]["text"]).endswith((".", ")"))


def test_our_capacities_fit_our_network(book: DataBook) -> None:
    rows, _ = read_capacities(places=book.network.places)
    assert not [p for p in check_capacities(rows, book.network) if p.severity == "error"]
    assert all(row.source_id and row.status for row in rows)


def test_the_users_row_replaces_ours(book: DataBook, tmp_path: Path) -> None:
    ours = read_capacities()[0]
    own = read_capacities(write(tmp_path / "c.csv", "border,rail,kz-bolashak,tm-serhetyaka,wagon,99,day,,", head=CAPACITY), own=True)[0]  # fmt: skip
    mine = [r for r in laid_over(ours, own) if r.kind == "border" and r.from_id == "kz-bolashak" and r.mode == "rail"]
    assert [r.per_day for r in mine] == [Decimal(99)]


# ---- the whole use case with the stand-in ---------------------------------------------------------------


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def planned(four_stations: DataBook, tmp_path: Path) -> Callable[..., Path]:
    """Plans three lots on the four stations; returns the folder written."""
    write(
        tmp_path / "in.csv",
        "A,North,Haven,wheat,4080,hopper-wagon,2026-12-01,2026-12-31,1,",
        "B,North,Haven,wheat,2040,hopper-wagon,2026-12-01,2026-12-25,,no",
        "=C,North,Haven,flour,330,covered-wagon,2026-12-03,,,",
        "D,Atlantis,Haven,wheat,10,hopper-wagon,2026-12-01,,,",
    )
    write(tmp_path / "cap.csv", "border,rail,kz-post,ir-gate,wagon,7,day,,", "border,road,kz-post,ir-gate,truck,1,day,,",
          "sea,roro,kz-post,ir-haven,truck,1,week,,", "sea,dry_bulk,kz-post,ir-haven,vessel,0,week,,3000", head=CAPACITY)  # fmt: skip

    def plan(name: str = "out", **options: Any) -> Path:
        values = {"capacity": tmp_path / "cap.csv", "weeks": 6, **options}
        run(
            tmp_path / "in.csv", tmp_path / name, four_stations, Options(**values), today=TODAY, created_at=NOON, solver=stand_in,
        )  # fmt: skip
        return tmp_path / name

    return plan


def test_the_files_of_a_plan_agree_to_the_cent(planned: Callable[..., Path]) -> None:
    out = planned()
    plan, charges, summary = rows_of(out / "plan.csv"), rows_of(out / "charges.csv"), json.loads((out / "summary.json").read_text())  # fmt: skip
    by_part: dict[tuple[str, str, str], Decimal] = {}
    for line in charges:
        key = (line["shipment_id"], line["start_date"], line["way_id"])
        by_part[key] = by_part.get(key, Decimal(0)) + Decimal(line["amount_quote"])
    for row in plan:
        assert by_part[row["shipment_id"], row["start_date"], row["way_id"]] == Decimal(row["total"])
    behind = sum(Decimal(r["cost"]) for r in rows_of(out / "unserved.csv"))
    lots = sum(Decimal(r["cost"]) for r in rows_of(out / "lots.csv"))
    assert Decimal(summary["objective"]) == sum(Decimal(r["total"]) for r in plan) + behind + lots
    assert summary["recomputed"] is True and summary["counts"]["read"] == 4 and summary["counts"]["rejected"] == 1
    assert {r["shipment_id"] for r in plan} <= {"A", "B", "'=C"}
    assert [r["code"] for r in rows_of(out / "rejected.csv")] == ["unknown_place"]
    page = (out / "plan.html").read_text()
    assert (
        page.count("<svg") == 2 and "<script" not in page and "North" in page and "http://www.w3.org/2000/svg" in page
    )


def test_what_stays_behind_names_the_capacity(planned: Callable[..., Path], tmp_path: Path) -> None:
    """Seven wagons a day for a week do not carry ninety-five."""
    out = planned("short", weeks=1)
    behind = rows_of(out / "unserved.csv")
    assert behind and all(r["code"] == "no_capacity" for r in behind)
    assert behind[0]["resource"] == "border:rail:kz-post>ir-gate" and "rail border Post to Gate" in behind[0]["text"]
    tight = {r["resource"] for r in rows_of(out / "bottlenecks.csv")}
    assert "border:rail:kz-post>ir-gate" in tight


def test_a_closure_says_who_moves_and_who_misses_his_date(planned: Callable[..., Path]) -> None:
    before = planned("before")
    after = planned("after", before=before, close=("Gate:2026-12-01:2026-12-20",))
    moved = {r["shipment_id"]: r for r in rows_of(after / "changes.csv")}
    assert "A" in moved and Decimal(moved["A"]["extra_cost"]) > 0
    assert "now" in {r["misses_due"] for r in moved.values()}
    weeks = {r["start_date"] for r in rows_of(after / "plan.csv") if "ir-gate" in r["borders"]}
    assert all(day > "2026-12-10" for day in weeks)
    summary = json.loads((after / "summary.json").read_text())
    assert summary["changes"]["shipments"] == len(moved)


def test_the_same_plan_again_changes_nothing(planned: Callable[..., Path]) -> None:
    before = planned("before")
    after = planned("after", before=before, fixed=before / "plan.csv")
    assert rows_of(after / "changes.csv") == []
    assert [r["booked"] for r in rows_of(after / "plan.csv")] == ["yes"] * len(rows_of(before / "plan.csv"))
    assert (before / "charges.csv").read_bytes() == (after / "charges.csv").read_bytes()


def test_a_time_limit_that_is_too_short_is_an_answer(planned: Callable[..., Path]) -> None:
    out = planned("late", time_limit=1.0)
    assert json.loads((out / "summary.json").read_text())["status"] == "none"
    assert rows_of(out / "plan.csv") == []


def test_an_empty_file_is_told(four_stations: DataBook, tmp_path: Path) -> None:
    write(tmp_path / "in.csv")
    with pytest.raises(DataError, match="no shipment"):
        run(
            tmp_path / "in.csv",
            tmp_path / "out",
            four_stations,
            Options(),
            today=TODAY,
            created_at=NOON,
            solver=stand_in,
        )


def test_a_block_train_is_shared_by_shippers(
    read_four_stations: Callable[..., DataBook], four_stations_folder: Path, tmp_path: Path
) -> None:
    """Forty wagons of one train pay 0.80 on the second railway; twenty alone do not, two times twenty do."""
    folder = tmp_path / "book"
    shutil.copytree(four_stations_folder / "book", folder)
    table = folder / "coefficients.csv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    rows.append('RAI-TRAIN,carriage,RAI,train,KZ,,0.80,2025-01-01,,,18,published,invented,"block train: 0.80",invented')
    lines = [f"{head},train,train_wagons", *(f"{r},," for r in rows[:-1]), f"{rows[-1]},block,>=40"]
    table.write_text("\n".join([*lines, ""]), encoding="utf-8")
    book = read_four_stations(book=folder)
    wagons = [f"{name},kz-north,ir-haven,wheat,1360,hopper-wagon,2026-12-01,,,no" for name in "AB"]
    desk = desk_of(book, tmp_path, wagons)
    built = build_problem(desk.shipments, desk.offers([0, 1]), desk.limits)
    trains = [lot for lot in built.problem.lots if lot.kind == "train"]
    assert trains and {lot.least for lot in trains} == {40 * THOUSAND}
    first = trains[0].lot_id
    together = {next(j for j, c in enumerate(built.problem.columns) if c.demand == k and c.lot_id == first): 20 for k in (0, 1)}  # fmt: skip
    plain = min(c.cost for c in built.problem.columns if not c.lot_id and c.start == 0)
    cost = sum(built.problem.columns[j].cost * 20 for j in together)
    assert all(built.problem.columns[j].cost < plain for j in together)
    plan = recompute(built, PlanResult("feasible", together, {}, {first: 1}, int(cost), None, {}, (), 0.0), desk)
    assert [v.used for v in plan.vessels] == [1]
    coefficients = {x.coef_id for p in plan.parts for c in p.itinerary.charges for x in c.charge.term.coefficients}
    assert "RAI-TRAIN" in coefficients


def test_a_wagon_does_not_go_alone_where_there_is_room(four_stations: DataBook, tmp_path: Path) -> None:
    desk = desk_of(four_stations, tmp_path, ["A,kz-north,ir-haven,wheat,680,hopper-wagon,2026-12-01,,,"])
    built = build_problem(desk.shipments, desk.offers([0]), desk.limits)
    columns = built.problem.columns
    best = min((j for j in range(len(columns)) if not columns[j].most), key=lambda j: columns[j].cost)
    other = next(j for j in range(len(columns)) if columns[j].start == 1 and built.drafts[j] is not built.drafts[best])
    units = {best: 9, other: 1}
    cost = -(-sum(columns[j].cost * n for j, n in units.items()) // 1)
    alone = PlanResult("feasible", units, {}, {}, int(cost), cost * Fraction(99, 100), {}, (Fraction(0),), 0.0)
    assert tidy(built, alone, 0.05).units == {best: 10}
    assert tidy(built, replace(alone, bound=None), 0.05) is not None
    assert recompute(built, tidy(built, alone, 0.05), desk).parts[0].units == 10
