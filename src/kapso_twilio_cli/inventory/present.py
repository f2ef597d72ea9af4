"""The inventory that a restore replaces: frozen, read, and kept as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from ..errors import StateError
from ..places import is_there
from .backup import automatic_place, copy_to_file, draft_of, put_in_place, write_backup
from .connection import connect, migrate_once, newer_schema, translated
from .consistency import absent_parts, damage_in, schema_version
from .journal import Journal
from .schema import MIGRATIONS
from .store import Identity, identity_in


class Request(msgspec.Struct, frozen=True):
    """Which backup is to take the place of which inventory."""

    backup: Path
    inventory: Path
    journal: Journal
    at: datetime
    check_pinned: Callable[[Identity, Path], None]
    """Raises StateError where a file was made for another project, account or other vendors."""


class Present(msgspec.Struct, frozen=True):
    """The inventory that is to be replaced, as it was at the moment of its copy."""

    live: sqlite3.Connection | None = None
    """To the file itself; None where there is none, or SQLite cannot open it."""
    copy: Path | None = None
    """Of today's schema; None where there is nothing that could be read."""
    identity: Identity | None = None
    damage: str | None = None


@contextmanager
def frozen(request: Request, copy: Path) -> Iterator[Present]:
    """The present inventory; from before it is copied until the end, nobody else can use it."""
    # In this order: a connection that never lets go would keep its read lock while it waits for a
    # writer, and the writer would wait for that.
    with _opened(request, copy, "BEGIN EXCLUSIVE", "PRAGMA locking_mode = EXCLUSIVE") as present:
        yield present


@contextmanager
def looked_at(request: Request, copy: Path) -> Iterator[Present]:
    """The present inventory, copied while others may be at work on it."""
    with _opened(request, copy, "BEGIN") as present:
        yield present


def bring_to_todays_schema(connection: sqlite3.Connection) -> None:
    """Migrate a copy that is nobody else's."""
    for number in range(schema_version(connection), len(MIGRATIONS)):
        connection.execute("BEGIN IMMEDIATE")
        migrate_once(connection, number)
        connection.execute("COMMIT")


def safety_backup(request: Request, present: Present) -> Path | None:
    """Keep the present file as it is, sound or not. One that SQLite cannot open is moved."""
    place = automatic_place(request.inventory, request.at, "before-restore-")
    if present.live is None:
        return place if _move_aside(request.inventory, place) else None
    if present.damage is None:
        write_backup(present.live, place)
    else:
        with translated(request.inventory), draft_of(place) as draft:
            copy_to_file(present.live, draft)
            put_in_place(draft, place)
    return place


@contextmanager
def _opened(request: Request, copy: Path, *first: str) -> Iterator[Present]:
    if not is_there(request.inventory):
        yield Present()
        return
    try:
        with translated(request.inventory, sqlite3.OperationalError):
            live = _locked(request.inventory, first)
    except sqlite3.DatabaseError as error:
        yield Present(damage=str(error))
        return
    with closing(live):
        yield _read(request, live, copy)


def _locked(inventory: Path, first: tuple[str, ...]) -> sqlite3.Connection:
    """A connection that keeps an exclusive lock: a backup cannot be written in a transaction."""
    live = connect(inventory)
    try:
        for statement in (*first, "SELECT count(*) FROM sqlite_master", "COMMIT"):
            live.execute(statement).fetchall()
    except BaseException:
        live.close()
        raise
    return live


def _read(request: Request, live: sqlite3.Connection, copy: Path) -> Present:
    """Copy and understand it. What is damaged is no reason to stop; a full disk is."""
    copy.touch(mode=0o600)
    try:
        with translated(request.inventory, sqlite3.OperationalError):
            copy_to_file(live, copy)
            with closing(connect(copy)) as present:
                return _understood(request, live, copy, present)
    except sqlite3.DatabaseError as error:
        return Present(live, damage=str(error))


def _understood(
    request: Request, live: sqlite3.Connection, copy: Path, present: sqlite3.Connection
) -> Present:
    version = schema_version(present)
    if version > len(MIGRATIONS):
        raise newer_schema(request.inventory, version)
    absent = absent_parts(present, max(version, 1))  # an empty file has none of them
    identity = None if absent else identity_in(present)
    if identity is None:
        return Present(live, damage=absent[0] if absent else "it was never given a project")
    request.check_pinned(identity, request.inventory)
    damage = damage_in(present)
    bring_to_todays_schema(present)
    return Present(live, copy, identity, damage[0] if damage else None)


def _move_aside(inventory: Path, place: Path) -> bool:
    """Whether there was a file. Its journal goes too: SQLite would play it into the next one."""
    was_there = is_there(inventory)
    journal = inventory.with_name(f"{inventory.name}-journal")
    try:
        if was_there:
            inventory.replace(place)
        if journal.exists():
            journal.replace(place.with_name(f"{place.name}-journal"))
    except OSError as error:
        raise StateError(
            f"the damaged inventory {inventory} cannot be moved to {place}",
            reason=error.strerror,
            hint="check the folder's owner and permissions",
        ) from error
    return was_there
