"""Emission factors: the gram a quote shows can be traced to its row."""

from decimal import Decimal

import pytest

from optimizer.emission import Meter, legs_emissions, read_factors
from optimizer.errors import DataError, RequestError
from optimizer.network.read import read_network
from optimizer.routing.forms import Leg


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


# ---- in two parts, by traction -----------------------------------------------------------------------


def km(text):
    return Decimal(text)


@pytest.mark.parametrize(
    ("mode", "more", "upstream", "operation", "row"),
    [
        ("rail", {}, "6.91", "27.79", "E01"),
        ("road", {}, "17.99", "77.03", "E04"),
        ("road", {"load": "full"}, "14.03", "59.88", "E03"),
        ("road", {"load": "half"}, "22.44", "96.12", "E02"),
        ("sea", {"service": "dry_bulk"}, "6.7", "29.56", "E05"),
        ("sea", {"service": "roro"}, "13.84", "61.05", "E13"),
        ("sea", {"service": "container_feeder"}, "8.33", "36.75", "E32"),
    ],
)
def test_a_factor_has_two_parts_that_add_up(factors, mode, more, upstream, operation, row):
    split = factors.split(mode, **more)
    assert (split.wtt_g_per_t_km, split.ttw_g_per_t_km, split.factor_id) == (km(upstream), km(operation), row)
    assert split.wtw_g_per_t_km == km(upstream) + km(operation)
    assert split.source_ids == ("gov.uk-3b84",)


@pytest.mark.parametrize("row", ["E01", "E02", "E03", "E04", "E05", "E06", "E13", "E14", "E15"])
def test_the_parts_make_the_number_of_the_table(factors, row):
    assert factors.splits[row].wtw_g_per_t_km == factors.rows[row].g_per_t_km


def test_the_upstream_share_of_the_container_ship_is_that_of_the_other_ships(factors):
    ships = [factors.splits[row] for row in ("E05", "E06", "E07", "E10", "E11", "E12", "E13", "E14", "E15", "E32")]
    for ship in ships:
        assert ship.wtt_g_per_t_km / ship.ttw_g_per_t_km == pytest.approx(Decimal("0.2267"), abs=Decimal("0.0008"))
    assert factors.splits["E32"].status == "derived"


@pytest.mark.parametrize(
    ("country", "grams"),
    [  # 0.027 kWh per t-km times the grid
        ("KZ", "21.64833"),
        ("UZ", "30.27186"),
        ("TM", "35.2701"),
        ("IR", "17.51436"),
        ("PK", "10.76247"),
        ("AF", "3.34017"),
    ],
)
def test_an_electric_train_emits_what_its_grid_does_and_nothing_on_the_way(factors, country, grams):
    electric = factors.split("rail", traction="electric", country=country)
    assert electric.wtt_g_per_t_km == electric.wtw_g_per_t_km == km(grams)
    assert electric.ttw_g_per_t_km == 0
    assert electric.source_ids == ("lipasto.vtt.fi-18ce", "package-tgwf-co2")
    assert electric.status == "derived"


def test_in_kazakhstan_and_uzbekistan_the_wire_is_cleaner_but_not_by_much(factors):
    diesel = factors.split("rail").wtw_g_per_t_km
    kz, uz, tm = (factors.split("rail", traction="electric", country=c).wtw_g_per_t_km for c in ("KZ", "UZ", "TM"))
    assert kz < uz < diesel < tm


def test_the_wires_wins_hang_on_a_diesel_of_the_same_kind_of_train(factors):
    """The table that has 0.027 kWh for the electric train has 25.5 g for its diesel twin; ours is near that."""
    assert float(factors.split("rail").ttw_g_per_t_km) == pytest.approx(25.5, rel=0.1)


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        ("air", {}),
        ("hub", {}),
        ("road", {"load": "three quarters"}),
        ("rail", {"traction": "steam"}),
        ("rail", {"traction": "electric"}),
        ("rail", {"traction": "electric", "country": "AE"}),
        ("sea", {"service": "submarine"}),
    ],
)
def test_an_unknown_factor_is_refused(factors, mode, more):
    with pytest.raises(RequestError) as refused:
        factors.split(mode, **more)
    assert refused.value.code == "no_emission_factor"


# ---- legs --------------------------------------------------------------------------------------------


def test_a_diesel_leg_by_hand(factors):
    share = legs_emissions(factors, "rail", "rail", 1897.6, km("3000"))
    assert share.wtt_g == km("6.91") * km("1897.6") * 3000
    assert share.ttw_g == km("27.79") * km("1897.6") * 3000
    assert (share.factor_id, share.electric_share, share.status) == ("E01", 0, "published")


def test_a_leg_half_under_wire_by_hand(factors):
    """600 km Uzbek wire and 400 km diesel, 100 t: 600 x 30.27186 + 400 x 6.91 upstream, 400 x 27.79 in operation."""
    share = legs_emissions(factors, "rail", "", 1000.0, km("100"), electric_km={"UZ": 600.0})
    assert share.wtt_g == km("2092711.6")
    assert share.ttw_g == km("1111600")
    assert (share.factor_id, share.electric_share) == ("E01+E30*E21", km("0.6"))


def test_a_leg_all_under_wire_has_no_diesel_in_it(factors):
    share = legs_emissions(factors, "rail", "", 306.0, km("10"), electric_km={"KZ": 306.2})
    assert (share.factor_id, share.ttw_g, share.electric_share) == ("E30*E20", 0, 1)
    assert float(share.wtt_g) == pytest.approx(306.0 * 21.64833 * 10)


def test_wires_beside_a_road_change_nothing(factors):
    plain = legs_emissions(factors, "road", "truck", 500.0, km("20"))
    assert legs_emissions(factors, "road", "truck", 500.0, km("20"), electric_km={"KZ": 500.0}) == plain


def test_a_leg_of_no_length_emits_nothing(factors):
    share = legs_emissions(factors, "sea", "roro", 0.0, km("20"))
    assert (share.wtw_g, share.electric_share, share.factor_id) == (0, 0, "E13")


@pytest.mark.parametrize("electric", [0.0, 10.0, 500.0, 999.0])
def test_the_more_wire_in_kazakhstan_the_less_it_emits(factors, electric):
    less = legs_emissions(factors, "rail", "", 1000.0, km("1"), electric_km={"KZ": electric})
    more = legs_emissions(factors, "rail", "", 1000.0, km("1"), electric_km={"KZ": electric + 1})
    assert more.wtw_g < less.wtw_g
    assert more.wtt_g > less.wtt_g


# ---- lines and chains --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def meter(factors):
    sections = read_network().rail_sections
    return Meter(factors, {frozenset((s.from_id, s.to_id)): s.length_km for s in sections})


def test_every_electrified_line_is_an_open_section_inside_one_country(factors):
    network = read_network()
    open_sections = {frozenset((s.from_id, s.to_id)) for s in network.rail_sections if s.is_open}
    for ends, line in factors.lines.items():
        assert ends in open_sections, line.line_id
        assert {network.places[p].country for p in ends} in ({"KZ"}, {"UZ"})
        assert line.source_id in network.sources


def test_every_factor_names_a_source_we_list(factors):
    sources = read_network().sources
    assert {f.source_id for f in (*factors.rows.values(), *factors.energy.values())} <= sources.keys()


def leg(kind, mode, path, distance, service=""):
    return Leg(kind, mode, path[0], path[-1], service=service, distance_km=distance, path=tuple(path))


ARYS = ["kz-shymkent", "kz-arys", "kz-kyzylorda"]  # 75 km under wire, 405 km without


def test_a_haul_is_weighed_section_by_section(meter):
    share = meter.share(leg("haul", "rail", ARYS, 480.0), km("1"))
    assert share.electric_share == km("75") / km("480")
    assert float(share.wtw_g) == pytest.approx(75 * 21.64833 + 405 * 34.70)
    assert meter.grams_per_t(leg("haul", "rail", ARYS, 480.0)) == pytest.approx(float(share.wtw_g))


def test_a_leg_is_as_sure_as_its_wires(meter):
    sure = meter.share(leg("haul", "rail", ["kz-astana", "kz-karaganda"], 241.0), km("1"))
    held = meter.share(leg("haul", "rail", ["kz-kokshetau", "kz-astana"], 302.0), km("1"))
    assert (sure.status, held.status) == ("derived", "estimated")
    assert "railwaygazette.com-c35d" in sure.source_ids


def test_turkmen_iranian_and_western_kazakh_hauls_are_diesel(meter):
    for path in (
        ["tm-serhetyaka", "tm-gyzylgaya", "tm-bereket"],
        ["ir-sarakhs", "ir-fariman", "ir-torbat"],
        ["kz-tobol", "kz-altynsarin", "kz-khromtau"],
        ["kz-moiynty", "kz-aktogay", "kz-dostyk"],
    ):
        assert meter.factors.electric_km(path, meter.section_km) == {}


def test_a_chain_has_hauls_with_values_and_hubs_without(meter):
    legs = [
        Leg("handling", "none", "kz-shymkent", "kz-shymkent", service="loading", hours=48),
        leg("haul", "rail", ARYS, 480.0),
        Leg("border", "rail", "kz-bolashak", "tm-serhetyaka", hours=2),
        Leg("wait", "none", "kz-aktau-port", "kz-aktau-port", hours=80),
        leg("haul", "sea", ["kz-aktau-port", "ir-amirabad-port"], 776.0, "dry_bulk"),
    ]
    hub, rail, sea = meter.chain(legs, km("3000"))
    assert [e.tce_id for e in (hub, rail, sea)] == ["TCE-01", "TCE-02", "TCE-03"]
    assert (hub.kind, rail.kind, sea.kind) == ("hub", "transport", "transport")
    assert hub.emissions is None and hub.activity_t_km is None
    assert sea.activity_t_km == km("2328000")
    shown = hub.as_dict()
    assert shown["factor_id"] == "E31"
    assert [shown[k] for k in ("ghg_wtt_kg", "ghg_ttw_kg", "ghg_wtw_kg", "activity_t_km")] == [None] * 4
    shown = sea.as_dict()
    assert (shown["ghg_wtt_kg"], shown["ghg_ttw_kg"], shown["ghg_wtw_kg"]) == (15597.6, 68815.7, 84413.3)
    assert (shown["wtw_g_per_t_km"], shown["distance_basis"]) == (36.26, "planned, over the network")
    assert shown["source_ids"] == ["gov.uk-3b84"]
    # 75 of 480 km under wire: the leg's own factor lies between the two
    assert rail.as_dict()["wtw_g_per_t_km"] == 32.66


# ---- tables that are wrong ---------------------------------------------------------------------------

HEADER = "factor_id,mode,vehicle_or_country,ttw_value,wtt_value,wtw_value,unit,source_id,status,note\n"


@pytest.mark.parametrize(
    ("row", "phrase"),
    [
        ("E01,rail,freight train,27.79,6.91,40,gCO2e/t-km,s,published,", "do not add up to 40"),
        ("L01,rail_line,kz-shu,1,,,electric share,s,published,", "two places 'a - b'"),
        ("L01,rail_line,kz-shu - kz-almaty,1.5,,,electric share,s,published,", "a share up to 1"),
        ("E20,grid,Kazakhstan,-5,,,gCO2/kWh,s,published,", "needs a value above 0"),
        ("E30,rail,train,0.027,,,kWh/t-km,,published,", "a source and a known status"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, phrase):
    (tmp_path / "emissions.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_factors(tmp_path)
    problem = refused.value.problems[0]
    assert (problem.code, problem.line) == ("bad_factor", 2)
    assert phrase in problem.text
