"""The program's log, on stderr: what `-v` asks for, and what a receiver always tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..domain.phone_number import mask_all

if TYPE_CHECKING:
    from .answer import Output

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""By how often `--verbose` was given."""


@contextmanager
def logged(output: Output, verbose: int) -> Iterator[None]:
    """Write the log to stderr while the block runs, each line with the id of the run.

    The middle of phone numbers is hidden: a log is passed on, and kept for long.
    """
    log = logging.getLogger("kapso_twilio_cli")
    handler, former = _ToOutput(output), log.level
    log.addHandler(handler)
    log.setLevel(_LEVELS[min(verbose, len(_LEVELS) - 1)])
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(former)


class _ToOutput(logging.Handler):
    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line. `facts` are what it says, one by one, for programs that read it."""
        facts = {
            name: mask_all(fact) if name == "path" else fact
            for name, fact in getattr(record, "facts", {}).items()
        }
        text = mask_all(self.format(record))
        if facts.get("request_id"):
            text += f", request {facts['request_id']}"  # whole, whatever it looks like
        with suppress(
            Exception
        ):  # whatever is wrong with the log must not stop a purchase half way
            self._output.log(record.levelname.lower(), text, **facts)
