"""Whose paper a document is written on: a settings file of the sender, or a neutral heading without one.

    company = "Example Forwarding LLP"     all keys may be left out
    address = ["1 Sample Street", "Almaty"]
    phone = "+7 700 000 00 00"
    email = "quotes@example.com"
    logo = "logo.png"                      PNG or SVG, beside the settings file or by its full path
    bank = ["IBAN ...", "BIC ..."]
    signatory = "A. Sampleyev, head of sales"
    footer = "Rates are indicative."

A sample stands in seeds/letterhead.toml. Text is only ever text: no formula, no markup.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import FreightError

TEXTS = ("company", "phone", "email", "signatory", "footer")
LISTS = ("address", "bank")
MOST_LETTERS = 300
MOST_LINES = 8
MOST_LOGO_BYTES = 2_000_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at head and foot of a document.

    Attributes:
        logo: bytes of the picture; `logo_form`: png or svg, empty for none.
    """

    company: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    bank: tuple[str, ...] = ()
    signatory: str = ""
    footer: str = ""
    logo: bytes = b""
    logo_form: str = ""


NEUTRAL = Letterhead()


def read_letterhead(path: Path) -> Letterhead:
    """The letterhead of a settings file.

    Raises:
        FreightError: the file or its logo cannot be read or used (code `bad_letterhead`).
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as fault:
        raise _bad(path, f"cannot be read: {fault.strerror}", "Check the path.") from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise _bad(path, f"is not TOML in UTF-8: {fault}", "See seeds/letterhead.toml for a sample.") from fault
    unknown = sorted(set(settings) - {*TEXTS, *LISTS, "logo"})
    if unknown:
        known = ", ".join((*TEXTS, *LISTS, "logo"))
        raise _bad(path, f"has {', '.join(map(repr, unknown))}, which no letterhead has", f"Use {known}.")
    logo, form = _logo(path, settings.get("logo", ""))
    texts = {key: _text(path, key, settings.get(key, "")) for key in TEXTS}
    lists = {key: _lines(path, key, settings.get(key, [])) for key in LISTS}
    return Letterhead(
        company=texts["company"],
        address=lists["address"],
        phone=texts["phone"],
        email=texts["email"],
        bank=lists["bank"],
        signatory=texts["signatory"],
        footer=texts["footer"],
        logo=logo,
        logo_form=form,
    )


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise _bad(path, f"has a {key} that is not a text of at most {MOST_LETTERS} letters", "Write it in quotes.")
    return printable(value)


def printable(text: str) -> str:
    """A line of text without control letters, line breaks and runs of spaces.

    >>> printable(" Caravan\\x00\\n  LLP ")
    'Caravan LLP'
    """
    return " ".join("".join(ch for ch in text if ch.isprintable() or ch.isspace()).split())


def _lines(path: Path, key: str, value: Any) -> tuple[str, ...]:
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise _bad(path, f"has a {key} that is not a list of at most {MOST_LINES} lines", 'Write ["line", "line"].')
    return tuple(text for line in lines if (text := _text(path, key, line)))


def _logo(path: Path, name: Any) -> tuple[bytes, str]:
    if not name:
        return b"", ""
    if not isinstance(name, str):
        raise _bad(path, "has a logo that is not the name of a file", "Write it in quotes.")
    where = path.parent / name
    try:
        raw = where.read_bytes()
    except OSError as fault:
        raise _bad(path, f"names the logo {name}, which cannot be read: {fault.strerror}", "Check its path.") from fault
    form = "png" if raw.startswith(_PNG) and len(raw) > 24 else "svg" if b"<svg" in raw[:2000] else ""
    if not form or len(raw) > MOST_LOGO_BYTES:
        raise _bad(path, f"names the logo {name}, which is no PNG or SVG of at most 2 MB", "Save it as PNG.")
    return raw, form


def _bad(path: Path, what: str, hint: str) -> FreightError:
    return FreightError(f"The letterhead {path} {what}.", code="bad_letterhead", field="letterhead", hint=hint)
