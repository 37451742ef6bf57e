"""The sender's settings file: what it may hold, and how its faults are told."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import pytest

from optimizer.document.letterhead import MOST_LETTERS, Letterhead, read_letterhead
from optimizer.errors import FreightError

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "letterhead.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_the_sample_can_be_read():
    with importlib.resources.as_file(importlib.resources.files("seeds") / "letterhead.toml") as file:
        own = read_letterhead(file)
    assert own.company == "Example Caravan Forwarding LLP"
    assert len(own.address) == len(own.bank) == 2


def test_all_keys_may_be_left_out(tmp_path):
    assert read_letterhead(written(tmp_path, "")) == Letterhead()


def test_a_byte_order_mark_and_one_line_in_place_of_a_list_are_understood(tmp_path):
    own = read_letterhead(written(tmp_path, b"\xef\xbb\xbf" + 'company = "ТОО «Караван»"\nbank = "IBAN"'.encode()))
    assert (own.company, own.bank) == ("ТОО «Караван»", ("IBAN",))


def test_the_logo_stands_beside_the_settings(tmp_path):
    (tmp_path / "logo.png").write_bytes(PNG)
    own = read_letterhead(written(tmp_path, 'logo = "logo.png"'))
    assert (own.logo, own.logo_form) == (PNG, "png")


def test_control_letters_and_line_breaks_are_dropped(tmp_path):
    assert read_letterhead(written(tmp_path, 'company = "A\\u0000B\\nC\\u200b"')).company == "AB C"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("compny = 'x'", "has 'compny', which no letterhead has"),
        ("company = 5", "has a company that is not a text"),
        (f"footer = '{'x' * (MOST_LETTERS + 1)}'", "has a footer that is not a text of at most"),
        ("address = {a = 1}", "has a address that is not a list"),
        ("bank = [1]", "has a bank that is not a text"),
        ("company = ", "is not TOML"),
        (b"company = '\xff'", "is not TOML in UTF-8"),
        ("logo = 'none.png'", "names the logo none.png, which cannot be read"),
        ("logo = 'letterhead.toml'", "which is no PNG or SVG"),
        ("logo = 1", "has a logo that is not the name of a file"),
    ],
)
def test_a_fault_is_told_in_one_sentence(tmp_path, text, words):
    with pytest.raises(FreightError) as fault:
        read_letterhead(written(tmp_path, text))
    assert fault.value.code == "bad_letterhead"
    assert words in str(fault.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FreightError, match="cannot be read"):
        read_letterhead(tmp_path / "none.toml")
