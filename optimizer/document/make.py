"""The one door: a stored quote to the bytes of a document."""

from __future__ import annotations

from typing import Any, Literal

from optimizer.document.content import Content
from optimizer.document.desk import desk
from optimizer.document.letterhead import MOST_LETTERS, NEUTRAL, Letterhead, printable
from optimizer.document.names import read_names
from optimizer.document.offer import offer
from optimizer.document.pdf import pdf_bytes, png_of
from optimizer.document.words import LANGS
from optimizer.document.xlsx import xlsx_bytes
from optimizer.errors import RequestError
from optimizer.wire import client_of

Form = Literal["xlsx", "pdf"]


def content_of(
    quote: dict[str, Any],
    lang: str = "en",
    letterhead: Letterhead = NEUTRAL,
    *,
    internal: bool = False,
    client: str = "",
) -> Content:
    """What a document of a quote says.

    Args:
        quote: as stored.
        lang: en or ru.
        internal: the desk's sheet, with what it costs us and how; else the client's document.
        client: whom it is for; empty for nobody in particular.
    Raises:
        RequestError: there is no such language (code `unknown_language`), or the client's name is too long.
    """
    check_lang(lang)
    client = printable(client)
    if len(client) > MOST_LETTERS:
        raise RequestError(
            f"The name of the client has {len(client)} letters.",
            code="client_too_long",
            field="for",
            hint=f"Write it in at most {MOST_LETTERS}.",
        )
    names = read_names()
    if internal:
        return desk(quote, letterhead, names, lang, client)
    return offer(quote, client_of(quote), letterhead, names, lang, client)


def check_lang(lang: str) -> None:
    """Refuse a language no document is written in (code `unknown_language`)."""
    if lang not in LANGS:
        raise RequestError(
            f"There is no document in {lang!r}.", code="unknown_language", field="lang", hint="Use en or ru."
        )


def document(content: Content, form: Form) -> tuple[bytes, str]:
    """The bytes of a document, and what had to be left out of it, in one sentence; empty for nothing.

    Raises:
        FreightError: PDF is asked for and typst is not installed (code `pdf_extra_missing`).
    """
    if form == "pdf":
        return pdf_bytes(content), ""
    chart, own = png_of(content.chart), content.letterhead
    logo = own.logo if own.logo_form == "png" else png_of(own.logo)
    lacks = [
        name
        for name, asked, made in (("the map", content.chart, chart), ("the SVG logo", own.logo, logo))
        if asked and not made
    ]
    remark = (
        f"The workbook is without {' and '.join(lacks)}: pictures need the package typst (pip install 'keruen[pdf]')."
        if lacks
        else ""
    )
    return xlsx_bytes(content, chart, logo), remark
