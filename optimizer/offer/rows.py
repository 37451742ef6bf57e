"""Priced cells of a sheet as rows of a book: which railway, which ends, what stands beside; and what must be asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from optimizer.intake.lookup import Lookup
from optimizer.money import CURRENCIES
from optimizer.network.model import RAILWAY_OF, Network
from optimizer.offer.belts import belt_table
from optimizer.offer.chain import Ends, chain_of, ends_of
from optimizer.offer.model import Answers, BookRows, PricedCell, Question, SheetRead, answer
from optimizer.tariff.book import TariffBooks

COUNTRY_OF = {railway: country for country, railway in RAILWAY_OF.items()}
_RAILWAYS = (
    ("KTZ", r"\b(ктж|кзх|ktz|kzh)\b"), ("TDY", r"\b(трк|тдй|tdy|trk)\b"), ("UTY", r"\b(ути|утй|узб|uty|uti)\b"),
    ("RAI", r"\b(раи|rai)\b"), ("ARA", r"\b(афг|ara)\b"), ("PR", r"\b(pr)\b"),
)  # fmt: skip
_INSIDE = (
    ("carriage", r"тариф|tariff|carriage|\bфрахт|freight"), ("reload", r"перегруз|reload|transship|transload"),
    ("bogie_change", r"тележ|bogie"), ("empty_return", r"порожн|empt"), ("rail_border", r"погран|border"),
    ("hire", r"предоставлен|аренд|ппс|\bhire\b|\brent"), ("lift", r"\bпрр\b|терминал|terminal|\blift"), ("loading", r"погрузк|loading"),
)  # fmt: skip
_NOT_INSIDE = re.compile(r"не\s+вкл|not\s+incl|excl|без\s+учета", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user says of the whole sheet.

    Attributes:
        prefix: of the rows' ids; source_id, status: of every row.
        answers: see `Answers`.
    """

    prefix: str
    source_id: str
    status: str = "provisional"
    answers: Answers = field(default_factory=dict)


Groups = Mapping[str, frozenset[str]]  # by railway the groups of coefficients that would fit any rate of carriage


def coefficient_groups(books: TariffBooks) -> Groups:
    """By railway the groups of the default books' coefficients that are bound to no rule of theirs."""
    found: dict[str, set[str]] = defaultdict(set)
    for coef in books.coefficients:
        if coef.charge == "carriage" and not coef.rules and coef.layer == 0:
            found[coef.carrier].add(coef.group)
    return {railway: frozenset(groups | found.get("", set())) for railway, groups in found.items()}


class _Asked(Exception):
    """A cell waits for an answer."""

    def __init__(self, name: str, text: str, text_ru: str, options: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.name, self.text, self.text_ru, self.options = name, text, text_ru, options


def book_rows(sheet: SheetRead, terms: Terms, network: Network, lookup: Lookup, groups: Groups) -> BookRows:
    """Rows for the tables of a book, and the questions that keep other cells out of it.

    Args:
        groups: of coefficients that would change a price of the sheet; each is held off by a factor of its own.
    """
    maker = _Maker(sheet, terms, network, lookup, groups)
    cells = [_answered(cell, terms.answers) for cell in sheet.cells]
    belts = [cell for cell in cells if cell.from_km is not None]
    for cell in cells:
        if cell.from_km is None:
            maker.add(cell)
    if belts:
        maker.add_belts(belts)
    return maker.done()


def _answered(cell: PricedCell, answers: Answers) -> PricedCell:
    """The cell with what the user says of it in place of what the sheet does not."""

    def told(name: str) -> str:
        return answer(answers, name, cell.row, cell.letter)

    return replace(
        cell,
        currency=cell.currency or told("currency").upper(),
        per=cell.per or told("per").lower(),
        ownership=cell.ownership or told("ownership").lower(),
        cargo=cell.cargo or told("cargo"),
    )


class _Maker:
    def __init__(self, sheet: SheetRead, terms: Terms, network: Network, lookup: Lookup, groups: Groups) -> None:
        self.sheet, self.terms, self.network, self.lookup, self.groups = sheet, terms, network, lookup, groups
        self.tables: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.belts: dict[str, str] = {}
        self.asked: dict[tuple[str, str], tuple[_Asked, list[PricedCell]]] = {}
        self.rules: dict[tuple[object, ...], PricedCell] = {}
        self.notes: list[str] = []

    def done(self) -> BookRows:
        questions = tuple(
            Question(
                name=why.name,
                keys=tuple(
                    dict.fromkeys(
                        (why.name, *(f"{c.row}.{why.name}" for c in cells), *(f"{c.cell}.{why.name}" for c in cells))
                    )
                ),
                text=why.text,
                text_ru=why.text_ru,
                options=why.options,
                cells=tuple(c.cell for c in cells),
            )
            for why, cells in self.asked.values()
        )
        return BookRows(
            {name: tuple(rows) for name, rows in self.tables.items()}, self.belts, questions, tuple(self.notes)
        )

    def told(self, name: str, cell: PricedCell) -> str:
        return answer(self.terms.answers, name, cell.row, cell.letter)

    def add(self, cell: PricedCell) -> None:
        """The rows one cell makes, or the question it waits for."""
        if self.told("skip", cell) == "yes":
            self.notes.append(f"Cell {cell.cell} ({cell.text}) was passed over as you said.")
            return
        try:
            if cell.surcharge:
                self._surcharge(cell)
            else:
                self._rate(cell)
        except _Asked as why:
            self._ask(why, cell)

    def _ask(self, why: _Asked, cell: PricedCell) -> None:
        self.asked.setdefault((why.name, why.text), (why, []))[1].append(cell)

    # ---- rates ---------------------------------------------------------------------------------------

    def _rate(self, cell: PricedCell) -> None:
        places = [self._place(text, cell) for text in cell.places]
        common = self._base(cell)
        if len(places) == 2:
            ends = ends_of(places[0], places[1], self.network)
            named = self._railway(cell, ends)
            if named:
                start, end = ends[COUNTRY_OF[named]]
                row = {**common, "charge": "carriage", "carrier": named, "from": start, "to": end}
                self._keep("rates.csv", cell, row)
                self._factor(cell, row)
                return
        self._through(cell, places, common)

    def _railway(self, cell: PricedCell, ends: Ends) -> str:
        """The one railway that runs between two places; "" where no one does."""
        named = self.told("carrier", cell).upper() or railway_in(cell.carrier)
        runs = [RAILWAY_OF[country] for country in ends if country in RAILWAY_OF]
        if named and named in runs:
            return named
        if named and runs:
            runs_told = " or ".join(runs)
            raise _Asked("carrier", f"Which railway carries {_route(cell)}: {runs_told}? {named} does not run there.",
                         f"Какая дорога везет {_route(cell)}: {' или '.join(runs)}? {named} там не ходит.", tuple(runs))  # fmt: skip
        if len(runs) > 1:
            raise _Asked(
                "carrier", f"Which railway carries {_route(cell)}?", f"Какая дорога везет {_route(cell)}?", tuple(runs)
            )
        return runs[0] if runs else ""

    def _place(self, text: str, cell: PricedCell) -> str:
        """The place a text of the route names."""
        told = self.told(f"place[{text}]", cell)
        found = self.lookup.place(told or text, "from", cell.letter)
        if found.id:
            for note in found.notes:
                self._note(f"Row {cell.row}: {note.text}")
            return found.id
        questions = [note for note in found.notes if note.weight == "question"]
        en = questions[0].text if questions else f"Which place is {text}?"
        ru = questions[0].text_ru if questions else f"Что за пункт {text}?"
        raise _Asked(f"place[{text}]", en, ru, found.ids)

    def _base(self, cell: PricedCell) -> dict[str, str]:
        """What every row of a cell has: price, unit, owner, days, source."""
        common = self._common(cell)
        return {**common, **self._unit(cell), "rate": f"{cell.price:f}"}

    def _common(self, cell: PricedCell) -> dict[str, str]:
        if not cell.currency:
            raise _Asked(
                "currency", "In which currency are the prices?", "В какой валюте ставки?", tuple(sorted(CURRENCIES))
            )
        if cell.currency not in CURRENCIES:
            words = f"{cell.currency} is not a currency we have rates of; which is it?"
            raise _Asked(
                "currency", words, f"{cell.currency}: курса этой валюты нет; какая валюта?", tuple(sorted(CURRENCIES))
            )
        begins = cell.valid_from.isoformat() if cell.valid_from else self.told("valid_from", cell)
        if not begins:
            raise _Asked(
                "valid_from",
                "From which day of loading do the prices apply (YYYY-MM-DD)?",
                "С какого дня погрузки действуют ставки (ГГГГ-ММ-ДД)?",
            )
        row = {
            "rule_id": f"{self.terms.prefix}-{cell.cell}",
            "currency": cell.currency,
            "cargo": self._cargo(cell),
            "owner": cell.ownership,
            "valid_from": begins,
            "valid_to": cell.valid_to.isoformat() if cell.valid_to else self.told("valid_to", cell),
            "known_from": cell.known_from.isoformat() if cell.known_from else self.told("known_from", cell),
            "status": self.terms.status,
            "source_id": self.terms.source_id,
            "document": f"{self.sheet.file}, row {cell.row}, column {cell.letter}",
            "description": _one_line(" ".join(filter(None, (_route(cell), cell.column, _said(cell.remark))))),
        }
        if cell.low is not None and cell.high is not None:
            row |= {"low": f"{cell.low / cell.price:.4f}", "high": f"{cell.high / cell.price:.4f}"}
        return row

    def _cargo(self, cell: PricedCell) -> str:
        if not cell.cargo:
            self._note("No goods are named, so the rates fit any goods; --set cargo=grain or the like narrows them.")
            return ""
        found = self.lookup.cargo(cell.cargo, "")
        groups = {g for c in self.lookup.cargoes.values() for g in c.groups}
        if found.id or cell.cargo in groups:
            return found.id or cell.cargo
        raise _Asked("cargo", f"Which goods are {cell.cargo}?", f"Что за груз {cell.cargo}?", found.ids)

    def _unit(self, cell: PricedCell) -> dict[str, str]:
        """What one price is for, as form, feet and basis."""
        times = {"paired": "yes"} if (cell.times, cell.feet) == (2, "20") else {}
        if cell.times > 1 and not times:
            told = self.told("times", cell)
            if told not in ("each", "together"):
                raise _Asked("times", f"Is {cell.text} the price of each unit, or of all {cell.times} together?",
                             f"{cell.text}: цена за каждую единицу или за все {cell.times}?", ("each", "together"))  # fmt: skip
        kind = {"equipment": cell.equipment} if cell.equipment and not cell.feet else {}
        if cell.per == "wagon":
            return {"form": "wagon", "basis": "per_unit", **kind}
        if cell.per == "container":
            feet = cell.feet if cell.feet != "45" else ""
            if not feet:
                told = self.told("feet", cell)
                if told not in ("20", "40", "any"):
                    raise _Asked(
                        "feet", "Of which size are the containers?", "Какого размера контейнеры?", ("20", "40", "any")
                    )
                feet = "" if told == "any" else told
            return {"form": "container", "feet": feet, "basis": "per_unit", **times}
        if cell.per == "tonne":
            return {"form": "container" if cell.feet else "wagon", "feet": cell.feet, "basis": "per_t", **kind}
        raise _Asked(
            "per",
            "Is a price for a wagon, a container or a tonne?",
            "Ставка за вагон, за контейнер или за тонну?",
            ("wagon", "container", "tonne"),
        )

    def _factor(self, cell: PricedCell, rule: Mapping[str, str]) -> None:
        """The coefficient of a rate: the sheet's, or 1 where nothing more comes off; asked where the sheet is silent."""
        value = cell.coefficient
        if value is None:
            net = self.told("net", cell).lower()
            if net not in ("yes", "no"):
                self.tables["rates.csv"].pop()
                del self.rules[self._mark(cell)]
                raise _Asked("net", f"Column {cell.letter} has no coefficient: is its price net, or do the railway's reductions still come off it (no)?",
                             f"Для столбца {cell.letter} коэффициент не указан: ставка окончательная (yes) или к ней применяются скидки дороги (no)?", ("yes", "no"))  # fmt: skip
            value = None if net == "no" else Decimal(1)
        common = {k: rule[k] for k in ("valid_from", "valid_to", "known_from", "status", "source_id", "document")}
        for group in sorted({"discount", *self.groups.get(rule["carrier"], ())}):
            # The price is that of its column, whosever wagon it is for: our factors for owners and wagons stay away.
            factor = value if group == "discount" else Decimal(1)
            if factor is None:
                continue
            sheets = group == "discount" and cell.coefficient is not None
            row = {
                "coef_id": f"{rule['rule_id']}-K{'' if group == 'discount' else f'-{group}'}",
                "charge": "carriage",
                "carrier": rule["carrier"],
                "rules": rule["rule_id"],
                "group": group,
                "value": f"{factor:f}",
                **common,
                "description": f"{self.sheet.file} row {cell.row}" if sheets else f"price as it stands, no {group}",
            }
            self.tables["coefficients.csv"].append(row)

    def _mark(self, cell: PricedCell) -> tuple[object, ...]:
        return (
            cell.places,
            cell.letter,
            cell.surcharge,
            cell.valid_from,
            cell.known_from,
            cell.cargo,
            cell.equipment,
            cell.ownership,
            cell.feet,
        )

    def _keep(self, table: str, cell: PricedCell, row: dict[str, str]) -> None:
        """A row; one of the same haul that stands above it is replaced on its days where this one is a later letter."""
        mark = self._mark(cell)
        if mark in self.rules:
            above = self.rules[mark]
            raise _Asked("skip", f"Row {cell.row} prices {_route(cell)} again, as row {above.row} does: which holds? Skip one of the two.",
                         f"Строка {cell.row} повторяет {_route(cell)} строки {above.row}: что верно? Пропустите одну.", ("yes",))  # fmt: skip
        if cell.known_from is not None:
            older = [
                c
                for c in self.rules.values()
                if (c.places, c.letter) == (cell.places, cell.letter) and c.known_from is None
            ]
            if older:
                row = {**row, "replaces": ";".join(f"{self.terms.prefix}-{c.cell}" for c in older)}
                self._note(
                    f"Row {cell.row} is in force from {row['valid_from']}, issued on {cell.known_from}; "
                    f"row {older[0].row} stays for what was known before."
                )
        self.rules[mark] = cell
        self.tables[table].append(row)

    # ---- through rates and surcharges ----------------------------------------------------------------

    def _through(self, cell: PricedCell, places: Sequence[str], common: dict[str, str]) -> None:
        """One rate for several railways: the chain of places and crossings, and the charges it stands for."""
        via = [self._place(text.strip(), cell) for text in self.told("via", cell).split(";") if text.strip()]
        chain, missing = chain_of([places[0], *via, *places[1:]], self.network)
        if missing:
            raise _Asked("via", f"Over which crossings does {_route(cell)} go (from {missing[0]} to {missing[1]} no crossing is named)?",
                         f"Через какие переходы идет {_route(cell)} (от {missing[0]} до {missing[1]} переход не назван)?")  # fmt: skip
        inside = included_in(cell.scope)
        told = self.told("includes", cell)
        if told:
            inside = tuple(part.strip() for part in told.split(";") if part.strip())
        if "carriage" not in inside:
            raise _Asked("includes", f"Which charges does the rate {_route(cell)} include?", f"Что включает ставка {_route(cell)}?",
                         tuple(name for name, _ in _INSIDE))  # fmt: skip
        if common["form"] == "container":
            inside = tuple("box_hire" if name == "hire" else name for name in inside)
        row = {**common, "chain": chain, "mode": "rail", "replaces": ";".join(inside)}
        self.rules[self._mark(cell)] = cell
        self.tables["through.csv"].append(row)

    def _surcharge(self, cell: PricedCell) -> None:
        name = cell.places[0]
        told = self.told("surcharge", cell).lower().replace(" ", "_")
        if told not in ("included", "on_top"):
            raise _Asked("surcharge", f"Is {name!r} (row {cell.row}) part of the rates, or paid on top?",
                         f"«{name}» (строка {cell.row}): входит в ставки или сверх них?", ("included", "on_top"))  # fmt: skip
        if told == "included":
            self._note(f"Row {cell.row} ({name}) is part of the rates, as you said; no row of its own.")
            return
        said = self.told("carrier", cell).upper()
        found = railway_in(f"{name} {cell.remark} {cell.carrier}")
        if not said and not found:
            raise _Asked("carrier", f"Which railway takes {name!r} (row {cell.row})? * is every one.",
                         f"Какая дорога берет «{name}» (строка {cell.row})? * значит каждая.", ("*", *COUNTRY_OF))  # fmt: skip
        row = {
            **self._base(cell),
            "charge": cell.surcharge,
            "on": "carriage",
            "carrier": (said or found).replace("*", ""),
        }
        self.tables["surcharges.csv"].append(row)

    # ---- belts ---------------------------------------------------------------------------------------

    def add_belts(self, cells: Sequence[PricedCell]) -> None:
        """A rate table, and a rate for each kind of wagon or box it prices."""
        kinds: dict[tuple[str, str, str, str], list[PricedCell]] = defaultdict(list)
        for cell in cells:
            kinds[(cell.ownership, cell.feet, cell.per, cell.equipment)].append(cell)
        slug = re.sub(r"[^a-z0-9]+", "-", self.terms.prefix.casefold()).strip("-")
        for group in kinds.values():
            first = group[0]
            name = f"{slug}-{first.letter.casefold()}"
            try:
                unit = self._unit(first)
                railway = self.told("carrier", first).upper() or railway_in(first.carrier)
                if railway not in COUNTRY_OF:
                    raise _Asked("carrier", "Whose tariff is this?", "Чей это тариф?", tuple(COUNTRY_OF))
                row = {
                    **self._common(first),
                    **unit,
                    "basis": "belt_per_t" if unit["basis"] == "per_t" else "belt",
                    "charge": "carriage",
                    "carrier": railway,
                    "belt_table": f"{name}/rate_unit",
                    "rule_id": f"{self.terms.prefix}-{first.letter}",
                    "document": f"{self.sheet.file}, column {first.letter}",
                }
                self._keep("rates.csv", first, row)
                self._factor(first, row)
            except _Asked as why:
                self._ask(why, first)
            else:
                self.belts[f"{name}.csv"] = belt_table(group)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def railway_in(text: str) -> str:
    """The one railway a text names by its letters, Russian or ours; "" for none or several.

    >>> railway_in("за ваг. по ТРК"), railway_in("КТЖ, ТРК"), railway_in("TDY")
    ('TDY', '', 'TDY')
    """
    found = [railway for railway, words in _RAILWAYS if re.search(words, text.casefold())]
    return found[0] if len(found) == 1 else ""


def included_in(scope: str) -> tuple[str, ...]:
    """Our charges a text says are in a rate; what it says is not in it is left out.

    >>> included_in("вкл.: тариф КТЖ, ТРК, РАИ, перегруз 1520/1435; не вкл.: ТО, инспекция, погрузка")
    ('carriage', 'reload')
    """
    inside = _NOT_INSIDE.split(scope, maxsplit=1)[0].casefold()
    return tuple(name for name, words in _INSIDE if re.search(words, inside))


def _route(cell: PricedCell) -> str:
    return " - ".join(cell.places)


def _said(remark: str) -> str:
    return f"({remark})" if remark else ""


def _one_line(text: str) -> str:
    """Words of the sheet as one cell of a book: one line that no spreadsheet runs."""
    return " ".join(text.split()).lstrip("=+-@' ")[:160]


def open_cells(questions: Iterable[Question]) -> set[str]:
    """Cells that wait for an answer."""
    return {cell for question in questions for cell in question.cells}
