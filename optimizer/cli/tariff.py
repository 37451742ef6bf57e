"""The commands `keruen tariff ...`: parse, call one use case, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.edge import load, problem_rows, today
from optimizer.cli.options import FILES, LANE, MONEY, WAYS, Asked, Books, FxFile, Json, PlacesFile, asks
from optimizer.errors import RequestError

tariff_app = typer.Typer(no_args_is_help=True, help="Tariff books: check, show, explain, compare, fill in.")
MOST_NEAR = 8
Carrier = Annotated[str, typer.Option(help="Only lines of this carrier: KTZ, TDY, ROAD-IR ...")]
ChargeName = Annotated[str, typer.Option("--charge", help="Only this charge: carriage, hire, sea_freight ...")]
Rank = Annotated[int, typer.Option(min=1, help="Which of the ways, the best one first.")]


@tariff_app.command()
def check(
    book: Books = None,
    on: Annotated[str, typer.Option(help="Also say what ends within 30 days of this day, YYYY-MM-DD.")] = "",
    within: Annotated[int, typer.Option(min=0, max=366, help="Days, for --on.")] = 30,
    as_json: Json = False,
) -> None:
    """Find overlaps, gaps, rows of equal rank or out of reach, unknown names, missing sources; every one at once."""
    from optimizer.clerk import known_names
    from optimizer.request import parse_day
    from optimizer.tariff.check import check_books

    data = load(book)
    day = parse_day(on, "on") if on else None
    problems = check_books(data.books, known_names(data), on=day, within_days=within)
    errors = [p for p in problems if p.severity == "error"]
    if as_json:
        print(json.dumps({"rows": len(data.books.rows), "problems": problem_rows(problems)}, ensure_ascii=False))
    else:
        for problem in problems:
            print(f"{problem.severity}: {problem}")
        print(
            f"{len(data.books.infos)} books, {len(data.books.rows)} rows: {len(errors)} errors, {len(problems) - len(errors)} warnings"
        )
    if errors:
        raise typer.Exit(2)


@tariff_app.command()
@asks(*LANE, "known_on", *WAYS, "deal", "carrier", "charge", "rank", "book", "places")
def show(asked: Asked, carrier: Carrier = "", charge: ChargeName = "", rank: Rank = 1, as_json: Json = False) -> None:
    """What applies on each haul of a way on a day, and what nearly applied and why not."""
    from optimizer.clerk import shown

    data = asked.load()
    job = asked.job(data, alternatives=max(0, rank - 1))
    rows = shown(job, data, rank=rank, carrier=carrier.upper(), charge=charge)
    if not rows:
        raise RequestError(
            "No line of this way is of that carrier and charge.",
            code="no_such_line",
            field="carrier",
            hint="Leave --carrier and --charge out to see all lines.",
        )
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['charge']} {row['carrier']} {row['haul']}".rstrip())
        print(f"  applies: {row['rule_id']} ({row['rate']}) of book {row['book']}, {row['where']}")
        print(f"           {row['document']}")
        for coef in row["coefficients"]:
            print(f"           x {coef['value']} {coef['coef_id']}: {coef['description']} ({coef['where']})")
        for near in row["nearly"][:MOST_NEAR]:
            print(f"  not:     {near['id']} ({near['value']}): {'; '.join(near['reasons'])}")
        if len(row["nearly"]) > MOST_NEAR:
            print(f"           and {len(row['nearly']) - MOST_NEAR} more in --json")


@tariff_app.command()
@asks(*LANE, "known_on", *WAYS, "deal", "carrier", "charge", "rank", *FILES, *MONEY)
def explain(asked: Asked, carrier: Carrier = "", charge: ChargeName = "", rank: Rank = 1) -> None:
    """A charge step by step: rate, quantity, coefficient, rounding, exchange rate, document."""
    import datetime as dt

    from optimizer.present import explain_lines
    from optimizer.quote import quote_job

    data = asked.load()
    job = asked.job(data, alternatives=max(0, rank - 1))
    answer = quote_job(job, data, dt.datetime.combine(today(), dt.time(), dt.UTC))
    if rank > len(answer["itineraries"]):
        raise RequestError(
            f"This lane has {len(answer['itineraries'])} ways, not {rank}.",
            code="unknown_rank",
            field="rank",
            hint="Give a lower --rank.",
        )
    for line in explain_lines(answer, answer["itineraries"][rank - 1], carrier=carrier.upper(), charge=charge):
        print(line)


@tariff_app.command()
@asks(*LANE, "known_on", "alternatives", *WAYS, "deal", *FILES, *MONEY)
def breakeven(
    asked: Asked,
    alternatives: Annotated[int, typer.Option(min=1, max=20, help="How many other ways to look at.")] = 6,
    as_json: Json = False,
) -> None:
    """For every other way the smallest change of a coefficient, rate, days or value at which it wins, quoted again."""
    from rich.console import Console
    from rich.progress import Progress

    from optimizer.breakeven import breakevens, sentences

    data = asked.load()
    job = asked.job(data, alternatives=alternatives)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("quoting again", total=None)
        search, ways, rivals = breakevens(job, data, lambda done, of: bar.update(task, completed=done, total=of))
    if as_json:
        best = {"rank": 1, "route": list(ways[0].way), "total": f"{ways[0].total:f}", "currency": job.currency}
        print(json.dumps({"best": best, "rivals": [rival.as_dict() for rival in rivals]}, ensure_ascii=False))
        return
    for line in sentences(search, ways, rivals):
        print(line)


def _books_named(name: str) -> list[Path]:
    """`default` is the books that ship with Keruen; anything else a book laid over them."""
    return [] if name == "default" else [Path(part) for part in name.split(",")]


@tariff_app.command()
def diff(
    a: Annotated[str, typer.Argument(help="`default`, or a book of your own; several parted by a comma.")],
    b: Annotated[str, typer.Argument(help="The other, as above.")],
    lanes: Annotated[Path | None, typer.Option(help="CSV of shipments; 25 typical lanes where left out.")] = None,
    day: Annotated[
        list[str] | None, typer.Option("--day", help="Ready date to price; the days the change begins and ends, else.")
    ] = None,
    fx: FxFile = None,
    places: PlacesFile = None,
    as_json: Json = False,
) -> None:
    """Which rows differ between two sets of books, which lanes change, on which days, by how much and why."""
    from rich.console import Console
    from rich.progress import Progress

    from optimizer.present_tariff import render
    from optimizer.request import parse_day
    from optimizer.tariffdiff.diff import diff as compare
    from optimizer.tariffdiff.diff import lanes_of

    old, new = (load(_books_named(name), fx, places) for name in (a, b))
    days = [parse_day(text, "day") for text in day or ()]
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("pricing lanes", total=None)
        found = compare(
            old,
            new,
            lanes_of(lanes),
            days or None,
            today(),
            lambda done, of: bar.update(task, completed=done, total=of),
        )
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        render(found, Console())


@tariff_app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help="A book's table (CSV, known by its id column), or a rate sheet of your own.")
    ],
    into: Annotated[Path, typer.Option(help="The book to take the rows.")],
    answers: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "--answer",
            help="Answer to a question of a rate sheet: carrier=TDY, C.net=yes, 10.surcharge=on_top.",
        ),
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="The answers in a TOML file.")] = None,
    status: Annotated[str, typer.Option(help="Of a rate sheet's rows: provisional, published ...")] = "provisional",
    source: Annotated[str, typer.Option(help="source_id of a rate sheet's rows; the file's name where left out.")] = "",
    prefix: Annotated[
        str, typer.Option("--id", help="How ids of a rate sheet's rows begin; the file's name else.")
    ] = "",
    partial: Annotated[bool, typer.Option("--partial", help="Take what is clear although something is asked.")] = False,
    places: PlacesFile = None,
    as_json: Json = False,
) -> None:
    """Take rows of a file into a book: all of them or none, and no row of the past is rewritten."""
    from optimizer.errors import DataError
    from optimizer.offer.take import is_book_table, read_answers, sheet_lines, take_sheet
    from optimizer.present_tariff import import_lines
    from optimizer.tariff.edit import import_rates

    if not is_book_table(file):
        told = read_answers(answers or [], mapping)
        sheet = take_sheet(
            file,
            into,
            load(None, None, places),
            today=today(),
            answers=told,
            prefix=prefix,
            source_id=source,
            status=status,
            partial=partial,
        )
        if as_json:
            print(json.dumps(sheet.as_dict(), ensure_ascii=False))
        else:
            for line in sheet_lines(sheet):
                print(line)
        if not sheet.imported:
            raise typer.Exit(2)
        return
    try:
        taken = import_rates(file, into, today=today())
    except DataError as fault:
        if "read" in fault.details:
            print(f"{fault.details['read']} rows read, none taken.")
        raise
    for line in [json.dumps(taken.as_dict(), ensure_ascii=False)] if as_json else import_lines(taken):
        print(line)


@tariff_app.command("new")
def new_folder(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty.")],
    book_id: Annotated[
        str, typer.Option("--id", help="Name of the book in quotes; that of the folder where left out.")
    ] = "",
    title: Annotated[str, typer.Option(help="What it is.")] = "Our own rates",
    publisher: Annotated[str, typer.Option(help="Whose it is.")] = "Us",
    currency: Annotated[str, typer.Option(help="Currency of rows that state none.")] = "USD",
) -> None:
    """An empty book to fill in."""
    from optimizer.present_tariff import new_book_lines
    from optimizer.tariff.blank import new_book

    for line in new_book_lines(new_book(folder, book_id or folder.name, title, publisher, currency.upper())):
        print(line)
