"""Rows of an authority's volumes: how much of what went over which border, in which period."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal

from optimizer.intake.cells import Amount, amount
from optimizer.intake.context import Context, Outcome, Parts, corrupt, ordered, raw
from optimizer.intake.layout import Column
from optimizer.intake.model import Note
from optimizer.intake.notes import make
from optimizer.intake.quantity import IN_TONNES, quantity, shortest
from optimizer.intake.rowkinds import kind_of
from optimizer.intake.units import mass_unit_in
from optimizer.intake.words import key, tidy
from optimizer.sheet.model import Cell, Row

NUMBERS = ("tonnes", "teu", "units")
DAYS = ("period",)
_TEU = re.compile(r"\b(teu|тэу|дфэ|feu)\b", re.IGNORECASE)
_THOUSAND = re.compile(r"\b(тыс\w*|ths|thous\w*|'?000)\b", re.IGNORECASE)
# What a report writes behind a border when it has no column of goods: "Достык, конт. (TEU)".
_BESIDE = re.compile(
    r"(.+?)[\s,(:-]+((?:конт\w*|cont\w*)?[\s.,(]*(?:тыс\w*[\s.]*|ths\s*)?(?:teu|тэу|дфэ)\)?)", re.IGNORECASE
)
_WAGONS = re.compile(r"\b(ваг|вагон\w*|wagons?|поезд\w*|trains?)\b", re.IGNORECASE)
_MONTHLY = re.compile(r"месяц|month|период|period")
_PART = re.compile(r"^(в т\.? ?ч\.?|в том числе|из них|of which|incl\.?|including|thereof)[:\s]*", re.IGNORECASE)


class Flows(Parts):
    """Reads rows of one sheet; remembers the row that "в т.ч." speaks of."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.values = [c for c in context.layout.columns if c.field in ("tonnes", "teu", "units")]
        self.names = [c for c in context.layout.columns if c.field in ("border", "origin", "destination", "cargo")]
        self.parent = 0
        self.filled: dict[str, str] = {}
        self.section = ""

    def read(self, row: Row) -> Outcome:
        """One volume, or several where periods stand side by side."""
        texts = [tidy(raw(c)) for c in row.cells]
        part = kind_of(texts) == "part"
        notes: list[Note] = []
        fields: dict[str, str] = {}
        self._places(row, fields, notes, part)
        cargo = self._goods(row, fields, notes, part)
        self._period(row, fields, notes)
        unit = self._unit(row, cargo or fields.get("cargo_text", ""))
        rejected = self._volumes(row, fields, notes, unit)
        remarks = tidy(raw(self.cell(row, "remarks")))
        if remarks:
            fields["remarks"] = remarks
        if part:
            fields["part_of"] = str(self.parent) if self.parent else ""
            parent = f"line {self.parent}" if self.parent else "?"
            told = make(
                "part",
                "cargo",
                next((t for t in texts if t), ""),
                "",
                parent=parent,
                parent_ru=f"строка {self.parent}" if self.parent else "?",
            )
            return Outcome(fields, ordered((told, *notes)), skipped=True)
        if not rejected:
            self.parent = row.number
        return Outcome(fields, ordered(notes), rejected)

    def _places(self, row: Row, fields: dict[str, str], notes: list[Note], part: bool) -> None:
        named = False
        for name in ("border", "origin", "destination"):
            text = raw(self.cell(row, name))
            if code := corrupt(text):
                notes.append(make(code, name, text, self.letter(name)))
                continue
            plain = _PART.sub("", tidy(text)) if part else tidy(text)
            if not plain.strip(" -—–"):
                continue
            named = True
            if "cargo" not in self.columns and (match := _BESIDE.fullmatch(plain)):
                plain, fields["cargo_text"] = match[1], match[2]
            if part and self._group(plain, name, fields):
                continue
            found = self.context.lookup.border(plain, name, self.letter(name))
            if found.id:
                fields[name] = found.id
                notes += found.notes
            elif not self._country(plain, name, fields):
                fields[f"{name}_text"] = plain
                if not part:
                    notes += found.notes
        # An old report names a border once and lists its goods below.
        if not named and not part:
            for name, value in self.filled.items():
                fields.setdefault(name, value)
        elif named and not part:
            self.filled = {n: v for n, v in fields.items() if n in ("border", "border_text")}

    def _group(self, text: str, name: str, fields: dict[str, str]) -> bool:
        """A part of the border above it, where goods have no column: "в т.ч. зерно" under a border's name."""
        if "cargo" in self.columns or self.context.lookup.place(text, name, self.letter(name)).id:
            return False
        beside = fields.get("cargo_text", "")
        fields["cargo_text"] = f"{text}, {beside}" if beside else text
        if found := self.context.lookup.cargo(text, "").id:
            fields["cargo"] = found
            if not beside:
                del fields["cargo_text"]
        fields.update({n: v for n, v in self.filled.items() if n not in fields})
        return True

    def _country(self, text: str, name: str, fields: dict[str, str]) -> bool:
        from optimizer.request import COUNTRY_OF_NAME

        code = COUNTRY_OF_NAME.get(key(text))
        if code:
            fields[f"{name}_country"] = code
        return code is not None

    def _goods(self, row: Row, fields: dict[str, str], notes: list[Note], part: bool) -> str:
        text = raw(self.cell(row, "cargo"))
        plain = _PART.sub("", tidy(text)) if part else tidy(text)
        if not plain.strip(" -—–") or corrupt(text):
            return ""
        if _TEU.search(plain) or re.match(r"контейнер|container", key(plain)):
            fields["cargo_text"] = plain
            return plain
        found = self.context.lookup.cargo(
            plain, raw(self.cell(row, "cargo_codes")), (self.letter("cargo"), self.letter("cargo_codes"))
        )
        if found.id:
            fields["cargo"] = found.id
            notes += found.notes
        else:
            # Reports name groups of goods ("зерновые", "нефтегрузы"): kept as text, nothing is priced by them.
            fields["cargo_text"] = plain
        return plain

    def _period(self, row: Row, fields: dict[str, str], notes: list[Note]) -> None:
        cell, letter = self.cell(row, "period"), self.letter("period")
        text = tidy(raw(cell))
        if not text.strip(" -—–"):
            return
        from optimizer.intake.layout import period_of

        if period := period_of(text):
            fields["period"] = period
            return
        if isinstance(cell, dt.date) and cell.day == 1 and _MONTHLY.search(key(self.columns["period"].name)):
            fields["period"] = f"{cell:%Y-%m}"  # a workbook shows "фев.26" and holds its first day
            return
        read = self.context.day(cell)
        if read.first is None or read.last is None or read.code == "ambiguous_date":
            fields["period_text"] = text
            notes.append(make("date_unclear", "period", text, letter))
            return
        fields["period"] = f"{read.first:%Y-%m}" if read.code == "month_only" else read.first.isoformat()

    def _unit(self, row: Row, cargo: str) -> str:
        """The unit of this row: its own cell, its goods, else "" for the column's."""
        own = tidy(raw(self.cell(row, "unit"))).strip(" -—–")
        text = own or " ".join(
            re.findall(r"\(([^()]*)\)|,\s*([^,]+)$", cargo)[0]
            if re.findall(r"\(([^()]*)\)|,\s*([^,]+)$", cargo)
            else ""
        )
        for words in (text, cargo):
            if _TEU.search(words):
                return "kTEU" if _THOUSAND.search(words) else "TEU"
        if _WAGONS.search(text):
            return "kwagons" if _THOUSAND.search(text) else "wagons"
        unit = mass_unit_in(text) if text else ""
        if own and not unit:  # "ед." of something else than tonnes
            return "wagons" if _WAGONS.search(cargo) else "units"
        return unit

    def _volumes(self, row: Row, fields: dict[str, str], notes: list[Note], unit: str) -> bool:
        """Every volume of the row; True when none could be read and a cell was corrupt."""
        found: list[dict[str, str]] = []
        bad = False
        for column in self.values:
            cell: Cell = row.cells[column.index] if column.index < len(row.cells) else ""
            text = raw(cell)
            if not tidy(text).strip(" -—–xх…"):
                continue
            of_column = column.heading.unit or self.context.facts.get("unit", "") or "t"
            if column.field != "tonnes":
                of_column = "TEU" if column.field == "teu" else "wagons"
            value = self._volume(cell, text, unit or of_column, column, notes)
            if value is None:
                bad = True
                continue
            number, own = value
            kind = own or unit or of_column
            if kind in ("kTEU", "kwagons"):
                number, kind = number * 1000, kind[1:]
            if kind not in (of_column, "") and (kind in ("TEU", "wagons")) != (of_column in ("TEU", "wagons")):
                notes.append(make("other_unit", column.field, text, column.letter, unit=kind))
            entry = {"period": column.period, "column": column.letter}
            if kind in IN_TONNES:
                entry["tonnes"] = format(shortest(number * IN_TONNES[kind]), "f")
            else:
                entry["teu" if kind == "TEU" else "units"] = format(shortest(number), "f")
            entry["unit"] = kind
            found.append({name: text for name, text in entry.items() if text})
        for entry in found[:1]:
            fields.update(
                {n: v for n, v in entry.items() if n != "column" and not (n == "period" and "period" in fields)}
            )
        for entry in found[1:]:
            for name in ("teu", "units"):
                if name in entry and name not in fields and not entry.get("period"):
                    fields[name] = entry[name]
        if len(found) > 1:
            fields["volumes"] = json.dumps(found, ensure_ascii=False)
        if not found and not bad:
            notes.append(make("missing_tonnes", "tonnes", "", self.values[0].letter if self.values else ""))
        return bad and not found

    def _volume(
        self, cell: Cell, text: str, unit: str, column: Column, notes: list[Note]
    ) -> tuple[Decimal, str] | None:
        """A number and the unit in its own cell."""
        letter = column.letter
        if isinstance(cell, Decimal):
            return cell, ""
        if code := corrupt(cell):
            notes.append(make(code, column.field, text, letter))
            return None
        style = self.context.style(column)
        # Footnote marks stand behind numbers in printed reports: "12,5*", "7,1 1)".
        plain = re.sub(r"(?<=\d)\s*(\*+|[¹²³⁴]|\s\d\))$", "", tidy(text))
        own = ""
        if match := re.fullmatch(r"(.*\d\)?)\s*(teu|тэу|дфэ|ваг\w*|wagons?)\.?", plain, re.IGNORECASE):
            plain, own = match[1], "TEU" if _TEU.search(match[2]) else "wagons"
        read: Amount = amount(plain, style)
        if read.fault == "not_a_number" and not own:
            q = quantity(plain, self.context.lookup.said, unit if unit in IN_TONNES else "t", style)
            if q.tonnes is not None and q.high is None and not q.fault:
                read, own = Amount(q.tonnes, q.amount.code), "t"
                notes.append(
                    make(
                        "unit_converted", column.field, text, letter, read=f"{q.tonnes:f} t", read_ru=f"{q.tonnes:f} т"
                    )
                )
        if read.fault:
            notes.append(make(read.fault if read.fault != "range" else "not_a_number", column.field, text, letter))
            return None
        if read.code == "ambiguous_number":
            notes.append(make("ambiguous_number", column.field, text, letter, low=read.other, high=read.value))
            return None
        if read.code and read.code != "arithmetic" or (read.code == "arithmetic"):
            notes.append(make(read.code, column.field, text, letter, read=f"{read.value:f}"))
        elif read.value < 0:
            notes.append(make("negative", column.field, text, letter, read=f"{read.value:f}"))
        return read.value, own

    # ---- totals ---------------------------------------------------------------------------------------------

    def numbers(self, row: Row) -> dict[int, Decimal]:
        """The volumes of any row, a total too, by column; cells without a number left out."""
        found = {}
        for column in self.values:
            cell: Cell = row.cells[column.index] if column.index < len(row.cells) else ""
            if isinstance(cell, Decimal):
                found[column.index] = cell
            elif isinstance(cell, str):
                read = amount(tidy(cell), self.context.style(column))
                if not read.fault:
                    found[column.index] = read.value
        return found

    def check_total(self, stated: dict[int, Decimal], rows: list[tuple[str, dict[int, Decimal]]]) -> list[Note]:
        """What is wrong with a total row: parts counted twice, units mixed, or another sum.

        Args:
            rows: (what, volumes by column) of the rows above it: row, part, or the other unit a row counts in.
        """
        for column in self.values:
            total = stated.get(column.index)
            if total is None:
                continue
            plain = sum((n.get(column.index, Decimal(0)) for what, n in rows if what == "row"), Decimal(0))
            parts = sum((n.get(column.index, Decimal(0)) for what, n in rows if what == "part"), Decimal(0))
            others = [(what, n[column.index]) for what, n in rows if what not in ("row", "part") and column.index in n]
            mixed = sum((n for _, n in others), Decimal(0))
            near = Decimal("0.06") if total != total.to_integral_value() else Decimal("0.6")
            words = {"stated": format(total, "f"), "sum": format(plain, "f")}
            found = []
            if parts and (_same(total, plain + parts, near) or _same(total, plain + parts + mixed, near)):
                found.append(
                    make(
                        "total_counts_parts",
                        column.field,
                        format(total, "f"),
                        column.letter,
                        with_parts=format(plain + parts, "f"),
                        **words,
                    )
                )
            if others and (_same(total, plain + mixed, near) or _same(total, plain + parts + mixed, near)):
                units = ", ".join(dict.fromkeys(what for what, _ in others))
                found.append(
                    make("total_mixes_units", column.field, format(total, "f"), column.letter, units=units, **words)
                )
            if not found and rows and not _same(total, plain, near):
                found.append(make("total_differs", column.field, format(total, "f"), column.letter, **words))
            if found:
                return found
        return []


def _same(one: Decimal, other: Decimal, near: Decimal) -> bool:
    return abs(one - other) <= near
