"""Check the inventory: whether it is sound, agrees with itself, and is this project's."""

from __future__ import annotations

from ...errors import StateError
from ...inventory.backup import newest_backup
from ...inventory.connection import integrity_problems
from ...inventory.contents import problems_of
from ...places import is_there
from ...project import Project


def check_inventory(project: Project) -> list[str]:
    """What is wrong with it: empty when it can be believed.

    Raises StateError where there is none, or it is another project's or a newer program's.
    """
    path = project.inventory_path
    damage = integrity_problems(path) if is_there(path) else []
    if damage:
        return damage
    _ = project.inventory  # raises; and brings an older schema to today's
    return problems_of(path)


def cannot_be_believed(project: Project, problems: list[str]) -> StateError:
    """The error that goes with those problems: a backup is the way on."""
    backup = newest_backup(project.inventory_path)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return StateError(
        f"the inventory {project.inventory_path} is damaged, or was changed past this program",
        reason=problems[0] + more,
        hint=f"kapso-twilio inventory restore {backup or 'PATH'}",
    )
