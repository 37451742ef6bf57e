"""How much of one row: what the tonnes and units columns say together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from optimizer.intake.cells import Amount
from optimizer.intake.context import Parts, shown
from optimizer.intake.layout import Column
from optimizer.intake.model import Note
from optimizer.intake.notes import make
from optimizer.intake.quantity import IN_TONNES, Quantity, quantity, shortest
from optimizer.intake.units import TEU, mass_unit_in
from optimizer.intake.wagons import NONE, Wagons
from optimizer.request import MOST_TONNES, MOST_UNITS


@dataclass(frozen=True, slots=True)
class Much:
    """How much, of one row: what the tonnes and units columns say together."""

    tonnes: Decimal | None
    units: int
    wagons: Wagons
    notes: tuple[Note, ...]
    teu: bool = False  # the units are twenty-foot equivalents, not boxes


class MuchReader(Parts):
    """Reads the quantity of rows of one sheet."""

    def read(self, tonnes: object, units: object, unit_text: str) -> Much:
        """Tonnes and units, each from its own column or from the other's."""
        column, count = self.columns.get("tonnes"), self.columns.get("units")
        unit = (
            (unit_text and mass_unit_in(unit_text))
            or (column.heading.unit if column else "")
            or self.context.facts.get("unit", "")
            or "t"
        )
        notes: list[Note] = []
        if column is None and unit_text and (named := mass_unit_in(unit_text)):
            # "Кол-во" beside "Ед. изм.": the unit says whether it counts wagons or tonnes.
            mass, number = self.of_cell(units, "tonnes", count, named, notes), Quantity(fault="missing_tonnes")
        elif count is None and unit_text and self._counts(unit_text):
            mass, number = Quantity(fault="missing_tonnes"), self.of_cell(tonnes, "units", column, "t", notes)
        elif unit_text.strip(" -—–") and count is None and not mass_unit_in(unit_text):
            # Pallets, pieces: as many tonnes it is not.
            mass = number = Quantity(fault="missing_tonnes")
            if shown(tonnes).strip(" -—–?"):
                text = f"{shown(tonnes)} {unit_text}".strip()
                notes.append(make("quantity_unclear", "tonnes", text, self.letter("tonnes")))
        elif column is None and count and unit_text.strip(" -—–") and not self._counts(unit_text):
            mass = number = Quantity(fault="missing_tonnes")
            if shown(units).strip(" -—–?"):
                notes.append(make("quantity_unclear", "units", f"{shown(units)} {unit_text}", count.letter))
        else:
            mass = self.of_cell(tonnes, "tonnes", column, unit, notes)
            number = self.of_cell(units, "units", count, "t", notes)
        found = mass.tonnes if mass.tonnes is not None else number.tonnes
        units_found = mass.units or number.units
        if mass.units and number.units and mass.units != number.units:
            notes.append(
                make(
                    "quantities_disagree",
                    "units",
                    shown(units),
                    self.letter("units"),
                    first=mass.units,
                    second=number.units,
                )
            )
        wagons = mass.wagons if mass.wagons != NONE else number.wagons
        if any(
            n.code
            in ("range", "ambiguous_number", "quantity_unclear", "not_positive", "too_large", "quantities_disagree")
            for n in notes
        ):
            bad = any(n.code not in ("quantities_disagree",) for n in notes if n.weight == "question")
            found, units_found = (None, units_found) if bad else (found, 0)
        headed = count.name if count and units != "" else ""
        teu = bool(units_found) and any(TEU.search(text) for text in (unit_text, shown(tonnes), shown(units), headed))
        return Much(found, units_found, wagons, tuple(notes), teu)

    def _counts(self, unit: str) -> bool:
        """Whether a unit counts wagons, boxes or trucks."""
        return TEU.search(unit) is not None or self.context.lookup.said(f"1 {unit}").units > 0

    def of_cell(self, cell: object, name: str, column: Column | None, unit: str, notes: list[Note]) -> Quantity:
        letter = column.letter if column else ""
        if cell == "" or column is None:
            return Quantity(fault="missing_tonnes")
        if isinstance(cell, tuple):  # a number of a workbook
            number = Decimal(cell[1])
            if name == "units" and number == int(number) and number > 0:
                read = Quantity(units=int(number))
            else:
                read = Quantity(shortest(number * IN_TONNES[unit]), amount=Amount(number), unit=unit)
        else:
            read = quantity(
                str(cell), self.context.lookup.said, unit, self.context.style(column), units_column=name == "units"
            )
        text = shown(cell)
        if read.fault in ("formula", "spreadsheet_error", "not_finite"):
            notes.append(make(read.fault, name, text, letter))
            return Quantity(fault=read.fault)
        if read.fault == "missing_tonnes" and text.strip(" -—–?"):
            notes.append(make("missing_tonnes", name, text, letter))
            return read
        if read.fault in ("quantity_unclear", "range"):
            notes.append(make("quantity_unclear", name, text, letter))
            return read
        if read.high is not None and read.tonnes is not None:
            notes.append(
                make(
                    "range",
                    name,
                    text,
                    letter,
                    low=f"{read.tonnes:f} t",
                    high=f"{read.high:f} t",
                    low_ru=f"{read.tonnes:f} т",
                    high_ru=f"{read.high:f} т",
                )
            )
            return read
        other = read.amount.other
        if read.amount.code == "ambiguous_number" and other is not None and read.tonnes is not None:
            low, high = sorted((read.tonnes, other))
            if read.converted and high > MOST_TONNES >= low:  # "1,273 тыс. т" is no million of tonnes
                read = replace(read, tonnes=low, amount=Amount(low))
        if read.amount.code == "ambiguous_number" and other is not None and read.tonnes is not None:
            notes.append(
                make(
                    "ambiguous_number",
                    name,
                    text,
                    letter,
                    low=f"{low:f} t",
                    high=f"{high:f} t",
                    low_ru=f"{low:f} т",
                    high_ru=f"{high:f} т",
                )
            )
            return read
        if read.tonnes is not None:
            if read.tonnes <= 0:
                notes.append(make("not_positive", name, text, letter))
            elif read.tonnes > MOST_TONNES:
                notes.append(
                    make("too_large", name, text, letter, read=f"{read.tonnes:f} t", read_ru=f"{read.tonnes:f} т")
                )
            elif read.each is not None:
                said = f"{read.units} x {read.each:f} = {read.tonnes:f}"
                notes.append(make("multiplied", name, text, letter, read=f"{said} t", read_ru=f"{said} т"))
            elif read.converted:
                notes.append(
                    make("unit_converted", name, text, letter, read=f"{read.tonnes:f} t", read_ru=f"{read.tonnes:f} т")
                )
            if read.about:
                notes.append(make("about", name, text, letter, read=f"{read.tonnes:f} t", read_ru=f"{read.tonnes:f} т"))
            if read.amount.code in ("thousands_dot", "number_form", "negative", "arithmetic") and not read.converted:
                notes.append(
                    make(read.amount.code, name, text, letter, read=f"{read.tonnes:f} t", read_ru=f"{read.tonnes:f} т")
                )
        if read.units > MOST_UNITS:
            notes.append(make("too_large", name, text, letter, read=read.units))
        if read.units and read.about and read.tonnes is None:
            notes.append(make("about", name, text, letter, read=read.units))
        return read
