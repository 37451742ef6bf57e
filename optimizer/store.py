"""The quote store: quotes as they were given, in one SQLite file, inserted and read, never changed.

A quote's id is made from its request and the versions it rests on, so the same quote is stored once and
the body first stored is the one everybody gets. Triggers in the file itself refuse UPDATE, DELETE and
REPLACE, also to other programs; every body is kept with its hash and checked when it is read.

SQLAlchemy is imported only when a store is opened: the command line starts without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer import wire
from optimizer.errors import FreightError, RequestError, StoreError, VersionsGone

if TYPE_CHECKING:
    import sqlalchemy as sa

    from optimizer.databook import DataBook

LAYOUT = 1  # of the tables; written into the file as user_version
BUSY_SECONDS = 5.0
MOST_LISTED = 200
DEFAULT_LISTED = 50
LISTED_COLUMNS = (
    "quote_id",
    "created_at",
    "valid_until",
    "origin",
    "destination",
    "cargo",
    "tonnes",
    "total",
    "currency",
)

Row = dict[str, str]
Page = tuple[list[Row], str | None]


class UnknownQuote(StoreError):
    """No quote of that id was ever stored here."""

    code = "unknown_quote"


class RecomputeDiffers(FreightError):
    """A quote computed again from the same request and versions came out otherwise: a fault of ours."""

    code = "recompute_differs"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an idempotency key stands for: the body that was sent, by its hash, and the quote it got."""

    body_hash: str
    quote_id: str
    body: str


def default_url(data_home: str = "") -> str:
    """The store of this user; its folder is made when missing.

    Args:
        data_home: where the user keeps the data of programs (XDG_DATA_HOME); ~/.local/share where it is not absolute.

    Raises:
        StoreError: the folder cannot be made (code `store_unwritable`).
    """
    base = Path(data_home) if os.path.isabs(data_home) else Path.home() / ".local" / "share"
    folder = base / "keruen"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreError(
            f"The folder {folder} for the quote store cannot be made: {fault.strerror}.",
            code="store_unwritable",
            hint="Set KERUEN_STORE to a place that can be written.",
        ) from fault
    return f"sqlite:///{folder / 'quotes.sqlite'}"


class Store:
    """An open store. Threads may share it: writers wait for each other, readers wait for nobody."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._writer = threading.Lock()

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the store, and make its tables in a new file.

        Args:
            url: `sqlite:///path`, or the path alone.

        Raises:
            StoreError: `store_unwritable`, `store_busy` or `store_broken`.
        """
        import sqlalchemy as sa
        from sqlalchemy import event

        path = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else url
        if "://" in path or path in ("", ":memory:"):
            raise StoreError(
                f"{url!r} names no SQLite file.",
                code="store_unwritable",
                hint="Write sqlite:///PATH, for example sqlite:////var/keruen/quotes.sqlite.",
            )
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=path),
            connect_args={"timeout": BUSY_SECONDS},
            # Threads, not the pool, bound how many connections there are; a thread never waits for one.
            max_overflow=-1,
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        store = cls(engine, path)
        try:
            store._set_up()
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def check(self) -> None:
        """Whether the store answers.

        Raises:
            StoreError: it does not.
        """
        with self._reading() as connection:
            connection.exec_driver_sql("SELECT 1 FROM quotes LIMIT 1")

    # ---- writing ------------------------------------------------------------------------------------

    def save(self, quote: Mapping[str, Any]) -> str:
        """Store a quote and give its body; where the id is known already, the body stored first.

        The body is rendered before the transaction begins: what cannot be written down is never stored.

        Raises:
            StoreError: it cannot be stored; nothing was.
        """
        row = _row_of(quote)
        with self._writing() as connection:
            return self._save(connection, row)

    def remember(self, key: str, body_hash: str, quote: Mapping[str, Any]) -> Remembered:
        """Store a quote and tie it to an idempotency key, both or neither; what the key stands for.

        Raises:
            RequestError: the key stands for another body (code `idempotency_key_reused`).
            StoreError: it cannot be stored; nothing was.
        """
        row = _row_of(quote)
        _, keys = _tables()
        with self._writing() as connection:
            known = self._recall(connection, key)
            if known is not None:
                return same_body(known, body_hash)
            body = self._save(connection, row)
            connection.execute(
                keys.insert().values(
                    key=key, body_hash=body_hash, quote_id=row["quote_id"], created_at=row["created_at"]
                )
            )
            return Remembered(body_hash, row["quote_id"], body)

    def _save(self, connection: sa.Connection, row: Row) -> str:
        quotes, _ = _tables()
        known = self._body(connection, row["quote_id"])
        if known is not None:
            return known
        connection.execute(quotes.insert().values(**row))
        return row["body"]

    # ---- reading ------------------------------------------------------------------------------------

    def get(self, quote_id: str) -> str | None:
        """The stored body, byte for byte, or None.

        Raises:
            StoreError: `store_broken` where the body is no longer the one that was stored.
        """
        with self._reading() as connection:
            return self._body(connection, quote_id)

    def recall(self, key: str) -> Remembered | None:
        """What an idempotency key stands for, or None."""
        with self._reading() as connection:
            return self._recall(connection, key)

    def list(self, limit: int = DEFAULT_LISTED, cursor: str = "") -> Page:
        """Quotes, newest first, with the cursor of the next page (None on the last).

        Args:
            limit: 1 to 200.
            cursor: as the page before gave it; "" for the first page.

        Raises:
            RequestError: the cursor is none of ours (`bad_cursor`), or the limit is out of reach (`bad_limit`).
        """
        import sqlalchemy as sa

        if not 1 <= limit <= MOST_LISTED:
            raise RequestError(
                f"limit is {limit}; a page holds 1 to {MOST_LISTED} quotes.",
                code="bad_limit",
                field="limit",
                hint="Ask for fewer.",
            )
        quotes, _ = _tables()
        newest = sa.select(*(quotes.c[name] for name in LISTED_COLUMNS)).order_by(
            quotes.c.created_at.desc(), quotes.c.quote_id.desc()
        )
        with self._reading() as connection:
            if cursor:
                created = connection.execute(sa.select(quotes.c.created_at).where(quotes.c.quote_id == cursor)).scalar()
                if created is None:
                    raise RequestError(
                        "The cursor is none of this list.",
                        code="bad_cursor",
                        field="cursor",
                        hint="Take it from the page before, or leave it out.",
                    )
                newest = newest.where(sa.tuple_(quotes.c.created_at, quotes.c.quote_id) < sa.tuple_(created, cursor))
            found = [dict(row) for row in connection.execute(newest.limit(limit + 1)).mappings()]
        page = [{name: str(row[name]) for name in LISTED_COLUMNS} for row in found[:limit]]
        return page, (page[-1]["quote_id"] if len(found) > limit else None)

    def _body(self, connection: sa.Connection, quote_id: str) -> str | None:
        import sqlalchemy as sa

        quotes, _ = _tables()
        row = connection.execute(
            sa.select(quotes.c.body, quotes.c.body_hash).where(quotes.c.quote_id == quote_id)
        ).one_or_none()
        if row is None:
            return None
        if not isinstance(row.body, str) or _hash(row.body) != row.body_hash:
            raise StoreError(
                f"Quote {quote_id} in {self._name} is no longer what was stored.",
                code="store_broken",
                hint="Restore the file from a copy.",
            )
        return row.body

    def _recall(self, connection: sa.Connection, key: str) -> Remembered | None:
        import sqlalchemy as sa

        _, keys = _tables()
        row = connection.execute(sa.select(keys.c.body_hash, keys.c.quote_id).where(keys.c.key == key)).one_or_none()
        if row is None:
            return None
        body = self._body(connection, row.quote_id)
        if body is None:
            raise StoreError(
                f"A key in {self._name} stands for a quote that is not there.",
                code="store_broken",
                hint="Restore the file from a copy.",
            )
        return Remembered(row.body_hash, row.quote_id, body)

    # ---- transactions -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _told(self._name), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """One writer at a time. Our own threads queue here, because SQLite lets waiting writers in unfairly."""
        started = time.monotonic()
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise _busy(self._name)
        try:
            left = max(0.1, BUSY_SECONDS - (time.monotonic() - started))
            options = {"keruen_begin": "BEGIN IMMEDIATE", "keruen_wait_ms": int(left * 1000)}
            with (
                _told(self._name),
                self._engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                yield connection
        finally:
            self._writer.release()

    def _set_up(self) -> None:
        """Tables and triggers, once; a file that is damaged or newer than we are is refused."""
        quotes, _ = _tables()
        with self._reading() as connection:
            layout = connection.exec_driver_sql("PRAGMA user_version").scalar()
            if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
                raise StoreError(f"{self._name} is damaged.", code="store_broken", hint="Restore the file from a copy.")
        if layout == LAYOUT:
            return
        if layout:
            raise StoreError(
                f"{self._name} was written by another version of Keruen (layout {layout}, we know {LAYOUT}).",
                code="store_broken",
                hint="Use that version, or another file.",
            )
        with self._writing() as connection:
            quotes.metadata.create_all(connection)
            for trigger in _triggers():
                connection.exec_driver_sql(trigger)
            connection.exec_driver_sql(f"PRAGMA user_version = {LAYOUT}")


def same_body(known: Remembered, body_hash: str) -> Remembered:
    """What a key stands for, if it was first sent with the same body.

    Raises:
        RequestError: it was sent with another one (code `idempotency_key_reused`).
    """
    if known.body_hash != body_hash:
        raise RequestError(
            f"This Idempotency-Key was already used for another request, quote {known.quote_id}.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
            hint="Use a new key for a new request.",
        )
    return known


def recompute(store: Store, quote_id: str, book: DataBook) -> str:
    """Compute a stored quote again from its stored request; the same bytes as stored.

    Raises:
        UnknownQuote: no such quote.
        VersionsGone: the book at hand is not the one the quote rests on; names what differs.
        RecomputeDiffers: the answer came out otherwise: a fault of ours, never shown as a price.
    """
    import datetime as dt

    from optimizer.quote import quote_job
    from optimizer.request import job_from_dict

    body = store.get(quote_id)
    if body is None:
        raise unknown_quote(quote_id)
    stored = json.loads(body)
    told, at_hand = stored["versions"], book.versions
    names = [name for name in dict.fromkeys((*told, *at_hand)) if told.get(name) != at_hand.get(name)]
    if names:
        differ = ", ".join(f"{name} {told.get(name, 'unknown')} (now {at_hand.get(name, 'unknown')})" for name in names)
        raise VersionsGone(
            f"Quote {quote_id} rests on {differ}; that is not the data at hand.",
            field="versions",
            hint="Recompute it with the edition it rests on, or ask for a new quote.",
            details={"differ": names, "stored": dict(told), "at_hand": dict(at_hand)},
        )
    created_at = dt.datetime.fromisoformat(stored["created_at"])
    again = wire.dumps(quote_job(job_from_dict(stored["request"], book), book, created_at))
    if again != body:
        raise RecomputeDiffers(
            f"Quote {quote_id} came out otherwise when computed again; the stored one stands, please report this."
        )
    return again


def unknown_quote(quote_id: str) -> UnknownQuote:
    """The refusal for an id nobody was given."""
    shown = "".join(ch for ch in quote_id if ch.isprintable())[:40]
    return UnknownQuote(
        f"There is no quote {shown!r} in this store.", field="quote_id", hint="Ids stand in the list of quotes."
    )


# ---- rows, tables, refusals --------------------------------------------------------------------------


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _row_of(quote: Mapping[str, Any]) -> Row:
    """A quote as a row; the body is the exact text that was given out."""
    body = wire.dumps(dict(quote))
    request, best = quote["request"], quote["itineraries"][0]
    return {
        "quote_id": quote["quote_id"],
        "created_at": quote["created_at"],
        "valid_until": quote["valid_until"],
        "origin": request["origin"],
        "destination": request["destination"],
        "cargo": request["cargo"],
        "tonnes": request["tonnes"],
        "total": best["total"]["amount"],
        "currency": best["total"]["currency"],
        "request_json": wire.dumps(request),
        "versions_json": wire.dumps(quote["versions"]),
        "body": body,
        "body_hash": _hash(body),
    }


@cache
def _tables() -> tuple[sa.Table, sa.Table]:
    """quotes and idempotency; money and mass are text, SQLite has no decimal type."""
    import sqlalchemy as sa

    def text(name: str, **options: Any) -> sa.Column[str]:
        return sa.Column(name, sa.Text, nullable=False, **options)

    metadata = sa.MetaData()
    quotes = sa.Table(
        "quotes",
        metadata,
        text("quote_id", primary_key=True),
        *(text(name) for name in LISTED_COLUMNS[1:]),
        *(text(name) for name in ("request_json", "versions_json", "body", "body_hash")),
    )
    sa.Index("quotes_newest", quotes.c.created_at, quotes.c.quote_id)
    keys = sa.Table(
        "idempotency",
        metadata,
        text("key", primary_key=True),
        text("body_hash"),
        sa.Column("quote_id", sa.Text, sa.ForeignKey("quotes.quote_id"), nullable=False),
        text("created_at"),
    )
    return quotes, keys


def _triggers() -> Iterator[str]:
    for table, key in (("quotes", "quote_id"), ("idempotency", "key")):
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )
        # INSERT OR REPLACE deletes without calling the trigger for DELETE.
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, and which kind
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {options.get('keruen_wait_ms', int(BUSY_SECONDS * 1000))}")
    connection.exec_driver_sql(options.get("keruen_begin", "BEGIN"))


def _busy(name: str) -> StoreError:
    return StoreError(
        f"Another program or request holds {name} for writing.", code="store_busy", hint="Try again in a few seconds."
    )


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """What SQLite refuses, in one sentence with a stable code."""
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as fault:
        cause = fault.orig if isinstance(fault, DatabaseError) else fault
        reason = getattr(cause, "sqlite_errorname", "") or ""
        if reason.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise _busy(name) from fault
        if reason.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_SCHEMA", "SQLITE_ERROR")):
            raise StoreError(
                f"{name} is no quote store, or is damaged: {cause}.",
                code="store_broken",
                hint="Restore the file from a copy.",
            ) from fault
        if reason.startswith("SQLITE_CONSTRAINT"):
            raise StoreError(
                f"{name} refuses the change: {cause}.", code="store_broken", hint="Quotes are only ever added."
            ) from fault
        raise StoreError(
            f"{name} cannot be written or read: {cause}.",
            code="store_unwritable",
            hint="Check the disk's free space and who may write there.",
        ) from fault
