"""One SQLite database, opened with care: transactions, and what can be wrong with the file.

Rollback journal, so that there is one file at rest; `synchronous=FULL`, so that what was committed
before money moved is there after a power cut; every write begins with `BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..errors import KapsoTwilioError, Locked, StateError
from .consistency import copy_pages, damage_in, is_busy, schema_version
from .schema import MIGRATIONS

_BUSY_TIMEOUT_MS = 10_000
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs"}
)


class Database:
    """A connection that threads share; a transaction holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.discards_writes = False
        """A rehearsal: every write is carried out, and rolled back at its end."""
        self._lock = threading.RLock()
        refuse_network_file_system(path)
        with translated(path):
            self._connection = connect(path)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def copy_to(self, path: Path) -> None:
        """Make a consistent copy, 0600, whatever other processes write meanwhile."""
        path.touch(mode=0o600)
        with self._lock, translated(self.path), closing(sqlite3.connect(path)) as copy:
            copy_pages(self._connection, copy)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view. Everything is fetched before it ends: an open read blocks commits."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is alone from its first statement on; rolled back by an error."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, translated(self.path):
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("ROLLBACK" if self.discards_writes else "COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _migrate(self) -> None:
        version = self._schema_version()
        if version > len(MIGRATIONS):
            raise newer_schema(self.path, version)
        for number in range(version, len(MIGRATIONS)):
            with self.write() as connection:
                if self._schema_version() != number:
                    continue  # another process was quicker
                if number == version:
                    self._back_up_before_migration(version)
                migrate_once(connection, number)

    def _back_up_before_migration(self, version: int) -> None:
        """Keep the file as it is. Who asks holds the write lock, so that one process does it."""
        if version == 0:
            return  # new, and empty
        from .backup import automatic_place, write_backup

        try:
            place = automatic_place(
                self.path, datetime.now(UTC), f"before-schema-{len(MIGRATIONS)}-"
            )
            # Not by the connection that is about to write: SQLite copies from no such one.
            with translated(self.path), closing(connect(self.path)) as reader:
                write_backup(reader, place)
        except KapsoTwilioError as error:
            raise StateError(
                f"the inventory {self.path} was left as it is: it could not be backed up before it"
                f" is brought to schema version {len(MIGRATIONS)}",
                reason=f"{error.message}: {error.reason}",
                hint=error.hint,
            ) from error

    def _schema_version(self) -> int:
        with self._lock, translated(self.path):
            return schema_version(self._connection)


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection to a file that exists, with no transaction of its own accord."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()  # it is no database
        raise
    connection.row_factory = sqlite3.Row
    return connection


def migrate_once(connection: sqlite3.Connection, number: int) -> None:
    """Carry out one migration; the caller has begun the transaction, and commits it."""
    for statement in MIGRATIONS[number]:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number + 1}")


def newer_schema(path: Path, version: int) -> StateError:
    """The refusal of a file whose schema this program does not know."""
    return StateError(
        f"the inventory {path} was written by a newer kapso-twilio",
        reason=f"its schema is version {version}, this program knows {len(MIGRATIONS)}",
        hint="upgrade kapso-twilio on this host",
    )


def integrity_problems(path: Path) -> list[str]:
    """What SQLite finds wrong with the file: empty when it is sound."""
    try:
        with snapshot(path) as copy:
            return damage_in(copy)
    except sqlite3.DatabaseError as error:
        return [str(error)]


@contextmanager
def snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it is at one moment, in memory: to look at it takes longer than to copy it.

    Raises Locked where others hold the file, and sqlite3.DatabaseError where it is damaged.
    """
    with closing(sqlite3.connect(":memory:")) as copy:
        try:
            # Not `mode=ro`: after a kill, SQLite first takes back what was half done.
            with closing(connect(path)) as file:
                copy_pages(file, copy)
        except sqlite3.OperationalError as error:
            if is_busy(error):
                raise _cannot_use(path, error) from error
            raise
        copy.row_factory = sqlite3.Row
        yield copy


@contextmanager
def translated(
    path: Path, kind: type[sqlite3.DatabaseError] = sqlite3.DatabaseError
) -> Iterator[None]:
    """Say of SQLite's errors of this kind what they mean for the inventory at `path`."""
    try:
        yield
    except kind as error:
        raise _in_words(path, error) from error


def _in_words(path: Path, error: sqlite3.DatabaseError) -> KapsoTwilioError:
    match error:
        case sqlite3.IntegrityError():
            return StateError(
                "the inventory refuses the change",
                reason=f"it would contradict what is there: {error}",
                hint="run kapso-twilio inventory check, and report this",
            )
        case sqlite3.OperationalError():
            return _cannot_use(path, error)
    return StateError(
        f"the inventory {path} is damaged",
        reason=str(error),
        hint="run kapso-twilio inventory check, and kapso-twilio inventory restore PATH",
    )


def _cannot_use(path: Path, error: sqlite3.OperationalError) -> KapsoTwilioError:
    text = str(error)
    if is_busy(error):
        return Locked(
            f"the inventory {path} is busy",
            reason=f"another process has held it for {_BUSY_TIMEOUT_MS // 1000} s",
            hint="run the command again in a moment",
        )
    if "readonly" in text or "unable to open" in text or "full" in text or "disk I/O" in text:
        return StateError(
            f"the inventory {path} cannot be written",
            reason=text,
            hint="check the folder's owner, its permissions and the free space",
        )
    return StateError(
        f"the inventory {path} cannot be used",
        reason=text,
        hint="run kapso-twilio inventory check",
    )


def refuse_network_file_system(path: Path) -> None:
    """Raise StateError where the inventory would be on a network file system."""
    kind = file_system_of(path)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StateError(
            f"the inventory {path} is on a network file system ({kind})",
            reason="SQLite's locks do not hold there, and a number could be handed out twice",
            hint="set KAPSO_TWILIO_DATA_DIR to a folder on a local disk",
        )


def file_system_of(path: Path) -> str | None:
    """The type of the file system that holds `path`; None where the kernel does not tell."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    resolved = str(path.resolve())
    best, kind = "", None
    for fields in (line.split(" ") for line in lines):
        mount = fields[1].replace("\\040", " ")
        inside = resolved == mount or resolved.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fields[2]
    return kind
