"""The HTTP application: one data book, one quote store, and the paths over them.

Quotes are work for the processor and the data book's caches are not safe among threads, so one thread of
its own computes them in turn; probes and reference data never wait behind it. Only this module reads the
clock and the environment.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.routes import health, network, quotes, reference
from api.schemas import WireError
from optimizer import __version__
from optimizer.databook import DataBook
from optimizer.errors import FreightError
from optimizer.quote import make_quote
from optimizer.request import QuoteRequest
from optimizer.store import Store, default_url, recompute
from optimizer.timing.calendar import clock

MOST_WAITING = 200
T = TypeVar("T")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Desk:
    """What every path works with: the data book, the store, the clock, and the thread that computes.

    Args:
        today: the day a quote is made; Kazakhstan's own day unless given.
        now: the moment a quote is made.
    """

    def __init__(
        self,
        book: DataBook,
        store: Store,
        today: Callable[[], dt.date] | None = None,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:
        self.book = book
        self.store = store
        self.now = now
        self.today = today or (lambda: now().astimezone(clock("KZ")).date())
        self._computing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="quote")
        self._waiting = 0

    async def quote(self, asked: QuoteRequest) -> dict[str, Any]:
        """Compute a quote in turn.

        Raises:
            TooBusy: too many wait already.
            FreightError: as `make_quote` says.
        """
        return await self._in_turn(partial(make_quote, asked, self.book, today=self.today(), created_at=self.now()))

    async def recompute(self, quote_id: str) -> str:
        """Compute a stored quote again in turn; the same bytes as stored."""
        return await self._in_turn(partial(recompute, self.store, quote_id, self.book))

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise errors.TooBusy(f"{self._waiting} quotes are waiting already.", hint="Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._computing, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._computing.shutdown(wait=False, cancel_futures=True)


def create_app(
    book: DataBook | None = None,
    store: Store | None = None,
    today: Callable[[], dt.date] | None = None,
    now: Callable[[], dt.datetime] = _now,
) -> FastAPI:
    """The application.

    Args:
        book: the data book; the one that ships with Keruen when left out.
        store: an open store, which the caller closes; when left out, the one KERUEN_STORE names or the user's own.
        today, now: the clock, for tests and replays.

    Raises:
        StoreError: the store cannot be opened.
        DataError: the data book cannot be read.
    """
    ours = store is None
    opened = store or Store.open(os.environ.get("KERUEN_STORE") or default_url(os.environ.get("XDG_DATA_HOME", "")))
    desk = Desk(book or DataBook.load(), opened, today, now)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()
        if ours:
            opened.close()

    app = FastAPI(
        title="Keruen",
        version=__version__,
        summary="Freight quotes over rail, road and the Caspian from Kazakhstan.",
        description="Money and mass are decimal strings; times are ISO 8601. "
        "Refusals are RFC 9457 problems with a stable `code`.",
        docs_url=None,
        redoc_url=None,
        lifespan=running,
    )
    app.state.desk = desk
    errors.install(app)
    app.add_middleware(_Headers)
    for module in (quotes, network, reference, health):
        app.include_router(module.router)
    _document(app)
    return app


class _Headers:
    """Headers every answer carries: browsers take what we send for what we say it is, and nothing frames it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()), (b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"),
                ]  # fmt: skip
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


# ---- documentation -----------------------------------------------------------------------------------

_DOCS_FILES = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
_DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Keruen API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; the same description is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# The badge of Swagger UI would ask a validator on another host; null keeps it here.
_DOCS_START = """SwaggerUIBundle({
  url: "docs/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis]
});
"""
_DOCS_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def _document(app: FastAPI) -> None:
    """/openapi.json with refusals as problem+json, and /docs from our own files."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            errors.as_problems(document["paths"])
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(_DOCS_PAGE, headers={"Content-Security-Policy": _DOCS_POLICY})

    @app.get("/docs/{name}", include_in_schema=False)
    def docs_file(name: str) -> Response:
        if name == "start.js":
            return Response(_DOCS_START, media_type="text/javascript")
        if name == "openapi.json":
            return JSONResponse(as_openapi_30(app.openapi()))
        if name not in _DOCS_FILES:
            raise WireError(404, "unknown_path", "There is nothing at this path.")
        from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

        return Response(
            swagger_ui_path.joinpath(name).read_bytes(),
            media_type=_DOCS_FILES[name],
            headers={"Cache-Control": "max-age=86400"},
        )


def as_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """The same description in OpenAPI 3.0 words: the Swagger UI at hand draws no 3.1.

    >>> as_openapi_30({"openapi": "3.1.0", "x": {"anyOf": [{"type": "string"}, {"type": "null"}]}})
    {'openapi': '3.0.3', 'x': {'type': 'string', 'nullable': True}}
    """

    def older(node: Any) -> Any:
        if isinstance(node, list):
            return [older(item) for item in node]
        if not isinstance(node, dict):
            return node
        kept = {name: older(value) for name, value in node.items()}
        choices = kept.get("anyOf")
        if isinstance(choices, list) and {"type": "null"} in choices:
            rest = [choice for choice in choices if choice != {"type": "null"}]
            del kept["anyOf"]
            if len(rest) == 1 and "$ref" not in rest[0]:
                kept = {**rest[0], **kept, "nullable": True}
            else:
                kept |= {"anyOf": rest, "nullable": True}
        if "const" in kept and "type" in kept:
            kept["enum"] = [kept.pop("const")]
        if isinstance(kept.get("examples"), list):
            kept["example"] = kept.pop("examples")[0]
        return kept

    copy = older(json.loads(json.dumps(document)))
    copy["openapi"] = "3.0.3"
    copy.get("info", {}).pop("summary", None)
    return dict(copy)


# ---- serving -----------------------------------------------------------------------------------------


def serve(host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Serve until stopped; every worker is a process with a data book of its own, over one store."""
    import uvicorn

    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, workers=workers, server_header=False)


def main(argv: Sequence[str] | None = None) -> int:
    """`keruen-api`: serve the API.

    Returns:
        0 when stopped, 70 when it could not start.
    """
    parser = argparse.ArgumentParser(prog="keruen-api", description="Serve Keruen over HTTP; documentation at /docs.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine only)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer (default 1)")
    given = parser.parse_args(argv)
    try:
        # Open the store here once, so that what is wrong with it is said in a sentence, not in a trace.
        Store.open(os.environ.get("KERUEN_STORE") or default_url(os.environ.get("XDG_DATA_HOME", ""))).close()
        serve(given.host, given.port, given.workers)
    except FreightError as fault:
        print(fault, file=sys.stderr)
        return 70
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
