"""Changes whose direction everybody knows: a road closed, a rate raised, a load doubled. The price must follow."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from optimizer.databook import DataBook
from optimizer.errors import NoItinerary
from optimizer.network.names import PlaceIndex, load_aliases
from optimizer.network.read import read_network
from optimizer.quote import best_only
from optimizer.request import QuoteRequest, normalise
from optimizer.search import Search
from optimizer.ways import best_way
from optimizer.wire import dumps

TODAY = dt.date(2026, 11, 22)

LANES = [
    ("Kokshetau", "Bandar Abbas", "wheat", {"tonnes": "3000"}),
    ("Kostanay", "Herat", "flour", {"tonnes": "1320"}),
    ("kz-altynkol", "Tehran", "general", {"units": "40", "equipment": "container-40"}),
    ("Ashgabat", "Atyrau", "tomatoes", {"tonnes": "172", "equipment": "reefer-truck"}),
]
IDS = [f"{a}-{b}" for a, b, _, _ in LANES]


def optimum(
    book: DataBook, origin: str, destination: str, cargo: str, objective: str = "cost", **more: Any
) -> int | None:
    """The best way's cents, minutes or grams; None where there is none."""
    job = normalise(QuoteRequest(origin, destination, cargo, objective=objective, **more), book, TODAY)
    search = Search(job, book)
    path = best_way(search, search.combined(objective), search.blocked())
    if path is None:
        return None
    return search.sums(path)[("cost", "time", "emissions").index(objective)]


def not_better(changed: int | None, plain: int | None) -> bool:
    return changed is None or (plain is not None and changed >= plain)


# ---- closing and avoiding ----------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["cost", "time", "emissions"])
@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES, ids=IDS)
def test_closing_any_arc_of_the_best_way_never_helps(
    book: DataBook, origin: str, destination: str, cargo: str, more: dict[str, str], objective: str
) -> None:
    search = Search(normalise(QuoteRequest(origin, destination, cargo, ready="2026-11-25", **more), book, TODAY), book)
    weight, blocked = search.combined(objective), search.blocked()
    key = ("cost", "time", "emissions").index(objective)
    path = best_way(search, weight, blocked)
    assert path is not None
    best = search.sums(path)[key]
    for arc in path:
        mask = blocked.copy()
        mask[arc] = True
        other = best_way(search, weight, mask)
        if other is not None:
            assert arc not in other
            assert search.sums(other)[key] >= best


@pytest.mark.parametrize("avoid", ["TM", "UZ", "IR", "TDY", "tm-akyayla", "kz-bolashak", "ir-sarakhs", "kz-aktau-port"])
@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES[:3], ids=IDS[:3])
def test_avoiding_never_lowers_the_optimum(
    book: DataBook, origin: str, destination: str, cargo: str, more: dict[str, str], avoid: str
) -> None:
    plain = optimum(book, origin, destination, cargo, ready="2026-11-25", **more)
    avoiding = optimum(book, origin, destination, cargo, ready="2026-11-25", avoid=(avoid,), **more)
    assert not_better(avoiding, plain)


@pytest.mark.parametrize("objective", ["cost", "time", "emissions"])
@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES, ids=IDS)
def test_a_place_to_pass_never_lowers_the_optimum(
    book: DataBook, origin: str, destination: str, cargo: str, more: dict[str, str], objective: str
) -> None:
    plain = optimum(book, origin, destination, cargo, objective, ready="2026-11-25", **more)
    for via in ("kz-beyneu", "tm-ashgabat", "uz-tashkent"):
        passing = optimum(book, origin, destination, cargo, objective, ready="2026-11-25", via=(via,), **more)
        assert not_better(passing, plain), via


@pytest.mark.parametrize("ready", ["2025-10-10", "2025-11-25", "2026-11-25"])
@pytest.mark.parametrize(
    ("origin", "destination", "cargo", "more"), [*LANES, ("Kostanay", "Peshawar", "wheat", {"tonnes": "680"})]
)
def test_ignoring_restrictions_never_raises_the_optimum(
    book: DataBook, origin: str, destination: str, cargo: str, more: dict[str, str], ready: str
) -> None:
    day = dt.date.fromisoformat(ready)
    every = tuple(r.restriction_id for r in book.restrictions_at(day, TODAY))
    plain = optimum(book, origin, destination, cargo, ready=ready, **more)
    ignoring = optimum(book, origin, destination, cargo, ready=ready, ignore_restriction=every, **more)
    assert not_better(plain, ignoring)
    for one in every[:6]:
        with_one = optimum(book, origin, destination, cargo, ready=ready, ignore_restriction=(one,), **more)
        assert not_better(plain, with_one)
        assert not_better(with_one, ignoring)


def test_fewer_modes_never_lower_the_optimum(book: DataBook) -> None:
    for modes in (("rail",), ("road",), ("sea",), ("rail", "sea"), ("rail", "road")):
        for origin, destination, cargo, more in LANES:
            plain = optimum(book, origin, destination, cargo, ready="2026-11-25", **more)
            assert not_better(optimum(book, origin, destination, cargo, ready="2026-11-25", mode=modes, **more), plain)


def test_a_later_due_date_never_costs_more(book: DataBook) -> None:
    before: int | None = None
    for due in ("2026-12-04", "2026-12-08", "2026-12-12", "2026-12-20", "2027-01-20"):
        cents = optimum(book, "Kokshetau", "Bandar Abbas", "wheat", tonnes="3000", ready="2026-11-25", due=due)
        if before is not None:
            assert cents is not None
            assert cents <= before
        before = cents
    assert before == optimum(book, "Kokshetau", "Bandar Abbas", "wheat", tonnes="3000", ready="2026-11-25")


# ---- how much ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES, ids=IDS)
def test_more_tonnes_never_cost_less(
    book: DataBook, origin: str, destination: str, cargo: str, more: dict[str, str]
) -> None:
    rest = {k: v for k, v in more.items() if k == "equipment"}
    before = 0
    for tonnes in ("1", "2", "17.2", "34.4", "68", "136", "272.5", "545", "3000", "6000"):
        cents = optimum(book, origin, destination, cargo, ready="2026-11-25", tonnes=tonnes, **rest)
        assert cents is not None
        assert cents >= before
        before = cents


# ---- rates -------------------------------------------------------------------------------------------


def copied(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into)
    return into


def rewrite(file: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        rows, columns = change(list(reader)), reader.fieldnames
    assert columns
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        writer.writerows(rows)


SMALL = [{"tonnes": "3000"}, {"tonnes": "3000", "ownership": "carrier"}, {"tonnes": "440", "equipment": "truck"}]


def small_optima(data: DataBook) -> list[int | None]:
    return [optimum(data, "kz-north", "ir-haven", "wheat", ready="2026-11-25", **more) for more in SMALL]


def rule_ids(folder: Path) -> list[str]:
    with (folder / "book" / "rates.csv").open(encoding="utf-8", newline="") as file:
        return [row["rule_id"] for row in csv.DictReader(file)]


def test_raising_any_rate_never_lowers_the_optimum(
    four_stations: DataBook, four_stations_folder: Path, read_four_stations, tmp_path: Path
) -> None:
    plain = small_optima(four_stations)
    moved = 0
    for rule_id in rule_ids(four_stations_folder):

        def dearer(rows: list[dict[str, str]], rule_id: str = rule_id) -> list[dict[str, str]]:
            for row in rows:
                if row["rule_id"] == rule_id:
                    column = "per_km" if row["per_km"] else "rate"
                    row[column] = str(Decimal(row[column]) * Decimal("1.37"))
            return rows

        changed = copied(four_stations_folder / "book", tmp_path / rule_id)
        rewrite(changed / "rates.csv", dearer)
        now = small_optima(read_four_stations(book=changed))
        assert all(not_better(a, b) for a, b in zip(now, plain, strict=True)), rule_id
        moved += now != plain
    assert moved >= 5  # some rates do carry the price


def test_taking_a_rate_away_never_lowers_the_optimum_and_never_makes_it_free(
    four_stations: DataBook, four_stations_folder: Path, read_four_stations, tmp_path: Path
) -> None:
    """A missing rate shuts the way; it is not a free haul. Optional lines (hire, empty return ...) may go."""
    plain = small_optima(four_stations)
    optional = {"EMPTY", "HIRE", "ELEVATOR", "INSURANCE", "RAI-OLD"}
    for rule_id in rule_ids(four_stations_folder):
        if rule_id in optional:
            continue
        changed = copied(four_stations_folder / "book", tmp_path / rule_id)
        rewrite(changed / "rates.csv", lambda rows, rule_id=rule_id: [r for r in rows if r["rule_id"] != rule_id])
        now = small_optima(read_four_stations(book=changed))
        assert all(not_better(a, b) for a, b in zip(now, plain, strict=True)), rule_id


def raised_by_own_book(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "book.toml").write_text('id = "own"\ncurrency = "USD"\n', encoding="utf-8")
    (folder / "rates.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_dearer_railway_in_ones_own_book(book: DataBook, tmp_path: Path) -> None:
    folder = raised_by_own_book(
        tmp_path,
        "rule_id,charge,carrier,form,basis,fixed,per_km,status,source_id,description\nOWN,carriage,KTZ,wagon,per_t,3.0,0.009,estimated,me,own KTZ\n",
    )
    dearer = DataBook.load([folder])
    for origin, destination, cargo, more in LANES[:2]:
        plain = optimum(book, origin, destination, cargo, ready="2026-11-25", **more)
        changed = optimum(dearer, origin, destination, cargo, ready="2026-11-25", **more)
        assert plain is not None
        assert changed is not None
        assert changed > plain


# ---- what must not matter ----------------------------------------------------------------------------


def without_versions(quote: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in quote.items() if k not in ("versions", "quote_id")}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_does_not_matter(
    four_stations: DataBook, four_stations_folder: Path, read_four_stations, ask, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    network = copied(four_stations_folder / "network", tmp_path / "network")
    changed = copied(four_stations_folder / "book", tmp_path / "book")
    for file in (*network.glob("*.csv"), *changed.glob("*.csv")):
        rewrite(file, lambda rows: rng.sample(rows, len(rows)))
    shuffled = read_four_stations(network=network, book=changed)
    assert shuffled.versions["network"] != four_stations.versions["network"]
    for more in SMALL:
        values = {"ready": "2026-11-25", "pareto": True, "alternatives": 4, **more}
        first = ask("kz-north", "ir-haven", "wheat", of=four_stations, **values)
        second = ask("kz-north", "ir-haven", "wheat", of=shuffled, **values)
        assert without_versions(first) == without_versions(second)


def test_the_order_of_rows_of_the_real_network_does_not_matter(book: DataBook, tmp_path: Path, ask) -> None:
    root = copied(Path(str(files("network_data"))), tmp_path / "network")
    rng = random.Random(7)
    for name in ("places", "rail_sections", "road_sections", "road_crossings", "sea_services", "joins"):
        rewrite(root / f"{name}.csv", lambda rows: rng.sample(rows, len(rows)))
    network = read_network(root)
    shuffled = replace(
        book, network=network, places=PlaceIndex(network, load_aliases()),
        **{name: type(getattr(book, name))(getattr(book, name).most) for name in ("_graphs", "_contexts", "_lanes", "_hauls")},
    )  # fmt: skip
    for origin, destination, cargo, more in LANES:
        values = {"ready": "2026-11-25", **more}
        assert optimum(shuffled, origin, destination, cargo, **values) == optimum(
            book, origin, destination, cargo, **values
        )
    origin, destination, cargo, more = LANES[0]
    first = ask(origin, destination, cargo, of=book, ready="2026-11-25", mode=("rail", "sea"), **more)
    second = ask(origin, destination, cargo, of=shuffled, ready="2026-11-25", mode=("rail", "sea"), **more)
    assert without_versions(first) == without_versions(second)


@pytest.mark.parametrize(("origin", "destination", "cargo", "more"), LANES, ids=IDS)
def test_the_same_request_gives_the_same_bytes(
    book: DataBook, ask, origin: str, destination: str, cargo: str, more: dict[str, str]
) -> None:
    """From a warm cache, from a cold one, and after other lanes were asked."""
    values = {"ready": "2026-11-25", "pareto": origin == "Ashgabat", **more}
    first = dumps(ask(origin, destination, cargo, **values))
    ask("Kostanay", "Mary", "wheat", tonnes=680, ready="2026-11-25", alternatives=0)
    assert dumps(ask(origin, destination, cargo, **values)) == first
    if origin == "Kokshetau":
        assert dumps(ask(origin, destination, cargo, of=DataBook.load(), **values)) == first
    assert json.loads(first)["quote_id"].startswith("q-")


def test_days_of_one_regime_price_alike(book: DataBook) -> None:
    """Between two dates on which no rule, restriction or month changes, nothing but the exchange day may differ."""
    days = [dt.date(2026, 11, d) for d in (20, 21, 22)]
    assert len({book.regime(d, TODAY) for d in days}) == 1
    cents = {optimum(book, "Kokshetau", "Bandar Abbas", "wheat", tonnes="3000", ready=d.isoformat()) for d in days}
    assert len(cents) == 1


# ---- what was known ----------------------------------------------------------------------------------


def test_a_letter_counts_from_the_day_it_was_issued(four_stations: DataBook) -> None:
    """Letter 1 holds from 1 January 2025 and was issued on 10 January: who asks as of the 9th does not know it."""
    values = {"tonnes": "3000", "ready": "2025-01-05", "ownership": "carrier", "mode": ("rail",)}

    def coefficients(known_on: str) -> list[str]:
        job = normalise(
            QuoteRequest("kz-north", "ir-haven", "wheat", known_on=known_on, **values), four_stations, TODAY
        )  # type: ignore[arg-type]
        _, best = best_only(job, four_stations)
        return [c.coef_id for p in best.charges for c in p.charge.term.coefficients]

    assert coefficients("2025-01-09") == []
    assert coefficients("2025-01-10") == ["RAI-LETTER-1"]
    plain = optimum(four_stations, "kz-north", "ir-haven", "wheat", known_on="2025-01-09", **values)
    reduced = optimum(four_stations, "kz-north", "ir-haven", "wheat", known_on="2025-01-10", **values)
    assert plain is not None
    assert reduced is not None
    assert reduced < plain


def test_the_turkmen_letter_of_january_is_retroactive(book: DataBook, ask) -> None:
    """Issued on 9 January 2026 for the quarter from 1 January: before, the last known quarter is carried on."""

    def coefficient(known_on: str) -> tuple[list[str], str]:
        quote = ask(
            "Kokshetau",
            "Bandar Abbas",
            "wheat",
            tonnes=3000,
            ready="2026-01-05",
            known_on=known_on,
            mode=("rail",),
            alternatives=0,
        )
        line = next(c for c in quote["itineraries"][0]["charges"] if c["carrier"] == "TDY" and c["code"] == "carriage")
        return line["coefficient_ids"], line["status"]

    assert coefficient("2026-01-08") == (["D05"], "provisional")
    assert coefficient("2026-01-09") == (["D01"], "estimated")


def test_a_ban_counts_from_the_day_it_was_issued(book: DataBook) -> None:
    """The October ban of Aktau was issued on its first day: who planned in September counted on the port."""
    values = {"tonnes": "3000", "ready": "2025-10-10", "avoid": ("TM", "UZ", "kz-kuryk-port"), "mode": ("rail", "sea")}
    with pytest.raises(NoItinerary):
        best_only(normalise(QuoteRequest("Kokshetau", "ir-amirabad-port", "wheat", **values), book, TODAY), book)  # type: ignore[arg-type]
    before = QuoteRequest("Kokshetau", "ir-amirabad-port", "wheat", known_on="2025-09-30", **values)  # type: ignore[arg-type]
    _, best = best_only(normalise(before, book, TODAY), book)
    assert best.total > 0
