"""What the receiver took in: codes, for a quarter of an hour, in a file of their own.

Not in the inventory, so that no backup ever holds a code. Of what came, a code is kept until it is
used, and 15 minutes at most; of the message itself nothing but a digest of its SID, which tells a
message that is sent once more from a new one. What is deleted is overwritten on the disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from ..domain.phone_number import PhoneNumber
from ..domain.purchase import Owner
from ..errors import KapsoTwilioError, Locked, StateError
from . import columns
from .connection import connect
from .consistency import is_busy

NAME = "arrivals.db"
KEPT_FOR = timedelta(minutes=14)
"""So long a code may be used. Whoever deletes the old ones comes every few seconds, so that none is
there for 15 minutes."""
# So long Twilio itself keeps a message: reference "Twilio", 7 (read 2026-11-22).
_KNOWN_FOR = timedelta(days=400)

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS arrivals (
        message_sid TEXT PRIMARY KEY,
        phone_number TEXT NOT NULL,
        code TEXT,
        is_filtered INTEGER NOT NULL CHECK (is_filtered IN (0, 1)),
        received_at TEXT NOT NULL
    ) STRICT
    """,
    # By the digest of the SID: what was received (delivery: the digest of Twilio's token for it),
    # and what was used, whether it was received or found in the inbox.
    """
    CREATE TABLE IF NOT EXISTS messages (
        digest TEXT PRIMARY KEY,
        noted_at TEXT NOT NULL,
        delivery TEXT,
        received_at TEXT,
        used_by TEXT
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS messages_by_time ON messages (noted_at)",
)


class Arrival(msgspec.Struct, frozen=True):
    """An SMS or a call that came in for a number, and what it brought."""

    message_sid: str
    """Of the SMS, or of the recording of the call."""
    phone_number: PhoneNumber
    code: str | None
    """None where it brought none that can be read: Twilio may have blanked it."""
    is_filtered: bool
    """Twilio says that it took the digits out (error 30038)."""
    received_at: datetime


class Taken(StrEnum):
    """What a message is that has come in."""

    NEW = "new"
    RETRY = "retry"
    """Twilio sends a delivery once more, as the answer to it was lost."""
    REPLAY = "replay"
    """It was delivered before: somebody sends it once more."""


class Arrivals:
    """The file beside an inventory; every call is a transaction of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def create(self) -> None:
        """Make the file (0600) and its tables, where they are not there."""
        with self._told():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self.path.chmod(0o600)
            with closing(connect(self.path)) as connection:
                for statement in _SCHEMA:
                    connection.execute(statement)

    @property
    def exists(self) -> bool:
        """Whether a receiver has ever run here."""
        return self.path.exists()

    def take(
        self, arrival: Arrival, delivery: str | None, now: datetime, *, worth_keeping: bool
    ) -> Taken:
        """Note that a message came by this delivery, and keep what it brought, once."""
        digest, by = _digest(arrival.message_sid), _digest(delivery or "")
        at = columns.time_text(arrival.received_at)
        with self._write(now) as connection:
            row = connection.execute(
                "SELECT * FROM messages WHERE digest = ?", (digest,)
            ).fetchone()
            if row is not None and row["received_at"] is not None:
                return _sent_before(row, by, now)
            connection.execute(
                "INSERT INTO messages (digest, noted_at, delivery, received_at)"
                " VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE"
                " SET delivery = excluded.delivery, received_at = excluded.received_at",
                (digest, at, by, at),
            )
            if worth_keeping and row is None:  # else it was found in the inbox, and used
                connection.execute(
                    "INSERT INTO arrivals VALUES (?, ?, ?, ?, ?)",
                    (
                        arrival.message_sid,
                        arrival.phone_number,
                        arrival.code,
                        int(arrival.is_filtered),
                        at,
                    ),
                )
        return Taken.NEW

    def note(self, name: str, now: datetime) -> bool:
        """Note that something of this name was received; False where it was before."""
        with self._write(now) as connection:
            noted = connection.execute(
                "INSERT INTO messages (digest, noted_at, received_at) VALUES (?1, ?2, ?2)"
                " ON CONFLICT (digest) DO NOTHING RETURNING digest",
                (_digest(name), columns.time_text(now)),
            ).fetchall()
        return bool(noted)

    def received_at(self, sid: str) -> datetime | None:
        """When this SID was received; None where it was not, or long ago."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT received_at FROM messages WHERE digest = ?", (_digest(sid),)
            ).fetchone()
        return columns.optional_time(row["received_at"]) if row is not None else None

    def unused(self, phone_numbers: Sequence[PhoneNumber], now: datetime) -> list[Arrival]:
        """What came in for these numbers and was not used, the newest first."""
        if not self.exists:
            return []
        self.forget_old(now)
        marks = ", ".join("?" * len(phone_numbers))
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT * FROM arrivals WHERE phone_number IN ({marks})"
                " ORDER BY received_at DESC, rowid DESC",
                tuple(phone_numbers),
            ).fetchall()
        return [_arrival(row) for row in rows]

    def claim(self, message_sid: str, owner: Owner, now: datetime) -> Owner | None:
        """Use a message, whichever way it came. The process that used it before, else None."""
        return self._claim(message_sid, owner, now, None)

    def claim_from(self, ended: Owner, message_sid: str, owner: Owner, now: datetime) -> bool:
        """Use a message that a process used which has ended since; False if another was quicker."""
        return self._claim(message_sid, owner, now, ended) is None

    def _claim(
        self, message_sid: str, owner: Owner, now: datetime, former: Owner | None
    ) -> Owner | None:
        digest = _digest(message_sid)
        with self._write(now) as connection:
            claimed = connection.execute(
                "INSERT INTO messages (digest, noted_at, used_by) VALUES (?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET used_by = excluded.used_by"
                " WHERE used_by IS ? RETURNING digest",
                (digest, columns.time_text(now), _text(owner), former and _text(former)),
            ).fetchall()
            connection.execute("DELETE FROM arrivals WHERE message_sid = ?", (message_sid,))
            if claimed:
                return None
            row = connection.execute(
                "SELECT used_by FROM messages WHERE digest = ?", (digest,)
            ).fetchone()
        return msgspec.json.decode(row["used_by"], type=Owner)

    def forget_old(self, now: datetime) -> None:
        """Delete what is too old to be used."""
        limit = columns.time_text(now - KEPT_FOR)
        with self._connection() as connection:
            # Asking costs no write: a line asks many times a second.
            row = connection.execute(
                "SELECT 1 FROM arrivals WHERE received_at < ? LIMIT 1", (limit,)
            ).fetchone()
        if row is not None:
            with self._write(now):
                pass

    def forget_all(self) -> None:
        """Delete every code: the process that would delete them in time ends."""
        with self._connection() as connection:
            connection.execute("DELETE FROM arrivals")

    @contextmanager
    def _write(self, now: datetime) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(
                    "DELETE FROM arrivals WHERE received_at < ?",
                    (columns.time_text(now - KEPT_FOR),),
                )
                connection.execute(
                    "DELETE FROM messages WHERE noted_at < ?",
                    (columns.time_text(now - _KNOWN_FOR),),
                )
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._told(), closing(connect(self.path)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._in_words(error) from error

    def _in_words(self, error: Exception) -> KapsoTwilioError:
        if isinstance(error, sqlite3.OperationalError) and is_busy(error):
            return Locked(
                f"{self.path} is busy",
                reason="another process holds it",
                hint="run the command again in a moment",
            )
        return StateError(
            f"{self.path} cannot be used",
            reason=str(error),
            hint=f"check the folder and the free space; a damaged file may go: rm {self.path}",
        )


def _sent_before(row: sqlite3.Row, delivery: str, now: datetime) -> Taken:
    """Twilio names each delivery by a token that its retries bear too, and retries at once."""
    lately = now - columns.time(row["received_at"]) <= KEPT_FOR
    return Taken.RETRY if lately and row["delivery"] == delivery else Taken.REPLAY


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _text(owner: Owner) -> str:
    return msgspec.json.encode(owner).decode()


def _arrival(row: sqlite3.Row) -> Arrival:
    return Arrival(
        message_sid=row["message_sid"],
        phone_number=PhoneNumber(row["phone_number"]),
        code=row["code"],
        is_filtered=bool(row["is_filtered"]),
        received_at=columns.time(row["received_at"]),
    )
