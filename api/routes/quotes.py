"""Quotes: make, list, read, download, recompute."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Body, Header, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.errors import declared
from api.schemas import CORRIDORS, JsonRoute, Quote, QuoteList, QuoteRequest, QuoteRow, WireError
from optimizer.document.letterhead import NEUTRAL, read_letterhead
from optimizer.document.make import Form, content_of, document
from optimizer.errors import FreightError
from optimizer.store import DEFAULT_LISTED, MOST_LISTED, same_body, unknown_quote
from optimizer.wire import client_of, dumps, quote_csv

if TYPE_CHECKING:
    from api.app import Desk

log = logging.getLogger("keruen.api")
router = APIRouter(tags=["quotes"], route_class=JsonRoute)
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_QUOTE_ID = re.compile(r"q-[0-9a-f]{1,60}", re.ASCII)
_EXAMPLES = {f"{c['origin']} - {c['destination']}": {"value": c} for c in CORRIDORS}
JSON = "application/json"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Lang = Annotated[Literal["en", "ru"], Query(description="Language of the document.")]
Internal = Annotated[bool, Query(description="The desk's sheet, with what it costs us; not for a client.")]


@router.post(
    "/v1/quotes",
    operation_id="createQuote",
    status_code=201,
    response_model=Quote,
    responses=declared(400, 413, 415, 503),
    summary="Make a quote and store it",
)
async def create_quote(
    request: Request,
    asked: Annotated[QuoteRequest, Body(openapi_examples=_EXAMPLES)],
    idempotency_key: Annotated[
        str | None, Header(description="Sent again with the same body, it gives the same quote.")
    ] = None,
) -> Response:
    """One request, one stored quote. The same request on the same day and data is the same quote."""
    desk: Desk = request.app.state.desk
    if idempotency_key is None:
        quote = await desk.quote(asked.asked())
        return _created(quote["quote_id"], await run_in_threadpool(desk.store.save, quote))
    if not _KEY.fullmatch(idempotency_key):
        raise WireError(
            422,
            "bad_idempotency_key",
            "The Idempotency-Key is not 1 to 200 visible ASCII letters.",
            field="Idempotency-Key",
            hint="Use a UUID.",
        )
    # The hash is of what was understood, so spaces and the order of fields make no other request.
    body_hash = hashlib.sha256(json.dumps(asked.model_dump(), sort_keys=True).encode()).hexdigest()
    known = await run_in_threadpool(desk.store.recall, idempotency_key)
    if known is not None:
        return _created(known.quote_id, same_body(known, body_hash).body)
    quote = await desk.quote(asked.asked())
    # Another post with this key may have come first: the answer is the quote the key stands for.
    kept = await run_in_threadpool(desk.store.remember, idempotency_key, body_hash, quote)
    return _created(kept.quote_id, kept.body)


def _created(quote_id: str, body: str) -> Response:
    return Response(body, 201, {"Location": f"/v1/quotes/{quote_id}"}, media_type=JSON)


@router.get("/v1/quotes", operation_id="listQuotes", responses=declared(503), summary="Quotes, newest first")
def list_quotes(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = DEFAULT_LISTED,
    cursor: Annotated[str, Query(max_length=80, description="next_cursor of the page before.")] = "",
) -> QuoteList:
    desk: Desk = request.app.state.desk
    rows, next_cursor = desk.store.list(limit, cursor)
    return QuoteList(quotes=[QuoteRow(**row) for row in rows], next_cursor=next_cursor)


@router.get(
    "/v1/quotes/{quote_id}.csv",
    operation_id="getQuoteCsv",
    response_class=Response,
    responses={
        **declared(404, 503),
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}}},
            "description": "Every charge line; the client's lines where the quote has a margin",
        },
    },
    summary="The charge lines of a quote as CSV",
)
def get_quote_csv(request: Request, quote_id: str) -> Response:
    text = quote_csv(json.loads(_stored(request, quote_id)))
    return Response(
        text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{quote_id}.csv"'}
    )


@router.get(
    "/v1/quotes/{quote_id}.xlsx",
    operation_id="getQuoteXlsx",
    response_class=Response,
    responses={
        **declared(404, 422, 503),
        200: {
            "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
            "description": "The client's document",
        },
    },
    summary="A quote as an XLSX document",
)
def get_quote_xlsx(request: Request, quote_id: str, lang: Lang = "en", internal: Internal = False) -> Response:
    """The client's document, the same bytes each time. `internal`: the desk's sheet, with what it costs us."""
    return _document(request, quote_id, "xlsx", lang, internal)


@router.get(
    "/v1/quotes/{quote_id}.pdf",
    operation_id="getQuotePdf",
    response_class=Response,
    responses={
        **declared(404, 422, 501, 503),
        200: {
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
            "description": "The client's document",
        },
    },
    summary="A quote as a PDF document",
)
def get_quote_pdf(request: Request, quote_id: str, lang: Lang = "en", internal: Internal = False) -> Response:
    """As the XLSX. 501 where the server was installed without the extra `pdf`."""
    return _document(request, quote_id, "pdf", lang, internal)


def _document(request: Request, quote_id: str, form: Form, lang: str, internal: bool) -> Response:
    quote = json.loads(_stored(request, quote_id))
    named = os.environ.get("KERUEN_LETTERHEAD")
    try:
        letterhead = read_letterhead(Path(named)) if named else NEUTRAL
        made, _ = document(content_of(quote, lang, letterhead, internal=internal), form)
    except FreightError as fault:
        if fault.code == "pdf_extra_missing":
            raise WireError(501, fault.code, fault.message, field=fault.field, hint=fault.hint) from fault
        if fault.code == "bad_letterhead":  # where the file stands is not the client's business
            log.error("%s", fault)
            raise WireError(
                500, fault.code, "The letterhead of this service cannot be used.", hint="Tell whoever runs it."
            ) from fault
        raise
    headers = {"Content-Disposition": f'attachment; filename="{quote_id}.{form}"'}
    return Response(made, media_type=PDF if form == "pdf" else XLSX, headers=headers)


@router.get(
    "/v1/quotes/{quote_id}/client",
    operation_id="getClientQuote",
    response_class=Response,
    responses={
        **declared(404, 503),
        200: {"content": {JSON: {"schema": {"type": "object"}}}, "description": "The view"},
    },
    summary="A quote as the client may see it",
)
def get_client_quote(request: Request, quote_id: str) -> Response:
    """Sell prices, and nothing from which ours follow."""
    return Response(dumps(client_of(json.loads(_stored(request, quote_id)))), media_type=JSON)


@router.get(
    "/v1/quotes/{quote_id}",
    operation_id="getQuote",
    response_model=Quote,
    responses=declared(404, 503),
    summary="A quote as it was given",
)
def get_quote(request: Request, quote_id: str) -> Response:
    """Exactly the stored text."""
    return Response(_stored(request, quote_id), media_type=JSON)


@router.post(
    "/v1/quotes/{quote_id}/recompute",
    operation_id="recomputeQuote",
    response_model=Quote,
    responses=declared(404, 409, 503),
    summary="Compute a stored quote again",
)
async def recompute_quote(request: Request, quote_id: str) -> Response:
    """The same bytes as stored, or 409 where the data the quote rests on is no longer at hand."""
    desk: Desk = request.app.state.desk
    _check_id(quote_id)
    return Response(await desk.recompute(quote_id), media_type=JSON)


def _stored(request: Request, quote_id: str) -> str:
    desk: Desk = request.app.state.desk
    _check_id(quote_id)
    body = desk.store.get(quote_id)
    if body is None:
        raise unknown_quote(quote_id)
    return body


def _check_id(quote_id: str) -> None:
    if not _QUOTE_ID.fullmatch(quote_id):
        raise unknown_quote(quote_id)
