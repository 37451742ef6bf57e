"""Limits of a workbook, and how a reader of its bytes says no.

This module and those that read a workbook's bytes (`guard`, `zips`, `xmlparts`, `odsparts`, `biff`, `worker`) run in
the child process: they import next to nothing, so that the child starts at once.
"""

MAX_FILE_BYTES = 50 << 20
MAX_PARTS = 200  # entries of the zip file
MAX_INFLATED = 200 << 20  # all parts together
MAX_RATIO = 100  # of one part, above FREE_BYTES
FREE_BYTES = 100 << 10
MAX_ROWS, MAX_COLUMNS = 200_000, 200
MAX_AREA = 5_000_000  # cells of the rectangle from A1 to the furthest cell: a reader fills it, gaps too
MAX_CELLS = 1_300_000
MAX_SHEETS = 100
MAX_CELL = 32_767  # characters
MAX_RUN = 6 * MAX_CELL  # bytes of one text in XML: three a character in UTF-8, or an escape
MAX_TEXT = 150 << 20  # text of all cells, a shared string counted as often as it is used
MAX_STRINGS = 2_000_000
MAX_MERGES = 20_000
MAX_FAULTS = 200_000  # error values and formulas without a value that are told apart


class Refusal(Exception):
    """The workbook is not read. `code` is stable; `text` is one sentence without the file's name."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def damaged(what: str) -> Refusal:
    return Refusal("workbook_damaged", f"the workbook is damaged ({what}); open it in a spreadsheet and save it again")


def too_big(code: str, what: str) -> Refusal:
    return Refusal(code, f"{what}; delete what is not needed and save it again, or save the table as CSV")


class Extent:
    """How far one sheet reaches, and what in it is no plain value. Rows and columns count from 0."""

    __slots__ = ("cells", "columns", "faults", "merges", "rows")

    def __init__(self) -> None:
        self.rows = self.columns = self.cells = self.merges = 0
        self.faults: dict[tuple[int, int], tuple[str, bool]] = {}  # (row, column) -> (text, is a formula)

    def reach(self, rows: int, columns: int) -> None:
        """The sheet holds something in this row and column, counted from 1."""
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise too_big(
                "cell_too_far",
                f"a cell lies in row {rows}, column {columns}, beyond {MAX_ROWS} rows x {MAX_COLUMNS} columns",
            )
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        if self.rows * self.columns > MAX_AREA:
            raise too_big(
                "sheet_too_big",
                f"the sheet reaches over {self.rows} rows x {self.columns} columns, more than {MAX_AREA} cells",
            )

    def fault(self, row: int, column: int, text: str, formula: bool) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults[row, column] = (text, formula)
