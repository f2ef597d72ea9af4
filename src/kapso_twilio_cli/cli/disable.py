"""`kapso-twilio disable`: turn custom Twilio off."""

from __future__ import annotations

import typer

from .command import Command, invocation
from .options import DryRun
from .staying import of_project
from .switching import switch
from .tree import verb

app = verb()


@app.command("disable", cls=Command, epilog="kapso-twilio disable")
def disable(ctx: typer.Context, *, dry_run: DryRun = False) -> None:
    """Turn custom Twilio off for the project; numbers and pools stay as they are."""
    inv = invocation(ctx)
    switch(inv, "disable", enabled=False, dry_run=dry_run)
    inv.note(f"nothing is bought or handed out while it is off; {of_project(inv.project)}")
