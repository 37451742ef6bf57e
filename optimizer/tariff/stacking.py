"""What becomes of several coefficients that fit at once: one function and one registry line a policy.

A policy looks at the coefficients of one group; the factors of different groups multiply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

from optimizer.errors import AmbiguousRate
from optimizer.tariff.rule import Coefficient

ONE = Decimal(1)
Policy = Callable[[Sequence[Coefficient], dt.date], tuple[Coefficient, ...]]


def _strength(c: Coefficient, day: dt.date) -> tuple[Decimal, bool, dt.date, str]:
    """The larger reduction; of equal ones that in force, then the later issue, then the name."""
    return (-c.value, not c.valid.ended(day), c.issued, c.coef_id)


def single_best(fitting: Sequence[Coefficient], day: dt.date) -> tuple[Coefficient, ...]:
    """The smallest factor, once, whatever else fits."""
    return (max(fitting, key=lambda c: _strength(c, day)),)


def highest_discount(fitting: Sequence[Coefficient], day: dt.date) -> tuple[Coefficient, ...]:
    """Of the reductions only the largest, once; factors above 1 are no reductions and all apply."""
    lower = [c for c in fitting if c.value < ONE]
    above = sorted((c for c in fitting if c.value >= ONE), key=lambda c: c.coef_id)
    return (*(single_best(lower, day) if lower else ()), *above)


def product(fitting: Sequence[Coefficient], day: dt.date) -> tuple[Coefficient, ...]:
    """All of them, multiplied."""
    return tuple(sorted(fitting, key=lambda c: c.coef_id))


def by_priority(fitting: Sequence[Coefficient], day: dt.date) -> tuple[Coefficient, ...]:
    """The one of highest `priority`.

    Raises:
        AmbiguousRate: two of equal priority and different value fit.
    """
    top = max(c.priority for c in fitting)
    best = sorted(
        (c for c in fitting if c.priority == top), key=lambda c: (c.valid.ended(day), c.row.table, c.row.line)
    )
    if any(c.value != best[0].value and c.valid.ended(day) == best[0].valid.ended(day) for c in best[1:]):
        raise AmbiguousRate(
            f"{best[0].row} ({best[0].coef_id}) and {best[1].row} ({best[1].coef_id}) have the same priority on {day}; "
            "raise the priority of one."
        )
    return (best[0],)


POLICIES: dict[str, Policy] = {
    "single-best": single_best,
    "largest-reduction": single_best,  # the older name
    "highest-discount": highest_discount,
    "product": product,
    "priority": by_priority,
}
