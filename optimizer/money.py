"""Money and dated exchange rates.

Amounts are Decimal. Every rounding is half up, named where it happens. A conversion always carries
the rate it used, the rate's day, kind and source: a client checks that line first.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from optimizer.errors import NoExchangeRate

CENT = Decimal("0.01")
CROSS_DIGITS = Context(prec=12, rounding=ROUND_HALF_UP)  # significant digits of a rate we divide ourselves
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)  # no product of a rate, coefficients, kilometres and mass is cut
ONE = Decimal(1)
STALE_AFTER_DAYS = 45

# Which series a conversion reads unless a tariff says otherwise (engine.md, section 2).
# IRR: services bought in Iran are paid at the free-market rate; official and parallel differ 28-fold.
DEFAULT_KIND = {
    "KZT": "market",
    "UZS": "market",
    "PKR": "market",
    "AFN": "market",
    "RUB": "market",
    "AZN": "market",
    "GEL": "market",
    "CHF": "official",
    "EUR": "official",
    "CNY": "official",
    "INR": "official",
    "TMT": "official",
    "AED": "official",
    "IRR": "parallel",
}
CURRENCIES = ("USD", *sorted(DEFAULT_KIND))


def round_money(amount: Decimal, step: Decimal = CENT) -> Decimal:
    """Round half up to a multiple of `step` (0.01 or 1).

    >>> round_money(Decimal("2.345")), round_money(Decimal("6132.1"), Decimal(1))
    (Decimal('2.35'), Decimal('6132'))
    """
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """Round half up to a multiple of any step, exactly.

    >>> round_to(Decimal("1.2549"), Decimal("0.05")), round_to(Decimal("8.43655"), Decimal("0.0001"))
    (Decimal('1.25'), Decimal('8.4366'))
    """
    digits = step.as_tuple().digits
    if digits == (1,):
        return amount.quantize(step, rounding=ROUND_HALF_UP, context=EXACT)
    return EXACT.multiply(EXACT.divide(amount, step).quantize(ONE, rounding=ROUND_HALF_UP, context=EXACT), step)


@dataclass(frozen=True, slots=True)
class RateRow:
    """Units of `currency` for one USD on `day`."""

    currency: str
    per_usd: Decimal
    day: dt.date
    kind: str
    source_id: str


@dataclass(frozen=True, slots=True)
class FxQuote:
    """The rate one conversion used: `rate` units of `currency` for one unit of `into`."""

    currency: str
    into: str
    rate: Decimal
    day: dt.date | None
    kind: str
    source_id: str

    def convert(self, amount: Decimal) -> Decimal:
        """Amount in `into`, to the cent, half up."""
        return round_to(amount if self.rate == 1 else EXACT.divide(amount, self.rate), CENT)

    def age_days(self, on: dt.date) -> int:
        return 0 if self.day is None else (on - self.day).days


class ExchangeRates:
    """Dated rates against USD; any two currencies meet through USD, and the line says so.

    Args:
        rows: any order. A user's own rows may be laid over ours with `over`.
    """

    def __init__(self, rows: Iterable[RateRow], version: str = "") -> None:
        self.rows = tuple(rows)
        self.version = version
        self._series: dict[tuple[str, str], list[RateRow]] = {}
        for row in self.rows:
            self._series.setdefault((row.currency, row.kind), []).append(row)
        self._days: dict[tuple[str, str], list[dt.date]] = {}
        for key, series in self._series.items():
            series.sort(key=lambda r: r.day)
            self._days[key] = [r.day for r in series]
        self._quote = lru_cache(maxsize=4096)(self._quote_uncached)

    def find(self, currency: str, kind: str, on: dt.date) -> RateRow | None:
        """The last row of that kind not later than `on`, or None."""
        days = self._days.get((currency, kind))
        if not days:
            return None
        index = bisect_right(days, on)
        return self._series[currency, kind][index - 1] if index else None

    def quote(self, currency: str, into: str, on: dt.date, kind: str = "") -> FxQuote:
        """The rate for converting `currency` into `into` on a day.

        Raises:
            NoExchangeRate: no rate of the wanted kind on or before that day.

        >>> rows = [RateRow("CHF", Decimal("0.80379"), dt.date(2025, 10, 31), "official", "ecb")]
        >>> fx = ExchangeRates(rows).quote("CHF", "USD", dt.date(2025, 11, 25))
        >>> fx.convert(Decimal("105525")), fx.day.isoformat()
        (Decimal('131284.29'), '2025-10-31')
        """
        return self._quote(currency, into, on, kind)

    def _quote_uncached(self, currency: str, into: str, on: dt.date, kind: str) -> FxQuote:
        if currency == into:
            return FxQuote(currency, into, Decimal(1), None, "same", "")
        source = self._against_usd(currency, on, kind)
        target = self._against_usd(into, on, "")
        if target is None and source is not None:
            return FxQuote(currency, into, source.per_usd, source.day, source.kind, source.source_id)
        assert target is not None
        if source is None:
            rate = CROSS_DIGITS.divide(Decimal(1), target.per_usd)
            return FxQuote(currency, into, rate, target.day, target.kind, target.source_id)
        rate = CROSS_DIGITS.divide(source.per_usd, target.per_usd)
        older = source if source.day <= target.day else target
        return FxQuote(
            currency,
            into,
            rate,
            older.day,
            f"{source.kind} and {target.kind}, through USD",
            f"{source.source_id};{target.source_id}",
        )

    def _against_usd(self, currency: str, on: dt.date, kind: str) -> RateRow | None:
        if currency == "USD":
            return None
        wanted = kind or DEFAULT_KIND.get(currency, "market")
        row = self.find(currency, wanted, on)
        if row is None:
            raise NoExchangeRate(
                f"No {wanted} exchange rate of {currency} on or before {on}.",
                field="currency",
                hint="Give one with --fx FILE (columns currency, per_usd, date, kind).",
            )
        return row

    def over(self, rows: Iterable[RateRow], version: str) -> ExchangeRates:
        """The user's rows laid over these: a currency and kind the user gives is theirs alone."""
        rows = tuple(rows)
        own = {(r.currency, r.kind) for r in rows}
        kept = tuple(r for r in self.rows if (r.currency, r.kind) not in own)
        return ExchangeRates(kept + rows, version)
