"""Backups: a whole file that was opened and checked, or none.

A backup is written under a draft's name, checked, and only then given its own: however it is
interrupted, what bears a backup's name is one. No file is ever overwritten.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Locked, StateError
from .connection import connect, translated
from .consistency import copy_pages, damage_in, is_busy

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHECK = "check the folder's owner, its permissions and the free space"
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def backups_folder(inventory: Path) -> Path:
    """Where the backups of an inventory stand, unless another place is named."""
    return inventory.parent / "backups"


def automatic_place(inventory: Path, at: datetime, prefix: str = "") -> Path:
    """A place among the inventory's backups that no other one has; makes the folder (0700)."""
    folder = backups_folder(inventory)
    with _told(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{prefix}{at:%Y%m%dT%H%M%S}.{at:%f}Z.db"


def newest_backup(inventory: Path) -> Path | None:
    """The newest of the inventory's backups that stand in their own folder, or None."""
    found = [path for path in backups_folder(inventory).glob("[!.]*.db") if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def back_up(inventory: Path, target: Path) -> None:
    """Back up the file `inventory`, as `write_backup` does."""
    with translated(inventory), closing(connect(inventory)) as source:
        write_backup(source, target)


def write_backup(source: sqlite3.Connection, target: Path) -> None:
    """Copy what `source` holds at this moment to `target` (0600), and check the copy.

    Raises StateError where `target` is there already, cannot be written, or the copy is not sound,
    as it is when the inventory itself is damaged; and Locked where others hold the inventory. Then
    there is no backup, and the inventory is as it was.
    """
    with draft_of(target) as draft:
        with _copying(target):
            copy_to_file(source, draft)
        with closing(sqlite3.connect(draft)) as copy:
            problems = damage_in(copy)
        if problems:
            raise StateError(
                "no backup was made: the inventory is damaged",
                reason=problems[0],
                hint="kapso-twilio inventory check",
            )
        put_in_place(draft, target)


def copy_to_file(source: sqlite3.Connection, draft: Path) -> None:
    """Copy what `source` holds at this moment into the empty file `draft`."""
    with closing(sqlite3.connect(draft)) as copy:
        copy_pages(source, copy)


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """An empty file (0600) beside `target`, gone when the block ends."""
    refuse_to_overwrite(target)
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}.draft")
    with _told(target.parent):
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        yield draft
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}-journal")):
            with suppress(OSError):
                leftover.unlink()


def put_in_place(draft: Path, target: Path) -> None:
    """Give a finished file its name, on disk when this returns; StateError if the name is taken."""
    with _told(target.parent):
        try:
            os.link(draft, target)
        except FileExistsError:
            refuse_to_overwrite(target)
            raise
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            refuse_to_overwrite(target)
            draft.replace(target)
        sync_folder(target.parent)


def refuse_to_overwrite(target: Path) -> None:
    """Raise StateError where anything has that name, even a link that leads nowhere."""
    if target.is_dir():
        raise StateError(
            f"{target} is a folder",
            reason="a backup is one file",
            hint=f"name a file in it: kapso-twilio inventory backup {target / 'inventory.db'}",
        )
    if os.path.lexists(target):
        raise StateError(
            f"there is a file at {target} already",
            reason="a backup never overwrites anything",
            hint="name another place, or none: kapso-twilio inventory backup",
        )


def sync_folder(folder: Path) -> None:
    """Make a new name survive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            f"a backup cannot be written to {folder}", reason=error.strerror, hint=_CHECK
        ) from error


@contextmanager
def _copying(target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise Locked(
                "the inventory is busy: no backup was made",
                reason="another process holds it",
                hint="run the command again in a moment",
            ) from error
        raise StateError(
            f"a backup cannot be written to {target.parent}", reason=str(error), hint=_CHECK
        ) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            "no backup was made: the inventory is damaged",
            reason=str(error),
            hint="kapso-twilio inventory check",
        ) from error
