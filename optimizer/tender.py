"""The use case "tender": a shipper's bid sheet answered lane by lane, with a second way for each.

Rows are read as shipments; a row with a question is asked back, never priced by a guess. The second way is the cheapest
one that does not cross the first border of the main way (or not by sea, where that begins with a ship).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from optimizer.databook import DataBook
from optimizer.document.names import Names
from optimizer.document.notices import bans_of, warnings_of
from optimizer.errors import FreightError, NoItinerary
from optimizer.intake.model import Reading, ReadRow
from optimizer.itinerary import Itinerary
from optimizer.margin import parse_margin, sell
from optimizer.money import round_money
from optimizer.quote import best_only
from optimizer.remarks import finish
from optimizer.render import valid_until
from optimizer.request import Job, QuoteRequest, fx_day, normalise
from optimizer.search import Search
from optimizer.sheet.write import Mark, Value
from optimizer.shipment_rows import request_of
from optimizer.ways import best_way, corridor

PER = ("auto", "tonne", "unit")
STATUSES = ("priced", "no_bid", "asked", "rejected", "skipped")
COLUMNS: Mapping[str, tuple[str, str]] = {
    "status": ("Bid", "Ответ"),
    "rate": ("Rate", "Ставка"),
    "per": ("Per", "За единицу"),
    "currency": ("Currency", "Валюта"),
    "total": ("Total", "Всего"),
    "days_p50": ("Days, half of the cases", "Суток, в половине случаев"),
    "days_p90": ("Days, nine of ten", "Суток, в девяти из десяти"),
    "route": ("Route", "Маршрут"),
    "fallback_rate": ("Fallback rate", "Запасной маршрут: ставка"),
    "fallback_days": ("Fallback days, half of the cases", "Запасной маршрут: суток"),
    "fallback_route": ("Fallback route", "Запасной маршрут"),
    "valid_until": ("Valid until", "Действует до"),
    "conditions": ("Conditions and remarks", "Условия и замечания"),
}
WORDS = {
    "priced": ("priced", "ставка"), "no_bid": ("no bid", "без ставки"), "asked": ("asked", "нужен ответ"),
    "rejected": ("rejected", "отклонено"),
    "tonne": ("tonne", "тонну"), "wagon": ("wagon", "вагон"), "container": ("container", "контейнер"),
    "truck": ("truck", "машину"), "vessel": ("ship", "судно"),
    "no_fallback": ("no second way avoids the first border", "второго пути в обход первого перехода нет"),
    "anew": ("the rate is worked out anew if a railway's tariff or an exchange rate changes before loading",
             "ставка пересматривается, если до погрузки изменится тариф дороги или курс валюты"),
    "ready": ("loading day {day} taken as said for all lanes", "день погрузки {day} взят, как указано для всех строк"),
}  # fmt: skip

# Warnings about our own sources of a price: nothing a shipper is told.
OF_OURS = frozenset(
    {"rate_carried_forward", "coefficient_lapsed", "fx_stale", "tariff_decision_unknown", "restriction_ignored"}
)


@dataclass(frozen=True, slots=True)
class Terms:
    """How the whole sheet is answered.

    Attributes:
        margin: as `--margin`; "" sells at cost.
        valid_until: the last day of the offer; None: as long as the rates it rests on, two weeks at most.
        per: of which unit the rate is; auto: of the container or truck where one is asked, else of the tonne.
        ready: loading day of rows that name none, or a month or year only; None asks them back.
        lang: en or ru.
    """

    margin: str = ""
    valid_until: dt.date | None = None
    per: str = "auto"
    ready: dt.date | None = None
    lang: str = "en"
    currency: str = ""


@dataclass(slots=True)
class TenderResult:
    """The answer to a sheet.

    Attributes:
        by_line: cells of COLUMNS by the number of the row.
        totals: value of the priced lanes by currency.
    """

    by_line: dict[int, list[Value]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    totals: dict[str, Decimal] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return {
            "counts": {name: self.counts[name] for name in STATUSES},
            "totals": {currency: f"{total:.2f}" for currency, total in sorted(self.totals.items())},
        }


def header(lang: str) -> list[str]:
    """Names of the added columns."""
    return [names[lang == "ru"] for names in COLUMNS.values()]


def answer(
    reading: Reading,
    book: DataBook,
    names: Names,
    terms: Terms,
    *,
    today: dt.date,
    progress: Callable[[int], None] | None = None,
) -> TenderResult:
    """Every row of a bid sheet priced, asked back or refused.

    Raises:
        RequestError: the margin cannot be used.
    """
    parse_margin(terms.margin)
    desk = _Desk(book, names, terms, today)
    result = TenderResult()

    def lane(row: ReadRow) -> tuple[str, ...]:
        return tuple(row.fields.get(name, "") for name in ("equipment", "ready_date", "cargo", "destination", "origin"))

    # Lanes of one destination share what was priced for it; the answers stand by line, so the order does not show.
    for done, row in enumerate(sorted(reading.rows, key=lane), start=1):
        status, cells, total = desk.row(row)
        result.counts[status] += 1
        if cells:
            result.by_line[row.line] = cells
        if total is not None:
            result.totals[total[1]] = result.totals.get(total[1], Decimal(0)) + total[0]
        if progress is not None:
            progress(done)
    return result


class _Desk:
    def __init__(self, book: DataBook, names: Names, terms: Terms, today: dt.date) -> None:
        self.book, self.names, self.terms, self.today = book, names, terms, today

    def row(self, row: ReadRow) -> tuple[str, list[Value], tuple[Decimal, str] | None]:
        """(status, cells of COLUMNS, (total, currency)) of one row."""
        if row.status == "skipped":
            return "skipped", [], None
        ru = self.terms.lang == "ru"
        told = [note for note in row.notes if note.weight in ("question", "fault")]
        # A month or a year is enough of a date where the user has named the loading day for all lanes.
        open_notes = [n for n in told if not (self.terms.ready and n.column == "ready_date" and n.weight == "question")]
        said = [note.text_ru if ru else note.text for note in open_notes]
        if row.status == "rejected":
            return "rejected", self._cells("rejected", conditions="; ".join(said)), None
        if row.status == "needs_answer" and any(n.weight == "question" for n in open_notes):
            return "asked", self._cells("asked", conditions="; ".join(said)), None
        try:
            job = normalise(self._request(row), self.book, self.today)
            search, best = best_only(job, self.book)
        except NoItinerary as reason:
            words = [reason.message, *bans_of(reason.rejected, self.names, self.terms.lang)]
            return "no_bid", self._cells("no_bid", conditions=" ".join(words)), None
        except FreightError as fault:
            status = "asked" if fault.code.startswith(("ambiguous", "missing")) else "rejected"
            return status, self._cells(status, conditions=str(fault)), None
        cells, total = self._priced(row, search, best, said)
        return "priced", cells, (total, job.currency)

    def _request(self, row: ReadRow) -> QuoteRequest:
        get = row.fields.get
        ready = get("ready_date", "")
        if self.terms.ready and (not ready or any(n.column == "ready_date" for n in row.notes)):
            ready = self.terms.ready.isoformat()
        currency = get("currency", "") or self.terms.currency or "USD"
        return replace(request_of(row.fields), ready=ready, currency=currency)

    def _priced(self, row: ReadRow, search: Search, best: Itinerary, said: list[str]) -> tuple[list[Value], Decimal]:
        job, terms = search.job, self.terms
        finish(search, [best])
        second = _second(search, best)
        per, units = self._unit(row, job)
        total = self._sold(search, best)
        warnings = [
            {"code": w.code, "text": w.text, "source_id": w.source_id} for w in best.warnings if w.code not in OF_OURS
        ]
        remarks = [*said, *warnings_of(warnings, self.names, terms.lang), self._say("anew")]
        if second is None:
            remarks.append(self._say("no_fallback"))
        if terms.ready is not None and job.shipment.ready == terms.ready and not row.fields.get("ready_date"):
            remarks.insert(0, self._say("ready", day=terms.ready))
        until = valid_until(job, [best] if second is None else [best, second])
        if terms.valid_until is not None:
            until = terms.valid_until
        cells = self._cells(
            "priced",
            rate=round_money(total / units),
            per=self._say(per),
            currency=job.currency,
            total=total,
            days_p50=_days(search, best, 0.5),
            days_p90=_days(search, best, 0.9),
            route=self._route(best),
            fallback_rate=None if second is None else round_money(self._sold(search, second) / units),
            fallback_days=None if second is None else _days(search, second, 0.5),
            fallback_route=None if second is None else self._route(second),
            valid_until=until,
            conditions="; ".join(remarks),
        )
        return cells, total

    def _unit(self, row: ReadRow, job: Job) -> tuple[str, Decimal]:
        """(what the rate is for, how many of it)."""
        family = self.book.equipment[job.shipment.equipment].family
        by_unit = self.terms.per == "unit"
        if self.terms.per == "auto":
            by_unit = family in ("container", "truck") or not row.fields.get("tonnes")
        return (family, Decimal(job.shipment.units)) if by_unit else ("tonne", job.shipment.mass_t)

    def _sold(self, search: Search, it: Itinerary) -> Decimal:
        """What the client pays for a way."""
        job, margin = search.job, parse_margin(self.terms.margin)
        if margin is None:
            return it.total

        def convert(amount: Decimal, currency: str) -> Decimal:
            return self.book.fx.quote(currency, job.currency, fx_day(job)).convert(amount)

        return sell(it.total, job.currency, job.shipment.mass_t, job.shipment.units, margin, convert)

    def _route(self, it: Itinerary) -> str:
        stops: list[str] = []
        for leg in it.legs:
            if leg.kind in ("haul", "border"):
                for place in (leg.from_id, leg.to_id):
                    pair = self.names.places.get(place, (self.book.place_names[place],) * 2)
                    name = pair[self.terms.lang == "ru"]
                    if not stops or stops[-1] != name:
                        stops.append(name)
        return " > ".join(stops)

    def _say(self, key: str, **values: object) -> str:
        return WORDS[key][self.terms.lang == "ru"].format(**values)

    def _cells(self, status: str, **values: Value) -> list[Value]:
        colour = {"priced": "ok", "no_bid": "error", "asked": "warning", "rejected": "error"}[status]
        known = {**values, "status": Mark(self._say(status), "", colour)}
        return [known.get(name) for name in COLUMNS]


def _second(search: Search, best: Itinerary) -> Itinerary | None:
    """The cheapest way that does not cross where the best one leaves the country; None where there is none."""
    crossed = corridor(search, best.arcs)
    if not crossed:
        return None
    first, places = crossed[0], search.book.network.places

    def shunned(arc: int) -> bool:
        return any(
            (leg.mode == "sea" if first == "sea" else f"{leg.from_id}>{leg.to_id}" == first)
            and places[leg.from_id].country != places[leg.to_id].country
            for leg in search.lane.edges[arc].legs
        )

    mask = np.array([shunned(arc) for arc in range(len(search.lane.edges))], dtype=bool)
    path = best_way(search, search.combined(search.job.objective), search.blocked() | mask)
    return None if path is None else search.itinerary(path)


def _days(search: Search, it: Itinerary, share: float) -> Decimal:
    return Decimal(str(round(search.transit(it).quantile(share) / 24, 1)))


def summary(result: TenderResult) -> str:
    """The counts and the value in words."""
    counts = result.counts
    value = ", ".join(f"{total:,.2f} {currency}" for currency, total in sorted(result.totals.items())) or "nothing"
    return (
        f"{counts['priced']} lanes priced, {counts['asked']} asked back, {counts['no_bid']} without a bid, "
        f"{counts['rejected']} rejected, {counts['skipped']} rows passed over; value {value}."
    )
