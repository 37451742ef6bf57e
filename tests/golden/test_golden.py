"""Six quotes as short text, compared letter by letter: a change of data shows its effect on prices in the diff.

To accept new prices, look at what changed and rewrite the texts:

    KERUEN_UPDATE_GOLDEN=1 python -m pytest tests/golden && git diff tests/golden
"""

from __future__ import annotations

import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
GOLDEN: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "kokshetau-bandar-abbas-wheat-2025": (
        "Kokshetau",
        "Bandar Abbas",
        "wheat",
        {"tonnes": 3000, "ready": "2025-11-25", "mode": ("rail", "sea")},
    ),
    "kokshetau-tehran-wheat": ("Kokshetau", "Tehran", "wheat", {"tonnes": 3000, "ready": "2026-11-22"}),
    "kostanay-herat-flour": ("Kostanay", "Herat", "flour", {"tonnes": 1320, "ready": "2026-11-22"}),
    "altynkol-tehran-40ft": (
        "kz-altynkol",
        "Tehran",
        "general",
        {"units": 40, "equipment": "container-40", "ready": "2026-11-22"},
    ),
    "ashgabat-atyrau-tomatoes": (
        "Ashgabat",
        "Atyrau",
        "tomatoes",
        {"tonnes": 172, "equipment": "reefer-truck", "ready": "2026-11-22"},
    ),
    "kostanay-peshawar-wheat": ("Kostanay", "Peshawar", "wheat", {"tonnes": 680, "ready": "2026-11-22"}),
}


def way_line(it: dict[str, Any]) -> str:
    """Kokshetau ~ rail KTZ 2569 km ~ Bolashak [border 2 h] ~ rail TDY 718 km ~ Akyayla ..."""
    parts = [it["legs"][0]["from"]["name"]]
    for leg in it["legs"]:
        hours = f"{leg['expected_hours']:.0f} h"
        if leg["kind"] == "haul":
            parts.append(f"{leg['mode']} {leg['carrier'] or leg['service']} {leg['distance_km']:.0f} km {hours}")
            parts.append(leg["to"]["name"])
        elif leg["kind"] == "border":
            parts[-1] += f" [border, {hours}]"
            parts.append(leg["to"]["name"])
        else:
            parts[-1] += f" [{leg['service']}, {hours}]"
    return " ~ ".join(parts)


def told(quote: dict[str, Any]) -> str:
    """The best way in full and every other way in a line."""
    request = quote["request"]
    best = quote["itineraries"][0]
    lines = [
        f"{request['origin']} - {request['destination']}, {request['cargo']}, {request['tonnes']} t in {request['units']} x {request['equipment']} "
        f"({request['ownership']}), ready {request['ready']}, asked on {request['as_of']}",
        "",
        way_line(best),
        "",
    ]
    groups: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rules: dict[tuple[str, str], set[str]] = defaultdict(set)
    for c in best["charges"]:
        groups[c["code"], c["carrier"]] += Decimal(c["amount_quote"])
        rules[c["code"], c["carrier"]].add(f"{c['rule_id']} {c['status']}")
    for (code, carrier), amount in groups.items():
        lines.append(f"{amount:>14.2f}  {code} {carrier}".rstrip() + f"  ({'; '.join(sorted(rules[code, carrier]))})")
    lines.append(f"{Decimal(best['total']['amount']):>14.2f}  {best['total']['currency']} in all, {best['per_tonne']['amount']} a tonne, "
                 f"{best['transit']['p50_hours'] / 24:.1f} days, {best['co2e_kg'] / 1000:.0f} t CO2e, published {best['published_share']:.0%}")  # fmt: skip
    lines.append(
        f"{'':>14}  band {best['band']['low']} to {best['band']['high']}; ties with {best['ties_with'] or 'none'}"
    )
    lines.append(f"{'':>14}  warnings: {', '.join(sorted({w['code'] for w in best['warnings']})) or 'none'}")
    lines.append("")
    for it in quote["itineraries"][1:]:
        lines.append(
            f"{it['rank']:>3}. {it['total']['amount']:>12}  {it['transit']['p50_hours'] / 24:>5.1f} d  {', '.join(it['labels'])}: {' + '.join(it['route'])}"
        )
    for row in quote["rejected"]:
        lines.append(f"shut: {row['what']} ({row['reason_code']}), {row['saving'] or 'nothing'} dearer without it")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(ask, name: str) -> None:
    origin, destination, cargo, more = GOLDEN[name]
    text = told(ask(origin, destination, cargo, alternatives=5, **more))
    file = FOLDER / f"{name}.txt"
    if os.environ.get("KERUEN_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), "prices moved; if they should, see the head of this file"


def test_no_golden_text_is_left_over() -> None:
    assert {f.stem for f in FOLDER.glob("*.txt")} == set(GOLDEN)
