"""`keruen batch quote`: a sheet of shipments quoted row by row, and given back with the answers in it."""

from __future__ import annotations

import datetime as dt
import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.edge import counting, load, today
from optimizer.cli.options import Books, FxFile, PlacesFile
from optimizer.errors import RequestError


def batch_quote(
    file: Annotated[Path, typer.Argument(help="The sheet as it came: CSV, TSV, TXT, XLSX, XLS or ODS.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for quotes.csv, charges.csv, rejected.csv, manifest.json and the sheet given back."),
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="Your own mapping of columns and words (keruen read --save-mapping)."),
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook; default the first that holds data.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Of a text file; default found out.")] = "",
    delimiter: Annotated[str, typer.Option("--delimiter", help="Of a text file; default found out.")] = "",
    back: Annotated[
        Path | None,
        typer.Option(
            "--back", help="Where the sheet goes with the answers, .xlsx or .csv; default NAME_quoted in --out."
        ),
    ] = None,
    profile: Annotated[str, typer.Option("--csv-profile", help="excel-ru or rfc4180; default as the file came.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="Language of added headings and remarks: en or ru.")] = "en",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 when a row was rejected.")] = False,
    store: Annotated[bool, typer.Option("--store", help="Keep every quote in the store.")] = False,
    book: Books = None,
    fx: FxFile = None,
    places: PlacesFile = None,
) -> None:
    """Quote every row of a sheet on its own, and give the sheet back with the answers."""
    from optimizer import batch
    from optimizer.cli.app import _store
    from optimizer.intake import mapping as mappings
    from optimizer.intake.names import lookup_of
    from optimizer.intake.opening import open_table
    from optimizer.intake.read import read
    from optimizer.sheet.write import PROFILES

    for name, value, allowed in (("csv-profile", profile, ("", *PROFILES)), ("lang", lang, ("en", "ru"))):
        if value not in allowed:
            raise RequestError(
                f"{value!r} is not a {name}.",
                code=f"unknown_{name.replace('-', '_')}",
                field=name,
                hint=f"Use one of {', '.join(filter(None, allowed))}.",
            )
    # A long sheet is millions of small objects without cycles; looking through them for some costs a tenth of the time.
    gc.disable()
    try:
        day = today()
        data = load(book, fx, places)
        known = mappings.load(mapping, "shipments") if mapping else None
        grid = open_table(file, "shipments", sheet=sheet, encoding=encoding, delimiter=delimiter, mapping=known)
        lookup, shut = lookup_of(known, places, day)
        reading, _ = read(grid, "shipments", lookup, today=day, mapping=known, shut=shut)
        keep = _store().save if store else None
        with counting() as bar:
            task = bar.add_task("quoting", total=len(reading.rows))
            result = batch.run(
                reading,
                out,
                data,
                today=day,
                created_at=dt.datetime.now(dt.UTC),
                arguments={"strict": strict, "store": store},
                progress=lambda done: bar.update(task, completed=done),
                keep=keep,
            )
        suffix = ".csv" if grid.format == "csv" else ".xlsx"
        target = back or out / f"{file.stem}_quoted{suffix}"
        style = profile or ("rfc4180" if grid.delimiter == "," else "excel-ru")
        batch.give_back_with(grid, reading, result, target, profile=style, lang=lang)
    finally:
        gc.enable()
    counts = result.counts
    print(
        f"{result.read} rows read: {counts['quoted']} quoted, {counts['no_route']} without a route, "
        f"{counts['needs_answer']} need an answer, {counts['rejected']} rejected, {counts['skipped']} skipped; "
        f"{result.seconds:.1f} s, written to {out}; your sheet with the answers: {os.path.relpath(target)}"
    )
    if strict and counts["rejected"] + counts["needs_answer"]:
        raise typer.Exit(4)
