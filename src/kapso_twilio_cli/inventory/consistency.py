"""Whether what an inventory says can be believed: what is damaged, and what contradicts itself.

SQLite finds damage of the file. A state that was changed past this program is found by the events:
every change of state through the program has one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from .schema import MIGRATIONS

_AGREE_WITH_EVENTS = """
    SELECT phone_number, state, happened FROM (
        SELECT phone_number, state, numbers.id, (
            SELECT to_state FROM events WHERE number_id = numbers.id AND to_state IS NOT NULL
            ORDER BY events.id DESC LIMIT 1
        ) AS happened FROM numbers
    ) WHERE happened IS NOT state ORDER BY id
"""
_RESERVED_FOR_SOMEBODY = """
    SELECT phone_number FROM numbers WHERE state = 'reserved' AND 1 <> (
        SELECT count(*) FROM reservations WHERE number_id = numbers.id AND ended_at IS NULL
    ) ORDER BY id
"""
_HELD_BY_A_HOLDER = """
    SELECT phone_number, state, ref FROM reservations JOIN numbers ON numbers.id = number_id
    WHERE ended_at IS NULL AND state NOT IN ('reserved', 'connected', 'missing') ORDER BY numbers.id
"""
_BOUGHT_NAME_A_SID = """
    SELECT id, phone_number FROM purchases WHERE state = 'bought' AND coalesce(sid, '') = ''
    ORDER BY started_at
"""


def copy_pages(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy the whole database as it is at one moment, while others may be at work on it.

    The read goes first, so that a lock of others is waited for as long as `source` waits, and not
    for ever.
    """
    source.isolation_level = None
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(target)
    finally:
        if source.in_transaction:
            source.execute("ROLLBACK")


def damage_in(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong: empty when the file is sound."""
    try:
        found = [row[0] for row in connection.execute("PRAGMA main.integrity_check").fetchall()]
        broken = connection.execute("PRAGMA main.foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    problems = [text for text in found if text != "ok"]
    return problems + [f"a row of {row[0]} refers to a row that is not there" for row in broken]


def contradictions_in(connection: sqlite3.Connection) -> list[str]:
    """What a sound database of this program cannot say: empty when it agrees with itself."""
    version = schema_version(connection)
    if version != len(MIGRATIONS):
        return [f"its schema is version {version}, this program's is {len(MIGRATIONS)}"]
    absent = absent_parts(connection, version)
    if absent:
        return absent
    return [
        *(
            f"{phone_number} is {state}, and its last event made it {happened or 'nothing'}"
            for phone_number, state, happened in connection.execute(_AGREE_WITH_EVENTS)
        ),
        *(
            f"{phone_number} is reserved, and not for exactly one onboarding"
            for (phone_number,) in connection.execute(_RESERVED_FOR_SOMEBODY)
        ),
        *(
            f"{phone_number} is {state}, and {ref} holds it"
            for phone_number, state, ref in connection.execute(_HELD_BY_A_HOLDER)
        ),
        *(
            f"purchase {purchase_id} of {phone_number} is bought, and names no SID"
            for purchase_id, phone_number in connection.execute(_BOUGHT_NAME_A_SID)
        ),
    ]


def is_busy(error: sqlite3.Error) -> bool:
    """Whether it is not the file that is wrong: others hold it."""
    return "locked" in str(error) or "busy" in str(error)


def schema_version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has had."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def absent_parts(connection: sqlite3.Connection, version: int) -> list[str]:
    """The tables, indexes and triggers of its schema that are not there.

    A missing index lets two in where there is room for one.
    """
    with closing(sqlite3.connect(":memory:")) as model:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                model.execute(statement)
        wanted = _parts(model)
    there = set(_parts(connection))
    return [f"the {kind} {name} is missing" for kind, name in wanted if (kind, name) not in there]


def _parts(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL")
    return [(row[0], row[1]) for row in rows.fetchall()]
