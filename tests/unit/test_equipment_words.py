"""Equipment, ownership and numbers in a desk's words: one cell, and longer remarks."""

from decimal import Decimal

import pytest

from optimizer.cargo import read_equipment
from optimizer.equipment_names import find_equipment, resolve_equipment
from optimizer.equipment_words import equipment_words
from optimizer.errors import RequestError


@pytest.fixture(scope="module")
def kinds():
    return read_equipment()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("зерновоз(ы)", "hopper-wagon"),
        ("хопперы", "hopper-wagon"),
        ("кр. вагон(ов)", "covered-wagon"),
        ("крытый", "covered-wagon"),
        ("цистерна", "tank-wagon"),
        ("рефсекция", "reefer-wagon"),
        ("реф, 2 ваг", "reefer-wagon"),  # the wagons say which
        ("40 реф", "reefer-container-40"),
        ("платформа", "flat-wagon"),
        ("40HC", "container-40"),
        ("40НС", "container-40"),  # НС in Cyrillic
        ("40'HC", "container-40"),
        ("40’HC COC", "container-40"),
        ("20DC", "container-20"),
        ("2x20DC", "container-20"),
        ("20 фут", "container-20"),
        ("40-фут.", "container-40"),
        ("40 фут. контейнер", "container-40"),
        ("4х40", "container-40"),
        ("ISO tank", "tank-container-20"),
        ("тент", "truck"),
        ("фуры", "truck"),
        ("22G1", "container-20"),
        ("42G1", "container-40"),
        ("45G1", "container-40"),  # 9 foot 6 high, not 45 feet long
        ("45R1", "reefer-container-40"),
        ("22T1", "tank-container-20"),
        ("45G0 SOC", "container-40"),
        ("зерновозы собств., 20 ваг", "hopper-wagon"),
    ],
)
def test_one_cell_names_one_kind(kinds, typed, meant):
    assert find_equipment(typed, kinds).id == meant


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("hopper-wagon", "id"),
        ("вагон-зерновоз", "exact"),
        ("зерновозы", "alias"),
        ("40НС", "letters"),
        ("kр. вагон", "letters"),
        ("22R0", "code"),
        ("зерновос", "spelling"),
    ],
)
def test_equipment_tells_how_it_was_found(kinds, typed, how):
    assert find_equipment(typed, kinds).how == how


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("реф", {"reefer-wagon", "reefer-truck"}),
        ("рефконтейнер", {"reefer-container-20", "reefer-container-40"}),
        ("хоппер-дозатор", {"hopper-wagon"}),  # a ballast hopper: more said than we know
        ("зерновоз или крытый", {"hopper-wagon", "covered-wagon"}),
    ],
)
def test_what_may_be_several_kinds_is_asked(kinds, typed, candidates):
    with pytest.raises(RequestError) as asked:
        find_equipment(typed, kinds)
    assert asked.value.code == "ambiguous_equipment"
    assert {c["id"] for c in asked.value.details["candidates"]} == candidates


@pytest.mark.parametrize("typed", ["контейнер", "12 конт.", "40 контейнеров"])
def test_a_container_of_no_size_is_asked(kinds, typed):
    with pytest.raises(RequestError) as asked:
        find_equipment(typed, kinds)
    assert {"container-20", "container-40"} <= {c["id"] for c in asked.value.details["candidates"]}


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("полувагон", "an open-top (gondola) wagon"),
        ("полувагоны 10 шт", "an open-top (gondola) wagon"),
        ("45HC", "a 45-foot container"),
        ("45'НС", "a 45-foot container"),
        ("42U1", "a container of another kind"),
        ("open top", "an open-top container"),
    ],
)
def test_what_we_do_not_carry_is_said(kinds, typed, meaning):
    with pytest.raises(RequestError) as refused:
        find_equipment(typed, kinds)
    assert refused.value.code == "unknown_equipment"
    assert refused.value.details["meaning"] == meaning
    assert meaning in str(refused.value)


@pytest.mark.parametrize("typed", ["", "20 т", "…", "дирижабль"])
def test_what_names_no_equipment_is_refused(kinds, typed):
    with pytest.raises(RequestError) as refused:
        find_equipment(typed, kinds)
    assert refused.value.code == "unknown_equipment"


def test_misspelt_equipment_is_corrected_only_where_it_can_be_shown(kinds):
    with pytest.raises(RequestError):
        resolve_equipment("зерновос", kinds)


# -- longer remarks: what was found, and where ----------------------------------------------------------


def said(text, kinds):
    words = equipment_words(text, kinds)
    return (
        [i for mention in words.equipment for i in mention.ids],
        [i for mention in words.ownership for i in mention.ids],
        [(count.low, count.high, count.family) for count in words.counts],
        words.rest,
    )


@pytest.mark.parametrize(
    ("text", "equipment", "ownership", "counts", "rest"),
    [
        ("зерновозы собств., 20 ваг", ["hopper-wagon"], ["private"], [(20, 20, "wagon")], ""),
        ("обор-е 40HC SOC", ["container-40"], ["private"], [], "обор-е"),
        ("хлопок 40'HC COC", ["container-40"], ["carrier"], [], "хлопок"),
        ("12 конт.", [], [], [(12, 12, "container")], ""),
        ("4х40", ["container-40"], [], [(4, 4, "container")], ""),
        ("2x20DC", ["container-20"], [], [(2, 2, "container")], ""),
        ("22G1 x 5", ["container-20"], [], [(5, 5, "container")], ""),
        ("5 x 22G1 COC", ["container-20"], ["carrier"], [(5, 5, "container")], ""),
        ("5-6 ваг инв. парк", [], ["carrier"], [(5, 6, "wagon")], ""),
        ("3 фуры", ["truck"], [], [(3, 3, "truck")], ""),
        ("20 ваг зерновозы СПС", ["hopper-wagon"], ["private"], [(20, 20, "wagon")], ""),
        ("аренд. цистерны 8 шт", ["tank-wagon"], ["private"], [(8, 8, "")], ""),
        ("иностр., крытые 30 ваг", ["covered-wagon"], ["foreign"], [(30, 30, "wagon")], ""),
        ("приватные вагоны", [], ["private"], [], "вагоны"),
        ("инвентарный парк", [], ["carrier"], [], ""),
        ("40НС - русские буквы", ["container-40"], [], [], "русские буквы"),
        ("2x1 640", [], [], [], "2x1 640"),  # two charges of 1,640
        ("1340500 кг", [], [], [], "1340500 кг"),
        ("10 сут., далее 15$/сут.", [], [], [], "10 сут., далее 15$/сут"),
        ('возврат порожних в "Алматы-1" включить', [], [], [], 'возврат порожних в "Алматы-1" включить'),
        ("дубль? уточнить", [], [], [], "дубль? уточнить"),
    ],
)
def test_a_remark_gives_up_its_equipment_words(kinds, text, equipment, ownership, counts, rest):
    assert said(text, kinds) == (equipment, ownership, counts, rest)


def test_tonnes_in_each_wagon_are_told_from_wagons(kinds):
    words = equipment_words("15 кр. вагонов х 66т", kinds)
    assert [(c.low, c.family) for c in words.counts] == [(15, "wagon")]
    assert [load.tonnes for load in words.loads] == [Decimal(66)]
    assert [load.tonnes for load in equipment_words("20 ваг. по 68,5 т", kinds).loads] == [Decimal("68.5")]
    assert [load.tonnes for load in equipment_words("66 т/ваг", kinds).loads] == [Decimal(66)]


def test_forty_boxes_or_forty_feet_is_doubtful(kinds):
    assert [count.doubtful for count in equipment_words("40 конт.", kinds).counts] == [True]
    assert [count.doubtful for count in equipment_words("40 контейнеров 20 фут", kinds).counts] == [False]
    assert [count.doubtful for count in equipment_words("12 конт.", kinds).counts] == [False]


@pytest.mark.parametrize("text", ["зерновозы собств., 20 ваг", "15 кр. вагонов х 66т", "обор-е 40’HC SOC, 12 конт."])
def test_spans_stand_where_the_words_do(kinds, text):
    words = equipment_words(text, kinds)
    for item in (*words.equipment, *words.ownership, *words.counts, *words.loads):
        assert text[slice(*item.span)] == item.text


def test_numbers_without_end_are_no_counts(kinds):
    assert equipment_words("9" * 5000 + " ваг", kinds).counts == ()
