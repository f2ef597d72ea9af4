"""What a `reconcile` needs that nobody's shell starts: paths, settings, and where secrets are."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from ...config.locations import TIMEOUT, data_dir
from ...config.secret import SecretName
from ...config.secrets import Secrets, SourceKind
from ...errors import UsageError
from ...process import program
from ...project import Project
from .systemd import Scope, credential_folders

_SETTINGS = (
    "KAPSO_TWILIO_SANDBOX_URL",
    "KAPSO_TWILIO_TWILIO_URL",
    "KAPSO_TWILIO_META_URL",
    "KAPSO_TWILIO_KAPSO_URL",
    TIMEOUT,
)
"""What of the environment decides how a run works, and is no secret."""


class ScheduledRun(msgspec.Struct, frozen=True):
    """A `reconcile` of one project, with everything pinned that a shell would have given it."""

    project: str
    program: tuple[str, ...]
    config_path: Path
    data_dir: Path
    settings: Mapping[str, str]
    """Variables that hold no path of this host."""
    places: Mapping[str, str]
    """Variables that hold one."""
    metrics_file: Path | None = None
    """What a run writes beside the inventory, if anything."""

    @property
    def unit(self) -> str:
        """The name of everything that is made for it."""
        return f"kapso-twilio-{self.project}"

    @property
    def inventory_folder(self) -> Path:
        """The folder that every run writes to."""
        return self.data_dir / self.project

    @property
    def environment(self) -> dict[str, str]:
        """Its variables."""
        return {"KAPSO_TWILIO_DATA_DIR": str(self.data_dir), **self.places, **self.settings}

    def command(self, *options: str) -> tuple[str, ...]:
        """Its words."""
        return (*self.program, "reconcile", "--config", str(self.config_path), *options)


class SecretPlace(msgspec.Struct, frozen=True):
    """Where a scheduled run finds a secret."""

    name: SecretName
    source: SourceKind | None
    """None where it finds none."""
    place: str | None
    warning: str | None = None
    """Why it may not get it there."""
    credential: Path | None = None
    """The encrypted file, where it is systemd that hands it over."""


def scheduled_run(project: Project, environ: Mapping[str, str] = os.environ) -> ScheduledRun:
    """The project's run as it would go from here; UsageError for paths that no file can hold."""
    metrics_file = project.config.notify.metrics_file
    run = ScheduledRun(
        project=project.name,
        program=program(),
        config_path=project.path.absolute(),
        data_dir=data_dir(environ),
        settings={name: environ[name] for name in _SETTINGS if environ.get(name)},
        places=dict(_places(environ)),
        metrics_file=Path(metrics_file) if metrics_file else None,
    )
    for word in (*run.command(), *run.environment.values(), metrics_file or "-"):
        if not word.isprintable():
            raise UsageError(
                f"{word!r} cannot stand in a unit or a crontab",
                reason="it holds a line break or another control character",
                hint="rename the folder or change the variable",
            )
    return run


def secret_places(
    run: ScheduledRun, scope: Scope, environ: Mapping[str, str] = os.environ
) -> list[SecretPlace]:
    """Where a scheduled run finds each secret that it may use. No value is told.

    `auth_token` is always among them; of the others, those that are set somewhere.
    """
    secrets = Secrets(run.project, environ=environ)
    found = [_secret_place(run, scope, secrets, name) for name in SecretName]
    return [one for one in found if one is not None]


def _places(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A shell's own idea of home and configuration, and the files with secrets that it names."""
    home = environ.get("HOME")
    if home and home != _home_of_the_account():
        yield "HOME", home
    if environ.get("XDG_CONFIG_HOME"):
        yield "XDG_CONFIG_HOME", environ["XDG_CONFIG_HOME"]
    for name in SecretName:
        file = environ.get(f"{name.variable}_FILE")
        if file:
            yield f"{name.variable}_FILE", str(Path(file).expanduser().absolute())


def _home_of_the_account() -> str | None:
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return None


def _secret_place(
    run: ScheduledRun, scope: Scope, secrets: Secrets, name: SecretName
) -> SecretPlace | None:
    states = {state.kind: state for state in secrets.sources(name)}
    named = states[SourceKind.ENVIRONMENT_FILE]
    if named.holds:
        return SecretPlace(name, named.kind, run.places[named.place], named.problem)
    credential = _credential(run.project, scope, name)
    if credential is not None:
        return SecretPlace(name, SourceKind.SYSTEMD, str(credential), credential=credential)
    for kind in (SourceKind.KEYRING, SourceKind.FILE):
        state = states[kind]
        if state.holds:
            warning = _KEYRING_WARNING if kind is SourceKind.KEYRING else state.problem
            return SecretPlace(name, kind, state.place, warning)
    if states[SourceKind.ENVIRONMENT].holds:
        where = f"it stands in {name.variable} here, which a scheduled run does not have"
        return SecretPlace(name, None, None, where)
    return SecretPlace(name, None, None, "it is set nowhere") if name in _NEEDED else None


_NEEDED = (SecretName.AUTH_TOKEN,)
_KEYRING_WARNING = "cron and system services cannot open it, and a user's timer only while unlocked"


def _credential(project: str, scope: Scope, name: SecretName) -> Path | None:
    places = (folder / f"{project}.{name}" for folder in credential_folders(scope))
    return next((place for place in places if place.is_file()), None)
