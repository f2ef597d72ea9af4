"""`kapso-twilio config`: show, check and edit the project file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import StateError, UsageError
from ..places import is_there
from .answer import Table
from .command import Command, Invocation, invocation
from .options import DryRun
from .project_edit import edit, outcome, said
from .suggestions import keys, set_keys, values
from .switching import refuse_not_entitled, warn_if_switched_off
from .tree import noun

if TYPE_CHECKING:
    from pathlib import Path

    from ..config.editing import Draft
    from ..config.schema import Key

app = noun("Show, check and edit the project file.")

_DOTTED = "With dots: plan, limits.max_numbers, pools.US.enabled."

KeyName = Annotated[str, typer.Argument(metavar="KEY", help=_DOTTED, autocompletion=keys)]
SetKey = Annotated[str, typer.Argument(metavar="KEY", help=_DOTTED, autocompletion=set_keys)]
Value = Annotated[
    str,
    typer.Argument(
        metavar="VALUE",
        help="The new value; lists with commas and no spaces, a command in quotes as a whole.",
        autocompletion=values,
    ),
]


@app.command(
    "show", cls=Command, epilog="kapso-twilio config show\nkapso-twilio config show --json"
)
def show(ctx: typer.Context) -> None:
    """Show every setting in effect, and where it came from."""
    from ..config import explain, loading

    inv = invocation(ctx)
    project = inv.project
    raw = loading.parse_toml(loading.read(project.path))
    found = [*explain.settings(project.config, raw), *explain.surroundings()]
    inv.answer(
        "config.show",
        {
            "project": project.name,
            "path": str(project.path),
            "settings": [
                {
                    "key": one.key,
                    "value": one.value,
                    "source": one.source,
                    "meaning": one.meaning,
                }
                for one in found
            ],
        },
        [
            Table(
                ["key", "value", "from"],
                [(one.key, _words(one.value), one.source) for one in found],
            )
        ],
    )


@app.command("path", cls=Command, epilog="$EDITOR $(kapso-twilio config path)")
def path(ctx: typer.Context) -> None:
    """Print where the project file is, even if it is broken."""
    inv = invocation(ctx)
    found = _file(inv)
    inv.answer("config.path", {"path": str(found)}, [str(found)])


@app.command("check", cls=Command, epilog="kapso-twilio config check --project acme")
def check(ctx: typer.Context) -> None:
    """Say everything that is wrong with the project file."""
    from ..config import loading
    from ..config.locations import name_by_place
    from ..config.problems import raise_all

    inv = invocation(ctx)
    found = _file(inv)
    problems = loading.problems(found, name=inv.project_name or name_by_place(found))
    fields = {
        "path": str(found),
        "valid": not problems,
        "problems": [
            {
                "table": one.table or None,
                "key": one.key or None,
                "found": one.found,
                "what": one.what,
            }
            for one in problems
        ],
    }
    inv.answer("config.check", fields, [] if problems else [f"{found} is valid"])
    raise_all(found, problems)


class _SetCommand(Command):
    """`config set`, whose value may begin with a minus: its own error tells what fits."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """No option begins with a digit: -3 is the value, which stands last."""
        if "--" not in args:
            values = [word for word in args if re.match(r"-\d", word)]
            args = [word for word in args if word not in values]
            args += ["--", *values] if values else []
        return super().parse_args(ctx, args)


@app.command(
    "set",
    cls=_SetCommand,
    epilog="kapso-twilio config set limits.max_numbers 60\n"
    "kapso-twilio config set allowed_countries US,CL\n"
    "kapso-twilio config set limits.max_monthly_cost none",
)
def set_(
    ctx: typer.Context,
    key: KeyName,
    value: Value,
    *,
    dry_run: DryRun = False,
) -> None:
    """Set one key of the project file; comments and order stay."""
    from ..config.keys import parse_key, value_from_text
    from ..config.kinds import show as shown

    inv = invocation(ctx)
    _refuse_secret(key)
    path, raw = value_from_text(key, value)
    _refuse_fixed(path)
    if path == ("enabled",) and raw is True:
        refuse_not_entitled(inv.project.config)
    draft = edit(inv, [(path, raw)], dry_run=dry_run)
    dotted, (_, kind) = ".".join(path), parse_key(key)
    now = shown(kind, _setting(draft, path))
    fields = {**outcome(draft, dry_run=dry_run), "key": dotted, "value": now}
    words = _words(now)
    says = f"{dotted} = {words}" if words is not None else f"{dotted} is empty"
    inv.answer("config.set", fields, said(says, draft, dry_run=dry_run))
    warn_if_switched_off(inv, inv.project.config, draft.config)
    if path == ("twilio", "account_sid"):
        _warn_if_another_account(inv, draft)


@app.command("unset", cls=Command, epilog="kapso-twilio config unset default_country")
def unset(ctx: typer.Context, key: SetKey, *, dry_run: DryRun = False) -> None:
    """Remove one key of the project file; its default holds."""
    from ..config.editing import REMOVED
    from ..config.keys import parse_key
    from ..config.kinds import show as shown

    inv = invocation(ctx)
    path, kind = parse_key(key)
    _refuse_fixed(path)
    draft = edit(inv, [(path, REMOVED)], dry_run=dry_run)
    dotted = ".".join(path)
    now = shown(kind, _setting(draft, path))
    fields = {**outcome(draft, dry_run=dry_run), "key": dotted, "value": now}
    default = _words(now)
    end = "not set" + (f"; in effect: {default}" if default is not None else "")
    would = f"{dotted} would be {end}"
    words = said(f"{dotted} is {end}", draft, dry_run=dry_run, would=would)
    inv.answer("config.unset", fields, words)
    warn_if_switched_off(inv, inv.project.config, draft.config)


def _file(inv: Invocation) -> Path:
    from ..config.locations import find_project_file

    return find_project_file(name=inv.project_name, config_path=inv.config_path)


def _setting(draft: Draft, path: Key) -> object:
    """The value in effect; None where its table is gone."""
    found: Any = draft.config
    for word in path:
        found = found.get(word) if isinstance(found, dict) else getattr(found, word, None)
    return found


def _warn_if_another_account(inv: Invocation, draft: Draft) -> None:
    """An inventory stays with its account: with another one, nothing that uses it would work."""
    from ..project import Project

    project = Project(draft.path, draft.config, inv.run)
    if not draft.is_change:
        return
    try:
        if is_there(project.inventory_path):
            project.inventory.close()
    except StateError as error:
        inv.output.warn(f"warning: {error.message}; {error.hint}")


def _refuse_secret(key: str) -> None:
    from ..config.problems import is_secret_key, secret_problem

    table, _, name = key.rpartition(".")
    if is_secret_key(name):
        command = secret_problem(table, name).what.rpartition(": ")[2]
        raise UsageError(
            "secrets are neither written to the project file nor given as arguments",
            reason="other programs and users could read them there",
            hint=f"run: {command}; and if this one is in your shell's history, change it",
        )


def _refuse_fixed(path: Key) -> None:
    if path == ("project",):
        raise UsageError(
            "a project's name cannot be changed",
            reason="its inventory, its secrets and its numbers' labels carry it",
            hint="set up another one: kapso-twilio configure --project NAME",
        )


def _words(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(str, value)) or None
        case _:
            return str(value)
