"""Rows of requests: what is to be carried, from where to where, in what, when."""

from __future__ import annotations

import datetime as dt
import re
from typing import cast

from optimizer.deal import CHOICES
from optimizer.intake.context import Context, Outcome, Parts, cached, corrupt, keyed, ordered, raw, shown, unkeyed
from optimizer.intake.lookup import Found
from optimizer.intake.model import Note
from optimizer.intake.much import Much, MuchReader
from optimizer.intake.notes import make
from optimizer.intake.remark import Remark, remark_in
from optimizer.intake.riding import Riding, RidingReader
from optimizer.intake.units import currency_in
from optimizer.intake.words import tidy
from optimizer.money import CURRENCIES
from optimizer.sheet.model import Cell, Row
from optimizer.shipment import OBJECTIVES

ESSENTIAL = ("origin", "destination", "cargo", "tonnes", "units", "ready_date")
NUMBERS = ("tonnes", "units", "price_per_tonne")
DAYS = ("ready_date", "due_date")
_SUSPECT = frozenset("=@+-#\t\r ")
_SAME = ("origin", "destination", "via", "cargo", "tonnes", "ready_date", "client", "due_date", "objective", "currency")
_OBJECTIVES = {
    "цена": "cost", "стоимость": "cost", "дешево": "cost", "дешевле": "cost", "price": "cost", "cheapest": "cost", "срок": "time",
    "быстро": "time", "быстрее": "time", "время": "time", "fastest": "time", "speed": "time", "co2": "emissions", "выбросы": "emissions",
    "эко": "emissions", "greenest": "emissions",
}  # fmt: skip


class Shipments(Parts):
    """Reads rows of one sheet, top to bottom; remembers ids and shipments seen."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.riding = RidingReader(context)
        self.known = [(name, c.index) for name, c in self.columns.items()]
        self.more_codes = [c.index for c in context.layout.all_of("cargo_codes")[1:]]
        self.seen_ids: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.seen: dict[tuple[str, ...], list[tuple[int, dict[str, str]]]] = {}
        self._end = cached(self._end_once)
        self._via = cached(self._via_once)
        self._goods = cached(self._goods_once)
        self._much = cached(MuchReader(context).read)
        self._riding = cached(self.riding.read)
        self._ready = cached(self._ready_once)
        self._due = cached(self._due_once)
        self._said = cached(self._said_once)
        self._money = cached(self._money_once)
        self._shut = cached(self._shut_once)

    def read(self, row: Row) -> Outcome:
        """One row of goods."""
        cells = row.cells
        width = len(cells)
        at: dict[str, Cell] = {name: cells[i] for name, i in self.known if i < width and cells[i] != ""}
        notes: list[Note] = []
        rejected = False
        for name, cell in [
            (n, c) for n, c in at.items() if (type(c) is not str or c[0] in _SUSPECT or "\0" in c) and corrupt(c)
        ]:
            # A plain sum of numbers is read as one; every other formula is nobody's value.
            if corrupt(cell) == "formula" and name in NUMBERS:
                continue
            notes.append(make(corrupt(cell), name, raw(cell), self.letter(name)))
            rejected = rejected or name in ESSENTIAL
            del at[name]
        get = at.get
        fields: dict[str, str] = {}
        shipment_id = raw(get("shipment_id", "")).strip()
        if shipment_id:
            fields["shipment_id"] = tidy(shipment_id)
        if client := get("client"):
            fields["client"] = tidy(raw(client))
        origin = cast(Found, self._end("origin", raw(get("origin", "")), raw(get("origin_code", ""))))
        destination = cast(
            Found, self._end("destination", raw(get("destination", "")), raw(get("destination_code", "")))
        )
        via, via_ids, via_notes = cast(tuple[str, tuple[str, ...], tuple[Note, ...]], self._via(raw(get("via", ""))))
        codes = raw(get("cargo_codes", ""))
        for index in self.more_codes:  # ЕТСНГ and ГНГ in columns of their own
            if index < width and cells[index] != "" and not corrupt(cells[index]):
                codes = f"{codes}/{raw(cells[index])}" if codes.strip() else raw(cells[index])
        goods = cast(Found, self._goods(raw(get("cargo", "")), codes))
        much = cast(Much, self._much(keyed(get("tonnes", "")), keyed(get("units", "")), raw(get("mass_unit", ""))))
        said, remark, said_notes = cast(tuple[str, Remark, tuple[Note, ...]], self._said(self._remark(row)))
        riding = cast(
            Riding,
            self._riding(
                raw(get("equipment", "")),
                raw(get("ownership", "")),
                goods.wagons,
                much.wagons,
                self.context.lookup.said(said),
                much.units,
            ),
        )
        if much.teu and riding.units:
            riding = self.riding.boxes_of(riding)
        ready, ready_notes, unusable = cast(
            tuple[str, tuple[Note, ...], bool], self._ready(keyed(get("ready_date", "")))
        )
        due, due_notes = cast(tuple[str, tuple[Note, ...]], self._due(keyed(get("due_date", ""))))
        rejected = rejected or unusable
        money, money_notes = cast(
            tuple[dict[str, str], tuple[Note, ...]],
            self._money(
                raw(get("currency", "")),
                keyed(get("price_per_tonne", "")),
                raw(get("objective", "")),
                raw(get("basis", "")),
                raw(get("deal", "")),
            ),
        )
        for told in (
            origin.notes,
            destination.notes,
            goods.notes,
            via_notes,
            much.notes,
            riding.notes,
            ready_notes,
            due_notes,
            money_notes,
            said_notes,
        ):
            if told:
                notes += told
        if any(note.weight == "fault" for note in much.notes):
            rejected = True  # "1e999" beside twenty wagons: whoever wrote it, nothing of how much can be believed
        elif much.tonnes is None and not riding.units:
            if not any(note.weight == "question" for note in (*much.notes, *riding.notes)):
                letter = self.letter("tonnes") or self.letter("units")
                notes.append(make("missing_tonnes", "tonnes", raw(get("tonnes", "")), letter))
        elif riding.units and much.tonnes is not None:
            notes += self.riding.load(goods.id, riding.equipment, riding.units, much.tonnes)
        _put(fields, "origin", origin.id)
        _put(fields, "destination", destination.id)
        _put(fields, "via", via)
        _put(fields, "cargo", goods.id)
        _put(fields, "cargo_codes", goods.text)
        if much.tonnes is not None:
            fields["tonnes"] = format(much.tonnes, "f")
        if riding.units:
            fields["units"] = str(riding.units)
        _put(fields, "equipment", riding.equipment)
        _put(fields, "ownership", riding.ownership)
        _put(fields, "ready_date", ready)
        _put(fields, "due_date", due)
        fields.update(money)
        basis = fields.get("basis") or origin.basis or destination.basis or ("" if remark.basis_open else remark.basis)
        _put(fields, "basis", basis)
        if basis and basis in CHOICES["delivery"] and "delivery=" not in fields.get("deal", ""):
            fields["deal"] = ";".join(filter(None, (fields.get("deal", ""), f"delivery={basis}")))
        _put(fields, "remarks", said)
        if origin.id and origin.id == destination.id:
            notes.append(
                make(
                    "same_place",
                    "destination",
                    raw(get("destination", "")),
                    self.letter("destination"),
                    read=origin.id,
                )
            )
        if due and ready and due < ready:
            notes.append(
                make(
                    "due_before_ready",
                    "due_date",
                    raw(get("due_date", "")),
                    self.letter("due_date"),
                    due=due,
                    ready=ready,
                )
            )
        if ready and not unusable:
            places = tuple(dict.fromkeys((*via_ids, *origin.ids[:1], *destination.ids[:1])))
            closed = cast(
                tuple[Note, ...],
                self._shut(
                    places,
                    ready,
                    goods.id,
                    riding.equipment,
                    riding.ownership,
                    origin.id,
                    destination.id,
                    raw(get("via", "")),
                ),
            )
            notes += closed
            if remark.border_doubt and not closed:
                notes.append(make("border_doubt", "remarks", said, self.remark_letter))
        elif remark.border_doubt:
            notes.append(make("border_doubt", "remarks", said, self.remark_letter))
        if (
            "origin_code" in self.columns
            and "cargo_codes" in self.columns
            and not goods.text
            and "origin_code" not in at
        ):
            notes.append(make("no_codes", "cargo_codes", "", self.letter("cargo_codes")))
        if not rejected:
            notes += self._repeats(row.number, fields)
        return Outcome(fields, ordered(notes) if notes else (), rejected)

    # ---- parts of a row ------------------------------------------------------------------------------

    def _remark(self, row: Row) -> str:
        if not self.remarks:
            return ""
        texts = [raw(row.cells[c.index]) for c in self.remarks if c.index < len(row.cells)]
        return "; ".join(text for text in texts if text.strip() and not corrupt(text))

    def _end_once(self, name: str, text: str, code: str) -> Found:
        """Origin or destination: its name, its code, or both."""
        letter = self.letter(name) or self.letter(f"{name}_code")
        if not text.strip(" -—–?") and not code.strip(" -—–?"):
            return Found("", (make(f"missing_{name}", name, text, letter),))
        return self.context.lookup.place(text if text.strip(" -—–?") else "", name, letter, code)

    def _via_once(self, text: str) -> tuple[str, tuple[str, ...], tuple[Note, ...]]:
        """Crossings to pass: (ids parted by ;, all ids that may be meant, notes)."""
        plain = tidy(text).strip(" -—–?")
        if not plain:
            return "", (), ()
        letter, lookup = self.letter("via"), self.context.lookup
        whole = lookup.place(text, "via", letter)
        if whole.id:
            return whole.id, whole.ids, whole.notes
        either = re.split(r"\s*(?:/|\bили\b|\bor\b|\|)\s*", plain)
        several = either if len(either) > 1 else re.split(r"\s*(?:,|;|\+|\s-\s|\s–\s|->|→)\s*", plain)
        found = [lookup.place(part, "via", letter) for part in several if part]
        ids = tuple(i for f in found for i in (f.ids or ((f.id,) if f.id else ())))
        if len(either) > 1 and ids:
            return "", ids, (make("via_alternatives", "via", text, letter),)
        if len(found) > 1 and all(f.id for f in found):
            return ";".join(f.id for f in found), ids, tuple(n for f in found for n in f.notes)
        if whole.ids:
            names = " or ".join(whole.ids)
            return (
                "",
                whole.ids,
                (make("ambiguous_via", "via", text, letter, candidates=names, candidates_ru=" или ".join(whole.ids)),),
            )
        return "", ids, (make("unknown_via", "via", text, letter),)

    def _goods_once(self, text: str, codes: str) -> Found:
        """Cargo by name and codes together."""
        name = "" if not text.strip(" -—–?") else text
        if not codes.strip() and re.fullmatch(r"[\d\s./]+", name):
            name, codes = "", name
        letter = self.letter("cargo")
        return self.context.lookup.cargo(name, codes, (letter, self.letter("cargo_codes") or letter))

    def _ready_once(self, cell: object) -> tuple[str, tuple[Note, ...], bool]:
        """The ready date, its notes, and whether it rejects the row."""
        letter, text = self.letter("ready_date"), shown(cell)
        if not text.strip(" -—–?"):
            return "", (make("no_date", "ready_date", text, letter),) if "ready_date" in self.columns else (), False
        read = self.context.day(unkeyed(cell))
        first, last = (d.isoformat() if d else "" for d in (read.first, read.last))
        if read.code == "impossible_date":
            return "", (make("impossible_date", "ready_date", text, letter),), True
        if read.code in ("not_a_date", "until"):
            return "", (make("date_unclear", "ready_date", text, letter),), False
        if read.code in ("month_only", "asap"):
            return "", (make(read.code, "ready_date", text, letter),), False
        if read.code == "ambiguous_date":
            return "", (make("ambiguous_date", "ready_date", text, letter, low=first, high=read.other),), False
        notes = [make(read.code, "ready_date", text, letter, read=first)] if read.code else []
        asked = self.context.facts.get("asked_on", "")
        if asked and first < asked and (last or first) < asked:
            notes.append(make("past_date", "ready_date", text, letter, read=first, asked=asked))
        return first, tuple(notes), False

    def _due_once(self, cell: object) -> tuple[str, tuple[Note, ...]]:
        letter, text = self.letter("due_date"), shown(cell)
        if not text.strip(" -—–?"):
            return "", ()
        read = self.context.day(unkeyed(cell))
        if read.code in ("impossible_date", "not_a_date", "asap"):
            kept = "impossible_date" if read.code == "impossible_date" else "text_kept"
            return "", (make(kept, "due_date", text, letter),)
        if read.code == "ambiguous_date" and read.first:
            return "", (make("ambiguous_date", "due_date", text, letter, low=read.first, high=read.other),)
        # Of a month or window the last day is the latest arrival.
        last = (read.last or read.first or dt.date.min).isoformat()
        code = {"month_only": "date_form", "window": "date_form", "until": ""}.get(read.code, read.code)
        return last, (make(code, "due_date", text, letter, read=last),) if code else ()

    def _money_once(
        self, currency: str, price: object, objective: str, basis: str, deal: str
    ) -> tuple[dict[str, str], tuple[Note, ...]]:
        """Currency, price of the goods, what is sought, terms."""
        found: dict[str, str] = {}
        notes: list[Note] = []
        if text := tidy(currency).strip(" -—–"):
            code = currency_in(text) or (text.upper() if text.upper() in CURRENCIES else "")
            if code:
                found["currency"] = code
            else:
                notes.append(make("unknown_currency", "currency", currency, self.letter("currency")))
        if price != "":
            self._price(price, found, notes)
        if text := tidy(objective).casefold().strip(" -—–"):
            word = _OBJECTIVES.get(text, text)
            if word in OBJECTIVES:
                found["objective"] = word
            else:
                notes.append(make("text_kept", "objective", objective, self.letter("objective")))
        if text := tidy(basis).strip(" -—–"):
            said = remark_in(text)
            if said.basis and not said.basis_open:
                found["basis"] = said.basis
            else:
                notes.append(make("basis_unclear", "basis", basis, self.letter("basis")))
        if text := tidy(deal):
            found["deal"] = text
        return found, tuple(notes)

    def _price(self, price: object, found: dict[str, str], notes: list[Note]) -> None:
        from optimizer.intake.money import price_in

        column = self.columns["price_per_tonne"]
        text = shown(price)
        read = price_in(unkeyed(price), self.context.style(column))
        if read.fault:
            if text.strip(" -—–"):
                notes.append(make(read.fault, "price_per_tonne", text, column.letter))
            return
        if read.amount.code == "ambiguous_number":
            notes.append(
                make("price_unclear", "price_per_tonne", text, column.letter, low=read.value, high=read.amount.other)
            )
            return
        found["price_per_tonne"] = format(read.value, "f")
        if (code := read.currency or column.heading.currency) and "currency" not in found:
            found["currency"] = code
        if read.amount.code:
            notes.append(make(read.amount.code, "price_per_tonne", text, column.letter, read=read.value))

    def _said_once(self, text: str) -> tuple[str, Remark, tuple[Note, ...]]:
        """The remark, what it says, and the notes of that."""
        said, letter = remark_in(text), self.remark_letter
        plain = tidy(text)
        notes: list[Note] = []
        if said.basis_open:
            notes.append(make("basis_unclear", "remarks", text, letter))
        for code, told in (
            ("empty_return", said.empty_return),
            ("payer_codes", said.payer_codes),
            ("remark_asks", said.open or (said.duplicate and "?" in plain)),
            ("remark_binds", said.condition and not said.open),
        ):
            if told:
                notes.append(make(code, "remarks", text, letter))
        return plain, said, tuple(notes)

    def _shut_once(
        self,
        places: tuple[str, ...],
        ready: str,
        cargo: str,
        equipment: str,
        ownership: str,
        origin: str,
        destination: str,
        text: str,
    ) -> tuple[Note, ...]:
        """A question, where the way named goes over a border that is shut on the day."""
        if self.context.shut is None or not places:
            return ()
        closed = self.context.shut(
            places, dt.date.fromisoformat(ready), cargo, equipment, ownership, origin, destination
        )
        if closed is None:
            return ()
        words = {"read": closed.place, "read_ru": closed.place_ru, "day": ready, "document": closed.document}
        return (make("closed_crossing", "via", text, self.letter("via"), **words),)

    def _repeats(self, line: int, fields: dict[str, str]) -> list[Note]:
        """The same id, or the same shipment, as an earlier row."""
        notes: list[Note] = []
        same = tuple(fields.get(name, "") for name in _SAME)
        got = fields.get("shipment_id", "")
        twin = None
        if fields.get("origin") and fields.get("destination") and (fields.get("tonnes") or fields.get("units")):
            for earlier, other in self.seen.get(same, ()):
                if all(
                    fields.get(n, other.get(n)) == other.get(n, fields.get(n))
                    for n in ("units", "equipment", "ownership", "price_per_tonne")
                ):
                    twin = earlier
                    break
            self.seen.setdefault(same, []).append((line, fields))
        if got:
            first = self.seen_ids.get(got)
            if first is None:
                self.seen_ids[got] = (line, same)
            elif twin is None:
                notes.append(make("repeated_id", "shipment_id", got, self.letter("shipment_id"), line=first[0]))
        if twin is not None:
            notes.append(make("probable_duplicate", "shipment_id", got, self.letter("shipment_id"), line=twin))
        return notes


def _put(fields: dict[str, str], name: str, value: str) -> None:
    if value:
        fields[name] = value
