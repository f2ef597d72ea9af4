"""`kapso-twilio inventory`: create, locate, check, back up and restore the inventory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.counted import counted
from ..places import is_there
from .command import Command, invocation
from .inventory_restore import register
from .options import DryRun
from .tree import noun

if TYPE_CHECKING:
    from ..inventory.contents import Contents

app = noun("Create, check, back up and restore the inventory.")


@app.command("create", cls=Command, epilog="kapso-twilio inventory create -p acme")
def create(ctx: typer.Context, *, dry_run: DryRun = False) -> None:
    """Make the project's inventory, once. An inventory that is there is never touched."""
    inv = invocation(ctx)
    project = inv.project
    path = project.inventory_path if dry_run else project.create_inventory()
    words = f"{'would create' if dry_run else 'created'} {path}"
    inv.answer("inventory.create", {"path": str(path), "dry_run": dry_run}, [words])


@app.command("path", cls=Command, epilog='sqlite3 "$(kapso-twilio inventory path)" .tables')
def path_(ctx: typer.Context) -> None:
    """Print where the project's inventory is."""
    inv = invocation(ctx)
    path = inv.project.inventory_path
    inv.answer("inventory.path", {"path": str(path), "exists": is_there(path)}, [str(path)])


@app.command("check", cls=Command, epilog="kapso-twilio inventory check")
def check(ctx: typer.Context) -> None:
    """Check that the inventory is sound, and this project's. It must agree with its own events."""
    inv = invocation(ctx)
    from ..operations.safekeeping.check_inventory import cannot_be_believed, check_inventory

    project = inv.project
    path = project.inventory_path
    problems = check_inventory(project)
    words = [f"{path}: sound"] if not problems else [f"{path}: {text}" for text in problems]
    inv.answer("inventory.check", {"path": str(path), "problems": problems}, words)
    if problems:
        raise cannot_be_believed(project, problems)


@app.command(
    "backup",
    cls=Command,
    epilog="kapso-twilio inventory backup\nkapso-twilio inventory backup /mnt/usb/acme.db",
)
def backup(
    ctx: typer.Context,
    path: Annotated[
        str | None,
        typer.Argument(metavar="[PATH]", help="The new file; else one among the backups."),
    ] = None,
) -> None:
    """Copy the inventory to a new file, and check the copy.

    The inventory may be in use meanwhile. A backup holds no secrets.
    """
    inv = invocation(ctx)
    from ..operations.safekeeping.backup import make_backup

    made = make_backup(inv.project, Path(path).absolute() if path else None)
    held = made.contents
    fields = {
        "path": str(made.path),
        "size_bytes": made.size_bytes,
        "numbers": held.numbers,
        "purchases": held.purchases,
        "unresolved_purchases": held.unresolved,
        "newest_event_at": held.newest_event_at,
    }
    words = f"{made.path}: {made.size_bytes} bytes, {in_words(held)}"
    inv.answer("inventory.backup", fields, [words])


def in_words(held: Contents) -> str:
    """What an inventory holds, in a line."""
    numbers = counted(held.numbers, "number")
    unresolved = counted(held.unresolved, "unresolved purchase")
    return f"{numbers}, {unresolved}, newest event {held.newest_event_at:%Y-%m-%d %H:%M:%S} UTC"


register(app)
