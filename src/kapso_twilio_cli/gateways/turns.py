"""How many requests a vendor is sent at a time: fewer once it refuses one, then slowly more.

An account's limit is nowhere to be read, and other programs use it too: the answers alone tell.
Source: twilio.com/docs/api/errors/20429 (read 2026-11-22): lower the concurrency, then try again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TOO_MANY_REQUESTS = 429

_ROUNDS_BEFORE_ONE_MORE = 10
_WAITS_AT_MOST_SECONDS = 10.0
"""Then a request goes on all the same: a purchase must end in the time that its intent gives it."""


class Turns:
    """The requests to one vendor that may be under way at once; used by many threads."""

    def __init__(self, most: int, *, waits_at_most_seconds: float = _WAITS_AT_MOST_SECONDS) -> None:
        self._most = most
        self._waits_at_most_seconds = waits_at_most_seconds
        self._allowed = most
        self._under_way = 0
        self._answered = 0
        self._changed = threading.Condition()

    @property
    def allowed(self) -> int:
        """So many may be under way now."""
        return self._allowed

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait until one more may be sent, and count it until it is answered."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._under_way < self._allowed, timeout=self._waits_at_most_seconds
            )
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

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
