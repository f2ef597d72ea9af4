"""The SQLite that Python brings: whether the inventory can rely on it.

Sources: sqlite.org/stricttables.html (STRICT tables came with 3.37.0); sqlite.org/changes.html
(3.52.0 was withdrawn, 3.51.3 came in its place); sqlite.org/wal.html, "The WAL-reset bug" (3.7.0 to
3.51.2 can damage a file). That bug needs a write-ahead log, and an inventory has none: these
versions are no reason to warn.
"""

from __future__ import annotations

import sqlite3

from ..errors import StateError

OLDEST = (3, 37, 0)
_WITHDRAWN = frozenset({(3, 52, 0)})

Version = tuple[int, int, int]


def sqlite_version() -> Version:
    """The version of the library that is loaded."""
    return sqlite3.sqlite_version_info


def require_usable(version: Version) -> None:
    """Raise StateError where an inventory cannot be kept with this version."""
    if version < OLDEST:
        raise StateError(
            f"SQLite {version_text(version)} is too old",
            reason=f"the inventory's tables are STRICT, which came with {version_text(OLDEST)}",
            hint="run kapso-twilio with a Python that brings a newer SQLite",
        )


def is_withdrawn(version: Version) -> bool:
    """Whether SQLite's authors took the version back."""
    return version in _WITHDRAWN


def version_text(version: Version) -> str:
    """The version as it is written."""
    return ".".join(map(str, version))
