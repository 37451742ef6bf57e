"""Warnings beside a way: of a list of roads the one that is driven, of a shipper's own wagon nothing for a hired truck."""

import datetime as dt
from dataclasses import replace

import pytest

from optimizer.restriction.model import Restrictions
from optimizer.validity import Validity


def texts(quote, code):
    return [w["text"] for w in quote["itineraries"][0]["warnings"] if w["code"] == code]


def test_of_a_list_of_roads_only_those_driven_are_named(ask):
    day = dt.date(2026, 7, 10)
    quote = ask(
        "Almaty", "Tashkent", "flour", tonnes=20, equipment="truck", ready="2026-07-10", known_on="2026-07-10",
        today=day, mode=("road",), alternatives=0,
    )  # fmt: skip
    (south,) = [t for t in texts(quote, "warning") if "10:00 to 22:00" in t]
    assert "the road Almaty - Shymkent" in south
    assert "more" not in south and "Aktau" not in south


@pytest.mark.parametrize(("owner", "told"), [("private", False), ("carrier", True), ("all", True)])
def test_what_rides_on_a_leg_decides_not_what_left_the_origin(book, ask, owner, told):
    """Wheat in the shipper's own wagons, in hired trucks through Iran: a warning for private trucks is not for it."""
    row = replace(
        book.restrictions.get("IR-2025-WAR"), restriction_id="INVENTED", wagon_type="trailer-truck", wagon_owner=owner,
        valid=Validity(), known_from=None,
    )  # fmt: skip
    rows = Restrictions((*book.restrictions.rows, row), book.restrictions.compliance, "invented")
    mine = replace(
        book, restrictions=rows, **{n: type(getattr(book, n))(8) for n in ("_graphs", "_contexts", "_lanes")}
    )
    quote = ask("Kostanay", "Peshawar", "wheat", of=mine, tonnes=680, ready="2026-11-22", alternatives=0)
    assert quote["request"]["ownership"] == "private"
    assert any(leg["mode"] == "road" for leg in quote["itineraries"][0]["legs"])
    assert any("war of twelve days" in t for t in texts(quote, "warning")) is told
