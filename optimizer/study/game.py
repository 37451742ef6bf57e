"""Several railways: what they do together, each one's best reply, where replies come to rest, who gets what of a gain.

A player is a railway; it sets the rates that are its own alone. What it wants is its contribution: revenue less the
cost of its tonne-kilometres. A group may also set rates that railways of the group share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from time import perf_counter

import numpy as np

from optimizer.study.joint import Joint, optimise
from optimizer.study.outcome import Response

MOST_PLAYERS = 4  # whose groups are all looked at
MOST_ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """Where best replies in turn lead.

    Attributes:
        rests: nobody gains by moving alone; else replies run in a circle of `cycle` points, or time was up.
        proved: each last reply was the best of all values.
    """

    point: tuple[int, ...]
    rests: bool
    cycle: int
    rounds: int
    proved: bool
    path: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Game:
    """What a game of railways comes to; contributions by player, in the currency of the study.

    Attributes:
        alone: of each player the point of its best reply while all others stay as today.
        gain: of the joint optimum against today; part: each one's part of it; how: by Shapley or as given.
        paid: what each gets (or gives, below 0) beside what it earns at the joint optimum.
        worst: a group could do better by itself than its parts give it.
    """

    players: tuple[str, ...]
    today: tuple[float, ...]
    alone: tuple[Joint, ...]
    equilibrium: Equilibrium
    at_equilibrium: tuple[float, ...]
    joint: Joint
    at_joint: tuple[float, ...]
    gain: float
    part: tuple[float, ...]
    how: str
    paid: tuple[float, ...]
    unstable: tuple[str, ...]


def contributions(response: Response, point: Sequence[int], players: Sequence[int]) -> tuple[float, ...]:
    """What each player earns at a point, less the cost of carrying it."""
    outcome = response.at(np.array(point, dtype=np.int64)[:, None])
    return tuple(float(v) for v in outcome.contribution(response.costs)[list(players), 0])


def rates_of(response: Response, group: Sequence[str]) -> list[int]:
    """Numbers of the rates a group may set: those of its railways alone."""
    return [k for k, rate in enumerate(response.study.rates) if set(rate.scope.carriers) <= set(group)]


def best_replies(
    response: Response, seconds: float, seed: int = 1, alone: Mapping[str, Joint] | None = None
) -> Equilibrium:
    """Replies in turn from today on, until nobody moves, a point returns, or time is up.

    Args:
        alone: replies to today's tariffs, where they are known.
    """
    railways = response.r.market.railways
    players = [p for p in response.study.players if rates_of(response, [p])]
    deadline = perf_counter() + seconds
    at = response.r.market.now
    path = [at]
    proved = True
    known: dict[tuple[str, tuple[int, ...]], Joint] = {}  # a reply answers the rates of others alone

    def others(player: str, point: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        mine = rates_of(response, [player])
        return player, tuple(number for k, number in enumerate(point) if k not in mine)

    for player, reply in (alone or {}).items():
        known[others(player, at)] = reply
    for number in range(1, MOST_ROUNDS + 1):
        moved = False
        for player in players:
            left = deadline - perf_counter()
            if left <= 0:
                return Equilibrium(at, False, 0, number - 1, False, tuple(path))
            rates = rates_of(response, [player])
            me = [railways.index(player)]
            asked = others(player, at)
            if asked not in known:
                known[asked] = optimise(response, rates, at=at, of=me, seconds=left / 2, seed=seed)
            reply = known[asked]
            proved &= reply.finished
            stays = contributions(response, at, me)[0]
            if reply.value > stays + 1e-6 * max(1.0, abs(stays)):
                at, moved = reply.point, True
        if not moved:
            return Equilibrium(at, True, 0, number, proved, tuple(path))
        if at in path:
            return Equilibrium(at, False, len(path) - path.index(at), number, proved, tuple(path))
        path.append(at)
    return Equilibrium(at, False, 0, MOST_ROUNDS, False, tuple(path))


def play(response: Response, seconds: float, seed: int = 1, joint: Joint | None = None) -> Game:
    """The whole game: alone, in turn, together, and the parts of the common gain.

    Args:
        joint: the best point of all players' contribution together, where it is known.
    """
    market, study = response.r.market, response.study
    players = study.players
    numbers = [market.railways.index(p) for p in players]
    share = seconds / 4
    today = contributions(response, market.now, numbers)
    alone = tuple(
        optimise(response, rates_of(response, [p]), of=[n], seconds=share / len(players), seed=seed)
        for p, n in zip(players, numbers, strict=True)
    )
    rest = best_replies(response, share, seed, dict(zip(players, alone, strict=True)))
    if joint is None:
        joint = optimise(response, of=numbers, seconds=share, seed=seed)
    at_joint = contributions(response, joint.point, numbers)
    gain = sum(at_joint) - sum(today)
    worth: dict[frozenset[int], float] = {}
    if len(players) <= MOST_PLAYERS:
        worth = _worths(response, numbers, today, joint, alone, share, seed)
    if study.split:
        given = dict(study.split)
        part, how = tuple(float(given[p]) * gain for p in players), "as given"
    elif worth:
        part, how = _shapley(worth, len(players)), "Shapley"
    else:
        part, how = tuple(gain / len(players) for _ in players), "in equal parts: too many railways for Shapley"
    paid = tuple(t + p - j for t, p, j in zip(today, part, at_joint, strict=True))
    unstable = tuple(
        " and ".join(players[i] for i in sorted(group))
        for group, value in worth.items()
        if value > sum(part[i] for i in group) + max(1.0, 1e-6 * abs(gain))
    )
    return Game(
        players=players,
        today=today,
        alone=alone,
        equilibrium=rest,
        at_equilibrium=contributions(response, rest.point, numbers),
        joint=joint,
        at_joint=at_joint,
        gain=gain,
        part=part,
        how=how,
        paid=paid,
        unstable=unstable,
    )


def _worths(
    response: Response,
    numbers: Sequence[int],
    today: Sequence[float],
    joint: Joint,
    alone: Sequence[Joint],
    seconds: float,
    seed: int,
) -> dict[frozenset[int], float]:
    """What every group can gain against today while the others stay as they are."""
    players = response.study.players
    everyone = range(len(players))
    groups = [g for n in range(2, len(players)) for g in combinations(everyone, n)]
    found = {frozenset(everyone): joint.value - sum(today)}
    found |= {frozenset((i,)): alone[i].value - today[i] for i in everyone}
    if len(players) == 1:
        found = {frozenset((0,)): joint.value - today[0]}
    for group in groups:
        rates = rates_of(response, [players[i] for i in group])
        of = [numbers[i] for i in group]
        best = optimise(response, rates, of=of, seconds=seconds / max(1, len(groups)), seed=seed)
        found[frozenset(group)] = best.value - sum(today[i] for i in group)
    return found


def _shapley(worth: dict[frozenset[int], float], players: int) -> tuple[float, ...]:
    """Each one's mean addition over all orders in which they may come together.

    >>> two = {frozenset({0}): 1.0, frozenset({1}): 0.0, frozenset({0, 1}): 5.0}
    >>> _shapley(two, 2)
    (3.0, 2.0)
    """
    found = []
    for i in range(players):
        total = 0.0
        others = [j for j in range(players) if j != i]
        for n in range(len(others) + 1):
            for group in combinations(others, n):
                before = worth[frozenset(group)] if group else 0.0
                times = factorial(n) * factorial(players - n - 1)
                total += times * (worth[frozenset((*group, i))] - before)
        found.append(total / factorial(players))
    return tuple(found)
