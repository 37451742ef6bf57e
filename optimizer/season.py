"""The demand of a season from published facts: what `seeds/demand/` holds, and how it is made.

    facts.csv    cumulative tonnes by rail to a partner since 1 September, each with its source
    shares.csv   where grain comes from, where in a country it goes, what grain it is
    levels.csv   trains and tonnes a border or port passes, of all goods
      -> season_2024_25.csv, season_2025_26.csv   shipments, as `keruen batch plan` reads them
      -> background.csv                           what else rides over the same borders

Facts of one partner are points of one line and are never added to each other; between two points tonnes flow evenly by
the day, before the first from the start. A month's tonnes are the line at its end less the line at its start, so every
point on the last day of a month is met to the tonne. A month goes to places and cargoes by shares (largest remainder,
so nothing is lost), then into lots of about `LOT_T`, loaded at even intervals. Lots go to origins in turn: each to the
origin that is furthest behind its share of the season, so shares hold to about one lot.

`python -m optimizer.season FOLDER` writes the three files; the same facts give the same bytes.
"""

from __future__ import annotations

import calendar
import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from optimizer import tables
from optimizer.errors import DataError, Problem
from optimizer.provenance import STATUSES

SEASONS = ("2024/25", "2025/26")
LOT_T = 25_000
TRAIN_T = 60 * 68  # wagons of a train, tonnes of grain in a hopper (network_data/rail_crossings.csv, cargoes.csv)
DUE_DAYS = 60
MINOR = Decimal(10)  # per cent: grain of so small a share goes to the first place of the country only
EQUIPMENT = {"flour": "covered-wagon"}
SHIPMENT_COLUMNS = (
    "shipment_id",
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "equipment",
    "ownership",
    "ready_date",
    "due_date",
    "splittable",
    "partner",
    "status",
    "source_id",
    "note",
)
BACKGROUND_COLUMNS = (
    "resource",
    "month",
    "total",
    "ours",
    "background",
    "unit",
    "status",
    "source_id",
    "note",
)
# Over which border a place's grain leaves Kazakhstan by the usual way; only for the count of trains.
OVER_SARYAGASH = ("uz-tashkent", "uz-samarkand", "uz-karshi", "uz-syrdarya", "af-hairatan", "af-aqina")
OVER_BOLASHAK = ("af-torghundi",)


@dataclass(frozen=True, slots=True)
class Fact:
    """So many kilotonnes went to a partner from a day to the end of another."""

    fact_id: str
    season: str
    partner: str
    goods: str
    start: dt.date
    until: dt.date
    kt: Decimal
    use: str  # yes: a point of the line; check: of all partners, compared; no: told and left out
    status: str
    source_id: str
    flow_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole: an origin, a place of a country, or a cargo."""

    season: str  # "*" for every season
    kind: str
    partner: str
    goods: str
    name: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """What a border or port passes of all goods."""

    resource: str
    start: dt.date
    until: dt.date
    value: Decimal
    unit: str
    status: str
    source_id: str
    note: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The three tables."""

    facts: tuple[Fact, ...]
    parts: tuple[Part, ...]
    levels: tuple[Level, ...]

    def line(self, season: str, partner: str, goods: str) -> list[Fact]:
        """The points of one line, in time."""
        found = [f for f in self.facts if (f.season, f.partner, f.goods, f.use) == (season, partner, goods, "yes")]
        return sorted(found, key=lambda f: f.until)

    def lines(self, season: str) -> list[tuple[str, str]]:
        """(partner, goods) of a season, as the table has them."""
        return list(dict.fromkeys((f.partner, f.goods) for f in self.facts if f.season == season and f.use == "yes"))

    def shares(self, season: str, kind: str, partner: str, goods: str) -> list[tuple[str, Decimal]]:
        """Names and shares, as the table has them."""
        return [
            (p.name, p.share)
            for p in self.parts
            if p.kind == kind and p.season in ("*", season) and p.partner == partner and p.goods in ("", goods)
        ]


def read_facts() -> Facts:
    """The tables of `seeds/demand/`, checked.

    Raises:
        DataError: a cell cannot be read, a row has no source, or a line falls.
    """
    problems: list[Problem] = []

    def rows(name: str) -> list[tuple[int, dict[str, str]]]:
        found = tables.open_table("seeds", f"demand/{name}")
        for line, row in found:
            if not row["source_id"] or row["status"] not in STATUSES:
                text = "the row lacks a source_id or a status; fill both"
                problems.append(Problem("missing_source", text, f"seeds/demand/{name}", line))
        return found

    facts, parts, levels = [], [], []
    day = dt.date.fromisoformat
    for line, r in rows("facts.csv"):
        try:
            start, until, kt = day(r["from"]), day(r["until"]), Decimal(r["value_kt"])
            facts.append(
                Fact(
                    r["fact_id"],
                    r["season"],
                    r["partner"],
                    r["goods"],
                    start,
                    until,
                    kt,
                    r["use"],
                    r["status"],
                    r["source_id"],
                    r["flow_id"],
                    r["note"],
                )
            )
        except (ValueError, ArithmeticError):
            text = "a date is not YYYY-MM-DD or a value is no number; mend the row"
            problems.append(Problem("bad_cell", text, "seeds/demand/facts.csv", line))
    for _, r in rows("shares.csv"):
        share = Decimal(r["share"])
        parts.append(Part(r["season"], r["kind"], r["partner"], r["goods"], r["place_or_cargo"], share))
    for _, r in rows("levels.csv"):
        level, unit = Decimal(r["value"]), r["unit"]
        span = (day(r["from"]), day(r["until"]))
        levels.append(Level(r["resource"], *span, level, unit, r["status"], r["source_id"], r["note"]))
    found = Facts(tuple(facts), tuple(parts), tuple(levels))
    for season in SEASONS:
        for partner, goods in found.lines(season):
            points = found.line(season, partner, goods)
            for a, b in zip(points, points[1:], strict=False):
                if a.kt > b.kt or a.until >= b.until or a.start != b.start:
                    text = f"{b.fact_id} does not lie beyond {a.fact_id} on one line; set use to no for one of them"
                    problems.append(Problem("falling_line", text, "seeds/demand/facts.csv"))
    if problems:
        raise DataError(problems)
    return found


# ---- the line ----------------------------------------------------------------------------------------


def by_day(points: Sequence[Fact], day: dt.date) -> tuple[Decimal, Fact]:
    """Kilotonnes gone by the end of a day, and the point the day lies before; after the last point nothing more goes."""
    done_on, done = points[0].start - dt.timedelta(days=1), Decimal(0)
    for point in points:
        if day <= point.until:
            days, of = (day - done_on).days, (point.until - done_on).days
            return done + (point.kt - done) * days / of, point
        done_on, done = point.until, point.kt
    return done, points[-1]


def months_of(points: Sequence[Fact]) -> list[tuple[dt.date, dt.date]]:
    """(first, last day) of the months a line covers."""
    found = []
    first = points[0].start
    while first <= points[-1].until:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        found.append((first, last))
        first = last + dt.timedelta(days=1)
    return found


def tonnes_of(points: Sequence[Fact]) -> list[tuple[dt.date, dt.date, int]]:
    """(first day, last day, tonnes) of every month; they add up to the last point exactly."""
    found, before = [], 0
    for first, last in months_of(points):
        now = int((by_day(points, last)[0] * 1000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        found.append((first, last, now - before))
        before = now
    return found


def divide(whole: int, shares: Sequence[tuple[str, Decimal]]) -> list[tuple[str, int]]:
    """Whole tonnes by shares, nothing lost: what is left over goes to the largest remainders, the first of equal ones.

    >>> divide(10, [("a", Decimal(1)), ("b", Decimal(1)), ("c", Decimal(1))])
    [('a', 4), ('b', 3), ('c', 3)]
    """
    total = sum((share for _, share in shares), Decimal(0))
    parts = [whole * share / total for _, share in shares]
    floors = [int(p) for p in parts]
    order = sorted(range(len(parts)), key=lambda i: (-(parts[i] - floors[i]), i))
    up = set(order[: whole - sum(floors)])
    return [(name, floors[i] + (i in up)) for i, (name, _) in enumerate(shares)]


# ---- shipments ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lot:
    """One row of a season, before it has an origin."""

    ready: dt.date
    partner: str
    goods: str
    place: str
    cargo: str
    tonnes: int
    point: Fact
    before: str  # id of the point the line comes from, or ""


def lots_of(facts: Facts, season: str) -> list[Lot]:
    """The lots of a season in order of loading."""
    found: list[Lot] = []
    for partner, goods in facts.lines(season):
        points = facts.line(season, partner, goods)
        places = facts.shares(season, "place", partner, goods)
        cargoes = facts.shares(season, "cargo", partner, goods)
        for first, last, tonnes in tonnes_of(points):
            point = by_day(points, last)[1]
            index = points.index(point)
            before = points[index - 1].fact_id if index else ""
            for cargo, of_cargo in divide(tonnes, cargoes):
                minor = dict(cargoes)[cargo] < MINOR
                for place, part in divide(of_cargo, places[:1] if minor else places):
                    n = max(1, round(part / LOT_T))
                    days = (last - first).days + 1
                    for k, (_, lot) in enumerate(divide(part, [("", Decimal(1))] * n)):
                        ready = first + dt.timedelta(days=int((k + 0.5) * days / n))
                        if lot:
                            found.append(Lot(ready, partner, goods, place, cargo, lot, point, before))
    return sorted(found, key=lambda lot: lot.ready)


def season_rows(facts: Facts, season: str) -> list[dict[str, str]]:
    """The shipments of a season: `SHIPMENT_COLUMNS`."""
    given: defaultdict[tuple[str, str], int] = defaultdict(int)
    all_given: defaultdict[str, int] = defaultdict(int)
    rows = []
    for number, lot in enumerate(lots_of(facts, season), 1):
        shares = facts.shares(season, "origin", "", lot.goods)
        total = sum((s for _, s in shares), Decimal(0))
        all_given[lot.goods] += lot.tonnes

        def behind(item: tuple[str, Decimal], goods: str = lot.goods, total: Decimal = total) -> Decimal:
            return all_given[goods] * item[1] / total - given[goods, item[0]]

        origin = max(shares, key=behind)[0]
        given[lot.goods, origin] += lot.tonnes
        estimated = lot.point.status == "estimated"
        between = f"between {lot.before} and {lot.point.fact_id}" if lot.before else f"up to {lot.point.fact_id}"
        flows = f" (flows {lot.point.flow_id.replace(';', ', ')})" if lot.point.flow_id else ""
        rows.append(
            {
                "shipment_id": f"S{season[2:4]}-{number:03d}",
                "origin": origin,
                "destination": lot.place,
                "cargo": lot.cargo,
                "tonnes": str(lot.tonnes),
                "equipment": EQUIPMENT.get(lot.goods, "hopper-wagon"),
                "ownership": "private",
                "ready_date": lot.ready.isoformat(),
                "due_date": (lot.ready + dt.timedelta(days=DUE_DAYS)).isoformat(),
                "splittable": "yes",
                "partner": lot.partner,
                "status": "estimated" if estimated else "derived",
                "source_id": lot.point.source_id,
                "note": f"{lot.partner} {lot.goods}: even flow {between}{flows}; origin, place and cargo by shares",
            }
        )
    return rows


# ---- background --------------------------------------------------------------------------------------


def background_rows(facts: Facts, seasons: Mapping[str, Sequence[Mapping[str, str]]]) -> list[dict[str, str]]:
    """What rides over the same borders beside the seasons' own grain, month by month: `BACKGROUND_COLUMNS`.

    Ours is what leaves by the usual way of a place; a plan that sends it another way leaves room here and takes it there.
    """
    ours: defaultdict[tuple[str, str], int] = defaultdict(int)
    covered: set[str] = set()
    for rows in seasons.values():
        for row in rows:
            month = row["ready_date"][:7]
            covered.add(month)
            ours[row["destination"], month] += int(row["tonnes"])
    found = []
    for level in facts.levels:
        usual = {"kz-saryagash|uz-keles": OVER_SARYAGASH, "kz-bolashak|tm-serhetyaka": OVER_BOLASHAK}.get(
            level.resource, ()
        )
        for month in sorted(covered):
            first = dt.date.fromisoformat(f"{month}-01")
            days = calendar.monthrange(first.year, first.month)[1]
            # A level that changes within a month holds for the month it is in force on the 15th.
            if not level.start <= first.replace(day=15) <= level.until:
                continue
            tonnes = sum(ours[place, month] for place in usual)
            if usual and not tonnes:
                continue  # the lines of these places have ended: nothing is known of our own part
            own = Decimal(tonnes) / TRAIN_T / days if level.unit == "trains/day" else Decimal(tonnes) / 1000
            rest = max(level.value - own, Decimal(0))
            short = "" if level.value >= own else "; ours alone is more than that: the level or the usual way is wrong"
            found.append(
                {
                    "resource": level.resource,
                    "month": month,
                    "total": f"{level.value:f}",
                    "ours": f"{own:.1f}",
                    "background": f"{rest:.1f}",
                    "unit": level.unit,
                    "status": "estimated" if level.status == "estimated" else "derived",
                    "source_id": level.source_id,
                    "note": f"{level.note}{short}",
                }
            )
    return sorted(found, key=lambda r: (r["resource"], r["month"]))


# ---- files -------------------------------------------------------------------------------------------


def file_of(season: str) -> str:
    """
    >>> file_of("2024/25")
    'season_2024_25.csv'
    """
    return f"season_{season.replace('/', '_')}.csv"


def build(facts: Facts) -> dict[str, str]:
    """The text of every file by name."""
    seasons = {season: season_rows(facts, season) for season in SEASONS}
    found = {file_of(season): _text(SHIPMENT_COLUMNS, rows) for season, rows in seasons.items()}
    found["background.csv"] = _text(BACKGROUND_COLUMNS, background_rows(facts, seasons))
    return found


def _text(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    text = tables.csv_text([columns, *(tables.csv_cells(columns, row) for row in rows)])
    return text.replace("\r\n", "\n")


def main(folder: str) -> None:
    """Write the files into a folder."""
    for name, text in build(read_facts()).items():
        (Path(folder) / name).write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main(sys.argv[1])
