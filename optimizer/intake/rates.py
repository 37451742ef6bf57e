"""Rows of rate sheets and offers: one haul, one or several prices, when they hold and what they include."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from optimizer.intake.cells import Amount
from optimizer.intake.cells import day as read_day
from optimizer.intake.context import Context, Outcome, Parts, corrupt, ordered, raw
from optimizer.intake.layout import Column
from optimizer.intake.lookup import Found
from optimizer.intake.model import Note
from optimizer.intake.money import Price, price_in
from optimizer.intake.notes import make, weighed
from optimizer.intake.remark import Remark, carriers_in, remark_in
from optimizer.intake.routes import route_in
from optimizer.intake.rowkinds import kind_of
from optimizer.intake.units import currency_in, feet_in, per_in
from optimizer.intake.wagons import NONE, Wagons
from optimizer.intake.words import key, tidy
from optimizer.money import CURRENCIES
from optimizer.sheet.model import Cell, Row

NUMBERS = ("price", "coefficient", "km")
DAYS = ("valid_from", "valid_to", "known_from")
_FREE = re.compile(r"(\d{1,3})\s*(?:сут\w*|дн\w*|день|дней|days?|d\b|cal\w*)", re.IGNORECASE)
_AFTER = re.compile(
    r"(?:далее|затем|after|then|свыше|сверх)\D{0,20}(\d[\d\s]*(?:[.,]\d+)?)\s*([$€₸]|[A-Za-zА-Яа-я.]{2,6})",
    re.IGNORECASE,
)
_NOT_IN = re.compile(r"(?:не\s+вкл\w*|искл\w*|без\b|not incl\w*|excl\w*)\s*[.:]*\s*", re.IGNORECASE)
_IN = re.compile(r"(?:^|[\s;,])(?:вкл\w*|incl\w*)\s*[.:]*\s*", re.IGNORECASE)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Priced:
    """One price of a row, with the coefficient beside it."""

    column: Column
    price: Price
    coefficient: str
    currency: str
    per: str
    ownership: str
    equipment: str

    def told(self) -> dict[str, str]:
        """As plain data, for the field `prices`."""
        rows = {
            "amount": money_text(self.price.value),
            "times": str(self.price.times) if self.price.times > 1 else "",
            "currency": self.currency,
            "basis": self.per,
            "coefficient": self.coefficient,
            "ownership": self.ownership,
            "equipment": self.equipment,
            "low": money_text(self.price.low) if self.price.low is not None else "",
            "high": money_text(self.price.high) if self.price.high is not None else "",
            "column": self.column.letter,
        }
        return {name: value for name, value in rows.items() if value}

    def __str__(self) -> str:
        times = f"{self.price.times} x " if self.price.times > 1 else ""
        factor = f" x {self.coefficient}" if self.coefficient else ""
        return f"{times}{money_text(self.price.value)} {self.currency}".rstrip() + factor


def money_text(value: Decimal) -> str:
    """A price with two decimals, more where it was typed with more.

    >>> money_text(Decimal("3150")), money_text(Decimal("1214.5")), money_text(Decimal("0.0755"))
    ('3150.00', '1214.50', '0.0755')
    """
    if abs(value.adjusted()) > 20:
        return str(value)
    plain = value.normalize()
    return format(value.quantize(CENT) if plain == plain.quantize(CENT) else plain, "f")


class Rates(Parts):
    """Reads rows of one rate sheet, top to bottom."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        layout = context.layout
        self.prices = layout.all_of("price")
        self.factors = layout.all_of("coefficient")
        self.earlier: dict[tuple[str, ...], int] = {}
        self.section = ""

    def _text(self, row: Row, name: str) -> str:
        column = self.columns.get(name)
        return raw(row.cells[column.index]) if column and column.index < len(row.cells) else ""

    def read(self, row: Row) -> Outcome:
        """One row with a price, or one that should have it."""
        notes: list[Note] = []
        fields: dict[str, str] = {}
        rejected = False
        for name in ("route", "from", "to"):
            if (code := corrupt(self._text(row, name))) and self._text(row, name):
                notes.append(make(code, name, self._text(row, name), self.letter(name)))
                rejected = True
        surcharge = kind_of([tidy(raw(c)) for c in row.cells]) == "part" or self._is_charge(row)
        if not rejected:
            notes += self._places(row, fields, surcharge)
        wagons, riding = self._riding(row)
        notes += riding
        said, remark = self._remark(row)
        for note in self._cell_notes(row, ("remarks", "included", "free_time", "document")):
            notes.append(note)
        priced = self._priced(row, wagons, notes)
        self._write_prices(priced, fields)
        notes += self._goods(row, fields)
        self._terms(row, fields, said)
        notes += self._dates(row, remark, fields)
        if said:
            fields["remarks"] = said
        km = self._text(row, "km")
        if tidy(km).strip(" -—–"):
            read = price_in(km, self.context.style(self.columns["km"]))
            if read.fault:
                notes.append(make(read.fault, "km", km, self.letter("km")))
            else:
                fields["km"] = format(read.value, "f")
        carriers = carriers_in(self._text(row, "carrier")) or remark.carriers
        if len(carriers) == 1:
            fields["carrier"] = carriers[0]
        elif text := tidy(self._text(row, "carrier")):
            fields["carrier"] = text
        notes += self._repeated(row.number, fields, priced)
        if not priced and not rejected:
            faults = [n for n in notes if n.column == "price" and n.weight == "fault" and n.code != "no_price"]
            if faults:
                rejected = True
            else:
                shown = "; ".join(tidy(self._cell(row, c)) for c in self.prices if tidy(self._cell(row, c)))
                notes.append(make("missing_price", "price", shown, self.prices[0].letter if self.prices else ""))
        return Outcome(fields, ordered(notes), rejected)

    def _cell(self, row: Row, column: Column) -> str:
        return raw(row.cells[column.index]) if column.index < len(row.cells) else ""

    def _is_charge(self, row: Row) -> bool:
        text = key(self._text(row, "route") or self._text(row, "from"))
        return (
            re.match(
                r"(охран|надбавк|сбор|доплат|surcharge|security|guard|plus|плюс|доп |дополнит|хранение|пломб|thc|baf|подача)",
                text,
            )
            is not None
        )

    # ---- places and goods ------------------------------------------------------------------------------

    def _places(self, row: Row, fields: dict[str, str], surcharge: bool) -> list[Note]:
        route, start, end = (self._text(row, name) for name in ("route", "from", "to"))
        lookup = self.context.lookup
        if surcharge:
            fields["surcharge"] = "yes"
            fields["description"] = tidy(route or start)
            return [make("surcharge", "route", tidy(route or start), self.letter("route") or self.letter("from"))]
        notes: list[Note] = []
        found: list[tuple[str, Found, str]] = []
        if tidy(route):
            way = route_in(route, lookup, self.letter("route"))
            if way is None:
                whole = lookup.place(route, "route", self.letter("route"))
                found = [("from", whole, route)] if whole.id else []
                if not whole.id:
                    notes += _softened(whole.notes)
                fields["route_text"] = tidy(route)
            else:
                notes += _softened(way.notes)
                names = ("from", *["via"] * (len(way.places) - 2), "to")
                found = [(name, place, route) for name, place in zip(names, way.places, strict=True)]
                if not way.sure:
                    fields["route_text"] = tidy(route)
        for name, text in (("from", start), ("to", end)):
            if tidy(text):
                place = lookup.place(text, name, self.letter(name))
                notes += _softened(place.notes)
                found.append((name, place, text))
                if not place.id:
                    fields[f"{name}_text"] = tidy(text)
            elif name in self.columns and not tidy(route):
                notes.append(make("missing_place", name, text, self.letter(name)))
        for name, place, _ in found:
            if place.id:
                fields[name] = f"{fields[name]};{place.id}" if name == "via" and "via" in fields else place.id
            if place.basis:
                fields["incoterm"] = place.basis
        return notes

    def _goods(self, row: Row, fields: dict[str, str]) -> list[Note]:
        cargo, codes = self._text(row, "cargo"), self._text(row, "cargo_codes")
        if not (tidy(cargo) or tidy(codes)) or key(cargo) in ("любой", "все", "все грузы", "any", "all", "fak"):
            return []
        found = self.context.lookup.cargo(cargo, codes, (self.letter("cargo"), self.letter("cargo_codes")))
        if found.id:
            fields["cargo"] = found.id
        elif cargo:
            fields["cargo_text"] = tidy(cargo)
        return _softened(found.notes)

    def _riding(self, row: Row) -> tuple[Wagons, list[Note]]:
        """Equipment and ownership of the whole row, from its own columns."""
        text, owner = self._text(row, "equipment"), self._text(row, "ownership")
        notes: list[Note] = []
        wagons = NONE
        if tidy(text).strip(" -—–"):
            found = self.context.lookup.wagon(text, "equipment", self.letter("equipment"))
            wagons = replace(found.wagons, equipment=found.id or found.wagons.nearest)
            notes += _softened(found.notes)
        if tidy(owner).strip(" -—–"):
            said = self.context.lookup.said(owner)
            if said.ownership and said.ownership != "?":
                wagons = replace(wagons, ownership=said.ownership)
            elif said.ownership == "?":
                notes.append(make("conditions", "ownership", owner, self.letter("ownership")))
                wagons = replace(wagons, ownership="")
            else:
                notes.append(make("text_kept", "ownership", owner, self.letter("ownership")))
        return (replace(wagons, ownership="") if wagons.ownership == "?" else wagons), notes

    # ---- prices -----------------------------------------------------------------------------------------

    def _priced(self, row: Row, wagons: Wagons, notes: list[Note]) -> list[Priced]:
        """Every price of the row; cells without one are said."""
        found = []
        own = currency_in(self._text(row, "currency")) or tidy(self._text(row, "currency")).upper()
        if own and own not in CURRENCIES:
            notes.append(make("unknown_currency", "currency", self._text(row, "currency"), self.letter("currency")))
            own = ""
        for column in self.prices:
            cell: Cell = row.cells[column.index] if column.index < len(row.cells) else ""
            text = raw(cell)
            if not tidy(text):
                continue
            price = price_in(cell, self.context.style(column))
            if price.fault:
                notes.append(make(price.fault, "price", text, column.letter))
                continue
            if price.value <= 0:
                notes.append(make("not_a_number", "price", text, column.letter))
                continue
            price = self._plausible(row, price, column, wagons)
            notes += self._about(price, text, column, own)
            if price.amount.code == "ambiguous_number":
                continue
            found.append(self._complete(row, column, price, own, wagons, notes))
        return found

    def _plausible(self, row: Row, price: Price, column: Column, wagons: Wagons) -> Price:
        """Of "1.980" for a wagon or box the thousands: money has no third decimal, and none rides for two dollars."""
        other = price.amount.other
        if price.amount.code != "ambiguous_number" or other is None or price.low is not None:
            return price
        unit = (
            price.per
            or column.heading.per
            or column.heading.feet
            or wagons.equipment
            or per_in(self._text(row, "basis"))
        )
        if not unit or unit == "tonne":
            return price
        value = max(price.value, other)
        return replace(
            price,
            value=value,
            amount=Amount(value, "thousands_dot" if "." in self._cell(row, column) else "number_form"),
        )

    def _complete(self, row: Row, column: Column, price: Price, own: str, wagons: Wagons, notes: list[Note]) -> Priced:
        head = column.heading
        currency = price.currency or own or head.currency or self.context.facts.get("currency", "")
        if not currency:
            notes.append(make("missing_currency", "price", self._cell(row, column), column.letter))
        feet = head.feet or feet_in(self._text(row, "equipment"))
        equipment = wagons.equipment or (f"container-{'20' if feet == '20' else '40'}" if feet else "")
        equipment = equipment or self.context.lookup.said(column.name).equipment.strip("?")
        per = price.per or head.per or per_in(self._text(row, "basis"))
        per = per or ("" if equipment else self.context.facts.get("per", ""))
        if not per and equipment:
            family = self.context.lookup.equipment[equipment].family
            per = family if family in ("wagon", "container", "truck") else ""
        factor = self._factor(row, column, notes)
        return Priced(column, price, factor, currency, per, head.ownership or wagons.ownership, equipment)

    def _about(self, price: Price, text: str, column: Column, own: str) -> Iterable[Note]:
        shown = money_text(price.value)
        if price.amount.code == "ambiguous_number":
            yield make("price_unclear", "price", text, column.letter, low=price.amount.other, high=price.value)
            return
        if price.low is not None:
            yield make("price_range", "price", text, column.letter, read=shown)
        if price.amount.code:
            yield make(price.amount.code, "price", text, column.letter, read=shown)
        if price.times > 1:
            yield make("price_of_several", "price", text, column.letter, read=shown, times=price.times)
        named = own or column.heading.currency
        if price.currency and named and named != price.currency:
            yield make("currency_in_cell", "price", text, column.letter, read=price.currency)
        elif price.currency and not named:
            yield weighed(make("currency_in_cell", "price", text, column.letter, read=price.currency), "info")

    def _factor(self, row: Row, column: Column, notes: list[Note]) -> str:
        """The coefficient of a price: of the same heading, else the next one to the right, else the only one."""
        same = [
            c
            for c in self.factors
            if c.heading.ownership == column.heading.ownership and c.heading.feet == column.heading.feet
        ]
        right = [c for c in self.factors if c.index == column.index + 1]
        chosen = right or (same if len(self.prices) > 1 else list(self.factors))
        if not chosen:
            return ""
        cell: Cell = row.cells[chosen[0].index] if chosen[0].index < len(row.cells) else ""
        text = raw(cell)
        if not tidy(text).strip(" -—–"):
            return ""
        read = price_in(cell, self.context.style(chosen[0]))
        if read.fault or read.value <= 0 or read.value > 100:
            notes.append(make(read.fault or "not_a_number", "coefficient", text, chosen[0].letter))
            return ""
        return format(read.value.quantize(CENT) if read.value == read.value.quantize(CENT) else read.value, "f")

    def _write_prices(self, priced: list[Priced], fields: dict[str, str]) -> None:
        if not priced:
            return
        fields.update({name: value for name, value in priced[0].told().items() if name != "column"})
        fields["price"] = str(priced[0])
        fields["prices"] = json.dumps([p.told() for p in priced], ensure_ascii=False)

    # ---- terms and days ------------------------------------------------------------------------------------

    def _remark(self, row: Row) -> tuple[str, Remark]:
        texts = [self._cell(row, c) for c in self.remarks]
        said = "; ".join(tidy(text) for text in texts if tidy(text) and not corrupt(text))
        return said, remark_in(said)

    def _cell_notes(self, row: Row, names: Iterable[str]) -> Iterable[Note]:
        for name in names:
            text = self._text(row, name)
            if code := corrupt(text):
                yield make(code, name, text, self.letter(name))
            elif "\n" in text.strip() or "\r" in text.strip():
                yield make("multiline", name, text, self.letter(name))

    def _terms(self, row: Row, fields: dict[str, str], said: str) -> None:
        free = tidy(self._text(row, "free_time"))
        if free.strip(" -—–"):
            if match := _FREE.search(free):
                fields["free_days"] = match[1]
            if match := _AFTER.search(free):
                read = price_in(match[1].strip())
                if not read.fault:
                    fields["detention_rate"] = money_text(read.value)
                    fields["detention_currency"] = currency_in(match[2])
            fields["free_time"] = free
        included = self._text(row, "included")
        text = tidy(included)
        if text.strip(" -—–") and not corrupt(included):
            start = _NOT_IN.search(text)
            inside, outside = (text[: start.start()], text[start.end() :]) if start else (text, "")
            if _IN.search(f" {inside}"):
                inside = _IN.sub(" ", f" {inside}", count=1)
                fields["included"] = inside.strip(" ;,.")
            elif inside.strip(" ;,."):
                fields["conditions"] = inside.strip(" ;,.")
            if outside:
                fields["excluded"] = outside.strip(" ;,.")
        if days := tidy(self._text(row, "transit_days")):
            fields["transit_days"] = days

    def _dates(self, row: Row, remark: Remark, fields: dict[str, str]) -> list[Note]:
        """When the row holds and since when it was known: its own columns, its remark, the titles."""
        notes: list[Note] = []
        # "Срок" over "с 01.12.2026" is how long the rate holds, over "18 дней" how long the goods ride.
        term = remark_in(self._text(row, "transit_days"))
        since, until = term.since or remark.since, term.until or remark.until
        if term.since or term.until:
            fields.pop("transit_days", None)
        for name, told in (("valid_from", since), ("valid_to", until), ("known_from", remark.issued)):
            column = self.columns.get(name)
            cell: Cell = row.cells[column.index] if column and column.index < len(row.cells) else ""
            if tidy(raw(cell)).strip(" -—–"):
                read = self.context.day(cell)
                if read.first is None or read.code == "ambiguous_date":
                    code = read.code if read.code in ("ambiguous_date", "impossible_date") else "not_a_date"
                    words: dict[str, object] = (
                        {"low": read.first, "high": read.other} if code == "ambiguous_date" else {}
                    )
                    notes.append(make(code, name, raw(cell), self.letter(name), **words))
                    continue
                day = read.last if name == "valid_to" and read.last else read.first
                fields[name] = day.isoformat()
            elif told and (first := read_day(told).first):
                fields[name] = first.isoformat()
        document = tidy(self._text(row, "document")) or remark.document
        if document:
            fields["document"] = document
            if (
                "known_from" not in fields
                and (issued := remark_in(document).issued)
                and (first := read_day(issued).first)
            ):
                fields["known_from"] = first.isoformat()
        for name in ("valid_from", "valid_to"):
            if name not in fields and name in self.context.facts:
                fields[name] = self.context.facts[name]
        if "known_from" in fields and "valid_from" in fields and fields["known_from"] > fields["valid_from"]:
            dates = {n: fields[n] for n in ("valid_from", "known_from")}
            notes.append(
                make(
                    "retroactive",
                    "valid_from",
                    raw(self._remark(row)[0]),
                    self.remarks[0].letter if self.remarks else "",
                    **dates,
                )
            )
        return notes

    def _repeated(self, line: int, fields: dict[str, str], priced: list[Priced]) -> list[Note]:
        """A later row of the same haul: a new term of it, or a repeat."""
        if fields.get("surcharge") or not priced:
            return []
        lane = fields.get("route_text") or "|".join(fields.get(n, "") for n in ("from", "via", "to"))
        # Of one haul every price is its own rate: by wagon, box and owner.
        marks = [(lane, fields.get("cargo", ""), p.equipment, p.ownership, p.per, str(p.price.times)) for p in priced]
        before = next((self.earlier[m] for m in marks if m in self.earlier), 0)
        for mark in marks:
            self.earlier.setdefault(mark, line)
        if not before:
            return []
        start = fields.get("valid_from", "")
        if start and start != self.context.facts.get("valid_from", ""):
            fields["beside_line"] = str(before)
            return [make("supersedes", "valid_from", "", "", valid_from=start, line=before)]
        return [make("probable_duplicate", "route", "", self.letter("route"), line=before)]


def _softened(notes: Iterable[Note]) -> list[Note]:
    """In a rate sheet a name not understood is kept as text with a warning: the price stands beside it all the same."""
    return [weighed(n, "warning") if n.weight == "question" else n for n in notes]
