"""How long a test waits before it says that something does not end.

Machines are shared: the same work takes twelve times as long from one minute to the next. So a test tells only what
ends from what goes on; how closely a limit is kept, and how fast anything is, `benchmarks/` measures.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

PATIENCE_S = 60.0
"""Far more than anything in the tests needs, far less than what is to be stopped would take."""


@contextlib.contextmanager
def ends(limit_s: float = 0.0) -> Iterator[None]:
    """The block ends by itself: within its limit and our patience."""
    began = time.monotonic()
    yield
    spent_s = time.monotonic() - began
    assert spent_s < limit_s + PATIENCE_S, f"told to end after {limit_s:g} s, it took {spent_s:.0f} s"
