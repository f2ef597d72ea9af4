"""Restore a backup of the inventory, without losing what was done since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import StateError
from ...inventory.contents import Contents
from ...inventory.journal import Journal
from ...inventory.present import Request
from ...inventory.restore import Restored, check_backup, rehearse, restore
from ...project import Project
from ..lock import Patience, alone


def restore_inventory(
    project: Project, backup: Path, approve: Callable[[Contents], None], patience: Patience
) -> Restored:
    """Put `backup` in the inventory's place, once `approve` lets what it holds pass.

    Purchases, hand-outs and numbers that the present inventory knows beyond it are kept; from then
    on nothing is bought or handed out before a reconcile. Raises StateError where the backup cannot
    be restored, and what `approve` raises; then the inventory is as it was.
    """
    _make_folder(project)
    with alone(project, "inventory restore", patience):
        request = _request(project, backup)
        approve(check_backup(request))
        return restore(request)


def rehearse_restore(project: Project, backup: Path, patience: Patience) -> Restored:
    """What `restore_inventory` would do at this moment."""
    _make_folder(project)
    with alone(project, "inventory restore --dry-run", patience):
        return rehearse(_request(project, backup))


def _request(project: Project, backup: Path) -> Request:
    return Request(
        backup=backup,
        inventory=project.inventory_path,
        journal=Journal(project.run_id, project.owner.host),
        at=project.now(),
        check_pinned=project.check_pinned,
    )


def _make_folder(project: Project) -> None:
    """The lock stands in the inventory's folder, which may have been lost with it."""
    folder = project.inventory_path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"the folder {folder} cannot be made",
            reason=error.strerror,
            hint="check the folder's owner and permissions, or set KAPSO_TWILIO_DATA_DIR",
        ) from error
