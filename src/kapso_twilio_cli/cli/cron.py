"""`kapso-twilio cron`: let something run `reconcile` every 15 minutes."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import DryRun, Yes
from .tree import noun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..operations.cron.scheduled_run import ScheduledRun, SecretPlace
    from ..operations.cron.systemd import Scope
    from ..operations.cron.timer import TimerPlan, Units

app = noun("Let systemd, cron or another scheduler run reconcile.")

User = Annotated[
    bool, typer.Option("--user", help="Your own systemd; the default unless you are root.")
]
System = Annotated[bool, typer.Option("--system", help="The system's; the default for root.")]
Force = Annotated[bool, typer.Option("--force", help="Do it even where a file was edited by hand.")]


class Format(StrEnum):
    """Whose words a schedule is written in."""

    SYSTEMD = "systemd"
    CRONTAB = "crontab"
    LAUNCHD = "launchd"
    KUBERNETES = "kubernetes"


@app.command(
    "install",
    cls=Command,
    epilog="kapso-twilio cron install -p acme\n"
    "kapso-twilio cron install -p acme --dry-run\n"
    "sudo kapso-twilio cron install --system --config /etc/kapso-twilio/acme.toml",
)
def install_(
    ctx: typer.Context,
    *,
    user: User = False,
    system: System = False,
    force: Force = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Install a systemd timer that runs reconcile every 15 minutes.

    The timer is started at once. Run it again to update it. Where systemd does not run, nothing is
    written unless you name --user or --system. A run buys within the project's limits, and asks
    nobody.
    """
    inv = invocation(ctx)
    from ..operations.cron.timer import install, plan_install

    plan, units = plan_install(inv.project, _scope(user=user, system=system), force=force)
    if not dry_run:
        if inv.interactive:
            _ask(inv, plan, yes=yes)
        install(plan)
    started = plan.has_manager and not dry_run
    fields = {
        **_plan_fields(inv.project.name, plan, dry_run=dry_run),
        "started": started,
        "secrets": [_secret_fields(one) for one in units.secrets],
    }
    words = _file_words(plan, dry_run=dry_run)
    if started:
        words.append(f"started: {plan.timer}, every 15 minutes")
    elif dry_run and plan.has_manager:
        words += [f"would run: {command}" for command in plan.commands_in_words]
    inv.answer("cron.install", fields, words)
    _say_beside_install(inv, plan, units)


@app.command(
    "show",
    cls=Command,
    epilog="kapso-twilio cron show -p acme\n"
    "kapso-twilio cron show -p acme --format crontab\n"
    "kapso-twilio cron show -p acme --format kubernetes > cronjob.yaml",
)
def show_(
    ctx: typer.Context,
    *,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Print only this one, as its file would be.")
    ] = None,
    user: User = False,
    system: System = False,
) -> None:
    """Print what would run reconcile every 15 minutes.

    For systemd, crontab, launchd and Kubernetes. Program, project file and inventory are named by
    absolute paths. Nothing is installed.
    """
    inv = invocation(ctx)
    from ..operations.cron.scheduled_run import scheduled_run
    from ..operations.cron.systemd import usual_scope
    from ..operations.cron.timer import units

    run = scheduled_run(inv.project)
    scope = _scope(user=user, system=system) or usual_scope()
    of_systemd = units(run, scope)
    texts = {one: text for one, text in _texts(run, of_systemd).items() if format_ in (None, one)}
    fields = {
        "project": run.project,
        "program": list(run.program),
        "config_path": str(run.config_path),
        "data_dir": str(run.data_dir),
        "scope": scope,
        **{one.value: texts.get(one) for one in Format},
        "secrets": [_secret_fields(one) for one in of_systemd.secrets],
    }
    inv.answer("cron.show", fields, _shown(run, scope, texts, only=format_))
    _warn_of_secrets(inv, of_systemd.secrets)


@app.command(
    "remove",
    cls=Command,
    epilog="kapso-twilio cron remove -p acme\nsudo kapso-twilio cron remove --system -p acme",
)
def remove_(
    ctx: typer.Context,
    *,
    user: User = False,
    system: System = False,
    force: Force = False,
    dry_run: DryRun = False,
) -> None:
    """Stop the project's systemd timer and remove its files.

    These are what `cron install` wrote. A run under way goes on to its end. It works after the
    project was removed, too.
    """
    inv = invocation(ctx)
    from ..operations.cron.timer import plan_removal, remove_timer

    name = _project_name(inv)
    plan = plan_removal(name, _scope(user=user, system=system), force=force)
    if not dry_run:
        remove_timer(plan)
    words = _file_words(plan, dry_run=dry_run)
    inv.answer("cron.remove", _plan_fields(name, plan, dry_run=dry_run), words)
    if not plan.files:
        inv.note(_nothing_there(name, plan.scope))


def _scope(*, user: bool, system: bool) -> Scope | None:
    """The one that was named; None where neither was."""
    from ..operations.cron.systemd import Scope

    if user and system:
        raise UsageError("--user and --system are two places", hint="name one of them")
    return Scope.USER if user else (Scope.SYSTEM if system else None)


def _project_name(inv: Invocation) -> str:
    """The name that was given, whether its file is still there or not; else the project's."""
    from ..domain.project_name import parse_project_name

    named = inv.project_name or os.environ.get("KAPSO_TWILIO_PROJECT")
    return parse_project_name(named) if named else inv.project.name


def _ask(inv: Invocation, plan: TimerPlan, *, yes: bool) -> None:
    for line in _file_words(plan, dry_run=True):
        inv.note(line)
    inv.confirm("Install it? It buys within the project's limits without asking.", yes=yes)


def _plan_fields(project: str, plan: TimerPlan, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "project": project,
        "scope": plan.scope,
        "timer": plan.timer,
        "files": [{"path": str(one.path), "change": one.change} for one in plan.files],
    }


def _secret_fields(one: SecretPlace) -> dict[str, object]:
    return {
        "name": one.name,
        "source": one.source,
        "place": one.place,
        "warning": one.warning,
    }


def _file_words(plan: TimerPlan, *, dry_run: bool) -> list[str]:
    would = "would be " if dry_run else ""
    return [
        f"{'' if one.change == 'unchanged' else would}{one.change}: {one.path}"
        for one in plan.files
    ]


def _say_beside_install(inv: Invocation, plan: TimerPlan, units: Units) -> None:
    from ..operations.cron.systemd import Scope
    from ..operations.cron.timer import lingers

    if not plan.has_manager:
        inv.note("systemd does not run here, so nothing was started; where it runs:")
        for command in plan.commands_in_words:
            inv.note(f"  {command}")
    if plan.scope is Scope.USER and not lingers():
        inv.note("it runs while you are logged in; for always: loginctl enable-linger")
    for one in units.secrets:
        if one.place is not None and one.warning is None:
            inv.note(f"{one.name}: from {one.place}")
    _warn_of_secrets(inv, units.secrets)
    _say_how_to_encrypt(inv, inv.project.name, plan.scope, units.secrets)


def _say_how_to_encrypt(
    inv: Invocation, project: str, scope: Scope, secrets: Iterable[SecretPlace]
) -> None:
    from ..operations.cron.systemd import Scope, credential_folders

    plain = [one.name for one in secrets if one.credential is None]
    if not plain:
        return
    folder, user = credential_folders(scope)[0], " --user" if scope is Scope.USER else ""
    name = f"{project}.{plain[0]}"
    inv.note("to keep a secret encrypted, type it here, then run cron install again:")
    if not folder.exists():
        inv.note(f"  mkdir -m 700 {folder}")
    inv.note(
        f"  systemd-ask-password -n | systemd-creds{user} encrypt --name={name} - {folder / name}"
    )


def _warn_of_secrets(inv: Invocation, secrets: Iterable[SecretPlace]) -> None:
    for one in secrets:
        if one.warning is not None:
            where = f"in {one.place}" if one.place else "not found by a scheduled run"
            inv.output.warn(f"warning: {one.name}: {where}: {one.warning}")
    if any(one.warning is not None for one in secrets):
        inv.note("kapso-twilio auth set NAME --store file puts it where every run finds it")


def _texts(run: ScheduledRun, of_systemd: Units) -> dict[Format, object]:
    """Each schedule; systemd's are two files."""
    from ..operations.cron.schedules import crontab_line, kubernetes_cron_job, launchd_plist

    secrets = [one.name for one in of_systemd.secrets]
    return {
        Format.SYSTEMD: {"service": of_systemd.service, "timer": of_systemd.timer},
        Format.CRONTAB: crontab_line(run),
        Format.LAUNCHD: launchd_plist(run),
        Format.KUBERNETES: kubernetes_cron_job(run, secrets),
    }


def _shown(
    run: ScheduledRun, scope: Scope, texts: dict[Format, object], *, only: Format | None
) -> list[str]:
    """The files one after the other, each under where it belongs; one alone is only its text."""
    from ..operations.cron.schedules import launchd_label
    from ..operations.cron.systemd import unit_folder

    where = {
        Format.CRONTAB: "crontab -e",
        Format.LAUNCHD: f"~/Library/LaunchAgents/{launchd_label(run)}.plist",
        Format.KUBERNETES: "kubectl apply -f -",
    }
    parts: list[str] = []
    for one, text in texts.items():
        if isinstance(text, dict):
            folder = unit_folder(scope)
            parts += [f"# {folder / run.unit}.{kind}\n{unit}" for kind, unit in text.items()]
        else:
            parts.append(str(text) if only else f"# {where[one]}\n{text}")
    return ["\n".join(parts).rstrip("\n")]


def _nothing_there(name: str, scope: Scope) -> str:
    from ..operations.cron.systemd import Scope
    from ..operations.cron.timer import is_installed

    other = Scope.USER if scope is Scope.SYSTEM else Scope.SYSTEM
    if is_installed(name, other):
        return f"nothing was installed here; there is one with --{other}"
    return f"nothing was installed: project {name} has no timer here"
