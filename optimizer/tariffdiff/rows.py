"""Rows of tariff books that are not the same on both sides, with all that makes their price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from optimizer.tariff.book import TariffBooks
from optimizer.tariff.rule import OWN_BOOK_RANK, Belt, Coefficient, Rounding, Row, Rule, rounding_text
from optimizer.tariffdiff.answer import FieldChange, RowChange

NOT_CONTENT = {"book", "layer", "conditions", "cells", "row", "valid", "rule_id", "coef_id"}
# What an empty cell means; of a row that came or went these are not told.
USUAL = {
    "fixed": "0",
    "per_km": "0",
    "rank": "0",
    "min_t": "0",
    "step_t": "1",
    "base_m": "16.5",
    "free_days": "0",
    "rounding": "line:0.01:after:0.0001",
    "low": "1",
    "high": "1",
    "priority": "0",
    "cap_t": "0",
    "cap_amount": "0",
    "probability": "1",
}
PRICE, BELT, CLASS = "price ", "belt ", "class of "  # fields of what a row looks up elsewhere in its book
Content = dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of one side with all that makes its price."""

    kind: str
    row: Row
    content: Content


@dataclass(frozen=True, slots=True)
class RowPair:
    """A row that differs, with its two sides."""

    change: RowChange
    old: Entry | None
    new: Entry | None

    @property
    def sides(self) -> tuple[Entry, ...]:
        return tuple(side for side in (self.old, self.new) if side is not None)


def _entries(books: TariffBooks) -> dict[str, Entry]:
    """Every row by its id, written out with what it looks up elsewhere in its book."""
    through = {t.rule.rule_id: t for t in books.through}
    found: dict[str, Entry] = {}
    for rule in books.rules:
        chain = through.get(rule.rule_id)
        kind = "rate" if chain is None else "through"
        content = _content(rule) | _looked_up(rule, books)
        if chain is not None:
            content |= {"carrier": "", "mode": chain.mode}
            content |= {"chain": _text(chain.chain), "replaces": _text(chain.replaces)}
        found[rule.rule_id] = Entry(kind, rule, content)
    for coef in books.coefficients:
        stacking = {"stacking": books.infos[coef.book].stacking}
        found[coef.coef_id] = Entry("coefficient", coef, _content(coef) | stacking)
    for extra in books.extras:
        own = {f.name: _text(getattr(extra, f.name)) for f in fields(extra) if f.name not in ("rule", "subsidy")}
        content = _content(extra.rule) | _looked_up(extra.rule, books) | own
        found[extra.rule.rule_id] = Entry("subsidy" if extra.subsidy else "surcharge", extra.rule, content)
    return found


def _content(row: Rule | Coefficient) -> Content:
    """Every field of a row as text; conditions by their columns, their groups spelt out."""
    found = {f.name: _text(getattr(row, f.name)) for f in fields(row) if f.name not in NOT_CONTENT}
    found |= {"valid_from": _text(row.valid.start), "valid_to": _text(row.valid.end)}
    found |= dict(row.cells)
    # A row of the user's own outranks ours by its place, told apart from the rank its book gives it.
    found["laid_over"] = "yes" if row.layer else "no"
    if isinstance(row, Rule):
        found["rank"] = str(row.rank - row.layer * OWN_BOOK_RANK)
        # The book's own name is no content: an edition of another name may hold the same row.
        found["belt_table"] = row.belt_table.partition(":")[2]
        found["series"] = row.series.partition(":")[2]
    return found


def _looked_up(rule: Rule, books: TariffBooks) -> Content:
    """Prices of the series a rule names, the column of its rate table, and the classes that table is keyed by."""
    found = {f"{PRICE}{p.day}": f"{_text(p.price)} {p.currency}" for p in books.spots.get(rule.series, ())}
    table, _, column = rule.belt_table.partition("/")
    belts = books.belts.get(table, ())
    found |= {f"{BELT}{_belt_name(belt)}": _text(belt.rates.get(column)) for belt in belts}
    if any(belt.cargo_class for belt in belts):
        found |= {f"{CLASS}{gng}": name for gng, name in books.classes.get(rule.book, {}).items()}
    return found


def _text(value: Any) -> str:
    """A field of a row as text.

    >>> import datetime as dt
    >>> _text(Decimal("13.50")), _text(None), _text(frozenset({"b", "a"})), _text(dt.date(2026, 10, 1))
    ('13.5', '', 'a;b', '2026-10-01')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Rounding):
        return f"{rounding_text(value)}:{_text(value.rate_step)}"
    if isinstance(value, frozenset):
        return ";".join(sorted(value))
    if isinstance(value, tuple):
        return ";".join(_step_text(part) for part in value)
    return str(value)


def _step_text(part: Any) -> str:
    """A day step `7x55`, or a plain word of a tuple."""
    if not isinstance(part, tuple):
        return str(part)
    days, rate = part
    return _text(rate) if days is None else f"{_text(days)}x{_text(rate)}"


def _belt_name(belt: Belt) -> str:
    keys = [belt.cargo_class, belt.equipment, belt.owner, f"to {_text(belt.to_t)} t" if belt.to_t is not None else ""]
    return ", ".join([f"{belt.from_km}-{belt.to_km} km", *filter(None, keys)])


def row_pairs(a: TariffBooks, b: TariffBooks) -> list[RowPair]:
    """Every row that differs, by id."""
    old_side, new_side = _entries(a), _entries(b)
    found: list[RowPair] = []
    for row_id in sorted(old_side.keys() | new_side.keys()):
        old, new = old_side.get(row_id), new_side.get(row_id)
        changes = _field_changes(old, new)
        if old is not None and new is not None and not changes:
            continue
        side = new or old
        assert side is not None
        change = RowChange(
            kind=side.kind,
            id=row_id,
            what="added" if old is None else "removed" if new is None else "changed",
            old_place=str(old.row.row) if old else "",
            new_place=str(new.row.row) if new else "",
            fields=changes,
        )
        found.append(RowPair(change, old, new))
    return found


def _field_changes(old: Entry | None, new: Entry | None) -> tuple[FieldChange, ...]:
    """Fields that differ; of a row that stands on one side alone those that say something."""
    before, after = old.content if old else {}, new.content if new else {}
    found = [FieldChange(name, before.get(name, ""), after.get(name, "")) for name in dict.fromkeys([*before, *after])]
    if old is None or new is None:
        found = [
            f
            for f in found
            if f.old + f.new not in ("", USUAL.get(f.name)) and not f.name.startswith((PRICE, BELT, CLASS))
        ]
    elif old.kind != new.kind:
        found.append(FieldChange("kind", old.kind, new.kind))
    return tuple(f for f in found if f.old != f.new)


def bearing_of(pairs: Iterable[RowPair]) -> dict[str, frozenset[str]]:
    """For the id of a row on a charge line the rows of the diff that bear on it: itself, and those that replace it."""
    found: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        found[pair.change.id].add(pair.change.id)
        for side in pair.sides:
            for row_id in side.row.replaces:
                found[row_id].add(pair.change.id)
    return {row_id: frozenset(ids) for row_id, ids in found.items()}
