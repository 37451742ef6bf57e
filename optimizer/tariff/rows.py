"""The tables of a book that price: rates, coefficients, surcharges, subsidies, through rates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.money import CURRENCIES, DEFAULT_KIND
from optimizer.provenance import STATUSES, RowRef
from optimizer.tariff.bases import BASES
from optimizer.tariff.cells import ZERO, Groups, RowCells
from optimizer.tariff.columns import CARRIERS, CHARGES, FORMS, MARKERS, PRICES, SURCHARGES, USED
from optimizer.tariff.header import FX_KINDS
from optimizer.tariff.rule import OWN_BOOK_RANK, BookInfo, Coefficient, Extra, Rule, ThroughRate
from optimizer.tariff.shelf import Shelf
from optimizer.validity import parse_to

ONE = Decimal(1)
MOST_MONTHS = 600
STANDARD_M = Decimal("16.5")
THROUGH, SUBSIDY = frozenset({"through"}), frozenset({"subsidy"})
NUMBERS: dict[str, Decimal | None] = {
    "rate": None,  # must be given, unless another price is
    "fixed": ZERO,
    "per_km": ZERO,
    "min_t": ZERO,
    "step_t": ONE,
    "base_m": STANDARD_M,
    "free_days": ZERO,
    "low": ONE,
    "high": ONE,
}


@dataclass(frozen=True, slots=True)
class RowReader:
    """Puts the rows of one book on the shelf; a row at fault leaves its problems instead.

    Args:
        groups: those of the book.
        layer: 0 for a default book; see `rule.Row`.
    """

    shelf: Shelf
    info: BookInfo
    groups: Groups
    layer: int

    def rate(self, row: RowCells) -> None:
        rule = self._rule(row)
        if rule is not None:
            self.shelf.rules.append(rule)

    def coefficient(self, row: RowCells) -> None:
        common = self._common(row, "coef_id")
        before = row.faults
        charges = CHARGES | SURCHARGES | THROUGH
        if row.get("charge") not in charges:
            row.unknown("charge", row.get("charge"), charges)
        value = row.number("value")
        carry_months = _carry(row, 0)
        priority = row.whole("priority", ZERO)
        if common is None or row.faults > before:
            return
        rules = row.listed("rules")
        self.shelf.named["rules"].append((common["row"], rules))
        self.shelf.coefficients.append(
            Coefficient(
                **common,
                charge=row["charge"],
                carry_months=carry_months,
                replaces=self._replaces(row, common["row"]),
                coef_id=row["coef_id"],
                rules=rules,
                group=row.get("group") or "discount",
                priority=priority,
                value=value,
            )
        )

    def surcharge(self, row: RowCells) -> None:
        self._extra(row, SURCHARGES, None)

    def subsidy(self, row: RowCells) -> None:
        # A subsidy that has ended is over; money nobody promised is not carried forward.
        self._extra(row.having(charge="subsidy"), SUBSIDY, 0)

    def through(self, row: RowCells) -> None:
        chain = row.in_order("chain")
        before = row.faults
        if len(chain) < 2 or "|" in chain[0] or "|" in chain[-1]:
            text = "chain is a place, then crossings a|b and places in order, then a place, separated by ;"
            row.fault("bad_chain", text, column="chain", value=row["chain"])
        if row["mode"] not in ("rail", "road"):
            row.unknown("mode", row["mode"], ("rail", "road"))
        replaces = row.listed("replaces")
        for word in sorted(replaces - CHARGES) if replaces else [""]:
            row.unknown("replaces", word, CHARGES)
        # The chain itself is the carrier of a through rate: rates of one chain compete with each other only.
        given = row.having(charge="through", carrier=";".join(chain))
        rule = self._rule(given, charges=THROUGH, replaces=frozenset())
        if rule is not None and row.faults == before:
            self.shelf.rules.append(rule)
            self.shelf.through.append(ThroughRate(rule, row["mode"], chain, replaces))

    def _extra(self, row: RowCells, charges: frozenset[str], carry: int | None) -> None:
        before = row.faults
        on = row.listed("on")
        known = CHARGES | MARKERS | THROUGH
        for word in sorted(on - known) or ([] if on else [""]):
            row.unknown("on", word, known)
        cap_t, cap_amount = (row.number(column, ZERO) for column in ("cap_t", "cap_amount"))
        probability = row.number("probability", ONE)
        if probability > 1:
            text = "probability is above 1; write 0.8 for eight in ten"
            row.fault("bad_probability", text, column="probability")
        claim: dt.date | None = None
        try:
            claim = parse_to(row.get("claim_until"))
        except (ValueError, IndexError):
            row.fault("bad_date", "claim_until is not YYYY-MM-DD, YYYY-MM or YYYY")
        rule = self._rule(row, charges=charges, carry=carry)
        if rule is None or row.faults > before:
            return
        group = row.get("group") or rule.charge
        self.shelf.extras.append(Extra(rule, on, group, charges is SUBSIDY, cap_t, cap_amount, probability, claim))

    # ---- what rows share ----------------------------------------------------------------------------

    def _common(self, row: RowCells, id_column: str) -> dict[str, Any] | None:
        """What every row has, or None where the row is at fault."""
        before = row.faults
        ref = RowRef(row.file, row.line)
        own_id = row.get(id_column)
        if not own_id:
            row.fault("missing_id", f"{id_column} is empty; give the row a name of its own", column=id_column)
        elif own_id in self.shelf.ids:
            text = f"{own_id} is also the name of {self.shelf.ids[own_id]}; rename one"
            row.fault("duplicate_id", text, column=id_column)
        else:
            self.shelf.ids[own_id] = ref
        carrier = row.get("carrier")
        if row.get("charge") != "through" and carrier not in CARRIERS:
            row.unknown("carrier", carrier, CARRIERS)
        for form in filter(None, (w.strip() for w in row.get("form").lstrip("!").split(";"))):
            if form not in FORMS:
                row.unknown("form", form, FORMS)
        if row.get("carry") not in ("", "yes", "no"):
            row.unknown("carry", row["carry"], ("yes", "no"))
        if not row.get("source_id"):
            row.fault("missing_source", "source_id is empty; say where the number was read", column="source_id")
        if row.get("status") not in STATUSES:
            text = f"status must be one of {', '.join(STATUSES)}"
            row.fault("bad_status", text, column="status", value=row.get("status"))
        ends = row.ends(self.groups)
        conditions = row.conditions(self.groups) if ends is not None else None
        valid, known = row.dates()
        if ends is None or conditions is None or row.faults > before:
            return None
        self.shelf.named_ends |= ends
        return {
            "book": self.info.book_id,
            "layer": self.layer,
            "carrier": carrier,
            "conditions": conditions,
            "cells": row.spelt(self.groups),
            "valid": valid,
            "known_from": known,
            "status": row["status"],
            "source_id": row["source_id"],
            "document": row.get("document"),
            "description": row.get("description"),
            "row": ref,
        }

    def _replaces(self, row: RowCells, ref: RowRef) -> frozenset[str]:
        names = row.listed("replaces")
        if names & {row.cells.get("rule_id"), row.cells.get("coef_id")}:
            row.fault("replaces_itself", "the row names itself; name the older one", column="replaces")
        if names:
            self.shelf.named["replaces"].append((ref, names))
        return names

    def _rule(
        self,
        row: RowCells,
        *,
        charges: frozenset[str] = CHARGES | MARKERS,
        carry: int | None = None,
        replaces: frozenset[str] | None = None,
    ) -> Rule | None:
        info = self.info
        common = self._common(row, "rule_id")
        before = row.faults
        charge = row.get("charge")
        if charge not in charges:
            row.unknown("charge", charge, charges)
        basis = row.get("basis")
        if basis not in BASES:
            row.unknown("basis", basis, BASES)
        currency = row.get("currency") or info.currency
        if currency not in CURRENCIES:
            row.unknown("currency", currency, CURRENCIES)
        fx_kind = row.get("fx_kind") or (info.fx_kind if currency in DEFAULT_KIND else "")
        if fx_kind not in FX_KINDS:
            row.unknown("fx_kind", fx_kind, FX_KINDS)
        if basis in ("belt", "belt_per_t"):
            self._check_belts(row)
        series = f"{info.book_id}:{row.get('series')}"
        if basis == "spot_per_t":
            self._check_series(row, series, currency)
        if basis == "percent_of_charge" and "on" not in row.cells:
            row.fault("percent_of_what", "percent_of_charge is a surcharge; move the row to surcharges.csv")
        numbers = _numbers(row, basis)
        rank = row.whole("rank", ZERO, OWN_BOOK_RANK - 1)
        steps = row.day_steps()
        rounding = row.rounding(info.rounding)
        carry_months = _carry(row, carry)
        if common is None or row.faults > before:
            return None
        return Rule(
            **common,
            **numbers,
            charge=charge,
            carry_months=carry_months,
            replaces=self._replaces(row, common["row"]) if replaces is None else replaces,
            rule_id=row["rule_id"],
            rank=rank + self.layer * OWN_BOOK_RANK,
            basis=basis,
            currency=currency,
            fx_kind=fx_kind,
            day_steps=steps,
            rounding=rounding,
            belt_table=f"{info.book_id}:{row['belt_table']}" if row.get("belt_table") else "",
            series=series if basis == "spot_per_t" else "",
            based_on=row.get("based_on"),
            warning_code=row.get("warning_code"),
            warning=row.get("warning"),
        )

    def _check_belts(self, row: RowCells) -> None:
        """A fault where a rule names a belt table, or a column of it, that is not whole."""
        table = row.get("belt_table")
        name, _, column = table.partition("/")
        belts = self.shelf.belts.get(f"{self.info.book_id}:{name}")
        if belts is None:
            text = f"there is no table belts/{name}.csv; name one as table/column"
            row.fault("unknown_belt_table", text, column="belt_table", value=table)
        elif any(column not in belt.rates for belt in belts):
            text = f"not every belt of table {name} has a number in column {column or '(none named)'}"
            row.fault("unknown_belt_column", text, column="belt_table", value=table)

    def _check_series(self, row: RowCells, series: str, currency: str) -> None:
        """A fault where a rule names no series of market prices, or one in another currency."""
        prices = self.shelf.spots.get(series)
        if prices is None:
            row.fault("unknown_series", f"spot.csv has no prices of {row.get('series') or '(none named)'}")
        elif prices[0].currency != currency:
            row.fault("mixed_currency", f"the prices of {row['series']} are in {prices[0].currency}")


def _carry(row: RowCells, default: int | None) -> int | None:
    """Months a lapsed row stands; None without end."""
    if row.get("carry_months"):
        return row.whole("carry_months", ZERO, MOST_MONTHS)
    return {"": default, "yes": None, "no": 0}.get(row.get("carry"), default)


def _numbers(row: RowCells, basis: str) -> dict[str, Any]:
    used = USED.get(basis, frozenset(PRICES))
    # An unnamed table is told as such; a market price needs no number of the row's own.
    has_rate = basis in ("spot_per_t", "belt", "belt_per_t") or any(
        row.get(name) for name in used & set(PRICES) - {"rate"}
    )
    defaults = NUMBERS | ({"rate": ZERO} if has_rate else {})
    numbers = {name: row.number(name, default) for name, default in defaults.items()}
    for name, what in (("step_t", "the tonnes a step holds"), ("base_m", "the standard length in metres")):
        if numbers[name] == 0:
            row.fault("bad_number", f"{name} is 0; write {what}, or leave it empty", column=name)
    if not numbers["low"] <= ONE <= numbers["high"] and row.get("low") + row.get("high"):
        text = "the band does not hold the rate itself; low is at most 1 and high at least 1"
        row.fault("band_without_rate", text, column="low")
    return numbers
