"""The folder of an answer: tables, curves, the letter in words, what was found and how far to trust it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.databook import DataBook
from optimizer.study.curves import curves
from optimizer.study.figures import break_even, money, railways_of, shares, verdict
from optimizer.study.letterpage import letter_page
from optimizer.study.run import Findings, State
from optimizer.study.summary import summary_of
from optimizer.study.sweep import Sweep
from optimizer.study.words import study_page
from optimizer.tables import CsvOut, make_folder

ROUND = (
    "0.01",
    "0.05",
    "0.1",
    "0.5",
    "1",
)  # multiples of the finest of these that are not too many stand in points.csv
MOST_SHOWN = 160


def write_report(found: Findings, book: DataBook, out: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write every file of the answer but the letter's book, which stands already; returns the summary."""
    make_folder(out)
    summary = summary_of(found)
    _points(found, out / "points.csv")
    _kinks(found, out / "kinks.csv")
    _gains(found, out / "gains_losses.csv")
    if found.states or found.replies:
        _states(found, out / "scenarios.csv")
    if found.meetings:
        _write(out / "overlaps.csv", [m.as_dict() for m in found.meetings])
    for s in found.at_best or found.sweeps:
        _pictures(found, s, out)
    (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "study.md").write_text(study_page(found, summary), encoding="utf-8")
    (out / "letter.md").write_text(letter_page(found, book), encoding="utf-8")
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return summary


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    with CsvOut(path, list(rows[0])) as file:
        for row in rows:
            file.write(row)


# ---- tables -------------------------------------------------------------------------------------------


def _points(found: Findings, path: Path) -> None:
    rows = []
    for others, sweeps in (("today", found.sweeps), ("best", found.at_best)):
        for s in sweeps:
            rows += [point_row(found, s, n, others) for n in _shown(s, found.study.rates[s.rate].values)]
    _write(path, rows)


def _shown(s: Sweep, values: Sequence[Decimal]) -> list[int]:
    """Numbers of round values, of both sides of every kink, of the ends, the best and today."""
    last = len(values)
    even: list[int] = list(range(last))
    for text in ROUND:
        if len(even) <= MOST_SHOWN:
            break
        even = [n for n, value in enumerate(values) if value % Decimal(text) == 0]
    kinks = {n for k in s.kinks for n in (k.low, k.high)}
    return sorted({*even, 0, max(0, last - 1), last, s.best, *kinks})


def point_row(found: Findings, s: Sweep, n: int, others: str) -> dict[str, object]:
    """What happens at one point of a sweep."""
    market, study, o = found.market, found.study, s.outcome
    last = o.points.shape[1] - 1
    mine = found.response.mine
    value = market.value(s.rate, n)
    contribution = o.contribution(found.response.costs)
    own = float(contribution[mine, n].sum())
    margin = own / o.carried[n] if o.carried[n] > 0 else 0.0
    row: dict[str, object] = {
        "rate": study.rates[s.rate].name,
        "others": others,
        "coefficient": "" if value is None else f"{value.normalize():f}",
        "point": "today" if n == last else "best" if n == s.best else "",
        "objective": money(o.value[n]) if np.isfinite(o.value[n]) else "over the cap",
        "revenue": money(o.revenue[mine, n].sum()),
        "contribution": money(own),
        "tonnes": f"{o.carried[n]:.0f}",
        "break_even_t": f"{break_even(found, margin):.0f}" if margin > 0 else "never",
        "let_off": money(o.given[n]),
        "left_t": f"{o.left[n]:.0f}",
    }
    for name, share in zip(market.corridors, shares(o.tonnes[:, n]), strict=True):
        row[f"share_{name}"] = share
    for q, name in enumerate(market.corridors):
        row[f"change_t_{name}"] = f"{o.tonnes[q, n] - o.tonnes[q, last]:.0f}"
    for i in railways_of(found):
        row[f"revenue_{market.railways[i]}"] = money(o.revenue[i, n])
        row[f"contribution_{market.railways[i]}"] = money(contribution[i, n])
    return row


def _kinks(found: Findings, path: Path) -> None:
    rows: list[dict[str, object]] = []
    names = found.market.corridors
    for others, sweeps in (("today", found.sweeps), ("best", found.at_best)):
        for s in sweeps:
            for k in s.kinks:
                lane = found.response.r.lanes[k.lane]
                before, after = lane.ways[k.before], lane.ways[k.after]
                lot = float(lane.lot_t) * 100_000
                rows.append(
                    {
                        "rate": found.study.rates[s.rate].name,
                        "others": others,
                        "lane": lane.lane_id,
                        "origin": lane.origin,
                        "destination": lane.destination,
                        "cargo": lane.cargo,
                        "tonnes": f"{lane.tonnes.normalize():f}",
                        "up_to": f"{k.low_value.normalize():f}",
                        "from": f"{k.high_value.normalize():f}",
                        "way_up_to": before.shown,
                        "way_from": after.shown,
                        "corridor_up_to": names[before.corridor],
                        "corridor_from": names[after.corridor],
                        "per_tonne_up_to": f"{k.weight_low / lot:.4f}",
                        "per_tonne_from": f"{k.weight_high / lot:.4f}",
                        "quoted_again": "yes" if k.proved else "no",
                    }
                )
    columns = "rate,others,lane,origin,destination,cargo,tonnes,up_to,from,way_up_to,way_from,corridor_up_to,corridor_from,per_tonne_up_to,per_tonne_from,quoted_again"
    with CsvOut(path, columns.split(",")) as file:
        for row in rows:
            file.write(row)


def _gains(found: Findings, path: Path) -> None:
    """Lanes: what their shippers pay more or less, time included. Railways: their contribution."""
    rows: list[dict[str, object]] = []
    response = found.response
    now = response.worth(found.today.points)[:, 0]
    then = response.worth(found.chosen.points)[:, 0]
    for n, lane in enumerate(response.r.lanes):
        change = then[n] - now[n]
        rows.append(
            {
                "who": "lane",
                "name": f"{lane.lane_id} {lane.origin} > {lane.destination}, {lane.cargo}",
                "today": f"{now[n]:.4f}",
                "at_best": f"{then[n]:.4f}",
                "unit": f"{found.study.currency} a tonne",
                "tonnes_today": f"{response.r.tonnes[n]:.0f}",
                "change": money(change * response.r.tonnes[n]),
                "verdict": verdict(-change),
            }
        )
    before = found.today.contribution(response.costs)[:, 0]
    after = found.chosen.contribution(response.costs)[:, 0]
    for i in railways_of(found):
        rows.append(
            {
                "who": "railway",
                "name": found.market.railways[i],
                "today": money(before[i]),
                "at_best": money(after[i]),
                "unit": found.study.currency,
                "tonnes_today": "",
                "change": money(after[i] - before[i]),
                "verdict": verdict(after[i] - before[i]),
            }
        )
    _write(path, rows)


def _states(found: Findings, path: Path) -> None:
    rows = []
    for kind, states in (("scenario", found.states), ("rivals", list(found.replies.values()))):
        rows += [_state_row(found, kind, state) for state in states]
    _write(path, rows)


def _state_row(found: Findings, kind: str, state: State) -> dict[str, object]:
    row: dict[str, object] = {"kind": kind, "name": state.scenario.name}
    for k, rate in enumerate(found.study.rates):
        value = found.value(k, state.best.point[k])
        row[f"best_{rate.name}"] = "today" if value is None else f"{value.normalize():f}"
    row["objective_there"] = money(state.best.value)
    row["bound"] = money(state.best.bound) if np.isfinite(state.best.bound) else ""
    row["objective_at_study_best"] = money(state.value_at_best)
    row["objective_today"] = money(state.value_today)
    row["lost_by_study_best"] = money(max(0.0, state.best.value - state.value_at_best))
    return row


# ---- pictures -----------------------------------------------------------------------------------------


def _pictures(found: Findings, s: Sweep, out: Path) -> None:
    market, study = found.market, found.study
    rate = study.rates[s.rate]
    values = [float(v) for v in rate.values]
    if len(values) < 2:
        return
    o = s.outcome
    count = len(values)
    marks = []
    if len(market.today[s.rate]) == 1:
        marks.append(("today", float(market.today[s.rate][0])))
    best = market.value(s.rate, s.best)
    if best is not None:
        marks.append(("best", float(best)))
    axis = rate.unit(study.currency)
    mine = found.response.mine
    contribution = o.contribution(found.response.costs)[mine].sum(axis=0)
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in rate.name)
    money_lines = [("revenue", o.revenue[mine].sum(axis=0)[:count]), ("contribution", contribution[:count])]
    money_lines = [(word, y / 1000) for word, y in money_lines]
    (out / f"{name}-money.svg").write_text(
        curves(
            f"{rate.name}: money of {', '.join(study.objective.of)}",
            f"{study.currency} thousand",
            values,
            money_lines,
            marks,
            axis=axis,
        ),
        encoding="utf-8",
    )
    tonnes = [(c, o.tonnes[q, :count] / 1000) for q, c in enumerate(market.corridors)]
    (out / f"{name}-tonnes.svg").write_text(
        curves(f"{rate.name}: tonnes by corridor", "kt", values, tonnes, marks, axis=axis), encoding="utf-8"
    )
    total = np.maximum(o.tonnes.sum(axis=0)[:count], 1e-12)
    parts = [(c, 100 * o.tonnes[q, :count] / total) for q, c in enumerate(market.corridors)]
    (out / f"{name}-shares.svg").write_text(
        curves(f"{rate.name}: shares of corridors", "%", values, parts, marks, stacked=True, axis=axis),
        encoding="utf-8",
    )
