"""What the commands that write a quote as a document share: the options and the writing of the files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optimizer.errors import FreightError

if TYPE_CHECKING:
    from optimizer.document.letterhead import Letterhead
    from optimizer.document.make import Form

LETTERHEAD = "KERUEN_LETTERHEAD"

XlsxFile = Annotated[Path | None, typer.Option("--xlsx", help="Write the client's document to this XLSX file.")]
PdfFile = Annotated[Path | None, typer.Option("--pdf", help="Write the client's document to this PDF file.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of the document: en or ru.")]
LetterheadFile = Annotated[
    Path | None, typer.Option("--letterhead", help=f"Settings of the sender (TOML); else {LETTERHEAD}, else none.")
]
Internal = Annotated[
    bool, typer.Option("--internal", help="The desk's sheet in the document: what it costs us, line by line.")
]
ForClient = Annotated[str, typer.Option("--for", help="Whom the document is for.")]


@dataclass(frozen=True, slots=True)
class Paper:
    """Which documents are asked for, and how."""

    xlsx: Path | None
    pdf: Path | None
    lang: str
    letterhead: Path | None
    internal: bool
    client: str

    def check(self) -> Letterhead | None:
        """What can be refused before a quote is computed; the letterhead, or None where no document is asked for.

        Raises:
            FreightError: unknown language, a letterhead that cannot be used, or PDF without its package.
        """
        if self.xlsx is None and self.pdf is None:
            return None
        from optimizer.document.letterhead import NEUTRAL, read_letterhead
        from optimizer.document.make import check_lang
        from optimizer.document.pdf import need_typst

        check_lang(self.lang)
        if self.pdf is not None:
            need_typst()
        own = self.letterhead or (Path(named) if (named := os.environ.get(LETTERHEAD)) else None)
        return read_letterhead(own) if own is not None else NEUTRAL

    def write(self, quote: dict[str, Any], letterhead: Letterhead | None) -> None:
        """Write the files that are asked for; what had to be left out is said on standard error.

        Args:
            letterhead: as `check` answered.
        """
        if letterhead is None:
            return
        from optimizer.document.make import content_of, document

        content = content_of(quote, self.lang, letterhead, internal=self.internal, client=self.client)
        asked: tuple[tuple[Path | None, Form], ...] = ((self.xlsx, "xlsx"), (self.pdf, "pdf"))
        for path, form in asked:
            if path is None:
                continue
            made, remark = document(content, form)
            try:
                path.write_bytes(made)
            except OSError as fault:
                raise FreightError(
                    f"{path} cannot be written: {fault.strerror}.", code="file_unwritable", hint="Name another file."
                ) from fault
            if remark:
                print(f"Remark: {remark}", file=sys.stderr)
