"""Exceptions inside bans: what a cell may say, whom it lets through, and that a context names an end only when asked."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from optimizer.cargo import read_cargoes
from optimizer.request import QuoteRequest, normalise
from optimizer.restriction.exemption import read_exemptions
from optimizer.restriction.match import concerns, narrowed, sentence
from optimizer.restriction.model import Restrictions
from optimizer.restriction.read import read_restrictions
from optimizer.search import Search, conditions_of

BOOK = read_restrictions()
CARGOES = read_cargoes()
DAY = dt.date(2025, 6, 10)
KURYK = BOOK.get("KTZ-2025-KURYK-1")


def shut(row, cargo="wheat", wagon="hopper-wagon", owner="private", day=DAY, at="kz-atyrau", to="", unit_t=None):
    asked = narrowed(
        row,
        day=day,
        origins=frozenset({at}),
        origin_country=at[:2].upper(),
        destinations=frozenset({to}) if to else frozenset(),
        destination_country=to[:2].upper() or "AZ",
    )
    return concerns(
        asked,
        cargo=CARGOES[cargo],
        wagon_type=wagon,
        owner=owner,
        origin_country=at[:2].upper(),
        destination_country=to[:2].upper() or "AZ",
        unit_t=unit_t,
    )


@pytest.mark.parametrize(
    ("exceptions", "more", "let_through"),
    [
        ("grain", {}, True),
        ("flour", {}, False),
        ("flour; cargo=wheat", {}, True),
        ("origin=kz-atyrau", {}, True),
        ("origin=kz-aktobe|kz-atyrau", {}, True),
        ("origin=kz-aktobe", {}, False),
        ("origin=KZ", {}, True),
        ("origin=~Tendyk", {}, False),
        ("grain & origin=kz-atyrau", {}, True),
        ("milled products & origin=kz-atyrau", {}, False),
        ("destination=AZ", {}, True),
        ("destination=az-alat-port", {"to": "az-alat-port"}, True),
        ("destination=az-alat-port", {}, False),
        ("equipment=hopper-wagon", {}, True),
        ("equipment=covered-wagon", {}, False),
        ("owner=private|carrier", {}, True),
        ("owner=foreign", {}, False),
        ("grain & from=2025-06-10", {}, True),
        ("grain & from=2025-06-11", {}, False),
        ("grain & to=2025-06-10", {}, True),
        ("grain & to=2025-06-09", {}, False),
        ("grain & from=2025-06 & to=2025-06", {}, True),
        ("max_t=68", {"unit_t": Decimal(68)}, True),
        ("max_t=68", {"unit_t": Decimal("68.1")}, False),
        ("max_t=68", {}, False),
        ("limit=36 wagons/day & grain", {}, True),
        ("note=as a rule", {}, False),
    ],
)
def test_a_condition_lets_through_what_it_names(exceptions, more, let_through):
    assert shut(replace(KURYK, exceptions=exceptions), **more) is not let_through


def test_who_was_not_asked_for_ends_and_day_is_not_let_through():
    """A row as it stands in the table, not yet narrowed, keeps everybody its exemption asks about shut."""
    row = replace(KURYK, exceptions="grain & origin=KZ; from=2025-06-04")
    assert concerns(
        row, cargo=CARGOES["wheat"], wagon_type="hopper-wagon", owner="private", origin_country="KZ",
        destination_country="AZ",
    )  # fmt: skip
    assert sentence(narrowed(row, day=DAY)) == sentence(row), "what is read out stays what was written"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("station=Tendyk", "asks for 'station', which is none of cargo"),
        ("origin=", "names nothing after the sign"),
        ("grain & cargo=flour", "asks for cargo a second time"),
        ("owner=mine", "owner mine is none of private"),
        ("max_t=heavy", "no number of tonnes above 0"),
        ("max_t=-3", "no number of tonnes above 0"),
        ("grain & from=June", "from 'June' is no date"),
        ("limit=36 barges/day", "counts nothing we know"),
        ("limit=many wagons/day", "no number above 0"),
        ("note=as a rule & grain", "joins a note to conditions"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told(text, phrase):
    with pytest.raises(ValueError, match=phrase):
        read_exemptions(text)


def test_the_order_of_kuryk_in_full():
    (exemption,) = KURYK.exemptions
    assert exemption.valid.start == dt.date(2025, 6, 4)
    assert (exemption.limit.number, exemption.limit.unit) == (36, "wagon")
    assert "(except paraxylene and benzene from Tendyk, up to 36 wagons a day, from 2025-06-04)" in sentence(KURYK)
    assert KURYK.days == (KURYK.valid, exemption.valid), "on 4 June what it says changes"


def conditions(book, origin, ready, **more):
    request = QuoteRequest(origin, more.pop("to", "Tashkent"), "wheat", tonnes="3000", ready=ready, known_on=ready)
    return conditions_of(normalise(request, book, dt.date.fromisoformat(ready)), book)


def test_a_context_names_its_origin_only_while_a_ban_asks_for_it(book):
    during, after = "2018-12-10", "2018-12-16"
    assert conditions(book, "Petropavl", during).origin == "kz-petropavl"
    assert conditions(book, "Petropavl", after).origin == book.named_end("kz-petropavl") == ""
    assert conditions(book, "Kokshetau", during) == conditions(book, "Kostanay", during), "all others share a context"


@pytest.mark.parametrize(("origin", "shut"), [("Petropavl", False), ("Kokshetau", True)])
def test_the_ban_of_2018_lets_three_stations_through(book, origin, shut):
    request = QuoteRequest(origin, "Tashkent", "wheat", tonnes="3000", ready="2018-12-10", known_on="2018-12-10")
    search = Search(normalise(request, book, dt.date(2018, 12, 10)), book)
    assert any("KTZ-2018-SARYAGASH" in ids for ids in search.lane.shut.values()) is shut


def test_a_book_without_such_bans_never_names_an_origin(book):
    plain = replace(book, restrictions=Restrictions((), (), "none"))
    assert conditions(plain, "Petropavl", "2018-12-10").origin == ""
