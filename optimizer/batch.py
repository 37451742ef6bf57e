"""The use case "batch quote": a file of shipments in, quotes, charge lines and rejected rows out.

Every row ends in one of: quoted, no_route, needs_answer, rejected, skipped; the counts add up to the
rows read. Rows are quoted on their own; rows of one lane share its priced graph.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, NoItinerary, Problem
from optimizer.itinerary import Itinerary, PlacedCharge
from optimizer.quote import best_only, quote_job
from optimizer.remarks import finish
from optimizer.render import plain, quote_id_of, valid_until
from optimizer.request import Job, QuoteRequest, normalise
from optimizer.search import Search
from optimizer.tables import CsvOut, safe_text
from optimizer.wire import CHARGE_COLUMNS

SHIPMENT_COLUMNS = (
    "shipment_id",
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "units",
    "equipment",
    "ownership",
    "ready_date",
    "due_date",
    "currency",
    "objective",
    "price_per_tonne",
    "deal",
)
QUOTE_COLUMNS = (
    "shipment_id",
    "status",
    "total",
    "currency",
    "per_tonne",
    "transit_days_p50",
    "transit_days_p90",
    "co2e_t",
    "distance_km",
    "route",
    "borders",
    "modes",
    "valid_until",
    "published_share",
    "warnings",
    "quote_id",
    "source_line",
)
BATCH_CHARGE_COLUMNS = ("shipment_id", *CHARGE_COLUMNS)
REJECTED_COLUMNS = ("file", "line", "column", "code", "text", "value")

# The header words forwarders write, in Russian and English, beside our own names.
HEADER_ALIASES = {
    "shipment_id": ("id", "№", "no", "номер", "shipment", "отправка", "заявка"),
    "origin": ("from", "отправление", "станция отправления", "откуда", "пункт отправления", "origin station"),
    "destination": ("to", "назначение", "станция назначения", "куда", "пункт назначения", "destination station"),
    "cargo": ("груз", "commodity", "goods", "наименование груза"),
    "tonnes": ("t", "тонн", "тонны", "вес", "масса", "вес, т", "mass_t", "tons", "объем", "объём"),
    "units": ("единиц", "количество", "вагонов", "контейнеров", "qty"),
    "equipment": ("оборудование", "подвижной состав", "тип вагона", "вагон"),
    "ownership": ("принадлежность", "собственность", "owner"),
    "ready_date": ("ready", "дата готовности", "готовность", "дата погрузки", "loading date"),
    "due_date": ("due", "срок", "срок доставки", "дата прибытия"),
    "currency": ("валюта",),
    "objective": ("цель", "критерий"),
    "price_per_tonne": ("цена за тонну", "ставка за тонну"),
}
REQUIRED = ("origin", "destination", "cargo")
CHUNK_ROWS = 10_000
NEEDS_ANSWER = {
    "ambiguous_place",
    "ambiguous_cargo",
    "missing_tonnes",
    "missing_cargo",
    "missing_origin",
    "missing_destination",
}


@dataclass(slots=True)
class BatchResult:
    """Counts and timings of one run."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def read(self) -> int:
        return sum(self.counts[name] for name in ("quoted", "no_route", "needs_answer", "rejected", "skipped"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file, keyed by our column names."""

    line: int
    cells: Mapping[str, str]


def read_rows(path: Path, more: Iterable[str] = ()) -> tuple[list[str], Iterator[Row | Problem]]:
    """(column names understood, rows) of a UTF-8 CSV with commas or semicolons; streamed.

    Args:
        more: names of columns understood beside those of a shipment.

    Raises:
        DataError: the file cannot be opened, decoded or lacks a required column.
    """
    text = tables.decode(tables.read_bytes(path), path.name)
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader, [])
    except csv.Error as fault:
        raise DataError(
            [Problem("broken_csv", f"the header cannot be read as CSV: {fault}", file=path.name, line=1)]
        ) from fault
    columns = [_column(h, more) for h in header]
    doubled = sorted({c for c in columns if c and columns.count(c) > 1})
    problems = [
        Problem(
            "missing_column",
            f"there is no column {name}; name it {name} or {HEADER_ALIASES[name][0]}",
            file=path.name,
            line=1,
            column=name,
        )
        for name in REQUIRED
        if name not in columns
    ]
    if "tonnes" not in columns and "units" not in columns:
        problems.append(
            Problem(
                "missing_column",
                "there is no column tonnes and none units; give one of them",
                file=path.name,
                line=1,
                column="tonnes",
            )
        )
    problems += [
        Problem("double_column", f"two columns are read as {name}; rename one", file=path.name, line=1, column=name)
        for name in doubled
    ]
    if problems:
        raise DataError(problems)
    return columns, _rows(reader, columns, path.name)


def count_rows(path: Path) -> int:
    """Lines below the header, for a progress bar; a row with line breaks inside counts as several."""
    return max(0, tables.read_bytes(path).count(b"\n") - 1)


def _rows(reader: Any, columns: list[str], name: str) -> Iterator[Row | Problem]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield Problem(
                "broken_csv",
                f"the row cannot be read as CSV: {fault}; check its quotes",
                file=name,
                line=reader.line_num,
            )
            continue
        line = reader.line_num
        if any("\0" in cell for cell in cells):
            yield Problem("nul_byte", "the row holds a NUL byte; delete it", file=name, line=line)
            continue
        if len(cells) > len(columns) and any(c.strip() for c in cells[len(columns) :]):
            yield Problem(
                "too_many_cells",
                f"the row has {len(cells)} cells, the header {len(columns)}; quote text that holds the separator",
                file=name,
                line=line,
                value=cells[len(columns)],
            )
            continue
        yield Row(line, {c: v.strip() for c, v in zip(columns, cells, strict=False) if c})


def _column(header: str, more: Iterable[str] = ()) -> str:
    """Our name of a header, or "" for a column we pass over.

    >>> _column("Станция назначения"), _column("remarks")
    ('destination', '')
    """
    word = re.sub(r"\s+", " ", header.strip().lower().replace("ё", "е"))
    snake = word.replace(" ", "_").replace("-", "_")
    if snake in SHIPMENT_COLUMNS or snake in more:
        return snake
    for name, aliases in HEADER_ALIASES.items():
        if word in aliases or word.replace("е", "ё") in aliases:
            return name
    return ""


def request_of(row: Row) -> QuoteRequest:
    """The request a row makes."""
    get = row.cells.get
    return QuoteRequest(
        origin=get("origin", ""),
        destination=get("destination", ""),
        cargo=get("cargo", ""),
        tonnes=get("tonnes", ""),
        units=get("units", ""),
        equipment=get("equipment", ""),
        ownership=get("ownership", ""),
        ready=get("ready_date", ""),
        due=get("due_date", ""),
        objective=get("objective", "") or "cost",
        currency=get("currency", "") or "USD",
        price_per_tonne=get("price_per_tonne", ""),
        deal=tuple(filter(None, (get("deal", ""),))),
        alternatives=0,
    )


def run(
    path: Path,
    out: Path,
    book: DataBook,
    *,
    today: dt.date,
    created_at: dt.datetime,
    arguments: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
    keep: Callable[[dict[str, Any]], Any] | None = None,
) -> BatchResult:
    """Quote every row of `path` and write quotes.csv, charges.csv, rejected.csv, manifest.json into `out`.

    Args:
        progress: called with the number of rows done.
        keep: called with each full quote (to store it); None stores nothing.

    Raises:
        DataError: the file as a whole cannot be read.
    """
    started = time.perf_counter()
    columns, rows = read_rows(path)
    tables.make_folder(out)
    result = BatchResult()
    done = 0
    with (
        CsvOut(out / "quotes.csv", QUOTE_COLUMNS) as quotes,
        CsvOut(out / "charges.csv", BATCH_CHARGE_COLUMNS) as charges,
        CsvOut(out / "rejected.csv", REJECTED_COLUMNS) as rejected,
    ):
        desk = _Desk(path.name, book, today, created_at, keep)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            for answer in desk.answer(chunk):
                result.counts[answer.status] += 1
                if answer.quote:
                    quotes.write(answer.quote)
                charges.write_lines(answer.charges)
                if answer.rejected:
                    rejected.write(answer.rejected)
            done += len(chunk)
            if progress is not None:
                progress(done)
    result.seconds = time.perf_counter() - started
    manifest = {
        "arguments": {**(arguments or {}), "file": path.name},
        "versions": book.versions,
        "columns": [c for c in columns if c],
        "counts": {
            "read": result.read,
            **{name: result.counts[name] for name in ("quoted", "no_route", "needs_answer", "rejected", "skipped")},
        },
        "created_at": created_at.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "seconds": round(result.seconds, 3),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return result


@dataclass(slots=True)
class _Answer:
    """What came of one row."""

    status: str
    quote: dict[str, object] | None = None
    charges: str = ""  # finished CSV lines: a chunk of them must not fill the memory
    rejected: dict[str, object] | None = None


class _Desk:
    """Answers rows chunk by chunk; within a chunk rows of one lane are quoted together, then put back in order."""

    def __init__(
        self,
        file: str,
        book: DataBook,
        today: dt.date,
        created_at: dt.datetime,
        keep: Callable[[dict[str, Any]], Any] | None,
    ) -> None:
        self.file = file
        self.book = book
        self.today = today
        self.created_at = created_at
        self.keep = keep
        self.seen_ids: dict[str, int] = {}

    def answer(self, chunk: list[Row | Problem]) -> list[_Answer]:
        answers: list[_Answer | None] = [None] * len(chunk)
        jobs: list[tuple[Any, int, Row, str, Job]] = []
        for index, row in enumerate(chunk):
            if isinstance(row, Problem):
                text = str(row)
                base = {
                    "shipment_id": f"line-{row.line}",
                    "status": "rejected",
                    "warnings": text,
                    "source_line": row.line,
                }
                refused = self._rejected(row.line, row.column, row.code, row.text, row.value)
                answers[index] = _Answer("rejected", base, rejected=refused)
            elif not any(row.cells.values()):
                answers[index] = _Answer("skipped")
            else:
                made = self._job(row)
                if isinstance(made, _Answer):
                    answers[index] = made
                else:
                    shipment_id, job = made
                    s = job.shipment
                    order = (
                        s.equipment,
                        s.ownership,
                        s.ready,
                        s.destination[:2],
                        s.origin[:2],
                        s.cargo,
                        s.destination,
                        s.origin,
                    )
                    jobs.append((order, index, row, shipment_id, job))
        jobs.sort(key=lambda item: item[:2])
        for _, index, row, shipment_id, job in jobs:
            answers[index] = self._quote(row, shipment_id, job)
        return [a for a in answers if a is not None]

    def _job(self, row: Row) -> _Answer | tuple[str, Job]:
        shipment_id = row.cells.get("shipment_id", "") or f"line-{row.line}"
        base: dict[str, object] = {"shipment_id": shipment_id, "source_line": row.line}
        if shipment_id in self.seen_ids:
            text = f"The shipment id {shipment_id} stands on line {self.seen_ids[shipment_id]} already; give each row its own."
            return _Answer(
                "rejected",
                {**base, "status": "rejected", "warnings": text},
                rejected=self._rejected(row.line, "shipment_id", "repeated_id", text, shipment_id),
            )
        self.seen_ids[shipment_id] = row.line
        try:
            return shipment_id, normalise(request_of(row), self.book, self.today)
        except FreightError as fault:
            status = "needs_answer" if fault.code in NEEDS_ANSWER else "rejected"
            column = {"ready": "ready_date", "due": "due_date"}.get(fault.field, fault.field)
            return _Answer(
                status,
                {**base, "status": status, "warnings": str(fault)},
                rejected=self._rejected(row.line, column, fault.code, str(fault), row.cells.get(column, "")),
            )

    def _rejected(self, line: int, column: str, code: str, text: str, value: str) -> dict[str, object]:
        return {"file": self.file, "line": line, "column": column, "code": code, "text": text, "value": value}

    def _quote(self, row: Row, shipment_id: str, job: Job) -> _Answer:
        base: dict[str, object] = {"shipment_id": shipment_id, "source_line": row.line}
        try:
            search, best = best_only(job, self.book)
        except NoItinerary as reason:
            told = " ".join([str(reason), *(row["text"] for row in reason.rejected)])
            return _Answer("no_route", {**base, "status": "no_route", "warnings": told})
        except FreightError as fault:
            return _Answer(
                "rejected",
                {**base, "status": "rejected", "warnings": str(fault)},
                rejected=self._rejected(row.line, fault.field, fault.code, str(fault), ""),
            )
        finish(search, [best])
        quote_id = quote_id_of(job, self.book.versions)
        if self.keep is not None:
            self.keep(quote_job(job, self.book, self.created_at))
        return _Answer(
            "quoted",
            {**base, **_summary(job, search, best), "status": "quoted", "quote_id": quote_id},
            tables.csv_text(_lines(job, shipment_id, quote_id, best)),
        )


def _summary(job: Job, search: Search, it: Itinerary) -> dict[str, object]:
    s = job.shipment
    transit = search.transit(it)
    stops = [s.origin]
    for leg in it.legs:
        if leg.kind == "haul" and leg.to_id != stops[-1]:
            stops.append(leg.to_id)
    return {
        "total": f"{it.total:.2f}",
        "currency": job.currency,
        "per_tonne": f"{it.total / s.mass_t:.2f}",
        "transit_days_p50": f"{transit.quantile(0.5) / 24:.1f}",
        "transit_days_p90": f"{transit.quantile(0.9) / 24:.1f}",
        "co2e_t": f"{it.grams / 1_000_000:.2f}",
        "distance_km": it.distance_km,
        "route": " > ".join(stops),
        "borders": ";".join(f"{leg.from_id}|{leg.to_id}" for leg in it.legs if leg.kind == "border"),
        "modes": ";".join(dict.fromkeys(leg.mode for leg in it.legs if leg.kind == "haul")),
        "valid_until": valid_until(job, [it]).isoformat(),
        "published_share": f"{float(it.published / it.total):.4f}" if it.total else "0",
        "warnings": ";".join(dict.fromkeys(w.code for w in it.warnings)),
    }


def _lines(job: Job, shipment_id: str, quote_id: str, it: Itinerary) -> Iterator[tuple[object, ...]]:
    """Charge lines in the order of BATCH_CHARGE_COLUMNS; only the first two cells hold text of the user's."""
    own_id = safe_text(shipment_id)
    for placed in it.charges:
        yield (own_id, quote_id, *charge_cells(placed, job.currency))


def charge_cells(placed: PlacedCharge, currency: str) -> tuple[object, ...]:
    """The cells of one charge line, from its rank to its status; none holds text of the user's."""
    line = placed.charge
    term, rule, fx = line.term, line.term.rule, line.fx
    return (
        1,
        placed.leg,
        term.subject.charge,
        f"{rule.description}: {term.detail}" if term.detail else rule.description,
        term.subject.carrier or term.subject.country,
        term.label,
        plain(line.quantity),
        plain(term.rate),
        plain(term.coefficient),
        line.amount,
        line.currency,
        line.amount_quote,
        currency,
        plain(fx.rate),
        fx.day,
        fx.kind,
        rule.rule_id,
        rule.source_id,
        term.status,
    )
