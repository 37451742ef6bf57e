"""Cells of a book's tables as values: numbers, dates, steps, rounding, conditions; each fault with file, line and column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from optimizer.errors import ProblemList
from optimizer.tariff.conditions import CONDITIONS, Predicate, compile_conditions, words
from optimizer.tariff.rule import Rounding
from optimizer.validity import Validity, parse_from, parse_to

ZERO = Decimal(0)
MOST = Decimal(10) ** 10  # beyond it a rate is a slip of the pen, and sums of cents would leave 64 bits
ROUND_WORDS = {"": None, "whole": "unit:1"}
Groups = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class RowCells:
    """One row of a table; what cannot be read becomes a problem and a harmless value, so that reading goes on.

    >>> row = RowCells({"rate": "13,5", "min_t": "60"}, "own/rates.csv", 2, ProblemList())
    >>> row.number("min_t"), row.number("rate"), row.number("fixed", ZERO)
    (Decimal('60'), Decimal('0'), Decimal('0'))
    >>> [(p.code, p.column) for p in row.problems.problems]
    [('bad_number', 'rate')]
    """

    cells: Mapping[str, str]
    file: str
    line: int
    problems: ProblemList

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str:
        """A cell; "" where the table does not have the column."""
        return self.cells.get(column, "")

    def having(self, **cells: str) -> RowCells:
        """The same row with other cells."""
        return replace(self, cells={**self.cells, **cells})

    def listed(self, column: str) -> frozenset[str]:
        """The words of a list `a;b`."""
        return frozenset(self.in_order(column))

    def in_order(self, column: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.get(column).split(";") if word.strip())

    # ---- faults -------------------------------------------------------------------------------------

    @property
    def faults(self) -> int:
        """How many problems there are so far, of all rows."""
        return len(self.problems.problems)

    def fault(self, code: str, text: str, *, column: str = "", value: str = "") -> None:
        self.problems.add(code, text, file=self.file, line=self.line, column=column, value=value)

    def unknown(self, column: str, value: str, known: Iterable[str]) -> None:
        """The fault of a word that is not among those a column may hold."""
        names = ", ".join(sorted(filter(None, known)))
        self.fault(f"unknown_{column}", f"{column} must be one of {names}", column=column, value=value)

    # ---- numbers and days ---------------------------------------------------------------------------

    def number(self, column: str, default: Decimal | None = None) -> Decimal:
        """A number from 0 on; None as default: the cell must be filled."""
        return self._number(self.get(column), column, default)

    def whole(self, column: str, default: Decimal | None = None, most: int = 0) -> int:
        """A whole number, up to `most` where that is not 0."""
        value = self.number(column, default)
        if value != int(value) or (most and value > most):
            up_to = f" up to {most}" if most else ""
            text = f"{column} is not a whole number{up_to}; write one"
            self.fault("bad_number", text, column=column, value=self.get(column))
        return int(value)

    def _number(self, text: str, column: str, default: Decimal | None = None) -> Decimal:
        if not text:
            if default is not None:
                return default
            told = f"{column} is empty; an empty rate is not a free haul: write 0 if the document prints 0, or delete the row"
            self.fault(f"empty_{column}", told, column=column)
            return ZERO
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.fault("bad_number", f"{column} is not a number; write it with a point", column=column, value=text)
            return ZERO
        if value < 0:
            self.fault("negative_number", f"{column} is below zero; a rate is not a gift", column=column, value=text)
            return ZERO
        if value > MOST:
            self.fault("number_too_large", f"{column} is above ten billion; check its zeros", column=column, value=text)
            return ZERO
        return value

    def dates(self) -> tuple[Validity, dt.date | None]:
        """(days the row applies, day it was issued)."""
        days: dict[str, dt.date | None] = {}
        for column, parse in (("valid_from", parse_from), ("valid_to", parse_to), ("known_from", parse_from)):
            try:
                days[column] = parse(self.get(column))
            except (ValueError, IndexError):
                text = f"{column} is not a date YYYY-MM-DD, YYYY-MM or YYYY"
                self.fault("bad_date", text, column=column, value=self.get(column))
                return Validity(), None
        valid, known = Validity(days["valid_from"], days["valid_to"]), days["known_from"]
        if valid.start and valid.end and valid.end < valid.start:
            self.fault("ends_before_it_begins", "valid_to is before valid_from", column="valid_to")
        return valid, known

    def day_steps(self) -> tuple[tuple[Decimal | None, Decimal], ...]:
        """`7x55;110`: seven days at 55, all further days at 110."""
        steps: list[tuple[Decimal | None, Decimal]] = []
        for word in self.in_order("day_steps"):
            length, times, rate = word.rpartition("x")
            if steps and steps[-1][0] is None:
                text = "a step follows the one without days, which is the last"
                self.fault("bad_day_steps", text, column="day_steps")
                break
            days = self._number(length, "day_steps") if times else None
            if days == 0:
                self.fault("bad_day_steps", "a step of no days; delete it", column="day_steps")
            steps.append((days, self._number(rate, "day_steps")))
        if steps and steps[-1][0] is not None:
            text = "the last step has days; write what every further day costs"
            self.fault("bad_day_steps", text, column="day_steps")
        return tuple(steps)

    def rounding(self, usual: Rounding) -> Rounding:
        """The row's own rounding `unit:1:after`, or the book's usual one."""
        cell = self.get("round")
        if not cell:
            return usual
        per, _, rest = (ROUND_WORDS.get(cell) or cell).partition(":")
        step, _, coefficient = rest.partition(":")
        try:
            return rounding_of(per, step or "0.01", coefficient or "after", str(usual.rate_step))
        except ValueError as why:
            self.fault("bad_rounding", str(why), column="round", value=cell)
            return usual

    # ---- conditions ---------------------------------------------------------------------------------

    def ends(self, groups: Groups) -> frozenset[str] | None:
        """The places the row names as ends of a shipment; None where a group is at fault."""
        try:
            return words(self.get("origin"), groups)[0] | words(self.get("destination"), groups)[0]
        except KeyError as fault:
            self._bad_group(fault, "origin")
            return None

    def conditions(self, groups: Groups) -> tuple[tuple[str, Predicate], ...] | None:
        """The conditions of the row; None where one is at fault."""
        found: list[tuple[str, Predicate]] = []
        for column in CONDITIONS:
            if not self.get(column):
                continue
            try:
                found += compile_conditions({column: self[column]}, groups)
            except KeyError as fault:
                self._bad_group(fault, column)
                return None
            except (ValueError, InvalidOperation, TypeError):
                text = f"condition cell cannot be read: {column} = {self[column]!r}; see the book format in docs/tariff-books.md"
                self.fault("bad_condition", text, column=column, value=self[column])
                return None
        return tuple(found)

    def _bad_group(self, fault: KeyError, column: str) -> None:
        text = f"group {fault} is not in groups.csv of the book; add it or mend the name"
        self.fault("bad_condition", text, column=column)

    def spelt(self, groups: Groups) -> tuple[tuple[str, str], ...]:
        """The conditions as written, by column, with the members of groups in the place of their names."""
        return tuple((name, _spelt(name, self[name], groups)) for name in CONDITIONS if self.get(name))


def _spelt(column: str, cell: str, groups: Groups) -> str:
    if "@" not in cell or column in ("crossing", "form"):
        return cell
    if column not in ("between", "except_between"):
        return re.sub(r"@([^;]+)", lambda m: ";".join(sorted(groups[m.group(1).strip()])), cell)
    pairs = []
    for pair in cell.lstrip("!").split(";"):
        left, right = (sorted(words(end.strip(), groups)[0]) for end in pair.split("+"))
        pairs += [f"{a}+{b}" for a in left for b in right]
    return ("!" if cell.startswith("!") else "") + ";".join(pairs)


def rounding_of(per: str, step: str, coefficient: str, rate_step: str) -> Rounding:
    """Rounding from words.

    Raises:
        ValueError: a word is not known or a step is not above zero.

    >>> rounding_of("unit", "1", "after", "0.0001").step
    Decimal('1')
    """
    if per not in ("line", "unit") or coefficient not in ("before", "after", "both"):
        raise ValueError("rounding is per line or unit, its coefficient before, after or both")
    steps = []
    for text in (step, rate_step):
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = ZERO
        if not value.is_finite() or not ZERO < value <= 1000:
            raise ValueError(f"a rounding step is {text}; write a number above 0, as 0.01 or 1")
        steps.append(value)
    if steps[0] % Decimal("0.01"):
        raise ValueError(f"a rounding step is {step}; money has cents, so write a multiple of 0.01")
    return Rounding(per, steps[0], coefficient, steps[1])
