"""How many requests a vendor is sent at a time: fewer once it refuses one, then slowly more.

An account's limit is nowhere to be read, and other programs use it too: the answers alone tell.
Source: twilio.com/docs/api/errors/20429 (read 2026-11-22): lower the concurrency, then try again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TOO_MANY_REQUESTS = 429

_ROUNDS_BEFORE_ONE_MORE = 10
_WAITS_AT_MOST_SECONDS = 10.0
"""Then a request goes on all the same: a purchase must end in the time that its intent gives it."""
_LATE_APART_SECONDS = 0.5
"""So far apart do those go that have waited for long: together they would be refused again."""


class Turns:
    """The requests to one vendor that may be under way at once; used by many threads."""

    def __init__(self, most: int, *, waits_at_most_seconds: float = _WAITS_AT_MOST_SECONDS) -> None:
        self._most = most
        self._waits_at_most_seconds = waits_at_most_seconds
        self._allowed = most
        self._under_way = 0
        self._answered = 0
        self._late_went_at = float("-inf")
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """So many may be under way now."""
        return self._allowed

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait until one more may be sent, and count it until it is answered."""
        with self._changed:
            self._wait()
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

    def _wait(self) -> None:
        patience_ends_at = time.monotonic() + self._waits_at_most_seconds
        while self._under_way >= self._allowed:
            goes_at = max(patience_ends_at, self._late_went_at + _LATE_APART_SECONDS)
            now = time.monotonic()
            if now >= goes_at:
                self._late_went_at = now
                return
            self._changed.wait(goes_at - now)

    def note(self, status: int) -> None:
        """Take in how a request was answered, while it still has its turn.

        Of as many as are under way, a refused one was too many. Each refusal lowers by one at
        least, so that any number of them at once ends at what the vendor takes.
        """
        with self._changed:
            if status == TOO_MANY_REQUESTS:
                self._answered = 0
                self._allowed = max(1, min(self._allowed, self._under_way) - 1)
                return
            self._answered += 1
            if self._allowed < self._most:
                self._grow()

    def _grow(self) -> None:
        if self._answered >= _ROUNDS_BEFORE_ONE_MORE * self._allowed:
            self._answered = 0
            self._allowed += 1
            self._changed.notify()
