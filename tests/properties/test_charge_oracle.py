"""A million charges against a clerk who knows nothing but whole numbers: equal to the last unit of money.

The books are made up at random and written down as CSV, read and priced by the engine; the clerk reads the same cells
and works every line out anew, in fractions of integers, from what docs/tariff-books.md says a basis, a rounding point
and a conversion mean. He uses nothing of the engine: `test_the_clerk_works_alone` looks into his own text for it.

Three ways of the engine are held against him: the vectors that weigh a whole graph, the exact line, the line converted.
Rates, masses and exchange rates are chosen so that many amounts end on exactly half a unit, many products have more
than 28 digits, and many loads do not divide by their wagons.
"""

from __future__ import annotations

import ast
import csv
import datetime as dt
import inspect
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.deal import Deal
from optimizer.lane import Sheet
from optimizer.money import ExchangeRates, RateRow
from optimizer.routing.forms import Edge
from optimizer.subject import Consignment, Lot, Subject
from optimizer.tariff.bases import BASES
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.charge import UNITS, Load, Term, amount_of, charge, extras, price
from optimizer.tariff.read import read_books

DAY = dt.date(2026, 3, 10)
LINES = 2100  # rates; a surcharge or subsidy stands beside three in ten
LOADS = 690
SINGLY = 300  # lines of each load worked out one by one as well

Cells = dict[str, str]

# ---- the clerk: integers only --------------------------------------------------------------------------

Ratio = tuple[int, int]
FORM_COUNTS = {"wagon": "wagons", "container": "containers", "truck": "trucks", "hold": "ships"}
USUAL_SERIES = {"CHF": "official", "KZT": "market", "IRR": "parallel", "PKR": "market", "EUR": "official"}


def ratio(text: str) -> Ratio:
    """A number as printed.

    >>> ratio("12.50")
    (1250, 100)
    """
    whole, _, part = text.partition(".")
    return int(whole + part), 10 ** len(part)


def times(*factors: Ratio) -> Ratio:
    over, under = 1, 1
    for n, d in factors:
        over *= n
        under *= d
    return over, under


def plus(a: Ratio, b: Ratio) -> Ratio:
    return a[0] * b[1] + b[0] * a[1], a[1] * b[1]


def less(a: Ratio, b: Ratio) -> bool:
    return a[0] * b[1] < b[0] * a[1]


@dataclass
class Clerk:
    """Works a line out by hand and notes what was hard about it."""

    ties: int = 0  # amounts that ended on exactly half a step
    long: int = 0  # products of more than 28 digits
    longest: int = 0  # bits of the longest product
    uneven: int = 0  # loads that do not divide by their units

    def half_up(self, value: Ratio, step: Ratio = (1, 100)) -> Ratio:
        """The nearest multiple of a step, the higher one of two that are as near."""
        over, under = 2 * value[0] * step[1] + value[1] * step[0], 2 * value[1] * step[0]
        count, rest = divmod(over, under)
        if not rest:
            self.ties += 1
        return count * step[0], step[1]

    def cents(self, value: Ratio) -> int:
        over, under = 200 * value[0] + value[1], 2 * value[1]
        count, rest = divmod(over, under)
        if not rest:
            self.ties += 1
        return count

    def converted(self, cents: int, per_unit: Ratio) -> int:
        """Cents of one currency in cents of another, at so many units of the first for one of the second."""
        count, rest = divmod(2 * cents * per_unit[1] + per_unit[0], 2 * per_unit[0])
        if not rest:
            self.ties += 1
        return count


def significant(value: Ratio, digits: int) -> Ratio:
    """A quotient to so many significant digits, half up, as two exchange rates are divided."""
    over, under = value
    shift = digits - (len(str(over)) - len(str(under)))
    for places in (shift - 1, shift, shift + 1):
        scaled = over * 10**places if places >= 0 else over
        against = under if places >= 0 else under * 10**-places
        count = (2 * scaled + against) // (2 * against)
        if len(str(count)) == digits or (len(str(count)) == digits + 1 and count == 10**digits):
            return (count, 10**places) if places >= 0 else (count * 10**-places, 1)
    raise AssertionError("some shift gives that many digits")


@dataclass
class Lading:
    """How much is shipped, as printed."""

    mass: Ratio
    value: Ratio
    usual: Ratio
    wagons: int
    containers: int
    trucks: int
    ships: int


Quantity = Callable[["Lading"], Ratio]


@dataclass
class Line:
    """A row of a book and what it prices, as the clerk has them: cells and plain facts, no objects of the engine."""

    cells: Cells
    facts: Cells
    factors: list[str]
    rate_step: Ratio
    tables: dict[str, list[Cells]]
    classes: dict[str, str]
    paid: dict[str, list[tuple[dt.date, Ratio]]]
    beside: Line | None = None  # the line this surcharge or subsidy stands on
    money_back: bool = False
    clerk: Clerk = field(default_factory=Clerk)

    def __post_init__(self) -> None:
        cells = self.cells
        per, step, coefficient = (cells.get("round") or "line:0.01:after").split(":")
        self.by_unit = per == "unit"
        self.step = ratio(step)
        self.rounds_base = coefficient in ("before", "both")
        self.ends_on_cents = coefficient == "before"
        self.count = FORM_COUNTS[self.facts["form"]]
        self.factor = times(*map(ratio, self.factors))
        self.cap = ratio(cells["cap_amount"]) if cells.get("cap_amount") else None
        self.rate, self.quantity = self.terms_of(cells["basis"])

    def cell(self, name: str, default: str = "0") -> Ratio:
        return ratio(self.cells.get(name) or default)

    def fact(self, name: str, default: str = "0") -> Ratio:
        return ratio(self.facts.get(name) or default)

    # -- what the basis says: so much, times so much of the load

    def terms_of(self, basis: str) -> tuple[Ratio, Quantity]:
        rate, km = self.cell("rate"), self.fact("km")
        if basis == "per_t":
            return self.by_distance(), self.tonnes()
        if basis == "per_t_km":
            return times(rate, km), self.tonnes()
        if basis == "per_chargeable_t":
            return self.by_distance(), self.charged_tonnes()
        if basis == "per_unit":
            return self.by_distance(), self.units
        if basis == "per_unit_km":
            return times(rate, km), self.units
        if basis in ("per_unit_nm", "per_t_nm"):
            fare = plus(plus(rate, self.cell("fixed")), times(self.cell("per_km"), self.fact("nm")))
            return self.clerk.half_up(fare), self.units if basis == "per_unit_nm" else self.mass
        if basis == "per_unit_day":
            a_day = self.fact("unload_per_day")
            if a_day[0]:
                return times(rate, self.clerk.half_up((a_day[1], a_day[0]), (1, 10**12))), self.units_squared
            return times(rate, self.fact("days")), self.units
        if basis == "per_consignment":
            return rate, lambda load: (1, 1)
        if basis == "percent_of_value":
            return times(rate, (1, 100)), lambda load: load.value
        if basis == "percent_of_charge":
            return times(rate, (1, 100)), self.line_beside
        if basis == "belt":
            return self.table_rate(), self.units
        if basis == "belt_per_t":
            return self.table_rate(), self.charged_tonnes()
        if basis == "per_unit_length":
            length, standard = self.fact("truck_length_m"), self.cell("base_m", "16.5")
            if not less(standard, length):
                return rate, self.units
            return self.clerk.half_up(times(rate, length, (standard[1], standard[0])), (1, 10**6)), self.units
        if basis in ("per_unit_day_steps", "per_t_day_steps"):
            return self.by_days(), self.units if basis == "per_unit_day_steps" else self.mass
        assert basis == "spot_per_t"
        market = times(self.market_price(), rate if rate[0] else (1, 1))
        return self.clerk.half_up(plus(market, self.cell("fixed")), self.rate_step), self.mass

    def by_distance(self) -> Ratio:
        start = plus(self.cell("rate"), self.cell("fixed"))
        if not self.cell("per_km")[0]:
            return start
        return self.clerk.half_up(plus(start, times(self.cell("per_km"), self.fact("km"))), self.rate_step)

    def by_days(self) -> Ratio:
        days = self.fact("days")
        begun = -(-days[0] // days[1])
        left = max(0, begun - int(self.cells.get("free_days") or 0))
        total: Ratio = (0, 1)
        for step in (self.cells.get("day_steps") or self.cells["rate"]).split(";"):
            length, _, rate = step.rpartition("x")
            taken = min(left, int(length)) if length else left
            total = plus(total, times((taken, 1), ratio(rate)))
            left -= taken
        return total

    def market_price(self) -> Ratio:
        """The last price of thirty days, else the mean of the season of all years, else of all."""
        known = sorted(pair for pair in self.paid[self.cells["series"]] if pair[0] <= DAY)
        day, last = known[-1]
        if (DAY - day).days <= 30:
            return last
        season = {(DAY.month - 2) % 12 + 1, DAY.month, DAY.month % 12 + 1}
        alike = [paid for day, paid in known if day.month in season] or [paid for _, paid in known]
        total: Ratio = (0, 1)
        for paid in alike:
            total = plus(total, paid)
        return self.clerk.half_up((total[0], total[1] * len(alike)))

    def table_rate(self) -> Ratio:
        table, column = self.cells["belt_table"].split("/")
        code, goods = self.facts["gng"], ""
        for length in range(1, len(code) + 1):
            goods = self.classes.get(code[:length], goods)
        found: list[tuple[bool, Ratio, str]] = []
        mine = {"class": goods, "equipment": self.facts["equipment"], "owner": self.facts["owner"]}
        for row in self.tables[table]:
            fits = int(row["from_km"]) <= int(self.facts["km"]) <= int(row["to_km"])
            fits = fits and all(row[name] in ("", value) for name, value in mine.items())
            if fits and (not row["to_t"] or not less(ratio(row["to_t"]), self.fact("unit_t"))):
                found.append((not row["to_t"], ratio(row["to_t"] or "0"), row[column]))
        best = found[0]
        for other in found[1:]:
            assert other[:2] != best[:2], "two cells of a table for one thing"
            if other[0] < best[0] or (other[0] == best[0] and less(other[1], best[1])):
                best = other
        return ratio(best[2])

    # -- how much of it there is

    def mass(self, load: Lading) -> Ratio:
        return load.mass

    def units(self, load: Lading) -> Ratio:
        return getattr(load, self.count), 1

    def units_squared(self, load: Lading) -> Ratio:
        return getattr(load, self.count) ** 2, 1

    def line_beside(self, load: Lading) -> Ratio:
        assert self.beside is not None
        return self.beside.amount(load), 100

    def tonnes(self) -> Quantity:
        """Tonnes carried: at least so many a unit or what such a unit usually holds; of a subsidy, at most its cap."""
        least, most = self.cell("min_t"), self.cell("cap_t")
        if least[0]:

            def at_least(load: Lading) -> Ratio:
                each = load.usual if less(load.usual, least) else least
                charged = times((getattr(load, self.count), 1), each)
                return charged if less(load.mass, charged) else load.mass

            return at_least
        if most[0]:
            return lambda load: most if less(most, load.mass) else load.mass
        return self.mass

    def charged_tonnes(self) -> Quantity:
        least, step = self.cell("min_t"), self.cell("step_t", "1")

        def charged(load: Lading) -> Ratio:
            units = getattr(load, self.count)
            over, under = load.mass[0] * step[1], load.mass[1] * units * step[0]
            if over % under:
                self.clerk.uneven += 1
            each = times((-(-over // under), 1), step)
            return times((units, 1), least if less(each, least) else each)

        return charged

    # -- the line

    def amount(self, load: Lading) -> int:
        """Cents of the tariff's own currency."""
        clerk = self.clerk
        quantity = self.quantity(load)
        over, under = self.rate[0] * quantity[0], self.rate[1] * quantity[1]
        units = max(1, getattr(load, self.count)) if self.by_unit else 1
        under *= units
        if self.rounds_base:
            over, under = clerk.half_up((over, under), self.step)
        over *= self.factor[0]
        under *= self.factor[1]
        bits = over.bit_length()
        if bits > 93:  # 28 digits
            clerk.long += 1
            clerk.longest = max(clerk.longest, bits)
        if not self.ends_on_cents:
            over, under = clerk.half_up((over, under), self.step)
            cents = clerk.cents((over * units, under))
        else:
            cents = clerk.cents((over, under)) * units
        if self.cap is not None:
            cents = min(cents, self.cap[0] * 100 // self.cap[1])
        return cents


def exchange(table: dict[tuple[str, str], str], currency: str, kind: str, into: str) -> Ratio:
    """Units of a currency for one of another, through the dollar where neither is one."""
    if currency == into:
        return 1, 1
    from_usd = ratio(table[currency, kind or USUAL_SERIES[currency]]) if currency != "USD" else None
    into_usd = ratio(table[into, USUAL_SERIES[into]]) if into != "USD" else None
    if into_usd is None:
        assert from_usd is not None
        return from_usd
    return significant(times(from_usd or (1, 1), (into_usd[1], into_usd[0])), 12)


# ---- books at random -----------------------------------------------------------------------------------

CHARGES = """
    carriage truck sea_freight empty_return hire platform_hire box_hire rail_border road_border bridge documents reload
    bogie_change lift transship port_load port_discharge port_box road_toll truck_fee transfer_fee loading insurance
"""
CARRIERS = "KTZ TDY UTY RAI ARA ROAD-KZ ROAD-TM ROAD-IR"
BESIDE = "seal guard station customs permit fuel security congestion season weighing cleaning agency other"
PER, STEP, WHERE = ("line", "unit"), ("0.01", "0.05", "1", "10"), ("after", "before", "both")
ROUNDS = [f"{per}:{step}:{where}" for per in PER for step in STEP for where in WHERE]
KNOWN = {"status": "estimated", "source_id": "invented"}
CURRENCIES = [("USD", ""), ("CHF", ""), ("KZT", ""), ("IRR", ""), ("IRR", "official"), ("PKR", ""), ("EUR", "")]
EXCHANGE = {
    ("CHF", "official"): "0.80379",
    ("KZT", "market"): "512.40",
    ("IRR", "parallel"): "1128000",
    ("IRR", "official"): "42000",
    ("PKR", "market"): "8",  # an eighth of a dollar: half a cent is often left
    ("EUR", "official"): "0.8512345678",
}
INTO = ("USD", "CHF", "KZT", "USD", "PKR", "EUR", "IRR")
STEPS = ("0.0001", "0.01", "0.05")  # rate_step of the three books

BELTS = {
    "plain": [(1, 900, "", "", "", ""), (901, 5000, "", "", "", "")],
    "matrix": [
        (lo, hi, goods, equipment, owner, to_t)
        for goods in ("1", "2", "3")
        for equipment, owner in (("hopper-wagon", "private"), ("hopper-wagon", "carrier"), ("covered-wagon", ""))
        for to_t in ("20", "40.5", "")
        for lo, hi in ((1, 700), (701, 1500), (1501, 5000))
    ],
}
CLASSES = {"10": "2", "1006": "1", "25": "1", "31": "3"}


def number(rng: random.Random, most: int, places: Sequence[int] = (0, 1, 2, 3, 4)) -> str:
    """A number above zero as a document prints it; often a half, a quarter or an eighth."""
    if rng.random() < 0.4:
        return rng.choice(["0.5", "0.25", "0.125", "1.5", "2.5", "0.05", "0.005", "0.35", "12.345", "3"])
    digits = rng.choice(places)
    value = rng.randint(1, most * 10**digits)
    text = str(value).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def factor(rng: random.Random) -> str:
    short = ["0.5", "0.50", "0.65", "0.7", "0.3", "0.35", "0.85", "0.95", "1.1", "1.176", "1.40", "5.00", "0.33", "1"]
    return rng.choice(short) if rng.random() < 0.7 else f"0.{rng.randint(10**7, 10**10 - 1):010d}"


@dataclass
class Book:
    """One random book: the cells that go to disk, and what is priced by them."""

    name: str
    rate_step: str
    rates: list[Cells] = field(default_factory=list)
    coefficients: list[Cells] = field(default_factory=list)
    surcharges: list[Cells] = field(default_factory=list)
    subsidies: list[Cells] = field(default_factory=list)
    facts: dict[str, Cells] = field(default_factory=dict)

    def write(self, folder: Path, belts: dict[str, list[Cells]], spot: list[Cells]) -> Path:
        """The book as a folder of tables."""
        own = folder / self.name
        (own / "belts").mkdir(parents=True)
        head = [f'id = "{self.name}"', 'currency = "USD"', 'stacking = "product"']
        head.append(f'rounding = {{ rate_step = "{self.rate_step}" }}')
        (own / "book.toml").write_text("\n".join(head), encoding="utf-8")
        tables = {"rates": self.rates, "coefficients": self.coefficients, "surcharges": self.surcharges,
                  "subsidies": self.subsidies, "spot": spot}  # fmt: skip
        tables |= {f"belts/{name}": rows for name, rows in belts.items()}
        tables["classes"] = [{"gng": code, "class": goods} for code, goods in CLASSES.items()]
        for name, rows in tables.items():
            with (own / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                columns = list(dict.fromkeys(column for row in rows for column in row))
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        return own


def price_cells(rng: random.Random, basis: str) -> Cells:
    """The number cells of a row of this basis."""
    cells: Cells = {"basis": basis}
    if basis in ("per_t", "per_chargeable_t", "per_unit") and rng.random() < 0.5:
        cells |= {"fixed": number(rng, 40), "per_km": number(rng, 1, (3, 5, 8))}
    elif basis in ("per_unit_nm", "per_t_nm"):
        cells |= {"fixed": number(rng, 300), "per_km": number(rng, 2)}
    elif basis in ("per_t_km", "per_unit_km"):
        cells["rate"] = number(rng, 1, (2, 4, 10))
    elif basis.endswith("_day_steps"):
        steps = f"{rng.randint(1, 7)}x{number(rng, 90)};{rng.randint(1, 9)}x{number(rng, 90)};{number(rng, 200)}"
        cells["free_days"] = str(rng.randint(0, 10))
        cells |= {"day_steps": steps} if rng.random() < 0.7 else {"rate": number(rng, 90)}
    elif basis in ("belt", "belt_per_t"):
        cells["belt_table"] = f"{rng.choice(list(BELTS))}/rate_{rng.choice('ab')}"
    elif basis == "spot_per_t":
        cells |= {"series": rng.choice(["fresh", "season", "old"]), "fixed": number(rng, 20)}
        cells |= {"rate": number(rng, 2)} if rng.random() < 0.5 else {}
    elif basis.startswith("percent"):
        cells["rate"] = number(rng, 12)
    else:
        cells["rate"] = number(rng, 900, (0, 1, 2, 3, 6))
    if basis in ("per_t", "per_t_km") and rng.random() < 0.4:
        cells["min_t"] = rng.choice(["50", "20.5", "65"])
    if basis in ("per_chargeable_t", "belt_per_t"):
        cells |= {"min_t": rng.choice(["", "20", "55"]), "step_t": rng.choice(["", "1", "0.1", "5", "0.05", "3"])}
    if basis == "per_unit_length":
        cells["base_m"] = rng.choice(["", "13.6", "12", "16.5"])
    return {name: text for name, text in cells.items() if text}


ODD = (3, 7, 9, 11, 13, 17, 19)  # units that part most amounts without end


def half_a_step_each(rng: random.Random) -> tuple[Cells, list[str], str]:
    """A charge that comes, in so many units and by a factor of as many twentieths, to half a step in each of them."""
    units, step = rng.choice(ODD), rng.choice(["0.01", "0.05", "1", "10"])
    hundredths = int(Decimal(step) * 100) * 10 * (2 * rng.randint(1, 9999) + 1)
    rate = f"{hundredths // 100}.{hundredths % 100:02d}"
    return {"basis": "per_consignment", "rate": rate}, [f"{units / 20:.2f}"], f"unit:{step}:after"


def random_facts(rng: random.Random, charge_name: str, carrier: str, place: str) -> Cells:
    """What is priced: a haul, a border or a lift at a place of its own."""
    return {
        "charge": charge_name,
        "carrier": carrier,
        "from": place,
        "form": rng.choice(["wagon", "wagon", "container", "truck", "hold"]),
        "km": str(rng.choice([rng.randint(1, 4999), 900, 901, 700, 1500])),
        "nm": number(rng, 900, (0, 1)),
        "days": number(rng, 40, (0, 1, 2)),
        "unload_per_day": rng.choice(["", "", "5", "6", "7.5"]),
        "equipment": rng.choice(["hopper-wagon", "covered-wagon"]),
        "owner": rng.choice(["private", "carrier"]),
        "gng": rng.choice(["10019900", "10063000", "25030000", "31021000"]),
        "unit_t": rng.choice(["20", "20.001", "40.5", "61.3"]),
        "truck_length_m": rng.choice(["16.5", "12", "18", "17.333"]),
    }


def random_books(rng: random.Random) -> list[Book]:
    books = [Book(f"book-{i}", step) for i, step in enumerate(STEPS)]
    bases = [basis for basis in BASES if basis != "percent_of_charge"]
    bases += ["per_t", "per_t", "per_t_km", "per_t_km", "per_chargeable_t", "per_unit_km"]
    charges, carriers = CHARGES.split(), CARRIERS.split()
    for i in range(LINES):
        book, basis = books[i % len(books)], bases[i % len(bases)]
        facts = random_facts(rng, charges[i % len(charges)], carriers[i // len(charges) % len(carriers)], f"place-{i}")
        currency, kind = rng.choice(CURRENCIES) if basis != "spot_per_t" else ("USD", "")
        rounds = rng.choice(ROUNDS if rng.random() < 0.35 else ["", "", "unit:0.01:after", "unit:1:after"])
        cells = price_cells(rng, basis)
        factors = [factor(rng) for _ in range(rng.choice([0, 0, 1, 1, 2, 3, 4]))]
        if i % 9 == 0 and basis != "spot_per_t":
            cells, factors, rounds = half_a_step_each(rng)
        row: Cells = {"rule_id": f"R{i}", "charge": facts["charge"], "carrier": facts["carrier"], "from": facts["from"]}
        row |= {"currency": currency, "fx_kind": kind, "round": rounds, **KNOWN, **cells}
        book.rates.append(row)
        book.facts[f"R{i}"] = facts
        for n, value in enumerate(factors):
            what = {"coef_id": f"C{i}-{n}", "charge": facts["charge"], "rules": f"R{i}", "group": f"g{n}"}
            book.coefficients.append({**what, "value": value, **KNOWN})
        if i % 10 in (0, 3, 7):
            add_beside(rng, book, row, money_back=i % 10 == 3)
    return books


def add_beside(rng: random.Random, book: Book, row: Cells, *, money_back: bool) -> None:
    """A surcharge or a subsidy beside a rate."""
    own_id = f"X{row['rule_id'][1:]}"
    other: Cells = {"rule_id": own_id, "on": row["charge"], "from": row["from"], **KNOWN}
    other["round"] = rng.choice(ROUNDS) if rng.random() < 0.5 else ""
    if money_back:
        which = rng.choice(["per_t", "per_t", "percent_of_charge", "per_unit"])
        other |= {"currency": row["currency"], "fx_kind": row["fx_kind"], "basis": which, "rate": number(rng, 60)}
        book.subsidies.append(other | rng.choice([{}, {"cap_t": "1000"}, {"cap_amount": "25000"}]))
        return
    name, (currency, kind) = rng.choice(BESIDE.split()), rng.choice(CURRENCIES)
    plain = ["percent_of_charge", "percent_of_charge", "per_unit", "per_t", "per_consignment", "per_unit_km"]
    other |= {"charge": name, "currency": currency, "fx_kind": kind, **price_cells(rng, rng.choice(plain))}
    book.surcharges.append(other)
    if rng.random() < 0.5:
        what = {"coef_id": f"C{own_id}", "charge": name, "rules": own_id, "group": "g0", "value": factor(rng)}
        book.coefficients.append({**what, **KNOWN})


def random_tables(rng: random.Random) -> tuple[dict[str, list[Cells]], list[Cells]]:
    keys = ("from_km", "to_km", "class", "equipment", "owner", "to_t")
    belts = {
        name: [
            dict(zip(keys, map(str, row), strict=True)) | {"rate_a": number(rng, 900), "rate_b": number(rng, 90)}
            for row in rows
        ]
        for name, rows in BELTS.items()
    }
    days = {
        "fresh": ["2019-05-01", "2026-02-20", "2026-03-01", "2026-03-12"],
        "season": ["2020-02-01", "2021-03-05", "2022-04-09", "2023-08-01", "2024-03-30"],
        "old": ["2020-07-01", "2021-08-15"],
    }
    spot = [
        {"series": name, "day": day, "price": number(rng, 60), "currency": "USD", "source_id": "invented"}
        for name, listed in days.items()
        for day in listed
    ]
    return belts, spot


def random_load(rng: random.Random) -> Lading:
    top = rng.choice([5, 70, 3000, 99_999])
    places = rng.choice([0, 1, 2, 3, 3, 6, 9])
    mass = ratio(f"{rng.randint(1, top)}." + "".join(rng.choice("0123456789") for _ in range(places)))
    most = rng.choice([1, 8, 60, 2000])
    value = (rng.randint(0, 10**11), 100)
    usual = ratio(rng.choice(["66", "21", "45.5"]))
    if rng.random() < 0.3:
        return Lading(mass, value, usual, *rng.choices(ODD, k=4))
    return Lading(mass, value, usual, *(rng.randint(1, most) for _ in range(3)), rng.randint(1, 40))


# ---- the engine's side ----------------------------------------------------------------------------------


def as_decimal(value: Ratio) -> Decimal:
    return Decimal(value[0]).scaleb(-(len(str(value[1])) - 1))


def as_load(load: Lading) -> Load:
    return Load(as_decimal(load.mass), as_decimal(load.value), load.wagons, load.containers, load.trucks, load.ships,
                usual_wagon_t=as_decimal(load.usual))  # fmt: skip


def as_subject(facts: Cells) -> Subject:
    return Subject(
        facts["charge"],
        carrier=facts["carrier"],
        from_id=facts["from"],
        form=facts["form"],
        equipment=facts["equipment"],
        owner=facts["owner"],
        km=int(facts["km"]),
        nm=Decimal(facts["nm"]),
        days=Decimal(facts["days"]),
        unload_per_day=Decimal(facts["unload_per_day"] or "0"),
    )


def as_consignment(facts: Cells) -> Consignment:
    unit_t = Decimal(facts["unit_t"])
    lot = Lot(mass_t=unit_t, unit_t_wagon=unit_t, unit_t_container=unit_t, unit_t_truck=unit_t)
    deal = Deal(subsidy=True, truck_length_m=Decimal(facts["truck_length_m"]))
    return Consignment("wheat", frozenset(), "", "", "KZ", "IR", gng=facts["gng"], deal=deal, lot=lot)


@dataclass
class Pair:
    """One line, and one beside it or none: the engine's terms and the clerk's rows."""

    terms: tuple[Term, ...]
    lines: tuple[Line, ...]


@dataclass
class World:
    pairs: list[Pair]
    clerk: Clerk
    rates: ExchangeRates


def world(folder: Path) -> World:
    rng = random.Random(20260310)
    belts, spot = random_tables(rng)
    books = random_books(rng)
    read = read_books([book.write(folder, belts, spot) for book in books])
    clerk = Clerk()
    paid: dict[str, list[tuple[dt.date, Ratio]]] = {}
    for row in spot:
        paid.setdefault(row["series"], []).append((dt.date.fromisoformat(row["day"]), ratio(row["price"])))
    pairs = [pair for book in books for pair in pairs_of(book, read, belts, paid, clerk)]
    rows = [RateRow(currency, Decimal(text), DAY, kind, "invented") for (currency, kind), text in EXCHANGE.items()]
    return World(pairs, clerk, ExchangeRates(rows))


def pairs_of(
    book: Book,
    read: TariffBooks,
    belts: dict[str, list[Cells]],
    paid: dict[str, list[tuple[dt.date, Ratio]]],
    clerk: Clerk,
) -> list[Pair]:
    frozen = read.at(DAY, DAY)
    factors: dict[str, list[str]] = {}
    for row in book.coefficients:
        factors.setdefault(row["rules"], []).append(row["value"])
    others = {row["rule_id"]: row for row in (*book.surcharges, *book.subsidies)}
    found: list[Pair] = []

    def line(row: Cells, facts: Cells, beside: Line | None = None) -> Line:
        row_id, step = row["rule_id"], ratio(book.rate_step)
        money_back = row in book.subsidies
        return Line(row, facts, factors.get(row_id, []), step, belts, CLASSES, paid, beside, money_back, clerk)

    for row in book.rates:
        facts = book.facts[row["rule_id"]]
        subject, consignment = as_subject(facts), as_consignment(facts)
        term = price(frozen, subject, consignment)
        assert term is not None
        assert term.rule.rule_id == row["rule_id"]
        beside = extras(frozen, term, subject, consignment)
        base = line(row, facts)
        lines = [base, *(line(others[t.rule.rule_id], facts, base) for t in beside)]
        assert (f"X{row['rule_id'][1:]}" in others) == (len(lines) == 2)
        found.append(Pair((term, *beside), tuple(lines)))
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("books"))


def in_quote(pair: Pair, own: list[int], clerk: Clerk, per_unit: dict[tuple[str, str], Ratio]) -> list[int]:
    """The lines of a pair in cents of the quote; money back is below zero and never exceeds its line."""
    whole = [
        clerk.converted(cents, per_unit[term.currency, term.fx_kind])
        for cents, term in zip(own, pair.terms, strict=True)
    ]
    if pair.lines[-1].money_back:
        whole[1] = -min(whole[1], whole[0])
    return whole


# ---- the million ----------------------------------------------------------------------------------------


def shared(pair: Pair) -> bool:
    """A line whose money is parted among its units and rounded in each: a third of it may have no end."""
    return any(term.rule.rounding.per == "unit" and term.quantity not in UNITS for term in pair.terms)


@pytest.mark.parametrize(
    ("group", "loads", "at_least"),
    [
        pytest.param("whole", LOADS, 1_000_000, id="lines rounded whole"),
        pytest.param("shared", LOADS // 3, 170_000, id="lines rounded by the unit"),
    ],
)
def test_a_million_charges_are_the_clerks_to_the_last_unit(made: World, group: str, loads: int, at_least: int) -> None:
    rng = random.Random(group)
    clerk = made.clerk
    pairs = [pair for pair in made.pairs if shared(pair) == (group == "shared")]
    edge = Edge(0, 1, "any", (), ())
    alone = Sheet([edge] * len(pairs), [pair.terms[:1] for pair in pairs], {})
    both = [pair for pair in pairs if len(pair.terms) == 2]
    together = Sheet([edge] * len(both), [pair.terms for pair in both], {})
    numbered = list(enumerate(pairs))
    charges = singly = 0
    for n in range(loads):
        lading = random_load(rng)
        load, into = as_load(lading), INTO[n % len(INTO)]
        per_unit = {(c, k): exchange(EXCHANGE, c, k, into) for c, k in CURRENCIES}
        own = [[line.amount(lading) for line in pair.lines] for pair in pairs]
        whole = [in_quote(pair, cents, clerk, per_unit) for pair, cents in zip(pairs, own, strict=True)]
        first = alone.cents(load, made.rates, into, DAY).tolist()
        sums = together.cents(load, made.rates, into, DAY).tolist()
        wrong = [i for i, cents in enumerate(first) if cents != whole[i][0]]
        assert not wrong, told(pairs[wrong[0]], lading, into, first[wrong[0]], whole[wrong[0]])
        of_both = [sum(cents) for cents in whole if len(cents) == 2]
        wrong = [i for i, cents in enumerate(sums) if cents != of_both[i]]
        assert not wrong, told(both[wrong[0]], lading, into, sums[wrong[0]], of_both[wrong[0]])
        charges += len(first) + len(sums)
        for i, pair in rng.sample(numbered, SINGLY):
            term, cents = pair.terms[-1], own[i][-1]
            line = charge(term, load, made.rates.quote(term.currency, into, DAY, term.fx_kind))
            assert line.amount == amount_of(term, load) == money(cents), told(pair, lading, into, line.amount, cents)
            in_all = clerk.converted(cents, per_unit[term.currency, term.fx_kind])
            assert line.amount_quote == money(in_all), told(pair, lading, into, line.amount_quote, in_all)
            singly += 1
    assert charges >= at_least
    assert singly >= at_least // 5


def test_the_million_was_hard(made: World) -> None:
    """Halves to be rounded up, products beyond the 28 digits of Decimal, loads that do not divide by their units."""
    clerk, rng = Clerk(), random.Random(2)
    lines = [replace(line, clerk=clerk) for pair in made.pairs for line in pair.lines]
    for _ in range(20):
        lading = random_load(rng)
        for line in lines:
            line.amount(lading)
    charges = 20 * len(lines)
    assert clerk.ties > charges // 50
    assert clerk.longest > 50 * 3.33  # bits of fifty digits
    assert clerk.long > charges // 50
    assert clerk.uneven > charges // 50


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def told(pair: Pair, load: Lading, into: str, engine: object, clerk: object) -> str:
    rows = [(line.cells, line.factors) for line in pair.lines]
    return f"engine {engine}, clerk {clerk}: {rows}, {pair.lines[0].facts}, {load}, in {into}"


def test_every_basis_and_every_rounding_point_is_among_them(made: World) -> None:
    rules = [term.rule for pair in made.pairs for term in pair.terms]
    assert {rule.basis for rule in rules} == BASES.keys()
    assert {(r.rounding.per, r.rounding.coefficient, str(r.rounding.step)) for r in rules} == {
        (per, where, step) for per in PER for where in WHERE for step in STEP
    }
    assert {str(r.rounding.rate_step) for r in rules} == set(STEPS)
    linear = sum(term.linear for pair in made.pairs for term in pair.terms)
    assert 0.3 < linear / len(rules) < 0.9


# ---- the clerk himself -----------------------------------------------------------------------------------


def test_the_clerk_works_alone() -> None:
    """None of his functions names anything that comes from the engine, nor Decimal."""
    module = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    engine = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("optimizer", "decimal"))
        for alias in node.names
    }
    assert {"price", "Decimal", "amount_of"} <= engine
    for part in (ratio, times, plus, less, Clerk, significant, Lading, Line, exchange):
        used = {node.id for node in ast.walk(ast.parse(inspect.getsource(part))) if isinstance(node, ast.Name)}
        assert not used & engine, f"{part.__name__} uses {sorted(used & engine)}"


WHOLE = {"round": "unit:1:after"}


@pytest.mark.parametrize(
    ("cells", "facts", "factors", "load", "cents"),
    [
        ({"basis": "per_chargeable_t", "rate": "35", "min_t": "55"}, {}, [], ("54.2", 1), 192500),
        ({"basis": "per_chargeable_t", "rate": "28", "min_t": "55"}, {}, [], ("60.3", 1), 170800),
        ({"basis": "per_unit", "rate": "9434", **WHOLE}, {}, ["0.65"], ("20", 1), 613200),
        ({"basis": "per_unit_length", "rate": "1000", **WHOLE}, {"truck_length_m": "18"}, [], ("20", 1), 109100),
        ({"basis": "per_unit_length", "rate": "1600", **WHOLE}, {"truck_length_m": "18"}, [], ("20", 1), 174500),
        ({"basis": "per_t_km", "rate": "0.0235"}, {"km": "718"}, ["0.50"], ("3000", 45), 2530950),
        ({"basis": "per_t", "rate": "0.25"}, {}, [], ("61.30", 1), 1533),
    ],
)  # fmt: skip
def test_the_clerk_knows_the_printed_self_checks(
    cells: Cells, facts: Cells, factors: list[str], load: tuple[str, int], cents: int
) -> None:
    """Figures of tariffs.md, section 7, so that he is not only consistent but right."""
    mass, units = load
    lading = Lading(ratio(mass), (0, 1), ratio("66"), units, units, units, 1)
    line = Line(cells, {"form": "wagon", **facts}, factors, (1, 10_000), {}, {}, {})
    assert line.amount(lading) == cents


def test_the_clerk_divides_exchange_rates_to_twelve_digits() -> None:
    assert significant(ratio("1128000.00"), 12) == (112800000000, 10**5)
    assert significant((1, 3), 12) == (333333333333, 10**12)
    assert significant((2, 3), 12) == (666666666667, 10**12)
    assert significant((999_999_999_999_9, 10**13), 12) in ((10**12, 10**12), (10**11, 10**11))
    assert Clerk().converted(10552500, ratio("0.80379")) == 13128429


# ---- what the engine does not yet get right ---------------------------------------------------------------


def one_line(tmp_path: Path, rates: str, coefficients: str = "", subsidies: str = "") -> tuple[Term, ...]:
    """The terms of a wagon of wheat by a book of these tables."""
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "book.toml").write_text('id = "one"\ncurrency = "USD"\n', encoding="utf-8")
    for name, text in (("rates", rates), ("coefficients", coefficients), ("subsidies", subsidies)):
        if text:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    frozen = read_books([folder]).at(DAY, DAY)
    subject = Subject("carriage", form="wagon")
    goods = Consignment("wheat", frozenset(), "", "", "KZ", "IR", deal=Deal(subsidy=True))
    term = price(frozen, subject, goods)
    assert term is not None
    return (term, *extras(frozen, term, subject, goods))


PER_T = "rule_id,charge,basis,rate,round,status,source_id\nA,carriage,per_t,{rate},{rounds},estimated,invented\n"


def test_three_wagons_share_a_charge_that_ends_on_half_a_cent(tmp_path: Path) -> None:
    """51,052.75 USD in three wagons at 0.30 are 5,105.275 a wagon, 5,105.28 half up: 15,315.84 in all."""
    factors = "coef_id,charge,value,status,source_id\nC,carriage,0.3,estimated,invented\n"
    (term,) = one_line(tmp_path, PER_T.format(rate="51052.75", rounds="unit:0.01"), factors)
    assert amount_of(term, Load(Decimal(1), Decimal(0), 3, 0, 0, 1)) == Decimal("15315.84")


def test_twenty_digits_of_mass_weigh_in_the_graph_what_they_cost(tmp_path: Path) -> None:
    terms = one_line(tmp_path, PER_T.format(rate="1", rounds=""))
    load = Load(Decimal("61.234567890123456789"), Decimal(0), 1, 0, 0, 1)
    assert amount_of(terms[0], load) == Decimal("61.23")
    weights = Sheet([Edge(0, 1, "any", (), ())], [terms], {}).cents(load, ExchangeRates([]), "USD", DAY)
    assert weights.tolist() == [6123]


def test_two_subsidies_on_one_line_never_exceed_it(tmp_path: Path) -> None:
    """8 and 8 USD/t back on a line of 10 USD/t: an arc that costs less than nothing would break the search."""
    back = "rule_id,on,group,basis,rate,status,source_id\n"
    back += "".join(f"{name},carriage,{name},per_t,8,estimated,invented\n" for name in ("S", "T"))
    terms = one_line(tmp_path, PER_T.format(rate="10", rounds=""), subsidies=back)
    assert len(terms) == 3
    load = Load(Decimal(60), Decimal(0), 1, 0, 0, 1)
    weights = Sheet([Edge(0, 1, "any", (), ())], [terms], {}).cents(load, ExchangeRates([]), "USD", DAY)
    assert weights.tolist() == [0]
