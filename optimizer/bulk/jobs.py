"""Requests turned into jobs; what requests have in common is checked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import fields

from optimizer.databook import DataBook
from optimizer.errors import RequestError
from optimizer.request import Frame, Job, QuoteRequest, filled, frame_of

# Amounts and days: requests that differ in these alone share a frame.
_OWN = ("tonnes", "units", "ready", "known_on", "due", "value", "price_per_tonne", "chance", "pareto")
_COMMON = tuple(f.name for f in fields(QuoteRequest) if f.name not in _OWN)


class Jobs:
    """Jobs of many requests made on one day."""

    def __init__(self, book: DataBook, today: dt.date) -> None:
        self.book = book
        self.today = today
        self._frames: dict[Hashable, Frame | RequestError] = {}

    def of(self, request: QuoteRequest) -> Job:
        """The job of a request; Raises as `request.normalise`."""
        key = tuple(getattr(request, name) for name in _COMMON)
        frame = self._frames.get(key)
        if frame is None:
            try:
                frame = frame_of(request, self.book)
            except RequestError as fault:
                frame = fault
            self._frames[key] = frame
        if isinstance(frame, RequestError):
            raise frame
        return filled(frame, request, self.book, self.today)
