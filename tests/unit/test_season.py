"""The demand of two seasons: made from facts, the same each time, nothing counted twice, every row with its source."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from optimizer import season, shipment_rows
from optimizer.databook import DataBook
from optimizer.errors import DataError
from optimizer.provenance import STATUSES
from optimizer.season import LOT_T, SEASONS, Facts, build, by_day, file_of, read_facts, tonnes_of

DEMAND = Path(str(files("seeds"))) / "demand"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return read_facts()


@pytest.fixture(scope="module")
def rows() -> dict[str, Rows]:
    found = {}
    for name in SEASONS:
        with (DEMAND / file_of(name)).open(encoding="utf-8", newline="") as handle:
            found[name] = list(csv.DictReader(handle))
    return found


def test_the_files_are_those_the_facts_make(facts: Facts) -> None:
    made = build(facts)
    assert set(made) == {"season_2024_25.csv", "season_2025_26.csv", "background.csv"}
    for name, text in made.items():
        assert (DEMAND / name).read_text(encoding="utf-8") == text, (
            f"{name}: run python -m optimizer.season seeds/demand"
        )


@pytest.mark.parametrize("name", SEASONS)
def test_what_goes_to_a_partner_is_what_the_facts_say(name: str, facts: Facts, rows: dict[str, Rows]) -> None:
    """At every point on the last day of a month, to the tonne, and in all."""
    gone: defaultdict[tuple[str, str], int] = defaultdict(int)
    met = 0
    months = sorted({r["ready_date"][:7] for r in rows[name]})
    for month in months:
        for row in rows[name]:
            if row["ready_date"].startswith(month):
                goods = "flour" if row["cargo"] == "flour" else "grain"
                gone[row["partner"], goods] += int(row["tonnes"])
        for partner, goods in facts.lines(name):
            for point in facts.line(name, partner, goods):
                last = (point.until + dt.timedelta(days=1)).day == 1
                if last and f"{point.until:%Y-%m}" == month:
                    assert gone[partner, goods] == round(point.kt * 1000), point.fact_id
                    met += 1
    assert met >= 10
    assert sum(gone.values()) == sum(int(facts.line(name, *line)[-1].kt * 1000) for line in facts.lines(name))


@pytest.mark.parametrize("name", SEASONS)
def test_partners_together_are_never_more_than_all(name: str, facts: Facts) -> None:
    checks = [f for f in facts.facts if f.season == name and f.use == "check"]
    assert len(checks) >= 6
    for check in checks:
        parts = [by_day(facts.line(name, p, g), check.until)[0] for p, g in facts.lines(name) if g == "grain"]
        assert Decimal("0.8") * check.kt <= sum(parts) <= check.kt, check.fact_id


def test_no_overlapping_fact_is_added(facts: Facts) -> None:
    """Points of a line share their start: the 260 kt of F13 lie inside the 416 kt of F12."""
    for name in SEASONS:
        for line in facts.lines(name):
            points = facts.line(name, *line)
            assert len({p.start for p in points}) == 1
            assert sum(t for _, _, t in tonnes_of(points)) == points[-1].kt * 1000
    left_out = [f for f in facts.facts if f.use == "no"]
    assert len(left_out) > 10
    assert all(f.note for f in left_out), "what is left out says why"


def test_every_row_has_its_source(facts: Facts, rows: dict[str, Rows], book: DataBook) -> None:
    known = set(book.network.sources)
    for row in (*rows["2024/25"], *rows["2025/26"]):
        assert row["source_id"] in known, row["source_id"]
        assert row["status"] in STATUSES
        assert any(fact.fact_id in row["note"] for fact in facts.facts)
    for table in ("facts.csv", "shares.csv", "levels.csv", "background.csv"):
        with (DEMAND / table).open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                assert row["source_id"] in known, (table, row)
                assert row["status"] in STATUSES


@pytest.mark.parametrize("name", SEASONS)
def test_rows_are_such_as_a_batch_reads(name: str, rows: dict[str, Rows], book: DataBook) -> None:
    _, read = shipment_rows.read_rows(DEMAND / file_of(name))
    found = list(read)
    assert len(found) == len(rows[name]) <= 400
    assert all(isinstance(row, shipment_rows.Row) for row in found)
    assert len({r["shipment_id"] for r in rows[name]}) == len(found)
    for row in rows[name]:
        assert row["origin"] in book.network.places
        assert row["destination"] in book.network.places
        assert row["equipment"] in book.cargoes[row["cargo"]].equipment
        assert 0 < int(row["tonnes"]) <= 1.5 * LOT_T
        assert row["ready_date"] < row["due_date"]


@pytest.mark.parametrize("name", SEASONS)
def test_origins_keep_their_shares(name: str, facts: Facts, rows: dict[str, Rows]) -> None:
    sent: Counter[str] = Counter()
    for row in rows[name]:
        if row["cargo"] != "flour":
            sent[row["origin"]] += int(row["tonnes"])
    shares = facts.shares(name, "origin", "", "grain")
    whole = sum(share for _, share in shares)
    assert abs(whole - 100) < 1
    for origin, share in shares:
        assert abs(sent[origin] - sent.total() * share / whole) < 2 * LOT_T


@pytest.mark.parametrize(
    "to", ["uz-nukus", "uz-syrdarya", "kz-lugovaya", "af-aqina", "ir-nowshahr-port", "az-alat-port"]
)
def test_there_is_a_way_to_every_kind_of_place(to: str, ask) -> None:
    assert ask("kz-kostanay", to, "wheat", tonnes=25_000, ready="2024-12-10", alternatives=0)["itineraries"]


def test_a_line_that_falls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    head = "fact_id,season,partner,goods,from,until,value_kt,use,status,source_id,flow_id,note"
    row = "{},2024/25,UZ,grain,2024-09-01,{},{},yes,published,x,,"
    lines = [head, row.format("A", "2024-10-31", 100), row.format("B", "2024-11-30", 90), row.format("C", "x", "y")]
    table = list(csv.DictReader(lines))
    monkeypatch.setattr(
        season.tables,
        "open_table",
        lambda _, name: list(enumerate(table, 2)) if name.endswith("facts.csv") else [],
    )
    with pytest.raises(DataError) as fault:
        read_facts()
    assert [p.code for p in fault.value.problems] == ["bad_cell", "falling_line"]
    assert fault.value.problems[0].line == 4


def test_background_and_ours_make_the_level() -> None:
    with (DEMAND / "background.csv").open(encoding="utf-8", newline="") as handle:
        table = list(csv.DictReader(handle))
    for row in table:
        assert abs(Decimal(row["ours"]) + Decimal(row["background"]) - Decimal(row["total"])) <= Decimal("0.1")
    saryagash = [Decimal(r["ours"]) for r in table if r["resource"] == "kz-saryagash|uz-keles"]
    assert len(saryagash) == 12
    assert 3 < min(saryagash) <= max(saryagash) < 10
