"""Every way Keruen refuses: the tree of errors, each with a stable code.

    FreightError
    ├── DataError(problems)        our tables or a user's file are wrong; every problem at once
    ├── RequestError               one field of a request cannot be used
    │   ├── UnknownPlace           no place of that name (closest names are given)
    │   └── AmbiguousPlace         two places are close; we ask instead of guessing
    ├── TariffError
    │   ├── AmbiguousRate          two rows of equal rank fit; we do not choose
    │   └── NoExchangeRate         no rate of the wanted kind on or before the day
    ├── NoItinerary(reason)        no way from origin to destination, with what blocks it
    ├── StoreError                 the quote store cannot be read or written
    │   └── VersionsGone           a quote rests on a data book that is no longer at hand
    └── SolverError                a solver failed, disagreed or ran out of time

A message is one sentence: what, where, why, what to do. `str(error)` adds the code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class FreightError(Exception):
    """Base of all refusals.

    Args:
        message: one sentence for a person: what, where, why, what to do.
        code: stable name for programs; never reworded.
        field: the request field or table column it is about, or "".
        hint: what to do, when not already in the message.
        details: plain data for programs (candidates, problems ...).
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str = "",
        hint: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.field = field
        self.hint = hint
        self.details = details or {}

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.message}{hint} (code: {self.code})"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a table or file, told so that its owner can mend it."""

    code: str
    text: str
    file: str = ""
    line: int = 0
    column: str = ""
    value: str = ""
    severity: str = "error"  # error or warning

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}: " if self.line else (f"{self.file}: " if self.file else "")
        return f"{where}{self.text} (code: {self.code})"


class DataError(FreightError):
    """One or more faults in tables; carries all of them."""

    code = "data_error"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        first = str(problems[0]) if problems else "the data cannot be used"
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        super().__init__(f"{first}{more}", code=problems[0].code if problems else self.code)

    def __str__(self) -> str:
        return self.message


class RequestError(FreightError):
    code = "bad_request"


class UnknownPlace(RequestError):
    code = "unknown_place"


class AmbiguousPlace(RequestError):
    code = "ambiguous_place"


class TariffError(FreightError):
    code = "tariff_error"


class AmbiguousRate(TariffError):
    code = "ambiguous_rate"


class NoExchangeRate(TariffError):
    code = "no_exchange_rate"


class NoItinerary(FreightError):
    """No way exists; `rejected` says what blocks it, as in a quote."""

    code = "no_route"

    def __init__(self, message: str, *, rejected: list[dict[str, str]] | None = None, hint: str = "") -> None:
        self.rejected = rejected or []
        super().__init__(message, hint=hint, details={"rejected": self.rejected})


class StoreError(FreightError):
    code = "store_error"


class VersionsGone(StoreError):
    code = "versions_gone"


class SolverError(FreightError):
    code = "solver_error"


@dataclass(slots=True)
class ProblemList:
    """Collects problems while a reader goes on, then raises once."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, text: str, **where: Any) -> None:
        self.problems.append(Problem(code, text, **where))

    def raise_if_any(self) -> None:
        errors = [p for p in self.problems if p.severity == "error"]
        if errors:
            raise DataError(errors)
