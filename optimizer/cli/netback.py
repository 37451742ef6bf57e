"""`keruen netback`: elevators x outlets, what is left at the elevator."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.edge import counting, load, today
from optimizer.cli.options import Books, FxFile, PlacesFile
from optimizer.errors import RequestError


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("netback")(netback)


def netback(
    file: Annotated[
        Path, typer.Argument(help="CSV of offers: outlet, basis, cargo, month, price, currency, tonnes ...")
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for netback.csv, lines.csv, netback.html, rejected.csv, manifest.json.")
    ],
    elevators: Annotated[
        Path | None, typer.Option(help="CSV of elevators: origin, stock_t, cost_per_t, currency.")
    ] = None,
    rank_by: Annotated[
        str, typer.Option("--rank-by", help="value, after-capital (less interest) or with-subsidy.")
    ] = "value",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 when a row was rejected.")] = False,
    known_on: Annotated[str, typer.Option(help="Use only what had been issued by this day.")] = "",
    ignore_restriction: Annotated[
        list[str] | None, typer.Option("--ignore-restriction", help="Treat this restriction as absent.")
    ] = None,
    book: Books = None,
    fx: FxFile = None,
    places: PlacesFile = None,
    currency: Annotated[str, typer.Option(help="Currency of the values.")] = "USD",
) -> None:
    """What grain is worth at the elevator: price at each outlet less every line, ranked, ties shown as ties."""
    from rich.console import Console

    from optimizer.money import CURRENCIES
    from optimizer.netback.page import page
    from optimizer.netback.pair import Asked
    from optimizer.netback.run import RANKINGS, write
    from optimizer.netback.run import netback as compute
    from optimizer.netback.show import show
    from optimizer.request import parse_day

    into = currency.strip().upper()
    if into not in CURRENCIES:
        raise RequestError(
            f"{currency!r} is not a currency we have rates of.",
            code="bad_currency",
            field="currency",
            hint=f"Use one of {', '.join(CURRENCIES)}.",
        )
    if rank_by not in RANKINGS:
        raise RequestError(
            f"{rank_by!r} is not a ranking.",
            code="bad_ranking",
            field="rank_by",
            hint=f"Use one of {', '.join(RANKINGS)}.",
        )
    data = load(book, fx, places)
    day = today()
    asked = Asked(day, parse_day(known_on, "known_on") if known_on else day, into, tuple(ignore_restriction or ()))
    with counting() as bar:
        task = bar.add_task("netback", total=None)
        table = compute(
            file,
            elevators,
            data,
            asked,
            rank_by=rank_by,
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    arguments = {
        "file": file.name,
        "elevators": elevators.name if elevators else "",
        "rank_by": rank_by,
        "known_on": asked.known_on.isoformat(),
        "currency": into,
        "ignore_restriction": list(asked.ignore),
        "strict": strict,
    }
    title = f"Netback: {file.stem}"
    write(table, out, data, created_at=dt.datetime.now(dt.UTC), arguments=arguments, page=page(table, title))
    show(table, Console())
    priced = len(table.placed)
    print(
        f"{len(table.pairs)} pairs: {priced} priced, {len(table.pairs) - priced} without a number; "
        f"{len(table.refused)} rows rejected; {table.seconds:.1f} s, written to {out}"
    )
    for problem in table.refused:
        typer.echo(f"Rejected: {problem}", err=True)
    if strict and table.refused:
        raise typer.Exit(4)
