"""The network: finding places, and all of it as GeoJSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.errors import declared
from api.schemas import MOST_LETTERS, MOST_LISTED_PLACES, PlaceHit, PlaceList, WireError
from optimizer.network.geojson import to_geojson

if TYPE_CHECKING:
    from api.app import Desk
    from optimizer.network.model import Network
    from optimizer.network.names import Hit

router = APIRouter(tags=["network"])
GEOJSON = "application/geo+json"


@router.get("/v1/places", operation_id="searchPlaces", responses=declared(), summary="Find a place")
def search_places(
    request: Request,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=MOST_LETTERS,
            description="Id, ESR code, UN/LOCODE or name, in any alphabet, also misspelt.",
        ),
    ],
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED_PLACES)] = 8,
) -> PlaceList:
    """Places that fit, best first, with scores; nothing is chosen for the client."""
    desk: Desk = request.app.state.desk
    if "\0" in q or any("\ud800" <= ch <= "\udfff" for ch in q):
        raise WireError(422, "bad_q", "The q holds what is no letter.", field="q", hint="Give a name or code.")
    return PlaceList(query=q, places=[_hit(hit, desk.book.network) for hit in desk.book.places.search(q, limit)])


def _hit(hit: Hit, network: Network) -> PlaceHit:
    place = network.get_place(hit.place_id)
    location = network.members[place.id]
    reached = (("rail", network.rail_places), ("road", network.road_places), ("sea", network.sea_places))
    return PlaceHit(
        id=place.id,
        score=hit.score,
        matched=hit.matched,
        name_en=place.name_en,
        name_ru=place.name_ru,
        country=place.country,
        kind=place.kind,
        lat=place.lat,
        lon=place.lon,
        esr_code=place.esr_code,
        unlocode=place.unlocode,
        gauges=list(place.gauges),
        modes=[mode for mode, places in reached if not places.isdisjoint(location)],
        location=list(location),
        source_id=place.source_id,
        status=place.status,
    )


@router.get(
    "/v1/network.geojson",
    operation_id="getNetwork",
    response_class=Response,
    responses={
        **declared(),
        200: {"content": {GEOJSON: {"schema": {"type": "object"}}}, "description": "A FeatureCollection"},
    },
    summary="All places and links",
)
def network_geojson(request: Request) -> Response:
    """GeoJSON (RFC 7946). Lines join the two ends; lengths are in `length_km`, never on the map."""
    desk: Desk = request.app.state.desk
    tag = f'"{desk.book.network.version}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    text = getattr(request.app.state, "network_geojson", None)
    if text is None:
        text = json.dumps(to_geojson(desk.book.network), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        request.app.state.network_geojson = text
    return Response(text, media_type=GEOJSON, headers=headers)
