"""Copies of the one number of a workshop's inventory, written past the program."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from workshop import Workshop

_CHANGED = {
    "id": "n",
    "phone_number": "'+1' || (2000000000 + n)",
    "sid": "printf('PN%032d', n)",
    "purchase_id": "NULL",
}


def copy_number(made: Workshop, numbers: int, changed: Mapping[str, str] | None = None) -> None:
    """Let there be so many numbers where there is one; `changed` are SQL expressions of n."""
    expressions = {**_CHANGED, **(changed or {})}
    with closing(sqlite3.connect(made.inventory)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(numbers)")]
        values = ", ".join(expressions.get(name, name) for name in columns)
        connection.execute(
            "WITH RECURSIVE counting (n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM counting"
            f" WHERE n < {numbers}) INSERT INTO numbers SELECT {values}"
            " FROM counting, numbers WHERE id = 1"
        )
