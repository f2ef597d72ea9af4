"""`kapso-twilio number code`: the code that a customer has to type."""

from __future__ import annotations

from typing import Annotated

import typer

from ..domain.phone_number import parse_phone_number
from .command import Command, invocation
from .options import NumberArgument

Wait = Annotated[
    int | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=1,
        max=3600,
        help="Wait so long for a code that is not there yet.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the noun `number`."""
    app.command(
        "code",
        cls=Command,
        epilog="kapso-twilio number code +56912345678\n"
        "kapso-twilio number code +56912345678 --wait 120",
    )(code)


def code(ctx: typer.Context, number: NumberArgument, *, wait: Wait = None) -> None:
    """Show the newest one-time code that came in on a number.

    By SMS or by a recorded call, in the last 15 minutes; with --wait, the next one that comes in.
    """
    inv = invocation(ctx)
    from ..operations.verifying.newest_code import newest_code, wait_for_code

    project, phone_number = inv.project, parse_phone_number(number)
    if wait is None:
        found = newest_code(project, phone_number)
    else:
        found = wait_for_code(project, phone_number, wait)
    age_seconds = found.age_seconds(project.now())
    fields = {
        "phone_number": found.phone_number,
        "code": found.code,
        "source": found.source,
        "received_at": found.received_at,
        "age_seconds": age_seconds,
    }
    inv.answer("number.code", fields, [found.code])
    inv.note(f"it came by {found.source}, {age_seconds} s ago")
