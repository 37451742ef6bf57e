"""Emission factors: the gram a quote shows can be traced to its row."""

from decimal import Decimal

import pytest

from optimizer.emission import read_factors
from optimizer.errors import DataError, RequestError


@pytest.fixture(scope="module")
def factors():
    return read_factors()


@pytest.mark.parametrize(
    ("mode", "service", "grams", "row"),
    [
        ("rail", "", "34.7", "E01"),
        ("rail", "KTZ", "34.7", "E01"),
        ("road", "", "95.02", "E04"),
        ("sea", "dry_bulk", "36.26", "E05"),
        ("sea", "dry_bulk_ocean", "9.81", "E06"),
        ("sea", "roro", "74.89", "E13"),
        ("sea", "rail_ferry", "74.89", "E13"),
        ("sea", "container_feeder", "36.75", "E16"),
    ],
)
def test_each_leg_has_its_factor(factors, mode, service, grams, row):
    factor = factors.grams_per_t_km(mode, service)
    assert (factor.g_per_t_km, factor.factor_id, factor.status) == (Decimal(grams), row, "published")
    assert factor.source_id


def test_the_container_ship_says_that_its_factor_is_too_low(factors):
    assert "tank to wheel only" in factors.grams_per_t_km("sea", "container_feeder").note
    assert factors.grams_per_t_km("rail").note == ""


def test_a_terminal_counts_nothing_and_says_so(factors):
    hub = factors.grams_per_t_km("hub")
    assert hub.g_per_t_km == 0
    assert "not counted" in hub.note


def test_a_thousand_tonnes_of_wheat_over_a_thousand_kilometres(factors):
    assert factors.grams_per_t_km("rail").kilograms(Decimal(1000), Decimal(1000)) == Decimal(34700)


@pytest.mark.parametrize(("mode", "service"), [("air", ""), ("sea", ""), ("sea", "submarine")])
def test_an_unknown_mode_is_refused(factors, mode, service):
    with pytest.raises(RequestError) as refused:
        factors.grams_per_t_km(mode, service)
    assert refused.value.code == "no_emission_factor"


def test_a_value_that_is_no_number_is_named(tmp_path):
    (tmp_path / "emissions.csv").write_text(
        "factor_id,mode,vehicle_or_country,ttw_value,wtt_value,wtw_value,unit,source_id,status,note\n"
        "E01,rail,freight train,,,many,gCO2e/t-km,s,published,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as refused:
        read_factors(tmp_path)
    assert (refused.value.problems[0].code, refused.value.problems[0].line) == ("bad_factor", 2)
