"""Break-evens: each is proved by quoting again, here from outside with a book that holds the change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.breakeven import Rival, breakevens, sentences
from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.request import Job, QuoteRequest, normalise
from optimizer.search import Search

TODAY = dt.date(2026, 11, 22)


def job_of(book: DataBook, origin: str = "kz-north", destination: str = "ir-haven", **more: object) -> Job:
    asked = {"tonnes": "3000", "ready": "2026-11-25", "alternatives": 6, **more}
    return normalise(QuoteRequest(origin, destination, "wheat", **asked), book, TODAY)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def small(four_stations: DataBook) -> tuple[Search, list, list[Rival]]:
    return breakevens(job_of(four_stations), four_stations)


def test_every_other_way_has_a_break_even(small: tuple[Search, list, list[Rival]]) -> None:
    _, ways, rivals = small
    assert len(rivals) == len(ways) - 1 >= 2
    assert all(r.gap == r.total - ways[0].total >= 0 for r in rivals)
    assert {b.lever.kind for r in rivals for b in r.found} >= {"rate", "coefficient"}
    assert all(b.proved for r in rivals for b in r.found)


def test_a_rate_changed_in_a_book_of_ones_own_turns_the_order(
    four_stations: DataBook, small: tuple[Search, list, list[Rival]]
) -> None:
    """The rate itself is rewritten, not a coefficient laid over it, and both ways are priced again."""
    search, ways, rivals = small
    tried = 0
    for rival in rivals:
        for b in rival.found:
            if b.lever.kind != "rate":
                continue
            for factor, wins in ((b.after, True), (b.before + (b.after - b.before) * Decimal("0.99"), False)):
                rules = tuple(
                    replace(r, rate=r.rate * factor, fixed=r.fixed * factor, per_km=r.per_km * factor)
                    if r.rule_id == b.lever.key[0]
                    else r
                    for r in four_stations.books.rules
                )
                again = Search(search.job, four_stations.with_books(replace(four_stations.books, rules=rules)))
                best, other = (again.sums(ways[i].arcs)[0] for i in (0, rival.rank - 1))
                assert (other <= best) == wins, (b, factor)
            tried += 1
    assert tried >= 2


def test_a_break_even_is_the_smallest_change_of_its_kind(small: tuple[Search, list, list[Rival]]) -> None:
    """The meeting point is where the formula puts it, to the step it is stated in."""
    _, ways, rivals = small
    for rival in rivals:
        for b in rival.found:
            if b.lever.kind != "rate":
                continue
            rule = b.lever.key[0]
            mine, its = (
                sum((p.charge.amount_quote for p in it.charges if p.charge.term.rule.rule_id == rule), Decimal(0))
                for it in (ways[0], ways[rival.rank - 1])
            )
            assert abs(1 + rival.gap / (mine - its) - b.after) <= Decimal("0.0004")


def test_days_at_a_border_turn_the_order_on_the_real_network(book: DataBook) -> None:
    """Standing 13 days longer at Akyayla costs 45 wagons their hire, and the way by Sarahs is then the cheaper one."""
    job = job_of(book, "Kokshetau", "Bandar Abbas", ready="2025-11-25", mode=("rail",), alternatives=1)
    search, ways, rivals = breakevens(job, book)
    days = next(b for b in rivals[0].found if b.lever.kind == "days")
    assert days.lever.key == ("tm-akyayla", "ir-incheh-borun")
    hire_a_day = Decimal(45 * 30)
    assert abs(days.after - rivals[0].gap / hire_a_day) <= Decimal("0.1")
    letter = next(b for b in rivals[0].found if b.lever.kind == "coefficient")
    assert letter.lever.key == ("D02",), "the reduction by Serhetyaka is what the railway can change"
    assert letter.before == Decimal("0.70") > letter.after
    text = sentences(search, ways, rivals)
    assert any("D02" in line and "0.7 -> " in line for line in text)
    assert text[-1].startswith("Each change was tried")


def test_what_has_no_price_to_compare_is_refused(four_stations: DataBook) -> None:
    for more in ({"objective": "time"}, {"alternatives": 0}):
        with pytest.raises(RequestError) as raised:
            breakevens(job_of(four_stations, **more), four_stations)
        assert raised.value.code == "breakeven_needs_cost"


def test_books_laid_aside_leave_the_first_ones_alone(four_stations: DataBook) -> None:
    """A what-if is a copy: the same quote before and after costs the same."""
    before = Search(job_of(four_stations), four_stations).weights[0].sum()
    breakevens(job_of(four_stations, alternatives=1), four_stations)
    assert Search(job_of(four_stations), four_stations).weights[0].sum() == before


def test_a_dwell_laid_on_counts_at_its_border_only(four_stations: DataBook) -> None:
    longer = four_stations.with_dwell("kz-post", "ir-gate", 240.0)
    one, other = (Search(job_of(b), b) for b in (four_stations, longer))
    changed = [
        (a.kind, m2 - m1)
        for a, m1, m2 in zip(one.lane.edges, one.weights[1], other.weights[1], strict=True)
        if m1 != m2
    ]
    assert changed
    assert {kind for kind, _ in changed} == {"rail_border"}
    assert {more for _, more in changed} == {240 * 60}
