"""`kapso-twilio reservation`: which numbers are held, for whom, and until when."""

from __future__ import annotations

from typing import Annotated

import typer

from .answer import Table
from .command import Command, invocation
from .options import DryRun, OptionalNumber, RefOption, number_or_ref
from .tree import noun

app = noun("List and cancel reservations.")

Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="End it even if Meta's object is gone and a customer might have claimed it; Kapso is"
        " asked.",
    ),
]


@app.command("list", cls=Command, epilog="kapso-twilio reservation list --json")
def list_(ctx: typer.Context) -> None:
    """List the reservations that last, soonest to end first."""
    inv = invocation(ctx)
    with inv.project.inventory.read() as session:
        numbers = session.numbers.with_reservation()
        pairs = [(held, numbers[held.number_id]) for held in session.reservations.living()]
        links = {link.ref: link.link_id for link in session.setup_links.all()}
    reservations = [
        {
            "ref": held.ref,
            "phone_number": number.phone_number,
            "country": held.country,
            "path": held.path,
            "state": number.state,
            "customer": held.customer or number.facts.customer_id,
            "setup_link": links.get(held.ref),
            "reserved_at": held.reserved_at,
            "reserved_until": held.reserved_until,
        }
        for held, number in pairs
    ]
    columns = ("ref", "phone_number", "country", "path", "state", "customer", "reserved_until")
    rows = [[row[column] for column in columns] for row in reservations]
    table = Table(columns, rows, "nothing is reserved")
    inv.answer("reservation.list", {"reservations": reservations}, [table])


@app.command(
    "cancel",
    cls=Command,
    epilog="kapso-twilio reservation cancel +56912345678\n"
    "kapso-twilio reservation cancel --ref signup-1234\n"
    "kapso-twilio reservation cancel +56912345678 --force",
)
def cancel_(
    ctx: typer.Context,
    number: OptionalNumber = None,
    *,
    ref: RefOption = None,
    force: Force = False,
    dry_run: DryRun = False,
) -> None:
    """End a reservation. A pool number is taken off Meta first, and verified anew later."""
    inv = invocation(ctx)
    from ..operations.handing_out.reservation import cancel, reserved

    project = inv.project
    name = number_or_ref(number, ref)
    if dry_run:
        found, _ = reserved(project, name)
        words = f"would cancel the reservation of {found.phone_number}"
    else:
        found = cancel(project, name, though_gone=force)
        words = f"the reservation of {found.phone_number} is cancelled; it is {found.state}"
    fields = {"dry_run": dry_run, "phone_number": found.phone_number, "state": found.state}
    inv.answer("reservation.cancel", fields, [words])
