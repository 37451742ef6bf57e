"""Two pictures of a plan a manager can read: who leaves when, and what flows where. Plain SVG in one HTML file.

The Gantt has a row a shipment, a bar from its departure to its likely arrival, coloured by the way it takes. The flow
picture stands in layers, origins to the left, borders and ports between, destinations to the right; a band is as wide
as the tonnes in it, and red where a place is full. No script, no picture of others, nothing to load.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from optimizer.plan.periods import Periods
from optimizer.plan.recompute import Part
from optimizer.plan.ways import Desk

COLOURS = ("#1f77b4", "#e08214", "#2a9d55", "#8856a7", "#8c6d31", "#c2549d", "#17a2b8", "#6b6b6b", "#a3b81f", "#3f51b5")
RED = "#d11f2d"
INK = "#22303c"
FAINT = "#dfe5ea"
ROW, LABEL, TOP = 20, 250, 46
MOST_ROWS = 400
WIDTH = 1180
LETTER = 6.8  # width of one, at the size of labels, taken wide
STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;color:#22303c;margin:24px;max-width:1260px}"
    "h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 6px}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse}td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #dfe5ea}"
    "td.n,th.n{text-align:right}p.s{color:#5b6b78;margin:2px 0 10px}"
)


@dataclass(frozen=True, slots=True)
class Band:
    """Tonnes between two stops that stand in neighbouring or further layers."""

    start: str
    end: str
    tonnes: float
    full: bool


def corridor_of(part: Part, names: Mapping[str, str]) -> str:
    """The way in few words: the borders it passes and the ports it sails from.

    A way inside one country has none; then it is called by its modes.
    """
    found: list[str] = []
    for leg in part.itinerary.legs:
        if leg.kind == "border" or (leg.kind == "haul" and leg.mode == "sea"):
            word = names.get(leg.from_id, leg.from_id)
            word += f" ({leg.mode})" if leg.mode in ("road", "sea") else ""
            if not found or found[-1] != word:
                found.append(word)
    return " - ".join(found) or " and ".join(dict.fromkeys(x.mode for x in part.itinerary.legs if x.kind == "haul"))


def gantt(parts: Sequence[Part], desk: Desk, unserved: Mapping[int, int]) -> str:
    """The Gantt picture as SVG."""
    periods, names = desk.periods, desk.book.place_names
    tonnes: dict[str, float] = defaultdict(float)
    corridors = {id(p): corridor_of(p, names) for p in parts}
    for p in parts:
        tonnes[corridors[id(p)]] += float(p.mass_t)
    ranked = sorted(tonnes, key=lambda c: (-tonnes[c], c))
    colour = {c: COLOURS[i] if i < len(COLOURS) - 1 else "#9aa5ae" for i, c in enumerate(ranked)}
    by_demand: dict[int, list[Part]] = defaultdict(list)
    for p in parts:
        by_demand[p.demand].append(p)
    shown = sorted({*by_demand, *unserved}, key=lambda k: (desk.shipments[k].job.shipment.ready, k))
    cut = len(shown) - MOST_ROWS
    shown = shown[:MOST_ROWS]
    last = max([periods.end, *(p.arrival(0.5) + dt.timedelta(days=1) for p in parts)])
    days = max(1, (last - periods.start).days)
    scale = (WIDTH - LABEL - 20) / days

    def x(day: dt.date) -> float:
        return LABEL + (day - periods.start).days * scale

    legend_rows = min(len(ranked), len(COLOURS))
    height = TOP + ROW * len(shown) + 30 + 20 * legend_rows
    out = [_open(WIDTH, height, "Gantt: shipments and weeks")]
    step = max(1, round(70 / (scale * periods.days)))
    for period in range((days // periods.days) + 1):
        day = periods.first(period)
        out.append(
            f'<line x1="{x(day):.1f}" y1="{TOP - 8}" x2="{x(day):.1f}" y2="{TOP + ROW * len(shown)}" stroke="{FAINT}"/>'
        )
        if period % step == 0:
            out.append(_text(x(day) + 2, TOP - 14, f"{day:%d %b %y}", 11))
    end = x(periods.end)
    out.append(
        f'<line x1="{end:.1f}" y1="{TOP - 8}" x2="{end:.1f}" y2="{TOP + ROW * len(shown)}" stroke="{INK}" stroke-dasharray="4 3"><title>end of the plan</title></line>'
    )
    for number, k in enumerate(shown):
        shipment = desk.shipments[k]
        s = shipment.job.shipment
        y = TOP + ROW * number
        if number % 2:
            out.append(f'<rect x="0" y="{y}" width="{WIDTH}" height="{ROW}" fill="#f5f7f9"/>')
        label = f"{shipment.shipment_id}  {names.get(s.origin, s.origin)} > {names.get(s.destination, s.destination)}"
        out.append(
            _text(
                4,
                y + 14,
                _short(label, int((LABEL - 8) / LETTER)),
                12,
                title=f"{label}, {s.cargo}, {shipment.mass_t:f} t",
            )
        )
        ready = max(s.ready, periods.start)
        if periods.start <= ready < last:
            out.append(
                f'<line x1="{x(ready):.1f}" y1="{y + 2}" x2="{x(ready):.1f}" y2="{y + ROW - 2}" stroke="{INK}" stroke-width="1"/>'
            )
        for p in sorted(by_demand.get(k, ()), key=lambda p: p.day):
            left, right = x(p.day), x(p.arrival(0.5))
            tip = (
                f"{p.units} units, {p.mass_t:f} t, leave {p.day}, likely there {p.arrival(0.5)}: {corridors[id(p)]}; "
                f"{p.total:,.2f} {p.job.currency}" + (f", {p.late_days} days late" if p.late_days else "")
            )
            mark = f' stroke="{RED}" stroke-width="2"' if p.late_days else ""
            size = 5 + 9 * (p.units / shipment.units) ** 0.5
            out.append(
                f'<rect x="{left:.1f}" y="{y + (ROW - size) / 2:.1f}" width="{max(3.0, right - left):.1f}" height="{size:.1f}" rx="2" '
                f'fill="{colour[corridors[id(p)]]}" fill-opacity="0.85"{mark}><title>{escape(tip)}</title></rect>'
            )
        if s.due is not None and periods.start <= s.due < last:
            out.append(
                f'<path d="M{x(s.due):.1f} {y + 3} l5 7 l-5 7 l-5 -7 z" fill="none" stroke="{RED}"><title>due {s.due}</title></path>'
            )
        if k in unserved:
            out.append(_text(x(ready) + 6, y + 14, f"{unserved[k]} units stay behind", 11, RED))
    y = TOP + ROW * len(shown) + 20
    for number, name in enumerate(ranked[:legend_rows]):
        other = number == len(COLOURS) - 1 and len(ranked) > legend_rows
        text = f"{len(ranked) - number} other ways" if other else f"{name}: {tonnes[name]:,.0f} t"
        out.append(f'<rect x="{LABEL}" y="{y + 20 * number}" width="22" height="12" rx="2" fill="{colour[name]}"/>')
        out.append(_text(LABEL + 30, y + 20 * number + 11, text, 12))
    if cut > 0:
        out.append(_text(4, height - 6, f"{cut} more shipments are in plan.csv", 12, RED))
    out.append("</svg>")
    return "\n".join(out)


def stops_of(part: Part) -> list[str]:
    """Origin, borders passed and ports sailed from and to, destination."""
    s = part.job.shipment
    found = [s.origin]
    for leg in part.itinerary.legs:
        places = (leg.from_id, leg.to_id) if leg.mode == "sea" and leg.kind == "haul" else (leg.from_id,)
        if leg.kind == "border" or (leg.mode == "sea" and leg.kind == "haul"):
            found += [p for p in places if p != found[-1]]
    if found[-1] != s.destination:
        found.append(s.destination)
    return list(dict.fromkeys(found))


def flow(parts: Sequence[Part], desk: Desk, full: Mapping[str, float]) -> str:
    """The flow picture as SVG.

    Args:
        full: worth of the dearest full period by place id; such a place is red.
    """
    names = desk.book.place_names
    chains = [(stops_of(p), float(p.mass_t)) for p in parts]
    layers = _layers(chains)
    through: dict[str, float] = defaultdict(float)
    bands: dict[tuple[str, str], float] = defaultdict(float)
    for stops, tonnes in chains:
        for stop in stops:
            through[stop] += tonnes
        for a, b in zip(stops, stops[1:], strict=False):
            bands[a, b] += tonnes
    depth = max(layers.values(), default=0)
    columns: dict[int, list[str]] = defaultdict(list)
    for stop, layer in layers.items():
        columns[layer].append(stop)
    biggest = max((sum(through[s] for s in stops) for stops in columns.values()), default=1.0) or 1.0
    rows = max((len(stops) for stops in columns.values()), default=1)
    height = max(260, 34 * rows + 360)
    free = height - 80
    unit = max(1e-9, (free - 30 * rows) / biggest)
    gap_x = (WIDTH - 230) / max(1, depth)
    place_y: dict[str, float] = {}
    for layer in range(depth + 1):
        # A stop stands where what comes to it comes from, so that few bands cross.
        def middle(stop: str) -> float:
            before = [(place_y[a] * t, t) for (a, b), t in bands.items() if b == stop and a in place_y]
            return sum(x for x, _ in before) / sum(t for _, t in before) if before else 0.0

        stops = sorted(columns[layer], key=lambda s: (middle(s), -through[s], s))
        used = sum(through[s] * unit for s in stops)
        space = max(14.0, min(60.0, (free - used) / (len(stops) + 1)))
        y = 50 + max(0.0, (free - used - space * (len(stops) - 1)) / 2)
        for stop in stops:
            place_y[stop] = y
            y += through[stop] * unit + space
        height = max(height, int(y + 20))
    out = [_open(WIDTH, height, "Flow: tonnes from origins over borders and ports to destinations")]
    left_out: dict[str, float] = defaultdict(float)
    left_in: dict[str, float] = defaultdict(float)

    def x(stop: str) -> float:
        return 90 + layers[stop] * gap_x

    for (a, b), tonnes in sorted(bands.items(), key=lambda i: (place_y[i[0][0]], place_y[i[0][1]])):
        wide = max(1.0, tonnes * unit)
        ya = place_y[a] + left_out[a] + wide / 2
        yb = place_y[b] + left_in[b] + wide / 2
        left_out[a] += tonnes * unit
        left_in[b] += tonnes * unit
        x1, x2 = x(a) + 10, x(b)
        red = a in full or b in full
        tip = f"{names.get(a, a)} to {names.get(b, b)}: {tonnes:,.0f} t"
        out.append(
            f'<path d="M{x1:.1f} {ya:.1f} C{(x1 + x2) / 2:.1f} {ya:.1f} {(x1 + x2) / 2:.1f} {yb:.1f} {x2:.1f} {yb:.1f}" fill="none" '
            f'stroke="{RED if red else "#5b8db8"}" stroke-opacity="{0.42 if red else 0.36}" stroke-width="{wide:.1f}"><title>{escape(tip)}</title></path>'
        )
    for stop, y in place_y.items():
        tall = max(2.0, through[stop] * unit)
        tip = f"{names.get(stop, stop)}: {through[stop]:,.0f} t"
        if stop in full:
            tip += f"; full, one more unit is worth up to {full[stop]:,.2f}"
        out.append(
            f'<rect x="{x(stop):.1f}" y="{y:.1f}" width="10" height="{tall:.1f}" fill="{RED if stop in full else INK}"><title>{escape(tip)}</title></rect>'
        )
        label = f"{_short(names.get(stop, stop), 24)} {through[stop]:,.0f} t"
        half = LETTER * len(label) / 2
        centre = min(max(x(stop) + 5, half), WIDTH - half)  # the first and last columns stay in the picture
        out.append(_text(centre, y - 4, label, 12, RED if stop in full else INK, "middle", tip))
    out.append(_text(12, 20, "Width: tonnes. Red: full in some period.", 12, "#5b6b78"))
    out.append("</svg>")
    return "\n".join(out)


def _layers(chains: Sequence[tuple[list[str], float]]) -> dict[str, int]:
    """A layer for each stop, so that nearly every band goes to the right; what closes a ring is let go back."""
    after: dict[str, set[str]] = defaultdict(set)
    weight: dict[tuple[str, str], float] = defaultdict(float)
    for stops, tonnes in chains:
        for a, b in zip(stops, stops[1:], strict=False):
            weight[a, b] += tonnes
    for (a, b), _ in sorted(weight.items(), key=lambda i: (-i[1], i[0])):
        if not _reaches(after, b, a):
            after[a].add(b)
    stops = sorted({s for chain, _ in chains for s in chain})
    before: dict[str, set[str]] = defaultdict(set)
    for a, ends in after.items():
        for b in ends:
            before[b].add(a)
    found: dict[str, int] = {}

    def layer(stop: str) -> int:
        if stop not in found:
            found[stop] = max((layer(a) + 1 for a in before[stop]), default=0)
        return found[stop]

    for stop in stops:
        layer(stop)
    ends = {chain[-1] for chain, _ in chains}
    last = max(found.values(), default=0)
    for stop in ends:
        if not after[stop]:
            found[stop] = last
    return found


def _reaches(after: Mapping[str, set[str]], start: str, end: str) -> bool:
    seen, todo = set(), [start]
    while todo:
        at = todo.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            todo += after.get(at, ())
    return False


def page(
    title: str,
    facts: Sequence[tuple[str, str]],
    body: Sequence[tuple[str, str, str]],
    rows: Sequence[Mapping[str, object]],
) -> str:
    """One HTML page: figures, pictures with a heading and a sentence each, and the bottlenecks."""
    head = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in facts)
    parts = "".join(f"<h2>{escape(h)}</h2><p class=s>{escape(s)}</p>{svg}" for h, s, svg in body)
    tight = "".join(
        f"<tr><td>{escape(str(r['name']))}</td><td>{r['period']}</td><td class=n>{r['used']} of {r['capacity']} {r['unit']}</td>"
        f"<td>{escape(str(r['worth']))}</td></tr>"
        for r in rows[:40]
    )
    table = (
        f"<h2>What binds</h2><table><tr><th>where</th><th>period from</th><th class=n>used</th><th>one more unit</th></tr>{tight}</table>"
        if rows
        else "<h2>What binds</h2><p class=s>No capacity is full.</p>"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1><table>{head}</table>{parts}{table}</body></html>\n"
    )


def full_places(rows: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """The dearest worth by place id of the rows of bottlenecks.csv."""
    from optimizer.plan.resources import places_in

    found: dict[str, float] = {}
    for row in rows:
        for place in places_in(str(row["resource"]))[:1]:
            found[place] = max(found.get(place, 0.0), float(str(row["shadow_price"] or 0)))
    return found


def _open(width: int, height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui, sans-serif"><title>{escape(title)}</title>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )


def _text(x: float, y: float, text: str, size: int, fill: str = INK, anchor: str = "start", title: str = "") -> str:
    tip = f"<title>{escape(title)}</title>" if title else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{escape(text)}{tip}</text>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


__all__ = ["Periods", "corridor_of", "flow", "full_places", "gantt", "page", "stops_of"]
