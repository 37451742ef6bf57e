"""Retroactive telegrams by chance: re-quoting moves a quote exactly on the days a telegram covers, and never the quote.

KERUEN_PACKS sets how many telegrams are tried.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from optimizer import wire
from optimizer.databook import DataBook
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.requote import requote_all

PACKS = int(os.environ.get("KERUEN_PACKS", "12"))
OFFERED, TODAY = dt.date(2026, 5, 10), dt.date(2026, 5, 30)
SAVED_AT = dt.datetime(2026, 5, 10, 9, 0, tzinfo=dt.UTC)


def test_only_covered_days_move(
    tmp_path: Path, four_stations: DataBook, four_stations_folder: Path, read_four_stations: Callable[..., DataBook]
) -> None:
    """[rule: M4]"""
    chance = random.Random(5)
    days = [dt.date(2026, 3, 1) + dt.timedelta(days=9 * step) for step in range(12)]
    asked = [
        QuoteRequest(
            "kz-north", "ir-haven", "wheat", tonnes="3000", ready=d.isoformat(), mode=("rail",), currency="CHF"
        )
        for d in days
    ]
    quotes = [
        json.loads(wire.dumps(make_quote(one, four_stations, today=OFFERED, created_at=SAVED_AT))) for one in asked
    ]
    saved = [wire.dumps(quote) for quote in quotes]
    with (four_stations_folder / "book" / "rates.csv").open(encoding="utf-8", newline="") as file:
        rates = list(csv.DictReader(file))
    for pack in range(PACKS):
        first = dt.date(2026, 3, 1) + dt.timedelta(days=chance.randrange(100))
        last = first + dt.timedelta(days=chance.randrange(1, 60))
        issued = OFFERED + dt.timedelta(days=chance.randrange(1, 20))
        telegram = {
            "rule_id": "PACK", "carrier": "RAI", "charge": "carriage", "to": "ir-haven", "form": "wagon", "owner": "private;foreign",
            "basis": "per_chargeable_t", "min_t": "55", "per_km": str(chance.choice(["0.011", "0.019", "0.023"])), "currency": "CHF",
            "replaces": "RAI-PRIVATE", "valid_from": first.isoformat(), "valid_to": last.isoformat(), "carry": "no",
            "known_from": issued.isoformat(), "status": "published", "source_id": "telegram", "document": "telegram",
        }  # fmt: skip
        folder = tmp_path / str(pack)
        shutil.copytree(four_stations_folder / "book", folder)
        with (folder / "rates.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(c for row in (*rates, telegram) for c in row)), restval="")
            writer.writeheader()
            writer.writerows([*rates, telegram])
        after = read_four_stations(book=folder)
        found = requote_all(quotes, after, today=TODAY, created_at=SAVED_AT)
        by_pack = [any("PACK" in line.rows for line in one.lines) for one in found]
        assert by_pack == [first <= day <= last for day in days], (pack, first, last)
        assert [one.superseded_on for one in found] == [issued if covered else None for covered in by_pack]
    assert [wire.dumps(quote) for quote in quotes] == saved
