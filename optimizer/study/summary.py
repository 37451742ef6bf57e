"""The findings as plain data: summary.json, and what the command prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizer.study.figures import break_even, money, near_best, railways_of, shares
from optimizer.study.joint import Joint
from optimizer.study.outcome import Outcome
from optimizer.study.run import Findings, State


def summary_of(found: Findings) -> dict[str, Any]:
    """Everything a program may want of an answer; money and coefficients as text."""
    study, market, best = found.study, found.market, found.best
    states = [*found.states, *found.replies.values()]
    summary: dict[str, Any] = {
        "study": study.study_id,
        "title": study.title,
        "ready": study.ready.isoformat(),
        "known_on": study.known_on.isoformat(),
        "currency": study.currency,
        "objective": study.objective.goal,
        "of": list(study.objective.of),
        "answer": study.answer.rule,
        "lanes": len(market.lanes),
        "lanes_without_way": market.left_out,
        "ways": sum(len(lane.ways) for lane in market.lanes),
        "ways_complete": all(lane.complete for lane in market.lanes),
        "best": values_at(found, best.point),
        "status": "optimal" if best.finished and all(lane.complete for lane in market.lanes) else "feasible",
        "value": money(best.value),
        "bound": money(best.bound) if np.isfinite(best.bound) and all(x.complete for x in market.lanes) else None,
        "gap": f"{best.gap:.6f}" if np.isfinite(best.gap) and all(x.complete for x in market.lanes) else None,
        "method": best.method,
        "today": {
            "values": {
                rate.name: [f"{v.normalize():f}" for v in market.today[k]] for k, rate in enumerate(study.rates)
            },
            **outcome_of(found, found.today),
        },
        "at_best": outcome_of(found, found.chosen),
        "rates": [_rate(found, k, states) for k in range(len(study.rates))],
        "scenarios": [_state(found, state) for state in found.states],
        "rivals": [_state(found, state) for state in found.replies.values()],
        "recomputed": True,
        "lanes_recomputed": found.recomputed,
        "kinks_quoted_again": found.proved,
        "kinks_not_quoted_again": found.unproved,
        "letter": None if found.letter is None else found.letter.name,
        "letter_problems": [{"severity": p.severity, "code": p.code, "text": p.text} for p in found.letter_problems],
        "seconds": round(found.seconds, 2),
    }
    if market.splits:
        summary["through_revenue"] = {
            name: {market.railways[railway]: f"{float(part):.4f}" for railway, part in parts}
            for name, parts in market.splits.items()
        }
    if found.robust is not None:
        worst, mean = found.robust.worst_case, found.robust.mean
        summary["robust"] = {
            "states": list(found.robust.states),
            "best_in_the_worst_case": values_at(found, worst.point),
            "worst_value": money(worst.value),
            "worst_bound": money(worst.bound) if np.isfinite(worst.bound) else None,
            "best_in_the_mean": values_at(found, mean.point),
            "mean_value": money(mean.value),
            "mean_bound": money(mean.bound) if np.isfinite(mean.bound) else None,
            "proved": worst.finished and mean.finished,
        }
    if found.game is not None:
        summary["railways"] = _game(found)
    return summary


def values_at(found: Findings, point: Sequence[int]) -> dict[str, str]:
    """Coefficients at a point; `today` where a rate stays as it is."""
    values: dict[str, str] = {}
    for k, rate in enumerate(found.study.rates):
        value = None if point[k] == found.market.now[k] else found.value(k, point[k])
        values[rate.name] = "today" if value is None else f"{value.normalize():f}"
    return values


def outcome_of(found: Findings, o: Outcome) -> dict[str, Any]:
    """Money, tonnes and shares at one point."""
    mine, market = found.response.mine, found.market
    contribution = o.contribution(found.response.costs)
    own = float(contribution[mine, 0].sum())
    margin = own / o.carried[0] if o.carried[0] > 0 else 0.0
    return {
        "revenue": money(o.revenue[mine, 0].sum()),
        "contribution": money(own),
        "tonnes": f"{o.carried[0]:.0f}",
        "break_even_tonnes": f"{break_even(found, margin):.0f}" if margin > 0 else None,
        "let_off": money(o.given[0]),
        "left_tonnes": f"{o.left[0]:.0f}",
        "shippers_pay": money(o.paid[0]),
        "corridors": {
            name: {"tonnes": f"{o.tonnes[q, 0]:.0f}", "share": share}
            for q, (name, share) in enumerate(zip(market.corridors, shares(o.tonnes[:, 0]), strict=True))
        },
        "railways": {
            market.railways[i]: {"revenue": money(o.revenue[i, 0]), "contribution": money(contribution[i, 0])}
            for i in railways_of(found)
        },
    }


def _rate(found: Findings, k: int, states: Sequence[State]) -> dict[str, Any]:
    rate = found.study.rates[k]
    s = (found.at_best or found.sweeps)[k]
    near = near_best(s, rate.values)
    bests = [found.value(k, state.best.point[k]) for state in states]
    known = [v for v in bests if v is not None]
    value = None if found.best.point[k] == found.market.now[k] else found.value(k, found.best.point[k])
    return {
        "name": rate.name,
        "unit": rate.unit(found.study.currency),
        **(_used(found, k) if rate.through is not None else {}),
        "best": "today" if value is None else f"{value.normalize():f}",
        "at_end_of_range": value is not None and len(rate.values) > 1 and value in (rate.values[0], rate.values[-1]),
        "within_one_per_cent": None if near is None else [f"{v.normalize():f}" for v in near],
        "best_over_scenarios": [f"{min(known).normalize():f}", f"{max(known).normalize():f}"] if known else None,
        "kinks": len(found.sweeps[k].kinks),
        "kinks_at_best": len(s.kinks),
    }


def _used(found: Findings, k: int) -> dict[str, Any]:
    """Of a through rate: the dearest that anybody would pay, and what the best of those that are paid brings.

    The other rates stay as they are today.
    """
    o, values = found.sweeps[k].outcome, found.study.rates[k].values
    paid = np.nonzero(np.abs(o.paid[:-1] - o.paid[-1]) > 0.005)[0]
    if not len(paid):
        return {"used_up_to": None}
    best = paid[int(o.value[paid].argmax())]
    return {
        "used_up_to": f"{values[paid[-1]].normalize():f}",
        "best_used": f"{values[best].normalize():f}",
        "best_used_against_today": money(o.value[best] - o.value[-1]),
    }


def _state(found: Findings, state: State) -> dict[str, Any]:
    return {
        "name": state.scenario.name,
        "best": values_at(found, state.best.point),
        "value": money(state.best.value),
        "value_at_study_best": money(state.value_at_best),
        "value_today": money(state.value_today),
        "proved": state.best.finished,
    }


def _game(found: Findings) -> dict[str, Any]:
    game = found.game
    assert game is not None
    rest = game.equilibrium

    def per_player(values: Sequence[float]) -> dict[str, str]:
        return {player: money(v) for player, v in zip(game.players, values, strict=True)}

    return {
        "players": list(game.players),
        "today": per_player(game.today),
        "alone": {
            player: {
                "best": values_at(found, joint.point),
                "contribution": money(joint.value),
                "proved": joint.finished,
            }
            for player, joint in zip(game.players, game.alone, strict=True)
        },
        "equilibrium": {
            "reached": rest.rests,
            "cycle": rest.cycle,
            "rounds": rest.rounds,
            "proved": rest.proved,
            "values": values_at(found, rest.point),
            "contribution": per_player(game.at_equilibrium),
        },
        "joint": {
            "values": values_at(found, game.joint.point),
            "contribution": per_player(game.at_joint),
            **_bounds(game.joint),
        },
        "gain": money(game.gain),
        "split": {"how": game.how, "part": per_player(game.part), "to_receive": per_player(game.paid)},
        "loses_at_joint": [p for p, a, b in zip(game.players, game.today, game.at_joint, strict=True) if b < a - 0.005],
        "better_by_themselves": list(game.unstable),
    }


def _bounds(joint: Joint) -> dict[str, Any]:
    return {
        "total": money(joint.value),
        "bound": money(joint.bound) if np.isfinite(joint.bound) else None,
        "proved": joint.finished,
    }
