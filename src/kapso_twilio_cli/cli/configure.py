"""`kapso-twilio configure`: set up a project by wizard or by flags, or change one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.entitlement import Plan
from ..errors import UsageError
from ..places import is_there
from .asking import Store, parse_store, read_secret, say_where
from .command import Command, Invocation, invocation
from .next_steps import next_commands
from .options import DryRun
from .set_up import Credentials, Target, drafted, find_target
from .suggestions import countries, new_countries, projects
from .switching import refuse_not_entitled, warn_if_switched_off
from .tree import verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.editing import Draft
    from ..config.model import ProjectConfig
    from ..config.secrets import Secret, SecretName, SourceKind, Stored

app = verb()


@app.command(
    "configure",
    cls=Command,
    epilog="kapso-twilio configure\n"
    "kapso-twilio configure acme --account-sid AC... --plan enterprise --country US --enable\n"
    "pass twilio | kapso-twilio configure acme --account-sid AC... --plan pro --auth-token-stdin",
)
def configure(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="The project's name, as with --project.", autocompletion=projects
        ),
    ] = None,
    *,
    account_sid: Annotated[
        str | None, typer.Option(metavar="AC...", help="The account that owns the numbers.")
    ] = None,
    plan: Annotated[Plan | None, typer.Option(help="The plan at Kapso.")] = None,
    custom_twilio_addon: Annotated[
        bool | None, typer.Option(help="Whether the add-on is booked: for pro, team and platform.")
    ] = None,
    country: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CC",
            help="Allow this country too, such as CL; repeat it, or use commas.",
            autocompletion=new_countries,
        ),
    ] = None,
    default_country: Annotated[
        str | None,
        typer.Option(
            metavar="CC", help="Country that is meant when none is named.", autocompletion=countries
        ),
    ] = None,
    api_key_sid: Annotated[
        str | None,
        typer.Option(
            metavar="SK...",
            help="An API key whose secret is stored already; else set both with auth set.",
        ),
    ] = None,
    bundle_sid: Annotated[
        str | None,
        typer.Option(
            metavar="BU...", help="Regulatory bundle to send where no country has its own."
        ),
    ] = None,
    address_sid: Annotated[
        str | None,
        typer.Option(metavar="AD...", help="Address to send where no country has its own."),
    ] = None,
    meta_business_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Meta business portfolio of the meta_token; needed for pools."
        ),
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Turn custom Twilio on or off.")
    ] = None,
    auth_token_stdin: Annotated[
        bool, typer.Option("--auth-token-stdin", help="Read the auth token from standard input.")
    ] = False,
    store: Store = None,
    dry_run: DryRun = False,
) -> None:
    """Set up a project, or change it: asks on a terminal, takes flags elsewhere.

    The auth token never stands in the command: it is asked for, or read from standard input, or
    comes from KAPSO_TWILIO_AUTH_TOKEN or another source. It is checked with Twilio before anything
    is written. In a file that is there, only what is given is changed.
    """
    inv = invocation(ctx)
    given = {
        "twilio.account_sid": account_sid,
        "plan": plan,
        "custom_twilio_addon": custom_twilio_addon,
        "default_country": default_country,
        "twilio.api_key_sid": api_key_sid,
        "twilio.bundle_sid": bundle_sid,
        "twilio.address_sid": address_sid,
        "meta.business_id": meta_business_id,
        "enabled": enabled,
    }
    where = parse_store(store)
    target = find_target(inv, name)
    settings = {key: _word(value) for key, value in given.items() if value is not None}
    _refuse_wrong_sids(settings)
    settings |= _countries(target, country or [], settings)
    token = read_secret("auth_token") if auth_token_stdin else None
    settings = _completed(inv, target, settings)
    draft = drafted(target, settings)
    if settings.get("enabled") == "true":
        refuse_not_entitled(draft.config, by_flags=True)
    credentials = _credentials(inv, target, draft, token)
    _finish(inv, target, draft, credentials, where, dry_run=dry_run)


def _credentials(
    inv: Invocation, target: Target, draft: Draft, token: Secret | None
) -> Credentials:
    from ..config.secrets import SecretName, Secrets

    given = {SecretName.AUTH_TOKEN: token} if token else {}
    credentials = Credentials(inv, draft.config, Secrets(target.name), given)
    credentials.collect(is_other_login=_login(target.config) != _login(draft.config))
    return credentials


def _login(config: ProjectConfig | None) -> tuple[str, str | None] | None:
    return (config.twilio.account_sid, config.twilio.api_key_sid) if config else None


def _finish(
    inv: Invocation,
    target: Target,
    draft: Draft,
    credentials: Credentials,
    where: SourceKind | None,
    *,
    dry_run: bool,
) -> None:
    """Store the secrets, write the file, make the inventory; then say what comes next."""
    from ..project import Project

    project = Project(target.path, draft.config, inv.run)
    is_new_inventory = not is_there(project.inventory_path)
    if dry_run:
        stored = [_stored(name, None) for name in credentials.given]
    else:
        if not is_new_inventory:
            project.inventory.close()  # it refuses another account's settings
        stored = _store(inv, credentials, where)
        draft.write()
        if is_new_inventory:
            project.create_inventory()
    following = next_commands(inv, target.path, draft.config, credentials)
    fields = {
        "project": target.name,
        "path": str(target.path),
        "created": target.config is None,
        "changed": draft.is_change,
        "inventory": str(project.inventory_path),
        "inventory_created": is_new_inventory,
        "secrets": stored,
        "next": following,
        "dry_run": dry_run,
    }
    inv.answer("configure", fields, _text(fields, stored))
    if target.config is not None:
        warn_if_switched_off(inv, target.config, draft.config)
    for command in following:
        inv.note(f"next: {command}")


def _store(
    inv: Invocation, credentials: Credentials, where: SourceKind | None
) -> list[dict[str, str | None]]:
    rows = []
    for name, secret in credentials.given.items():
        stored = credentials.stored.store(name, secret, where)
        say_where(inv, credentials.stored, name, stored)
        rows.append(_stored(name, stored))
    return rows


def _stored(name: SecretName, stored: Stored | None) -> dict[str, str | None]:
    """A row of the answer; without `stored`, of what would be stored."""
    source, place = (stored.source.value, stored.place) if stored else (None, None)
    return {"name": name.value, "stored": source, "place": place}


def _text(fields: Mapping[str, object], stored: list[dict[str, str | None]]) -> list[str]:
    would = "would be " if fields["dry_run"] else ""
    done = "created" if fields["created"] else "changed" if fields["changed"] else "as it was"
    lines = [f"project {fields['project']} {would}{done}: {fields['path']}"]
    for row in stored:
        place = f": {row['place']}" if row["place"] else ""
        lines.append(f"{row['name']} {would}stored{place}")
    if fields["inventory_created"]:
        lines.append(f"inventory {would}created: {fields['inventory']}")
    return lines


def _completed(inv: Invocation, target: Target, given: Mapping[str, str]) -> dict[str, str]:
    """Ask for the rest on a terminal: all of a new project, nothing where flags say what to do."""
    from .wizard import ask_settings

    if inv.interactive and (target.config is None or not given):
        return ask_settings(given, target.now)
    missing = [key for key in ("twilio.account_sid", "plan") if key not in given]
    if target.config is None and missing:
        options = {"twilio.account_sid": "--account-sid", "plan": "--plan"}
        raise UsageError(
            f"a new project needs {' and '.join(options[key] for key in missing)}",
            reason="there is no terminal to ask on",
            hint="see kapso-twilio configure --help",
        )
    return dict(given)


def _refuse_wrong_sids(settings: Mapping[str, str]) -> None:
    """Name the flag that was mistyped, before the file's keys are spoken of."""
    from ..domain.sid import SidKind, parse_sid

    for name, kind in (
        ("account_sid", SidKind.ACCOUNT),
        ("api_key_sid", SidKind.API_KEY),
        ("bundle_sid", SidKind.BUNDLE),
        ("address_sid", SidKind.ADDRESS),
    ):
        try:
            parse_sid(kind, settings.get(f"twilio.{name}", kind + "0" * 32))
        except UsageError as error:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{flag}: {error.message}", reason=error.reason, hint=error.hint
            ) from None


def _countries(target: Target, added: list[str], settings: Mapping[str, str]) -> dict[str, str]:
    """Allow more countries; a new project's only one is its default.

    `country disallow` takes one away.
    """
    from ..domain.country import parse_country

    if not added:
        return {}
    before = target.config.allowed_countries if target.config else ()
    words = [word for text in added for word in text.split(",")]
    codes = dict.fromkeys([*before, *(parse_country(word) for word in words)])
    allowed = {"allowed_countries": ",".join(codes)}
    if target.config is None and len(codes) == 1 and "default_country" not in settings:
        return {**allowed, "default_country": next(iter(codes))}
    return allowed


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
