"""One table of a study's TOML: keys are taken out typed, every fault is kept, what is left over is unknown."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from optimizer.errors import ProblemList

MOST_NUMBER = Decimal(10) ** 12
MOST_TEXT = 2000


class Section:
    """A table named `where` in messages."""

    def __init__(self, raw: object, where: str, problems: ProblemList, file: str) -> None:
        self.where, self.problems, self.file = where, problems, file
        self.left: dict[str, Any] = {}
        if isinstance(raw, Mapping):
            self.left = dict(raw)
        elif raw is not None:
            self.fault("bad_section", "is no table; write its keys below a line in brackets", "")

    def fault(self, code: str, text: str, key: str, value: object = "") -> None:
        """Keep a fault of a key."""
        place = f"{self.where}.{key}" if key and self.where else key or self.where
        self.problems.add(code, f"{place} {text}", file=self.file, column=place, value=str(value)[:200])

    def text(self, key: str, default: str | None = "", among: Collection[str] = ()) -> str:
        """One line of text; None as default: it must be there."""
        if key not in self.left:
            if default is None:
                self.fault("missing_key", "is missing; write it", key)
            return default or ""
        value = self.left.pop(key)
        if not isinstance(value, str) or len(value) > MOST_TEXT or "\0" in value:
            self.fault("bad_text", "is no text; write it in quotes", key, value)
            return default or ""
        value = value.strip()
        if among and value not in among:
            self.fault("unknown_value", f"is {value!r}; use one of {', '.join(sorted(among))}", key, value)
            return default or ""
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text."""
        value = self.left.pop(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(v, str) and v.strip() for v in found):
            self.fault("bad_text", 'is no list of texts; write it as ["a", "b"]', key, value)
            return ()
        return tuple(v.strip() for v in found)

    def number(
        self,
        key: str,
        default: Decimal | None = None,
        *,
        needed: bool = False,
        least: Decimal | None = Decimal(0),
        above: bool = False,
    ) -> Decimal | None:
        """A finite number not below `least`, or above it."""
        if key not in self.left:
            if needed:
                self.fault("missing_key", "is missing; write a number", key)
            return default
        return self.as_number(self.left.pop(key), key, default, least, above)

    def as_number(
        self, value: object, key: str, default: Decimal | None, least: Decimal | None, above: bool
    ) -> Decimal | None:
        """A value as a number, or the default where it is none."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.fault("bad_number", f"is {value!r}, no number; write it without quotes, as 0.55", key, value)
            return default
        number = Decimal(value)
        if not number.is_finite() or abs(number) > MOST_NUMBER:
            self.fault("bad_number", f"is {value}; write a finite number", key, value)
            return default
        if least is not None and (number < least or (above and number == least)):
            self.fault("number_too_small", f"is {number}; it must be {'above' if above else 'at least'} {least}", key)
            return default
        return number

    def day(self, key: str, default: dt.date | None = None, *, needed: bool = False) -> dt.date | None:
        """A date, bare or in quotes."""
        if key not in self.left:
            if needed:
                self.fault("missing_key", "is missing; write a date, as 2027-01-01", key)
            return default
        value = self.left.pop(key)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = dt.date.fromisoformat(value.strip())
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            self.fault("bad_date", f"is {value!r}, no date; write it as 2027-01-01", key, value)
            return default
        return value

    def sections(self, key: str) -> list[Section]:
        """The tables of a list of tables."""
        raw = self.left.pop(key, [])
        if not isinstance(raw, list):
            self.fault("bad_section", f"is one table; write it below [[{key}]]", key)
            return []
        name = f"{self.where}.{key}" if self.where else key
        return [Section(row, f"{name}[{i}]", self.problems, self.file) for i, row in enumerate(raw, start=1)]

    def section(self, key: str) -> Section:
        """A table; empty where there is none."""
        name = f"{self.where}.{key}" if self.where else key
        return Section(self.left.pop(key, None), name, self.problems, self.file)

    def done(self, known: str = "") -> None:
        """What nobody took out is unknown."""
        for key in self.left:
            self.fault("unknown_key", f"is no key we know{f'; known are {known}' if known else ''}", key)
