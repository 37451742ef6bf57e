"""Quotas as numbers: how much is let through a place in a day, and how long what is tendered waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# A train pair is a train each way: as many leave as come.
COUNTED = {"train pairs/day": "train", "trains/day": "train", "wagons/day": "wagon", "trucks/day": "truck"}
MODE_COUNTED = {"train": "rail", "wagon": "rail", "truck": "road"}


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """How much is let through in a day.

    Attributes:
        number: units a day; unit: train, wagon or truck.
        tendered: units a day that ask to pass, those left over from the day before among them; None: not known.
    """

    number: Decimal
    unit: str
    tendered: Decimal | None = None

    @property
    def accepted(self) -> float | None:
        """Chance of being let through on a day; None where it is not known what is tendered."""
        return None if self.tendered is None else float(min(Decimal(1), self.number / self.tendered))

    @property
    def wait_days(self) -> float | None:
        """Expected days beyond the day one asks to pass, None where it is not known what is tendered.

        Each day the same chance p = accepted / tendered, whatever was the day before: the days waited are geometric,
        with mean (1 - p) / p and variance (1 - p) / p^2 [rule: quota-wait].

        >>> DailyLimit(Decimal(30), "train", Decimal(36)).wait_days
        0.2
        """
        p = self.accepted
        return None if p is None else round((1 - p) / p, 9)

    @property
    def mode(self) -> str:
        return MODE_COUNTED[self.unit]


def read_limit(number: str, unit: str, tendered: str = "") -> DailyLimit | None:
    """A quota in units a day; None where the unit counts something else (tonnes a ship, open days).

    Raises:
        ValueError: a number is none, or not above 0; the message says which.

    >>> read_limit("35", "train pairs/day")
    DailyLimit(number=Decimal('35'), unit='train', tendered=None)
    """
    counted = COUNTED.get(unit)
    if counted is None:
        return None
    return DailyLimit(_above_0("quota", number), counted, _above_0("tendered", tendered) if tendered else None)


def _above_0(what: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not (number.is_finite() and number > 0):
        raise ValueError(f"{what} {text!r} is no number above 0")
    return number
