"""content.xml of an ODS read as a stream: how far each sheet reaches once its repeated rows and cells are written out.

An ODS usually ends with a million empty rows, said by one repeat; they are legal and count for nothing.
"""

from pyexpat import ExpatError, ParserCreate
from typing import Any

from optimizer.sheet.limits import MAX_CELLS, MAX_SHEETS, Extent, Refusal, damaged, too_big

_CELLS = ("table:table-cell", "table:covered-table-cell")


class ContentXml:
    """Counts by the start and end of elements; text is not looked at."""

    def __init__(self) -> None:
        self.sheets: list[Extent] = []
        self.row = self.column = 0
        self.row_repeat = self.cell_repeat = 1
        self.filled_to = 0
        self.in_cell = self.filled = False
        self.depth = 0
        self.parser: Any = ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def feed(self, piece: bytes, last: bool = False) -> None:
        try:
            self.parser.Parse(piece, last)
        except ExpatError as fault:
            raise damaged("its XML is broken") from fault

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > 200:
            raise Refusal(
                "odd_xml", "the workbook is written as no spreadsheet writes it; open it in one and save it again"
            )
        if name == "table:table":
            self.sheets.append(Extent())
            self.row = 0
            if len(self.sheets) > MAX_SHEETS:
                raise too_big("too_many_sheets", f"the workbook has more than {MAX_SHEETS} sheets")
        elif name == "table:table-row":
            self.row_repeat = _repeat(attributes.get("table:number-rows-repeated"))
            self.column = self.filled_to = 0
        elif name in _CELLS:
            self.in_cell = True
            self.cell_repeat = _repeat(attributes.get("table:number-columns-repeated"))
            self.filled = "office:value-type" in attributes or "table:formula" in attributes
        elif self.in_cell:
            self.filled = True

    def _end(self, name: str) -> None:
        self.depth -= 1
        if name in _CELLS:
            self.in_cell = False
            self.column += self.cell_repeat
            if self.filled:
                self.filled_to = self.column
        elif name == "table:table-row" and self.sheets:
            self.row += self.row_repeat
            if self.filled_to:
                sheet = self.sheets[-1]
                sheet.reach(self.row, self.filled_to)
                sheet.cells += self.row_repeat * self.filled_to
                if sheet.cells > MAX_CELLS:
                    raise too_big("too_many_cells", f"a sheet has more than {MAX_CELLS} cells")


def _repeat(text: str | None) -> int:
    if text is None:
        return 1
    if not text.isdecimal() or len(text) > 10:
        raise damaged("a repeat is no number")
    return max(1, int(text))
