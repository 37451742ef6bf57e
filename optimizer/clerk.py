"""What a tariff clerk asks of the books with the network beside them: which names exist, what applies on a way."""

from __future__ import annotations

from typing import Any

from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.quote import find_itineraries
from optimizer.render import document_of, plain
from optimizer.request import Job
from optimizer.search import Search
from optimizer.tariff.check import Known
from optimizer.tariff.rule import Rule
from optimizer.tariff.why import applied, rate_text


def known_names(book: DataBook) -> Known:
    """Every name a condition may use."""
    return Known(
        places={pid: place.country for pid, place in book.network.places.items()},
        cargoes=frozenset(book.cargoes),
        groups={cargo.id: cargo.groups for cargo in book.cargoes.values()},
        equipment={e.id: (e.family, e.feet) for e in book.equipment.values()},
        countries=frozenset(place.country for place in book.network.places.values()),
        sources=frozenset(book.network.sources),
    )


def shown(job: Job, book: DataBook, *, rank: int = 1, carrier: str = "", charge: str = "") -> list[dict[str, Any]]:
    """What applies on each priced thing of a way, and what nearly applied, as plain data.

    Raises:
        RequestError: the lane has fewer ways than `rank`.
        NoItinerary: no way exists.
    """
    search = Search(job, book)
    ways = find_itineraries(search).itineraries
    if rank > len(ways):
        raise RequestError(
            f"This lane has {len(ways)} ways, not {rank}.",
            code="unknown_rank",
            field="rank",
            hint="Give a lower --rank.",
        )
    pricer = search.lane.context.pricer
    found = []
    for placed in ways[rank - 1].charges:
        term = placed.charge.term
        subject = term.subject
        if (carrier and subject.carrier != carrier) or (charge and subject.charge != charge) or term.extra is not None:
            continue
        why = applied(pricer.books, subject, pricer.consignment)
        km = f" {subject.km} km" if subject.km else ""
        ends = f"{subject.from_id} - {subject.to_id}" if subject.from_id != subject.to_id else subject.from_id
        found.append(
            {
                "charge": subject.charge,
                "carrier": subject.carrier or subject.country,
                "haul": f"{ends}{km}".strip(" -"),
                "rule_id": term.rule.rule_id,
                "rate": rate_text(term.rule),
                "book": term.rule.book,
                "where": str(term.rule.row),
                "document": _document(term.rule, book),
                "coefficients": [
                    {
                        "coef_id": c.coef_id,
                        "value": plain(c.value),
                        "description": c.description,
                        "where": str(c.row),
                    }
                    for c in term.coefficients
                ],
                "nearly": [
                    {
                        "id": n.row_id,
                        "what": n.what,
                        "value": n.value,
                        "where": str(n.row.row),
                        "reasons": list(n.reasons),
                    }
                    for n in why.nearly
                ],
            }
        )
    return found


def _document(rule: Rule, book: DataBook) -> str:
    date = rule.dated or book.books.infos[rule.book].date
    return f"{document_of(rule, book)}{f' of {date}' if date else ''} ({rule.status})"
