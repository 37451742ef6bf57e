"""The command `keruen batch plan`: one plan for a file of shipments."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.edge import counting, load, today
from optimizer.cli.options import Books, FxFile, PlacesFile
from optimizer.errors import RequestError

NO_PLAN = 5
STRICT = 4


def batch_plan(
    file: Annotated[Path, typer.Argument(help="CSV of shipments, comma or semicolon, UTF-8.")],
    out: Annotated[Path, typer.Option(help="Folder for plan.csv, unserved.csv, bottlenecks.csv, plan.html ...")],
    start: Annotated[str, typer.Option(help="First day of the plan, YYYY-MM-DD; else the first ready date.")] = "",
    weeks: Annotated[int, typer.Option(min=0, max=104, help="Length of the plan; else until all had time to go.")] = 0,
    period: Annotated[
        str, typer.Option(help="week or day: how finely capacities and departures are counted.")
    ] = "week",
    capacity: Annotated[
        Path | None, typer.Option("--capacity", help="Your own capacities, laid over network_data/capacities.csv.")
    ] = None,
    time_limit: Annotated[float, typer.Option("--time-limit", min=1, help="Seconds for everything.")] = 60.0,
    gap: Annotated[float, typer.Option(min=0, max=1, help="Good enough: 0.005 is half a per cent.")] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same plan.")] = 1,
    fixed: Annotated[
        Path | None, typer.Option("--fixed", help="Bookings that stay: rows of an earlier plan.csv.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", help="Folder of an earlier plan: writes changes.csv.")
    ] = None,
    close: Annotated[
        list[str] | None, typer.Option("--close", help="PLACE:FROM:TO or RESOURCE:FROM:TO shut, days inclusive.")
    ] = None,
    unserved_price: Annotated[
        str, typer.Option("--unserved-price", help="Of a tonne left behind, where the row says none; default 1000 USD.")
    ] = "",
    late_price: Annotated[
        str, typer.Option("--late-price", help="Of a tonne and day after the due date; default 1 USD.")
    ] = "",
    storage_price: Annotated[
        str, typer.Option("--storage-price", help="Of a tonne and day of waiting, beside interest; default 0.033 USD.")
    ] = "",
    most_wait: Annotated[int, typer.Option("--most-wait", min=0, max=732, help="Days a shipment may wait.")] = 56,
    ways: Annotated[int, typer.Option(min=1, max=64, help="Ways listed for each shipment at first.")] = 8,
    currency: Annotated[str, typer.Option(help="Currency of the plan.")] = "USD",
    known_on: Annotated[str, typer.Option("--known-on", help="Use only what had been issued by this day.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 when a row was rejected.")] = False,
    book: Books = None,
    fx: FxFile = None,
    places: PlacesFile = None,
) -> None:
    """Who goes where and when, in whole wagons, trains and ships, at least total cost, with proof."""

    from optimizer.money import CURRENCIES
    from optimizer.plan.run import Options, run
    from optimizer.request import parse_day, positive

    if period not in ("week", "day"):
        raise RequestError(f"{period!r} is no period.", code="bad_period", field="period", hint="Use week or day.")
    if currency.upper() not in CURRENCIES:
        raise RequestError(
            f"{currency!r} is not a known currency.",
            code="unknown_currency",
            field="currency",
            hint=f"Use one of {', '.join(CURRENCIES)}.",
        )

    def price(text: str, name: str) -> Decimal | None:
        return positive(text, name, zero_allowed=True) if text else None

    options = Options(
        start=parse_day(start, "start") if start else None,
        weeks=weeks,
        period=period,
        time_limit=time_limit,
        gap=gap,
        seed=seed,
        currency=currency.upper(),
        unserved_price=price(unserved_price, "unserved_price"),
        late_price=price(late_price, "late_price"),
        storage_price=price(storage_price, "storage_price"),
        most_wait_days=most_wait,
        ways=ways,
        known_on=parse_day(known_on, "known_on") if known_on else None,
        capacity=capacity,
        fixed=fixed,
        before=before,
        close=tuple(close or ()),
    )
    data = load(book, fx, places)
    with counting() as bar:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        arguments = {
            "start": start,
            "weeks": weeks,
            "period": period,
            "time_limit": time_limit,
            "gap": gap,
            "seed": seed,
            "capacity": capacity.name if capacity else "",
            "fixed": fixed.name if fixed else "",
            "before": str(before or ""),
            "close": list(close or ()),
            "unserved_price": unserved_price,
            "late_price": late_price,
            "storage_price": storage_price,
            "most_wait": most_wait,
            "ways": ways,
            "currency": options.currency,
            "known_on": known_on,
            "strict": strict,
        }
        done = run(
            file,
            out,
            data,
            options,
            today=today(),
            created_at=dt.datetime.now(dt.UTC),
            progress=progress,
            arguments=arguments,
        )
    _say(done.summary, out)
    if done.status in ("none", "infeasible"):
        raise typer.Exit(NO_PLAN)
    if strict and done.demands.rejected:
        raise typer.Exit(STRICT)


def _say(summary: dict[str, Any], out: Path) -> None:
    counts = summary["counts"]
    head = f"{counts['read']} rows read: {counts['shipments']} to plan, {counts['rejected']} rejected, {counts['skipped']} skipped"
    if summary["closed"]:
        head += f"\nclosed: {'; '.join(summary['closed'])}"
    if summary["status"] in ("none", "infeasible"):
        print(f"{head}; written to {out}")
        print(f"Error: no plan: {summary['note']} (code: no_plan)", file=sys.stderr)
        return
    gap = f"{summary['gap']:.2%}" if summary["gap"] is not None else "unknown"
    print(
        f"{head}\n{summary['status']}: {summary['objective']} {summary['currency']}, no plan below {summary['bound']}, gap {gap}\n"
        f"{counts['planned']} planned, {counts['partly']} in part, {counts['unserved']} left behind, {counts['late']} late; "
        f"{counts['parts']} parts, {counts['vessels']} ships, {counts['trains']} block trains\n"
        f"{summary['seconds']:.1f} s, written to {out}; the pictures are in plan.html"
    )
    if "changes" in summary:
        moved = summary["changes"]
        print(
            f"Against the earlier plan: {moved['shipments']} shipments move, {moved['extra_cost']} {moved['currency']} more, "
            f"{moved['miss_due_now']} miss their due date now, {moved['left_behind']} are left behind"
        )
