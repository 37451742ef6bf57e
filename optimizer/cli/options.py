"""Options several commands share: each is declared once, with its help, its default and the name it has in a request.

A command names, in the order of its help, which options of a lane it takes, and is handed them as one `Asked`:

    @app.command()
    @asks(*LANE, "rank", "known_on", "book")
    def first(asked: Asked, rank: Rank = 1) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from optimizer.cli.edge import load, today

if TYPE_CHECKING:
    from optimizer.databook import DataBook
    from optimizer.request import Job, QuoteRequest

Books = Annotated[
    list[Path] | None, typer.Option("--book", help="A tariff book of your own, laid over the default ones.")
]
FxFile = Annotated[Path | None, typer.Option("--fx", help="Your exchange rates: currency,per_usd,date[,kind].")]
PlacesFile = Annotated[
    Path | None, typer.Option("--places", help="Your own stations and warehouses: id,name,tied_to,distance_km,by.")
]
Timetable = Annotated[
    Path | None,
    typer.Option("--timetable", help="Departures you know: from_id,to_id,kind,weekdays,departs_at,cutoff_h ..."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON alone on standard output.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a lane: options of the command line, as typed. All but the files are fields of a request."""

    origin: Annotated[str, typer.Argument(help="Place: id, ESR or UN/LOCODE code, English or Russian name.")]
    destination: Annotated[str, typer.Argument(help="Place, as above.")]
    cargo: Annotated[str, typer.Option("--cargo", help="Cargo: id, English or Russian name, HS, GNG or ETSNG code.")]
    tonnes: Annotated[str, typer.Option(help="Mass in tonnes.")] = ""
    units: Annotated[str, typer.Option(help="Wagons, containers or trucks.")] = ""
    equipment: Annotated[str, typer.Option("--equipment", help="How the cargo leaves the origin.")] = ""
    ownership: Annotated[str, typer.Option(help="private (SOC), carrier (COC) or foreign.")] = ""
    ready: Annotated[str, typer.Option(help="Ready date, YYYY-MM-DD; default today.")] = ""
    due: Annotated[str, typer.Option(help="Latest arrival, YYYY-MM-DD.")] = ""
    chance: Annotated[str, typer.Option(help="Of arriving by the due date: 0.9 or 90%; else the expected day.")] = ""
    known_on: Annotated[str, typer.Option("--known-on", help="Use only what had been issued by this day.")] = ""
    objective: Annotated[str, typer.Option(help="cost, time or emissions.")] = "cost"
    pareto: Annotated[bool, typer.Option("--pareto", help="The full Pareto set of money, time and emissions.")] = False
    alternatives: Annotated[int, typer.Option(help="How many other routes to show.")] = 6
    mode: Annotated[list[str] | None, typer.Option("--mode", help="Allow only these modes: rail, road, sea.")] = None
    via: Annotated[list[str] | None, typer.Option(help="Pass this place.")] = None
    avoid: Annotated[list[str] | None, typer.Option(help="Avoid a place, a country (IR) or a carrier (TDY).")] = None
    ignore_restriction: Annotated[
        list[str] | None, typer.Option("--ignore-restriction", help="Treat this restriction as absent.")
    ] = None
    book: Books = None
    fx: FxFile = None
    places: PlacesFile = None
    timetable: Timetable = None
    currency: Annotated[str, typer.Option(help="Currency of the quote.")] = "USD"
    value: Annotated[str, typer.Option(help="Value of the goods in USD, for insurance.")] = ""
    incoterm: Annotated[
        str,
        typer.Option(help="Whose lines are whose: FCA, CPT, DAP, FOB or CFR, with a place or not: 'DAP Saryagash'."),
    ] = ""
    margin: Annotated[str, typer.Option(help="What is added for the client: 5%, 3 USD/t, 40 USD/unit, 150 USD.")] = ""
    deal: Annotated[
        list[str] | None,
        typer.Option(
            "--deal", help="What was agreed: paired=yes, train=container, return_trip=loaded, wait_days=10 ..."
        ),
    ] = None

    def load(self) -> DataBook:
        """The default data book with the files named over it."""
        return load(self.book, self.fx, self.places, self.timetable)

    def request(self, **own: Any) -> QuoteRequest:
        """The request the options make; `own`: fields the command sets itself."""
        from optimizer.request import QuoteRequest

        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in FILES}
        several = {name: tuple(named[name] or ()) for name in SEVERAL}
        return QuoteRequest(**{**named, **several, **own})

    def job(self, data: DataBook, **own: Any) -> Job:
        """The same, checked and normalised, as asked today."""
        from optimizer.request import normalise

        return normalise(self.request(**own), data, today())


LANE = ("origin", "destination", "cargo", "tonnes", "units", "equipment", "ownership", "ready")
WAYS = ("mode", "via", "avoid", "ignore_restriction")
FILES = ("book", "fx", "places", "timetable")
MONEY = ("currency", "value")
SEVERAL = (*WAYS, "deal")  # given as often as wanted


def asks(*order: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a command of a function that takes an `Asked` first, and options of its own.

    Args:
        order: names of options in the order of the help: those of a lane, and those of the function's own that stand
            among them; its other ones come last. One of its own goes before one of a lane of the same name.

    >>> @asks("origin", "rank", "destination", "cargo")
    ... def first(asked: Asked, rank: int = 1, as_json: bool = False) -> None:
    ...     print(asked.origin, asked.units or "any", rank)
    >>> first(origin="Almaty", destination="Mary", cargo="wheat", rank=2, as_json=False)
    Almaty any 2
    >>> list(signature(first).parameters)
    ['origin', 'rank', 'destination', 'cargo', 'as_json']
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        _, *mine = signature(command, eval_str=True).parameters.values()
        own = {option.name: option.replace(kind=Parameter.KEYWORD_ONLY) for option in mine}
        options = [own.get(name) or _OF_A_LANE[name] for name in order]
        options += [option for name, option in own.items() if name not in order]

        @wraps(command)
        def run(**given: Any) -> None:
            asked = Asked(**{name: value for name, value in given.items() if name in _OF_A_LANE})
            command(asked, **{name: given[name] for name in own})

        run.__signature__ = Signature(options)  # type: ignore[attr-defined]
        run.__annotations__ = {option.name: option.annotation for option in options}
        return run

    return decorate


_HINTS = get_type_hints(Asked, include_extras=True)
_OF_A_LANE = {
    f.name: Parameter(
        f.name,
        Parameter.KEYWORD_ONLY,
        default=Parameter.empty if f.default is MISSING else f.default,
        annotation=_HINTS[f.name],
    )
    for f in fields(Asked)
}
