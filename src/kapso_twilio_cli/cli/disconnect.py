"""`kapso-twilio disconnect`: record that a WhatsApp config was removed."""

from __future__ import annotations

from typing import Annotated

import typer

from ..domain.pool import PostDisconnect
from .command import Command, invocation
from .options import DryRun, OptionalNumber, RefOption, number_or_ref
from .rehearsal import rehearsing
from .tree import verb

app = verb()

Policy = Annotated[
    PostDisconnect | None,
    typer.Option("--policy", help="What becomes of the number, instead of its pool's setting."),
]
Force = Annotated[bool, typer.Option("--force", help="Do it even while Kapso lists the number.")]


@app.command(
    "disconnect",
    cls=Command,
    epilog="kapso-twilio disconnect +56912345678\n"
    "kapso-twilio disconnect --ref signup-1234 --policy return_to_pool",
)
def disconnect_(
    ctx: typer.Context,
    number: OptionalNumber = None,
    *,
    ref: RefOption = None,
    policy: Policy = None,
    force: Force = False,
    dry_run: DryRun = False,
) -> None:
    """Record that the number's WhatsApp config was removed, and apply the policy.

    The number stays in your account, whatever the policy.
    """
    inv = invocation(ctx)
    from ..operations.handing_out.disconnect import disconnect, refuse_while_listed

    project = inv.project
    name = number_or_ref(number, ref)
    if not force:
        refuse_while_listed(project, name)
    with rehearsing(project, dry_run=dry_run):
        done = disconnect(project, name, policy)
    found = done.number
    fields = {
        "dry_run": dry_run,
        "phone_number": found.phone_number,
        "state": found.state,
        "policy": done.policy,
    }
    verb_ = "would be" if dry_run else "is"
    inv.answer(
        "disconnect", fields, [f"{found.phone_number} {verb_} {found.state} ({done.policy})"]
    )
    if done.no_pool:
        inv.note(
            f"{found.country} has no pool to return to: kapso-twilio pool set {found.country}"
            " --target-size N"
        )
