"""How a quote leaves us: one JSON text for command line, store and HTTP alike, and a CSV of its lines."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from optimizer.charge_names import CHARGE_NAMES
from optimizer.margin import client_view
from optimizer.tables import csv_cells, csv_text, safe_text

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
    "document",
    "document_date",
    "party",
)
CLIENT_COLUMNS = ("quote_id", "rank", "leg", "code", "description", "carrier", "amount", "currency", "party")


def dumps(quote: dict[str, Any]) -> str:
    """The quote as JSON text; the same quote gives the same bytes.

    >>> dumps({"total": "1.50", "place": "Актау"})
    '{"total":"1.50","place":"Актау"}'
    """
    return json.dumps(quote, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def has_margin(quote: dict[str, Any]) -> bool:
    """Whether the quote is to be sold at another price than it costs."""
    return any("margin" in it for it in quote["itineraries"])


def client_of(quote: dict[str, Any]) -> dict[str, Any]:
    """The quote as the client may see it: at its sell price where a margin was asked for."""
    sells = [
        Decimal(it["margin"]["sell"]["amount"] if "margin" in it else it["total"]["amount"])
        for it in quote["itineraries"]
    ]
    return client_view(quote, sells, CHARGE_NAMES)


def quote_csv(quote: dict[str, Any]) -> str:
    """The file of a quote: our own lines, or the client's where a margin was asked for."""
    return client_csv(client_of(quote)) if has_margin(quote) else charges_csv(quote)


def client_csv(view: dict[str, Any]) -> str:
    """The client's lines, and no column of ours."""
    rows = [
        {**line, "quote_id": view["quote_id"], "rank": it["rank"]}
        for it in view["itineraries"]
        for line in it["charges"]
    ]
    return csv_text([CLIENT_COLUMNS, *(csv_cells(CLIENT_COLUMNS, row) for row in rows)])


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
