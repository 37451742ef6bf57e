"""The lists of a template: names that are read back as one thing and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optimizer.databook import DataBook
from optimizer.intake.lookup import Lookup
from optimizer.money import CURRENCIES
from optimizer.template.columns import CARRIERS, OBJECTIVES, OWNERSHIPS, PER

Words = Mapping[str, str]  # id to the word that stands for it


def lists_of(book: DataBook, lang: str) -> dict[str, Words]:
    """By list the word for every id, in order of the words.

    A name that would be a question when it is read back gives way to the other language's, then to the id.
    """
    at = int(lang == "ru")
    lookup = Lookup(book.places, book.cargoes, book.equipment)

    def pair(english: str, russian: str) -> tuple[str, ...]:
        return (russian, english) if at else (english, russian)

    def place(text: str) -> str:
        found = lookup.place(text, "origin")
        return found.id if not any(note.weight != "info" for note in found.notes) else ""

    def goods(text: str) -> str:
        found = lookup.cargo(text, "")
        return found.id if not any(note.weight != "info" for note in found.notes) else ""

    def wagon(text: str) -> str:
        found = lookup.wagon(text)
        return found.id if not any(note.weight != "info" for note in found.notes) else ""

    places = {p.id: _word(p.id, pair(p.name_en, p.name_ru), place) for p in book.network.places.values()}
    cargoes = {c.id: _word(c.id, pair(c.name_en, c.name_ru), goods) for c in book.cargoes.values()}
    wagons = {e.id: _word(e.id, pair(e.name_en, e.name_ru), wagon) for e in book.equipment.values()}
    small = {"ownership": OWNERSHIPS, "objective": OBJECTIVES, "per": PER, "carrier": CARRIERS}
    return {
        **{
            name: dict(sorted(words.items(), key=lambda item: item[1].casefold()))
            for name, words in (("places", places), ("cargo", cargoes), ("equipment", wagons))
        },
        **{name: {key: names[at] for key, names in rows} for name, rows in small.items()},
        "currency": {code: code for code in sorted(CURRENCIES)},
    }


def _word(own_id: str, names: tuple[str, ...], read: Callable[[str], str]) -> str:
    """The first name that is read as this id; the id where none is."""
    return next((name for name in names if name and read(name) == own_id), own_id)
