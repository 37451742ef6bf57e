"""The use case "netback": a table of offers against elevators, ranked for every elevator; netback.csv and its lines."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from optimizer.databook import DataBook
from optimizer.errors import DataError, FreightError, Problem, RequestError
from optimizer.money import round_money
from optimizer.netback.pair import PRICED, Asked, Pair, check_names, value_of
from optimizer.netback.read import Elevator, Offer, Sheet, read_elevators, read_offers
from optimizer.netback.ties import Placed, place
from optimizer.tables import CsvOut, make_folder

NETBACK_COLUMNS = (
    "elevator",
    "offer_id",
    "basis",
    "place",
    "destination",
    "cargo",
    "month",
    "ready_date",
    "tonnes",
    "status",
    "rank",
    "tie_group",
    "ties_with",
    "exw_value",
    "exw_low",
    "exw_high",
    "gap_to_best",
    "turns_at",
    "currency",
    "price",
    "cost",
    "exw_total",
    "offered_price",
    "offered_currency",
    "days_p50",
    "days_p90",
    "capital_p50",
    "capital_p90",
    "exw_after_capital",
    "subsidy",
    "subsidy_rule",
    "subsidy_chance",
    "subsidy_asked",
    "exw_with_subsidy",
    "route",
    "buyer_cost",
    "published_share",
    "open_days",
    "code",
    "reason",
    "until",
    "notes",
    "warnings",
    "quote_id",
    "source_line",
)
LINE_COLUMNS = (
    "elevator",
    "offer_id",
    "basis",
    "party",
    "leg",
    "code",
    "description",
    "carrier",
    "amount",
    "currency",
    "amount_quote",
    "per_tonne",
    "quote_currency",
    "fx_rate",
    "fx_date",
    "rule_id",
    "source_id",
    "status",
    "band_low",
    "band_high",
)
REJECTED_COLUMNS = ("file", "line", "column", "code", "text", "value")
RANKINGS = ("value", "after-capital", "with-subsidy")
MOST_PAIRS = 5_000
Group = tuple[str, str, str]  # elevator, cargo, month
T = TypeVar("T", Offer, Elevator)


@dataclass(slots=True)
class Table:
    """All pairs of a run, with the place of each in its group.

    Attributes:
        placed: by the index of a pair; only priced ones.
    """

    pairs: list[Pair]
    currency: str
    rank_by: str
    placed: dict[int, Placed] = field(default_factory=dict)
    refused: list[Problem] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0

    def groups(self) -> list[Group]:
        """In the order of the files: what is ranked against each other."""
        return list(dict.fromkeys(map(group_of, self.pairs)))

    def of(self, group: Group) -> list[int]:
        """Indices of a group's pairs: the priced ones from the best on, then the others."""
        own = [i for i, p in enumerate(self.pairs) if group_of(p) == group]
        return sorted(own, key=lambda i: (i not in self.placed, self.placed[i].rank if i in self.placed else 0, i))

    def best(self, group: Group) -> Pair | None:
        first = self.of(group)[:1]
        return self.pairs[first[0]] if first and first[0] in self.placed else None

    def ranked_value(self, pair: Pair) -> Decimal:
        """What the ranking looks at."""
        return pair.value + counted(pair, self.rank_by)


def group_of(pair: Pair) -> Group:
    """Elevator, cargo and month: wheat is not ranked against barley, nor December against May."""
    month = f"{pair.offer.loading.first:%Y-%m}"
    return pair.origin or pair.elevator.origin, pair.cargo or pair.offer.cargo, month


def counted(pair: Pair, rank_by: str) -> Decimal:
    """What a ranking counts beside the value: nothing, the interest, or the subsidy where the offer asks for it."""
    if rank_by == "after-capital":
        return -pair.capital[0]
    if rank_by == "with-subsidy" and pair.offer.subsidy:
        return pair.subsidy
    return Decimal(0)


def netback(
    offers_file: Path,
    elevators_file: Path | None,
    book: DataBook,
    asked: Asked,
    *,
    rank_by: str = "value",
    progress: Callable[[int, int], None] | None = None,
) -> Table:
    """Every elevator against every offer, ranked for each elevator.

    Raises:
        DataError: a file as a whole cannot be read, or nothing is left to compute.
        FreightError: more pairs than one table holds.
    """
    started = time.perf_counter()
    offers = read_offers(offers_file)
    elevators: Sheet[Elevator] = read_elevators(elevators_file) if elevators_file else Sheet("")
    wanted: list[tuple[Elevator, Offer]] = []
    _check_names(offers, elevators, book)
    refused = [*offers.refused, *elevators.refused]
    for offer in tuple(offers.rows):
        if offer.origin:
            known = [e for e in elevators.rows if _same(e.origin, offer.origin)]
            wanted.append((known[0] if known else Elevator(0, offer.origin, None, Decimal(0), "USD"), offer))
        elif elevators.rows:
            wanted += [(e, offer) for e in elevators.rows]
        else:
            text = "no elevator is named; fill the column origin, or give a table of elevators with --elevators"
            offers.refused.append(Problem("missing_origin", text, offers_file.name, offer.line, "origin"))
            offers.rows.remove(offer)
            refused.append(offers.refused[-1])
    if not wanted:
        if not refused:
            refused = [Problem("no_offers", "the file holds no offer; add a row", offers_file.name)]
        raise DataError(refused)
    if len(wanted) > MOST_PAIRS:
        raise FreightError(
            f"{offers_file.name} makes {len(wanted)} pairs of elevator and outlet; a table holds {MOST_PAIRS}.",
            code="too_many_pairs",
            hint="Split the file.",
        )
    pairs = []
    for n, (elevator, offer) in enumerate(wanted, 1):
        pairs.append(value_of(elevator, offer, book, asked))
        if progress is not None:
            progress(n, len(wanted))
    table = Table(pairs, asked.currency, rank_by, refused=refused)
    table.counts = {"offers": offers.counts, "elevators": elevators.counts}
    rank(table)
    table.seconds = time.perf_counter() - started
    return table


def rank(table: Table) -> None:
    """Rank, tie group and ties of every priced pair among those of its group."""
    for group in table.groups():
        own = [i for i in table.of(group) if table.pairs[i].status == PRICED]
        worths = []
        for i in own:
            pair = table.pairs[i]
            assert pair.worth is not None
            worths.append(replace(pair.worth, extra=counted(pair, table.rank_by)))
        for i, found in zip(own, place(worths), strict=True):
            table.placed[i] = replace(found, ties=tuple(own[j] for j in found.ties))


def _check_names(offers: Sheet[Offer], elevators: Sheet[Elevator], book: DataBook) -> None:
    """Move rows whose places or cargo nobody can tell to the refused ones."""
    for offer in tuple(offers.rows):
        try:
            check_names(offer, book)
        except RequestError as fault:
            _move(offers, offer, fault, fault.field)
    for elevator in tuple(elevators.rows):
        try:
            book.places.resolve(elevator.origin, "origin")
        except RequestError as fault:
            _move(elevators, elevator, fault, "origin")


def _move(sheet: Sheet[T], row: T, fault: RequestError, column: str) -> None:
    sheet.rows.remove(row)
    text = " ".join(filter(None, (fault.message, fault.hint)))
    value = str(getattr(row, column, ""))
    sheet.refused.append(Problem(fault.code, text, sheet.file, getattr(row, "line", 0), column, value))


def _same(a: str, b: str) -> bool:
    return " ".join(a.lower().split()) == " ".join(b.lower().split())


# ---- files -------------------------------------------------------------------------------------------


def write(
    table: Table,
    out: Path,
    book: DataBook,
    *,
    created_at: dt.datetime,
    arguments: Mapping[str, Any],
    page: str,
) -> None:
    """netback.csv, lines.csv, rejected.csv, manifest.json and netback.html into a folder.

    Raises:
        FreightError: the folder cannot be written.
    """
    make_folder(out)
    with CsvOut(out / "netback.csv", NETBACK_COLUMNS) as rows, CsvOut(out / "lines.csv", LINE_COLUMNS) as lines:
        for group in table.groups():
            for i in table.of(group):
                pair = table.pairs[i]
                rows.write(row_of(table, i))
                for line in pair.lines:
                    band = line.get("band", {})
                    lines.write(
                        {
                            **line,
                            "elevator": pair.origin,
                            "offer_id": pair.offer.offer_id,
                            "basis": pair.offer.rule,
                            "quote_currency": table.currency,
                            "band_low": band.get("low", line["amount_quote"]),
                            "band_high": band.get("high", line["amount_quote"]),
                        }
                    )
    with CsvOut(out / "rejected.csv", REJECTED_COLUMNS) as rejected:
        for problem in table.refused:
            cells = {name: getattr(problem, name) for name in REJECTED_COLUMNS}
            rejected.write({**cells, "line": problem.line or ""})
    manifest = {
        "arguments": dict(arguments),
        "versions": book.versions,
        "counts": {
            **table.counts,
            "pairs": {"all": len(table.pairs), **Counter(p.status for p in table.pairs)},
        },
        "currency": table.currency,
        "rank_by": table.rank_by,
        "created_at": created_at.astimezone(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "seconds": round(table.seconds, 3),
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "netback.html").write_text(page, encoding="utf-8")


def row_of(table: Table, index: int) -> dict[str, object]:
    """One row of netback.csv; a pair without a price has its reason and no number."""
    pair, placed = table.pairs[index], table.placed.get(index)
    offer = pair.offer
    row: dict[str, object] = {
        "elevator": pair.origin or pair.elevator.origin,
        "offer_id": offer.offer_id,
        "basis": offer.rule,
        "place": pair.place or offer.named,
        "destination": pair.destination or offer.destination,
        "cargo": pair.cargo or offer.cargo,
        "month": str(offer.loading),
        "ready_date": pair.ready.isoformat() if pair.ready else "",
        "tonnes": f"{pair.tonnes or offer.tonnes:f}",
        "status": pair.status,
        "currency": table.currency,
        "offered_price": f"{offer.price:f}",
        "offered_currency": offer.currency,
        "subsidy_asked": "yes" if offer.subsidy else "no",
        "open_days": pair.open_days,
        "code": pair.code,
        "reason": pair.reason,
        "until": pair.until,
        "notes": "; ".join(pair.notes),
        "source_line": offer.line,
    }
    if placed is None:
        return row
    best = table.best(group_of(pair))
    assert best is not None
    buyer = sum((Decimal(c["per_tonne"]) for c in pair.lines if c["party"] == "buyer"), Decimal(0))
    subsidised = pair.value + pair.subsidy if offer.subsidy else None
    row |= {
        "rank": placed.rank,
        "tie_group": placed.group,
        "ties_with": ";".join(table.pairs[j].offer.offer_id for j in placed.ties),
        "exw_value": money(pair.value),
        "exw_low": money(pair.low),
        "exw_high": money(pair.high),
        "gap_to_best": money(table.ranked_value(best) - table.ranked_value(pair)),
        "turns_at": f"{placed.turns_at:f}" if placed.turns_at is not None else "",
        "price": money(pair.price),
        "cost": money(pair.cost),
        "exw_total": money(pair.total),
        "days_p50": f"{pair.days[0]:.1f}",
        "days_p90": f"{pair.days[1]:.1f}",
        "capital_p50": money(pair.capital[0]),
        "capital_p90": money(pair.capital[1]),
        "exw_after_capital": money(pair.value - pair.capital[0]),
        "subsidy": money(pair.subsidy) if pair.subsidies else "",
        "subsidy_rule": ";".join(s["rule_id"] for s in pair.subsidies),
        "subsidy_chance": ";".join(s["probability"] for s in pair.subsidies),
        "exw_with_subsidy": money(subsidised) if subsidised is not None else "",
        "route": " > ".join(pair.route),
        "buyer_cost": money(buyer),
        "published_share": f"{pair.published_share:.4f}",
        "warnings": ";".join(pair.warnings),
        "quote_id": pair.quote_id,
    }
    return row


def money(amount: Decimal) -> str:
    return f"{round_money(amount):.2f}"


def outlets(pairs: Sequence[Pair]) -> list[str]:
    """Offer ids in the order of the file."""
    return list(dict.fromkeys(p.offer.offer_id for p in sorted(pairs, key=lambda p: p.offer.line)))
