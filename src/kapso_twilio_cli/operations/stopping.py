"""Stopping with care: the first signal lets what is under way be recorded, the second exits.

A purchase that was sent must be written down, so SIGINT and SIGTERM do not break into it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..errors import Interrupted, KapsoTwilioError, Terminated

_log = logging.getLogger(__name__)


class StopRequest:
    """Whether the program was asked to stop; operations look before they start anything."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._signal: int | None = None

    @property
    def asked(self) -> bool:
        """Whether nothing new may be started."""
        return self._asked.is_set()

    def ask(self, signal_number: int) -> None:
        """Ask to stop."""
        self._signal = signal_number
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than until the program is asked to stop."""
        self._asked.wait(seconds)

    def check(self) -> None:
        """Raise Interrupted or Terminated when the program was asked to stop."""
        if self.asked:
            raise self.error()

    def error(self) -> KapsoTwilioError:
        """The error that says so."""
        kind = Terminated if self._signal == signal.SIGTERM else Interrupted
        return kind(
            "stopped before everything was done",
            reason="what was under way was finished and recorded; nothing new was started",
            hint="run the command again, or kapso-twilio reconcile: it goes on from here",
        )


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM into a request to stop; the second exits at once."""
    request = StopRequest()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if request.asked:
            os._exit(128 + number)
        _log.warning("stopping: what is under way is finished first; once more exits at once")
        request.ask(number)

    signals = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.signal(number, on_signal) for number in signals}
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
