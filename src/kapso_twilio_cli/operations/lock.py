"""One run of mass work (`pool fill`, `reconcile` and the like) at a time, on one project.

The operating system holds the lock, so it is free again however its holder dies.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import asdict

from ..domain.purchase import Owner
from ..errors import Locked, StateError
from ..process import has_ended
from ..project import Project

if TYPE_CHECKING:
    from filelock import BaseFileLock


class Holder(msgspec.Struct, frozen=True):
    """A run that holds the lock."""

    owner: Owner
    command: str
    since: datetime

    def __str__(self) -> str:
        """Who it is, for a person."""
        who = f"pid {self.owner.pid} on {self.owner.host}"
        return f"{self.command}, {who}, since {self.since:{_TIME}}"


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for another run to end."""

    seconds: float = 0.0
    say: Callable[[str], None] | None = None
    """Told, once, whom it waits for."""


AT_ONCE = Patience()
_HOLDER = "run.json"
_TIME = "%Y-%m-%d %H:%M:%S UTC"
_UNTIL_WRITTEN_SECONDS = 1.0
"""A holder writes down who it is right after it took the lock; so long its words are waited for."""


@contextmanager
def mass_work(project: Project, command: str, patience: Patience = AT_ONCE) -> Iterator[None]:
    """Hold the lock; Locked names the run that still holds it when patience ends."""
    _ = project.inventory  # without one there is nothing to lock, and no folder for the file
    with alone(project, command, patience):
        yield


@contextmanager
def alone(project: Project, command: str, patience: Patience = AT_ONCE) -> Iterator[None]:
    """Hold the lock, even where the inventory cannot be used. Its folder is there."""
    from filelock import FileLock, Timeout

    folder = project.inventory_path.parent
    holder = folder / _HOLDER
    lock = FileLock(folder / "run.lock", mode=0o600)
    try:
        _acquire(lock, holder, patience)
        _write_holder(holder, project, command)
    except Timeout as error:
        raise Locked(
            f"another run is at work on project {project.name}",
            reason=_in_words(holder),
            hint="run the command again when it has ended, or let it wait: --lock-timeout 10m",
        ) from error
    except OSError as error:
        lock.release()
        raise StateError(
            f"the folder {folder} cannot be written",
            reason=f"{error.strerror}; the lock and the inventory stand there",
            hint="check the folder's owner, its permissions and the free space",
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # what stays there names a process that has ended
            holder.unlink()
        lock.release()


def _acquire(lock: BaseFileLock, holder: Path, patience: Patience) -> None:
    """Take the lock now, else say whom it waits for, and wait; filelock's Timeout at the end."""
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not patience.seconds:
            raise
        if patience.say is not None:
            patience.say(_in_words(holder))
        lock.acquire(timeout=patience.seconds)


def _write_holder(holder: Path, project: Project, command: str) -> None:
    since = f"{project.now():{_TIME}}"
    facts = {"owner": asdict(project.owner), "command": command, "since": since}
    descriptor = os.open(holder, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(facts, file)


def _in_words(holder: Path) -> str:
    give_up_at = time.monotonic() + _UNTIL_WRITTEN_SECONDS
    while time.monotonic() < give_up_at:
        found = _read_holder(holder)
        if found is not None:
            return str(found)
        time.sleep(0.02)
    return "it has only just begun"


def holder_of(project: Project) -> Holder | None:
    """Who holds the project's lock, to look at: the lock is not touched."""
    return _read_holder(project.inventory_path.parent / _HOLDER)


def _read_holder(holder: Path) -> Holder | None:
    """Who holds the lock; None while only words of one that was killed stand there, or none."""
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        since = datetime.strptime(facts["since"], _TIME).replace(tzinfo=UTC)
        found = Holder(Owner(**facts["owner"]), str(facts["command"]), since)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    now = datetime.now(UTC)
    return None if has_ended(found.owner, deadline=now, now=now) else found
