"""Tables a desk takes away: one sheet as .xlsx, or CSV in the dialect asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from optimizer.errors import FreightError, RequestError
from optimizer.sheet.write import PROFILES, Table, Value, write_csv, write_xlsx


def write_table(
    path: Path,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Value]],
    profile: str = "rfc4180",
    widths: Sequence[float] = (),
) -> None:
    """A table as the file's name says: .xlsx is a workbook of one sheet, .csv a text.

    Raises:
        RequestError: the name ends otherwise, or there is no such profile.
        FreightError: the file cannot be written.
    """
    check_profile(profile)
    kind = path.suffix.lower()
    if kind == ".xlsx":
        write_xlsx(path, [Table(name, header, rows, widths)])
    elif kind == ".csv":
        write_csv(path, [list(header), *rows], profile)
    else:
        raise RequestError(
            f"{path.name} is neither .csv nor .xlsx.",
            code="bad_file_name",
            field="out",
            hint="End its name with one of the two.",
        )


def write_text(path: Path, text: str) -> None:
    """A text file.

    Raises:
        FreightError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise FreightError(
            f"{path} cannot be written: {fault.strerror}.", code="file_unwritable", hint="Name another file."
        ) from fault


def check_profile(profile: str) -> None:
    """
    Raises:
        RequestError: there is no such dialect of CSV.
    """
    if profile not in PROFILES:
        raise RequestError(
            f"{profile!r} is no profile of CSV.",
            code="unknown_profile",
            field="profile",
            hint=f"Use {' or '.join(PROFILES)}.",
        )
