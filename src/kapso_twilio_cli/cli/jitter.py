"""`--jitter`: runs that schedulers begin in the same second do not all ask at once."""

from __future__ import annotations

import random
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from .patience import seconds_of

if TYPE_CHECKING:
    from .command import Invocation

Jitter = Annotated[
    str | None,
    typer.Option(
        "--jitter",
        metavar="DURATION",
        help="Without a terminal, wait a random time up to this first: 0, 90s.  [default: 20s]",
    ),
]

_USUAL_SECONDS = 20.0


def wait_a_while(inv: Invocation, jitter: str | None) -> None:
    """Wait a random time, unless somebody sits at a terminal.

    Without `--jitter` that is up to 20 seconds for the real vendors, and none for stand-ins, which
    have nobody else to serve.
    """
    usual = 0.0 if inv.project.endpoints.stand_ins else _USUAL_SECONDS
    longest = usual if jitter is None else seconds_of(jitter)
    if not longest or any(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return
    seconds = random.uniform(0, longest)
    if inv.verbose:
        inv.note(f"waiting {seconds:.1f} s, at random (--jitter)")
    time.sleep(seconds)
