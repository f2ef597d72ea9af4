"""`kapso-twilio sandbox serve`: stand-ins for the vendors, to try things without an account."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command import Command, invocation
from .tree import noun

if TYPE_CHECKING:
    from ..sandbox.options import Ready

app = noun("Run stand-ins for Twilio, Meta and Kapso on this machine.")


class Code(StrEnum):
    """How one-time codes come; `sandbox.options.CodeMode` says what each means."""

    SMS = "sms"
    VOICE = "voice"
    FILTERED = "filtered"
    LATE = "late"
    NONE = "none"
    TWICE = "twice"
    TWO_CODES = "two-codes"
    NEWER = "newer"
    KEYLESS = "keyless"
    WORDS = "words"
    UNHEARD = "unheard"
    UNTRANSCRIBED = "untranscribed"


@app.command(
    "serve",
    cls=Command,
    epilog="kapso-twilio sandbox serve --port 8080\n"
    "kapso-twilio sandbox serve --code filtered --stock CL=2",
)
def serve_(
    ctx: typer.Context,
    *,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one."
        ),
    ] = 0,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep what was bought and made in this file."),
    ] = None,
    latency_ms: Annotated[
        int, typer.Option(metavar="MS", min=0, help="Answer every call so many milliseconds late.")
    ] = 0,
    code: Annotated[
        Code, typer.Option(metavar="MODE", help=f"How one-time codes come: {', '.join(Code)}.")
    ] = Code.SMS,
    verification_days: Annotated[
        float, typer.Option(metavar="DAYS", min=0.0, help="How long a verification lasts.")
    ] = 90.0,
    stock: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CC=N", help="So many numbers of each type on sale in a country; repeat it."
        ),
    ] = None,
    max_concurrent: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Refuse more requests to Twilio at a time (429)."),
    ] = None,
) -> None:
    """Serve until interrupted. When ready, print one JSON line with the URL and credentials."""
    inv = invocation(ctx)
    from ..sandbox.options import SandboxOptions, parse_stock
    from ..sandbox.server import serve

    inv.output.json = False  # the ready line is the whole output
    options = SandboxOptions(
        state_file=state,
        latency_ms=latency_ms,
        code=code.value,
        verification_days=verification_days,
        stock=parse_stock(stock or []),
        max_concurrent=max_concurrent,
    )
    serve(options, port=port, on_ready=_say_ready)


def _say_ready(ready: Ready) -> None:
    print(ready.line(), flush=True)
