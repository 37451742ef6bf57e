"""Charge lines of two ways laid side by side: which are not what they were, what changed in each, on whose document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.charge_names import CHARGE_NAMES

ZERO = Decimal(0)
Line = Mapping[str, Any]
Key = tuple[str, str, str]  # charge, carrier, where


@dataclass(frozen=True, slots=True)
class LineCause:
    """Lines of one charge, carrier and place that are not what they were.

    Attributes:
        where: "from - to" in words, "" where a line stands on no leg.
        old, new: amounts in the quote's currency; None where that side has no such line.
        causes: what changed in it: rule, rate, coefficient, exchange rate, quantity, added, removed.
        rows: ids of the rules and coefficients that are new or priced anew.
        documents: those rows' documents with their dates.
    """

    charge: str
    carrier: str
    where: str
    old: Decimal | None
    new: Decimal | None
    causes: tuple[str, ...]
    rows: tuple[str, ...]
    documents: tuple[str, ...]

    @property
    def change(self) -> Decimal:
        return (self.new or ZERO) - (self.old or ZERO)

    def as_dict(self) -> dict[str, Any]:
        return {
            "charge": self.charge,
            "carrier": self.carrier,
            "where": self.where,
            "old": None if self.old is None else f"{self.old:f}",
            "new": None if self.new is None else f"{self.new:f}",
            "difference": f"{self.change:f}",
            "causes": list(self.causes),
            "rows": list(self.rows),
            "documents": list(self.documents),
        }

    def __str__(self) -> str:
        name = " ".join(part for part in (CHARGE_NAMES.get(self.charge, self.charge), self.carrier, self.where) if part)
        papers = f" ({'; '.join(self.documents)})" if self.documents else ""
        return f"{name}: {', '.join(self.causes)}{papers}, {self.change:+,.2f}"


def line_causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[LineCause]:
    """Charge lines of two ways, as a quote tells them, that differ; their changes add up to that of the totals."""
    before, after = _by_place(old), _by_place(new)
    for key in dict.fromkeys([*before, *after]):
        mine, theirs = before.get(key, []), after.get(key, [])
        causes, changed = _causes(mine, theirs)
        if not causes:
            continue
        yield LineCause(
            *key,
            old=_sum(mine) if mine else None,
            new=_sum(theirs) if theirs else None,
            causes=tuple(dict.fromkeys(causes)),
            rows=tuple(dict.fromkeys(row for row, _ in changed)),
            documents=tuple(dict.fromkeys(paper for _, paper in changed if paper)),
        )


def _by_place(way: Mapping[str, Any]) -> dict[Key, list[Line]]:
    found: dict[Key, list[Line]] = {}
    for line in way["charges"]:
        where = ""
        if line["leg"] is not None:
            leg = way["legs"][line["leg"]]
            where = " - ".join(dict.fromkeys((leg["from"]["name"], leg["to"]["name"])))
        found.setdefault((line["code"], line["carrier"], where), []).append(line)
    return found


def _sum(lines: Sequence[Line]) -> Decimal:
    return sum((Decimal(line["amount_quote"]) for line in lines), ZERO)


def _causes(old: Sequence[Line], new: Sequence[Line]) -> tuple[list[str], list[tuple[str, str]]]:
    """(what changed in words, (row, its document) of what is new) of the lines of one place."""
    if not old:
        return ["new line"], [(line["rule_id"], _paper(line)) for line in new]
    if not new:
        return ["no longer charged"], []
    words: list[str] = []
    changed: list[tuple[str, str]] = []
    if len(old) != len(new):
        return [f"{len(new)} lines instead of {len(old)}"], [(line["rule_id"], _paper(line)) for line in new]
    for mine, theirs in zip(old, new, strict=True):
        before = len(words)
        if mine["rule_id"] != theirs["rule_id"]:
            words.append(f"rule {mine['rule_id']} -> {theirs['rule_id']}")
        if (mine["rate"], mine["currency"]) != (theirs["rate"], theirs["currency"]):
            words.append(f"rate {mine['rate']} {mine['currency']} -> {theirs['rate']} {theirs['currency']}")
        if mine["rule_id"] != theirs["rule_id"] or mine["rate"] != theirs["rate"]:
            changed.append((theirs["rule_id"], _paper(theirs)))
        if (mine["coefficient"], mine["coefficient_ids"]) != (theirs["coefficient"], theirs["coefficient_ids"]):
            told = f"coefficient {mine['coefficient']} -> {theirs['coefficient']}"
            words.append(told if mine["coefficient"] != theirs["coefficient"] else "coefficient of another letter")
            fresh = [c for c in theirs["coefficients"] if c["coef_id"] not in mine["coefficient_ids"]]
            changed += [(c["coef_id"], _paper(c)) for c in fresh or theirs["coefficients"]]
        if mine["fx_rate"] != theirs["fx_rate"] and mine["currency"] == theirs["currency"]:
            day = f" of {theirs['fx_date']}" if theirs["fx_date"] else ""
            words.append(f"exchange rate {mine['fx_rate']} -> {theirs['fx_rate']}{day}")
        # Another rule may count something else: tonne-kilometres and wagons are no change of quantity.
        if mine["quantity"] != theirs["quantity"] and mine["basis"] == theirs["basis"]:
            words.append(f"quantity {mine['quantity']} -> {theirs['quantity']}")
        if len(words) == before and mine["amount_quote"] != theirs["amount_quote"]:
            words.append("rounded otherwise")
    return words, changed


def _paper(row: Line) -> str:
    """A document with its day."""
    return (
        f"{row['document']}{f' of {day}' if (day := row.get('document_date')) else ''}" if row.get("document") else ""
    )


def route_text(way: Mapping[str, Any]) -> str:
    """The places a way goes by, in the names of the quote.

    >>> leg = {"kind": "haul", "mode": "rail", "from": {"name": "Kostanay"}, "to": {"name": "Bolashak"}}
    >>> route_text({"legs": [leg]})
    'Kostanay > Bolashak'
    """
    stops: list[str] = []
    for leg in way["legs"]:
        if leg["kind"] in ("haul", "border"):
            for end in (leg["from"]["name"], leg["to"]["name"]):
                if not stops or stops[-1] != end:
                    stops.append(end)
    return " > ".join(stops)
