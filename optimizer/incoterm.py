"""Which charge lines of a way are the seller's and which the buyer's, by the Incoterm of the sale.

Only the division of costs is modelled, and only for what a quote prices; risk, duties and customs clearance are not.
In our words, after Incoterms 2020 (ICC publication 723E):

    FCA   no place named: the seller loads at the origin, all after is the buyer's. A place named: the seller brings
          the goods there, not unloaded.
    FOB   the seller pays until the goods are on board at the loading port: of the first sailing, or of the one that
          leaves from the named place. The sailing and all after it are the buyer's.
    CFR   as FOB, and the seller pays the sea freight to the port where the last sailing ends, or to the named one.
          Discharge and all after it are the buyer's.
    CPT   the seller pays carriage to the destination or the named place; unloading there is the buyer's.
    DAP   as CPT, and cargo insurance is the seller's, who bears the risk so far. Under the other four it is the buyer's.

So each rule is one point on the way: lines of legs before it are the seller's, lines of later legs the buyer's. Empty
return and hire follow the leg they stand on. The total of a way never changes.

    line                                          whose
    insurance...                                  the seller's under DAP, else the buyer's
    without a leg                                 the seller's: only what happens at the origin has none
    demurrage..., detention..., storage...        the buyer's on the last haul and after it, else by the leg
    border fees of a truck on a ferry             by the side they are paid on; fees of both sides in one line on arrival
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer.errors import RequestError

ZERO = Decimal(0)
RULES = ("FCA", "CPT", "DAP", "FOB", "CFR")
SELLER, BUYER = "seller", "buyer"
STANDING = ("demurrage", "detention", "storage")  # how codes of charges for units or goods that stand begin
BORDER_FEES = frozenset({"road_border", "road_border_default", "truck_fee", "transfer_fee", "bridge"})


@dataclass(frozen=True, slots=True)
class Incoterm:
    """A rule of `RULES` and the place named beside it: as typed, then the id the caller found for it; "" for none.

    >>> str(Incoterm("DAP", "kz-saryagash"))
    'DAP kz-saryagash'
    """

    rule: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.place}".strip()


@dataclass(frozen=True, slots=True)
class Split:
    """A way divided between seller and buyer.

    Attributes:
        rule: one of `RULES`.
        applies: whether the rule fits this way; if not, `reason` says why, and there are no parties and no sums.
        place: id of the place where costs change hands.
        parties: "seller" or "buyer" for each charge line, in their order.
        seller, buyer: in the currency of the quote; they add up to the total of the way exactly.
    """

    rule: str
    applies: bool
    place: str = ""
    parties: tuple[str, ...] = ()
    seller: Decimal = ZERO
    buyer: Decimal = ZERO
    reason: str = ""

    def as_dict(self, currency: str) -> dict[str, Any]:
        """The block a quote shows on each way; the sums are None where the rule does not apply.

        >>> Split("FCA", True, "kz-kokshetau", ("seller",), Decimal("9.60")).as_dict("USD")["seller"]
        {'amount': '9.60', 'currency': 'USD'}
        """
        sums = {
            party: {"amount": f"{amount:.2f}", "currency": currency} if self.applies else None
            for party, amount in ((SELLER, self.seller), (BUYER, self.buyer))
        }
        return {"rule": self.rule, "place": self.place, **sums, "applies": self.applies, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class _Point:
    """Legs before `cut` are the seller's; or the reason why there is no such point."""

    cut: int
    place: str
    reason: str = ""


def parse_incoterm(text: str) -> Incoterm | None:
    """The Incoterm a person typed, with the named place still as typed; None for an empty text.

    Raises:
        RequestError: the first word is none of `RULES`.

    >>> parse_incoterm("dap Saryagash"), parse_incoterm(" ")
    (Incoterm(rule='DAP', place='Saryagash'), None)
    """
    words = text.split(maxsplit=1)
    if not words:
        return None
    rule = words[0].upper()
    if rule not in RULES:
        raise RequestError(
            f"{words[0][:40]!r} is not an Incoterm we divide costs by.",
            code="unknown_incoterm",
            field="incoterm",
            hint=f"Use one of {', '.join(RULES)}, with a place after it if one is named.",
        )
    return Incoterm(rule, words[1].strip() if len(words) > 1 else "")


def split(itinerary: Mapping[str, Any], term: Incoterm, members: Mapping[str, Collection[str]] | None = None) -> Split:
    """Divide the charge lines of one way of a quote.

    Args:
        itinerary: plain data, as in a quote.
        term: its place is a place id, or "".
        members: all place ids of each place's location; without it a place is only itself.

    >>> def leg(kind, mode, a, b):
    ...     return {"kind": kind, "mode": mode, "from": {"id": a, "country": "KZ"}, "to": {"id": b}, "path": [a, b]}
    >>> def line(code, leg, amount):
    ...     return {"code": code, "leg": leg, "carrier": "", "amount_quote": amount}
    >>> way = {"legs": [leg("haul", "rail", "kz-a", "kz-port"), leg("haul", "sea", "kz-port", "ir-port")],
    ...        "charges": [line("carriage", 0, "10.50"), line("sea_freight", 1, "7.25"), line("insurance", None, "1.00")]}
    >>> found = split(way, Incoterm("FOB"))
    >>> found.parties, found.place, found.seller, found.buyer
    (('seller', 'buyer', 'buyer'), 'kz-port', Decimal('10.50'), Decimal('8.25'))
    >>> split(way, Incoterm("CPT", "ir-rasht")).reason
    'This way does not pass ir-rasht, which CPT names.'
    """
    legs, charges = itinerary["legs"], itinerary["charges"]
    point = _point(legs, term, {term.place, *(members or {}).get(term.place, ())})
    reason = point.reason or _undivided(legs, charges, point)
    if reason:
        return Split(term.rule, False, reason=reason)
    parties = tuple(_party(line, legs, point.cut, term.rule) for line in charges)
    sums = {SELLER: ZERO, BUYER: ZERO}
    for line, party in zip(charges, parties, strict=True):
        sums[party] += Decimal(line["amount_quote"])
    return Split(term.rule, True, point.place, parties, sums[SELLER], sums[BUYER])


def with_incoterm(
    itinerary: Mapping[str, Any], term: Incoterm, members: Mapping[str, Collection[str]] | None = None
) -> dict[str, Any]:
    """A copy of one way with `party` on each charge line and the block `incoterm`; arguments as of `split`.

    Where the rule does not apply, every `party` is None and the block says why.
    """
    found = split(itinerary, term, members)
    parties: Iterable[str | None] = found.parties or [None] * len(itinerary["charges"])
    charges = [{**line, "party": party} for line, party in zip(itinerary["charges"], parties, strict=True)]
    return {**itinerary, "charges": charges, "incoterm": found.as_dict(itinerary["total"]["currency"])}


# ---- where costs change hands ------------------------------------------------------------------------


def _point(legs: Sequence[Mapping[str, Any]], term: Incoterm, here: Collection[str]) -> _Point:
    if term.rule in ("FOB", "CFR"):
        return _on_the_quay(legs, term, here)
    if term.place:
        return _arrival(legs, term, here)
    if term.rule == "FCA":
        return _Point(_loaded(legs), legs[0]["from"]["id"])
    last = _carried(legs)[-1]
    return _Point(last + 1, legs[last]["to"]["id"])


def _carried(legs: Sequence[Mapping[str, Any]]) -> list[int]:
    """Legs on which the goods move on."""
    return [i for i, leg in enumerate(legs) if leg["kind"] in ("haul", "border")]


def _loaded(legs: Sequence[Mapping[str, Any]]) -> int:
    """Number of legs that load the goods at the origin: one or none."""
    return 1 if legs[0]["kind"] == "handling" else 0


def _on_the_quay(legs: Sequence[Mapping[str, Any]], term: Incoterm, here: Collection[str]) -> _Point:
    sailings = [i for i in _carried(legs) if legs[i]["mode"] == "sea"]
    fob = term.rule == "FOB"
    if not sailings:
        return _Point(
            0, "", f"{term.rule} needs a ship and this way takes none; {'FCA' if fob else 'CPT'} would serve."
        )
    end = "from" if fob else "to"
    for i in sailings if fob else reversed(sailings):
        port = legs[i][end]["id"]
        if not term.place or port in here:
            return _Point(i if fob else i + 1, port)
    return _Point(
        0, "", f"No ship of this way {'leaves from' if fob else 'sails to'} {term.place}, which {term.rule} names."
    )


def _arrival(legs: Sequence[Mapping[str, Any]], term: Incoterm, here: Collection[str]) -> _Point:
    """Arrival at the named place: at the very place if the way stops there, else at its location."""
    for places in ((term.place,), here):
        if legs[0]["from"]["id"] in places:
            return _Point(_loaded(legs), legs[0]["from"]["id"])
        for i in _carried(legs):
            if legs[i]["to"]["id"] in places:
                return _Point(i + 1, legs[i]["to"]["id"])
    if any(place in here for leg in legs for place in leg["path"]):
        reason = f"This way passes {term.place} in the middle of a haul, whose price cannot be divided there."
    else:
        reason = f"This way does not pass {term.place}, which {term.rule} names."
    return _Point(0, "", reason)


def _undivided(legs: Sequence[Mapping[str, Any]], charges: Iterable[Mapping[str, Any]], point: _Point) -> str:
    """Why the way cannot be divided at the point: a through rate goes past it; "" where it can."""
    for line in charges:
        if line["code"] != "through" or line["leg"] is None:
            continue
        # The carrier of a through rate is its chain of places; all its charges stand on its first haul.
        end = line["carrier"].rpartition(";")[2]
        last = next((i for i in range(line["leg"], len(legs)) if legs[i]["to"]["id"] == end), line["leg"])
        if line["leg"] < point.cut <= last:
            return f"One through rate covers this way on both sides of {point.place} and cannot be divided there."
    return ""


def _party(line: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], cut: int, rule: str) -> str:
    code, leg = line["code"], line["leg"]
    if code.startswith("insurance"):
        return SELLER if rule == "DAP" else BUYER
    if code.startswith(STANDING) and (leg is None or leg >= _carried(legs)[-1]):
        return BUYER
    if leg is None:
        return SELLER
    if code in BORDER_FEES and legs[leg]["mode"] == "sea":
        # The fees of a truck that sails stand on its sailing, but are paid on the quays at its two ends.
        leg += -1 if line["carrier"] == legs[leg]["from"]["country"] else 1
    return SELLER if leg < cut else BUYER
