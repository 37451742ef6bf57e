"""The letter as a tariff book: rows for the free rates at given values, and what stands in their way.

A through rate stands in the books of a study as 1 of the study's currency with a free coefficient on it, so it moves as
all free rates do; in the letter it is a row of `through.csv` with its price.

A book laid over the default ones is the strongest where its rows fit, so the rows of a letter take the place of the
reductions in force for the shipments they name. `replaces` says which those are: once the letter is taken into the
default books the largest reduction would apply, and a letter that raises a coefficient would have no effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from optimizer import tables
from optimizer.errors import Problem
from optimizer.study.model import FreeRate, Scope, Study
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.check import check_books
from optimizer.tariff.conditions import CONDITIONS
from optimizer.tariff.overlap import Known, Overlap, entailed
from optimizer.tariff.read import read_books
from optimizer.tariff.rule import Coefficient

FREE = "STUDY:"  # ids of free coefficients begin so; no book of ours has a colon
GROUP, REPLY_GROUP = "discount", "study-reply"
BOOK = "letter"
COLUMNS = ("coef_id", "charge", "carrier", *CONDITIONS, "group", "value", "valid_from", "valid_to", "known_from")
COLUMNS = (*COLUMNS, "carry_months", "replaces", "status", "source_id", "document", "description", "rules")
DATES_AND_WORDS = ("valid_from", "valid_to", "known_from", "status", "source_id", "document", "description")
THROUGH_COLUMNS = (
    "rule_id",
    "mode",
    "chain",
    "replaces",
    *CONDITIONS,
    "basis",
    "rate",
    "low",
    "high",
    "carry",
    *DATES_AND_WORDS,
)
THROUGH = "through"  # in place of a railway in the name of a free row


@dataclass(frozen=True, slots=True)
class Met:
    """A row of the books in use that fits shipments a row of the letter fits too."""

    letter_row: str
    letter_value: Decimal
    row: Coefficient
    example: str
    lapsed: bool

    @property
    def without_replaces(self) -> str:
        """Which of the two would apply if the letter did not name the row: the larger reduction, once."""
        return self.row.coef_id if self.row.value < self.letter_value else printed_id(self.letter_row)

    def as_dict(self) -> dict[str, object]:
        valid = self.row.valid
        return {
            "letter_row": printed_id(self.letter_row),
            "letter_value": f"{self.letter_value.normalize():f}",
            "row_in_force": self.row.coef_id,
            "row_value": f"{self.row.value.normalize():f}",
            "row_valid": f"{valid.start or ''} - {valid.end or ''}",
            "carried_forward": "yes" if self.lapsed else "no",
            "fits_both": self.example,
            "applies": printed_id(self.letter_row),
            "applies_without_replaces": self.without_replaces,
            "document": self.row.document,
        }


def row_id(rate_name: str, carrier: str) -> str:
    """Name of a free row: `STUDY:akyayla:TDY`."""
    return f"{FREE}{rate_name}:{carrier}"


def rows_of(study: Study, values: Mapping[str, Decimal], replies: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """Rows of coefficients.csv for the rates at their values and for rivals at theirs; a rate without a value has none."""
    found = []
    for rate in study.rates:
        if rate.name in values and rate.through is not None:
            found.append(_price(rate, values[rate.name], study))
        elif rate.name in values:
            found += [_row(rate, carrier, values[rate.name], study) for carrier in rate.scope.carriers]
    for rival in study.rivals:
        if rival.name in replies:
            answered = study.rates[study.rate_number(rival.answers)]
            found += [
                _reply(rival.name, rival.scope, c, replies[rival.name], answered, study) for c in rival.scope.carriers
            ]
    return found


def through_rows(study: Study, values: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """Rows of through.csv for the through rates that have a value."""
    found = []
    for rate in study.rates:
        if rate.through is None or rate.name not in values:
            continue
        chain = rate.through.chain
        found.append(
            {
                "rule_id": f"{FREE}{rate.name}",
                "mode": rate.through.mode,
                "chain": ";".join(chain),
                "replaces": ";".join(sorted(rate.through.replaces)),
                **dict(rate.scope.cells),
                "basis": rate.through.basis,
                "rate": f"{values[rate.name].normalize():f}",
                "low": "1",  # a price that is set is exact
                "high": "1",
                "carry": "no",
                "valid_from": rate.valid_from.isoformat(),
                "valid_to": rate.valid_to.isoformat(),
                "known_from": study.known_on.isoformat(),
                "status": "estimated",
                "source_id": "keruen-estimate",
                "document": rate.document or f"draft, study {study.study_id}",
                "description": f"{', '.join(rate.scope.carriers)}, {rate.name}: draft",
            }
        )
    return found


def _price(rate: FreeRate, value: Decimal, study: Study) -> dict[str, str]:
    """The price of a through rate as a coefficient on 1 of the study's currency."""
    whole = Scope(rate.scope.carriers, THROUGH, ())
    return _cells(rate.name, whole, "", value, rate, study, GROUP) | {
        "coef_id": row_id(rate.name, THROUGH),
        "rules": f"{FREE}{rate.name}",
        "description": f"{rate.name}: price of the through rate",
    }


def _row(rate: FreeRate, carrier: str, value: Decimal, study: Study) -> dict[str, str]:
    return _cells(rate.name, rate.scope, carrier, value, rate, study, GROUP) | {
        "document": rate.document or f"draft, study {study.study_id}",
        "description": f"{carrier}, {rate.name}: draft",
    }


def _reply(name: str, scope: Scope, carrier: str, value: Decimal, rate: FreeRate, study: Study) -> dict[str, str]:
    return _cells(name, scope, carrier, value, rate, study, REPLY_GROUP) | {
        "description": f"{carrier}, {name}: answer of a rival",
    }


def _cells(
    name: str, scope: Scope, carrier: str, value: Decimal, rate: FreeRate, study: Study, group: str
) -> dict[str, str]:
    """What rows of the letter and of rivals have alike; both stand as long as the rate does."""
    return {
        "coef_id": row_id(name, carrier),
        "charge": scope.charge,
        "carrier": carrier,
        **dict(scope.cells),
        "group": group,
        "value": f"{value.normalize():f}",
        "valid_from": rate.valid_from.isoformat(),
        "valid_to": rate.valid_to.isoformat(),
        "known_from": study.known_on.isoformat(),
        "carry_months": "0",
        "status": "estimated",
        "source_id": "keruen-estimate",
    }


def letter_rows(study: Study, values: Mapping[str, Decimal], meetings: Sequence[Met]) -> list[dict[str, str]]:
    """The rows of a letter that may be sent: names without a colon, and the rows they put out of force."""
    gone: dict[str, list[str]] = {}
    for meeting in meetings:
        gone.setdefault(meeting.letter_row, []).append(meeting.row.coef_id)
    of_through = {row_id(rate.name, THROUGH) for rate in study.rates if rate.through is not None}
    rows = [row for row in rows_of(study, values, {}) if row["coef_id"] not in of_through]
    for row in rows:
        row["replaces"] = ";".join(sorted(set(gone.get(row["coef_id"], ()))))
        row["coef_id"] = printed_id(row["coef_id"])
    return rows


def letter_through(study: Study, values: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """The through rates of a letter that may be sent."""
    return [row | {"rule_id": printed_id(row["rule_id"])} for row in through_rows(study, values)]


def printed_id(free_id: str) -> str:
    """A free row's name as a letter prints it.

    >>> printed_id("STUDY:by Akyayla:TDY")
    'DRAFT-BY-AKYAYLA-TDY'
    """
    words = free_id.removeprefix(FREE).replace(":", "-").split()
    return f"DRAFT-{'-'.join(words)}".upper()


def write_book(
    folder: Path,
    study: Study,
    rows: Sequence[Mapping[str, str]],
    through: Sequence[Mapping[str, str]] = (),
    book_id: str = BOOK,
) -> None:
    """A book folder with these coefficients and through rates and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    title = "".join(c if c.isprintable() and c not in '"\\' else " " for c in study.title)
    publisher = "".join(c if c.isprintable() and c not in '"\\' else " " for c in study.publisher)
    (folder / "book.toml").write_text(
        f'id = "{book_id}"\ntitle = "{title}"\npublisher = "{publisher}"\ncurrency = "{study.currency}"\n'
        f'stacking = "highest-discount"\nrounding = "cent"\ndate = "{study.known_on}"\n'
        f'note = "Draft of the study {study.study_id}; not issued."\n',
        encoding="utf-8",
    )
    empty = "rule_id,charge,carrier,basis,rate,status,source_id\n"
    (folder / "rates.csv").write_text(empty, encoding="utf-8")
    for name, listed, columns in (("coefficients", rows, COLUMNS), ("through", through, THROUGH_COLUMNS)):
        if listed:
            _write_rows(folder / f"{name}.csv", listed, columns)


def _write_rows(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    used = [c for c in columns if any(row.get(c) for row in rows)]
    listed = [used, *([row.get(c, "") for c in used] for row in rows)]
    path.write_text(tables.csv_text(listed), encoding="utf-8", newline="")


def met(study: Study, base: TariffBooks, values: Mapping[str, Decimal], known: Known) -> list[Met]:
    """Rows of the books in use that meet rows of the letter on some day of it, in force or still carried."""
    overlap = Overlap(known)
    found = []
    for rate in study.rates:
        if rate.name not in values or rate.through is not None:
            continue
        days = [rate.valid_from + dt.timedelta(days=n) for n in range((rate.valid_to - rate.valid_from).days + 1)]
        for carrier in rate.scope.carriers:
            charges = frozenset({rate.scope.charge})
            mine = entailed(dict(rate.scope.cells), charges, carrier, known)
            for row in base.coefficients:
                if row.group != GROUP or row.charge != rate.scope.charge or row.carrier not in ("", carrier):
                    continue
                on = [day for day in (days[0], days[-1], study.ready) if row.in_reach(day, study.known_on)]
                its = entailed(dict(row.cells), charges, carrier, known)
                if on and overlap.meet(mine, its):
                    example = overlap.example(mine, its) or "the same shipments"
                    lapsed = row.valid.ended(on[0])
                    found.append(Met(row_id(rate.name, carrier), values[rate.name], row, example, lapsed))
    return found


def laid_over(base: TariffBooks, folder: Path) -> TariffBooks:
    """The books in use with a letter's coefficients and through rates above all of them.

    Raises:
        DataError: the letter cannot be read with these books.
    """
    below = [Path(info.folder) for info in base.infos.values()]
    read = read_books(below, over=[folder])
    info = read.infos[next(name for name in read.infos if name not in base.infos)]
    top = 1 + max((row.layer for row in base.rows), default=0)
    rows = tuple(replace(c, layer=top) for c in read.coefficients if c.book == info.book_id)
    through = tuple(replace(t, rule=replace(t.rule, layer=top)) for t in read.through if t.rule.book == info.book_id)
    return replace(
        base,
        infos={**base.infos, info.book_id: info},
        rules=(*base.rules, *(t.rule for t in through)),
        coefficients=(*base.coefficients, *rows),
        through=(*base.through, *through),
        named_ends=base.named_ends | read.named_ends,
        version=tables.digest([base.version.encode(), read.version.encode()]),
        _frozen={},
    )


def check_words(letter: TariffBooks, known: Known) -> list[Problem]:
    """Errors of the rows of a letter: places, cargoes, countries nobody knows."""
    return [p for p in check_books(letter, known) if p.severity == "error" and p.code != "unknown_source"]
