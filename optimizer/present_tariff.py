"""Tariff books for people: the diff of two, an import, a new book. Reads finished answers, computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.tariff.edit import Imported
from optimizer.tariffdiff.answer import FieldChange, LaneChange, LineChange, Outcome, RowChange, TariffDiff, Unpriced

MOST_ROWS = 60
MOST_LANES = 120
MOST_FIELDS = 8
MOST_LINES = 4
# What a reader asks of a row first; other fields follow as they come.
FIRST_FIELDS = (
    "kind",
    "charge",
    "carrier",
    "basis",
    "rate",
    "value",
    "fixed",
    "per_km",
    "currency",
    "valid_from",
    "valid_to",
    "replaces",
)
LAST_FIELDS = frozenset(
    ["status", "source_id", "document", "description", "based_on", "known_from", "group", "stacking", "carry_months"]
)
STYLES = {"added": "green", "removed": "red", "changed": "yellow"}


def render(diff: TariffDiff, console: Console) -> None:
    """Print a diff: the rows, the lanes that change and why, those without a price, and the sums."""
    if diff.rows:
        console.print(_rows(diff.rows))
    if diff.lanes:
        console.print(_lanes(diff.lanes))
    if diff.unpriced:
        console.print(_unpriced(diff.unpriced))
    for line in summary(diff):
        console.print(Text(line))


def summary(diff: TariffDiff) -> list[str]:
    """The sums in words: rows, lanes, days."""
    if not diff.rows:
        rows = "No row differs."
    else:
        number = {what: sum(row.what == what for row in diff.rows) for what in STYLES}
        untouched = sum(not row.touched for row in diff.rows)
        told = ", ".join(f"{count} {what}" for what, count in number.items() if count)
        rows = f"{_count(len(diff.rows), 'row')}: {told}; {untouched or 'none'} of them with no lane touched."
    lanes = (
        f"{_count(diff.asked, 'price')} asked: {len(diff.lanes)} changed, {diff.unchanged} unchanged, "
        f"{len(diff.unpriced)} without a price on either side."
    )
    days = f"Days: {', '.join(str(day) for day in diff.days)}."
    if diff.days_left_out:
        days += f" Rows begin or end on {diff.days_left_out} more; name days to see them."
    return [rows, lanes, days]


def import_lines(done: Imported) -> list[str]:
    """What an import did, in words: the counts, then what to mind."""
    lines = [
        f"{_count(done.read, 'row')} read: {done.added} added to {done.path}, {done.skipped} there already."
        if done.added
        else f"{_count(done.read, 'row')} read: all in {done.path} already, nothing written."
    ]
    if done.columns_added:
        lines.append(f"New columns at its end: {', '.join(done.columns_added)}.")
    return lines + [f"Mind: {_plain(str(problem))}" for problem in done.warnings]


def new_book_lines(files: Sequence[Path]) -> list[str]:
    """What a new book holds, in words."""
    folder = files[0].parent
    return [f"A book to fill in stands in {folder}: {', '.join(f.name for f in files)}. Begin with README.txt."]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain(text: str) -> str:
    """Text of a user's tables without characters a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def _table(title: str, *columns: str) -> Table:
    """A table of left columns; a name that begins with > is set right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        table.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left", overflow="fold")
    return table


def _rows(rows: Sequence[RowChange]) -> Table:
    table = _table("Rows", "", "row", "what changes", "where", "lanes")
    for row in rows[:MOST_ROWS]:
        place = row.new_place or row.old_place
        table.add_row(
            Text(row.what, style=STYLES[row.what]),
            Text(_plain(f"{row.id} ({row.kind})")),
            Text(_plain(_fields(row))),
            Text(_plain(place)),
            _count(row.touched, "price") if row.touched else "no lane touched",
        )
    if len(rows) > MOST_ROWS:
        table.add_row("", f"and {len(rows) - MOST_ROWS} more in --json", "", "", "")
    return table


def _fields(row: RowChange) -> str:
    def order(change: FieldChange) -> int:
        if change.name in FIRST_FIELDS:
            return FIRST_FIELDS.index(change.name) - len(FIRST_FIELDS)
        return 1 if change.name in LAST_FIELDS else 0

    told = sorted(row.fields, key=order)
    more = f"; and {len(told) - MOST_FIELDS} more fields" if len(told) > MOST_FIELDS else ""
    return "; ".join(_field(row, change) for change in told[:MOST_FIELDS]) + more


def _field(row: RowChange, change: FieldChange) -> str:
    if row.what != "changed":
        return f"{change.name} {change.new or change.old}"
    return f"{change.name} {change.old or '(none)'} -> {change.new or '(none)'}"


def _lanes(lanes: Sequence[LaneChange]) -> Table:
    """A line for each lane and change; days on which all is alike stand together."""
    groups: dict[tuple[object, ...], list[LaneChange]] = {}
    for lane in lanes:
        groups.setdefault((lane.number, lane.old, lane.new, lane.rows, lane.lines), []).append(lane)
    table = _table("Lanes whose best price changes", "lane", "ready", ">old", ">new", ">change", ">%", "why")
    for group in list(groups.values())[:MOST_LANES]:
        lane, request = group[0], group[0].request
        goods = f"{request.tonnes} t" if request.tonnes else f"{request.units} units"
        change, per_cent = lane.change, lane.per_cent
        style = "" if not change else "red" if change > 0 else "green"
        table.add_row(
            Text(_plain(f"{request.origin} - {request.destination}, {request.cargo}, {goods}")),
            ", ".join(str(each.day) for each in group),
            _total(lane.old, lane.currency),
            _total(lane.new, lane.currency),
            Text("" if change is None else f"{change:+,.2f}", style=style),
            Text("" if per_cent is None else f"{per_cent:+,.2f}", style=style),
            Text(_plain(why(lane))),
        )
    if len(groups) > MOST_LANES:
        table.add_row(f"and {len(groups) - MOST_LANES} more in --json", "", "", "", "", "", "")
    return table


def why(lane: LaneChange) -> str:
    """Why a lane changed: the rows behind it, the lines that moved most, the other way."""
    parts = [f"by {', '.join(lane.rows)}" if lane.rows else "no row of the books is behind it"]
    for outcome in (lane.old, lane.new):
        if outcome.total is None:
            parts.append(outcome.text)
    if lane.way_changed and lane.old.way and lane.new.way:
        same = lane.old.way == lane.new.way
        told = (
            "on the same way, handled or charged otherwise"
            if same
            else f"now {_way(lane.new)} instead of {_way(lane.old)}"
        )
        parts.append(f"{told}, {_before(lane)}" if _before(lane) else told)
    own = [line for line in lane.lines if line.rows] or list(lane.lines)
    told_lines = sorted(own, key=lambda line: -abs(line.change))[:MOST_LINES] if lane.old.way and lane.new.way else []
    parts += [_line(line) for line in told_lines]
    if told_lines and len(lane.lines) > len(told_lines):
        rest = sum((line.change for line in lane.lines if line not in told_lines), Decimal(0))
        parts.append(f"other lines {rest:+,.2f}")
    return "; ".join(parts)


def _before(lane: LaneChange) -> str:
    parts = []
    if lane.old_way_now is not None:
        parts.append(f"the old way would cost {lane.old_way_now:,.2f}")
    if lane.new_way_before is not None:
        parts.append(f"the new one cost {lane.new_way_before:,.2f}")
    return " and ".join(parts)


def _line(line: LineChange) -> str:
    what = " ".join(filter(None, (line.charge, line.carrier, line.where)))
    old, new = ("none" if amount is None else f"{amount:,.2f}" for amount in (line.old, line.new))
    ids = " x ".join(line.new_ids or line.old_ids)
    if line.old_ids and line.new_ids and line.old_ids != line.new_ids:
        ids = f"{' x '.join(line.old_ids)} -> {' x '.join(line.new_ids)}"
    return f"{what} {old} -> {new} ({ids})"


def _way(outcome: Outcome) -> str:
    """The places a way goes by, hauls of one mode run together.

    >>> _way(Outcome(None, ("rail a - b", "rail c - d", "road d - e")))
    'rail a > b > d, road d > e'
    """
    told: list[str] = []
    for haul in outcome.way:
        mode, _, ends = haul.partition(" ")
        start, _, end = ends.partition(" - ")
        if told and told[-1].startswith(f"{mode} "):
            told[-1] += f" > {end}"
        else:
            told.append(f"{mode} {start} > {end}")
    return ", ".join(told)


def _total(outcome: Outcome, currency: str) -> str:
    return f"{outcome.total:,.2f} {currency}" if outcome.total is not None else outcome.code


def _unpriced(lanes: Sequence[Unpriced]) -> Table:
    """Each lane once, with its days."""
    days: dict[tuple[int, str], list[Unpriced]] = {}
    for lane in lanes:
        days.setdefault((lane.number, lane.code), []).append(lane)
    table = _table("Lanes without a price on either side", "lane", "ready", "why")
    for group in days.values():
        first = group[0]
        table.add_row(
            Text(_plain(f"{first.request.origin} - {first.request.destination}, {first.request.cargo}")),
            str(first.day) if len(group) == 1 else f"{first.day} and {len(group) - 1} more days",
            Text(_plain(f"{first.text} ({first.code})")),
        )
    return table
