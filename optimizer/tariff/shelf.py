"""All that has been read of the books in use, and what rows of one book say of those of another."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer.errors import ProblemList
from optimizer.provenance import RowRef
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.rule import Belt, BookInfo, Coefficient, Extra, Rule, SpotPrice, ThroughRate

# Columns that name rows of any book: the fault of a name that none has, and what to write there.
NAMING = {
    "replaces": ("unknown_replaced", "write the id of the older row"),
    "rules": ("unknown_rule", "write the rule_id of a rate"),
}


@dataclass(slots=True)
class Shelf:
    """What the books read so far hold.

    Attributes:
        belts, spots: by `book:name`; classes: by book, then goods code.
        named_ends: places some row names as end of a shipment.
        ids: where the row of each id stands.
        named: for each column of NAMING the rows that fill it, with the ids they name.
    """

    infos: dict[str, BookInfo] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    coefficients: list[Coefficient] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    through: list[ThroughRate] = field(default_factory=list)
    belts: dict[str, tuple[Belt, ...]] = field(default_factory=dict)
    classes: dict[str, dict[str, str]] = field(default_factory=dict)
    spots: dict[str, list[SpotPrice]] = field(default_factory=dict)
    named_ends: set[str] = field(default_factory=set)
    ids: dict[str, RowRef] = field(default_factory=dict)
    named: dict[str, list[tuple[RowRef, frozenset[str]]]] = field(default_factory=lambda: {c: [] for c in NAMING})

    def check_names(self, problems: ProblemList) -> None:
        """Every row that another names is there."""
        for column, (code, mend) in NAMING.items():
            for ref, names in self.named[column]:
                for name in sorted(names - self.ids.keys()):
                    text = f"{column} names {name}, which is no row of any book in use; {mend}"
                    problems.add(code, text, file=ref.table, line=ref.line, column=column, value=name)

    def books(self, version: str) -> TariffBooks:
        return TariffBooks(
            infos=self.infos,
            rules=tuple(self.rules),
            coefficients=tuple(self.coefficients),
            belts=self.belts,
            through=tuple(self.through),
            extras=tuple(self.extras),
            classes=self.classes,
            spots={name: tuple(prices) for name, prices in self.spots.items()},
            version=version,
            named_ends=frozenset(self.named_ends),
        )
