"""The network as GeoJSON (RFC 7946): places as points, links as straight lines between them.

Lines join the two ends; no track geometry is kept, so lengths come from `length_km`, never from the map.
"""

from __future__ import annotations

from typing import Any

from optimizer.network.model import Network, Place

DIGITS = 5  # about one metre, far finer than any position here


def _position(place: Place) -> list[float]:
    return [round(place.lon, DIGITS), round(place.lat, DIGITS)]


def _feature(geometry: dict[str, Any], feature_id: str, properties: dict[str, object]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": feature_id,
        "geometry": geometry,
        "properties": {name: value for name, value in properties.items() if value not in ("", None, [])},
    }


def _point(place: Place) -> dict[str, Any]:
    return _feature(
        {"type": "Point", "coordinates": _position(place)},
        place.id,
        {
            "id": place.id,
            "feature": "place",
            "name_en": place.name_en,
            "name_ru": place.name_ru,
            "country": place.country,
            "kind": place.kind,
            "gauges": list(place.gauges),
            "esr_code": place.esr_code,
            "unlocode": place.unlocode,
            "source_id": place.source_id,
            "status": place.status,
        },
    )


def to_geojson(network: Network) -> dict[str, Any]:
    """A FeatureCollection of all places and links.

    Every feature has `feature` (place, section, service, crossing, join), `source_id` and `status`;
    lines also have `mode`, `from_id`, `to_id` and `state`. Coordinates are longitude, latitude.

    >>> from optimizer.network.read import read_network
    >>> collection = to_geojson(read_network())
    >>> collection["type"], len(collection["features"]) > 600
    ('FeatureCollection', True)
    """
    features = [_point(place) for place in network.places.values()]
    seen: dict[str, int] = {}

    def line(feature: str, mode: str, a: str, b: str, **properties: object) -> None:
        ends = [network.places[a], network.places[b]]
        name = f"{mode}-{feature}:{a}~{b}"
        seen[name] = seen.get(name, 0) + 1
        feature_id = name if seen[name] == 1 else f"{name}:{seen[name]}"
        features.append(
            _feature(
                {"type": "LineString", "coordinates": [_position(end) for end in ends]},
                feature_id,
                {"id": feature_id, "feature": feature, "mode": mode, "from_id": a, "to_id": b, **properties},
            )
        )

    for rail in network.rail_sections:
        line(
            *("section", "rail", rail.from_id, rail.to_id),
            length_km=rail.length_km,
            gauges=list(rail.gauges),
            operator=rail.operator,
            state=rail.state,
            source_id=rail.source_id,
            status=rail.status,
        )
    for road in network.road_sections:
        line(
            *("section", "road", road.from_id, road.to_id),
            length_km=road.length_km,
            road_class=road.road_class,
            state=road.state,
            source_id=road.source_id,
            status=road.status,
        )
    for sea in network.sea_services:
        line(
            *("service", "sea", sea.from_id, sea.to_id),
            length_km=round(sea.distance_km, 1),
            kind=sea.kind,
            operator=sea.operator,
            state=sea.state,
            source_id=sea.source_id,
            status=sea.status,
        )
    for post in network.road_crossings:
        line(
            *("crossing", "road", post.from_id, post.to_id),
            state=post.state,
            dwell_h=post.dwell_h,
            source_id=post.source_id,
            status=post.status,
        )
    for border in network.rail_crossings:
        line(
            *("crossing", "rail", border.from_id, border.to_id),
            kind=border.kind,
            dwell_h=border.dwell_h,
            months=sorted(border.months),
            source_id=border.source_id,
            status=border.status,
        )
    for join in network.joins:
        line(
            *("join", "road" if join.by == "road" else "rail", join.a_id, join.b_id),
            length_km=join.distance_km,
            state=join.state,
            source_id=join.source_id,
            status=join.status,
        )
    return {"type": "FeatureCollection", "features": features}
