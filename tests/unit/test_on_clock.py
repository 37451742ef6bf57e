"""A way walked on the clock: Nowruz at Sarakhs, Fridays, a ship missed by an hour, posts that shut at night."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.calendar_notes import notes, timeline
from optimizer.databook import DataBook
from optimizer.network.model import Network
from optimizer.routing.forms import Leg
from optimizer.stops import Calendar
from optimizer.tables import data_file, read_bytes
from optimizer.timing import walk
from optimizer.timing.calendar import clock
from optimizer.timing.elements import Queue, Selector
from optimizer.timing.laws import FIXED, Element, fixed, gamma
from optimizer.timing.spread import total
from optimizer.timing.timetable import COLUMNS, Timetables, read_timetables
from optimizer.timing.working import read_working_days
from optimizer.transit import LegTime, Transit, leg_times, on_clock, transit_of
from optimizer.validity import Validity

TRUCK = Leg("haul", "road", "tm-mary", "tm-sarahs", "TM trucks", "truck", family="truck")
SARAKHS = Leg("border", "road", "tm-sarahs", "ir-sarakhs", family="truck")
LIFT = Leg("handling", "none", "ir-mashhad", "ir-mashhad", service="container lift", family="container")
WAIT = Leg("wait", "none", "kz-aktau-port", "kz-aktau-port", service="waiting for a sailing", family="container")
SHIP = Leg("haul", "sea", "kz-aktau-port", "az-alat-port", service="container_feeder", family="container")
TRAIN = Leg(
    "haul", "rail", "kz-altynkol", "ir-tehran", "KTZ", "rail", family="container", path=("kz-altynkol", "kz-bolashak")
)


def table(*rows: dict[str, str]) -> Timetables:
    """A timetable with these rows; what a row does not say is that of a feeder from Aktau on Thursdays at 18:00."""
    usual = {
        "from_id": "kz-aktau-port", "to_id": "az-alat-port", "kind": "container_feeder", "weekdays": "Thu",
        "departs_at": "18:00", "source_id": "keruen-estimate", "status": "estimated", "note": "invented for tests",
    }  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows({**usual, **row} for row in rows)
    return read_timetables(out.getvalue().encode())


def walked(
    calendar: Calendar, begins: dt.datetime, *legs: tuple[Leg, Element], queues: Sequence[Queue] = ()
) -> Transit:
    """A way of these legs, begun at a moment; `queues` stand before the first."""
    times = []
    for number, (_, element) in enumerate(legs):
        here = tuple(queues) if number == 0 else ()
        elements: tuple[Element, ...] = (element,)
        for queue in here:
            elements = (*queue.applied(elements[0]), *elements[1:])
        times.append(LegTime(elements, total(e.spread for e in elements), here))
    return on_clock(times, [leg for leg, _ in legs], begins, calendar)


@pytest.fixture(scope="module")
def calendar(book: DataBook) -> Calendar:
    return book.calendar


def in_march(country: str, day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, tzinfo=clock(country))


# ---- days of rest -------------------------------------------------------------------------------------


def test_a_truck_at_sarakhs_on_the_eve_of_nowruz_stands_for_four_days(calendar: Calendar) -> None:
    """There at 20:00 on 20 March by Iran's clock, ten hours of work: four are done before midnight, six on the 25th."""
    transit = walked(calendar, in_march("IR", 20, 14), (TRUCK, fixed(6)), (SARAKHS, fixed(10)))
    assert transit.expected_h == pytest.approx(6 + 10 + 96)
    assert transit.quantile(0.9) == pytest.approx(112)
    (shift,) = transit.legs[1].shifts
    assert (shift.kind, shift.country, shift.days[0], shift.days[-1]) == (
        "holiday", "IR", dt.date(2026, 3, 21), dt.date(2026, 3, 24),
    )  # fmt: skip
    assert transit.legs[1].spread.mean_h == pytest.approx(106)
    assert timeline(in_march("IR", 20, 14), transit)[-1] == in_march("IR", 25, 6)
    texts = [
        text for code, text, _ in notes([TRUCK, SARAKHS], transit, in_march("IR", 20, 14), calendar) if "+" in text
    ]
    assert texts == [
        "+96.0 h at Sarakhs checkpoint: 2026-03-21 to 2026-03-24 are holidays in Iran (Eid al-Fitr; Nowruz; "
        "Eid al-Fitr Holiday; Nowruz Holiday)."
    ]


def test_a_truck_that_is_through_before_the_feast_does_not_meet_it(calendar: Calendar) -> None:
    transit = walked(calendar, in_march("IR", 20, 2), (TRUCK, fixed(6)), (SARAKHS, fixed(10)))
    assert transit.expected_h == 16 and not transit.legs[1].shifts


def test_fridays_are_inside_the_mean_of_a_crossing_and_not_inside_the_shift_of_a_terminal(calendar: Calendar) -> None:
    friday = dt.datetime(2026, 4, 17, tzinfo=clock("IR"))
    assert walked(calendar, friday, (SARAKHS, fixed(10))).expected_h == 10
    transit = walked(calendar, friday, (LIFT, fixed(12)))
    assert transit.expected_h == 36
    assert [s.kind for s in transit.legs[0].shifts] == ["weekend"]
    (note,) = notes([LIFT], transit, friday, calendar)
    assert note[:2] == ("weekend", "+24.0 h at Mashhad: no work on Friday in Iran (2026-04-17).")


def test_a_holiday_on_a_friday_counts_once(calendar: Calendar) -> None:
    """13 November 2026 is a Friday and a holiday in Iran."""
    begins = dt.datetime(2026, 11, 13, tzinfo=clock("IR"))
    transit = walked(calendar, begins, (LIFT, fixed(12)))
    assert transit.expected_h == 36
    assert [s.kind for s in transit.legs[0].shifts] == ["weekend"]


def test_trains_cross_and_kazakh_posts_work_on_holidays(calendar: Calendar) -> None:
    nauryz = in_march("KZ", 21)
    train = Leg("border", "rail", "kz-bolashak", "tm-serhetyaka", family="wagon")
    truck = Leg("border", "road", "kz-konysbaev", "uz-yallama", family="truck")
    assert walked(calendar, nauryz, (train, fixed(20)), (truck, fixed(9))).expected_h == 29


def test_holidays_on_which_work_goes_on_by_our_estimate_are_asked_about(calendar: Calendar) -> None:
    """The post of Turkmenistan: no source says that it works on its Spring Festival."""
    begins = in_march("TM", 22)
    border = Leg("border", "road", "uz-alat", "tm-farap", family="truck")
    found = notes([border], walked(calendar, begins, (border, fixed(9))), begins, calendar)
    assert [text for _, text, _ in found] == [
        "2026-03-22 is a holiday in Turkmenistan (Spring Festival), when the goods are expected at Farap checkpoint: "
        "taken to work, which no source confirms; ask."
    ]


# ---- opening hours ------------------------------------------------------------------------------------


def with_post(calendar: Calendar, **columns: Any) -> Calendar:
    """The same, the post of Milak changed."""
    network: Network = calendar.network
    rows = tuple(replace(row, **columns) if row.from_id == "ir-milak" else row for row in network.road_crossings)
    return Calendar(replace(network, road_crossings=rows), calendar.working, calendar.timetables)


MILAK = Leg("border", "road", "ir-milak", "af-zaranj", family="truck")


@pytest.mark.parametrize(
    ("words", "status", "hour", "waits_h"),
    [
        ("08:00-20:00", "estimated", 22, 10),  # till eight in the morning
        ("08:00-20:00", "estimated", 9, 0),
        ("08:00-20:00", "published", 22, 0),  # a measured mean holds its nights
        ("08:00-20:00 (not verified)", "estimated", 22, 0),
        ("daytime (not verified)", "estimated", 22, 0),
        ("24h", "estimated", 22, 0),
    ],
)
def test_a_post_that_shuts_at_night(calendar: Calendar, words: str, status: str, hour: int, waits_h: float) -> None:
    changed = with_post(calendar, opening_hours=words, status=status)
    begins = dt.datetime(2026, 4, 14, hour, tzinfo=clock("IR"))
    transit = walked(changed, begins, (MILAK, fixed(30)))
    assert transit.expected_h == 30 + waits_h
    if waits_h:
        (note,) = notes([MILAK], transit, begins, changed)
        assert note[:2] == ("border_hours", "+10.0 h at Milak checkpoint: the post works 08:00-20:00.")


# ---- departures ---------------------------------------------------------------------------------------

FERRY = (WAIT, Element(52.5, FIXED)), (SHIP, fixed(24))


@pytest.mark.parametrize(
    ("hour", "departs_h"),
    [(5, 18), (6, 18), (7, 18 + 168)],  # cut-off at six on Thursday
)
def test_a_cut_off_missed_by_an_hour_waits_for_the_next_ship(calendar: Calendar, hour: int, departs_h: float) -> None:
    timed = replace_timetables(calendar, table({"cutoff_h": "12"}))
    thursday = in_march("KZ", 5)
    begins = thursday + dt.timedelta(hours=hour)
    transit = walked(timed, begins, *FERRY)
    assert transit.expected_h == departs_h - hour + 24
    (shift,) = transit.legs[0].shifts
    assert (shift.kind, shift.usual_h) == ("departure", 52.5)
    assert transit.legs[0].elements == (), "the days replace the law of the wait"


def replace_timetables(calendar: Calendar, timetables: Timetables) -> Calendar:
    return Calendar(calendar.network, calendar.working, timetables)


def test_an_uncertain_arrival_waits_half_an_interval(calendar: Calendar) -> None:
    """Sure to the hour, the wait is that of the timetable; the less sure, the nearer half a week's interval."""
    timed = replace_timetables(calendar, table({}))
    begins = in_march("KZ", 4, 18)  # a day before the ship
    to_port = Leg("haul", "rail", "kz-beyneu", "kz-aktau-port", family="wagon")
    sure = walked(timed, begins, (to_port, fixed(12)), *FERRY)
    assert sure.legs[1].spread.mean_h == 12
    off = []
    for deviation in (12, 48, 168, 400):
        vague = walked(timed, begins, (to_port, gamma(1000, deviation / 1000)), *FERRY)
        off.append(abs(vague.legs[1].spread.mean_h - 84))
    assert off[0] > 40 and off[1] < 20 and max(off[2:]) < 1, off


def test_where_only_a_frequency_is_known_the_law_stays(calendar: Calendar) -> None:
    transit = walked(replace_timetables(calendar, Timetables()), in_march("KZ", 5), *FERRY)
    assert transit == transit_of(transit.legs) and transit.expected_h == 76.5


def test_a_timetable_ends_and_another_service_is_not_concerned(calendar: Calendar) -> None:
    for row in ({"valid_to": "2025-12-31"}, {"kind": "roro"}, {"to_id": "ir-amirabad-port"}):
        transit = walked(replace_timetables(calendar, table(row)), in_march("KZ", 5), *FERRY)
        assert not transit.legs[0].shifts, row


def test_a_line_of_trucks_before_the_ship_stays(calendar: Calendar) -> None:
    """Held three days in all: there on Sunday, gone on Thursday."""
    held = Queue("LINE", Selector("wait_sailing"), "held", 72, 1.0, FIXED, Validity(), None, "s", "derived", "", 2)
    transit = walked(replace_timetables(calendar, table({})), in_march("KZ", 5, 18), *FERRY, queues=[held])
    assert transit.legs[0].spread.mean_h == 168
    assert transit.legs[0].elements == (fixed(72),)


def test_a_container_train_leaves_on_its_day(calendar: Calendar) -> None:
    row = {
        "from_id": "kz-altynkol",
        "to_id": "kz-bolashak",
        "kind": "container_train",
        "weekdays": "Tue",
        "departs_at": "",
    }
    timed = replace_timetables(calendar, table(row))
    monday = in_march("KZ", 2)
    assert walked(timed, monday, (TRAIN, fixed(200))).expected_h == 236, "no hour is told: noon"
    wagons = replace(TRAIN, family="wagon")
    assert walked(timed, monday, (wagons, fixed(200))).expected_h == 200


def test_a_users_row_replaces_ours_for_its_service(calendar: Calendar) -> None:
    ours, own = table({"weekdays": "Mon"}, {"kind": "roro"}), table({"weekdays": "Fri"})
    both = ours.over(own)
    assert [row.in_words for row in both.rows] == ["Fri 18:00", "Thu 18:00"]
    assert len({both.version, ours.version, own.version}) == 3


def test_the_day_of_a_ship_is_that_of_its_port_whatever_clock_one_brings(calendar: Calendar) -> None:
    timed = replace_timetables(calendar, table({"departs_at": "01:00"}))
    at_home = in_march("KZ", 4, 23)
    for zone in (clock("CN"), clock("IR"), dt.UTC, zoneinfo.ZoneInfo("Europe/Berlin")):
        assert walked(timed, at_home.astimezone(zone), *FERRY).expected_h == 2 + 24


def test_a_night_when_clocks_are_put_forward_is_no_shorter(calendar: Calendar) -> None:
    """Loaded in Berlin's time on 28 March: the ship of Sunday, 18:00 in Aktau, leaves 26 hours later, not 27."""
    timed = replace_timetables(calendar, table({"weekdays": "Sun"}))
    begins = dt.datetime(2026, 3, 28, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    transit = walked(timed, begins, *FERRY)
    assert transit.legs[0].spread.mean_h == 26
    assert timeline(begins, transit)[0] == dt.datetime(2026, 3, 29, 18, tzinfo=clock("KZ"))


# ---- the law of it ------------------------------------------------------------------------------------


def gate(t: float, spans: Sequence[walk.Span]) -> float:
    return next((e for s, e in spans if s <= t < e), t)


def done(t: float, work: float, spans: Sequence[walk.Span]) -> float:
    for s, e in spans:
        if t >= e:
            continue
        if t + work <= s:
            break
        work -= max(0.0, s - t)
        t = e
    return t + work


def shipped(t: float, leaving: Sequence[walk.Span]) -> float:
    return next(leaves for latest, leaves in leaving if t <= latest)


def test_the_law_is_that_of_a_simulation() -> None:
    """A gate every night, rest on Sundays, a ship twice a week: means and quantiles of 100,000 journeys."""
    rng = np.random.default_rng(7)
    nights = [(24.0 * d + 20, 24.0 * d + 32) for d in range(60)]
    sundays = [(168.0 * w + 144, 168.0 * w + 168) for w in range(9)]
    ships = sorted((84.0 * k + 40, 84.0 * k + 52) for k in range(30))
    for first, second, work in (
        (gamma(60, 0.5), gamma(30, 0.8), gamma(24, 0.4)),
        (fixed(19), gamma(9, 0.3), fixed(30)),
    ):

        def draws(e: Element) -> Any:
            cv = e.shape.cv
            return rng.gamma(cv**-2, e.mean_h * cv**2, 100_000) if cv else np.full(100_000, e.mean_h)  # noqa: B023

        law, met = walk.through_gate(walk.then(walk.at(0), [first]), nights)
        begun = draws(first)
        passed = np.array([gate(t, nights) for t in begun])
        assert sum(m.hours for m in met) == pytest.approx((passed - begun).mean(), abs=0.1)
        law = walk.then(law, [second])
        begun = passed + draws(second)
        law, met = walk.with_rest(law, [work], sundays)
        hours = draws(work)
        ended = np.array([done(t, d, sundays) for t, d in zip(begun, hours, strict=True)])
        assert sum(m.hours for m in met) == pytest.approx((ended - begun - hours).mean(), abs=0.1)
        for p in (0.1, 0.5, 0.9):
            assert law.quantile(p) == pytest.approx(np.quantile(ended, p), rel=0.02), p
        law, wait, deviation = walk.with_departure(law, ships)
        gone = np.array([shipped(t, ships) for t in ended])
        assert wait == pytest.approx((gone - ended).mean(), abs=0.5)
        assert deviation == pytest.approx((gone - ended).std(), rel=0.03)
        assert law.mean_h == pytest.approx(gone.mean(), rel=0.01)


def test_rest_never_brings_an_arrival_forward() -> None:
    rng = random.Random(3)
    for _ in range(200):
        law = walk.then(walk.at(rng.uniform(0, 50)), [gamma(rng.uniform(1, 200), rng.uniform(0.1, 1.2))])
        work = [gamma(rng.uniform(1, 100), rng.uniform(0.1, 1.2))]
        marks = sorted(rng.uniform(0, 400) for _ in range(2 * rng.randint(1, 6)))
        spans = list(zip(marks[::2], marks[1::2], strict=True))
        plain = walk.then(law, work)
        rested, met = walk.with_rest(law, work, spans)
        assert all(m.hours >= 0 and 0 <= m.chance <= 1 + 1e-9 for m in met)
        assert rested.mean_h >= plain.mean_h
        fewer, _ = walk.with_rest(law, work, spans[1:]) if spans[1:] else (plain, [])
        assert rested.mean_h >= fewer.mean_h - 0.05, "one more day of rest"
        slack = plain.step_h + rested.step_h
        assert all(rested.quantile(p) >= plain.quantile(p) - slack for p in (0.05, 0.5, 0.95))
        shut, waits = walk.through_gate(law, spans)
        assert all(m.hours >= 0 for m in waits) and shut.mean_h >= law.mean_h


def test_more_departures_a_week_never_make_one_wait_longer(calendar: Calendar) -> None:
    rng = random.Random(5)
    to_port = Leg("haul", "rail", "kz-beyneu", "kz-aktau-port", family="wagon")
    for _ in range(30):
        days = rng.sample(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 7)
        arrival = (
            gamma(rng.uniform(20, 300), rng.uniform(0.05, 0.8)) if rng.random() < 0.8 else fixed(rng.uniform(0, 200))
        )
        waits = []
        for count in range(1, 8):
            rows = table({"weekdays": ";".join(days[:count]), "cutoff_h": "6"})
            transit = walked(replace_timetables(calendar, rows), in_march("KZ", 3, 7), (to_port, arrival), *FERRY)
            waits.append(transit.legs[1].spread.mean_h)
        assert all(b <= a + 0.2 for a, b in zip(waits, waits[1:], strict=False)), (days, waits)


def test_the_order_of_rows_is_nothing(calendar: Calendar) -> None:
    rows: list[dict[str, str]] = [
        {"weekdays": "Mon"},
        {"weekdays": "Thu", "cutoff_h": "24"},
        {"weekdays": "Sat", "departs_at": "03:00"},
    ]
    head, *lines = read_bytes(data_file("seeds", "working_days.csv")).decode().splitlines(keepends=True)
    begins = in_march("KZ", 18)
    lift = replace(LIFT, from_id="kz-aktau", to_id="kz-aktau")
    legs = ((lift, gamma(30, 0.5)), *FERRY, (SARAKHS, gamma(20, 0.5)))
    rng = random.Random(1)
    seen = set()
    for _ in range(4):
        working = read_working_days((head + "".join(rng.sample(lines, len(lines)))).encode())
        shuffled = Calendar(calendar.network, working, table(*rng.sample(rows, 3)))
        transit = walked(shuffled, begins, *legs)
        seen.add((round(transit.expected_h, 6), round(transit.quantile(0.9), 6)))
    assert len(seen) == 1


def test_hours_of_the_legs_are_those_of_the_way(calendar: Calendar) -> None:
    timed = replace_timetables(calendar, table({"weekdays": "Mon;Thu", "cutoff_h": "6"}))
    lift = replace(LIFT, from_id="kz-aktau", to_id="kz-aktau")
    for day in range(1, 29):
        transit = walked(timed, in_march("KZ", day), (lift, gamma(30, 0.5)), *FERRY, (SARAKHS, gamma(20, 0.5)))
        assert sum(leg.spread.mean_h for leg in transit.legs) == pytest.approx(transit.expected_h, abs=1e-9)
        assert transit.quantile(0.1) < transit.expected_h < transit.quantile(0.95)


# ---- in a quote ---------------------------------------------------------------------------------------


def test_a_quote_at_nowruz_says_what_the_feast_adds(ask: Callable[..., dict[str, Any]]) -> None:
    def way(ready: str) -> dict[str, Any]:
        found: dict[str, Any] = ask("Mary", "Tehran", "tomatoes", tonnes=40, ready=ready, alternatives=0)[
            "itineraries"
        ][0]
        return found

    plain, feast = way("2026-03-03"), way("2026-03-19")
    for it in (plain, feast):
        legs = sum(leg["expected_hours"] for leg in it["legs"])
        assert legs == pytest.approx(it["transit"]["expected_hours"], abs=0.1)
    assert feast["total"] == plain["total"], "the calendar is no part of the price"
    added = feast["transit"]["expected_hours"] - plain["transit"]["expected_hours"]
    assert added > 24
    assert feast["transit"]["p90_hours"] - plain["transit"]["p90_hours"] > 60
    told = [w["text"] for w in feast["warnings"] if w["text"].startswith("+") and "Nowruz" in w["text"]]
    assert len(told) == 1 and "holidays in Iran" in told[0]


def test_laws_of_legs_do_not_depend_on_the_day_of_the_week(book: DataBook) -> None:
    """What days share a search may be walked again on each: only the clock differs."""
    from optimizer.quote import best_only
    from optimizer.request import QuoteRequest, normalise

    found = set()
    for ready in ("2026-03-03", "2026-03-19"):
        request = QuoteRequest("Mary", "Tehran", "tomatoes", tonnes="40", ready=ready, alternatives=0)
        search, best = best_only(normalise(request, book, dt.date(2026, 11, 22)), book)
        s = search.job.shipment
        found.add(leg_times(best.legs, search.load, book.times, s.ready, s.known_on, book.cargoes[s.cargo].groups))
    assert len(found) == 1
