"""Worked tariff cases: what a tariff clerk works out by hand, the books must say to the last cent.

The cases stand in tests/cases/tariff/*.csv, one a row; their small books in tests/cases/tariff/books/. To add a case,
add a row to any of the tables, or a table of your own with a heading of the columns it needs:

    kind, case, source, note     which of the KINDS below it shows (`1;6`: two), its name, the document, the arithmetic
    book, over                   the book it is priced by, and one laid over it as a client's own
    charge ... days              the thing priced, in the words of `optimizer.subject.Subject`; `via` is a list
    origin ... etsng             the shipment; the groups of a cargo are those of seeds/cargoes.csv
    deal                         what was agreed: `truck_length_m=18;return_trip=prepaid`
    mass_t, units, usual_t       tonnes, units of the form it rides in, usual load of a wagon
    ready, known_on              the day priced, and the day as of which the books are known
    quote_in                     the currency the line is converted into, by books/exchange_rates.csv
    expect_rule                  the row that prices it; `none`: there is no rate; `ambiguous`: two rows fit alike
    expect_coefficients          every coefficient that applies, `a;b`; empty: none may
    expect_amount, currency      the line, to the last cent
    expect_quote                 the line in `quote_in`
    expect_extras                every line beside it, `id=amount;id=amount`; money back is below zero; empty: none
    expect_status, expect_band, expect_warnings      looked at where they are filled

An empty cell is the default: one wagon of 1 t of wheat from Kazakhstan to Iran, ready on 25 November 2025, books as
known a year later. A row whose case begins with `#` is a remark.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from optimizer.cargo import read_cargoes
from optimizer.deal import read_deal
from optimizer.errors import AmbiguousRate
from optimizer.fx import read_rates_file
from optimizer.money import ExchangeRates
from optimizer.subject import Consignment, Lot, Subject
from optimizer.tariff.bases import BASES
from optimizer.tariff.book import FrozenBooks, TariffBooks
from optimizer.tariff.charge import Charge, Load, Term, charge, extras, pay_back, price
from optimizer.tariff.columns import SURCHARGES
from optimizer.tariff.conditions import CONDITIONS
from optimizer.tariff.read import read_books
from optimizer.tariff.rule import Row
from optimizer.tariff.stacking import POLICIES

TABLES = Path(__file__).parents[1] / "cases" / "tariff"
BOOKS = TABLES / "books"
KINDS = {
    1: "belt table, by the kilometre, flat",
    2: "matrix of class, owner, equipment and mass; goods by their codes, with exceptions",
    3: "least mass, mass rounded up, money rounded",
    4: "kind of traffic",
    5: "equipment: gross weight, loaded or empty, owner, pairs of boxes",
    6: "coefficients below and above one, and what selects them",
    7: "what becomes of several coefficients",
    8: "days of validity, day of issue, lapsed rows",
    9: "through rates, contracts over books",
    10: "volume, train and round trip",
    11: "fees of trucks by nationality, capacity and stay",
    12: "ferry fares by length",
    13: "hire, demurrage, detention, storage",
    14: "services beside carriage",
    15: "market prices",
    16: "public money",
    17: "currencies",
    18: "availability",
    19: "how well a price is known",
    20: "swaps",
}
NOT_A_TARIFF = {18}  # a remark in services.csv says where it is tested

DEFAULTS = {
    "form": "wagon",
    "mass_t": "1",
    "units": "1",
    "usual_t": "64",
    "value_usd": "0",
    "cargo": "wheat",
    "origin_country": "KZ",
    "destination_country": "IR",
    "ready": "2025-11-25",
    "known_on": "2026-11-22",
}
WORDS = """
    kind case book over charge carrier from to via km nm crossing direction country form equipment owner feet gross_t
    capacity_t service truck_country onward month days unload_per_day origin destination origin_country
    destination_country cargo gng etsng deal mass_t units usual_t value_usd ready known_on quote_in expect_rule
    expect_coefficients expect_amount currency expect_quote expect_extras expect_status expect_band expect_warnings
    source note
"""
COLUMNS = frozenset(WORDS.split())


class Case(dict[str, str]):
    """One row; an absent or empty cell is its default."""

    def __getitem__(self, column: str) -> str:
        return self.get(column) or DEFAULTS.get(column, "")

    def number(self, column: str) -> Decimal:
        return Decimal(self[column] or "0")

    def words(self, column: str) -> list[str]:
        return [word.strip() for word in self[column].split(";") if word.strip()]

    @property
    def form(self) -> str:
        return self["form"]

    @property
    def ready(self) -> dt.date:
        return dt.date.fromisoformat(self["ready"])

    @property
    def known_on(self) -> dt.date:
        return dt.date.fromisoformat(self["known_on"])

    @property
    def books(self) -> TariffBooks:
        return books_of(self["book"], self["over"])

    @property
    def frozen(self) -> FrozenBooks:
        return self.books.at(self.ready, self.known_on)

    @property
    def subject(self) -> Subject:
        start, end = self["from"], self["to"]
        return Subject(
            self["charge"],
            carrier=self["carrier"],
            country=self["country"],
            from_id=start,
            to_id=end,
            path=(start, *self.words("via"), end),
            crossing=frozenset(self["crossing"].split("|")) if self["crossing"] else frozenset(),
            direction=self["direction"],
            form=self.form,
            equipment=self["equipment"],
            owner=self["owner"],
            service=self["service"],
            truck_country=self["truck_country"],
            km=int(self.number("km")),
            nm=self.number("nm"),
            days=self.number("days"),
            unload_per_day=self.number("unload_per_day"),
            feet=int(self.number("feet")),
            gross_t=self.number("gross_t"),
            capacity_t=self.number("capacity_t"),
            month=int(self["month"] or self.ready.month),
            onward=self["onward"],
        )

    @property
    def load(self) -> Load:
        counts = {"wagon": 0, "container": 0, "truck": 0, "hold": 0} | {self.form: int(self["units"])}
        return Load(
            self.number("mass_t"),
            self.number("value_usd"),
            wagons=counts["wagon"],
            containers=counts["container"],
            trucks=counts["truck"],
            ships=counts["hold"],
            usual_wagon_t=self.number("usual_t"),
        )

    @property
    def consignment(self) -> Consignment:
        deal = read_deal([self["deal"]])
        units, mass = self.number("units"), self.number("mass_t")
        lot: dict[str, Decimal] = {"mass_t": mass, "train_wagons": deal.train_wagons or units}
        if self.form != "hold":
            lot |= {f"units_{self.form}": units, f"unit_t_{self.form}": mass / units}
        return Consignment(
            self["cargo"],
            read_cargo_groups()[self["cargo"]],
            self["origin"],
            self["destination"],
            self["origin_country"],
            self["destination_country"],
            gng=self["gng"],
            etsng=self["etsng"],
            deal=deal,
            lot=Lot(**lot),
        )


@cache
def books_of(book: str, over: str) -> TariffBooks:
    return read_books([BOOKS / book], over=[BOOKS / over] if over else [])


@cache
def read_cargo_groups() -> dict[str, frozenset[str]]:
    return {name: cargo.groups for name, cargo in read_cargoes().items()}


@cache
def read_exchange_rates() -> ExchangeRates:
    rows, version = read_rates_file(BOOKS / "exchange_rates.csv")
    return ExchangeRates(rows, version)


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


ROWS = [(table, row) for table in sorted(TABLES.glob("*.csv")) for row in rows_of(table)]
CASES = [Case(row) for _, row in ROWS if not row["case"].startswith("#")]
MARKED = [pytest.param(case, id=f"{case['book']}: {case['case']}") for case in CASES]
REMARKS = [row for _, row in ROWS if row["case"].startswith("#")]


@dataclass(frozen=True)
class Sheet:
    """What the books say of a case; `term` is None where they have no rate."""

    term: Term | None
    beside: tuple[Term, ...]
    amounts: dict[str, Decimal]  # of the lines beside it, by rule
    amount: Decimal | None = None
    quoted: Decimal | None = None


def work_out(case: Case) -> Sheet:
    """The line of a case and those beside it, each in its tariff's own currency."""
    frozen, subject, consignment, load = case.frozen, case.subject, case.consignment, case.load
    term = price(frozen, subject, consignment)
    beside = extras(frozen, term, subject, consignment)
    into = case["quote_in"] or (term.currency if term else "USD")
    day = min(case.ready, case.known_on)

    def quoted(line: Term) -> Charge:
        return charge(line, load, read_exchange_rates().quote(line.currency, into, day, line.fx_kind))

    line = quoted(term) if term else None
    amounts: dict[str, Decimal] = {}
    for other in beside:
        found = quoted(other)
        if other.subsidy:
            assert line is not None
            found = pay_back(found, line.amount_quote)
        amounts[other.rule.rule_id] = found.amount
    if line is None:
        return Sheet(None, beside, amounts)
    return Sheet(term, beside, amounts, line.amount, line.amount_quote)


@pytest.mark.parametrize("case", MARKED)
def test_worked_case(case: Case) -> None:
    if case["expect_rule"] == "ambiguous":
        with pytest.raises(AmbiguousRate):
            work_out(case)
        return
    sheet = work_out(case)
    wanted = dict(pair.split("=") for pair in case.words("expect_extras"))
    assert {name: str(amount) for name, amount in sheet.amounts.items()} == wanted, case["note"]
    if case["expect_rule"] == "none":
        assert sheet.term is None, sheet.term
        return
    term = sheet.term
    assert term is not None, "no row prices it"
    assert term.rule.rule_id == case["expect_rule"]
    assert {c.coef_id for c in term.coefficients} == set(case.words("expect_coefficients"))
    assert (str(sheet.amount), term.currency) == (case["expect_amount"], case["currency"]), case["note"]
    if case["quote_in"]:
        assert str(sheet.quoted) == case["expect_quote"], case["note"]
    if case["expect_status"]:
        assert term.status == case["expect_status"]
    if case["expect_band"]:
        assert f"{term.low}..{term.high}" == case["expect_band"]
    if case["expect_warnings"]:
        assert [w.code for w in term.warnings] == case.words("expect_warnings")


# ---- the tables themselves ---------------------------------------------------------------------------


def test_there_are_enough_cases_and_each_is_told_apart() -> None:
    assert len(CASES) >= 70
    names = [(case["book"], case["case"]) for case in CASES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", sorted(TABLES.glob("*.csv")), ids=lambda t: t.stem)
def test_every_column_is_known_and_every_case_is_whole(table: Path) -> None:
    for number, row in enumerate(rows_of(table), start=2):
        assert None not in row, (
            f"{table.name} line {number} has more cells than its heading; quote text that holds a comma"
        )
        assert set(row) <= COLUMNS, f"{table.name}: {sorted(set(row) - COLUMNS)}"
        if row["case"].startswith("#"):
            continue
        for column in ("kind", "case", "book", "charge", "expect_rule", "source", "note"):
            assert row[column], f"{table.name} line {number}: {column} is empty"
        priced = row["expect_rule"] not in ("none", "ambiguous")
        for column in ("expect_amount", "currency"):
            assert not priced or row[column], f"{table.name} line {number}: {column} is empty"
        assert priced or not row["expect_amount"], f"{table.name} line {number}: no rate, and yet an amount"


def test_every_kind_of_rule_has_a_case() -> None:
    shown = {int(kind) for case in CASES for kind in case.words("kind")}
    assert shown == KINDS.keys() - NOT_A_TARIFF


def test_what_is_no_tariff_has_a_written_reason_and_a_test_elsewhere() -> None:
    told = {int(row["kind"]): row["case"] for row in REMARKS}
    assert told.keys() == NOT_A_TARIFF
    for text in told.values():
        assert (Path(__file__).parents[2] / text.split()[-1]).is_file()


def test_every_book_is_used_and_says_what_is_invented() -> None:
    folders = {folder.name for folder in BOOKS.iterdir() if folder.is_dir()}
    assert folders == {case[column] for case in CASES for column in ("book", "over")} - {""}
    for name in sorted(folders):
        header = (BOOKS / name / "book.toml").read_text(encoding="utf-8")
        assert header.startswith("# "), f"{name} does not say where its figures come from"
        books = books_of(name, "")
        sources = {row.source_id for row in books.rows} | {b.source_id for s in books.spots.values() for b in s}
        assert ("invented" in sources) <= ("invented" in header), name


# ---- nothing the engine can do is left without a case -------------------------------------------------


def applied(sheet: Sheet) -> Iterator[Row]:
    for term in (sheet.term, *sheet.beside):
        if term is not None:
            yield term.rule
            yield from term.coefficients


@pytest.fixture(scope="module")
def worked() -> list[tuple[Case, Sheet]]:
    priced = [case for case in CASES if case["expect_rule"] != "ambiguous"]
    return [(case, work_out(case)) for case in priced]


def test_every_basis_has_a_case(worked: list[tuple[Case, Sheet]]) -> None:
    shown = {term.rule.basis for _, sheet in worked for term in (sheet.term, *sheet.beside) if term is not None}
    assert shown == BASES.keys()


def test_every_surcharge_has_a_case(worked: list[tuple[Case, Sheet]]) -> None:
    shown = {term.rule.charge for _, sheet in worked for term in sheet.beside}
    assert shown == SURCHARGES | {"subsidy"}


def test_every_stacking_policy_has_a_case_of_several_coefficients(worked: list[tuple[Case, Sheet]]) -> None:
    shown: set[str] = set()
    for case, sheet in worked:
        if sheet.term is None:
            continue
        listed = case.frozen.coefficients_for(sheet.term.subject.charge, sheet.term.subject.carrier)
        groups = [c.group for c in listed if c.fits(case.subject, case.consignment)]
        if len(groups) > len(set(groups)):
            shown |= {case.books.infos[c.book].stacking for c in sheet.term.coefficients}
    assert shown == POLICIES.keys()


def test_every_rounding_point_has_a_case(worked: list[tuple[Case, Sheet]]) -> None:
    points = {sheet.term.rule.rounding for _, sheet in worked if sheet.term is not None}
    assert {(p.per, p.coefficient) for p in points} == {
        (per, coefficient) for per in ("line", "unit") for coefficient in ("before", "after", "both")
    }
    assert {str(p.step) for p in points} >= {"0.01", "0.05", "1", "10"}
    assert len({p.rate_step for p in points}) > 1


def test_every_condition_has_a_case_that_meets_it_and_one_that_fails_by_it_alone(
    worked: list[tuple[Case, Sheet]],
) -> None:
    met: set[str] = set()
    failed: set[str] = set()
    for case, sheet in worked:
        met |= {name for row in applied(sheet) for name, _ in row.conditions}
        frozen, subject, consignment = case.frozen, case.subject, case.consignment
        key = (subject.charge, subject.carrier)
        listed: list[Row] = [rule for _, rule in frozen.rules_for(*key)]
        listed += [*frozen.coefficients_for(*key), *(e.rule for e in frozen.extras_for(*key))]
        for row in listed:
            missed = [name for name, holds in row.conditions if not holds(subject, consignment)]
            if len(missed) == 1:
                failed |= set(missed)
    assert met == CONDITIONS.keys()
    assert failed == CONDITIONS.keys()


def test_every_row_of_the_books_is_worked_out_somewhere(worked: list[tuple[Case, Sheet]]) -> None:
    """A row no case uses is a figure nobody has checked; those of a question or a loser must be named here."""
    used = {row.id for _, sheet in worked for row in applied(sheet)}  # type: ignore[attr-defined]
    books = {name: books_of(name, "") for name in {case["book"] for case in CASES} | {"own-contract"}}
    every = {row.id for book in books.values() for row in book.rows}  # type: ignore[attr-defined]
    losers = {"D05-SECOND", "PRIORITY-RIVAL", "PRIORITY-RIVAL-2", "PRIORITY-FIFTH", "PRIORITY-RISE"}
    losers |= {"PRIORITY-TWIN", "PRIORITY-TWIN-2"}
    for policy in ("SINGLE-BEST", "LARGEST-REDUCTION"):
        losers |= {f"{policy}-TENTH", f"{policy}-RISE"}
    assert every - used <= losers | {"HIGHEST-DISCOUNT-TENTH", "TT-ENDED"}


def test_longer_may_be_cheaper() -> None:
    """Over the edge from 2,000 to 2,001 km the charge of the same box falls, from 0.80 to 0.65 of it."""
    edge = {
        case["km"]: work_out(case).amount or 0
        for case in CASES
        if (case["book"], case["carrier"], case["feet"]) == ("mtt-2008", "TDY", "40")
    }
    assert 0 < edge["2001"] < edge["2000"]
