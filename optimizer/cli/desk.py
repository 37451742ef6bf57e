"""A desk's day: saved quotes asked again, checklists, templates, tenders answered."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.edge import counting, load, today
from optimizer.cli.options import Books, FxFile, Json, PlacesFile
from optimizer.errors import RequestError

Lang = Annotated[str, typer.Option("--lang", help="en or ru.")]
Profile = Annotated[str, typer.Option("--profile", help="Dialect of CSV: excel-ru or rfc4180.")]
MOST_SHOWN = 40


def register(app: typer.Typer, quotes: typer.Typer) -> None:
    """Adds the commands."""
    quotes.command("requote")(requote)
    quotes.command("checklist")(checklist)
    app.command("template")(template)
    app.command("tender")(tender)


def _day(text: str, name: str) -> dt.date | None:
    from optimizer.request import parse_day

    return parse_day(text, name) if text else None


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RequestError(
            f"{value!r} is not a {name}.", code=f"unknown_{name}", field=name, hint=f"Use one of {', '.join(allowed)}."
        )


def _open_store() -> Any:
    from optimizer.cli.app import _store

    return _store()


def requote(
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Only this quote, valid or not; may be repeated.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="Only quotes made on this day or later, YYYY-MM-DD.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also quotes that are no longer valid.")] = False,
    known_on: Annotated[str, typer.Option("--known-on", help="Use only what had been issued by this day.")] = "",
    book: Books = None,
    fx: FxFile = None,
    places: PlacesFile = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the list to this .csv or .xlsx.")] = None,
    profile: Profile = "rfc4180",
    store: Annotated[bool, typer.Option("--store", help="Keep the new quotes of those that changed.")] = False,
    as_json: Json = False,
) -> None:
    """Ask saved quotes again with today's data: which changed, by how much and why; the saved ones stay as they are."""
    from optimizer.desk_files import write_table
    from optimizer.requote import COLUMNS, WIDTHS, counts, requote_all, wanted

    day, first = today(), _day(since, "since")
    known = _day(known_on, "known_on")
    if known is not None and known > day:
        raise RequestError(
            f"known-on {known} has not been yet.",
            code="date_out_of_range",
            field="known_on",
            hint="Give a day that has been.",
        )
    saved = _open_store()
    quotes = [json.loads(body) for body in _bodies(saved, ids)]
    asked = [quote for quote in quotes if ids or wanted(quote, day, first, every)]
    data = load(book, fx, places)
    now = dt.datetime.now(dt.UTC)
    with counting() as bar:
        task = bar.add_task("asking again", total=len(asked))
        found = requote_all(
            asked,
            data,
            today=day,
            created_at=now,
            known_on=known,
            keep=store,
            progress=lambda n: bar.update(task, completed=n),
        )
    if store:
        for one in found:
            if one.new_quote is not None:
                saved.save(one.new_quote)
    changed = [one for one in found if one.outcome != "unchanged"]
    number = {**counts(found), "no_longer_valid": len(quotes) - len(asked)}
    if out is not None:
        write_table(out, "requote", COLUMNS, ([one.row()[c] for c in COLUMNS] for one in changed), profile, WIDTHS)
    if as_json:
        print(json.dumps({"counts": number, "quotes": [one.as_dict() for one in changed]}, ensure_ascii=False))
        return
    for one in changed[:MOST_SHOWN]:
        row = one.row()
        print(
            f"{row['quote_id']}  {row['origin']} - {row['destination']}  {row['cargo']} {row['tonnes']} t, ready {row['ready']}"
        )
        if one.new_total is not None:
            print(
                f"  {one.old_total:,.2f} -> {one.new_total:,.2f} {row['currency']} ({one.difference:+,.2f}, {one.per_cent:+}%)"
            )
        print(f"  {one.why}")
        if one.superseded_on:
            print(f"  superseded on {one.superseded_on}")
    if len(changed) > MOST_SHOWN:
        print(f"and {len(changed) - MOST_SHOWN} more in --json or --out")
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in number.items() if count)
    print(f"{len(found)} quotes asked again: {told or 'none'}.")


def _bodies(saved: Any, ids: list[str] | None) -> list[str]:
    """Bodies of the quotes named, or of all of them, newest first."""
    from optimizer.store import MOST_LISTED, unknown_quote

    if ids:
        bodies = {quote_id: saved.get(quote_id) for quote_id in ids}
        for quote_id, body in bodies.items():
            if body is None:
                raise unknown_quote(quote_id)
        return list(bodies.values())
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = saved.list(MOST_LISTED, cursor)
        found += [saved.get(row["quote_id"]) for row in rows]
    return found


def checklist(
    quote_id: str,
    rank: Annotated[int, typer.Option(min=1, help="Which of its ways was accepted.")] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Also write it to this .xlsx, .csv or .md.")] = None,
    done: Annotated[
        list[str] | None, typer.Option("--done", help="KEY or KEY=VALUE of an item at hand; may be repeated.")
    ] = None,
    lang: Lang = "en",
    profile: Profile = "rfc4180",
    places: PlacesFile = None,
    as_json: Json = False,
) -> None:
    """What must be at hand before an accepted quote is loaded: plan data, payer codes, documents, permits, telegrams."""
    from optimizer.checklist.build import Facts
    from optimizer.checklist.build import checklist as build
    from optimizer.checklist.model import LANGUAGES
    from optimizer.checklist.show import HEADER, WIDTHS, page, rows
    from optimizer.desk_files import write_table, write_text
    from optimizer.store import unknown_quote

    _one_of("lang", lang, LANGUAGES)
    body = _open_store().get(quote_id)
    if body is None:
        raise unknown_quote(quote_id)
    data = load(None, None, places)
    found = build(
        json.loads(body), Facts(data.network.places, data.cargoes, data.equipment), rank=rank, done=done or ()
    )
    text = "\n".join(page(found, lang)) + "\n"
    if out is not None and out.suffix.lower() == ".md":
        write_text(out, text)
    elif out is not None:
        write_table(out, "checklist", HEADER[lang], rows(found, lang), profile, WIDTHS)
    print(json.dumps(found.as_dict(), ensure_ascii=False) if as_json else text, end="\n" if as_json else "")


def template(
    kind: Annotated[str, typer.Argument(help="shipments or rates.")],
    out: Annotated[Path, typer.Option("--out", help="The .xlsx to write.")],
    lang: Lang = "ru",
) -> None:
    """A spreadsheet to fill in, with lists to choose from; `keruen read` and `keruen tariff import` take it back."""
    from optimizer.template.columns import KINDS
    from optimizer.template.write import write_template

    _one_of("kind", kind, tuple(KINDS))
    _one_of("lang", lang, ("en", "ru"))
    write_template(kind, out, load(), lang, today())
    print(f"A template for {kind} stands in {out}.")


def tender(
    file: Annotated[Path, typer.Argument(help="The shipper's sheet: CSV, XLSX, XLS or ODS.")],
    out: Annotated[Path, typer.Option("--out", help="The answer: .xlsx or .csv.")],
    margin: Annotated[str, typer.Option(help="What is added for the client: 5%, 3 USD/t, 40 USD/unit, 150 USD.")] = "",
    valid_until: Annotated[str, typer.Option("--valid-until", help="Last day of the offer, YYYY-MM-DD.")] = "",
    per: Annotated[str, typer.Option(help="Unit of the rate: auto, tonne or unit (wagon, container, truck).")] = "auto",
    ready: Annotated[str, typer.Option(help="Loading day of lanes that name none or a month only, YYYY-MM-DD.")] = "",
    currency: Annotated[str, typer.Option(help="Of lanes that name none.")] = "",
    mapping: Annotated[Path | None, typer.Option("--mapping", help="Your own mapping of columns and words.")] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")] = "",
    lang: Lang = "en",
    profile: Profile = "excel-ru",
    book: Books = None,
    fx: FxFile = None,
    places: PlacesFile = None,
    as_json: Json = False,
) -> None:
    """Answer a shipper's bid sheet: the same sheet back, with rate, days, route, a fallback and the conditions added."""
    from optimizer.desk_files import check_profile
    from optimizer.document.names import read_names
    from optimizer.intake import mapping as mappings
    from optimizer.intake.giveback import give_back
    from optimizer.intake.names import lookup_of
    from optimizer.intake.opening import open_table
    from optimizer.intake.read import read
    from optimizer.tender import PER, Terms, answer, header, summary

    _one_of("lang", lang, ("en", "ru"))
    _one_of("per", per, PER)
    check_profile(profile)
    day = today()
    known = mappings.load(mapping, "shipments") if mapping else None
    grid = open_table(file, "shipments", sheet=sheet, mapping=known)
    lookup, shut = lookup_of(known, places, day)
    reading, _ = read(grid, "shipments", lookup, today=day, mapping=known, shut=shut)
    terms = Terms(margin, _day(valid_until, "valid_until"), per, _day(ready, "ready"), lang, currency)
    with counting() as bar:
        task = bar.add_task("pricing lanes", total=len(reading.rows))
        result = answer(
            reading,
            load(book, fx, places),
            read_names(),
            terms,
            today=day,
            progress=lambda n: bar.update(task, completed=n),
        )
    give_back(grid, reading, header(lang), result.by_line, out, profile, lang=lang)
    print(json.dumps(result.as_dict(), ensure_ascii=False) if as_json else f"{summary(result)} Written to {out}.")
