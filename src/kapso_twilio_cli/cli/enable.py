"""`kapso-twilio enable`: turn custom Twilio on."""

from __future__ import annotations

import typer

from .command import Command, invocation
from .options import DryRun
from .switching import refuse_not_entitled, switch
from .tree import verb

app = verb()


@app.command("enable", cls=Command, epilog="kapso-twilio enable\nkapso-twilio enable --dry-run")
def enable(ctx: typer.Context, *, dry_run: DryRun = False) -> None:
    """Turn custom Twilio on for the project, where its plan is entitled to it."""
    inv = invocation(ctx)
    refuse_not_entitled(inv.project.config)
    switch(inv, "enable", enabled=True, dry_run=dry_run)
