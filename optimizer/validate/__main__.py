"""`python -m optimizer.validate [--lengths FILE] [--prices FILE] [--json | --markdown]`: the report by itself.

The markdown is the ground of docs/validation.md; the words on rows that are far off are written by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from optimizer.databook import DataBook
from optimizer.errors import FreightError
from optimizer.validate import run
from optimizer.validate.report import COMPARED, KINDS, LOOKUP, NOT_EXPRESSIBLE, Report, Row, figure, ratio_text


def markdown(report: Report) -> str:
    """The report as tables of a document."""
    summary = report.summary()
    lines = [
        "## Summary",
        "",
        "| | kind | rows | median ratio | worst ratio | worst row | far off |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for outcome in (COMPARED, LOOKUP):
        for kind in KINDS:
            if cell := summary[outcome].get(kind):
                lines.append(
                    f"| {outcome} | {kind} | {cell['n']} | {ratio_text(cell['median_ratio'])} "
                    f"| {ratio_text(cell['worst_ratio'])} | {cell['worst_row']} | {cell['far']} |"
                )
    lines += ["", f"{summary[NOT_EXPRESSIBLE]['n']} rows are not expressible."]
    for kind in KINDS:
        rows = [r for r in report.of(COMPARED) if r.kind == kind]
        if rows:
            lines += [
                "",
                f"## Compared: {kind}",
                "",
                "| row | what | unit | observed | computed | ratio | basis |",
                "| --- | --- | --- | ---: | ---: | ---: | --- |",
            ]
            lines += [
                f"| {r.row_id} | {_cell(r.what)} | {r.unit} | {r.observed} "
                f"| {figure(r.computed)} | {ratio_text(r.ratio)}{' !' if r.far else ''} | {_told(r)} |"
                for r in rows
            ]
    rows = report.of(LOOKUP)
    if rows:
        lines += [
            "",
            "## Look-ups",
            "",
            "| row | what | unit | observed | in our data | where; what the engine asks for the lane |",
            "| --- | --- | --- | ---: | ---: | --- |",
        ]
        lines += [
            f"| {r.row_id} | {_cell(r.what)} | {r.unit} | {r.observed} | {figure(r.computed)} | {_told(r)} |"
            for r in rows
        ]
    rows = report.of(NOT_EXPRESSIBLE)
    if rows:
        lines += ["", "## Not expressible", "", "| row | what | reason |", "| --- | --- | --- |"]
        lines += [f"| {r.row_id} ({r.kind}) | {_cell(r.what)} | {_cell(r.reason)} |" for r in rows]
    return "\n".join(lines) + "\n"


def _told(row: Row) -> str:
    return _cell("; ".join(part for part in (row.basis, row.extra) if part))


def _cell(text: str) -> str:
    return text.replace("|", "/")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when it ran, 2 when a table cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m optimizer.validate", description="Observed lengths, days and prices against the engine."
    )
    parser.add_argument("--lengths", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--prices", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args(argv)
    try:
        report = run(DataBook.load(), args.lengths, args.prices)
    except FreightError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    elif args.markdown:
        print(markdown(report), end="")
    else:
        from rich.console import Console

        report.render(Console())
    return 0


if __name__ == "__main__":
    sys.exit(main())
