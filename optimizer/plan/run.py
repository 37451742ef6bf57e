"""The use case "batch plan": a file of shipments in, one plan for all of them out.

    demands -> ways (desk) -> problem -> solver -> recomputed from quotes -> files and pictures

The solver is asked through one function and never believed: `recompute` writes the plan anew from quotes.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from optimizer.batch import REJECTED_COLUMNS
from optimizer.databook import DataBook
from optimizer.errors import FreightError, RequestError
from optimizer.plan import pictures, report
from optimizer.plan.build import Booking, Built, build_problem
from optimizer.plan.capacity import CapacityRow, laid_over, read_capacities
from optimizer.plan.demand import LATE_PRICE, STORAGE_PRICE, UNSERVED_PRICE, Demands, PlanShipment, Prices, read_demands
from optimizer.plan.model import PlanProblem, PlanResult
from optimizer.plan.periods import DAYS_OF, Periods
from optimizer.plan.recompute import Recomputed, recompute
from optimizer.plan.replan import CHANGE_COLUMNS, changes, read_bookings, read_closures, read_plan, read_unserved
from optimizer.plan.resources import Closure, Limits
from optimizer.plan.tidy import tidy
from optimizer.plan.ways import MOST_WAIT_DAYS, MOST_WAYS, WAYS, Desk, Offer
from optimizer.tables import CsvOut, csv_text, make_folder

LONGEST_DAYS = 732
MOST_SHIPMENTS = 20_000
MOST_ROUNDS = 2  # times more ways are asked for
RESERVE_SHARE, RESERVE_S = 0.06, 1.0  # of the time limit, for the requote and the files
# Refusals that are answers: no plan was found, or none exists.
NO_PLAN = {"out_of_time": "none", "bookings_in_conflict": "infeasible", "plan_infeasible": "infeasible"}
INTEREST_ID = "interest_per_year"
Progress = Callable[[str, int, int], None]


class Solver(Protocol):
    """What solves a problem within seconds."""

    def __call__(self, problem: PlanProblem, *, time_limit_s: float, gap: float, seed: int) -> PlanResult: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a plan is asked for beside its file."""

    start: dt.date | None = None
    weeks: int = 0
    period: str = "week"
    time_limit: float = 60.0
    gap: float = 0.005
    seed: int = 1
    currency: str = "USD"
    unserved_price: Decimal | None = None
    late_price: Decimal | None = None
    storage_price: Decimal | None = None
    most_wait_days: int = MOST_WAIT_DAYS
    ways: int = WAYS
    known_on: dt.date | None = None
    capacity: Path | None = None
    fixed: Path | None = None
    before: Path | None = None
    close: tuple[str, ...] = ()


@dataclass(slots=True)
class PlanRun:
    """What came of a run."""

    summary: dict[str, Any]
    demands: Demands
    told: report.Told | None = None
    built: Built | None = None
    recomputed: Recomputed | None = None
    changed: list[dict[str, object]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.summary["status"])


def run(
    path: Path,
    out: Path,
    book: DataBook,
    options: Options,
    *,
    today: dt.date,
    created_at: dt.datetime,
    solver: Solver | None = None,
    progress: Progress | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> PlanRun:
    """Plan a file and write plan.csv, charges.csv, unserved.csv, bottlenecks.csv, lots.csv, rejected.csv, summary.json,
    manifest.json, changes.csv (with an earlier plan) and plan.html into `out`.

    Raises:
        DataError: a file as a whole cannot be read.
        FreightError: an option or booking cannot be used; the sentence names rows and capacities in conflict.
    """
    clock = time.perf_counter()
    known_on = options.known_on or today
    demands = read_demands(
        path, book, _prices(book, options, today), today=today, currency=options.currency, known_on=known_on
    )
    if len(demands.shipments) > MOST_SHIPMENTS:
        raise RequestError(
            f"The file holds {len(demands.shipments)} shipments; a plan takes {MOST_SHIPMENTS}.",
            code="too_many_shipments",
            field="file",
            hint="Plan by corridor or by quarter.",
        )
    make_folder(out)
    files = _read_files(options, book)
    work = _Work(book, options, demands, files, known_on, clock, progress or (lambda what, done, total: None))
    if demands.shipments:
        work.plan(solver)
    else:
        work.summary = _no_plan("none", "No row of the file can be planned; rejected.csv says why.")
    run_of = PlanRun(work.summary, demands, work.told, work.built, work.requoted)
    if files.earlier is not None and work.told is not None:
        run_of.changed = _changed(files.earlier, work.told, options.currency)
        work.summary["changes"] = _change_figures(run_of.changed, options.currency)
    summary = work.summary
    summary["counts"] = _counts(demands, work.built, work.requoted, work.offers)
    names = book.place_names
    summary["closed"] = [f"{names.get(c.selector, c.selector)}, {c.first} to {c.last}" for c in files.closures]
    summary["seed"] = options.seed
    summary["gap_wanted"] = options.gap
    summary["time_limit"] = options.time_limit
    summary["versions"] = {**book.versions, "capacities": files.version}
    _write(out, run_of, demands, work.desk, options)
    summary["seconds"] = round(time.perf_counter() - clock, 3)
    summary["seconds_by_step"] = {name: round(value, 3) for name, value in work.seconds.items()}
    _write_json(out / "summary.json", summary)
    manifest = {
        "arguments": {**(arguments or {}), "file": path.name},
        "file_digest": demands.digest,
        "versions": summary["versions"],
        "columns": list(demands.columns),
        "counts": summary["counts"],
        "created_at": created_at.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "seconds": summary["seconds"],
    }
    _write_json(out / "manifest.json", manifest)
    return run_of


# ---- what comes in beside the shipments ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Files:
    """What the options name: capacities, bookings to keep, closures, and an earlier plan."""

    capacities: Sequence[CapacityRow]
    version: str
    bookings: tuple[Booking, ...]
    closures: tuple[Closure, ...]
    earlier: tuple[Any, Any] | None


def _read_files(options: Options, book: DataBook) -> _Files:
    rows, version = read_capacities()
    known_places = frozenset(book.network.places)
    rows = [r for r in rows if r.kind == "fleet" or {p for p in (r.from_id, r.to_id) if p} <= known_places]
    if options.capacity is not None:
        own, own_version = read_capacities(options.capacity, places=known_places, own=True)
        rows, version = laid_over(rows, own), f"{version}+{own_version}"
    return _Files(
        rows,
        version,
        read_bookings(options.fixed) if options.fixed is not None else (),
        read_closures(options.close, book),
        (read_plan(options.before), read_unserved(options.before)) if options.before is not None else None,
    )


def _changed(earlier: tuple[Any, Any], told: report.Told, currency: str) -> list[dict[str, object]]:
    """Who moves against an earlier plan, those left behind now at their price."""
    behind: dict[str, Decimal] = {}
    for left in told.unserved:
        key = str(left["shipment_id"])
        behind[key] = behind.get(key, Decimal(0)) + Decimal(str(left["cost"]))
    return changes(earlier[0], told.plan, earlier[1], behind, currency)


# ---- the plan itself -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """One plan on its way: ways, problem, answer, requote."""

    book: DataBook
    options: Options
    demands: Demands
    files: _Files
    known_on: dt.date
    clock: float
    tell: Progress
    summary: dict[str, Any] = field(default_factory=dict)
    desk: Desk | None = None
    offers: dict[int, Offer] = field(default_factory=dict)
    built: Built | None = None
    requoted: Recomputed | None = None
    told: report.Told | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def plan(self, solver: Solver | None) -> None:
        """List ways, solve, requote; `summary` says what came of it."""
        options, shipments = self.options, self.demands.shipments
        periods = _periods(options, shipments)
        limits = Limits(self.files.capacities, self.book, periods, self.known_on, self.files.closures)
        desk = Desk(self.book, periods, limits, shipments, most_wait_days=options.most_wait_days, ways=options.ways)
        self.desk = desk
        deadline = self.clock + options.time_limit - RESERVE_S - RESERVE_SHARE * options.time_limit
        self.seconds["reading"] = time.perf_counter() - self.clock
        mark = time.perf_counter()
        try:
            self.offers = _offers(desk, range(len(shipments)), self.tell, "listing ways", deadline)
            _find_bookings(desk, self.offers, self.files.bookings)
            self.seconds["ways"] = time.perf_counter() - mark
            self.built, result, self.seconds["solving"] = _solve(
                desk, self.offers, self.files.bookings, options, deadline, solver, self.tell
            )
        except FreightError as fault:
            if fault.code not in NO_PLAN:
                raise
            self.summary = _no_plan(NO_PLAN[fault.code], f"{fault.message} {fault.hint}".strip())
        else:
            self._requote(desk, self.built, result)
        self.summary["period"] = periods.kind
        self.summary["start"] = periods.start.isoformat()
        self.summary["periods"] = periods.count

    def _requote(self, desk: Desk, built: Built, result: PlanResult) -> None:
        mark = time.perf_counter()
        options = self.options
        if result.status in ("optimal", "feasible"):
            self.tell("requoting", 0, 1)
            result = tidy(built, result, options.gap)
            self.requoted = recompute(built, result, desk)
            self.told = report.tell(
                built, result, self.requoted, desk, self.offers, self.files.bookings, options.currency
            )
            self.summary = report.summary_of(built, result, self.requoted, self.offers, options.gap, options.currency)
            self.tell("requoting", 1, 1)
        else:
            self.summary = _no_plan(result.status, result.note)
        self.seconds["requoting"] = time.perf_counter() - mark


# ---- steps --------------------------------------------------------------------------------------------


def _prices(book: DataBook, options: Options, today: dt.date) -> Prices:
    """Prices of the options in the currency of the plan; the defaults are in USD."""
    to_plan = book.fx.quote("USD", options.currency, today)

    def of(given: Decimal | None, default: Decimal) -> Decimal:
        if given is not None:
            return given
        return default if options.currency == "USD" else to_plan.convert(default)

    return Prices(
        of(options.unserved_price, UNSERVED_PRICE),
        of(options.late_price, LATE_PRICE),
        of(options.storage_price, STORAGE_PRICE),
        book.operations.by_id[INTEREST_ID].value,
    )


def _periods(options: Options, shipments: Sequence[PlanShipment]) -> Periods:
    """The window: as asked, or from the first ready date until the last shipment has had eight weeks."""
    start = options.start or min(s.job.shipment.ready for s in shipments)
    length = DAYS_OF[options.period]
    if options.weeks:
        days = options.weeks * 7
    else:
        last = max(s.job.shipment.ready for s in shipments)
        days = max(7, (last - start).days + 1 + options.most_wait_days)
        days = min(-(-days // 7) * 7, LONGEST_DAYS // 7 * 7)
    if not 0 < days <= LONGEST_DAYS:
        raise RequestError(
            f"A plan of {days} days cannot be made.", code="bad_window", field="weeks", hint="Ask for 1 to 104 weeks."
        )
    return Periods(start, days // length, options.period)


def _offers(desk: Desk, which: Sequence[int], tell: Progress, what: str, deadline: float) -> dict[int, Offer]:
    done = 0
    total = len(which)
    tell(what, 0, total)

    def one(count: int) -> None:
        nonlocal done
        done += count
        tell(what, done, total)

    def check() -> None:
        if time.perf_counter() > deadline:
            raise FreightError(
                f"The time limit passed after ways of {done} of {total} shipments were listed.",
                code="out_of_time",
                hint="Give more with --time-limit, or fewer shipments or weeks.",
            )

    return desk.offers(which, one, check)


def _find_bookings(desk: Desk, offers: dict[int, Offer], bookings: Sequence[Booking]) -> None:
    """Ways that bookings take and the first list does not hold are looked for further down, and on their own day."""
    number = {s.shipment_id: k for k, s in enumerate(desk.shipments)}
    lost: dict[int, None] = {}
    for booking in bookings:
        k = number.get(booking.shipment_id)
        if k is None:
            continue
        if not any(d.way_id == booking.way_id and d.day == booking.day for d in offers[k].drafts):
            desk.wanted[k] = MOST_WAYS
            desk.days_asked.setdefault(k, set()).add(booking.day)
            lost[k] = None
    if lost:
        offers.update(desk.offers(list(lost)))


def _solve(
    desk: Desk,
    offers: dict[int, Offer],
    bookings: tuple[Booking, ...],
    options: Options,
    deadline: float,
    solver: Solver | None,
    tell: Progress,
) -> tuple[Built, PlanResult, float]:
    """Solve; where the price of a demand says that a way not listed might pay, list more and solve again."""
    if solver is None:
        from optimizer.plan.solve import solve_plan

        solver = solve_plan
    spent = 0.0
    for again in range(MOST_ROUNDS + 1):
        built = build_problem(desk.shipments, offers, desk.limits, bookings)
        left = deadline - time.perf_counter()
        if left < 0.5:
            raise FreightError(
                "The time limit passed before the plan could be solved.",
                code="out_of_time",
                hint="Give more with --time-limit, or fewer shipments or weeks.",
            )
        tell("solving", 0, 1)
        mark = time.perf_counter()
        result = solver(built.problem, time_limit_s=left, gap=options.gap, seed=options.seed)
        spent += time.perf_counter() - mark
        tell("solving", 1, 1)
        if result.status not in ("optimal", "feasible") or again == MOST_ROUNDS:
            break
        wanting = [
            k
            for k, price in enumerate(result.demand_price)
            if price > offers[k].complete and desk.wanted[k] < MOST_WAYS
        ]
        # Another round costs about as much as this one; it is not begun where it could not end.
        if not wanting or deadline - time.perf_counter() < 2 * spent / (again + 1) + 1:
            break
        for k in wanting:
            desk.wanted[k] = min(MOST_WAYS, 3 * desk.wanted[k])
        try:
            offers.update(_offers(desk, wanting, tell, "more ways", deadline - spent / (again + 1)))
        except FreightError as fault:
            if fault.code != "out_of_time":
                raise
            break
    return built, result, spent


def _no_plan(status: str, note: str) -> dict[str, Any]:
    return {
        "status": status if status in ("infeasible", "none") else "none",
        "objective": None,
        "bound": None,
        "gap": None,
        "recomputed": False,
        "note": note,
    }


def _counts(
    demands: Demands, built: Built | None, plan: Recomputed | None, offers: Mapping[int, Offer]
) -> dict[str, int]:
    counts = {
        "read": demands.read,
        "shipments": len(demands.shipments),
        "rejected": len(demands.rejected),
        "needs_answer": demands.needs_answer,
        "skipped": demands.skipped,
        "ways_capped": sum(o.capped for o in offers.values()),
    }
    if built is not None:
        counts |= {
            "columns": len(built.problem.columns),
            "capacities": len(built.problem.capacities),
            "lots": len(built.problem.lots),
        }
    if plan is not None:
        behind = {u.demand: u.units for u in plan.unserved}
        gone = {p.demand for p in plan.parts}
        counts |= {
            "parts": len(plan.parts),
            "planned": sum(1 for k in gone if k not in behind),
            "partly": sum(1 for k in gone if k in behind),
            "unserved": sum(1 for k in behind if k not in gone),
            "late": len({p.demand for p in plan.parts if p.late_days}),
            "wagons": sum(p.units for p in plan.parts if p.job.shipment.equipment.endswith("-wagon")),
            "vessels": sum(v.used for v in plan.vessels if v.lot.kind == "vessel"),
            "trains": sum(v.used for v in plan.vessels if v.lot.kind == "train"),
        }
    return counts


def _change_figures(changed: Sequence[Mapping[str, object]], currency: str) -> dict[str, object]:
    extra = sum((Decimal(str(row["extra_cost"])) for row in changed), Decimal(0))
    return {
        "shipments": len(changed),
        "extra_cost": f"{extra:.2f}",
        "currency": currency,
        "miss_due_now": sum(row["misses_due"] == "now" for row in changed),
        "left_behind": sum(row["change"] == "left behind" for row in changed),
    }


# ---- files --------------------------------------------------------------------------------------------


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(out: Path, done: PlanRun, demands: Demands, desk: Desk | None, options: Options) -> None:
    told, plan = done.told, done.recomputed
    for name, columns, rows in (
        ("plan.csv", report.PLAN_COLUMNS, told.plan if told else []),
        ("unserved.csv", report.UNSERVED_COLUMNS, told.unserved if told else []),
        ("bottlenecks.csv", report.BOTTLENECK_COLUMNS, told.bottlenecks if told else []),
        ("lots.csv", report.LOT_COLUMNS, told.lots if told else []),
        ("rejected.csv", REJECTED_COLUMNS, list(demands.rejected)),
    ):
        with CsvOut(out / name, columns) as file:
            for row in rows:
                file.write(row)
    with CsvOut(out / "charges.csv", report.CHARGE_COLUMNS) as charges:
        if plan is not None and desk is not None:
            for line in report.charge_lines(plan.parts, desk, options.currency):
                charges.write_lines(csv_text([line]))
    if options.before is not None:
        with CsvOut(out / "changes.csv", CHANGE_COLUMNS) as file:
            for row in done.changed:
                file.write(row)
    if plan is not None and told is not None and desk is not None:
        (out / "plan.html").write_text(page_of(done, desk, options), encoding="utf-8")


def page_of(done: PlanRun, desk: Desk, options: Options) -> str:
    """The page of a plan with its two pictures."""
    plan, told, summary = done.recomputed, done.told, done.summary
    assert plan is not None and told is not None
    counts = _counts(done.demands, done.built, plan, {})
    behind = {u.demand: u.units for u in plan.unserved}
    facts = [
        ("Plan", f"{desk.periods.start} to {desk.periods.end - dt.timedelta(days=1)}, by the {desk.periods.kind}"),
        ("Cost", f"{plan.objective:,.2f} {options.currency}, of it carriage {plan.carriage:,.2f}"),
        ("Proof", f"no plan costs less than {Decimal(summary['bound']):,.2f}; gap {summary['gap']:.2%}" if summary["bound"] else "no bound known"),
        ("Carried", f"{Decimal(summary['tonnes']['planned']):,.0f} t in {len(plan.parts)} parts; {counts['vessels']} ships, {counts['trains']} block trains"),
        ("Left behind", f"{Decimal(summary['tonnes']['unserved']):,.0f} t of {len(behind)} shipments"),
    ]  # fmt: skip
    body = [
        (
            "What flows where",
            "From origins over borders and ports to destinations. The wider a band, the more tonnes; red is full in some period.",
            pictures.flow(plan.parts, desk, pictures.full_places(told.bottlenecks)),
        ),
        (
            "Who goes when",
            "A bar runs from departure to likely arrival (P50), thicker for more units; colour is the way. A thin mark is the ready date, a diamond the due date, a red rim is late.",
            pictures.gantt(plan.parts, desk, behind),
        ),
    ]
    return pictures.page("Season plan", facts, body, told.bottlenecks)
