"""What days of standing cost: the total with 0, 5 and 10 of them side by side.

The rates are those of the quote itself: hire of wagons, platforms and boxes from its charge lines, demurrage, storage
and detention from the lines of what a slow trip costs (`late_cost`). A rule of which the quote holds no line is not
known here. A rate that rises by steps of days shows its first step, and the table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from optimizer.document import figures
from optimizer.document.content import Cell, Column, Table
from optimizer.document.names import Names
from optimizer.document.words import say
from optimizer.money import CENT, round_money

ZERO = Decimal(0)
DAYS = (0, 5, 10)
HIRED = {"hire": "wagon", "platform_hire": "container", "box_hire": "container"}
BILLED = {"storage": "storage", "detention": "detention"}


@dataclass(slots=True)
class Rate:
    """What one kind of unit costs a day while it stands, in the currency of the quote.

    Attributes:
        rules: of the tariff books, that hold for the unit at the same time and are added up.
        per_unit: of one unit, not rounded.
        where: the place where it first holds, to tell two rates of one kind apart.
        stepped: the rate rises after the first step.
    """

    what: str
    units: Decimal
    where: Mapping[str, Any]
    rules: frozenset[str]
    per_unit: Decimal
    free_days: Decimal = ZERO
    stepped: bool = False

    @property
    def per_day(self) -> Decimal:
        """Of all units, to the cent."""
        return round_money(self.units * self.per_unit)


def rates_of(way: Mapping[str, Any]) -> list[Rate]:
    """The rates of a way of a quote, as they cost us.

    Args:
        way: an itinerary of the quote itself, not of a client's view, which holds no rates.
    """
    return [*_hired(way), *_billed(way)]


def _daily(line: Mapping[str, Any]) -> Decimal:
    """What a unit costs a day by a line, in the currency of the quote."""
    return Decimal(line["rate"]) * Decimal(line["coefficient"]) / Decimal(line["fx_rate"])


def _hired(way: Mapping[str, Any]) -> list[Rate]:
    """Hire: what is hired for one leg stands together. A box on a truck stands with the truck."""
    by_leg: dict[int, dict[str, Mapping[str, Any]]] = {}
    for line in way["charges"]:
        if line["code"] in HIRED and line["basis"].endswith("-day") and line["leg"] is not None:
            by_leg.setdefault(line["leg"], {}).setdefault(line["rule_id"], line)
    found: dict[frozenset[str], Rate] = {}
    for number, lines in sorted(by_leg.items()):
        leg, rules = way["legs"][number], frozenset(lines)
        what = HIRED[next(iter(lines.values()))["code"]]
        per_unit = sum((_daily(line) for line in lines.values()), ZERO)
        found.setdefault(rules, Rate(what, Decimal(leg["units"]), leg["from"], rules, per_unit))
    return [rate for rules, rate in found.items() if not any(rules < others for others in found)]


def _billed(way: Mapping[str, Any]) -> list[Rate]:
    """Demurrage, storage and detention, as far as a slow trip is charged for them."""
    boxes = {line["rule_id"]: _daily(line) for line in way["charges"] if line["code"] == "box_hire"}
    late = way["transit"].get("late_cost") or {}
    found: dict[str, Rate] = {}
    first: dict[str, Decimal] = {}
    for at in ("p90", "expected", "p50"):
        for line in (late.get(at) or {}).get("lines", ()):
            if line["part"] == "hire" or Decimal(line["days"]) <= 0:
                continue
            rule, daily = line["rule_id"], _daily(line)
            first.setdefault(rule, daily)
            if rule in found:
                found[rule].stepped |= daily != first[rule]
                continue
            # A box that stands on a truck is charged as the truck, and its hire runs on.
            boxed = line["part"] == "demurrage" and line["unit"] == "container"
            what = BILLED.get(line["part"]) or ("wagon" if line["unit"] == "wagon" else "truck")
            found[rule] = Rate(
                what,
                Decimal(line["quantity"]),
                way["legs"][line["leg"]]["from"],
                frozenset((rule, *(boxes if boxed else ()))),
                daily + (sum(boxes.values(), ZERO) if boxed else ZERO),
                Decimal(line["free_days"]),
            )
    return list(found.values())


def standing_table(way: Mapping[str, Any], total: Decimal, currency: str, names: Names, lang: str) -> Table | None:
    """The table of standing, or None where the quote holds no rate of it.

    Args:
        total: what the client pays for the way; where it holds a margin, the rates of standing hold at least its part.
    """
    buy = Decimal(way["total"]["amount"])
    raised = total / buy if buy else Decimal(1)
    rates = rates_of(way)
    if not rates:
        return None
    rows: list[tuple[Cell, ...]] = []
    for rate in rates:
        per_unit = _raised(rate.per_unit, raised)
        # All units at the rate that is shown, so that a reader can multiply; a tonne's rate is too small for that.
        per_day = _raised(rate.per_day, raised) if rate.what == "storage" else rate.units * per_unit
        what = say(f"stand_{rate.what}", lang, count=figures.number(rate.units, lang))
        if [other.what for other in rates].count(rate.what) > 1:
            what += f", {names.place(rate.where, lang)}"
        rows.append(
            (
                what,
                rate.free_days,
                per_unit,
                per_day,
                *(total + per_day * days for days in DAYS),
            )
        )
    columns = (
        Column(say("stands", lang), width=2.4),
        Column(say("free_days", lang), "exact", 0.9),
        Column(say("per_unit_day", lang, currency=currency), "money", 1.2),
        Column(say("per_day", lang, currency=currency), "money", 1.3),
        *(Column(say("total_days", lang, days=days), "money", 1.5) for days in DAYS),
    )
    note = say("standing_note", lang)
    if any(rate.stepped for rate in rates):
        note += f" {say('standing_steps', lang)}"
    return Table(say("standing", lang), columns, tuple(rows), note=note)


def _raised(rate: Decimal, raised: Decimal) -> Decimal:
    """A rate as the client pays it: with a margin up to a round number, so that no margin can be read from it.

    >>> _raised(Decimal("31.5"), Decimal(1)), _raised(Decimal(100), Decimal("1.0739"))
    (Decimal('31.50'), Decimal('108.00'))
    """
    if raised == 1:
        return round_money(rate)
    dear = rate * raised
    step = Decimal(1) if dear >= 10 else Decimal("0.1") if dear >= 1 else CENT
    return round_money((dear / step).to_integral_value(rounding=ROUND_CEILING) * step)
