"""A glance at an inventory for shell completion: it waits for nobody and changes nothing.

The file is opened for reading only, so a schema of another version is neither migrated nor read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ..domain.lifecycle import NumberState
from .connection import connect
from .consistency import schema_version
from .schema import MIGRATIONS

_MOST = 100
_PATIENCE_MS = 50


def numbers_beginning(
    path: Path, prefix: str, states: Iterable[NumberState]
) -> list[tuple[str, NumberState]]:
    """Some numbers of these states that begin so; none where the file cannot be read just now."""
    wanted = tuple(states)
    try:
        with closing(connect(path, mode="ro")) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            if schema_version(connection) != len(MIGRATIONS):
                return []
            rows = connection.execute(
                "SELECT phone_number, state FROM numbers WHERE phone_number >= ? AND"
                f" phone_number < ? AND state IN ({', '.join('?' * len(wanted))})"
                " ORDER BY phone_number LIMIT ?",
                (prefix, f"{prefix}~", *wanted, _MOST),
            ).fetchall()
    except sqlite3.DatabaseError:
        return []
    return [(row["phone_number"], NumberState(row["state"])) for row in rows]
