"""Finding places: exact beats near, near beats nothing, and what is close is asked."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from optimizer.errors import AmbiguousPlace, DataError, UnknownPlace
from optimizer.network.names import PlaceIndex, load_aliases, normalise, read_places_file, transliterate
from optimizer.network.read import read_network


@pytest.fixture(scope="module")
def index() -> PlaceIndex:
    return PlaceIndex(read_network(), load_aliases())


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("kz-kokshetau", "kz-kokshetau"),
        ("684001", "kz-kostanay"),
        ("000251", "af-hairatan"),
        ("KZAAU", "kz-aktau-port"),
        ("KZ AAU", "kz-aktau-port"),
        ("Sarahs", "tm-sarahs"),
        ("Сарахс", "tm-sarahs"),
        ("Saraxs", "tm-sarahs"),
        ("Serakhs", "tm-sarahs"),
        ("Sarakhs", "ir-sarakhs"),
        ("Bandar Abbas", "ir-bandar-abbas"),
        ("Бендер-Аббас", "ir-bandar-abbas"),
        ("Aktau", "kz-aktau"),
        ("Aktau port", "kz-aktau-port"),
        ("порт Актау", "kz-aktau-port"),
        ("Turkmenbashi", "tm-turkmenbashi"),
        ("Türkmenbaşy", "tm-turkmenbashi"),
        ("Karachi", "pk-karachi"),
        ("Herat", "af-herat"),
        ("Tehran", "ir-tehran"),
        ("Amirabad", "ir-amirabad"),
        ("Anzali", "ir-anzali-port"),
        ("Incheh Borun", "ir-incheh-borun"),
        ("Инче-Борун", "ir-incheh-borun"),
        ("Torghundi", "af-torghundi"),
        ("Қостанай", "kz-kostanay"),
        ("Кустанай", "kz-kostanay"),
        ("Кокчетав", "kz-kokshetau"),
        ("Алматы-1", "kz-almaty"),
        ("Сороковая", "kz-astana"),
        ("Имамназар эксп.", "tm-ymamnazar"),
        ("Кушка", "tm-serhetabat"),
        ("Мазари-Шариф", "af-mazar"),
        ("بندر عباس", "ir-bandar-abbas"),
    ],
)
def test_a_code_or_name_is_found_exactly(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.resolve(text, "origin") == place_id


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Cарахс", "tm-sarahs"),  # Latin C
        ("Сaрахс (эксп.)", "tm-sarahs"),  # Latin a
        ("Kостанай", "kz-kostanay"),  # Latin K
        ("Тегepан", "ir-tehran"),  # Latin e and p
        ("Аktau", "kz-aktau"),  # Cyrillic А
    ],
)
def test_letters_of_another_alphabet_are_seen_through(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.resolve(text, "origin") == place_id


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Болашак эксп", "kz-bolashak"),
        ("Акяйла (эксп.)", "tm-akyayla"),
        ("Bolashak exp", "kz-bolashak"),
        ("станция Тобол", "kz-tobol"),
        ("г. Алматы", "kz-almaty"),
        ("Актау-порт перев.", "kz-aktau-port"),
        ("Aktau (warehouse 3)", "kz-aktau"),
        ("  aktau  ", "kz-aktau"),
    ],
)
def test_words_around_a_name_are_passed_over(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.resolve(text, "origin") == place_id


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Sarakhs, Iran", "ir-sarakhs"),
        ("Sarakhs IR", "ir-sarakhs"),
        ("Sarakhs, Turkmenistan", "tm-sarahs"),
        ("Серахс, Иран", "ir-sarakhs"),
        ("Серахс TM", "tm-sarahs"),
        ("Mary (TM)", "tm-mary"),
        ("Torkham, Pakistan", "pk-torkham"),
        ("Торхам (Афганистан)", "af-torkham"),
    ],
)
def test_a_country_narrows(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.resolve(text, "destination") == place_id


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("Kokshetay", "kz-kokshetau"),
        ("Кокшетуа", "kz-kokshetau"),
        ("Turkmenbasy", "tm-turkmenbashi"),
        ("Ташкен", "uz-tashkent"),
        ("Peshawer", "pk-peshawar"),
        ("Мешхэд", "ir-mashhad"),
    ],
)
def test_one_slip_of_the_hand_is_forgiven(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.resolve(text, "origin") == place_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Серахс", {"tm-sarahs", "ir-sarakhs"}),
        ("Torkham", {"af-torkham", "pk-torkham"}),
        ("IRBND", {"ir-bandar-abbas", "ir-shahid-rajaee"}),
        ("Хайратон/Торхам", {"af-hairatan", "af-torkham", "pk-torkham"}),
        ("Тегеран (Апрін)", {"ir-tehran", "ir-aprin"}),
        ("Тобол/Тобыл", {"kz-tobol", "kz-kostanay"}),  # Tobyl is also the town beside Kostanay, once Zatobolsk
        ("Alat", {"az-alat-port", "uz-alat"}),
        ("Kabol", {"af-kabul", "ir-zabol"}),
        ("Алматы-2", {"kz-almaty"}),  # another station than Almaty-1, so never taken for it
    ],
)
def test_what_may_mean_two_places_is_asked(index: PlaceIndex, text: str, expected: set[str]) -> None:
    with pytest.raises(AmbiguousPlace) as question:
        index.resolve(text, "destination")
    candidates = question.value.details["candidates"]
    assert expected <= {c["id"] for c in candidates}
    assert set(candidates[0]) == {"id", "name", "country", "score"}
    assert question.value.code == "ambiguous_place"
    assert question.value.field == "destination"
    assert all(place_id in str(question.value) for place_id in expected)


@pytest.mark.parametrize(
    "text", ["Hamburg", "Москва", "zzzz", "", "   ", "-", "Saryozek", "Aktau, Iran", "\u202e", "1" * 5000]
)
def test_what_is_nowhere_is_said_with_the_closest(index: PlaceIndex, text: str) -> None:
    with pytest.raises(UnknownPlace) as refusal:
        index.resolve(text, "origin")
    assert len(refusal.value.details["candidates"]) <= 3
    assert len(str(refusal.value)) < 600
    assert str(refusal.value).isprintable()
    assert refusal.value.code == "unknown_place"


@pytest.mark.parametrize(
    "text",
    [
        "Saryshagan",
        "Kulsary",
        "Tobolsk",
        "Turkestan",
        "Karatau",
        "Aksu",
        "Zharkent",
        "Tashkurgan",
        "Kokpekty",
        "Uralsk",
    ],
)
def test_a_real_place_we_do_not_have_is_never_taken_for_another(index: PlaceIndex, text: str) -> None:
    with pytest.raises((UnknownPlace, AmbiguousPlace)):
        index.resolve(text, "origin")


def test_two_spellings_of_one_place_are_one_place(index: PlaceIndex) -> None:
    assert index.resolve("Sarahs/Сарахс", "origin") == "tm-sarahs"
    assert index.resolve("Aktau | Aqtau", "origin") == "kz-aktau"


def test_every_place_is_found_by_its_id_and_by_its_name(index: PlaceIndex) -> None:
    network = read_network()
    for place in network.places.values():
        assert index.resolve(place.id, "origin") == place.id
        try:
            assert index.resolve(place.name_en, "origin") in network.members[place.id]
        except AmbiguousPlace as question:
            assert place.id in {c["id"] for c in question.details["candidates"]}


def test_a_search_gives_scores_best_first(index: PlaceIndex) -> None:
    hits = index.search("Serakhs")
    assert [hit.place_id for hit in hits[:2]] == ["tm-sarahs", "ir-sarakhs"]
    assert all(a.score >= b.score for a, b in pairwise(hits))
    assert index.search("aktau")[0].place_id == "kz-aktau"
    assert len(index.search("a", limit=3)) <= 3


def test_a_beginning_is_enough_to_list_but_not_to_take(index: PlaceIndex) -> None:
    assert index.search("Кокш")[0].place_id == "kz-kokshetau"
    with pytest.raises(AmbiguousPlace):
        index.resolve("Кокш", "origin")


def test_the_same_question_has_the_same_answer(index: PlaceIndex) -> None:
    again = PlaceIndex(read_network(), load_aliases())
    for text in ("Serakhs", "kok", "bandar", "терм"):
        assert index.search(text) == again.search(text)


def test_an_exact_name_needs_no_fuzzy_library() -> None:
    program = (
        "import sys\n"
        "from optimizer.network.names import PlaceIndex, load_aliases\n"
        "from optimizer.network.read import read_network\n"
        "PlaceIndex(read_network(), load_aliases()).resolve('Кокшетау', 'origin')\n"
        "assert 'rapidfuzz' not in sys.modules and 'networkx' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_alias_is_of_a_place_we_have(index: PlaceIndex) -> None:
    places = read_network().places
    aliases = load_aliases()
    assert len(aliases) > 200
    assert all(alias.place_id in places for alias in aliases)


def test_names_are_folded() -> None:
    assert normalise("Сары-Агаш") == "сары агаш"
    assert normalise("Ёлка") == "елка"
    assert normalise("Almaty I") == "almaty 1"
    assert normalise("йод") == "йод"
    assert transliterate(normalise("Сарыагаш")) == "saryagash"


# -- how it was understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place_id", "how"),
    [
        ("kz-kostanay", "kz-kostanay", "id"),
        ("684001", "kz-kostanay", "code"),
        ("684001.0", "kz-kostanay", "code"),  # a spreadsheet's number
        ("6.84001E+05", "kz-kostanay", "code"),  # rounded, but no digit is missing
        ("68400", "kz-kostanay", "code_repaired"),  # the check digit is lost
        ("251", "af-hairatan", "code_repaired"),  # 000251 as a number
        ("690200", "kz-astana", "code"),  # its freight yard, Sorokovaya
        ("IRBAZ", "ir-anzali-port", "code"),
        ("Костанай", "kz-kostanay", "exact"),
        ("Кустанай", "kz-kostanay", "alias"),
        ("Kостанай", "kz-kostanay", "letters"),  # a Latin K
        ("Capaxc эксп.", "tm-sarahs", "letters"),  # Latin through and through
        ("Кокшетуа", "kz-kokshetau", "spelling"),
        ("Серхетака", "tm-serhetyaka", "spelling"),
    ],
)
def test_a_place_tells_how_it_was_found(index: PlaceIndex, text: str, place_id: str, how: str) -> None:
    found = index.find(text)
    assert (found.id, found.how) == (place_id, how)
    assert found.to_confirm is (how in ("letters", "spelling", "code_repaired"))


@pytest.mark.parametrize("text", ["Cарахс", "Sarahs", "Serakhs", "Saraxs", "Сaрахс (эксп.)", "С а р а х с"])
def test_all_spellings_of_sarahs_have_one_top_hit(index: PlaceIndex, text: str) -> None:
    found = index.find(text)
    assert found.id == "tm-sarahs"
    assert all(other.score < found.score for other in found.also)


def test_the_runner_up_is_told(index: PlaceIndex) -> None:
    assert [(c.id, c.score) for c in index.find("Сарахс").also] == [("ir-sarakhs", 99.0)]
    assert index.find("Серхетака").also[0].id == "tm-serhetabat"


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("6.84E+05", ["kz-kostanay"]),  # 683500 to 684499: one of ours, and many stations besides
        ("684002", ["kz-kostanay"]),  # the check digit is wrong
        ("648001", ["kz-kostanay"]),  # two digits swapped
    ],
)
def test_a_code_that_lost_digits_for_good_is_asked(index: PlaceIndex, text: str, candidates: list[str]) -> None:
    with pytest.raises(AmbiguousPlace) as question:
        index.find(text)
    assert [c["id"] for c in question.value.details["candidates"]] == candidates


def test_a_repaired_code_is_asked_where_it_cannot_be_shown(index: PlaceIndex) -> None:
    with pytest.raises(AmbiguousPlace, match="684001 with its lost digits"):
        index.resolve("68400", "origin")


def test_a_code_of_no_station_of_ours_is_said(index: PlaceIndex) -> None:
    with pytest.raises(UnknownPlace, match="a station code, but of no station we hold"):
        index.find("800205")
    with pytest.raises(UnknownPlace):
        index.find("84001")


@pytest.mark.parametrize(
    ("text", "code", "place_id", "remarks"),
    [
        ("Костанай", "684001", "kz-kostanay", ()),
        ("Костанай 684001", "", "kz-kostanay", ()),
        ("ст. Костанай (код 684001)", "", "kz-kostanay", ()),
        ("Тобыл", "682608", "kz-tobol", ()),  # the code settles the question
        ("Костанай", "68400", "kz-kostanay", ("code_repaired",)),
        ("Алматы-1", "700003", "kz-almaty", ("code_wrong",)),
        ("Атбасар", "687601", "kz-atbasar", ("code_unknown",)),
        ("(эксп.)", "664703", "kz-bolashak", ()),
    ],
)
def test_a_code_beside_the_name(
    index: PlaceIndex, text: str, code: str, place_id: str, remarks: tuple[str, ...]
) -> None:
    found = index.find(text, code=code)
    assert (found.id, found.remarks) == (place_id, remarks)


@pytest.mark.parametrize(
    ("text", "code"), [("Костанай", "663404"), ("Костанай (код 663404)", ""), ("Москва", "684001"), ("Тобыл", "684209")]
)
def test_a_name_and_a_code_of_two_places_are_asked(index: PlaceIndex, text: str, code: str) -> None:
    with pytest.raises(AmbiguousPlace):
        index.find(text, code=code)


@pytest.mark.parametrize(
    ("text", "place_id", "remark"),
    [
        ("Тобыл (эксп.)", "kz-tobol", "export"),  # the border point, not the town beside Kostanay
        ("Гарабогаз эксп.", "tm-garabogaz", "export_is_town"),  # the road post is no station
        ("Сарыагаш эксп", "kz-saryagash", "export"),
        ("Болашак (эксп.)", "kz-bolashak", "export"),
        ("Ашхабад (эксп.)", "tm-ashgabat", "export_is_town"),
    ],
)
def test_export_means_the_border_point(index: PlaceIndex, text: str, place_id: str, remark: str) -> None:
    found = index.find(text)
    assert (found.id, found.remarks) == (place_id, (remark,))


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("К о с т а н а й", "kz-kostanay"),
        ("А л м а т ы - 1", "kz-almaty"),
        ("«Алматы № 1»", "kz-almaty"),
        ("Алматы-І", "kz-almaty"),  # a Cyrillic І
        ("ж/д ст. Костанай", "kz-kostanay"),
        ("ст-я Костанай", "kz-kostanay"),
        ("Алматы қаласы", "kz-almaty"),
        ("Сарахс ТРК", "tm-sarahs"),
        ("Серахс (РАИ)", "ir-sarakhs"),
        ("Торхам Пак", "pk-torkham"),
        ("Туркменбаши порт", "tm-turkmenbashi-port"),
        ("Курык порт", "kz-kuryk-port"),
        ("КПП Гарабогаз", "tm-garabogaz-border"),
        ("Ак Ýaýla", "tm-akyayla"),
        ("Akýaýla", "tm-akyayla"),
        ("اميرآباد", "ir-amirabad"),  # Arabic ya
        ("کراچی", "pk-karachi"),
        ("كراچي", "pk-karachi"),  # Arabic kaf and ya
        ("لاهور", "pk-lahore"),  # Persian he for the Urdu one
        ("ایستگاه تهران", "ir-tehran"),
        ("Апрін", "ir-aprin"),  # a Ukrainian і
        ("Шеберган", "af-sheberghan"),
        ("Инчеборун", "ir-incheh-borun"),
    ],
)
def test_names_as_desks_write_them(index: PlaceIndex, text: str, place_id: str) -> None:
    assert index.find(text).id == place_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("п. Актау", {"kz-aktau", "kz-aktau-port"}),  # порт or посёлок
        ("Болашак - Акяйла", {"kz-bolashak", "tm-akyayla"}),  # a lane
        ("Алтынколь -> Андхой", {"kz-altynkol", "af-andkhoy"}),
        ("Tabraz", {"ir-tabriz", "kz-taraz"}),  # one slip from either
        ("Karchi", {"pk-karachi", "uz-karshi"}),
    ],
)
def test_two_places_in_one_cell_are_asked(index: PlaceIndex, text: str, expected: set[str]) -> None:
    with pytest.raises(AmbiguousPlace) as question:
        index.find(text)
    assert expected <= {c["id"] for c in question.value.details["candidates"]}


def test_a_refusal_is_remembered_but_told_for_its_own_field(index: PlaceIndex) -> None:
    for field in ("origin", "destination"):
        with pytest.raises(UnknownPlace) as refusal:
            index.find("Atlantis", field)
        assert refusal.value.field == field
        assert str(refusal.value).startswith(field)


# -- the user's own places ----------------------------------------------------------------------------


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_places_are_read(tmp_path: Path) -> None:
    rows = read_places_file(
        written(tmp_path, "id,name,tied_to,distance_km,by\nmy-silo,Our silo,kz-kokshetau,12.5,road\n")
    )
    assert [(p.id, p.tied_to, p.distance_km, p.by, p.lat) for p in rows] == [
        ("my-silo", "kz-kokshetau", 12.5, "road", None)
    ]


def test_own_places_may_have_positions_and_semicolons(tmp_path: Path) -> None:
    text = "id;name;lat;lon;tied_to;distance_km;by\nsilo-2;Элеватор;53.2;69.4;Кокшетау;3;rail\n"
    (place,) = read_places_file(written(tmp_path, text))
    assert (place.lat, place.lon, place.by) == (53.2, 69.4, "rail")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a,A,kz-tobol,far,road", "bad_number"),
        ("a,A,kz-tobol,nan,road", "bad_number"),
        ("a,A,kz-tobol,-1,road", "bad_number"),
        ("a,A,kz-tobol,1,boat", "unknown_word"),
        ("a b,A,kz-tobol,1,rail", "bad_id"),
        (",A,kz-tobol,1,rail", "empty_cell"),
        ("a,A,,1,rail", "empty_cell"),
        ("a,A,kz-tobol,1,rail\na,B,kz-tobol,1,rail", "duplicate_id"),
    ],
)
def test_a_fault_of_an_own_place_is_named_with_its_line(tmp_path: Path, row: str, code: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_places_file(written(tmp_path, f"id,name,tied_to,distance_km,by\n{row}\n"))
    problem = refusal.value.problems[0]
    assert (problem.code, problem.file) == (code, "places.csv")
    assert problem.line >= 2


def test_a_missing_column_of_own_places_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column tied_to is missing"):
        read_places_file(written(tmp_path, "id,name,distance_km,by\na,A,1,rail\n"))
