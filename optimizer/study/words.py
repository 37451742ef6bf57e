"""What was found and how far to trust it, in plain words: study.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from optimizer.study.run import RIVALS, Findings

PROVED = 2e-6  # relative: as near as the boxes look, and a cent

GOALS = {
    "revenue": "revenue",
    "contribution": "contribution (revenue less the cost of the tonne-kilometres)",
    "tonnes": "tonnes carried",
    "share": "share of the corridor",
    "weighted": "of the weighted sum",
}


def study_page(found: Findings, summary: Mapping[str, Any]) -> str:
    """study.md."""
    study = found.study
    parts = [
        f"# {study.title}",
        "",
        *([study.note, ""] if study.note else []),
        f"Priced for loading on {study.ready}, as known on {study.known_on}. Sought: most "
        f"{GOALS[study.objective.goal]} of {', '.join(study.objective.of)}"
        + (
            f", letting off at most {study.objective.subsidy_cap:,f} {study.currency}"
            if study.objective.subsidy_cap is not None
            else ""
        )
        + ".",
        "",
        "## Found",
        "",
        *_found(found, summary),
        "",
        *_table(summary),
        "",
        *_robust(found, summary),
        *_railways(found, summary),
        *_losers(found),
        "## How far to trust it",
        "",
        *_trust(found, summary),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _found(found: Findings, summary: Mapping[str, Any]) -> list[str]:
    currency = found.study.currency
    lines = []
    for rate in summary["rates"]:
        today = summary["today"]["values"][rate["name"]]
        money = "" if rate["unit"] == "coefficient" else f" {rate['unit']}"
        best = "stays as it is" if rate["best"] == "today" else f"best at **{rate['best']}**{money}"
        near = rate["within_one_per_cent"]
        over = rate["best_over_scenarios"]
        text = f"- {rate['name']}: today {', '.join(today) or 'none'}; {best}"
        if near and rate["best"] != "today":
            text += f"; anything from {near[0]} to {near[1]} comes within 1 %"
        if over and over[0] != over[1]:
            text += f"; over the scenarios and rivals' answers the best lies between {over[0]} and {over[1]}"
        if rate["at_end_of_range"]:
            text += "; that is an end of the range looked at, so it may lie further"
        lines.append(text + _used(rate) + ".")
    at, now = summary["at_best"], summary["today"]
    if at["break_even_tonnes"] and summary["best"] and float(at["contribution"]) != float(now["contribution"]):
        lines.append(
            f"- It pays only if more than {float(at['break_even_tonnes']) / 1000:,.1f} kt come; expected are "
            f"{float(at['tonnes']) / 1000:,.1f} kt, today {float(now['tonnes']) / 1000:,.1f} kt."
        )
    if summary["status"] == "optimal":
        lines.append(
            f"- No choice of these rates brings more than {float(summary['bound']):,.2f}: proved ({summary['method']})."
        )
    elif summary["bound"] is not None:
        lines.append(
            f"- Not proved best: nothing can bring more than {float(summary['bound']):,.2f}, {float(summary['gap']):.2%} above what was found."
        )
    else:
        lines.append("- Not proved best: no bound is known for this objective; many starts led to nothing better.")
    for name, parts in summary.get("through_revenue", {}).items():
        shared = ", ".join(f"{railway} {float(part):.1%}" for railway, part in parts.items())
        lines.append(f"- Of the through rate {name} the railways get: {shared}.")
    lines.append(
        f"- Money in {currency}. Every price at today's tariff and at the best one was quoted again with the letter in the books."
    )
    return lines


def _used(rate: Mapping[str, Any]) -> str:
    """Of a through rate: up to where it is paid at all, and if it is not worth having, by how much."""
    if "used_up_to" not in rate:
        return ""
    if rate["used_up_to"] is None:
        return "; nobody would pay any rate of the range, the other rates as today"
    text = f"; with the other rates as today nobody pays more than {rate['used_up_to']}"
    if rate["best"] == "today":
        text += f", and the best that is paid, {rate['best_used']}, brings {abs(float(rate['best_used_against_today'])):z,.0f} "
        text += "less than today" if float(rate["best_used_against_today"]) < 0 else "more"
    return text


def _table(summary: Mapping[str, Any]) -> list[str]:
    now, at = summary["today"], summary["at_best"]
    rows = ["| | today | at the best |", "| --- | ---: | ---: |"]
    for key, name in (
        ("tonnes", "tonnes carried"),
        ("revenue", "revenue"),
        ("contribution", "contribution"),
        ("shippers_pay", "shippers pay"),
        ("let_off", "let off against today"),
    ):
        rows.append(f"| {name} | {float(now[key]):z,.0f} | {float(at[key]):z,.0f} |")
    for corridor, row in now["corridors"].items():
        rows.append(f"| share of {corridor} | {row['share']} % | {at['corridors'][corridor]['share']} % |")
    if float(now["left_tonnes"]) or float(at["left_tonnes"]):
        rows.append(f"| tonnes without room | {float(now['left_tonnes']):z,.0f} | {float(at['left_tonnes']):z,.0f} |")
    return rows


def _robust(found: Findings, summary: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if summary["rivals"]:
        lines += ["## If rivals answer", ""]
        for row in summary["rivals"]:
            lines.append(
                f"- {RIVALS[row['name']]}: "
                f"this letter brings {float(row['value_at_study_best']):z,.0f}, today's tariff {float(row['value_today']):z,.0f}; "
                f"best would be {_values(row['best'])} with {float(row['value']):z,.0f}."
            )
        lines.append("")
    if len(summary["scenarios"]) > 1:
        lines += ["## Other states of the world", ""]
        for row in summary["scenarios"]:
            lines.append(
                f"- {row['name']}: this letter {float(row['value_at_study_best']):z,.0f}, today's tariff "
                f"{float(row['value_today']):z,.0f}, best {_values(row['best'])} with {float(row['value']):z,.0f}."
            )
        lines.append("")
    if "robust" in summary:
        robust = summary["robust"]
        lines += [
            "## One letter for all of them",
            "",
            f"Over {len(robust['states'])} states: {'; '.join(robust['states'])}.",
            "",
            f"- best in the worst of them: {_values(robust['best_in_the_worst_case'])}, at least {float(robust['worst_value']):z,.0f} "
            f"({_nothing_above(robust['worst_value'], robust['worst_bound'])});",
            f"- best in the mean: {_values(robust['best_in_the_mean'])}, {float(robust['mean_value']):z,.0f} "
            f"({_nothing_above(robust['mean_value'], robust['mean_bound'])}).",
            "",
        ]
    return lines


def _nothing_above(value: str, bound: str | None) -> str:
    if bound is None:
        return "no bound is known"
    above, had = float(bound), float(value)
    if above - had <= PROVED * max(1.0, abs(had)):
        return "proved"
    return f"nothing brings more than {above:z,.0f}"


def _values(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _railways(found: Findings, summary: Mapping[str, Any]) -> list[str]:
    game = summary.get("railways")
    if game is None:
        return []
    stop = "in equilibrium" if game["equilibrium"]["reached"] else "where replies were stopped"
    lines = ["## The railways among themselves", ""]
    lines += [
        f"| | today | alone, others as today | {stop} | together | part of the gain | to receive |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for p in game["players"]:
        lines.append(
            f"| {p} | {float(game['today'][p]):z,.0f} | {float(game['alone'][p]['contribution']):z,.0f} "
            f"| {float(game['equilibrium']['contribution'][p]):z,.0f} | {float(game['joint']['contribution'][p]):z,.0f} "
            f"| {float(game['split']['part'][p]):z,.0f} | {float(game['split']['to_receive'][p]):z,.0f} |"
        )
    rest = game["equilibrium"]
    lines.append("")
    if rest["reached"]:
        lines.append(
            f"- Best replies in turn come to rest after {rest['rounds']} rounds at {_values(rest['values'])}: there nobody gains by moving alone."
        )
    elif rest["cycle"]:
        lines.append(
            f"- Best replies in turn run in a circle of {rest['cycle']} points: no resting place was found from today's tariffs."
        )
    else:
        lines.append("- Best replies in turn did not come to rest in the time given.")
    lines.append(
        f"- Together best: {_values(game['joint']['values'])}; the gain of {float(game['gain']):z,.0f} is split {game['split']['how']}."
    )
    if game["loses_at_joint"]:
        lines.append(f"- Loses there unless it is paid its part: {', '.join(game['loses_at_joint'])}.")
    if game["better_by_themselves"]:
        lines.append(
            "- Would gain more by moving alone, were the others to stay as they are today, than by this split: "
            f"{', '.join(game['better_by_themselves'])}."
        )
    lines.append("")
    return lines


def _losers(found: Findings) -> list[str]:
    response = found.response
    now = response.worth(found.today.points)[:, 0]
    then = response.worth(found.chosen.points)[:, 0]
    tonnes = response.r.tonnes
    gain = sum(float(t) for a, b, t in zip(now, then, tonnes, strict=True) if b < a - 5e-5)
    lose = sum(float(t) for a, b, t in zip(now, then, tonnes, strict=True) if b > a + 5e-5)
    same = max(0.0, float(tonnes.sum()) - gain - lose)
    return [
        "## Who gains and who loses",
        "",
        f"Shippers of {gain / 1000:,.1f} kt pay less, of {lose / 1000:,.1f} kt more, of {same / 1000:,.1f} kt the same; lane by lane, "
        "and railway by railway, in gains_losses.csv.",
        "",
    ]


def _trust(found: Findings, summary: Mapping[str, Any]) -> list[str]:
    study = found.study
    answer = study.answer
    statuses = Counter(lane.status for lane in study.lanes)
    demand = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
    lines = [f"- Demand: {study.demand_note or 'lanes of the study'}; lanes by status: {demand}."]
    if answer.rule == "cheapest":
        lines.append(
            "- Shippers are taken to go the cheapest way, all of a lane at once: real ones go over little by little, so a kink is sharper here than in the world."
        )
    else:
        lines.append(
            f"- Shippers are split between corridors by a logit with a spread of {answer.spread.normalize():f} {study.currency}/t: {answer.status}"
            + (f", {answer.source_id}" if answer.source_id else "")
            + "; within a corridor they go the cheapest way."
        )
    if answer.time_value:
        lines.append(
            f"- A day on the way costs a tonne {answer.time_value.normalize():f} {study.currency}: {answer.status}."
        )
    if answer.elasticity:
        lines.append(
            f"- Tonnes of a lane answer to what they pay with an elasticity of {answer.elasticity.normalize():f}: {answer.status}."
        )
    else:
        lines.append("- Tonnes of a lane are given: nobody stays at home or comes because of the price.")
    if answer.note:
        lines.append(f"- Where these come from: {answer.note}.")
    for cost in study.costs:
        lines.append(
            f"- Cost of a tonne-kilometre more, {cost.carrier}: {cost.per_t_km.normalize():f} {study.currency}, {cost.status}, {cost.source_id}"
            + (f" ({cost.note})" if cost.note else "")
            + "."
        )
    for capacity in study.capacities:
        lines.append(
            f"- {capacity.name} takes {capacity.tonnes.normalize():,f} t in the period: {capacity.status}, {capacity.source_id}. Where it is full, lanes share it evenly and the rest goes the next best way."
        )
    if not study.capacities:
        lines.append("- Borders are taken to hold all that comes.")
    lines.append(
        "- Base rates of Turkmen, Uzbek and Kazakh railways are estimates of the default books (docs/tariff-books.md): a rate found here is one on those bases."
    )
    if summary.get("through_revenue"):
        lines.append(
            "- A through rate is new: it lets off nothing against a tariff of today, and shippers who do not pass its whole chain pay what they paid."
        )
    if not summary["ways_complete"]:
        lines.append("- Not all ways of every lane could be listed, so bounds are not shown.")
    else:
        lines.append(
            "- All ways that can win anywhere in the ranges are listed; a way left out costs more at the lowest coefficients than the best one at the highest."
        )
    if summary["kinks_not_quoted_again"]:
        lines.append(
            f"- {summary['kinks_not_quoted_again']} kinks were not quoted again for want of time; {summary['kinks_quoted_again']} were, on both sides."
        )
    else:
        lines.append(f"- All {summary['kinks_quoted_again']} kinks were quoted again on both sides.")
    if summary["lanes_without_way"]:
        lines.append(f"- {len(summary['lanes_without_way'])} lanes have no way on that day and are left out.")
    return lines
