"""`--lock-timeout`: wait for another run to end, instead of leaving at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.duration import parse_duration

if TYPE_CHECKING:
    from ..operations.lock import Patience
    from .command import Invocation

LockTimeout = Annotated[
    str | None,
    typer.Option(
        "--lock-timeout",
        metavar="DURATION",
        help="Wait so long for another run to end: 30, 90s, 10m.",
    ),
]


def patience(inv: Invocation, lock_timeout: str | None) -> Patience:
    """How long to wait for the lock; who waits at a terminal, or with -v, is told for whom."""
    from ..operations.lock import AT_ONCE, Patience

    if lock_timeout is None:
        return AT_ONCE
    seconds = seconds_of(lock_timeout)
    if not (sys.stderr.isatty() or inv.verbose):
        return Patience(seconds)
    return Patience(seconds, lambda whom: inv.note(f"waiting for another run: {whom}"))


def seconds_of(text: str) -> float:
    """A bare number is seconds, as cron jobs write it."""
    if text.isascii() and text.isdigit():
        text = f"{text}s"
    return parse_duration(text).total_seconds()
