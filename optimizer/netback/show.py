"""The netback table in a terminal: for every elevator, cargo and month the outlets from the best on, ties marked, shut ones with the reason."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from optimizer.netback.run import Table, money

COLUMNS = (
    ("", "left"),
    ("tie", "left"),
    ("outlet", "left"),
    ("EXW {c}/t", "right"),
    ("low - high", "right"),
    ("turns at", "right"),
    ("price", "right"),
    ("cost", "right"),
    ("days", "right"),
    ("interest", "right"),
    ("subsidy", "right"),
    ("way", "left"),
)


def show(table: Table, console: Console) -> None:
    """Print the table; reads it, computes nothing."""
    for group in table.groups():
        indices = table.of(group)
        grid = Grid(title=", ".join(group), title_justify="left", title_style="bold", box=None, pad_edge=False)
        for name, side in COLUMNS:
            grid.add_column(name.format(c=table.currency), justify=side, overflow="fold")  # type: ignore[arg-type]
        for i in indices:
            pair, placed = table.pairs[i], table.placed.get(i)
            name = f"{pair.offer.rule} {pair.place or pair.offer.named}, {pair.offer.loading}"
            if placed is None:
                grid.add_row("-", "", name, Text(pair.status, style="red"))
                continue
            grid.add_row(
                str(placed.rank),
                f"{placed.group}{'=' if placed.ties else ''}",
                name,
                Text(money(pair.value), style="bold green" if placed.rank == 1 else ""),
                f"{money(pair.low)} - {money(pair.high)}",
                f"{placed.turns_at:.0%}" if placed.turns_at is not None else "",
                money(pair.price),
                money(pair.cost),
                f"{pair.days[0]:.0f}-{pair.days[1]:.0f}",
                money(pair.capital[0]),
                f"({money(pair.subsidy)})" if pair.subsidies else "",
                " > ".join(r.split(":")[-1] for r in pair.route),
            )
        console.print(grid)
        for i in indices:
            pair = table.pairs[i]
            if i not in table.placed:
                until = f" (until {pair.until})" if pair.until and pair.until not in pair.reason else ""
                console.print(Text(f"  {pair.offer.offer_id}: {pair.reason}{until}", style="red"))
            elif pair.notes:
                console.print(Text(f"  {pair.offer.offer_id}: {'; '.join(pair.notes)}", style="yellow"))
        console.print()
    console.print(
        "EXW value = price - the seller's lines. '=': tied with another outlet within the stated bands (same letter: with the leader).\n"
        "Turns at: the share of every band it would take to be worth as much as the best; above 100% no tie.\n"
        "Interest and subsidy (in brackets: could be claimed) stand apart and are not in the value.",
        style="dim",
    )
