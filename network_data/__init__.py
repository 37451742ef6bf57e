"""Facts of the network as tables: places, sections, services, crossings, joins, spellings, sources.

One table a kind, one row a fact, each with `source_id` (a row of sources.csv) and `status`. The rows
are read by `optimizer.network.read`; this package only carries them.
"""

from importlib.resources import files


def list_tables() -> list[str]:
    """Names of all tables here, in order of the alphabet.

    >>> "places.csv" in list_tables()
    True
    """
    return sorted(entry.name for entry in files(__name__).iterdir() if entry.name.endswith(".csv"))
