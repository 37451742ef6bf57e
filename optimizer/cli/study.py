"""The commands `keruen tariff study` and `keruen tariff backcheck`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.edge import counting, load, today
from optimizer.cli.options import Books, FxFile, Json


def study(
    file: Annotated[Path, typer.Argument(help="The study, TOML: see docs/tariff-study.md and seeds/studies.")],
    out: Annotated[Path, typer.Option(help="Folder for summary.json, points.csv, kinks.csv, letter/, study.md ...")],
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=1, help="Seconds for everything after the ways are listed.")
    ] = 120.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same answer.")] = 1,
    all_kinks: Annotated[
        bool,
        typer.Option("--all-kinks", help="Quote both sides of every kink again; else of those with most tonnes, 5 s."),
    ] = False,
    book: Books = None,
    fx: FxFile = None,
    as_json: Json = False,
) -> None:
    """Which rates to set: sweeps with every kink, the best of all, rivals, scenarios, the letter as a draft."""
    from optimizer.study.read import read_study
    from optimizer.study.report import write_report
    from optimizer.study.run import run
    from optimizer.tables import make_folder

    data = load(book, fx)
    asked = read_study(file, data, today())
    make_folder(out)
    with counting() as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done, total=of)

        found = run(asked, data, out, time_limit=time_limit, seed=seed, all_kinks=all_kinks, progress=tell)
    manifest = {
        "command": "tariff study",
        "arguments": {
            "file": file.name,
            "time_limit": time_limit,
            "seed": seed,
            "all_kinks": all_kinks,
            "books": [p.name for p in book or ()],
        },
        "study_digest": asked.digest,
        "versions": data.versions,
    }
    summary = write_report(found, data, out, manifest)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
        return
    for line in _lines(summary):
        print(line)
    print(f"Written to {out}: study.md first, then letter.md, points.csv, kinks.csv, gains_losses.csv.")


def _lines(summary: dict[str, Any]) -> list[str]:
    """The answer in a few lines."""
    best = ", ".join(f"{name} {value}" for name, value in summary["best"].items())
    lines = [
        f"{summary['title']}: {summary['lanes']} lanes, {summary['ways']} ways, {summary['seconds']} s",
        f"best {best}: {summary['objective']} {summary['value']} against {_now(summary)} today",
    ]
    if summary["bound"] is None:
        lines.append("no bound is known, so it may not be the best")
    elif summary["status"] == "optimal":
        lines.append(f"proved: nothing brings more than {summary['bound']}")
    else:
        lines.append(f"not proved: nothing brings more than {summary['bound']} (gap {float(summary['gap']):.2%})")
    shares = summary["at_best"]["corridors"].items()
    lines.append("shares " + ", ".join(f"{name} {row['share']} %" for name, row in shares))
    return lines


def _now(summary: dict[str, Any]) -> str:
    state = next(row for row in summary["scenarios"])
    return str(state["value_today"])


def backcheck(
    flows: Annotated[
        Path | None, typer.Option(help="Observed flows: flow_id,origin,destination,route_or_node,cargo,period_from ...")
    ] = None,
    demand: Annotated[
        list[Path] | None, typer.Option(help="Shipments to send, as batch plan reads them; the two ready seasons else.")
    ] = None,
    spread: Annotated[
        float, typer.Option(min=0, help="Of a logit over routes, USD a tonne; 0: the cheapest way.")
    ] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Folder for backcheck.csv, borders.csv, cargoes.csv.")] = None,
    book: Books = None,
    fx: FxFile = None,
    as_json: Json = False,
) -> None:
    """The forecast against what went: error by border and cargo; parts beside totals and boxes are told, not added."""
    from optimizer.backcheck.run import back_check
    from optimizer.tables import CsvOut, make_folder

    data = load(book, fx)
    if out is not None:
        make_folder(out)
    with counting() as bar:
        task = bar.add_task("sending shipments", total=None)
        found = back_check(
            data,
            flows,
            demand or (),
            spread=spread,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        ).as_dict()
    if out is not None:
        tables_of = {"backcheck.csv": "rows", "borders.csv": "errors_by_border", "cargoes.csv": "errors_by_cargo"}
        for name, key in tables_of.items():
            with CsvOut(out / name, list(found[key][0]) if found[key] else ["nothing_compared"]) as file:
                for row in found[key]:
                    file.write(row)
        manifest = {"command": "tariff backcheck", "versions": data.versions, "counts": found["counts"]}
        (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    counts = found["counts"]
    print(
        f"{counts['read']} rows: {counts['compared']} compared, {counts['part']} inside another row, {counts['flagged']} flagged, {counts['not_comparable']} not comparable; {found['rule']}"
    )
    for row in (*found["errors_by_border"], *found["errors_by_cargo"]):
        name = row.get("border") or row.get("cargo")
        made = (
            f"; {row['made_of_it']} of {row['rows']} are what the demand was made of"
            if row["made_of_it"] != "0"
            else ""
        )
        print(
            f"{name}: observed {int(row['observed_t']):,} t, forecast {int(row['forecast_t']):,} t, error {row['error_percent']} %{made}"
        )
    for row in found["rows"]:
        if row["state"] == "flagged":
            print(f"flagged {row['flow_id']} (line {row['line']}): {row['why']}")
    if found["without_way"]:
        print(f"{len(found['without_way'])} shipments found no way on their day")


def register(tariff_app: typer.Typer) -> None:
    """Add the commands to `keruen tariff`."""
    tariff_app.command("study")(study)
    tariff_app.command("backcheck")(backcheck)
