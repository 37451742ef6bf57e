"""What was agreed beside the shipment itself: the facts of a deal that some tariffs ask for.

delivery         Incoterm of the sale: FCA, CPT, DAP, FOB, CFR
payer            the forwarder, or payer code, through whom the railway is paid
train            "" for single wagons, `block` for one sender's whole train, `container` for a container train
train_wagons     wagons or platforms in that train; 0: as many as the shipment has
paired           two 20 ft containers ride on one platform
return_trip      empty (the default), loaded (a return cargo pays its own way), prepaid (bought together)
stay_days        days a foreign truck stays in the country it passes
wait_days        days the units stand at the destination before they are taken
truck_length_m   length of the truck on a ferry
annual_t, annual_teu   volume promised for the year
subsidy          whether public money is counted in the price
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from optimizer.errors import RequestError

ZERO = Decimal(0)
STANDARD_TRUCK_M = Decimal("16.5")
CHOICES = {
    "delivery": ("", "FCA", "CPT", "DAP", "FOB", "CFR"),
    "train": ("", "block", "container"),
    "return_trip": ("empty", "loaded", "prepaid"),
}
LIMITS = {
    "train_wagons": (0, 500),
    "stay_days": (0, 365),
    "wait_days": (0, 365),
    "truck_length_m": (5, 30),
    "annual_t": (0, 100_000_000),
    "annual_teu": (0, 10_000_000),
}
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass(frozen=True, slots=True)
class Deal:
    """The facts above; the defaults are what a shipment without any agreement has."""

    delivery: str = ""
    payer: str = ""
    train: str = ""
    train_wagons: Decimal = ZERO
    paired: bool = False
    return_trip: str = "empty"
    stay_days: Decimal = ZERO
    wait_days: Decimal = ZERO
    truck_length_m: Decimal = STANDARD_TRUCK_M
    annual_t: Decimal = ZERO
    annual_teu: Decimal = ZERO
    subsidy: bool = False

    def as_dict(self) -> dict[str, str]:
        """What differs from the defaults, as text; `read_deal` is the inverse.

        >>> Deal(paired=True, stay_days=Decimal(20)).as_dict()
        {'paired': 'yes', 'stay_days': '20'}
        """
        plain = asdict(Deal())
        return {name: _text(value) for name, value in asdict(self).items() if value != plain[name]}


KEYS = tuple(f.name for f in fields(Deal))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def read_deal(given: Mapping[str, Any] | Iterable[str]) -> Deal:
    """A deal from pairs, or from texts `key=value` as a command line gives them.

    Raises:
        RequestError: a key is unknown, given twice, or its value cannot be used.

    >>> read_deal(["train=container", "train_wagons=57"]).train_wagons
    Decimal('57')
    """
    pairs = _split(given) if not isinstance(given, Mapping) else {str(k): str(v) for k, v in given.items()}
    values: dict[str, Any] = {}
    for key, text in pairs.items():
        values[key] = _value(key, text.strip())
    return Deal(**values)


def _split(texts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (p for text in texts for p in text.split(";") if p.strip()):
        key, sign, value = part.partition("=")
        key = key.strip()
        if not sign or key in found:
            what = "twice in the deal" if key in found else "not of the form key=value"
            raise RequestError(
                f"{part.strip()!r} is {what}.", code="bad_deal", field="deal", hint="For example --deal paired=yes."
            )
        found[key] = value
    return found


def _value(key: str, text: str) -> Any:
    if key not in KEYS:
        raise RequestError(
            f"A deal has no {key!r}.", code="unknown_deal", field="deal", hint=f"Use one of {', '.join(KEYS)}."
        )
    if key in CHOICES:
        word = text.upper() if key == "delivery" else text.lower()
        if word not in CHOICES[key]:
            raise _bad(key, text, f"one of {', '.join(filter(None, CHOICES[key]))}")
        return word
    if key in ("paired", "subsidy"):
        if text.lower() not in (*_YES, *_NO):
            raise _bad(key, text, "yes or no")
        return text.lower() in _YES
    if key == "payer":
        if len(text) > 60 or not text.isprintable():
            raise _bad(key, text, "a name of at most 60 letters")
        return text
    low, high = LIMITS[key]
    if not re.fullmatch(r"\d{1,9}(\.\d{1,3})?", text, re.ASCII) or not low <= Decimal(text) <= high:
        raise _bad(key, text, f"a number from {low} to {high}")
    return Decimal(text)


def _bad(key: str, text: str, wanted: str) -> RequestError:
    return RequestError(f"{text!r} cannot be {key} of a deal.", code="bad_deal", field="deal", hint=f"Give {wanted}.")
