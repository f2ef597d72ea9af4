"""`kapso-twilio connect`: record that a WhatsApp config is on a number."""

from __future__ import annotations

import typer

from .command import Command, invocation
from .options import DryRun, OptionalNumber, RefOption, number_or_ref
from .rehearsal import rehearsing
from .tree import verb

app = verb()


@app.command(
    "connect",
    cls=Command,
    epilog="kapso-twilio connect +56912345678\nkapso-twilio connect --ref signup-1234",
)
def connect_(
    ctx: typer.Context,
    number: OptionalNumber = None,
    *,
    ref: RefOption = None,
    dry_run: DryRun = False,
) -> None:
    """Record that a WhatsApp config is on the number. Doing it again changes nothing."""
    inv = invocation(ctx)
    from ..operations.handing_out.connect import connect

    project = inv.project
    name = number_or_ref(number, ref)
    with rehearsing(project, dry_run=dry_run):
        connected = connect(project, name)
    fields = {
        "dry_run": dry_run,
        "phone_number": connected.phone_number,
        "state": connected.state,
    }
    words = f"{connected.phone_number} {'would be' if dry_run else 'is'} {connected.state}"
    inv.answer("connect", fields, [words])
