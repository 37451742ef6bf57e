"""A study from its file to its findings: market, sweeps, optimum, rivals, scenarios, railways; every figure quoted again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import numpy as np

from optimizer.clerk import known_names
from optimizer.databook import DataBook
from optimizer.errors import FreightError, Problem
from optimizer.itinerary import Itinerary
from optimizer.money import CENT
from optimizer.study.build import Builder
from optimizer.study.game import Game, play
from optimizer.study.joint import Joint, optimise, optimise_over
from optimizer.study.letter import FREE, Met, laid_over, letter_rows, letter_through, met, printed_id, write_book
from optimizer.study.lines import split_cents
from optimizer.study.market import Market, Replies
from optimizer.study.model import REPLIES, Scenario, Study
from optimizer.study.outcome import Outcome, Response
from optimizer.study.proof import Desk
from optimizer.study.sweep import Kink, Sweep, sweep
from optimizer.tariff.check import check_books

Progress = Callable[[str, int, int], None]
AS_DESCRIBED = "as described"
RIVALS = {"fixed": "rivals stay", "half": "rivals go half the way", "match": "rivals match"}
KINKS_SECONDS = 5.0
NEAR = 0.01  # a value within so much of the best one is as good, given what is known


@dataclass(frozen=True, slots=True)
class State:
    """One state of the world with its own best point."""

    scenario: Scenario
    best: Joint
    value_at_best: float  # at the best point of the study
    value_today: float


@dataclass(frozen=True, slots=True)
class Robust:
    """The points that are best in the worst of `states` and in their mean."""

    states: tuple[str, ...]
    worst_case: Joint
    mean: Joint


@dataclass(slots=True)
class Findings:
    """All that a study found.

    Attributes:
        sweeps: each rate with the others as they are today; `at_best`: with the others at the best point.
        recomputed: lanes whose way and price a quote found again at today and at the best point.
        proved, unproved: kinks quoted again on both sides, and those there was no time for.
    """

    market: Market
    response: Response
    best: Joint
    sweeps: list[Sweep]
    at_best: list[Sweep]
    today: Outcome
    chosen: Outcome
    states: list[State] = field(default_factory=list)
    robust: Robust | None = None
    replies: dict[str, State] = field(default_factory=dict)
    game: Game | None = None
    meetings: list[Met] = field(default_factory=list)
    letter: Path | None = None
    letter_problems: list[Problem] = field(default_factory=list)
    recomputed: int = 0
    proved: int = 0
    unproved: int = 0
    seconds: float = 0.0

    @property
    def study(self) -> Study:
        return self.market.study

    def value(self, rate: int, number: int) -> Decimal | None:
        return self.market.value(rate, number)


def run(
    study: Study,
    base: DataBook,
    out: Path,
    *,
    time_limit: float = 120.0,
    seed: int = 1,
    all_kinks: bool = False,
    progress: Progress | None = None,
) -> Findings:
    """Answer a study and write the letter it comes to; the tables are written by `report`.

    Args:
        base: the books in use; the letter is laid above all of them.
        time_limit: seconds for everything but the listing of ways; each part has its share of what is left.
        all_kinks: quote every kink again, however long it takes; else those of most tonnes, for some seconds.

    Raises:
        DataError: the study names what the books do not know, or a rate fits nothing.
        FreightError: a figure quoted again differs (code `study_differs`): a fault of ours.
    """
    begin = perf_counter()
    tell = progress or (lambda what, done, of: None)
    market = Builder(study, base).build(lambda done, of: tell("ways of each lane", done, of))
    response = Response(Replies(market))
    deadline = perf_counter() + time_limit
    rates = range(len(study.rates))

    def share(part: float) -> float:
        return max(0.5, (deadline - perf_counter()) * part)

    tell("sweeps", 0, len(study.rates))
    sweeps = [sweep(response, k, market.now) for k in rates]
    tell("best of all rates", 0, 1)
    best = optimise(response, seconds=share(0.35), seed=seed)
    at_best = [sweep(response, k, best.point) for k in rates] if len(study.rates) > 1 else []
    found = Findings(
        market=market,
        response=response,
        best=best,
        sweeps=sweeps,
        at_best=at_best,
        today=response.at(_column(market.now)),
        chosen=response.at(_column(best.point)),
    )
    tell("rivals and scenarios", 0, 1)
    _states(found, share(0.3), seed)
    if len(study.players) > 1:
        tell("railways among themselves", 0, 1)
        objective = study.objective
        whole = objective.goal == "contribution" and set(objective.of) == set(study.players)
        whole &= objective.subsidy_cap is None and best.finished
        found.game = play(response, share(0.5), seed, best if whole else None)
    tell("letter", 0, 1)
    desk = Desk(market, base)
    _letter(found, desk, base, out)
    tell("quoting again", 0, 1)
    _recompute(found, desk)
    _prove(found, desk, float("inf") if all_kinks else min(deadline, perf_counter() + KINKS_SECONDS), tell)
    found.seconds = perf_counter() - begin
    return found


def _column(point: Sequence[int]) -> np.ndarray:
    return np.array(point, dtype=np.int64)[:, None]


# ---- states of the world ------------------------------------------------------------------------------


def _states(found: Findings, seconds: float, seed: int) -> None:
    """The best point of every scenario and of every way rivals may answer; then what stands in all of them."""
    study, market = found.study, found.market
    usual = Scenario(AS_DESCRIBED)
    scenarios = [usual, *study.scenarios]
    replies = [Scenario(name, reply=reply) for name, reply in REPLIES.items()] if study.rivals else []
    described = {rival.reply for rival in study.rivals}
    count = max(1, len(scenarios) + len(replies) + 1)
    states: list[tuple[str, Response]] = []

    def state(scenario: Scenario) -> tuple[Response, State]:
        known = scenario is usual
        response = found.response if known else _response(market, scenario)
        best = found.best if known else optimise(response, seconds=seconds / count, seed=seed)
        at_best = float(response.at(_column(found.best.point)).value[0])
        now = float(response.at(_column(market.now)).value[0])
        return response, State(scenario, best, at_best, now)

    for scenario in scenarios:
        response, there = state(scenario)
        found.states.append(there)
        states.append((scenario.name, response))
    for scenario in replies:
        response, found.replies[scenario.name] = state(scenario)
        if described != {scenario.reply}:  # else it is the state described
            states.append((RIVALS[scenario.name], response))
    if len(states) > 1:
        over = [response for _, response in states]
        worst, mean = (optimise_over(over, least=least, seconds=seconds / count, seed=seed) for least in (True, False))
        found.robust = Robust(tuple(name for name, _ in states), worst, mean)


def _response(market: Market, scenario: Scenario) -> Response:
    return Response(Replies(market, scenario.reply, dict(scenario.cost_t), scenario.tonnes))


# ---- the letter ---------------------------------------------------------------------------------------


def _letter(found: Findings, desk: Desk, base: DataBook, out: Path) -> None:
    """Write the draft as a book, check it with the books in use, and take it as the book of the best point."""
    study, market = found.study, found.market
    moved = {
        rate.name: rate.values[number]
        for rate, number, now in zip(study.rates, found.best.point, market.now, strict=True)
        if number != now
    }
    if not moved:
        return
    known = known_names(base)
    found.meetings = met(study, base.books, moved, known)
    folder = out / "letter"
    rows, through = letter_rows(study, moved, found.meetings), letter_through(study, moved)
    write_book(folder, study, rows, through, book_id=f"{study.study_id}-draft")
    books = laid_over(base.books, folder)
    found.letter = folder
    name = folder.name
    ids = [*(row["coef_id"] for row in rows), *(row["rule_id"] for row in through)]
    found.letter_problems = [
        p for p in check_books(books, known) if p.file.startswith(f"{name}/") or any(i in p.text for i in ids)
    ]
    if not any(rival.reply for rival in study.rivals):
        desk.lay(found.best.point, base.with_books(books))


# ---- quoting again ------------------------------------------------------------------------------------


def _recompute(found: Findings, desk: Desk) -> None:
    """Every way that is taken today and at the best point, charged again; and the way each lane takes, sought again."""
    for point in dict.fromkeys((found.market.now, found.best.point)):
        response = found.response
        r = response.r
        column = _column(point)
        slices, _ = response.slices(column)
        weights = r.weights(column)[:, 0]
        first = response.best(weights[:, None])[:, 0]
        revenue = np.zeros(len(r.market.railways))
        for n, lane in enumerate(r.lanes):
            quoted = desk.quote(lane.lane_id, point)
            if quoted is None or quoted.weight != weights[first[n]]:
                raise _differs(lane.lane_id, quoted.weight if quoted else -1, int(weights[first[n]]))
            charged: dict[int, np.ndarray] = {}
            for ways, tonnes in slices:
                if tonnes[n, 0] <= 0:
                    continue
                way = int(ways[n, 0])
                if way not in charged:
                    again = desk.sheet(lane.lane_id, point, lane.ways[way - int(r.starts[n])].arcs)
                    if again.weight != weights[way]:
                        raise _differs(lane.lane_id, again.weight, int(weights[way]))
                    charged[way] = np.array(_revenue(found, again.itinerary))
                revenue += charged[way] * float(tonnes[n, 0]) / float(lane.lot_t)
        outcome = found.today if point == found.market.now else found.chosen
        if not np.allclose(revenue, outcome.revenue[:, 0], rtol=1e-9, atol=0.01):
            raise _differs("revenue", float(revenue.sum()), float(outcome.revenue[:, 0].sum()))
        found.recomputed += len(r.lanes)


def _revenue(found: Findings, itinerary: Itinerary) -> list[float]:
    """What each railway earns by a charge sheet."""
    charges, market = found.study.objective.charges, found.market
    totals = dict.fromkeys(market.railways, Decimal(0))
    splits = {name_of(f"{FREE}{name}"): parts for name, parts in market.splits.items() for name_of in (str, printed_id)}
    for placed in itinerary.charges:
        term = placed.charge.term
        if term.extra is not None:
            continue
        if term.subject.charge in charges and term.subject.carrier in totals:
            totals[term.subject.carrier] += placed.charge.amount_quote
        for railway, cents in split_cents(
            np.array([int(placed.charge.amount_quote / CENT)]), splits.get(term.rule.rule_id, ())
        ):
            totals[market.railways[railway]] += int(cents[0]) * CENT
    return [float(totals[name]) for name in market.railways]


def _differs(what: str, quoted: float, counted: float) -> FreightError:
    return FreightError(
        f"The study counts {counted} for {what}, quoting again finds {quoted}; please report this.",
        code="study_differs",
    )


def _prove(found: Findings, desk: Desk, deadline: float, tell: Progress) -> None:
    """Quote both sides of every kink again, those of most tonnes first, while there is time."""
    listed = [(s, i, kink) for s in (*found.sweeps, *found.at_best) for i, kink in enumerate(s.kinks)]
    stand = {id(s): found.market.now for s in found.sweeps} | {id(s): found.best.point for s in found.at_best}
    order = sorted(listed, key=lambda x: (-float(x[2].tonnes), x[2].low))
    new: dict[int, dict[int, Kink]] = {}
    for done, (s, i, kink) in enumerate(order):
        if perf_counter() > deadline:
            found.unproved += len(order) - done
            break
        tell("quoting kinks again", done, len(order))
        lane = found.response.r.lanes[kink.lane]
        corridor = lane.ways[kink.before].corridor if found.response.logit else None
        for number, weight in ((kink.low, kink.weight_low), (kink.high, kink.weight_high)):
            at = stand[id(s)]
            point = (*at[: kink.rate], number, *at[kink.rate + 1 :])
            quoted = desk.quote(lane.lane_id, point, corridor=corridor)
            if quoted is None or quoted.weight != weight:
                raise _differs(f"lane {lane.lane_id}", quoted.weight if quoted else -1, weight)
        new.setdefault(id(s), {})[i] = replace(kink, proved=True)
        found.proved += 1
    for sweeps in (found.sweeps, found.at_best):
        for n, s in enumerate(sweeps):
            proved = new.get(id(s), {})
            sweeps[n] = replace(s, kinks=tuple(proved.get(i, k) for i, k in enumerate(s.kinks)))
