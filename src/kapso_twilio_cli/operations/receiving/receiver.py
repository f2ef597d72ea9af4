"""The one receiver of a project: whether it is alive, and where Twilio reaches it.

The operating system holds its lock, so that a receiver which was killed is not waited for.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ...domain.public_url import PublicUrl, parse_public_url
from ...errors import Locked, StateError, UsageError
from ...project import Project

_LOCK, _NOTE = "receiver.lock", "receiver.json"
_LOOKS_TAKE_SECONDS = 1.0  # whoever looks whether a receiver is alive holds its lock for a moment


class Receiver(msgspec.Struct, frozen=True):
    """A receiver that is at work now."""

    public_url: PublicUrl


@contextmanager
def being_receiver(project: Project, public_url: PublicUrl) -> Iterator[None]:
    """Be the project's receiver while the block runs; Locked where there is one already."""
    from filelock import FileLock, Timeout

    folder = project.inventory_path.parent
    lock, note = FileLock(folder / _LOCK, mode=0o600), folder / _NOTE
    try:
        lock.acquire(timeout=_LOOKS_TAKE_SECONDS)
        _write(note, {"public_url": str(public_url), "pid": os.getpid()})
    except Timeout as error:
        raise Locked(
            f"a receiver of project {project.name} is at work already",
            reason=_who(note),
            hint="stop that one first; one receiver serves all numbers of a project",
        ) from error
    except OSError as error:
        lock.release()
        raise StateError(
            f"the folder {folder} cannot be written",
            reason=error.strerror,
            hint="check the folder's owner, its permissions and the free space",
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()
        lock.release()


def receiver_of(project: Project) -> Receiver | None:
    """The project's receiver, or None where none is alive."""
    folder = project.inventory_path.parent
    if not _is_held(folder / _LOCK):
        return None
    try:
        return Receiver(parse_public_url(str(_read(folder / _NOTE)["public_url"])))
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None  # it has only just begun, or is ending


def _is_held(lock: Path) -> bool:
    """Whether a process holds the lock; to look, it is shared for a moment."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _who(note: Path) -> str:
    try:
        known = _read(note)
        return f"pid {known['pid']}, for {known['public_url']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has only just begun"


def _read(note: Path) -> dict[str, object]:
    known = json.loads(note.read_text(encoding="utf-8"))
    if not isinstance(known, dict):
        raise TypeError("the note is an object")
    return known


def _write(note: Path, known: dict[str, object]) -> None:
    descriptor = os.open(note, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(known, file)
