"""Finding a place by what a person types: id, code, name in any script, old name, misspelling.

Whatever fits exactly wins. Otherwise a near name is taken only when it is very near and no other location is close;
everything else is a question with candidates, because a wrong border post costs a train. Joined ids (a port and its
station) are one location and never rivals of each other.

`PlaceIndex.find` says how a text was understood, `resolve` gives the id alone, `search` lists what comes near.
"""

from optimizer.letters import fold as normalise
from optimizer.letters import transliterate
from optimizer.network.names.index import PlaceIndex
from optimizer.network.names.model import Alias, Hit, UserPlace
from optimizer.network.names.read import load_aliases, read_places_file

__all__ = [
    "Alias",
    "Hit",
    "PlaceIndex",
    "UserPlace",
    "load_aliases",
    "normalise",
    "read_places_file",
    "transliterate",
]
