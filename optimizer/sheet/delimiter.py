"""Which character stands between the cells of a text file."""

from __future__ import annotations

import re
from collections import Counter

CANDIDATES = (";", "\t", "|", "│", ",")
SAMPLE_LINES = 60
SAMPLE_CHARACTERS = 16_384  # clevercsv tries every dialect on every character: a big sample takes seconds
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def find_delimiter(text: str) -> str:
    """The delimiter of a text, told by its first lines; ";" when there is none, as of a file with one column.

    The character that cuts nearly every line into as many cells is it; where two do, clevercsv decides. A comma
    between two digits is a decimal comma as long as another delimiter is in sight.

    >>> find_delimiter("a;b\\n1,5;2\\n"), find_delimiter("a,b\\nx,5\\n"), find_delimiter("one\\ntwo\\n")
    (';', ',', ';')
    """
    sample = [line for line in text[: 4 * SAMPLE_CHARACTERS].split("\n") if line.strip()][:SAMPLE_LINES]
    bare = [_QUOTED.sub("", line) for line in sample]
    present = [d for d in CANDIDATES if any(d in line for line in bare)]
    if len(present) < 2:
        return present[0] if present else ";"
    counted = [_DECIMAL_COMMA.sub("", line) for line in bare]
    shares = {d: _share([line.count(d) for line in counted]) for d in present}
    even = [d for d, share in shares.items() if share >= 0.9]
    if len(even) == 1:
        return even[0]
    return _ask_clevercsv(sample, even or [d for d in present if shares[d] > 0]) or max(
        present, key=lambda d: shares[d]
    )


def _share(counts: list[int]) -> float:
    """Share of lines cut into as many cells as most are; lines not cut at all speak against."""
    usual = Counter(c for c in counts if c).most_common(1)
    return usual[0][1] / len(counts) if usual else 0.0


def _ask_clevercsv(sample: list[str], among: list[str]) -> str:
    from clevercsv import Error, Sniffer  # 0.2 s of start time, seldom needed

    lines = "\n".join(sample)[:SAMPLE_CHARACTERS]
    try:
        dialect = Sniffer().sniff(lines, delimiters="".join(among))
    except Error:
        return ""
    return dialect.delimiter if dialect is not None and dialect.delimiter in CANDIDATES else ""
