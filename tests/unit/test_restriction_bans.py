"""Every ban and every exception, case by case: tests/cases/bans.csv, to which a clerk adds lines."""

import csv
import datetime as dt
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.cargo import read_cargoes
from optimizer.restriction.exemption import GROUP_OF_WORD, UNKNOWN
from optimizer.restriction.match import concerns, in_force, narrowed, sentence, shuts
from optimizer.restriction.read import read_restrictions

CASES_FILE = Path(__file__).parents[1] / "cases" / "bans.csv"
BOOK = read_restrictions()
CARGOES = read_cargoes()
ONE_DAY = dt.timedelta(days=1)


def cases():
    with CASES_FILE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


CASES = cases()


def day_of(case, column="day"):
    return dt.date.fromisoformat(case[column])


def end(case, column):
    """(ids of the location, country) of an end, written as a place or as a country alone."""
    text = case[column]
    return (frozenset((text,)), text[:2].upper()) if "-" in text else (frozenset(), text)


def row_of(case):
    """The restriction as far as it may let this shipment through by its ends and its day."""
    (origins, origin), (destinations, destination) = end(case, "origin"), end(case, "destination")
    return narrowed(
        BOOK.get(case["restriction_id"]),
        day=day_of(case),
        origins=origins,
        origin_country=origin,
        destinations=destinations,
        destination_country=destination,
    )


def unit_t(case):
    return Decimal(case["unit_t"]) if case["unit_t"] else None


def outcome(case):
    row = row_of(case)
    speaks = in_force(row, day_of(case), day_of(case, "known_on")) and concerns(
        row,
        cargo=CARGOES[case["cargo"]],
        wagon_type=case["wagon"],
        owner=case["owner"],
        origin_country=end(case, "origin")[1],
        destination_country=end(case, "destination")[1],
        unit_t=unit_t(case),
    )
    return ("shut" if shuts(row) else "warned") if speaks else "open"


@pytest.mark.parametrize(
    "case", CASES, ids=[f"line {n}: {c['restriction_id']}, {c['why']}" for n, c in enumerate(CASES, 2)]
)
def test_a_ban_on_a_day_for_a_shipment(case):
    assert outcome(case) == case["outcome"]


def of_each():
    found = defaultdict(list)
    for case in CASES:
        found[case["restriction_id"]].append(case)
    return found


@pytest.mark.parametrize("row", BOOK.rows, ids=lambda r: r.restriction_id)
def test_every_restriction_is_shown_to_hold_and_both_sides_of_its_dates(row):
    mine = of_each()[row.restriction_id]
    holds = "shut" if shuts(row) else "warned"
    shown = {
        (day_of(c), c["outcome"]) for c in mine if day_of(c, "known_on") >= min(day_of(c), row.known_from or day_of(c))
    }
    assert any(outcome == holds for _, outcome in shown)
    if row.months:
        assert any(outcome == "open" for _, outcome in shown)
        return
    if row.valid.start:
        assert {(row.valid.start - ONE_DAY, "open"), (row.valid.start, holds)} <= shown
    if row.valid.end:
        assert {(row.valid.end, holds), (row.valid.end + ONE_DAY, "open")} <= shown
    else:
        assert any(day > dt.date(2026, 12, 31) and outcome == holds for day, outcome in shown)


@pytest.mark.parametrize(
    "row", [r for r in BOOK.rows if r.known_from and r.valid.start], ids=lambda r: r.restriction_id
)
def test_a_restriction_is_not_known_before_its_order(row):
    before = [c for c in of_each()[row.restriction_id] if day_of(c, "known_on") < row.known_from]
    assert all(outcome(c) == "open" for c in before)
    assert before


def fitting(case, exemption):
    """Whether a case is let through by this exemption."""
    (origins, origin), (destinations, destination) = end(case, "origin"), end(case, "destination")
    left = exemption.of_lane(origins, origin, destinations, destination, day_of(case))
    return left is not None and left.fits(CARGOES[case["cargo"]], case["wagon"], case["owner"], unit_t(case))


def beyond_our_tables(exemption):
    """A condition that only names what we do not know."""
    wanted = (exemption.cargo, exemption.origin, exemption.destination, exemption.equipment)
    return any(words and all(w.startswith(UNKNOWN) for w in words) for words in wanted)


EXEMPTIONS = [(r, e) for r in BOOK.rows for e in r.exemptions]


@pytest.mark.parametrize(("row", "exemption"), EXEMPTIONS, ids=lambda v: getattr(v, "restriction_id", None))
def test_every_exception_is_shown_to_be_open_or_read_out(row, exemption):
    mine = [c for c in of_each()[row.restriction_id] if row.valid.contains(day_of(c))]
    if exemption.note or beyond_our_tables(exemption):
        text = sentence(row)
        named = (*exemption.cargo, *exemption.origin, exemption.note)
        assert all(word.removeprefix(UNKNOWN) in text for word in named)
        assert not any(fitting(c, exemption) for c in mine)
    else:
        assert any(c["outcome"] == "open" and fitting(c, exemption) for c in mine)


@pytest.mark.parametrize(
    ("row", "word"), [(r, w) for r in BOOK.rows for w in r.exempt_words], ids=lambda v: getattr(v, "restriction_id", v)
)
def test_every_exempt_word_has_a_case(row, word):
    assert any(
        c["outcome"] == "open" and GROUP_OF_WORD[word] in CARGOES[c["cargo"]].groups and row.valid.contains(day_of(c))
        for c in of_each()[row.restriction_id]
    )


def test_cases_name_nothing_unknown():
    assert {c["restriction_id"] for c in CASES} == {r.restriction_id for r in BOOK.rows}
    assert len({tuple(c[k] for k in c if k not in ("why", "outcome")) for c in CASES}) == len(CASES)
