"""The lookups a reading needs, from the default tables and the user's own places."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from optimizer.cargo import read_cargoes, read_equipment
from optimizer.errors import DataError, Problem
from optimizer.intake.lookup import Lookup
from optimizer.intake.mapping import Mapping
from optimizer.intake.shut import Closures
from optimizer.network.names import PlaceIndex, load_aliases, read_places_file
from optimizer.network.own import with_places
from optimizer.network.read import read_network
from optimizer.restriction.read import read_restrictions


def lookup_of(mapping: Mapping | None, places_file: Path | None, known_on: dt.date) -> tuple[Lookup, Closures]:
    """Places, cargoes and equipment by name, and what is shut as known on a day.

    Raises:
        DataError: the mapping names a place or cargo we do not have, or the user's places cannot be read.
    """
    network, aliases = read_network(), load_aliases()
    if places_file is not None:
        network = with_places(network, PlaceIndex(network, aliases), read_places_file(places_file))
    index, cargoes = PlaceIndex(network, aliases), read_cargoes()
    own_places: dict[str, str] = {}
    problems: list[Problem] = []
    for word, place in (mapping.places if mapping else {}).items():
        if place in network.places:
            own_places[word] = place
        else:
            problems.append(
                Problem(
                    "bad_mapping",
                    f"{word!r} = {place!r}: there is no place of that id; see keruen network show",
                    column="places",
                )
            )
    own_cargoes = dict(mapping.cargo) if mapping else {}
    problems += [
        Problem("bad_mapping", f"{word!r} = {cargo!r}: there is no cargo of that id", column="cargo")
        for word, cargo in own_cargoes.items()
        if cargo not in cargoes
    ]
    if problems:
        raise DataError(problems)
    lookup = Lookup(index, cargoes, read_equipment(), own_places, own_cargoes)
    return lookup, Closures(network, read_restrictions(), cargoes, known_on)
