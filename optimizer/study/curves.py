"""Curves of a sweep as SVG: money, tonnes and shares by coefficient. No script, nothing to load."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from optimizer.study.market import Floats

COLOURS = ("#1f77b4", "#e08214", "#2a9d55", "#8856a7", "#8c6d31", "#c2549d", "#17a2b8", "#6b6b6b", "#a3b81f", "#3f51b5")
INK, FAINT, RED = "#22303c", "#dfe5ea", "#d11f2d"
WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, BOTTOM = 88, 210, 46, 52
MOST_POINTS = 1500  # drawn of one curve; the ends of every step are kept


def curves(
    title: str,
    unit: str,
    x: Sequence[float],
    lines: Sequence[tuple[str, Floats]],
    marks: Sequence[tuple[str, float]] = (),
    stacked: bool = False,
    axis: str = "coefficient",
) -> str:
    """A picture of lines over a rate, or of shares standing on each other.

    Args:
        axis: what the values of the rate are.
        marks: (word, place) of upright lines: today, best.
    """
    across = np.array(x, dtype=float)
    keep = _kept([np.asarray(y) for _, y in lines], len(across))
    across = across[keep]
    rows = [(name, np.asarray(y, dtype=float)[keep]) for name, y in lines]
    if stacked:
        total = np.zeros(len(across))
        piled = []
        for name, y in rows:
            piled.append((name, total.copy(), total + y))
            total = total + y
        low, high = 0.0, max(float(total.max(initial=0.0)), 1e-9)
    else:
        low = min(0.0, *(float(y.min(initial=0.0)) for _, y in rows))
        high = max(1e-9, *(float(y.max(initial=0.0)) for _, y in rows))
    left, right = float(across.min()), float(across.max())
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def px(value: float) -> float:
        return LEFT + (value - left) / max(right - left, 1e-12) * width

    def py(value: float) -> float:
        return TOP + height - (value - low) / max(high - low, 1e-12) * height

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="system-ui,sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 24, title, 16, weight="600"),
        _text(LEFT - 8, TOP - 8, unit, 11, anchor="end"),
    ]
    for tick in _ticks(low, high):
        out.append(f'<line x1="{LEFT}" y1="{py(tick):.1f}" x2="{LEFT + width}" y2="{py(tick):.1f}" stroke="{FAINT}"/>')
        out.append(_text(LEFT - 8, py(tick) + 4, f"{tick:,.10g}", 11, anchor="end"))
    for tick in _ticks(left, right):
        out.append(_text(px(tick), TOP + height + 18, f"{tick:.10g}", 11, anchor="middle"))
    out.append(_text(LEFT + width / 2, HEIGHT - 12, axis, 12, anchor="middle"))
    if stacked:
        for n, (name, below, above) in enumerate(piled):
            there = [f"{px(a):.1f},{py(b):.1f}" for a, b in zip(across, above, strict=True)]
            back = [f"{px(a):.1f},{py(b):.1f}" for a, b in zip(across[::-1], below[::-1], strict=True)]
            out.append(
                f'<polygon points="{" ".join(there + back)}" fill="{COLOURS[n % len(COLOURS)]}" fill-opacity="0.8">'
                f"<title>{escape(name)}</title></polygon>"
            )
    else:
        for n, (name, y) in enumerate(rows):
            points = " ".join(f"{px(a):.1f},{py(b):.1f}" for a, b in zip(across, y, strict=True))
            out.append(
                f'<polyline points="{points}" fill="none" stroke="{COLOURS[n % len(COLOURS)]}" stroke-width="2">'
                f"<title>{escape(name)}</title></polyline>"
            )
    for n, (word, place) in enumerate(marks):
        if left <= place <= right:
            out.append(
                f'<line x1="{px(place):.1f}" y1="{TOP}" x2="{px(place):.1f}" y2="{TOP + height}" '
                f'stroke="{RED if n else INK}" stroke-dasharray="4 3"/>'
            )
            late = px(place) > LEFT + width - 60
            out.append(
                _text(px(place) + (-4 if late else 4), TOP + 12 + 14 * n, word, 11, anchor="end" if late else "start")
            )
    for n, (name, _) in enumerate(rows):
        top = TOP + 8 + 20 * n
        out.append(
            f'<rect x="{WIDTH - RIGHT + 16}" y="{top}" width="14" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>'
        )
        out.append(_text(WIDTH - RIGHT + 36, top + 9, name[:26], 12))
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _kept(rows: Sequence[Floats], count: int) -> list[int]:
    """Points to draw: evenly spread, and both sides of every jump."""
    if count <= MOST_POINTS:
        return list(range(count))
    step = count // (MOST_POINTS // 2) + 1
    keep = {*range(0, count, step), count - 1}
    for y in rows:
        change = np.abs(np.diff(y))
        usual = np.median(change) * 5 + 1e-9
        jumps = np.nonzero(change > usual)[0][: MOST_POINTS // 4]
        keep |= set(jumps.tolist()) | set((jumps + 1).tolist())
    return sorted(keep)


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers in a range.

    >>> _ticks(0, 10)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    span = max(high - low, 1e-12)
    size = 10 ** np.floor(np.log10(span))
    step = next(float(size * m) for m in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if span / (size * m) <= 6)
    first = int(np.ceil(low / step - 1e-9))
    return [round(n * step, 10) for n in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def _text(x: float, y: float, text: str, size: int, *, anchor: str = "start", weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{INK}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
