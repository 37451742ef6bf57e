"""Writing tariff books: an empty one to fill in, and rows of a file taken into one.

Nothing half done is left behind: a book is read whole, with the default ones, before a byte of it is written, and a
table is replaced in one step. Past rows stay as they are; a new edition of a row is a row of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory

from optimizer import tables
from optimizer.errors import DataError, FreightError, Problem
from optimizer.money import CURRENCIES
from optimizer.tariff.columns import COLUMNS, NEEDED
from optimizer.tariff.conditions import CONDITIONS
from optimizer.tariff.read import default_folders, read_books
from optimizer.validity import parse_from, parse_to

TABLES = tuple(COLUMNS)
DATED = ("rates.csv", "coefficients.csv", "surcharges.csv", "subsidies.csv", "through.csv")  # what an import may hold
MOST_BYTES = 64 * 2**20
MOST_LETTERS = 200
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
OF_SUBSIDIES = frozenset({"cap_t", "cap_amount", "probability", "claim_until"})
NUMBERS = frozenset(
    {"rank", "rate", "fixed", "per_km", "value", "min_t", "step_t", "base_m", "free_days", "low", "high", "priority"}
    | {"carry_months", "cap_t", "cap_amount", "probability"}
)
NEVER_EDIT = (
    "never edit a past rate: give the new edition an id of its own and name the old one in replaces, "
    "or close the old one with valid_to"
)

# Every column but the conditions with what it says, in the order a new table shows them.
_BEFORE = {
    "rule_id": "name of the row in quotes; no other row of any book may have it",
    "coef_id": "name of the coefficient in quotes",
    "group": "of a coefficient: those of one group compete; of a surcharge: one a group applies; in groups.csv: the name",
    "members": "the values a group stands for: a;b",
    "series": "name of a series of market prices in spot.csv",
    "day": "day a market price was paid or asked",
    "price": "that price",
    "parcel_t": "tonnes it was for",
    "class": "class the goods belong to in the belt tables",
    "charge": "what is priced: carriage, truck, sea_freight, hire, rail_border ... (docs/tariff-books.md lists all)",
    "on": "charges a surcharge or subsidy stands beside: a;b, or dispatch, arrival, through",
    "mode": "rail or road",
    "chain": "way of a through rate: place;border post|border post;place",
    "carrier": "KTZ, TDY, UTY, RAI, ARA, PR, ROAD-KZ ...; empty fits any",
    "rules": "the coefficient changes only these rules: a;b",
    "rank": "higher beats lower; empty is 0",
}
_AFTER = {
    "basis": "per_t, per_t_km, per_unit, per_unit_km, per_unit_day, per_consignment, percent_of_value, belt ...",
    "rate": "the number; 0 only where the document prints 0",
    "fixed": "fixed part of fixed + per_km x km",
    "per_km": "part for each km, or nautical mile on a sea basis",
    "belt_table": "for the basis belt: table/column of belts/table.csv",
    "currency": "of the number; empty: that of the book",
    "fx_kind": "exchange rate it is converted by: market, official, parallel, interbank",
    "value": "factor of a coefficient: 0.50 is half",
    "priority": "higher beats lower where the book stacks by priority",
    "min_t": "a unit is charged for at least so many tonnes",
    "step_t": "charged tonnes are rounded up to this",
    "base_m": "length of a vehicle the rate is for, in metres",
    "free_days": "days that cost nothing",
    "day_steps": "7x55;110 is seven days at 55, every further day at 110",
    "round": "rounding of its own: unit:1:after; empty: that of the book",
    "cap_t": "a subsidy is paid for so many tonnes at most",
    "cap_amount": "and so much money at most",
    "probability": "how likely it is paid: 0.8",
    "low": "lower end of the band, as a factor: 0.8",
    "high": "upper end of the band: 1.2",
    "valid_from": "first day it applies: YYYY-MM-DD, YYYY-MM or YYYY",
    "valid_to": "last day it applies",
    "known_from": "day it was issued; a quote as of an earlier day does not see it",
    "replaces": "older rows it puts out of force where it fits: a;b; in through.csv: charges the rate already holds",
    "carry": "no: not carried on once it has ended",
    "carry_months": "months it is carried on, as provisional, once it has ended",
    "claim_until": "last day to claim a subsidy",
    "status": "published, derived, estimated or provisional",
    "source_id": "where it was read: contract, letter, page",
    "document": "number or address of the document",
    "description": "what the line of a quote says",
    "based_on": "the published rate an estimate was made from",
    "warning_code": "code of the warning",
    "warning": "sentence every quote with this line carries",
    "note": "for whoever reads the table",
}
_CONDITIONS = {
    "from": "place the haul begins at",
    "to": "place it ends at",
    "via": "place it touches",
    "between": "both its ends, either way round: a+b",
    "except_between": "not between these",
    "country": "country of a border or port",
    "crossing": "border by its two posts: a|b",
    "direction": "in or out of that country",
    "traffic": "domestic, export, import, transit, third",
    "origin": "place the shipment comes from",
    "destination": "place it goes to",
    "origin_country": "country it comes from: KZ",
    "destination_country": "country it goes to",
    "cargo": "cargo or group of cargoes: wheat;grain",
    "form": "wagon, container, truck, hold",
    "equipment": "hopper-wagon, container-40 ...",
    "feet": "20 or 40",
    "gross_t": "gross mass of one container: >24",
    "capacity_t": "load a truck can take",
    "owner": "private, carrier, foreign",
    "service": "rail_ferry, roro, container_feeder, dry_bulk",
    "truck_country": "country the truck is of",
    "km": "tariff distance: 500..1000",
    "months": "12;1",
    "onward": "sea or land, after the haul to a port",
    "gng": "goods codes: 1001;1101..1109",
    "etsng": "goods codes of ETSNG",
    "delivery": "Incoterm: FCA, CPT, DAP, FOB, CFR",
    "payer": "who pays the railway",
    "train": "block or container",
    "return_trip": "empty, loaded, prepaid",
    "paired": "yes: two boxes on one platform",
    "stay_days": "days a foreign truck stays",
    "annual_t": "tonnes promised for the year",
    "annual_teu": "TEU promised for the year",
    "lot_t": "tonnes of the shipment",
    "units": "wagons, containers or trucks of it",
    "unit_t": "net tonnes in one of them",
    "train_wagons": "wagons in the train",
}
MEANINGS = {
    **_BEFORE,
    **{name: _CONDITIONS.get(name, "see docs/tariff-books.md") for name in CONDITIONS},
    **_AFTER,
}
_SMALL = {
    "groups.csv": ("group", "members", "status", "source_id", "note"),
    "classes.csv": ("gng", "class", "status", "source_id", "note"),
    "spot.csv": ("series", "day", "price", "currency", "parcel_t", "status", "source_id", "note"),
}
_HOLDS = {
    "book.toml": "name, publisher, currency and rounding of the book",
    "rates.csv": "what is charged: one price a row",
    "coefficients.csv": "factors on those prices: discounts, indices, seasons",
    "surcharges.csv": "lines beside a price: seal, guard, fuel ...",
    "subsidies.csv": "money paid back",
    "through.csv": "one rate for a chain of hauls and borders",
    "groups.csv": "names for lists, used in conditions as @name",
    "spot.csv": "market prices by day",
    "classes.csv": "classes of goods for belt tables",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; every row read was added or stood there already.

    Attributes:
        table: name of the table the rows belong to; `path`: the file itself.
        read, added, skipped: rows of the file; read = added + skipped.
        columns_added: columns the table did not have.
        warnings: rows that were taken but look like a slip.
    """

    table: str
    path: Path
    read: int
    added: int
    skipped: int
    columns_added: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {
            "table": self.table,
            "path": str(self.path),
            "read": self.read,
            "added": self.added,
            "skipped": self.skipped,
            "columns_added": list(self.columns_added),
            "warnings": [
                {"code": p.code, "text": p.text, "file": p.file, "line": p.line, "column": p.column}
                for p in self.warnings
            ],
        }


def columns_of(table: str) -> tuple[str, ...]:
    """Every column a table may have, in the order a new book shows them.

    >>> columns_of("groups.csv")
    ('group', 'members', 'status', 'source_id', 'note')
    """
    if table in _SMALL:
        return _SMALL[table]
    order = {name: place for place, name in enumerate(["rule_id", "coef_id", *MEANINGS])}
    # The order of MEANINGS, but an id stands first, and what only small tables show first stands with the prices.
    late = {"group": order["value"] - 0.5, "series": order["belt_table"] + 0.5, "rule_id": -2.0, "coef_id": -1.0}
    return tuple(sorted(COLUMNS[table], key=lambda name: (late.get(name, float(order.get(name, len(order)))), name)))


# ---- a new book --------------------------------------------------------------------------------------


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
    tables_told = "\n".join(f"  {name:<18}{holds}" for name, holds in _HOLDS.items())
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


# ---- rows of a file ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a file, by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the book as it stands; `path` is the file a link leads to."""

    name: str
    path: Path
    raw: bytes | None  # None: the book does not have it
    columns: tuple[str, ...]
    rows: tuple[_Line, ...]

    @property
    def line_end(self) -> str:
        return "\r\n" if self.raw is not None and b"\r\n" in self.raw else "\n"


def import_rates(file: Path, folder: Path, *, today: dt.date) -> Imported:
    """Take the rows of a CSV file into a book, all or none.

    The file has the columns of one of the book's tables, separated by commas, semicolons or tabs, in UTF-8; its
    columns say which: coef_id is of coefficients, chain of through rates, rule_id with `on` of surcharges (with a
    cap, probability or claim_until of subsidies), rule_id alone of rates. A row whose id stands in the book with the
    same content is passed over.

    Args:
        folder: the book.
        today: to warn of rows that have ended or that nobody can know yet.

    Raises:
        DataError: every fault of every row at once, or the book with these rows cannot be read; nothing is written.
            `details` accounts for the rows: read = skipped + refused.
        FreightError: the book cannot be written, or changed meanwhile.

    >>> text = "rule_id,charge,carrier,basis,rate,status,source_id\\nOWN-1,hire,KTZ,per_unit_day,28,published,phone\\n"
    >>> with TemporaryDirectory() as temporary:
    ...     folder, letter = Path(temporary) / "own", Path(temporary) / "letter.csv"
    ...     _ = new_book(folder, "own", "Our contract", "Us", "USD"), letter.write_text(text)
    ...     done = import_rates(letter, folder, today=dt.date(2026, 11, 22))
    >>> done.table, done.read, done.added, done.skipped
    ('rates.csv', 1, 1, 0)
    """
    columns, lines, problems = _read_file(file)
    if not (folder / "book.toml").is_file():
        text = "the folder holds no book.toml; name the folder of a tariff book, or make a new one first"
        raise DataError([Problem("not_a_book", text, file=str(folder))])
    table = _table_named(columns, lines, file.name)
    header_problems = _header_problems(table, columns, file.name)
    if header_problems:
        raise _refused([*header_problems, *problems], len(lines), 0)
    old = _read_table(folder, table)
    problems += [p for line in lines for p in _cell_problems(line, file.name)]
    fresh, skipped, id_problems = _fresh(table, lines, old, _other_ids(folder, table), file.name)
    problems += id_problems
    added_columns = tuple(c for c in columns if c not in old.columns and any(line.cells[c] for line in fresh))
    if fresh:
        raw = _joined(old, fresh, added_columns)
        problems += _trial(folder, old, fresh, problems, raw, file.name)
    if problems:
        raise _refused(sorted(problems, key=lambda p: (p.file != file.name, p.line)), len(lines), skipped)
    if fresh:
        _replace(old, raw)
    return Imported(
        table=table,
        path=old.path,
        read=len(lines),
        added=len(fresh),
        skipped=skipped,
        columns_added=added_columns if old.raw is not None else (),
        warnings=tuple(p for line in fresh for p in _slips(line, file.name, today)),
    )


def _refused(problems: Sequence[Problem], read: int, skipped: int) -> DataError:
    """The error of a file of which no row is taken."""
    fault = DataError(list(problems))
    fault.details = {"read": read, "added": 0, "skipped": skipped, "refused": read - skipped}
    return fault


def _read_file(file: Path) -> tuple[list[str], list[_Line], list[Problem]]:
    """(columns, rows, faults of single rows) of a user's CSV.

    Raises:
        DataError: it cannot be read at all.
    """

    def whole(code: str, text: str, line: int = 0) -> DataError:
        return DataError([Problem(code, text, file=file.name, line=line)])

    if os.path.exists(file) and not os.path.isfile(file):  # a folder, or a device that never ends
        raise whole("file_unreadable", "this is not a file; name a CSV file")
    if os.path.isfile(file) and os.path.getsize(file) > MOST_BYTES:
        raise whole("file_too_large", f"the file is larger than {MOST_BYTES // 2**20} MB; split it")
    text = tables.decode(tables.read_bytes(file), file.name)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    problems: list[Problem] = []
    lines: list[_Line] = []
    columns: list[str] = []
    try:
        columns = [cell.strip() for cell in next(reader, [])]
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if any(cells[len(columns) :]):
                words = (
                    f"the row has {len(cells)} cells, the header {len(columns)}; quote text that holds the separator"
                )
                problems.append(Problem("too_many_cells", words, file=file.name, line=reader.line_num))
            named = dict(zip(columns, cells + [""] * len(columns), strict=False))
            if named.pop("", ""):
                words = "a cell stands under no column name; name the column or delete the cell"
                problems.append(Problem("missing_column", words, file=file.name, line=reader.line_num))
            lines.append(_Line(reader.line_num, named))
    except csv.Error as fault:
        raise whole(
            "broken_csv", f"the row cannot be read as CSV: {fault}; check its quotes", reader.line_num
        ) from fault
    columns = [c for c in columns if c]
    if not columns:
        raise whole("no_header", "the file has no header; write the names of the columns in its first line", 1)
    if not lines:
        raise whole("no_rows", "the file holds no row below its header; nothing can be taken from it", 1)
    return columns, lines, problems


def _table_named(columns: Sequence[str], lines: Sequence[_Line], name: str) -> str:
    """The table a file's rows belong to, by its columns."""
    if "coef_id" in columns:
        return "coefficients.csv"
    if "chain" in columns:
        return "through.csv"
    if "rule_id" in columns and "on" in columns:
        paid_back = OF_SUBSIDIES & set(columns) or all(line.cells.get("charge") == "subsidy" for line in lines)
        return "subsidies.csv" if paid_back else "surcharges.csv"
    if "rule_id" in columns:
        return "rates.csv"
    text = "the file has neither a column rule_id nor coef_id; give each row an id, in the columns of a tariff book"
    raise _refused([Problem("missing_column", text, file=name, line=1, column="rule_id")], len(lines), 0)


def _header_problems(table: str, columns: Sequence[str], name: str) -> list[Problem]:
    def fault(code: str, text: str, column: str) -> Problem:
        return Problem(code, text, file=name, line=1, column=column)

    found = [
        fault("missing_column", f"the file has no column {column}; add it, {table} needs it", column)
        for column in NEEDED[table]
        if column not in columns
    ]
    found += [
        fault("unknown_column", f"column {column} is not one {table} may have; rename or delete it", column)
        for column in dict.fromkeys(columns)
        if column not in COLUMNS[table]
    ]
    return found + [
        fault("double_column", f"two columns are named {column}; rename or delete one", column)
        for column in dict.fromkeys(columns)
        if columns.count(column) > 1
    ]


def _cell_problems(line: _Line, name: str) -> list[Problem]:
    """Cells a spreadsheet would run, and cells that are not one line of text."""
    found: list[Problem] = []
    for column, cell in line.cells.items():
        code = text = ""
        if CONTROLS.search(cell):
            code, text = "control_character", "the cell holds a line break or control character; write it on one line"
        elif tables.safe_text(cell) != cell and not _is_condition(column, cell):
            code = "formula_cell"
            text = f"the cell begins with {cell[0]!r}, which a spreadsheet runs as a formula; write the value itself"
        if code:
            found.append(
                Problem(code, text, file=name, line=line.number, column=column, value=CONTROLS.sub(" ", cell[:60]))
            )
    return found


def _is_condition(column: str, cell: str) -> bool:
    """A group, or an exception among goods codes, begins with what would begin a formula elsewhere."""
    word = r"@[\w.-]+|-\d+"
    return column in CONDITIONS and re.fullmatch(rf"({word})([;+]({word}|[\w.-]+))*", cell) is not None


def _read_table(folder: Path, table: str) -> _Table:
    """A table of the book; none of its rows where the book does not have it."""
    path = (folder / table).resolve()
    if not path.exists():
        return _Table(table, path, None, (), ())
    raw = tables.read_bytes(path)
    title = f"{folder.resolve().name}/{table}"
    text = tables.decode(raw, title)
    rows = tuple(_Line(number, cells) for number, cells in tables.rows_of(text, title))
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    return _Table(table, path, raw, tuple(cell.strip() for cell in header), rows)


def _other_ids(folder: Path, table: str) -> dict[str, str]:
    """Where ids of the book's other tables stand."""
    found: dict[str, str] = {}
    for other in DATED:
        if other != table and (folder / other).is_file():
            for line in _read_table(folder, other).rows:
                own_id = line.cells.get("coef_id") or line.cells.get("rule_id", "")
                found.setdefault(own_id, f"{other} line {line.number}")
    return found


def _fresh(
    table: str, lines: Sequence[_Line], old: _Table, others: Mapping[str, str], name: str
) -> tuple[list[_Line], int, list[Problem]]:
    """(rows the book does not have yet, number of rows it has already, faults of ids)."""
    id_column = "coef_id" if table == "coefficients.csv" else "rule_id"
    stands = {line.cells.get(id_column, ""): line for line in old.rows}
    seen: dict[str, int] = {}
    fresh: list[_Line] = []
    skipped = 0
    problems: list[Problem] = []

    def fault(code: str, text: str, line: _Line) -> None:
        own = line.cells[id_column]
        problems.append(Problem(code, text, file=name, line=line.number, column=id_column, value=own))

    for line in lines:
        own_id = line.cells[id_column]
        if own_id and own_id in seen:
            fault("duplicate_id", f"{own_id} stands in line {seen[own_id]} already; keep one of the rows", line)
            continue
        seen[own_id] = line.number
        if own_id and own_id in others:
            fault("id_taken", f"{own_id} is the id of {others[own_id]} of the book already; rename this row", line)
        elif own_id and own_id in stands:
            differing = _differing(stands[own_id].cells, line.cells)
            if not differing:
                skipped += 1
                continue
            where = f"line {stands[own_id].number} of the book's {table}"
            text = f"{own_id} is the id of {where} already, with another {differing[0]}; {NEVER_EDIT}"
            fault("id_taken", text, line)
        else:
            fresh.append(line)
    return fresh, skipped, problems


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Columns in which two rows differ; 13.5 and 13.50 are one number."""
    return [c for c in dict.fromkeys([*new, *old]) if not _alike(c, old.get(c, ""), new.get(c, ""))]


def _alike(column: str, one: str, other: str) -> bool:
    if one == other or column not in NUMBERS:
        return one == other
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _joined(old: _Table, fresh: Sequence[_Line], added_columns: Sequence[str]) -> bytes:
    """The table with the new rows below the old ones, whose columns keep their order.

    Raises:
        FreightError: the old rows would not read as before.
    """
    name = old.name
    columns = (*old.columns, *added_columns)
    if old.raw is None:
        needed = set(NEEDED[name])
        columns = tuple(c for c in columns_of(name) if c in needed or c in added_columns)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=old.line_end)
    if old.raw is None or added_columns:
        writer.writerow(columns)
        writer.writerows([line.cells[c] for c in old.columns] + [""] * len(added_columns) for line in old.rows)
        head = b"\xef\xbb\xbf" if (old.raw or b"").startswith(b"\xef\xbb\xbf") else b""
    else:
        head = old.raw if old.raw.endswith(b"\n") else old.raw + old.line_end.encode()
    # A cell with a line break is refused, but its row is tried with the others and must not shift their lines.
    writer.writerows([CONTROLS.sub(" ", line.cells.get(c, "")) for c in columns] for line in fresh)
    raw = head + out.getvalue().encode("utf-8")
    read = list(tables.rows_of(tables.decode(raw, name), name))
    kept = all(
        {c: v for c, v in after.items() if c in line.cells} == line.cells
        for line, (_, after) in zip(old.rows, read, strict=False)
    )
    if len(read) != len(old.rows) + len(fresh) or not kept:
        raise FreightError(
            f"{old.path} cannot be extended: the rows it holds would not read as before.",
            code="rows_lost",
            hint="Open it in a spreadsheet, mend what looks broken at its end, and save it as CSV UTF-8.",
        )
    return raw


def _trial(
    folder: Path, old: _Table, fresh: Sequence[_Line], told: Sequence[Problem], raw: bytes, name: str
) -> list[Problem]:
    """Faults the reader finds in the book with the new rows, told by the lines of the user's file."""
    home = folder.resolve()
    title = f"{home.name}/{old.name}"
    with TemporaryDirectory(prefix="keruen-") as temporary:
        trial = Path(temporary) / home.name
        (trial / "belts").mkdir(parents=True)
        for part in ("book.toml", *TABLES):
            if (home / part).is_file():
                (trial / part).write_bytes(tables.read_bytes(home / part))
        for belts in sorted((home / "belts").glob("*.csv")):
            (trial / "belts" / belts.name).write_bytes(tables.read_bytes(belts))
        (trial / old.name).write_bytes(raw)
        read = [number for number, _ in tables.rows_of(tables.decode(raw, title), title)]
        numbers = dict(zip(read[len(old.rows) :], (line.number for line in fresh), strict=True))
        defaults = default_folders()
        own = [Path(str(default)).resolve() == home for default in defaults]
        try:
            if any(own):
                read_books([trial if mine else default for default, mine in zip(defaults, own, strict=True)])
            else:
                read_books(over=[trial])
        except DataError as fault:
            found = [
                replace(p, file=name, line=numbers[p.line]) if p.file == title and p.line in numbers else p
                for p in fault.problems
            ]
            cells = {(p.line, p.column) for p in told}
            return [p for p in found if p.file != name or (p.line, p.column) not in cells]
    return []


def _replace(old: _Table, raw: bytes) -> None:
    """Put the new table in the old one's place in one step.

    Raises:
        FreightError: it cannot be written, or somebody has changed it since it was read.
    """
    path = old.path
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with part.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if old.raw is not None:
            shutil.copymode(path, part)
        now = path.read_bytes() if path.exists() else None
        if now != old.raw:
            raise FreightError(
                f"{path} was changed while rows were taken into it; nothing was written.",
                code="book_changed",
                hint="Try again.",
            )
        os.replace(part, path)
    except OSError as fault:
        raise FreightError(
            f"{path} cannot be written: {fault.strerror or fault}.",
            code="file_unwritable",
            hint="Name another book.",
        ) from fault
    finally:
        part.unlink(missing_ok=True)


def _slips(line: _Line, name: str, today: dt.date) -> list[Problem]:
    """What looks like a slip in a row that was taken."""
    cells = line.cells
    begins, known = parse_from(cells.get("valid_from", "")), parse_from(cells.get("known_from", ""))
    ends = parse_to(cells.get("valid_to", ""))
    found: list[tuple[str, str, str]] = []
    if known is not None and known > today:
        found.append(("not_known_yet", f"known_from is {known}: no quote sees the row before that day", "known_from"))
    if known is None and begins is not None and begins < today:
        text = f"it begins on {begins} and does not say when it was issued: quotes as of earlier days use it too; fill known_from"
        found.append(("no_known_from", text, "known_from"))
    if ends is not None and ends < today:
        found.append(("ended_already", f"valid_to is {ends}: it ended before today", "valid_to"))
    return [
        Problem(code, text, file=name, line=line.number, column=column, severity="warning")
        for code, text, column in found
    ]
