"""Restore a backup: prepared in a scratch copy, joined with what is known since, written at once.

Until the last step the inventory is as it was, and that step is one transaction of SQLite's: a
process that is killed on the way leaves the inventory of before, or the restored one. Nobody else
can write from the moment at which the present inventory is read until it is replaced.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from ..errors import StateError
from .backup import backups_folder, copy_to_file, put_in_place
from .connection import connect, translated
from .consistency import contradictions_in, damage_in
from .contents import Contents, contents_in
from .joining import Joining, Kept
from .journal import Events
from .mark import Mark
from .present import Present, Request, bring_to_todays_schema, frozen, looked_at, safety_backup
from .standings import Standings

_SCRATCH = ".restore-"
_OTHERS = "restore another backup; nothing was changed"


class Restored(msgspec.Struct, frozen=True):
    """What a restore brought, or would bring."""

    backup: Contents
    result: Contents
    kept: Kept
    safety_backup: Path | None
    notes: tuple[str, ...]


def check_backup(request: Request) -> Contents:
    """What the backup holds; StateError where it cannot be restored. Changes nothing."""
    with _scratch(request.inventory) as scratch:
        return _prepared(request, scratch / "result.db")


def rehearse(request: Request) -> Restored:
    """What `restore` would do, at this moment."""
    with _scratch(request.inventory) as scratch:
        backup = _prepared(request, scratch / "result.db")
        with looked_at(request, scratch / "present.db") as present:
            return _joined(request, scratch, backup, present)


def restore(request: Request) -> Restored:
    """Put the backup in the inventory's place, joined with what must not be lost.

    The caller holds the lock for mass work. Raises StateError where it cannot be done, and Locked
    where others hold the inventory; then it is as it was.
    """
    with _scratch(request.inventory) as scratch:
        backup = _prepared(request, scratch / "result.db")
        with frozen(request, scratch / "present.db") as present:
            restored = _joined(request, scratch, backup, present)
            safety = safety_backup(request, present)
            _write(request, scratch / "result.db", present)
        _note_newest(request, scratch / "result.db")
    return msgspec.structs.replace(restored, safety_backup=safety)


@contextmanager
def _scratch(inventory: Path) -> Iterator[Path]:
    """A folder beside the inventory, gone at the end; what a killed restore left goes too."""
    folder = inventory.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = tempfile.TemporaryDirectory(
            prefix=_SCRATCH, dir=folder, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise StateError(
            f"the folder {folder} cannot be written",
            reason=f"{error.strerror}; a backup is prepared there",
            hint="check the folder's owner, its permissions and the free space",
        ) from error
    with scratch as name:
        yield Path(name)


def _prepared(request: Request, result: Path) -> Contents:
    """Copy the backup to `result`, check it, and bring it to today's schema."""
    _refuse_what_is_no_file(request)
    with _refused(f"the backup {request.backup} cannot be used"):
        result.touch(mode=0o600)
        with closing(connect(request.backup, "ro")) as source:
            copy_to_file(source, result)
    with _refused(f"the backup {request.backup} is damaged"), closing(connect(result)) as copy:
        _refuse_problems(damage_in(copy))
        contents = contents_in(copy, request.backup)
        request.check_pinned(contents.identity, request.backup)
        bring_to_todays_schema(copy)
        _refuse_problems(contradictions_in(copy))
    return contents


def _refuse_what_is_no_file(request: Request) -> None:
    path = request.backup
    try:
        if path.is_dir():
            raise StateError(
                f"{path} is a folder", reason="a backup is one file", hint=_named(path)
            )
        with path.open("rb"):
            pass
        is_live = request.inventory.exists() and path.samefile(request.inventory)
    except OSError as error:
        raise StateError(
            f"the backup {path} cannot be read",
            reason=error.strerror,
            hint=f"name a file, such as one in {backups_folder(request.inventory)}",
        ) from error
    if is_live:
        raise StateError(
            f"{path} is the inventory itself",
            reason="a backup is another file, from before",
            hint=f"name a file, such as one in {backups_folder(request.inventory)}",
        )


def _named(folder: Path) -> str:
    found = sorted(folder.glob("*.db"), key=lambda path: path.stat().st_mtime)
    return f"kapso-twilio inventory restore {found[-1] if found else folder / 'NAME.db'}"


def _refuse_problems(problems: list[str]) -> None:
    if problems:
        raise sqlite3.DatabaseError(problems[0])


@contextmanager
def _refused(message: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StateError(message, reason=str(error), hint=_OTHERS) from error


def _joined(request: Request, scratch: Path, backup: Contents, present: Present) -> Restored:
    with closing(connect(scratch / "result.db")) as result:
        result.execute("PRAGMA foreign_keys = OFF")
        kept, notes = _take_over(request, result, present)
        result.execute("BEGIN IMMEDIATE")
        Standings(result, Events(result, request.journal)).restored(
            request.at,
            f"restored from {request.backup.name}, of {backup.newest_event_at:%Y-%m-%d %H:%M} UTC",
        )
        result.execute("COMMIT")
        after = contents_in(result, request.backup)
    ours = backup.identity.installation
    if present.identity is not None and present.identity.installation != ours:
        notes += (_other_installation(present.identity.installation, ours),)
    return Restored(backup, after, kept, None, (*notes, *kept.notes))


def _other_installation(present: str, ours: str) -> str:
    return (
        f"the replaced inventory was another installation's ({present}); from now on it is the"
        f" backup's, {ours}, as in the labels at Twilio"
    )


def _take_over(
    request: Request, result: sqlite3.Connection, present: Present
) -> tuple[Kept, tuple[str, ...]]:
    """Join the two files; what a damaged one cannot give is said, and is no reason to stop."""
    if present.copy is None:
        lost = f" ({present.damage})" if present.damage else ""
        return Kept(), (f"nothing was taken over: there was no inventory to read{lost}",)
    result.execute("ATTACH ? AS present", (str(present.copy),))
    result.execute("BEGIN IMMEDIATE")
    try:
        kept = Joining(result, request.journal, request.at).carry_out()
        problems = damage_in(result) or contradictions_in(result)
        _refuse_problems(problems)
        result.execute("COMMIT")
    except (sqlite3.DatabaseError, ValueError) as error:
        result.execute("ROLLBACK")
        if present.damage is None:
            raise StateError(
                "the backup and the present inventory cannot be joined; nothing was changed",
                reason=str(error),
                hint="settle what is under way, then restore again: kapso-twilio reconcile"
                " --no-fill",
            ) from error
        return Kept(), (f"nothing was taken over: the inventory is damaged ({present.damage})",)
    finally:
        result.execute("DETACH present")
    if present.damage is None:
        return kept, ()
    return kept, (f"the inventory was damaged ({present.damage}): what could be read was kept",)


def _write(request: Request, result: Path, present: Present) -> None:
    if present.live is None:
        put_in_place(result, request.inventory)
        return
    with translated(request.inventory), closing(connect(result)) as source:
        source.backup(present.live)


def _note_newest(request: Request, result: Path) -> None:
    with closing(connect(result)) as restored:
        newest = restored.execute("SELECT max(id) FROM events").fetchone()[0]
        installation = restored.execute("SELECT installation FROM identity").fetchone()[0]
    Mark(request.inventory.parent, installation).reset(newest)
