"""`keruen read`: how a spreadsheet was understood, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.edge import today
from optimizer.cli.options import Json, PlacesFile
from optimizer.errors import RequestError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("read")(read_sheet)


def read_sheet(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, TXT, XLSX, XLS or ODS.")],
    kind: Annotated[str, typer.Option("--kind", help="shipments, rates, netback or flows.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="Your own mapping of columns and words, TOML or JSON.")
    ] = None,
    save_mapping: Annotated[
        Path | None, typer.Option("--save-mapping", help="Write what was understood to this file, to be edited.")
    ] = None,
    sheet: Annotated[
        str, typer.Option("--sheet", help="Sheet of a workbook; default the first one that holds anything.")
    ] = "",
    encoding: Annotated[
        str, typer.Option("--encoding", help="Of a text file: utf-8, cp1251, cp866 ...; default found out.")
    ] = "",
    delimiter: Annotated[str, typer.Option("--delimiter", help="Of a text file: ; , tab ...; default found out.")] = "",
    known_on: Annotated[
        str, typer.Option("--known-on", help="Closures issued by this day are looked at; default today.")
    ] = "",
    places: PlacesFile = None,
    lang: Annotated[str, typer.Option("--lang", help="Language of the page: en or ru.")] = "en",
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 4 when rows were rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Say how a spreadsheet was understood: every row accepted, asked about, rejected or passed over, and why."""
    from optimizer.intake import mapping as mappings
    from optimizer.intake.names import lookup_of
    from optimizer.intake.opening import open_table
    from optimizer.intake.read import KINDS, read
    from optimizer.intake.show import LANGUAGES, as_dict, page
    from optimizer.request import parse_day

    for name, value, allowed in (("kind", kind, KINDS), ("lang", lang, LANGUAGES)):
        if value not in allowed:
            raise RequestError(
                f"{value!r} is not a {name}.",
                code=f"unknown_{name}",
                field=name,
                hint=f"Use one of {', '.join(allowed)}.",
            )
    day = today()
    known = mappings.load(mapping, kind) if mapping else None
    grid = open_table(file, kind, sheet=sheet, encoding=encoding, delimiter=delimiter, mapping=known)
    lookup, shut = lookup_of(known, places, parse_day(known_on, "known_on") if known_on else day)
    reading, layout = read(grid, kind, lookup, today=day, mapping=known, shut=shut)
    if save_mapping is not None:
        save_mapping.write_text(mappings.dumps(reading, layout), encoding="utf-8")
    if as_json:
        print(json.dumps(as_dict(reading), ensure_ascii=False, indent=2))
    else:
        for line in page(reading, layout, lang):
            print(line)
    if strict and reading.counts["rejected"]:
        raise typer.Exit(4)
