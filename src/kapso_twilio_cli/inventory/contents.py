"""What an inventory file holds, of whatever schema: looked at, and left as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from ..errors import StateError
from . import columns
from .connection import connect, newer_schema, snapshot, translated
from .consistency import contradictions_in, damage_in, schema_version
from .schema import MIGRATIONS
from .store import Identity, identity_in


class Contents(msgspec.Struct, frozen=True):
    """What stands in one file at one moment."""

    identity: Identity
    numbers: int
    """Released ones left out."""
    purchases: int
    unresolved: int
    """Purchases whose outcome is not known."""
    newest_event_at: datetime


def contents_in(connection: sqlite3.Connection, path: Path) -> Contents:
    """What it holds; StateError where it is no inventory, or one of a newer program."""
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise newer_schema(path, version)
    try:
        identity = identity_in(connection)
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM numbers WHERE state <> 'released') AS numbers,"
            " (SELECT count(*) FROM purchases) AS purchases,"
            " (SELECT count(*) FROM purchases WHERE state IN ('open', 'unknown')) AS unresolved,"
            " (SELECT max(at) FROM events) AS newest"
        ).fetchone()
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):
            raise
        raise _no_inventory(path, str(error)) from error
    if identity is None:
        raise _no_inventory(path, "it was never given a project")
    return Contents(
        identity=identity,
        numbers=counts["numbers"],
        purchases=counts["purchases"],
        unresolved=counts["unresolved"],
        newest_event_at=columns.optional_time(counts["newest"]) or identity.created_at,
    )


def contents_of(path: Path) -> Contents:
    """What the file holds; StateError where it cannot be used or is no inventory."""
    with translated(path), closing(connect(path)) as connection:
        return contents_in(connection, path)


def problems_of(path: Path) -> list[str]:
    """What is damaged in the file, or contradicts itself: empty when it can be believed."""
    try:
        with snapshot(path) as copy:
            return damage_in(copy) or contradictions_in(copy)
    except sqlite3.DatabaseError as error:
        return [str(error)]


def _no_inventory(path: Path, reason: str) -> StateError:
    return StateError(
        f"{path} is no inventory of this program",
        reason=reason,
        hint="kapso-twilio inventory backup makes files that can be restored",
    )
