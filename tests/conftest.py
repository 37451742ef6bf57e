"""What every test may ask for: the default data book, a quote on a fixed day, and the small network `four_stations`.

    four_stations (every figure invented)

    kz-north ====== 1520, 400 km ====== kz-post ==[ border, 25 km; 1520 | 1435 ]== ir-gate ==== 1435, 300 km ==== ir-haven
        |                                 |  :                                        |                             |  :
        +---------- road, 420 km ---------+  :---------- road post, 6 h --------------+------- road, 320 km --------+  :
                                             :                                                                         :
                                             ~~~~~~~~~~~~~~~~ sea, 170 nm: coaster and truck ferry ~~~~~~~~~~~~~~~~~~~~~

A border, a gauge change (reloading or bogies, both at ir-gate), a port at both ends of the sea, a road beside the
railway. Tables and tariff book: tests/data/four_stations. Speeds, cargoes and equipment are those of the package.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from optimizer.cargo import read_cargoes, read_equipment
from optimizer.databook import DataBook
from optimizer.emission import read_factors
from optimizer.fx import read_rates
from optimizer.network.names import PlaceIndex
from optimizer.network.read import read_network
from optimizer.operations import read_operations
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.restriction.model import Restrictions
from optimizer.tariff.read import read_books

TODAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
FOUR_STATIONS = Path(__file__).parent / "data" / "four_stations"


@pytest.fixture(scope="session")
def book() -> DataBook:
    """The data book that ships with Keruen."""
    return DataBook.load()


def quote_of(
    data: DataBook, origin: str, destination: str, cargo: str, today: dt.date = TODAY, **more: Any
) -> dict[str, Any]:
    """A quote as a client gets it, on a fixed day and minute."""
    values = {key: str(value) if key in ("tonnes", "units", "value") else value for key, value in more.items()}
    return make_quote(QuoteRequest(origin, destination, cargo, **values), data, today=today, created_at=NOON)


@pytest.fixture(scope="session")
def ask(book: DataBook) -> Callable[..., dict[str, Any]]:
    """ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2025-11-25"): a quote as of 22 November 2026."""

    def ask(
        origin: str, destination: str, cargo: str, *, of: DataBook = book, today: dt.date = TODAY, **more: Any
    ) -> dict[str, Any]:
        return quote_of(of, origin, destination, cargo, today, **more)

    return ask


def small_book(
    network: Path = FOUR_STATIONS / "network", book: Path = FOUR_STATIONS / "book", over: Iterable[Path] = ()
) -> DataBook:
    """`four_stations` from its tables, or from changed copies of them."""
    places = read_network(network)
    return DataBook(
        network=places,
        books=read_books([book], over=over),
        restrictions=Restrictions((), (), "none"),
        fx=read_rates(),
        operations=read_operations(),
        factors=read_factors(),
        cargoes=read_cargoes(),
        equipment=read_equipment(),
        places=PlaceIndex(places),
        cargo_version="test",
    )


@pytest.fixture(scope="session")
def read_four_stations() -> Callable[..., DataBook]:
    """Reads `four_stations` from folders: `read_four_stations(network=..., book=..., over=[...])`."""
    return small_book


@pytest.fixture(scope="session")
def four_stations() -> DataBook:
    """The small network of this file's drawing, with its invented tariff book."""
    return small_book()


@pytest.fixture(scope="session")
def four_stations_folder() -> Path:
    return FOUR_STATIONS
