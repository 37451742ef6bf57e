"""Lines of a text file to rows of cells: quotes, line breaks inside cells, frames of old exports, broken rows.

Nothing is lost: a row that cannot be read keeps its text, cut at every delimiter, and says what is wrong; the rows
after it are read as if it had been whole.

- A quoted cell may go over several lines; its line breaks come out as "\\n". A quote inside it need not be doubled.
- A quote that is never closed is told from a cell of many lines by what comes next: the closing quote must stand
  before a delimiter or a line's end, within 32 KB, and no line between may look like a row of its own.
- Rows count from 1 as a spreadsheet shows them: a record of several lines once, a blank line once. A first line
  "sep=;" is no row, as in Excel.
- Rules of a drawn table ("├───┼───┤", "+----+----+") come out as rows of empty cells; the frame around a row and the
  padding in its cells are taken off.
"""

from __future__ import annotations

import re

from optimizer.errors import Problem
from optimizer.sheet.model import Cell, Fault, Row

MAX_CELL = 32_767  # characters, what a cell of a workbook holds
_LINE_END = re.compile(r"\r*\n|\r")
_SEP = re.compile(r"\ufeff?\"?sep=(?P<mark>.)\"?[ ;,]*", re.IGNORECASE)
_RULE = re.compile(r"[\u2500-\u257f\s;,|+\-=_]*[\u2500\u2550\u2501][\u2500-\u257f\s;,|+\-=_]*")
_ASCII_RULE = re.compile(r"\s*[+|][-=+|\s]*[-=]{3}[-=+|\s]*")
_DRAWN = re.compile(r"[\u2500-\u256c]")
_UPRIGHT = str.maketrans("║┃▌▐", "││││")
_FORMULA = re.compile(
    r"""\s*= [\s+\-(]* (?:
        \$? [A-Z]{1,3} \$? \d+                       # a cell
      | [A-ZА-ЯЁ][A-ZА-ЯЁ0-9._]* \s* \(             # a function
      | \d+ (?:[.,]\d+)? \s* [-+*/^&(] \s* [\w($"]   # arithmetic
      | (?:'[^']+'|[\w.]+) ! \$? [A-Z]               # another sheet
      | "                                            # text put together
      | [A-Z]+ \|                                    # a call of another program
    )""",
    re.VERBOSE | re.IGNORECASE,
)
ERROR_WORDS = frozenset(
    [
        "#REF!",
        "#VALUE!",
        "#N/A",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#ССЫЛКА!",
        "#ЗНАЧ!",
        "#Н/Д",
        "#ДЕЛ/0!",
        "#ИМЯ?",
        "#ПУСТО!",
        "#ЧИСЛО!",
        "#ПЕРЕНОС!",
        "######",
        "#######",
    ]
)


def split_sep(text: str) -> tuple[str, str]:
    """("sep=" line's delimiter or "", text without that line).

    >>> split_sep("sep=;\\r\\na;b")
    (';', 'a;b')
    """
    head = _LINE_END.split(text[:64], maxsplit=1)
    match = _SEP.fullmatch(head[0])
    if match is None:
        return "", text
    end = _LINE_END.search(text)
    return match["mark"], text[end.end() :] if end else ""


def unify_line_ends(text: str) -> str:
    """One kind of line end, and no end-of-file mark of old systems."""
    if text.endswith("\x1a"):
        text = text[:-1]
    return _LINE_END.sub("\n", text) if "\r" in text else text


def cell_of(text: str) -> Cell:
    """The text, or a Fault when it is a formula or a spreadsheet's error word.

    >>> cell_of("=G7*0,6"), cell_of("#ССЫЛКА!"), cell_of("= договорная"), cell_of("=")
    (Fault(text='=G7*0,6', formula=True), Fault(text='#ССЫЛКА!', formula=False), '= договорная', '=')
    """
    bare = text.strip()
    if bare[:1] == "=" and _FORMULA.match(bare):
        return Fault(bare, formula=True)
    if bare[:1] == "#" and bare.upper() in ERROR_WORDS:
        return Fault(bare)
    return text


def read_rows(text: str, delimiter: str, name: str, *, broken: bool = False) -> list[Row]:
    """Rows of a text whose line ends are "\\n"; `broken`: a U+FFFD in it stands for bytes that were no letters.

    >>> [row.cells for row in read_rows('a;"b\\nc"\\n;\\n', ";", "t.csv")]
    [('a', 'b\\nc'), ('', '')]
    """
    return _Reader(text, delimiter, name, broken).rows()


class _Reader:
    def __init__(self, text: str, delimiter: str, name: str, broken: bool) -> None:
        framed = delimiter in "│|" or (not text.isascii() and _DRAWN.search(text) is not None)
        self.text = text.translate(_UPRIGHT) if framed else text
        self.delimiter, self.name, self.framed, self.broken = delimiter, name, framed, broken
        mark = re.escape(delimiter)
        space = "[ ]*" if delimiter == "\t" else r"[ \t]*"
        # Possessive, so that a hostile run of quotes is passed once.
        self.closed = re.compile(rf'"((?:[^"]++|"")*+)"{space}(?={mark}|\n|\Z)')
        self.lenient = re.compile(rf'"([^\n]*?)"{space}(?={mark}|\n|\Z)')
        self.reopened = re.compile(rf'{mark}\s*"')

    def rows(self) -> list[Row]:
        text = self.text
        rows: list[Row] = []
        at, end, number = 0, len(text.rstrip("\n")), 0
        # Delimiters in a usual row: a line with as many inside a quoted cell is a row swallowed by an open quote.
        counts = sorted(line.count(self.delimiter) for line in text[:20_000].split("\n")[:60] if line)
        self.usual = max(counts[len(counts) // 2] if counts else 0, 3)
        special = '"' in text
        while at < end or (at == 0 and not rows and end > 0):
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
            number += 1
            line = text[at:stop]
            if special and '"' in line:
                row, at = self._quoted(at, stop, number)
                rows.append(row)
                continue
            rows.append(self._row(number, self._cells(line), line))
            at = stop + 1
        return rows

    def _cells(self, line: str) -> list[str]:
        if not self.framed:
            return line.split(self.delimiter)
        if _RULE.fullmatch(line) or (self.delimiter == "|" and _ASCII_RULE.fullmatch(line)):
            inside = line.strip().strip("├┤┌┐└┘╔╗╚╝╠╣║│|+")
            return [""] * (len(re.split(r"[┼┬┴╬╦╩╪╫╤╥╧╨│|+;,]", inside)) if inside else 1)
        bare = line.strip()
        for frame in ("│", "|"):
            if self.delimiter == frame or frame == "│":
                bare = bare.removeprefix(frame).removesuffix(frame) if frame in (bare[:1], bare[-1:]) else bare
        return [cell.strip().strip("│").strip() for cell in bare.split(self.delimiter)]

    def _row(self, number: int, texts: list[str], line: str, fault: Problem | None = None) -> Row:
        if "\0" in line:
            fault = self._problem("nul_byte", number, "the row holds a NUL byte; delete it and send the row again")
            texts = [text.replace("\0", "\ufffd") for text in texts]
        elif "\ufffd" in line and fault is None and self.broken:
            fault = self._problem("bad_bytes", number, "the row holds bytes that are no letters; type it again")
        if len(line) > MAX_CELL and any(len(text) > MAX_CELL for text in texts):
            fault = fault or self._problem("field_too_long", number, f"a cell holds more than {MAX_CELL} characters")
            texts = [text[:MAX_CELL] for text in texts]
        if "=" in line or "#" in line:
            return Row(number, tuple(map(cell_of, texts)), fault)
        return Row(number, tuple(texts), fault)

    def _quoted(self, at: int, stop: int, number: int) -> tuple[Row, int]:
        """The row that begins at `at`, whose first line has a quote, and where the next row begins."""
        text, mark = self.text, self.delimiter
        cells: list[str] = []
        place = at
        while True:
            if text.startswith('"', place):
                found = self._field(place, stop)
                if found is None:
                    line = text[at : self._line_end(at)]
                    said = "a quote opens and is never closed; close it or delete it"
                    return self._row(number, line.split(mark), line, self._problem("unclosed_quote", number, said)), (
                        at + len(line) + 1
                    )
                cell, place = found
                cells.append(cell)
                stop = self._line_end(place)
            else:
                end = text.find(mark, place, stop)
                end = stop if end < 0 else end
                cells.append(text[place:end])
                place = end
            if place >= stop:
                break
            place += len(mark)
        line = text[at:stop]
        if self.framed:
            cells = [cell.strip().strip("│").strip() for cell in cells]
        return self._row(number, cells, line), stop + 1

    def _field(self, place: int, stop: int) -> tuple[str, int] | None:
        """(text of a quoted cell, where it ends), or None when its quote is not closed."""
        text = self.text
        match = self.closed.match(text, place, min(len(text), place + 2 * MAX_CELL))
        if match and match.end() > stop:
            lines = match[1].split("\n")
            if len(match[1]) > MAX_CELL or any(line.count(self.delimiter) >= self.usual for line in lines[1:]):
                match = None
        if match:
            return match[1].replace('""', '"'), match.end()
        match = self.lenient.match(text, place, stop)
        if match and not self.reopened.search(match[1]):
            return match[1].replace('""', '"'), match.end()
        return None

    def _line_end(self, place: int) -> int:
        stop = self.text.find("\n", place)
        return len(self.text) if stop < 0 else stop

    def _problem(self, code: str, number: int, text: str) -> Problem:
        return Problem(code, text, file=self.name, line=number)
