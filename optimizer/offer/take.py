"""Takes a rate sheet into a tariff book: all of its rows or none, each checked as the book's own reader checks them."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, Problem, RequestError
from optimizer.intake.lookup import Lookup
from optimizer.offer.model import Answers, BookRows, SheetRead
from optimizer.offer.read import read_sheet
from optimizer.offer.rows import Terms, book_rows, coefficient_groups, open_cells
from optimizer.provenance import STATUSES
from optimizer.sheet.read import read
from optimizer.tariff.edit import Imported, import_rates
from optimizer.tariff.meanings import columns_of

ORDER = ("rates.csv", "coefficients.csv", "surcharges.csv", "through.csv")  # a coefficient names rates


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a sheet.

    Attributes:
        imported: what each table of the book took; empty where nothing was written.
        asked: cells that wait for an answer.
    """

    sheet: SheetRead
    rows: BookRows
    imported: tuple[Imported, ...]

    @property
    def asked(self) -> int:
        return len(open_cells(self.rows.questions))

    @property
    def added(self) -> int:
        return sum(one.added for one in self.imported)

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.sheet.file,
            "counts": {
                "rows": self.sheet.rows,
                "skipped": self.sheet.skipped,
                "prices": len(self.sheet.cells),
                "not_taken": len(self.sheet.untaken),
                "asked": self.asked,
                "book_rows": self.rows.number,
                "added": self.added,
            },
            "imported": [one.as_dict() for one in self.imported],
            "questions": [question.as_dict() for question in self.rows.questions],
            "not_taken": [cell.as_dict() for cell in self.sheet.untaken],
            "notes": [*self.sheet.notes, *self.rows.notes],
        }


def is_book_table(file: Path) -> bool:
    """Whether a file has the columns of a book's own table, so that it is taken as it stands."""
    try:
        head = tables.read_bytes(file)[:4096].decode("utf-8-sig", errors="replace").partition("\n")[0]
    except DataError:
        return True  # its own reader says what is wrong
    words = {word.strip(' "\r') for word in re.split(r"[,;\t]", head)}
    return bool(words & {"rule_id", "coef_id"})


def take_sheet(
    file: Path,
    folder: Path,
    book: DataBook,
    *,
    today: dt.date,
    answers: Answers,
    prefix: str = "",
    source_id: str = "",
    status: str = "provisional",
    partial: bool = False,
) -> Taken:
    """Read a rate sheet and take its rows into the book in `folder`.

    Args:
        answers: what the sheet leaves open; see `optimizer.offer.model.Answers`.
        prefix: of the rows' ids, source_id: of every row; both from the file's name where left out.
        status: published, or provisional for a forwarder's own word.
        partial: take what is clear although cells wait for an answer; else nothing is taken then.

    Raises:
        DataError: the file cannot be read, or a row is refused by the book; nothing is written.
        RequestError: a status is none.
    """
    if status not in STATUSES:
        raise RequestError(
            f"{status!r} is no status.",
            code="unknown_status",
            field="status",
            hint=f"Use one of {', '.join(STATUSES)}.",
        )
    if not (folder / "book.toml").is_file():
        text = "the folder holds no book.toml; name the folder of a tariff book, or make one with `keruen tariff new`"
        raise DataError([Problem("not_a_book", text, file=str(folder))])
    sheet = read_sheet(read(file), book.equipment)
    slug = re.sub(r"[^\w]+", "-", file.stem).strip("-_") or "sheet"
    terms = Terms(prefix or slug.upper(), source_id or slug.casefold(), status, answers)
    lookup = Lookup(book.places, book.cargoes, book.equipment)
    rows = book_rows(sheet, terms, book.network, lookup, coefficient_groups(book.books))
    if rows.questions and not partial:
        return Taken(sheet, rows, ())
    return Taken(sheet, rows, _written(rows, folder, today))


def _written(rows: BookRows, folder: Path, today: dt.date) -> tuple[Imported, ...]:
    """The rows in the book; tried on a copy first, because its tables must take all of them or none."""
    with TemporaryDirectory(prefix="keruen-") as temporary:
        home = Path(temporary) / folder.resolve().name
        shutil.copytree(folder, home)
        _write(rows, home, Path(temporary), today)
        return _write(rows, folder, Path(temporary), today)


def _write(rows: BookRows, folder: Path, scratch: Path, today: dt.date) -> tuple[Imported, ...]:
    for name, text in rows.belts.items():
        path = folder / "belts" / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise FreightError(
                f"{path} holds another rate table already; a past rate is never rewritten.",
                code="id_taken",
                hint="Give the sheet another name with --id.",
            )
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    done = []
    for name in ORDER:
        taken = rows.tables.get(name, ())
        if not taken:
            continue
        columns = [c for c in columns_of(name) if any(row.get(c) for row in taken)]
        part = scratch / f"{name.removesuffix('.csv')} rows.csv"
        lines = [tuple(columns), *(tuple(row.get(c, "") for c in columns) for row in taken)]
        part.write_text(tables.csv_text(lines), encoding="utf-8", newline="")
        done.append(import_rates(part, folder, today=today))
    return tuple(done)


def read_answers(pairs: list[str], mapping: Path | None = None) -> dict[str, str]:
    """`key=value` words, over the keys of a TOML file.

    Raises:
        RequestError: a word has no key, or the file is no TOML.

    >>> read_answers(["carrier=TDY", "10.surcharge=on_top"])
    {'carrier': 'TDY', '10.surcharge': 'on_top'}
    """
    found: dict[str, str] = {}
    if mapping is not None:
        try:
            found |= _flat(tomllib.loads(tables.decode(tables.read_bytes(mapping), mapping.name)))
        except tomllib.TOMLDecodeError as fault:
            raise RequestError(
                f"{mapping.name} is no TOML: {fault}.",
                code="bad_mapping",
                field="mapping",
                hint='Write lines like net = "yes".',
            ) from fault
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise RequestError(
                f"{pair!r} answers nothing.",
                code="bad_answer",
                field="set",
                hint="Write --set KEY=VALUE, as the question shows it.",
            )
        found[key.strip()] = value.strip()
    return found


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Keys of nested tables joined by points: `[C]` with `net` is `C.net`."""
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = str(value)
    return found


def sheet_lines(taken: Taken) -> list[str]:
    """What became of a sheet, in words: the counts, the questions, what was not taken and why."""
    sheet, rows = taken.sheet, taken.rows
    lines = [
        f"{sheet.rows} rows read, {sheet.skipped} of them no rates; {len(sheet.cells)} prices: "
        f"{rows.number} rows for the book, {len(sheet.untaken)} cells not taken, {taken.asked} asked."
    ]
    for one in taken.imported:
        lines.append(f"{one.added} rows added to {one.path}, {one.skipped} there already.")
    if not taken.imported:
        lines.append("Nothing was written: answer the questions, or take what is clear with --partial.")
    for question in rows.questions:
        options = f" ({' | '.join(question.options)})" if question.options else ""
        # A question of one cell is answered for that cell: another route of the sheet may go over another border.
        named = f"{question.cells[0]}.{question.name}" if len(question.cells) == 1 else question.name
        lines.append(f"? {question.text}{options} Cells {', '.join(question.cells)}: --set '{named}=...'")
        lines.append(f"  {question.text_ru}")
    lines += [f"- row {u.row} column {u.letter} {u.value!r}: {u.reason} ({u.code})" for u in sheet.untaken]
    lines += [f"Mind: {note}" for note in (*sheet.notes, *rows.notes)]
    return lines + [f"Mind: {problem}" for one in taken.imported for problem in one.warnings]
