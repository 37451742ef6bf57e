"""Shelf life on the way: the law by hand, the corridor by season, tilt against reefer."""

import random
from decimal import Decimal
from importlib.resources import files

import pytest

from optimizer.cargo import read_cargoes
from optimizer.errors import DataError, RequestError
from optimizer.network.read import read_network
from optimizer.perish import (
    CLIMATE_C,
    Stage,
    ambient_c,
    read_shelf_lives,
    reefer_or_tilt,
    stages_of,
    used_share,
    verdict,
)

# Mary - Atyrau by truck as quoted for 10 July and 10 November 2026 (96.5 h expected, 144.7 h P90).
BY_UZBEKISTAN = (
    (6.0, ("TM",)),
    (11.19, ("TM",)),
    (9.4, ("TM", "UZ")),
    (45.41, ("UZ",)),
    (8.0, ("UZ", "KZ")),
    (16.48, ("KZ",)),
)
BY_FERRY = ((6.0, ("TM",)), (29.42, ("TM",)), (280.0, ("TM",)), (17.0, ("TM", "KZ")), (27.45, ("KZ",)))


@pytest.fixture(scope="module")
def lives():
    return read_shelf_lives()


# ---- the law -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cargo", "state", "temperature", "days", "to"),
    [
        ("tomatoes", "green until red", 12, 38.0, 0.01),
        ("tomatoes", "green until red", 15, 32.0, 0.1),  # the source prints 30: the law is of the first and last
        ("tomatoes", "green until red", 20, 24.0, 0.05),
        ("tomatoes", "ripe", 10, 7.0, 0.01),
        ("tomatoes", "ripe", 20, 3.93, 0.01),  # 7 / 1.78
        ("tomatoes", "ripe", 30, 2.21, 0.01),  # 7 / 1.78^2: about two days
        ("tomatoes", "", 11, 10.5, 0.01),
        ("tomatoes", "", 31, 3.31, 0.01),  # 10.5 / 1.78^2
        ("onions", "", 2, 200.0, 0.01),
        ("onions", "", 16, 50.0, 0.1),
        ("onions", "", 30, 12.5, 0.1),
        ("grapes", "", 2, 30.0, 0.01),
        ("grapes", "", 25, 4.65, 0.01),  # 30 / 2.25^2.3
        ("melons", "", 30, 4.375, 0.001),  # 17.5 / 2^2, within the 4 to 7 days of the sources
    ],
)
def test_the_law_by_hand(lives, cargo, state, temperature, days, to):
    assert lives.life_days(cargo, temperature, state) == pytest.approx(days, abs=to)


def test_colder_than_the_floor_keeps_no_longer(lives):
    ripe = lives.find("tomatoes", "ripe")
    assert ripe.life_days(-20) == ripe.life_days(0) == ripe.life_days(ripe.floor_c)


def test_hours_at_two_temperatures_add_up(lives):
    """A day at 10 C is 1/7 of a ripe tomato's life, a day at 20 C is 1.78/7."""
    ripe = lives.find("tomatoes", "ripe")
    way = [Stage(24, 10.0), Stage(24, 20.0)]
    assert used_share(ripe, way) == pytest.approx((1 + 1.78) / 7)
    assert used_share(ripe, way, 1.5) == pytest.approx(1.5 * (1 + 1.78) / 7)


def test_a_reefer_is_at_the_goods_own_temperature(lives):
    ripe = lives.find("tomatoes", "ripe")
    assert used_share(ripe, [Stage(84)]) == pytest.approx(0.5)


def test_warmer_or_longer_never_uses_less(lives):
    dice = random.Random(38)
    kinds = list(lives.states.values())
    for _ in range(2000):
        life = dice.choice(kinds)
        way = [Stage(dice.uniform(0, 200), dice.uniform(-25, 45)) for _ in range(dice.randint(1, 6))]
        which = dice.randrange(len(way))
        s = way[which]
        warmer, longer = list(way), list(way)
        warmer[which] = Stage(s.hours, s.temperature_c + dice.uniform(0, 15))
        longer[which] = Stage(s.hours + dice.uniform(0, 50), s.temperature_c)
        used = used_share(life, way)
        assert used_share(life, warmer) >= used
        assert used_share(life, longer) >= used
        assert used_share(life, way, 1.5) >= used


# ---- what is lost ------------------------------------------------------------------------------------


def test_the_grapes_of_torkham(lives):
    """Five days under tilts in October at the Pakistani border: 150 of 200 loads were lost."""
    assert ambient_c("PK", 10) == 22
    v = verdict(lives, "grapes", stages_of([(120.0, ("PK",))], 10))
    assert v.used_expected == pytest.approx(5 / 4.646, abs=0.001)
    assert v.lost_expected == pytest.approx(0.75)
    assert not v.arrives_fit


def test_the_loss_curve(lives):
    """c = ln 4 / (5 / 4.646)^5 = 0.96; at the end of the stated life 1 - exp(-0.96) = 62 % is lost."""
    assert lives.loss_scale == pytest.approx(0.960, abs=0.002)
    assert lives.lost(0) == 0
    assert lives.lost(0.5) == pytest.approx(0.0296, abs=0.001)
    assert lives.lost(1) == pytest.approx(0.617, abs=0.002)
    steps = [lives.lost(u / 20) for u in range(41)]
    assert steps == sorted(steps) and steps[-1] <= 1


# ---- the northbound corridor -------------------------------------------------------------------------


def test_tomatoes_to_atyrau_in_july_need_a_reefer(lives):
    v = verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, 7))
    assert v.hours == pytest.approx(96.48)
    assert v.used_p50 == pytest.approx(1.30, abs=0.01)
    assert v.used_p90 == pytest.approx(1.96, abs=0.01)
    assert v.lost_p50 > 0.9
    assert not v.arrives_fit
    assert [code for code, _ in v.warnings()] == ["spoils"]


def test_tomatoes_to_atyrau_in_november_arrive_under_a_tilt(lives):
    v = verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, 11))
    assert v.used_p90 == pytest.approx(0.59, abs=0.01)
    assert v.lost_p90 == pytest.approx(0.066, abs=0.01)
    assert v.arrives_fit
    # the Kazakh steppe at 2 C under a tilt at 5 C is colder than they like
    assert v.warnings() == (("chilling", "tomatoes: 16 hours below 10 C, where the cold harms them."),)


@pytest.mark.parametrize(
    ("month", "fit"),
    [(1, False), (3, True), (4, True), (5, False), (7, False), (9, False), (10, True), (11, True), (12, False)],
)
def test_a_tilt_serves_spring_and_autumn(lives, month, fit):
    """Summer is too hot, in winter the steppe freezes."""
    v = verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, month))
    assert v.arrives_fit is fit
    assert ("frost" in dict(v.warnings())) is (month in (12, 1, 2))


@pytest.mark.parametrize("state", ["turning", "mature green", "ripe"])
def test_no_tomato_survives_a_slow_july_under_a_tilt(lives, state):
    assert verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, 7), state=state).used_p90 > 1


def test_onions_ride_under_a_tilt_all_summer(lives):
    assert verdict(lives, "onions", stages_of(BY_UZBEKISTAN, 7)).arrives_fit


def test_a_slow_trip_is_told_apart_from_a_hopeless_one(lives):
    v = verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, 9))
    assert v.used_p50 < 1 < v.used_p90
    assert [code for code, _ in v.warnings()] == ["spoils_if_slow"]


def test_twelve_days_of_waiting_for_the_ferry_spoil_tomatoes_even_in_a_reefer(lives):
    v = verdict(lives, "tomatoes", stages_of(BY_FERRY, 7, reefer=True))
    assert v.used_p50 == pytest.approx(359.87 / 252)
    assert not v.arrives_fit


def test_a_reefer_knows_no_season(lives):
    months = {verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, m, reefer=True)) for m in range(1, 13)}
    assert len(months) == 1
    v = months.pop()
    assert v.arrives_fit and (v.chilled_h, v.frozen_h, v.warnings()) == (0, 0, ())
    assert v.used_p90 == pytest.approx(1.5 * 96.48 / 252)


@pytest.mark.parametrize(("month", "choice"), [(1, "reefer"), (4, "reefer"), (7, "reefer"), (10, "tilt"), (11, "tilt")])
def test_tilt_or_reefer_by_season(lives, month, choice):
    """200 USD a tonne under a tilt, 280 in a reefer, tomatoes at 1,460 USD."""
    found = reefer_or_tilt(lives, "tomatoes", BY_UZBEKISTAN, month, Decimal(1460), Decimal(200), Decimal(280))
    assert found.choice == choice
    assert found.tilt_cost >= 200 and found.reefer_cost >= 280


def test_the_cost_is_freight_and_goods_lost(lives):
    found = reefer_or_tilt(lives, "tomatoes", BY_UZBEKISTAN, 10, Decimal(1000), Decimal(200), Decimal(280))
    assert float(found.tilt_cost) == pytest.approx(200 + 1000 * found.tilt.lost_expected, abs=0.01)
    assert found.tilt_cost == found.tilt_cost.quantize(Decimal("0.01"))


def test_cheap_goods_that_arrive_take_the_tilt_and_nothing_saves_a_hopeless_way(lives):
    onions = reefer_or_tilt(lives, "onions", BY_UZBEKISTAN, 7, Decimal(220), Decimal(120), Decimal(168))
    ferry = reefer_or_tilt(lives, "tomatoes", BY_FERRY, 7, Decimal(1460), Decimal(200), Decimal(280))
    assert (onions.choice, ferry.choice) == ("tilt", "neither")


def test_of_several_countries_the_warmest_counts():
    assert stages_of([(9.4, ("KZ", "UZ"))], 7) == (Stage(9.4, 32.0),)
    assert stages_of([(9.4, ("KZ", "UZ"))], 7, reefer=True) == (Stage(9.4, None),)


def test_a_verdict_as_plain_data(lives):
    shown = verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, 7)).as_dict()
    assert (shown["used_p50"], shown["arrives_fit"], shown["life_row_id"]) == (1.304, False, "S01")
    assert shown["loss_percent_p90"] == 100.0
    assert (shown["source_id"], shown["status"]) == ("cargohandbook.com-34a1", "estimated")


# ---- the tables --------------------------------------------------------------------------------------


def test_every_shelf_life_is_of_a_cargo_we_know_and_a_source_we_list(lives):
    cargoes, sources = read_cargoes(), read_network().sources
    for life in lives.states.values():
        assert "perishable" in cargoes[life.cargo_id].groups
        assert life.source_id in sources
        assert life.note
        assert life.chilling_c is None or life.chilling_c <= life.floor_c


def test_every_fresh_cargo_has_a_shelf_life(lives):
    fresh = {c.id for c in read_cargoes().values() if c.groups & {"fruit", "vegetables"} and "perishable" in c.groups}
    assert fresh == set(lives.usual)


def test_no_address_stands_in_the_table():
    assert "://" not in files("seeds").joinpath("shelf_life.csv").read_text("utf-8")


def test_the_climate_is_one_of_the_northern_hemisphere():
    for country, months in CLIMATE_C.items():
        assert len(months) == 12, country
        assert max(months) == months[6] and min(months) == months[0], country


@pytest.mark.parametrize(("country", "month"), [("DE", 7), ("KZ", 0), ("KZ", 13)])
def test_an_unknown_climate_is_refused(country, month):
    with pytest.raises(RequestError) as refused:
        ambient_c(country, month)
    assert refused.value.code == "no_climate"


@pytest.mark.parametrize(("cargo", "state"), [("beef", ""), ("wheat", ""), ("tomatoes", "blue")])
def test_an_unknown_shelf_life_is_refused(lives, cargo, state):
    with pytest.raises(RequestError) as refused:
        lives.find(cargo, state)
    assert refused.value.code == "no_shelf_life"


HEADER = "row_id,cargo_id,state,usual,l0_days,l0_low,l0_high,t0_c,q10,floor_c,chilling_c,source_id,status,note\n"
GRAPES = "S09,grapes,table,yes,30,30,150,2,2.25,-1,,s,published,\n"


@pytest.mark.parametrize(
    ("row", "phrase"),
    [
        ("S01,plums,,yes,ten,7,14,0,2,0,,s,published,", "l0_days is 'ten'"),
        ("S01,plums,,yes,NaN,7,14,0,2,0,,s,published,", "l0_days is 'NaN'"),
        ("S01,plums,,yes,20,7,14,0,2,0,,s,published,", "between l0_low and l0_high"),
        ("S01,plums,,yes,0,0,14,0,2,0,,s,published,", "above 0"),
        ("S01,plums,,yes,10,7,14,0,0.5,0,,s,published,", "do not keep longer when warmer"),
        ("S01,plums,,yes,10,7,14,0,2,5,,s,published,", "floor_c must not lie above t0_c"),
        ("S01,plums,,yes,10,7,14,0,2,0,,,published,", "a source"),
        ("S01,plums,,yes,10,7,14,0,2,0,,s,certain,", "a known status"),
        ("S01,grapes,late,yes,10,7,14,0,2,0,,s,published,", "already"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, phrase):
    (tmp_path / "shelf_life.csv").write_text(HEADER + GRAPES + row + "\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_shelf_lives(tmp_path)
    problem = refused.value.problems[0]
    assert (problem.code, problem.line) == ("bad_shelf_life", 3)
    assert phrase in problem.text


def test_the_curve_needs_its_grapes(tmp_path):
    (tmp_path / "shelf_life.csv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(DataError, match="grapes"):
        read_shelf_lives(tmp_path)


def test_a_day_late_costs_most_where_half_the_load_is_already_at_risk(lives):
    july, november = (verdict(lives, "tomatoes", stages_of(BY_UZBEKISTAN, month)) for month in (7, 11))
    onions = verdict(lives, "onions", stages_of(BY_UZBEKISTAN, 11))
    assert 0 < onions.lost_a_day_late < november.lost_a_day_late < 1
    later = november.used_expected * (november.hours + 24) / november.hours
    assert november.lost_a_day_late == pytest.approx(lives.lost(later) - november.lost_expected)
    assert july.lost_expected + july.lost_a_day_late <= 1
