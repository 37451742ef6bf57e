"""A trader's spreadsheet to offers and elevators; every row ends as read, refused with a reason, or passed over.

Offers: one row is a buyer's price at a place for a month. Elevators: one row is a place with grain. Where the offers
have a column `origin`, a row that fills it stands for that elevator alone.

    outlet        the place the offer names: Aktau, Amirabad, Saryagash
    basis         EXW FCA FOB CFR CPT DAP, the place after it or in `outlet`
    month         or `ready_date`: a day or a month (see months)
    price         256, 256.5, 254-258 (the middle, with that band), 256±3
    band          of the price: 3 (plus or minus, in its currency) or 2%
    destination   where the goods go on to, if not the outlet: the rates of a railway ask for it
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar

from optimizer import tables
from optimizer.errors import DataError, Problem, RequestError
from optimizer.money import CURRENCIES
from optimizer.netback.months import Loading, parse_loading

OFFER_COLUMNS = (
    "offer_id",
    "outlet",
    "basis",
    "destination",
    "via",
    "cargo",
    "month",
    "price",
    "currency",
    "band",
    "tonnes",
    "equipment",
    "ownership",
    "subsidy",
    "origin",
)
ELEVATOR_COLUMNS = ("origin", "stock_t", "cost_per_t", "currency")
ALIASES = {
    "offer_id": ("id", "№", "no", "номер", "offer"),
    "outlet": ("рынок", "рынок сбыта", "пункт продажи", "место", "place", "market", "точка", "пункт"),
    "basis": ("базис", "базис поставки", "условия", "incoterm", "incoterms", "terms"),
    "destination": ("назначение", "куда", "onward", "страна назначения"),
    "via": ("через",),
    "cargo": ("груз", "культура", "товар", "commodity", "crop"),
    "month": ("ready_date", "ready", "месяц", "отгрузка", "период", "дата готовности", "shipment", "period", "дата"),
    "price": ("цена", "bid", "цена за тонну", "price_per_tonne", "price_per_t"),
    "currency": ("валюта", "вал", "ccy"),
    "band": ("разброс", "uncertainty", "plus_minus", "+/-", "±", "точность"),
    "tonnes": ("t", "тонн", "тонны", "объем", "лот", "lot", "volume", "количество", "т", "tons"),
    "equipment": ("подвижной состав", "вагон", "тип вагона"),
    "ownership": ("принадлежность", "собственность"),
    "subsidy": ("субсидия",),
    "origin": ("элеватор", "станция отправления", "откуда", "elevator", "хпп", "from", "station"),
    "stock_t": ("stock", "остаток", "запас", "tonnes", "тонн", "объем", "наличие", "t"),
    "cost_per_t": ("cost", "elevator_cost", "отгрузка, за т", "расход", "услуги элеватора", "затраты"),
}
RULES = ("EXW", "FCA", "FOB", "CFR", "CPT", "DAP")
FOOTERS = ("итого", "всего", "total", "sum", "среднее", "average", "курс", "fx", "примечание", "note", "*")
MOST_PRICE = Decimal(1_000_000_000)
MOST_TONNES = Decimal(1_000_000)
T = TypeVar("T")
YES, NO = ("yes", "true", "1", "да", "y"), ("no", "false", "0", "нет", "n", "")


@dataclass(frozen=True, slots=True)
class Offer:
    """A buyer's price, as read; places are still as typed.

    Attributes:
        low, high: of the price, in its currency.
        origin: the only elevator it is for, or "".
    """

    line: int
    offer_id: str
    outlet: str
    rule: str
    named: str
    destination: str
    via: str
    cargo: str
    loading: Loading
    price: Decimal
    low: Decimal
    high: Decimal
    currency: str
    tonnes: Decimal
    equipment: str
    ownership: str
    subsidy: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Elevator:
    """A place with grain: what lies there, and what the elevator takes for a tonne it loads."""

    line: int
    origin: str
    stock_t: Decimal | None
    cost_per_t: Decimal
    currency: str


@dataclass(slots=True)
class Sheet(Generic[T]):
    """What came of a file: rows read, rows refused, lines passed over (blank, totals, notes)."""

    file: str
    rows: list[T] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    skipped: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """read = accepted + rejected + skipped."""
        accepted, rejected = len(self.rows), len(self.refused)
        read = accepted + rejected + self.skipped
        return {"read": read, "accepted": accepted, "rejected": rejected, "skipped": self.skipped}


def read_offers(path: Path) -> Sheet[Offer]:
    """The offers of a file.

    Raises:
        DataError: the file cannot be opened or decoded, or lacks a column without which no row can be read.
    """
    columns, rows = _table(path, OFFER_COLUMNS, ("outlet", "basis", "cargo", "month", "price", "tonnes"))
    sheet: Sheet[Offer] = Sheet(path.name)
    taken: dict[str, int] = {}
    for line, cells in rows:
        if isinstance(cells, Problem):
            sheet.refused.append(cells)
        elif _passed_over(cells, ("outlet", "price")):
            sheet.skipped += 1
        else:
            _keep(sheet, line, cells, lambda n, c: _offer(n, c, taken))
    return sheet


def read_elevators(path: Path) -> Sheet[Elevator]:
    """The elevators of a file; Raises as `read_offers`."""
    columns, rows = _table(path, ELEVATOR_COLUMNS, ("origin",))
    sheet: Sheet[Elevator] = Sheet(path.name)
    for line, cells in rows:
        if isinstance(cells, Problem):
            sheet.refused.append(cells)
        elif _passed_over(cells, ("origin",)):
            sheet.skipped += 1
        else:
            _keep(sheet, line, cells, _elevator)
    return sheet


# ---- rows --------------------------------------------------------------------------------------------


def _keep(sheet: Sheet[T], line: int, cells: Mapping[str, str], make: Callable[[int, Mapping[str, str]], T]) -> None:
    try:
        for column, text in cells.items():
            if text.startswith("="):
                raise _refuse("formula", column, f"{text[:40]!r} is a formula; give its value")
            if text.startswith("#") and text.endswith(("!", "?", "/A", "Н/Д")):
                raise _refuse("spreadsheet_error", column, f"{text[:40]!r} is a spreadsheet's error; give the value")
        sheet.rows.append(make(line, cells))
    except RequestError as fault:
        value = cells.get(fault.field, "")
        text = " ".join(filter(None, (fault.message, fault.hint)))
        sheet.refused.append(Problem(fault.code, text, file=sheet.file, line=line, column=fault.field, value=value))


def _offer(line: int, cells: Mapping[str, str], taken: dict[str, int]) -> Offer:
    get = cells.get
    rule, named = _basis(get("basis", ""))
    outlet = get("outlet", "") or named
    if not outlet:
        raise _refuse("missing_outlet", "outlet", "the outlet is empty; name the place the offer is for")
    if not get("cargo", ""):
        raise _refuse("missing_cargo", "cargo", "the cargo is empty; name it")
    offer_id = get("offer_id", "") or f"line-{line}"
    if offer_id in taken:
        raise _refuse("repeated_id", "offer_id", f"{offer_id} stands on line {taken[offer_id]} already; rename one")
    currency = _currency(get("currency", ""))
    price, low, high = _price(get("price", ""), get("band", ""))
    tonnes = amount(get("tonnes", ""), "tonnes")
    if not 0 < tonnes <= MOST_TONNES:
        raise _refuse("out_of_range", "tonnes", f"{get('tonnes')!r} is not between 0 and {MOST_TONNES:,} t")
    subsidy = get("subsidy", "").lower()
    if subsidy not in (*YES, *NO):
        raise _refuse("bad_subsidy", "subsidy", f"{subsidy[:20]!r} is neither yes nor no")
    offer = Offer(
        line=line,
        offer_id=offer_id,
        outlet=outlet,
        rule=rule,
        named=named or outlet,
        destination=get("destination", ""),
        via=get("via", ""),
        cargo=get("cargo", ""),
        loading=parse_loading(get("month", "")),
        price=price,
        low=low,
        high=high,
        currency=currency,
        tonnes=tonnes,
        equipment=get("equipment", ""),
        ownership=get("ownership", ""),
        subsidy=subsidy in YES,
        origin=get("origin", ""),
    )
    taken[offer_id] = line
    return offer


def _elevator(line: int, cells: Mapping[str, str]) -> Elevator:
    stock, cost = cells.get("stock_t", ""), cells.get("cost_per_t", "")
    stock_t = amount(stock, "stock_t") if stock else None
    if stock_t is not None and not 0 < stock_t <= 100 * MOST_TONNES:
        raise _refuse("out_of_range", "stock_t", f"{stock!r} is not a stock; give tonnes above 0 or leave it empty")
    return Elevator(
        line,
        cells["origin"],
        stock_t,
        amount(cost, "cost_per_t") if cost else Decimal(0),
        _currency(cells.get("currency", "")),
    )


def _basis(text: str) -> tuple[str, str]:
    """Rule and named place of "FOB Aktau"."""
    words = text.split(maxsplit=1)
    if not words:
        raise _refuse("missing_basis", "basis", f"the basis is empty; give one of {', '.join(RULES)}")
    if words[0].upper() not in RULES:
        raise _refuse(
            "unknown_basis", "basis", f"{words[0][:20]!r} is not a basis we know; give one of {', '.join(RULES)}"
        )
    return words[0].upper(), words[1].strip(" ,-()") if len(words) > 1 else ""


def _currency(text: str) -> str:
    word = {"$": "USD", "ТЕНГЕ": "KZT", "ТГ": "KZT", "₸": "KZT", "€": "EUR", "РУБ": "RUB"}.get(
        text.upper(), text.upper()
    )
    if word and word not in CURRENCIES:
        raise _refuse("unknown_currency", "currency", f"{text[:10]!r} is not a currency we have rates of")
    return word or "USD"


def _price(text: str, band: str) -> tuple[Decimal, Decimal, Decimal]:
    """Price, low and high of "256", "254-258" or "256±3"; a band of its own column beside it.

    >>> [str(v) for v in _price("254-258", "")], [str(v) for v in _price("200", "2%")]
    (['256', '254', '258'], ['200', '196', '204'])
    """
    if match := re.fullmatch(r"\s*([\d .,]+?)\s*(?:-|–|—|\.\.|…)\s*([\d .,]+?)\s*", text):
        low, high = amount(match[1], "price"), amount(match[2], "price")
        if low > high:
            raise _refuse("bad_price", "price", f"{text!r} falls; write the lower figure first")
        if band:
            raise _refuse("two_bands", "band", f"the price {text!r} is a range already; leave the band empty")
        middle = (low + high) / 2
    else:
        body, sign, own = text.partition("±")
        if sign and band:
            raise _refuse("two_bands", "band", f"the price {text!r} holds a band already; leave the band empty")
        middle, band = amount(body, "price"), own.strip() if sign else band.lstrip("±+/- ")
        share = band.endswith("%")
        half = amount(band.rstrip("% "), "band") if band else Decimal(0)
        half = middle * half / 100 if share else half
        low, high = middle - half, middle + half
    if not 0 < low <= high <= MOST_PRICE:
        raise _refuse("bad_price", "price", f"{text!r} is not a price of a tonne above 0")
    return middle, low, high


def amount(text: str, column: str) -> Decimal:
    """A number as traders write it: 1340.5, 1 340,5, 25,000.00, 10 тыс.

    10.000 and 10,000 are refused: they are ten to one reader and ten thousand to another.

    >>> [str(amount(t, "tonnes")) for t in ("1 340,5", "25,000.00", "10 тыс. т", "5000 t")]
    ['1340.5', '25000.00', '10000', '5000']
    """
    plain = re.sub(r"[\s\u00a0\u202f']", "", text).lower()
    if not plain:
        raise _refuse(f"missing_{column}", column, f"the cell {column} is empty; give a number")
    plain = re.sub(r"(тонн[ыа]?|tonnes|tons|mt|т|t)\.?$", "", plain) if not plain.endswith("kt") else plain
    times = Decimal(1)
    if match := re.fullmatch(r"(.+?)(тыс\.?|kt|k|кт)", plain):
        plain, times = match[1], Decimal(1000)
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", plain) and not plain.startswith("0"):
        raise _refuse(
            "ambiguous_number",
            column,
            f"{text!r} may be a thousandfold more; write {plain[:-4]}{plain[-3:]} or {plain[:-4]}",
        )
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", plain):
        plain = plain.replace(".", "").replace(",", ".")
    else:
        plain = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
    if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", plain, re.ASCII):
        raise _refuse("bad_number", column, f"{text[:40]!r} is not a number above zero; write for example 1340.5")
    return Decimal(plain) * times


def _refuse(code: str, column: str, text: str) -> RequestError:
    return RequestError(f"{text[:1].upper()}{text[1:]}.", code=code, field=column)


def _passed_over(cells: Mapping[str, str], needed: Iterable[str]) -> bool:
    """Whether a line is blank, a total or a note at the foot, not a row."""
    texts = [v for v in cells.values() if v]
    if not texts:
        return True
    return texts[0].lower().startswith(FOOTERS) and not all(cells.get(name) for name in needed)


# ---- the table ---------------------------------------------------------------------------------------


def _table(
    path: Path, names: tuple[str, ...], required: tuple[str, ...]
) -> tuple[list[str], list[tuple[int, dict[str, str] | Problem]]]:
    """(our column names, rows) of a CSV with commas, semicolons or tabs; the header is the first row that holds one."""
    text = tables.decode(tables.read_bytes(path), path.name)
    first, _, rest = text.partition("\n")
    start = 1
    declared = re.fullmatch(r"sep=(.)\s*", first)
    if declared:
        text, start = rest, 2
    head = text.split("\n", 1)[0]
    delimiter = declared[1] if declared else max(";\t,", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        lines = [(reader.line_num + start - 1, cells) for cells in reader]
    except csv.Error as fault:
        line = reader.line_num + start - 1
        problem = Problem("broken_csv", f"the row cannot be read as CSV: {fault}; check its quotes", path.name, line)
        raise DataError([problem]) from fault
    while lines and not any(c.strip() for c in lines[0][1]):
        lines.pop(0)
    header = lines.pop(0) if lines else (1, [])
    columns = [_column(h, names) for h in header[1]]
    problems = [
        Problem("missing_column", f"there is no column {name}; add one", path.name, header[0], name)
        for name in required
        if name not in columns
    ]
    problems += [
        Problem("double_column", f"two columns are read as {name}; rename one", path.name, header[0], name)
        for name in sorted({c for c in columns if c and columns.count(c) > 1})
    ]
    if problems:
        raise DataError(problems)
    found: list[tuple[int, dict[str, str] | Problem]] = []
    for line, cells in lines:
        if any(c.strip() for c in cells[len(columns) :]):
            told = f"the row has {len(cells)} cells, the header {len(columns)}; quote text that holds the separator"
            found.append((line, Problem("too_many_cells", told, path.name, line, value=cells[len(columns)])))
        elif any("\0" in c for c in cells):
            found.append((line, Problem("nul_byte", "the row holds a NUL byte; delete it", path.name, line)))
        else:
            found.append((line, {c: " ".join(v.split()) for c, v in zip(columns, cells, strict=False) if c}))
    return columns, found


def _column(header: str, names: tuple[str, ...]) -> str:
    """Our name of a header, or "" for a column passed over.

    >>> _column("Базис поставки", OFFER_COLUMNS), _column("remarks", OFFER_COLUMNS)
    ('basis', '')
    """
    word = " ".join(header.split()).lower().replace("ё", "е")
    bare = re.sub(r"\s*[(,].*$", "", word)
    for form in (word, bare):
        if form.replace(" ", "_").replace("-", "_") in names:
            return form.replace(" ", "_").replace("-", "_")
        for name in names:
            if form in ALIASES.get(name, ()) or form in (a.replace("ё", "е") for a in ALIASES.get(name, ())):
                return name
    return ""
