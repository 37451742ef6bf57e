"""Consistency of tariff books that read well: one small function a check, every finding one sentence.

An error means a quote would stop or be wrong; a warning means a person should know. The reader has already refused
what cannot be read at all (see `optimizer.tariff.read`). How two rows are compared, and on which side that errs, is
told in `optimizer.tariff.overlap`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import PurePath
from typing import TypeAlias

from optimizer.deal import CHOICES
from optimizer.errors import Problem
from optimizer.tariff.book import TariffBooks
from optimizer.tariff.columns import PRICES, USED
from optimizer.tariff.conditions import words
from optimizer.tariff.overlap import SEA_SERVICES, Cells, Known, Overlap, entailed, pairs
from optimizer.tariff.rule import Coefficient, Rule
from optimizer.validity import add_months

__all__ = ["Known", "check_books"]

Dated: TypeAlias = Rule | Coefficient
ONE = Decimal(1)


def check_books(books: TariffBooks, known: Known, *, on: dt.date | None = None, within_days: int = 30) -> list[Problem]:
    """Every inconsistency of books that read well.

    Args:
        known: the words books may use; a word not among them is told as an error.
        on: the day on which rows that end soon, or have ended and are carried, are told; None tells neither.
        within_days: how many days ahead of `on` an end is soon.
    Returns:
        Errors and warnings, by file and line.

    >>> from optimizer.tariff.read import read_books
    >>> check_books(read_books([]), Known())
    []
    """
    overlap = Overlap(known)
    found = [
        *check_words(books, known),
        *check_belts(books, known),
        *check_sources(books, known),
        *check_numbers(books),
        *check_equal_rank(books, overlap),
        *check_equal_priority(books, overlap),
        *check_unreachable(books, overlap),
        *check_coefficients_apply(books, overlap),
        *check_overlaps(books),
        *check_gaps(books),
        *(check_ends(books, on, within_days) if on is not None else ()),
    ]
    return sorted(found, key=lambda p: (p.file, p.line, p.code, p.column, p.text))


def _tell(row: Dated, code: str, text: str, *, column: str = "", value: str = "", severity: str = "warning") -> Problem:
    return Problem(code, text, file=row.row.table, line=row.row.line, column=column, value=value, severity=severity)


def _rows(books: TariffBooks) -> list[Dated]:
    return [*books.rules, *books.coefficients, *(e.rule for e in books.extras)]


# ---- words -------------------------------------------------------------------------------------------

PLACE_COLUMNS = frozenset({"from", "to", "via", "between", "except_between", "origin", "destination", "crossing"})
COUNTRY_COLUMNS = frozenset({"country", "origin_country", "destination_country"})
SERVICES = SEA_SERVICES | {"reissue"}
OWNERS = frozenset({"private", "carrier", "foreign"})
VALUES: dict[str, frozenset[str]] = {
    "direction": frozenset({"in", "out"}),
    "traffic": frozenset({"domestic", "export", "import", "transit", "third"}),
    "owner": OWNERS,
    "onward": frozenset({"sea", "land"}),
    "feet": frozenset({"20", "40"}),
    "months": frozenset(map(str, range(1, 13))),
    **{column: frozenset(filter(None, choices)) for column, choices in CHOICES.items()},
}


def check_words(books: TariffBooks, known: Known) -> Iterator[Problem]:
    """Every place, cargo, equipment, country, service and choice a condition names is one we know."""
    for row in _rows(books):
        for column, cell in row.cells:
            for word, code, text in unknown_words(column, cell, known):
                yield _tell(row, code, f"{row.id}: {text}", column=column, value=word, severity="error")
    for through in books.through:
        for word in sorted({place for part in through.chain for place in part.split("|")} - known.places.keys()):
            text = f"{through.rule.id}: chain names '{word}', which is no place we know; mend the id"
            yield _tell(through.rule, "unknown_place", text, column="chain", value=word, severity="error")


def unknown_words(column: str, cell: str, known: Known) -> Iterator[tuple[str, str, str]]:
    """(word, code, what is wrong) for every word of a condition that nobody knows."""
    for word in _named(column, cell):
        fault = _unknown(column, word, known)
        if fault is not None:
            yield word, *fault


def _named(column: str, cell: str) -> list[str]:
    """The words of a condition cell, sorted.

    >>> _named("between", "!a+b;c+b"), _named("crossing", "a|b;a|c"), _named("months", "1; 12")
    (['a', 'b', 'c'], ['a|b', 'a|c'], ['1', '12'])
    """
    if column in ("between", "except_between"):
        return sorted({place for pair in pairs(cell) for place in pair})
    if column == "crossing":
        return sorted({posts.strip() for posts in cell.split(";")})
    if column in PLACE_COLUMNS | COUNTRY_COLUMNS | VALUES.keys() | {"cargo", "equipment", "service", "truck_country"}:
        return sorted(words(cell, {})[0])
    return []


def _unknown(column: str, word: str, known: Known) -> tuple[str, str] | None:
    """(code, what is wrong) with a word of a column, or None."""
    if column == "crossing":
        posts = word.split("|")
        if len(posts) != 2:
            return "unknown_value", f"crossing '{word}' is not two posts; write them as a|b"
        strange = [post for post in posts if post not in known.places]
        return (
            ("unknown_place", f"crossing names '{strange[0]}', which is no place we know; mend the id")
            if strange
            else None
        )
    if column in PLACE_COLUMNS:
        wrong, what = word not in known.places, "no place we know; mend the id"
        return ("unknown_place", f"{column} names '{word}', which is {what}") if wrong else None
    if column in COUNTRY_COLUMNS and word not in known.countries:
        return "unknown_country", f"{column} names '{word}', which is no country we know; write its two letters"
    if column == "truck_country" and not (len(word) == 2 and word.isalpha() and word.isupper()):
        return "unknown_country", f"truck_country names '{word}'; write the two letters of a country"
    if column == "cargo" and word not in known.cargoes and not known.is_group(word):
        return "unknown_cargo", f"cargo names '{word}', which is no cargo and no group of cargoes; mend the id"
    if column == "equipment" and word not in known.equipment:
        return "unknown_equipment", f"equipment names '{word}', which is no equipment we know; mend the id"
    if column == "service" and word not in SERVICES:
        return "unknown_service", f"service names '{word}'; use one of {', '.join(sorted(SERVICES))}"
    if column in VALUES and word not in VALUES[column]:
        return (
            "unknown_value",
            f"{column} names '{word}'; use one of {', '.join(sorted(VALUES[column], key=_numbers_last))}",
        )
    return None


def _numbers_last(word: str) -> tuple[int, str]:
    """Words by the alphabet, numbers by their size."""
    return (len(word), word) if word.isdigit() else (0, word)


def check_belts(books: TariffBooks, known: Known) -> Iterator[Problem]:
    """Every key of a belt table is one a haul can have; a table tells no line, so each word is told once."""
    for name, belts in sorted(books.belts.items()):
        book, _, table = name.partition(":")
        file = f"{PurePath(books.infos[book].folder).name}/belts/{table}.csv"
        classes = set(books.classes.get(book, {}).values())
        strange = {
            ("unknown_equipment", "equipment"): {b.equipment for b in belts} - known.equipment.keys(),
            ("unknown_value", "owner"): {b.owner for b in belts} - OWNERS,
            ("unknown_class", "class"): {b.cargo_class for b in belts} - classes,
        }
        for (code, column), names in strange.items():
            for word in sorted(names - {""}):
                what = "which classes.csv gives no goods" if column == "class" else "which nothing has"
                text = f"{column} names '{word}', {what}, so its belts are never used; mend the word"
                yield Problem(code, text, file=file, column=column, value=word)


def check_sources(books: TariffBooks, known: Known) -> Iterator[Problem]:
    """Every row of a default book rests on a listed source; a user's own names are their own."""
    for row in _rows(books):
        if row.layer == 0 and row.source_id not in known.sources:
            text = f"{row.id}: source_id '{row.source_id}' is not in sources.csv; add it there or mend the id"
            yield _tell(row, "unknown_source", text, column="source_id", value=row.source_id)


# ---- numbers and bases -------------------------------------------------------------------------------

PLAIN: dict[str, object] = {"step_t": ONE, "base_m": Decimal("16.5"), "day_steps": (), "belt_table": ""}  # else 0
MASS_BASES = frozenset(basis for basis in USED if basis.startswith(("per_t", "per_chargeable_t", "belt_per_t", "spot")))
HIRES = frozenset({"hire", "platform_hire", "box_hire"})
# What a basis multiplies by, and the charges that have any of it; elsewhere it is 0 and so is the line.
MEASURED: dict[str, frozenset[str]] = {
    "km": frozenset({"carriage", "empty_return", "truck", "road_toll", "through"}),
    "nautical miles": frozenset({"sea_freight", "empty_return"}),
    "days": HIRES | {"demurrage", "detention", "storage"},
}
MEASURE = {
    "per_t_km": "km",
    "per_unit_km": "km",
    "belt": "km",
    "belt_per_t": "km",
    "per_unit_nm": "nautical miles",
    "per_t_nm": "nautical miles",
    "per_unit_day": "days",
    "per_unit_day_steps": "days",
    "per_t_day_steps": "days",
}


def check_numbers(books: TariffBooks) -> Iterator[Problem]:
    """Every number of a rule is one its basis looks at, and every basis has something to multiply."""
    for contender in _contenders(books):
        yield from _numbers_of(contender.rule)
        yield from _basis_of(contender)


def _numbers_of(rule: Rule) -> Iterator[Problem]:
    used = USED[rule.basis]
    given = [name for name in (*PRICES, "min_t", "step_t", "base_m", "free_days") if _given(rule, name)]
    priceless = rule.basis != "spot_per_t" and not any(name in used for name in given if name in PRICES)
    for name in given:
        if name not in used:
            # The number that was meant as the price, in the wrong column: the line would cost nothing.
            lost = priceless and name in PRICES
            text = f"{rule.id}: {name} counts for nothing with {rule.basis}"
            text += ", so the row charges 0" if lost else ""
            text += f"; {rule.basis} looks at {', '.join(sorted(used))}: move the number or change the basis"
            yield _tell(rule, "unused_number", text, column=name, severity="error" if lost else "warning")
    if rule.day_steps and rule.rate:
        text = f"{rule.id}: rate counts for nothing beside day_steps; write it as the last step"
        yield _tell(rule, "unused_number", text, column="rate")
    if rule.fx_kind and rule.currency == "USD":
        text = f"{rule.id}: fx_kind counts for nothing with USD, which is converted by no series; leave it empty"
        yield _tell(rule, "unused_fx_kind", text, column="fx_kind", value=rule.fx_kind)
    if rule.status == "estimated" and rule.low == rule.high == ONE and rule.basis != "spot_per_t":
        text = f"{rule.id} is estimated and has no band; write low and high, how far off the number may be"
        yield _tell(rule, "no_band", text, column="low")


def _given(rule: Rule, name: str) -> bool:
    return bool(getattr(rule, name) != PLAIN.get(name, Decimal(0)))


def _basis_of(contender: _Contender) -> Iterator[Problem]:
    rule, beside = contender.rule, contender.beside
    charged = ", ".join(sorted(beside))
    by_km = bool(rule.per_km) and rule.basis in ("per_t", "per_unit", "per_chargeable_t")
    measure = "km" if by_km else MEASURE.get(rule.basis)
    if measure is not None and beside.isdisjoint(MEASURED[measure]):
        # Beside kilometres and miles there may be a fixed part, which is charged.
        rest = (by_km or measure == "nautical miles") and bool(rule.rate or rule.fixed)
        text = f"{rule.id}: {charged} has no {measure}, so {'per_km' if by_km else rule.basis} counts for nothing there"
        text += ": use another basis" if rest else " and the row charges 0: use another basis"
        severity = "warning" if rest else "error"
        yield _tell(rule, "unfit_basis", text, column="basis", value=rule.basis, severity=severity)
    if rule.basis in MASS_BASES and not beside.isdisjoint(HIRES):
        text = f"{rule.id}: {charged} is paid for units and days, yet {rule.basis} counts tonnes; use per_unit_day"
        yield _tell(rule, "unfit_basis", text, column="basis", value=rule.basis)


# ---- rules that compete ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Contender:
    """A rule or extra as far as others compete with it: those of one arena, beside a charge, of a carrier."""

    rule: Rule
    arena: tuple[str, ...]  # rules of all charges are one arena, extras of one group another
    beside: frozenset[str]  # charges it prices or stands beside

    def cells(self, known: Known) -> Cells:
        """Its conditions, with what follows from them."""
        return entailed(dict(self.rule.cells), self.beside, self.rule.carrier, known)


def _contenders(books: TariffBooks) -> list[_Contender]:
    rules = [_Contender(r, ("rule",), frozenset({r.charge})) for r in books.rules]
    return rules + [_Contender(e.rule, ("extra", e.group), e.on) for e in books.extras]


def _carriers_meet(one: Dated, other: Dated) -> bool:
    return not one.carrier or not other.carrier or one.carrier == other.carrier


def _replaced(one: Dated, other: Dated) -> bool:
    return one.id in other.replaces or other.id in one.replaces


def _begun(row: Dated) -> dt.date:
    return row.valid.start or dt.date.min


def _ended(row: Dated) -> dt.date:
    return row.valid.end or dt.date.max


def _reach_end(row: Dated) -> dt.date:
    """The last day a row counts, lapsed and carried."""
    if row.valid.end is None or row.carry_months is None:
        return dt.date.max
    try:
        return add_months(row.valid.end, row.carry_months)
    except (ValueError, OverflowError):  # beyond the calendar
        return dt.date.max


def check_equal_rank(books: TariffBooks, overlap: Overlap) -> Iterator[Problem]:
    """No two rules of equal rank, issue and beginning fit one shipment; a quote that met both would stop.

    Of equal standing are rows that begin on one day, so their days always overlap.
    """
    alike: dict[tuple[object, ...], list[tuple[_Contender, Cells]]] = defaultdict(list)
    for c in _contenders(books):
        alike[*c.arena, c.rule.rank, c.rule.issued, _begun(c.rule)].append((c, c.cells(overlap.known)))
    for rows in alike.values():
        for (first, cells), (second, others) in combinations(rows, 2):
            one, other = first.rule, second.rule
            if first.beside.isdisjoint(second.beside) or not _carriers_meet(one, other) or _replaced(one, other):
                continue
            if overlap.meet(cells, others):
                example = overlap.example(cells, others) or "the same shipments"
                text = (
                    f"{other.id} and {one.id} ({one.row}) both fit {example}, with equal rank and of the same day: a "
                )
                text += "quote that meets both stops; raise the rank of one or narrow its conditions"
                yield _tell(other, "equal_rank", text, column="rank", severity="error")


def check_equal_priority(books: TariffBooks, overlap: Overlap) -> Iterator[Problem]:
    """No two coefficients of equal priority and different value fit one shipment, where priority decides."""
    alike: dict[tuple[object, ...], list[Coefficient]] = defaultdict(list)
    for coef in books.coefficients:
        alike[coef.layer, coef.charge, coef.group].append(coef)
    for rows in alike.values():
        for one, other in combinations(rows, 2):
            if _policy(books, one) != "priority" or one.priority != other.priority or one.value == other.value:
                continue
            if _replaced(one, other) or not _coefficients_meet(one, other, overlap):
                continue
            if not _in_force_together(one, other) and not _lapsed_together(one, other):
                continue
            text = (
                f"{other.id} ({other.value}) and {one.id} ({one.value}, {one.row}) both fit some shipment with equal "
            )
            text += "priority: a quote that meets both stops; raise the priority of one or narrow its conditions"
            yield _tell(other, "equal_rank", text, column="priority", severity="error")


def _policy(books: TariffBooks, coef: Coefficient) -> str:
    """How the book stacks; where a group holds rows of several books, the first one's policy rules."""
    return books.infos[coef.book].stacking


def _coefficients_meet(one: Coefficient, other: Coefficient, overlap: Overlap) -> bool:
    if not _carriers_meet(one, other) or (one.rules and other.rules and one.rules.isdisjoint(other.rules)):
        return False
    charges = frozenset({one.charge})
    first, second = (entailed(dict(c.cells), charges, c.carrier, overlap.known) for c in (one, other))
    return overlap.meet(first, second)


def _in_force_together(one: Dated, other: Dated) -> bool:
    return max(_begun(one), _begun(other)) <= min(_ended(one), _ended(other))


def _lapsed_together(one: Dated, other: Dated) -> bool:
    last = min(_reach_end(one), _reach_end(other))
    return one.valid.end is not None and other.valid.end is not None and max(one.valid.end, other.valid.end) < last


def _in_reach_together(one: Dated, other: Dated) -> bool:
    return max(_begun(one), _begun(other)) <= min(_reach_end(one), _reach_end(other))


def check_unreachable(books: TariffBooks, overlap: Overlap) -> Iterator[Problem]:
    """Every rule wins somewhere: none has conditions that exclude each other, or lies under a higher one.

    A user's row that covers a default one is meant to. A rule covered by several others together is not told.
    """
    named = frozenset(name for row in _rows(books) for name in row.replaces)
    by_arena: dict[tuple[object, ...], list[_Contender]] = defaultdict(list)
    for c in _contenders(books):
        for charge in c.beside:
            by_arena[*c.arena, c.rule.layer, charge].append(c)
    for c in _contenders(books):
        rule, cells = c.rule, c.cells(overlap.known)
        if not overlap.meet(cells, cells):
            columns = " and ".join(overlap.clash(cells, cells))
            text = f"{rule.id}: what it asks of {columns} no shipment has; mend the cell, or delete the row"
            yield _tell(rule, "unreachable", text, column=columns)
            continue
        above = (o for o in by_arena[*c.arena, rule.layer, min(c.beside)] if o.rule.id not in named)
        # Only what is known of the lower rule follows from it; the higher one is asked as written.
        over = next((o.rule for o in above if _above(o, c) and overlap.implies(cells, dict(o.rule.cells))), None)
        if over is not None:
            text = (
                f"{rule.id} can never win: {over.id} ({over.row}) has a higher rank and fits whatever it fits, on all "
            )
            text += "its days; raise its rank, or delete it"
            yield _tell(rule, "unreachable", text, column="rank")


def _above(high: _Contender, low: _Contender) -> bool:
    """Whether a rule outranks another on all its days, whenever that is known, but for conditions."""
    one, other = high.rule, low.rule
    if one.rank <= other.rank or one.carrier not in ("", other.carrier) or not low.beside <= high.beside:
        return False
    if _begun(one) > _begun(other) or _reach_end(one) < _reach_end(other):
        return False
    return one.known_from is None or (other.known_from is not None and one.known_from <= other.known_from)


def check_coefficients_apply(books: TariffBooks, overlap: Overlap) -> Iterator[Problem]:
    """Every coefficient changes some rule."""
    by_charge: dict[str, list[_Contender]] = defaultdict(list)
    for c in _contenders(books):
        by_charge[c.rule.charge].append(c)
    for coef in books.coefficients:
        charges = frozenset({coef.charge})
        cells = entailed(dict(coef.cells), charges, coef.carrier, overlap.known)
        priced = [c for c in by_charge[coef.charge] if _carriers_meet(coef, c.rule)]
        listed = [c for c in priced if not coef.rules or c.rule.id in coef.rules]
        dated = [c for c in listed if _in_reach_together(coef, c.rule)]
        if any(overlap.meet(cells, c.cells(overlap.known)) for c in dated):
            continue
        of = f"{coef.charge} of {coef.carrier}" if coef.carrier else coef.charge
        why = f"no rule has its conditions and prices {of}"
        why = why if dated else f"the rules of {of} it may change have other days"
        why = why if listed else f"none of the rules it names prices {of}"
        why = why if priced else f"no rule prices {of}"
        yield _tell(coef, "never_applies", f"{coef.id} changes nothing: {why}; mend its conditions or delete it")


# ---- rows that follow each other ---------------------------------------------------------------------


def _families(books: TariffBooks) -> list[list[Dated]]:
    """Rows that differ in their days and numbers alone, in the order they were issued."""
    families: dict[tuple[object, ...], list[Dated]] = defaultdict(list)
    for c in _contenders(books):
        key = (*c.arena, c.rule.layer, tuple(sorted(c.beside)), c.rule.carrier, c.rule.rank)
        families[*key, _written(c.rule)].append(c.rule)
    for coef in books.coefficients:
        group = (coef.group, tuple(sorted(coef.rules)), coef.priority)
        families["coefficient", coef.layer, coef.charge, coef.carrier, *group, _written(coef)].append(coef)
    return [sorted(rows, key=lambda r: (r.issued, _begun(r), r.row.table, r.row.line)) for rows in families.values()]


def _written(row: Dated) -> tuple[tuple[str, bool, tuple[str, ...]], ...]:
    """Conditions in one spelling: `b;a` is `a; b`."""
    return tuple(
        (column, cell.startswith("!"), tuple(sorted(w.strip() for w in cell.lstrip("!").split(";"))))
        for column, cell in row.cells
    )


def _since(day: dt.date) -> str:
    return "from the beginning" if day == dt.date.min else f"from {day}"


def check_overlaps(books: TariffBooks) -> Iterator[Problem]:
    """Of rows with the same conditions one ends before the next begins, or is named in its `replaces`."""
    for rows in _families(books):
        for n, row in enumerate(rows):
            for before in reversed(rows[:n]):
                text = "" if _replaced(row, before) else _overlap_text(books, before, row)
                if text:
                    yield _tell(row, "overlap", text, column="valid_from")
                    break


def _overlap_text(books: TariffBooks, before: Dated, row: Dated) -> str:
    """What becomes of two rows with the same conditions, the earlier first; "" where nothing is to be told."""
    if isinstance(row, Rule):
        standing = (row.issued, _begun(row))
        if not _in_force_together(before, row) or standing == (before.issued, _begun(before)):
            return ""  # equal standing is an error, told elsewhere
        since = _since(max(_begun(before), _begun(row)))
        text = (
            f"{row.id} has the conditions of {before.id} ({before.row}), which is still in force: {since} {row.id} wins"
        )
        return text + f", as the later; end {before.id} before it, or name it in replaces"
    assert isinstance(before, Coefficient)
    if not _in_reach_together(before, row):
        return ""
    until = _reach_end(before)
    stands = "has no end" if until == dt.date.max else f"stands until {until}"
    text = f"{row.id} ({row.value}) has the conditions of {before.id} ({before.value}, {before.row}), which {stands}"
    policy = _policy(books, before)
    mend = f"write {before.id} in replaces"
    if policy == "product" or (policy == "highest-discount" and max(row.value, before.value) >= ONE):
        return f"{text}: both apply, one on top of the other; {mend}, or end it"
    if policy == "priority" or row.value == before.value:
        return ""
    if row.value > before.value:
        return f"{text}: the larger reduction applies, so {row.id} does not take effect; {mend}"
    if _in_force_together(before, row):
        since = _since(max(_begun(before), _begun(row)))
        return f"{text}: {since} the larger reduction applies, {row.id}; {mend}, or end it"
    return ""


def check_gaps(books: TariffBooks) -> Iterator[Problem]:
    """Rows with the same conditions follow each other without a day between."""
    for rows in _families(books):
        ordered = sorted(rows, key=lambda r: (_begun(r), _ended(r)))
        last = ordered[0]
        for row in ordered[1:]:
            days = (_begun(row) - _ended(last)).days - 1
            if days > 0:
                text = f"{row.id} begins on {row.valid.start}, {days} days after {last.id} ({last.row}) ended on "
                text += f"{last.valid.end}; between them {_between(last, row)}; let one of them reach the other, if "
                yield _tell(row, "gap", text + "the documents do", column="valid_from")
            last = max(last, row, key=_ended)


def _between(last: Dated, row: Dated) -> str:
    until = _reach_end(last)
    if until == last.valid.end:
        return "neither applies"
    carried = f"{last.id} is carried forward as provisional"
    return carried if (_begun(row) - until).days <= 1 else f"{carried} until {until}, then neither applies"


def check_ends(books: TariffBooks, on: dt.date, within_days: int) -> Iterator[Problem]:
    """Rows that end within so many days of `on` with no later row to follow, and rows carried since their end."""
    for rows in _families(books):
        in_force = [row for row in rows if row.in_force(on, on)]
        for row in in_force:
            if _ended(row) <= on + dt.timedelta(days=within_days) and not _continued(row, rows):
                days = (_ended(row) - on).days
                text = f"{row.id} ends on {row.valid.end}, {days} days from {on}, and no later row follows; then it "
                yield _tell(row, "ends_soon", text + f"{_fate(row)}: look for the next document", column="valid_to")
        lapsed = [row for row in rows if row.valid.ended(on) and row.in_reach(on, on)]
        if lapsed and not in_force:
            row = lapsed[-1]
            text = f"{row.id} ended on {row.valid.end} and {_fate(row)}: look for the next document"
            yield _tell(row, "carried", text, column="valid_to")


def _continued(row: Dated, rows: Iterable[Dated]) -> bool:
    return any(_ended(other) > _ended(row) and (_begun(other) - _ended(row)).days <= 1 for other in rows)


def _fate(row: Dated) -> str:
    """What becomes of a row after its last day."""
    until = _reach_end(row)
    if until == row.valid.end:
        return "applies no longer"
    return f"is carried as provisional until {'a later row replaces it' if until == dt.date.max else until}"
