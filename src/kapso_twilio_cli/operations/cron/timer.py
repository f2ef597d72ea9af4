"""A project's systemd timer: what its files are to be, installing them, and removing them.

A file that a person has edited since is neither overwritten nor removed without being told to.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from ...config.files import remove, write_atomically
from ...errors import StateError
from ...places import is_there
from ...project import Project
from .scheduled_run import ScheduledRun, SecretPlace, scheduled_run, secret_places
from .schedules import MINUTES
from .systemd import Scope, Systemctl, unit_folder, usual_scope
from .systemd_units import Setting, is_as_written, service_unit, timer_unit

_MODE = 0o644
_LINGER = Path("/var/lib/systemd/linger")


class Change(StrEnum):
    """What happens to a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


class UnitFile(msgspec.Struct, frozen=True):
    """A file as it is to be: `text` is None where it is to be gone."""

    path: Path
    text: str | None
    former: bytes | None
    """What stands there; None where there is no file."""

    @property
    def change(self) -> Change:
        """What happens to it."""
        if self.text is None:
            return Change.REMOVED
        if self.former is None:
            return Change.CREATED
        same = self.former == self.text.encode()
        return Change.UNCHANGED if same else Change.UPDATED


class TimerPlan(msgspec.Struct, frozen=True):
    """What is to be done to the files and to systemd, with nothing done yet."""

    scope: Scope
    timer: str
    files: tuple[UnitFile, ...]
    commands: tuple[tuple[str, ...], ...]
    """What `systemctl` is told, after installing and around removing."""
    has_manager: bool
    """Whether systemd runs here; where it does not, only files are written or removed."""

    @property
    def commands_in_words(self) -> list[str]:
        """As a person would type them."""
        systemctl = Systemctl(self.scope)
        return [" ".join(systemctl.command(*words)) for words in self.commands]


class Units(msgspec.Struct, frozen=True):
    """The two files of a run, and where its secrets come from."""

    scope: Scope
    service: str
    timer: str
    secrets: list[SecretPlace]


def units(run: ScheduledRun, scope: Scope) -> Units:
    """What the files of a run say."""
    places = secret_places(run, scope)
    credentials = {f"{run.project}.{one.name}": one.credential for one in places if one.credential}
    setting = Setting(scope, _service_user(run, scope), credentials)
    return Units(scope, service_unit(run, setting), timer_unit(run, scope), places)


def plan_install(
    project: Project, scope: Scope | None, *, force: bool = False
) -> tuple[TimerPlan, Units]:
    """What installing the project's timer would do; StateError where it must not be done.

    Without a scope it is the usual one, and systemd must run here: files that nothing reads would
    look like a timer.
    """
    run = scheduled_run(project)
    if not is_there(project.inventory_path):
        raise StateError(
            f"project {run.project} has no inventory, and a timer would only fail",
            reason=f"there is no file {project.inventory_path}",
            hint="kapso-twilio inventory create",
        )
    chosen = scope or usual_scope()
    systemctl = Systemctl(chosen)
    has_manager = systemctl.has_manager()
    if scope is None and not has_manager:
        raise _no_manager(chosen)
    texts = units(run, chosen)
    wanted = {f"{run.unit}.service": texts.service, f"{run.unit}.timer": texts.timer}
    files = _files(chosen, wanted, force=force)
    timer = f"{run.unit}.timer"
    commands = [("daemon-reload",), ("enable", "--now", timer)]
    if any(file.change is Change.UPDATED for file in files):
        commands.append(("restart", timer))  # a timer that runs goes by what it read when it began
    return TimerPlan(chosen, timer, files, tuple(commands), has_manager), texts


def install(plan: TimerPlan) -> None:
    """Write the files and start the timer; where anything fails, all is as it was before."""
    changed = [file for file in plan.files if file.change is not Change.UNCHANGED]
    systemctl = Systemctl(plan.scope)
    try:
        for file in changed:
            write_atomically(file.path, (file.text or "").encode(), mode=_MODE)
        for words in plan.commands if plan.has_manager else ():
            systemctl.run(*words)
    except BaseException:
        _put_back(plan, changed, systemctl)
        raise


def plan_removal(name: str, scope: Scope | None, *, force: bool = False) -> TimerPlan:
    """What removing the timer of the project of that name would do. It needs no project file."""
    chosen = scope or usual_scope()
    unit = f"kapso-twilio-{name}"
    gone = dict.fromkeys([f"{unit}.timer", f"{unit}.service"])
    files = tuple(file for file in _files(chosen, gone, force=force) if file.former is not None)
    timer = f"{unit}.timer"
    commands = (("disable", "--now", timer), ("daemon-reload",)) if files else ()
    return TimerPlan(chosen, timer, files, commands, Systemctl(chosen).has_manager())


def remove_timer(plan: TimerPlan) -> None:
    """Stop the timer and remove its files. A run under way goes on to its end."""
    if not plan.files:
        return
    systemctl = Systemctl(plan.scope)
    if plan.has_manager and any(file.path.name == plan.timer for file in plan.files):
        systemctl.run("disable", "--now", plan.timer)
    for file in plan.files:
        remove(file.path)
    if plan.has_manager:
        systemctl.run("daemon-reload")
        systemctl.try_to("reset-failed", *(file.path.name for file in plan.files))


def is_installed(name: str, scope: Scope) -> bool:
    """Whether the timer of a project of that name stands there."""
    try:
        return (unit_folder(scope) / f"kapso-twilio-{name}.timer").is_file()
    except StateError:
        return False  # a user without a home has no units


def next_run(name: str, now: datetime) -> datetime | None:
    """When the project's timer is due next, by the quarters of the hour; it may take a minute more.

    None where no timer of this program is installed: what else starts runs is not known here.
    """
    if not any(is_installed(name, scope) for scope in Scope):
        return None
    every = timedelta(minutes=MINUTES)
    return now + every - (now - datetime.min.replace(tzinfo=UTC)) % every


def lingers() -> bool:
    """Whether this user's timers run while the user is logged out; loginctl(1)."""
    try:
        return (_LINGER / pwd.getpwuid(os.geteuid()).pw_name).exists()
    except KeyError:
        return False


def _files(
    scope: Scope, wanted: dict[str, str] | dict[str, str | None], *, force: bool
) -> tuple[UnitFile, ...]:
    folder = unit_folder(scope)
    _refuse_without_access(folder, scope)
    return tuple(_file(folder / name, text, force=force) for name, text in wanted.items())


def _file(path: Path, text: str | None, *, force: bool) -> UnitFile:
    if path.is_symlink():
        raise StateError(
            f"{path} is a link, and is left alone",
            reason=f"it leads to {path.readlink()}: somebody has masked or replaced the unit",
            hint=f"remove the link first: systemctl unmask {path.name}",
        )
    former = path.read_bytes() if path.is_file() else None
    if former is not None and not force and not is_as_written(former.decode(errors="replace")):
        raise StateError(
            f"{path} was edited by hand, so nothing was changed",
            reason="it is not as kapso-twilio cron install wrote it",
            hint=f"keep your settings in a drop-in (systemctl edit {path.name}), and add --force",
        )
    return UnitFile(path, text, former)


def _refuse_without_access(folder: Path, scope: Scope) -> None:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if scope is Scope.SYSTEM and not os.access(there, os.W_OK):
        raise StateError(
            f"{folder} cannot be written",
            reason="units of the system are root's",
            hint="run it with sudo, or use --user",
        )


def _service_user(run: ScheduledRun, scope: Scope) -> str | None:
    """Whose the inventory is: a run as root would leave files that its owner cannot use."""
    if scope is Scope.USER:
        return None
    folder = run.inventory_folder
    owner = folder.stat().st_uid if folder.exists() else os.geteuid()
    if owner == 0:
        return None
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def _put_back(plan: TimerPlan, changed: Sequence[UnitFile], systemctl: Systemctl) -> None:
    """Undo an installation that failed halfway, as far as it came."""
    is_new = all(file.former is None for file in plan.files)
    if plan.has_manager and is_new:
        systemctl.try_to("disable", "--now", plan.timer)
    for file in changed:
        if file.former is not None:
            write_atomically(file.path, file.former, mode=_MODE)
        elif file.path.exists():
            remove(file.path)
    if plan.has_manager:
        systemctl.try_to("daemon-reload")


def _no_manager(scope: Scope) -> StateError:
    whose = "for this user" if scope is Scope.USER else "on this machine"
    return StateError(
        f"systemd does not run {whose}, so no timer was installed",
        reason="without it, nothing would read the files",
        hint="kapso-twilio cron show --format crontab; or write the files anyway: "
        f"kapso-twilio cron install --{scope}",
    )
