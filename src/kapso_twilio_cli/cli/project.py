"""`kapso-twilio project`: the projects of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..errors import ConfigError, StateError
from ..places import is_there
from .answer import Table
from .command import Command, Invocation, invocation
from .project_remove import register
from .tree import noun

if TYPE_CHECKING:
    from pathlib import Path

app = noun("List the projects on this machine, and remove one.")


@app.command(
    "list", cls=Command, epilog="kapso-twilio project list\nkapso-twilio project list --json"
)
def list_(ctx: typer.Context) -> None:
    """List every project file found, and whether its inventory is there."""
    inv = invocation(ctx)
    rows = [_listed(path) for path in _files(inv)]
    columns = ("project", "enabled", "inventory", "path")
    inv.answer(
        "project.list",
        {"projects": rows},
        [
            Table(
                columns,
                [[row[key] for key in columns] for row in rows],
                empty="no project is set up: kapso-twilio configure",
            )
        ],
    )
    for row in rows:
        if row["problem"] is not None:
            inv.note(
                f"{row['path']} cannot be used: kapso-twilio config check --config {row['path']}"
            )


def _files(inv: Invocation) -> list[Path]:
    """The files in the folder of projects, the working directory's, and the one that was named."""

    from ..config.locations import project_file_here, project_files

    named = inv.config_path
    others = [project_file_here()]
    if named is not None and is_there(named, ConfigError):
        others.append(named)
    return list(dict.fromkeys([*project_files(), *(path.absolute() for path in others if path)]))


def _listed(path: Path) -> dict[str, object]:
    from ..config.loading import load
    from ..config.locations import name_by_place
    from ..project import Project

    row: dict[str, object] = {"project": path.stem, "path": str(path)}
    try:
        project = Project(path, load(path, name=name_by_place(path)))
        has_inventory = is_there(project.inventory_path)
    except (ConfigError, StateError) as error:
        return {**row, "enabled": None, "inventory": None, "inventory_path": None} | {
            "problem": error.message
        }
    return {
        "project": project.name,
        "path": str(path),
        "enabled": project.why_not_enabled() is None,
        "inventory": has_inventory,
        "inventory_path": str(project.inventory_path),
        "problem": None,
    }


register(app)
