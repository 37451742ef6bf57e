"""The ways a quote asks for: the best, the surest in time, the Pareto set, and alternatives that differ in route."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from optimizer.routing.search import INFINITY, Arcs, Must, best_path, first_sure_path, pareto_paths, paths_by_sign
from optimizer.search import Search, Weight, as_list
from optimizer.sure import Judge

MOST_POPS = 5_000_000  # of the search for the best way: to stop early would be to say there is none
MOST_POPS_AGAIN = 20_000  # of a search that can only better what is known
LOOKED_AT_VIA = 40  # routes searched for one by a required place that does not turn back
LOOKED_AT = 3  # routes searched for every one shown
OF_ONE_CORRIDOR = 2  # routes of one corridor shown before those of another


def best_way(search: Search, weight: Weight, blocked: np.ndarray) -> tuple[int, ...] | None:
    """The best path over the open arcs that keeps required places and the deadline; None where there is none."""
    bound = search.bound(weight, blocked)
    lane, must = search.lane, search.must(blocked)
    arcs = lane.arcs(blocked)
    if must is None:
        return best_path(arcs, as_list(weight), bound, lane.source, lane.sink)
    plain = as_list(weight)
    if must.most_minutes is not None and search.job.chance is not None:
        return _sure_way(search, plain, bound, arcs, must)
    found, _ = paths_by_sign(arcs, plain, bound, lane.source, lane.sink, None, 1, must=must, most_pops=MOST_POPS)
    if found and search.job.limits.via and turns_back(search, found[0]):
        # To reach a place that is shut, a search would sail there from the other shore and come back again.
        found, _ = paths_by_sign(arcs, plain, bound, lane.source, lane.sink, lane.signs, LOOKED_AT_VIA, must=must)
        found = [path for path in found if not turns_back(search, path)]
    return found[0] if found else None


def _sure_way(search: Search, weight: list[int], bound: list[int], arcs: Arcs, must: Must) -> tuple[int, ...] | None:
    """The lightest way that is in time with the chance asked for (see `optimizer.sure`).

    Where the calendar alone made a lighter way late, the search is repeated with as much room between ways as the
    calendar took; a way found before stands unless a lighter one turns up.
    """
    limit, chance = search.most_minutes(), search.job.chance
    assert limit is not None and chance is not None
    lane = search.lane
    best: tuple[int, ...] | None = None
    slack_h = 0.0
    for most_pops in (MOST_POPS, MOST_POPS_AGAIN):
        sure = Judge(search, must.minutes_bound, limit / 60, float(chance), slack_h=slack_h)
        found, _ = first_sure_path(
            arcs,
            weight,
            bound,
            lane.source,
            lane.sink,
            sure.judged(),
            marks=must.marks,
            all_marks=must.all_marks,
            most_pops=most_pops,
        )
        if found is not None and (best is None or _sum(weight, found) < _sum(weight, best)):
            best = found
        if not sure.moved_h:
            break
        slack_h = sure.moved_h
    return best


def _sum(weight: Sequence[int], path: Sequence[int]) -> int:
    return sum(weight[arc] for arc in path)


def surest_way(search: Search) -> tuple[tuple[int, ...], float] | None:
    """The way with the best chance of being there by the due date, and that chance; None where there is no way at all."""
    blocked = search.blocked()
    must, limit = search.must(blocked), search.most_minutes()
    if must is None or limit is None:
        return None
    lane, arcs, minutes = search.lane, search.lane.arcs(blocked), search.weights[1].tolist()
    best: tuple[int, ...] = ()
    best_chance = -1.0
    seen: list[tuple[int, ...]] = []

    def look_at(path: tuple[int, ...]) -> bool:
        nonlocal best, best_chance
        seen.append(path)
        chance = search.transit(search.itinerary(path)).chance(limit / 60)
        if chance > best_chance:
            best, best_chance = path, chance
        return False

    # How the spread of ways is weighed hangs on the chance looked for, and the room between them on the calendar:
    # first at the median without one, then where that led.
    for again in (False, True):
        aim = min(0.98, max(0.02, best_chance)) if again else 0.5
        sure = Judge(search, must.minutes_bound, math.inf, aim)
        sure.slack_h = max((sure.moved(path, aim) for path in seen), default=0.0)
        first_sure_path(
            arcs,
            minutes,
            [min(b, INFINITY) for b in must.minutes_bound],
            lane.source,
            lane.sink,
            sure.judged(look_at),
            marks=must.marks,
            all_marks=must.all_marks,
            most_pops=MOST_POPS_AGAIN,
        )
        if not best:
            return None
    return best, best_chance


def ways(search: Search, weight: Weight, blocked: np.ndarray, wanted: int) -> tuple[list[tuple[int, ...]], bool]:
    """The best path of each of the best routes, in order, and whether none was left unsought."""
    bound = search.bound(weight, blocked)
    lane = search.lane
    return paths_by_sign(
        lane.arcs(blocked),
        as_list(weight),
        bound,
        lane.source,
        lane.sink,
        lane.signs,
        wanted,
        must=search.must(blocked),
    )


def pareto_front(search: Search, blocked: np.ndarray) -> tuple[list[tuple[int, ...]], bool]:
    """Every path no other beats in money, time and emissions at once, and whether the set is complete."""
    lane = search.lane
    arcs = lane.arcs(blocked)
    first, second, third = (w.tolist() for w in search.weights)
    bounds = [search.bound(w, blocked) for w in search.weights]
    front, complete = pareto_paths(
        arcs,
        (first, second, third),
        (bounds[0], bounds[1], bounds[2]),
        lane.source,
        lane.sink,
        limits=(None, search.most_minutes(), None),
        must=search.must(blocked),
    )
    return [path for _, path in front], complete


def alternatives(search: Search, weight: Weight, wanted: int) -> tuple[list[tuple[int, ...]], bool]:
    """The best way of each of the next best routes; beside it the best of that route without trucks, and without trains.

    A route is the borders entered and the sailings made. Six neighbouring ports of one coast would fill the list,
    so each corridor shows its two best before any shows a third. Where the best of a route leaves the rails, a client
    still asks what it costs to stay on them.
    """
    if not wanted:
        return [], True
    blocked = search.blocked()
    sought, complete = ways(search, weight, blocked, LOOKED_AT * (wanted + 1))
    direct = [path for path in sought if not wanders(search, path) and search.in_time(path)]
    seen: Counter[tuple[str, ...]] = Counter()
    turns: list[int] = []
    for path in direct:
        through = corridor(search, path)
        turns.append(seen[through])
        seen[through] += 1
    first = sorted(range(len(direct)), key=lambda i: (turns[i] >= OF_ONE_CORRIDOR, i))[: wanted + 1]
    chosen = {_signs(search, direct[i]): [direct[i]] for i in sorted(first)}
    for leave_out in ("road", "rail"):
        if not any(_uses(search, group[0], leave_out) for group in chosen.values()):
            continue
        mask = blocked | search.lane.uses(leave_out)
        for path in ways(search, weight, mask, 3 * wanted + 3)[0]:
            group = chosen.get(_signs(search, path))
            if group is None or path in group or wanders(search, path) or not _uses(search, group[0], leave_out):
                continue
            if not search.in_time(path):
                continue
            group.append(path)
    return [path for group in chosen.values() for path in group], complete


def corridor(search: Search, path: Sequence[int]) -> tuple[str, ...]:
    """Where a way leaves the country of the origin and where it enters the last one; all ports of a coast are one."""
    network = search.book.network
    crossed = [
        "sea" if leg.mode == "sea" else f"{leg.from_id}>{leg.to_id}"
        for arc in path
        for leg in search.lane.edges[arc].legs
        if network.places[leg.from_id].country != network.places[leg.to_id].country
    ]
    return (crossed[0], crossed[-1]) if crossed else ()


def wanders(search: Search, path: Sequence[int]) -> bool:
    """Whether a way comes back to a country it has left, or carries the cargo through one location twice."""
    network = search.book.network
    countries = countries_of(search, path)
    stops: list[str] = []
    for arc in path:
        for leg in search.lane.edges[arc].legs:
            for place in (leg.from_id, leg.to_id):
                location = min(network.members[place])
                if not stops or stops[-1] != location:
                    stops.append(location)
    return len(set(countries)) < len(countries) or len(set(stops)) < len(stops)


def turns_back(search: Search, path: Sequence[int]) -> bool:
    """Whether a way leaves the last country again after it has entered it, or comes back to the first one."""
    countries = countries_of(search, path)
    first, last = countries[0], countries[-1]
    return last in countries[1:-1] or (first != last and first in countries[1:])


def countries_of(search: Search, path: Sequence[int]) -> list[str]:
    """The countries a way passes, in order; Uzbekistan and Turkmenistan, whose lines cross each other's border, as one."""
    places = search.book.network.places
    found: list[str] = []
    for arc in path:
        for leg in search.lane.edges[arc].legs:
            for place in (leg.from_id, leg.to_id):
                country = places[place].country
                country = "UZ/TM" if country in ("UZ", "TM") else country
                if not found or found[-1] != country:
                    found.append(country)
    return found


def _signs(search: Search, path: Sequence[int]) -> tuple[str, ...]:
    return tuple(search.lane.signs[a] for a in path if search.lane.signs[a])


def _uses(search: Search, path: Sequence[int], mode: str) -> bool:
    return any(mode in search.lane.edges[a].modes for a in path)
