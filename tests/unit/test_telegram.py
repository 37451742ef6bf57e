"""A telegram with effect from an earlier day.

Railways change their own conditions by telegram, and some look back: the letter of 14 May 2024 took effect on 28 March.
So a price has two days, that of the haul and that on which the books are known. A telegram must leave what was offered
before it as it was, and change what is asked after it only on the days and hauls it covers.

The telegram of these tests is invented: of 14 May 2026, in force from 28 March to 30 June, on the Iranian railway to
Haven. It raises the rate of private wagons, puts an old rate for the railway's own wagons out of force, and leaves 0.97
of a reduction of 0.90, which the largest reduction would hide if the letters were not replaced.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer import wire
from optimizer.databook import DataBook
from optimizer.errors import VersionsGone
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.store import Store, recompute

ISSUED = dt.date(2026, 5, 14)
FIRST, LAST = dt.date(2026, 3, 28), dt.date(2026, 6, 30)
ONE_DAY = dt.timedelta(days=1)
EVE = ISSUED - ONE_DAY
OFFERED = dt.datetime(2026, 5, 10, 9, 0, tzinfo=dt.UTC)

DATES = {"valid_from": "2026-03-28", "valid_to": "2026-06-30", "known_from": "2026-05-14"}
PLAIN = {"carrier": "RAI", "charge": "carriage", "to": "ir-haven", "status": "published", "source_id": "telegram-118"}
RATE = {**PLAIN, **DATES, "form": "wagon", "basis": "per_chargeable_t", "min_t": "55", "currency": "CHF"}
TELEGRAM_RATES = [
    {**RATE, "rule_id": "T118-PRIVATE", "owner": "private;foreign", "per_km": "0.02", "replaces": "RAI-PRIVATE"},
    {**RATE, "rule_id": "T118-STATE", "owner": "carrier", "per_km": "0.03", "replaces": "RAI-OLD"},
]
TELEGRAM_COEFFICIENTS = [
    {**PLAIN, **DATES, "coef_id": "T118-LETTER", "group": "transit", "origin_country": "KZ", "value": "0.97",
     "replaces": "RAI-LETTER-1;RAI-LETTER-2"},
]  # fmt: skip

Ask = Callable[..., dict[str, Any]]
Told = tuple[str, tuple[str, ...], str]  # rule, coefficients, amount
# 313 km and 67 t in each of 45 wagons: 0.016 x 313 x 3015 x 0.90, then 0.020 x 313 x 3015 x 0.97
BEFORE: Told = ("RAI-PRIVATE", ("RAI-LETTER-1",), "13589.21")
AFTER: Told = ("T118-PRIVATE", ("T118-LETTER",), "18307.68")


def add_rows(table: Path, rows: list[dict[str, str]]) -> None:
    """Rows at the end of a table, with the columns it lacks."""
    with table.open(encoding="utf-8", newline="") as file:
        listed: list[dict[str, str]] = list(csv.DictReader(file))
    columns = list(dict.fromkeys(column for row in (*listed, *rows) for column in row))
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows([*listed, *rows])


@pytest.fixture(scope="session")
def edition(
    tmp_path_factory: pytest.TempPathFactory, four_stations_folder: Path, read_four_stations: Callable[..., DataBook]
) -> Callable[..., DataBook]:
    """Reads `four_stations` with more rows in its book: a later edition of the same tariffs."""

    def edition(rates: list[dict[str, str]], coefficients: list[dict[str, str]]) -> DataBook:
        folder = tmp_path_factory.mktemp("edition") / "book"
        shutil.copytree(four_stations_folder / "book", folder)
        add_rows(folder / "rates.csv", rates)
        add_rows(folder / "coefficients.csv", coefficients)
        return read_four_stations(book=folder)

    return edition


@pytest.fixture(scope="session")
def after(edition: Callable[..., DataBook]) -> DataBook:
    """The books with the telegram."""
    return edition(TELEGRAM_RATES, TELEGRAM_COEFFICIENTS)


@pytest.fixture
def wheat(ask: Ask) -> Ask:
    """3,000 t of wheat from North to Haven, every way there is."""

    def wheat(of: DataBook, ready: dt.date, known_on: dt.date, **more: Any) -> dict[str, Any]:
        return ask("kz-north", "ir-haven", "wheat", of=of, tonnes=3000, ready=ready.isoformat(),
                   known_on=known_on.isoformat(), alternatives=8, **more)  # fmt: skip

    return wheat


def told(line: dict[str, Any]) -> Told:
    return line["rule_id"], tuple(line["coefficient_ids"]), line["amount"]


def to_haven(quote: dict[str, Any]) -> dict[str, Any]:
    """The Iranian carriage on the way that stays on rails to the end."""
    lines = [
        line
        for it in quote["itineraries"]
        if not any(c["code"] in ("truck", "sea_freight") for c in it["charges"])
        for line in it["charges"]
        if (line["code"], line["carrier"]) == ("carriage", "RAI")
    ]
    (line,) = lines
    return line


Way = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def ways(quote: dict[str, Any]) -> dict[Way, list[dict[str, Any]]]:
    """The charge lines of every way, by its borders and what is charged on it."""
    return {
        (tuple(it["route"]), tuple((c["code"], c["carrier"]) for c in it["charges"])): it["charges"]
        for it in quote["itineraries"]
    }


# ---- days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ready", "known_on", "wanted"),
    [
        pytest.param(ISSUED, EVE, BEFORE, id="a covered day, asked the day before the telegram"),
        pytest.param(ISSUED, ISSUED, AFTER, id="a covered day, asked on the day of the telegram"),
        pytest.param(FIRST, ISSUED, AFTER, id="the first day it looks back to"),
        pytest.param(FIRST - ONE_DAY, ISSUED, BEFORE, id="the day before that"),
        pytest.param(dt.date(2026, 4, 15), EVE, BEFORE, id="a day gone by, as known then"),
        pytest.param(dt.date(2026, 4, 15), dt.date(2026, 11, 22), AFTER, id="a day gone by, as known now"),
        pytest.param(LAST, ISSUED, AFTER, id="its last day"),
        pytest.param(LAST + ONE_DAY, ISSUED, BEFORE, id="the day after: the rows it replaced stand again"),
    ],
)
def test_rate_and_reduction_of_a_day_as_known_on_another(
    wheat: Ask, after: DataBook, ready: dt.date, known_on: dt.date, wanted: Told
) -> None:
    assert told(to_haven(wheat(after, ready, known_on))) == wanted


def days_of_2026() -> Iterator[dt.date]:
    """Every ninth day, and each edge with its neighbours."""
    edges = {edge + shift * ONE_DAY for edge in (FIRST, LAST, ISSUED) for shift in (-1, 0, 1)}
    ninths = {dt.date(2026, 1, 1) + n * ONE_DAY for n in range(0, 365, 9)}
    yield from sorted(edges | ninths)


def test_nothing_but_the_covered_days_changes_and_only_once_the_telegram_is_known(
    wheat: Ask, four_stations: DataBook, after: DataBook
) -> None:
    changed: dict[dt.date, set[dt.date]] = {}
    asked = (FIRST, EVE, ISSUED, dt.date(2026, 11, 22))
    for known_on in asked:
        changed[known_on] = {
            ready
            for ready in days_of_2026()
            if wheat(after, ready, known_on)["itineraries"] != wheat(four_stations, ready, known_on)["itineraries"]
        }
    covered = {day for day in days_of_2026() if FIRST <= day <= LAST}
    assert len(covered) > 10
    assert changed == {FIRST: set(), EVE: set(), ISSUED: covered, asked[-1]: covered}


def test_the_order_of_asking_changes_nothing(wheat: Ask, edition: Callable[..., DataBook]) -> None:
    """What is priced once for a span of days must not be given out for a day as known before."""
    asked = [(FIRST, EVE), (FIRST, ISSUED), (FIRST - ONE_DAY, ISSUED), (LAST, EVE), (LAST, ISSUED), (FIRST, EVE)]
    forth, back = (edition(TELEGRAM_RATES, TELEGRAM_COEFFICIENTS) for _ in range(2))
    given = [told(to_haven(wheat(forth, *days))) for days in asked]
    assert given == [told(to_haven(wheat(back, *days))) for days in reversed(asked)][::-1]
    assert given == [BEFORE, AFTER, BEFORE, BEFORE, AFTER, BEFORE]


# ---- hauls -----------------------------------------------------------------------------------------------


def test_only_the_carriage_to_haven_changes(wheat: Ask, four_stations: DataBook, after: DataBook) -> None:
    """The sea, and the few kilometres on the same railway to the trucks, cost what they did; so does all else."""
    old, new = (ways(wheat(book, ISSUED, ISSUED)) for book in (four_stations, after))
    assert old.keys() == new.keys()
    assert len(old) == 3
    differing = [
        (was, now) for way in old for was, now in zip(old[way], new[way], strict=True) if was != now
    ]  # fmt: skip
    ((was, now),) = differing
    assert (was["code"], was["carrier"]) == ("carriage", "RAI")
    assert (told(was), told(now)) == (BEFORE, AFTER)
    short = [line for lines in new.values() for line in lines if line["carrier"] == "RAI" and line is not now]
    assert {told(line)[0] for line in short if line["code"] == "carriage"} == {"RAI-PRIVATE"}


def test_northbound_nothing_changes(ask: Ask, four_stations: DataBook, after: DataBook) -> None:
    """The telegram is for hauls to Haven, not out of it."""
    north = [
        ask("ir-haven", "kz-north", "wheat", of=book, tonnes=3000, ready="2026-05-20", known_on="2026-05-20")
        for book in (four_stations, after)
    ]
    assert north[0]["itineraries"] == north[1]["itineraries"]


def test_an_older_rate_of_higher_rank_is_put_out_of_force(wheat: Ask, after: DataBook) -> None:
    """RAI-OLD outranks the rate of the year though it lapsed in 2021; only a row that replaces it takes its place."""
    quotes = {day: to_haven(wheat(after, ISSUED, day, ownership="carrier")) for day in (EVE, ISSUED)}
    assert (quotes[EVE]["rule_id"], quotes[EVE]["status"]) == ("RAI-OLD", "provisional")
    assert told(quotes[ISSUED]) == ("T118-STATE", ("T118-LETTER",), "27461.52")  # 0.03 x 313 x 3015 x 0.97 = 27461.5245
    assert quotes[ISSUED]["status"] == "published"


# ---- what `replaces` is for ------------------------------------------------------------------------------


def without(rows: list[dict[str, str]], column: str) -> list[dict[str, str]]:
    return [{name: cell for name, cell in row.items() if name != column} for row in rows]


def test_the_largest_reduction_would_hide_the_rise(wheat: Ask, edition: Callable[..., DataBook]) -> None:
    """The same telegram that names no older row: its rate is the later issue and counts, its 0.97 loses to 0.90."""
    hidden = edition(without(TELEGRAM_RATES, "replaces"), without(TELEGRAM_COEFFICIENTS, "replaces"))
    line = to_haven(wheat(hidden, ISSUED, ISSUED))
    assert told(line) == ("T118-PRIVATE", ("RAI-LETTER-1",), "16986.51")  # 0.020 x 313 x 3015 x 0.90
    owned = to_haven(wheat(hidden, ISSUED, ISSUED, ownership="carrier"))
    assert owned["rule_id"] == "RAI-OLD"


def test_a_second_telegram_takes_the_place_of_the_first(wheat: Ask, edition: Callable[..., DataBook]) -> None:
    """Of 1 June, for June alone: the first stands till May, and on days of June as known in May."""
    june = {"valid_from": "2026-06-01", "valid_to": "2026-06-30", "known_from": "2026-06-01"}
    rates = [{**TELEGRAM_RATES[0], **june, "rule_id": "T131", "per_km": "0.018", "replaces": "T118-PRIVATE"}]
    letters = [
        {**TELEGRAM_COEFFICIENTS[0], **june, "coef_id": "T131-LETTER", "value": "1.00", "replaces": "T118-LETTER"}
    ]
    book = edition([*TELEGRAM_RATES, *rates], [*TELEGRAM_COEFFICIENTS, *letters])
    june_1 = dt.date(2026, 6, 1)
    assert told(to_haven(wheat(book, june_1, june_1))) == ("T131", ("T131-LETTER",), "16986.51")  # 0.018 x 313 x 3015
    assert told(to_haven(wheat(book, june_1 - ONE_DAY, june_1))) == AFTER
    assert told(to_haven(wheat(book, june_1, june_1 - ONE_DAY))) == AFTER


# ---- quotes given before ---------------------------------------------------------------------------------

REQUEST = QuoteRequest("kz-north", "ir-haven", "wheat", tonnes="3000", ready="2026-05-05", alternatives=8)


def offer(book: DataBook, at: dt.datetime, **more: str) -> dict[str, Any]:
    return make_quote(replace(REQUEST, **more), book, today=at.date(), created_at=at)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'quotes.sqlite'}")
    yield opened
    opened.close()


def test_a_stored_quote_stays_as_it_was_and_a_new_one_differs(
    store: Store, four_stations: DataBook, after: DataBook
) -> None:
    given = offer(four_stations, OFFERED)
    body = store.save(given)
    assert told(to_haven(given)) == BEFORE

    asked_again = offer(after, OFFERED + dt.timedelta(days=10))
    store.save(asked_again)
    assert told(to_haven(asked_again)) == AFTER
    assert asked_again["quote_id"] != given["quote_id"]
    assert store.get(given["quote_id"]) == body == wire.dumps(given)
    assert len(store.list()[0]) == 2


def test_a_stored_quote_is_computed_again_from_the_books_it_rests_on_and_from_no_others(
    store: Store, four_stations: DataBook, after: DataBook
) -> None:
    given = offer(four_stations, OFFERED)
    body = store.save(given)
    assert recompute(store, given["quote_id"], four_stations) == body
    with pytest.raises(VersionsGone) as raised:
        recompute(store, given["quote_id"], after)
    assert raised.value.details["differ"] == ["tariffs"]
    assert store.get(given["quote_id"]) == body


def test_the_books_with_the_telegram_still_know_what_was_offered_before_it(
    store: Store, four_stations: DataBook, after: DataBook
) -> None:
    """The same request as of the day it was first asked: every line as stored, but for the edition it rests on."""
    stored = json.loads(store.save(offer(four_stations, OFFERED)))
    again = json.loads(wire.dumps(offer(after, OFFERED)))
    assert again["itineraries"] == stored["itineraries"]
    assert again["request"] == stored["request"]
    assert {name for name in stored["versions"] if again["versions"][name] != stored["versions"][name]} == {"tariffs"}
    looked_back = offer(after, OFFERED + dt.timedelta(days=10), known_on=OFFERED.date().isoformat())
    assert told(to_haven(looked_back)) == BEFORE


# ---- over the books that ship with Keruen ----------------------------------------------------------------

Q1 = dt.date(2026, 2, 15)


@pytest.fixture(scope="module")
def akyayla(book: DataBook, tmp_path_factory: pytest.TempPathFactory) -> DataBook:
    """A client's rows over the default books: a telegram of 5 March 2026 on wagons via Akyayla, from 1 February on."""
    standing = [c for c in book.books.at(Q1, Q1).coefficients_for("carriage", "TDY") if c.group == "discount"]
    names = ";".join(c.coef_id for c in standing if ("via", "tm-akyayla") in c.cells)
    assert names, "the default books hold reductions via Akyayla"
    folder = tmp_path_factory.mktemp("own") / "telegram"
    folder.mkdir()
    (folder / "book.toml").write_text('id = "telegram"\ncurrency = "USD"\n', encoding="utf-8")
    days = "2026-02-01,2026-03-31,2026-03-05"
    (folder / "rates.csv").write_text(
        "rule_id,charge,carrier,via,form,basis,rate,min_t,carry,valid_from,valid_to,known_from,status,source_id\n"
        f"OWN-T,carriage,TDY,tm-akyayla,wagon,per_t_km,0.03,50,no,{days},published,telegram\n",
        encoding="utf-8",
    )
    (folder / "coefficients.csv").write_text(
        "coef_id,charge,carrier,via,form,group,value,replaces,valid_from,valid_to,known_from,status,source_id\n"
        f"OWN-C,carriage,TDY,tm-akyayla,wagon,discount,0.80,{names},{days},published,telegram\n",
        encoding="utf-8",
    )
    return DataBook.load([folder])


def tdy_lines(quote: dict[str, Any]) -> dict[Way, list[Told]]:
    """What the Turkmen railway charges on each way."""
    return {
        way: [told(line) for line in lines if (line["code"], line["carrier"]) == ("carriage", "TDY")]
        for way, lines in ways(quote).items()
    }


def to_the_gulf(ask: Ask, of: DataBook, ready: dt.date, known_on: dt.date) -> dict[str, Any]:
    return ask("Kokshetau", "Bandar Abbas", "wheat", of=of, tonnes=3000, ready=ready.isoformat(),
               known_on=known_on.isoformat(), mode=("rail", "sea"), alternatives=6)  # fmt: skip


@pytest.mark.parametrize(
    ("ready", "known_on"),
    [
        (Q1, dt.date(2026, 3, 4)),
        (dt.date(2026, 1, 31), dt.date(2026, 3, 5)),
        (dt.date(2026, 4, 1), dt.date(2026, 4, 1)),
    ],
    ids=["before it is known", "before it takes effect", "after it ended"],
)
def test_over_the_default_books_nothing_changes_outside_the_telegram(
    ask: Ask, book: DataBook, akyayla: DataBook, ready: dt.date, known_on: dt.date
) -> None:
    with_it, plain = (to_the_gulf(ask, of, ready, known_on) for of in (akyayla, book))
    assert with_it["itineraries"] == plain["itineraries"]


def test_over_the_default_books_only_ways_via_akyayla_change(ask: Ask, book: DataBook, akyayla: DataBook) -> None:
    known_on = dt.date(2026, 3, 5)
    plain, with_it = (tdy_lines(to_the_gulf(ask, of, Q1, known_on)) for of in (book, akyayla))
    through = [way for way in with_it if way[0][-1] == "IR|TM:ir-incheh-borun"]
    assert through
    for way in through:
        assert ("OWN-T", ("OWN-C",)) in [line[:2] for line in with_it[way]]
    assert ("OWN-T", ("OWN-C",), "51696.00") in with_it[through[0]]  # 0.03 x 718 x 3000 x 0.80
    others = [way for way in with_it if way in plain and way not in through]
    assert len(others) >= 2
    assert [with_it[way] for way in others] == [plain[way] for way in others]
