"""`kapso-twilio inventory`: create, locate and check the inventory."""

from __future__ import annotations

import typer

from ..errors import StateError
from .command import Command, invocation
from .options import DryRun
from .tree import noun

app = noun("Create, locate and check the inventory.")


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
    inv.answer("inventory.path", {"path": str(path), "exists": path.exists()}, [str(path)])


@app.command("check", cls=Command, epilog="kapso-twilio inventory check")
def check(ctx: typer.Context) -> None:
    """Check that the inventory is sound and is this project's."""
    inv = invocation(ctx)
    from ..inventory.connection import integrity_problems

    project = inv.project
    path = project.inventory_path
    problems = integrity_problems(path) if path.exists() else []
    if not problems:
        _ = project.inventory  # raises where there is none, or it is another project's
    words = [f"{path}: sound"] if not problems else [f"{path}: {text}" for text in problems]
    inv.answer("inventory.check", {"path": str(path), "problems": problems}, words)
    if problems:
        raise StateError(
            f"the inventory {path} is damaged",
            reason=problems[0],
            hint="stop using it, and put a copy of the file from before the damage in its place",
        )
