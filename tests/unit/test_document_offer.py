"""What a quote says to a client and to the desk, in both languages, before it is laid out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from optimizer.charge_names import CHARGE_NAMES
from optimizer.document import words
from optimizer.document.letterhead import NEUTRAL, Letterhead
from optimizer.document.make import content_of
from optimizer.document.names import read_names
from optimizer.document.notices import FIXED, PATTERNS, bans_of, warnings_of
from optimizer.document.sections import ORDER, SECTION_OF
from optimizer.document.standing import rates_of, standing_table
from optimizer.errors import RequestError
from optimizer.margin import CLIENT_WARNINGS

ZERO = Decimal(0)


@pytest.fixture(scope="module")
def quotes(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Wheat by wagon and truck, machinery in the line's boxes with a margin, tomatoes in a reefer truck, a ban."""
    ask = request.getfixturevalue("ask")
    return {
        "wheat": ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2026-12-01"),
        "boxes": ask(
            "Altynkol", "Tehran", "machinery", units=10, equipment="container-40", ready="2026-12-01",
            margin="5% + 3 USD/t", incoterm="CPT",
        ),
        "reefer": ask("Tashkent", "Almaty", "tomatoes", units=4, equipment="reefer-truck", ready="2026-12-05"),
        "ban": ask("Kostanay", "Tashkent", "machinery", tonnes=300, equipment="covered-wagon", ready="2025-11-22"),
        "sea": ask("Kostanay", "Amirabad", "barley", tonnes=4000, ready="2026-04-10", via=("kz-aktau-port",)),
    }  # fmt: skip


KINDS = ("wheat", "boxes", "reefer", "ban", "sea")


def client_total(quote: dict[str, Any]) -> Decimal:
    way = quote["itineraries"][0]
    return Decimal(way["margin"]["sell"]["amount"] if "margin" in way else way["total"]["amount"])


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("kind", KINDS)
def test_three_rates_come_to_the_same_total_with_their_remainders(quotes, kind, lang):
    quote = quotes[kind]
    rows = content_of(quote, lang).price.rows
    assert len(rows) == 3
    for _, rate, count, product, remainder, total in rows:
        assert total == client_total(quote)
        assert rate * count == product
        assert product + remainder == total
        assert rate == rate.quantize(Decimal("0.01"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_the_price_add_up_to_the_cent(quotes, kind):
    for lang in words.LANGS:
        parts = content_of(quotes[kind], lang).parts
        assert sum((row[-1] for row in parts.rows[:-1]), ZERO) == parts.rows[-1][-1] == client_total(quotes[kind])


def test_the_desk_sees_each_line_and_the_same_sum(quotes):
    way = quotes["boxes"]["itineraries"][0]
    content = content_of(quotes["boxes"], "ru", internal=True)
    assert content.lines is not None
    *lines, total = content.lines.rows
    assert len(lines) == len(way["charges"])
    assert sum((row[14] for row in lines), ZERO) == total[14] == Decimal(way["total"]["amount"])
    assert any("5%" in value and "27" in value for label, value in content.facts if label == "Наценка")
    assert content.mark.startswith("Для служебного")
    assert content_of(quotes["boxes"], "ru").lines is None


def test_the_facts_name_cargo_units_masses_dates_and_rates_of_exchange(quotes):
    facts = dict(content_of(quotes["wheat"], "ru", client="ТОО «Зерно»").facts)
    plain = {label: value.replace("\N{NO-BREAK SPACE}", " ") for label, value in facts.items()}
    assert plain["Кому"] == "ТОО «Зерно»"
    assert plain["Дата"] == "22.11.2026"
    assert plain["Погрузка"].startswith("с 01.12.2026 по ")
    assert plain["Груз"] == "пшеница 3 класса, ГНГ 10019900, ЕТСНГ 011005"
    assert plain["Масса"] == "3 000 т, 45 вагонов по 66,667 т"
    assert plain["Расчётная масса"] == "РАИ: 3 015 т (не менее 55 т на вагон, неполная тонна за полную)"
    assert "CHF на 30.10.2026 (European Central Bank" in plain["Курсы валют"]
    english = dict(content_of(quotes["wheat"], "en").facts)
    assert "For" not in english
    assert english["Mass"].replace("\N{NO-BREAK SPACE}", " ") == "3,000 t in 45 wagons, 66.667 t each"


def test_what_is_charged_is_included_and_what_is_not_is_named(quotes):
    inside, outside, conditions = content_of(quotes["wheat"], "ru", Letterhead(company="Караван")).terms
    assert "Железнодорожный тариф КТЖ/КЗХ, ТРК, РАИ" in inside.lines
    assert "Возврат порожних: КТЖ/КЗХ, ТРК, РАИ" in inside.lines
    assert "Предоставление вагонов" in inside.lines
    assert "возврат порожних" not in outside.lines
    assert "страхование груза" not in outside.lines
    assert "охрана груза" in outside.lines
    assert "Коды оплаты по КТЖ/КЗХ, ТРК, РАИ предоставляет Караван" in conditions.lines
    assert any(line.startswith("Действительна при погрузке до") for line in conditions.lines)

    _, outside, conditions = content_of(quotes["reefer"], "en").terms
    assert "loading at Tashkent" in outside.lines
    assert not any("Payer codes" in line or "loading plan" in line for line in conditions.lines)
    _, outside, conditions = content_of(quotes["boxes"], "en").terms
    assert "cargo insurance" in outside.lines
    assert any("forwarder" in line for line in conditions.lines)
    assert any("detention" in line for line in conditions.lines)


def test_a_price_for_loading_after_it_ends_says_so(ask):
    quote = ask("Tashkent", "Almaty", "tomatoes", units=4, equipment="reefer-truck", ready="2027-03-01")
    content = content_of(quote, "en")
    assert "at the rates in force on the day of loading" in dict(content.facts)["Loading"]
    assert content.terms[2].lines[0].startswith("The rate stands for goods accepted by")


def test_standing_shows_the_total_with_0_5_and_10_days(quotes):
    table = content_of(quotes["wheat"], "ru").standing
    assert table is not None
    (what, free, per_unit, per_day, none, five, ten), *others = table.rows
    assert (what, free, per_unit, per_day) == ("вагоны (45)", ZERO, Decimal("30.00"), Decimal("1350.00"))
    total = client_total(quotes["wheat"])
    assert (none, five, ten) == (total, total + 5 * per_day, total + 10 * per_day)


def test_hire_of_platform_and_box_stand_together_and_trucks_by_themselves(quotes):
    rates = {rate.what: rate for rate in rates_of(quotes["boxes"]["itineraries"][0])}
    assert rates["container"].per_unit == Decimal("31.5")
    assert rates["container"].rules == {"HIRE-PLATFORM-40", "HIRE-BOX-40"}
    assert rates["truck"].per_unit == Decimal("101.5")  # the box on it is hired all the while
    assert "HIRE-BOX-40" in rates["truck"].rules


def test_wagons_hired_on_two_gauges_stand_apart():
    def line(leg: int, rule: str, rate: str) -> dict[str, Any]:
        return {
            "code": "hire", "basis": "per wagon-day", "leg": leg, "rule_id": rule, "rate": rate, "coefficient": "1",
            "fx_rate": "1", "amount_quote": "1",
        }  # fmt: skip

    legs = [{"units": 15, "from": {"id": "kz-kostanay"}}, {"units": 15, "from": {"id": "ir-zahedan"}}]
    way = {"charges": [line(0, "A", "30"), line(1, "B", "20"), line(1, "B", "20")], "legs": legs, "transit": {}}
    assert [(r.per_unit, r.per_day) for r in rates_of(way)] == [(30, 450), (20, 300)]
    table = standing_table({**way, "total": {"amount": "100"}}, Decimal(100), "USD", read_names(), "ru")
    assert table is not None
    assert [row[0] for row in table.rows] == ["вагоны (15), Костанай", "вагоны (15), Захедан"]


def test_every_thing_done_on_a_leg_has_its_russian_words(quotes):
    done = {leg["service"] for q in quotes.values() for way in q["itineraries"] for leg in way["legs"]}
    assert len(done) > 10
    assert done <= set(words.SERVICES)


def test_standing_of_a_quote_with_a_margin_is_dearer_and_round(quotes):
    quote = quotes["boxes"]
    raised = client_total(quote) / Decimal(quote["itineraries"][0]["total"]["amount"])
    for row, rate in zip(content_of(quote, "en").standing.rows, rates_of(quote["itineraries"][0]), strict=True):
        assert row[2] >= rate.per_unit * raised
        assert row[2] == row[2].to_integral_value()


def test_a_line_of_detention_keeps_its_free_days_and_its_first_step():
    def late(days: str, rate: str) -> dict[str, str]:
        return {
            "part": "detention", "rule_id": "D", "days": days, "rate": rate, "coefficient": "1", "fx_rate": "0.5",
            "quantity": "3", "unit": "container", "free_days": "10", "leg": 0,
        }  # fmt: skip

    legs = [{"from": {"id": "ir-bandar-abbas"}}]
    way = {"charges": [], "legs": legs, "transit": {"late_cost": {"p90": {"lines": [late("10", "6"), late("2", "9")]}}}}
    (rate,) = rates_of(way)
    assert (rate.what, rate.free_days, rate.per_unit, rate.units) == ("detention", Decimal(10), Decimal(12), Decimal(3))
    assert rate.stepped


def test_a_quote_of_an_earlier_version_without_late_costs_still_has_a_document(quotes):
    way = {**quotes["reefer"]["itineraries"][0]}
    way["transit"] = {name: value for name, value in way["transit"].items() if name != "late_cost"}
    content = content_of({**quotes["reefer"], "itineraries": [way]}, "ru", internal=True)
    assert content.standing is None
    assert content.others is None


def test_other_routes_are_at_the_clients_price(quotes):
    quote = quotes["boxes"]
    table = content_of(quote, "en").others
    assert table is not None
    for row in table.rows:
        way = quote["itineraries"][row[0] - 1]
        assert row[2] == Decimal(way["margin"]["sell"]["amount"])
        assert row[4] < row[5]


def test_legs_are_told_in_the_language_of_the_document(quotes):
    russian = content_of(quotes["sea"], "ru").legs
    text = " ".join(str(cell) for row in russian.rows for cell in row)
    assert "ж/д, КТЖ/КЗХ" in text
    assert "сухогруз" in text
    assert "Порт Амирабад" in text
    assert not [ch for row in russian.rows for cell in row[1:3] for ch in str(cell) if "a" <= ch.lower() <= "z"]


def test_bans_are_told_without_what_the_shut_way_costs(quotes):
    quote = quotes["ban"]
    assert "would cost" in quote["rejected"][0]["text"]
    for lang in words.LANGS:
        notices = content_of(quote, lang).notices
        assert notices is not None
        text = " ".join(notices.lines)
        assert "would cost" not in text
        assert quote["rejected"][0]["saving"].split()[0] not in text
    assert "Погрузка через Сарыагаш запрещена: все грузы" in text
    assert "с 22.11.2025 по 24.11.2025" in text


def test_every_warning_a_client_may_read_of_these_quotes_is_russian(quotes):
    names = read_names()
    for kind in KINDS:
        for way in quotes[kind]["itineraries"]:
            shown = [w for w in way["warnings"] if w["code"] in CLIENT_WARNINGS]
            for line in warnings_of(shown, names, "ru"):
                letters = [ch for ch in line if ch.isalpha()]
                cyrillic = sum("а" <= ch.lower() <= "я" or ch in "ёЁ" for ch in letters)
                assert cyrillic > 0.9 * len(letters), line


def test_a_sentence_of_no_known_pattern_keeps_its_words():
    rows = [{"reason_code": "loading_ban", "text": "Something new."}, {"reason_code": "new", "text": "Other."}]
    assert bans_of(rows, read_names(), "ru") == ["Запрет погрузки: Something new.", "Other."]


def test_the_basis_divides_the_clients_price(quotes):
    basis = dict(content_of(quotes["boxes"], "ru").facts)["Базис"].replace("\N{NO-BREAK SPACE}", " ")
    assert basis.startswith("CPT Тегеран: продавец 29 ")


def test_an_unknown_language_is_refused(quotes):
    with pytest.raises(RequestError, match="no document in 'kk'"):
        content_of(quotes["reefer"], "kk")


def test_a_clients_name_is_one_line_of_bearable_length(quotes):
    assert dict(content_of(quotes["reefer"], "en", client="A\x00\n B\udcff").facts)["For"] == "A B"
    with pytest.raises(RequestError, match="has 301 letters"):
        content_of(quotes["reefer"], "en", client="x" * 301)


def test_the_map_bears_the_names_of_both_ends_and_every_mode(quotes):
    chart = content_of(quotes["sea"], "ru").chart
    assert "Костанай" in chart
    assert "Порт Амирабад" in chart
    assert ">море<" in chart
    assert ">авто<" not in chart
    assert chart == content_of(quotes["sea"], "ru").chart


def test_the_file_is_dated_by_the_quote(quotes):
    assert content_of(quotes["wheat"], "en", NEUTRAL).issued == dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


# ---- the catalogue of phrases ------------------------------------------------------------------------


def test_every_phrase_takes_the_same_values_in_both_languages():
    import string

    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for table in (words.PHRASES, words.SECTIONS):
        for key, (english, russian) in table.items():
            assert values(english) == values(russian), key
            assert english or not russian


def test_every_charge_has_a_section_and_a_russian_name():
    assert set(words.CHARGES_RU) == set(CHARGE_NAMES)
    assert set(SECTION_OF.values()) <= set(ORDER)


def test_every_fixed_warning_is_one_a_client_may_read():
    assert set(FIXED) <= CLIENT_WARNINGS
    assert len({pattern for pattern, _ in PATTERNS}) == len(PATTERNS)
