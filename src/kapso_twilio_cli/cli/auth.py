"""`kapso-twilio auth`: store, check and clear secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.nearest import did_you_mean
from ..errors import UsageError
from .answer import Table
from .asking import Store, ask_secret, parse_store, read_secret, say_where
from .command import Command, Invocation, invocation
from .options import DryRun
from .suggestions import secret_names
from .tree import noun

if TYPE_CHECKING:
    from ..config.editing import Draft
    from ..config.secrets import Secret, SecretName, Secrets, SourceKind
    from ..project import Project

app = noun("Store and check secrets.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="auth_token, api_key_secret, meta_token, meta_app_secret, kapso_api_key or "
        "kapso_webhook_secret.",
        autocompletion=secret_names,
    ),
]


@app.command(
    "set",
    cls=Command,
    context_settings={"allow_extra_args": True},  # to refuse them without repeating them
    epilog="kapso-twilio auth set auth_token\n"
    "pass twilio/token | kapso-twilio auth set auth_token --stdin\n"
    "kapso-twilio auth set api_key_secret --api-key-sid SK...",
)
def set_(
    ctx: typer.Context,
    name: Name,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input.")] = False,
    store: Store = None,
    api_key_sid: Annotated[
        str | None,
        typer.Option(
            metavar="SK...", help="With api_key_secret: the key it is of; both change together."
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Check a secret with its vendor, then store it."""
    inv = invocation(ctx)
    _refuse_in_argv(ctx.args)
    secret_name, where = _parse_name(name), parse_store(store)
    draft = _draft(inv, secret_name, api_key_sid)
    secret = _read(inv, secret_name, from_stdin=stdin)
    project = inv.project
    unchecked = _check(project, secret_name, secret, draft)
    fields: dict[str, object] = {
        "project": project.name,
        "name": name,
        "checked": unchecked is None,
    }
    if unchecked is not None:
        inv.note(f"not checked: {unchecked}")
    if dry_run:
        fields |= {"stored": None, "place": None, "shadowed_by": None}
        words = f"{name} would be stored (dry run)"
    else:
        stored = project.secrets.store(secret_name, secret, where)
        draft.write()
        winner = say_where(inv, project.secrets, name, stored)
        fields |= {"stored": stored.source.value, "place": stored.place, "shadowed_by": winner}
        words = f"{name} is stored: {stored.place}"
    inv.answer("auth.set", {**fields, "dry_run": dry_run}, [words])


@app.command(
    "status", cls=Command, epilog="kapso-twilio auth status\nkapso-twilio auth status --json"
)
def status(ctx: typer.Context) -> None:
    """Say which secrets are there, and from where."""
    from ..config.secrets import SecretName

    inv = invocation(ctx)
    project = inv.project
    rows = [_status(project.secrets, name) for name in SecretName]
    keyring_problem = project.secrets.keyring_problem
    inv.answer(
        "auth.status",
        {"project": project.name, "secrets": rows, "keyring_problem": keyring_problem},
        [
            Table(
                ["secret", "set", "from", "problem"],
                [
                    (row["name"], "yes" if row["set"] else "no", row["place"], row["problem"])
                    for row in rows
                ],
            )
        ],
    )
    if keyring_problem is not None:
        inv.note(f"note: {keyring_problem}")


@app.command("clear", cls=Command, epilog="kapso-twilio auth clear meta_token")
def clear(ctx: typer.Context, name: Name, *, dry_run: DryRun = False) -> None:
    """Remove a secret from the keyring and from its file."""
    from ..config.secrets import SourceKind

    inv = invocation(ctx)
    secret_name = _parse_name(name)
    secrets = inv.project.secrets
    ours = (SourceKind.KEYRING, SourceKind.FILE)
    if dry_run:
        states = secrets.sources(secret_name)
        removed = [state.kind for state in states if state.holds and state.kind in ours]
    else:
        removed = secrets.clear(secret_name)
    left = [one.place for one in secrets.sources(secret_name) if one.holds and one.kind not in ours]
    fields = {
        "project": secrets.project,
        "name": name,
        "removed": [kind.value for kind in removed],
        "still_from": left[0] if left else None,
        "dry_run": dry_run,
    }
    inv.answer("auth.clear", fields, [_cleared(name, removed, dry_run=dry_run)])
    if left:
        inv.note(f"{left[0]} still provides it")


def _cleared(name: str, removed: list[SourceKind], *, dry_run: bool) -> str:
    if not removed:
        return f"{name} was not stored (nothing to change)"
    places = " and ".join("its file" if kind == "file" else "the keyring" for kind in removed)
    return f"{name} {'would be ' * dry_run}removed from {places}"


def _parse_name(text: str) -> SecretName:
    from ..config.secrets import SecretName

    known = [name.value for name in SecretName]
    word = text.lower().replace("-", "_")
    if word not in known:
        raise UsageError(
            "there is no secret of that name",
            reason="the names are " + ", ".join(known),
            hint=did_you_mean(word, known),
        )
    return SecretName(word)


def _refuse_in_argv(rest: list[str]) -> None:
    """What stands there is not repeated: it is the secret."""
    if rest:
        raise UsageError(
            "a secret is never given as an argument",
            reason="other users of the machine could read it there",
            hint="leave it out to be asked, or pipe it in with --stdin; "
            "and as this one is in your shell's history, change it",
        )


def _draft(inv: Invocation, name: SecretName, api_key_sid: str | None) -> Draft:
    """The project file as it will be: an API key's two halves change together."""
    from ..config.editing import draft_changes
    from ..config.keys import value_from_text
    from ..config.secrets import SecretName

    project = inv.project
    is_key = name is SecretName.API_KEY_SECRET
    if api_key_sid is not None and not is_key:
        raise UsageError("--api-key-sid goes with api_key_secret alone")
    if is_key and api_key_sid is None and project.config.twilio.api_key_sid is None:
        raise UsageError(
            "an API key's secret needs its SID beside it",
            hint="add --api-key-sid SK...",
        )
    changes = [value_from_text("twilio.api_key_sid", api_key_sid)] if api_key_sid else []
    return draft_changes(project.path, changes, name=project.name)


def _read(inv: Invocation, name: SecretName, *, from_stdin: bool) -> Secret:
    if from_stdin:
        return read_secret(name)
    if not inv.interactive:
        raise UsageError(
            f"the {name} cannot be asked for",
            reason="there is no terminal to ask on",
            hint=f"pipe it in: ... | kapso-twilio auth set {name} --stdin",
        )
    secret = ask_secret(name, name)
    if secret is None:
        raise UsageError(f"no {name} was given")
    return secret


def _check(project: Project, name: SecretName, secret: Secret, draft: Draft) -> str | None:
    from ..operations.secrets.check_secret import check_secret

    def known(other: SecretName) -> Secret | None:
        found = project.secrets.find(other)
        return found.secret if found else None

    return check_secret(name, secret, draft.config, known, project.endpoints)


def _status(secrets: Secrets, name: SecretName) -> dict[str, object]:
    states = secrets.sources(name)
    winner = next((state for state in states if state.holds), None)
    return {
        "name": name.value,
        "set": winner is not None and winner.problem is None,
        "source": winner.kind.value if winner else None,
        "place": winner.place if winner else None,
        "problem": winner.problem if winner else None,
    }
