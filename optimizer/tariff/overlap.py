"""Whether the conditions of two rows can hold for one shipment, and whether those of one imply the other's.

Cells are compared on witnesses: values taken from the cells themselves, so chosen that no other value would get
a different answer from them. What is asked are the predicates pricing uses, so the check cannot disagree with it.

Exact are lists, exclusions, ranges, goods codes, months, crossings, the haul's two ends (`from`, `to`, `between`,
`except_between` together), the way (`via`: a path has many places), the kind of traffic with its three countries,
cargoes with their groups, and equipment with the form it rides in and its feet. What the engine ties besides - the
country of a place, of a railway's haul - comes in as cells of its own by `entailed`. All else is taken for
independent, although the world ties it (a cargo has one goods code, kilometres are whole, a way passes its ends):
there `meet` may say yes, and `implies` no, where a person sees better. Both err on that side alone.

Cells hold no `@name`: the reader writes the members of a group in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from itertools import product

from optimizer.deal import CHOICES, Deal
from optimizer.network.model import RAILWAY_OF
from optimizer.subject import CIS_TARIFF_POLICY, Consignment, Lot, Subject
from optimizer.tariff.conditions import CONDITIONS, Predicate, bounds, words

OTHER = "another"  # stands for every value no cell names
# Forms a kind of equipment rides in; a box on a trailer goes to sea as a truck.
FORMS_OF = {"wagon": ("wagon",), "truck": ("truck",), "container": ("container", "truck"), "vessel": ("hold", "ship")}
# Columns that look at one fact together as soon as a row sets the linking one.
JOINED: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (frozenset({"between", "except_between"}), ("from", "to", "between", "except_between")),
    (frozenset({"equipment"}), ("form", "equipment", "feet")),
    (frozenset({"traffic"}), ("country", "traffic", "origin_country", "destination_country")),
)
SEA_SERVICES = frozenset({"rail_ferry", "roro", "container_feeder", "dry_bulk"})
# What the engine asks of a named carrier lies in its own country, and not at sea.
HAULS = frozenset({"carriage", "empty_return", "truck", "road_toll"})
# What the engine asks at a place or from it on, as seen from that place's country; at a border it may be the other's.
AT_FROM = HAULS | {
    "sea_freight",
    "port_load",
    "port_discharge",
    "port_box",
    "lift",
    "reload",
    "bogie_change",
    "transship",
}
AT_FROM |= {"loading", "dispatch", "arrival", "demurrage", "detention", "storage", "through"}
_HOMES = {carrier: country for country, carrier in RAILWAY_OF.items()}

MOST_KEPT = 50_000
_kept = lru_cache(maxsize=MOST_KEPT)

Cells = Mapping[str, str]  # column: cell
Part = tuple[tuple[str, str], ...]  # the cells of one row in columns that look at one fact


@dataclass(frozen=True, slots=True)
class Known:
    """The words books may use.

    Args:
        places: country by place id.
        cargoes: ids of cargoes.
        groups: the groups of each cargo, by its id.
        equipment: (family, feet) by equipment id, feet 0 for what is no container.
        countries: two-letter codes, also of trucks.
        sources: ids of sources.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    cargoes: frozenset[str] = frozenset()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    equipment: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    countries: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    def is_group(self, word: str) -> bool:
        """Whether some cargo is of this group."""
        return any(word in groups for groups in self.groups.values())


@dataclass(frozen=True, slots=True)
class Fact:
    """One witness: a subject and a consignment, and what is particular about them in words."""

    subject: Subject
    consignment: Consignment
    shown: str


THING = Subject("")
GOODS = Consignment("", frozenset(), "", "", "", "")


def entailed(cells: Cells, charges: frozenset[str], carrier: str, known: Known) -> Cells:
    """The cells of a row and what follows from them: the country of a haul, of a place, of the shipment's ends.

    Args:
        charges: what the row prices or stands beside.

    >>> entailed({"origin": "a"}, frozenset({"carriage"}), "KTZ", Known(places={"a": "UZ"}))["country"]
    'KZ'
    >>> entailed({"origin": "a"}, frozenset({"documents"}), "", Known(places={"a": "UZ"}))
    {'origin': 'a', 'origin_country': 'UZ'}
    """
    found = dict(cells)
    if carrier and charges <= HAULS:
        home = carrier.removeprefix("ROAD-") if carrier.startswith("ROAD-") else _HOMES.get(carrier, "")
        if home:
            found["country"] = _narrowed(found.get("country", "!"), frozenset({home}))
        found.setdefault("service", f"!{';'.join(sorted(SEA_SERVICES))}")
    ties = [("origin", "origin_country"), ("destination", "destination_country")]
    for column, lies_in in [*ties, ("from", "country")] if charges <= AT_FROM else ties:
        cell = cells.get(column, "!")
        countries = frozenset(known.places.get(place, "") for place in words(cell, {})[0])
        if not cell.startswith("!") and "" not in countries:
            found[lies_in] = _narrowed(found.get(lies_in, "!"), countries)
    return found


def _narrowed(cell: str, values: frozenset[str]) -> str:
    """A list cell that holds for those of the values alone for which it holds already; `;` lists nothing.

    >>> _narrowed("!", frozenset({"KZ"})), _narrowed("KZ;UZ", frozenset({"KZ"})), _narrowed("!KZ", frozenset({"KZ"}))
    ('KZ', 'KZ', ';')
    """
    listed, exclude = words(cell, {})
    return ";".join(sorted(values - listed if exclude else values & listed)) or ";"


class Overlap:
    """Compares rows by their cells; remembers what it has compared.

    >>> overlap = Overlap(Known(cargoes=frozenset({"wheat", "flour"}), groups={"wheat": frozenset({"grain"})}))
    >>> overlap.meet({"cargo": "grain"}, {"cargo": "wheat"}), overlap.meet({"cargo": "grain"}, {"cargo": "flour"})
    (True, False)
    >>> overlap.meet({"capacity_t": "<=10"}, {"capacity_t": "10..20"})
    True
    >>> overlap.example({"capacity_t": "<=10"}, {"capacity_t": "10..20"})
    'capacity_t 10'
    >>> overlap.implies({"from": "a", "km": "<500"}, {"from": "a;b"})
    True
    """

    def __init__(self, known: Known) -> None:
        self.known = known
        self._compared: dict[tuple[Part, Part], tuple[Fact | None, bool]] = {}

    def meet(self, one: Cells, other: Cells) -> bool:
        """Whether some shipment may fit both; True where that cannot be ruled out."""
        return all(self._compare(a, b)[0] is not None for a, b in _parts(one, other))

    def implies(self, one: Cells, other: Cells) -> bool:
        """Whether every shipment that fits `one` fits `other`; False where that cannot be shown."""
        return all(self._compare(a, b)[1] for a, b in _parts(one, other) if b)

    def clash(self, one: Cells, other: Cells) -> list[str]:
        """The columns by which no shipment fits both.

        >>> Overlap(Known()).clash({"km": "..500"}, {"km": "1000.."})
        ['km']
        """
        parts = [(a, b) for a, b in _parts(one, other) if self._compare(a, b)[0] is None]
        return list(dict.fromkeys(column for a, b in parts for column, _ in (*a, *b)))

    def example(self, one: Cells, other: Cells) -> str:
        """What fits both, in words: the columns the two rows do not share to the letter; "" where they share all."""
        facts = [self._compare(a, b)[0] for a, b in _parts(one, other) if a != b]
        return ", ".join(fact.shown for fact in facts if fact is not None)

    def _compare(self, one: Part, other: Part) -> tuple[Fact | None, bool]:
        """(a witness of both, whether the first implies the second)."""
        found = self._compared.get((one, other))
        if found is None:
            if len(self._compared) > MOST_KEPT:
                self._compared.clear()
            found = self._compared[one, other] = self._searched(one, other)
        return found

    def _searched(self, one: Part, other: Part) -> tuple[Fact | None, bool]:
        first, second = [[_predicate(*cell) for cell in part] for part in (one, other)]
        both: Fact | None = None
        implied = True
        for fact in self._facts(one, other):
            if not all(holds(fact.subject, fact.consignment) for holds in first):
                continue
            if all(holds(fact.subject, fact.consignment) for holds in second):
                both = both or fact
            else:
                implied = False
            if both is not None and not implied:
                break
        return both, implied

    def _facts(self, one: Part, other: Part) -> Iterable[Fact]:
        columns = dict((*one, *other)).keys()
        if columns & {"between", "except_between"}:
            return _ends(one, other)
        if "traffic" in columns:
            return _countries((*one, *other))
        if "equipment" in columns:
            return self._riding((*one, *other))
        column = next(iter(columns))
        cells = [cell for _, cell in (*one, *other)]
        if column == "cargo":
            return self._cargoes(cells)
        if column in _RANGES:
            return _numbers(column, cells)
        if column in _OWN:
            return _OWN[column](column, cells)
        return _listed(column, one, cells)

    def _cargoes(self, cells: Iterable[str]) -> Iterator[Fact]:
        named = set().union(*(words(cell, {})[0] for cell in cells))
        for cargo in sorted(self.known.cargoes):
            groups = self.known.groups.get(cargo, frozenset())
            yield Fact(THING, replace(GOODS, cargo=cargo, cargo_groups=groups), f"cargo {cargo}")
        strange = {word for word in named - self.known.cargoes if not self.known.is_group(word)}
        for word in [*sorted(strange), OTHER]:
            yield Fact(THING, replace(GOODS, cargo=word), f"{word} cargo" if word == OTHER else f"cargo {word}")

    def _riding(self, cells: Part) -> Iterator[Fact]:
        named = {column: _named(cells, column) for column in ("form", "equipment", "feet")}
        forms = sorted({"wagon", "container", "truck", "hold", OTHER} | named["form"])
        feet = sorted({0} | {int(f) for f in named["feet"]})
        for equipment in [*sorted(named["equipment"] | set(self.known.equipment)), OTHER]:
            family, length = self.known.equipment.get(equipment, ("", -1))
            for form in FORMS_OF.get(family, forms):
                for f in feet if length < 0 else [length]:
                    yield Fact(
                        replace(THING, form=form, equipment=equipment, feet=f),
                        GOODS,
                        f"equipment {equipment} as {form}",
                    )


def _parts(one: Cells, other: Cells) -> Iterator[tuple[Part, Part]]:
    """The cells of two rows, split by the facts they look at."""
    left = [name for name in CONDITIONS if name in one or name in other]
    for link, joined in JOINED:
        if not link.isdisjoint(left):
            yield _part(one, joined), _part(other, joined)
            left = [name for name in left if name not in joined]
    for name in left:
        yield _part(one, (name,)), _part(other, (name,))


def _part(cells: Cells, columns: Iterable[str]) -> Part:
    return tuple((name, cells[name]) for name in columns if name in cells)


@_kept
def _predicate(column: str, cell: str) -> Predicate:
    return CONDITIONS[column](cell, {})


def _named(cells: Part, column: str) -> set[str]:
    return set().union(*(words(cell, {})[0] for name, cell in cells if name == column))


# ---- witnesses of one column -------------------------------------------------------------------------

_SUBJECT = {name: name for name in ("country", "direction", "form", "equipment", "owner", "service", "truck_country")}
_SUBJECT |= {"from": "from_id", "to": "to_id", "onward": "onward"}
_CONSIGNMENT = frozenset({"origin", "destination", "origin_country", "destination_country"})


@_kept
def _fact(column: str, value: str) -> Fact:
    shown = f"{value or 'no'} {column}" if value in ("", OTHER) else f"{column} {value}"
    if column in _SUBJECT:
        return Fact(_subject(_SUBJECT[column], value), GOODS, shown)
    if column in _CONSIGNMENT:
        return Fact(THING, replace(GOODS, **{column: value}), shown)  # type: ignore[arg-type]
    return Fact(THING, _agreed(column, value), shown)


def _subject(name: str, value: object) -> Subject:
    return replace(THING, **{name: value})  # type: ignore[arg-type]


def _agreed(name: str, value: object) -> Consignment:
    return replace(GOODS, deal=Deal(**{name: value}))  # type: ignore[arg-type]


def _listed(column: str, one: Part, cells: Iterable[str]) -> Iterator[Fact]:
    """Every value a cell names and one that none does; a row that lists its values is asked about those alone."""
    if column in CHOICES:
        values = list(CHOICES[column])
    elif one and not one[0][1].startswith("!"):
        values = sorted(words(one[0][1], {})[0])
    else:
        values = [*sorted(set().union(*(words(cell, {})[0] for cell in cells))), OTHER]
    return (_fact(column, value) for value in values)


def _of_lot(**values: Decimal) -> Consignment:
    return replace(GOODS, lot=Lot(**values))


_RANGES: dict[str, Callable[[Decimal], tuple[Subject, Consignment]]] = {
    "gross_t": lambda v: (_subject("gross_t", v), GOODS),
    "capacity_t": lambda v: (_subject("capacity_t", v), GOODS),
    "km": lambda v: (_subject("km", v), GOODS),
    "stay_days": lambda v: (THING, _agreed("stay_days", v)),
    "annual_t": lambda v: (THING, _agreed("annual_t", v)),
    "annual_teu": lambda v: (THING, _agreed("annual_teu", v)),
    "lot_t": lambda v: (THING, _of_lot(mass_t=v)),
    "units": lambda v: (_subject("form", "wagon"), _of_lot(units_wagon=v)),
    "unit_t": lambda v: (_subject("form", "wagon"), _of_lot(unit_t_wagon=v)),
    "train_wagons": lambda v: (THING, _of_lot(train_wagons=v)),
}


def _numbers(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    """Every end of a range, one number between each two, and one beyond either side; nothing below zero."""
    ends = sorted({end for cell in cells for end in bounds(cell)[::2] if isinstance(end, Decimal)})
    between = [(a + b) / 2 for a, b in zip(ends, ends[1:], strict=False)]
    beyond = [ends[0] / 2, ends[-1] + 1] if ends else [Decimal(1)]
    for value in (*ends, *between, *beyond):
        if value >= 0:
            yield Fact(*_RANGES[column](value), f"{column} {value.normalize():f}")


def _paths(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    """Ways over up to two of the places: one a cell asks for, and one that another asks for or forbids."""
    places = sorted(set().union(*(words(cell, {})[0] for cell in cells)))
    yield Fact(THING, GOODS, "a way over none of them")
    for n, place in enumerate(places):
        yield Fact(_subject("path", (place,)), GOODS, f"via {place}")
        for further in places[n + 1 :]:
            yield Fact(_subject("path", (place, further)), GOODS, f"via {place} and {further}")


def _crossings(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    for posts in sorted({post.strip() for cell in cells for post in cell.split(";")}):
        yield Fact(_subject("crossing", frozenset(posts.split("|"))), GOODS, f"crossing {posts}")
    yield Fact(THING, GOODS, "another crossing")


def _codes(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    """Goods codes in the order of their digits: where each listed range begins, and the first code after it."""
    members = {m.strip().lstrip("-") for cell in cells for m in cell.lstrip("!").split(";") if m.strip()}
    marks = {"", "0"}
    for member in members:
        low, _, high = member.partition("..")
        rest = (high or low).rstrip("9")
        marks |= {low, f"{rest[:-1]}{int(rest[-1]) + 1}" if rest else ""}
    for code in sorted(marks):
        yield Fact(THING, replace(GOODS, **{column: code}), f"{column} {code}" if code else f"no {column}")  # type: ignore[arg-type]


def _months(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    return (Fact(_subject("month", month), GOODS, f"month {month}") for month in range(1, 13))


def _feet(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    named = {int(feet) for cell in cells for feet in cell.split(";")}
    return (Fact(_subject("feet", feet), GOODS, f"feet {feet}") for feet in sorted(named | {0, max(named) + 1}))


def _paired(column: str, cells: Iterable[str]) -> Iterator[Fact]:
    return (Fact(THING, _agreed("paired", on), f"paired {'yes' if on else 'no'}") for on in (True, False))


_OWN: dict[str, Callable[[str, Iterable[str]], Iterator[Fact]]] = {
    "via": _paths,
    "crossing": _crossings,
    "gng": _codes,
    "etsng": _codes,
    "months": _months,
    "feet": _feet,
    "paired": _paired,
}


# ---- witnesses of columns that look at one fact together ---------------------------------------------


@_kept
def pairs(cell: str) -> tuple[tuple[str, str], ...]:
    """The pairs of places a cell `between` lists.

    >>> pairs("!a+b; c + d")
    (('a', 'b'), ('c', 'd'))
    """
    split = (pair.split("+") for pair in cell.lstrip("!").split(";"))
    return tuple((left.strip(), right.strip()) for left, right in split)


@_kept
def _haul(start: str, end: str) -> Fact:
    return Fact(replace(THING, from_id=start, to_id=end), GOODS, f"from {start} to {end}")


def _ends(one: Part, other: Part) -> Iterator[Fact]:
    """Hauls by their two ends; a row that lists pairs, or an end, is asked about those alone."""
    mine, cells = dict(one), (*one, *other)
    listed = [pair for name, cell in cells if name in ("between", "except_between") for pair in pairs(cell)]
    if "between" in mine and not mine["between"].startswith("!"):
        asked = [pair for a, b in pairs(mine["between"]) for pair in ((a, b), (b, a))]
    else:
        places = {place for pair in listed for place in pair}
        ends: list[list[str]] = []
        for column in ("from", "to"):
            cell = mine.get(column, "!")
            named = places | _named(cells, column) if cell.startswith("!") else words(cell, {})[0]
            ends.append([*sorted(named), OTHER] if cell.startswith("!") else sorted(named))
        asked = list(product(*ends))  # type: ignore[arg-type]
    for start, end in asked:
        yield _haul(start, end)


def _countries(cells: Part) -> Iterator[Fact]:
    """Countries of the haul, the origin and the destination: those named, and three more of either tariff policy."""
    named = set().union(*(words(cell, {})[0] for column, cell in cells if column != "traffic"))
    fresh = [*sorted(CIS_TARIFF_POLICY - named)[:3], *(f"{OTHER} {n}" for n in (1, 2, 3))]
    for here, origin, destination in product([*sorted(named), *fresh], repeat=3):
        goods = replace(GOODS, origin_country=origin, destination_country=destination)
        yield Fact(replace(THING, country=here), goods, f"country {here}, from {origin} to {destination}")
