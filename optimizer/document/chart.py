"""The map of a route as SVG: places and legs over the lines of the network, drawn by us.

No outline of a country or sea is at hand and none is invented: the network itself, a grid of degrees and the names of
countries and seas tell where one is. Positions are equirectangular about the middle of the route. Rail is a solid line,
road dashed, sea dotted. The same route gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from optimizer.document.names import Names, Point
from optimizer.document.words import COUNTRIES, MODES, index, of, say

Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom in px
WIDTH = 720.0  # px of the picture
HEIGHTS = (310.0, 390.0)  # px: the least and the most
FRAME = 14.0
AROUND = 0.13  # of the span of the route is left free on each side
LEAST_SPAN = 3.0  # degrees of latitude a map shows at the least
FONT = "Libertinus Serif"
LETTER = 0.52  # mean width of a letter in parts of its size
STYLES = {  # colour, width, dashes
    "rail": ("#1f3a5f", 3.0, ""),
    "road": ("#a8521c", 2.6, "9 5"),
    "sea": ("#1d7fa3", 3.0, "1 6"),
}
GROUND = {"rail": ("#c9cdd2", 0.9, ""), "road": ("#dcdcd6", 0.6, ""), "sea": ("#cfe2ea", 0.7, "2 3")}
SPOTS = ((1, 0.35), (-1, 0.35), (1, -0.6), (-1, -0.6), (1, 1.2), (-1, 1.2), (0, -0.8), (0, 1.5))
SMALL_SCALE = 14.0  # px a degree, below which names of countries are small
STEPS = (1, 2, 5, 10)
SCALES = (50, 100, 200, 500, 1000)
KM_A_DEGREE = 111.2


# Where the name of a sea or country may stand, longitude and latitude, the best spot first.
SEAS: tuple[tuple[tuple[str, str], tuple[Point, ...]], ...] = (
    (
        ("Caspian Sea", "Каспийское море"),
        ((50.8, 41.4), (51.4, 39.4), (50.6, 38.4), (50.9, 42.6), (49.6, 40.4), (49.2, 39.2), (48.8, 41.4)),
    ),
    (("Persian Gulf", "Персидский залив"), ((51.6, 27.4), (50.8, 28.2), (52.3, 26.5))),
    (("Arabian Sea", "Аравийское море"), ((62.5, 23.6), (61.0, 24.2), (64.5, 23.0))),
)
COUNTRY_SPOTS: dict[str, tuple[Point, ...]] = {
    "KZ": ((67.5, 48.3), (70.5, 46.8), (74.5, 48.6), (62.0, 48.8), (57.0, 46.8), (72.0, 44.6)),
    "UZ": ((63.2, 41.9), (62.0, 42.8), (65.5, 40.6), (58.3, 43.8)),
    "TM": ((59.4, 39.4), (60.5, 38.4), (57.5, 40.6), (60.8, 39.8), (62.0, 38.4)),
    "IR": ((54.8, 33.4), (52.8, 32.4), (57.2, 34.4), (58.5, 30.6), (51.5, 30.6), (57.0, 35.8)),
    "AF": ((66.2, 33.8), (64.5, 33.0), (67.5, 35.0)),
    "PK": ((68.6, 28.6), (66.5, 27.6), (71.5, 30.6)),
    "RU": ((56.0, 55.0), (62.0, 55.2), (47.5, 51.6), (72.5, 55.4), (45.5, 47.8)),
    "CN": ((84.0, 42.4), (83.0, 44.6), (82.0, 40.6)),
    "AZ": ((47.6, 40.6), (47.8, 39.9)),
    "KG": ((74.6, 41.6), (75.6, 41.2)),
    "TJ": ((71.0, 38.6), (69.6, 38.0)),
    "IN": ((74.5, 25.6), (76.5, 27.4)),
    "AE": ((54.3, 23.7),),
    "OM": ((57.0, 22.2),),
}


@dataclass(frozen=True, slots=True)
class _Frame:
    """From degrees to px, and how high the picture is."""

    west: float
    north: float
    per_lon: float
    per_lat: float
    height: float

    @property
    def right(self) -> float:
        return WIDTH - FRAME

    @property
    def bottom(self) -> float:
        return self.height - FRAME

    def at(self, point: Point) -> tuple[float, float]:
        return FRAME + (point[0] - self.west) * self.per_lon, FRAME + (self.north - point[1]) * self.per_lat


@dataclass(slots=True)
class _Boxes:
    """Where something is written already, and where the route runs."""

    frame: _Frame
    taken: list[Box] = field(default_factory=list)
    route: list[Box] = field(default_factory=list)

    def free(self, box: Box, *, off_route: bool = True) -> bool:
        left, top, right, bottom = box
        inside = (
            left >= FRAME + 2 and right <= self.frame.right - 2 and top >= FRAME + 2 and bottom <= self.frame.bottom - 2
        )
        taken = [*self.taken, *self.route] if off_route else self.taken
        return inside and all(right <= a or left >= c or bottom <= b or top >= d for a, b, c, d in taken)

    def take(self, box: Box) -> None:
        self.taken.append(box)

    def run(self, points: Sequence[Point]) -> None:
        """The line of the route, as small boxes along it."""
        for start, end in pairwise(map(self.frame.at, points)):
            steps = max(1, round(math.dist(start, end) / 6))
            for step in range(steps + 1):
                x, y = (start[i] + (end[i] - start[i]) * step / steps for i in (0, 1))
                self.route.append((x - 3, y - 3, x + 3, y + 3))


def route_map(way: Mapping[str, Any], names: Names, lang: str) -> str:
    """The map of one way of a quote as SVG text; empty where the way has no positions.

    Args:
        way: `legs` with `geometry`, or at least the positions of their ends.
    """
    strokes = [(leg["mode"], points) for leg in way["legs"] if len(points := _points(leg)) > 1]
    ends = [end for leg in way["legs"] for end in (leg["from"], leg["to"])]
    if not ends:
        return ""
    frame = _frame([point for _, points in strokes for point in points] + [(p["lon"], p["lat"]) for p in ends])
    boxes = _Boxes(frame)
    for _, points in strokes:
        boxes.run(points)
    inside = f'x="{FRAME:g}" y="{FRAME:g}" width="{frame.right - FRAME:g}" height="{frame.bottom - FRAME:.1f}"'
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {frame.height:.1f}" font-family="{FONT}">',
        f'<defs><clipPath id="frame"><rect {inside}/></clipPath></defs>',
        f'<rect {inside} fill="#fbfbf8" stroke="#9aa0a6" stroke-width="0.8"/>',
        '<g clip-path="url(#frame)">',
        *_grid(frame),
        *(_line(frame, points, *GROUND[mode]) for mode, *points in names.strokes),
        "</g>",
    ]
    over: list[str] = []
    dots, written = _places(way["legs"], frame, boxes, names, lang)
    over += [_line(frame, points, *STYLES[mode]) for mode, points in strokes if mode in STYLES]
    over += _border_lines(way["legs"], frame)
    legend = _legend({mode for mode, _ in strokes}, frame, boxes, lang)
    svg += _backdrop(frame, boxes, lang)
    svg += ['<g clip-path="url(#frame)">', *over, "</g>", *dots, *written, *legend, "</svg>"]
    return "\n".join(svg)


def _points(leg: Mapping[str, Any]) -> list[Point]:
    if leg["kind"] != "haul":
        return []
    points = [(float(lon), float(lat)) for lon, lat in leg.get("geometry") or ()]
    return points if len(points) > 1 else [(leg[end]["lon"], leg[end]["lat"]) for end in ("from", "to")]


def _frame(points: Sequence[Point]) -> _Frame:
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    middle = (max(lats) + min(lats)) / 2
    narrow = math.cos(math.radians(middle))
    high = max(max(lats) - min(lats), LEAST_SPAN) * (1 + 2 * AROUND)
    wide = max(max(lons) - min(lons), LEAST_SPAN) * (1 + 2 * AROUND)
    room = WIDTH - 2 * FRAME
    height = min(max(room * high / (wide * narrow) + 2 * FRAME, HEIGHTS[0]), HEIGHTS[1])
    per_lat = min((height - 2 * FRAME) / high, room / (wide * narrow))
    per_lon = per_lat * narrow
    west = (max(lons) + min(lons)) / 2 - room / per_lon / 2
    return _Frame(west, middle + (height - 2 * FRAME) / per_lat / 2, per_lon, per_lat, height)


def _line(frame: _Frame, points: Iterable[Point], colour: str, width: float, dashes: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(frame.at, points))
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"{dash}/>'


def _border_lines(legs: Iterable[Mapping[str, Any]], frame: _Frame) -> list[str]:
    """A thin stroke over a border whose two posts are apart."""
    return [
        _line(
            frame, [(leg["from"]["lon"], leg["from"]["lat"]), (leg["to"]["lon"], leg["to"]["lat"])], "#1f3a5f", 1.4, ""
        )
        for leg in legs
        if leg["kind"] == "border"
    ]


def _grid(frame: _Frame) -> list[str]:
    east = frame.west + (frame.right - FRAME) / frame.per_lon
    south = frame.north - (frame.bottom - FRAME) / frame.per_lat
    step = next((s for s in STEPS if (frame.north - south) / s <= 6), STEPS[-1])
    found = []
    for lat in range(math.ceil(south / step) * step, math.floor(frame.north) + 1, step):
        _, y = frame.at((frame.west, lat))
        found.append(f'<path d="M{FRAME:g} {y:.1f}H{frame.right:g}" stroke="#e9e9e4" stroke-width="0.7"/>')
        if FRAME + 20 < y < frame.bottom - 20:
            found.append(f'<text x="{FRAME + 3}" y="{y - 2:.1f}" font-size="9" fill="#a3a79f">{lat}°</text>')
    for lon in range(math.ceil(frame.west / step) * step, math.floor(east) + 1, step):
        x, _ = frame.at((lon, frame.north))
        found.append(f'<path d="M{x:.1f} {FRAME:g}V{frame.bottom:.1f}" stroke="#e9e9e4" stroke-width="0.7"/>')
        if FRAME + 24 < x < frame.right - 24:
            found.append(f'<text x="{x + 2:.1f}" y="{FRAME + 10}" font-size="9" fill="#a3a79f">{lon}°</text>')
    return found


def _box(x: float, y: float, text: str, size: float, side: int) -> Box:
    """The box of a text whose baseline is at y; side: 1 begins at x, -1 ends there, 0 is centred."""
    wide = len(text) * size * LETTER
    left = x if side == 1 else x - wide if side == -1 else x - wide / 2
    return left, y - size * 0.8, left + wide, y + size * 0.25


def _backdrop(frame: _Frame, boxes: _Boxes, lang: str) -> list[str]:
    """Names of the countries and seas in view, each at the first of its spots where nothing else is written."""
    small = frame.per_lat < SMALL_SCALE
    size = 10.5 if small else 12.5
    sea = f'font-size="{size}" font-style="italic" fill="#5d9db5"'
    land = f'font-size="{size - 0.5}" letter-spacing="1.5" fill="#a4a79e"'
    labels = [
        *((names[index(lang)].replace(" ", "\n"), sea, size, spots) for names, spots in SEAS),
        *(
            (of(COUNTRIES, c, lang).removeprefix("the ").upper(), land, size * 1.7, spots)
            for c, spots in COUNTRY_SPOTS.items()
        ),
    ]
    found = []
    for text, look, wide, spots in labels:
        rows = text.split("\n")
        for spot in spots:
            x, y = frame.at(spot)
            left, top, right, bottom = _box(x, y, max(rows, key=len), wide, 0)
            box = (left, top, right, bottom + (len(rows) - 1) * size)
            if boxes.free(box):
                boxes.take(box)
                for number, row in enumerate(rows):
                    found.append(
                        f'<text x="{x:.1f}" y="{y + number * size:.1f}" text-anchor="middle" {look}>{escape(row)}</text>'
                    )
                break
    return found


def _places(
    legs: Sequence[Mapping[str, Any]], frame: _Frame, boxes: _Boxes, names: Names, lang: str
) -> tuple[list[str], list[str]]:
    """Dots of the places where a leg ends, and their names as far as there is room: the two ends first."""
    order: dict[str, Mapping[str, Any]] = {}
    for leg in legs:
        for end in ("from", "to"):
            order.setdefault(leg[end]["id"], leg[end])
    first, last = legs[0]["from"]["id"], legs[-1]["to"]["id"]
    placed = sorted(order.values(), key=lambda place: place["id"] not in (first, last))
    dots, written = [], []
    for place in placed:
        x, y = frame.at((place["lon"], place["lat"]))
        boxes.take((x - 4, y - 4, x + 4, y + 4))
    for place in placed:
        x, y = frame.at((place["lon"], place["lat"]))
        chief = place["id"] in (first, last)
        radius, fill = (6.0, "#b3261e") if chief else (3.6, "#ffffff")
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="#1f3a5f" stroke-width="1.4"/>'
        )
        size, text = (15.0, names.place(place, lang)) if chief else (11.5, names.place(place, lang))
        # Beside the route where there is room, else over it.
        for off_route, (side, down) in product((True, False), SPOTS):
            at_x, at_y = x + side * (radius + 4), y + down * size
            box = _box(at_x, at_y, text, size, side)
            if boxes.free(box, off_route=off_route):
                boxes.take(box)
                anchor = {1: "start", -1: "end", 0: "middle"}[side]
                weight = ' font-weight="bold"' if chief else ""
                same = f'x="{at_x:.1f}" y="{at_y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight}'
                written.append(f'<text {same} fill="#ffffff" stroke="#ffffff" stroke-width="3">{escape(text)}</text>')
                written.append(f'<text {same} fill="#1b1f23">{escape(text)}</text>')
                break
    return dots, written


def _legend(modes: set[str], frame: _Frame, boxes: _Boxes, lang: str) -> list[str]:
    """What the lines mean, and a scale, in the lower left or another free corner."""
    shown = [mode for mode in STYLES if mode in modes]
    wide, high = 150.0, 18.0 * len(shown) + 26.0
    corners = [(x, y) for y in (frame.bottom - high - 8, FRAME + 16) for x in (FRAME + 10, frame.right - wide - 10)]
    left, top = next((c for c in corners if boxes.free((c[0], c[1], c[0] + wide, c[1] + high))), corners[0])
    boxes.take((left, top, left + wide, top + high))
    found = [
        f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" fill="#ffffff" fill-opacity="0.9" stroke="#c9cdd2" stroke-width="0.6"/>'
    ]
    for row, mode in enumerate(shown):
        colour, width, dashes = STYLES[mode]
        y = top + 15 + 18 * row
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        found.append(
            f'<path d="M{left + 10} {y - 4}h44" stroke="{colour}" stroke-width="{width}" stroke-linecap="round"{dash}/>'
        )
        found.append(f'<text x="{left + 64}" y="{y}" font-size="12" fill="#1b1f23">{MODES[mode][index(lang)]}</text>')
    km_px = frame.per_lat / KM_A_DEGREE
    km = max((s for s in SCALES if s * km_px <= wide - 80), default=SCALES[0])
    y = top + high - 10
    found.append(
        f'<path d="M{left + 10} {y - 5}v5h{km * km_px:.1f}v-5" fill="none" stroke="#1b1f23" stroke-width="1"/>'
        f'<text x="{left + 18 + km * km_px:.1f}" y="{y}" font-size="11" fill="#1b1f23">{say("map_scale", lang, km=km)}</text>'
    )
    return found
