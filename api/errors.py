"""Every refusal over HTTP: RFC 9457 `application/problem+json`, with the code, the field and what to do.

The only place where an HTTP status is decided. A refusal of a request is a numbered 4xx; 5xx is left to
faults of ours and to a store that cannot be reached, and never shows a stack trace or a path of the host.
"""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.schemas import Problem, QuoteRequest, WireError
from optimizer.errors import FreightError, NoExchangeRate, NoItinerary, RequestError, StoreError, VersionsGone
from optimizer.store import UnknownQuote

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
MOST_ERRORS_TOLD = 50
log = logging.getLogger("keruen.api")

# The first class that fits decides; what is not here is a fault of ours.
_STATUS: tuple[tuple[type[FreightError], int], ...] = (
    (RequestError, 422),
    (NoItinerary, 422),
    (NoExchangeRate, 422),
    (UnknownQuote, 404),
    (VersionsGone, 409),
    (StoreError, 503),
)
_TITLES = {
    "unknown_place": "No such place",
    "ambiguous_place": "Several places fit",
    "no_route": "No way exists",
    "no_rate": "No rate is known",
    "no_exchange_rate": "No exchange rate is known",
    "idempotency_key_reused": "The key was used before",
    "unknown_quote": "No such quote",
    "versions_gone": "The data of this quote is gone",
    "store_busy": "The quote store is busy",
    "store_unwritable": "The quote store is out of reach",
    "store_broken": "The quote store is out of reach",
    "too_busy": "Too many quotes are waiting",
    "body_too_large": "The body is too large",
    "broken_json": "The body is not JSON",
    "duplicate_key": "The body is ambiguous",
    "unsupported_media_type": "The body is not JSON",
}
# What a client needs to know of the store; where the file stands is not its business.
_STORE_TEXT = {
    "store_busy": "The quote store is busy with another write, so the request was not carried out.",
    "store_unwritable": "The quote store cannot be written or read, so the request was not carried out.",
    "store_broken": "The quote store cannot be used, so the request was not carried out.",
}
_CODE_OF_STATUS = {404: "unknown_path", 405: "method_not_allowed", 400: "bad_request", 413: "body_too_large"}
_HINT_OF_STATUS = {404: "The paths are listed in /docs.", 405: "The methods of each path are listed in /docs."}


class TooBusy(FreightError):
    """More quotes wait than can be answered in good time."""

    code = "too_busy"


def problem(
    status: int, code: str, text: str, *, field: str = "", hint: str = "", more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """One refusal. `more` adds members such as `candidates` or `rejected`."""
    body = {
        "type": f"urn:keruen:problem:{code}",
        "title": _TITLES.get(code) or HTTPStatus(status).phrase,
        "status": status,
        "detail": text,
        "code": code,
        "field": field,
        "hint": hint,
        **(more or {}),
    }
    # Lone surrogates cannot leave as UTF-8; they are shown as what they are not: a question mark.
    content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", errors="replace")
    return Response(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every refusal of the app as a problem."""
    app.add_exception_handler(FreightError, _freight_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)


async def _freight_error(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, FreightError)
    if isinstance(fault, TooBusy):
        return problem(503, fault.code, fault.message, hint=fault.hint, headers=_retry())
    status = next((status for kind, status in _STATUS if isinstance(fault, kind)), 500)
    text, headers = fault.message, None
    if status == 503:
        log.error("%s", fault)
        text, headers = _STORE_TEXT.get(fault.code, _STORE_TEXT["store_broken"]), _retry()
        return problem(
            status, fault.code, text, hint="Try again; if it lasts, tell whoever runs this service.", headers=headers
        )
    if status == 500:
        log.error("%s", fault)
    return problem(status, fault.code, text, field=fault.field, hint=fault.hint, more=fault.details)


def _retry() -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_SECONDS)}


async def _http_error(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    headers = dict(fault.headers or {})
    if isinstance(fault, WireError):
        return problem(
            fault.status_code, fault.code, str(fault.detail), field=fault.field, hint=fault.hint, headers=headers
        )
    status = fault.status_code
    text = {404: "There is nothing at this path.", 405: "This path does not know that method."}.get(
        status, str(fault.detail)
    )
    code = _CODE_OF_STATUS.get(status, HTTPStatus(status).name.lower())
    return problem(status, code, text, hint=_HINT_OF_STATUS.get(status, ""), headers=headers)


async def _fault(_request: Request, _fault: Exception) -> Response:
    # The server logs the trace; the client learns only that it was not its fault.
    return problem(
        500,
        "internal_error",
        "Something went wrong on our side; the request was not carried out.",
        hint="Please report it.",
    )


async def _invalid(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    told = [_of_pydantic(error) for error in fault.errors()[:MOST_ERRORS_TOLD]]
    first = told[0]
    return problem(422, first["code"], first["detail"], field=first["field"], hint=first["hint"], more={"errors": told})


def _of_pydantic(error: Mapping[str, Any]) -> dict[str, str]:
    """One complaint of the wire models in the words of the engine."""
    where, *path = error["loc"]
    field = str(path[0]) if path else ""
    kind, message, context = error["type"], str(error["msg"]), error.get("ctx", {})
    code, text, hint = _worded(kind, field, message, context, error.get("input"))
    pointer = "/" + "/".join(_pointer(step) for step in path) if path else ""
    return {"in": str(where), "field": field, "pointer": pointer, "code": code, "detail": text, "hint": hint}


def _worded(kind: str, field: str, message: str, context: Mapping[str, Any], given: Any) -> tuple[str, str, str]:
    if not field:
        return (
            "not_an_object",
            "The body is not one JSON object.",
            'Send {"origin": ..., "destination": ..., "cargo": ..., "tonnes": ...}.',
        )
    if kind == "missing":
        return f"missing_{field}", f"The {field} is missing.", "Name it."
    if kind == "extra_forbidden":
        return "unknown_field", f"There is no field {_short(field)}.", _nearest(field, QuoteRequest.model_fields)
    if kind == "literal_error":
        return (
            f"unknown_{field}",
            f"{_short(given)} is not a known {field}.",
            f"Use one of {context.get('expected', '')}.",
        )
    if kind.startswith("keruen_"):
        return str(context.get("code", "bad_value")), message, str(context.get("hint", ""))
    if kind == "string_too_long":
        return "too_long", f"The {field} is too long.", f"Give at most {context.get('max_length')} letters."
    if kind == "string_too_short":
        return f"missing_{field}", f"The {field} is empty.", "Name it."
    if kind == "too_long":
        return (
            "too_many",
            f"{field} lists {context.get('actual_length', 'too many')}.",
            f"List at most {context.get('max_length')}.",
        )
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{field}_out_of_range", f"The {field} is out of reach: {message.lower()}.", "Correct the figure."
    if kind == "string_pattern_mismatch":
        return "bad_value", f"The {field} is not written as it must be.", f"It must match {context.get('pattern')}."
    return (
        "bad_type",
        f"The {field} cannot be read: {message.rstrip('.').lower()}.",
        "See the request's schema in /docs.",
    )


def _nearest(field: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(field[:60], names, n=1)
    return f"Is {close[0]} meant?" if close else f"Known are {', '.join(names)}."


def _short(value: Any) -> str:
    text = "".join(ch for ch in str(value)[:60] if ch.isprintable())
    return repr(text)


def _pointer(step: Any) -> str:
    return str(step)[:60].replace("~", "~0").replace("/", "~1")


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals a path may answer with, for OpenAPI; 422 and 500 may come from any."""
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in sorted({*statuses, 422, 500})
    }


def as_problems(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Say in an OpenAPI document that refusals come as problem+json."""
    for operations in paths.values():
        for operation in operations.values():
            responses: Mapping[str, Any] = operation.get("responses", {})
            for response in responses.values():
                content = response.get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if schema.get("$ref", "").endswith("/Problem"):
                    content[MEDIA_TYPE] = content.pop("application/json")
