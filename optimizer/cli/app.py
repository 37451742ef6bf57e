"""The command `keruen`: parse, call one use case, print. Heavy imports wait inside the commands.

Exit status: 0 done, 2 bad usage or input, 3 no route, 4 done but rows were rejected and --strict was
given, 5 no plan exists or none was found in time, 70 a fault of ours. Errors are one sentence on standard error with a stable code.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer import __version__
from optimizer.cli import desk, netback, read, study
from optimizer.cli.batch import batch_quote
from optimizer.cli.bench import bench_app
from optimizer.cli.document import ForClient, Internal, Lang, LetterheadFile, Paper, PdfFile, XlsxFile
from optimizer.cli.edge import load, problem_rows, today
from optimizer.cli.options import FILES, LANE, MONEY, WAYS, Asked, Json, asks
from optimizer.cli.plan import batch_plan
from optimizer.cli.tariff import tariff_app
from optimizer.errors import DataError, FreightError, NoItinerary

FAULTS_OF_OURS = {
    "sum_mismatch",
    "verify_differs",
    "recompute_differs",
    "solver_differs",
    "plan_differs",
    "study_differs",
}
app = typer.Typer(
    name="keruen",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Quotes and plans freight from Kazakhstan over rail, road and the Caspian.",
)
batch_app = typer.Typer(no_args_is_help=True, help="Many shipments at once.")
network_app = typer.Typer(no_args_is_help=True, help="The network: check, show, export.")
quotes_app = typer.Typer(no_args_is_help=True, help="Stored quotes.")
app.add_typer(batch_app, name="batch")
app.add_typer(network_app, name="network")
app.add_typer(quotes_app, name="quotes")
app.add_typer(tariff_app, name="tariff")
netback.register(app)
read.register(app)
desk.register(app, quotes_app)
batch_app.command("quote")(batch_quote)
study.register(tariff_app)
batch_app.command("plan")(batch_plan)
app.add_typer(bench_app, name="bench")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    try:
        status = app(args=argv, standalone_mode=False)  # an Exit comes back as its status
        return status if isinstance(status, int) else 0
    except typer.Exit as done:
        return done.exit_code
    except NoItinerary as reason:
        _say(reason)
        for row in reason.rejected:
            print(f"  - {row['text']}", file=sys.stderr)
        return 3
    except DataError as fault:
        for problem in fault.problems:
            print(f"Error: {problem}", file=sys.stderr)
        return 2
    except FreightError as fault:
        _say(fault)
        return 70 if fault.code in FAULTS_OF_OURS else 2
    except (typer.Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as fault:
        # typer brings its own copies of the usage errors; they are known by what they can say.
        message = getattr(fault, "format_message", None)
        if message is not None:
            text = message() or "nothing was asked; see keruen --help"
            print(f"Error: {text} (code: bad_usage)", file=sys.stderr)
            return 2
        if os.environ.get("KERUEN_DEBUG"):
            raise
        print(
            f"Error: a fault of ours: {type(fault).__name__}: {fault}. Set KERUEN_DEBUG=1 to see where, and please report it. (code: internal)",
            file=sys.stderr,
        )
        return 70


def _say(fault: FreightError) -> None:
    print(f"Error: {fault}", file=sys.stderr)
    for candidate in fault.details.get("candidates", []):
        name = candidate.get("name") or candidate.get("name_en") or ""
        country = f" ({candidate['country']})" if candidate.get("country") else ""
        print(f"  - {candidate['id']}{': ' + name if name else ''}{country}", file=sys.stderr)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _store() -> Any:
    from optimizer.store import Store, default_url

    return Store.open(os.environ.get("KERUEN_STORE") or default_url(os.environ.get("XDG_DATA_HOME", "")))


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        print(__version__)
        raise typer.Exit(0)


@app.command()
@asks(
    *(*LANE, "due", "chance", "known_on", "objective", "pareto", "alternatives"),
    *(*WAYS, *FILES, *MONEY, "incoterm", "margin", "deal"),
)
def quote(
    asked: Asked,
    client: Annotated[bool, typer.Option("--client", help="The client's sheet: sell prices only.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check the optimum against OR-Tools min-cost flow.")] = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="Do not keep the quote.")] = False,
    as_json: Json = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write every charge line to this CSV file.")] = None,
    xlsx: XlsxFile = None,
    pdf: PdfFile = None,
    lang: Lang = "en",
    letterhead: LetterheadFile = None,
    internal: Internal = False,
    for_client: ForClient = "",
) -> None:
    """Quote one shipment: which way, how much, how long, and on whose tariff."""
    from optimizer.quote import make_quote
    from optimizer.wire import client_csv, client_of, dumps, quote_csv

    paper = Paper(xlsx, pdf, lang, letterhead, internal, for_client)
    own = paper.check()
    data = asked.load()
    answer = make_quote(asked.request(), data, today=today(), created_at=_now())
    verified = ""
    if verify:
        from optimizer.verify import verify_quote

        verified = verify_quote(answer, data)
    if not no_store:
        _keep(answer)
    if csv_file is not None:
        _write(csv_file, client_csv(client_of(answer)) if client else quote_csv(answer))
    paper.write(answer, own)
    if as_json:
        print(dumps(client_of(answer) if client else answer))
    else:
        from rich.console import Console

        from optimizer.present import show, show_client

        show_client(client_of(answer), Console()) if client else show(answer, Console())
    if verified:
        print(verified, file=sys.stderr)


def _keep(answer: dict[str, Any]) -> None:
    """Store a quote; a store that cannot be written costs a warning, never the quote."""
    from optimizer.errors import StoreError

    try:
        _store().save(answer)
    except StoreError as fault:
        print(f"Warning: the quote was not stored: {fault}", file=sys.stderr)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise FreightError(
            f"{path} cannot be written: {fault.strerror}.", code="file_unwritable", hint="Name another file."
        ) from fault


@app.command()
@asks(*LANE, "days", "known_on", "objective", *WAYS, "deal", *FILES, *MONEY)
def when(
    asked: Asked,
    days: Annotated[int, typer.Option(help="Length of the window from the ready date on.")] = 60,
    objective: Annotated[str, typer.Option(help="cost, time or emissions: what the best way of a day is.")] = "cost",
    as_json: Json = False,
) -> None:
    """When to load: price and arrival for every day of a window, what is shut when, and the best day."""
    from rich.console import Console
    from rich.progress import Progress

    from optimizer.departure import profile
    from optimizer.present import show_profile

    data = asked.load()
    job = asked.job(data, objective=objective, alternatives=0)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("looking at days", total=days)
        found = profile(job, data, days, lambda done: bar.update(task, completed=done))
    if as_json:
        print(json.dumps({"request": job.as_dict(), **found.as_dict(job.currency)}, ensure_ascii=False))
        return
    show_profile(found, job, data.place_names, Console())


@network_app.command("check")
def network_check(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Find unknown ends, islands, impossible lengths, gauge jumps, missing sources."""
    from optimizer.network.check import check_network, summary
    from optimizer.network.names import load_aliases
    from optimizer.network.read import read_network
    from optimizer.plan.capacity import check_capacities, read_capacities
    from optimizer.restriction.check import check_restrictions
    from optimizer.restriction.read import read_restrictions
    from optimizer.stops import check_calendars

    network = read_network()
    problems = [
        *check_network(network, load_aliases()),
        *check_capacities(read_capacities()[0], network),
        *check_restrictions(read_restrictions(), set(network.places), set(network.sources)),
        *check_calendars(network),
    ]
    facts = summary(network)
    errors = [p for p in problems if p.severity == "error"]
    if as_json:
        print(json.dumps({"summary": facts, "problems": problem_rows(problems)}, ensure_ascii=False))
    else:
        for name, value in facts.items():
            print(f"{name.replace('_', ' ')}: {value}")
        for problem in problems:
            print(f"{problem.severity}: {problem}")
        print(f"{len(errors)} errors, {len(problems) - len(errors)} warnings")
    if errors:
        raise typer.Exit(2)


@network_app.command("show")
def network_show(place: Annotated[str, typer.Argument(help="Place: id, code or name.")]) -> None:
    """What is known of one place: codes, links, crossings, services, sources."""
    from optimizer.network.names import PlaceIndex, load_aliases
    from optimizer.network.read import read_network
    from optimizer.network.show import describe

    network = read_network()
    for line in describe(network, PlaceIndex(network, load_aliases()).resolve(place, "place")):
        print(line)


@network_app.command("export")
def network_export(geojson: Annotated[Path, typer.Option("--geojson", help="File to write.")]) -> None:
    """Write the whole network as GeoJSON."""
    from optimizer.network.geojson import to_geojson
    from optimizer.network.read import read_network

    collection = to_geojson(read_network())
    _write(geojson, json.dumps(collection, ensure_ascii=False))
    print(f"{len(collection['features'])} features written to {geojson}")


@quotes_app.command("list")
def quotes_list(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """The newest stored quotes."""
    rows, _ = _store().list(limit, None)
    for row in rows:
        print(
            f"{row['quote_id']}  {row['created_at']}  {row['origin']} - {row['destination']}  {row['cargo']} {row['tonnes']} t  {row['total']} {row['currency']}"
        )


def _stored(quote_id: str) -> str:
    body = _store().get(quote_id)
    if body is None:
        raise FreightError(
            f"There is no stored quote {quote_id}.", code="unknown_quote", hint="`keruen quotes list` shows the newest."
        )
    return body


@quotes_app.command("show")
def quotes_show(
    quote_id: str,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    xlsx: XlsxFile = None,
    pdf: PdfFile = None,
    lang: Lang = "en",
    letterhead: LetterheadFile = None,
    internal: Internal = False,
    for_client: ForClient = "",
) -> None:
    """A stored quote as it was given."""
    body = _stored(quote_id)
    paper = Paper(xlsx, pdf, lang, letterhead, internal, for_client)
    paper.write(json.loads(body), paper.check())
    if as_json:
        print(body)
        return
    from rich.console import Console

    from optimizer.present import show

    show(json.loads(body), Console())


@quotes_app.command("recompute")
def quotes_recompute(quote_id: str) -> None:
    """Compute a stored quote again from the versions it rests on; the same bytes, or what changed."""
    from optimizer.store import recompute

    _stored(quote_id)
    print(recompute(_store(), quote_id, load()))


@quotes_app.command("explain")
def quotes_explain(quote_id: str, rank: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Every charge line of a stored quote, step by step."""
    answer = json.loads(_stored(quote_id))
    if rank > len(answer["itineraries"]):
        raise FreightError(
            f"Quote {quote_id} has {len(answer['itineraries'])} itineraries, not {rank}.",
            code="unknown_rank",
            hint="Give a lower --rank.",
        )
    from optimizer.present import explain_lines

    for line in explain_lines(answer, answer["itineraries"][rank - 1]):
        print(line)


@app.command()
def validate(
    lengths: Annotated[
        list[Path] | None, typer.Option("--lengths", help="A table of lengths and times shaped as seeds/checks.")
    ] = None,
    prices: Annotated[
        list[Path] | None, typer.Option("--prices", help="A table of prices shaped as seeds/checks.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare the engine with observed lengths, days and prices."""
    from optimizer.validate import run as run_validation

    report = run_validation(load(), lengths=lengths or (), prices=prices or ())
    if as_json:
        print(json.dumps(report.as_dict(), ensure_ascii=False))
        return
    from rich.console import Console

    report.render(Console())


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64)] = 1,
) -> None:
    """Serve the HTTP API."""
    import uvicorn

    uvicorn.run("api.app:create_app", host=host, port=port, workers=workers, factory=True)
