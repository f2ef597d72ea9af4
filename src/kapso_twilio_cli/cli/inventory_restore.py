"""`kapso-twilio inventory restore`: a backup in the inventory's place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.counted import counted
from .command import Command, Invocation, invocation
from .options import DryRun, Yes
from .patience import LockTimeout, patience

if TYPE_CHECKING:
    from ..inventory.contents import Contents
    from ..inventory.joining import Kept
    from ..inventory.restore import Restored
    from ..project import Project


def register(app: typer.Typer) -> None:
    """Add the command to the noun `inventory`."""
    app.command(
        "restore",
        cls=Command,
        epilog="kapso-twilio inventory restore /mnt/usb/acme.db\n"
        "kapso-twilio inventory restore /mnt/usb/acme.db --dry-run",
    )(restore)


def restore(
    ctx: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="The backup to take.")],
    *,
    yes: Yes = False,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Put a backup in the inventory's place.

    What was bought and handed out since is kept, and the present file is backed up first.
    Afterwards nothing is bought or handed out before a reconcile has looked at the account.
    """
    inv = invocation(ctx)
    from ..operations.safekeeping.restore import rehearse_restore, restore_inventory

    project, backup = inv.project, Path(path).absolute()
    waits = patience(inv, lock_timeout)
    if dry_run:
        restored = rehearse_restore(project, backup, waits)
    else:
        restored = restore_inventory(
            project, backup, lambda held: _approve(inv, project, backup, held, yes=yes), waits
        )
    inv.answer(
        "inventory.restore",
        _fields(project, backup, restored, dry_run=dry_run),
        _words(project, backup, restored, dry_run=dry_run),
    )
    for note in restored.notes:
        inv.note(note)
    if not dry_run:
        inv.output.warn("nothing is bought or handed out before: kapso-twilio reconcile --no-fill")


def _approve(inv: Invocation, project: Project, backup: Path, held: Contents, *, yes: bool) -> None:
    from .inventory import in_words

    question = (
        f"Restore the inventory of {project.name} from {backup.name} ({in_words(held)})? The"
        " present one is backed up, and what was bought and handed out since is kept."
    )
    inv.confirm(question, yes=yes)


def _fields(
    project: Project, backup: Path, restored: Restored, *, dry_run: bool
) -> dict[str, object]:
    result = restored.result
    return {
        "dry_run": dry_run,
        "path": str(project.inventory_path),
        "backup": str(backup),
        "backup_newest_event_at": restored.backup.newest_event_at,
        "backup_numbers": restored.backup.numbers,
        "backup_purchases": restored.backup.purchases,
        "backup_unresolved_purchases": restored.backup.unresolved,
        "safety_backup": str(restored.safety_backup) if restored.safety_backup else None,
        "kept_numbers": restored.kept.numbers,
        "added_numbers": restored.kept.added,
        "released_numbers": restored.kept.released,
        "kept_purchases": restored.kept.purchases,
        "numbers": result.numbers,
        "purchases": result.purchases,
        "unresolved_purchases": result.unresolved,
        "installation": result.identity.installation,
        "standing": "restored",
        "notes": restored.notes,
    }


def _words(project: Project, backup: Path, restored: Restored, *, dry_run: bool) -> list[str]:
    from .inventory import in_words

    done = "would be restored" if dry_run else "restored"
    numbers = counted(restored.result.numbers, "number")
    unresolved = counted(restored.result.unresolved, "unresolved purchase")
    lines = [
        f"{project.inventory_path} {done} from {backup}: {in_words(restored.backup)}",
        f"kept from the one before: {_kept_in_words(restored.kept)}",
        f"in all: {numbers} besides released ones, {unresolved}",
    ]
    if restored.safety_backup is not None:
        lines.append(f"the one before: {restored.safety_backup}")
    return lines


def _kept_in_words(kept: Kept) -> str:
    """What came from the replaced inventory: more than is owned, as released ones are known too."""
    details = [
        f"{len(numbers)} {what}"
        for numbers, what in ((kept.added, "not in the backup"), (kept.released, "released"))
        if numbers
    ]
    of_them = f" ({', '.join(details)})" if details else ""
    numbers = counted(len(kept.numbers), "number")
    return f"{numbers}{of_them}, {counted(kept.purchases, 'purchase')}"
