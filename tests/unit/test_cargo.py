"""Cargoes and equipment: what a forwarder types, and what we take it for."""

from decimal import Decimal

import pytest

from optimizer.cargo import carries, find_cargo, read_cargoes, read_equipment, resolve_cargo, resolve_equipment
from optimizer.errors import DataError, RequestError

CARGO_IDS = [
    "wheat",
    "feed-wheat",
    "durum-wheat",
    "barley",
    "maize",
    "lentils",
    "peas",
    "soya",
    "sunflower-oil-crude",
    "sunflower-oil",
    "flour",
    "sugar",
    "pasta",
    "beef",
    "poultry",
    "milk-powder",
    "butter",
    "potatoes",
    "tomatoes",
    "cucumbers",
    "onions",
    "melons",
    "grapes",
    "peppers",
    "apricots",
    "lemons",
    "rice",
    "cotton",
    "machinery",
    "general",
]
EQUIPMENT_IDS = [
    "hopper-wagon",
    "covered-wagon",
    "tank-wagon",
    "reefer-wagon",
    "flat-wagon",
    "container-20",
    "container-40",
    "reefer-container-20",
    "reefer-container-40",
    "tank-container-20",
    "truck",
    "reefer-truck",
    "bulk-vessel",
]

OTHER_GOODS = (
    "рожь; овёс; рапс; лён; соль; шрот; отруби; нут; маш; фасоль; сено; уголь; нефть; карбамид; цемент; яблоки; "
    "капуста; морковь; чеснок; изюм; рыба; яйца; солод; крахмал; масло пальмовое; масло рапсовое; моторное масло; "
    "хлопковый шрот; семена подсолнечника; перец чёрный; рисовая мука; томатная паста; серная кислота; картофель "
    "семенной; сыр плавленый; свинина; мыло; бумага; картон; rye; millet; salt; coal; dates; apples; tea; palm oil; "
    "soybean oil; paper"
)


@pytest.fixture(scope="module")
def cargoes():
    return read_cargoes()


@pytest.fixture(scope="module")
def kinds():
    return read_equipment()


def test_all_cargoes_and_equipment_of_the_contract_are_there(cargoes, kinds):
    assert set(CARGO_IDS) <= set(cargoes)  # sulphur is beside them: it has the one published Iranian rate
    assert list(kinds) == EQUIPMENT_IDS


def test_every_cargo_has_a_payload_in_all_equipment(cargoes, kinds):
    for cargo in cargoes.values():
        assert set(cargo.payload_t) == set(kinds)
        assert all(load > 0 for load in cargo.payload_t.values())
        assert set(cargo.equipment) <= set(kinds)


@pytest.mark.parametrize(
    ("cargo", "equipment", "tonnes"),
    [
        ("wheat", "hopper-wagon", "68"),
        ("wheat", "container-20", "21"),
        ("wheat", "flat-wagon", "24"),
        ("wheat", "bulk-vessel", "5500"),
        ("pasta", "container-40", "18"),
        ("tomatoes", "reefer-truck", "17.2"),
        ("beef", "reefer-container-20", "18"),
        ("sunflower-oil-crude", "tank-wagon", "60"),
    ],
)
def test_payload_by_equipment(cargoes, cargo, equipment, tonnes):
    assert cargoes[cargo].payload_t[equipment] == Decimal(tonnes)


@pytest.mark.parametrize(
    ("cargo", "usual"),
    [
        ("wheat", "hopper-wagon"),
        ("flour", "covered-wagon"),
        ("sunflower-oil-crude", "tank-wagon"),
        ("sunflower-oil", "covered-wagon"),
        ("beef", "reefer-wagon"),
        ("tomatoes", "reefer-truck"),
        ("machinery", "container-20"),
    ],
)
def test_the_usual_equipment_comes_first(cargoes, cargo, usual):
    assert cargoes[cargo].equipment[0] == usual


def test_a_short_reefer_box_is_usual_wherever_a_long_one_is(cargoes):
    for cargo in cargoes.values():
        if "reefer-container-40" in cargo.equipment:
            at = cargo.equipment.index("reefer-container-40")
            assert cargo.equipment[at + 1] == "reefer-container-20"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wheat", "wheat"),
        ("Wheat", "wheat"),
        ("пшеница", "wheat"),
        ("Пшеница 3кл", "wheat"),
        ("пшеница 3 кл.", "wheat"),
        ("пшеница 5 класса", "feed-wheat"),
        ("Ячмень фураж.", "barley"),
        ("corn", "maize"),
        ("мука в мешках 50кг", "flour"),
        ("сахар-песок", "sugar"),
        ("cахар", "sugar"),  # the first letter is Latin
        ("помидоры", "tomatoes"),
        ("feed_wheat", "feed-wheat"),
        ("milk powder", "milk-powder"),
        ("обор-е 40HC SOC", "machinery"),
        ("хлопок 40'HC COC", "cotton"),
        ("cotton fibre", "cotton"),
        ("соевые бобы", "soya"),
        ("general cargo", "general"),
    ],
)
def test_names_a_forwarder_types(cargoes, typed, meant):
    assert resolve_cargo(typed, cargoes).id == meant


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("1003.90", "barley"),
        ("1003", "barley"),
        ("100590", "maize"),
        ("10059000", "maize"),
        ("011005", "wheat"),
        ("11005", "wheat"),  # a spreadsheet ate the zero
        ("011005 / 10019900", "wheat"),
        ("11005/1001", "wheat"),
        ("501005/1101", "flour"),  # the ETSNG code says nothing to us, the HS heading does
        ("0713.40", "lentils"),
        ("71340", "lentils"),
        ("2071400", "poultry"),
        ("1006.30", "rice"),
        ("8471", "machinery"),
    ],
)
def test_codes_of_goods(cargoes, code, meant):
    assert resolve_cargo(code, cargoes).id == meant


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("1001.99", {"wheat", "feed-wheat"}),
        ("10019900", {"wheat", "feed-wheat"}),
        ("1001", {"wheat", "feed-wheat", "durum-wheat"}),
        ("масло подсолнечное", {"sunflower-oil", "sunflower-oil-crude"}),
        ("мясо", {"beef", "poultry"}),
        ("0713", {"lentils", "peas"}),
    ],
)
def test_what_fits_several_cargoes_is_asked(cargoes, typed, candidates):
    with pytest.raises(RequestError) as asked:
        resolve_cargo(typed, cargoes)
    assert asked.value.code == "ambiguous_cargo"
    assert {c["id"] for c in asked.value.details["candidates"]} == candidates


@pytest.mark.parametrize("typed", ["tommatoes", "мука ржаная", "urea", "нут", "0406", "9999.99"])
def test_an_unknown_cargo_names_the_three_closest(cargoes, typed):
    with pytest.raises(RequestError) as refused:
        resolve_cargo(typed, cargoes)
    assert refused.value.code == "unknown_cargo"
    assert len(refused.value.details["candidates"]) == 3


@pytest.mark.parametrize("typed", ["", "  ", "//", "---"])
def test_no_cargo_at_all_is_refused(cargoes, typed):
    with pytest.raises(RequestError) as refused:
        resolve_cargo(typed, cargoes)
    assert refused.value.code == "unknown_cargo"


def test_no_name_or_alias_leads_elsewhere_without_a_question(cargoes):
    for cargo in cargoes.values():
        for word in (cargo.id, cargo.name_en, cargo.name_ru, *cargo.aliases):
            try:
                assert resolve_cargo(word, cargoes).id == cargo.id, word
            except RequestError as asked:
                assert cargo.id in {c["id"] for c in asked.details["candidates"]}, word


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hopper-wagon", "hopper-wagon"),
        ("зерновозы", "hopper-wagon"),
        ("кр. вагонов", "covered-wagon"),
        ("40HC", "container-40"),
        ("40НС", "container-40"),  # НС in Cyrillic
        ("40’HC SOC", "container-40"),
        ("20DC", "container-20"),
        ("фура", "truck"),
        ("рефрижератор", "reefer-truck"),
        ("flexitank", "tank-container-20"),
    ],
)
def test_equipment_as_desks_write_it(kinds, typed, meant):
    assert resolve_equipment(typed, kinds).id == meant


def test_unknown_equipment_is_refused(kinds):
    with pytest.raises(RequestError) as refused:
        resolve_equipment("45HC", kinds)
    assert refused.value.code == "unknown_equipment"


# -- how it was understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant", "how"),
    [
        ("wheat", "wheat", "id"),
        ("хлопок", "cotton", "exact"),
        ("пшеница 3 кл.", "wheat", "alias"),
        ("Cахар", "sugar", "letters"),  # a Latin C
        ("пщеница", "wheat", "spelling"),
        ("чичевица", "lentils", "spelling"),
        ("011005", "wheat", "code"),
        ("11005", "wheat", "code_repaired"),
        ("11005.0", "wheat", "code_repaired"),  # a spreadsheet's number
        ("1005.9", "maize", "code_repaired"),  # 1005.90 as a number
        ("1101.0", "flour", "code"),
    ],
)
def test_a_cargo_tells_how_it_was_found(cargoes, typed, meant, how):
    found = find_cargo(typed, cargoes)
    assert (found.id, found.how) == (meant, how)
    assert found.to_confirm is (how in ("letters", "spelling", "code_repaired"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("масло подс. раф.", "sunflower-oil"),
        ("масло подс. нераф.", "sunflower-oil-crude"),
        ("томаты св.", "tomatoes"),
        ("горох жёлтый", "peas"),
        ("кукуруза кормовая", "maize"),
        ("мука пш. в/с", "flour"),
        ("перевозка пшеницы", "wheat"),
        ("Пшеница мягкая 3 класс, клейковина 23-24%", "wheat"),
        ("Wheat flour, 50 kg bags", "flour"),
        ("рис шлиф.", "rice"),
        ("бидай", "wheat"),
        ("گندم", "wheat"),
        ("bugdaý", "wheat"),
        ("Bugday", "wheat"),
        ("арпа", "barley"),
        ("ұн", "flour"),
        ("آرد", "flour"),
        ("پنبه", "cotton"),
    ],
)
def test_short_forms_and_the_languages_of_the_corridor(cargoes, typed, meant):
    assert find_cargo(typed, cargoes).id == meant


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("раст. масло", {"sunflower-oil", "sunflower-oil-crude"}),
        ("sunflower oil", {"sunflower-oil", "sunflower-oil-crude"}),
        ("мука ржаная", {"flour"}),  # rye flour is no wheat flour
        ("лук зелёный", {"onions"}),
        ("пшеница 1 кл", {"wheat"}),
        ("tommatoes", {"tomatoes"}),
        ("зерно", {"wheat", "feed-wheat", "durum-wheat", "barley", "maize"}),
    ],
)
def test_what_says_more_or_less_than_one_cargo_is_asked(cargoes, typed, candidates):
    with pytest.raises(RequestError) as asked:
        find_cargo(typed, cargoes)
    assert asked.value.code == "ambiguous_cargo"
    assert {c["id"] for c in asked.value.details["candidates"]} == candidates


def test_other_goods_are_never_taken_for_ours(cargoes):
    for typed in OTHER_GOODS.split("; "):
        with pytest.raises(RequestError):
            find_cargo(typed, cargoes)


def test_a_code_beside_the_name_settles_a_question_and_may_contradict(cargoes):
    assert find_cargo("пшеница 3 кл.", cargoes, "011005 / 10019900").how == "alias"
    assert find_cargo("Пшеница 3кл", cargoes, "11005/1001").remarks == ("code_repaired",)
    assert find_cargo("мука в мешках 50кг", cargoes, "501005/1101").id == "flour"
    assert find_cargo("масло подсолнечное", cargoes, "1512.19").id == "sunflower-oil"
    assert find_cargo("зерно ГНГ 10039000", cargoes).id == "barley"
    assert find_cargo("мука", cargoes, "999999").remarks == ("code_unknown",)
    assert find_cargo("", cargoes, "1101").id == "flour"
    with pytest.raises(RequestError, match="flour.*wheat"):
        find_cargo("мука", cargoes, "1001")
    with pytest.raises(RequestError, match="barley.*wheat"):
        find_cargo("ячмень 011005", cargoes)


def test_a_misspelt_cargo_is_corrected_only_where_it_can_be_shown(cargoes):
    assert find_cargo("кукурза", cargoes).matched == "кукуруза"
    with pytest.raises(RequestError) as refused:
        resolve_cargo("кукурза", cargoes)
    assert refused.value.details["candidates"][0] == {"id": "maize"}


@pytest.mark.parametrize(
    ("cargo", "equipment", "can"),
    [
        ("wheat", "hopper-wagon", True),
        ("wheat", "bulk-vessel", True),
        ("wheat", "tank-wagon", False),
        ("flour", "bulk-vessel", False),
        ("sunflower-oil-crude", "truck", False),
        ("sunflower-oil", "truck", True),
        ("beef", "covered-wagon", False),
        ("beef", "reefer-truck", True),
        ("potatoes", "truck", True),
        ("machinery", "flat-wagon", True),
    ],
)
def test_what_can_ride_in_what(cargoes, kinds, cargo, equipment, can):
    assert carries(cargoes[cargo], kinds[equipment]) is can


def test_a_broken_row_is_named_with_its_line(tmp_path):
    (tmp_path / "cargoes.csv").write_text(
        "id,name_en,name_ru,hs_code,gng_code,etsng_code,groups,equipment,payload_t_wagon,payload_t_20ft,payload_t_40ft,"
        "payload_t_truck,perishable,price_usd_per_t,price_year,aliases,source_id,status,note\n"
        "wheat,wheat,пшеница,1001.99,,,cereal,hopper-wagon,0,21,24,22,no,,,,s,published,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as refused:
        read_cargoes(tmp_path)
    problem = refused.value.problems[0]
    assert (problem.code, problem.line) == ("bad_cargo", 2)
    assert "unknown group cereal" in problem.text
    assert "payload" in problem.text
