"""A glance at an inventory: it waits for nobody and changes nothing.

The file is opened for reading only, and not migrated. For shell completion, some words that begin
so, and what each is; none where the file cannot be read just now, or is another version's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from ..domain.lifecycle import NumberState
from .connection import connect
from .consistency import schema_version
from .schema import MIGRATIONS
from .store import Vendors

_MOST = 100
_PATIENCE_MS = 50
_BEHIND_ALL = "\U0010ffff"


def numbers_beginning(
    path: Path, prefix: str, states: Iterable[NumberState]
) -> list[tuple[str, str]]:
    """Numbers of these states, each with its state."""
    return _found(path, "phone_number", "state", "numbers", prefix, tuple(states))


def members_beginning(
    path: Path, prefix: str, states: Iterable[NumberState]
) -> list[tuple[str, str]]:
    """Numbers of these states that are in a pool, each with its state."""
    members = "(SELECT * FROM numbers WHERE pool IS NOT NULL)"
    return _found(path, "phone_number", "state", members, prefix, tuple(states))


def refs_beginning(path: Path, prefix: str, states: Iterable[NumberState]) -> list[tuple[str, str]]:
    """Refs that hold a number of these states, each with the number."""
    tables = "reservations JOIN numbers ON numbers.id = number_id AND ended_at IS NULL"
    return _found(path, "ref", "phone_number", tables, prefix, tuple(states))


def purchases_beginning(path: Path, prefix: str) -> list[tuple[str, str]]:
    """Purchases that are not settled, each with its number."""
    from ..domain.purchase import PurchaseState

    unsettled = (PurchaseState.OPEN, PurchaseState.UNKNOWN)
    return _found(path, "id", "phone_number", "purchases", prefix, unsettled)


def links_beginning(path: Path, prefix: str) -> list[tuple[str, str]]:
    """Setup links that have not ended, each with its customer."""
    from ..domain.setup_link import LIVING

    return _found(path, "link_id", "customer_id", "setup_links", prefix, tuple(LIVING))


def link_refs_beginning(path: Path, prefix: str) -> list[tuple[str, str]]:
    """The refs of setup links that have not ended, each with its customer."""
    from ..domain.setup_link import LIVING

    return _found(path, "ref", "customer_id", "setup_links", prefix, tuple(LIVING))


def vendors_in(path: Path) -> Vendors | None:
    """The vendors that it was made for; None where there is none, or it cannot be read."""
    try:
        with closing(connect(path, mode="ro")) as connection:
            row = connection.execute("SELECT vendors FROM identity").fetchone()
    except sqlite3.DatabaseError:
        return None
    return Vendors(row["vendors"]) if row is not None else None


def _found(
    path: Path, word: str, what: str, tables: str, prefix: str, states: Sequence[str]
) -> list[tuple[str, str]]:
    statement = (
        f"SELECT {word}, {what} FROM {tables} WHERE {word} >= ? AND {word} < ?"
        f" AND state IN ({', '.join('?' * len(states))}) ORDER BY {word} LIMIT {_MOST}"
    )
    try:
        with closing(connect(path, mode="ro")) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            if schema_version(connection) != len(MIGRATIONS):
                return []
            values = (prefix, prefix + _BEHIND_ALL, *states)
            return [(row[0], row[1]) for row in connection.execute(statement, values).fetchall()]
    except sqlite3.DatabaseError:
        return []
