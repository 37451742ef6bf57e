"""Rows of a trader's price sheet: what is bid at which place, on which terms, for which month."""

from __future__ import annotations

import datetime as dt
import re

from optimizer.intake.context import Context, Outcome, Parts, corrupt, keyed, ordered, raw
from optimizer.intake.model import Note
from optimizer.intake.money import price_in
from optimizer.intake.much import MuchReader
from optimizer.intake.notes import make
from optimizer.intake.rates import money_text
from optimizer.intake.units import currency_in
from optimizer.intake.words import key, tidy
from optimizer.money import CURRENCIES
from optimizer.netback.read import NO, RULES, YES
from optimizer.sheet.model import Cell, Row

NUMBERS = ("price", "tonnes", "band", "costs", "netback")
DAYS = ("month",)
_BASIS = re.compile(rf"\b({'|'.join(RULES)}|CIF|CIP|DAF)\b[\s.,:-]*(.*)", re.IGNORECASE)


class Netback(Parts):
    """Reads rows of one sheet."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.much = MuchReader(context)
        self.costs = context.layout.all_of("costs")
        self.seen: dict[str, tuple[int, dict[str, str]]] = {}
        self.rows: dict[tuple[str, ...], int] = {}

    def read(self, row: Row) -> Outcome:
        """One offer."""
        notes: list[Note] = []
        fields: dict[str, str] = {}
        rejected = False
        for name in ("outlet", "basis", "cargo", "month", "offer_id", "origin", "destination", "currency", "remarks"):
            text = raw(self.cell(row, name))
            if code := corrupt(self.cell(row, name)):
                notes.append(make(code, name, text, self.letter(name)))
                rejected = rejected or name in ("outlet", "basis", "cargo", "month")
        if rejected:
            return Outcome(fields, ordered(notes), True)
        offer_id = tidy(raw(self.cell(row, "offer_id")))
        if offer_id:
            fields["offer_id"] = offer_id
        self._market(row, fields, notes)
        self._goods(row, fields, notes)
        self._month(row, fields, notes)
        rejected = self._price(row, fields, notes) or rejected
        rejected = self._tonnes(row, fields, notes) or rejected
        for name in ("origin", "destination", "via"):
            text = raw(self.cell(row, name))
            if tidy(text).strip(" -—–") and not corrupt(text):
                found = self.context.lookup.place(text, name, self.letter(name))
                notes += found.notes
                if found.id:
                    fields[name] = found.id
        self._wagons(row, fields, notes)
        subsidy = tidy(raw(self.cell(row, "subsidy"))).casefold()
        if subsidy:
            if subsidy in (*YES, *NO) or subsidy.startswith(("да", "есть", "нет", "без")):
                fields["subsidy"] = "yes" if subsidy in YES or subsidy.startswith(("да", "есть")) else "no"
            else:
                notes.append(make("text_kept", "subsidy", subsidy, self.letter("subsidy")))
        self._costs(row, fields, notes)
        remarks = tidy(raw(self.cell(row, "remarks")))
        if remarks and not corrupt(self.cell(row, "remarks")):
            fields["remarks"] = remarks
        notes += self._repeated(row.number, fields)
        return Outcome(fields, ordered(notes), rejected)

    def _market(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        """Outlet and basis: each of its own column, or both in one cell ("FOB Aktau")."""
        place, basis = raw(self.cell(row, "outlet")), raw(self.cell(row, "basis"))
        named = ""
        rules: list[str] = []
        for text in (tidy(basis), tidy(place)):
            if match := _BASIS.search(text):
                rules.append(match[1].upper())
                named = named or match[2].strip(" ,-()")
        if (
            len(set(rules)) == 1
            and rules[0] in RULES
            and "?" not in basis
            and not re.search(r"\bили\b|\bor\b|/", tidy(basis))
        ):
            fields["basis"] = rules[0]
        elif rules or tidy(basis):
            notes.append(make("basis_unclear", "basis", basis or place, self.letter("basis")))
        else:
            notes.append(make("missing_basis", "basis", basis, self.letter("basis") or self.letter("outlet")))
        at = tidy(place)
        if match := _BASIS.search(at):
            at = match[2].strip(" ,-()")
        text = at or named
        if not text:
            notes.append(make("missing_place", "outlet", place, self.letter("outlet") or self.letter("basis")))
            return
        found = self.context.lookup.place(text, "outlet", self.letter("outlet") or self.letter("basis"))
        notes += found.notes
        if found.id:
            fields["outlet"] = found.id

    def _goods(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        text = raw(self.cell(row, "cargo"))
        if "cargo" not in self.columns:
            notes.append(make("missing_cargo", "cargo", "", ""))
            return
        found = self.context.lookup.cargo(text if tidy(text).strip(" -—–") else "", "", (self.letter("cargo"), ""))
        notes += found.notes
        if found.id:
            fields["cargo"] = found.id

    def _month(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        cell, letter = self.cell(row, "month"), self.letter("month")
        text = raw(cell)
        if not tidy(text).strip(" -—–"):
            notes.append(make("missing_month", "month", text, letter))
            return
        read = self.context.day(cell)
        if read.first is None or read.last is None:
            code = {"impossible_date": "impossible_date", "asap": "asap"}.get(read.code, "date_unclear")
            notes.append(make(code, "month", text, letter))
            return
        # A workbook shows "дек.26" and holds the first day of the month.
        whole = read.first.day == 1 and (isinstance(cell, dt.date) or (read.last - read.first).days in range(27, 31))
        # "Dec 26" beside prices is a month of 2026; nobody offers for the day after Christmas alone.
        if read.code == "ambiguous_date" and not whole:
            notes.append(make("ambiguous_date", "month", text, letter, low=read.first, high=read.other))
            return
        fields["month"] = f"{read.first:%Y-%m}" if whole else read.first.isoformat()
        if read.code == "window" and not whole or (read.code == "month_only" and not whole):
            notes.append(make("window", "month", text, letter, read=read.first))
        if read.code == "date_form":
            notes.append(make("date_form", "month", text, letter, read=fields["month"]))

    def _price(self, row: Row, fields: dict[str, str], notes: list[Note]) -> bool:
        """The bid with its band and currency; True when its cell is corrupt."""
        column = self.columns["price"]
        cell = self.cell(row, "price")
        text = raw(cell)
        named = tidy(raw(self.cell(row, "currency")))
        own = currency_in(named) or (named.upper() if named.upper() in CURRENCIES else "")
        if named.strip(" -—–") and not own:
            notes.append(make("unknown_currency", "currency", named, self.letter("currency")))
        price = price_in(cell, self.context.style(column))
        currency = price.currency or own or column.heading.currency or self.context.facts.get("currency", "")
        if currency:
            fields["currency"] = currency
        if not tidy(text) or price.fault == "no_price":
            notes.append(make("missing_price", "price", tidy(text), column.letter))
            return False
        if price.fault:
            notes.append(make(price.fault, "price", text, column.letter))
            return True
        if price.value <= 0 or (price.low is not None and price.low <= 0):
            notes.append(make("missing_price", "price", text, column.letter))
            return False
        if price.amount.code == "ambiguous_number" and price.low is None:
            notes.append(make("price_unclear", "price", text, column.letter, low=price.amount.other, high=price.value))
            return False
        fields["price"] = money_text(price.value)
        if not currency:
            notes.append(make("missing_currency", "price", text, column.letter))
        if price.low is not None and price.high is not None:
            fields["price_low"], fields["price_high"] = money_text(price.low), money_text(price.high)
            fields["band"] = money_text(price.high - price.value)
            notes.append(make("price_range", "price", text, column.letter, read=money_text(price.value)))
        if price.amount.code and price.amount.code != "ambiguous_number":
            notes.append(make(price.amount.code, "price", text, column.letter, read=money_text(price.value)))
        if price.currency and own and price.currency != own:
            notes.append(make("currency_in_cell", "price", text, column.letter, read=price.currency))
        band = tidy(raw(self.cell(row, "band"))).strip(" -—–±+/")
        if band and price.low is None:
            read = price_in(band.rstrip("% "), self.context.style(self.columns["band"]))
            if read.fault:
                notes.append(make(read.fault, "band", band, self.letter("band")))
            else:
                fields["band"] = f"{format(read.value, 'f')}{'%' if band.endswith('%') else ''}"
        return False

    def _tonnes(self, row: Row, fields: dict[str, str], notes: list[Note]) -> bool:
        """The lot; True when its cell is corrupt."""
        column = self.columns.get("tonnes")
        cell = self.cell(row, "tonnes")
        text = raw(cell)
        if column is None or not tidy(text).strip(" -—–"):
            notes.append(make("missing_tonnes", "tonnes", text, self.letter("tonnes")))
            return False
        unit = column.heading.unit or self.context.facts.get("unit", "") or "t"
        said: list[Note] = []
        read = self.much.of_cell(keyed(cell), "tonnes", column, unit, said)
        notes += said
        if any(note.weight == "fault" for note in said):
            return True
        if not any(note.weight == "question" for note in said):
            if read.tonnes is None:
                notes.append(make("quantity_unclear", "tonnes", text, column.letter))
            else:
                fields["tonnes"] = format(read.tonnes, "f")
        return False

    def _wagons(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        text, owner = raw(self.cell(row, "equipment")), raw(self.cell(row, "ownership"))
        wagons = None
        if tidy(text).strip(" -—–"):
            found = self.context.lookup.wagon(text, "equipment", self.letter("equipment"))
            notes += found.notes
            wagons = found.wagons
            if found.id:
                fields["equipment"] = found.id
        ownership = self.context.lookup.said(owner).ownership if tidy(owner) else wagons.ownership if wagons else ""
        if ownership == "?" or (tidy(owner).strip(" -—–") and not ownership):
            notes.append(make("ownership_unclear", "ownership", owner, self.letter("ownership")))
        elif ownership:
            fields["ownership"] = ownership

    def _costs(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        """Lines of cost as the trader states them, under the names of his columns; not computed with."""
        for column in self.costs:
            cell: Cell = row.cells[column.index] if column.index < len(row.cells) else ""
            text = raw(cell)
            if not tidy(text).strip(" -—–"):
                continue
            price = price_in(cell, self.context.style(column))
            name = f"cost:{key(column.name).replace(' ', '_')}"
            if price.fault:
                notes.append(make(price.fault, name, text, column.letter))
                continue
            fields[name] = money_text(price.value)
            if price.amount.code == "ambiguous_number":
                notes.append(make("number_form", name, text, column.letter, read=money_text(price.value)))
            elif price.amount.code:
                notes.append(make(price.amount.code, name, text, column.letter, read=money_text(price.value)))
        for name in ("netback", "buyer"):
            if name == "netback" and (code := corrupt(self.cell(row, name))):
                notes.append(make(code, name, raw(self.cell(row, name)), self.letter(name)))

    def _repeated(self, line: int, fields: dict[str, str]) -> list[Note]:
        got = fields.get("offer_id", "")
        same = tuple(
            fields.get(n, "")
            for n in ("outlet", "basis", "cargo", "month", "price", "tonnes", "destination", "origin", "currency")
        )
        twin = self.rows.get(same) if fields.get("outlet") and fields.get("price") else None
        self.rows.setdefault(same, line)
        if twin is not None:
            return [make("probable_duplicate", "offer_id", got, self.letter("offer_id"), line=twin)]
        if got and got in self.seen:
            return [make("repeated_id", "offer_id", got, self.letter("offer_id"), line=self.seen[got][0])]
        if got:
            self.seen[got] = (line, fields)
        return []
