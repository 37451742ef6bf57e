"""An empty tariff book to fill in: a header, every table with its columns, and a README that explains them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from optimizer.errors import DataError, FreightError, Problem
from optimizer.money import CURRENCIES
from optimizer.tariff.meanings import HOLDS, MEANINGS, TABLES, columns_of
from optimizer.tariff.read import read_books

MOST_LETTERS = 200


def new_book(folder: Path, book_id: str, title: str, publisher: str, currency: str) -> list[Path]:
    """Write an empty book to fill in: header, every table with its columns, and a README.

    Args:
        folder: is made, or exists and is empty.
        book_id: letters, digits, `-`, `_` and `.`; names the book in charge lines.
        currency: of rows that name none.

    Raises:
        FreightError: the folder holds something (folder_not_empty) or cannot be written (folder_unwritable).
        DataError: the header cannot be used, as an id that another book has.

    >>> with TemporaryDirectory() as temporary:
    ...     files = new_book(Path(temporary) / "own", "own", "Our contract", "Us", "USD")
    >>> [file.name for file in files][:2]
    ['book.toml', 'rates.csv']
    """
    _check_header(book_id, title, publisher, currency)
    _check_empty(folder)
    texts = {
        "book.toml": _header_text(book_id, title.strip(), publisher.strip(), currency),
        **{name: ",".join(columns_of(name)) + "\n" for name in TABLES},
        "README.txt": _readme(title.strip(), currency),
    }
    with TemporaryDirectory(prefix="keruen-") as temporary:
        trial = Path(temporary) / (folder.resolve().name or "book")
        trial.mkdir()
        _write_all(trial, texts)
        read_books(over=[trial])
    return _write_all(folder, texts)


def _check_header(book_id: str, title: str, publisher: str, currency: str) -> None:
    problems: list[Problem] = []
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", book_id, re.ASCII):
        text = f"{book_id!r} cannot be the id of a book; use up to 60 letters, digits, points and dashes"
        problems.append(Problem("bad_book_id", text, column="id", value=book_id))
    for name, value in (("title", title), ("publisher", publisher)):
        if not value.strip() or len(value) > MOST_LETTERS or not value.isprintable():
            text = f"the {name} of a book is one line of at most {MOST_LETTERS} letters; give it one"
            problems.append(Problem(f"bad_{name}", text, column=name, value=value))
    if currency not in CURRENCIES:
        text = f"currency must be one of {', '.join(sorted(CURRENCIES))}"
        problems.append(Problem("unknown_currency", text, column="currency", value=currency))
    if problems:
        raise DataError(problems)


def _check_empty(folder: Path) -> None:
    try:
        held = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as fault:
        raise _unwritable(folder, fault) from fault
    if held:
        raise FreightError(
            f"{folder} exists and is not an empty folder, so no new book is written there.",
            code="folder_not_empty",
            hint="Name another folder; rows are taken into a book with an import.",
        )


def _write_all(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write new files; where one cannot be written none is left."""
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8", newline="") as file:
                written.append(folder / name)
                file.write(text)
    except OSError as fault:
        for path in written:
            path.unlink(missing_ok=True)
        raise _unwritable(folder, fault) from fault
    return written


def _unwritable(path: Path, fault: OSError) -> FreightError:
    return FreightError(
        f"{path} cannot be written: {fault.strerror or fault}.", code="folder_unwritable", hint="Name another folder."
    )


def _header_text(book_id: str, title: str, publisher: str, currency: str) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)  # printable text is quoted alike in JSON and TOML

    return f"""# Header of a tariff book. Lines that begin with # are notes; take the # away to set a value.
id = {quoted(book_id)}
title = {quoted(title)}
publisher = {quoted(publisher)}
currency = {quoted(currency)}  # of rows that name none

# What becomes of several coefficients of one group: highest-discount (of the reductions the largest, once),
# single-best, product or priority.
# stacking = "highest-discount"

# How lines are rounded, half up: to the cent, or the amount of one line or unit to a step.
# rounding = {{ per = "unit", step = "1", coefficient = "after", rate_step = "0.0001" }}

# Exchange rate the rows are converted by, where not the usual one: market, official, parallel, interbank.
# fx_kind = "market"

# Day of the document, and a word to its readers.
# date = "2026-10-01"
# note = ""
"""


def _readme(title: str, currency: str) -> str:
    tables_told = "\n".join(f"  {name:<18}{holds}" for name, holds in HOLDS.items())
    columns_told = "\n".join(f"  {name:<21}{meaning}" for name, meaning in MEANINGS.items())
    return f"""{title}

A tariff book: a folder of tables in CSV (UTF-8, commas). Laid over the default books with --book it wins wherever a row
of its own fits. As it stands it holds no row and changes no price. Columns you do not need may be deleted, except the id,
charge, basis or value, status and source_id; an empty cell sets no condition.

{tables_told}
  belts/NAME.csv    rates by distance: from_km,to_km,rate_..., ends inclusive, no gaps

A rate once used is never edited: give its new edition an id of its own and name the old one in replaces, or close the
old one with valid_to. Known_from is the day of the letter: an offer made before that day stays explained by what was
known then, also where the letter has effect from an earlier date.

An example: in October 2026 the railway KTZ carries grain at 13.50 {currency} a tonne, a letter of 9 November halves it
from 15 October. (Only the columns that are filled in are shown, a line each.)

  rates.csv          rule_id      OWN-1                    # its name in quotes
                     charge       carriage                 # what is priced
                     carrier      KTZ
                     cargo        grain                    # a condition; empty columns set none
                     form         wagon
                     basis        per_t
                     rate         13.50                    # with a point
                     currency     {currency}
                     valid_from   2026-10-01
                     valid_to     2026-12-31
                     status       published
                     source_id    our-contract-17          # where it was read
                     description  KTZ by contract 17       # what the line of a quote says

  coefficients.csv   coef_id      OWN-HALF
                     charge       carriage
                     carrier      KTZ
                     rules        OWN-1                    # only on this rule
                     value        0.50
                     valid_from   2026-10-15               # with effect from an earlier date ...
                     known_from   2026-11-09               # ... than the letter's own
                     status       published
                     source_id    letter-2026-11-09

In conditions a;b is a list, !a;b excludes, @name is a group of groups.csv, 500..1000 and >24 are ranges.

Columns

{columns_told}
"""
