"""A document as PDF, and drawings as PNG, through typst: an extra that may be absent.

Fonts are those inside typst, so the page looks alike on every machine. The same content gives the same bytes.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from decimal import Decimal
from types import ModuleType
from typing import Any

from optimizer.document import figures
from optimizer.document.content import Block, Cell, Column, Content, Table
from optimizer.document.template import TEMPLATE
from optimizer.document.words import say
from optimizer.errors import FreightError

FONT = "Libertinus Serif"
PICTURE = '#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("drawing.svg")\n'
PIXELS_AN_INCH = 144.0


def _typst() -> ModuleType | None:
    try:
        import typst
    except ImportError:
        return None
    return typst


def need_typst() -> ModuleType:
    """The package that makes PDF.

    Raises:
        FreightError: it is not installed (code `pdf_extra_missing`).
    """
    typst = _typst()
    if typst is None:
        raise FreightError(
            "PDF needs the package typst, which is not installed.",
            code="pdf_extra_missing",
            field="pdf",
            hint="Install it with pip install 'keruen[pdf]', or take XLSX.",
        )
    return typst


def pdf_bytes(content: Content) -> bytes:
    """The document as PDF.

    Raises:
        FreightError: typst is not installed (code `pdf_extra_missing`), or cannot show the logo (`bad_letterhead`).
    """
    typst = need_typst()
    own = content.letterhead
    files = {"main": TEMPLATE.encode(), "map.svg": content.chart.encode()}
    logo = "logo.svg" if own.logo else ""
    if logo:
        files[logo] = _drawing(own.logo, own.logo_form)
    data = json.dumps(page_data(content, logo), ensure_ascii=False)
    try:
        made: bytes = typst.compile(
            files,
            format="pdf",
            sys_inputs={"document": data},
            ignore_system_fonts=True,
            timestamp=int(content.issued.timestamp()),
        )
    except typst.TypstError as fault:
        if not logo:
            raise
        raise FreightError(
            "The logo of the letterhead cannot be shown.",
            code="bad_letterhead",
            field="letterhead",
            hint="Save it anew as PNG.",
        ) from fault
    return made


def _drawing(logo: bytes, form: str) -> bytes:
    """A logo as SVG: typst takes files as text, so a PNG is wrapped into a drawing of its size."""
    if form == "svg":
        return logo
    wide, high = png_size(logo)
    picture = base64.b64encode(logo).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">'
        f'<image width="{wide}" height="{high}" href="data:image/png;base64,{picture}"/></svg>'
    ).encode()


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in px."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def png_of(svg: str | bytes) -> bytes:
    """A drawing as PNG; empty where typst is not installed or cannot read it."""
    typst = _typst()
    if typst is None or not svg:
        return b""
    drawing = svg.encode() if isinstance(svg, str) else svg
    try:
        made: bytes = typst.compile(
            {"main": PICTURE.encode(), "drawing.svg": drawing},
            format="png",
            ppi=PIXELS_AN_INCH,
            ignore_system_fonts=True,
        )
    except typst.TypstError:
        return b""
    return made


def page_data(content: Content, logo: str) -> dict[str, Any]:
    """The content as plain text for the page: numbers and days are written in the reader's manner here."""
    own, lang = content.letterhead, content.lang
    pairs = (("phone", own.phone), ("email", own.email))
    contact = "   ".join(f"{say(key, lang)}: {value}" for key, value in pairs if value)
    return {
        "lang": lang,
        "title": content.title,
        "subtitle": content.subtitle,
        "mark": content.mark,
        "number": content.number,
        "number-sign": say("number", lang),
        "company": own.company,
        "company-shown": own.company or say("neutral", lang),
        "address": [line for line in (*own.address, contact) if line],
        "logo": logo,
        "facts": [list(fact) for fact in content.facts],
        "price": _table(content.price, lang),
        "parts": _table(content.parts, lang),
        "terms": [_block(block) for block in content.terms],
        "standing": _table(content.standing, lang),
        "legs": _table(content.legs, lang),
        "others": _table(content.others, lang),
        "notices": _block(content.notices) if content.notices is not None else None,
        "lines": _table(content.lines, lang),
        "chart": bool(content.chart),
        "map-title": say("map", lang),
        "map-note": say("map_note", lang),
        "bank": list(own.bank),
        "bank-title": say("bank", lang),
        "signatory": own.signatory,
        "signed": say("signed", lang),
        "footer": own.footer,
        "page": say("page", lang, page="{page}", pages="{pages}"),
    }


def _block(block: Block) -> dict[str, Any]:
    return {"title": block.title, "lines": list(block.lines)}


def _table(table: Table | None, lang: str) -> dict[str, Any] | None:
    if table is None:
        return None
    return {
        "title": table.title,
        "columns": [
            {"title": column.title, "width": column.width, "right": column.kind != "text"} for column in table.columns
        ],
        "rows": [
            [_cell(value, column, lang) for value, column in zip(row, table.columns, strict=True)] for row in table.rows
        ],
        "sum_row": table.sum_row,
        "note": table.note,
    }


def _cell(value: Cell, column: Column, lang: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dt.date):
        return figures.day(value, lang)
    places = {"money": 2, "whole": 0, "tenths": 1}.get(column.kind)
    return figures.number(Decimal(value), lang, places)
