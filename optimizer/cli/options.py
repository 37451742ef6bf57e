"""Options several commands share, and how they become a request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Books = Annotated[
    list[Path] | None, typer.Option("--book", help="A tariff book of your own, laid over the default ones.")
]
FxFile = Annotated[Path | None, typer.Option("--fx", help="Your exchange rates: currency,per_usd,date[,kind].")]
PlacesFile = Annotated[
    Path | None, typer.Option("--places", help="Your own stations and warehouses: id,name,tied_to,distance_km,by.")
]
Origin = Annotated[str, typer.Argument(help="Place: id, ESR or UN/LOCODE code, English or Russian name.")]
Destination = Annotated[str, typer.Argument(help="Place, as above.")]
CargoName = Annotated[str, typer.Option("--cargo", help="Cargo: id, English or Russian name, HS, GNG or ETSNG code.")]
Tonnes = Annotated[str, typer.Option(help="Mass in tonnes.")]
Units = Annotated[str, typer.Option(help="Wagons, containers or trucks.")]
EquipmentName = Annotated[str, typer.Option("--equipment", help="How the cargo leaves the origin.")]
Ownership = Annotated[str, typer.Option(help="private (SOC), carrier (COC) or foreign.")]
Ready = Annotated[str, typer.Option(help="Ready date, YYYY-MM-DD; default today.")]
KnownOn = Annotated[str, typer.Option("--known-on", help="Use only what had been issued by this day.")]
Modes = Annotated[list[str] | None, typer.Option("--mode", help="Allow only these modes: rail, road, sea.")]
Via = Annotated[list[str] | None, typer.Option(help="Pass this place.")]
Avoid = Annotated[list[str] | None, typer.Option(help="Avoid a place, a country (IR) or a carrier (TDY).")]
Ignore = Annotated[list[str] | None, typer.Option("--ignore-restriction", help="Treat this restriction as absent.")]
DealFacts = Annotated[
    list[str] | None,
    typer.Option("--deal", help="What was agreed: paired=yes, train=container, return_trip=loaded, wait_days=10 ..."),
]
Currency = Annotated[str, typer.Option(help="Currency of the quote.")]
Value = Annotated[str, typer.Option(help="Value of the goods in USD, for insurance.")]
