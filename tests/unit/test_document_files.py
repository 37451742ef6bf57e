"""The files of a document: what stands in them, what never does, and that they are the same each time."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from typing import Any

import pytest

from optimizer.document import figures, pdf, words
from optimizer.document.letterhead import NEUTRAL, Letterhead
from optimizer.document.make import content_of, document
from optimizer.errors import FreightError

openpyxl = pytest.importorskip("openpyxl")
pdfium = pytest.importorskip("pypdfium2")
pytest.importorskip("typst")

EVIL = ("=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0", "#panic()[x] *b* $y$ <b>&amp;", "https://a.example/?q=1")
MARGIN = {"margin": "5% + 3 USD/t"}


@pytest.fixture(scope="module")
def quotes(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    ask = request.getfixturevalue("ask")
    boxes = {"units": 10, "equipment": "container-40", "ready": "2026-12-01"}
    return {
        "wheat": ask("Kokshetau", "Bandar Abbas", "wheat", tonnes=3000, ready="2026-12-01", **MARGIN),
        "boxes": ask("Altynkol", "Tehran", "machinery", **boxes, **MARGIN),
        "reefer": ask(
            "Tashkent", "Almaty", "tomatoes", units=4, equipment="reefer-truck", ready="2026-12-05", **MARGIN
        ),
    }


def made(quote: dict[str, Any], form: Any, lang: str = "ru", **how: Any) -> bytes:
    return document(content_of(quote, lang, **how), form)[0]


def parts_of(workbook: bytes) -> str:
    """The text of every part of a workbook but its pictures."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        return "\n".join(packed.read(name).decode() for name in packed.namelist() if not name.endswith(".png"))


def pages_of(paper: bytes) -> list[str]:
    opened = pdfium.PdfDocument(paper)
    return [page.get_textpage().get_text_range() for page in opened]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " "))


def costs(quote: dict[str, Any]) -> set[Decimal]:
    """What a client must not learn: totals, bands, gains and lines at cost, of every way; whole ones may be kilometres."""
    found: set[Decimal] = set()
    for way in quote["itineraries"]:
        found |= {Decimal(way["margin"]["buy"]["amount"]), Decimal(way["margin"]["gain"]["amount"])}
        found |= {Decimal(way["per_tonne"]["amount"]), Decimal(way["per_unit"]["amount"])}
        found |= {Decimal(way["band"]["low"]), Decimal(way["band"]["high"])}
        found |= {Decimal(line["amount_quote"]) for line in way["charges"]}
    return {amount for amount in found if amount > 100 and amount % 1}


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("kind", ["wheat", "boxes", "reefer"])
def test_no_cost_of_ours_is_in_a_clients_file(quotes, kind, lang):
    quote = quotes[kind]
    inside = parts_of(made(quote, "xlsx", lang))
    numbers = {Decimal(n) for n in re.findall(r"<v>(-?[\d.]+)</v>", inside)}
    assert not costs(quote) & numbers
    printed = plain(" ".join(pages_of(made(quote, "pdf", lang))))
    for text in (inside, printed):
        for amount in costs(quote):
            assert not re.search(rf"(?<![\d.,]){re.escape(plain(figures.number(amount, lang, 2)))}(?![\d])", text), (
                amount
            )
        for line in quote["itineraries"][0]["charges"]:
            assert not re.search(rf"\b{re.escape(line['rule_id'])}\b", text) or line["rule_id"].isdigit()
        assert "Наценка" not in text
        assert quote["itineraries"][0]["margin"]["rule"] not in text


def test_the_desks_file_has_them(quotes):
    book = openpyxl.load_workbook(io.BytesIO(made(quotes["wheat"], "xlsx", internal=True)))
    assert book.sheetnames == ["Расчёт", "Строки"]
    found = {Decimal(str(c.value)) for row in book["Строки"] for c in row if c.data_type == "n" and c.value is not None}
    assert {Decimal(line["amount_quote"]) for line in quotes["wheat"]["itineraries"][0]["charges"]} <= found
    assert "Наценка" in " ".join(pages_of(made(quotes["wheat"], "pdf", internal=True)))


@pytest.mark.parametrize("internal", [False, True])
def test_a_workbook_has_no_formula_no_hidden_sheet_no_link_and_no_name(quotes, internal):
    workbook = made(quotes["wheat"], "xlsx", internal=internal, client=EVIL[0])
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for sheet in book:
        assert sheet.sheet_state == "visible"
        assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f" or cell.hyperlink]
        assert not [name for name, width in sheet.column_dimensions.items() if width.hidden]
    assert not [name for name in book.defined_names if not name.startswith("_xlnm")]
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        assert not [name for name in packed.namelist() if "comment" in name or "custom" in name or "external" in name]


def test_numbers_are_numbers_and_cyrillic_is_intact(quotes):
    book = openpyxl.load_workbook(io.BytesIO(made(quotes["wheat"], "xlsx")))
    (sheet,) = book
    cells = [cell for row in sheet for cell in row if cell.value is not None]
    total = float(quotes["wheat"]["itineraries"][0]["margin"]["sell"]["amount"])
    priced = [cell for cell in cells if cell.value == total]
    assert len(priced) >= 4
    assert {cell.number_format for cell in priced} == {"[$-419]#,##0.00"}
    texts = {cell.value for cell in cells if isinstance(cell.value, str)}
    assert {"Кокшетау – Бендер-Аббас", "Ставки", "Включено", "за 1 вагон"} <= texts
    assert book.properties.creator in (None, "")


@pytest.mark.parametrize("word", EVIL)
def test_a_users_word_is_text_and_nothing_else(quotes, word):
    own = Letterhead(company=word, footer=word, signatory=word, address=(word,), bank=(word,))
    workbook = made(quotes["reefer"], "xlsx", "en", letterhead=own, client=word)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook)).active
    found = [cell for row in sheet for cell in row if cell.value == word]
    assert len(found) >= 5
    assert {cell.data_type for cell in found} == {"s"}
    assert all(cell.hyperlink is None for cell in found)
    printed = plain(" ".join(pages_of(made(quotes["reefer"], "pdf", "en", letterhead=own, client=word))))
    assert printed.replace(" ", "").count(word.replace(" ", "")) >= 5


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
@pytest.mark.parametrize("internal", [False, True])
def test_the_same_quote_gives_the_same_bytes(quotes, form, internal):
    own = Letterhead(company="Караван", footer="Оферта")
    how = {"letterhead": own, "client": "ТОО", "internal": internal}
    assert made(quotes["boxes"], form, **how) == made(quotes["boxes"], form, **how)


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("kind", ["wheat", "boxes", "reefer"])
def test_a_pdf_has_the_total_the_places_and_few_pages(quotes, kind, lang):
    pages = pages_of(made(quotes[kind], "pdf", lang))
    assert 2 <= len(pages) <= 3
    text = plain(" ".join(pages))
    total = Decimal(quotes[kind]["itineraries"][0]["margin"]["sell"]["amount"])
    assert text.count(plain(figures.number(total, lang, 2))) >= 3
    heads = ("Включено", "Не включено", "При условии", "Простой") if lang == "ru" else ("Included", "On condition")
    assert all(head in text for head in heads)
    assert quotes[kind]["quote_id"] in pages[-1]
    assert "\N{REPLACEMENT CHARACTER}" not in text


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize("internal", [False, True])
def test_nothing_is_cut_at_the_edge_of_a_page(quotes, lang, internal):
    for page in pdfium.PdfDocument(made(quotes["wheat"], "pdf", lang, internal=internal)):
        width, height = page.get_size()
        text = page.get_textpage()
        for number in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(number)
            assert left > 20, page
            assert right < width - 20, text.get_text_bounded(left, bottom, right, top)
            assert bottom > 10
            assert top < height - 10


def test_a_long_name_wraps_and_is_not_cut(quotes):
    client = "Товарищество с ограниченной ответственностью " * 4
    paper = pdfium.PdfDocument(made(quotes["reefer"], "pdf", client=client))
    text = paper[0].get_textpage()
    assert plain(text.get_text_range()).count("Товарищество") == 4
    assert all(text.get_rect(i)[2] < paper[0].get_width() - 20 for i in range(text.count_rects()))


def test_without_typst_pdf_is_refused_in_one_sentence_and_xlsx_lacks_its_map(quotes, monkeypatch):
    monkeypatch.setattr(pdf, "_typst", lambda: None)
    content = content_of(quotes["reefer"], "en", NEUTRAL)
    with pytest.raises(FreightError) as refusal:
        document(content, "pdf")
    assert refusal.value.code == "pdf_extra_missing"
    assert str(refusal.value) == (
        "PDF needs the package typst, which is not installed. Install it with pip install 'keruen[pdf]', or take XLSX. "
        "(code: pdf_extra_missing)"
    )
    workbook, remark = document(content, "xlsx")
    assert remark == "The workbook is without the map: pictures need the package typst (pip install 'keruen[pdf]')."
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        assert not [name for name in packed.namelist() if name.endswith(".png")]


def test_a_workbook_shows_the_map_and_the_logo(quotes):
    logo = pdf.png_of(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20"/></svg>'
    )
    own = Letterhead(company="Караван", logo=logo, logo_form="png")
    with zipfile.ZipFile(io.BytesIO(made(quotes["reefer"], "xlsx", letterhead=own))) as packed:
        assert len([name for name in packed.namelist() if name.endswith(".png")]) == 2
    assert made(quotes["reefer"], "pdf", letterhead=own).startswith(b"%PDF")


def test_a_logo_that_is_no_picture_is_refused(quotes):
    own = Letterhead(logo=b"<svg not closed", logo_form="svg")
    with pytest.raises(FreightError, match="logo of the letterhead cannot be shown"):
        made(quotes["reefer"], "pdf", letterhead=own)
