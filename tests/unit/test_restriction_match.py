"""The bans of autumn 2025 and the closures after them: on which day, for which cargo, wagon, owner, destination."""

import csv
import datetime as dt
from importlib.resources import files

import pytest

from optimizer.cargo import read_cargoes
from optimizer.errors import DataError
from optimizer.restriction.check import check_restrictions
from optimizer.restriction.match import (
    compliance_warnings,
    concerns,
    in_force,
    modes_of,
    places_of,
    sentence,
    shuts,
)
from optimizer.restriction.read import COMPLIANCE, RESTRICTIONS, read_restrictions

BOOK = read_restrictions()
CARGOES = read_cargoes()


def day(text):
    return dt.date.fromisoformat(text)


def speaks(
    restriction_id, cargo="wheat", wagon="hopper-wagon", *, owner="private", origin="KZ", to="IR", on=None, known=None
):
    """Whether a restriction holds for this shipment, at its place."""
    row = BOOK.get(restriction_id)
    fits = concerns(
        row, cargo=CARGOES[cargo], wagon_type=wagon, owner=owner, origin_country=origin, destination_country=to
    )
    return fits and (on is None or in_force(row, day(on), day(known or on)))


# --- the bans of autumn 2025 ---


@pytest.mark.parametrize(
    ("on", "first", "second"),
    [
        ("2025-10-05", False, False),
        ("2025-10-06", True, False),
        ("2025-10-20", True, False),
        ("2025-10-22", False, True),
        ("2025-10-31", False, True),
        ("2025-11-01", False, False),
    ],
)
def test_grain_to_aktau_port_6_to_31_october(on, first, second):
    assert speaks("KTZ-2025-AKTAU-1", on=on) is first
    assert speaks("KTZ-2025-AKTAU-2", on=on) is second


def test_only_grain_was_kept_from_aktau():
    assert speaks("KTZ-2025-AKTAU-1", "barley")
    assert not speaks("KTZ-2025-AKTAU-1", "flour", "covered-wagon")
    assert not speaks("KTZ-2025-AKTAU-1", "lentils", "covered-wagon")


def test_the_railways_ban_holds_no_truck_and_no_ship():
    assert not speaks("KTZ-2025-AKTAU-1", wagon="truck")
    assert not speaks("KTZ-2025-AKTAU-1", wagon="bulk-vessel")
    assert modes_of(BOOK.get("KTZ-2025-AKTAU-1")) == {"rail"}


def test_the_prolongation_of_aktau_was_not_known_the_day_before_its_order():
    assert not speaks("KTZ-2025-AKTAU-2", on="2025-10-25", known="2025-10-21")
    assert speaks("KTZ-2025-AKTAU-2", on="2025-10-25", known="2025-10-22")


def test_covered_wagons_to_china_by_dostyk_24_to_31_october():
    assert speaks("KTZ-2025-DOSTYK-1", "flour", "covered-wagon", to="CN", on="2025-10-24")
    assert speaks("KTZ-2025-DOSTYK-1", "soya", "covered-wagon", to="CN", on="2025-10-31")
    assert not speaks("KTZ-2025-DOSTYK-1", "flour", "covered-wagon", to="CN", on="2025-11-01")
    assert not speaks("KTZ-2025-DOSTYK-1", "wheat", "hopper-wagon", to="CN")
    assert not speaks("KTZ-2025-DOSTYK-1", "sugar", "covered-wagon", to="CN")
    assert not speaks("KTZ-2025-DOSTYK-1", "flour", "covered-wagon", to="KG")


def test_everything_out_by_bolashak_26_october_to_6_november():
    for cargo, wagon in (("wheat", "hopper-wagon"), ("machinery", "container-40"), ("beef", "reefer-wagon")):
        assert speaks("KTZ-2025-BOLASHAK-1", cargo, wagon, on="2025-10-26")
        assert speaks("KTZ-2025-BOLASHAK-1", cargo, wagon, on="2025-11-06")
        assert not speaks("KTZ-2025-BOLASHAK-1", cargo, wagon, on="2025-10-25")
        assert not speaks("KTZ-2025-BOLASHAK-1", cargo, wagon, on="2025-11-07")


def test_goods_coming_into_kazakhstan_are_not_export():
    assert not speaks("KTZ-2025-BOLASHAK-1", "lemons", "reefer-container-40", origin="IR", to="KZ")
    assert not speaks("KTZ-2025-BOLASHAK-1", "lemons", "reefer-container-40", origin="IR", to="RU")
    assert speaks("KTZ-2025-BOLASHAK-1", "general", "container-40", origin="RU", to="IR")


@pytest.mark.parametrize("cargo", ["wheat", "rice", "flour", "pasta", "beef", "tomatoes"])
def test_saryagash_12_to_20_november_lets_grain_milling_and_perishables_pass(cargo):
    assert not speaks("KTZ-2025-SARYAGASH-1", cargo, "covered-wagon", to="UZ", on="2025-11-15")


@pytest.mark.parametrize("cargo", ["sugar", "sunflower-oil", "lentils", "soya", "machinery", "milk-powder"])
def test_saryagash_12_to_20_november_holds_everything_else(cargo):
    assert speaks("KTZ-2025-SARYAGASH-1", cargo, "covered-wagon", to="UZ", on="2025-11-12")
    assert speaks("KTZ-2025-SARYAGASH-1", cargo, "covered-wagon", to="AF", on="2025-11-20")
    assert not speaks("KTZ-2025-SARYAGASH-1", cargo, "covered-wagon", to="UZ", on="2025-11-21")
    assert not speaks("KTZ-2025-SARYAGASH-1", cargo, "covered-wagon", to="IR", on="2025-11-15")


@pytest.mark.parametrize("to", ["UZ", "TJ", "TM", "AF", "KG"])
def test_saryagash_22_to_24_november_excepts_nothing(to):
    assert not speaks("KTZ-2025-SARYAGASH-2", "wheat", to=to, on="2025-11-21")
    assert speaks("KTZ-2025-SARYAGASH-2", "wheat", to=to, on="2025-11-22")
    assert speaks("KTZ-2025-SARYAGASH-2", "beef", "reefer-wagon", to=to, on="2025-11-24")
    assert not speaks("KTZ-2025-SARYAGASH-2", "wheat", to=to, on="2025-11-25")


def test_foreign_wagons_october_to_december():
    assert {"kz-aktau-port", "kz-kuryk-port", "kz-dostyk", "kz-altynkol"} == set(
        places_of(BOOK.get("KTZ-2025-FOREIGN"))
    )
    assert speaks("KTZ-2025-FOREIGN", owner="foreign", on="2025-10-01")
    assert speaks("KTZ-2025-FOREIGN", owner="foreign", on="2025-12-31")
    assert not speaks("KTZ-2025-FOREIGN", owner="foreign", on="2026-01-01")
    assert not speaks("KTZ-2025-FOREIGN", owner="private", on="2025-11-01")
    assert not speaks("KTZ-2025-FOREIGN", owner="carrier", on="2025-11-01")


def test_a_free_text_exception_exempts_nothing_and_is_read_out():
    assert speaks("KTZ-2025-KURYK-1", "machinery", "container-40", to="AZ", on="2025-06-10")
    assert "paraxylene" in sentence(BOOK.get("KTZ-2025-KURYK-1"))


def test_grain_in_container_trains_through_altynkol():
    assert speaks("KTZ-2025-ALTYNKOL-Q", "wheat", "container-20", to="CN", on="2026-11-01")
    assert speaks("KTZ-2025-ALTYNKOL-Q", "wheat", "flat-wagon", to="CN")
    assert not speaks("KTZ-2025-ALTYNKOL-Q", "wheat", "hopper-wagon", to="CN")
    assert not speaks("KTZ-2025-ALTYNKOL-Q", "sugar", "container-20", to="CN")
    assert not shuts(BOOK.get("KTZ-2025-ALTYNKOL-Q"))


# --- closures and warnings after them ---


def test_a_closure_without_an_end_stays_shut_since_the_last_report():
    assert speaks("PK-AF-2025", "wheat", "truck", to="PK", on="2026-11-22")
    assert not speaks("PK-AF-2025", "wheat", "truck", to="PK", on="2025-10-11")
    assert "no end known, shut at last report of 2026-02-15" in sentence(BOOK.get("PK-AF-2025"))


def test_salang_is_shut_for_trailer_trucks_only():
    row = BOOK.get("AF-2026-SALANG")
    assert places_of(row) == (("road", "af-pul-i-khumri", "af-kabul"),)
    assert modes_of(row) == {"road"}
    assert speaks("AF-2026-SALANG", "flour", "truck", to="AF", on="2026-07-10")
    assert speaks("AF-2026-SALANG", "beef", "reefer-truck", to="AF", on="2026-07-10")
    assert speaks("AF-2026-SALANG", "flour", "container-40", to="AF", on="2026-07-10")
    assert not speaks("AF-2026-SALANG", "flour", "covered-wagon", to="AF")
    assert not speaks("AF-2026-SALANG", "flour", "truck", to="AF", on="2026-07-09")


def test_hormuz_shut_until_mid_june_2026_then_a_warning():
    assert places_of(BOOK.get("IR-2026-HORMUZ")) == (("sea", "hormuz"),)
    assert speaks("IR-2026-HORMUZ", on="2026-06-15")
    assert not speaks("IR-2026-HORMUZ", on="2026-06-16")
    assert speaks("IR-2026-HORMUZ-R", on="2026-06-16")
    assert not shuts(BOOK.get("IR-2026-HORMUZ-R"))


def test_barley_to_iran_warns_for_kazakh_goods_only():
    row = "KZ-2026-BARLEY-IR"
    assert speaks(row, "barley", on="2026-03-02")
    assert not speaks(row, "wheat")
    assert not speaks(row, "barley", to="AF")
    assert not speaks(row, "barley", origin="RU")
    assert not shuts(BOOK.get(row))


def test_hairatan_shut_in_february_2023_for_goods_into_afghanistan():
    assert speaks("UTY-2023-HAIRATAN", "flour", "covered-wagon", to="AF", on="2023-02-05")
    assert not speaks("UTY-2023-HAIRATAN", "flour", "covered-wagon", to="AF", on="2023-02-11")


def test_kuryk_weather_comes_back_every_november_and_december():
    assert speaks("KZ-KURYK-WEATHER", on="2026-11-22")
    assert speaks("KZ-KURYK-WEATHER", on="2024-12-31")
    assert not speaks("KZ-KURYK-WEATHER", on="2026-07-01")


def test_low_water_speaks_of_loose_goods_only():
    assert speaks("KZ-AKTAU-DRAUGHT", "wheat", "bulk-vessel", on="2026-11-22")
    assert not speaks("KZ-AKTAU-DRAUGHT", "machinery", "container-40", on="2026-11-22")


def test_four_kinds_shut_and_five_warn():
    assert {r.kind for r in BOOK.rows if shuts(r)} == {"loading_ban", "border_closed", "sea_closed", "seasonal_limit"}
    assert {r.kind for r in BOOK.rows if not shuts(r)} == {"quota", "weather", "draught", "export_stop", "warning"}


def test_the_sentence_says_what_for_what_when_and_by_what_document():
    text = sentence(BOOK.get("KTZ-2025-DOSTYK-1"), {"kz-dostyk": "Dostyk (border)"})
    for part in (
        "Dostyk (border)",
        "grain, oilseeds and milled products",
        "covered wagons",
        "to China",
        "from 2025-10-24 until 2025-10-31",
        "KTZ order of 22 October 2025",
        BOOK.get("KTZ-2025-DOSTYK-1").source_id,
    ):
        assert part in text


def test_every_sentence_is_one_line_with_its_source():
    for row in BOOK.rows:
        text = sentence(row)
        assert text.endswith(").")
        assert "\n" not in text
        assert row.source_id in text


# --- compliance ---


def warned(
    *, countries, to, cargo="wheat", equipment="hopper-wagon", modes=("rail",), places=(), on="2026-11-22", origin="KZ"
):
    return {
        rule.warning_code: rule.comp_id
        for rule in compliance_warnings(
            BOOK.compliance,
            countries=set(countries),
            places=set(places),
            modes=set(modes),
            cargo=CARGOES[cargo],
            equipment=equipment,
            origin_country=origin,
            destination_country=to,
            day=day(on),
            known_on=day(on),
        )
    }


def test_wheat_by_rail_to_iran():
    codes = warned(countries=("KZ", "TM", "IR"), to="IR")
    assert set(codes) == {"sanctions_iran", "sanctions_un_unverified", "origin_certificate", "consignment_note_change"}


def test_flour_to_uzbekistan_warns_of_nothing():
    assert warned(countries=("KZ", "UZ"), to="UZ", cargo="flour", equipment="covered-wagon") == {}


def test_wheat_into_pakistan_needs_a_licence_and_cotton_does_not():
    route = ("KZ", "UZ", "AF", "PK")
    assert "licence_needed" in warned(countries=route, to="PK", equipment="truck", modes=("road",))
    assert "licence_needed" in warned(countries=route, to="PK", cargo="flour", equipment="truck", modes=("road",))
    assert "licence_needed" not in warned(countries=route, to="PK", cargo="cotton", equipment="truck", modes=("road",))


def test_trucks_between_pakistan_and_afghanistan_carry_seals():
    assert "transit_seal" in warned(countries=("AF", "PK"), to="PK", cargo="cotton", equipment="truck", modes=("road",))
    assert "transit_seal" not in warned(countries=("KZ", "AF"), to="AF", equipment="truck", modes=("road",))


def test_a_box_into_afghanistan_needs_a_deposit():
    assert "container_deposit" in warned(countries=("KZ", "AF"), to="AF", cargo="sugar", equipment="container-40")
    assert "container_deposit" not in warned(countries=("KZ", "AF"), to="AF", cargo="sugar", equipment="covered-wagon")


def test_chabahar_is_flagged_only_where_the_route_calls_there():
    through = ("KZ", "TM", "IR", "IN")
    assert "sanctions_chabahar" in warned(countries=through, to="IN", places=("ir-chabahar-port",))
    assert "sanctions_chabahar" not in warned(countries=through, to="IN", places=("ir-bandar-abbas-port",))


def test_rules_that_have_ended_never_warn_later():
    assert "drivers_visa" in warned(
        countries=("PK", "AF"), to="AF", cargo="cotton", equipment="truck", modes=("road",), on="2024-02-01"
    )
    assert "drivers_visa" not in warned(
        countries=("PK", "AF"), to="AF", cargo="cotton", equipment="truck", modes=("road",), on="2024-04-01"
    )
    assert "import_ban" not in warned(countries=("RU", "KZ"), to="KZ", origin="RU", on="2025-06-01")


def test_of_two_import_bans_the_later_speaks():
    assert warned(countries=("RU", "KZ"), to="KZ", origin="RU", on="2024-08-15")["import_ban"] == "C10"
    assert warned(countries=("RU", "KZ"), to="KZ", origin="RU", on="2024-05-15")["import_ban"] == "C09"


def test_transit_of_russian_wheat_through_kazakhstan_is_no_import():
    assert "import_ban" not in warned(countries=("RU", "KZ", "UZ"), to="UZ", origin="RU", on="2024-08-15")


# --- the tables ---


def test_our_tables_fit_the_rest_of_our_data():
    places, sources = (_ids(*key) for key in (("places.csv", "id"), ("sources.csv", "source_id")))
    assert check_restrictions(BOOK, places, sources, set(CARGOES)) == []


def test_a_ban_at_an_unknown_place_is_named_with_its_line():
    found = check_restrictions(BOOK, _ids("places.csv", "id") - {"kz-bolashak"}, _ids("sources.csv", "source_id"))
    assert [(p.code, p.line) for p in found] == [("unknown_place", BOOK.get("KTZ-2025-BOLASHAK-1").line)]
    assert "kz-bolashak" in found[0].text


def test_an_unknown_source_is_named():
    source = BOOK.get("PK-AF-2025").source_id
    found = check_restrictions(BOOK, _ids("places.csv", "id"), _ids("sources.csv", "source_id") - {source})
    assert {p.code for p in found} == {"unknown_source"}


def test_a_date_that_is_none_is_told_with_all_other_faults(tmp_path):
    for file in (RESTRICTIONS, COMPLIANCE):
        (tmp_path / file).write_bytes(files("network_data").joinpath(file).read_bytes())
    text = (tmp_path / RESTRICTIONS).read_text(encoding="utf-8")
    text = text.replace("2025-04-22,2025-06-30", "spring,2025-06-30").replace(",border_closed,", ",closed,", 1)
    (tmp_path / RESTRICTIONS).write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_restrictions(tmp_path)
    assert [(p.code, p.line) for p in refused.value.problems] == [("bad_date", 2), ("unknown_kind", 13)]


def _ids(table, column):
    with files("network_data").joinpath(table).open(encoding="utf-8", newline="") as handle:
        return {row[column] for row in csv.DictReader(handle)}
