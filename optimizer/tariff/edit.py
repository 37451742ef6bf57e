"""Rows of a file taken into a tariff book, all or none.

Nothing half done is left behind: a book is read whole, with the default ones, before a byte of it is written, and a
table is replaced in one step. Past rows stay as they are; a new edition of a row is a row of its own.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory

from optimizer import tables
from optimizer.errors import DataError, FreightError, Problem
from optimizer.tariff.columns import NEEDED
from optimizer.tariff.meanings import TABLES, columns_of
from optimizer.tariff.ratesheet import (
    CONTROLS,
    Line,
    Table,
    cell_problems,
    header_problems,
    read_file,
    read_table,
    refused,
    table_named,
)
from optimizer.tariff.read import default_folders, read_books
from optimizer.validity import parse_from, parse_to

DATED = ("rates.csv", "coefficients.csv", "surcharges.csv", "subsidies.csv", "through.csv")  # what an import may hold
NUMBERS = frozenset(
    {"rank", "rate", "fixed", "per_km", "value", "min_t", "step_t", "base_m", "free_days", "low", "high", "priority"}
    | {"carry_months", "cap_t", "cap_amount", "probability"}
)
NEVER_EDIT = (
    "never edit a past rate: give the new edition an id of its own and name the old one in replaces, "
    "or close the old one with valid_to"
)


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

    >>> from optimizer.tariff.blank import new_book
    >>> text = "rule_id,charge,carrier,basis,rate,status,source_id\\nOWN-1,hire,KTZ,per_unit_day,28,published,phone\\n"
    >>> with TemporaryDirectory() as temporary:
    ...     folder, letter = Path(temporary) / "own", Path(temporary) / "letter.csv"
    ...     _ = new_book(folder, "own", "Our contract", "Us", "USD"), letter.write_text(text)
    ...     done = import_rates(letter, folder, today=dt.date(2026, 11, 22))
    >>> done.table, done.read, done.added, done.skipped
    ('rates.csv', 1, 1, 0)
    """
    columns, lines, problems = read_file(file)
    if not (folder / "book.toml").is_file():
        text = "the folder holds no book.toml; name the folder of a tariff book, or make a new one first"
        raise DataError([Problem("not_a_book", text, file=str(folder))])
    table = table_named(columns, lines, file.name)
    misnamed = header_problems(table, columns, file.name)
    if misnamed:
        raise refused([*misnamed, *problems], len(lines), 0)
    old = read_table(folder, table)
    problems += [p for line in lines for p in cell_problems(line, file.name)]
    fresh, skipped, id_problems = _fresh(table, lines, old, _other_ids(folder, table), file.name)
    problems += id_problems
    added_columns = tuple(c for c in columns if c not in old.columns and any(line.cells[c] for line in fresh))
    if fresh:
        raw = _joined(old, fresh, added_columns)
        problems += _trial(folder, old, fresh, problems, raw, file.name)
    if problems:
        raise refused(sorted(problems, key=lambda p: (p.file != file.name, p.line)), len(lines), skipped)
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


def _other_ids(folder: Path, table: str) -> dict[str, str]:
    """Where ids of the book's other tables stand."""
    found: dict[str, str] = {}
    for other in DATED:
        if other != table and (folder / other).is_file():
            for line in read_table(folder, other).rows:
                own_id = line.cells.get("coef_id") or line.cells.get("rule_id", "")
                found.setdefault(own_id, f"{other} line {line.number}")
    return found


def _fresh(
    table: str, lines: Sequence[Line], old: Table, others: Mapping[str, str], name: str
) -> tuple[list[Line], int, list[Problem]]:
    """(rows the book does not have yet, number of rows it has already, faults of ids)."""
    id_column = "coef_id" if table == "coefficients.csv" else "rule_id"
    stands = {line.cells.get(id_column, ""): line for line in old.rows}
    seen: dict[str, int] = {}
    fresh: list[Line] = []
    skipped = 0
    problems: list[Problem] = []

    def fault(code: str, text: str, line: Line) -> None:
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


def _joined(old: Table, fresh: Sequence[Line], added_columns: Sequence[str]) -> bytes:
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
    folder: Path, old: Table, fresh: Sequence[Line], told: Sequence[Problem], raw: bytes, name: str
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


def _replace(old: Table, raw: bytes) -> None:
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


def _slips(line: Line, name: str, today: dt.date) -> list[Problem]:
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
