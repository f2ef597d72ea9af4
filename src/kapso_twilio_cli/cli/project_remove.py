"""`kapso-twilio project remove`: take a project off this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.counted import counted
from ..domain.project_name import parse_project_name
from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import DryRun, Yes
from .patience import LockTimeout, patience
from .suggestions import projects

if TYPE_CHECKING:
    from ..operations.safekeeping.remove_project import Removal
    from ..project import Project


def register(app: typer.Typer) -> None:
    """Add the command to the noun `project`."""
    app.command(
        "remove",
        cls=Command,
        epilog="kapso-twilio project remove acme --dry-run\nkapso-twilio project remove acme",
    )(remove)


def remove(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The project to remove.", autocompletion=projects)
    ],
    *,
    yes: Yes = False,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Remove a project's file and secrets, and put its inventory away.

    No number is released: they stay in the Twilio account, and are paid for.
    """
    inv = invocation(ctx)
    project = _named(inv, name)
    ctx.call_on_close(project.close)
    from ..operations.safekeeping.remove_project import plan_removal, remove_project

    if dry_run:
        removal = plan_removal(project)
    else:
        removal = remove_project(
            project,
            lambda plan: inv.confirm(f"Remove it? {' '.join(_stays(project, plan))}", yes=yes),
            patience(inv, lock_timeout),
        )
    fields = {
        "dry_run": dry_run,
        "project": project.name,
        "path": str(project.path),
        "secrets": list(removal.secrets),
        "inventory": str(removal.put_away) if removal.put_away else None,
        "numbers": removal.numbers,
        "monthly_cost": removal.monthly_cost,
        "currency": project.config.limits.currency,
    }
    done = "would be removed" if dry_run else "removed"
    names = ", ".join(removal.secrets) or "none were stored"
    inv.answer(
        "project.remove",
        fields,
        [f"{done}: {project.path}", f"{done}: secrets ({names})", *_stays(project, removal)],
    )
    _say_timers(inv, project.name)


def _say_timers(inv: Invocation, name: str) -> None:
    """A timer that is left would fail every 15 minutes."""
    from ..operations.cron.systemd import Scope
    from ..operations.cron.timer import is_installed

    for scope in Scope:
        if is_installed(name, scope):
            inv.note(f"its timer still runs: kapso-twilio cron remove --{scope} --project {name}")


def _named(inv: Invocation, name: str) -> Project:
    from ..config.loading import load
    from ..config.locations import find_project_by_name
    from ..project import Project

    parse_project_name(name)
    if inv.project_name not in (None, name):
        raise UsageError(
            f"two projects are named: {name} and {inv.project_name}",
            hint=f"kapso-twilio project remove {name}",
        )
    path = find_project_by_name(name, config_path=inv.config_path)
    return Project(path, load(path, name=name), inv.run)


def _stays(project: Project, removal: Removal) -> list[str]:
    if removal.put_away is None:
        return [f"Project {project.name} never had an inventory here: it bought nothing here."]
    account = project.config.twilio.account_sid
    stays = f"No number stays in the Twilio account {account}."
    if removal.numbers:
        verb = "stays" if removal.numbers == 1 else "stay"
        cost = f"{removal.monthly_cost} {project.config.limits.currency} a month"
        numbers = counted(removal.numbers, "number")
        stays = f"{numbers} {verb} in the Twilio account {account}, for {cost}."
    return [stays, f"The inventory is kept in {removal.put_away}."]
