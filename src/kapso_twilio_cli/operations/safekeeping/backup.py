"""Back the inventory up: a checked copy that `inventory restore` takes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ...inventory.backup import automatic_place, back_up
from ...inventory.contents import Contents, contents_of
from ...inventory.store import require_file
from ...project import Project


class MadeBackup(msgspec.Struct, frozen=True):
    """A backup, and what it holds."""

    path: Path
    size_bytes: int
    contents: Contents


def make_backup(project: Project, place: Path | None) -> MadeBackup:
    """Copy the inventory to `place`, else among its own backups; it is left as it is.

    Raises StateError where there is a file at `place` already, it cannot be written, or the
    inventory cannot be backed up: it is damaged, another project's, or a newer program's.
    """
    inventory = project.inventory_path
    require_file(inventory)
    project.check_pinned(contents_of(inventory).identity, inventory)
    path = place or automatic_place(inventory, project.now())
    back_up(inventory, path)
    return MadeBackup(path, path.stat().st_size, contents_of(path))
