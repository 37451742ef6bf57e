"""The netback table as a picture: one HTML file without scripts or anything from elsewhere."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from optimizer.netback.run import Group, Table, group_of, money, outlets

STYLE = """
body{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#1b2733;background:#fff}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.45rem .6rem;border:1px solid #d5dce3;text-align:right}
th{background:#f2f5f8;font-weight:600;text-align:left}td small{display:block;color:#46525e}
td.no{background:#f3f3f3;color:#8a2f25;text-align:left;max-width:15rem;font-size:12px}
td.best{outline:3px solid #1b2733;outline-offset:-3px}
figure{margin:1.5rem 0}figcaption{font-weight:600;margin-bottom:.3rem}.note{color:#46525e;max-width:60rem}
"""
WIDTH, LABEL, ROW = 900, 300, 26
BAR, TIED, AXIS = "#2f6f9f", "#8fb7d3", "#9aa5b0"


def page(table: Table, title: str) -> str:
    """The page: a heat table of values, then for each elevator its outlets from the best on with their bands."""
    body = [f"<h1>{escape(title)}</h1>", _intro(table), _heat(table)]
    body += [_bars(table, group) for group in table.groups()]
    body += _told(table)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _intro(table: Table) -> str:
    return (
        f'<p class="note">Value at the elevator in {table.currency} per tonne: price at the outlet less every line that '
        "is the seller's under the basis. The small figures are the lowest and highest value within the stated bands. "
        "Outlets of one letter cannot be told apart from the best of that letter within those bands; what two outlets "
        "share (the same rate of the same railway) is not counted against either. Interest and subsidy are not in the value.</p>"
    )


def _heat(table: Table) -> str:
    names = outlets(table.pairs)
    by_cell = {(p.origin or p.elevator.origin, p.offer.offer_id): i for i, p in enumerate(table.pairs)}
    ends: dict[Group, tuple[Decimal, Decimal]] = {}
    for group in table.groups():
        values = [table.pairs[i].value for i in table.of(group) if i in table.placed]
        if values:
            ends[group] = (min(values), max(values))
    heads = []
    for name in names:
        offer = next(p.offer for p in table.pairs if p.offer.offer_id == name)
        heads.append(
            f"<th>{escape(name)}<br/><small>{escape(f'{offer.rule} {offer.named}')}<br/>{escape(str(offer.loading))}, "
            f"{escape(offer.cargo)}<br/>{offer.price:f} {offer.currency}</small></th>"
        )
    rows = []
    for elevator in dict.fromkeys(e for e, *_ in table.groups()):
        cells = []
        for name in names:
            i = by_cell.get((elevator, name))
            if i is None:
                cells.append("<td></td>")
                continue
            pair, placed = table.pairs[i], table.placed.get(i)
            if placed is None:
                until = f" until {pair.until}" if pair.until else ""
                cells.append(f'<td class="no" title="{escape(pair.reason)}">{escape(pair.status)}{escape(until)}</td>')
                continue
            low, high = ends[group_of(pair)]
            share = float((pair.value - low) / (high - low)) if high > low else 1.0
            best = ' class="best"' if placed.rank == 1 else ""
            cells.append(
                f'<td{best} style="background:{_colour(share)}"><b>{money(pair.value)}</b> {placed.group}'
                f"<small>{money(pair.low)} to {money(pair.high)}</small>"
                f"<small>{pair.days[0]:.0f} to {pair.days[1]:.0f} days</small></td>"
            )
        rows.append(f"<tr><th>{escape(elevator)}</th>{''.join(cells)}</tr>")
    return f"<table><tr><th>elevator</th>{''.join(heads)}</tr>{''.join(rows)}</table>"


def _colour(share: float) -> str:
    """From pale red over white to green; text stays dark on all of them."""
    cold, middle, warm = (247, 205, 196), (255, 255, 255), (167, 217, 170)
    a, b, t = (cold, middle, share * 2) if share < 0.5 else (middle, warm, share * 2 - 1)
    return "#" + "".join(f"{round(x + (y - x) * t):02x}" for x, y in zip(a, b, strict=True))


def _bars(table: Table, group: Group) -> str:
    """A line of every priced outlet with its band and value, the best on top."""
    own = [i for i in table.of(group) if i in table.placed]
    if len(own) < 2:
        return ""  # nothing to compare
    pairs = [table.pairs[i] for i in own]
    low, high = float(min(p.low for p in pairs)), float(max(p.high for p in pairs))
    span = (high - low) or 1.0

    def x(value: Decimal) -> float:
        return round(LABEL + (float(value) - low) / span * (WIDTH - LABEL - 60), 1)

    parts = []
    for n, (i, pair) in enumerate(zip(own, pairs, strict=True)):
        y = 22 + n * ROW
        placed = table.placed[i]
        colour = TIED if placed.group == "A" and placed.rank > 1 else BAR
        label = f"{placed.rank}. {pair.offer.rule} {pair.place}, {pair.offer.loading} ({placed.group})"
        parts.append(
            f'<text x="0" y="{y + 4}" font-size="12">{escape(label[:48])}</text>'
            f'<line x1="{x(pair.low)}" y1="{y}" x2="{x(pair.high)}" y2="{y}" stroke="{AXIS}" stroke-width="2"/>'
            f'<circle cx="{x(pair.value)}" cy="{y}" r="5" fill="{colour}"/>'
            f'<text x="{x(pair.value)}" y="{y - 7}" font-size="10" text-anchor="middle">{money(pair.value)}</text>'
        )
    height = len(own) * ROW + 14
    return (
        f"<figure><figcaption>{escape(', '.join(group))}: {table.currency} per tonne at the elevator</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" aria-label="values of {escape(group[0])}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg></figure>'
    )


def _told(table: Table) -> list[str]:
    """Why a pair has no number, and what is to be known of those that have one; equal words once."""
    told: dict[str, list[str]] = {}
    for pair in table.pairs:
        for text in filter(None, (pair.reason, *([] if pair.reason else pair.notes))):
            told.setdefault(text, []).append(f"{pair.origin or pair.elevator.origin} / {pair.offer.offer_id}")
    if not told:
        return []
    rows = "".join(f"<tr><th>{escape(', '.join(who))}</th><td>{escape(text)}</td></tr>" for text, who in told.items())
    return [f'<h2>Notes</h2><table class="notes">{rows}</table>']
