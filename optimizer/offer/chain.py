"""Ends and crossings: on whose side of a border a name of a rate sheet stands, and which crossings a route names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from optimizer.network.model import Network

Ends = dict[str, tuple[str, str]]  # by country: the two ends on that country's side


def sides_of(place: str, network: Network) -> dict[str, str]:
    """By country the place itself, or the post across a railway border from it where there is one alone.

    >>> from optimizer.network.read import read_network
    >>> sides_of("kz-bolashak", read_network())
    {'KZ': 'kz-bolashak', 'TM': 'tm-serhetyaka'}
    """
    members = set(network.members[place])
    across: dict[str, set[str]] = defaultdict(set)
    found: dict[str, str] = {}
    for row in network.rail_crossings:
        for mine, theirs in ((row.from_id, row.to_id), (row.to_id, row.from_id)):
            if mine in members:
                found.setdefault(network.places[mine].country, mine)
                across[network.places[theirs].country].add(theirs)
    found = {network.places[place].country: found.get(network.places[place].country, place)}
    found |= {country: min(ids) for country, ids in across.items() if len(ids) == 1 and country not in found}
    return found


def ends_of(start: str, end: str, network: Network) -> Ends:
    """By country the two ends of a haul, for the countries both ends touch."""
    a, b = sides_of(start, network), sides_of(end, network)
    return {country: (a[country], b[country]) for country in a if country in b and a[country] != b[country]}


def chain_of(places: Sequence[str], network: Network) -> tuple[str, tuple[str, str] | None]:
    """(the chain of a through rate, the two names between which no crossing is told).

    >>> from optimizer.network.read import read_network
    >>> network = read_network()
    >>> chain_of(["kz-almaty", "kz-bolashak", "tm-akyayla", "ir-tehran"], network)
    ('kz-almaty;kz-bolashak|tm-serhetyaka;tm-akyayla|ir-incheh-borun;ir-tehran', None)
    >>> chain_of(["kz-almaty", "tm-akyayla", "ir-tehran"], network)[1]
    ('kz-almaty', 'tm-akyayla')
    """
    origin, end = places[0], places[-1]
    parts, here = [origin], network.places[origin].country
    before = origin
    for place in places[1:-1]:
        sides = sides_of(place, network)
        if here not in sides:
            return "", (before, place)
        others = [country for country in sides if country != here]
        if not others:
            parts.append(place)
        else:
            other = others[0]
            parts.append(f"{sides[here]}|{sides[other]}")
            here = other
        before = place
    last = sides_of(end, network)
    if here not in last:
        return "", (before, end)
    parts.append(end if network.places[end].country == here else last[here])
    return ";".join(parts), None
