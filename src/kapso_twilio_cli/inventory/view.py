"""An inventory to look at: a copy in memory, so that the file stays as it is, its schema too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..errors import StateError
from .connection import (
    migrate_once,
    newer_schema,
    refuse_network_file_system,
    snapshot,
    translated,
)
from .consistency import contradictions_in, damage_in, schema_version
from .journal import Journal
from .mark import Mark
from .schema import MIGRATIONS
from .store import Identity, Session, identity_in, require_file

_NOBODY = Journal(run_id="", host="")


class View(msgspec.Struct, frozen=True):
    """An inventory as it was at one moment."""

    identity: Identity
    session: Session
    problems: list[str]
    """What is damaged, or contradicts itself: empty when it can be believed."""


@contextmanager
def view_of(path: Path) -> Iterator[View]:
    """Look at an inventory, in the thread that asks, until the block ends.

    An older schema is brought to today's in the copy alone. StateError where there is no inventory,
    or it cannot be used; Locked where others hold it.
    """
    require_file(path)
    refuse_network_file_system(path)
    with translated(path), snapshot(path) as copy:
        damage = damage_in(copy)
        if damage:
            raise sqlite3.DatabaseError("; ".join(damage))
        yield _view(copy, path)


def _view(copy: sqlite3.Connection, path: Path) -> View:
    version = schema_version(copy)
    if version > len(MIGRATIONS):
        raise newer_schema(path, version)
    copy.isolation_level = None
    for number in range(version, len(MIGRATIONS)):
        migrate_once(copy, number)
    identity = identity_in(copy)
    if identity is None:
        raise StateError(
            f"the inventory {path} is not complete",
            reason="it was never given a project: its creation was interrupted",
            hint="remove the file, then run kapso-twilio inventory create",
        )
    noted = Mark(path.parent, identity.installation).read()
    session = Session(copy, _NOBODY)
    if noted > session.events.newest():
        session = Session(copy, _NOBODY, is_old_copy=True)
    return View(identity, session, contradictions_in(copy))
