"""Quotas: how many a day, how long one waits for that, where it is counted, and the calendar of a season plan."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest

from optimizer.cargo import read_cargoes
from optimizer.request import QuoteRequest, normalise
from optimizer.restriction.match import sentence
from optimizer.restriction.quota import DailyLimit, read_limit
from optimizer.restriction.read import read_restrictions
from optimizer.restriction.waits import quota_queues, with_quotas
from optimizer.search import Search
from optimizer.timing.elements import read_times
from optimizer.timing.laws import fixed
from optimizer.timing.queues import queue_delays, queues_of

BOOK = read_restrictions()
CARGOES = read_cargoes()
TIMES = with_quotas(read_times(), BOOK.rows)
Q1, ALTYNKOL = BOOK.get("UTY-2025-SARYAGASH-Q1"), BOOK.get("KTZ-2025-ALTYNKOL-Q")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("restriction_id", "number", "unit", "tendered", "wait_days"),
    [
        ("UTY-2025-SARYAGASH-Q1", 30, "train", 36, 0.2),
        ("UTY-2025-SARYAGASH-Q2", 35, "train", None, None),
        ("KTZ-2023-SARYAGASH-Q", 675, "wagon", 2100, 1425 / 675),
        ("PK-2024-TORKHAM-Q", 500, "truck", 1200, 1.4),
        ("KTZ-2025-ALTYNKOL-Q", 3, "train", None, None),
        ("AF-TORGHUNDI-TRUCKS", 120, "truck", None, None),
    ],
)
def test_every_quota_is_a_daily_limit(restriction_id, number, unit, tendered, wait_days):
    limit = BOOK.get(restriction_id).daily_limit
    assert (limit.number, limit.unit, limit.tendered) == (number, unit, tendered)
    assert limit.wait_days == (None if wait_days is None else pytest.approx(wait_days))


def test_the_quotas_of_the_table_are_these_six():
    assert len([r for r in BOOK.rows if r.kind == "quota" and r.daily_limit]) == 6
    assert BOOK.get("KZ-AKTAU-WEATHER-2025").daily_limit is None, "open days a month are no daily limit"
    assert BOOK.get("IR-ASTARA-DRAUGHT").daily_limit is None
    assert read_limit("5500", "t per ship") is None


def test_who_is_all_accepted_waits_no_day():
    assert DailyLimit(Decimal(40), "train", Decimal(36)).wait_days == 0
    assert quota_queues([replace(Q1, quota="36")]) == ()


@pytest.mark.parametrize(("a", "b"), [(30, 36), (675, 2100), (500, 1200), (1, 20)])
def test_the_law_has_the_mean_and_spread_of_the_geometric_one(a, b):
    """[rule: quota-wait] Against 400,000 draws of days until the first acceptance."""
    (queue,) = quota_queues([replace(Q1, quota=str(a), tendered=str(b))])
    total = [e for e in queue.applied(fixed(0.0)) if e.mean_h]
    days = np.random.default_rng(1).geometric(a / b, 400_000) - 1
    assert sum(e.mean_h for e in total) / 24 == pytest.approx(days.mean(), rel=0.01)
    assert sum(e.spread.var_h2 for e in total) / 576 == pytest.approx(days.var(), rel=0.02)
    assert queue.expected_h / 24 == pytest.approx((b - a) / a)


def test_the_sentence_tells_the_wait_or_that_it_is_not_known():
    assert "30 of 36 a day are accepted: about 0.2 days' wait" in sentence(Q1)
    assert "675 of 2,100 a day are accepted: about 2.1 days' wait" in sentence(BOOK.get("KTZ-2023-SARYAGASH-Q"))
    assert "how long the rest waits is not known" in sentence(ALTYNKOL)


@dataclass(frozen=True)
class Border:
    """A leg as a queue sees it."""

    from_id: str
    to_id: str
    mode: str = "rail"
    hours: float = 24.0
    family: str = "wagon"
    kind: str = "border"
    service: str = ""
    equipment: str = "hopper-wagon"


@dataclass(frozen=True)
class Step:
    legs: Sequence[Border]


def waits(times, leg, on, known="", groups=frozenset({"grain"})):
    *_, found = queues_of([leg], 0, times, day(on), day(known or on), groups)
    return [q.row_id for q in found], queue_delays([Step([leg])], times, day(on), day(known or on), groups).get(0, 0.0)


OUT, IN = Border("kz-saryagash", "uz-keles"), Border("uz-keles", "kz-saryagash")


def test_a_quota_makes_one_wait_at_its_crossing_on_its_days_once_known():
    times = TIMES
    assert waits(times, OUT, "2025-10-15") == (["UTY-2025-SARYAGASH-Q1"], pytest.approx(4.8))
    assert waits(times, OUT, "2025-09-30") == ([], 0)
    assert waits(times, OUT, "2025-10-15", known="2025-09-30") == ([], 0)
    assert waits(times, IN, "2025-10-15") == ([], 0), "coming in is not export"
    assert waits(times, replace(OUT, mode="road"), "2025-10-15") == ([], 0)
    assert waits(times, OUT, "2023-11-10") == (["KTZ-2023-SARYAGASH-Q"], pytest.approx(24 * 1425 / 675))
    assert waits(times, Border("kz-saryagash", "uz-keles"), "2026-01-10") == ([], 0), "what is tendered is not known"


def test_torkham_makes_trucks_wait_both_ways():
    times = TIMES
    for a, b in (("pk-torkham", "af-torkham"), ("af-torkham", "pk-torkham")):
        leg = Border(a, b, mode="road", family="truck", hours=48.4)
        assert waits(times, leg, "2024-02-15") == (["PK-2024-TORKHAM-Q"], pytest.approx(24 * 1.4))


def test_a_reported_queue_holds_the_quota_and_counts_instead():
    """[rule: quota-in-queue]"""
    times = TIMES
    assert waits(times, OUT, "2025-12-01", known="2025-11-24")[0] == ["UTY-2025-SARYAGASH-Q1"]
    found, more = waits(times, OUT, "2025-12-01")
    assert found == ["KZ-SARYAGASH-2025-11"]
    assert more == pytest.approx(117 - 24)


def test_a_quota_of_grain_in_container_trains_holds_boxes_of_grain_only():
    times = with_quotas(read_times(), [replace(ALTYNKOL, tendered="4")])
    leg = Border("kz-altynkol", "cn-khorgos", family="container")
    assert waits(times, leg, "2025-11-10") == (["KTZ-2025-ALTYNKOL-Q"], pytest.approx(8))
    assert waits(times, leg, "2025-11-10", groups=frozenset({"food"})) == ([], 0)
    assert waits(times, replace(leg, family="wagon"), "2025-11-10") == ([], 0)


def test_of_two_quotas_the_one_that_makes_wait_longer():
    looser = replace(Q1, restriction_id="LOOSER", quota="35")
    for rows in ((Q1, looser), (looser, Q1)):
        times = with_quotas(read_times(), rows)
        assert waits(times, OUT, "2025-10-15") == ([Q1.restriction_id], pytest.approx(4.8))


def test_quotas_of_other_rows_are_left_out():
    again = with_quotas(with_quotas(TIMES, [Q1]), [])
    assert not any(q.quota for q in again.queues)
    assert [q.quota for q in with_quotas(TIMES, [Q1]).queues if q.quota] == [Q1.restriction_id]


def test_days_of_a_quote_hold_the_wait_and_its_warning_says_so(book, ask):
    """Wheat by Saryagash in October 2025: 30 of 36 trains a day accepted."""
    more = {"tonnes": 3000, "ready": "2025-10-15", "known_on": "2025-10-15", "today": day("2025-10-15")}
    quote = ask("Kostanay", "Tashkent", "wheat", mode=("rail",), alternatives=0, **more)
    (it,) = quote["itineraries"]
    texts = [w["text"] for w in it["warnings"] if w["code"] == "quota"]
    assert len(texts) == 1
    assert "30 of 36 a day are accepted: about 0.2 days' wait" in texts[0]
    assert not [w for w in it["warnings"] if w["code"] == "queue"], "one wait is told once"
    request = QuoteRequest(
        "Kostanay", "Tashkent", "wheat", tonnes="3000", ready="2025-10-15", known_on="2025-10-15", mode=("rail",)
    )
    transit = Search(normalise(request, book, day("2025-10-15")), book)
    assert any(q.quota == "UTY-2025-SARYAGASH-Q1" for q in book.times.standing(day("2025-10-15"), day("2025-10-15")))
    (edge,) = [
        n
        for n, e in enumerate(transit.lane.context.graph.edges)
        if e.kind == "rail_border" and [(leg.from_id, leg.to_id) for leg in e.legs] == [("kz-saryagash", "uz-keles")]
    ][:1]
    legs = transit.lane.context.graph.edges[edge].legs
    assert transit.lane.context.sheet.hours[edge] == pytest.approx(sum(leg.hours for leg in legs) + 4.8)
