"""Probes and published limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.errors import declared
from api.schemas import (
    MOST_BODY_BYTES,
    MOST_DIGITS,
    MOST_LETTERS,
    MOST_LISTED_PLACES,
    MOST_VIA,
    Health,
    LimitList,
    Ready,
    Versions,
)
from optimizer import request as engine
from optimizer.store import MOST_LISTED

if TYPE_CHECKING:
    from api.app import Desk

router = APIRouter(tags=["service"])


@router.get("/healthz", operation_id="getHealth", responses=declared(), summary="Whether the process answers")
async def healthz() -> Health:
    return Health(status="ok")


@router.get(
    "/readyz", operation_id="getReadiness", responses=declared(503), summary="Whether quotes can be made and stored"
)
async def readyz(request: Request) -> Ready:
    """200 once the data book is loaded and the store answers; says which data is at hand."""
    desk: Desk = request.app.state.desk
    await run_in_threadpool(desk.store.check)
    return Ready(status="ready", versions=Versions(**desk.book.versions))


@router.get("/v1/limits", operation_id="getLimits", responses=declared(), summary="What one request may ask")
async def limits() -> LimitList:
    from api.app import MOST_WAITING

    return LimitList(
        json_body_bytes=MOST_BODY_BYTES,
        text_letters=MOST_LETTERS,
        number_digits=MOST_DIGITS,
        alternatives=engine.MOST_ALTERNATIVES,
        via=MOST_VIA,
        avoid=MOST_VIA,
        ignore_restriction=MOST_VIA,
        tonnes=f"{engine.MOST_TONNES:f}",
        units=engine.MOST_UNITS,
        earliest_ready=engine.EARLIEST.isoformat(),
        ready_days_ahead=engine.LATEST_AHEAD_DAYS,
        quotes_listed=MOST_LISTED,
        places_listed=MOST_LISTED_PLACES,
        quotes_waiting=MOST_WAITING,
    )
