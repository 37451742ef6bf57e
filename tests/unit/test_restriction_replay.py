"""The autumn of 2025 replayed: the gates by hand, the page against the function, the ways against a quote."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from optimizer.errors import RequestError
from optimizer.replay import (
    AUTUMN_2025,
    GATES,
    LANES,
    PROBES,
    GateDay,
    Lane,
    lane_day,
    main,
    markdown,
    replay,
    runs,
    span,
)

PAGE = Path(__file__).parents[2] / "docs" / "autumn-2025.md"


@pytest.fixture(scope="module")
def autumn(book):
    return replay(book)


def day(text):
    return dt.date.fromisoformat(f"2025-{text}")


def shut_days(autumn, gate, probe):
    """{id: (first day, last day, number of days)} of a gate for a probe."""
    found = {}
    for g in autumn.gates:
        if (g.gate, g.probe) == (gate, probe):
            for i in g.shut_by:
                first, _, n = found.get(i, (g.day, g.day, 0))
                found[i] = (first, g.day, n + 1)
    return found


AKTAU = {"KTZ-2025-AKTAU-1": ("10-06", "10-20", 15), "KTZ-2025-AKTAU-2": ("10-22", "10-31", 10)}
FOREIGN = {"KTZ-2025-FOREIGN": ("10-01", "12-31", 92)}
BOLASHAK = {"KTZ-2025-BOLASHAK-1": ("10-26", "11-06", 12)}
LAST = {"KTZ-2025-SARYAGASH-2": ("11-22", "11-24", 3)}


@pytest.mark.parametrize(
    ("gate", "probe", "shut"),
    [
        ("Aktau port", "wheat", AKTAU),
        ("Aktau port", "flour", {}),
        ("Aktau port", "machinery", {}),
        ("Aktau port", "wheat in foreign wagons", AKTAU | FOREIGN),
        *[("Bolashak", p.name, BOLASHAK) for p in PROBES],
        ("Saryagash", "wheat", LAST),
        ("Saryagash", "flour", LAST),
        ("Saryagash", "machinery", LAST | {"KTZ-2025-SARYAGASH-1": ("11-12", "11-20", 9)}),
        ("Saryagash", "wheat in foreign wagons", LAST),
    ],
)
def test_on_which_days_a_gate_was_shut_and_by_what(autumn, gate, probe, shut):
    assert shut_days(autumn, gate, probe) == {i: (day(a), day(b), n) for i, (a, b, n) in shut.items()}


def test_every_gate_and_probe_has_every_day(autumn):
    assert len(autumn.gates) == len(GATES) * len(PROBES) * 92
    assert len(autumn.lanes) == len(LANES) * 92


def test_aktau_on_21_october_was_open_by_what_was_known(autumn):
    g = next(g for g in autumn.gates if (g.gate, g.probe, g.day) == ("Aktau port", "wheat", day("10-21")))
    assert g.is_open
    assert g.later == ("KTZ-2025-AKTAU-2",)
    assert [x.day for x in autumn.gates if x.later and x.probe == "wheat"] == [day("10-21")]


@pytest.mark.parametrize("text", ["10-01", "10-26", "11-03", "11-23", "12-24"])
def test_a_way_of_a_day_is_the_cheapest_of_a_quote_of_that_day(book, ask, autumn, text):
    for lane in LANES:
        mine = next(d for d in autumn.lanes if d.lane == lane.name and d.day == day(text))
        assert mine == lane_day(book, day(text), lane)
        quote = ask(
            lane.origin, lane.destination, lane.cargo, tonnes=lane.tonnes, ready=f"2025-{text}",
            known_on=f"2025-{text}", today=day(text), alternatives=0,
        )  # fmt: skip
        total = Decimal(quote["itineraries"][0]["total"]["amount"])
        assert mine.per_tonne == (total / lane.tonnes).quantize(Decimal("0.01"))
        assert set(mine.shut) <= {r["what"] for r in quote["rejected"]}


def test_no_way_passes_a_gate_that_is_shut_for_it(autumn):
    names = {"Aktau port": "Aktau Sea Commercial Port", "Bolashak": "Bolashak", "Saryagash": "Saryagash"}
    shut = {(g.day, names[g.gate]) for g in autumn.gates if g.probe == "wheat" and not g.is_open}
    assert shut
    assert not [d for d in autumn.lanes if any((d.day, w) in shut for w in d.way)]


def test_a_closure_never_makes_a_day_cheaper(autumn):
    assert all(d.per_tonne is None or d.per_tonne >= d.if_open for d in autumn.lanes)
    assert any(d.per_tonne > d.if_open for d in autumn.lanes)


def test_the_page_holds_these_tables(autumn):
    assert PAGE.read_text(encoding="utf-8").endswith("\n" + markdown(autumn))


def test_a_page_is_written_anew_and_keeps_its_words(tmp_path, monkeypatch, autumn, book):
    monkeypatch.setattr("optimizer.replay.replay", lambda _: autumn)
    monkeypatch.setattr("optimizer.replay.DataBook.load", lambda: book)
    page = tmp_path / "autumn.md"
    page.write_text("# Words\n\n## Gates\n\nold\n", encoding="utf-8")
    main(str(page))
    assert page.read_text(encoding="utf-8").startswith("# Words\n\n## Gates\n\n| gate | for | days |")


def test_a_few_days_alone_tell_the_same(book, autumn):
    few = [day("10-20"), day("10-21"), day("11-06"), day("11-23")]
    alone = replay(book, few, lanes=LANES[:1])
    assert set(alone.gates) == {g for g in autumn.gates if g.day in few}
    assert set(alone.lanes) == {d for d in autumn.lanes if d.day in few and d.lane == LANES[0].name}


def test_a_lane_without_any_open_way_says_so(book):
    told = replay(book, [day("10-10")], gates=(), lanes=[Lane("Quetta", "Kandahar", "rice", Decimal(20))])
    assert all(d.per_tonne is None or d.way for d in told.lanes)
    assert replay(book, [day("10-10")], gates=(), lanes=()).lanes == ()


def test_a_lane_that_cannot_be_asked_is_refused(book):
    with pytest.raises(RequestError):
        replay(book, [day("10-10")], lanes=[Lane("Kokshetau", "Bandar Abbas", "gravel", Decimal(20))])


def test_runs_break_where_a_day_is_missing():
    days = [GateDay(day(t), "g", "p", ()) for t in ("10-01", "10-02", "10-04")]
    assert [span(a.day, b.day) for a, b in runs(days)] == ["1-2 Oct", "4 Oct"]
    assert len(AUTUMN_2025) == 92


def test_a_port_silted_up_receives_no_ship(ask):
    quote = ask("Kokshetau", "ir-astara-port", "wheat", tonnes=3000, ready="2025-06-10", known_on="2025-06-10")
    assert "IR-2023-ASTARA" in {r["what"] for r in quote["rejected"]}
