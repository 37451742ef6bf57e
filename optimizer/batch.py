"""The use case "batch quote": a sheet of shipments in; quotes, charge lines, what could not be quoted, and the sheet out.

Every row ends in one of: quoted, no_route, needs_answer, rejected, skipped; the counts add up to the rows read. A row
is quoted as it would be alone; rows of one lane share the work (`optimizer.bulk`), a long file all processors.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from optimizer import tables
from optimizer.bulk.jobs import Jobs
from optimizer.bulk.rows import Asked, Quoted
from optimizer.bulk.share import answered
from optimizer.databook import DataBook
from optimizer.errors import FreightError, NoItinerary
from optimizer.intake.giveback import give_back
from optimizer.intake.model import Note, Reading, ReadRow
from optimizer.itinerary import Itinerary, PlacedCharge
from optimizer.quote import best_only, quote_job
from optimizer.remarks import finish
from optimizer.render import dated, document_of, plain, quote_id_of, valid_until
from optimizer.request import Job
from optimizer.search import Search
from optimizer.sheet.model import Grid
from optimizer.sheet.write import Value
from optimizer.shipment_rows import NEEDS_ANSWER, request_of
from optimizer.tables import CsvOut, csv_cells, csv_text, safe_text
from optimizer.wire import CHARGE_COLUMNS

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

STATUSES = ("quoted", "no_route", "needs_answer", "rejected", "skipped")
# Added to the user's own sheet: our name, its heading in English and Russian.
RETURNED = {
    "status": ("Status", "Состояние"),
    "total": ("Total", "Всего"),
    "currency": ("Currency of the quote", "Валюта расчёта"),
    "per_tonne": ("Per tonne", "За тонну"),
    "transit_days_p50": ("Days, half of the cases", "Суток, в половине случаев"),
    "transit_days_p90": ("Days, nine of ten", "Суток, в девяти из десяти"),
    "route": ("Route", "Маршрут"),
    "valid_until": ("Valid until", "Действует до"),
    "remarks": ("Remarks", "Замечания"),
    "quote_id": ("Quote", "Расчёт"),
}
STATUS_WORDS = {
    "quoted": ("quoted", "рассчитано"),
    "no_route": ("no route", "нет маршрута"),
    "needs_answer": ("to be answered", "нужен ответ"),
    "rejected": ("rejected", "отклонено"),
}


@dataclass(slots=True)
class BatchResult:
    """Counts and timings of one run, and what became of each row of the sheet."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    by_line: dict[int, dict[str, object]] = field(default_factory=dict)

    @property
    def read(self) -> int:
        return sum(self.counts[name] for name in STATUSES)


@dataclass(slots=True)
class _Answer:
    """What came of one row."""

    status: str
    quote: dict[str, object]
    line: str = ""  # of quotes.csv, finished
    charges: str = ""  # finished lines of charges.csv
    rejected: tuple[dict[str, object], ...] = ()


def run(
    reading: Reading,
    out: Path,
    book: DataBook,
    *,
    today: dt.date,
    created_at: dt.datetime,
    arguments: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
    keep: Callable[[dict[str, Any]], Any] | None = None,
    processes: int = 0,
) -> BatchResult:
    """Quote every row of a reading and write quotes.csv, charges.csv, rejected.csv, manifest.json into `out`.

    Args:
        progress: called with the number of rows done.
        keep: called with each full quote (to store it); None stores nothing.
        processes: how many to use; 0: as many as there are processors, where the file is long.
    """
    started = time.perf_counter()
    tables.make_folder(out)
    result = BatchResult()
    desk = _Desk(reading, book)
    answers: dict[int, _Answer] = {}
    asked: list[Asked] = []
    jobs = Jobs(book, today)
    for index, row in enumerate(reading.rows):
        made = desk.job(index, row, jobs)
        if isinstance(made, Asked):
            asked.append(made)
        elif made is not None:
            answers[index] = made
    for part in answered(asked, book, desk.alone, desk.together, processes=processes):
        answers.update(part)
        if progress is not None:
            progress(len(answers))
    if keep is not None:
        for ask in asked:
            if answers[ask.index].status == "quoted":
                keep(quote_job(ask.job, book, created_at))
    with (
        CsvOut(out / "quotes.csv", QUOTE_COLUMNS) as quotes,
        CsvOut(out / "charges.csv", BATCH_CHARGE_COLUMNS) as charges,
        CsvOut(out / "rejected.csv", REJECTED_COLUMNS) as rejected,
    ):
        for index, row in enumerate(reading.rows):
            answer = answers.get(index)
            result.counts[answer.status if answer else "skipped"] += 1
            if answer is None:
                continue
            quotes.write_lines(answer.line)
            charges.write_lines(answer.charges)
            for line in answer.rejected:
                rejected.write(line)
            result.by_line[row.line] = answer.quote
    if progress is not None:
        progress(len(reading.rows))
    result.seconds = time.perf_counter() - started
    manifest = {
        "arguments": {**(arguments or {}), "file": reading.file},
        "versions": book.versions,
        "columns": list(reading.columns),
        "counts": {"read": result.read, **{name: result.counts[name] for name in STATUSES}},
        "understood": reading.counts,
        "created_at": created_at.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "seconds": round(result.seconds, 3),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return result


def give_back_with(
    grid: Grid, reading: Reading, result: BatchResult, path: Path, *, profile: str = "excel-ru", lang: str = "en"
) -> None:
    """The user's own sheet with our columns at its right, its doubtful cells marked; Raises as `intake.giveback`."""
    ru = lang == "ru"
    told = {row.line: row.notes for row in reading.rows}
    lines = {
        line: [_returned(name, quote, told.get(line, ()), ru) for name in RETURNED]
        for line, quote in result.by_line.items()
    }
    give_back(grid, reading, [words[ru] for words in RETURNED.values()], lines, path, profile, lang=lang)


def _returned(name: str, quote: Mapping[str, object], notes: Iterable[Note], ru: bool) -> Value:
    value = quote.get(name, "")
    if name == "status":
        return STATUS_WORDS[str(value)][ru]
    if name == "remarks":
        own = [note.text_ru if ru else note.text for note in notes if note.weight != "info"]
        if quote["status"] != "quoted" and not own:
            own = [str(quote.get("warnings", ""))]
        return " ".join(filter(None, own))
    if name == "valid_until":
        return dt.date.fromisoformat(str(value)) if value else ""
    if name in ("total", "per_tonne", "transit_days_p50", "transit_days_p90"):
        return Decimal(str(value)) if value else ""
    return str(value)


class _Desk:
    """Makes the answers of rows."""

    def __init__(self, reading: Reading, book: DataBook) -> None:
        self.file = reading.file
        self.book = book
        # What was doubtful in a row stands before what its way calls for.
        self.said = {row.line: [n.code for n in row.notes if n.weight != "info"] for row in reading.rows if row.notes}

    def job(self, index: int, row: ReadRow, jobs: Jobs) -> Asked | _Answer | None:
        """What is to be quoted, or at once the answer; None for a row that is passed over."""
        if row.status == "skipped":
            return None
        shipment_id = row.fields.get("shipment_id", "") or f"line-{row.line}"
        base: dict[str, object] = {"shipment_id": shipment_id, "source_line": row.line}
        if row.status in ("needs_answer", "rejected"):
            told = [n for n in row.notes if n.weight in ("question", "fault")] or list(row.notes)
            text = " ".join(n.text for n in told)
            lines = tuple(self._line(row.line, n.column, n.code, n.text, n.value) for n in told)
            return _answer({**base, "status": row.status, "warnings": text}, rejected=lines)
        try:
            return Asked(index, shipment_id, row.line, jobs.of(request_of(row.fields)))
        except FreightError as fault:
            status = "needs_answer" if fault.code in NEEDS_ANSWER else "rejected"
            column = {"ready": "ready_date", "due": "due_date"}.get(fault.field, fault.field)
            line = self._line(row.line, column, fault.code, str(fault), row.fields.get(column, ""))
            return _answer({**base, "status": status, "warnings": str(fault)}, rejected=(line,))

    def _line(self, line: int, column: str, code: str, text: str, value: str) -> dict[str, object]:
        return {"file": self.file, "line": line, "column": column, "code": code, "text": text, "value": value}

    def together(self, quoted: Quoted) -> _Answer:
        """The answer of a row quoted with others of its lane."""
        return self._quoted(quoted.cells, quoted.charges)

    def alone(self, row: Asked) -> _Answer:
        """The answer of a row quoted by itself."""
        base: dict[str, object] = {"shipment_id": row.shipment_id, "source_line": row.line}
        job = row.job
        try:
            search, best = best_only(job, self.book)
        except NoItinerary as reason:
            told = " ".join([str(reason), *(found["text"] for found in reason.rejected)])
            return _answer({**base, "status": "no_route", "warnings": told})
        except FreightError as fault:
            line = self._line(row.line, fault.field, fault.code, str(fault), "")
            return _answer({**base, "status": "rejected", "warnings": str(fault)}, rejected=(line,))
        finish(search, [best])
        quote_id = quote_id_of(job, self.book.versions)
        return self._quoted(
            {**base, **_summary(job, search, best), "status": "quoted", "quote_id": quote_id},
            csv_text(_lines(job, row.shipment_id, quote_id, best, self.book)),
        )

    def _quoted(self, quote: dict[str, object], charges: str) -> _Answer:
        said = self.said.get(int(str(quote["source_line"])))
        if said:
            quote = {
                **quote,
                "warnings": ";".join(dict.fromkeys((*said, *filter(None, str(quote["warnings"]).split(";"))))),
            }
        return _answer(quote, charges)


def _answer(quote: dict[str, object], charges: str = "", rejected: tuple[dict[str, object], ...] = ()) -> _Answer:
    return _Answer(str(quote["status"]), quote, csv_text([csv_cells(QUOTE_COLUMNS, quote)]), charges, rejected)


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


def _lines(job: Job, shipment_id: str, quote_id: str, it: Itinerary, book: DataBook) -> Iterator[tuple[object, ...]]:
    """Charge lines in the order of BATCH_CHARGE_COLUMNS; only the first two cells hold text of the user's."""
    own_id = safe_text(shipment_id)
    for placed in it.charges:
        yield (own_id, quote_id, *charge_cells(placed, job.currency, book))


def charge_cells(placed: PlacedCharge, currency: str, book: DataBook) -> tuple[object, ...]:
    """The cells of one charge line, from its rank on; a row's own delivery terms decide no party."""
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
        safe_text(document_of(rule, book)),
        dated(rule, book),
        "",
    )
