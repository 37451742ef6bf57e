"""Workbooks made to do harm: each is refused by the child, quickly, in little memory, with a code of its own.

KERUEN_BOMBS=full writes the two largest in their full size (a cell of 512 MB, 5.5 million rows).
"""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.sheet.child import open_elsewhere
from optimizer.sheet.read import read
from tests.patience import ends

FULL = os.environ.get("KERUEN_BOMBS") == "full"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}"><sheetData>'
TAIL = "</sheetData></worksheet>"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
ROOT = f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
RELATIONS = f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'


def book_xml(sheets: str = '<sheet name="A" sheetId="1" r:id="r1"/>') -> str:
    return f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>'


def xlsx(sheet: str | bytes, *, level: int = 1, book: str = "", **more: str | bytes) -> bytes:
    """A workbook of one sheet whose XML is given; `more`: other parts, "__" for "/"."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as file:
        file.writestr("[Content_Types].xml", TYPES)
        file.writestr("_rels/.rels", ROOT)
        file.writestr("xl/workbook.xml", book or book_xml())
        file.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        for name, body in more.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), body)
        file.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def rows(xml: str) -> str:
    return HEAD + xml + TAIL


def varied_rows(count: int, row: str) -> bytes:
    """Many rows that do not pack well: a block of noise, longer than the packer can look back, again and again."""
    rng = random.Random(5)
    block = "".join(row.format(rng.random(), rng.randrange(10**9)) for _ in range(20_000)).encode()
    return HEAD.encode() + block * (count // 20_000) + TAIL.encode()


def ods(table: str, **more: str) -> bytes:
    out = io.BytesIO()
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        file.writestr("META-INF/manifest.xml", more.get("manifest", "<?xml version='1.0'?><m/>"))
        file.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>{table}'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()


FILLED = '<table:table-cell office:value-type="float" office:value="1"{}><text:p>1</text:p></table:table-cell>'


def far_cell() -> bytes:
    return xlsx(rows('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def far_cell_without_its_place() -> bytes:
    return xlsx(rows("<row>" + "<c><v>1</v></c>" * 9000 + "</row>"), level=0)


def far_corner_within_the_limits() -> bytes:
    return xlsx(rows('<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="GR200000"><v>1</v></c></row>'))


def far_cell_in_odd_xml() -> bytes:
    return xlsx(rows("<row r='1'><c r = 'A1'><v>1</v></c></row><row r='9'><c r = 'XFD1048576'><v>1</v></c></row>"))


def million_rows() -> bytes:
    return xlsx(varied_rows(1_000_000, '<row><c t="n"><v>{}</v></c><c><v>{}</v></c></row>'))


def many_rows_packed_tight() -> bytes:
    count = 5_500_000 if FULL else 1_500_000
    return xlsx(HEAD.encode() + b"<row><c><v>1</v></c></row>" * count + TAIL.encode(), level=6)


def many_cells() -> bytes:
    row = "<row>" + '<c r="B2"><v>{}</v></c><c r="C2"><v>{}</v></c>' * 20 + "</row>"
    rng = random.Random(6)
    block = "".join(row.format(*(rng.randrange(10**6) for _ in range(40))) for _ in range(3000)).encode()
    return xlsx(HEAD.encode() + block * 20 + TAIL.encode())


def great_cell() -> bytes:
    text = b"A" * ((512 if FULL else 48) << 20)
    return xlsx(HEAD.encode() + b'<row><c r="A1" t="inlineStr"><is><t>' + text + b"</t></is></c></row>" + TAIL.encode())


def great_cell_of_noise() -> bytes:
    text = random.Random(7).randbytes(3 << 20).hex().encode()
    return xlsx(HEAD.encode() + b'<row><c r="A1" t="inlineStr"><is><t>' + text + b"</t></is></c></row>" + TAIL.encode())


def nested_zip() -> bytes:
    return xlsx(rows(""), xl__media__a_bin=far_cell())


def nested_zip_by_name() -> bytes:
    return xlsx(rows(""), **{"xl__embeddings__a.zip": b"x"})


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)


def entities_in_the_sheet() -> bytes:
    sheet = rows('<row><c r="A1" t="inlineStr"><is><t>&a9;</t></is></c></row>').split("?>", 1)[1]
    return xlsx(LAUGHS + sheet)


def entities_in_the_strings() -> bytes:
    return xlsx(
        rows('<row><c r="A1" t="s"><v>0</v></c></row>'),
        xl__sharedStrings_xml=LAUGHS + "<sst><si><t>&a9;</t></si></sst>",
    )


def hundred_thousand_sheets() -> bytes:
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r1"/>' for n in range(100_000))
    return xlsx(rows('<row><c r="A1"><v>1</v></c></row>'), book=book_xml(names))


def hundred_thousand_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for n in range(20_000):
            file.writestr(f"xl/worksheets/sheet{n}.xml", "x")
    return out.getvalue()


def patched(raw: bytes, name: bytes, length: int) -> bytes:
    """The length of a part as the directory tells it, changed."""
    at = raw.rfind(name) - 46
    return raw[: at + 24] + struct.pack("<L", length) + raw[at + 28 :]


def length_said_too_small() -> bytes:
    return patched(xlsx(rows('<row><c r="A1"><v>1</v></c></row>' * 1000)), b"xl/worksheets/sheet1.xml", 100)


def length_said_too_great() -> bytes:
    return patched(xlsx(rows('<row><c r="A1"><v>1</v></c></row>')), b"xl/worksheets/sheet1.xml", 3 << 30)


def length_said_a_little_too_great() -> bytes:
    return patched(xlsx(rows('<row><c r="A1"><v>1</v></c></row>')), b"xl/worksheets/sheet1.xml", 5000)


def parts_over_each_other() -> bytes:
    raw = xlsx(rows('<row><c r="A1"><v>1</v></c></row>'))
    at = raw.rfind(b"xl/worksheets/sheet1.xml") - 46
    return raw[: at + 42] + struct.pack("<L", 0) + raw[at + 46 :]


def quadratic_strings() -> bytes:
    text = random.Random(8).randbytes(15_000).hex()
    cells = "".join(f'<row><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 60_000))
    return xlsx(
        rows(cells), xl__sharedStrings_xml=f'<?xml version="1.0"?><sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>'
    )


def utf16_part() -> bytes:
    return xlsx(rows('<row><c r="A1"><v>1</v></c></row>').replace("UTF-8", "UTF-16").encode("utf-16"))


def ods_rows_repeated() -> bytes:
    row = '<table:table-row table:number-rows-repeated="1000000">' + FILLED.format("") + "</table:table-row>"
    return ods(f'<table:table table:name="A">{row}</table:table>')


def ods_cells_repeated() -> bytes:
    cell = FILLED.format(' table:number-columns-repeated="16000"')
    return ods(f'<table:table table:name="A"><table:table-row>{cell}</table:table-row></table:table>')


def ods_far_cell() -> bytes:
    row = "<table:table-row>" + FILLED.format("") + "</table:table-row>"
    gap = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    return ods(f'<table:table table:name="A">{row}{gap}{row}</table:table>')


def ods_sheets() -> bytes:
    rng = random.Random(9)
    names = (rng.randbytes(12).hex() for _ in range(2000))
    return ods("".join(f'<table:table table:name="{n}{name}"/>' for n, name in enumerate(names)))


def ods_protected() -> bytes:
    return ods("", manifest="<?xml version='1.0'?><m><e manifest:encryption-data=''/></m>")


BOMBS: list[tuple[Callable[[], bytes], str]] = [
    (far_cell, "cell_too_far"),
    (far_cell_without_its_place, "cell_too_far"),
    (far_corner_within_the_limits, "sheet_too_big"),
    (far_cell_in_odd_xml, "odd_xml"),
    (million_rows, "too_many_rows"),
    (many_rows_packed_tight, "zip_ratio"),
    (many_cells, "too_many_cells"),
    (great_cell, "zip_ratio"),
    (great_cell_of_noise, "cell_too_long"),
    (nested_zip, "nested_archive"),
    (nested_zip_by_name, "nested_archive"),
    (entities_in_the_sheet, "xml_entities"),
    (entities_in_the_strings, "xml_entities"),
    (hundred_thousand_sheets, "too_many_sheets"),
    (hundred_thousand_parts, "too_many_parts"),
    (length_said_too_small, "zip_sizes"),
    (length_said_too_great, "zip_ratio"),
    (length_said_a_little_too_great, "zip_sizes"),
    (parts_over_each_other, "workbook_damaged"),
    (quadratic_strings, "text_too_big"),
    (utf16_part, "xml_encoding"),
    (ods_rows_repeated, "cell_too_far"),
    (ods_cells_repeated, "cell_too_far"),
    (ods_far_cell, "cell_too_far"),
    (ods_sheets, "too_many_sheets"),
    (ods_protected, "workbook_encrypted"),
]

MEASURE = """
import resource, sys
from optimizer.sheet import worker
worker.main()
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, file=sys.stderr)
status = open("/proc/self/status").read()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), file=sys.stderr)
"""


def child_of(path: Path) -> tuple[float, int]:
    """(seconds of processor, the most memory ever held in KB) of the child that reads a file."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path), ""], capture_output=True, check=True, text=False)
    seconds, peak = done.stderr.split()[-2:]
    return float(seconds), int(peak)


@pytest.fixture(scope="module")
def idle_kb(tmp_path_factory: pytest.TempPathFactory) -> int:
    path = tmp_path_factory.mktemp("idle") / "empty.xlsx"
    path.write_bytes(b"PK\3\4")
    return child_of(path)[1]


@pytest.mark.parametrize(("make", "code"), BOMBS, ids=[make.__name__ for make, _ in BOMBS])
def test_a_bomb_is_refused_with_little_work_and_little_memory(
    make: Callable[[], bytes], code: str, tmp_path: Path, idle_kb: int
) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(make())
    with ends(), pytest.raises(DataError) as refused:
        read(path)
    assert refused.value.code == code
    assert len(refused.value.problems) == 1 and str(refused.value).startswith("bomb.xlsx: ")
    seconds, peak = child_of(path)
    if os.environ.get("KERUEN_SHOW"):
        size, grown = path.stat().st_size / 1024, (peak - idle_kb) / 1024
        print(f"{make.__name__:32} {code:20} {size:9.0f} KB {seconds:5.2f} s of processor, +{grown:.0f} MB")
    assert seconds < 10  # a second at most on an idle machine; what is read to its end takes minutes
    assert peak - idle_kb < 100 * 1024


def test_an_ods_may_end_in_a_million_empty_rows(tmp_path: Path) -> None:
    row = (
        "<table:table-row>"
        + FILLED.format("")
        + '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    )
    tail = '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    path = tmp_path / "good.ods"
    path.write_bytes(ods(f'<table:table table:name="A">{row}{tail}</table:table>'))
    assert [str(cell) for row in read(path).rows for cell in row.cells] == ["1"]


def test_a_cell_that_is_only_formatted_lies_as_far_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "good.xlsx"
    path.write_bytes(
        xlsx(rows('<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'))
    )
    assert [str(cell) for row in read(path).rows for cell in row.cells] == ["7"]


def test_what_a_child_cannot_end_in_time_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "good.xlsx"
    path.write_bytes(xlsx(rows('<row r="1"><c r="A1"><v>7</v></c></row>')))
    with pytest.raises(DataError) as late:
        open_elsewhere(path, "", seconds=0.001)
    assert late.value.code == "workbook_too_slow"


UNGUARDED = """
from optimizer.sheet import worker
from optimizer.sheet.guard import Checked
worker.check = lambda file: Checked("xlsx")
worker.main()
"""


def test_what_passes_the_guard_still_meets_the_limit_of_the_system(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(far_cell())
    done = subprocess.run(
        [sys.executable, "-c", UNGUARDED, str(path), ""], capture_output=True, timeout=60, check=False
    )
    assert done.returncode < 0 and done.stdout == b""
