"""How a quote leaves us: one JSON text for command line, store and HTTP alike, and a CSV of its lines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from optimizer.tables import safe_text

CHARGE_COLUMNS = (
    "quote_id",
    "rank",
    "leg",
    "code",
    "description",
    "carrier",
    "basis",
    "quantity",
    "rate",
    "coefficient",
    "amount",
    "currency",
    "amount_quote",
    "quote_currency",
    "fx_rate",
    "fx_date",
    "fx_kind",
    "rule_id",
    "source_id",
    "status",
)


def dumps(quote: dict[str, Any]) -> str:
    """The quote as JSON text; the same quote gives the same bytes.

    >>> dumps({"total": "1.50", "place": "Актау"})
    '{"total":"1.50","place":"Актау"}'
    """
    return json.dumps(quote, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def charges_csv(quote: dict[str, Any]) -> str:
    """Every charge line of every itinerary, RFC 4180, safe to open in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(CHARGE_COLUMNS)
    for it in quote["itineraries"]:
        for line in it["charges"]:
            row = {**line, "quote_id": quote["quote_id"], "rank": it["rank"], "quote_currency": it["total"]["currency"]}
            cells = [row.get(column) for column in CHARGE_COLUMNS]
            writer.writerow(["" if c is None else (safe_text(c) if isinstance(c, str) else c) for c in cells])
    return out.getvalue()
